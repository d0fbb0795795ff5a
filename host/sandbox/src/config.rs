//! What a deployment decides about its sandbox, and what a policy gives one evaluation.

use std::path::PathBuf;

use zeroize::Zeroizing;

use crate::limits;

/// How a sandbox is set up.
#[derive(Clone)]
pub struct SandboxConfig {
    /// Evaluations under way at once; more wait for a place, and are turned away when too many wait.
    pub max_in_flight: u32,
    /// Where compiled plugins are kept; `None` compiles at every start.
    pub cache: Option<CacheConfig>,
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            max_in_flight: limits::DEFAULT_IN_FLIGHT,
            cache: None,
        }
    }
}

/// Where compiled plugins are kept.
#[derive(Clone)]
pub struct CacheConfig {
    /// A directory of the host's own: made when missing, refused when others may use it.
    pub dir: PathBuf,
    /// The key that authenticates what is in it. Whoever has it can make the host run any code.
    pub key: Zeroizing<[u8; 32]>,
}

/// What one evaluation may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Units of fuel: about one an instruction. The same input always takes the same.
    pub fuel: u64,
    /// Milliseconds of wall time: the backstop for what fuel does not see.
    pub time_ms: u64,
    /// Bytes of linear memory.
    pub memory_bytes: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            fuel: limits::DEFAULT_FUEL,
            time_ms: limits::DEFAULT_TIME_MS,
            memory_bytes: limits::DEFAULT_MEMORY_BYTES,
        }
    }
}
