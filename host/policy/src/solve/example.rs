//! Rows for a case: values at the ends of what is left of each fact, tried together until one is confirmed.

use std::rc::Rc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use weft_dictionary::{Currency, DurationMs, Format, Kind, Money, Timestamp, Token, Value};

use super::Facts;
use super::domain::{Domain, FALSE, TRUE};
use super::form::{Fact, Reads};
use super::hints::Hints;
use super::numbers::{Numbers, Range};
use super::picks::{Options, Picks};
use super::state::State;
use super::texts::{Entries, Words};
use super::times::{Clock, Compared, instants};
use crate::limits::{MAX_EXAMPLE_INSTANTS, MAX_EXAMPLE_VALUES};

/// Numbers beyond it are the end of what fits, not the end of what is meant.
const LARGE: i64 = 1 << 60;
/// Currencies for amounts of which nothing is known.
const CURRENCIES: [&str; 4] = ["EUR", "USD", "INR", "GBP"];
/// Countries for examples, where any will do.
const COUNTRIES: [&str; 4] = ["BE", "IN", "US", "SG"];
/// Minor units of an amount of which nothing is known.
const UNITS: i64 = 10_000;

/// A row for a case that is confirmed.
pub(super) fn find(
    state: &State,
    hints: &Hints,
    confirms: &dyn Fn(&Facts) -> bool,
) -> Option<Facts> {
    let mut options = Options::new();
    for known in state.terms.values() {
        let Some(fact) = &known.fact else { continue };
        let shown = shown_by(state, fact);
        let mut of_fact: Vec<Option<Value>> = Vec::new();
        if !known.domain.is_empty() {
            of_fact.extend(
                values(fact, &known.domain, hints, &shown)
                    .into_iter()
                    .map(Some),
            );
        }
        if known.absent {
            of_fact.push(None);
        }
        if of_fact.is_empty() {
            return None;
        }
        options.insert(Rc::clone(&fact.name), of_fact);
    }
    for (name, fact) in &hints.facts {
        options.entry(Rc::clone(name)).or_insert_with(|| {
            let shown = shown_by(state, fact);
            let all = values(fact, &fact.domain, hints, &shown)
                .into_iter()
                .map(Some);
            all.chain([None]).collect()
        });
    }
    Picks::of(&options, state).find(confirms)
}

/// What clocks have to show of a fact, as far as that is known.
fn shown_by<'s>(state: &'s State, fact: &Fact) -> Vec<(&'s Clock, &'s Numbers)> {
    let known =
        state
            .terms
            .values()
            .filter_map(|known| match (known.reads.as_deref()?, &known.domain) {
                (Reads::Clock(clock), Domain::Numbers(numbers)) if clock.fact == fact.name => {
                    Some((clock, numbers))
                }
                _ => None,
            });
    known.collect()
}

/// Values of a fact that are in a domain, and with which clocks show what they have to; the likeliest first, and few.
pub(super) fn values(
    fact: &Fact,
    domain: &Domain,
    hints: &Hints,
    shown: &[(&Clock, &Numbers)],
) -> Vec<Value> {
    let mut most = MAX_EXAMPLE_VALUES;
    let mut values: Vec<Value> = match domain {
        Domain::Bits { left, .. } => {
            let truths = [(TRUE, true), (FALSE, false)];
            let left = truths.iter().filter(|(bit, _)| left & bit != 0);
            left.map(|(_, truth)| Value::Boolean(*truth)).collect()
        }
        Domain::Numbers(numbers) if fact.kind == Kind::Instant => {
            if hints.clocks.iter().any(|one| one.clock.fact == fact.name) {
                most = MAX_EXAMPLE_INSTANTS;
            }
            of_instants(fact, numbers, hints, shown)
        }
        Domain::Numbers(numbers) => of_numbers(fact.kind, numbers, hints),
        Domain::Money(amounts) => {
            let listed = amounts
                .listed
                .iter()
                .map(|(code, units)| (code.as_str(), units));
            let others = CURRENCIES
                .iter()
                .filter(|code| !amounts.listed.contains_key(**code));
            let all = listed.chain(others.map(|code| (*code, &amounts.others)));
            all.flat_map(|(code, units)| of_amounts(code, units, hints))
                .collect()
        }
        Domain::Words(words) => match &fact.token {
            Some(kind) => [1, 2]
                .map(|n| Value::Token(Token::new("example", kind, [n; 16])))
                .into(),
            None => of_words(fact, words, hints),
        },
        Domain::Entries(entries) => of_entries(entries, hints),
    };
    distinct(&mut values);
    values.truncate(most);
    if let (Domain::Numbers(numbers), Kind::Integer | Kind::Decimal) = (domain, fact.kind) {
        let computed = hints.computed().into_iter();
        let fitting = computed.filter(|n| numbers.holds(*n));
        values.extend(fitting.filter_map(|n| of_number(fact.kind, n)));
        distinct(&mut values);
    }
    values
}

/// The same, each once.
fn distinct(values: &mut Vec<Value>) {
    let mut kept: Vec<Value> = Vec::new();
    values.retain(|value| {
        let new = !kept.contains(value);
        if new {
            kept.push(value.clone());
        }
        new
    });
}

fn of_numbers(kind: Kind, numbers: &Numbers, hints: &Hints) -> Vec<Value> {
    let mut found = Vec::new();
    found.extend(ends(numbers));
    let named: Vec<Decimal> = match kind {
        Kind::Duration => hints
            .lengths
            .iter()
            .map(|length| (*length).into())
            .collect(),
        _ => hints.numbers.clone(),
    };
    found.extend(named.iter().flat_map(|n| beside(*n)));
    found.extend([Decimal::ZERO, Decimal::ONE]);
    let fitting = found.into_iter().filter(|n| numbers.holds(*n));
    fitting.filter_map(|n| of_number(kind, n)).collect()
}

/// Around one instant: each that the clocks tell apart, and those at each distance that a condition names.
fn of_instants(
    fact: &Fact,
    numbers: &Numbers,
    hints: &Hints,
    shown: &[(&Clock, &Numbers)],
) -> Vec<Value> {
    let around = hints.around;
    let clocks = hints.clocks.iter();
    let clocks: Vec<&Compared> = clocks.filter(|one| one.clock.fact == fact.name).collect();
    let fits = |ms: u64| {
        numbers.holds(ms.into()) && shown.iter().all(|(clock, shows)| clock.shows(ms, shows))
    };
    let ends: Vec<u64> = ends(numbers).iter().filter_map(Decimal::to_u64).collect();
    let mut found = vec![around];
    if !clocks.is_empty() {
        // Also where the clock has to be read later.
        let from = found.iter().chain(&ends).copied().collect::<Vec<u64>>();
        let told_apart = from
            .into_iter()
            .flat_map(|from| instants(from, &clocks, &fits));
        found.extend(told_apart);
        // To be as far from those as a condition names.
        let back = hints.lengths.iter();
        found.extend(back.map(|length| around.saturating_sub(*length)));
    }
    for length in &hints.lengths {
        let ahead = around.saturating_add(*length);
        found.extend([ahead, ahead.saturating_add(1), ahead.saturating_sub(1)]);
    }
    found.extend(&hints.instants);
    found.extend(&ends);
    found.extend([0, 1]);
    let fitting = found.into_iter().filter(|ms| fits(*ms));
    fitting.map(|ms| Value::Instant(Timestamp(ms))).collect()
}

fn of_number(kind: Kind, number: Decimal) -> Option<Value> {
    Some(match kind {
        Kind::Integer => Value::Integer(number.to_i64()?),
        Kind::Decimal => Value::Decimal(number.normalize()),
        Kind::Duration => Value::Duration(DurationMs(number.to_u64()?)),
        _ => return None,
    })
}

fn of_amounts(code: &str, units: &Numbers, hints: &Hints) -> Vec<Value> {
    let Ok(currency) = Currency::from_code(code) else {
        return Vec::new();
    };
    let named = hints
        .amounts
        .iter()
        .filter(|money| money.currency == currency);
    let named = named.flat_map(|money| beside(money.minor_units.into()));
    let mut found = ends(units);
    found.extend(named);
    found.extend([Decimal::from(UNITS), Decimal::ONE, Decimal::ZERO]);
    let fitting = found.into_iter().filter(|n| units.holds(*n));
    let amount = |minor: Decimal| {
        Some(Value::Money(Money {
            minor_units: minor.to_i64()?,
            currency,
        }))
    };
    fitting.filter_map(amount).collect()
}

/// The ends of ranges, and numbers next to ends that are not part of them.
fn ends(numbers: &Numbers) -> Vec<Decimal> {
    let large = Decimal::from(LARGE);
    let mut found = Vec::new();
    for range in numbers.ranges() {
        for (end, next) in [
            (range.low, Decimal::new(1, 2)),
            (range.high, Decimal::new(-1, 2)),
        ] {
            let Some(end) = end else { continue };
            found.push(if end.closed { end.at } else { end.at + next });
        }
    }
    // For ends that are near each other.
    found.extend(numbers.ranges().iter().filter_map(middle));
    found.retain(|n| n.abs() < large);
    found
}

fn middle(range: &Range) -> Option<Decimal> {
    let (low, high) = (range.low?.at, range.high?.at);
    low.checked_add(high)?.checked_div(Decimal::TWO)
}

/// A number, and those beside it.
fn beside(number: Decimal) -> [Decimal; 3] {
    [number, number + Decimal::ONE, number - Decimal::ONE]
}

/// Those that conditions name for the fact, some of which they name nothing, and what they name for others.
fn of_words(fact: &Fact, words: &Words, hints: &Hints) -> Vec<Value> {
    let mut found: Vec<Rc<str>> = Vec::new();
    let named = hints.of_fact.get(&fact.name).into_iter().flatten();
    found.extend(named.take(MAX_EXAMPLE_VALUES / 2).cloned());
    if fact.kind == Kind::Country {
        found.extend(COUNTRIES.iter().map(|country| Rc::from(*country)));
    }
    if words.listed().is_none() {
        found.extend(fact.examples.iter().cloned());
        let of_form = fact.format.and_then(Format::example);
        found.extend(of_form.map(Rc::from));
        let made = words.examples();
        // What has the form of an identifier has a digit.
        let with_digit = made.iter().map(|text| Rc::from(format!("{text}1")));
        let with_digit = with_digit.filter(|_| fact.format == Some(Format::Reference));
        found.extend(with_digit.collect::<Vec<Rc<str>>>());
        found.extend(made);
    }
    found.extend(hints.texts.iter().cloned());
    if let Some(listed) = words.listed() {
        found.extend(listed.take(MAX_EXAMPLE_VALUES).cloned());
    }
    let has_form = |text: &str| fact.format.and_then(|format| format.admits(text)) != Some(false);
    let fits = |text: &Rc<str>| {
        has_form(text) && fact.longest.is_none_or(|most| text.chars().count() <= most)
    };
    let fitting = found
        .into_iter()
        .filter(|text| words.holds(text) && fits(text));
    fitting.map(|text| Value::text(&*text)).collect()
}

fn of_entries(entries: &Entries, hints: &Hints) -> Vec<Value> {
    let texts = |more: Option<&Rc<str>>| {
        let all = entries.has.iter().chain(more);
        Value::Texts(all.map(|entry| Box::from(&**entry)).collect())
    };
    let others = hints
        .texts
        .iter()
        .filter(|text| !entries.has_not.contains(*text));
    let others = others.map(|text| texts(Some(text)));
    [texts(None)].into_iter().chain(others).collect()
}

#[cfg(test)]
mod tests {
    use weft_dictionary::Dictionary;

    use super::*;

    #[test]
    fn an_example_has_the_form_of_its_field() {
        let field = |format: &str| {
            let text = format!(
                "version: 1\nsections: {{case: Case}}\nfields:\n  - {{name: case.id, kind: text, class: operational, format: {format}, \
                 max_length: 16, title: t, meaning: m}}\n"
            );
            Dictionary::parse("d.yaml", &text).unwrap_or_else(|problems| panic!("{problems}"))
        };
        for format in ["reference", "code", "mcc", "service"] {
            let dictionary = field(format);
            let fact = dictionary.by_name("case.id").map(Fact::of);
            let fact = fact.expect("a field");
            let mut hints = Hints::default();
            let written = ["Maria Rossi", "12 High Street"];
            hints.texts.extend(written.map(Rc::from));
            let starting = Words::passing(crate::cel::node::TextTest::StartsWith, "case-");
            for words in [Words::all(), starting] {
                let found = of_words(&fact, &words, &hints);
                let has_form = |value: &Value| match value {
                    Value::Text(text) => {
                        fact.format.and_then(|format| format.admits(text)) == Some(true)
                    }
                    _ => false,
                };
                assert!(found.iter().all(has_form), "{format}: {found:?}");
                let may_be = words == Words::all() || format == "reference";
                assert!(!may_be || !found.is_empty(), "{format}");
            }
        }
    }
}
