//! The measures, over one key's past. Exact: integers and decimals, but for the way between places.
//!
//! The definitions are those of [`Measure`]. What is absent there is `None` here; a key that was never
//! seen has a count and a sum of zero, and nothing else.

use rust_decimal::Decimal;
use weft_dictionary::{Currency, Measure, Money, Timestamp, Value};

use crate::history::History;
use crate::limits::MIN_HISTORY;
use crate::place::{Place, speed_km_h};

/// Decimals of a deviation.
const DEVIATION_DECIMALS: u32 = 4;
/// 1.4826: the standard deviation of a normal distribution over its median absolute deviation.
const MAD_TO_SIGMA: Decimal = Decimal::from_parts(14_826, 0, 0, false, 4);
/// The least MAD, as a part of the median: one per cent.
const MAD_FLOOR: Decimal = Decimal::from_parts(1, 0, 0, false, 2);

/// What the present payment brings along.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Present {
    pub(crate) at: Timestamp,
    pub(crate) amount: Option<Money>,
    pub(crate) place: Option<Place>,
}

/// One key's past as one payment asks for it. What several features need is computed once.
pub(crate) struct Past<'a> {
    history: Option<&'a History>,
    present: &'a Present,
    usual: Option<(u64, Option<Usual>)>,
    travel: Option<Option<Travel>>,
}

/// The way from the last place to this one.
#[derive(Debug, Clone, Copy)]
struct Travel {
    km: f64,
    km_h: f64,
}

impl<'a> Past<'a> {
    pub(crate) fn new(history: Option<&'a History>, present: &'a Present) -> Past<'a> {
        Past {
            history,
            present,
            usual: None,
            travel: None,
        }
    }

    /// One feature; `None` if it is absent.
    pub(crate) fn measure(&mut self, measure: Measure, window_ms: u64) -> Option<Value> {
        let at = self.present.at;
        let history = self.history;
        match measure {
            Measure::Count => Some(integer(history.map_or(0, |h| h.count(at, window_ms)))),
            Measure::Sum => {
                let currency = self.present.amount?.currency;
                let sum = history.map_or(0, |h| sum(h, at, window_ms, currency));
                Some(money(sum, currency))
            }
            Measure::DistinctPayees => Some(integer(
                history.map_or(0, |h| distinct_payees(h, at, window_ms)),
            )),
            Measure::MedianAmount => {
                let currency = self.present.amount?.currency;
                Some(money(self.usual(window_ms)?.median_minor_units(), currency))
            }
            Measure::AmountDeviation => {
                let amount = self.present.amount?;
                self.usual(window_ms)?.deviation(amount).map(Value::Decimal)
            }
            Measure::Age => {
                let first = history?.first_seen_by(at)?;
                Some(Value::Duration(at.since(first)))
            }
            Measure::TravelSpeed => self.travel().map(|travel| rounded(travel.km_h)),
            Measure::TravelDistance => self.travel().map(|travel| rounded(travel.km)),
        }
    }

    /// What is usual within a window, in the currency of this payment.
    fn usual(&mut self, window_ms: u64) -> Option<Usual> {
        match self.usual {
            Some((known_ms, usual)) if known_ms == window_ms => usual,
            _ => {
                let currency = self.present.amount?.currency;
                let amounts = amounts(self.history?, self.present.at, window_ms, currency);
                let usual = Usual::of(&amounts);
                self.usual = Some((window_ms, usual));
                usual
            }
        }
    }

    fn travel(&mut self) -> Option<Travel> {
        if let Some(known) = self.travel {
            return known;
        }
        let way = || {
            let here = self.present.place?;
            let (when, place) = self.history?.place_by(self.present.at)?;
            let km = place.distance_km(here);
            let km_h = speed_km_h(km, self.present.at.since(when).0);
            Some(Travel { km, km_h })
        };
        let travel = way();
        self.travel = Some(travel);
        travel
    }
}

/// The sum in minor units.
fn sum(history: &History, at: Timestamp, window_ms: u64, currency: Currency) -> i128 {
    history
        .window(at, window_ms)
        .filter_map(|event| event.settled_units(currency))
        .map(i128::from)
        .sum()
}

fn distinct_payees(history: &History, at: Timestamp, window_ms: u64) -> usize {
    let mut payees: Vec<u64> = history
        .window(at, window_ms)
        .filter_map(|event| event.payee())
        .collect();
    payees.sort_unstable();
    payees.dedup();
    payees.len()
}

fn amounts(history: &History, at: Timestamp, window_ms: u64, currency: Currency) -> Vec<i64> {
    history
        .window(at, window_ms)
        .filter_map(|event| event.settled_units(currency))
        .collect()
}

/// What is usual, in parts of a minor unit, so that no half is lost: the median of an even number of
/// amounts is in halves, the median of its deviations in quarters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Usual {
    median_halves: i128,
    mad_quarters: i128,
}

impl Usual {
    fn of(amounts: &[i64]) -> Option<Usual> {
        if amounts.len() < MIN_HISTORY {
            return None;
        }
        let mut doubled: Vec<i128> = amounts.iter().map(|units| i128::from(*units) * 2).collect();
        let median_halves = twice_median(&mut doubled) / 2;
        for amount in &mut doubled {
            *amount = (*amount - median_halves).abs();
        }
        Some(Usual {
            median_halves,
            mad_quarters: twice_median(&mut doubled),
        })
    }

    /// The median in whole minor units; a half goes to the even one.
    fn median_minor_units(&self) -> i128 {
        let whole = self.median_halves.div_euclid(2);
        if self.median_halves.rem_euclid(2) == 1 && whole.rem_euclid(2) == 1 {
            whole + 1
        } else {
            whole
        }
    }

    /// (amount − median) ÷ (1.4826 × max(MAD, 1 % of the median, one unit)), rounded to four decimals,
    /// a half to the even one.
    fn deviation(&self, amount: Money) -> Option<Decimal> {
        let quarters = |n: i128| Decimal::try_from_i128_with_scale(n, 0).ok();
        let unit = 10_i128.checked_pow(u32::from(amount.currency.exponent()))?;
        let median = quarters(self.median_halves * 2)?;
        let floor = (median.abs() * MAD_FLOOR).max(quarters(unit * 4)?);
        let spread = quarters(self.mad_quarters)?.max(floor);
        let distance = quarters(i128::from(amount.minor_units) * 4)? - median;
        let deviation = distance.checked_div(spread.checked_mul(MAD_TO_SIGMA)?)?;
        Some(deviation.round_dp(DEVIATION_DECIMALS).normalize())
    }
}

/// Twice the median of numbers that are not none. Sorts them as far as it has to.
fn twice_median(numbers: &mut [i128]) -> i128 {
    let middle = numbers.len() / 2;
    let odd = numbers.len() % 2 == 1;
    let (lower, upper, _) = numbers.select_nth_unstable(middle);
    let upper = *upper;
    let lower = if odd {
        upper
    } else {
        lower.iter().copied().max().unwrap_or(upper)
    };
    lower + upper
}

fn integer(count: usize) -> Value {
    Value::Integer(i64::try_from(count).unwrap_or(i64::MAX))
}

/// An amount. Stops at the largest that there is rather than to turn negative.
fn money(minor_units: i128, currency: Currency) -> Value {
    let minor_units = i64::try_from(minor_units).unwrap_or(i64::MAX);
    Value::Money(Money {
        minor_units,
        currency,
    })
}

/// To the nearest integer; a half goes away from zero. Distances and speeds are far below 2⁵³.
fn rounded(number: f64) -> Value {
    Value::Integer(number.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money_of(units: i64, code: &str) -> Money {
        Money {
            minor_units: units,
            currency: Currency::from_code(code).expect("a currency"),
        }
    }

    fn deviation(amounts: &[i64], of: Money) -> String {
        let usual = Usual::of(amounts).expect("enough history");
        usual.deviation(of).expect("a deviation").to_string()
    }

    #[test]
    fn medians_of_odd_and_even_numbers() {
        let median = |amounts: &[i64]| Usual::of(amounts).map(|usual| usual.median_minor_units());
        assert_eq!(median(&[1, 2, 3, 4]), None, "fewer than five");
        assert_eq!(median(&[50, 10, 40, 20, 30]), Some(30));
        assert_eq!(
            median(&[10, 20, 30, 41, 50, 60]),
            Some(36),
            "35.5 to the even one"
        );
        assert_eq!(
            median(&[10, 20, 30, 39, 50, 60]),
            Some(34),
            "34.5 to the even one"
        );
        assert_eq!(median(&[i64::MAX; 6]), Some(i128::from(i64::MAX)));
    }

    #[test]
    fn a_deviation_is_over_the_robust_spread() {
        // Median 30.00, deviations 20, 10, 0, 10, 20: MAD 10.00. (100 − 30) ÷ 14.826.
        let amounts = [1_000, 2_000, 3_000, 4_000, 5_000];
        assert_eq!(deviation(&amounts, money_of(10_000, "EUR")), "4.7214");
        assert_eq!(deviation(&amounts, money_of(3_000, "EUR")), "0");
        assert_eq!(deviation(&amounts, money_of(0, "EUR")), "-2.0235");
    }

    #[test]
    fn the_spread_has_a_floor() {
        // One per cent of 500.00 is 5.00: (510 − 500) ÷ 7.413.
        assert_eq!(deviation(&[50_000; 5], money_of(51_000, "EUR")), "1.349");
        // One per cent of 30.00 is less than one unit: (31 − 30) ÷ 1.4826.
        assert_eq!(deviation(&[3_000; 5], money_of(3_100, "EUR")), "0.6745");
        // The unit is the currency's, not a hundredth or a thousandth of it.
        assert_eq!(deviation(&[30; 5], money_of(31, "JPY")), "0.6745");
        assert_eq!(deviation(&[30_000; 5], money_of(31_000, "BHD")), "0.6745");
    }

    #[test]
    fn the_largest_amounts_do_not_overflow() {
        let amounts = [0, 0, i64::MAX, i64::MAX, i64::MAX, 0];
        assert_eq!(deviation(&amounts, money_of(i64::MAX, "EUR")), "0.6745");
        assert_eq!(
            money(i128::from(i64::MAX) + 1, money_of(0, "EUR").currency),
            Value::Money(money_of(i64::MAX, "EUR"))
        );
    }
}
