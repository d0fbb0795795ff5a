//! A root that lies sealed in the key file, under a key that never leaves a PKCS#11 token.
//!
//! The token's key (AES-256) seals the root with AES-GCM (PKCS#11 2.40, 2.12.6); the file has what comes out. So the
//! token is asked once, at start, and a copy of the file without the token opens nothing. A token that is removed while a
//! host runs is missed at its next start.

use std::fmt;
use std::path::PathBuf;
use std::sync::Mutex;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use zeroize::{Zeroize, Zeroizing};

use crate::index::lock;
use crate::key_file::{self, KeyFileError};
use crate::root::{Root, RootPlace, RootSource};

const ROOT_USE: &[u8] = b"weft/root/v2";
const TAG_BITS: u64 = 128;
/// Bytes of a nonce of AES-GCM (NIST SP 800-38D, 5.2.1.1).
pub(crate) const NONCE_BYTES: usize = 12;
/// Bytes of the sealed root: with its tag.
pub(crate) const SEALED_BYTES: usize = 32 + 16;

/// A module is initialised once in a process, and finalised when nobody uses it.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Where the key is that seals the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenKey {
    /// The PKCS#11 module: a shared library.
    pub module: PathBuf,
    /// The label of the token.
    pub token: String,
    /// The label of the key in it.
    pub key: String,
    /// Where the user's PIN is.
    pub pin: Pin,
}

/// Where a PIN is. It stands in no command line and no configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pin {
    /// In a file that only its owner may read, one line.
    File(PathBuf),
    /// In a variable of the environment.
    Variable(String),
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pin::File(path) => write!(f, "the file {}", path.display()),
            Pin::Variable(name) => write!(f, "the variable {name}"),
        }
    }
}

/// The root as the key file has it.
pub(crate) struct InToken {
    pub(crate) key: TokenKey,
    pub(crate) nonce: [u8; NONCE_BYTES],
    pub(crate) sealed: Vec<u8>,
}

impl RootSource for InToken {
    fn root(&self) -> Result<Root, KeyFileError> {
        self.key.with(false, |session, key| {
            let mut nonce = self.nonce;
            let gcm = GcmParams::new(&mut nonce, ROOT_USE, TAG_BITS.into())?;
            let opened = session.decrypt(&Mechanism::AesGcm(gcm), key, &self.sealed)?;
            let opened = Zeroizing::new(opened);
            let mut root = Root::new([0; 32]);
            if opened.len() != root.len() {
                return Ok(None);
            }
            root.copy_from_slice(&opened);
            Ok(Some(root))
        })
    }

    fn place(&self) -> RootPlace {
        self.key.place()
    }
}

impl TokenKey {
    pub(crate) fn place(&self) -> RootPlace {
        RootPlace::Token {
            token: self.token.clone(),
            key: self.key.clone(),
        }
    }

    /// Seals a root under the token's key, which is made if the token has none of that label.
    pub(crate) fn seal(&self, root: &Root) -> Result<InToken, KeyFileError> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(KeyFileError::NoRandomness)?;
        let sealed = self.with(true, |session, key| {
            let mut nonce = nonce;
            let gcm = GcmParams::new(&mut nonce, ROOT_USE, TAG_BITS.into())?;
            let sealed = session.encrypt(&Mechanism::AesGcm(gcm), key, root.as_slice())?;
            Ok((sealed.len() == SEALED_BYTES).then_some(sealed))
        })?;
        Ok(InToken {
            key: self.clone(),
            nonce,
            sealed,
        })
    }

    /// Does something with the key, in a session of its own. The module is finalised after it, as it counts one use of a
    /// process only.
    fn with<T>(
        &self,
        make: bool,
        work: impl FnOnce(&Session, ObjectHandle) -> Result<Option<T>, Error>,
    ) -> Result<T, KeyFileError> {
        let _one_at_a_time = lock(&ONE_AT_A_TIME);
        let pin = self.pin()?;
        let module = Pkcs11::new(&self.module).map_err(|e| KeyFileError::NoModule {
            module: self.module.clone(),
            reason: e.to_string(),
        })?;
        let flags = CInitializeFlags::OS_LOCKING_OK;
        let initialised = module.initialize(CInitializeArgs::new(flags));
        initialised.map_err(|e| self.failed(&e))?;
        let done = self.in_session(&module, &pin, make, work);
        module.finalize().map_err(|e| self.failed(&e))?;
        done
    }

    fn in_session<T>(
        &self,
        module: &Pkcs11,
        pin: &AuthPin,
        make: bool,
        work: impl FnOnce(&Session, ObjectHandle) -> Result<Option<T>, Error>,
    ) -> Result<T, KeyFileError> {
        let session = self.session(module, make).map_err(|e| self.failed(&e))?;
        let session = session.ok_or_else(|| KeyFileError::NoToken {
            module: self.module.clone(),
            token: self.token.clone(),
        })?;
        let logged_in = session.login(UserType::User, Some(pin));
        logged_in.map_err(|e| self.no_login(&e))?;
        let key = self.find(&session, make).map_err(|e| self.failed(&e))?;
        let key = key.ok_or_else(|| KeyFileError::NoTokenKey {
            token: self.token.clone(),
            key: self.key.clone(),
        })?;
        let not_of_token = |reason| KeyFileError::NotOfToken {
            token: self.token.clone(),
            key: self.key.clone(),
            reason,
        };
        let done = work(&session, key).map_err(|e| match e {
            // A module says one of these of a tag that does not fit.
            Error::Pkcs11(
                RvError::EncryptedDataInvalid
                | RvError::EncryptedDataLenRange
                | RvError::GeneralError,
                _,
            ) => not_of_token(e.to_string()),
            e => self.failed(&e),
        })?;
        done.ok_or_else(|| not_of_token("what it gives has another length".to_owned()))
    }

    fn no_login(&self, error: &Error) -> KeyFileError {
        let token = self.token.clone();
        match error {
            Error::Pkcs11(RvError::PinLocked, _) => KeyFileError::Locked { token },
            Error::Pkcs11(
                RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange,
                _,
            ) => KeyFileError::WrongPin {
                token,
                pin: self.pin.clone(),
            },
            error => self.failed(error),
        }
    }

    fn failed(&self, error: &Error) -> KeyFileError {
        KeyFileError::Token {
            module: self.module.clone(),
            token: self.token.clone(),
            reason: error.to_string(),
        }
    }

    fn session(&self, module: &Pkcs11, writes: bool) -> Result<Option<Session>, Error> {
        for slot in module.get_slots_with_token()? {
            if module.get_token_info(slot)?.label() == self.token {
                let session = if writes {
                    module.open_rw_session(slot)?
                } else {
                    module.open_ro_session(slot)?
                };
                return Ok(Some(session));
            }
        }
        Ok(None)
    }

    fn find(&self, session: &Session, make: bool) -> Result<Option<ObjectHandle>, Error> {
        let label = Attribute::Label(self.key.clone().into_bytes());
        let wanted = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            label.clone(),
        ];
        if let Some(found) = session.find_objects(&wanted)?.first() {
            return Ok(Some(*found));
        }
        if !make {
            return Ok(None);
        }
        let template = [
            label,
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
            Attribute::ValueLen(32.into()),
        ];
        session
            .generate_key(&Mechanism::AesKeyGen, &template)
            .map(Some)
    }

    fn pin(&self) -> Result<AuthPin, KeyFileError> {
        let none = |reason: String| KeyFileError::NoPin {
            token: self.token.clone(),
            pin: self.pin.clone(),
            reason,
        };
        let mut text = match &self.pin {
            Pin::Variable(name) => std::env::var(name)
                .map_err(|_| none("is not set; set it for this process".to_owned()))?,
            Pin::File(path) => {
                let bytes = key_file::bytes_of(path).map_err(|error| match error {
                    KeyFileError::Io { source, .. } => none(format!("cannot be read: {source}")),
                    KeyFileError::UnknownForm { .. } => none("is no file of one line".to_owned()),
                    error => error,
                })?;
                let text = std::str::from_utf8(&bytes);
                text.map_err(|_| none("is no UTF-8".to_owned()))?.to_owned()
            }
        };
        let pin = AuthPin::new(text.trim().into());
        text.zeroize();
        Ok(pin)
    }
}
