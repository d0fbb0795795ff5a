//! The same policy with some nodes of its conditions changed wherever they stand.

use weft_dictionary::Dictionary;

use crate::cel::compile::Program;
use crate::cel::node::Node;
use crate::policy::{Body, Policy};

/// Changes every node that `change` changes, and says so of; what has one is compiled anew.
pub(super) fn rewrite(
    policy: &mut Policy,
    dictionary: &Dictionary,
    change: &dyn Fn(&mut Node) -> bool,
) {
    for condition in &mut policy.conditions {
        if all_in(&mut condition.expression, change) {
            condition.program = Program::compile(&condition.expression, dictionary);
        }
    }
    if let Body::Rules(rules) = &mut policy.body {
        for rule in rules {
            if all_in(&mut rule.when, change) {
                rule.program = Program::compile(&rule.when, dictionary);
            }
        }
    }
}

fn all_in(node: &mut Node, change: &dyn Fn(&mut Node) -> bool) -> bool {
    let mut changed = change(node);
    for child in node.children_mut() {
        changed |= all_in(child, change);
    }
    changed
}
