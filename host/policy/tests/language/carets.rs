//! The caret of a problem covers the whole expression that it is about, wherever its file has it.

use weft_diagnostic::Severity;
use weft_policy::PolicySet;

use crate::fixture::{PIPELINE, dictionary, with_rule};

/// What the first problem of a policy with this rule underlines.
fn underlined(when: &str) -> String {
    let text = with_rule(when);
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("pipeline.yaml"), PIPELINE).expect("written");
    std::fs::write(dir.path().join("p.yaml"), &text).expect("written");
    let problems = PolicySet::load(dir.path(), &dictionary()).expect_err("refused");
    let mut problems = problems.0.iter();
    let problem = problems.find(|problem| problem.severity == Severity::Error);
    let problem = problem.expect("an error");
    let line = text.lines().nth(problem.place.line as usize - 1);
    let line = line.unwrap_or_default().chars();
    line.skip(problem.place.column as usize - 1)
        .take(problem.width as usize)
        .collect()
}

#[test]
fn the_whole_expression_is_underlined() {
    for (when, expected) in [
        (
            "payment.risky && payment.amuont > money('1', 'EUR')",
            "payment.amuont",
        ),
        ("payer.a.b.c == 'x'", "payer.a.b.c"),
        ("payer . city . x == 'x'", "payer . city . x"),
        ("payment.risky && has(payer.town)", "has(payer.town)"),
        (
            "payment.risky || payment.count + payment.count",
            "payment.count + payment.count",
        ),
        ("payment.risky && (payment.count || true)", "payment.count"),
        (
            "payment.risky && (payment.count + 1) * 2",
            "(payment.count + 1) * 2",
        ),
        (
            "payment.risky && 2 * (payment.count + 1)",
            "2 * (payment.count + 1)",
        ),
        ("payment.amount > 'a)c'", "payment.amount > 'a)c'"),
        ("payer.city.matches('a(')", "payer.city.matches('a(')"),
        (
            "payment.amount > money('1.001', 'EUR')",
            "money('1.001', 'EUR')",
        ),
        ("payment.count in ['a', 'b']", "'a'"),
        ("payment.codes[0] == 'x'", "payment.codes[0]"),
        (
            "\"payment.risky ? payment.count : 1\"",
            "payment.risky ? payment.count : 1",
        ),
        (
            "\"payer.city == \\\"x\\\" && payer.town == 'y'\"",
            "payer.town",
        ),
        ("'payer.city == ''x'' && payer.town == ''y'''", "payer.town"),
        ("'payer.country == ''XX'''", "''XX'"),
        (
            "|\n      payment.risky &&\n      payer.town == 'y'",
            "payer.town",
        ),
        // Of an expression on several lines, what is on its first.
        (
            "|\n      payment.count +\n      payment.count",
            "payment.count +",
        ),
    ] {
        assert_eq!(underlined(when), expected, "{when}");
    }
}
