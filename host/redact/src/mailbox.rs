//! Mailboxes (RFC 5322, 3.4.1): `local@domain` with a domain of at least two labels, the last of letters.

use std::ops::Range;

/// Mailboxes in a text.
pub(crate) fn find(text: &str) -> Vec<Range<usize>> {
    text.match_indices('@')
        .filter_map(|(at, _)| {
            let local = local_before(&text[..at]);
            let domain = domain_at(&text[at + 1..])?;
            (local > 0).then(|| at - local..at + 1 + domain)
        })
        .collect()
}

/// Bytes of the local part with which the text ends. Of a quoted one only the end is looked for.
fn local_before(text: &str) -> usize {
    if let Some(quoted) = text.strip_suffix('"') {
        return text.len() - quoted.rfind('"').unwrap_or(quoted.len());
    }
    let is_local = |c: &char| is_atext(*c);
    text.chars()
        .rev()
        .take_while(is_local)
        .map(char::len_utf8)
        .sum()
}

/// RFC 5322, 3.2.3, and what RFC 6531 adds to it.
fn is_atext(c: char) -> bool {
    c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
}

/// Bytes of the domain with which the text begins: two labels at least (RFC 1035, 2.3.1; RFC 5890 for other
/// letters), the last one no number.
fn domain_at(text: &str) -> Option<usize> {
    let is_of_domain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.');
    let end = text.find(|c| !is_of_domain(c)).unwrap_or(text.len());
    let domain = text[..end].trim_end_matches(['.', '-']);
    let labels = domain.split('.');
    let last = domain.rsplit('.').next().unwrap_or_default();
    let is_top = |label: &str| {
        label.starts_with("xn--")
            || (label.chars().count() >= 2 && label.chars().all(char::is_alphabetic))
    };
    let good =
        domain.contains('.') && labels.clone().all(|label| !label.is_empty()) && is_top(last);
    good.then_some(domain.len())
}
