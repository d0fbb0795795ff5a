//! How long evaluating an expression can take, at most, whatever the row says.
//!
//! The unit is a step: about as long as it takes to compare two numbers. Texts count by the longest that the
//! dictionary lets in, lists by the most entries, both branches of a choice by the dearer one.

use weft_dictionary::{Dictionary, FieldId, Kind, limits as dictionary_limits};

use super::node::{Constant, Node, TextTest};
use super::parameter::Threshold;
use crate::lists::ListKind;

/// Characters that are compared in one step.
const CHARS_A_STEP: u64 = 16;
/// Looking a text up in a list of the set.
const LOOKUP: u64 = 8;
/// Making a text that is not there before.
const NEW_TEXT: u64 = 32;
/// What a clock in a zone shows.
const CALENDAR: u64 = 32;
/// Characters of a code that functions make: a currency, a corridor, a band.
const CODE_CHARS: u64 = 32;

/// What a part of an expression takes, and how large its value can be.
#[derive(Clone, Copy)]
struct Cost {
    steps: u64,
    /// Of a text, or of each text of a list.
    chars: u64,
    /// Of a list.
    entries: u64,
}

/// Steps of an expression, at most.
pub(crate) fn steps(node: &Node, dictionary: &Dictionary) -> u64 {
    Scale { dictionary }.weigh(node).steps
}

struct Scale<'a> {
    dictionary: &'a Dictionary,
}

impl Scale<'_> {
    fn weigh(&self, node: &Node) -> Cost {
        match node {
            Node::Constant(constant) => text(1, chars(constant)),
            Node::Parameter(threshold) => text(1, longest(threshold)),
            Node::Field(id) => self.field(*id),
            Node::Has(_) => value(1),
            Node::Shared(node) => self.weigh(node),
            Node::Not(one) | Node::Negate(one) | Node::Absolute(one) | Node::Minor(one) => {
                value(1 + self.weigh(one).steps)
            }
            Node::Length(_, one) => value(1 + self.weigh(one).steps),
            Node::And(one, two)
            | Node::Or(one, two)
            | Node::Arithmetic(_, one, two)
            | Node::Extreme(_, one, two) => {
                value(1 + self.weigh(one).steps + self.weigh(two).steps)
            }
            Node::If(condition, one, two) => {
                let (one, two) = (self.weigh(one), self.weigh(two));
                Cost {
                    steps: 1 + self.weigh(condition).steps + one.steps.max(two.steps),
                    chars: one.chars.max(two.chars),
                    entries: one.entries.max(two.entries),
                }
            }
            Node::Compare(_, one, two) => {
                let (one, two) = (self.weigh(one), self.weigh(two));
                value(one.steps + two.steps + reading(one.chars.min(two.chars)))
            }
            Node::Among(one, constants) => {
                let one = self.weigh(one);
                let each = |constant| reading(one.chars.min(chars(constant)));
                value(one.steps + constants.iter().map(each).sum::<u64>())
            }
            Node::InTexts(one, list) => {
                let (one, list) = (self.weigh(one), self.weigh(list));
                let each = reading(one.chars.min(list.chars));
                value(one.steps + list.steps + list.entries * each)
            }
            Node::InList(one, list) => {
                let one = self.weigh(one);
                // A corridor is looked for itself, and with any country on either side.
                let lookups = if list.kind() == ListKind::Corridor {
                    3
                } else {
                    1
                };
                value(one.steps + lookups * (LOOKUP + reading(one.chars)))
            }
            Node::TextTest(test, one, two) => {
                let (one, two) = (self.weigh(one), self.weigh(two));
                let read = match test {
                    TextTest::StartsWith | TextTest::EndsWith => reading(one.chars.min(two.chars)),
                    // Searching looks at each character.
                    TextTest::Contains => 1 + one.chars + two.chars,
                };
                value(one.steps + two.steps + read)
            }
            Node::Size(one) => {
                let one = self.weigh(one);
                value(one.steps + reading(one.chars))
            }
            Node::Currency(one) => text(1 + self.weigh(one).steps, CODE_CHARS),
            Node::Corridor(from, to) => {
                let steps = self.weigh(from).steps + self.weigh(to).steps;
                text(NEW_TEXT + steps, CODE_CHARS)
            }
            Node::Treated(_, one) => {
                let one = self.weigh(one);
                text(
                    NEW_TEXT + one.steps + reading(one.chars),
                    one.chars.max(CODE_CHARS),
                )
            }
            Node::Calendar(_, one, _) => value(CALENDAR + self.weigh(one).steps),
        }
    }

    fn field(&self, id: FieldId) -> Cost {
        let field = self.dictionary.field(id);
        let most = field.max_length as u64;
        let entries = match field.kind {
            Kind::Texts => dictionary_limits::MAX_TEXTS as u64,
            _ => 0,
        };
        let chars = match field.kind {
            Kind::Text | Kind::Texts => most,
            Kind::Country => 2,
            _ if field.class.is_tokenised() => most,
            _ => 0,
        };
        Cost {
            steps: 1,
            chars,
            entries,
        }
    }
}

fn value(steps: u64) -> Cost {
    text(steps, 0)
}

fn text(steps: u64, chars: u64) -> Cost {
    Cost {
        steps,
        chars,
        entries: 0,
    }
}

/// Comparing so many characters.
fn reading(chars: u64) -> u64 {
    1 + chars / CHARS_A_STEP
}

fn chars(constant: &Constant) -> u64 {
    match constant {
        Constant::Text(text) => text.len() as u64,
        _ => 0,
    }
}

fn longest(threshold: &Threshold) -> u64 {
    threshold.values.iter().map(chars).max().unwrap_or_default()
}
