//! Mistakes in a list of the set: an entry that is not there.

use std::sync::Arc;

use weft_dictionary::Dictionary;

use super::conditions::visit;
use super::rewrite::rewrite;
use crate::cel::node::Node;
use crate::lists::List;
use crate::policy::Policy;

/// One mistake.
#[derive(Debug, Clone)]
pub(crate) struct Mistake {
    entry: Box<str>,
    /// The list without the entry.
    list: Arc<List>,
}

impl Mistake {
    /// Each entry of a list left out.
    pub(super) fn all(list: &List) -> impl Iterator<Item = Mistake> {
        list.entries().map(|entry| Mistake {
            entry: entry.into(),
            list: Arc::new(list.without(entry)),
        })
    }

    /// Makes it.
    pub(super) fn make(&self, policy: &mut Policy, dictionary: &Dictionary) {
        rewrite(policy, dictionary, &|node| match node {
            Node::InList(_, list) if list.name() == self.list.name() => {
                *list = Arc::clone(&self.list);
                true
            }
            _ => false,
        });
    }

    pub(super) fn words(&self) -> String {
        format!("`{}` is not in the list", self.entry)
    }
}

/// Whether a condition of a policy asks a list.
pub(crate) fn asks(policy: &Policy, name: &str) -> bool {
    let conditions = policy.conditions.iter().map(|one| &one.expression);
    let mut nodes = conditions.chain(policy.rules().iter().map(|rule| &rule.when));
    nodes.any(|node| {
        let mut found = false;
        visit(node, &mut |node| {
            found |= matches!(node, Node::InList(_, list) if list.name() == name);
        });
        found
    })
}
