//! What a reviewer of policies is told: of the project's own files, and of a change to them.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use weft_tests::binary::{run, weft};

/// A copy of the project's policies in which a text of a file is another.
fn changed(dir: &Path, file: &str, from: &str, to: &str) -> PathBuf {
    let policies = dir.join("policies");
    copy(&weft_tests::project().join("policies"), &policies);
    let path = policies.join(file);
    let text = fs::read_to_string(&path).expect("readable");
    assert!(text.contains(from), "{file} has no `{from}`");
    fs::write(path, text.replacen(from, to, 1)).expect("written");
    policies
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("readable").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

/// The exit status of a comparison with the project's policies, and what it prints.
fn diff(new: &Path, more: &[&str]) -> (Option<i32>, String) {
    let new = new.display().to_string();
    let args = [&["policy", "diff", "policies", &new], more].concat();
    let output = weft(&args).output().expect("weft runs");
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), out)
}

#[test]
fn rules_that_disagree_are_listed_and_no_rule_of_the_project_does_nothing() {
    let said = run(&["policy", "check", "--analysis"]);
    assert!(said.ok, "{}", said.err);
    assert!(
        said.out
            .contains("deny risk.malware/malware overrules challenge risk.malware/rooted for payment.authorize"),
        "{}",
        said.out
    );
    assert!(
        said.out
            .contains("e.g. device.malware = yes, device.rooted = yes"),
        "{}",
        said.out
    );
    for code in [
        "W0314", "W0316", "W0317", "W0318", "W0319", "W0320", "W0321", "W0324",
    ] {
        assert!(!said.err.contains(code), "{code}: {}", said.err);
    }
}

/// For a gate: what a fact that is left out opens is refused, and with `--strict` every warning is.
#[test]
fn a_check_fails_where_a_fact_that_is_left_out_opens_and_strictly_for_every_warning() {
    let dir = tempfile::tempdir().expect("a directory");
    let check = |policies: &Path, more: &[&str]| {
        let policies = policies.display().to_string();
        let args = [&["policy", "check", &policies], more].concat();
        let output = weft(&args).output().expect("weft runs");
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), err)
    };
    let own = weft_tests::project().join("policies");
    assert_eq!(check(&own, &[]).0, Some(0));
    // Sources of enforced policies that nobody has verified are warnings.
    let (status, err) = check(&own, &["--strict"]);
    assert_eq!(status, Some(1), "{err}");
    assert!(
        err.contains("--strict: ") && err.contains("warning[W0313]"),
        "{err}"
    );
    let lone = dir.path().join("lone");
    fs::create_dir_all(&lone).expect("a directory");
    fs::copy(own.join("dictionary.yaml"), lone.join("dictionary.yaml")).expect("copied");
    fs::write(lone.join("pipeline.yaml"), ONE_OPERATION).expect("written");
    let enforced = LONE.replace("status: draft", "status: enforced");
    fs::write(lone.join("p.yaml"), &enforced).expect("written");
    assert_eq!(check(&lone, &["--strict"]), (Some(0), String::new()));
    let before = dir.path().join("before");
    copy(&lone, &before);
    let when = "behaviour.account.count_24h > 5";
    assert!(enforced.contains(when), "{enforced}");
    let open = enforced.replace(when, "has(device.malware) && device.malware");
    let (tested, _) = open.split_once("tests:").expect("it has tests");
    fs::write(lone.join("p.yaml"), tested).expect("written");
    let (status, err) = check(&lone, &[]);
    assert_eq!(status, Some(1), "{err}");
    assert!(err.contains("error[W0321]"), "{err}");
    // A comparison says so, too.
    let paths = [&before, &lone].map(|path| path.display().to_string());
    let output = weft(&["policy", "diff", &paths[0], &paths[1]]).output();
    let output = output.expect("weft runs");
    let told = String::from_utf8_lossy(&output.stdout);
    let refused = format!("A host would refuse {}: ", paths[1]);
    assert!(
        told.contains(&refused) && told.contains("error[W0321]"),
        "{told}"
    );
    let output = weft(&["policy", "diff", &paths[0], &paths[0]]).output();
    let told = String::from_utf8_lossy(&output.expect("weft runs").stdout).into_owned();
    assert!(!told.contains("would refuse"), "{told}");
    let accepted = tested.replace(
        "  status: enforced\n",
        "  status: enforced\n  accepts_risk: device.malware is only known of some\n",
    );
    fs::write(lone.join("p.yaml"), accepted).expect("written");
    assert_eq!(check(&lone, &[]).0, Some(0));
    let (status, err) = check(&dir.path().join("nowhere"), &[]);
    assert_eq!(status, Some(1), "{err}");
    assert!(err.contains("there is no such directory"), "{err}");
}

const ONE_OPERATION: &str = "\
version: 1
stages: [{name: decision, title: t}]
operations: [{name: payment.authorize, title: t, kind: payment, no_policy: hold}]
";

#[test]
fn mistakes_that_no_test_notices_are_failures() {
    let dir = tempfile::tempdir().expect("a directory");
    let report = dir.path().join("junit.xml");
    let junit = report.display().to_string();
    let args = |policies: &Path, more: &[&str]| {
        let policies = policies.display().to_string();
        let args = [&["policy", "test", &policies, "--junit", &junit], more].concat();
        let output = weft(&args).output().expect("weft runs");
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        let xml = fs::read_to_string(&report).expect("written");
        (output.status.code(), err, xml)
    };
    let own = weft_tests::project().join("policies");
    let (status, err, xml) = args(&own, &["--mutate"]);
    assert_eq!(status, Some(0), "{err}");
    assert!(!xml.contains("<failure"), "{xml}");
    assert!(xml.contains("each noticed by a test"), "{xml}");
    // No test is at the boundary: more than 4 is at least 5.
    let lone = dir.path().join("lone");
    fs::create_dir_all(&lone).expect("a directory");
    for file in ["dictionary.yaml", "pipeline.yaml"] {
        fs::copy(own.join(file), lone.join(file)).expect("copied");
    }
    fs::write(lone.join("p.yaml"), LONE).expect("written");
    assert_eq!(args(&lone, &[]).0, Some(0));
    let (status, err, xml) = args(&lone, &["--mutate"]);
    assert_eq!(status, Some(1), "{err}");
    assert!(err.contains("2 mistakes that no test notices"), "{err}");
    let name = "mistake: rule `many` says: Payments of the account in a day (behaviour.account.count_24h) is at least 5";
    assert!(
        xml.contains(name) && xml.matches("<failure").count() == 2,
        "{xml}"
    );
}

const LONE: &str = "\
apiVersion: weft/v1
kind: Policy
metadata:
  id: test.lone
  title: t
  owner: o
  sources: [{title: s, reference: r, verified: true}]
  effective: {from: 2026-01-01T00:00:00Z}
  status: draft
stage: decision
on: [payment.authorize]
rules:
  - {id: many, when: behaviour.account.count_24h > 5, verdict: deny, reason: many}
reasons: [{code: many, title: t}]
on_missing: hold
on_error: hold
messages: {customer: c, agent: a, auditor: u}
tests:
  - {name: many, given: {behaviour.account.count_24h: 6}, expect: {verdict: deny}}
  - {name: few, given: {behaviour.account.count_24h: 1}, expect: {verdict: abstain}}
  - {name: nobody counted, given: {}, expect: {verdict: hold, missing: [behaviour.account.count_24h]}}
";

/// A rule that can never fire makes its test fail; the reason is told beside it.
#[test]
fn why_a_test_does_not_hold_is_told_when_its_rule_can_never_fire() {
    let dir = tempfile::tempdir().expect("a directory");
    let never = "when: device.malware && !device.malware";
    let policies = changed(
        dir.path(),
        "risk/malware.yaml",
        "when: device.malware",
        never,
    );
    let said = run(&["policy", "check", &policies.display().to_string()]);
    assert!(!said.ok, "{}", said.out);
    assert!(said.err.contains("error[W0307]"), "{}", said.err);
    assert!(
        said.err
            .contains("warning[W0316]: the rule `malware` can never fire"),
        "{}",
        said.err
    );
}

#[test]
fn a_grant_that_the_plugin_does_not_ask_for_is_told_with_its_place() {
    let dir = tempfile::tempdir().expect("a directory");
    let grants = "  grants:\n";
    let more = "  grants:\n    - {field: agent.id, treatment: clear}\n";
    let policies = changed(dir.path(), "risk/behaviour.yaml", grants, more);
    let policies = policies.display().to_string();
    let said = run(&["policy", "check", &policies, "--plugins", "target/plugins"]);
    assert!(said.ok, "{}", said.err);
    let words = "the policy grants `agent.id`, which the plugin `risk-rules` does not ask for";
    assert!(
        said.err.contains(&format!("warning[W0314]: {words}")),
        "{}",
        said.err
    );
    assert!(said.err.contains("risk/behaviour.yaml:"), "{}", said.err);
}

#[test]
fn a_changed_rule_is_told_in_words_with_facts_for_which_the_decision_changes() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = "risk/malware.yaml";
    let new = changed(dir.path(), file, "verdict: challenge", "verdict: hold");
    let (status, text) = diff(&new, &[]);
    assert_eq!(status, Some(1), "{text}");
    for words in [
        "risk.malware: changed, enforced",
        "rule rooted: what it says",
        "- challenge (rooted), step-up method app-approval",
        "+ hold (rooted), step-up method app-approval",
        "Rooted (device.rooted): yes",
        "before: challenge;",
        "now:    hold, stricter; the policy says hold (rooted) by rooted",
        "Decisions change, or may.",
    ] {
        assert!(text.contains(words), "no `{words}` in\n{text}");
    }
    let (status, page) = diff(&new, &["--format", "markdown"]);
    assert_eq!(status, Some(1));
    assert!(page.contains("## `risk.malware`: changed"), "{page}");
    let (status, json) = diff(&new, &["--format", "json"]);
    assert_eq!(status, Some(1));
    let json: Json = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["may_change_decisions"], true);
    let example = &json["policies"][0]["changes"][0]["impact"]["examples"][0];
    assert_eq!(example["facts"]["device.rooted"], true, "{json:#}");
    assert_eq!(example["old"]["decision"], "challenge");
    assert_eq!(example["new"]["decision"], "hold");
}

/// A threshold of a draft: its tests do not hold any more, and still it can be looked at.
#[test]
fn a_changed_threshold_is_shown_beside_it_although_tests_do_not_hold() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = "authentication/contactless.yaml";
    let new = changed(
        dir.path(),
        file,
        "value: 50.00 EUR, max",
        "value: 40.00 EUR, max",
    );
    let (status, text) = diff(&new, &[]);
    assert_eq!(status, Some(1), "a host refuses tests that fail\n{text}");
    for words in [
        "A host would refuse ",
        " not hold",
        "It does not count.",
        "- 50.00 EUR; 25.00 EUR from threat 3 on",
        "+ 40.00 EUR; 25.00 EUR from threat 3 on",
        "Amount (payment.amount): 40.01 EUR",
        "now:    the policy would say challenge (",
        ") by above-amount",
        "Every decision is the same.",
    ] {
        assert!(text.contains(words), "no `{words}` in\n{text}");
    }
}

#[test]
fn the_status_says_whether_decisions_change_and_whether_it_could_be_told() {
    let (status, text) = diff(Path::new("policies"), &[]);
    assert_eq!(
        (status, text.contains("Nothing changed.")),
        (Some(0), true),
        "{text}"
    );
    let dir = tempfile::tempdir().expect("a directory");
    let words = changed(
        dir.path(),
        "risk/malware.yaml",
        "owner: ",
        "owner: The new ",
    );
    let (status, text) = diff(&words, &[]);
    assert_eq!(status, Some(0), "{text}");
    let dir = tempfile::tempdir().expect("a directory");
    let (status, _) = diff(&dir.path().join("nowhere"), &[]);
    assert_eq!(status, Some(2));
    let broken = changed(
        dir.path(),
        "risk/malware.yaml",
        "when: device.malware",
        "when: device.malwear",
    );
    assert_eq!(diff(&broken, &[]).0, Some(2));
}

/// An example holds at an instant; what a plugin would say, and what is not compared, is said plainly.
#[test]
fn the_instant_of_an_example_and_what_was_not_asked_are_told() {
    let dir = tempfile::tempdir().expect("a directory");
    let new = changed(
        dir.path(),
        "risk/malware.yaml",
        "    when: device.rooted\n    verdict: challenge\n",
        "    when: device.rooted\n    risk: 300\n    verdict: challenge\n",
    );
    let (status, text) = diff(&new, &["--at", "2026-12-01T09:30:00Z"]);
    assert_eq!(status, Some(1), "{text}");
    for words in [
        "for example, payment.authorize at 2026-12-01T09:30:00.000Z, with",
        "before: challenge; the policy says challenge (rooted) by rooted, step-up method app-approval",
        "now:    challenge; the policy says challenge (rooted) by rooted, risk 300, step-up method app-approval",
        "Plugins were not asked: what is shown is what the rules decide, as if those of risk.behaviour allowed, and without those of minimisation.support, residency.china, residency.india, residency.nigeria;",
        "Not compared: tests, remarks, and how the same is written.",
    ] {
        assert!(text.contains(words), "no `{words}` in\n{text}");
    }
}

/// A remark is the same everywhere: not compared, and its file is named.
#[test]
fn a_file_that_differs_in_remarks_only_is_named() {
    for file in [
        "dictionary.yaml",
        "pipeline.yaml",
        "lists/eea.yaml",
        "risk/malware.yaml",
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        let new = changed(dir.path(), file, "\n", "\n# another remark\n");
        let (status, text) = diff(&new, &[]);
        assert_eq!(status, Some(0), "{text}");
        let words = format!("Only in that differ: {file}.");
        assert!(text.contains(&words), "{text}");
        assert!(
            text.contains("Nothing changed of what is compared."),
            "{text}"
        );
    }
}

/// What other policies allow is found behind a denial that does not count any more, with words that can arrive.
#[test]
fn the_mildest_decision_behind_a_denial_is_shown_and_what_it_takes() {
    let dir = tempfile::tempdir().expect("a directory");
    let new = changed(
        dir.path(),
        "residency/india-support.yaml",
        "  status: enforced",
        "  status: shadow",
    );
    let (status, text) = diff(&new, &["--at", "2026-12-01T09:30:00Z"]);
    assert_eq!(status, Some(1), "{text}");
    let example = "    for example, assist.failed_payment at 2026-12-01T09:30:00.000Z, with
      Payee's country (payee.country): IN
      Payer's country (payer.country): IN
      State of the payment (payment.state): pending
      Region (processing.region): eu
      and, so that no other policy is in the way:
        Payee's account (payee.account): a token (tok_example_account_aeaqcaibaeaqcaibaeaqcaibae)
        Payer's account (payer.account): a token (tok_example_account_aeaqcaibaeaqcaibaeaqcaibae)
        Role (session.role): service
      before: deny; the policy says deny (ask-in-india) by elsewhere, route region in, in the words of the reason ask-in-india
      now:    allow, milder; the policy is in shadow and does not count
";
    assert!(text.contains(example), "{text}");
}

/// A plugin of the last stage is taken to allow what nobody else stops, so that what a denial kept out is shown.
#[test]
fn what_a_plugin_may_allow_is_shown_where_a_denial_goes() {
    let rule =
        "  - id: malware\n    when: device.malware\n    verdict: deny\n    reason: malware\n";
    let narrower = "  - id: malware\n    when: device.malware && device.rooted\n    verdict: deny\n    reason: malware\n";
    let other_sessions = "\n      || !(has(payment.method) && (payment.method == 'direct_debit' && !has(device.id) && !has(instrument.entry_mode)
      || payment.method == 'card' && has(instrument.entry_mode)
      && instrument.entry_mode in ['chip', 'contactless', 'magstripe']))";
    for (from, to, facts, before, now) in [
        (
            rule,
            // Without it the tests of the file would name a rule that is not there.
            narrower,
            &["Malware (device.malware): yes"][..],
            "deny; the policy says deny (malware) by malware,",
            "allow, milder; the policy says nothing",
        ),
        (
            "{from: 2026-01-01T00:00:00Z}",
            "{from: 2027-01-01T00:00:00Z}",
            &["Malware (device.malware): yes"],
            "deny; the policy says deny (malware) by malware,",
            "allow, milder; the policy is not in force at this instant",
        ),
        // A payment that says nothing of its device waited.
        (
            other_sessions,
            "",
            &[],
            "hold; the policy says hold, missing device.rooted, device.malware",
            "allow, milder; the policy says nothing",
        ),
    ] {
        let dir = tempfile::tempdir().expect("a directory");
        let new = changed(dir.path(), "risk/malware.yaml", from, to);
        let (status, text) = diff(&new, &["--at", "2026-12-01T09:30:00Z"]);
        assert_eq!(status, Some(1), "{text}");
        for words in facts {
            assert!(text.contains(words), "no `{words}` in\n{text}");
        }
        assert!(text.contains(&format!("before: {before}")), "{text}");
        assert!(text.contains(&format!("now:    {now}")), "{text}");
    }
}

/// Only the plugin can say what another setting makes: the command that asks it is told.
#[test]
fn how_to_ask_a_plugin_about_its_new_settings_is_told() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = "risk/behaviour.yaml";
    let text =
        fs::read_to_string(weft_tests::project().join("policies").join(file)).expect("readable");
    let grant = text
        .lines()
        .find(|line| line.trim_start().starts_with("- {field:"))
        .expect("a grant");
    let new = changed(dir.path(), file, &format!("{grant}\n"), "");
    let command = format!(
        "weft policy replay --data weft-data --policies {} --plugins target/plugins",
        new.display()
    );
    let (status, text) = diff(&new, &[]);
    assert_eq!(status, Some(1), "{text}");
    let words = format!(
        "= may change decisions; what the plugin makes of it only the plugin can say, so no facts are shown. Ask it about recorded \
         decisions: `{command}`"
    );
    assert!(text.contains(&words), "no `{words}` in\n{text}");
    let (_, json) = diff(&new, &["--format", "json"]);
    let json: Json = serde_json::from_str(&json).expect("JSON");
    let impact = &json["policies"][0]["changes"][0]["impact"];
    assert_eq!(impact["kind"], "asks-plugin");
    assert_eq!(impact["run"], command.as_str());
}

/// Who names plugins is told what they are for.
#[test]
fn plugins_are_part_of_the_tests_and_of_a_replay_with_another_set_only() {
    let said = run(&["policy", "test", "policies", "--plugins", "target/plugins"]);
    assert!(said.ok, "{}", said.err);
    assert!(
        said.out.contains(": settings and grants fit"),
        "{}",
        said.out
    );
    let said = weft(&["policy", "replay", "--plugins", "target/plugins"])
        .output()
        .expect("weft runs");
    assert_eq!(said.status.code(), Some(2));
    let told = String::from_utf8_lossy(&said.stderr);
    assert!(told.contains("--policies <DIR>"), "{told}");
}
