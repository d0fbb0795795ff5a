//! Values that must be found, and the disguises in which they come.

use data_encoding::{BASE32, BASE64, BASE64URL_NOPAD, HEXLOWER};
use fastrand::Rng;
use weft_redact::luhn;

use super::{Case, Leak, digits, of, one};

type Value = fn(&mut Rng) -> (String, String);

/// The kinds; how a value is made, with what stands before it where it needs that to be known; how it can be disguised.
const KINDS: [(&str, Value, &[&[&str]]); 10] = [
    (
        "card number",
        |r| (String::new(), card(r)),
        &[SCRIPTS, ENCODINGS, GROUPS, TWO_VALUES],
    ),
    (
        "IBAN",
        |r| (String::new(), iban(r)),
        &[SCRIPTS, ENCODINGS, GROUPS],
    ),
    (
        "security code",
        |r| {
            let word = one(r, &["CVV ", "cvc: ", "cvv2 is ", "security code ", "CVV="]);
            let length = r.usize(3..=4);
            (word.to_owned(), digits(r, length))
        },
        &[SCRIPTS, ENCODINGS],
    ),
    (
        NEXT_TO_A_CARD,
        |r| {
            let between = one(r, &[" ", ", ", " 09/28 ", " exp 1128, cvv "]);
            (
                format!("{}{between}", card_of(r, "4", 16)),
                format!("{}{}", r.u8(5..10), digits(r, 2)),
            )
        },
        &[SCRIPTS],
    ),
    (
        "mailbox",
        |r| {
            let user = of(r, b"abcdefghijklmnopqrstuvwxyz0123456789._", 8);
            let host = of(r, b"abcdefghijklmnopqrstuvwxyz", 7);
            let top = one(r, &["org", "com", "co.uk", "be", "online"]);
            (String::new(), format!("u{user}x@{host}.{top}"))
        },
        &[SCRIPTS, ENCODINGS],
    ),
    (
        "phone number",
        phone,
        &[
            SCRIPTS,
            ENCODINGS,
            &["in groups", "hyphens", "no-break spaces"],
        ],
    ),
    ("national id", national, &[SCRIPTS, ENCODINGS]),
    (
        USUAL_CARD,
        |r| (String::new(), usual_card(r)),
        &[IN_IDENTIFIERS, IN_PROSE],
    ),
    ("IBAN in prose", |r| (String::new(), iban(r)), &[SIGNS]),
    (
        "phone number in prose",
        |r| (String::new(), format!("+3247{}", digits(r, 7))),
        &[SIGNS],
    ),
];
/// What most cards are.
pub(super) const USUAL_CARD: &str = "usual card number";
const NEXT_TO_A_CARD: &str = "code next to a card number";

const SCRIPTS: &[&str] = &[
    "none",
    "full width",
    "Arabic-Indic digits",
    "zero width",
    "JSON escapes",
    "percent",
    "HTML entities",
];
const ENCODINGS: &[&str] = &[
    "base64",
    "base64url in a URL",
    "base64 of JSON",
    "hexadecimal",
];
const GROUPS: &[&str] = &[
    "in groups",
    "hyphens",
    "points",
    "no-break spaces",
    "each digit apart",
    "line break",
];
const TWO_VALUES: &[&str] = &["two values"];
/// How a card number is hidden in an identifier.
const IN_IDENTIFIERS: &[&str] = &[
    "none",
    "letters glued",
    "letters behind",
    "underscores",
    "slashes",
    "brackets",
    "points",
    "each digit apart",
    "groups of five",
    "letters for digits",
    "percent twice",
    "base32",
    "UTF-16 in hexadecimal",
];
/// And in what people write.
pub(super) const IN_PROSE: &[&str] = &[
    "plus signs",
    "dots of an ellipsis",
    "words between",
    "within more digits",
    "backwards",
];
const SIGNS: &[&str] = &["colons", "commas", "bars", "asterisks"];

/// What is written into identifiers.
const GLUED: [(&str, Value, &[&[&str]]); 3] = [
    (
        "IBAN in an identifier",
        |r| (String::new(), iban(r)),
        &[SIGNS_WITHIN, SHORT_GROUPS],
    ),
    (
        "plus number in an identifier",
        |r| (String::new(), format!("+3247{}", digits(r, 7))),
        &[SIGNS_WITHIN],
    ),
    (
        "national id with its word",
        told,
        &[&["none", "signs before"]],
    ),
];
const SIGNS_WITHIN: &[&str] = &[
    "none",
    "letters glued",
    "letters behind",
    "underscores",
    "slashes",
    "brackets",
    "points",
    "groups of five",
    "plus signs",
    "percent twice",
];
const SHORT_GROUPS: &[&str] = &["groups of two", "groups of three"];

pub(super) fn make(rng: &mut Rng, each: usize) -> Vec<Case> {
    of_kinds(rng, each, &KINDS)
}

/// As callers put them into identifiers.
pub(super) fn in_identifiers(rng: &mut Rng, each: usize) -> Vec<Case> {
    of_kinds(rng, each, &GLUED)
}

fn of_kinds(
    rng: &mut Rng,
    each: usize,
    kinds: &[(&'static str, Value, &[&[&'static str]])],
) -> Vec<Case> {
    let mut all = Vec::new();
    for (name, make, disguises) in kinds {
        for disguise in disguises.iter().copied().flatten() {
            all.extend((0..each).map(|_| {
                let (before, value) = make(rng);
                case(rng, name, disguise, &before, value)
            }));
        }
    }
    all
}

fn case(
    rng: &mut Rng,
    name: &'static str,
    disguise: &'static str,
    before: &str,
    value: String,
) -> Case {
    let disguised = disguised(rng, before, &value, disguise);
    let (start, end) = (
        one(
            rng,
            &[
                "",
                "customer says ",
                "note: ",
                "please use ",
                "{\"note\":\"",
                "WARN retry of ",
            ],
        ),
        one(
            rng,
            &["", ".", " thanks", ", call back", "\"}", " (see case 12)"],
        ),
    );
    let least = if name == NEXT_TO_A_CARD { 2 } else { 1 };
    Case {
        name,
        disguise,
        leak: Some(Leak { value, least }),
        text: format!("{start}{disguised}{end}"),
    }
}

/// A card number or an IBAN, without disguise.
pub(super) fn number(rng: &mut Rng) -> String {
    if rng.bool() { card(rng) } else { iban(rng) }
}

pub(super) fn card(rng: &mut Rng) -> String {
    let (first, length) = [
        ("4", 16),
        ("4", 16),
        ("51", 16),
        ("54", 16),
        ("2221", 16),
        ("2700", 16),
        ("34", 15),
        ("37", 15),
        ("36", 14),
        ("6011", 16),
        ("65", 16),
        ("3528", 16),
        ("62", 16),
        ("62", 19),
        ("4", 19),
        ("5018", 13),
        ("6759", 12),
        ("6304", 18),
        ("2202", 16),
        ("8171", 16),
        ("508500", 16),
        ("9792", 16),
    ][rng.usize(..22)];
    card_of(rng, first, length)
}

/// What most cards are.
pub(super) fn usual_card(rng: &mut Rng) -> String {
    let first = one(rng, &["4", "4", "51", "54", "2221", "6011", "3528"]);
    card_of(rng, first, 16)
}

fn card_of(rng: &mut Rng, first: &str, length: usize) -> String {
    let body = digits(rng, length - first.len() - 1);
    let check = ('0'..='9').find(|check| luhn(&format!("{first}{body}{check}")));
    format!("{first}{body}{}", check.unwrap_or('0'))
}

pub(super) fn iban(rng: &mut Rng) -> String {
    let (country, form) = [
        ("DE", "dddddddddddddddddd"),
        ("BE", ""),
        ("GB", "LLLLdddddddddddddd"),
        ("NL", "LLLLdddddddddd"),
        ("AT", "dddddddddddddddd"),
        ("CH", "ddddddddddddddddd"),
        ("PL", "dddddddddddddddddddddddd"),
        ("IE", "LLLLdddddddddddddd"),
        ("LU", "dddddddddddddddd"),
        ("MT", "LLLLddddddddddddddddddddddd"),
    ][rng.usize(..10)];
    let bban: String = match country {
        // National check digits count there, too.
        "BE" => {
            let body = digits(rng, 10);
            let rest = body.parse::<u64>().unwrap_or_default() % 97;
            format!("{body}{:02}", if rest == 0 { 97 } else { rest })
        }
        _ => form
            .chars()
            .map(|c| {
                if c == 'd' {
                    char::from(b'0' + rng.u8(0..10))
                } else {
                    char::from(b'A' + rng.u8(0..26))
                }
            })
            .collect(),
    };
    let rest = format!("{bban}{country}00")
        .bytes()
        .fold(0u64, |rest, b| match b {
            b'0'..=b'9' => (rest * 10 + u64::from(b - b'0')) % 97,
            _ => (rest * 100 + u64::from(b - b'A') + 10) % 97,
        });
    format!("{country}{:02}{bban}", 98 - rest)
}

fn phone(rng: &mut Rng) -> (String, String) {
    let national = digits(rng, 8);
    match rng.usize(..5) {
        0 | 1 => (
            String::new(),
            format!(
                "+{}{national}",
                one(rng, &["3247", "4917", "447", "3361", "919", "2547", "551"])
            ),
        ),
        2 => (
            String::new(),
            format!("00{}{national}", one(rng, &["3247", "4917", "447"])),
        ),
        3 => (
            one(rng, &["tel ", "call me: ", "mobile ", "phone no. "]).to_owned(),
            format!("0{}{national}", one(rng, &["4", "17", "7"])),
        ),
        _ => (
            String::new(),
            format!("0{}/{national}", one(rng, &["470", "176", "171"])),
        ),
    }
}

fn national(rng: &mut Rng) -> (String, String) {
    let born = born(rng);
    let kind = rng.usize(..8);
    national_of(rng, kind, born)
}

/// Year, month and day.
pub(super) fn born(rng: &mut Rng) -> (u32, u32, u32) {
    (rng.u32(50..100), rng.u32(1..13), rng.u32(1..29))
}

/// Of one of eight kinds, and of somebody who was born that day.
pub(super) fn national_of(
    rng: &mut Rng,
    kind: usize,
    (year, month, day): (u32, u32, u32),
) -> (String, String) {
    let none = String::new;
    match kind {
        0 => {
            let body = format!("{year:02}{month:02}{day:02}{:03}", rng.u32(1..998));
            let check = 97 - body.parse::<u64>().unwrap_or_default() % 97;
            (none(), format!("{body}{check:02}"))
        }
        1 => {
            let body = format!("{}{year:02}{month:02}{}", rng.u32(1..3), digits(rng, 8));
            let check = 97 - body.parse::<u64>().unwrap_or_default() % 97;
            (none(), format!("{body}{check:02}"))
        }
        2 => {
            let number = rng.usize(10_000_000..99_999_999);
            let letter = b"TRWAGMYFPDXBNJZSQVHLCKE"[number % 23];
            (none(), format!("{number}{}", char::from(letter)))
        }
        3 => (
            none(),
            format!(
                "{:03}-{:02}-{:04}",
                rng.u32(1..660),
                rng.u32(1..100),
                rng.u32(1..10_000)
            ),
        ),
        4 => (
            none(),
            format!(
                "{}{}{}",
                one(rng, &["AB", "CE", "JK", "SW"]),
                digits(rng, 6),
                one(rng, &["A", "B", "C", "D"])
            ),
        ),
        5 => (
            none(),
            format!(
                "{}P{}{}{}",
                of(rng, b"ABCDEFGH", 3),
                of(rng, b"ABCDEFGH", 1),
                digits(rng, 4),
                of(rng, b"ABCDEFGH", 1)
            ),
        ),
        6 => (
            one(
                rng,
                &["BSN ", "pesel: ", "SSN ", "passport no. ", "national id "],
            )
            .to_owned(),
            digits(rng, 9),
        ),
        _ => (
            one(rng, &["passport ", "id card "]).to_owned(),
            format!("{}{}", of(rng, b"CEFGHJK", 2), digits(rng, 7)),
        ),
    }
}

/// A number in the form of its country, behind the word that says what it is.
fn told(rng: &mut Rng) -> (String, String) {
    let (word, form) = [
        ("SSN", "ddd-dd-dddd"),
        ("rijksregisternummer", "dd.dd.dd-ddd.dd"),
        ("NINO", "ABddddddC"),
        ("BSN", "ddddddddd"),
        ("PESEL", "ddddddddddd"),
        ("passport", "CFddddddd"),
        ("DNI", "ddddddddZ"),
        ("aadhaar", "dddd dddd dddd"),
    ][rng.usize(..8)];
    let value = form.chars().map(|c| match c {
        'd' => char::from(b'0' + rng.u8(0..10)),
        c => c,
    });
    let value = value.collect();
    (
        format!("{word}{}", one(rng, &[" ", "-", ":", "_", "/"])),
        value,
    )
}

/// The text with the value in it. What is before the value goes into encodings with it.
fn disguised(rng: &mut Rng, before: &str, value: &str, disguise: &str) -> String {
    let whole = || format!("{before}{value}");
    let each = |form: &dyn Fn(char) -> String| {
        format!("{before}{}", value.chars().map(form).collect::<String>())
    };
    let fours = |between: &str| {
        let bytes: Vec<char> = value.chars().filter(|c| *c != '/').collect();
        let sizes: &[usize] = match (value.len(), value.starts_with('3')) {
            (15, true) => &[4, 6, 5],
            (14, true) => &[4, 6, 4],
            _ => &[4; 9],
        };
        let mut at = 0;
        let groups = sizes.iter().map_while(|size| {
            let end = (at + size).min(bytes.len());
            let group = (at < end).then(|| bytes[at..end].iter().collect::<String>());
            at = end;
            group
        });
        format!("{before}{}", groups.collect::<Vec<_>>().join(between))
    };
    match disguise {
        "in groups" => fours(" "),
        "hyphens" => fours("-"),
        "points" => fours("."),
        "no-break spaces" => fours("\u{a0}"),
        "line break" => fours("\n"),
        "underscores" => fours("_"),
        "slashes" => fours("/"),
        "brackets" => format!("({})", fours(") (")),
        "plus signs" => fours("+"),
        "dots of an ellipsis" => fours("\u{2026}"),
        "words between" => fours(one(rng, &[" and ", " then ", " und "])),
        "colons" => fours(":"),
        "commas" => fours(one(rng, &[",", ", "])),
        "bars" => fours("|"),
        "asterisks" => fours("*"),
        "letters glued" => format!("{}{}x", one(rng, &["x", "ref", "Visa", "card"]), whole()),
        "letters behind" => format!("{}{}", whole(), one(rng, &["EUR", "x", "exp12/28"])),
        "groups of five" => {
            let fives = value.as_bytes().chunks(5).map(String::from_utf8_lossy);
            format!(
                "{before}{}",
                fives.collect::<Vec<_>>().join(one(rng, &[" ", "-", "."]))
            )
        }
        "groups of two" | "groups of three" => {
            let size = if disguise.ends_with("two") { 2 } else { 3 };
            let groups = value.as_bytes().chunks(size).map(String::from_utf8_lossy);
            let between = one(rng, &["-", "_", "."]);
            let (country, rest) = value.split_at(4);
            let rest = rest.as_bytes().chunks(size).map(String::from_utf8_lossy);
            match size {
                2 => format!(
                    "{country}{between}{}",
                    rest.collect::<Vec<_>>().join(between)
                ),
                _ => groups.collect::<Vec<_>>().join(between),
            }
        }
        "signs before" => format!("ref #{}", whole()),
        "letters for digits" => each(&|c| match c {
            '0' => if value.ends_with(['0', '2', '4']) {
                "O"
            } else {
                "o"
            }
            .to_owned(),
            '1' => if value.ends_with(['0', '2', '4']) {
                "l"
            } else {
                "I"
            }
            .to_owned(),
            c => c.into(),
        }),
        "within more digits" => match rng.bool() {
            true => format!("{}{value}", digits(rng, 2)),
            false => format!("{value}{}", digits(rng, 3)),
        },
        "backwards" => value.chars().rev().collect(),
        "percent twice" => each(&|c| format!("%25{:02X}", c as u32)),
        "base32" => BASE32.encode(whole().as_bytes()),
        "UTF-16 in hexadecimal" => {
            let octets: Vec<u8> = whole().encode_utf16().flat_map(u16::to_le_bytes).collect();
            HEXLOWER.encode(&octets)
        }
        "each digit apart" => {
            let spaced: Vec<String> = value.chars().map(String::from).collect();
            format!("{before}{}", spaced.join(" "))
        }
        "full width" => each(&|c| char::from_u32(c as u32 + 0xfee0).unwrap_or(c).into()),
        "Arabic-Indic digits" => each(&|c| match c.to_digit(10) {
            Some(digit) => char::from_u32(0x660 + digit).unwrap_or(c).into(),
            None => c.into(),
        }),
        "zero width" => each(&|c| format!("{c}\u{200b}")),
        "JSON escapes" => each(&|c| format!("\\u{:04x}", c as u32)),
        "percent" => each(&|c| format!("%{:02X}", c as u32)),
        "HTML entities" => each(&|c| format!("&#{};", c as u32)),
        "base64" => format!("{} ", BASE64.encode(whole().as_bytes())),
        "base64url in a URL" => format!(
            "https://example.org/?q={}&n=1",
            BASE64URL_NOPAD.encode(format!("id={} ", whole()).as_bytes())
        ),
        "base64 of JSON" => {
            BASE64.encode(format!("{{\"n\":{},\"v\":\"{}\"}}", rng.u8(..), whole()).as_bytes())
        }
        "hexadecimal" => HEXLOWER.encode(whole().as_bytes()),
        "two values" => {
            let half = value.len() / 2;
            format!("a=\"{}\" b=\"{}\"", &value[..half], &value[half..])
        }
        _ => whole(),
    }
}
