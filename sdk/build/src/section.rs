//! Custom sections (WebAssembly Core 5.5.3): an id, a length, a name, data.

use crate::BuildError;

const HEADER_BYTES: usize = 8;
const MODULE_HEADER: &[u8; HEADER_BYTES] = b"\0asm\x01\0\0\0";
const CUSTOM: u8 = 0;

/// The module without the custom sections of a name, and their data.
pub(crate) fn take<'a>(
    module: &'a [u8],
    name: &str,
) -> Result<(Vec<u8>, Vec<&'a [u8]>), BuildError> {
    if !module.starts_with(MODULE_HEADER) {
        return Err(BuildError::NotAModule {
            why: "it does not begin with the header of one",
        });
    }
    let truncated = BuildError::NotAModule {
        why: "it ends within a section",
    };
    let mut rest = module.to_vec();
    rest.truncate(HEADER_BYTES);
    let mut taken = Vec::new();
    let mut unread = &module[HEADER_BYTES..];
    while !unread.is_empty() {
        let Some((section, content, after)) = next(unread) else {
            return Err(truncated);
        };
        match (section[0] == CUSTOM)
            .then(|| named(content, name))
            .flatten()
        {
            Some(data) => taken.push(data),
            None => rest.extend_from_slice(section),
        }
        unread = after;
    }
    Ok((rest, taken))
}

/// Appends a custom section.
pub(crate) fn append(component: &mut Vec<u8>, name: &str, data: &[u8]) {
    let mut content = leb(name.len());
    content.extend_from_slice(name.as_bytes());
    content.extend_from_slice(data);
    component.push(CUSTOM);
    component.extend(leb(content.len()));
    component.extend(content);
}

/// The first section, its content, and what follows.
pub(crate) fn next(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (length, after_length) = read_leb(bytes.get(1..)?)?;
    let content = after_length.get(..length)?;
    let after = &after_length[length..];
    Some((&bytes[..bytes.len() - after.len()], content, after))
}

/// The data of a custom section, if it has that name.
fn named<'a>(content: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (length, after) = read_leb(content)?;
    let is = after.get(..length)? == name.as_bytes();
    is.then(|| &after[length..])
}

/// LEB128, at most 32 bits.
pub(crate) fn read_leb(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_u32;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        let low = u32::from(byte & 0x7f);
        value |= low.checked_mul(1 << (7 * at))?;
        if byte & 0x80 == 0 {
            return Some((usize::try_from(value).ok()?, &bytes[at + 1..]));
        }
    }
    None
}

pub(crate) fn leb(mut n: usize) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        // Seven bits always fit.
        let low = (n & 0x7f) as u8;
        n >>= 7;
        if n == 0 {
            out.push(low);
            return out;
        }
        out.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(sections: &[(&str, &[u8])]) -> Vec<u8> {
        let mut module = MODULE_HEADER.to_vec();
        for (name, data) in sections {
            append(&mut module, name, data);
        }
        module
    }

    #[test]
    fn what_was_appended_is_taken_and_the_rest_stays() {
        let long = vec![7; 300];
        let whole = module(&[("a", b"1"), ("weft:manifest", &long), ("b", b"2")]);
        let (rest, taken) = take(&whole, "weft:manifest").expect("a module");
        assert_eq!(taken, [long.as_slice()]);
        assert_eq!(rest, module(&[("a", b"1"), ("b", b"2")]));
    }

    #[test]
    fn every_cut_within_a_section_is_found() {
        let whole = module(&[("name", &[1; 200])]);
        for end in HEADER_BYTES + 1..whole.len() {
            assert!(take(&whole[..end], "name").is_err(), "cut at {end}");
        }
        assert!(take(b"no module", "name").is_err());
    }
}
