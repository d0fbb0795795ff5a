//! `weft serve`: a host that answers over HTTP.

use std::error::Error;
use std::io::ErrorKind;

use clap::Args;
use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use tokio::signal::unix::{self, SignalKind, signal};
use tokio::task::JoinSet;
use weft_engine::sets::Order;
use weft_engine::{Clock, Engine, StartError, Stopped};
use weft_gateway::limits::{MAX_ENDING, MAX_TURNED_AWAY};
use weft_gateway::{Callers, Gateway, GatewayConfig};

use crate::exit::Failed;
use crate::output;
use crate::places::Places;

/// Start a host that answers over HTTP.
///
/// It decides when it prints `ready`. SIGHUP lets it read its policies and plugins again; what does not hold is
/// logged, and the policies in force stay. SIGTERM or SIGINT stops it: it takes no new requests, answers those
/// under way, signs the log's checkpoint, and exits 0; where the log could not be closed so, as on a full disk, it
/// says so and exits 3. TLS is ended in front of it, so it listens on
/// loopback unless the configuration says otherwise.
///
/// On a full disk it decides nothing: requests get 503, /readyz says why, /healthz goes on to say 200. It goes on by
/// itself when there is room.
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
    descriptors(config.limits.connections)?;
    let (region, tenant) = (
        settings.engine.region.clone(),
        settings.engine.tenant.clone(),
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    // A limit on the size of files is met like a full disk; its signal would end the process, if nobody took it.
    let _file_too_large =
        runtime.block_on(async { signal(SignalKind::from_raw(Signal::XFSZ.as_raw())) })?;
    // One that comes while the host starts is heard when it has started.
    let hangup = runtime.block_on(async { signal(SignalKind::hangup()) })?;
    let engine =
        Engine::start(settings.engine, Clock::System, &output::step).map_err(not_started)?;
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        region,
        tenant,
        policy_set = engine.pipeline().digest(),
        records = engine.log().len(),
        "starting"
    );
    output::problems(engine.pipeline().set().warnings());
    output::problems(engine.pipeline().warnings());
    runtime.block_on(async {
        // Both before `ready` is said, so that a signal right after it is not lost.
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        // A set of one, which ends with this host.
        let mut reloading = JoinSet::new();
        reloading.spawn(reload_at(hangup, engine.clone()));
        let gateway = Gateway::bind(engine, config).await?;
        output::line(&format!("ready: http://{}", gateway.address()));
        tracing::info!(address = %gateway.address(), "ready");
        let stop = async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            output::step("stopping: no new requests, those under way are answered");
        };
        match gateway.serve(stop).await? {
            Stopped::Whole => {
                output::step("stopped: every answered decision is in the log");
                Ok(())
            }
            Stopped::LogNotClosed(error) => Err(Failed::log_not_closed(&error)),
        }
    })
}

/// Megabytes of a new data directory: the journals of log and values set 16 MB aside each, that of keys 1 MB, the rest is
/// the policy set, compiled plugins and the store.
const NEW_DATA_MB: u64 = 40;

/// Says how much room a host needs, where the disk has too little.
fn not_started(error: StartError) -> Failed {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(found) = cause {
        let io = found.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == ErrorKind::StorageFull) {
            return Failed::because(format!(
                "{error}; a new data directory takes {NEW_DATA_MB} MB: make room, or set it on another disk with --data"
            ));
        }
        cause = found.source();
    }
    error.into()
}

/// Reads policies and plugins again at each signal. What came of it is in the log.
async fn reload_at(mut hangup: unix::Signal, engine: Engine) {
    while hangup.recv().await.is_some() {
        output::step("SIGHUP: reading policies and plugins again");
        // What has changed, and what was refused, is logged by the engine.
        if let Ok(ordered) = engine.reload_policies(Order::by_signal()).await
            && !ordered.changed
        {
            output::step("the policy set in force stays: nothing has changed");
        }
    }
}

/// Files and connections beside those of callers: journal, store, vault, runtime.
const RESERVED_DESCRIPTORS: u64 = 256;

/// Raises the limit of open files as far as the system lets it, and refuses to start where the connections
/// alone could take the descriptors that the journal needs.
fn descriptors(connections: usize) -> Result<(), Failed> {
    let beyond = u64::try_from(MAX_TURNED_AWAY + MAX_ENDING)?;
    let reserved = RESERVED_DESCRIPTORS + beyond;
    let wanted = u64::try_from(connections)?.saturating_add(reserved);
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return Ok(());
    }
    let possible = limit.maximum.unwrap_or(wanted);
    let raised = Rlimit {
        current: Some(wanted.min(possible)),
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised)?;
    if possible >= wanted {
        return Ok(());
    }
    Err(Failed::because(format!(
        "{connections} connections and {reserved} files and connections beside them need {wanted} open files, and the system \
         allows {possible}: raise the limit (`ulimit -Hn`, LimitNOFILE of systemd), or set http.connections to \
         {} or less",
        possible.saturating_sub(reserved)
    )))
}
