//! What arrives all day arrives unaltered, however closely identifiers are looked at.

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::house::House;

const PAYMENTS: usize = 600;

/// As platforms name their payments, sessions and terminals: always the same ones.
fn identifier(n: usize, of: &str) -> String {
    let hash: String = Sha256::digest(format!("{of} {n}"))
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let number = 7919 * n % 1_000_000;
    match n % 10 {
        0 => format!(
            "{}-{}-4{}-a{}-{}",
            &hash[..8],
            &hash[8..12],
            &hash[12..15],
            &hash[15..18],
            &hash[18..30]
        ),
        1 => format!("01JD{}", hash[..22].to_uppercase()),
        2 => format!("ORD-2026-{number:06}"),
        3 => format!("{}", 30_000_000 + number),
        4 => format!("pi_3{}", &hash[..24]),
        5 => format!("INV/2026/11/{number:05}"),
        6 => format!("20261129-{number:06}"),
        7 => format!("shop:{number}:{}", n % 7),
        8 => format!("RRN-{}", 512_312_000_000 + number),
        _ => format!("TERM-{:04}/till-{}", number % 10_000, n % 30),
    }
}

#[test]
fn six_hundred_ordinary_payments_are_taken_as_they_came() {
    const NAMES: [&str; 4] = [
        "Ines Peeters",
        "João da Silva",
        "Ng\u{1ecd}c Tran",
        "O'Neill & Zn. 1987",
    ];
    const STREETS: [&str; 3] = ["Veldstraat 12", "Kärntner Ring 12/4", "Calle 14 No. 3"];
    const NOTES: [&str; 4] = [
        "Invoice 2026-000123 & 2 more",
        "Rent June 2026, flat 12",
        "+++090/9337/55493+++",
        "two tickets, thanks for the call",
    ];
    let house = House::new();
    for n in 0..PAYMENTS {
        let id = |of: &str| identifier(n, of);
        let said = [
            ("payment.id", id("payment")),
            (
                "payment.end_to_end_id",
                id("end to end").chars().take(35).collect(),
            ),
            (
                "payment.instruction_id",
                id("instruction").chars().take(35).collect(),
            ),
            ("payee.terminal", id("terminal")),
            ("session.id", id("session")),
        ];
        let hidden = [
            ("payee.name", NAMES[n % 4].to_lowercase()),
            ("payer.street", STREETS[n % 3].to_owned()),
            ("payment.remittance", NOTES[n % 4].to_owned()),
        ];
        let mut body = json!({
            "operation": "payment.authorize",
            "payment": {"amount": {"value": format!("{}.{:02}", 1 + n, n % 100), "currency": "EUR"}, "method": "credit_transfer"},
            "payer": {"account": "BE68 5390 0754 7034", "country": "BE"},
        });
        for (name, text) in said.iter().chain(&hidden) {
            let (section, name) = name.split_once('.').expect("a section");
            body[section][name] = json!(text);
        }
        let mut request = house.json(&body.to_string());
        assert_eq!(request.dropped.count(), 0, "{body}");
        for (name, text) in &said {
            assert_eq!(
                house.fact(&request, name),
                Some(Json::from(text.as_str())),
                "{name}"
            );
        }
        for (name, text) in &hidden[1..] {
            assert_eq!(house.behind(&mut request, name), *text, "{name}");
        }
    }
}
