//! The bounds of the sandbox, with their units.

// What may be loaded.

/// Bytes of one component. A JavaScript plugin carries its engine: 12 MiB; a Python plugin 18 MiB.
pub const MAX_COMPONENT_BYTES: usize = 32 << 20;
/// Core modules and nested components in one component. A Python plugin has 38.
pub const MAX_MODULES: u32 = 64;
/// Functions in all core modules of one component together.
pub const MAX_FUNCTIONS: u32 = 100_000;
/// Bytes of one function's body: compilers take long for, and fail at, huge functions.
pub const MAX_FUNCTION_BODY_BYTES: usize = 1 << 20;
/// Bytes of the manifest, in the section and as `describe` returns it.
pub const MAX_MANIFEST_BYTES: usize = 64 << 10;
/// Bytes of one compiled plugin in the cache.
pub const MAX_COMPILED_BYTES: u64 = 256 << 20;
/// Bytes of stack of the thread that verifies and compiles.
pub const COMPILE_STACK_BYTES: usize = 16 << 20;

// What a manifest may say.

/// Needs of one plugin.
pub const MAX_NEEDS: usize = 128;
/// Settings of one plugin.
pub const MAX_SETTINGS: usize = 128;
/// Reasons of one plugin.
pub const MAX_REASONS: usize = 256;
/// Patterns of operations of one plugin.
pub const MAX_OPERATIONS: usize = 32;
/// Choices of one setting.
pub const MAX_CHOICES: usize = 128;
/// Characters of a name: plugin, operation, setting, reason code, purpose.
pub const MAX_NAME_CHARS: usize = 64;
/// Characters of a title or a setting's documentation.
pub const MAX_DOC_CHARS: usize = 1_024;

// What a deployment may set.

/// Characters of a text setting, bytes of a JSON setting.
pub const MAX_SETTING_CHARS: usize = 16 << 10;
/// Texts in one setting of kind `texts`.
pub const MAX_SETTING_TEXTS: usize = 1_024;
/// Problems that a plugin's own `validate` may report.
pub const MAX_PROBLEMS: usize = 64;

// What one evaluation may use: the most that a policy may give, and what it gets unless it says.

/// Units of fuel at most.
pub const MAX_FUEL: u64 = 1_000_000_000;
/// Units of fuel by default: a Rust plugin needs 5 thousand, a JavaScript plugin 1.6 million.
pub const DEFAULT_FUEL: u64 = 20_000_000;
/// Milliseconds of wall time at most.
pub const MAX_TIME_MS: u64 = 5_000;
/// Milliseconds of wall time by default.
pub const DEFAULT_TIME_MS: u64 = 50;
/// Bytes of linear memory at most, all memories of an instance together.
pub const MAX_MEMORY_BYTES: u64 = 128 << 20;
/// Bytes of linear memory by default.
pub const DEFAULT_MEMORY_BYTES: u64 = 64 << 20;
/// Elements of tables, all tables of an instance together.
pub const MAX_TABLE_ELEMENTS: usize = 20_000;
/// Bytes of the guest's call stack.
pub const MAX_STACK_BYTES: usize = 512 << 10;
/// Bytes that the host allocates for what a guest hands over in one call.
pub const MAX_HOSTCALL_BYTES: usize = 256 << 10;
/// Frames of a trap that are kept.
pub const MAX_FRAMES: usize = 32;
/// Milliseconds between two ticks of the deadline clock.
pub const EPOCH_TICK_MS: u64 = 1;

/// Units of fuel for `describe`: a JavaScript plugin's first call starts its engine.
pub const DESCRIBE_FUEL: u64 = 20_000_000;
/// Milliseconds for `describe` and `validate`.
pub const DESCRIBE_TIME_MS: u64 = 2_000;

// What a guest may say.

/// Log lines of one call.
pub const MAX_LOG_LINES: usize = 32;
/// Bytes of one log line.
pub const MAX_LOG_LINE_BYTES: usize = 1 << 10;
/// Needs that one reason may point at.
pub const MAX_EVIDENCE: usize = 32;
/// Characters of one argument of an obligation, and of its name.
pub const MAX_ARGUMENT_CHARS: usize = 256;
/// Characters of a text from a guest in an error.
pub const MAX_DETAIL_CHARS: usize = 512;
/// Characters of one frame.
pub const MAX_FRAME_CHARS: usize = 256;

// Admission and pool.

/// Evaluations under way by default.
pub const DEFAULT_IN_FLIGHT: u32 = 64;
/// Evaluations under way at most: the pool reserves address space for each.
pub const MAX_IN_FLIGHT: u32 = 512;
/// Callers that may wait for a place, for each place.
pub const WAITING_PER_PLACE: u32 = 4;
/// Instances in the pool beside those for evaluations: plugins are described one at a time.
pub const LOADING_INSTANCES: u32 = 1;
/// Memories of one instance in the pool.
pub const MEMORIES_PER_INSTANCE: u32 = 2;
/// Tables of one instance in the pool.
pub const TABLES_PER_INSTANCE: u32 = 8;
/// Bytes of a memory that are wiped in place instead of being given back to the system, when the
/// kernel tells which pages were touched (`PAGEMAP_SCAN`, Linux 6.7).
pub const KEEP_RESIDENT_BYTES: usize = 1 << 20;
/// The same where the kernel does not tell, so that all of it is wiped each time.
pub const KEEP_RESIDENT_BLIND_BYTES: usize = 64 << 10;
