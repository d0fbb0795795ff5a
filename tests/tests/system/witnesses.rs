//! A host whose audit log has witnesses: regulators see who has cosigned it, and an older copy of it is not continued.

use std::fs;

use weft_tests::binary::run;
use weft_tests::files::copy;
use weft_tests::traffic::usual;
use weft_tests::wait::until;
use weft_tests::{Host, Witness, project};

fn metric(host: &Host, name: &str) -> u64 {
    let metrics = host.get("operator", "/metrics").text();
    let mut lines = metrics.lines();
    let found = lines.find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    found.unwrap_or_else(|| panic!("no {name} in {metrics}"))
}

#[test]
fn a_regulator_sees_who_has_cosigned_and_an_older_copy_is_not_continued() {
    let witness = Witness::start("witness.example/w1");
    let mut host = Host::prepare(&format!(
        "[[witnesses]]\nkey = \"{}\"\nurl = \"{}\"\n",
        witness.vkey(),
        witness.url()
    ));
    // One that does not know the log yet is asked again, and nothing waits for it.
    host.go_on();
    host.decide("service", &usual("one-1"));
    let vkey = fs::read_to_string(host.data().join("audit/log.vkey")).expect("a key");
    until("told", || metric(&host, "weft_log_not_cosigned") > 0);
    witness.trust(&vkey);
    until("cosigned", || metric(&host, "weft_log_not_cosigned") == 0);
    assert_eq!(
        metric(&host, "weft_log_cosigned_records"),
        witness.size("weft.default.eu")
    );
    let checkpoint = host.get("regulator", "/v1/log/checkpoint").text();
    assert_eq!(checkpoint.lines().count(), 6, "{checkpoint}");
    assert!(
        checkpoint.contains("\n\u{2014} witness.example/w1 "),
        "{checkpoint}"
    );
    host.stop();
    let data = host.data().display().to_string();
    let verified = run(&[
        "audit",
        "verify",
        "--data",
        &data,
        "--witness",
        &witness.vkey(),
    ]);
    assert!(verified.ok, "{}", verified.out);
    assert!(
        verified.out.contains("by witness.example/w1 at 20"),
        "{}",
        verified.out
    );

    let older = host.dir.path().join("older");
    copy(&host.data(), &older);
    // Compiled plugins, which a copy of this kind gives rights on to others.
    fs::remove_dir_all(older.join("cache")).expect("removed");
    host.go_on();
    host.decide("service", &usual("two-1"));
    host.stop();
    assert!(
        witness.size("weft.default.eu")
            > checkpoint
                .lines()
                .nth(1)
                .expect("a size")
                .parse()
                .expect("a number")
    );
    let newer = host.dir.path().join("newer");
    fs::rename(host.data(), &newer).expect("moved away");
    fs::rename(&older, host.data()).expect("put back");
    let config = host.dir.path().join("weft.toml").display().to_string();
    let policies = project().join("policies").display().to_string();
    let plugins = project().join("target/plugins").display().to_string();
    let places = [
        "--data",
        &data,
        "--policies",
        &policies,
        "--plugins",
        &plugins,
    ];
    let refused = run(&[&["serve", "--config", &config][..], &places].concat());
    assert!(!refused.ok);
    assert!(
        refused
            .err
            .contains("the witness witness.example/w1 has cosigned")
            && refused
                .err
                .contains("an older copy of the data directory was put back"),
        "{}",
        refused.err
    );
    // Where the witness is heard only later, the host ends the second history then.
    witness.is_silent(true);
    host.go_on();
    let answer = host.decide("service", &usual("three-1"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    witness.is_silent(false);
    until("ended", || host.get("operator", "/readyz").status == 503);
    let answer = host.decide("service", &usual("four-1"));
    assert_eq!(answer.status, 503, "{}", answer.text());
    let ready = host.get("operator", "/readyz").text();
    assert!(ready.contains("witness.example/w1"), "{ready}");
}
