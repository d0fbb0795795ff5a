//! Test a plugin with `cargo test`, without Wasm and without a host.
//!
//! ```ignore
//! let finding = weft_sdk::test::of::<step_up::Plugin>()
//!     .need("payment.amount", Money::cents(500_00, "EUR"))
//!     .setting("limit_minor", 100_00)
//!     .evaluate();
//! assert_eq!(finding.verdict, Verdict::Challenge);
//! ```

use std::cell::RefCell;
use std::collections::HashMap;
use std::marker::PhantomData;

use crate::log::Level;
use crate::plugin::{self, Context, Failure, Needs, Plugin, Settings};
use crate::value::{Decimal, Duration, Instant, Money, Token, Value};
use crate::{Finding, Verdict};

thread_local! {
    static LINES: RefCell<Vec<(Level, String)>> = const { RefCell::new(Vec::new()) };
}

#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn logged(level: Level, message: &str) {
    LINES.with_borrow_mut(|lines| lines.push((level, message.to_owned())));
}

/// The lines that plugins logged on this thread, and forgets them.
pub fn take_log() -> Vec<(Level, String)> {
    LINES.take()
}

/// An evaluation of a plugin, put together step by step.
pub struct Evaluation<P> {
    context: Context,
    needs: HashMap<String, Value>,
    settings: HashMap<String, Value>,
    plugin: PhantomData<P>,
}

/// An evaluation in which every need is absent and every setting has its default.
pub fn of<P: Plugin>() -> Evaluation<P> {
    Evaluation {
        context: Context {
            request_id: "test".into(),
            operation: "payment.authorize".into(),
            tenant: "test".into(),
            policy: "test".into(),
            evaluated_at: Instant(1_767_225_600_000),
            seed: 1,
        },
        needs: HashMap::new(),
        settings: HashMap::new(),
        plugin: PhantomData,
    }
}

impl<P: Plugin> Evaluation<P> {
    /// With a need. Panics when the plugin declares none of that name: a test of it tests nothing.
    #[must_use]
    pub fn need(mut self, field: &str, value: impl Into<Value>) -> Self {
        assert!(
            P::Needs::FIELDS.contains(&field),
            "the plugin does not need `{field}`; it needs {:?}",
            P::Needs::FIELDS
        );
        self.needs.insert(field.to_owned(), value.into());
        self
    }

    /// With a setting. Panics when the plugin declares none of that name.
    #[must_use]
    pub fn setting(mut self, name: &str, value: impl Into<Value>) -> Self {
        let known = P::Settings::DEFAULTS
            .iter()
            .any(|(known, ..)| *known == name);
        assert!(known, "the plugin has no setting `{name}`");
        self.settings.insert(name.to_owned(), value.into());
        self
    }

    /// About another operation than `payment.authorize`.
    #[must_use]
    pub fn operation(mut self, operation: &str) -> Self {
        self.context.operation = operation.to_owned();
        self
    }

    /// What the plugin says. Panics when it fails.
    pub fn evaluate(self) -> Finding {
        match self.try_evaluate() {
            Ok(finding) => finding,
            Err(failure) => panic!("the plugin failed: {failure:?}"),
        }
    }

    /// What the plugin says, or why it cannot.
    pub fn try_evaluate(mut self) -> Result<Finding, Failure> {
        let needs = P::Needs::FIELDS
            .iter()
            .map(|f| self.needs.remove(*f).unwrap_or(Value::Absent))
            .collect();
        let settings = P::Settings::DEFAULTS
            .iter()
            .map(
                |(name, default, kind)| match (self.settings.remove(*name), default) {
                    (Some(given), _) => given,
                    (None, Some(default)) => from_json(kind, default),
                    (None, None) => Value::Absent,
                },
            )
            .collect();
        plugin::evaluate::<P>(&self.context, settings, needs)
    }
}

impl Finding {
    /// The codes of the reasons, in order.
    pub fn codes(&self) -> Vec<&'static str> {
        self.reasons.iter().map(|(code, _)| *code).collect()
    }

    /// The arguments of the first obligation of a kind.
    pub fn obligation(&self, kind: &str) -> Option<&[(String, String)]> {
        self.obligations
            .iter()
            .find(|o| o.kind == kind)
            .map(|o| o.arguments.as_slice())
    }

    /// Whether it lets a payment go on.
    pub fn goes_on(&self) -> bool {
        self.verdict <= Verdict::Flag
    }
}

/// A default of the manifest as the host would hand it over.
fn from_json(kind: &str, json: &str) -> Value {
    let parsed: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let text = || parsed.as_str().unwrap_or_default().to_owned();
    match kind {
        "boolean" => Value::Boolean(parsed.as_bool().unwrap_or_default()),
        "integer" => Value::Integer(parsed.as_i64().unwrap_or_default()),
        "decimal" => Value::Decimal(Decimal::from_str_exact(&text()).unwrap_or_default()),
        "text" => Value::Text(text()),
        "duration" => Value::Duration(duration(&text())),
        "texts" => Value::Texts(serde_json::from_value(parsed).unwrap_or_default()),
        _ => Value::Json(json.to_owned()),
    }
}

fn duration(text: &str) -> Duration {
    let units = [
        ("ms", 1),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
    ];
    let found = units
        .into_iter()
        .find_map(|(unit, ms)| text.strip_suffix(unit)?.parse::<u64>().ok().map(|n| n * ms));
    Duration(found.unwrap_or_default())
}

macro_rules! into_value {
    ($($variant:ident $t:ty),+ $(,)?) => {
        $(impl From<$t> for Value {
            fn from(value: $t) -> Value {
                Value::$variant(value)
            }
        })+
    };
}

into_value! {
    Boolean bool, Integer i64, Decimal Decimal, Text String, Token Token, Money Money, Instant Instant,
    Duration Duration, Texts Vec<String>,
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Text(text.to_owned())
    }
}
