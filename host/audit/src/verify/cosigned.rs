//! The checkpoint that witnesses have cosigned, and whether those did whom the caller trusts.

use crate::checkpoint::{Checkpoint, Verifier};
use crate::cosignature::WitnessKey;
use crate::files::Files;
use crate::limits::MAX_COSIGNED_BYTES;
use crate::verify::{Damage, Remedy, Report, VerifyError, verify_io};
use crate::witness::{self, BadCosigned};

/// The checkpoint, if it is there and good. Every cosignature has to be good; who has not cosigned and is trusted is told.
pub(super) fn open(
    files: &Files,
    verifier: &Verifier,
    trusted: &[WitnessKey],
    report: &mut Report,
) -> Result<Option<Checkpoint>, VerifyError> {
    let (path, policy) = (&files.cosigned, &files.policy);
    let read = |path| {
        let read = files.read_small(path, MAX_COSIGNED_BYTES);
        read.map_err(verify_io(path))
    };
    let (note, names) = (read(path)?, read(policy)?);
    if names.as_ref().is_some_and(|names| {
        let names = std::str::from_utf8(names).ok();
        names.is_none_or(|names| witness::keys_of(names, verifier).is_none())
    }) {
        let what = "it is not as it was written for this log";
        report.note(Damage::file(policy, what, Remedy::NextStart));
    }
    let Some(note) = note else {
        missing(files, trusted, report);
        return Ok(None);
    };
    let opened = witness::open_cosigned(&note, &names.unwrap_or_default(), verifier);
    let (checkpoint, cosignatures) = match opened {
        Ok(opened) => opened,
        Err(BadCosigned::Policy) => {
            let what = format!(
                "nobody can tell by whom: {} does not say it",
                policy.display()
            );
            report.note(Damage::file(path, what, Remedy::NextStart));
            return Ok(None);
        }
        Err(BadCosigned::Note(bad)) => {
            let damage = Damage::at(path, bad.offset, None, bad.what, Remedy::NextStart);
            report.note(damage);
            return Ok(None);
        }
    };
    let text = String::from_utf8_lossy(&note);
    let lacks = |key: &&WitnessKey| {
        !text
            .lines()
            .any(|line| key.check(&checkpoint, line).is_ok())
    };
    for key in trusted.iter().filter(lacks) {
        let what = format!("no cosignature of {} by the key that was given", key.name());
        report.note(Damage::file(path, what, Remedy::CompareFile));
    }
    report.cosigned = Some((checkpoint.size, cosignatures));
    Ok(Some(checkpoint))
}

fn missing(files: &Files, trusted: &[WitnessKey], report: &mut Report) {
    for key in trusted {
        let what = format!(
            "the file is missing, so {} has cosigned nothing",
            key.name()
        );
        report.note(Damage::file(&files.cosigned, what, Remedy::CompareFile));
    }
}
