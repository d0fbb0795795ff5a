//! Somebody who can write the vault's files, checksums of the journal included, but has no keys.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use weft_journal::{Journal, JournalConfig};
use weft_vault::{Subject, Vault, VaultError};

use crate::house::{keys, open, person, token_of, try_open, value};

/// Bytes of a row's HMAC, its last part.
const MAC: usize = 32;
const VALUES: &str = "values";
const KEYS: &str = "keys-00000001";

/// A vault with these values, and the rows of one of its journals, the head first.
struct Filled {
    dir: TempDir,
    journal: &'static str,
    rows: Vec<Vec<u8>>,
}

fn filled(journal: &'static str, values: &[&str]) -> Filled {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    for value in values {
        token_of(&vault, &[Subject::NOBODY], "card", value);
    }
    drop(vault);
    let rows = read(&dir.path().join(journal));
    Filled { dir, journal, rows }
}

fn read(journal: &Path) -> Vec<Vec<u8>> {
    let (journal, _) = Journal::open(journal, JournalConfig::default()).expect("the journal");
    let rows = journal.iter_from(0);
    rows.map(|row| row.expect("a row").1).collect()
}

/// Makes a sound journal of these rows.
fn write(path: &Path, rows: &[Vec<u8>]) {
    fs::remove_dir_all(path).expect("removed");
    let (journal, _) = Journal::open(path, JournalConfig::default()).expect("a journal");
    for row in rows {
        let appended = journal.append(row.clone()).expect("queued");
        appended.wait().expect("durable");
    }
}

impl Filled {
    /// What the vault says to a journal that is sound but has these rows.
    fn opened_with(&self, rows: &[Vec<u8>]) -> Result<Vault, VaultError> {
        write(&self.dir.path().join(self.journal), rows);
        try_open(self.dir.path())
    }

    fn tampered_row(&self, rows: &[Vec<u8>]) -> u64 {
        match self.opened_with(rows) {
            Ok(_) => panic!("an altered vault opened"),
            Err(VaultError::Tampered { row, .. }) => row,
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn rows_copied_as_they_are_open() {
    let vault = filled(VALUES, &["4111111111111111", "5555555555554444"]);
    let rows = &vault.rows;
    assert_eq!(vault.opened_with(rows).expect("a sound vault").len(), 2);
    // A row that was written twice, as by a request that met its token on the way.
    let repeated = [rows.as_slice(), &rows[1..2]].concat();
    assert_eq!(
        vault.opened_with(&repeated).expect("a sound vault").len(),
        2
    );
    // Two rows that only changed places are still two true rows.
    let turned = [rows[0].clone(), rows[2].clone(), rows[1].clone()];
    assert_eq!(vault.opened_with(&turned).expect("a sound vault").len(), 2);
}

#[test]
fn a_changed_bit_of_any_row_is_refused() {
    for journal in [VALUES, KEYS] {
        let vault = filled(journal, &["4111111111111111"]);
        let length = vault.rows[1].len();
        for at in (0..length).step_by(7).chain([length - MAC - 1, length - 1]) {
            let mut altered = vault.rows.clone();
            altered[1][at] ^= 1 << (at % 8);
            assert_eq!(
                vault.tampered_row(&altered),
                1,
                "{journal}: byte {at} of {length}"
            );
        }
    }
}

#[test]
fn a_changed_bit_of_the_ring_is_refused() {
    let vault = filled(VALUES, &["4111111111111111"]);
    let path = vault.dir.path().join("ring");
    let ring = fs::read(&path).expect("the ring");
    for bit in (0..ring.len() * 8).step_by(3) {
        let mut altered = ring.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &altered).expect("written");
        assert!(try_open(vault.dir.path()).is_err(), "bit {bit}");
    }
    for length in 0..ring.len() {
        fs::write(&path, &ring[..length]).expect("written");
        assert!(try_open(vault.dir.path()).is_err(), "{length} bytes");
    }
    fs::write(&path, &ring).expect("written");
    assert_eq!(open(vault.dir.path()).len(), 1);
}

#[test]
fn a_sealed_value_moved_to_another_row_is_refused() {
    let vault = filled(VALUES, &["4111111111111111", "5555555555554444"]);
    let rows = &vault.rows;
    assert_eq!(rows[1].len(), rows[2].len());
    let length = rows[1].len();
    let sealed_at = length - MAC - 16 - 104;
    // The sealed part alone, then all but the HMAC.
    for range in [sealed_at..length - MAC, 0..length - MAC] {
        let mut altered = rows.clone();
        altered[1][range.clone()].copy_from_slice(&rows[2][range]);
        assert_eq!(vault.tampered_row(&altered), 1);
    }
}

#[test]
fn a_row_of_another_vault_or_journal_is_refused() {
    let vault = filled(VALUES, &["4111111111111111"]);
    let dir = TempDir::new().expect("a directory");
    let foreign = Vault::open(dir.path(), &keys(1), "us", "acme").expect("a vault");
    token_of(&foreign, &[Subject::NOBODY], "card", "4111111111111111");
    drop(foreign);
    for other in [read(&dir.path().join(VALUES)), filled(KEYS, &["4"]).rows] {
        let mut rows = vault.rows.clone();
        rows.push(other[1].clone());
        assert_eq!(vault.tampered_row(&rows), 2);
    }
    // All of the keys' journal in place of the values'.
    assert_eq!(vault.tampered_row(&filled(KEYS, &["4"]).rows), 0);
}

#[test]
fn a_head_that_was_changed_is_refused() {
    for journal in [VALUES, KEYS] {
        let vault = filled(journal, &["4111111111111111"]);
        let mut altered = vault.rows.clone();
        let last = altered[0].len() - 1;
        altered[0][last] ^= 1;
        assert_eq!(vault.tampered_row(&altered), 0);
        assert_eq!(vault.tampered_row(&vault.rows[1..]), 0);
    }
}

/// A power cut, or a kill, between a value's row and its key's: the key was told to nobody, and the next one is another.
#[test]
fn a_value_whose_key_was_lost_is_brought_again_and_is_nobody_elses_loss() {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    let ann = person(&vault, &[("customer", "C-1")]);
    let shared = token_of(&vault, &ann, "person", "Anna Baker");
    drop(vault);
    let keys = dir.path().join(KEYS);
    let durable = read(&keys);

    let vault = open(dir.path());
    let bob = person(&vault, &[("customer", "C-2")]);
    let second = token_of(&vault, &bob, "phone", "+32470998877");
    assert_eq!(token_of(&vault, &bob, "person", "Anna Baker"), shared);
    drop(vault);
    write(&keys, &durable);

    // As if Bob had never been there; and he comes again.
    let vault = open(dir.path());
    assert_eq!(vault.len(), 2, "the customer and the name");
    assert!(matches!(
        vault.detokenise(&second),
        Err(VaultError::UnknownToken)
    ));
    let bob = person(&vault, &[("customer", "C-2")]);
    token_of(&vault, &bob, "phone", "+32470998877");
    assert_eq!(token_of(&vault, &bob, "person", "Anna Baker"), shared);
    drop(vault);

    for rotated in [false, true] {
        let vault = open(dir.path());
        if rotated {
            vault.rotate().expect("a new epoch");
        }
        assert_eq!(vault.len(), 4);
        assert_eq!(value(&vault, &shared), "Anna Baker");
    }
    // Erasing one of them takes nothing from the other.
    let vault = open(dir.path());
    vault
        .erase(&vault.person(bob[0]).expect("known"))
        .expect("erased");
    assert_eq!(vault.len(), 2);
    assert_eq!(value(&vault, &shared), "Anna Baker");
    drop(vault);
    let vault = open(dir.path());
    assert_eq!(vault.len(), 2);
    assert_eq!(value(&vault, &shared), "Anna Baker");
    let again = token_of(&vault, &ann, "person", "Anna Baker");
    assert_eq!(again, shared, "and no other token for it");
}
