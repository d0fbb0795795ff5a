//! YAML into typed values that know their place in the file.
//!
//! Bounds: a file is at most [`MAX_FILE_BYTES`]; depth and node counts are bounded by the parser's own budget.
//! What a file says stands where it is read: duplicate keys, merge keys (`<<`) and anchors (`&`, `*`) are refused.

mod keyed;
mod words;

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_saphyr::MergeKeyPolicy;
pub use serde_saphyr::Spanned;

pub use self::keyed::{Entry, Keyed};
use crate::{Code, Diagnostic, Place, code};

/// Files larger than this are refused: a file that people review is never that large.
pub const MAX_FILE_BYTES: u64 = 1 << 20;

/// Reads a file as text, or says why it cannot.
pub fn read_text(path: &Path) -> Result<String, Diagnostic> {
    let unreadable = |why: String| {
        Diagnostic::error(
            code::UNREADABLE,
            path.display().to_string(),
            Place::START,
            why,
        )
    };
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => unreadable("there is no such file".into())
            .help("write it, or look at the path, also at the directories in it"),
        ErrorKind::PermissionDenied => {
            unreadable("this user may not read the file".into()).help("let this user read it")
        }
        _ => unreadable(error.to_string()).help("let this user read it, or put it elsewhere"),
    };
    let regular = |metadata: &Metadata| {
        if metadata.is_file() {
            return Ok(());
        }
        let message = "this is not a regular file, nor a link to one";
        Err(unreadable(message.into()).help("put a regular file here, or remove it"))
    };
    // Already opening a pipe waits until somebody writes to it.
    regular(&std::fs::metadata(path).map_err(failed)?)?;
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    regular(&metadata)?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let size = metadata.len().max(bytes.len() as u64);
        return Err(unreadable(format!(
            "the file has {size} bytes, the limit is {MAX_FILE_BYTES}"
        ))
        .help("split it, or take out what need not be in it"));
    }
    String::from_utf8(bytes)
        .map_err(|_| unreadable("the file is not UTF-8".into()).help("save it as UTF-8"))
}

/// Parses `text`, which came from `file`.
pub fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Diagnostic> {
    parse_with(file, text, &[])
}

/// The same; a key of `homes` that stands where it is not known belongs below the key beside it, or at the top of the
/// file if that is empty.
pub fn parse_with<T: DeserializeOwned>(
    file: &str,
    text: &str,
    homes: &[(&str, &str)],
) -> Result<T, Diagnostic> {
    let options = serde_saphyr::options! {
        merge_keys: MergeKeyPolicy::Error,
        budget: serde_saphyr::budget! { max_anchors: 0 },
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|e| {
        let e = e.without_snippet();
        let mut place = e.location().map_or(Place::START, |l| place_of(&l));
        if words::is_anchor(e) {
            place = anchor_before(text, place).unwrap_or(place);
        }
        if words::is_scanned(e)
            && let Some(tab) = tab_near(text, place)
        {
            return Diagnostic::error(code::SHAPE, file, tab, "the line is indented with a tab")
                .help("indent with spaces");
        }
        if words::is_scanned(e)
            && let Some(problem) = deeper(file, text, place)
        {
            return problem;
        }
        if let Some(key) = words::missing(e)
            && let Some(problem) =
                strayed(file, text, place, key).or_else(|| fallen(file, text, place, key))
        {
            return problem;
        }
        let (message, help) = words::of(e);
        let help = words::home(e, homes).or(help);
        let help = help.unwrap_or_else(|| NOT_YAML.to_owned());
        Diagnostic::error(code::SHAPE, file, place, message).help(help)
    })
}

/// What to do where the parser says no more than that it cannot read on.
const NOT_YAML: &str = "look here and at the line before: each key has as many blanks before it as the keys beside it, brackets and quotes are \
                        closed, and a text with `: ` or ` #` in it stands in quotes";

/// The place of a spanned value.
pub fn place<T>(value: &Spanned<T>) -> Place {
    place_of(&value.referenced)
}

/// An error that points at a spanned value.
pub fn error_at<T>(
    code: Code,
    file: &str,
    value: &Spanned<T>,
    message: impl Into<String>,
) -> Diagnostic {
    Diagnostic::error(code, file, place(value), message)
}

fn place_of(location: &serde_saphyr::Location) -> Place {
    let clamp = |n: u64| u32::try_from(n.max(1)).unwrap_or(u32::MAX);
    Place {
        line: clamp(location.line()),
        column: clamp(location.column()),
    }
}

/// The first tab that indents the line at `place` or the next one: the parser stops before it.
fn tab_near(text: &str, place: Place) -> Option<Place> {
    let lines = text.lines().enumerate().skip(place.line as usize - 1);
    let mut near = lines.filter(|(_, line)| !line.trim().is_empty()).take(2);
    near.find_map(|(line, text)| {
        let indent = text.chars().take_while(|c| c.is_whitespace());
        let column = indent.into_iter().position(|c| c == '\t')?;
        let clamp = |n: usize| u32::try_from(n + 1).unwrap_or(u32::MAX);
        Some(Place {
            line: clamp(line),
            column: clamp(column),
        })
    })
}

fn blanks(line: &str) -> usize {
    line.chars().take_while(|c| *c == ' ').count()
}

/// Whether a line gives a key a value on the same line.
fn is_whole(line: &str) -> bool {
    let rest = line.trim_start().trim_start_matches("- ");
    rest.split_once(": ")
        .is_some_and(|(_, value)| !value.trim().is_empty() && !value.trim_start().starts_with('#'))
}

/// A line that is deeper than the one before it, where that has its value already.
fn deeper(file: &str, text: &str, place: Place) -> Option<Diagnostic> {
    let lines: Vec<&str> = text.lines().collect();
    let at = (place.line as usize).checked_sub(1)?;
    let line = lines.get(at)?;
    let says = |line: &&&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let above = lines.iter().take(at).rev().find(says)?;
    let dash = above.trim_start().starts_with("- ");
    let due = blanks(above) + if dash { 2 } else { 0 };
    let found = blanks(line);
    if found <= due || !is_whole(above) {
        return None;
    }
    let message = format!(
        "the line has {found} blanks before it, and the line above it, which has its value, {due}"
    );
    let help = format!(
        "write {due} blanks before it if it is a key beside the one above; a text that goes on stands in quotes"
    );
    let column = u32::try_from(found + 1).unwrap_or(u32::MAX);
    let at = Place {
        line: place.line,
        column,
    };
    Some(Diagnostic::error(code::SHAPE, file, at, message).help(help))
}

/// A key that is missing beside the key at `place`, and that stands below with fewer blanks before it.
fn fallen(file: &str, text: &str, place: Place, key: &str) -> Option<Diagnostic> {
    let lines: Vec<&str> = text.lines().collect();
    let first = (place.line as usize).checked_sub(1)?;
    let keys = blanks(lines.get(first)?);
    let says = |line: &str| !line.trim().is_empty();
    let mut above = lines.iter().take(first).rev().filter(|line| says(line));
    let parent = blanks(above.find(|line| blanks(line) < keys)?);
    let below = lines.iter().enumerate().skip(first + 1);
    let mut below = below.take_while(|(_, line)| !says(line) || blanks(line) > parent);
    let (at, line) = below.find(|(_, line)| {
        let rest = line.trim_start().strip_prefix(key);
        blanks(line) < keys && rest.is_some_and(|rest| rest.trim_start().starts_with(':'))
    })?;
    let found = blanks(line);
    let message = format!(
        "`{key}` has {found} blanks before it, so it is none of the keys of line {}, where it is missing",
        first + 1
    );
    let help = format!(
        "write as many blanks before line {} as before `{key}`",
        first + 1
    );
    let clamp = |n: usize| u32::try_from(n + 1).unwrap_or(u32::MAX);
    let at = Place {
        line: clamp(at),
        column: clamp(found),
    };
    Some(Diagnostic::error(code::SHAPE, file, at, message).help(help))
}

/// A key that an element of a list lacks, and that stands below it with another indentation. The parser tells `place` near
/// the end of the element.
fn strayed(file: &str, text: &str, place: Place, key: &str) -> Option<Diagnostic> {
    let lines: Vec<&str> = text.lines().collect();
    let above = lines.iter().enumerate().take(place.line as usize).rev();
    // Where the element's dash is, and its first key.
    let elements = above.filter_map(|(at, line)| {
        let rest = line.trim_start().strip_prefix('-')?;
        rest.starts_with(' ')
            .then(|| (at, blanks(line), blanks(line) + 1 + blanks(rest)))
    });
    let elements: Vec<_> = elements.collect();
    let column = place.column as usize - 1;
    let holds = elements.iter().find(|(.., keys)| *keys == column);
    let ended = || elements.iter().find(|(_, dash, _)| *dash >= column);
    let (first, dash, keys) = *holds.or_else(ended)?;
    let below = lines.iter().enumerate().skip(first + 1);
    let mut below =
        below.take_while(|(_, line)| blanks(line) > dash || !line.trim_start().starts_with('-'));
    let (at, blank) = below.find_map(|(at, line)| {
        let rest = line.trim_start().strip_prefix(key)?;
        (rest.trim_start().starts_with(':') && blanks(line) != keys).then(|| (at, blanks(line)))
    })?;
    let clamp = |n: usize| u32::try_from(n + 1).unwrap_or(u32::MAX);
    let message = format!(
        "`{key}` has {blank} blanks before it, so it is none of the keys of line {}, where it is missing",
        first + 1
    );
    let help = format!("write {keys} blanks before `{key}`, as before the keys that it belongs to");
    let at = Place {
        line: clamp(at),
        column: clamp(blank),
    };
    Some(Diagnostic::error(code::SHAPE, file, at, message).help(help))
}

/// The place of the anchor (`&name`) of the value at `place`: the parser tells where the value begins.
fn anchor_before(text: &str, place: Place) -> Option<Place> {
    let (line, column) = (place.line as usize - 1, place.column as usize - 1);
    let mut lines = text.split_inclusive('\n');
    let above: usize = lines.by_ref().take(line).map(str::len).sum();
    let before: usize = (lines.next()?.chars().take(column))
        .map(char::len_utf8)
        .sum();
    let head = text.get(..above + before)?.trim_end();
    let at = head.rfind(char::is_whitespace).map_or(0, |space| space + 1);
    if !head[at..].starts_with('&') {
        return None;
    }
    let line = head[..at].rfind('\n').map_or(0, |end| end + 1);
    let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Some(Place {
        line: clamp(head[..at].matches('\n').count() + 1),
        column: clamp(head[line..at].chars().count() + 1),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Doc {
        name: Spanned<String>,
    }

    #[test]
    fn a_value_knows_its_place() {
        let doc: Doc = parse("a.yaml", "# head\nname: x\n").expect("valid");
        assert_eq!(place(&doc.name), Place { line: 2, column: 7 });
    }

    #[test]
    fn an_unknown_key_is_named_with_its_place() {
        let problem = parse::<Doc>("a.yaml", "name: x\nnmae: y\n").expect_err("unknown key");
        assert_eq!((problem.place.line, problem.place.column), (2, 1));
        assert!(problem.message.contains("nmae"), "{}", problem.message);
    }

    #[test]
    fn a_blank_too_many_is_told_with_what_to_write() {
        #[derive(serde::Deserialize, Debug)]
        #[allow(dead_code, reason = "only read by the parser")]
        struct Outer {
            doc: Inner,
        }
        #[derive(serde::Deserialize, Debug)]
        #[allow(dead_code, reason = "only read by the parser")]
        struct Inner {
            name: String,
            title: String,
        }
        for (text, expected) in [
            (
                "doc:\n  name: x\n   title: t\n",
                "a.yaml:3:4: error[W0101]: the line has 3 blanks before it, and the line above it, which has its value, 2 (write 2 blanks \
                 before it if it is a key beside the one above; a text that goes on stands in quotes)",
            ),
            (
                "doc:\n   name: x\n  title: t\n",
                "a.yaml:3:3: error[W0101]: `title` has 2 blanks before it, so it is none of the keys of line 2, where it is missing (write \
                 as many blanks before line 2 as before `title`)",
            ),
            (
                "doc: {name: x, title: t\nother: x\n",
                "look here and at the line before",
            ),
            (
                "doc:\n  name: x\n",
                "the key `title` is missing (add `title`)",
            ),
        ] {
            let problem = parse::<Outer>("a.yaml", text).expect_err(text);
            assert!(problem.to_string().contains(expected), "{text}{problem}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_has_a_remedy() {
        let problem = read_text(Path::new("/no/such/file.yaml")).expect_err("not there");
        assert_eq!(
            problem.to_string(),
            "/no/such/file.yaml:1:1: error[W0102]: there is no such file (write it, or look at the path, also at the directories in it)"
        );
    }

    #[test]
    fn a_tab_is_told_where_it_stands() {
        let said = |text: &str| {
            parse::<std::collections::BTreeMap<String, std::collections::BTreeMap<String, u8>>>(
                "a.yaml", text,
            )
            .expect_err("refused")
            .to_string()
        };
        for (text, place) in [
            ("one:\n  a: 1\n\tb: 2\n", "3:1"),
            ("one:\n  a: 1\n \tb: 2\n", "3:2"),
            ("one:\n\ta: 1\n", "2:1"),
        ] {
            let told = format!(
                "a.yaml:{place}: error[W0101]: the line is indented with a tab (indent with spaces)"
            );
            assert_eq!(said(text), told, "{text:?}");
        }
    }

    #[test]
    fn a_key_that_belongs_elsewhere_is_told_where() {
        let homes = [("date", "head"), ("name", "")];
        let problem = parse_with::<Doc>("a.yaml", "name: x\ndate: y\n", &homes);
        assert_eq!(
            problem.expect_err("unknown key").to_string(),
            "a.yaml:2:1: error[W0101]: there is no key `date` here (write it below `head`)"
        );
    }

    #[test]
    fn a_key_with_another_indentation_is_told_where_it_stands() {
        #[derive(serde::Deserialize, Debug)]
        #[allow(dead_code, reason = "only read by the parser")]
        struct Rule {
            when: String,
            verdict: String,
        }
        #[derive(serde::Deserialize, Debug)]
        #[serde(deny_unknown_fields)]
        #[allow(dead_code, reason = "only read by the parser")]
        struct Rules {
            rules: Vec<Rule>,
        }
        let said = |text: &str| {
            let problem = parse::<Rules>("a.yaml", text).expect_err("refused");
            problem.to_string()
        };
        let stray = |place: &str, blanks: usize| {
            format!(
                "a.yaml:{place}: error[W0101]: `verdict` has {blanks} blanks before it, so it is none of the keys of line 2, where \
                 it is missing (write 4 blanks before `verdict`, as before the keys that it belongs to)"
            )
        };
        let next = "  - when: b\n    verdict: deny\n";
        let folded = format!("rules:\n  - when: >\n      a\n      verdict: deny\n{next}");
        assert_eq!(said(&folded), stray("4:7", 6));
        let top = "rules:\n  - when: a\nverdict: deny\n";
        assert_eq!(said(top), stray("3:1", 0));
        // That of the next one is not it.
        let absent = format!("rules:\n  - when: a\n{next}");
        let told = said(&absent);
        assert!(
            told.ends_with("the key `verdict` is missing (add `verdict`)"),
            "{told}"
        );
    }

    #[test]
    fn what_stands_elsewhere_is_not_said_here() {
        let said = |text: &str| {
            parse::<std::collections::BTreeMap<String, std::collections::BTreeMap<String, u8>>>(
                "a.yaml", text,
            )
            .expect_err("refused")
            .to_string()
        };
        assert_eq!(
            said("one: {a: 1}\ntwo:\n  b: 2\n  <<: {a: 1}\n"),
            "a.yaml:4:3: error[W0101]: `<<` takes keys from elsewhere, and what a file says has to stand where it is read \
             (write the keys out here, or put the key in quotes)"
        );
        assert_eq!(
            said("one: &same {a: 1}\ntwo: *same\n"),
            "a.yaml:1:6: error[W0101]: `&` gives a value a name to be repeated by, and what a file says has to stand where \
             it is read (write the value out at each place, or put a text that begins with `&` in quotes)"
        );
        // The value stands on the next line, behind characters of several bytes.
        assert!(said("\"\u{e4}\": &same\n  a: 1\n").starts_with("a.yaml:1:6: error[W0101]: `&`"));
        assert_eq!(
            said("one: {a: 1}\ntwo: *same\n"),
            "a.yaml:2:6: error[W0101]: `*` names something that no `&` before it defines (write the value itself, or in \
             quotes if it is a text that begins with `*`)"
        );
    }
}
