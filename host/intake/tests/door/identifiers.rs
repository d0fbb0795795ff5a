//! Identifiers and codes are recorded in clear: what people write has no place in them.

use weft_intake::{MediaType, Why};

use crate::house::House;

const TRANSFER: &str = include_str!("../../../../examples/demo/transfer.xml");
const UETR: &str = "<UETR>5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c11</UETR>";
const TRANSACTION: &str = "/Document/*/CdtTrfTxInf[1]";

/// What people write, and how it could be written to look like something else.
const WRITTEN: [&str; 13] = [
    "Quorble,Zora,1",
    "Zora(1)",
    "Zora Quorble",
    "ZoraQuorble",
    "Quorblestraat 12",
    "Quorblestraat",
    "Z\u{f3}ra12",
    "\u{417}\u{43e}\u{440}\u{430}1",
    "Z\u{43e}ra1",
    "Wm9yYSBRdW9yYmx1YQ==",
    "%5a%6f%72%61",
    "z=1",
    "zora\u{200b}1",
];

/// Every field that is recorded in clear and may say more than a few words.
#[test]
fn what_people_write_is_refused_in_every_identifier_with_what_to_write() {
    let house = House::new();
    let mut told = 0;
    for (name, example) in [
        ("payment.id", "P-1001"),
        ("payment.end_to_end_id", "E2E-1001"),
        ("payment.instruction_id", "I-1001"),
        ("payment.purpose", "GDDS"),
        ("payment.category_purpose", "SALA"),
        ("payee.category", "5411"),
        ("payee.terminal", "T-1001"),
        ("session.id", "S-1001"),
        ("case.id", "C-1001"),
        ("challenge.id", "K-1001"),
    ] {
        let (section, last) = name.split_once('.').expect("a section");
        let body = |value: &str| {
            format!("{{\"operation\":\"a\",\"{section}\":{{\"{last}\":\"{value}\"}}}}")
        };
        for written in WRITTEN.iter().chain(&["Zora", "zora"]) {
            let problem = house.refused(MediaType::Json, &body(written));
            assert_eq!(problem.code(), "invalid-value", "{name}: {problem}");
            assert_eq!(
                problem.where_it_is(),
                Some(format!("/{section}/{last}").as_str())
            );
            let shown = format!("{problem} {}", problem.to_json());
            assert!(!shown.contains(written), "{name}: {shown}");
            let help = problem.what_to_do().unwrap_or_default();
            told += usize::from(help.contains(&format!("as in {example}: ")));
        }
        let taken = house.json(&body(example));
        assert_eq!(house.fact(&taken, name), Some(example.into()));
    }
    // What is too long for its field is told so.
    assert!(told > 90, "{told}");
    let service = r#"{"operation":"a","case":{"service":"the shop"}}"#;
    let problem = house.refused(MediaType::Json, service);
    assert_eq!(problem.where_it_is(), Some("/case/service"));
}

/// The dictionary has no other place for it: what a request says in clear is closed, or has a form.
#[test]
fn no_field_in_clear_takes_a_name() {
    let house = House::new();
    for field in house.dictionary.fields() {
        let nested = (field.name.rsplit('.')).fold("\"Zora Quorble\"".to_owned(), |inner, name| {
            format!("{{\"{name}\":{inner}}}")
        });
        let body = format!("{{\"operation\":\"a\",{}", &nested[1..]);
        if let Ok(mut message) = house.read(MediaType::Json, &body) {
            let request = message.requests.pop().expect("one request");
            let kept = house.fact(&request, &field.name);
            let in_clear = kept.is_some_and(|kept| kept == "Zora Quorble");
            let is_sealed = field.class == weft_dictionary::Class::Personal;
            assert!(!in_clear || is_sealed, "{}", field.name);
        }
    }
}

fn changed(changes: &[(&str, &str)]) -> String {
    changes
        .iter()
        .fold(TRANSFER.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replacen(from, to, 1)
        })
}

/// A payment is not lost because somebody wrote a word into its message.
#[test]
fn words_in_identifiers_of_a_message_are_dropped_and_named() {
    let house = House::new();
    for written in WRITTEN {
        let body = changed(&[
            ("DEMO-MSG-1", written),
            ("DEMO-INSTR-1", written),
            ("DEMO-E2E-1", written),
            (UETR, &format!("<TxId>{written}</TxId>{UETR}")),
            ("<ChrgBr>SLEV</ChrgBr>", "<Purp><Cd>Zora</Cd></Purp>"),
        ]);
        let message = house.read(MediaType::Xml, &body);
        let message = message.unwrap_or_else(|problem| panic!("{written}: {problem}"));
        let request = &message.requests[0];
        for name in [
            "payment.end_to_end_id",
            "payment.instruction_id",
            "payment.purpose",
        ] {
            assert_eq!(house.fact(request, name), None, "{written}: {name}");
        }
        let id = house.fact(request, "payment.id");
        assert_eq!(id, Some("5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c11".into()));
        let dropped = request.dropped.places().iter();
        let dropped = dropped.filter(|at| at.why == Why::NotInForm);
        let mut places: Vec<_> = dropped.map(|at| at.pointer.clone()).collect();
        places.sort_unstable();
        let expected = [
            format!("{TRANSACTION}/PmtId/EndToEndId"),
            format!("{TRANSACTION}/PmtId/InstrId"),
            format!("{TRANSACTION}/PmtId/TxId"),
            format!("{TRANSACTION}/Purp/Cd"),
            "/Document/*/GrpHdr/MsgId".to_owned(),
        ];
        assert_eq!(places, expected, "{written}");
        // Beside what nobody reads: SttlmMtd and IntrBkSttlmDt.
        assert_eq!(request.dropped.count(), 7, "{written}");
        assert_eq!(message.envelope.message_id(), None);
        let key = message.envelope.message_key().expect("a message");
        assert!(
            key.expose(|key| key == written),
            "known when it comes again"
        );
    }
}

/// The first of its sources that has the form names a payment; without one nothing does.
#[test]
fn a_payment_is_named_by_what_has_the_form_of_a_name() {
    let house = House::new();
    let names = |instruction: &str, end_to_end: &str, tx: &str, uetr: &str| {
        changed(&[
            ("DEMO-INSTR-1", instruction),
            ("DEMO-E2E-1", end_to_end),
            (UETR, &format!("<TxId>{tx}</TxId><UETR>{uetr}</UETR>")),
        ])
    };
    let uetr = "5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c11";
    for (body, named) in [
        (names("I-1", "E-1", "T-1", uetr), uetr),
        // No UUID, so no UETR.
        (names("I-1", "E-1", "T-1", "U-1"), "T-1"),
        (names("I-1", "E-1", "T-1", "Zora Quorble"), "T-1"),
        (names("I-1", "E-1", "Zora", "Zora Quorble"), "E-1"),
        (names("Zora", "E-1", "NOTPROVIDED", "Zora"), "E-1"),
        // And where nothing has it, the message does.
        (
            names("I-1", "Rent for Zora", "Zora", "Zora Quorble"),
            "DEMO-MSG-1/1",
        ),
        (
            names("I-1", "NOTPROVIDED", "Zora", "NOTPROVIDED"),
            "DEMO-MSG-1/1",
        ),
    ] {
        let message = house.read(MediaType::Xml, &body);
        let message = message.unwrap_or_else(|problem| panic!("{problem}"));
        let id = house.fact(&message.requests[0], "payment.id");
        assert_eq!(id, Some(named.into()), "{body}");
    }
    for message_id in ["Zora Quorble", "NOTPROVIDED", "4111111111111111"] {
        let body = names("I-1", "NOTPROVIDED", "Zora", "Zora").replace("DEMO-MSG-1", message_id);
        let problem = house.refused(MediaType::Xml, &body);
        assert_eq!(
            (problem.code(), problem.where_it_is()),
            ("invalid-value", Some(&*format!("{TRANSACTION}/PmtId")))
        );
        assert!(
            problem
                .what_to_do()
                .is_some_and(|help| help.contains("UETR") && help.contains("MsgId"))
        );
        assert!(!format!("{problem}").contains("Zora"));
    }
}

/// What stands above several transactions is named once.
#[test]
fn a_group_without_an_identifier_is_named_once() {
    let house = House::new();
    let transfer = |n: u32| {
        format!(
            "<CdtTrfTxInf><PmtId><EndToEndId>E-{n}</EndToEndId></PmtId><Amt><InstdAmt Ccy=\"EUR\">5</InstdAmt></Amt></CdtTrfTxInf>"
        )
    };
    let body = format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn><GrpHdr><MsgId>Salaries</MsgId>\
         <CreDtTm>2026-01-01T10:00:00Z</CreDtTm></GrpHdr><PmtInf><PmtInfId>Zora Quorble</PmtInfId><PmtTpInf><CtgyPurp><Cd>Sala</Cd>\
         </CtgyPurp></PmtTpInf>{}{}</PmtInf></CstmrCdtTrfInitn></Document>",
        transfer(1),
        transfer(2)
    );
    let message = house.read(MediaType::Xml, &body);
    let message = message.unwrap_or_else(|problem| panic!("{problem}"));
    let places = |request: usize| -> Vec<_> {
        let places = message.requests[request].dropped.places().iter();
        places.map(|at| at.pointer.as_str()).collect()
    };
    assert_eq!(
        places(0),
        [
            "/Document/*/PmtInf/PmtTpInf/CtgyPurp/Cd",
            "/Document/*/GrpHdr/MsgId",
            "/Document/*/PmtInf/PmtInfId",
        ]
    );
    assert_eq!(places(1), [""; 0]);
}

/// As companies send them: no transaction has an identifier, and each is a payment of its own.
#[test]
fn payments_without_identifiers_are_told_apart_by_their_place() {
    let house = House::new();
    let transfer = "<CdtTrfTxInf><PmtId><EndToEndId>NOTPROVIDED</EndToEndId></PmtId><Amt><InstdAmt Ccy=\"EUR\">5</InstdAmt></Amt>\
                    </CdtTrfTxInf>";
    let body = |id: &str| {
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn><GrpHdr><MsgId>{id}</MsgId>\
             <CreDtTm>2026-01-01T10:00:00Z</CreDtTm></GrpHdr><PmtInf><PmtInfId>P-1</PmtInfId>{transfer}{transfer}</PmtInf>\
             <PmtInf><PmtInfId>P-2</PmtInfId>{transfer}</PmtInf></CstmrCdtTrfInitn></Document>"
        )
    };
    for (id, named) in [
        (
            "MSG-2024-1",
            ["MSG-2024-1/1", "MSG-2024-1/2", "MSG-2024-1/3"],
        ),
        (
            "M2345678901234567890123456789012345",
            [
                "M2345678901234567890123456789012345/1",
                "M2345678901234567890123456789012345/2",
                "M2345678901234567890123456789012345/3",
            ],
        ),
    ] {
        let message = house.read(MediaType::Xml, &body(id));
        let message = message.unwrap_or_else(|problem| panic!("{problem}"));
        let ids = message.requests.iter();
        let ids: Vec<_> = ids.map(|one| house.fact(one, "payment.id")).collect();
        assert_eq!(ids, named.map(|id| Some(id.into())));
    }
    let problem = house.refused(MediaType::Xml, &body("Salaries"));
    assert_eq!(
        problem.where_it_is(),
        Some("/Document/*/PmtInf/CdtTrfTxInf[1]/PmtId")
    );
}

/// A reference that looks like somebody's number is left out, wherever it stands, and the payment is decided.
#[test]
fn a_reference_that_looks_like_a_card_number_is_left_out_and_named() {
    const LIKE_A_CARD: &str = "2606171535460128";
    let house = House::new();
    let body = changed(&[
        ("DEMO-MSG-1", LIKE_A_CARD),
        ("DEMO-INSTR-1", LIKE_A_CARD),
        ("DEMO-E2E-1", LIKE_A_CARD),
        (UETR, &format!("<TxId>{LIKE_A_CARD}</TxId>{UETR}")),
    ]);
    let message = house.read(MediaType::Xml, &body);
    let message = message.unwrap_or_else(|problem| panic!("{problem}"));
    let request = &message.requests[0];
    let facts: Vec<_> = (request.row.facts())
        .map(|(_, value)| value.to_json().to_string())
        .collect();
    assert!(facts.iter().all(|fact| !fact.contains(LIKE_A_CARD)));
    let dropped = request.dropped.places().iter();
    let dropped = dropped.filter(|at| at.why == Why::NotInForm);
    assert_eq!(dropped.count(), 4);
    assert_eq!(message.envelope.message_id(), None);
    let json = format!("{{\"operation\":\"a\",\"payment\":{{\"id\":\"{LIKE_A_CARD}\"}}}}");
    let problem = house.refused(MediaType::Json, &json);
    let help = problem.what_to_do().unwrap_or_default();
    let example = "26061715T35460128";
    assert!(help.contains(example), "{help}");
    house.json(&json.replace(LIKE_A_CARD, example));
}

/// Of a UETR that is none it is told where it is.
#[test]
fn a_uetr_that_is_no_uuid_is_named() {
    let house = House::new();
    let body = changed(&[(UETR, "<UETR>5d1e6a3c0b574c1e9a353f8d2f6f3c11</UETR>")]);
    let message = house.read(MediaType::Xml, &body);
    let message = message.unwrap_or_else(|problem| panic!("{problem}"));
    let request = &message.requests[0];
    assert_eq!(house.fact(request, "payment.id"), Some("DEMO-E2E-1".into()));
    let mut dropped = request.dropped.places().iter();
    assert!(dropped.any(|at| {
        at.why == Why::NotInForm && at.pointer == format!("{TRANSACTION}/PmtId/UETR")
    }));
}

#[test]
fn what_is_too_long_for_iso_20022_is_told_so() {
    let house = House::new();
    let body =
        |id: &str| format!("{{\"operation\":\"a\",\"payment\":{{\"end_to_end_id\":\"{id}\"}}}}");
    let uuid = "5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c11";
    let problem = house.refused(MediaType::Json, &body(uuid));
    assert!(problem.detail().contains("Max35Text"), "{problem}");
    assert!(
        problem
            .what_to_do()
            .is_some_and(|help| help.contains("without its hyphens"))
    );
    house.json(&body(&uuid.replace('-', "")));
}

/// What a problem says to do passes the layer that looks at every answer.
#[test]
fn no_help_is_covered_on_its_way_out() {
    let house = House::new();
    for field in house.dictionary.fields() {
        let nested = (field.name.rsplit('.')).fold("\"?\"".to_owned(), |inner, name| {
            format!("{{\"{name}\":{inner}}}")
        });
        let body = format!("{{\"operation\":\"a\",{}", &nested[1..]);
        if let Err(problem) = house.read(MediaType::Json, &body) {
            let text = format!("{problem}");
            assert!(
                weft_redact::find(&text, weft_redact::Reading::Field).is_empty(),
                "{text}"
            );
        }
    }
}
