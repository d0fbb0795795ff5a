//! The key file: 32 random bytes that only their owner may read.
//!
//! ```text
//! weft-keys 1
//! root 4f0c…            64 hexadecimal digits
//! checksum 9d11…        16 hexadecimal digits: SHA-256 over form and root, first eight bytes
//! ```
//!
//! A root that a PKCS#11 token seals has another form, see `sealed_file`.
//!
//! The checksum tells a damaged file (a line lost, a digit changed: [`KeyFileError::Damaged`]) from
//! a sound file that belongs to another vault (which only [`crate::Vault::open`] can notice). Eight
//! bytes of a hash of 32 random bytes help nobody to find them.
//!
//! A new file is written and synced under another name and then linked to its own: another process
//! or a power cut sees the whole file or none, and an existing file is never overwritten.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::limits;
use crate::pkcs11::Pin;
use crate::root::{InClear, Root, RootPlace, RootSource};
use crate::sealed_file;

const FORM: &str = "weft-keys 1";
pub(crate) const CHECKSUM_BYTES: usize = 8;

/// Why there are no keys. No message tells anything of the file's content.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file or its directory cannot be used.
    #[error("the key file {} cannot be {doing}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried: `read`, `created`, `replaced`.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// Others may read or write it.
    #[error(
        "{} may be used by others than its owner (mode {mode:03o}): run `chmod 600 {}`, and consider what it holds \
         known to whoever could read it until now",
        path.display(), path.display()
    )]
    OpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A later form than this host knows, or no key file at all.
    #[error(
        "{} is not a key file of a form that this host knows (its first line is not `{FORM}`): \
         name the right file, or use the version of weft that wrote it", path.display()
    )]
    UnknownForm {
        /// The file.
        path: PathBuf,
    },
    /// The content does not fit its checksum.
    #[error(
        "the key file {} is damaged ({what}): put it back from a copy; a new file cannot open what \
         the old one sealed", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// No PKCS#11 module there.
    #[error(
        "the PKCS#11 module {} cannot be loaded: {reason}; install it there, or move the root with `weft vault root` \
         where it can be loaded", module.display()
    )]
    NoModule {
        /// The module.
        module: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The module, or the token, refuses.
    #[error(
        "the PKCS#11 module {} does not do what token `{token}` is asked for: {reason}; see that the token is sound and \
         knows AES-GCM (CKM_AES_GCM)", module.display()
    )]
    Token {
        /// The module.
        module: PathBuf,
        /// The token's label.
        token: String,
        /// What the module said.
        reason: String,
    },
    /// No token of that label.
    #[error(
        "the PKCS#11 module {} sees no token `{token}`: connect it, and see that its configuration is found \
         (SOFTHSM2_CONF, for SoftHSM)", module.display()
    )]
    NoToken {
        /// The module.
        module: PathBuf,
        /// The token's label.
        token: String,
    },
    /// The PIN is nowhere.
    #[error("the PIN of token `{token}` is not there: {pin} {reason}")]
    NoPin {
        /// The token's label.
        token: String,
        /// Where it should be.
        pin: Pin,
        /// What is wrong.
        reason: String,
    },
    /// The PIN is wrong.
    #[error(
        "token `{token}` does not take the PIN of {pin}: correct it before the next start; after some wrong ones a token \
         locks itself"
    )]
    WrongPin {
        /// The token's label.
        token: String,
        /// Where it is.
        pin: Pin,
    },
    /// The token is locked.
    #[error("token `{token}` is locked after wrong PINs: let its security officer set a new one")]
    Locked {
        /// The token's label.
        token: String,
    },
    /// No key of that label.
    #[error(
        "token `{token}` has no AES key `{key}`, without which the root of this host's keys does not open: use the token \
         that sealed it, or a copy"
    )]
    NoTokenKey {
        /// The token's label.
        token: String,
        /// The key's label.
        key: String,
    },
    /// The token's key does not open the root.
    #[error(
        "key `{key}` of token `{token}` does not open the root of this host's keys ({reason}): it is another key of the \
         same name; use the token that sealed it, or a copy"
    )]
    NotOfToken {
        /// The token's label.
        token: String,
        /// The key's label.
        key: String,
        /// What the module said.
        reason: String,
    },
    /// What does not fit into a line of the file.
    #[error(
        "a path, label or variable's name in a key file has 1 to {} bytes of UTF-8 on one line: choose another",
        limits::MAX_LABEL_BYTES
    )]
    BadName,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    NoRandomness(getrandom::Error),
}

/// The root of the file, which is made if it is not there.
pub(crate) fn open_or_create(path: &Path) -> Result<(Root, RootPlace), KeyFileError> {
    match read(path) {
        Err(KeyFileError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            create(path)?;
            // Also when another process was faster: its file counts.
            read(path)
        }
        result => result,
    }
}

/// The root of a file that is there.
pub(crate) fn read(path: &Path) -> Result<(Root, RootPlace), KeyFileError> {
    let source = source(path, &bytes_of(path)?)?;
    Ok((source.root()?, source.place()))
}

/// What gives the root of a file with these bytes.
pub(crate) fn source(path: &Path, bytes: &[u8]) -> Result<Box<dyn RootSource>, KeyFileError> {
    if bytes.starts_with(sealed_file::FORM.as_bytes()) {
        return Ok(Box::new(sealed_file::parse(path, bytes)?));
    }
    Ok(Box::new(InClear(parse(path, bytes)?)))
}

/// All bytes of a file that only its owner may read.
pub(crate) fn bytes_of(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let io = |source| KeyFileError::Io {
        path: path.to_owned(),
        doing: "read",
        source,
    };
    let mut file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    let mode = metadata.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::OpenToOthers {
            path: path.to_owned(),
            mode,
        });
    }
    if !metadata.is_file() || metadata.len() > limits::MAX_KEY_FILE_BYTES {
        return Err(KeyFileError::UnknownForm {
            path: path.to_owned(),
        });
    }
    // Room for all of it at once, so that the buffer does not move and leave a copy behind.
    let mut bytes = Zeroizing::new(vec![0; metadata.len() as usize]);
    file.read_exact(&mut bytes).map_err(io)?;
    Ok(bytes)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Root, KeyFileError> {
    let damaged = |what| KeyFileError::Damaged {
        path: path.to_owned(),
        what,
    };
    if bytes.is_empty() {
        return Err(damaged("it is empty"));
    }
    let mut lines = bytes.split(|b| *b == b'\n');
    if lines.next() != Some(FORM.as_bytes()) {
        return Err(KeyFileError::UnknownForm {
            path: path.to_owned(),
        });
    }
    let mut root = Root::new([0; 32]);
    decode_line(lines.next(), b"root ", root.as_mut_slice())
        .ok_or_else(|| damaged("the line `root` is not 64 hexadecimal digits"))?;
    let mut sum = [0; CHECKSUM_BYTES];
    decode_line(lines.next(), b"checksum ", &mut sum)
        .ok_or_else(|| damaged("the line `checksum` is not 16 hexadecimal digits"))?;
    if lines.any(|line| !line.is_empty()) {
        return Err(damaged("there is more after its last line"));
    }
    if sum != checksum(&root) {
        return Err(damaged("the checksum does not fit the root"));
    }
    Ok(root)
}

/// Decodes the hexadecimal digits after `name` into `out`, which they have to fill.
pub(crate) fn decode_line(line: Option<&[u8]>, name: &[u8], out: &mut [u8]) -> Option<()> {
    let digits = line?.strip_prefix(name)?;
    if HEXLOWER.decode_len(digits.len()) != Ok(out.len()) {
        return None;
    }
    HEXLOWER.decode_mut(digits, out).ok().map(drop)
}

fn checksum(root: &[u8; 32]) -> [u8; CHECKSUM_BYTES] {
    let hash = Sha256::new()
        .chain_update(FORM)
        .chain_update(root)
        .finalize();
    let mut sum = [0; CHECKSUM_BYTES];
    sum.copy_from_slice(&hash[..CHECKSUM_BYTES]);
    sum
}

pub(crate) fn render(root: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(Vec::with_capacity(limits::MAX_KEY_FILE_BYTES as usize));
    let mut digits = Zeroizing::new([0; 64]);
    HEXLOWER.encode_mut(root, digits.as_mut_slice());
    for part in [
        FORM.as_bytes(),
        b"\nroot ",
        digits.as_slice(),
        b"\nchecksum ",
    ] {
        text.extend_from_slice(part);
    }
    text.extend_from_slice(HEXLOWER.encode(&checksum(root)).as_bytes());
    text.push(b'\n');
    text
}

/// Replaces the file as a whole, and overwrites the bytes that were in it.
pub(crate) fn replace(path: &Path, text: &[u8], bytes_before: usize) -> Result<(), KeyFileError> {
    write_and_rename(path, text, bytes_before).map_err(|source| KeyFileError::Io {
        path: path.to_owned(),
        doing: "replaced",
        source,
    })
}

fn write_and_rename(path: &Path, text: &[u8], bytes_before: usize) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = Path::new(&new);
    // Also of an attempt that did not come to its end.
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(new)?;
    file.write_all(text)?;
    file.sync_all()?;
    let mut before = OpenOptions::new().write(true).open(path)?;
    fs::rename(new, path)?;
    File::open(directory_of(path))?.sync_all()?;
    // It has no name any more. Where the file system writes in place, nor has it its bytes.
    before.write_all(&vec![0; bytes_before])?;
    before.sync_all()
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes the file; does nothing if there is one by now.
fn create(path: &Path) -> Result<(), KeyFileError> {
    let mut root = Root::new([0; 32]);
    let mut suffix = [0; 8];
    getrandom::fill(root.as_mut_slice()).map_err(KeyFileError::NoRandomness)?;
    getrandom::fill(&mut suffix).map_err(KeyFileError::NoRandomness)?;
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".new-{}", HEXLOWER.encode(&suffix)));
    let unlinked = PathBuf::from(name);
    let result = write_and_link(&unlinked, path, &render(&root));
    // Once linked it has its name, and if not it is of no use.
    let _ = fs::remove_file(&unlinked);
    result.map_err(|source| KeyFileError::Io {
        path: path.to_owned(),
        doing: "created",
        source,
    })
}

fn write_and_link(unlinked: &Path, path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(unlinked)?;
    file.write_all(text)?;
    file.sync_all()?;
    match fs::hard_link(unlinked, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        result => result?,
    }
    fs::remove_file(unlinked)?;
    File::open(directory_of(path))?.sync_all()
}
