//! Messages that others made: decided, or refused with a reason; never a panic, never a 5xx.

use std::fs;
use std::path::PathBuf;

use weft_tests::Host;
use weft_tests::binary::{run, shared_data};
use weft_tests::files::files;

/// All samples, oldest version first.
fn samples() -> Option<Vec<PathBuf>> {
    let samples = files(&shared_data("iso20022/samples")?);
    assert_eq!(samples.len(), 40, "all samples are there");
    Some(samples)
}

#[test]
fn every_sample_is_decided_or_refused_with_a_reason() {
    let Some(samples) = samples() else { return };
    let mut host = Host::start("");
    for path in samples {
        let body = fs::read(&path).expect("readable");
        let answer = host.post("service", "application/xml", &body, &[]);
        let name = path.display();
        match answer.status {
            200 => assert!(
                answer.text().contains("<TxSts>"),
                "{name}: {}",
                answer.text()
            ),
            400..=499 => {
                assert_eq!(answer.content_type, "application/problem+json", "{name}");
                let problem = answer.json();
                for said in ["code", "detail", "title", "help"] {
                    assert!(problem[said].is_string(), "{name}: {problem}");
                }
            }
            other => panic!("{name}: {other} {}", answer.text()),
        }
    }
    let log = host.stop();
    assert!(!log.contains("panicked"), "{log}");
}

/// Alone, because the samples have identifiers in common, and a payment is decided once.
#[test]
fn every_sample_that_is_a_payment_is_decided() {
    let Some(samples) = samples() else { return };
    let mut decided = 0;
    for path in samples {
        let name = path.file_name().expect("a name").to_string_lossy();
        if !name.starts_with("pacs.008") && !name.starts_with("pain.001") {
            continue;
        }
        let dir = tempfile::tempdir().expect("a directory");
        let data = dir.path().join("data").display().to_string();
        let said = run(&["decide", &path.display().to_string(), "--data", &data]);
        assert!(said.ok, "{}: {}", path.display(), said.err);
        assert!(said.out.contains("<TxSts>"), "{}", said.out);
        decided += 1;
    }
    assert_eq!(decided, 12);
}
