//! What a caller sees of a decision.
//!
//! A view is built from durable records only, for one reader, so that an answer that is asked for again
//! says the same. What a reader may not see is not there.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value as Json;
use weft_assist::State;
use weft_assist::passkey::RequestOptions;
use weft_audit::{DroppedPlace, DroppedRecord};
use weft_dictionary::Timestamp;
use weft_verdict::{Obligation, Verdict};

/// One decision, for one reader.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DecisionView {
    /// Its id.
    pub decision: String,
    /// For example `payment.authorize`.
    pub operation: String,
    /// When it was taken; RFC 3339.
    #[serde(serialize_with = "rfc3339")]
    pub at: Timestamp,
    /// What is to happen.
    pub verdict: Verdict,
    /// 0 to 1000. Agents, supervisors and regulators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<u16>,
    /// The payment that it is about, as it stood after this decision; for support, if `payment.state` is granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentView>,
    /// Whether the reader learns by it that there is such a payment.
    #[serde(skip)]
    pub(crate) is_told_of_payment: bool,
    /// How the payment stands that was asked about, where that was granted. JSON says it by `payment` and `context`.
    #[serde(skip)]
    pub(crate) standing: Option<Standing>,
    /// In words for this reader.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<ReasonView>,
    /// What the reader must do for the decision to stand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub obligations: Vec<Obligation>,
    /// What the customer has to pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<ChallengeView>,
    /// Until when the request waits, where it does: for the customer, for a second person, and to be asked again with the
    /// same words; RFC 3339.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "rfc3339_opt"
    )]
    pub waits_until: Option<Timestamp>,
    /// The payment in the eyes of support: agents and supervisors, in assistance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<ContextView>,
    /// What the request said and the host did not keep. Whoever asked, and regulators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropped: Option<DroppedView>,
    /// What every policy said. Regulators.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingView>,
    /// The decision before it about the same payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
    /// What became of the payment since. Only where the decision is asked for by its id: a reply says the
    /// same however often its request is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now: Option<NowView>,
    /// Where it stands in the audit log.
    pub log: LogView,
    /// The payment's new decision, when this one led to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_again: Option<Box<DecisionView>>,
}

/// How a payment stood when it was asked about, for a status report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) state: State,
    /// Whether it stands so because it was called back.
    pub(crate) is_recalled: bool,
    /// Why it stands so, if the reader is told of that.
    pub(crate) reasons: Vec<ReasonView>,
}

/// A payment's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PaymentView {
    /// As the platform named it.
    pub id: String,
    /// `pending`, `released`, `refused`, `expired`, `refunded`, `disputed`, `recalled`.
    pub state: &'static str,
    /// What was given back of it by then, if anything: `{"value": …, "currency": …}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Json>,
    /// When a pending payment expires; RFC 3339.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "rfc3339_opt"
    )]
    pub expires_at: Option<Timestamp>,
}

/// Where a payment stands by now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NowView {
    /// As in [`PaymentView`].
    pub state: &'static str,
    /// What was given back of it by now, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Json>,
    /// The latest decision about it, or by which something was done with it.
    pub decision: String,
    /// When that was taken; RFC 3339.
    #[serde(serialize_with = "rfc3339")]
    pub at: Timestamp,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReasonView {
    /// Of the policy's list. Another policy's may be called the same and mean something else.
    pub code: String,
    /// In words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What ISO 20022 reports carry: ExternalStatusReason1Code about payments, ExternalPaymentCancellationRejection1Code about
    /// recalls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_reason: Option<String>,
    /// The fields that it rests on: agents, supervisors, regulators. Others get those that are missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// Those of them that are missing, where it is about that.
    #[serde(skip)]
    pub(crate) missing: Vec<String>,
    /// Whether it is one of those that made the decision as severe as it is.
    #[serde(skip)]
    pub(crate) decides: bool,
}

impl ReasonView {
    /// Whether nobody can tell it from another.
    pub(crate) fn says_the_same(&self, other: &ReasonView) -> bool {
        let said = |view: &ReasonView| ReasonView {
            decides: false,
            ..view.clone()
        };
        said(self) == said(other)
    }
}

/// What the customer has to pass.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ChallengeView {
    /// Its name.
    pub id: String,
    /// How.
    pub method: &'static str,
    /// After this it is void; RFC 3339.
    #[serde(serialize_with = "rfc3339")]
    pub expires_at: Timestamp,
    /// Whether the customer has passed it.
    pub passed: bool,
    /// What the platform's own channel answers when the customer has approved there. The service that
    /// asked for the payment, and nobody else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// What that channel gives to `navigator.credentials.get` as `publicKey`, where a passkey is asked for; its answer is
    /// what comes of it, `toJSON()`, as text. The same service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<RequestOptions>,
    /// What the platform's authentication service signs, where its approval is asked for, in hexadecimal. The same service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commitment: Option<String>,
}

/// Whoever knows the response passes for the customer, so it is not printed.
impl fmt::Debug for ChallengeView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChallengeView")
            .field("id", &self.id)
            .field("method", &self.method)
            .field("expires_at", &self.expires_at)
            .field("passed", &self.passed)
            .finish_non_exhaustive()
    }
}

/// A payment in the eyes of support.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContextView {
    /// The payment's own decision.
    pub decision: String,
    /// What it said, if `payment.verdict` is granted; so with its score and its reasons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// The score that was computed then, 0 to 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub risk: Option<u16>,
    /// The behavioural snapshot that the score was computed from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature_snapshot: Option<String>,
    /// Why, in words for an agent: the findings that were made then, the most severe first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<WhyView>,
    /// The facts that the purpose of the case needs, each as far as it needs them.
    pub facts: BTreeMap<String, Json>,
    /// The names of facts that are there and are not shown to this reader, where its disclosure says that it is told
    /// so. What is named nowhere is not there, or not the reader's business.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
}

/// One policy's finding, in words for an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhyView {
    /// The policy.
    pub policy: String,
    /// What it said.
    pub verdict: Verdict,
    /// Its words for agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its reasons.
    pub reasons: Vec<ReasonView>,
}

/// What a request said and the host did not keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DroppedView {
    /// How many values.
    pub count: u32,
    /// The first of them, each place once; none where not even names were to be kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<DroppedPlaceView>,
}

/// A place at which something was dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DroppedPlaceView {
    /// A JSON pointer, or a path of XML elements; a name that could say something is withheld.
    pub pointer: String,
    /// Why, and what was probably meant.
    pub detail: String,
}

impl DroppedView {
    pub(crate) fn of(record: &DroppedRecord) -> DroppedView {
        let view = |place: &DroppedPlace| DroppedPlaceView {
            pointer: place.pointer.clone(),
            detail: dropped_because(place),
        };
        DroppedView {
            count: record.count,
            places: record.places.iter().map(view).collect(),
        }
    }
}

fn dropped_because(place: &DroppedPlace) -> String {
    let name = match place.pointer.strip_prefix('/') {
        Some(rest) if !rest.starts_with("Document/") => rest.replace('/', "."),
        _ => place.pointer.clone(),
    };
    match (place.why.as_str(), &place.near) {
        ("not-the-callers", _) => format!("{name} is not the caller's to say"),
        ("not-of-operation", _) => {
            format!(
                "{name} is not taken from this request: what was recorded of the payment counts"
            )
        }
        ("covered", _) => format!(
            "{name} had something in it that leads to a person or to money and does not belong there; it was covered, and the \
             rest was kept"
        ),
        ("not-in-form", _) => format!(
            "{name} does not have the form of an identifier or a code, or looks like somebody's number, and was not kept: an \
             identifier has a digit and no blank, a UETR is a UUID"
        ),
        ("no-instant", _) => format!("{name} is no instant: it has no offset from UTC"),
        (_, Some(near)) if is_flat(place) => {
            let object = as_object(near);
            format!("{name} is not in the dictionary; write it as an object: {object}")
        }
        (_, Some(near)) => format!("{name} is not in the dictionary; did you mean {near}?"),
        (_, None) => format!("{name} is not in the dictionary"),
    }
}

/// Whether a field was sent under its dotted name, where objects belong.
fn is_flat(place: &DroppedPlace) -> bool {
    let name = place.pointer.rsplit('/').next().unwrap_or_default();
    !place.pointer.starts_with("/Document/") && name.contains('.')
}

/// A field as a request has it: `{"device": {"malware": …}}`.
fn as_object(field: &str) -> String {
    field.rsplit('.').fold("…".to_owned(), |inner, name| {
        format!("{{\"{name}\": {inner}}}")
    })
}

/// What one policy said, for a regulator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FindingView {
    /// The policy.
    pub policy: String,
    /// Its words for auditors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The finding as recorded.
    #[serde(flatten)]
    pub recorded: Json,
}

/// Where a decision stands in the audit log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogView {
    /// From 0.
    pub index: u64,
    /// RFC 6962 leaf hash of the record, in hexadecimal.
    pub leaf_hash: String,
}

pub(crate) fn rfc3339<S: serde::Serializer>(
    at: &Timestamp,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

pub(crate) fn rfc3339_opt<S: serde::Serializer>(
    at: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.collect_str(at),
        None => serializer.serialize_none(),
    }
}
