//! `weft plugin check`: components, looked at as the host does, and against the dictionary.

use std::path::{Path, PathBuf};

use clap::Args;
use weft_diagnostic::did_you_mean;
use weft_dictionary::{
    Currency, Dictionary, DurationMs, Field, Kind, Money, Slot, Timestamp, Token, Treatment, Value,
};
use weft_sandbox::manifest::{Manifest, Need};
use weft_sandbox::{NeedValue, ValueKind};

use super::{load, thousands};
use crate::exit::Failed;
use crate::output;

/// Check components as the host does before it uses them.
///
/// The whole file is verified, compiled and asked for its manifest; then each of its needs is looked up in the
/// dictionary. Exits 0 when the host takes all of them.
#[derive(Args)]
pub(crate) struct Check {
    /// Components.
    #[arg(required = true, value_name = "FILE.wasm")]
    files: Vec<PathBuf>,
    /// The directory with dictionary.yaml.
    #[arg(long, value_name = "DIR", default_value = "policies")]
    policies: PathBuf,
}

pub(super) fn run(args: &Check) -> Result<(), Failed> {
    let dictionary = dictionary(&args.policies)?;
    let sandbox = load::sandbox()?;
    let mut refused = 0;
    for file in &args.files {
        let loaded = match load::load(&sandbox, file) {
            Ok(loaded) => loaded,
            Err(error) => {
                output::error(&error.to_string());
                refused += 1;
                continue;
            }
        };
        let manifest = loaded.plugin.manifest();
        let problems = dictionary
            .as_ref()
            .map_or_else(Vec::new, |d| unfit(manifest, d));
        if problems.is_empty() {
            sound(file, loaded.bytes.len(), manifest, loaded.plugin.digest());
            continue;
        }
        refused += 1;
        for problem in problems {
            output::error(&format!("{}: {problem}", file.display()));
        }
    }
    if refused == 0 {
        Ok(())
    } else {
        Err(Failed::Said)
    }
}

/// Without one the needs are not looked up, and that is said.
fn dictionary(policies: &Path) -> Result<Option<Dictionary>, Failed> {
    let file = policies.join("dictionary.yaml");
    if file.exists() {
        return Ok(Some(Dictionary::load(&file)?));
    }
    output::step(&format!(
        "needs are not looked up, because there is no {}; name its directory with --policies DIR",
        file.display()
    ));
    Ok(None)
}

fn sound(file: &Path, bytes: usize, manifest: &Manifest, digest: &str) {
    output::line(&format!(
        "{}  sound: {} {}, {} bytes, sha256 {digest}; {}, {}, {}, {}",
        file.display(),
        manifest.name,
        manifest.version,
        thousands(bytes as u64),
        output::counted(manifest.operations.len(), "operation"),
        output::counted(manifest.needs.len(), "need"),
        output::counted(manifest.settings.len(), "setting"),
        output::counted(manifest.reasons.len(), "reason"),
    ));
}

/// What the plugin asks for and no request has.
fn unfit(manifest: &Manifest, dictionary: &Dictionary) -> Vec<String> {
    manifest
        .needs
        .iter()
        .filter_map(|need| match dictionary.by_name(&need.field) {
            None => Some(unknown(need, dictionary)),
            Some(field) => another_kind(need, field),
        })
        .collect()
}

fn unknown(need: &Need, dictionary: &Dictionary) -> String {
    let help = match did_you_mean(&need.field, dictionary.fields().map(|f| f.name.as_str())) {
        Some(alike) => format!("did you mean `{alike}`?"),
        None => "name a field of dictionary.yaml, or add it there".into(),
    };
    format!("the dictionary has no field `{}`; {help}", need.field)
}

/// The kind in which the field arrives under the need's treatment must be the one that the code reads.
fn another_kind(need: &Need, field: &Field) -> Option<String> {
    let arrives = arrives(need.treatment, field)?;
    (arrives != need.kind).then(|| {
        format!(
            "`{}` arrives as {} with the treatment {}, the plugin reads {}; change the type of the need or its \
             treatment",
            need.field,
            arrives.as_str(),
            need.treatment.as_str(),
            need.kind.as_str(),
        )
    })
}

fn arrives(treatment: Treatment, field: &Field) -> Option<ValueKind> {
    let sample = if field.class.is_tokenised() {
        Value::Token(Token::new("eu", "card", [0; 16]))
    } else {
        sample(field.kind)?
    };
    let value = treatment.apply(&sample)?;
    NeedValue::from_slot(&Slot::Present(value), |_| String::new()).kind()
}

/// Some value of the kind.
fn sample(kind: Kind) -> Option<Value> {
    Some(match kind {
        Kind::Boolean => Value::Boolean(true),
        Kind::Integer => Value::Integer(0),
        Kind::Decimal => Value::Decimal(0.into()),
        Kind::Text | Kind::Country => Value::text("BE"),
        Kind::Money => Value::Money(Money {
            minor_units: 0,
            currency: Currency::from_code("EUR").ok()?,
        }),
        Kind::Instant => Value::Instant(Timestamp(0)),
        Kind::Duration => Value::Duration(DurationMs(0)),
        Kind::Texts => Value::Texts(Vec::new()),
    })
}
