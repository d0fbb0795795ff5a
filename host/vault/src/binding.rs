//! Several parts as one unambiguous sequence of bytes, for keyed hashes and associated data.

/// The parts, each after its length in eight bytes: no two different lists give the same bytes.
pub(crate) fn bind(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|p| p.len() + 8).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_a_border_changes_the_bytes() {
        assert_ne!(bind(&[b"ab", b"c"]), bind(&[b"a", b"bc"]));
        assert_ne!(bind(&[b"abc"]), bind(&[b"abc", b""]));
    }
}
