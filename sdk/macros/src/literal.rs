//! Defaults and bounds of settings: checked as the host will check them, and as JSON.

use std::cmp::Ordering;

use proc_macro2::Span;
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};
use syn::spanned::Spanned;
use syn::{Error, Expr, ExprLit, ExprUnary, Lit, Result, UnOp};

use crate::args::elements;
use crate::kind::Kind;

/// A literal of a kind.
pub(crate) struct Literal {
    pub(crate) span: Span,
    pub(crate) json: Json,
    pub(crate) value: Value,
}

/// For comparing with bounds and choices.
#[derive(PartialEq)]
pub(crate) enum Value {
    Integer(i64),
    Decimal(Decimal),
    Milliseconds(u64),
    Money(Decimal, String),
    Texts(Vec<String>),
    /// Neither has an order nor choices that are told apart here.
    Other(Json),
}

impl Literal {
    /// Reads an expression as a literal of that kind.
    pub(crate) fn read(kind: Kind, expr: &Expr) -> Result<Literal> {
        let (json, value) = match kind {
            Kind::Boolean => boolean(expr)?,
            Kind::Integer => integer(expr)?,
            Kind::Decimal => decimal(expr)?,
            Kind::Text => text(expr)?,
            Kind::Texts => texts(expr)?,
            Kind::Duration => duration(expr)?,
            Kind::Money => money(expr)?,
            Kind::Instant => instant(expr)?,
            Kind::Json => structured(expr)?,
            Kind::Token => {
                return Err(Error::new_spanned(expr, "a token has no literal"));
            }
        };
        Ok(Literal {
            span: expr.span(),
            json,
            value,
        })
    }

    /// How it compares; `None` where there is no order.
    pub(crate) fn compare(&self, other: &Literal) -> Option<Ordering> {
        match (&self.value, &other.value) {
            (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
            (Value::Decimal(a), Value::Decimal(b)) => Some(a.cmp(b)),
            (Value::Milliseconds(a), Value::Milliseconds(b)) => Some(a.cmp(b)),
            (Value::Money(a, x), Value::Money(b, y)) if x == y => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// The currency, if it is an amount.
    pub(crate) fn currency(&self) -> Option<&str> {
        match &self.value {
            Value::Money(_, currency) => Some(currency),
            _ => None,
        }
    }

    /// Whether it is one of the choices; of a list, whether all of it is.
    pub(crate) fn is_among(&self, choices: &[Literal]) -> bool {
        match &self.value {
            Value::Texts(texts) => texts
                .iter()
                .all(|text| choices.iter().any(|c| c.json.as_str() == Some(text))),
            value => choices.iter().any(|c| c.value == *value),
        }
    }
}

fn wrong<T>(expr: &Expr, form: &str) -> Result<T> {
    Err(Error::new_spanned(
        expr,
        format!("the setting takes {form}"),
    ))
}

fn boolean(expr: &Expr) -> Result<(Json, Value)> {
    match lit(expr) {
        Some((false, Lit::Bool(b))) => Ok((json!(b.value), Value::Other(json!(b.value)))),
        _ => wrong(expr, "`true` or `false`"),
    }
}

fn integer(expr: &Expr) -> Result<(Json, Value)> {
    const FORM: &str = "a whole number of 64 bits, such as `50_000`";
    let Some((negative, Lit::Int(digits))) = lit(expr) else {
        return wrong(expr, FORM);
    };
    let sign = if negative { "-" } else { "" };
    match format!("{sign}{}", digits.base10_digits()).parse::<i64>() {
        Ok(n) => Ok((json!(n), Value::Integer(n))),
        Err(_) => wrong(expr, FORM),
    }
}

fn decimal(expr: &Expr) -> Result<(Json, Value)> {
    const FORM: &str = "an exact decimal in quotes, such as `\"0.035\"`";
    let Some((false, Lit::Str(text))) = lit(expr) else {
        return wrong(expr, FORM);
    };
    match Decimal::from_str_exact(&text.value()) {
        Ok(d) => Ok((json!(d.to_string()), Value::Decimal(d))),
        Err(_) => wrong(expr, FORM),
    }
}

fn text(expr: &Expr) -> Result<(Json, Value)> {
    match lit(expr) {
        Some((false, Lit::Str(text))) => {
            Ok((json!(text.value()), Value::Other(json!(text.value()))))
        }
        _ => wrong(expr, "a text in quotes"),
    }
}

fn texts(expr: &Expr) -> Result<(Json, Value)> {
    let Ok(parts) = elements(expr) else {
        return wrong(expr, "a list of texts, such as `[\"EU\", \"CH\"]`");
    };
    let texts: Vec<String> = parts
        .map(|part| crate::args::text(part).map(|t| t.value()))
        .collect::<Result<_>>()?;
    Ok((json!(texts), Value::Texts(texts)))
}

fn duration(expr: &Expr) -> Result<(Json, Value)> {
    const FORM: &str =
        "a duration in quotes: a whole number and one of ms, s, m, h, d, such as `\"24h\"`";
    let Some((false, Lit::Str(text))) = lit(expr) else {
        return wrong(expr, FORM);
    };
    match milliseconds(&text.value()) {
        Some(ms) => Ok((json!(text.value()), Value::Milliseconds(ms))),
        None => wrong(expr, FORM),
    }
}

fn milliseconds(text: &str) -> Option<u64> {
    let units = [
        ("ms", 1),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
    ];
    let (unit, ms) = units.into_iter().find(|(unit, _)| text.ends_with(unit))?;
    text.strip_suffix(unit)?
        .parse::<u64>()
        .ok()?
        .checked_mul(ms)
}

fn money(expr: &Expr) -> Result<(Json, Value)> {
    const FORM: &str = "an amount and its currency in quotes, such as `\"100.00 EUR\"`";
    let Some((false, Lit::Str(text))) = lit(expr) else {
        return wrong(expr, FORM);
    };
    let text = text.value();
    let parts = text.split_once(' ').filter(|(amount, currency)| {
        amount.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && currency.len() == 3
            && currency.bytes().all(|b| b.is_ascii_uppercase())
    });
    let Some((amount, currency)) = parts else {
        return wrong(expr, FORM);
    };
    match Decimal::from_str_exact(amount) {
        Ok(d) => Ok((
            json!({"value": amount, "currency": currency}),
            Value::Money(d, currency.to_owned()),
        )),
        Err(_) => wrong(expr, FORM),
    }
}

/// The host reads it exactly; here only what is obviously another form is refused.
fn instant(expr: &Expr) -> Result<(Json, Value)> {
    const FORM: &str = "a moment in quotes as RFC 3339, such as `\"2026-01-01T00:00:00Z\"`";
    let Some((false, Lit::Str(text))) = lit(expr) else {
        return wrong(expr, FORM);
    };
    let text = text.value();
    let bytes = text.as_bytes();
    let digits = |range: std::ops::Range<usize>| {
        bytes
            .get(range)
            .is_some_and(|b| b.iter().all(u8::is_ascii_digit))
    };
    let dated = digits(0..4) && digits(5..7) && digits(8..10) && bytes.get(10) == Some(&b'T');
    let zoned = text.ends_with('Z')
        || bytes
            .len()
            .checked_sub(6)
            .is_some_and(|at| at > 10 && matches!(bytes[at], b'+' | b'-'));
    if dated && zoned {
        Ok((json!(text), Value::Other(json!(text))))
    } else {
        wrong(expr, FORM)
    }
}

fn structured(expr: &Expr) -> Result<(Json, Value)> {
    const FORM: &str = "JSON in quotes, such as `r#\"{\"EU\": [\"EU\"]}\"#`";
    let Some((false, Lit::Str(text))) = lit(expr) else {
        return wrong(expr, FORM);
    };
    match serde_json::from_str::<Json>(&text.value()) {
        Ok(json) => Ok((json.clone(), Value::Other(json))),
        Err(error) => Err(Error::new_spanned(
            expr,
            format!("this is not JSON: {error}"),
        )),
    }
}

/// The literal, and whether it is negated.
fn lit(expr: &Expr) -> Option<(bool, Lit)> {
    match expr {
        Expr::Lit(ExprLit { lit, .. }) => Some((false, lit.clone())),
        Expr::Unary(ExprUnary {
            op: UnOp::Neg(_),
            expr,
            ..
        }) => match expr.as_ref() {
            Expr::Lit(ExprLit {
                lit: lit @ Lit::Int(_),
                ..
            }) => Some((true, lit.clone())),
            _ => None,
        },
        _ => None,
    }
}
