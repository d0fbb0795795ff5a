//! What customers write as they like: without what does not belong there, and otherwise as it came.

use weft_intake::{MediaType, Why};

use crate::house::House;

const CARD: &str = "4111111111111111";
const IBAN: &str = "BE68 5390 0754 7034";

fn body(section: &str, name: &str, text: &str) -> String {
    let text = serde_json::Value::from(text);
    let payment = r#""id":"p-1","amount":{"value":"12.50","currency":"EUR"}"#;
    match section {
        "payment" => format!(
            r#"{{"operation":"payment.authorize","payment":{{{payment},"{name}":{text}}},"payer":{{"account":"DE89370400440532013000"}}}}"#
        ),
        _ => format!(
            r#"{{"operation":"payment.authorize","payment":{{{payment}}},"{section}":{{"{name}":{text}}}}}"#
        ),
    }
}

#[test]
fn what_leads_to_a_person_is_covered_before_it_is_sealed_and_its_place_is_told() {
    let house = House::new();
    for (section, name, text, kept) in [
        (
            "payment",
            "remittance",
            format!(
                "rent, card {CARD} cvv 123, iban {IBAN}, call +32470998877 or mail x@example.org"
            ),
            "rent, card [covered] cvv [covered], iban [covered], call [covered] or mail [covered]",
        ),
        ("payer", "name", format!("Ines {CARD}"), "ines [covered]"),
        ("payee", "name", format!("Shop {IBAN}"), "shop [covered]"),
        (
            "payer",
            "street",
            "Veldstraat 12, tel 0470 12 34 56".to_owned(),
            "Veldstraat 12, tel [covered]",
        ),
        ("payee", "postcode", CARD.to_owned(), "[covered]"),
        ("payer", "birth_date", "cvv 123".to_owned(), "cvv [covered]"),
    ] {
        let mut request = house.json(&body(section, name, &text));
        assert_eq!(
            house.behind(&mut request, &format!("{section}.{name}")),
            kept
        );
        let [place] = request.dropped.places() else {
            panic!("one place")
        };
        assert_eq!(place.pointer, format!("/{section}/{name}"));
        assert_eq!(place.why, Why::Covered);
    }
}

/// Half of it in a name, half in a note.
#[test]
fn a_number_over_two_texts_is_covered_in_both() {
    let house = House::new();
    let body = r#"{"operation":"payment.authorize","payment":{"id":"p-1","amount":{"value":"12.50","currency":"EUR"},"remittance":"56789015 thanks"},"payee":{"name":"Ali 49291234"}}"#;
    let mut request = house.json(body);
    assert_eq!(house.behind(&mut request, "payee.name"), "ali [covered]");
    assert_eq!(
        house.behind(&mut request, "payment.remittance"),
        "[covered] thanks"
    );
    let mut places: Vec<&str> = (request.dropped.places().iter())
        .map(|place| place.pointer.as_str())
        .collect();
    places.sort_unstable();
    assert_eq!(places, ["/payee/name", "/payment/remittance"]);
}

/// The same from a message of ISO 20022.
#[test]
fn a_message_of_banks_is_no_way_around() {
    let house = House::new();
    let message = include_str!("../../../../examples/demo/transfer.xml");
    let ends = message.find("</CdtTrfTxInf>").expect("a transfer");
    let note = format!("<RmtInf><Ustrd>rent {CARD} cvv 123</Ustrd></RmtInf>");
    let message = format!("{}{note}{}", &message[..ends], &message[ends..]);
    let read = house.read(MediaType::Xml, &message);
    let mut read = read.unwrap_or_else(|problem| panic!("{problem}"));
    let note = house.behind(&mut read.requests[0], "payment.remittance");
    assert_eq!(note, "rent [covered] cvv [covered]");
}

#[test]
fn what_has_nothing_of_it_stays_byte_for_byte() {
    let house = House::new();
    for (section, name, text) in [
        (
            "payment",
            "remittance",
            "Invoice 2026-000123 & 2 more,  +++090/9337/55493+++",
        ),
        (
            "payment",
            "remittance",
            "Miete Juni 2026 · Wohnung 12 (3. Stock)",
        ),
        ("payer", "street", "Kärntner Ring 12/4"),
        ("payer", "postcode", "10115-1234"),
        ("payer", "birth_date", "1980-01-02"),
        ("instrument", "expiry", "2027-08"),
        ("device", "ip", "192.168.100.200"),
        ("device", "ip", "2001:4860:4860:0000:0000:0000:0000:8888"),
        // An identifier is what its service says that it is.
        ("payer", "customer", CARD),
        ("device", "id", "ines@example.org"),
    ] {
        let mut request = house.json(&body(section, name, text));
        assert_eq!(
            house.behind(&mut request, &format!("{section}.{name}")),
            text
        );
        assert_eq!(request.dropped.count(), 0, "{text}");
    }
}
