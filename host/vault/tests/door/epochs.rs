//! New epochs: what lives is carried over, what is erased is gone, nobody waits.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tempfile::TempDir;
use weft_dictionary::{Timestamp, Token};
use weft_vault::{Subject, Vault};

use crate::house::{open, person, token_of, try_open, value};

const NOW: Timestamp = Timestamp(1_000);

fn customer(vault: &Vault, n: usize) -> (Vec<Subject>, Token) {
    let id = format!("c-{n}");
    let subjects = person(vault, &[("customer", &id)]);
    let street = token_of(vault, &subjects, "street", &format!("Rue Haute {n}"));
    (subjects, street)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

#[test]
fn a_new_epoch_carries_over_what_lives_and_nothing_else() {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    let (gone, street_gone) = customer(&vault, 1);
    let (stays, street) = customer(&vault, 2);
    let sealed = vault.seal(&stays, "payer", "dec_1", b"x").expect("sealed");
    vault
        .erase(&vault.person(gone[0]).expect("known"))
        .expect("erased");
    for epoch in 2..5 {
        assert_eq!(vault.rotate().expect("a new epoch"), epoch);
        assert_eq!(vault.status(NOW).epoch, epoch);
        let check = |vault: &Vault| {
            assert_eq!(value(vault, &street), "Rue Haute 2");
            assert!(vault.detokenise(&street_gone).is_err());
            let opened = vault.opener().open_sealed("payer", "dec_1", &sealed);
            assert_eq!(opened.expect("opened").as_slice(), b"x");
        };
        check(&vault);
        let copied = TempDir::new().expect("a directory");
        copy(dir.path(), copied.path());
        check(&open(copied.path()));
        let journals = fs::read_dir(dir.path()).expect("a directory");
        let names = journals.map(|e| e.expect("an entry").file_name());
        let mut names: Vec<String> = names.map(|n| n.to_string_lossy().into_owned()).collect();
        names.sort();
        assert_eq!(
            names,
            [format!("keys-{epoch:08}"), "ring".into(), "values".into()]
        );
    }
}

/// The keys of an epoch that is over are in no file: not even who kept the root and a copy of the old key journal, and
/// undoes the erasure in it, gets a value back.
#[test]
fn the_old_key_journal_opens_with_nothing_that_is_left() {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    let (gone, street) = customer(&vault, 1);
    let before = TempDir::new().expect("a directory");
    copy(dir.path(), before.path());
    vault
        .erase(&vault.person(gone[0]).expect("known"))
        .expect("erased");
    vault.rotate().expect("a new epoch");
    drop(vault);
    // The copy from before the erasure opens, whole. With the ring of today it does not.
    assert_eq!(value(&open(before.path()), &street), "Rue Haute 1");
    fs::copy(dir.path().join("ring"), before.path().join("ring")).expect("copied");
    let keys = before.path().join("keys-00000001");
    fs::rename(&keys, before.path().join("keys-00000002")).expect("renamed");
    assert!(try_open(before.path()).is_err());
}

#[test]
fn requests_go_on_while_keys_are_carried_over() {
    const BEFORE: usize = 400;
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    let before: Vec<_> = (0..BEFORE).map(|n| customer(&vault, n)).collect();
    let stop = AtomicBool::new(false);
    let work = |from: usize| {
        let mut made = Vec::new();
        let mut n = from;
        while !stop.load(Ordering::Relaxed) {
            made.push((n, customer(&vault, n)));
            let (_, (subjects, street)) = &made[made.len() - 1];
            assert_eq!(value(&vault, street), format!("Rue Haute {n}"));
            vault
                .seal(subjects, "payer", "dec_1", b"x")
                .expect("sealed");
            // One of before, again.
            assert_eq!(customer(&vault, n % BEFORE).1, before[n % BEFORE].1);
            if n.is_multiple_of(5) {
                let (_, (subjects, _)) = made.pop().expect("one");
                vault
                    .erase(&vault.person(subjects[0]).expect("known"))
                    .expect("erased");
            }
            n += 1;
        }
        made
    };
    let made: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = [1_000_000, 2_000_000]
            .map(|from| scope.spawn(move || work(from)))
            .into_iter()
            .collect();
        for epoch in 2..8 {
            assert_eq!(vault.rotate().expect("a new epoch"), epoch);
        }
        stop.store(true, Ordering::Relaxed);
        let joined = workers.into_iter().map(|w| w.join().expect("a worker"));
        joined.flatten().collect()
    });
    let living = before.len() + made.len();
    let check = |vault: &Vault| {
        for (n, (_, street)) in before.iter().enumerate() {
            assert_eq!(value(vault, street), format!("Rue Haute {n}"));
        }
        for (n, (_, street)) in &made {
            assert_eq!(value(vault, street), format!("Rue Haute {n}"));
        }
        let status = vault.status(NOW);
        assert_eq!(status.subjects, living as u64 + 1, "and what is nobody's");
        assert_eq!(status.values, 2 * living as u64);
        assert_eq!(status.carried, None);
    };
    check(&vault);
    drop(vault);
    check(&open(dir.path()));
}

/// What a process leaves that ends before, or after, the ring is replaced.
#[test]
fn an_epoch_that_was_begun_and_not_finished_is_forgotten() {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    let (_, street) = customer(&vault, 1);
    drop(vault);
    let half = dir.path().join("keys-00000002");
    copy(&dir.path().join("keys-00000001"), &half);
    let vault = open(dir.path());
    assert!(!half.exists());
    assert_eq!(value(&vault, &street), "Rue Haute 1");
    vault.rotate().expect("a new epoch");
    drop(vault);
    let over = dir.path().join("keys-00000001");
    copy(&half, &over);
    let vault = open(dir.path());
    assert!(!over.exists());
    assert_eq!(value(&vault, &street), "Rue Haute 1");
}
