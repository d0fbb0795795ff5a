//! Maps that know where their keys stand.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;

/// A map by name. A misspelt key is told where it stands, not where its value does.
#[derive(Debug, Clone, Default)]
pub struct Keyed<T>(pub BTreeMap<String, Entry<T>>);

/// One entry.
#[derive(Debug, Clone)]
pub struct Entry<T> {
    /// The key.
    pub name: Spanned<String>,
    /// What stands below it.
    pub value: Spanned<T>,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Keyed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Keyed<T>, D::Error> {
        deserializer.deserialize_map(KeyedVisitor(PhantomData))
    }
}

struct KeyedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for KeyedVisitor<T> {
    type Value = Keyed<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keyed<T>, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some(name) = map.next_key::<Spanned<String>>()? {
            let value = map.next_value()?;
            entries.insert(name.value.clone(), Entry { name, value });
        }
        Ok(Keyed(entries))
    }
}
