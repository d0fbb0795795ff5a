//! The vault at its door: real files, real keys.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{Barrier, OnceLock};
use std::thread;

use proptest::prelude::*;
use tempfile::TempDir;
use weft_dictionary::Token;
use weft_vault::{Keys, Secret, Tokenised, Vault, VaultError};
use zeroize::Zeroizing;

fn keys(byte: u8) -> Keys {
    Keys::from_root(&Zeroizing::new([byte; 32]))
}

fn open(dir: &Path) -> Vault {
    Vault::open(dir, &keys(1), "eu", "acme").expect("the vault opens")
}

fn token(vault: &Vault, kind: &str, value: &str) -> Token {
    let tokenised = vault
        .tokenise(kind, &Secret::copy_of(value))
        .expect("a token");
    keep(vault, tokenised)
}

/// The token, once it is durable.
fn keep(vault: &Vault, tokenised: Tokenised) -> Token {
    if let Some(row) = tokenised.row {
        let durable = vault.keep(row).expect("taken");
        durable.wait().expect("durable");
    }
    tokenised.token
}

fn value(vault: &Vault, token: &Token) -> String {
    vault
        .detokenise(token)
        .expect("the value")
        .expose(str::to_owned)
}

#[test]
fn what_is_not_kept_is_not_in_the_vault() {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    let card = Secret::copy_of("4111111111111111");
    let forgotten = vault.tokenise("card", &card).expect("a token").token;
    assert!(matches!(
        vault.detokenise(&forgotten),
        Err(VaultError::UnknownToken)
    ));
    // As long as the vault is open the value has one token, whoever keeps it.
    let kept = token(&vault, "card", "4111111111111111");
    assert_eq!(kept, forgotten);
    assert_eq!(value(&vault, &kept), "4111111111111111");
    let other = vault.tokenise("card", &Secret::copy_of("5500000000000004"));
    drop(other.expect("a token"));
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
    let again = vault
        .tokenise("card", &Secret::copy_of("4111111111111111"))
        .expect("a token");
    assert_eq!(again.token, card);
    assert!(again.row.is_none(), "known and durable since the start");
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
        let Err(error) = vault.tokenise(kind, &Secret::copy_of(value)) else {
            panic!("a token of kind {kind}");
        };
        assert!(!error.to_string().contains("4111"), "{error}");
    }
    assert!(vault.is_empty());
}

#[test]
fn blobs_open_in_their_context_region_tenant_and_root_only() {
    let dirs: Vec<TempDir> = (0..4)
        .map(|_| TempDir::new().expect("a directory"))
        .collect();
    let vault = open(dirs[0].path());
    let sealed = vault.seal(b"record 7", b"facts").expect("sealed");
    assert_eq!(
        vault
            .open_sealed(b"record 7", &sealed)
            .expect("opened")
            .as_slice(),
        b"facts"
    );
    assert_ne!(vault.seal(b"record 7", b"facts").expect("sealed"), sealed);
    assert!(vault.open_sealed(b"record 8", &sealed).is_err());
    let others = [(1, "us", "acme"), (1, "eu", "other"), (2, "eu", "acme")];
    for (dir, (root, region, tenant)) in dirs[1..].iter().zip(others) {
        let other = Vault::open(dir.path(), &keys(root), region, tenant).expect("a vault");
        assert!(matches!(
            other.open_sealed(b"record 7", &sealed),
            Err(VaultError::DoesNotOpen)
        ));
    }
    for bit in 0..sealed.len() * 8 {
        let mut altered = sealed.clone();
        altered[bit / 8] ^= 1 << (bit % 8);
        assert!(
            vault.open_sealed(b"record 7", &altered).is_err(),
            "bit {bit}"
        );
    }
}

#[test]
fn plugins_know_a_token_under_names_that_do_not_join() {
    let (one, two) = (TempDir::new().expect("one"), TempDir::new().expect("two"));
    let vault = open(one.path());
    let card = token(&vault, "card", "4111111111111111");
    let other_card = token(&vault, "card", "5555555555554444");
    let name = |plugin, purpose, token: &Token| vault.pseudonym(plugin, purpose, token);
    let names = [
        name("risk-rules", "fraud-prevention", &card),
        name("risk-rules", "service", &card),
        name("other", "fraud-prevention", &card),
        name("risk-rules", "fraud-prevention", &other_card),
        name("risk-rulesf", "raud-prevention", &card),
        Vault::open(two.path(), &keys(2), "eu", "acme")
            .expect("a vault")
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
fn no_value_is_in_any_file() {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    token(&vault, "card", "4111111111111111");
    drop(vault);
    for entry in std::fs::read_dir(dir.path()).expect("the directory") {
        let path = entry.expect("an entry").path();
        let bytes = std::fs::read(&path).expect("a file");
        assert!(
            !bytes.windows(16).any(|w| w == b"4111111111111111"),
            "{}",
            path.display()
        );
    }
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
        let ask = |vault: &Vault, kind, value: &str| {
            vault.tokenise(kind, &Secret::copy_of(value)).expect("a token")
        };
        let asked: Vec<(&Vault, &str, &String, Tokenised)> = values
            .iter()
            .flat_map(|value| vaults.iter().map(move |vault| (value, vault)))
            .flat_map(|(value, vault)| kinds.map(|kind| (vault, kind, value, ask(vault, kind, value))))
            .collect();
        let mut bodies = HashSet::new();
        for (vault, kind, value, tokenised) in asked {
            let token = keep(vault, tokenised);
            prop_assert_eq!(&ask(vault, kind, value).token, &token);
            prop_assert_eq!(self::value(vault, &token), value.as_str());
            let body = token.as_str().rsplit('_').next().expect("a body").to_owned();
            prop_assert!(!body.bytes().all(|b| b.is_ascii_digit()));
            bodies.insert(body);
        }
        prop_assert_eq!(bodies.len(), values.len() * vaults.len() * kinds.len());
    }
}
