//! One transaction into facts.

use std::ops::Deref;

use weft_dictionary::form::NOT_PROVIDED;
use weft_dictionary::{Dictionary, Field, Format, Kind, Timestamp};
use weft_vault::Secret;

use super::MessageKind;
use super::document::{Document, NodeId};
use super::ids::{self, Formless};
use super::plan::Source;
use crate::canonical::canonical;
use crate::dropped::Why;
use crate::facts::Facts;
use crate::problem::{Problem, ProblemCode};
use crate::wrong::Wrong;

/// The field that names a payment.
pub(super) const PAYMENT_ID: &str = "payment.id";

/// One transaction.
pub(super) struct One<'d> {
    pub(super) document: &'d Document,
    pub(super) kind: MessageKind,
    /// From the message element down to the transaction.
    pub(super) chain: &'d [NodeId],
    /// Among all transactions of the message, from 0.
    pub(super) place: usize,
}

impl One<'_> {
    /// Says a field from the first of its places that is there and has the field's form.
    pub(super) fn say(
        &self,
        facts: &mut Facts<'_>,
        formless: &mut Formless,
        field: &Field,
        sources: &[Source],
    ) -> Result<(), Problem> {
        for source in sources {
            let (elements, attribute) = match source {
                Source::Constant(constant) => {
                    let said = facts.text(field, constant);
                    return said.map_err(|wrong| wrong.in_xml("/Document".to_owned()));
                }
                Source::Path {
                    elements,
                    attribute,
                } => (elements, attribute),
            };
            let found = self.find(self.chain[0], elements, 0);
            let value = found.and_then(|node| match attribute {
                Some(name) => self.document.attribute(node, name),
                None => self.document.text_of(node),
            });
            let (Some(node), Some(value)) = (found, value) else {
                continue;
            };
            if field.name == PAYMENT_ID && value.expose(|id| id.trim() == NOT_PROVIDED) {
                continue;
            }
            let element = elements.last().map_or("", |name| &**name);
            let has = |format: Format| {
                value.expose(|text| match format {
                    Format::Reference => Some(ids::is_identifier(element, text.trim())),
                    _ => format.admits(text.trim()),
                })
            };
            if field.format.and_then(has) == Some(false) {
                formless.tell(facts, node, || self.path(elements));
                continue;
            }
            let said = self.said(facts, field, node, value, elements);
            return said.map_err(|wrong| wrong.in_xml(self.path(elements)));
        }
        Ok(())
    }

    /// Names a payment by its message where no identifier of its own does.
    pub(super) fn name(
        &self,
        facts: &mut Facts<'_>,
        dictionary: &Dictionary,
        message_id: Option<&str>,
    ) -> Result<(), Problem> {
        let Some(field) = dictionary.by_name(PAYMENT_ID) else {
            return Ok(());
        };
        if facts.has(field) {
            return Ok(());
        }
        let of_payment = self.kind.is_payment();
        let path = match of_payment {
            true => self.below(&["PmtId"]),
            false => self.below(&[]),
        };
        // Which place a payment had in its message, a message about it does not say.
        match ids::of_place(message_id.filter(|_| of_payment), self.place + 1) {
            Some(id) => facts.text(field, &id).map_err(|wrong| wrong.in_xml(path)),
            None => Err(ids::unnamed(self.kind, path)),
        }
    }

    /// Whether all is said without which nothing is asked for.
    pub(super) fn needs(&self, facts: &Facts<'_>, dictionary: &Dictionary) -> Result<(), Problem> {
        let Some((name, below)) = self.kind.shape().needs else {
            return Ok(());
        };
        if dictionary
            .by_name(name)
            .is_none_or(|field| facts.has(field))
        {
            return Ok(());
        }
        let reason = "the transaction has no such element, or none that has the form of one";
        let format = dictionary.by_name(name).and_then(|field| field.format);
        Err(Problem::new(ProblemCode::MissingField, reason)
            .pointer(self.below(below))
            .help(format!("add {}", format.map_or("it", Format::in_words))))
    }

    /// Where an element below the transaction is, for people.
    fn below(&self, names: &[&str]) -> String {
        let above = self.chain.iter().skip(1);
        let above = above.map(|node| &*self.document.node(*node).name);
        let names: Vec<&str> = above.chain(names.iter().copied()).collect();
        self.path(&names)
    }

    fn said(
        &self,
        facts: &mut Facts<'_>,
        field: &Field,
        node: NodeId,
        value: &Secret,
        elements: &[Box<str>],
    ) -> Result<(), Wrong> {
        // What is said to be an IBAN has to be one.
        if elements.last().is_some_and(|name| &**name == "IBAN") {
            value.expose(|iban| canonical(Some(Format::Iban), iban))?;
        }
        match field.kind {
            Kind::Money => match self.document.attribute(node, "Ccy") {
                Some(currency) => value.expose(|amount| {
                    currency.expose(|code| facts.money(field, amount.trim(), code.trim()))
                }),
                None => Err(Wrong::value(
                    "the amount has no currency",
                    "add the attribute Ccy",
                )),
            },
            Kind::Boolean => match value.expose(|text| boolean(text.trim())) {
                Some(value) => facts.boolean(field, value),
                None => Err(Wrong::value(
                    "the element is true or false",
                    "write true or false",
                )),
            },
            Kind::Integer => facts.integer(field, value.expose(|text| text.trim().parse().ok())),
            // A date and time without an offset is no instant (ISO 20022 allows it, nobody can say
            // when it was), so it is not kept.
            Kind::Instant if value.expose(|text| Timestamp::parse(text.trim()).is_none()) => {
                facts.drop_at(self.path(elements), Why::NoInstant);
                Ok(())
            }
            _ => value.expose(|text| facts.text(field, text.trim())),
        }
    }

    /// The first element with a text at a path, on the way of this transaction: from the `level`th
    /// element of its chain, or from an element beside it.
    fn find(&self, from: NodeId, path: &[Box<str>], level: usize) -> Option<NodeId> {
        let Some((name, rest)) = path.split_first() else {
            return self.document.text_of(from).map(|_| from);
        };
        let on_the_way = self.chain.get(level) == Some(&from);
        let names = self.kind.shape().levels.get(level).filter(|_| on_the_way);
        if names.is_some_and(|names| names.contains(&&**name)) {
            let own = *self.chain.get(level + 1)?;
            let same_name = self.document.node(own).name == *name;
            return self.find(own, rest, level + 1).filter(|_| same_name);
        }
        self.document
            .children(from, name)
            .find_map(|child| self.find(child, rest, usize::MAX))
    }

    /// Where an element is, for people; a transaction by its place in the message, from 1.
    pub(super) fn path<T: Deref<Target = str>>(&self, elements: &[T]) -> String {
        let transactions = self.kind.shape().levels.last();
        let mut path = "/Document/*".to_owned();
        for name in elements {
            path.push('/');
            path.push_str(name);
            if transactions.is_some_and(|names| names.contains(&&**name)) {
                path.push_str(&format!("[{}]", self.place + 1));
            }
        }
        path
    }
}

/// XML Schema, part 2, 3.3.2.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}
