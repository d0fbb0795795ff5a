//! `weft policy book`: the policies in force, as one document for people.
//!
//! Everything in it is made from the checked files and the dictionary; nothing is written beside them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use weft_dictionary::{Dictionary, Timestamp};
use weft_engine::Clock;
use weft_policy::{Policy, PolicySet, PolicyTests, Status};

use crate::exit::Failed;
use crate::output;

mod history;
mod html;
mod markdown;
mod needs;
mod sights;
mod words;

use history::{History, Lived};

pub(crate) use html::STYLE;
pub(crate) use words::obligation;

/// Print the policies in force as one document for people.
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
    /// The policies in force at this instant (RFC 3339) [default: now].
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
    /// Print policies that are not in force in full, too: drafts, and those of another time.
    #[arg(long)]
    all: bool,
    /// A host's directory: with it, the book says which text of each policy the host had loaded since when.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
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
    history: History,
    at: Timestamp,
    /// Whether policies that are not in force are printed in full.
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

    /// The policies in force, by family, then by title.
    fn families(&self) -> Vec<Family<'a>> {
        let mut families: Vec<Family<'a>> = Vec::new();
        for policy in self.in_force() {
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

    /// Drafts are in nobody's way, so they are not in force.
    fn in_force(&self) -> impl Iterator<Item = &'a Policy> {
        let at = self.at;
        self.policies()
            .filter(move |policy| policy.status() != Status::Draft && policy.in_force(at))
    }

    /// Policies that are written and not in force: drafts, and those of another time.
    fn waiting(&self) -> Vec<&'a Policy> {
        let at = self.at;
        self.policies()
            .filter(|policy| policy.status() == Status::Draft || !policy.in_force(at))
            .collect()
    }

    /// What stands between a policy and its being in force, as far as the files tell.
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

    /// The policies in force that name a country or a list of countries.
    fn by_country(&self) -> BTreeMap<String, Vec<&'a Policy>> {
        let mut countries: BTreeMap<String, Vec<&'a Policy>> = BTreeMap::new();
        for policy in self.in_force() {
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

    /// The texts of a policy that a host had loaded.
    fn lived(&self, policy: &Policy) -> &[Lived] {
        self.history.get(policy.id()).map_or(&[], Vec::as_slice)
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
    let dictionary = Dictionary::load(&args.dir.join("dictionary.yaml"))?;
    let set = PolicySet::load(&args.dir, &dictionary)?;
    let tests = PolicySet::test(&args.dir, &dictionary, false)?;
    let book = Book {
        dictionary: &dictionary,
        set: &set,
        tests: tests
            .into_iter()
            .map(|tests| (tests.path.clone(), tests))
            .collect(),
        history: match &args.data {
            Some(data) => history::of(data)?,
            None => History::new(),
        },
        at: args.at.unwrap_or_else(|| Clock::System.now()),
        all: args.all,
    };
    let text = match args.format {
        Form::Html => html::render(&book),
        Form::Markdown => markdown::render(&book),
    };
    match &args.out {
        None => output::bytes(text.as_bytes()),
        Some(file) => {
            std::fs::write(file, &text)
                .map_err(|error| Failed::because(format!("{}: {error}", file.display())))?;
            let count = book.in_force().count();
            output::step(&format!("wrote {}: {count} in force", file.display()));
        }
    }
    Ok(())
}
