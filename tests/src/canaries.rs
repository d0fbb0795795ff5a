//! People who do not exist, with card numbers, accounts and the rest, to be looked for afterwards.

use std::fs;
use std::path::Path;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use fastrand::Rng;

use crate::files::files;
use crate::search::{base64_cores, hex};

/// How card numbers of the large schemes begin, and how long they are (ISO/IEC 7812-1).
const CARDS: [(&str, usize); 9] = [
    ("4", 16),
    ("4", 16),
    ("4", 19),
    ("51", 16),
    ("2221", 16),
    ("37", 15),
    ("36", 14),
    ("62", 16),
    ("62", 19),
];

/// One of them. No two have a value in common.
pub struct Person {
    /// A card number of one of the large schemes.
    pub card: String,
    /// A German IBAN.
    pub iban: String,
    /// Two words.
    pub name: String,
    /// In international form.
    pub phone: String,
    /// With a number.
    pub street: String,
    /// By which a state or a bank knows the person.
    pub id: String,
}

impl Person {
    /// So many of them, always the same.
    pub fn many(count: usize) -> Vec<Person> {
        let mut rng = Rng::with_seed(20_260_601);
        (0..count).map(|n| Person::new(&mut rng, n)).collect()
    }

    fn new(rng: &mut Rng, n: usize) -> Person {
        let digits =
            |rng: &mut Rng, count| -> String { (0..count).map(|_| rng.digit(10)).collect() };
        let word = |rng: &mut Rng| -> String { (0..6).map(|_| rng.lowercase()).collect() };
        let (first, length) = CARDS[rng.usize(..CARDS.len())];
        let body = format!("{first}{}{n:05}", digits(rng, length - first.len() - 6));
        let card = (0..10)
            .map(|check| format!("{body}{check}"))
            .find(|card| luhn(card));
        let bban = format!("{}{n:05}", digits(rng, 13));
        // D is 13, E is 14 (ISO 13616-1, 6).
        let rest = format!("{bban}131400")
            .bytes()
            .fold(0, |rest, b| (rest * 10 + u64::from(b - b'0')) % 97);
        Person {
            card: card.unwrap_or_default(),
            iban: format!("DE{:02}{bban}", 98 - rest),
            name: format!("Zq{} Vx{}", word(rng), word(rng)),
            phone: format!("+3247{}{n:05}", digits(rng, 3)),
            street: format!("Kw{}qstraat {}", word(rng), 1 + n),
            id: format!("qx{}{}", word(rng), word(rng)),
        }
    }

    /// What is looked for: of each value the part that nobody else has.
    fn marks(&self) -> [(&'static str, &str); 6] {
        [
            ("card number", &self.card),
            ("IBAN", &self.iban[4..]),
            ("name", &self.name),
            ("phone", &self.phone[1..]),
            ("street", self.street.split(' ').next().unwrap_or_default()),
            ("id", &self.id),
        ]
    }
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, b)| match (place % 2, u32::from(b - b'0')) {
            (0, digit) => digit,
            (_, digit) => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Looks for all values of many people at once: raw, reversed, in hexadecimal, UTF-16, percent encoding, and base64 at any
/// of its three offsets, in letters of either case.
pub struct Sweep {
    automaton: AhoCorasick,
    /// What each pattern is: the value's name and its form.
    what: Vec<(&'static str, &'static str)>,
}

impl Sweep {
    /// For these people.
    pub fn of(people: &[Person]) -> Sweep {
        let mut what = Vec::new();
        let mut patterns = Vec::new();
        for (name, mark) in people.iter().flat_map(Person::marks) {
            for (form, pattern) in forms(mark) {
                what.push((name, form));
                patterns.push(pattern);
            }
        }
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .ascii_case_insensitive(true)
            .build(&patterns)
            .unwrap_or_else(|e| panic!("no automaton: {e}"));
        Sweep { automaton, what }
    }

    /// What is in these bytes, with the place that they are from.
    pub fn found_in(&self, place: &str, bytes: &[u8]) -> Vec<String> {
        self.automaton
            .find_iter(bytes)
            .map(|found| {
                let (name, form) = self.what[found.pattern().as_usize()];
                format!("{place}, at byte {}: {name}, {form}", found.start())
            })
            .collect()
    }

    /// What is in the files below a directory.
    pub fn found_below(&self, dir: &Path) -> Vec<String> {
        files(dir)
            .iter()
            .flat_map(|path| {
                let bytes = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                self.found_in(&path.display().to_string(), &bytes)
            })
            .collect()
    }
}

fn forms(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = text.as_bytes();
    let mut utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    // Without the last zero it is also in what is written with the higher byte first.
    utf_16.pop();
    let mut all = vec![
        ("raw", bytes.to_vec()),
        ("reversed", bytes.iter().rev().copied().collect()),
        ("hexadecimal", hex(text, false)),
        ("UTF-16", utf_16),
        (
            "percent",
            bytes
                .iter()
                .flat_map(|b| format!("%{b:02x}").into_bytes())
                .collect(),
        ),
    ];
    all.extend(base64_cores(bytes).into_iter().map(|core| ("base64", core)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_is_found_in_each_form_and_nothing_else_is() {
        let people = Person::many(50);
        let sweep = Sweep::of(&people);
        let found = |bytes: &[u8]| sweep.found_in("here", bytes).len();
        for mark in people.iter().flat_map(Person::marks).map(|(_, mark)| mark) {
            for (form, bytes) in forms(mark) {
                assert_eq!(
                    found(&[b"a ", &bytes[..], b" z"].concat()),
                    1,
                    "{mark}, {form}"
                );
            }
            assert_eq!(found(mark.to_uppercase().as_bytes()), 1);
            assert_eq!(found(&mark.as_bytes()[1..]), 0);
        }
    }
}
