//! Builds policy plugins into WebAssembly components.
