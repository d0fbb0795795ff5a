//! A plugin from its structs to its findings.

use std::cmp::Ordering;

use serde::Deserialize;
use serde_json::json;
use weft_sdk::prelude::*;
use weft_sdk::{Failure, Plugin};

#[derive(Deserialize)]
struct Corridors {
    open: Vec<String>,
}

#[derive(Needs)]
struct Input {
    #[need("payment.amount", purpose = "fraud-prevention")]
    amount: Money,
    #[need("instrument.pan", purpose = "fraud-prevention")]
    card: Option<Token>,
    #[need("payee.country", purpose = "sanctions", treatment = "masked")]
    country: Need<String>,
    #[need("payer.account", purpose = "fraud-prevention", treatment = "present")]
    has_account: Option<bool>,
    #[need("behaviour.payer.last_seen", purpose = "fraud-prevention")]
    last_seen: Option<Instant>,
}

#[derive(Settings)]
#[settings(check = Limits::check_order)]
struct Limits {
    #[setting(
        default = 50_000,
        min = 0,
        max = 1_000_000,
        doc = "Amounts above are challenged."
    )]
    limit_minor: i64,
    /// Amounts above
    /// are held.
    #[setting(default = "1000.00 EUR", min = "1.00 EUR")]
    ceiling: Money,
    #[setting(default = "0.50", doc = "Share.")]
    share: Decimal,
    #[setting(default = "24h", min = "1h", max = "7d", doc = "Window.")]
    window: Duration,
    #[setting(default = "app-approval", one_of = ["app-approval", "one-time-code"], doc = "How.")]
    method: String,
    #[setting(default = ["EU"], one_of = ["EU", "CH"], doc = "Where.")]
    regions: Vec<String>,
    #[setting(default = r#"{"open": ["EU"]}"#, doc = "Corridors.")]
    corridors: Json<Corridors>,
    #[setting(doc = "Since when.")]
    since: Option<Instant>,
    #[setting(default = false, doc = "Whether to shout.")]
    loud: bool,
}

impl Limits {
    fn check_order(&self) -> Vec<Problem> {
        if self.ceiling.minor_units >= self.limit_minor {
            return Vec::new();
        }
        vec![Problem {
            path: "ceiling".into(),
            message: "the ceiling is below the limit".into(),
        }]
    }
}

#[derive(Reasons)]
enum Why {
    #[reason("The amount is over the \"limit\"")]
    OverLimit,
    #[reason("No card", code = "card.absent")]
    NoCard,
}

#[policy(
    operations = ["payment.authorize", "assist.*"],
    obligations = ["step-up", "disclose"],
    reasons = Why
)]
fn limits(context: &Context, limits: &Limits, input: &Input) -> Finding {
    if limits.since.is_some_and(|at| context.evaluated_at < at) {
        return Finding::abstain();
    }
    if limits.loud {
        log::warn("loud");
    }
    if matches!(input.amount.compare(&limits.ceiling), Ok(Ordering::Greater)) {
        return Finding::new(Verdict::Hold).because(Why::OverLimit, [Input::AMOUNT]);
    }
    if input.amount.minor_units > limits.limit_minor {
        return Finding::new(Verdict::Challenge)
            .risk(5_000)
            .because(Why::OverLimit, [Input::AMOUNT, Input::CARD])
            .oblige("step-up", [("method", &limits.method)]);
    }
    if input.country == Need::Withheld("not-granted".into()) {
        return Finding::new(Verdict::Flag).oblige("disclose", [("payee.country", "everything")]);
    }
    let lately = input
        .last_seen
        .is_some_and(|at| context.evaluated_at.since(at) <= limits.window);
    if input.card.is_none() && !lately && input.has_account != Some(true) {
        return Finding::new(Verdict::Flag)
            .because(Why::NoCard, [])
            .oblige("route", [("region", limits.regions[0].clone())]);
    }
    let share = Decimal::from(limits.corridors.0.open.len() as i64) * limits.share;
    Finding::abstain().risk(u16::try_from(share.mantissa()).unwrap_or(0))
}

fn small() -> weft_sdk::test::Evaluation<limits::Plugin> {
    weft_sdk::test::of::<limits::Plugin>()
        .need("payment.amount", Money::cents(1_00, "EUR"))
        .need("payer.account", true)
}

#[test]
fn the_manifest_is_what_the_structs_say() {
    let manifest: serde_json::Value = serde_json::from_str(limits::Plugin::MANIFEST).expect("JSON");
    let expected = json!({
        "schema": "weft.manifest/1",
        "name": "weft-sdk",
        "version": env!("CARGO_PKG_VERSION"),
        "operations": ["payment.authorize", "assist.*"],
        "needs": [
            {"field": "payment.amount", "kind": "money", "treatment": "clear", "purpose": "fraud-prevention",
             "required": true},
            {"field": "instrument.pan", "kind": "token", "treatment": "token", "purpose": "fraud-prevention",
             "required": false},
            {"field": "payee.country", "kind": "text", "treatment": "masked", "purpose": "sanctions",
             "required": false},
            {"field": "payer.account", "kind": "boolean", "treatment": "present",
             "purpose": "fraud-prevention", "required": false},
            {"field": "behaviour.payer.last_seen", "kind": "instant", "treatment": "clear",
             "purpose": "fraud-prevention", "required": false},
        ],
        "settings": [
            {"name": "limit_minor", "kind": "integer", "required": false, "default": 50_000, "min": 0,
             "max": 1_000_000, "doc": "Amounts above are challenged."},
            {"name": "ceiling", "kind": "money", "required": false,
             "default": {"value": "1000.00", "currency": "EUR"}, "min": {"value": "1.00", "currency": "EUR"},
             "doc": "Amounts above are held."},
            {"name": "share", "kind": "decimal", "required": false, "default": "0.50", "doc": "Share."},
            {"name": "window", "kind": "duration", "required": false, "default": "24h", "min": "1h",
             "max": "7d", "doc": "Window."},
            {"name": "method", "kind": "text", "required": false, "default": "app-approval",
             "one_of": ["app-approval", "one-time-code"], "doc": "How."},
            {"name": "regions", "kind": "texts", "required": false, "default": ["EU"],
             "one_of": ["EU", "CH"], "doc": "Where."},
            {"name": "corridors", "kind": "json", "required": false, "default": {"open": ["EU"]},
             "doc": "Corridors."},
            {"name": "since", "kind": "instant", "required": false, "doc": "Since when."},
            {"name": "loud", "kind": "boolean", "required": false, "default": false,
             "doc": "Whether to shout."},
        ],
        "reasons": [
            {"code": "over-limit", "title": "The amount is over the \"limit\""},
            {"code": "card.absent", "title": "No card"},
        ],
        "obligations": ["step-up", "disclose"],
    });
    assert_eq!(manifest, expected);
}

#[test]
fn what_is_over_the_limit_is_challenged_and_over_the_ceiling_held() {
    let challenged = small()
        .need("payment.amount", Money::cents(50_001, "EUR"))
        .evaluate();
    assert_eq!(challenged.verdict, Verdict::Challenge);
    assert_eq!(challenged.risk, Some(1_000), "no risk is over 1000");
    assert_eq!(challenged.codes(), ["over-limit"]);
    assert_eq!(challenged.reasons[0].1, [Input::AMOUNT, Input::CARD]);
    let step_up = challenged.obligation("step-up").expect("a step-up");
    assert_eq!(step_up, [("method".to_owned(), "app-approval".to_owned())]);
    let held = small()
        .need("payment.amount", Money::cents(100_001, "EUR"))
        .evaluate();
    assert_eq!(held.verdict, Verdict::Hold);
}

#[test]
fn settings_of_every_kind_reach_the_plugin() {
    let corridors = json!({"open": ["EU", "CH", "GB"]});
    let finding = small()
        .setting("corridors", corridors)
        .setting("share", Decimal::new(2, 0))
        .evaluate();
    assert_eq!(finding.risk, Some(6));
    let early = small()
        .setting("since", Instant(1_767_225_600_001))
        .setting("limit_minor", 0)
        .evaluate();
    assert_eq!(early, Finding::abstain());
    let challenged = small()
        .setting("limit_minor", 0)
        .setting("method", "app-approval")
        .evaluate();
    assert_eq!(
        challenged.obligation("step-up").expect("a step-up")[0].1,
        "app-approval"
    );
}

#[test]
fn log_lines_can_be_looked_at() {
    small().setting("loud", true).evaluate();
    let lines = weft_sdk::test::take_log();
    assert_eq!(lines, [(log::Level::Warn, "loud".to_owned())]);
    assert!(weft_sdk::test::take_log().is_empty());
}

#[test]
fn a_required_need_that_is_absent_is_a_failure() {
    let failure = weft_sdk::test::of::<limits::Plugin>().try_evaluate();
    assert_eq!(
        failure,
        Err(Failure::BadInput("`payment.amount` is not there".into()))
    );
}

#[test]
fn what_the_json_of_a_setting_lacks_is_named() {
    let problems = small().setting("corridors", json!({"opne": []})).problems();
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].path, "corridors");
    assert!(
        problems[0].message.contains("missing field `open`"),
        "{problems:?}"
    );
}

#[test]
fn relations_between_settings_are_the_plugins_own_to_check() {
    let problems = small()
        .setting("ceiling", Money::cents(1_00, "EUR"))
        .problems();
    assert_eq!(problems[0].message, "the ceiling is below the limit");
    assert!(small().problems().is_empty());
}

/// What a test that is wrong is told.
fn told(test: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(test).expect_err("the test is wrong");
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(other) => (*other.downcast::<&str>().expect("a text")).to_owned(),
    }
}

#[test]
fn a_wrong_test_is_told_what_to_do() {
    let cases: [(&str, fn()); 9] = [
        (
            "the plugin does not need `payment.amuont`; did you mean `payment.amount`?",
            || {
                let _ = small().need("payment.amuont", 1);
            },
        ),
        (
            "the need `payment.amount` is of kind money, the test gives integer; write \
             `Money::cents(100_00, \"EUR\")`",
            || {
                let _ = small().need("payment.amount", 1);
            },
        ),
        (
            "the plugin has no setting `limit`; did you mean `limit_minor`?",
            || {
                let _ = small().setting("limit", 1);
            },
        ),
        (
            "the setting `limit_minor` does not take this value: it is less than 0",
            || {
                let _ = small().setting("limit_minor", -1);
            },
        ),
        (
            "the setting `window` does not take this value: it is more than \"7d\"",
            || {
                let _ = small().setting("window", Duration::days(8));
            },
        ),
        (
            "the setting `ceiling` does not take this value: it is in another currency than its bound",
            || {
                let _ = small().setting("ceiling", Money::cents(2_00, "CHF"));
            },
        ),
        (
            "the setting `regions` does not take this value: the choices are \"EU\", \"CH\"",
            || {
                let _ = small().setting("regions", vec!["EU".to_owned(), "XX".to_owned()]);
            },
        ),
        (
            "the plugin does not decide `refund`; there are payment.authorize, assist.*",
            || {
                let _ = small().operation("refund");
            },
        ),
        (
            "the plugin refuses these settings, so no policy could use them",
            || {
                small()
                    .setting("ceiling", Money::cents(1_00, "EUR"))
                    .evaluate();
            },
        ),
    ];
    for (expected, test) in cases {
        let told = told(test);
        assert!(told.starts_with(expected), "{told}");
    }
}

#[test]
fn a_finding_that_the_host_would_not_take_fails_the_test() {
    let undeclared = told(|| {
        weft_sdk::test::of::<limits::Plugin>()
            .need("payment.amount", Money::cents(1_00, "EUR"))
            .evaluate();
    });
    assert!(
        undeclared.contains("the obligation `route`, which the plugin does not declare"),
        "{undeclared}"
    );
    let no_treatment = told(|| {
        small().withheld("payee.country", "not-granted").evaluate();
    });
    assert!(
        no_treatment.contains("an argument of `disclose` is not a treatment")
            && no_treatment.ends_with("(`payee.country`)"),
        "{no_treatment}"
    );
    let no_method = told(|| {
        small()
            .setting("limit_minor", 0)
            .setting("method", "one-time-code")
            .evaluate();
    });
    assert!(
        no_method.contains(
            "the argument `method` of `step-up` cannot have this value; write totp or out-of-band or app-approval or passkey"
        ),
        "{no_method}"
    );
}
