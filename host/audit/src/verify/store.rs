//! The store against its sums, and a copy of it against the records.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::files::{self, Files};
use crate::keys::Indexed;
use crate::store::{Store, StoreError};
use crate::sums;
use crate::verify::{Damage, Remedy, Report, StoreCheck, VerifyError, verify_io};

/// A directory of its own that goes when this is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> std::io::Result<Scratch> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("weft-verify-{}-{count}", std::process::id()));
        std::fs::create_dir(&path)?;
        Ok(Scratch(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = files::remove_dir(&self.0);
    }
}

/// Compares the store with the records as they come.
pub(super) struct StoreVerifier {
    dir: PathBuf,
    /// The copy, its watermark and where it is, while it is worth comparing.
    open: Option<(Store, u64, Scratch)>,
    has_sums: bool,
    expected: u64,
    missing: u64,
}

impl StoreVerifier {
    /// Compares the sums, copies the store and opens the copy.
    pub(super) fn begin(files: &Files, report: &mut Report) -> Result<StoreVerifier, VerifyError> {
        let mut this = StoreVerifier {
            dir: files.store.clone(),
            open: None,
            has_sums: false,
            expected: 0,
            missing: 0,
        };
        if report.is_running {
            report.store = StoreCheck::InUse;
            return Ok(this);
        }
        if !files.store.is_dir() {
            report.note(Damage::file(
                &files.store,
                "the store is missing",
                Remedy::NextStart,
            ));
        } else if this.compare_sums(files, report)? {
            this.open_copy(files, report)?;
        }
        Ok(this)
    }

    /// Whether nothing speaks against opening it.
    fn compare_sums(&mut self, files: &Files, report: &mut Report) -> Result<bool, VerifyError> {
        let sums = match std::fs::read(&files.sums) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
            read => read.map_err(verify_io(&files.sums))?,
        };
        self.has_sums = true;
        let differs =
            sums::compare(&files.store, &sums, &files.sums).map_err(verify_io(&files.store))?;
        for d in &differs {
            report.note(Damage::at(
                &d.file,
                d.offset,
                Some(d.bytes),
                d.what,
                Remedy::NextStart,
            ));
        }
        Ok(differs.is_empty())
    }

    fn open_copy(&mut self, files: &Files, report: &mut Report) -> Result<(), VerifyError> {
        let scratch = Scratch::new().map_err(verify_io(std::env::temp_dir()))?;
        copy(&files.store, &scratch.0).map_err(verify_io(&files.store))?;
        let opened = Store::open(&scratch.0).and_then(|store| {
            let watermark = store.watermark()?;
            Ok((store, watermark))
        });
        match opened {
            Ok((store, watermark)) => self.open = Some((store, watermark, scratch)),
            Err(error) => failed(&files.store, &error, report),
        }
        Ok(())
    }

    pub(super) fn check(&mut self, index: u64, record: &[u8], report: &mut Report) {
        let Some((store, watermark, _)) = &self.open else {
            return;
        };
        let Ok(indexed) = Indexed::of(record) else {
            return;
        };
        if index >= *watermark {
            return;
        }
        let entries = indexed.entries(index);
        self.expected += entries.len() as u64;
        match store.holds(&entries) {
            Ok(true) => {}
            Ok(false) => self.missing += 1,
            Err(error) => {
                failed(&self.dir, &error, report);
                self.open = None;
            }
        }
    }

    pub(super) fn finish(self, files: &Files, report: &mut Report) {
        if !self.has_sums && !report.is_running && report.closed_cleanly {
            let what = "the sums are missing although the log was closed";
            report.note(Damage::file(&files.sums, what, Remedy::NextStart));
        }
        let Some((store, watermark, _scratch)) = self.open else {
            return;
        };
        let records = report.records;
        let mut note =
            |what: String| report.note(Damage::file(&files.store, what, Remedy::NextStart));
        let entries = match store.entries() {
            Ok(entries) => entries,
            Err(error) => return failed(&files.store, &error, report),
        };
        // One more for the watermark, which an empty store does not have.
        let expected = self.expected + u64::from(watermark > 0);
        if self.missing > 0 {
            note(format!(
                "entries of {} records are missing or changed",
                self.missing
            ));
        } else if entries != expected {
            note(format!(
                "it has {entries} entries where the records make {expected}"
            ));
        } else if watermark > records || (self.has_sums && watermark < records) {
            note(format!(
                "it knows {watermark} records where the journal has {}",
                records
            ));
        } else {
            report.store = StoreCheck::Compared {
                entries,
                sums: self.has_sums,
            };
        }
    }
}

fn failed(dir: &Path, error: &StoreError, report: &mut Report) {
    report.note(Damage::file(
        dir,
        format!("it cannot be read: {error}"),
        Remedy::NextStart,
    ));
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
