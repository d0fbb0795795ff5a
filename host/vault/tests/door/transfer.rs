//! Values that go to another host with their tokens.

use std::fs;
use std::io::Cursor;

use tempfile::TempDir;
use weft_dictionary::{Timestamp, Token};
use weft_journal::{Journal, JournalConfig};
use weft_vault::{Hold, Moved, Progress, Recipient, Secret, Subject, TransferError, Vault};

use crate::house::{bring, keep, keys, open, person, token_of, value};

/// A host of another root.
fn other_host(dir: &TempDir) -> Vault {
    try_other(dir.path(), "eu", "acme")
}

fn try_other(dir: &std::path::Path, region: &str, tenant: &str) -> Vault {
    Vault::open(dir, &keys(2), region, tenant).expect("a vault")
}

fn written_for(from: &Vault, to: &Vault) -> (Vec<u8>, Moved) {
    let recipient = Recipient::parse(&to.recipient()).expect("a recipient");
    let written = from.export(&recipient, Vec::new(), &Progress::default());
    written.expect("written")
}

fn take(vault: &Vault, file: &[u8]) -> Result<Moved, TransferError> {
    vault.import(Cursor::new(file), &Progress::default())
}

fn dir() -> TempDir {
    TempDir::new().expect("a directory")
}

/// Two persons with cards, and a value of nobody.
struct Story {
    vault: Vault,
    people: [Vec<Subject>; 2],
    tokens: Vec<(Token, &'static str)>,
}

fn story(dir: &TempDir) -> Story {
    let vault = open(dir.path());
    let one = person(&vault, &[("customer", "c-1"), ("account", "1001")]);
    let two = person(&vault, &[("customer", "c-2"), ("account", "1002")]);
    let mut tokens = Vec::new();
    let cards = [(&one, "4111111111111111"), (&two, "5555555555554444")];
    for (who, card) in cards {
        tokens.push((token_of(&vault, who, "card", card), card));
    }
    tokens.push((token_of(&vault, &[Subject::NOBODY], "city", "Gent"), "Gent"));
    Story {
        vault,
        people: [one, two],
        tokens,
    }
}

#[test]
fn tokens_stay_what_they_are_and_people_who_they_are() {
    let (here, there) = (dir(), dir());
    let story = story(&here);
    let hold = Hold {
        until: Timestamp(9_000),
        set_at: Timestamp(1_000),
    };
    story.vault.hold(&story.people[0], hold).expect("held");
    let to = other_host(&there);
    // One value of two persons, and one that somebody brought and that was not kept.
    let [one, two] = &story.people;
    for who in [one, two] {
        token_of(&story.vault, who, "expiry", "12/28");
    }
    let (_, denied) = bring(&story.vault, two, "card", "4012888888881881");
    drop(denied);
    let (file, written) = written_for(&story.vault, &to);
    assert_eq!((written.subjects, written.values), (5, 9));
    assert_eq!(story.vault.status(Timestamp(5_000)).values, written.values);
    for text in ["4111111111111111", "5555555555554444", "c-1", "tok_eu_card"] {
        let found = file.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(!found, "{text}");
    }
    // Twice is the same as once, also on the disk.
    assert_eq!(take(&to, &file).expect("taken"), written);
    let rows = |vault: &Vault| vault.status(Timestamp(5_000));
    let status = rows(&to);
    assert_eq!(status.values, written.values);
    assert_eq!(take(&to, &file).expect("taken"), written);
    assert_eq!(rows(&to), status);
    drop(to);
    let values = Journal::open(&there.path().join("values"), JournalConfig::default());
    assert_eq!(values.expect("a journal").0.len_durable(), 1 + 9);

    let to = other_host(&there);
    for (token, text) in &story.tokens {
        assert_eq!(value(&to, token), *text);
        let again = to.token(token.kind(), &Secret::copy_of(text));
        assert_eq!(again.expect("a token"), *token);
    }
    for person in &story.people {
        let found = to.person(person[0]).expect("known");
        let mut known = person.clone();
        known.sort_unstable();
        assert_eq!(found, known);
    }
    let held = |person: &[Subject]| to.held(person, Timestamp(5_000));
    assert_eq!(held(&story.people[0]), Some(hold.until));
    assert_eq!(held(&story.people[1]), None);
    // What is taken is erased here like anything else.
    to.erase(&story.people[1]).expect("erased");
    to.rotate().expect("rotated");
    assert!(to.detokenise(&story.tokens[1].0).is_err());
    assert_eq!(value(&to, &story.tokens[0].0), "4111111111111111");
}

#[test]
fn who_is_erased_does_not_leave_and_does_not_come_back() {
    let (here, there) = (dir(), dir());
    let story = story(&here);
    let to = other_host(&there);
    let (before, all) = written_for(&story.vault, &to);
    story.vault.erase(&story.people[0]).expect("erased");
    let (after, rest) = written_for(&story.vault, &to);
    assert_eq!(rest.subjects, all.subjects - 2);
    take(&to, &after).expect("taken");
    assert!(to.detokenise(&story.tokens[0].0).is_err());
    // Erased there, after a file with the person was written.
    to.erase(&story.people[1]).expect("erased");
    let moved = take(&to, &before).expect("taken");
    assert_eq!(moved.left_out, 2);
    assert!(to.detokenise(&story.tokens[1].0).is_err());
    // Who was erased where the file comes from, and not here, is in the older file.
    assert_eq!(value(&to, &story.tokens[0].0), "4111111111111111");
}

/// Nothing is taken of a file with which anything is wrong.
#[test]
fn a_bad_file_changes_nothing() {
    let (here, there, third) = (dir(), dir(), dir());
    let story = story(&here);
    let to = other_host(&there);
    let empty = to.status(Timestamp(0));
    let (file, _) = written_for(&story.vault, &to);
    let refused = |file: &[u8], what: &str| -> TransferError {
        let error = take(&to, file).expect_err(what);
        assert_eq!(to.status(Timestamp(0)), empty, "{what}");
        assert!(story.tokens.iter().all(|(t, _)| to.detokenise(t).is_err()));
        error
    };
    for length in (0..file.len()).step_by(7).chain([file.len() - 1]) {
        refused(&file[..length], &format!("cut at {length}"));
    }
    for at in (0..file.len()).step_by(5) {
        let mut altered = file.clone();
        altered[at] ^= 1;
        refused(&altered, &format!("byte {at}"));
    }
    assert!(matches!(
        refused(&[file.as_slice(), b"x"].concat(), "longer"),
        TransferError::Damaged { .. }
    ));
    let (own, _) = written_for(&story.vault, &story.vault);
    let error = refused(&own, "another recipient");
    assert!(matches!(error, TransferError::NotForThisHost), "{error}");
    // For the right key, but of another region: the key is of region and tenant, so it takes another file.
    let us = try_other(third.path(), "us", "acme");
    let recipient = Recipient::parse(&to.recipient()).expect("a recipient");
    let (foreign, _) = us
        .export(&recipient, Vec::new(), &Progress::default())
        .expect("written");
    let error = refused(&foreign, "another region");
    assert!(
        matches!(&error, TransferError::OtherScope { region, .. } if region == "us"),
        "{error}"
    );
    // Sound for age, not for us.
    let sealed = |content: &[u8]| {
        let key: age::x25519::Recipient = to.recipient().parse().expect("a key");
        age::encrypt(&key, content).expect("sealed")
    };
    let form = |content: &[u8]| refused(&sealed(content), "form");
    assert!(matches!(
        form(b"weft-transfer 2\n\x02eu\x04acme"),
        TransferError::OtherForm
    ));
    assert!(matches!(form(b"weft"), TransferError::Damaged { .. }));
    let head: &[u8] = b"weft-transfer 1\n\x02eu\x04acme";
    // No kind; a value before a subject; other counts; cut within an entry; no end.
    for content in [&[9_u8][..], &[2], &[3; 17], &[1, 0, 0], &[]] {
        form(&[head, content].concat());
    }
    // One token with two values; one value with two tokens; a token of another region.
    let subject = [&[1_u8][..], &[7; 16], &[0, 0, 0]].concat();
    let entry = |token: &Token, value: &str| {
        let token = token.as_str();
        let (t, v) = (token.len() as u8, value.len() as u16);
        [
            &[2, t],
            token.as_bytes(),
            &v.to_be_bytes(),
            value.as_bytes(),
        ]
        .concat()
    };
    let end = [&[3_u8][..], &1_u64.to_be_bytes(), &2_u64.to_be_bytes()].concat();
    let [a, b] = [1, 2].map(|n| Token::new("eu", "card", [n; 16]));
    let us = Token::new("us", "card", [3; 16]);
    for (first, second) in [
        ((&a, "4111111111111111"), (&a, "5555555555554444")),
        ((&a, "4111111111111111"), (&b, "4111111111111111")),
        ((&a, "4111111111111111"), (&us, "5555555555554444")),
    ] {
        let (first, second) = (entry(first.0, first.1), entry(second.0, second.1));
        let error = form(&[head, &subject, &first, &second, &end].concat());
        assert!(
            matches!(error, TransferError::Contradicts { entry: 3, .. }),
            "{error}"
        );
    }
    // The sound file is taken after all of them.
    take(&to, &file).expect("taken");
}

#[test]
fn a_value_that_has_another_token_here_is_refused() {
    let (here, there) = (dir(), dir());
    let story = story(&here);
    let to = other_host(&there);
    let (token, rows) = bring(&to, &[Subject::NOBODY], "card", "5555555555554444");
    keep(&to, rows);
    let (file, _) = written_for(&story.vault, &to);
    let error = take(&to, &file).expect_err("a contradiction");
    assert!(
        matches!(error, TransferError::Contradicts { .. }),
        "{error}"
    );
    assert_eq!(to.len(), 1);
    assert_eq!(value(&to, &token), "5555555555554444");
}

#[test]
fn one_that_is_stopped_goes_on_when_it_is_ordered_again() {
    let (here, there) = (dir(), dir());
    let story = story(&here);
    let to = other_host(&there);
    let (file, all) = written_for(&story.vault, &to);
    let stopped = Progress::default();
    stopped.stop();
    let error = to.import(Cursor::new(&file), &stopped);
    assert!(matches!(error, Err(TransferError::Stopped)));
    assert!(to.is_empty());
    assert_eq!(take(&to, &file).expect("taken"), all);
}

/// The swap matrix over what was taken: no row opens in the place of another, in the vault that it came from, or with a
/// row of that vault in its own.
#[test]
fn no_row_that_was_taken_opens_elsewhere() {
    let (here, there) = (dir(), dir());
    let story = story(&here);
    let to = other_host(&there);
    let (file, _) = written_for(&story.vault, &to);
    take(&to, &file).expect("taken");
    let tokens = story.tokens;
    drop((to, story.vault));
    let read = |dir: &TempDir| -> Vec<Vec<u8>> {
        let journal = Journal::open(&dir.path().join("values"), JournalConfig::default());
        let rows = journal.expect("a journal").0;
        rows.iter_from(0).map(|row| row.expect("a row").1).collect()
    };
    let write = |dir: &TempDir, rows: &[Vec<u8>]| {
        let path = dir.path().join("values");
        fs::remove_dir_all(&path).expect("removed");
        let (journal, _) = Journal::open(&path, JournalConfig::default()).expect("a journal");
        for row in rows {
            let appended = journal.append(row.clone()).expect("queued");
            appended.wait().expect("durable");
        }
    };
    let (source, taken) = (read(&here), read(&there));
    let opens = |dir: &TempDir, root| Vault::open(dir.path(), &keys(root), "eu", "acme").is_ok();
    for at in 1..taken.len() {
        // A row of the one vault in the other.
        for (dir, root, rows, foreign) in
            [(&there, 2, &taken, &source), (&here, 1, &source, &taken)]
        {
            let mut mixed = rows.clone();
            mixed[at] = foreign[at].clone();
            write(dir, &mixed);
            assert!(!opens(dir, root), "row {at} of another host");
        }
        // What is sealed in one row, under the head of another.
        for other in (1..taken.len()).filter(|other| *other != at) {
            let mut mixed = taken.clone();
            // Form, key version, subject, token, cover: see `row`.
            mixed[at].splice(..62, taken[other][..62].iter().copied());
            write(&there, &mixed);
            assert!(!opens(&there, 2), "row {at} under the head of {other}");
        }
    }
    write(&there, &taken);
    let to = other_host(&there);
    for (token, text) in &tokens {
        assert_eq!(value(&to, token), *text);
    }
}
