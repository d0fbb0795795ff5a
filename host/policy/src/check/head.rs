//! The head of a policy file: its form, id, stage, operations, sources, times, and what counts where something is missing.

use weft_diagnostic::yaml;
use weft_dictionary::Timestamp;
use weft_verdict::Verdict;

use super::PolicyChecker;
use crate::codes;
use crate::head::{HeadChecker, KindOfFile};
use crate::load::{is_asked, near_stage};
use crate::pipeline::OperationKind;
use crate::policy::{covers, is_named_in};

const POLICY: KindOfFile = KindOfFile {
    name: "Policy",
    noun: "policy",
    elsewhere: "",
    code: codes::CONTRADICTION,
};

impl PolicyChecker<'_> {
    /// What every file has at its top; when it is in force.
    pub(super) fn check_head(&mut self) -> (Timestamp, Option<Timestamp>) {
        let source = self.source;
        let metadata = &source.metadata;
        let mut head = HeadChecker {
            kind: POLICY,
            file: self.file,
            problems: Vec::new(),
        };
        head.form(&source.api_version, &source.kind);
        let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
        if metadata.id.value.is_empty() || !metadata.id.value.chars().all(word) {
            head.not_an_id(&metadata.id);
        }
        head.sources(&metadata.id, &metadata.sources, &metadata.status);
        head.operations(self.given.layout, &source.on);
        let period = head.period(&metadata.effective);
        let accepts = metadata.accepts_risk.as_ref();
        let is_accepted = accepts.is_some_and(|why| is_named_in(codes::UNVERIFIED.id, &why.value));
        let found = head.problems.into_iter();
        self.problems
            .extend(found.filter(|p| !(is_accepted && p.code == codes::UNVERIFIED)));
        self.check_place();
        period
    }

    /// The stage is there, and it is about something.
    fn check_place(&mut self) {
        let source = self.source;
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
}
