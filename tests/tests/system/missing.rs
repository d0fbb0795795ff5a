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
    let mut silent = usual("silent-1");
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
    let mut misspelt = usual("misspelt-1");
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
    let mut terminal = usual("terminal-1");
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

/// An IBAN of Belgium with the check digits of its number (ISO 13616; modulus 97).
fn account(n: u64) -> String {
    let number = 5_390_000_000 + n;
    let national = format!("{number:010}{:02}", (number % 97 + 96) % 97 + 1);
    let digits: u64 = national.parse().expect("digits");
    // B is 11 and E is 14.
    let check = 98 - (digits % 97 * 1_000_000 + 111_400) % 97;
    format!("BE{check:02}{national}")
}

/// Another customer's payment.
fn of_another(n: u64) -> Json {
    let mut payment = usual(&format!("other-{n}"));
    payment["payer"] = json!({"account": account(n), "country": "BE"});
    payment["instrument"]["pan"] = json!("5555555555554444");
    payment["device"]["id"] = json!(format!("another-{n}"));
    payment
}

/// Of the known customer, from a device that is new to them, across the border.
fn suspicious(id: &str) -> Json {
    let mut payment = usual(id);
    payment["device"]["id"] = json!("farm");
    payment["location"] =
        json!({"country": "FR", "city": "Lille", "latitude": "50.63", "longitude": "3.06"});
    payment
}

fn without(mut payment: Json, group: &str, field: &str) -> Json {
    let facts = payment[group].as_object_mut().expect("a group");
    facts.remove(field).expect("it was there");
    payment
}

/// It waits, and these are among its reasons.
fn waits_for(host: &Host, payment: &Json, codes: &[&str]) -> u64 {
    let decision = host.decide("service", payment).json();
    assert_eq!(decision["payment"]["state"], "pending", "{decision}");
    for code in codes {
        reason(&decision, code);
    }
    let id = decision["decision"].as_str().expect("an id");
    let recorded = host.get("regulator", &format!("/v1/decisions/{id}")).json();
    recorded["risk"].as_u64().expect("a score")
}

/// Whoever leaves out what counts against a payment has its points all the same, and is told what is missing.
#[test]
fn a_payment_that_waits_is_not_released_by_leaving_a_fact_out() {
    let host = Host::start("");
    for n in 0..6 {
        let answer = host.decide("service", &usual(&format!("usual-{n}")));
        assert_eq!(answer.json()["verdict"], "allow", "{}", answer.text());
    }
    // A device of many, then a card of many.
    for n in 0..80 {
        let mut payment = without(of_another(n), "instrument", "pan");
        payment["device"]["id"] = json!("farm");
        host.decide("service", &payment);
    }
    let device = suspicious("device-1");
    let all = waits_for(&host, &device, &["device-new", "velocity-device"]);
    for (group, field, code) in [
        ("device", "id", "device-unknown"),
        ("payee", "account", "payee-unknown"),
        ("instrument", "pan", "card-unknown"),
    ] {
        let mut payment = without(device.clone(), group, field);
        payment["payment"]["id"] = json!(format!("device-without-{field}-1"));
        assert!(waits_for(&host, &payment, &[code]) >= all, "{field}");
    }

    for n in 100..140 {
        host.decide("service", &of_another(n));
    }
    let mut card = suspicious("card-1");
    card["device"]["id"] = json!("new");
    card["instrument"]["pan"] = json!("5555555555554444");
    let all = waits_for(&host, &card, &["device-new", "velocity-card"]);
    let mut payment = without(card, "instrument", "pan");
    payment["payment"]["id"] = json!("card-without-pan-1");
    assert!(waits_for(&host, &payment, &["card-unknown"]) >= all);

    // Many pay somebody who is no merchant.
    let transfer = |mut payment: Json| {
        payment["payment"]["method"] = json!("credit_transfer");
        payment["payee"] = json!({"account": "NL91ABNA0417164300", "country": "NL"});
        let parts = payment.as_object_mut().expect("a payment");
        parts.remove("instrument").expect("a card");
        payment
    };
    for n in 200..270 {
        host.decide("service", &transfer(of_another(n)));
    }
    let mut mule = transfer(suspicious("mule-1"));
    mule["device"]["id"] = json!("new");
    let all = waits_for(&host, &mule, &["device-new", "payee-new", "payee-burst"]);
    for (group, field, code) in [
        ("device", "id", "device-unknown"),
        ("payee", "account", "payee-unknown"),
    ] {
        let mut payment = without(mule.clone(), group, field);
        payment["payment"]["id"] = json!(format!("mule-without-{field}-1"));
        assert!(waits_for(&host, &payment, &[code]) >= all, "{field}");
    }
}

/// The kind of a payment says what is missed of it. One that does not say its kind is told so, whatever else it is told.
#[test]
fn a_payment_that_does_not_say_its_kind_is_told_so() {
    let host = Host::start("");
    for n in 0..6 {
        host.decide("service", &usual(&format!("usual-{n}")));
    }
    let codes = |id: &str, payment: Json| -> Vec<String> {
        let mut payment = payment;
        payment["payment"]["id"] = json!(format!("{id}-1"));
        let decision = host.decide("service", &payment).json();
        let reasons = decision["reasons"].as_array().cloned().unwrap_or_default();
        let codes = reasons.iter().filter_map(|reason| reason["code"].as_str());
        codes.map(str::to_owned).collect()
    };
    let has = |codes: &[String], code: &str| codes.iter().any(|one| one == code);
    let whole = codes("whole", usual(""));
    assert!(!has(&whole, "method-unknown") && !has(&whole, "entry-mode-unknown"));
    let no_method = codes("no-method", without(usual(""), "payment", "method"));
    assert!(has(&no_method, "method-unknown"), "{no_method:?}");
    assert!(!has(&no_method, "entry-mode-unknown"), "{no_method:?}");
    let no_mode = codes("no-mode", without(usual(""), "instrument", "entry_mode"));
    assert!(has(&no_mode, "entry-mode-unknown"), "{no_mode:?}");
}
