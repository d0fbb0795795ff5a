//! Who hands a case to whom: what the answer to it turns round and repeats.
//!
//! Of a party only its business identifier code is kept: it names a bank or a company. A name, a street or a number may
//! be a customer's.

use weft_dictionary::Format;
use weft_dictionary::form::NOT_PROVIDED;

use super::document::{Document, NodeId};
use super::ids;
use super::kind::Shape;
use super::xml::Xml;
use crate::canonical::canonical;

/// The element of a case.
const CASE: &str = "Case";
/// Where a bank has its code, and where another party has one; first versions call them otherwise.
const OF_AGENT: [&[&str]; 2] = [
    &["Agt", "FinInstnId", "BICFI"],
    &["Agt", "FinInstnId", "BIC"],
];
const OF_PARTY: [&[&str]; 2] = [
    &["Pty", "Id", "OrgId", "AnyBIC"],
    &["Pty", "Id", "OrgId", "BICOrBEI"],
];
/// The elements that a party is in.
const PARTIES: [&str; 5] = ["Assgnr", "Assgne", "Cretr", "Rqstr", "Rspndr"];

/// Who assigns a case to whom.
pub(super) struct Assignment {
    pub(super) assigner: Party,
    pub(super) assignee: Party,
    /// That of the whole message; the assignment itself where it names none.
    pub(super) case: Option<Case>,
}

/// A case, by the identifier that its creator gave it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Case {
    id: String,
    creator: Party,
}

/// Somebody who has to do with a case.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Party {
    is_agent: bool,
    bic: Option<String>,
}

impl Assignment {
    /// That of a message whose identifier this is, between these parties.
    pub(super) fn of(
        document: &Document,
        message: NodeId,
        shape: &Shape,
        parties: [&str; 2],
        message_id: Option<&str>,
    ) -> Assignment {
        let header = document.child(message, shape.header);
        let party = |name| Party::of(document, header.and_then(|h| document.child(h, name)));
        let [assigner, assignee] = parties.map(party);
        let named = document.child(message, CASE);
        let own = message_id.map(|id| Case {
            id: id.to_owned(),
            creator: assigner.clone(),
        });
        Assignment {
            case: match named {
                Some(case) => Case::of(document, case),
                None => own,
            },
            assignee,
            assigner,
        }
    }
}

impl Case {
    /// None if its identifier does not have the form of one.
    pub(super) fn of(document: &Document, case: NodeId) -> Option<Case> {
        let id = document.child(case, "Id")?;
        Some(Case {
            id: ids::repeated(document, id)?,
            creator: Party::of(document, document.child(case, "Cretr")),
        })
    }

    pub(super) fn write(&self, xml: &mut Xml) {
        xml.within("RslvdCase", |xml| {
            xml.leaf("Id", &self.id);
            self.creator.write(xml, "Cretr");
        });
    }
}

impl Party {
    fn of(document: &Document, party: Option<NodeId>) -> Party {
        let bic = |places: [&[&str]; 2]| {
            let mut codes = places.into_iter().filter_map(|path| {
                let text = document.text_of(document.below(party?, path)?)?;
                text.expose(|text| canonical(Some(Format::Bic), text)).ok()
            });
            codes.next().map(|code| code.expose(str::to_owned))
        };
        Party {
            is_agent: party.is_some_and(|party| document.child(party, "Agt").is_some()),
            bic: bic(OF_AGENT).or_else(|| bic(OF_PARTY)),
        }
    }

    /// An element has to have something in it, so who has no code is a name that says so.
    pub(super) fn write(&self, xml: &mut Xml, element: &str) {
        xml.within(element, |xml| match (self.is_agent, &self.bic) {
            (true, Some(bic)) => xml.leaf_below(&["Agt", "FinInstnId", "BICFI"], bic),
            (true, None) => xml.leaf_below(&["Agt", "FinInstnId", "Nm"], NOT_PROVIDED),
            (false, Some(bic)) => xml.leaf_below(&["Pty", "Id", "OrgId", "AnyBIC"], bic),
            (false, None) => xml.leaf_below(&["Pty", "Nm"], NOT_PROVIDED),
        });
    }
}

/// Whether the code of a party is at a path, which the answer repeats.
pub(super) fn is_code_of_party(path: &str) -> bool {
    let names: Vec<&str> = path.split('/').collect();
    let at = names.iter().position(|name| PARTIES.contains(name));
    let below = at.map(|at| &names[at + 1..]);
    OF_AGENT
        .into_iter()
        .chain(OF_PARTY)
        .any(|code| Some(code) == below)
}
