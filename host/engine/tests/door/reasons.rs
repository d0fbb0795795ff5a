//! Two policies that call different things alike, and whose words stand where.

use std::fs;

use serde_json::Value as Json;
use weft_engine::{Ask, Role};
use weft_intake::MediaType;
use weft_verdict::Verdict;
use zeroize::Zeroizing;

use crate::house::{House, Site, agent, ask, caller, payment, service};
use crate::policies::{PolicyFile, assistance, rule};

const MILD: &str = "{code: because, title: It is a little odd, status_reason: RR04}";
const SEVERE: &str = "{code: because, title: It is fraud, status_reason: FRAD}";
const WITHOUT_CODE: &str = "{code: because, title: It is fraud}";

/// A policy that says one verdict about every payment, for `because`.
fn says(id: &str, verdict: &str) -> PolicyFile {
    let body = format!("rules:\n{}", rule("all", "true", verdict, ""));
    PolicyFile::new(id, "payment.authorize", &body)
}

/// A host whose policies describe `because` in their own way.
fn house(policies: &[(PolicyFile, &str)]) -> House {
    let site = Site::new(&assistance());
    for (policy, described) in policies {
        let text = policy.text().replace(
            "{code: because, title: Because, status_reason: FRAD}",
            described,
        );
        assert!(text.contains(described), "{text}");
        fs::write(site.policies_dir().join(policy.file_name()), text).expect("written");
    }
    site.start()
}

fn both(mild: &str, severe: &str) -> [(PolicyFile, &'static str); 2] {
    // The milder one is asked first.
    [
        (says("test.a", mild), MILD),
        (says("test.b", severe), SEVERE),
    ]
}

fn told(reasons: &Json) -> Vec<(String, String)> {
    let reasons = reasons.as_array().expect("reasons").iter();
    let said = |value: &'_ Json| value.as_str().map(str::to_owned).unwrap_or_default();
    reasons
        .map(|reason| (said(&reason["title"]), said(&reason["status_reason"])))
        .collect()
}

/// The report about one transfer.
pub(crate) async fn report(house: &House) -> String {
    let text = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn><GrpHdr><MsgId>M-1</MsgId>\
        <CreDtTm>2026-06-01T12:00:00Z</CreDtTm></GrpHdr><PmtInf><PmtInfId>P-1</PmtInfId><CdtTrfTxInf><PmtId><EndToEndId>E-1\
        </EndToEndId></PmtId><Amt><InstdAmt Ccy=\"EUR\">10.00</InstdAmt></Amt></CdtTrfTxInf></PmtInf></CstmrCdtTrfInitn></Document>";
    let ask = Ask {
        media: MediaType::Xml,
        body: Zeroizing::new(text.as_bytes().to_vec()),
        idempotency_key: None,
        trace: None,
        at: Some(house.now()),
    };
    let reply = house.engine.decide(&service(), ask).await;
    let reply = reply.unwrap_or_else(|problem| panic!("{problem}"));
    String::from_utf8(reply.body).expect("text")
}

#[tokio::test]
async fn each_policy_tells_its_reason_in_its_own_words_and_what_refuses_is_first() {
    let house = house(&both("flag", "deny"));
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    assert_eq!(view.verdict, Verdict::Deny);
    assert_eq!(view.message.as_deref(), Some("for customers of test.b"));
    let seen = serde_json::to_value(&view).expect("JSON");
    let both = [("It is fraud", "FRAD"), ("It is a little odd", "RR04")];
    let both = both.map(|(title, code)| (title.to_owned(), code.to_owned()));
    assert_eq!(told(&seen["reasons"]), both);
    for role in [Role::Regulator, Role::Supervisor] {
        let reader = caller("reader", role);
        let explained = house.engine.explanation(&reader, &view.decision).await;
        let explained = explained.unwrap_or_else(|problem| panic!("{problem}"));
        let explained = serde_json::to_value(&explained).expect("JSON");
        assert_eq!(told(&explained["reasons"]), both, "{role:?}");
    }
    let asked = house
        .decided(&agent(), &ask("assist.failed_payment", "p-1"))
        .await;
    let asked = serde_json::to_value(&asked).expect("JSON");
    let why = asked["context"]["why"].as_array().expect("why");
    let why: Vec<_> = why.iter().map(|why| told(&why["reasons"])).collect();
    assert_eq!(why, both.map(|one| vec![one]));
}

#[tokio::test]
async fn a_report_carries_the_code_of_what_refuses() {
    let house = house(&both("flag", "deny"));
    let report = report(&house).await;
    assert!(report.contains("<TxSts>RJCT</TxSts>"), "{report}");
    assert!(report.contains("<Rsn><Cd>FRAD</Cd></Rsn>"), "{report}");
    let place = |words: &str| report.find(words).unwrap_or_else(|| panic!("{report}"));
    assert!(place("It is fraud") < place("It is a little odd"));
}

#[tokio::test]
async fn a_report_carries_no_code_of_what_is_milder() {
    let house = house(&[
        (says("test.a", "flag"), MILD),
        (says("test.b", "deny"), WITHOUT_CODE),
    ]);
    let report = report(&house).await;
    assert!(report.contains("<TxSts>RJCT</TxSts>"), "{report}");
    assert!(!report.contains("<Cd>"), "{report}");
}

#[tokio::test]
async fn a_policy_that_does_not_count_lends_no_words() {
    let shadow = says("test.a", "deny").status("shadow");
    let house = house(&[(shadow, MILD), (says("test.b", "hold"), SEVERE)]);
    let view = house.decided(&service(), &payment("p-1", "27.40")).await;
    let seen = serde_json::to_value(&view).expect("JSON");
    assert_eq!(
        told(&seen["reasons"]),
        [("It is fraud".to_owned(), "FRAD".to_owned())]
    );
}

/// Within one policy, too: what fired beside it decides nothing.
#[tokio::test]
async fn a_milder_rule_of_the_same_policy_comes_after() {
    let mild = rule("mild", "true", "flag", "");
    let severe = rule("severe", "true", "deny", "").replace("because", "other");
    let body = format!("rules:\n{mild}{severe}");
    let policy = PolicyFile::new("test.a", "payment.authorize", &body);
    let house = house(&[(policy, MILD)]);
    let report = report(&house).await;
    assert!(report.contains("<TxSts>RJCT</TxSts>"), "{report}");
    assert!(!report.contains("<Cd>RR04</Cd>"), "{report}");
    let place = |words: &str| report.find(words).unwrap_or_else(|| panic!("{report}"));
    assert!(place("Another reason") < place("It is a little odd"));
}
