//! Requests about payments that come as messages of ISO 20022, by the project's own policies: whose payment it is, how it stands,
//! and what is said when the message comes again.

use weft_engine::{Ask, Caller, Reply, Role};
use weft_intake::{MediaType, Problem};
use zeroize::Zeroizing;

use crate::house::{House, Site, caller, decisions, payment, service};
use crate::policies::amounts;

fn house() -> House {
    let site = Site::new(&[amounts()]);
    for own in [
        "assistance/failed-payment.yaml",
        "assistance/recall.yaml",
        "lists/recall_reasons.yaml",
    ] {
        site.write_own(own);
    }
    site.start()
}

async fn send(house: &House, caller: &Caller, body: &str) -> Result<Reply, Problem> {
    let ask = Ask {
        media: MediaType::Xml,
        body: Zeroizing::new(body.as_bytes().to_vec()),
        idempotency_key: None,
        trace: None,
        at: Some(house.now()),
    };
    house.engine.decide(caller, ask).await
}

async fn answered(house: &House, caller: &Caller, body: &str) -> String {
    let reply = send(house, caller, body).await;
    let reply = reply.unwrap_or_else(|problem| panic!("{problem}"));
    String::from_utf8(reply.body).expect("text")
}

/// How do these payments stand?
fn question(message: &str, payments: &[&str]) -> String {
    let one = |id: &&str| format!("<TxInf><OrgnlEndToEndId>{id}</OrgnlEndToEndId></TxInf>");
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:pacs.028.001.03\"><FIToFIPmtStsReq><GrpHdr><MsgId>{message}</MsgId>\
         <CreDtTm>2026-06-01T12:00:00Z</CreDtTm></GrpHdr>{}</FIToFIPmtStsReq></Document>",
        payments.iter().map(one).collect::<String>()
    )
}

/// These payments are called back, because they were made by deceit.
fn recall(assignment: &str, payments: &[&str]) -> String {
    let one = |id: &&str| {
        format!(
            "<TxInf><CxlId>X-1</CxlId><OrgnlEndToEndId>{id}</OrgnlEndToEndId><CxlRsnInf><Rsn><Cd>FRAD</Cd></Rsn></CxlRsnInf></TxInf>"
        )
    };
    let bank = "<Agt><FinInstnId><BICFI>KREDBEBB</BICFI></FinInstnId></Agt>";
    format!(
        "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.056.001.08\"><FIToFIPmtCxlReq><Assgnmt><Id>{assignment}</Id>\
         <Assgnr>{bank}</Assgnr><Assgne>{bank}</Assgne><CreDtTm>2026-06-01T12:00:00Z</CreDtTm></Assgnmt><Undrlyg>{}</Undrlyg>\
         </FIToFIPmtCxlReq></Document>",
        payments.iter().map(one).collect::<String>()
    )
}

/// What is said of each payment, without the name of its decision.
fn each(answer: &str) -> Vec<(String, String)> {
    let parts = answer.split("<OrgnlEndToEndId>").skip(1);
    let one = |part: &str| {
        let (id, rest) = part.split_once("</OrgnlEndToEndId>").expect("its end");
        let (said, _) = rest.split_once("</TxInfAndSts>").expect("its end");
        let (before, decision) = said.split_once("dec_").expect("a decision");
        let (_, after) = decision.split_once('<').expect("its end");
        (id.to_owned(), format!("{before}{after}"))
    };
    parts.map(one).collect()
}

fn assert_begins(said: &[(String, String)], expected: &[(&str, &str)]) {
    assert_eq!(said.len(), expected.len(), "{said:?}");
    for ((id, said), (expected_id, begin)) in said.iter().zip(expected) {
        assert_eq!(id, expected_id);
        assert!(said.starts_with(begin), "{id}: {said}");
    }
}

/// R9, R39: each payment of a message is answered for itself, by the code of what decided about it.
#[tokio::test]
async fn each_payment_of_a_question_has_its_own_status() {
    let house = house();
    for (id, euros) in [("p-1", "27.40"), ("p-2", "9000.00"), ("p-3", "700.00")] {
        house.decided(&service(), &payment(id, euros)).await;
    }
    let body = question("M-1", &["p-1", "p-2", "p-9", "p-3"]);
    let first = answered(&house, &service(), &body).await;
    let refused = "<TxSts>RJCT</TxSts><StsRsnInf><Rsn><Cd>FRAD</Cd></Rsn>";
    let unknown = "<StsRsnInf><Rsn><Cd>AG09</Cd></Rsn>";
    assert_begins(
        &each(&first),
        &[
            ("p-1", "<TxSts>ACCP</TxSts>"),
            ("p-2", refused),
            ("p-9", unknown),
            ("p-3", "<TxSts>PDNG</TxSts>"),
        ],
    );
    // Nobody answers the challenge. Then it is refused, and only a new question is told so.
    house.pass_minutes(24 * 60 - 1);
    let before = decisions(&house);
    assert_eq!(answered(&house, &service(), &body).await, first);
    assert_eq!(decisions(&house), before, "the same question is no new one");
    let now = answered(&house, &service(), &question("M-2", &["p-3"])).await;
    assert_begins(&each(&now), &[("p-3", "<TxSts>RJCT</TxSts>")]);
    assert!(now.contains("payment: expired"), "{now}");
    let house = house.restart().await;
    assert_eq!(
        answered(&house, &service(), &question("M-2", &["p-3"])).await,
        now
    );
}

/// R9, R16: the payment of another service is to a service as if it were not there, to ask for and to call back.
#[tokio::test]
async fn the_payment_of_another_is_told_in_the_words_of_none() {
    let house = house();
    house.decided(&service(), &payment("p-1", "700.00")).await;
    let other = caller("other", Role::Service);
    for body in [
        question("M-1", &["p-1", "p-9"]),
        recall("A-1", &["p-1", "p-9"]),
    ] {
        let answer = answered(&house, &other, &body).await;
        let said = each(&answer);
        assert_eq!(said[0].1, said[1].1, "{answer}");
        assert!(said[0].1.contains("<Cd>AG09</Cd>") || said[0].1.contains("<Cd>NOOR</Cd>"));
    }
    let still = answered(&house, &service(), &question("M-2", &["p-1"])).await;
    assert_begins(&each(&still), &[("p-1", "<TxSts>PDNG</TxSts>")]);
}

/// R7, R12, R39: what waits is stopped, what went on waits for its customer, what is over stays as it is; one does not
/// spoil the others, and the message that comes again changes nothing.
#[tokio::test]
async fn each_payment_of_a_recall_is_answered_for_itself() {
    let house = house();
    for (id, euros) in [("p-1", "700.00"), ("p-2", "27.40"), ("p-3", "9000.00")] {
        house.decided(&service(), &payment(id, euros)).await;
    }
    let body = recall("A-1", &["p-1", "p-2", "p-3", "p-9"]);
    let first = answered(&house, &service(), &body).await;
    assert!(first.contains("<Conf>PECR</Conf>"), "{first}");
    let rejected =
        |code: &str| format!("<TxCxlSts>RJCR</TxCxlSts><CxlStsRsnInf><Rsn><Cd>{code}</Cd></Rsn>");
    assert_begins(
        &each(&first),
        &[
            ("p-1", "<TxCxlSts>ACCR</TxCxlSts>"),
            ("p-2", "<TxCxlSts>PDCR</TxCxlSts>"),
            ("p-3", &rejected("NOOR")),
            ("p-9", &rejected("NOOR")),
        ],
    );
    let before = decisions(&house);
    assert_eq!(answered(&house, &service(), &body).await, first);
    let house = house.restart().await;
    assert_eq!(answered(&house, &service(), &body).await, first);
    assert_eq!(decisions(&house), before);
    let other = recall("A-1", &["p-2"]);
    let Err(problem) = send(&house, &service(), &other).await else {
        panic!("an assignment is one message")
    };
    assert_eq!(
        (problem.code(), problem.where_it_is()),
        ("idempotency-mismatch", Some("/Document/*/Assgnmt/Id"))
    );
    // A message about payments may have the number of an assignment.
    let stands = answered(&house, &service(), &question("A-1", &["p-1", "p-2"])).await;
    assert_begins(
        &each(&stands),
        &[
            ("p-1", "<TxSts>CANC</TxSts>"),
            ("p-2", "<TxSts>ACCP</TxSts>"),
        ],
    );
}
