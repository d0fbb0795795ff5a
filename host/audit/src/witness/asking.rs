//! Asking witnesses, and having each new checkpoint cosigned on a thread of its own.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use data_encoding::BASE64;
use ureq::http::header::CONTENT_TYPE;
use weft_journal::Journal;

use super::{Contradiction, Witness, Witnesses};
use crate::checkpoint::Checkpoint;
use crate::error::ReadError;
use crate::limits::{
    MAX_WITNESS_ANSWER_BYTES, MAX_WITNESS_PAUSE, WITNESS_ANSWERS_WITHIN, WITNESS_PAUSE,
    WITNESS_TRIES,
};
use crate::log::{Shared, lock};
use crate::merkle::{self, Hash};
use crate::tile_files::TileFiles;

/// Why one witness has not cosigned.
#[derive(Debug)]
enum Failed {
    /// Not now.
    Yet(String),
    /// Never.
    Contradicted(Contradiction),
}

/// What came of asking all.
#[derive(Debug, Default)]
pub(crate) struct Round {
    /// Lines for the note.
    lines: Vec<String>,
    /// Who has not cosigned, and why.
    failed: Vec<String>,
    pub(crate) contradiction: Option<Contradiction>,
}

/// Of the log, what a witness has to be shown.
pub(crate) struct Shown<'a> {
    /// The signed checkpoint.
    pub(crate) note: &'a str,
    /// What it says.
    pub(crate) checkpoint: &'a Checkpoint,
    /// How many records are durable.
    pub(crate) records: u64,
    /// A proof that the checkpoint continues the one over so many records.
    pub(crate) consistency: &'a (dyn Fn(u64) -> Result<Vec<Hash>, ReadError> + Sync),
}

/// Asks witnesses.
pub(crate) struct Client {
    agent: ureq::Agent,
    witnesses: Witnesses,
    /// How many records each has cosigned, as far as known.
    known: Vec<Mutex<u64>>,
}

impl Client {
    pub(crate) fn new(witnesses: Witnesses) -> Client {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(WITNESS_ANSWERS_WITHIN))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Client {
            agent: config.into(),
            known: witnesses.all.iter().map(|_| Mutex::default()).collect(),
            witnesses,
        }
    }

    /// All of them, at the same time.
    pub(crate) fn ask(&self, shown: &Shown<'_>) -> Round {
        let witnesses = self.witnesses.all.iter().zip(&self.known);
        let answers: Vec<_> = std::thread::scope(|scope| {
            let asked: Vec<_> = witnesses
                .map(|(witness, known)| scope.spawn(move || self.one(witness, known, shown)))
                .collect();
            asked.into_iter().map(|asked| asked.join()).collect()
        });
        let mut round = Round::default();
        for (answer, witness) in answers.into_iter().zip(&self.witnesses.all) {
            let answer = answer.unwrap_or_else(|_| Err(Failed::Yet("asking it failed".to_owned())));
            match answer {
                Ok(line) => round.lines.push(line),
                Err(Failed::Yet(why)) => {
                    let name = witness.key.name();
                    round
                        .failed
                        .push(format!("{name} at {}: {why}", witness.url));
                }
                Err(Failed::Contradicted(contradiction)) => {
                    round.contradiction.get_or_insert(contradiction);
                }
            }
        }
        round
    }

    /// The checkpoint with the cosignatures of enough witnesses; else why there is none.
    pub(crate) fn cosigned(&self, note: &str, round: &Round) -> Result<String, String> {
        let (have, need) = (round.lines.len(), self.witnesses.quorum());
        if have < need {
            return Err(format!(
                "{have} of the {need} witnesses that have to cosign it did ({})",
                round.failed.join("; ")
            ));
        }
        Ok(round
            .lines
            .iter()
            .fold(note.to_owned(), |note, line| format!("{note}{line}\n")))
    }

    fn one(
        &self,
        witness: &Witness,
        known: &Mutex<u64>,
        shown: &Shown<'_>,
    ) -> Result<String, Failed> {
        let Shown {
            note,
            checkpoint,
            records,
            consistency,
        } = shown;
        let name = || witness.key.name().to_owned();
        let mut old = *lock(known);
        for _ in 0..WITNESS_TRIES {
            if old > checkpoint.size {
                return Err(Failed::Yet(format!(
                    "it has cosigned {old} records already; the next checkpoint is given to it"
                )));
            }
            let mut body = format!("old {old}\n");
            let proof = consistency(old).map_err(|error| Failed::Yet(error.to_string()))?;
            for hash in proof {
                let _ = writeln!(body, "{}", BASE64.encode(&hash));
            }
            let _ = write!(body, "\n{note}");
            let (status, size, answer) = self.post(&witness.url, body).map_err(Failed::Yet)?;
            let other = || {
                let (witness, size) = (name(), old);
                Err(Failed::Contradicted(Contradiction::Other { witness, size }))
            };
            match (status, size) {
                (200, _) => {
                    let mut lines = answer.lines();
                    let line = lines.find(|line| witness.key.check(checkpoint, line).is_ok());
                    let Some(line) = line else {
                        let what =
                            "its answer has no cosignature by the key that the configuration names";
                        return Err(Failed::Yet(what.to_owned()));
                    };
                    *lock(known) = checkpoint.size;
                    return Ok(line.to_owned());
                }
                (409, Some(size)) if size > *records => {
                    return Err(Failed::Contradicted(Contradiction::Longer {
                        witness: name(),
                        size,
                        records: *records,
                    }));
                }
                (409, Some(size)) if size != old => old = size,
                (409 | 422, _) => return other(),
                (403, _) => return Err(Failed::Yet("it knows another key of this log".to_owned())),
                (404, _) => {
                    let what = format!("it does not know the log {}", checkpoint.origin);
                    return Err(Failed::Yet(what));
                }
                (status, _) => return Err(Failed::Yet(format!("it answered {status}"))),
            }
        }
        Err(Failed::Yet("it names another size each time".to_owned()))
    }

    /// Status, the size that a conflict names, and the text of the answer.
    fn post(&self, url: &str, body: String) -> Result<(u16, Option<u64>, String), String> {
        let url = format!("{}/add-checkpoint", url.trim_end_matches('/'));
        let mut response = self.agent.post(url).send(body).map_err(|e| e.to_string())?;
        let content_type = response.headers().get(CONTENT_TYPE);
        let is_size = content_type.is_some_and(|value| value == "text/x.tlog.size");
        let limit = MAX_WITNESS_ANSWER_BYTES as u64;
        let text = response
            .body_mut()
            .with_config()
            .limit(limit)
            .read_to_string();
        let text = text.map_err(|e| e.to_string())?;
        let size = is_size.then(|| text.trim_end().parse().ok()).flatten();
        Ok((response.status().as_u16(), size, text))
    }
}

/// Has each new checkpoint cosigned, until nobody tells of new ones.
pub(crate) fn run(shared: &Arc<Shared>, client: &Client, told: &Receiver<()>) {
    let mut pause = WITNESS_PAUSE;
    // When the next checkpoint is to be cosigned; the one of the start is not yet.
    let mut due = Some(Instant::now());
    loop {
        let heard = match due {
            None => told.recv().map_err(RecvTimeoutError::from),
            Some(at) => told.recv_timeout(at.saturating_duration_since(Instant::now())),
        };
        match heard {
            Ok(()) => {
                due.get_or_insert_with(|| Instant::now() + pause);
            }
            Err(RecvTimeoutError::Timeout) => {
                due = match round(shared, client) {
                    Ok(()) => {
                        pause = WITNESS_PAUSE;
                        None
                    }
                    Err(TooFew) => {
                        pause = (pause * 2).min(MAX_WITNESS_PAUSE);
                        Some(Instant::now() + pause)
                    }
                };
            }
            Err(RecvTimeoutError::Disconnected) => {
                // The last one; not of witnesses who have not answered lately: a stop does not wait for them.
                if due.is_some() && pause == WITNESS_PAUSE {
                    let _ = round(shared, client);
                }
                return;
            }
        }
        if shared.contradicted.get().is_some() {
            return;
        }
    }
}

/// Too few have cosigned; it was told.
struct TooFew;

fn round(shared: &Shared, client: &Client) -> Result<(), TooFew> {
    let told = |why: &str| {
        if shared.cosigning.failures.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!(
                why,
                "the checkpoint is not cosigned; the witnesses are asked again"
            );
        }
        TooFew
    };
    let (note, checkpoint) = shared.signed().map_err(|error| told(&error.to_string()))?;
    let consistency =
        |old| consistency(&shared.files.tiles(), &shared.journal, old, checkpoint.size);
    let round = client.ask(&Shown {
        note: &note,
        checkpoint: &checkpoint,
        records: shared.journal.len_durable(),
        consistency: &consistency,
    });
    if let Some(contradiction) = round.contradiction {
        tracing::error!(%contradiction, "no more records are taken");
        let _ = shared.contradicted.set(contradiction);
        return Ok(());
    }
    let cosigned = client.cosigned(&note, &round).map_err(|why| told(&why))?;
    let path = &shared.files.cosigned;
    let written = shared.files.replace(path, cosigned.as_bytes());
    written.map_err(|error| told(&format!("{}: {error}", path.display())))?;
    *lock(&shared.cosigning.note) = Some((cosigned, checkpoint));
    if shared.cosigning.failures.swap(0, Ordering::Relaxed) > 0 {
        tracing::warn!("checkpoints are cosigned again");
    }
    Ok(())
}

/// A proof that the tree of `size` records begins with that of `old` ones; none is needed where it begins with nothing.
pub(crate) fn consistency(
    tiles: &TileFiles,
    journal: &Journal,
    old: u64,
    size: u64,
) -> Result<Vec<Hash>, ReadError> {
    let head = |range| tiles.head(journal, range, size);
    Ok(merkle::consistency(old, size, head)?.unwrap_or_default())
}

/// How far the log is cosigned.
#[derive(Debug, Default)]
pub(crate) struct Cosigning {
    /// The newest checkpoint that enough witnesses have cosigned.
    pub(crate) note: Mutex<Option<(String, Checkpoint)>>,
    /// Rounds since then in which too few did.
    pub(crate) failures: AtomicU64,
}
