//! The last layer: no answer leaves with something that leads to a person in it.
//!
//! What answers are made of was looked at when it came in, so nothing is found here unless something was forgotten. Then
//! it is covered, counted and told, and the answer goes out without it: the decision is durable already.

use serde_json::Value as Json;
use weft_redact::{Layer, Reading, cover, covered};

/// The body as it may leave.
pub(crate) fn checked(body: Vec<u8>, form: &str) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(&body) else {
        return body;
    };
    let (raw, kinds) = cover(text, Reading::Field);
    if kinds.is_empty() {
        return body;
    }
    covered(Layer::Egress, &kinds);
    // Between its quotes, so that the answer remains one.
    let whole = form.ends_with("json").then(|| json(text)).flatten();
    whole.unwrap_or_else(|| raw.into_owned().into_bytes())
}

/// The same document with each of its texts and numbers covered; nothing if something is left in it then.
fn json(text: &str) -> Option<Vec<u8>> {
    let document = without(serde_json::from_str(text).ok()?);
    let bytes = serde_json::to_vec(&document).ok()?;
    let left = weft_redact::first(std::str::from_utf8(&bytes).ok()?, Reading::Field);
    left.is_none().then_some(bytes)
}

fn without(value: Json) -> Json {
    let text = |text: &str| cover(text, Reading::Field).0.into_owned();
    match value {
        Json::String(old) => Json::String(text(&old)),
        Json::Number(number) => match text(&number.to_string()) {
            same if same == number.to_string() => Json::Number(number),
            covered => Json::String(covered),
        },
        Json::Array(values) => values.into_iter().map(without).collect(),
        Json::Object(members) => members
            .into_iter()
            .map(|(name, value)| (text(&name), without(value)))
            .collect(),
        Json::Null | Json::Bool(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(body: &str, form: &str) -> String {
        String::from_utf8(checked(body.as_bytes().to_vec(), form)).expect("text")
    }

    #[test]
    fn an_answer_without_anything_is_as_it_was() {
        let body = r#"{"id":"01JZ","amount":{"value":"27.40"},"score":0.4111111111111111}"#;
        assert_eq!(leaves(body, "application/json"), body);
    }

    #[test]
    fn what_leaks_is_covered_and_the_answer_remains_one() {
        assert_eq!(
            leaves(
                r#"{"note":"BE68 5390 0754 7034, ring +32470123456","a":[4111111111111111],"4111111111111111":1}"#,
                "application/json"
            ),
            r#"{"[covered]":1,"a":["[covered]"],"note":"[covered], ring [covered]"}"#
        );
        assert_eq!(
            leaves("<Id>4111-1111-1111-1111</Id>", "application/xml"),
            "<Id>[covered]</Id>"
        );
    }
}
