//! Rules that can hold together and say different things. The most severe counts, so this is no mistake; but
//! who reviews a set wants to know which rule overrules which.

use weft_verdict::Verdict;

use super::Analyst;
use crate::Example;
use crate::limits::MAX_OVERLAP_QUESTIONS;
use crate::policy::{Policy, Rule};
use crate::solve::{Answer, Facts};

/// Two rules that can hold together and say different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// The operations about which both are asked.
    pub operations: Vec<String>,
    /// The rule that counts.
    pub severer: Side,
    /// The rule that it overrules.
    pub milder: Side,
    /// Facts for which both fire.
    pub example: Example,
}

/// One of two rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The policy's id.
    pub policy: String,
    /// The rule's id.
    pub rule: String,
    /// What it says.
    pub verdict: Verdict,
}

impl<'a> Analyst<'a> {
    pub(super) fn overlaps(&mut self) {
        let speaking: Vec<(&'a Policy, &'a Rule)> = self
            .set
            .policies()
            .iter()
            .map(AsRef::as_ref)
            .filter(|policy| self.counts(policy))
            .flat_map(|policy| policy.rules().iter().map(move |rule| (policy, rule)))
            // Who says nothing overrules nobody, and nobody can overrule them.
            .filter(|(_, rule)| rule.finding.verdict > Verdict::Abstain)
            .collect();
        let mut questions = 0;
        for (at, one) in speaking.iter().enumerate() {
            for two in &speaking[at + 1..] {
                let operations = self.common(one.0, two.0);
                let differ = one.1.finding.verdict != two.1.finding.verdict;
                if !differ || operations.is_empty() || !one.0.overlaps(two.0) {
                    continue;
                }
                questions += 1;
                if questions > MAX_OVERLAP_QUESTIONS || self.solver.is_spent() {
                    self.analysis.left_out += 1;
                    continue;
                }
                self.overlap(*one, *two, operations);
            }
        }
    }

    fn common(&self, one: &Policy, two: &Policy) -> Vec<String> {
        let operations = self
            .set
            .operations()
            .iter()
            .map(|operation| &operation.name);
        let common = operations.filter(|name| one.covers(name) && two.covers(name));
        common.cloned().collect()
    }

    fn overlap(
        &mut self,
        one: (&'a Policy, &'a Rule),
        two: (&'a Policy, &'a Rule),
        operations: Vec<String>,
    ) {
        let mut goals = Vec::new();
        for (policy, rule) in [one, two] {
            goals.extend(self.applies(policy));
            goals.push(self.goal(&rule.when, crate::solve::Mode::True));
        }
        let both = |facts: &Facts| {
            let fires = |(policy, rule): (&Policy, &Rule)| self.fires(policy, rule, facts);
            fires(one) && fires(two)
        };
        let Answer::Example(facts) = self.solver.ask(&goals, &both) else {
            return;
        };
        let side = |(policy, rule): (&Policy, &Rule)| Side {
            policy: policy.id().to_owned(),
            rule: rule.id.clone(),
            verdict: rule.finding.verdict,
        };
        let (severer, milder) = match one.1.finding.verdict > two.1.finding.verdict {
            true => (one, two),
            false => (two, one),
        };
        let overlap = Overlap {
            operations,
            severer: side(severer),
            milder: side(milder),
            example: Example::of(&facts.fewest(&both)),
        };
        self.analysis.overlaps.push(overlap);
    }
}
