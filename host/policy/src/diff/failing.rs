//! Whether a condition can fail to be computed, whatever the row. What is not known not to fail, can.

use weft_dictionary::{Dictionary, Kind};

use super::impact::nodes;
use super::{Differ, Version};
use crate::cel::node::{Constant, Node};
use crate::policy::Policy;

impl Differ<'_, '_> {
    /// Whether a condition of a policy can.
    pub(super) fn can_fail(&self, version: Version<'_>, policy: &Policy) -> bool {
        nodes(policy).any(|node| can_fail(node, version.dictionary))
    }
}

/// Whether it can. A missing fact is no failure.
fn can_fail(node: &Node, dictionary: &Dictionary) -> bool {
    let own = match node {
        Node::Constant(_)
        | Node::Field(_)
        | Node::Has(_)
        | Node::Shared(_)
        | Node::Not(_)
        | Node::And(..)
        | Node::Or(..)
        | Node::If(..)
        | Node::InTexts(..)
        | Node::InList(..)
        | Node::TextTest(..)
        | Node::Currency(_)
        | Node::Parameter(_) => false,
        // Amounts in two currencies cannot be compared.
        Node::Compare(_, one, two) => is_amount(one, dictionary) || is_amount(two, dictionary),
        Node::Among(value, _) => is_amount(value, dictionary),
        _ => true,
    };
    own || node
        .children()
        .into_iter()
        .any(|child| can_fail(child, dictionary))
}

/// Whether it has an amount as its value; of what is computed this is not asked, since it can fail itself.
fn is_amount(node: &Node, dictionary: &Dictionary) -> bool {
    match node {
        Node::Field(id) => dictionary.field(*id).kind == Kind::Money,
        Node::Constant(constant) => matches!(constant, Constant::Money(_)),
        Node::Parameter(threshold) => matches!(threshold.values[0], Constant::Money(_)),
        Node::Shared(inner) => is_amount(inner, dictionary),
        Node::If(_, one, two) => is_amount(one, dictionary) || is_amount(two, dictionary),
        _ => false,
    }
}
