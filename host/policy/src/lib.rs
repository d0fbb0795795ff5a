//! Policy files: what a regulator reviews, a compliance officer signs, and the host enforces.
//!
//! | module | what is there |
//! |---|---|
//! | `load` | a directory into a checked and tested set, or all problems of all files |
//! | `head` | what files of every kind say at their top |
//! | [`set`](PolicySet) | such a set, and what there is in it |
//! | [`PolicyFiles`] | a directory, read once |
//! | `pipeline` | stages and operations |
//! | [`policy`](Policy) | one checked policy: whether it applies, what its rules say |
//! | `source`, `check` | the form of a file, and its checks |
//! | `parameters` | thresholds by name |
//! | `message` | what readers are told |
//! | `lists` | countries, currencies, corridors and texts by name |
//! | [`Disclosure`] | who may be shown which facts, for which purpose, how often |
//! | `cel` | expressions: bounded parsing, types, cost, three-valued evaluation |
//! | `coded` | texts that are words of a closed list: countries, currencies, the words of a field |
//! | `index` | which policies can apply to a row |
//! | `words` | rules in plain words |
//! | `table` | rules that form a decision table |
//! | `trace` | why a condition holds of a row, or does not |
//! | `threat` | that nothing gets milder as the level of threat rises |
//! | `milder` | what a policy says, and which of two things said is milder |
//! | `silence` | that policies say nothing, so that `no_policy` counts |
//! | `testing` | the tests that stand in the files |
//! | `versions` | files with the same id, one after the other |
//! | `solve` | whether conditions can hold together |
//! | [`analysis`](Analysis) | rules that do nothing, and rules that disagree |
//! | [`diff`](SetDiff) | what changed between two sets, and what that does |
//! | [`Example`] | facts that show something |
//! | `mutate` | whether those tests would notice a mistake |
//! | [`codes`] | the classes of problem, each with a page |
//!
//! Promises: a name that is not there, types that do not fit, and a failure that would let a payment go
//! on are refused when the set is loaded, with file, line and column. A rule that rests on a missing fact
//! does not pass silently. Loading and evaluating are bounded in time, memory and stack by [`limits`].

mod analysis;
mod cel;
mod check;
mod coded;
pub mod codes;
mod diff;
mod disclosure;
mod example;
mod files;
mod head;
mod index;
pub mod limits;
mod lists;
mod load;
mod message;
mod milder;
mod mutate;
mod parameters;
mod pipeline;
mod policy;
mod set;
mod silence;
mod solve;
mod source;
mod table;
mod testing;
mod threat;
mod trace;
mod versions;
mod words;

pub use analysis::{Analysis, Overlap, Side};
pub use diff::{
    Change, Examples, Fate, Impact, ListDiff, NotAsked, NotKnown, Period, PolicyDiff, Said,
    SetDiff, Shown, Version, Word,
};
pub use disclosure::{Budget, Disclosure, READERS, ShownIn, most_released};
pub use example::Example;
pub use files::{DICTIONARY, PolicyFiles};
pub use lists::{List, ListKind};
pub use message::{Message, NOT_SHOWN, Reader};
pub use mutate::{MistakeKind, Mutants, Survivor};
pub use parameters::{Parameter, ParameterKind};
pub use pipeline::{Effect, Operation, OperationKind, Stage, WhenStopped};
pub use policy::{
    Applies, Body, BudgetUse, Condition, Grant, Messages, PluginUse, Policy, ReasonText, Rule,
    RuleOutcome, Source, Status,
};
pub use set::PolicySet;
pub use table::{DecisionTable, TableRow};
pub use testing::{PolicyTests, SetTests, TestCase, TestReport};
pub use trace::{Part, Trace, Truth};
pub use words::Words;
