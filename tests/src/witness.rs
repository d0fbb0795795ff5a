//! A witness of audit logs (C2SP `tlog-witness`), written from the specification and sharing no code with the host.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

const DASH: &str = "\u{2014} ";

type Hash = [u8; 32];

/// A witness that listens on loopback until it is dropped.
pub struct Witness {
    shared: Arc<Shared>,
    address: std::net::SocketAddr,
}

struct Shared {
    name: String,
    key: SigningKey,
    /// The logs that it knows: key by origin.
    logs: Mutex<HashMap<String, VerifyingKey>>,
    /// What it has cosigned last of each.
    seen: Mutex<HashMap<String, (u64, Hash)>>,
    stopped: AtomicBool,
    silent: AtomicBool,
}

impl Witness {
    /// One of this name, with a key made of it.
    pub fn start(name: &str) -> Witness {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            name: name.to_owned(),
            key: SigningKey::from_bytes(&Sha256::digest(name).into()),
            logs: Mutex::default(),
            seen: Mutex::default(),
            stopped: AtomicBool::new(false),
            silent: AtomicBool::new(false),
        });
        let serving = shared.clone();
        let serve = move || {
            for stream in listener.incoming() {
                if serving.stopped.load(Ordering::SeqCst) {
                    return;
                }
                // Who goes away in the middle of a request is not answered.
                let _ = stream.and_then(|stream| serving.serve(stream));
            }
        };
        let thread = std::thread::Builder::new().name("witness".to_owned());
        thread.spawn(serve).expect("a thread");
        Witness { shared, address }
    }

    /// Lets it know a log by its verifier key.
    pub fn trust(&self, vkey: &str) {
        let mut parts = vkey.trim_end().splitn(3, '+');
        let origin = parts.next().expect("an origin");
        let key = BASE64.decode(parts.nth(1).expect("a key").as_bytes());
        let key: [u8; 33] = key.expect("base64").try_into().expect("33 bytes");
        assert_eq!(key[0], 1, "an Ed25519 key of a log");
        let key = key[1..].try_into().expect("32 bytes");
        let key = VerifyingKey::from_bytes(&key).expect("a key");
        lock(&self.shared.logs).insert(origin.to_owned(), key);
    }

    /// Where it takes checkpoints.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its verifier key.
    pub fn vkey(&self) -> String {
        let Shared { name, .. } = &*self.shared;
        let key = [&[4][..], self.shared.key.verifying_key().as_bytes()].concat();
        let id = HEXLOWER.encode(&self.shared.id());
        format!("{name}+{id}+{}", BASE64.encode(&key))
    }

    /// How many records of a log it has cosigned.
    pub fn size(&self, origin: &str) -> u64 {
        let seen = lock(&self.shared.seen);
        seen.get(origin).map_or(0, |(size, _)| *size)
    }

    /// From now on it answers with an error, or no longer.
    pub fn is_silent(&self, silent: bool) {
        self.shared.silent.store(silent, Ordering::SeqCst);
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
    }
}

enum Refused {
    Status(u16),
    /// It has cosigned so many records.
    Size(u64),
}

impl Shared {
    fn id(&self) -> [u8; 4] {
        let mut id = Sha256::new();
        id.update(&self.name);
        id.update([b'\n', 4]);
        id.update(self.key.verifying_key().as_bytes());
        id.finalize()[..4].try_into().expect("four bytes")
    }

    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let (mut head, mut line) = (String::new(), String::new());
        while reader.read_line(&mut line)? > 2 {
            head.push_str(&std::mem::take(&mut line));
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse().ok())?
        });
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body)?;
        let answered = match (
            head.starts_with("POST /add-checkpoint "),
            self.silent.load(Ordering::SeqCst),
        ) {
            (_, true) => Err(Refused::Status(503)),
            (false, _) => Err(Refused::Status(404)),
            (true, false) => self.add(&String::from_utf8_lossy(&body)),
        };
        let (status, content_type, body) = match answered {
            Ok(line) => (200, "text/plain", format!("{line}\n")),
            Err(Refused::Status(status)) => (status, "text/plain", String::new()),
            Err(Refused::Size(size)) => (409, "text/x.tlog.size", format!("{size}\n")),
        };
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status} Said\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        )
    }

    /// The cosignature over the checkpoint of a request.
    fn add(&self, body: &str) -> Result<String, Refused> {
        let bad = || Refused::Status(400);
        let (head, note) = body.split_once("\n\n").ok_or_else(bad)?;
        let mut head = head.lines();
        let old = head
            .next()
            .and_then(|line| line.strip_prefix("old ")?.parse().ok());
        let old: u64 = old.ok_or_else(bad)?;
        let proof: Option<Vec<Hash>> = head.map(hash).collect();
        let proof = proof.ok_or_else(bad)?;
        let (text, signatures) = note.split_once("\n\n").ok_or_else(bad)?;
        let text = format!("{text}\n");
        let mut lines = text.lines();
        let (origin, size, root) = (lines.next(), lines.next(), lines.next());
        let (origin, root) = (
            origin.ok_or_else(bad)?,
            root.and_then(hash).ok_or_else(bad)?,
        );
        let size: u64 = size.and_then(|size| size.parse().ok()).ok_or_else(bad)?;
        let logs = lock(&self.logs);
        let key = logs.get(origin).ok_or(Refused::Status(404))?;
        let is_signed = signatures.lines().any(|line| {
            let signature = line
                .strip_prefix(DASH)
                .and_then(|line| line.strip_prefix(origin));
            let signature = signature.and_then(|s| BASE64.decode(s.trim_start().as_bytes()).ok());
            signature
                .and_then(|s| Signature::from_slice(s.get(4..)?).ok())
                .is_some_and(|signature| key.verify_strict(text.as_bytes(), &signature).is_ok())
        });
        if !is_signed {
            return Err(Refused::Status(403));
        }
        if old > size {
            return Err(bad());
        }
        let mut seen = lock(&self.seen);
        let (last, last_root) = seen.get(origin).copied().unwrap_or((0, Hash::default()));
        if last != old {
            return Err(Refused::Size(last));
        }
        if old == size && old > 0 && last_root != root {
            return Err(Refused::Status(409));
        }
        let is_consistent = match old {
            0 => proof.is_empty(),
            old => continues(old, size, &last_root, &root, &proof),
        };
        if !is_consistent {
            return Err(Refused::Status(422));
        }
        seen.insert(origin.to_owned(), (size, root));
        let time = now();
        let message = format!("cosignature/v1\ntime {time}\n{text}");
        let signature = self.key.sign(message.as_bytes()).to_bytes();
        let bytes = [&self.id()[..], &time.to_be_bytes(), &signature].concat();
        Ok(format!("{DASH}{} {}", self.name, BASE64.encode(&bytes)))
    }
}

/// Seconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "a witness has a clock of its own"
)]
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn hash(text: &str) -> Option<Hash> {
    BASE64.decode(text.as_bytes()).ok()?.try_into().ok()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    let mut hash = Sha256::new();
    hash.update([1]);
    hash.update(left);
    hash.update(right);
    hash.finalize().into()
}

/// RFC 9162, section 2.1.4.2.
fn continues(
    first: u64,
    second: u64,
    first_root: &Hash,
    second_root: &Hash,
    proof: &[Hash],
) -> bool {
    if first == second {
        return proof.is_empty() && first_root == second_root;
    }
    let mut path = proof.to_vec();
    if first.is_power_of_two() {
        path.insert(0, *first_root);
    }
    let Some((start, rest)) = path.split_first() else {
        return false;
    };
    let (mut f, mut s) = (first - 1, second - 1);
    while f & 1 == 1 {
        (f, s) = (f >> 1, s >> 1);
    }
    let (mut old, mut new) = (*start, *start);
    for hash in rest {
        if s == 0 {
            return false;
        }
        if f & 1 == 1 || f == s {
            (old, new) = (node(hash, &old), node(hash, &new));
            while f & 1 == 0 && f != 0 {
                (f, s) = (f >> 1, s >> 1);
            }
        } else {
            new = node(&new, hash);
        }
        (f, s) = (f >> 1, s >> 1);
    }
    s == 0 && old == *first_root && new == *second_root
}
