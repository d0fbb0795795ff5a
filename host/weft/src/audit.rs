//! `weft audit`: for those who trust nothing that they cannot check.

mod evidence;
mod open;
mod prove;
mod query;
mod replay;
mod serve_tiles;
mod timeline;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use weft_audit::limits::MAX_NOTE_BYTES;
use weft_audit::{Filter, KeptCheckpoint, Opening, Report, VerifyOptions};

use crate::exit::Failed;
use crate::output;
use crate::places::Places;

/// The audit log.
#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Check every byte of the audit log.
    ///
    /// Reads every record again, recomputes the Merkle tree (RFC 6962), checks the signed checkpoint
    /// against it and those that you kept, and compares the queryable store with the records. Alters nothing;
    /// works beside a running host. Exits 0 when the log is sound, 1 when it is not.
    Verify {
        #[command(flatten)]
        places: Places,
        /// The verifier key that you trust, as a file: a copy of audit/log.vkey that was taken when the host
        /// was set up. Without it the key beside the log is used, and a log that was forged as a whole
        /// looks sound.
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// A signed checkpoint that you kept, as a file: a copy of audit/checkpoint from any time. The log must begin with
        /// the records that it covers. May be given several times. Without a recent one, an older copy of the
        /// whole log that was put back looks sound.
        #[arg(long, value_name = "FILE")]
        checkpoint: Vec<PathBuf>,
        /// The verifier key of a witness that you trust, as the witness has published it: it must have cosigned the newest
        /// checkpoint of the log that witnesses have cosigned. May be given several times.
        #[arg(long, value_name = "KEY")]
        witness: Vec<String>,
    },
    /// Write a copy of the audit log that is verified without this program.
    ///
    /// A directory with the signed checkpoint, the key, the records and the hashes over them as C2SP tlog-tiles, and a script
    /// that checks all of it with openssl and sha256sum. Covers what the newest checkpoint covers; works beside a running
    /// host. With conditions, each record that meets all of them has a proof of its own, too (C2SP tlog-proof); so has that of
    /// each opening, which is checked against it.
    Export {
        #[command(flatten)]
        places: Places,
        /// The directory to write; it must not be there.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// A directory of `weft audit open`: facts that a regulator is shown.
        #[arg(long, value_name = "DIR")]
        openings: Option<PathBuf>,
        #[command(flatten)]
        which: query::Which,
    },
    Query(query::Query),
    Timeline(timeline::Timeline),
    Evidence(evidence::Evidence),
    Replay(replay::AuditReplay),
    Open(open::Open),
    Prove(prove::Prove),
    CheckProof(prove::CheckProof),
    ServeTiles(serve_tiles::ServeTiles),
}

pub(crate) fn run(command: AuditCommand) -> Result<(), Failed> {
    match command {
        AuditCommand::Verify {
            places,
            key,
            checkpoint,
            witness,
        } => {
            let kept = checkpoint.into_iter().map(read_checkpoint);
            let options = VerifyOptions {
                vkey: key.as_deref().map(read_key).transpose()?,
                checkpoints: kept.collect::<Result<_, _>>()?,
                witnesses: witness,
            };
            say(&verify(&places.settings()?.engine.data_dir, &options)?)
        }
        AuditCommand::Export {
            places,
            out,
            openings,
            which,
        } => {
            let dir = log_of(&places.settings()?.engine.data_dir)?;
            let openings = openings.as_deref().map(open::read_all).transpose()?;
            export(&dir, &out, which.filter(), &openings.unwrap_or_default())
        }
        AuditCommand::Query(query) => query.run(),
        AuditCommand::Timeline(timeline) => timeline.run(),
        AuditCommand::Evidence(evidence) => evidence.run(),
        AuditCommand::Replay(replay) => replay.run(),
        AuditCommand::Open(open) => open.run(),
        AuditCommand::Prove(prove) => prove.run(),
        AuditCommand::CheckProof(check) => check.run(),
        AuditCommand::ServeTiles(serve) => serve.run(),
    }
}

pub(crate) fn read_key(path: &Path) -> Result<String, Failed> {
    std::fs::read_to_string(path)
        .map_err(|error| Failed::because(format!("{}: {error}", path.display())))
}

/// One byte more than a checkpoint may have, at most: what is longer is none.
fn read_checkpoint(file: PathBuf) -> Result<KeptCheckpoint, Failed> {
    let mut note = Vec::new();
    let read = File::open(&file)
        .and_then(|open| open.take(MAX_NOTE_BYTES as u64 + 1).read_to_end(&mut note));
    match read {
        Ok(_) => Ok(KeptCheckpoint { file, note }),
        Err(error) => Err(Failed::because(format!("{}: {error}", file.display()))),
    }
}

/// Checks the log of a data directory and says what was found.
pub(crate) fn verify_and_say(data: &Path) -> Result<(), Failed> {
    say(&verify(data, &VerifyOptions::default())?)
}

fn verify(data: &Path, options: &VerifyOptions) -> Result<Report, Failed> {
    Ok(weft_audit::verify(&log_of(data)?, options, &output::step)?)
}

fn say(report: &Report) -> Result<(), Failed> {
    output::line(&report.to_string());
    if report.is_sound() {
        Ok(())
    } else {
        Err(Failed::Said)
    }
}

/// The log's directory, if there is one.
pub(crate) fn log_of(data: &Path) -> Result<PathBuf, Failed> {
    let dir = data.join("audit");
    if dir.is_dir() {
        return Ok(dir);
    }
    Err(Failed::because(format!(
        "there is no audit log in {}; name the host's data directory with --data",
        data.display()
    )))
}

fn export(dir: &Path, out: &Path, filter: Filter, openings: &[Opening]) -> Result<(), Failed> {
    let prove = (filter != Filter::default()).then_some(&filter);
    let exported = weft_audit::export(dir, out, prove, openings, &output::step)?;
    if prove.is_some() && exported.proofs == 0 {
        output::step(&format!(
            "no record is like that among the {} that the checkpoint covers; there are no proofs",
            exported.checkpoint.size
        ));
    }
    output::line(&format!(
        "{} records of {}, {} proofs, {} openings, {} KB: {}",
        exported.checkpoint.size,
        exported.checkpoint.origin,
        exported.proofs,
        exported.openings,
        exported.bytes.div_ceil(1_000),
        out.display()
    ));
    output::line(&format!(
        "to verify it: sh {}/verify.sh KEY, where KEY is the copy of log.vkey that you took when the host was set up",
        out.display()
    ));
    Ok(())
}
