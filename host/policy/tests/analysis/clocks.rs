//! A change of hours, weekdays and the like is shown at an instant at which a clock shows it.

use weft_dictionary::{Dictionary, Timestamp, Value};
use weft_policy::{Impact, PolicySet, SetDiff, Shown, Version};
use weft_verdict::Verdict::{self, Allow, Deny, Hold};

use crate::fixture;

/// The dictionary of other tests, and when a request is decided.
fn dictionary() -> Dictionary {
    let host = |name: &str, kind: &str| {
        format!(
            "  - {{name: processing.{name}, kind: {kind}, class: operational, title: t, meaning: m, by: host}}\n"
        )
    };
    let more = host("at", "instant") + &host("hour", "integer");
    let text = format!("{}{more}", fixture::DICTIONARY);
    Dictionary::parse("dictionary.yaml", &text).expect("the dictionary is valid")
}

/// A policy that denies when a condition holds, in two versions, among others.
fn compared(old: &str, new: &str, others: &[String]) -> SetDiff {
    let dictionary = dictionary();
    let set = |when: &str| {
        let dir = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text);
        write("pipeline.yaml", fixture::PIPELINE).expect("written");
        write("p.yaml", &fixture::with_rule(&format!("\"{when}\""))).expect("written");
        for (number, other) in others.iter().enumerate() {
            write(&format!("{number}.yaml"), other).expect("written");
        }
        PolicySet::load_for_review(dir.path(), &dictionary)
            .unwrap_or_else(|problems| panic!("{problems}"))
    };
    let (old, new) = (set(old), set(new));
    let version = |set| Version {
        set,
        dictionary: &dictionary,
    };
    let at = Timestamp::parse("2026-06-01T10:00:00Z").expect("an instant");
    SetDiff::of(version(&old), version(&new), at)
}

fn shown(diff: &SetDiff) -> &[Shown] {
    let change = &diff.policies[0].changes[0];
    match &change.impact {
        Impact::Shown(examples) => &examples.shown,
        other => panic!("nothing is shown: {other:?}"),
    }
}

/// The instant of the first example.
fn instant(diff: &SetDiff, name: &str) -> String {
    let mut facts = shown(diff)[0].example.facts();
    match facts.find(|(fact, _)| *fact == name) {
        Some((_, Value::Instant(at))) => at.to_string(),
        other => panic!("{other:?} in {:?}", shown(diff)),
    }
}

#[test]
fn what_the_clock_shows_is_found_whatever_part_of_it_is_asked() {
    for (old, new, at) in [
        // In Brussels it is two hours later in summer.
        (
            "payment.at.getHours('Europe/Brussels') < 6",
            "payment.at.getHours('Europe/Brussels') < 7",
            "2026-06-02T04:00:00.000Z",
        ),
        // Both show the same until summer time ends in Brussels.
        (
            "payment.at.getHours('+02:00') < 6",
            "payment.at.getHours('Europe/Brussels') < 6",
            "2026-10-25T22:00:00.000Z",
        ),
        // A Saturday begins in India while it is Friday in UTC.
        (
            "payment.at.getDayOfWeek('Asia/Kolkata') == 0",
            "payment.at.getDayOfWeek('Asia/Kolkata') in [0, 6]",
            "2026-06-06T10:00:00.000Z",
        ),
        (
            "payment.at.getHours('UTC') == 17 && payment.at.getMinutes('UTC') > 30",
            "payment.at.getHours('UTC') == 17 && payment.at.getMinutes('UTC') > 45",
            "2026-06-01T17:31:00.000Z",
        ),
        // In India the clock is half an hour beside.
        (
            "payment.at.getHours('+05:30') == 9 && payment.at.getMinutes('+05:30') == 15",
            "payment.at.getHours('+05:30') == 9 && payment.at.getMinutes('+05:30') == 16",
            "2026-06-02T03:45:00.000Z",
        ),
        (
            "payment.at.getMonth('UTC') == 11 && payment.at.getDate('UTC') > 20",
            "payment.at.getMonth('UTC') == 11 && payment.at.getDate('UTC') > 24",
            "2026-12-21T10:00:00.000Z",
        ),
        (
            "payment.at.getFullYear('UTC') == 2028 && payment.at.getHours('UTC') < 3",
            "payment.at.getFullYear('UTC') == 2028 && payment.at.getHours('UTC') < 2",
            "2028-06-01T02:00:00.000Z",
        ),
    ] {
        let diff = compared(old, new, &[]);
        assert_eq!(instant(&diff, "payment.at"), at, "{old} → {new}");
    }
}

/// When a request is decided its clock shows what the change needs, and what the rest of the set needs.
#[test]
fn the_strongest_change_is_found_beside_others_that_ask_the_clock() {
    let weekdays = "rules:\n  - {id: open, when: \"processing.at.getDayOfWeek('Europe/Brussels') in [1, 2, 3, 4, 5]\", verdict: \
                    allow, reason: because}\n  - {id: closed, when: \"!(processing.at.getDayOfWeek('Europe/Brussels') in \
                    [1, 2, 3, 4, 5])\", verdict: hold, reason: because}\n";
    let weekdays = fixture::policy(weekdays, "").replace("test.policy", "test.weekdays");
    let night = |until: i64| {
        let hour = "processing.at.getHours('Europe/Brussels')";
        format!("{hour} < {until} && payment.count > 5")
    };
    let diff = compared(&night(6), &night(5), &[weekdays]);
    let verdicts: Vec<(Verdict, Verdict)> = shown(&diff)
        .iter()
        .map(|shown| (shown.old.decision, shown.new.decision))
        .collect();
    assert_eq!(verdicts, [(Deny, Allow)]);
    assert_eq!(shown(&diff)[0].at.to_string(), "2026-06-02T03:00:00.000Z");
    assert_eq!(instant(&diff, "processing.at"), "2026-06-02T03:00:00.000Z");
}

/// The hour in UTC that the host says is that of the instant.
#[test]
fn the_instant_and_its_hour_go_together() {
    let when = |weekday: i64| {
        let at = "processing.at.getDayOfWeek('UTC')";
        format!("{at} == {weekday} && processing.hour == 22")
    };
    let diff = compared(&when(3), &when(4), &[]);
    let shown = shown(&diff);
    let verdicts: Vec<(Verdict, Verdict)> = shown
        .iter()
        .map(|shown| (shown.old.decision, shown.new.decision))
        .collect();
    assert_eq!(verdicts, [(Deny, Hold), (Hold, Deny)]);
    assert_eq!(shown[0].at.to_string(), "2026-06-03T22:00:00.000Z");
    assert_eq!(shown[1].at.to_string(), "2026-06-04T22:00:00.000Z");
}

#[test]
fn what_no_clock_shows_is_proven() {
    let diff = compared(
        "payment.at.getHours('UTC') < 24 && payment.risky",
        "payment.at.getHours('UTC') < 25 && payment.risky",
        &[],
    );
    let change = &diff.policies[0].changes[0];
    assert!(matches!(change.impact, Impact::Same), "{change:?}");
}
