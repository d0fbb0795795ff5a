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

use super::assignment::Case;
use super::document::{Document, NodeId};
use super::kind::{ORIGINAL_MESSAGE, Shape};
use super::{MessageKind, OriginalIds};
use crate::canonical::is_uuid;
use crate::dropped::Why;
use crate::facts::{Facts, nothing_personal};
use crate::limits;
use crate::problem::{Problem, ProblemCode};

/// How the elements of original identifiers begin, in messages about payments.
const ORIGINAL: &str = "Orgnl";

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

/// Names the identifiers of a transaction, and of what it is in, that do not have the form of one. `path` leads to an element
/// below the message element, given by its names.
pub(super) fn tell_formless(
    document: &Document,
    shape: &Shape,
    chain: &[NodeId],
    formless: &mut Formless,
    facts: &mut Facts<'_>,
    path: impl Fn(&[&str]) -> String,
) {
    let mut tell = |level: usize, below: &[&str]| {
        let (Some(from), Some(last)) = (chain.get(level), below.last()) else {
            return;
        };
        let Some(node) = document.below(*from, below) else {
            return;
        };
        let text = document.text_of(node);
        if text.is_some_and(|text| text.expose(|text| !is_identifier(last, text.trim()))) {
            let above = chain[1..=level]
                .iter()
                .map(|node| &*document.node(*node).name);
            let names: Vec<&str> = above.chain(below.iter().copied()).collect();
            formless.tell(facts, node, || path(&names));
        }
    };
    for name in shape.message_id {
        tell(0, &[shape.header, *name]);
    }
    for (level, below) in shape.identifiers {
        tell(*level, below);
    }
    for (level, element) in shape.original_message {
        for name in ORIGINAL_MESSAGE {
            tell(*level, &[*element, name]);
        }
    }
}

/// What names a payment whose transaction has no identifier of its own: that of its message, which is unique for its sender
/// (ISO 20022, MessageIdentification), with the transaction's place in it, from 1.
pub(super) fn of_place(message_id: Option<&str>, place: usize) -> Option<String> {
    let message_id = message_id.filter(|id| *id != NOT_PROVIDED)?;
    Some(format!("{message_id}/{place}")).filter(|id| is_identifier("", id))
}

/// Nothing names the payment: neither an identifier of its transaction nor one of its message, where that would.
pub(super) fn unnamed(kind: MessageKind, path: String) -> Problem {
    let (reason, help) = match kind.is_payment() {
        true => (
            "no identifier of the transaction has the form of one, and the message has none either, so nothing names the payment",
            format!(
                "send a UETR, or a MsgId that is {}",
                Format::Reference.in_words()
            ),
        ),
        false => (
            "no original identifier of the transaction has the form of one, so nothing names the payment",
            "send the identifiers that the payment had: OrgnlUETR, and OrgnlTxId or OrgnlInstrId, OrgnlEndToEndId".to_owned(),
        ),
    };
    Problem::new(ProblemCode::InvalidValue, reason)
        .pointer(path)
        .help(help)
}

/// Unique end-to-end transaction reference, a UUID.
const UETR: &str = "UETR";

/// Whether the text of an element has the form of an identifier, and of none that leads to a person.
pub(super) fn is_identifier(element: &str, text: &str) -> bool {
    Format::Reference.admits(text) == Some(true)
        && (!element.ends_with(UETR) || is_uuid(text))
        && nothing_personal(text).is_ok()
}

/// How the sender names a transaction, as far as it has the form of a name.
pub(super) fn original(
    document: &Document,
    shape: &Shape,
    chain: &[NodeId],
) -> Result<OriginalIds, Problem> {
    let mut ids = OriginalIds::default();
    for (level, below) in shape.identifiers {
        let (Some(from), Some(name)) = (chain.get(*level), below.last()) else {
            continue;
        };
        let Some(node) = document.below(*from, below) else {
            continue;
        };
        let most = limits::MAX_ID_CHARS + usize::from(name.ends_with(UETR));
        let text = text(document, node, most, &format!("/Document/*//{name}"))?;
        let id = text.filter(|text| is_identifier(name, text));
        let id = id.map(|text| text.as_str().to_owned());
        match name.trim_start_matches(ORIGINAL) {
            "PmtInfId" => ids.payment_information = id,
            "InstrId" => ids.instruction = id,
            "EndToEndId" => ids.end_to_end = id,
            "TxId" => ids.transaction = id,
            _ => ids.uetr = id,
        }
    }
    let mut messages = shape.original_message.iter();
    ids.original_message = messages.find_map(|(level, element)| {
        let message = document.child(*chain.get(*level)?, element)?;
        let [id, definition] = ORIGINAL_MESSAGE.map(|name| {
            let node = document.child(message, name)?;
            repeated(document, node)
        });
        id.zip(definition)
    });
    let mut cases = shape.cases.iter();
    let case = cases.find_map(|(level, below)| document.below(*chain.get(*level)?, below));
    ids.case = case.and_then(|case| Case::of(document, case));
    Ok(ids)
}

/// The text of an element that a reply repeats, if it has the form of an identifier.
pub(super) fn repeated(document: &Document, node: NodeId) -> Option<String> {
    let text = document.text_of(node)?;
    text.expose(|text| {
        let text = text.trim();
        let is_short = text.len() <= limits::MAX_ID_CHARS || is_uuid(text);
        let is_kept = is_short && is_identifier("", text);
        is_kept.then(|| text.to_owned())
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

/// The message's identifier: as the reply repeats it, if it has the form of one, and what the message is known by. A case is
/// numbered for itself: its assignment may have the number of a payment message.
pub(super) fn of_message(kind: MessageKind, text: &str) -> (Option<String>, Secret) {
    let id = is_identifier("", text).then(|| text.to_owned());
    let key = match kind.is_case() {
        true => Secret::copy_of(&Zeroizing::new(format!("{} {text}", kind.name()))),
        false => Secret::copy_of(text),
    };
    (id, key)
}
