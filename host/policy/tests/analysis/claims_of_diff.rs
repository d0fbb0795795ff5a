//! What a comparison claims holds, and an example stands under the change that it shows.

use weft_dictionary::Timestamp;
use weft_policy::{Change, Fate, Impact, NotAsked, SetDiff, Shown, Version};
use weft_verdict::Verdict;

use crate::fixture::{self, dictionary, policy, with_rule};

fn instant(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("an instant")
}

fn compared(old: &[(&str, &str)], new: &[(&str, &str)]) -> SetDiff {
    let dictionary = dictionary();
    let set =
        |files| fixture::load_for_review(files).unwrap_or_else(|problems| panic!("{problems}"));
    let (old, new) = (set(old), set(new));
    let version = |set| Version {
        set,
        dictionary: &dictionary,
    };
    SetDiff::of(
        version(&old),
        version(&new),
        instant("2026-06-01T00:00:00Z"),
    )
}

fn changes(old: &str, new: &str) -> (SetDiff, Vec<Change>) {
    let diff = compared(&[("p.yaml", old)], &[("p.yaml", new)]);
    assert_eq!(diff.policies.len(), 1, "{diff:?}");
    let changes = diff.policies[0].changes.clone();
    (diff, changes)
}

fn shown(change: &Change) -> &Shown {
    match &change.impact {
        Impact::Shown(examples) => &examples.shown[0],
        other => panic!("{}: nothing is shown: {other:?}", change.what),
    }
}

/// Two rules that hold together; the second reason has words of its own.
fn in_order(first: &str, second: &str) -> String {
    let rule = |id: &str| match id {
        "one" => "  - {id: one, when: payment.risky, verdict: deny, reason: because}\n",
        _ => "  - {id: two, when: payment.count > 5, verdict: deny, reason: own}\n",
    };
    let body = format!("rules:\n{}{}", rule(first), rule(second));
    let own = "{code: own, title: Own, messages: {customer: d, agent: e, auditor: f}}";
    policy(&body, "").replace("title: Because}]", &format!("title: Because}}, {own}]"))
}

#[test]
fn the_order_of_rules_is_told_with_whose_words_are_told() {
    let (diff, changes) = changes(&in_order("one", "two"), &in_order("two", "one"));
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].what, "the order of the rules");
    let shown = shown(&changes[0]);
    let told = |said: &weft_policy::Said| said.policy.as_ref().expect("asked").told_by.clone();
    assert_eq!(
        (told(&shown.old), told(&shown.new)),
        (None, Some("own".into()))
    );
    assert_eq!(shown.old.decision, shown.new.decision);
    assert!(diff.changes_what_is_told() && !diff.may_change_decisions());
}

#[test]
fn the_order_of_rules_with_the_same_words_is_proven_to_change_nothing() {
    let same = |first, second| in_order(first, second).replace("reason: own", "reason: because");
    let (diff, changes) = changes(&same("one", "two"), &same("two", "one"));
    assert!(matches!(changes[0].impact, Impact::Same), "{changes:?}");
    assert!(!diff.changes_what_is_told() && !diff.may_change_decisions());
}

#[test]
fn why_a_failure_may_let_it_go_on_is_told() {
    let because = |why: &str| {
        let text = policy(
            "rules:\n  - {id: r, when: payment.risky, verdict: flag, reason: because}\n",
            &format!("  accepts_risk: {why}\n"),
        );
        text.replace("on_error: hold", "on_error: flag")
    };
    let (_, changes) = changes(
        &because("on_error only adds a note"),
        &because("on_error, nobody waits for it"),
    );
    assert_eq!(changes.len(), 1);
    assert!(changes[0].what.contains("accepts_risk"), "{changes:?}");
    assert_eq!(
        changes[0].from.as_deref(),
        Some("on_error only adds a note")
    );
    assert_eq!(
        changes[0].to.as_deref(),
        Some("on_error, nobody waits for it")
    );
}

#[test]
fn messages_are_told_as_what_readers_are_told() {
    let old = with_rule("payment.risky");
    let (diff, changes) = changes(&old, &old.replace("customer: c", "customer: another"));
    assert!(matches!(changes[0].impact, Impact::Told), "{changes:?}");
    assert!(diff.changes_what_is_told() && !diff.may_change_decisions());
}

#[test]
fn what_is_not_compared_is_named_in_every_kind_of_file() {
    let rule = with_rule("payment.risky");
    let list = "name: near\ntitle: Near\nkind: country\nsources: [{title: s, reference: r, verified: true}]\nentries: [BE]\n";
    let asks = with_rule("payer.country in lists.near").replace("test.policy", "test.second");
    let files = [
        ("lists/near.yaml", list.to_owned()),
        ("p.yaml", rule),
        ("pipeline.yaml", fixture::PIPELINE.to_owned()),
        ("q.yaml", asks),
    ];
    let same: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, &**text)).collect();
    for (number, (path, text)) in files.iter().enumerate() {
        let text = format!("{text}# a remark\n");
        let mut other = same.clone();
        other[number].1 = &text;
        let diff = compared(&same, &other);
        assert_eq!(diff.not_compared, [*path]);
        assert!(!diff.is_empty() && diff.is_same_but_for_what_is_not_compared());
        assert!(!diff.may_change_decisions());
    }
    let diff = compared(&same, &same);
    assert!(diff.is_empty());
}

fn with_two(one: &str, two: &str) -> String {
    policy(
        &format!(
            "rules:\n  - {{id: one, when: {one}, verdict: deny, reason: because}}\n  - {{id: two, when: {two}, verdict: hold, reason: because}}\n"
        ),
        "",
    )
}

#[test]
fn an_example_stands_under_the_change_that_it_shows() {
    let old = with_two("payment.count > 5", "payment.risky");
    let new = with_two(
        "payment.count > 5 && payer.country == 'BE'",
        "payment.risky && payer.country == 'NL'",
    );
    let (_, changes) = changes(&old, &new);
    assert_eq!(changes.len(), 2);
    for (change, rule) in changes.iter().zip(["one", "two"]) {
        assert_eq!(change.what, format!("rule {rule}: when it fires"));
        let shown = shown(change);
        let fired = |said: &weft_policy::Said| said.policy.clone().expect("asked").fired;
        assert_eq!(fired(&shown.old), [rule], "{change:?}");
        assert!(!fired(&shown.new).contains(&rule.to_owned()), "{change:?}");
    }
}

/// Both parameters stand in one condition, and one change alone makes nothing otherwise that the other shows.
#[test]
fn an_example_of_a_parameter_is_not_that_of_another() {
    let with = |count: u32, limit: &str| {
        policy(
            &format!(
                "parameters:\n  - {{name: most, title: Most, type: integer, unit: payments, value: '{count}'}}\n  - {{name: limit, title: Limit, type: money, value: {limit} EUR}}\nrules:\n  - {{id: r, when: payment.count > parameters.most || payment.amount > parameters.limit, verdict: deny, reason: because}}\n"
            ),
            "",
        )
    };
    let (_, changes) = changes(&with(5, "50.00"), &with(3, "40.00"));
    let facts = |change: &Change| {
        let shown = shown(change);
        let facts = shown
            .example
            .words()
            .map(|(name, value)| format!("{name} = {value}"));
        facts.collect::<Vec<_>>()
    };
    assert!(
        facts(&changes[0]).contains(&"payment.count = 4".to_owned()),
        "{changes:?}"
    );
    assert!(
        facts(&changes[1]).contains(&"payment.amount = 40.01 EUR".to_owned()),
        "{changes:?}"
    );
}

#[test]
fn a_decision_that_becomes_milder_is_shown_rather_than_one_that_becomes_stricter() {
    for (old, new) in [
        (
            "payment.count > 5 && payment.count < 10",
            "payment.count > 7 && payment.count < 20",
        ),
        (
            "payment.count > 7 && payment.count < 20",
            "payment.count > 5 && payment.count < 10",
        ),
    ] {
        let (_, changes) = changes(&with_rule(old), &with_rule(new));
        let shown = shown(&changes[0]);
        assert_eq!(
            (shown.old.decision, shown.new.decision),
            (Verdict::Deny, Verdict::Hold),
            "{old}, {new}: {shown:?}"
        );
    }
}

fn in_force(policy: &str, from: &str, until: Option<&str>) -> String {
    let until = until.map(|until| format!(", until: {until}T00:00:00Z"));
    policy.replace(
        "{from: 2026-01-01T00:00:00Z}",
        &format!("{{from: {from}T00:00:00Z{}}}", until.unwrap_or_default()),
    )
}

#[test]
fn versions_are_followed_through_time() {
    let (five, nine) = (
        with_rule("payment.count > 5"),
        with_rule("payment.count > 9"),
    );
    let open = in_force(&five, "2026-01-01", None);
    let ended = in_force(&five, "2026-01-01", Some("2026-09-01"));
    let next = in_force(&nine, "2026-09-01", None);
    // Another version from September on.
    let diff = compared(
        &[("p.yaml", &open)],
        &[("p.yaml", &ended), ("q.yaml", &next)],
    );
    assert_eq!(diff.policies.len(), 1, "{diff:?}");
    let policy = &diff.policies[0];
    let period = policy.period.expect("several versions");
    assert_eq!(
        (period.from, period.until),
        (instant("2026-09-01T00:00:00Z"), None)
    );
    // The rule, and that it stands in another file.
    assert_eq!((policy.fate, policy.changes.len()), (Fate::Changed, 2));
    assert_eq!(policy.changes[0].what, "rule r: when it fires");
    let example = shown(&policy.changes[0]);
    assert_eq!(example.at, period.from);
    assert_eq!(example.example.one_line(), "payment.count = 6");
    assert_eq!(
        (example.old.decision, example.new.decision),
        (Verdict::Deny, Verdict::Hold)
    );
    // A gap of a month.
    let late = in_force(&nine, "2026-10-01", None);
    let diff = compared(
        &[("p.yaml", &ended), ("q.yaml", &next)],
        &[("p.yaml", &ended), ("q.yaml", &late)],
    );
    let policy = &diff.policies[0];
    let period = policy.period.expect("several versions");
    assert_eq!((diff.policies.len(), policy.fate), (1, Fate::Removed));
    assert_eq!(period.until, Some(instant("2026-10-01T00:00:00Z")));
    let example = shown(&policy.changes[0]);
    assert_eq!(example.at, instant("2026-09-01T00:00:00Z"));
    assert_eq!(
        (example.old.decision, example.new.decision),
        (Verdict::Deny, Verdict::Hold)
    );
    // One is taken away.
    let diff = compared(
        &[("p.yaml", &ended), ("q.yaml", &next)],
        &[("p.yaml", &ended)],
    );
    let policy = &diff.policies[0];
    assert_eq!((diff.policies.len(), policy.fate), (1, Fate::Removed));
    assert_eq!(policy.path, "q.yaml");
    assert_eq!(
        policy.period.expect("several versions").from,
        instant("2026-09-01T00:00:00Z")
    );
    // Dates between two versions that say the same.
    let diff = compared(
        &[
            ("p.yaml", &ended),
            ("q.yaml", &in_force(&five, "2026-09-01", None)),
        ],
        &[
            ("p.yaml", &in_force(&five, "2026-01-01", Some("2026-08-01"))),
            ("q.yaml", &in_force(&five, "2026-08-01", None)),
        ],
    );
    // In August the same stands in another file.
    let changes = &diff.policies[0].changes;
    assert_eq!((diff.policies.len(), changes.len()), (1, 1), "{diff:?}");
    assert!(changes[0].what == "file" && !diff.may_change_decisions());
}

#[test]
fn that_a_policy_is_not_in_force_at_the_instant_of_an_example_is_said() {
    let old = with_rule("payment.risky");
    let new = in_force(&old, "2026-09-01", None);
    let (_, changes) = changes(&old, &new);
    let shown = shown(&changes[0]);
    assert_eq!(shown.old.not_asked, None);
    assert_eq!(shown.new.not_asked, Some(NotAsked::NotInForce));
    assert!(shown.new.policy.is_none() && shown.at < instant("2026-09-01T00:00:00Z"));
}

#[test]
fn the_ends_of_a_period_are_shown_apart() {
    let old = with_rule("payment.risky");
    let new = in_force(&old, "2026-03-01", Some("2026-09-01"));
    let (_, changes) = changes(&old, &new);
    assert_eq!(changes[0].what, "in force from");
    assert!(shown(&changes[0]).at < instant("2026-03-01T00:00:00Z"));
    assert_eq!(changes[1].what, "in force until");
    assert!(shown(&changes[1]).at >= instant("2026-09-01T00:00:00Z"));
}

/// A payment without an amount is not decided, and the host says the level of threat of every request.
#[test]
fn an_example_says_what_no_request_lacks() {
    let limit =
        with_rule("\"currency(payment.amount) == 'EUR' && payment.amount > money('5', 'EUR')\"");
    let (_, changes) = changes(
        &limit,
        &limit.replace("on_missing: hold", "on_missing: deny"),
    );
    assert!(matches!(changes[0].impact, Impact::Open(_)), "{changes:?}");
}

#[test]
fn an_amount_that_a_rule_asks_for_is_more_than_zero() {
    let with = |limit: &str| with_rule(&format!("\"payment.amount < money('{limit}', 'EUR')\""));
    let (_, changes) = changes(&with("0.02"), &with("0.01"));
    assert_eq!(
        shown(&changes[0]).example.one_line(),
        "payment.amount = 0.01 EUR"
    );
}

#[test]
fn what_counts_where_nothing_can_fail_is_proven_to_be_the_same() {
    for (when, can_fail) in [
        ("payment.risky", false),
        ("payment.count > 5 && payer.country in ['BE', 'NL']", false),
        ("payment.amount > money('5', 'EUR')", true),
        ("payment.count * 2 > 5", true),
    ] {
        let old = with_rule(&format!("\"{when}\""));
        let (_, changes) = changes(&old, &old.replace("on_error: hold", "on_error: deny"));
        assert_eq!(changes[0].what, "when it cannot be evaluated");
        let same = matches!(changes[0].impact, Impact::Same);
        assert_eq!(same, !can_fail, "{when}: {changes:?}");
    }
}

#[test]
fn what_an_operation_does_is_told_in_words_of_the_field() {
    let pipeline = |effect: &str| fixture::PIPELINE.replace("effect: decide_again", effect);
    let (old, new) = (
        pipeline("effect: answer_challenge"),
        pipeline("effect: decide_again"),
    );
    let diff = compared(&[("pipeline.yaml", &old)], &[("pipeline.yaml", &new)]);
    let change = &diff.pipeline[0];
    assert_eq!(
        change.what,
        "operation assist.confirm: what a granted request does"
    );
    assert!(
        change
            .from
            .as_ref()
            .expect("it was")
            .contains("answer_challenge")
    );
    let renamed = fixture::PIPELINE.replace("title: t, stop_at", "title: u, stop_at");
    let diff = compared(
        &[("pipeline.yaml", fixture::PIPELINE)],
        &[("pipeline.yaml", &renamed)],
    );
    assert_eq!(diff.pipeline[0].what, "title of the stage residency");
}
