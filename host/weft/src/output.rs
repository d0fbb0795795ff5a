//! What a command says: results to standard output, progress and problems to standard error. The only
//! module that prints.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::EnvFilter;
use weft_diagnostic::{Diagnostic, Diagnostics, Severity, Style, render, yaml};
use weft_redact::LogWriter;

use crate::exit::Failed;

/// A line of the result. A reader that has gone away ends the process quietly, as in any pipe.
pub(crate) fn line(text: &str) {
    if writeln!(io::stdout().lock(), "{text}").is_err() {
        nobody_reads();
    }
}

/// Bytes of the result, as they are.
pub(crate) fn bytes(bytes: &[u8]) {
    let mut out = io::stdout().lock();
    if out.write_all(bytes).and_then(|()| out.flush()).is_err() {
        nobody_reads();
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "there is nobody to whom anything else could be said"
)]
fn nobody_reads() -> ! {
    std::process::exit(0)
}

/// What takes long, while it does.
pub(crate) fn step(text: &str) {
    aside(&format!("weft: {text}"));
}

/// Why a command does not succeed.
pub(crate) fn error(text: &str) {
    aside(&format!("{}: {text}", paint("31;1", "error")));
}

/// A line beside the result.
pub(crate) fn aside(text: &str) {
    // Where nobody reads standard error there is nobody to tell.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Problems in files, each with the line it points at, and how to read more.
pub(crate) fn problems(problems: &Diagnostics) {
    for problem in &problems.0 {
        aside(&with_source(problem));
        aside("");
    }
    let count = |severity| problems.0.iter().filter(|p| p.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    if errors > 0 {
        let code = problems
            .0
            .iter()
            .find(|p| p.severity == Severity::Error)
            .map_or("W0101", |p| p.code.id);
        error(&format!(
            "{}, {}; `weft explain {code}` tells more",
            counted(errors, "problem"),
            counted(warnings, "warning"),
        ));
    }
}

fn with_source(problem: &Diagnostic) -> String {
    let source = yaml::read_text(std::path::Path::new(&problem.file));
    render(problem, source.ok().as_deref(), style())
}

/// Identifiers are the callers' own, and a spreadsheet takes a text that begins like this for a formula (OWASP, CSV
/// Injection).
pub(crate) fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

/// `1 problem`, `2 problems`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        n => format!("{n} {noun}s"),
    }
}

/// The same of a count that no memory has to hold.
pub(crate) fn counted_u64(count: u64, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        n => format!("{n} {noun}s"),
    }
}

fn style() -> Style {
    if colour(io::stderr().is_terminal()) {
        Style::Colour
    } else {
        Style::Plain
    }
}

/// Whether to use colour: on a terminal, unless the user has said no (no-color.org).
fn colour(terminal: bool) -> bool {
    terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn paint(code: &str, text: &str) -> String {
    if colour(io::stderr().is_terminal()) {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// Text of the result in bold or colour (SGR parameters), on a terminal.
pub(crate) fn emphasise(code: &str, text: &str) -> String {
    if colour(io::stdout().is_terminal()) {
        format!("\x1b[{code}m{text}\x1b[0m")
    } else {
        text.to_owned()
    }
}

/// Log lines of the process go to standard error, each without what leads to a person, whoever wrote it.
pub(crate) fn log_to_stderr(filter: &str) -> Result<(), Failed> {
    let filter = EnvFilter::try_new(filter).map_err(|_| {
        Failed::because(
            "--log is not a filter; write for example `info`, or `info,weft_engine=debug`",
        )
    })?;
    #[allow(
        clippy::disallowed_methods,
        reason = "this is where the lines are looked through"
    )]
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| LogWriter::new(io::stderr()))
        .with_ansi(colour(io::stderr().is_terminal()))
        .finish();
    // Without the bridge from the `log` crate: sled logs while its threads end, when nothing can be
    // logged any more, and the process would abort.
    Ok(tracing::subscriber::set_global_default(subscriber)?)
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn no_identifier_is_a_formula() {
        assert_eq!(harmless("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(harmless("case-7"), "case-7");
    }
}
