//! From bytes to a plugin.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::abi::Program;
use crate::admission::Admission;
use crate::cache::Cache;
use crate::engine::{self, Allocation};
use crate::guest::{Guest, Imports};
use crate::manifest::Manifest;
use crate::output::Declared;
use crate::text::clean;
use crate::{Budget, LoadError, Plugin, SandboxConfig, SandboxError, limits, trap, verify};

/// Where plugins run. One a process: it holds the engine, its clock, its pool and its cache.
pub struct Sandbox {
    engine: Engine,
    allocation: Allocation,
    admission: Arc<Admission>,
    cache: Option<Cache>,
    /// Plugins are described one at a time, in the instance that the pool has for it, so that loading
    /// never takes a place from an evaluation.
    describing: Mutex<()>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox")
            .field("allocation", &self.allocation)
            .field("admission", &self.admission)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Starts the engine and its clock, reserves the pool, opens the cache.
    pub fn new(config: SandboxConfig) -> Result<Sandbox, SandboxError> {
        let places = config.max_in_flight;
        if !(1..=limits::MAX_IN_FLIGHT).contains(&places) {
            return Err(SandboxError::OutOfRange {
                what: "the number of evaluations under way at once",
                given: u64::from(places),
                limit: u64::from(limits::MAX_IN_FLIGHT),
            });
        }
        let cache = config.cache.map(Cache::open).transpose()?;
        let (engine, allocation) = engine::start(places)?;
        Ok(Sandbox {
            engine,
            allocation,
            admission: Arc::new(Admission::new(places)),
            cache,
            describing: Mutex::new(()),
        })
    }

    /// Where instances get their memory from.
    pub fn allocation(&self) -> Allocation {
        self.allocation
    }

    /// Loads a plugin: verifies the file, compiles it or takes it from the cache, and asks it for its
    /// manifest. Takes long (a Rust plugin 30 ms, a JavaScript plugin several seconds): at start and
    /// when policies change, never while a request waits.
    pub fn load(&self, bytes: &[u8]) -> Result<Arc<Plugin>, LoadError> {
        self.load_pinned(bytes, None)
    }

    /// The same for the file with that SHA-256 (hexadecimal) and no other.
    pub fn load_pinned(
        &self,
        bytes: &[u8],
        pinned: Option<&str>,
    ) -> Result<Arc<Plugin>, LoadError> {
        // A thread of its own: the compiler's recursion meets a stack of known size, and its panic
        // does not become the caller's.
        thread::scope(|threads| {
            thread::Builder::new()
                .name("weft-compile".into())
                .stack_size(limits::COMPILE_STACK_BYTES)
                .spawn_scoped(threads, || self.load_here(bytes, pinned))
                .map_err(LoadError::Thread)?
                .join()
                .unwrap_or(Err(LoadError::CompilerPanicked))
        })
    }

    fn load_here(&self, bytes: &[u8], pinned: Option<&str>) -> Result<Arc<Plugin>, LoadError> {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let hex = HEXLOWER.encode(&digest);
        if let Some(expected) = pinned.filter(|expected| *expected != hex) {
            return Err(LoadError::OtherDigest {
                expected: clean(expected, limits::MAX_NAME_CHARS),
                actual: hex,
            });
        }
        let section = verify::verify(bytes)?;
        let manifest = Manifest::parse(section)?;
        let component = self.compile(bytes, &digest)?;
        let program = Program::link(&self.engine, &component)
            .map_err(|error| LoadError::OtherInterface { why: shown(&error) })?;
        self.describe(&program, section)?;
        // The first request is not to pay for the images of the memories.
        component
            .initialize_copy_on_write_image()
            .map_err(|error| LoadError::Compile { why: shown(&error) })?;
        Ok(Arc::new(Plugin {
            declared: Declared::new(&manifest),
            manifest,
            digest: hex,
            program,
            engine: self.engine.clone(),
            admission: Arc::clone(&self.admission),
        }))
    }

    fn compile(&self, bytes: &[u8], digest: &[u8; 32]) -> Result<Component, LoadError> {
        match &self.cache {
            Some(cache) => cache.compile(&self.engine, bytes, digest),
            None => Component::from_binary(&self.engine, bytes),
        }
        .map_err(|error| LoadError::Compile { why: shown(&error) })
    }

    /// What the code says about itself must be what people read in the file.
    fn describe(&self, program: &Program, section: &[u8]) -> Result<(), LoadError> {
        let budget = Budget {
            fuel: limits::DESCRIBE_FUEL,
            time_ms: limits::DESCRIBE_TIME_MS,
            memory_bytes: limits::MAX_MEMORY_BYTES,
        };
        let _alone = self
            .describing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let described = Guest::store(&self.engine, &budget, Imports::None)
            .and_then(|mut store| program.instantiate(&mut store)?.describe(&mut store));
        let described = described.map_err(|error| LoadError::Describe {
            why: trap::failure(&error, &budget).detail,
            fuel: budget.fuel,
            time_ms: budget.time_ms,
        })?;
        let (said, written) = (described.as_bytes(), section);
        if said == written {
            return Ok(());
        }
        let same = said.iter().zip(written).take_while(|(a, b)| a == b).count();
        Err(LoadError::LyingManifest { at: same })
    }
}

fn shown(error: &wasmtime::Error) -> String {
    clean(&format!("{error:#}"), limits::MAX_DETAIL_CHARS)
}
