//! Messages to readers, with facts and parameters in them.
//!
//! Which facts a message may name is checked when the file is loaded; what of them a reader is shown is
//! the engine's to say for each decision.

use std::fmt;

use weft_dictionary::{Class, Field, FieldId, Origin, Row, Value};

use crate::parameters::Parameter;

/// What stands in place of a fact that the reader is not shown.
pub const NOT_SHOWN: &str = "not shown";

/// To whom a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reader {
    /// Who pays.
    Customer,
    /// The support agent.
    Agent,
    /// Who audits.
    Auditor,
}

impl Reader {
    /// The key in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Reader::Customer => "customer",
            Reader::Agent => "agent",
            Reader::Auditor => "auditor",
        }
    }

    /// Why messages to this reader never name a field, and what to do; none if they may.
    pub(crate) fn refuses(self, field: &Field) -> Option<(&'static str, &'static str)> {
        let remove = "remove it from the message";
        if field.class == Class::Secret {
            return Some(("is a secret: no reader ever sees it", remove));
        }
        if field.class.is_tokenised() {
            return Some(("is a token, which says nothing to a reader", remove));
        }
        match self {
            Reader::Customer if !is_own_payment(field) => {
                Some(("is not about the customer's own payment", remove))
            }
            Reader::Auditor if field.class == Class::Personal => Some((
                "is personal: messages to auditors name what is public or operational",
                remove,
            )),
            _ => None,
        }
    }
}

/// Whether a field is what the customer's own request says, or what became of the payment.
fn is_own_payment(field: &Field) -> bool {
    let said = matches!(field.origin, Origin::Request | Origin::Derived { .. });
    let of_support = ["agent", "case", "session"].contains(&field.section());
    field.section() == "payment" || (said && !of_support)
}

/// A message to one reader.
#[derive(Debug, Clone)]
pub struct Message {
    written: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone)]
pub(crate) enum Piece {
    Text(String),
    Field(FieldId),
    Parameter(Parameter),
}

impl Message {
    pub(crate) fn new(written: &str, pieces: Vec<Piece>) -> Message {
        Message {
            written: written.to_owned(),
            pieces,
        }
    }

    /// As it stands in the file.
    pub fn as_written(&self) -> &str {
        &self.written
    }

    /// The facts that it names.
    pub fn fields(&self) -> impl Iterator<Item = FieldId> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Field(id) => Some(*id),
            Piece::Text(_) | Piece::Parameter(_) => None,
        })
    }

    /// Whether it reads the same for every row.
    pub fn is_fixed(&self) -> bool {
        let fixed = |piece: &Piece| match piece {
            Piece::Text(_) => true,
            Piece::Field(_) => false,
            Piece::Parameter(parameter) => !parameter.follows_threat(),
        };
        self.pieces.iter().all(fixed)
    }

    /// The message about a row. `shown` says what the reader gets of a fact; where it gets nothing, the
    /// message says so.
    pub fn render(&self, row: &Row, shown: impl Fn(FieldId, &Value) -> Option<Value>) -> String {
        let mut text = String::with_capacity(self.written.len());
        for piece in &self.pieces {
            match piece {
                Piece::Text(fixed) => text.push_str(fixed),
                Piece::Field(id) => {
                    let shown = row.get(*id).and_then(|value| shown(*id, value));
                    let words = shown.map(|value| words(&value));
                    text.push_str(words.as_deref().unwrap_or(NOT_SHOWN));
                }
                Piece::Parameter(parameter) => {
                    let value = parameter.value_for(row);
                    text.push_str(value.as_deref().unwrap_or(NOT_SHOWN));
                }
            }
        }
        text
    }
}

/// As it stands in the file.
impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// Two messages are the same when they are written the same, in the same policy.
impl PartialEq for Message {
    fn eq(&self, other: &Message) -> bool {
        self.written == other.written
    }
}

impl Eq for Message {}

/// A value as people read it.
pub(crate) fn words(value: &Value) -> String {
    match value {
        Value::Boolean(true) => "yes".to_owned(),
        Value::Boolean(false) => "no".to_owned(),
        Value::Integer(n) => n.to_string(),
        Value::Decimal(d) => d.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Money(money) => money.to_string(),
        Value::Instant(at) => at.to_string(),
        Value::Duration(length) => length.to_string(),
        Value::Texts(texts) => texts.join(", "),
        // Refused when the file was loaded.
        Value::Token(_) => NOT_SHOWN.to_owned(),
    }
}

/// A part of a message as written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(String),
    /// A name within braces, and at which character it begins.
    Name(String, usize),
}

/// The parts of a message, or the character at which it cannot be read.
pub(crate) fn parts(written: &str) -> Result<Vec<Part>, usize> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut characters = written.chars().enumerate().peekable();
    while let Some((at, c)) = characters.next() {
        let doubled = characters.next_if(|(_, next)| *next == c && (c == '{' || c == '}'));
        match c {
            _ if doubled.is_some() => text.push(c),
            '{' => {
                let mut name = String::new();
                loop {
                    match characters.next() {
                        Some((_, '}')) => break,
                        Some((_, '{')) | None => return Err(at),
                        Some((_, c)) => name.push(c),
                    }
                }
                if !text.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut text)));
                }
                parts.push(Part::Name(name, at + 1));
            }
            '}' => return Err(at),
            _ => text.push(c),
        }
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::{Part, parts};

    #[test]
    fn braces_are_names_and_doubled_ones_are_braces() {
        let text = |text: &str| Part::Text(text.to_owned());
        let name = |name: &str, at| Part::Name(name.to_owned(), at);
        assert_eq!(
            parts("{a.b} of {{x}} is é{c.d}"),
            Ok(vec![name("a.b", 1), text(" of {x} is é"), name("c.d", 20)])
        );
        assert_eq!(parts(""), Ok(vec![]));
        for (wrong, at) in [("a {b", 2), ("a } b", 2), ("{a {b}", 0), ("x{", 1)] {
            assert_eq!(parts(wrong), Err(at), "{wrong}");
        }
    }
}
