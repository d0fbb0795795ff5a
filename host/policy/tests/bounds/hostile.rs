//! What is meant to overflow a stack, to fill the memory or to take for ever is refused when it is loaded,
//! on a thread with an ordinary stack.

use crate::fixture::{dictionary, load, policy, with_rule};
use weft_dictionary::{Row, Value};
use weft_policy::{PolicySet, limits};

/// What threads get where nobody says anything else.
const ORDINARY_STACK_BYTES: usize = 2 << 20;

/// Runs on a thread with an ordinary stack, whatever the runner of tests has.
fn on_an_ordinary_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(ORDINARY_STACK_BYTES);
        let thread = thread.spawn_scoped(scope, work).expect("a thread");
        thread.join().expect("it ends")
    })
}

fn quoted(expression: &str) -> String {
    format!("\"{expression}\"")
}

/// Asserts that a rule is refused with this code and these words.
fn refused(what: &str, expression: &str, code: &str, words: &str) {
    let said = on_an_ordinary_stack(|| load(&[("p.yaml", &with_rule(&quoted(expression)))]).err());
    let said = said.unwrap_or_else(|| panic!("{what} is taken"));
    let (start, _) = said.split_at(said.len().min(300));
    assert!(
        said.contains(code) && said.contains(words),
        "{what}: {start}"
    );
}

fn chain(term: &str, operator: &str, terms: usize) -> String {
    vec![term; terms].join(operator)
}

#[test]
fn long_expressions_are_refused_before_they_are_parsed() {
    let too_long = "characters, the limit is 2000";
    let list = (0..10_000).map(|n| n.to_string()).collect::<Vec<_>>();
    for (what, expression) in [
        (
            "a sum of 10,000",
            format!("{} == 1", chain("1", "+", 10_000)),
        ),
        ("10,000 conditions", chain("payment.risky", " && ", 10_000)),
        (
            "10,000 alternatives",
            chain("payment.risky", " || ", 10_000),
        ),
        ("10,000 negations", format!("{}true", "!".repeat(10_000))),
        (
            "10,000 choices",
            format!("{}true", "payment.risky ? true : ".repeat(10_000)),
        ),
        ("10,000 selections", chain("payment", ".", 10_000)),
        (
            "10,000 values",
            format!("payment.count in [{}]", list.join(",")),
        ),
        (
            "a long text",
            format!("payer.city == '{}'", "x".repeat(100_000)),
        ),
    ] {
        refused(what, &expression, "error[W0301]", too_long);
    }
}

#[test]
fn deep_expressions_are_refused_before_they_are_parsed() {
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{1:", "}"),
        ("size(", ")"),
        ("-(", ")"),
    ] {
        let nested = format!("{}1{}", open.repeat(300), close.repeat(300));
        refused(open, &nested, "error[W0301]", "nested deeper than 32");
    }
}

#[test]
fn what_would_run_for_long_is_no_part_of_the_language() {
    for expression in [
        "[1, 2, 3].all(a, [1, 2, 3].all(b, [1, 2, 3].all(c, a + b + c > 0)))",
        "[1, 2, 3].map(a, a * 2).exists(b, b == 2)",
        "payment.codes.exists_one(c, c == 'x')",
        "payment.codes.filter(c, c == 'x').size() > 0",
    ] {
        refused(
            expression,
            expression,
            "error[W0304]",
            "comprehensions are not part",
        );
    }
    refused(
        "a range",
        "lists.range(1000000000).size() > 0",
        "error[W030",
        "",
    );
    let repeated = chain("payer.city.matches('(a+)+b')", " && ", 60);
    refused(
        "patterns",
        &repeated,
        "error[W0304]",
        "regular expressions are not part",
    );
    refused(
        "maps",
        "{1: 2, 3: 4}.size() == 2",
        "error[W0304]",
        "maps are not part",
    );
}

#[test]
fn variables_that_double_each_other_are_refused() {
    let mut variables = String::from("variables:\n  - {name: v0, expression: payment.risky}\n");
    for level in 1..40 {
        let below = level - 1;
        variables.push_str(&format!(
            "  - {{name: v{level}, expression: variables.v{below} && variables.v{below}}}\n"
        ));
    }
    let body = format!(
        "{variables}rules:\n  - {{id: r, when: variables.v39, verdict: deny, reason: because}}\n"
    );
    let said = on_an_ordinary_stack(|| load(&[("p.yaml", &policy(&body, ""))]).err());
    let said = said.expect("refused");
    assert!(said.contains("parts, the limit is 1000"), "{said}");
}

#[test]
fn a_file_with_too_many_parts_is_refused_for_their_number_alone() {
    let rule = |n: usize| {
        format!("  - {{id: r{n}, when: payment.unknown, verdict: deny, reason: because}}\n")
    };
    let rules: String = (0..=limits::MAX_RULES).map(rule).collect();
    let variable = |n: usize| format!("  - {{name: v{n}, expression: payment.unknown}}\n");
    let variables: String = (0..=limits::MAX_VARIABLES).map(variable).collect();
    let one = "rules:\n  - {id: r, when: payment.risky, verdict: deny, reason: because}\n";
    for (body, words) in [
        (format!("rules:\n{rules}"), "101 rules, the limit is 100"),
        (
            format!("variables:\n{variables}{one}"),
            "101 variables, the limit is 100",
        ),
    ] {
        let said = load(&[("p.yaml", &policy(&body, ""))]).expect_err("refused");
        assert!(said.contains(words), "{said}");
        assert!(!said.contains("payment.unknown"), "looked at: {said}");
    }
}

#[test]
fn what_reads_long_texts_often_costs_too_much() {
    // A text of 1,024 characters against each of 64 texts of 1,024 characters, three times.
    let expression = chain("payer.city in payment.codes", " || ", 3);
    refused(
        "texts",
        &expression,
        "error[W0315]",
        "steps, the limit is 10000",
    );
}

#[test]
fn rules_that_together_cost_too_much_are_refused() {
    let mut rules = String::from("rules:\n");
    for number in 0..100 {
        rules.push_str(&format!(
            "  - {{id: r{number}, when: payer.city in payment.codes || payer.city in payment.codes, verdict: deny, \
             reason: because}}\n"
        ));
    }
    let text = policy(&rules, "");
    let said = on_an_ordinary_stack(|| load(&[("p.yaml", &text)]).err()).expect("refused");
    assert!(
        said.contains("error[W0315]: deciding `payment.authorize` could take")
            && said.contains("the limit is 500000"),
        "{said}"
    );
    let draft = text.replace("status: enforced", "status: draft");
    assert!(
        load(&[("p.yaml", &draft)]).is_ok(),
        "a draft is never asked"
    );
}

#[test]
fn the_cost_of_an_operation_is_that_of_its_policies() {
    let rule = with_rule("payment.risky");
    let other = rule.replace("id: test.policy", "id: test.other");
    let one = load(&[("p.yaml", &rule)]).expect("taken");
    let two = load(&[("p.yaml", &rule), ("q.yaml", &other)]).expect("taken");
    let cost = |set: &PolicySet| set.steps("payment.authorize");
    assert!(cost(&one) > 0 && cost(&one) < limits::MAX_OPERATION_STEPS);
    assert_eq!(cost(&two), 2 * cost(&one));
    assert_eq!(two.steps("assist.confirm"), 0);
}

#[test]
fn the_largest_expressions_that_are_taken_are_evaluated_on_an_ordinary_stack() {
    let deep_left = format!("{} > payment.count", chain("1", "+", 490));
    let negations = format!("{}payment.risky", "!".repeat(900));
    let choices = format!("{}payment.risky", "payment.count > 9 ? false : ".repeat(60));
    let all = chain("payment.risky", " && ", 110);
    for expression in [deep_left, negations, choices, all] {
        let fired = on_an_ordinary_stack(|| {
            let set = load(&[("p.yaml", &with_rule(&quoted(&expression)))])
                .unwrap_or_else(|said| panic!("{said}"));
            let dictionary = dictionary();
            let mut row = Row::new(&dictionary);
            for (name, value) in [
                ("payment.count", Value::Integer(3)),
                ("payment.risky", Value::Boolean(true)),
            ] {
                let field = dictionary.by_name(name).expect("a field");
                row.set(&dictionary, field.id, value).expect("fits");
            }
            set.policies()[0].evaluate(&row).fired
        });
        assert_eq!(fired, ["r"], "{expression}");
    }
}

/// Each rule by itself is within all bounds; what is done to prove them is bounded over the whole set.
#[test]
fn proofs_about_the_level_of_threat_end_at_a_bound_for_all_policies() {
    let facts = ["payment.count", "payment.count", "minor(payment.amount)"];
    let sum = |from: usize| {
        let terms =
            (0..48).map(|n| format!("{} * {}", facts[(n + from) % facts.len()], n + from + 1));
        terms.collect::<Vec<_>>().join(" + ")
    };
    let mut rules = String::new();
    for number in 0..60 {
        rules.push_str(&format!(
            "  - {{id: r{number}, when: \"parameters.most + {} < 100\", verdict: hold, reason: because}}\n",
            sum(number)
        ));
    }
    let parameter = "parameters: [{name: most, title: t, type: integer, unit: u, value: 9, at_threat: {2: 5}}]\n";
    let files: Vec<(String, String)> = (0..80)
        .map(|number| {
            let text = policy(&format!("{parameter}rules:\n{rules}"), "")
                .replace("test.policy", &format!("test.p{number}"))
                .replace(
                    "payment.authorize",
                    if number % 2 == 0 {
                        "payment.authorize"
                    } else {
                        "assist.confirm"
                    },
                );
            (format!("p{number:02}.yaml"), text)
        })
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (&**name, &**text))
        .collect();
    let told = load(&files).err().unwrap_or_default();
    assert!(
        told.contains("the search for proofs of all policies ended at its bound before"),
        "{told}"
    );
}
