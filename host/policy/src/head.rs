//! What files of every kind say at their top: their form, their sources, about which operations they are, and when.

use weft_diagnostic::yaml::{self, Spanned};
use weft_diagnostic::{Code, Diagnostic, did_you_mean};
use weft_dictionary::Timestamp;

use crate::codes;
use crate::pipeline::Layout;
use crate::policy::{Source, Status, covers};
use crate::source::Effective;

/// The form of files that this host reads.
const API_VERSION: &str = "weft/v1";

/// A kind of file.
#[derive(Clone, Copy)]
pub(crate) struct KindOfFile {
    /// As `kind` names it.
    pub(crate) name: &'static str,
    /// As people call it.
    pub(crate) noun: &'static str,
    /// Where one of another kind belongs.
    pub(crate) elsewhere: &'static str,
    /// The class of its problems.
    pub(crate) code: Code,
}

/// Checks the top of a file.
pub(crate) struct HeadChecker<'a> {
    pub(crate) kind: KindOfFile,
    pub(crate) file: &'a str,
    pub(crate) problems: Vec<Diagnostic>,
}

impl HeadChecker<'_> {
    pub(crate) fn form(&mut self, api_version: &Spanned<String>, kind: &Spanned<String>) {
        if api_version.value != API_VERSION {
            let message = format!("this form of files is not known: `{}`", api_version.value);
            self.refuse(
                api_version,
                message,
                format!("write apiVersion: {API_VERSION}"),
            );
        }
        if kind.value != self.kind.name {
            let message = format!("`{}` is not a kind of file here", kind.value);
            let help = format!("write kind: {}{}", self.kind.name, self.kind.elsewhere);
            self.refuse(kind, message, help);
        }
    }

    pub(crate) fn not_an_id(&mut self, id: &Spanned<String>) {
        let message = format!("`{}` is not an id", id.value);
        self.refuse(
            id,
            message,
            "write lower-case words with points and hyphens",
        );
    }

    /// It names sources; one that is in force and that nobody has read has one warning for all of them.
    pub(crate) fn sources(
        &mut self,
        id: &Spanned<String>,
        sources: &[Source],
        status: &Spanned<Status>,
    ) {
        let noun = self.kind.noun;
        if sources.is_empty() {
            let help = "name the act, standard or house rule";
            self.refuse(id, format!("the {noun} names no source"), help);
        }
        let unread = sources.iter().filter(|source| !source.verified);
        let unread: Vec<String> = unread
            .map(|source| format!("{}, {}", source.title, source.reference))
            .collect();
        if status.value != Status::Enforced || unread.is_empty() {
            return;
        }
        let message = format!("enforced, and not verified: {}", unread.join("; "));
        let warning = yaml::error_at(codes::UNVERIFIED, self.file, status, message).warning();
        let help = format!("read the source, compare the {noun} with it, and write verified: true");
        self.problems.push(warning.help(help));
    }

    /// The pipeline has the operations.
    pub(crate) fn operations(&mut self, layout: &Layout, on: &[Spanned<String>]) {
        let names = || layout.operations.iter().map(|o| o.name.as_str());
        for on in on {
            if names().any(|name| covers(&on.value, name)) {
                continue;
            }
            let near = did_you_mean(&on.value, names());
            let help = near.map_or("see pipeline.yaml".to_owned(), |near| {
                format!("did you mean `{near}`?")
            });
            let message = format!("the pipeline has no operation `{}`", on.value);
            self.refuse(on, message, help);
        }
    }

    /// When it is in force.
    pub(crate) fn period(&mut self, effective: &Effective) -> (Timestamp, Option<Timestamp>) {
        let from = self.instant(&effective.from);
        let until = effective.until.as_ref().map(|until| self.instant(until));
        if let (Some(until), Some(at)) = (until, &effective.until)
            && until <= from
        {
            let message = format!("the {} ends before it begins", self.kind.noun);
            self.refuse(at, message, "write an instant after `from`");
        }
        (from, until)
    }

    fn instant(&mut self, text: &Spanned<String>) -> Timestamp {
        Timestamp::parse(&text.value).unwrap_or_else(|| {
            let message = format!("`{}` is not an instant", text.value);
            let help = "write RFC 3339, for example 2026-01-01T00:00:00Z";
            self.refuse(text, message, help);
            Timestamp(0)
        })
    }

    fn refuse<T>(&mut self, at: &Spanned<T>, message: String, help: impl Into<String>) {
        let problem = yaml::error_at(self.kind.code, self.file, at, message);
        self.problems.push(problem.help(help));
    }
}
