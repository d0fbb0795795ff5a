//! Somebody who can write the vault's files, checksums of the journal included, but has no keys.

use std::path::Path;

use tempfile::TempDir;
use weft_journal::{Journal, JournalConfig};
use weft_vault::{Keys, Secret, Vault, VaultError};
use zeroize::Zeroizing;

/// Bytes of a row's HMAC, its last part.
const MAC: usize = 32;

fn keys() -> Keys {
    Keys::from_root(&Zeroizing::new([1; 32]))
}

fn open(dir: &Path) -> Result<Vault, VaultError> {
    Vault::open(dir, &keys(), "eu", "acme")
}

/// The rows of a vault with these values, the head first.
fn rows_of(values: &[&str]) -> Vec<Vec<u8>> {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path()).expect("a vault");
    for value in values {
        let tokenised = vault
            .tokenise("card", &Secret::copy_of(value))
            .expect("a token");
        let row = tokenised.row.expect("a new value");
        let durable = vault.keep(row).expect("taken");
        durable.wait().expect("durable");
    }
    drop(vault);
    let (journal, _) = Journal::open(dir.path(), JournalConfig::default()).expect("the journal");
    journal
        .iter_from(0)
        .map(|row| row.expect("a row").1)
        .collect()
}

/// What the vault says to a journal that is sound but has these rows.
fn opened_with(rows: &[Vec<u8>]) -> Result<Vault, VaultError> {
    let dir = TempDir::new().expect("a directory");
    let (journal, _) = Journal::open(dir.path(), JournalConfig::default()).expect("a journal");
    let waiting: Vec<_> = rows
        .iter()
        .map(|row| journal.append(row.clone()).expect("queued"))
        .collect();
    waiting.into_iter().for_each(|row| {
        row.wait().expect("durable");
    });
    drop(journal);
    open(dir.path())
}

fn tampered_row(rows: &[Vec<u8>]) -> u64 {
    match opened_with(rows) {
        Ok(_) => panic!("an altered vault opened"),
        Err(VaultError::Tampered { row, .. }) => row,
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn rows_copied_as_they_are_open() {
    let rows = rows_of(&["4111111111111111", "5555555555554444"]);
    assert_eq!(opened_with(&rows).expect("a sound vault").len(), 2);
    // A row that was written twice, as by a request that met its token on the way.
    let repeated = [rows.as_slice(), &rows[1..2]].concat();
    assert_eq!(opened_with(&repeated).expect("a sound vault").len(), 2);
}

#[test]
fn a_changed_byte_of_any_part_of_a_row_is_refused() {
    let rows = rows_of(&["4111111111111111", "5555555555554444"]);
    // Form, key version, blind index, token, kind, salt, nonce, commitment, ciphertext, HMAC.
    let length = rows[2].len();
    for at in [
        0,
        1,
        2,
        10,
        26,
        37,
        40,
        80,
        110,
        140,
        length - MAC - 1,
        length - 1,
    ] {
        let mut altered = rows.clone();
        altered[2][at] ^= 1;
        assert_eq!(tampered_row(&altered), 2, "byte {at} of {length}");
    }
}

#[test]
fn a_sealed_value_moved_to_another_row_is_refused() {
    let mut rows = rows_of(&["4111111111111111", "5555555555554444"]);
    assert_eq!(rows[1].len(), rows[2].len());
    let length = rows[1].len();
    let sealed_at = length - MAC - 16 - 104;
    // The sealed part alone, then all but the HMAC.
    for range in [sealed_at..length - MAC, 0..length - MAC] {
        let mut altered = rows.clone();
        altered[1][range.clone()].copy_from_slice(&rows[2][range]);
        assert_eq!(tampered_row(&altered), 1);
    }
    // Two rows that only changed places are still two true rows.
    rows.swap(1, 2);
    assert_eq!(opened_with(&rows).expect("a sound vault").len(), 2);
}

#[test]
fn a_row_of_another_vault_is_refused() {
    let mut rows = rows_of(&["4111111111111111"]);
    let dir = TempDir::new().expect("a directory");
    let foreign = Vault::open(dir.path(), &keys(), "us", "acme").expect("a vault");
    let tokenised = foreign
        .tokenise("card", &Secret::copy_of("4111111111111111"))
        .expect("a token");
    let row = tokenised.row.expect("a new value");
    let durable = foreign.keep(row).expect("taken");
    durable.wait().expect("durable");
    drop(foreign);
    let (journal, _) = Journal::open(dir.path(), JournalConfig::default()).expect("the journal");
    rows.push(journal.read(1).expect("a row"));
    assert_eq!(tampered_row(&rows), 2);
}

#[test]
fn one_value_with_two_tokens_is_refused() {
    // Two vaults of the same keys, region and tenant: both rows are true, together they contradict.
    let (one, other) = (
        rows_of(&["4111111111111111"]),
        rows_of(&["4111111111111111"]),
    );
    assert_eq!(
        tampered_row(&[one[0].clone(), one[1].clone(), other[1].clone()]),
        2
    );
}

#[test]
fn a_head_that_was_changed_is_refused() {
    let rows = rows_of(&["4111111111111111"]);
    let mut altered = rows.clone();
    let last = altered[0].len() - 1;
    altered[0][last] ^= 1;
    assert_eq!(tampered_row(&altered), 0);
    assert_eq!(tampered_row(&rows[1..]), 0);
}
