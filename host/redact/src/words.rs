//! Words that say what the number behind them is.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::limits::{MAX_GAP_BYTES, WORD_BYTES};
use crate::text;

/// What a word announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Announced {
    SecurityCode,
    PhoneNumber,
    NationalId,
    /// A person's or an order's: in an identifier it says nothing.
    Identifier,
    /// A national identifier, or what else the word means to whoever works with payments.
    NationalIdOrOther,
}

const SECURITY_CODE: &[&str] = &[
    "cvv",
    "cvv2",
    "cvc",
    "cvc2",
    "cid",
    "csc",
    "cvn",
    "security code",
    "card code",
    "verification code",
    "prüfnummer",
    "kartenprüfnummer",
    "prüfziffer",
    "cryptogramme",
    "código de seguridad",
    "codice di sicurezza",
    "beveiligingscode",
    "code de sécurité",
    "pin",
    "pin code",
    "pincode",
    "code pin",
    "code secret",
    "geheimzahl",
    "clave",
];
const PHONE_NUMBER: &[&str] = &[
    "phone",
    "tel",
    "telephone",
    "telefon",
    "téléphone",
    "telefono",
    "teléfono",
    "telefoon",
    "mobile",
    "mobil",
    "mobiel",
    "móvil",
    "cell",
    "gsm",
    "handy",
    "whatsapp",
    "sms",
    "call",
    "fon",
    "fax",
    "nummer",
    "ring",
    "reach me",
];
const NATIONAL_ID: &[&str] = &[
    "passport",
    "passeport",
    "reisepass",
    "pasaporte",
    "passnummer",
    "paspoort",
    "national id",
    "national identity",
    "identity card",
    "id card",
    "personalausweis",
    "ausweis",
    "ausweisnummer",
    "ssn",
    "social security",
    "tax id",
    "tin",
    "steuer-id",
    "steuernummer",
    "bsn",
    "burgerservicenummer",
    "pesel",
    "rijksregisternummer",
    "registre national",
    "niss",
    "dni",
    "nie",
    "nino",
    "national insurance",
    "aadhaar",
    "personnummer",
    "codice fiscale",
    "nir",
    "sécurité sociale",
    "securite sociale",
    "cnp",
    "cod numeric personal",
    "nric",
    "cpf",
    "cédula",
    "curp",
    "mykad",
    "insz",
    "numéro national",
];
const IDENTIFIER: &[&str] = &["id number", "id no"];
/// Of Belgium and of Korea; and the retrieval reference number of card payments (ISO 8583, field 37).
const NATIONAL_ID_OR_OTHER: &[&str] = &["rrn"];

const ALL: [(&[&str], Announced); 5] = [
    (SECURITY_CODE, Announced::SecurityCode),
    (PHONE_NUMBER, Announced::PhoneNumber),
    (NATIONAL_ID, Announced::NationalId),
    (IDENTIFIER, Announced::Identifier),
    (NATIONAL_ID_OR_OTHER, Announced::NationalIdOrOther),
];

/// All words at once, so that a text is read once for all of them; nothing if they could not be prepared.
static AUTOMATON: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let built = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(ALL.iter().flat_map(|(words, _)| *words));
    built.ok()
});

/// The words of a text, by where they end.
pub(crate) struct Words(Vec<(usize, Announced)>);

impl Words {
    pub(crate) fn of(text: &str) -> Words {
        let Some(automaton) = AUTOMATON.as_ref() else {
            return Words(Vec::new());
        };
        let stands_alone = |start: usize, end: usize| {
            !text::letter_before(text, start) && !text::letter_at(text, end)
        };
        let found = automaton
            .find_overlapping_iter(text)
            .filter(|word| stands_alone(word.start(), word.end()))
            .filter_map(|word| Some((word.end(), announced(word.pattern().as_usize())?)));
        Words(found.collect())
    }

    /// The words that announce a national identifier, wherever they stand in a text, also within other words.
    pub(crate) fn of_national_ids(text: &str) -> impl Iterator<Item = (Range<usize>, Announced)> {
        let automaton = AUTOMATON.iter();
        let found = automaton.flat_map(move |automaton| automaton.find_overlapping_iter(text));
        found.filter_map(|word| {
            let announced = announced(word.pattern().as_usize())?;
            let of_national_ids = [Announced::NationalId, Announced::NationalIdOrOther];
            let is_one = of_national_ids.contains(&announced);
            is_one.then(|| (word.start()..word.end(), announced))
        })
    }

    /// Whether such a word stands shortly before the place, and not before `from`.
    pub(crate) fn announce(&self, what: Announced, from: usize, at: usize) -> bool {
        let from = from.max(at.saturating_sub(WORD_BYTES));
        let first = self.0.partition_point(|(end, _)| *end <= from);
        self.0[first..]
            .iter()
            .take_while(|(end, _)| *end <= at)
            .any(|(_, announced)| *announced == what)
    }

    /// Whether such a word ends right before the place, with a few signs between them at the most.
    pub(crate) fn right_before(&self, what: Announced, text: &str, at: usize) -> bool {
        let first = self.0.partition_point(|(end, _)| end + MAX_GAP_BYTES < at);
        self.0[first..]
            .iter()
            .take_while(|(end, _)| *end <= at)
            .any(|(end, announced)| {
                *announced == what && !text[*end..at].contains(char::is_alphanumeric)
            })
    }
}

fn announced(pattern: usize) -> Option<Announced> {
    let mut all = ALL
        .iter()
        .flat_map(|(words, what)| words.iter().map(|_| *what));
    all.nth(pattern)
}
