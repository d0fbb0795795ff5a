//! What people read when a policy file has a problem: place, reason, remedy.

mod fixture;

use fixture::{DICTIONARY, PIPELINE, load, policy, with_rule};
use weft_dictionary::Dictionary;
use weft_policy::PolicySet;

/// Asserts what loading a policy with this rule says; `when` stands on line 14, and starts at column 11.
fn rule_says(when: &str, expected: &str) {
    let said = load(&[("p.yaml", &with_rule(when))])
        .err()
        .unwrap_or_default();
    assert!(
        said.lines().any(|line| line == expected),
        "for {when}\nexpected: {expected}\n     got: {said}"
    );
}

#[test]
fn a_word_that_a_field_never_holds_is_refused() {
    let channel = "  - {name: session.channel, kind: text, class: operational, one_of: [app, web], title: t, meaning: m}\n";
    let text = format!("{DICTIONARY}{channel}");
    let dictionary = Dictionary::parse("dictionary.yaml", &text).expect("valid");
    let says = |text: &str| {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("pipeline.yaml"), PIPELINE).expect("written");
        std::fs::write(dir.path().join("p.yaml"), text).expect("written");
        let loaded = PolicySet::load(dir.path(), &dictionary);
        let said = loaded.err().map(|problems| problems.to_string());
        let said = said.unwrap_or_default();
        said.replace(&format!("{}/", dir.path().display()), "")
    };
    const HELP: &str = "(did you mean 'web'? It is one of app, web)";
    for (when, column) in [
        ("session.channel == 'wep' || payment.risky", 30),
        ("\"'wep' != session.channel\"", 12),
        ("session.channel in ['app', 'wep']", 38),
    ] {
        let said = says(&with_rule(when));
        let told =
            format!("p.yaml:14:{column}: error[W0302]: `session.channel` is never 'wep' {HELP}");
        assert!(said.lines().any(|line| line == told), "{told}\n{said}");
    }
    let tests =
        "tests:\n  - name: t\n    given: {session.channel: wep}\n    expect: {verdict: hold}\n";
    let said = says(&(with_rule("session.channel == 'web'") + tests));
    assert!(
        said.contains("error[W0307]: ") && said.contains("`session.channel` is never 'wep'"),
        "{said}"
    );
    let sound = says(&with_rule("session.channel == 'web'"));
    assert_eq!(sound, "");
}

/// A name or value of a test that does not fit is told on its own line.
#[test]
fn what_a_test_gives_is_told_where_it_stands() {
    let given = |facts: &str| {
        let tests = format!(
            "tests:\n  - name: t\n    given:\n      payment.risky: true\n{facts}    expect: {{verdict: deny}}\n"
        );
        let text = with_rule("payment.risky") + &tests;
        load(&[("p.yaml", &text)]).err().unwrap_or_default()
    };
    for (facts, expected) in [
        (
            "      payer.contry: BE\n",
            "p.yaml:25:7: error[W0307]: test `t`: there is no field `payer.contry` (did you mean `payer.country`?)",
        ),
        (
            "      payment.count: many\n",
            "p.yaml:25:22: error[W0307]: test `t`: the value given for `payment.count` does not fit (`payment.count` is integer)",
        ),
        (
            "      payment.amount: {value: '1.00', curency: EUR}\n",
            "p.yaml:25:23: error[W0307]: test `t`: the value given for `payment.amount` does not fit (`payment.amount` is money: an amount has \
             no key `curency`; did you mean `currency`?)",
        ),
        (
            "      payment.amount: {value: '1.00', currency: EURO}\n",
            "p.yaml:25:23: error[W0307]: test `t`: the value given for `payment.amount` does not fit (`payment.amount` is money: `EURO` is no \
             currency of ISO 4217, such as EUR)",
        ),
        (
            "      payment.amount: {value: 1.00, currency: EUR}\n",
            "p.yaml:25:23: error[W0307]: test `t`: the value given for `payment.amount` does not fit (`payment.amount` is money: write {value: \
             '12.50', currency: EUR})",
        ),
        (
            "      \"payment.\\x63ount\": 1\n      'payer.cuontry': BE\n",
            "p.yaml:26:7: error[W0307]: test `t`: there is no field `payer.cuontry` (did you mean `payer.country`?)",
        ),
        (
            "    withheld: [payment.risky, payment.count]\n",
            "p.yaml:25:31: error[W0307]: test `t`: `payment.count` is withheld, and is not there (give it a value under `given`, too)",
        ),
    ] {
        assert_eq!(given(facts), expected, "{facts}");
    }
}

#[test]
fn expressions_are_refused_at_the_very_character() {
    rule_says(
        "payment.risky && payment.amuont > money('1', 'EUR')",
        "p.yaml:14:28: error[W0302]: there is no field `payment.amuont` (did you mean `payment.amount`?)",
    );
    rule_says(
        "payment.amount > 'abc'",
        "p.yaml:14:11: error[W0303]: an amount cannot be compared with a text (write money('12.50', 'EUR'))",
    );
    rule_says(
        "payment.count",
        "p.yaml:14:11: error[W0303]: a condition is true or false, this is an integer (compare it with something)",
    );
    rule_says(
        "payment.risky || payment.count",
        "p.yaml:14:28: error[W0303]: this has to be a boolean, and is an integer (compare it with something)",
    );
    rule_says(
        "payment.risky && money('1', 'EUR') < money('1', 'USD')",
        "p.yaml:14:28: error[W0303]: an amount in EUR meets one in USD (keep to one currency)",
    );
    rule_says(
        "payment.amount > money('1', 'EUR') + money('1', 'USD')",
        "p.yaml:14:28: error[W0303]: an amount in EUR meets one in USD (keep to one currency)",
    );
    rule_says(
        "payment.rate > 0.5",
        "p.yaml:14:26: error[W0304]: floats are not part of the policy language (write decimal('0.5'), which is exact)",
    );
    rule_says(
        "payer.city.matches('a.*')",
        "p.yaml:14:11: error[W0304]: regular expressions are not part of the policy language (use startsWith, endsWith, contains or `in`)",
    );
    rule_says(
        "payment.codes.all(c, c == 'x')",
        "p.yaml:14:11: error[W0304]: comprehensions are not part of the policy language (write the cases out, or use a plugin)",
    );
    rule_says(
        "instrument.cvv == '123'",
        "p.yaml:14:11: error[W0303]: `instrument.cvv` is a secret: no rule ever sees it (remove it from the expression)",
    );
    rule_says(
        "payer.account == 'BE68539007547034'",
        "p.yaml:14:11: error[W0303]: a token cannot be compared with a text (compare it with another field whose values are tokens)",
    );
    rule_says(
        "payer.country in ['BE', 5]",
        "p.yaml:14:35: error[W0303]: a text is never among these: this is an integer (write a text in 'single quotes')",
    );
    rule_says(
        "payment.amount > money('1.001', 'EUR')",
        "p.yaml:14:28: error[W0303]: the amount has more decimals than its currency (2) (write money('12.50', 'EUR'))",
    );
    rule_says(
        "moneys('1', 'EUR') > payment.amount",
        "p.yaml:14:11: error[W0302]: there is no function `moneys` with these arguments (did you mean `money`? See policies/README.md for its arguments)",
    );
    rule_says(
        "payment.amount > money('12.5')",
        "p.yaml:14:28: error[W0302]: there is no function `money` with these arguments (write money('12.50', 'EUR'))",
    );
    rule_says(
        "variables.big",
        "p.yaml:14:11: error[W0302]: there is no variable `big` above (define it under `variables`, above the rules that use it)",
    );
}

#[test]
fn text_beyond_ascii_moves_no_place() {
    rule_says(
        "payer.city == 'Köln éé' && payment.amuont > money('1', 'EUR')",
        "p.yaml:14:38: error[W0302]: there is no field `payment.amuont` (did you mean `payment.amount`?)",
    );
    rule_says(
        "payer.city == '日本語' && payment.amount > 'abc'",
        "p.yaml:14:34: error[W0303]: an amount cannot be compared with a text (write money('12.50', 'EUR'))",
    );
    rule_says(
        ">\n      payer.city == 'ÄÖÜäöüßÄÖÜ' ||\n      payer.city == 'ÄÖÜäöüßÄÖÜ' ||\n      payment.amuont > money('1', 'EUR')",
        "p.yaml:17:7: error[W0302]: there is no field `payment.amuont` (did you mean `payment.amount`?)",
    );
    let said = load(&[("p.yaml", &with_rule("payer.city == 'Köln éé' && )"))]);
    let said = said.err().unwrap_or_default();
    assert!(said.contains("p.yaml:14:38: error[W0301]"), "{said}");
}

#[test]
fn a_word_for_one_in_place_of_a_word_for_many_is_told() {
    let body = "parameters:\n  - {name: limit, title: t, type: integer, value: 5, unit: payments}\nrules:\n  - {id: r, when: payment.count > \
                parameter.limit, verdict: deny, reason: because}\n";
    let said = load(&[("p.yaml", &policy(body, ""))])
        .err()
        .unwrap_or_default();
    let expected = "p.yaml:15:35: error[W0302]: `parameter.limit` names no field (did you mean `parameters.limit`?)";
    assert!(said.lines().any(|line| line == expected), "{said}");
}

#[test]
fn a_key_at_the_wrong_place_is_told_where_it_belongs() {
    let text = with_rule("payment.risky");
    for (at, key, line, help) in [
        (
            "stage: decision",
            "effective: {from: 2026-01-01T00:00:00Z}\n",
            10,
            "write it below `metadata`",
        ),
        (
            "  owner: o",
            "  stage: decision\n",
            6,
            "write it at the top of the file, outside of other keys",
        ),
    ] {
        let name = key.trim().split(':').next().unwrap_or_default();
        let wrong = text.replacen(at, &format!("{key}{at}"), 1);
        let said = load(&[("p.yaml", &wrong)]).err().unwrap_or_default();
        let column = 1 + key.len() - key.trim_start().len();
        let expected =
            format!("p.yaml:{line}:{column}: error[W0101]: there is no key `{name}` here ({help})");
        assert_eq!(said.trim(), expected);
    }
}

#[test]
fn what_the_parser_cannot_read_is_said_with_what_to_write() {
    for (when, expected) in [
        (
            "payment.risky and payment.risky",
            "14:25: error[W0301]: this is not an expression: `and` cannot stand here (write && for and)",
        ),
        (
            "payment.count = 5",
            "14:25: error[W0301]: this is not an expression: `=` cannot stand here (compare with ==)",
        ),
        (
            "\"payment.risky)\"",
            "14:25: error[W0301]: this is not an expression: `)` cannot stand here (open the bracket, or take it out; between two values there is an operator)",
        ),
    ] {
        rule_says(when, &format!("p.yaml:{expected}"));
    }
}

#[test]
fn text_that_is_no_expression_is_refused() {
    let said = load(&[("p.yaml", &with_rule("payment.count >"))])
        .err()
        .unwrap_or_default();
    let expected = "p.yaml:14:25: error[W0301]: this is not an expression: it ends too early \
                    (write what is missing: a value, or a bracket that closes)";
    assert!(said.lines().any(|line| line == expected), "{said}");
}

#[test]
fn hostile_expressions_are_refused_before_they_are_parsed() {
    for (hostile, why) in [
        (vec!["1"; 10_000].join("+"), "characters, the limit is 2000"),
        (
            format!("{}1{}", "[".repeat(500), "]".repeat(500)),
            "nested deeper than 32",
        ),
        (format!("{}true", "!".repeat(1_990)), ""),
        (vec!["1"; 990].join("+"), ""),
        (format!("{}payment.risky", "true && ".repeat(240)), ""),
    ] {
        let outcome = load(&[("p.yaml", &with_rule(&format!("\"{hostile}\"")))]);
        if !why.is_empty() {
            let said = outcome.err().unwrap_or_default();
            assert!(
                said.contains("error[W0301]") && said.contains(why),
                "{said}"
            );
        }
    }
}

#[test]
fn a_failure_that_lets_a_payment_go_on_is_refused() {
    let open = with_rule("payment.risky").replace("on_missing: hold", "on_missing: allow");
    let said = load(&[("p.yaml", &open)]).err().unwrap_or_default();
    let expected = "p.yaml:18:13: error[W0306]: on_missing is allow: a payment would go on because something is broken (write hold \
                    or deny, or say of on_missing in metadata.accepts_risk why not)";
    assert!(said.lines().any(|line| line == expected), "{said}");
    let accepts = |why: &str| {
        let text = open.replace(
            "  status: enforced\n",
            &format!("  status: enforced\n  accepts_risk: {why}\n"),
        );
        load(&[("p.yaml", &text)])
    };
    assert!(accepts("on_missing, since it only adds a note").is_ok());
    // What is accepted is named; something else that is accepted excuses nothing.
    for why in [
        "only adds a note",
        "payment.risky is only said of some payments",
        "on_error only",
    ] {
        let said = accepts(why).err().unwrap_or_default();
        assert!(
            said.contains("error[W0306]: on_missing is allow"),
            "{why}: {said}"
        );
    }
    for key in ["on_missing", "on_error"] {
        for verdict in ["abstain", "allow", "flag", "challenge"] {
            let assist = with_rule("payment.risky")
                .replace("payment.authorize", "assist.confirm")
                .replace(&format!("{key}: hold"), &format!("{key}: {verdict}"));
            let said = load(&[("p.yaml", &assist)]).err().unwrap_or_default();
            let expected =
                format!("error[W0306]: {key} is {verdict}: a request would go on because");
            assert!(said.contains(&expected), "{said}");
            let draft = assist.replace("status: enforced", "status: draft");
            assert!(load(&[("p.yaml", &draft)]).is_ok());
        }
    }
}

#[test]
fn contradictions_are_refused() {
    let rule = "rules:\n  - {id: r, when: payment.risky, verdict: deny, reason: because}\n";
    let said = |text: &str| load(&[("p.yaml", text)]).err().unwrap_or_default();
    let cases = [
        (
            policy(rule, "").replace("stage: decision", "stage: decison"),
            "the pipeline has no stage `decison` (did you mean `decision`?)",
        ),
        (
            policy(rule, "").replace("[payment.authorize]", "[payment.autorize]"),
            "the pipeline has no operation `payment.autorize` (did you mean `payment.authorize`?)",
        ),
        (
            policy(rule, "").replace("reason: because", "reason: becuase"),
            "the reason `becuase` is not declared (did you mean `because`?)",
        ),
        (policy("", ""), "the policy has neither rules nor a plugin"),
        (
            policy(&format!("{rule}plugin: {{name: x, grants: []}}\n"), ""),
            "a policy has rules or asks a plugin, not both",
        ),
        (
            policy(
                "plugin: {name: x, grants: [{field: payer.contry, treatment: clear}]}\n",
                "",
            ),
            "there is no field `payer.contry` (did you mean `payer.country`?)",
        ),
        (
            policy(rule, "").replace(
                "from: 2026-01-01T00:00:00Z",
                "from: 2026-01-01T00:00:00Z, until: 2025-01-01T00:00:00Z",
            ),
            "the policy ends before it begins",
        ),
        (
            policy(rule, "").replace(
                "sources: [{title: s, reference: r, verified: true}]",
                "sources: []",
            ),
            "the policy names no source",
        ),
        (
            policy(rule, "").replace("agent: a", "agent: ''"),
            "messages.agent is empty",
        ),
        (
            policy(rule, "").replace("verdict: deny", "verdict: denied"),
            "error[W0101]",
        ),
        (policy(rule, "colour: red\n"), "error[W0101]"),
    ];
    for (text, expected) in cases {
        let said = said(&text);
        assert!(
            said.contains(expected),
            "expected: {expected}\n     got: {said}"
        );
    }
}

#[test]
fn all_problems_of_all_files_are_told() {
    let bad = with_rule("payment.amuont == payment.amount");
    let said = load(&[("a.yaml", &bad), ("b.yaml", &bad)])
        .err()
        .unwrap_or_default();
    assert!(
        said.contains("a.yaml:14:11") && said.contains("b.yaml:14:11"),
        "{said}"
    );
    let good = with_rule("payment.risky");
    let said = load(&[("a.yaml", &good), ("b.yaml", &good)])
        .err()
        .unwrap_or_default();
    assert!(
        said.contains(
            "b.yaml:8:21: error[W0312]: `test.policy` is in force at the same time as in a.yaml:8:21"
        ),
        "{said}"
    );
}

#[test]
fn a_test_that_does_not_hold_refuses_the_file() {
    let tests =
        "tests:\n  - {name: calm, given: {payment.risky: false}, expect: {verdict: deny}}\n";
    let text = format!("{}{tests}", with_rule("payment.risky"));
    let said = load(&[("p.yaml", &text)]).err().unwrap_or_default();
    assert_eq!(
        said,
        "p.yaml:22:12: error[W0307]: test `calm`: expected deny, got abstain (fired: [], missing: [])"
    );
}

/// A rule that has a supervisor told and a fact taken away, and a test that expects this of it.
fn expecting(obligations: &str) -> String {
    let duties = "    obligations:\n      - {kind: notify, arguments: {whom: supervisor}}\n      - {kind: redact, arguments: {payer.city: absent}}\n";
    let rule = with_rule("payment.risky").replace(
        "    reason: because\n",
        &format!("    reason: because\n{duties}"),
    );
    let expect = format!("{{verdict: deny, obligations: {obligations}}}");
    let text = format!(
        "{rule}tests:\n  - name: risky\n    given: {{payment.risky: true}}\n    expect: {expect}\n"
    );
    load(&[("p.yaml", &text)]).err().unwrap_or_default()
}

#[test]
fn what_is_due_is_what_a_test_expects_and_nothing_more() {
    const BOTH: &str = "[{kind: redact, arguments: {payer.city: absent}}, {kind: notify, arguments: {whom: supervisor}}]";
    assert_eq!(expecting(BOTH), "", "the order is not asked");
    const CAME: &str = "(fired: [r], missing: [], obligations: [redact {payer.city: absent}, notify {whom: supervisor}])";
    for (expected, words) in [
        ("[]", "[]"),
        (
            "[{kind: notify, arguments: {whom: supervisor}}]",
            "[notify {whom: supervisor}]",
        ),
        (
            "[{kind: redact, arguments: {payer.city: token}}, {kind: notify, arguments: {whom: supervisor}}]",
            "[redact {payer.city: token}, notify {whom: supervisor}]",
        ),
    ] {
        let told = format!(
            "p.yaml:25:11: error[W0307]: test `risky`: expected the obligations {words} {CAME}"
        );
        let said = expecting(expected);
        assert!(said.lines().any(|line| line == told), "{told}\n{said}");
    }
}

#[test]
fn what_a_test_expects_to_be_due_has_to_be_something_that_can_be_due() {
    for (expected, told) in [
        (
            "[{kind: notify, arguments: {who: support}}]",
            "p.yaml:27:70: error[W0305]: `notify` has an argument that it does not take (it takes `whom` (customer or support or supervisor))",
        ),
        (
            "[{kind: redact, arguments: {payer.cty: absent}}]",
            "p.yaml:27:70: error[W0302]: there is no field `payer.cty` (did you mean `payer.city`?)",
        ),
        (
            "[{kind: notfy}]",
            "p.yaml:27:50: error[W0101]: the key does not take this word (did you mean `notify`?)",
        ),
    ] {
        let said = expecting(expected);
        assert!(
            said.lines().any(|line| line.starts_with(told)),
            "{told}\n{said}"
        );
    }
}

/// A misspelt field of a redaction would be a field that is not hidden.
#[test]
fn what_is_shown_or_hidden_has_to_be_there() {
    for (arguments, expected) in [
        (
            "redact, arguments: {payer.cty: absent}",
            "p.yaml:16:46: error[W0302]: there is no field `payer.cty` (did you mean `payer.city`?)",
        ),
        (
            "disclose, arguments: {payer.city: shown}",
            "p.yaml:16:60: error[W0305]: `shown` is not a treatment (write one of absent, present, band, masked, token, clear)",
        ),
    ] {
        let rule = format!(
            "rules:\n  - id: r\n    when: \"true\"\n    verdict: allow\n    obligations: [{{kind: {arguments}}}]\n    reason: because\n"
        );
        let said = load(&[("p.yaml", &policy(&rule, ""))])
            .err()
            .unwrap_or_default();
        assert!(
            said.lines().any(|line| line == expected),
            "expected: {expected}\n     got: {said}"
        );
    }
}

/// A key that is wrong is told where it stands, wherever its value does.
#[test]
fn a_misspelt_key_is_told_where_it_stands() {
    let rule = |kind: &str, arguments: &str| {
        let rule = format!(
            "rules:\n  - id: r\n    when: payment.risky\n    verdict: hold\n    reason: because\n    obligations:\n      - kind: {kind}\n        \
             arguments:\n          {arguments}\n"
        );
        policy(&rule, "")
    };
    let parameter = "parameters:\n  - name: limit\n    title: t\n    type: duration\n    value: 1h\n    at_threat:\n      5:\n        2h\n";
    let tests = "tests:\n  - name: t\n    given: {payment.risky: true}\n    with:\n      limt:\n        2h\n    expect: {verdict: deny}\n";
    for (text, expected) in [
        (
            rule("redact", "payer.cty:\n            absent"),
            "p.yaml:20:11: error[W0302]: there is no field `payer.cty`",
        ),
        (
            rule("disclose", "payer.cty:\n            clear"),
            "p.yaml:20:11: error[W0302]: there is no field `payer.cty`",
        ),
        (
            rule("notify", "who:\n            customer"),
            "p.yaml:20:11: error[W0305]: `notify` has an argument that it does not take",
        ),
        (
            rule("notify", "whom:\n            customr"),
            "p.yaml:21:13: error[W0305]: ",
        ),
        (
            with_rule("payment.risky").replace("rules:\n", &format!("{parameter}rules:\n")),
            "p.yaml:18:7: error[W0308]: `5` is not a level of threat",
        ),
        (
            with_rule("payment.risky") + tests,
            "p.yaml:25:7: error[W0302]: there is no parameter `limt`",
        ),
    ] {
        let said = load(&[("p.yaml", &text)]).err().unwrap_or_default();
        let is_told = said.lines().any(|line| line.starts_with(expected));
        assert!(is_told, "expected: {expected}\n     got: {said}");
    }
}

/// A name that is not there never fires and is never missing.
#[test]
fn what_a_test_expects_is_there() {
    for (expect, expected) in [
        (
            "verdict: hold, missing: [payment.risky, payer.contry]",
            "p.yaml:24:54: error[W0302]: there is no field `payer.contry` (did you mean `payer.country`?)",
        ),
        (
            "verdict: deny, rules: [zz]",
            "p.yaml:24:37: error[W0302]: there is no rule `zz` (name rules of this file)",
        ),
    ] {
        let tests = format!("tests:\n  - name: t\n    given: {{}}\n    expect: {{{expect}}}\n");
        let said = load(&[("p.yaml", &(with_rule("payment.risky") + &tests))]).err();
        assert_eq!(said.as_deref(), Some(expected));
    }
}

#[test]
fn verified_is_said_without_quotes() {
    for verified in ["'yes'", "\"true\"", "'no'"] {
        let text =
            with_rule("payment.risky").replace("verified: true", &format!("verified: {verified}"));
        let said = load(&[("p.yaml", &text)]).err().unwrap_or_default();
        assert!(said.starts_with("p.yaml:7:"), "{verified}: {said}");
        assert!(said.contains("error[W0101]"), "{verified}: {said}");
        assert!(
            said.contains("true or false, without quotes"),
            "{verified}: {said}"
        );
    }
}

#[test]
fn a_fact_is_granted_once() {
    let grants = "plugin:\n  name: x\n  grants:\n    - {field: payer.country, treatment: present}\n    - {field: payer.city, treatment: clear}\n    \
                  - {field: payer.country, treatment: clear}\n";
    let said = load(&[("p.yaml", &policy(grants, ""))]).err();
    assert_eq!(
        said.as_deref(),
        Some("p.yaml:17:15: error[W0305]: `payer.country` is granted twice (keep one of the two)")
    );
}

#[test]
fn a_policy_that_somebody_set_aside_is_not_passed_over_in_silence() {
    let sound = with_rule("payment.risky");
    for name in ["p.YAML", "p.yaml.txt", "p.yaml~", ".p.yaml"] {
        let said = load(&[("other.yaml", &sound), (name, &sound)]).err();
        let said = said.unwrap_or_default();
        assert!(
            said.contains(&format!(
                "{name}:1:1: error[W0102]: this would be passed over"
            )),
            "{name}: {said}"
        );
    }
    assert!(load(&[("other.yaml", &sound), ("README.md", "# Read me")]).is_ok());
}

#[test]
fn an_obligation_that_nobody_can_fulfil_is_refused() {
    let with = |arguments: &str| {
        let rule = format!(
            "rules:\n  - id: r\n    when: payment.risky\n    verdict: hold\n    reason: because\n    obligations: [{{kind: step-up, arguments: {arguments}}}]\n"
        );
        load(&[("p.yaml", &policy(&rule, ""))]).err()
    };
    assert_eq!(with("{method: app-approval}"), None);
    for wrong in ["{method: app-aproval}", "{metod: app-approval}", "{}"] {
        let said = with(wrong).unwrap_or_default();
        assert!(said.contains("p.yaml:17:"), "{wrong}: {said}");
        assert!(said.contains("error[W0305]"), "{wrong}: {said}");
    }
}

#[test]
fn an_acceptance_that_names_nothing_is_told() {
    let warned = |why: &str| {
        let text = with_rule("payment.risky").replace(
            "  status: enforced\n",
            &format!("  status: enforced\n  accepts_risk: {why}\n"),
        );
        let set = load(&[("p.yaml", &text)]).unwrap_or_else(|problems| panic!("{problems}"));
        let warnings = set.warnings().0.iter().map(ToString::to_string);
        warnings
            .filter(|line| line.contains("W0314"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    assert!(
        warned("only adds a note").ends_with(
            "p.yaml:10:17: warning[W0314]: accepts_risk names nothing, so it accepts nothing (name what it accepts: a fact that may be \
             left out, on_missing, on_error, or the code of a warning)"
        ),
        "{}",
        warned("only adds a note")
    );
    for why in ["payment.risky is optional", "on_missing", "on_error."] {
        assert_eq!(warned(why), "", "{why}");
    }
}

#[test]
fn a_warning_that_a_policy_accepts_by_its_code_is_not_told() {
    let warned = |metadata: &str| {
        let text = with_rule("payment.risky")
            .replace("verified: true", "verified: false")
            .replace(
                "  status: enforced\n",
                &format!("  status: enforced\n{metadata}"),
            );
        let set = load(&[("p.yaml", &text)]).unwrap_or_else(|problems| panic!("{problems}"));
        let warnings = set.warnings().0.iter().map(ToString::to_string);
        warnings.filter(|line| line.contains("W0313")).count()
    };
    assert_eq!(warned(""), 1);
    assert_eq!(
        warned("  accepts_risk: W0313, counsel reads it in May\n"),
        0
    );
    assert_eq!(warned("  accepts_risk: W0317, it is meant\n"), 1);
}

#[test]
fn a_group_of_facts_is_no_fact() {
    let said = |when: &str| {
        load(&[("p.yaml", &with_rule(when))])
            .err()
            .unwrap_or_default()
    };
    let told = said("has(session) && payment.risky");
    assert!(
        told.contains(
            "error[W0301]: `has` asks whether one fact is there, and this is none (write has(section.field); a section such as \
             `device` is a group of facts, so ask for each that is meant)"
        ),
        "{told}"
    );
    let told = said("session == 'x'");
    assert!(
        told.contains(
            "p.yaml:14:11: error[W0302]: `session` is a group of facts, not a fact (name the fact that is meant, for example \
             `session.device`)"
        ),
        "{told}"
    );
}

#[test]
fn a_verdict_with_another_indentation_is_told_where_it_stands() {
    let text = with_rule("payment.risky").replace("    verdict: deny", "verdict: deny");
    let told = load(&[("p.yaml", &text)]).err().unwrap_or_default();
    assert!(told.contains("p.yaml:15:1: error[W0101]"), "{told}");
    let text =
        with_rule(">\n      payment.risky").replace("    verdict: deny", "      verdict: deny");
    let told = load(&[("p.yaml", &text)]).err().unwrap_or_default();
    assert!(
        told.contains("p.yaml:16:7: error[W0101]: `verdict` has 6 blanks before it"),
        "{told}"
    );
}

#[test]
fn a_directory_that_is_not_there_is_told_with_what_to_name() {
    let dir = tempfile::tempdir().expect("a directory");
    let told = |name: &str| {
        let read = weft_policy::PolicyFiles::read(&dir.path().join(name));
        read.err()
            .map(|problems| problems.to_string())
            .unwrap_or_default()
    };
    std::fs::write(dir.path().join("file"), "").expect("written");
    for (name, why) in [
        ("nowhere", "there is no such directory"),
        ("file", "this is not a directory"),
    ] {
        let told = told(name);
        let expected = format!(
            "{name}:1:1: error[W0102]: {why} (name the directory with dictionary.yaml, pipeline.yaml and the policies)"
        );
        assert!(told.ends_with(&expected), "{told}");
    }
}
