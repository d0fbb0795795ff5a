//! Checked expressions into the solver's forms.

mod comparison;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use weft_dictionary::{Dictionary, FieldId, Kind, Money};

use super::domain::{Amounts, Domain, FALSE, TRUE};
use super::form::{Atom, Fact, Form, Reads, Says, Term};
use super::key::{Level, key};
use super::numbers::Numbers;
use super::texts::{Entries, Words};
use super::times::Clock;
use crate::ListKind;
use crate::cel::functions::{CalendarPart, LengthPart};
use crate::cel::node::{Constant, Node, Operator};
use crate::limits::MAX_READ_NODES;

/// Reads the expressions of one dictionary at one level of threat.
pub(super) struct Reader<'a> {
    pub(super) dictionary: &'a Dictionary,
    pub(super) level: Level,
    /// Nodes that may still be copied to take either-or out of comparisons.
    pub(super) left: Cell<usize>,
    facts: RefCell<HashMap<FieldId, Rc<Fact>>>,
}

/// One side of a comparison.
enum Side<'n> {
    Constant(Constant),
    Term(&'n Node),
    /// It has no value, whatever the row.
    Neither,
}

impl<'a> Reader<'a> {
    pub(super) fn new(dictionary: &'a Dictionary, level: Level) -> Reader<'a> {
        Reader {
            dictionary,
            level,
            left: Cell::new(MAX_READ_NODES),
            facts: RefCell::default(),
        }
    }

    /// A condition.
    pub(super) fn form(&self, node: &Node) -> Rc<Form> {
        Rc::new(match node {
            Node::Shared(inner) => return self.form(inner),
            Node::Constant(Constant::Boolean(truth)) => Form::Known(*truth),
            Node::Field(id) => self.fact_says(*id, Domain::truth(TRUE), node),
            Node::Has(id) => {
                let fact = self.fact(*id);
                Form::Atom(Box::new(Atom {
                    term: fact.term(),
                    says: Says::There,
                    needs: Vec::new(),
                    node: node.clone(),
                }))
            }
            Node::Not(inner) => Form::Not(self.form(inner)),
            Node::And(..) => Form::All(self.parts(node, true)),
            Node::Or(..) => Form::Any(self.parts(node, false)),
            Node::If(condition, one, two) => {
                Form::If(self.form(condition), self.form(one), self.form(two))
            }
            other => return self.atom(other),
        })
    }

    /// The parts of `a && b && c`, or of `a || b || c`. Long chains are as deep as they are long, so they are
    /// taken apart without recursion.
    fn parts(&self, node: &Node, and: bool) -> Vec<Rc<Form>> {
        let mut parts = Vec::new();
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            match node {
                Node::And(one, two) if and => open.extend([&**two, &**one]),
                Node::Or(one, two) if !and => open.extend([&**two, &**one]),
                Node::Shared(inner) => open.push(inner),
                other => parts.push(self.form(other)),
            }
        }
        parts
    }

    fn atom(&self, node: &Node) -> Rc<Form> {
        // Of two conditions one can be false although a part of it has no value: they are logic, not values.
        if let Node::Compare(comparison, one, two) = node
            && self.is_truth(one)
            && self.is_truth(two)
        {
            return Rc::new(self.compare_truths(*comparison, one, two, node));
        }
        if let Some(condition) = node.first_choice() {
            let size = node.size();
            if self.left.get() < size * 2 {
                return Rc::new(self.opaque(node, Vec::new()));
            }
            self.left.set(self.left.get() - size * 2);
            let branches = [node.chosen(true), node.chosen(false)];
            return Rc::new(Form::If(
                self.form(condition),
                self.form(&branches[0]),
                self.form(&branches[1]),
            ));
        }
        if self.level == Level::Unsaid && follows_threat(node) {
            return Rc::new(Form::Neither);
        }
        Rc::new(match node {
            Node::Compare(comparison, one, two) => self.compare(*comparison, one, two, node),
            Node::Among(value, constants) => self.among(value, constants, node),
            Node::InTexts(text, list) => match (self.side(text), self.side(list)) {
                (Side::Constant(Constant::Text(text)), Side::Term(Node::Field(id))) => {
                    self.fact_says(*id, Domain::Entries(Entries::with(&text)), node)
                }
                _ => self.opaque(node, self.needs(node)),
            },
            Node::InList(value, list) if list.kind() != ListKind::Corridor => {
                let entries = Words::only(list.entries().map(Into::into));
                self.text_says(value, entries, node)
            }
            Node::TextTest(test, text, part) => match (self.side(text), self.side(part)) {
                (Side::Term(text), Side::Constant(Constant::Text(part))) => {
                    self.text_says(text, Words::passing(*test, &part), node)
                }
                _ => self.opaque(node, self.needs(node)),
            },
            other => self.opaque(other, self.needs(other)),
        })
    }

    /// A condition of which only this is known: it has one outcome in one row.
    fn opaque(&self, node: &Node, needs: Vec<Rc<Fact>>) -> Form {
        let term = self.computed(node, Domain::truth(FALSE | TRUE));
        Form::Atom(Box::new(Atom {
            term,
            says: Says::either(Domain::truth(TRUE)),
            needs,
            node: node.clone(),
        }))
    }

    fn fact_says(&self, id: FieldId, yes: Domain, node: &Node) -> Form {
        self.says_of(id, Says::either(yes), node)
    }

    fn says_of(&self, id: FieldId, says: Says, node: &Node) -> Form {
        let fact = self.fact(id);
        Form::Atom(Box::new(Atom {
            term: fact.term(),
            says,
            needs: Vec::new(),
            node: node.clone(),
        }))
    }

    /// What is compared with a value.
    fn term(&self, node: &Node, with: &Constant) -> Term {
        if let Some(id) = node.field() {
            return self.fact(id).term();
        }
        let domain = match with {
            Constant::Money(_) => Domain::Money(Amounts::any(Numbers::all(true))),
            _ => {
                let (low, high) = bounds(node);
                Domain::Numbers(Numbers::between(
                    self.is_whole(node),
                    low.map(Into::into),
                    high.map(Into::into),
                ))
            }
        };
        self.computed(node, domain)
    }

    fn computed(&self, node: &Node, domain: Domain) -> Term {
        let clock = Clock::read_by(node, self.dictionary);
        Term {
            key: key(node, self.dictionary, self.level).into(),
            fact: None,
            reads: clock.map(|clock| Rc::new(Reads::Clock(clock))),
            domain,
        }
    }

    pub(super) fn fact(&self, id: FieldId) -> Rc<Fact> {
        let mut facts = self.facts.borrow_mut();
        let fact = facts.entry(id);
        Rc::clone(fact.or_insert_with(|| Rc::new(Fact::of(self.dictionary.field(id)))))
    }

    /// The facts without which it has no value.
    fn needs(&self, node: &Node) -> Vec<Rc<Fact>> {
        let mut needs = Vec::new();
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            match node {
                Node::Field(id) => needs.push(self.fact(*id)),
                Node::If(..) | Node::And(..) | Node::Or(..) => {}
                other => open.extend(other.children()),
            }
        }
        needs
    }

    fn is_truth(&self, node: &Node) -> bool {
        match node {
            Node::Constant(constant) => matches!(constant, Constant::Boolean(_)),
            Node::Field(id) => self.dictionary.field(*id).kind == Kind::Boolean,
            Node::Shared(inner) => self.is_truth(inner),
            Node::If(_, one, _) => self.is_truth(one),
            Node::Has(_)
            | Node::Not(_)
            | Node::And(..)
            | Node::Or(..)
            | Node::Compare(..)
            | Node::Among(..)
            | Node::InTexts(..)
            | Node::InList(..)
            | Node::TextTest(..) => true,
            _ => false,
        }
    }

    /// Whether only whole numbers come up. Instants and lengths of time are whole milliseconds.
    fn is_whole(&self, node: &Node) -> bool {
        match node {
            Node::Field(id) => self.dictionary.field(*id).kind != Kind::Decimal,
            Node::Shared(inner) => self.is_whole(inner),
            Node::Negate(inner) | Node::Absolute(inner) => self.is_whole(inner),
            Node::Constant(constant) => !matches!(constant, Constant::Decimal(_)),
            Node::Parameter(threshold) => !matches!(threshold.values[0], Constant::Decimal(_)),
            Node::Arithmetic(_, one, two) | Node::Extreme(_, one, two) => {
                self.is_whole(one) && self.is_whole(two)
            }
            Node::Size(_) | Node::Calendar(..) | Node::Length(..) | Node::Minor(_) => true,
            _ => false,
        }
    }

    /// A value that is the same in every row at this level, or what has to be computed.
    fn side<'n>(&self, node: &'n Node) -> Side<'n> {
        match node {
            Node::Shared(inner) => self.side(inner),
            Node::Constant(constant) => Side::Constant(constant.clone()),
            Node::Parameter(threshold) => match (self.level, threshold.level) {
                (_, None) => Side::Constant(threshold.values[0].clone()),
                (Level::At(level), Some(_)) => Side::Constant(threshold.values[level].clone()),
                (Level::Unsaid, Some(_)) => Side::Neither,
                (Level::Whatever, Some(_)) => Side::Term(node),
            },
            Node::Arithmetic(operator, one, two) => match (self.side(one), self.side(two)) {
                (Side::Constant(one), Side::Constant(two)) => {
                    computed(*operator, &one, &two).map_or(Side::Term(node), Side::Constant)
                }
                _ => Side::Term(node),
            },
            other => Side::Term(other),
        }
    }
}

/// What two constants make; none if it cannot be computed.
fn computed(operator: Operator, one: &Constant, two: &Constant) -> Option<Constant> {
    let whole = |one: i64, two: i64| match operator {
        Operator::Add => one.checked_add(two),
        Operator::Subtract => one.checked_sub(two),
        Operator::Multiply => one.checked_mul(two),
    };
    Some(match (operator, one, two) {
        (_, Constant::Integer(one), Constant::Integer(two)) => {
            Constant::Integer(whole(*one, *two)?)
        }
        (Operator::Multiply, Constant::Money(money), Constant::Integer(times))
        | (Operator::Multiply, Constant::Integer(times), Constant::Money(money)) => {
            Constant::Money(Money {
                minor_units: whole(money.minor_units, *times)?,
                ..*money
            })
        }
        (_, Constant::Money(one), Constant::Money(two)) if one.currency == two.currency => {
            Constant::Money(Money {
                minor_units: whole(one.minor_units, two.minor_units)?,
                ..*one
            })
        }
        _ => return None,
    })
}

/// Between which numbers the parts of times and lengths are.
fn bounds(node: &Node) -> (Option<i64>, Option<i64>) {
    let upto = |low, high| (Some(low), Some(high));
    match node {
        Node::Shared(inner) => bounds(inner),
        Node::Size(_) | Node::Absolute(_) => (Some(0), None),
        Node::Length(LengthPart::Milliseconds, _) => upto(0, 999),
        Node::Length(..) => (Some(0), None),
        Node::Calendar(part, ..) => match part {
            CalendarPart::FullYear => (None, None),
            CalendarPart::Month => upto(0, 11),
            CalendarPart::Date => upto(1, 31),
            CalendarPart::DayOfMonth => upto(0, 30),
            CalendarPart::DayOfWeek => upto(0, 6),
            CalendarPart::DayOfYear => upto(0, 365),
            CalendarPart::Hours => upto(0, 23),
            CalendarPart::Minutes | CalendarPart::Seconds => upto(0, 59),
            CalendarPart::Milliseconds => upto(0, 999),
        },
        _ => (None, None),
    }
}

/// Whether a threshold in it depends on the level of threat.
pub(super) fn follows_threat(node: &Node) -> bool {
    match node {
        Node::Parameter(threshold) => threshold.level.is_some(),
        other => other.children().into_iter().any(follows_threat),
    }
}
