//! `weft policy diff`: what changed between two sets of policies, for those who sign it.

mod json;
mod markdown;
mod text;
mod words;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use weft_dictionary::{Dictionary, Timestamp};
use weft_engine::Clock;
use weft_policy::{Body, PolicyFiles, PolicySet, SetDiff, Status, Version};

use crate::exit::Failed;
use crate::output;

/// Tell what changed between two directories of policies, in words, with facts for which a decision changes.
///
/// For each change of a rule, a condition, a parameter or a list: what it was and what it is, and either the
/// proof that every decision is the same, or the facts of one request for which it is not and what both sets
/// decide about them, or that no such facts were found. Both sets are asked about what is shown; plugins are not.
/// Tests, remarks and how the same is written are not compared.
///
/// Exits 0 when every decision is the same (nothing changed, only words, only drafts, or it is proven), 1 when a
/// decision changes or may, or a host would refuse the new policies, and 2 when the directories cannot be compared.
#[derive(Args)]
pub(crate) struct DiffArgs {
    /// The directory with the old policies.
    old: PathBuf,
    /// The directory with the new policies.
    new: PathBuf,
    /// The form.
    #[arg(long, default_value = "text")]
    format: Form,
    /// When the examples are decided (RFC 3339), unless they are about another time [default: now].
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For a terminal.
    Text,
    /// For a page.
    Markdown,
    /// For programs.
    Json,
}

fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text)
        .ok_or_else(|| "not an instant; write RFC 3339, for example 2026-12-01T00:00:00Z".into())
}

/// Two sets and what changed.
struct Compared<'a> {
    old: &'a Path,
    new: &'a Path,
    /// Of the new set: for titles.
    dictionary: &'a Dictionary,
    diff: &'a SetDiff,
    /// Why a host would refuse the new set.
    refusal: Vec<String>,
    /// The policies of one of the sets that count and ask a plugin, and whether it is taken to allow.
    asks_plugins: BTreeMap<&'a str, bool>,
}

pub(crate) fn run(args: &DiffArgs) -> Result<(), Failed> {
    let old = load(&args.old).map_err(Failed::trouble)?;
    let new = load(&args.new).map_err(Failed::trouble)?;
    let at = args.at.unwrap_or_else(|| Clock::System.now());
    let diff = SetDiff::of(version(&old), version(&new), at);
    let compared = Compared {
        old: &args.old,
        new: &args.new,
        dictionary: &new.0,
        diff: &diff,
        refusal: refusal(&args.new, &new),
        asks_plugins: asking_plugins(&old.1)
            .chain(asking_plugins(&new.1))
            .collect(),
    };
    let text = match args.format {
        Form::Text => text::render(&compared),
        Form::Markdown => markdown::render(&compared),
        Form::Json => json::render(&compared).map_err(|why| Failed::trouble(why.into()))?,
    };
    output::bytes(text.as_bytes());
    if diff.may_change_decisions() || !compared.refusal.is_empty() {
        return Err(Failed::Said);
    }
    Ok(())
}

/// Why a host would refuse a set when it loads it.
fn refusal(dir: &Path, (dictionary, set): &(Dictionary, PolicySet)) -> Vec<String> {
    let open = set.refusal(dir, dictionary).0.into_iter();
    let failed = match set.tests().failed {
        0 => None,
        1 => Some("1 test does not hold".to_owned()),
        n => Some(format!("{n} tests do not hold")),
    };
    open.map(|problem| problem.to_string())
        .chain(failed)
        .collect()
}

/// The policies that ask a plugin; one of the last stage is taken to allow.
fn asking_plugins(set: &PolicySet) -> impl Iterator<Item = (&str, bool)> {
    let last = set.stages().last().map(|stage| stage.name.as_str());
    let policies = set.policies().iter();
    let counting = policies.filter(|policy| policy.status() == Status::Enforced);
    let asking = counting.filter(|policy| matches!(policy.body(), Body::Plugin(_)));
    asking.map(move |policy| (policy.id(), last == Some(policy.stage())))
}

fn load(dir: &Path) -> Result<(Dictionary, PolicySet), Failed> {
    let files = PolicyFiles::read(dir)?;
    let (file, text) = files.dictionary()?;
    let dictionary = Dictionary::parse(file, text)?;
    let set = PolicySet::load_for_review(dir, &dictionary)?;
    let failed = set.tests().failed;
    if failed > 0 {
        output::step(&format!(
            "{} in {} {} not hold, so a host would not take it; `weft policy test {}` tells which",
            output::counted(failed, "test"),
            dir.display(),
            if failed == 1 { "does" } else { "do" },
            dir.display(),
        ));
    }
    Ok((dictionary, set))
}

fn version((dictionary, set): &(Dictionary, PolicySet)) -> Version<'_> {
    Version { set, dictionary }
}
