//! Policies that ask a plugin.

use std::fs;

use weft_engine::{Caller, Config, DecisionView, Role};
use weft_verdict::{FailureKind, Verdict};

use crate::house::{House, Site, agent, ask, caller, codes, payment, service, state};
use crate::policies::{PolicyFile, amounts, assistance, rule};
use crate::reasons::report;
use weft_tests::guest::{Arg, Guest, MANIFEST, Say};

const GRANTS: &str = "  grants: [{field: payment.amount, treatment: clear}]\n";

/// Asks the plugin that holds amounts over its limit.
fn limit(more: &str) -> PolicyFile {
    let body =
        format!("plugin:\n  name: amount-limit\n  settings: {{limit_minor: 100000}}\n{more}");
    PolicyFile::new("test.limit", "payment.authorize", &body)
}

fn crash() -> PolicyFile {
    let body = format!("plugin:\n  name: crash\n{GRANTS}");
    PolicyFile::new("test.crash", "payment.authorize", &body)
}

fn site(policies: &[PolicyFile], plugins: &[(&str, Vec<u8>)]) -> Site {
    let site = Site::new(policies);
    for (name, component) in plugins {
        let path = site.plugins_dir().join(format!("{name}.wasm"));
        fs::write(path, component).expect("written");
    }
    site
}

/// Traps as soon as it is asked.
fn crashing() -> Vec<u8> {
    let mut guest = Guest::evaluating("(unreachable)");
    guest = guest.with_manifest(
        weft_tests::guest::MANIFEST.replace("\"name\":\"amount-limit\"", "\"name\":\"crash\""),
    );
    guest.build()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_decides_and_its_step_up_is_passed_like_any_other() {
    let mut policies = assistance();
    policies.push(limit(GRANTS));
    let house = site(&policies, &[("amount-limit", Guest::valid().build())]).start();
    let view = house.decided(&service(), &payment("p-0", "27.40")).await;
    assert_eq!(view.verdict, Verdict::Allow);
    house.approved("p-1").await;
    let held = &house.chain("p-1")[0];
    assert_eq!(
        (held.outcome.verdict, held.outcome.risk),
        (Verdict::Hold, Some(700))
    );
    let plugin = held.findings[0].plugin.as_ref().expect("a plugin");
    let pipeline = house.engine.pipeline();
    let [in_use] = pipeline.plugins() else {
        panic!("one plugin")
    };
    assert_eq!(
        (&plugin.name, &plugin.digest),
        (&in_use.name, &in_use.digest)
    );
    assert!(plugin.fuel > 0);
    let [(_, sight)] = plugin.needs.iter().collect::<Vec<_>>()[..] else {
        panic!("one purpose: {:?}", plugin.needs)
    };
    assert_eq!(sight.disclosed["clear"], ["payment.amount"]);
    assert_eq!(sight.withheld["not-granted"], ["instrument.pan"]);
    assert!(sight.missing.is_empty());
    let view = house.decided(&agent(), &ask("assist.confirm", "p-1")).await;
    let again = view.decided_again.expect("decided again");
    assert_eq!(
        (again.verdict, state(&again), again.risk),
        (Verdict::Flag, Some("released"), Some(700))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_that_traps_harms_nobody_else() {
    let policies = [amounts(), limit(GRANTS), crash()];
    let plugins = [
        ("amount-limit", Guest::valid().build()),
        ("crash", crashing()),
    ];
    let house = site(&policies, &plugins).start();
    for id in ["p-1", "p-2"] {
        let view = house.decided(&service(), &payment(id, "27.40")).await;
        assert_eq!(view.verdict, Verdict::Hold, "{id}");
        assert_eq!(codes(&view), ["policy-failed", "because"], "{id}");
        let record = house.record(&view);
        let said: Vec<(&str, Verdict, Option<FailureKind>)> = record
            .findings
            .iter()
            .map(|f| {
                let failure = f.failure.as_ref().map(|failure| failure.kind);
                (f.policy.as_str(), f.finding.verdict, failure)
            })
            .collect();
        assert_eq!(
            said,
            [
                ("test.amounts", Verdict::Allow, None),
                ("test.crash", Verdict::Hold, Some(FailureKind::Trap)),
                ("test.limit", Verdict::Allow, None),
            ],
            "{id}"
        );
    }
    let metrics = house.engine.metrics().render();
    let counted = "weft_failures_total{policy=\"test.crash\",kind=\"trap\"} 2";
    assert!(metrics.contains(counted), "{metrics}");
}

/// A plugin that cannot do without a fact is not asked when it is missing, and its policy says `on_missing`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fact_that_a_plugin_cannot_do_without_is_missing() {
    let redact = "obligations: [{kind: redact, arguments: {payment.amount: absent}}]";
    let hide = format!("rules:\n{}", rule("all", "true", "allow", redact));
    let hide = PolicyFile::new("test.hide", "payment.authorize", &hide).stage("minimisation");
    let policies = [hide, limit(GRANTS).on_missing("deny")];
    let house = site(&policies, &[("amount-limit", Guest::valid().build())]).start();
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(view.verdict, Verdict::Deny);
    assert!(codes(&view).contains(&"fact-missing"), "{view:?}");
    let record = house.record(&view);
    let found = &record.findings[1];
    assert_eq!(found.missing, ["payment.amount"]);
    assert!(found.failure.is_none() && found.plugin.is_some());
}

/// A house that asks a plugin with four needs more: the second is redacted, the third missing, the fourth not granted.
fn needing_more(guest: Guest, manifest: &str) -> House {
    let need = |field: &str, kind: &str| {
        format!(
            r#",{{"field":"{field}","kind":"{kind}","treatment":"clear","purpose":"more","required":false}}"#
        )
    };
    let more = need("device.id", "token")
        + &need("payee.country", "text")
        + &need("payer.bank", "text")
        + &need("device.platform", "text");
    let last = r#""purpose":"fraud-prevention","required":false}"#;
    let manifest = manifest.replace(last, &format!("{last}{more}"));
    let guest = guest.with_manifest(manifest).build();
    let redact = "obligations: [{kind: redact, arguments: {payee.country: absent}}]";
    let hide = format!("rules:\n{}", rule("all", "true", "allow", redact));
    let hide = PolicyFile::new("test.hide", "payment.authorize", &hide).stage("minimisation");
    let grants = "  grants: [{field: payment.amount, treatment: clear}, {field: device.id, treatment: token}, \
                  {field: payee.country, treatment: clear}, {field: payer.bank, treatment: clear}]\n";
    site(&[hide, limit(grants)], &[("amount-limit", guest)]).start()
}

/// Who sent a payment without a fact can send it; what is withheld from the plugin is nobody's to send.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_plugin_does_not_know_is_named_to_who_left_it_out() {
    let guest = Guest::saying(&Say {
        reasons: vec![
            ("bank-unknown".into(), vec![0, 2, 3, 4, 5]),
            ("amount-over-limit".into(), vec![0, 4]),
        ],
        ..Say::of(5)
    });
    let reasons = r#""reasons":["#;
    let own = format!(r#"{reasons}{{"code":"bank-unknown","title":"The bank is not known"}},"#);
    let house = needing_more(guest, &MANIFEST.replace(reasons, &own));
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(view.verdict, Verdict::Deny);
    let fields = |view: &DecisionView| {
        let mut told: Vec<_> = view
            .reasons
            .iter()
            .map(|r| (r.code.clone(), r.fields.clone()))
            .collect();
        told.sort();
        told
    };
    let due = |code: &str, fields: &[&str]| {
        let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
        (code.to_owned(), fields)
    };
    let told = [
        due("amount-over-limit", &[]),
        due("bank-unknown", &["payer.bank"]),
        due("because", &[]),
    ];
    assert_eq!(fields(&view), told);
    let stored = async |reader: &Caller| {
        let view = house.engine.decision(reader, &view.decision).await;
        view.unwrap_or_else(|problem| panic!("{problem}"))
    };
    assert_eq!(fields(&stored(&service()).await), told);
    let inside = stored(&caller("authority", Role::Regulator)).await;
    let (bank, all) = &fields(&inside)[1];
    assert_eq!((bank.as_str(), all.len()), ("bank-unknown", 5));
    let report = report(&house).await;
    assert_eq!(report.matches("missing: payer.bank").count(), 1, "{report}");
    assert!(!report.contains("missing: payment.amount"), "{report}");
}

/// What a plugin asked for, got and did not get stands in the record of each decision, by purpose.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_plugin_was_shown_is_on_record() {
    let house = needing_more(Guest::valid(), MANIFEST);
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    let record = house.record(&view);
    let plugin = record.findings[1].plugin.as_ref().expect("a plugin");
    let more = &plugin.needs["more"];
    assert_eq!(more.disclosed["token"], ["device.id"]);
    assert_eq!(more.withheld["redacted"], ["payee.country"]);
    assert_eq!(more.withheld["not-granted"], ["device.platform"]);
    assert_eq!(more.missing, ["payer.bank"]);
    let first = &plugin.needs["fraud-prevention"];
    assert_eq!(first.disclosed["clear"], ["payment.amount"]);
}

/// A misspelt field of a redaction would hide nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_shows_and_hides_only_fields_that_are_there() {
    let mut guest = Guest::valid();
    let say = guest.data.ok(&Say {
        obligations: vec![(
            "redact".into(),
            vec![("payer.nme".into(), Arg::Text("absent".into()))],
        )],
        ..Say::of(1)
    });
    guest.evaluate = format!("(i32.const {say})");
    let manifest = weft_tests::guest::MANIFEST.replace("[\"step-up\"]", "[\"redact\"]");
    let house = site(
        &[limit(GRANTS)],
        &[("amount-limit", guest.with_manifest(manifest).build())],
    )
    .start();
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(view.verdict, Verdict::Hold);
    let failure = house.record(&view).findings[0]
        .failure
        .clone()
        .expect("a failure");
    assert_eq!(failure.kind, FailureKind::BadOutput);
    assert!(!failure.detail.contains("nme"), "{}", failure.detail);
}

/// A record is in clear for ever, and a plugin can quote what it was shown in its own words.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_plugin_says_of_its_failure_is_in_no_record() {
    let mut guest = Guest::valid();
    // The last case: an internal failure.
    let say = guest.data.err(2, "cannot handle Gentbrugge");
    guest.evaluate = format!("(i32.const {say})");
    let house = site(&[limit(GRANTS)], &[("amount-limit", guest.build())]).start();
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    let record = house.record(&view);
    let failure = record.findings[0].failure.clone().expect("a failure");
    assert_eq!(failure.kind, FailureKind::Reported);
    let text = serde_json::to_string(&record).expect("JSON");
    assert!(
        !text.contains("Gentbrugge") && !text.contains("handle"),
        "{text}"
    );
}

/// Why a host does not start with these.
fn refused(policy: PolicyFile, plugins: &[(&str, Vec<u8>)], change: fn(&mut Config)) -> String {
    let site = site(&[policy], plugins);
    let mut config = site.config();
    change(&mut config);
    match site.start_with(config) {
        Ok(House { .. }) => panic!("it starts"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_host_does_not_start_with_a_plugin_that_is_not_what_its_policy_says() {
    let valid = [("amount-limit", Guest::valid().build())];
    let digest = format!("  digest: \"sha256:{}\"\n{GRANTS}", "0".repeat(64));
    let keep = |_: &mut Config| {};
    let demand = |config: &mut Config| config.require_plugin_digests = true;
    let no_grant = "  grants: [{field: instrument.pan, treatment: token}]\n";
    for (why, expected) in [
        (refused(limit(GRANTS), &[], keep), "cannot be read"),
        (
            refused(limit(no_grant), &valid, keep),
            "does not grant `payment.amount`",
        ),
        (
            refused(limit(&digest), &valid, keep),
            "names the plugin digest sha256:0000",
        ),
        (
            refused(limit(GRANTS), &valid, demand),
            "host.require_plugin_digests is on",
        ),
        (
            refused(limit(GRANTS), &[("amount-limit", crashing())], keep),
            "says in its manifest that it is `crash`",
        ),
    ] {
        assert!(why.contains(expected), "{expected} in: {why}");
        assert!(why.contains("test.limit"), "{why}");
    }
}

/// With less than it was written for it would fail on each request, or take what is left for the value itself.
#[test]
fn a_grant_of_less_than_the_plugin_is_written_for_is_refused_where_it_stands() {
    let valid = [("amount-limit", Guest::valid().build())];
    let keep = |_: &mut Config| {};
    let granted = |amount: &str, card: &str| {
        format!(
            "  grants:\n    - {{field: instrument.pan, treatment: {card}}}\n    - {{field: payment.amount, treatment: {amount}}}\n"
        )
    };
    for treatment in ["present", "band", "masked"] {
        let why = refused(limit(&granted(treatment, "token")), &valid, keep);
        let says = format!(
            "test.limit.yaml:17:42: error[W0408]: the policy grants `payment.amount` as {treatment}, and the plugin `amount-limit` is \
             written for clear (write treatment: clear)"
        );
        assert!(why.contains(&says), "{why}");
    }
    let why = refused(limit(&granted("clear", "present")), &valid, keep);
    let says = "as present, and the plugin `amount-limit` is written for token (write treatment: token, or remove the grant: then the plugin \
                is told that it is withheld)";
    assert!(why.contains(says), "{why}");
    // More than it asks for makes no difference: it gets what it asks for.
    site(&[limit(&granted("clear", "clear"))], &valid).start();
}

/// What `plugin check` finds and what a policy asks for in vain is found at the start: all of it, where it stands.
#[test]
fn every_problem_of_every_policy_is_told_with_its_place() {
    let other = weft_tests::guest::MANIFEST
        .replace("\"payment.*\"", "\"payment.refund\"")
        .replace(
            "\"field\":\"payment.amount\",\"kind\":\"money\"",
            "\"field\":\"payment.amount\",\"kind\":\"text\"",
        )
        .replace("\"name\":\"amount-limit\"", "\"name\":\"other\"");
    let plugins = [
        ("amount-limit", Guest::valid().build()),
        ("other", Guest::valid().with_manifest(other).build()),
    ];
    let settings =
        "  settings:\n    limit_minor: -1\n    methods: [NO]\n    celing:\n      EUR 1.00\n";
    let first = format!("plugin:\n  name: amount-limit\n{settings}{GRANTS}");
    let second = format!("plugin:\n  name: other\n{GRANTS}");
    let site = site(
        &[
            PolicyFile::new("test.first", "payment.authorize", &first),
            PolicyFile::new("test.second", "payment.authorize", &second),
        ],
        &plugins,
    );
    let config = site.config();
    let why = match site.start_with(config) {
        Ok(House { .. }) => panic!("it starts"),
        Err(error) => error.to_string(),
    };
    for (policy, code, says) in [
        (
            "test.first",
            "W0407",
            "the setting `limit_minor`: the value is less than 0",
        ),
        (
            "test.first",
            "W0407",
            "the setting `methods`: element 1 is true or false: an unquoted NO is false",
        ),
        (
            "test.first",
            "W0407",
            "the setting `celing`: the plugin `amount-limit` has no such setting (did you mean `ceiling`?)",
        ),
        (
            "test.second",
            "W0410",
            "is asked about `payment.authorize`, which the plugin `other` does not decide",
        ),
        (
            "test.second",
            "W0409",
            "`payment.amount` arrives as money with the treatment clear, the plugin reads text",
        ),
    ] {
        let line = why.lines().find(|line| line.contains(says));
        let line = line.unwrap_or_else(|| panic!("{says} in: {why}"));
        assert!(
            line.contains(&format!("{policy}.yaml:")) && line.contains(code),
            "{line}"
        );
        assert!(!line.contains(".yaml:1:1"), "{line}");
        // A name that is wrong is told where it stands, not where its value does.
        assert!(
            !says.contains("celing") || line.contains(":5: error["),
            "{line}"
        );
    }
}
