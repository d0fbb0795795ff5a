//! A set of policies, and what there is in it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use weft_diagnostic::{Diagnostic, Diagnostics};
use weft_dictionary::{Dictionary, Row, Timestamp};

use crate::cel::parse::on_large_stack;
use crate::disclosure::{self, Disclosure};
use crate::files::{PolicyFiles, at_start};
use crate::index::Index;
use crate::lists::List;
use crate::load::{Loader, Tests, steps};
use crate::policy::Policy;
use crate::testing::{SetTests, TestReport};
use crate::{Operation, Stage};

/// All policies of a directory, checked against the dictionary, the pipeline, and each other.
#[derive(Debug, Clone)]
pub struct PolicySet {
    pub(crate) stages: Vec<Stage>,
    pub(crate) operations: Vec<Operation>,
    pub(crate) policies: Vec<Arc<Policy>>,
    pub(crate) lists: Vec<Arc<List>>,
    pub(crate) disclosures: Vec<Arc<Disclosure>>,
    pub(crate) index: Index,
    pub(crate) digest: String,
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) warnings: Diagnostics,
    pub(crate) tests: TestReport,
}

impl PolicySet {
    /// Reads, checks and tests everything below `dir`. Files are taken in the order of their paths.
    pub fn load(dir: &Path, dictionary: &Dictionary) -> Result<PolicySet, Diagnostics> {
        PolicySet::of(&PolicyFiles::read(dir)?, dictionary)
    }

    /// Checks and tests files that were read.
    pub fn of(files: &PolicyFiles, dictionary: &Dictionary) -> Result<PolicySet, Diagnostics> {
        PolicySet::checked(files, dictionary, Tests::Refuse)
    }

    /// Like [`load`](Self::load), for a set that is only looked at: a test that does not hold is a warning, and what a fact that is
    /// left out opens is told by [`analyse`](Self::analyse).
    pub fn load_for_review(dir: &Path, dictionary: &Dictionary) -> Result<PolicySet, Diagnostics> {
        PolicySet::checked(&PolicyFiles::read(dir)?, dictionary, Tests::Warn)
    }

    /// Why a host would refuse a set that was loaded for review, beside tests that do not hold: facts without which nothing
    /// objects any more. `dir` is where it was read from.
    pub fn refusal(&self, dir: &Path, dictionary: &Dictionary) -> Diagnostics {
        on_large_stack(|| self.open_without_a_fact(dir, dictionary))
            .map(Diagnostics)
            .unwrap_or_else(|error| no_thread(dir, &error))
    }

    fn checked(
        files: &PolicyFiles,
        dictionary: &Dictionary,
        tests: Tests,
    ) -> Result<PolicySet, Diagnostics> {
        let dir = files.dir();
        on_large_stack(|| {
            let loader = Loader {
                dictionary,
                files: files.texts(),
                tests,
            };
            let set = loader.load(dir, files)?;
            // Whoever only looks at a set has it told by the analysis.
            if tests == Tests::Warn {
                return Ok(set);
            }
            let open = set.open_without_a_fact(dir, dictionary);
            if open.is_empty() {
                return Ok(set);
            }
            let mut problems = set.warnings;
            problems.0.extend(open);
            let place = |problem: &Diagnostic| (problem.file.clone(), problem.place);
            problems.0.sort_by_key(place);
            Err(problems)
        })
        .unwrap_or_else(|error| Err(no_thread(dir, &error)))
    }

    /// Runs the tests of every file below `dir` and says of each what came of it, also of those that do not
    /// hold; with `mutate`, also which mistakes no test would notice.
    pub fn test(
        dir: &Path,
        dictionary: &Dictionary,
        mutate: bool,
    ) -> Result<SetTests, Diagnostics> {
        let files = PolicyFiles::read(dir)?;
        on_large_stack(|| {
            Loader {
                dictionary,
                files: files.texts(),
                tests: Tests::Refuse,
            }
            .test(dir, mutate)
        })
        .unwrap_or_else(|error| Err(no_thread(dir, &error)))
    }

    /// SHA-256 over the paths and contents of the dictionary, the pipeline, the policies, lists and disclosures, in
    /// hexadecimal: [`PolicyFiles::digest`].
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// SHA-256 of each file, in hexadecimal, by its path below the directory.
    pub fn files(&self) -> &BTreeMap<String, String> {
        &self.files
    }

    /// The stages, in order.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// The operations.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// An operation by its name.
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations
            .iter()
            .find(|operation| operation.name == name)
    }

    /// All policies, by path.
    pub fn policies(&self) -> &[Arc<Policy>] {
        &self.policies
    }

    /// The policies of a stage, by path.
    pub fn policies_of(&self, stage: &Stage) -> impl Iterator<Item = &Arc<Policy>> {
        self.policies
            .iter()
            .filter(move |policy| policy.stage == stage.name)
    }

    /// The policies of a stage (by its number, from 0) that may apply to a row: their places in
    /// [`policies`](Self::policies), ascending. Left out is only what [`Policy::matches`] finds not to apply; an
    /// operation that the pipeline does not have has none.
    pub fn candidates(
        &self,
        stage: usize,
        operation: &str,
        row: &Row,
    ) -> impl Iterator<Item = usize> + use<'_> {
        self.index.candidates(stage, operation, row)
    }

    /// How long the rules of all policies can take for an operation, at most: in steps, as
    /// [`Policy::steps`] counts them. The limit is [`limits::MAX_OPERATION_STEPS`].
    pub fn steps(&self, operation: &str) -> u64 {
        steps(&self.policies, operation)
    }

    /// The lists, by name.
    pub fn lists(&self) -> &[Arc<List>] {
        &self.lists
    }

    /// All disclosures, by path.
    pub fn disclosures(&self) -> &[Arc<Disclosure>] {
        &self.disclosures
    }

    /// The disclosures by which a role is shown facts in replies to an operation, at an instant. No field stands in
    /// two of them.
    pub fn shown_in_replies<'a>(
        &'a self,
        role: &'a str,
        operation: &'a str,
        at: Timestamp,
    ) -> impl Iterator<Item = &'a Disclosure> {
        disclosure::in_replies(&self.disclosures, role, operation, at)
    }

    /// The version of a policy that is in force at an instant.
    pub fn policy(&self, id: &str, at: Timestamp) -> Option<&Arc<Policy>> {
        self.versions(id).find(|policy| policy.in_force(at))
    }

    /// All versions of a policy, by path.
    pub fn versions(&self, id: &str) -> impl Iterator<Item = &Arc<Policy>> {
        self.policies.iter().filter(move |policy| policy.id == id)
    }

    /// What is worth a look, and refuses nothing.
    pub fn warnings(&self) -> &Diagnostics {
        &self.warnings
    }

    /// What came of the tests in the files.
    pub fn tests(&self) -> &TestReport {
        &self.tests
    }
}

fn no_thread(dir: &Path, error: &std::io::Error) -> Diagnostics {
    let message = format!("the thread that reads policies cannot be made: {error}");
    at_start(dir, message).into()
}
