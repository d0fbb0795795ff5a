//! Files that are not plugins, or not the plugins that they seem to be. Each is refused with its own
//! reason and remedy, and the sandbox goes on.

mod meeting;

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Map;
use weft_sandbox::{Budget, LoadError, Sandbox, SandboxConfig, limits};
use weft_tests::guest::{Guest, MANIFEST, append_section, componentize};

fn sandbox() -> Sandbox {
    Sandbox::new(SandboxConfig {
        max_in_flight: 4,
        cache: None,
    })
    .expect("a sandbox")
}

/// What is said, all of it, of a file that must be refused.
fn refused(bytes: &[u8]) -> (LoadError, String) {
    let sandbox = sandbox();
    let error = sandbox.load(bytes).expect_err("it must be refused");
    let text = error.to_string();
    sandbox
        .load(&Guest::valid().build())
        .expect("the next one is well");
    (error, text)
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} in {text:?}");
    }
}

#[test]
fn a_valid_plugin_is_loaded_with_its_manifest_and_digest() {
    let bytes = Guest::valid().build();
    let plugin = sandbox().load(&bytes).expect("loads");
    assert_eq!(plugin.manifest().name, "amount-limit");
    assert!(plugin.manifest().decides("payment.authorize"));
    assert!(!plugin.manifest().decides("assist.refund"));
    assert_eq!(plugin.digest().len(), 64);
    assert!(sandbox().load_pinned(&bytes, Some(plugin.digest())).is_ok());
}

#[test]
fn another_file_than_the_pinned_one_is_refused_before_anything() {
    let pinned = sandbox()
        .load(&Guest::valid().build())
        .expect("loads")
        .digest()
        .to_owned();
    let mut tampered = Guest::valid().build();
    append_section(&mut tampered, "harmless", b"a section that nobody reads");
    let error = sandbox()
        .load_pinned(&tampered, Some(&pinned))
        .expect_err("another file");
    assert!(matches!(error, LoadError::OtherDigest { .. }));
    says(&error.to_string(), &[&pinned, "replaced or damaged"]);
}

#[test]
fn what_is_no_component_is_named() {
    assert!(matches!(refused(b"").0, LoadError::NotWasm));
    says(
        &refused(b"#!/bin/sh\n").1,
        &["not a WebAssembly component", "weft plugin build"],
    );
    says(
        &refused(&Guest::valid().core()).1,
        &["core WebAssembly module", "weft plugin build"],
    );
}

#[test]
fn a_file_over_the_limit_is_not_even_parsed() {
    let (error, text) = refused(&vec![0; limits::MAX_COMPONENT_BYTES + 1]);
    assert!(matches!(error, LoadError::TooLarge { .. }));
    says(&text, &["33554433 bytes", "limit is 33554432", "strip"]);
}

#[test]
fn a_truncated_file_is_refused_wherever_it_is_cut() {
    let whole = Guest::valid().build();
    let sandbox = sandbox();
    for end in (0..whole.len()).step_by(97) {
        let error = sandbox.load(&whole[..end]).expect_err("truncated");
        assert!(!matches!(error, LoadError::CompilerPanicked), "at {end}");
    }
    let (_, text) = refused(&whole[..whole.len() - 7]);
    says(&text, &["not valid at byte", "damaged"]);
}

#[test]
fn an_import_that_no_plugin_gets_is_named() {
    let (error, text) = refused(&wat::parse_str(
        r#"(component (import "wasi:clocks/monotonic-clock@0.2.0" (instance (export "now" (func (result u64))))))"#,
    ).expect("valid text"));
    assert!(matches!(error, LoadError::ForbiddenImport { .. }));
    says(
        &text,
        &[
            "wasi:clocks/monotonic-clock@0.2.0",
            "wasm32-unknown-unknown",
        ],
    );
    let (_, text) = refused(
        &wat::parse_str(r#"(component (import "now" (func (result u64))))"#).expect("valid text"),
    );
    says(&text, &["`now`", "declare"]);
}

#[test]
fn a_component_of_another_world_is_no_plugin() {
    let (error, text) = refused(&wat::parse_str("(component)").expect("valid text"));
    assert!(matches!(error, LoadError::NoEvaluator));
    says(
        &text,
        &["weft:policy/evaluator@0.1.0", "sdk/wit/policy.wit"],
    );
}

#[test]
fn a_component_of_another_version_is_to_be_rebuilt() {
    for (part, name) in [
        (
            r#"import "weft:policy/log@0.0.9" (instance)"#,
            "weft:policy/log@0.0.9",
        ),
        (
            r#"import "weft:policy/types@0.2.0" (instance)"#,
            "weft:policy/types@0.2.0",
        ),
        (
            r#"instance $i) (export "weft:policy/evaluator@0.0.9" (instance $i)"#,
            "weft:policy/evaluator@0.0.9",
        ),
    ] {
        let text = format!("(component ({part}))");
        let (error, text) = refused(&wat::parse_str(text).expect("valid text"));
        assert!(matches!(error, LoadError::OtherInterface { .. }), "{text}");
        says(&text, &[name, "has version 0.1", "rebuild it with the SDK"]);
    }
}

#[test]
fn an_interface_of_the_right_name_and_another_form_is_refused() {
    let mut bytes = wat::parse_str(
        r#"(component (instance $i) (export "weft:policy/evaluator@0.1.0" (instance $i)))"#,
    )
    .expect("valid text");
    append_section(&mut bytes, "weft:manifest", MANIFEST.as_bytes());
    let (error, text) = refused(&bytes);
    assert!(matches!(error, LoadError::OtherInterface { .. }), "{text}");
    says(&text, &["another form", "rebuild"]);
}

#[test]
fn features_that_are_not_deterministic_are_not_valid() {
    for module in [
        "(module (memory 1 1 shared))",
        "(module (memory i64 1))",
        "(module (memory 1) (memory 1))",
        "(module (func (result v128) (i8x16.relaxed_swizzle (v128.const i64x2 0 0) (v128.const i64x2 0 0))))",
    ] {
        let (error, text) = refused(
            &wat::parse_str(format!("(component (core {}", &module[1..]) + ")").expect(module),
        );
        assert!(
            matches!(error, LoadError::Invalid { .. }),
            "{module}: {text}"
        );
        says(&text, &["not valid at byte", "relaxed SIMD"]);
    }
}

#[test]
fn a_component_with_too_much_of_anything_is_not_compiled() {
    let body = "(drop (i32.const 1))".repeat(400_000);
    for (inside, says_so) in [
        (
            format!("(core module (func {body}))"),
            ["bytes in one function", "limit is 1048576"],
        ),
        (
            format!("(core module {})", "(func)".repeat(100_001)),
            ["100001 functions", "limit is 100000"],
        ),
        (
            "(core module (memory 2049))".into(),
            ["2049 pages", "limit is 2048"],
        ),
        ("(core module)".repeat(65), ["65 modules", "limit is 64"]),
    ] {
        let (error, text) =
            refused(&wat::parse_str(format!("(component {inside})")).expect("valid text"));
        assert!(matches!(error, LoadError::TooMuch { .. }), "{text}");
        says(&text, &says_so);
    }
}

#[test]
fn a_manifest_that_lies_is_found_out() {
    let guest = Guest {
        sections: vec![MANIFEST.replace("instrument.pan", "instrument.bin")],
        ..Guest::valid()
    };
    let (error, text) = refused(&guest.build());
    assert!(matches!(error, LoadError::LyingManifest { .. }));
    says(&text, &["differ at byte", "rebuild"]);
}

#[test]
fn there_is_exactly_one_manifest_section() {
    let none = Guest {
        sections: vec![],
        ..Guest::valid()
    };
    says(
        &refused(&none.build()).1,
        &["0 custom sections", "exactly one"],
    );
    let two = Guest {
        sections: vec![MANIFEST.into(); 2],
        ..Guest::valid()
    };
    says(&refused(&two.build()).1, &["2 custom sections"]);
}

#[test]
fn a_manifest_of_a_later_host_says_so() {
    let manifest = r#"{"schema":"weft.manifest/2","something":"new"}"#;
    let (error, text) = refused(&Guest::valid().with_manifest(manifest).build());
    assert!(matches!(error, LoadError::UnknownSchema { .. }));
    says(&text, &["weft.manifest/2", "newer host"]);
}

#[test]
fn a_manifest_is_read_strictly() {
    for (from, to, says_so) in [
        (
            "\"name\":\"amount-limit\"",
            "\"nmae\":\"x\",\"name\":\"amount-limit\"",
            "unknown field `nmae`",
        ),
        (
            "\"name\":\"amount-limit\"",
            "\"name\":\"a b\\u001b\"",
            "`a b ` in `name` is not a name",
        ),
        (
            "\"version\":\"0.1.0\"",
            "\"version\":\"one\"",
            "write three numbers",
        ),
        (
            "\"operations\":[\"payment.*\"]",
            "\"operations\":[]",
            "0 entries",
        ),
        ("\"step-up\"", "\"stepup\"", "did you mean `step-up`?"),
        (
            "\"default\":50000",
            "\"default\":\"many\"",
            "`limit_minor`: `default`: the value is a text",
        ),
        ("\"default\":50000", "\"default\":-1", "less than 0"),
        ("\"default\":\"24h\"", "\"default\":\"30d\"", "more than 7d"),
        (
            "instrument.pan",
            "payment.amount",
            "`payment.amount` is in `needs` twice",
        ),
        (
            "\"kind\":\"texts\"",
            "\"kind\":\"token\"",
            "cannot be a token",
        ),
        (
            "\"treatment\":\"token\"",
            "\"treatment\":\"absent\"",
            "treatment absent",
        ),
    ] {
        assert!(MANIFEST.contains(from), "{from}");
        let guest = Guest::valid().with_manifest(MANIFEST.replacen(from, to, 1));
        let (error, text) = refused(&guest.build());
        assert!(matches!(error, LoadError::Manifest { .. }), "{text}");
        says(&text, &[says_so]);
    }
}

#[test]
fn describe_may_neither_loop_nor_log() {
    let guest = Guest {
        describe: Some("(loop $on (br $on)) (unreachable)".into()),
        ..Guest::valid()
    };
    says(
        &refused(&guest.build()).1,
        &["`describe` failed", "used up its 20000000 units of fuel"],
    );
    let guest = Guest {
        logs: true,
        describe: Some("(call $emit (i32.const 1) (i32.const 1024) (i32.const 0) (i32.const 1024) (i32.const 0)) (unreachable)".into()),
        ..Guest::valid()
    };
    says(
        &refused(&guest.build()).1,
        &["`describe` failed", "called an import"],
    );
    let guest = Guest {
        describe: Some("(unreachable)".into()),
        ..Guest::valid()
    };
    says(
        &refused(&guest.build()).1,
        &["`describe` failed", "unreachable"],
    );
}

/// Every error above has a page, and the pages have ids of their own.
#[test]
fn every_code_has_its_own_page() {
    let ids: BTreeSet<&str> = weft_sandbox::codes::CODES
        .iter()
        .map(|code| code.id)
        .collect();
    assert_eq!(ids.len(), weft_sandbox::codes::CODES.len());
    assert!(
        weft_sandbox::codes::CODES
            .iter()
            .any(|code| *code == refused(b"").0.code())
    );
}

/// Bits flip, bytes are overwritten, parts are cut out or doubled: the host says no, or runs what is
/// still valid under the same limits. It never panics, and neither does its compiler.
#[test]
fn damaged_components_never_panic_the_host() {
    let whole = Guest {
        logs: true,
        ..Guest::valid()
    }
    .build();
    let sandbox = sandbox();
    let (context, needs) = (meeting::context(), meeting::needs(1));
    let config = Config {
        cases: 1_500,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let at = 0..whole.len();
    let change = prop_oneof![
        (at.clone(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (at.clone(), any::<u8>()).prop_map(|(at, byte)| Change::Put(at, byte)),
        (at.clone(), 1..64_usize).prop_map(|(at, n)| Change::Cut(at, n)),
        (at, 1..64_usize).prop_map(|(at, n)| Change::Double(at, n)),
    ];
    runner
        .run(&prop::collection::vec(change, 1..6), |changes| {
            let mut bytes = whole.clone();
            changes.iter().for_each(|change| change.apply(&mut bytes));
            match sandbox.load(&bytes) {
                Err(LoadError::CompilerPanicked) => Err(TestCaseError::fail("a panic")),
                Err(error) => {
                    prop_assert!(!error.to_string().contains('\x1b'));
                    Ok(())
                }
                Ok(plugin) => {
                    if let Ok(bound) = plugin.bind(&Map::new(), Budget::default()) {
                        let _ = bound.evaluate(&context, &needs);
                    }
                    Ok(())
                }
            }
        })
        .expect("no damaged component panics the host");
    sandbox.load(&whole).expect("the undamaged one is well");
}

#[derive(Debug, Clone)]
enum Change {
    Flip(usize, u8),
    Put(usize, u8),
    Cut(usize, usize),
    Double(usize, usize),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let end = bytes.len();
        match *self {
            Change::Flip(at, bit) if at < end => bytes[at] ^= 1 << bit,
            Change::Put(at, byte) if at < end => bytes[at] = byte,
            Change::Cut(at, n) if at < end => drop(bytes.drain(at..end.min(at + n))),
            Change::Double(at, n) if at < end => {
                let part = bytes[at..end.min(at + n)].to_vec();
                bytes.splice(at..at, part);
            }
            _ => {}
        }
    }
}

#[test]
fn a_sandbox_has_bounds_itself() {
    for places in [0, limits::MAX_IN_FLIGHT + 1] {
        let config = SandboxConfig {
            max_in_flight: places,
            cache: None,
        };
        says(
            &Sandbox::new(config).expect_err("out of range").to_string(),
            &["1 to 512"],
        );
    }
    let config = SandboxConfig {
        max_in_flight: limits::MAX_IN_FLIGHT,
        cache: None,
    };
    Sandbox::new(config).expect("the most there can be");
}

#[test]
fn the_helper_wraps_any_module_of_the_world() {
    assert!(componentize(&Guest::valid().core()).starts_with(b"\0asm"));
}
