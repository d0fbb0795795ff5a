//! What the header of a request says, checked.

use hyper::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
};
use weft_intake::{MediaType, Problem, ProblemCode};

use crate::limits::{MAX_KEY_CHARS, MAX_TOKEN_CHARS};

/// A caller's key for sending the same request again.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What a request shows of its caller.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Shown<'a> {
    /// Nothing.
    Nothing,
    /// Something that is no bearer token.
    NoToken,
    /// A bearer token.
    Token(&'a [u8]),
}

/// RFC 6750, section 2.1.
pub(crate) fn bearer(headers: &HeaderMap) -> Shown<'_> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let value = match (all.next(), all.next()) {
        (None, _) => return Shown::Nothing,
        (Some(one), None) => one.as_bytes(),
        (Some(_), Some(_)) => return Shown::NoToken,
    };
    let (scheme, token) = value.split_at(value.iter().position(|b| *b == b' ').unwrap_or(0));
    let token = token.trim_ascii();
    let readable = token.iter().all(u8::is_ascii_graphic);
    if scheme.eq_ignore_ascii_case(b"bearer")
        && (1..=MAX_TOKEN_CHARS).contains(&token.len())
        && readable
    {
        Shown::Token(token)
    } else {
        Shown::NoToken
    }
}

/// What the body is said to be.
pub(crate) fn media(headers: &HeaderMap) -> Result<MediaType, Problem> {
    let plain = headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .all(|coding| coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if !plain {
        return Err(Problem::new(
            ProblemCode::UnsupportedMediaType,
            "a body with a content coding is not read",
        )
        .help("send it as it is, without Content-Encoding"));
    }
    let content_type = one(headers, &CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some_and(MediaType::is_in_other_charset) {
        return Err(Problem::new(
            ProblemCode::UnsupportedMediaType,
            "a body in another encoding than UTF-8 is not read",
        )
        .help("send it in UTF-8, with charset=utf-8 or without charset"));
    }
    content_type
        .and_then(MediaType::from_content_type)
        .ok_or_else(|| {
            Problem::new(
                ProblemCode::UnsupportedMediaType,
                "the Content-Type header names none of the forms that are read",
            )
            .help("send JSON as application/json, ISO 20022 as application/xml")
        })
}

/// The caller's key, if it sent one.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    if !headers.contains_key(IDEMPOTENCY_KEY) {
        return Ok(None);
    }
    let readable = |value: &HeaderValue| {
        let bytes = value.as_bytes();
        (1..=MAX_KEY_CHARS).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    };
    one(headers, &IDEMPOTENCY_KEY)
        .filter(|value| readable(value))
        .and_then(|value| value.to_str().ok())
        .map(|key| Some(key.to_owned()))
        .ok_or_else(|| {
            let detail = format!(
                "the Idempotency-Key header stands once and has 1 to {MAX_KEY_CHARS} visible ASCII characters"
            );
            Problem::new(ProblemCode::InvalidValue, detail).help("a UUID is a good key")
        })
}

/// A header that stands once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut all = headers.get_all(name).iter();
    let first = all.next();
    first.filter(|_| all.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(HeaderName, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(name.clone(), HeaderValue::from_str(value).expect("a value"));
        }
        headers
    }

    #[test]
    fn a_bearer_token_stands_once_and_is_bounded() {
        let shown = |values: &[&str]| {
            let lines: Vec<_> = values.iter().map(|v| (AUTHORIZATION, *v)).collect();
            match bearer(&headers(&lines)) {
                Shown::Token(token) => String::from_utf8_lossy(token).into_owned(),
                other => format!("{other:?}"),
            }
        };
        assert_eq!(shown(&[]), "Nothing");
        assert_eq!(shown(&["Bearer abc"]), "abc");
        assert_eq!(shown(&["bearer  abc"]), "abc");
        let long = format!("Bearer {}", "a".repeat(MAX_TOKEN_CHARS + 1));
        for value in [
            "",
            "Bearer",
            "Bearer ",
            "Basic abc",
            "Bearer a b",
            "abc",
            &long,
        ] {
            assert_eq!(shown(&[value]), "NoToken", "{value}");
        }
        assert_eq!(shown(&["Bearer abc", "Bearer abc"]), "NoToken");
    }

    #[test]
    fn a_key_is_visible_and_bounded() {
        let key = |values: &[&str]| {
            let lines: Vec<_> = values.iter().map(|v| (IDEMPOTENCY_KEY, *v)).collect();
            idempotency_key(&headers(&lines)).map_err(|p| p.status())
        };
        assert_eq!(key(&[]), Ok(None));
        let longest = "k".repeat(MAX_KEY_CHARS);
        assert_eq!(key(&[&longest]), Ok(Some(longest.clone())));
        assert_eq!(key(&[&format!("{longest}k")]), Err(422));
        assert_eq!(key(&[""]), Err(422));
        assert_eq!(key(&["two words"]), Err(422));
        assert_eq!(key(&["a", "a"]), Err(422));
    }

    #[test]
    fn a_body_is_json_or_xml_and_not_compressed() {
        let media = |lines: &[(HeaderName, &str)]| media(&headers(lines)).ok();
        assert_eq!(
            media(&[(CONTENT_TYPE, "application/json; charset=utf-8")]),
            Some(MediaType::Json)
        );
        assert_eq!(media(&[(CONTENT_TYPE, "text/xml")]), Some(MediaType::Xml));
        for utf8 in [
            "application/json;charset=UTF-8",
            "application/json; charset=\"utf-8\"",
            "application/json; version=1",
        ] {
            assert_eq!(
                media(&[(CONTENT_TYPE, utf8)]),
                Some(MediaType::Json),
                "{utf8}"
            );
        }
        for other in [
            "application/json; charset=latin1",
            "application/json;v=1; Charset = \"utf-16\"",
            "text/xml; charset=us-ascii",
            "application/json; charset=",
        ] {
            assert_eq!(media(&[(CONTENT_TYPE, other)]), None, "{other}");
        }
        assert_eq!(media(&[]), None);
        assert_eq!(media(&[(CONTENT_TYPE, "text/plain")]), None);
        let json = || (CONTENT_TYPE, "application/json");
        assert_eq!(media(&[json(), json()]), None);
        assert_eq!(media(&[json(), (CONTENT_ENCODING, "gzip")]), None);
        assert!(media(&[json(), (CONTENT_ENCODING, "identity")]).is_some());
    }
}
