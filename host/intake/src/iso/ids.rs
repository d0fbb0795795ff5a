//! Identifiers of a message: what the reply repeats, and which of them do not have the form of one.
//!
//! People write words into them, and numbers look like those of cards by chance; a payment is not lost for that: what does not
//! have the form, or leads to a person by it, is named by its place and counted, once for each element, and neither kept nor
//! repeated.

use std::collections::HashSet;

use weft_dictionary::Format;
use weft_dictionary::form::NOT_PROVIDED;
use weft_vault::Secret;
use zeroize::Zeroizing;

use super::OriginalIds;
use super::document::{Document, NodeId};
use crate::canonical::is_uuid;
use crate::dropped::Why;
use crate::facts::{Facts, nothing_personal};
use crate::limits;
use crate::problem::{Problem, ProblemCode};

/// The element that has the identifiers of a transaction.
const PAYMENT_ID: &str = "PmtId";
/// Those of them that a reply repeats.
const OF_TRANSACTION: [&str; 4] = ["InstrId", "EndToEndId", "TxId", UETR];
/// The message's own; the first versions call it otherwise.
pub(super) const OF_MESSAGE: [&str; 2] = ["MsgId", "GrpId"];
const OF_GROUP: &str = "PmtInfId";
/// Unique end-to-end transaction reference, a UUID.
const UETR: &str = "UETR";

/// Elements whose text does not have the form of what they are, each once.
#[derive(Default)]
pub(super) struct Formless(HashSet<NodeId>);

impl Formless {
    /// Names an element that is not kept, unless it was named before: for another field, or another transaction.
    pub(super) fn tell(
        &mut self,
        facts: &mut Facts<'_>,
        node: NodeId,
        path: impl FnOnce() -> String,
    ) {
        if self.0.insert(node) {
            facts.drop_at(path(), Why::NotInForm);
        }
    }
}

/// Names the identifiers of a transaction, and of what it is in, that do not have the form of one. `path` leads to an element below the message element, given by its names.
pub(super) fn tell_formless(
    document: &Document,
    chain: &[NodeId],
    formless: &mut Formless,
    facts: &mut Facts<'_>,
    path: impl Fn(&[&str]) -> String,
) {
    let mut names: Vec<&str> = Vec::new();
    let mut tell = |parent: NodeId, names: &[&str]| {
        let Some(last) = names.last() else {
            return;
        };
        let Some(node) = document.children(parent, last).next() else {
            return;
        };
        let text = document.text_of(node);
        if text.is_some_and(|text| text.expose(|text| !is_identifier(last, text.trim()))) {
            formless.tell(facts, node, || path(names));
        }
    };
    if let Some(header) = document.children(chain[0], "GrpHdr").next() {
        for name in OF_MESSAGE {
            tell(header, &["GrpHdr", name]);
        }
    }
    for (level, node) in chain.iter().enumerate().skip(1) {
        names.push(&document.node(*node).name);
        if level + 1 < chain.len() {
            tell(*node, &[&names[..], &[OF_GROUP]].concat());
        } else if let Some(ids) = document.children(*node, PAYMENT_ID).next() {
            for name in OF_TRANSACTION {
                tell(ids, &[&names[..], &[PAYMENT_ID, name]].concat());
            }
        }
    }
}

/// What names a payment whose transaction has no identifier of its own: that of its message, which is unique for its sender
/// (ISO 20022, MessageIdentification), with the transaction's place in it, from 1.
pub(super) fn of_place(message_id: Option<&str>, place: usize) -> Option<String> {
    let message_id = message_id.filter(|id| *id != NOT_PROVIDED)?;
    Some(format!("{message_id}/{place}")).filter(|id| is_identifier(PAYMENT_ID, id))
}

/// Neither a transaction nor its message has an identifier that has the form of one, so nothing names the payment.
pub(super) fn unnamed(path: String) -> Problem {
    let reason = "no identifier of the transaction has the form of one, and the message has none either, so nothing names \
                  the payment";
    Problem::new(ProblemCode::InvalidValue, reason)
        .pointer(path)
        .help(format!(
            "send a UETR, or a MsgId that is {}",
            Format::Reference.in_words()
        ))
}

/// Whether the text of an element has the form of an identifier, and of none that leads to a person.
pub(super) fn is_identifier(element: &str, text: &str) -> bool {
    Format::Reference.admits(text) == Some(true)
        && (element != UETR || is_uuid(text))
        && nothing_personal(text).is_ok()
}

/// How the sender names a transaction, as far as it has the form of a name.
pub(super) fn original(document: &Document, chain: &[NodeId]) -> Result<OriginalIds, Problem> {
    let below = |parent: Option<NodeId>, name: &'static str| {
        let child = parent.and_then(|parent| document.children(parent, name).next());
        let Some(child) = child else {
            return Ok(None);
        };
        let most = limits::MAX_ID_CHARS + usize::from(name == UETR);
        let text = text(document, child, most, &format!("/Document/*//{name}"))?;
        let kept = text.filter(|text| is_identifier(name, text));
        Ok(kept.map(|text| text.as_str().to_owned()))
    };
    let group = chain.get(1).copied().filter(|_| chain.len() > 2);
    let ids = chain
        .last()
        .and_then(|tx| document.children(*tx, PAYMENT_ID).next());
    Ok(OriginalIds {
        payment_information: below(group, OF_GROUP)?,
        instruction: below(ids, "InstrId")?,
        end_to_end: below(ids, "EndToEndId")?,
        transaction: below(ids, "TxId")?,
        uetr: below(ids, UETR)?,
    })
}

/// A text that the reply may repeat.
pub(super) fn text(
    document: &Document,
    id: NodeId,
    most: usize,
    path: &str,
) -> Result<Option<Zeroizing<String>>, Problem> {
    let Some(text) = document.text_of(id) else {
        return Ok(None);
    };
    let text = Zeroizing::new(text.expose(|text| text.trim().to_owned()));
    if text.chars().count() > most || text.chars().any(char::is_control) {
        let reason = format!("the text has more than {most} characters, or control characters");
        return Err(Problem::new(ProblemCode::InvalidValue, reason)
            .pointer(path)
            .help("shorten it"));
    }
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// The message's identifier: as the reply repeats it, if it has the form of one, and as it was written.
pub(super) fn of_message(text: &str) -> (Option<String>, Secret) {
    let id = is_identifier(OF_MESSAGE[0], text).then(|| text.to_owned());
    (id, Secret::copy_of(text))
}
