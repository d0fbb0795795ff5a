//! Claims about generated conditions are never contradicted by rows: what can never fire does not, what is
//! never false has an opposite that does not fire, what adds nothing fires only beside the other, and every
//! example is one.

use std::fmt::Write as _;
use std::path::Path;

use weft_dictionary::{Dictionary, Row, Timestamp, Value};
use weft_policy::{Analysis, PolicySet, codes};

use crate::expressions::Expression;
use crate::rows::{DICTIONARY, Rows};

const SETS: u64 = 30;
/// Conditions of one set: each makes a rule, its opposite, and a rule that holds together with the next one.
const CONDITIONS: usize = 6;
const ROWS: usize = 200;
const PIPELINE: &str = "\
version: 1
stages: [{name: decision, title: t}]
operations: [{name: payment.authorize, title: t, kind: payment, no_policy: hold}]
";

#[derive(Default)]
struct Tally {
    never: usize,
    always: usize,
    shadowed: usize,
    overlaps: usize,
}

#[test]
fn no_row_contradicts_what_is_claimed_and_every_example_is_one() {
    let dictionary = Dictionary::parse("dictionary.yaml", DICTIONARY).expect("valid");
    let mut tally = Tally::default();
    for seed in 1..=SETS {
        let mut random = fastrand::Rng::with_seed(seed);
        let conditions: Vec<String> = (0..CONDITIONS)
            .map(|_| Expression::any(&mut random).ours)
            .collect();
        let matching = Expression::any(&mut random).ours;
        let text = policy(&conditions, &matching);
        let (set, analysis) = analysed(&text, &dictionary);
        let rows = Rows::new(&dictionary, &mut random);
        let mut fired = Vec::new();
        for _ in 0..ROWS {
            let (whole, partial) = rows.any(&mut random);
            for row in [&whole.row, &partial.row] {
                if owes(row) {
                    continue;
                }
                let policy = &set.policies()[0];
                if policy.matches(row) == weft_policy::Applies::Yes {
                    fired.push(policy.evaluate(row).fired);
                }
            }
        }
        check_warnings(&analysis, &fired, &text, &mut tally);
        for overlap in &analysis.overlaps {
            let row = overlap.example.row(&dictionary);
            let policy = &set.policies()[0];
            assert_eq!(
                policy.matches(&row),
                weft_policy::Applies::Yes,
                "{text}\n{overlap:?}"
            );
            let fired = policy.evaluate(&row).fired;
            for side in [&overlap.severer, &overlap.milder] {
                assert!(fired.contains(&side.rule), "{text}\n{overlap:?}");
            }
            tally.overlaps += 1;
        }
    }
    // What is never claimed cannot be wrong.
    for (what, count) in [
        ("never", tally.never),
        ("always", tally.always),
        ("shadowed", tally.shadowed),
        ("overlaps", tally.overlaps),
    ] {
        assert!(count > 10, "only {count} claims of {what}");
    }
}

/// Amounts are written without a sign, so no request has one below zero.
fn owes(row: &Row) -> bool {
    let below = |value: &Value| matches!(value, Value::Money(money) if money.minor_units < 0);
    row.facts().any(|(_, value)| below(value))
}

fn check_warnings(analysis: &Analysis, fired: &[Vec<String>], text: &str, tally: &mut Tally) {
    let fires = |rule: &str| fired.iter().any(|fired| fired.iter().any(|f| f == rule));
    for warning in &analysis.problems.0 {
        let named: Vec<&str> = warning.message.split('`').skip(1).step_by(2).collect();
        if warning.message.starts_with("the policy can never apply") {
            assert!(fired.is_empty(), "it applies\n{warning}\n{text}");
        } else if warning.code == codes::NEVER {
            assert!(!fires(named[0]), "it fires\n{warning}\n{text}");
            tally.never += 1;
        } else if warning.code == codes::ALWAYS && warning.message.starts_with("the rule") {
            let opposite = match named[0].split_at(1) {
                ("y", number) => format!("n{number}"),
                ("n", number) => format!("y{number}"),
                _ => continue,
            };
            assert!(!fires(&opposite), "it is false\n{warning}\n{text}");
            tally.always += 1;
        } else if warning.code == codes::SHADOWED {
            let alone = |fired: &&Vec<String>| {
                fired.iter().any(|f| f == named[0])
                    && !fired.iter().any(|f| named[1..].contains(&f.as_str()))
            };
            assert!(
                !fired.iter().any(|f| alone(&f)),
                "it fires alone\n{warning}\n{text}"
            );
            tally.shadowed += 1;
        }
    }
}

/// Rules `y`, their opposites `n`, and milder rules `a` that hold where two of them do.
fn policy(conditions: &[String], matching: &str) -> String {
    let mut text = format!(
        "apiVersion: weft/v1\nkind: Policy\nmetadata:\n  id: test.policy\n  title: t\n  owner: o\n  \
         sources: [{{title: s, reference: r, verified: true}}]\n  effective: {{from: 2026-01-01T00:00:00Z}}\n  \
         status: enforced\nstage: decision\non: [payment.authorize]\nreasons: [{{code: because, title: t}}]\n\
         on_missing: hold\non_error: hold\nmessages: {{customer: c, agent: a, auditor: u}}\n\
         match: [{{name: m, expression: \"{matching} || payment.risky\"}}]\nrules:\n"
    );
    let mut rule = |id: String, when: &str, verdict: &str| {
        let _ = writeln!(
            text,
            "  - {{id: {id}, when: \"{when}\", verdict: {verdict}, reason: because}}"
        );
    };
    for (number, one) in conditions.iter().enumerate() {
        let next = &conditions[(number + 1) % conditions.len()];
        rule(format!("y{number}"), one, "deny");
        rule(format!("n{number}"), &format!("!({one})"), "hold");
        rule(
            format!("a{number}"),
            &format!("{one} && {next}"),
            "challenge",
        );
    }
    text
}

fn analysed(text: &str, dictionary: &Dictionary) -> (PolicySet, Analysis) {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("pipeline.yaml"), PIPELINE).expect("written");
    std::fs::write(dir.path().join("p.yaml"), text).expect("written");
    let set = PolicySet::load_for_review(dir.path(), dictionary);
    let set = set.unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    let at = Timestamp::parse("2026-06-01T00:00:00Z").expect("an instant");
    let analysis = set.analyse(Path::new(""), dictionary, at);
    (set, analysis)
}
