//! Test a plugin with `cargo test`, without Wasm and without a host.
//!
//! The first page of this crate has an example.
//!
//! Names, kinds and ranges are held to the manifest, and the finding is judged as the host judges it, so
//! that what passes here passes there. What a test gets wrong ends it with a message that says what to do.

mod declared;
mod json;

use std::cell::RefCell;
use std::collections::HashMap;
use std::marker::PhantomData;

use self::declared::Declared;
use crate::log::Level;
use crate::plugin::{self, Context, Failure, Plugin, Problem, Settings};
use crate::value::{Instant, Value};
use crate::{Finding, Needs};

thread_local! {
    static LINES: RefCell<Vec<(Level, String)>> = const { RefCell::new(Vec::new()) };
}

pub(crate) fn logged(level: Level, message: &str) {
    LINES.with_borrow_mut(|lines| lines.push((level, message.to_owned())));
}

/// The lines that plugins logged on this thread since the last call.
pub fn take_log() -> Vec<(Level, String)> {
    LINES.take()
}

/// An evaluation of a plugin, put together step by step.
pub struct Evaluation<P> {
    declared: Declared,
    context: Context,
    needs: HashMap<String, Value>,
    settings: HashMap<String, Value>,
    plugin: PhantomData<P>,
}

/// An evaluation in which every need is absent and every setting has its default. It is about
/// `payment.authorize`, or the first operation that the plugin names.
pub fn of<P: Plugin>() -> Evaluation<P> {
    let declared = Declared::read(P::MANIFEST);
    Evaluation {
        context: Context {
            request_id: "test".into(),
            operation: declared.usual_operation(),
            tenant: "test".into(),
            policy: "test".into(),
            evaluated_at: Instant(1_767_225_600_000),
            seed: 1,
        },
        declared,
        needs: HashMap::new(),
        settings: HashMap::new(),
        plugin: PhantomData,
    }
}

impl<P: Plugin> Evaluation<P> {
    /// With a need.
    ///
    /// # Panics
    ///
    /// If the plugin declares no need of that name, or one of another kind.
    #[must_use]
    #[track_caller]
    pub fn need(mut self, field: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.declared.check_need(field, &value);
        self.needs.insert(field.to_owned(), value);
        self
    }

    /// With a need that is in the request, but not for this plugin.
    ///
    /// # Panics
    ///
    /// If the plugin declares no need of that name.
    #[must_use]
    #[track_caller]
    pub fn withheld(self, field: &str, code: &str) -> Self {
        self.need(field, Value::Withheld(code.to_owned()))
    }

    /// With a setting; of kind `json`, a `serde_json::json!` value.
    ///
    /// # Panics
    ///
    /// If the plugin declares no setting of that name, or the value is of another kind, out of its range or
    /// not among its choices.
    #[must_use]
    #[track_caller]
    pub fn setting(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.declared.check_setting(name, &value);
        self.settings.insert(name.to_owned(), value);
        self
    }

    /// About another operation.
    ///
    /// # Panics
    ///
    /// If the plugin does not decide it.
    #[must_use]
    #[track_caller]
    pub fn operation(mut self, operation: &str) -> Self {
        self.declared.check_operation(operation);
        self.context.operation = operation.to_owned();
        self
    }

    /// At another moment than 2026-01-01T00:00:00Z.
    #[must_use]
    pub fn at(mut self, evaluated_at: Instant) -> Self {
        self.context.evaluated_at = evaluated_at;
        self
    }

    /// With other randomness.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.context.seed = seed;
        self
    }

    /// What the plugin finds wrong with its settings.
    #[track_caller]
    pub fn problems(mut self) -> Vec<Problem> {
        plugin::validate::<P>(self.settings())
    }

    /// What the plugin says.
    ///
    /// # Panics
    ///
    /// If the plugin fails, if it finds its settings wrong, or if the host would not take the finding.
    #[track_caller]
    pub fn evaluate(self) -> Finding {
        match self.try_evaluate() {
            Ok(finding) => finding,
            Err(failure) => panic!("the plugin failed: {failure:?}"),
        }
    }

    /// What the plugin says, or why it cannot.
    ///
    /// # Panics
    ///
    /// If the plugin finds its settings wrong, or if the host would not take the finding.
    #[track_caller]
    pub fn try_evaluate(mut self) -> Result<Finding, Failure> {
        let settings = self.settings();
        let problems = plugin::validate::<P>(settings.clone());
        assert!(
            problems.is_empty(),
            "the plugin refuses these settings, so no policy could use them: {problems:?}; test that with \
             `.problems()`"
        );
        let needs = P::Needs::FIELDS
            .iter()
            .map(|field| self.needs.remove(*field).unwrap_or(Value::Absent))
            .collect();
        let finding = plugin::evaluate::<P>(&self.context, settings, needs)?;
        self.declared.check_finding(&finding);
        Ok(finding)
    }

    #[track_caller]
    fn settings(&mut self) -> Vec<Value> {
        P::Settings::DEFAULTS
            .iter()
            .map(|(name, default, kind)| {
                let default = || Some(json::value(kind, &serde_json::from_str((*default)?).ok()?));
                match self.settings.remove(*name).or_else(default) {
                    Some(value) => value,
                    None if self.declared.is_required(name) => panic!(
                        "the setting `{name}` has no default; give it with `.setting(\"{name}\", ...)`"
                    ),
                    None => Value::Absent,
                }
            })
            .collect()
    }
}
