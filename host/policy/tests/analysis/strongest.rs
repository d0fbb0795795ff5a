//! Of all that a change does, a comparison shows the worst: how mild a decision gets at most, and how strict.

use std::cmp::Ordering;

use weft_dictionary::{Dictionary, Timestamp};
use weft_policy::{Impact, PolicySet, SetDiff, Version};
use weft_verdict::Verdict::{self, Allow, Challenge, Deny, Hold};

use crate::fixture;

/// A policy of this name with these rules: verdict and condition. What it needs it holds for when it is missing.
fn policy(name: &str, rules: &[(&str, &str)]) -> String {
    let mut body = "rules:\n".to_owned();
    for (number, (verdict, when)) in rules.iter().enumerate() {
        body.push_str(&format!(
            "  - {{id: r{number}, when: \"{when}\", verdict: {verdict}, reason: because}}\n"
        ));
    }
    fixture::policy(&body, "").replace("test.policy", &format!("test.{name}"))
}

/// Allows what is in a list of words, which nothing else names.
fn allowing() -> String {
    policy("allows", &[("allow", "payer.city in ['Gent', 'Pune']")])
}

/// Both stand in the way of an allowing decision: each unless its own fact is of one word.
fn in_the_way() -> [String; 2] {
    [
        policy("country", &[("challenge", "payer.country != 'BE'")]),
        policy("role", &[("hold", "session.role != 'service'")]),
    ]
}

/// One policy in two forms, among others.
fn compared(old: &str, new: &str, others: &[&str]) -> SetDiff {
    let dictionary = fixture::dictionary();
    let set = |changed: &str| {
        let names: Vec<String> = (0..others.len()).map(|n| format!("{n}.yaml")).collect();
        let mut files: Vec<(&str, &str)> = names
            .iter()
            .map(String::as_str)
            .zip(others.to_vec())
            .collect();
        files.push(("p.yaml", changed));
        files.retain(|(_, text)| !text.is_empty());
        fixture::load_for_review(&files).unwrap_or_else(|problems| panic!("{problems}"))
    };
    let (old, new) = (set(old), set(new));
    let version = |set| Version {
        set,
        dictionary: &dictionary,
    };
    let at = Timestamp::parse("2026-06-01T00:00:00Z").expect("an instant");
    SetDiff::of(version(&old), version(&new), at)
}

/// What is shown of the first change, each as `deny → allow: facts`.
fn shown(diff: &SetDiff) -> Vec<String> {
    let change = &diff.policies[0].changes[0];
    let Impact::Shown(examples) = &change.impact else {
        panic!("{change:?}");
    };
    let one = |shown: &weft_policy::Shown| {
        let (old, new) = (shown.old.decision, shown.new.decision);
        format!(
            "{} → {}: {}",
            old.as_str(),
            new.as_str(),
            shown.example.one_line()
        )
    };
    examples.shown.iter().map(one).collect()
}

fn verdicts(diff: &SetDiff) -> Vec<(Verdict, Verdict)> {
    let Impact::Shown(examples) = &diff.policies[0].changes[0].impact else {
        panic!("{:?}", diff.policies[0].changes[0]);
    };
    let shown = examples.shown.iter();
    shown
        .map(|shown| (shown.old.decision, shown.new.decision))
        .collect()
}

const DENIES: [(&str, &str); 1] = [("deny", "payment.count > 5")];

#[test]
fn what_others_allow_is_found_where_a_denial_stops_counting() {
    let old = policy("policy", &DENIES);
    let new = old.replace("status: enforced", "status: shadow");
    let diff = compared(&old, &new, &[&allowing()]);
    assert_eq!(
        shown(&diff),
        ["deny → allow: payer.city = Gent, payment.count = 6"]
    );
}

#[test]
fn what_stands_in_the_way_is_made_quiet() {
    let old = policy("policy", &DENIES);
    let new = old.replace("status: enforced", "status: draft");
    let [country, role] = in_the_way();
    let diff = compared(&old, &new, &[&allowing(), &country, &role]);
    assert_eq!(
        shown(&diff),
        [
            "deny → allow: payer.city = Gent, payer.country = BE, payment.count = 6, session.role = service"
        ]
    );
}

#[test]
fn a_looser_threshold_lets_through_what_it_denied() {
    let old = policy("policy", &DENIES);
    let new = policy("policy", &[("deny", "payment.count > 9")]);
    let [country, role] = in_the_way();
    let diff = compared(&old, &new, &[&allowing(), &country, &role]);
    assert_eq!(verdicts(&diff), [(Deny, Allow)]);
}

#[test]
fn a_denial_that_is_gone_is_shown_with_what_is_allowed_then() {
    let old = policy(
        "policy",
        &[("deny", "payment.count > 5"), ("hold", "payment.risky")],
    );
    let new = policy("policy", &[("hold", "payment.risky")]);
    let diff = compared(&old, &new, &[&allowing()]);
    assert_eq!(verdicts(&diff), [(Deny, Allow)]);
}

#[test]
fn a_removed_policy_and_a_moved_date_show_it_too() {
    let old = policy("policy", &DENIES);
    let diff = compared(&old, "", &[&allowing()]);
    assert_eq!(verdicts(&diff), [(Deny, Allow)]);
    let ended = old.replace(
        "{from: 2026-01-01T00:00:00Z}",
        "{from: 2026-01-01T00:00:00Z, until: 2026-05-01T00:00:00Z}",
    );
    let diff = compared(&old, &ended, &[&allowing()]);
    assert_eq!(verdicts(&diff), [(Deny, Allow)]);
}

#[test]
fn a_condition_that_moves_is_shown_both_ways() {
    let old = policy(
        "policy",
        &[("deny", "payment.count > 5 && payment.count < 10")],
    );
    let new = policy(
        "policy",
        &[("deny", "payment.count > 7 && payment.count < 20")],
    );
    let diff = compared(&old, &new, &[&allowing()]);
    assert_eq!(verdicts(&diff), [(Deny, Allow), (Allow, Deny)]);
}

#[test]
fn what_is_allowed_anew_is_shown() {
    let old = policy("policy", &DENIES);
    let new = policy(
        "policy",
        &[("deny", "payment.count > 5"), ("allow", "payment.risky")],
    );
    let [country, _] = in_the_way();
    let diff = compared(&old, &new, &[&country]);
    // The new rule needs a fact, and holds for it when it is missing.
    assert_eq!(verdicts(&diff), [(Hold, Allow), (Challenge, Hold)]);
}

#[test]
fn a_missing_fact_that_counts_less_is_shown_with_the_milder_decision() {
    let old = policy("policy", &DENIES).replace("on_missing: hold", "on_missing: deny");
    let new = old.replace("on_missing: deny", "on_missing: hold");
    let diff = compared(&old, &new, &[&allowing()]);
    assert_eq!(verdicts(&diff), [(Deny, Hold)]);
}

#[test]
fn a_rule_that_says_less_is_shown_as_far_as_the_decision_moves() {
    let old = policy("policy", &DENIES);
    let new = policy("policy", &[("challenge", "payment.count > 5")]);
    let diff = compared(&old, &new, &[&allowing()]);
    assert_eq!(verdicts(&diff), [(Deny, Challenge)]);
}

/// Whatever the facts are, another policy denies what this one does not deny any more.
#[test]
fn no_example_is_shown_for_which_the_decision_stays() {
    let old = policy("policy", &[("deny", "payment.count > 5")]);
    let new = policy("policy", &[("deny", "payment.count > 9")]);
    let other = policy("second", &[("deny", "payment.count > 3")]);
    let diff = compared(&old, &new, &[&other, &allowing()]);
    let change = &diff.policies[0].changes[0];
    let Impact::Open(why) = &change.impact else {
        panic!("{change:?}");
    };
    assert!(why.contains("the decision change"), "{why}");
    assert!(why.ends_with("it stays deny, by test.second"), "{why}");
    assert!(diff.may_change_decisions());
}

/// A question with more cases than the bound allows.
#[test]
fn that_the_search_ended_at_its_bound_is_said() {
    let part = |n: u32| format!("(payment.count * {} > {n} || payer.city == '{n}')", n + 2);
    let parts: Vec<String> = (0..24).map(part).collect();
    let rule = parts.join(" && ");
    let hard = policy(
        "hard",
        &[
            ("hold", &rule),
            ("allow", "payment.rate * payment.rate == decimal('2')"),
        ],
    );
    let old = policy("policy", &DENIES);
    let new = old.replace("status: enforced", "status: draft");
    let diff = compared(&old, &new, &[&hard]);
    let Impact::Shown(examples) = &diff.policies[0].changes[0].impact else {
        panic!("{diff:?}");
    };
    assert_eq!(
        (
            examples.shown[0].old.decision,
            examples.shown[0].new.decision
        ),
        (Deny, Hold)
    );
    assert!(
        examples
            .not_known
            .is_some_and(|not| not.milder && not.looked_at > 0),
        "{examples:?}"
    );
}

/// A hold that a step-up clears ends as a flag, and the payment is released.
#[test]
fn a_hold_that_a_step_up_clears_now_is_milder() {
    let old = policy("holds", &[("hold", "payment.count > 5")]);
    let new = old.replace(
        "reason: because}",
        "reason: because, obligations: [{kind: step-up, arguments: {method: app-approval}}]}",
    );
    let [way, back] = [(&old, &new), (&new, &old)].map(|(old, new)| {
        let diff = compared(old, new, &[&allowing()]);
        let Impact::Shown(examples) = &diff.policies[0].changes[0].impact else {
            panic!("{:?}", diff.policies[0].changes[0]);
        };
        let one = &examples.shown[0];
        assert_eq!((one.old.decision, one.new.decision), (Hold, Hold));
        assert_eq!(examples.shown.len(), 1);
        one.new.compared_with(&one.old)
    });
    assert_eq!((way, back), (Ordering::Less, Ordering::Greater));
}

#[test]
fn what_a_policy_takes_away_now_makes_a_later_one_milder() {
    let denies = policy("denies", &[("deny", "payer.country in ['KP', 'IR']")]);
    let takes = fixture::policy(
        "rules:\n  - {id: r, when: 'true', verdict: abstain, reason: because, obligations: [{kind: redact, arguments: {payer.country: \
         absent}}]}\n",
        "",
    )
    .replace("stage: decision", "stage: residency")
    .replace("test.policy", "test.takes");
    let diff = compared("", &takes, &[&denies, &allowing()]);
    assert!(
        verdicts(&diff).contains(&(Deny, Hold)),
        "{:?}",
        shown(&diff)
    );
    let back = compared(&takes, "", &[&denies, &allowing()]);
    assert!(
        verdicts(&back).contains(&(Hold, Deny)),
        "{:?}",
        shown(&back)
    );
}

/// What is computed at the door from an account is there only with the account.
#[test]
fn an_example_with_a_fact_that_is_computed_has_what_it_is_computed_from() {
    let more = "  - {name: payer.account_country, kind: country, class: operational, title: t, meaning: m, derived: {from: payer.account, take: \
                country}}\n";
    let text = format!("{}{more}", fixture::DICTIONARY);
    let dictionary = Dictionary::parse("dictionary.yaml", &text).expect("valid");
    let set = |country: &str| {
        let when = format!("payer.account_country == '{country}'");
        let dir = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text);
        write("pipeline.yaml", fixture::PIPELINE).expect("written");
        write("p.yaml", &policy("denies", &[("deny", &when)])).expect("written");
        PolicySet::load_for_review(dir.path(), &dictionary)
            .unwrap_or_else(|problems| panic!("{problems}"))
    };
    let (old, new) = (set("KP"), set("IR"));
    let version = |set| Version {
        set,
        dictionary: &dictionary,
    };
    let at = Timestamp::parse("2026-06-01T00:00:00Z").expect("an instant");
    for one in shown(&SetDiff::of(version(&old), version(&new), at)) {
        assert!(one.contains("payer.account = "), "{one}");
    }
}
