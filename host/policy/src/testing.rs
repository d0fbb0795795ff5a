//! The tests that stand in policy files: a row, and what the policy is to say about it.

mod given;
mod judge;
mod said;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use weft_diagnostic::yaml::{self, Spanned};
use weft_diagnostic::{Diagnostic, Place, Severity};
use weft_dictionary::{Dictionary, Row};
use weft_verdict::{Obligation, Verdict};

use self::given::row;
pub(crate) use self::judge::{Judge, of_lists};
pub(crate) use self::said::written;
use self::said::{Said, compare, said};
use crate::check::{Given, PolicyChecker};
use crate::codes;
use crate::mutate::Mutants;
use crate::parameters::LEVEL_KEY;
use crate::policy::{Body, Policy};
use crate::source::{ObligationSource, PolicyFile, TestSource};

/// What came of the tests of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TestReport {
    /// Tests that held.
    pub passed: usize,
    /// Tests that did not.
    pub failed: usize,
    /// Policies with rules that have tests.
    pub policies: usize,
}

/// What came of the tests of all files of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetTests {
    /// Of each policy, by path.
    pub policies: Vec<PolicyTests>,
    /// What came of the entries of lists that were left out, if mutants were asked for.
    pub lists: Mutants,
}

impl SetTests {
    /// What came of all mutants.
    pub fn mutants(&self) -> impl Iterator<Item = &Mutants> {
        let of_policies = self.policies.iter().map(|policy| &policy.mutants);
        of_policies.chain([&self.lists])
    }
}

/// What came of the tests of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyTests {
    /// The policy.
    pub policy: String,
    /// Its file, below the set's directory.
    pub path: String,
    /// Whether it asks a plugin, which is tested where it is written.
    pub asks_plugin: bool,
    /// Each test by its name, and why it does not hold, if it does not.
    pub tests: Vec<(String, Option<Diagnostic>)>,
    /// The tests as they stand in the file.
    pub cases: Vec<TestCase>,
    /// Each rule, and in how many tests it fired.
    pub rules: Vec<(String, usize)>,
    /// The verdicts that tests led to.
    pub verdicts: BTreeSet<Verdict>,
    /// What came of its mutants, if they were asked for.
    pub mutants: Mutants,
}

/// A test as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestCase {
    /// In words.
    pub name: String,
    /// The facts, by name.
    pub given: Vec<(String, Json)>,
    /// Those of them that an earlier stage took away.
    pub withheld: Vec<String>,
    /// Other values of parameters, and the level of threat.
    pub with: Vec<(String, String)>,
    /// What the policy is to say.
    pub verdict: Verdict,
    /// The rules that are to fire, if the test says so.
    pub rules: Vec<String>,
    /// The facts that are to be missing.
    pub missing: Vec<String>,
    /// All that is to be due, if the test says so.
    pub obligations: Option<Vec<Obligation>>,
    /// Whether the policy is to apply at all.
    pub applies: bool,
}

impl TestCase {
    fn of(test: &TestSource) -> TestCase {
        let given = test.given.0.iter();
        let with = test.with.0.iter();
        TestCase {
            name: test.name.value.clone(),
            given: given
                .map(|(name, fact)| (name.clone(), fact.value.value.clone()))
                .collect(),
            with: with
                .map(|(name, entry)| (name.clone(), entry.value.value.clone()))
                .collect(),
            withheld: values(&test.withheld),
            verdict: test.expect.verdict,
            rules: values(&test.expect.rules),
            missing: values(&test.expect.missing),
            obligations: (test.expect.obligations.as_ref())
                .map(|due| due.iter().map(ObligationSource::obligation).collect()),
            applies: test.expect.applies,
        }
    }
}

/// One file, and what its tests need.
#[derive(Clone, Copy)]
pub(crate) struct Tested<'a> {
    pub(crate) given: Given<'a>,
    pub(crate) file: &'a str,
    pub(crate) text: &'a str,
    pub(crate) source: &'a PolicyFile,
    pub(crate) policy: &'a Policy,
}

impl Tested<'_> {
    /// Runs the tests of one file.
    pub(crate) fn run(self, report: &mut TestReport) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        if !self.source.tests.is_empty() {
            report.policies += 1;
        }
        for test in &self.source.tests {
            match self.run_one(test) {
                Ok(_) => report.passed += 1,
                Err(not_held) => {
                    report.failed += 1;
                    problems.push(self.problem(test, not_held));
                }
            }
        }
        problems
    }

    fn problem(self, test: &TestSource, not_held: NotHeld) -> Diagnostic {
        match not_held {
            NotHeld::With(problem) => *problem,
            NotHeld::Test(place, message, help) => {
                let message = format!("test `{}`: {message}", test.name.value);
                let place = place.unwrap_or_else(|| yaml::place(&test.name));
                let problem = Diagnostic::error(codes::TEST, self.file, place, message);
                if help.is_empty() {
                    problem
                } else {
                    problem.help(help)
                }
            }
        }
    }

    /// What came of each test, of each rule, and of each mutant if they are asked for.
    pub(crate) fn details(self, mutate: bool) -> PolicyTests {
        let mut details = PolicyTests {
            policy: self.policy.id.clone(),
            path: self.policy.path.clone(),
            asks_plugin: matches!(self.policy.body, Body::Plugin(_)),
            tests: Vec::new(),
            cases: self.source.tests.iter().map(TestCase::of).collect(),
            rules: Vec::new(),
            verdicts: BTreeSet::new(),
            mutants: Mutants::default(),
        };
        if let Body::Rules(rules) = &self.policy.body {
            details.rules = rules.iter().map(|rule| (rule.id.clone(), 0)).collect();
        }
        for test in &self.source.tests {
            let problem = match self.run_one(test) {
                Ok(said) => {
                    details.verdicts.insert(said.verdict);
                    let fired = details
                        .rules
                        .iter_mut()
                        .filter(|(id, _)| said.fired.contains(id));
                    fired.for_each(|(_, count)| *count += 1);
                    None
                }
                Err(not_held) => Some(self.problem(test, not_held)),
            };
            details.tests.push((test.name.value.clone(), problem));
        }
        if mutate && !details.asks_plugin {
            details.mutants = self.judge().mutants();
        }
        details
    }

    /// The facts of all tests, and no fact at all.
    pub(crate) fn rows(self) -> Vec<Row> {
        let dictionary = self.given.dictionary;
        let tests = self.source.tests.iter();
        let rows = tests.filter_map(|test| row(dictionary, test).ok());
        rows.chain([Row::new(dictionary)]).collect()
    }

    /// What the policy says, when that is what the test expects.
    fn run_one(self, test: &TestSource) -> Result<Said, NotHeld> {
        self.ready(test)?.run(self.policy, self.given.dictionary)
    }

    /// A test with its facts, and with the policy as it varies it.
    fn ready<'t>(self, test: &'t TestSource) -> Result<Ready<'t>, NotHeld> {
        if matches!(self.policy.body, Body::Plugin(_)) {
            let help = "test the plugin itself with `cargo test`, and the policy with traffic";
            let message = "a policy that asks a plugin has no tests here";
            return Err((message.to_owned(), help.to_owned()).into());
        }
        Ok(Ready {
            row: row(self.given.dictionary, test)?,
            varied: self.varied(test)?,
            test,
        })
    }

    /// The policy with the values that a test gives to its parameters, if it gives any.
    fn varied(self, test: &TestSource) -> Result<Option<Policy>, NotHeld> {
        if test.with.0.keys().all(|key| key == LEVEL_KEY) {
            return Ok(None);
        }
        let mut checker = PolicyChecker::new(self.given, self.file, self.text, self.source);
        let policy = checker.check(&self.policy.path, &self.policy.version, &test.with);
        let mut errors = checker
            .problems
            .into_iter()
            .filter(|problem| problem.severity == Severity::Error);
        match (policy, errors.next()) {
            (_, Some(problem)) => Err(NotHeld::With(Box::new(problem))),
            (policy, None) => Ok(policy),
        }
    }
}

/// A test that can be run.
struct Ready<'t> {
    test: &'t TestSource,
    row: Row,
    /// The policy with other values of parameters, if the test gives some.
    varied: Option<Policy>,
}

impl Ready<'_> {
    /// What the policy says, when that is what the test expects.
    fn run(&self, policy: &Policy, dictionary: &Dictionary) -> Result<Said, NotHeld> {
        let policy = self.varied.as_ref().unwrap_or(policy);
        let said = said(dictionary, policy, &self.row);
        compare(&said, &self.test.expect)?;
        Ok(said)
    }
}

fn values(names: &[Spanned<String>]) -> Vec<String> {
    names.iter().map(|name| name.value.clone()).collect()
}

/// Tests of one file that have the name of one before.
pub(crate) fn of_one_name(file: &str, tests: &[TestSource]) -> Vec<Diagnostic> {
    let mut before: BTreeMap<&str, Place> = BTreeMap::new();
    let mut problems = Vec::new();
    for test in tests {
        let name = test.name.value.as_str();
        let place = yaml::place(&test.name);
        if let Some(first) = before.get(name) {
            let (line, column) = (first.line, first.column);
            let message =
                format!("the test `{name}` stands twice, first in {file}:{line}:{column}");
            let problem = yaml::error_at(codes::TEST, file, &test.name, message);
            problems.push(problem.help("give one of the two another name"));
        } else {
            before.insert(name, place);
        }
    }
    problems
}

/// Why a test does not hold.
enum NotHeld {
    /// What came is not what was expected, or cannot come, and more about it. At the test's name, or at a place within it.
    Test(Option<Place>, String, String),
    /// The values that it gives do not fit.
    With(Box<Diagnostic>),
}

impl From<Failed> for NotHeld {
    fn from((message, help): Failed) -> NotHeld {
        NotHeld::Test(None, message, help)
    }
}

/// What is wrong, and what to do or more about it.
type Failed = (String, String);
