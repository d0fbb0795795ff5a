//! Looks for the story's card numbers in everything that the host wrote.

use std::fs;
use std::path::Path;

use super::story::{Body, Story};
use crate::exit::Failed;
use crate::output;

/// Fails when a card number of the story is found in a file below `data`.
pub(crate) fn look(story: &Story, data: &Path) -> Result<(), Failed> {
    let bodies = story.steps.iter().flat_map(|step| &step.send);
    let mut cards: Vec<String> = bodies.filter_map(card).collect();
    cards.sort();
    cards.dedup();
    let mut looked = Looked::default();
    look_in(data, &cards, &mut looked)?;
    output::line(&format!(
        "Looked for the story's {} in {} ({} bytes) that the host wrote: {} found.\n",
        output::counted(cards.len(), "card number"),
        output::counted(looked.files, "file"),
        looked.bytes,
        looked.found,
    ));
    match looked.found {
        0 => Ok(()),
        _ => Err(Failed::because("a card number was written in clear")),
    }
}

#[derive(Default)]
struct Looked {
    files: usize,
    bytes: usize,
    found: usize,
}

/// The digits of the card number that a request carries.
fn card(body: &Body) -> Option<String> {
    let json: serde_json::Value = serde_json::from_str(&body.text).ok()?;
    let pan = json["instrument"]["pan"].as_str()?;
    Some(pan.chars().filter(char::is_ascii_digit).collect())
}

fn look_in(dir: &Path, cards: &[String], looked: &mut Looked) -> Result<(), Failed> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            look_in(&path, cards, looked)?;
            continue;
        }
        let bytes = fs::read(&path)?;
        looked.files += 1;
        looked.bytes += bytes.len();
        for card in cards {
            let found = memchr::memmem::find(&bytes, card.as_bytes());
            looked.found += usize::from(found.is_some());
        }
    }
    Ok(())
}
