//! Past decisions, evaluated again: with the sets that they were taken with, and with another one.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::Value as Json;
use weft_tests::Host;
use weft_tests::binary::{Said, project, run, shared_data};
use weft_tests::traffic::{assistance, demo, held, usual};

const MAP: &str = "examples/feeds/handbook.yaml";

/// Customers with habits, of whom some suddenly spend much more, several times in a row: whether a payment is let go
/// decides what is usual for those after it.
fn history() -> String {
    let mut text = String::from(
        "TRANSACTION_ID,TX_TIME_SECONDS,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD,TX_FRAUD_SCENARIO\n",
    );
    let payments = (0..1_200_u32).map(|n| {
        let (customer, round) = (n % 40, n / 40);
        let usual = 10 + customer % 7 + round % 3;
        let spends = customer % 4 == 0 && round > 12;
        let amount = if spends {
            usual * (3 + round % 4)
        } else {
            usual
        };
        (n, n * 70, customer, n % 9, amount)
    });
    for (id, at, customer, terminal, amount) in payments {
        let _ = writeln!(text, "{id},{at},{customer},{terminal},{amount}.50,0,0");
    }
    text
}

fn feed(file: &str, data: &Path, policies: &str, more: &[&str]) {
    let data = data.display().to_string();
    let args = [
        "feed",
        file,
        "--map",
        MAP,
        "--data",
        &data,
        "--policies",
        policies,
    ];
    let said = run(&[&args, more].concat());
    assert!(said.ok, "{}\n{}", said.out, said.err);
}

fn replay(data: &Path, more: &[&str]) -> Said {
    let data = data.display().to_string();
    let other_set = more.contains(&"--policies");
    let room = if other_set { "policy" } else { "audit" };
    run(&[&[room, "replay", "--data", &data], more].concat())
}

fn report(data: &Path, more: &[&str]) -> Json {
    let said = replay(data, &[&["--format", "json"], more].concat());
    serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}", said.err))
}

/// A history that names no cards has the points of a busy one in each payment. Without them verdicts differ from each other.
const NO_VELOCITY: (&str, &str) = ("velocity_points: 200", "velocity_points: 0");

/// The project's policies for such a history.
fn without_velocity(dir: &Path) -> String {
    changed(dir, "calm", &[NO_VELOCITY])
}

/// The same with other thresholds of the risk score.
fn stricter(dir: &Path) -> String {
    changed(
        dir,
        "stricter",
        &[
            NO_VELOCITY,
            ("flag_at: 250", "flag_at: 40"),
            ("challenge_at: 400", "challenge_at: 90"),
            ("hold_at: 600", "hold_at: 150"),
            (
                "unproven_limits: [EUR 250.00",
                "unproven_limits: [EUR 100.00",
            ),
        ],
    )
}

/// The project's policies with changes in the settings of the risk score.
fn changed(dir: &Path, name: &str, changes: &[(&str, &str)]) -> String {
    let policies = dir.join(name);
    copy(&project().join("policies"), &policies);
    let file = policies.join("risk/behaviour.yaml");
    let mut text = fs::read_to_string(&file).expect("the policy");
    for (before, after) in changes {
        assert!(text.contains(before), "the policy has no `{before}`");
        text = text.replace(before, after);
    }
    fs::write(&file, text).expect("written");
    policies.display().to_string()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a directory").flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("copied");
        }
    }
}

/// The verdict of each payment by the platform's own identifier, and the payment of each decision.
fn verdicts(data: &Path) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let data = data.display().to_string();
    let said = run(&["audit", "query", "--json", "--data", &data]);
    assert!(said.ok, "{}", said.err);
    let (mut verdicts, mut payments) = (BTreeMap::new(), BTreeMap::new());
    let records = said.out.lines().map(|line| {
        let entry: Json = serde_json::from_str(line).expect("JSON");
        entry["record"].clone()
    });
    let text = |json: &Json| json.as_str().expect("a text").to_owned();
    for record in records.filter(|r| r["operation"] == "payment.authorize") {
        let payment = text(&record["transaction"]);
        payments.insert(text(&record["decision"]), payment.clone());
        verdicts.insert(payment, text(&record["outcome"]["verdict"]));
    }
    (verdicts, payments)
}

/// What a replay with a changed set says of each payment, against a history that was really decided by that set.
fn compare(file: &str, dir: &Path, more: &[&str]) -> usize {
    let (before, after) = (dir.join("before"), dir.join("after"));
    let stricter = stricter(dir);
    feed(file, &before, &without_velocity(dir), more);
    let (recorded, payments) = verdicts(&before);

    let again = report(&before, &[]);
    assert_eq!(again["reproduced"], recorded.len(), "{again}");
    assert_eq!(again["differ"], 0);

    feed(file, &after, &stricter, more);
    let (really, _) = verdicts(&after);
    let csv = ["--policies", &stricter, "--carry", "--format", "csv"];
    let said = replay(&before, &csv);
    assert!(said.ok, "{}", said.err);
    let mut told = recorded.clone();
    for line in said.out.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        if cells[3] == "changes" {
            let payment = &payments[cells[0]];
            assert_eq!(told[payment], cells[4], "{line}");
            told.insert(payment.clone(), cells[5].to_owned());
        }
    }
    let differ: Vec<_> = really.iter().filter(|(id, v)| told[*id] != **v).collect();
    assert!(
        differ.is_empty(),
        "the report is not what happens: {differ:?}"
    );
    let changed = recorded.iter().filter(|(id, v)| really[*id] != **v).count();
    let report = report(&before, &["--policies", &stricter, "--carry"]);
    assert_eq!(report["change"]["changed"], changed, "{}", report["change"]);
    changed
}

#[test]
fn a_history_is_reproduced_and_a_changed_threshold_tells_what_would_happen() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("history.csv");
    fs::write(&file, history()).expect("written");
    let changed = compare(&file.display().to_string(), dir.path(), &[]);
    assert!(changed > 50, "only {changed} verdicts change");
    // Verdicts feed back: without carrying them the report is about other features.
    let stricter = dir.path().join("stricter").display().to_string();
    let plain = report(&dir.path().join("before"), &["--policies", &stricter]);
    assert_ne!(plain["change"]["changed"], changed);
    assert_eq!(plain["change"]["features_carried"], false);
}

#[test]
fn a_report_of_the_end_carries_what_changed_before_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("history.csv");
    fs::write(&file, history()).expect("written");
    let (data, stricter) = (dir.path().join("data"), stricter(dir.path()));
    let calm = without_velocity(dir.path());
    feed(&file.display().to_string(), &data, &calm, &[]);
    let changes = |more: &[&str]| {
        let csv = ["--policies", &stricter, "--carry", "--format", "csv"];
        let said = replay(&data, &[&csv, more].concat());
        assert!(said.ok, "{}", said.err);
        let lines = said.out.lines().skip(1).map(str::to_owned);
        lines.collect::<Vec<String>>()
    };
    let whole = changes(&[]);
    let at = |line: &str| line.split(',').nth(1).expect("an instant").to_owned();
    let middle = at(&whole[whole.len() / 2]);
    let late: Vec<String> = whole
        .iter()
        .filter(|line| at(line) >= middle)
        .cloned()
        .collect();
    assert!(late.len() < whole.len());
    assert_eq!(changes(&["--since", &middle]), late);
}

#[test]
fn a_time_without_decisions_is_no_success() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("history.csv");
    fs::write(&file, history()).expect("written");
    let data = dir.path().join("data");
    feed(&file.display().to_string(), &data, "policies", &[]);
    let (early, late) = ("1999-01-01T00:00:00Z", "1999-02-01T00:00:00Z");
    for form in ["text", "json", "csv", "html"] {
        let said = replay(
            &data,
            &["--since", early, "--until", late, "--format", form],
        );
        assert!(!said.ok, "{form}: {}", said.out);
        assert!(
            said.err.contains("no decision in this range"),
            "{form}: {}",
            said.err
        );
        assert!(!said.out.contains("as recorded"), "{form}: {}", said.out);
    }
    let said = replay(&data, &["--since", late, "--until", early]);
    assert!(!said.ok);
    for told in ["1999-01-01", "1999-02-01"] {
        assert!(said.err.contains(told), "{}", said.err);
    }
}

#[test]
fn a_damaged_set_keeps_no_decision_of_another_from_being_evaluated() {
    let dir = tempfile::tempdir().expect("a directory");
    let text = history();
    let lines: Vec<&str> = text.lines().collect();
    let part = |name: &str, payments: &[&str]| {
        let file = dir.path().join(name);
        let text = format!("{}\n{}\n", lines[0], payments.join("\n"));
        fs::write(&file, text).expect("written");
        file.display().to_string()
    };
    let (data, stricter) = (dir.path().join("data"), stricter(dir.path()));
    feed(&part("one.csv", &lines[1..101]), &data, "policies", &[]);
    feed(&part("two.csv", &lines[101..151]), &data, &stricter, &[]);
    let whole = report(&data, &[]);
    let sets = whole["sets"].as_object().expect("sets");
    assert_eq!(sets.len(), 2, "{whole:#}");
    let (damaged, of_it) = sets.iter().next().expect("a set");
    let policy = data.join(format!(
        "policy-sets/{damaged}/policies/risk/behaviour.yaml"
    ));
    let text = fs::read_to_string(&policy).expect("an archived policy");
    fs::write(&policy, format!("{text}# later\n")).expect("written");
    let said = replay(&data, &["--format", "json"]);
    assert!(!said.ok);
    let left: Json = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(left["left_out"]["policy-set-damaged"]["count"], *of_it);
    let why = left["sets_missing"][damaged].as_str().expect("a reason");
    assert!(why.contains("risk/behaviour.yaml"), "{why}");
    let evaluated = |report: &Json| report["reproduced"].as_u64().expect("a count");
    let rest = evaluated(&whole) - of_it.as_u64().expect("a count");
    assert_eq!(evaluated(&left), rest, "{left:#}");
    assert_eq!(left["differ"], 0, "{left:#}");
}

#[test]
fn a_day_of_the_handbook_is_reproduced_and_a_changed_threshold_tells_what_would_happen() {
    let file = "handbook/transactions_2018-04-01_2018-07-22.csv.gz";
    let Some(file) = shared_data(file) else {
        return;
    };
    let dir = tempfile::tempdir().expect("a directory");
    let until = ["--until", "2018-04-02T00:00:00Z"];
    let changed = compare(&file.display().to_string(), dir.path(), &until);
    assert!(changed > 200, "only {changed} verdicts change");
}

#[test]
fn a_payment_that_does_not_wait_any_more_does_not_expire() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("history.csv");
    fs::write(&file, history()).expect("written");
    let (data, stricter) = (dir.path().join("data"), stricter(dir.path()));
    feed(&file.display().to_string(), &data, &stricter, &[]);
    let recorded = report(&data, &[]);
    let expired = recorded["left_out"]["by-host"]["count"].as_u64();
    assert!(expired > Some(0), "{recorded:#}");
    let calm = without_velocity(dir.path());
    let milder = report(&data, &["--policies", &calm, "--carry"]);
    let left_out = |why: &str| milder["left_out"][why]["count"].as_u64().unwrap_or(0);
    assert!(left_out("falls-away") > 0, "{milder:#}");
    assert_eq!(Some(left_out("falls-away") + left_out("by-host")), expired);
}

/// Payments, one of them held, confirmed and decided again; one that may not be here.
fn told_story() -> Host {
    let host = Host::start("");
    for n in 0..6 {
        host.decide("service", &usual(&format!("usual-{n}")));
    }
    let held = host.decide("service", &held("p1")).json();
    assert_eq!(held["verdict"], "hold", "{held}");
    host.decide(
        "agent",
        &assistance("assist.failed_payment", "p1", "case-1"),
    );
    let answer = serde_json::json!({
        "operation": "assist.verify_identity",
        "payment": {"id": "p1"},
        "challenge": {"id": held["challenge"]["id"], "response": held["challenge"]["response"]},
    });
    host.decide("service", &answer);
    // The customer's word counts once.
    host.decide("service", &answer);
    let confirm = assistance("assist.confirm", "p1", "case-1");
    let confirmed = host.decide("agent", &confirm).json();
    assert!(confirmed["decided_again"].is_object(), "{confirmed}");
    host.decide("agent", &confirm);
    let here = demo("residency.json");
    let denied = host.post("service", "application/json", here.as_bytes(), &[]);
    assert_eq!(denied.json()["verdict"], "deny", "{}", denied.text());
    host
}

#[test]
fn assistance_and_what_follows_from_it_are_reproduced_beside_the_running_host() {
    let host = told_story();
    let report = report(&host.data(), &[]);
    assert_eq!(report["differ"], 0, "{report:#}");
    let left_out = report["left_out"]["facts-forgotten"]["count"].as_u64();
    assert_eq!(left_out, Some(1), "{report:#}");
    let decisions = report["decisions"].as_u64().expect("a count");
    assert_eq!(report["reproduced"], decisions - 1, "{report:#}");
    assert!(decisions >= 12, "{decisions} decisions");
    assert!(report["forgotten"]["findings_reproduced"].as_u64() > Some(0));
}

#[test]
fn what_followed_from_a_decision_falls_away_with_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut host = told_story();
    host.stop();
    let denies = changed(dir.path(), "denying", &[("deny_at: 950", "deny_at: 700")]);
    let report = report(&host.data(), &["--policies", &denies, "--carry"]);
    let matrix = &report["change"]["matrix"];
    let has = |operation: &str, from: &str, to: &str| {
        let cells = matrix[operation].as_array().into_iter().flatten();
        cells.filter(|c| c["from"] == from && c["to"] == to).count() == 1
    };
    assert!(has("payment.authorize", "hold", "deny"), "{report:#}");
    // What was refused is not confirmed, and what is not confirmed is not decided again.
    assert!(has("assist.confirm", "allow", "deny"), "{report:#}");
    assert_eq!(report["left_out"]["falls-away"]["count"], 1, "{report:#}");
    let again = matrix.get("payment.authorize (decided again)");
    assert!(again.is_none(), "{report:#}");
}

#[test]
fn what_was_altered_is_named_and_no_success() {
    let mut host = told_story();
    host.stop();
    let data = host.data();
    // Somebody changes a policy in the archive: the set is not what decided any more.
    let sets = data.join("policy-sets");
    let set = fs::read_dir(&sets).expect("sets").flatten();
    let policy = set.map(|set| set.path().join("policies/risk/behaviour.yaml"));
    let policy = policy
        .into_iter()
        .find(|p| p.exists())
        .expect("an archived policy");
    let text = fs::read_to_string(&policy).expect("a policy");
    fs::write(&policy, text.replace("hold_at: 600", "hold_at: 601")).expect("written");
    let said = replay(&data, &[]);
    assert!(!said.ok);
    assert!(said.err.contains("risk/behaviour.yaml"), "{}", said.err);
    assert!(
        said.out.contains("archived copy of the policy set"),
        "{}",
        said.out
    );
    // Without its set a decision is counted as left out, and that is no success either.
    fs::remove_dir_all(sets).expect("removed");
    let said = replay(&data, &[]);
    assert!(!said.ok);
    assert!(said.out.contains("is not archived"), "{}", said.out);
}

#[test]
fn a_report_says_nothing_about_persons() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut host = told_story();
    let stricter = stricter(dir.path());
    host.stop();
    for form in ["text", "json", "csv", "html"] {
        let args = [
            "--policies",
            &stricter,
            "--carry",
            "--list",
            "--format",
            form,
        ];
        let said = replay(&host.data(), &args);
        assert!(said.ok, "{}", said.err);
        assert!(
            said.out.contains("dec_"),
            "no decision in {form}: {}",
            said.out
        );
        let told = format!("{}{}", said.out, said.err);
        for secret in ["tok_", "pse_", "Peeters", "411111", "Gent"] {
            assert!(!told.contains(secret), "{secret} in {form}");
        }
    }
}

/// The settings of all plugins in an explanation.
fn settings(explanation: &Json) -> impl Iterator<Item = &Json> {
    let stages = explanation["stages"].as_array().expect("stages").iter();
    let policies = stages.flat_map(|stage| stage["policies"].as_array().expect("policies"));
    policies.flat_map(|policy| {
        policy["plugin"]["settings"]
            .as_array()
            .into_iter()
            .flatten()
    })
}

#[test]
fn a_decision_is_explained_to_each_reader_in_its_words() {
    let host = told_story();
    let data = host.data().display().to_string();
    let (_, payments) = verdicts(&host.data());
    let said = run(&[
        "audit",
        "query",
        "--json",
        "--payment",
        "p1",
        "--data",
        &data,
    ]);
    let first: Json =
        serde_json::from_str(said.out.lines().next().expect("a record")).expect("JSON");
    let held = first["record"]["decision"].as_str().expect("an id");
    assert!(payments.contains_key(held));
    let explain = |role: &str| {
        let said = run(&["policy", "explain", held, "--as", role, "--data", &data]);
        assert!(said.ok, "{}", said.err);
        said.out
    };
    let audit = explain("regulator");
    for told in [
        "Evaluated again: every finding is as recorded.",
        "hold: A payment that does not look like its account waits for the customer",
        "does not hold: Malware (device.malware): yes",
        "device.malware = no",
        "file: risk/behaviour.yaml",
        "because (250 points): The amount is far above what the account usually pays",
        "it did not say:\n          The amount is high for an account of which little is known\n",
        "hold_at = 600 points (default): The score at which a payment waits",
        " settings more as the plugin has them; --format json names them",
        "asked the plugin data-residency 0.1.0; it gave none of its 5 reasons",
        "The most severe answer counts: hold, said by risk.behaviour.",
    ] {
        assert!(audit.contains(told), "no `{told}` in\n{audit}");
    }
    // What nobody needs to read is not told, and nothing is told twice.
    for told in ["terminal_daily_from", "fuel"] {
        assert!(!audit.contains(told), "{told} in\n{audit}");
    }
    let once = "The signals that are listed as reasons add up to the score";
    assert_eq!(audit.matches(once).count(), 1, "{audit}");
    let all = run(&[
        "policy", "explain", held, "--format", "json", "--data", &data,
    ])
    .out;
    let all: Json = serde_json::from_str(&all).expect("JSON");
    let units: Vec<&str> = settings(&all)
        .filter(|setting| {
            ["terminal_daily_from", "night_from"]
                .contains(&setting["name"].as_str().expect("a name"))
        })
        .map(|setting| setting["unit"].as_str().expect("a unit"))
        .collect();
    assert_eq!(units, ["payments a day", "o'clock UTC"]);
    let customer = explain("service");
    assert!(
        customer.contains("please approve the payment there if it is yours"),
        "{customer}"
    );
    for told in [
        "risk.behaviour",
        "payment.amount",
        "780",
        "Stage",
        "policy set",
    ] {
        assert!(!customer.contains(told), "{told} in\n{customer}");
    }
    let support = explain("supervisor");
    assert!(
        support.contains("ask them to look at it in their own app"),
        "{support}"
    );
    for told in [
        "does not hold",
        "file:",
        "hold_at",
        "monitoring-inputs",
        "device.malware = ",
    ] {
        assert!(!support.contains(told), "{told} in\n{support}");
    }
    let path = format!("/v1/decisions/{held}/explanation");
    let asked = host.get("regulator", &path).json();
    assert_eq!(asked["reproduced"], true, "{asked:#}");
    assert_eq!(asked["reader"], "audit");
    assert_eq!(asked["facts"]["payer.country"]["value"], "BE");
    // The points of the signs are the score.
    let stages = asked["stages"].as_array().expect("stages");
    let plugins = stages
        .iter()
        .flat_map(|s| s["policies"].as_array().expect("policies"));
    let points = plugins.flat_map(|p| p["plugin"]["points"].as_array().into_iter().flatten());
    let points: Vec<u64> = points
        .map(|p| p["points"].as_u64().expect("a number"))
        .collect();
    assert!(points.len() > 1, "{asked:#}");
    assert_eq!(asked["risk"], points.iter().sum::<u64>(), "{asked:#}");
    // Every stage shows the facts that it needs as present at most, where they are about a person.
    let facts = asked["facts"].as_object().expect("facts");
    let personal = facts.values().filter(|fact| fact["class"] == "personal");
    assert!(
        personal.clone().all(|fact| fact["value"].is_null()),
        "{asked:#}"
    );
    assert_eq!(host.get("service", &path).json()["reader"], "customer");
    for role in ["agent", "operator"] {
        assert_eq!(host.get(role, &path).status, 404, "{role}");
    }
    for role in ["agent", "operator"] {
        let said = run(&["policy", "explain", held, "--as", role, "--data", &data]);
        assert!(!said.ok && said.out.is_empty(), "{role}: {}", said.out);
        assert!(said.err.contains("--as"), "{role}: {}", said.err);
    }
    let unknown = run(&["policy", "explain", "dec_unknown", "--data", &data]);
    assert!(!unknown.ok);
    assert!(
        unknown.err.contains("no decision of that id"),
        "{}",
        unknown.err
    );
}
