//! What operators order of the vault: to erase a person, to hold one against erasure, to begin a new epoch of keys.
//!
//! Each order is in the log before it is carried out, so what the log says and the vault has not done yet is done at
//! the next start: an erasure or a hold that was under way, one that a restored copy of the vault does not know of, an
//! epoch that was begun. An erasure that is refused because of a legal hold is on record, too.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value as Json;
use weft_audit::EventRecord;
use weft_dictionary::Timestamp;
use weft_intake::{Problem, ProblemCode};
use weft_vault::{Hold, Subject, VaultError};

use crate::engine::{Engine, Inner};
use crate::limits::MAX_SUBJECTS_AN_EVENT;
use crate::problems;
use crate::root::{MOVE_BEGUN, MOVE_ENDED};
use crate::sets::Order;
use crate::start::StartError;
use crate::transfer::{APPROVED, ENDED, Transfer};

const ERASED: &str = "vault.erased";
const REFUSED: &str = "vault.erasure_refused";
const HELD: &str = "vault.held";
const LIFT_ORDERED: &str = "vault.lift_ordered";
const ROTATION_BEGUN: &str = "vault.rotation_begun";
const ROTATED: &str = "vault.rotated";

/// How the vault stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VaultStatus {
    /// Where the root of all keys was when the host started.
    pub root: String,
    /// The epoch of the keys that count.
    pub epoch: u32,
    /// Values that are kept, once for each subject who brought them: as many as an export writes.
    pub values: u64,
    /// Subjects with a key.
    pub subjects: u64,
    /// Subjects that were erased.
    pub erased: u64,
    /// Subjects that may not be erased now.
    pub held: u64,
    /// The key for which other hosts write what this one is to take.
    pub recipient: String,
    /// The last orders to move values to another host or from one.
    pub transfers: Vec<Transfer>,
    /// The next epoch, while keys are carried over into it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<Rotation>,
}

/// How far keys are carried over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rotation {
    /// Subjects that are carried over by now.
    pub carried: u64,
    /// How many there are.
    pub of: u64,
}

/// What came of an erasure or a hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfPerson {
    /// The subjects that are the person: one for each identifier.
    pub subjects: Vec<String>,
    /// Until when they are held, if they are.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::view::rfc3339_opt"
    )]
    pub until: Option<Timestamp>,
    /// Whether nothing was done yet: another operator has to order the same.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub waits: bool,
}

/// What the log says about the vault, until now.
#[derive(Default)]
pub(crate) struct Outstanding {
    erased: Vec<Subject>,
    held: Vec<(Vec<Subject>, Hold)>,
    rotating: bool,
    moving_root: bool,
    /// Digests of transfers that were approved and of which nobody said how they ended.
    transfers: Vec<String>,
}

impl Outstanding {
    pub(crate) fn see(&mut self, event: &EventRecord) {
        match event.event.as_str() {
            ERASED => self.erased.extend(subjects_of(event)),
            HELD => {
                let until = event.detail.get("until").and_then(Json::as_str);
                self.held
                    .extend(until.and_then(Timestamp::parse).map(|until| {
                        let set_at = event.at;
                        (subjects_of(event).collect(), Hold { until, set_at })
                    }));
            }
            ROTATION_BEGUN => self.rotating = true,
            ROTATED => self.rotating = false,
            MOVE_BEGUN => self.moving_root = true,
            MOVE_ENDED => self.moving_root = false,
            APPROVED => self.transfers.extend(transfer_of(event)),
            ENDED => {
                let ended = transfer_of(event);
                self.transfers.retain(|one| Some(one) != ended.as_ref());
            }
            _ => {}
        }
    }
}

fn transfer_of(event: &EventRecord) -> Option<String> {
    let digest = event.detail.get("transfer").and_then(Json::as_str);
    digest.map(str::to_owned)
}

fn subjects_of(event: &EventRecord) -> impl Iterator<Item = Subject> {
    let subjects = event.detail.get("subjects").and_then(Json::as_array);
    let names = subjects.into_iter().flatten().filter_map(Json::as_str);
    names.filter_map(Subject::parse)
}

impl Engine {
    /// How the vault stands.
    pub fn vault_status(&self) -> VaultStatus {
        self.inner.vault_status()
    }

    /// Erases a person: everybody that the token of an identifier leads to and to nobody else. In the log before it is
    /// done.
    pub async fn erase(&self, whose: String, order: Order) -> Result<OfPerson, Problem> {
        let inner = Arc::clone(&self.inner);
        self.to_its_end(async move { inner.erase(&whose, order).await })
            .await
    }

    /// Holds a person against erasure until an instant (RFC 3339). One before the date of a hold that stands lifts or
    /// shortens it, for which there has to be a reason, and another operator who orders the same. In the log before it is
    /// done.
    pub async fn hold(
        &self,
        whose: String,
        until: &str,
        order: Order,
    ) -> Result<OfPerson, Problem> {
        let until = Timestamp::parse(until).ok_or_else(problems::no_date)?;
        let inner = Arc::clone(&self.inner);
        self.to_its_end(async move { inner.hold(&whose, until, order).await })
            .await
    }

    /// Begins a new epoch of keys, and returns when it counts and the keys of the one before are destroyed. Requests
    /// are decided meanwhile.
    pub async fn rotate_vault(&self, order: Order) -> Result<VaultStatus, Problem> {
        let inner = Arc::clone(&self.inner);
        self.to_its_end(async move { inner.rotate_vault(order).await })
            .await
    }
}

impl Inner {
    fn vault_status(&self) -> VaultStatus {
        let status = self.vault.status(self.clock.now());
        VaultStatus {
            root: self.root.to_string(),
            epoch: status.epoch,
            values: status.values,
            subjects: status.subjects,
            erased: status.erased,
            held: status.held,
            recipient: self.vault.recipient(),
            transfers: self.transfers.all(),
            rotation: status.carried.map(|(carried, of)| Rotation { carried, of }),
        }
    }

    async fn erase(self: &Arc<Inner>, whose: &str, order: Order) -> Result<OfPerson, Problem> {
        order.check()?;
        let _one_at_a_time = self.custody.lock().await;
        if self.is_stopping() {
            return Err(problems::stopping());
        }
        let person = self.person(whose)?;
        if let Some(until) = self.vault.held(&person, self.clock.now()) {
            let more = [("until", Json::from(until.to_string()))];
            self.record_custody(REFUSED, &person, &order, &more).await?;
            return Err(on_hold(until));
        }
        self.record_custody(ERASED, &person, &order, &[]).await?;
        let erased = of_person(&person, None);
        self.in_vault(move |inner| inner.erase_now(&person)).await?;
        tracing::warn!(by = order.by, "a person was erased");
        Ok(erased)
    }

    async fn hold(
        self: &Arc<Inner>,
        whose: &str,
        until: Timestamp,
        order: Order,
    ) -> Result<OfPerson, Problem> {
        order.check()?;
        let _one_at_a_time = self.custody.lock().await;
        if self.is_stopping() {
            return Err(problems::stopping());
        }
        let person = self.person(whose)?;
        let now = self.clock.now();
        let is_lifted = until <= now;
        let standing = self.vault.held(&person, now);
        let ends_early = standing.is_some_and(|date| until < date);
        if (is_lifted || ends_early) && order.reason.is_none() {
            return Err(problems::lifted_without_reason());
        }
        let mut more = vec![("until", Json::from(until.to_string()))];
        if ends_early {
            match self.lifts.take(&person, until, &order.by, now) {
                Some(other) => more.push(("ordered_by", other.into())),
                None => {
                    self.record_custody(LIFT_ORDERED, &person, &order, &more)
                        .await?;
                    let waiting = OfPerson {
                        waits: true,
                        ..of_person(&person, standing)
                    };
                    self.lifts.wait(person, until, order.by, now);
                    return Ok(waiting);
                }
            }
        }
        let set_at = self.record_custody(HELD, &person, &order, &more).await?;
        let hold = Hold { until, set_at };
        let held = of_person(&person, (!is_lifted).then_some(until));
        self.in_vault(move |inner| inner.vault.hold(&person, hold))
            .await?;
        Ok(held)
    }

    async fn rotate_vault(self: &Arc<Inner>, order: Order) -> Result<VaultStatus, Problem> {
        order.check()?;
        let Ok(_one_at_a_time) = self.rotating.try_lock() else {
            return Err(problems::rotating());
        };
        if self.is_stopping() {
            return Err(problems::stopping());
        }
        self.record_custody(ROTATION_BEGUN, &[], &order, &[])
            .await?;
        let epoch = self.in_vault(|inner| inner.vault.rotate()).await?;
        let event = self.event(self.clock.now(), ROTATED, [("epoch", epoch.into())]);
        let recorded = self.log.append(&event).await;
        recorded.map_err(|why| problems::change_not_recorded(&why))?;
        tracing::warn!(
            epoch,
            by = order.by,
            "a new epoch of the vault's keys counts"
        );
        Ok(self.vault_status())
    }

    /// What the log says and the vault has not done.
    pub(crate) fn finish_custody(
        &self,
        outstanding: Outstanding,
        progress: &dyn Fn(&str),
    ) -> Result<(), StartError> {
        self.erase_now(&outstanding.erased)?;
        for (person, hold) in &outstanding.held {
            self.vault.hold(person, *hold)?;
        }
        self.finish_transfers(&outstanding.transfers)?;
        if outstanding.moving_root {
            self.finish_move()?;
        }
        if outstanding.rotating {
            progress("finishing the new epoch of the vault's keys");
            let epoch = self.vault.rotate()?;
            let event = self.event(self.clock.now(), ROTATED, [("epoch", epoch.into())]);
            self.log.append_blocking(&event)?;
        }
        Ok(())
    }

    /// Destroys the keys, and forgets what was remembered under tokens that lead to nobody now, and their factors.
    fn erase_now(&self, person: &[Subject]) -> Result<(), VaultError> {
        let gone = self.vault.erase(person)?;
        self.behaviour.forget(&gone);
        self.factors.forget(person);
        Ok(())
    }

    fn person(&self, whose: &str) -> Result<Vec<Subject>, Problem> {
        let subject = Subject::parse(whose).ok_or_else(problems::no_token)?;
        self.vault.person(subject).map_err(|why| not_done(&why))
    }

    /// An order about subjects, in as many events as it takes; when it was given.
    pub(crate) async fn record_custody(
        &self,
        event: &str,
        person: &[Subject],
        order: &Order,
        more: &[(&'static str, Json)],
    ) -> Result<Timestamp, Problem> {
        let now = self.clock.now();
        let chunks: Vec<&[Subject]> = match person {
            [] => vec![&[]],
            person => person.chunks(MAX_SUBJECTS_AN_EVENT).collect(),
        };
        for subjects in chunks {
            let mut detail = vec![("by", Json::from(order.by.as_str()))];
            detail.extend(order.reason.as_deref().map(|why| ("reason", why.into())));
            detail.extend(more.iter().cloned());
            if !subjects.is_empty() {
                detail.push(("subjects", of_person(subjects, None).subjects.into()));
            }
            let recorded = self.log.append(&self.event(now, event, detail)).await;
            recorded.map_err(|why| problems::change_not_recorded(&why))?;
        }
        Ok(now)
    }

    /// What waits for the disk, on a thread that may.
    async fn in_vault<T: Send + 'static>(
        self: &Arc<Inner>,
        work: impl FnOnce(&Inner) -> Result<T, VaultError> + Send + 'static,
    ) -> Result<T, Problem> {
        let inner = Arc::clone(self);
        let done = self.tasks.spawn_blocking(move || work(&inner)).await;
        match done {
            Ok(done) => done.map_err(|why| not_done(&why)),
            Err(_) => Err(problems::internal("the vault did not finish an order")),
        }
    }
}

fn of_person(person: &[Subject], until: Option<Timestamp>) -> OfPerson {
    OfPerson {
        subjects: person.iter().map(Subject::to_string).collect(),
        until,
        waits: false,
    }
}

fn on_hold(until: Timestamp) -> Problem {
    let detail = format!("a legal hold stands against the erasure until {until}");
    Problem::new(ProblemCode::Conflict, detail)
        .help("erase after that date, or have two operators lift the hold first, with orders that say why")
}

pub(crate) fn not_done(why: &VaultError) -> Problem {
    match why {
        VaultError::UnknownSubject => Problem::new(
            ProblemCode::NotFound,
            "the vault knows nobody by this token: it was never kept, is of no person, or its person was erased",
        ),
        VaultError::SharedBySeveral { subjects } => {
            let detail = format!("the identifier belongs to {} persons", subjects.len());
            Problem::new(ProblemCode::Conflict, detail)
                .help("name one of them by the token of a stronger identifier")
                .member("subjects", of_person(subjects, None).subjects.into())
        }
        VaultError::FamilyTooLarge => Problem::new(ProblemCode::Conflict, why.to_string()),
        VaultError::Stopped => problems::stopping(),
        why => problems::not_carried_out(why),
    }
}
