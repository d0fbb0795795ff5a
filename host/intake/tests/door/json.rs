//! JSON requests.

use serde_json::json;
use weft_intake::dropped::WITHHELD;
use weft_intake::limits::MAX_DROPPED_PLACES;
use weft_intake::{MediaType, Why};

use crate::house::{House, checkout};

const FULL: &str = include_str!("../../../../examples/demo/allowed.json");

/// Of 12 to 14 digits, six and four would be more than half, and both are facts.
#[test]
fn the_issuer_of_the_shortest_card_numbers_is_no_fact() {
    let house = House::new();
    for (pan, bin, last4) in [
        ("378282246310005", Some("378282"), "0005"),
        ("30569309025904", None, "5904"),
        ("4222222222222", None, "2222"),
    ] {
        let body = format!(r#"{{"operation":"a","instrument":{{"pan":"{pan}"}}}}"#);
        let request = house.json(&body);
        let fact = |name| house.fact(&request, name);
        assert_eq!(fact("instrument.bin"), bin.map(|bin| json!(bin)));
        assert_eq!(fact("instrument.last4"), Some(json!(last4)));
    }
}

/// A deployment whose issuers have eight digits says so in its dictionary.
#[test]
fn the_issuer_has_eight_digits_where_the_dictionary_says_so() {
    let house = House::with_dictionary(|text| text.replace("take: bin6", "take: bin8"));
    for (pan, bin) in [
        ("4111111111111111", Some("41111111")),
        ("378282246310005", Some("378282")),
        ("30569309025904", None),
    ] {
        let body = format!(r#"{{"operation":"a","instrument":{{"pan":"{pan}"}}}}"#);
        let request = house.json(&body);
        assert_eq!(
            house.fact(&request, "instrument.bin"),
            bin.map(|bin| json!(bin))
        );
    }
}

#[test]
fn sensitive_values_are_tokens_and_what_may_be_kept_of_them_is_there() {
    let house = House::new();
    let mut request = house.json(FULL);
    assert_eq!(request.operation, "payment.authorize");
    assert_eq!(
        request.dropped.count(),
        0,
        "secrets are skipped, not dropped"
    );
    for (name, expected) in [
        (
            "payment.amount",
            json!({"value": "27.40", "currency": "EUR"}),
        ),
        ("payer.account_country", json!("BE")),
        ("payee.account_country", json!("DE")),
        ("instrument.last4", json!("1111")),
        ("instrument.bin", json!("411111")),
        ("device.rooted", json!(false)),
        ("location.latitude", json!("51.05")),
    ] {
        assert_eq!(house.fact(&request, name), Some(expected), "{name}");
    }
    assert_eq!(
        house.behind(&mut request, "instrument.pan"),
        "4111111111111111"
    );
    assert_eq!(
        house.behind(&mut request, "payer.account"),
        "BE68539007547034"
    );
    assert_eq!(house.behind(&mut request, "payer.name"), "ines peeters");
    assert_eq!(house.fact(&request, "instrument.cvv"), None);
    assert!(request.one_time.is_empty());
}

#[test]
fn one_account_is_one_token_as_payer_and_as_payee() {
    let house = House::new();
    let request = house.json(
        r#"{"operation":"payment.authorize","payer":{"account":"be68539007547034","name":"A  B"},
            "payee":{"account":"BE68 5390 0754 7034","name":" a b "}}"#,
    );
    assert_eq!(
        house.fact(&request, "payer.account"),
        house.fact(&request, "payee.account")
    );
    assert_eq!(
        house.fact(&request, "payer.name"),
        house.fact(&request, "payee.name")
    );
}

#[test]
fn what_is_unknown_or_not_the_callers_is_dropped_and_counted() {
    let house = House::new();
    let request = house.json(
        r#"{"operation":"assist.confirm","colour":{"a":[1,2]},"payment":{"id":"p-1","state":"released","x":1},
            "evidence":{"step_up":true,"method":"app"},"session":{"role":"supervisor"},
            "instrument":{"last4":"9999"},"behaviour":{"account":{"count_1h":0}},
            "challenge":{"id":"c-1","response":"493021"},"case":null}"#,
    );
    let places: Vec<_> = (request.dropped.places().iter())
        .map(|at| (at.pointer.as_str(), at.why))
        .collect();
    assert_eq!(
        places,
        [
            ("/(withheld)", Why::Unknown),
            ("/payment/state", Why::NotTheCallers),
            ("/payment/(withheld)", Why::Unknown),
            ("/evidence/step_up", Why::NotTheCallers),
            ("/evidence/method", Why::NotTheCallers),
            ("/session/role", Why::NotTheCallers),
            ("/instrument/last4", Why::NotTheCallers),
            ("/behaviour/account/count_1h", Why::NotTheCallers),
        ]
    );
    assert_eq!(request.dropped.count(), 8);
    for name in [
        "evidence.step_up",
        "session.role",
        "payment.state",
        "instrument.last4",
    ] {
        assert_eq!(house.fact(&request, name), None, "{name}");
    }
    assert!(request.one_time.expose(|answer| answer == b"493021"));
}

#[test]
fn what_was_probably_meant_is_named() {
    let house = House::new();
    for (body, pointer, near) in [
        (
            r#""device":{"malwere":false}"#,
            "/device/malwere",
            Some("device.malware"),
        ),
        // Two slips: it could be anybody's name, and what was meant is told all the same.
        (
            r#""device":{"malwear":false}"#,
            "/device/(withheld)",
            Some("device.malware"),
        ),
        (
            r#""device":{"Rooted":false}"#,
            "/device/Rooted",
            Some("device.rooted"),
        ),
        (r#""devise":{"malware":false}"#, "/devise", Some("device")),
        (
            r#""device.malware":false"#,
            "/device.malware",
            Some("device.malware"),
        ),
        (r#""malware":false"#, "/malware", Some("device.malware")),
        (
            r#""payer":{"entryMode":"chip"}"#,
            "/payer/entryMode",
            Some("instrument.entry_mode"),
        ),
        // Two fields are called so.
        (r#""device":{"postcode":"9000"}"#, "/device/postcode", None),
        (r#""payment":{"zzz":1}"#, "/payment/(withheld)", None),
        // A caller may not say it under its right name either.
        (r#""evidence":{"stepup":true}"#, "/evidence/stepup", None),
        (
            r#""payment":{"amount":{"value":"1","currency":"EUR","exponent":2}}"#,
            "/payment/amount/(withheld)",
            None,
        ),
    ] {
        let request = house.json(&format!(r#"{{"operation":"a",{body}}}"#));
        let [at] = request.dropped.places() else {
            panic!("{body}: {:?}", request.dropped)
        };
        assert_eq!(
            (at.pointer.as_str(), at.near.as_deref()),
            (pointer, near),
            "{body}"
        );
    }
}

#[test]
fn a_name_that_could_say_something_is_withheld_and_not_too_many_are_kept() {
    let house = House::new();
    let request = house.json(
        r#"{"operation":"a","4111111111111111":1,"device":{"BE68539007547034":1,"Ines Peeters":{"a":1}},
            "payment":{"amount":{"value":"1","currency":"EUR","493021":1}}}"#,
    );
    let places: Vec<_> = request
        .dropped
        .places()
        .iter()
        .map(|at| at.pointer.clone())
        .collect();
    assert_eq!(
        places,
        [
            format!("/{WITHHELD}"),
            format!("/device/{WITHHELD}"),
            format!("/payment/amount/{WITHHELD}"),
        ]
    );
    assert_eq!(request.dropped.count(), 4);
    // Each with one slip, so each is shown.
    let fields = house
        .dictionary
        .fields()
        .filter_map(|field| field.name.split_once('.'));
    let long = fields.filter(|(section, name)| *section == "payer" && name.len() >= 5);
    let slips = long.flat_map(|(_, name)| ["x", "y", "z"].map(|end| format!(r#""{name}{end}":0"#)));
    let slips: Vec<String> = slips.collect();
    let request = house.json(&format!(
        r#"{{"operation":"a","payer":{{{}}}}}"#,
        slips.join(",")
    ));
    assert_eq!(request.dropped.count() as usize, slips.len());
    assert!(slips.len() > MAX_DROPPED_PLACES, "{}", slips.len());
    assert_eq!(request.dropped.places().len(), MAX_DROPPED_PLACES);
}

/// What people are called and where they live, as names of members, in every section.
#[test]
fn names_of_people_are_shown_in_no_place() {
    const PEOPLE: [&str; 12] = [
        "Anna-Lena-Weber",
        "Rossi",
        "Carlo",
        "Emily",
        "Stacey",
        "Stanley",
        "Malena",
        "Phoebe",
        "Chen",
        "Colin",
        "Veldstraat-12",
        "Devin",
    ];
    let house = House::new();
    let sections = house.dictionary.fields();
    let mut sections: Vec<String> = sections
        .filter_map(|field| Some(field.name.rsplit_once('.')?.0.to_owned()))
        .collect();
    sections.sort_unstable();
    sections.dedup();
    sections.push(String::new());
    for (section, name) in sections
        .iter()
        .flat_map(|one| PEOPLE.map(|name| (one, name)))
    {
        let inner = format!("{{\"{name}\":1}}");
        let parts = section.rsplit('.').filter(|part| !part.is_empty());
        let body = parts.fold(inner, |inner, part| format!("{{\"{part}\":{inner}}}"));
        let body = format!("{{\"operation\":\"a\",{}", &body[1..]);
        let dropped = house.json(&body).dropped;
        assert_eq!(dropped.count(), 1, "{body}");
        assert!(!format!("{dropped:?}").contains(name), "{dropped:?}");
    }
}

#[test]
fn the_examples_are_read() {
    let house = House::new();
    let mut read = 0;
    for entry in std::fs::read_dir(checkout().join("examples/demo")).expect("the examples") {
        let path = entry.expect("an entry").path();
        let media = match path.extension().and_then(|e| e.to_str()) {
            Some("json") => MediaType::Json,
            Some("xml") => MediaType::Xml,
            _ => continue,
        };
        let text = std::fs::read_to_string(&path).expect("an example");
        // What an answer said before stands in its place when the story is played.
        let text = text.replace("{{held.challenge.id}}", "chl_1");
        if let Err(problem) = house.read(media, &text) {
            panic!("{}: {problem}", path.display());
        }
        read += 1;
    }
    assert!(read >= 10, "{read} examples");
}

/// Body, code, pointer.
const REFUSED: &[(&str, &str, Option<&str>)] = &[
    (
        r#"{"payment":{"id":"p-1"}}"#,
        "missing-field",
        Some("/operation"),
    ),
    (
        r#"{"operation":"Pay Now"}"#,
        "invalid-value",
        Some("/operation"),
    ),
    (r#"{"operation":7}"#, "invalid-value", Some("/operation")),
    (
        r#"{"operation":"a","payment":{"amount":{"value":12.5,"currency":"EUR"}}}"#,
        "invalid-value",
        Some("/payment/amount/value"),
    ),
    (
        r#"{"operation":"a","payment":{"amount":{"value":"12.5","currency":"ABC"}}}"#,
        "invalid-value",
        Some("/payment/amount/currency"),
    ),
    (
        r#"{"operation":"a","payment":{"amount":{"value":"0.00","currency":"EUR"}}}"#,
        "invalid-value",
        Some("/payment/amount/value"),
    ),
    (
        r#"{"operation":"a","payment":{"amount":{"value":"1.001","currency":"EUR"}}}"#,
        "invalid-value",
        Some("/payment/amount/value"),
    ),
    (
        r#"{"operation":"a","payment":{"amount":{"value":"1"}}}"#,
        "invalid-value",
        Some("/payment/amount/currency"),
    ),
    (
        r#"{"operation":"a","payment":{"amount":{"value":"1","value":"2","currency":"EUR"}}}"#,
        "invalid-value",
        Some("/payment/amount/value"),
    ),
    (
        r#"{"operation":"a","payment":{"amount":"12.50 EUR"}}"#,
        "invalid-value",
        Some("/payment/amount"),
    ),
    (
        r#"{"operation":"a","payment":{"method":"cash"}}"#,
        "invalid-value",
        Some("/payment/method"),
    ),
    (
        r#"{"operation":"a","payment":{"id":""}}"#,
        "invalid-value",
        Some("/payment/id"),
    ),
    (
        r#"{"operation":"a","payment":{"id":{}}}"#,
        "invalid-value",
        Some("/payment/id"),
    ),
    (
        r#"{"operation":"a","payment":"p"}"#,
        "invalid-value",
        Some("/payment"),
    ),
    (
        r#"{"operation":"a","payment":{"created_at":"2026-01-01T10:00:00"}}"#,
        "invalid-value",
        Some("/payment/created_at"),
    ),
    (
        r#"{"operation":"a","payer":{"country":"XX"}}"#,
        "invalid-value",
        Some("/payer/country"),
    ),
    (
        r#"{"operation":"a","payer":{"country":"be"}}"#,
        "invalid-value",
        Some("/payer/country"),
    ),
    (
        r#"{"operation":"a","payer":{"account":"BE68539007547035"}}"#,
        "invalid-value",
        Some("/payer/account"),
    ),
    (
        r#"{"operation":"a","payer":{"bank":"KREDBE"}}"#,
        "invalid-value",
        Some("/payer/bank"),
    ),
    (
        r#"{"operation":"a","payer":{"phone":"0470123456"}}"#,
        "invalid-value",
        Some("/payer/phone"),
    ),
    (
        r#"{"operation":"a","payer":{"email":"nobody"}}"#,
        "invalid-value",
        Some("/payer/email"),
    ),
    (
        r#"{"operation":"a","instrument":{"pan":"4111111111111112"}}"#,
        "invalid-value",
        Some("/instrument/pan"),
    ),
    (
        r#"{"operation":"a","instrument":{"pan":4111111111111111}}"#,
        "invalid-value",
        Some("/instrument/pan"),
    ),
    (
        r#"{"operation":"a","device":{"rooted":"yes"}}"#,
        "invalid-value",
        Some("/device/rooted"),
    ),
    (
        r#"{"operation":"a","location":{"latitude":51.5}}"#,
        "invalid-value",
        Some("/location/latitude"),
    ),
    (
        r#"{"operation":"a","location":{"latitude":"1e3"}}"#,
        "invalid-value",
        Some("/location/latitude"),
    ),
    (
        r#"{"operation":"a","payment":{"id":"p-1","id":"q-1"}}"#,
        "malformed",
        Some("/payment"),
    ),
    (
        r#"{"operation":"a","location":{"latitude":"90.0001"}}"#,
        "invalid-value",
        Some("/location/latitude"),
    ),
    (
        r#"{"operation":"a","location":{"longitude":-181}}"#,
        "invalid-value",
        Some("/location/longitude"),
    ),
    (r#"{"operation":"a","zz":1,"zz":1}"#, "malformed", Some("")),
    (r#"{"operation":"a"} {}"#, "malformed", None),
    (r#"{"operation":"a""#, "malformed", None),
    ("[]", "invalid-value", Some("")),
    ("null", "invalid-value", Some("")),
    ("", "malformed", None),
    ("<Document/>", "malformed", None),
];

#[test]
fn what_a_field_does_not_take_is_refused_with_its_place_and_what_to_do() {
    let house = House::new();
    for (body, code, pointer) in REFUSED {
        let problem = house.refused(MediaType::Json, body);
        assert_eq!(
            (problem.code(), problem.where_it_is()),
            (*code, *pointer),
            "{body}"
        );
        assert!(problem.what_to_do().is_some(), "{body}");
        assert!(!problem.detail().is_empty(), "{body}");
    }
}

#[test]
fn whole_numbers_are_exact() {
    let house = House::new();
    let request = house.json(r#"{"operation":"a","location":{"latitude":51,"longitude":"-0.5"}}"#);
    assert_eq!(house.fact(&request, "location.latitude"), Some(json!("51")));
    assert_eq!(
        house.fact(&request, "location.longitude"),
        Some(json!("-0.5"))
    );
    // The ends of the earth are places.
    let ends = r#"{"operation":"a","location":{"latitude":-90,"longitude":"180.0"}}"#;
    assert!(house.read(MediaType::Json, ends).is_ok());
}

#[test]
fn a_body_has_bounds() {
    let house = House::new();
    let long = format!(
        r#"{{"operation":"a","payment":{{"id":"{}"}}}}"#,
        "x".repeat(65)
    );
    assert_eq!(
        house.refused(MediaType::Json, &long).where_it_is(),
        Some("/payment/id")
    );
    let deep = format!(
        r#"{{"operation":"a","x":{}{}}}"#,
        "[".repeat(40),
        "]".repeat(40)
    );
    assert_eq!(house.refused(MediaType::Json, &deep).code(), "malformed");
    let wide = format!(r#"{{"operation":"a","x":[{}0]}}"#, "0,".repeat(20_000));
    assert_eq!(house.refused(MediaType::Json, &wide).code(), "malformed");
    let huge = " ".repeat(weft_intake::limits::MAX_BODY_BYTES + 1);
    let problem = house.refused(MediaType::Json, &huge);
    assert_eq!((problem.code(), problem.status()), ("body-too-large", 413));
}

#[test]
fn a_problem_is_told_in_the_form_of_rfc_9457() {
    let house = House::new();
    let problem = house.refused(
        MediaType::Json,
        r#"{"operation":"a","payer":{"country":"XX"}}"#,
    );
    assert_eq!(
        problem.to_json(),
        json!({
            "type": "urn:weft:problem:invalid-value",
            "title": "A value is not valid",
            "status": 422,
            "code": "invalid-value",
            "culprit": "caller",
            "pointer": "/payer/country",
            "detail": "this is not a country",
            "help": "write the two letters of ISO 3166-1, in upper case",
        })
    );
}

#[test]
fn media_types_are_told_by_their_essence() {
    for (value, expected) in [
        ("application/json", Some(MediaType::Json)),
        ("Application/JSON; charset=utf-8", Some(MediaType::Json)),
        ("text/xml", Some(MediaType::Xml)),
        ("application/xml;charset=UTF-8", Some(MediaType::Xml)),
        ("text/plain", None),
        ("", None),
    ] {
        assert_eq!(MediaType::from_content_type(value), expected, "{value}");
    }
}
