//! `pipeline.yaml`: the stages in which policies are asked, and what each operation is for the host.

use std::collections::HashSet;

use serde::Deserialize;
use weft_diagnostic::yaml::{self, Spanned};
use weft_diagnostic::{Diagnostic, Diagnostics, Place};
use weft_verdict::Verdict;

use crate::{codes, limits};

/// One stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// A word.
    pub name: String,
    /// The question that it answers.
    pub title: String,
    /// The mildest verdict at which later stages are not asked.
    pub stop_at: Option<Verdict>,
    /// What becomes of the facts of a request that ends at this stage.
    pub when_stopped: WhenStopped,
}

/// What becomes of the facts of a request that ends at a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhenStopped {
    /// They are recorded like those of any other request.
    #[default]
    Keep,
    /// They are not stored here: the record says who asked for what, what was found, and the public and
    /// operational facts on which the findings rest.
    Forget,
}

/// What an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OperationKind {
    /// A payment itself.
    Payment,
    /// Assistance with a payment.
    Assistance,
}

/// What a granted request for assistance does to its payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Nothing.
    #[default]
    None,
    /// The customer answers what the host asked.
    AnswerChallenge,
    /// The payment is decided again, once, with the host's evidence.
    DecideAgain,
    /// Money of a payment that was released is given back.
    Refund,
    /// A payment is called back: one that waits is refused, one that was released is recalled.
    Recall,
    /// A released payment is contested.
    Dispute,
    /// A dispute ends for the payee, or an escalation ends.
    Close,
    /// A supervisor is asked for what standard verification does not cover.
    Escalate,
    /// A second person approves a request that waits.
    Approve,
    /// A service enrols a factor for its customer. About no payment.
    EnrolFactor,
    /// A service removes a factor of its customer. About no payment.
    RemoveFactor,
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// For example `payment.authorize`.
    pub name: String,
    /// In words.
    pub title: String,
    /// What it is about.
    pub kind: OperationKind,
    /// What a granted one does.
    pub effect: Effect,
    /// The verdict when no policy says anything: `hold` or `deny`.
    pub no_policy: Verdict,
    /// Where its name stands in the file.
    pub(crate) place: Place,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: Spanned<u32>,
    stages: Vec<StageSource>,
    operations: Vec<OperationSource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StageSource {
    name: Spanned<String>,
    title: String,
    #[serde(default)]
    stop_at: Option<Verdict>,
    #[serde(default)]
    when_stopped: Option<Spanned<WhenStopped>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationSource {
    name: Spanned<String>,
    title: String,
    kind: OperationKind,
    #[serde(default)]
    effect: Option<Spanned<Effect>>,
    no_policy: Spanned<Verdict>,
}

/// Stages and operations.
pub(crate) struct Layout {
    pub(crate) stages: Vec<Stage>,
    pub(crate) operations: Vec<Operation>,
}

/// Reads and checks the file.
pub(crate) fn parse(file: &str, text: &str) -> Result<Layout, Diagnostics> {
    let source: File = yaml::parse(file, text)?;
    let mut problems = Vec::new();
    if source.version.value != 1 {
        let message = "this version of the form is not known";
        problems.push(
            yaml::error_at(codes::CONTRADICTION, file, &source.version, message)
                .help("write version: 1"),
        );
    }
    if source.stages.len() > limits::MAX_STAGES {
        let message = format!(
            "{} stages, the limit is {}",
            source.stages.len(),
            limits::MAX_STAGES
        );
        problems.push(yaml::error_at(
            codes::CONTRADICTION,
            file,
            &source.version,
            message,
        ));
    }
    twice(file, source.stages.iter().map(|s| &s.name), &mut problems);
    twice(
        file,
        source.operations.iter().map(|o| &o.name),
        &mut problems,
    );
    for stage in &source.stages {
        check_stage(file, stage, &mut problems);
    }
    for operation in &source.operations {
        check_operation(file, operation, &mut problems);
    }
    if !problems.is_empty() {
        return Err(Diagnostics(problems));
    }
    let stage = |s: StageSource| Stage {
        name: s.name.value,
        title: s.title,
        stop_at: s.stop_at,
        when_stopped: s.when_stopped.map(|w| w.value).unwrap_or_default(),
    };
    let operation = |o: OperationSource| Operation {
        place: yaml::place(&o.name),
        name: o.name.value,
        title: o.title,
        kind: o.kind,
        effect: o.effect.map(|e| e.value).unwrap_or_default(),
        no_policy: o.no_policy.value,
    };
    Ok(Layout {
        stages: source.stages.into_iter().map(stage).collect(),
        operations: source.operations.into_iter().map(operation).collect(),
    })
}

/// Who forgets a request cannot decide it again later, so only what is refused is forgotten.
fn check_stage(file: &str, stage: &StageSource, problems: &mut Vec<Diagnostic>) {
    if stage.stop_at.is_some_and(|verdict| verdict < Verdict::Hold) {
        let message = format!(
            "`{}` would end the walk at a verdict that lets it go on, before later stages are asked",
            stage.name.value
        );
        problems.push(
            yaml::error_at(codes::FAIL_OPEN, file, &stage.name, message)
                .help("write stop_at: hold or deny, or remove it"),
        );
    }
    let Some(when_stopped) = &stage.when_stopped else {
        return;
    };
    if when_stopped.value == WhenStopped::Forget && stage.stop_at != Some(Verdict::Deny) {
        let message = format!(
            "`{}` would forget requests that may still be decided",
            stage.name.value
        );
        problems.push(
            yaml::error_at(codes::CONTRADICTION, file, when_stopped, message)
                .help("write stop_at: deny, or remove `when_stopped`"),
        );
    }
}

fn check_operation(file: &str, operation: &OperationSource, problems: &mut Vec<Diagnostic>) {
    if operation.no_policy.value < Verdict::Hold {
        let message = format!(
            "`{}` would go on when no policy says anything",
            operation.name.value
        );
        problems.push(
            yaml::error_at(codes::FAIL_OPEN, file, &operation.no_policy, message)
                .help("write hold or deny"),
        );
    }
    let Some(effect) = &operation.effect else {
        return;
    };
    if operation.kind == OperationKind::Payment && effect.value != Effect::None {
        let message = "an effect is what assistance does to its payment";
        problems.push(
            yaml::error_at(codes::CONTRADICTION, file, effect, message).help("remove `effect`"),
        );
    }
}

fn twice<'a>(
    file: &str,
    names: impl Iterator<Item = &'a Spanned<String>>,
    problems: &mut Vec<Diagnostic>,
) {
    let mut seen = HashSet::new();
    for name in names {
        if !seen.insert(name.value.as_str()) {
            let message = format!("`{}` stands twice", name.value);
            problems.push(
                yaml::error_at(codes::CONTRADICTION, file, name, message)
                    .help("keep one of the two"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAGES: &str = "version: 1\nstages: [{name: decision, title: t}]\n";

    #[test]
    fn an_operation_that_would_fail_open_is_refused() {
        let text = format!(
            "{STAGES}operations:\n  - {{name: payment.x, title: t, kind: payment, no_policy: allow}}\n"
        );
        let problems = parse("pipeline.yaml", &text).err().expect("refused");
        assert_eq!(problems.0[0].code, codes::FAIL_OPEN);
        assert_eq!(problems.0[0].place.line, 4);
    }

    #[test]
    fn only_what_is_refused_is_forgotten() {
        let stage = |more: &str| {
            let text = format!(
                "version: 1\nstages: [{{name: decision, title: t{more}, when_stopped: forget}}]\noperations: []\n"
            );
            parse("pipeline.yaml", &text)
        };
        let Ok(layout) = stage(", stop_at: deny") else {
            panic!("it is taken");
        };
        assert_eq!(layout.stages[0].when_stopped, WhenStopped::Forget);
        for more in ["", ", stop_at: hold"] {
            let problems = stage(more).err().expect("refused");
            assert_eq!(problems.0[0].code, codes::CONTRADICTION, "{more}");
        }
    }

    #[test]
    fn a_stage_that_would_let_it_go_on_without_the_later_ones_is_refused() {
        for verdict in ["abstain", "allow", "flag", "challenge"] {
            let text = format!(
                "version: 1\nstages: [{{name: first, title: t, stop_at: {verdict}}}, {{name: last, title: t}}]\noperations: []\n"
            );
            let problems = parse("pipeline.yaml", &text).err().expect("refused");
            assert_eq!(problems.0[0].code, codes::FAIL_OPEN, "{verdict}");
        }
    }

    #[test]
    fn a_name_stands_once() {
        let one = "  - {name: payment.x, title: t, kind: payment, no_policy: hold}\n";
        let text = format!("{STAGES}operations:\n{one}{one}");
        let problems = parse("pipeline.yaml", &text).err().expect("refused");
        assert!(
            problems.to_string().contains("`payment.x` stands twice"),
            "{problems}"
        );
    }
}
