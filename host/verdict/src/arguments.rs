//! What each kind of obligation takes: an obligation that nobody can fulfil is refused where it is written.

use std::collections::BTreeMap;

use crate::{Method, ObligationKind};

/// The treatments by which a field is shown or hidden, as the dictionary has them.
const TREATMENTS: [&str; 6] = ["absent", "present", "band", "masked", "token", "clear"];
/// Who can be told, by `whom` of `notify`.
pub const NOTIFIED: [&str; 3] = ["customer", "support", "supervisor"];
/// The longest name of a region.
const MAX_REGION_CHARS: usize = 32;

/// What is wrong with the arguments of an obligation. The text repeats no argument and no value: from a
/// plugin, either could be a fact in disguise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArgumentError {
    /// One that cannot be done without is not there.
    #[error("`{}` lacks the argument `{argument}`; {}", .kind.as_str(), how(*.kind))]
    Missing {
        /// The obligation.
        kind: ObligationKind,
        /// The argument.
        argument: &'static str,
    },
    /// Nothing is there.
    #[error("`{}` has no arguments; {}", .kind.as_str(), how(*.kind))]
    Nothing {
        /// The obligation.
        kind: ObligationKind,
    },
    /// The catalogue has no such argument.
    #[error("`{}` has an argument that it does not take; {}", .kind.as_str(), how(*.kind))]
    Unknown {
        /// The obligation.
        kind: ObligationKind,
        /// The argument as it is written.
        argument: String,
    },
    /// The value is none of those that the host can act upon.
    #[error("the argument `{argument}` of `{}` cannot have this value; write {takes}", .kind.as_str())]
    Value {
        /// The obligation.
        kind: ObligationKind,
        /// The argument.
        argument: &'static str,
        /// What it takes.
        takes: String,
    },
    /// A field with something that is no treatment.
    #[error("an argument of `{}` is not a treatment; {}", .kind.as_str(), how(*.kind))]
    Treatment {
        /// The obligation.
        kind: ObligationKind,
        /// The field as it is written.
        field: String,
    },
}

impl ArgumentError {
    /// The argument that it is about, as it is written, if that is one of those given.
    pub fn argument(&self) -> Option<&str> {
        match self {
            ArgumentError::Missing { .. } | ArgumentError::Nothing { .. } => None,
            ArgumentError::Unknown { argument, .. } => Some(argument),
            ArgumentError::Value { argument, .. } => Some(argument),
            ArgumentError::Treatment { field, .. } => Some(field),
        }
    }
}

/// One argument of the catalogue.
struct Argument {
    name: &'static str,
    takes: Takes,
    /// Which argument makes it necessary; itself: always.
    needed_with: Option<&'static str>,
}

/// What an argument takes.
enum Takes {
    OneOf(&'static [&'static str]),
    Region,
    /// A whole number.
    Count,
    /// ISO 4217, three capital letters.
    Currency,
    Method,
}

const fn argument(name: &'static str, takes: Takes, needed_with: Option<&'static str>) -> Argument {
    Argument {
        name,
        takes,
        needed_with,
    }
}

const STEP_UP: [Argument; 1] = [argument("method", Takes::Method, Some("method"))];
const ROUTE: [Argument; 1] = [argument("region", Takes::Region, Some("region"))];
const NOTIFY: [Argument; 1] = [argument("whom", Takes::OneOf(&NOTIFIED), Some("whom"))];
const LIMIT: [Argument; 5] = [
    argument("amount_minor", Takes::Count, Some("currency")),
    argument("currency", Takes::Currency, Some("amount_minor")),
    argument("retention_h", Takes::Count, Some("keep_in")),
    argument("keep_in", Takes::Region, None),
    argument("copy_in", Takes::Region, None),
];

impl ObligationKind {
    /// Whether the host, or whoever has to fulfil the obligation, can act upon these arguments. Whether the
    /// fields that `redact` and `disclose` name are there, the dictionary says.
    pub fn check(self, arguments: &BTreeMap<String, String>) -> Result<(), ArgumentError> {
        match self {
            ObligationKind::Redact | ObligationKind::Disclose => {
                at_least_one(self, arguments)?;
                treatments(self, arguments)
            }
            ObligationKind::Limit => {
                words(self, &LIMIT, arguments)?;
                at_least_one(self, arguments)
            }
            ObligationKind::StepUp => words(self, &STEP_UP, arguments),
            ObligationKind::Route => words(self, &ROUTE, arguments),
            ObligationKind::Notify => words(self, &NOTIFY, arguments),
            ObligationKind::FourEyes => words(self, &[], arguments),
        }
    }
}

fn at_least_one(
    kind: ObligationKind,
    arguments: &BTreeMap<String, String>,
) -> Result<(), ArgumentError> {
    if arguments.is_empty() {
        return Err(ArgumentError::Nothing { kind });
    }
    Ok(())
}

fn treatments(
    kind: ObligationKind,
    arguments: &BTreeMap<String, String>,
) -> Result<(), ArgumentError> {
    match arguments
        .iter()
        .find(|(_, treatment)| !TREATMENTS.contains(&treatment.as_str()))
    {
        None => Ok(()),
        Some((field, _)) => Err(ArgumentError::Treatment {
            kind,
            field: field.clone(),
        }),
    }
}

fn words(
    kind: ObligationKind,
    catalogue: &[Argument],
    given: &BTreeMap<String, String>,
) -> Result<(), ArgumentError> {
    for (name, value) in given {
        let known = catalogue.iter().find(|a| a.name == name);
        let Some(known) = known else {
            return Err(ArgumentError::Unknown {
                kind,
                argument: name.clone(),
            });
        };
        if !known.takes.takes(value) {
            return Err(ArgumentError::Value {
                kind,
                argument: known.name,
                takes: known.takes.form(),
            });
        }
    }
    let missing = |a: &&Argument| {
        let needed = |with| with == a.name || given.contains_key(with);
        !given.contains_key(a.name) && a.needed_with.is_some_and(needed)
    };
    match catalogue.iter().find(missing) {
        None => Ok(()),
        Some(missing) => Err(ArgumentError::Missing {
            kind,
            argument: missing.name,
        }),
    }
}

impl Takes {
    fn takes(&self, value: &str) -> bool {
        match self {
            Takes::OneOf(words) => words.contains(&value),
            Takes::Method => Method::from_name(value).is_some(),
            Takes::Region => is_region(value),
            Takes::Count => {
                value.bytes().all(|b| b.is_ascii_digit()) && value.parse::<i64>().is_ok()
            }
            Takes::Currency => value.len() == 3 && value.bytes().all(|b| b.is_ascii_uppercase()),
        }
    }

    fn form(&self) -> String {
        match self {
            Takes::OneOf(words) => words.join(" or "),
            Takes::Method => Method::ALL.map(Method::as_str).join(" or "),
            Takes::Region => "the word of a region, such as eu".into(),
            Takes::Count => "a whole number, such as 24".into(),
            Takes::Currency => "a currency of ISO 4217, such as EUR".into(),
        }
    }
}

/// A word as tokens and configuration name regions.
fn is_region(text: &str) -> bool {
    (1..=MAX_REGION_CHARS).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// What a kind takes, in words.
fn how(kind: ObligationKind) -> String {
    let fields = || {
        format!(
            "it takes names of fields, each with one of {}",
            TREATMENTS.join(", ")
        )
    };
    let form = |a: &Argument| format!("`{}` ({})", a.name, a.takes.form());
    match kind {
        ObligationKind::Redact | ObligationKind::Disclose => fields(),
        ObligationKind::StepUp => format!("it takes {}", STEP_UP.each_ref().map(form).join(", ")),
        ObligationKind::Route => format!("it takes {}", ROUTE.each_ref().map(form).join(", ")),
        ObligationKind::Notify => format!("it takes {}", NOTIFY.each_ref().map(form).join(", ")),
        ObligationKind::FourEyes => "it takes none".into(),
        ObligationKind::Limit => {
            "it takes `amount_minor` with `currency`, `retention_h` with or without `keep_in`, `copy_in`"
                .into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A kind, its arguments, and a part of what is said about them.
    type Case = (
        ObligationKind,
        &'static [(&'static str, &'static str)],
        &'static str,
    );

    fn check(kind: ObligationKind, given: &[(&str, &str)]) -> Result<(), ArgumentError> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        kind.check(&given.iter().map(owned).collect())
    }

    #[test]
    fn what_somebody_can_fulfil_passes() {
        let cases: [(ObligationKind, &[(&str, &str)]); 10] = [
            (ObligationKind::StepUp, &[("method", "app-approval")]),
            (
                ObligationKind::Redact,
                &[("payer.city", "absent"), ("payer.name", "token")],
            ),
            (ObligationKind::Disclose, &[("payment.amount", "band")]),
            (ObligationKind::Route, &[("region", "in")]),
            (ObligationKind::Notify, &[("whom", "supervisor")]),
            (ObligationKind::FourEyes, &[]),
            (
                ObligationKind::Limit,
                &[("amount_minor", "10000"), ("currency", "EUR")],
            ),
            (
                ObligationKind::Limit,
                &[("retention_h", "24"), ("keep_in", "in")],
            ),
            (ObligationKind::Limit, &[("retention_h", "24")]),
            (ObligationKind::Limit, &[("copy_in", "in")]),
        ];
        for (kind, given) in cases {
            assert_eq!(check(kind, given), Ok(()), "{kind:?} {given:?}");
        }
    }

    #[test]
    fn what_nobody_can_fulfil_does_not() {
        let cases: [Case; 14] = [
            (
                ObligationKind::StepUp,
                &[("method", "app-aproval")],
                "write totp or out-of-band or app-approval or passkey",
            ),
            (
                ObligationKind::StepUp,
                &[("metod", "app-approval")],
                "it takes `method` (totp or out-of-band or app-approval or passkey)",
            ),
            (ObligationKind::StepUp, &[], "lacks the argument `method`"),
            (
                ObligationKind::StepUp,
                &[("method", "app-approval"), ("also", "x")],
                "does not take",
            ),
            (
                ObligationKind::Redact,
                &[("payer.city", "gone")],
                "is not a treatment",
            ),
            (ObligationKind::Disclose, &[], "has no arguments"),
            (
                ObligationKind::Route,
                &[("region", "")],
                "the word of a region",
            ),
            (
                ObligationKind::Route,
                &[("region", "the moon")],
                "the word of a region",
            ),
            (
                ObligationKind::Notify,
                &[("whom", "press")],
                "customer or support or supervisor",
            ),
            (ObligationKind::FourEyes, &[("who", "x")], "it takes none"),
            (ObligationKind::Limit, &[], "has no arguments"),
            (
                ObligationKind::Limit,
                &[("amount_minor", "10")],
                "lacks the argument `currency`",
            ),
            (
                ObligationKind::Limit,
                &[("amount_minor", "1e3"), ("currency", "EUR")],
                "whole number",
            ),
            (
                ObligationKind::Limit,
                &[("keep_in", "in")],
                "lacks the argument `retention_h`",
            ),
        ];
        for (kind, given, expected) in cases {
            let why = check(kind, given).expect_err(expected).to_string();
            assert!(why.contains(expected), "{expected:?} not in {why:?}");
        }
    }

    #[test]
    fn the_text_repeats_nothing_that_was_written_and_the_error_names_it() {
        let cases: [Case; 3] = [
            (
                ObligationKind::StepUp,
                &[("method", "4111111111111111")],
                "method",
            ),
            (
                ObligationKind::FourEyes,
                &[("4111111111111111", "x")],
                "4111111111111111",
            ),
            (
                ObligationKind::Redact,
                &[("4111111111111111", "4111")],
                "4111111111111111",
            ),
        ];
        for (kind, given, argument) in cases {
            let error = check(kind, given).expect_err("refused");
            assert_eq!(error.argument(), Some(argument));
            assert!(!error.to_string().contains("4111"), "{error}");
        }
    }

    #[test]
    fn the_treatments_are_those_of_the_dictionary() {
        let words = weft_dictionary::Treatment::ALL.map(weft_dictionary::Treatment::as_str);
        assert_eq!(TREATMENTS, words);
    }
}
