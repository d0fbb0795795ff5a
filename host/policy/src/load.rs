//! A directory of policy files into a [`PolicySet`], or all problems of all files.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use weft_diagnostic::{Diagnostic, Diagnostics, Place, did_you_mean, yaml};
use weft_dictionary::{Dictionary, Row, Timestamp};

use crate::cel::parse::on_large_stack;
use crate::check::{Given, PolicyChecker};
use crate::disclosure::{self, Disclosure, DisclosureChecker, DisclosureFile, Named};
use crate::files::{PIPELINE, PolicyFiles, Text, at_start};
use crate::index::Index;
use crate::lists::{List, Lists};
use crate::parameters::Overrides;
use crate::pipeline::{self, Layout};
use crate::policy::{Policy, Status};
use crate::source::{HOMES, PolicyFile};
use crate::testing::{PolicyTests, TestReport, Tested};
use crate::{Operation, Stage, codes, limits, testing, threat, versions};

/// The directory of lists.
const LISTS: &str = "lists/";
/// The directory of disclosures.
const DISCLOSURES: &str = "disclosures/";

/// All policies of a directory, checked against the dictionary, the pipeline, and each other.
#[derive(Debug, Clone)]
pub struct PolicySet {
    stages: Vec<Stage>,
    operations: Vec<Operation>,
    policies: Vec<Arc<Policy>>,
    lists: Vec<Arc<List>>,
    disclosures: Vec<Arc<Disclosure>>,
    index: Index,
    digest: String,
    files: BTreeMap<String, String>,
    warnings: Diagnostics,
    tests: TestReport,
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

    /// Like [`load`](Self::load), for a set that is only looked at: a test that does not hold is a warning.
    pub fn load_for_review(dir: &Path, dictionary: &Dictionary) -> Result<PolicySet, Diagnostics> {
        PolicySet::checked(&PolicyFiles::read(dir)?, dictionary, Tests::Warn)
    }

    fn checked(
        files: &PolicyFiles,
        dictionary: &Dictionary,
        tests: Tests,
    ) -> Result<PolicySet, Diagnostics> {
        let dir = files.dir();
        on_large_stack(|| {
            Loader {
                dictionary,
                files: files.texts(),
                tests,
            }
            .load(dir, files)
        })
        .unwrap_or_else(|error| {
            let message = format!("the thread that reads policies cannot be made: {error}");
            Err(at_start(dir, message).into())
        })
    }

    /// Runs the tests of every file below `dir` and says of each what came of it, also of those that do not
    /// hold; with `mutate`, also which mistakes no test would notice.
    pub fn test(
        dir: &Path,
        dictionary: &Dictionary,
        mutate: bool,
    ) -> Result<Vec<PolicyTests>, Diagnostics> {
        let files = PolicyFiles::read(dir)?;
        on_large_stack(|| {
            Loader {
                dictionary,
                files: files.texts(),
                tests: Tests::Refuse,
            }
            .test(dir, mutate)
        })
        .unwrap_or_else(|error| {
            let message = format!("the thread that reads policies cannot be made: {error}");
            Err(at_start(dir, message).into())
        })
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

struct Loader<'a> {
    dictionary: &'a Dictionary,
    files: &'a [Text],
    tests: Tests,
}

/// What becomes of a set of which a test does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tests {
    Refuse,
    Warn,
}

impl Loader<'_> {
    fn load(self, dir: &Path, files: &PolicyFiles) -> Result<PolicySet, Diagnostics> {
        let layout = self.layout(dir)?;
        let (lists, mut problems) = self.lists();
        let given = Given {
            dictionary: self.dictionary,
            layout: &layout,
            lists: &lists,
        };
        let mut policies = Vec::new();
        let mut periods = Vec::new();
        let mut named = Vec::new();
        let mut tests = TestReport::default();
        for file in self.policies() {
            match policy(given, file, self.tests, &mut tests) {
                Ok(checked) => {
                    problems.extend(checked.problems);
                    periods.push((checked.from, &*file.file));
                    named.push(checked.named);
                    policies.push(Arc::new(checked.policy));
                }
                Err(more) => problems.extend(more),
            }
        }
        problems.extend(versions::overlapping(&policies, &periods));
        problems.extend(versions::gaps(&policies, &periods));
        let (disclosures, more) = self.disclosures(&layout);
        problems.extend(more);
        for ((policy, (_, file)), named) in policies.iter().zip(&periods).zip(&named) {
            let messages = (&**policy, *file, named.as_slice());
            let told = disclosure::not_granted(self.dictionary, &layout, &disclosures, messages);
            problems.extend(told);
        }
        problems.extend(too_long(&layout, &policies, &periods));
        // A policy that is refused may use what seems unused.
        if !Diagnostics(problems.clone()).refuse() {
            problems.extend(lists.unused());
        }
        problems.sort_by(|one, two| (&one.file, one.place).cmp(&(&two.file, two.place)));
        let found = Diagnostics(problems);
        if found.refuse() {
            return Err(found);
        }
        let index = Index::new(&layout, &policies);
        let Layout { stages, operations } = layout;
        Ok(PolicySet {
            stages,
            operations,
            policies,
            lists: lists.all(),
            disclosures,
            index,
            digest: files.digest(),
            files: files
                .digests()
                .map(|(path, digest)| (path.to_owned(), digest))
                .collect(),
            warnings: found,
            tests,
        })
    }

    fn layout(&self, dir: &Path) -> Result<Layout, Diagnostics> {
        let Some(pipeline) = self.files.iter().find(|f| f.relative == PIPELINE) else {
            let help = "it lists stages and operations; see policies/README.md";
            return Err(at_start(&dir.join(PIPELINE), "there is no pipeline.yaml")
                .help(help)
                .into());
        };
        pipeline::parse(&pipeline.file, &pipeline.text)
    }

    fn policies(&self) -> impl Iterator<Item = &Text> {
        let of_policy = |f: &&Text| {
            let elsewhere = [LISTS, DISCLOSURES].iter();
            let mut elsewhere = elsewhere.filter(|dir| f.relative.starts_with(**dir));
            f.relative != PIPELINE && elsewhere.next().is_none()
        };
        self.files.iter().filter(of_policy)
    }

    fn test(self, dir: &Path, mutate: bool) -> Result<Vec<PolicyTests>, Diagnostics> {
        let layout = self.layout(dir)?;
        let (lists, mut problems) = self.lists();
        let given = Given {
            dictionary: self.dictionary,
            layout: &layout,
            lists: &lists,
        };
        let mut tests = Vec::new();
        for file in self.policies() {
            match checked(given, file) {
                Err(more) => problems.extend(more),
                Ok(Written { source, policy, .. }) => {
                    let tested = Tested {
                        given,
                        file: &file.file,
                        text: &file.text,
                        source: &source,
                        policy: &policy,
                    };
                    tests.push(tested.details(mutate));
                }
            }
        }
        if Diagnostics(problems.clone()).refuse() {
            return Err(Diagnostics(problems));
        }
        Ok(tests)
    }

    fn disclosures(&self, layout: &Layout) -> (Vec<Arc<Disclosure>>, Vec<Diagnostic>) {
        let mut problems = Vec::new();
        let mut checked = Vec::new();
        let files = self.files.iter();
        for file in files.filter(|f| f.relative.starts_with(DISCLOSURES)) {
            let source: DisclosureFile = match yaml::parse(&file.file, &file.text) {
                Ok(source) => source,
                Err(problem) => {
                    problems.push(problem);
                    continue;
                }
            };
            let version = HEXLOWER.encode(&Sha256::digest(file.text.as_bytes()));
            let mut checker = DisclosureChecker {
                dictionary: self.dictionary,
                layout,
                file: &file.file,
                source: &source,
                problems: Vec::new(),
            };
            let from = yaml::place(&source.metadata.effective.from);
            if let Some(disclosure) = checker.check(&file.relative, &version) {
                checked.push((Arc::new(disclosure), from, file.file.as_str()));
            }
            problems.extend(checker.problems);
        }
        let placed: Vec<_> = (checked.iter())
            .map(|(disclosure, from, file)| (&**disclosure, *from, *file))
            .collect();
        problems.extend(disclosure::overlapping(self.dictionary, layout, &placed));
        let disclosures = checked.into_iter().map(|(disclosure, ..)| disclosure);
        (disclosures.collect(), problems)
    }

    fn lists(&self) -> (Lists, Vec<Diagnostic>) {
        let mut lists = Lists::default();
        let mut problems = Vec::new();
        for file in self.files.iter().filter(|f| f.relative.starts_with(LISTS)) {
            problems.extend(lists.add(&file.file, &file.relative, &file.text));
        }
        (lists, problems)
    }
}

/// A policy as written and as checked; its tests are not run.
struct Written {
    source: PolicyFile,
    policy: Policy,
    /// The facts that its messages name.
    named: Vec<Named>,
    /// What is worth a look.
    problems: Vec<Diagnostic>,
}

fn checked(given: Given<'_>, file: &Text) -> Result<Written, Vec<Diagnostic>> {
    let source: PolicyFile =
        yaml::parse_with(&file.file, &file.text, &HOMES).map_err(|problem| vec![problem])?;
    let version = HEXLOWER.encode(&Sha256::digest(file.text.as_bytes()));
    let mut checker = PolicyChecker::new(given, &file.file, &file.text, &source);
    let policy = checker.check(&file.relative, &version, &Overrides::new());
    let (named, mut problems) = (checker.named, checker.problems);
    let twice = testing::of_one_name(&file.file, &source.tests);
    let policy = policy.filter(|_| twice.is_empty());
    problems.extend(twice);
    match policy {
        Some(policy) => Ok(Written {
            source,
            policy,
            named,
            problems,
        }),
        None => Err(problems),
    }
}

/// A checked policy, what is worth a look, and where its period begins.
struct Checked {
    policy: Policy,
    named: Vec<Named>,
    problems: Vec<Diagnostic>,
    from: Place,
}

fn policy(
    given: Given<'_>,
    file: &Text,
    tests: Tests,
    report: &mut TestReport,
) -> Result<Checked, Vec<Diagnostic>> {
    let Written {
        source,
        policy,
        named,
        mut problems,
    } = checked(given, file)?;
    let tested = Tested {
        given,
        file: &file.file,
        text: &file.text,
        source: &source,
        policy: &policy,
    };
    let not_held = tested.run(report).into_iter();
    problems.extend(not_held.map(|problem| match tests {
        Tests::Refuse => problem,
        Tests::Warn => problem.warning(),
    }));
    problems.extend(threat::check(tested));
    if Diagnostics(problems.clone()).refuse() {
        return Err(problems);
    }
    Ok(Checked {
        policy,
        named,
        problems,
        from: yaml::place(&source.metadata.effective.from),
    })
}

fn steps(policies: &[Arc<Policy>], operation: &str) -> u64 {
    let asked = policies
        .iter()
        .filter(|p| is_asked(p.status) && p.covers(operation));
    asked.map(|policy| policy.steps()).sum()
}

/// Operations about which the rules of all policies together would take too long.
fn too_long(
    layout: &Layout,
    policies: &[Arc<Policy>],
    periods: &[(Place, &str)],
) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for operation in &layout.operations {
        let steps = steps(policies, &operation.name);
        let dearest = policies
            .iter()
            .zip(periods)
            .filter(|(p, _)| p.covers(&operation.name));
        let Some((dearest, (place, file))) = dearest.max_by_key(|(p, _)| p.steps()) else {
            continue;
        };
        if steps > limits::MAX_OPERATION_STEPS {
            let message = format!(
                "deciding `{}` could take {steps} steps, the limit is {}; {} of them are this policy's",
                operation.name,
                limits::MAX_OPERATION_STEPS,
                dearest.steps()
            );
            let help = "shorten its rules, or put it on fewer operations";
            problems.push(Diagnostic::error(codes::COST, *file, *place, message).help(help));
        }
    }
    problems
}

/// The stage most like one that is not there.
pub(crate) fn near_stage<'a>(layout: &'a Layout, name: &str) -> Option<&'a str> {
    did_you_mean(name, layout.stages.iter().map(|stage| stage.name.as_str()))
}

/// Whether a policy of this status is asked.
pub(crate) fn is_asked(status: Status) -> bool {
    status != Status::Draft
}
