//! Reading and writing the fixed and short parts of rows.

use crate::row::NotARow;

pub(crate) fn put_text(bytes: &mut Vec<u8>, text: &str) {
    // Names are checked against `limits::MAX_NAME_CHARS` before they come here.
    bytes.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    bytes.extend_from_slice(text.as_bytes());
}

pub(crate) fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], NotARow> {
    let (taken, left) = rest.split_first_chunk::<N>().ok_or(NotARow)?;
    *rest = left;
    Ok(*taken)
}

pub(crate) fn take_text<'a>(rest: &mut &'a [u8]) -> Result<&'a str, NotARow> {
    let [length] = take(rest)?;
    let (text, left) = rest.split_at_checked(usize::from(length)).ok_or(NotARow)?;
    *rest = left;
    std::str::from_utf8(text).map_err(|_| NotARow)
}
