//! The dictionary's paths of ISO 20022 messages, compiled.

use std::collections::{HashMap, HashSet};

use weft_dictionary::{Dictionary, FieldId, Origin};

use super::MessageKind;

/// Where a field is in a message.
pub(crate) enum Source {
    /// What the kind of message implies.
    Constant(String),
    /// Names of elements below the message element; the last may be an attribute.
    Path {
        elements: Vec<Box<str>>,
        attribute: Option<Box<str>>,
    },
}

/// Where all fields are, for each message.
pub(crate) struct Plan {
    fields: HashMap<MessageKind, Fields>,
    /// All paths of elements that any field may be read from.
    paths: HashMap<MessageKind, HashSet<String>>,
}

/// The fields of a message, each with its places: the first that is there wins.
type Fields = Vec<(FieldId, Vec<Source>)>;

impl Plan {
    /// Compiles a dictionary's paths. Fields that are not the caller's to say have none.
    pub(crate) fn of(dictionary: &Dictionary) -> Plan {
        Plan {
            fields: MessageKind::ALL
                .map(|kind| (kind, fields(dictionary, kind)))
                .into(),
            paths: MessageKind::ALL
                .map(|kind| (kind, paths(dictionary, kind)))
                .into(),
        }
    }

    /// Whether a field may be read from the element at a path.
    pub(crate) fn reads(&self, kind: MessageKind, path: &str) -> bool {
        self.paths
            .get(&kind)
            .is_some_and(|paths| paths.contains(path))
    }

    /// The fields of a message, each with its places: the first that is there wins.
    pub(crate) fn fields(&self, kind: MessageKind) -> &[(FieldId, Vec<Source>)] {
        self.fields.get(&kind).map_or(&[], Vec::as_slice)
    }
}

fn fields(dictionary: &Dictionary, kind: MessageKind) -> Fields {
    let said = dictionary
        .fields()
        .filter(|field| field.origin == Origin::Request);
    said.filter_map(|field| {
        let paths = field.iso20022.get(kind.name())?;
        Some((field.id, paths.iter().map(|path| source(path)).collect()))
    })
    .collect()
}

fn paths(dictionary: &Dictionary, kind: MessageKind) -> HashSet<String> {
    let named = dictionary
        .fields()
        .filter_map(|field| field.iso20022.get(kind.name()));
    let element = |path: &String| match path.rsplit_once("/@") {
        Some((element, _)) => element.to_owned(),
        None => path.clone(),
    };
    named.flatten().map(element).collect()
}

fn source(path: &str) -> Source {
    if let Some(constant) = path.strip_prefix('=') {
        return Source::Constant(constant.to_owned());
    }
    let (path, attribute) = match path.rsplit_once("/@") {
        Some((path, attribute)) => (path, Some(attribute.into())),
        None => (path, None),
    };
    Source::Path {
        elements: path.split('/').map(Into::into).collect(),
        attribute,
    }
}
