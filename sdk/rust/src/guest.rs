//! The Wasm side: the generated interface, and its values into the SDK's own.

#![allow(
    missing_docs,
    unsafe_code,
    clippy::all,
    clippy::pedantic,
    reason = "generated"
)]

use std::sync::Once;

wit_bindgen::generate!({
    path: "../wit",
    world: "policy",
    pub_export_macro: true,
    default_bindings_module: "weft_sdk::guest",
    export_macro_name: "export_guest",
    generate_all,
});

use exports::weft::policy::evaluator as wit;
use weft::policy::log as wit_log;
use weft::policy::types as wit_types;

use crate::plugin::{self, Plugin};
use crate::value::{self, Value};

pub(crate) fn emit(level: crate::log::Level, message: &str) {
    let level = match level {
        crate::log::Level::Debug => wit_log::Level::Debug,
        crate::log::Level::Info => wit_log::Level::Info,
        crate::log::Level::Warn => wit_log::Level::Warn,
        crate::log::Level::Error => wit_log::Level::Error,
    };
    wit_log::emit(level, message, &[]);
}

/// Points of reasons, in the form that `log` has for them.
fn emit_points(points: &[(&'static str, u16)]) {
    if points.is_empty() {
        return;
    }
    let fields: Vec<(String, wit_types::Value)> = points
        .iter()
        .map(|(code, points)| {
            (
                (*code).to_owned(),
                wit_types::Value::Integer((*points).into()),
            )
        })
        .collect();
    wit_log::emit(wit_log::Level::Debug, "points", &fields);
}

/// A panic reaches the host's log with its place, before it traps.
#[allow(
    clippy::disallowed_methods,
    reason = "a guest's own hook; the host covers what leads to a person in its text"
)]
fn panics_reach_the_log() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        std::panic::set_hook(Box::new(|panic| {
            crate::log::error(&panic.to_string());
        }));
    });
}

/// What `#[policy]` exports.
pub struct Exported<P>(std::marker::PhantomData<P>);

impl<P: Plugin> wit::Guest for Exported<P> {
    fn describe() -> String {
        P::MANIFEST.to_owned()
    }

    fn validate(settings: Vec<wit::Value>) -> Vec<wit::Problem> {
        panics_reach_the_log();
        let problems = plugin::validate::<P>(settings.into_iter().map(value).collect());
        let problem = |p: plugin::Problem| wit::Problem {
            path: p.path,
            message: p.message,
        };
        problems.into_iter().map(problem).collect()
    }

    fn evaluate(
        context: wit::Context,
        settings: Vec<wit::Value>,
        needs: Vec<wit::Value>,
    ) -> Result<wit::Finding, wit::Failure> {
        panics_reach_the_log();
        let context = plugin::Context {
            request_id: context.request_id,
            operation: context.operation,
            tenant: context.tenant,
            policy: context.policy,
            evaluated_at: value::Instant(context.evaluated_at),
            seed: context.seed,
        };
        let settings = settings.into_iter().map(self::value).collect();
        let needs = needs.into_iter().map(self::value).collect();
        match plugin::evaluate::<P>(&context, settings, needs) {
            Ok(finding) => {
                emit_points(&finding.points);
                Ok(self::finding(finding))
            }
            Err(plugin::Failure::BadSettings(why)) => Err(wit::Failure::BadSettings(why)),
            Err(plugin::Failure::BadInput(why)) => Err(wit::Failure::BadInput(why)),
            Err(plugin::Failure::Internal(why)) => Err(wit::Failure::Internal(why)),
        }
    }
}

fn value(value: wit::Value) -> Value {
    match value {
        wit::Value::Absent => Value::Absent,
        wit::Value::Withheld(code) => Value::Withheld(code),
        wit::Value::Boolean(b) => Value::Boolean(b),
        wit::Value::Integer(n) => Value::Integer(n),
        // The host sends exact decimals; one that is not is of no kind that a plugin declares.
        wit::Value::Decimal(text) => match value::Decimal::from_str_exact(&text) {
            Ok(decimal) => Value::Decimal(decimal),
            Err(_) => Value::Text(text),
        },
        wit::Value::Text(text) => Value::Text(text),
        wit::Value::Token(token) => Value::Token(value::Token(token)),
        wit::Value::Money(money) => Value::Money(value::Money {
            minor_units: money.minor_units,
            currency: money.currency,
            exponent: money.exponent,
        }),
        wit::Value::Instant(at) => Value::Instant(value::Instant(at)),
        wit::Value::Duration(length) => Value::Duration(value::Duration(length)),
        wit::Value::Texts(texts) => Value::Texts(texts),
        wit::Value::Json(json) => Value::Json(json),
    }
}

fn finding(finding: crate::Finding) -> wit::Finding {
    let decision = match finding.verdict {
        crate::Verdict::Abstain => wit_types::Decision::Abstain,
        crate::Verdict::Allow => wit_types::Decision::Allow,
        crate::Verdict::Flag => wit_types::Decision::Flag,
        crate::Verdict::Challenge => wit_types::Decision::Challenge,
        crate::Verdict::Hold => wit_types::Decision::Hold,
        crate::Verdict::Deny => wit_types::Decision::Deny,
    };
    let reason = |(code, evidence): (&'static str, Vec<crate::Evidence>)| wit_types::Reason {
        code: code.to_owned(),
        evidence: evidence.into_iter().map(|e| e.0).collect(),
    };
    let obligation = |o: crate::Obligation| wit_types::Obligation {
        kind: o.kind,
        args: o
            .arguments
            .into_iter()
            .map(|(n, v)| (n, wit_types::Value::Text(v)))
            .collect(),
    };
    wit::Finding {
        decision,
        risk: finding.risk,
        reasons: finding.reasons.into_iter().map(reason).collect(),
        obligations: finding.obligations.into_iter().map(obligation).collect(),
    }
}
