//! What the host takes as a name, and the words of its catalogue.

use syn::{Error, LitStr, Result};

/// As in the host's limits for manifests.
const MAX_NAME_CHARS: usize = 64;
const MAX_DOC_BYTES: usize = 1_024;

/// The host's catalogue of obligations.
pub(crate) const OBLIGATIONS: [&str; 7] = [
    "step-up",
    "redact",
    "disclose",
    "route",
    "notify",
    "four-eyes",
    "limit",
];

/// Names that differ more than this are not alike enough to suggest (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.8;

/// The word most like `name`, if any is alike enough.
pub(crate) fn alike(name: &str, words: &[&'static str]) -> Option<&'static str> {
    words
        .iter()
        .map(|word| (strsim::jaro_winkler(name, word), *word))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}

/// Letters, digits, `.`, `_` and `-`, a letter first.
pub(crate) fn check_name(text: &LitStr, what: &str) -> Result<()> {
    check_name_text(&text.value(), what).map_err(|why| Error::new_spanned(text, why))
}

/// The same for an operation, which may end with `*`.
pub(crate) fn check_operation(text: &LitStr) -> Result<()> {
    let name = text.value();
    let stem = name.strip_suffix('*').unwrap_or(&name);
    check_name_text(stem, "operation").map_err(|why| Error::new_spanned(text, why))
}

fn check_name_text(name: &str, what: &str) -> std::result::Result<(), String> {
    let fits = name.len() <= MAX_NAME_CHARS
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'));
    if fits {
        return Ok(());
    }
    Err(format!(
        "this cannot be the name of {article} {what}; use at most {MAX_NAME_CHARS} letters, digits, dots, \
         hyphens and underscores, a letter first",
        article = if what.starts_with(['a', 'e', 'i', 'o', 'u']) {
            "an"
        } else {
            "a"
        },
    ))
}

/// Whether the host takes it as a title or documentation; why not.
pub(crate) fn check_words(text: &str) -> std::result::Result<(), String> {
    if text.len() > MAX_DOC_BYTES {
        return Err(format!(
            "this text has {} bytes; shorten it to {MAX_DOC_BYTES}",
            text.len()
        ));
    }
    if text.chars().any(|c| c.is_control() && c != '\n') {
        return Err("this text has control characters; write plain text".into());
    }
    Ok(())
}

pub(crate) fn check_obligation(text: &LitStr) -> Result<()> {
    let kind = text.value();
    if OBLIGATIONS.contains(&kind.as_str()) {
        return Ok(());
    }
    let help = match alike(&kind, &OBLIGATIONS) {
        Some(alike) => format!("did you mean `{alike}`?"),
        None => format!("there are {}", OBLIGATIONS.join(", ")),
    };
    Err(Error::new_spanned(
        text,
        format!("`{kind}` is not an obligation of the host's catalogue; {help}"),
    ))
}

/// `OverLimit` as `over-limit`.
pub(crate) fn kebab(name: &str) -> String {
    let mut out = String::new();
    for (at, c) in name.char_indices() {
        if c.is_ascii_uppercase() && at > 0 {
            out.push('-');
        }
        out.push(match c {
            '_' => '-',
            c => c.to_ascii_lowercase(),
        });
    }
    out
}

/// Refuses the second of two alike.
pub(crate) fn check_unique<'a>(
    texts: impl IntoIterator<Item = &'a LitStr>,
    what: &str,
) -> Result<()> {
    let mut seen = Vec::new();
    for text in texts {
        let value = text.value();
        if seen.contains(&value) {
            return Err(Error::new_spanned(
                text,
                format!("{what} `{value}` is there twice; leave one of them"),
            ));
        }
        seen.push(value);
    }
    Ok(())
}
