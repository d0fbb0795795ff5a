//! What the parser found, in words for people: they write files, not programs.

use serde_saphyr::Error;
use serde_saphyr::budget::BudgetBreach;

use crate::did_you_mean;

/// Whether the problem is that a value has an anchor (`&name`).
pub(super) fn is_anchor(error: &Error) -> bool {
    match error {
        Error::AliasError { error, .. } | Error::WithSnippet { error, .. } => is_anchor(error),
        Error::Budget { breach, .. } => matches!(breach, BudgetBreach::Anchors { .. }),
        _ => false,
    }
}

/// Whether the text is no YAML: nothing of it was taken by a key.
pub(super) fn is_scanned(error: &Error) -> bool {
    match error {
        Error::AliasError { error, .. } | Error::WithSnippet { error, .. } => is_scanned(error),
        other => of(other).1.is_none(),
    }
}

/// The key that is missing, if that is the problem.
pub(super) fn missing(error: &Error) -> Option<&str> {
    match error {
        Error::AliasError { error, .. } | Error::WithSnippet { error, .. } => missing(error),
        Error::SerdeMissingField { field, .. } => Some(field),
        _ => None,
    }
}

/// Where a key belongs that is not known where it stands.
pub(super) fn home(error: &Error, homes: &[(&str, &str)]) -> Option<String> {
    match error {
        Error::AliasError { error, .. } | Error::WithSnippet { error, .. } => home(error, homes),
        Error::SerdeUnknownField { field, .. } => {
            let (_, home) = homes.iter().find(|(key, _)| key == field)?;
            Some(match *home {
                "" => "write it at the top of the file, outside of other keys".to_owned(),
                home => format!("write it below `{home}`"),
            })
        }
        _ => None,
    }
}

/// What is wrong, and what to do about it. Keys are named, values are not repeated.
pub(super) fn of(error: &Error) -> (String, Option<String>) {
    if let Error::AliasError { error, .. } | Error::WithSnippet { error, .. } = error {
        return of(error);
    }
    let (message, help) = match error {
        Error::Eof { .. } => (
            "the file ends where a value should stand".to_owned(),
            "write the value, or take its key out".to_owned(),
        ),
        Error::MultipleDocuments { .. } => (
            "the file holds several documents".into(),
            "leave one document, and put the others, after `---`, into files of their own".into(),
        ),
        Error::DuplicateMappingKey { key, .. } => duplicate(key.as_deref()),
        Error::Unexpected { expected, .. } => kind(expected),
        Error::InvalidScalar { ty, .. } => scalar(ty),
        Error::SerdeInvalidType {
            unexpected,
            expected,
            ..
        } => (
            format!(
                "here stands {}, the key takes {}",
                without_value(unexpected),
                plain(expected)
            ),
            another_kind(unexpected),
        ),
        Error::SerdeInvalidValue { expected, .. } => (
            "the key does not take this value".into(),
            format!("write {}", plain(expected)),
        ),
        Error::SerdeUnknownField {
            field, expected, ..
        } => (
            format!("there is no key `{field}` here"),
            choose("the keys are", field, expected),
        ),
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => (
            "the key does not take this word".into(),
            choose("write one of", variant, expected),
        ),
        Error::SerdeMissingField { field, .. } => (
            format!("the key `{field}` is missing"),
            format!("add `{field}`"),
        ),
        Error::NullIntoString { .. } => (
            "here stands nothing, the key takes a text".into(),
            "write the text, in quotes if it is `null` or `~`".into(),
        ),
        Error::InvalidBooleanStrict { .. } => (
            "the key takes true or false".into(),
            "write true or false".into(),
        ),
        Error::QuotingRequired { .. } => (
            "YAML reads this as something else than a text".into(),
            "put it in quotes".into(),
        ),
        Error::UnknownAnchor { .. } => (
            "`*` names something that no `&` before it defines".into(),
            "write the value itself, or in quotes if it is a text that begins with `*`".into(),
        ),
        Error::UnsupportedTag { .. } | Error::TaggedEnumMismatch { .. } => (
            "a word that begins with `!` is a tag, and there are none here".into(),
            "take it out, or put the text in quotes".into(),
        ),
        Error::MergeKeyNotAllowed { .. } => (
            "`<<` takes keys from elsewhere, and what a file says has to stand where it is read".into(),
            "write the keys out here, or put the key in quotes".into(),
        ),
        Error::Budget {
            breach: BudgetBreach::Anchors { .. },
            ..
        } => (
            "`&` gives a value a name to be repeated by, and what a file says has to stand where it is read".into(),
            "write the value out at each place, or put a text that begins with `&` in quotes".into(),
        ),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => (
            "the file is nested too deeply, repeats itself too often or has too many parts".into(),
            "write it more plainly, or split it".into(),
        ),
        other => return (raw(other), None),
    };
    (message, Some(help).filter(|help| !help.is_empty()))
}

fn duplicate(key: Option<&str>) -> (String, String) {
    let message = match key {
        Some(key) => format!("the key `{key}` stands twice"),
        None => "a key stands twice".to_owned(),
    };
    (message, "keep one of the two".into())
}

/// Structure where another was due.
fn kind(expected: &str) -> (String, String) {
    let (due, form) = match expected {
        "sequence start" => (
            "a list",
            "write `[a, b]`, or each element on a line after `- `",
        ),
        "mapping start" => (
            "keys with values",
            "write `key: value`, each on a line of its own",
        ),
        "string scalar" | "scalar" => (
            "a single value",
            "write one value; quote a text that has `[`, `{` or `: `",
        ),
        _ => return (format!("here should stand {expected}"), String::new()),
    };
    (
        format!("here should stand {due}, and something else does"),
        form.into(),
    )
}

fn scalar(of_type: &str) -> (String, String) {
    let number = [
        "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "usize",
    ];
    let of_type = of_type.trim();
    if number.iter().any(|n| of_type.contains(n)) {
        let help = "write digits alone, such as 20, without quotes and separators".into();
        return ("the key takes a whole number within its range".into(), help);
    }
    if of_type.contains("bool") {
        let help = "write true or false, without quotes".into();
        return ("the key takes true or false".into(), help);
    }
    (
        "the value is of another kind than the key takes".into(),
        format!("write a {of_type}"),
    )
}

/// `string "secret"` as `a text`.
fn without_value(unexpected: &str) -> &str {
    let word = unexpected
        .split(['`', '"'])
        .next()
        .unwrap_or_default()
        .trim();
    match word {
        "string" | "character" => "a text",
        "integer" => "a whole number",
        "floating point" => "a number with a fraction",
        "boolean" => "true or false",
        "map" => "keys with values",
        "sequence" => "a list",
        "unit value" | "null" | "Option value" => "nothing",
        "" => "something else",
        other => other,
    }
}

fn another_kind(unexpected: &str) -> String {
    match without_value(unexpected) {
        "true or false" => {
            "YAML reads an unquoted yes, no, on or off as true or false; put a text in quotes"
                .into()
        }
        "a whole number" | "a number with a fraction" => "put a text in quotes".into(),
        _ => String::new(),
    }
}

/// What Rust calls things, for those who do not write Rust.
fn plain(expected: &str) -> String {
    match expected {
        "a string" | "string" | "str" => "a text".into(),
        "a sequence" => "a list".into(),
        "a map" => "keys with values".into(),
        "a boolean" => "true or false".into(),
        e if e.starts_with("struct ") => "keys with values".into(),
        e if e.starts_with("any valid JSON") => "any value".into(),
        e if is_number(e) => "a whole number within its range".into(),
        other => other.to_owned(),
    }
}

fn is_number(expected: &str) -> bool {
    let mut chars = expected.chars();
    matches!(chars.next(), Some('i' | 'u'))
        && matches!(chars.as_str(), "8" | "16" | "32" | "64" | "size")
}

fn choose(before: &str, given: &str, known: &[&'static str]) -> String {
    match did_you_mean(given, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => String::new(),
        None => format!("{before} {}", known.join(", ")),
    }
}

/// The parser's own words, without the place, which the diagnostic shows already.
fn raw(error: &Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    text.split(" at line ").next().unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::yaml::parse;

    #[derive(serde::Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read by the parser")]
    struct Doc {
        name: String,
        #[serde(default)]
        on: Vec<String>,
        #[serde(default)]
        level: u8,
        #[serde(default)]
        keys: BTreeMap<String, String>,
        #[serde(default)]
        word: Option<Word>,
    }

    #[derive(serde::Deserialize, Debug)]
    #[serde(rename_all = "lowercase")]
    enum Word {
        Hold,
        Deny,
    }

    #[test]
    fn what_the_parser_finds_is_said_in_our_words_with_a_remedy() {
        let cases = [
            (
                "name: a\n---\nname: b\n",
                "several documents",
                "files of their own",
            ),
            (
                "name: a\nname: b\n",
                "the key `name` stands twice",
                "keep one of the two",
            ),
            (
                "name: a\non: payment.*\n",
                "should stand a list",
                "`[a, b]`",
            ),
            (
                "name: a\nkeys: [x]\n",
                "should stand keys with values",
                "`key: value`",
            ),
            (
                "name: a\nnmae: b\n",
                "there is no key `nmae`",
                "did you mean `name`?",
            ),
            (
                "name: a\nzzz: b\n",
                "there is no key `zzz`",
                "the keys are name, on, level",
            ),
            ("level: 1\n", "the key `name` is missing", "add `name`"),
            ("name: [a]\n", "a single value", "write one value"),
            ("name: a\nlevel: lots\n", "a whole number", "digits"),
            ("name: a\nlevel: 4111\n", "a whole number", "digits"),
            (
                "name: a\nword: dney\n",
                "does not take this word",
                "did you mean `deny`?",
            ),
            (
                "name: a\nword: zzz\n",
                "does not take this word",
                "write one of hold, deny",
            ),
        ];
        for (text, message, help) in cases {
            let problem = parse::<Doc>("a.yaml", text).expect_err(text);
            let shown = problem.help.as_deref().unwrap_or_default();
            assert!(problem.message.contains(message), "{text}: {problem}");
            assert!(shown.contains(help), "{text}: {problem}");
            for foreign in [
                "Policy", "Options", "from_str", "sequence", "mapping", "u8", "4111",
            ] {
                assert!(!problem.to_string().contains(foreign), "{text}: {problem}");
            }
        }
    }
}
