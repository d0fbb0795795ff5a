//! `weft policy explain`: why a recorded decision came out as it did.

mod plugin;
mod policy;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use weft_engine::Role;
use weft_engine::explain::{Explanation, FactExplained, StageExplained};
use weft_engine::view::ReasonView;
use weft_verdict::Obligation;

use crate::exit::Failed;
use crate::output;

/// Explain a recorded decision.
///
/// Which policies applied, which rules fired and on which facts, which did not and why not, and how the host came to the
/// verdict. The decision is evaluated again with the policy set that it was taken with, which the data directory keeps;
/// where that set is gone or damaged, what was recorded is told, and what cannot be. Reads only, and works beside a running
/// host. Whoever may read the directory decides in whose words it is told: those of a role that may see the decision, as a
/// caller of a running host gets `GET /v1/decisions/{id}/explanation` in those of its own.
#[derive(Args)]
#[command(
    after_help = "Example:\n  weft audit query --last 1 --data weft-data\n  weft policy explain dec_… --data weft-data --as agent"
)]
pub(crate) struct ExplainArgs {
    /// The decision's id.
    decision: String,
    /// The host's directory.
    #[arg(long, value_name = "DIR", default_value = "weft-data")]
    data: PathBuf,
    /// In whose words: an auditor sees the policies themselves, support what a view of the decision grants it, a
    /// service what its customer may know.
    #[arg(long = "as", value_name = "ROLE", default_value = "regulator")]
    role: Reader,
    /// The form.
    #[arg(long, default_value = "text")]
    format: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people.
    Text,
    /// One JSON object, as the API gives it.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Reader {
    Service,
    Agent,
    Supervisor,
    Regulator,
}

impl Reader {
    fn role(self) -> Role {
        match self {
            Reader::Service => Role::Service,
            Reader::Agent => Role::Agent,
            Reader::Supervisor => Role::Supervisor,
            Reader::Regulator => Role::Regulator,
        }
    }
}

pub(crate) fn run(args: &ExplainArgs) -> Result<(), Failed> {
    let explanation = weft_engine::explain(&args.data, &args.decision, args.role.role())?;
    match args.format {
        Form::Json => output::line(&serde_json::to_string_pretty(&explanation)?),
        Form::Text => Telling {
            explanation: &explanation,
        }
        .tell(),
    }
    Ok(())
}

/// Facts of an obligation that are named; --format json names all.
const MAX_NAMED: usize = 3;

/// An explanation on its way to the terminal.
struct Telling<'a> {
    explanation: &'a Explanation,
}

impl Telling<'_> {
    fn tell(&self) {
        let e = self.explanation;
        let risk = e.risk.map(|risk| format!(", risk {risk} of 1000"));
        output::line(&format!(
            "{} {} was decided on {}: {}{}",
            e.operation,
            e.decision,
            e.at,
            output::emphasise("1", e.verdict.as_str()),
            risk.unwrap_or_default()
        ));
        for message in &e.messages {
            output::line(&format!("  “{message}”"));
        }
        for reason in &e.reasons {
            output::line(&format!("  because: {}", reason_text(reason)));
        }
        for one in &e.obligations {
            output::line(&format!("  what follows: {}", obligation_text(one)));
        }
        self.checked();
        for stage in &e.stages {
            self.stage(stage);
        }
        if !e.combined.is_empty() {
            heading("How it came together");
            for sentence in &e.combined {
                output::line(&format!("  {sentence}"));
            }
        }
        self.facts();
    }

    /// Whether evaluating again gives what was recorded.
    fn checked(&self) {
        let e = self.explanation;
        if let Some(why) = e.not_evaluated {
            output::line(&format!(
                "\nIt could not be evaluated again, so only what was recorded is told: {why}."
            ));
        }
        for what in &e.cannot_tell {
            output::line(&format!("  cannot be told: {what}"));
        }
        if let Some(help) = e.help {
            output::line(&format!("  what can be done: {help}"));
        }
        if let Some(set) = &e.policy_set {
            output::line(&format!("\nPolicy set {set}"));
        }
        match e.reproduced {
            Some(true) => output::line("Evaluated again: every finding is as recorded."),
            Some(false) => {
                let line =
                    "Evaluated again: not all is as recorded. What counted is what was recorded.";
                output::line(&output::emphasise("31;1", line));
                for difference in &e.differences {
                    output::line(&format!("  {}: {}", difference.policy, difference.what));
                }
            }
            None => {}
        }
    }

    fn stage(&self, stage: &StageExplained) {
        heading(&match stage.title.as_str() {
            "" => format!("Stage {}", stage.stage),
            title => format!("Stage {}: {title}", stage.stage),
        });
        if !stage.asked {
            output::line("  not asked: what was found before ended it");
            return;
        }
        if stage.policies.is_empty() && stage.others == 0 {
            output::line("  no policy that was in force is asked about this operation here");
        }
        for policy in &stage.policies {
            self.policy(policy);
        }
        match stage.others {
            0 => {}
            1 => output::line("  one other policy had no objection, or did not apply"),
            n => output::line(&format!(
                "  {n} other policies had no objection, or did not apply"
            )),
        }
    }

    fn facts(&self) {
        let e = self.explanation;
        let shown = |fact: &FactExplained| fact.value.is_some();
        if e.reader == "audit" || !e.facts.values().any(shown) {
            return;
        }
        heading("The facts that this case shows");
        for name in e
            .facts
            .iter()
            .filter(|(_, fact)| shown(fact))
            .map(|(name, _)| name)
        {
            output::line(&format!("  {}", self.fact(name)));
        }
    }

    /// A fact, as far as the reader may see it.
    fn fact(&self, name: &str) -> String {
        let Some(fact) = self.explanation.facts.get(name) else {
            return name.to_owned();
        };
        let value = match (&fact.said, fact.seen_as) {
            (Some(said), "withheld") => format!("{said}, withheld from later stages"),
            (Some(said), _) => said.clone(),
            (None, "missing") => "not there".to_owned(),
            (None, "not-recorded") => "not in the record".to_owned(),
            (None, "withheld") => format!("there, withheld from later stages ({})", fact.class),
            (None, _) => format!("there, not shown ({})", fact.class),
        };
        format!("{name} = {value}")
    }
}

/// An obligation; what it says about many facts is counted.
fn obligation_text(one: &Obligation) -> String {
    if one.arguments.len() <= MAX_NAMED {
        return super::book::obligation(one, |name| name);
    }
    format!("{}: {} facts", one.kind.as_str(), one.arguments.len())
}

fn heading(text: &str) {
    output::line(&format!("\n{}", output::emphasise("1", text)));
}

fn reason_text(reason: &ReasonView) -> String {
    let title = reason.title.as_deref().unwrap_or(&reason.code);
    if reason.fields.is_empty() {
        return title.to_owned();
    }
    format!("{title} ({})", reason.fields.join(", "))
}
