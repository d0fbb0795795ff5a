//! What a plugin says.

/// What is to happen, mildest first. The host takes the most severe of all findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Nothing to say.
    Abstain,
    /// No objection.
    Allow,
    /// No objection, but worth a look afterwards.
    Flag,
    /// The customer can clear it with a stronger authentication.
    Challenge,
    /// A person has to act before it goes on.
    Hold,
    /// Refused.
    Deny,
}

/// Reasons of a plugin: an enum with `#[derive(Reasons)]`. A reason that is not in it cannot be given.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what the reasons are",
    note = "put `#[derive(Reasons)]` before the enum"
)]
pub trait Reasons {
    /// The reasons as entries of the manifest, parts of JSON.
    const DECLARED: &'static [&'static str];
    /// The code of this reason.
    fn code(&self) -> &'static str;
}

/// A plugin that gives no reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoReasons {}

impl Reasons for NoReasons {
    const DECLARED: &'static [&'static str] = &[];
    fn code(&self) -> &'static str {
        match *self {}
    }
}

/// One need, as evidence of a reason. `#[derive(Needs)]` makes a constant for each field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence(pub u16);

/// One obligation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obligation {
    /// From the host's catalogue: `step-up`, `redact`, `disclose`, `route`, `notify`, `four-eyes`, `limit`.
    pub kind: String,
    /// By name.
    pub arguments: Vec<(String, String)>,
}

/// What a plugin says about one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is to happen.
    pub verdict: Verdict,
    /// 0 to 1000; advice to people and other policies.
    pub risk: Option<u16>,
    /// Why: a code, and the needs that it rests on.
    pub reasons: Vec<(&'static str, Vec<Evidence>)>,
    /// The points of the risk that reasons gave, by code: with them anybody can add a score up.
    pub points: Vec<(&'static str, u16)>,
    /// What the caller must do for the decision to stand.
    pub obligations: Vec<Obligation>,
}

impl Finding {
    /// A verdict without more.
    pub fn new(verdict: Verdict) -> Finding {
        Finding {
            verdict,
            risk: None,
            reasons: Vec::new(),
            points: Vec::new(),
            obligations: Vec::new(),
        }
    }

    /// Nothing to say.
    pub fn abstain() -> Finding {
        Finding::new(Verdict::Abstain)
    }

    /// With a score; at most 1000 is kept.
    #[must_use]
    pub fn risk(mut self, risk: u16) -> Finding {
        self.risk = Some(risk.min(1_000));
        self
    }

    /// With a reason and the needs that it rests on.
    #[must_use]
    pub fn because(
        mut self,
        reason: impl Reasons,
        evidence: impl IntoIterator<Item = Evidence>,
    ) -> Finding {
        self.reasons
            .push((reason.code(), evidence.into_iter().collect()));
        self
    }

    /// With a reason that gave so many points of the risk. The host records them with the decision.
    #[must_use]
    pub fn scored(
        mut self,
        reason: impl Reasons,
        evidence: impl IntoIterator<Item = Evidence>,
        points: u16,
    ) -> Finding {
        self.points.push((reason.code(), points));
        self.because(reason, evidence)
    }

    /// With an obligation.
    #[must_use]
    pub fn oblige<N: Into<String>, V: Into<String>>(
        mut self,
        kind: &str,
        arguments: impl IntoIterator<Item = (N, V)>,
    ) -> Finding {
        let arguments = arguments
            .into_iter()
            .map(|(n, v)| (n.into(), v.into()))
            .collect();
        self.obligations.push(Obligation {
            kind: kind.to_owned(),
            arguments,
        });
        self
    }

    /// The codes of the reasons, in order.
    pub fn codes(&self) -> Vec<&'static str> {
        self.reasons.iter().map(|(code, _)| *code).collect()
    }

    /// The arguments of the first obligation of a kind.
    pub fn obligation(&self, kind: &str) -> Option<&[(String, String)]> {
        self.obligations
            .iter()
            .find(|o| o.kind == kind)
            .map(|o| o.arguments.as_slice())
    }

    /// Whether it lets a payment go on.
    pub fn goes_on(&self) -> bool {
        self.verdict <= Verdict::Flag
    }
}
