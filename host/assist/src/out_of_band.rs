//! Approval to the platform's own authentication service, which signs what was approved.
//!
//! The service calls the platform back with a text of three parts, `AT.CHANNEL.SIGNATURE`: the second of the approval since
//! 1970, in which way the customer was reached, and in base64url an Ed25519 signature (RFC 8032) over
//!
//! ```text
//! weft/out-of-band/v1\n
//! <commitment of the challenge, in hexadecimal>\n
//! <AT>\n
//! <CHANNEL>\n
//! ```
//!
//! So an approval is for one challenge, and nobody between that service and this host makes or alters one.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ed25519_dalek::{Signature, VerifyingKey};
use weft_dictionary::Timestamp;

use crate::limits::OUT_OF_BAND_AGE;

/// In which way the customer was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// By the app.
    Push,
    /// By a text message: it follows the SIM card.
    Sms,
    /// By a call: it follows the number.
    Voice,
}

impl Channel {
    /// All of them.
    pub const ALL: [Channel; 3] = [Channel::Push, Channel::Sms, Channel::Voice];

    /// The word used in answers, records and rules.
    pub fn as_str(self) -> &'static str {
        match self {
            Channel::Push => "push",
            Channel::Sms => "sms",
            Channel::Voice => "voice",
        }
    }
}

/// With what the service's signatures are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceKey(VerifyingKey);

impl ServiceKey {
    /// From the 32 bytes of an Ed25519 public key in base64url without padding.
    pub fn parse(text: &str) -> Option<ServiceKey> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let key = VerifyingKey::from_bytes(&bytes.try_into().ok()?).ok()?;
        (!key.is_weak()).then_some(ServiceKey(key))
    }
}

/// In which way the customer approved, if the text says so of this commitment, is signed with this key, and is of now.
pub fn approved(
    key: &ServiceKey,
    commitment: &[u8; 32],
    text: &str,
    now: Timestamp,
) -> Option<Channel> {
    let mut parts = text.split('.');
    let (at, channel, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let channel = Channel::ALL
        .into_iter()
        .find(|one| one.as_str() == channel)?;
    let is_now = now.0.abs_diff(at.parse::<u64>().ok()?.checked_mul(1_000)?) <= OUT_OF_BAND_AGE.0;
    let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).ok()?;
    let signature = Signature::from_slice(&signature).ok()?;
    let signed = signed(commitment, at, channel);
    let is_whole =
        parts.next().is_none() && key.0.verify_strict(signed.as_bytes(), &signature).is_ok();
    (is_now && is_whole).then_some(channel)
}

fn signed(commitment: &[u8; 32], at: &str, channel: Channel) -> String {
    let commitment = HEXLOWER.encode(commitment);
    format!(
        "weft/out-of-band/v1\n{commitment}\n{at}\n{}\n",
        channel.as_str()
    )
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};

    use super::*;

    const NOW: Timestamp = Timestamp(1_780_315_200_000);

    fn approval(key: &SigningKey, commitment: &[u8; 32], at: &str, channel: Channel) -> String {
        let signature = key.sign(signed(commitment, at, channel).as_bytes());
        let signature = BASE64URL_NOPAD.encode(&signature.to_bytes());
        format!("{at}.{}.{signature}", channel.as_str())
    }

    /// R5, T10, T11: signed by the service's key, for this challenge, now, and unaltered.
    #[test]
    fn an_approval_is_for_one_challenge_and_of_now() {
        let key = SigningKey::from_bytes(&[7; 32]);
        let public = BASE64URL_NOPAD.encode(key.verifying_key().as_bytes());
        let service = ServiceKey::parse(&public).expect("a key");
        let says = |text: &str, now| approved(&service, &[1; 32], text, now);
        let right = approval(&key, &[1; 32], "1780315200", Channel::Push);
        assert_eq!(says(&right, NOW), Some(Channel::Push));
        assert_eq!(says(&right, NOW.plus(OUT_OF_BAND_AGE)), Some(Channel::Push));
        let late = Timestamp(NOW.0 + OUT_OF_BAND_AGE.0 + 1);
        let early = Timestamp(NOW.0 - OUT_OF_BAND_AGE.0 - 1);
        assert_eq!((says(&right, late), says(&right, early)), (None, None));
        let other_key = SigningKey::from_bytes(&[8; 32]);
        for wrong in [
            approval(&other_key, &[1; 32], "1780315200", Channel::Push),
            approval(&key, &[2; 32], "1780315200", Channel::Push),
            right.replace("push", "sms"),
            right.replace("1780315200", "1780315201"),
            right.replace("1780315200", "01780315200"),
            format!("{right}.more"),
            "1780315200.push.".to_owned(),
            "..".to_owned(),
            String::new(),
        ] {
            assert_eq!(says(&wrong, NOW), None, "{wrong}");
        }
    }
}
