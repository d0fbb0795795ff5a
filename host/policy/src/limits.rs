//! The bounds of policy files and of expressions.

use weft_dictionary::DurationMs;

/// Policy files in one set.
pub const MAX_FILES: usize = 1_000;
/// Rules in one policy.
pub const MAX_RULES: usize = 100;
/// Variables of one policy.
pub const MAX_VARIABLES: usize = 100;
/// Parameters of one policy.
pub const MAX_PARAMETERS: usize = 50;
/// Entries of one list.
pub const MAX_LIST_ENTRIES: usize = 10_000;
/// Grants of one disclosure.
pub const MAX_GRANTS: usize = 200;
/// Times that one disclosure may be used within a day, at most.
pub const MAX_BUDGET: u32 = 1_000_000;
/// Characters of a disclosure's legal basis, title and owner. The first stands in records.
pub const MAX_LEGAL_BASIS_CHARS: usize = 200;
/// Characters of a purpose and of a disclosure's id.
pub const MAX_PURPOSE_CHARS: usize = 64;
/// Digits of a purpose. Callers name it and records repeat it: with more it could
/// be a number that leads to a person.
pub const MAX_PURPOSE_DIGITS: usize = 4;
/// How long after a decision values of its payment are released, at most.
pub const MAX_RELEASE: DurationMs = DurationMs(24 * 3_600_000);
/// How long after a decision its commitments are opened, at most: ten years, longer than payments have to be documented.
pub const MAX_OPENINGS: DurationMs = DurationMs(3_653 * 24 * 3_600_000);
/// Characters of one message.
pub const MAX_MESSAGE_CHARS: usize = 1_000;
/// Minor units of an amount that nobody pays or has: ten million million in most currencies. That nothing gets milder
/// by the level of threat is proven for facts up to this.
pub const MAX_USUAL_AMOUNT_MINOR: i64 = 1_000_000_000_000_000;
/// The same for whole numbers, above and below zero.
pub const MAX_USUAL_INTEGER: i64 = 1_000_000_000;
/// The same for decimals, above and below zero.
pub const MAX_USUAL_DECIMAL: i64 = 1_000_000_000_000;
/// The same for instants: the end of the year 2999.
pub const MAX_USUAL_INSTANT_MS: i64 = 32_503_679_999_999;
/// The same for lengths of time: a thousand years.
pub const MAX_USUAL_LENGTH_MS: i64 = 31_557_600_000_000;
/// Cases, by which facts are there, that are looked at to prove it for one policy.
pub(crate) const MAX_THREAT_CASES: u32 = 2_000;
/// Parts of expressions that are looked at to prove it for one set: a second or so.
pub(crate) const MAX_THREAT_STEPS: u64 = 10_000_000;
/// Rows that are looked through for one that gets milder at a higher level of threat, for one policy.
pub(crate) const MAX_TRIALS: usize = 20_000;
/// Steps of the policies that are asked about such rows, for one set: half a second or so.
pub(crate) const MAX_TRIAL_STEPS: u64 = 20_000_000;
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
/// Steps of one question to the solver.
pub(crate) const MAX_SOLVER_STEPS: u64 = 20_000;
/// Steps of all questions about one set: a second or two.
pub(crate) const MAX_ANALYSIS_STEPS: u64 = 2_000_000;
/// Pairs of rules that are asked whether they can hold together.
pub(crate) const MAX_OVERLAP_QUESTIONS: usize = 20_000;
/// Nodes that are copied to take either-or out of the comparisons of one condition.
pub(crate) const MAX_READ_NODES: usize = 4_000;
/// Possible cases of one question for which no example was found.
pub(crate) const MAX_UNCONFIRMED: usize = 16;
/// Steps of all questions about two sets that are compared.
pub(crate) const MAX_DIFF_STEPS: u64 = 8_000_000;
/// Steps of the questions about one change with the rest of the set around it.
pub(crate) const MAX_CHANGE_STEPS: u64 = 800_000;
/// Questions about what one change takes away from policies of later stages.
pub(crate) const MAX_HIDDEN_QUESTIONS: usize = 32;
/// Steps of one such question.
pub(crate) const MAX_SURROUNDED_STEPS: u64 = 100_000;
/// Rows that both sets decide for one such question.
pub(crate) const MAX_SURROUNDED_TRIES: usize = 64;
/// Policies that are kept from being in the way of a change.
pub(crate) const MAX_SURROUNDING_POLICIES: usize = 200;
/// Rows that show a change, for one question about the change alone.
pub(crate) const MAX_PLAIN_TRIES: usize = 128;
/// Rows that are tried for one case.
pub(crate) const MAX_EXAMPLE_TRIES: usize = 512;
/// Values of one fact that are tried.
pub(crate) const MAX_EXAMPLE_VALUES: usize = 12;
/// Instants of one fact that are tried, where conditions ask the clock.
pub(crate) const MAX_EXAMPLE_INSTANTS: usize = 32;
/// Instants that are looked at to find those: the hours of a year, and some.
pub(crate) const MAX_CLOCK_INSTANTS: usize = 10_000;
/// Numbers of the conditions of which sums, differences and quotients are tried.
pub(crate) const MAX_COMPUTED_NUMBERS: usize = 6;
/// Reasons that are kept for one answer.
pub(crate) const MAX_CONFLICTS: usize = 4;
/// Facts of a decision table: what a reader takes in at a glance.
pub(crate) const MAX_TABLE_COLUMNS: usize = 4;
/// Facts that are added to an example so that other policies are quiet.
pub(crate) const MAX_CALMED_FACTS: usize = 24;
/// Conditions that are asked to make all examples of one comparison better.
pub(crate) const MAX_CALMING_CONDITIONS: usize = 20_000_000;
