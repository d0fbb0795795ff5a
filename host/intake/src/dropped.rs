//! What was in a body and is not kept: how much, where, and why.
//!
//! A value is never named, only its place. A name that the dictionary does not have was made up by the
//! caller and can be anything, also somebody's own name: it is shown only where it is one of the dictionary's but for its
//! spelling, or for one slip beside names of its section. Otherwise [`WITHHELD`] stands in its place; what was probably meant is
//! told all the same.

use std::collections::{HashMap, HashSet};

use weft_diagnostic::{did_you_mean, is_slip_of};
use weft_dictionary::{Dictionary, Origin};

use crate::limits;

/// Stands for a name that is not shown.
pub const WITHHELD: &str = "(withheld)";

/// All that was dropped of one request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dropped {
    count: u32,
    places: Vec<DroppedAt>,
}

/// One place at which something was dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedAt {
    /// A JSON pointer (RFC 6901), or a path of XML elements.
    pub pointer: String,
    /// Why it is not kept.
    pub why: Why,
    /// The field that was probably meant.
    pub near: Option<String>,
}

/// Why a value is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The dictionary has no such field.
    Unknown,
    /// The field is not the caller's to say: the host says it, or computes it.
    NotTheCallers,
    /// A date and time without an offset: nobody can say which instant it is.
    NoInstant,
    /// The operation does not take the field from a request.
    NotOfOperation,
    /// Something in the text leads to a person or to money and is no part of what the field is: the rest is kept.
    Covered,
    /// An identifier or a code of a message that does not have the form of one, or leads to a person by its form.
    NotInForm,
}

impl Why {
    /// The word used in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Why::Unknown => "unknown",
            Why::NotTheCallers => "not-the-callers",
            Why::NoInstant => "no-instant",
            Why::NotOfOperation => "not-of-operation",
            Why::Covered => "covered",
            Why::NotInForm => "not-in-form",
        }
    }
}

impl Dropped {
    /// How many values.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Where: each place once, the first [`limits::MAX_DROPPED_PLACES`].
    pub fn places(&self) -> &[DroppedAt] {
        &self.places
    }

    /// One more. `pointer` is made of names that are shown; what was probably meant is
    /// looked up only for the places that are kept.
    pub fn add(&mut self, pointer: String, why: Why, near: impl FnOnce() -> Option<String>) {
        self.count = self.count.saturating_add(1);
        if self.places.len() >= limits::MAX_DROPPED_PLACES
            || self.places.iter().any(|place| place.pointer == pointer)
        {
            return;
        }
        let near = near();
        self.places.push(DroppedAt { pointer, why, near });
    }

    /// The same without its places, where not even names may be kept.
    pub fn counted_only(self) -> Dropped {
        Dropped {
            count: self.count,
            places: Vec::new(),
        }
    }
}

/// A name that the caller made up, if it is one of those that belong there, as they are spelt or but for one slip.
pub(crate) fn shown(name: &str, mut belong: impl Iterator<Item = impl AsRef<str>>) -> &str {
    let spelt = in_snake_case(name);
    let is_meant = |known: &str| {
        known == spelt || (known.len() >= limits::MIN_SLIP_CHARS && is_slip_of(&spelt, known))
    };
    match may_be_one(name) && belong.any(|known| is_meant(known.as_ref())) {
        true => name,
        false => WITHHELD,
    }
}

/// Whether the dictionary could have such a name.
fn may_be_one(name: &str) -> bool {
    let is_identifier = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    name.len() <= limits::MAX_SHOWN_NAME_CHARS
        && name.bytes().all(is_identifier)
        && name.bytes().any(|b| b.is_ascii_alphabetic())
        && digits <= limits::MAX_SHOWN_NAME_DIGITS
        && weft_redact::in_identifier(name).is_none()
}

/// Names of the dictionary: to look up what was meant, and what may be shown.
pub(crate) struct Names {
    /// Of all fields.
    known: Vec<String>,
    /// Parts of them, between points.
    parts: HashSet<String>,
    /// Of the fields that a caller may say.
    said: Vec<String>,
    /// By what stands after the last point; none where several fields are called so.
    by_last: HashMap<String, Option<String>>,
}

impl Names {
    pub(crate) fn of(dictionary: &Dictionary) -> Names {
        let known: Vec<String> = (dictionary.fields())
            .map(|field| field.name.clone())
            .collect();
        let parts = known.iter().flat_map(|name| name.split('.'));
        let parts = parts.map(str::to_owned).collect();
        let said = (dictionary.fields()).filter(|field| field.origin == Origin::Request);
        let said: Vec<String> = said.map(|field| field.name.clone()).collect();
        let mut by_last: HashMap<String, Option<String>> = HashMap::new();
        for name in &said {
            let last = name.rsplit('.').next().unwrap_or(name).to_owned();
            by_last
                .entry(last)
                .and_modify(|only| *only = None)
                .or_insert_with(|| Some(name.clone()));
        }
        Names {
            known,
            parts,
            said,
            by_last,
        }
    }

    /// A name that a caller wrote in a section, if it is the dictionary's; [`WITHHELD`] otherwise.
    pub(crate) fn shown<'n>(&self, section: &str, name: &'n str) -> &'n str {
        let beside = beside(&self.known, section, name.contains('.'));
        let elsewhere = self.parts.get(&in_snake_case(name));
        shown(name, beside.chain(elsewhere.map(String::as_str)))
    }

    /// The field or section that was probably meant by a name in a section (`device`; empty for the root).
    pub(crate) fn near(&self, section: &str, name: &str) -> Option<String> {
        if !may_be_one(name) {
            return None;
        }
        let name = in_snake_case(name);
        let beside = beside(&self.said, section, name.contains('.'));
        if let Some(near) = did_you_mean(&name, beside) {
            let section = Some(section).filter(|s| !s.is_empty());
            return Some(section.map_or_else(|| near.to_owned(), |s| format!("{s}.{near}")));
        }
        self.by_last.get(&name).cloned().flatten()
    }
}

/// What fields are called within a section; in the root, sections, or whole names where points part them.
fn beside<'f>(
    fields: &'f [String],
    section: &'f str,
    is_whole: bool,
) -> impl Iterator<Item = &'f str> {
    fields.iter().filter_map(move |field| match section {
        "" if is_whole => Some(field.as_str()),
        "" => field.split('.').next(),
        _ => field.strip_prefix(section)?.strip_prefix('.'),
    })
}

/// `isRooted` and `is-rooted` as the dictionary would write them.
fn in_snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    let mut after_small = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && after_small {
            snake.push('_');
        }
        after_small = c.is_ascii_lowercase() || c.is_ascii_digit();
        snake.push(if c == '-' {
            '_'
        } else {
            c.to_ascii_lowercase()
        });
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An IBAN of Azerbaijan.
    const MOSTLY_LETTERS: &str = "AZ75NABZABCDEFGHIJKLMNOPQRST";

    #[test]
    fn a_name_is_shown_only_where_it_belongs() {
        let belong = [
            "malware",
            "is_rooted",
            "device.malware",
            "id",
            "street",
            "email",
        ];
        for name in [
            "malwere",
            "isRooted",
            "is-rooted",
            "device.malware",
            "Id",
            "streets",
        ] {
            assert_eq!(shown(name, belong.iter()), name);
        }
        for name in [
            "colour",
            "Malena",
            "Anna-Lena-Weber",
            "Emily",
            "Emilia",
            "ed",
            "Veldstraat-12",
            "",
            "4111111111111111",
            "4111-1111-1111-1111",
            "c4111_1111_1111_1111",
            "BE68539007547034",
            MOSTLY_LETTERS,
            "+32470123456",
            "ines@example.org",
            "Ines Peeters",
            "493021",
            "1234",
            "a/b",
            "a~b",
            "naïve",
            "<script>",
            "line\nline",
            "a_name_that_is_longer_than_any_field_of_a_dictionary",
        ] {
            assert_eq!(shown(name, belong.iter()), WITHHELD, "{name}");
            // Not even where it belongs, unless it is a name.
            assert!(may_be_one(name) || shown(name, [name].iter()) == WITHHELD);
        }
    }

    #[test]
    fn each_place_is_named_once_and_not_too_many_are() {
        let mut dropped = Dropped::default();
        let mut looked_up = 0;
        for n in 0..100 {
            for _ in 0..2 {
                dropped.add(format!("/x{n}"), Why::Unknown, || {
                    looked_up += 1;
                    None
                });
            }
        }
        assert_eq!(looked_up, limits::MAX_DROPPED_PLACES);
        assert_eq!(dropped.count(), 200);
        assert_eq!(dropped.places().len(), limits::MAX_DROPPED_PLACES);
        assert_eq!(dropped.places()[1].pointer, "/x1");
        let counted = dropped.counted_only();
        assert_eq!((counted.count(), counted.places().len()), (200, 0));
    }
}
