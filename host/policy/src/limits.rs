//! The bounds of policy files and of expressions.

/// Policy files in one set.
pub const MAX_FILES: usize = 1_000;
/// Rules in one policy.
pub const MAX_RULES: usize = 100;
/// Parameters of one policy.
pub const MAX_PARAMETERS: usize = 50;
/// Entries of one list.
pub const MAX_LIST_ENTRIES: usize = 10_000;
/// Characters of one message.
pub const MAX_MESSAGE_CHARS: usize = 1_000;
/// Rows that are decided at all levels of threat, for one policy.
pub(crate) const MAX_TRIALS: usize = 20_000;
/// Stages in a pipeline.
pub const MAX_STAGES: usize = 16;
/// Characters of one expression. The parser recurses on long chains (`1+1+…`), so this bounds its stack.
pub const MAX_EXPRESSION_CHARS: usize = 2_000;
/// Brackets within brackets in one expression.
pub const MAX_NESTING: usize = 32;
/// Nodes of one checked expression, with the variables that it uses.
pub const MAX_NODES: usize = 1_000;
/// Steps of one expression, at most, whatever the row says. A step is about as long as comparing two numbers.
pub const MAX_EXPRESSION_STEPS: u64 = 10_000;
/// Steps of all rules that are asked about one operation: about a millisecond.
pub const MAX_OPERATION_STEPS: u64 = 500_000;
/// The stack on which expressions are parsed and checked, in bytes.
pub const PARSER_STACK_BYTES: usize = 64 << 20;
