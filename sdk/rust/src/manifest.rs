//! The manifest is put together when the plugin is compiled, so that the section of the component and
//! what the plugin says of itself are the same bytes.

/// How many bytes parts have together.
pub const fn length(groups: &[&[&str]]) -> usize {
    let mut total = 0;
    let mut g = 0;
    while g < groups.len() {
        let mut p = 0;
        while p < groups[g].len() {
            total += groups[g][p].len();
            p += 1;
        }
        g += 1;
    }
    total
}

/// The parts, one after the other. `N` is their [`length`].
pub const fn concat<const N: usize>(groups: &[&[&str]]) -> [u8; N] {
    let mut bytes = [0; N];
    let mut at = 0;
    let mut g = 0;
    while g < groups.len() {
        let mut p = 0;
        while p < groups[g].len() {
            let part = groups[g][p].as_bytes();
            let mut b = 0;
            while b < part.len() {
                bytes[at] = part[b];
                at += 1;
                b += 1;
            }
            p += 1;
        }
        g += 1;
    }
    bytes
}

/// Bytes as text; what the macros put together is ASCII or UTF-8 from source.
pub const fn text(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("the parts of a manifest are text"),
    }
}
