//! What a caller is told when there is no decision: RFC 9457, with members of our own.
//!
//! A problem never quotes what the caller sent. Its texts come from this project's code and from the
//! dictionary; where in the body something is wrong is said by a pointer, and by a line and column.

use std::fmt;

use serde_json::{Value as Json, json};

/// Who has to do something about a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Culprit {
    /// Who sent the request.
    Caller,
    /// Who wrote the policies.
    Policy,
    /// Who wrote a plugin.
    Plugin,
    /// Who runs this host.
    Host,
}

impl Culprit {
    /// The word used in problems.
    pub fn as_str(self) -> &'static str {
        match self {
            Culprit::Caller => "caller",
            Culprit::Policy => "policy",
            Culprit::Plugin => "plugin",
            Culprit::Host => "host",
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $culprit:ident, $title:literal;)*) => {
        /// The kinds of problems. Each has one code, one HTTP status and one title for good.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum ProblemCode { $($(#[$doc])* $name,)* }

        impl ProblemCode {
            /// All kinds.
            pub const ALL: &[ProblemCode] = &[$(ProblemCode::$name,)*];

            /// The code that programs go by.
            pub fn code(self) -> &'static str {
                match self { $(ProblemCode::$name => $code,)* }
            }

            /// The HTTP status.
            pub fn status(self) -> u16 {
                match self { $(ProblemCode::$name => $status,)* }
            }

            /// The title that people read.
            pub fn title(self) -> &'static str {
                match self { $(ProblemCode::$name => $title,)* }
            }

            /// Who has to do something about it.
            pub fn culprit(self) -> Culprit {
                match self { $(ProblemCode::$name => Culprit::$culprit,)* }
            }
        }
    };
}

codes! {
    /// The body is not the JSON or XML that it is said to be.
    Malformed = "malformed", 400, Caller, "The body cannot be read";
    /// No caller is named, or its secret is wrong.
    Unauthorised = "unauthorised", 401, Caller, "The caller is not known";
    /// The caller may not do this.
    Forbidden = "forbidden", 403, Caller, "The caller may not do this";
    /// There is no such thing, for this caller.
    NotFound = "not-found", 404, Caller, "There is no such thing";
    /// The resource has no such method.
    MethodNotAllowed = "method-not-allowed", 405, Caller, "The resource has no such method";
    /// The caller accepts none of the forms that there are.
    NotAcceptable = "not-acceptable", 406, Caller, "There is no form that the caller accepts";
    /// The body did not arrive in time.
    Timeout = "timeout", 408, Caller, "The request did not arrive in time";
    /// It does not go with what is there already.
    Conflict = "conflict", 409, Caller, "The request conflicts with what is there";
    /// The same request is being decided right now.
    InFlight = "request-in-flight", 409, Caller, "The same request is being decided";
    /// More bytes than a body may have.
    BodyTooLarge = "body-too-large", 413, Caller, "The body is too large";
    /// Neither JSON nor XML.
    UnsupportedMediaType = "unsupported-media-type", 415, Caller, "The media type is not supported";
    /// A field that the operation needs is not there.
    MissingField = "missing-field", 422, Caller, "A field is missing";
    /// A field's value is not one that the field takes.
    InvalidValue = "invalid-value", 422, Caller, "A value is not valid";
    /// A message of ISO 20022 about which nothing is decided.
    UnsupportedMessage = "unsupported-message", 422, Caller, "The message is not supported";
    /// The same key came with another request before.
    IdempotencyMismatch = "idempotency-mismatch", 422, Caller, "The idempotency key was used for another request";
    /// Policy files, their tests or their plugins do not hold, so they are not put in force.
    PolicySetRefused = "policy-set-refused", 422, Policy, "The policy set is refused";
    /// The caller sends more than it may.
    RateLimited = "rate-limited", 429, Caller, "The caller sends too many requests";
    /// A fault of the host's own.
    Internal = "internal", 500, Host, "The host has failed";
    /// The host does not decide yet, or no more.
    NotReady = "not-ready", 503, Host, "The host is not ready";
    /// The host decides as many requests as it may.
    Saturated = "saturated", 503, Host, "The host is saturated";
}

/// Why there is no decision, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem(Box<Parts>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    code: ProblemCode,
    detail: String,
    pointer: Option<String>,
    help: Option<String>,
    member: Option<(&'static str, Json)>,
    named: Vec<(&'static str, String)>,
}

impl Problem {
    /// A problem. `detail` says why, and must not quote what the caller sent.
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Problem {
        Problem(Box::new(Parts {
            code,
            detail: detail.into(),
            pointer: None,
            help: None,
            member: None,
            named: Vec::new(),
        }))
    }

    /// What the caller can do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Problem {
        self.0.help = Some(help.into());
        self
    }

    /// Where in the body: a JSON pointer (RFC 6901), or a path of XML elements.
    #[must_use]
    pub fn pointer(mut self, pointer: impl Into<String>) -> Problem {
        self.0.pointer = Some(pointer.into());
        self
    }

    /// One more member (RFC 9457, 3.2), for problems that have more to say than a sentence.
    #[must_use]
    pub fn member(mut self, name: &'static str, value: Json) -> Problem {
        self.0.member = Some((name, value));
        self
    }

    /// What it says in a member of its own.
    pub fn member_of(&self, name: &str) -> Option<&Json> {
        let (is, value) = self.0.member.as_ref()?;
        (*is == name).then_some(value)
    }

    /// What the record of it names, for whoever looks for that; no answer has it. Identifiers that are on record.
    #[must_use]
    pub fn named(mut self, what: &'static str, id: impl Into<String>) -> Problem {
        self.0.named.push((what, id.into()));
        self
    }

    /// The identifiers that the record of it names.
    pub fn names(&self) -> &[(&'static str, String)] {
        &self.0.named
    }

    /// Which kind of problem it is.
    pub fn kind(&self) -> ProblemCode {
        self.0.code
    }

    /// The code that programs go by.
    pub fn code(&self) -> &'static str {
        self.0.code.code()
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.0.code.status()
    }

    /// Who has to do something about it.
    pub fn culprit(&self) -> Culprit {
        self.0.code.culprit()
    }

    /// Why.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Where, if it is somewhere in the body.
    pub fn where_it_is(&self) -> Option<&str> {
        self.0.pointer.as_deref()
    }

    /// What the caller can do, if there is something.
    pub fn what_to_do(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// The body of an answer with `application/problem+json`.
    pub fn to_json(&self) -> Json {
        let mut problem = json!({
            "type": format!("urn:weft:problem:{}", self.code()),
            "title": self.0.code.title(),
            "status": self.status(),
            "code": self.code(),
            "detail": self.0.detail,
            "culprit": self.culprit().as_str(),
        });
        if let Some(pointer) = &self.0.pointer {
            problem["pointer"] = json!(pointer);
        }
        if let Some(help) = &self.0.help {
            problem["help"] = json!(help);
        }
        if let Some((name, value)) = &self.0.member {
            problem[*name] = value.clone();
        }
        problem
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.code())?;
        if let Some(pointer) = &self.0.pointer {
            write!(f, "{pointer}: ")?;
        }
        f.write_str(&self.0.detail)?;
        match &self.0.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Problem {}
