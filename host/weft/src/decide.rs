//! `weft decide`: one message through the engine, without a server.

use std::path::PathBuf;

use clap::Args;
use weft_engine::{Ask, Caller, Clock, Engine};
use weft_intake::MediaType;
use zeroize::Zeroizing;

use crate::exit::Failed;
use crate::output;
use crate::places::Places;
use crate::token::RoleName;

/// Decide one message, and print the reply that its caller would get.
///
/// The decision is a real one: it is recorded in the audit log of the data directory, and payments that wait
/// stay pending there. No host may run on the same data directory at the same time.
#[derive(Args)]
#[command(after_help = "Examples:
  weft decide examples/demo/allowed.json
  weft decide examples/demo/ask.json --role agent --caller ana
  weft decide examples/demo/transfer.xml --data /tmp/try")]
pub(crate) struct Decide {
    /// A JSON request, or a message of ISO 20022 if the name ends in .xml.
    file: PathBuf,
    /// In which role.
    #[arg(long, default_value = "service")]
    role: RoleName,
    /// As whom.
    #[arg(long, default_value = "command-line")]
    caller: String,
    #[command(flatten)]
    places: Places,
}

pub(crate) fn run(args: Decide) -> Result<(), Failed> {
    let body = std::fs::read(&args.file)
        .map_err(|error| Failed::because(format!("{}: {error}", args.file.display())))?;
    let media = match args.file.extension() {
        Some(end) if end.eq_ignore_ascii_case("xml") => MediaType::Xml,
        _ => MediaType::Json,
    };
    let settings = args.places.settings()?;
    let engine = Engine::start(settings.engine, Clock::System, &output::step)?;
    let caller = Caller {
        id: args.caller,
        role: args.role.into(),
    };
    let ask = Ask {
        media,
        body: Zeroizing::new(body),
        idempotency_key: None,
        trace: None,
        at: None,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let reply = runtime.block_on(async {
        let reply = engine.decide(&caller, ask).await;
        engine.stop().await;
        reply
    })?;
    output::bytes(&pretty(reply.content_type, &reply.body));
    output::line("");
    Ok(())
}

/// JSON with line breaks; anything else as it is.
fn pretty(content_type: &str, body: &[u8]) -> Vec<u8> {
    if content_type == "application/json" {
        let json: Result<serde_json::Value, _> = serde_json::from_slice(body);
        if let Ok(json) = json {
            return format!("{json:#}").into_bytes();
        }
    }
    body.to_vec()
}
