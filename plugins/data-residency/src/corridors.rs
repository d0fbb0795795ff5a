//! The settings: one law as corridors, in words that a policy file can say.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use weft_sdk::prelude::*;

/// In a list of countries or regions: all there are.
pub const ANY: &str = "any";
/// Corridors in one law.
const MAX_CORRIDORS: usize = 64;
/// Hours after which data that may not be kept is deleted at the latest: a year.
const MAX_HOURS: u32 = 366 * 24;

/// One law.
#[derive(Debug, Clone, PartialEq, Settings)]
#[settings(check = check)]
pub struct Law {
    /// The corridors, in order: the first that a payment is in decides. Each has `name`, `payer` and `payee`
    /// (countries, groups, or `any`), `keep_in` (regions), and where it applies `process_in` with
    /// `delete_after_h`, `copy_in`, `send_to`.
    #[setting()]
    pub corridors: Json<Vec<Corridor>>,
    /// Names for lists of countries, such as EEA.
    #[setting(default = "{}")]
    pub groups: Json<BTreeMap<String, Vec<String>>>,
    /// What happens to a payment whose countries are not known, so that the law might apply to it.
    #[setting(default = "hold", one_of = ["hold", "deny"])]
    pub when_unknown: String,
}

/// Payments from some payers to some payees, and where their data may be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Corridor {
    /// In words.
    pub name: String,
    /// Countries of payers.
    pub payer: Vec<String>,
    /// Countries of payees.
    pub payee: Vec<String>,
    /// Regions in which the data may be kept; they may process it as well.
    pub keep_in: Vec<String>,
    /// Regions in which it may be processed and has to be deleted.
    #[serde(default)]
    pub process_in: Vec<String>,
    /// After so many hours.
    #[serde(default)]
    pub delete_after_h: u32,
    /// The region in which a copy has to be, wherever else it is kept.
    #[serde(default)]
    pub copy_in: Option<String>,
    /// The region to which a payment is sent that may not be processed or kept here.
    #[serde(default)]
    pub send_to: Option<String>,
}

/// What a region may do with a payment's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Process and keep.
    Keep,
    /// Process, and delete.
    Process,
    /// Neither.
    Nowhere,
}

impl Corridor {
    /// What a region may do.
    pub(crate) fn place_of(&self, region: &str) -> Place {
        let names = |list: &[String]| {
            list.iter()
                .any(|one| one == ANY || one.eq_ignore_ascii_case(region))
        };
        if names(&self.keep_in) {
            Place::Keep
        } else if names(&self.process_in) {
            Place::Process
        } else {
            Place::Nowhere
        }
    }

    /// Where a copy has to be, unless it is here.
    pub(crate) fn copy_needed(&self, region: &str) -> Option<&str> {
        self.copy_in
            .as_deref()
            .filter(|copy| !copy.eq_ignore_ascii_case(region))
    }
}

/// What the manifest cannot say about a law.
fn check(law: &Law) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (group, countries) in &law.groups.0 {
        if group == ANY || is_country(group) {
            let message = format!(
                "the group {} has the name of a country, or `any`",
                shown(group)
            );
            problems.push(problem("groups", message));
        }
        if countries.is_empty() || !countries.iter().all(|country| is_country(country)) {
            let message = format!(
                "the group {} lists other things than countries such as BE",
                shown(group)
            );
            problems.push(problem("groups", message));
        }
    }
    let corridors = &law.corridors.0;
    if corridors.is_empty() || corridors.len() > MAX_CORRIDORS {
        let message = format!(
            "there are {} corridors; write 1 to {MAX_CORRIDORS}",
            corridors.len()
        );
        problems.push(problem("corridors", message));
    }
    let mut names = BTreeSet::new();
    for (index, corridor) in corridors.iter().enumerate() {
        let number = index + 1;
        if !names.insert(corridor.name.trim()) || corridor.name.trim().is_empty() {
            problems.push(problem(
                "corridors",
                format!("corridor {number} needs a name of its own"),
            ));
        }
        let found = corridor_problems(corridor, &law.groups.0);
        problems.extend(
            found
                .into_iter()
                .map(|why| problem("corridors", format!("corridor {number}: {why}"))),
        );
    }
    problems
}

fn corridor_problems(corridor: &Corridor, groups: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let mut problems = Vec::new();
    for (side, list) in [("payer", &corridor.payer), ("payee", &corridor.payee)] {
        if list.is_empty() {
            problems.push(format!("`{side}` lists nobody; write countries, or `any`"));
        }
        for entry in list {
            if entry != ANY && !is_country(entry) && !groups.contains_key(entry) {
                problems.push(format!(
                    "{} in `{side}` is neither a country such as IN nor a group",
                    shown(entry)
                ));
            }
        }
    }
    if corridor.keep_in.is_empty() {
        problems.push("`keep_in` names no region; the data has to be kept somewhere".to_owned());
    }
    let regions = corridor
        .keep_in
        .iter()
        .chain(&corridor.process_in)
        .chain(&corridor.copy_in)
        .chain(&corridor.send_to);
    problems.extend(regions.filter(|region| !is_region(region)).map(|region| {
        format!(
            "{} is not a region: small letters, digits and hyphens",
            shown(region)
        )
    }));
    if corridor.process_in.is_empty() != (corridor.delete_after_h == 0) {
        problems.push(
            "`process_in` and `delete_after_h` belong together: who may not keep data deletes it"
                .to_owned(),
        );
    }
    if corridor.delete_after_h > MAX_HOURS {
        problems.push(format!("`delete_after_h` is more than {MAX_HOURS}"));
    }
    for (key, region) in [
        ("send_to", &corridor.send_to),
        ("copy_in", &corridor.copy_in),
    ] {
        if region
            .as_deref()
            .is_some_and(|region| region == ANY || corridor.place_of(region) != Place::Keep)
        {
            problems.push(format!(
                "`{key}` is a region that may not keep the data; name one of `keep_in`"
            ));
        }
    }
    problems
}

fn problem(path: &str, message: String) -> Problem {
    Problem {
        path: path.to_owned(),
        message,
    }
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase())
}

fn is_region(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A word of the policy file, short enough for a message.
fn shown(word: &str) -> String {
    format!("`{}`", word.chars().take(32).collect::<String>())
}
