//! Finds what leads to a person in texts where it does not belong, and covers it.
//!
//! Sensitive values become tokens at the door. This room is for what gets past: a caller who writes a card number into
//! an identifier, a customer who types it into a note, a plugin that repeats it, a dependency that logs it. Found are
//! card numbers, security codes next to them, IBANs, mailboxes, phone numbers and national identifiers; also with
//! separators, letters glued to them, digits of other scripts, letters that look like digits, characters that nobody sees,
//! in escapes of JSON, URLs and HTML, in base64, base32 and hexadecimal, and spread over two values.
//!
//! | module | what is there |
//! |---|---|
//! | `find` | [`find`], [`first`], [`cover`]: the door |
//! | `fold` | a text without its disguises |
//! | `groups`, `text`, `words` | digits, and what stands around them |
//! | `card`, `code`, `iban`, `mailbox`, `phone`, `national` | one kind each |
//! | `identifier` | [`in_identifier`]: a value that is kept as it came, read in every way |
//! | `encoded`, `values` | what is encoded, or spread over two values |
//! | `alarm` | what was covered is counted and told |
//! | `writer` | the layer that log lines pass |
//! | [`pan`] | what may be seen of a card number |
//! | [`limits`] | every bound |
//!
//! What it costs and what it misses is measured: `cargo run --release -p weft-redact --example measure`.
//! The time is linear in the length of the text, whatever the text is.
//!
//! What it cannot know: names, streets, birth dates; numbers in words; pictures; other encodings; a value that a
//! program changes on purpose.

mod alarm;
mod card;
mod code;
mod encoded;
mod find;
mod fold;
mod groups;
mod iban;
mod identifier;
pub mod limits;
mod mailbox;
mod national;
pub mod pan;
mod phone;
mod text;
mod values;
mod words;
mod writer;

pub use alarm::{Layer, counts, covered};
pub use card::{card_within, luhn};
pub use find::{COVERED, Found, Kind, Reading, cover, find, first};
pub use identifier::in_identifier;
pub use values::{across, cover_across};
pub use writer::LogWriter;
