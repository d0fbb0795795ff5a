//! `weft demo` is the first thing that anyone sees.

use weft_tests::binary::run;

#[test]
fn the_story_goes_as_it_says_and_leaves_a_sound_log() {
    let said = run(&["demo"]);
    assert!(said.ok, "{}\n{}", said.out, said.err);
    for words in [
        "8. The agent confirms",
        "the payment is decided again: FLAG",
        "card numbers in",
        ": 0 found",
        "signature good",
        "the log is  sound",
    ] {
        assert!(said.out.contains(words), "no `{words}` in\n{}", said.out);
    }
    assert!(!said.out.contains("SURPRISE"), "{}", said.out);
}

#[test]
fn a_directory_that_has_a_log_is_not_played_over() {
    let dir = tempfile::tempdir().expect("a directory");
    let data = dir.path().join("data").display().to_string();
    let first = run(&["demo", "--data", &data]);
    assert!(first.ok, "{}", first.err);
    let second = run(&["demo", "--data", &data]);
    assert!(!second.ok);
    assert!(
        second.err.contains("name a new directory"),
        "{}",
        second.err
    );
}
