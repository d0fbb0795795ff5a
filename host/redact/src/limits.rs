//! Every bound of this crate.

use std::ops::RangeInclusive;
use std::time::Duration;

/// Bytes that are looked at in one piece; a longer text is looked at in pieces of this size, cut at blanks where
/// there are any.
pub const MAX_PIECE_BYTES: usize = 1 << 20;
/// How often an encoding within an encoding is opened.
pub const MAX_NESTING: u8 = 2;
/// How often a text is looked at in which something was covered.
pub const MAX_ROUNDS: usize = 8;
/// Characters of base64 or hexadecimal below which nothing is opened.
pub const MIN_ENCODED_CHARS: usize = 10;
/// Bytes of one encoded run that are opened.
pub const MAX_DECODED_BYTES: usize = 64 << 10;
/// Characters of base32 below which nothing is opened: twelve digits have as many.
pub const MIN_BASE32_CHARS: usize = 20;
/// Characters of an opened text below which it is not looked at.
pub const MIN_OPENED: usize = 6;
/// Characters from which on an opened text counts wherever it stands; a shorter one has to be two thirds of what was
/// opened, or a mailbox in it is chance: three in a million hashes have one.
pub const MIN_OPENED_AMONG_OTHERS: usize = 20;
/// Characters around a card number that are looked at: as many as a hash of 256 bits has in hexadecimal.
pub const RANDOM_CHARS: usize = 64;
/// Characters of the random part of a name or token that the host gives: as many as 128 bits have in base32.
pub const NAME_CHARS: usize = 26;
/// Digits of a card number (ISO/IEC 7812-1).
pub const CARD_DIGITS: RangeInclusive<usize> = 12..=19;
/// Characters of an IBAN: of Norway, and the most that ISO 13616 allows.
pub const IBAN_CHARS: RangeInclusive<usize> = 15..=34;
/// Digits of a phone number in international form; E.164 has no lower bound, shorter ones are within one network.
pub const PHONE_DIGITS: RangeInclusive<usize> = 8..=15;
/// Bytes between two groups of digits of one number; of a card number characters.
pub const MAX_GAP_BYTES: usize = 3;
/// Bytes of a word between the groups of a card number in prose, as in ` and `.
pub const MAX_GAP_WORD_BYTES: usize = 8;
/// Bytes before a number in which a word says what it is.
pub const WORD_BYTES: usize = 40;
/// Letters between the groups of a number in an identifier that are seen through.
pub const MAX_LETTERS_BETWEEN: usize = 3;
/// Words that announce a national identifier of which the neighbours are looked at in an identifier.
pub const MAX_WORDS_LOOKED_AT: usize = 64;
/// Letters in a row that a national identifier has at the most where a word is beside it.
pub const MAX_LETTERS_OF_A_NUMBER: usize = 2;
/// Parts of a national identifier, which may be written one character by one.
pub const MAX_PARTS_OF_A_NUMBER: usize = 16;
/// Digits below which an identifier leads to nobody.
pub const MIN_DIGITS_OF_AN_IDENTIFIER: usize = 5;
/// Bytes behind a card number in which its security code is looked for.
pub const CODE_BYTES: usize = 48;
/// Bytes between two values that are looked at together.
pub const MAX_BETWEEN_VALUES: usize = 48;
/// How often the same alarm is told at most; all are counted.
pub const TELL_EVERY: Duration = Duration::from_secs(1);
