//! What follows a decision for the payment: it waits, the customer proves who they are, support
//! confirms, its time runs out, or it is given back once it went on.
//!
//! | module | what is there |
//! |---|---|
//! | [`life`] | the states of a payment and the steps between them: the only state machine |
//! | [`challenge`] | what the customer has to pass, and how the host checks the answer |
//! | [`factor`] | what customers have enrolled to pass challenges with |
//! | [`passkey`], [`totp`], [`out_of_band`] | what an answer of each of these methods has to be |
//! | [`pending`] | the payments that wait now |
//! | [`request`] | the requests about a payment that wait for others |
//! | [`follow`] | what a decision's record says about all this |
//!
//! Architecture invariant: every change goes through [`Pending::apply`] with a [`Follow`] that is in a
//! durable record. A running host applies it after the record is durable; a starting host applies the
//! same records again. What is not waited for is not kept: where any payment stands is told by the follows of its
//! decisions ([`Life::of`]), which are read when somebody asks about it. There is no other way to change a payment's
//! state, so a crash cannot lose or invent one.

pub mod challenge;
pub mod factor;
pub mod follow;
pub mod life;
pub mod limits;
pub mod out_of_band;
pub mod passkey;
pub mod pending;
pub mod request;
pub mod totp;

pub use challenge::{Binding, Challenge, ChallengeKey, Evidence};
pub use factor::{FactorUse, NotEnrolled};
pub use follow::Follow;
pub use life::{Life, NotRefunded, State};
pub use pending::{Pending, Refusal, Waiting};
pub use request::{Approval, Open, Refund, Step};
pub use weft_verdict::Method;
