//! `weft feed`: historical payments through the engine, in their own time.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinSet;
use weft_dictionary::{Dictionary, Timestamp};
use weft_engine::{Ask, Caller, Clock, Engine, Role};
use weft_intake::MediaType;
use zeroize::Zeroizing;

use crate::exit::Failed;
use crate::places::Places;
use crate::{audit, output};

mod map;
mod source;
mod summary;

use map::Map;
use source::{Line, Next, Source};
use summary::Summary;

pub(crate) use map::CODES;

/// Payments decided side by side; the disk is waited for once for all of them.
const SIDE_BY_SIDE: usize = 64;

/// Send historical payments through the engine.
///
/// Reads a CSV or JSON-lines file (also .gz) in the order of time, makes a payment of each line by a map, and
/// decides it at the time that the line says, with the policies and plugins of the host. Decisions, features and the
/// audit log are the same as if the payments had come through HTTP. The host must not run on the same
/// data directory at the same time.
#[derive(Args)]
#[command(
    after_help = "Example:\n  weft feed transactions.csv.gz --map examples/feeds/handbook.yaml --from 2018-05-01T00:00:00Z --until 2018-05-02T00:00:00Z\n\nWrites: the data directory (--data). Prints: decisions by verdict, rate, and whether the audit log verifies."
)]
pub(crate) struct Feed {
    /// The file: CSV or JSON lines, as the map says; .gz is unpacked.
    file: PathBuf,
    /// How columns become payments.
    #[arg(long)]
    map: PathBuf,
    /// Payments before this instant are passed over (RFC 3339).
    #[arg(long, value_parser = instant)]
    from: Option<Timestamp>,
    /// Payments at or after this instant are passed over (RFC 3339).
    #[arg(long, value_parser = instant)]
    until: Option<Timestamp>,
    /// At most so many payments.
    #[arg(long)]
    limit: Option<u64>,
    #[command(flatten)]
    places: Places,
}

fn instant(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text)
        .ok_or_else(|| "not an instant; write RFC 3339, for example 2018-05-01T00:00:00Z".into())
}

pub(crate) fn run(args: Feed) -> Result<(), Failed> {
    let settings = args.places.settings()?.engine;
    let data = settings.data_dir.clone();
    let dictionary = Dictionary::load(&settings.policies_dir.join("dictionary.yaml"))?;
    let map = Map::load(&args.map, &dictionary)?;
    let engine = Engine::start(settings, Clock::history(), &output::step)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let summary = runtime.block_on(async {
        let summary = Feeder {
            engine: &engine,
            args: &args,
            summary: Summary::default(),
        }
        .feed(&map, &dictionary)
        .await;
        engine.stop().await;
        summary
    })?;
    drop(engine);
    output::line(&summary.to_string());
    audit::verify_and_say(&data)
}

struct Feeder<'a> {
    engine: &'a Engine,
    args: &'a Feed,
    summary: Summary,
}

impl Feeder<'_> {
    async fn feed(mut self, map: &Map, dictionary: &Dictionary) -> Result<Summary, Failed> {
        let mut source = Source::open(&self.args.file, map, dictionary, Clock::System.now())?;
        let bar = progress();
        let started = Instant::now();
        let mut batch: Vec<Line> = Vec::new();
        let mut order: HashSet<String> = HashSet::new();
        let mut taken = 0;
        let mut latest = Timestamp(0);
        while self.args.limit.is_none_or(|limit| taken < limit) {
            let line = match source.next()? {
                Next::Line(line) => line,
                Next::Unreadable(number, why) => {
                    self.summary.unreadable(number, why);
                    continue;
                }
                Next::End => break,
            };
            if line.at < latest {
                let why = "the payment is earlier than one before it; sort the file by time";
                self.summary.unreadable(line.number, why);
                continue;
            }
            latest = line.at;
            if self.args.from.is_some_and(|from| line.at < from) {
                continue;
            }
            if self.args.until.is_some_and(|until| line.at >= until) {
                break;
            }
            taken += 1;
            let overtakes = line.order.iter().any(|value| order.contains(value));
            if overtakes || batch.len() >= SIDE_BY_SIDE {
                self.decide(std::mem::take(&mut batch), &bar).await?;
                order.clear();
            }
            order.extend(line.order.iter().cloned());
            batch.push(line);
        }
        self.decide(batch, &bar).await?;
        bar.finish_and_clear();
        self.summary.took(started.elapsed());
        Ok(self.summary)
    }

    /// Decides payments that have nothing in common side by side.
    async fn decide(&mut self, batch: Vec<Line>, bar: &ProgressBar) -> Result<(), Failed> {
        let Some(first) = batch.first() else {
            return Ok(());
        };
        // What waited longer than it may is refused before the payments that come after it.
        self.engine.clock().advance(first.at);
        while let expired @ 1.. = self.engine.expire_due().await {
            self.summary.expired(expired);
        }
        let mut under_way = JoinSet::new();
        for line in batch {
            let ask = Ask {
                media: MediaType::Json,
                body: Zeroizing::new(serde_json::to_vec(&line.body)?),
                idempotency_key: None,
                trace: None,
                at: Some(line.at),
            };
            let engine = self.engine.clone();
            under_way.spawn(async move {
                let caller = Caller {
                    id: "feed".into(),
                    role: Role::Service,
                };
                (line.number, line.fraud, engine.decide(&caller, ask).await)
            });
        }
        while let Some(done) = under_way.join_next().await {
            let (number, fraud, reply) = done?;
            match reply {
                Ok(reply) => {
                    for decision in &reply.decisions {
                        self.summary.decided(decision.verdict, fraud);
                    }
                }
                Err(problem) => self.summary.refused(number, &problem),
            }
            bar.inc(1);
        }
        Ok(())
    }
}

fn progress() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("  {spinner} {pos} payments, {per_sec}, {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}
