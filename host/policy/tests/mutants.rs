//! Mistakes that the tests of a policy would, and would not, notice.

mod fixture;

use fixture::{dictionary, policy};
use weft_policy::{PolicySet, PolicyTests};

const BODY: &str = "\
rules:
  - id: many
    when: payment.count > 3 && payer.country in ['BE', 'NL']
    verdict: deny
    reason: because
";

fn test(tests: &str) -> PolicyTests {
    let dir = tempfile::tempdir().expect("a directory");
    let text = format!("{}tests:\n{tests}", policy(BODY, ""));
    std::fs::write(dir.path().join("pipeline.yaml"), fixture::PIPELINE).expect("written");
    std::fs::write(dir.path().join("p.yaml"), text).expect("written");
    let mut all = PolicySet::test(dir.path(), &dictionary(), true).expect("sound");
    all.remove(0)
}

fn line(count: u32, country: &str, verdict: &str) -> String {
    format!(
        "  - {{name: {count} from {country}, given: {{payment.count: {count}, payer.country: {country}}}, expect: {{verdict: {verdict}}}}}\n"
    )
}

#[test]
fn tests_at_the_boundary_and_for_each_entry_notice_every_mistake() {
    let tests = [
        line(4, "BE", "deny"),
        line(4, "NL", "deny"),
        line(3, "BE", "abstain"),
        line(4, "FR", "abstain"),
    ];
    let came = test(&tests.concat());
    assert_eq!(came.mutants.survivors, []);
    // The rule dropped, two comparisons, `or`, and two entries.
    assert_eq!(came.mutants.killed, 6);
    assert_eq!(came.rules, [("many".to_owned(), 2)]);
}

#[test]
fn what_no_test_notices_is_said_in_words() {
    let came = test(&(line(9, "BE", "deny") + &line(0, "FR", "abstain")));
    let survivors: Vec<&str> = came.mutants.survivors.iter().map(|s| &*s.what).collect();
    assert_eq!(
        survivors,
        [
            "rule `many` says: t (payment.count) is more than 3 or t (payer.country) is one of “BE”, “NL”",
            "rule `many` says: t (payment.count) is at least 3 and t (payer.country) is one of “BE”, “NL”",
            "rule `many` says: t (payment.count) is more than 3 and t (payer.country) is one of “BE”",
        ]
    );
}

#[test]
fn a_test_that_does_not_hold_does_not_hide_the_others() {
    let came = test(&(line(9, "BE", "allow") + &line(3, "BE", "abstain")));
    let held: Vec<bool> = came.tests.iter().map(|(_, why)| why.is_none()).collect();
    assert_eq!(held, [false, true]);
    // Nor does it notice any mistake: only the other one counts, which sees both comparisons and `or`.
    assert_eq!(came.mutants.killed, 3);
    assert_eq!(came.mutants.survivors.len(), 3);
}
