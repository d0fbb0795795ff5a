//! The plugin interface in Rust types: the only module that knows the generated ones.
//!
//! What comes in are the host's own types, what goes out are plain data that [`crate::output`] and
//! [`crate::settings`] judge. Another version of the interface gets a module of its own beside this
//! one.

use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Engine, Store};
use weft_verdict::Verdict;

use self::bindings::exports::weft::policy::evaluator;
use self::bindings::weft::policy::{log, types};
use self::bindings::{Policy, PolicyPre};
use crate::guest::{Guest, LogLevel};
use crate::output::{RawArgument, RawFinding, RawObligation, RawReason};
use crate::text::for_guest;
use crate::{Context, NeedValue};

#[allow(missing_docs, unreachable_pub)]
mod bindings {
    wasmtime::component::bindgen!({
        path: "../../sdk/wit",
        world: "policy",
        imports: { default: trappable },
    });
}

/// The message of the line whose fields are points of reasons; see the interface.
const POINTS: &str = "points";

/// A compiled and linked plugin, ready to be instantiated.
pub(crate) struct Program(PolicyPre<Guest>);

/// A fresh instance.
pub(crate) struct Instance(Policy);

/// A row of values in the guest's form.
pub(crate) struct Row(Vec<types::Value>);

/// What `evaluate` returned.
pub(crate) enum Answer {
    /// A finding; not judged yet.
    Finding(RawFinding),
    /// The plugin cannot decide: which case of `failure`, and its words.
    Failure(&'static str, String),
}

impl Program {
    /// Links a component. An error means that its interface has another form.
    pub(crate) fn link(engine: &Engine, component: &Component) -> wasmtime::Result<Program> {
        let mut linker = Linker::<Guest>::new(engine);
        Policy::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
        PolicyPre::new(linker.instantiate_pre(component)?).map(Program)
    }

    /// Makes a fresh instance; code of the guest may run.
    pub(crate) fn instantiate(&self, store: &mut Store<Guest>) -> wasmtime::Result<Instance> {
        self.0.instantiate(store).map(Instance)
    }
}

impl Instance {
    /// The manifest as the guest gives it.
    pub(crate) fn describe(&self, store: &mut Store<Guest>) -> wasmtime::Result<String> {
        self.evaluator().call_describe(store)
    }

    /// The guest's own problems with its settings: path and message of each.
    pub(crate) fn validate(
        &self,
        store: &mut Store<Guest>,
        settings: &Row,
    ) -> wasmtime::Result<Vec<(String, String)>> {
        let problems = self.evaluator().call_validate(store, &settings.0)?;
        Ok(problems
            .into_iter()
            .map(|problem| (problem.path, problem.message))
            .collect())
    }

    /// The guest's answer.
    pub(crate) fn evaluate(
        &self,
        store: &mut Store<Guest>,
        context: &Context,
        settings: &Row,
        needs: &[NeedValue],
    ) -> wasmtime::Result<Answer> {
        let context = types::Context {
            request_id: context.request_id.clone(),
            operation: context.operation.clone(),
            tenant: context.tenant.clone(),
            policy: context.policy.clone(),
            evaluated_at: context.evaluated_at.0,
            seed: context.seed,
        };
        let needs = Row::of_needs(needs);
        let answer = self
            .evaluator()
            .call_evaluate(store, &context, &settings.0, &needs.0)?;
        Ok(match answer {
            Ok(finding) => Answer::Finding(raw(finding)),
            Err(types::Failure::BadSettings(text)) => Answer::Failure("bad settings", text),
            Err(types::Failure::BadInput(text)) => Answer::Failure("bad input", text),
            Err(types::Failure::Internal(text)) => Answer::Failure("an internal failure", text),
        })
    }

    fn evaluator(&self) -> &evaluator::Guest {
        self.0.weft_policy_evaluator()
    }
}

impl Row {
    /// A policy's settings in the guest's form: as they were written.
    pub(crate) fn of_settings(values: &[NeedValue]) -> Row {
        Row(values.iter().map(|v| lower(v, str::to_owned)).collect())
    }

    /// Facts in the guest's form.
    fn of_needs(values: &[NeedValue]) -> Row {
        Row(values.iter().map(|v| lower(v, for_guest)).collect())
    }
}

fn lower(value: &NeedValue, text: fn(&str) -> String) -> types::Value {
    match value {
        NeedValue::Absent => types::Value::Absent,
        NeedValue::Withheld(code) => types::Value::Withheld((*code).to_owned()),
        NeedValue::Boolean(b) => types::Value::Boolean(*b),
        NeedValue::Integer(i) => types::Value::Integer(*i),
        NeedValue::Decimal(d) => types::Value::Decimal(d.to_string()),
        NeedValue::Text(t) => types::Value::Text(text(t)),
        NeedValue::Token(t) => types::Value::Token(t.clone()),
        NeedValue::Money(m) => types::Value::Money(types::Money {
            minor_units: m.minor_units,
            currency: m.currency.code().to_owned(),
            exponent: m.currency.exponent(),
        }),
        NeedValue::Instant(t) => types::Value::Instant(t.0),
        NeedValue::Duration(d) => types::Value::Duration(d.0),
        NeedValue::Texts(ts) => types::Value::Texts(ts.iter().map(|t| text(t)).collect()),
        NeedValue::Json(t) => types::Value::Json(text(t)),
    }
}

fn raw(finding: types::Finding) -> RawFinding {
    RawFinding {
        verdict: match finding.decision {
            types::Decision::Abstain => Verdict::Abstain,
            types::Decision::Allow => Verdict::Allow,
            types::Decision::Flag => Verdict::Flag,
            types::Decision::Challenge => Verdict::Challenge,
            types::Decision::Hold => Verdict::Hold,
            types::Decision::Deny => Verdict::Deny,
        },
        risk: finding.risk,
        reasons: finding
            .reasons
            .into_iter()
            .map(|reason| RawReason {
                code: reason.code,
                evidence: reason.evidence,
            })
            .collect(),
        obligations: finding
            .obligations
            .into_iter()
            .map(|obligation| RawObligation {
                kind: obligation.kind,
                arguments: obligation
                    .args
                    .into_iter()
                    .map(|(name, value)| (name, argument(value)))
                    .collect(),
            })
            .collect(),
    }
}

fn argument(value: types::Value) -> RawArgument {
    match value {
        types::Value::Text(text) => RawArgument::Text(text),
        other => RawArgument::Other(kind(&other)),
    }
}

fn kind(value: &types::Value) -> &'static str {
    match value {
        types::Value::Absent => "absent",
        types::Value::Withheld(_) => "withheld",
        types::Value::Boolean(_) => "boolean",
        types::Value::Integer(_) => "integer",
        types::Value::Decimal(_) => "decimal",
        types::Value::Text(_) => "text",
        types::Value::Token(_) => "token",
        types::Value::Money(_) => "money",
        types::Value::Instant(_) => "instant",
        types::Value::Duration(_) => "duration",
        types::Value::Texts(_) => "texts",
        types::Value::Json(_) => "json",
    }
}

impl types::Host for Guest {}

impl log::Host for Guest {
    fn emit(
        &mut self,
        level: log::Level,
        message: String,
        fields: Vec<(String, types::Value)>,
    ) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Debug => LogLevel::Debug,
            log::Level::Info => LogLevel::Info,
            log::Level::Warn => LogLevel::Warn,
            log::Level::Error => LogLevel::Error,
        };
        if level == LogLevel::Debug && message == POINTS {
            self.points(fields.iter().filter_map(|(code, value)| match value {
                types::Value::Integer(points) => Some((code.as_str(), *points)),
                _ => None,
            }));
        }
        Ok(self.log(
            level,
            &message,
            fields
                .iter()
                .map(|(name, value)| (name.as_str(), shown(value))),
        )?)
    }
}

/// A value in a log line. Pseudonyms and structured data are named, not shown.
fn shown(value: &types::Value) -> String {
    match value {
        types::Value::Boolean(b) => b.to_string(),
        types::Value::Integer(i) => i.to_string(),
        types::Value::Decimal(text) | types::Value::Text(text) => text.clone(),
        types::Value::Money(m) => format!("{} {} /10^{}", m.minor_units, m.currency, m.exponent),
        types::Value::Instant(ms) | types::Value::Duration(ms) => format!("{ms}ms"),
        types::Value::Texts(texts) => texts.join(","),
        types::Value::Absent
        | types::Value::Withheld(_)
        | types::Value::Token(_)
        | types::Value::Json(_) => format!("<{}>", kind(value)),
    }
}
