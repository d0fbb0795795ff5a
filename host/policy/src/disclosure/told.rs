//! Facts in messages that no disclosure grants to the reader: it would be told "not shown" whatever is decided.

use std::sync::Arc;

use weft_diagnostic::{Diagnostic, Place};
use weft_dictionary::{Dictionary, FieldId, Treatment};

use super::{Disclosure, ShownIn};
use crate::codes;
use crate::load::is_asked;
use crate::message::Reader;
use crate::pipeline::{Layout, Operation};
use crate::policy::Policy;

/// A fact that a message names.
pub(crate) struct Named {
    pub(crate) reader: Reader,
    pub(crate) field: FieldId,
    /// Where its name begins.
    pub(crate) place: Place,
    /// How many characters it has.
    pub(crate) width: usize,
}

/// What the messages of a policy that is asked name and no disclosure shows to the reader, while the policy is in force.
/// An agent is shown a payment in replies to requests about it, whichever policy speaks.
pub(crate) fn not_granted(
    dictionary: &Dictionary,
    layout: &Layout,
    disclosures: &[Arc<Disclosure>],
    (policy, file, named): (&Policy, &str, &[Named]),
) -> Vec<Diagnostic> {
    if !is_asked(policy.status()) {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for one in named {
        let shows = |disclosure: &&Arc<Disclosure>| {
            let readers = disclosure.readers().iter();
            let mut readers = readers.filter(|role| roles(one.reader).contains(&role.as_str()));
            disclosure.is_enforced()
                && readers.next().is_some()
                && disclosure.is_in_force_within(policy.from, policy.until)
                && disclosure.granted(one.field) > Some(Treatment::Present)
        };
        let shown: Vec<&Arc<Disclosure>> = disclosures.iter().filter(shows).collect();
        let shown_about = |operation: &Operation| shown.iter().any(|d| d.covers(&operation.name));
        let lacking = if one.reader == Reader::Agent {
            let in_replies = |d: &&Arc<Disclosure>| matches!(d.shown_in(), ShownIn::Replies(_));
            let lacks = !shown.iter().any(in_replies);
            lacks.then(|| "any request about a payment".to_owned())
        } else {
            let about = layout.operations.iter().filter(|o| policy.covers(&o.name));
            let mut about = about.filter(|operation| !shown_about(operation));
            about
                .next()
                .map(|operation| format!("`{}`", operation.name))
        };
        let Some(about) = lacking else {
            continue;
        };
        let (reader, role) = (one.reader.as_str(), roles(one.reader)[0]);
        let name = &dictionary.field(one.field).name;
        let message = format!(
            "messages.{reader}: `{name}` is \"not shown\": no disclosure grants it to `{role}` for {about}"
        );
        let help = "grant it in a file below disclosures/, or remove it from the message";
        let problem = Diagnostic::error(codes::NOT_SHOWN, file, one.place, message);
        problems.push(problem.width(one.width).warning().help(help));
    }
    problems
}

/// Who reads the messages, by role.
fn roles(reader: Reader) -> &'static [&'static str] {
    match reader {
        Reader::Customer => &["service"],
        Reader::Agent => &["agent", "supervisor"],
        Reader::Auditor => &["regulator"],
    }
}
