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
        ("'payer.country == ''XX'''", "''XX''"),
        (r#""payer.c\x6fy == 'x'""#, r"payer.c\x6fy"),
        (
            r#""payer.city == 'x' && payer.tow\u006e""#,
            r"payer.tow\u006e",
        ),
        (
            r"payer.city == 'a\')' && payer.city.matches('\'(')",
            r"payer.city.matches('\'(')",
        ),
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

/// One character of the expression may be many of the file, or none, and stand on any of its lines.
#[test]
fn what_is_behind_an_escape_is_underlined() {
    let escapes = [
        r"\x41",
        r"\u00e9",
        r"\U0001F600",
        r"\ud83d\ude00",
        r#"\""#,
        r"\\\\",
        r"\/",
        r"\ ",
        r"\t",
        r"\_",
        r"\0",
        r"\a",
        r"\b",
        r"\v",
        r"\f",
        r"\e",
        r"\N",
        r"\L",
        r"\P",
        "é😀",
    ];
    for escape in escapes {
        let when = format!("\"payer.city == '{escape}' && payer.town == 'y'\"");
        assert_eq!(underlined(&when), "payer.town", "{when}");
        let when = format!("\"payer.city == '{escape}' || payment.count + payment.count\"");
        assert_eq!(underlined(&when), "payment.count + payment.count", "{when}");
        // Where the expression cannot be read at all.
        let when = format!("\"payer.city == '{escape}' && = 'y'\"");
        assert_eq!(underlined(&when), "=", "{when}");
    }
    for when in [
        "\"payment.risky &&\\npayer.town == 'y'\"",
        "\"payment.risky &&\\r\\n\\tpayer.town == 'y'\"",
        "\"payer.city == '\\x41'  \n\n      && payer.town == 'y'\"",
        "\"payer.city == '\\x41' \\\n      && payer.town == 'y'\"",
        "\"payer.city == 'a\\\n\\ \n      b'\\\n      \\ && payer.town == 'y'\"",
        "'payer.city == ''é'' &&\n\n      payer.town == ''y'''",
        "payer.city == 'é' &&\n      payer.town == 'y'",
        "|2\n      payer.city == 'é' &&\n        payer.town == 'y'",
        ">\n      payer.city == 'é' &&\n\n      payer.town == 'y'",
        ">-\n      \"\\x41\" == payer.city\n        && payer.town == 'y'",
    ] {
        assert_eq!(underlined(when), "payer.town", "{when}");
    }
}
