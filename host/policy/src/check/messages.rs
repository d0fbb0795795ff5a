//! Messages against the dictionary, the parameters, and who reads them.

use weft_diagnostic::yaml::Spanned;
use weft_diagnostic::{Code, Diagnostic, did_you_mean};

use super::PolicyChecker;
use crate::disclosure::Named;
use crate::message::{Message, Part, Piece, Reader, parts};
use crate::policy::Messages;
use crate::source::MessagesSource;
use crate::{codes, limits};

impl PolicyChecker<'_> {
    /// The messages of a policy, or of one of its reasons.
    pub(super) fn messages(&mut self, source: &MessagesSource) -> Messages {
        Messages {
            customer: self.message(Reader::Customer, &source.customer),
            agent: self.message(Reader::Agent, &source.agent),
            auditor: self.message(Reader::Auditor, &source.auditor),
        }
    }

    fn message(&mut self, reader: Reader, written: &Spanned<String>) -> Message {
        let text = &written.value;
        if text.trim().is_empty() {
            let message = format!("messages.{} is empty", reader.as_str());
            let help = "every reader is told something";
            self.refuse(codes::CONTRADICTION, written, message, help);
        }
        let length = text.chars().count();
        if length > limits::MAX_MESSAGE_CHARS {
            let limit = limits::MAX_MESSAGE_CHARS;
            let message = format!("the message has {length} characters, the limit is {limit}");
            self.refuse(codes::MESSAGE, written, message, "shorten it");
        }
        let mut pieces = Vec::new();
        match parts(text) {
            Ok(parts) => {
                for part in parts {
                    pieces.extend(self.piece(reader, written, part));
                }
            }
            Err(at) => {
                let message = "a brace of the message has no other half";
                let help = "write {payment.amount}, and {{ or }} for a brace itself";
                self.refuse_in(written, at, 1, codes::MESSAGE, message, help);
            }
        }
        Message::new(text, pieces)
    }

    fn piece(&mut self, reader: Reader, written: &Spanned<String>, part: Part) -> Option<Piece> {
        let (name, at) = match part {
            Part::Text(text) => return Some(Piece::Text(text)),
            Part::Name(name, at) => (name, at),
        };
        let width = name.chars().count();
        if let Some(own) = name.strip_prefix("parameters.") {
            if let Some(parameter) = self.parameters.parameter(own) {
                return Some(Piece::Parameter(parameter.clone()));
            }
            let near = did_you_mean(own, self.parameters.names());
            let help = near.map_or("declare it under `parameters`".to_owned(), |near| {
                format!("did you mean `parameters.{near}`?")
            });
            let message = format!("there is no parameter `{own}`");
            self.refuse_in(written, at, width, codes::UNKNOWN_NAME, message, help);
            return None;
        }
        let dictionary = self.given.dictionary;
        let Some(field) = dictionary.by_name(&name) else {
            let help = match dictionary.did_you_mean(&name) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "write {section.name} as in dictionary.yaml, and {{ for a brace".to_owned(),
            };
            let message = format!("there is no field `{name}`");
            self.refuse_in(written, at, width, codes::UNKNOWN_NAME, message, help);
            return None;
        };
        if let Some((why, help)) = reader.refuses(field) {
            let message = format!("messages.{}: `{name}` {why}", reader.as_str());
            self.refuse_in(written, at, width, codes::MESSAGE, message, help);
            return None;
        }
        let field = field.id;
        self.named.push(Named {
            reader,
            field,
            place: self.expression(written).map.place(at),
            width,
        });
        Some(Piece::Field(field))
    }

    /// A problem at a character of a text.
    fn refuse_in(
        &mut self,
        text: &Spanned<String>,
        character: usize,
        width: usize,
        code: Code,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let (place, width) = (self.expression(text).map).span(character..character + width);
        let problem = Diagnostic::error(code, self.file, place, message);
        self.problems.push(problem.width(width).help(help));
    }
}
