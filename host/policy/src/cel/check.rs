//! Names and types: parsed expressions into their checked form. What is a call is checked in `operations`
//! and `functions`.

mod functions;
mod lists;
mod names;
mod operations;
mod words;

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};
use cel::parser::Expression;
use rust_decimal::Decimal;
use weft_diagnostic::{Code, Diagnostic, did_you_mean};
use weft_dictionary::{Dictionary, DurationMs, Timestamp};

use self::operations::{comparison, operator};
use super::cost::steps;
use super::functions::{CalendarPart, Extreme, MAX_LENGTH_MS};
use super::node::{Constant, Node, TextTest};
use super::parse::{Parsed, parse};
use super::place::PlaceMap;
use super::types::Type;
use crate::lists::Lists;
use crate::parameters::Parameters;
use crate::{codes, limits};

/// Functions that policies have, for "did you mean".
const FUNCTIONS: [&str; 26] = [
    "money",
    "decimal",
    "duration",
    "timestamp",
    "currency",
    "minor",
    "size",
    "startsWith",
    "endsWith",
    "contains",
    "corridor",
    "band",
    "mask",
    "math.abs",
    "math.least",
    "math.greatest",
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
];
/// How functions are written, for who knows their name only.
const USAGE: [(&str, &str); 14] = [
    ("money", "money('12.50', 'EUR')"),
    ("decimal", "decimal('0.5')"),
    ("duration", "duration('24h')"),
    ("timestamp", "timestamp('2026-01-01T00:00:00Z')"),
    ("currency", "currency(payment.amount)"),
    ("minor", "minor(payment.amount)"),
    ("size", "size(text)"),
    ("startsWith", "text.startsWith('a')"),
    ("endsWith", "text.endsWith('a')"),
    ("contains", "text.contains('a')"),
    ("corridor", "corridor(payer.country, payee.country)"),
    ("band", "band(payment.amount)"),
    ("mask", "mask(text)"),
    ("has", "has(section.field)"),
];
/// Names that other languages give to functions, and theirs here.
const ELSEWHERE: [(&str, &str); 7] = [
    ("abs", "math.abs"),
    ("min", "math.least"),
    ("max", "math.greatest"),
    ("least", "math.least"),
    ("greatest", "math.greatest"),
    ("hour", "getHours"),
    ("weekday", "getDayOfWeek"),
];
/// A variable that was defined above.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub(crate) node: Arc<Node>,
    /// Whether an expression named it.
    pub(crate) used: Cell<bool>,
    kind: Type,
    size: usize,
}

/// What an expression may name.
pub(crate) struct Scope<'a> {
    pub(crate) dictionary: &'a Dictionary,
    pub(crate) variables: &'a HashMap<String, Variable>,
    pub(crate) parameters: &'a Parameters,
    pub(crate) lists: &'a Lists,
}

/// Where an expression stands.
pub(crate) struct Text<'a> {
    pub(crate) file: &'a str,
    pub(crate) value: &'a str,
    pub(crate) map: PlaceMap,
}

/// Checks an expression that has to be true or false.
pub(crate) fn check_condition(scope: &Scope<'_>, text: &Text<'_>) -> Result<Node, Diagnostic> {
    check(scope, text, Some(Type::Boolean)).map(|typed| typed.node)
}

/// Checks a variable.
pub(crate) fn check_variable(scope: &Scope<'_>, text: &Text<'_>) -> Result<Variable, Diagnostic> {
    let typed = check(scope, text, None)?;
    Ok(Variable {
        node: Arc::new(typed.node),
        used: Cell::new(false),
        kind: typed.kind,
        size: typed.size,
    })
}

/// Checks an expression, which has to be of a type if there is one that is wanted.
fn check(scope: &Scope<'_>, text: &Text<'_>, wanted: Option<Type>) -> Result<Typed, Diagnostic> {
    let parsed = parse(text.value).map_err(|e| {
        let place = text.map.place(e.character);
        Diagnostic::error(codes::SYNTAX, text.file, place, e.message).help(e.help)
    })?;
    let checker = Checker {
        scope,
        text,
        parsed: &parsed,
    };
    let typed = checker.expression(&parsed.root)?;
    let refuse = |code, message: String| checker.error(&parsed.root, code, message);
    if typed.size > limits::MAX_NODES {
        let message = format!(
            "the expression has {} parts, the limit is {}",
            typed.size,
            limits::MAX_NODES
        );
        return Err(refuse(codes::SYNTAX, message).help("split it into rules"));
    }
    let steps = steps(&typed.node, scope.dictionary);
    if steps > limits::MAX_EXPRESSION_STEPS {
        let message = format!(
            "evaluating this could take {steps} steps, the limit is {}",
            limits::MAX_EXPRESSION_STEPS
        );
        return Err(refuse(codes::COST, message)
            .help("split it into rules, or give its fields a smaller max_length"));
    }
    if wanted.is_some_and(|wanted| wanted != typed.kind) {
        let message = format!("a condition is true or false, this is {}", typed.kind);
        return Err(refuse(codes::TYPES, message).help("compare it with something"));
    }
    Ok(typed)
}

/// A checked expression with its type and size.
struct Typed {
    node: Node,
    kind: Type,
    size: usize,
}

/// Characters of an expression.
struct At(Range<usize>);

impl At {
    fn error(self, text: &Text<'_>, code: Code, message: impl Into<String>) -> Diagnostic {
        let (place, width) = text.map.span(self.0);
        Diagnostic::error(code, text.file, place, message).width(width)
    }
}

struct Checker<'a> {
    scope: &'a Scope<'a>,
    text: &'a Text<'a>,
    parsed: &'a Parsed,
}

impl Checker<'_> {
    /// The characters of an expression.
    fn at(&self, expression: &Expression) -> At {
        At(self.parsed.characters(expression))
    }

    fn error(&self, expression: &Expression, code: Code, message: impl Into<String>) -> Diagnostic {
        self.at(expression).error(self.text, code, message)
    }

    fn unsupported(&self, expression: &Expression, what: &str, help: &str) -> Diagnostic {
        self.error(
            expression,
            codes::UNSUPPORTED,
            format!("{what} are not part of the policy language"),
        )
        .help(help)
    }

    fn expression(&self, expression: &Expression) -> Result<Typed, Diagnostic> {
        match &expression.expr {
            Expr::Literal(literal) => self.literal(expression, literal),
            Expr::Ident(name) => Err(self.unknown(expression, name)),
            Expr::Select(select) => self.select(expression, select),
            Expr::Call(call) => self.call(expression, call),
            Expr::List(_) => Err(self.unsupported(
                expression,
                "lists outside of `in`",
                "write `field in ['a', 'b']`",
            )),
            Expr::Map(_) | Expr::Struct(_) => {
                Err(self.unsupported(expression, "maps", "use variables"))
            }
            Expr::Comprehension(_) => Err(self.unsupported(
                expression,
                "comprehensions",
                "write the cases out, or use a plugin",
            )),
            Expr::Unspecified => Err(self.error(
                expression,
                codes::SYNTAX,
                "a part of the expression is missing",
            )),
        }
    }

    fn literal(&self, at: &Expression, literal: &LiteralValue) -> Result<Typed, Diagnostic> {
        let (constant, kind) = match literal {
            LiteralValue::Boolean(b) => (Constant::Boolean(*b.inner()), Type::Boolean),
            LiteralValue::Int(n) => (Constant::Integer(*n.inner()), Type::Integer),
            LiteralValue::String(text) => (Constant::Text(text.inner().into()), Type::Text),
            LiteralValue::Double(_) => {
                return Err(self.unsupported(at, "floats", "write decimal('0.5'), which is exact"));
            }
            LiteralValue::UInt(_) => {
                return Err(self.unsupported(at, "unsigned integers", "leave out the `u`"));
            }
            LiteralValue::Bytes(_) => return Err(self.unsupported(at, "bytes", "compare texts")),
            LiteralValue::Null => {
                return Err(self.unsupported(
                    at,
                    "nulls",
                    "ask has(field) whether a fact is there",
                ));
            }
        };
        Ok(Typed {
            node: Node::Constant(constant),
            kind,
            size: 1,
        })
    }

    fn call(&self, at: &Expression, call: &CallExpr) -> Result<Typed, Diagnostic> {
        let name = call.func_name.as_str();
        match (name, call.target.as_deref(), call.args.as_slice()) {
            (operators::LOGICAL_AND, None, [one, two]) => self.logic(one, two, Node::And),
            (operators::LOGICAL_OR, None, [one, two]) => self.logic(one, two, Node::Or),
            (operators::LOGICAL_NOT, None, [one]) => {
                let one = self.boolean(one)?;
                Ok(Typed {
                    node: Node::Not(Box::new(one.node)),
                    kind: Type::Boolean,
                    size: one.size + 1,
                })
            }
            (operators::CONDITIONAL, None, [condition, one, two]) => {
                self.conditional(condition, one, two)
            }
            (operators::IN, None, [value, list]) => self.membership(value, list),
            (operators::NEGATE, None, [one]) => self.negate(one),
            (_, None, [one, two]) if comparison(name).is_some() => {
                self.comparison(at, name, one, two)
            }
            (_, None, [one, two]) if operator(name).is_some() => {
                self.arithmetic(at, name, one, two)
            }
            (operators::DIVIDE | operators::MODULO, ..) => Err(self.unsupported(
                at,
                "division and remainder",
                "multiply the other side; division is not exact",
            )),
            (operators::INDEX, ..) => Err(self.unsupported(at, "indexes", "use `in`")),
            ("money", None, [amount, currency]) => self.money(at, amount, currency),
            ("decimal", None, [text]) => self.written(at, text, "decimal('0.5')", |t| {
                Decimal::from_str_exact(t)
                    .ok()
                    .map(|d| (Constant::Decimal(d), Type::Decimal))
            }),
            ("duration", None, [text]) => self.written(at, text, "duration('24h')", |t| {
                let length = DurationMs::parse(t).filter(|d| d.0 <= MAX_LENGTH_MS);
                length.map(|d| (Constant::Duration(d), Type::Duration))
            }),
            ("timestamp", None, [text]) => {
                self.written(at, text, "timestamp('2026-01-01T00:00:00Z')", |t| {
                    Timestamp::parse(t).map(|i| (Constant::Instant(i), Type::Instant))
                })
            }
            ("currency", None, [one]) => {
                self.function(one, Type::Money, Type::Text, Node::Currency)
            }
            ("minor", None, [one]) => self.function(one, Type::Money, Type::Integer, Node::Minor),
            ("size", None, [one]) | ("size", Some(one), []) => self.size(one),
            ("startsWith", Some(text), [part]) => self.text_test(TextTest::StartsWith, text, part),
            ("endsWith", Some(text), [part]) => self.text_test(TextTest::EndsWith, text, part),
            ("contains", Some(text), [part]) => self.text_test(TextTest::Contains, text, part),
            ("corridor", None, [from, to]) => self.corridor(from, to),
            ("band", None, [one]) => self.band(one),
            ("mask", None, [one]) => self.mask(one),
            ("abs", Some(target), [one]) if is_math(target) => self.absolute(one),
            ("least", Some(target), [one, two]) if is_math(target) => {
                self.extreme(at, Extreme::Least, one, two)
            }
            ("greatest", Some(target), [one, two]) if is_math(target) => {
                self.extreme(at, Extreme::Greatest, one, two)
            }
            (_, Some(value), zone) if CalendarPart::named(name).is_some() => {
                self.clock(at, name, value, zone)
            }
            ("matches", ..) => Err(self.unsupported(
                at,
                "regular expressions",
                "use startsWith, endsWith, contains or `in`",
            )),
            _ => Err(self.unknown_function(at, name)),
        }
    }

    fn unknown_function(&self, at: &Expression, name: &str) -> Diagnostic {
        let message = format!("there is no function `{name}` with these arguments");
        let error = self.error(at, codes::UNKNOWN_NAME, message);
        if let Some((_, usage)) = USAGE.iter().find(|(known, _)| *known == name) {
            return error.help(format!("write {usage}"));
        }
        let elsewhere = ELSEWHERE.iter().find(|(other, _)| *other == name);
        match elsewhere
            .map(|(_, here)| *here)
            .or_else(|| did_you_mean(name, FUNCTIONS))
        {
            Some(near) => error.help(format!(
                "did you mean `{near}`? See policies/README.md for its arguments"
            )),
            None => error.help("the functions stand in policies/README.md"),
        }
    }

    fn boolean(&self, expression: &Expression) -> Result<Typed, Diagnostic> {
        self.of(expression, Type::Boolean)
    }

    fn of(&self, expression: &Expression, wanted: Type) -> Result<Typed, Diagnostic> {
        let typed = self.expression(expression)?;
        if typed.kind == wanted {
            return Ok(typed);
        }
        let message = format!("this has to be {wanted}, and is {}", typed.kind);
        Err(self
            .error(expression, codes::TYPES, message)
            .help(remedy(wanted)))
    }
}

/// `payment.amount` of selections from a name.
fn path(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) => {
            path(&select.operand.expr).map(|path| format!("{path}.{}", select.field))
        }
        _ => None,
    }
}

/// Whether a function is one of the extension `math`.
fn is_math(target: &Expression) -> bool {
    matches!(&target.expr, Expr::Ident(name) if name == "math")
}

/// How a value of the type is written.
fn remedy(wanted: Type) -> &'static str {
    match wanted {
        Type::Boolean => "compare it with something",
        Type::Integer => "write a whole number",
        Type::Decimal => "write decimal('0.5')",
        Type::Text => "write a text in 'single quotes'",
        Type::Token => "compare it with another field whose values are tokens",
        Type::Money => "write money('12.50', 'EUR')",
        Type::Instant => "write timestamp('2026-01-01T00:00:00Z')",
        Type::Duration => "write duration('24h')",
        Type::Corridor => "write corridor(payer.country, payee.country)",
        Type::Texts => "name a field that is a list of texts, or write ['a', 'b']",
    }
}
