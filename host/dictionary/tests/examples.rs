//! Texts as they come, for examples that people read.

use weft_dictionary::Dictionary;

fn parsed(field: &str) -> Result<Dictionary, String> {
    let text = format!(
        "version: 1\nsections: {{payer: Payer}}\nfields:\n  - {{name: payer.n, title: t, meaning: m, {field}}}\n"
    );
    Dictionary::parse("d.yaml", &text).map_err(|problems| problems.to_string())
}

#[test]
fn a_text_in_clear_has_examples() {
    let dictionary = parsed("kind: text, class: personal, examples: [one, two]").expect("valid");
    let field = dictionary.by_name("payer.n").expect("is there");
    assert_eq!(field.examples, ["one", "two"]);
}

#[test]
fn what_is_no_open_text_in_clear_has_none() {
    for field in [
        "kind: integer, class: operational, examples: [one]",
        "kind: text, class: operational, one_of: [one, two], examples: [one]",
        "kind: text, class: sensitive, token: customer, examples: [one]",
    ] {
        let said = parsed(field).expect_err("refused");
        assert!(
            said.contains("`examples` is for texts in clear without `one_of`, `payer.n` is none (remove `examples`)"),
            "{said}"
        );
    }
}
