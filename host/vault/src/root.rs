//! Where the root comes from, and how it moves.

use std::fmt;
use std::path::Path;

use zeroize::Zeroizing;

use crate::key_file::{self, KeyFileError};
use crate::pkcs11::TokenKey;
use crate::sealed_file;

/// The root of all keys of a host: 32 random bytes.
pub(crate) type Root = Zeroizing<[u8; 32]>;

/// Something that gives the root: the key file itself, or a token that opens what lies in the file.
pub(crate) trait RootSource {
    /// The root, for as long as the process needs it.
    fn root(&self) -> Result<Root, KeyFileError>;

    /// Where that is.
    fn place(&self) -> RootPlace;
}

/// Where a root is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootPlace {
    /// In the key file, in clear.
    File,
    /// In the key file, sealed by a key that never leaves a PKCS#11 token.
    Token {
        /// The label of the token.
        token: String,
        /// The label of the key in it.
        key: String,
    },
}

impl fmt::Display for RootPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RootPlace::File => write!(f, "in the key file"),
            RootPlace::Token { token, key } => {
                write!(f, "sealed by key `{key}` of token `{token}`")
            }
        }
    }
}

/// Where a root is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootTarget {
    /// In the key file, in clear.
    File,
    /// Sealed by a token's key, which is made if the token has none of that label.
    Token(TokenKey),
}

impl RootTarget {
    /// Where it is when it has moved.
    pub fn place(&self) -> RootPlace {
        match self {
            RootTarget::File => RootPlace::File,
            RootTarget::Token(key) => key.place(),
        }
    }
}

/// The file has the root in clear.
pub(crate) struct InClear(pub(crate) Root);

impl RootSource for InClear {
    fn root(&self) -> Result<Root, KeyFileError> {
        Ok(self.0.clone())
    }

    fn place(&self) -> RootPlace {
        RootPlace::File
    }
}

/// Moves the root of a key file. The root stays the same, so nothing else changes. The file is replaced whole, when what
/// it is replaced by has been opened once; what stood in it is overwritten. Who stops in between finds the one or the
/// other.
pub fn move_root(path: &Path, target: &RootTarget) -> Result<(), KeyFileError> {
    let before = key_file::bytes_of(path)?;
    let root = key_file::source(path, &before)?.root()?;
    let after = match target {
        RootTarget::File => key_file::render(&root),
        RootTarget::Token(key) => sealed_file::render(&key.seal(&root)?)?,
    };
    if *key_file::source(path, &after)?.root()? != *root {
        return Err(KeyFileError::Damaged {
            path: path.to_owned(),
            what: "what the token gave back is not what it was given; the file is as it was",
        });
    }
    key_file::replace(path, &after, before.len())
}
