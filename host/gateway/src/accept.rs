//! Which form of an answer a caller takes (RFC 9110, section 12.5.1).

use hyper::header::{ACCEPT, HeaderMap};
use weft_intake::{Problem, ProblemCode};

use crate::limits::MAX_MEDIA_RANGES;

/// The first of `forms` that the caller accepts. Without an `Accept` header every form is.
pub(crate) fn choose(
    headers: &HeaderMap,
    forms: &'static [&'static str],
) -> Result<&'static str, Problem> {
    if !headers.contains_key(ACCEPT) {
        return forms.first().copied().ok_or_else(|| not_acceptable(forms));
    }
    let ranges: Vec<Range<'_>> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .take(MAX_MEDIA_RANGES)
        .filter_map(Range::parse)
        .collect();
    forms
        .iter()
        .copied()
        .find(|form| accepted(&ranges, form))
        .ok_or_else(|| not_acceptable(forms))
}

struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    refused: bool,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Range<'a>> {
        let mut parts = text.split(';');
        let (kind, subtype) = parts.next()?.trim().split_once('/')?;
        let weight = parts
            .filter_map(|parameter| parameter.trim().split_once('='))
            .find(|(name, _)| name.eq_ignore_ascii_case("q"))
            .map(|(_, weight)| weight.trim());
        // A weight of 0 is the only one that matters here: there is one form for each question.
        let refused = weight.is_some_and(|w| {
            w.strip_prefix('0')
                .is_some_and(|rest| rest.trim_start_matches('.').bytes().all(|b| b == b'0'))
        });
        Some(Range {
            kind,
            subtype,
            refused,
        })
    }

    /// How exactly it names a form; none if it does not.
    fn names(&self, form: &str) -> Option<u8> {
        let (kind, subtype) = form.split(';').next()?.split_once('/')?;
        if self.kind == "*" && self.subtype == "*" {
            return Some(0);
        }
        if !self.kind.eq_ignore_ascii_case(kind) {
            return None;
        }
        match self.subtype {
            "*" => Some(1),
            exact => exact.eq_ignore_ascii_case(subtype).then_some(2),
        }
    }
}

/// The range that names the form most exactly decides.
fn accepted(ranges: &[Range<'_>], form: &str) -> bool {
    ranges
        .iter()
        .filter_map(|range| Some((range.names(form)?, !range.refused)))
        .max()
        .is_some_and(|(_, accepted)| accepted)
}

fn not_acceptable(forms: &[&str]) -> Problem {
    let forms = forms.join(" or ");
    Problem::new(
        ProblemCode::NotAcceptable,
        format!("the answer has the form {forms}"),
    )
    .help("accept this form, or send no Accept header")
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    fn chosen(accept: &str) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_str(accept).expect("a value"));
        choose(&headers, &["application/xml", "text/xml"]).ok()
    }

    #[test]
    fn the_first_form_that_is_accepted() {
        let without = choose(&HeaderMap::new(), &["application/json"]);
        assert_eq!(without.ok(), Some("application/json"));
        for (accept, form) in [
            ("*/*", Some("application/xml")),
            ("application/*", Some("application/xml")),
            ("APPLICATION/XML; charset=utf-8", Some("application/xml")),
            ("text/html, text/xml;q=0.1", Some("text/xml")),
            ("text/*", Some("text/xml")),
            ("application/xml;q=0, */*", Some("text/xml")),
            ("*/*;q=0, application/xml", Some("application/xml")),
            ("application/json", None),
            ("*/*;q=0.000", None),
            ("", None),
            ("nonsense", None),
        ] {
            assert_eq!(chosen(accept), form, "{accept}");
        }
    }

    #[test]
    fn ranges_beyond_the_limit_are_not_looked_at() {
        let mut accept = "text/html, ".repeat(MAX_MEDIA_RANGES);
        accept.push_str("*/*");
        assert_eq!(chosen(&accept), None);
    }
}
