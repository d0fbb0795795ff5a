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
