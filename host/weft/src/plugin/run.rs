//! `weft plugin run`: one evaluation, as the host would do it.

use std::path::PathBuf;

use clap::Args;
use serde_json::Map;
use weft_dictionary::Timestamp;
use weft_sandbox::manifest::Manifest;
use weft_sandbox::{Budget, Context, Evaluation, LogLevel, SettingProblem};
use weft_verdict::{Failure, Finding};

use super::{input, load, thousands};
use crate::exit::Failed;
use crate::output;

const DEFAULT_OPERATION: &str = "payment.authorize";

/// Evaluate a plugin once, in the sandbox, with the budget that a policy gives by default.
///
/// The input is a file of field names and values, as in messages; what it does not have is absent, and
/// {"withheld": true} stands for what a policy does not grant. Exits 0 when the plugin gives a finding,
/// whatever it says.
#[derive(Args)]
pub(crate) struct Run {
    /// The component.
    #[arg(value_name = "FILE.wasm")]
    file: PathBuf,
    /// The facts: JSON or YAML, such as {"payment.amount": {"value": "12.50", "currency": "EUR"}}.
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// The settings: YAML or JSON, as under plugin.settings of a policy.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// What is to be decided; unless given, payment.authorize or the first operation of the plugin.
    #[arg(long, value_name = "OPERATION")]
    operation: Option<String>,
    /// When, RFC 3339: the plugin's only clock.
    #[arg(long, value_name = "MOMENT", default_value = "2026-01-01T00:00:00Z")]
    at: String,
}

/// Frames of Rust's own that come before those of a plugin that panics.
const MACHINERY: [&str; 5] = ["__rustc", "std::", "core::", "<std::", "<core::"];

/// What is wrong with an evaluation by hand.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error("the plugin does not decide `{given}`; it decides {known}")]
    OtherOperation { given: String, known: String },
    #[error("--at is not a moment; write for example 2026-01-01T10:00:00Z")]
    NoMoment,
}

pub(super) fn run(args: &Run) -> Result<(), Failed> {
    let loaded = load::load(&load::sandbox()?, &args.file)?;
    let manifest = loaded.plugin.manifest();
    let context = context(args, manifest)?;
    let given = input::read_map(&args.input)?;
    let needs = input::needs(manifest, &args.input, &given)?;
    let settings = match &args.settings {
        Some(file) => input::read_map(file)?,
        None => Map::new(),
    };
    let bound = loaded
        .plugin
        .bind(&settings, Budget::default())
        .map_err(|problems| unfit(&problems))?;
    let evaluation = bound.evaluate(&context, &needs);
    let used = used(&evaluation, bound.budget());
    let result = match &evaluation.result {
        Ok(finding) => {
            tell(manifest, finding);
            Ok(())
        }
        Err(failure) => {
            tell_failure(failure);
            Err(Failed::Said)
        }
    };
    output::line(&used);
    tell_log(&evaluation);
    result
}

fn context(args: &Run, manifest: &Manifest) -> Result<Context, RunError> {
    let operation = match &args.operation {
        Some(given) => given.clone(),
        None => usual_operation(manifest),
    };
    if !manifest.decides(&operation) {
        return Err(RunError::OtherOperation {
            given: operation
                .chars()
                .filter(|c| !c.is_control())
                .take(64)
                .collect(),
            known: manifest.operations.join(", "),
        });
    }
    Ok(Context {
        request_id: "by-hand".into(),
        operation,
        tenant: "by-hand".into(),
        policy: "by-hand".into(),
        evaluated_at: Timestamp::parse(&args.at).ok_or(RunError::NoMoment)?,
        seed: 1,
    })
}

fn usual_operation(manifest: &Manifest) -> String {
    match manifest.operations.first() {
        Some(first) if !manifest.decides(DEFAULT_OPERATION) => first.replace('*', "any"),
        _ => DEFAULT_OPERATION.to_owned(),
    }
}

fn unfit(problems: &[SettingProblem]) -> Failed {
    for problem in problems {
        output::error(&format!("setting {problem}"));
    }
    Failed::Said
}

fn tell(manifest: &Manifest, finding: &Finding) {
    let risk = finding
        .risk
        .map_or(String::new(), |risk| format!("   risk {risk} of 1000"));
    output::line(&format!(
        "verdict  {}{risk}",
        output::emphasise("1", finding.verdict.as_str())
    ));
    for reason in &finding.reasons {
        let title = manifest.reasons.iter().find(|r| r.code == reason.code);
        let title = title.map_or("", |declared| declared.title.as_str());
        output::line(&format!("because  {}: {title}", reason.code));
        if !reason.fields.is_empty() {
            output::line(&format!("         rests on {}", reason.fields.join(", ")));
        }
    }
    for obligation in &finding.obligations {
        let arguments = obligation
            .arguments
            .iter()
            .map(|(name, value)| format!("{name} = {value}"));
        let arguments: Vec<String> = arguments.collect();
        output::line(&format!(
            "oblige   {}  {}",
            obligation.kind.as_str(),
            arguments.join(", ")
        ));
    }
}

fn tell_failure(failure: &Failure) {
    output::error(&failure.detail);
    output::line(&format!("failure  {}", failure.kind.as_str()));
    let of_panic = |frame: &&String| MACHINERY.iter().any(|own| frame.starts_with(own));
    for frame in failure.frames.iter().skip_while(of_panic) {
        output::line(&format!("         at {frame}"));
    }
    output::line(
        "         in a host the policy's on_error or on_missing decides then; for payments it is `hold` or `deny`",
    );
}

fn used(evaluation: &Evaluation, budget: &Budget) -> String {
    format!(
        "used     {} of {} fuel, {} µs of {} ms, {} of {} KiB of memory",
        thousands(evaluation.fuel),
        thousands(budget.fuel),
        thousands(evaluation.elapsed_us),
        thousands(budget.time_ms),
        thousands(evaluation.memory_bytes >> 10),
        thousands(budget.memory_bytes >> 10),
    )
}

fn tell_log(evaluation: &Evaluation) {
    for line in &evaluation.logs {
        let level = match line.level {
            LogLevel::Debug => "debug",
            LogLevel::Info => "info",
            LogLevel::Warn => "warn",
            LogLevel::Error => "error",
        };
        output::line(&format!("log      {level}: {}", line.text));
    }
    if evaluation.dropped_log_lines > 0 {
        output::line(&format!(
            "         and {}, which the host does not keep",
            output::counted(evaluation.dropped_log_lines as usize, "more line"),
        ));
    }
}
