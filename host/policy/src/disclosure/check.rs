//! One disclosure file against the dictionary, the pipeline and itself.

use std::collections::HashSet;

use weft_diagnostic::yaml::{self, Spanned};
use weft_diagnostic::{Code, Diagnostic, Severity, did_you_mean};
use weft_dictionary::{Class, Dictionary, DurationMs, Field, Timestamp, Treatment};

use super::source::{DisclosureFile, GrantSource};
use super::{Budget, Disclosure, READERS, ShownIn, most_released};
use crate::pipeline::Layout;
use crate::policy::{Grant, Status, covers};
use crate::{codes, limits};

/// The form of files that this host reads.
const API_VERSION: &str = "weft/v1";
const KIND: &str = "Disclosure";

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
        self.check_head();
        self.check_readers();
        let (from, until) = self.effective();
        let shown_in = self.shown_in();
        let grants = self.grants(&shown_in);
        let budget = self.budget();
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

    fn check_head(&mut self) {
        let source = self.source;
        if source.api_version.value != API_VERSION {
            let message = format!(
                "this form of files is not known: `{}`",
                source.api_version.value
            );
            let help = format!("write apiVersion: {API_VERSION}");
            self.refuse(codes::DISCLOSURE, &source.api_version, message, help);
        }
        if source.kind.value != KIND {
            let message = format!("`{}` is not a kind of file here", source.kind.value);
            let help = format!("write kind: {KIND}, or move the file out of disclosures/");
            self.refuse(codes::DISCLOSURE, &source.kind, message, help);
        }
        let (id, purpose) = (&source.metadata.id, &source.purpose);
        if !is_name(&id.value, ".-") {
            let message = format!("`{}` is not an id", id.value);
            let help = "write lower-case words with points and hyphens";
            self.refuse(codes::DISCLOSURE, id, message, help);
        }
        if !is_name(&purpose.value, "-_") {
            let message = format!("`{}` is not a purpose", purpose.value);
            let help = "write lower-case words with hyphens: failed-payment";
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
        if source.metadata.sources.is_empty() {
            let help = "name the act, standard or house rule";
            self.refuse(
                codes::DISCLOSURE,
                id,
                "the disclosure names no source",
                help,
            );
        }
        self.check_status();
    }

    fn check_status(&mut self) {
        let metadata = &self.source.metadata;
        let status = &metadata.status;
        match status.value {
            Status::Draft => {}
            Status::Shadow | Status::Canary => {
                let message = "a disclosure is granted or it is not: there is nothing to try";
                self.refuse(
                    codes::DISCLOSURE,
                    status,
                    message,
                    "write draft or enforced",
                );
            }
            Status::Enforced => {
                let unread = metadata.sources.iter().filter(|source| !source.verified);
                let unread: Vec<String> = unread
                    .map(|source| format!("{}, {}", source.title, source.reference))
                    .collect();
                if !unread.is_empty() {
                    let message = format!("enforced, and not verified: {}", unread.join("; "));
                    let warning = yaml::error_at(codes::UNVERIFIED, self.file, status, message);
                    let help =
                        "read the source, compare the file with it, and write verified: true";
                    self.problems.push(warning.warning().help(help));
                }
            }
        }
    }

    fn check_readers(&mut self) {
        let source = self.source;
        let mut seen = HashSet::new();
        for reader in &source.readers {
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

    fn effective(&mut self) -> (Timestamp, Option<Timestamp>) {
        let effective = &self.source.metadata.effective;
        let from = self.instant(&effective.from);
        let until = effective.until.as_ref().map(|until| self.instant(until));
        if let (Some(until), Some(at)) = (until, &effective.until)
            && until <= from
        {
            let message = "the disclosure ends before it begins";
            self.refuse(
                codes::DISCLOSURE,
                at,
                message,
                "write an instant after `from`",
            );
        }
        (from, until)
    }

    fn instant(&mut self, text: &Spanned<String>) -> Timestamp {
        Timestamp::parse(&text.value).unwrap_or_else(|| {
            let message = format!("`{}` is not an instant", text.value);
            let help = "write RFC 3339, for example 2026-01-01T00:00:00Z";
            self.refuse(codes::DISCLOSURE, text, message, help);
            Timestamp(0)
        })
    }

    fn shown_in(&mut self) -> ShownIn {
        let source = self.source;
        for on in &source.on {
            let operations = &self.layout.operations;
            if operations.iter().any(|o| covers(&on.value, &o.name)) {
                continue;
            }
            let near = did_you_mean(&on.value, operations.iter().map(|o| o.name.as_str()));
            let help = near.map_or("see pipeline.yaml".to_owned(), |near| {
                format!("did you mean `{near}`?")
            });
            let message = format!("the pipeline has no operation `{}`", on.value);
            self.refuse(codes::DISCLOSURE, on, message, help);
        }
        match (&source.release, source.on.first()) {
            (Some(release), None) => ShownIn::Release {
                within: self.within(&release.within),
            },
            (Some(_), Some(on)) => {
                let message = "facts are shown in replies, or released on request, not both";
                self.refuse(codes::DISCLOSURE, on, message, "make two files of it");
                ShownIn::Replies(Vec::new())
            }
            (None, None) => {
                let message = "it does not say where facts are shown";
                let help = "name operations under `on`, or write `release`";
                self.refuse(codes::DISCLOSURE, &source.purpose, message, help);
                ShownIn::Replies(Vec::new())
            }
            (None, Some(_)) => ShownIn::Replies(values(&source.on)),
        }
    }

    fn within(&mut self, text: &Spanned<String>) -> DurationMs {
        let most = limits::MAX_RELEASE;
        match DurationMs::parse(&text.value) {
            Some(within) if within.0 > 0 && within <= most => within,
            _ => {
                let message = format!("`{}` is no length of time up to {most}", text.value);
                self.refuse(codes::DISCLOSURE, text, message, "write it as in 15m");
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

    fn budget(&mut self) -> Budget {
        let budget = &self.source.budget;
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
