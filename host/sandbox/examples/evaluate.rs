//! What one evaluation costs: a fresh instance, the call, the judging of the answer.
//!
//! `cargo run --release -p weft-sandbox --example evaluate`

#![allow(clippy::print_stdout, reason = "a benchmark reports to a terminal")]

use std::error::Error;
use std::time::Instant;

use hdrhistogram::Histogram;
use serde_json::Map;
use weft_dictionary::{Currency, Money, Timestamp};
use weft_sandbox::{Bound, Budget, Context, NeedValue, Sandbox, SandboxConfig};
use weft_tests::guest::Guest;

const WARM_UP: u32 = 2_000;
const ROUNDS: u32 = 50_000;

fn main() -> Result<(), Box<dyn Error>> {
    let sandbox = Sandbox::new(SandboxConfig::default())?;
    println!("instances: {:?}", sandbox.allocation());
    for (name, pages) in [("slim guest, 1 page", 1), ("guest of 17 pages", 17)] {
        let bytes = Guest {
            pages,
            ..Guest::valid()
        }
        .build();
        let started = Instant::now();
        let plugin = sandbox.load(&bytes)?;
        println!(
            "{name}: {} bytes, loaded in {:?}",
            bytes.len(),
            started.elapsed()
        );
        let bound = plugin
            .bind(&Map::new(), Budget::default())
            .map_err(|p| format!("{p:?}"))?;
        measure(&bound)?;
    }
    Ok(())
}

fn measure(bound: &Bound) -> Result<(), Box<dyn Error>> {
    let context = Context {
        request_id: "01JD6Z3V9T5M2Q8B7W4K6N0XYA".into(),
        operation: "payment.authorize".into(),
        tenant: "example".into(),
        policy: "amount-limit".into(),
        evaluated_at: Timestamp(1_767_225_600_000),
        seed: 7,
    };
    let currency = Currency::from_code("EUR")?;
    let needs = [
        NeedValue::Money(Money {
            minor_units: 60_000,
            currency,
        }),
        NeedValue::Token("p-7f3c1a5e9b2d".into()),
    ];
    let mut nanos = Histogram::<u64>::new(3)?;
    let mut fuel = 0;
    for round in 0..WARM_UP + ROUNDS {
        let started = Instant::now();
        let evaluation = bound.evaluate(&context, &needs);
        let elapsed = started.elapsed();
        evaluation.result.map_err(|failure| failure.detail)?;
        fuel = evaluation.fuel;
        if round >= WARM_UP {
            nanos.record(u64::try_from(elapsed.as_nanos())?)?;
        }
    }
    let us = |quantile| nanos.value_at_quantile(quantile) as f64 / 1_000.0;
    println!(
        "  {ROUNDS} evaluations, each in a fresh instance: p50 {:.1} us, p99 {:.1} us, p99.9 {:.1} us, {fuel} fuel each",
        us(0.5),
        us(0.99),
        us(0.999)
    );
    Ok(())
}
