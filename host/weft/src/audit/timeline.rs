//! `weft audit timeline`: a payment and the support about it, as one story.

mod gather;
mod html;

use std::path::PathBuf;

use clap::Args;

use super::log_of;
use crate::exit::Failed;
use crate::output;
use crate::places::Places;

pub(super) use gather::{Asked, Story, from_log};
pub(super) use html::render as page;

/// Show a payment and all support about it in the order in which it happened, as an HTML document.
///
/// From a payment to every case about it, and from a case to every payment that it is about: each decision, each value of
/// the vault that was asked for, each emergency, each time that support read a decision again; who it was, what came of it
/// and why, and the number of its record. References that lead to no record are counted; there should be none.
///
/// Made from the audit log alone. Names of fields are in it, never a value.
#[derive(Args)]
#[command(
    after_help = "Example:\n  weft audit timeline --data weft-data --payment demo-held-1 --out story.html"
)]
pub(crate) struct Timeline {
    #[command(flatten)]
    places: Places,
    /// The payment.
    #[arg(long, value_name = "ID", required_unless_present = "case")]
    payment: Option<String>,
    /// The case.
    #[arg(long, value_name = "ID", conflicts_with = "payment")]
    case: Option<String>,
    /// Where to write it [default: standard output].
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Timeline {
    pub(crate) fn run(self) -> Result<(), Failed> {
        let dir = log_of(&self.places.settings()?.engine.data_dir)?;
        let (asked, title) = match (&self.payment, &self.case) {
            (Some(payment), _) => (Asked::Payment(payment), format!("Payment {payment}")),
            (None, case) => {
                let case = case.as_deref().unwrap_or_default();
                (Asked::Case(case), format!("Case {case}"))
            }
        };
        let story = from_log(&dir, &[asked])?.swap_remove(0);
        for gap in &story.gaps {
            output::step(&format!("the timeline has a gap: {gap}"));
        }
        if story.steps.is_empty() {
            return Err(Failed::because(
                "the audit log has no record about it; `weft audit query --last 20` shows the newest",
            ));
        }
        let page = page(&story, &title);
        match &self.out {
            None => output::bytes(page.as_bytes()),
            Some(file) => {
                std::fs::write(file, &page)
                    .map_err(|error| Failed::because(format!("{}: {error}", file.display())))?;
                output::step(&format!(
                    "wrote {}: {}, {} that {} nowhere",
                    file.display(),
                    output::counted(story.steps.len(), "record"),
                    output::counted(story.orphans.len(), "reference"),
                    if story.orphans.len() == 1 {
                        "leads"
                    } else {
                        "lead"
                    },
                ));
            }
        }
        if story.orphans.is_empty() {
            return Ok(());
        }
        for orphan in &story.orphans {
            output::error(&format!(
                "{orphan}; `weft audit verify` says whether records are gone"
            ));
        }
        Err(Failed::Said)
    }
}
