//! What leaves the host for people: facts in replies, and values of the vault on request.
//!
//! Policies say what a request needs to show (`disclose`), and their messages what customers and auditors are told; disclosures what a reader may be shown for a purpose at the
//! most, other policies what is taken away (`redact`). The strictest of the three counts; what no disclosure grants is
//! not there. What a reader was shown, and what was withheld, stands in the record of the decision, and every view of
//! it is made from there.

mod budget;
mod emergency;
mod release;
mod shown;

pub(crate) use budget::{Budgets, Use};
pub(crate) use emergency::Emergencies;
pub use emergency::{Emergency, EmergencyAsk};
pub use release::{REFUSED, RELEASED, ReleaseAsk, Released};
pub(crate) use shown::{shown_to, told_to, withheld_names};
