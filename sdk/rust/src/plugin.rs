//! What the macros implement.

use crate::value::{Unfit, Value};
use crate::{Finding, Reasons};

/// Facts about an evaluation that are not personal data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Of the request.
    pub request_id: String,
    /// For example `payment.authorize`.
    pub operation: String,
    /// Whose payments.
    pub tenant: String,
    /// The policy that asks.
    pub policy: String,
    /// The only clock: fixed for the request, the same in a replay.
    pub evaluated_at: crate::Instant,
    /// The only randomness: fixed by the request.
    pub seed: u64,
}

/// Why a plugin cannot decide. The host then does what the policy's `on_error` or `on_missing` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// A setting is not what the manifest says.
    BadSettings(String),
    /// A need is not what the manifest says.
    BadInput(String),
    /// Anything else.
    Internal(String),
}

/// A problem in the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The setting's name.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

/// What a plugin wants to know: a struct with `#[derive(Needs)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what the plugin needs",
    note = "put `#[derive(Needs)]` before the struct"
)]
pub trait Needs: Sized {
    /// The needs as entries of the manifest, parts of JSON.
    const DECLARED: &'static [&'static str];
    /// The fields, in order.
    const FIELDS: &'static [&'static str];
    /// Reads a row.
    fn decode(row: Vec<Value>) -> Result<Self, Failure>;
}

/// What a policy may set: a struct with `#[derive(Settings)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what a policy may set",
    note = "put `#[derive(Settings)]` before the struct, or take `&()` for no settings"
)]
pub trait Settings: Sized {
    /// The settings as entries of the manifest, parts of JSON.
    const DECLARED: &'static [&'static str];
    /// The settings, in order, with their defaults as JSON.
    const DEFAULTS: &'static [(&'static str, Option<&'static str>, &'static str)];
    /// Reads a row.
    fn decode(row: Vec<Value>) -> Result<Self, Failure>;
    /// What the manifest's ranges cannot say: relations between settings.
    fn check(&self) -> Vec<Problem> {
        Vec::new()
    }
}

/// No settings.
impl Settings for () {
    const DECLARED: &'static [&'static str] = &[];
    const DEFAULTS: &'static [(&'static str, Option<&'static str>, &'static str)] = &[];
    fn decode(_: Vec<Value>) -> Result<Self, Failure> {
        Ok(())
    }
}

/// A plugin: what `#[policy]` makes of a function.
pub trait Plugin {
    /// What it wants to know.
    type Needs: Needs;
    /// What a policy may set.
    type Settings: Settings;
    /// Why it decides.
    type Reasons: Reasons;
    /// Its manifest, `weft.manifest/1`.
    const MANIFEST: &'static str;
    /// Decides.
    fn evaluate(context: &Context, settings: &Self::Settings, needs: &Self::Needs) -> Finding;
}

/// Reads the next need of a row; derived code uses it.
pub fn need<T: crate::FromValue>(
    row: &mut std::vec::IntoIter<Value>,
    field: &str,
) -> Result<T, Failure> {
    read(row).map_err(|unfit| Failure::BadInput(format!("`{field}` {unfit}")))
}

/// Nothing is left of a row of needs; derived code uses it.
pub fn needs_end(mut row: std::vec::IntoIter<Value>) -> Result<(), Failure> {
    match row.next() {
        None => Ok(()),
        Some(_) => Err(Failure::BadInput(
            "there are more needs than declared".into(),
        )),
    }
}

/// Reads the next setting of a row; derived code uses it.
pub fn setting<T: crate::FromValue>(
    row: &mut std::vec::IntoIter<Value>,
    name: &str,
) -> Result<T, Failure> {
    read(row).map_err(|unfit| Failure::BadSettings(format!("`{name}` {unfit}")))
}

/// Nothing is left of a row of settings; derived code uses it.
pub fn settings_end(mut row: std::vec::IntoIter<Value>) -> Result<(), Failure> {
    match row.next() {
        None => Ok(()),
        Some(_) => Err(Failure::BadSettings(
            "there are more settings than declared".into(),
        )),
    }
}

fn read<T: crate::FromValue>(row: &mut std::vec::IntoIter<Value>) -> Result<T, Unfit> {
    T::from_value(row.next().ok_or(Unfit::Missing)?)
}

/// One evaluation, from rows to a finding.
pub fn evaluate<P: Plugin>(
    context: &Context,
    settings: Vec<Value>,
    needs: Vec<Value>,
) -> Result<Finding, Failure> {
    let settings = P::Settings::decode(settings)?;
    let needs = P::Needs::decode(needs)?;
    Ok(P::evaluate(context, &settings, &needs))
}

/// The problems in a row of settings.
pub fn validate<P: Plugin>(settings: Vec<Value>) -> Vec<Problem> {
    match P::Settings::decode(settings) {
        Ok(settings) => settings.check(),
        Err(
            Failure::BadSettings(message) | Failure::BadInput(message) | Failure::Internal(message),
        ) => {
            let path = quoted(&message).to_owned();
            vec![Problem { path, message }]
        }
    }
}

/// The setting's name, which stands in backticks at the beginning, see [`setting`].
fn quoted(message: &str) -> &str {
    let Some(rest) = message.strip_prefix('`') else {
        return "";
    };
    let end = rest.bytes().position(|byte| byte == b'`');
    end.and_then(|end| rest.get(..end)).unwrap_or_default()
}
