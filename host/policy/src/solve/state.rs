//! What is known in one case: which values each part of an expression may still have.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::Mode;
use super::domain::Domain;
use super::form::{Atom, Fact, Reads, Says, Term};
use super::key::Level;
use super::numbers::Numbers;

/// What is known of one term.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) fact: Option<Rc<Fact>>,
    pub(super) reads: Option<Rc<Reads>>,
    /// Whether it may have no value: of a fact, that it is absent.
    pub(super) absent: bool,
    /// Of a fact, whether an earlier stage may have taken it away.
    pub(super) withheld: bool,
    /// Its value, if it has one.
    pub(super) domain: Domain,
    /// What was said of it.
    pub(super) said: Vec<(Rc<super::form::Form>, Mode)>,
}

impl Known {
    fn of(term: &Term) -> Known {
        Known {
            absent: true,
            withheld: term.fact.is_some(),
            domain: term.domain.clone(),
            fact: term.fact.clone(),
            reads: term.reads.clone(),
            said: Vec::new(),
        }
    }

    fn is_impossible(&self) -> bool {
        !self.absent && !self.withheld && self.domain.is_empty()
    }

    fn is_there(&mut self) {
        self.absent = false;
        self.withheld = false;
    }
}

/// What is known of all terms.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    pub(super) terms: BTreeMap<Rc<str>, Known>,
}

impl State {
    /// The level of threat is this one, or not said. Whether that can be.
    pub(super) fn assume_level(&mut self, fact: &Rc<Fact>, level: Level) -> bool {
        if level == Level::Whatever {
            return true;
        }
        let term = fact.term();
        let entry = self.terms.entry(Rc::clone(&term.key));
        let known = entry.or_insert_with(|| Known::of(&term));
        match level {
            Level::At(level) => {
                known.is_there();
                let level = Numbers::points(true, [(level as u64).into()]);
                known.domain = known.domain.meet(&Domain::Numbers(level));
            }
            // No value is left: it is absent or withheld.
            Level::Unsaid | Level::Whatever => {
                known.domain = Domain::Numbers(Numbers::none(true));
            }
        }
        !known.is_impossible()
    }

    /// The atom comes out so. If it cannot, the term that stands against it.
    pub(super) fn assume(
        &mut self,
        form: &Rc<super::form::Form>,
        atom: &Atom,
        mode: Mode,
    ) -> Result<(), Rc<str>> {
        let key = &atom.term.key;
        let entry = self.terms.entry(Rc::clone(key));
        let known = entry.or_insert_with(|| Known::of(&atom.term));
        known.said.push((Rc::clone(form), mode));
        match (&atom.says, mode) {
            (Says::There, Mode::True) => known.is_there(),
            (Says::There, Mode::False) => {
                known.withheld = false;
                known.domain = none(&known.domain);
            }
            (Says::There, Mode::NotTrue) => known.domain = none(&known.domain),
            (Says::There, Mode::NotFalse) => known.absent = false,
            (Says::Value(sets), Mode::True) => {
                known.is_there();
                known.domain = known.domain.meet(&sets.yes);
            }
            (Says::Value(sets), Mode::False) => {
                known.is_there();
                known.domain = known.domain.meet(&sets.no);
            }
            (Says::Value(sets), Mode::NotTrue) => {
                known.domain = known.domain.meet(&sets.not_yes);
            }
            (Says::Value(sets), Mode::NotFalse) => {
                known.domain = known.domain.meet(&sets.not_no);
            }
        }
        if known.is_impossible() {
            return Err(Rc::clone(key));
        }
        if matches!(mode, Mode::True | Mode::False) {
            for fact in &atom.needs {
                let term = fact.term();
                let entry = self.terms.entry(Rc::clone(&term.key));
                let known = entry.or_insert_with(|| Known::of(&term));
                known.is_there();
                known.said.push((Rc::clone(form), mode));
                if known.is_impossible() {
                    return Err(Rc::clone(&term.key));
                }
            }
        }
        Ok(())
    }
}

/// No value of the same kind.
fn none(domain: &Domain) -> Domain {
    match domain {
        Domain::Bits { all, .. } => Domain::Bits { all: *all, left: 0 },
        Domain::Numbers(numbers) => Domain::Numbers(Numbers::none(numbers.is_whole())),
        Domain::Money(_) => Domain::Money(super::domain::Amounts::any(Numbers::none(true))),
        Domain::Words(_) => Domain::Words(super::texts::Words::only([])),
        Domain::Entries(_) => Domain::Entries(super::texts::Entries {
            has: [Rc::from("")].into(),
            has_not: [Rc::from("")].into(),
        }),
    }
}
