//! A hostile plugin meets a good one: what it does must harm neither the good one beside it nor the
//! next evaluation.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary has a part of it to itself"
)]

use std::sync::{Arc, OnceLock};
use std::thread;

use serde_json::Map;
use weft_dictionary::{Currency, Money, Timestamp};
use weft_sandbox::{
    Bound, Budget, Context, Evaluation, NeedValue, Plugin, Sandbox, SandboxConfig, limits,
};
use weft_verdict::{FailureKind, Verdict};

use weft_tests::guest::Guest;

/// One for all tests, as in a process: what harms one would be seen by the others.
pub fn sandbox() -> &'static Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    SANDBOX.get_or_init(|| Sandbox::new(SandboxConfig::default()).expect("a sandbox"))
}

pub fn load(guest: Guest) -> Arc<Plugin> {
    sandbox()
        .load(&guest.build())
        .unwrap_or_else(|e| panic!("{e}"))
}

pub fn bind(plugin: &Arc<Plugin>, budget: Budget) -> Bound {
    plugin
        .bind(&Map::new(), budget)
        .unwrap_or_else(|e| panic!("{e:?}"))
}

pub fn context() -> Context {
    Context {
        request_id: "r-1".into(),
        operation: "payment.authorize".into(),
        tenant: "t".into(),
        policy: "amount-limit".into(),
        evaluated_at: Timestamp(1_767_225_600_000),
        seed: 7,
    }
}

pub fn needs(minor_units: i64) -> Vec<NeedValue> {
    let currency = Currency::from_code("EUR").expect("a currency");
    vec![
        NeedValue::Money(Money {
            minor_units,
            currency,
        }),
        NeedValue::Token("p-1".into()),
    ]
}

pub fn good() -> &'static Bound {
    static GOOD: OnceLock<Bound> = OnceLock::new();
    GOOD.get_or_init(|| bind(&load(Guest::valid()), generous()))
}

/// For what is not about time, on machines however slow.
pub fn generous() -> Budget {
    Budget {
        time_ms: limits::MAX_TIME_MS,
        ..Budget::default()
    }
}

pub fn assert_good_is_well() {
    for (amount, verdict) in [(50_000, Verdict::Allow), (50_001, Verdict::Hold)] {
        let evaluation = good().evaluate(&context(), &needs(amount));
        assert_eq!(evaluation.result.expect("a finding").verdict, verdict);
    }
}

/// Evaluates a hostile plugin beside a good one, twice, and then the good one.
pub fn meet(hostile: Guest, budget: Budget) -> Evaluation {
    let hostile = bind(&load(hostile), budget);
    let evaluation = thread::scope(|threads| {
        let beside = threads.spawn(|| (0..50).for_each(|_| assert_good_is_well()));
        let first = hostile.evaluate(&context(), &needs(1));
        let second = hostile.evaluate(&context(), &needs(1));
        beside.join().expect("the good plugin is well beside it");
        assert_eq!(
            first.result, second.result,
            "the same input gives the same answer"
        );
        second
    });
    assert_good_is_well();
    evaluation
}

pub fn fails(hostile: Guest, budget: Budget, kind: FailureKind, says: &[&str]) -> Evaluation {
    let evaluation = meet(hostile, budget);
    let failure = evaluation.result.clone().expect_err("a failure");
    assert_eq!(failure.kind, kind, "{}", failure.detail);
    for part in says {
        assert!(
            failure.detail.contains(part),
            "{:?} in {:?}",
            part,
            failure.detail
        );
    }
    evaluation
}
