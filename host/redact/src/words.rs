//! Words that say what the number behind them is.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::limits::WORD_BYTES;

/// What a word announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Announced {
    SecurityCode,
    PhoneNumber,
    NationalId,
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
    "id number",
    "id no",
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
];

/// All words at once, so that a text is read once for all of them; nothing if they could not be prepared.
static AUTOMATON: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let all = [SECURITY_CODE, PHONE_NUMBER, NATIONAL_ID].concat();
    let built = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(all);
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
            let letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
            !letter(text[..start].chars().next_back()) && !letter(text[end..].chars().next())
        };
        let found = automaton
            .find_overlapping_iter(text)
            .filter(|word| stands_alone(word.start(), word.end()))
            .map(|word| (word.end(), announced(word.pattern().as_usize())));
        Words(found.collect())
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
}

fn announced(pattern: usize) -> Announced {
    if pattern < SECURITY_CODE.len() {
        Announced::SecurityCode
    } else if pattern < SECURITY_CODE.len() + PHONE_NUMBER.len() {
        Announced::PhoneNumber
    } else {
        Announced::NationalId
    }
}
