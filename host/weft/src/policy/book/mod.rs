//! `weft policy book`: policy files, as one document for people.
//!
//! Everything in it is made from the checked files and the dictionary; nothing is written beside them. Whether a host
//! decides by these files is compared with its log and said on the front page.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use weft_dictionary::{Dictionary, Timestamp};
use weft_engine::sets::{Archive, LoadedSet, Pinning};
use weft_engine::{Clock, Pipeline};
use weft_policy::{Policy, PolicyFiles, PolicySet, PolicyTests, Status};
use weft_sandbox::{Sandbox, SandboxConfig, SettingInForce};

use crate::exit::Failed;
use crate::output;

mod history;
mod html;
mod markdown;
mod needs;
mod obligations;
mod sights;
mod standing;
mod words;

use history::{History, Lived};

pub(crate) use obligations::obligation;
pub(crate) use words::setting;

/// Print policy files as one document for people.
///
/// By family: what each policy is for, where it comes from, when it applies, its thresholds and rules in plain words,
/// decision tables where rules form one, what it says when something is missing, its messages, its tests, its history;
/// then which policies are asked about what, who sees what, facts that policies need and nobody says yet, lists, and
/// every fact that the host knows.
#[derive(Args)]
pub(crate) struct BookArgs {
    /// The directory with dictionary.yaml, pipeline.yaml and the policies.
    #[arg(default_value = "policies")]
    dir: PathBuf,
    /// The policies that are effective at this instant (RFC 3339) [default: now].
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
    /// Print policies that are not effective in full, too: drafts, and those of another time.
    #[arg(long)]
    all: bool,
    /// A host's directory: with it, the book says whether the host decides by these files, which policy set was in
    /// force since when, and which text of each policy.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where the plugins are: with it, every setting of theirs is told, defaults included. Not needed where --data has
    /// the policy set with these files.
    #[arg(long, value_name = "DIR")]
    plugins: Option<PathBuf>,
    /// The form.
    #[arg(long, default_value = "html")]
    format: Form,
    /// Where to write it [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One HTML document without scripts, which also prints well.
    Html,
    /// Markdown.
    Markdown,
}

pub(crate) fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text)
        .ok_or_else(|| "not an instant; write RFC 3339, for example 2026-12-01T00:00:00Z".into())
}

/// What the book is about.
struct Book<'a> {
    dictionary: &'a Dictionary,
    set: &'a PolicySet,
    /// The tests in the files, by file.
    tests: BTreeMap<String, PolicyTests>,
    /// Where the files are, as it was said.
    dir: &'a Path,
    /// What a host's directory knows, if one was named.
    history: Option<History>,
    /// The same files with their plugins, where those are at hand.
    pipeline: Option<Pipeline>,
    at: Timestamp,
    /// When the book is made: what is in force later nobody knows yet.
    now: Timestamp,
    /// Whether policies that are not effective are printed in full.
    all: bool,
}

/// The policies of one family.
struct Family<'a> {
    name: &'a str,
    policies: Vec<&'a Policy>,
}

impl<'a> Book<'a> {
    fn policies(&self) -> impl Iterator<Item = &'a Policy> {
        self.set.policies().iter().map(AsRef::as_ref)
    }

    /// The effective policies, by family, then by title.
    fn families(&self) -> Vec<Family<'a>> {
        let mut families: Vec<Family<'a>> = Vec::new();
        for policy in self.effective() {
            let name = match policy.family() {
                "" => "other",
                name => name,
            };
            match families.iter_mut().find(|family| family.name == name) {
                Some(family) => family.policies.push(policy),
                None => families.push(Family {
                    name,
                    policies: vec![policy],
                }),
            }
        }
        families.sort_by_key(|family| family.name);
        for family in &mut families {
            family.policies.sort_by_key(|policy| policy.title());
        }
        families
    }

    /// The policies that are asked at the time of the book. Drafts are in nobody's way.
    fn effective(&self) -> impl Iterator<Item = &'a Policy> {
        let at = self.at;
        self.policies()
            .filter(move |policy| policy.status() != Status::Draft && policy.in_force(at))
    }

    /// Policies that are written and not effective: drafts, and those of another time.
    fn waiting(&self) -> Vec<&'a Policy> {
        let at = self.at;
        self.policies()
            .filter(|policy| policy.status() == Status::Draft || !policy.in_force(at))
            .collect()
    }

    /// What stands between a policy and its being effective, as far as the files tell.
    fn waits_for(&self, policy: &Policy) -> Vec<String> {
        let mut waits = Vec::new();
        if policy.from() > self.at {
            waits.push(format!("its day, {}", words::day(policy.from())));
        }
        if policy.until().is_some_and(|until| until <= self.at) {
            waits.push("nothing: its time is over".to_owned());
        }
        if policy.status() != Status::Draft {
            return waits;
        }
        if policy.sources().iter().any(|source| !source.verified) {
            waits.push("somebody to verify its source".to_owned());
        }
        let fields = self
            .reads(policy)
            .into_iter()
            .filter(|f| needs::is_unsaid(f));
        let names: Vec<&str> = fields.map(|field| field.title.as_str()).collect();
        if !names.is_empty() {
            waits.push(format!("facts: {}", names.join(", ")));
        }
        waits
    }

    /// The effective policies that name a country or a list of countries.
    fn by_country(&self) -> BTreeMap<String, Vec<&'a Policy>> {
        let mut countries: BTreeMap<String, Vec<&'a Policy>> = BTreeMap::new();
        for policy in self.effective() {
            for country in words::countries(policy, self.dictionary) {
                countries.entry(country).or_default().push(policy);
            }
        }
        countries
    }

    /// The operations that a policy is asked about, by their titles.
    fn operations_of(&self, policy: &Policy) -> Vec<&'a str> {
        let operations = self.set.operations().iter();
        let asked = operations.filter(|operation| policy.covers(&operation.name));
        asked.map(|operation| operation.title.as_str()).collect()
    }

    fn tests_of(&self, policy: &Policy) -> Option<&PolicyTests> {
        self.tests
            .get(policy.path())
            .filter(|tests| !tests.cases.is_empty())
    }

    /// The texts of a policy in the files, oldest first.
    fn versions_of(&self, policy: &Policy) -> Vec<&'a Policy> {
        let mut versions: Vec<&Policy> =
            self.set.versions(policy.id()).map(AsRef::as_ref).collect();
        versions.sort_by_key(|version| version.from());
        versions
    }

    /// The texts of a policy that a host had in force.
    fn lived(&self, policy: &Policy) -> &[Lived] {
        let history = self.history.as_ref();
        history.map_or(&[], |history| history.texts_of(policy.id()))
    }

    /// The settings of a policy's plugin, defaults included, where the plugin is at hand.
    fn settings(&self, policy: &Policy) -> Option<Vec<SettingInForce>> {
        self.pipeline.as_ref()?.settings_of(policy)
    }

    /// A field's title; its name where there is no such field.
    fn title_of<'n>(&'n self, name: &'n str) -> &'n str {
        let field = self.dictionary.by_name(name);
        field.map_or(name, |field| field.title.as_str())
    }

    fn class_of(&self, name: &str) -> &'static str {
        let field = self.dictionary.by_name(name);
        field.map_or("", |field| field.class.as_str())
    }
}

pub(crate) fn run(args: &BookArgs) -> Result<(), Failed> {
    let files = PolicyFiles::read(&args.dir)?;
    let (file, text) = files.dictionary()?;
    let dictionary = Dictionary::parse(file, text)?;
    let set = PolicySet::of(&files, &dictionary)?;
    let tests = PolicySet::test(&args.dir, &dictionary, false)?.policies;
    let now = Clock::System.now();
    let mut book = Book {
        dictionary: &dictionary,
        set: &set,
        tests: tests
            .into_iter()
            .map(|tests| (tests.path.clone(), tests))
            .collect(),
        dir: &args.dir,
        history: args.data.as_deref().map(History::of).transpose()?,
        pipeline: None,
        at: args.at.unwrap_or(now),
        now,
        all: args.all,
    };
    book.pipeline = plugins(&book, args)?;
    let text = match args.format {
        Form::Html => html::render(&book),
        Form::Markdown => markdown::render(&book),
    };
    match &args.out {
        None => output::bytes(text.as_bytes()),
        Some(file) => {
            std::fs::write(file, &text)
                .map_err(|error| Failed::because(format!("{}: {error}", file.display())))?;
            let count = words::count(book.effective().count(), "policy", "policies");
            output::step(&format!("wrote {}: {count}", file.display()));
            output::step(&book.stands());
        }
    }
    Ok(())
}

/// The set with its plugins: from their directory, or as a host keeps it.
fn plugins(book: &Book<'_>, args: &BookArgs) -> Result<Option<Pipeline>, Failed> {
    let sandbox = || {
        Sandbox::new(SandboxConfig {
            max_in_flight: 1,
            cache: None,
        })
    };
    if let Some(plugins) = &args.plugins {
        let set = LoadedSet::read(&args.dir, plugins, Pinning::Optional, &sandbox()?)?;
        return Ok(Some(set.into_parts().1));
    }
    let (Some(data), Some(set)) = (&args.data, book.set_in_force()) else {
        return Ok(None);
    };
    match Archive::open(data).load(set, &sandbox()?) {
        Ok((_, pipeline)) => Ok(Some(pipeline)),
        Err(why) => {
            output::step(&format!("defaults of plugins are not told: {why}"));
            Ok(None)
        }
    }
}
