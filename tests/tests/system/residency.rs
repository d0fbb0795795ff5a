//! Where data may be: a country that is left out lets nothing go on, and what is refused for it is not kept.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use weft_tests::Host;
use weft_tests::traffic::usual;

/// The facts that say where the sides of a card payment are.
const FACTS: [(&str, &str); 3] = [
    ("payer", "country"),
    ("instrument", "issuer_country"),
    ("payee", "country"),
];
/// What each may be. The first is left out.
const COUNTRIES: [&str; 4] = ["", "IN", "CN", "BE"];
const SEVERITY: [&str; 6] = ["abstain", "allow", "flag", "challenge", "hold", "deny"];

/// Which country each of the facts is.
type Sides = [usize; FACTS.len()];

fn every_payment() -> Vec<Sides> {
    let all = 0..COUNTRIES.len();
    let pairs = all
        .clone()
        .flat_map(|payer| all.clone().map(move |issuer| (payer, issuer)));
    pairs
        .flat_map(|(payer, issuer)| (0..COUNTRIES.len()).map(move |payee| [payer, issuer, payee]))
        .collect()
}

fn name(sides: &Sides) -> String {
    format!("sides-{}-{}-{}", sides[0], sides[1], sides[2])
}

/// A payment whose account numbers say nothing of countries, as those of India and China do not.
fn payment(sides: &Sides) -> Json {
    let mut payment = usual(&name(sides));
    payment["payer"]["account"] = json!("50100123456789");
    payment["payee"]["account"] = json!("50200987654321");
    payment["location"]["country"] = json!("IN");
    for ((section, field), value) in FACTS.into_iter().zip(sides) {
        let section = payment[section].as_object_mut().expect("a section");
        match COUNTRIES[*value] {
            "" => section.remove(field),
            country => section.insert(field.to_owned(), json!(country)),
        };
    }
    payment
}

fn severity(verdict: &Json) -> usize {
    let found = SEVERITY.iter().position(|one| verdict == one);
    found.unwrap_or_else(|| panic!("no verdict: {verdict}"))
}

/// What the policies of the stage said about each payment, by its name.
fn residency(records: &[Json]) -> BTreeMap<String, BTreeMap<String, usize>> {
    let decisions = records
        .iter()
        .filter(|record| record["findings"].is_array());
    let said = |record: &Json| {
        let findings = record["findings"].as_array().into_iter().flatten();
        let ours = findings.filter_map(|found| {
            let policy = found["policy"].as_str()?;
            let verdict = severity(&found["finding"]["verdict"]);
            policy
                .starts_with("residency.")
                .then(|| (policy.to_owned(), verdict))
        });
        let id = record["facts"]["payment.id"].as_str().expect("it is named");
        (id.to_owned(), ours.collect())
    };
    decisions.map(said).collect()
}

#[test]
fn a_country_that_is_left_out_makes_nothing_milder() {
    let mut host = Host::start("");
    for sides in every_payment() {
        let answer = host.decide("service", &payment(&sides));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    let said = residency(&host.stop_and_read());
    assert_eq!(said.len(), every_payment().len());
    for sides in every_payment() {
        for fact in (0..FACTS.len()).filter(|fact| sides[*fact] != 0) {
            let mut less = sides;
            less[fact] = 0;
            let (full, without) = (&said[&name(&sides)], &said[&name(&less)]);
            assert_eq!(
                full.keys().collect::<Vec<_>>(),
                ["residency.china", "residency.india"]
            );
            for (policy, verdict) in full {
                assert!(
                    without[policy] >= *verdict,
                    "{policy}: {} is {verdict}, {} is {}",
                    name(&sides),
                    name(&less),
                    without[policy]
                );
            }
        }
    }
}

#[test]
fn a_payment_whose_countries_are_not_known_is_refused_in_its_own_words_and_not_kept() {
    let mut host = Host::start("");
    // A card that nobody says the issuer of, on the way to India.
    let answer = host.decide("service", &payment(&[3, 0, 1]));
    let decision = answer.json();
    assert_eq!(decision["verdict"], "deny", "{decision}");
    assert_eq!(decision["payment"]["state"], "refused", "{decision}");
    let message = decision["message"].as_str().expect("a message");
    assert!(message.contains("which countries"), "{decision}");
    let codes: Vec<&Json> = decision["reasons"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|reason| &reason["code"])
        .collect();
    assert_eq!(codes, ["country-unknown"], "{decision}");
    // The same with it is a payment between two countries.
    let abroad = host.decide("service", &payment(&[3, 3, 1])).json();
    assert_ne!(abroad["verdict"], "deny", "{abroad}");

    let records = host.stop_and_read();
    let refused = records
        .iter()
        .find(|r| r["facts"]["payment.id"] == name(&[3, 0, 1]));
    let refused = refused.expect("recorded");
    let text = refused.to_string();
    for kept in ["tok_", "payment.amount", "device.id", "location."] {
        assert!(!text.contains(kept), "{kept}: {text}");
    }
    assert_eq!(refused["facts"]["payee.country"], "IN", "what it rests on");
}
