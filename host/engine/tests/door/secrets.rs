//! What nobody may find: in no file of the data directory, in no reply, in no metric.

use std::fs;
use std::path::Path;

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use weft_engine::Role;

use crate::house::{House, agent, answer, ask, caller, payment, service};
use crate::policies::usual;

/// Of the sample payment: as it was sent, and as it could have been brought into another form.
pub(crate) const CANARIES: [&str; 21] = [
    "4111 1111 1111 1111",
    "4111111111111111",
    "411111111111",
    "2028-09",
    "BE68 5390 0754 7034",
    "BE68539007547034",
    "539007547034",
    "DE89370400440532013000",
    "370400440532013000",
    "Ines Peeters",
    "ines peeters",
    "Peeters",
    "Groenten Van Damme",
    "groenten van damme",
    "Veldstraat",
    "470123456",
    "1984-07-23",
    "ines.peeters@example.org",
    "d3b07384-android-7f2a",
    "203.0.113.77",
    "yellow bicycle",
];
/// Personal facts: sealed in the log, shown to an agent only as far as a policy discloses them.
pub(crate) const SEALED: [&str; 4] = ["Gentbrugge", "Destelbergen", "51.0543", "3.7174"];

/// A text in every form in which it could lie around.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let bytes = text.as_bytes();
    let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut forms = vec![
        bytes.to_vec(),
        text.to_uppercase().into_bytes(),
        HEXLOWER.encode(bytes).into_bytes(),
        HEXUPPER.encode(bytes).into_bytes(),
        utf_16,
        bytes.iter().rev().copied().collect(),
    ];
    // Base64 at each of three places within a longer text: what surely does not depend on what is around.
    for before in 0..3 {
        let padded = [vec![0; before], bytes.to_vec()].concat();
        for encoding in [&BASE64_NOPAD, &BASE64URL_NOPAD] {
            let encoded = encoding.encode(&padded);
            let from = (8 * before).div_ceil(6);
            let to = 8 * padded.len() / 6;
            forms.push(encoded.as_bytes()[from..to].to_vec());
        }
    }
    forms
}

fn contains(bytes: &[u8], form: &[u8]) -> bool {
    bytes
        .windows(form.len())
        .any(|window| window.eq_ignore_ascii_case(form))
}

/// Which of these are in the bytes, in whatever form.
pub(crate) fn found<'a>(bytes: &[u8], canaries: &[&'a str]) -> Vec<&'a str> {
    let is_in = |canary: &&&str| forms(canary).iter().any(|form| contains(bytes, form));
    canaries.iter().filter(is_in).copied().collect()
}

/// Every file below a directory, without the zeros that a prepared file ends with.
pub(crate) fn files(dir: &Path, each: &mut dyn FnMut(&Path, &[u8])) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, each);
        } else {
            let bytes = fs::read(&path).expect("a file");
            let end = bytes
                .iter()
                .rposition(|b| *b != 0)
                .map_or(0, |last| last + 1);
            each(&path, &bytes[..end]);
        }
    }
}

#[test]
fn the_search_finds_what_is_there() {
    for canary in CANARIES.iter().chain(&SEALED) {
        for form in forms(canary) {
            let hidden = [b"something before ".as_slice(), &form, b" and after"].concat();
            assert_eq!(found(&hidden, &[canary]), [*canary]);
        }
        for before in ["", "a", "ab"] {
            let text = BASE64_NOPAD.encode(format!("{before}{canary} and after").as_bytes());
            assert_eq!(found(text.as_bytes(), &[canary]), [*canary]);
        }
        assert!(found(b"nothing of the kind", &[canary]).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_sensitive_value_is_in_a_file_a_reply_or_a_metric() {
    let house = House::new(&usual());
    let mut said = Vec::new();
    for (id, euros) in [("p-1", "27.40"), ("p-2", "1890.00"), ("p-3", "9000.00")] {
        let reply = house.decide(&service(), &payment(id, euros)).await;
        let reply = reply.unwrap_or_else(|p| panic!("{p}"));
        said.extend(format!("{reply:?}").into_bytes());
        said.extend(reply.body);
    }
    // Who sees the response passes for the customer: it is in the service's reply and nowhere else.
    let (view, _, response) = house.waiting("p-5", "1890.00").await;
    assert!(!format!("{view:?}").contains(&response));
    // Values where they do not belong, and a body that is refused half-way.
    let mut odd = payment("p-4", "27.40");
    odd["nonsense"] = odd["payer"].clone();
    odd["device"]["name"] = odd["payer"]["name"].clone();
    odd["payment"]["amount"]["currency"] = odd["instrument"]["pan"].clone();
    let problem = house.refused(&service(), &odd).await;
    said.extend(format!("{problem} {problem:?} {}", problem.to_json()).into_bytes());
    let chain = house.chain("p-2");
    let challenge = serde_json::to_value(&chain[0].follow).expect("JSON")["challenge"]["id"]
        .as_str()
        .expect("a challenge")
        .to_owned();
    house
        .decided(&service(), &answer("p-2", &challenge, "4111111111111111"))
        .await;
    for (by, operation) in [
        (agent(), "assist.failed_payment"),
        (agent(), "assist.confirm"),
        (caller("s", Role::Supervisor), "assist.failed_payment"),
    ] {
        let reply = house.decide(&by, &ask(operation, "p-2")).await;
        said.extend(reply.unwrap_or_else(|p| panic!("{p}")).body);
    }
    let regulator = caller("authority", Role::Regulator);
    for record in house.chain("p-2") {
        let view = house.engine.decision(&regulator, &record.decision).await;
        said.extend(serde_json::to_vec(&view.expect("seen")).expect("JSON"));
        said.extend(format!("{record:?}").into_bytes());
    }
    said.extend(house.engine.metrics().render().into_bytes());
    assert!(
        found(&said, &CANARIES).is_empty(),
        "{:?}",
        found(&said, &CANARIES)
    );
    assert!(
        found(&said, &SEALED).is_empty(),
        "{:?}",
        found(&said, &SEALED)
    );
    let site = house.stop().await;
    let secret = [CANARIES.as_slice(), &SEALED, &[response.as_str()]].concat();
    let mut seen = 0;
    files(&site.data_dir(), &mut |path, bytes| {
        let found = found(bytes, &secret);
        assert!(found.is_empty(), "{found:?} in {}", path.display());
        seen += bytes.len();
    });
    assert!(seen > 10_000, "files were searched: {seen} bytes");
    // The facts are not lost: a host with the keys shows them as far as a policy discloses them.
    let house = site.start();
    let view = house
        .decided(&agent(), &ask("assist.failed_payment", "p-2"))
        .await;
    let shown = view.context.expect("granted").facts;
    assert_eq!(shown["location.city"], serde_json::json!("D•••"));
}
