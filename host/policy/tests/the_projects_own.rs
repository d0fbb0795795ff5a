//! The policies that the project ships are ones that it accepts, and their tests hold.

use std::path::Path;

use weft_dictionary::Dictionary;
use weft_policy::{Body, Messages, MistakeKind, PolicySet, Reader, codes};

fn own() -> PolicySet {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let dictionary = Dictionary::load(&dir.join("dictionary.yaml"))
        .unwrap_or_else(|problems| panic!("{problems}"));
    PolicySet::load(&dir, &dictionary).unwrap_or_else(|problems| panic!("{problems}"))
}

fn written(messages: &Messages) -> [&str; 3] {
    [Reader::Customer, Reader::Agent, Reader::Auditor]
        .map(|reader| messages.to(reader).as_written())
}

/// A parameter is told with its unit.
#[test]
fn no_message_says_a_unit_twice() {
    let set = own();
    for policy in set.policies() {
        let reasons = policy.reasons().iter();
        let of_reasons = reasons.filter_map(|reason| reason.messages.as_ref());
        for text in of_reasons.chain([policy.messages()]).flat_map(written) {
            for parameter in policy.parameters() {
                let unit = parameter.unit().unwrap_or("\0");
                let twice = format!("{{parameters.{}}} {unit}", parameter.name());
                assert!(!text.contains(&twice), "{}: {text}", policy.id());
            }
        }
    }
}

/// What a policy with rules tells of its own is told where a fact is missing: no rule fired then, so nobody has approved
/// anything, and there is nothing to approve.
#[test]
fn where_a_fact_is_missing_nobody_is_asked_to_approve_or_thanked_for_it() {
    let set = own();
    let with_rules = |body: &Body| matches!(body, Body::Rules(_));
    for policy in set.policies().iter().filter(|p| with_rules(p.body())) {
        let [customer, ..] = written(policy.messages());
        for words in ["Thank", "lease approve", "approve it", "your approval in"] {
            assert!(!customer.contains(words), "{}: {customer}", policy.id());
        }
    }
}

#[test]
fn they_load_without_a_warning_but_of_sources_and_their_tests_hold() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let dictionary = Dictionary::load(&dir.join("dictionary.yaml"))
        .unwrap_or_else(|problems| panic!("{problems}"));
    let set = PolicySet::load(&dir, &dictionary).unwrap_or_else(|problems| panic!("{problems}"));
    let others: Vec<_> = (set.warnings().0.iter())
        .filter(|warning| warning.code != codes::UNVERIFIED)
        .collect();
    assert!(others.is_empty(), "{others:?}");
    let at = weft_dictionary::Timestamp::parse("2026-06-01T00:00:00Z").expect("an instant");
    let analysis = set.analyse(&dir, &dictionary, at);
    let found: Vec<_> = (analysis.problems.0.iter())
        .filter(|problem| problem.code != codes::UNVERIFIED)
        .collect();
    assert!(found.is_empty() && analysis.left_out == 0, "{found:?}");
    assert!(
        set.tests().passed > 10 && set.tests().failed == 0,
        "{:?}",
        set.tests()
    );
}

/// Which mistake somebody could make unseen, and which makes no difference.
#[test]
fn each_mistake_in_them_is_noticed_by_a_test_but_where_it_makes_no_difference() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let dictionary = Dictionary::load(&dir.join("dictionary.yaml"))
        .unwrap_or_else(|problems| panic!("{problems}"));
    let tests = PolicySet::test(&dir, &dictionary, true).unwrap_or_else(|why| panic!("{why}"));
    let unseen = tests.mutants().flat_map(|mutants| &mutants.survivors);
    let unseen: Vec<String> = unseen
        .map(|one| format!("{}: {}", one.path, one.what))
        .collect();
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
    for kind in MistakeKind::ALL {
        let noticed = tests.mutants().filter_map(|one| one.noticed.get(&kind));
        assert!(noticed.sum::<usize>() > 10, "{}", kind.as_str());
    }
}

#[test]
fn the_page_for_regulators_lists_each_with_its_title_and_status() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let dictionary = Dictionary::load(&dir.join("dictionary.yaml"))
        .unwrap_or_else(|problems| panic!("{problems}"));
    let set = PolicySet::load(&dir, &dictionary).unwrap_or_else(|problems| panic!("{problems}"));
    let page = std::fs::read_to_string(dir.join("README.md")).expect("the page");
    for policy in set.policies() {
        let link = format!("| [`{}`]({}) | ", policy.id(), policy.path());
        let line = page.lines().find(|line| line.starts_with(&link));
        let line = line.unwrap_or_else(|| panic!("the page does not list {}", policy.id()));
        let title = policy.title().split(':').next().unwrap_or_default();
        assert!(line.contains(title), "another title: {line}");
        let status = format!("| {:?}", policy.status()).to_lowercase();
        assert!(line.contains(&status), "another status: {line}");
        let unread = policy.sources().iter().filter(|s| !s.verified).count();
        assert_eq!(
            line.contains('*'),
            unread > 0,
            "unverified sources are in italics: {line}"
        );
    }
    let listed = page.lines().filter(|line| line.starts_with("| [`")).count();
    assert_eq!(
        listed,
        set.policies().len(),
        "the page lists a policy that is not there"
    );
}

/// R5: nobody is shown what a customer proves who they are with, whatever a file would grant.
#[test]
fn no_disclosure_shows_what_a_factor_consists_of() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
    let dictionary = Dictionary::load(&own.join("dictionary.yaml"))
        .unwrap_or_else(|problems| panic!("{problems}"));
    let call_back = std::fs::read_to_string(own.join("disclosures/call-back.yaml")).expect("there");
    for field in ["factor.secret", "factor.credential", "factor.public_key"] {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::copy(own.join("pipeline.yaml"), dir.path().join("pipeline.yaml")).expect("copied");
        std::fs::create_dir(dir.path().join("disclosures")).expect("made");
        let granted = call_back.replace("payer.phone", field);
        assert_ne!(granted, call_back);
        std::fs::write(dir.path().join("disclosures/d.yaml"), granted).expect("written");
        let refused = PolicySet::load(dir.path(), &dictionary).expect_err("refused");
        let said = refused.to_string();
        assert!(said.contains("which nobody is shown"), "{field}: {said}");
    }
}
