//! A customer's device with passkeys on it: 1Password's authenticator behind 1Password's WebAuthn client.
//!
//! Reads orders from the standard input, a line of JSON each, and answers each with a line of JSON:
//!
//! - `{"make": {"origin": …, "rp_id": …}}` makes a passkey: `{"credential": …, "public_key": …, "sign_count": …}`
//! - `{"get": {"origin": …, "public_key": …}}` is `navigator.credentials.get`: the credential's `toJSON()`
//!
//! What it refuses is answered with `{"refused": …}`. `--counter` has its passkeys count their signatures.

use std::io::{BufRead, Write};

use coset::CborSerializable;
use data_encoding::BASE64URL_NOPAD;
use passkey_authenticator::{Authenticator, MemoryStore, UiHint, UserCheck, UserValidationMethod};
use passkey_client::{Client, DefaultClientData};
use passkey_crypto::AvailableBackend;
use passkey_types::Passkey;
use passkey_types::ctap2::{Aaguid, AuthenticatorData, Ctap2Error};
use public_suffix::PublicSuffixList;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

/// Somebody who is there, and whom the device knows.
struct Owner;

#[async_trait::async_trait]
impl UserValidationMethod for Owner {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _: UiHint<'a, Passkey>,
        _: bool,
        _: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck {
            presence: true,
            verification: true,
        })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    Make { origin: Url, rp_id: String },
    Get { origin: Url, public_key: Value },
}

type Failed = Box<dyn std::error::Error>;

fn main() -> Result<(), Failed> {
    let store = MemoryStore::new();
    let mut device = Authenticator::new(Aaguid::new_empty(), store, Owner, AvailableBackend);
    let counts = std::env::args().any(|argument| argument == "--counter");
    device.set_make_credentials_with_signature_counter(counts);
    let mut client = Client::new(device);
    for line in std::io::stdin().lock().lines() {
        let order = serde_json::from_str(&line?)?;
        let answer = match pollster::block_on(carry_out(&mut client, order)) {
            Ok(answer) => answer,
            Err(why) => json!({"refused": why.to_string()}),
        };
        let mut out = std::io::stdout().lock();
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

type Device = Client<MemoryStore, Owner, AvailableBackend, PublicSuffixList, ()>;

async fn carry_out(client: &mut Device, order: Order) -> Result<Value, Failed> {
    match order {
        Order::Make { origin, rp_id } => {
            let options = json!({"publicKey": {
                "rp": {"id": rp_id, "name": "A platform"},
                "user": {"id": "AQID", "name": "ines", "displayName": "Ines"},
                "challenge": "AQIDBAUGBwgJCgsMDQ4PEA",
                "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
                "authenticatorSelection": {"userVerification": "required"}
            }});
            let options = serde_json::from_value(options)?;
            let made = client.register(&origin, options, DefaultClientData).await;
            let made = made.map_err(|why| format!("{why:?}"))?;
            let data = AuthenticatorData::from_slice(&made.response.authenticator_data);
            let data = data.map_err(|why| why.to_string())?;
            let passkey = data.attested_credential_data.ok_or("no passkey")?;
            let credential = BASE64URL_NOPAD.encode(passkey.credential_id());
            let key = passkey.key.to_vec().map_err(|why| why.to_string())?;
            Ok(json!({
                "credential": credential,
                "public_key": BASE64URL_NOPAD.encode(&key),
                "sign_count": data.counter,
            }))
        }
        Order::Get { origin, public_key } => {
            let options = serde_json::from_value(json!({"publicKey": public_key}))?;
            let signed = client
                .authenticate(&origin, options, DefaultClientData)
                .await;
            Ok(serde_json::to_value(
                signed.map_err(|why| format!("{why:?}"))?,
            )?)
        }
    }
}
