//! The report about minimisation: everything that somebody was shown is in it, with its place, and nothing of anybody.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value as Json, json};
use weft_tests::Host;
use weft_tests::binary::{Said, run};
use weft_tests::canaries::{Person, Sweep};
use weft_tests::files::files;
use weft_tests::traffic::{assistance, held};

const CASE: &str = "case-1";

/// A held payment, an agent who asks about it, and one who asks for a value and for one that is nobody's business.
fn history(person: &Person) -> Host {
    let mut host = Host::start("");
    let mut payment = held("p-1");
    payment["payer"]["phone"] = json!(person.phone);
    payment["payer"]["name"] = json!(person.name);
    assert_eq!(host.decide("service", &payment).status, 200);
    let help = assistance("assist.failed_payment", "p-1", CASE);
    assert_eq!(host.decide("agent", &help).json()["verdict"], "allow");
    for (role, purpose, field, status) in [
        ("agent", "call-back", "payer.phone", 200),
        ("agent", "gossip", "payer.phone", 403),
        ("operator", "call-back", "payer.phone", 403),
        ("agent", "call-back", "payer.name", 403),
    ] {
        let wish = json!({"case": CASE, "purpose": purpose, "field": field});
        let answer = host.post_to("/v1/disclosures", role, &wish);
        assert_eq!(answer.status, status, "{}", answer.text());
    }
    let need = json!({"case": CASE, "payment": "p-1", "field": "payer.phone", "reason": "danger"});
    let asked = host.post_to("/v1/emergencies", "agent", &need);
    assert_eq!(asked.status, 200, "{}", asked.text());
    host.stop();
    host
}

fn report(host: &Host, more: &[&str]) -> Said {
    let data = host.data().display().to_string();
    run(&[&["report", "minimisation", "--data", &data], more].concat())
}

fn json_of(host: &Host, more: &[&str]) -> Json {
    let said = report(host, &[&["--format", "json"], more].concat());
    assert!(said.ok, "{}", said.err);
    serde_json::from_str(&said.out).expect("JSON")
}

fn names(list: &Json) -> BTreeSet<String> {
    let list = list.as_array().cloned().unwrap_or_default();
    list.iter()
        .filter_map(Json::as_str)
        .map(str::to_owned)
        .collect()
}

fn names_by(groups: &Json) -> BTreeSet<String> {
    let groups = groups.as_object().cloned().unwrap_or_default();
    groups.values().flat_map(names).collect()
}

#[test]
fn every_reader_is_in_it_with_a_place_that_can_be_checked() {
    let [person]: [Person; 1] = Person::many(1).try_into().ok().expect("one");
    let host = history(&person);
    let told = json_of(&host, &[]);
    let rows = told["rows"].as_array().expect("rows");
    let kinds: BTreeSet<_> = rows
        .iter()
        .filter_map(|r| r["reader"]["kind"].as_str())
        .collect();
    assert_eq!(
        kinds,
        BTreeSet::from(["person", "plugin", "reader of the vault"])
    );
    // Requested is what was disclosed, withheld and missing, and each has a legal basis.
    let mut requested = 0;
    for row in rows {
        let parts = [names_by(&row["disclosed"]), names_by(&row["withheld"])];
        let mut all: BTreeSet<String> = parts.into_iter().flatten().collect();
        all.extend(names(&row["missing"]));
        assert_eq!(names(&row["requested"]), all, "{row}");
        assert!(names(&row["allowed"]).is_subset(&all), "{row}");
        requested += all.len();
    }
    assert_eq!(told["totals"]["all"]["requested"], json!(requested));
    let plugins = rows.iter().filter(|row| row["reader"]["kind"] == "plugin");
    assert!(plugins.clone().count() >= 4);
    for row in plugins {
        assert_ne!(row["legal_basis"], json!([]), "{row}");
    }
    // From the log alone: the policy sets beside it are gone.
    fs::remove_dir_all(host.data().join("policy-sets")).expect("removed");
    let again = json_of(&host, &[]);
    assert_eq!(
        (&again["rows"], &again["gaps"]),
        (&told["rows"], &json!([]))
    );
    // Each row is the record that the log has at its place.
    let data = host.data().display().to_string();
    let shown = run(&["audit", "query", "--data", &data, "--json"]);
    let entries: Vec<Json> = shown
        .out
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    for row in rows {
        let entry = entries.iter().find(|entry| entry["index"] == row["index"]);
        let entry = entry.expect("its record");
        assert_eq!(entry["leaf_hash"], row["leaf_hash"]);
        let record = &entry["record"];
        let id = [&record["decision"], &record["detail"]["id"]];
        assert!(id.contains(&&row["id"]), "{row}");
    }
    let of_vault: Vec<_> = rows
        .iter()
        .filter(|row| row["reader"]["kind"] == "reader of the vault")
        .collect();
    assert_eq!(of_vault.len(), 4);
    assert_eq!(of_vault[0]["disclosed"], json!({"clear": ["payer.phone"]}));
    assert_eq!(
        of_vault[1]["withheld"],
        json!({"purpose-not-granted": ["payer.phone"]})
    );
    // What was not granted by role, purpose or field was not allowed; and it is told who asked.
    assert_eq!(of_vault[0]["allowed"], json!(["payer.phone"]));
    for (refused, why) in of_vault[1..].iter().zip([
        "purpose-not-granted",
        "role-not-granted",
        "field-not-granted",
    ]) {
        assert!(refused["withheld"][why].is_array(), "{refused}");
        assert_eq!(refused["allowed"], json!([]), "{refused}");
    }
    let callers: Vec<_> = of_vault
        .iter()
        .map(|row| &row["reader"]["caller"])
        .collect();
    assert_eq!(callers, ["agent", "agent", "operator", "agent"]);
    // The command that the report names prints the record behind each row, also of who asked for a value.
    for row in rows {
        let id = row["id"].as_str().expect("an id");
        let shown = run(&[
            "audit",
            "query",
            "--data",
            &data,
            "--decision",
            id,
            "--json",
        ]);
        let shown: Json = serde_json::from_str(shown.out.trim()).expect("one record");
        assert_eq!(shown["leaf_hash"], row["leaf_hash"]);
    }
    // No value of the person is in any form of it.
    let sweep = Sweep::of(&[person]);
    for form in ["html", "csv", "json"] {
        let said = report(&host, &["--format", form]);
        assert!(said.ok && said.out.len() > 1_000, "{}", said.err);
        assert_eq!(
            sweep.found_in(form, said.out.as_bytes()),
            Vec::<String>::new()
        );
    }
    let lines = report(&host, &["--format", "csv"]).out.lines().count();
    assert_eq!(lines, rows.len() + 1);
}

/// Also who reads what somebody else was shown, and each decision by its name.
#[test]
fn who_reads_a_decision_again_is_in_it() {
    let mut host = Host::start("");
    let mut ids = Vec::new();
    for (payment, case) in [("p-1", "case-1"), ("p-2", "case-2")] {
        assert_eq!(host.decide("service", &held(payment)).status, 200);
        let help = assistance("assist.failed_payment", payment, case);
        let id = host.decide("agent", &help).json()["decision"].clone();
        ids.push(id.as_str().expect("an id").to_owned());
    }
    for role in ["agent", "supervisor"] {
        for id in ids.iter().chain(&ids) {
            assert_eq!(host.get(role, &format!("/v1/decisions/{id}")).status, 200);
        }
    }
    let audited = host.decide("service", &held("p-3")).json()["decision"].clone();
    let path = format!(
        "/v1/decisions/{}/explanation",
        audited.as_str().expect("an id")
    );
    assert_eq!(host.get("regulator", &path).status, 200);
    let records = host.stop_and_read();
    let told = json_of(&host, &[]);
    let rows = told["rows"].as_array().expect("rows").iter();
    let rows: Vec<&Json> = rows
        .filter(|row| row["reader"]["kind"] == "reader of a decision")
        .collect();
    let of_regulator =
        |row: &&&Json| row["reader"]["caller"] == "regulator" && row["id"] == audited;
    assert_eq!(rows.iter().filter(of_regulator).count(), 1);
    for caller in ["agent", "supervisor"] {
        for id in &ids {
            let of = |row: &&&Json| row["reader"]["caller"] == caller && row["id"] == id.as_str();
            let row = rows.iter().find(of).expect("a row");
            assert_eq!(row["operation"], "decision.read");
            assert_eq!(row["purpose"], "failed-payment");
            assert!(row["disclosed"]["clear"].is_array(), "{row}");
            let index = row["index"].as_u64().expect("a place");
            let record = &records[usize::try_from(index).expect("small")];
            assert_eq!(record["event"], "decision.read");
            assert_eq!(record["detail"]["by"], caller);
        }
    }
    let of_one = json_of(&host, &["--case", "case-2"]);
    let rows = of_one["rows"].as_array().expect("rows").iter();
    let mut again = rows.filter(|row| row["reader"]["kind"] == "reader of a decision");
    assert!(again.all(|row| row["id"] == ids[1].as_str()));
}

#[test]
fn a_case_and_a_time_are_told_apart_and_nothing_is_no_success() {
    let [person]: [Person; 1] = Person::many(1).try_into().ok().expect("one");
    let host = history(&person);
    let told = json_of(&host, &["--case", CASE]);
    let rows = told["rows"].as_array().expect("rows");
    assert!(rows.iter().all(|row| row["case"] == CASE));
    assert_eq!(
        (&told["decisions"], &told["requests_for_values"]),
        (&json!(1), &json!(4))
    );
    // The log tells all of the case: what was decided, who asked for values, what was asked for in an emergency.
    let data = host.data().display().to_string();
    let shown = run(&["audit", "query", "--data", &data, "--case", CASE, "--json"]);
    let shown = shown.out.lines().map(|line| {
        let entry: Json = serde_json::from_str(line).expect("JSON");
        let event = entry["record"]["event"].as_str().unwrap_or("decision");
        event.to_owned()
    });
    assert_eq!(
        shown.collect::<Vec<_>>(),
        [
            "decision",
            "disclosure.released",
            "disclosure.refused",
            "disclosure.refused",
            "disclosure.refused",
            "emergency.asked"
        ]
    );
    let at = |row: &Json| row["at"].as_str().expect("a time").to_owned();
    let last = at(rows.last().expect("a row"));
    let from = json_of(&host, &["--from", &last]);
    assert_eq!(at(&from["rows"][0]), last);
    for (more, why) in [
        (&["--case", "case-2"][..], "no such decision"),
        (&["--to", "2020-01-01T00:00:00Z"], "no such decision"),
        (
            &["--from", &last, "--to", &last],
            "give a --to that is after",
        ),
    ] {
        let said = report(&host, more);
        assert!(!said.ok && said.err.contains(why), "{}", said.err);
    }
}

#[test]
fn nothing_is_reported_of_a_log_that_was_changed() {
    let [person]: [Person; 1] = Person::many(1).try_into().ok().expect("one");
    let host = history(&person);
    let journal = &files(&host.data().join("audit/log"))[0];
    let mut bytes = fs::read(journal).expect("readable");
    let needle = b"\"disclosed\":";
    let at = bytes
        .windows(needle.len())
        .position(|window| window == needle)
        .expect("a record that discloses");
    bytes[at + 1] ^= 1;
    fs::write(journal, bytes).expect("written");
    let said = report(&host, &[]);
    assert!(!said.ok && said.out.is_empty());
    assert!(said.err.contains("weft audit verify"), "{}", said.err);
}
