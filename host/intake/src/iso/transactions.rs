//! Elements into facts, one request for each transaction.
//!
//! What stands once for the whole message or for a group of its payments holds for every transaction
//! of it.

use std::collections::HashMap;
use std::ops::Deref;

use weft_dictionary::form::NOT_PROVIDED;
use weft_dictionary::{Dictionary, Field, Format, Kind, Timestamp, Value};
use weft_vault::Secret;

use super::amounts;
use super::document::{Document, NodeId};
use super::identify::{Identified, identify};
use super::ids::{self, Formless};
use super::plan::{Plan, Source};
use super::unread::Unread;
use super::{IsoEnvelope, Payment};
use crate::canonical::canonical;
use crate::dropped::Why;
use crate::facts::Facts;
use crate::limits;
use crate::message::{Envelope, Message, Request};
use crate::problem::{Problem, ProblemCode};
use crate::wrong::Wrong;

const OPERATION: &str = "payment.authorize";
const PAYMENT_ID: &str = "payment.id";

/// The message element, its group of payments if it has such, and one transaction.
type Chain = Vec<NodeId>;

pub(crate) fn read<'f>(
    dictionary: &Dictionary,
    plan: &Plan,
    facts: impl Fn() -> Facts<'f>,
    body: &[u8],
) -> Result<Message, Problem> {
    let document = Document::parse(body)?;
    let identified = identify(&document)?;
    let chains = transactions(&document, &identified)?;
    let envelope = envelope(&document, &identified, &chains)?;
    let mut requests = Vec::with_capacity(chains.len());
    let mut unread = Unread::new(&document, plan, identified.payment);
    let mut formless = Formless::default();
    for (place, chain) in chains.iter().enumerate() {
        let one = One {
            document: &document,
            payment: identified.payment,
            chain,
            place,
        };
        let mut facts = facts();
        for (id, sources) in plan.fields(identified.payment) {
            one.say(&mut facts, &mut formless, dictionary.field(*id), sources)?;
        }
        let path = |names: &[&str]| one.path(names);
        ids::tell_formless(&document, chain, &mut formless, &mut facts, path);
        one.name(&mut facts, dictionary, envelope.message_id())?;
        unread.tell(&mut facts, chain, place + 1);
        requests.push(facts.into_request(OPERATION.to_owned())?);
    }
    amounts::check(
        &document,
        identified.payment,
        dictionary,
        &chains,
        &requests,
    )?;
    distinct(dictionary, identified.payment, &requests)?;
    Ok(Message {
        envelope: Envelope::Iso(envelope),
        requests,
    })
}

/// No two transactions of a message are one payment: it would be decided once, and answered twice.
fn distinct(
    dictionary: &Dictionary,
    payment: Payment,
    requests: &[Request],
) -> Result<(), Problem> {
    let Some(id) = dictionary.by_name(PAYMENT_ID).map(|field| field.id) else {
        return Ok(());
    };
    let mut seen = HashMap::new();
    for (place, request) in requests.iter().enumerate() {
        let Some(Value::Text(id)) = request.row.get(id) else {
            continue;
        };
        if let Some(before) = seen.insert(id, place) {
            let name = payment.levels().last().and_then(|names| names.first());
            let path = format!("/Document/*//{}[{}]/PmtId", name.unwrap_or(&"*"), place + 1);
            let reason = format!(
                "transaction {} has the identifier of transaction {}",
                place + 1,
                before + 1
            );
            return Err(Problem::new(ProblemCode::InvalidValue, reason)
                .pointer(path)
                .help("give each transaction an identifier of its own; nothing of the message was decided"));
        }
    }
    Ok(())
}

/// All transactions of a message, in its order.
fn transactions(document: &Document, identified: &Identified) -> Result<Vec<Chain>, Problem> {
    let mut chains: Vec<Chain> = vec![vec![identified.message]];
    for names in identified.payment.levels() {
        chains = chains
            .into_iter()
            .flat_map(|chain| {
                let parent = chain.last().copied().unwrap_or(identified.message);
                let children = names
                    .iter()
                    .flat_map(move |name| document.children(parent, name));
                children.map(move |child| {
                    let mut longer = chain.clone();
                    longer.push(child);
                    longer
                })
            })
            .take(limits::MAX_TRANSACTIONS + 1)
            .collect();
    }
    let path = "/Document/*";
    match chains.len() {
        0 => Err(
            Problem::new(ProblemCode::MissingField, "the message has no transaction").pointer(path),
        ),
        n if n > limits::MAX_TRANSACTIONS => {
            let most = limits::MAX_TRANSACTIONS;
            let reason = format!("the message has more than {most} transactions");
            Err(Problem::new(ProblemCode::InvalidValue, reason)
                .pointer(path)
                .help("send several messages"))
        }
        _ => Ok(chains),
    }
}

fn envelope(
    document: &Document,
    identified: &Identified,
    chains: &[Chain],
) -> Result<IsoEnvelope, Problem> {
    let group = document.children(identified.message, "GrpHdr").next();
    let header = |names: [&str; 2]| {
        let path = format!("/Document/*/GrpHdr/{}", names[0]);
        let mut named = names
            .iter()
            .filter_map(|name| group.and_then(|group| document.children(group, name).next()));
        let id = match named.next() {
            Some(id) => ids::text(document, id, limits::MAX_ID_CHARS, &path)?,
            None => None,
        };
        id.ok_or_else(|| {
            let reason = "the message's header has no such element";
            Problem::new(ProblemCode::MissingField, reason).pointer(path)
        })
    };
    let created = header(["CreDtTm"; 2])?;
    if !is_date_time(&created) {
        return Err(Problem::new(
            ProblemCode::InvalidValue,
            "this is not a date and time (ISO 8601)",
        )
        .pointer("/Document/*/GrpHdr/CreDtTm")
        .help("write it as in 2026-01-01T10:00:00Z"));
    }
    let (message_id, message_key) = ids::of_message(&header(ids::OF_MESSAGE)?);
    Ok(IsoEnvelope {
        payment: identified.payment,
        definition: identified.definition.clone(),
        message_id,
        message_key,
        created: created.as_str().to_owned(),
        transactions: chains
            .iter()
            .map(|chain| ids::original(document, chain))
            .collect::<Result<_, _>>()?,
    })
}

/// ISO 20022 ISODateTime: `2026-01-01T10:00:00`, maybe a fraction, maybe `Z` or an offset.
fn is_date_time(text: &str) -> bool {
    let Some((seconds, rest)) = text.split_at_checked(19) else {
        return false;
    };
    let rest = rest.strip_prefix('.').map_or(rest, |fraction| {
        fraction.trim_start_matches(|c: char| c.is_ascii_digit())
    });
    let offset = match rest.as_bytes() {
        [] => "Z",
        b"Z" => rest,
        [
            b'+' | b'-',
            b'0'..=b'9',
            b'0'..=b'9',
            b':',
            b'0'..=b'9',
            b'0'..=b'9',
        ] => rest,
        _ => return false,
    };
    seconds.as_bytes()[10] == b'T' && Timestamp::parse(&format!("{seconds}{offset}")).is_some()
}

/// One transaction.
struct One<'d> {
    document: &'d Document,
    payment: Payment,
    chain: &'d [NodeId],
    place: usize,
}

impl One<'_> {
    /// Says a field from the first of its places that is there and has the field's form.
    fn say(
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
    fn name(
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
        let names = self
            .chain
            .iter()
            .skip(1)
            .map(|node| &*self.document.node(*node).name);
        let names: Vec<&str> = names.chain(["PmtId"]).collect();
        let path = self.path(&names);
        match ids::of_place(message_id, self.place + 1) {
            Some(id) => facts.text(field, &id).map_err(|wrong| wrong.in_xml(path)),
            None => Err(ids::unnamed(path)),
        }
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
        let names = self.payment.levels().get(level).filter(|_| on_the_way);
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
    fn path<T: Deref<Target = str>>(&self, elements: &[T]) -> String {
        let transactions = self.payment.levels().last();
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
