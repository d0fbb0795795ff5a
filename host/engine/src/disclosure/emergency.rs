//! Emergency access (break-glass): one value of the vault for which no disclosure need be there.
//!
//! One person asks and says why; two others approve exactly this request, by its digest; then the one who asked may open
//! it, for a short time. Who asks is not told whether there is such a payment, or such a value of it: that is looked at when
//! somebody approves, who is told. What no payment has is refused when it is asked for, and nobody is shown more than a
//! disclosure could grant to the role ([`most_released`]). Each step is an event in the log before it is answered, and what
//! was asked for waits for its review, by somebody who had no part in it, until that is on record, too. Who has many that
//! wait asks for no more, so nobody tries out identifiers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use data_encoding::HEXLOWER;
use serde::Serialize;
use serde_json::{Value as Json, json};
use tokio::time::{Instant, sleep_until};
use weft_audit::{DecisionRecord, EventRecord};
use weft_dictionary::{Format, Timestamp, Token, Treatment};
use weft_intake::Problem;
use weft_policy::most_released;
use weft_vault::{Secret, VaultError};

use super::release::{REFUSED, RELEASED, Released, is_identifier, is_word, treated};
use super::shown::customer;
use crate::approval::{self, Waiting};
use crate::attempts::Attempt;
use crate::chains::began;
use crate::engine::{Engine, Inner};
use crate::limits::{
    EMERGENCY_LASTS, MAX_CASE_CHARS, MAX_UNREVIEWED, MAX_UNREVIEWED_A_CALLER, REFUSAL_TAKES,
};
use crate::sets::Order;
use crate::view::LogView;
use crate::{Caller, problems};

const ASKED: &str = "emergency.asked";
const APPROVED: &str = "emergency.approved";
const REVIEWED: &str = "emergency.reviewed";
const NOT_DONE: &str = "emergency.refused";
/// What stands in records in place of a disclosure's.
const LEGAL_BASIS: &str = "emergency access, approved by two people and reviewed afterwards";
/// Why nothing is opened: for these reasons nobody had granted it.
const NOT_THERE: &str = "no-such-emergency";
const NOT_THE_CALLERS: &str = "not-the-callers";
const NOT_APPROVED: &str = "not-approved";
const NEVER_OPENED: &str = "field-never-opened";
/// People who approve, beside the one who asks.
const APPROVALS: usize = 2;

/// Whether a reason in the log says that two others had not granted it.
pub(super) fn is_not_granted(why: &str) -> bool {
    [NOT_THERE, NOT_THE_CALLERS, NOT_APPROVED, NEVER_OPENED].contains(&why)
}

/// What is needed in an emergency.
#[derive(Debug, Clone)]
pub struct EmergencyAsk {
    /// The case within which it is needed.
    pub case: String,
    /// Of which payment.
    pub payment: String,
    /// The service through which the customer pays, where more than one has a payment of this identifier.
    pub service: Option<String>,
    /// Of which field.
    pub field: String,
}

/// One request in an emergency, until it is reviewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Emergency {
    /// Its name.
    pub id: String,
    /// Who asked.
    pub by: String,
    /// Why, in the words of who asked.
    pub reason: String,
    /// Within which case.
    pub case: String,
    /// About which payment.
    pub payment: String,
    /// Whose payment, if that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Of which field.
    pub field: String,
    /// How much of it is opened: the most that may leave the vault for the role of who asked.
    pub treatment: Treatment,
    /// SHA-256 over all of the above, in hexadecimal: what is approved.
    pub digest: String,
    /// When it was asked for.
    #[serde(serialize_with = "crate::view::rfc3339")]
    pub at: Timestamp,
    /// Who approved it.
    pub approved_by: Vec<String>,
    /// Until when it may be approved, and once it is, opened.
    #[serde(serialize_with = "crate::view::rfc3339")]
    pub until: Timestamp,
    /// How often it was opened.
    pub opened: u32,
}

/// A value of a payment, as far as it is there.
#[derive(Default)]
struct Found {
    payment: Option<DecisionRecord>,
    token: Option<Token>,
    value: Option<Secret>,
}

/// All requests that wait for their review.
#[derive(Default)]
pub(crate) struct Emergencies(Mutex<BTreeMap<String, Emergency>>);

impl Emergencies {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Emergency>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, id: &str) -> Option<Emergency> {
        self.lock().get(id).cloned()
    }

    /// How many there are, and how many of them a caller asked for.
    fn count(&self, by: &str) -> (usize, usize) {
        let all = self.lock();
        (all.len(), all.values().filter(|one| one.by == by).count())
    }

    /// Learns from an event of the log; how many wait for their review then.
    pub(crate) fn see(&self, event: &EventRecord) -> usize {
        let text = |name: &str| event.detail.get(name).and_then(Json::as_str);
        let mut all = self.lock();
        let named = |name| text(name).unwrap_or_default();
        match event.event.as_str() {
            ASKED => {
                let asked = Emergency {
                    id: named("id").to_owned(),
                    by: named("by").to_owned(),
                    reason: named("reason").to_owned(),
                    case: named("case").to_owned(),
                    payment: named("transaction").to_owned(),
                    service: text("service").map(str::to_owned),
                    field: named("field").to_owned(),
                    treatment: Treatment::from_name(named("treatment"))
                        .unwrap_or(Treatment::Absent),
                    digest: named("digest").to_owned(),
                    at: event.at,
                    approved_by: Vec::new(),
                    until: event.at.plus(EMERGENCY_LASTS),
                    opened: 0,
                };
                all.insert(asked.id.clone(), asked);
            }
            APPROVED => {
                if let Some(one) = all.get_mut(named("id")) {
                    one.approved_by.push(named("by").to_owned());
                    if one.approved_by.len() == APPROVALS {
                        one.until = event.at.plus(EMERGENCY_LASTS);
                    }
                }
            }
            RELEASED => {
                if let Some(one) = all.get_mut(named("emergency")) {
                    one.opened = one.opened.saturating_add(1);
                }
            }
            REVIEWED => {
                all.remove(named("id"));
            }
            _ => {}
        }
        all.len()
    }
}

impl Engine {
    /// Asks for emergency access. What is not there is taken as what is, and takes as long.
    pub async fn ask_in_emergency(
        &self,
        caller: &Caller,
        ask: EmergencyAsk,
        reason: String,
    ) -> Result<Emergency, Problem> {
        let answer_at = Instant::now() + REFUSAL_TAKES;
        let (inner, caller) = (Arc::clone(&self.inner), caller.clone());
        let asked = self
            .to_its_end(async move { inner.ask_in_emergency(&caller, ask, reason).await })
            .await;
        sleep_until(answer_at).await;
        asked
    }

    /// Approves a request by its digest.
    pub async fn approve_emergency(
        &self,
        id: String,
        digest: String,
        by: String,
    ) -> Result<Emergency, Problem> {
        let inner = Arc::clone(&self.inner);
        self.to_its_end(async move { inner.approve_emergency(&id, &digest, &by).await })
            .await
    }

    /// Releases the value to whoever asked, when two others have approved. On record before it is done, as is a
    /// refusal; all refusals are alike.
    pub async fn open_emergency(&self, id: String, caller: &Caller) -> Result<Released, Problem> {
        let answer_at = Instant::now() + REFUSAL_TAKES;
        let (inner, caller) = (Arc::clone(&self.inner), caller.clone());
        let opened = self
            .to_its_end(async move { inner.open_emergency(&id, &caller).await })
            .await;
        sleep_until(answer_at).await;
        opened
    }

    /// Records that a request was looked at afterwards. `order` says by whom, and has to say what was found.
    pub async fn review_emergency(&self, id: String, order: Order) -> Result<Emergency, Problem> {
        let inner = Arc::clone(&self.inner);
        self.to_its_end(async move { inner.review_emergency(&id, order).await })
            .await
    }

    /// The requests that wait for their review, by id.
    pub fn emergencies(&self) -> Vec<Emergency> {
        self.inner.emergencies.lock().values().cloned().collect()
    }
}

/// Whether a text may stand in a record as the name of a service. Which there are, the gateway knows.
fn is_service(text: &str) -> bool {
    text.len() <= MAX_CASE_CHARS && Format::Service.admits(text) == Some(true)
}

impl Inner {
    async fn ask_in_emergency(
        &self,
        caller: &Caller,
        ask: EmergencyAsk,
        reason: String,
    ) -> Result<Emergency, Problem> {
        let order = Order {
            by: caller.id.clone(),
            reason: Some(reason),
        };
        order.check()?;
        for (fits, pointer) in [
            (is_identifier(&ask.case), "/case"),
            (is_identifier(&ask.payment), "/payment"),
            (ask.service.as_deref().is_none_or(is_service), "/service"),
            (is_word(&ask.field), "/field"),
        ] {
            if !fits {
                return Err(problems::unfit_disclosure(pointer));
            }
        }
        let _one_at_a_time = self.custody.lock().await;
        let (all, own) = self.emergencies.count(&order.by);
        if all >= MAX_UNREVIEWED || own >= MAX_UNREVIEWED_A_CALLER {
            let attempt = Attempt::refused(caller, "emergency", "unreviewed");
            self.on_record(attempt).await?;
            return Err(problems::review_first());
        }
        let id = self.fresh_id("emg")?;
        let treatment = self.most_opened(&ask.field, caller);
        let mut detail = vec![
            ("id", Json::from(id.as_str())),
            ("by", order.by.as_str().into()),
            ("role", caller.role.as_str().into()),
            ("reason", order.reason.clone().into()),
            ("case", ask.case.as_str().into()),
            ("transaction", ask.payment.as_str().into()),
            ("field", self.recorded_field(&ask.field).into()),
        ];
        detail.extend(
            ask.service
                .iter()
                .map(|service| ("service", service.as_str().into())),
        );
        if treatment == Treatment::Absent {
            detail.push(("why", NEVER_OPENED.into()));
            self.happened(NOT_DONE, detail).await?;
            return Err(problems::never_opened());
        }
        let bound = json!([
            id,
            order.by,
            order.reason,
            ask.case,
            ask.payment,
            ask.service,
            ask.field,
            treatment,
        ]);
        detail.push(("treatment", treatment.as_str().into()));
        detail.push(("digest", approval::digest(&bound).into()));
        self.happened(ASKED, detail).await?;
        self.emergency(&id)
    }

    /// The most of a field that is opened to a caller.
    fn most_opened(&self, field: &str, caller: &Caller) -> Treatment {
        let field = self.dictionary.by_name(field);
        field.map_or(Treatment::Absent, |field| {
            most_released(field.class, caller.role.as_str())
        })
    }

    async fn approve_emergency(
        &self,
        id: &str,
        digest: &str,
        by: &str,
    ) -> Result<Emergency, Problem> {
        let _one_at_a_time = self.custody.lock().await;
        let one = self.emergency(id)?;
        let waiting = Waiting {
            by: &one.by,
            digest: &one.digest,
            approved_by: &one.approved_by,
            needed: APPROVALS,
            until: one.until,
        };
        if let Err(why) = waiting.takes(by, digest, self.clock.now()) {
            self.not_done(&one, by, why.as_str()).await?;
            return Err(problems::not_approved(why));
        }
        if let Some((why, problem)) = self.nothing_to_approve(&one)? {
            self.not_done(&one, by, why).await?;
            return Err(problem);
        }
        let mut detail = of(&one, by);
        detail.push(("digest", digest.into()));
        self.happened(APPROVED, detail).await?;
        self.emergency(id)
    }

    /// Why an approval would be in vain, for whoever approves.
    fn nothing_to_approve(
        &self,
        one: &Emergency,
    ) -> Result<Option<(&'static str, Problem)>, Problem> {
        if one.service.is_none() && self.chains(&one.payment)?.len() > 1 {
            return Ok(Some(("which-service", problems::whose_emergency())));
        }
        let found = self.find(&one.payment, one.service.as_deref(), &one.field)?;
        let nothing = found.value.is_none();
        Ok(nothing.then(|| ("nothing-to-open", problems::nothing_to_open())))
    }

    async fn open_emergency(&self, id: &str, caller: &Caller) -> Result<Released, Problem> {
        let at = self.clock.now();
        let release = self.fresh_id("dis")?;
        let one = self.emergencies.get(id);
        let found = one
            .as_ref()
            .map(|one| self.find(&one.payment, one.service.as_deref(), &one.field))
            .transpose()?
            .unwrap_or_default();
        let most = one.as_ref().map(|one| {
            let most = self.most_opened(&one.field, caller);
            one.treatment.min(most)
        });
        let why = match &one {
            None => Some(NOT_THERE),
            Some(one) if one.by != caller.id => Some(NOT_THE_CALLERS),
            Some(one) if one.approved_by.len() < APPROVALS => Some(NOT_APPROVED),
            Some(one) if at >= one.until => Some("grant-expired"),
            Some(_) if most == Some(Treatment::Absent) => Some(NEVER_OPENED),
            Some(_) if found.token.is_none() => Some("not-of-the-payment"),
            Some(_) => None,
        };
        let mut detail = vec![
            ("id", Json::from(release.as_str())),
            ("by", caller.id.as_str().into()),
            ("role", caller.role.as_str().into()),
            ("policy_set", self.sets.in_force().digest().into()),
        ];
        if let Some(one) = &one {
            detail.extend([
                ("emergency", one.id.as_str().into()),
                ("purpose", "emergency".into()),
                ("case", one.case.as_str().into()),
                ("transaction", one.payment.as_str().into()),
                ("requested", vec![one.field.as_str()].into()),
                ("legal_basis", LEGAL_BASIS.into()),
                ("reason", one.reason.as_str().into()),
                ("approved_by", one.approved_by.clone().into()),
            ]);
        }
        let token = found.token.as_ref();
        detail.extend(token.map(|token| ("token", Json::from(token.as_str()))));
        let field = one
            .as_ref()
            .and_then(|one| self.dictionary.by_name(&one.field));
        let (one, field, most, value) = match (why, one, field, most, found.value) {
            (None, Some(one), Some(field), Some(most), Some(value)) => (one, field, most, value),
            (why, ..) => {
                detail.push(("withheld", why.unwrap_or("token-unknown").into()));
                self.happened(REFUSED, detail).await?;
                self.metrics.disclosure("refused");
                return Err(problems::not_opened_in_emergency(&release));
            }
        };
        if let Some(payment) = found.payment {
            let row = self.restore(&payment)?;
            detail.push(("customer", customer(&self.dictionary, &row).into()));
        }
        let (treatment, value) = treated(field, most, value);
        detail.push(("allowed", most.as_str().into()));
        detail.push(("disclosed", treatment.as_str().into()));
        let log = self.happened(RELEASED, detail).await?;
        self.metrics.disclosure("released");
        Ok(Released::new(
            release,
            &one.field,
            "emergency",
            treatment,
            one.until,
            log,
            value,
        ))
    }

    async fn review_emergency(&self, id: &str, order: Order) -> Result<Emergency, Problem> {
        order.check()?;
        let found = order.reason.ok_or_else(problems::unfit_reason)?;
        let _one_at_a_time = self.custody.lock().await;
        let one = self.emergency(id)?;
        let part = [&one.by].into_iter().chain(&one.approved_by);
        if part.into_iter().any(|name| *name == order.by) {
            self.not_done(&one, &order.by, "self-review").await?;
            return Err(problems::not_reviewed(
                "who had a part in it does not review it",
            ));
        }
        if self.clock.now() < one.until {
            return Err(problems::not_reviewed("it is not over yet"));
        }
        let mut detail = of(&one, &order.by);
        detail.push(("reason", found.into()));
        detail.push(("opened", one.opened.into()));
        self.happened(REVIEWED, detail).await?;
        Ok(one)
    }

    fn emergency(&self, id: &str) -> Result<Emergency, Problem> {
        self.emergencies
            .get(id)
            .ok_or_else(problems::no_such_emergency)
    }

    /// A payment's value of a field, as far as each is there.
    fn find(&self, payment: &str, service: Option<&str>, field: &str) -> Result<Found, Problem> {
        let payment = self.payment_of(payment, service)?;
        let fact = payment.as_ref().and_then(|own| own.facts.get(field));
        let token = fact.and_then(|fact| Token::parse(fact.as_str()?).ok());
        let value = token.as_ref().map(|token| self.vault.detokenise(token));
        let value = match value {
            Some(Ok(value)) => Some(value),
            None | Some(Err(VaultError::UnknownToken | VaultError::Erased)) => None,
            Some(Err(VaultError::ErasedMeanwhile)) => None,
            Some(Err(why)) => return Err(problems::not_opened(&why)),
        };
        Ok(Found {
            payment,
            token,
            value,
        })
    }

    /// The payment's own last decision; none where it is not known, or not known whose it is.
    fn payment_of(
        &self,
        payment: &str,
        service: Option<&str>,
    ) -> Result<Option<DecisionRecord>, Problem> {
        let mut chains = self.chains(payment)?;
        if let Some(service) = service {
            chains.retain(|chain| began(chain, service));
        }
        if chains.len() != 1 {
            return Ok(None);
        }
        let own = chains
            .pop()
            .into_iter()
            .flatten()
            .map(|stored| stored.record);
        Ok(own.filter(|record| self.is_payment(record)).last())
    }

    async fn not_done(&self, one: &Emergency, by: &str, why: &'static str) -> Result<(), Problem> {
        let mut detail = of(one, by);
        detail.push(("why", why.into()));
        self.happened(NOT_DONE, detail).await.map(|_| ())
    }

    /// Records an event, durably, and takes over what follows from it. Supervisors are told.
    async fn happened(
        &self,
        name: &'static str,
        detail: Vec<(&'static str, Json)>,
    ) -> Result<LogView, Problem> {
        let at = self.clock.now();
        let by = detail.iter().find(|(key, _)| *key == "by");
        let by = by
            .and_then(|(_, by)| by.as_str())
            .unwrap_or_default()
            .to_owned();
        let event = self.event(at, name, detail);
        let recorded = self.log.append(&event).await;
        let receipt = recorded.map_err(|why| problems::change_not_recorded(&why))?;
        if let weft_audit::Record::Event(event) = &event {
            self.metrics.unreviewed(self.emergencies.see(event));
        }
        self.metrics.emergency(name);
        tracing::warn!(by, event = name, "emergency access");
        Ok(LogView {
            index: receipt.index,
            leaf_hash: HEXLOWER.encode(&receipt.leaf_hash),
        })
    }
}

/// What each event about a request names: so its case and its payment have all of them.
fn of(one: &Emergency, by: &str) -> Vec<(&'static str, Json)> {
    vec![
        ("id", one.id.as_str().into()),
        ("by", by.into()),
        ("case", one.case.as_str().into()),
        ("transaction", one.payment.as_str().into()),
    ]
}

const _: () = assert!(MAX_CASE_CHARS >= 36, "a payment may be named by a UETR");
