//! The groups of digits in a text, and what stands between them.

use std::ops::Range;

use crate::limits::{IBAN_CHARS, MAX_GAP_BYTES};

/// All maximal runs of ASCII digits, in order.
pub(crate) struct Groups(Vec<(usize, usize)>);

/// Digits of several groups. Wiped with the process's memory; at most as many as the longest number has.
pub(crate) struct Joined {
    digits: [u8; Joined::MOST],
    count: Option<usize>,
}

impl Joined {
    const MOST: usize = *IBAN_CHARS.end();

    pub(crate) fn new() -> Joined {
        Joined {
            digits: [0; Joined::MOST],
            count: Some(0),
        }
    }

    /// More ASCII characters behind it; what becomes too long is nothing.
    pub(crate) fn push(&mut self, text: &str) {
        self.count = self.count.and_then(|count| {
            let end = count + text.len();
            self.digits
                .get_mut(count..end)?
                .copy_from_slice(text.as_bytes());
            Some(end)
        });
    }

    pub(crate) fn is(&self, judge: impl FnOnce(&str) -> bool) -> bool {
        self.text().is_some_and(judge)
    }

    pub(crate) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.digits[..self.count?]).ok()
    }
}

impl Drop for Joined {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.digits);
    }
}

impl Groups {
    pub(crate) fn of(text: &str) -> Groups {
        let mut all = Vec::new();
        let mut start = None;
        for (at, byte) in text.bytes().enumerate() {
            match (byte.is_ascii_digit(), start) {
                (true, None) => start = Some(at),
                (false, Some(from)) => {
                    all.push((from, at));
                    start = None;
                }
                _ => {}
            }
        }
        if let Some(from) = start {
            all.push((from, text.len()));
        }
        Groups(all)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn start(&self, n: usize) -> usize {
        self.0[n].0
    }

    pub(crate) fn end(&self, n: usize) -> usize {
        self.0[n].1
    }

    pub(crate) fn size(&self, n: usize) -> usize {
        self.0[n].1 - self.0[n].0
    }

    /// Where so many groups from `from` on stand.
    pub(crate) fn span(&self, from: usize, count: usize) -> Range<usize> {
        self.0[from].0..self.0[from + count - 1].1
    }

    /// What stands between a group and the next one.
    pub(crate) fn gap<'a>(&self, text: &'a str, n: usize) -> &'a str {
        &text[self.0[n].1..self.0[n + 1].0]
    }

    /// The digits of so many groups.
    pub(crate) fn joined(&self, text: &str, from: usize, count: usize) -> Joined {
        let mut joined = Joined::new();
        for (start, end) in &self.0[from..from + count] {
            joined.push(&text[*start..*end]);
        }
        joined
    }
}

/// Whether groups with this between them may be one number.
pub(crate) fn is_gap(gap: &str) -> bool {
    (1..=MAX_GAP_BYTES).contains(&gap.len())
        && gap.bytes().all(|b| {
            matches!(b, b' ' | b'-' | b'.' | b'_' | b'/' | b'*' | b'|') || b.is_ascii_whitespace()
        })
}
