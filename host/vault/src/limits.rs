//! The bounds of a vault.

use std::time::Duration;

/// Bytes in a value that is given for a token. The longest field of a dictionary has 1,024
/// characters of at most four bytes.
pub const MAX_SECRET_BYTES: usize = 4_096;
/// Bytes in a sealed blob's content: more than the largest record of the audit log.
pub const MAX_SEALED_BYTES: usize = 1 << 20;
/// Characters in the name of a region, a tenant or a kind of token.
pub const MAX_NAME_CHARS: usize = 32;
/// Bytes of a key file, or of a file with a PIN: a larger file is none.
pub const MAX_KEY_FILE_BYTES: u64 = 4_096;
/// Bytes of a path or label in a key file.
pub const MAX_LABEL_BYTES: usize = 512;
/// Bytes of a key ring: a larger file is none.
pub const MAX_RING_BYTES: u64 = 4_096;
/// Locks over the index: two values wait for each other only when they fall to the same one.
pub const INDEX_SHARDS: usize = 64;
/// Tokens in one vault. The index takes about 150 bytes a token in memory.
pub const MAX_TOKENS: u64 = 50_000_000;
/// Subjects with a key in one vault. Each takes about 400 bytes in memory.
pub const MAX_SUBJECTS: u64 = 20_000_000;
/// Stronger identifiers that one was shown with. What more share (a device in a shop) identifies none of them.
pub const MAX_ABOVE: usize = 64;
/// Identifiers of one person, at an erasure or a hold.
pub const MAX_FAMILY: usize = 10_000;
/// Subjects that are carried over into a new epoch before their rows are waited for.
pub const CARRIED_AT_ONCE: usize = 256;
/// The size of a segment of the key journal: about 5,000 keys.
pub const KEY_SEGMENT_BYTES: u64 = 1024 * 1024;
/// How long a value that nobody brought keeps its token after somebody asked for it: longer than any request takes. A
/// request that is refused before its values are kept, for its region say, leaves nothing behind.
pub(crate) const UNBROUGHT_FOR: Duration = Duration::from_secs(60);
