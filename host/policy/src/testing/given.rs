//! The facts that a test gives, as a row.

use serde_json::Value as Json;
use weft_diagnostic::did_you_mean;
use weft_dictionary::{Dictionary, Field, Kind, Row, Token, Value};

use super::Failed;
use crate::cel::parameter::{MAX_THREAT, THREAT_LEVEL};
use crate::coded::Coded;
use crate::parameters::LEVEL_KEY;
use crate::source::TestSource;

/// Why a fact of a test is not there.
const WITHHELD: &str = "withheld-by-test";

/// The row of a test.
pub(super) fn row(dictionary: &Dictionary, test: &TestSource) -> Result<Row, Failed> {
    let mut row = Row::new(dictionary);
    set_level(dictionary, test, &mut row)?;
    for (name, json) in &test.given {
        let field = named(dictionary, name)?;
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
                _ => format!("`{name}` is {kind}"),
            };
            return Err((format!("the value given for `{name}` does not fit"), help));
        }
    }
    for name in &test.withheld {
        if !test.given.contains_key(name) {
            let message = format!("`{name}` is withheld, and is not there");
            return Err((message, "give it a value under `given`, too".into()));
        }
        row.withhold(named(dictionary, name)?.id, WITHHELD);
    }
    Ok(row)
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
fn set_level(dictionary: &Dictionary, test: &TestSource, row: &mut Row) -> Result<(), Failed> {
    let written = test.with.get(LEVEL_KEY);
    let Some(field) = dictionary.by_name(THREAT_LEVEL) else {
        let no_level = format!("the dictionary has no field `{THREAT_LEVEL}`");
        return match written {
            Some(_) => Err((no_level, format!("remove `with.{LEVEL_KEY}`"))),
            None => Ok(()),
        };
    };
    if written.is_some() && test.given.contains_key(THREAT_LEVEL) {
        let message = "the level of threat stands twice".to_owned();
        return Err((message, format!("keep `with.{LEVEL_KEY}`")));
    }
    let level = match written {
        None => Some(0),
        Some(text) => text.value.parse().ok().filter(|level| *level <= MAX_THREAT),
    };
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
