//! A directory of policy files into a [`PolicySet`], or all problems of all files.

use std::path::Path;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use weft_diagnostic::{Diagnostic, Diagnostics, Place, did_you_mean, yaml};
use weft_dictionary::Dictionary;

use crate::check::{Given, PolicyChecker};
use crate::disclosure::{self, Disclosure, DisclosureChecker, DisclosureFile, Named};
use crate::files::{PIPELINE, PolicyFiles, Text, at_start};
use crate::index::Index;
use crate::lists::Lists;
use crate::mutate::Mutants;
use crate::parameters::Overrides;
use crate::pipeline::{self, Layout};
use crate::policy::{Policy, Status};
use crate::source::{HOMES, PolicyFile};
use crate::testing::{Judge, SetTests, TestReport, Tested, of_lists};
use crate::{PolicySet, codes, limits, testing, threat, versions};

/// The directory of lists.
const LISTS: &str = "lists/";
/// The directory of disclosures.
const DISCLOSURES: &str = "disclosures/";

/// Reads the files of a directory.
pub(crate) struct Loader<'a> {
    pub(crate) dictionary: &'a Dictionary,
    pub(crate) files: &'a [Text],
    pub(crate) tests: Tests,
}

/// What becomes of a set of which a test does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tests {
    Refuse,
    Warn,
}

impl Loader<'_> {
    pub(crate) fn load(self, dir: &Path, files: &PolicyFiles) -> Result<PolicySet, Diagnostics> {
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
        let work = threat::Work::new();
        for file in self.policies() {
            match policy(given, file, self.tests, &mut tests, &work) {
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
        // A policy that is refused may say something that seems to be said by nobody.
        if !Diagnostics(problems.clone()).refuse() {
            let places: Vec<&str> = periods.iter().map(|(_, file)| *file).collect();
            problems.extend(threat::check_later(given, &policies, &places, &work));
        }
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

    pub(crate) fn test(self, dir: &Path, mutate: bool) -> Result<SetTests, Diagnostics> {
        let layout = self.layout(dir)?;
        let (lists, mut problems) = self.lists();
        let given = Given {
            dictionary: self.dictionary,
            layout: &layout,
            lists: &lists,
        };
        let mut files = Vec::new();
        for file in self.policies() {
            match checked(given, file) {
                Err(more) => problems.extend(more),
                Ok(written) => files.push((file, written)),
            }
        }
        if Diagnostics(problems.clone()).refuse() {
            return Err(Diagnostics(problems));
        }
        let tested = files.iter().map(|(file, written)| Tested {
            given,
            file: &file.file,
            text: &file.text,
            source: &written.source,
            policy: &written.policy,
        });
        let tested: Vec<Tested<'_>> = tested.collect();
        let mut tests = SetTests {
            policies: tested.iter().map(|one| one.details(mutate)).collect(),
            lists: Mutants::default(),
        };
        if mutate {
            let with_rules = tested.iter().filter(|one| !one.policy.rules().is_empty());
            let judges: Vec<Judge<'_>> = with_rules.map(|one| one.judge()).collect();
            tests.lists = of_lists(&lists.all(), &judges);
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
    let policy = checker.check(&file.relative, &version, &Overrides::default());
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
    work: &threat::Work,
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
    problems.extend(threat::check(tested, work));
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

/// Steps of the policies that are asked about an operation.
pub(crate) fn steps(policies: &[Arc<Policy>], operation: &str) -> u64 {
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
