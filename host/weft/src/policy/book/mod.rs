//! `weft policy book`: the policies in force, as one document for people.
//!
//! Everything in it is made from the checked files and the dictionary; nothing is written beside them.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use weft_dictionary::{Dictionary, Timestamp};
use weft_engine::Clock;
use weft_policy::{Body, Policy, PolicySet, Status};

use crate::exit::Failed;
use crate::output;

mod html;
mod markdown;
mod words;

pub(crate) use html::STYLE;
pub(crate) use words::obligation;

/// Print the policies in force as one document for people.
///
/// By family: what each policy is for, where it comes from, when it applies, its rules in plain words, what it
/// says when something is missing, its messages; then every fact that the host knows, and who sees what.
#[derive(Args)]
pub(crate) struct BookArgs {
    /// The directory with dictionary.yaml, pipeline.yaml and the policies.
    #[arg(default_value = "policies")]
    dir: PathBuf,
    /// The policies in force at this instant (RFC 3339) [default: now].
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    at: Option<Timestamp>,
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
    at: Timestamp,
}

/// The policies of one family.
struct Family<'a> {
    name: &'a str,
    policies: Vec<&'a Policy>,
}

impl<'a> Book<'a> {
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
        self.set
            .policies()
            .iter()
            .map(AsRef::as_ref)
            .filter(move |policy| policy.status() != Status::Draft && policy.in_force(at))
    }

    /// Policies that are written and not in force: drafts, and those of another time.
    fn waiting(&self) -> Vec<&'a Policy> {
        let at = self.at;
        self.set
            .policies()
            .iter()
            .map(AsRef::as_ref)
            .filter(|policy| policy.status() == Status::Draft || !policy.in_force(at))
            .collect()
    }

    /// What plugins get of fields: policy, plugin, field, treatment.
    fn grants(&self) -> Vec<(&'a Policy, &'a str, &'a str, &'static str)> {
        let mut all = Vec::new();
        for policy in self.in_force() {
            let Body::Plugin(plugin) = policy.body() else {
                continue;
            };
            for grant in &plugin.grants {
                let field = self.dictionary.field(grant.field);
                all.push((
                    policy,
                    plugin.name.as_str(),
                    field.name.as_str(),
                    grant.treatment.as_str(),
                ));
            }
        }
        all
    }
}

pub(crate) fn run(args: &BookArgs) -> Result<(), Failed> {
    let dictionary = Dictionary::load(&args.dir.join("dictionary.yaml"))?;
    let set = PolicySet::load(&args.dir, &dictionary)?;
    let book = Book {
        dictionary: &dictionary,
        set: &set,
        at: args.at.unwrap_or_else(|| Clock::System.now()),
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
