//! Names of functions (WebAssembly Core, appendix "Name Section"): what a host shows when a plugin traps.
//!
//! The compiler writes them mangled and long. Here they become what the author wrote, which people can read
//! and which takes less room.

use crate::section::{append, leb, read_leb, take};
use crate::{BuildError, section};

const NAME: &str = "name";
/// The subsection with names of functions.
const FUNCTIONS: u8 = 1;
/// Longer names are cut: deep generics say little after that.
const MAX_BYTES: usize = 96;

/// The module with readable names of functions, and no other names.
pub(crate) fn readable(module: &[u8]) -> Result<Vec<u8>, BuildError> {
    let (mut rest, found) = take(module, NAME)?;
    let functions = found.iter().find_map(|names| subsection(names, FUNCTIONS));
    if let Some(renamed) = functions.and_then(rename) {
        let mut names = vec![FUNCTIONS];
        names.extend(leb(renamed.len()));
        names.extend(renamed);
        append(&mut rest, NAME, &names);
    }
    Ok(rest)
}

fn subsection(mut names: &[u8], wanted: u8) -> Option<&[u8]> {
    while !names.is_empty() {
        let (subsection, content, after) = section::next(names)?;
        if subsection[0] == wanted {
            return Some(content);
        }
        names = after;
    }
    None
}

/// A name map with other names; `None` when it is none, and then there are no names.
fn rename(map: &[u8]) -> Option<Vec<u8>> {
    let (count, mut unread) = read_leb(map)?;
    let mut renamed = leb(count);
    for _ in 0..count {
        let (index, after) = read_leb(unread)?;
        let (length, after) = read_leb(after)?;
        let name = short(std::str::from_utf8(after.get(..length)?).ok()?);
        renamed.extend(leb(index));
        renamed.extend(leb(name.len()));
        renamed.extend(name.as_bytes());
        unread = &after[length..];
    }
    Some(renamed)
}

fn short(name: &str) -> String {
    let mut name = format!("{:#}", rustc_demangle::demangle(name));
    if name.len() > MAX_BYTES {
        let end = (0..=MAX_BYTES).rev().find(|at| name.is_char_boundary(*at));
        name.truncate(end.unwrap_or(0));
        name.push('…');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_the_author_wrote() {
        let mangled = b"_RNvNtCs6Bq9rajR8CU_8weft_sdk5guest5value";
        let mut map = vec![1, 3, u8::try_from(mangled.len()).expect("short")];
        map.extend(mangled);
        let renamed = rename(&map).expect("a name map");
        assert_eq!(
            renamed,
            [&[1, 3, 22], &b"weft_sdk::guest::value"[..]].concat()
        );
        assert_eq!(rename(&map[..map.len() - 1]), None, "it is cut");
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let cut = short(&"é".repeat(60));
        assert_eq!(cut.chars().count(), 49);
        assert!(cut.ends_with('…'));
    }
}
