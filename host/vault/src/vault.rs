//! Values to tokens and back.
//!
//! What this module promises:
//! - the same value of the same kind has one token in a vault, also when many ask at once, and each
//!   of them can have it kept and wait until it is durable;
//! - nothing of a new value is on the disk before [`Vault::keep`] is asked to put it there;
//! - a token says nothing about its value, and there is no way back but [`Vault::detokenise`];
//! - what is read back is what was put in: rows are authenticated and bound to their token, kind,
//!   region, tenant and key version, so an altered, moved or foreign row is refused.
//!
//! What bounds it: [`limits`]. The index is in memory; the journal's queue bounds what is under way.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use weft_dictionary::Token;
use weft_journal::Appended;
use zeroize::{Zeroize, Zeroizing};

use crate::binding::bind;
use crate::error::VaultError;
use crate::index::{Blind, Index, TokenBits};
use crate::keys::Keys;
use crate::label::Label;
use crate::limits;
use crate::opener::Opener;
use crate::row::{Head, RowMac, TokenRow, keyed};
use crate::seal::Sealer;
use crate::secret::Secret;
use crate::store::Store;

/// The version of the keys that seal new rows.
const KEY_VERSION: u16 = 1;
const ROW_USE: &[u8] = b"weft/vault/row/v1";

/// A token, and the row that has to be kept before anybody is told of it.
#[must_use = "the token may be told only once its row is kept and durable"]
pub struct Tokenised {
    /// What stands for the value.
    pub token: Token,
    /// For [`Vault::keep`]; `None` if the vault has it by now.
    pub row: Option<NewRow>,
}

/// A token and its sealed value that are not in the vault yet, and never will be if this is dropped.
pub struct NewRow(Vec<u8>);

/// The tokens of one region and tenant.
pub struct Vault {
    dir: PathBuf,
    region: String,
    tenant: String,
    store: Store,
    index: Arc<Index>,
    rows: Sealer,
    blind: Hmac<Sha256>,
    opener: Arc<Opener>,
}

impl Vault {
    /// Opens the vault in a directory, or makes one there. Every row is checked, none is decrypted.
    pub fn open(dir: &Path, keys: &Keys, region: &str, tenant: &str) -> Result<Vault, VaultError> {
        check_name("region", "eu", region)?;
        check_name("tenant", "acme", tenant)?;
        make_directory(dir)?;
        let scope = [region, tenant];
        let head = Head {
            root_id: keys.root_id(),
            region,
            tenant,
        };
        let index = Arc::new(Index::new());
        let mac = RowMac::new(&keys.derive_for(Label::VaultRowMac, &scope));
        let store = Store::open(dir, &head, mac, &index)?;
        Ok(Vault {
            dir: dir.to_owned(),
            region: region.to_owned(),
            tenant: tenant.to_owned(),
            store,
            index,
            rows: Sealer::new(keys.derive_for(Label::VaultRows, &scope)),
            blind: keyed(&keys.derive_for(Label::BlindIndex, &scope)),
            opener: Arc::new(Opener::new(keys, region, tenant)?),
        })
    }

    /// The token of a value in its canonical form. `kind` is the dictionary's kind of token: values
    /// of one kind share tokens, values of different kinds never do.
    ///
    /// Does not touch the disk ([`Vault::keep`] does); waits only while another value of the same part of
    /// the index is sealed: a few microseconds.
    pub fn tokenise(&self, kind: &str, canonical: &Secret) -> Result<Tokenised, VaultError> {
        check_name("kind of token", "card", kind)?;
        let blind = canonical.expose(|value| {
            if value.is_empty() {
                return Err(VaultError::Empty);
            }
            check_length(value.as_bytes(), limits::MAX_SECRET_BYTES)?;
            Ok(cut(
                self.blind.clone(),
                &[kind.as_bytes(), value.as_bytes()],
            ))
        })?;
        // Held until the token is in the index: who asks for the same value meanwhile waits here and
        // then finds it.
        let mut shard = self.index.shard(&blind);
        let (token, bits) = match shard.get(&blind) {
            Some(known) => {
                let token = Token::new(&self.region, kind, known.token);
                if known.durable {
                    return Ok(Tokenised { token, row: None });
                }
                // Its row is on its way, did not get there, or was not to be kept. This request has one of
                // its own.
                (token, known.token)
            }
            None if self.index.len() >= limits::MAX_TOKENS => return Err(VaultError::Full),
            None => self.new_token(kind)?,
        };
        let row = Some(self.new_row(kind, &blind, &bits, canonical)?);
        self.index.put(&mut shard, blind, bits);
        Ok(Tokenised { token, row })
    }

    /// Puts a new token into the journal's queue; it is durable when what this returns resolves. A full
    /// queue is an error.
    pub fn keep(&self, row: NewRow) -> Result<Appended, VaultError> {
        self.store.append(row.0)
    }

    /// The value of a token.
    pub fn detokenise(&self, token: &Token) -> Result<Secret, VaultError> {
        let bits = bits_of(token).ok_or(VaultError::UnknownToken)?;
        if token.region() != self.region {
            return Err(VaultError::UnknownToken);
        }
        let at = self.index.row_of(&bits).ok_or(VaultError::UnknownToken)?;
        let bytes = self.store.read(at)?;
        let row = TokenRow::decode(&bytes)?;
        if row.token != bits || row.kind != token.kind() {
            return Err(VaultError::UnknownToken);
        }
        let associated = self.row_use(row.kind, &row.blind, &bits, row.key_version);
        let mut plain = self.rows.open(&associated, row.sealed)?;
        match String::from_utf8(std::mem::take(&mut *plain)) {
            Ok(text) => Ok(Secret::new(text)),
            Err(error) => {
                error.into_bytes().zeroize();
                Err(VaultError::DoesNotOpen)
            }
        }
    }

    /// Seals bytes for a use of the caller's: only [`Vault::open_sealed`] with the same context, in a
    /// vault of the same region, tenant and root, gets them back.
    pub fn seal(&self, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        check_length(plain, limits::MAX_SEALED_BYTES)?;
        let mut sealed = KEY_VERSION.to_be_bytes().to_vec();
        let opener = &self.opener;
        sealed.extend(
            opener
                .blobs
                .seal(&opener.blob_use(context, KEY_VERSION), plain)?,
        );
        Ok(sealed)
    }

    /// Opens what [`Vault::seal`] sealed, and names tokens for plugins.
    pub fn opener(&self) -> &Arc<Opener> {
        &self.opener
    }

    /// Opens what [`Vault::seal`] sealed in the same context.
    pub fn open_sealed(
        &self,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.opener.open_sealed(context, sealed)
    }

    /// See [`Opener::pseudonym`].
    pub fn pseudonym(&self, plugin: &str, purpose: &str, token: &Token) -> String {
        self.opener.pseudonym(plugin, purpose, token)
    }

    /// How many tokens there are, those on their way to the disk included.
    pub fn len(&self) -> u64 {
        self.index.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The directory of this vault.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The region that it belongs to.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The tenant that it belongs to.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// Why no new value gets a token now, if so: a full disk. They get tokens again when there is room.
    pub fn stuck(&self) -> Option<VaultError> {
        self.store.stuck().map(VaultError::from)
    }

    /// Waits until every token is durable and ends the journal's writer: no new value gets a token
    /// after this. Dropping the vault does the same.
    pub fn close(&self) {
        self.store.close();
    }

    fn new_token(&self, kind: &str) -> Result<(Token, TokenBits), VaultError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        let token = Token::new(&self.region, kind, random);
        // Read back, because a token of nothing but digits is altered when it is made.
        let bits = bits_of(&token).unwrap_or(random);
        debug_assert_eq!(Token::new(&self.region, kind, bits), token);
        Ok((token, bits))
    }

    fn new_row(
        &self,
        kind: &str,
        blind: &Blind,
        token: &TokenBits,
        canonical: &Secret,
    ) -> Result<NewRow, VaultError> {
        let associated = self.row_use(kind, blind, token, KEY_VERSION);
        let sealed = canonical.expose(|value| self.rows.seal(&associated, value.as_bytes()))?;
        Ok(NewRow(self.store.encode(&TokenRow {
            key_version: KEY_VERSION,
            blind: *blind,
            token: *token,
            kind,
            sealed: &sealed,
        })))
    }

    fn row_use(&self, kind: &str, blind: &Blind, token: &TokenBits, key_version: u16) -> Vec<u8> {
        bind(&[
            ROW_USE,
            self.region.as_bytes(),
            self.tenant.as_bytes(),
            kind.as_bytes(),
            blind,
            token,
            &key_version.to_be_bytes(),
        ])
    }
}

/// The keyed hash of the parts, cut to 16 bytes.
pub(crate) fn cut(mut mac: Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 16] {
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    let mut bits = [0; 16];
    bits.copy_from_slice(&mac.finalize().into_bytes()[..16]);
    bits
}

/// The random bits of a token; `None` for a text that no vault made.
fn bits_of(token: &Token) -> Option<TokenBits> {
    let body = token.as_str().rsplit('_').next()?;
    BASE32_NOPAD
        .decode(body.to_ascii_uppercase().as_bytes())
        .ok()?
        .try_into()
        .ok()
}

pub(crate) fn check_name(
    what: &'static str,
    example: &'static str,
    name: &str,
) -> Result<(), VaultError> {
    let fits = (1..=limits::MAX_NAME_CHARS).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if fits {
        Ok(())
    } else {
        Err(VaultError::BadName { what, example })
    }
}

fn check_length(bytes: &[u8], max_bytes: usize) -> Result<(), VaultError> {
    if bytes.len() > max_bytes {
        return Err(VaultError::TooLong { max_bytes });
    }
    Ok(())
}

/// Only the owner looks into a vault.
fn make_directory(dir: &Path) -> Result<(), VaultError> {
    let result = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    result.map_err(|source: io::Error| VaultError::Directory {
        dir: dir.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: (&str, Blind, TokenBits, u16) = ("card", [1; 16], [2; 16], 1);

    fn vault(dir: &Path, region: &str, tenant: &str) -> Vault {
        let keys = Keys::from_root(&Zeroizing::new([1; 32]));
        let mut vault = Vault::open(dir, &keys, region, tenant).expect("a vault");
        // The same master keys everywhere, so that what is tested is the associated data alone: keys
        // of another region or tenant differ in any case.
        vault.rows = Sealer::new(Zeroizing::new([7; 32]));
        let opener = Arc::get_mut(&mut vault.opener).expect("nobody else has it");
        opener.blobs = Sealer::new(Zeroizing::new([8; 32]));
        vault
    }

    fn row_use(
        vault: &Vault,
        (kind, blind, token, version): (&str, Blind, TokenBits, u16),
    ) -> Vec<u8> {
        vault.row_use(kind, &blind, &token, version)
    }

    #[test]
    fn a_row_opens_for_what_it_was_sealed_for_only() {
        let dirs = [(); 3].map(|()| tempfile::tempdir().expect("a directory"));
        let eu = vault(dirs[0].path(), "eu", "acme");
        let sealed = eu.rows.seal(&row_use(&eu, ROW), b"4111").expect("sealed");
        let opens = |vault: &Vault, row| vault.rows.open(&row_use(vault, row), &sealed).is_ok();
        assert!(opens(&eu, ROW));
        let (kind, blind, token, version) = ROW;
        for (part, row) in [
            ("kind", ("account", blind, token, version)),
            ("blind index", (kind, [9; 16], token, version)),
            ("token", (kind, blind, [9; 16], version)),
            ("key version", (kind, blind, token, 2)),
        ] {
            assert!(!opens(&eu, row), "{part}");
        }
        assert!(!opens(&vault(dirs[1].path(), "us", "acme"), ROW), "region");
        assert!(!opens(&vault(dirs[2].path(), "eu", "other"), ROW), "tenant");
        // The form of the vault: what else would be bound is all the same.
        let of_other_form = bind(&[
            b"weft/vault/row/v2",
            b"eu",
            b"acme",
            kind.as_bytes(),
            &blind,
            &token,
            &version.to_be_bytes(),
        ]);
        assert!(eu.rows.open(&of_other_form, &sealed).is_err(), "form");
    }

    #[test]
    fn a_blob_opens_for_what_it_was_sealed_for_only() {
        let dirs = [(); 3].map(|()| tempfile::tempdir().expect("a directory"));
        let eu = vault(dirs[0].path(), "eu", "acme");
        let mut sealed = eu.seal(b"context", b"facts").expect("sealed");
        assert!(eu.open_sealed(b"context", &sealed).is_ok());
        assert!(eu.open_sealed(b"other", &sealed).is_err(), "context");
        for (dir, region, tenant) in [(&dirs[1], "us", "acme"), (&dirs[2], "eu", "other")] {
            let other = vault(dir.path(), region, tenant);
            assert!(
                other.open_sealed(b"context", &sealed).is_err(),
                "{region} {tenant}"
            );
        }
        sealed[1] ^= 3;
        assert!(eu.open_sealed(b"context", &sealed).is_err(), "key version");
    }

    #[test]
    fn a_token_gives_its_bits_back() {
        for bits in [[0; 16], [0xef; 16], [0xd7; 16], *b"0123456789abcdef"] {
            let token = Token::new("eu", "card", bits);
            assert_eq!(bits_of(&token), Some(bits), "{token}");
        }
        // Bits whose text would be digits only become another token, which stays itself.
        let digits = BASE32_NOPAD
            .decode(b"22222222222222222222222224")
            .expect("base32");
        let token = Token::new("eu", "card", digits.try_into().expect("16 bytes"));
        let bits = bits_of(&token).expect("bits");
        assert_eq!(Token::new("eu", "card", bits), token);
        assert!(token.as_str().ends_with("_a2222222222222222222222224"));
    }
}
