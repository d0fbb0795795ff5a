//! Rows for a case: values at the ends of what is left of each fact, tried together until one is confirmed.

use std::collections::BTreeMap;
use std::rc::Rc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use weft_dictionary::{
    Currency, Dictionary, DurationMs, Field, Kind, Money, Timestamp, Token, Value,
};

use super::domain::{Domain, FALSE, TRUE};
use super::form::Fact;
use super::numbers::{Numbers, Range};
use super::state::State;
use super::texts::{Entries, Words};
use super::{Facts, Goal};
use crate::cel::node::{Constant, Node};
use crate::limits::{MAX_EXAMPLE_TRIES, MAX_EXAMPLE_VALUES};

/// An instant for examples that name none.
const NOON_MS: u64 = 1_790_000_000_000;
/// Numbers beyond it are the end of what fits, not the end of what is meant.
const LARGE: i64 = 1 << 60;
/// Currencies for amounts of which nothing is known.
const CURRENCIES: [&str; 4] = ["EUR", "USD", "INR", "GBP"];
/// Countries for examples, where any will do.
const COUNTRIES: [&str; 4] = ["BE", "IN", "US", "SG"];
/// Minor units of an amount of which nothing is known.
const UNITS: i64 = 10_000;

/// The values that conditions name: an example is most likely beside them.
#[derive(Debug, Default)]
pub(super) struct Hints {
    numbers: Vec<Decimal>,
    amounts: Vec<Money>,
    texts: Vec<Rc<str>>,
    instants: Vec<u64>,
    lengths: Vec<u64>,
    /// The facts that they name.
    facts: BTreeMap<Rc<str>, Rc<Fact>>,
    /// The texts with which they compare a fact, by its name.
    of_fact: BTreeMap<Rc<str>, Vec<Rc<str>>>,
}

impl Hints {
    pub(super) fn of(goals: &[Goal<'_>], beside: &[(&Node, &Dictionary)]) -> Hints {
        let of_goals = goals.iter().map(|goal| (goal.node, goal.dictionary));
        Hints::of_nodes(of_goals.chain(beside.iter().copied()))
    }

    pub(super) fn of_nodes<'n>(nodes: impl Iterator<Item = (&'n Node, &'n Dictionary)>) -> Hints {
        let mut hints = Hints::default();
        for (node, dictionary) in nodes {
            hints.collect(node, dictionary);
        }
        hints.numbers.sort_unstable();
        hints.numbers.dedup();
        for times in [&mut hints.instants, &mut hints.lengths] {
            times.sort_unstable();
            times.dedup();
        }
        hints.texts.sort_unstable();
        hints.texts.dedup();
        hints
            .amounts
            .sort_unstable_by_key(|money| (money.currency.code().to_owned(), money.minor_units));
        hints.amounts.dedup();
        hints
    }

    fn collect(&mut self, node: &Node, dictionary: &Dictionary) {
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            self.compared(node, dictionary);
            match node {
                Node::Field(id) | Node::Has(id) => self.fact(dictionary.field(*id)),
                Node::Constant(constant) => self.constant(constant),
                Node::Parameter(threshold) => {
                    threshold
                        .values
                        .iter()
                        .for_each(|value| self.constant(value));
                    if let Some(level) = threshold.level {
                        self.fact(dictionary.field(level));
                    }
                }
                Node::Among(_, constants) => {
                    constants
                        .iter()
                        .take(MAX_EXAMPLE_VALUES)
                        .for_each(|c| self.constant(c));
                }
                Node::InList(_, list) => {
                    for entry in list.entries().take(MAX_EXAMPLE_VALUES) {
                        let parts = entry.split('>').filter(|part| *part != "*");
                        self.texts.extend(parts.map(Rc::from));
                    }
                }
                _ => {}
            }
            open.extend(node.children());
        }
    }

    /// The texts with which a comparison compares a fact.
    fn compared(&mut self, node: &Node, dictionary: &Dictionary) {
        let text = |node: &Node| match node {
            Node::Constant(Constant::Text(text)) => Some(Rc::from(&**text)),
            _ => None,
        };
        let mut texts: Vec<Rc<str>> = Vec::new();
        let fact = match node {
            Node::Compare(_, one, two) => {
                texts.extend(text(one).or_else(|| text(two)));
                field_of(one).or_else(|| field_of(two))
            }
            Node::TextTest(_, one, two) => {
                texts.extend(text(two));
                field_of(one)
            }
            Node::Among(value, constants) => {
                let all = constants.iter().map(Constant::value);
                texts.extend(all.filter_map(|value| match value {
                    Value::Text(text) => Some(Rc::from(&*text)),
                    _ => None,
                }));
                field_of(value)
            }
            Node::InList(value, list) => {
                let entries = list.entries().take(MAX_EXAMPLE_VALUES);
                texts.extend(entries.map(Rc::from));
                field_of(value)
            }
            _ => None,
        };
        if let Some(field) = fact.filter(|_| !texts.is_empty()) {
            let name = dictionary.field(field).name.as_str();
            let known = self.of_fact.entry(Rc::from(name)).or_default();
            texts.retain(|text| !known.contains(text));
            known.extend(texts);
        }
    }

    fn fact(&mut self, field: &Field) {
        if !self.facts.contains_key(field.name.as_str()) {
            let fact = Rc::new(Fact::of(field));
            self.facts.insert(Rc::clone(&fact.name), fact);
        }
    }

    fn constant(&mut self, constant: &Constant) {
        match constant {
            Constant::Boolean(_) => {}
            Constant::Integer(n) => self.numbers.push((*n).into()),
            Constant::Decimal(d) => self.numbers.push(*d),
            Constant::Text(text) => self.texts.push(Rc::from(&**text)),
            Constant::Money(money) => self.amounts.push(*money),
            Constant::Instant(at) => self.instants.push(at.0),
            Constant::Duration(length) => self.lengths.push(length.0),
        }
    }
}

/// A row for a case that is confirmed.
pub(super) fn find(
    state: &State,
    hints: &Hints,
    confirms: &dyn Fn(&Facts) -> bool,
) -> Option<Facts> {
    let mut options: BTreeMap<Rc<str>, Vec<Option<Value>>> = BTreeMap::new();
    for known in state.terms.values() {
        let Some(fact) = &known.fact else { continue };
        let mut of_fact: Vec<Option<Value>> = Vec::new();
        if !known.domain.is_empty() {
            of_fact.extend(values(fact, &known.domain, hints).into_iter().map(Some));
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
            let all = values(fact, &fact.domain, hints).into_iter().map(Some);
            all.chain([None]).collect()
        });
    }
    Picks::of(&options).find(confirms)
}

/// Ways to pick one value for each fact.
struct Picks<'o> {
    options: Vec<(&'o Rc<str>, &'o [Option<Value>])>,
    /// How many ways there are, if that is not too many to go through.
    ways: Option<usize>,
}

impl<'o> Picks<'o> {
    fn of(options: &'o BTreeMap<Rc<str>, Vec<Option<Value>>>) -> Picks<'o> {
        let ways = options.values().try_fold(1_usize, |ways, values| {
            ways.checked_mul(values.len())
                .filter(|ways| *ways <= MAX_EXAMPLE_TRIES)
        });
        let options = options.iter();
        Picks {
            options: options
                .map(|(name, values)| (name, values.as_slice()))
                .collect(),
            ways,
        }
    }

    fn find(&self, confirms: &dyn Fn(&Facts) -> bool) -> Option<Facts> {
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
            confirms(&facts).then_some(facts)
        })
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

/// Values of a fact that are in a domain, the likeliest first; few.
pub(super) fn values(fact: &Fact, domain: &Domain, hints: &Hints) -> Vec<Value> {
    let mut values: Vec<Value> = match domain {
        Domain::Bits { left, .. } => {
            let truths = [(TRUE, true), (FALSE, false)];
            let left = truths.iter().filter(|(bit, _)| left & bit != 0);
            left.map(|(_, truth)| Value::Boolean(*truth)).collect()
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
    let mut kept: Vec<Value> = Vec::new();
    values.retain(|value| {
        let new = !kept.contains(value);
        if new {
            kept.push(value.clone());
        }
        new
    });
    values.truncate(MAX_EXAMPLE_VALUES);
    values
}

fn of_numbers(kind: Kind, numbers: &Numbers, hints: &Hints) -> Vec<Value> {
    let mut found = Vec::new();
    if kind == Kind::Instant {
        // Around one instant, at each distance that a condition names.
        found.push(NOON_MS.into());
        for length in &hints.lengths {
            let ahead = [0, 1].map(|ms| NOON_MS.saturating_add(*length).saturating_add(ms));
            found.extend(ahead.map(Decimal::from));
            found.push(NOON_MS.saturating_add(length.saturating_sub(1)).into());
        }
        found.extend(hints.instants.iter().map(|at| Decimal::from(*at)));
    }
    found.extend(ends(numbers));
    let named: Vec<Decimal> = match kind {
        Kind::Duration => hints
            .lengths
            .iter()
            .map(|length| (*length).into())
            .collect(),
        Kind::Instant => Vec::new(),
        _ => hints.numbers.clone(),
    };
    found.extend(named.iter().flat_map(|n| beside(*n)));
    found.extend([Decimal::ZERO, Decimal::ONE]);
    let fitting = found.into_iter().filter(|n| numbers.holds(*n));
    fitting.filter_map(|n| of_number(kind, n)).collect()
}

fn of_number(kind: Kind, number: Decimal) -> Option<Value> {
    Some(match kind {
        Kind::Integer => Value::Integer(number.to_i64()?),
        Kind::Decimal => Value::Decimal(number.normalize()),
        Kind::Instant => Value::Instant(Timestamp(number.to_u64()?)),
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
        found.extend(words.examples());
    }
    found.extend(hints.texts.iter().cloned());
    if let Some(listed) = words.listed() {
        found.extend(listed.take(MAX_EXAMPLE_VALUES).cloned());
    }
    let fits = |text: &Rc<str>| fact.longest.is_none_or(|most| text.chars().count() <= most);
    let fitting = found
        .into_iter()
        .filter(|text| words.holds(text) && fits(text));
    fitting.map(|text| Value::text(&*text)).collect()
}

fn field_of(node: &Node) -> Option<weft_dictionary::FieldId> {
    match node {
        Node::Field(id) => Some(*id),
        Node::Shared(inner) => field_of(inner),
        _ => None,
    }
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
