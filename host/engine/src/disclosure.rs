//! What leaves the host for people: facts in replies, values of the vault on request, and what opens the commitments in
//! records.
//!
//! Policies say what a request needs to show (`disclose`), and their messages what customers and auditors are told;
//! disclosures what a reader may be shown for a purpose at the most, other policies what is taken away (`redact`). The strictest of the three counts; what no disclosure grants is
//! not there. What a reader was shown, and what was withheld, stands in the record of the decision, and every view of
//! it is made from there, as far as it is granted by now.

mod budget;
mod emergency;
mod granted;
mod opening;
mod release;
mod shown;

use weft_audit::NOT_GRANTED;

pub(crate) use budget::{Budgets, Use};
pub(crate) use emergency::Emergencies;
pub use emergency::{Emergency, EmergencyAsk};
pub(crate) use granted::{EXPIRES_AT, Granting, InForce, REFUNDED, STATE, STEP_UP, VERDICT};
pub use opening::{Opened, OpeningAsk};
pub use release::{REFUSED, RELEASED, ReleaseAsk, Released};
pub(crate) use shown::customer;

/// Why a fact is withheld: its person was erased, so whether it was there cannot be told.
pub const ERASED: &str = "erased";

/// Whether a reason for which something is withheld says that nobody granted it to the reader: all others take away what
/// was granted.
pub fn is_not_granted(why: &str) -> bool {
    why == NOT_GRANTED || release::is_not_granted(why) || emergency::is_not_granted(why)
}
