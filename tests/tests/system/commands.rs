//! What the commands say to those who use them.

use std::fs;

use serde_json::Value as Json;
use weft_tests::Host;
use weft_tests::binary::run;
use weft_tests::traffic::usual;

#[test]
fn every_command_has_help() {
    for command in [
        "demo", "serve", "decide", "feed", "policy", "plugin", "audit", "vault", "token", "config",
        "bench", "explain",
    ] {
        let said = run(&[command, "--help"]);
        assert!(
            said.ok && said.out.contains("Usage: weft"),
            "{command}: {}",
            said.out
        );
    }
}

#[test]
fn the_projects_policies_are_sound_and_their_plugins_fit() {
    let said = run(&["policy", "check", "--plugins", "target/plugins"]);
    assert!(said.ok, "{}\n{}", said.out, said.err);
    for plugin in ["risk-rules", "data-residency", "data-minimisation"] {
        assert!(
            said.out.contains(&format!("plugin {plugin} ")),
            "{}",
            said.out
        );
    }
}

#[test]
fn the_book_has_every_policy_in_force_and_needs_nothing_else() {
    for (form, heading) in [("html", "<h3>"), ("markdown", "### ")] {
        let said = run(&[
            "policy",
            "book",
            "--format",
            form,
            "--at",
            "2026-12-01T00:00:00Z",
        ]);
        assert!(said.ok, "{}", said.err);
        for title in [
            "No payment from a session with signs of malware",
            "Support sees nothing without a case",
            "Payment data of India is kept in India",
        ] {
            assert!(
                said.out.contains(&format!("{heading}{title}")),
                "{title} in {form}"
            );
        }
        assert!(
            said.out.contains("Malware (device.malware): yes"),
            "rules in words"
        );
        assert!(said.out.contains("instrument.cvv"), "the dictionary");
        for foreign in ["<script", "http://", "https://", "src="] {
            assert!(!said.out.contains(foreign), "{foreign} in {form}");
        }
    }
}

#[test]
fn every_wrong_key_of_a_configuration_is_told() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("weft.toml");
    fs::write(&file, "[host]\nregoin = \"eu\"\n[http]\nburst = 0\n").expect("written");
    let said = run(&["config", "check", &file.display().to_string()]);
    assert!(!said.ok);
    for words in [
        "weft.toml:2:1",
        "did you mean `region`?",
        "weft.toml:4:9",
        "W0502",
    ] {
        assert!(said.err.contains(words), "no `{words}` in\n{}", said.err);
    }
    let page = run(&["explain", "w0502"]);
    assert!(page.ok && page.out.contains("misspelt"), "{}", page.out);
}

#[test]
fn the_configuration_that_is_shown_is_sound() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("weft.toml");
    fs::write(&file, run(&["config", "show"]).out).expect("written");
    let said = run(&["config", "check", &file.display().to_string()]);
    assert!(said.ok, "{}", said.err);
}

#[test]
fn a_host_without_callers_says_how_to_make_one() {
    let said = run(&["serve"]);
    assert!(!said.ok);
    assert!(said.err.contains("weft token new"), "{}", said.err);
}

#[test]
fn one_message_is_decided_recorded_and_shown() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("data").display().to_string();
    let said = run(&["decide", "examples/demo/allowed.json", "--data", &data]);
    assert!(said.ok, "{}", said.err);
    let decision: Json = serde_json::from_str(&said.out).expect("JSON");
    let id = decision["decision"].as_str().expect("an id");
    let shown = run(&["audit", "query", "--data", &data, "--decision", id]);
    assert!(shown.ok && shown.out.contains(id), "{}", shown.out);
    assert!(shown.out.contains("| risk.behaviour |"), "{}", shown.out);
    let xml = run(&["decide", "examples/demo/transfer.xml", "--data", &data]);
    assert!(
        xml.ok && xml.out.contains("<TxSts>"),
        "{}{}",
        xml.out,
        xml.err
    );
}

#[test]
fn a_data_directory_has_one_host() {
    let host = Host::start("");
    let data = host.data().display().to_string();
    let said = run(&["decide", "examples/demo/allowed.json", "--data", &data]);
    assert!(!said.ok);
    assert!(said.err.contains("held by another process"), "{}", said.err);
    // To verify and to read is allowed beside it.
    assert_eq!(host.decide("service", &usual("beside-1")).status, 200);
    let verified = run(&["audit", "verify", "--data", &data]);
    assert!(verified.ok, "{}\n{}", verified.out, verified.err);
    assert!(
        verified.out.contains("in use by a running host"),
        "{}",
        verified.out
    );
}

#[test]
fn damage_to_a_policy_is_told_with_its_place_and_the_host_does_not_start() {
    let dir = tempfile::tempdir().expect("a directory");
    let policies = dir.path().join("policies");
    copy(&weft_tests::project().join("policies"), &policies);
    let file = policies.join("risk/malware.yaml");
    let text = fs::read_to_string(&file).expect("readable");
    fs::write(
        &file,
        text.replacen("when: device.malware", "when: device.malwear", 1),
    )
    .expect("written");
    let said = run(&["policy", "check", &policies.display().to_string()]);
    assert!(!said.ok);
    assert!(said.err.contains("malware.yaml:"), "{}", said.err);
    assert!(
        said.err.contains("did you mean `device.malware`?"),
        "{}",
        said.err
    );
    let data = dir.path().join("data").display().to_string();
    let policies = policies.display().to_string();
    let said = run(&[
        "decide",
        "examples/demo/allowed.json",
        "--data",
        &data,
        "--policies",
        &policies,
    ]);
    assert!(
        !said.ok && said.err.contains("malware.yaml:"),
        "{}",
        said.err
    );
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
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
