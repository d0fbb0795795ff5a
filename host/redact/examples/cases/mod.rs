//! Strings with leaks and without, made from a seed: what the measurement and its gate look at.

mod disguised;
mod harmless;
mod leaks;

use std::collections::BTreeMap;

use weft_redact::{Reading, across, cover, in_identifier};

/// The seed of the gate.
pub(crate) const SEED: u64 = 20_260_601;

/// A text, and what leaks in it.
pub(crate) struct Case {
    /// What it is, for the table: a kind of leak, or of harmless text.
    pub(crate) name: &'static str,
    /// How it is disguised; nothing for a harmless text.
    pub(crate) disguise: &'static str,
    /// What leaks.
    pub(crate) leak: Option<Leak>,
    /// The whole text.
    pub(crate) text: String,
}

/// What leaks.
pub(crate) struct Leak {
    /// Must not be left.
    pub(crate) value: String,
    /// So much must be found at least.
    pub(crate) least: usize,
}

/// So many of each kind of leak in each disguise, and so many of each kind of harmless text.
pub(crate) fn all(seed: u64, leaks: usize, harmless: usize) -> Vec<Case> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut all = leaks::make(&mut rng, leaks);
    all.extend(harmless::make(&mut rng, harmless));
    all.extend(leaks::in_identifiers(&mut rng, leaks));
    all.extend(harmless::identifiers(&mut rng, harmless));
    all
}

/// How many strings of a kind there were, and of how many the detector said the wrong thing.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    /// All of them.
    pub(crate) strings: usize,
    /// Missed leaks, or false alarms.
    pub(crate) wrong: usize,
}

/// What callers write into identifiers to get past the door, and what their identifiers are like.
pub(crate) fn of_identifiers(seed: u64, leaks: usize, harmless: usize) -> Vec<Case> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut all = disguised::make(&mut rng, leaks);
    all.extend(leaks::in_identifiers(&mut rng, leaks));
    all.extend(harmless::make(&mut rng, harmless));
    all.extend(harmless::identifiers(&mut rng, harmless));
    all
}

/// By name and disguise.
pub(crate) type Table = BTreeMap<(&'static str, &'static str), Tally>;

/// What the detector says of all.
pub(crate) fn judge(all: &[Case], reading: Reading) -> Table {
    table(all, |case| is_wrong(case, reading))
}

/// What it says of identifiers.
pub(crate) fn judge_identifiers(all: &[Case]) -> Table {
    table(all, |case| {
        in_identifier(&case.text).is_some() != case.leak.is_some()
    })
}

fn table(all: &[Case], is_wrong: impl Fn(&Case) -> bool) -> Table {
    let mut table = Table::new();
    for case in all {
        let tally = table.entry((case.name, case.disguise)).or_default();
        tally.strings += 1;
        tally.wrong += usize::from(is_wrong(case));
    }
    table
}

/// A leak is caught when its value is not left, whatever it was taken for.
fn is_wrong(case: &Case, reading: Reading) -> bool {
    let (covered, found) = cover(&case.text, reading);
    match &case.leak {
        None => !found.is_empty(),
        Some(leak) => found.len() < leak.least || covered.contains(&leak.value),
    }
}

/// Two lines of prose, and whether a number is spread over them.
pub(crate) type Pair = (String, String, bool);

/// Harmless texts as lines that follow each other; and as often a card number or an IBAN that is cut in two, each part of
/// six characters at least.
pub(crate) fn side_by_side(seed: u64, harmless: usize) -> Vec<Pair> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let lines = harmless::make(&mut rng, harmless);
    let mut lines: Vec<String> = lines.into_iter().map(|case| case.text).collect();
    rng.shuffle(&mut lines);
    let mut pairs = Vec::new();
    for two in lines.windows(2) {
        pairs.push((two[0].clone(), two[1].clone(), false));
        let number = leaks::number(&mut rng);
        let at = rng.usize(6..=number.len() - 6);
        let (one, other) = number.split_at(at);
        let before = one_of_words(&mut rng);
        let after = one_of_words(&mut rng);
        pairs.push((format!("{before} {one}"), format!("{other} {after}"), true));
    }
    pairs
}

fn one_of_words(rng: &mut fastrand::Rng) -> &'static str {
    one(
        rng,
        &["the card", "number", "account is", "thanks", "pay to"],
    )
}

/// How many pairs with or without a leak there are, and of how many the wrong thing is said.
pub(crate) fn judge_pairs(pairs: &[Pair], leaks: bool) -> (usize, usize) {
    let of_kind = || pairs.iter().filter(|(.., leak)| *leak == leaks);
    let wrong = of_kind().filter(|(one, other, _)| across(&[one, other]).is_empty() == leaks);
    (wrong.count(), of_kind().count())
}

/// Whether a field's reading does not look for it.
#[allow(dead_code, reason = "the example shows all")]
pub(crate) fn is_in_prose(name: &str, disguise: &str) -> bool {
    name.ends_with("in prose") || leaks::IN_PROSE.contains(&disguise)
}

/// So many digits.
fn digits(rng: &mut fastrand::Rng, count: usize) -> String {
    (0..count)
        .map(|_| char::from(b'0' + rng.u8(0..10)))
        .collect()
}

/// So many characters of an alphabet.
fn of(rng: &mut fastrand::Rng, alphabet: &[u8], count: usize) -> String {
    (0..count)
        .map(|_| char::from(alphabet[rng.usize(..alphabet.len())]))
        .collect()
}

/// One of several.
fn one<'a>(rng: &mut fastrand::Rng, of: &[&'a str]) -> &'a str {
    of[rng.usize(..of.len())]
}
