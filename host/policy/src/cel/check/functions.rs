//! Functions: which values they take, and what they give.

use cel::common::ast::{Expr, LiteralValue};
use cel::parser::Expression;
use weft_diagnostic::Diagnostic;
use weft_dictionary::{Currency, Money};

use super::{Checker, Typed};
use crate::cel::eval::{Constant, Node, TextTest};
use crate::cel::types::Type;
use crate::codes;

impl Checker<'_> {
    pub(super) fn function(
        &self,
        one: &Expression,
        takes: Type,
        gives: Type,
        node: fn(Box<Node>) -> Node,
    ) -> Result<Typed, Diagnostic> {
        let one = self.of(one, takes)?;
        Ok(Typed {
            node: node(Box::new(one.node)),
            kind: gives,
            size: one.size + 1,
        })
    }

    pub(super) fn size(&self, one: &Expression) -> Result<Typed, Diagnostic> {
        let typed = self.expression(one)?;
        if !matches!(typed.kind, Type::Text | Type::Texts) {
            return Err(self.error(one, codes::TYPES, format!("{} has no size", typed.kind)));
        }
        Ok(Typed {
            node: Node::Size(Box::new(typed.node)),
            kind: Type::Integer,
            size: typed.size + 1,
        })
    }

    pub(super) fn text_test(
        &self,
        test: TextTest,
        text: &Expression,
        part: &Expression,
    ) -> Result<Typed, Diagnostic> {
        let (text, part) = (self.of(text, Type::Text)?, self.of(part, Type::Text)?);
        let size = text.size + part.size + 1;
        let node = Node::TextTest(test, Box::new(text.node), Box::new(part.node));
        Ok(Typed {
            node,
            kind: Type::Boolean,
            size,
        })
    }

    /// A constant that is written as a text.
    pub(super) fn written(
        &self,
        at: &Expression,
        text: &Expression,
        example: &str,
        read: impl Fn(&str) -> Option<(Constant, Type)>,
    ) -> Result<Typed, Diagnostic> {
        let read = literal_text(text).and_then(read);
        let Some((constant, kind)) = read else {
            return Err(self
                .error(at, codes::TYPES, "this cannot be read")
                .help(format!("write {example}")));
        };
        Ok(Typed {
            node: Node::Constant(constant),
            kind,
            size: 1,
        })
    }

    pub(super) fn money(
        &self,
        at: &Expression,
        amount: &Expression,
        currency: &Expression,
    ) -> Result<Typed, Diagnostic> {
        let (Some(amount), Some(code)) = (literal_text(amount), literal_text(currency)) else {
            let message = "an amount is written as two texts";
            return Err(self
                .error(at, codes::TYPES, message)
                .help("write money('12.50', 'EUR')"));
        };
        let money = Currency::from_code(code).and_then(|currency| Money::parse(amount, currency));
        match money {
            Ok(money) => Ok(Typed {
                node: Node::Constant(Constant::Money(money)),
                kind: Type::Money,
                size: 1,
            }),
            Err(why) => Err(self
                .error(at, codes::TYPES, why.to_string())
                .help("write money('12.50', 'EUR')")),
        }
    }
}

fn literal_text(expression: &Expression) -> Option<&str> {
    match &expression.expr {
        Expr::Literal(LiteralValue::String(text)) => Some(text.inner()),
        _ => None,
    }
}
