//! Values to tokens and back.

use std::collections::HashSet;
use std::sync::{Barrier, OnceLock};
use std::thread;

use proptest::prelude::*;
use tempfile::TempDir;
use weft_dictionary::Token;
use weft_vault::{Secret, Subject, Vault, VaultError};

use crate::house::{bring, keep, keys, open, token, try_open, value};

#[test]
fn what_is_not_kept_is_not_in_the_vault() {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    let by = [Subject::NOBODY];
    let (forgotten, _) = bring(&vault, &by, "card", "4111111111111111");
    assert!(matches!(
        vault.detokenise(&forgotten),
        Err(VaultError::UnknownToken)
    ));
    // As long as the vault is open the value has one token, whoever keeps it.
    let kept = token(&vault, "card", "4111111111111111");
    assert_eq!(kept, forgotten);
    assert_eq!(value(&vault, &kept), "4111111111111111");
    drop(bring(&vault, &by, "card", "5500000000000004"));
    drop(vault);
    assert_eq!(open(dir.path()).len(), 1, "the one that was kept");
}

#[test]
fn a_value_keeps_its_token_over_a_restart() {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    let card = token(&vault, "card", "4111111111111111");
    let account = token(&vault, "account", "BE68539007547034");
    assert_eq!((card.region(), card.kind()), ("eu", "card"));
    assert_eq!(vault.len(), 2);
    drop(vault);

    let vault = open(dir.path());
    assert_eq!(vault.len(), 2);
    let (again, rows) = bring(&vault, &[Subject::NOBODY], "card", "4111111111111111");
    assert_eq!(again, card);
    assert!(rows.is_empty(), "known and durable since the start");
    assert_eq!(value(&vault, &card), "4111111111111111");
    assert_eq!(value(&vault, &account), "BE68539007547034");
    assert_eq!(vault.len(), 2);
}

#[test]
fn many_at_once_get_one_token_and_each_can_wait_for_it() {
    const THREADS: usize = 8;
    const VALUES: usize = 200;
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    let start = Barrier::new(THREADS);
    let tokens = || {
        start.wait();
        (0..VALUES)
            .map(|n| {
                let found = token(&vault, "account", &format!("account {n}"));
                // Durable by now for every one of them: it can be read back from the disk.
                assert_eq!(value(&vault, &found), format!("account {n}"));
                found
            })
            .collect::<Vec<_>>()
    };
    let mut seen: Vec<Vec<Token>> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(tokens)).collect();
        threads
            .into_iter()
            .map(|t| t.join().expect("a thread"))
            .collect()
    });
    let first = seen.pop().expect("one");
    assert!(seen.iter().all(|other| *other == first));
    assert_eq!(first.iter().collect::<HashSet<_>>().len(), VALUES);
    assert_eq!(vault.len(), VALUES as u64);
}

#[test]
fn another_key_file_is_refused_in_words() {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    token(&vault, "card", "4111111111111111");
    drop(vault);
    let Err(error) = Vault::open(dir.path(), &keys(2), "eu", "acme") else {
        panic!("opened with the keys of another vault");
    };
    assert!(matches!(error, VaultError::OtherKeys { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("another key file") && text.contains("put back"),
        "{text}"
    );
}

#[test]
fn another_region_or_tenant_is_refused() {
    let dir = TempDir::new().expect("a directory");
    drop(open(dir.path()));
    for (region, tenant) in [("us", "acme"), ("eu", "other")] {
        let Err(error) = Vault::open(dir.path(), &keys(1), region, tenant) else {
            panic!("opened for {region} {tenant}");
        };
        let VaultError::OtherOwner { region, tenant, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!((region.as_str(), tenant.as_str()), ("eu", "acme"));
    }
}

#[test]
fn tokens_of_other_vaults_are_unknown() {
    let (here, there) = (TempDir::new().expect("one"), TempDir::new().expect("two"));
    let here = open(here.path());
    let foreign = token(&open(there.path()), "card", "4111111111111111");
    let elsewhere = Token::new("us", "card", [1; 16]);
    for token in [&foreign, &elsewhere] {
        assert!(matches!(
            here.detokenise(token),
            Err(VaultError::UnknownToken)
        ));
    }
    // The right bits under another kind or region are another token.
    let card = token(&here, "card", "4111111111111111");
    for renamed in [
        card.as_str().replace("_card_", "_account_"),
        card.as_str().replace("_eu_", "_us_"),
    ] {
        let renamed = Token::parse(&renamed).expect("a token's form");
        assert!(matches!(
            here.detokenise(&renamed),
            Err(VaultError::UnknownToken)
        ));
    }
}

#[test]
fn what_is_no_value_or_kind_is_refused_without_quoting_it() {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    let long = "4111111111111111".repeat(1_000);
    for (kind, value) in [
        ("card", ""),
        ("card", long.as_str()),
        ("Ca_rd", "4111111111111111"),
        ("", "x"),
    ] {
        let Err(error) = vault.token(kind, &Secret::copy_of(value)) else {
            panic!("a token of kind {kind}");
        };
        assert!(!error.to_string().contains("4111"), "{error}");
    }
    assert!(vault.is_empty());
}

#[test]
fn plugins_know_a_token_under_names_that_do_not_join() {
    let (one, two) = (TempDir::new().expect("one"), TempDir::new().expect("two"));
    let vault = open(one.path());
    let card = token(&vault, "card", "4111111111111111");
    let other_card = token(&vault, "card", "5555555555554444");
    let name = |plugin, purpose, token: &Token| vault.opener().pseudonym(plugin, purpose, token);
    let names = [
        name("risk-rules", "fraud-prevention", &card),
        name("risk-rules", "service", &card),
        name("other", "fraud-prevention", &card),
        name("risk-rules", "fraud-prevention", &other_card),
        name("risk-rulesf", "raud-prevention", &card),
        Vault::open(two.path(), &keys(2), "eu", "acme")
            .expect("a vault")
            .opener()
            .pseudonym("risk-rules", "fraud-prevention", &card),
    ];
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len());
    assert_eq!(names[0], name("risk-rules", "fraud-prevention", &card));
    assert!(
        names.iter().all(|n| n.starts_with("pse_") && n.len() == 30),
        "{names:?}"
    );
}

#[test]
fn a_vault_that_is_not_whole_is_refused_in_words() {
    let remedy = |dir: &TempDir| match try_open(dir.path()) {
        Ok(_) => panic!("opened"),
        Err(error) => error.to_string(),
    };
    let filled = || {
        let dir = TempDir::new().expect("a directory");
        token(&open(dir.path()), "card", "4111111111111111");
        dir
    };
    let without_ring = filled();
    std::fs::remove_file(without_ring.path().join("ring")).expect("removed");
    assert!(remedy(&without_ring).contains("put the file `ring` back"));
    let without_keys = filled();
    std::fs::remove_dir_all(without_keys.path().join("keys-00000001")).expect("removed");
    assert!(remedy(&without_keys).contains("put it back from a copy"));
    // As an earlier version of the host had it: rows where the ring is now.
    let older = TempDir::new().expect("a directory");
    std::fs::write(older.path().join("00000000000000000000.journal"), b"").expect("written");
    assert!(remedy(&older).contains("earlier version"));
}

/// Vaults that differ in region or tenant only, made once: the cases below share them.
fn neighbours() -> &'static [Vault] {
    static VAULTS: OnceLock<(Vec<TempDir>, Vec<Vault>)> = OnceLock::new();
    let (_, vaults) = VAULTS.get_or_init(|| {
        [("eu", "acme"), ("us", "acme"), ("eu", "other")]
            .into_iter()
            .map(|(region, tenant)| {
                let dir = TempDir::new().expect("a directory");
                let vault = Vault::open(dir.path(), &keys(1), region, tenant).expect("a vault");
                (dir, vault)
            })
            .unzip()
    });
    vaults
}

proptest! {
    #[test]
    fn one_token_a_value_kind_region_and_tenant(
        values in proptest::collection::hash_set("[ -~]{1,40}|[0-9]{12,19}", 1..6),
    ) {
        let vaults = neighbours();
        let kinds = ["card", "account"];
        let ask = |vault: &Vault, kind, value: &str| bring(vault, &[Subject::NOBODY], kind, value);
        let asked: Vec<_> = values
            .iter()
            .flat_map(|value| vaults.iter().map(move |vault| (value, vault)))
            .flat_map(|(value, vault)| kinds.map(|kind| (vault, kind, value, ask(vault, kind, value))))
            .collect();
        let mut bodies = HashSet::new();
        for (vault, kind, value, (token, rows)) in asked {
            keep(vault, rows);
            prop_assert_eq!(&ask(vault, kind, value).0, &token);
            prop_assert_eq!(self::value(vault, &token), value.as_str());
            let body = token.as_str().rsplit('_').next().expect("a body").to_owned();
            prop_assert!(!body.bytes().all(|b| b.is_ascii_digit()));
            bodies.insert(body);
        }
        prop_assert_eq!(bodies.len(), values.len() * vaults.len() * kinds.len());
    }
}
