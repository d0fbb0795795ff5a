//! Checked expressions into closures over a row.
//!
//! Truth has three values (Kleene): what rests on a missing fact is neither true nor false but missing, and
//! names the fact. `false && missing` is false and `true || missing` is true, in either order. A failure
//! (amounts of different currencies, an overflow) is a fourth outcome that wins over missing.
//!
//! What an expression is made of is known when it is compiled: types, constants, which fields are read. So
//! evaluating is reading slots of the row and comparing; nothing is looked up or converted, and nothing is
//! allocated but the names of facts that are missing, and texts that functions make.
//!
//! | module | what is there |
//! |---|---|
//! | `operand` | constants, fields and closures that give numbers, amounts and times |
//! | `text` | texts and lists of texts |
//! | `logic` | and, or, not, either-or |
//! | `compare` | comparing, and being among values |
//! | `arithmetic` | computing with numbers, amounts and times |

mod arithmetic;
mod compare;
mod logic;
mod operand;
mod text;

use std::fmt;
use std::sync::Arc;

use rust_decimal::Decimal;
use weft_dictionary::{Dictionary, DurationMs, FieldId, Money, Row, Slot, Timestamp};

use self::operand::{Operand, by_threat, lacks};
use self::text::{Text, Texts};
use super::cost;
use super::functions::{CalendarPart, Zone};
use super::node::{Constant, Node};
use super::types::Type;

/// Why an expression has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gap {
    /// Facts are missing. Which stands in [`Missing`].
    Missing,
    /// It cannot be computed.
    Failed(Failure),
}

/// Why something cannot be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    #[error("a number is too large")]
    Overflow,
    #[error("amounts of different currencies have no order")]
    Currencies,
    #[error("a fact is not of its field's kind")]
    Types,
    #[error("the level of threat is not 0 to 3")]
    Threat,
    #[error("there is no band or mask of this")]
    Untreatable,
}

/// The facts on which an expression rests and which are missing, some perhaps twice. A closure that gives a
/// value leaves it as it was.
pub(crate) type Missing = Vec<FieldId>;

/// What computes a part of an expression.
type Compute<T> = dyn Fn(&Row, &mut Missing) -> Result<T, Gap> + Send + Sync;
type Code<T> = Box<Compute<T>>;

/// A compiled condition.
#[derive(Clone)]
pub(crate) struct Program {
    code: Arc<Compute<bool>>,
    steps: u64,
}

impl Program {
    /// Compiles a condition whose names and types were checked.
    pub(crate) fn compile(node: &Node, dictionary: &Dictionary) -> Program {
        Program {
            code: Arc::from(Compiler { dictionary }.boolean(node)),
            steps: cost::steps(node, dictionary),
        }
    }

    /// How long it can take, at most.
    pub(crate) fn steps(&self) -> u64 {
        self.steps
    }

    /// Whether the condition holds. Missing facts are named where it has no value: also where it fails, so that
    /// whoever sees to the failure learns at once what else is needed.
    pub(crate) fn truth(&self, row: &Row, missing: &mut Missing) -> Result<bool, Gap> {
        let before = missing.len();
        let truth = (self.code)(row, missing);
        if truth.is_ok() {
            missing.truncate(before);
        }
        truth
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}

/// A compiled part, by its type.
enum Typed {
    Boolean(Operand<bool>),
    Integer(Operand<i64>),
    Decimal(Operand<Decimal>),
    Money(Operand<Money>),
    Instant(Operand<Timestamp>),
    Duration(Operand<DurationMs>),
    /// Tokens, too: they are compared as texts.
    Text(Text),
    Texts(Texts),
}

struct Compiler<'a> {
    dictionary: &'a Dictionary,
}

impl Compiler<'_> {
    fn boolean(&self, node: &Node) -> Code<bool> {
        match self.compile(node) {
            Typed::Boolean(operand) => operand.code(),
            _ => Operand::mistyped().code(),
        }
    }

    fn compile(&self, node: &Node) -> Typed {
        match node {
            Node::Constant(constant) => constant_code(constant),
            Node::Field(id) => self.field(*id),
            Node::Parameter(threshold) => by_threat(threshold),
            Node::Shared(node) => self.compile(node),
            Node::Has(id) => {
                let id = *id;
                truth(move |row, missing| match row.slot(id) {
                    Slot::Present(_) => Ok(true),
                    Slot::Absent => Ok(false),
                    // Taken away by an earlier stage: a rule must not be milder for what it may not see.
                    Slot::Withheld(_) => Err(lacks(id, missing)),
                })
            }
            Node::Not(_) | Node::And(..) | Node::Or(..) => self.logic(node),
            Node::If(condition, one, two) => self.choice(condition, one, two),
            Node::Compare(comparison, one, two) => {
                compare::compare(*comparison, self.compile(one), self.compile(two))
            }
            Node::Among(node, constants) => compare::among(self.compile(node), constants),
            Node::InTexts(text, list) => text::in_texts(self.compile(text), self.compile(list)),
            Node::InList(node, list) => self.in_list(node, list),
            Node::TextTest(test, one, two) => {
                text::test(*test, self.compile(one), self.compile(two))
            }
            Node::Size(node) => text::size(self.compile(node)),
            Node::Currency(node) => match self.compile(node) {
                Typed::Money(money) => Typed::Text(Text::Currency(money)),
                _ => mistyped(),
            },
            Node::Corridor(from, to) => match (self.compile(from), self.compile(to)) {
                (Typed::Text(from), Typed::Text(to)) => {
                    Typed::Text(Text::Corridor(Box::new((from, to))))
                }
                _ => mistyped(),
            },
            Node::Treated(treatment, node) => {
                Typed::Text(Text::Treated(*treatment, Box::new(self.compile(node))))
            }
            Node::Calendar(part, node, zone) => calendar(*part, self.compile(node), zone),
            Node::Length(part, node) => {
                let part = *part;
                match self.compile(node) {
                    Typed::Duration(length) => Typed::Integer(
                        length.map(move |length| part.of(length).ok_or(Failure::Overflow)),
                    ),
                    _ => mistyped(),
                }
            }
            Node::Minor(node) => match self.compile(node) {
                Typed::Money(money) => Typed::Integer(money.map(|money| Ok(money.minor_units))),
                _ => mistyped(),
            },
            Node::Arithmetic(operator, one, two) => {
                arithmetic::arithmetic(*operator, self.compile(one), self.compile(two))
            }
            Node::Negate(node) => arithmetic::negate(self.compile(node)),
            Node::Absolute(node) => arithmetic::absolute(self.compile(node)),
            Node::Extreme(extreme, one, two) => {
                arithmetic::extreme(*extreme, self.compile(one), self.compile(two))
            }
        }
    }

    fn field(&self, id: FieldId) -> Typed {
        match Type::of(self.dictionary.field(id)) {
            Type::Boolean => Typed::Boolean(Operand::Field(id)),
            Type::Integer => Typed::Integer(Operand::Field(id)),
            Type::Decimal => Typed::Decimal(Operand::Field(id)),
            Type::Money => Typed::Money(Operand::Field(id)),
            Type::Instant => Typed::Instant(Operand::Field(id)),
            Type::Duration => Typed::Duration(Operand::Field(id)),
            Type::Text | Type::Token | Type::Corridor => Typed::Text(Text::Field(id)),
            Type::Texts => Typed::Texts(Texts::Field(id)),
        }
    }

    /// A text in a list; two countries need not be put together to be looked for.
    fn in_list(&self, node: &Node, list: &Arc<crate::lists::List>) -> Typed {
        let list = Arc::clone(list);
        if let Node::Corridor(from, to) = node
            && let (Typed::Text(from), Typed::Text(to)) = (self.compile(from), self.compile(to))
        {
            return truth(move |row, missing| {
                let (from, to) = text::two(&from, &to, row, missing)?;
                Ok(list.holds_corridor(&from, &to))
            });
        }
        match self.compile(node) {
            Typed::Text(text) => {
                truth(move |row, missing| Ok(list.holds(&text.get(row, missing)?)))
            }
            _ => mistyped(),
        }
    }
}

fn truth(code: impl Fn(&Row, &mut Missing) -> Result<bool, Gap> + Send + Sync + 'static) -> Typed {
    Typed::Boolean(Operand::Code(Box::new(code)))
}

/// Stands where the checker lets nothing through: types that do not fit. Says so if it is ever asked.
fn mistyped() -> Typed {
    Typed::Boolean(Operand::mistyped())
}

fn constant_code(constant: &Constant) -> Typed {
    match constant {
        Constant::Boolean(truth) => Typed::Boolean(Operand::Constant(*truth)),
        Constant::Integer(n) => Typed::Integer(Operand::Constant(*n)),
        Constant::Decimal(d) => Typed::Decimal(Operand::Constant(*d)),
        Constant::Text(text) => Typed::Text(Text::Constant(text.clone())),
        Constant::Money(money) => Typed::Money(Operand::Constant(*money)),
        Constant::Instant(at) => Typed::Instant(Operand::Constant(*at)),
        Constant::Duration(length) => Typed::Duration(Operand::Constant(*length)),
    }
}

fn calendar(part: CalendarPart, at: Typed, zone: &Zone) -> Typed {
    let zone = zone.clone();
    match at {
        Typed::Instant(at) => {
            Typed::Integer(at.map(move |at| part.of(at, &zone).ok_or(Failure::Overflow)))
        }
        _ => mistyped(),
    }
}
