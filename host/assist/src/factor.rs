//! What customers have enrolled to pass challenges with: passkeys, and secrets for codes by the time.
//!
//! A factor is enrolled by a decision, through the platform's own channel, and named by that decision; what it consists of
//! lies in the vault, for the customer, and goes with them. Each use has a count, which the log keeps: what does not come
//! after the last use is a copy or was seen before.

use serde::{Deserialize, Serialize};
use weft_dictionary::Timestamp;
use weft_verdict::Method;

/// One use of an enrolled factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactorUse {
    /// The decision that enrolled it.
    pub enrolment: String,
    /// When it was enrolled.
    pub enrolled_at: Timestamp,
    /// Of a passkey its signature counter (WebAuthn Level 3, 6.1.1), of a code its time step (RFC 6238, 4).
    pub count: u64,
}

/// Whether a use of this count comes after the last one. Authenticators without a counter say zero every time (WebAuthn
/// Level 3, 7.2); a time step counts once (RFC 6238, 5.2).
pub fn comes_after(method: Method, count: u64, last: u64) -> bool {
    count > last || (method == Method::Passkey && count == 0 && last == 0)
}

/// Why a factor is not enrolled or removed, whatever policies say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotEnrolled {
    /// The customer has a factor of this name.
    #[error("the customer has a factor of this name")]
    Known,
    /// The customer has no factor of this name.
    #[error("the customer has no factor of this name")]
    Unknown,
    /// The customer, or this host, has as many as may be.
    #[error("there are as many factors as may be")]
    TooMany,
    /// Its ID, key or secret is none that can be checked.
    #[error("the factor is none that can be checked")]
    NotUsable,
}

impl NotEnrolled {
    /// All of them.
    pub const ALL: [NotEnrolled; 4] = [
        NotEnrolled::Known,
        NotEnrolled::Unknown,
        NotEnrolled::TooMany,
        NotEnrolled::NotUsable,
    ];

    /// The reason code in findings.
    pub fn code(self) -> &'static str {
        match self {
            NotEnrolled::Known => "factor-enrolled-before",
            NotEnrolled::Unknown => "factor-unknown",
            NotEnrolled::TooMany => "factors-too-many",
            NotEnrolled::NotUsable => "factor-not-usable",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R5: a counter that goes back or stands still is a copy's, a code counts once.
    #[test]
    fn a_use_comes_after_the_last_one() {
        for (method, count, last, comes) in [
            (Method::Passkey, 1, 0, true),
            (Method::Passkey, 0, 0, true),
            (Method::Passkey, 7, 7, false),
            (Method::Passkey, 6, 7, false),
            (Method::Passkey, 0, 7, false),
            (Method::Totp, 1, 0, true),
            (Method::Totp, 0, 0, false),
            (Method::Totp, 7, 7, false),
            (Method::Totp, 6, 7, false),
        ] {
            assert_eq!(
                comes_after(method, count, last),
                comes,
                "{method:?} {count} {last}"
            );
        }
    }
}
