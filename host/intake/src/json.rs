//! A JSON request into facts, in one walk along the dictionary's tree.
//!
//! There is no tree of the body: a value goes from the body's own bytes, which are wiped, to its field.
//! (The parser copies a text with escapes, such as `\u00fc`, into a buffer of its own that it does not
//! wipe; a text without escapes is never copied.) A problem is kept beside the walk, because the
//! parser's own errors quote values.

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use weft_dictionary::{Dictionary, Field};

use crate::dropped::{Names, Why};
use crate::facts::Facts;
use crate::leaf::Leaf;
use crate::limits;
use crate::message::Request;
use crate::problem::{Problem, ProblemCode};
use crate::shape;
use crate::tree::{Member, Section};

const OPERATION: &str = "operation";

/// What names of a body are compared with.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    pub(crate) dictionary: &'a Dictionary,
    pub(crate) names: &'a Names,
}

/// What the walk carries along.
pub(crate) struct Walk<'a, 'f> {
    pub(crate) facts: Facts<'f>,
    pub(crate) problem: Option<Problem>,
    words: Words<'a>,
    operation: Option<String>,
    names: RandomState,
}

impl Walk<'_, '_> {
    /// Ends the walk.
    pub(crate) fn refuse<E: serde::de::Error>(&mut self, problem: Problem) -> E {
        self.problem.get_or_insert(problem);
        E::custom("refused")
    }

    /// A name that a section of the dictionary does not have.
    fn unknown(&mut self, section: &Section, name: &str) {
        let dotted = section.pointer.trim_start_matches('/').replace('/', ".");
        let names = self.words.names;
        let pointer = format!("{}/{}", section.pointer, names.shown(&dotted, name));
        (self.facts).drop_unknown(pointer, || names.near(&dotted, name));
    }
}

pub(crate) fn read(
    words: Words<'_>,
    tree: &Section,
    facts: Facts<'_>,
    body: &[u8],
) -> Result<Request, Problem> {
    shape::check(body)?;
    let mut walk = Walk {
        facts,
        problem: None,
        words,
        operation: None,
        names: RandomState::new(),
    };
    let mut parser = serde_json::Deserializer::from_slice(body);
    let object = Object {
        section: tree,
        walk: &mut walk,
    };
    let done = object.deserialize(&mut parser).and_then(|()| parser.end());
    if let Some(problem) = walk.problem {
        return Err(problem);
    }
    done.map_err(|error| malformed(&error))?;
    let operation = walk.operation.ok_or_else(|| {
        Problem::new(
            ProblemCode::MissingField,
            "the request does not say what it asks for",
        )
        .pointer("/operation")
        .help("for example \"operation\": \"payment.authorize\"")
    })?;
    walk.facts.into_request(operation)
}

/// The parser's message may quote the body, so only where it stopped is told.
fn malformed(error: &serde_json::Error) -> Problem {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "the JSON ends too early",
        serde_json::error::Category::Data => "the JSON has another shape than a request",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
            "the body is not JSON"
        }
    };
    let (line, column) = (error.line(), error.column());
    Problem::new(
        ProblemCode::Malformed,
        format!("{what}, at line {line}, column {column}"),
    )
    .help("send one object as in RFC 8259, in UTF-8")
}

/// Reads the object of a section.
struct Object<'w, 'a, 'f> {
    section: &'w Section,
    walk: &'w mut Walk<'a, 'f>,
}

impl<'de> DeserializeSeed<'de> for Object<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Object<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Object { section, walk } = self;
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key_seed(Name)? {
            if !seen.insert(walk.names.hash_one(&*name)) {
                return Err(walk.refuse(twice(section)));
            }
            if section.pointer.is_empty() && name == OPERATION {
                map.next_value_seed(Operation { walk })?;
                continue;
            }
            match section.member(&name) {
                None => {
                    walk.unknown(section, &name);
                    map.next_value::<IgnoredAny>()?;
                }
                Some(Member::Section(section)) => {
                    map.next_value_seed(Object { section, walk })?;
                }
                Some(Member::Field(id)) => {
                    let field = walk.words.dictionary.field(*id);
                    member(&mut map, walk, field)?;
                }
            }
        }
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        match self.section.pointer.is_empty() {
            true => Err(self.refused()),
            false => Ok(()),
        }
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        Err(self.refused())
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        Err(self.refused())
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        Err(self.refused())
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        Err(self.refused())
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        Err(self.refused())
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(self.refused())
    }
}

impl Object<'_, '_, '_> {
    fn refused<E: serde::de::Error>(self) -> E {
        let problem = Problem::new(ProblemCode::InvalidValue, "an object belongs here")
            .pointer(self.section.pointer.clone())
            .help("write {…}, with the section's fields");
        self.walk.refuse(problem)
    }
}

/// One field's value.
fn member<'de, A: MapAccess<'de>>(
    map: &mut A,
    walk: &mut Walk<'_, '_>,
    field: &Field,
) -> Result<(), A::Error> {
    if !Facts::is_callers(field) {
        walk.facts.drop_at(field.pointer(), Why::NotTheCallers);
        map.next_value::<IgnoredAny>()?;
    } else if Facts::is_skipped(field) {
        map.next_value::<IgnoredAny>()?;
    } else {
        map.next_value_seed(Leaf { field, walk })?;
    }
    Ok(())
}

fn twice(section: &Section) -> Problem {
    Problem::new(ProblemCode::Malformed, "a name stands twice in this object")
        .pointer(section.pointer.clone())
        .help("write each name once (RFC 8259, section 4)")
}

/// A member's name, without a copy where the parser has none either.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = std::borrow::Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = std::borrow::Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(name.into())
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(name.to_owned().into())
    }
}

/// What the request asks for.
struct Operation<'w, 'a, 'f> {
    walk: &'w mut Walk<'a, 'f>,
}

impl<'de> DeserializeSeed<'de> for Operation<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let text = serde::Deserialize::deserialize(deserializer);
        let named = text
            .ok()
            .filter(|text: &std::borrow::Cow<'_, str>| is_operation(text));
        match named {
            Some(text) => self.walk.operation = Some(text.into_owned()),
            None => {
                let reason = format!(
                    "an operation's name has at most {} letters in lower case, digits, underscores and points",
                    limits::MAX_OPERATION_CHARS
                );
                let problem = Problem::new(ProblemCode::InvalidValue, reason)
                    .pointer("/operation")
                    .help("for example payment.authorize");
                self.walk.problem.get_or_insert(problem);
                return Err(D::Error::custom("refused"));
            }
        }
        Ok(())
    }
}

fn is_operation(text: &str) -> bool {
    (1..=limits::MAX_OPERATION_CHARS).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-".contains(&b))
}
