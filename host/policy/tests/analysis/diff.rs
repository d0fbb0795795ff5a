//! What changed between two sets, and what that does.

use weft_dictionary::{Dictionary, Timestamp};
use weft_policy::{Change, Impact, PolicySet, SetDiff, Shown, Version};
use weft_verdict::Verdict;

use crate::expressions::Expression;
use crate::fixture::{self, SHOWN, dictionary, disclosure, load, policy, with_rule};
use crate::rows::{self, Rows};

fn at() -> Timestamp {
    Timestamp::parse("2026-06-01T00:00:00Z").expect("an instant")
}

fn set(files: &[(&str, &str)]) -> PolicySet {
    load(files).unwrap_or_else(|problems| panic!("{problems}"))
}

fn compared(old: &[(&str, &str)], new: &[(&str, &str)]) -> SetDiff {
    let dictionary = dictionary();
    let (old, new) = (set(old), set(new));
    let version = |set| Version {
        set,
        dictionary: &dictionary,
    };
    SetDiff::of(version(&old), version(&new), at())
}

/// The only change of one file.
fn change(old: &str, new: &str) -> (SetDiff, Change) {
    let diff = compared(&[("p.yaml", old)], &[("p.yaml", new)]);
    assert_eq!(diff.policies.len(), 1, "{diff:?}");
    let changes = &diff.policies[0].changes;
    assert_eq!(changes.len(), 1, "{changes:?}");
    let change = changes[0].clone();
    (diff, change)
}

fn shown(change: &Change) -> &Shown {
    match &change.impact {
        Impact::Shown(examples) => &examples.shown[0],
        other => panic!("nothing is shown: {other:?}"),
    }
}

fn decisions(change: &Change) -> (Verdict, Verdict) {
    let shown = shown(change);
    (shown.old.decision, shown.new.decision)
}

fn with_limit(limit: &str) -> String {
    let body = format!(
        "parameters:\n  - {{name: limit, title: Highest amount, type: money, value: {limit} EUR}}\nrules:\n  - {{id: above, when: payment.amount \
         > parameters.limit, verdict: deny, reason: because}}\n"
    );
    policy(&body, "")
}

#[test]
fn the_same_files_have_no_changes() {
    let file = with_limit("50.00");
    let diff = compared(&[("p.yaml", &file)], &[("p.yaml", &file)]);
    assert!(diff.is_empty() && !diff.may_change_decisions());
}

#[test]
fn a_lower_threshold_is_shown_at_its_boundary() {
    let (diff, change) = change(&with_limit("50.00"), &with_limit("40.00"));
    assert_eq!(change.what, "parameter limit (Highest amount)");
    assert_eq!(change.from.as_deref(), Some("50.00 EUR"));
    assert_eq!(change.to.as_deref(), Some("40.00 EUR"));
    let example = shown(&change);
    assert_eq!(example.example.one_line(), "payment.amount = 40.01 EUR");
    assert_eq!(example.operation, "payment.authorize");
    // What no policy decides is held.
    assert_eq!(decisions(&change), (Verdict::Hold, Verdict::Deny));
    assert_eq!(example.new.policy.as_ref().expect("asked").fired, ["above"]);
    assert!(diff.may_change_decisions());
}

#[test]
fn a_condition_that_is_written_otherwise_is_proven_to_decide_the_same() {
    for (old, new) in [
        ("payment.count > 5", "payment.count >= 6"),
        (
            "payment.risky && payment.count > 5",
            "payment.count > 5 && payment.risky",
        ),
        (
            "!(payment.risky || payment.count > 5)",
            "!payment.risky && payment.count <= 5",
        ),
        (
            "payer.country in ['BE', 'NL']",
            "payer.country == 'BE' || payer.country == 'NL'",
        ),
        (
            "payment.risky ? payment.count > 5 : payment.count > 9",
            "payment.count > (payment.risky ? 5 : 9)",
        ),
        (
            "payment.amount > money('5', 'EUR')",
            "money('5', 'EUR') < payment.amount",
        ),
    ] {
        let quoted = |when: &str| with_rule(&format!("\"{when}\""));
        let (diff, change) = change(&quoted(old), &quoted(new));
        assert_eq!(change.what, "rule r: when it fires");
        assert!(
            matches!(change.impact, Impact::Same),
            "{old}, {new}: {change:?}"
        );
        assert!(!diff.may_change_decisions());
    }
    // Of another currency the one cannot tell and the other is false.
    let (_, change) = change(
        &with_rule("payment.amount > money('5', 'EUR')"),
        &with_rule("currency(payment.amount) == 'EUR' && payment.amount > money('5', 'EUR')"),
    );
    let Impact::Open(why) = &change.impact else {
        panic!("{change:?}");
    };
    assert!(
        why.ends_with("in the nearest it stays hold, as no policy says anything")
            || why.ends_with("in the nearest it stays hold, whoever says it"),
        "{why}"
    );
}

#[test]
fn what_a_rule_says_is_shown_where_it_fires() {
    let old = with_rule("payment.risky && payment.count > 5");
    let (_, change) = change(&old, &old.replace("verdict: deny", "verdict: challenge"));
    assert_eq!(change.what, "rule r: what it says");
    assert_eq!(change.from.as_deref(), Some("deny (because)"));
    assert_eq!(decisions(&change), (Verdict::Deny, Verdict::Challenge));
    assert_eq!(
        shown(&change).example.one_line(),
        "payment.count = 6, payment.risky = yes"
    );
}

#[test]
fn rules_that_come_and_go_are_told_in_words() {
    let one = "rules:\n  - {id: one, when: payment.risky, verdict: hold, reason: because}\n";
    let two =
        format!("{one}  - {{id: two, when: payment.count > 5, verdict: deny, reason: because}}\n");
    let (one, two) = (policy(one, ""), policy(&two, ""));
    let (_, added) = change(&one, &two);
    assert_eq!(added.what, "rule two");
    assert_eq!(
        (added.from.as_deref(), added.to.as_deref()),
        (
            None,
            Some("deny (because) when t (payment.count) is more than 5")
        )
    );
    assert_eq!(decisions(&added).1, Verdict::Deny);
    let (_, removed) = change(&two, &one);
    assert_eq!(removed.to, None);
    assert_eq!(decisions(&removed).0, Verdict::Deny);
}

#[test]
fn a_condition_of_match_is_shown_where_a_rule_fires() {
    let with = |country: &str| {
        let body = format!(
            "match:\n  - name: where\n    expression: payer.country == '{country}'\nrules:\n  - {{id: r, when: payment.risky, verdict: deny, reason: because}}\n"
        );
        policy(&body, "")
    };
    let (_, change) = change(&with("BE"), &with("NL"));
    assert_eq!(change.what, "match “where”");
    assert_eq!(
        shown(&change).example.one_line(),
        "payer.country = BE, payment.risky = yes"
    );
    assert_eq!(decisions(&change), (Verdict::Deny, Verdict::Hold));
}

#[test]
fn only_words_change_no_decision() {
    let old = with_rule("payment.risky");
    for (from, to, what) in [
        ("title: t\n", "title: another\n", "title"),
        ("owner: o\n", "owner: another\n", "owner"),
        ("verified: true", "verified: false", "source s, r"),
    ] {
        let (diff, change) = change(&old, &old.replacen(from, to, 1));
        assert_eq!(change.what, what);
        assert!(matches!(change.impact, Impact::Words), "{change:?}");
        assert!(!diff.may_change_decisions() && !diff.is_empty());
    }
}

#[test]
fn a_draft_shows_what_it_would_say_and_changes_no_decision() {
    let draft = |limit: &str| with_limit(limit).replace("status: enforced", "status: draft");
    let (diff, change) = change(&draft("50.00"), &draft("40.00"));
    let shown = shown(&change);
    assert_eq!(
        shown.old.policy.as_ref().expect("asked").verdict,
        Verdict::Abstain
    );
    assert_eq!(
        shown.new.policy.as_ref().expect("asked").verdict,
        Verdict::Deny
    );
    assert!(!diff.policies[0].counts() && !diff.may_change_decisions());
}

#[test]
fn a_policy_that_begins_to_count_is_shown() {
    let enforced = with_rule("payment.risky");
    let draft = enforced.replace("status: enforced", "status: draft");
    let (_, counting) = change(&draft, &enforced);
    assert_eq!(
        (counting.from.as_deref(), counting.to.as_deref()),
        (Some("draft"), Some("enforced"))
    );
    assert_eq!(decisions(&counting), (Verdict::Hold, Verdict::Deny));
    assert!(shown(&counting).old.policy.is_none());
    let (_, still) = change(&draft, &draft.replace("status: draft", "status: shadow"));
    assert!(matches!(still.impact, Impact::Same), "{still:?}");
}

#[test]
fn other_dates_are_shown_at_a_time_between_them() {
    let old = with_rule("payment.risky");
    let new = old.replace("from: 2026-01-01T00:00:00Z", "from: 2026-09-01T00:00:00Z");
    let (_, change) = change(&old, &new);
    assert_eq!(change.what, "in force from");
    let example = shown(&change);
    assert!(example.at < Timestamp::parse("2026-09-01T00:00:00Z").expect("an instant"));
    assert_eq!(decisions(&change), (Verdict::Deny, Verdict::Hold));
}

#[test]
fn another_operation_is_shown_there() {
    let old = with_rule("payment.risky");
    let (_, change) = change(
        &old,
        &old.replace("[payment.authorize]", "[payment.authorize, assist.confirm]"),
    );
    assert_eq!(change.what, "operations");
    // What no policy decides is denied there anyway.
    let Impact::Open(why) = &change.impact else {
        panic!("{change:?}");
    };
    assert!(why.contains("in the nearest it stays deny"), "{why}");
    let allows = old.replace("verdict: deny", "verdict: allow");
    let (_, change) = self::change(
        &allows,
        &allows.replace("[payment.authorize]", "[payment.authorize, assist.confirm]"),
    );
    assert_eq!(shown(&change).operation, "assist.confirm");
    assert!(shown(&change).old.policy.is_none());
    assert_eq!(decisions(&change), (Verdict::Deny, Verdict::Allow));
}

#[test]
fn what_counts_for_missing_facts_is_shown_with_a_missing_fact() {
    let old = with_rule("payment.risky");
    let (_, change) = change(&old, &old.replace("on_missing: hold", "on_missing: deny"));
    assert_eq!(change.what, "when a fact is missing");
    assert_eq!(decisions(&change), (Verdict::Hold, Verdict::Deny));
    assert_eq!(shown(&change).example.one_line(), "whatever the facts are");
    assert_eq!(
        shown(&change).new.policy.as_ref().expect("asked").missing,
        ["payment.risky"]
    );
}

#[test]
fn entries_of_a_list_are_shown_in_a_policy_that_counts() {
    let list = |entries: &str| {
        format!(
            "name: near\ntitle: Near\nkind: country\nsources: [{{title: s, reference: r, verified: true}}]\nentries: [{entries}]\n"
        )
    };
    let (old, new) = (list("BE, NL"), list("NL, DE"));
    let file = with_rule("payer.country in lists.near");
    let diff = compared(
        &[("lists/near.yaml", &old), ("p.yaml", &file)],
        &[("lists/near.yaml", &new), ("p.yaml", &file)],
    );
    assert!(diff.policies.is_empty(), "the policy is the same");
    let list = &diff.lists[0];
    assert_eq!(
        (list.added.as_slice(), list.removed.as_slice()),
        (["DE".to_owned()].as_slice(), ["BE".to_owned()].as_slice())
    );
    let Some((policy, Impact::Shown(examples))) = &list.impact else {
        panic!("{:?}", list.impact);
    };
    let shown = &examples.shown[0];
    assert_eq!(policy, "test.policy");
    assert_eq!(shown.example.one_line(), "payer.country = BE");
    assert_eq!(
        (shown.old.decision, shown.new.decision),
        (Verdict::Deny, Verdict::Hold)
    );
    assert!(diff.may_change_decisions());
    let draft = file.replace("status: enforced", "status: draft");
    let diff = compared(
        &[("lists/near.yaml", &old), ("p.yaml", &draft)],
        &[("lists/near.yaml", &new), ("p.yaml", &draft)],
    );
    assert!(!diff.may_change_decisions() && diff.lists[0].impact.is_none());
}

#[test]
fn what_a_plugin_makes_of_a_change_is_said_not_to_be_known() {
    let body = "plugin:\n  name: x\n  settings: {limits: {day: 5, week: 9}}\n  grants: [{field: payer.country, treatment: clear}]\n";
    let old = policy(body, "");
    for (from, to, what) in [
        ("day: 5", "day: 6", "setting limits.day"),
        (
            "treatment: clear",
            "treatment: masked",
            "what the plugin gets of payer.country",
        ),
        ("name: x\n", "name: y\n", "plugin"),
    ] {
        let (diff, change) = change(&old, &old.replacen(from, to, 1));
        assert_eq!(change.what, what);
        assert!(matches!(change.impact, Impact::AsksPlugin), "{change:?}");
        assert!(diff.may_change_decisions());
    }
}

#[test]
fn policies_are_added_and_removed_with_what_their_rules_do() {
    let first = with_rule("payment.risky");
    let second = with_rule("payment.count > 5").replace("test.policy", "test.second");
    let one = [("a.yaml", first.as_str())];
    let two = [("a.yaml", first.as_str()), ("b.yaml", second.as_str())];
    for (old, new, decided) in [(&one[..], &two[..], 1), (&two[..], &one[..], 0)] {
        let diff = compared(old, new);
        assert_eq!(diff.policies.len(), 1);
        let change = &diff.policies[0].changes[0];
        let verdicts = decisions(change);
        let verdicts = [verdicts.0, verdicts.1];
        assert_eq!(verdicts[decided], Verdict::Deny);
        assert_eq!(verdicts[1 - decided], Verdict::Hold);
        // What the other policy lacks is held for, so the decision is seen to change without it.
        assert_eq!(shown(change).example.one_line(), "payment.count = 6");
    }
}

#[test]
fn dictionaries_may_differ() {
    let more = format!(
        "{}  - {{name: payment.channel, kind: text, class: operational, one_of: [app, web], title: Channel, meaning: m}}\n",
        fixture::DICTIONARY
    );
    let more = Dictionary::parse("dictionary.yaml", &more).expect("valid");
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("pipeline.yaml"), fixture::PIPELINE).expect("written");
    let text = with_rule("payment.risky && payment.channel == 'web'");
    std::fs::write(dir.path().join("p.yaml"), text).expect("written");
    let new = PolicySet::load_for_review(dir.path(), &more)
        .unwrap_or_else(|problems| panic!("{problems}"));
    let (dictionary, old) = (
        dictionary(),
        set(&[("p.yaml", &with_rule("payment.risky"))]),
    );
    let diff = SetDiff::of(
        Version {
            set: &old,
            dictionary: &dictionary,
        },
        Version {
            set: &new,
            dictionary: &more,
        },
        at(),
    );
    assert_eq!(diff.dictionary[0].what, "field payment.channel");
    let change = &diff.policies[0].changes[0];
    assert_eq!(
        shown(change).example.one_line(),
        "payment.channel = app, payment.risky = yes"
    );
    assert_eq!(decisions(change), (Verdict::Deny, Verdict::Hold));
}

/// What is shown differs, and what is proven to be the same does for no row.
#[test]
fn no_row_contradicts_a_proof_and_every_example_differs() {
    let dictionary = Dictionary::parse("dictionary.yaml", rows::DICTIONARY).expect("valid");
    let (mut same, mut differ) = (0, 0);
    for seed in 1..=60 {
        let mut random = fastrand::Rng::with_seed(seed);
        let one = Expression::any(&mut random).ours;
        // Every other pair means the same.
        let two = match seed % 2 {
            0 => format!("!(!({one}))"),
            _ => Expression::any(&mut random).ours,
        };
        let quoted = |when: &str| with_rule(&format!("\"{when}\""));
        let load = |text: &str| {
            let dir = tempfile::tempdir().expect("a directory");
            std::fs::write(dir.path().join("pipeline.yaml"), fixture::PIPELINE).expect("written");
            std::fs::write(dir.path().join("p.yaml"), text).expect("written");
            PolicySet::load_for_review(dir.path(), &dictionary)
                .unwrap_or_else(|problems| panic!("{problems}"))
        };
        let (old, new) = (load(&quoted(&one)), load(&quoted(&two)));
        let version = |set| Version {
            set,
            dictionary: &dictionary,
        };
        let diff = SetDiff::of(version(&old), version(&new), at());
        let says = |set: &PolicySet, row: &weft_dictionary::Row| {
            let outcome = set.policies()[0].evaluate(row);
            (
                outcome.fired,
                outcome.missing.is_empty() && outcome.failure.is_none(),
            )
        };
        let Some(change) = diff
            .policies
            .first()
            .and_then(|policy| policy.changes.first())
        else {
            continue;
        };
        match &change.impact {
            Impact::Same => {
                same += 1;
                let rows = Rows::new(&dictionary, &mut random);
                for _ in 0..200 {
                    let (whole, partial) = rows.any(&mut random);
                    for row in [&whole.row, &partial.row] {
                        assert_eq!(says(&old, row), says(&new, row), "{one}\n{two}\n{row:?}");
                    }
                }
            }
            Impact::Shown(examples) => {
                differ += 1;
                for shown in &examples.shown {
                    let row = shown.example.row(&dictionary);
                    assert_ne!(
                        says(&old, &row),
                        says(&new, &row),
                        "{one}\n{two}\n{shown:?}"
                    );
                    assert_ne!(shown.old.decision, shown.new.decision, "{one}\n{two}");
                }
            }
            Impact::Open(_) => {}
            Impact::Words | Impact::Told | Impact::AsksPlugin => panic!("{change:?}"),
        }
    }
    assert!(same > 5 && differ > 15, "{same} proofs, {differ} examples");
}

/// How often something is shown is told with the request that is the first to go without it.
#[test]
fn another_budget_is_told_with_the_first_request_that_gets_nothing() {
    let old = disclosure("test.shown", SHOWN);
    let new = old.replace("per_day: 3", "per_day: 30");
    let file = "disclosures/d.yaml";
    let diff = compared(&[(file, &old)], &[(file, &new)]);
    let [change] = &diff.disclosures[..] else {
        panic!("{:?}", diff.disclosures);
    };
    assert_eq!(
        change.what,
        "test.shown: shown within a day (UTC) to one caller"
    );
    let told = [&change.from, &change.to].map(|text| text.as_deref().unwrap_or_default());
    assert_eq!(
        told,
        [
            "3 times; request 4 gets over-budget in its place",
            "30 times; request 31 gets over-budget in its place",
        ]
    );
    assert!(matches!(change.impact, Impact::Told));
}
