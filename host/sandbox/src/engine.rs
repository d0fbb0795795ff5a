//! The one WebAssembly engine of a sandbox.

use std::num::NonZeroUsize;

use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig,
    WasmBacktraceDetails,
};

use crate::verify::allowed_features;
use crate::{SandboxError, limits, ticker};

/// Where instances get their memory from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allocation {
    /// From a pool that was reserved at start: a fresh instance costs about 10 microseconds.
    Pooled,
    /// From the system, each time: about four times as much.
    OnDemand,
}

/// The engine and its clock. Where address space for the pool cannot be had, instances are
/// allocated on demand: slower, and decided the same.
pub(crate) fn start(max_in_flight: u32) -> Result<(Engine, Allocation), SandboxError> {
    let (engine, allocation) = match Engine::new(&config(Some(pool(max_in_flight)))) {
        Ok(engine) => (engine, Allocation::Pooled),
        Err(error) => {
            tracing::warn!(
                error = format!("{error:#}"),
                max_in_flight,
                "no address space for the pool of plugin instances; they are allocated one by one, \
                 which is slower. Raise the limit of address space (ulimit -v), or lower the number \
                 of evaluations under way"
            );
            let engine = Engine::new(&config(None))
                .map_err(|error| SandboxError::Engine(format!("{error:#}")))?;
            (engine, Allocation::OnDemand)
        }
    };
    ticker::start(&engine).map_err(SandboxError::Thread)?;
    Ok((engine, allocation))
}

fn config(pool: Option<PoolingAllocationConfig>) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .wasm_features(!allowed_features(), false)
        .cranelift_nan_canonicalization(true)
        .epoch_interruption(true)
        .consume_fuel(true)
        .max_wasm_stack(limits::MAX_STACK_BYTES)
        .wasm_backtrace_max_frames(NonZeroUsize::new(limits::MAX_FRAMES))
        .wasm_backtrace_details(WasmBacktraceDetails::Enable);
    if let Some(pool) = pool {
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    config
}

fn pool(max_in_flight: u32) -> PoolingAllocationConfig {
    let instances = max_in_flight + limits::LOADING_INSTANCES;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances * limits::MAX_MODULES)
        .max_core_instances_per_component(limits::MAX_MODULES)
        .total_memories(instances * limits::MEMORIES_PER_INSTANCE)
        .max_memories_per_component(limits::MEMORIES_PER_INSTANCE)
        .total_tables(instances * limits::TABLES_PER_INSTANCE)
        .max_tables_per_component(limits::TABLES_PER_INSTANCE)
        .table_elements(limits::MAX_TABLE_ELEMENTS)
        .max_memory_size(usize::try_from(limits::MAX_MEMORY_BYTES).unwrap_or(usize::MAX))
        .pagemap_scan(Enabled::Auto)
        .table_keep_resident(limits::KEEP_RESIDENT_BLIND_BYTES)
        .linear_memory_keep_resident(if PoolingAllocationConfig::is_pagemap_scan_available() {
            limits::KEEP_RESIDENT_BYTES
        } else {
            limits::KEEP_RESIDENT_BLIND_BYTES
        });
    pool
}
