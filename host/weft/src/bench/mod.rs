//! `weft bench`: open-loop load on a running host.
//!
//! Open loop: requests are due at fixed times, whether or not earlier ones are answered, and a latency
//! counts from the time at which the request was due. A host that falls behind is seen to fall behind.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::exit::Failed;
use crate::output;
use crate::places::Places;

mod beside;
mod host;
mod load;
mod shares;
mod traffic;

use host::{Access, ChildHost};
use load::{Load, Measured, Pace};
use shares::Shares;

/// Before anything is measured.
const WARM_UP: Duration = Duration::from_secs(2);

/// Drive a running host with open-loop load, and print throughput, latencies and where the time goes.
///
/// Payments of 10,000 customers at 1,000 payees, and agents who ask about them. Every request is a real
/// decision in the host's audit log, so do not point it at a host whose log matters.
#[derive(Args)]
#[command(after_help = "Examples:
  weft bench --self-hosted
  weft bench --self-hosted --rate 500,1000,2000 --seconds 20 --assist 10
  weft bench --self-hosted --rate 500 --beside 200
  WEFT_SERVICE=… WEFT_AGENT=… WEFT_OPERATOR=… weft bench --address 127.0.0.1:8787 --rate 500")]
pub(crate) struct Bench {
    /// A running host. Its tokens are taken from the environment: WEFT_SERVICE for payments, WEFT_AGENT
    /// for assistance, WEFT_OPERATOR for the shares of the stages; the last two may be left out.
    #[arg(
        long,
        conflicts_with = "self_hosted",
        required_unless_present = "self_hosted"
    )]
    address: Option<SocketAddr>,
    /// Start a host on a free port of loopback with a new data directory, and remove both afterwards.
    #[arg(long)]
    self_hosted: bool,
    /// Requests a second; several rates are measured one after the other.
    #[arg(long, value_delimiter = ',', default_value = "500,1000,2000", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    rate: Vec<u32>,
    /// How long each rate is measured.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    seconds: u32,
    /// Of 100 requests, so many are assistance.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(0..=100))]
    assist: u32,
    /// What assistance does to payments: they come alone, then beside so many requests for assistance a second, then beside a
    /// flood of them, in turn. The rates are those of the payments.
    #[arg(long, value_name = "RATE", conflicts_with = "assist", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    beside: Option<u32>,
    /// Connections; each has one request under way at a time.
    #[arg(long, default_value_t = 128, value_parser = clap::value_parser!(u16).range(1..=4_096))]
    connections: u16,
    /// The same seed sends the same payments.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the data directory of --self-hosted is made [default: the system's temporary directory].
    #[arg(long, value_name = "DIR")]
    below: Option<PathBuf>,
    #[command(flatten)]
    places: Places,
}

pub(crate) fn run(args: Bench) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match args.address {
        Some(address) => {
            let access = Access::from_environment(address)?;
            runtime.block_on(measure(&args, &access))
        }
        None => {
            let mut host = ChildHost::start(&args.places, args.below.as_deref())?;
            let measured = runtime.block_on(measure(&args, &host.access));
            host.stop()?;
            measured
        }
    }
}

async fn measure(args: &Bench, access: &Access) -> Result<(), Failed> {
    if (args.assist > 0 || args.beside.is_some()) && access.agent.is_none() {
        return Err(Failed::because(
            "assistance needs an agent's token in WEFT_AGENT; set it, or say --assist 0",
        ));
    }
    if let Some(rate) = args.beside {
        return beside::measure(args, access, rate).await;
    }
    output::line(&heading(args, access.address));
    let before = Shares::read(access).await?;
    let mut load = Load::new(access, args.assist, args.connections, args.seed);
    output::step("warming up for 2 seconds");
    load.run(Pace::PerSecond(args.rate[0]), WARM_UP).await?;
    output::line(Measured::HEADER);
    let mut refused = 0;
    for rate in &args.rate {
        let measured = load
            .run(
                Pace::PerSecond(*rate),
                Duration::from_secs(args.seconds.into()),
            )
            .await?;
        output::line(&measured.to_string());
        refused += measured.not_decided();
    }
    if let (Some(before), Some(after)) = (before, Shares::read(access).await?) {
        output::line(&after.since(&before).to_string());
    }
    match refused {
        0 => Ok(()),
        n => Err(Failed::because(format!(
            "{n} requests were answered with a problem; the column `problems` says at which rate, the host's \
             metric weft_problems_total says why"
        ))),
    }
}

fn heading(args: &Bench, address: SocketAddr) -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let mut text = String::new();
    let _ = write!(
        text,
        "Open-loop load on http://{address}: {} connections, {} of 100 requests are assistance, {} s a rate, \
         seed {}.\nHost and load share {cores} cores. Latency in milliseconds, from the time at which a \
         request was due.\n",
        args.connections, args.assist, args.seconds, args.seed
    );
    text
}
