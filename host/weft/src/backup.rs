//! `weft backup` and `weft restore`: a copy of a data directory, and a host that goes on from one.

use std::path::PathBuf;

use clap::Args;
use weft_engine::Clock;

use crate::exit::Failed;
use crate::output;
use crate::places::Places;

/// Copy the data directory, also while a host runs on it.
///
/// The copy has the keys, the audit log as far as it is signed, the vault and the policy sets; it is as secret as the data
/// directory itself. It is read once more before it is said to be there. No host starts on it: see `weft restore`.
///
/// A copy also keeps the keys of persons who are erased later: destroy it when their erasure must be complete.
#[derive(Args)]
pub(crate) struct Backup {
    /// The directory to write; it must not be there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    places: Places,
}

/// Make a data directory of a backup.
///
/// What was decided after the backup is not in it, and others may have seen that signed. So the host that starts on the new
/// directory goes on with an audit log of another name, whose first new record says from which one it comes, and how far.
/// Checkpoints of the old log still hold as far as the backup reaches, and `weft audit verify` names those that do not.
#[derive(Args)]
pub(crate) struct Restore {
    /// The backup.
    #[arg(value_name = "BACKUP")]
    from: PathBuf,
    /// Why; it stands in the audit log.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    places: Places,
}

pub(crate) fn back_up(args: Backup) -> Result<(), Failed> {
    let data = args.places.settings()?.engine.data_dir;
    let at = Clock::System.now();
    let backup = weft_engine::backup(&data, &args.out, at, &output::step)?;
    let records = output::counted(usize::try_from(backup.records)?, "record");
    let out = args.out.display();
    output::line(&format!(
        "{out} has {records} of the audit log {}",
        backup.origin
    ));
    Ok(())
}

pub(crate) fn restore(args: Restore) -> Result<(), Failed> {
    let data = args.places.settings()?.engine.data_dir;
    let at = Clock::System.now();
    let restored = weft_engine::restore(&args.from, &data, at, args.reason, &output::step)?;
    let records = output::counted(usize::try_from(restored.backup.records)?, "record");
    output::line(&format!(
        "{} is as it was at {}, with {records}; its audit log goes on as {}",
        data.display(),
        restored.backup.taken_at,
        restored.origin
    ));
    output::aside(
        "persons who were erased since then are not erased in it: erase them again; give the new audit/log.vkey to auditors and \
         witnesses when the host has started",
    );
    Ok(())
}
