//! One decision, start to end: facts in, recorded decision out.
//!
//! | module | what is there |
//! |---|---|
//! | [`decide`](Engine::decide) | one message: read, decided once, answered |
//! | `payment`, `assistance` | what is decided about a payment, and about helping with one |
//! | `answer` | the customer's answer to a challenge |
//! | `enrolment`, `factors` | what customers enrol to prove who they are with, and what is enrolled now |
//! | `asking` | what is asked for of a payment, waits, and is done |
//! | `refund`, `refunds`, `dispute` | what the host says of money that is given back, of how often support did, and of disputes |
//! | `evaluate`, [`Pipeline`] | a row through the stages; the policy set with its plugins |
//! | [`sets`] | policy sets: read, archived by digest, put in force |
//! | `threat` | the level of threat that decisions are taken under |
//! | `record`, `facts` | a decision into its record; rows into records and back |
//! | [`explain()`] | why a decision came out as it did |
//! | [`replay`] | past decisions, evaluated again |
//! | `salt` | what hides facts in the commitments to them |
//! | `keyed` | names of what must not be found by trying |
//! | `again`, `ground` | a recorded decision, evaluated again; from a data directory |
//! | [`attempts`] | what was refused and what was read again, each on record |
//! | `approval`, `lift` | what one person orders and others approve, or order, too |
//! | `due`, `escalations` | disputes of which somebody is to be warned; what waits for a supervisor |
//! | `chains` | the decisions about one payment, apart from those of other services' payments |
//! | `disclosure` | what people are shown, for which purpose, how often; values of the vault and openings on request |
//! | `reader`, [`view`] | records into what one caller may see |
//! | [`alerts`](Engine::alerts) | payments that policies want support to look at |
//! | [`watch`](Engine::watch) | a payment's changes, as they happen |
//! | `reasons`, `told`, `words` | why, in words for a reader, from the set that decided |
//! | `without_payment` | what is said to whom nothing of the payment may be told |
//! | `lanes`, `tasks` | how many are decided at once, payments beside assistance; what is under way leaves nothing on a stack |
//! | [`backup()`], [`restore()`] | copies of a data directory, and a host that goes on from one |
//! | `start` | from directories to a host that decides |
//! | [`limits`] | every bound |
//! | [`metrics`] | what a platform team watches |
//! | [`panics`] | what is told of a panic |
//!
//! Promises: when [`Engine::decide`] returns a reply, every decision in it is durable. One request is
//! decided wholly by one policy set. A payment is decided by one request at a time. All state but the log
//! and the vault is rebuilt from them at start.

mod again;
mod alerts;
mod answer;
mod approval;
mod asking;
mod assistance;
pub mod attempts;
mod backup;
mod bind;
mod caller;
mod chains;
mod clock;
mod config;
mod decide;
pub mod disclosure;
mod dispute;
mod due;
mod engine;
mod enrolment;
mod erasure;
mod escalations;
mod evaluate;
pub mod explain;
mod factors;
mod facts;
mod ground;
mod host_reasons;
mod idempotency;
mod ids;
mod keyed;
mod known;
mod lanes;
mod lift;
pub mod limits;
mod lock_file;
mod locks;
mod log_query;
mod log_reader;
pub mod metrics;
pub mod panics;
mod payment;
mod pipeline;
mod problems;
mod reader;
mod reasons;
mod record;
mod refund;
mod refunds;
pub mod replay;
mod reply;
mod root;
mod salt;
pub mod sets;
mod shorten;
mod start;
mod tasks;
mod threat;
mod told;
mod transfer;
pub mod view;
mod watch;
mod whole;
mod without_payment;
mod words;

pub use again::{Difference, NotAgain};
pub use alerts::{Alarmed, AlertView};
pub use backup::{Backup, BackupError, Restored, backup, restore};
pub use caller::{Caller, Role};
pub use clock::Clock;
pub use config::Config;
pub use decide::{Ask, Reply};
pub use disclosure::{Emergency, EmergencyAsk, Opened, OpeningAsk, ReleaseAsk, Released};
pub use engine::{Engine, Readiness, Stopped};
pub use erasure::{OfPerson, Rotation, VaultStatus};
pub use escalations::{Escalated, Queue};
pub use explain::{ExplainError, Explanation, explain};
pub use ground::{GroundError, SetDirs};
pub use host_reasons::FINDINGS_LEFT_OUT;
pub use lock_file::LockError;
pub use log_query::LogQuery;
pub use metrics::Metrics;
pub use pipeline::{Pipeline, PipelineError, PluginInUse};
pub use start::StartError;
pub use tasks::wiped;
pub use threat::ThreatLevel;
pub use transfer::{Direction, Stage, Transfer};
pub use view::{DecisionView, NowView};
pub use watch::Watching;
pub use weft_assist::out_of_band::ServiceKey;
pub use weft_assist::passkey::RelyingParty;
pub use whole::Incomplete;
