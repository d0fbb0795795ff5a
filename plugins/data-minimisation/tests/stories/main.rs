//! The plugin as a policy meets it: who asks for what, and what they are shown.

use std::collections::BTreeMap;

use data_minimisation::data_minimisation::Plugin;
use serde_json::{Value as Json, json};
use weft_sdk::test::{self, Evaluation};
use weft_sdk::{Finding, Value, Verdict};

/// An agent helps with a failed payment; a supervisor sees tokens as well; after the customer's approval
/// both see what is usual for the account.
fn views() -> Json {
    json!([
        {
            "purpose": "failed-payment", "operations": ["assist.failed_payment"], "readers": ["agent", "supervisor"],
            "show": {"payment.amount": "clear", "device.id": "token", "location.city": "masked",
                     "behaviour.account.travel_distance": "band", "payer.phone": "present"},
            "withhold": {"instrument.bin": "absent"},
        },
        {
            "purpose": "review", "operations": ["assist.*"], "readers": ["supervisor"],
            "show": {"payer.account": "token", "device.id": "present"},
        },
        {
            "purpose": "usual-spending", "operations": ["assist.failed_payment"], "readers": ["agent"],
            "after_step_up": true,
            "show": {"behaviour.account.median_30d": "band"}, "withhold": {"payer.birth_date": "absent"},
        },
    ])
}

fn asks(role: &str, operation: &str) -> Evaluation<Plugin> {
    test::of::<Plugin>()
        .operation(operation)
        .need("session.role", role)
        .setting("views", Value::Json(views().to_string()))
}

/// Facts and treatments of a kind of obligation, the stricter of two: what the host makes of them.
fn treatments(finding: &Finding, kind: &str) -> BTreeMap<String, &'static str> {
    let order = ["absent", "present", "band", "masked", "token", "clear"];
    let mut treatments: BTreeMap<String, &'static str> = BTreeMap::new();
    for obligation in finding.obligations.iter().filter(|o| o.kind == kind) {
        for (fact, word) in &obligation.arguments {
            let place = |word: &str| order.iter().position(|o| *o == word).expect("a treatment");
            let strictest = treatments
                .get(fact)
                .map_or(place(word), |known| place(known).min(place(word)));
            treatments.insert(fact.clone(), order[strictest]);
        }
    }
    treatments
}

#[test]
fn an_agent_is_shown_what_the_purpose_needs_and_nothing_else() {
    let finding = asks("agent", "assist.failed_payment").evaluate();
    let shown = treatments(&finding, "disclose");
    assert_eq!(
        shown.into_iter().collect::<Vec<_>>(),
        [
            ("behaviour.account.travel_distance".to_owned(), "band"),
            ("device.id".to_owned(), "token"),
            ("location.city".to_owned(), "masked"),
            ("payer.phone".to_owned(), "present"),
            ("payment.amount".to_owned(), "clear"),
        ]
    );
    assert_eq!(
        finding.verdict,
        Verdict::Abstain,
        "how much is shown is no verdict"
    );
}

#[test]
fn some_of_it_waits_until_the_customer_has_approved() {
    let before = asks("agent", "assist.failed_payment")
        .need("evidence.step_up", false)
        .evaluate();
    assert_eq!(before.codes(), ["after-step-up"]);
    assert!(!treatments(&before, "disclose").contains_key("behaviour.account.median_30d"));
    let after = asks("agent", "assist.failed_payment")
        .need("evidence.step_up", true)
        .evaluate();
    assert_eq!(after.codes(), Vec::<&str>::new());
    assert_eq!(
        treatments(&after, "disclose")["behaviour.account.median_30d"],
        "band"
    );
}

#[test]
fn what_the_host_did_not_say_it_did_not_verify() {
    let withheld =
        asks("agent", "assist.failed_payment").withheld("evidence.step_up", "not-granted");
    assert_eq!(withheld.evaluate().codes(), ["after-step-up"]);
}

#[test]
fn to_take_away_does_not_wait() {
    let before = asks("agent", "assist.failed_payment").evaluate();
    let taken = treatments(&before, "redact");
    assert_eq!(
        taken.into_iter().collect::<Vec<_>>(),
        [
            ("instrument.bin".to_owned(), "absent"),
            ("payer.birth_date".to_owned(), "absent"),
        ]
    );
}

#[test]
fn a_reader_of_two_views_gets_the_stricter_of_two_treatments() {
    let shown = treatments(
        &asks("supervisor", "assist.failed_payment").evaluate(),
        "disclose",
    );
    assert_eq!(shown["device.id"], "present");
    assert_eq!(shown["payer.account"], "token");
    assert_eq!(shown["payment.amount"], "clear");
}

#[test]
fn a_pattern_covers_operations_that_begin_like_it() {
    let shown = |operation| treatments(&asks("supervisor", operation).evaluate(), "disclose").len();
    assert_eq!(shown("assist.confirm"), 2);
    assert_eq!(shown("assist.failed_payment"), 6);
    assert_eq!(shown("payment.authorize"), 0);
}

#[test]
fn who_is_in_no_view_is_shown_nothing() {
    for role in ["service", "regulator", "operator", "Agent", ""] {
        let finding = asks(role, "assist.failed_payment").evaluate();
        assert_eq!(finding.codes(), ["nothing-for-reader"], "{role:?}");
        assert_eq!(finding.obligations, [], "{role:?}");
    }
}

#[test]
fn an_operation_without_a_view_is_no_matter_of_this_policy() {
    let finding = asks("service", "payment.authorize").evaluate();
    assert_eq!(finding, Finding::abstain());
}

#[test]
fn a_view_may_take_facts_from_every_reader_and_all_later_stages() {
    let views = json!([{
        "purpose": "deciding", "operations": ["payment.*"], "readers": ["any"],
        "withhold": {"payer.name": "absent", "payer.street": "present"},
    }]);
    let finding = asks("service", "payment.authorize")
        .setting("views", Value::Json(views.to_string()))
        .evaluate();
    let taken = treatments(&finding, "redact");
    assert_eq!(
        (taken["payer.name"], taken["payer.street"]),
        ("absent", "present")
    );
    assert_eq!(treatments(&finding, "disclose").len(), 0);
}

#[test]
fn without_a_role_there_is_no_answer() {
    let nobody = test::of::<Plugin>()
        .operation("assist.confirm")
        .setting("views", Value::Json(views().to_string()));
    assert!(nobody.try_evaluate().is_err());
}

fn problems(view: Json) -> Vec<String> {
    let views = Value::Json(json!([view]).to_string());
    let problems = test::of::<Plugin>().setting("views", views).problems();
    problems
        .into_iter()
        .map(|problem| problem.message)
        .collect()
}

fn view_with(key: &str, value: Json) -> Json {
    let mut view = json!({
        "purpose": "p", "operations": ["assist.confirm"], "readers": ["agent"], "show": {"payment.amount": "clear"},
    });
    view[key] = value;
    view
}

#[test]
fn views_that_cannot_be_meant_are_refused() {
    assert_eq!(
        problems(view_with("after_step_up", json!(true))),
        Vec::<String>::new()
    );
    assert_eq!(
        problems(view_with("readers", json!(["agents"]))),
        [
            "view 1: `agents` is no role; there are service, agent, supervisor, regulator, operator, host, any"
        ]
    );
    assert_eq!(
        problems(view_with("show", json!({"amount": "clear"}))),
        ["view 1: `amount` is not the name of a fact, such as payment.amount"]
    );
    assert_eq!(
        problems(view_with("show", json!({"payment.amount": "absent"}))),
        ["view 1: `payment.amount` is shown as absent; leave it out"]
    );
    assert_eq!(
        problems(view_with("withhold", json!({"payment.amount": "absent"}))),
        ["view 1: `payment.amount` is shown and taken away; keep one of the two"]
    );
    assert_eq!(
        problems(view_with("withhold", json!({"payer.name": "clear"}))).len(),
        1
    );
    assert_eq!(
        problems(view_with("show", json!({}))),
        ["view 1: it shows nothing and takes nothing away"]
    );
    assert_eq!(
        problems(view_with("operations", json!([]))),
        ["view 1: it is for no operation or no reader"]
    );
    assert_eq!(
        problems(view_with("purpose", json!(""))),
        ["view 1: it needs a purpose of its own"]
    );
}

#[test]
fn a_treatment_that_is_none_is_refused_before_anybody_reads() {
    let problems = problems(view_with("show", json!({"payment.amount": "visible"})));
    assert!(
        problems[0].contains("unknown variant `visible`"),
        "{problems:?}"
    );
}

#[test]
fn two_views_of_one_purpose_are_one_too_many() {
    let view = view_with("after_step_up", json!(false));
    let views = Value::Json(json!([view, view]).to_string());
    let problems = test::of::<Plugin>().setting("views", views).problems();
    assert_eq!(problems[0].message, "view 2: it needs a purpose of its own");
    let none = test::of::<Plugin>()
        .setting("views", Value::Json("[]".to_owned()))
        .problems();
    assert_eq!(none[0].message, "there are 0 views; write 1 to 16");
}
