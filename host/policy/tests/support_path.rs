//! Support's path is nowhere weaker than the customer's own channel, by the policies that the project ships: for every state of
//! a payment, every method of evidence and every change that rules one out.

use std::collections::BTreeSet;
use std::path::Path;

use weft_dictionary::{Dictionary, Row, Value};
use weft_policy::{Applies, Effect, OperationKind, Policy, PolicySet, Status};
use weft_verdict::{Finding, Method, ObligationKind, Verdict, combine};

const NOW: &str = "2026-06-03T12:00:00Z";
/// Of a change: long ago, and a day ago; the passkeys of the rows are enrolled between the two, and after both.
const CHANGES: [Option<&str>; 3] = [
    None,
    Some("2026-01-01T00:00:00Z"),
    Some("2026-06-02T12:00:00Z"),
];
const ENROLLED: [&str; 2] = ["2026-03-01T00:00:00Z", "2026-06-02T13:00:00Z"];
const STATES: [Option<&str>; 8] = [
    None,
    Some("pending"),
    Some("released"),
    Some("refused"),
    Some("expired"),
    Some("refunded"),
    Some("disputed"),
    Some("recalled"),
];

struct World {
    dictionary: Dictionary,
    set: PolicySet,
}

/// What a customer has shown, if anything.
#[derive(Debug, Clone, Copy)]
struct Shown {
    method: Method,
    channel: Option<&'static str>,
    enrolled_at: Option<&'static str>,
}

fn all_shown() -> Vec<Option<Shown>> {
    let mut all = vec![None];
    for method in Method::ALL {
        let channels: &[Option<&str>] = match method {
            Method::OutOfBand => &[Some("push"), Some("sms"), Some("voice")],
            _ => &[None],
        };
        let enrolled: Vec<Option<&str>> = match method.takes_factor() {
            true => ENROLLED.map(Some).to_vec(),
            false => vec![None],
        };
        for &channel in channels {
            all.extend(enrolled.iter().map(|&enrolled_at| {
                Some(Shown {
                    method,
                    channel,
                    enrolled_at,
                })
            }));
        }
    }
    all
}

/// One payment as policies see it.
#[derive(Debug, Clone, Copy)]
struct Facts {
    state: Option<&'static str>,
    shown: Option<Shown>,
    /// Of SIM card, device, credentials.
    changes: [Option<&'static str>; 3],
    refund: &'static str,
    approved: bool,
}

impl World {
    fn new() -> World {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
        let dictionary = Dictionary::load(&dir.join("dictionary.yaml"));
        let dictionary = dictionary.unwrap_or_else(|problems| panic!("{problems}"));
        let set =
            PolicySet::load(&dir, &dictionary).unwrap_or_else(|problems| panic!("{problems}"));
        World { dictionary, set }
    }

    /// Support asks with all that an agent could have: a case, no refunds before, somebody else's approval if there is one.
    fn row(&self, facts: Facts, role: &str) -> Row {
        let mut row = Row::new(&self.dictionary);
        let mut set = |name: &str, json: serde_json::Value| {
            let field = self.dictionary.by_name(name).expect("a field");
            let value = Value::from_json(field.kind, &json).expect("of its kind");
            row.set(&self.dictionary, field.id, value).expect("it fits");
        };
        let euros = |amount: &str| serde_json::json!({"value": amount, "currency": "EUR"});
        set("session.role", role.into());
        set("session.id", "S-1".into());
        set("processing.at", NOW.into());
        set("processing.region", "eu".into());
        set("processing.threat_level", 0.into());
        set("payment.amount", euros("500.00"));
        set("payment.captured", euros("500.00"));
        set("payment.refunded", euros("0.00"));
        set("refund.amount", euros(facts.refund));
        set("refund.original_instrument", true.into());
        set("request.action", "refund".into());
        set("case.id", "C-1001".into());
        for country in [
            "payer.country",
            "payer.account_country",
            "payee.country",
            "payee.account_country",
            "instrument.issuer_country",
            "location.country",
        ] {
            set(country, "BE".into());
        }
        if role != "service" {
            set("agent.id", "agent-1".into());
            set("agent.refunds_24h", 0.into());
            set("agent.customer_refunds_30d", 0.into());
        }
        if let Some(state) = facts.state {
            set("payment.state", state.into());
        }
        let changed = [
            "payer.sim_changed_at",
            "device.token_activated_at",
            "payer.credentials_changed_at",
        ];
        for (field, at) in changed.into_iter().zip(facts.changes) {
            if let Some(at) = at {
                set(field, at.into());
            }
        }
        if facts.approved {
            set("approval.agent", "agent-2".into());
            set("approval.session", "S-2".into());
            set("approval.bound", true.into());
        }
        set("evidence.step_up", facts.shown.is_some().into());
        if let Some(shown) = facts.shown {
            set("evidence.method", shown.method.as_str().into());
            let linked = shown.method.is_dynamically_linked();
            set("evidence.amount_linked", linked.into());
            set("evidence.payee_linked", linked.into());
            if let Some(channel) = shown.channel {
                set("evidence.channel", channel.into());
            }
            if let Some(at) = shown.enrolled_at {
                set("evidence.enrolled_at", at.into());
            }
        }
        row
    }

    /// What all policies in force say together about an operation.
    fn decided(&self, operation: &str, row: &Row) -> Finding {
        let in_force = |policy: &&std::sync::Arc<Policy>| {
            policy.status() == Status::Enforced && policy.covers(operation)
        };
        let policies = self.set.policies().iter().filter(in_force);
        let said: Vec<Finding> = policies.map(|policy| said(policy, row)).collect();
        let mut together = combine(&said);
        if together.verdict == Verdict::Abstain {
            together.verdict = Verdict::Deny;
        }
        together
    }

    /// Every payment that is looked at.
    fn each(&self, see: &mut dyn FnMut(Facts)) {
        for state in STATES {
            for shown in all_shown() {
                for number in 0..CHANGES.len().pow(3) {
                    let of =
                        |place: u32| CHANGES[number / CHANGES.len().pow(place) % CHANGES.len()];
                    for (refund, approved) in [("20.00", false), ("90.00", false), ("200.00", true)]
                    {
                        see(Facts {
                            state,
                            shown,
                            changes: [of(0), of(1), of(2)],
                            refund,
                            approved,
                        });
                    }
                }
            }
        }
    }
}

fn said(policy: &Policy, row: &Row) -> Finding {
    match policy.matches(row) {
        Applies::No => Finding::abstain(),
        Applies::Yes => {
            let outcome = policy.evaluate(row);
            let missing = match outcome.missing.is_empty() {
                true => Finding::abstain(),
                false => Finding::of(policy.on_missing(), "fact-missing"),
            };
            combine(&[outcome.finding, missing])
        }
        _ => Finding::of(policy.on_missing(), "fact-missing"),
    }
}

/// The strongest method that is asked for.
fn asked(finding: &Finding) -> Option<Method> {
    let step_ups = finding
        .obligations
        .iter()
        .filter(|o| o.kind == ObligationKind::StepUp);
    let methods = step_ups.filter_map(|o| Method::from_name(o.arguments.get("method")?));
    methods.max()
}

/// R11, R12: what both can ask for, support gets no sooner, and not by a weaker method.
#[test]
fn support_is_asked_for_no_less_than_the_customers_own_channel() {
    let world = World::new();
    let assistance = |kind| kind == OperationKind::Assistance;
    let mut shared = BTreeSet::new();
    for operation in world.set.operations() {
        if !assistance(operation.kind) || operation.effect == Effect::None {
            continue;
        }
        let name = operation.name.as_str();
        let own = |facts| world.decided(name, &world.row(facts, "service"));
        // What the customer's own channel never gets is support's alone: a confirmation, an approval.
        world.each(&mut |facts| {
            if own(facts).verdict.is_granted() {
                shared.insert(name);
            }
        });
        if !shared.contains(name) {
            continue;
        }
        world.each(&mut |facts| {
            let own = own(facts);
            for role in ["agent", "supervisor"] {
                let support = world.decided(name, &world.row(facts, role));
                assert!(
                    support.verdict >= own.verdict,
                    "{name} by {role}: {:?} for {:?}, {facts:?}",
                    support.verdict,
                    own.verdict
                );
                assert!(
                    support.verdict > own.verdict || asked(&support) >= asked(&own),
                    "{name} by {role}: {:?} for {:?}, {facts:?}",
                    asked(&support),
                    asked(&own)
                );
            }
        });
    }
    assert!(shared.contains("assist.refund"), "{shared:?}");
}

/// R5, R12: support confirms a payment only with evidence that the customer's own channel would have passed with, and with none
/// that a policy of payments discounts.
#[test]
fn support_confirms_with_no_evidence_that_payments_do_not_take() {
    let world = World::new();
    let of_payments = |policy: &&std::sync::Arc<Policy>| {
        policy.status() == Status::Enforced && policy.covers("payment.authorize")
    };
    let (mut granted, mut ruled_out) = (0, 0);
    world.each(&mut |facts| {
        let confirmed = world.decided("assist.confirm", &world.row(facts, "agent"));
        let own = world.row(facts, "service");
        let verified = world.decided("assist.verify_identity", &own);
        let without = world.row(
            Facts {
                shown: None,
                ..facts
            },
            "service",
        );
        let discounts = |policy: &std::sync::Arc<Policy>| {
            said(policy, &own).verdict > said(policy, &without).verdict.max(Verdict::Flag)
        };
        let discounted = world
            .set
            .policies()
            .iter()
            .filter(of_payments)
            .any(discounts);
        if confirmed.verdict.is_granted() {
            granted += 1;
            assert!(
                facts.shown.is_some() && facts.state == Some("pending"),
                "{facts:?}"
            );
            assert!(verified.verdict.is_granted(), "{facts:?}: {verified:?}");
            assert!(!discounted, "{facts:?}");
        }
        ruled_out += usize::from(discounted);
    });
    // A property of rows that never come up says nothing.
    assert!(granted > 50 && ruled_out > 500, "{granted} {ruled_out}");
}

/// R11, T09: for each change and each method, whether it counts afterwards; one table for payments and for support.
#[test]
fn what_a_change_rules_out_it_rules_out_for_payments_and_for_support() {
    let world = World::new();
    let recent = CHANGES[2];
    for (changes, counts) in [
        ([None; 3], "totp push sms voice app passkey new-passkey"),
        ([recent, None, None], "totp push app passkey"),
        ([None, recent, None], "passkey"),
        ([None, None, recent], "passkey"),
    ] {
        let shown = |method, channel, enrolled_at| Shown {
            method,
            channel,
            enrolled_at,
        };
        for (name, shown) in [
            ("totp", shown(Method::Totp, None, Some(ENROLLED[0]))),
            ("push", shown(Method::OutOfBand, Some("push"), None)),
            ("sms", shown(Method::OutOfBand, Some("sms"), None)),
            ("voice", shown(Method::OutOfBand, Some("voice"), None)),
            ("app", shown(Method::AppApproval, None, None)),
            ("passkey", shown(Method::Passkey, None, Some(ENROLLED[0]))),
            (
                "new-passkey",
                shown(Method::Passkey, None, Some(ENROLLED[1])),
            ),
        ] {
            let facts = Facts {
                state: Some("pending"),
                shown: Some(shown),
                changes,
                refund: "90.00",
                approved: false,
            };
            let expected = counts.split(' ').any(|one| one == name);
            for (operation, role) in [
                ("payment.authorize", "service"),
                ("assist.verify_identity", "service"),
                ("assist.confirm", "agent"),
                ("assist.refund", "service"),
                ("assist.refund", "agent"),
            ] {
                let mut policies = world.set.policies().iter();
                let policy = policies.find(|policy| policy.id() == "authentication.after-change");
                let policy = policy.expect("the policy");
                assert!(policy.covers(operation), "{operation}");
                let said = said(policy, &world.row(facts, role));
                let is_discounted = said.verdict >= Verdict::Challenge;
                assert_eq!(
                    !is_discounted, expected,
                    "{operation} {role} {name} {changes:?}: {said:?}"
                );
            }
        }
    }
}
