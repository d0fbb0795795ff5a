//! `weft serve`: a host that answers over HTTP.

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use weft_engine::{Clock, Engine};
use weft_gateway::{Callers, Gateway, GatewayConfig};

use crate::exit::Failed;
use crate::output;
use crate::places::Places;

/// Start a host that answers over HTTP.
///
/// It decides when it prints `ready`. SIGTERM or SIGINT stops it: it takes no new requests, answers those
/// under way, signs the log's checkpoint, and exits 0. TLS is ended in front of it, so it listens on
/// loopback unless the configuration says otherwise.
#[derive(Args)]
#[command(after_help = "Set up:
  weft config show > weft.toml
  weft token new shop --role service --add-to weft.toml
  weft serve --config weft.toml

Ask:
  curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\
       --data @examples/demo/allowed.json http://127.0.0.1:8787/v1/decisions")]
pub(crate) struct Serve {
    #[command(flatten)]
    places: Places,
    /// Where to listen, before what the configuration says; port 0 takes any that is free.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<std::net::SocketAddr>,
}

pub(crate) fn run(args: Serve) -> Result<(), Failed> {
    let settings = args.places.settings()?;
    if settings.callers.is_empty() {
        return Err(Failed::because(
            "the configuration names no callers, so nobody could ask for a decision; `weft token new NAME \
             --role ROLE --add-to weft.toml` makes one, then start with --config weft.toml",
        ));
    }
    let config = GatewayConfig {
        listen: args.listen.unwrap_or(settings.listen),
        callers: Callers::new(settings.callers)?,
        limits: settings.limits,
    };
    let engine = Engine::start(settings.engine, Clock::System, &output::step)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // Both before `ready` is said, so that a signal right after it is not lost.
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let gateway = Gateway::bind(engine, config).await?;
        output::line(&format!("ready: http://{}", gateway.address()));
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            output::step("stopping: no new requests, those under way are answered");
        };
        gateway.serve(stop).await?;
        output::step("stopped: every answered decision is in the log");
        Ok(())
    })
}
