//! Messages that others made: decided, or refused with a reason; never a panic, never a 5xx.

use std::fs;

use weft_tests::Host;
use weft_tests::binary::shared_data;
use weft_tests::host::files;

#[test]
fn every_sample_is_decided_or_refused_with_a_reason() {
    let Some(samples) = shared_data("iso20022/samples") else {
        return;
    };
    let mut host = Host::start("");
    let (mut decided, mut refused) = (0, 0);
    for path in files(&samples) {
        if path.extension().is_none_or(|end| end != "xml") {
            continue;
        }
        let body = fs::read(&path).expect("readable");
        let answer = host.post("service", "application/xml", &body, &[]);
        let name = path.display();
        match answer.status {
            200 => {
                assert_eq!(answer.content_type, "application/xml", "{name}");
                assert!(
                    answer.text().contains("<TxSts>"),
                    "{name}: {}",
                    answer.text()
                );
                decided += 1;
            }
            400..=499 => {
                assert_eq!(answer.content_type, "application/problem+json", "{name}");
                let problem = answer.json();
                for said in ["code", "detail", "title"] {
                    assert!(problem[said].is_string(), "{name}: {problem}");
                }
                refused += 1;
            }
            other => panic!("{name}: {other} {}", answer.text()),
        }
    }
    assert_eq!(decided + refused, 40, "all samples were sent");
    assert!(decided >= 5, "only {decided} were decided");
    let log = host.stop();
    assert!(!log.contains("panicked"), "{log}");
}
