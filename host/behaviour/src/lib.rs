//! What accounts, cards, devices, payees did before: the behavioural features of a payment.
//!
//! The dictionary says which features there are: a measure over a window of what was seen of a key. A
//! payment's features are read before it is decided ([`Behaviour::snapshot`]), and the payment becomes
//! part of the past afterwards ([`Behaviour::observe`]). One that was only attempted is counted; what is familiar
//! (when a key was first seen, where it was last, what it usually pays) is made of released payments alone, so
//! that nobody teaches the host to trust by trying. All of it is in memory, and rebuilt from the
//! [`Observation`]s in the audit log when a host starts.
//!
//! | module | what is there |
//! |---|---|
//! | [`behaviour`] | all keys of one host: questions and observations |
//! | [`observation`] | what is kept of a payment |
//! | [`snapshot`] | the features of one payment, and the text that stands for them |
//! | [`facts`] | the facts that features are made of, by their names in the dictionary |
//! | [`place`] | coarse places, and the way between them |
//! | [`error`] | why a dictionary's features cannot be computed |
//! | [`limits`] | every bound, and what the memory comes to |
//! | `measure`, `history`, `shard`, `key` | the measures; one key's past; many keys with the oldest forgotten first; keys as digests |
//!
//! What follows for the rest of the house: keys are tokens, or texts that the dictionary holds in clear;
//! what is remembered holds digests of them. Amounts are exact; floats are only used on the way between
//! two places, with the same functions on every machine, and are rounded to integers before anybody sees
//! them.

pub mod behaviour;
pub mod error;
pub mod facts;
mod history;
mod key;
pub mod limits;
mod measure;
pub mod observation;
pub mod place;
mod shard;
pub mod snapshot;

pub use behaviour::{Behaviour, Statistics};
pub use error::BehaviourError;
pub use limits::Limits;
pub use observation::{Observation, Seen};
pub use place::Place;
pub use snapshot::Snapshot;
