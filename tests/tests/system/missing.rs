//! Nothing that is missing makes a decision milder, and whoever sent the request is told what is.

use serde_json::{Value as Json, json};
use weft_tests::Host;
use weft_tests::traffic::{demo, usual};

fn reason<'r>(decision: &'r Json, code: &str) -> &'r Json {
    let reasons = decision["reasons"].as_array().expect("reasons");
    let found = reasons.iter().find(|reason| reason["code"] == code);
    found.unwrap_or_else(|| panic!("no {code} in {decision}"))
}

#[test]
fn a_payment_that_says_nothing_of_its_device_waits_and_is_told_why() {
    let host = Host::start("");
    for n in 0..6 {
        let answer = host.decide("service", &usual(&format!("usual-{n}")));
        assert_eq!(answer.json()["verdict"], "allow", "{}", answer.text());
    }
    // Left out.
    let mut silent = usual("silent");
    let device = silent["device"].as_object_mut().expect("a device");
    device.remove("malware");
    device.remove("rooted");
    let decision = host.decide("service", &silent).json();
    assert_eq!(decision["verdict"], "hold", "{decision}");
    assert_eq!(
        reason(&decision, "fact-missing")["fields"],
        json!(["device.rooted", "device.malware"])
    );
    assert!(decision.get("dropped").is_none(), "{decision}");
    // Misspelt.
    let mut misspelt = usual("misspelt");
    let device = misspelt["device"].as_object_mut().expect("a device");
    device.remove("malware");
    device.insert("malwere".to_owned(), json!(false));
    device.insert("4111111111111111".to_owned(), json!(false));
    let decision = host.decide("service", &misspelt).json();
    assert_eq!(decision["verdict"], "hold", "{decision}");
    assert_eq!(
        reason(&decision, "fact-missing")["fields"],
        json!(["device.malware"])
    );
    let dropped = &decision["dropped"];
    assert_eq!(dropped["count"], 2, "{decision}");
    let places = dropped["places"].as_array().expect("places");
    let meant = json!({
        "pointer": "/device/malwere",
        "detail": "device.malwere is not in the dictionary; did you mean device.malware?",
    });
    assert!(places.contains(&meant), "{decision}");
    assert!(!decision.to_string().contains("4111"), "{decision}");
    // The record says the same.
    let id = decision["decision"].as_str().expect("an id");
    let recorded = host.get("regulator", &format!("/v1/decisions/{id}")).json();
    assert_eq!(recorded["dropped"], decision["dropped"]);
    let findings = recorded["findings"].as_array().expect("findings");
    let malware = findings.iter().find(|f| f["policy"] == "risk.malware");
    assert_eq!(
        malware.expect("asked")["missing"],
        json!(["device.malware"])
    );
    // A card in a terminal comes from no device of the payer's.
    let mut terminal = usual("terminal");
    terminal["instrument"]["entry_mode"] = json!("chip");
    terminal
        .as_object_mut()
        .expect("a payment")
        .remove("device");
    let decision = host.decide("service", &terminal).json();
    assert_eq!(decision["verdict"], "allow", "{decision}");
}

/// A message between banks says nothing of a device, either, and names in its report what it could not say.
#[test]
fn a_bank_is_told_what_its_message_lacks_and_what_was_not_read() {
    let host = Host::start("");
    let answer = host.post(
        "service",
        "application/xml",
        demo("transfer.xml").as_bytes(),
        &[],
    );
    let report = answer.text();
    assert!(report.contains("<TxSts>PDNG</TxSts>"), "{report}");
    for line in [
        "missing: device.malware",
        "missing: device.rooted",
        "not read: /Document/*/CdtTrfTxInf[1]/ChrgBr",
    ] {
        assert!(
            report.contains(&format!("<AddtlInf>{line}</AddtlInf>")),
            "{line}: {report}"
        );
    }
}
