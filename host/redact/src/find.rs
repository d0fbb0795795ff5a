//! What leads to a person, found in a text.

use std::borrow::Cow;
use std::ops::Range;

use crate::fold::Folded;
use crate::groups::Groups;
use crate::limits::{MAX_NESTING, MAX_PIECE_BYTES, MAX_ROUNDS};
use crate::words::Words;
use crate::{card, code, encoded, iban, mailbox, national, phone, values};

/// What leads to a person, or to money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Of an account.
    Iban,
    /// Of a card.
    CardNumber,
    /// The digits that prove that a card is at hand (PCI DSS 4.0.1, 3.3.1.2).
    SecurityCode,
    /// Where mail goes to.
    Mailbox,
    /// Of a phone.
    PhoneNumber,
    /// By which a state knows a person.
    NationalId,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 6] = [
        Kind::Iban,
        Kind::CardNumber,
        Kind::SecurityCode,
        Kind::Mailbox,
        Kind::PhoneNumber,
        Kind::NationalId,
    ];

    /// With its article.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Iban => "an IBAN",
            Kind::CardNumber => "a card number",
            Kind::SecurityCode => "a card security code",
            Kind::Mailbox => "a mailbox",
            Kind::PhoneNumber => "a phone number",
            Kind::NationalId => "a national identifier",
        }
    }

    /// As a label of a metric.
    pub fn label(self) -> &'static str {
        match self {
            Kind::Iban => "iban",
            Kind::CardNumber => "card_number",
            Kind::SecurityCode => "security_code",
            Kind::Mailbox => "mailbox",
            Kind::PhoneNumber => "phone_number",
            Kind::NationalId => "national_id",
        }
    }
}

/// What stands in the place of what was covered.
pub const COVERED: &str = "[covered]";

/// How a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The value of a field, or a message made of such: found is what can hardly be anything else, because what is
    /// found is refused, and identifiers are full of digits. Of card numbers that is what most cards are; random numbers
    /// of 16 digits are taken for one 27 times in a thousand, UUIDs, ULIDs and hashes hardly ever. A national identifier
    /// counts behind a word that says what it is.
    Field,
    /// What people or programs write freely: notes, log lines. Found is what may well be something.
    Prose,
}

/// What was found, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Its bytes in the text.
    pub at: Range<usize>,
}

/// All that is found, in the text's order; nothing overlaps.
pub fn find(text: &str, reading: Reading) -> Vec<Found> {
    let mut all = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let piece = piece(rest);
        let before = text.len() - rest.len();
        all.extend(
            in_piece(piece, reading, MAX_NESTING)
                .into_iter()
                .map(|mut found| {
                    found.at = found.at.start + before..found.at.end + before;
                    found
                }),
        );
        rest = &rest[piece.len()..];
    }
    all
}

/// What was found that counts most, if anything was: an IBAN's groups may look like a card number, too.
pub fn first(text: &str, reading: Reading) -> Option<Kind> {
    find(text, reading)
        .into_iter()
        .map(|found| found.kind)
        .min()
}

/// The text with everything that is found covered, and what that was. What stood right beside something else is found
/// when that is covered, so it is looked again.
pub fn cover(text: &str, reading: Reading) -> (Cow<'_, str>, Vec<Kind>) {
    let mut covered = Cow::Borrowed(text);
    let mut kinds = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let all = find(&covered, reading);
        if all.is_empty() {
            break;
        }
        kinds.extend(all.iter().map(|found| found.kind));
        covered = Cow::Owned(without(&covered, &all));
    }
    (covered, kinds)
}

fn without(text: &str, all: &[Found]) -> String {
    let mut covered = String::with_capacity(text.len());
    let mut from = 0;
    for found in all {
        covered.push_str(&text[from..found.at.start]);
        covered.push_str(COVERED);
        from = found.at.end;
    }
    covered.push_str(&text[from..]);
    covered
}

/// The longest beginning that is looked at at once.
fn piece(text: &str) -> &str {
    if text.len() <= MAX_PIECE_BYTES {
        return text;
    }
    let mut end = MAX_PIECE_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let blank = text[..end].rfind([' ', '\n']).filter(|at| *at > end / 2);
    &text[..blank.unwrap_or(end)]
}

fn in_piece(source: &str, reading: Reading, nesting: u8) -> Vec<Found> {
    let folded = Folded::of(source);
    let text = folded.text();
    let groups = Groups::of(text);
    let mut all = Vec::new();
    let mut add = |kind, spans: Vec<Range<usize>>| {
        all.extend(spans.into_iter().map(|span| Found {
            kind,
            at: folded.source(span),
        }));
    };
    add(Kind::Iban, iban::find(text, reading));
    let cards = card::find_in(text, &groups, reading);
    let words = (groups.len() > 0).then(|| Words::of(text));
    if let Some(words) = &words {
        add(
            Kind::NationalId,
            national::find(text, &groups, words, reading),
        );
    }
    if let Some(words) = words.filter(|_| reading == Reading::Prose) {
        add(
            Kind::SecurityCode,
            code::find(text, &groups, &words, &cards),
        );
        add(Kind::CardNumber, values::find(text, &groups));
        add(
            Kind::PhoneNumber,
            phone::find_at_home(text, &groups, &words),
        );
    }
    add(Kind::CardNumber, cards);
    add(Kind::Mailbox, mailbox::find(text));
    add(Kind::PhoneNumber, phone::find(text, reading));
    if nesting > 0 {
        let inside = |opened: encoded::Opened<'_>| {
            let all = in_piece(opened.text, reading, nesting - 1).into_iter();
            // A mailbox may have six characters; everything else is longer than chance makes it.
            let kinds = all.map(|found| found.kind);
            kinds
                .filter(|kind| opened.is_meant || *kind != Kind::Mailbox)
                .min()
        };
        for (span, kind) in encoded::find(text, inside) {
            add(kind, vec![span]);
        }
    }
    one_by_one(all)
}

/// In order, and what overlaps as one.
fn one_by_one(mut all: Vec<Found>) -> Vec<Found> {
    all.sort_by_key(|found| found.at.start);
    let mut apart: Vec<Found> = Vec::with_capacity(all.len());
    for found in all {
        match apart.last_mut() {
            Some(last) if found.at.start < last.at.end => {
                last.at.end = last.at.end.max(found.at.end);
                last.kind = last.kind.min(found.kind);
            }
            _ => apart.push(found),
        }
    }
    apart
}
