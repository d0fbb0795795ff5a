//! The dictionary's paths of ISO 20022 messages, compiled.

use std::collections::{HashMap, HashSet};

use weft_dictionary::{Dictionary, FieldId, Origin};

use super::Payment;

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
    pacs_008: Vec<(FieldId, Vec<Source>)>,
    pain_001: Vec<(FieldId, Vec<Source>)>,
    /// All paths of elements that any field may be read from.
    paths: HashMap<Payment, HashSet<String>>,
}

impl Plan {
    /// Compiles a dictionary's paths. Fields that are not the caller's to say have none.
    pub(crate) fn of(dictionary: &Dictionary) -> Plan {
        Plan {
            pacs_008: fields(dictionary, Payment::Pacs008),
            pain_001: fields(dictionary, Payment::Pain001),
            paths: Payment::ALL.map(|p| (p, paths(dictionary, p))).into(),
        }
    }

    /// Whether a field may be read from the element at a path.
    pub(crate) fn reads(&self, payment: Payment, path: &str) -> bool {
        self.paths
            .get(&payment)
            .is_some_and(|paths| paths.contains(path))
    }

    /// The fields of a message, each with its places: the first that is there wins.
    pub(crate) fn fields(&self, payment: Payment) -> &[(FieldId, Vec<Source>)] {
        match payment {
            Payment::Pacs008 => &self.pacs_008,
            Payment::Pain001 => &self.pain_001,
        }
    }
}

fn fields(dictionary: &Dictionary, payment: Payment) -> Vec<(FieldId, Vec<Source>)> {
    let said = dictionary
        .fields()
        .filter(|field| field.origin == Origin::Request);
    said.filter_map(|field| {
        let paths = field.iso20022.get(payment.name())?;
        Some((field.id, paths.iter().map(|path| source(path)).collect()))
    })
    .collect()
}

fn paths(dictionary: &Dictionary, payment: Payment) -> HashSet<String> {
    let named = dictionary
        .fields()
        .filter_map(|field| field.iso20022.get(payment.name()));
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
