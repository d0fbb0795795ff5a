//! One disclosure file against the dictionary, the pipeline and itself.

use std::collections::HashSet;

use weft_diagnostic::yaml::{self, Spanned};
use weft_diagnostic::{Code, Diagnostic, Severity, did_you_mean};
use weft_dictionary::{Class, Dictionary, DurationMs, Field, Timestamp, Treatment};

use super::source::{BudgetSource, DisclosureFile, GrantSource};
use super::{Budget, Disclosure, OPENED_TO, READERS, ShownIn, TOLD, most_released};
use crate::head::{HeadChecker, KindOfFile};
use crate::pipeline::Layout;
use crate::policy::{Grant, Status};
use crate::{codes, limits};

/// What customers prove who they are with.
const FACTOR_SECTION: &str = "factor";

const DISCLOSURE: KindOfFile = KindOfFile {
    name: "Disclosure",
    noun: "disclosure",
    elsewhere: ", or move the file out of disclosures/",
    code: codes::DISCLOSURE,
};

/// Checks one file.
pub(crate) struct DisclosureChecker<'a> {
    pub(crate) dictionary: &'a Dictionary,
    pub(crate) layout: &'a Layout,
    pub(crate) file: &'a str,
    pub(crate) source: &'a DisclosureFile,
    pub(crate) problems: Vec<Diagnostic>,
}

impl DisclosureChecker<'_> {
    /// The checked disclosure; none if there is a problem that refuses it.
    pub(crate) fn check(&mut self, path: &str, version: &str) -> Option<Disclosure> {
        let source = self.source;
        let (from, until) = self.check_head();
        self.check_readers();
        let shown_in = self.shown_in();
        let grants = self.grants(&shown_in);
        let budget = self.budget(&shown_in);
        let refused = |problem: &Diagnostic| problem.severity == Severity::Error;
        if self.problems.iter().any(refused) {
            return None;
        }
        Some(Disclosure {
            id: source.metadata.id.value.clone(),
            title: source.metadata.title.value.clone(),
            owner: source.metadata.owner.value.clone(),
            description: source.metadata.description.trim().to_owned(),
            sources: source.metadata.sources.clone(),
            from,
            until,
            is_enforced: source.metadata.status.value == Status::Enforced,
            purpose: source.purpose.value.clone(),
            legal_basis: source.legal_basis.value.clone(),
            readers: values(&source.readers),
            shown_in,
            grants,
            names_withheld: source.names_withheld,
            budget,
            version: version.to_owned(),
            path: path.to_owned(),
        })
    }

    /// What every file has at its top, and what is said of the purpose; when it is in force.
    fn check_head(&mut self) -> (Timestamp, Option<Timestamp>) {
        let source = self.source;
        let metadata = &source.metadata;
        let mut head = HeadChecker {
            kind: DISCLOSURE,
            file: self.file,
            problems: Vec::new(),
        };
        head.form(&source.api_version, &source.kind);
        if !is_name(&metadata.id.value, ".-") {
            head.not_an_id(&metadata.id);
        }
        head.sources(&metadata.id, &metadata.sources, &metadata.status);
        head.operations(self.layout, &source.on);
        let period = head.period(&metadata.effective);
        self.problems.extend(head.problems);
        let purpose = &source.purpose;
        if !is_name(&purpose.value, "-_") {
            let message = format!("`{}` is not a purpose", purpose.value);
            let help = "write lower-case words with hyphens: failed-payment";
            self.refuse(codes::DISCLOSURE, purpose, message, help);
        }
        let digits = purpose.value.bytes().filter(u8::is_ascii_digit).count();
        if digits > limits::MAX_PURPOSE_DIGITS {
            let most = limits::MAX_PURPOSE_DIGITS;
            let message = format!(
                "the purpose has {digits} digits, and who asks for it may name at most {most}"
            );
            let help = "say in words why somebody reads";
            self.refuse(codes::DISCLOSURE, purpose, message, help);
        }
        for (text, what, help) in [
            (
                &source.legal_basis,
                "legal basis",
                "name the act and the paragraph that allow it",
            ),
            (
                &source.metadata.title,
                "title",
                "say in a few words who sees what",
            ),
            (&source.metadata.owner, "owner", "say who answers for it"),
        ] {
            let length = text.value.trim().chars().count();
            if length == 0 {
                self.refuse(
                    codes::DISCLOSURE,
                    text,
                    format!("the {what} is empty"),
                    help,
                );
            } else if length > limits::MAX_LEGAL_BASIS_CHARS {
                let most = limits::MAX_LEGAL_BASIS_CHARS;
                let message = format!("the {what} has {length} characters, the limit is {most}");
                self.refuse(
                    codes::DISCLOSURE,
                    text,
                    message,
                    "move the rest to `description`",
                );
            }
        }
        self.check_status();
        period
    }

    fn check_status(&mut self) {
        let status = &self.source.metadata.status;
        if matches!(status.value, Status::Shadow | Status::Canary) {
            let message = "a disclosure is granted or it is not: there is nothing to try";
            let help = "write draft or enforced";
            self.refuse(codes::DISCLOSURE, status, message, help);
        }
    }

    fn check_readers(&mut self) {
        let source = self.source;
        let mut seen = HashSet::new();
        for reader in &source.readers {
            if source.openings.is_some() && reader.value != OPENED_TO {
                let message = format!("commitments are not opened to `{}`", reader.value);
                let help =
                    format!("write `readers: [{OPENED_TO}]`: who else has records to check?");
                self.refuse(codes::DISCLOSURE, reader, message, help);
            }
            if !READERS.contains(&reader.value.as_str()) {
                let near = did_you_mean(&reader.value, READERS);
                let help = near.map_or_else(
                    || format!("the roles are {}", READERS.join(", ")),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("there is no role `{}`", reader.value);
                self.refuse(codes::DISCLOSURE, reader, message, help);
            }
            if !seen.insert(&reader.value) {
                let message = format!("`{}` stands twice", reader.value);
                self.refuse(codes::DISCLOSURE, reader, message, "keep one of the two");
            }
        }
        if source.readers.is_empty() {
            let message = "the disclosure is for nobody";
            self.refuse(
                codes::DISCLOSURE,
                &source.purpose,
                message,
                "name a role under `readers`",
            );
        }
    }

    fn shown_in(&mut self) -> ShownIn {
        let source = self.source;
        match (&source.release, &source.openings, source.on.first()) {
            (Some(release), None, None) => ShownIn::Release {
                within: self.within(&release.within, limits::MAX_RELEASE, "15m"),
            },
            (None, Some(openings), None) => ShownIn::Openings {
                within: self.within(&openings.within, limits::MAX_OPENINGS, "1826d"),
            },
            (None, None, Some(_)) => ShownIn::Replies(values(&source.on)),
            (None, None, None) => {
                let message = "it does not say where facts are shown";
                let help = "name operations under `on`, or write `release` or `openings`";
                self.refuse(codes::DISCLOSURE, &source.purpose, message, help);
                ShownIn::Replies(Vec::new())
            }
            (release, openings, on) => {
                let on_request = release.as_ref().or(openings.as_ref());
                let at = on.or(on_request.map(|one| &one.within));
                let message =
                    "facts are shown in replies, released on request, or opened: one of them";
                self.refuse(
                    codes::DISCLOSURE,
                    at.unwrap_or(&source.purpose),
                    message,
                    "make a file of each",
                );
                ShownIn::Replies(Vec::new())
            }
        }
    }

    fn within(&mut self, text: &Spanned<String>, most: DurationMs, example: &str) -> DurationMs {
        match DurationMs::parse(&text.value) {
            Some(within) if within.0 > 0 && within <= most => within,
            _ => {
                let message = format!("`{}` is no length of time up to {most}", text.value);
                let help = format!("write it as in {example}");
                self.refuse(codes::DISCLOSURE, text, message, help);
                DurationMs(0)
            }
        }
    }

    fn grants(&mut self, shown_in: &ShownIn) -> Vec<Grant> {
        let source = self.source;
        let mut seen = HashSet::new();
        let mut grants = Vec::new();
        if source.grants.is_empty() || source.grants.len() > limits::MAX_GRANTS {
            let message = format!("there are {} grants", source.grants.len());
            let help = format!("write 1 to {}", limits::MAX_GRANTS);
            self.refuse(codes::DISCLOSURE, &source.purpose, message, help);
        }
        for grant in &source.grants {
            let name = &grant.field;
            let Some(field) = self.dictionary.by_name(&name.value) else {
                let near = self.dictionary.did_you_mean(&name.value);
                let help = near.map_or("see dictionary.yaml".to_owned(), |near| {
                    format!("did you mean `{near}`?")
                });
                let message = format!("there is no field `{}`", name.value);
                self.refuse(codes::UNKNOWN_NAME, name, message, help);
                continue;
            };
            if !seen.insert(field.id) {
                let message = format!("`{}` is granted twice", name.value);
                self.refuse(codes::DISCLOSURE, name, message, "keep one of the two");
            }
            self.check_treatment(grant, field, shown_in);
            grants.push(Grant {
                field: field.id,
                treatment: grant.treatment.value,
            });
        }
        grants
    }

    /// No class shows more than it may.
    fn check_treatment(&mut self, grant: &GrantSource, field: &Field, shown_in: &ShownIn) {
        let (name, class) = (&field.name, field.class);
        let treatment = grant.treatment.value;
        let word = treatment.as_str();
        let (message, help) = match (shown_in, class) {
            (_, Class::Secret) => (
                format!("`{name}` is a secret, which nobody is shown"),
                "remove the grant",
            ),
            // Who knows it passes for the customer, or knows whose device signs.
            _ if field.section() == FACTOR_SECTION && class.is_tokenised() => (
                format!(
                    "`{name}` is what a customer proves who they are with, which nobody is shown"
                ),
                "remove the grant",
            ),
            _ if treatment == Treatment::Absent => (
                format!("`{name}` is granted as absent"),
                "remove the grant: what is not granted is absent",
            ),
            (ShownIn::Replies(_), _) if class.is_tokenised() && treatment > class.ceiling() => (
                format!(
                    "`{name}` is {}, and replies show no more of it than its token",
                    class.as_str()
                ),
                "write token or present, or release it on request in a file with `release`",
            ),
            (ShownIn::Release { .. }, _) if !class.is_tokenised() => (
                format!(
                    "`{name}` is {}: the vault has no value of it to release",
                    class.as_str()
                ),
                "grant it in a file with `on`",
            ),
            (ShownIn::Release { .. }, _)
                if !matches!(treatment, Treatment::Masked | Treatment::Clear) =>
            {
                (
                    format!("`{name}` is released as {word}, which replies can show"),
                    "write masked or clear, or grant it in a file with `on`",
                )
            }
            (ShownIn::Openings { .. }, _) if class != Class::Personal => (
                format!(
                    "`{name}` is {}: records commit to personal facts only",
                    class.as_str()
                ),
                "remove the grant: the record has it, or its token, in clear",
            ),
            (ShownIn::Openings { .. }, _) if treatment != Treatment::Clear => (
                format!("`{name}` is opened as {word}, and an opening shows the value"),
                "write clear, or grant it in a file with `on`",
            ),
            (ShownIn::Release { .. }, _) if treatment > self.most_released(class) => (
                format!("`{name}` is cardholder data, in clear for supervisors only"),
                "write masked, or `readers: [supervisor]`",
            ),
            _ => return,
        };
        self.refuse(codes::DISCLOSURE, &grant.treatment, message, help);
    }

    /// To each of the readers.
    fn most_released(&self, class: Class) -> Treatment {
        let readers = self.source.readers.iter();
        let most = readers.map(|reader| most_released(class, &reader.value));
        most.min().unwrap_or(Treatment::Absent)
    }

    /// Every disclosure has a budget but one of which nobody counts how often: messages go to who pays and who audits
    /// without a request of theirs.
    fn budget(&mut self, shown_in: &ShownIn) -> Option<Budget> {
        let source = self.source;
        let told = |reader: &&Spanned<String>| TOLD.contains(&reader.value.as_str());
        let in_messages = source.readers.iter().find(told);
        let in_messages = in_messages.filter(|_| matches!(shown_in, ShownIn::Replies(_)));
        if let Some(reader) = in_messages
            && source.readers.iter().any(|other| !told(&other))
        {
            let message = format!(
                "`{}` reads without a budget, and the others with one",
                reader.value
            );
            self.refuse(codes::DISCLOSURE, reader, message, "make two files of it");
        }
        match (&source.budget, in_messages) {
            (Some(budget), None) => Some(self.counted(budget)),
            (None, Some(_)) => None,
            (None, None) => {
                let message = "the disclosure has no budget";
                let help = "write how often under `budget`: per_case, per_customer, per_day";
                self.refuse(codes::DISCLOSURE, &source.purpose, message, help);
                None
            }
            (Some(budget), Some(reader)) => {
                let message = format!("how often `{}` reads is not counted", reader.value);
                self.refuse(
                    codes::DISCLOSURE,
                    &budget.per_case,
                    message,
                    "remove `budget`",
                );
                None
            }
        }
    }

    fn counted(&mut self, budget: &BudgetSource) -> Budget {
        for (name, count) in [
            ("per_case", &budget.per_case),
            ("per_customer", &budget.per_customer),
            ("per_day", &budget.per_day),
        ] {
            if !(1..=limits::MAX_BUDGET).contains(&count.value) {
                let message = format!("{name} is {}", count.value);
                let help = format!("write 1 to {}", limits::MAX_BUDGET);
                self.refuse(codes::DISCLOSURE, count, message, help);
            }
        }
        Budget {
            per_case: budget.per_case.value,
            per_customer: budget.per_customer.value,
            per_day: budget.per_day.value,
        }
    }

    fn refuse<T>(
        &mut self,
        code: Code,
        at: &Spanned<T>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let problem = yaml::error_at(code, self.file, at, message);
        self.problems.push(problem.help(help));
    }
}

fn values(texts: &[Spanned<String>]) -> Vec<String> {
    texts.iter().map(|text| text.value.clone()).collect()
}

/// Small letters, digits and these marks, a letter first.
fn is_name(text: &str, marks: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= limits::MAX_PURPOSE_CHARS
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || marks.contains(c))
}
