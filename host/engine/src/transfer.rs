//! Values that go to another host, or come from one: ordered by one operator, done when another one says so.
//!
//! An order has a digest over everything that it says: which file for whom, or which file with which bytes, of whom, when
//! and why. Who approves names the digest, and cannot be who ordered. Order, approval and end are in the log, the first
//! two before a byte is written. Orders wait in memory: one that nobody approved in time, or before the host stopped, is
//! given again.

use std::collections::VecDeque;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufReader, BufWriter};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use data_encoding::HEXLOWER;
use rustix::fs::{Mode, OFlags};
use serde::Serialize;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use weft_dictionary::Timestamp;
use weft_intake::{Problem, ProblemCode};
use weft_vault::{Moved, Progress, Recipient, TransferError};

use crate::approval::{self, NotApproved, Waiting};
use crate::engine::{Engine, Inner};
use crate::erasure::not_done;
use crate::limits::{MAX_TRANSFERS, TRANSFER_WAITS};
use crate::problems;
use crate::sets::Order;
use crate::start::StartError;

const ORDERED: &str = "vault.transfer_ordered";
const REFUSED: &str = "vault.transfer_refused";
pub(crate) const APPROVED: &str = "vault.transfer_approved";
pub(crate) const ENDED: &str = "vault.transfer_ended";
/// Where the files are, in the data directory.
const DIRECTORY: &str = "transfers";
const FILE_END: &str = ".age";
const UNFINISHED_END: &str = ".part";

/// What is ordered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// All values of this host, for a recipient's key.
    Export {
        /// As age writes it: `age1…`.
        recipient: String,
    },
    /// All values of a file in this host's directory of transfers.
    Import {
        /// SHA-256 of the file, in hexadecimal: another file of its name is not taken.
        sha256: String,
    },
}

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Nobody approved it yet.
    Waiting,
    /// It was approved.
    Running,
    /// It is done.
    Done,
    /// It was approved and did not come to its end.
    Failed,
}

/// An order to move values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transfer {
    /// SHA-256 over all that was ordered, in hexadecimal: who approves names it.
    pub digest: String,
    /// What was ordered.
    pub direction: Direction,
    /// The file, in the directory `transfers` of the data directory.
    pub file: String,
    /// Who ordered it.
    pub by: String,
    /// When.
    #[serde(serialize_with = "crate::view::rfc3339")]
    pub at: Timestamp,
    /// Who approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
    /// How far it is.
    pub stage: Stage,
    /// While it runs: what is done, and of how much.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<(u64, u64)>,
    /// When it is done: subjects that went over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subjects: Option<u64>,
    /// When it is done: values that went over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub values: Option<u64>,
}

/// The last orders, the oldest first.
#[derive(Default)]
pub(crate) struct Transfers {
    orders: Mutex<VecDeque<Transfer>>,
    pub(crate) progress: Progress,
}

impl Transfers {
    fn orders(&self) -> MutexGuard<'_, VecDeque<Transfer>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn all(&self) -> Vec<Transfer> {
        let mut all: Vec<Transfer> = self.orders().iter().cloned().collect();
        for one in all.iter_mut().filter(|one| one.stage == Stage::Running) {
            one.progress = self.progress.get();
        }
        all
    }

    fn add(&self, new: Transfer) {
        let mut orders = self.orders();
        // One that runs is at the end soon, and is not pushed out.
        if orders.len() >= MAX_TRANSFERS
            && let Some(at) = orders.iter().position(|one| one.stage != Stage::Running)
        {
            orders.remove(at);
        }
        orders.push_back(new);
    }

    fn find(&self, digest: &str) -> Option<Transfer> {
        self.orders()
            .iter()
            .find(|one| one.digest == digest)
            .cloned()
    }

    fn change(&self, digest: &str, change: impl FnOnce(&mut Transfer)) {
        if let Some(one) = self.orders().iter_mut().find(|one| one.digest == digest) {
            change(one);
        }
    }
}

impl Engine {
    /// Orders that all values are written for a recipient's key. Another operator has to approve it.
    pub async fn order_export(&self, recipient: String, order: Order) -> Result<Transfer, Problem> {
        Recipient::parse(&recipient).map_err(|why| refused(&why))?;
        let inner = Arc::clone(&self.inner);
        self.to_its_end(async move {
            inner
                .order_transfer(Direction::Export { recipient }, None, order)
                .await
        })
        .await
    }

    /// Orders that all values of a file in the directory of transfers are taken. Another operator has to approve it.
    pub async fn order_import(&self, file: String, order: Order) -> Result<Transfer, Problem> {
        let inner = Arc::clone(&self.inner);
        self.to_its_end(async move {
            let path = inner.transfer_file(&file)?;
            let hashed = inner.tasks.spawn_blocking(move || hash(&path)).await;
            let sha256 = hashed
                .map_err(|_| problems::internal("a file was not read to its end"))?
                .map_err(|why| no_file(&file, &why))?;
            inner
                .order_transfer(Direction::Import { sha256 }, Some(file), order)
                .await
        })
        .await
    }

    /// Approves what another operator ordered, and does it. Returns when it is done.
    pub async fn approve_transfer(
        &self,
        digest: String,
        order: Order,
    ) -> Result<Transfer, Problem> {
        let inner = Arc::clone(&self.inner);
        self.to_its_end(async move { inner.approve_transfer(&digest, order).await })
            .await
    }
}

impl Inner {
    async fn order_transfer(
        self: &Arc<Inner>,
        direction: Direction,
        file: Option<String>,
        order: Order,
    ) -> Result<Transfer, Problem> {
        order.check()?;
        if self.is_stopping() {
            return Err(problems::stopping());
        }
        let at = self.clock.now();
        let said = json!([
            direction,
            file,
            order.by,
            order.reason,
            at.0,
            self.config.region,
            self.config.tenant,
        ]);
        let digest = approval::digest(&said);
        let file = file.unwrap_or_else(|| format!("{}{FILE_END}", &digest[..16]));
        let transfer = Transfer {
            digest,
            direction,
            file,
            by: order.by.clone(),
            at,
            approved_by: None,
            stage: Stage::Waiting,
            progress: None,
            subjects: None,
            values: None,
        };
        self.record_custody(ORDERED, &[], &order, &detail(&transfer))
            .await?;
        self.transfers.add(transfer.clone());
        Ok(transfer)
    }

    async fn approve_transfer(
        self: &Arc<Inner>,
        digest: &str,
        order: Order,
    ) -> Result<Transfer, Problem> {
        order.check()?;
        // Nobody is erased meanwhile, and one transfer runs at a time.
        let _one_at_a_time = self.custody.lock().await;
        if self.is_stopping() {
            return Err(problems::stopping());
        }
        let transfer = self.transfers.find(digest).ok_or_else(unknown)?;
        let waiting = Waiting {
            by: &transfer.by,
            digest: &transfer.digest,
            approved_by: transfer.approved_by.as_slice(),
            needed: 1,
            until: transfer.at.plus(TRANSFER_WAITS),
        };
        let said = detail(&transfer);
        if let Err(why) = waiting.takes(&order.by, digest, self.clock.now()) {
            self.record_custody(REFUSED, &[], &order, &said).await?;
            return Err(not_approved(why));
        }
        self.record_custody(APPROVED, &[], &order, &said).await?;
        self.transfers.change(digest, |one| {
            one.stage = Stage::Running;
            one.approved_by = Some(order.by.clone());
        });
        let inner = Arc::clone(self);
        let work = transfer.clone();
        let done = self
            .tasks
            .spawn_blocking(move || inner.transfer(&work))
            .await;
        let done = done.unwrap_or(Err(TransferError::Stopped));
        let mut said = vec![("transfer", Json::from(digest))];
        match &done {
            Ok(moved) => said.extend([
                ("subjects", moved.subjects.into()),
                ("values", moved.values.into()),
                ("left_out", moved.left_out.into()),
            ]),
            Err(why) => said.push(("failed", why.to_string().into())),
        }
        self.transfers.change(digest, |one| match &done {
            Ok(moved) => {
                one.stage = Stage::Done;
                (one.subjects, one.values) = (Some(moved.subjects), Some(moved.values));
            }
            Err(_) => one.stage = Stage::Failed,
        });
        let recorded = self
            .log
            .append(&self.event(self.clock.now(), ENDED, said))
            .await;
        recorded.map_err(|why| problems::change_not_recorded(&why))?;
        done.map_err(|why| refused(&why))?;
        self.transfers.find(digest).ok_or_else(unknown)
    }

    fn transfer(&self, transfer: &Transfer) -> Result<Moved, TransferError> {
        let progress = &self.transfers.progress;
        let path = self.transfers_dir().join(&transfer.file);
        match &transfer.direction {
            Direction::Export { recipient } => {
                let recipient = Recipient::parse(recipient)?;
                make_directory(&self.transfers_dir()).map_err(TransferError::Io)?;
                write_whole(&path, |file| self.vault.export(&recipient, file, progress))
            }
            Direction::Import { sha256 } => {
                if hash(&path).map_err(TransferError::Io)? != *sha256 {
                    return Err(TransferError::Damaged { entry: 0 });
                }
                let file = BufReader::new(open_file(&path).map_err(TransferError::Io)?);
                self.vault.import(file, progress)
            }
        }
    }

    /// Says of transfers that were under way when the host stopped that they ended so, and removes what they left.
    pub(crate) fn finish_transfers(&self, approved: &[String]) -> Result<(), StartError> {
        for digest in approved {
            let said = [
                ("transfer", Json::from(digest.as_str())),
                ("failed", "the host stopped".into()),
            ];
            self.log
                .append_blocking(&self.event(self.clock.now(), ENDED, said))?;
        }
        let Ok(files) = fs::read_dir(self.transfers_dir()) else {
            return Ok(());
        };
        for path in files.flatten().map(|file| file.path()) {
            if path.to_string_lossy().ends_with(UNFINISHED_END) {
                fs::remove_file(&path).map_err(|source| StartError::DataDir { path, source })?;
            }
        }
        Ok(())
    }

    /// The path of a file that is named by its name alone.
    fn transfer_file(&self, name: &str) -> Result<PathBuf, Problem> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if name.ends_with(FILE_END)
            && !name.starts_with('.')
            && name.len() <= 128
            && name.chars().all(plain)
        {
            return Ok(self.transfers_dir().join(name));
        }
        let detail = "a file to import is named by its name in the directory `transfers` of the data directory; it ends in .age";
        Err(Problem::new(ProblemCode::InvalidValue, detail)
            .help("put the file there, and name it by letters, digits, - and _"))
    }

    fn transfers_dir(&self) -> PathBuf {
        self.config.data_dir.join(DIRECTORY)
    }
}

/// Writes a file under another name and gives it its own when it is whole and durable.
fn write_whole(
    path: &Path,
    write: impl FnOnce(BufWriter<File>) -> Result<(BufWriter<File>, Moved), TransferError>,
) -> Result<Moved, TransferError> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(UNFINISHED_END);
    let unfinished = PathBuf::from(unfinished);
    let written = || {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&unfinished)
            .map_err(TransferError::Io)?;
        let (file, moved) = write(BufWriter::new(file))?;
        let file = file
            .into_inner()
            .map_err(|e| TransferError::Io(e.into_error()))?;
        file.sync_all().map_err(TransferError::Io)?;
        fs::rename(&unfinished, path).map_err(TransferError::Io)?;
        if let Some(dir) = path.parent() {
            File::open(dir)
                .and_then(|dir| dir.sync_all())
                .map_err(TransferError::Io)?;
        }
        Ok(moved)
    };
    let written = written();
    if written.is_err() {
        // What is left of it is removed at the next start at the latest.
        let _ = fs::remove_file(&unfinished);
    }
    written
}

fn make_directory(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Opens a file that lies there itself: no link to another, no pipe, which nobody may ever write to.
fn open_file(path: &Path) -> io::Result<File> {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(
        path,
        flags | OFlags::RDONLY,
        Mode::empty(),
    )?);
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    let what = "it is not a file, but a pipe, a directory or a device";
    Err(io::Error::new(io::ErrorKind::InvalidInput, what))
}

fn hash(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    io::copy(&mut open_file(path)?, &mut HashWriter(&mut hash))?;
    Ok(HEXLOWER.encode(&hash.finalize()))
}

struct HashWriter<'a>(&'a mut Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the log says of an order.
fn detail(transfer: &Transfer) -> Vec<(&'static str, Json)> {
    let what = match &transfer.direction {
        Direction::Export { recipient } => ("recipient", Json::from(recipient.as_str())),
        Direction::Import { sha256 } => ("sha256", sha256.as_str().into()),
    };
    let file = Json::from(transfer.file.as_str());
    vec![
        ("transfer", transfer.digest.as_str().into()),
        ("file", file),
        what,
    ]
}

fn refused(why: &TransferError) -> Problem {
    match why {
        TransferError::Vault(why) => not_done(why),
        TransferError::Stopped => problems::stopping(),
        TransferError::BadRecipient => Problem::new(ProblemCode::InvalidValue, why.to_string()),
        why => Problem::new(ProblemCode::Conflict, why.to_string()),
    }
}

fn no_file(name: &str, why: &io::Error) -> Problem {
    let detail = format!(
        "the file {name} in the directory `transfers` of the data directory cannot be read: {why}"
    );
    Problem::new(ProblemCode::NotFound, detail).help("put it there first")
}

fn not_approved(why: NotApproved) -> Problem {
    let detail = match why {
        NotApproved::OwnOrder => {
            "who ordered it does not approve it: another operator has to, with a token of their own"
        }
        NotApproved::Twice | NotApproved::Enough => "it was approved already",
        NotApproved::TooLate => "it waited for too long: order it again",
        NotApproved::OtherOrder => return unknown(),
    };
    Problem::new(ProblemCode::Conflict, detail)
}

fn unknown() -> Problem {
    Problem::new(ProblemCode::NotFound, "no order of this digest waits here")
        .help("`weft vault status` lists those that do; orders that waited when the host stopped are given again")
}
