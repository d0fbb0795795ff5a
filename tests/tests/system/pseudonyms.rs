//! What two plugins see of one account they cannot join, and each knows it again.

use std::collections::BTreeMap;
use std::fs;

use serde_json::json;
use weft_tests::Host;
use weft_tests::binary::run;
use weft_tests::guest::{Guest, MANIFEST, Say};
use weft_tests::host::ROLES;
use weft_tests::traffic::usual;

/// What every pseudonym begins with.
const PREFIX: &str = "pse_";
const PLUGINS: [&str; 2] = ["eye-one", "eye-two"];
/// Of the payer's account and of the payee's, which are one.
const PURPOSES: [&str; 2] = ["fraud-prevention", "quality"];

/// A plugin that logs what it gets of both accounts.
fn eye(name: &str) -> Vec<u8> {
    let need = |field: &str, purpose: &str| json!({"field": field, "kind": "token", "treatment": "token", "purpose": purpose, "required": true});
    let mut manifest: serde_json::Value = serde_json::from_str(MANIFEST).expect("JSON");
    manifest["name"] = json!(name);
    manifest["settings"] = json!([]);
    manifest["needs"] = json!([
        need("payer.account", PURPOSES[0]),
        need("payee.account", PURPOSES[1])
    ]);
    let mut guest = Guest::saying(&Say::of(1)).with_manifest(manifest.to_string());
    guest.logs = true;
    let says = guest.evaluate.clone();
    // A value of the interface takes 32 bytes; the text of a token is at 8, its length at 12.
    let emit = |at: u32| {
        format!(
            "(call $emit (i32.const 1) (i32.load offset={} (local.get $needs)) (i32.load offset={} (local.get $needs)) \
             (i32.const 1024) (i32.const 0))",
            at + 8,
            at + 12
        )
    };
    guest.evaluate = format!("{}{}{says}", emit(0), emit(32));
    guest.build()
}

fn policy(plugin: &str) -> String {
    format!(
        "apiVersion: weft/v1\nkind: Policy\nmetadata:\n  id: test.{plugin}\n  title: t\n  owner: o\n  family: risk\n  sources: [{{title: \
         s, reference: r, verified: true}}]\n  effective: {{from: 2020-01-01T00:00:00Z}}\n  status: enforced\nstage: decision\non: \
         [payment.authorize]\nplugin:\n  name: {plugin}\n  grants: [{{field: payer.account, treatment: token}}, {{field: payee.account, \
         treatment: token}}]\nreasons: [{{code: amount-over-limit, title: t}}]\non_missing: hold\non_error: hold\nmessages: {{customer: \
         c, agent: a, auditor: u}}\n"
    )
}

/// The pseudonyms in a log, by plugin, in the order in which they were seen.
fn seen(log: &str) -> BTreeMap<&'static str, Vec<String>> {
    let mut seen: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for line in log.lines() {
        let Some((before, rest)) = line.split_once(PREFIX) else {
            continue;
        };
        let body = rest.split(|c: char| !c.is_ascii_alphanumeric()).next();
        let plugin = PLUGINS
            .into_iter()
            .find(|name| before.contains(name) || rest.contains(name));
        let plugin = plugin.unwrap_or_else(|| panic!("of no plugin: {line}"));
        let name = format!("{PREFIX}{}", body.unwrap_or_default());
        seen.entry(plugin).or_default().push(name);
    }
    seen
}

#[test]
fn nobody_joins_what_two_plugins_or_two_purposes_see_and_each_knows_it_again() {
    let mut host = Host::prepare("");
    let policies = host.own_policies().join("test");
    fs::create_dir(&policies).expect("made");
    let plugins = host.own_plugins();
    for name in PLUGINS {
        fs::write(policies.join(format!("{name}.yaml")), policy(name)).expect("written");
        fs::write(plugins.join(format!("{name}.wasm")), eye(name)).expect("written");
    }
    host.go_on();
    let mut replies: Vec<u8> = Vec::new();
    let mut logs = Vec::new();
    let mut pay = |host: &Host, id: &str| {
        let mut payment = usual(id);
        payment["payee"]["account"] = payment["payer"]["account"].clone();
        let answer = host.decide("service", &payment);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let decision = answer.json()["decisions"][0]["decision"].clone();
        let decision = match decision.as_str() {
            Some(id) => id.to_owned(),
            None => answer.json()["decision"]
                .as_str()
                .expect("an id")
                .to_owned(),
        };
        replies.extend(answer.body);
        for role in ROLES {
            for path in ["", "/explanation"] {
                let path = format!("/v1/decisions/{decision}{path}");
                replies.extend(host.get(role, &path).body);
            }
        }
        replies.extend(host.get("operator", "/metrics").body);
    };
    // Two payments, another process, new keys.
    pay(&host, "p-1");
    pay(&host, "p-2");
    logs.push(host.stop());
    host.go_on();
    pay(&host, "p-3");
    let token = host.data().with_file_name("operator.token");
    fs::write(&token, host.token("operator")).expect("written");
    let token = token.display().to_string();
    let rotate = [
        "vault",
        "rotate",
        "--host",
        host.address(),
        "--token-file",
        &token,
    ];
    let rotated = run(&rotate);
    assert!(rotated.ok, "{}{}", rotated.out, rotated.err);
    pay(&host, "p-4");
    logs.push(host.stop());

    let seen = seen(&logs.concat());
    let mut all = Vec::new();
    for plugin in PLUGINS {
        let names = &seen[plugin];
        let (first, rest) = names.split_at(PURPOSES.len());
        // Explanations ask it again.
        assert!(names.len() > 4 * PURPOSES.len(), "{names:?}");
        for again in rest.chunks(PURPOSES.len()) {
            assert_eq!(again, first, "{plugin} knows them again");
        }
        all.extend_from_slice(first);
    }
    for name in &all {
        let body = name.strip_prefix(PREFIX).expect("its form");
        assert_eq!(body.len(), 26, "{name}");
        assert!(body.bytes().any(|b| b.is_ascii_lowercase()), "{name}");
        let mut runs = name.split(|c: char| !c.is_ascii_digit());
        assert!(
            runs.all(|run| run.len() < 12),
            "a card number has twelve digits at least: {name}"
        );
    }
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), PLUGINS.len() * PURPOSES.len(), "{all:?}");
    // Outside of its plugin nobody sees one.
    assert!(replies.len() > 10_000);
    let replies = String::from_utf8_lossy(&replies);
    assert!(!replies.contains(PREFIX), "{replies}");
    let records = host.records();
    assert!(
        records
            .iter()
            .all(|record| !record.to_string().contains(PREFIX))
    );
    // The two accounts are one.
    let paid = records
        .iter()
        .find(|r| r["transaction"] == "p-1")
        .expect("the record");
    assert_eq!(
        paid["facts"]["payer.account"],
        paid["facts"]["payee.account"]
    );
}
