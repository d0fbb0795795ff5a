//! A host to measure: somebody's, or one of our own in another process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use weft_engine::Role;
use zeroize::Zeroizing;

use crate::exit::Failed;
use crate::output;
use crate::places::Places;
use crate::token::Token;

/// How long a host may take to stop.
const STOP: Duration = Duration::from_secs(60);

/// Where a host is, and what lets in.
pub(crate) struct Access {
    pub(crate) address: SocketAddr,
    pub(crate) service: Zeroizing<String>,
    pub(crate) agent: Option<Zeroizing<String>>,
    pub(crate) operator: Option<Zeroizing<String>>,
}

impl Access {
    pub(crate) fn from_environment(address: SocketAddr) -> Result<Access, Failed> {
        let token = |name| std::env::var(name).ok().map(Zeroizing::new);
        let service = token("WEFT_SERVICE").ok_or_else(|| {
            Failed::because(
                "WEFT_SERVICE is not set; it has to have the token of a caller with the role service",
            )
        })?;
        Ok(Access {
            address,
            service,
            agent: token("WEFT_AGENT"),
            operator: token("WEFT_OPERATOR"),
        })
    }
}

/// `weft serve` as a process of its own, with a data directory that goes with it.
pub(crate) struct ChildHost {
    pub(crate) access: Access,
    child: Child,
    dir: Option<tempfile::TempDir>,
}

impl ChildHost {
    pub(crate) fn start(places: &Places, below: Option<&Path>) -> Result<ChildHost, Failed> {
        let mut dir = tempfile::Builder::new();
        dir.prefix("weft-bench-");
        let dir = match below {
            Some(below) => dir.tempdir_in(below)?,
            None => dir.tempdir()?,
        };
        let [service, agent, operator] = [Token::new()?, Token::new()?, Token::new()?];
        let callers = [
            ("bench-service", Role::Service, &service),
            ("bench-agent", Role::Agent, &agent),
            ("bench-operator", Role::Operator, &operator),
        ];
        let config = dir.path().join("weft.toml");
        std::fs::write(&config, configuration(&callers))?;
        let settings = places.settings()?.engine;
        let mut child = Command::new(std::env::current_exe()?)
            .args(["serve", "--listen", "127.0.0.1:0", "--config"])
            .arg(&config)
            .arg("--data")
            .arg(dir.path().join("data"))
            .arg("--policies")
            .arg(std::path::absolute(settings.policies_dir)?)
            .arg("--plugins")
            .arg(std::path::absolute(settings.plugins_dir)?)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let Some(address) = ready(&mut child) else {
            let _ = child.kill();
            child.wait()?;
            return Err(Failed::because("the host did not start; it says why above"));
        };
        output::step(&format!(
            "a host of its own is ready, process {}",
            child.id()
        ));
        let access = Access {
            address,
            service: service.secret,
            agent: Some(agent.secret),
            operator: Some(operator.secret),
        };
        Ok(ChildHost {
            access,
            child,
            dir: Some(dir),
        })
    }

    /// Stops the process and removes its data.
    pub(crate) fn stop(&mut self) -> Result<(), Failed> {
        let id = i32::try_from(self.child.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        if let Some(id) = id {
            rustix::process::kill_process(id, rustix::process::Signal::TERM)?;
        }
        let begun = Instant::now();
        while self.child.try_wait()?.is_none() {
            if begun.elapsed() > STOP {
                self.child.kill()?;
                self.child.wait()?;
                return Err(Failed::because("the host did not stop within a minute"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        match self.dir.take() {
            Some(dir) => Ok(dir.close()?),
            None => Ok(()),
        }
    }
}

/// A host must not outlive the measurement that fails.
impl Drop for ChildHost {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The address that the host says when it is ready.
fn ready(child: &mut Child) -> Option<SocketAddr> {
    let stdout = child.stdout.take()?;
    let line = BufReader::new(stdout).lines().next()?.ok()?;
    line.strip_prefix("ready: http://")?.parse().ok()
}

fn configuration(callers: &[(&str, Role, &Token)]) -> String {
    // As many as it can take: the load says how much comes, not a limit of the host.
    let mut text =
        "[http]\nrequests_per_second = 1000000\nburst = 1000000\nconnections = 8192\nconnections_per_address = 8192\n".to_owned();
    for (name, role, token) in callers {
        text.push_str(&format!(
            "[[callers]]\nname = \"{name}\"\nrole = \"{}\"\ntoken_sha256 = \"{}\"\n",
            role.as_str(),
            data_encoding::HEXLOWER.encode(&token.sha256)
        ));
    }
    text
}
