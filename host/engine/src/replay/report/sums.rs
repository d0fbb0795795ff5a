//! Sums of money by currency.

use std::collections::BTreeMap;

use serde::Serialize;
use weft_dictionary::Money;

/// Sums by currency.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(transparent)]
pub struct Sums(BTreeMap<String, Sum>);

/// A sum in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sum {
    minor_units: i128,
    exponent: u8,
}

impl Sums {
    pub(super) fn add(&mut self, money: Option<Money>) {
        let Some(money) = money else { return };
        let currency = money.currency;
        let sum = self.0.entry(currency.code().to_owned()).or_insert(Sum {
            minor_units: 0,
            exponent: currency.exponent(),
        });
        sum.minor_units = sum.minor_units.saturating_add(money.minor_units.into());
    }

    /// Each currency with its sum, such as `EUR` and `1234.50`.
    pub fn each(&self) -> impl Iterator<Item = (&str, String)> {
        self.0
            .iter()
            .map(|(code, sum)| (code.as_str(), sum.to_string()))
    }
}

impl std::fmt::Display for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let digits = self.minor_units.unsigned_abs().to_string();
        let exponent = usize::from(self.exponent);
        let digits = format!("{digits:0>width$}", width = exponent + 1);
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        let sign = if self.minor_units < 0 { "-" } else { "" };
        match fraction {
            "" => write!(f, "{sign}{whole}"),
            fraction => write!(f, "{sign}{whole}.{fraction}"),
        }
    }
}

impl Serialize for Sum {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use weft_dictionary::Currency;

    use super::*;

    fn sum(amounts: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut sums = Sums::default();
        for (amount, code) in amounts {
            let currency = Currency::from_code(code).expect("a currency");
            sums.add(Some(Money::parse(amount, currency).expect("an amount")));
        }
        sums.each()
            .map(|(code, sum)| (code.to_owned(), sum))
            .collect()
    }

    #[test]
    fn sums_are_exact_and_by_currency() {
        let is = |code: &str, sum: &str| (code.to_owned(), sum.to_owned());
        assert_eq!(
            sum(&[
                ("0.05", "EUR"),
                ("12.40", "EUR"),
                ("700", "JPY"),
                ("1.005", "KWD")
            ]),
            [is("EUR", "12.45"), is("JPY", "700"), is("KWD", "1.005")]
        );
        assert_eq!(sum(&[("0.05", "EUR")]), [is("EUR", "0.05")]);
        assert_eq!(sum(&[]), []);
    }

    #[test]
    fn sums_do_not_end_where_amounts_do() {
        let most = Money {
            minor_units: i64::MAX,
            currency: Currency::from_code("EUR").expect("a currency"),
        };
        let mut sums = Sums::default();
        sums.add(Some(most));
        sums.add(Some(most));
        let all: Vec<_> = sums.each().collect();
        assert_eq!(all, [("EUR", "184467440737095516.14".to_owned())]);
    }
}
