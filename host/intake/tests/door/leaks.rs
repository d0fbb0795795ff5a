//! Whatever a body has become on its way, nothing of what is in it is in a problem, and nothing panics.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use weft_intake::iso::Status;
use weft_intake::{DroppedAt, MediaType, Problem, TransactionStatus, Why};
use zeroize::Zeroizing;

use crate::house::House;

const JSON: &str = include_str!("../../../../examples/demo/allowed.json");
const XML: &str = include_str!("../../../../examples/demo/transfer.xml");
/// Planted wherever a mutation lets it be; numbers for tests that pass the check of ISO/IEC 7812.
const PLANTED: [&str; 3] = [
    "4929123456789015",
    "4111111111111111",
    "4929 1234 5678 9015",
];

/// Bytes that mean something in JSON or XML.
const TOKENS: [&str; 24] = [
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\\",
    "\\u0000",
    "\\ud800",
    "null",
    "-1e999",
    "<",
    ">",
    "</a>",
    "&",
    "&#0;",
    "&x;",
    "<![CDATA[",
    "<!DOCTYPE",
    "<?",
    "\u{0}",
    "ü",
    "\u{202e}",
];

#[derive(Debug, Clone)]
enum Mutation {
    Cut(usize, usize),
    Repeat(usize, usize),
    Byte(usize, u8),
    Token(usize, usize),
    Plant(usize, usize),
    PlantValue(usize, usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = 0..4096_usize;
    prop_oneof![
        (at.clone(), 1..64_usize).prop_map(|(a, n)| Mutation::Cut(a, n)),
        (at.clone(), 1..64_usize).prop_map(|(a, n)| Mutation::Repeat(a, n)),
        (at.clone(), any::<u8>()).prop_map(|(a, b)| Mutation::Byte(a, b)),
        (at.clone(), 0..TOKENS.len()).prop_map(|(a, t)| Mutation::Token(a, t)),
        (at.clone(), 0..PLANTED.len()).prop_map(|(a, p)| Mutation::Plant(a, p)),
        (at, 0..PLANTED.len()).prop_map(|(a, p)| Mutation::PlantValue(a, p)),
    ]
}

fn apply(body: &mut Vec<u8>, mutation: &Mutation) {
    let length = body.len().max(1);
    let insert = |body: &mut Vec<u8>, at: usize, text: &[u8]| {
        let at = at.min(body.len());
        body.splice(at..at, text.iter().copied());
    };
    match *mutation {
        Mutation::Cut(at, count) => {
            let at = at % length;
            body.drain(at.min(body.len())..(at + count).min(body.len()));
        }
        Mutation::Repeat(at, count) => {
            let at = (at % length).min(body.len());
            let piece = body[at..(at + count).min(body.len())].to_vec();
            insert(body, at, &piece);
        }
        Mutation::Byte(at, byte) => {
            if let Some(place) = body.get_mut(at % length) {
                *place = byte;
            }
        }
        Mutation::Token(at, token) => insert(body, at % length, TOKENS[token].as_bytes()),
        Mutation::Plant(at, which) => insert(body, at % length, PLANTED[which].as_bytes()),
        // In place of a whole text, so that the body is still well-formed.
        Mutation::PlantValue(at, which) => {
            let is_edge = |b: &u8| matches!(b, b'"' | b'<' | b'>');
            let at = (at % length).min(body.len());
            let start = body[..at].iter().rposition(is_edge).map_or(0, |p| p + 1);
            let end = body[at..]
                .iter()
                .position(is_edge)
                .map_or(body.len(), |p| at + p);
            body.splice(start..end, PLANTED[which].bytes());
        }
    }
}

/// Everything that a caller or a log may see of a problem.
fn shown(problem: &Problem) -> String {
    format!("{problem} {problem:?} {}", problem.to_json())
}

fn leaks(shown: &str) -> bool {
    let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
    let whole = [
        "4929123456789015",
        "4111111111111111",
        "53900754",
        "370400440532",
    ];
    let words = [
        "Peeters",
        "Veldstraat",
        "Groenten",
        "KREDBEBB",
        "+3247",
        "DEMO-",
        "demo-",
    ];
    whole.iter().any(|n| digits.contains(n)) || words.iter().any(|w| shown.contains(w))
}

/// The same bodies in every run.
fn runner(seed: u8, cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(
        config,
        TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]),
    )
}

fn check(seed: u8, media: MediaType, body: &str) {
    let house = House::new();
    let mutations = proptest::collection::vec(mutation(), 1..6);
    let outcome = runner(seed, 4_000).run(&mutations, |mutations| {
        let mut bytes = body.as_bytes().to_vec();
        mutations
            .iter()
            .for_each(|mutation| apply(&mut bytes, mutation));
        match house.intake.read(media, Zeroizing::new(bytes)) {
            Err(problem) => {
                let shown = shown(&problem);
                prop_assert!(!leaks(&shown), "{}", shown);
                prop_assert_ne!(problem.code(), "internal", "{}", shown);
            }
            Ok(message) => {
                for request in &message.requests {
                    let shown = format!("{:?}", request.dropped);
                    prop_assert!(!leaks(&shown), "{}", shown);
                }
            }
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[test]
fn problems_quote_nothing_of_a_json_body() {
    check(1, MediaType::Json, JSON);
}

#[test]
fn problems_quote_nothing_of_an_xml_body() {
    check(2, MediaType::Xml, XML);
}

/// What leads to a person, as a caller might write it where none belongs.
const PERSONAL: [(&str, &str); 14] = [
    ("4111111111111111", "a card number"),
    ("４１１１１１１１１１１１１１１１", "a card number"),
    ("NDExMTExMTExMTExMTExMQ", "a card number"),
    ("Visa4929123456789015", "a card number"),
    ("ref4929123456789015x", "a card number"),
    ("4929_1234_5678_9015", "a card number"),
    ("4929/1234/5678/9015", "a card number"),
    ("4929) (1234) (5678) (9015", "a card number"),
    ("4.9.2.9.1.2.3.4.5.6.7.8.9.0.1.5", "a card number"),
    ("49291 23456 78901 5", "a card number"),
    ("DE75512108001245126199", "an IBAN"),
    ("DE75 5121 0800 1245 1261 99", "an IBAN"),
    ("+4917612345678", "a phone number"),
    ("z.quorble@example.org", "a mailbox"),
];

/// In each field in turn: it becomes a token, or the request is refused.
#[test]
fn what_leads_to_a_person_is_in_no_field_in_clear() {
    let house = House::new();
    let (mut refused, mut by_form) = (0, 0);
    for field in house.dictionary.fields() {
        for (value, name) in PERSONAL {
            let text = format!("\"{value}\"");
            let nested = field
                .name
                .rsplit('.')
                .fold(text, |inner, name| format!("{{\"{name}\":{inner}}}"));
            let body = format!("{{\"operation\":\"a\",{}", &nested[1..]);
            match house.read(MediaType::Json, &body) {
                Err(problem) => {
                    let shown = shown(&problem);
                    assert!(!shown.contains(value), "{}: {shown}", field.name);
                    refused += 1;
                    by_form +=
                        usize::from(problem.detail().contains(&format!("the form of {name},")));
                }
                Ok(mut message) => {
                    let request = message.requests.pop().expect("one request");
                    let kept = house.fact(&request, &field.name);
                    let kept = kept.map_or(String::new(), |kept| kept.to_string());
                    assert!(!kept.contains(value), "{}: {kept}", field.name);
                    assert!(
                        !format!("{:?}", request.dropped).contains(value),
                        "{}",
                        field.name
                    );
                }
            }
        }
    }
    assert!(refused > 200, "{refused} refused");
    assert!(by_form > 40, "{by_form} refused for their form");
    for name in [
        "payment.id",
        "payment.end_to_end_id",
        "payee.terminal",
        "session.id",
        "case.id",
        "challenge.id",
    ] {
        let (section, last) = name.split_once('.').expect("a section");
        for (value, what) in PERSONAL {
            let body = format!("{{\"operation\":\"a\",\"{section}\":{{\"{last}\":\"{value}\"}}}}");
            let problem = house.refused(MediaType::Json, &body);
            assert_eq!(problem.status(), 422, "{problem}");
            assert!(problem.detail().contains(what), "{problem}");
            assert_eq!(
                problem.where_it_is(),
                Some(format!("/{section}/{last}").as_str())
            );
        }
    }
}

/// In a message of ISO 20022 it is left out, and named by its place; a name that leads to a person is not shown.
#[test]
fn what_leads_to_a_person_is_in_no_identifier_of_a_message() {
    let house = House::new();
    for (value, _) in PERSONAL {
        for element in ["MsgId", "InstrId", "EndToEndId", "TxId", "UETR"] {
            let (begin, end) = (format!("<{element}>"), format!("</{element}>"));
            let body = match XML.find(&begin) {
                Some(from) => {
                    let to = from + XML[from..].find(&end).expect("its end");
                    format!("{}{begin}{value}{}", &XML[..from], &XML[to..])
                }
                None => XML.replace("</PmtId>", &format!("{begin}{value}{end}</PmtId>")),
            };
            let message = house.read(MediaType::Xml, &body);
            let message = message.unwrap_or_else(|problem| panic!("{element}: {problem}"));
            let request = &message.requests[0];
            let is_named = |at: &DroppedAt| {
                at.why == Why::NotInForm && at.pointer.ends_with(&format!("/{element}"))
            };
            assert!(request.dropped.places().iter().any(is_named), "{element}");
            let facts = request.row.facts().map(|(_, value)| value.to_json());
            let mut kept: Vec<String> = facts.map(|fact| fact.to_string()).collect();
            kept.push(format!("{:?}", request.dropped));
            let answer = weft_intake::iso::reply(&message.envelope, &[accepted()]);
            kept.push(String::from_utf8(answer).expect("XML"));
            assert!(kept.iter().all(|text| !text.contains(value)), "{kept:?}");
        }
        let body = format!("{{\"operation\":\"a\",\"{value}\":1,\"payment\":{{\"{value}\":1}}}}");
        let dropped = format!("{:?}", house.json(&body).dropped);
        assert!(!dropped.contains(value), "{dropped}");
    }
}

fn accepted() -> TransactionStatus {
    TransactionStatus {
        status: Status::Accepted,
        reason: None,
        additional_information: Vec::new(),
    }
}

/// A card number in each field in turn.
#[test]
fn problems_do_not_quote_a_card_number_in_any_field() {
    let house = House::new();
    let mut refused = 0;
    for field in house.dictionary.fields() {
        for value in [
            "\"4929123456789015\"",
            "4929123456789015",
            "[\"4929123456789015\"]",
            "{\"4929123456789015\":1}",
        ] {
            let nested = field
                .name
                .rsplit('.')
                .fold(value.to_owned(), |inner, name| {
                    format!("{{\"{name}\":{inner}}}")
                });
            let body = format!("{{\"operation\":\"a\",{}", &nested[1..]);
            if let Err(problem) = house.read(MediaType::Json, &body) {
                assert!(!leaks(&shown(&problem)), "{}: {problem}", field.name);
                refused += 1;
            }
        }
    }
    assert!(refused > 100, "{refused} refused");
}
