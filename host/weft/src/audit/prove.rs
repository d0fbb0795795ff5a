//! `weft audit prove` and `weft audit check-proof`: that one record is in the log, for who does not have the log.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;
use weft_audit::{Filter, Proof, Record, Verifier};

use super::{log_of, open, read_key};
use crate::exit::Failed;
use crate::output;
use crate::places::Places;

/// Write a decision's record, and a proof that it is in the audit log.
///
/// Two files: the record byte for byte, and a C2SP tlog-proof. Whoever has both and the verifier key needs nothing else
/// of the log: `weft audit check-proof` checks them, as does any program that reads tlog-proof. The newest checkpoint has
/// to cover the record: a running host signs one every second.
#[derive(Args)]
pub(crate) struct Prove {
    #[command(flatten)]
    places: Places,
    /// The decision, or the request for a value or in an emergency.
    #[arg(value_name = "ID")]
    decision: String,
    /// The directory for the files; existing files are not replaced.
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
}

impl Prove {
    pub(crate) fn run(self) -> Result<(), Failed> {
        let dir = log_of(&self.places.settings()?.engine.data_dir)?;
        let filter = Filter {
            decision: Some(self.decision),
            ..Filter::default()
        };
        let proven = weft_audit::prove(&dir, &|_, record| filter.takes(record), &output::step)?;
        if proven.records.is_empty() {
            return Err(Failed::because(format!(
                "none of the {} records that the checkpoint covers has this id; `weft audit query --last 20` shows the newest",
                proven.checkpoint.size
            )));
        }
        for (entry, proof) in &proven.records {
            let name = format!("record-{}", entry.index);
            let (record, text) = (self.out.join(format!("{name}.json")), proof.to_string());
            let place = self.out.join(format!("{name}.tlog-proof"));
            put(&record, &entry.bytes)?;
            put(&place, text.as_bytes())?;
            output::line(&format!(
                "record {} of {}: {} and {}",
                entry.index,
                proven.checkpoint.size,
                record.display(),
                place.display()
            ));
            output::line(&format!(
                "to check it: weft audit check-proof {} {} --key KEY, where KEY is the copy of log.vkey that you took when the \
                 host was set up",
                place.display(),
                record.display()
            ));
        }
        Ok(())
    }
}

fn put(place: &Path, bytes: &[u8]) -> Result<(), Failed> {
    let written = fs::File::create_new(place)
        .and_then(|mut file| std::io::Write::write_all(&mut file, bytes));
    written.map_err(|error| {
        let what = match error.kind() {
            ErrorKind::AlreadyExists => {
                "is there already, and is not replaced; name another directory with --out"
                    .to_owned()
            }
            _ => error.to_string(),
        };
        Failed::because(format!("{}: {what}", place.display()))
    })
}

/// Check a proof that a record is in an audit log. Needs no log.
///
/// Exits 0 when the record stands, byte for byte, at the proof's place under a checkpoint that the key signed, and is made with
/// each fact that is opened; else 1.
#[derive(Args)]
pub(crate) struct CheckProof {
    /// The proof (C2SP tlog-proof).
    #[arg(value_name = "PROOF")]
    proof: PathBuf,
    /// The record, byte for byte.
    #[arg(value_name = "RECORD")]
    record: PathBuf,
    /// The verifier key that you trust.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// What opens one of the record's commitments, as `weft audit open` wrote it; may be given several times.
    #[arg(long, value_name = "FILE")]
    opening: Vec<PathBuf>,
}

impl CheckProof {
    pub(crate) fn run(self) -> Result<(), Failed> {
        let at = |path: &Path, why: &dyn std::fmt::Display| {
            Failed::because(format!("{}: {why}", path.display()))
        };
        let vkey = read_key(&self.key)?;
        let verifier = Verifier::parse(&vkey).map_err(|why| at(&self.key, &why))?;
        let proof = fs::read_to_string(&self.proof).map_err(|why| at(&self.proof, &why))?;
        let proof = Proof::parse(&proof).map_err(|why| at(&self.proof, &why))?;
        let record = fs::read(&self.record).map_err(|why| at(&self.record, &why))?;
        let checkpoint = proof.check(&record, &verifier);
        let checkpoint = checkpoint.map_err(|why| at(&self.proof, &why))?;
        output::line(&format!(
            "the record is number {} of {}, under a checkpoint over {} records whose signature is good",
            proof.index, checkpoint.origin, checkpoint.size
        ));
        for path in &self.opening {
            let opening = open::read(path)?;
            let decision = serde_json::from_slice::<Record>(&record).ok();
            let decision = decision.as_ref().and_then(Record::decision);
            let decision = decision.ok_or_else(|| at(&self.record, &"it is no decision"))?;
            opening.check(decision).map_err(|why| at(path, &why))?;
            output::line(&format!(
                "{}: {} of {} is what the record was made with",
                path.display(),
                opening.field(),
                opening.decision()
            ));
        }
        Ok(())
    }
}
