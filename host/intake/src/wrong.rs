//! Why one value is not taken, before it is known where in which kind of body it was.

use std::borrow::Cow;

use crate::problem::{Problem, ProblemCode};

/// A value that a field does not take. The texts are this project's own or the dictionary's, never the
/// value.
#[derive(Debug)]
pub(crate) struct Wrong {
    code: ProblemCode,
    reason: Cow<'static, str>,
    help: Option<Cow<'static, str>>,
    /// The part of the value that is wrong, of an amount.
    part: Option<Part>,
}

/// A part of an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Value,
    Currency,
}

impl Wrong {
    pub(crate) fn value(
        reason: impl Into<Cow<'static, str>>,
        help: impl Into<Cow<'static, str>>,
    ) -> Wrong {
        Wrong {
            code: ProblemCode::InvalidValue,
            reason: reason.into(),
            help: Some(help.into()),
            part: None,
        }
    }

    /// A fault that is not the caller's.
    pub(crate) fn host(code: ProblemCode, reason: &'static str) -> Wrong {
        Wrong {
            code,
            reason: Cow::Borrowed(reason),
            help: None,
            part: None,
        }
    }

    pub(crate) fn of(mut self, part: Part) -> Wrong {
        self.part = Some(part);
        self
    }

    /// With another remedy.
    pub(crate) fn help(self, help: impl Into<Cow<'static, str>>) -> Wrong {
        Wrong {
            help: Some(help.into()),
            ..self
        }
    }

    /// The problem of a value in a JSON body.
    pub(crate) fn in_json(self, pointer: &str) -> Problem {
        let pointer = match self.part {
            None => pointer.to_owned(),
            Some(Part::Value) => format!("{pointer}/value"),
            Some(Part::Currency) => format!("{pointer}/currency"),
        };
        self.at(pointer)
    }

    /// The problem of a value in an XML body.
    pub(crate) fn in_xml(self, path: String) -> Problem {
        match self.part {
            Some(Part::Currency) => self.at(format!("{path}/@Ccy")),
            _ => self.at(path),
        }
    }

    /// The problem of a request as a whole.
    pub(crate) fn in_request(self) -> Problem {
        let problem = Problem::new(self.code, self.reason);
        match self.help {
            Some(help) => problem.help(help),
            None => problem,
        }
    }

    fn at(self, pointer: String) -> Problem {
        self.in_request().pointer(pointer)
    }
}
