//! Assertions with one thing wrong each. That an authenticator which is not ours makes right ones, the engine's tests show.

use coset::CoseKeyBuilder;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::json;

use super::*;

const COMMITMENT: [u8; 32] = [9; 32];

fn party() -> RelyingParty {
    RelyingParty {
        id: "pay.example".to_owned(),
        origins: vec!["https://pay.example".to_owned()],
    }
}

fn secret() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).expect("a key")
}

fn cose(key: &SigningKey, curve: iana::EllipticCurve, algorithm: iana::Algorithm) -> String {
    let point = key.verifying_key().to_sec1_point(false);
    let half = |part: Option<&[u8]>| part.expect("a coordinate").to_vec();
    let x = half(point.x().map(|x| x.as_slice()));
    let y = half(point.y().map(|y| y.as_slice()));
    let key = CoseKeyBuilder::new_ec2_pub_key(curve, x, y).algorithm(algorithm);
    BASE64URL.encode(&key.build().to_vec().expect("CBOR"))
}

/// What an authenticator says, each part of which can be another.
struct Said {
    client: serde_json::Value,
    party: &'static str,
    flags: u8,
    count: u32,
}

impl Said {
    fn right() -> Said {
        Said {
            client: json!({"type": "webauthn.get", "challenge": BASE64URL.encode(&COMMITMENT),
                           "origin": "https://pay.example", "crossOrigin": false, "more": [1]}),
            party: "pay.example",
            flags: USER_PRESENT | USER_VERIFIED,
            count: 4,
        }
    }

    fn client(name: &str, value: serde_json::Value) -> Said {
        let mut said = Said::right();
        said.client[name] = value;
        said
    }

    fn assertion(&self, key: &SigningKey) -> Assertion {
        let client_data = serde_json::to_vec(&self.client).expect("JSON");
        let mut authenticator_data = Sha256::digest(self.party).to_vec();
        authenticator_data.push(self.flags);
        authenticator_data.extend(self.count.to_be_bytes());
        let signed = [&authenticator_data[..], &Sha256::digest(&client_data)].concat();
        let signature: Signature = key.sign(&signed);
        let answer = json!({"id": "AQI", "rawId": "AQI", "type": "public-key", "clientExtensionResults": {},
            "response": {"clientDataJSON": BASE64URL.encode(&client_data),
                         "authenticatorData": BASE64URL.encode(&authenticator_data),
                         "signature": BASE64URL.encode(signature.to_der().as_bytes()), "userHandle": null}});
        Assertion::parse(answer.to_string().as_bytes()).expect("the form")
    }

    fn verified(&self) -> Result<u32, NotAsserted> {
        let key = cose(
            &secret(),
            iana::EllipticCurve::P_256,
            iana::Algorithm::ES256,
        );
        let key = PublicKey::parse(&key).expect("a key");
        self.assertion(&secret())
            .verify(&party(), &key, &COMMITMENT)
    }
}

/// R5: each check of WebAuthn Level 3, 7.2 that this host makes.
#[test]
fn an_assertion_counts_for_its_commitment_origin_party_and_user_only() {
    assert_eq!(Said::right().verified(), Ok(4));
    let elsewhere = Err(NotAsserted::ClientData);
    for (name, value) in [
        ("type", json!("webauthn.create")),
        ("challenge", json!(BASE64URL.encode(&[8; 32]))),
        ("origin", json!("https://pay.example.evil.example")),
        ("origin", json!("http://pay.example")),
        ("crossOrigin", json!(true)),
    ] {
        assert_eq!(Said::client(name, value).verified(), elsewhere, "{name}");
    }
    let party = "evil.example";
    let other = Said {
        party,
        ..Said::right()
    };
    assert_eq!(other.verified(), Err(NotAsserted::RelyingParty));
    for flags in [
        0,
        USER_PRESENT,
        USER_VERIFIED,
        USER_PRESENT | USER_VERIFIED | BACKED_UP,
    ] {
        let said = Said {
            flags,
            ..Said::right()
        };
        assert_eq!(said.verified(), Err(NotAsserted::NotVerified), "{flags:#b}");
    }
    let flags = USER_PRESENT | USER_VERIFIED | BACKUP_ELIGIBLE | BACKED_UP;
    assert_eq!(
        Said {
            flags,
            ..Said::right()
        }
        .verified(),
        Ok(4)
    );
}

#[test]
fn what_is_altered_or_signed_with_another_key_does_not_count() {
    let key = cose(
        &secret(),
        iana::EllipticCurve::P_256,
        iana::Algorithm::ES256,
    );
    let key = PublicKey::parse(&key).expect("a key");
    let verify = |assertion: &Assertion| assertion.verify(&party(), &key, &COMMITMENT);
    let other = SigningKey::from_slice(&[8; 32]).expect("a key");
    let wrong = Err(NotAsserted::Signature);
    assert_eq!(verify(&Said::right().assertion(&other)), wrong);
    // The counter is signed, and what follows it.
    let mut altered = Said::right().assertion(&secret());
    altered.authenticator_data[36] = 200;
    assert_eq!(verify(&altered), wrong);
    let mut longer = Said::right().assertion(&secret());
    longer.authenticator_data.push(0);
    assert_eq!(verify(&longer), wrong);
    let mut short = Said::right().assertion(&secret());
    short.authenticator_data.truncate(36);
    assert_eq!(verify(&short), Err(NotAsserted::Form));
    let mut unsigned = Said::right().assertion(&secret());
    unsigned.signature.clear();
    assert_eq!(verify(&unsigned), wrong);
    for answer in ["", "{}", "493021", r#"{"rawId": "AQI", "response": {}}"#] {
        let parsed = Assertion::parse(answer.as_bytes());
        assert!(matches!(parsed, Err(NotAsserted::Form)), "{answer}");
    }
}

#[test]
fn only_keys_that_can_be_checked_are_taken() {
    let key = secret();
    let right = cose(&key, iana::EllipticCurve::P_256, iana::Algorithm::ES256);
    assert!(PublicKey::parse(&right).is_ok());
    let of = |curve, algorithm| PublicKey::parse(&cose(&key, curve, algorithm)).err();
    let algorithm = Some(NotAPasskey::Algorithm);
    assert_eq!(
        of(iana::EllipticCurve::P_384, iana::Algorithm::ES256),
        algorithm
    );
    assert_eq!(
        of(iana::EllipticCurve::P_256, iana::Algorithm::ES384),
        algorithm
    );
    for text in ["", "AQI", "not base64url", &"A".repeat(400)] {
        assert_eq!(PublicKey::parse(text), Err(NotAPasskey::Form), "{text}");
    }
    let off = CoseKeyBuilder::new_ec2_pub_key(iana::EllipticCurve::P_256, vec![1; 32], vec![1; 32]);
    let off = off.algorithm(iana::Algorithm::ES256).build().to_vec();
    let off = BASE64URL.encode(&off.expect("CBOR"));
    assert_eq!(PublicKey::parse(&off), Err(NotAPasskey::Point));
    assert!(CredentialId::parse("AQI").is_ok());
    for text in ["", "AQ==", "A Q", &"A".repeat(2_000)] {
        assert_eq!(
            CredentialId::parse(text),
            Err(NotAPasskey::CredentialId),
            "{text}"
        );
    }
}
