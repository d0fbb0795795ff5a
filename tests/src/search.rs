//! Values that must not be found, in every form in which they could be.

use std::fs;
use std::path::Path;

use crate::files::files;

/// A value that must not be found, and the forms in which it is looked for.
pub struct Canary {
    /// For the message, not the value itself.
    pub name: &'static str,
    forms: Vec<Vec<u8>>,
}

impl Canary {
    /// A value as it was sent, without its separators, in hexadecimal, in base64 at any of the three
    /// places in which it can begin, and as UTF-16.
    pub fn new(name: &'static str, value: &str) -> Canary {
        let bare: String = value.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let mut forms = Vec::new();
        for text in [value, &bare] {
            forms.push(text.as_bytes().to_vec());
            forms.push(hex(text, false));
            forms.push(hex(text, true));
            forms.push(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
            forms.extend(base64_cores(text.as_bytes()));
        }
        forms.sort();
        forms.dedup();
        Canary { name, forms }
    }

    /// Whether it is anywhere in these bytes.
    pub fn is_in(&self, bytes: &[u8]) -> bool {
        self.forms
            .iter()
            .any(|form| memchr::memmem::find(bytes, form).is_some())
    }

    /// The files below a directory in which it is.
    pub fn found_below(&self, dir: &Path) -> Vec<String> {
        files(dir)
            .iter()
            .filter(|path| fs::read(path).is_ok_and(|bytes| self.is_in(&bytes)))
            .map(|path| format!("{}: {}", path.display(), self.name))
            .collect()
    }
}

pub(crate) fn hex(text: &str, upper: bool) -> Vec<u8> {
    let digits: String = text
        .bytes()
        .map(|b| {
            if upper {
                format!("{b:02X}")
            } else {
                format!("{b:02x}")
            }
        })
        .collect();
    digits.into_bytes()
}

/// The middle of the value's base64 for each of the three offsets: what does not depend on its
/// neighbours.
pub(crate) fn base64_cores(bytes: &[u8]) -> Vec<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    (0..3)
        .map(|offset| {
            let skip = (3 - offset) % 3;
            let whole = &bytes[skip.min(bytes.len())..];
            whole
                .chunks_exact(3)
                .flat_map(|three| {
                    let n =
                        u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
                    [18, 12, 6, 0].map(|shift| ALPHABET[(n >> shift & 63) as usize])
                })
                .collect::<Vec<u8>>()
        })
        .filter(|core| core.len() >= 8)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_in_each_form() {
        let canary = Canary::new("card", "4111 1111 1111 1111");
        for text in [
            "x4111111111111111y",
            "4111 1111 1111 1111",
            "34313131313131313131313131313131",
            // base64 of `4111111111111111`, `a4111111111111111`, `ab4111111111111111`
            "NDExMTExMTExMTExMTExMQ==",
            "YTQxMTExMTExMTExMTExMTE=",
            "YWI0MTExMTExMTExMTExMTEx",
        ] {
            assert!(canary.is_in(text.as_bytes()), "{text}");
        }
        assert!(!canary.is_in(b"4111111111111112"));
    }
}
