//! Disclosures: who may be shown which facts, how much of each, for which purpose, and how often. One purpose a file.
//!
//! A file is about one of three things: what stands in the replies to operations (`on`), which values of the vault
//! are released on request (`release`), or which commitments to personal facts are opened to who audits (`openings`). What no
//! file grants is not shown.

mod check;
mod overlap;
mod source;
mod told;

use std::sync::Arc;

use weft_dictionary::{Class, DurationMs, FieldId, Timestamp, Treatment};

use crate::policy::{Grant, Source, covers};

pub(crate) use check::DisclosureChecker;
pub(crate) use overlap::overlapping;
pub(crate) use source::DisclosureFile;
pub(crate) use told::{Named, not_granted};

/// The roles that facts can be granted to.
pub const READERS: [&str; 5] = ["service", "agent", "supervisor", "regulator", "operator"];
/// Those of them to whom policies' messages go as they are, without anybody asking for a fact: the service, in whose
/// channel its customers are told about their own payments, and who audits. How often is not counted.
pub(crate) const TOLD: [&str; 2] = ["service", "regulator"];

/// To whom commitments are opened: who has the records that they stand in.
pub(crate) const OPENED_TO: &str = "regulator";

/// Who may be shown a whole card number (PCI DSS 4.0.1, 3.4.1: only who has a documented need).
const CARD_READER: &str = "supervisor";

/// The most of a field that leaves the vault for a role, whoever grants it: of a card number as much as is shown of one
/// (PCI DSS 4.0.1, 3.4.1), and all of it to supervisors only; nothing of what the vault does not have.
pub fn most_released(class: Class, role: &str) -> Treatment {
    match class {
        Class::Cardholder if role != CARD_READER => Treatment::Masked,
        Class::Cardholder | Class::Sensitive => Treatment::Clear,
        Class::Public | Class::Operational | Class::Personal | Class::Secret => Treatment::Absent,
    }
}

/// One checked file.
#[derive(Debug, Clone, PartialEq)]
pub struct Disclosure {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) owner: String,
    pub(crate) description: String,
    pub(crate) sources: Vec<Source>,
    pub(crate) from: Timestamp,
    pub(crate) until: Option<Timestamp>,
    pub(crate) is_enforced: bool,
    pub(crate) purpose: String,
    pub(crate) legal_basis: String,
    pub(crate) readers: Vec<String>,
    pub(crate) shown_in: ShownIn,
    pub(crate) grants: Vec<Grant>,
    pub(crate) names_withheld: bool,
    pub(crate) budget: Option<Budget>,
    pub(crate) version: String,
    pub(crate) path: String,
}

/// Where facts are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShownIn {
    /// In replies to these operations.
    Replies(Vec<String>),
    /// Nowhere until a reader asks for one value, within this time of the decision that showed the payment to it.
    Release {
        /// How long after that decision.
        within: DurationMs,
    },
    /// Nowhere until who audits asks for what opens one commitment, within this time of the decision whose record has it.
    Openings {
        /// How long after that decision.
        within: DurationMs,
    },
}

/// How often facts are shown for the purpose within a day (UTC); more are withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// About one case.
    pub per_case: u32,
    /// About one customer.
    pub per_customer: u32,
    /// To one caller.
    pub per_day: u32,
}

impl Disclosure {
    /// What records call it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A few words.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Who answers for it.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Why it is there.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Where it comes from.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// When it begins to be in force.
    pub fn from(&self) -> Timestamp {
        self.from
    }

    /// When it ceases to be in force.
    pub fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// Whether it counts, from `from` on; else it is a draft.
    pub fn is_enforced(&self) -> bool {
        self.is_enforced
    }

    /// Why somebody reads, in a word.
    pub fn purpose(&self) -> &str {
        &self.purpose
    }

    /// What allows it.
    pub fn legal_basis(&self) -> &str {
        &self.legal_basis
    }

    /// The roles that read.
    pub fn readers(&self) -> &[String] {
        &self.readers
    }

    /// Where facts are shown.
    pub fn shown_in(&self) -> &ShownIn {
        &self.shown_in
    }

    /// What readers get, at most.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    /// Whether readers are told the names of facts that are there and withheld from them.
    pub fn names_withheld(&self) -> bool {
        self.names_withheld
    }

    /// How often; none where it is not counted, see [`TOLD`].
    pub fn budget(&self) -> Option<Budget> {
        self.budget
    }

    /// SHA-256 of the file, in hexadecimal.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The file, below the set's directory.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether it grants anything to a role at an instant.
    pub fn is_for(&self, role: &str, at: Timestamp) -> bool {
        let in_force = self.from <= at && self.until.is_none_or(|until| at < until);
        self.is_enforced && in_force && self.readers.iter().any(|reader| reader == role)
    }

    /// Whether it is about replies to an operation.
    pub fn covers(&self, operation: &str) -> bool {
        match &self.shown_in {
            ShownIn::Replies(on) => on.iter().any(|pattern| covers(pattern, operation)),
            ShownIn::Release { .. } | ShownIn::Openings { .. } => false,
        }
    }

    /// How long a value is released after the decision that showed the payment, if it releases values.
    pub fn releases_within(&self) -> Option<DurationMs> {
        match self.shown_in {
            ShownIn::Replies(_) | ShownIn::Openings { .. } => None,
            ShownIn::Release { within } => Some(within),
        }
    }

    /// How long commitments are opened after the decision whose record has them, if it opens any.
    pub fn opens_within(&self) -> Option<DurationMs> {
        match self.shown_in {
            ShownIn::Replies(_) | ShownIn::Release { .. } => None,
            ShownIn::Openings { within } => Some(within),
        }
    }

    /// How much of a field it grants; nothing, if it does not.
    pub fn granted(&self, field: FieldId) -> Option<Treatment> {
        let mut grants = self.grants.iter();
        let grant = grants.find(|grant| grant.field == field)?;
        Some(grant.treatment)
    }

    fn overlaps(&self, other: &Disclosure) -> bool {
        self.is_in_force_within(other.from, other.until)
    }

    /// Whether its period and this one have an instant in common.
    fn is_in_force_within(&self, from: Timestamp, until: Option<Timestamp>) -> bool {
        let ends_before = |until: Option<Timestamp>, from| until.is_some_and(|at| at <= from);
        !ends_before(self.until, from) && !ends_before(until, self.from)
    }
}

/// The disclosures of a set that show a role something in replies to an operation.
pub(crate) fn in_replies<'a>(
    all: &'a [Arc<Disclosure>],
    role: &'a str,
    operation: &'a str,
    at: Timestamp,
) -> impl Iterator<Item = &'a Disclosure> {
    all.iter()
        .map(AsRef::as_ref)
        .filter(move |one| one.is_for(role, at) && one.covers(operation))
}
