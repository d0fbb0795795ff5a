//! What one person orders is done when others have approved exactly that: never who ordered it, each once, and in time.
//!
//! An approval names the digest of the order, which is over everything that the order says: nobody approves one thing and
//! sees another done. What becomes of an approval, and of one that does not count, is on record before it is answered; that
//! is for the caller of [`Waiting::takes`].

use data_encoding::HEXLOWER;
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use weft_dictionary::Timestamp;

/// SHA-256 over everything that an order says, in hexadecimal.
pub(crate) fn digest(order: &Json) -> String {
    HEXLOWER.encode(&Sha256::digest(order.to_string()))
}

/// An order that waits for approval.
pub(crate) struct Waiting<'a> {
    /// Who ordered it.
    pub(crate) by: &'a str,
    /// What is approved.
    pub(crate) digest: &'a str,
    /// Who has approved it.
    pub(crate) approved_by: &'a [String],
    /// People who have to.
    pub(crate) needed: usize,
    /// Until when; not included.
    pub(crate) until: Timestamp,
}

/// Why an approval does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotApproved {
    /// By who ordered it.
    OwnOrder,
    /// By who has approved it already.
    Twice,
    /// Of another order.
    OtherOrder,
    /// As many as are needed have approved it.
    Enough,
    /// It waited for too long.
    TooLate,
}

impl NotApproved {
    /// The word used in events.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            NotApproved::OwnOrder => "self-approval",
            NotApproved::Twice => "approved-before",
            NotApproved::OtherOrder => "another-request",
            NotApproved::Enough | NotApproved::TooLate => "not-open",
        }
    }
}

impl Waiting<'_> {
    /// Whether a person's approval of an order with this digest counts.
    pub(crate) fn takes(&self, by: &str, digest: &str, now: Timestamp) -> Result<(), NotApproved> {
        if self.by == by {
            Err(NotApproved::OwnOrder)
        } else if self.approved_by.iter().any(|before| before == by) {
            Err(NotApproved::Twice)
        } else if self.digest != digest {
            Err(NotApproved::OtherOrder)
        } else if self.approved_by.len() >= self.needed {
            Err(NotApproved::Enough)
        } else if now >= self.until {
            Err(NotApproved::TooLate)
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_others_approve_exactly_this_each_once_and_in_time() {
        let digest = digest(&json!(["export", "ops"]));
        assert_eq!(digest.len(), 64);
        let waiting = |approved_by: &'static [&'static str]| {
            let approved_by: Vec<String> = approved_by.iter().map(|&name| name.into()).collect();
            let digest = digest.clone();
            move |by: &str, named: &str, now: u64| {
                Waiting {
                    by: "ops",
                    digest: &digest,
                    approved_by: &approved_by,
                    needed: 2,
                    until: Timestamp(10),
                }
                .takes(by, named, Timestamp(now))
            }
        };
        let none = waiting(&[]);
        assert_eq!(none("one", &digest, 9), Ok(()));
        assert_eq!(none("ops", &digest, 9), Err(NotApproved::OwnOrder));
        assert_eq!(none("one", "0000", 9), Err(NotApproved::OtherOrder));
        assert_eq!(none("one", &digest, 10), Err(NotApproved::TooLate));
        assert_eq!(
            waiting(&["one"])("one", &digest, 9),
            Err(NotApproved::Twice)
        );
        assert_eq!(waiting(&["one"])("two", &digest, 9), Ok(()));
        let both = waiting(&["one", "two"]);
        assert_eq!(both("three", &digest, 9), Err(NotApproved::Enough));
    }
}
