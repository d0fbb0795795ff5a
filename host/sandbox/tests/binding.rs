//! A policy's settings meet a plugin's manifest.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use weft_sandbox::{Budget, Plugin, Sandbox, SandboxConfig, SettingProblem, limits};
use weft_tests::guest::{Guest, MANIFEST};

fn plugin(guest: Guest) -> Arc<Plugin> {
    let sandbox = Sandbox::new(SandboxConfig {
        max_in_flight: 2,
        cache: None,
    })
    .expect("a sandbox");
    sandbox
        .load(&guest.build())
        .unwrap_or_else(|e| panic!("{e}"))
}

fn settings(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

fn problems(plugin: &Arc<Plugin>, given: Value) -> Vec<SettingProblem> {
    match plugin.bind(&settings(given), Budget::default()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems,
    }
}

#[test]
fn settings_of_every_form_are_taken() {
    let plugin = plugin(Guest::valid());
    for given in [
        json!({}),
        json!({"limit_minor": 100_000_000}),
        json!({"methods": []}),
        json!({"methods": ["one-time-code", "app-approval"]}),
        json!({"ceiling": {"value": "1.00", "currency": "EUR"}}),
        json!({"window": "7d"}),
        json!({"weights": {"b": 1.5, "a": [null, true]}}),
    ] {
        assert_eq!(problems(&plugin, given.clone()), [], "{given}");
    }
}

#[test]
fn every_setting_is_told_with_its_unit_and_who_gives_it() {
    let manifest = MANIFEST.replace(
        "\"doc\":\"In the minor unit\"",
        "\"unit\":\"cents\",\"doc\":\"In the minor unit\"",
    );
    let plugin = plugin(Guest::valid().with_manifest(manifest));
    let given = settings(json!({"limit_minor": 100, "window": "24h"}));
    let told = plugin.manifest().settings_with(&given);
    let told = serde_json::to_value(told).expect("JSON");
    assert_eq!(
        told[0],
        json!({"name": "limit_minor", "value": 100, "unit": "cents", "meaning": "In the minor unit",
               "given_by": "policy"})
    );
    let by: Vec<&Value> = told
        .as_array()
        .expect("all")
        .iter()
        .map(|t| &t["given_by"])
        .collect();
    // The window is what it would be anyhow.
    assert_eq!(by, ["policy", "default", "nobody", "default", "nobody"]);
    assert_eq!(told[1]["value"], json!(["app-approval"]));
    assert_eq!(told[2].get("value"), None);
}

#[test]
fn a_wrong_setting_has_a_path_a_reason_and_a_remedy() {
    let plugin = plugin(Guest::valid());
    for (given, says) in [
        (
            json!({"limit_minr": 1}),
            "limit_minr: the plugin `amount-limit` has no such setting (did you mean `limit_minor`?)",
        ),
        (
            json!({"zzz": 1}),
            "zzz: the plugin `amount-limit` has no such setting (its settings are limit_minor, methods, ceiling, window, weights)",
        ),
        (
            json!({"limit_minor": "20"}),
            "limit_minor: the value is a text of another form, the setting takes a whole number, such as 20 (write a whole number, such as 20)",
        ),
        (
            json!({"limit_minor": 1.5}),
            "limit_minor: the value is a number with decimals, the setting takes a whole number, such as 20 (write a whole number, such as 20)",
        ),
        (
            json!({"limit_minor": -1}),
            "limit_minor: the value is less than 0 (write 0 to 100000000)",
        ),
        (
            json!({"methods": ["sms"]}),
            "methods: element 1 is not one of the choices (write one of \"app-approval\", \"one-time-code\")",
        ),
        (
            json!({"methods": ["app-approval", false]}),
            "methods: element 2 is true or false: an unquoted NO is false in YAML, write \"NO\" (write a list of texts)",
        ),
        (
            json!({"ceiling": 100}),
            "ceiling: the value is a whole number, the setting takes an amount, such as {\"value\": \"1.00\", \"currency\": \"EUR\"} (write an amount, such as {\"value\": \"1.00\", \"currency\": \"EUR\"})",
        ),
        (
            json!({"ceiling": {"value": "0.99", "currency": "EUR"}}),
            "ceiling: the value is less than 1.00 EUR (write 1.00 EUR or more)",
        ),
        (
            json!({"ceiling": {"value": "5.00", "currency": "USD"}}),
            "ceiling: the amount is in USD, its bound is in EUR (write 1.00 EUR or more)",
        ),
        (
            json!({"ceiling": {"value": "1.001", "currency": "EUR"}}),
            "ceiling: the amount has more decimals than its currency (2) (write an amount, such as {\"value\": \"1.00\", \"currency\": \"EUR\"})",
        ),
        (
            json!({"window": "30m"}),
            "window: the value is less than 1h (write 1h to 7d)",
        ),
        (
            json!({"window": 3600}),
            "window: the value is a whole number, the setting takes a duration, such as \"24h\" (ms, s, m, h, d) (write a duration, such as \"24h\" (ms, s, m, h, d))",
        ),
    ] {
        let found: Vec<String> = problems(&plugin, given)
            .iter()
            .map(SettingProblem::to_string)
            .collect();
        assert_eq!(found, [says]);
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let found = problems(
        &plugin(Guest::valid()),
        json!({"a": 1, "limit_minor": -1, "window": "1s"}),
    );
    let paths: Vec<&str> = found.iter().map(|p| p.path.as_str()).collect();
    assert_eq!(paths, ["a", "limit_minor", "window"]);
}

#[test]
fn a_required_setting_must_be_set() {
    let manifest = MANIFEST.replacen(
        "\"required\":false,\"default\":50000",
        "\"required\":true,\"default\":null",
        1,
    );
    let plugin = plugin(Guest::valid().with_manifest(manifest));
    let found = problems(&plugin, json!({}));
    assert_eq!(found[0].path, "limit_minor");
    assert!(found[0].message.contains("required"));
    assert_eq!(problems(&plugin, json!({"limit_minor": 5})), []);
}

#[test]
fn a_budget_beyond_the_hosts_is_a_problem() {
    let plugin = plugin(Guest::valid());
    let budget = Budget {
        fuel: limits::MAX_FUEL + 1,
        time_ms: 0,
        memory_bytes: u64::MAX,
    };
    let found = plugin.bind(&Map::new(), budget).expect_err("too much");
    let paths: Vec<&str> = found.iter().map(|p| p.path.as_str()).collect();
    assert_eq!(
        paths,
        ["budget.fuel", "budget.time_ms", "budget.memory_bytes"]
    );
    assert!(found[0].help.contains("1 to 1000000000"));
}

/// `validate` sees the row of settings and may refuse it; its words are cleaned.
#[test]
fn the_plugin_itself_may_refuse() {
    let mut guest = Guest::valid();
    let path = guest.data.chars("limit_minor");
    let message = guest.data.chars("must be\x1b even");
    let problem = guest
        .data
        .words(&[path[0], path[1], message[0], message[1]]);
    let one = guest.data.words(&[problem, 1]);
    let none = guest.data.words(&[problem, 0]);
    guest.validate = Some(format!(
        "(if (result i32) (i64.eqz (i64.and (i64.load offset=8 (local.get $settings)) (i64.const 1)))
           (then (i32.const {none})) (else (i32.const {one})))"
    ));
    let plugin = plugin(guest);
    assert_eq!(problems(&plugin, json!({"limit_minor": 20})), []);
    let found = problems(&plugin, json!({"limit_minor": 21}));
    assert_eq!(
        (found[0].path.as_str(), found[0].message.as_str()),
        ("limit_minor", "must be  even")
    );
}

#[test]
fn a_validate_that_fails_binds_nothing() {
    let guest = Guest {
        validate: Some("(unreachable)".into()),
        ..Guest::valid()
    };
    let found = problems(&plugin(guest), json!({}));
    assert!(
        found[0].message.contains("could not check its settings"),
        "{found:?}"
    );
}
