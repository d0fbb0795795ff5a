//! The key ring: region and tenant key of the epoch that counts, in one small file.
//!
//! ```text
//! 07  form: 2
//! root id, 16 bytes
//! region, tenant        each: length in one byte, text
//! epoch, 4
//! region key, 136       sealed by a key of the root
//! tenant key, 136       sealed by the region key
//! seal, 32              HMAC-SHA-256 over all bytes above
//! ```
//!
//! The file is replaced whole: written and synced under another name, then renamed. What stood in it before is
//! overwritten first, so that keys of an epoch that is over are in no file any more.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;

use crate::bytes::{put_text, take, take_text};
use crate::epoch::{self, Epoch, Scope, WrappedEpoch};
use crate::error::VaultError;
use crate::keys::Keys;
use crate::label::Label;
use crate::limits::MAX_RING_BYTES;
use crate::row::{NotARow, RowMac, What, unchecked_body};
use crate::seal::{OVERHEAD_BYTES, Sealer};
use crate::store::Owner;
use crate::vault::check_name;

const RING: u8 = 7;
const FORM: u8 = 2;
const NAME: &str = "ring";
const WRAPPED_BYTES: usize = OVERHEAD_BYTES + 32;

struct Content<'a> {
    root_id: [u8; 16],
    region: &'a str,
    tenant: &'a str,
    wrapped: WrappedEpoch,
}

/// The ring of a vault's directory, and what it takes of the root to read it.
pub(crate) struct Ring {
    pub(crate) dir: PathBuf,
    pub(crate) scope: Scope,
    pub(crate) root_id: [u8; 16],
    pub(crate) mac: RowMac,
    root: Sealer,
}

impl Ring {
    pub(crate) fn new(
        dir: &Path,
        keys: &Keys,
        region: &str,
        tenant: &str,
    ) -> Result<Ring, VaultError> {
        check_name("region", "eu", region)?;
        check_name("tenant", "acme", tenant)?;
        let scope = Scope {
            region: region.to_owned(),
            tenant: tenant.to_owned(),
        };
        Ok(Ring {
            dir: dir.to_owned(),
            root_id: keys.root_id(),
            mac: RowMac::new(&keys.derive_for(Label::VaultRowMac, &[region, tenant])),
            root: epoch::root(keys, &scope),
            scope,
        })
    }

    /// New keys for an epoch that may count one day.
    pub(crate) fn create(&self, number: u32) -> Result<(Epoch, WrappedEpoch), VaultError> {
        Epoch::create(&self.root, &self.scope, number)
    }

    /// Whose a journal of this vault has to be.
    pub(crate) fn owner(&self, what: What, epoch: u32) -> Owner<'_> {
        Owner {
            root_id: self.root_id,
            scope: &self.scope,
            what,
            epoch,
        }
    }

    /// The epoch that counts; `None` where there is no ring yet.
    pub(crate) fn read(&self) -> Result<Option<Epoch>, VaultError> {
        let path = self.dir.join(NAME);
        let bytes = match fs::metadata(&path).and_then(|found| {
            if found.len() > MAX_RING_BYTES {
                return Ok(Vec::new());
            }
            fs::read(&path)
        }) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(VaultError::Ring { path, source }),
        };
        let damaged = |_| VaultError::RingDamaged { path: path.clone() };
        let content = unchecked_body(&bytes)
            .and_then(Content::decode)
            .map_err(damaged)?;
        check_owner(
            &self.dir,
            (&content.root_id, content.region, content.tenant),
            (&self.root_id, &self.scope),
        )?;
        self.mac.check(&bytes).map_err(damaged)?;
        Epoch::open(&self.root, &self.scope, &content.wrapped)
            .map(Some)
            .map_err(|_| VaultError::RingDamaged { path })
    }

    /// From now on this epoch counts, and the one before it is no more.
    pub(crate) fn replace(&self, wrapped: &WrappedEpoch) -> Result<(), VaultError> {
        let content = Content {
            root_id: self.root_id,
            region: &self.scope.region,
            tenant: &self.scope.tenant,
            wrapped: wrapped.clone(),
        };
        let path = self.dir.join(NAME);
        replace(&self.dir, &path, &self.mac.finish(content.encode()))
            .map_err(|source| VaultError::Ring { path, source })
    }
}

impl<'a> Content<'a> {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![RING, FORM];
        bytes.extend_from_slice(&self.root_id);
        put_text(&mut bytes, self.region);
        put_text(&mut bytes, self.tenant);
        bytes.extend_from_slice(&self.wrapped.epoch.to_be_bytes());
        bytes.extend_from_slice(&self.wrapped.region_key);
        bytes.extend_from_slice(&self.wrapped.tenant_key);
        bytes
    }

    fn decode(body: &'a [u8]) -> Result<Content<'a>, NotARow> {
        let mut rest = body.strip_prefix(&[RING, FORM]).ok_or(NotARow)?;
        let content = Content {
            root_id: take(&mut rest)?,
            region: take_text(&mut rest)?,
            tenant: take_text(&mut rest)?,
            wrapped: WrappedEpoch {
                epoch: u32::from_be_bytes(take(&mut rest)?),
                region_key: take::<WRAPPED_BYTES>(&mut rest)?.to_vec(),
                tenant_key: take::<WRAPPED_BYTES>(&mut rest)?.to_vec(),
            },
        };
        if rest.is_empty() {
            Ok(content)
        } else {
            Err(NotARow)
        }
    }
}

/// Tells a vault of somebody else from an altered one, before its keys are used. Whether what is read is as it was
/// written is for its HMAC to say.
pub(crate) fn check_owner(
    dir: &Path,
    (root_id, region, tenant): (&[u8; 16], &str, &str),
    (expected, scope): (&[u8; 16], &Scope),
) -> Result<(), VaultError> {
    if root_id != expected {
        return Err(VaultError::OtherKeys {
            dir: dir.to_owned(),
            of_vault: HEXLOWER.encode(&root_id[..4]),
            of_file: HEXLOWER.encode(&expected[..4]),
        });
    }
    if (region, tenant) != (scope.region.as_str(), scope.tenant.as_str()) {
        return Err(VaultError::OtherOwner {
            dir: dir.to_owned(),
            region: region.to_owned(),
            tenant: tenant.to_owned(),
        });
    }
    Ok(())
}

fn replace(dir: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = dir.join(format!("{NAME}.tmp"));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let before = match OpenOptions::new().write(true).open(path) {
        Ok(file) => Some(file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    fs::rename(&new, path)?;
    File::open(dir)?.sync_all()?;
    // It has no name any more. Where the file system writes in place, nor has it its bytes.
    if let Some(mut before) = before {
        before.write_all(&vec![0; bytes.len()])?;
        before.sync_all()?;
    }
    Ok(())
}
