//! What follows a decision for the payment: it waits, the customer proves who they are, support
//! confirms, its time runs out; and once it went on it is given back, called back, or contested.
//!
//! | module | what is there |
//! |---|---|
//! | [`state`] | the states of a payment and the steps between them: the only state machine |
//! | [`life`] | what a payment's decisions say of it, one after the other |
//! | [`challenge`] | what the customer has to pass, and how the host checks the answer |
//! | [`factor`] | what customers have enrolled to pass challenges with |
//! | [`passkey`], [`totp`], [`out_of_band`] | what an answer of each of these methods has to be |
//! | [`pending`] | the payments that wait now |
//! | [`act`] | what is asked for of a payment, and why it cannot follow |
//! | [`dispute_clock`] | by when a dispute is answered |
//! | [`request`] | the requests about a payment that wait for others |
//! | [`follow`] | what a decision's record says about all this |
//!
//! Architecture invariant: every change goes through [`Pending::apply`] with a [`Follow`] that is in a
//! durable record. A running host applies it after the record is durable; a starting host applies the
//! same records again. What is not waited for is not kept: where any payment stands is told by the follows of its
//! decisions ([`Life::of`]), which are read when somebody asks about it. There is no other way to change a payment's
//! state, so a crash cannot lose or invent one.

pub mod act;
pub mod challenge;
pub mod dispute_clock;
pub mod factor;
pub mod follow;
pub mod life;
pub mod limits;
pub mod out_of_band;
pub mod passkey;
pub mod pending;
pub mod request;
pub mod state;
pub mod totp;

pub use act::{Act, Barred, Close, Dispute, Escalation, Recall, Refund};
pub use challenge::{Binding, Challenge, ChallengeKey, Evidence};
pub use factor::{FactorUse, NotEnrolled};
pub use follow::Follow;
pub use life::Life;
pub use pending::{Pending, Refusal, Waiting};
pub use request::{Approval, Open, Step};
pub use state::State;
pub use weft_verdict::Method;
