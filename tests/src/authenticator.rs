//! A customer's device with passkeys on it, which is not ours: `tests/authenticator`, built when it is first asked for.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value as Json, json};

use crate::project;

/// The device. It is thrown away with what is on it.
pub struct Authenticator {
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// Whether an authenticator counts what it signs: phones do not, security keys do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// Zero every time.
    None,
    /// One more every time.
    Counts,
}

impl Authenticator {
    /// A new one.
    pub fn new(counter: Counter) -> Authenticator {
        let mut command = Command::new(program());
        if counter == Counter::Counts {
            command.arg("--counter");
        }
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it can be run");
        let orders = process.stdin.take().expect("piped");
        let answers = BufReader::new(process.stdout.take().expect("piped"));
        Authenticator {
            process,
            orders,
            answers,
        }
    }

    /// A passkey for a relying party: `credential`, `public_key`, `sign_count`.
    pub fn make(&mut self, origin: &str, rp_id: &str) -> Json {
        self.answer(&json!({"make": {"origin": origin, "rp_id": rp_id}}))
    }

    /// What `navigator.credentials.get` gives at an origin for these options, `toJSON()` as text.
    pub fn get(&mut self, origin: &str, options: &Json) -> String {
        let answer = self.try_get(origin, options);
        assert!(answer["refused"].is_null(), "{answer}");
        answer.to_string()
    }

    /// The same, or `refused`.
    pub fn try_get(&mut self, origin: &str, options: &Json) -> Json {
        self.answer(&json!({"get": {"origin": origin, "public_key": options}}))
    }

    fn answer(&mut self, order: &Json) -> Json {
        writeln!(self.orders, "{order}").expect("it listens");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("it answers");
        serde_json::from_str(&line).expect("a line of JSON")
    }
}

impl Drop for Authenticator {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Built once.
fn program() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let target = project().join("target/tools/authenticator");
        let built = Command::new(env!("CARGO"))
            .args([
                "build",
                "--release",
                "--locked",
                "--quiet",
                "--manifest-path",
            ])
            .arg(project().join("tests/authenticator/Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            .output()
            .expect("cargo is there");
        let said = String::from_utf8_lossy(&built.stderr);
        assert!(built.status.success(), "{said}");
        target.join("release/weft-authenticator")
    });
    built.clone()
}
