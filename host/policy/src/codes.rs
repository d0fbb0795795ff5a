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
    page: "The expression names a field that is not in the dictionary, a variable that is not defined above it, a \
           function that policies do not have, or a word that its field never holds: not one of the few of its `one_of`, no country of \
           ISO 3166-1, no currency of ISO 4217, nothing of the form that its `format` says (`reference`, `code`, `mcc`, `service`, `base64url`). A misspelt name would be a rule that never fires, so the file is \
           refused. So is one that names, outside of expressions, a field that is not there (in a message, an obligation, a grant or a \
           test), or a rule or parameter that a test names and the file does not have.",
};
/// Types that do not fit.
pub const TYPES: Code = Code {
    id: "W0303",
    title: "types do not fit",
    page: "An operator or function gets a value of a type that it does not take: an amount compared with a text, a \
           rule that is not true or false. Nothing is converted silently, because a comparison that can never hold \
           is a rule that never fires. Two tokens are the same only if they are of one kind.\n\nAmounts are written `money('12.50', 'EUR')`, exact decimals \
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
           field), a fact is granted twice, or two policies have the same id. The message names both sides.",
};
/// A failure that would let a payment go on.
pub const FAIL_OPEN: Code = Code {
    id: "W0306",
    title: "a failure would let it go on",
    page: "`on_missing` and `on_error` say what is decided when a fact is missing or an evaluation fails. \
           Anything milder than `hold` lets a payment, or a request about one, go on because something is broken. If that is meant, name \
           `on_missing` or `on_error` in `metadata.accepts_risk` and say why; a reviewer then sees it. What is accepted of \
           something else, as of a fact, does not excuse it.",
};
/// A test of a policy fails, or cannot be run.
pub const TEST: Code = Code {
    id: "W0307",
    title: "a test of the policy does not hold",
    page: "The `tests` of a policy file are run with every check. The message says what was expected and what came. \
           A policy with rules and without tests is worth a warning: nobody has written down what it should do. Two \
           tests of one file have two names, or a report could not say which of them does not hold.",
};

/// A parameter that does not fit.
pub const PARAMETER: Code = Code {
    id: "W0308",
    title: "a parameter does not fit",
    page: "A parameter is a threshold with a name, a title, a type and a value, so that a regulator finds it and a \
           test can vary it. The value has to be of the type and within `min` and `max`, and a bare number needs a \
           `unit`: 13 alone says nothing, 13 basis points does.\n\nTypes and how their values are written: `integer` 5, \
           `decimal` 0.13, `money` 30.00 EUR, `duration` 24h, `text` anything. `at_threat` gives other values from a \
           level of threat on.",
};
/// A list that does not fit.
pub const LIST: Code = Code {
    id: "W0309",
    title: "a list does not fit",
    page: "A list below `lists/` has a name, a title, a kind, sources and entries. Countries are of ISO 3166-1 \
           (alpha-2), currencies of ISO 4217, corridors two countries as `BE>IN`, where `*` is any country on one side. \
           An entry stands once. An empty list is refused, because a rule about it would never fire.",
};
/// A higher level of threat would make a decision milder.
pub const THREAT: Code = Code {
    id: "W0310",
    title: "a higher level of threat would loosen the policy",
    page: "The host says a level of threat, 0 to 3 (`processing.threat_level`). A policy may become stricter as it \
           rises, never milder: a rule that objects may only fire more often, a rule that allows only more rarely. This \
           is proven from the expressions, or the policy is refused.\n\nWhat depends on the level may stand in sums, \
           differences, products with what is never negative, `math.least` and `math.greatest`, and in a choice between \
           thresholds, as long as it moves one way. Compare it with <, <=, > or >=. Where another fact in the same \
           condition may be missing and `on_missing` is stricter than the rule, write a rule for each.\n\nPolicies of a stage act \
           on those of later ones: a fact that they take away (`redact`) is missing there, and where a stage ends the walk \
           (`stop_at`) the later ones are not asked. So a rule that depends on the level may take a fact away only where \
           every later policy that reads it says as much without it, and may end the walk only with a denial, or where no \
           later policy says more. Of two that disclose a fact the stricter treatment counts, so one that discloses less than \
           `clear` does not go away at a higher level. The level itself is granted to plugins of the last stage only, and nobody takes it away.\n\nA \
           challenge or hold that a step-up clears is milder than a hold that nothing clears, such as that of `on_missing`.\n\nWhere \
           nobody says anything in the last stage, `no_policy` of the operation counts. A rule that comes with a higher level and is less than \
           that, or a fact that is missing then, needs another enforced policy that says something anyway. A plugin that is asked is taken to \
           say something.\n\nWhere the tests \
           of the file, or rows made from them at the thresholds, show a case that gets milder, the message has it.",
};
/// A message shows what its reader may not see.
pub const MESSAGE: Code = Code {
    id: "W0311",
    title: "a message shows what its reader may not see",
    page: "Messages may name facts as `{payment.amount}`. Customers see what is public, operational or personal about \
           their own payment; agents what the decision disclosed to them; auditors what is public or operational. A fact \
           that is a token or a secret stands in no message. A brace itself is written `{{` or `}}`.",
};
/// Two versions of a policy at the same time.
pub const PERIODS: Code = Code {
    id: "W0312",
    title: "two versions of a policy are in force at the same time",
    page: "Files with the same id are versions of one policy: each is in force from its `effective.from` up to its \
           `effective.until`, which is not included. At any time at most one of them may be in force, or a decision \
           would not know which counts.",
};
/// A time between two versions of a policy.
pub const GAP: Code = Code {
    id: "W0323",
    title: "no version of a policy is in force for a time",
    page: "Files with the same id are versions of one policy. Here one ends before the next begins, and in between no \
           version is asked: what the policy denies or holds at other times is decided then as if it were not there. \
           Mostly a date is wrong. The `until` of the earlier is not included, so it is the `from` of the next.",
};
/// A source that nobody has read against the policy.
pub const UNVERIFIED: Code = Code {
    id: "W0313",
    title: "the policy is enforced and a source of it is not verified",
    page: "Somebody should read each source and compare the policy with it, and then write `verified: true`. Until then \
           that the policy is enforced is this deployment's own decision.",
};
/// Something that nothing uses.
pub const UNUSED: Code = Code {
    id: "W0314",
    title: "nothing uses it",
    page: "A parameter that no expression and no message uses, a variable that no expression uses, or a list that no \
           policy uses, is a threshold or a rule that people believe in and that does nothing. A field that is granted to \
           a plugin which does not ask for it is a permission that nobody needs.",
};
/// Rules that could take too long.
pub const COST: Code = Code {
    id: "W0315",
    title: "deciding could take too long",
    page: "Every expression has a cost that is known before it is ever asked: in steps, each about as long as comparing \
           two numbers, with every text as long as the dictionary lets it be and every branch taken that costs more. \
           An expression, and all rules together that are asked about one operation, have a limit, so that no policy \
           file can make the host slow.",
};

/// A rule that can never fire.
pub const NEVER: Code = Code {
    id: "W0316",
    title: "it can never hold",
    page: "There are no facts for which the condition holds: it contradicts itself, or the `match` of its policy, or \
           what the dictionary lets the fact be. That is proven, not guessed. People believe in such a rule, and it \
           never says its verdict. It is not without effect: a fact of it that is missing still leads to `on_missing`, a \
           comparison that fails (other currencies) to `on_error`. So rewrite it rather than remove it, and let \
           `weft policy diff` show what a change decides.\n\nThe message names what cannot hold together. Often a bound is the wrong way round \
           (`amount > 50 && amount < 30`), a text is misspelt, or `&&` should be `||`.",
};
/// A condition that is never false.
pub const ALWAYS: Code = Code {
    id: "W0317",
    title: "it is never false",
    page: "There are no facts for which the condition is false: the rule fires for every payment whose facts are there. \
           That is proven, not guessed. Often `||` should be `&&`: `role != 'agent' || role != 'supervisor'` holds for \
           everybody.\n\nA fact of it that is missing still leads to `on_missing`, a comparison that fails to `on_error`; \
           `true` in its place, or the policy without this condition of `match`, does neither, which can be milder. Let \
           `weft policy diff` show what a change decides.",
};
/// A rule that adds nothing to another one of its policy.
pub const SHADOWED: Code = Code {
    id: "W0318",
    title: "another rule of the policy always says as much",
    page: "Whenever the rule fires, another rule of the same policy fires, too, with the same or a more severe verdict and \
           the same obligations or more. That is proven, not guessed. When it fires, it adds a reason at most. It is not \
           without effect: a fact of it that is missing still leads to `on_missing`, a comparison that fails to `on_error`, \
           also where the other rule does not fire. So rewrite it rather than remove it. Often the other rule is too wide, or this one was to be more severe.",
};
/// An operation about which no policy that counts says anything.
pub const UNCOVERED: Code = Code {
    id: "W0319",
    title: "no enforced policy is about the operation",
    page: "The pipeline has an operation about which no enforced policy is asked, or none of the last stage. Every such \
           request ends with the operation's `no_policy`. Nothing is let go on by that; but nobody decided it either.",
};
/// Leaving out a fact would make a decision milder.
pub const ABSENCE: Code = Code {
    id: "W0321",
    title: "who leaves the fact out gets a milder decision",
    page: "An expression asks `has(fact)`, and for some facts the policy says something milder where this one is not there. The \
           message has an example. Without the fact a rule that objects, or in the last stage flags, is silent, or its policy does not apply, or a rule that \
           allows or flags fires: `!has(sign) || !sign` allows whoever does not say whether there is a sign. Or what a rule asks for (four \
           eyes, a fact taken away) goes with it; or with it nobody says anything, and without it a rule says less than `no_policy`. \
           Whoever sends the request can leave the fact out.\n\nNo milder is what says as much as with the fact, or as much as `on_missing`. Before the \
           last stage an allowance releases nothing and is not meant. What a plugin says without a fact is not known; that it is \
           not asked is meant.\n\nLeave out `has(fact)`, so that a missing fact leads to `on_missing`; or add a \
           rule on `!has(fact)` that says as much. Where the fact may be left out, name it in `metadata.accepts_risk` and say why; a \
           reviewer then sees it. Facts that the host itself says are not meant, nor are claims: \
           fields with `claim: true` in the dictionary, by which the sender asks for something, such as an exemption.\n\nIt is an error \
           where nothing is left that objects: with the fact the policy challenges, holds or denies, or says nothing, and without it says nothing \
           or allows. Where something milder still objects, and for a draft, it is a warning.",
};

/// Whether leaving out a fact would make a decision milder is not known.
pub const ABSENCE_UNKNOWN: Code = Code {
    id: "W0324",
    title: "whether who leaves the fact out gets a milder decision is not known",
    page: "An expression asks `has(fact)`, so that leaving the fact out may make the policy milder (`weft explain W0321`). Here no example \
           of it was found, and no proof that there is none: what a condition computes is too hard to see through, or the search \
           ended at its bound. So nobody has shown that it is safe. Or a rule that fires without the fact acts on a later policy: it takes \
           another fact away from it, or ends the walk before it is asked.\n\nLeave out `has(fact)`, so that a missing fact leads to \
           `on_missing`; write the condition more plainly, as `amount > limit` for `amount * 7 > limit * 7`; or name the fact in \
           `metadata.accepts_risk` and say why it may be left out.",
};

/// A reason's code that two policies give, each with another code for messages.
pub const TWO_MEANINGS: Code = Code {
    id: "W0320",
    title: "two policies mean different things by one reason",
    page: "Two enforced policies give reasons with the same code, and ISO 20022 reports would carry another `status_reason` \
           for each, or one for the one and none for the other. A reply tells each reason in the words of its own policy; but \
           programs that read the code alone cannot tell them apart.",
};

/// A disclosure that does not fit.
pub const DISCLOSURE: Code = Code {
    id: "W0322",
    title: "a disclosure does not fit",
    page: "A file below `disclosures/` says for one purpose who may be shown which facts, how much of each, and how often. It is \
           about replies to operations (`on`), about values that the vault releases on request (`release`), or about commitments to \
           personal facts that are opened to who audits (`openings`). A reader is a role, \
           and a grant a field with a treatment that its class allows: a secret is shown to nobody, a value that the vault keeps \
           stands in replies as a token at most, and a card number in clear is for supervisors alone, on request. A fact is \
           granted to one reader for one thing once, so that one purpose, one legal basis and one budget count.",
};

/// The warnings that a policy accepts by naming their code. What can be named more closely, as a fact, is not among them.
pub(crate) const ACCEPTED: &[Code] = &[UNVERIFIED, NEVER, ALWAYS, SHADOWED, TWO_MEANINGS];

/// A message that names what its reader is not shown.
pub const NOT_SHOWN: Code = Code {
    id: "W0325",
    title: "a message names a fact that its reader is not shown",
    page: "What a reader is told of a fact is what a disclosure grants to its role: `service` for customers, who are told in \
           their service's channel, `agent` or `supervisor` for support, `regulator` for who audits. The policy can be asked while \
           no disclosure that is in force grants the fact, so in its place the message says \"not shown\".\n\nGrant it in a \
           file below `disclosures/`, in replies to the operations of the policy; or say the same without the fact.",
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
    PARAMETER,
    LIST,
    THREAT,
    MESSAGE,
    PERIODS,
    GAP,
    UNVERIFIED,
    UNUSED,
    COST,
    NEVER,
    ALWAYS,
    SHADOWED,
    UNCOVERED,
    TWO_MEANINGS,
    ABSENCE,
    ABSENCE_UNKNOWN,
    DISCLOSURE,
    NOT_SHOWN,
];
