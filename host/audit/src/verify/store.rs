//! The store against its sums, and a copy of it against the records.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::blocks::Filling;
use crate::canonical;
use crate::files::{self, Files};
use crate::keys::Indexed;
use crate::limits::MAX_NAMED_RECORDS;
use crate::merkle::Hash;
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

/// Where a record is.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) index: u64,
    pub(super) file: &'p Path,
    pub(super) offset: u64,
}

/// A copy of the store.
struct Copy {
    store: Store,
    watermark: u64,
    /// How many records it knows.
    known: u64,
    _scratch: Scratch,
}

/// Compares the store with the records as they come.
pub(super) struct StoreVerifier {
    dir: PathBuf,
    /// While it is worth comparing.
    copy: Option<Copy>,
    has_sums: bool,
    /// Whether nothing was found that the next start fills again: else only what it knows of records is compared.
    is_whole: bool,
    expected: u64,
    /// Records that it has not, or not with all keys.
    missing: u64,
    /// Records that are not those that it knows.
    differing: u64,
    /// The block that the last record is of.
    filling: Filling,
}

impl StoreVerifier {
    /// Compares the sums, copies the store and opens the copy.
    pub(super) fn begin(files: &Files, report: &mut Report) -> Result<StoreVerifier, VerifyError> {
        let mut this = StoreVerifier {
            dir: files.store.clone(),
            copy: None,
            has_sums: false,
            is_whole: true,
            expected: 0,
            missing: 0,
            differing: 0,
            filling: Filling::default(),
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
        } else {
            this.is_whole = this.compare_sums(files, report)?;
            this.open_copy(files, report)?;
        }
        Ok(this)
    }

    /// How many records it knows: there are never fewer.
    pub(super) fn known(&self) -> u64 {
        self.copy.as_ref().map_or(0, |copy| copy.known)
    }

    /// Whether every byte of it is as it was when it was closed.
    fn compare_sums(&mut self, files: &Files, report: &mut Report) -> Result<bool, VerifyError> {
        let sums = match std::fs::read(&files.sums) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
            read => read.map_err(verify_io(&files.sums))?,
        };
        self.has_sums = true;
        let differs =
            sums::compare(&files.store, &sums, &files.sums).map_err(verify_io(&files.store))?;
        let is_whole = differs.is_empty();
        let mut left = differs.into_iter().peekable();
        while let Some(mut d) = left.next() {
            // Blocks that touch are one place.
            while let Some(next) = left.next_if(|next| d.is_continued_by(next)) {
                d.bytes += next.bytes;
            }
            let damage = Damage::at(&d.file, d.offset, Some(d.bytes), d.what, Remedy::NextStart);
            report.note(damage);
        }
        Ok(is_whole)
    }

    fn open_copy(&mut self, files: &Files, report: &mut Report) -> Result<(), VerifyError> {
        let scratch = Scratch::new().map_err(verify_io(std::env::temp_dir()))?;
        copy(&files.store, &scratch.0).map_err(verify_io(&files.store))?;
        let opened = Store::open(&scratch.0).and_then(|store| {
            let (watermark, known) = (store.watermark()?, store.known_len()?);
            let has_this_form = store.has_this_form()?;
            Ok((store, watermark, known, has_this_form))
        });
        match opened {
            Ok((store, watermark, known, has_this_form)) => {
                if !has_this_form && self.is_whole {
                    let what = "its keys have an older form";
                    report.note(Damage::file(&self.dir, what, Remedy::NextStart));
                    self.is_whole = false;
                }
                self.copy = Some(Copy {
                    store,
                    watermark,
                    known,
                    _scratch: scratch,
                })
            }
            Err(error) => self.failed(&error, report),
        }
        Ok(())
    }

    /// It cannot be read: told once, unless it is known to be damaged anyway.
    fn failed(&mut self, error: &StoreError, report: &mut Report) {
        if self.is_whole {
            let what = format!("it cannot be read: {error}");
            report.note(Damage::file(&self.dir, what, Remedy::NextStart));
        }
        self.is_whole = false;
        self.copy = None;
    }

    pub(super) fn check(&mut self, at: Place<'_>, record: &[u8], hash: &Hash, report: &mut Report) {
        let Some(copy) = self.copy.as_ref().filter(|copy| at.index < copy.known) else {
            return;
        };
        match copy.store.known(at.index) {
            Ok(None) => self.missing += 1,
            Ok(Some(known)) if known.hash == *hash => {
                self.check_keys(at.index, record, hash, report)
            }
            Ok(Some(known)) => {
                self.differing += 1;
                if self.differing <= MAX_NAMED_RECORDS {
                    let what = format!(
                        "record {}, decision {}: differs from what the store has",
                        at.index,
                        canonical::shown_id(&known.decision)
                    );
                    let bytes = Some(record.len() as u64);
                    report.note(Damage::at(at.file, at.offset, bytes, what, Remedy::Restore));
                }
            }
            Err(error) => self.failed(&error, report),
        }
    }

    /// Whether the record is found under all its keys.
    fn check_keys(&mut self, index: u64, record: &[u8], hash: &Hash, report: &mut Report) {
        let Some(copy) = &self.copy else { return };
        let indexed = Indexed::of(record).ok();
        let mut entries = match &indexed {
            Some(indexed) => indexed.entries(index, hash),
            // Told where records are checked; the store has its hash only.
            None => Vec::new(),
        };
        self.expected += u64::from(indexed.is_none());
        if self.filling.takes(index) {
            entries.extend(self.filling.push(index, indexed.as_ref()));
        }
        self.expected += entries.len() as u64;
        match copy.store.holds(&entries) {
            Ok(true) => {}
            Ok(false) => self.missing += 1,
            Err(error) => self.failed(&error, report),
        }
    }

    /// `next`: the index behind the last record.
    pub(super) fn finish(mut self, files: &Files, next: u64, report: &mut Report) {
        let is_there = files.store.is_dir() && !report.is_running;
        if is_there && !self.has_sums && report.closed_cleanly {
            let what = "the sums are missing although the log was closed";
            report.note(Damage::file(&files.sums, what, Remedy::NextStart));
        }
        let Some(copy) = self.copy.take() else { return };
        self.tell_of_records(&copy, files, next, report);
        if !self.is_whole || self.differing > 0 || copy.known > next {
            return;
        }
        match self.mendable(&copy, next) {
            Err(error) => self.failed(&error, report),
            Ok(Some(what)) => report.note(Damage::file(&self.dir, what, Remedy::NextStart)),
            Ok(None) => {
                report.store = StoreCheck::Compared {
                    entries: self.expected + of_itself(&copy),
                    known: copy.known,
                    sums: self.has_sums,
                }
            }
        }
    }

    /// What the store knows against the log.
    fn tell_of_records(&self, copy: &Copy, files: &Files, records: u64, report: &mut Report) {
        let mut note = |what: String| report.note(Damage::file(&files.log, what, Remedy::Restore));
        if self.differing > MAX_NAMED_RECORDS {
            let more = self.differing - MAX_NAMED_RECORDS;
            note(format!(
                "{more} more records differ from what the store has"
            ));
        }
        if copy.known <= records {
            return;
        }
        note(format!(
            "the end is missing: the store knows {} records, there are {records}; to go on without them, move the store away",
            copy.known
        ));
        for index in (records..copy.known).take(MAX_NAMED_RECORDS as usize) {
            let known = copy.store.known(index);
            let decision = known.ok().flatten().map_or(String::new(), |k| k.decision);
            let decision = canonical::shown_id(&decision);
            note(format!(
                "record {index}, decision {decision}: only the store has it"
            ));
        }
    }

    /// What the next start fills again, if anything.
    fn mendable(&self, copy: &Copy, records: u64) -> Result<Option<String>, StoreError> {
        let entries = copy.store.entries()?;
        let expected = self.expected + of_itself(copy);
        Ok(if self.missing > 0 {
            let missing = self.missing;
            Some(format!(
                "entries of {missing} records are missing or changed"
            ))
        } else if entries != expected {
            Some(format!(
                "it has {entries} entries where the records make {expected}"
            ))
        } else if self.has_sums && copy.watermark < records {
            Some(format!(
                "it knows {} records where the journal has {records}",
                copy.watermark
            ))
        } else {
            None
        })
    }
}

/// What it has beside entries of records: its form and the watermark, when it is not empty.
fn of_itself(copy: &Copy) -> u64 {
    if copy.watermark > 0 { 2 } else { 0 }
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
