//! The dictionary file into a [`Dictionary`], or problems with file, line and column.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use weft_diagnostic::yaml;
use weft_diagnostic::{Code, Diagnostics, did_you_mean};

use crate::field::{Field, FieldId};

mod loader;
mod source;

use loader::Loader;
use source::File;

/// A dictionary that contradicts itself.
pub const CONTRADICTION: Code = Code {
    id: "W0201",
    title: "the dictionary contradicts itself",
    page: "Every field has one name, one kind, one class and one origin, and these must fit together: \
           a field of class `sensitive` or `cardholder` names the kind of `token` that stands for it, \
           other fields must not. A format says what a text is, so it says how sensitive it is at least: \
           a `pan` is cardholder data; what identifies or reaches a person (`iban`, `account`, `phone`, \
           `email`, `name`) is sensitive at least. Fields of one kind of token have one class, and one \
           format where they have any, because equal values get equal tokens. A feature has the kind of its measure; a derived field and a feature \
           name fields that exist.\n\nA text of class `public` or `operational` is recorded in clear, in a log from which nothing can be \
           deleted. One that requests say therefore has a `format` or `one_of`, in which no name and no street has a place: \
           `reference` for identifiers that systems make, `code` and `mcc` for codes, `service`, `bic`, `uuid`. What people write \
           is of class `personal` or `sensitive`.\n\nThe dictionary decides what is tokenised at the door, so a \
           contradiction in it is refused as a whole.",
};

/// The codes of this crate.
pub const CODES: &[Code] = &[CONTRADICTION];

/// Every field, by number and by name.
#[derive(Debug, Clone)]
pub struct Dictionary {
    fields: Vec<Field>,
    by_name: HashMap<String, FieldId>,
    sections: BTreeMap<String, String>,
}

impl Dictionary {
    /// Reads and checks the file.
    pub fn load(path: &Path) -> Result<Dictionary, Diagnostics> {
        let text = yaml::read_text(path)?;
        Dictionary::parse(&path.display().to_string(), &text)
    }

    /// Checks `text`, which came from `file`.
    pub fn parse(file: &str, text: &str) -> Result<Dictionary, Diagnostics> {
        let source: File = yaml::parse(file, text)?;
        Loader::new(file, &source).load()
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// A field by its number.
    pub fn field(&self, id: FieldId) -> &Field {
        &self.fields[id.index()]
    }

    /// A field by its name.
    pub fn by_name(&self, name: &str) -> Option<&Field> {
        self.by_name.get(name).map(|id| self.field(*id))
    }

    /// All fields, in file order.
    pub fn fields(&self) -> impl ExactSizeIterator<Item = &Field> {
        self.fields.iter()
    }

    /// Sections and their titles, by name.
    pub fn sections(&self) -> &BTreeMap<String, String> {
        &self.sections
    }

    /// The name most like one that is not there.
    pub fn did_you_mean(&self, name: &str) -> Option<&str> {
        did_you_mean(name, self.fields.iter().map(|f| f.name.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "version: 1\nsections: {payment: Payment, payer: Payer}\nfields:\n";

    fn problems(fields: &str) -> Vec<String> {
        match Dictionary::parse("d.yaml", &format!("{HEAD}{fields}")) {
            Ok(_) => Vec::new(),
            Err(found) => found.0.iter().map(ToString::to_string).collect(),
        }
    }

    fn field(rest: &str) -> String {
        format!("  - {{title: t, meaning: m, {rest}}}\n")
    }

    #[test]
    fn a_field_is_found_by_name_and_number() {
        let text = format!(
            "{HEAD}{}",
            field("name: payment.amount, kind: money, class: operational")
        );
        let dictionary = Dictionary::parse("d.yaml", &text).expect("valid");
        let amount = dictionary.by_name("payment.amount").expect("is there");
        assert_eq!(dictionary.field(amount.id), amount);
        assert_eq!(amount.pointer(), "/payment/amount");
    }

    #[test]
    fn contradictions_are_refused_with_their_place() {
        let cases = [
            (
                field("name: payer.name, kind: text, class: sensitive"),
                "d.yaml:4:65: error[W0201]: `payer.name` is sensitive but names no kind of token",
            ),
            (
                field("name: payer.city, kind: text, class: personal, token: city"),
                "so no token stands for it",
            ),
            (
                field("name: payer.n, kind: text, class: sensitive, format: pan, token: card"),
                "d.yaml:4:62: error[W0201]: `payer.n` has the format pan, which is cardholder data, and its class is sensitive (make the class cardholder, or",
            ),
            (
                field("name: payer.n, kind: text, class: personal, format: iban"),
                "d.yaml:4:62: error[W0201]: `payer.n` has the format iban, which is sensitive data, and its class is personal (make the class sensitive and name a kind of `token`, or",
            ),
            (
                field("name: payer.a, kind: text, class: sensitive, token: card")
                    + &field("name: payer.b, kind: text, class: cardholder, token: card"),
                "d.yaml:5:62: error[W0201]: tokens of the kind `card` stand for sensitive data in `payer.a`, and for cardholder data in `payer.b`",
            ),
            (
                field("name: payer.a, kind: text, class: sensitive, token: k, format: name")
                    + &field(
                        "name: payer.b, kind: text, class: sensitive, token: k, format: phone",
                    ),
                "tokens of the kind `k` stand for the format name in `payer.a`, and for phone in `payer.b`",
            ),
            (
                field("name: Payer, kind: integer, class: public"),
                "`Payer` is not a field's name",
            ),
            (
                field("name: pyer.name, kind: integer, class: public"),
                "did you mean `payer`?",
            ),
            (
                field(
                    "name: payment.n, kind: integer, class: public, feature: {of: [payer.x], measure: count, window: 1h}",
                ),
                "there is no field `payer.x`",
            ),
            (
                field(
                    "name: payment.n, kind: integer, class: public, feature: {of: [payment.n], measure: count}",
                ),
                "looks back over a window",
            ),
            (
                field(
                    "name: payment.n, kind: money, class: public, feature: {of: [payment.n], measure: count, window: 1h}",
                ),
                "its measure gives integer",
            ),
            (
                field("name: payment.n, kind: integer, class: public").repeat(2),
                "stands twice",
            ),
            (
                field("name: payment.n, kind: text, class: operational"),
                "d.yaml:4:64: error[W0201]: `payment.n` is operational, so it is recorded in clear, and a request may say anything in it (say its form: `format: reference`",
            ),
            (
                field("name: payment.n, kind: texts, class: public"),
                "`payment.n` is public, so it is recorded in clear",
            ),
            (
                field(
                    "name: payment.n, kind: text, class: public, format: mcc, examples: [\"5411\", food]",
                ),
                "an example or a word of `payment.n` does not have its format mcc (it is a merchant category of ISO 18245: four digits)",
            ),
            (
                field("name: payment.n, kind: integer, class: public, format: reference"),
                "a format is for texts",
            ),
        ];
        for (fields, expected) in cases {
            let found = problems(&fields);
            assert!(
                found.iter().any(|p| p.contains(expected)),
                "{expected:?} not in {found:?}"
            );
        }
    }

    #[test]
    fn a_text_in_clear_has_a_form_or_is_not_the_requests_to_say() {
        for fields in [
            "kind: text, class: operational, format: reference, examples: [P-1001]",
            "kind: texts, class: operational, format: code",
            "kind: text, class: public, one_of: [a, b]",
            "kind: text, class: operational, by: host",
            "kind: text, class: personal",
            "kind: text, class: secret",
        ] {
            let found = problems(&field(&format!("name: payment.n, {fields}")));
            assert_eq!(found, Vec::<String>::new(), "{fields}");
        }
    }
}
