//! What is told of sound sets: rules that do nothing, rules that disagree, and what changed between two sets.

mod absences;
mod absences_of_sets;
mod claims;
mod claims_of_diff;
mod classes;
mod clocks;
mod dictionaries;
mod diff;
#[path = "../differential/expressions.rs"]
mod expressions;
#[path = "../fixture/mod.rs"]
mod fixture;
mod golden;
mod hostile;
#[allow(dead_code, reason = "the reference's rows are for another test")]
#[path = "../differential/rows.rs"]
mod rows;
mod strongest;
mod strongest_generated;
