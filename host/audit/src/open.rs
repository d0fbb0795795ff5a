//! Opening: everything is read, the head recomputed, the store mended.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use weft_dictionary::Timestamp;
use weft_disk::TMP;
use weft_journal::{Journal, JournalConfig, Recovery};

use crate::blocks;
use crate::checkpoint::{Checkpoint, LogKey, is_origin};
use crate::error::{OpenError, ReadError, open_io};
use crate::files::{self, Files};
use crate::found::Found;
use crate::grown::Grown;
use crate::keeper::{self, Keeper, Message};
use crate::limits::{MAX_STORE_BATCH, PROGRESS_EVERY_RECORDS};
use crate::log::{Log, LogConfig, Shared, Tuning};
use crate::merkle;
use crate::recent::Recent;
use crate::record::{EventRecord, Record, SCHEMA};
use crate::refill::Shelf;
use crate::store::{Store, StoreError};
use crate::witness::asking::{self, Cosigning};

mod signed;

use signed::{ask_witnesses, check_heads, newest, read_cosigned};

pub(crate) use signed::{Anchor, signed};

/// What opening found and mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Of the journal.
    pub journal: Recovery,
    /// Why the store was filled again from the first record on, if it was.
    pub store_rebuilt: Option<String>,
}

impl Opened {
    /// What a reader of the log has to know of it, for the log itself: `log.tail_cut`, `store.rebuilt`.
    pub fn events(&self, at: Timestamp) -> Vec<Record> {
        let event = |event: &str, detail: Vec<(&str, serde_json::Value)>| {
            Record::Event(EventRecord {
                schema: SCHEMA.to_owned(),
                at,
                event: event.to_owned(),
                detail: detail
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect(),
            })
        };
        let cut = self.journal.cut.as_ref().map(|cut| {
            let segment = cut.file.file_name().unwrap_or_default().to_string_lossy();
            let detail = vec![
                ("segment", segment.into()),
                ("offset", cut.offset.into()),
                ("bytes", cut.bytes.into()),
                ("why", cut.what.into()),
            ];
            event("log.tail_cut", detail)
        });
        let rebuilt = self
            .store_rebuilt
            .as_ref()
            .map(|why| event("store.rebuilt", vec![("why", why.as_str().into())]));
        cut.into_iter().chain(rebuilt).collect()
    }
}

pub(crate) fn open(
    dir: &Path,
    config: LogConfig,
    tuning: Tuning,
    seed: &[u8; 32],
    progress: &dyn Fn(&str),
) -> Result<Log, OpenError> {
    if !is_origin(&config.origin) {
        return Err(OpenError::Origin);
    }
    config.witnesses.check()?;
    let files = Files::of(dir);
    let (key, checkpoint) = signed(&files, &config.origin, seed)?;
    refuse_if_used(&files)?;
    let cosigned = read_cosigned(&files, &config, key.verifier())?;
    let mut anchors = vec![Anchor::own(&files, &checkpoint)];
    anchors.extend(cosigned.iter().map(|(_, checkpoint)| Anchor {
        path: files.cosigned.clone(),
        checkpoint: checkpoint.clone(),
    }));
    let mut found = Found::look(&files)?;
    // Before anything is derived from them: are these the records that were signed, and that the store knows?
    let open = |config| Journal::open(&files.log, config);
    let records = open_records(&files, &anchors, &tuning, &mut found, progress, open);
    let asked = records.and_then(|(journal, recovery, grown)| {
        let asked = ask_witnesses(&files, &config, &key, &checkpoint, &journal, progress)?;
        Ok((journal, recovery, grown, asked))
    });
    let (journal, recovery, grown, witnesses) = match asked {
        Ok(asked) => asked,
        Err(error) => {
            found.put_back(&files);
            return Err(error);
        }
    };
    let (store, store_rebuilt) = open_store(&files, &journal, found, progress)?;
    let opened = Opened {
        journal: recovery,
        store_rebuilt,
    };
    start(
        files,
        config,
        tuning,
        key,
        (journal, grown, store, checkpoint),
        (cosigned, witnesses),
        opened,
    )
}

fn start(
    files: Files,
    config: LogConfig,
    tuning: Tuning,
    key: LogKey,
    (journal, grown, store, checkpoint): (Journal, Grown, Store, Checkpoint),
    (cosigned, witnesses): (Option<(String, Checkpoint)>, Option<asking::Client>),
    opened: Opened,
) -> Result<Log, OpenError> {
    let (inbox, messages) = keeper::channel();
    let to_keeper = inbox.clone();
    journal.on_commit(move |batch| {
        let message = Message::Batch {
            first: batch.first,
            records: batch.records.iter_mut().map(std::mem::take).collect(),
        };
        if to_keeper.send(message).is_err() {
            tracing::error!("the thread that signs checkpoints has died; the process ends");
            std::process::abort();
        }
    });
    let dir = files.dir.clone();
    let shared = Arc::new(Shared {
        files,
        tuning,
        store: RwLock::new(Shelf::Open(store)),
        recent: Mutex::new(Recent::starting_at(grown.tree.size())),
        checkpoint: Mutex::new(checkpoint),
        cosigning: Cosigning {
            note: Mutex::new(cosigned),
            ..Cosigning::default()
        },
        contradicted: OnceLock::new(),
        verifier: key.verifier().clone(),
        journal,
    });
    let (signed, told) = sync_channel(1);
    let witnesses = match witnesses {
        None => None,
        Some(client) => {
            let shared = shared.clone();
            let thread = std::thread::Builder::new().name("weft-witnesses".to_owned());
            let run = move || asking::run(&shared, &client, &told);
            Some(thread.spawn(run).map_err(open_io(&dir))?)
        }
    };
    let keeper = Keeper {
        shared: shared.clone(),
        key,
        grown,
        inbox: messages,
        signed,
        unsigned_since: None,
        unsigned_told: false,
        refill: None,
    };
    let thread = std::thread::Builder::new()
        .name("weft-audit".to_owned())
        .spawn(move || keeper.run())
        .map_err(open_io(dir))?;
    Ok(Log {
        shared,
        region: config.region,
        opened,
        keeper: Mutex::new(Some((inbox, thread))),
        witnesses: Mutex::new(witnesses),
    })
}

/// The store is looked at before the journal is opened, and only when no other process has it.
fn refuse_if_used(files: &Files) -> Result<(), OpenError> {
    match File::open(&files.log) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(open_io(&files.log)(error)),
        Ok(held) => match held.try_lock() {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => Err(weft_journal::OpenError::InUse {
                dir: files.log.clone(),
            }
            .into()),
            Err(TryLockError::Error(error)) => Err(open_io(&files.log)(error)),
        },
    }
}

/// Opens the journal, reads all of it, and holds it to the checkpoint and to what the store knows.
pub(crate) fn open_records(
    files: &Files,
    anchors: &[Anchor],
    tuning: &Tuning,
    found: &mut Found,
    progress: &dyn Fn(&str),
    open: impl FnOnce(JournalConfig) -> Result<(Journal, Recovery), weft_journal::OpenError>,
) -> Result<(Journal, Recovery, Grown), OpenError> {
    let config = JournalConfig {
        segment_bytes: tuning.segment_bytes,
        at_least: newest(anchors)
            .map_or(0, |a| a.checkpoint.size)
            .max(found.known()),
    };
    let (journal, recovery) = open(config).map_err(|error| short(files, anchors, found, error))?;
    if let Some(cut) = &recovery.cut {
        tracing::warn!(file = %cut.file.display(), offset = cut.offset, bytes = cut.bytes, "a torn tail was cut");
    }
    remove_leftovers(files)?;
    let grown = read_all(&journal, anchors, files, found, progress)?;
    Ok((journal, recovery, grown))
}

/// Who says that the end is missing: the store, or a checkpoint.
fn short(
    files: &Files,
    anchors: &[Anchor],
    found: &Found,
    error: weft_journal::OpenError,
) -> OpenError {
    let newest = newest(anchors);
    let signed = newest.map_or(0, |anchor| anchor.checkpoint.size);
    match (error, newest) {
        (weft_journal::OpenError::Short { found, .. }, Some(newest))
            if newest.path != files.checkpoint && found < signed =>
        {
            OpenError::Older {
                path: newest.path.clone(),
                size: signed,
                records: found,
            }
        }
        (
            weft_journal::OpenError::Short {
                expected,
                found: records,
                ..
            },
            _,
        ) if expected > signed => OpenError::EndMissing {
            path: files.log.clone(),
            store: files.store.clone(),
            known: expected,
            records,
            decision: found.decision(records).unwrap_or_default(),
        },
        (other, _) => other.into(),
    }
}

/// What a crash left while a file was being replaced.
fn remove_leftovers(files: &Files) -> Result<(), OpenError> {
    for path in files.strangers().map_err(open_io(&files.dir))? {
        if path.to_string_lossy().ends_with(TMP) {
            files.remove(&path).map_err(open_io(&path))?;
        }
    }
    Ok(())
}

fn read_all(
    journal: &Journal,
    anchors: &[Anchor],
    files: &Files,
    found: &mut Found,
    progress: &dyn Fn(&str),
) -> Result<Grown, OpenError> {
    let total = journal.len_durable();
    let mut grown = Grown::new(files.tiles());
    check_heads(&grown.tree, anchors)?;
    for entry in journal.iter_from(0) {
        let (index, record) = entry.map_err(ReadError::from)?;
        let hash = merkle::leaf_hash(&record);
        found.compare(files, index, &hash)?;
        grown.push(hash);
        check_heads(&grown.tree, anchors)?;
        let read = grown.tree.size();
        if read.is_multiple_of(PROGRESS_EVERY_RECORDS) {
            progress(&format!("audit log: read {read} of {total} records"));
        }
    }
    Ok(grown)
}

/// The store with all records applied; and why it was made anew, if it was.
fn open_store(
    files: &Files,
    journal: &Journal,
    found: Found,
    progress: &dyn Fn(&str),
) -> Result<(Store, Option<String>), OpenError> {
    let is_new = journal.len_durable() == 0;
    let why = match found.take(files)? {
        Ok((store, watermark)) => match fill(&store, journal, watermark, progress)? {
            Ok(()) => return Ok((store, None)),
            Err(error) => error.to_string(),
        },
        Err(why) => why,
    };
    if !is_new {
        tracing::warn!(why, "the audit store is filled again from the journal");
        progress(&format!(
            "audit store: {why}; filling it again from the journal"
        ));
    }
    files::remove_dir(&files.store).map_err(open_io(&files.store))?;
    let failed = |source| OpenError::Store {
        path: files.store.clone(),
        source,
    };
    let store = Store::open(&files.store).map_err(failed)?;
    fill(&store, journal, 0, progress)?.map_err(failed)?;
    Ok((store, (!is_new).then_some(why)))
}

/// Applies the journal's records from the watermark on, and once more those of the block that it is in.
fn fill(
    store: &Store,
    journal: &Journal,
    watermark: u64,
    progress: &dyn Fn(&str),
) -> Result<Result<(), StoreError>, OpenError> {
    let total = journal.len_durable();
    let mut first = watermark - watermark % blocks::RECORDS;
    let mut batch = Vec::with_capacity(MAX_STORE_BATCH);
    let mut hashes = Vec::with_capacity(MAX_STORE_BATCH);
    for entry in journal.iter_from(first) {
        let (index, record) = entry.map_err(ReadError::from)?;
        hashes.push(merkle::leaf_hash(&record));
        batch.push(record);
        if batch.len() < MAX_STORE_BATCH && index + 1 < total {
            continue;
        }
        if let Err(error) = store.apply(first, &batch, &hashes) {
            return Ok(Err(error));
        }
        batch.clear();
        hashes.clear();
        if (index + 1) / PROGRESS_EVERY_RECORDS > first / PROGRESS_EVERY_RECORDS {
            progress(&format!(
                "audit store: filled {} of {total} records",
                index + 1
            ));
        }
        first = index + 1;
    }
    Ok(Ok(()))
}
