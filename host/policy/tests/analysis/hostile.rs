//! Files that are made to take long do not: what is left out is said.

use std::fmt::Write as _;
use std::path::Path;

use weft_dictionary::{Dictionary, Timestamp};
use weft_policy::{PolicySet, SetDiff, Version, limits};

use crate::fixture::{PIPELINE, dictionary};

/// Conditions whose cases multiply: each has two ways to hold, and none of them helps another.
fn either_ors(count: usize) -> String {
    let parts =
        (0..count).map(|n| format!("(payment.count * {} > {n} || payer.city == '{n}')", n + 2));
    parts.collect::<Vec<_>>().join(" && ")
}

#[test]
fn cases_that_multiply_are_given_up_and_said_so() {
    let rules = limits::MAX_RULES;
    let mut text = "apiVersion: weft/v1\nkind: Policy\nmetadata:\n  id: test.ID\n  title: t\n  owner: o\n  sources: [{title: s, reference: \
                    r, verified: true}]\n  effective: {from: 2026-01-01T00:00:00Z}\n  status: enforced\nstage: decision\non: \
                    [payment.authorize]\nreasons: [{code: because, title: Because}]\non_missing: hold\non_error: hold\nmessages: \
                    {customer: c, agent: a, auditor: u}\nrules:\n"
        .to_owned();
    for number in 0..rules {
        let verdict = if number % 2 == 0 { "deny" } else { "hold" };
        let when = format!(
            "{} && payment.count < {number} && payment.count > {number}",
            either_ors(30)
        );
        let _ = writeln!(
            text,
            "  - {{id: r{number}, when: \"{when}\", verdict: {verdict}, reason: because}}"
        );
    }
    let dictionary = dictionary();
    let set = load(&text, &dictionary);
    let at = Timestamp::parse("2026-06-01T00:00:00Z").expect("an instant");
    // Without the bound this would not end today: the half a million pairs have 2^60 cases each.
    let analysis = set.analyse(Path::new(""), &dictionary, at);
    assert!(analysis.left_out > 0, "what was left out is counted");
    // Nor would this: every rule is another one.
    let other = text.replace("payment.count *", "payment.count + 1 +");
    let other = load(&other, &dictionary);
    let version = |set| Version {
        set,
        dictionary: &dictionary,
    };
    let diff = SetDiff::of(version(&set), version(&other), at);
    assert!(diff.gave_up && diff.may_change_decisions(), "it is said");
}

/// Ten policies of this text.
fn load(text: &str, dictionary: &Dictionary) -> PolicySet {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("pipeline.yaml"), PIPELINE).expect("written");
    for number in 0..10 {
        let text = text.replace("test.ID", &format!("test.p{number}"));
        std::fs::write(dir.path().join(format!("p{number}.yaml")), text).expect("written");
    }
    PolicySet::load_for_review(dir.path(), dictionary)
        .unwrap_or_else(|problems| panic!("{problems}"))
}
