//! `weft serve` as a process, with callers of every role.

mod asks;
mod memory;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::binary::{project, run, weft};
use crate::files::copy;

pub use asks::{Answer, Stream};

/// The roles of the callers; each caller is called like its role.
pub const ROLES: [&str; 5] = ["service", "agent", "supervisor", "regulator", "operator"];

/// A running host, its directory, and its callers' tokens. Killed when it goes.
pub struct Host {
    /// Holds `data` and `weft.toml`.
    pub dir: TempDir,
    /// What the process has in its environment beside what this one has.
    pub environment: Vec<(String, String)>,
    tokens: Vec<String>,
    policies: PathBuf,
    plugins: PathBuf,
    child: Option<Child>,
    address: String,
    log: Option<std::thread::JoinHandle<String>>,
}

impl Host {
    /// A host with the project's policies and plugins, and `more` in its configuration.
    pub fn start(more: &str) -> Host {
        let mut host = Host::prepare(more);
        host.go_on();
        host
    }

    /// The same before it is started the first time.
    pub fn prepare(more: &str) -> Host {
        let dir = tempfile::tempdir().unwrap_or_else(|e| panic!("no directory: {e}"));
        let config = dir.path().join("weft.toml");
        fs::write(&config, more).unwrap_or_else(|e| panic!("no configuration: {e}"));
        let config = config.display().to_string();
        let token = |role: &str| {
            let said = run(&["token", "new", role, "--role", role, "--add-to", &config]);
            assert!(said.ok, "{}", said.err);
            said.out.trim().to_owned()
        };
        let tokens = ROLES.into_iter().map(token).collect();
        Host {
            dir,
            environment: Vec::new(),
            tokens,
            policies: project().join("policies"),
            plugins: project().join("target/plugins"),
            child: None,
            address: String::new(),
            log: None,
        }
    }

    /// Gives it a copy of the project's policies, so that they can be changed. From the next start on.
    pub fn own_policies(&mut self) -> PathBuf {
        let own = self.dir.path().join("policies");
        if self.policies != own {
            copy(&self.policies, &own);
            self.policies.clone_from(&own);
        }
        own
    }

    /// Gives it a copy of the project's plugins, so that there can be others. From the next start on.
    pub fn own_plugins(&mut self) -> PathBuf {
        let own = self.dir.path().join("plugins");
        if self.plugins != own {
            copy(&self.plugins, &own);
            self.plugins.clone_from(&own);
        }
        own
    }

    /// Sends a signal to the running process.
    pub fn hang_up(&self) {
        self.signal(rustix::process::Signal::HUP);
    }

    /// Starts it (again) on its directory, and waits until it is ready.
    pub fn go_on(&mut self) {
        let config = self.dir.path().join("weft.toml").display().to_string();
        let data = self.data().display().to_string();
        let policies = self.policies.display().to_string();
        let plugins = self.plugins.display().to_string();
        let mut child = weft(&[
            "--log",
            "trace",
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--config",
            &config,
            "--data",
            &data,
            "--policies",
            &policies,
            "--plugins",
            &plugins,
        ])
        .envs(self.environment.iter().cloned())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("no host: {e}"));
        let (out, err) = (child.stdout.take(), child.stderr.take());
        self.log = err.and_then(|mut err| {
            let reader = std::thread::Builder::new().name("host-log".into());
            let read = move || {
                let mut log = String::new();
                let _ = err.read_to_string(&mut log);
                log
            };
            reader.spawn(read).ok()
        });
        let mut line = String::new();
        if let Some(out) = out {
            let _ = BufReader::new(out).read_line(&mut line);
        }
        self.child = Some(child);
        match line.trim().strip_prefix("ready: ") {
            Some(address) => self.address = address.to_owned(),
            None => panic!("the host did not start: {}", self.end()),
        }
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Its address, `http://…`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The token of a role's caller.
    pub fn token(&self, role: &str) -> &str {
        let at = ROLES.iter().position(|r| *r == role);
        &self.tokens[at.unwrap_or_else(|| panic!("no role {role}"))]
    }

    /// Stops it as an operator would, and gives what it logged. It has to end well.
    pub fn stop(&mut self) -> String {
        let (status, log) = self.ended();
        assert!(status.success(), "the host ended with {status}:\n{log}");
        log
    }

    /// The same, however it ends.
    pub fn ended(&mut self) -> (ExitStatus, String) {
        self.signal(rustix::process::Signal::TERM);
        let mut child = self.child.take().unwrap_or_else(|| panic!("not running"));
        let status = child.wait().unwrap_or_else(|e| panic!("no status: {e}"));
        (status, self.logged())
    }

    /// Ends it as a power cut would end the process, and gives what it logged.
    pub fn kill(&mut self) -> String {
        self.kill_now();
        self.end()
    }

    /// The same while others still talk to it; [`Host::kill`] then buries it.
    pub fn kill_now(&self) {
        self.signal(rustix::process::Signal::KILL);
    }

    fn end(&mut self) -> String {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        self.logged()
    }

    fn logged(&mut self) -> String {
        self.log
            .take()
            .and_then(|log| log.join().ok())
            .unwrap_or_default()
    }

    /// The running process.
    pub fn process(&self) -> rustix::process::Pid {
        self.child
            .as_ref()
            .and_then(|c| i32::try_from(c.id()).ok())
            .and_then(rustix::process::Pid::from_raw)
            .unwrap_or_else(|| panic!("not running"))
    }

    fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.process(), signal)
            .unwrap_or_else(|e| panic!("no signal: {e}"));
    }

    /// Waits until it says that it decides.
    pub fn wait_until_ready(&self) {
        while self.get("operator", "/readyz").status != 200 {
            std::thread::yield_now();
        }
    }

    /// Stops it, verifies its log, and gives the log's records as JSON.
    pub fn stop_and_read(&mut self) -> Vec<Json> {
        self.stop();
        self.records()
    }

    /// The records of the log of a host that does not run; the log has to be sound.
    pub fn records(&self) -> Vec<Json> {
        let data = self.data().display().to_string();
        let verified = run(&["audit", "verify", "--data", &data]);
        assert!(verified.ok, "{}{}", verified.out, verified.err);
        let shown = run(&["audit", "query", "--data", &data, "--json"]);
        let record = |line: &str| {
            let mut entry: Json =
                serde_json::from_str(line).unwrap_or_else(|e| panic!("no JSON in the log: {e}"));
            entry["record"].take()
        };
        shown.out.lines().map(record).collect()
    }
}

/// A host must not outlive its test.
impl Drop for Host {
    fn drop(&mut self) {
        self.end();
    }
}
