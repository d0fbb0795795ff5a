//! A decision into its record, and what follows once the record is durable.

use std::time::Instant;

use weft_assist::Follow;
use weft_audit::{
    CallerRecord, DecisionRecord, DroppedPlace, DroppedRecord, SCHEMA, ShownRecord, Stored,
};
use weft_behaviour::Observation;
use weft_dictionary::{Class, Origin, Row, Token};
use weft_intake::{Dropped, DroppedAt, Problem};

use crate::decide::Asked;
use crate::engine::Inner;
use crate::evaluate::Evaluated;
use crate::metrics::Part;
use crate::{facts, problems};

/// What a decision is linked to.
#[derive(Debug, Clone, Default)]
pub(crate) struct Links {
    pub(crate) transaction: Option<String>,
    pub(crate) case: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) previous: Option<String>,
}

impl Links {
    /// Case and session, as the row says.
    pub(crate) fn of(inner: &Inner, row: &Row) -> Links {
        Links {
            case: inner.text(row, inner.known.case_id),
            session: inner.text(row, inner.known.session_id),
            ..Links::default()
        }
    }
}

/// A decision that is not recorded yet.
pub(crate) struct Draft {
    pub(crate) decision: String,
    pub(crate) operation: String,
    pub(crate) links: Links,
    /// What the record carries of the facts.
    pub(crate) row: Row,
    /// What the request said and is not kept.
    pub(crate) dropped: Dropped,
    pub(crate) feature_snapshot: Option<String>,
    pub(crate) observation: Option<Observation>,
    pub(crate) evaluated: Evaluated,
    pub(crate) follow: Option<Follow>,
    /// What support, or its customer, is shown by it.
    pub(crate) shown: Option<ShownRecord>,
}

impl Inner {
    /// What is recorded of a request whose facts are not to be stored here: who asked for what, what the
    /// host itself says, and the public and operational facts on which the findings rest.
    pub(crate) fn not_forgotten(&self, row: &Row, evaluated: &Evaluated) -> Row {
        let known = &self.known;
        let ids = [
            known.payment_id,
            known.case_id,
            known.session_id,
            known.challenge_id,
        ];
        let rests_on = |name: &str| {
            let mut reasons = evaluated.findings.iter().flat_map(|f| &f.finding.reasons);
            reasons.any(|reason| reason.fields.iter().any(|field| field == name))
        };
        let mut kept = Row::new(&self.dictionary);
        for (id, value) in row.facts() {
            let field = self.dictionary.field(id);
            let harmless = matches!(field.class, Class::Public | Class::Operational);
            if ids.contains(&id)
                || field.origin == Origin::Host
                || (harmless && rests_on(&field.name))
            {
                // It was in a row of the same dictionary a moment ago.
                let _ = kept.set(&self.dictionary, id, value.clone());
            }
        }
        kept
    }

    /// Makes a decision durable and then takes over what follows from it. The caller holds the payment's
    /// lock, so nobody sees the payment between the two.
    pub(crate) async fn commit(&self, asked: &Asked, draft: Draft) -> Result<Stored, Problem> {
        let recording = Instant::now();
        let follow = draft.follow.clone();
        let observation = draft.observation.clone();
        let stored = self
            .log
            .append_decision(self.record_of(asked, draft)?)
            .await
            .map_err(|e| problems::not_recorded(&e))?;
        self.metrics.part(Part::Record, recording.elapsed());
        let record = &stored.record;
        if let (Some(payment), Some(follow)) = (&record.transaction, &follow) {
            let before = record.previous.as_deref();
            self.pending
                .apply(payment, before, &record.decision, follow);
            self.changes.tell(payment);
            self.refunds.see(record, follow);
            self.escalations.see(record, follow);
            self.disputes.see(record, follow);
        }
        if self.is_payment(record) {
            self.alerts.see(record);
        }
        self.take_factor(record);
        if let Some(follow) = &follow {
            self.factors.see(follow);
        }
        if let Some(observation) = &observation {
            self.behaviour.observe(observation);
            self.forget_gone(observation);
        }
        self.metrics
            .decision(&record.operation, record.outcome.verdict);
        for found in record.findings.iter().filter(|found| !found.enforced) {
            let decided = record.outcome.verdict;
            self.metrics
                .trial(&found.policy, found.finding.verdict, decided);
        }
        Ok(stored)
    }

    /// A payment that was under way while its person was erased is not remembered: the erasure came before it.
    fn forget_gone(&self, observation: &Observation) {
        let of_vault = |name: &String| {
            let field = self.dictionary.by_name(name);
            field.is_some_and(|field| field.class.is_tokenised())
        };
        let keys = observation.keys.iter().filter(|(name, _)| of_vault(name));
        let tokens = keys.filter_map(|(_, text)| Token::parse(text).ok());
        let gone = tokens.filter(|token| !self.vault.has(token.as_str()));
        let gone: Vec<String> = gone.map(|token| token.body().to_owned()).collect();
        self.behaviour.forget(&gone);
    }

    fn record_of(&self, asked: &Asked, draft: Draft) -> Result<DecisionRecord, Problem> {
        let recorded = facts::record(&self.dictionary, &self.vault, &draft.decision, &draft.row)
            .map_err(|why| problems::not_tokenised(&why))?;
        Ok(DecisionRecord {
            schema: SCHEMA.to_owned(),
            decision: draft.decision,
            at: asked.at,
            operation: draft.operation,
            region: self.config.region.clone(),
            tenant: self.config.tenant.clone(),
            caller: CallerRecord {
                id: asked.caller.id.clone(),
                role: asked.caller.role.as_str().to_owned(),
            },
            trace: asked.trace.clone(),
            transaction: draft.links.transaction,
            case: draft.links.case,
            session: draft.links.session,
            previous: draft.links.previous,
            idempotency: asked.mark.as_ref().map(crate::idempotency::Mark::record),
            policy_set: asked.set.digest().to_owned(),
            facts: recorded.facts,
            sealed: recorded.sealed,
            commitments: recorded.commitments,
            dropped: dropped(&draft.dropped),
            feature_snapshot: draft.feature_snapshot,
            observation: json(draft.observation.map(without_place).as_ref())?,
            findings: draft.evaluated.findings,
            outcome: draft.evaluated.outcome,
            follow: json(draft.follow.as_ref())?,
            shown: draft.shown,
        })
    }
}

fn dropped(dropped: &Dropped) -> Option<DroppedRecord> {
    let place = |at: &DroppedAt| DroppedPlace {
        pointer: at.pointer.clone(),
        why: at.why.as_str().to_owned(),
        near: at.near.clone(),
    };
    (dropped.count() > 0).then(|| DroppedRecord {
        count: dropped.count(),
        places: dropped.places().iter().map(place).collect(),
    })
}

/// Where the payer was is a personal fact, and stands sealed among the others; whoever reads the
/// observation back takes it from there.
fn without_place(observation: Observation) -> Observation {
    Observation {
        place: None,
        ..observation
    }
}

fn json<T: serde::Serialize>(value: Option<&T>) -> Result<Option<serde_json::Value>, Problem> {
    value
        .map(serde_json::to_value)
        .transpose()
        .map_err(|_| problems::internal("a part of the record has no JSON form"))
}
