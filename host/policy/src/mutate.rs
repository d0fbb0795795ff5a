//! Whether the tests in policy files would notice a mistake.
//!
//! A mutant is a policy with one small mistake: a comparison off by its boundary or turned round, `and` for
//! `or`, a dropped `not`, an entry missing from a list, a rule or a condition of `match` that is not there.
//! A mutant that no test of its file notices survives; somebody could make that mistake unseen.

use weft_dictionary::Dictionary;

use crate::cel::compile::Program;
use crate::cel::node::{Comparison, Node};
use crate::policy::{Body, Policy};
use crate::words::Speaker;

/// What came of the mutants of a set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mutants {
    /// Mutants that a test noticed.
    pub killed: usize,
    /// Those that no test noticed.
    pub survivors: Vec<Survivor>,
}

/// A mistake that no test noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survivor {
    /// The policy.
    pub policy: String,
    /// Its file, below the set's directory.
    pub path: String,
    /// The mistake, in words.
    pub what: String,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mutant {
    place: Place,
    mistake: Mistake,
}

/// An expression of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Condition(usize),
    Rule(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Mistake {
    /// The rule or condition is not there.
    Dropped,
    /// A node, by its number in the order of writing, is another.
    Changed(usize, Change),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Comparison(Comparison),
    /// `and` for `or`, and the reverse.
    Logic,
    /// `not` is not there.
    Affirmed,
    /// A fact is not there instead of there.
    Negated,
    /// An entry of a list is not there.
    Without(usize),
}

impl Mutant {
    /// Every mistake that can be made in a policy.
    pub(crate) fn all(policy: &Policy) -> Vec<Mutant> {
        let mut all = Vec::new();
        for (index, condition) in policy.conditions.iter().enumerate() {
            collect(Place::Condition(index), &condition.expression, &mut all);
        }
        if let Body::Rules(rules) = &policy.body {
            for (index, rule) in rules.iter().enumerate() {
                collect(Place::Rule(index), &rule.when, &mut all);
            }
        }
        all
    }

    /// The policy with the mistake.
    pub(crate) fn apply(&self, policy: &Policy, dictionary: &Dictionary) -> Policy {
        let mut mutated = policy.clone();
        match (self.place, &mut mutated.body) {
            (Place::Condition(index), _) => match &self.mistake {
                Mistake::Dropped => {
                    mutated.conditions.remove(index);
                }
                Mistake::Changed(number, change) => {
                    let condition = &mut mutated.conditions[index];
                    condition.expression = changed(&condition.expression, *number, *change);
                    condition.program = Program::compile(&condition.expression, dictionary);
                }
            },
            (Place::Rule(index), Body::Rules(rules)) => match &self.mistake {
                Mistake::Dropped => {
                    rules.remove(index);
                }
                Mistake::Changed(number, change) => {
                    let rule = &mut rules[index];
                    rule.when = changed(&rule.when, *number, *change);
                    rule.program = Program::compile(&rule.when, dictionary);
                }
            },
            (Place::Rule(_), Body::Plugin(_)) => {}
        }
        mutated
    }

    /// The mistake in words.
    pub(crate) fn words(&self, policy: &Policy, dictionary: &Dictionary) -> String {
        let (name, node) = match (self.place, &policy.body) {
            (Place::Condition(index), _) => {
                let condition = &policy.conditions[index];
                (format!("match `{}`", condition.name), &condition.expression)
            }
            (Place::Rule(index), Body::Rules(rules)) => {
                let rule = &rules[index];
                (format!("rule `{}`", rule.id), &rule.when)
            }
            (Place::Rule(_), Body::Plugin(_)) => return String::new(),
        };
        match &self.mistake {
            Mistake::Dropped => format!("{name} is not there"),
            Mistake::Changed(number, change) => {
                let mutated = changed(node, *number, *change);
                let said = Speaker { dictionary }.truth(&mutated, true).one_line();
                format!("{name} says: {said}")
            }
        }
    }
}

fn collect(place: Place, node: &Node, all: &mut Vec<Mutant>) {
    all.push(Mutant {
        place,
        mistake: Mistake::Dropped,
    });
    let mut number = 0;
    visit(node, &mut |node| {
        for change in changes(node) {
            all.push(Mutant {
                place,
                mistake: Mistake::Changed(number, change),
            });
        }
        number += 1;
    });
}

fn changes(node: &Node) -> Vec<Change> {
    match node {
        Node::Compare(comparison, ..) => {
            let others = others(*comparison).iter();
            others.map(|other| Change::Comparison(*other)).collect()
        }
        Node::And(..) | Node::Or(..) => vec![Change::Logic],
        Node::Not(_) => vec![Change::Affirmed],
        Node::Has(_) => vec![Change::Negated],
        Node::Among(_, constants) if constants.len() > 1 => {
            (0..constants.len()).map(Change::Without).collect()
        }
        _ => Vec::new(),
    }
}

/// Off by the boundary, and turned round.
fn others(comparison: Comparison) -> &'static [Comparison] {
    match comparison {
        Comparison::Less => &[Comparison::LessOrEqual, Comparison::GreaterOrEqual],
        Comparison::LessOrEqual => &[Comparison::Less, Comparison::Greater],
        Comparison::Greater => &[Comparison::GreaterOrEqual, Comparison::LessOrEqual],
        Comparison::GreaterOrEqual => &[Comparison::Greater, Comparison::Less],
        Comparison::Equal => &[Comparison::NotEqual],
        Comparison::NotEqual => &[Comparison::Equal],
    }
}

/// A node and all below it, in the order of writing.
fn visit(node: &Node, see: &mut impl FnMut(&Node)) {
    see(node);
    for child in node.children() {
        visit(child, see);
    }
}

/// The same with the node of that number changed.
fn changed(node: &Node, number: usize, change: Change) -> Node {
    let mut mutated = node.clone();
    let mut left = number;
    change_in(&mut mutated, &mut left, change);
    mutated
}

/// Whether the node was found below.
fn change_in(node: &mut Node, left: &mut usize, change: Change) -> bool {
    if *left == 0 {
        make(node, change);
        return true;
    }
    *left -= 1;
    let mut children = node.children_mut().into_iter();
    children.any(|child| change_in(child, left, change))
}

fn make(node: &mut Node, change: Change) {
    match (change, node) {
        (Change::Comparison(other), Node::Compare(comparison, ..)) => *comparison = other,
        (Change::Without(index), Node::Among(_, constants)) => {
            constants.remove(index);
        }
        (Change::Negated, node) => *node = Node::Not(Box::new(node.clone())),
        (Change::Affirmed, node) => {
            if let Node::Not(inner) = node {
                *node = (**inner).clone();
            }
        }
        (Change::Logic, node) => match node {
            Node::And(one, two) => *node = Node::Or(one.clone(), two.clone()),
            Node::Or(one, two) => *node = Node::And(one.clone(), two.clone()),
            _ => {}
        },
        _ => {}
    }
}
