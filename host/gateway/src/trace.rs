//! W3C Trace Context: which trace a request belongs to.
//!
//! A valid `traceparent` is taken up; anything else is as if there were none, and a new trace begins, as it does where the
//! trace's id, which is logged and recorded, could say something: a card number stands in it, or its octets are text. The
//! answer names the trace either way, with this host's own span as parent.

use data_encoding::HEXLOWER;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

/// `traceparent`, of requests and of answers.
pub(crate) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Version, trace, parent, flags, and the hyphens between them.
const CHARS: usize = 2 + 1 + 32 + 1 + 16 + 1 + 2;

/// The trace of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trace {
    id: String,
    span: String,
    flags: String,
}

impl Trace {
    /// The trace that a request belongs to.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Trace, getrandom::Error> {
        let span = random::<8>()?;
        let mut all = headers.get_all(TRACEPARENT).iter();
        let parent = match (all.next(), all.next()) {
            (Some(one), None) => parse(one.as_bytes()),
            _ => None,
        };
        Ok(match parent {
            Some((id, flags)) => Trace { id, span, flags },
            None => Trace {
                id: random::<16>()?,
                span,
                flags: "00".to_owned(),
            },
        })
    }

    /// 32 hexadecimal digits.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// What the answer carries.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let value = format!("00-{}-{}-{}", self.id, self.span, self.flags);
        HeaderValue::from_str(&value).ok()
    }
}

/// The trace's id and flags.
fn parse(value: &[u8]) -> Option<(String, String)> {
    let text = std::str::from_utf8(value).ok()?;
    // Later versions may have more behind the flags.
    let mut parts = text.splitn(5, '-');
    let version = hex(parts.next()?, 2)?;
    let (id, parent) = (hex(parts.next()?, 32)?, hex(parts.next()?, 16)?);
    let flags = hex(parts.next()?, 2)?;
    let known = version == "00" && text.len() == CHARS;
    let later = version != "00" && version != "ff";
    let nothing = |digits: &str| digits.bytes().all(|b| b == b'0');
    let says_something = |id: &str| weft_redact::card_within(id) || is_text(id);
    ((known || later) && !nothing(id) && !nothing(parent) && !says_something(id))
        .then(|| (id.to_owned(), flags.to_owned()))
}

/// Whether the octets of an id, without zeros around them, are text, as those of a name in hexadecimal are. Random ones are
/// not: one id of ten million, and one of about two thousand where a shorter one was filled up with zeros.
fn is_text(id: &str) -> bool {
    let octets = HEXLOWER.decode(id.as_bytes()).unwrap_or_default();
    let text = std::str::from_utf8(&octets).ok();
    text.is_some_and(|text| !text.trim_matches('\0').contains(char::is_control))
}

fn hex(text: &str, chars: usize) -> Option<&str> {
    let digits = text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    (text.len() == chars && digits).then_some(text)
}

fn random<const N: usize>() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; N];
    getrandom::fill(&mut bytes)?;
    Ok(HEXLOWER.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn id_of(values: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(TRACEPARENT, HeaderValue::from_str(value).expect("a value"));
        }
        Trace::of(&headers).expect("randomness").id().to_owned()
    }

    #[test]
    fn a_valid_parent_is_taken_up() {
        assert_eq!(id_of(&[&format!("00-{ID}-00f067aa0ba902b7-01")]), ID);
        assert_eq!(id_of(&[&format!("01-{ID}-00f067aa0ba902b7-01-more")]), ID);
    }

    #[test]
    fn an_invalid_parent_begins_a_new_trace() {
        let valid = format!("00-{ID}-00f067aa0ba902b7-01");
        for parent in [
            String::new(),
            valid.to_uppercase(),
            valid.replace("00-", "ff-"),
            format!("{valid}-more"),
            format!("{valid}0"),
            valid.replace("00f067aa0ba902b7", "0000000000000000"),
            valid.replace(ID, &"0".repeat(32)),
            valid.replace("736", "73"),
            valid.replace("736", "73g"),
        ] {
            let id = id_of(&[&parent]);
            assert_ne!(id, ID, "{parent}");
            assert_eq!(id.len(), 32);
        }
        assert_ne!(id_of(&[&valid, &valid]), ID, "two parents are none");
    }

    #[test]
    fn a_card_number_is_no_trace() {
        for digits in [
            "41111111111111114111111111111111",
            "4bf92f3577b34da4111111111111111e",
        ] {
            assert_ne!(
                id_of(&[&format!("00-{digits}-00f067aa0ba902b7-01")]),
                digits
            );
        }
    }

    #[test]
    fn text_is_no_trace() {
        for text in [
            "4111111111111111",
            "Maria Rossi 1971",
            "Via Roma 12, Bra",
            "Maria\0\0\0\0\0\0\0\0\0\0\0",
            "\0\0\0\0\0\0\0\0\0\0\0Maria",
            "Zo\u{eb} Weber 12 ab",
        ] {
            let digits = HEXLOWER.encode(text.as_bytes());
            assert_eq!(digits.len(), 32, "{text}");
            let parent = format!("00-{digits}-00f067aa0ba902b7-01");
            assert_ne!(id_of(&[&parent]), digits, "{text}");
        }
        let shorter = "0000000000000000a3ce929d0e0e4736";
        let parent = format!("00-{shorter}-00f067aa0ba902b7-01");
        assert_eq!(id_of(&[&parent]), shorter);
    }

    #[test]
    fn the_answer_names_the_trace_and_a_span_of_the_hosts_own() {
        let mut headers = HeaderMap::new();
        let parent = format!("00-{ID}-00f067aa0ba902b7-01");
        headers.insert(TRACEPARENT, HeaderValue::from_str(&parent).expect("valid"));
        let trace = Trace::of(&headers).expect("randomness");
        let answered = trace.header().expect("a value");
        let answered = answered.to_str().expect("text");
        assert_ne!(answered, parent);
        assert_eq!(
            parse(answered.as_bytes()),
            Some((ID.to_owned(), "01".to_owned()))
        );
    }
}
