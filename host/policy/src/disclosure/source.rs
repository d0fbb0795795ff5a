//! The form of a disclosure file, as written.

use serde::Deserialize;
use weft_diagnostic::yaml::Spanned;
use weft_dictionary::Treatment;

use crate::policy::{Source, Status};
use crate::source::Effective;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DisclosureFile {
    #[serde(rename = "apiVersion")]
    pub(crate) api_version: Spanned<String>,
    pub(crate) kind: Spanned<String>,
    pub(crate) metadata: Metadata,
    pub(crate) purpose: Spanned<String>,
    pub(crate) legal_basis: Spanned<String>,
    pub(crate) readers: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) on: Vec<Spanned<String>>,
    #[serde(default)]
    pub(crate) release: Option<OnRequest>,
    #[serde(default)]
    pub(crate) openings: Option<OnRequest>,
    pub(crate) grants: Vec<GrantSource>,
    /// Whether readers are told the names of what is withheld from them.
    #[serde(default)]
    pub(crate) names_withheld: bool,
    #[serde(default)]
    pub(crate) budget: Option<BudgetSource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metadata {
    pub(crate) id: Spanned<String>,
    pub(crate) title: Spanned<String>,
    pub(crate) owner: Spanned<String>,
    #[serde(default)]
    pub(crate) description: String,
    pub(crate) sources: Vec<Source>,
    pub(crate) effective: Effective,
    pub(crate) status: Spanned<Status>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OnRequest {
    pub(crate) within: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantSource {
    pub(crate) field: Spanned<String>,
    pub(crate) treatment: Spanned<Treatment>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BudgetSource {
    pub(crate) per_case: Spanned<u32>,
    pub(crate) per_customer: Spanned<u32>,
    pub(crate) per_day: Spanned<u32>,
}
