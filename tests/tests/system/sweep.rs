//! Thousands of people who do not exist send what is right and what is wrong, in every place in which something can be
//! sent; afterwards none of their values is found in anything that the host wrote or said. A host that leaks is found out.

mod sent;

use std::fs;

use serde_json::Value as Json;
use weft_tests::Host;
use weft_tests::binary::run;
use weft_tests::canaries::{Person, Sweep};
use weft_tests::guest::Guest;

use sent::{ask, fields, put_words};

const PEOPLE: usize = 2_000;
/// After so many of them the stacks are looked through.
const PEOPLE_AT_STACKS: usize = 300;
/// How often a stack is looked at before something on it is taken for left.
const LOOKS: usize = 10;

/// R15, R20: nothing that leads to a person is stored or said in clear, in whichever field or free text it came.
#[test]
fn no_value_of_two_thousand_people_is_left_anywhere() {
    let people = Person::many(PEOPLE);
    let mut host = Host::prepare("");
    starve(&mut host);
    stall(&mut host);
    host.go_on();
    let said = send(&host, &people);
    let found = look(&mut host, &Sweep::of(&people), &said);
    let failed = failures(&host);
    for kind in ["out_of_fuel", "deadline"] {
        assert!(failed.iter().any(|one| one == kind), "{kind}: {failed:?}");
    }
    assert!(
        found.is_empty(),
        "{} found: {:#?}",
        found.len(),
        &found[..found.len().min(20)]
    );
}

/// A thread that waits for its next work keeps nothing of the last: each stack is looked through after each request.
#[test]
fn no_value_is_left_on_the_stack_of_a_thread() {
    let people = Person::many(PEOPLE_AT_STACKS);
    let (sweep, fields) = (Sweep::of(&people), fields());
    let host = Host::start("");
    let look = || -> Vec<String> {
        let stacks = host.stacks();
        stacks
            .iter()
            .flat_map(|(place, bytes)| sweep.found_in(place, bytes))
            .collect()
    };
    let mut found = Vec::new();
    for (n, person) in people.iter().enumerate() {
        let answer = ask(&host, &fields, person, n);
        // The thread that wrote the answer may not be done with it.
        let left = (0..LOOKS).map(|_| look()).find(Vec::is_empty).is_none();
        if left {
            found.push(format!("request {n}, {}: {:?}", answer.status, look()));
        }
    }
    assert!(found.is_empty(), "{} found: {found:#?}", found.len());
}

/// The same with a dictionary that takes a customer's identifier for the name of a service, which may be recorded in clear.
#[test]
fn a_host_that_leaks_is_found_out() {
    found_out(|text| {
        let at = text.find("- name: payer.customer").expect("the field");
        let leaky = text[at..]
            .replacen("class: sensitive", "class: operational", 1)
            .replacen("    token: customer\n", "    format: service\n", 1);
        format!("{}{leaky}", &text[..at])
    });
}

/// And with one that takes any word for an identifier of a payment, a session or a case.
#[test]
fn a_host_that_takes_words_for_identifiers_is_found_out() {
    found_out(|text| text.replace("format: reference", "format: service"));
}

/// Of what the people sent, only that by which a state or a bank knows them has the form that leaks.
fn found_out(leak: impl FnOnce(&str) -> String) {
    let people = Person::many(400);
    let mut host = Host::prepare("");
    let dictionary = host.own_policies().join("dictionary.yaml");
    let text = fs::read_to_string(&dictionary).expect("a dictionary");
    let leaky = leak(&text);
    assert_ne!(text, leaky);
    fs::write(&dictionary, leaky).expect("written");
    host.go_on();
    let said = send(&host, &people);
    let found = look(&mut host, &Sweep::of(&people), &said);
    let data = host.data().display().to_string();
    let is_kept = |what: &String| what.starts_with(&data);
    assert!(found.iter().any(is_kept), "{found:#?}");
    assert!(
        found.iter().all(|what| what.contains(": id,")),
        "{found:#?}"
    );
}

/// A plugin that is stopped in the middle of what it does with a payment.
fn starve(host: &mut Host) {
    let policy = host.own_policies().join("risk/behaviour.yaml");
    let text = fs::read_to_string(&policy).expect("a policy");
    let starved = text.replace("budget: {fuel: 2000000,", "budget: {fuel: 1000,");
    assert_ne!(text, starved);
    fs::write(policy, starved).expect("written");
}

/// A plugin that has a card's token and never answers: it meets its deadline.
fn stall(host: &mut Host) {
    let plugin = Guest::evaluating("(loop $on (br $on)) (unreachable)").build();
    fs::write(host.own_plugins().join("amount-limit.wasm"), plugin).expect("written");
    fs::write(host.own_policies().join("risk/stall.yaml"), STALL).expect("written");
}

const STALL: &str = r#"apiVersion: weft/v1
kind: Policy
metadata:
  id: risk.stall
  title: Asks a plugin that never answers
  owner: Tests
  family: risk
  description: Looks at payments to one country alone.
  sources: [{title: "Weft, tests", reference: none, verified: true}]
  effective: {from: 2026-01-01T00:00:00Z}
  status: enforced
stage: decision
on: [payment.authorize]
match:
  - name: payments to Norway
    expression: payee.country == 'NO'
plugin:
  name: amount-limit
  budget: {fuel: 1000000000, time_ms: 10}
  grants:
    - {field: payment.amount, treatment: clear}
    - {field: instrument.pan, treatment: token}
reasons:
  - {code: amount-over-limit, title: The amount is over the limit}
on_missing: hold
on_error: hold
messages:
  customer: We are checking this payment.
  agent: A check did not come to its end.
  auditor: Held because a plugin did not answer.
"#;

/// Why plugins did not answer, as the log has it.
fn failures(host: &Host) -> Vec<String> {
    let kind = |finding: &Json| finding["failure"]["kind"].as_str().map(str::to_owned);
    let of = |record: Json| -> Vec<String> {
        let findings = record["findings"].as_array().cloned().unwrap_or_default();
        findings.iter().filter_map(kind).collect()
    };
    host.records().into_iter().flat_map(of).collect()
}

/// Everybody sends something, each in the next way. Gives everything that was answered.
fn send(host: &Host, people: &[Person]) -> Vec<u8> {
    let fields = fields();
    let mut said = Vec::new();
    for (n, person) in people.iter().enumerate() {
        said.extend(ask(host, &fields, person, n).body);
        said.extend(put_words(host, person, n).body);
    }
    for path in ["/metrics", "/readyz", "/v1/policies", "/v1/policy-sets"] {
        said.extend(host.get("operator", path).body);
    }
    said
}

/// Stops the host and looks through what it said, wrote, and what its commands tell of that.
fn look(host: &mut Host, sweep: &Sweep, said: &[u8]) -> Vec<String> {
    let memory = host.memory();
    let log = host.stop();
    assert!(
        said.len() > 10_000 && log.len() > 10_000,
        "there is something to look through"
    );
    let mut found = sweep.found_in("replies and metrics", said);
    found.extend(sweep.found_in("the log on standard error", log.as_bytes()));
    found.extend(sweep.found_below(&host.data()));
    for (place, bytes) in &memory {
        found.extend(sweep.found_in(place, bytes));
    }
    let data = host.data().display().to_string();
    for command in [
        &["audit", "verify", "--data", &data][..],
        &["audit", "query", "--data", &data],
        &["audit", "query", "--data", &data, "--json"],
    ] {
        let told = run(command);
        found.extend(sweep.found_in(&command[..2].join(" "), (told.out + &told.err).as_bytes()));
    }
    found
}
