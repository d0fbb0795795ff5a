//! Strings in which nothing leaks, and which look as if: what the host sees all day.

use data_encoding::{BASE64, HEXLOWER};
use fastrand::Rng;
use weft_redact::luhn;

use super::{Case, digits, of, one};

type Make = fn(&mut Rng) -> String;

/// What they are, and how one is made.
pub(crate) const HARMLESS: [(&str, Make); 33] = [
    ("order ids, 6 to 11 digits", |r| {
        let count = r.usize(6..12);
        format!("order {}", nonzero(r, count))
    }),
    ("order ids, 12 to 19 digits", |r| {
        let count = r.usize(12..20);
        format!("order {}", nonzero(r, count))
    }),
    ("order ids counting up, 16 digits", |r| {
        format!("order {}", 1_000_000_000_000_000 + r.u64(..1_000_000))
    }),
    ("invoice numbers", |r| {
        format!("INV-2026-{:02}-{:06}", r.u8(1..13), r.u32(..1_000_000))
    }),
    ("timestamps, seconds", |r| {
        (1_700_000_000 + r.u64(..200_000_000)).to_string()
    }),
    ("timestamps, milliseconds", |r| {
        (1_700_000_000_000 + r.u64(..200_000_000_000)).to_string()
    }),
    ("timestamps, microseconds", |r| {
        (1_700_000_000_000_000 + r.u64(..200_000_000_000_000)).to_string()
    }),
    ("dates and times", |r| {
        format!(
            "2026-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}+02:00",
            r.u8(1..13),
            r.u8(1..29),
            r.u8(..24),
            r.u8(..60),
            r.u8(..60),
            r.u32(..1_000_000)
        )
    }),
    ("dates as people write them", |r| {
        format!(
            "from {:02}.{:02}.2026 {:02}:{:02} to {:02}/{:02}/26",
            r.u8(1..29),
            r.u8(1..13),
            r.u8(..24),
            r.u8(..60),
            r.u8(1..29),
            r.u8(1..13)
        )
    }),
    ("amounts", |r| {
        format!(
            "paid {}.{:02} EUR of {},{:03}.{:02} in {} parts",
            r.u32(..10_000),
            r.u8(..100),
            r.u32(1..1000),
            r.u32(..1000),
            r.u8(..100),
            r.u8(2..13)
        )
    }),
    ("lists of amounts", |r| {
        let amounts: Vec<String> = (0..8)
            .map(|_| format!("{}.{:02}", r.u32(1..500), r.u8(..100)))
            .collect();
        amounts.join(" ")
    }),
    ("UUIDs", |r| {
        let hex = of(r, b"0123456789abcdef", 32);
        format!(
            "{}-{}-4{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            &hex[16..20],
            &hex[20..]
        )
    }),
    ("ULIDs", |r| {
        format!("01{}", of(r, b"0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24))
    }),
    ("SHA-256 in hexadecimal", |r| hex_of(r, 32)),
    ("128 bits in hexadecimal", |r| hex_of(r, 16)),
    ("256 bits in base64", |r| {
        let bytes: Vec<u8> = (0..32).map(|_| r.u8(..)).collect();
        BASE64.encode(&bytes)
    }),
    ("words in base64", |r| {
        BASE64.encode(
            format!(
                "{{\"alg\":\"EdDSA\",\"kid\":\"{}\",\"n\":{}}}",
                of(r, b"abcdef", 6),
                r.u16(..)
            )
            .as_bytes(),
        )
    }),
    ("card numbers with a wrong check digit", |r| {
        loop {
            let number = format!("4{}", digits(r, 15));
            if !luhn(&number) {
                break number;
            }
        }
    }),
    ("IBANs with wrong check digits", |r| {
        format!("DE00{}", digits(r, 18))
    }),
    ("addresses and versions", |r| {
        format!(
            "{}.{}.{}.{}:{} v{}.{}.{}",
            r.u8(..),
            r.u8(..),
            r.u8(..),
            r.u8(..),
            r.u16(1024..),
            r.u8(..20),
            r.u8(..50),
            r.u8(..50)
        )
    }),
    ("article numbers, EAN-13", |r| {
        let body = format!(
            "{}{}",
            one(r, &["40", "54", "87", "50", "30"]),
            digits(r, 10)
        );
        let sum: u32 = body
            .bytes()
            .enumerate()
            .map(|(n, b)| u32::from(b - b'0') * if n % 2 == 0 { 1 } else { 3 })
            .sum();
        format!("EAN {body}{}", (10 - sum % 10) % 10)
    }),
    ("places", |r| {
        format!(
            "{}.{:06} {}.{:06}",
            r.u8(40..60),
            r.u32(..1_000_000),
            r.u8(..20),
            r.u32(..1_000_000)
        )
    }),
    ("decimal fractions", |r| {
        format!("seconds_sum {} {}", r.f64(), r.f64() * 1e-4)
    }),
    ("log lines", |r| {
        format!(
            "2026-06-01T12:00:{:02}.{:06}Z  INFO request{{trace={} route=\"decide\" caller=\"shop-{}\" status=200}}: weft_gateway::service: answered took_us={} records={}",
            r.u8(..60),
            r.u32(..1_000_000),
            hex_of(r, 16),
            r.u8(..),
            r.u32(100..1_000_000),
            r.u32(..10_000_000)
        )
    }),
    ("sentences", |r| {
        format!(
            "{} {} on {:02} June, order {} of {} items for {}.{:02} EUR, table {}",
            one(
                r,
                &[
                    "Customer asks about",
                    "Refund for",
                    "Second call about",
                    "Asks why he paid"
                ]
            ),
            one(
                r,
                &["the payment", "a delivery", "two tickets", "the hotel"]
            ),
            r.u8(1..31),
            r.u32(1..1_000_000),
            r.u8(1..20),
            r.u16(1..2000),
            r.u8(..100),
            r.u8(1..40)
        )
    }),
    ("notes to a payee", |r| {
        let (month, number) = (
            one(r, &["January", "mars", "Juni", "oktober", "Q3", "week 14"]),
            r.u32(1..1_000_000),
        );
        match r.u8(..6) {
            0 => format!("Rent {month} 2026, flat {}", r.u8(1..60)),
            1 => format!(
                "Rechnung {}-{number:06} vom {:02}.{:02}.2026, Kd.-Nr. {}",
                r.u16(2020..2027),
                r.u8(1..29),
                r.u8(1..13),
                nonzero(r, 7)
            ),
            2 => format!("facture {number} {month}, merci!"),
            3 => format!(
                "EREF+{}-{number} MREF+M-{} order of {:02}/{:02}/2026",
                nonzero(r, 8),
                nonzero(r, 6),
                r.u8(1..29),
                r.u8(1..13)
            ),
            4 => format!("{} tickets {month}, thanks for the call", r.u8(2..20)),
            _ => format!("Invoice {number} & {} dd {month} 26", number + 1),
        }
    }),
    ("structured communications", |r| {
        let number = r.u64(1..10_000_000_000);
        let check = match number % 97 {
            0 => 97,
            rest => rest,
        };
        let all = format!("{number:010}{check:02}");
        let (first, second, third) = (&all[..3], &all[3..7], &all[7..]);
        let around = one(r, &["+++", "***", ""]);
        format!("{around}{first}/{second}/{third}{around}")
    }),
    ("names of people and companies", |r| {
        let first = one(
            r,
            &[
                "Ines",
                "Jo\u{e3}o",
                "Zo\u{eb}",
                "Mehmet",
                "Siobh\u{e1}n",
                "Ng\u{1ecd}c",
            ],
        );
        let last = one(
            r,
            &[
                "Peeters",
                "O'Neill",
                "van der Berg",
                "Y\u{131}lmaz",
                "Mobil",
                "Cell-Ring",
            ],
        );
        match r.u8(..4) {
            0 => format!("{first} {last}"),
            1 => format!("{last} & Zn. {} B.V.", r.u16(1900..2027)),
            2 => format!("TELEFON {last} {} GmbH & Co. KG", r.u16(1..1000)),
            _ => format!("Stichting {last} {}/{}", r.u16(1..1000), r.u16(1..100)),
        }
    }),
    ("streets and postcodes", |r| {
        let street = one(
            r,
            &[
                "Veldstraat",
                "K\u{e4}rntner Ring",
                "rue du Mobile",
                "Main St",
                "Calle 14 No.",
                "Fonteinstraat",
            ],
        );
        let postcode = match r.u8(..4) {
            0 => nonzero(r, 5),
            1 => format!("{} AB", nonzero(r, 4)),
            2 => format!("{}-{}", nonzero(r, 5), digits(r, 4)),
            _ => format!("SW{}A {}AA", r.u8(1..20), r.u8(1..10)),
        };
        // Each is a field of its own.
        match r.bool() {
            true => format!("{street} {}/{}", r.u16(1..400), r.u8(1..100)),
            false => postcode,
        }
    }),
    ("numbers of 16 digits behind letters", |r| {
        format!("{}{}", one(r, &["TX", "ORD", "E2E-", "p"]), digits(r, 16))
    }),
    ("letters and digits at random", |r| {
        of(
            r,
            b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            24,
        )
    }),
    ("identifiers of upper-case letters and digits", |r| {
        of(r, b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", 20)
    }),
    ("identifiers in groups", |r| {
        let (one, two, three) = (r.usize(3..8), r.usize(3..8), r.usize(2..8));
        format!(
            "{}-{}-{}",
            nonzero(r, one),
            digits(r, two),
            digits(r, three)
        )
    }),
];

/// What callers name payments by.
const IDENTIFIERS: [(&str, Make); 12] = [
    ("identifiers: UUIDs without hyphens, upper case", |r| {
        hex_of(r, 16).to_uppercase()
    }),
    ("identifiers: SHA-1", |r| hex_of(r, 20)),
    ("identifiers: 64 octets in base64url", |r| {
        let bytes: Vec<u8> = (0..64).map(|_| r.u8(..)).collect();
        data_encoding::BASE64URL_NOPAD.encode(&bytes)
    }),
    ("identifiers: 64 octets in base64", |r| {
        let bytes: Vec<u8> = (0..64).map(|_| r.u8(..)).collect();
        BASE64.encode(&bytes)
    }),
    ("identifiers: of payment providers", |r| {
        let letters = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let (prefix, count) = [
            ("pi_3", 23),
            ("ch_3", 23),
            ("tr_", 10),
            ("PAY-", 24),
            ("psp", 16),
        ][r.usize(..5)];
        format!("{prefix}{}", of(r, letters, count))
    }),
    ("identifiers: orders of a shop", |r| {
        format!("{}-{}-{}", digits(r, 3), digits(r, 7), digits(r, 7))
    }),
    ("identifiers: creditor references", |r| {
        let body = digits(r, 12);
        // R is 27, F is 15 (ISO 11649).
        let rest = format!("{body}271500")
            .bytes()
            .fold(0, |rest, b| (rest * 10 + u64::from(b - b'0')) % 97);
        format!(
            "RF{:02} {} {} {}",
            98 - rest,
            &body[..4],
            &body[4..8],
            &body[8..]
        )
    }),
    ("identifiers: purposes of credit transfers", |r| {
        let (order, mandate) = (r.usize(8..16), r.usize(6..12));
        format!(
            "EREF+{} KREF+{}-1 SVWZ+{}",
            nonzero(r, order),
            nonzero(r, mandate),
            nonzero(r, 9)
        )
    }),
    ("identifiers: acquirer references of 23 digits", |r| {
        format!("7{}", digits(r, 22))
    }),
    ("identifiers: retrieval references of 12 digits", |r| {
        format!("RRN-{}", nonzero(r, 6))
    }),
    ("identifiers: countries and dates", |r| {
        let country = one(r, &["BE", "DE", "FR", "NL", "GB", "AT", "IE", "LU", "MT"]);
        format!(
            "{country}{:02}-2026{:02}{:02}-{}",
            r.u8(..100),
            r.u8(1..13),
            r.u8(1..29),
            digits(r, 6)
        )
    }),
    ("identifiers: times with their zone", |r| {
        format!(
            "2026-06-{:02}T{:02}:00:00+1{}:30 job {}",
            r.u8(1..29),
            r.u8(..24),
            r.u8(..3),
            nonzero(r, 6)
        )
    }),
];

/// What callers name payments by.
pub(super) fn identifiers(rng: &mut Rng, each: usize) -> Vec<Case> {
    of_kinds(rng, each, &IDENTIFIERS)
}

pub(super) fn make(rng: &mut Rng, each: usize) -> Vec<Case> {
    of_kinds(rng, each, &HARMLESS)
}

fn of_kinds(rng: &mut Rng, each: usize, kinds: &[(&'static str, Make)]) -> Vec<Case> {
    let case = |name, text| Case {
        name,
        disguise: "",
        leak: None,
        text,
    };
    let mut all = Vec::new();
    for (name, make) in kinds {
        all.extend((0..each).map(|_| case(name, make(rng))));
    }
    all
}

fn nonzero(rng: &mut Rng, count: usize) -> String {
    format!("{}{}", rng.u8(1..10), digits(rng, count - 1))
}

fn hex_of(rng: &mut Rng, count: usize) -> String {
    let bytes: Vec<u8> = (0..count).map(|_| rng.u8(..)).collect();
    HEXLOWER.encode(&bytes)
}
