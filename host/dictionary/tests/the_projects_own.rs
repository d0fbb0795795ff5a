//! The dictionary that the project ships is one that it accepts.

use std::path::Path;

use weft_dictionary::{Class, Dictionary, Origin};

fn shipped() -> Dictionary {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies/dictionary.yaml");
    Dictionary::load(&path).unwrap_or_else(|problems| panic!("{problems}"))
}

#[test]
fn it_loads() {
    assert!(shipped().len() > 80);
}

#[test]
fn card_numbers_become_tokens_and_secrets_are_known_as_such() {
    let dictionary = shipped();
    let class = |name: &str| dictionary.by_name(name).expect(name).class;
    assert_eq!(class("instrument.pan"), Class::Cardholder);
    for secret in [
        "instrument.cvv",
        "instrument.pin",
        "instrument.track",
        "challenge.response",
    ] {
        assert_eq!(class(secret), Class::Secret, "{secret}");
    }
}

#[test]
fn nobody_but_the_host_can_say_what_was_verified() {
    let dictionary = shipped();
    for field in dictionary
        .fields()
        .filter(|f| ["evidence", "processing"].contains(&f.section()))
    {
        assert_eq!(field.origin, Origin::Host, "{}", field.name);
    }
}
