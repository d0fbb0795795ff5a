//! What the customer has to pass, and how the host checks the answer.
//!
//! A challenge is bound to one payment, its amount and its payee (dynamic linking, RTS 2018/389,
//! Article 5): the response is a keyed hash of the binding, so it is of no use for anything else. The
//! host hands the response to the platform's own channel only, which gives it back when the customer
//! has approved there. Agents never see it.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use weft_dictionary::{Money, Timestamp};
use weft_verdict::Method;
use zeroize::Zeroizing;

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
    /// After this it is void.
    pub expires_at: Timestamp,
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

    #[test]
    fn parts_of_a_binding_do_not_run_into_each_other() {
        assert_ne!(
            Binding::new("ab", None, Some("c")),
            Binding::new("a", None, Some("bc"))
        );
    }
}
