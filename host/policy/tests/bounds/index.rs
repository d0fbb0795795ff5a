//! The index finds what asking every policy finds, and leaves out what a fact rules out.

use crate::fixture::{dictionary, load, policy};
use proptest::prelude::*;
use weft_dictionary::{Dictionary, Row, Value};
use weft_policy::{Applies, PolicySet};

const OPERATION: &str = "payment.authorize";
const COUNTRIES: [&str; 4] = ["BE", "NL", "DE", "FR"];
const ROLES: [&str; 3] = ["agent", "service", "auditor"];

/// A condition of a policy, as the test knows it.
#[derive(Debug, Clone)]
enum Condition {
    Country(Vec<&'static str>),
    Role(&'static str),
    Count(Vec<i64>),
    Risky(bool),
    /// Something that is no equality.
    Rate,
    All(Box<Condition>, Box<Condition>),
    AnyOf(Box<Condition>, Box<Condition>),
}

/// The facts of a row; none is missing.
#[derive(Debug, Clone)]
struct Facts {
    country: Option<&'static str>,
    role: Option<&'static str>,
    count: Option<i64>,
    risky: Option<bool>,
    rate: Option<bool>,
}

impl Condition {
    fn cel(&self) -> String {
        match self {
            Condition::Country(list) => format!("payer.country in ['{}']", list.join("', '")),
            Condition::Role(role) => format!("'{role}' == session.role"),
            Condition::Count(list) => {
                let list: Vec<String> = list.iter().map(i64::to_string).collect();
                format!("payment.count in [{}]", list.join(", "))
            }
            Condition::Risky(true) => "payment.risky".into(),
            Condition::Risky(false) => "!payment.risky".into(),
            Condition::Rate => "payment.rate > decimal('0.5')".into(),
            Condition::All(one, two) => format!("({} && {})", one.cel(), two.cel()),
            Condition::AnyOf(one, two) => format!("({} || {})", one.cel(), two.cel()),
        }
    }

    /// Whether it holds; none rests on a missing fact.
    fn holds(&self, facts: &Facts) -> Option<bool> {
        match self {
            Condition::Country(list) => facts.country.map(|c| list.contains(&c)),
            Condition::Role(role) => facts.role.map(|r| r == *role),
            Condition::Count(list) => facts.count.map(|c| list.contains(&c)),
            Condition::Risky(wanted) => facts.risky.map(|r| r == *wanted),
            Condition::Rate => facts.rate,
            Condition::All(one, two) => match (one.holds(facts), two.holds(facts)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Condition::AnyOf(one, two) => match (one.holds(facts), two.holds(facts)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
        }
    }

    /// Whether one fact alone is compared with constants and does not fit.
    fn ruled_out_by_one_fact(&self, facts: &Facts) -> bool {
        match self {
            Condition::All(one, two) => {
                one.ruled_out_by_one_fact(facts) || two.ruled_out_by_one_fact(facts)
            }
            Condition::AnyOf(..) | Condition::Rate => false,
            plain => plain.holds(facts) == Some(false),
        }
    }
}

fn condition() -> impl Strategy<Value = Condition> {
    let leaf = prop_oneof![
        prop::sample::subsequence(COUNTRIES.to_vec(), 1..3).prop_map(Condition::Country),
        prop::sample::select(ROLES.to_vec()).prop_map(Condition::Role),
        prop::collection::vec(0_i64..4, 1..3).prop_map(Condition::Count),
        any::<bool>().prop_map(Condition::Risky),
        Just(Condition::Rate),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        let pair = (inner.clone(), inner);
        prop_oneof![
            pair.clone()
                .prop_map(|(a, b)| Condition::All(Box::new(a), Box::new(b))),
            pair.prop_map(|(a, b)| Condition::AnyOf(Box::new(a), Box::new(b))),
        ]
    })
}

fn facts() -> impl Strategy<Value = Facts> {
    let some = |strategy| prop::option::weighted(0.8, strategy);
    (
        some(prop::sample::select(COUNTRIES.to_vec()).boxed()),
        prop::option::weighted(0.8, prop::sample::select(ROLES.to_vec())),
        prop::option::weighted(0.8, 0_i64..5),
        prop::option::weighted(0.8, any::<bool>()),
        prop::option::weighted(0.8, any::<bool>()),
    )
        .prop_map(|(country, role, count, risky, rate)| Facts {
            country,
            role,
            count,
            risky,
            rate,
        })
}

fn row(dictionary: &Dictionary, facts: &Facts) -> Row {
    let rate = |high| {
        Value::from_json(
            weft_dictionary::Kind::Decimal,
            &serde_json::json!(if high { "0.9" } else { "0.1" }),
        )
    };
    let mut row = Row::new(dictionary);
    for (name, value) in [
        ("payer.country", facts.country.map(Value::text)),
        ("session.role", facts.role.map(Value::text)),
        ("payment.count", facts.count.map(Value::Integer)),
        ("payment.risky", facts.risky.map(Value::Boolean)),
        ("payment.rate", facts.rate.and_then(rate)),
    ] {
        if let Some(value) = value {
            let field = dictionary.by_name(name).expect("a field");
            row.set(dictionary, field.id, value).expect("fits");
        }
    }
    row
}

/// A set with one policy for each list of conditions; every third is about another operation.
fn set(policies: &[Vec<Condition>]) -> PolicySet {
    let texts: Vec<(String, String)> = policies
        .iter()
        .enumerate()
        .map(|(number, conditions)| {
            let body = "rules: [{id: r, when: payment.risky, verdict: deny, reason: because}]\n";
            let mut text = policy(body, "").replace("test.policy", &format!("test.p{number}"));
            if number % 3 == 2 {
                text = text.replace("on: [payment.authorize]", "on: [assist.confirm]");
            }
            if !conditions.is_empty() {
                text.push_str("match:\n");
            }
            for condition in conditions {
                text.push_str(&format!(
                    "  - {{name: c, expression: \"{}\"}}\n",
                    condition.cel()
                ));
            }
            (format!("p{number:03}.yaml"), text)
        })
        .collect();
    let texts: Vec<(&str, &str)> = texts
        .iter()
        .map(|(n, t)| (n.as_str(), t.as_str()))
        .collect();
    load(&texts).unwrap_or_else(|problems| panic!("{problems}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_finds_what_asking_everyone_finds(
        policies in prop::collection::vec(prop::collection::vec(condition(), 0..3), 1..150),
        rows in prop::collection::vec(facts(), 30),
    ) {
        let dictionary = dictionary();
        let set = set(&policies);
        let decision = set.stages().iter().position(|s| s.name == "decision").expect("a stage");
        for facts in &rows {
            let row = row(&dictionary, facts);
            let found: Vec<usize> = set.candidates(decision, OPERATION, &row).collect();
            let asked = |place: &usize| set.policies()[*place].matches(&row) != Applies::No;
            let everyone = 0..set.policies().len();
            let expected: Vec<usize> = everyone
                .filter(|place| set.policies()[*place].covers(OPERATION))
                .filter(asked)
                .collect();
            let applying: Vec<usize> = found.iter().copied().filter(asked).collect();
            prop_assert_eq!(applying, expected, "{:?}", facts);
            for place in found {
                let ruled_out = policies[place].iter().any(|c| c.ruled_out_by_one_fact(facts));
                prop_assert!(!ruled_out, "{:?} is asked about {:?}", policies[place], facts);
            }
            prop_assert_eq!(set.candidates(0, OPERATION, &row).count(), 0, "nothing in another stage");
        }
    }
}

#[test]
fn a_policy_that_rests_on_a_missing_fact_is_asked() {
    let set = set(&[vec![Condition::Country(vec!["BE"])]]);
    let dictionary = dictionary();
    let candidates = |country| {
        let facts = Facts {
            country,
            role: None,
            count: None,
            risky: None,
            rate: None,
        };
        set.candidates(1, OPERATION, &row(&dictionary, &facts))
            .count()
    };
    assert_eq!(
        (
            candidates(Some("BE")),
            candidates(Some("NL")),
            candidates(None)
        ),
        (1, 0, 1)
    );
}

#[test]
fn a_fact_that_is_withheld_rules_nothing_out() {
    let set = set(&[vec![Condition::Role("agent")]]);
    let dictionary = dictionary();
    let facts = Facts {
        country: None,
        role: Some("auditor"),
        count: None,
        risky: None,
        rate: None,
    };
    let mut row = row(&dictionary, &facts);
    assert_eq!(set.candidates(1, OPERATION, &row).count(), 0);
    row.withhold(
        dictionary.by_name("session.role").expect("a field").id,
        "redacted",
    );
    assert_eq!(set.candidates(1, OPERATION, &row).count(), 1);
}

#[test]
fn an_operation_that_is_not_there_has_no_policies() {
    let set = set(&[vec![]]);
    let row = Row::new(&dictionary());
    assert_eq!(set.candidates(1, "payment.other", &row).count(), 0);
    assert_eq!(set.candidates(9, OPERATION, &row).count(), 0);
}
