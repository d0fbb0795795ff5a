//! Compiled plugins on disk, authenticated.
//!
//! Compiled code is machine code: whoever can change it runs as the host. So a file is used only when
//! its MAC (HMAC-SHA-256 over its name and content, with a key that is not in the directory) is
//! right, which is checked over the very bytes that are then loaded, from memory. A file that fails is
//! reported, compiled anew and replaced. The name binds the component, the engine's settings and
//! version and the processor's features, so a file never meets an engine that did not write it.
//!
//! Written to a temporary name, synced, renamed: a crash leaves the old file or the new one.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;
use zeroize::Zeroizing;

use crate::{CacheConfig, SandboxError, limits};

const MAC_BYTES: usize = 32;
/// Of SHA-256 (FIPS 180-4, figure 1).
const BLOCK_BYTES: usize = 64;
/// Changes with the form of the files or with what is checked before compiling.
const FORM: &str = concat!("weft.compiled/1 ", env!("CARGO_PKG_VERSION"));

/// The directory and its key.
pub(crate) struct Cache(CacheConfig);

impl Cache {
    /// Opens the directory, or makes it.
    pub(crate) fn open(config: CacheConfig) -> Result<Cache, SandboxError> {
        let unusable = |why: String, remedy| SandboxError::CacheDir {
            dir: config.dir.clone(),
            why,
            remedy,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&config.dir)
            .map_err(|e| unusable(e.to_string(), "name a directory that the host may write"))?;
        let metadata = fs::metadata(&config.dir).map_err(|e| {
            unusable(
                e.to_string(),
                "name a directory that the host may read and write",
            )
        })?;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(unusable(
                format!("others may use it (mode {mode:o})"),
                "make it the host's own: chmod 700",
            ));
        }
        Ok(Cache(config))
    }

    /// The component, compiled before or now.
    pub(crate) fn compile(
        &self,
        engine: &Engine,
        bytes: &[u8],
        digest: &[u8; 32],
    ) -> wasmtime::Result<Component> {
        let key = key(engine, digest);
        if let Some(component) = self.load(engine, &key) {
            return Ok(component);
        }
        let component = Component::from_binary(engine, bytes)?;
        if let Err(error) = component
            .serialize()
            .map_err(std::io::Error::other)
            .and_then(|compiled| self.write(&key, &compiled))
        {
            tracing::warn!(
                %error,
                file = %self.path(&key).display(),
                "a compiled plugin cannot be kept; it is compiled again at the next start"
            );
        }
        Ok(component)
    }

    /// The authenticated file of that key, if there is one that the engine takes.
    fn load(&self, engine: &Engine, key: &str) -> Option<Component> {
        let path = self.path(key);
        let bytes = match read_bounded(&path) {
            Ok(bytes) => bytes?,
            Err(error) => {
                self.warn(&path, &error.to_string());
                return None;
            }
        };
        let Some((mac, compiled)) = bytes.split_at_checked(MAC_BYTES) else {
            self.warn(&path, "it is shorter than its MAC");
            return None;
        };
        if self.mac(key, compiled).verify_slice(mac).is_err() {
            self.warn(
                &path,
                "its MAC is wrong: somebody else wrote or changed it, or the key is another",
            );
            return None;
        }
        // SAFETY: `deserialize` must only get what `Component::serialize` wrote, unmodified. The MAC
        // over these very bytes, with a key that only the host has, says that this host wrote them;
        // they are in memory of our own, so nobody changes them between the check and the use.
        #[allow(unsafe_code)]
        let component = unsafe { Component::deserialize(engine, compiled) };
        component
            .inspect_err(|error| self.warn(&path, &format!("the engine refuses it: {error:#}")))
            .ok()
    }

    fn warn(&self, path: &Path, why: &str) {
        tracing::warn!(
            file = %path.display(),
            why,
            "a compiled plugin is not used; it is compiled again and replaced"
        );
    }

    fn write(&self, key: &str, compiled: &[u8]) -> std::io::Result<()> {
        let path = self.path(key);
        // Two processes never share a data directory; threads of this one may load the same file.
        let temporary = self
            .0
            .dir
            .join(format!("{key}.{:?}.tmp", std::thread::current().id()));
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(&self.mac(key, compiled).finalize().into_bytes())?;
        file.write_all(compiled)?;
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        File::open(&self.0.dir)?.sync_all()
    }

    fn mac(&self, key: &str, compiled: &[u8]) -> Hmac<Sha256> {
        // RFC 2104, section 2: a key shorter than the block is filled with zeros.
        let mut block = Zeroizing::new([0; BLOCK_BYTES]);
        block[..self.0.key.len()].copy_from_slice(&*self.0.key);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&(*block).into());
        mac.update(FORM.as_bytes());
        mac.update(key.as_bytes());
        mac.update(compiled);
        mac
    }

    fn path(&self, key: &str) -> PathBuf {
        self.0.dir.join(format!("{key}.cwasm"))
    }
}

fn read_bounded(path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let file = match File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut bytes = Vec::new();
    file.take(limits::MAX_COMPILED_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits::MAX_COMPILED_BYTES {
        return Err(std::io::Error::other(format!(
            "it has more than {} bytes",
            limits::MAX_COMPILED_BYTES
        )));
    }
    Ok(Some(bytes))
}

/// Component, engine with all its settings, and form, as one name.
fn key(engine: &Engine, digest: &[u8; 32]) -> String {
    let mut hasher = Sha256Hasher(Sha256::new());
    FORM.hash(&mut hasher);
    digest.hash(&mut hasher);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    HEXLOWER.encode(&hasher.0.finalize())
}

/// The engine says what it is through `std::hash`; 64 bits of that would be too few for a name.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        digest
            .iter()
            .take(8)
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }
}
