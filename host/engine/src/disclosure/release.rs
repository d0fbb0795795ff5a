//! One value of the vault, released to one reader for one purpose within one case.
//!
//! Who may have it is asked in one order and answered in one way: whatever a refusal rests on, its answer is the same,
//! takes the same time, and the true reason stands in the log alone. A value is in the log as released before anybody
//! gets it, and nowhere but in the answer.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value as Json;
use tokio::time::{Instant, sleep_until};
use weft_audit::{DecisionRecord, EventRecord, Receipt};
use weft_dictionary::{Class, Field, FieldId, Format, Timestamp, Token, Treatment, Value};
use weft_intake::{Problem, is_free_text};
use weft_policy::Disclosure;
use weft_redact::{Layer, Reading, pan};
use weft_vault::{Secret, VaultError};
use weft_verdict::ObligationKind;

use super::Use;
use super::shown::customer;
use crate::attempts::Attempt;
use crate::engine::{Engine, Inner};
use crate::evaluate::treatments;
use crate::limits::{
    MAX_CASE_CHARS, MAX_CASE_DECISIONS, MAX_WORD_CHARS, MAX_WORD_DIGITS, REFUSAL_TAKES,
};
use crate::view::LogView;
use crate::{Caller, ids, problems};

/// The event of a value that was released.
pub const RELEASED: &str = "disclosure.released";
/// The event of a value that was asked for and not released.
pub const REFUSED: &str = "disclosure.refused";

/// Stands in records for a purpose that no disclosure has and a field that is not in the dictionary: somebody's made-up
/// word, which could be a name.
const UNKNOWN: &str = "unknown";

/// What a caller asks for.
#[derive(Debug, Clone)]
pub struct ReleaseAsk {
    /// The case within which it is needed.
    pub case: String,
    /// Why: the purpose of a disclosure.
    pub purpose: String,
    /// Of which field.
    pub field: String,
    /// Which value, by its token; without one, that of the payment of the case about which the caller asked last.
    pub token: Option<String>,
    /// The caller's trace id, if it has one.
    pub trace: Option<String>,
}

/// A value that is in the log as released.
#[derive(Serialize)]
pub struct Released {
    /// What the log calls it.
    pub id: String,
    /// Of which field.
    pub field: String,
    /// For which purpose.
    pub purpose: String,
    /// How much of it.
    pub treatment: Treatment,
    /// Until when it may be asked for again after the same decision.
    #[serde(serialize_with = "crate::view::rfc3339")]
    pub until: Timestamp,
    /// Where it stands in the audit log.
    pub log: LogView,
    #[serde(skip)]
    value: Secret,
}

impl Released {
    /// `log` is where it stands as released.
    pub(super) fn new(
        id: String,
        field: &str,
        purpose: &str,
        treatment: Treatment,
        until: Timestamp,
        log: LogView,
        value: Secret,
    ) -> Released {
        Released {
            id,
            field: field.to_owned(),
            purpose: purpose.to_owned(),
            treatment,
            until,
            log,
            value,
        }
    }

    /// Shows the value to whoever writes the answer.
    pub fn expose<R>(&self, reader: impl FnOnce(&str) -> R) -> R {
        self.value.expose(reader)
    }
}

/// The value is not printed.
impl fmt::Debug for Released {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Released")
            .field("id", &self.id)
            .field("field", &self.field)
            .finish_non_exhaustive()
    }
}

/// Why nothing is released. For the log alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// No disclosure in force releases anything to the role.
    Role,
    /// None for the purpose.
    Purpose,
    /// The purpose does not have the field.
    Field,
    /// The token is of another region.
    Region,
    /// No decision of the caller's granted it anything within the case.
    Case,
    /// The payments of the case have another value there, or none.
    Token,
    /// The decision that showed the payment is too old.
    Expired,
    /// A policy takes the field away.
    Redacted,
    /// The vault does not have the value, or its person was erased.
    Unknown,
    /// The disclosure was used as often as it may be.
    OverBudget,
}

impl Why {
    fn as_str(self) -> &'static str {
        match self {
            Why::Role => "role-not-granted",
            Why::Purpose => "purpose-not-granted",
            Why::Field => "field-not-granted",
            Why::Region => "other-region",
            Why::Case => "not-the-callers-case",
            Why::Token => "not-of-the-case",
            Why::Expired => "grant-expired",
            Why::Redacted => "redacted",
            Why::Unknown => "token-unknown",
            Why::OverBudget => "over-budget",
        }
    }
}

/// Whether a reason in the log says that no disclosure granted the value.
pub(super) fn is_not_granted(why: &str) -> bool {
    [Why::Role, Why::Purpose, Why::Field]
        .iter()
        .any(|one| one.as_str() == why)
}

/// What is granted of a field.
struct Granted<'a> {
    disclosure: &'a Disclosure,
    field: FieldId,
    treatment: Treatment,
}

/// The decision that showed the caller the payment, and whose payment it is.
struct Linked {
    record: DecisionRecord,
    customer: String,
    person: Vec<String>,
    token: Token,
}

impl Engine {
    /// Releases a value, if the caller may have it. In the log before it is done, as is each refusal.
    pub async fn release(&self, caller: &Caller, ask: ReleaseAsk) -> Result<Released, Problem> {
        let answer_at = Instant::now() + REFUSAL_TAKES;
        let (inner, caller) = (Arc::clone(&self.inner), caller.clone());
        let released = self
            .to_its_end(async move { inner.release(&caller, ask).await })
            .await;
        // Nobody learns from the time what the answer rests on.
        sleep_until(answer_at).await;
        released
    }
}

impl Inner {
    async fn release(&self, caller: &Caller, ask: ReleaseAsk) -> Result<Released, Problem> {
        let token = match checked(&ask) {
            Ok(token) => token,
            Err(problem) => {
                let attempt = Attempt::refused(caller, "value", "unfit");
                self.on_record(attempt).await?;
                return Err(problem);
            }
        };
        if self.is_stopping() {
            return Err(problems::stopping());
        }
        let at = self.clock.now();
        let set = self.sets.in_force();
        let id = self.fresh_id("dis")?;
        // All is looked up in any case, so that what is there is as much work as what is not.
        let granted = granted(&self.dictionary, set.set().disclosures(), caller, &ask, at);
        let linked = self.linked(caller, &ask, token.as_ref())?;
        let found = linked.as_ref().ok().map(|linked| linked.token.clone());
        let token = token.or(found);
        let value = match token.as_ref().map(|token| self.vault.detokenise(token)) {
            Some(Ok(value)) => Some(value),
            None | Some(Err(VaultError::UnknownToken | VaultError::Erased)) => None,
            Some(Err(VaultError::ErasedMeanwhile)) => None,
            Some(Err(why)) => return Err(problems::not_opened(&why)),
        };
        let mut purposes = set.set().disclosures().iter().map(|one| one.purpose());
        let purpose = purposes.find(|purpose| *purpose == ask.purpose);
        let mut detail = vec![
            ("id", Json::from(id.as_str())),
            ("by", caller.id.as_str().into()),
            ("role", caller.role.as_str().into()),
            ("case", ask.case.as_str().into()),
            ("purpose", purpose.unwrap_or(UNKNOWN).into()),
            ("requested", vec![self.recorded_field(&ask.field)].into()),
            ("policy_set", set.digest().into()),
        ];
        detail.extend(token.as_ref().map(|token| ("token", token.as_str().into())));
        let trace = ask.trace.as_deref().filter(|trace| ids::is_trace(trace));
        detail.extend(trace.map(|trace| ("trace", trace.into())));
        if let Ok(granted) = &granted {
            detail.extend(of_disclosure(granted.disclosure, granted.treatment));
        }
        if let Ok(linked) = &linked {
            detail.extend(of_link(linked));
        }
        let is_here = token
            .as_ref()
            .is_none_or(|token| token.region() == self.config.region);
        let decided = match (granted, linked) {
            (Err(why), _) => Err(why),
            (Ok(_), _) if !is_here => Err(Why::Region),
            (Ok(_), Err(why)) => Err(why),
            (Ok(granted), Ok(linked)) => self.within(caller, granted, linked, value, at),
        };
        let (granted, until, treatment, value) = match decided {
            Ok(decided) => decided,
            Err(why) => {
                detail.push(("withheld", why.as_str().into()));
                self.record(REFUSED, at, detail).await?;
                self.metrics.disclosure("refused");
                tracing::warn!(
                    id,
                    by = caller.id,
                    why = why.as_str(),
                    "nothing was released"
                );
                return Err(problems::not_released(&id));
            }
        };
        let field = self.dictionary.field(granted.field);
        let (treatment, value) = treated(field, treatment, value);
        detail.push(("disclosed", treatment.as_str().into()));
        let receipt = self.record(RELEASED, at, detail).await?;
        self.metrics.disclosure("released");
        tracing::info!(
            id,
            by = caller.id,
            field = field.name,
            "a value was released"
        );
        let log = LogView {
            index: receipt.index,
            leaf_hash: data_encoding::HEXLOWER.encode(&receipt.leaf_hash),
        };
        let (field, purpose) = (&ask.field, &ask.purpose);
        Ok(Released::new(
            id, field, purpose, treatment, until, log, value,
        ))
    }

    /// The name of a field, as it may stand in a record.
    pub(super) fn recorded_field(&self, name: &str) -> &str {
        let field = self.dictionary.by_name(name);
        field.map_or(UNKNOWN, |field| field.name.as_str())
    }

    /// What remains to be asked when all that was named is there: how long ago, how much, how often.
    fn within<'a>(
        &self,
        caller: &Caller,
        granted: Granted<'a>,
        linked: Linked,
        value: Option<Secret>,
        at: Timestamp,
    ) -> Result<(Granted<'a>, Timestamp, Treatment, Secret), Why> {
        let disclosure = granted.disclosure;
        let within = disclosure.releases_within().ok_or(Why::Purpose)?;
        let until = linked.record.at.plus(within);
        if at >= until {
            return Err(Why::Expired);
        }
        let redacted = treatments(
            &self.dictionary,
            &linked.record.outcome.obligations,
            ObligationKind::Redact,
        );
        let left = redacted.get(&granted.field).copied();
        let treatment = granted.treatment.min(left.unwrap_or(Treatment::Clear));
        if !matches!(treatment, Treatment::Masked | Treatment::Clear) {
            return Err(Why::Redacted);
        }
        let value = value.ok_or(Why::Unknown)?;
        let used = Use {
            disclosure: disclosure.id(),
            case: linked.record.case.as_deref().unwrap_or_default(),
            customer: &linked.customer,
            person: &linked.person,
            caller: &caller.id,
        };
        if !self.budgets.take(disclosure, used, at) {
            return Err(Why::OverBudget);
        }
        Ok((granted, until, treatment, value))
    }

    /// The newest decision that granted the caller something about a payment of the case that has this value.
    fn linked(
        &self,
        caller: &Caller,
        ask: &ReleaseAsk,
        asked: Option<&Token>,
    ) -> Result<Result<Linked, Why>, Problem> {
        let decisions = self.log.by_case(&ask.case);
        let decisions = decisions.map_err(|error| problems::not_read(&error))?;
        let own = decisions.into_iter().rev().map(|stored| stored.record);
        let own = own.filter(|record| {
            record.caller.id == caller.id
                && record.caller.role == caller.role.as_str()
                && record.outcome.verdict.is_granted()
                && record.transaction.is_some()
        });
        let mut why = Why::Case;
        for record in own.take(MAX_CASE_DECISIONS) {
            why = Why::Token;
            let chain = self.chain_of(&record)?;
            let Some(payment) = self.own_of(&record, &chain) else {
                continue;
            };
            let fact = payment.facts.get(&ask.field).and_then(Json::as_str);
            let fact = fact.and_then(|text| Token::parse(text).ok());
            let Some(token) = fact.filter(|token| asked.is_none_or(|asked| asked == token)) else {
                continue;
            };
            let row = self.restore(payment)?;
            let customer = customer(&self.dictionary, &row);
            return Ok(Ok(Linked {
                record,
                customer,
                person: self.identifiers(&row),
                token,
            }));
        }
        Ok(Err(why))
    }

    pub(super) async fn record(
        &self,
        event: &str,
        at: Timestamp,
        detail: Vec<(&'static str, Json)>,
    ) -> Result<Receipt, Problem> {
        let recorded = self.log.append(&self.event(at, event, detail)).await;
        recorded.map_err(|why| problems::not_recorded(&why))
    }

    /// What an event of the log says of the budgets.
    pub(crate) fn restore_release(&self, event: &EventRecord) {
        let text = |name: &str| event.detail.get(name).and_then(Json::as_str);
        let used = || {
            Some(Use {
                disclosure: text("disclosure")?,
                // An opening of a decision that belongs to no case.
                case: text("case").or(text("decision"))?,
                customer: text("customer")?,
                person: &[],
                caller: text("by")?,
            })
        };
        if event.event == RELEASED
            && let Some(used) = used()
        {
            self.budgets.restore(used, event.at);
        }
    }
}

/// Whether a text has the form of a purpose or a field, and may stand in a record: with more digits it could be a
/// number that leads to a person.
pub(super) fn is_word(text: &str) -> bool {
    let mut bytes = text.bytes();
    (1..=MAX_WORD_CHARS).contains(&text.len())
        && text.bytes().filter(u8::is_ascii_digit).count() <= MAX_WORD_DIGITS
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
}

/// Whether a text may stand in a record as the identifier of a case or a payment.
pub(super) fn is_identifier(text: &str) -> bool {
    text.len() <= MAX_CASE_CHARS
        && Format::Reference.admits(text) == Some(true)
        && weft_redact::in_identifier(text).is_none()
}

/// What may be recorded of what a caller says; its token.
fn checked(ask: &ReleaseAsk) -> Result<Option<Token>, Problem> {
    for (fits, pointer) in [
        (is_identifier(&ask.case), "/case"),
        (is_word(&ask.purpose), "/purpose"),
        (is_word(&ask.field), "/field"),
    ] {
        if !fits {
            return Err(problems::unfit_disclosure(pointer));
        }
    }
    let token = ask.token.as_deref().map(Token::parse).transpose();
    token.map_err(|_| problems::unfit_disclosure("/token"))
}

fn granted<'a>(
    dictionary: &weft_dictionary::Dictionary,
    all: &'a [Arc<Disclosure>],
    caller: &Caller,
    ask: &ReleaseAsk,
    at: Timestamp,
) -> Result<Granted<'a>, Why> {
    let all = all.iter().map(AsRef::as_ref);
    let mine =
        |one: &&Disclosure| one.releases_within().is_some() && one.is_for(caller.role.as_str(), at);
    let mine: Vec<&Disclosure> = all.filter(mine).collect();
    if mine.is_empty() {
        return Err(Why::Role);
    }
    let mut for_it = mine
        .iter()
        .filter(|one| one.purpose() == ask.purpose)
        .peekable();
    if for_it.peek().is_none() {
        return Err(Why::Purpose);
    }
    let field = dictionary.by_name(&ask.field).ok_or(Why::Field)?.id;
    let found = for_it.find_map(|one| {
        Some(Granted {
            disclosure: one,
            field,
            treatment: one.granted(field)?,
        })
    });
    found.ok_or(Why::Field)
}

/// What the log says of a grant.
pub(super) fn of_disclosure(
    disclosure: &Disclosure,
    allowed: Treatment,
) -> [(&'static str, Json); 4] {
    [
        ("disclosure", disclosure.id().into()),
        ("version", disclosure.version().into()),
        ("legal_basis", disclosure.legal_basis().into()),
        ("allowed", allowed.as_str().into()),
    ]
}

fn of_link(linked: &Linked) -> impl Iterator<Item = (&'static str, Json)> {
    let record = &linked.record;
    let transaction = record.transaction.as_deref();
    [
        Some(("decision", Json::from(record.decision.as_str()))),
        Some(("customer", linked.customer.as_str().into())),
        transaction.map(|payment| ("transaction", payment.into())),
    ]
    .into_iter()
    .flatten()
}

/// The value, as far as the reader gets it.
pub(super) fn treated(field: &Field, treatment: Treatment, value: Secret) -> (Treatment, Secret) {
    let value = without_others(field, value);
    if treatment == Treatment::Clear {
        return (treatment, value);
    }
    let masked = value.expose(|text| match field.class {
        Class::Cardholder => pan::shown(text),
        _ => match Treatment::Masked.apply(&Value::text(text)) {
            Some(Value::Text(masked)) => Some(masked.to_string()),
            _ => None,
        },
    });
    // What has no mask is not shown.
    (Treatment::Masked, Secret::new(masked.unwrap_or_default()))
}

/// The value without what is granted under other names: only what has the form of its field is what it is called. The
/// rest of the answer is looked at by the gateway.
fn without_others(field: &Field, value: Secret) -> Secret {
    let reading = match field.format {
        _ if is_free_text(field) => Reading::Prose,
        Some(_) => return value,
        None => Reading::Field,
    };
    let covered = value.expose(|text| match weft_redact::cover(text, reading) {
        (Cow::Owned(left), found) => {
            weft_redact::covered(Layer::Egress, &found);
            Some(Secret::new(left))
        }
        (Cow::Borrowed(_), _) => None,
    });
    covered.unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use weft_dictionary::Dictionary;

    use super::*;

    /// A vault may hold texts that nobody looked at when they came.
    #[test]
    fn only_what_has_the_form_of_its_field_leaves_as_it_is() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/dictionary.yaml");
        let dictionary = Dictionary::load(&path).expect("the project's own dictionary");
        for (field, value, seen) in [
            ("instrument.pan", "4111111111111111", "4111111111111111"),
            ("payer.account", "BE68539007547034", "BE68539007547034"),
            ("payer.phone", "+32470123456", "+32470123456"),
            ("payer.email", "ines@example.org", "ines@example.org"),
            ("payer.name", "ines 4111111111111111", "ines [covered]"),
            (
                "payment.remittance",
                "card 4111111111111111 cvv 123",
                "card [covered] cvv [covered]",
            ),
            ("payer.customer", "4111111111111111", "[covered]"),
            ("payer.customer", "C-20260601", "C-20260601"),
        ] {
            let field = dictionary.by_name(field).expect("a field");
            let (_, value) = treated(field, Treatment::Clear, Secret::copy_of(value));
            assert_eq!(value.expose(str::to_owned), seen, "{}", field.name);
        }
    }
}
