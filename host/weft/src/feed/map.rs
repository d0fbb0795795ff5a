//! How the columns of a file become payments.

use std::path::Path;

use serde::Deserialize;
use weft_diagnostic::yaml::{self, Spanned};
use weft_diagnostic::{Code, Diagnostic, Diagnostics};
use weft_dictionary::{Currency, Dictionary, DurationMs, Kind, Origin, Timestamp};

/// A feed map that does not fit the dictionary.
pub(crate) const DOES_NOT_FIT: Code = Code {
    id: "W0601",
    title: "the feed map does not fit",
    page: "A feed map names, for each field of the dictionary, the column that it comes from. Fields must be \
           in the dictionary and the caller's to say; an amount needs a currency; a time needs a unit.\n\n\
           See examples/feeds/handbook.yaml.",
};

/// The codes of this module.
pub(crate) const CODES: &[Code] = &[DOES_NOT_FIT];

/// A checked map.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Map {
    version: Spanned<u32>,
    /// What the file is.
    pub(crate) format: Format,
    /// The operation that every line asks for.
    pub(crate) operation: String,
    /// When a payment was.
    pub(crate) time: Time,
    /// Where each field comes from.
    pub(crate) fields: Vec<From>,
    /// Payments with a value in common here are decided in order.
    #[serde(default)]
    pub(crate) in_order: Vec<Spanned<String>>,
    /// Which payments turned out to be fraud, if the file knows.
    #[serde(default)]
    pub(crate) label: Option<Label>,
}

/// What a file is.
#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// Comma-separated values with a header line (RFC 4180).
    Csv,
    /// One JSON object a line.
    Jsonl,
}

/// When a payment was: RFC 3339, or a number of units since an instant.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Time {
    pub(crate) from: String,
    #[serde(default)]
    unit: Option<Unit>,
    #[serde(default)]
    since: Option<Spanned<String>>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Unit {
    Ms,
    S,
}

/// Where a field comes from.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct From {
    /// The field, by its name in the dictionary.
    pub(crate) field: Spanned<String>,
    /// A column.
    #[serde(default)]
    pub(crate) from: Option<String>,
    /// The same for every payment.
    #[serde(default, rename = "const")]
    pub(crate) constant: Option<String>,
    /// Put before the column's value.
    #[serde(default)]
    pub(crate) prefix: String,
    /// Of an amount.
    #[serde(default)]
    pub(crate) currency: Option<Spanned<String>>,
    /// Whether an amount is rounded to its currency's minor unit, half to even: for files whose amounts
    /// went through binary floats, such as 85.64999999999999. Without it such a line is refused.
    #[serde(default)]
    pub(crate) rounded: bool,
}

/// Which payments turned out to be fraud.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Label {
    pub(crate) from: String,
    /// The value that means fraud.
    pub(crate) fraud: String,
}

impl Map {
    /// Reads and checks a map.
    pub(crate) fn load(path: &Path, dictionary: &Dictionary) -> Result<Map, Diagnostics> {
        let file = path.display().to_string();
        let map: Map = yaml::parse(&file, &yaml::read_text(path)?)?;
        let problems = map.problems(&file, dictionary);
        if problems.is_empty() {
            Ok(map)
        } else {
            Err(Diagnostics(problems))
        }
    }

    fn problems(&self, file: &str, dictionary: &Dictionary) -> Vec<Diagnostic> {
        let mut problems = Vec::new();
        let mut refuse = |at: &Spanned<String>, message: String, help: String| {
            problems.push(yaml::error_at(DOES_NOT_FIT, file, at, message).help(help));
        };
        if self.version.value != 1 {
            let at = Spanned::new(String::new(), self.version.referenced, self.version.defined);
            refuse(
                &at,
                "this version of the form is not known".into(),
                "write version: 1".into(),
            );
        }
        for from in &self.fields {
            let name = &from.field;
            let Some(field) = dictionary.by_name(&name.value) else {
                let help = match dictionary.did_you_mean(&name.value) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "name a field of the dictionary".into(),
                };
                refuse(name, format!("there is no field `{}`", name.value), help);
                continue;
            };
            if field.origin != Origin::Request {
                refuse(
                    name,
                    format!("`{}` is not the caller's to say", name.value),
                    "remove it".into(),
                );
            }
            if from.from.is_some() == from.constant.is_some() {
                refuse(
                    name,
                    format!("`{}` needs either `from` or `const`", name.value),
                    "keep one".into(),
                );
            }
            if (field.kind == Kind::Money) != from.currency.is_some() {
                let kind = field.kind.as_str();
                let message = format!(
                    "`currency` is for amounts, and every amount needs one: `{}` is {kind}",
                    name.value
                );
                refuse(name, message, "add or remove `currency`".into());
            }
            if from.rounded && from.currency.is_none() {
                let message = format!("only amounts are rounded: `{}` is none", name.value);
                refuse(name, message, "remove `rounded`".into());
            }
            if let Some(currency) = &from.currency
                && Currency::from_code(&currency.value).is_err()
            {
                let message = "this is not a currency of ISO 4217".to_owned();
                refuse(
                    currency,
                    message,
                    "write its three letters, such as EUR".into(),
                );
            }
        }
        for name in &self.in_order {
            if !self.fields.iter().any(|f| f.field.value == name.value) {
                refuse(
                    name,
                    format!("`{}` is not among `fields`", name.value),
                    "name one that is".into(),
                );
            }
        }
        if let Some(since) = &self.time.since
            && Timestamp::parse(&since.value).is_none()
        {
            refuse(
                since,
                "this is not an instant".into(),
                "write RFC 3339, for example 2018-04-01T00:00:00Z".into(),
            );
        }
        problems
    }
}

impl Time {
    /// The instant that a column says.
    pub(crate) fn read(&self, text: &str) -> Option<Timestamp> {
        let Some(unit) = self.unit else {
            return Timestamp::parse(text);
        };
        let number: u64 = text.parse().ok()?;
        let ms = match unit {
            Unit::Ms => number,
            Unit::S => number.checked_mul(1_000)?,
        };
        let since = match &self.since {
            Some(since) => Timestamp::parse(&since.value)?,
            None => Timestamp(0),
        };
        Some(since.plus(DurationMs(ms)))
    }
}
