//! Of changes that nobody thought of, too, the strongest is shown, or it is said that it is not known: checked by going
//! through all rows that a few facts can make.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRng, TestRunner};
use weft_dictionary::{Dictionary, Row, Timestamp, Value};
use weft_policy::{Applies, Impact, Policy, PolicySet, SetDiff, Version};
use weft_verdict::Verdict;

use crate::fixture;

/// Changes that are compared.
const CHANGES: u32 = 120;

/// A condition on a few facts.
fn condition() -> impl Strategy<Value = String> {
    let atom = prop::sample::select(vec![
        "payment.risky",
        "payment.count > 2",
        "payment.count > 8",
        "payment.count < 4",
        "payer.country == 'BE'",
        "payee.country == 'IN'",
        "payer.country == payee.country",
        "payer.city in ['a', 'b']",
        "payer.city == 'a'",
        "has(payment.risky)",
        "has(payment.count)",
        "has(payer.city)",
    ]);
    let leaf = (any::<bool>(), atom).prop_map(|(not, atom)| match not {
        true => format!("!({atom})"),
        false => atom.to_owned(),
    });
    leaf.prop_recursive(2, 4, 2, |inner| {
        (inner.clone(), any::<bool>(), inner).prop_map(|(one, and, two)| {
            let operator = if and { "&&" } else { "||" };
            format!("({one} {operator} {two})")
        })
    })
}

/// What a policy says when a fact is missing.
fn on_missing() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["hold", "hold", "deny", "flag"])
}

/// A policy of this name with one rule.
fn policy(name: &str, verdict: &str, when: &str, matches: &str, on_missing: &str) -> String {
    let matches = match matches {
        "" => String::new(),
        matches => format!("match:\n  - {{name: m, expression: \"{matches}\"}}\n"),
    };
    let body = format!(
        "{matches}rules:\n  - {{id: r, when: \"{when}\", verdict: {verdict}, reason: because}}\n"
    );
    fixture::policy(
        &body,
        "  accepts_risk: on_missing lets it go on in a test\n",
    )
    .replace("test.policy", &format!("test.{name}"))
    .replace("on_missing: hold", &format!("on_missing: {on_missing}"))
}

/// Two sets that differ in the condition of a rule that denies.
#[derive(Debug, Clone)]
struct Changed {
    old: String,
    new: String,
    others: [String; 2],
}

fn changed() -> impl Strategy<Value = Changed> {
    let matches = prop_oneof![3 => Just(String::new()), 1 => condition()];
    let denies = (condition(), condition(), 0..3_u8, matches, on_missing());
    let objects = (
        prop::sample::select(vec!["hold", "challenge"]),
        condition(),
        on_missing(),
    );
    let allows = (condition(), prop::sample::select(vec!["hold", "flag"]));
    (denies, objects, allows).prop_map(|((one, two, how, matches, missing), objects, allows)| {
        let new = match how {
            0 => format!("({one} && {two})"),
            1 => format!("({one} || {two})"),
            _ => two,
        };
        let denies = |when: &str| policy("denies", "deny", when, &matches, missing);
        Changed {
            old: denies(&one),
            new: denies(&new),
            others: [
                policy("objects", objects.0, &objects.1, "", objects.2),
                policy("allows", "allow", &allows.0, "", allows.1),
            ],
        }
    })
}

/// All rows of a few facts: each with a value on each side of what conditions name, or missing.
fn rows(dictionary: &Dictionary) -> Vec<Row> {
    let text = |texts: &[&str]| {
        texts
            .iter()
            .map(|t| Some(Value::text(*t)))
            .collect::<Vec<_>>()
    };
    let whole = [0, 3, 5, 9].map(|n| Some(Value::Integer(n)));
    let facts: [(&str, Vec<Option<Value>>); 5] = [
        (
            "payment.risky",
            [true, false].map(|b| Some(Value::Boolean(b))).into(),
        ),
        ("payment.count", whole.into()),
        ("payer.country", text(&["BE", "IN", "NL"])),
        ("payee.country", text(&["BE", "IN", "NL"])),
        ("payer.city", text(&["a", "b", "c"])),
    ];
    let mut rows = vec![Row::new(dictionary)];
    for (name, values) in facts {
        let id = dictionary.by_name(name).expect("in the dictionary").id;
        let with = |row: &Row, value: &Option<Value>| {
            let mut row = row.clone();
            if let Some(value) = value {
                row.set(dictionary, id, value.clone()).expect("fits");
            }
            row
        };
        let all: Vec<Option<Value>> = values.into_iter().chain([None]).collect();
        rows = rows
            .iter()
            .flat_map(|row| all.iter().map(|value| with(row, value)).collect::<Vec<_>>())
            .collect();
    }
    rows
}

/// What a policy says of a row.
fn word(policy: &Policy, row: &Row) -> Verdict {
    match policy.matches(row) {
        Applies::No => Verdict::Abstain,
        Applies::Missing(_) => policy.on_missing(),
        Applies::Failed { .. } => policy.on_error(),
        Applies::Yes => {
            let said = policy.evaluate(row);
            let missing = (!said.missing.is_empty()).then(|| policy.on_missing());
            missing.map_or(said.finding.verdict, |missing| {
                missing.max(said.finding.verdict)
            })
        }
    }
}

/// What a set decides of a row; what nobody decides is held.
fn decided(set: &PolicySet, row: &Row) -> Verdict {
    let words = set.policies().iter().map(|policy| word(policy, row));
    match words.max() {
        None | Some(Verdict::Abstain) => Verdict::Hold,
        Some(verdict) => verdict,
    }
}

/// How much milder a decision gets at most, and how much stricter.
fn steps(pairs: impl Iterator<Item = (Verdict, Verdict)>) -> [u8; 2] {
    pairs.fold([0, 0], |[milder, stricter], (old, new)| {
        let (old, new) = (old as u8, new as u8);
        [
            milder.max(old.saturating_sub(new)),
            stricter.max(new.saturating_sub(old)),
        ]
    })
}

#[test]
fn no_change_is_shown_weaker_than_it_is() {
    let dictionary = fixture::dictionary();
    let rows = rows(&dictionary);
    let config = Config::default();
    let mut runner = TestRunner::new_with_rng(
        config.clone(),
        TestRng::deterministic_rng(config.rng_algorithm),
    );
    let mut unknown = 0;
    for _ in 0..CHANGES {
        let changed = changed()
            .new_tree(&mut runner)
            .expect("generated")
            .current();
        let set = |policy: &String| {
            let [objects, allows] = &changed.others;
            let files = [
                ("p.yaml", policy.as_str()),
                ("o.yaml", objects),
                ("a.yaml", allows),
            ];
            fixture::load_for_review(&files).unwrap_or_else(|problems| panic!("{problems}"))
        };
        let (old, new) = (set(&changed.old), set(&changed.new));
        let strongest = steps(
            rows.iter()
                .map(|row| (decided(&old, row), decided(&new, row))),
        );
        let version = |set| Version {
            set,
            dictionary: &dictionary,
        };
        let at = Timestamp::parse("2026-06-01T00:00:00Z").expect("an instant");
        let diff = SetDiff::of(version(&old), version(&new), at);
        let mut changes = diff.policies.iter().flat_map(|policy| &policy.changes);
        let (shown, not_known) = match changes.next().map(|change| &change.impact) {
            Some(Impact::Shown(examples)) => {
                let shown = examples.shown.iter();
                (
                    steps(shown.map(|s| (s.old.decision, s.new.decision))),
                    examples.not_known,
                )
            }
            Some(Impact::Open(_)) => {
                unknown += 1;
                continue;
            }
            _ => ([0, 0], None),
        };
        unknown += usize::from(not_known.is_some());
        let not_known = not_known.map_or([false, false], |not| [not.milder, not.stricter]);
        for way in [0, 1] {
            assert!(
                shown[way] >= strongest[way] || not_known[way],
                "shown {shown:?}, there is {strongest:?}\n{changed:#?}\n{diff:#?}"
            );
        }
    }
    // Of most of them all is known.
    assert!(
        unknown * 5 < CHANGES as usize,
        "{unknown} of {CHANGES} are not known to the end"
    );
}
