//! The head of a policy file: its form, id, stage, operations, sources, times, and what counts where something is missing.

use weft_diagnostic::did_you_mean;
use weft_diagnostic::yaml::{self, Spanned};
use weft_dictionary::Timestamp;
use weft_verdict::Verdict;

use super::PolicyChecker;
use crate::codes;
use crate::load::{is_asked, near_stage};
use crate::pipeline::OperationKind;
use crate::policy::{Status, covers, is_named_in};

/// The form of policy files that this host reads.
const API_VERSION: &str = "weft/v1";

impl PolicyChecker<'_> {
    pub(super) fn check_head(&mut self) {
        let source = self.source;
        if source.api_version.value != API_VERSION {
            let message = format!(
                "this form of policy files is not known: `{}`",
                source.api_version.value
            );
            self.refuse(
                codes::CONTRADICTION,
                &source.api_version,
                message,
                format!("write apiVersion: {API_VERSION}"),
            );
        }
        if source.kind.value != "Policy" {
            let message = format!("`{}` is not a kind of file here", source.kind.value);
            self.refuse(
                codes::CONTRADICTION,
                &source.kind,
                message,
                "write kind: Policy",
            );
        }
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
        let id = &source.metadata.id;
        if id.value.is_empty() || !id.value.chars().all(word) {
            let message = format!("`{}` is not an id", id.value);
            self.refuse(
                codes::CONTRADICTION,
                id,
                message,
                "write lower-case words with points and hyphens",
            );
        }
        if source.metadata.sources.is_empty() {
            self.refuse(
                codes::CONTRADICTION,
                id,
                "the policy names no source",
                "name the act, standard or house rule",
            );
        }
        if !self
            .given
            .layout
            .stages
            .iter()
            .any(|stage| stage.name == source.stage.value)
        {
            let message = format!("the pipeline has no stage `{}`", source.stage.value);
            let help = near_stage(self.given.layout, &source.stage.value);
            let help = help.map_or("see pipeline.yaml".to_owned(), |near| {
                format!("did you mean `{near}`?")
            });
            self.refuse(codes::CONTRADICTION, &source.stage, message, help);
        }
    }

    pub(super) fn check_operations(&mut self) {
        for on in &self.source.on {
            let operations = &self.given.layout.operations;
            if operations
                .iter()
                .any(|operation| covers(&on.value, &operation.name))
            {
                continue;
            }
            let near = did_you_mean(&on.value, operations.iter().map(|o| o.name.as_str()));
            let help = near.map_or("see pipeline.yaml".to_owned(), |near| {
                format!("did you mean `{near}`?")
            });
            let message = format!("the pipeline has no operation `{}`", on.value);
            self.refuse(codes::CONTRADICTION, on, message, help);
        }
        if self.source.on.is_empty() {
            let id = &self.source.metadata.id;
            self.refuse(
                codes::CONTRADICTION,
                id,
                "the policy is on no operation",
                "name one under `on`",
            );
        }
    }

    /// A failure never lets a payment or a request about one go on, unless somebody says why.
    pub(super) fn check_failure_verdicts(&mut self) {
        let source = self.source;
        let payments = self.given.layout.operations.iter().any(|operation| {
            let mut on = source.on.iter();
            operation.kind == OperationKind::Payment
                && on.any(|on| covers(&on.value, &operation.name))
        });
        let what = if payments { "payment" } else { "request" };
        self.check_acceptance();
        if !is_asked(source.metadata.status.value) {
            return;
        }
        for (key, verdict) in [
            ("on_missing", &source.on_missing),
            ("on_error", &source.on_error),
        ] {
            let why = source.metadata.accepts_risk.as_ref();
            let is_accepted = why.is_some_and(|why| is_named_in(key, &why.value));
            if verdict.value < Verdict::Hold && !is_accepted {
                let message = format!(
                    "{key} is {}: a {what} would go on because something is broken",
                    verdict.value.as_str()
                );
                let help =
                    format!("write hold or deny, or say of {key} in metadata.accepts_risk why not");
                self.refuse(codes::FAIL_OPEN, verdict, message, help);
            }
        }
    }

    /// What is accepted is named, or people believe that more is accepted than is.
    fn check_acceptance(&mut self) {
        let Some(why) = &self.source.metadata.accepts_risk else {
            return;
        };
        let fields = self.given.dictionary.fields();
        let mut names = fields
            .map(|field| field.name.as_str())
            .chain(["on_missing", "on_error"])
            .chain(codes::ACCEPTED.iter().map(|code| code.id));
        if !names.any(|name| is_named_in(name, &why.value)) {
            let message = "accepts_risk names nothing, so it accepts nothing";
            let warning = yaml::error_at(codes::UNUSED, self.file, why, message).warning();
            let help = "name what it accepts: a fact that may be left out, on_missing, on_error, or the code of a warning";
            self.problems.push(warning.help(help));
        }
    }

    /// One warning for all sources of an enforced policy that nobody has read.
    pub(super) fn check_sources(&mut self) {
        let metadata = &self.source.metadata;
        let unread: Vec<String> = (metadata.sources.iter())
            .filter(|source| !source.verified)
            .map(|source| format!("{}, {}", source.title, source.reference))
            .collect();
        let accepts = metadata.accepts_risk.as_ref();
        let is_accepted = accepts.is_some_and(|why| is_named_in(codes::UNVERIFIED.id, &why.value));
        if metadata.status.value != Status::Enforced || unread.is_empty() || is_accepted {
            return;
        }
        let message = format!("enforced, and not verified: {}", unread.join("; "));
        let warning = yaml::error_at(codes::UNVERIFIED, self.file, &metadata.status, message);
        let help = "read the source, compare the policy with it, and write verified: true";
        self.problems.push(warning.warning().help(help));
    }

    pub(super) fn effective(&mut self) -> (Timestamp, Option<Timestamp>) {
        let effective = &self.source.metadata.effective;
        let from = self.instant(&effective.from);
        let until = effective.until.as_ref().map(|until| self.instant(until));
        if let (Some(until), Some(at)) = (until, &effective.until)
            && until <= from
        {
            self.refuse(
                codes::CONTRADICTION,
                at,
                "the policy ends before it begins",
                "write an instant after `from`",
            );
        }
        (from, until)
    }

    fn instant(&mut self, text: &Spanned<String>) -> Timestamp {
        Timestamp::parse(&text.value).unwrap_or_else(|| {
            let message = format!("`{}` is not an instant", text.value);
            self.refuse(
                codes::CONTRADICTION,
                text,
                message,
                "write RFC 3339, for example 2026-01-01T00:00:00Z",
            );
            Timestamp(0)
        })
    }
}
