//! Laws that cannot be meant are refused when a policy is loaded, and say why.

use data_residency::data_residency::Plugin;
use serde_json::{Value as Json, json};
use weft_sdk::{Value, test};

fn corridor() -> Json {
    json!({"name": "domestic", "payer": ["IN"], "payee": ["IN"], "keep_in": ["in"]})
}

/// What is wrong with a corridor in which one key is another.
fn with(key: &str, value: Json) -> Vec<String> {
    let mut corridor = corridor();
    corridor[key] = value;
    problems(json!([corridor]), json!({}))
}

fn problems(corridors: Json, groups: Json) -> Vec<String> {
    let law = test::of::<Plugin>()
        .setting("corridors", Value::Json(corridors.to_string()))
        .setting("groups", Value::Json(groups.to_string()));
    law.problems()
        .into_iter()
        .map(|problem| format!("{}: {}", problem.path, problem.message))
        .collect()
}

#[test]
fn a_plain_corridor_is_fine() {
    assert_eq!(
        problems(json!([corridor()]), json!({})),
        Vec::<String>::new()
    );
}

#[test]
fn countries_regions_and_groups_are_told_apart() {
    assert_eq!(
        with("payer", json!(["India"])),
        ["corridors: corridor 1: `India` in `payer` is neither a country such as IN nor a group"]
    );
    assert_eq!(
        with("payee", json!(["in"])).len(),
        1,
        "countries are written in capitals"
    );
    assert_eq!(
        with("payee", json!([])),
        ["corridors: corridor 1: `payee` lists nobody; write countries, or `any`"]
    );
    assert_eq!(
        with("keep_in", json!(["IN"])),
        ["corridors: corridor 1: `IN` is not a region: small letters, digits and hyphens"]
    );
    assert_eq!(with("keep_in", json!([])).len(), 1);
    let groups = json!({"IN": ["IN"], "EEA": ["Belgium"], "none": []});
    assert_eq!(problems(json!([corridor()]), groups).len(), 3);
}

#[test]
fn who_may_not_keep_says_when_it_deletes() {
    assert_eq!(
        with("process_in", json!(["any"])),
        [
            "corridors: corridor 1: `process_in` and `delete_after_h` belong together: who may not keep data deletes it"
        ]
    );
    assert_eq!(with("delete_after_h", json!(24)).len(), 1);
}

#[test]
fn nothing_is_sent_to_where_it_may_not_be() {
    for key in ["send_to", "copy_in"] {
        let message = format!(
            "corridors: corridor 1: `{key}` is a region that may not keep the data; name one of `keep_in`"
        );
        assert_eq!(with(key, json!("eu")), [message]);
        assert_eq!(with(key, json!("in")), Vec::<String>::new());
        assert!(!with(key, json!("any")).is_empty());
    }
}

#[test]
fn corridors_have_names_of_their_own_and_there_is_one_at_least() {
    assert_eq!(
        problems(json!([]), json!({})),
        ["corridors: there are 0 corridors; write 1 to 64"]
    );
    assert_eq!(
        problems(json!([corridor(), corridor()]), json!({})),
        ["corridors: corridor 2 needs a name of its own"]
    );
    assert_eq!(with("name", json!(" ")).len(), 1);
}

#[test]
fn a_key_that_means_nothing_is_refused() {
    let problems = with("keepin", json!(["eu"]));
    assert!(
        problems[0].contains("unknown field `keepin`"),
        "{problems:?}"
    );
}
