//! Write policy plugins for Weft in Rust.
//!
//! A plugin is one function from what it needs to a finding. The structs of its needs and settings are the
//! only source of its manifest: a field that is not in the struct cannot be read, and the host hands over
//! nothing else.
//!
//! ```
//! use weft_sdk::prelude::*;
//!
//! #[derive(Needs)]
//! struct Input {
//!     #[need("payment.amount", purpose = "fraud-prevention")]
//!     amount: Money,
//! }
//!
//! #[derive(Settings)]
//! struct Limits {
//!     #[setting(default = 50_000, min = 0, doc = "Amounts above are challenged, in minor units.")]
//!     limit_minor: i64,
//! }
//!
//! #[derive(Reasons)]
//! enum Why {
//!     #[reason("The amount is over the limit")]
//!     OverLimit,
//! }
//!
//! #[policy(operations = ["payment.authorize"], obligations = ["step-up"], reasons = Why)]
//! fn step_up(_: &Context, limits: &Limits, input: &Input) -> Finding {
//!     if input.amount.minor_units <= limits.limit_minor {
//!         return Finding::abstain();
//!     }
//!     Finding::new(Verdict::Challenge)
//!         .because(Why::OverLimit, [Input::AMOUNT])
//!         .oblige("step-up", [("method", "app-approval")])
//! }
//!
//! let finding = weft_sdk::test::of::<step_up::Plugin>()
//!     .need("payment.amount", Money::cents(600_00, "EUR"))
//!     .evaluate();
//! assert_eq!(finding.verdict, Verdict::Challenge);
//! assert_eq!(finding.codes(), ["over-limit"]);
//! ```
//!
//! | module | what is there |
//! |---|---|
//! | [`value`] | the types of needs and settings |
//! | [`finding`] | verdicts, reasons, obligations |
//! | [`plugin`] | what the macros implement |
//! | [`log`] | lines for the host's log |
//! | [`test`] | evaluations in `cargo test`, without Wasm |
//!
//! There is no clock and no randomness but [`Context`]; the same input always gives the same finding.

pub mod finding;
#[cfg(target_arch = "wasm32")]
pub mod guest;
pub mod log;
#[doc(hidden)]
pub mod manifest;
pub mod plugin;
#[cfg(not(target_arch = "wasm32"))]
pub mod test;
pub mod value;

pub use finding::{Evidence, Finding, NoReasons, Obligation, Reasons, Verdict};
pub use plugin::{Context, Failure, Needs, Plugin, Problem, Settings};
pub use value::{
    Decimal, Duration, FromValue, Instant, Json, Money, Need, OtherCurrency, Token, Unfit, Value,
};
pub use weft_sdk_macros::{Needs, Reasons, Settings, policy};

/// Everything that a plugin usually uses.
pub mod prelude {
    pub use crate::{
        Context, Decimal, Duration, Evidence, Finding, Instant, Json, Money, Need, Needs, Problem,
        Reasons, Settings, Token, Verdict, log, policy,
    };
}
