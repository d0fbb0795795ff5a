//! Stories at the door: bodies in, facts or problems out.

mod forms;
mod free_text;
mod house;
mod identifiers;
mod investigation;
mod iso;
mod json;
mod leaks;
mod ordinary;
mod recall;
mod reply;
mod samples;
mod status;
#[path = "../../../../tests/src/valid.rs"]
pub mod valid;
