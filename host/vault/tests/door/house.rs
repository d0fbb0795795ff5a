//! What the tests share.

use std::path::Path;

use weft_dictionary::Token;
use weft_vault::{Keys, NewRow, Secret, Subject, Vault, VaultError};
use zeroize::Zeroizing;

pub(crate) fn keys(byte: u8) -> Keys {
    Keys::from_root(&Zeroizing::new([byte; 32]))
}

pub(crate) fn open(dir: &Path) -> Vault {
    try_open(dir).expect("the vault opens")
}

pub(crate) fn try_open(dir: &Path) -> Result<Vault, VaultError> {
    Vault::open(dir, &keys(1), "eu", "acme")
}

/// The token of a value that is nobody's, durable.
pub(crate) fn token(vault: &Vault, kind: &str, value: &str) -> Token {
    token_of(vault, &[Subject::NOBODY], kind, value)
}

/// The token of a value that somebody brought, durable.
pub(crate) fn token_of(vault: &Vault, by: &[Subject], kind: &str, value: &str) -> Token {
    let (token, rows) = bring(vault, by, kind, value);
    keep(vault, rows);
    token
}

pub(crate) fn bring(
    vault: &Vault,
    by: &[Subject],
    kind: &str,
    value: &str,
) -> (Token, Vec<NewRow>) {
    let secret = Secret::copy_of(value);
    let token = vault.token(kind, &secret).expect("a token");
    let rows = vault
        .bring(by, &[(token.clone(), secret)])
        .expect("brought");
    (token, rows)
}

pub(crate) fn keep(vault: &Vault, rows: Vec<NewRow>) {
    let mut kept = Vec::new();
    for row in rows {
        vault.keep(row, &mut kept).expect("taken");
    }
    for durable in kept {
        durable.wait().expect("durable");
    }
}

/// A person who shows these identifiers, strongest first, and whose values they are; durable.
pub(crate) fn person(vault: &Vault, identifiers: &[(&str, &str)]) -> Vec<Subject> {
    let values: Vec<(Token, Secret)> = identifiers
        .iter()
        .map(|(kind, value)| {
            let secret = Secret::copy_of(value);
            (vault.token(kind, &secret).expect("a token"), secret)
        })
        .collect();
    let subjects: Vec<Subject> = values
        .iter()
        .map(|(token, _)| Subject::of(token).expect("a subject"))
        .collect();
    keep(vault, vault.bring(&subjects, &values).expect("brought"));
    subjects
}

pub(crate) fn value(vault: &Vault, token: &Token) -> String {
    vault
        .detokenise(token)
        .expect("the value")
        .expose(str::to_owned)
}
