//! What readers are told.

use weft_policy::{NOT_SHOWN, Policy, Reader};
use weft_verdict::{Finding, Verdict};

use crate::fixture::load;
use crate::{eur, policy, row, says};

const RULE: &str = "parameters: [{name: limit, title: t, type: money, value: 30.00 EUR}]\nrules:\n  \
    - {id: r, when: payment.amount > parameters.limit, verdict: hold, reason: because}\n  \
    - {id: s, when: payment.risky, verdict: deny, reason: other}\n";

fn with(messages: &str, reason: &str) -> String {
    policy(RULE)
        .replace("{customer: c, agent: a, auditor: u}", messages)
        .replace(
            "[{code: because, title: Because}]",
            &format!("[{{code: because, title: Because}}, {{code: other, title: Other{reason}}}]"),
        )
}

fn one(text: &str) -> std::sync::Arc<Policy> {
    let set = load(&[("p.yaml", text)]).unwrap_or_else(|problems| panic!("{problems}"));
    set.policies()[0].clone()
}

#[test]
fn facts_and_thresholds_stand_in_messages() {
    let messages = "{customer: 'Your payment of {payment.amount} is above {parameters.limit}.', \
        agent: '{payment.risky}, {payer.city}', auditor: '{{braces}} {payment.count} {payment.age}'}";
    let policy = one(&with(messages, ""));
    let facts = row(&[
        ("payment.amount", eur("31")),
        ("payment.risky", true.into()),
        ("payer.city", "Gent".into()),
        ("payment.count", 3.into()),
        ("payment.age", "48h".into()),
    ]);
    let told = |reader: Reader| {
        let message = policy.messages().to(reader);
        message.render(&facts, |_, value| Some(value.clone()))
    };
    assert_eq!(
        told(Reader::Customer),
        "Your payment of 31.00 EUR is above 30.00 EUR."
    );
    assert_eq!(told(Reader::Agent), "yes, Gent");
    assert_eq!(told(Reader::Auditor), "{braces} 3 2d");
    let hidden = policy.messages().agent.render(&facts, |_, _| None);
    assert_eq!(hidden, format!("{NOT_SHOWN}, {NOT_SHOWN}"));
    let missing = policy
        .messages()
        .agent
        .render(&row(&[]), |_, value| Some(value.clone()));
    assert_eq!(missing, format!("{NOT_SHOWN}, {NOT_SHOWN}"));
}

#[test]
fn the_reason_that_decides_has_the_word() {
    let own = ", messages: {customer: own, agent: own, auditor: own}";
    let policy = one(&with("{customer: c, agent: a, auditor: u}", own));
    let told = |facts: &[(&str, serde_json::Value)]| {
        let outcome = policy.evaluate(&row(facts));
        let messages = policy.messages_for(&outcome.fired, &outcome.finding);
        messages.customer.as_written().to_owned()
    };
    let held = ("payment.amount", eur("31"));
    let risky = ("payment.risky", true.into());
    assert_eq!(told(std::slice::from_ref(&held)), "c");
    assert_eq!(told(std::slice::from_ref(&risky)), "own");
    assert_eq!(told(&[held, risky]), "own", "the more severe rule decides");
    // What stands for a missing fact is more severe than the rule that fired: no reason has the word.
    let outcome = policy.evaluate(&row(&[("payment.risky", true.into())]));
    let more = Finding::of(Verdict::Deny, "fact-missing");
    assert_eq!(policy.messages_for(&[], &more).customer.as_written(), "c");
    assert_eq!(outcome.missing.len(), 1);
}

#[test]
fn what_a_reader_may_not_see_is_refused_at_its_name() {
    // The messages stand on line 19.
    let one = |messages: &str, expected: &str| {
        says(&[("p.yaml", &with(messages, ""))], expected);
    };
    one(
        "{customer: 'about {payer.account}', agent: a, auditor: u}",
        "p.yaml:19:30: error[W0311]: messages.customer: `payer.account` is a token, which says nothing to a reader (remove it from the message)",
    );
    one(
        "{customer: c, agent: '{instrument.cvv}', auditor: u}",
        "p.yaml:19:34: error[W0311]: messages.agent: `instrument.cvv` is a secret: no reader ever sees it (remove it from the message)",
    );
    one(
        "{customer: 'at {processing.threat_level}', agent: a, auditor: u}",
        "p.yaml:19:27: error[W0311]: messages.customer: `processing.threat_level` is not about the customer's own payment (remove it from the message)",
    );
    one(
        "{customer: 'for a {session.role}', agent: a, auditor: u}",
        "p.yaml:19:30: error[W0311]: messages.customer: `session.role` is not about the customer's own payment (remove it from the message)",
    );
    one(
        "{customer: c, agent: a, auditor: 'in {payer.city}'}",
        "p.yaml:19:49: error[W0311]: messages.auditor: `payer.city` is personal: messages to auditors name what is public or operational (remove it from the message)",
    );
    one(
        "{customer: 'of {payment.amuont}', agent: a, auditor: u}",
        "p.yaml:19:27: error[W0302]: there is no field `payment.amuont` (did you mean `payment.amount`?)",
    );
    one(
        "{customer: 'of {parameters.limti}', agent: a, auditor: u}",
        "p.yaml:19:27: error[W0302]: there is no parameter `limti` (did you mean `parameters.limit`?)",
    );
    one(
        "{customer: 'of {payment.amount', agent: a, auditor: u}",
        "p.yaml:19:26: error[W0311]: a brace of the message has no other half (write {payment.amount}, and {{ or }} for a brace itself)",
    );
    one(
        "{customer: c, agent: '', auditor: u}",
        "p.yaml:19:32: error[W0305]: messages.agent is empty (every reader is told something)",
    );
}
