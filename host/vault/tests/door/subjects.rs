//! Whose values are, and what an erasure takes.

use tempfile::TempDir;
use weft_dictionary::{Timestamp, Token};
use weft_vault::{Hold, Opener, Secret, Subject, Vault, VaultError};

use crate::house::{keys, open, person, token_of, value};

const NOW: Timestamp = Timestamp(1_000);
const CUSTOMER: (&str, &str) = ("customer", "c-1");
const OTHER: (&str, &str) = ("customer", "c-2");
const ACCOUNT: (&str, &str) = ("account", "BE68539007547034");
const CARD: (&str, &str) = ("card", "4111111111111111");

fn named(vault: &Vault, (kind, value): (&str, &str)) -> Token {
    vault.token(kind, &Secret::copy_of(value)).expect("a token")
}

fn subject(vault: &Vault, identifier: (&str, &str)) -> Subject {
    Subject::of(&named(vault, identifier)).expect("a subject")
}

fn erase(vault: &Vault, subject: Subject) -> Result<Vec<String>, VaultError> {
    vault.erase(&vault.person(subject)?)
}

#[test]
fn who_is_erased_takes_what_only_they_brought() {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    let one = person(&vault, &[CUSTOMER, ACCOUNT]);
    let two = person(&vault, &[OTHER]);
    let own = token_of(&vault, &one, "street", "Rue Haute 1");
    let shared = token_of(&vault, &one, "person", "JAN JANSEN");
    assert_eq!(token_of(&vault, &two, "person", "JAN JANSEN"), shared);
    let sealed = vault
        .seal(&one, "payer", "dec_1", b"a city")
        .expect("sealed");
    let of_other = vault
        .seal(&two, "payer", "dec_1", b"a city")
        .expect("sealed");
    let account = named(&vault, ACCOUNT);

    assert!(vault.has(own.as_str()) && vault.has(shared.as_str()));
    let gone = erase(&vault, one[0]).expect("erased");
    let is_gone = |token: &Token| gone.iter().any(|body| body == token.body());
    assert!(
        is_gone(&own) && is_gone(&account) && !is_gone(&shared),
        "{gone:?}"
    );
    let check = |vault: &Vault| {
        assert!(!vault.has(own.as_str()) && vault.has(shared.as_str()));
        for token in [&own, &account] {
            let gone = vault.detokenise(token);
            assert!(matches!(gone, Err(VaultError::UnknownToken)), "{token}");
        }
        assert_eq!(
            value(vault, &shared),
            "JAN JANSEN",
            "the other brought it, too"
        );
        let opened = |sealed| vault.opener().open_sealed("payer", "dec_1", sealed);
        assert!(matches!(opened(&sealed), Err(VaultError::Erased)));
        assert_eq!(opened(&of_other).expect("opened").as_slice(), b"a city");
        assert!(matches!(
            vault.person(one[0]),
            Err(VaultError::UnknownSubject)
        ));
        assert_eq!(vault.status(NOW).erased, 2, "customer and account");
        // The index has forgotten the value: it is a new one now.
        assert_ne!(named(vault, ("street", "Rue Haute 1")), own);
        assert_eq!(named(vault, ("person", "JAN JANSEN")), shared);
    };
    check(&vault);
    drop(vault);
    let vault = open(dir.path());
    check(&vault);
    // Who comes back is somebody new.
    let again = person(&vault, &[CUSTOMER]);
    assert_ne!(again[0], one[0]);
    // The last who brought it takes it.
    erase(&vault, two[0]).expect("erased");
    assert!(vault.detokenise(&shared).is_err());
    assert!(
        vault
            .opener()
            .open_sealed("payer", "dec_1", &of_other)
            .is_err()
    );
}

#[test]
fn identifiers_that_were_shown_together_are_one_person() {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    // The account alone first, then with its customer, then the card with the account alone.
    let alone = person(&vault, &[ACCOUNT]);
    let street = token_of(&vault, &alone, "street", "Rue Haute 1");
    person(&vault, &[CUSTOMER, ACCOUNT]);
    person(&vault, &[ACCOUNT, CARD]);
    let all = [CUSTOMER, ACCOUNT, CARD].map(|id| subject(&vault, id));
    let mut expected = all.to_vec();
    expected.sort();
    for one in all {
        assert_eq!(vault.person(one).expect("known"), expected, "{one}");
    }
    drop(vault);
    let vault = open(dir.path());
    assert_eq!(vault.person(all[2]).expect("known"), expected);
    erase(&vault, all[2]).expect("erased");
    assert!(vault.detokenise(&street).is_err());
    assert!(vault.is_empty());
}

#[test]
fn what_two_persons_share_goes_with_the_last_of_them() {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    person(&vault, &[CUSTOMER, ACCOUNT]);
    person(&vault, &[OTHER, ACCOUNT]);
    let account = named(&vault, ACCOUNT);
    let (one, two) = (subject(&vault, CUSTOMER), subject(&vault, OTHER));
    let Err(VaultError::SharedBySeveral { mut subjects }) =
        vault.person(Subject::of(&account).expect("a subject"))
    else {
        panic!("an account of two names one");
    };
    subjects.sort();
    let mut both = vec![one, two];
    both.sort();
    assert_eq!(subjects, both);
    assert_eq!(vault.person(one).expect("known"), [one]);
    erase(&vault, one).expect("erased");
    assert_eq!(value(&vault, &account), ACCOUNT.1);
    erase(&vault, two).expect("erased");
    assert!(vault.detokenise(&account).is_err());
}

#[test]
fn a_hold_counts_until_its_date_and_is_kept() {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    let one = person(&vault, &[CUSTOMER, CARD]);
    let all = vault.person(one[0]).expect("known");
    let hold = |until, set_at| Hold {
        until: Timestamp(until),
        set_at: Timestamp(set_at),
    };
    vault.hold(&all, hold(5_000, 10)).expect("held");
    // An order that was given before the one that counts changes nothing.
    vault.hold(&all, hold(9_000, 5)).expect("held");
    assert_eq!(vault.held(&all, NOW), Some(Timestamp(5_000)));
    drop(vault);
    let vault = open(dir.path());
    assert_eq!(vault.held(&all, NOW), Some(Timestamp(5_000)));
    assert_eq!(
        vault.held(&all, Timestamp(5_000)),
        None,
        "its date has come"
    );
    assert_eq!(vault.status(NOW).held, 2);
    vault.rotate().expect("a new epoch");
    drop(vault);
    let vault = open(dir.path());
    assert_eq!(vault.held(&all, NOW), Some(Timestamp(5_000)));
    vault.hold(&all, hold(0, 20)).expect("lifted");
    assert_eq!(vault.held(&all, NOW), None);
}

#[test]
fn nobody_and_strangers_are_not_erased() {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    let token = token_of(&vault, &[Subject::NOBODY], "remittance", "invoice 7");
    let stranger = Subject::of(&Token::new("eu", "customer", [9; 16])).expect("a subject");
    for subject in [Subject::NOBODY, stranger] {
        let refused = vault.person(subject);
        assert!(matches!(refused, Err(VaultError::UnknownSubject)));
    }
    vault.erase(&[Subject::NOBODY]).expect("nothing to do");
    assert_eq!(value(&vault, &token), "invoice 7");
}

/// A request that was read before the erasure and is kept after it.
#[test]
fn what_is_under_way_while_its_person_is_erased_does_not_come_back() {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    let one = person(&vault, &[CUSTOMER]);
    let secret = Secret::copy_of("Rue Haute 1");
    let street = vault.token("street", &secret).expect("a token");
    let rows = vault
        .bring(&one, &[(street.clone(), secret)])
        .expect("brought");
    let late = Secret::copy_of("Rue Haute 2");
    let late_token = vault.token("street", &late).expect("a token");
    erase(&vault, one[0]).expect("erased");
    let refused = vault.bring(&one, &[(late_token, late)]);
    assert!(matches!(refused, Err(VaultError::ErasedMeanwhile)));
    let mut kept = Vec::new();
    for row in rows {
        vault.keep(row, &mut kept).expect("taken");
    }
    kept.into_iter().for_each(|durable| {
        durable.wait().expect("durable");
    });
    assert!(vault.detokenise(&street).is_err());
    drop(vault);
    assert!(open(dir.path()).detokenise(&street).is_err());
}

#[test]
fn beside_a_host_its_key_journal_is_read() {
    let dir = TempDir::new().expect("a directory");
    let vault = open(dir.path());
    let one = person(&vault, &[CUSTOMER]);
    let two = person(&vault, &[OTHER]);
    let sealed = [&one, &two].map(|who| vault.seal(who, "payer", "dec_1", b"x").expect("sealed"));
    erase(&vault, one[0]).expect("erased");
    let read = || Opener::read(dir.path(), &keys(1), "eu", "acme").expect("read");
    let check = |opener: Opener| {
        let opened = |sealed: &Vec<u8>| opener.open_sealed("payer", "dec_1", sealed);
        assert!(matches!(opened(&sealed[0]), Err(VaultError::Erased)));
        assert_eq!(opened(&sealed[1]).expect("opened").as_slice(), b"x");
    };
    check(read());
    vault.rotate().expect("a new epoch");
    check(read());
    let Err(error) = Opener::read(dir.path(), &keys(2), "eu", "acme") else {
        panic!("read with other keys");
    };
    assert!(matches!(error, VaultError::OtherKeys { .. }), "{error}");
}
