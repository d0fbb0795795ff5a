//! Names that the host gives.

use sha2::{Digest, Sha256};
use weft_dictionary::Format;

/// As often as a name is drawn: that none of them can be used does not happen by chance.
const MAX_DRAWS: usize = 32;

/// The machine has no randomness: nothing can be named, so nothing can be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the operating system gives no randomness")]
pub(crate) struct NoRandomness;

/// A random name: a prefix and 128 bits in lower-case base32. Callers say it again, so it has to be taken for an identifier:
/// the one in two hundred that has no digit is drawn anew, and the few in a million that look like somebody's number are.
pub(crate) fn fresh(prefix: &str) -> Result<String, NoRandomness> {
    for _ in 0..MAX_DRAWS {
        let mut bits = [0_u8; 16];
        getrandom::fill(&mut bits).map_err(|_| NoRandomness)?;
        let body = data_encoding::BASE32_NOPAD.encode(&bits);
        let name = format!("{prefix}_{}", body.to_ascii_lowercase());
        let is_taken = Format::Reference.admits(&name) == Some(true);
        if is_taken && weft_redact::in_identifier(&name).is_none() {
            return Ok(name);
        }
    }
    Err(NoRandomness)
}

/// Whether a text could be a decision's id: nothing else is looked up.
pub(crate) fn is_decision(text: &str) -> bool {
    text.strip_prefix("dec_")
        .is_some_and(|body| body.len() == 26 && body.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Whether a text has the form of a trace id and can be nothing else, so that it may be recorded.
pub(crate) fn is_trace(text: &str) -> bool {
    let hex = |part: &str| part.bytes().all(|b| b.is_ascii_hexdigit());
    let w3c = text.len() == 32 && hex(text);
    let uuid = text.len() == 36
        && text.split('-').all(hex)
        && text.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    let own = text
        .strip_prefix("trc_")
        .is_some_and(|body| body.len() == 26 && body.bytes().all(|b| b.is_ascii_alphanumeric()));
    w3c || uuid || own
}

/// The seed that plugins get: fixed by the decision's id, so a replay gets the same.
pub(crate) fn seed(decision: &str) -> u64 {
    let hash = Sha256::digest(decision.as_bytes());
    let mut first = [0_u8; 8];
    first.copy_from_slice(&hash[..8]);
    u64::from_be_bytes(first)
}
