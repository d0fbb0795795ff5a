//! The file as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;
use weft_diagnostic::yaml::Spanned;

use crate::field::{Format, Measure, Take};
use crate::{Class, DurationMs, Kind};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// Version of the file's form.
    pub(super) version: Spanned<u32>,
    pub(super) sections: BTreeMap<String, String>,
    pub(super) fields: Vec<FieldSource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldSource {
    pub(super) name: Spanned<String>,
    pub(super) kind: Spanned<Kind>,
    pub(super) class: Spanned<Class>,
    pub(super) title: String,
    pub(super) meaning: String,
    #[serde(default)]
    pub(super) by: Option<Spanned<By>>,
    #[serde(default)]
    pub(super) derived: Option<Spanned<DerivedSource>>,
    #[serde(default)]
    pub(super) feature: Option<Spanned<FeatureSource>>,
    #[serde(default)]
    pub(super) format: Option<Spanned<Format>>,
    #[serde(default)]
    pub(super) one_of: Vec<String>,
    #[serde(default)]
    pub(super) examples: Vec<String>,
    #[serde(default)]
    pub(super) max_length: Option<Spanned<usize>>,
    #[serde(default)]
    pub(super) claim: Option<Spanned<bool>>,
    #[serde(default)]
    pub(super) token: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) iso20022: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize, PartialEq, Eq, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum By {
    Request,
    Host,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DerivedSource {
    pub(super) from: String,
    pub(super) take: Take,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeatureSource {
    pub(super) of: Vec<String>,
    pub(super) measure: Measure,
    #[serde(default)]
    pub(super) window: Option<DurationMs>,
}
