//! All keys of one host: questions and observations.
//!
//! What this module promises:
//! - a snapshot depends on the observations and on the time that is asked for, on nothing else: a host
//!   that observes the same again, in the same order, answers the same;
//! - windows are `[at − window, at]`: what was observed counts, also at the very instant that is asked for;
//!   observations may come late by [`limits::MAX_LATE_MS`];
//! - memory is bounded: [`Limits`] says by what, [`Behaviour::statistics`] what was forgotten for it.
//!
//! What follows for the caller: times must be those of the host's own clock. Whoever can choose the time
//! of a payment can choose the window that it is seen in, and a time far ahead makes a key forget its
//! past. An observation is seen by the keys one after the other, so a snapshot that is taken meanwhile may
//! see it in the account and not yet in the device. Two payments of one key of which neither was observed
//! when the other was asked about do not see each other: who must count each asks and observes under a lock
//! of its own over the key ([`Behaviour::key_fields`]).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use weft_dictionary::{Dictionary, FeatureSpec, Field, FieldId, Measure, Origin, Row, Timestamp};

use crate::error::BehaviourError;
use crate::facts::{ACCOUNT, CARD, CARD_AS_ACCOUNT, Facts, KEY_KINDS, key_text};
use crate::history::{Event, Keep};
use crate::key::{KeyDigest, key_digest, payee_digest};
use crate::limits::{self, Limits};
use crate::measure::{Past, Present};
use crate::observation::{Observation, Seen, key_fields_of};
use crate::shard::{Shard, Share};
use crate::snapshot::Snapshot;

/// What was seen of every account, card, device, payee: whatever the dictionary has features of.
pub struct Behaviour {
    facts: Facts,
    keys: Vec<(FieldId, String)>,
    /// The card, if there are features of it.
    card: Option<FieldId>,
    groups: Vec<Group>,
    shards: Vec<Mutex<Shard>>,
    share: Share,
}

/// What is remembered, and what was forgotten since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Keys that are remembered.
    pub keys: u64,
    /// Events that are remembered; a payment is one event of each of its keys.
    pub events: u64,
    /// Keys that were forgotten because there were too many keys or events.
    pub keys_forgotten: u64,
    /// Events that were forgotten because their key had too many within its windows: its counts stop.
    pub events_crowded_out: u64,
    /// Events that came too late to be put into a window.
    pub events_too_late: u64,
}

/// All features of the same key fields: they share what is remembered.
struct Group {
    fields: Vec<(FieldId, String)>,
    features: Vec<Feature>,
    keep: Keep,
}

struct Feature {
    field: FieldId,
    measure: Measure,
    window_ms: u64,
}

impl Behaviour {
    /// Compiles the features of a dictionary.
    pub fn new(dictionary: Arc<Dictionary>) -> Result<Behaviour, BehaviourError> {
        Behaviour::with_limits(dictionary, Limits::default())
    }

    /// The same with bounds of the host's own.
    pub fn with_limits(
        dictionary: Arc<Dictionary>,
        limits: Limits,
    ) -> Result<Behaviour, BehaviourError> {
        let facts = Facts::of(&dictionary);
        let groups = compile(&dictionary, &facts, limits)?;
        let keys = key_fields_of(&dictionary);
        let a_shard = |total: usize| total.div_ceil(limits::SHARDS).max(1);
        Ok(Behaviour {
            card: keys
                .iter()
                .find(|(_, name)| name == CARD)
                .map(|(id, _)| *id),
            keys,
            facts,
            groups,
            shards: (0..limits::SHARDS)
                .map(|_| Mutex::new(Shard::new()))
                .collect(),
            share: Share {
                keys: a_shard(limits.keys),
                events: a_shard(limits.events),
            },
        })
    }

    /// The features of a payment at this instant, made of what was observed before it. Changes nothing:
    /// the payment itself is remembered by [`Behaviour::observe`].
    pub fn snapshot(&self, row: &Row, at: Timestamp) -> Snapshot {
        let present = Present {
            at,
            amount: self.facts.amount(row),
            place: self.facts.place(row),
        };
        let mut values = Vec::with_capacity(self.groups.iter().map(|g| g.features.len()).sum());
        let card = self.card.and_then(|id| row.get(id)).and_then(key_text);
        for group in &self.groups {
            let Some(key) = group.key_of_row(row, card.as_deref()) else {
                continue;
            };
            let shard = self.shard(&key);
            let mut past = Past::new(shard.get(&key), &present);
            for feature in &group.features {
                let value = past.measure(feature.measure, feature.window_ms);
                values.extend(value.map(|value| (feature.field, value)));
            }
        }
        values.sort_unstable_by_key(|(field, _)| *field);
        Snapshot { values }
    }

    /// The fields that features are of, alone or with others.
    pub fn key_fields(&self) -> impl Iterator<Item = FieldId> {
        self.keys.iter().map(|(id, _)| *id)
    }

    /// What to keep of a request that is settled at once; see [`Observation::of`].
    pub fn observation(&self, row: &Row, at: Timestamp) -> Option<Observation> {
        Observation::build(&self.keys, &self.facts, row, at)
    }

    /// Remembers a payment, or that one was released that was only attempted so far.
    pub fn observe(&self, observation: &Observation) {
        let event = Event::new(
            observation.at,
            observation.amount,
            observation.payee.as_deref().map(payee_digest),
            observation.place,
            observation.seen != Seen::Attempted,
        );
        let is_counted = observation.seen == Seen::Released;
        for group in &self.groups {
            for key in group.keys_of_observation(observation) {
                let mut shard = self.shard(&key);
                if is_counted {
                    shard.settle(key, event, self.share);
                } else {
                    shard.observe(key, event, group.keep, self.share);
                }
            }
        }
    }

    /// What is remembered and what was forgotten.
    pub fn statistics(&self) -> Statistics {
        let mut all = Statistics::default();
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            let forgotten = shard.forgotten();
            all.keys += shard.keys() as u64;
            all.events += shard.events() as u64;
            all.keys_forgotten += forgotten.keys;
            all.events_crowded_out += forgotten.crowded_out;
            all.events_too_late += forgotten.too_late;
        }
        all
    }

    /// Digests are evenly spread. A shard is whole after every statement, so a poisoned lock still
    /// guards a whole one.
    fn shard(&self, key: &KeyDigest) -> MutexGuard<'_, Shard> {
        self.shards[usize::from(key[0]) % self.shards.len()]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Group {
    /// The key of a payment; where it names no account, its card stands in.
    fn key_of_row(&self, row: &Row, card: Option<&str>) -> Option<KeyDigest> {
        let parts: Vec<(&str, String)> = self
            .fields
            .iter()
            .map(|(id, name)| match row.get(*id).and_then(key_text) {
                Some(value) => Some((name.as_str(), value)),
                None if name == ACCOUNT => Some((CARD_AS_ACCOUNT, card?.to_owned())),
                None => None,
            })
            .collect::<Option<_>>()?;
        Some(key_digest(parts.iter().map(|(n, v)| (*n, v.as_str()))))
    }

    /// The keys under which a payment is remembered: its own, and for those of an account a second one that is
    /// of its card, for payments that name no account.
    fn keys_of_observation(&self, observation: &Observation) -> impl Iterator<Item = KeyDigest> {
        let own = self.key_by(|name| Some((name, observation.keys.get(name)?.as_str())));
        let of_card = || {
            self.key_by(|name| match name {
                ACCOUNT => Some((CARD_AS_ACCOUNT, observation.keys.get(CARD)?.as_str())),
                _ => Some((name, observation.keys.get(name)?.as_str())),
            })
        };
        let is_of_account = self.fields.iter().any(|(_, name)| name == ACCOUNT);
        let of_card = is_of_account.then(of_card).flatten();
        own.into_iter().chain(of_card)
    }

    fn key_by<'a>(
        &'a self,
        part: impl Fn(&'a str) -> Option<(&'a str, &'a str)>,
    ) -> Option<KeyDigest> {
        let names = self.fields.iter().map(|(_, name)| name.as_str());
        let parts: Vec<(&str, &str)> = names.map(part).collect::<Option<_>>()?;
        Some(key_digest(parts))
    }
}

fn compile(
    dictionary: &Dictionary,
    facts: &Facts,
    limits: Limits,
) -> Result<Vec<Group>, BehaviourError> {
    let mut groups: Vec<Group> = Vec::new();
    let mut by_key: HashMap<Vec<FieldId>, usize> = HashMap::new();
    for field in dictionary.fields() {
        let Origin::Behaviour(spec) = &field.origin else {
            continue;
        };
        facts.check(field, spec.measure)?;
        let feature = Feature {
            field: field.id,
            measure: spec.measure,
            window_ms: window_ms(field, spec)?,
        };
        let fields = key_fields(dictionary, field, spec)?;
        let ids = fields.iter().map(|(id, _)| *id).collect();
        let at = *by_key.entry(ids).or_insert_with(|| {
            groups.push(Group {
                fields,
                features: Vec::new(),
                keep: Keep {
                    ms: limits::MAX_LATE_MS,
                    events: limits.events_per_key.max(1),
                },
            });
            groups.len() - 1
        });
        let group = &mut groups[at];
        group.keep.ms = group.keep.ms.max(feature.window_ms + limits::MAX_LATE_MS);
        group.features.push(feature);
    }
    Ok(groups)
}

fn window_ms(field: &Field, spec: &FeatureSpec) -> Result<u64, BehaviourError> {
    match spec.window {
        None => Ok(0),
        Some(window) if (1..=limits::MAX_WINDOW_MS).contains(&window.0) => Ok(window.0),
        Some(window) => Err(BehaviourError::Window {
            feature: field.name.clone(),
            window,
        }),
    }
}

/// The key fields in the dictionary's order: an account and a device is the same key as a device and an
/// account.
fn key_fields(
    dictionary: &Dictionary,
    feature: &Field,
    spec: &FeatureSpec,
) -> Result<Vec<(FieldId, String)>, BehaviourError> {
    let mut fields = Vec::with_capacity(spec.of.len());
    for name in &spec.of {
        let key = dictionary
            .by_name(name)
            .ok_or_else(|| BehaviourError::UnknownKey {
                feature: feature.name.clone(),
                of: name.clone(),
            })?;
        if !KEY_KINDS.contains(&key.kind) {
            return Err(BehaviourError::KeyKind {
                feature: feature.name.clone(),
                of: name.clone(),
                kind: key.kind.as_str(),
            });
        }
        fields.push((key.id, key.name.clone()));
    }
    fields.sort_unstable();
    fields.dedup();
    Ok(fields)
}
