//! The zoo: plugins that loop, eat, recurse, trap and flood. Each ends with its own clear failure,
//! while a good plugin is evaluated beside it and after it as if nothing were.

mod meeting;

use std::thread;

use meeting::{bind, context, fails, generous, good, load, meet, needs};
use serde_json::Map;
use weft_sandbox::{Budget, LogLevel, Sandbox, SandboxConfig, limits};
use weft_tests::guest::{Guest, Say};
use weft_verdict::{FailureKind, ObligationKind, Verdict};

#[test]
fn a_good_plugin_decides_by_needs_and_settings() {
    let evaluation = good().evaluate(&context(), &needs(50_001));
    let finding = evaluation.result.expect("a finding");
    assert_eq!((finding.verdict, finding.risk), (Verdict::Hold, Some(700)));
    assert_eq!(finding.reasons[0].code, "amount-over-limit");
    assert_eq!(finding.reasons[0].fields, ["payment.amount"]);
    assert_eq!(finding.obligations[0].kind, ObligationKind::StepUp);
    assert_eq!(finding.obligations[0].arguments["method"], "app-approval");
    assert!(evaluation.fuel > 0 && evaluation.logs.is_empty());
    let again = good().evaluate(&context(), &needs(50_001));
    assert_eq!(again.fuel, evaluation.fuel, "fuel is exact");
}

#[test]
fn an_endless_loop_runs_out_of_fuel() {
    let hostile = Guest::evaluating("(loop $on (br $on)) (unreachable)");
    let budget = Budget {
        fuel: 100_000,
        ..generous()
    };
    let evaluation = fails(
        hostile,
        budget,
        FailureKind::OutOfFuel,
        &["100000 units of fuel", "raise"],
    );
    assert_eq!(evaluation.fuel, 100_000);
}

/// Makes the host copy and drop 200 kB again and again, for a few units of fuel each time.
fn wastes_the_hosts_time() -> Guest {
    Guest {
        logs: true,
        pages: 8,
        ..Guest::evaluating(
            "(loop $on
               (call $emit (i32.const 0) (i32.const 65536) (i32.const 200000) (i32.const 1024) (i32.const 0))
               (br $on))
             (unreachable)",
        )
    }
}

#[test]
fn a_loop_that_fuel_hardly_sees_meets_its_deadline() {
    let budget = Budget {
        fuel: limits::MAX_FUEL,
        time_ms: 20,
        ..Budget::default()
    };
    fails(
        wastes_the_hosts_time(),
        budget,
        FailureKind::Deadline,
        &["within 20 ms", "raise"],
    );
}

#[test]
fn a_memory_bomb_is_stopped_at_its_limit() {
    let hostile =
        Guest::evaluating("(loop $on (drop (memory.grow (i32.const 16))) (br $on)) (unreachable)");
    let budget = Budget {
        memory_bytes: 8 << 20,
        ..generous()
    };
    fails(
        hostile,
        budget,
        FailureKind::MemoryLimit,
        &["its limit is 8388608", "raise"],
    );
}

#[test]
fn a_memory_that_starts_too_large_is_stopped_too() {
    let plugin = load(Guest {
        pages: 1_000,
        ..Guest::valid()
    });
    let budget = Budget {
        memory_bytes: 8 << 20,
        ..generous()
    };
    let problems = plugin.bind(&Map::new(), budget);
    let evaluation = problems
        .expect("validate may use more")
        .evaluate(&context(), &needs(1));
    assert_eq!(
        evaluation.result.expect_err("too large").kind,
        FailureKind::MemoryLimit
    );
}

#[test]
fn a_stack_bomb_meets_the_end_of_its_stack() {
    let hostile = Guest {
        more: "(func $deeper (param i64) (result i64)
                 (i64.add (call $deeper (i64.add (local.get 0) (i64.const 1))) (local.get 0)))"
            .into(),
        ..Guest::evaluating("(drop (call $deeper (i64.const 0))) (unreachable)")
    };
    let evaluation = fails(
        hostile,
        generous(),
        FailureKind::StackOverflow,
        &["524288 bytes"],
    );
    let frames = evaluation.result.expect_err("a failure").frames;
    assert!(frames.len() <= limits::MAX_FRAMES);
}

/// A stack that a compiler keeps in the plugin's memory, at its bottom.
#[test]
fn a_stack_in_the_memory_that_overflows_is_told_as_one() {
    let hostile = Guest {
        more: "(func $deeper (param i32) (result i32)
                 (i32.store (local.get 0) (i32.const 0))
                 (i32.add (call $deeper (i32.sub (local.get 0) (i32.const 4096))) (i32.const 1)))"
            .into(),
        ..Guest::evaluating("(drop (call $deeper (i32.const 32768))) (unreachable)")
    };
    fails(
        hostile,
        generous(),
        FailureKind::StackOverflow,
        &["probably a stack overflow", "use a loop", "64 KiB"],
    );
    let astray = Guest::evaluating("(drop (i32.load (i32.const -8))) (unreachable)");
    fails(
        astray,
        generous(),
        FailureKind::Trap,
        &["memory that it does not have", "If it is the stack"],
    );
}

#[test]
fn a_trap_has_its_frames_and_the_last_log_lines() {
    let mut hostile = Guest {
        logs: true,
        more: "(func $look_up_card (unreachable))".into(),
        ..Guest::valid()
    };
    let [at, len] = hostile
        .data
        .chars("about to\x1b[2J fail for 4111111111111111");
    hostile.evaluate = format!(
        "(call $emit (i32.const 3) (i32.const {at}) (i32.const {len}) (i32.const 1024) (i32.const 0))
         (call $look_up_card) (unreachable)"
    );
    let evaluation = fails(
        hostile,
        generous(),
        FailureKind::Trap,
        &["unreachable", "frames"],
    );
    assert_eq!(evaluation.logs[0].level, LogLevel::Error);
    assert_eq!(evaluation.logs[0].text, "about to [2J fail for [covered]");
    let frames = evaluation.result.expect_err("a failure").frames;
    assert!(
        frames[0].contains("look_up_card") && frames[1].contains("evaluate"),
        "{frames:?}"
    );
}

#[test]
fn a_log_flood_keeps_its_first_lines_and_the_finding_stands() {
    let mut hostile = Guest {
        logs: true,
        ..Guest::valid()
    };
    let [at, len] = hostile.data.chars(&"x".repeat(5_000));
    hostile.evaluate = format!(
        "(local $n i32)
         (loop $on
           (call $emit (i32.const 1) (i32.const {at}) (i32.const {len}) (i32.const 1024) (i32.const 0))
           (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br_if $on (i32.lt_u (local.get $n) (i32.const 1000))))
         {}",
        hostile.evaluate
    );
    let evaluation = meet(hostile, generous());
    assert_eq!(
        evaluation.result.expect("a finding").verdict,
        Verdict::Allow
    );
    assert_eq!(evaluation.logs.len(), limits::MAX_LOG_LINES);
    assert!(
        evaluation
            .logs
            .iter()
            .all(|line| line.text.len() <= limits::MAX_LOG_LINE_BYTES)
    );
    assert_eq!(evaluation.dropped_log_lines, 1_000 - 32);
}

/// State in a global would be a way from one customer's request to the next.
#[test]
fn nothing_is_left_for_the_next_evaluation() {
    let mut guest = Guest {
        more: "(global $calls (mut i32) (i32.const 0))".into(),
        ..Guest::valid()
    };
    let deny = guest.data.ok(&Say::of(5));
    guest.evaluate = format!(
        "(if (i32.or (global.get $calls) (i32.load (i32.const 60000))) (then (return (i32.const {deny}))))
         (global.set $calls (i32.const 1)) (i32.store (i32.const 60000) (i32.const 1))
         {}",
        guest.evaluate
    );
    let bound = bind(&load(guest), generous());
    for _ in 0..200 {
        let finding = bound
            .evaluate(&context(), &needs(1))
            .result
            .expect("a finding");
        assert_eq!(finding.verdict, Verdict::Allow);
    }
}

#[test]
fn who_finds_no_place_is_turned_away_and_the_others_go_on() {
    let config = SandboxConfig {
        max_in_flight: 1,
        cache: None,
    };
    let sandbox = Sandbox::new(config).expect("a small sandbox");
    let slow = sandbox
        .load(&wastes_the_hosts_time().build())
        .expect("loads");
    let budget = Budget {
        fuel: limits::MAX_FUEL,
        time_ms: 500,
        ..Budget::default()
    };
    let slow = slow.bind(&Map::new(), budget).expect("binds");
    let hasty = sandbox.load(&Guest::valid().build()).expect("loads");
    let hasty = hasty
        .bind(
            &Map::new(),
            Budget {
                time_ms: 1,
                ..Budget::default()
            },
        )
        .expect("binds");
    thread::scope(|threads| {
        let slow = threads.spawn(|| slow.evaluate(&context(), &needs(1)));
        let mut turned_away = None;
        while turned_away.is_none() && !slow.is_finished() {
            let evaluation = hasty.evaluate(&context(), &needs(1));
            turned_away = evaluation
                .result
                .err()
                .filter(|f| f.kind == FailureKind::Saturated);
        }
        let detail = turned_away.expect("the only place is taken").detail;
        assert!(detail.contains("1 evaluations are under way"), "{detail}");
        let failure = slow
            .join()
            .expect("no panic")
            .result
            .expect_err("its deadline");
        assert_eq!(failure.kind, FailureKind::Deadline);
    });
    let after = sandbox.load(&Guest::valid().build()).expect("loads");
    let after = after.bind(&Map::new(), generous()).expect("binds");
    assert!(after.evaluate(&context(), &needs(1)).result.is_ok());
}
