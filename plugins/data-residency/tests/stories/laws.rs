//! What laws say about payments, by the region of the host.

use data_residency::data_residency::Plugin;
use serde_json::json;
use weft_sdk::test::{self, Evaluation};
use weft_sdk::{Finding, Value, Verdict};

/// Domestic payments stay; of those with another country a copy has to be in India.
pub(crate) fn india() -> Value {
    corridors(json!([
        {"name": "domestic", "payer": ["IN"], "payee": ["IN"], "keep_in": ["in"], "send_to": "in"},
        {"name": "outgoing", "payer": ["IN"], "payee": ["any"], "keep_in": ["any"], "copy_in": "in"},
        {"name": "incoming", "payer": ["any"], "payee": ["IN"], "keep_in": ["any"], "copy_in": "in"},
    ]))
}

/// Processing abroad with deletion is allowed.
fn processed_abroad() -> Value {
    corridors(json!([{
        "name": "domestic", "payer": ["IN"], "payee": ["IN"], "keep_in": ["in"], "send_to": "in",
        "process_in": ["any"], "delete_after_h": 24,
    }]))
}

pub(crate) fn corridors(json: serde_json::Value) -> Value {
    Value::Json(json.to_string())
}

/// A card payment of which nothing is known yet.
fn payment(region: &str, law: Value) -> Evaluation<Plugin> {
    test::of::<Plugin>()
        .need("processing.region", region)
        .need("payment.method", "card")
        .setting("corridors", law)
}

fn from_to(region: &str, law: Value, payer: &str, payee: &str) -> Finding {
    payment(region, law)
        .need("payer.country", payer)
        .need("instrument.issuer_country", payer)
        .need("payee.country", payee)
        .evaluate()
}

/// The arguments of an obligation, `name=value`.
fn arguments(finding: &Finding, kind: &str) -> Vec<String> {
    let arguments = finding.obligation(kind).unwrap_or_default();
    arguments
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect()
}

#[test]
fn a_domestic_payment_of_india_is_sent_to_india() {
    let finding = from_to("eu", india(), "IN", "IN");
    assert_eq!(finding.verdict, Verdict::Deny);
    assert_eq!(finding.codes(), ["not-processed-here"]);
    assert_eq!(arguments(&finding, "route"), ["region=in"]);
}

#[test]
fn the_host_in_india_has_nothing_against_it() {
    let finding = from_to("in", india(), "IN", "IN");
    assert_eq!(finding, Finding::abstain());
    assert_eq!(
        from_to("IN", india(), "IN", "IN"),
        Finding::abstain(),
        "regions have no case"
    );
}

#[test]
fn of_a_payment_with_another_country_a_copy_goes_to_india() {
    for (payer, payee) in [("IN", "DE"), ("DE", "IN")] {
        let finding = from_to("eu", india(), payer, payee);
        assert_eq!(
            (finding.verdict, finding.codes()),
            (Verdict::Abstain, vec!["copy-elsewhere"])
        );
        assert_eq!(arguments(&finding, "limit"), ["copy_in=in"]);
        assert_eq!(
            from_to("in", india(), payer, payee),
            Finding::abstain(),
            "the copy is here"
        );
    }
}

#[test]
fn a_payment_that_has_nothing_to_do_with_the_country_is_not_touched() {
    assert_eq!(from_to("eu", india(), "BE", "DE"), Finding::abstain());
    assert_eq!(
        from_to("eu", india(), "XX", "ZZ"),
        Finding::abstain(),
        "codes that nobody has"
    );
}

#[test]
fn who_may_process_and_not_keep_deletes() {
    let finding = from_to("eu", processed_abroad(), "IN", "IN");
    assert_eq!(finding.verdict, Verdict::Abstain);
    assert_eq!(finding.codes(), ["not-kept-here"]);
    assert_eq!(
        arguments(&finding, "limit"),
        ["retention_h=24", "keep_in=in"]
    );
}

#[test]
fn lower_case_codes_are_the_same_countries() {
    assert_eq!(from_to("eu", india(), "in", "In").verdict, Verdict::Deny);
}

#[test]
fn any_country_of_a_side_makes_it_the_countrys_payment() {
    let domestic = |fields: [(&str, &str); 2]| {
        let payment = payment("eu", india())
            .need("payer.country", "BE")
            .need("instrument.issuer_country", "BE")
            .need("payee.country", "BE");
        let payment = fields.into_iter().fold(payment, |payment, (field, value)| {
            payment.need(field, value)
        });
        payment.evaluate().verdict
    };
    assert_eq!(
        domestic([
            ("payer.account_country", "IN"),
            ("payee.account_country", "IN")
        ]),
        Verdict::Deny
    );
    assert_eq!(
        domestic([
            ("instrument.issuer_country", "IN"),
            ("payee.bank", "HDFCINBB")
        ]),
        Verdict::Deny
    );
    assert_eq!(
        domestic([("payer.bank", "SBININBB104"), ("payee.bank", "HDFCINBB")]),
        Verdict::Deny
    );
    assert_eq!(
        domestic([("payer.bank", "KREDBEBB"), ("payee.bank", "COBADEFF")]),
        Verdict::Abstain
    );
}

#[test]
fn a_country_that_is_left_out_does_not_let_a_payment_through() {
    let nothing = payment("eu", india()).evaluate();
    assert_eq!(
        (nothing.verdict, nothing.codes()),
        (Verdict::Hold, vec!["country-unknown"])
    );
    let half = payment("eu", india())
        .need("payee.country", "IN")
        .evaluate();
    assert_eq!(half.verdict, Verdict::Hold, "perhaps a domestic payment");
    let refused = payment("eu", india())
        .setting("when_unknown", "deny")
        .evaluate();
    assert_eq!(refused.verdict, Verdict::Deny);
    let withheld = payment("eu", india())
        .withheld("payer.country", "not-granted")
        .need("payee.country", "IN");
    assert_eq!(withheld.evaluate().verdict, Verdict::Hold);
}

#[test]
fn the_side_that_is_known_may_exclude_a_corridor() {
    let law = || {
        corridors(json!([{"name": "within", "payer": ["IN"], "payee": ["IN"], "keep_in": ["in"]}]))
    };
    assert_eq!(
        payment("eu", law()).need("payee.country", "DE").evaluate(),
        Finding::abstain()
    );
    assert_eq!(
        payment("eu", law())
            .need("payer.country", "BE")
            .need("instrument.issuer_country", "BE")
            .evaluate(),
        Finding::abstain()
    );
    assert_eq!(
        payment("in", law()).evaluate(),
        Finding::abstain(),
        "in India nothing can be wrong"
    );
}

#[test]
fn a_copy_that_may_be_due_is_looked_at_and_not_made_of_everything() {
    let perhaps = payment("eu", india())
        .need("payee.country", "DE")
        .evaluate();
    assert_eq!(
        (perhaps.verdict, perhaps.codes()),
        (Verdict::Flag, vec!["copy-unknown"])
    );
    assert_eq!(perhaps.obligations, []);
    assert_eq!(
        payment("in", india()).evaluate(),
        Finding::abstain(),
        "the copy is here"
    );
    let refused = corridors(json!([
        {"name": "a copy", "payer": ["any"], "payee": ["IN"], "keep_in": ["any"], "copy_in": "in"},
        {"name": "refused", "payer": ["CN"], "payee": ["any"], "keep_in": ["cn"]},
    ]));
    let finding = payment("eu", refused)
        .need("payer.country", "CN")
        .evaluate();
    assert_eq!(
        (finding.verdict, finding.codes()),
        (Verdict::Deny, vec!["not-processed-here"]),
        "and it excuses nothing"
    );
}

#[test]
fn the_first_corridor_decides() {
    let law = corridors(json!([
        {"name": "with Singapore", "payer": ["IN"], "payee": ["SG"], "keep_in": ["in", "sg"]},
        {"name": "other countries", "payer": ["IN"], "payee": ["any"], "keep_in": ["in"], "send_to": "in"},
    ]));
    assert_eq!(from_to("sg", law.clone(), "IN", "SG"), Finding::abstain());
    assert_eq!(
        from_to("sg", law.clone(), "IN", "MY").verdict,
        Verdict::Deny
    );
    assert_eq!(from_to("sg", law, "MY", "SG"), Finding::abstain());
}

#[test]
fn a_group_stands_for_its_countries() {
    let law = corridors(json!([
        {"name": "payers in the EEA", "payer": ["EEA"], "payee": ["any"], "keep_in": ["eu", "gb"], "send_to": "eu"},
    ]));
    let pays = |region: &str, payer: &str| {
        let groups = Value::Json(json!({"EEA": ["BE", "DE", "NO"]}).to_string());
        let payment = payment(region, law.clone()).setting("groups", groups);
        let payment = payment.need("payer.country", payer);
        let payment = payment.need("instrument.issuer_country", payer);
        payment.evaluate().verdict
    };
    assert_eq!(pays("gb", "NO"), Verdict::Abstain);
    assert_eq!(pays("us", "NO"), Verdict::Deny);
    assert_eq!(pays("us", "CH"), Verdict::Abstain);
}

#[test]
fn a_refusal_without_a_place_to_go_says_so() {
    let law =
        corridors(json!([{"name": "here", "payer": ["NG"], "payee": ["any"], "keep_in": ["ng"]}]));
    let finding = from_to("eu", law, "NG", "BE");
    assert_eq!(finding.verdict, Verdict::Deny);
    assert_eq!(finding.obligations, []);
}

#[test]
fn without_a_region_there_is_no_answer() {
    let payment = test::of::<Plugin>().setting("corridors", india());
    assert!(payment.try_evaluate().is_err());
}

#[test]
fn the_same_law_stands_for_assistance() {
    let payment = payment("eu", india()).operation("assist.failed_payment");
    let finding = payment
        .need("payer.country", "IN")
        .need("payee.country", "IN")
        .evaluate();
    assert_eq!(finding.verdict, Verdict::Deny);
}
