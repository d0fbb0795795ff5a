//! Expressions: CEL text into something that can be asked about a row.
//!
//! | module | what is there |
//! |---|---|
//! | `place` | where in the file a character of an expression stands |
//! | `parse` | bounded parsing, on a stack of its own |
//! | `types` | the types of the policy language |
//! | `check` | names and types; the checked form |
//! | `functions` | what functions compute |
//! | `parameter` | thresholds of a policy |
//! | `node` | the checked form |
//! | `compile` | the checked form into closures over a row, with missing facts as a third truth value |
//! | `range` | numbers between two ends |
//! | `measured` | type, range and failures of an expression, whatever the row |
//! | `cost` | how long evaluating can take, at most |

pub(crate) mod check;
pub(crate) mod compile;
pub(crate) mod cost;
pub(crate) mod functions;
pub(crate) mod measured;
pub(crate) mod node;
pub(crate) mod parameter;
pub(crate) mod parse;
pub(crate) mod place;
pub(crate) mod range;
pub(crate) mod types;
