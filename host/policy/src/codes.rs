//! The classes of problem that policy files can have, each with its page.

use weft_diagnostic::Code;

/// The expression is not CEL, or too large.
pub const SYNTAX: Code = Code {
    id: "W0301",
    title: "the expression cannot be read",
    page: "The text is not an expression of the Common Expression Language (cel.dev), or it is longer or nested \
           deeper than the limits. Split a long expression into `variables`.",
};
/// A name that is not there.
pub const UNKNOWN_NAME: Code = Code {
    id: "W0302",
    title: "unknown name",
    page: "The expression names a field that is not in the dictionary, a variable that is not defined above it, or a \
           function that policies do not have. A misspelt name would be a rule that never fires, so the file is \
           refused.",
};
/// Types that do not fit.
pub const TYPES: Code = Code {
    id: "W0303",
    title: "types do not fit",
    page: "An operator or function gets a value of a type that it does not take: an amount compared with a text, a \
           rule that is not true or false. Nothing is converted silently, because a comparison that can never hold \
           is a rule that never fires.\n\nAmounts are written `money('12.50', 'EUR')`, exact decimals \
           `decimal('0.5')`, lengths of time `duration('24h')`, instants `timestamp('2026-01-01T00:00:00Z')`.",
};
/// Part of CEL that policies do not have.
pub const UNSUPPORTED: Code = Code {
    id: "W0304",
    title: "not part of the policy language",
    page: "Policies use a bounded part of CEL: no floats, no maps, no comprehensions, no regular expressions. What is \
           left always ends, in a time that the expression's size bounds.",
};
/// The policy contradicts itself or the pipeline.
pub const CONTRADICTION: Code = Code {
    id: "W0305",
    title: "the policy contradicts itself or the pipeline",
    page: "Two keys exclude each other, a key names something that is not there (a stage, an operation, a reason, a \
           field), or two policies have the same id. The message names both sides.",
};
/// A failure that would let a payment go on.
pub const FAIL_OPEN: Code = Code {
    id: "W0306",
    title: "a failure would let it go on",
    page: "`on_missing` and `on_error` say what is decided when a fact is missing or an evaluation fails. For payments \
           anything milder than `hold` lets a payment go on because something is broken. If that is meant, say why \
           in `metadata.accepts_risk`; a reviewer then sees it.",
};
/// A test of a policy fails, or cannot be run.
pub const TEST: Code = Code {
    id: "W0307",
    title: "a test of the policy does not hold",
    page: "The `tests` of a policy file are run with every check. The message says what was expected and what came. \
           A policy with rules and without tests is worth a warning: nobody has written down what it should do.",
};

/// The codes of this crate.
pub const CODES: &[Code] = &[
    SYNTAX,
    UNKNOWN_NAME,
    TYPES,
    UNSUPPORTED,
    CONTRADICTION,
    FAIL_OPEN,
    TEST,
];
