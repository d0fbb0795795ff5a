//! Which message a body is.

use super::MessageKind;
use super::document::{Document, NodeId};
use crate::problem::{Problem, ProblemCode};

const PREFIX: &str = "urn:iso:std:iso:20022:tech:xsd:";

/// A message that is read.
pub(super) struct Identified {
    pub(super) kind: MessageKind,
    /// With variant and version.
    pub(super) definition: String,
    /// The message element, below which all paths are.
    pub(super) message: NodeId,
}

/// Finds the one message in a body, alone or in a wrapper with its business header.
pub(super) fn identify(document: &Document) -> Result<Identified, Problem> {
    let mut documents = document.ids().filter(|id| {
        &*document.node(*id).name == "Document" && definition_of(document, *id).is_some()
    });
    let Some(root) = documents.next() else {
        return Err(Problem::new(
            ProblemCode::UnsupportedMessage,
            "the body has no Document element in a namespace of ISO 20022",
        )
        .help(supported()));
    };
    if documents.next().is_some() {
        return Err(Problem::new(
            ProblemCode::UnsupportedMessage,
            "the body has more than one Document element",
        )
        .help("send one message in one request"));
    }
    let definition = definition_of(document, root).unwrap_or_default();
    check_header(document, definition)?;
    let kind = kind_of(definition)?;
    let mut messages = document.node(root).children.iter().copied();
    let message =
        messages.find(|child| document.node(*child).namespace == document.node(root).namespace);
    let message = message.ok_or_else(|| {
        Problem::new(
            ProblemCode::Malformed,
            "there is no message in the Document element",
        )
        .pointer("/Document")
    })?;
    Ok(Identified {
        kind,
        definition: definition.to_owned(),
        message,
    })
}

/// The message's name from its namespace, if it has the form of one: `pacs.008.001.08`.
fn definition_of(document: &Document, id: NodeId) -> Option<&str> {
    let name = document.namespace(id).strip_prefix(PREFIX)?;
    let parts: Vec<&str> = name.split('.').collect();
    let digits =
        |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    let good = matches!(parts.as_slice(), [area, number, variant, version]
        if area.len() == 4 && area.bytes().all(|b| b.is_ascii_lowercase())
            && digits(number, 3) && digits(variant, 3) && digits(version, 2));
    good.then_some(name)
}

/// A business header (head.001) names the message that it is about.
fn check_header(document: &Document, definition: &str) -> Result<(), Problem> {
    for header in document.ids() {
        let is_header = &*document.node(header).name == "AppHdr"
            && definition_of(document, header).is_some_and(|d| d.starts_with("head.001."));
        if !is_header {
            continue;
        }
        for named in document.children(header, "MsgDefIdr") {
            let same = document
                .text_of(named)
                .is_some_and(|text| text.expose(|text| text.trim() == definition));
            if !same {
                let reason = format!(
                    "the header is about another message than the {definition} in the body"
                );
                return Err(Problem::new(ProblemCode::InvalidValue, reason)
                    .pointer("/AppHdr/MsgDefIdr")
                    .help("send a message with its own header, or without one"));
            }
        }
    }
    Ok(())
}

fn kind_of(definition: &str) -> Result<MessageKind, Problem> {
    let known = MessageKind::ALL.into_iter().find(|kind| {
        definition
            .strip_prefix(kind.name())
            .and_then(|rest| rest.strip_prefix(".001."))
            .and_then(|version| version.parse::<u8>().ok())
            .is_some_and(|version| (1..=kind.last_version()).contains(&version))
    });
    known.ok_or_else(|| {
        // The name has the form of one: letters and digits in four parts, nothing of a payment.
        Problem::new(
            ProblemCode::UnsupportedMessage,
            format!("nothing is decided about a {definition}"),
        )
        .pointer("/Document")
        .help(supported())
    })
}

fn supported() -> String {
    let each = MessageKind::ALL.map(|kind| {
        let (name, last) = (kind.name(), kind.last_version());
        match last {
            1 => format!("{name}.001.01"),
            _ => format!("{name}.001.01 to {name}.001.{last:02}"),
        }
    });
    format!("send {}", each.join(", or "))
}
