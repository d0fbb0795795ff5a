//! How a command ends when it does not succeed.
//!
//! Exit status 1: the command ran and found something wrong, or could not do what it was asked. Status 2
//! (from the argument parser): the command was called wrongly. Where 1 is an answer, as that of a comparison, 2
//! also says that there is none. Status 3: a host has stopped, every answered decision is in the log, and the log is not
//! closed as it should be.

use std::error::Error;
use std::process::ExitCode;

use weft_diagnostic::Diagnostics;

use crate::output;

/// There is no answer.
const TROUBLE: u8 = 2;

/// The log is not closed as it should be.
const LOG_NOT_CLOSED: u8 = 3;

/// Why a command did not succeed.
pub(crate) enum Failed {
    /// The command has said everything.
    Said,
    /// To be told.
    Because(Box<dyn Error + Send + Sync>),
    /// To be told, of a command for which 1 is an answer.
    Trouble(Box<dyn Error + Send + Sync>),
    /// To be told, of a host that has stopped.
    LogNotClosed(Box<dyn Error + Send + Sync>),
}

impl Failed {
    /// The same of a command for which 1 is an answer.
    pub(crate) fn trouble(self) -> Failed {
        match self {
            Failed::Because(error) => Failed::Trouble(error),
            other => other,
        }
    }

    /// What a host could not do at its end; nothing that it answered is lost.
    pub(crate) fn log_not_closed(error: &dyn Error) -> Failed {
        let text = format!(
            "stopped, and the audit log is not closed as it should be: {error}; every answered decision is in the log, and \
             what its checkpoint does not cover yet is signed at the next start; make room on the disk if it is full, and \
             start the host again"
        );
        Failed::LogNotClosed(text.into())
    }

    /// The same, with what it is about before it.
    pub(crate) fn about(self, what: &str) -> Failed {
        match self {
            Failed::Because(error) => Failed::because(format!("{what}: {error}")),
            other => other,
        }
    }

    /// A reason in words: what, why, and what to do.
    pub(crate) fn because(text: impl Into<String>) -> Failed {
        Failed::Because(text.into().into())
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Failed {
    fn from(error: E) -> Failed {
        Failed::Because(Box::new(error))
    }
}

/// Tells why, and gives the exit status.
pub(crate) fn say(failed: Failed) -> ExitCode {
    let status = match &failed {
        Failed::Trouble(_) => ExitCode::from(TROUBLE),
        Failed::LogNotClosed(_) => ExitCode::from(LOG_NOT_CLOSED),
        Failed::Said | Failed::Because(_) => ExitCode::FAILURE,
    };
    if let Failed::Because(error) | Failed::Trouble(error) | Failed::LogNotClosed(error) = failed {
        match diagnostics(error.as_ref()) {
            Some(problems) => output::problems(problems),
            None => output::error(&error.to_string()),
        }
    }
    status
}

/// Problems in files, wherever they are in the chain of causes.
fn diagnostics<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Diagnostics> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(problems) = error.downcast_ref::<Diagnostics>() {
            return Some(problems);
        }
        cause = error.source();
    }
    None
}
