//! Whole messages of market practice, where they lie beside the checkout: each is read, or refused with a
//! stated reason.

use weft_intake::{Envelope, MediaType, Why};

use crate::house::{House, left_out, reference};

/// Messages about which something is decided.
const READ: [&str; 3] = ["pacs.008.", "pacs.008_stp.", "pain.001."];

#[test]
fn samples_are_read_or_refused_by_their_name() {
    let Some(samples) = reference("samples") else {
        return left_out("the samples of ISO 20022 messages are not beside the checkout");
    };
    let house = House::new();
    let (mut read, mut refused) = (0, 0);
    for year in ["y2025", "y2026"] {
        for entry in std::fs::read_dir(samples.join(year)).expect("samples") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .and_then(|n| n.to_str())
                .expect("a name")
                .to_owned();
            let text = std::fs::read_to_string(&path).expect("a sample");
            let outcome = house.read(MediaType::Xml, &text);
            if READ.iter().any(|start| name.starts_with(start)) {
                let message = outcome.unwrap_or_else(|problem| panic!("{year}/{name}: {problem}"));
                let Envelope::Iso(iso) = &message.envelope else {
                    panic!("{name} is no ISO message")
                };
                assert_eq!(iso.transactions().len(), message.requests.len());
                for request in &message.requests {
                    for needed in ["payment.amount", "payment.id"] {
                        assert!(
                            house.fact(request, needed).is_some(),
                            "{year}/{name}: {needed}"
                        );
                    }
                    // The samples have words in place of identifiers: EXEndToEndId.
                    let end_to_end = house.fact(request, "payment.end_to_end_id").is_some();
                    let is_named = request.dropped.places().iter().any(|at| {
                        at.why == Why::NotInForm && at.pointer.ends_with("/PmtId/EndToEndId")
                    });
                    assert!(end_to_end != is_named, "{year}/{name}");
                }
                read += 1;
            } else {
                let Err(problem) = outcome else {
                    panic!("{year}/{name} was read")
                };
                assert_eq!(
                    (problem.code(), problem.status()),
                    ("unsupported-message", 422),
                    "{name}"
                );
                assert!(problem.detail().contains(&name[..8]), "{name}: {problem}");
                assert!(
                    problem
                        .what_to_do()
                        .is_some_and(|help| help.contains("pacs.008.001.01"))
                );
                refused += 1;
            }
        }
    }
    assert_eq!((read, refused), (12, 28));
}
