//! Conditions as the solver reads them: logic over atoms, each a part of an expression and the values with
//! which it is true, and false.
//!
//! Everything is said of values that are there. An atom is true, false, or neither, when a fact is missing or
//! something cannot be computed; so what is not true need not be false.

use std::cmp::Ordering;
use std::rc::Rc;

use rust_decimal::Decimal;
use weft_dictionary::{Class, Field, Format, Kind, Measure, Origin};

use super::domain::{Amounts, Domain};
use super::numbers::Numbers;
use super::texts::Words;
use super::times::Clock;
use crate::cel::node::Node;
use crate::cel::parameter::{MAX_THREAT, THREAT_LEVEL};

/// A condition.
#[derive(Debug)]
pub(super) enum Form {
    Known(bool),
    /// Neither true nor false, whatever the row.
    Neither,
    Atom(Box<Atom>),
    Not(Rc<Form>),
    All(Vec<Rc<Form>>),
    Any(Vec<Rc<Form>>),
    If(Rc<Form>, Rc<Form>, Rc<Form>),
}

/// A condition that is no logic.
#[derive(Debug)]
pub(super) struct Atom {
    pub(super) term: Term,
    pub(super) says: Says,
    /// Facts that have to be there for it to be true or false.
    pub(super) needs: Vec<Rc<Fact>>,
    /// As it stands in the policy, for people.
    pub(super) node: Node,
}

/// What an atom says of its term.
#[derive(Debug)]
pub(super) enum Says {
    /// That the fact is there.
    There,
    /// That its value is one of these.
    Value(Box<Sets>),
}

/// The values with which an atom is true, false, not true and not false.
#[derive(Debug)]
pub(super) struct Sets {
    pub(super) yes: Domain,
    pub(super) no: Domain,
    pub(super) not_yes: Domain,
    pub(super) not_no: Domain,
}

impl Says {
    /// True with some values, false with all others.
    pub(super) fn either(yes: Domain) -> Says {
        let no = yes.contrary();
        Says::decided(yes, no)
    }

    /// True with some values, false with some, neither with the rest.
    pub(super) fn decided(yes: Domain, no: Domain) -> Says {
        Says::Value(Box::new(Sets {
            not_yes: yes.contrary(),
            not_no: no.contrary(),
            yes,
            no,
        }))
    }

    /// The same of the contrary.
    pub(super) fn turned(self) -> Says {
        match self {
            Says::There => Says::There,
            Says::Value(sets) => Says::Value(Box::new(Sets {
                yes: sets.no,
                no: sets.yes,
                not_yes: sets.not_no,
                not_no: sets.not_yes,
            })),
        }
    }
}

/// A part of an expression that has a value: a fact, or what is computed from facts.
#[derive(Debug, Clone)]
pub(super) struct Term {
    /// Two terms with the same key have the same value in every row.
    pub(super) key: Rc<str>,
    pub(super) fact: Option<Rc<Fact>>,
    /// What it reads of other facts, if that is known.
    pub(super) reads: Option<Rc<Reads>>,
    /// All values that it can have.
    pub(super) domain: Domain,
}

/// What a term reads of facts, so that facts can be found with which it has a value.
#[derive(Debug)]
pub(super) enum Reads {
    /// The clock of an instant.
    Clock(Clock),
    /// How two facts compare: their names, in the order of the term.
    Pair(Rc<str>, Rc<str>),
}

/// A field, as far as it matters which values it can have.
#[derive(Debug)]
pub(super) struct Fact {
    pub(super) name: Rc<str>,
    /// Its name and kind: fields of two dictionaries that differ in kind are two terms.
    pub(super) key: Rc<str>,
    pub(super) kind: Kind,
    /// Of a field that holds tokens, their kind.
    pub(super) token: Option<String>,
    pub(super) domain: Domain,
    /// Most characters of a text.
    pub(super) longest: Option<usize>,
    /// The form of a text.
    pub(super) format: Option<Format>,
    /// Texts as they come.
    pub(super) examples: Vec<Rc<str>>,
}

impl Fact {
    pub(super) fn of(field: &Field) -> Fact {
        Fact {
            name: field.name.as_str().into(),
            key: key(field).into(),
            kind: field.kind,
            token: field
                .class
                .is_tokenised()
                .then(|| field.token.clone().unwrap_or_else(|| "example".to_owned())),
            domain: values(field),
            longest: (field.kind == Kind::Text).then_some(field.max_length),
            format: field.format.filter(|_| !field.class.is_tokenised()),
            examples: (field.examples.iter())
                .map(|text| text.as_str().into())
                .collect(),
        }
    }

    pub(super) fn term(self: &Rc<Self>) -> Term {
        Term {
            key: Rc::clone(&self.key),
            domain: self.domain.clone(),
            fact: Some(Rc::clone(self)),
            reads: Clock::kept_in(&self.name).map(|clock| Rc::new(Reads::Clock(clock))),
        }
    }
}

/// What a field is called among terms.
pub(super) fn key(field: &Field) -> String {
    let token = if field.class.is_tokenised() {
        " token"
    } else {
        ""
    };
    format!("{} {}{token}", field.name, field.kind.as_str())
}

/// The values that a field can have: what the host takes for it.
fn values(field: &Field) -> Domain {
    let whole = |low: u64| Domain::Numbers(Numbers::between(true, Some(low.into()), None));
    let counts = [
        Measure::Count,
        Measure::DistinctPayees,
        Measure::TravelSpeed,
        Measure::TravelDistance,
    ];
    match field.kind {
        _ if field.class.is_tokenised() || field.class == Class::Secret => {
            Domain::Words(Words::all())
        }
        Kind::Boolean => Domain::truth(super::domain::FALSE | super::domain::TRUE),
        Kind::Integer if field.name == THREAT_LEVEL => {
            let highest = Decimal::from(MAX_THREAT as u64);
            Domain::Numbers(Numbers::between(true, Some(Decimal::ZERO), Some(highest)))
        }
        Kind::Integer => match &field.origin {
            Origin::Behaviour(spec) if counts.contains(&spec.measure) => whole(0),
            _ => Domain::Numbers(Numbers::between(
                true,
                Some(i64::MIN.into()),
                Some(i64::MAX.into()),
            )),
        },
        Kind::Decimal => Domain::Numbers(Numbers::all(false)),
        Kind::Instant | Kind::Duration => whole(0),
        Kind::Money => Domain::Money(Amounts::any(Numbers::between(
            true,
            Some(i64::MIN.into()),
            Some(i64::MAX.into()),
        ))),
        // A country that is derived, as that of an account, need not be one of ISO 3166-1.
        Kind::Country if field.origin == Origin::Request => {
            let all = rust_iso3166::ALL.iter();
            Domain::Words(Words::only(all.map(|country| country.alpha2.into())))
        }
        Kind::Country => Domain::Words(Words::all()),
        Kind::Text if field.one_of.is_empty() => Domain::Words(Words::all()),
        Kind::Text => {
            let all = field.one_of.iter();
            Domain::Words(Words::only(all.map(|text| text.as_str().into())))
        }
        Kind::Texts => Domain::Entries(super::texts::Entries::default()),
    }
}

/// Two values that stand in expressions, in order; none if they have none.
pub(super) fn order(
    one: &crate::cel::node::Constant,
    two: &crate::cel::node::Constant,
) -> Option<Ordering> {
    use crate::cel::node::Constant::{Boolean, Decimal as Exact, Integer, Text};
    match (one, two) {
        (Boolean(one), Boolean(two)) => Some(one.cmp(two)),
        (Text(one), Text(two)) => Some(one.cmp(two)),
        (Integer(one), Exact(two)) => Some(Decimal::from(*one).cmp(two)),
        (Exact(one), Integer(two)) => Some(one.cmp(&Decimal::from(*two))),
        (one, two) => crate::parameters::order(one, two),
    }
}
