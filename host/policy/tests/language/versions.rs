//! Versions of one policy, and sources that nobody has read.

use weft_dictionary::Timestamp;

use crate::fixture::{load, with_rule};
use crate::{says, warnings};

fn during(when: &str, period: &str) -> String {
    with_rule(when).replace("{from: 2026-01-01T00:00:00Z}", period)
}

#[test]
fn the_version_in_force_at_the_time_is_asked() {
    let old = during(
        "payment.risky",
        "{from: 2026-01-01T00:00:00Z, until: 2026-07-01T00:00:00Z}",
    );
    let new = during("'!payment.risky'", "{from: 2026-07-01T00:00:00Z}");
    let set = load(&[("a.yaml", &new), ("b.yaml", &old)]).unwrap_or_else(|p| panic!("{p}"));
    let path = |at: &str| {
        let at = Timestamp::parse(at).expect("an instant");
        set.policy("test.policy", at).map(|policy| policy.path())
    };
    assert_eq!(path("2025-12-31T23:59:59Z"), None);
    assert_eq!(path("2026-01-01T00:00:00Z"), Some("b.yaml"));
    assert_eq!(path("2026-06-30T23:59:59.999Z"), Some("b.yaml"));
    assert_eq!(path("2026-07-01T00:00:00Z"), Some("a.yaml"));
    assert_eq!(set.versions("test.policy").count(), 2);
}

#[test]
fn versions_at_the_same_time_are_refused_with_both_places() {
    let old = during(
        "payment.risky",
        "{from: 2026-01-01T00:00:00Z, until: 2026-07-01T00:00:00.001Z}",
    );
    let new = during("payment.risky", "{from: 2026-07-01T00:00:00Z}");
    says(
        &[("a.yaml", &new), ("b.yaml", &old)],
        "b.yaml:8:21: error[W0312]: `test.policy` is in force at the same time as in a.yaml:8:21 \
         (end the earlier with `until`, or give one of the two another metadata.id)",
    );
}

#[test]
fn a_time_between_two_versions_has_a_warning_with_both_places() {
    let tests = "tests:\n  - {name: t, given: {payment.risky: true}, expect: {verdict: deny}}\n";
    let version = |period: &str| format!("{}{tests}", during("payment.risky", period));
    let old = version("{from: 2026-01-01T00:00:00Z, until: 2026-06-01T00:00:00Z}");
    let new = version("{from: 2026-07-01T00:00:00Z}");
    let set = load(&[("a.yaml", &new), ("b.yaml", &old)]).unwrap_or_else(|p| panic!("{p}"));
    let told: Vec<String> = set.warnings().0.iter().map(ToString::to_string).collect();
    let [told] = told.as_slice() else {
        panic!("{told:?}");
    };
    let says = "a.yaml:8:21: warning[W0323]: no version of `test.policy` is in force from 2026-06-01T00:00:00.000Z until \
                2026-07-01T00:00:00.000Z: the one before, in ";
    assert!(told.contains(says), "{told}");
    let ends = "b.yaml:8:21, ends then (let the earlier end when this one begins; if the time between is meant, nothing is to \
                be done)";
    assert!(told.ends_with(ends), "{told}");
    let next = version("{from: 2026-06-01T00:00:00Z}");
    assert_eq!(
        warnings(&[("a.yaml", &next), ("b.yaml", &old)]),
        Vec::<String>::new()
    );
    let draft = new.replace("status: enforced", "status: draft");
    assert_eq!(
        warnings(&[("a.yaml", &draft), ("b.yaml", &old)]),
        Vec::<String>::new()
    );
}

#[test]
fn an_enforced_policy_with_sources_that_nobody_has_read_has_one_warning() {
    let tests = "tests:\n  - {name: t, given: {payment.risky: true}, expect: {verdict: deny}}\n";
    let sources = "[{title: Act, reference: Art 1, verified: false}, {title: Book, reference: p 3, verified: false}]";
    let text =
        with_rule("payment.risky").replace("[{title: s, reference: r, verified: true}]", sources);
    let text = format!("{text}{tests}");
    assert_eq!(
        warnings(&[("p.yaml", &text)]),
        [
            "p.yaml:9:11: warning[W0313]: enforced, and not verified: Act, Art 1; Book, p 3 \
          (read the source, compare the policy with it, and write verified: true)"
        ]
    );
    let draft = text.replace("status: enforced", "status: draft");
    assert_eq!(warnings(&[("p.yaml", &draft)]), Vec::<String>::new());
}
