//! Policies change while the host runs: reloaded, refused, rolled back, and all of it in the log.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use weft_tests::Host;
use weft_tests::binary::{Said, run};
use weft_tests::traffic::usual;

/// A threshold of the house's own; the payments are of 6.40 EUR.
fn policy(limit: &str) -> String {
    format!(
        "apiVersion: weft/v1
kind: Policy
metadata:
  id: house.limit
  title: A payment is not above the limit
  owner: Payments risk
  sources: [{{title: House rule, reference: '1', verified: true}}]
  effective: {{from: 2026-01-01T00:00:00Z}}
  status: enforced
stage: decision
on: [payment.authorize]
parameters:
  - {{name: limit, title: Highest amount, type: money, value: {limit}}}
rules:
  - {{id: above, when: payment.amount > parameters.limit, verdict: deny, reason: above-limit}}
reasons: [{{code: above-limit, title: The amount is above the limit}}]
on_missing: hold
on_error: hold
messages: {{customer: The amount is too high., agent: The amount is too high., auditor: The amount is above the limit.}}
tests:
  - name: above
    given: {{payment.amount: {{value: '1000', currency: EUR}}}}
    expect: {{verdict: deny, rules: [above]}}
  - name: within
    given: {{payment.amount: {{value: '0.01', currency: EUR}}}}
    expect: {{verdict: abstain}}
"
    )
}

/// The policy is two directories above: `risk/house-limit.yaml`.
fn dir_of(file: &Path) -> String {
    let dir = file.parent().and_then(Path::parent).expect("a directory");
    dir.display().to_string()
}

/// A host with the house's limit, and an operator at its command line.
struct House {
    host: Host,
    file: PathBuf,
    token: PathBuf,
    payments: u32,
}

impl House {
    fn new() -> House {
        let mut host = Host::prepare("");
        let file = host.own_policies().join("risk/house-limit.yaml");
        fs::write(&file, policy("100.00 EUR")).expect("written");
        let token = host.dir.path().join("token");
        fs::write(&token, format!("{}\n", host.token("operator"))).expect("written");
        host.go_on();
        House {
            host,
            file,
            token,
            payments: 0,
        }
    }

    fn write(&self, text: &str) {
        fs::write(&self.file, text).expect("written");
    }

    /// `weft policy …` by the operator.
    fn operator(&self, args: &[&str]) -> Said {
        let token = self.token.display().to_string();
        let remote = ["--host", self.host.address(), "--token-file", &token];
        run(&[&["policy"], args, &remote].concat())
    }

    /// The verdict about another usual payment, and the set that decided it.
    fn decide(&mut self) -> (String, String) {
        self.payments += 1;
        let payment = usual(&format!("p-{}", self.payments));
        let decision = self.host.decide("service", &payment).json();
        let id = decision["decision"].as_str().expect("an id");
        let verdict = decision["verdict"].as_str().expect("a verdict").to_owned();
        (verdict, id.to_owned())
    }

    fn verdict(&mut self) -> String {
        self.decide().0
    }

    fn in_force(&self) -> String {
        let said = self.host.get("regulator", "/v1/policies").json();
        said["policy_set"].as_str().expect("a set").to_owned()
    }

    /// Waits until the host says something of itself.
    fn wait(&self, path: &str, until: impl Fn(&str) -> bool) {
        while !until(&self.host.get("operator", path).text()) {
            std::thread::yield_now();
        }
    }
}

fn archived(house: &House, set: &str) -> PathBuf {
    let sets = house.host.data().join("policy-sets");
    sets.join(set).join("policies/risk/house-limit.yaml")
}

fn said<'r>(record: &'r Json, name: &str) -> &'r str {
    record["detail"][name].as_str().unwrap_or_default()
}

#[test]
fn a_threshold_changes_while_the_host_runs_and_back() {
    let mut house = House::new();
    let wide = house.in_force();
    assert_eq!(house.verdict(), "allow");

    // A lower threshold, by command.
    house.write(&policy("5.00 EUR"));
    let reloaded = house.operator(&["reload", "--reason", "ticket 7: lower limit"]);
    assert!(reloaded.ok, "{}", reloaded.err);
    let narrow = house.in_force();
    assert!(
        reloaded
            .out
            .contains(&format!("policy set {narrow} is in force")),
        "{}",
        reloaded.out
    );
    assert!(
        reloaded.out.contains(&format!("it replaced {wide}")),
        "{}",
        reloaded.out
    );
    assert_eq!(house.verdict(), "deny");
    let again = house.operator(&["reload"]);
    assert!(
        again.ok && again.out.contains("stays in force"),
        "{}{}",
        again.out,
        again.err
    );

    // What does not hold is refused, by command and by signal.
    house.write(&policy("5.00 EUR").replace("parameters.limit,", "parameters.limmit,"));
    let refused = house.operator(&["reload"]);
    assert!(!refused.ok, "{}", refused.out);
    for words in [
        "house-limit.yaml:15:",
        "did you mean `parameters.limit`?",
        "the policy set in force stays",
    ] {
        assert!(
            refused.err.contains(words),
            "no `{words}` in {}",
            refused.err
        );
    }
    house.host.hang_up();
    let counted = "weft_problems_total{code=\"policy-set-refused\"} 2";
    house.wait("/metrics", |metrics| metrics.contains(counted));
    assert_eq!(house.in_force(), narrow);
    assert_eq!(house.verdict(), "deny");

    // Another threshold, by signal.
    house.write(&policy("50.00 EUR"));
    house.host.hang_up();
    house.wait("/v1/policy-sets", |sets| sets.contains("\"by\":\"signal\""));
    let middle = house.in_force();
    assert_eq!(house.verdict(), "allow");

    // Back, and it stays so over a restart.
    let back = house.operator(&["rollback", "--reason", "too wide"]);
    assert!(
        back.ok && back.out.contains(&narrow),
        "{}{}",
        back.out,
        back.err
    );
    assert!(back.err.contains("weft policy reload"), "{}", back.err);
    assert_eq!(house.verdict(), "deny");
    let twice = house.operator(&["rollback"]);
    assert!(
        !twice.ok && twice.err.contains("by a rollback already"),
        "{}",
        twice.err
    );
    let log = house.host.stop();
    assert!(
        log.contains("house-limit.yaml:15:"),
        "the signal's refusal is logged: {log}"
    );
    house.host.go_on();
    assert_eq!(house.in_force(), narrow);
    assert_eq!(house.verdict(), "deny");

    // A set of which a byte was changed does not come back.
    let file = archived(&house, &wide);
    fs::write(&file, policy("900.00 EUR")).expect("written");
    let tampered = house.operator(&["rollback", "--to", &wide[..12]]);
    assert!(!tampered.ok, "{}", tampered.out);
    assert!(
        tampered.err.contains(&file.display().to_string()),
        "{}",
        tampered.err
    );
    assert_eq!(house.verdict(), "deny");

    // The files of the directory count again when somebody says so.
    let reloaded = house.operator(&["reload"]);
    assert!(
        reloaded.ok && reloaded.out.contains(&middle),
        "{}{}",
        reloaded.out,
        reloaded.err
    );
    assert_eq!(house.verdict(), "allow");
    let listed = house.operator(&["sets"]);
    assert!(listed.ok, "{}", listed.err);
    let listed: Vec<String> = listed.out.lines().map(str::to_owned).collect();
    let expected = [&middle, &narrow, &middle, &narrow, &wide];
    assert_eq!(listed.len(), expected.len(), "{listed:?}");
    for (line, set) in listed.iter().zip(expected) {
        assert!(line.contains(set.as_str()), "{line}");
    }
    assert!(listed[0].starts_with("* "), "{}", listed[0]);
    assert!(
        listed[3].contains("by operator (reload): ticket 7: lower limit"),
        "{}",
        listed[3]
    );

    // A regulator with the directory alone reads the same.
    let data = house.host.data().display().to_string();
    let read = run(&["policy", "sets", "--data", &data]);
    assert_eq!(read.out.lines().collect::<Vec<_>>(), listed, "{}", read.err);

    let records = house.host.stop_and_read();
    let changes: Vec<&Json> = records
        .iter()
        .filter(|record| record["event"] == "policy_set.changed")
        .collect();
    let expected = [
        (
            &wide,
            &narrow,
            "operator",
            "reload",
            "ticket 7: lower limit",
        ),
        (&narrow, &middle, "signal", "reload", ""),
        (&middle, &narrow, "operator", "rollback", "too wide"),
        (&narrow, &middle, "operator", "reload", ""),
    ];
    assert_eq!(changes.len(), expected.len(), "{changes:?}");
    for (change, (old, new, by, cause, reason)) in changes.into_iter().zip(expected) {
        let told = ["old", "new", "by", "cause", "reason"].map(|name| said(change, name));
        assert_eq!(told, [old, new, by, cause, reason]);
    }
    let sets: Vec<&str> = records
        .iter()
        .filter(|record| record["operation"] == "payment.authorize")
        .filter_map(|record| record["policy_set"].as_str())
        .collect();
    assert_eq!(
        sets,
        [
            &wide, &narrow, &narrow, &middle, &narrow, &narrow, &narrow, &middle
        ]
    );
    shown(&house.host.data());
}

/// A person who reads the log sees which set was in force when.
fn shown(data: &Path) {
    let shown = run(&["audit", "query", "--data", &data.display().to_string()]);
    for words in [
        "policy_set.changed",
        "ticket 7: lower limit",
        "- by: signal",
    ] {
        assert!(shown.out.contains(words), "no `{words}` in {}", shown.out);
    }
}

#[test]
fn a_level_of_threat_is_set_and_kept() {
    let mut house = House::new();
    let level = |said: &Said| said.out.trim().to_owned();
    let first = house.operator(&["threat-level"]);
    assert!(
        first.ok && level(&first).starts_with("threat level 0 since "),
        "{}",
        first.err
    );
    let raised = house.operator(&["threat-level", "2", "--reason", "an attack"]);
    assert!(
        level(&raised).ends_with(" by operator: an attack"),
        "{}{}",
        raised.out,
        raised.err
    );
    let (_, decision) = house.decide();
    house.host.kill();
    house.host.go_on();
    assert_eq!(level(&house.operator(&["threat-level"])), level(&raised));
    let wrong = house.operator(&["threat-level", "4"]);
    assert!(!wrong.ok && wrong.err.contains("0..=3"), "{}", wrong.err);
    let records = house.host.stop_and_read();
    let decided = records
        .iter()
        .find(|record| record["decision"] == *decision);
    let facts = &decided.expect("it is in the log")["facts"];
    assert_eq!(facts["processing.threat_level"], 2);
    let changes = records
        .iter()
        .filter(|r| r["event"] == "threat_level.changed");
    let changes: Vec<&Json> = changes.map(|record| &record["detail"]).collect();
    assert_eq!(changes.len(), 1, "{changes:?}");
    assert_eq!(
        (&changes[0]["old"], &changes[0]["new"]),
        (&Json::from(0), &Json::from(2))
    );
}

#[test]
fn only_an_operator_with_a_token_orders() {
    let house = House::new();
    let address = house.host.address();
    let file = house.host.dir.path().join("regulator");
    fs::write(&file, house.host.token("regulator")).expect("written");
    let file = file.display().to_string();
    for (args, told) in [
        (vec!["--host", address], "WEFT_OPERATOR"),
        (
            vec!["--host", "https://localhost", "--token-file", &file],
            "TLS is ended in front",
        ),
        (
            vec!["--host", address, "--token-file", "nowhere"],
            "nowhere",
        ),
        (
            vec!["--host", address, "--token-file", &file],
            "only callers with the role operator",
        ),
    ] {
        let refused = run(&[&["policy", "reload"], args.as_slice()].concat());
        assert!(
            !refused.ok && refused.err.contains(told),
            "{told}: {}",
            refused.err
        );
    }
    let looks = run(&["policy", "sets", "--host", address, "--token-file", &file]);
    assert!(
        looks.ok && looks.out.contains("by host (start)"),
        "{}",
        looks.err
    );
}

#[test]
fn the_book_claims_to_be_in_force_only_where_the_log_says_so() {
    let house = House::new();
    let dir = dir_of(&house.file);
    let data = house.host.data().display().to_string();
    let book = |form: &str, more: &[&str]| {
        let said = run(&[&["policy", "book", &dir, "--format", form], more].concat());
        assert!(said.ok, "{}", said.err);
        said.out
    };
    let wide = house.in_force();
    for form in ["html", "markdown"] {
        let page = book(form, &["--data", &data]);
        assert!(page.contains("The policies in force"), "{form}");
        assert!(
            page.contains(&format!("they are those of the policy set {wide}, since ")),
            "{form}"
        );
        // Nobody compared them.
        let page = book(form, &[]);
        assert!(!page.contains("in force"), "{form}");
        assert!(page.contains("Nobody has compared them"), "{form}");
    }

    // Files that are written, and not reloaded.
    house.write(&policy("5.00 EUR"));
    for form in ["html", "markdown"] {
        let page = book(form, &["--data", &data]);
        assert!(!page.contains("The policies in force"), "{form}");
        for told in [
            "The host decides by other files than those of this book.",
            "what it says is not what the host does",
            &wide,
        ] {
            assert!(page.contains(told), "no `{told}` in {form}");
        }
    }
    let out = house
        .host
        .dir
        .path()
        .join("book.html")
        .display()
        .to_string();
    let said = run(&["policy", "book", &dir, "--data", &data, "--out", &out]);
    assert!(
        said.ok && said.err.contains("The host decides by other files"),
        "{}",
        said.err
    );

    // Reloads and rollbacks stand in the history, with who and why.
    for (order, reason) in [("reload", "ticket 7"), ("rollback", "too narrow")] {
        let said = house.operator(&[order, "--reason", reason]);
        assert!(said.ok, "{}", said.err);
    }
    let page = book("markdown", &["--data", &data]);
    assert!(!page.contains("# The policies in force"), "{page}");
    let from = page
        .find("### A payment is not above the limit")
        .expect("it");
    let limit = &page[from..];
    let limit = &limit[..limit.find("\n## ").unwrap_or(limit.len())];
    for told in [
        "(start)",
        "(reload) by operator",
        "“ticket 7”",
        "(rollback)",
        "“too narrow”",
    ] {
        assert!(limit.contains(told), "no `{told}` in {limit}");
        assert!(page.matches(told).count() > 1, "no `{told}` of the sets");
    }

    // A set whose files cannot be read any more.
    fs::remove_file(archived(&house, &wide)).expect("removed");
    let page = book("html", &["--data", &data]);
    assert!(page.contains("nobody can tell whether they are"), "{page}");
    assert!(!page.contains("The policies in force"));
}
