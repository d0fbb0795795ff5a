//! What a plugin declares about itself, `weft.manifest/1`.
//!
//! Read strictly: an unknown key, a word outside the host's vocabulary or a default that its own
//! setting would refuse is an error. What a manifest does not declare a plugin does not get and
//! cannot say.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use weft_diagnostic::did_you_mean;
use weft_dictionary::Treatment;
use weft_verdict::ObligationKind;

use crate::settings::SettingInForce;
use crate::text::clean;
use crate::{LoadError, limits, settings};

/// The one schema that this host reads.
pub const SCHEMA: &str = "weft.manifest/1";

/// A plugin's manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`SCHEMA`].
    pub schema: String,
    /// The plugin's name.
    pub name: String,
    /// The plugin's version, three numbers and an optional pre-release (semver.org).
    pub version: String,
    /// Operations that it decides; a trailing `*` stands for any rest.
    pub operations: Vec<String>,
    /// What it wants to know, in the order in which it gets it.
    #[serde(default)]
    pub needs: Vec<Need>,
    /// What a policy may set, in the order in which it gets it.
    #[serde(default)]
    pub settings: Vec<Setting>,
    /// Why it may decide as it does.
    #[serde(default)]
    pub reasons: Vec<DeclaredReason>,
    /// Kinds of obligation that it may impose, from the host's catalogue.
    #[serde(default)]
    pub obligations: Vec<String>,
}

/// One field that a plugin wants to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// The field's name in the dictionary.
    pub field: String,
    /// The kind of value.
    pub kind: ValueKind,
    /// The most that it asks for.
    pub treatment: Treatment,
    /// What for.
    pub purpose: String,
    /// Whether it cannot decide without.
    #[serde(default)]
    pub required: bool,
}

/// One thing that a policy may set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// The kind of value.
    pub kind: ValueKind,
    /// Whether a policy must set it.
    #[serde(default)]
    pub required: bool,
    /// What it is unless set.
    #[serde(default)]
    pub default: Option<serde_json::Value>,
    /// The least it may be.
    #[serde(default)]
    pub min: Option<serde_json::Value>,
    /// The most it may be.
    #[serde(default)]
    pub max: Option<serde_json::Value>,
    /// All it may be, unless empty.
    #[serde(default)]
    pub one_of: Vec<serde_json::Value>,
    /// What a number counts: `points`, `km/h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What it does.
    #[serde(default)]
    pub doc: String,
}

/// One reason that a plugin may give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredReason {
    /// Its code.
    pub code: String,
    /// A few words for people.
    pub title: String,
}

/// Kinds of needs and settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueKind {
    /// `true` or `false`.
    Boolean,
    /// 64 bits, signed.
    Integer,
    /// Exact decimal, written as text.
    Decimal,
    /// Text.
    Text,
    /// A pseudonym; not for settings.
    Token,
    /// `{"value": "1.00", "currency": "EUR"}`.
    Money,
    /// RFC 3339.
    Instant,
    /// `24h`.
    Duration,
    /// A list of texts.
    Texts,
    /// Any JSON.
    Json,
}

impl ValueKind {
    /// The word used in manifests.
    pub fn as_str(self) -> &'static str {
        match self {
            ValueKind::Boolean => "boolean",
            ValueKind::Integer => "integer",
            ValueKind::Decimal => "decimal",
            ValueKind::Text => "text",
            ValueKind::Token => "token",
            ValueKind::Money => "money",
            ValueKind::Instant => "instant",
            ValueKind::Duration => "duration",
            ValueKind::Texts => "texts",
            ValueKind::Json => "json",
        }
    }
}

impl Need {
    /// Whether a value of that kind is what the plugin's code can read. Where a value has no token,
    /// mask or band, a treatment leaves less: see [`Treatment::apply`].
    pub fn can_read(&self, kind: ValueKind) -> bool {
        match self.treatment {
            Treatment::Clear => kind == self.kind,
            Treatment::Token => {
                matches!(
                    kind,
                    ValueKind::Token | ValueKind::Text | ValueKind::Boolean
                )
            }
            Treatment::Masked | Treatment::Band => {
                matches!(kind, ValueKind::Text | ValueKind::Boolean)
            }
            Treatment::Present => kind == ValueKind::Boolean,
            Treatment::Absent => false,
        }
    }
}

impl Manifest {
    /// Reads and checks a manifest.
    pub fn parse(bytes: &[u8]) -> Result<Manifest, LoadError> {
        let wrong = |error: serde_json::Error| LoadError::Manifest {
            why: clean(&error.to_string(), limits::MAX_DETAIL_CHARS),
            remedy: "compare it with the SDK's, which `weft plugin build` writes".into(),
        };
        /// Read first and loosely, so that a manifest of a later schema says so.
        #[derive(Deserialize)]
        struct Header {
            schema: String,
        }
        let header: Header = serde_json::from_slice(bytes).map_err(wrong)?;
        if header.schema != SCHEMA {
            return Err(LoadError::UnknownSchema {
                found: clean(&header.schema, limits::MAX_NAME_CHARS),
            });
        }
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(wrong)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Whether the plugin decides that operation.
    pub fn decides(&self, operation: &str) -> bool {
        self.operations
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => operation.starts_with(prefix),
                None => pattern == operation,
            })
    }

    /// Every setting as it is for a policy that sets these, in the manifest's order.
    pub fn settings_with(&self, given: &Map<String, Json>) -> Vec<SettingInForce> {
        let settings = self.settings.iter();
        settings
            .map(|setting| SettingInForce::of(setting, given.get(&setting.name)))
            .collect()
    }

    fn check(&self) -> Result<(), LoadError> {
        name("name", &self.name)?;
        check_version(&self.version)?;
        count(
            "operations",
            self.operations.len(),
            1,
            limits::MAX_OPERATIONS,
        )?;
        for operation in &self.operations {
            name(
                "operations",
                operation.strip_suffix('*').unwrap_or(operation),
            )?;
        }
        self.check_needs()?;
        self.check_settings()?;
        count("reasons", self.reasons.len(), 0, limits::MAX_REASONS)?;
        for reason in &self.reasons {
            name("reasons", &reason.code)?;
            words("reasons", &reason.title)?;
        }
        unique("reasons", self.reasons.iter().map(|r| r.code.as_str()))?;
        count(
            "obligations",
            self.obligations.len(),
            0,
            ObligationKind::ALL.len(),
        )?;
        for kind in &self.obligations {
            check_obligation(kind)?;
        }
        unique("obligations", self.obligations.iter().map(String::as_str))
    }

    fn check_needs(&self) -> Result<(), LoadError> {
        count("needs", self.needs.len(), 0, limits::MAX_NEEDS)?;
        for need in &self.needs {
            name("needs", &need.field)?;
            name("needs", &need.purpose)?;
            if need.treatment == Treatment::Absent {
                return Err(refused(
                    format!("the need `{}` has the treatment absent", need.field),
                    "ask for `present` at least, or take the need out",
                ));
            }
        }
        unique("needs", self.needs.iter().map(|n| n.field.as_str()))
    }

    fn check_settings(&self) -> Result<(), LoadError> {
        count("settings", self.settings.len(), 0, limits::MAX_SETTINGS)?;
        for setting in &self.settings {
            name("settings", &setting.name)?;
            words("settings", &setting.doc)?;
            words("settings", setting.unit.as_deref().unwrap_or_default())?;
            count("one_of", setting.one_of.len(), 0, limits::MAX_CHOICES)?;
            settings::check_declaration(setting).map_err(|why| {
                refused(
                    format!("the setting `{}`: {why}", setting.name),
                    "correct the setting's declaration in the plugin",
                )
            })?;
        }
        unique("settings", self.settings.iter().map(|s| s.name.as_str()))
    }
}

fn refused(why: String, remedy: impl Into<String>) -> LoadError {
    LoadError::Manifest {
        why,
        remedy: remedy.into(),
    }
}

/// Letters, digits, `.`, `_` and `-`, beginning with a letter: fit to be quoted anywhere.
pub(crate) fn is_name(text: &str) -> bool {
    text.len() <= limits::MAX_NAME_CHARS
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

fn name(key: &'static str, text: &str) -> Result<(), LoadError> {
    if is_name(text) {
        return Ok(());
    }
    Err(refused(
        format!(
            "`{}` in `{key}` is not a name",
            clean(text, limits::MAX_NAME_CHARS)
        ),
        format!(
            "use at most {} letters, digits, dots, hyphens and underscores, a letter first",
            limits::MAX_NAME_CHARS
        ),
    ))
}

fn words(key: &'static str, text: &str) -> Result<(), LoadError> {
    if text.len() > limits::MAX_DOC_CHARS {
        return Err(refused(
            format!("a text in `{key}` has {} bytes", text.len()),
            format!("shorten it to {} bytes", limits::MAX_DOC_CHARS),
        ));
    }
    if text
        .chars()
        .any(|c| c != '\n' && !crate::text::is_printable(c))
    {
        return Err(refused(
            format!("a text in `{key}` has control characters"),
            "write plain text",
        ));
    }
    Ok(())
}

fn check_version(version: &str) -> Result<(), LoadError> {
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let numbers = core.split('.').map(|part| part.parse::<u32>().is_ok());
    let three = core.split('.').count() == 3;
    let plain = version
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+'));
    if three && numbers.into_iter().all(|is| is) && plain && version.len() <= limits::MAX_NAME_CHARS
    {
        return Ok(());
    }
    Err(refused(
        format!(
            "the version `{}` is not one",
            clean(version, limits::MAX_NAME_CHARS)
        ),
        "write three numbers, such as 1.0.0",
    ))
}

fn check_obligation(kind: &str) -> Result<(), LoadError> {
    if ObligationKind::from_name(kind).is_some() {
        return Ok(());
    }
    let names = ObligationKind::ALL.map(ObligationKind::as_str);
    let remedy = match did_you_mean(kind, names) {
        Some(alike) => format!("did you mean `{alike}`?"),
        None => format!("the host's are {}", names.join(", ")),
    };
    Err(refused(
        format!(
            "`{}` in `obligations` is not an obligation of this host",
            clean(kind, limits::MAX_NAME_CHARS)
        ),
        remedy,
    ))
}

fn count(key: &'static str, given: usize, min: usize, max: usize) -> Result<(), LoadError> {
    if (min..=max).contains(&given) {
        return Ok(());
    }
    Err(refused(
        format!("`{key}` has {given} entries"),
        format!("there may be {min} to {max}"),
    ))
}

fn unique<'a>(key: &'static str, names: impl Iterator<Item = &'a str>) -> Result<(), LoadError> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(refused(
                format!("`{name}` is in `{key}` twice"),
                "leave one of them",
            ));
        }
    }
    Ok(())
}
