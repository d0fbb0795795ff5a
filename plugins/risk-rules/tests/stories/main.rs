//! The plugin as a policy meets it: facts and settings in, a finding out.

mod payer;
mod signals;
mod verdicts;
