//! What the people of a sweep send: everything where it belongs, and everything where it does not.

use std::fs;

use serde_json::{Value as Json, json};
use weft_tests::canaries::Person;
use weft_tests::traffic::{assistance, demo, usual};
use weft_tests::{Answer, Host, project};

/// Of them so many send bodies that are too large.
const OVERSIZED: usize = 8;
/// Every so manieth payment is one at which a plugin does not come to an end.
const STALLS_EVERY: usize = 10;

/// Ways of sending something, of which the first is a payment with everything where it belongs.
const WAYS: usize = 15;
/// Ways of putting words where identifiers belong.
const WAYS_OF_WORDS: usize = 4;
/// Between the payments of the two.
const APART: usize = 1_000_000;
/// What is recorded in clear as it came: identifiers and codes.
const IN_CLEAR: [&str; 10] = [
    "payment.id",
    "payment.end_to_end_id",
    "payment.instruction_id",
    "payment.purpose",
    "payment.category_purpose",
    "payee.category",
    "payee.terminal",
    "session.id",
    "case.id",
    "challenge.id",
];

/// One of them sends something, in the way that is next.
pub(super) fn ask(host: &Host, fields: &[String], person: &Person, n: usize) -> Answer {
    match n % WAYS {
        0 => host.decide("service", &payment(person, n)),
        1 => host.decide(
            "service",
            &in_field(&fields[n / WAYS % fields.len()], &json!(person.card), n),
        ),
        2 => host.decide(
            "service",
            &in_field(&fields[n / WAYS % fields.len()], &json!(person.iban), n),
        ),
        3 => host.decide(
            "service",
            &in_field(&fields[n / WAYS % fields.len()], &json!(person.phone), n),
        ),
        4 => host.decide(
            "service",
            &in_field(
                &fields[n / WAYS % fields.len()],
                &wrong_type(person, n / WAYS),
                n,
            ),
        ),
        5 => host.decide("service", &made_up_names(person, n)),
        6 => in_headers(host, person, n),
        7 => host.get(
            "service",
            &format!("/v1/decisions/{}?q={}", person.card, person.iban),
        ),
        8 => broken(host, person, n),
        9 => host.post(
            "service",
            "application/xml",
            message(person, n).as_bytes(),
            &[],
        ),
        10 => host.post(
            "service",
            "application/xml",
            wrong_message(person, n / WAYS).as_bytes(),
            &[],
        ),
        11 => host.decide("agent", &help(person, n)),
        12 => host.decide("service", &note(person, n)),
        13 => asked_for(host, person, n),
        _ => host.decide("service", &disguised(person, n)),
    }
}

/// And puts words where identifiers belong, in the way that is next.
pub(super) fn put_words(host: &Host, person: &Person, n: usize) -> Answer {
    let turn = n / WAYS_OF_WORDS;
    match n % WAYS_OF_WORDS {
        0 => host.decide("service", &in_identifier(person, turn, n + APART)),
        1 => {
            let message = message_of_words(person, turn, n + APART);
            host.post("service", "application/xml", message.as_bytes(), &[])
        }
        2 => host.decide("agent", &in_identifier_of_a_question(person, turn, n)),
        _ => in_path(host, person, turn, n + APART),
    }
}

/// The names of all fields of the dictionary.
pub(super) fn fields() -> Vec<String> {
    let text =
        fs::read_to_string(project().join("policies/dictionary.yaml")).expect("a dictionary");
    let name = |line: &str| line.trim().strip_prefix("- name: ").map(str::to_owned);
    let fields: Vec<String> = text
        .lines()
        .filter_map(name)
        .filter(|name| name.contains('.'))
        .collect();
    assert!(fields.len() > 50, "{} fields", fields.len());
    fields
}

fn put(body: &mut Json, name: &str, value: Json) {
    let place = name.split('.').fold(body, |inner, part| &mut inner[part]);
    *place = value;
}

/// Everything where it belongs.
fn payment(person: &Person, n: usize) -> Json {
    let mut body = usual(&format!("sweep-{n}"));
    for (name, value) in [
        ("instrument.pan", &person.card),
        ("payer.account", &person.iban),
        ("payer.name", &person.name),
        ("payer.phone", &person.phone),
        ("payer.street", &person.street),
        ("payer.customer", &person.id),
        ("device.id", &person.id),
    ] {
        put(&mut body, name, json!(value));
    }
    if (n / WAYS).is_multiple_of(STALLS_EVERY) {
        put(&mut body, "payee.country", json!("NO"));
    }
    body
}

fn in_field(field: &str, value: &Json, n: usize) -> Json {
    let mut body = usual(&format!("sweep-{n}"));
    // Deeper names have sections of their own.
    let mut inner = &mut body;
    for part in field.split('.') {
        if !inner.is_object() {
            *inner = json!({});
        }
        inner = &mut inner[part];
    }
    *inner = value.clone();
    body
}

fn wrong_type(person: &Person, n: usize) -> Json {
    match n % 4 {
        0 => serde_json::from_str(&person.card).expect("a number"),
        1 => json!([person.card, person.name, person.street]),
        2 => json!({"value": person.card, "currency": person.name, &person.iban: person.id}),
        _ => json!([[person.phone], {"a": person.iban}]),
    }
}

fn made_up_names(person: &Person, n: usize) -> Json {
    let mut body = payment(person, n);
    body[&person.card] = json!(person.name);
    body[&person.name] = json!({&person.iban: person.street});
    body["payer"][&person.phone] = json!(1);
    // Without a blank they have the form of names of members.
    let street = person.street.split(' ').next().unwrap_or_default();
    let name = person.name.replace(' ', "-");
    for section in ["payer", "payment", "device", "location"] {
        body[section][street] = json!(1);
        body[section][&name] = json!({street: 1});
    }
    body["payment"]["amount"][street] = json!(1);
    body[street] = json!(1);
    body["payment"]["method"] = json!(person.street);
    body
}

/// What people call themselves and where they live, in what is recorded in clear for ever.
fn words(person: &Person, turn: usize) -> &str {
    [&person.name, &person.street, &person.id][turn % 3]
}

fn in_identifier(person: &Person, turn: usize, n: usize) -> Json {
    let field = IN_CLEAR[turn % IN_CLEAR.len()];
    let mut body = in_field(field, &json!(words(person, turn / IN_CLEAR.len())), n);
    if turn.is_multiple_of(2) {
        body["case"]["service"] = json!(person.id);
    }
    body
}

/// The same in a request for assistance, about a payment that is there.
fn in_identifier_of_a_question(person: &Person, turn: usize, n: usize) -> Json {
    let mut body = assistance(
        "assist.failed_payment",
        &format!("sweep-{}", n - n % WAYS),
        &format!("case-{n}"),
    );
    let word = json!(words(person, turn / 5));
    match turn % 5 {
        0 => body["case"]["id"] = word,
        1 => body["case"]["service"] = json!(person.id),
        2 => body["case"]["service"] = word,
        3 => body["payment"]["id"] = word,
        _ => body["session"]["id"] = word,
    }
    body
}

fn uetr(n: usize) -> String {
    format!("5d1e6a3c-0b57-4c1e-9a35-{n:012x}")
}

/// A message in which people wrote words in place of identifiers.
fn message_of_words(person: &Person, turn: usize, n: usize) -> String {
    let word = words(person, turn);
    let sound = message(person, n);
    sound
        .replace("<UETR>", &format!("<TxId>{word}</TxId><UETR>"))
        .replace(&format!(">SWEEP-{n}<"), &format!(">{word}<"))
        .replace(&format!("SWEEP-I-{n}"), word)
        .replace(&format!("SWEEP-E-{n}"), word)
        .replace(
            "<ChrgBr>SLEV</ChrgBr>",
            &format!("<Purp><Cd>{word}</Cd></Purp>"),
        )
}

/// In the path, behind it, and in the headers that belong to it.
fn in_path(host: &Host, person: &Person, turn: usize, n: usize) -> Answer {
    let word = words(person, turn);
    let escaped: String = word.replace(' ', "%20");
    match turn / 3 % 6 {
        0 => host.get("agent", &format!("/v1/decisions/{escaped}")),
        1 => host.get(
            "agent",
            &format!("/v1/decisions/{escaped}/explanation?case={escaped}"),
        ),
        2 => host.get(
            "regulator",
            &format!("/v1/log/records?case={escaped}&payment={escaped}"),
        ),
        3 => host.get("regulator", &format!("/v1/log/proofs/{escaped}")),
        4 => host.get("regulator", &format!("/v1/log/tile/{escaped}")),
        _ => {
            let body = usual(&format!("sweep-{n}")).to_string();
            let key = word.replace(' ', "_");
            let headers: &[(&str, &str)] = &[
                ("Idempotency-Key", &key),
                ("tracestate", &key),
                ("X-Request-Id", word),
                ("User-Agent", word),
                ("Referer", &escaped),
            ];
            host.post("service", "application/json", body.as_bytes(), headers)
        }
    }
}

/// Somebody asks for a value, and says others instead of names.
fn asked_for(host: &Host, person: &Person, n: usize) -> Answer {
    let right = [
        ("case", "case-1"),
        ("purpose", "call-back"),
        ("field", "payer.phone"),
        ("token", "tok_eu_phone_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ];
    let wrong = [
        &person.card,
        &person.iban,
        &person.phone,
        &person.street,
        &person.name,
        &person.id,
    ];
    let mut wish: Json = right
        .iter()
        .map(|(k, v)| ((*k).to_owned(), json!(v)))
        .collect();
    wish[right[n / WAYS % 4].0] = json!(wrong[n / 60 % wrong.len()]);
    if n.is_multiple_of(2) {
        return host.post_to("/v1/disclosures", "agent", &wish);
    }
    if (n / 30).is_multiple_of(2) {
        // Whose reason says nothing of anybody.
        let turn = n / 60;
        let mut need = json!({"case": "case-1", "payment": "sweep-1", "field": "payer.phone", "reason": "danger"});
        need[["case", "payment", "service"][turn % 3]] = json!(words(person, turn));
        return host.post_to("/v1/emergencies", "agent", &need);
    }
    let need = json!({"case": "case-1", "payment": person.card, "field": "payer.phone",
                      "reason": format!("call {} at {}", person.name, person.phone)});
    host.post_to("/v1/emergencies", "agent", &need)
}

fn in_headers(host: &Host, person: &Person, n: usize) -> Answer {
    let body = payment(person, n).to_string();
    let trace = format!("00-{}{}-{}-01", person.card, person.card, person.card);
    let texts = [&person.card, &person.name, &person.street, &person.id];
    let in_hexadecimal = trace_of(texts[n / WAYS / 5 % texts.len()]);
    let headers: &[(&str, &str)] = match n / WAYS % 5 {
        0 => &[("Idempotency-Key", &person.card)],
        3 => &[("traceparent", &in_hexadecimal)],
        1 => &[("Authorization", &person.card), ("X-Note", &person.name)],
        2 => &[
            ("traceparent", "00-"),
            ("X-Customer", &person.iban),
            ("Cookie", &person.phone),
        ],
        _ => &[
            ("traceparent", &trace),
            ("Accept", "text/plain"),
            ("X-Street", &person.street),
        ],
    };
    host.post("service", "application/json", body.as_bytes(), headers)
}

/// A trace whose identifier is a text in hexadecimal.
fn trace_of(text: &str) -> String {
    let mut octets = text.as_bytes().to_vec();
    octets.resize(16, 0);
    let id = data_encoding::HEXLOWER.encode(&octets);
    format!("00-{id}-00f067aa0ba902b7-01")
}

/// Bodies that are no JSON, or too large.
fn broken(host: &Host, person: &Person, n: usize) -> Answer {
    let body = payment(person, n).to_string();
    let bytes = match n / WAYS % 4 {
        0 => body.as_bytes()[..body.len() - 40].to_vec(),
        1 => body
            .replace(&person.name, &format!("{}\u{1}", person.name))
            .into_bytes(),
        2 => [body.as_bytes(), person.card.as_bytes()].concat(),
        _ if n / WAYS < 4 * OVERSIZED => {
            format!("{{\"a\":\"{}\"}}", person.card.repeat(80_000)).into_bytes()
        }
        _ => {
            let at = body.find(&person.name).expect("the name") + person.name.len();
            [
                &body.as_bytes()[..at],
                &[0xff, 0xfe],
                &body.as_bytes()[at..],
            ]
            .concat()
        }
    };
    host.post("service", "application/json", &bytes, &[])
}

fn message(person: &Person, n: usize) -> String {
    demo("transfer.xml")
        .replace("DEMO-MSG-1", &format!("SWEEP-{n}"))
        .replace("DEMO-INSTR-1", &format!("SWEEP-I-{n}"))
        .replace("DEMO-E2E-1", &format!("SWEEP-E-{n}"))
        .replace("5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c11", &uetr(n))
        .replace("Ines Peeters", &person.name)
        .replace("Veldstraat 12", &person.street)
        .replace("BE68539007547034", &person.iban)
}

fn wrong_message(person: &Person, n: usize) -> String {
    let sound = message(person, n);
    match n % 6 {
        0 => sound.replace(&format!("SWEEP-{n}<"), &format!("{}<", person.card)),
        1 => sound.replace("Ccy=\"EUR\"", &format!("Ccy=\"{}\"", person.card)),
        2 => sound.replace(
            "<ChrgBr>SLEV",
            &format!("<!-- {} --><ChrgBr>{}", person.name, person.iban),
        ),
        3 => sound.replace(
            "<ChrgBr>",
            &format!(
                "<x{0} a=\"{1}\">{1}</x{0}><ChrgBr>",
                person.id, person.street
            ),
        ),
        4 => sound.replace("42.50", &person.card),
        _ => sound.replace("</Document>", &person.phone),
    }
}

/// A person who works in support writes the customer's data into what is no place for it.
fn help(person: &Person, n: usize) -> Json {
    let mut body = assistance(
        "assist.failed_payment",
        &format!("sweep-{}", n - 11),
        &format!("case-{n}"),
    );
    match n / WAYS % 3 {
        0 => body["case"]["id"] = json!(person.card),
        1 => {
            body["case"]["note"] = json!(format!(
                "{} of {}, call {}",
                person.name, person.street, person.phone
            ))
        }
        _ => body["payment"]["id"] = json!(person.iban),
    }
    body
}

/// Free text, which is sensitive as a whole.
fn note(person: &Person, n: usize) -> Json {
    let mut body = usual(&format!("sweep-{n}"));
    body["payment"]["remittance"] = json!(format!(
        "for {} card {} cvv 123 iban {} tel {} id {}",
        person.name, person.card, person.iban, person.phone, person.id
    ));
    body
}

/// What no field of a message would be taken for at first sight.
fn disguised(person: &Person, n: usize) -> Json {
    let mut body = usual(&format!("sweep-{n}"));
    let full_width = |text: &str| -> String {
        text.chars()
            .map(|c| char::from_u32(c as u32 + 0xfee0).unwrap_or(c))
            .collect()
    };
    let backwards = |text: &str| text.chars().rev().collect::<String>();
    let value = match n / WAYS % 8 {
        0 => data_encoding::BASE64.encode(person.card.as_bytes()),
        1 => data_encoding::HEXLOWER.encode(person.card.as_bytes()),
        2 => full_width(&person.card),
        3 => person.card.bytes().map(|b| format!("%{b:02x}")).collect(),
        4 => backwards(&person.iban),
        5 => backwards(&person.phone),
        // One that looks like a time in microseconds is let in.
        6 if !person.card.ends_with('1') => backwards(&person.card),
        _ => format!("{}\u{200b}{}", &person.iban[..8], &person.iban[8..]),
    };
    body["payment"]["end_to_end_id"] = json!(value);
    body["session"] = json!({"id": value});
    body
}
