//! `weft serve` as a process, with callers of every role.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::binary::{project, run, weft};

/// Larger mappings are address space that is set aside for plugins' memories.
const MAX_MAPPING_BYTES: u64 = 256 << 20;
/// A page that nobody may touch ends a thread's stack (pthread_attr_setguardsize(3)).
const GUARD_BYTES: u64 = 4 << 10;
/// A thread has at most so much of it, where nobody asks for more.
const MAX_STACK_BYTES: u64 = 8 << 20;

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

/// A line of `/proc/PID/maps` (proc_pid_maps(5)).
#[derive(Clone, Copy)]
struct Map<'a> {
    from: u64,
    to: u64,
    rights: &'a str,
    name: &'a str,
    is_stack: bool,
}

impl Map<'_> {
    fn of<'a>(line: &'a str, before: Option<Map<'_>>) -> Option<Map<'a>> {
        let mut words = line.split(' ');
        let (from, to) = words.next()?.split_once('-')?;
        let address = |text| u64::from_str_radix(text, 16).ok();
        let (from, to) = (address(from)?, address(to)?);
        let rights = words.next()?;
        let name = line.rsplit(' ').next()?;
        let is_guarded = before.is_some_and(|guard| {
            guard.to == from && guard.to - guard.from == GUARD_BYTES && guard.rights == "---p"
        });
        Some(Map {
            from,
            to,
            rights,
            name,
            is_stack: is_guarded && to - from <= MAX_STACK_BYTES || name == "[stack]",
        })
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Of the body.
    pub content_type: String,
    /// After how many seconds to ask again, if that is said.
    pub retry_after: Option<String>,
    /// The names of all header fields, in order, with the values of those that are not of the moment: no date, no
    /// trace.
    pub headers: Vec<(String, String)>,
    /// Its bytes.
    pub body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("no JSON in an answer {}: {e}", self.status))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
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

    /// What a core file of it would have: the memory that it may write, by place. Nothing where the system lets
    /// nobody look, which it says past the test runner's capture.
    pub fn memory(&self) -> Vec<(String, Vec<u8>)> {
        self.mapped(|_| true)
    }

    /// The stacks of its threads, each as deep as it was ever used.
    pub fn stacks(&self) -> Vec<(String, Vec<u8>)> {
        let mut stacks = self.mapped(|map| map.is_stack);
        for (_, bytes) in &mut stacks {
            let unused = bytes.iter().take_while(|byte| **byte == 0).count();
            bytes.drain(..unused);
        }
        stacks
    }

    fn mapped(&self, wanted: impl Fn(&Map<'_>) -> bool) -> Vec<(String, Vec<u8>)> {
        let of_process = format!("/proc/{}", self.process().as_raw_nonzero());
        let opened = fs::File::open(format!("{of_process}/mem"));
        let maps = fs::read_to_string(format!("{of_process}/maps"));
        let (Ok(memory), Ok(maps)) = (opened, maps) else {
            let line = "left out: the memory of the host; only the superuser sees it\n";
            let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
            return Vec::new();
        };
        let mut before = None;
        let maps = maps.lines().filter_map(|line| {
            let map = Map::of(line, before)?;
            before = Some(map);
            Some(map)
        });
        let read = |map: Map<'_>| {
            let size = usize::try_from(map.to - map.from).ok()?;
            let mut bytes = vec![0; size];
            memory.read_exact_at(&mut bytes, map.from).ok()?;
            let Map { from, to, name, .. } = map;
            Some((format!("memory {from:x}-{to:x} {name}"), bytes))
        };
        let may_write =
            |map: &Map<'_>| map.rights.starts_with("rw") && map.to - map.from <= MAX_MAPPING_BYTES;
        maps.filter(|map| may_write(map) && wanted(map))
            .filter_map(read)
            .collect()
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
        let shown = run(&["audit", "show", "--data", &data, "--json"]);
        let record = |line: &str| {
            let mut entry: Json =
                serde_json::from_str(line).unwrap_or_else(|e| panic!("no JSON in the log: {e}"));
            entry["record"].take()
        };
        shown.out.lines().map(record).collect()
    }

    /// Asks for a decision with a JSON body.
    pub fn decide(&self, role: &str, body: &Json) -> Answer {
        self.post(role, "application/json", body.to_string().as_bytes(), &[])
    }

    /// Asks for a decision.
    pub fn post(&self, role: &str, media: &str, body: &[u8], headers: &[(&str, &str)]) -> Answer {
        self.try_post(role, media, body, headers)
            .unwrap_or_else(|why| panic!("no answer: {why}"))
    }

    /// Asks for a decision of a host that may go away meanwhile.
    pub fn try_post(
        &self,
        role: &str,
        media: &str,
        body: &[u8],
        headers: &[(&str, &str)],
    ) -> Result<Answer, String> {
        self.try_post_to("/v1/decisions", role, media, body, headers)
    }

    /// The same of a host that may go away meanwhile.
    pub fn try_ask(&self, path: &str, role: &str, body: &Json) -> Result<Answer, String> {
        let body = body.to_string();
        self.try_post_to(path, role, "application/json", body.as_bytes(), &[])
    }

    /// Sends a JSON body to a resource.
    pub fn post_to(&self, path: &str, role: &str, body: &Json) -> Answer {
        self.try_ask(path, role, body)
            .unwrap_or_else(|why| panic!("no answer: {why}"))
    }

    fn try_post_to(
        &self,
        path: &str,
        role: &str,
        media: &str,
        body: &[u8],
        headers: &[(&str, &str)],
    ) -> Result<Answer, String> {
        let mut request = client()
            .post(format!("{}{path}", self.address))
            .header("Authorization", format!("Bearer {}", self.token(role)))
            .header("Content-Type", media);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answer(request.send(body))
    }

    /// Reads a resource.
    pub fn get(&self, role: &str, path: &str) -> Answer {
        let request = client()
            .get(format!("{}{path}", self.address))
            .header("Authorization", format!("Bearer {}", self.token(role)));
        answer(request.call()).unwrap_or_else(|why| panic!("no answer: {why}"))
    }
}

/// A host must not outlive its test.
impl Drop for Host {
    fn drop(&mut self) {
        self.end();
    }
}

fn client() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into()
}

fn answer(result: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, String> {
    let mut response = result.map_err(|e| e.to_string())?;
    let content_type = response
        .headers()
        .get("content-type")
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let retry_after = response.headers().get("retry-after");
    let retry_after = retry_after.and_then(|v| Some(v.to_str().ok()?.to_owned()));
    let of_the_moment = ["date", "traceparent"];
    let header = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
        let value = Some(value.to_str().unwrap_or_default());
        let value = value.filter(|_| !of_the_moment.contains(&name.as_str()));
        (name.to_string(), value.unwrap_or_default().to_owned())
    };
    let headers = response.headers().iter().map(header).collect();
    let body = response
        .body_mut()
        .read_to_vec()
        .map_err(|e| e.to_string())?;
    Ok(Answer {
        status: response.status().as_u16(),
        content_type,
        retry_after,
        headers,
        body,
    })
}

/// Copies a directory with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    let made = |result: std::io::Result<u64>| result.unwrap_or_else(|e| panic!("no copy: {e}"));
    made(fs::create_dir_all(to).map(|()| 0));
    for path in files(from) {
        let below = path.strip_prefix(from).unwrap_or(&path);
        let target = to.join(below);
        if let Some(dir) = target.parent() {
            made(fs::create_dir_all(dir).map(|()| 0));
        }
        made(fs::copy(&path, &target));
    }
}

/// All files below a directory.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push(path);
        }
    }
    all.sort();
    all
}
