//! A sensitive text that nothing can print, copy or serialise.

use std::mem;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// A sensitive text. It is overwritten with zeros when it is dropped, and whenever it moves to a
/// larger buffer.
///
/// It has no `Debug`, `Display`, `Clone`, `Serialize`, `Deref` or `PartialEq` on purpose: whoever
/// needs the text calls [`Secret::expose`], which is easy to find in a review. What the closure
/// returns cannot borrow the text:
///
/// ```
/// let secret = weft_vault::Secret::copy_of("4111");
/// let length: usize = secret.expose(|text| text.len());
/// ```
/// ```compile_fail
/// let secret = weft_vault::Secret::copy_of("4111");
/// let leaked: &str = secret.expose(|text| text);
/// ```
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text over, without a copy.
    pub fn new(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }

    /// An empty text with room for this many bytes, so that it does not move while it is written.
    pub fn with_capacity(bytes: usize) -> Secret {
        Secret::new(String::with_capacity(bytes))
    }

    /// A copy of a text that somebody else has to wipe.
    pub fn copy_of(text: &str) -> Secret {
        let mut secret = Secret::with_capacity(text.len());
        secret.push_str(text);
        secret
    }

    /// Appends a character.
    pub fn push(&mut self, character: char) {
        self.reserve(character.len_utf8());
        self.0.push(character);
    }

    /// Appends a text.
    pub fn push_str(&mut self, text: &str) {
        self.reserve(text.len());
        self.0.push_str(text);
    }

    /// Shows the text to `reader`, and to nobody else.
    pub fn expose<R>(&self, reader: impl FnOnce(&str) -> R) -> R {
        reader(&self.0)
    }

    /// Whether both are the same text, in a time that depends only on their lengths.
    pub fn is_same(&self, other: &Secret) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes room. `String` would leave the old buffer behind as it is; here it is wiped.
    fn reserve(&mut self, more_bytes: usize) {
        let needed = self.0.len() + more_bytes;
        if needed <= self.0.capacity() {
            return;
        }
        let mut larger = String::with_capacity(needed.next_power_of_two());
        larger.push_str(&self.0);
        let mut old = mem::replace(&mut *self.0, larger);
        old.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_grows_and_keeps_its_text() {
        let mut secret = Secret::with_capacity(1);
        for _ in 0..100 {
            secret.push('ü');
            secret.push_str("4111");
        }
        assert!(secret.expose(|text| text == "ü4111".repeat(100)));
    }

    #[test]
    fn sameness_is_of_the_text() {
        assert!(Secret::copy_of("4111").is_same(&Secret::new("4111".into())));
        assert!(!Secret::copy_of("4111").is_same(&Secret::copy_of("4112")));
        assert!(!Secret::copy_of("4111").is_same(&Secret::copy_of("41111")));
        assert!(Secret::with_capacity(9).is_empty());
    }
}
