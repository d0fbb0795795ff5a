//! The value of one field in a JSON request.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use weft_dictionary::{Field, Kind};

use crate::dropped::{self, Why};
use crate::facts::{Facts, inexact, wrong_kind};
use crate::json::Walk;
use crate::wrong::{Part, Wrong};

/// Reads one field.
pub(crate) struct Leaf<'w, 'a, 'f> {
    pub(crate) field: &'w Field,
    pub(crate) walk: &'w mut Walk<'a, 'f>,
}

impl Leaf<'_, '_, '_> {
    fn done<E: serde::de::Error>(self, outcome: Result<(), Wrong>) -> Result<(), E> {
        match outcome {
            Ok(()) => Ok(()),
            Err(wrong) => {
                let problem = wrong.in_json(&self.field.pointer());
                Err(self.walk.refuse(problem))
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for Leaf<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Leaf<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    /// `null` is the same as nothing.
    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<(), E> {
        let outcome = self.walk.facts.boolean(self.field, value);
        self.done(outcome)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        let outcome = self.walk.facts.integer(self.field, Some(value));
        self.done(outcome)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        let outcome = self
            .walk
            .facts
            .integer(self.field, i64::try_from(value).ok());
        self.done(outcome)
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        let wrong = Facts::float(self.field);
        self.done(Err(wrong))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        let outcome = self.walk.facts.text(self.field, text);
        self.done(outcome)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if self.field.kind != Kind::Texts {
            let wrong = wrong_kind(self.field.kind);
            return self.done(Err(wrong));
        }
        let mut texts = Vec::new();
        while let Some(text) = list.next_element_seed(Text)? {
            let entry = match text {
                Scalar::Text(text) => Facts::one_of_texts(self.field, texts.len(), &text),
                Scalar::Number | Scalar::Other => Err(wrong_kind(Kind::Texts)),
            };
            match entry {
                Ok(text) => texts.push(text),
                Err(wrong) => return self.done(Err(wrong)),
            }
        }
        let outcome = self.walk.facts.texts(self.field, texts);
        self.done(outcome)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if self.field.kind != Kind::Money {
            let wrong = wrong_kind(self.field.kind);
            return self.done(Err(wrong));
        }
        let (mut amount, mut currency) = (None, None);
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            let (place, part) = match &*name {
                "value" => (&mut amount, Part::Value),
                "currency" => (&mut currency, Part::Currency),
                _ => {
                    let shown = dropped::shown(&name, ["value", "currency"].iter());
                    let pointer = format!("{}/{shown}", self.field.pointer());
                    self.walk.facts.drop_at(pointer, Why::Unknown);
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let wrong = match map.next_value_seed(Text)? {
                Scalar::Text(_) if place.is_some() => {
                    Wrong::value("a name stands twice in this amount", "write each name once")
                }
                Scalar::Text(text) => {
                    *place = Some(text);
                    continue;
                }
                Scalar::Number if part == Part::Value => inexact(),
                Scalar::Number | Scalar::Other => {
                    Wrong::value("a text belongs here", "write a string")
                }
            };
            return self.done(Err(wrong.of(part)));
        }
        let outcome = match (amount, currency) {
            (Some(amount), Some(currency)) => self.walk.facts.money(self.field, &amount, &currency),
            (None, _) => Err(missing_part(Part::Value)),
            (_, None) => Err(missing_part(Part::Currency)),
        };
        self.done(outcome)
    }
}

fn missing_part(part: Part) -> Wrong {
    let help = "write the amount as in {\"value\":\"12.50\",\"currency\":\"EUR\"}";
    match part {
        Part::Value => Wrong::value("the amount has no value", help),
        Part::Currency => Wrong::value("the amount has no currency", help),
    }
    .of(part)
}

/// A text, or what else it was.
enum Scalar<'de> {
    Text(Cow<'de, str>),
    Number,
    Other,
}

/// Reads a [`Scalar`].
struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Scalar<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Scalar<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(text.into()))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Text(text.to_owned().into()))
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Number)
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Number)
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Number)
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Other)
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Scalar<'de>, E> {
        Ok(Scalar::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar<'de>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other)
    }
}
