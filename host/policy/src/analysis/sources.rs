//! Lists on which enforced policies rest, and whose sources nobody has read.

use std::collections::BTreeSet;

use weft_diagnostic::{Diagnostic, Place};

use super::Analyst;
use crate::cel::node::Node;
use crate::codes;

impl Analyst<'_> {
    pub(super) fn sources(&mut self) {
        let mut used = BTreeSet::new();
        for policy in self
            .set
            .policies()
            .iter()
            .filter(|policy| self.counts(policy))
        {
            let conditions = policy.conditions.iter().map(|c| &c.expression);
            let rules = policy.rules().iter().map(|rule| &rule.when);
            conditions
                .chain(rules)
                .for_each(|node| lists(node, &mut used));
        }
        for list in self.set.lists() {
            let unread: Vec<String> = (list.sources().iter())
                .filter(|source| !source.verified)
                .map(|source| format!("{}, {}", source.title, source.reference))
                .collect();
            if unread.is_empty() || !used.contains(list.name()) {
                continue;
            }
            let file = self.dir.join(list.path()).display().to_string();
            let message = format!(
                "enforced policies rest on the list `{}`, and its source is not verified: {}",
                list.name(),
                unread.join("; ")
            );
            let help = "read the source, compare the list with it, and write verified: true";
            let problem = Diagnostic::error(codes::UNVERIFIED, file, Place::START, message);
            self.analysis.problems.0.push(problem.warning().help(help));
        }
    }
}

/// The names of the lists that an expression asks.
fn lists(node: &Node, used: &mut BTreeSet<String>) {
    if let Node::InList(_, list) = node {
        used.insert(list.name().to_owned());
    }
    node.children()
        .into_iter()
        .for_each(|child| lists(child, used));
}
