//! Numbers of persons as callers hide them in identifiers, which are kept as they came.

use fastrand::Rng;

use super::leaks::{born, card, iban, national_of, usual_card};
use super::{Case, Leak, digits, one};

type Make = fn(&mut Rng) -> String;

/// What is hidden, how it is made, and how it is disguised.
const HIDDEN: [(&str, Make, &[&str]); 4] = [
    (
        "card number of any scheme in an identifier",
        card,
        &[PLAIN, ONE_SIGN, OTHER_SIGNS, EACH_APART],
    ),
    (
        "card number hidden in an identifier",
        usual_card,
        &[
            OTHER_SIGNS,
            EACH_APART,
            LETTERS,
            BACKWARDS,
            GROUPS_BACKWARDS,
        ],
    ),
    (
        "IBAN hidden in an identifier",
        iban,
        &[
            COUNTRY_APART,
            OTHER_SIGNS,
            EACH_APART,
            LETTERS,
            BACKWARDS,
            GROUPS_BACKWARDS,
        ],
    ),
    (
        "phone number hidden in an identifier",
        |r| format!("+3247{}", digits(r, 7)),
        &[OTHER_SIGNS, EACH_APART, BACKWARDS],
    ),
];
const PLAIN: &str = "as it is";
const ONE_SIGN: &str = "a sign anywhere";
const COUNTRY_APART: &str = "country apart";
const OTHER_SIGNS: &str = "other signs";
const EACH_APART: &str = "each character apart";
const LETTERS: &str = "letters between";
const BACKWARDS: &str = "backwards";
const GROUPS_BACKWARDS: &str = "groups backwards";

/// A national identifier and its word.
const BESIDE: &str = "national id beside its word";
const SIDES: [&str; 4] = ["glued behind", "glued before", "before", "other signs"];

pub(super) fn make(rng: &mut Rng, each: usize) -> Vec<Case> {
    let mut all = Vec::new();
    for (name, make, disguises) in &HIDDEN {
        for disguise in *disguises {
            all.extend((0..each).map(|_| {
                let value = make(rng);
                let text = disguised(rng, &value, disguise);
                case(rng, name, disguise, value, text)
            }));
        }
    }
    for side in SIDES {
        all.extend((0..each).map(|_| {
            let (word, value) = told(rng);
            let text = beside(rng, word, &value, side);
            case(rng, BESIDE, side, value, text)
        }));
    }
    all
}

fn case(
    rng: &mut Rng,
    name: &'static str,
    disguise: &'static str,
    value: String,
    text: String,
) -> Case {
    let (start, end) = (
        one(rng, &["", "", "p-", "order:", "2026/"]),
        one(rng, &["", "", "-1", "/x"]),
    );
    Case {
        name,
        disguise,
        leak: Some(Leak { value, least: 1 }),
        text: format!("{start}{text}{end}"),
    }
}

fn disguised(rng: &mut Rng, value: &str, disguise: &str) -> String {
    let groups = |value: &str, between: &str| {
        let groups = value.as_bytes().chunks(4).map(String::from_utf8_lossy);
        groups.collect::<Vec<_>>().join(between)
    };
    let sign = one(
        rng,
        &[
            ":", ",", ";", "!", "?", "$", "@", "^", "::", ", ", "\u{b0}", "\u{2192}", "<>",
        ],
    );
    match disguise {
        PLAIN => value.to_owned(),
        ONE_SIGN => {
            let (one, other) = value.split_at(rng.usize(1..value.len()));
            format!("{one}{sign}{other}")
        }
        COUNTRY_APART => {
            let sign = one(rng, &[" ", "-", ":", "/"]);
            let (country, rest) = value.split_at(2);
            match rng.bool() {
                true => format!("{country}{sign}{rest}"),
                false => {
                    let (check, account) = rest.split_at(2);
                    format!("{country}{sign}{check}{sign}{}", groups(account, sign))
                }
            }
        }
        OTHER_SIGNS => groups(value, sign),
        EACH_APART => {
            let characters: Vec<String> = value.chars().map(String::from).collect();
            characters.join(one(rng, &[":", ",", ".", "-", " ", "!"]))
        }
        LETTERS => groups(value, one(rng, &["x", "X", "o", "and", "y"])),
        BACKWARDS => value.chars().rev().collect(),
        _ => groups(value, sign).chars().rev().collect(),
    }
}

/// A word, and a number of its form.
fn told(rng: &mut Rng) -> (&'static str, String) {
    let of_kind = |rng: &mut Rng, kind| {
        let born = born(rng);
        national_of(rng, kind, born).1
    };
    match rng.usize(..4) {
        0 => (
            "SSN",
            format!("{}-{}-{}", digits(rng, 3), digits(rng, 2), digits(rng, 4)),
        ),
        1 => (one(rng, &["BSN", "bsn", "passport"]), digits(rng, 9)),
        2 => ("RRN", of_kind(rng, 0)),
        _ => {
            let (word, kind) = [("DNI", 2), ("nino", 4)][rng.usize(..2)];
            (word, of_kind(rng, kind))
        }
    }
}

fn beside(rng: &mut Rng, word: &str, value: &str, side: &str) -> String {
    let bare: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    match side {
        "glued behind" => format!("{word}{bare}"),
        "glued before" => format!("{bare}{word}"),
        "before" => format!("{value}{}{word}", one(rng, &["-", " ", ":", "_", "/"])),
        _ => {
            let parts: Vec<String> = bare
                .as_bytes()
                .chunks(3)
                .map(|part| String::from_utf8_lossy(part).into())
                .collect();
            let sign = one(rng, &[":", ",", ".", "*", "~"]);
            format!("{word}{sign}{}", parts.join(sign))
        }
    }
}
