//! The key file whose root a PKCS#11 token seals.
//!
//! ```text
//! weft-keys 2
//! module /usr/lib/…     the PKCS#11 module
//! token weft            the label of the token
//! key weft-root         the label of the key in it
//! pin file /etc/…       where the PIN is: `file` and its path, or `env` and the name of a variable
//! nonce 6c01…           24 hexadecimal digits
//! sealed 03fe…          96 hexadecimal digits: the root, see `pkcs11`
//! checksum 9d11…        16 hexadecimal digits: SHA-256 over all bytes above, first eight
//! ```

use std::path::Path;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::key_file::{CHECKSUM_BYTES, KeyFileError, decode_line};
use crate::limits::MAX_LABEL_BYTES;
use crate::pkcs11::{self, InToken, Pin, TokenKey};

pub(crate) const FORM: &str = "weft-keys 2";
const PIN_FILE: &str = "file ";
const PIN_VARIABLE: &str = "env ";

/// What a file of this form says.
pub(crate) fn parse(path: &Path, bytes: &[u8]) -> Result<InToken, KeyFileError> {
    let damaged = |what| KeyFileError::Damaged {
        path: path.to_owned(),
        what,
    };
    let mut lines = bytes.split(|b| *b == b'\n').skip(1);
    let mut text = |name: &[u8]| {
        let text = lines.next().and_then(|line| line.strip_prefix(name));
        let text = text.and_then(|text| String::from_utf8(text.to_vec()).ok());
        text.ok_or_else(|| damaged("a line about the token is missing"))
    };
    let (module, token, key) = (text(b"module ")?, text(b"token ")?, text(b"key ")?);
    let pin = text(b"pin ")?;
    let pin = if let Some(file) = pin.strip_prefix(PIN_FILE) {
        Pin::File(file.into())
    } else if let Some(name) = pin.strip_prefix(PIN_VARIABLE) {
        Pin::Variable(name.to_owned())
    } else {
        return Err(damaged(
            "the line `pin` names neither a file nor a variable",
        ));
    };
    let digits = "a line of digits is not as it was written";
    let mut nonce = [0; pkcs11::NONCE_BYTES];
    decode_line(lines.next(), b"nonce ", &mut nonce).ok_or_else(|| damaged(digits))?;
    let mut sealed = vec![0; pkcs11::SEALED_BYTES];
    decode_line(lines.next(), b"sealed ", &mut sealed).ok_or_else(|| damaged(digits))?;
    let file = InToken {
        key: TokenKey {
            module: module.into(),
            token,
            key,
            pin,
        },
        nonce,
        sealed,
    };
    if *render(&file)? != *bytes {
        return Err(damaged("the checksum does not fit the lines above it"));
    }
    Ok(file)
}

pub(crate) fn render(file: &InToken) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let TokenKey {
        module,
        token,
        key,
        pin,
    } = &file.key;
    let (where_, pin) = match pin {
        Pin::File(path) => (PIN_FILE, path.to_str()),
        Pin::Variable(name) => (PIN_VARIABLE, Some(name.as_str())),
    };
    let said = [module.to_str(), Some(token), Some(key), pin].map(|text| {
        text.filter(|text| {
            (1..=MAX_LABEL_BYTES).contains(&text.len()) && !text.chars().any(char::is_control)
        })
    });
    let [Some(module), Some(token), Some(key), Some(pin)] = said else {
        return Err(KeyFileError::BadName);
    };
    let nonce = HEXLOWER.encode(&file.nonce);
    let sealed = HEXLOWER.encode(&file.sealed);
    let lines = format!(
        "{FORM}\nmodule {module}\ntoken {token}\nkey {key}\npin {where_}{pin}\nnonce {nonce}\nsealed {sealed}\n"
    );
    let sum = HEXLOWER.encode(&Sha256::digest(&lines)[..CHECKSUM_BYTES]);
    Ok(Zeroizing::new(
        format!("{lines}checksum {sum}\n").into_bytes(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(pin: Pin) -> InToken {
        InToken {
            key: TokenKey {
                module: "/usr/lib/module.so".into(),
                token: "weft".to_owned(),
                key: "weft-root".to_owned(),
                pin,
            },
            nonce: [1; pkcs11::NONCE_BYTES],
            sealed: vec![2; pkcs11::SEALED_BYTES],
        }
    }

    #[test]
    fn what_is_written_reads_back_and_no_byte_may_change() {
        let path = Path::new("keys.weft");
        for pin in [Pin::File("/etc/pin".into()), Pin::Variable("PIN".into())] {
            let bytes = render(&file(pin.clone())).expect("rendered");
            let read = parse(path, &bytes).expect("read");
            assert_eq!(read.key, file(pin).key);
            for at in FORM.len() + 1..bytes.len() {
                let mut altered = bytes.clone();
                altered[at] ^= 1;
                assert!(parse(path, &altered).is_err(), "{at}");
                assert!(parse(path, &bytes[..at]).is_err(), "{at}");
            }
        }
    }

    #[test]
    fn a_name_that_does_not_fit_on_a_line_is_refused() {
        for name in ["", "two\nlines", &"x".repeat(MAX_LABEL_BYTES + 1)] {
            let bad = file(Pin::Variable(name.to_owned()));
            assert!(matches!(render(&bad), Err(KeyFileError::BadName)));
        }
    }
}
