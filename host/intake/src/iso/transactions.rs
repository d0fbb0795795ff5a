//! A message into requests, one for each transaction.
//!
//! What stands once for the whole message or for a group of its transactions holds for every transaction
//! of it.

use std::collections::HashMap;

use weft_dictionary::{Dictionary, Timestamp, Value};

use super::assignment::Assignment;
use super::document::{Document, NodeId};
use super::identify::{Identified, identify};
use super::ids::{self, Formless};
use super::investigation::Investigation;
use super::one::{One, PAYMENT_ID};
use super::plan::Plan;
use super::unread::Unread;
use super::{IsoEnvelope, MessageKind, amounts, groups};
use crate::facts::Facts;
use crate::limits;
use crate::message::{Envelope, Message, Request};
use crate::problem::{Problem, ProblemCode};

/// The message element, the groups that it has, one in the other, and one transaction.
type Chain = Vec<NodeId>;

pub(crate) fn read<'f>(
    dictionary: &Dictionary,
    plan: &Plan,
    facts: impl Fn() -> Facts<'f>,
    body: &[u8],
) -> Result<Message, Problem> {
    let document = Document::parse(body)?;
    let identified = identify(&document)?;
    groups::check(&document, identified.kind, identified.message)?;
    let chains = transactions(&document, &identified)?;
    let envelope = envelope(&document, &identified, &chains)?;
    let mut requests = Vec::with_capacity(chains.len());
    let kind = identified.kind;
    let mut unread = Unread::new(&document, plan, kind);
    let mut formless = Formless::default();
    for (place, chain) in chains.iter().enumerate() {
        let one = One {
            document: &document,
            kind,
            chain,
            place,
        };
        let mut facts = facts();
        for (id, sources) in plan.fields(kind) {
            one.say(&mut facts, &mut formless, dictionary.field(*id), sources)?;
        }
        let path = |names: &[&str]| one.path(names);
        ids::tell_formless(
            &document,
            kind.shape(),
            chain,
            &mut formless,
            &mut facts,
            path,
        );
        one.name(&mut facts, dictionary, envelope.message_id())?;
        one.needs(&facts, dictionary)?;
        unread.tell(&mut facts, chain, place + 1);
        requests.push(facts.into_request(kind.shape().operation.to_owned())?);
    }
    amounts::check(&document, kind, dictionary, &chains, &requests)?;
    distinct(dictionary, kind, &requests)?;
    Ok(Message {
        envelope: Envelope::Iso(Box::new(envelope)),
        requests,
    })
}

/// No two transactions of a message are one payment: it would be decided once, and answered twice.
fn distinct(
    dictionary: &Dictionary,
    kind: MessageKind,
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
            let name = kind.shape().levels.last().and_then(|names| names.first());
            let mut path = format!("/Document/*//{}[{}]", name.unwrap_or(&"*"), place + 1);
            if kind.is_payment() {
                path.push_str("/PmtId");
            }
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
    for names in identified.kind.shape().levels {
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
            Problem::new(ProblemCode::MissingField, "the message has no transaction")
                .pointer(path)
                .help("name each transaction"),
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
    let shape = identified.kind.shape();
    let element = document.child(identified.message, shape.header);
    let header = |names: &[&str]| {
        let path = format!("/Document/*/{}/{}", shape.header, names[0]);
        let mut named = names
            .iter()
            .filter_map(|name| document.child(element?, name));
        let id = match named.next() {
            Some(id) => ids::text(document, id, limits::MAX_ID_CHARS, &path)?,
            None => None,
        };
        id.ok_or_else(|| {
            let reason = "the message's header has no such element";
            Problem::new(ProblemCode::MissingField, reason).pointer(path)
        })
    };
    let created = shape.created.map(|name| header(&[name])).transpose()?;
    if created.as_ref().is_some_and(|text| !is_date_time(text)) {
        return Err(Problem::new(
            ProblemCode::InvalidValue,
            "this is not a date and time (ISO 8601)",
        )
        .pointer(format!("/Document/*/{}/CreDtTm", shape.header))
        .help("write it as in 2026-01-01T10:00:00Z"));
    }
    let (message_id, message_key) = ids::of_message(identified.kind, &header(shape.message_id)?);
    let message = identified.message;
    let assignment = shape
        .parties
        .map(|parties| Assignment::of(document, message, shape, parties, message_id.as_deref()));
    let investigation = match identified.kind {
        MessageKind::Camt110 => Some(Investigation::of(document, message)?),
        _ => None,
    };
    Ok(IsoEnvelope {
        kind: identified.kind,
        definition: identified.definition.clone(),
        message_id,
        message_key,
        created: created.map_or(String::new(), |text| text.as_str().to_owned()),
        transactions: chains
            .iter()
            .map(|chain| ids::original(document, shape, chain))
            .collect::<Result<_, _>>()?,
        assignment,
        investigation,
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
