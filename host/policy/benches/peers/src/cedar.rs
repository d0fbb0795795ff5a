//! Cedar: a `forbid` for each rule, and one `permit`.

use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, Policy, PolicyId, PolicySet, Request,
    Response,
};

use crate::Engine;
use crate::workload::{Payment, Rule};

pub(crate) struct Cedar {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
}

impl Cedar {
    fn ask(&self, request: &Request) -> Response {
        self.authorizer
            .is_authorized(request, &self.policies, &self.entities)
    }
}

impl Engine for Cedar {
    const NAME: &'static str = "cedar-policy 4.14.1";
    type Input = Request;

    fn new(rules: &[Rule]) -> Cedar {
        let mut policies = PolicySet::new();
        let mut add = |id: String, text: String| {
            let policy = Policy::parse(Some(PolicyId::new(id)), text).expect("Cedar");
            policies.add(policy).expect("an id of its own");
        };
        add(
            "permit".into(),
            "permit(principal, action, resource);".into(),
        );
        for (number, rule) in rules.iter().enumerate() {
            let text = format!(
                "forbid(principal, action, resource) when {{ {} }};",
                text(rule)
            );
            add(format!("r{number}"), text);
        }
        Cedar {
            authorizer: Authorizer::new(),
            policies,
            entities: Entities::empty(),
        }
    }

    fn input(&self, payment: &Payment) -> Request {
        let uid = |text: &str| -> EntityUid { text.parse().expect("an entity") };
        let context = Context::from_json_value(crate::json(payment), None).expect("a context");
        let (who, what, on) = (
            uid("User::\"payer\""),
            uid("Action::\"pay\""),
            uid("Account::\"payee\""),
        );
        Request::new(who, what, on, context, None).expect("a request")
    }

    fn decide(&mut self, request: &Request) -> usize {
        let response = self.ask(request);
        match response.decision() {
            Decision::Allow => 0,
            Decision::Deny => response.diagnostics().reason().count(),
        }
    }

    fn fired(&mut self, request: &Request) -> Vec<String> {
        let response = self.ask(request);
        assert_eq!(response.diagnostics().errors().count(), 0, "no errors");
        let reasons = response.diagnostics().reason().map(ToString::to_string);
        let mut fired: Vec<String> = reasons.filter(|id| id != "permit").collect();
        fired.sort();
        fired
    }
}

fn text(rule: &Rule) -> String {
    match rule {
        Rule::Corridor {
            euro,
            payers: [a, b],
        } => format!(
            "context.amount >= {} && [\"{a}\", \"{b}\"].contains(context.payer)",
            euro * 100
        ),
        Rule::Velocity { count } => format!("context.count > {count} && context.new_device"),
        Rule::Destination { payee, euro } => {
            format!(
                "context.payee == \"{payee}\" && context.amount > {}",
                euro * 100
            )
        }
        Rule::Channel {
            channels: [a, b],
            count,
        } => format!("!([\"{a}\", \"{b}\"].contains(context.channel)) && context.count >= {count}"),
        Rule::Young { hours, euro, count } => format!(
            "(context.age < {hours} && context.amount > {}) || context.count > {count}",
            euro * 100
        ),
    }
}
