//! Whether fields fit together.

use std::collections::{HashMap, HashSet};

use weft_diagnostic::yaml::{self, Spanned};
use weft_diagnostic::{Diagnostic, Diagnostics, did_you_mean};

use super::source::{By, FeatureSource, FieldSource, File};
use super::{CONTRADICTION, Dictionary};
use crate::field::{FeatureSpec, Field, FieldId, Origin};
use crate::{Class, Kind, limits};

/// Reads the fields, and collects what does not fit.
pub(super) struct Loader<'a> {
    file: &'a str,
    source: &'a File,
    names: HashSet<&'a str>,
    problems: Vec<Diagnostic>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(file: &'a str, source: &'a File) -> Self {
        let names = source
            .fields
            .iter()
            .map(|f| f.name.value.as_str())
            .collect();
        Self {
            file,
            source,
            names,
            problems: Vec::new(),
        }
    }

    pub(super) fn load(mut self) -> Result<Dictionary, Diagnostics> {
        if self.source.version.value != 1 {
            self.refuse(
                &self.source.version,
                "this version of the form is not known",
                "write version: 1",
            );
        }
        if self.source.fields.len() > limits::MAX_FIELDS {
            self.refuse(
                &self.source.version,
                format!(
                    "{} fields, the limit is {}",
                    self.source.fields.len(),
                    limits::MAX_FIELDS
                ),
                "split what is not needed into a dictionary of another host",
            );
        }
        let mut fields: Vec<Field> = Vec::new();
        let mut by_name = HashMap::new();
        for source in &self.source.fields {
            let id = FieldId::from_index(fields.len());
            self.check_name(&source.name);
            if by_name.insert(source.name.value.clone(), id).is_some() {
                self.refuse(
                    &source.name,
                    format!("`{}` stands twice in the dictionary", source.name.value),
                    "keep one of the two",
                );
            }
            self.check_class(source);
            self.check_format(source);
            self.check_format_class(source);
            self.check_token_kind(source);
            let origin = self.origin(source);
            self.check_claim(source, &origin);
            self.check_clear_text(source, &origin);
            fields.push(Field {
                id,
                name: source.name.value.clone(),
                kind: source.kind.value,
                class: source.class.value,
                title: source.title.clone(),
                meaning: source.meaning.clone(),
                origin,
                format: source.format.as_ref().map(|f| f.value),
                one_of: source.one_of.clone(),
                examples: source.examples.clone(),
                max_length: source
                    .max_length
                    .as_ref()
                    .map_or(limits::MAX_TEXT_CHARS, |m| m.value),
                claim: source.claim.as_ref().is_some_and(|claim| claim.value),
                token: source.token.as_ref().map(|t| t.value.clone()),
                iso20022: source.iso20022.clone(),
            });
        }
        if self.problems.is_empty() {
            Ok(Dictionary {
                fields,
                by_name,
                sections: self.source.sections.clone(),
            })
        } else {
            Err(Diagnostics(self.problems))
        }
    }

    fn check_name(&mut self, name: &'a Spanned<String>) {
        let word = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase())
                && part
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        let parts: Vec<&str> = name.value.split('.').collect();
        if !(2..=3).contains(&parts.len())
            || !parts.iter().all(|p| word(p))
            || name.value.len() > limits::MAX_NAME_CHARS
        {
            self.refuse(
                name,
                format!("`{}` is not a field's name", name.value),
                "write section.name in lower case with underscores, for example payment.amount",
            );
        } else if !self.source.sections.contains_key(parts[0]) {
            let help = match did_you_mean(parts[0], self.source.sections.keys().map(String::as_str))
            {
                Some(near) => format!(
                    "did you mean `{near}`? Otherwise add `{}` to `sections`",
                    parts[0]
                ),
                None => format!("add `{}` to `sections`", parts[0]),
            };
            self.refuse(name, format!("there is no section `{}`", parts[0]), help);
        }
    }

    fn check_claim(&mut self, field: &'a FieldSource, origin: &Origin) {
        if let Some(claim) = field.claim.as_ref().filter(|_| *origin != Origin::Request) {
            self.refuse(
                claim,
                format!(
                    "`{}` is not said by the request, so it claims nothing",
                    field.name.value
                ),
                "remove `claim`",
            );
        }
    }

    /// What is recorded in clear for ever is nothing that anybody may write into.
    fn check_clear_text(&mut self, field: &'a FieldSource, origin: &Origin) {
        let is_text = matches!(field.kind.value, Kind::Text | Kind::Texts);
        let is_open = field.one_of.is_empty() && field.format.is_none();
        if is_text && is_open && *origin == Origin::Request && field.class.value < Class::Personal {
            self.refuse(
                &field.class,
                format!(
                    "`{}` is {}, so it is recorded in clear, and a request may say anything in it",
                    field.name.value,
                    field.class.value.as_str()
                ),
                "say its form: `format: reference` for an identifier, `code` or `mcc` for a code, or `one_of`; what people \
                 write is of class personal or sensitive",
            );
        }
        let Some(format) = &field.format else { return };
        let has_not = |text: &&String| format.value.admits(text) == Some(false);
        if field
            .one_of
            .iter()
            .chain(&field.examples)
            .any(|text| has_not(&text))
        {
            self.refuse(
                format,
                format!(
                    "an example or a word of `{}` does not have its format {}",
                    field.name.value,
                    format.value.as_str()
                ),
                format!("it is {}", format.value.in_words()),
            );
        }
    }

    fn check_class(&mut self, field: &'a FieldSource) {
        let class = field.class.value;
        let word = |kind: &str| kind.bytes().all(|b| b.is_ascii_lowercase()) && !kind.is_empty();
        match &field.token {
            None if class.is_tokenised() => self.refuse(
                &field.class,
                format!(
                    "`{}` is {} but names no kind of token",
                    field.name.value,
                    class.as_str()
                ),
                "add `token: KIND`, for example `token: account`",
            ),
            Some(token) if !class.is_tokenised() => self.refuse(
                token,
                format!(
                    "`{}` is {}, so no token stands for it",
                    field.name.value,
                    class.as_str()
                ),
                "remove `token`, or make the class sensitive or cardholder",
            ),
            Some(token) if !word(&token.value) => self.refuse(
                token,
                "a kind of token is a word in lower case".to_owned(),
                "for example card, account, person",
            ),
            _ => {}
        }
        if class.is_tokenised() && field.kind.value != Kind::Text {
            self.refuse(
                &field.kind,
                format!(
                    "`{}` is {}, and only texts become tokens",
                    field.name.value,
                    class.as_str()
                ),
                "make the kind text",
            );
        }
    }

    fn check_format(&mut self, field: &'a FieldSource) {
        let text = field.kind.value == Kind::Text;
        let takes_format = text || field.kind.value == Kind::Texts;
        if let Some(format) = field.format.as_ref().filter(|_| !takes_format) {
            self.refuse(
                format,
                format!(
                    "a format is for texts, `{}` is {}",
                    field.name.value,
                    field.kind.value.as_str()
                ),
                "remove `format`",
            );
        }
        if !field.one_of.is_empty() && !text {
            self.refuse(
                &field.name,
                format!(
                    "`one_of` is for texts, `{}` is {}",
                    field.name.value,
                    field.kind.value.as_str()
                ),
                "remove `one_of`",
            );
        }
        let takes_examples = text && field.one_of.is_empty() && !field.class.value.is_tokenised();
        if !field.examples.is_empty() && !takes_examples {
            self.refuse(
                &field.name,
                format!(
                    "`examples` is for texts in clear without `one_of`, `{}` is none",
                    field.name.value
                ),
                "remove `examples`",
            );
        }
        let most = match field.class.value {
            Class::Secret => limits::MAX_SECRET_CHARS,
            _ => limits::MAX_TEXT_CHARS,
        };
        if let Some(max) = field
            .max_length
            .as_ref()
            .filter(|m| !(1..=most).contains(&m.value))
        {
            self.refuse(
                max,
                format!("`max_length` is {}", max.value),
                format!("write 1 to {most}"),
            );
        }
    }

    /// What a format says about a person must not be less protected than that.
    fn check_format_class(&mut self, field: &'a FieldSource) {
        let Some(format) = &field.format else { return };
        let least = format.value.least_class();
        if field.class.value >= least {
            return;
        }
        let mut word = least.as_str().to_owned();
        if !field.class.value.is_tokenised() {
            word.push_str(" and name a kind of `token`");
        }
        self.refuse(
            &field.class,
            format!(
                "`{}` has the format {}, which is {} data, and its class is {}",
                field.name.value,
                format.value.as_str(),
                least.as_str(),
                field.class.value.as_str()
            ),
            format!("make the class {word}, or remove `format` if it is another thing"),
        );
    }

    /// One kind of token is one kind of value: equal values get equal tokens.
    fn check_token_kind(&mut self, field: &'a FieldSource) {
        let Some(token) = &field.token else { return };
        let same_kind = |other: &&FieldSource| {
            (other.token.as_ref()).is_some_and(|other| other.value == token.value)
        };
        let Some(first) = self.source.fields.iter().find(same_kind) else {
            return;
        };
        if first.class.value != field.class.value {
            self.refuse(
                &field.class,
                format!(
                    "tokens of the kind `{}` stand for {} data in `{}`, and for {} data in `{}`",
                    token.value,
                    first.class.value.as_str(),
                    first.name.value,
                    field.class.value.as_str(),
                    field.name.value
                ),
                "give both the same class, or another kind of token",
            );
        }
        let (Some(one), Some(other)) = (&first.format, &field.format) else {
            return;
        };
        if one.value.canonical() != other.value.canonical() {
            self.refuse(
                other,
                format!(
                    "tokens of the kind `{}` stand for the format {} in `{}`, and for {} in `{}`",
                    token.value,
                    one.value.as_str(),
                    first.name.value,
                    other.value.as_str(),
                    field.name.value
                ),
                "give both the same format, or another kind of token",
            );
        }
    }

    fn origin(&mut self, field: &'a FieldSource) -> Origin {
        let given = usize::from(field.by.is_some())
            + usize::from(field.derived.is_some())
            + usize::from(field.feature.is_some());
        if given > 1 {
            self.refuse(
                &field.name,
                format!("`{}` has more than one origin", field.name.value),
                "keep one of `by`, `derived` and `feature`",
            );
        }
        if let Some(derived) = &field.derived {
            self.check_reference(derived, &derived.value.from);
            Origin::Derived {
                from: derived.value.from.clone(),
                take: derived.value.take,
            }
        } else if let Some(feature) = &field.feature {
            self.check_feature(field, feature);
            Origin::Behaviour(FeatureSpec {
                of: feature.value.of.clone(),
                measure: feature.value.measure,
                window: feature.value.window,
            })
        } else if field.by.as_ref().is_some_and(|by| by.value == By::Host) {
            Origin::Host
        } else {
            Origin::Request
        }
    }

    fn check_feature(&mut self, field: &'a FieldSource, feature: &'a Spanned<FeatureSource>) {
        let FeatureSource {
            of,
            measure,
            window,
        } = &feature.value;
        if of.is_empty() || of.len() > 2 {
            self.refuse(
                feature,
                "a feature is of one or two fields".to_owned(),
                "for example of: [payer.account]",
            );
        }
        for name in of {
            self.check_reference(feature, name);
        }
        if measure.needs_window() != window.is_some() {
            let (message, help) = if measure.needs_window() {
                (
                    "this measure looks back over a window",
                    "add `window`, for example `window: 24h`",
                )
            } else {
                ("this measure has no window", "remove `window`")
            };
            self.refuse(feature, message.to_owned(), help);
        }
        if field.kind.value != measure.kind() {
            self.refuse(
                &field.kind,
                format!(
                    "`{}` is {}, its measure gives {}",
                    field.name.value,
                    field.kind.value.as_str(),
                    measure.kind().as_str()
                ),
                format!("write kind: {}", measure.kind().as_str()),
            );
        }
    }

    fn check_reference<T>(&mut self, at: &'a Spanned<T>, name: &str) {
        if !self.names.contains(name) {
            let help = match did_you_mean(name, self.names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name a field of this dictionary".to_owned(),
            };
            self.refuse(at, format!("there is no field `{name}`"), help);
        }
    }

    fn refuse<T>(&mut self, at: &Spanned<T>, message: impl Into<String>, help: impl Into<String>) {
        self.problems
            .push(yaml::error_at(CONTRADICTION, self.file, at, message).help(help));
    }
}
