//! Mistakes that the tests of a policy would, and would not, notice.

mod fixture;

use fixture::{dictionary, policy};
use weft_policy::{MistakeKind, PolicySet, PolicyTests, SetTests};

const BODY: &str = "\
rules:
  - id: many
    when: payment.count > 3 && payer.country in ['BE', 'NL']
    verdict: deny
    reason: because
";

const MISSING: &str = "  - {name: unknown, given: {}, expect: {verdict: hold, missing: [payer.country, payment.count]}}\n";

fn test(tests: &str) -> PolicyTests {
    let all = set(BODY, tests, &[]);
    all.policies.into_iter().next().expect("one")
}

/// What comes of the tests of one policy with this body, beside these files.
fn set(body: &str, tests: &str, files: &[(&str, &str)]) -> SetTests {
    let dir = tempfile::tempdir().expect("a directory");
    let text = format!("{}tests:\n{tests}", policy(body, ""));
    std::fs::create_dir(dir.path().join("lists")).expect("made");
    let own = [("pipeline.yaml", fixture::PIPELINE), ("p.yaml", &text)];
    for (name, text) in own.iter().chain(files) {
        std::fs::write(dir.path().join(name), text).expect("written");
    }
    PolicySet::test(dir.path(), &dictionary(), true).unwrap_or_else(|why| panic!("{why}"))
}

/// What no test notices, in words.
fn unseen(tests: &SetTests) -> Vec<&str> {
    let survivors = tests.mutants().flat_map(|one| &one.survivors);
    survivors.map(|one| &*one.what).collect()
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
        MISSING.to_owned(),
    ];
    let came = test(&tests.concat());
    assert_eq!(came.mutants.survivors, []);
    // The rule dropped, two comparisons, `or`, either side alone, and two entries; one more and one less; `on_missing`.
    let noticed = [
        (MistakeKind::Condition, 8),
        (MistakeKind::Number, 2),
        (MistakeKind::Gap, 1),
    ];
    assert_eq!(came.mutants.noticed, noticed.into());
    let (mistake, why) = &came.mutants.equivalent[0];
    assert_eq!(mistake.what, "on_error is challenge instead of hold");
    assert_eq!(
        *why,
        "no condition can fail where its facts are there, and on_missing is said where they are not"
    );
    assert_eq!(came.mutants.equivalent.len(), 1);
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
            "rule `many` says: t (payer.country) is one of “BE”, “NL”",
            "rule `many` says: t (payment.count) is more than 3",
            "rule `many` says: t (payment.count) is at least 3 and t (payer.country) is one of “BE”, “NL”",
            "rule `many` says: t (payment.count) is more than 4 and t (payer.country) is one of “BE”, “NL”",
            "rule `many` says: t (payment.count) is more than 2 and t (payer.country) is one of “BE”, “NL”",
            "rule `many` says: t (payment.count) is more than 3 and t (payer.country) is one of “BE”",
            "on_missing is challenge instead of hold",
        ]
    );
}

#[test]
fn a_test_that_does_not_hold_does_not_hide_the_others() {
    let came = test(&(line(9, "BE", "allow") + &line(3, "BE", "abstain")));
    let held: Vec<bool> = came.tests.iter().map(|(_, why)| why.is_none()).collect();
    assert_eq!(held, [false, true]);
    // Nor does it notice any mistake: only the other one counts, which sees both comparisons, `or`, the country alone, and
    // one less.
    assert_eq!(came.mutants.killed(), 5);
    assert_eq!(came.mutants.survivors.len(), 6);
}

#[test]
fn what_is_due_is_noticed_by_a_test_that_expects_it() {
    const DUTIES: &str = "\
rules:
  - id: due
    when: payment.risky
    verdict: deny
    reason: because
    obligations:
      - {kind: redact, arguments: {payer.city: absent, payer.country: band}}
      - {kind: notify, arguments: {whom: support}}
      - {kind: step-up, arguments: {method: app-approval}}
      - {kind: four-eyes}
";
    let line = |expect: &str| {
        format!(
            "  - {{name: due, given: {{payment.risky: true}}, expect: {{verdict: deny{expect}}}}}\n"
        )
    };
    const UNKNOWN: &str =
        "  - {name: unknown, given: {}, expect: {verdict: hold, missing: [payment.risky]}}\n";
    let silent = set(DUTIES, &(line("") + UNKNOWN), &[]);
    assert_eq!(
        unseen(&silent),
        [
            "rule `due` does not oblige to redact {payer.city: absent, payer.country: band}",
            "rule `due` obliges to redact {payer.country: band} instead of redact {payer.city: absent, payer.country: band}",
            "rule `due` obliges to redact {payer.city: present, payer.country: band} instead of redact {payer.city: absent, payer.country: band}",
            "rule `due` obliges to redact {payer.city: absent} instead of redact {payer.city: absent, payer.country: band}",
            "rule `due` obliges to redact {payer.city: absent, payer.country: present} instead of redact {payer.city: absent, payer.country: band}",
            "rule `due` obliges to redact {payer.city: absent, payer.country: masked} instead of redact {payer.city: absent, payer.country: band}",
            "rule `due` does not oblige to notify {whom: support}",
            "rule `due` obliges to notify {whom: customer} instead of notify {whom: support}",
            "rule `due` obliges to notify {whom: supervisor} instead of notify {whom: support}",
            "rule `due` does not oblige to step-up {method: app-approval}",
            "rule `due` obliges to step-up {method: totp} instead of step-up {method: app-approval}",
            "rule `due` obliges to step-up {method: out-of-band} instead of step-up {method: app-approval}",
            "rule `due` obliges to step-up {method: passkey} instead of step-up {method: app-approval}",
            "rule `due` does not oblige to four-eyes",
        ]
    );
    let all = ", obligations: [{kind: four-eyes}, {kind: step-up, arguments: {method: app-approval}}, {kind: notify, arguments: {whom: support}}, {kind: redact, arguments: {payer.city: absent, payer.country: band}}]";
    let told = set(DUTIES, &(line(all) + UNKNOWN), &[]);
    assert_eq!(unseen(&told), Vec::<&str>::new());
    assert_eq!(
        told.policies[0].mutants.noticed[&MistakeKind::Obligation],
        14
    );
}

#[test]
fn what_is_due_anyway_makes_no_difference() {
    const BODY: &str = "\
rules:
  - {id: always, when: 'true', verdict: abstain, reason: because, obligations: [{kind: notify, arguments: {whom: customer}}]}
  - {id: risky, when: payment.risky, verdict: deny, reason: because, obligations: [{kind: notify, arguments: {whom: customer}}]}
";
    let told = "obligations: [{kind: notify, arguments: {whom: customer}}]";
    let tests = format!(
        "  - {{name: risky, given: {{payment.risky: true}}, expect: {{verdict: deny, {told}}}}}
  - {{name: calm, given: {{payment.risky: false}}, expect: {{verdict: abstain, {told}}}}}
  - {{name: unknown, given: {{}}, expect: {{verdict: hold, missing: [payment.risky]}}}}
"
    );
    let came = set(BODY, &tests, &[]);
    assert_eq!(unseen(&came), Vec::<&str>::new());
    let (mistake, why) = &came.policies[0].mutants.equivalent[0];
    assert_eq!(
        mistake.what,
        "rule `risky` does not oblige to notify {whom: customer}"
    );
    assert_eq!(*why, "a rule that always fires obliges to the same");
}

/// Where a rule asks `has`, a fact is missing only when an earlier stage took it away.
#[test]
fn what_is_said_of_a_withheld_fact_is_tested() {
    const BODY: &str = "rules: [{id: r, when: '!has(payment.risky) || payment.risky', verdict: deny, reason: because}]\n";
    let tests = "  - {name: risky, given: {payment.risky: true}, expect: {verdict: deny}}
  - {name: calm, given: {payment.risky: false}, expect: {verdict: abstain}}
  - {name: unknown, given: {}, expect: {verdict: deny}}
";
    assert_eq!(
        unseen(&set(BODY, tests, &[])),
        ["on_missing is challenge instead of hold"]
    );
    let withheld = "  - {name: withheld, given: {payment.risky: false}, withheld: [payment.risky], expect: {verdict: hold, missing: [payment.risky]}}\n";
    let tests = tests.to_owned() + withheld;
    assert_eq!(unseen(&set(BODY, &tests, &[])), Vec::<&str>::new());
}

#[test]
fn when_a_value_holds_and_what_it_is_are_noticed_at_the_level_and_beside_the_value() {
    const BODY: &str = "\
parameters:
  - {name: most, title: t, type: integer, value: 9, max: 9, unit: payments, at_threat: {2: 5}}
rules:
  - {id: many, when: payment.count > parameters.most, verdict: deny, reason: because}
";
    let line = |count: u32, level: u32, verdict: &str| {
        format!(
            "  - {{name: {count} at {level}, with: {{threat_level: '{level}'}}, given: {{payment.count: {count}}}, expect: {{verdict: {verdict}}}}}\n"
        )
    };
    const UNKNOWN: &str =
        "  - {name: unknown, given: {}, expect: {verdict: hold, missing: [payment.count]}}\n";
    let some = line(10, 0, "deny") + &line(9, 0, "abstain") + UNKNOWN;
    let came = set(BODY, &some, &[]);
    assert_eq!(
        unseen(&came),
        [
            "parameter `most` is 6 payments instead of 5 payments from the level of threat 2 on",
            "parameter `most` is 4 payments instead of 5 payments from the level of threat 2 on",
            "parameter `most` is 5 payments from the level of threat 1 on instead of 2",
            "parameter `most` is 5 payments from the level of threat 3 on instead of from 2 on",
        ]
    );
    let rest = line(9, 1, "abstain") + &line(6, 2, "deny") + &line(5, 2, "abstain");
    assert_eq!(unseen(&set(BODY, &(some + &rest), &[])), Vec::<&str>::new());
}

#[test]
fn an_entry_of_a_list_is_noticed_by_a_test_of_a_policy_that_asks_the_list() {
    const LIST: &str = "name: near\ntitle: t\nkind: country\nsources: [{title: s, reference: r, verified: true}]\nentries: [BE, NL, LU]\n";
    const BODY: &str = "rules: [{id: far, when: '!(payer.country in lists.near)', verdict: deny, reason: because}]\n";
    let tests = "  - {name: near, given: {payer.country: BE}, expect: {verdict: abstain}}
  - {name: near, too, given: {payer.country: LU}, expect: {verdict: abstain}}
  - {name: far, given: {payer.country: FR}, expect: {verdict: deny}}
  - {name: unknown, given: {}, expect: {verdict: hold, missing: [payer.country]}}
";
    let tests = tests.replace("near, too", "near as well");
    let came = set(BODY, &tests, &[("lists/near.yaml", LIST)]);
    assert_eq!(unseen(&came), ["`NL` is not in the list"]);
    assert_eq!(came.lists.survivors[0].path, "lists/near.yaml");
    assert_eq!(came.lists.killed(), 2);
}

#[test]
fn a_comparison_that_comes_out_the_same_is_told_apart() {
    let body = "rules:
  - {id: l, when: processing.threat_level <= 3, verdict: flag, reason: because}
  - {id: r, when: payment.risky, verdict: deny, reason: because}
";
    let tests = "  - {name: at, with: {threat_level: '3'}, given: {payment.risky: false}, expect: {verdict: flag}}
  - {name: risky, given: {payment.risky: true}, expect: {verdict: deny}}
  - {name: unknown, given: {}, expect: {verdict: hold, missing: [payment.risky]}}
";
    let came = set(body, tests, &[]);
    assert_eq!(unseen(&came), Vec::<&str>::new());
    let without: Vec<&str> = (came.policies[0].mutants.equivalent.iter())
        .map(|(_, why)| *why)
        .collect();
    assert_eq!(
        without,
        [
            "the comparison comes out the same, whatever its facts are",
            "no condition can fail where its facts are there, and on_missing is said where they are not",
        ]
    );
}

/// Of a chain each part, of a group within it the group and each of its parts, and of a variable where it is used.
#[test]
fn each_part_of_what_is_joined_is_left_out() {
    const BODY: &str = "\
variables:
  - {name: near, expression: \"payer.country == 'BE' || payee.country == 'BE'\"}
match:
  - {name: some, expression: has(payment.count) && has(payment.risky)}
rules:
  - {id: r, when: payment.count > 3 && variables.near && payment.risky, verdict: deny, reason: because}
";
    // It does not hold, and so notices nothing.
    let none = "  - {name: none, given: {}, expect: {verdict: deny}}\n";
    let came = set(BODY, none, &[]);
    let survivors = unseen(&came);
    let left_out = [
        "match `some` says: t (payment.risky) is known",
        "match `some` says: t (payment.count) is known",
        "rule `r` says: (t (payer.country) is “BE” or t (payee.country) is “BE”) and t (payment.risky): yes",
        "rule `r` says: t (payment.count) is more than 3 and t (payment.risky): yes",
        "rule `r` says: t (payment.count) is more than 3 and (t (payer.country) is “BE” or t (payee.country) is “BE”)",
        "rule `r` says: t (payment.count) is more than 3 and t (payee.country) is “BE” and t (payment.risky): yes",
        "rule `r` says: t (payment.count) is more than 3 and t (payer.country) is “BE” and t (payment.risky): yes",
    ];
    for what in left_out {
        let times = survivors.iter().filter(|one| **one == what).count();
        assert_eq!(times, 1, "{what}: {survivors:#?}");
    }
}
