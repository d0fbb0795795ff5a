//! What the customer has to pass, and how the host checks the answer.
//!
//! A challenge is bound to one payment or request, its amount and its payee (dynamic linking, RTS 2018/389,
//! Article 5), and what answers it is of no use for anything else. What that is depends on the method:
//!
//! - `app-approval`: a keyed hash of the binding. The host hands it to the platform's own channel only, which gives it back
//!   when the customer has approved there. Agents never see it.
//! - `passkey`, `out-of-band`: a signature over the challenge's [commitment](Challenge::commitment), by the customer's
//!   authenticator or by the platform's authentication service ([`crate::passkey`], [`crate::out_of_band`]).
//! - `totp`: a code that counts once ([`crate::totp`]). It is made for no amount: that it is taken for this one rests on the
//!   host, which takes it for one challenge only.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use weft_dictionary::{Money, Timestamp};
use weft_verdict::Method;
use zeroize::Zeroizing;

use crate::FactorUse;
use crate::out_of_band::Channel;

/// What a challenge is bound to: SHA-256 over payment, amount, currency and payee, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Binding(String);

impl Binding {
    /// The binding of a payment. An absent payee or amount binds to its absence.
    pub fn new(payment: &str, amount: Option<&Money>, payee: Option<&str>) -> Binding {
        let mut hash = Sha256::new();
        let amount = amount.map(ToString::to_string).unwrap_or_default();
        for part in [payment, amount.as_str(), payee.unwrap_or_default()] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        Binding(data_encoding::HEXLOWER.encode(&hash.finalize()))
    }
}

/// Something that the customer has to pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Challenge {
    /// Its name: `chl_…`.
    pub id: String,
    /// How.
    pub method: Method,
    /// What it is bound to.
    pub binding: Binding,
    /// The factors with which it can be passed, by the decisions that enrolled them: none that is enrolled later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub factors: Vec<String>,
    /// After this it is void.
    pub expires_at: Timestamp,
}

impl Challenge {
    /// What is signed for it: SHA-256 over its name, which is random, and its binding. Whoever has the record of the
    /// decision can compute it again.
    pub fn commitment(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for part in ["weft/challenge/v1", &self.id, &self.binding.0] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().into()
    }
}

/// That the customer passed a challenge: used once, for what the challenge was bound to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The challenge that was passed; names the evidence, too.
    pub challenge: String,
    /// How.
    pub method: Method,
    /// What it is good for.
    pub binding: Binding,
    /// With which enrolled factor, where the method takes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<FactorUse>,
    /// In which way the customer was reached, where the platform's authentication service says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// When it was passed.
    pub at: Timestamp,
    /// After this it is worth nothing.
    pub expires_at: Timestamp,
}

/// Makes and checks responses.
pub struct ChallengeKey(Zeroizing<[u8; 32]>);

impl ChallengeKey {
    /// From the vault's key of that name.
    pub fn new(key: Zeroizing<[u8; 32]>) -> ChallengeKey {
        ChallengeKey(key)
    }

    /// The response that the platform's own channel gives back: 26 characters of base32, 130 bits.
    pub fn response(&self, challenge: &Challenge) -> Zeroizing<String> {
        let mut text = data_encoding::BASE32_NOPAD
            .encode(&self.tag(challenge))
            .to_ascii_lowercase();
        text.truncate(26);
        Zeroizing::new(text)
    }

    /// Whether it is the response, in a time that does not depend on where it differs.
    pub fn accepts(&self, challenge: &Challenge, response: &[u8]) -> bool {
        bool::from(self.response(challenge).as_bytes().ct_eq(response))
    }

    fn tag(&self, challenge: &Challenge) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_slice())
            .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        mac.update(challenge.id.as_bytes());
        mac.update(&[0]);
        mac.update(challenge.binding.0.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weft_dictionary::Currency;

    fn challenge(payment: &str, minor_units: i64, payee: &str) -> Challenge {
        let currency = Currency::from_code("EUR").expect("a currency");
        Challenge {
            id: "chl_1".into(),
            method: Method::AppApproval,
            binding: Binding::new(
                payment,
                Some(&Money {
                    minor_units,
                    currency,
                }),
                Some(payee),
            ),
            factors: Vec::new(),
            expires_at: Timestamp(1),
        }
    }

    #[test]
    fn a_response_is_good_for_its_payment_amount_and_payee_only() {
        let key = ChallengeKey::new(Zeroizing::new([7; 32]));
        let asked = challenge("p1", 100, "a");
        let response = key.response(&asked);
        assert!(key.accepts(&asked, response.as_bytes()));
        for other in [
            challenge("p2", 100, "a"),
            challenge("p1", 101, "a"),
            challenge("p1", 100, "b"),
        ] {
            assert!(!key.accepts(&other, response.as_bytes()));
        }
        assert!(!key.accepts(&asked, b""));
        let other_host = ChallengeKey::new(Zeroizing::new([8; 32]));
        assert!(!other_host.accepts(&asked, response.as_bytes()));
    }

    /// R5, T10: what is signed for one challenge, payment, amount or payee is nothing to another.
    #[test]
    fn what_is_signed_is_for_one_challenge_payment_amount_and_payee() {
        let asked = challenge("p1", 100, "a");
        assert_eq!(asked.commitment(), challenge("p1", 100, "a").commitment());
        let renamed = Challenge {
            id: "chl_2".into(),
            ..asked.clone()
        };
        for other in [
            challenge("p2", 100, "a"),
            challenge("p1", 101, "a"),
            challenge("p1", 100, "b"),
            renamed,
        ] {
            assert_ne!(asked.commitment(), other.commitment(), "{other:?}");
        }
    }

    #[test]
    fn parts_of_a_binding_do_not_run_into_each_other() {
        assert_ne!(
            Binding::new("ab", None, Some("c")),
            Binding::new("a", None, Some("bc"))
        );
    }
}
