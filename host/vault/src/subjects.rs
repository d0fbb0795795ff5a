//! The subjects of a vault in memory: whose key is wrapped how, who is linked to whom, what they brought, and who is
//! erased.
//!
//! Who is one person with whom is in `family`. Keys lie here as they lie on the disk: wrapped. They are unwrapped for each
//! use and wiped after it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use weft_dictionary::Timestamp;

use crate::entry::{Entry, Hold};
use crate::epoch::{Epoch, random_key};
use crate::error::VaultError;
use crate::index::{Blind, Shards};
use crate::limits::{MAX_ABOVE, MAX_SUBJECTS};
use crate::row::NotARow;
use crate::subject::Subject;
use crate::wrapped::{Durable, SubjectKey, Wrapped, key_row, unwrap};

pub(crate) struct Link {
    pub(crate) to: Subject,
    durable: Durable,
}

/// What is known of a living subject.
#[derive(Default)]
pub(crate) struct Person {
    /// None for an identifier that was only shown beside a stronger one.
    key: Option<Wrapped>,
    /// Stronger identifiers that this one was shown with.
    pub(crate) above: Vec<Link>,
    /// Weaker ones.
    pub(crate) below: Vec<Subject>,
    brought: Vec<Blind>,
    hold: Option<Hold>,
}

pub(crate) enum State {
    Living(Box<Person>),
    Erased,
}

/// A subject was erased while a request with its values was under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gone;

/// What goes to another host of a subject.
pub(crate) struct Leaving {
    pub(crate) links: Vec<Subject>,
    pub(crate) hold: Option<Hold>,
    pub(crate) brought: Vec<Blind>,
}

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Counts {
    pub(crate) living: u64,
    pub(crate) erased: u64,
    pub(crate) held: u64,
}

pub(crate) struct Subjects {
    pub(crate) all: Shards<Subject, State>,
    with_key: AtomicU64,
    /// The epochs whose journals are open: one, or two while keys are carried over.
    epochs: RwLock<Vec<Arc<Epoch>>>,
}

impl Subjects {
    pub(crate) fn new(epoch: Arc<Epoch>) -> Subjects {
        Subjects {
            all: Shards::new(),
            with_key: AtomicU64::new(0),
            epochs: RwLock::new(vec![epoch]),
        }
    }

    /// Held for as long as a key is used: no epoch ends meanwhile.
    fn epochs(&self) -> RwLockReadGuard<'_, Vec<Arc<Epoch>>> {
        self.epochs.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_epochs(&self, epochs: Vec<Arc<Epoch>>) {
        *self.epochs.write().unwrap_or_else(PoisonError::into_inner) = epochs;
    }

    /// Takes over what a row of the journal of an epoch says, while it is opened. In any order.
    pub(crate) fn load(&self, epoch: u32, body: &[u8]) -> Result<(), NotARow> {
        match Entry::decode(body)? {
            Entry::Key {
                subject,
                born,
                wrapped,
            } => {
                let _ = self.living(subject, |person| {
                    if person.key.is_none() {
                        self.with_key.fetch_add(1, Ordering::Relaxed);
                        person.key = Some(Wrapped {
                            born,
                            epoch,
                            bytes: wrapped.into(),
                            durable: Durable::default(),
                        });
                    }
                });
            }
            Entry::Link { weaker, stronger } => {
                let _ = self.link(weaker, stronger);
            }
            Entry::Erased(subject) => {
                self.forget(subject);
            }
            Entry::Hold(subject, hold) => {
                let _ = self.hold(subject, hold);
            }
        }
        self.learn(epoch, body)
    }

    /// Learns that a row is durable in the journal of an epoch.
    pub(crate) fn learn(&self, epoch: u32, body: &[u8]) -> Result<(), NotARow> {
        // Who was erased meanwhile has nothing that could be durable.
        let _ = match Entry::decode(body)? {
            Entry::Key { subject, .. } => self.living(subject, |person| {
                if let Some(key) = &mut person.key {
                    key.durable.learn(epoch);
                }
            }),
            Entry::Link { weaker, stronger } => self.living(weaker, |person| {
                let link = person.above.iter_mut().find(|link| link.to == stronger);
                if let Some(link) = link {
                    link.durable.learn(epoch);
                }
            }),
            Entry::Erased(_) | Entry::Hold(..) => Ok(()),
        };
        Ok(())
    }

    /// The key of a subject, which is made if it has none; and whether its row has to be kept yet.
    pub(crate) fn enter(&self, subject: Subject) -> Result<(SubjectKey, bool), VaultError> {
        let epochs = self.epochs();
        let entered = self.living(subject, |person| -> Result<_, VaultError> {
            if let Some(wrapped) = &person.key {
                let kept = epochs.iter().all(|e| wrapped.durable.is_in(e.number));
                return Ok((unwrap(&epochs, subject, wrapped)?, !kept));
            }
            if self.with_key.load(Ordering::Relaxed) >= MAX_SUBJECTS {
                return Err(VaultError::Full);
            }
            let epoch = epochs.last().ok_or(VaultError::DoesNotOpen)?;
            let key = random_key()?;
            let born = epoch.number;
            person.key = Some(Wrapped {
                born,
                epoch: born,
                bytes: epoch.wrap(subject, born, &key)?.into(),
                durable: Durable::default(),
            });
            self.with_key.fetch_add(1, Ordering::Relaxed);
            Ok((SubjectKey { born, key }, true))
        });
        entered.map_err(|Gone| VaultError::ErasedMeanwhile)?
    }

    /// The key of a subject that has one.
    pub(crate) fn key_of(&self, subject: Subject) -> Result<SubjectKey, VaultError> {
        let epochs = self.epochs();
        let shard = self.all.of(&subject);
        match shard.get(&subject) {
            Some(State::Living(person)) => {
                let wrapped = person.key.as_ref().ok_or(VaultError::DoesNotOpen)?;
                Ok(unwrap(&epochs, subject, wrapped)?)
            }
            Some(State::Erased) => Err(VaultError::Erased),
            None => Err(VaultError::DoesNotOpen),
        }
    }

    /// The row of a subject's key in the journal of an epoch.
    pub(crate) fn key_row(&self, subject: Subject, epoch: &Epoch) -> Result<Vec<u8>, VaultError> {
        let epochs = self.epochs();
        let row = self.living(subject, |person| {
            let wrapped = person.key.as_ref().ok_or(VaultError::DoesNotOpen)?;
            key_row(&epochs, subject, wrapped, epoch)
        });
        row.map_err(|Gone| VaultError::ErasedMeanwhile)?
    }

    /// Two identifiers were shown together. Whether that has to be kept yet.
    pub(crate) fn link(&self, weaker: Subject, stronger: Subject) -> Result<bool, Gone> {
        let epochs = self.epochs();
        let (is_new, is_kept) = self.living(weaker, |person| {
            match person.above.iter().find(|link| link.to == stronger) {
                Some(link) => (false, epochs.iter().all(|e| link.durable.is_in(e.number))),
                // What so many share identifies none of them.
                None if person.above.len() >= MAX_ABOVE => (false, true),
                None => {
                    person.above.push(Link {
                        to: stronger,
                        durable: Durable::default(),
                    });
                    (true, false)
                }
            }
        })?;
        if is_new {
            self.living(stronger, |person| person.below.push(weaker))?;
        }
        Ok(!is_kept)
    }

    /// Remembers what a subject brought, so that it can be forgotten with it.
    pub(crate) fn brings(&self, subject: Subject, blind: Blind) -> Result<(), Gone> {
        self.living(subject, |person| person.brought.push(blind))
    }

    /// Of two holds the one that was ordered later counts.
    pub(crate) fn hold(&self, subject: Subject, hold: Hold) -> Result<(), Gone> {
        self.living(subject, |person| {
            if person
                .hold
                .is_none_or(|before| before.set_at <= hold.set_at)
            {
                person.hold = Some(hold);
            }
        })
    }

    /// Whether a hold is news of a subject that may still be held.
    pub(crate) fn takes(&self, subject: Subject, hold: Hold) -> bool {
        match self.all.of(&subject).get(&subject) {
            Some(State::Living(person)) => person
                .hold
                .is_none_or(|before| before != hold && before.set_at <= hold.set_at),
            Some(State::Erased) => false,
            None => true,
        }
    }

    /// Until when a subject is held, if it is held now.
    pub(crate) fn held(&self, subject: Subject, now: Timestamp) -> Option<Timestamp> {
        match self.all.of(&subject).get(&subject) {
            Some(State::Living(person)) => person
                .hold
                .map(|hold| hold.until)
                .filter(|until| *until > now),
            _ => None,
        }
    }

    /// Whether a subject never had a key, as far as anybody was told.
    pub(crate) fn has_no_key(&self, subject: Subject) -> bool {
        match self.all.of(&subject).get(&subject) {
            Some(State::Living(person)) => person.key.is_none(),
            Some(State::Erased) => false,
            None => true,
        }
    }

    /// Whether a subject is known: living, or erased.
    pub(crate) fn is_known(&self, subject: Subject) -> Option<bool> {
        match self.all.of(&subject).get(&subject) {
            Some(State::Living(_)) => Some(true),
            Some(State::Erased) => Some(false),
            None => None,
        }
    }

    /// From now on there is no such subject. What it brought.
    pub(crate) fn forget(&self, subject: Subject) -> Vec<Blind> {
        match self.all.of(&subject).insert(subject, State::Erased) {
            Some(State::Living(person)) => {
                if person.key.is_some() {
                    self.with_key.fetch_sub(1, Ordering::Relaxed);
                }
                person.brought
            }
            _ => Vec::new(),
        }
    }

    pub(crate) fn counts(&self, now: Timestamp) -> Counts {
        let mut counts = Counts::default();
        for shard in self.all.all() {
            for state in shard.values() {
                match state {
                    State::Erased => counts.erased += 1,
                    State::Living(person) => {
                        counts.living += u64::from(person.key.is_some());
                        counts.held += u64::from(person.hold.is_some_and(|h| h.until > now));
                    }
                }
            }
        }
        counts
    }

    /// The subjects there are now, part by part.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Vec<Subject>> {
        self.all.all().map(|shard| shard.keys().copied().collect())
    }

    /// What of a living subject goes to another host; the links to who is erased do not.
    pub(crate) fn leaving(&self, subject: Subject) -> Option<Leaving> {
        let (links, hold, brought) = match self.all.of(&subject).get(&subject) {
            Some(State::Living(person)) => (
                person.above.iter().map(|link| link.to).collect::<Vec<_>>(),
                person.hold,
                person.brought.clone(),
            ),
            _ => return None,
        };
        let living = |subject: &Subject| self.is_known(*subject) == Some(true);
        Some(Leaving {
            links: links.into_iter().filter(living).collect(),
            hold,
            brought,
        })
    }

    /// Every row that carries a subject over into an epoch. Its key is wrapped anew from now on.
    pub(crate) fn carry(&self, subject: Subject, to: &Epoch) -> Result<Vec<Vec<u8>>, VaultError> {
        let epochs = self.epochs();
        let mut shard = self.all.of(&subject);
        let person = match shard.get_mut(&subject) {
            Some(State::Living(person)) => person,
            Some(State::Erased) => return Ok(vec![Entry::Erased(subject).encode()]),
            None => return Ok(Vec::new()),
        };
        let mut rows = Vec::with_capacity(1 + person.above.len());
        if let Some(wrapped) = &mut person.key {
            if wrapped.epoch != to.number {
                let key = unwrap(&epochs, subject, wrapped)?;
                wrapped.bytes = to.wrap(subject, wrapped.born, &key.key)?.into();
                wrapped.epoch = to.number;
            }
            rows.push(key_row(&epochs, subject, wrapped, to)?);
        }
        rows.extend(person.above.iter().map(|link| {
            let (weaker, stronger) = (subject, link.to);
            Entry::Link { weaker, stronger }.encode()
        }));
        rows.extend(person.hold.map(|hold| Entry::Hold(subject, hold).encode()));
        Ok(rows)
    }

    /// What is made of a living subject, which is remembered from now on.
    fn living<R>(&self, subject: Subject, f: impl FnOnce(&mut Person) -> R) -> Result<R, Gone> {
        let mut shard = self.all.of(&subject);
        match shard
            .entry(subject)
            .or_insert_with(|| State::Living(Box::default()))
        {
            State::Living(person) => Ok(f(person)),
            State::Erased => Err(Gone),
        }
    }
}

impl AsRef<[u8]> for Subject {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
