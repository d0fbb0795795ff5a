//! That policies say nothing, so that `no_policy` of the operation counts.
//!
//! What a plugin says is not known: one that is asked is taken to say something.

use weft_dictionary::Row;
use weft_verdict::Verdict;

use crate::cel::node::{Constant, Node};
use crate::milder::{Weight, said};
use crate::policy::{Applies, Body, Policy};
use crate::solve::Mode;

/// A condition, and how it is to come out.
pub(crate) type Wanted = (Node, Mode);

/// That a policy says nothing, with its conditions as this makes them.
pub(crate) fn silent(policy: &Policy, made: impl Fn(&Node) -> Node) -> Wanted {
    let conditions = policy.conditions.iter();
    let mut speaks: Vec<Node> = conditions.map(|c| made(&c.expression)).collect();
    if let Body::Rules(rules) = &policy.body {
        let says = rules
            .iter()
            .filter(|rule| rule.finding.verdict > Verdict::Abstain);
        let fires = says.map(|rule| made(&rule.when));
        let either = fires.reduce(|one, two| Node::Or(Box::new(one), Box::new(two)));
        speaks.push(either.unwrap_or_else(|| truth(false)));
    }
    // What is missing or fails is silence, too, where the policy says so.
    let says_gaps = policy.on_missing > Verdict::Abstain && policy.on_error > Verdict::Abstain;
    let mode = if says_gaps {
        Mode::False
    } else {
        Mode::NotTrue
    };
    (all(speaks.into_iter()), mode)
}

/// What a policy says to a row, as far as it can be milder or stricter. Of a plugin that is asked, the most.
pub(crate) fn weight(policy: &Policy, row: &Row) -> Weight {
    match &policy.body {
        Body::Plugin(_) if policy.matches(row) == Applies::Yes => Weight::only(Verdict::Deny),
        _ => said(policy, row).weight,
    }
}

/// That all hold.
pub(crate) fn all(nodes: impl Iterator<Item = Node>) -> Node {
    let both = nodes.reduce(|one, two| Node::And(Box::new(one), Box::new(two)));
    both.unwrap_or_else(|| truth(true))
}

/// Whether something is said, and less than this.
pub(crate) fn objects_less(weight: Weight, than: Weight) -> bool {
    weight.verdict >= Verdict::Challenge && weight < than
}

fn truth(truth: bool) -> Node {
    Node::Constant(Constant::Boolean(truth))
}
