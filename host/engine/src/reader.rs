//! Views from records: who may see a decision, and what of it.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use tokio::time::{Instant, sleep_until};
use weft_assist::{Challenge, Follow, Method, State, Step};
use weft_audit::{DecisionRecord, FindingRecord, Stored};
use weft_dictionary::{Kind, Timestamp, Value};
use weft_intake::Problem;
use weft_policy::OperationKind;
use weft_verdict::{Obligation, ObligationKind, Verdict};

use crate::attempts::Attempt;
use crate::chains::{Chain, began};
use crate::decide::Decided;
use crate::disclosure::{EXPIRES_AT, REFUNDED, STATE, STEP_UP, VERDICT};
use crate::engine::{Engine, Inner};
use crate::limits::REFUSAL_TAKES;
use crate::reasons::{self, Names};
use crate::told::{Told, is_told, reader, without_others};
use crate::view::{
    ChallengeView, ContextView, DecisionView, DroppedView, FindingView, LogView, NowView,
    PaymentView, ReasonView, Standing, WhyView,
};
use crate::words::Words;
use crate::{Caller, Role, ids, payment, problems};

impl Engine {
    /// A decision, as this caller may see it. One that is not there and one that the caller may not see
    /// answer alike, and at the same time.
    pub async fn decision(&self, caller: &Caller, id: &str) -> Result<DecisionView, Problem> {
        let refused_at = Instant::now() + REFUSAL_TAKES;
        let inner = &self.inner;
        let view = inner
            .in_words(|words| inner.decision(caller, id, words))
            .await;
        let view = match view {
            Ok(view) => inner.read_again(caller, &view).await.map(|()| view),
            Err(problem) => {
                let recorded = self.refused_decision(caller, id).await;
                Err(recorded.err().unwrap_or(problem))
            }
        };
        if let Err(problem) = &view {
            self.inner.metrics.problem(problem.code());
            sleep_until(refused_at).await;
        }
        view
    }
}

impl Engine {
    /// The log tells apart what the answer does not.
    pub(crate) async fn refused_decision(&self, caller: &Caller, id: &str) -> Result<(), Problem> {
        let is_there = ids::is_decision(id) && matches!(self.inner.stored(id), Ok(Some(_)));
        let (why, id) = match is_there {
            true => ("not-the-callers", Some(id.to_owned())),
            false => ("unknown", None),
        };
        let attempt = Attempt::refused(caller, "decision", why);
        self.on_record(attempt.about(id)).await
    }
}

impl Inner {
    /// What support was shown of a payment is on record with the decision; that it is shown again, too, and that
    /// somebody who audits reads it. A service reads its own.
    async fn read_again(&self, caller: &Caller, view: &DecisionView) -> Result<(), Problem> {
        if !view.is_told_of_payment {
            return Ok(());
        }
        self.recorded_read(caller, view.decision.clone()).await
    }

    /// See [`Inner::read_again`].
    pub(crate) async fn recorded_read(
        &self,
        caller: &Caller,
        decision: String,
    ) -> Result<(), Problem> {
        if caller.role == Role::Service {
            return Ok(());
        }
        let read = Attempt::read(caller).about(Some(decision));
        self.on_record(read).await
    }

    pub(crate) fn decision(
        &self,
        caller: &Caller,
        id: &str,
        words: &Words,
    ) -> Result<DecisionView, Problem> {
        let stored = ids::is_decision(id)
            .then(|| self.stored(id))
            .transpose()?
            .flatten();
        match stored {
            Some(stored) => self.view_of_now(caller, &stored, words),
            None => Err(problems::no_such_decision()),
        }
    }

    /// A decision with what became of its payment since. Only who asks for a decision again is told: the
    /// reply to a request says the same however often the request is sent.
    fn view_of_now(
        &self,
        caller: &Caller,
        stored: &Stored,
        words: &Words,
    ) -> Result<DecisionView, Problem> {
        let record = &stored.record;
        let is_payment = self.is_about_itself(record);
        let chain = self.chain_of(record)?;
        // The service that asked for a payment sees every decision about the payment itself, and each by which its
        // customer is asked for an approval.
        let is_for_service = is_payment || asks_customer(record);
        let own = is_for_service && caller.role == Role::Service && began(&chain, &caller.id);
        if !own && !may_see(caller, record) {
            return Err(problems::no_such_decision());
        }
        let showing = self.showing(record, &chain);
        let granting = self.voice(words, showing);
        let granting = granting.granting();
        let tells = |field| granting.tells(showing, is_payment, caller.role, field);
        // A decision about a payment is its verdict: who is shown none sees none.
        if is_payment && !tells(VERDICT) {
            return Err(problems::no_such_decision());
        }
        let mut view = self.view(caller, stored, words)?;
        let is_told = view.is_told_of_payment && tells(STATE);
        view.now = self.now(&chain, tells(REFUNDED)).filter(|_| is_told);
        Ok(view)
    }

    /// Where a payment stands by its latest decision about itself, or by which something was done with it.
    fn now(&self, chain: &[Stored], tells_refunded: bool) -> Option<NowView> {
        let latest = self.latest(chain)?;
        Some(NowView {
            state: state_of(latest)?.as_str(),
            refunded: self.refunded(chain).filter(|_| tells_refunded),
            decision: latest.decision.clone(),
            at: latest.at,
        })
    }

    /// What these decisions about a payment gave back of it, if anything.
    fn refunded(&self, chain: &[Stored]) -> Option<Json> {
        let mut own = chain.iter().map(|stored| &stored.record);
        let amount = own.find_map(|record| record.facts.get("payment.amount"))?;
        let Some(Value::Money(amount)) = Value::from_json(Kind::Money, amount) else {
            return None;
        };
        let refunded = self.life_of(chain).ok()??.refunded(amount);
        (refunded.minor_units > 0).then(|| Value::Money(refunded).to_json())
    }

    /// The last of these decisions about the payment itself, or by which something was done with it: why it stands as it does.
    fn latest<'c>(&self, chain: &'c [Stored]) -> Option<&'c DecisionRecord> {
        let mut latest = chain.iter().rev().map(|stored| &stored.record);
        latest.find(|record| self.is_about_itself(record) || does_something(record))
    }

    /// How a payment stood by these decisions.
    fn standing(
        &self,
        chain: &[Stored],
        state: State,
        reasons: impl Fn(&DecisionRecord) -> Vec<ReasonView>,
    ) -> Standing {
        let latest = self.latest(chain);
        let step = latest.and_then(follow_of).and_then(|follow| follow.request);
        Standing {
            state,
            is_recalled: matches!(step, Some(Step::Recalled { .. })),
            reasons: latest.map(reasons).unwrap_or_default(),
        }
    }

    /// Whether a decision is about a payment, and not about helping with one.
    fn is_about_itself(&self, record: &DecisionRecord) -> bool {
        self.is_payment(record) || record.operation == payment::EXPIRE
    }

    /// The views of decisions that were just taken, or taken before for the same request.
    pub(crate) fn views(
        &self,
        caller: &Caller,
        decided: &Decided,
        words: &Words,
    ) -> Result<Vec<DecisionView>, Problem> {
        let view = |id: &String| {
            let mut taken_now = decided.taken_now.iter();
            if let Some(stored) = taken_now.find(|s| s.record.decision == *id) {
                return self.view(caller, stored, words);
            }
            let stored = self
                .stored(id)?
                .ok_or_else(|| problems::internal("a decision is not in the log"))?;
            self.view(caller, &stored, words)
        };
        decided.ids.iter().map(view).collect()
    }

    pub(crate) fn stored(&self, decision: &str) -> Result<Option<Stored>, Problem> {
        self.log
            .decision(decision)
            .map_err(|error| problems::not_read(&error))
    }

    /// Whether a record decides about a payment, by the set that it was decided with. An operation keeps its
    /// kind while the host runs.
    pub(crate) fn is_payment(&self, record: &DecisionRecord) -> bool {
        self.sets
            .of(record)
            .operation(&record.operation)
            .is_some_and(|o| o.kind == OperationKind::Payment)
    }

    fn view(
        &self,
        caller: &Caller,
        stored: &Stored,
        words: &Words,
    ) -> Result<DecisionView, Problem> {
        let record = &stored.record;
        let follow = follow_of(record);
        let insider = caller.role != Role::Service;
        let assistance = !self.is_about_itself(record);
        // The payment's other decisions, for those who see anything of them.
        let mut chain = if assistance || sees_context(caller.role, record) {
            self.chain_of(record)?
        } else {
            Chain::new()
        };
        let told_of_payment = !assistance
            || learns_of_payment(caller.role, record, &chain)
                && (self.grants()).tells_of_payment(caller.role, &record.operation);
        if !told_of_payment {
            chain.clear();
        }
        let told = Told {
            caller,
            record,
            own: self.own_of(record, &chain),
            words,
        };
        let showing = self.showing(record, &chain);
        let voice = self.voice(words, showing);
        let tells = |field| {
            told_of_payment && (voice.granting()).tells(showing, !assistance, caller.role, field)
        };
        let follow = follow.as_ref();
        Ok(DecisionView {
            decision: record.decision.clone(),
            operation: record.operation.clone(),
            at: record.at,
            verdict: record.outcome.verdict,
            risk: record.outcome.risk.filter(|_| insider && tells(VERDICT)),
            payment: payment_view(record, follow.filter(|_| tells(STATE)), tells(EXPIRES_AT)).map(
                |view| PaymentView {
                    refunded: self
                        .refunded(until(&chain, record))
                        .filter(|_| tells(REFUNDED)),
                    ..view
                },
            ),
            message: match told_of_payment {
                true => self.message(told, assistance),
                false => self.message_without_payment(told),
            },
            reasons: match told_of_payment {
                true => self.reasons(record, names(caller), words),
                false => self.reasons_without_payment(record, words),
            },
            obligations: match told_of_payment {
                true => visible_obligations(&record.outcome.obligations),
                false => self.obligations_without_payment(record, words),
            },
            challenge: self
                .challenge(caller, record, follow, &chain)
                .filter(|_| !insider || tells(STEP_UP)),
            waits_until: follow.and_then(waits_until).filter(|_| told_of_payment),
            is_told_of_payment: told_of_payment,
            standing: follow
                .filter(|_| assistance && record.outcome.verdict.is_granted() && tells(STATE))
                .map(|follow| {
                    self.standing(until(&chain, record), follow.state, |why| {
                        match tells(VERDICT) {
                            true => self.reasons(why, names(caller), words),
                            false => Vec::new(),
                        }
                    })
                }),
            context: if assistance && told_of_payment {
                self.context(told, &chain)?
            } else {
                None
            },
            dropped: dropped(caller, record),
            findings: self.findings(told),
            previous: record.previous.clone().filter(|_| told_of_payment),
            now: None,
            log: LogView {
                index: stored.index,
                leaf_hash: stored.leaf_hash_hex(),
            },
            decided_again: if assistance && tells(VERDICT) {
                self.decided_again(told, &chain)?.map(Box::new)
            } else {
                None
            },
        })
    }

    /// The payment's new decision to which this one led.
    fn decided_again(
        &self,
        told: Told<'_>,
        chain: &[Stored],
    ) -> Result<Option<DecisionView>, Problem> {
        let this = told.record.decision.as_str();
        let next = chain
            .iter()
            .find(|s| s.record.previous.as_deref() == Some(this) && self.is_payment(&s.record));
        next.map(|stored| self.view(told.caller, stored, told.words))
            .transpose()
    }

    /// The payment in the eyes of support: only when the decision itself granted it.
    fn context(&self, told: Told<'_>, chain: &[Stored]) -> Result<Option<ContextView>, Problem> {
        let record = told.record;
        if !sees_context(told.caller.role, record) {
            return Ok(None);
        }
        let Some(own) = self.own_of(record, chain) else {
            return Ok(None);
        };
        let told = Told {
            own: Some(own),
            ..told
        };
        let voice = self.voice(told.words, record);
        let granting = voice.granting();
        let verdict = granting.tells(record, false, told.caller.role, VERDICT);
        Ok(Some(ContextView {
            decision: own.decision.clone(),
            verdict: verdict.then_some(own.outcome.verdict),
            risk: own.outcome.risk.filter(|_| verdict),
            feature_snapshot: own.feature_snapshot.clone().filter(|_| verdict),
            why: if verdict {
                self.why(own, told)
            } else {
                Vec::new()
            },
            facts: self.disclosed(told, own)?,
            withheld: granting.withheld_names(record, told.caller),
        }))
    }

    /// The decision by which a reader of this one is shown the payment: itself, or one that granted a request of the same
    /// person within the same case before.
    fn showing<'c>(&self, record: &'c DecisionRecord, chain: &'c [Stored]) -> &'c DecisionRecord {
        if record.outcome.verdict.is_granted() || self.is_about_itself(record) {
            return record;
        }
        let before = chain.iter().map(|stored| &stored.record);
        let before = before.take_while(|one| one.decision != record.decision);
        before
            .filter(|one| grants_within(record, one) && !self.is_about_itself(one))
            .last()
            .unwrap_or(record)
    }

    /// The decision about the payment itself that stood when this one was taken.
    pub(crate) fn own_of<'c>(
        &self,
        record: &DecisionRecord,
        chain: &'c [Stored],
    ) -> Option<&'c DecisionRecord> {
        chain
            .iter()
            .map(|s| &s.record)
            .take_while(|r| r.decision != record.decision)
            .filter(|r| self.is_payment(r))
            .last()
    }

    /// The findings that were made for the payment, the most severe first.
    fn why(&self, own: &DecisionRecord, told: Told<'_>) -> Vec<WhyView> {
        let voice = self.voice(told.words, own);
        let mut why: Vec<WhyView> = own
            .findings
            .iter()
            .filter(|f| f.enforced && f.finding.verdict > Verdict::Allow)
            .map(|found| WhyView {
                policy: found.policy.clone(),
                verdict: found.finding.verdict,
                message: self.tell(own, found, told),
                reasons: reasons::of_finding(found, voice.policy_of(found), Names::All),
            })
            .collect();
        why.sort_by_key(|w| std::cmp::Reverse(w.verdict));
        why
    }

    /// The facts that this decision shows to the reader, each as far as it does.
    fn disclosed(
        &self,
        told: Told<'_>,
        own: &DecisionRecord,
    ) -> Result<BTreeMap<String, Json>, Problem> {
        let record = told.record;
        let mut row = self.restore(own)?;
        for (id, value) in self.restore(record)?.facts() {
            self.set(&mut row, id, value.clone())?;
        }
        let mut facts = BTreeMap::new();
        let voice = self.voice(told.words, record);
        for (id, treatment) in voice.granting().shown_to(record, told.caller.role) {
            let field = self.dictionary.field(id);
            let shown = row.get(id).and_then(|value| treatment.apply(value));
            if let Some(shown) = shown {
                let shown = without_others(field, shown);
                facts.insert(field.name.clone(), shown.to_json());
            }
        }
        Ok(facts)
    }

    fn challenge(
        &self,
        caller: &Caller,
        record: &DecisionRecord,
        follow: Option<&Follow>,
        chain: &[Stored],
    ) -> Option<ChallengeView> {
        // The response is for the channel that asked for the payment, where the customer is authenticated.
        let is_channel = caller.role == Role::Service
            && (caller.id == record.caller.id || began(chain, &caller.id));
        if let Some(challenge) = follow.and_then(asked_of_customer) {
            return Some(self.challenge_view(challenge, false, is_channel));
        }
        // Support sees what the customer has to pass, as it stood when it asked.
        if !sees_context(caller.role, record) {
            return None;
        }
        let mut asked = None;
        let mut passed = false;
        for stored in chain {
            let Some(follow) = follow_of(&stored.record) else {
                continue;
            };
            if let Some(challenge) = asked_of_customer(&follow) {
                (asked, passed) = (Some(challenge.clone()), false);
            }
            let evidence = match &follow.request {
                Some(Step::Passed { evidence, .. }) => Some(evidence),
                _ => follow.passed.as_ref(),
            };
            passed |= (asked.as_ref().zip(evidence))
                .is_some_and(|(asked, evidence)| asked.id == evidence.challenge);
            if stored.record.decision == record.decision {
                break;
            }
        }
        asked.map(|challenge| self.challenge_view(&challenge, passed, false))
    }

    fn challenge_view(
        &self,
        challenge: &Challenge,
        passed: bool,
        is_channel: bool,
    ) -> ChallengeView {
        let is_by = |method| is_channel && challenge.method == method;
        ChallengeView {
            id: challenge.id.clone(),
            method: challenge.method.as_str(),
            expires_at: challenge.expires_at,
            passed,
            response: is_by(Method::AppApproval)
                .then(|| self.challenges.response(challenge).to_string()),
            public_key: is_by(Method::Passkey)
                .then(|| self.request_options(challenge))
                .flatten(),
            commitment: is_by(Method::OutOfBand)
                .then(|| data_encoding::HEXLOWER.encode(&challenge.commitment())),
        }
    }

    fn findings(&self, told: Told<'_>) -> Vec<FindingView> {
        if told.caller.role != Role::Regulator {
            return Vec::new();
        }
        let view = |found: &FindingRecord| {
            let mut recorded = serde_json::to_value(found).unwrap_or_default();
            if let Some(object) = recorded.as_object_mut() {
                object.remove("policy");
            }
            FindingView {
                policy: found.policy.clone(),
                message: said_something(found)
                    .then(|| self.tell(told.record, found, told))
                    .flatten(),
                recorded,
            }
        };
        told.record.findings.iter().map(view).collect()
    }

    /// The words of the finding that decided, for this reader.
    fn message(&self, told: Told<'_>, assistance: bool) -> Option<String> {
        let record = told.record;
        let reader = reader(told.caller.role);
        if !is_told(reader, !assistance, record.outcome.verdict) {
            return None;
        }
        record
            .findings
            .iter()
            .filter(|f| f.enforced && f.finding.verdict == record.outcome.verdict)
            .find_map(|found| self.tell(record, found, told))
    }

    fn reasons(&self, record: &DecisionRecord, names: Names, words: &Words) -> Vec<ReasonView> {
        let voice = self.voice(words, record);
        reasons::of_decision(record, names, |found| voice.policy_of(found))
    }
}

/// Customers do not learn on which facts a reason rests.
fn names(caller: &Caller) -> Names {
    match caller.role {
        Role::Service => Names::Missing,
        _ => Names::All,
    }
}

/// A policy that had nothing to say is not told to have held or refused anything.
fn said_something(found: &FindingRecord) -> bool {
    found.finding.verdict > Verdict::Abstain || !found.finding.reasons.is_empty()
}

/// What is not kept of a request is told to whoever sent it.
fn dropped(caller: &Caller, record: &DecisionRecord) -> Option<DroppedView> {
    let asked = caller.id == record.caller.id && caller.role.as_str() == record.caller.role;
    let is_told = asked || caller.role == Role::Regulator;
    record
        .dropped
        .as_ref()
        .filter(|_| is_told)
        .map(DroppedView::of)
}

/// Whether a caller may see a decision at all.
fn may_see(caller: &Caller, record: &DecisionRecord) -> bool {
    let of_all = matches!(caller.role, Role::Regulator | Role::Supervisor);
    may_any_see(caller.role, record) && (of_all || record.caller.id == caller.id)
}

/// Whether there may be a caller of this role who sees the decision.
pub(crate) fn may_any_see(role: Role, record: &DecisionRecord) -> bool {
    match role {
        Role::Regulator | Role::Supervisor => true,
        // The end of a hold is told to the service whose payment it is.
        Role::Service => record.operation == payment::EXPIRE || asked_by(role, record),
        Role::Agent => asked_by(role, record),
        Role::Operator | Role::Host => false,
    }
}

fn asked_by(role: Role, record: &DecisionRecord) -> bool {
    record.caller.role == role.as_str()
}

/// Whether a decision granted a request of the same person within the same case.
fn grants_within(record: &DecisionRecord, one: &DecisionRecord) -> bool {
    one.outcome.verdict.is_granted() && one.caller == record.caller && one.case == record.case
}

/// Whether a decision is about a request of this caller within this case.
pub(crate) fn is_same_case(caller: &Caller, case: &Option<String>, one: &DecisionRecord) -> bool {
    one.caller.id == caller.id && one.caller.role == caller.role.as_str() && one.case == *case
}

/// Whether a request for assistance told its reader that there is such a payment, and where it stands: who is refused
/// learns nothing of it, unless a request of the same person within the same case was granted before.
fn learns_of_payment(role: Role, record: &DecisionRecord, chain: &[Stored]) -> bool {
    let granted = |one: &DecisionRecord| grants_within(record, one);
    match role {
        Role::Agent | Role::Supervisor => {
            let before = chain.iter().map(|stored| &stored.record);
            let mut before = before.take_while(|one| one.decision != record.decision);
            granted(record) || (record.case.is_some() && before.any(granted))
        }
        Role::Service | Role::Regulator | Role::Operator | Role::Host => true,
    }
}

/// Whether a decision shows the payment to support: to agents, when it granted what they asked for.
pub(crate) fn sees_context(role: Role, record: &DecisionRecord) -> bool {
    matches!(role, Role::Agent | Role::Supervisor)
        && record.outcome.verdict.is_granted()
        && record.operation != payment::EXPIRE
}

/// What the customer has to pass from a decision on: for the payment, or for a request about it.
fn asked_of_customer(follow: &Follow) -> Option<&Challenge> {
    match &follow.request {
        Some(Step::Asked { challenge, .. }) => challenge.as_ref(),
        _ => follow.challenge.as_ref(),
    }
}

/// Whether a request about a payment waits for its customer from this decision on.
fn asks_customer(record: &DecisionRecord) -> bool {
    follow_of(record)
        .is_some_and(|follow| follow.request.is_some() && asked_of_customer(&follow).is_some())
}

/// Whether what was asked for of a payment was done by a decision.
fn does_something(record: &DecisionRecord) -> bool {
    let step = follow_of(record).and_then(|follow| follow.request);
    step.is_some_and(|step| step.is_done())
}

/// Until when a request waits that does so from this decision on.
fn waits_until(follow: &Follow) -> Option<Timestamp> {
    match &follow.request {
        Some(Step::Asked { expires_at, .. }) => Some(*expires_at),
        _ => None,
    }
}

/// The decisions up to this one.
fn until<'c>(chain: &'c [Stored], record: &DecisionRecord) -> &'c [Stored] {
    let is_it = |stored: &Stored| stored.record.decision == record.decision;
    let place = chain.iter().position(is_it);
    place.map_or(&[], |place| &chain[..=place])
}

pub(crate) fn follow_of(record: &DecisionRecord) -> Option<Follow> {
    record
        .follow
        .as_ref()
        .and_then(|json| serde_json::from_value(json.clone()).ok())
}

/// The state of the payment after a decision.
pub(crate) fn state_of(record: &DecisionRecord) -> Option<State> {
    follow_of(record).map(|follow| follow.state)
}

fn payment_view(
    record: &DecisionRecord,
    follow: Option<&Follow>,
    tells_end: bool,
) -> Option<PaymentView> {
    let (id, follow) = (record.transaction.as_ref()?, follow?);
    Some(PaymentView {
        id: id.clone(),
        state: follow.state.as_str(),
        refunded: None,
        expires_at: follow.expires_at.filter(|_| tells_end),
    })
}

/// Disclosures and redactions are between the host and its policies.
pub(crate) fn visible_obligations(all: &[Obligation]) -> Vec<Obligation> {
    let hidden = [ObligationKind::Disclose, ObligationKind::Redact];
    all.iter()
        .filter(|o| !hidden.contains(&o.kind))
        .cloned()
        .collect()
}
