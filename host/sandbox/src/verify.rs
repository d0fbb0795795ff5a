//! What is checked before a byte is compiled.
//!
//! Compiling untrusted code costs, and a fault of the compiler is the worst fault there is, so it
//! sees only files that are whole: bounded, valid by the same validator (the same version) that the
//! compiler uses, with one manifest and without imports that no plugin gets. Nothing of the guest
//! runs here.

use wasmparser::{
    Encoding, FuncValidatorAllocations, MemoryType, Parser, Payload, TypeRef, ValidPayload,
    Validator, WasmFeatures,
};

use crate::text::clean;
use crate::{LoadError, limits};

/// The section in which a component carries its manifest.
pub const MANIFEST_SECTION: &str = "weft:manifest";

const PACKAGE: &str = "weft:policy/";
/// 0.1.x may add interfaces; a changed type is another minor version.
const VERSION: &str = "@0.1.";
const WASM_MAGIC: &[u8] = b"\0asm";

/// What the guest may use of WebAssembly: what gives the same result everywhere.
///
/// Not in it: threads and relaxed SIMD (not deterministic), 64-bit and several memories, garbage
/// collection, exceptions, and everything of the component model that is asynchronous (more code
/// that could be wrong, and nothing that a pure function needs).
pub(crate) fn allowed_features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::SIMD
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::FLOATS
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::COMPONENT_MODEL
}

/// Checks the whole file and returns its manifest section.
pub(crate) fn verify(bytes: &[u8]) -> Result<&[u8], LoadError> {
    if bytes.len() > limits::MAX_COMPONENT_BYTES {
        return Err(LoadError::TooLarge {
            bytes: bytes.len(),
            limit: limits::MAX_COMPONENT_BYTES,
        });
    }
    if !bytes.starts_with(WASM_MAGIC) {
        return Err(LoadError::NotWasm);
    }
    let mut survey = Survey::default();
    let mut validator = Validator::new_with_features(allowed_features());
    let mut allocations = FuncValidatorAllocations::default();
    let mut parser = Parser::new(0);
    parser.set_features(allowed_features());
    for payload in parser.parse_all(bytes) {
        let payload = payload.map_err(invalid)?;
        survey.look_at(&payload)?;
        if let ValidPayload::Func(function, body) = validator.payload(&payload).map_err(invalid)? {
            let mut function = function.into_validator(std::mem::take(&mut allocations));
            function.validate(&body).map_err(invalid)?;
            allocations = function.into_allocations();
        }
    }
    survey.verdict()
}

/// What a component imports: its interfaces by name, in the order of the file. For people who look at a
/// file; whether the host takes it, [`crate::Sandbox::load`] says.
pub fn imports(bytes: &[u8]) -> Result<Vec<String>, LoadError> {
    let mut names = Vec::new();
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(invalid)? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 1 => {
                for import in imports {
                    let name = import.map_err(invalid)?.name.name;
                    names.push(clean(name, limits::MAX_DETAIL_CHARS));
                }
            }
            _ => {}
        }
    }
    Ok(names)
}

fn invalid(error: wasmparser::BinaryReaderError) -> LoadError {
    LoadError::Invalid {
        offset: error.offset(),
        why: clean(error.message(), limits::MAX_DETAIL_CHARS),
    }
}

/// What is counted and collected on the way through the file.
#[derive(Default)]
struct Survey<'a> {
    depth: u32,
    modules: u64,
    functions: u64,
    memory_pages: u64,
    manifests: u32,
    manifest: &'a [u8],
    evaluator: bool,
}

impl<'a> Survey<'a> {
    fn look_at(&mut self, payload: &Payload<'a>) -> Result<(), LoadError> {
        match payload {
            Payload::Version { encoding, .. } => self.enter(*encoding)?,
            Payload::End(_) => self.depth = self.depth.saturating_sub(1),
            Payload::CodeSectionStart { count, .. } => self.count_functions(*count)?,
            Payload::CodeSectionEntry(body) => within(
                "bytes in one function",
                body.as_bytes().len() as u64,
                limits::MAX_FUNCTION_BODY_BYTES as u64,
                "split the function, or build with a lower optimisation level",
            )?,
            Payload::MemorySection(memories) => {
                for memory in memories.clone() {
                    self.count_memory(&memory.map_err(invalid)?)?;
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.clone().into_imports() {
                    if let TypeRef::Memory(memory) = import.map_err(invalid)?.ty {
                        within_memory(memory.initial)?;
                    }
                }
            }
            Payload::ComponentImportSection(imports) if self.depth == 1 => {
                for import in imports.clone() {
                    check_import(import.map_err(invalid)?.name.name)?;
                }
            }
            Payload::ComponentExportSection(exports) if self.depth == 1 => {
                for export in exports.clone() {
                    let name = export.map_err(invalid)?.name.name;
                    of_this_version(name, &["evaluator"])?;
                    self.evaluator |= is_ours(name, &["evaluator"]);
                }
            }
            Payload::CustomSection(section)
                if self.depth == 1 && section.name() == MANIFEST_SECTION =>
            {
                self.manifests += 1;
                self.manifest = section.data();
            }
            _ => {}
        }
        Ok(())
    }

    fn enter(&mut self, encoding: Encoding) -> Result<(), LoadError> {
        if self.depth == 0 && encoding == Encoding::Module {
            return Err(LoadError::CoreModule);
        }
        self.depth += 1;
        self.modules += u64::from(self.depth > 1);
        within(
            "modules and nested components",
            self.modules,
            u64::from(limits::MAX_MODULES),
            "link the plugin into fewer modules",
        )
    }

    fn count_functions(&mut self, count: u32) -> Result<(), LoadError> {
        self.functions += u64::from(count);
        within(
            "functions",
            self.functions,
            u64::from(limits::MAX_FUNCTIONS),
            "leave out what the plugin does not use, and build with link-time optimisation",
        )
    }

    fn count_memory(&mut self, memory: &MemoryType) -> Result<(), LoadError> {
        self.memory_pages = self.memory_pages.saturating_add(memory.initial);
        within_memory(self.memory_pages)
    }

    fn verdict(self) -> Result<&'a [u8], LoadError> {
        if !self.evaluator {
            return Err(LoadError::NoEvaluator);
        }
        if self.manifests != 1 {
            return Err(LoadError::ManifestSection {
                found: self.manifests,
            });
        }
        within(
            "bytes of manifest",
            self.manifest.len() as u64,
            limits::MAX_MANIFEST_BYTES as u64,
            "shorten the documentation in the manifest",
        )?;
        Ok(self.manifest)
    }
}

fn within_memory(pages: u64) -> Result<(), LoadError> {
    const PAGE_BYTES: u64 = 64 << 10;
    within(
        "pages of 64 KiB of memory at its start",
        pages,
        limits::MAX_MEMORY_BYTES / PAGE_BYTES,
        "give the plugin a smaller initial memory or stack",
    )
}

fn within(
    what: &'static str,
    given: u64,
    limit: u64,
    remedy: &'static str,
) -> Result<(), LoadError> {
    if given > limit {
        return Err(LoadError::TooMuch {
            what,
            given,
            limit,
            remedy,
        });
    }
    Ok(())
}

fn check_import(name: &str) -> Result<(), LoadError> {
    if is_ours(name, &["log", "types"]) {
        return Ok(());
    }
    of_this_version(name, &["log", "types"])?;
    let remedy = if name.starts_with("wasi:") {
        "build without WASI (Rust: target `wasm32-unknown-unknown`)"
    } else {
        "declare as a need or a setting what the plugin wants to know"
    };
    Err(LoadError::ForbiddenImport {
        name: clean(name, limits::MAX_DETAIL_CHARS),
        remedy,
    })
}

/// What has the right name and is of another version was built with another SDK.
fn of_this_version(name: &str, interfaces: &[&str]) -> Result<(), LoadError> {
    let interface = name.strip_prefix(PACKAGE).and_then(|n| n.split('@').next());
    if !interface.is_some_and(|i| interfaces.contains(&i)) || is_ours(name, interfaces) {
        return Ok(());
    }
    Err(LoadError::OtherInterface {
        why: format!(
            "it has `{}`, this host has version 0.1",
            clean(name, limits::MAX_DETAIL_CHARS)
        ),
    })
}

fn is_ours(name: &str, interfaces: &[&str]) -> bool {
    name.strip_prefix(PACKAGE)
        .and_then(|rest| rest.split_once(VERSION))
        .is_some_and(|(interface, patch)| {
            interfaces.contains(&interface)
                && !patch.is_empty()
                && patch.bytes().all(|b| b.is_ascii_digit())
        })
}
