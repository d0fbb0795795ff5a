//! Comparisons that never hold whatever the facts are: beyond the least or most that their parts can be, a text
//! longer than its field takes, an odd number as the double of something.

use weft_dictionary::Dictionary;

use crate::cel::measured::{Facts, Ranges};
use crate::cel::node::{Comparison, Constant, Node, Operator};
use crate::cel::types::Type;
use crate::words::Speaker;

/// Why a condition cannot hold, or, if `holds` is false, why its contrary cannot; none if it may.
pub(super) fn impossible(node: &Node, holds: bool, dictionary: &Dictionary) -> Option<Vec<String>> {
    let ranges = Ranges {
        dictionary,
        facts: Facts::Any,
    };
    Impossible { ranges }.why(node, holds)
}

struct Impossible<'a> {
    ranges: Ranges<'a>,
}

impl Impossible<'_> {
    fn why(&self, node: &Node, holds: bool) -> Option<Vec<String>> {
        let leaf = match node {
            Node::Shared(inner) => return self.why(inner, holds),
            Node::Not(inner) => return self.why(inner, !holds),
            Node::And(one, two) | Node::Or(one, two) => {
                let both = matches!(node, Node::And(..)) == holds;
                return match (self.why(one, holds), self.why(two, holds)) {
                    (Some(one), Some(two)) if !both => Some([one, two].concat()),
                    (Some(why), _) | (_, Some(why)) if both => Some(why),
                    _ => None,
                };
            }
            Node::Compare(comparison, one, two) => {
                let comparison = if holds {
                    *comparison
                } else {
                    comparison.contrary()
                };
                self.never_compares(comparison, one, two)
            }
            Node::Among(value, constants) if holds => {
                let never = |constant| self.never_is(value, constant);
                constants.iter().all(never)
            }
            Node::TextTest(_, text, part) if holds => match &**part {
                Node::Constant(Constant::Text(part)) => self.is_too_long(text, part),
                _ => false,
            },
            _ => false,
        };
        let speaker = Speaker {
            dictionary: self.ranges.dictionary,
        };
        leaf.then(|| vec![speaker.truth(node, holds).one_line()])
    }

    fn never_compares(&self, comparison: Comparison, one: &Node, two: &Node) -> bool {
        if !self.ranges.of(one).can(comparison, self.ranges.of(two)) {
            return true;
        }
        if comparison != Comparison::Equal {
            return false;
        }
        match (one, two) {
            (value, Node::Constant(constant)) | (Node::Constant(constant), value)
                if matches!(constant, Constant::Text(_)) =>
            {
                self.never_is(value, constant)
            }
            _ => self.whole(one).never_meets(self.whole(two)),
        }
    }

    fn never_is(&self, value: &Node, constant: &Constant) -> bool {
        match (value, constant) {
            (Node::Shared(inner), _) => self.never_is(inner, constant),
            (_, Constant::Text(text)) => self.is_too_long(value, text),
            _ => self.never_compares(Comparison::Equal, value, &Node::Constant(constant.clone())),
        }
    }

    /// Whether a field never holds a text as long as this.
    fn is_too_long(&self, value: &Node, text: &str) -> bool {
        match value {
            Node::Shared(inner) => self.is_too_long(inner, text),
            Node::Field(id) => {
                let field = self.ranges.dictionary.field(*id);
                !field.class.is_tokenised() && text.chars().count() > field.max_length
            }
            _ => false,
        }
    }

    /// Which whole numbers a part can be: what is left of a division is always the same.
    fn whole(&self, node: &Node) -> Residue {
        let known = match node {
            Node::Constant(Constant::Integer(n)) => Some(Residue::of((*n).into())),
            Node::Constant(Constant::Money(money)) => Some(Residue::of(money.minor_units.into())),
            Node::Parameter(threshold) if threshold.level.is_none() => {
                return self.whole(&Node::Constant(threshold.values[0].clone()));
            }
            Node::Shared(inner) => return self.whole(inner),
            Node::Minor(inner) => return self.whole(inner),
            Node::Arithmetic(operator, one, two) => {
                let (one, two) = (self.whole(one), self.whole(two));
                match operator {
                    Operator::Add => one.plus(two, 1),
                    Operator::Subtract => one.plus(two, -1),
                    Operator::Multiply => one.times(two),
                }
            }
            _ => None,
        };
        let is_whole = matches!(self.ranges.kind(node), Type::Integer | Type::Money);
        known.filter(|_| is_whole).unwrap_or(match is_whole {
            true => Residue::ANY,
            false => Residue::UNKNOWN,
        })
    }
}

/// The numbers `rest + n × step`; a step of 0 is one number alone, none is no whole number at all.
#[derive(Clone, Copy)]
struct Residue {
    step: Option<i128>,
    rest: i128,
}

impl Residue {
    const ANY: Residue = Residue {
        step: Some(1),
        rest: 0,
    };
    const UNKNOWN: Residue = Residue {
        step: None,
        rest: 0,
    };

    fn of(number: i128) -> Residue {
        Residue {
            step: Some(0),
            rest: number,
        }
    }

    fn plus(self, other: Residue, sign: i128) -> Option<Residue> {
        Some(Residue {
            step: Some(divisor(self.step?, other.step?)),
            rest: self.rest.checked_add(other.rest.checked_mul(sign)?)?,
        })
    }

    /// A product with one number.
    fn times(self, other: Residue) -> Option<Residue> {
        let (by, of) = match (self.step?, other.step?) {
            (0, _) => (self.rest, other),
            (_, 0) => (other.rest, self),
            _ => return None,
        };
        Some(Residue {
            step: Some(of.step?.checked_mul(by)?.checked_abs()?),
            rest: of.rest.checked_mul(by)?,
        })
    }

    fn never_meets(self, other: Residue) -> bool {
        let apart = self.plus(other, -1);
        apart.is_some_and(|apart| match apart.step {
            Some(0) => apart.rest != 0,
            Some(step) => apart.rest % step != 0,
            None => false,
        })
    }
}

/// The greatest number that divides both.
fn divisor(one: i128, two: i128) -> i128 {
    if two == 0 {
        one
    } else {
        divisor(two, one % two)
    }
}
