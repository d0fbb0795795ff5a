//! What conditions name: values, clocks and facts.

use std::collections::BTreeMap;
use std::rc::Rc;

use rust_decimal::Decimal;
use weft_dictionary::{Dictionary, Field, Money, Timestamp, Value};

use super::Goal;
use super::form::Fact;
use super::times::{Clock, Compared};
use crate::cel::node::{Constant, Node};
use crate::limits::{MAX_COMPUTED_NUMBERS, MAX_EXAMPLE_VALUES};

/// Places behind the point of a quotient.
const COMPUTED_PLACES: u32 = 6;

/// The values that conditions name: an example is most likely beside them.
#[derive(Debug, Default)]
pub(super) struct Hints {
    pub(super) numbers: Vec<Decimal>,
    pub(super) amounts: Vec<Money>,
    pub(super) texts: Vec<Rc<str>>,
    pub(super) instants: Vec<u64>,
    pub(super) lengths: Vec<u64>,
    /// The clocks that they read.
    pub(super) clocks: Vec<Compared>,
    /// Whether they compute with numbers.
    computes: bool,
    /// Where instants begin of which nothing is known.
    pub(super) around: u64,
    /// The facts that they name.
    pub(super) facts: BTreeMap<Rc<str>, Rc<Fact>>,
    /// The texts with which they compare a fact, by its name.
    pub(super) of_fact: BTreeMap<Rc<str>, Vec<Rc<str>>>,
}

impl Hints {
    pub(super) fn of(
        goals: &[Goal<'_>],
        beside: &[(&Node, &Dictionary)],
        around: Timestamp,
    ) -> Hints {
        let of_goals = goals.iter().map(|goal| (goal.node, goal.dictionary));
        Hints::of_nodes(of_goals.chain(beside.iter().copied()), around)
    }

    pub(super) fn of_nodes<'n>(
        nodes: impl Iterator<Item = (&'n Node, &'n Dictionary)>,
        around: Timestamp,
    ) -> Hints {
        let mut hints = Hints {
            around: around.0,
            ..Hints::default()
        };
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
                    self.clock(node, dictionary, constants);
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
                Node::Compare(..) => self.clock(node, dictionary, &[]),
                Node::Arithmetic(..) => self.computes = true,
                _ => {}
            }
            open.extend(node.children());
        }
    }

    /// The numbers with which a comparison compares clocks.
    fn clock(&mut self, node: &Node, dictionary: &Dictionary, constants: &[Constant]) {
        let (mut read, mut numbers) = (Vec::new(), Vec::new());
        let mut number = |constant: &Constant| match constant {
            Constant::Integer(n) => numbers.push((*n).into()),
            Constant::Decimal(d) => numbers.push(*d),
            _ => {}
        };
        constants.iter().for_each(&mut number);
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            match node {
                Node::Calendar(..) | Node::Field(_) => {
                    read.extend(Clock::read_by(node, dictionary));
                }
                Node::Constant(constant) => number(constant),
                Node::Parameter(threshold) => threshold.values.iter().for_each(&mut number),
                _ => {}
            }
            open.extend(node.children());
        }
        for clock in read {
            let at = self.clocks.iter().position(|known| known.clock == clock);
            let at = at.unwrap_or_else(|| {
                self.clocks.push(Compared::new(clock));
                self.clocks.len() - 1
            });
            self.clocks[at].with(&numbers);
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
                one.field().or_else(|| two.field())
            }
            Node::TextTest(_, one, two) => {
                texts.extend(text(two));
                one.field()
            }
            Node::Among(value, constants) => {
                let all = constants.iter().map(Constant::value);
                texts.extend(all.filter_map(|value| match value {
                    Value::Text(text) => Some(Rc::from(&*text)),
                    _ => None,
                }));
                value.field()
            }
            Node::InList(value, list) => {
                let entries = list.entries().take(MAX_EXAMPLE_VALUES);
                texts.extend(entries.map(Rc::from));
                value.field()
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

    /// Numbers that make one of those that conditions name when they are computed with another.
    pub(super) fn computed(&self) -> Vec<Decimal> {
        let mut found = Vec::new();
        if !self.computes {
            return found;
        }
        let few = || self.numbers.iter().take(MAX_COMPUTED_NUMBERS);
        for one in few() {
            for two in few() {
                let quotient = one.checked_div(*two).map(|n| n.round_dp(COMPUTED_PLACES));
                let all = [quotient, one.checked_sub(*two), one.checked_add(*two)];
                found.extend(all.into_iter().flatten());
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}
