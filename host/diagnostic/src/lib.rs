//! Problems that reach a person: what, where, why, and what to do.
//!
//! Everything that reads a file written by a person (dictionary, policies, configuration, feed
//! maps) reports through [`Diagnostic`], so that every problem looks the same, points at a place
//! and has a [`Code`] with a page of its own.
//!
//! | module | what is there |
//! |---|---|
//! | [`code`] | the catalogue entry of one class of problem |
//! | [`yaml`] | YAML into typed values that know their place in the file |
//! | [`suggest`] | "did you mean", where names are looked up |

pub mod code;
pub mod suggest;
pub mod yaml;

mod render;

pub use code::Code;
pub use render::{Style, render};
pub use suggest::{did_you_mean, is_slip_of};

use std::fmt;

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth a look; the file is used.
    Warning,
    /// The file is refused.
    Error,
}

/// A place in a file. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Place {
    /// The first character of a file: the place of a problem that concerns the file as a whole.
    pub const START: Place = Place { line: 1, column: 1 };
}

/// One problem in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The class of problem; its page tells more.
    pub code: Code,
    /// Whether the file is refused.
    pub severity: Severity,
    /// The file as the user named it.
    pub file: String,
    /// Where in the file.
    pub place: Place,
    /// How many characters the caret underlines; at least one.
    pub width: u32,
    /// What is wrong and why, in one sentence, without a full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(
        code: Code,
        file: impl Into<String>,
        place: Place,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity: Severity::Error,
            file: file.into(),
            place,
            width: 1,
            message: message.into(),
            help: None,
        }
    }

    /// The same problem as a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// The same problem with a remedy.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same problem with a caret `width` characters wide.
    #[must_use]
    pub fn width(mut self, width: usize) -> Self {
        self.width = u32::try_from(width.max(1)).unwrap_or(1);
        self
    }
}

/// One line: `file:line:column: error[W1001]: message (help)`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(
            f,
            "{}:{}:{}: {severity}[{}]: {}",
            self.file, self.place.line, self.place.column, self.code.id, self.message
        )?;
        if let Some(help) = &self.help {
            write!(f, " ({help})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostic {}

/// Problems that belong together, in the order in which they were found. Never empty as an error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Whether any of them refuses the file.
    pub fn refuse(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(one: Diagnostic) -> Self {
        Self(vec![one])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, one) in self.0.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{one}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
