//! Comparisons into the solver's forms: which values a side can have when one holds, and when it does not.

use std::rc::Rc;

use rust_decimal::Decimal;
use weft_dictionary::Money;

use super::super::domain::{Amounts, Domain, EQUAL, GREATER, LESS};
use super::super::form::{Atom, Form, Reads, Says, Term, order};
use super::super::key::key;
use super::super::numbers::Numbers;
use super::super::texts::Words;
use super::{Reader, Side};
use crate::cel::node::{Comparison, Constant, Node};

impl Reader<'_> {
    pub(super) fn compare(
        &self,
        comparison: Comparison,
        one: &Node,
        two: &Node,
        node: &Node,
    ) -> Form {
        match (self.side(one), self.side(two)) {
            (Side::Neither, _) | (_, Side::Neither) => Form::Neither,
            (Side::Constant(one), Side::Constant(two)) => match order(&one, &two) {
                Some(order) => Form::Known(comparison.holds(order)),
                None => Form::Neither,
            },
            (Side::Term(term), Side::Constant(with)) => {
                self.with_constant(comparison, term, &with, node)
            }
            (Side::Constant(with), Side::Term(term)) => {
                self.with_constant(comparison.mirrored(), term, &with, node)
            }
            (Side::Term(one), Side::Term(two)) => self.pair(comparison, one, two, node),
        }
    }

    /// Two conditions that are to be the same, or not.
    pub(super) fn compare_truths(
        &self,
        comparison: Comparison,
        one: &Node,
        two: &Node,
        node: &Node,
    ) -> Form {
        let (one, two) = (self.form(one), self.form(two));
        let same = {
            let not = |form: &Rc<Form>| Rc::new(Form::Not(Rc::clone(form)));
            let both = Form::All(vec![Rc::clone(&one), Rc::clone(&two)]);
            let none = Form::All(vec![not(&one), not(&two)]);
            Form::Any(vec![Rc::new(both), Rc::new(none)])
        };
        match comparison {
            Comparison::Equal => same,
            Comparison::NotEqual => Form::Not(Rc::new(same)),
            _ => self.opaque(node, self.needs(node)),
        }
    }

    fn with_constant(
        &self,
        comparison: Comparison,
        term: &Node,
        with: &Constant,
        node: &Node,
    ) -> Form {
        let whole = self.is_whole(term);
        let number = |n: Decimal| Numbers::compared(whole, comparison, n);
        let says = match with {
            Constant::Boolean(_) => return self.opaque(node, self.needs(node)),
            Constant::Text(text) => {
                let word = Words::only([Rc::from(&**text)]);
                return match comparison {
                    Comparison::Equal => self.text_says(term, word, node),
                    Comparison::NotEqual => self.text_says(term, word.contrary(), node),
                    _ => self.opaque(node, self.needs(node)),
                };
            }
            Constant::Integer(n) => Says::either(Domain::Numbers(number((*n).into()))),
            Constant::Decimal(d) => Says::either(Domain::Numbers(number(*d))),
            Constant::Instant(at) => Says::either(Domain::Numbers(number(at.0.into()))),
            Constant::Duration(length) => Says::either(Domain::Numbers(number(length.0.into()))),
            Constant::Money(money) => of_money(money, comparison),
        };
        // The minor units of an amount are known with the amount.
        if let (Node::Minor(amount), Says::Value(sets)) = (term, &says)
            && let (Some(id), Domain::Numbers(units)) = (amount.field(), &sets.yes)
        {
            return self.fact_says(id, Domain::Money(Amounts::any(units.clone())), node);
        }
        Form::Atom(Box::new(Atom {
            term: self.term(term, with),
            says,
            needs: self.needs(node),
            node: node.clone(),
        }))
    }

    /// A text is one of a set.
    pub(super) fn text_says(&self, text: &Node, words: Words, node: &Node) -> Form {
        let text = match self.side(text) {
            Side::Term(text) => text,
            Side::Constant(Constant::Text(text)) => return Form::Known(words.holds(&text)),
            _ => return self.opaque(node, self.needs(node)),
        };
        // The currency of an amount is known with the amount.
        if let Node::Currency(amount) = text
            && let Some(id) = amount.field()
        {
            let (listed, turned) = match (words.listed(), words.contrary().listed()) {
                (Some(listed), _) => (Amounts::in_currencies(listed.map(|c| &**c)), false),
                (None, Some(listed)) => (Amounts::in_currencies(listed.map(|c| &**c)), true),
                (None, None) => return self.opaque(node, self.needs(node)),
            };
            let says = Says::either(Domain::Money(listed));
            return self.says_of(id, if turned { says.turned() } else { says }, node);
        }
        let term = match text.field() {
            Some(id) => self.fact(id).term(),
            None => self.computed(text, Domain::Words(Words::all())),
        };
        Form::Atom(Box::new(Atom {
            term,
            says: Says::either(Domain::Words(words)),
            needs: self.needs(node),
            node: node.clone(),
        }))
    }

    pub(super) fn among(&self, value: &Node, constants: &[Constant], node: &Node) -> Form {
        let value = match self.side(value) {
            Side::Term(value) => value,
            Side::Constant(value) => {
                let same = |other: &Constant| order(&value, other).map(|order| order.is_eq());
                return match constants.iter().map(same).collect::<Option<Vec<bool>>>() {
                    Some(same) => Form::Known(same.contains(&true)),
                    None => Form::Neither,
                };
            }
            Side::Neither => return Form::Neither,
        };
        let Some(first) = constants.first() else {
            return Form::Known(false);
        };
        let whole = self.is_whole(value);
        let texts = constants.iter().map(|constant| match constant {
            Constant::Text(text) => Some(Rc::from(&**text)),
            _ => None,
        });
        if let Some(texts) = texts.collect::<Option<Vec<Rc<str>>>>() {
            return self.text_says(value, Words::only(texts), node);
        }
        let says = match one_currency(constants) {
            Some(units) => {
                let points = Numbers::points(true, units.iter().map(|units| (*units).into()));
                let code = first.currency().map(|c| c.code().to_owned());
                let code = code.unwrap_or_default();
                Says::decided(
                    Domain::Money(Amounts::only(&code, points.clone())),
                    Domain::Money(Amounts::only(&code, points.contrary())),
                )
            }
            None => match constants
                .iter()
                .map(number)
                .collect::<Option<Vec<Decimal>>>()
            {
                Some(numbers) => Says::either(Domain::Numbers(Numbers::points(whole, numbers))),
                None => return self.opaque(node, self.needs(node)),
            },
        };
        Form::Atom(Box::new(Atom {
            term: self.term(value, first),
            says,
            needs: self.needs(node),
            node: node.clone(),
        }))
    }

    /// Two parts of which neither is known: how they compare is one of three.
    fn pair(&self, comparison: Comparison, one: &Node, two: &Node, node: &Node) -> Form {
        let keys = [one, two].map(|side| key(side, self.dictionary, self.level));
        let (comparison, low, high, sides) = match keys[0] <= keys[1] {
            true => (comparison, &keys[0], &keys[1], [one, two]),
            false => (comparison.mirrored(), &keys[1], &keys[0], [two, one]),
        };
        let name = |side: &Node| Some(Rc::clone(&self.fact(side.field()?).name));
        let reads = match sides.map(name) {
            [Some(low), Some(high)] => Some(Rc::new(Reads::Pair(low, high))),
            _ => None,
        };
        let bits = match comparison {
            Comparison::Equal => EQUAL,
            Comparison::NotEqual => LESS | GREATER,
            Comparison::Less => LESS,
            Comparison::LessOrEqual => LESS | EQUAL,
            Comparison::Greater => GREATER,
            Comparison::GreaterOrEqual => GREATER | EQUAL,
        };
        let possible = if low == high {
            EQUAL
        } else {
            LESS | EQUAL | GREATER
        };
        Form::Atom(Box::new(Atom {
            term: Term {
                key: format!("{low} with {high}").into(),
                fact: None,
                reads,
                domain: Domain::order(possible),
            },
            says: Says::either(Domain::order(bits)),
            needs: self.needs(node),
            node: node.clone(),
        }))
    }
}

impl Comparison {
    /// The same with the sides exchanged.
    fn mirrored(self) -> Comparison {
        match self {
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
            same => same,
        }
    }
}

fn of_money(money: &Money, comparison: Comparison) -> Says {
    let units = Numbers::compared(true, comparison, money.minor_units.into());
    let code = money.currency.code();
    Says::decided(
        Domain::Money(Amounts::only(code, units.clone())),
        Domain::Money(Amounts::only(code, units.contrary())),
    )
}

/// Minor units, if these are amounts in one currency.
fn one_currency(constants: &[Constant]) -> Option<Vec<i64>> {
    let first = constants.first()?.currency()?;
    let units = constants.iter().map(|constant| match constant {
        Constant::Money(money) if money.currency == first => Some(money.minor_units),
        _ => None,
    });
    units.collect()
}

fn number(constant: &Constant) -> Option<Decimal> {
    Some(match constant {
        Constant::Integer(n) => (*n).into(),
        Constant::Decimal(d) => *d,
        Constant::Instant(at) => at.0.into(),
        Constant::Duration(length) => length.0.into(),
        Constant::Boolean(_) | Constant::Text(_) | Constant::Money(_) => return None,
    })
}
