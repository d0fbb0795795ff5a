//! `weft vault root`: the root of the keys, in the key file or sealed by a PKCS#11 token.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use weft_engine::{Clock, Engine};
use weft_vault::{Pin, RootTarget, TokenKey};

use super::{by_command_line, finished};
use crate::exit::Failed;
use crate::output;
use crate::places::Places;
use crate::remote::Why;

/// Move the root key of a stopped host: under the seal of a PKCS#11 token, or back into the key file.
///
/// The root itself stays the same and so does all that is sealed. The order is in the audit log before it is carried out; a
/// command that is killed leaves the root in the one place or the other.
#[derive(Subcommand)]
pub(crate) enum RootCommand {
    Token(ToToken),
    File(ToFile),
}

/// Seal the root by a key of a PKCS#11 token: from then on the host starts with the token only.
///
/// The key is made if the token has none of that label, and never leaves it. Keep a copy of the token: without it nothing
/// of the data directory opens. The token is asked when a host starts and not again.
#[derive(Args)]
pub(crate) struct ToToken {
    /// The PKCS#11 module, a shared library.
    #[arg(long, value_name = "FILE")]
    module: PathBuf,
    /// The label of the token.
    #[arg(long, value_name = "LABEL")]
    token: String,
    /// The label of the key in it.
    #[arg(long, value_name = "LABEL", default_value = "weft-root")]
    key: String,
    /// The file with the PIN of the token's user, one line, which only its owner may read; read at each start.
    #[arg(long, value_name = "FILE", required_unless_present = "pin_env")]
    pin_file: Option<PathBuf>,
    /// The variable of the environment that has the PIN, at each start.
    #[arg(long, value_name = "NAME", conflicts_with = "pin_file")]
    pin_env: Option<String>,
    #[command(flatten)]
    why: Why,
    #[command(flatten)]
    places: Places,
}

/// Write the root back into the key file, in clear: from then on the host starts without the token.
#[derive(Args)]
pub(crate) struct ToFile {
    #[command(flatten)]
    why: Why,
    #[command(flatten)]
    places: Places,
}

pub(crate) fn run(command: RootCommand) -> Result<(), Failed> {
    let (target, why, places) = match command {
        RootCommand::File(args) => (RootTarget::File, args.why, args.places),
        RootCommand::Token(args) => {
            let pin = match (args.pin_file, args.pin_env) {
                (Some(file), _) => Pin::File(absolute(&file)?),
                (None, name) => Pin::Variable(name.unwrap_or_default()),
            };
            let key = TokenKey {
                module: absolute(&args.module)?,
                token: args.token,
                key: args.key,
                pin,
            };
            (RootTarget::Token(key), args.why, args.places)
        }
    };
    let engine = Engine::start(places.settings()?.engine, Clock::System, &output::step)?;
    let place = target.place();
    finished(
        &engine,
        engine.move_root(target, by_command_line(why.reason)),
    )?;
    output::line(&format!("the root is {place}"));
    Ok(())
}

/// As it is found from everywhere: the key file keeps it.
fn absolute(path: &Path) -> Result<PathBuf, Failed> {
    path.canonicalize().map_err(|why| {
        Failed::because(format!(
            "{} is not there: {why}; name a file that is",
            path.display()
        ))
    })
}
