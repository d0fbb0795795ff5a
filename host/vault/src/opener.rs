//! Reading back without the values.
//!
//! An [`Opener`] opens what [`Vault::seal`](crate::Vault::seal) sealed and names tokens for plugins. It needs the keys
//! only: it touches no file, makes no token, and has no way from a token to its value. So a log is read and its
//! decisions are evaluated again beside a running host, and where the vault itself is not.

use std::path::Path;

use data_encoding::BASE32_NOPAD;
use hmac::Hmac;
use sha2::Sha256;
use weft_dictionary::Token;
use zeroize::Zeroizing;

use crate::binding::bind;
use crate::error::VaultError;
use crate::key_file::{self, KeyFileError};
use crate::keys::Keys;
use crate::label::Label;
use crate::row::keyed;
use crate::seal::Sealer;
use crate::vault::{check_name, cut};

const BLOB_USE: &[u8] = b"weft/vault/blob/v1";

/// Opens sealed bytes of one region and tenant, and names tokens for plugins.
pub struct Opener {
    region: String,
    tenant: String,
    pub(crate) blobs: Sealer,
    pseudonyms: Hmac<Sha256>,
}

impl Opener {
    /// For one region and tenant.
    pub fn new(keys: &Keys, region: &str, tenant: &str) -> Result<Opener, VaultError> {
        check_name("region", "eu", region)?;
        check_name("tenant", "acme", tenant)?;
        let scope = [region, tenant];
        Ok(Opener {
            region: region.to_owned(),
            tenant: tenant.to_owned(),
            blobs: Sealer::new(keys.derive_for(Label::SealedBlobs, &scope)),
            pseudonyms: keyed(&keys.derive_for(Label::Pseudonyms, &scope)),
        })
    }

    /// Opens what [`Vault::seal`](crate::Vault::seal) sealed in the same context, in a vault of the same region,
    /// tenant and root.
    pub fn open_sealed(
        &self,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let (version, sealed) = sealed.split_first_chunk().ok_or(VaultError::DoesNotOpen)?;
        let associated = self.blob_use(context, u16::from_be_bytes(*version));
        Ok(self.blobs.open(&associated, sealed)?)
    }

    /// The name under which a plugin knows a token for a purpose: always the same one, another for
    /// every plugin and purpose, so that two plugins cannot join what they saw.
    pub fn pseudonym(&self, plugin: &str, purpose: &str, token: &Token) -> String {
        let parts = [plugin, purpose, token.as_str()].map(str::as_bytes);
        let bits = cut(self.pseudonyms.clone(), &parts);
        let mut name = BASE32_NOPAD.encode(&bits);
        name.make_ascii_lowercase();
        name.insert_str(0, "pse_");
        name
    }

    pub(crate) fn blob_use(&self, context: &[u8], key_version: u16) -> Vec<u8> {
        bind(&[
            BLOB_USE,
            self.region.as_bytes(),
            self.tenant.as_bytes(),
            context,
            &key_version.to_be_bytes(),
        ])
    }
}

impl Keys {
    /// Reads the key file, and makes none: for who only reads what a host wrote.
    pub fn open(path: &Path) -> Result<Keys, KeyFileError> {
        key_file::read(path).map(|root| Keys::from_root(&root))
    }
}
