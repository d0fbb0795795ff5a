//! A policy's settings for a plugin, checked against the manifest before any guest code runs.
//!
//! Money is `{"value": "1.00", "currency": "EUR"}`, a decimal is text, a duration is `24h`, an
//! instant is RFC 3339: the same forms as in policies and messages. Of kind `json` is any JSON; the
//! plugin gets it as canonical text (RFC 8785).

use std::cmp::Ordering;
use std::fmt;

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use weft_diagnostic::did_you_mean;
use weft_dictionary::{Currency, DurationMs, Money, Timestamp};

use crate::manifest::{Manifest, Setting, ValueKind};
use crate::text::clean;
use crate::{NeedValue, limits};

/// One problem in the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingProblem {
    /// The setting's name, or a path below `budget`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// `max_count_24h: message (help)`.
impl fmt::Display for SettingProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.path, self.message, self.help)
    }
}

/// A setting as it is for one policy, for people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SettingInForce {
    /// Its name.
    pub name: String,
    /// Its value; none where neither the policy nor the plugin gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// What a number counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What it does.
    pub meaning: String,
    /// Who gives the value.
    pub given_by: GivenBy,
}

/// Who gives a setting its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GivenBy {
    /// The policy, and another one than the plugin's.
    Policy,
    /// The plugin: it is the default, whether or not the policy repeats it.
    Default,
    /// Nobody.
    Nobody,
}

impl SettingInForce {
    pub(crate) fn of(setting: &Setting, given: Option<&Json>) -> SettingInForce {
        let default = setting.default.as_ref();
        SettingInForce {
            name: setting.name.clone(),
            value: given.or(default).cloned(),
            unit: setting.unit.clone(),
            meaning: setting.doc.replace('\n', " "),
            given_by: match (given, default) {
                (Some(given), default) if default != Some(given) => GivenBy::Policy,
                (_, Some(_)) => GivenBy::Default,
                (_, None) => GivenBy::Nobody,
            },
        }
    }
}

/// The row of settings in manifest order, or every problem there is.
pub(crate) fn read(
    manifest: &Manifest,
    given: &Map<String, Json>,
) -> Result<Vec<NeedValue>, Vec<SettingProblem>> {
    let mut problems: Vec<SettingProblem> = given
        .keys()
        .filter(|key| manifest.settings.iter().all(|s| s.name != **key))
        .map(|key| unknown(manifest, key))
        .collect();
    let mut row = Vec::with_capacity(manifest.settings.len());
    for setting in &manifest.settings {
        match read_one(setting, given.get(&setting.name)) {
            Ok(value) => row.push(value),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(row)
    } else {
        Err(problems)
    }
}

fn unknown(manifest: &Manifest, key: &str) -> SettingProblem {
    let names = || manifest.settings.iter().map(|s| s.name.as_str());
    let help = match did_you_mean(key, names()) {
        Some(alike) => format!("did you mean `{alike}`?"),
        None if manifest.settings.is_empty() => "the plugin has no settings".into(),
        None => format!(
            "its settings are {}",
            names().collect::<Vec<_>>().join(", ")
        ),
    };
    SettingProblem {
        path: clean(key, limits::MAX_NAME_CHARS),
        message: format!("the plugin `{}` has no such setting", manifest.name),
        help,
    }
}

fn read_one(setting: &Setting, given: Option<&Json>) -> Result<NeedValue, SettingProblem> {
    let problem = |message: String, help: String| SettingProblem {
        path: setting.name.clone(),
        message,
        help,
    };
    let Some(json) = given.or(setting.default.as_ref()) else {
        if setting.required {
            return Err(problem(
                "the setting is required and has no default".into(),
                format!("set it to {}", form(setting.kind)),
            ));
        }
        return Ok(NeedValue::Absent);
    };
    let value = parse(setting.kind, json)
        .map_err(|why| problem(why, format!("write {}", form(setting.kind))))?;
    within(setting, &value)
        .map_err(|why| problem(why, format!("write {}", expectation(setting))))?;
    Ok(value)
}

/// Checks a declaration: its bounds and choices are of its kind, and its default keeps them.
pub(crate) fn check_declaration(setting: &Setting) -> Result<(), String> {
    if setting.kind == ValueKind::Token {
        return Err("a setting cannot be a token".into());
    }
    for (what, bound) in [("min", &setting.min), ("max", &setting.max)] {
        let Some(bound) = bound else { continue };
        if !has_order(setting.kind) {
            return Err(format!(
                "`{what}` means nothing for {}",
                setting.kind.as_str()
            ));
        }
        parse(setting.kind, bound).map_err(|why| format!("`{what}`: {why}"))?;
    }
    for choice in &setting.one_of {
        parse_choice(setting.kind, choice).map_err(|why| format!("`one_of`: {why}"))?;
    }
    if let Some(default) = &setting.default {
        let value = parse(setting.kind, default).map_err(|why| format!("`default`: {why}"))?;
        within(setting, &value).map_err(|why| format!("`default`: {why}"))?;
    }
    Ok(())
}

fn has_order(kind: ValueKind) -> bool {
    matches!(
        kind,
        ValueKind::Integer
            | ValueKind::Decimal
            | ValueKind::Money
            | ValueKind::Instant
            | ValueKind::Duration
    )
}

/// How a value of a kind is written.
fn form(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Boolean => "true or false",
        ValueKind::Integer => "a whole number, such as 20",
        ValueKind::Decimal => "a decimal as text, such as \"0.035\"",
        ValueKind::Text | ValueKind::Token => "a text",
        ValueKind::Money => "an amount, such as {\"value\": \"1.00\", \"currency\": \"EUR\"}",
        ValueKind::Instant => "an instant of RFC 3339, such as \"2026-01-01T00:00:00Z\"",
        ValueKind::Duration => "a duration, such as \"24h\" (ms, s, m, h, d)",
        ValueKind::Texts => "a list of texts",
        ValueKind::Json => "any JSON",
    }
}

/// What a setting may be, in words.
fn expectation(setting: &Setting) -> String {
    if !setting.one_of.is_empty() {
        let choices: Vec<String> = setting.one_of.iter().map(Json::to_string).collect();
        return format!("one of {}", choices.join(", "));
    }
    match (&setting.min, &setting.max) {
        (Some(min), Some(max)) => format!("{} to {}", shown(min), shown(max)),
        (Some(min), None) => format!("{} or more", shown(min)),
        (None, Some(max)) => format!("{} or less", shown(max)),
        (None, None) => form(setting.kind).into(),
    }
}

fn shown(bound: &Json) -> String {
    match bound {
        Json::String(text) => text.clone(),
        Json::Object(money) => ["value", "currency"]
            .iter()
            .filter_map(|part| money.get(*part)?.as_str())
            .collect::<Vec<_>>()
            .join(" "),
        other => other.to_string(),
    }
}

fn parse(kind: ValueKind, json: &Json) -> Result<NeedValue, String> {
    let of_kind = match kind {
        ValueKind::Boolean => json.as_bool().map(NeedValue::Boolean),
        ValueKind::Integer => json.as_i64().map(NeedValue::Integer),
        ValueKind::Decimal => json
            .as_str()
            .and_then(|s| Decimal::from_str_exact(s).ok())
            .map(NeedValue::Decimal),
        ValueKind::Text => json.as_str().map(|s| NeedValue::Text(s.into())),
        ValueKind::Token => None,
        ValueKind::Money => return parse_money(json).map(NeedValue::Money),
        ValueKind::Instant => json
            .as_str()
            .and_then(Timestamp::parse)
            .map(NeedValue::Instant),
        ValueKind::Duration => json
            .as_str()
            .and_then(DurationMs::parse)
            .map(NeedValue::Duration),
        ValueKind::Texts => Some(parse_texts(json)?),
        ValueKind::Json => return parse_json(json),
    };
    let value = of_kind.ok_or_else(|| {
        format!(
            "the value is {}{}, the setting takes {}",
            kind_of(json),
            if kind == ValueKind::Text {
                unquoted(json)
            } else {
                ""
            },
            form(kind)
        )
    })?;
    let chars = match &value {
        NeedValue::Text(text) => text.len(),
        NeedValue::Texts(texts) => texts.iter().map(|t| t.len()).sum(),
        _ => 0,
    };
    if chars > limits::MAX_SETTING_CHARS {
        return Err(format!(
            "the value has {chars} bytes, the limit is {}",
            limits::MAX_SETTING_CHARS
        ));
    }
    Ok(value)
}

/// A choice of a list of texts is one text.
fn parse_choice(kind: ValueKind, json: &Json) -> Result<NeedValue, String> {
    parse(
        match kind {
            ValueKind::Texts => ValueKind::Text,
            other => other,
        },
        json,
    )
}

fn parse_money(json: &Json) -> Result<Money, String> {
    let part = |name| json.get(name).and_then(Json::as_str);
    let (Some(value), Some(currency), Some(2)) = (
        part("value"),
        part("currency"),
        json.as_object().map(Map::len),
    ) else {
        return Err(format!(
            "the value is {}, the setting takes {}",
            kind_of(json),
            form(ValueKind::Money)
        ));
    };
    Currency::from_code(currency)
        .and_then(|currency| Money::parse(value, currency))
        .map_err(|error| error.to_string())
}

fn parse_texts(json: &Json) -> Result<NeedValue, String> {
    let Some(elements) = json.as_array() else {
        return Err(format!(
            "the value is {}, the setting takes {}",
            kind_of(json),
            form(ValueKind::Texts)
        ));
    };
    if elements.len() > limits::MAX_SETTING_TEXTS {
        return Err(format!(
            "the list has {} texts, the limit is {}",
            elements.len(),
            limits::MAX_SETTING_TEXTS
        ));
    }
    let text = |(at, element): (usize, &Json)| match element {
        Json::String(text) => Ok(text.as_str().into()),
        other => Err(format!(
            "element {} is {}{}",
            at + 1,
            kind_of(other),
            unquoted(other)
        )),
    };
    let texts = elements.iter().enumerate().map(text);
    texts.collect::<Result<_, _>>().map(NeedValue::Texts)
}

/// Why a text may have become something else on its way through YAML.
fn unquoted(json: &Json) -> &'static str {
    match json {
        Json::Bool(false) => ": an unquoted NO is false in YAML, write \"NO\"",
        Json::Bool(true) => ": an unquoted yes, on or true is true in YAML, put the text in quotes",
        Json::Number(_) => ": put the text in quotes",
        Json::Null => ": an unquoted null or ~ is nothing in YAML, put the text in quotes",
        _ => "",
    }
}

fn parse_json(json: &Json) -> Result<NeedValue, String> {
    let text = serde_json_canonicalizer::to_string(json)
        .map_err(|error| format!("the value has no canonical form: {error}"))?;
    if text.len() > limits::MAX_SETTING_CHARS {
        return Err(format!(
            "the value has {} bytes, the limit is {}",
            text.len(),
            limits::MAX_SETTING_CHARS
        ));
    }
    Ok(NeedValue::Json(text.into()))
}

fn kind_of(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(n) if n.is_i64() || n.is_u64() => "a whole number",
        Json::Number(_) => "a number with decimals",
        Json::String(_) => "a text of another form",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object of another form",
    }
}

fn within(setting: &Setting, value: &NeedValue) -> Result<(), String> {
    if let Some(min) = &setting.min
        && compare(setting, value, min)? == Ordering::Less
    {
        return Err(format!("the value is less than {}", shown(min)));
    }
    if let Some(max) = &setting.max
        && compare(setting, value, max)? == Ordering::Greater
    {
        return Err(format!("the value is more than {}", shown(max)));
    }
    if setting.one_of.is_empty() {
        return Ok(());
    }
    let choices: Vec<NeedValue> = setting
        .one_of
        .iter()
        .map(|choice| parse_choice(setting.kind, choice))
        .collect::<Result<_, _>>()?;
    let NeedValue::Texts(texts) = value else {
        return match choices.contains(value) {
            true => Ok(()),
            false => Err("the value is not one of the choices".into()),
        };
    };
    let is_choice = |text: &str| choices.contains(&NeedValue::Text(text.into()));
    match texts.iter().position(|text| !is_choice(text)) {
        None => Ok(()),
        Some(at) => Err(format!("element {} is not one of the choices", at + 1)),
    }
}

fn compare(setting: &Setting, value: &NeedValue, bound: &Json) -> Result<Ordering, String> {
    match (value, parse(setting.kind, bound)?) {
        (NeedValue::Integer(a), NeedValue::Integer(b)) => Ok(a.cmp(&b)),
        (NeedValue::Decimal(a), NeedValue::Decimal(b)) => Ok(a.cmp(&b)),
        (NeedValue::Instant(a), NeedValue::Instant(b)) => Ok(a.cmp(&b)),
        (NeedValue::Duration(a), NeedValue::Duration(b)) => Ok(a.cmp(&b)),
        (NeedValue::Money(a), NeedValue::Money(b)) => a.checked_cmp(&b).ok_or_else(|| {
            format!(
                "the amount is in {}, its bound is in {}",
                a.currency, b.currency
            )
        }),
        _ => Err("a bound is of another kind than the value".into()),
    }
}
