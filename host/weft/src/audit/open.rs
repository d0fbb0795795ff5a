//! `weft audit open`: what opens the commitments in a decision's record, for a regulator.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use hyper::Method;
use serde_json::json;
use weft_audit::Opening;
use weft_audit::limits::MAX_OPENING_BYTES;
use weft_engine::{Caller, Clock, Engine, LockError, OpeningAsk, Role, StartError};

use crate::exit::Failed;
use crate::output;
use crate::remote::Where;
use crate::vault::finished;

/// Openings in one directory.
const MAX_OPENINGS: usize = 100_000;

/// Ask for what opens the commitments in decisions' records, and write each to a file.
///
/// The record of a decision has, for each personal fact, the SHA-256 of a text under `commitments`. An opening is that text: the
/// fact with its decision, its name and a salt. What a regulator may have opened, and for which purpose, is granted in
/// policies/disclosures (`openings`). Each one is in the audit log as released before it is written, as is each refusal.
///
/// With the token of a regulator from a running host; or with --offline from the data directory and the keys in it, by who
/// runs the host, for a regulator. Each is checked against the record with `sha256sum`, with `weft audit check-proof`, and
/// with the script of `weft audit export` and `weft audit evidence`, which take the directory as --openings.
#[derive(Args)]
#[command(
    after_help = "Example:\n  weft audit open dec_… --field payer.sim_changed_at --purpose supervision-of-decisions --out openings --token-file regulator.token\n  weft audit export --data weft-data --openings openings --out export"
)]
pub(crate) struct Open {
    /// The decisions.
    #[arg(value_name = "DECISION", required = true)]
    decision: Vec<String>,
    /// A field that the records name under `commitments`; may be given several times.
    #[arg(long, value_name = "FIELD", required = true)]
    field: Vec<String>,
    /// Why: the purpose of a disclosure.
    #[arg(long, value_name = "PURPOSE")]
    purpose: String,
    /// The directory for the files, a directory for each decision; existing files are not replaced.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    where_: Where,
}

impl Open {
    pub(crate) fn run(self) -> Result<(), Failed> {
        let purpose = &self.purpose;
        let asks = self.decision.iter().flat_map(|decision| {
            self.field.iter().map(move |field| OpeningAsk {
                decision: decision.clone(),
                field: field.clone(),
                purpose: purpose.clone(),
                trace: None,
            })
        });
        let asks: Vec<OpeningAsk> = asks.collect();
        // Nothing is released that cannot be written.
        for ask in &asks {
            let place = self.place(ask)?;
            if fs::symlink_metadata(&place).is_ok() {
                return Err(Failed::because(format!(
                    "{} is there already, and is not replaced; name another directory with --out",
                    place.display()
                )));
            }
            if let Some(above) = place.parent() {
                fs::create_dir_all(above).map_err(|error| at(above, &error))?;
            }
        }
        match self.where_.offline {
            true => self.in_directory(asks),
            false => self.ask_host(asks),
        }
    }

    fn ask_host(&self, asks: Vec<OpeningAsk>) -> Result<(), Failed> {
        for ask in asks {
            let body = json!({
                "decision": ask.decision, "field": ask.field, "purpose": ask.purpose
            });
            let said = self
                .where_
                .remote
                .order(Method::POST, "/v1/log/openings", &body)
                .map_err(|why| why.about(&format!("{} of {}", ask.field, ask.decision)))?;
            let text = said["opening"].as_str().unwrap_or_default();
            self.put(&ask, text)?;
        }
        Ok(())
    }

    /// In the directory of a host that is stopped, by a host that decides nothing.
    fn in_directory(&self, asks: Vec<OpeningAsk>) -> Result<(), Failed> {
        let settings = self.where_.places.settings()?;
        let engine = match Engine::start(settings.engine, Clock::System, &output::step) {
            Err(StartError::Lock(LockError::Held(path))) => {
                return Err(Failed::because(format!(
                    "{} is held by a running host, which records what is opened: ask it, with --host and --token-file \
                     instead of --offline, or stop it first",
                    path.display()
                )));
            }
            started => started?,
        };
        let caller = Caller {
            id: "command-line".to_owned(),
            role: Role::Regulator,
        };
        finished(&engine, async {
            for ask in asks {
                let opened = engine.open_commitment(&caller, ask.clone()).await;
                let written = match opened {
                    Ok(opened) => self.put(&ask, &opened.text()),
                    Err(problem) => {
                        let about = format!("{} of {}", ask.field, ask.decision);
                        Err(Failed::from(problem).about(&about))
                    }
                };
                if written.is_err() {
                    return Ok(written);
                }
            }
            Ok(Ok(()))
        })?
    }

    fn place(&self, ask: &OpeningAsk) -> Result<PathBuf, Failed> {
        let is_plain = |text: &str, marks: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || marks.contains(c);
            !text.is_empty() && text.chars().all(fits)
        };
        if is_plain(&ask.decision, "_-") && is_plain(&ask.field, "_.") {
            let name = format!("{}.json", ask.field);
            return Ok(self.out.join(&ask.decision).join(name));
        }
        Err(Failed::because(
            "decisions and fields are named as they stand in records: dec_…, payer.city",
        ))
    }

    fn put(&self, ask: &OpeningAsk, text: &str) -> Result<(), Failed> {
        let place = self.place(ask)?;
        Opening::parse(text.as_bytes()).map_err(|why| at(&place, &why))?;
        let written = fs::File::create_new(&place)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(|error| at(&place, &error));
        written?;
        output::line(&format!("{}", place.display()));
        Ok(())
    }
}

fn at(path: &Path, why: &dyn std::fmt::Display) -> Failed {
    Failed::because(format!("{}: {why}", path.display()))
}

/// The opening in a file.
pub(super) fn read(path: &Path) -> Result<Opening, Failed> {
    let mut bytes = Vec::new();
    // One byte more than an opening may have, at most: what is longer is none.
    let most = MAX_OPENING_BYTES as u64 + 1;
    let read = fs::File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read.map_err(|error| at(path, &error))?;
    Opening::parse(&bytes).map_err(|why| at(path, &why))
}

/// All openings below a directory, as `weft audit open` wrote them.
pub(super) fn read_all(dir: &Path) -> Result<Vec<Opening>, Failed> {
    let mut all = Vec::new();
    for of_decision in entries(dir)? {
        if !of_decision.is_dir() {
            continue;
        }
        for file in entries(&of_decision)? {
            if all.len() >= MAX_OPENINGS {
                return Err(at(
                    dir,
                    &format!("there are more than {MAX_OPENINGS} openings"),
                ));
            }
            all.push(read(&file)?);
        }
    }
    if all.is_empty() {
        return Err(at(
            dir,
            &"there are no openings; `weft audit open` writes them",
        ));
    }
    Ok(all)
}

/// What is in a directory, always in the same order.
fn entries(dir: &Path) -> Result<Vec<PathBuf>, Failed> {
    let read = fs::read_dir(dir).and_then(|found| {
        let paths = found.map(|entry| entry.map(|entry| entry.path()));
        paths.collect::<Result<Vec<_>, _>>()
    });
    let mut paths = read.map_err(|error| match error.kind() {
        ErrorKind::NotFound => at(dir, &"there is no such directory"),
        _ => at(dir, &error),
    })?;
    paths.sort_unstable();
    Ok(paths)
}
