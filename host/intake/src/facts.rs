//! Values into a row: checked, brought to their canonical form, and tokenised where they are sensitive.
//!
//! JSON and ISO 20022 both end here, so that the same payment gives the same facts.

use std::borrow::Cow;
use std::collections::HashMap;

use rust_decimal::Decimal;
use weft_dictionary::field::Take;
use weft_dictionary::limits::MAX_TEXTS;
use weft_dictionary::{
    Class, Currency, Dictionary, DurationMs, Field, FieldId, Format, Kind, Money, Origin, Row,
    Timestamp, Token, Value,
};
use weft_redact::{Kind as Personal, Layer, pan};
use weft_vault::{NewRow, Secret, Side, Vault, VaultError};

use crate::canonical::{canonical, iban_country, written_as};
use crate::dropped::{Dropped, Why};
use crate::free_text::{self, is_free_text};
use crate::limits::{self, MIN_LINE_CHARS};
use crate::message::{OneTime, Request};
use crate::problem::{Problem, ProblemCode};
use crate::wrong::{Part, Wrong};

/// The only secret that outlives the parsing, until it is compared.
const ONE_TIME: &str = "challenge.response";
/// The amount of a payment is more than zero.
const AMOUNT: &str = "payment.amount";
/// Degrees have an end (WGS 84); a place beyond it is no place, and must not pass for none.
const DEGREES: [(&str, i64); 2] = [("location.latitude", 90), ("location.longitude", 180)];

/// What is computed from a field that becomes a token.
pub(crate) struct Derivations(HashMap<FieldId, Vec<(FieldId, Take)>>);

impl Derivations {
    pub(crate) fn of(dictionary: &Dictionary) -> Derivations {
        let mut derived: HashMap<FieldId, Vec<(FieldId, Take)>> = HashMap::new();
        for field in dictionary.fields() {
            if let Origin::Derived { from, take } = &field.origin
                && let Some(source) = dictionary.by_name(from)
            {
                derived
                    .entry(source.id)
                    .or_default()
                    .push((field.id, *take));
            }
        }
        Derivations(derived)
    }
}

/// The facts of one request, while its body is read.
pub(crate) struct Facts<'a> {
    dictionary: &'a Dictionary,
    vault: &'a Vault,
    derivations: &'a Derivations,
    row: Row,
    dropped: Dropped,
    one_time: OneTime,
    /// Values with their tokens, until it is known whose they are.
    brought: [Vec<(Token, Secret)>; Side::ALL.len()],
}

impl<'a> Facts<'a> {
    pub(crate) fn new(
        dictionary: &'a Dictionary,
        vault: &'a Vault,
        derivations: &'a Derivations,
    ) -> Facts<'a> {
        Facts {
            dictionary,
            vault,
            derivations,
            row: Row::new(dictionary),
            dropped: Dropped::default(),
            one_time: OneTime::default(),
            brought: Default::default(),
        }
    }

    /// All is said: values are sealed for those who brought them, and wiped.
    pub(crate) fn into_request(mut self, operation: String) -> Result<Request, Problem> {
        self.cover_across().map_err(Wrong::in_request)?;
        let mut new_tokens = Vec::new();
        for (side, values) in Side::ALL.into_iter().zip(&self.brought) {
            let brought = self
                .bring(side, values)
                .map_err(|e| not_stored(&e).in_request())?;
            new_tokens.extend(brought);
        }
        Ok(Request {
            operation,
            row: self.row,
            dropped: self.dropped,
            one_time: self.one_time,
            new_tokens,
        })
    }

    /// A number that is spread over two texts of people, as a name and a note, is covered in both.
    fn cover_across(&mut self) -> Result<(), Wrong> {
        let dictionary = self.dictionary;
        let said = self.row.facts().map(|(id, _)| dictionary.field(id));
        let free: Vec<&Field> = said
            .filter(|field| field.max_length >= MIN_LINE_CHARS && is_free_text(field))
            .collect();
        let pairs = (free.iter()).flat_map(|one| free.iter().map(move |other| (*one, *other)));
        for (one, other) in pairs.filter(|(one, other)| one.id != other.id) {
            let (Some(first), Some(second)) = (self.brought(one), self.brought(other)) else {
                continue;
            };
            let covered = first
                .expose(|first| second.expose(|second| weft_redact::cover_across(first, second)));
            if let Some((kind, first, second)) = covered {
                weft_redact::covered(Layer::Door, &[kind]);
                self.replace(one, &first)?;
                self.replace(other, &second)?;
            }
        }
        Ok(())
    }

    /// The value of a field of this request that became a token.
    fn brought(&self, field: &Field) -> Option<&Secret> {
        let Value::Token(token) = self.row.get(field.id)? else {
            return None;
        };
        let mut all = self.brought[Side::of(field) as usize].iter();
        all.find_map(|(brought, value)| (brought == token).then_some(value))
    }

    /// Another value in place of one that the vault does not keep.
    fn replace(&mut self, field: &Field, text: &str) -> Result<(), Wrong> {
        if let Some(Value::Token(token)) = self.row.get(field.id) {
            self.brought[Side::of(field) as usize].retain(|(brought, _)| brought != token);
        }
        self.drop_at(field.pointer(), Why::Covered);
        self.tokenise(field, canonical(field.format, text)?)
    }

    /// What the vault has to keep of a side of the payment. Who says personal facts has a key, too: they are sealed in
    /// the record.
    fn bring(&self, side: Side, values: &[(Token, Secret)]) -> Result<Vec<NewRow>, VaultError> {
        let of_person = |(id, _): (FieldId, &Value)| {
            let field = self.dictionary.field(id);
            field.class == Class::Personal && Side::of(field) == side
        };
        if values.is_empty() && !self.row.facts().any(of_person) {
            return Ok(Vec::new());
        }
        let subjects = side.subjects(self.dictionary, &self.row);
        self.vault.bring(&subjects, values)
    }

    /// Whether a field has a value by now.
    pub(crate) fn has(&self, field: &Field) -> bool {
        self.row.get(field.id).is_some()
    }

    /// Counts and names a value that is not kept.
    pub(crate) fn drop_at(&mut self, pointer: String, why: Why) {
        self.dropped.add(pointer, why, || None);
    }

    /// The same of a name that the dictionary does not have, beside what was probably meant.
    pub(crate) fn drop_unknown(&mut self, pointer: String, near: impl FnOnce() -> Option<String>) {
        self.dropped.add(pointer, Why::Unknown, near);
    }

    /// Whether a caller may say the field at all.
    pub(crate) fn is_callers(field: &Field) -> bool {
        field.origin == Origin::Request
    }

    /// Whether the value is to be skipped without being looked at.
    pub(crate) fn is_skipped(field: &Field) -> bool {
        field.class == Class::Secret && field.name != ONE_TIME
    }

    /// A value that was written as text.
    pub(crate) fn text(&mut self, field: &Field, text: &str) -> Result<(), Wrong> {
        if field.class == Class::Secret {
            return self.secret(field, text);
        }
        let value = match field.kind {
            Kind::Text => return self.plain_text(field, text),
            Kind::Country => country(text)?,
            Kind::Decimal => Value::Decimal(within_range(field, decimal(text)?)?),
            Kind::Instant => instant(text)?,
            Kind::Duration => duration(text)?,
            Kind::Boolean | Kind::Integer | Kind::Money | Kind::Texts => {
                return Err(wrong_kind(field.kind));
            }
        };
        self.set(field.id, value)
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&mut self, field: &Field, value: bool) -> Result<(), Wrong> {
        match field.kind {
            Kind::Boolean => self.set(field.id, Value::Boolean(value)),
            kind => Err(wrong_kind(kind)),
        }
    }

    /// A whole number; `None` if it does not fit into 64 bits.
    pub(crate) fn integer(&mut self, field: &Field, value: Option<i64>) -> Result<(), Wrong> {
        let outside = || Wrong::value("the number does not fit into 64 bits", "check the number");
        match field.kind {
            Kind::Integer => {
                let value = value.ok_or_else(outside)?;
                nothing_personal(&value.to_string())?;
                self.set(field.id, Value::Integer(value))
            }
            Kind::Decimal => {
                let value = within_range(field, Decimal::from(value.ok_or_else(outside)?))?;
                self.set(field.id, Value::Decimal(value))
            }
            kind => Err(wrong_kind(kind)),
        }
    }

    /// A number with a point or an exponent.
    pub(crate) fn float(field: &Field) -> Wrong {
        match field.kind {
            Kind::Decimal => inexact(),
            kind => wrong_kind(kind),
        }
    }

    /// An amount.
    pub(crate) fn money(&mut self, field: &Field, amount: &str, code: &str) -> Result<(), Wrong> {
        let currency = Currency::from_code(code).map_err(|error| {
            let help = "write the three letters of ISO 4217, in upper case";
            Wrong::value(error.to_string(), help).of(Part::Currency)
        })?;
        nothing_personal(amount).map_err(|wrong| wrong.of(Part::Value))?;
        let refused =
            |reason: String| Wrong::value(reason, "write the amount as in 12.50").of(Part::Value);
        let money = Money::parse(amount, currency).map_err(|e| refused(e.to_string()))?;
        if field.name == AMOUNT && money.minor_units <= 0 {
            return Err(refused(
                "the amount of a payment is more than zero".to_owned(),
            ));
        }
        self.set(field.id, Value::Money(money))
    }

    /// A list of texts, each by its place.
    pub(crate) fn texts(&mut self, field: &Field, texts: Vec<Box<str>>) -> Result<(), Wrong> {
        self.set(field.id, Value::Texts(texts))
    }

    /// One text of a list that has `before` already.
    pub(crate) fn one_of_texts(
        field: &Field,
        before: usize,
        text: &str,
    ) -> Result<Box<str>, Wrong> {
        if before >= MAX_TEXTS {
            return Err(Wrong::value(
                format!("the list has more than {MAX_TEXTS} entries"),
                "leave some out",
            ));
        }
        check_length(field, text, 0)?;
        nothing_personal(text)?;
        let canonical = in_form_of(field, text)?;
        Ok(canonical.expose(|text| text.into()))
    }

    fn secret(&mut self, field: &Field, text: &str) -> Result<(), Wrong> {
        if field.name == ONE_TIME {
            check_length(field, text, 0)?;
            self.one_time = OneTime::new(text);
        }
        Ok(())
    }

    fn plain_text(&mut self, field: &Field, text: &str) -> Result<(), Wrong> {
        // What has a form may have filler between its characters, which does not count.
        let filler = field.format.map_or(0, |_| limits::MAX_FILLER_CHARS);
        check_length(field, text, filler)?;
        if !field.class.is_tokenised() {
            nothing_personal(text)?;
        }
        let kept = match is_free_text(field) {
            true => free_text::cover(text),
            false => Cow::Borrowed(text),
        };
        let canonical = in_form_of(field, &kept)?;
        match kept {
            // What stands for what was covered may be longer.
            Cow::Owned(_) => self.drop_at(field.pointer(), Why::Covered),
            Cow::Borrowed(_) => canonical.expose(|text| check_length(field, text, 0))?,
        }
        if !field.one_of.is_empty()
            && !canonical.expose(|text| field.one_of.iter().any(|one| one == text))
        {
            let reason = "the text is not one of those that the field takes";
            return Err(Wrong::value(
                reason,
                format!("write one of {}", field.one_of.join(", ")),
            ));
        }
        self.derive(field.id, &canonical)?;
        if field.class.is_tokenised() {
            self.tokenise(field, canonical)
        } else {
            self.set(field.id, Value::Text(canonical.expose(|text| text.into())))
        }
    }

    fn tokenise(&mut self, field: &Field, canonical: Secret) -> Result<(), Wrong> {
        let kind = field.token.as_deref().unwrap_or_default();
        let token = self.vault.token(kind, &canonical);
        let token = token.map_err(|e| not_stored(&e))?;
        self.brought[Side::of(field) as usize].push((token.clone(), canonical));
        self.set(field.id, Value::Token(token))
    }

    fn derive(&mut self, from: FieldId, canonical: &Secret) -> Result<(), Wrong> {
        let derivations = self.derivations;
        for &(id, take) in derivations.0.get(&from).into_iter().flatten() {
            let taken: Option<Box<str>> = canonical.expose(|text| {
                match take {
                    Take::Last4 => text.len().checked_sub(4).and_then(|at| text.get(at..)),
                    Take::Bin6 => pan::issuer(text, pan::Bin::Six),
                    Take::Bin8 => pan::issuer(text, pan::Bin::Eight),
                    Take::Country => iban_country(text),
                }
                .map(Into::into)
            });
            if let Some(taken) = taken {
                self.set(id, Value::Text(taken))?;
            }
        }
        Ok(())
    }

    fn set(&mut self, id: FieldId, value: Value) -> Result<(), Wrong> {
        self.row.set(self.dictionary, id, value).map_err(|error| {
            let field = &self.dictionary.field(id).name;
            tracing::error!(%error, field, "a value was refused by its row");
            Wrong::host(ProblemCode::Internal, "the host could not keep the value")
        })
    }
}

fn not_stored(error: &VaultError) -> Wrong {
    if matches!(error, VaultError::ErasedMeanwhile) {
        return Wrong::host(
            ProblemCode::NotReady,
            "a person in the request was erased while it was read, so nothing was decided",
        );
    }
    tracing::error!(%error, "a value was not tokenised");
    Wrong::host(
        ProblemCode::NotReady,
        "the vault does not take the value, so nothing was decided",
    )
}

/// What is not tokenised is recorded as it came, in a log from which nothing can be deleted: what has the form of a
/// number or an address that leads to a person would stay there for ever, so it is refused.
pub(crate) fn nothing_personal(text: &str) -> Result<(), Wrong> {
    let Some(found) = weft_redact::in_identifier(text) else {
        return Ok(());
    };
    let name = found.name();
    let reason =
        format!("the text has the form of {name}, and this field would be recorded in clear");
    Err(Wrong::value(reason, where_it_belongs(found)))
}

/// And what to do with an identifier that only looks like it.
fn where_it_belongs(found: Personal) -> &'static str {
    match found {
        Personal::CardNumber => {
            "send card numbers in instrument.pan only; an identifier of your own that looks like one needs a letter in the middle \
             of its digits, as in 26061715T35460128, or fewer than fifteen digits; letters around it, signs in it, or its order make no difference"
        }
        Personal::Iban => {
            "send account numbers in payer.account and payee.account only; an identifier of your own that looks like \
             one needs another form: letters around it, signs in it, or its order make no difference"
        }
        Personal::Mailbox => {
            "send mailboxes in payer.email only; an identifier has no @ with a domain behind it"
        }
        Personal::PhoneNumber => {
            "send phone numbers in payer.phone only; an identifier does not begin its digits with a plus sign"
        }
        Personal::SecurityCode | Personal::NationalId => "leave it out; no field takes it",
    }
}

/// The text in its field's form, or why it does not have it, as people write such a field.
fn in_form_of(field: &Field, text: &str) -> Result<Secret, Wrong> {
    let has_not = |format: Format| format.admits(text.trim()) == Some(false);
    canonical(field.format, text).map_err(|wrong| match field.examples.first() {
        Some(example) if field.format.is_some_and(has_not) => wrong.help(written_as(example)),
        _ => wrong,
    })
}

fn check_length(field: &Field, text: &str, filler: usize) -> Result<(), Wrong> {
    if text.chars().count() <= field.max_length + filler {
        return Ok(());
    }
    let most = field.max_length;
    if field.format == Some(Format::Reference) && most == limits::MAX_ID_CHARS {
        let reason =
            format!("the text has more than the {most} characters of ISO 20022 (Max35Text)");
        return Err(Wrong::value(
            reason,
            "shorten it; a UUID fits without its hyphens",
        ));
    }
    Err(Wrong::value(
        format!("the text has more than {most} characters"),
        "shorten it",
    ))
}

fn country(text: &str) -> Result<Value, Wrong> {
    match rust_iso3166::from_alpha2(text.trim()) {
        Some(country) => Ok(Value::text(country.alpha2)),
        None => Err(Wrong::value(
            "this is not a country",
            "write the two letters of ISO 3166-1, in upper case",
        )),
    }
}

fn within_range(field: &Field, value: Decimal) -> Result<Decimal, Wrong> {
    let end = DEGREES.iter().find(|(name, _)| *name == field.name);
    match end {
        Some((_, end)) if value.abs() > Decimal::from(*end) => Err(Wrong::value(
            format!("this is not within {end} degrees"),
            format!("write degrees from -{end} to {end} (WGS 84)"),
        )),
        _ => Ok(value),
    }
}

fn decimal(text: &str) -> Result<Decimal, Wrong> {
    let plain = text.len() <= limits::MAX_SCALAR_CHARS
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    match Decimal::from_str_exact(text).ok().filter(|_| plain) {
        Some(value) => Ok(value),
        None => Err(Wrong::value(
            "this is not a decimal number with at most 28 digits",
            "write it as in -12.5",
        )),
    }
}

fn instant(text: &str) -> Result<Value, Wrong> {
    match Timestamp::parse(text).filter(|_| text.len() <= limits::MAX_SCALAR_CHARS) {
        Some(at) => Ok(Value::Instant(at)),
        None => Err(Wrong::value(
            "this is not an instant after 1970 with an offset (RFC 3339)",
            "write it as in 2026-01-01T10:00:00Z",
        )),
    }
}

fn duration(text: &str) -> Result<Value, Wrong> {
    match DurationMs::parse(text) {
        Some(duration) => Ok(Value::Duration(duration)),
        None => Err(Wrong::value(
            "this is not a duration",
            "write a whole number and a unit, as in 24h",
        )),
    }
}

/// Why numbers of JSON are not taken where exactness matters (RFC 8259, section 6).
pub(crate) fn inexact() -> Wrong {
    Wrong::value(
        "a number of JSON is not exact: readers may round it",
        "write the number as a string, as in \"12.50\"",
    )
}

/// The value is of another kind than the field.
pub(crate) fn wrong_kind(kind: Kind) -> Wrong {
    let (reason, help) = match kind {
        Kind::Boolean => (
            "the field is true or false",
            "write true or false, without quotes",
        ),
        Kind::Integer => (
            "the field is a whole number",
            "write digits, without quotes",
        ),
        Kind::Decimal => ("the field is a decimal number", "write it as in \"12.5\""),
        Kind::Text => ("the field is a text", "write a string"),
        Kind::Country => (
            "the field is a country",
            "write the two letters of ISO 3166-1",
        ),
        Kind::Money => (
            "the field is an amount",
            "write it as in {\"value\":\"12.50\",\"currency\":\"EUR\"}",
        ),
        Kind::Instant => (
            "the field is an instant",
            "write it as in \"2026-01-01T10:00:00Z\"",
        ),
        Kind::Duration => ("the field is a duration", "write it as in \"24h\""),
        Kind::Texts => (
            "the field is a list of texts",
            "write it as in [\"one\",\"two\"]",
        ),
    };
    Wrong::value(reason, help)
}
