//! Checked expressions in plain words, for people who read no CEL.
//!
//! What is said is made from the checked form and the titles of the dictionary, never written beside it,
//! so it cannot say something else than the rule does.

use weft_dictionary::{Dictionary, FieldId, Value};

use crate::cel::functions::Extreme;
use crate::cel::node::{Comparison, Constant, Node, Operator, TextTest};
use crate::cel::parameter::Threshold;
use crate::policy::{Condition, Rule};

/// A condition in words: a sentence, or several of which all or any hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// One sentence without a full stop.
    Say(String),
    /// All of these hold.
    All(Vec<Words>),
    /// At least one of these holds.
    Any(Vec<Words>),
}

impl Rule {
    /// When it fires.
    pub fn words(&self, dictionary: &Dictionary) -> Words {
        Speaker { dictionary }.truth(&self.when, true)
    }
}

impl Condition {
    /// When it holds.
    pub fn words(&self, dictionary: &Dictionary) -> Words {
        Speaker { dictionary }.truth(&self.expression, true)
    }
}

impl Words {
    /// On one line, with brackets where they are needed.
    pub fn one_line(&self) -> String {
        self.line(false)
    }

    fn line(&self, inner: bool) -> String {
        let (parts, joiner) = match self {
            Words::Say(text) => return text.clone(),
            Words::All(parts) => (parts, " and "),
            Words::Any(parts) => (parts, " or "),
        };
        let lines: Vec<String> = parts.iter().map(|part| part.line(true)).collect();
        let joined = lines.join(joiner);
        if inner { format!("({joined})") } else { joined }
    }

    /// All or any of two, without nesting the same kind.
    fn join(self, other: Words, all: bool) -> Words {
        let parts = [self, other].into_iter().flat_map(|words| match words {
            Words::All(parts) if all => parts,
            Words::Any(parts) if !all => parts,
            other => vec![other],
        });
        if all {
            Words::All(parts.collect())
        } else {
            Words::Any(parts.collect())
        }
    }
}

pub(crate) struct Speaker<'a> {
    pub(crate) dictionary: &'a Dictionary,
}

impl Speaker<'_> {
    /// A boolean expression, or its contrary.
    pub(crate) fn truth(&self, node: &Node, holds: bool) -> Words {
        match node {
            Node::Not(inner) => self.truth(inner, !holds),
            // The contrary of "all" is "any of the contraries" (De Morgan).
            Node::And(one, two) => self.truth(one, holds).join(self.truth(two, holds), holds),
            Node::Or(one, two) => self.truth(one, holds).join(self.truth(two, holds), !holds),
            Node::If(condition, one, two) => {
                let when = self
                    .truth(condition, true)
                    .join(self.truth(one, holds), true);
                let otherwise = self
                    .truth(condition, false)
                    .join(self.truth(two, holds), true);
                when.join(otherwise, false)
            }
            Node::Shared(inner) => self.truth(inner, holds),
            other => Words::Say(self.sentence(other, holds)),
        }
    }

    fn sentence(&self, node: &Node, holds: bool) -> String {
        let yes = |yes: &'static str, no: &'static str| if holds { yes } else { no };
        match node {
            Node::Constant(Constant::Boolean(truth)) => yes_no(*truth == holds).to_owned(),
            Node::Has(id) => format!("{} {}", self.title(*id), yes("is known", "is not known")),
            Node::Compare(comparison, one, two) => {
                let comparison = if holds {
                    *comparison
                } else {
                    comparison.contrary()
                };
                let (one, two) = (self.value(one), self.value(two));
                format!("{one} {} {two}", comparison.words())
            }
            Node::Among(value, constants) => {
                let among: Vec<String> = constants.iter().map(constant).collect();
                let value = self.value(value);
                format!(
                    "{value} {} {}",
                    yes("is one of", "is none of"),
                    among.join(", ")
                )
            }
            Node::InTexts(value, list) => {
                let (value, list) = (self.value(value), self.value(list));
                format!("{value} {} {list}", yes("is in", "is not in"))
            }
            Node::TextTest(test, one, two) => {
                let (one, two) = (self.value(one), self.value(two));
                format!("{one} {} {two}", test.words(holds))
            }
            Node::InList(value, list) => {
                let value = self.value(value);
                let is = yes("is in the list", "is not in the list");
                format!("{value} {is} {} ({})", list.title(), list.name())
            }
            // A boolean fact.
            other => format!("{}: {}", self.value(other), yes_no(holds)),
        }
    }

    /// An expression that is not true or false.
    fn value(&self, node: &Node) -> String {
        match node {
            Node::Constant(value) => constant(value),
            Node::Field(id) => self.title(*id),
            Node::Shared(inner) => self.value(inner),
            Node::Negate(inner) => format!("minus {}", self.value(inner)),
            Node::Size(inner) => format!("the length of {}", self.value(inner)),
            Node::Currency(inner) => format!("the currency of {}", self.value(inner)),
            Node::Minor(inner) => format!("{} in minor units", self.value(inner)),
            Node::Arithmetic(operator, one, two) => {
                format!(
                    "({} {} {})",
                    self.value(one),
                    operator.words(),
                    self.value(two)
                )
            }
            Node::Parameter(threshold) => self.threshold(threshold),
            Node::Corridor(from, to) => {
                format!(
                    "the corridor from {} to {}",
                    self.value(from),
                    self.value(to)
                )
            }
            Node::Calendar(part, at, zone) => {
                format!("the {part} of {} ({})", self.value(at), zone.name())
            }
            Node::Length(part, length) => format!("the {part} of {}", self.value(length)),
            Node::Absolute(inner) => format!("{} without its sign", self.value(inner)),
            Node::Extreme(extreme, one, two) => {
                let which = match extreme {
                    Extreme::Least => "lesser",
                    Extreme::Greatest => "greater",
                };
                format!("the {which} of {} and {}", self.value(one), self.value(two))
            }
            Node::Treated(treatment, inner) => {
                format!("{} as {}", self.value(inner), treatment.as_str())
            }
            Node::If(condition, one, two) => format!(
                "({} if {}, otherwise {})",
                self.value(one),
                self.truth(condition, true).one_line(),
                self.value(two)
            ),
            truth => format!("whether {}", self.truth(truth, true).one_line()),
        }
    }

    /// A threshold by its name and its values.
    fn threshold(&self, threshold: &Threshold) -> String {
        let base = constant(&threshold.values[0]);
        if threshold.level.is_none() {
            return format!("{base} ({})", threshold.name);
        }
        let levels: Vec<String> = (1..)
            .zip(&threshold.values[1..])
            .map(|(level, value)| format!("{} at threat {level}", constant(value)))
            .collect();
        format!("{base} ({}; {})", threshold.name, levels.join(", "))
    }

    /// A field by its title, and by its name, which titles of several sections can share.
    fn title(&self, id: FieldId) -> String {
        let field = self.dictionary.field(id);
        format!("{} ({})", field.title, field.name)
    }
}

/// A value of an example, as people read it. Tokens stand for something that nobody is to see.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Token(token) => format!("a token ({})", token.as_str()),
        Value::Texts(texts) if texts.is_empty() => "an empty list".to_owned(),
        Value::Text(text) if text.is_empty() => "an empty text".to_owned(),
        other => crate::message::words(other),
    }
}

fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

fn constant(constant: &Constant) -> String {
    match constant {
        Constant::Boolean(truth) => yes_no(*truth).to_owned(),
        Constant::Integer(n) => n.to_string(),
        Constant::Decimal(d) => d.to_string(),
        Constant::Text(text) => format!("“{text}”"),
        Constant::Money(money) => format!("{} {}", money.amount(), money.currency.code()),
        Constant::Instant(at) => at.to_string(),
        Constant::Duration(length) => length.to_string(),
    }
}

impl Comparison {
    /// What holds of two values that compare when this does not.
    pub(crate) fn contrary(self) -> Comparison {
        match self {
            Comparison::Equal => Comparison::NotEqual,
            Comparison::NotEqual => Comparison::Equal,
            Comparison::Less => Comparison::GreaterOrEqual,
            Comparison::LessOrEqual => Comparison::Greater,
            Comparison::Greater => Comparison::LessOrEqual,
            Comparison::GreaterOrEqual => Comparison::Less,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Comparison::Equal => "is",
            Comparison::NotEqual => "is not",
            Comparison::Less => "is less than",
            Comparison::LessOrEqual => "is at most",
            Comparison::Greater => "is more than",
            Comparison::GreaterOrEqual => "is at least",
        }
    }
}

impl Operator {
    fn words(self) -> &'static str {
        match self {
            Operator::Add => "plus",
            Operator::Subtract => "minus",
            Operator::Multiply => "times",
        }
    }
}

impl TextTest {
    fn words(self, holds: bool) -> &'static str {
        match (self, holds) {
            (TextTest::StartsWith, true) => "begins with",
            (TextTest::StartsWith, false) => "does not begin with",
            (TextTest::EndsWith, true) => "ends with",
            (TextTest::EndsWith, false) => "does not end with",
            (TextTest::Contains, true) => "contains",
            (TextTest::Contains, false) => "does not contain",
        }
    }
}
