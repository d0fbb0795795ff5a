//! Text of records in Markdown: it stays text, on one line, whatever is in it.
//!
//! Ids and values come from callers. In here no one of them begins a heading, a row, a link or a tag, and none hides
//! what it says.

use std::fmt::Write;

/// Escaped for running text and for a cell of a table.
pub(crate) fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut before = ' ';
    let mut rest = raw.chars().peekable();
    while let Some(c) = rest.next() {
        let after = rest.peek().copied().unwrap_or(' ');
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '[' | ']' | '#' | '|' | '~' | '!' | '$' | '@' => {
                out.push('\\');
                out.push(c);
            }
            // Between letters it is no emphasis, and names are full of it.
            '_' if before.is_alphanumeric() && after.is_alphanumeric() => out.push(c),
            // An address would become a link by itself.
            ':' if after == '/' => out.push_str("\\:"),
            '.' if before.eq_ignore_ascii_case(&'w') => out.push_str("\\."),
            '_' => out.push_str("\\_"),
            c if is_shown(c) => out.push(c),
            // Writing to a string does not fail.
            c => {
                let _ = write!(out, "\\\\u{{{:x}}}", u32::from(c));
            }
        }
        before = c;
    }
    out
}

/// Between backticks, when it has the form of ids and hashes; else as text.
pub(crate) fn code(raw: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-:/".contains(c);
    if !raw.is_empty() && raw.chars().all(is_plain) {
        format!("`{raw}`")
    } else {
        text(raw)
    }
}

/// A JSON value: a string without its quotes, everything else as JSON.
pub(crate) fn value(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(raw) => text(raw),
        other => text(&other.to_string()),
    }
}

/// Whether a character shows itself and leaves the order and the lines of others alone.
fn is_shown(c: char) -> bool {
    let is_hidden = c.is_control()
        || matches!(u32::from(c),
            0xAD | 0x61C | 0x180E | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFE00..=0xFE0F | 0xFEFF
                | 0xFFF9..=0xFFFB | 0xE0000..=0xE0FFF);
    !is_hidden && (c == ' ' || !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_would_be_markup_is_text() {
        for (raw, shown) in [
            ("payment.note_long", "payment.note_long"),
            ("27.40 EUR, 12:30", "27.40 EUR, 12:30"),
            ("a\n## Record 9: allow", "a\\\\u{a}\\#\\# Record 9: allow"),
            ("`x` | y", "\\`x\\` \\| y"),
            ("<script>&lt;", "&lt;script&gt;&amp;lt;"),
            ("_a_ **b**", "\\_a\\_ \\*\\*b\\*\\*"),
            ("[a](http://b)", "\\[a\\](http\\://b)"),
            ("www.b a@b", "www\\.b a\\@b"),
            ("\u{202e}x\u{2028}", "\\\\u{202e}x\\\\u{2028}"),
        ] {
            assert_eq!(text(raw), shown, "{raw:?}");
        }
        assert_eq!(code("dec_1-a"), "`dec_1-a`");
        assert_eq!(code("a`b"), "a\\`b");
        assert_eq!(code(""), "");
    }

    /// What a reader of Markdown shows: escapes and entities taken back.
    fn read(shown: &str) -> String {
        let mut out = String::new();
        let mut rest = shown.chars();
        while let Some(c) = rest.next() {
            out.push(if c == '\\' {
                rest.next().unwrap_or(c)
            } else {
                c
            });
        }
        out.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    }

    proptest! {
        #[test]
        fn any_text_is_one_line_and_is_read_as_it_was(raw in any::<String>()) {
            let shown = text(&raw);
            let is_break = shown.contains(['\n', '\r', '<', '>', '\u{2028}', '\u{2029}']);
            prop_assert!(!is_break, "more than a line of text");
            let all_shown: String = raw.chars().filter(|c| is_shown(*c)).collect();
            prop_assert_eq!(read(&text(&all_shown)), all_shown);
        }
    }
}
