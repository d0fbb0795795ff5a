//! Assertions of passkeys (WebAuthn Level 3, 7.2).
//!
//! The customer's authenticator signs the challenge's commitment, for the platform's own site or app only, once it has
//! verified who is there. The host checks that itself, with the public key that was enrolled; what is between the two may
//! be anybody.

use coset::{Algorithm, CborSerializable, CoseKey, Label, iana};
use data_encoding::{BASE64URL_NOPAD, Encoding};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{DerSignature, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::limits::{MAX_CREDENTIAL_ID_BYTES, MAX_PUBLIC_KEY_BYTES};

const BASE64URL: &Encoding = &BASE64URL_NOPAD;
/// Hash of the relying party's ID, flags, counter: what comes behind them are extensions, of which none is asked for.
const AUTHENTICATOR_DATA_BYTES: usize = 37;
/// WebAuthn Level 3, 6.1.
const USER_PRESENT: u8 = 1 << 0;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;

/// For whom authenticators sign: the platform's site and its apps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// Its domain, such as `pay.example`.
    pub id: String,
    /// The origins of its site and apps, such as `https://pay.example`.
    pub origins: Vec<String>,
}

/// A passkey's ID, as the authenticator made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialId(Vec<u8>);

/// The key with which what a passkey signs is checked: ECDSA on P-256 with SHA-256 (ES256), which every authenticator has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// Why a passkey is none that this host can check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAPasskey {
    /// Not base64url, or nothing, or too much.
    #[error(
        "the credential ID is not base64url of 1 to {} bytes",
        MAX_CREDENTIAL_ID_BYTES
    )]
    CredentialId,
    /// Not a COSE key in base64url.
    #[error("the public key is not a COSE_Key in base64url")]
    Form,
    /// Another algorithm.
    #[error("the public key is not one for ES256, which is ECDSA on P-256 with SHA-256")]
    Algorithm,
    /// Not a point of its curve.
    #[error("the public key is not a point of P-256")]
    Point,
}

/// Why an assertion does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAsserted {
    /// Not an AuthenticationResponseJSON with its parts in base64url.
    #[error("the answer is not an AuthenticationResponseJSON (WebAuthn Level 3, 5.1)")]
    Form,
    /// Of another ceremony, challenge or origin, or embedded elsewhere.
    #[error("the answer is for something else")]
    ClientData,
    /// For another relying party.
    #[error("the answer is for another relying party")]
    RelyingParty,
    /// Nobody was there, or it was not verified who.
    #[error("the authenticator did not verify its user")]
    NotVerified,
    /// Not signed with this key.
    #[error("the signature is not that of the passkey")]
    Signature,
}

impl CredentialId {
    /// From base64url without padding.
    pub fn parse(text: &str) -> Result<CredentialId, NotAPasskey> {
        let id = BASE64URL.decode(text.as_bytes());
        let fits = |id: &Vec<u8>| (1..=MAX_CREDENTIAL_ID_BYTES).contains(&id.len());
        let id = id.ok().filter(fits).ok_or(NotAPasskey::CredentialId)?;
        Ok(CredentialId(id))
    }
}

impl PublicKey {
    /// From a COSE_Key (RFC 9052, 7) in base64url without padding.
    pub fn parse(text: &str) -> Result<PublicKey, NotAPasskey> {
        let bytes = BASE64URL.decode(text.as_bytes()).ok();
        let bytes = bytes.filter(|bytes| bytes.len() <= MAX_PUBLIC_KEY_BYTES);
        let key = bytes.and_then(|bytes| CoseKey::from_slice(&bytes).ok());
        let key = key.ok_or(NotAPasskey::Form)?;
        let crv = Label::Int(iana::Ec2KeyParameter::Crv as i64);
        let curve = key.params.iter().find(|(label, _)| *label == crv);
        let curve = curve.and_then(|(_, value)| value.as_integer());
        if key.alg != Some(Algorithm::Assigned(iana::Algorithm::ES256))
            || curve != Some((iana::EllipticCurve::P_256 as i64).into())
        {
            return Err(NotAPasskey::Algorithm);
        }
        let point = key.to_sec1_octet_string().map_err(|_| NotAPasskey::Point)?;
        let key = VerifyingKey::from_sec1_bytes(&point).map_err(|_| NotAPasskey::Point)?;
        Ok(PublicKey(key))
    }
}

/// What a browser or app gives back: `PublicKeyCredential.toJSON()`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResponseJson {
    raw_id: String,
    response: AssertionJson,
}

#[derive(Deserialize)]
struct AssertionJson {
    #[serde(rename = "clientDataJSON")]
    client_data: String,
    #[serde(rename = "authenticatorData")]
    authenticator_data: String,
    signature: String,
}

/// WebAuthn Level 3, 5.8.1. What else a client says there is signed with it, and nothing to this host.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    r#type: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
}

/// An answer, taken apart: which passkey it is of has to be known before it can be checked.
pub struct Assertion {
    credential: CredentialId,
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
}

impl Assertion {
    /// Takes an answer apart.
    pub fn parse(answer: &[u8]) -> Result<Assertion, NotAsserted> {
        let json: ResponseJson = serde_json::from_slice(answer).map_err(|_| NotAsserted::Form)?;
        let bytes = |text: &str| {
            BASE64URL
                .decode(text.as_bytes())
                .map_err(|_| NotAsserted::Form)
        };
        let credential = CredentialId::parse(&json.raw_id).map_err(|_| NotAsserted::Form)?;
        Ok(Assertion {
            credential,
            client_data: bytes(&json.response.client_data)?,
            authenticator_data: bytes(&json.response.authenticator_data)?,
            signature: bytes(&json.response.signature)?,
        })
    }

    /// Whether it is of this passkey.
    pub fn is_of(&self, credential: &CredentialId) -> bool {
        self.credential == *credential
    }

    /// Its signature counter, if it counts for this commitment. Whether the counter comes after the last one is to be
    /// asked besides ([`crate::factor::comes_after`]).
    pub fn verify(
        &self,
        party: &RelyingParty,
        key: &PublicKey,
        commitment: &[u8; 32],
    ) -> Result<u32, NotAsserted> {
        let client: ClientData =
            serde_json::from_slice(&self.client_data).map_err(|_| NotAsserted::Form)?;
        if client.r#type != "webauthn.get"
            || client.challenge != BASE64URL.encode(commitment)
            || !party.origins.contains(&client.origin)
            || client.cross_origin
        {
            return Err(NotAsserted::ClientData);
        }
        let (head, _) = (self.authenticator_data)
            .split_first_chunk::<AUTHENTICATOR_DATA_BYTES>()
            .ok_or(NotAsserted::Form)?;
        let (party_hash, flags) = (&head[..32], head[32]);
        if party_hash != Sha256::digest(&party.id).as_slice() {
            return Err(NotAsserted::RelyingParty);
        }
        let has = |flag| flags & flag != 0;
        let is_backup_told_rightly = has(BACKUP_ELIGIBLE) || !has(BACKED_UP);
        if !has(USER_PRESENT) || !has(USER_VERIFIED) || !is_backup_told_rightly {
            return Err(NotAsserted::NotVerified);
        }
        let mut signed = self.authenticator_data.clone();
        signed.extend(Sha256::digest(&self.client_data));
        let signature =
            DerSignature::from_bytes(&self.signature).map_err(|_| NotAsserted::Signature)?;
        (key.0.verify(&signed, &signature)).map_err(|_| NotAsserted::Signature)?;
        Ok(u32::from_be_bytes([head[33], head[34], head[35], head[36]]))
    }
}

/// What the platform's channel gives to `navigator.credentials.get` as `publicKey`, after `parseRequestOptionsFromJSON`:
/// PublicKeyCredentialRequestOptionsJSON (WebAuthn Level 3, 5.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestOptions {
    challenge: String,
    rp_id: String,
    allow_credentials: Vec<Descriptor>,
    user_verification: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Descriptor {
    r#type: &'static str,
    id: String,
}

impl RequestOptions {
    /// For a commitment, with any of these passkeys, each in base64url.
    pub fn new(party: &RelyingParty, commitment: &[u8; 32], passkeys: Vec<String>) -> Self {
        let descriptor = |id| Descriptor {
            r#type: "public-key",
            id,
        };
        RequestOptions {
            challenge: BASE64URL.encode(commitment),
            rp_id: party.id.clone(),
            allow_credentials: passkeys.into_iter().map(descriptor).collect(),
            user_verification: "required",
        }
    }
}

#[cfg(test)]
mod tests;
