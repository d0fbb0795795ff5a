//! What a sound set of policies does that nobody may have meant: rules that can never fire or always do,
//! rules that add nothing, facts that are better left out, operations that no policy covers, codes with two meanings; and
//! where rules disagree.
//!
//! Only what is proven is told, and each overlap has an example that was asked of the rules themselves (see
//! [`solve`](crate::solve)). The analysis ends after a bounded number of steps, whatever the files say, and
//! says how much it left out.

mod absences;
mod impossible;
mod overlaps;
mod reasons;
mod rules;
mod sources;
mod without;

use std::path::Path;
use std::sync::Arc;

use weft_diagnostic::{Code, Diagnostic, Diagnostics, Place, Severity};
use weft_dictionary::{Dictionary, Timestamp};

use crate::cel::parameter::THREAT_LEVEL;
use crate::cel::parse::on_large_stack;
use crate::limits::MAX_ANALYSIS_STEPS;
use crate::pipeline::Layout;
use crate::policy::{Applies, Policy, Rule, Status};
use crate::solve::{Facts, Goal, Mode, Solver};
use crate::threat::{Walk, Work};
use crate::{Operation, PolicySet, codes};

pub use overlaps::{Overlap, Side};

/// What came of looking through a set.
#[derive(Debug, Clone, Default)]
pub struct Analysis {
    /// What is worth a look, and what must not be: a fact without which nothing objects any more.
    pub problems: Diagnostics,
    /// Rules that can hold together and say different things; the most severe counts.
    pub overlaps: Vec<Overlap>,
    /// Questions that were not answered within the bound.
    pub left_out: usize,
}

impl PolicySet {
    /// Looks through a set that was loaded from `dir`. `at` says which policies are in force.
    pub fn analyse(&self, dir: &Path, dictionary: &Dictionary, at: Timestamp) -> Analysis {
        let work = || {
            let mut analyst = Analyst::new(self, dir, dictionary, at);
            analyst.run();
            analyst.analysis
        };
        on_large_stack(work).unwrap_or_else(|_| Analysis {
            left_out: self.policies().len(),
            ..Analysis::default()
        })
    }

    /// Facts without which nothing objects any more: nothing that is missing lets it go on. Whether that is so depends on no
    /// time.
    pub(crate) fn open_without_a_fact(
        &self,
        dir: &Path,
        dictionary: &Dictionary,
    ) -> Vec<Diagnostic> {
        let mut analyst = Analyst::new(self, dir, dictionary, Timestamp(0));
        analyst.all_absences();
        let mut problems = analyst.analysis.problems.0;
        problems.retain(|problem| problem.severity == Severity::Error);
        problems
    }
}

struct Analyst<'a> {
    set: &'a PolicySet,
    dir: &'a Path,
    dictionary: &'a Dictionary,
    at: Timestamp,
    solver: Solver<'a>,
    analysis: Analysis,
}

impl<'a> Analyst<'a> {
    fn new(set: &'a PolicySet, dir: &'a Path, dictionary: &'a Dictionary, at: Timestamp) -> Self {
        Analyst {
            set,
            dir,
            dictionary,
            at,
            solver: Solver::new(MAX_ANALYSIS_STEPS),
            analysis: Analysis::default(),
        }
    }

    fn run(&mut self) {
        for policy in self.set.policies() {
            self.rules(policy);
        }
        self.all_absences();
        self.overlaps();
        self.operations();
        self.reasons();
        self.sources();
        let place = |d: &Diagnostic| (d.file.clone(), d.place);
        self.analysis.problems.0.sort_by_key(place);
    }

    fn all_absences(&mut self) {
        let layout = Layout {
            stages: self.set.stages().to_vec(),
            operations: self.set.operations().to_vec(),
        };
        let work = Work::new();
        let level = self.dictionary.by_name(THREAT_LEVEL);
        let walk = level.map(|level| {
            Walk::new(
                self.dictionary,
                &layout,
                &self.set.policies,
                level.id,
                &work,
            )
        });
        for policy in self.set.policies() {
            self.absences(policy, walk.as_ref());
        }
    }

    /// Operations about which nobody who counts has anything to say.
    fn operations(&mut self) {
        let last = self.set.stages().last().map(|stage| stage.name.as_str());
        for operation in self.set.operations() {
            let covers =
                |policy: &&Arc<Policy>| self.counts(policy) && policy.covers(&operation.name);
            let covering: Vec<&Arc<Policy>> = self.set.policies().iter().filter(covers).collect();
            let default = operation.no_policy.as_str();
            let message = if covering.is_empty() {
                format!(
                    "no enforced policy is about `{}`: it always ends with {default}",
                    operation.name
                )
            } else if covering.iter().all(|policy| Some(policy.stage()) != last) {
                format!(
                    "no enforced policy of the last stage is about `{}`: it never ends with anything milder than {default}",
                    operation.name
                )
            } else {
                continue;
            };
            let help = "write a policy for it and enforce it, or remove the operation";
            self.warn_about(operation, message, help);
        }
    }

    fn warn_about(&mut self, operation: &Operation, message: String, help: &str) {
        let file = self.dir.join("pipeline.yaml").display().to_string();
        let problem = Diagnostic::error(codes::UNCOVERED, file, operation.place, message);
        self.analysis.problems.0.push(problem.warning().help(help));
    }

    fn warn(&mut self, code: Code, policy: &Policy, place: Place, message: String, help: &str) {
        if codes::ACCEPTED.contains(&code) && policy.accepts(code.id) {
            return;
        }
        let problem = self.problem(code, policy, place, message);
        self.analysis.problems.0.push(problem.warning().help(help));
    }

    fn problem(&self, code: Code, policy: &Policy, place: Place, message: String) -> Diagnostic {
        let file = self.dir.join(policy.path()).display().to_string();
        Diagnostic::error(code, file, place, message)
    }

    /// Whether what it says counts now or will.
    fn counts(&self, policy: &Policy) -> bool {
        policy.status() == Status::Enforced && policy.until().is_none_or(|until| self.at < until)
    }

    fn goal(&self, node: &'a crate::cel::node::Node, mode: Mode) -> Goal<'a> {
        Goal {
            node,
            mode,
            dictionary: self.dictionary,
        }
    }

    /// That a policy applies.
    fn applies(&self, policy: &'a Policy) -> Vec<Goal<'a>> {
        let conditions = policy.conditions.iter();
        conditions
            .map(|condition| self.goal(&condition.expression, Mode::True))
            .collect()
    }

    /// Whether a rule fires for these facts: asked of the compiled conditions.
    fn fires(&self, policy: &Policy, rule: &Rule, facts: &Facts) -> bool {
        let row = facts.row(self.dictionary);
        policy.matches(&row) == Applies::Yes
            && rule.program.truth(&row, &mut Vec::new()) == Ok(true)
    }
}
