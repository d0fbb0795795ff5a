//! Why a set does not come into force, and how that is told.

use serde_json::{Value as Json, json};
use weft_audit::AppendError;
use weft_diagnostic::{Diagnostic, Diagnostics, Severity};
use weft_intake::{Problem, ProblemCode};

use crate::limits::MAX_PROBLEMS_TOLD;
use crate::pipeline::PipelineError;
use crate::problems;
use crate::sets::ArchiveError;

/// The member of a problem that lists what is wrong in files.
pub const PROBLEMS: &str = "problems";

/// Why a set does not come into force. The one that is in force stays.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SetRefused {
    /// Its files, tests or plugins.
    #[error(transparent)]
    Pipeline(#[from] PipelineError),
    /// The archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Fields and their classes are what everything else in the process was made of.
    #[error("dictionary.yaml is not the one that the host started with")]
    OtherDictionary,
    /// What a payment was before would be something else now.
    #[error("the operation `{0}` was a payment and is none, or was none and is one")]
    OtherKind(String),
    /// There is none before it.
    #[error("no other policy set was in force before in this data directory")]
    NoneBefore,
    /// Twice back would be forward.
    #[error("the policy set in force was put there by a rollback already")]
    RolledBack,
    /// It was never in force here.
    #[error("no policy set whose digest begins so was in force in this data directory")]
    NeverInForce,
    /// Several begin so.
    #[error("the digests of several policy sets begin so")]
    Ambiguous,
    /// The change cannot be recorded.
    #[error(transparent)]
    Record(#[from] AppendError),
    /// A fault of the host's own.
    #[error("the policy set was not read to its end")]
    NotFinished,
}

impl SetRefused {
    pub(crate) fn files(problems: Diagnostics) -> SetRefused {
        SetRefused::Pipeline(problems.into())
    }

    /// What is wrong in files, if that is why.
    fn diagnostics(&self) -> Option<&Diagnostics> {
        let why = match self {
            SetRefused::Pipeline(why) => why,
            SetRefused::Archive(ArchiveError::Set(why)) => why,
            _ => return None,
        };
        match why {
            PipelineError::Files(found) => Some(found),
            PipelineError::HostOperation(_) => None,
        }
    }

    /// As a caller is told.
    pub(crate) fn problem(&self) -> Problem {
        if let Some(found) = self.diagnostics() {
            return listed(found);
        }
        let said = |code| Problem::new(code, self.to_string());
        match self {
            SetRefused::Archive(ArchiveError::Io { .. } | ArchiveError::Full { .. }) => {
                said(ProblemCode::NotReady)
            }
            SetRefused::Archive(ArchiveError::NotThere { .. }) => said(ProblemCode::NotFound),
            SetRefused::Pipeline(_) | SetRefused::Archive(_) => said(ProblemCode::PolicySetRefused),
            SetRefused::OtherDictionary => said(ProblemCode::PolicySetRefused)
                .help("the policy set in force stays; restart the host to change the dictionary"),
            SetRefused::OtherKind(_) => said(ProblemCode::PolicySetRefused).help(
                "the policy set in force stays; give the operation another name, or restart the host",
            ),
            SetRefused::NoneBefore => said(ProblemCode::Conflict),
            SetRefused::RolledBack => said(ProblemCode::Conflict)
                .help("name the set that is to be in force; `weft policy sets` lists them"),
            SetRefused::NeverInForce => said(ProblemCode::NotFound)
                .help("`weft policy sets` lists those that were"),
            SetRefused::Ambiguous => said(ProblemCode::InvalidValue)
                .pointer("/to")
                .help("write more digits of it"),
            SetRefused::Record(why) => problems::change_not_recorded(why),
            SetRefused::NotFinished => problems::internal("the policy set was not read to its end"),
        }
    }
}

/// Everything that is wrong in files, each with its place.
fn listed(found: &Diagnostics) -> Problem {
    let errors = |d: &&Diagnostic| d.severity == Severity::Error;
    let all = found.0.iter().filter(errors).count();
    let told = found.0.iter().filter(errors).take(MAX_PROBLEMS_TOLD);
    let told: Vec<Json> = told.map(one).collect();
    let detail = match all {
        1 => "1 problem in the files of the policy set".to_owned(),
        n if n > told.len() => {
            format!("{n} problems in the files of the policy set, of which the first are told")
        }
        n => format!("{n} problems in the files of the policy set"),
    };
    Problem::new(ProblemCode::PolicySetRefused, detail)
        .help(
            "the policy set in force stays; correct the files, check them with `weft policy check`, and reload",
        )
        .member(PROBLEMS, Json::Array(told))
}

fn one(problem: &Diagnostic) -> Json {
    let mut one = json!({
        "file": problem.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "code": problem.code.id,
        "message": problem.message,
    });
    if let Some(help) = &problem.help {
        one["help"] = json!(help);
    }
    one
}
