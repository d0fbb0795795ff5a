//! What a body becomes: requests with their facts, and what the reply to it needs.

use weft_dictionary::Row;
use weft_vault::{NewRow, Secret};
use zeroize::Zeroizing;

use crate::dropped::Dropped;
use crate::iso::IsoEnvelope;

/// What a body is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// `application/json`.
    Json,
    /// `application/xml` or `text/xml`: an ISO 20022 message.
    Xml,
}

impl MediaType {
    /// Reads the value of a `Content-Type` header, whatever its parameters are.
    pub fn from_content_type(value: &str) -> Option<MediaType> {
        let essence = value.split(';').next().unwrap_or_default().trim();
        let is = |name: &str| essence.eq_ignore_ascii_case(name);
        if is("application/json") {
            Some(MediaType::Json)
        } else if is("application/xml") || is("text/xml") {
            Some(MediaType::Xml)
        } else {
            None
        }
    }

    /// Whether the value of a `Content-Type` header says that the body is in another encoding than UTF-8. Without
    /// a word it is in UTF-8 (RFC 8259, section 8.1).
    pub fn is_in_other_charset(value: &str) -> bool {
        value
            .split(';')
            .skip(1)
            .filter_map(|parameter| parameter.split_once('='))
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))
            .any(|(_, charset)| {
                !charset
                    .trim()
                    .trim_matches('"')
                    .eq_ignore_ascii_case("utf-8")
            })
    }
}

/// One body, read.
pub struct Message {
    /// What it came in.
    pub envelope: Envelope,
    /// What it asks for: one request in JSON, one for each transaction in ISO 20022.
    pub requests: Vec<Request>,
}

/// What requests came in, as far as the reply needs it.
pub enum Envelope {
    /// JSON.
    Json,
    /// A message of ISO 20022.
    Iso(Box<IsoEnvelope>),
}

impl Envelope {
    /// The message's own identifier, if it has one that has the form of one.
    pub fn message_id(&self) -> Option<&str> {
        match self {
            Envelope::Json => None,
            Envelope::Iso(iso) => iso.message_id(),
        }
    }

    /// Where that identifier stands in the body; empty for JSON, which has none.
    pub fn message_id_at(&self) -> String {
        match self {
            Envelope::Json => String::new(),
            Envelope::Iso(iso) => iso.message_id_at(),
        }
    }

    /// By what the message is known when it comes again. For nothing that is kept.
    pub fn message_key(&self) -> Option<&Secret> {
        match self {
            Envelope::Json => None,
            Envelope::Iso(iso) => Some(iso.message_key()),
        }
    }
}

/// One request. Its sensitive values are tokens by now; those that are new are not in the vault yet.
pub struct Request {
    /// What the caller wants, for example `payment.authorize`.
    pub operation: String,
    /// The facts.
    pub row: Row,
    /// What was in the body and is not kept.
    pub dropped: Dropped,
    /// What the customer answered to a challenge.
    pub one_time: OneTime,
    /// Tokens that are new: nobody may be told of them before the vault has kept them.
    pub new_tokens: Vec<NewRow>,
}

/// A value that is compared once and then forgotten: overwritten with zeros when it is dropped. It has
/// no `Debug`, `Clone` or `Serialize` on purpose.
#[derive(Default)]
pub struct OneTime(Zeroizing<Vec<u8>>);

impl OneTime {
    pub(crate) fn new(value: &str) -> OneTime {
        OneTime(Zeroizing::new(value.as_bytes().to_vec()))
    }

    /// Shows the value to `reader`; empty when none was sent.
    pub fn expose<R>(&self, reader: impl FnOnce(&[u8]) -> R) -> R {
        reader(&self.0)
    }

    /// Whether none was sent.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
