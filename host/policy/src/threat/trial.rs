//! Rows that are decided at all levels of threat to show what is wrong: those of the file's tests, and what is made of
//! them at the thresholds and by leaving out a fact.

use weft_dictionary::{Dictionary, DurationMs, FieldId, Money, Row, Timestamp, Value};

use super::work::Work;
use crate::cel::node::{Constant, Node};
use crate::cel::parameter::MAX_THREAT;
use crate::limits::MAX_TRIALS;
use crate::message::words;
use crate::milder::{Said, said};
use crate::policy::{Body, Policy};
use crate::testing::Tested;

/// In words, a row to which the policy says something milder at a higher level.
pub(super) fn milder(tested: Tested<'_>, level: FieldId, work: &Work) -> Option<String> {
    let dictionary = tested.given.dictionary;
    // At each of two levels, for each rise.
    let steps = tested.policy.steps().saturating_mul(2 * MAX_THREAT as u64);
    let mut trials = 0;
    for row in tested.rows() {
        for row in variants(tested.policy, dictionary, level, &row) {
            trials += 1;
            if trials > MAX_TRIALS || !work.tries(steps) {
                return None;
            }
            if let Some(levels) = gets_milder(tested.policy, dictionary, level, &row) {
                return Some(format!("{levels}{}", facts(dictionary, level, &row)));
            }
        }
    }
    None
}

/// Between which levels the policy gets milder to a row, if it does.
fn gets_milder(
    policy: &Policy,
    dictionary: &Dictionary,
    level: FieldId,
    row: &Row,
) -> Option<String> {
    let at = |number: usize| {
        let mut row = row.clone();
        let value = Value::Integer(i64::try_from(number).ok()?);
        row.set(dictionary, level, value).ok()?;
        Some(said(policy, &row))
    };
    for number in 0..MAX_THREAT {
        let (before, after) = (at(number)?, at(number + 1)?);
        if before.may_become(&after) {
            continue;
        }
        let words = |said: &Said<'_>, level| format!("{} at level {level}", said.words());
        let duties = if before.words() == after.words() {
            " with other obligations"
        } else {
            ""
        };
        let (before, after) = (words(&before, number), words(&after, number + 1));
        return Some(format!("{before}, {after}{duties}"));
    }
    None
}

/// The facts of a row, for people. They are made up, or those of a test.
pub(super) fn facts(dictionary: &Dictionary, level: FieldId, row: &Row) -> String {
    let facts: Vec<String> = row
        .facts()
        .filter(|(field, _)| *field != level)
        .map(|(field, value)| format!("{} = {}", dictionary.field(field).name, words(value)))
        .collect();
    if facts.is_empty() {
        ", with no fact at all".to_owned()
    } else {
        format!(", with {}", facts.join(", "))
    }
}

/// A row, the same at each threshold, and without each of its facts.
fn variants(policy: &Policy, dictionary: &Dictionary, level: FieldId, row: &Row) -> Vec<Row> {
    let mut rows = vec![row.clone()];
    for (field, value) in thresholds(policy, level) {
        let mut varied = row.clone();
        if varied.set(dictionary, field, value).is_ok() {
            rows.push(varied);
        }
    }
    for (field, _) in row.facts().filter(|(field, _)| *field != level) {
        let mut varied = row.clone();
        varied.clear(field);
        rows.push(varied);
    }
    rows
}

/// The facts that are compared with what depends on the level, each with values at and beside it.
fn thresholds(policy: &Policy, level: FieldId) -> Vec<(FieldId, Value)> {
    let mut found = Vec::new();
    for condition in &policy.conditions {
        collect(&condition.expression, level, &mut found);
    }
    if let Body::Rules(rules) = &policy.body {
        for rule in rules {
            collect(&rule.when, level, &mut found);
        }
    }
    found
}

fn collect(node: &Node, level: FieldId, found: &mut Vec<(FieldId, Value)>) {
    match node {
        Node::Shared(inner) => collect(inner, level, found),
        Node::Not(inner) => collect(inner, level, found),
        Node::And(one, two) | Node::Or(one, two) => {
            collect(one, level, found);
            collect(two, level, found);
        }
        Node::If(condition, one, two) => {
            for part in [condition, one, two] {
                collect(part, level, found);
            }
        }
        Node::Compare(_, one, two) => {
            for (fact, bound) in [(one, two), (two, one)] {
                if let (Some(field), Some(values)) = (fact_of(fact), bounds(bound)) {
                    found.extend(values.into_iter().map(|value| (field, value)));
                }
            }
        }
        Node::Field(field) if *field != level => {
            found.extend([true, false].map(|truth| (*field, Value::Boolean(truth))));
        }
        _ => {}
    }
}

fn fact_of(node: &Node) -> Option<FieldId> {
    match node {
        Node::Field(field) => Some(*field),
        Node::Shared(inner) => fact_of(inner),
        _ => None,
    }
}

/// The values of a threshold at all levels, each with its neighbours.
fn bounds(node: &Node) -> Option<Vec<Value>> {
    match node {
        Node::Parameter(threshold) => Some(threshold.values.iter().flat_map(beside).collect()),
        Node::Constant(constant) => Some(beside(constant)),
        Node::Shared(inner) => bounds(inner),
        _ => None,
    }
}

/// A value, the one below and the one above.
fn beside(constant: &Constant) -> Vec<Value> {
    let moved = |by: i64| {
        Some(match constant {
            Constant::Integer(n) => Value::Integer(n.checked_add(by)?),
            Constant::Decimal(d) => Value::Decimal(d.checked_add(by.into())?),
            Constant::Money(money) => {
                let minor_units = money.minor_units.checked_add(by)?;
                Value::Money(Money {
                    minor_units,
                    ..*money
                })
            }
            Constant::Duration(d) => Value::Duration(DurationMs(d.0.checked_add_signed(by)?)),
            Constant::Instant(at) => Value::Instant(Timestamp(at.0.checked_add_signed(by)?)),
            Constant::Boolean(_) | Constant::Text(_) => return None,
        })
    };
    let mut values = vec![constant.value()];
    values.extend([-1, 1].into_iter().filter_map(moved));
    values
}
