//! A directory of policy files into a [`PolicySet`], or all problems of all files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use weft_diagnostic::{Diagnostic, Diagnostics, Place, code, did_you_mean, yaml};
use weft_dictionary::Dictionary;

use crate::cel::parse::on_large_stack;
use crate::check::PolicyChecker;
use crate::pipeline::{self, Layout};
use crate::policy::{Policy, Status};
use crate::source::PolicyFile;
use crate::testing::{self, TestReport};
use crate::{Operation, Stage, codes, limits};

/// The file with stages and operations.
const PIPELINE: &str = "pipeline.yaml";
/// Files and directories of a policy directory that are no policies.
const NO_POLICIES: [&str; 4] = ["dictionary.yaml", PIPELINE, "lists", "disclosures"];

/// All policies of a directory, checked against the dictionary, the pipeline, and each other.
#[derive(Debug, Clone)]
pub struct PolicySet {
    stages: Vec<Stage>,
    operations: Vec<Operation>,
    policies: Vec<Arc<Policy>>,
    digest: String,
    warnings: Diagnostics,
    tests: TestReport,
}

impl PolicySet {
    /// Reads, checks and tests everything below `dir`. Files are taken in the order of their paths.
    pub fn load(dir: &Path, dictionary: &Dictionary) -> Result<PolicySet, Diagnostics> {
        let files = read(dir)?;
        on_large_stack(|| {
            Loader {
                dictionary,
                files: &files,
            }
            .load(dir)
        })
        .unwrap_or_else(|error| {
            let message = format!("the thread that reads policies cannot be made: {error}");
            Err(at_start(dir, message).into())
        })
    }

    /// SHA-256 over the paths and contents of the pipeline and the policies, in hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
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

    /// A policy by its id.
    pub fn policy(&self, id: &str) -> Option<&Arc<Policy>> {
        self.policies.iter().find(|policy| policy.id == id)
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

/// One file: its path below the directory, its name for people, its text.
pub(crate) struct Text {
    relative: String,
    file: String,
    text: String,
}

struct Loader<'a> {
    dictionary: &'a Dictionary,
    files: &'a [Text],
}

impl Loader<'_> {
    fn load(self, dir: &Path) -> Result<PolicySet, Diagnostics> {
        let Some(pipeline) = self.files.iter().find(|f| f.relative == PIPELINE) else {
            let help = "it lists stages and operations; see policies/README.md";
            return Err(at_start(&dir.join(PIPELINE), "there is no pipeline.yaml")
                .help(help)
                .into());
        };
        let layout = pipeline::parse(&pipeline.file, &pipeline.text)?;
        let mut problems = Vec::new();
        let mut policies = Vec::new();
        let mut tests = TestReport::default();
        for file in self.files.iter().filter(|f| f.relative != PIPELINE) {
            match self.policy(file, &layout, &mut tests) {
                Ok((policy, more)) => {
                    problems.extend(more);
                    policies.push(Arc::new(policy));
                }
                Err(more) => problems.extend(more),
            }
        }
        problems.extend(self.same_id(&policies));
        problems.sort_by(|one, two| (&one.file, one.place).cmp(&(&two.file, two.place)));
        let found = Diagnostics(problems);
        if found.refuse() {
            return Err(found);
        }
        let digest = self.digest();
        let Layout { stages, operations } = layout;
        Ok(PolicySet {
            stages,
            operations,
            policies,
            digest,
            warnings: found,
            tests,
        })
    }

    fn policy(
        &self,
        file: &Text,
        layout: &Layout,
        tests: &mut TestReport,
    ) -> Result<(Policy, Vec<Diagnostic>), Vec<Diagnostic>> {
        let source: PolicyFile =
            yaml::parse(&file.file, &file.text).map_err(|problem| vec![problem])?;
        let version = HEXLOWER.encode(&Sha256::digest(file.text.as_bytes()));
        let mut checker =
            PolicyChecker::new(self.dictionary, layout, &file.file, &file.text, &source);
        let policy = checker.check(file.relative.clone(), version);
        let mut problems = checker.problems;
        let Some(policy) = policy else {
            return Err(problems);
        };
        problems.extend(testing::run(
            self.dictionary,
            &file.file,
            &source,
            &policy,
            tests,
        ));
        if Diagnostics(problems.clone()).refuse() {
            Err(problems)
        } else {
            Ok((policy, problems))
        }
    }

    fn same_id(&self, policies: &[Arc<Policy>]) -> Vec<Diagnostic> {
        let mut first: BTreeMap<&str, &str> = BTreeMap::new();
        let mut problems = Vec::new();
        for policy in policies {
            if let Some(other) = first.insert(&policy.id, &policy.path) {
                let message = format!("`{}` is the id of {other}, too", policy.id);
                let file = self
                    .files
                    .iter()
                    .find(|f| f.relative == policy.path)
                    .map_or("", |f| f.file.as_str());
                problems.push(
                    Diagnostic::error(codes::CONTRADICTION, file, Place::START, message)
                        .help("give one of the two another metadata.id"),
                );
            }
        }
        problems
    }

    fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for file in self.files {
            for part in [&file.relative, &file.text] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part.as_bytes());
            }
        }
        HEXLOWER.encode(&hash.finalize())
    }
}

/// All files of the set, by path.
fn read(dir: &Path) -> Result<Vec<Text>, Diagnostics> {
    let mut paths = Vec::new();
    find(dir, dir, &mut paths)?;
    paths.sort();
    if paths.len() > limits::MAX_FILES {
        let message = format!("{} files, the limit is {}", paths.len(), limits::MAX_FILES);
        return Err(at_start(dir, message).into());
    }
    let mut files = Vec::new();
    let mut problems = Vec::new();
    for path in paths {
        let relative = path
            .strip_prefix(dir)
            .unwrap_or(&path)
            .display()
            .to_string();
        match yaml::read_text(&path) {
            Ok(text) => files.push(Text {
                relative,
                file: path.display().to_string(),
                text,
            }),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(files)
    } else {
        Err(Diagnostics(problems))
    }
}

fn find(root: &Path, dir: &Path, paths: &mut Vec<PathBuf>) -> Result<(), Diagnostic> {
    let unreadable = |error: std::io::Error| at_start(dir, error.to_string());
    for entry in std::fs::read_dir(dir).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let no_policy = dir == root && name != PIPELINE && NO_POLICIES.contains(&name.as_str());
        if no_policy || name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            find(root, &path, paths)?;
        } else if name.ends_with(".yaml") || name.ends_with(".yml") {
            paths.push(path);
        }
    }
    Ok(())
}

fn at_start(path: &Path, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(
        code::UNREADABLE,
        path.display().to_string(),
        Place::START,
        message,
    )
}

/// The stage most like one that is not there.
pub(crate) fn near_stage<'a>(layout: &'a Layout, name: &str) -> Option<&'a str> {
    did_you_mean(name, layout.stages.iter().map(|stage| stage.name.as_str()))
}

/// Whether a policy of this status is asked.
pub(crate) fn is_asked(status: Status) -> bool {
    status != Status::Draft
}
