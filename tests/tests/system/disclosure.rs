//! Values of the vault, asked for by people: who gets one, who does not, and what the log says of both.

use std::fs;

use serde_json::{Value as Json, json};
use weft_tests::Host;
use weft_tests::binary::run;
use weft_tests::canaries::{Person, Sweep};
use weft_tests::traffic::{assistance, held};

const PATH: &str = "/v1/disclosures";

/// A payment of somebody, about which an agent and a supervisor have asked within a case.
fn asked(host: &Host, person: &Person, id: &str, case: &str) {
    let mut payment = held(id);
    payment["payer"]["phone"] = json!(person.phone);
    payment["payer"]["name"] = json!(person.name);
    payment["payer"]["customer"] = json!(person.id);
    assert_eq!(host.decide("service", &payment).status, 200);
    for role in ["agent", "supervisor"] {
        let answer = host.decide(role, &assistance("assist.failed_payment", id, case));
        assert_eq!(answer.json()["verdict"], "allow", "{}", answer.text());
    }
}

fn wish(case: &str, purpose: &str, field: &str) -> Json {
    json!({"case": case, "purpose": purpose, "field": field})
}

fn with_token(token: &str) -> Json {
    let mut wish = wish("case-1", "call-back", "payer.phone");
    wish["token"] = json!(token);
    wish
}

/// What a refusal says, without its id.
fn refusal(host: &Host, role: &str, wish: &Json) -> (u16, Vec<(String, String)>, Json, String) {
    let answer = host.post_to(PATH, role, wish);
    let mut body = answer.json();
    let id = body["id"].as_str().expect("an id").to_owned();
    body["id"] = json!("");
    (answer.status, answer.headers, body, id)
}

#[test]
fn who_may_not_have_a_value_learns_nothing_and_is_on_record() {
    let [one, two]: [Person; 2] = Person::many(2).try_into().ok().expect("two");
    let mut host = Host::prepare("");
    // A purpose that is over soon after the decision.
    let policies = host.own_policies().join("disclosures");
    let text = fs::read_to_string(policies.join("call-back.yaml")).expect("a disclosure");
    let brief = text
        .replace("disclosure.call-back", "disclosure.brief")
        .replace("purpose: call-back", "purpose: brief")
        .replace("within: 15m", "within: 1ms");
    fs::write(policies.join("brief.yaml"), brief).expect("written");
    host.go_on();
    asked(&host, &one, "p-1", "case-1");
    asked(&host, &two, "p-2", "case-2");
    // The value, and nothing else, is in the answer to who may have it.
    let given = host.post_to(PATH, "agent", &wish("case-1", "call-back", "payer.phone"));
    assert_eq!(given.status, 200, "{}", given.text());
    assert_eq!(given.json()["value"], json!(one.phone));
    let made_up = format!("tok_eu_phone_{}", "a".repeat(26));
    let abroad = made_up.replace("_eu_", "_in_");
    let tries = [
        (
            "agent",
            wish("case-9", "call-back", "payer.phone"),
            "not-the-callers-case",
        ),
        (
            "agent",
            wish("case-1", "gossip", "payer.phone"),
            "purpose-not-granted",
        ),
        (
            "agent",
            wish("case-1", "call-back", "payer.name"),
            "field-not-granted",
        ),
        (
            "agent",
            wish("case-1", "brief", "payer.phone"),
            "grant-expired",
        ),
        ("agent", with_token(&made_up), "not-of-the-case"),
        ("agent", with_token(&abroad), "other-region"),
        (
            "service",
            wish("case-1", "call-back", "payer.phone"),
            "role-not-granted",
        ),
        (
            "operator",
            wish("case-1", "call-back", "payer.phone"),
            "role-not-granted",
        ),
    ];
    let mut reasons = Vec::new();
    let mut first = None;
    for (role, wish, reason) in &tries {
        let (status, headers, body, id) = refusal(&host, role, wish);
        let said = (status, headers, body);
        assert_eq!(said.0, 403);
        assert_eq!(*first.get_or_insert_with(|| said.clone()), said, "{reason}");
        reasons.push((json!(id), json!(reason)));
    }
    // Three in a case are the most in a day.
    for _ in 0..2 {
        let again = host.post_to(
            PATH,
            "supervisor",
            &wish("case-1", "call-back", "payer.phone"),
        );
        assert_eq!(again.status, 200);
    }
    let (status, headers, body, id) =
        refusal(&host, "agent", &wish("case-1", "call-back", "payer.phone"));
    assert_eq!(first, Some((status, headers, body)));
    reasons.push((json!(id), json!("over-budget")));
    let metrics = host.get("operator", "/metrics").text();
    assert!(metrics.contains("outcome=\"refused\"} 9"), "{metrics}");
    assert!(metrics.contains("outcome=\"released\"} 3"), "{metrics}");
    let memory = host.memory();
    let log = host.stop();
    let records = host.records();
    let events = |name: &str| -> Vec<Json> {
        let named = records.iter().filter(|record| record["event"] == name);
        named.map(|record| record["detail"].clone()).collect()
    };
    let refused: Vec<_> = events("disclosure.refused")
        .iter()
        .map(|detail| (detail["id"].clone(), detail["withheld"].clone()))
        .collect();
    assert_eq!(refused, reasons);
    let released = events("disclosure.released");
    assert_eq!(released.len(), 3);
    for detail in &released {
        assert_eq!(detail["case"], "case-1");
        assert_eq!(detail["transaction"], "p-1");
        assert_eq!(detail["requested"], json!(["payer.phone"]));
        assert!(
            detail["legal_basis"]
                .as_str()
                .is_some_and(|basis| basis.contains("Article 6"))
        );
    }
    // It was in the answers and is nowhere else.
    let sweep = Sweep::of(&[one, two]);
    let mut found = sweep.found_in("the log on standard error", log.as_bytes());
    found.extend(sweep.found_in("metrics", metrics.as_bytes()));
    found.extend(sweep.found_below(&host.data()));
    for (place, bytes) in &memory {
        found.extend(sweep.found_in(place, bytes));
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// A host that is killed while values are asked for has on record every one that somebody got.
#[test]
fn a_killed_host_has_every_value_on_record_that_it_gave() {
    let [one]: [Person; 1] = Person::many(1).try_into().ok().expect("one");
    let mut host = Host::prepare("");
    let file = host.own_policies().join("disclosures/call-back.yaml");
    let text = fs::read_to_string(&file).expect("a disclosure");
    let many = "budget: {per_case: 900, per_customer: 900, per_day: 900}";
    let few = "budget: {per_case: 3, per_customer: 3, per_day: 30}";
    assert!(text.contains(few));
    fs::write(&file, text.replace(few, many)).expect("written");
    host.go_on();
    asked(&host, &one, "p-1", "case-1");
    let wish = wish("case-1", "call-back", "payer.phone");
    let mut given = Vec::new();
    for _ in 0..3 {
        let answer = host.post_to(PATH, "agent", &wish);
        given.push(answer.json()["id"].as_str().expect("an id").to_owned());
    }
    // The fourth is recorded, and its answer is held back for a moment: the process ends before anybody gets it.
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| host.try_ask(PATH, "agent", &wish));
        let released = || {
            let metrics = host.get("operator", "/metrics").text();
            metrics.contains("outcome=\"released\"} 4")
        };
        while !released() {
            std::thread::yield_now();
        }
        host.kill_now();
        if let Ok(Ok(answer)) = asking.join() {
            given.push(answer.json()["id"].as_str().expect("an id").to_owned());
        }
    });
    host.kill();
    host.go_on();
    host.stop();
    let records = host.records();
    let released = records
        .iter()
        .filter(|r| r["event"] == "disclosure.released");
    let ids: Vec<String> = released
        .map(|record| {
            record["detail"]["id"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 4, "recorded, whether or not somebody got it");
    assert!(given.iter().all(|id| ids.contains(id)), "{given:?} {ids:?}");
}

/// From the command line: asked for, approved by two others, opened, and kept for its review.
#[test]
fn an_emergency_takes_two_others() {
    let [one]: [Person; 1] = Person::many(1).try_into().ok().expect("one");
    let mut host = Host::prepare("");
    let config = host.dir.path().join("weft.toml").display().to_string();
    let mut files = Vec::new();
    for (name, role) in [("chief-1", "supervisor"), ("chief-2", "supervisor")] {
        let said = run(&["token", "new", name, "--role", role, "--add-to", &config]);
        assert!(said.ok, "{}", said.err);
        files.push((name, said.out));
    }
    files.push(("agent", host.token("agent").to_owned()));
    for (name, token) in &files {
        fs::write(host.dir.path().join(name), token).expect("written");
    }
    host.go_on();
    asked(&host, &one, "p-1", "case-1");
    let weft = |by: &str, args: &[&str]| {
        let file = host.dir.path().join(by).display().to_string();
        let remote = ["--host", host.address(), "--token-file", &file];
        run(&[&["emergency"], args, &remote].concat())
    };
    let need = [
        "--case",
        "case-1",
        "--payment",
        "p-1",
        "--field",
        "payer.phone",
        "--reason",
        "danger",
    ];
    let said = weft("agent", &[&["ask"], &need[..]].concat());
    assert!(said.ok, "{}", said.err);
    let id = said.out.split(':').next().expect("an id").to_owned();
    let list = weft("chief-1", &["list"]).out;
    let digest = list.split("digest ").nth(1).and_then(|rest| rest.get(..64));
    let digest = digest.expect("a digest").to_owned();
    let approve = |by: &str| weft(by, &["approve", &id, "--digest", &digest]);
    assert!(!approve("agent").ok, "no agent approves");
    assert!(approve("chief-1").ok);
    assert!(!approve("chief-1").ok, "nobody approves twice");
    assert!(!weft("agent", &["open", &id]).ok, "one is not enough");
    assert!(approve("chief-2").ok);
    let opened = weft("agent", &["open", &id]);
    assert_eq!(opened.out.trim(), one.phone, "{}", opened.err);
    let review = weft("chief-1", &["review", &id, "--reason", "right"]);
    assert!(!review.ok, "who had a part in it does not review it");
    let metrics = host.get("operator", "/metrics").text();
    assert!(
        metrics.contains("weft_emergencies_unreviewed 1"),
        "{metrics}"
    );
    let log = host.stop();
    let sweep = Sweep::of(&[one]);
    let mut found = sweep.found_in("the log on standard error", log.as_bytes());
    found.extend(sweep.found_below(&host.data()));
    assert!(found.is_empty(), "{found:#?}");
}
