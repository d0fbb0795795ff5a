//! ISO 20022 messages that are not as they should be, and the bounds.

use weft_intake::MediaType;

use crate::house::House;

const TRANSFER: &str = include_str!("../../../../examples/demo/transfer.xml");
const TRANSACTION: &str = "/Document/*/CdtTrfTxInf[1]";

fn changed(from: &str, to: &str) -> String {
    assert!(TRANSFER.contains(from), "{from}");
    TRANSFER.replacen(from, to, 1)
}

#[test]
fn a_value_that_is_not_taken_is_refused_with_its_path() {
    let house = House::new();
    for (from, to, path) in [
        ("BE68539007547034", "BE68539007547035", "/DbtrAcct/Id/IBAN"),
        (
            "<IBAN>BE68539007547034",
            "<IBAN>50100123456789",
            "/DbtrAcct/Id/IBAN",
        ),
        (
            "<InstdAmt Ccy=\"EUR\">42.50",
            "<InstdAmt Ccy=\"EUR\">42.505",
            "/InstdAmt",
        ),
        (
            "<InstdAmt Ccy=\"EUR\">42.50",
            "<InstdAmt Ccy=\"EUR\">0",
            "/InstdAmt",
        ),
        (
            "<InstdAmt Ccy=\"EUR\">42.50",
            "<InstdAmt Ccy=\"EUX\">42.50",
            "/InstdAmt/@Ccy",
        ),
        (
            "<InstdAmt Ccy=\"EUR\">42.50",
            "<InstdAmt>42.50",
            "/InstdAmt",
        ),
        ("KREDBEBB", "KREDBEB", "/DbtrAgt/FinInstnId/BICFI"),
        ("<Ctry>BE", "<Ctry>ZZ", "/Dbtr/PstlAdr/Ctry"),
    ] {
        let problem = house.refused(MediaType::Xml, &changed(from, to));
        let expected = format!("{TRANSACTION}{path}");
        assert_eq!(
            (problem.code(), problem.where_it_is()),
            ("invalid-value", Some(&*expected)),
            "{to}"
        );
    }
}

#[test]
fn what_is_no_payment_message_is_refused() {
    let house = House::new();
    for (from, to, code) in [
        ("pacs.008.001.08", "pacs.008.001.14", "unsupported-message"),
        ("pacs.008.001.08", "pacs.008.002.08", "unsupported-message"),
        ("pacs.008.001.08", "camt.053.001.08", "unsupported-message"),
        (
            "urn:iso:std:iso:20022:tech:xsd:pacs.008.001.08",
            "urn:example",
            "unsupported-message",
        ),
        ("<MsgId>DEMO-MSG-1</MsgId>", "", "missing-field"),
        (
            "<MsgId>DEMO-MSG-1",
            "<MsgId>DEMO-MSG-1DEMO-MSG-1DEMO-MSG-1DEMO-MSG-1",
            "invalid-value",
        ),
        (
            "2026-11-23T09:00:00Z",
            "2026-11-23 09:00:00Z",
            "invalid-value",
        ),
        (
            "2026-11-23T09:00:00Z",
            "2026-13-23T09:00:00Z",
            "invalid-value",
        ),
        ("</Document>", "", "malformed"),
        ("</GrpHdr>", "</GrpHdx>", "malformed"),
        ("Ines Peeters", "Ines &who;", "malformed"),
        ("Ines Peeters", "Ines & Peeters", "malformed"),
        ("<GrpHdr>", "<q:GrpHdr/><GrpHdr>", "malformed"),
        (
            "<Document",
            "<!DOCTYPE d [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><Document",
            "malformed",
        ),
        ("encoding=\"UTF-8\"", "encoding=\"ISO-8859-1\"", "malformed"),
    ] {
        let problem = house.refused(MediaType::Xml, &changed(from, to));
        assert_eq!(problem.code(), code, "{to}: {problem}");
    }
    for body in [
        "",
        "  ",
        "{}",
        "text",
        "<a/><b/>",
        "\u{0}",
        "<Document xmlns=\"\"/>",
    ] {
        let problem = house.refused(MediaType::Xml, body);
        assert!(
            matches!(problem.code(), "malformed" | "unsupported-message"),
            "{body}: {problem}"
        );
    }
}

#[test]
fn a_business_header_has_to_be_about_its_message() {
    let house = House::new();
    let document = TRANSFER.split_once("?>").expect("a declaration").1;
    let wrapped = |about: &str| {
        format!(
            "<Wrapper><AppHdr xmlns=\"urn:iso:std:iso:20022:tech:xsd:head.001.001.02\">\
             <MsgDefIdr>{about}</MsgDefIdr></AppHdr>{document}</Wrapper>"
        )
    };
    let good = house.read(MediaType::Xml, &wrapped("pacs.008.001.08"));
    assert_eq!(
        good.ok()
            .and_then(|m| m.envelope.message_id().map(str::to_owned))
            .as_deref(),
        Some("DEMO-MSG-1")
    );
    let problem = house.refused(MediaType::Xml, &wrapped("pacs.009.001.08"));
    assert_eq!(problem.where_it_is(), Some("/AppHdr/MsgDefIdr"));
    let two = format!("<Wrapper>{document}{document}</Wrapper>");
    assert_eq!(
        house.refused(MediaType::Xml, &two).code(),
        "unsupported-message"
    );
}

/// The example with its transaction this often, each with an amount of its own.
fn times(count: usize) -> String {
    let start = TRANSFER.find("<CdtTrfTxInf>").expect("a transaction");
    let end = TRANSFER.find("</CdtTrfTxInf>").expect("its end") + "</CdtTrfTxInf>".len();
    let one = |n: usize| {
        TRANSFER[start..end]
            .replace(">42.50<", &format!(">{}.00<", n + 1))
            .replace("-3f8d2f6f3c11", &format!("-{n:012x}"))
    };
    let all: String = (0..count).map(one).collect();
    let head = TRANSFER[..start].replace("<NbOfTxs>1<", &format!("<NbOfTxs>{count}<"));
    format!("{head}{all}{}", &TRANSFER[end..])
}

#[test]
fn each_transaction_is_a_request_with_what_holds_for_all() {
    let house = House::new();
    let message = house
        .read(MediaType::Xml, &times(3))
        .unwrap_or_else(|p| panic!("{p}"));
    let amounts: Vec<_> = message
        .requests
        .iter()
        .map(|request| house.fact(request, "payment.amount").expect("an amount")["value"].clone())
        .collect();
    assert_eq!(amounts, ["1.00", "2.00", "3.00"]);
    for request in &message.requests {
        assert!(house.fact(request, "payment.created_at").is_some());
    }
    let broken = times(3).replacen(">3.00<", ">3.001<", 2);
    let problem = house.refused(MediaType::Xml, &broken);
    assert_eq!(
        problem.where_it_is(),
        Some("/Document/*/CdtTrfTxInf[3]/IntrBkSttlmAmt")
    );
}

/// What the banks settle is what moves, and what is decided on.
#[test]
fn a_transfer_between_banks_is_decided_on_what_they_settle() {
    let house = House::new();
    let settled = "<IntrBkSttlmAmt Ccy=\"EUR\">42.50</IntrBkSttlmAmt>";
    let instructed = "<InstdAmt Ccy=\"EUR\">42.50</InstdAmt>";
    let charge =
        |euros: &str| format!("{instructed}<ChrgsInf><Amt Ccy=\"EUR\">{euros}</Amt></ChrgsInf>");
    let settles = |euros: &str| settled.replace("42.50", euros);
    let with = |settled_as: &str, instructed_as: &str| {
        changed(settled, settled_as).replacen(instructed, instructed_as, 1)
    };
    for (body, moves) in [
        (with(settled, ""), "42.50 EUR"),
        (with(&settles("40.00"), &charge("2.50")), "40.00 EUR"),
        (with(&settles("45.00"), &charge("2.50")), "45.00 EUR"),
        (
            with(&settles("9000.00"), "<InstdAmt Ccy=\"JPY\">1200</InstdAmt>"),
            "9000.00 EUR",
        ),
    ] {
        let message = house.read(MediaType::Xml, &body);
        let message = message.unwrap_or_else(|p| panic!("{p}"));
        let amount = house
            .fact(&message.requests[0], "payment.amount")
            .expect("an amount");
        let said = format!(
            "{} {}",
            amount["value"].as_str().expect("a text"),
            amount["currency"].as_str().expect("a text")
        );
        assert_eq!(said, moves);
    }
    for (body, code, path) in [
        (with("", instructed), "missing-field", "/IntrBkSttlmAmt"),
        (
            with(&settles("abc"), instructed),
            "invalid-value",
            "/IntrBkSttlmAmt",
        ),
        (
            with(&settles(""), instructed),
            "missing-field",
            "/IntrBkSttlmAmt",
        ),
        (
            with(&settles("-42.50"), instructed),
            "invalid-value",
            "/IntrBkSttlmAmt",
        ),
        (
            with(&settles("9000.00"), instructed),
            "invalid-value",
            "/IntrBkSttlmAmt",
        ),
        (
            with(&settles("42.51"), instructed),
            "invalid-value",
            "/IntrBkSttlmAmt",
        ),
        (
            with(&settles("45.01"), &charge("2.50")),
            "invalid-value",
            "/IntrBkSttlmAmt",
        ),
        (
            with(settled, &charge("-1")),
            "invalid-value",
            "/ChrgsInf/Amt",
        ),
    ] {
        let problem = house.refused(MediaType::Xml, &body);
        let place = format!("{TRANSACTION}{path}");
        assert_eq!(
            (problem.code(), problem.where_it_is()),
            (code, Some(&*place)),
            "{body}"
        );
    }
}

#[test]
fn a_message_is_as_long_and_as_high_as_it_says() {
    let house = House::new();
    let three = times(3);
    let says = |from: &str, to: &str| three.replacen(from, to, 1);
    let count = "<NbOfTxs>3</NbOfTxs>";
    let with_sum = |sum: &str| says(count, &format!("{count}<CtrlSum>{sum}</CtrlSum>"));
    for good in [
        says(count, "<NbOfTxs>003</NbOfTxs>"),
        with_sum("6"),
        with_sum("6.00"),
    ] {
        assert!(house.read(MediaType::Xml, &good).is_ok());
    }
    for number in ["2", "4", "-3", "3.0", "three", "", "1000000000000003"] {
        let body = says(count, &format!("<NbOfTxs>{number}</NbOfTxs>"));
        let problem = house.refused(MediaType::Xml, &body);
        assert_eq!(
            problem.where_it_is(),
            Some("/Document/*/GrpHdr/NbOfTxs"),
            "{number}"
        );
    }
    for sum in ["6.01", "-6", "6e0", "six", "", "1000000000000000006"] {
        let problem = house.refused(MediaType::Xml, &with_sum(sum));
        assert_eq!(
            problem.where_it_is(),
            Some("/Document/*/GrpHdr/CtrlSum"),
            "{sum}"
        );
    }
}

#[test]
fn a_group_of_payments_is_as_long_as_it_says_too() {
    let house = House::new();
    let transfer = |id: &str| {
        format!(
            "<CdtTrfTxInf><PmtId><EndToEndId>{id}</EndToEndId></PmtId><Amt><InstdAmt Ccy=\"EUR\">5</InstdAmt></Amt></CdtTrfTxInf>"
        )
    };
    let body = |second: &str| {
        format!(
            "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pain.001.001.09\"><CstmrCdtTrfInitn><GrpHdr><MsgId>M-1</MsgId>\
             <CreDtTm>2026-01-01T10:00:00Z</CreDtTm><NbOfTxs>3</NbOfTxs><CtrlSum>15</CtrlSum></GrpHdr>\
             <PmtInf><NbOfTxs>2</NbOfTxs><CtrlSum>10</CtrlSum>{}{}</PmtInf><PmtInf>{second}{}</PmtInf></CstmrCdtTrfInitn></Document>",
            transfer("E-1"),
            transfer("E-2"),
            transfer("E-3")
        )
    };
    let good = body("<NbOfTxs>1</NbOfTxs><CtrlSum>5</CtrlSum>");
    assert!(house.read(MediaType::Xml, &good).is_ok());
    for (second, path) in [
        ("<NbOfTxs>3</NbOfTxs>", "/Document/*/PmtInf/NbOfTxs"),
        ("<CtrlSum>15</CtrlSum>", "/Document/*/PmtInf/CtrlSum"),
    ] {
        let problem = house.refused(MediaType::Xml, &body(second));
        assert_eq!(problem.where_it_is(), Some(path));
    }
}

#[test]
fn two_transactions_of_a_message_are_not_one_payment() {
    let house = House::new();
    let twice = times(3).replace("-000000000002<", "-000000000000<");
    let problem = house.refused(MediaType::Xml, &twice);
    assert_eq!(
        (problem.code(), problem.where_it_is()),
        ("invalid-value", Some("/Document/*//CdtTrfTxInf[3]/PmtId"))
    );
    assert!(problem.detail().contains("transaction 3"), "{problem}");
}

#[test]
fn a_message_has_bounds() {
    let house = House::new();
    assert!(house.read(MediaType::Xml, &times(100)).is_ok());
    for (body, code) in [
        (times(101), "invalid-value"),
        (times(0), "missing-field"),
        (
            format!("{}{}", "<a>".repeat(100), "</a>".repeat(100)),
            "malformed",
        ),
        (format!("<a>{}</a>", "<b/>".repeat(60_000)), "malformed"),
        (
            format!(
                "<a {}/>",
                (0..50).map(|n| format!("a{n}='' ")).collect::<String>()
            ),
            "malformed",
        ),
        (
            format!("<a>{}</a>", " ".repeat(weft_intake::limits::MAX_BODY_BYTES)),
            "body-too-large",
        ),
    ] {
        let problem = house.refused(MediaType::Xml, &body);
        assert_eq!(problem.code(), code, "{problem}");
    }
}

#[test]
fn an_identifier_that_identifies_nothing_is_not_taken_for_the_payments() {
    let house = House::new();
    let uetr = "<UETR>5d1e6a3c-0b57-4c1e-9a35-3f8d2f6f3c11</UETR>";
    let body = changed(uetr, "").replace("DEMO-E2E-1", "NOTPROVIDED");
    let message = house
        .read(MediaType::Xml, &body)
        .unwrap_or_else(|p| panic!("{p}"));
    let id = house.fact(&message.requests[0], "payment.id");
    assert_eq!(id, Some("DEMO-MSG-1/1".into()));
    let end_to_end = house.fact(&message.requests[0], "payment.end_to_end_id");
    assert_eq!(end_to_end, Some("NOTPROVIDED".into()));
}

/// A message says more than the dictionary asks for, and where it is said more than once the first counts.
#[test]
fn what_is_not_read_of_a_message_is_named_by_its_path() {
    let house = House::new();
    let more = "<CdtrAcct><Id><IBAN>DE89370400440532013000</IBAN></Id></CdtrAcct>\
                <Purp><Cd>GDDS</Cd><Cd>SALA</Cd></Purp>\
                <Ultmt4111111111111111>x</Ultmt4111111111111111><ZoraQuorble>x</ZoraQuorble>\
                <SplmtryData><Envlp><d:Dvc xmlns:d=\"urn:d\"><d:Mlwr>false</d:Mlwr></d:Dvc></Envlp></SplmtryData>";
    let from = TRANSFER.find("<CdtrAcct>").expect("an account");
    let to = TRANSFER.find("</CdtrAcct>").expect("its end") + "</CdtrAcct>".len();
    let body = format!("{}{more}{}", &TRANSFER[..from], &TRANSFER[to..]);
    let message = house.read(MediaType::Xml, &body);
    let message = message.unwrap_or_else(|p| panic!("{p}"));
    let dropped = &message.requests[0].dropped;
    let places: Vec<_> = dropped.places().iter().map(|at| &*at.pointer).collect();
    let expected = [
        "/Document/*/GrpHdr/SttlmInf/SttlmMtd".to_owned(),
        format!("{TRANSACTION}/IntrBkSttlmDt"),
        format!("{TRANSACTION}/ChrgBr"),
        format!("{TRANSACTION}/Purp/Cd"),
        // Two of them.
        format!("{TRANSACTION}/(withheld)"),
        format!("{TRANSACTION}/SplmtryData/Envlp/(withheld)/(withheld)"),
    ];
    assert_eq!(places, expected);
    assert_eq!(dropped.count(), 7);
    let purpose = house.fact(&message.requests[0], "payment.purpose");
    assert_eq!(purpose, Some(serde_json::json!("GDDS")));
}

/// What stands above the transactions counts for the first; each transaction has its own.
#[test]
fn each_transaction_names_what_is_not_read_of_it() {
    let house = House::new();
    let from = TRANSFER.find("<CdtTrfTxInf>").expect("a transaction");
    let to = TRANSFER.find("</CdtTrfTxInf>").expect("its end") + "</CdtTrfTxInf>".len();
    let second = TRANSFER[from..to]
        .replace("5d1e6a3c", "5d1e6a3d")
        .replace("<ChrgBr>SLEV</ChrgBr>", "");
    let body = format!("{}{second}{}", &TRANSFER[..to], &TRANSFER[to..])
        .replace("<NbOfTxs>1", "<NbOfTxs>2");
    let message = house.read(MediaType::Xml, &body);
    let message = message.unwrap_or_else(|p| panic!("{p}"));
    let places = |number: usize| -> Vec<_> {
        let places = message.requests[number].dropped.places().iter();
        places.map(|at| at.pointer.clone()).collect()
    };
    assert_eq!(
        places(0),
        [
            "/Document/*/GrpHdr/SttlmInf/SttlmMtd",
            "/Document/*/CdtTrfTxInf[1]/IntrBkSttlmDt",
            "/Document/*/CdtTrfTxInf[1]/ChrgBr",
        ]
    );
    assert_eq!(places(1), ["/Document/*/CdtTrfTxInf[2]/IntrBkSttlmDt"]);
}

/// However deep and long the names are: a record has room for what is told of them.
#[test]
fn a_long_path_shows_its_end() {
    let house = House::new();
    let name = "AdjstmntAmtAndRsn";
    let deep = (0..20).fold("<AddtlInf>x</AddtlInf>".to_owned(), |inner, _| {
        format!("<{name}>{inner}</{name}>")
    });
    let body = changed("<ChrgBr>SLEV</ChrgBr>", &deep);
    let message = house.read(MediaType::Xml, &body);
    let message = message.unwrap_or_else(|p| panic!("{p}"));
    let dropped = &message.requests[0].dropped;
    let last = dropped
        .places()
        .iter()
        .find(|at| at.pointer.ends_with("/AddtlInf"));
    let pointer = &last.expect("it is named").pointer;
    assert!(
        pointer.starts_with("…/A") && pointer.len() <= 164,
        "{pointer}"
    );
}

/// A name that no path of the dictionary has: nothing below it is read, and nothing beside it suffers.
#[test]
fn nothing_below_a_name_that_no_path_has_is_read() {
    let house = House::new();
    let long = "N".repeat(10_000);
    let below = format!("<{long}><Purp><Cd>GDDS</Cd></Purp></{long}><Purp><Cd>SALA</Cd></Purp>");
    let body = changed("<ChrgBr>SLEV</ChrgBr>", &below);
    let message = house.read(MediaType::Xml, &body);
    let message = message.unwrap_or_else(|p| panic!("{p}"));
    let request = &message.requests[0];
    let places = request.dropped.places().iter();
    let places: Vec<_> = places.map(|at| &*at.pointer).collect();
    assert_eq!(
        places,
        [
            "/Document/*/GrpHdr/SttlmInf/SttlmMtd".to_owned(),
            format!("{TRANSACTION}/IntrBkSttlmDt"),
            format!("{TRANSACTION}/(withheld)/Purp/Cd"),
        ]
    );
    let purpose = house.fact(request, "payment.purpose");
    assert_eq!(purpose, Some(serde_json::json!("SALA")));
}
