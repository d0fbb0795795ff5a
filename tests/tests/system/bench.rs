//! `weft bench` measures what it says, and leaves nothing behind.

use weft_tests::binary::run;

#[test]
fn a_short_run_decides_every_request_and_cleans_up() {
    let dir = tempfile::tempdir().expect("a directory");
    let below = dir.path().display().to_string();
    let said = run(&[
        "bench",
        "--self-hosted",
        "--rate",
        "50,100",
        "--seconds",
        "1",
        "--assist",
        "10",
        "--connections",
        "8",
        "--below",
        &below,
    ]);
    assert!(said.ok, "{}\n{}", said.out, said.err);
    for words in [
        "answered/s",
        "p99.9",
        "Where the time of a request goes",
        "record",
    ] {
        assert!(said.out.contains(words), "no `{words}` in\n{}", said.out);
    }
    let left = std::fs::read_dir(dir.path()).expect("readable").count();
    assert_eq!(left, 0, "the data directory is still there");
}

/// R6, R33: what assistance does to payments is measured in one run, and a flood of it loses none of them.
#[test]
fn payments_beside_assistance_and_beside_a_flood_are_all_decided() {
    let said = run(&[
        "bench",
        "--self-hosted",
        "--rate",
        "100",
        "--beside",
        "50",
        "--seconds",
        "1",
        "--connections",
        "16",
    ]);
    assert!(said.ok, "{}\n{}", said.out, said.err);
    let line = |name: &str| {
        let line = said.out.lines().find(|line| line.starts_with(name));
        let line = line.unwrap_or_else(|| panic!("no `{name}` in\n{}", said.out));
        let problems = line.rsplit(' ').next().expect("a column");
        problems.parse::<u64>().expect("a number")
    };
    for payments in [
        "payments alone",
        "payments beside assistance",
        "payments beside a flood",
    ] {
        assert_eq!(line(payments), 0, "{}", said.out);
    }
    assert_eq!(line("  assistance beside assistance"), 0, "{}", said.out);
    assert!(line("  assistance beside a flood") > 0, "{}", said.out);
    assert!(
        said.out.contains("ms at the 99th percentile"),
        "{}",
        said.out
    );
}

#[test]
fn a_host_that_is_not_there_is_told() {
    let said = weft_tests::weft(&["bench", "--address", "127.0.0.1:9", "--assist", "0"])
        .env("WEFT_SERVICE", "not a token")
        .output()
        .expect("it runs");
    assert!(!said.status.success());
    let err = String::from_utf8_lossy(&said.stderr);
    assert!(
        err.contains("no host answers at http://127.0.0.1:9"),
        "{err}"
    );
}
