//! The facts that a test gives, as a row.

use serde_json::Value as Json;
use weft_diagnostic::{Place, did_you_mean, yaml};
use weft_dictionary::{Currency, Dictionary, Field, Kind, Row, Token, Value};

use super::{Failed, NotHeld};
use crate::cel::parameter::{MAX_THREAT, THREAT_LEVEL};
use crate::coded::Coded;
use crate::parameters::LEVEL_KEY;
use crate::source::TestSource;

/// Why a fact of a test is not there.
const WITHHELD: &str = "withheld-by-test";

/// The row of a test.
pub(super) fn row(dictionary: &Dictionary, test: &TestSource) -> Result<Row, NotHeld> {
    let mut row = Row::new(dictionary);
    set_level(dictionary, test, &mut row)?;
    for (name, fact) in &test.given.0 {
        let field = named(dictionary, name).map_err(at(yaml::place(&fact.name)))?;
        let set = set(dictionary, field, &fact.value.value, &mut row);
        set.map_err(at(yaml::place(&fact.value)))?;
    }
    for name in &test.withheld {
        let at = at(yaml::place(name));
        if !test.given.0.contains_key(&name.value) {
            let message = format!("`{}` is withheld, and is not there", name.value);
            return Err(at((message, "give it a value under `given`, too".into())));
        }
        row.withhold(named(dictionary, &name.value).map_err(at)?.id, WITHHELD);
    }
    Ok(row)
}

fn at(place: Place) -> impl FnOnce(Failed) -> NotHeld {
    move |(message, help)| NotHeld::Test(Some(place), message, help)
}

fn set(dictionary: &Dictionary, field: &Field, json: &Json, row: &mut Row) -> Result<(), Failed> {
    let name = &field.name;
    let value = match json.as_str().filter(|_| field.class.is_tokenised()) {
        // In tests any text stands for a token: equal texts are equal tokens.
        Some(text) => Some(Value::Token(stand_in(
            text,
            field.token.as_deref().unwrap_or("test"),
        ))),
        None => Value::from_json(field.kind, json),
    };
    if let (Some(Value::Text(word)), Some(coded)) = (&value, Coded::of(field))
        && !coded.has(word)
    {
        return Err((format!("`{name}` is never '{word}'"), coded.help(word)));
    }
    let set = value.map(|value| row.set(dictionary, field.id, value));
    if !matches!(set, Some(Ok(()))) {
        let kind = field.kind.as_str();
        // YAML reads NO, the code of Norway, as false.
        let help = match (json, field.kind) {
            (Json::Bool(_), Kind::Text | Kind::Country) => {
                format!("`{name}` is {kind}: put the value in quotes")
            }
            (_, Kind::Money) => format!("`{name}` is {kind}: {}", in_an_amount(json)),
            _ => format!("`{name}` is {kind}"),
        };
        return Err((format!("the value given for `{name}` does not fit"), help));
    }
    Ok(())
}

/// What is wrong with an amount.
fn in_an_amount(json: &Json) -> String {
    const KEYS: [&str; 2] = ["value", "currency"];
    const FORM: &str = "write {value: '12.50', currency: EUR}";
    let parts = json.as_object();
    let stray = parts.and_then(|parts| parts.keys().find(|key| !KEYS.contains(&key.as_str())));
    if let Some(key) = stray {
        let near = did_you_mean(key, KEYS);
        let help = near.map_or(FORM.to_owned(), |near| format!("did you mean `{near}`?"));
        return format!("an amount has no key `{key}`; {help}");
    }
    let currency = parts.and_then(|parts| parts.get("currency")?.as_str());
    match currency.filter(|code| Currency::from_code(code).is_err()) {
        Some(code) => format!("`{code}` is no currency of ISO 4217, such as EUR"),
        None => FORM.to_owned(),
    }
}

fn named<'d>(dictionary: &'d Dictionary, name: &str) -> Result<&'d Field, Failed> {
    dictionary.by_name(name).ok_or_else(|| {
        let near = did_you_mean(name, dictionary.fields().map(|f| f.name.as_str()));
        let help = near.map_or("see dictionary.yaml".into(), |near| {
            format!("did you mean `{near}`?")
        });
        (format!("there is no field `{name}`"), help)
    })
}

/// The host always says the level of threat; a test that does not is at level 0.
fn set_level(dictionary: &Dictionary, test: &TestSource, row: &mut Row) -> Result<(), NotHeld> {
    let Some(written) = test.with.0.get(LEVEL_KEY) else {
        let Some(field) = dictionary.by_name(THREAT_LEVEL) else {
            return Ok(());
        };
        return level(dictionary, field, Some(0), row).map_err(NotHeld::from);
    };
    let written = &written.value;
    let at = at(yaml::place(written));
    let Some(field) = dictionary.by_name(THREAT_LEVEL) else {
        let message = format!("the dictionary has no field `{THREAT_LEVEL}`");
        return Err(at((message, format!("remove `with.{LEVEL_KEY}`"))));
    };
    if test.given.0.contains_key(THREAT_LEVEL) {
        let message = "the level of threat stands twice".to_owned();
        return Err(at((message, format!("keep `with.{LEVEL_KEY}`"))));
    }
    let read = written.value.parse().ok();
    let read = read.filter(|level: &usize| *level <= MAX_THREAT);
    level(dictionary, field, read, row).map_err(at)
}

fn level(
    dictionary: &Dictionary,
    field: &Field,
    level: Option<usize>,
    row: &mut Row,
) -> Result<(), Failed> {
    let level = level.and_then(|level| i64::try_from(level).ok());
    let set = level.map(|level| row.set(dictionary, field.id, Value::Integer(level)));
    match set {
        Some(Ok(())) => Ok(()),
        _ => Err((
            "this is not a level of threat".into(),
            "write 0, 1, 2 or 3".into(),
        )),
    }
}

fn stand_in(text: &str, kind: &str) -> Token {
    let mut bits = [0_u8; 16];
    bits.copy_from_slice(&<sha2::Sha256 as sha2::Digest>::digest(text.as_bytes())[..16]);
    Token::new("test", kind, bits)
}
