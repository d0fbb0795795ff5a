//! Values to tokens and back.
//!
//! What this module promises:
//! - the same value of the same kind has one token in a vault, also when many ask at once, and each
//!   of them can have it kept and wait until it is durable;
//! - nothing of a new value is on the disk before [`Vault::keep`] is asked to put it there;
//! - a token says nothing about its value, and there is no way back but [`Vault::detokenise`];
//! - a value is sealed for each subject who brought it, under the subject's own key: when the last of them is erased,
//!   the value is gone, and its token and the index forget it;
//! - what is read back is what was put in: rows are authenticated and bound to their token, kind, subject,
//!   region, tenant and key version, so an altered, moved or foreign row is refused.
//!
//! What bounds it: [`limits`]. The index is in memory; the journals' queues bound what is under way.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use hmac::{Hmac, Mac};
use sha2::Sha256;
use weft_dictionary::Token;
use weft_journal::Appended;
use zeroize::Zeroize;

use crate::binding::bind;
use crate::cover::cover;
use crate::epoch::Scope;
use crate::error::VaultError;
use crate::index::{Blind, Index};
use crate::key_store::{KeyStore, News};
use crate::limits;
use crate::opener::{Opener, Use};
use crate::row::TokenRow;
use crate::seal::Sealer;
use crate::secret::Secret;
use crate::store::Store;
use crate::subject::{Subject, TokenBits, bits_of};

const ROW_USE: &[u8] = b"weft/vault/row/v2";

/// Something that is not in the vault yet, and never will be if this is dropped.
pub struct NewRow(New);

enum New {
    Value(Vec<u8>),
    Keys(News),
}

impl NewRow {
    pub(crate) fn of(news: News) -> NewRow {
        NewRow(New::Keys(news))
    }
}

/// The tokens of one region and tenant.
pub struct Vault {
    pub(crate) dir: PathBuf,
    pub(crate) scope: Scope,
    pub(crate) store: Store,
    pub(crate) index: Arc<Index>,
    pub(crate) blind: Hmac<Sha256>,
    /// Opens what other hosts wrote for this one.
    pub(crate) identity: age::x25519::Identity,
    pub(crate) keys: KeyStore,
    pub(crate) opener: Arc<Opener>,
}

impl Vault {
    /// The token of a value in its canonical form. `kind` is the dictionary's kind of token: values
    /// of one kind share tokens, values of different kinds never do.
    ///
    /// Does not touch the disk, and nobody may be told of the token before somebody brought its value
    /// ([`Vault::bring`]) and that was kept.
    pub fn token(&self, kind: &str, canonical: &Secret) -> Result<Token, VaultError> {
        check_name("kind of token", "card", kind)?;
        let blind = self.blind(kind, canonical)?;
        let now = Instant::now();
        let mut shard = self.index.shard(&blind);
        let (token, is_new) = match shard.get_mut(&blind) {
            Some(known) => {
                let token = Token::new(&self.scope.region, kind, known.token);
                (token, known.ask(now))
            }
            None if self.index.len() >= limits::MAX_TOKENS => return Err(VaultError::Full),
            None => {
                let (token, bits) = self.new_token(kind)?;
                self.index.put(&mut shard, blind, bits, Some(now));
                (token, true)
            }
        };
        drop(shard);
        if is_new {
            self.index.asked(now, blind);
        }
        Ok(token)
    }

    /// Values that were shown together, with their tokens, for the subjects of their side: strongest first. The values
    /// are sealed for the first, to whom the others are linked. What comes out has to be kept ([`Vault::keep`]).
    pub fn bring(
        &self,
        subjects: &[Subject],
        values: &[(Token, Secret)],
    ) -> Result<Vec<NewRow>, VaultError> {
        let (&subject, weaker) = subjects.split_first().ok_or(VaultError::UnknownSubject)?;
        let known = self.keys.subjects();
        let (key, is_new) = known.enter(subject)?;
        let mut rows = Vec::new();
        if is_new {
            rows.push(NewRow(New::Keys(News::Key(subject))));
        }
        for &weaker in weaker {
            let stronger = subject;
            let link = known.link(weaker, stronger);
            if link.map_err(|_| VaultError::ErasedMeanwhile)? {
                rows.push(NewRow(New::Keys(News::Link { weaker, stronger })));
            }
        }
        let sealer = Sealer::new(key.key.clone());
        for (token, canonical) in values {
            let bits = bits_of(token.as_str()).ok_or(VaultError::UnknownToken)?;
            let blind = self.blind(token.kind(), canonical)?;
            if self.is_brought(blind, bits, subject)? {
                continue;
            }
            let row = Of {
                kind: token.kind(),
                subject,
                token: bits,
                born: key.born,
            };
            let sealed =
                canonical.expose(|value| sealer.seal(&self.row_use(row), value.as_bytes()))?;
            let encoded = TokenRow {
                born: key.born,
                subject: subject.0,
                token: bits,
                cover: cover(&key.key, &bits, &blind),
                kind: token.kind(),
                sealed: &sealed,
            };
            rows.push(NewRow(New::Value(encoded.encode())));
        }
        Ok(rows)
    }

    /// Puts something new into the queues of the journals; it is durable when all that is added to `kept` resolves. A
    /// full queue is an error.
    pub fn keep(&self, row: NewRow, kept: &mut Vec<Appended>) -> Result<(), VaultError> {
        match row.0 {
            New::Value(row) => kept.push(self.store.append(row)?),
            New::Keys(news) => self.keys.keep(news, kept)?,
        }
        Ok(())
    }

    /// The value of a token.
    pub fn detokenise(&self, token: &Token) -> Result<Secret, VaultError> {
        let bits = bits_of(token.as_str()).ok_or(VaultError::UnknownToken)?;
        if token.region() != self.scope.region {
            return Err(VaultError::UnknownToken);
        }
        let at = self.index.row_of(&bits).ok_or(VaultError::UnknownToken)?;
        let (of_row, value) = self.read_row(at)?;
        if of_row == *token {
            Ok(value)
        } else {
            Err(VaultError::UnknownToken)
        }
    }

    /// What a durable row says: a token and its value.
    pub(crate) fn read_row(&self, at: u64) -> Result<(Token, Secret), VaultError> {
        let bytes = self.store.read(at)?;
        let row = TokenRow::decode(&bytes)?;
        let of = Of {
            kind: row.kind,
            subject: Subject(row.subject),
            token: row.token,
            born: row.born,
        };
        let key = self.keys.subjects().key_of(of.subject)?;
        let mut plain = Sealer::new(key.key).open(&self.row_use(of), row.sealed)?;
        let token = Token::new(&self.scope.region, row.kind, row.token);
        match String::from_utf8(std::mem::take(&mut *plain)) {
            Ok(text) => Ok((token, Secret::new(text))),
            Err(error) => {
                error.into_bytes().zeroize();
                Err(VaultError::DoesNotOpen)
            }
        }
    }

    /// Seals bytes for a use of the caller's, for the strongest of the subjects that has a key: only
    /// [`Opener::open_sealed`] for the same use, in a vault of the same region, tenant and root, gets them back, and
    /// nobody when the subject is erased.
    pub fn seal(
        &self,
        subjects: &[Subject],
        purpose: &str,
        place: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let known = self.keys.subjects();
        let with_key = subjects.iter().copied().find(|s| !known.has_no_key(*s));
        let subject = with_key.unwrap_or(Subject::NOBODY);
        let what = Use {
            subject,
            purpose,
            place,
        };
        self.opener.seal(what, plain)
    }

    /// Opens what [`Vault::seal`] sealed, and names tokens for plugins.
    pub fn opener(&self) -> &Arc<Opener> {
        &self.opener
    }

    /// Whether the value of a token is here, in whichever words the token is written; those on their way to the disk
    /// included.
    pub fn has(&self, token: &str) -> bool {
        bits_of(token).is_some_and(|bits| self.index.has_token(&bits))
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

    /// Why no new value gets a token now, if so: a full disk. They get tokens again when there is room.
    pub fn stuck(&self) -> Option<VaultError> {
        let stuck = self.store.stuck().or_else(|| self.keys.stuck());
        stuck.map(VaultError::from)
    }

    /// Waits until every token is durable and ends the journals' writers: no new value gets a token
    /// after this. Dropping the vault does the same.
    pub fn close(&self) {
        self.store.close();
        self.keys.close();
    }

    pub(crate) fn forget(&self, subject: Subject) -> Vec<TokenBits> {
        let brought = self.keys.subjects().forget(subject);
        self.index.forget(subject, &brought)
    }

    /// Whether the subject's row of a value is durable. From now on the subject has brought it.
    fn is_brought(
        &self,
        blind: Blind,
        token: TokenBits,
        subject: Subject,
    ) -> Result<bool, VaultError> {
        let mut shard = self.index.shard(&blind);
        let known = shard.get_mut(&blind).filter(|known| known.token == token);
        // It had a token a moment ago: who brought it before was erased since.
        let known = known.ok_or(VaultError::ErasedMeanwhile)?;
        if known.is_of(subject) {
            return Ok(known.is_brought(subject));
        }
        // Under the lock of the value, so that an erasure that comes now finds both or neither.
        let brings = self.keys.subjects().brings(subject, blind);
        brings.map_err(|_| VaultError::ErasedMeanwhile)?;
        Ok(known.is_brought(subject))
    }

    pub(crate) fn blind(&self, kind: &str, canonical: &Secret) -> Result<Blind, VaultError> {
        canonical.expose(|value| {
            if value.is_empty() {
                return Err(VaultError::Empty);
            }
            check_length(value.as_bytes(), limits::MAX_SECRET_BYTES)?;
            let parts = [kind.as_bytes(), value.as_bytes()];
            Ok(cut(self.blind.clone(), &parts))
        })
    }

    fn new_token(&self, kind: &str) -> Result<(Token, TokenBits), VaultError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        let token = Token::new(&self.scope.region, kind, random);
        // Read back, because a token of nothing but digits is altered when it is made.
        let bits = bits_of(token.as_str()).unwrap_or(random);
        debug_assert_eq!(Token::new(&self.scope.region, kind, bits), token);
        Ok((token, bits))
    }

    fn row_use(&self, row: Of<'_>) -> Vec<u8> {
        bind(&[
            ROW_USE,
            self.scope.region.as_bytes(),
            self.scope.tenant.as_bytes(),
            row.kind.as_bytes(),
            &row.subject.0,
            &row.token,
            &row.born.to_be_bytes(),
        ])
    }
}

/// What the row of a value is bound to, beside region and tenant.
#[derive(Clone, Copy)]
struct Of<'a> {
    kind: &'a str,
    subject: Subject,
    token: TokenBits,
    born: u32,
}

/// The keyed hash of the parts.
pub(crate) fn hash(mut mac: Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// [`hash`], cut to 16 bytes.
pub(crate) fn cut(mac: Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 16] {
    let mut bits = [0; 16];
    bits.copy_from_slice(&hash(mac, parts)[..16]);
    bits
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

pub(crate) fn check_length(bytes: &[u8], max_bytes: usize) -> Result<(), VaultError> {
    if bytes.len() > max_bytes {
        return Err(VaultError::TooLong { max_bytes });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Key, Keys};

    const ROW: Of<'static> = Of {
        kind: "card",
        subject: Subject([1; 16]),
        token: [2; 16],
        born: 1,
    };

    /// The same key everywhere, so that what is tested is the associated data alone: keys of another subject, region or
    /// tenant differ in any case.
    #[test]
    fn a_row_opens_for_what_it_was_sealed_for_only() {
        let keys = Keys::from_root(&zeroize::Zeroizing::new([1; 32]));
        let dirs = [(); 3].map(|()| tempfile::tempdir().expect("a directory"));
        let open = |dir: &tempfile::TempDir, region, tenant| {
            Vault::open(dir.path(), &keys, region, tenant).expect("a vault")
        };
        let eu = open(&dirs[0], "eu", "acme");
        let sealer = Sealer::new(Key::new([7; 32]));
        let sealed = sealer.seal(&eu.row_use(ROW), b"4111").expect("sealed");
        let opens = |vault: &Vault, row| sealer.open(&vault.row_use(row), &sealed).is_ok();
        assert!(opens(&eu, ROW));
        let subject = Subject([9; 16]);
        for (part, row) in [
            (
                "kind",
                Of {
                    kind: "account",
                    ..ROW
                },
            ),
            ("subject", Of { subject, ..ROW }),
            (
                "token",
                Of {
                    token: [9; 16],
                    ..ROW
                },
            ),
            ("key version", Of { born: 2, ..ROW }),
        ] {
            assert!(!opens(&eu, row), "{part}");
        }
        assert!(!opens(&open(&dirs[1], "us", "acme"), ROW), "region");
        assert!(!opens(&open(&dirs[2], "eu", "other"), ROW), "tenant");
    }
}
