//! `weft demo`: a story played through a host of its own.
//!
//! The host is the real one, on loopback, with keys and tokens that are made for the story and go with
//! it. What each step is to lead to stands in the story; where it does not, the demo fails.

use std::path::{Path, PathBuf};

use clap::Args;
use weft_engine::{Clock, Engine};
use weft_gateway::{CallerEntry, Callers, Gateway, GatewayConfig};

use crate::exit::Failed;
use crate::places::Places;
use crate::token::Token;
use crate::{audit, output};

mod canary;
mod play;
mod story;
mod tell;

use play::Player;
use story::{ROLES, Story};

/// Play a story through a host of its own: a payment is held, support helps, the customer approves.
///
/// Starts a host on a free port of loopback with a new data directory, sends the files of the story to it
/// over HTTP, prints every decision, stops the host, looks for card numbers in everything that was written,
/// and verifies the audit log. Exits 1 when a step leads to something else than the story says.
#[derive(Args)]
pub(crate) struct Demo {
    /// The story and its requests.
    #[arg(long, value_name = "DIR", default_value = "examples/demo")]
    story: PathBuf,
    #[command(flatten)]
    places: Places,
}

pub(crate) fn run(args: Demo) -> Result<(), Failed> {
    let story = Story::load(&args.story)?;
    let temporary = match args.places.data {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("weft-demo-").tempdir()?),
    };
    let mut places = args.places.clone();
    if let Some(dir) = &temporary {
        places.data = Some(dir.path().to_owned());
    }
    let settings = places.settings()?;
    let data = settings.engine.data_dir.clone();
    if data.join("audit").exists() {
        return Err(Failed::because(format!(
            "{} has an audit log already, in which the story's payments may be decided; name a new directory",
            data.display()
        )));
    }
    let engine = Engine::start(settings.engine, Clock::System, &output::step)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let surprises = runtime.block_on(play(engine, &story))?;
    output::line("");
    canary::look(&story, &data)?;
    output::line("The audit log, every byte of it:\n");
    audit::verify_and_say(&data)?;
    keep_or_remove(temporary, &data)?;
    match surprises {
        0 => Ok(()),
        n => Err(Failed::because(format!(
            "{} did not lead to what the story says",
            output::counted(n, "step")
        ))),
    }
}

fn keep_or_remove(temporary: Option<tempfile::TempDir>, data: &Path) -> Result<(), Failed> {
    match temporary {
        Some(dir) => {
            dir.close()?;
            output::line("\nThe data directory was removed; `weft demo --data DIR` keeps it.");
        }
        None => output::line(&format!(
            "\nThe log is in {0}: weft audit query --data {0} --payment demo-held-1",
            data.display()
        )),
    }
    Ok(())
}

/// How many steps led to something else.
async fn play(engine: Engine, story: &Story) -> Result<usize, Failed> {
    let tokens = ROLES
        .iter()
        .map(|_| Token::new())
        .collect::<Result<Vec<_>, _>>()?;
    let entries = ROLES
        .iter()
        .zip(&tokens)
        .map(|((name, role), token)| CallerEntry {
            name: (*name).to_owned(),
            role: *role,
            token_sha256: token.sha256,
        });
    let callers = Callers::new(entries.collect())?;
    let listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let gateway = Gateway::bind(engine, GatewayConfig::new(listen, callers)).await?;
    let address = gateway.address();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = gateway.serve(async {
        // Stops, too, when the player has gone.
        let _ = stopped.await;
    });
    let playing = async {
        tell::title(&story.title, address);
        let played = Player::new(address, &tokens).play(story).await;
        let _ = stop.send(());
        played
    };
    let (served, played) = tokio::join!(serving, playing);
    served?;
    played
}
