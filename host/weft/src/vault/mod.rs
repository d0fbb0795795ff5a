//! `weft vault`: what operators see and order of the vault, of a running host or in a stopped one's directory.

use clap::{Args, Subcommand};
use hyper::Method;
use serde_json::{Value as Json, json};
use weft_engine::sets::Order;
use weft_engine::{Clock, Engine};
use weft_intake::Problem;

use crate::exit::Failed;
use crate::output;
use crate::remote::{Where, Why};

mod root;
mod transfer;

/// Values, whose they are, and their keys.
#[derive(Subcommand)]
#[command(after_help = "Examples:
  weft vault status
  weft vault hold tok_eu_customer_… --until 2031-01-01T00:00:00Z --reason 'case 4711'
  weft vault erase tok_eu_customer_… --reason 'asked for by the customer'
  weft vault rotate
  weft vault status --offline --data weft-data
  weft vault root token --module /usr/lib/softhsm/libsofthsm2.so --token weft --pin-file pin --data weft-data")]
pub(crate) enum VaultCommand {
    Status(StatusArgs),
    Rotate(RotateArgs),
    Erase(EraseArgs),
    Hold(HoldArgs),
    Export(transfer::ExportArgs),
    Import(transfer::ImportArgs),
    Approve(transfer::ApproveArgs),
    #[command(subcommand)]
    Root(root::RootCommand),
}

/// Tell how many values, persons and holds there are, and how far a new epoch of keys is.
#[derive(Args)]
pub(crate) struct StatusArgs {
    #[command(flatten)]
    where_: Where,
}

/// Begin a new epoch of keys: wrap every living person's key anew, and destroy the keys of the epoch before.
///
/// After it the values of everybody who was erased until then are gone for good, also for who has the root key. The
/// host decides meanwhile; one that stops before it is done goes on with it when it starts.
#[derive(Args)]
pub(crate) struct RotateArgs {
    #[command(flatten)]
    why: Why,
    #[command(flatten)]
    where_: Where,
}

/// Erase a person: whatever was sealed for them opens nowhere any more.
///
/// A person is all identifiers that were shown with the one that is named and with nobody else's. The audit log says
/// who ordered it, before it is done, and verifies as before. A legal hold stands against it.
#[derive(Args)]
pub(crate) struct EraseArgs {
    /// The token of an identifier, as the record of a decision has it: payer.customer, payer.account, …
    #[arg(value_name = "TOKEN")]
    whose: String,
    #[command(flatten)]
    why: Why,
    #[command(flatten)]
    where_: Where,
}

/// Hold a person against erasure until an instant.
///
/// A later order counts instead of an earlier one. An instant before the date of a hold that stands lifts or shortens it:
/// then the reason is required, and it is done when another operator gives the same order within 24 hours.
#[derive(Args)]
pub(crate) struct HoldArgs {
    /// The token of an identifier, as the record of a decision has it: payer.customer, payer.account, …
    #[arg(value_name = "TOKEN")]
    whose: String,
    /// Until when, for example 2031-01-01T00:00:00Z.
    #[arg(long, value_name = "INSTANT")]
    until: String,
    #[command(flatten)]
    why: Why,
    #[command(flatten)]
    where_: Where,
}

/// What is ordered.
enum Ordered<'a> {
    Nothing,
    Rotate,
    Erase(&'a str),
    Hold(&'a str, &'a str),
}

pub(crate) fn run(command: VaultCommand) -> Result<(), Failed> {
    match command {
        VaultCommand::Status(args) => {
            let said = args.where_.ask(&Ordered::Nothing, None)?;
            tell_status(&said);
        }
        VaultCommand::Rotate(args) => {
            let said = args.where_.ask(&Ordered::Rotate, args.why.reason)?;
            tell_status(&said);
        }
        VaultCommand::Erase(args) => {
            let said = args
                .where_
                .ask(&Ordered::Erase(&args.whose), args.why.reason)?;
            output::line(&format!("erased: {}", subjects(&said)));
            output::step("their keys are destroyed for good with the next `weft vault rotate`");
        }
        VaultCommand::Hold(args) => {
            let order = Ordered::Hold(&args.whose, &args.until);
            let said = args.where_.ask(&order, args.why.reason)?;
            let now = match said["until"].as_str() {
                _ if said["waits"] == true => {
                    "nothing is done before another operator gives the same order, within 24 hours"
                        .to_owned()
                }
                Some(until) => format!("held until {until}"),
                None => "no longer held".to_owned(),
            };
            output::line(&format!("{now}: {}", subjects(&said)));
        }
        VaultCommand::Export(args) => transfer::export(args)?,
        VaultCommand::Import(args) => transfer::import(args)?,
        VaultCommand::Approve(args) => transfer::approve(args)?,
        VaultCommand::Root(command) => root::run(command)?,
    }
    Ok(())
}

/// What comes of an order to a host that does nothing else, and stops then.
pub(crate) fn finished<T>(
    engine: &Engine,
    ordered: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(async {
        let done = ordered.await;
        engine.stop().await;
        done
    });
    Ok(done?)
}

fn by_command_line(reason: Option<String>) -> Order {
    Order {
        by: "command-line".to_owned(),
        reason,
    }
}

impl Where {
    fn ask(&self, ordered: &Ordered<'_>, reason: Option<String>) -> Result<Json, Failed> {
        if self.offline {
            return self.here(ordered, reason);
        }
        let mut body = json!({});
        let path = match ordered {
            Ordered::Nothing => return self.remote.get("/v1/vault"),
            Ordered::Rotate => "/v1/vault/rotate",
            Ordered::Erase(whose) => {
                body["whose"] = json!(whose);
                "/v1/vault/erase"
            }
            Ordered::Hold(whose, until) => {
                body["whose"] = json!(whose);
                body["until"] = json!(until);
                "/v1/vault/hold"
            }
        };
        if let Some(reason) = reason {
            body["reason"] = json!(reason);
        }
        self.remote.order(Method::POST, path, &body)
    }

    /// In the directory of a host that is stopped, by a host that decides nothing.
    fn here(&self, ordered: &Ordered<'_>, reason: Option<String>) -> Result<Json, Failed> {
        let settings = self.places.settings()?;
        let engine = Engine::start(settings.engine, Clock::System, &output::step)?;
        let order = by_command_line(reason);
        finished(&engine, async {
            match ordered {
                Ordered::Nothing => Ok(json!(engine.vault_status())),
                Ordered::Rotate => engine.rotate_vault(order).await.map(|s| json!(s)),
                Ordered::Erase(whose) => {
                    let whose = (*whose).to_owned();
                    engine.erase(whose, order).await.map(|s| json!(s))
                }
                Ordered::Hold(whose, until) => {
                    let whose = (*whose).to_owned();
                    engine.hold(whose, until, order).await.map(|s| json!(s))
                }
            }
        })
    }
}

fn subjects(said: &Json) -> String {
    let subjects = said["subjects"].as_array().into_iter().flatten();
    let names: Vec<&str> = subjects.filter_map(Json::as_str).collect();
    names.join(", ")
}

fn tell_status(said: &Json) {
    output::line(&format!("epoch {}", said["epoch"]));
    output::line(&format!(
        "the root is {}",
        said["root"].as_str().unwrap_or_default()
    ));
    output::line(&format!(
        "{} values of {} persons (subjects with a key of their own)",
        said["values"], said["subjects"]
    ));
    output::line(&format!(
        "{} identifiers erased, {} identifiers held (a person has one or more)",
        said["erased"], said["held"]
    ));
    output::line(&format!(
        "recipient {}",
        said["recipient"].as_str().unwrap_or_default()
    ));
    for transfer in said["transfers"].as_array().into_iter().flatten() {
        transfer::tell(transfer);
    }
    if let Some(rotation) = said["rotation"].as_object() {
        output::line(&format!(
            "carrying over: {} of {} subjects",
            rotation["carried"], rotation["of"]
        ));
    }
}
