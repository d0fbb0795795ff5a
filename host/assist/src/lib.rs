//! What follows a decision for the payment: it waits, the customer proves who they are, support
//! confirms, or its time runs out.
//!
//! | module | what is there |
//! |---|---|
//! | [`life`] | the states of a payment and the steps between them: the only state machine |
//! | [`challenge`] | what the customer has to pass, and how the host checks the answer |
//! | [`pending`] | the payments that wait now |
//! | [`follow`] | what a decision's record says about all this |
//!
//! Architecture invariant: every change goes through [`Pending::apply`] with a [`Follow`] that is in a
//! durable record. A running host applies it after the record is durable; a starting host applies the
//! same records again. There is no other way to change a payment's state, so a crash cannot lose or
//! invent one.

pub mod challenge;
pub mod follow;
pub mod life;
pub mod limits;
pub mod pending;

pub use challenge::{Binding, Challenge, ChallengeKey, Evidence};
pub use follow::Follow;
pub use life::State;
pub use pending::{Pending, Refusal, Waiting};
pub use weft_verdict::Method;
