//! `weft explain`: the page of a problem's code.

use clap::Args;
use weft_diagnostic::{Code, did_you_mean};

use crate::exit::Failed;
use crate::output;

/// Explain the code of a problem, such as W0301.
#[derive(Args)]
pub(crate) struct Explain {
    /// The code; without one, all codes are listed.
    code: Option<String>,
}

fn codes() -> impl Iterator<Item = &'static Code> {
    [
        weft_diagnostic::code::CODES,
        weft_dictionary::load::CODES,
        weft_policy::codes::CODES,
        weft_sandbox::codes::CODES,
        crate::config::CODES,
        crate::feed::CODES,
    ]
    .into_iter()
    .flatten()
}

pub(crate) fn run(args: Explain) -> Result<(), Failed> {
    let Some(wanted) = args.code else {
        for code in codes() {
            output::line(&format!("{}  {}", code.id, code.title));
        }
        return Ok(());
    };
    let wanted = wanted.to_uppercase();
    match codes().find(|code| code.id == wanted) {
        Some(code) => {
            output::line(&format!("{}: {}\n\n{}", code.id, code.title, code.page));
            Ok(())
        }
        None => {
            let help = match did_you_mean(&wanted, codes().map(|code| code.id)) {
                Some(near) => format!("did you mean {near}? "),
                None => String::new(),
            };
            Err(Failed::because(format!(
                "there is no such code; {help}`weft explain` lists all"
            )))
        }
    }
}
