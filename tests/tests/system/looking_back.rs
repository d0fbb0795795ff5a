//! What an auditor finds again: records by what they are about, proofs of single ones, a payment's story with the support
//! about it.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value as Json, json};
use weft_tests::Host;
use weft_tests::binary::{Said, run};
use weft_tests::traffic::{assistance, held, usual};

fn audit(host: &Host, arguments: &[&str]) -> Said {
    let data = host.data().display().to_string();
    let (command, rest) = arguments.split_first().expect("a command");
    let all = [&["audit", command, "--data", &data], rest].concat();
    run(&all)
}

/// The decisions of what `audit query --json` printed.
fn decisions(said: &Said) -> Vec<String> {
    let id = |line: &str| {
        let entry: Json = serde_json::from_str(line).expect("JSON");
        entry["record"]["decision"].as_str().map(str::to_owned)
    };
    said.out.lines().filter_map(id).collect()
}

#[test]
fn records_are_found_by_what_they_are_about_in_the_file_and_over_http() {
    let mut host = Host::start("");
    for n in 0..3 {
        host.decide("service", &usual(&format!("p-{n}")));
    }
    host.decide("service", &held("held-1"));
    host.decide(
        "agent",
        &assistance("assist.failed_payment", "held-1", "case-1"),
    );
    let all = host.records();
    let of = |id: &str| {
        all.iter()
            .find(|one| one["transaction"] == id)
            .expect("there")
            .clone()
    };
    let account = of("held-1")["facts"]["payer.account"]
        .as_str()
        .expect("a token")
        .to_owned();
    for (option, parameter, value) in [
        ("--payment", "payment", "held-1"),
        ("--case", "case", "case-1"),
        ("--account", "account", &account),
        ("--policy", "policy", "risk.behaviour"),
        ("--plugin", "plugin", "risk-rules"),
        (
            "--verdict",
            "verdict",
            of("held-1")["outcome"]["verdict"]
                .as_str()
                .expect("a verdict"),
        ),
        ("--operation", "operation", "assist.failed_payment"),
        ("--region", "region", "eu"),
        ("--from", "from", "2020-01-01T00:00:00Z"),
    ] {
        let said = audit(&host, &["query", option, value, "--json"]);
        assert!(said.ok, "{}", said.err);
        let wanted = decisions(&said);
        assert!(!wanted.is_empty(), "{option} {value}");
        let got = host.get("regulator", &format!("/v1/log/records?{parameter}={value}"));
        let page: Json = serde_json::from_slice(&got.body).expect("JSON");
        let records = page["records"].as_array().expect("records");
        let found = records
            .iter()
            .filter_map(|one| one["record"]["decision"].as_str());
        assert_eq!(found.collect::<Vec<_>>(), wanted, "{option} {value}");
    }
    let none = audit(&host, &["query", "--payment", "nobody", "--csv"]);
    assert_eq!(
        (none.ok, none.out.lines().count()),
        (true, 1),
        "{}",
        none.out
    );
    let table = audit(&host, &["query", "--payment", "held-1", "--csv"]);
    assert!(
        table.out.lines().count() > 2 && table.out.contains(",case-1,"),
        "{}",
        table.out
    );
    let page = audit(&host, &["query", "--payment", "held-1", "--html"]).out;
    let rows = page.matches("<td class=\"number\">").count() / 2;
    assert_eq!(rows, table.out.lines().count() - 1, "{page}");
    assert!(
        page.contains("payment held-1") && page.contains("case <bdi>case-1"),
        "{page}"
    );
    host.stop();
}

#[test]
fn one_record_is_proven_to_who_has_the_key_and_nothing_else() {
    let mut host = Host::start("");
    let answer = host.decide("service", &usual("p-1")).json();
    let id = answer["decision"].as_str().expect("an id");
    host.stop();
    let out = tempfile::tempdir().expect("a directory");
    let to = out.path().display().to_string();
    let said = audit(&host, &["prove", id, "--out", &to]);
    assert!(said.ok, "{}", said.err);
    let find = |end: &str| {
        let mut files = fs::read_dir(out.path()).expect("a directory");
        let file = files.find_map(|file| {
            let path = file.expect("an entry").path();
            path.to_string_lossy().ends_with(end).then_some(path)
        });
        file.expect("written")
    };
    let (record, proof) = (find(".json"), find(".tlog-proof"));
    let key = host.data().join("audit/log.vkey").display().to_string();
    let check = || {
        let (proof, record) = (proof.display().to_string(), record.display().to_string());
        run(&["audit", "check-proof", &proof, &record, "--key", &key])
    };
    let good = check();
    assert!(
        good.ok && good.out.contains("signature is good"),
        "{}{}",
        good.out,
        good.err
    );
    let again = audit(&host, &["prove", id, "--out", &to]);
    assert!(
        !again.ok && again.err.contains("record-"),
        "it replaces nothing: {}",
        again.err
    );
    let text = fs::read_to_string(&record).expect("readable");
    fs::write(
        &record,
        text.replace("payment.authorize", "payment.autorize"),
    )
    .expect("written");
    let bad = check();
    assert!(!bad.ok && bad.err.contains("another record"), "{}", bad.err);
    let none = audit(&host, &["prove", "dec_nobody", "--out", &to]);
    assert!(!none.ok && none.err.contains("none of the"), "{}", none.err);
}

#[test]
fn a_payment_and_the_support_about_it_are_one_story() {
    let mut host = Host::start("");
    host.decide("service", &held("held-1"));
    host.decide("service", &usual("another-1"));
    let help = host
        .decide(
            "agent",
            &assistance("assist.failed_payment", "held-1", "case-1"),
        )
        .json();
    let decision = help["decision"].as_str().expect("an id");
    host.get("agent", &format!("/v1/decisions/{decision}"));
    host.post_to(
        "/v1/disclosures",
        "agent",
        &json!({"case": "case-1", "purpose": "call-back", "field": "payer.phone", "token": "tok_eu_phone_aaaaaaaaaaaaaaaaaaaaaaaaaa"}),
    );
    host.stop();
    for asked in [["--payment", "held-1"], ["--case", "case-1"]] {
        let said = audit(&host, &[&["timeline"][..], &asked].concat());
        assert!(said.ok, "{}", said.err);
        for text in [
            "held-1",
            "case-1",
            "assist.failed_payment",
            "payment.authorize",
            "decision.read",
            "disclosure.refused",
            "each leads to a record that was before it",
        ] {
            assert!(said.out.contains(text), "{text} with {asked:?}");
        }
        assert!(!said.out.contains("another") && !said.out.contains("<script"));
    }
    let none = audit(&host, &["timeline", "--payment", "nobody"]);
    assert!(
        !none.ok && none.err.contains("no record about it"),
        "{}",
        none.err
    );
}

#[test]
fn evidence_about_cases_is_one_directory_that_others_check() {
    let mut host = Host::start("");
    host.decide("service", &held("held-1"));
    host.decide("service", &usual("other-1"));
    for (payment, case) in [
        ("held-1", "case-1"),
        ("other-1", "case-2"),
        ("other-1", "case-3"),
    ] {
        host.decide("agent", &assistance("assist.failed_payment", payment, case));
    }
    host.stop();
    let out = tempfile::tempdir().expect("a directory");
    let to = out.path().join("evidence");
    let place = to.display().to_string();
    let cases = ["--case", "case-1", "--case", "case-2", "--out", &place];
    let said = audit(&host, &[&["evidence"][..], &cases].concat());
    assert!(said.ok, "{}{}", said.out, said.err);
    assert!(
        said.out.contains("2 cases") && said.out.contains(" s)"),
        "{}",
        said.out
    );
    let read = |name: &str| fs::read_to_string(to.join(name)).expect(name);
    for (name, text) in [
        ("index.html", "case-2"),
        ("case-1.html", "assist.failed_payment"),
        ("minimisation.csv", "case-1"),
        ("replay.json", "\"differ\": 0"),
    ] {
        assert!(read(name).contains(text), "{text} in {name}");
    }
    assert!(!read("minimisation.csv").contains("case-3"));
    // The policies are those that decided, file by file.
    let record = fs::read_dir(to.join("proofs"))
        .expect("records")
        .find_map(|file| {
            let text = fs::read_to_string(file.expect("an entry").path()).expect("readable");
            let record: Json = serde_json::from_str(&text).ok()?;
            record["policy_set"].as_str().map(str::to_owned)
        });
    let set = to.join("policies").join(record.expect("a decision"));
    assert!(set.join("dictionary.yaml").is_file(), "{}", set.display());
    let key = host.data().join("audit/log.vkey").display().to_string();
    let check = || {
        let script = to.join("verify.sh");
        let ran = std::process::Command::new("sh")
            .arg(script)
            .arg(&key)
            .output()
            .expect("runs");
        let (out, err) = (
            String::from_utf8_lossy(&ran.stdout),
            String::from_utf8_lossy(&ran.stderr),
        );
        (ran.status.success(), format!("{out}{err}"))
    };
    let (good, told) = check();
    assert!(good && told.contains("each holds"), "{told}");
    // Whatever is changed, taken out, added or exchanged is found.
    let files = weft_tests::files::files(&to.join("proofs"));
    let of = |end: &str| -> Vec<PathBuf> {
        let files = files
            .iter()
            .filter(|path| path.to_string_lossy().ends_with(end));
        files.cloned().collect()
    };
    let (records, proofs) = (of(".json"), of(".tlog-proof"));
    let whole = out.path().join("whole");
    weft_tests::files::copy(&to, &whole);
    type Change<'a> = (&'a str, &'a dyn Fn());
    let append = |path: &std::path::Path| {
        fs::write(path, fs::read_to_string(path).expect("readable") + " ").expect("written");
    };
    let remove = |path: &std::path::Path| fs::remove_file(path).expect("removed");
    let swap = |a: &std::path::Path, b: &std::path::Path| {
        let (of_a, of_b) = (
            fs::read(a).expect("readable"),
            fs::read(b).expect("readable"),
        );
        fs::write(a, of_b).expect("written");
        fs::write(b, of_a).expect("written");
    };
    let changes: &[Change<'_>] = &[
        ("a record", &|| append(&records[0])),
        ("a record without its proof", &|| {
            append(&records[0]);
            remove(&proofs[0]);
        }),
        ("a record and its proof taken out", &|| {
            remove(&records[0]);
            remove(&proofs[0]);
        }),
        ("all taken out", &|| {
            records.iter().chain(&proofs).for_each(|path| remove(path))
        }),
        ("records exchanged with their proofs", &|| {
            swap(&records[0], &records[1]);
            swap(&proofs[0], &proofs[1]);
        }),
        ("a story", &|| append(&to.join("case-1.html"))),
        ("what came of the replay", &|| {
            append(&to.join("replay.json"))
        }),
        ("a policy", &|| append(&set.join("pipeline.yaml"))),
        ("a file too many", &|| {
            fs::write(to.join("proofs/record-99.json"), "{}").expect("written")
        }),
        ("the list", &|| remove(&to.join("files.sha256"))),
    ];
    for (what, change) in changes {
        change();
        let (good, told) = check();
        assert!(
            !good && told.contains("NOT AS IT WAS WRITTEN"),
            "{what}: {told}"
        );
        fs::remove_dir_all(&to).expect("removed");
        weft_tests::files::copy(&whole, &to);
        assert!(check().0, "{what}");
    }
    let again = audit(&host, &[&["evidence"][..], &cases].concat());
    assert!(
        !again.ok && again.err.contains("is there already"),
        "{}",
        again.err
    );
    let elsewhere = out.path().join("none").display().to_string();
    let none = audit(
        &host,
        &["evidence", "--case", "nobody", "--out", &elsewhere],
    );
    assert!(!none.ok && none.err.contains("nobody"), "{}", none.err);
    assert!(
        fs::symlink_metadata(elsewhere).is_err(),
        "nothing is left half"
    );
}

#[test]
fn odd_identifiers_lead_on_too() {
    let mut host = Host::start("");
    let (odd, case) = ("+a:b_1", "+c.d/1");
    host.decide("service", &usual(odd));
    host.decide("agent", &assistance("assist.failed_payment", odd, case));
    host.stop();
    for asked in [["--case", case], ["--payment", odd]] {
        let said = audit(&host, &[&["timeline"][..], &asked].concat());
        assert!(
            said.ok && said.out.contains("each leads to a record"),
            "{}",
            said.err
        );
    }
    let table = audit(&host, &["query", "--case", case, "--csv"]);
    assert!(
        table.ok && table.out.contains("'+c") && !table.out.contains(",+c"),
        "{}",
        table.out
    );
}
