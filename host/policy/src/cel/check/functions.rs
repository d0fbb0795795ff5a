//! Functions: which values they take, and what they give.

use cel::common::ast::{Expr, LiteralValue};
use cel::parser::Expression;
use weft_diagnostic::Diagnostic;
use weft_dictionary::{Currency, Money, Treatment};

use super::{Checker, Typed};
use crate::cel::functions::{CalendarPart, Extreme, LengthPart, Zone};
use crate::cel::node::{Constant, Node, TextTest};
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

    /// `payment.at.getHours('Europe/Brussels')` of an instant, `age.getHours()` of a length of time.
    pub(super) fn clock(
        &self,
        at: &Expression,
        name: &str,
        value: &Expression,
        zone: &[Expression],
    ) -> Result<Typed, Diagnostic> {
        let typed = self.expression(value)?;
        let (inner, size) = (Box::new(typed.node), typed.size + 1);
        let node = match (
            typed.kind,
            CalendarPart::named(name),
            LengthPart::named(name),
        ) {
            (Type::Instant, Some(part), _) => Node::Calendar(part, inner, self.zone(at, zone)?),
            (Type::Duration, _, Some(part)) if zone.is_empty() => Node::Length(part, inner),
            (kind, ..) => {
                let message = format!("{kind} has no `{name}` with these arguments");
                let help = "write instant.getHours('Europe/Brussels') or duration.getHours()";
                return Err(self.error(at, codes::TYPES, message).help(help));
            }
        };
        Ok(Typed {
            node,
            kind: Type::Integer,
            size,
        })
    }

    fn zone(&self, at: &Expression, zone: &[Expression]) -> Result<Zone, Diagnostic> {
        let Some(written) = zone.first() else {
            return Ok(Zone::utc());
        };
        let help = "write a name of the IANA database such as 'Europe/Brussels', or '+05:30'";
        let Some(name) = literal_text(written).filter(|_| zone.len() == 1) else {
            let message = "a time zone is written as one text";
            return Err(self.error(at, codes::TYPES, message).help(help));
        };
        Zone::named(name).ok_or_else(|| {
            let message = format!("there is no time zone `{name}`");
            self.error(written, codes::UNKNOWN_NAME, message).help(help)
        })
    }

    pub(super) fn absolute(&self, one: &Expression) -> Result<Typed, Diagnostic> {
        let typed = self.expression(one)?;
        if !(typed.kind.is_number() || typed.kind == Type::Money) {
            let message = format!("{} has no sign", typed.kind);
            return Err(self.error(one, codes::TYPES, message));
        }
        Ok(Typed {
            node: Node::Absolute(Box::new(typed.node)),
            kind: typed.kind,
            size: typed.size + 1,
        })
    }

    /// `math.least` and `math.greatest` of two.
    pub(super) fn extreme(
        &self,
        at: &Expression,
        extreme: Extreme,
        one: &Expression,
        two: &Expression,
    ) -> Result<Typed, Diagnostic> {
        let one = self.expression(one)?;
        let two = self.of(two, one.kind)?;
        if !one.kind.is_ordered() {
            let message = format!("{} has no order", one.kind);
            return Err(self.error(at, codes::TYPES, message));
        }
        self.same_currency(at, &one.node, &two.node)?;
        let size = one.size + two.size + 1;
        Ok(Typed {
            node: Node::Extreme(extreme, Box::new(one.node), Box::new(two.node)),
            kind: one.kind,
            size,
        })
    }

    pub(super) fn band(&self, one: &Expression) -> Result<Typed, Diagnostic> {
        let typed = self.expression(one)?;
        if !typed.kind.is_ordered() {
            let message = format!("{} has no band", typed.kind);
            return Err(self.error(one, codes::TYPES, message));
        }
        Ok(Typed {
            node: Node::Treated(Treatment::Band, Box::new(typed.node)),
            kind: Type::Text,
            size: typed.size + 1,
        })
    }

    pub(super) fn mask(&self, one: &Expression) -> Result<Typed, Diagnostic> {
        self.function(one, Type::Text, Type::Text, |text| {
            Node::Treated(Treatment::Masked, text)
        })
    }

    pub(super) fn corridor(&self, from: &Expression, to: &Expression) -> Result<Typed, Diagnostic> {
        let sides = [from, to];
        let (from, to) = (self.of(from, Type::Text)?, self.of(to, Type::Text)?);
        self.known_country(sides[0], &from.node)?;
        self.known_country(sides[1], &to.node)?;
        let size = from.size + to.size + 1;
        Ok(Typed {
            node: Node::Corridor(Box::new(from.node), Box::new(to.node)),
            kind: Type::Corridor,
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
