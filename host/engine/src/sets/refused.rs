//! Why a set does not come into force, and how that is told.

use serde_json::{Value as Json, json};
use weft_audit::AppendError;
use weft_diagnostic::{Diagnostic, Diagnostics, Severity};
use weft_dictionary::Timestamp;
use weft_intake::{Problem, ProblemCode};

use crate::limits::{MAX_PROBLEMS_TOLD, MAX_SETS_TOLD, MIN_DIGEST_DIGITS};
use crate::pipeline::PipelineError;
use crate::problems;
use crate::sets::{ArchiveError, SetChange};

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
    /// Too few digits were said to name one of those that begin so.
    #[error("{}", begin_so(.0))]
    Unclear(Vec<Named>),
    /// The change cannot be recorded.
    #[error(transparent)]
    Record(#[from] AppendError),
    /// A fault of the host's own.
    #[error("the policy set was not read to its end")]
    NotFinished,
}

/// A set that was in force, by as many digits as tell it from others.
#[derive(Debug)]
pub(crate) struct Named {
    digits: String,
    since: Timestamp,
}

fn begin_so(those: &[Named]) -> String {
    match those {
        [_] => {
            format!("a policy set is named by at least {MIN_DIGEST_DIGITS} digits of its digest")
        }
        _ => format!(
            "the digests of {} policy sets that were in force begin so",
            those.len()
        ),
    }
}

fn what_to_write(those: &[Named]) -> String {
    let one = |named: &Named| {
        format!(
            "`{}` for the one in force since {}",
            named.digits, named.since
        )
    };
    let told: Vec<String> = those.iter().take(MAX_SETS_TOLD).map(one).collect();
    let more = match those.len().saturating_sub(MAX_SETS_TOLD) {
        0 => String::new(),
        more => format!("; `weft policy sets` lists {more} more"),
    };
    format!("write {}{more}", told.join(", or "))
}

impl SetRefused {
    /// One of these is meant.
    pub(crate) fn unclear(those: &[&SetChange]) -> SetRefused {
        let digests: Vec<&str> = those
            .iter()
            .map(|change| change.policy_set.as_str())
            .collect();
        let named = those.iter().map(|change| Named {
            digits: telling_digits(&change.policy_set, &digests),
            since: change.since,
        });
        SetRefused::Unclear(named.collect())
    }

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
            SetRefused::Unclear(those) => said(ProblemCode::InvalidValue)
                .pointer("/to")
                .help(what_to_write(those)),
            SetRefused::Record(why) => problems::change_not_recorded(why),
            SetRefused::NotFinished => problems::internal("the policy set was not read to its end"),
        }
    }
}

/// The first digits of a digest, as many as none of the others has.
fn telling_digits(digest: &str, all: &[&str]) -> String {
    let shared = |other: &&str| {
        let same = digest
            .bytes()
            .zip(other.bytes())
            .take_while(|(one, two)| one == two);
        same.count()
    };
    let others = all.iter().filter(|other| **other != digest);
    let longest = others.map(shared).max().unwrap_or_default();
    let digits = (longest + 1).max(MIN_DIGEST_DIGITS);
    digest.chars().take(digits).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sets::Cause;

    fn change(digest: &str, since: u64) -> SetChange {
        let since = Timestamp(since);
        SetChange {
            cause: Cause::Reload,
            ..SetChange::at_start(digest, None, since)
        }
    }

    #[test]
    fn which_sets_begin_so_is_told_with_dates_and_what_to_write() {
        let (one, two) = (
            change("8512ab34cd56ef", 0),
            change("8512ab34cd78ef", 86_400_000),
        );
        let problem = SetRefused::unclear(&[&two, &one]).problem();
        assert_eq!(problem.code(), "invalid-value");
        let words = "/to: the digests of 2 policy sets that were in force begin so";
        assert!(problem.to_string().contains(words), "{problem}");
        assert_eq!(
            problem.what_to_do(),
            Some(
                "write `8512ab34cd7` for the one in force since 1970-01-02T00:00:00.000Z, or `8512ab34cd5` for the one in force \
                 since 1970-01-01T00:00:00.000Z"
            )
        );
    }
}
