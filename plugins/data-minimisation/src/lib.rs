//! Which facts a reader gets for the purpose of a request, and how much of each.
//!
//! The settings are a list of **views**. A view names operations and readers, and lists every fact that
//! they are shown, each with a treatment; what no view lists is not there for them. A view may also take
//! facts away, from this reader and from the stages that follow. A request gets all views that name its
//! operation and its reader's role; where two say something about the same fact, the host takes the
//! stricter.
//!
//! | treatment | what the reader gets |
//! |---|---|
//! | `clear` | the value, as far as its class in the dictionary allows |
//! | `token` | the token of a sensitive value: the same card has the same token |
//! | `masked` | the first character |
//! | `band` | a range: a power of ten, a day |
//! | `present` | only that it is there |
//! | `absent` | nothing: for facts that are taken away |
//!
//! The answer is never a verdict: the plugin says *how much*, and other policies say *whether*. It speaks by
//! the obligations `disclose` (fact and treatment) and `redact` (the same), which the host carries out on
//! the recorded facts. A view may wait until the customer has proved who they are (`after_step_up`).

mod views;

use weft_sdk::prelude::*;

pub use views::{Treatment, View, Views};

/// Arguments of one obligation; the host takes no more.
const ARGUMENTS: usize = 64;

/// Who reads, and what the host has verified.
#[derive(Debug, Clone, PartialEq, Needs)]
pub struct Reader {
    /// The caller's role.
    #[need("session.role", purpose = "data-minimisation")]
    pub role: String,
    /// Whether the customer has passed the step-up for this payment.
    #[need("evidence.step_up", purpose = "data-minimisation")]
    pub step_up: Option<bool>,
}

/// Why a reader sees less than the operation could show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Reasons)]
pub enum Why {
    /// Views name the operation, and not the reader.
    #[reason("This reader is shown no facts for this purpose")]
    NothingForReader,
    /// A view waits for the customer.
    #[reason("More is shown once the customer has approved the payment in their own app")]
    AfterStepUp,
}

/// Says what the reader of a request is shown, and what is taken away.
#[policy(operations = ["payment.*", "assist.*"], obligations = ["disclose", "redact"], reasons = Why)]
pub fn data_minimisation(context: &Context, views: &Views, reader: &Reader) -> Finding {
    let operation: Vec<&View> = views
        .views
        .0
        .iter()
        .filter(|view| view.covers(&context.operation))
        .collect();
    let mine: Vec<&View> = operation
        .iter()
        .copied()
        .filter(|view| view.is_for(&reader.role))
        .collect();
    let mut finding = Finding::abstain();
    if mine.is_empty() && !operation.is_empty() {
        return finding.because(Why::NothingForReader, [Reader::ROLE]);
    }
    let has_stepped_up = reader.step_up == Some(true);
    let (open, waiting): (Vec<&View>, Vec<&View>) = mine
        .into_iter()
        .partition(|view| has_stepped_up || !view.after_step_up);
    for view in open {
        finding = oblige(finding, "disclose", &view.show);
        finding = oblige(finding, "redact", &view.withhold);
    }
    for view in &waiting {
        // To take away does not wait.
        finding = oblige(finding, "redact", &view.withhold);
    }
    if waiting.iter().any(|view| !view.show.is_empty()) {
        finding = finding.because(Why::AfterStepUp, [Reader::STEP_UP]);
    }
    finding
}

/// Facts and treatments as obligations, each with as many as the host takes.
fn oblige(finding: Finding, kind: &str, facts: &views::Facts) -> Finding {
    let arguments: Vec<(&str, &str)> = facts
        .iter()
        .map(|(fact, treatment)| (fact.as_str(), treatment.as_str()))
        .collect();
    arguments.chunks(ARGUMENTS).fold(finding, |finding, chunk| {
        finding.oblige(kind, chunk.iter().copied())
    })
}
