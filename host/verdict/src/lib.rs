//! What policies and plugins say, and what the host makes of it.
//!
//! A **finding** is what one policy or plugin says; findings combine to one by [`combine`], which is
//! pure: commutative, associative and idempotent up to the order of reasons, monotone in every
//! verdict, with [`Verdict::Abstain`] as its identity (property-tested). A **failure** is not a verdict:
//! it is mapped to one by the policy's `on_error`.

mod arguments;
mod combine;
mod finding;
pub mod limits;
mod method;
mod obligation;

pub use arguments::{ArgumentError, NOTIFIED};
pub use combine::combine;
pub use finding::{Failure, FailureKind, Finding, Reason, Verdict};
pub use method::Method;
pub use obligation::{Obligation, ObligationKind};
