//! Ways to pick one of its values for each fact of an example.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

use rust_decimal::Decimal;
use weft_dictionary::Value;

use super::Facts;
use super::domain::{Domain, EQUAL, GREATER, LESS};
use super::form::Reads;
use super::state::{Known, State};
use crate::example::{DECIDED_AT, DECIDED_HOUR, hour};
use crate::limits::MAX_EXAMPLE_TRIES;

/// The values of each fact; none is that it is not there.
pub(super) type Options = BTreeMap<Rc<str>, Vec<Option<Value>>>;

/// Ways to pick one value for each fact.
pub(super) struct Picks<'o> {
    options: Vec<(&'o Rc<str>, &'o [Option<Value>])>,
    /// How many ways there are, if that is not too many to go through.
    ways: Option<usize>,
    /// How two facts have to compare.
    pairs: Vec<Pair<'o>>,
}

impl<'o> Picks<'o> {
    pub(super) fn of(options: &'o Options, state: &'o State) -> Picks<'o> {
        let ways = options.values().try_fold(1_usize, |ways, values| {
            ways.checked_mul(values.len())
                .filter(|ways| *ways <= MAX_EXAMPLE_TRIES)
        });
        let pairs = state.terms.values().filter_map(Pair::of).collect();
        let options = options.iter();
        Picks {
            options: options
                .map(|(name, values)| (name, values.as_slice()))
                .collect(),
            ways,
            pairs,
        }
    }

    pub(super) fn find(&self, confirms: &dyn Fn(&Facts) -> bool) -> Option<Facts> {
        let tries = self.ways.unwrap_or(MAX_EXAMPLE_TRIES);
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        (0..tries).find_map(|number| {
            let mut rest = number;
            let mut facts = Facts::default();
            for (name, values) in &self.options {
                let at = match (self.ways, number) {
                    // The first way is that with the first value of each.
                    (None, 0) => 0,
                    (None, _) => random.below(values.len()),
                    (Some(_), _) => {
                        let at = rest % values.len();
                        rest /= values.len();
                        at
                    }
                };
                if let Some(value) = &values[at] {
                    facts.0.insert(Rc::clone(name), value.clone());
                }
            }
            self.pairs
                .iter()
                .for_each(|pair| self.meet(pair, &mut facts));
            // The hour in which it is decided is that of the instant.
            if let Some(Value::Instant(at)) = facts.0.get(DECIDED_AT).cloned()
                && let Some(said) = facts.0.get_mut(DECIDED_HOUR)
            {
                *said = Value::Integer(hour(at));
            }
            confirms(&facts).then_some(facts)
        })
    }

    /// Where two facts do not compare as they have to, one of them gets another of its values: that of the other, if it
    /// can have it.
    fn meet(&self, pair: &Pair<'_>, facts: &mut Facts) {
        let value = |name: &Rc<str>| facts.0.get(name);
        let (Some(low), Some(high)) = (value(pair.low), value(pair.high)) else {
            return;
        };
        if pair.is_met(low, high) {
            return;
        }
        let found = self
            .fitting(pair.high, |other| pair.is_met(low, other))
            .map(|value| (pair.high, value))
            .or_else(|| {
                let value = self.fitting(pair.low, |other| pair.is_met(other, high))?;
                Some((pair.low, value))
            });
        if let Some((name, value)) = found {
            facts.0.insert(Rc::clone(name), value.clone());
        }
    }

    fn fitting(&self, name: &Rc<str>, fits: impl Fn(&Value) -> bool) -> Option<&'o Value> {
        let (_, values) = self.options.iter().find(|(known, _)| *known == name)?;
        values.iter().flatten().find(|value| fits(value))
    }
}

/// How two facts have to compare, as far as that is known.
struct Pair<'o> {
    low: &'o Rc<str>,
    high: &'o Rc<str>,
    left: u8,
}

impl<'o> Pair<'o> {
    fn of(known: &'o Known) -> Option<Pair<'o>> {
        match (known.reads.as_deref()?, &known.domain) {
            (Reads::Pair(low, high), Domain::Bits { left, .. }) => Some(Pair {
                low,
                high,
                left: *left,
            }),
            _ => None,
        }
    }

    fn is_met(&self, low: &Value, high: &Value) -> bool {
        let bit = match compared(low, high) {
            Some(Ordering::Less) => LESS,
            Some(Ordering::Equal) => EQUAL,
            Some(Ordering::Greater) => GREATER,
            None => return false,
        };
        self.left & bit != 0
    }
}

fn compared(one: &Value, two: &Value) -> Option<Ordering> {
    match (one, two) {
        (Value::Integer(one), Value::Decimal(two)) => Some(Decimal::from(*one).cmp(two)),
        (Value::Decimal(one), Value::Integer(two)) => Some(one.cmp(&Decimal::from(*two))),
        (Value::Integer(one), Value::Integer(two)) => Some(one.cmp(two)),
        (Value::Decimal(one), Value::Decimal(two)) => Some(one.cmp(two)),
        (Value::Instant(one), Value::Instant(two)) => Some(one.cmp(two)),
        (Value::Duration(one), Value::Duration(two)) => Some(one.cmp(two)),
        (Value::Money(one), Value::Money(two)) => one.checked_cmp(two),
        (Value::Text(one), Value::Text(two)) => Some(one.cmp(two)),
        // Of tokens it is only known whether they are the same.
        (one, two) => Some(match one == two {
            true => Ordering::Equal,
            false => Ordering::Less,
        }),
    }
}

/// Numbers that are the same in every run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The remainder is less than the limit, which is a usize.
        (self.0 % limit.max(1) as u64) as usize
    }
}
