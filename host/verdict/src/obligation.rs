//! The host's catalogue of obligations.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a caller, the host or a later stage must do for a decision to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObligationKind {
    /// The customer authenticates more strongly. `method`: how, at least (see
    /// [`Method`](crate::Method)).
    StepUp,
    /// A field is taken from all readers and later stages down to a treatment. Field → treatment.
    Redact,
    /// A field is shown to the reader of this request, at most with a treatment. Field → treatment.
    /// Nothing is shown that no finding discloses.
    Disclose,
    /// The payment is processed elsewhere. `region`: where.
    Route,
    /// Somebody is told. `whom`: `customer`, `support`, `supervisor`.
    Notify,
    /// Another person approves, in another session.
    FourEyes,
    /// The payment, or its data, stands within limits only. `amount_minor` and `currency`: up to an amount;
    /// `retention_h` and `keep_in`: deleted here after so many hours, and kept in a region; `copy_in`: a copy
    /// is kept in a region.
    Limit,
}

impl ObligationKind {
    /// All kinds.
    pub const ALL: [ObligationKind; 7] = [
        ObligationKind::StepUp,
        ObligationKind::Redact,
        ObligationKind::Disclose,
        ObligationKind::Route,
        ObligationKind::Notify,
        ObligationKind::FourEyes,
        ObligationKind::Limit,
    ];

    /// The word used in files, manifests, replies and records.
    pub fn as_str(self) -> &'static str {
        match self {
            ObligationKind::StepUp => "step-up",
            ObligationKind::Redact => "redact",
            ObligationKind::Disclose => "disclose",
            ObligationKind::Route => "route",
            ObligationKind::Notify => "notify",
            ObligationKind::FourEyes => "four-eyes",
            ObligationKind::Limit => "limit",
        }
    }

    /// The kind of that name.
    pub fn from_name(name: &str) -> Option<ObligationKind> {
        ObligationKind::ALL.into_iter().find(|k| k.as_str() == name)
    }
}

/// One obligation. Arguments are words of the catalogue and names of fields, never facts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Obligation {
    /// What kind.
    pub kind: ObligationKind,
    /// By name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: BTreeMap<String, String>,
}
