//! What opens one commitment of one record, for who audits: the fact with its salt, so that anybody can hash them.
//!
//! Who audits has the records, and with them what is committed to, so nothing is hidden of why nothing is opened. Each opening
//! is in the log as released before anybody gets it, and each refusal with its reason.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value as Json;
use weft_audit::{DecisionRecord, Opening};
use weft_dictionary::{Dictionary, Field, Row, Timestamp, Treatment};
use weft_intake::{Problem, ProblemCode, is_free_text};
use weft_policy::Disclosure;
use weft_redact::{Layer, Reading};
use weft_verdict::ObligationKind;

use super::Use;
use super::release::{REFUSED, RELEASED, is_word, of_disclosure};
use super::shown::customer;
use crate::attempts::Attempt;
use crate::engine::{Engine, Inner};
use crate::evaluate::treatments;
use crate::view::LogView;
use crate::{Caller, facts, ids, problems};

/// What a caller asks for.
#[derive(Debug, Clone)]
pub struct OpeningAsk {
    /// The decision whose record has the commitment.
    pub decision: String,
    /// Of which field.
    pub field: String,
    /// Why: the purpose of a disclosure.
    pub purpose: String,
    /// The caller's trace id, if it has one.
    pub trace: Option<String>,
}

/// An opening that is in the log as released.
#[derive(Debug, Serialize)]
pub struct Opened {
    /// What the log calls it.
    pub id: String,
    /// Whose fact it is.
    pub decision: String,
    /// Which fact.
    pub field: String,
    /// For which purpose.
    pub purpose: String,
    /// What the decision's record says of it: SHA-256 of the opening.
    pub commitment: String,
    /// Where it stands in the audit log as released.
    pub log: LogView,
    #[serde(skip)]
    opening: Opening,
}

impl Opened {
    /// The opening, byte for byte as it was hashed.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.opening.bytes())
    }
}

/// Why nothing is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WhyNot {
    /// No disclosure in force opens anything to the role for the purpose.
    Purpose,
    /// The purpose does not have the field.
    Field,
    /// There is no such decision.
    Decision,
    /// The decision is too old.
    Expired,
    /// A policy takes the field away.
    Redacted,
    /// The record does not commit to the field.
    NoCommitment,
    /// Its person was erased.
    Erased,
    /// The text has what is covered in every answer.
    Covered,
    /// The disclosure was used as often as it may be.
    OverBudget,
}

impl WhyNot {
    /// The word in the log.
    fn as_str(self) -> &'static str {
        match self {
            WhyNot::Purpose => "purpose-not-granted",
            WhyNot::Field => "field-not-granted",
            WhyNot::Decision => "no-such-decision",
            WhyNot::Expired => "grant-expired",
            WhyNot::Redacted => "redacted",
            WhyNot::NoCommitment => "no-commitment",
            WhyNot::Erased => super::ERASED,
            WhyNot::Covered => "covered",
            WhyNot::OverBudget => "over-budget",
        }
    }

    /// What the caller is told.
    fn problem(self, id: &str) -> Problem {
        use ProblemCode::{Forbidden, NotFound};
        const GRANTS: &str =
            "what is granted stands in the files of policies/disclosures with `openings`";
        const COMMITMENTS: &str = "`commitments` in the record names the fields; records of hosts that did not commit to facts have none";
        let (code, detail, help) = match self {
            WhyNot::Purpose => (
                Forbidden,
                "no disclosure in force opens anything to this role for this purpose",
                GRANTS,
            ),
            WhyNot::Field => (
                Forbidden,
                "no disclosure in force opens this field to this role for this purpose",
                GRANTS,
            ),
            WhyNot::Decision => (
                NotFound,
                "there is no such decision in the audit log",
                "GET /v1/log/records finds decisions by payment, case, time and more",
            ),
            WhyNot::Expired => (
                Forbidden,
                "the decision is longer ago than the disclosure opens",
                GRANTS,
            ),
            WhyNot::Redacted => (
                Forbidden,
                "a policy took this field from all readers of the decision",
                "the record says which: a finding with the obligation `redact`",
            ),
            WhyNot::NoCommitment => (
                NotFound,
                "the record of the decision has no commitment to this field",
                COMMITMENTS,
            ),
            WhyNot::Erased => (
                NotFound,
                "the person was erased, and the fact and its salt with them: nothing opens the commitment any more",
                "the record stands in the log as before, and proves when and how it was decided",
            ),
            WhyNot::Covered => (
                Forbidden,
                "the text of this field has what leaves the host in no answer, such as a card number",
                "whoever runs the host finds the decision by the id",
            ),
            WhyNot::OverBudget => (
                Forbidden,
                "the disclosure was used as often as it may be within a day",
                "ask again tomorrow (UTC), or have the budget in policies/disclosures raised",
            ),
        };
        let problem = Problem::new(code, detail).help(help);
        problem.member("id", id.into())
    }
}

/// What is granted of a field.
struct Granted<'a> {
    disclosure: &'a Disclosure,
    field: &'a Field,
}

impl Engine {
    /// Opens a commitment, if the caller may have it. In the log before it is done, as is each refusal.
    pub async fn open_commitment(
        &self,
        caller: &Caller,
        ask: OpeningAsk,
    ) -> Result<Opened, Problem> {
        let (inner, caller) = (Arc::clone(&self.inner), caller.clone());
        self.to_its_end(async move { inner.open_commitment(&caller, ask).await })
            .await
    }
}

impl Inner {
    async fn open_commitment(&self, caller: &Caller, ask: OpeningAsk) -> Result<Opened, Problem> {
        for (fits, pointer) in [
            (ids::is_decision(&ask.decision), "/decision"),
            (is_word(&ask.field), "/field"),
            (is_word(&ask.purpose), "/purpose"),
        ] {
            if !fits {
                let attempt = Attempt::refused(caller, "opening", "unfit");
                self.on_record(attempt).await?;
                return Err(problems::unfit_opening(pointer));
            }
        }
        if self.is_stopping() {
            return Err(problems::stopping());
        }
        let at = self.clock.now();
        let set = self.sets.in_force();
        let id = self.fresh_id("dis")?;
        let granted = granted(&self.dictionary, set.set().disclosures(), caller, &ask, at);
        let record = self.stored(&ask.decision)?.map(|stored| stored.record);
        let mut detail = vec![
            ("id", Json::from(id.as_str())),
            ("by", caller.id.as_str().into()),
            ("role", caller.role.as_str().into()),
            ("purpose", ask.purpose.as_str().into()),
            ("requested", vec![ask.field.as_str()].into()),
            ("policy_set", set.digest().into()),
        ];
        let trace = ask.trace.as_deref().filter(|trace| ids::is_trace(trace));
        detail.extend(trace.map(|trace| ("trace", trace.into())));
        if let Ok(granted) = &granted {
            detail.extend(of_disclosure(granted.disclosure, Treatment::Clear));
        }
        let customer = record.as_ref().map(|record| self.of_record(record));
        if let (Some(record), Some((customer, _))) = (&record, &customer) {
            detail.push(("decision", record.decision.as_str().into()));
            detail.push(("customer", customer.as_str().into()));
            let links = [("case", &record.case), ("transaction", &record.transaction)];
            detail.extend(links.into_iter().filter_map(|(name, link)| {
                let link = link.as_deref()?;
                Some((name, link.into()))
            }));
        }
        let found = match (granted, &record, &customer) {
            (Err(why), ..) => Err(why),
            (Ok(granted), Some(record), Some(whose)) => {
                self.opened(caller, &granted, record, whose, at)?
            }
            (Ok(_), ..) => Err(WhyNot::Decision),
        };
        let opening = match found {
            Ok(opening) => opening,
            Err(why) => {
                detail.push(("withheld", why.as_str().into()));
                self.record(REFUSED, at, detail).await?;
                self.metrics.disclosure("refused");
                return Err(why.problem(&id));
            }
        };
        let commitment = opening.commitment();
        detail.push(("commitment", commitment.as_str().into()));
        detail.push(("disclosed", Treatment::Clear.as_str().into()));
        let receipt = self.record(RELEASED, at, detail).await?;
        self.metrics.disclosure("released");
        tracing::info!(
            id,
            by = caller.id,
            field = ask.field,
            "a commitment was opened"
        );
        Ok(Opened {
            id,
            decision: ask.decision,
            field: ask.field,
            purpose: ask.purpose,
            commitment,
            log: LogView {
                index: receipt.index,
                leaf_hash: data_encoding::HEXLOWER.encode(&receipt.leaf_hash),
            },
            opening,
        })
    }

    /// Whom a decision is about, and all identifiers of that person.
    fn of_record(&self, record: &DecisionRecord) -> (String, Vec<String>) {
        let row = facts::in_clear(&self.dictionary, record);
        let row = row.unwrap_or_else(|_| Row::new(&self.dictionary));
        (customer(&self.dictionary, &row), self.identifiers(&row))
    }

    /// What remains to be asked when all that was named is there.
    fn opened(
        &self,
        caller: &Caller,
        granted: &Granted<'_>,
        record: &DecisionRecord,
        (customer, person): &(String, Vec<String>),
        at: Timestamp,
    ) -> Result<Result<Opening, WhyNot>, Problem> {
        let Granted { disclosure, field } = granted;
        let within = disclosure.opens_within();
        if within.is_none_or(|within| at >= record.at.plus(within)) {
            return Ok(Err(WhyNot::Expired));
        }
        let redacted = treatments(
            &self.dictionary,
            &record.outcome.obligations,
            ObligationKind::Redact,
        );
        let left = redacted.get(&field.id).copied();
        if left.is_some_and(|left| left < Treatment::Clear) {
            return Ok(Err(WhyNot::Redacted));
        }
        let opened = facts::opening(self.vault.opener(), record, field);
        let opening = match opened.map_err(|why| problems::not_restored(&why))? {
            facts::Opened::Opening(opening) => opening,
            facts::Opened::NoCommitment => return Ok(Err(WhyNot::NoCommitment)),
            facts::Opened::Erased => return Ok(Err(WhyNot::Erased)),
        };
        if has_more(field, &opening) {
            return Ok(Err(WhyNot::Covered));
        }
        let used = Use {
            disclosure: disclosure.id(),
            // A decision that belongs to no case is one of its own.
            case: record.case.as_deref().unwrap_or(&record.decision),
            customer,
            person,
            caller: &caller.id,
        };
        if !self.budgets.take(disclosure, used, at) {
            return Ok(Err(WhyNot::OverBudget));
        }
        Ok(Ok(opening))
    }
}

/// Whether a text has what is covered in every answer. An opening with a text that is covered opens nothing.
fn has_more(field: &Field, opening: &Opening) -> bool {
    let reading = match field.format {
        _ if is_free_text(field) => Reading::Prose,
        Some(_) => return false,
        None => Reading::Field,
    };
    let Some(text) = opening.value().as_str() else {
        return false;
    };
    match weft_redact::cover(text, reading) {
        (Cow::Owned(_), found) => {
            weft_redact::covered(Layer::Egress, &found);
            true
        }
        (Cow::Borrowed(_), _) => false,
    }
}

fn granted<'a>(
    dictionary: &'a Dictionary,
    all: &'a [Arc<Disclosure>],
    caller: &Caller,
    ask: &OpeningAsk,
    at: Timestamp,
) -> Result<Granted<'a>, WhyNot> {
    let mine = all.iter().map(AsRef::as_ref).filter(|one: &&Disclosure| {
        one.opens_within().is_some()
            && one.is_for(caller.role.as_str(), at)
            && one.purpose() == ask.purpose
    });
    let mine: Vec<&Disclosure> = mine.collect();
    if mine.is_empty() {
        return Err(WhyNot::Purpose);
    }
    let field = dictionary.by_name(&ask.field).ok_or(WhyNot::Field)?;
    let mut mine = mine.into_iter();
    let disclosure = mine.find(|one| one.granted(field.id) == Some(Treatment::Clear));
    let disclosure = disclosure.ok_or(WhyNot::Field)?;
    Ok(Granted { disclosure, field })
}
