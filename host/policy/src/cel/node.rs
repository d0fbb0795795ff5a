//! The checked form of expressions: what rules are made of once names and types were found right.
//!
//! It is compiled to be evaluated (`compile`), said in words, weighed, and looked through for what it rests on.

use std::cmp::Ordering;
use std::sync::Arc;

use rust_decimal::Decimal;
use weft_dictionary::{Currency, DurationMs, FieldId, Money, Timestamp, Treatment, Value};

use super::functions::{CalendarPart, Extreme, LengthPart, Zone};
use super::parameter::Threshold;
use crate::lists::List;

/// An expression whose names and types were checked.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Constant(Constant),
    Field(FieldId),
    Has(FieldId),
    /// A variable of the policy.
    Shared(Arc<Node>),
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
    If(Box<Node>, Box<Node>, Box<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    /// A value among constants.
    Among(Box<Node>, Vec<Constant>),
    /// A text in a list of texts.
    InTexts(Box<Node>, Box<Node>),
    Arithmetic(Operator, Box<Node>, Box<Node>),
    Negate(Box<Node>),
    TextTest(TextTest, Box<Node>, Box<Node>),
    Size(Box<Node>),
    Currency(Box<Node>),
    Minor(Box<Node>),
    /// A threshold of the policy.
    Parameter(Arc<Threshold>),
    /// A text in a list of the set.
    InList(Box<Node>, Arc<List>),
    /// From one country to another: `BE>IN`.
    Corridor(Box<Node>, Box<Node>),
    /// What a clock in a zone shows.
    Calendar(CalendarPart, Box<Node>, Zone),
    /// Whole units of a length of time.
    Length(LengthPart, Box<Node>),
    Absolute(Box<Node>),
    /// The least or greatest of two.
    Extreme(Extreme, Box<Node>, Box<Node>),
    /// A value as a reader with a treatment gets it: a text.
    Treated(Treatment, Box<Node>),
}

/// A value that stands in the expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Constant {
    Boolean(bool),
    Integer(i64),
    Decimal(Decimal),
    Text(Box<str>),
    Money(Money),
    Instant(Timestamp),
    Duration(DurationMs),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextTest {
    StartsWith,
    EndsWith,
    Contains,
}

impl Constant {
    /// Of an amount.
    pub(crate) fn currency(&self) -> Option<Currency> {
        match self {
            Constant::Money(money) => Some(money.currency),
            _ => None,
        }
    }

    /// The value as a row would hold it.
    pub(crate) fn value(&self) -> Value {
        match self {
            Constant::Boolean(truth) => Value::Boolean(*truth),
            Constant::Integer(n) => Value::Integer(*n),
            Constant::Decimal(d) => Value::Decimal(*d),
            Constant::Text(text) => Value::Text(text.clone()),
            Constant::Money(money) => Value::Money(*money),
            Constant::Instant(at) => Value::Instant(*at),
            Constant::Duration(length) => Value::Duration(*length),
        }
    }
}

impl Comparison {
    pub(crate) fn holds(self, order: Ordering) -> bool {
        match self {
            Comparison::Equal => order.is_eq(),
            Comparison::NotEqual => order.is_ne(),
            Comparison::Less => order.is_lt(),
            Comparison::LessOrEqual => order.is_le(),
            Comparison::Greater => order.is_gt(),
            Comparison::GreaterOrEqual => order.is_ge(),
        }
    }
}

impl Node {
    /// The fact that it is, if it is one.
    pub(crate) fn field(&self) -> Option<FieldId> {
        match self {
            Node::Field(id) => Some(*id),
            Node::Shared(inner) => inner.field(),
            _ => None,
        }
    }

    /// The expressions that it is made of, in the order of writing.
    pub(crate) fn children(&self) -> Vec<&Node> {
        match self {
            Node::Constant(_) | Node::Field(_) | Node::Has(_) | Node::Parameter(_) => Vec::new(),
            Node::Shared(one) => vec![one],
            Node::Not(one)
            | Node::Among(one, _)
            | Node::Negate(one)
            | Node::Size(one)
            | Node::Currency(one)
            | Node::Minor(one)
            | Node::InList(one, _)
            | Node::Calendar(_, one, _)
            | Node::Length(_, one)
            | Node::Absolute(one)
            | Node::Treated(_, one) => vec![one],
            Node::And(one, two)
            | Node::Or(one, two)
            | Node::Compare(_, one, two)
            | Node::InTexts(one, two)
            | Node::Arithmetic(_, one, two)
            | Node::TextTest(_, one, two)
            | Node::Corridor(one, two)
            | Node::Extreme(_, one, two) => vec![one, two],
            Node::If(condition, one, two) => vec![condition, one, two],
        }
    }

    /// How many expressions it is made of, itself among them.
    pub(crate) fn size(&self) -> usize {
        let children = self.children().into_iter();
        1 + children.map(Node::size).sum::<usize>()
    }

    /// The condition of the first either-or that gives a value.
    pub(crate) fn first_choice(&self) -> Option<&Node> {
        match self {
            Node::If(condition, ..) => Some(condition),
            other => other.children().into_iter().find_map(Node::first_choice),
        }
    }

    /// The same with a branch in place of the first either-or.
    pub(crate) fn chosen(&self, first: bool) -> Node {
        let mut copy = self.clone();
        copy.choose(first);
        copy
    }

    fn choose(&mut self, first: bool) -> bool {
        if let Node::If(_, one, two) = self {
            let branch = if first { one } else { two };
            let branch = std::mem::replace(&mut **branch, Node::Constant(Constant::Boolean(false)));
            *self = branch;
            return true;
        }
        let mut children = self.children_mut().into_iter();
        children.any(|child| child.choose(first))
    }

    /// The same, to be changed. A variable that others use, too, is copied first.
    pub(crate) fn children_mut(&mut self) -> Vec<&mut Node> {
        match self {
            Node::Constant(_) | Node::Field(_) | Node::Has(_) | Node::Parameter(_) => Vec::new(),
            Node::Shared(one) => vec![Arc::make_mut(one)],
            Node::Not(one)
            | Node::Among(one, _)
            | Node::Negate(one)
            | Node::Size(one)
            | Node::Currency(one)
            | Node::Minor(one)
            | Node::InList(one, _)
            | Node::Calendar(_, one, _)
            | Node::Length(_, one)
            | Node::Absolute(one)
            | Node::Treated(_, one) => vec![one],
            Node::And(one, two)
            | Node::Or(one, two)
            | Node::Compare(_, one, two)
            | Node::InTexts(one, two)
            | Node::Arithmetic(_, one, two)
            | Node::TextTest(_, one, two)
            | Node::Corridor(one, two)
            | Node::Extreme(_, one, two) => vec![one, two],
            Node::If(condition, one, two) => vec![condition, one, two],
        }
    }
}
