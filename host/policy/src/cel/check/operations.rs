//! Operators: which types they take, and what they give.

use cel::common::ast::{Expr, operators};
use cel::parser::Expression;
use weft_diagnostic::Diagnostic;
use weft_dictionary::Currency;

use super::lists::named_list;
use super::{Checker, Typed, remedy};
use crate::cel::node::{Comparison, Constant, Node, Operator};
use crate::cel::types::Type;
use crate::codes;

impl Checker<'_> {
    pub(super) fn logic(
        &self,
        one: &Expression,
        two: &Expression,
        node: fn(Box<Node>, Box<Node>) -> Node,
    ) -> Result<Typed, Diagnostic> {
        let (one, two) = (self.boolean(one)?, self.boolean(two)?);
        let size = one.size + two.size + 1;
        Ok(Typed {
            node: node(Box::new(one.node), Box::new(two.node)),
            kind: Type::Boolean,
            size,
        })
    }

    pub(super) fn conditional(
        &self,
        condition: &Expression,
        one: &Expression,
        two: &Expression,
    ) -> Result<Typed, Diagnostic> {
        let condition = self.boolean(condition)?;
        let one = self.expression(one)?;
        let two = self.of(two, one.kind)?;
        let size = condition.size + one.size + two.size + 1;
        let node = Node::If(
            Box::new(condition.node),
            Box::new(one.node),
            Box::new(two.node),
        );
        Ok(Typed {
            node,
            kind: one.kind,
            size,
        })
    }

    pub(super) fn comparison(
        &self,
        at: &Expression,
        name: &str,
        one: &Expression,
        two: &Expression,
    ) -> Result<Typed, Diagnostic> {
        let comparison = comparison(name).unwrap_or(Comparison::Equal);
        let (left, right) = (self.expression(one)?, self.expression(two)?);
        if !left.kind.compares_with(right.kind) {
            let message = format!("{} cannot be compared with {}", left.kind, right.kind);
            return Err(self
                .error(at, codes::TYPES, message)
                .help(remedy(left.kind)));
        }
        let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if left.kind == Type::Texts || !(equality || left.kind.is_ordered()) {
            let message = format!("{} has no order", left.kind);
            return Err(self
                .error(at, codes::TYPES, message)
                .help("compare with == or use `in`"));
        }
        self.same_currency(at, &left.node, &right.node)?;
        if equality {
            self.may_be_same(at, (one, &left.node), (two, &right.node))?;
        }
        let size = left.size + right.size + 1;
        let node = Node::Compare(comparison, Box::new(left.node), Box::new(right.node));
        Ok(Typed {
            node,
            kind: Type::Boolean,
            size,
        })
    }

    pub(super) fn same_currency(
        &self,
        at: &Expression,
        one: &Node,
        two: &Node,
    ) -> Result<(), Diagnostic> {
        match (currency_of(one), currency_of(two)) {
            (Some(one), Some(two)) if one != two => {
                let message = format!("an amount in {one} meets one in {two}");
                Err(self
                    .error(at, codes::TYPES, message)
                    .help("keep to one currency"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn arithmetic(
        &self,
        at: &Expression,
        name: &str,
        one: &Expression,
        two: &Expression,
    ) -> Result<Typed, Diagnostic> {
        let operator = operator(name).unwrap_or(Operator::Add);
        let (left, right) = (self.expression(one)?, self.expression(two)?);
        let Some(kind) = arithmetic_type(operator, left.kind, right.kind) else {
            let message = format!(
                "{} and {} cannot be put together by this operator",
                left.kind, right.kind
            );
            return Err(self
                .error(at, codes::TYPES, message)
                .help("see policies/README.md for what can"));
        };
        self.same_currency(at, &left.node, &right.node)?;
        let size = left.size + right.size + 1;
        Ok(Typed {
            node: Node::Arithmetic(operator, Box::new(left.node), Box::new(right.node)),
            kind,
            size,
        })
    }

    pub(super) fn negate(&self, one: &Expression) -> Result<Typed, Diagnostic> {
        let typed = self.expression(one)?;
        let negative = match &typed.node {
            Node::Constant(Constant::Integer(n)) => n.checked_neg(),
            _ => None,
        };
        match (typed.node, negative) {
            (_, Some(n)) => Ok(Typed {
                node: Node::Constant(Constant::Integer(n)),
                kind: Type::Integer,
                size: 1,
            }),
            (node, None) if typed.kind.is_number() => Ok(Typed {
                node: Node::Negate(Box::new(node)),
                kind: typed.kind,
                size: typed.size + 1,
            }),
            (_, None) => {
                Err(self.error(one, codes::TYPES, format!("{} has no negative", typed.kind)))
            }
        }
    }

    pub(super) fn membership(
        &self,
        value: &Expression,
        list: &Expression,
    ) -> Result<Typed, Diagnostic> {
        let typed = self.expression(value)?;
        if let Some(name) = named_list(&list.expr) {
            return self.named_membership(value, typed, list, &name);
        }
        let Expr::List(literal) = &list.expr else {
            let texts = self.of(list, Type::Texts)?;
            if typed.kind != Type::Text {
                return Err(self.error(
                    value,
                    codes::TYPES,
                    format!("{} is never in a list of texts", typed.kind),
                ));
            }
            let size = typed.size + texts.size + 1;
            let node = Node::InTexts(Box::new(typed.node), Box::new(texts.node));
            return Ok(Typed {
                node,
                kind: Type::Boolean,
                size,
            });
        };
        let mut constants = Vec::new();
        for element in &literal.elements {
            let checked = self.expression(element)?;
            if !matches!(checked.node, Node::Constant(_)) {
                return Err(self.unsupported(
                    element,
                    "lists of anything but constants",
                    "write the values out",
                ));
            }
            if !typed.kind.compares_with(checked.kind) {
                let message = format!(
                    "{} is never among these: this is {}",
                    typed.kind, checked.kind
                );
                return Err(self
                    .error(element, codes::TYPES, message)
                    .help(remedy(typed.kind)));
            }
            self.known_word(&typed.node, element, &checked.node)?;
            if let Node::Constant(constant) = checked.node {
                constants.push(constant);
            }
        }
        let size = typed.size + constants.len() + 1;
        Ok(Typed {
            node: Node::Among(Box::new(typed.node), constants),
            kind: Type::Boolean,
            size,
        })
    }
}

fn currency_of(node: &Node) -> Option<Currency> {
    match node {
        Node::Constant(constant) => constant.currency(),
        Node::Parameter(threshold) => threshold.values[0].currency(),
        Node::Shared(node) => currency_of(node),
        Node::Absolute(node) => currency_of(node),
        Node::Extreme(_, one, two) => currency_of(one).or_else(|| currency_of(two)),
        Node::Arithmetic(_, one, two) => currency_of(one).or_else(|| currency_of(two)),
        _ => None,
    }
}

pub(super) fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        operators::EQUALS => Comparison::Equal,
        operators::NOT_EQUALS => Comparison::NotEqual,
        operators::LESS => Comparison::Less,
        operators::LESS_EQUALS => Comparison::LessOrEqual,
        operators::GREATER => Comparison::Greater,
        operators::GREATER_EQUALS => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

pub(super) fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        operators::ADD => Operator::Add,
        operators::SUBSTRACT => Operator::Subtract,
        operators::MULTIPLY => Operator::Multiply,
        _ => return None,
    })
}

fn arithmetic_type(operator: Operator, one: Type, two: Type) -> Option<Type> {
    use Operator::{Add, Multiply, Subtract};
    use Type::{Decimal, Duration, Instant, Integer, Money};
    Some(match (operator, one, two) {
        (_, Integer, Integer) => Integer,
        (_, Integer | Decimal, Integer | Decimal) => Decimal,
        (Add | Subtract, Money, Money)
        | (Multiply, Money, Integer)
        | (Multiply, Integer, Money) => Money,
        (Add | Subtract, Duration, Duration) | (Subtract, Instant, Instant) => Duration,
        (Add | Subtract, Instant, Duration) | (Add, Duration, Instant) => Instant,
        _ => return None,
    })
}
