//! What readers are told, with the facts in it that they may see; and under which level of threat.

use std::fs;

use weft_dictionary::said::{ALWAYS, OF_PAYMENTS, host_says};
use weft_engine::sets::Order;
use weft_engine::{Config, Role};
use weft_verdict::Verdict;

use crate::house::{House, Site, agent, ask, caller, payment, service};
use crate::policies::{PolicyFile, amounts, assistance, rule, usual};

const AMOUNTS: &str = "messages:\n  customer: Your payment of {payment.amount} from {payer.city} waits.\n  \
    agent: \"{payment.amount} from {location.city} to {payee.country}\"\n  \
    auditor: \"{payment.amount} to {payee.country} at level {processing.threat_level}\"\n";

/// A host whose policy about amounts names facts in its messages.
fn house() -> House {
    site().start()
}

fn site() -> Site {
    let policies: Vec<PolicyFile> = assistance();
    let site = Site::new(&policies);
    let text = amounts().text();
    let (body, _) = text.split_once("messages:").expect("it has messages");
    let path = site.policies_dir().join("test.amounts.yaml");
    fs::write(path, format!("{body}{AMOUNTS}")).expect("written");
    site
}

#[tokio::test]
async fn each_reader_is_told_what_it_may_see() {
    let house = house();
    let held = house.decided(&service(), &payment("p-1", "1890.00")).await;
    assert_eq!(
        held.message.as_deref(),
        Some("Your payment of 1890.00 EUR from G••• waits.")
    );
    let regulator = caller("authority", Role::Regulator);
    let view = house.engine.decision(&regulator, &held.decision).await;
    let view = view.unwrap_or_else(|problem| panic!("{problem}"));
    let auditor = Some("1890.00 EUR to not shown at level 0");
    assert_eq!(view.message.as_deref(), auditor);
    assert_eq!(view.findings[0].message.as_deref(), auditor);
}

/// What no disclosure grants to a customer or to who audits is in no message, in no explanation, and the record says what
/// was told.
#[tokio::test]
async fn customers_and_auditors_are_told_what_is_disclosed_to_them_and_no_more() {
    let regulator = caller("authority", Role::Regulator);
    for (file, customer, auditor) in [
        (
            "none",
            "Your payment of 1890.00 EUR from G••• waits.",
            "1890.00 EUR to not shown at level 0",
        ),
        (
            "customers",
            "Your payment of not shown from not shown waits.",
            "1890.00 EUR to not shown at level 0",
        ),
        (
            "auditors",
            "Your payment of 1890.00 EUR from G••• waits.",
            "not shown to not shown at level not shown",
        ),
    ] {
        let house = house_without(file);
        let held = house.decided(&service(), &payment("p-1", "1890.00")).await;
        assert_eq!(held.message.as_deref(), Some(customer), "{file}");
        let again = house.engine.decision(&service(), &held.decision).await;
        let again = again.unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!(again.message.as_deref(), Some(customer), "{file}");
        let read = house.engine.decision(&regulator, &held.decision).await;
        let read = read.unwrap_or_else(|problem| panic!("{problem}"));
        assert_eq!(read.message.as_deref(), Some(auditor), "{file}");
        for (by, message) in [(&service(), customer), (&regulator, auditor)] {
            let explained = house.engine.explanation(by, &held.decision).await;
            let explained = explained.unwrap_or_else(|problem| panic!("{problem}"));
            assert_eq!(explained.messages, [message], "{file}");
            let amount = explained.facts.get("payment.amount");
            let told = amount.is_some_and(|fact| fact.value.is_some());
            let disclosed = by.role == Role::Regulator && file != "auditors";
            assert_eq!(told, disclosed, "{file}: {explained:?}");
        }
        let shown = house
            .record(&held)
            .shown
            .expect("what the customer is told");
        assert_eq!(shown.reader, "service");
        if file == "customers" {
            assert_eq!(shown.by.len(), 0, "{shown:?}");
            assert_eq!(shown.not_granted, ["payment.amount", "payer.city"]);
        } else {
            let by = &shown.by["test.customers"];
            assert_eq!(by.purpose, "own-payment");
            assert_eq!(by.sight.disclosed["clear"], ["payment.amount"]);
            assert_eq!(by.sight.disclosed["masked"], ["payer.city"]);
        }
    }
}

/// A payment that goes on is told nothing about, so nothing is shown.
#[tokio::test]
async fn the_record_of_a_payment_that_goes_on_shows_nothing_to_its_customer() {
    let house = house();
    let paid = house.decided(&service(), &payment("p-1", "10.00")).await;
    assert_eq!(paid.message, None);
    assert_eq!(house.record(&paid).shown, None);
}

fn house_without(disclosure: &str) -> House {
    let site = site();
    let dir = site.policies_dir().join("disclosures");
    let file = dir.join(format!("{disclosure}.yaml"));
    if file.exists() {
        fs::remove_file(file).expect("removed");
    }
    site.start()
}

/// The decision discloses the amount, and of the city its first letter; nothing of the payee.
#[tokio::test]
async fn an_agent_is_told_what_the_decision_disclosed_and_no_more() {
    let house = house();
    let held = house.decided(&service(), &payment("p-1", "1890.00")).await;
    let view = house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    let context = view.context.expect("granted");
    assert_eq!(
        context.why[0].message.as_deref(),
        Some("1890.00 EUR from D••• to not shown")
    );
    // A supervisor sees the payment's own decision, which disclosed nothing to anybody.
    let supervisor = caller("supervisor-1", Role::Supervisor);
    let view = house.engine.decision(&supervisor, &held.decision).await;
    let view = view.unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(
        view.message.as_deref(),
        Some("not shown from not shown to not shown")
    );
}

#[tokio::test]
async fn decisions_are_taken_under_the_level_of_threat_that_the_host_says() {
    let body = format!(
        "parameters: [{{name: limit, title: t, type: money, value: 100.00 EUR, at_threat: {{2: 10.00 EUR}}}}]\nrules:\n{}{}",
        rule("above", "payment.amount > parameters.limit", "hold", ""),
        rule("within", "payment.amount <= parameters.limit", "allow", ""),
    );
    let site = Site::new(&[PolicyFile::new("test.limit", "payment.authorize", &body)]);
    let config = Config {
        threat_level: 1,
        ..site.config()
    };
    let house = site.start_with(config).unwrap_or_else(|e| panic!("{e}"));
    let mut claimed = payment("p-1", "20.00");
    claimed["processing"] = serde_json::json!({"threat_level": 3});
    let view = house.decided(&service(), &claimed).await;
    assert_eq!(view.verdict, Verdict::Allow, "a caller's claim is dropped");
    let facts = house.record(&view).facts;
    assert_eq!(facts["processing.threat_level"], 1);
    let raised = house
        .engine
        .change_threat_level(2, Order::by_signal())
        .await;
    assert!(raised.is_ok(), "{raised:?}");
    let view = house.decided(&service(), &payment("p-2", "20.00")).await;
    assert_eq!(view.verdict, Verdict::Hold);
}

/// What examples of a comparison take for said is said: of a payment, and of a request about one.
#[tokio::test]
async fn no_request_lacks_what_is_always_said() {
    let house = House::new(&usual());
    let (paid, _, _) = house.waiting("p-1", "1890.00").await;
    let asked = house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    for (view, names) in [
        (&paid, [&ALWAYS[..], &OF_PAYMENTS].concat()),
        (&asked, ALWAYS.to_vec()),
    ] {
        let facts = house.record(view).facts;
        for name in names {
            assert!(facts.contains_key(name), "{name}: {facts:?}");
            assert!(OF_PAYMENTS.contains(&name) || host_says(name), "{name}");
        }
    }
}
