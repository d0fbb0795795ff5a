//! The bounds of a vault.

/// Bytes in a value that is given for a token. The longest field of a dictionary has 1,024
/// characters of at most four bytes.
pub const MAX_SECRET_BYTES: usize = 4_096;
/// Bytes in a sealed blob's content: more than the largest record of the audit log.
pub const MAX_SEALED_BYTES: usize = 1 << 20;
/// Characters in the name of a region, a tenant or a kind of token.
pub const MAX_NAME_CHARS: usize = 32;
/// Bytes of a key file: a larger file is none.
pub const MAX_KEY_FILE_BYTES: u64 = 4_096;
/// Locks over the index: two values wait for each other only when they fall to the same one.
pub const INDEX_SHARDS: usize = 64;
/// Tokens in one vault. The index takes about 110 bytes a token in memory.
pub const MAX_TOKENS: u64 = 50_000_000;
