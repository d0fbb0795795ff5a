//! `weft emergency`: emergency access to a value of the vault of a running host.

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value as Json, json};

use crate::exit::Failed;
use crate::output;
use crate::remote::Remote;

/// One value for which no disclosure is there: asked for, approved by two others, opened, reviewed.
#[derive(Subcommand)]
#[command(after_help = "Examples:
  weft emergency ask --case case-7 --payment p-1 --field payer.phone --reason 'the customer is in danger'
  weft emergency list
  weft emergency approve emg_… --digest 3f…
  weft emergency open emg_…
  weft emergency review emg_… --reason 'called back, all was right'")]
pub(crate) enum EmergencyCommand {
    Ask(AskArgs),
    List(ListArgs),
    Approve(ApproveArgs),
    Open(OpenArgs),
    Review(ReviewArgs),
}

/// Ask, as an agent or a supervisor, and say why. Supervisors are told.
#[derive(Args)]
pub(crate) struct AskArgs {
    /// The case within which it is needed.
    #[arg(long)]
    case: String,
    /// The payment's identifier.
    #[arg(long)]
    payment: String,
    /// The service through which the customer pays, where more than one has a payment of this identifier.
    #[arg(long)]
    service: Option<String>,
    /// The field, as the dictionary has it.
    #[arg(long)]
    field: String,
    /// Why, in a line; it stands in the audit log in clear.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    remote: Remote,
}

/// Tell what waits for its review, with the digests that are approved.
#[derive(Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    remote: Remote,
}

/// Approve, as a supervisor who did not ask. Two have to, within fifteen minutes.
#[derive(Args)]
pub(crate) struct ApproveArgs {
    #[arg(value_name = "ID")]
    id: String,
    /// The digest of the request, as `weft emergency list` tells it.
    #[arg(long)]
    digest: String,
    #[command(flatten)]
    remote: Remote,
}

/// Print the value, as the one who asked, when two others have approved.
#[derive(Args)]
pub(crate) struct OpenArgs {
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    remote: Remote,
}

/// Record what was found afterwards, as a supervisor or regulator who had no part in it.
#[derive(Args)]
pub(crate) struct ReviewArgs {
    #[arg(value_name = "ID")]
    id: String,
    /// What was found, in a line; it stands in the audit log in clear.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    remote: Remote,
}

pub(crate) fn run(command: EmergencyCommand) -> Result<(), Failed> {
    match command {
        EmergencyCommand::Ask(args) => {
            let mut body = json!({"case": args.case, "payment": args.payment, "field": args.field, "reason": args.reason});
            if let Some(service) = args.service {
                body["service"] = json!(service);
            }
            let said = args.remote.order(Method::POST, "/v1/emergencies", &body)?;
            tell(&said);
            output::step("two supervisors approve it: `weft emergency approve ID --digest DIGEST`");
        }
        EmergencyCommand::List(args) => {
            let said = args.remote.get("/v1/emergencies")?;
            for one in said["emergencies"].as_array().into_iter().flatten() {
                tell(one);
            }
        }
        EmergencyCommand::Approve(args) => {
            let body = json!({"id": args.id, "digest": args.digest});
            let path = "/v1/emergencies/approve";
            tell(&args.remote.order(Method::POST, path, &body)?);
        }
        EmergencyCommand::Open(args) => {
            let body = json!({"id": args.id});
            let said = args
                .remote
                .order(Method::POST, "/v1/emergencies/open", &body)?;
            output::line(said["value"].as_str().unwrap_or_default());
        }
        EmergencyCommand::Review(args) => {
            let body = json!({"id": args.id, "reason": args.reason});
            let path = "/v1/emergencies/review";
            let said = args.remote.order(Method::POST, path, &body)?;
            output::line(&format!("reviewed: {}", text(&said, "id")));
        }
    }
    Ok(())
}

fn text<'a>(of: &'a Json, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

fn tell(one: &Json) {
    output::line(&format!(
        "{}: {} ({}) of payment {}, case {}, asked for by {} at {}: {}",
        text(one, "id"),
        text(one, "field"),
        text(one, "treatment"),
        text(one, "payment"),
        text(one, "case"),
        text(one, "by"),
        text(one, "at"),
        text(one, "reason"),
    ));
    let approved = one["approved_by"].as_array().into_iter().flatten();
    let approved: Vec<&str> = approved.filter_map(Json::as_str).collect();
    output::line(&format!(
        "  digest {}, approved by {}, until {}, opened {} times",
        text(one, "digest"),
        if approved.is_empty() {
            "nobody".to_owned()
        } else {
            approved.join(" and ")
        },
        text(one, "until"),
        one["opened"],
    ));
}
