//! What changed in the dictionary.

use weft_dictionary::{Dictionary, Timestamp};
use weft_policy::{Impact, PolicySet, SetDiff, Version};

use crate::fixture;

/// One policy with two dictionaries: that of other tests, and these lines.
fn compared(when: &str, old: &str, new: &str) -> SetDiff {
    let dictionary = |lines: &str| {
        let text = format!("{}{lines}\n", fixture::DICTIONARY);
        Dictionary::parse("dictionary.yaml", &text).unwrap_or_else(|problems| panic!("{problems}"))
    };
    let (old, new) = (dictionary(old), dictionary(new));
    let set = |dictionary: &Dictionary| {
        let dir = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text);
        write("pipeline.yaml", fixture::PIPELINE).expect("written");
        write("p.yaml", &fixture::with_rule(when)).expect("written");
        PolicySet::load_for_review(dir.path(), dictionary)
            .unwrap_or_else(|problems| panic!("{problems}"))
    };
    let (one, two) = (set(&old), set(&new));
    let version = |set, dictionary| Version { set, dictionary };
    let at = Timestamp::parse("2026-06-01T00:00:00Z").expect("an instant");
    SetDiff::of(version(&one, &old), version(&two, &new), at)
}

#[test]
fn another_field_from_which_one_is_computed_may_change_decisions() {
    let lines = |token: &str| {
        format!(
            "  - {{name: payee.account, kind: text, class: sensitive, token: {token}, title: t, meaning: m}}\n  - {{name: payment.before, kind: \
             integer, class: operational, title: t, meaning: m, feature: {{of: [payee.account], measure: count, window: 24h}}}}"
        )
    };
    let diff = compared("payment.before > 5", &lines("account"), &lines("other"));
    let change = &diff.dictionary[0];
    assert_eq!(change.what, "field payee.account");
    assert_ne!(change.from, change.to);
    assert!(diff.may_change_decisions());
}

/// Whatever key of a field is another, it is told; what only people and the check of policies read decides nothing.
#[test]
fn every_key_of_a_field_is_compared() {
    let field = |keys: &str| format!("  - {{name: payment.note, {keys}}}");
    let plain = "kind: text, class: personal, title: t, meaning: m";
    for (old, new, what, may) in [
        (
            plain,
            "kind: text, class: personal, title: u, meaning: m",
            ": title",
            false,
        ),
        (
            plain,
            "kind: text, class: personal, title: t, meaning: n",
            ": meaning",
            false,
        ),
        (
            plain,
            "kind: text, class: personal, title: t, meaning: m, examples: [a]",
            ": examples",
            false,
        ),
        (
            plain,
            "kind: text, class: personal, title: t, meaning: m, claim: true",
            ": a claim",
            false,
        ),
        (
            plain,
            "kind: integer, class: operational, title: t, meaning: m",
            "",
            true,
        ),
        (
            plain,
            "kind: text, class: sensitive, token: note, title: t, meaning: m",
            "",
            true,
        ),
        (
            plain,
            "kind: text, class: personal, title: t, meaning: m, by: host",
            "",
            true,
        ),
        (
            plain,
            "kind: text, class: personal, title: t, meaning: m, format: uuid",
            "",
            true,
        ),
        (
            plain,
            "kind: text, class: personal, title: t, meaning: m, one_of: [a, b]",
            "",
            true,
        ),
        (
            plain,
            "kind: text, class: personal, title: t, meaning: m, max_length: 9",
            "",
            true,
        ),
        (
            plain,
            "kind: text, class: personal, title: t, meaning: m, iso20022: {pacs.008: [CdtTrfTxInf/RmtInf/Ustrd]}",
            "",
            true,
        ),
        (
            "kind: text, class: sensitive, token: one, title: t, meaning: m",
            "kind: text, class: sensitive, token: two, title: t, meaning: m",
            "",
            true,
        ),
    ] {
        let diff = compared("payment.risky", &field(old), &field(new));
        let changes = &diff.dictionary;
        assert_eq!(changes.len(), 1, "{new}: {changes:?}");
        assert_eq!(
            changes[0].what,
            format!("field payment.note{what}"),
            "{new}"
        );
        assert_ne!(changes[0].from, changes[0].to, "{new}");
        assert_eq!(matches!(changes[0].impact, Impact::Words), !may, "{new}");
        assert!(!diff.is_empty());
    }
}
