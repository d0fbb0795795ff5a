//! Mistakes in conditions: a comparison off by its boundary or turned round, `and` for `or`, one of what they join left out,
//! a dropped `not`, an entry that is missing among others, a number off by one, a rule or a condition of `match` that is not
//! there. A variable is looked at in each place that uses it.

use weft_dictionary::Dictionary;

use super::MistakeKind;
use super::numbers::{Step, moved};
use crate::cel::compile::Program;
use crate::cel::node::{Comparison, Node};
use crate::policy::{Body, Policy};
use crate::words::Speaker;

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    place: Place,
    what: What,
}

/// An expression of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Condition(usize),
    Rule(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
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
    /// One of what `and` or `or` joins is not there.
    LeftOut(Side),
    /// `not` is not there.
    Affirmed,
    /// A fact is not there instead of there.
    Negated,
    /// An entry of a list is not there.
    Without(usize),
    /// A number is the next.
    Moved(Step),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    First,
    Second,
}

impl Mistake {
    /// Every mistake that can be made in the conditions of a policy.
    pub(super) fn all(policy: &Policy) -> Vec<Mistake> {
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

    /// What kind of mistake it is.
    pub(super) fn kind(&self) -> MistakeKind {
        match self.what {
            What::Changed(_, Change::Moved(_)) => MistakeKind::Number,
            _ => MistakeKind::Condition,
        }
    }

    /// Makes it.
    pub(super) fn make(&self, policy: &mut Policy, dictionary: &Dictionary) {
        match (self.place, &mut policy.body) {
            (Place::Condition(index), _) => match &self.what {
                What::Dropped => {
                    policy.conditions.remove(index);
                }
                What::Changed(number, change) => {
                    let condition = &mut policy.conditions[index];
                    condition.expression = changed(&condition.expression, *number, *change);
                    condition.program = Program::compile(&condition.expression, dictionary);
                }
            },
            (Place::Rule(index), Body::Rules(rules)) => match &self.what {
                What::Dropped => {
                    rules.remove(index);
                }
                What::Changed(number, change) => {
                    let rule = &mut rules[index];
                    rule.when = changed(&rule.when, *number, *change);
                    rule.program = Program::compile(&rule.when, dictionary);
                }
            },
            (Place::Rule(_), Body::Plugin(_)) => {}
        }
    }

    /// The comparison that it is about, without it and with it.
    pub(super) fn comparisons(&self, policy: &Policy) -> Option<(Node, Node)> {
        let What::Changed(number, change) = self.what else {
            return None;
        };
        let node = match self.place {
            Place::Condition(index) => &policy.conditions.get(index)?.expression,
            Place::Rule(index) => &policy.rules().get(index)?.when,
        };
        let around = comparison_around(node, number)?;
        let mutated = changed(node, number, change);
        Some((at(node, around)?, at(&mutated, around)?))
    }

    /// The mistake in words.
    pub(super) fn words(&self, policy: &Policy, dictionary: &Dictionary) -> String {
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
        match &self.what {
            What::Dropped => format!("{name} is not there"),
            What::Changed(number, change) => {
                let mutated = changed(node, *number, *change);
                let said = Speaker { dictionary }.truth(&mutated, true).one_line();
                format!("{name} says: {said}")
            }
        }
    }
}

fn collect(place: Place, node: &Node, all: &mut Vec<Mistake>) {
    all.push(Mistake {
        place,
        what: What::Dropped,
    });
    let mut number = 0;
    visit(node, &mut |node| {
        for change in changes(node) {
            all.push(Mistake {
                place,
                what: What::Changed(number, change),
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
        Node::And(one, two) | Node::Or(one, two) => {
            // Of `a && b && c` each of the three.
            let is_chain =
                |part: &Node| std::mem::discriminant(part) == std::mem::discriminant(node);
            let sides = [(one, Side::First), (two, Side::Second)].into_iter();
            let left_out = sides.filter(|(part, _)| !is_chain(part));
            let left_out = left_out.map(|(_, side)| Change::LeftOut(side));
            [Change::Logic].into_iter().chain(left_out).collect()
        }
        Node::Not(_) => vec![Change::Affirmed],
        Node::Has(_) => vec![Change::Negated],
        Node::Among(_, constants) if constants.len() > 1 => {
            (0..constants.len()).map(Change::Without).collect()
        }
        Node::Constant(constant) => {
            let steps = Step::BOTH.into_iter();
            let moves = steps.filter(|step| moved(constant, *step).is_some());
            moves.map(Change::Moved).collect()
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
pub(super) fn visit(node: &Node, see: &mut impl FnMut(&Node)) {
    see(node);
    for child in node.children() {
        visit(child, see);
    }
}

/// The innermost comparison around a node, or that node itself, by number.
fn comparison_around(node: &Node, number: usize) -> Option<usize> {
    let (mut around, mut first) = (None, 0);
    let mut node = node;
    loop {
        if matches!(node, Node::Compare(..) | Node::Among(..)) {
            around = Some(first);
        }
        if first == number {
            return around;
        }
        first += 1;
        node = node.children().into_iter().find(|child| {
            let is_below = number < first + child.size();
            if !is_below {
                first += child.size();
            }
            is_below
        })?;
    }
}

/// The node of that number.
fn at(node: &Node, number: usize) -> Option<Node> {
    let (mut found, mut left) = (None, number);
    visit(node, &mut |node| {
        if left == 0 && found.is_none() {
            found = Some(node.clone());
        }
        left = left.saturating_sub(1);
    });
    found
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
        change_one(node, change);
        return true;
    }
    *left -= 1;
    let mut children = node.children_mut().into_iter();
    children.any(|child| change_in(child, left, change))
}

fn change_one(node: &mut Node, change: Change) {
    match (change, node) {
        (Change::Comparison(other), Node::Compare(comparison, ..)) => *comparison = other,
        (Change::Without(index), Node::Among(_, constants)) => {
            constants.remove(index);
        }
        (Change::Moved(step), Node::Constant(constant)) => {
            if let Some(next) = moved(constant, step) {
                *constant = next;
            }
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
        (Change::LeftOut(side), node) => {
            if let Node::And(one, two) | Node::Or(one, two) = node {
                let left = match side {
                    Side::First => two,
                    Side::Second => one,
                };
                *node = (**left).clone();
            }
        }
        _ => {}
    }
}
