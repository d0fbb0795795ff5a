//! A host on directories of its own, with callers of every role.

use std::net::SocketAddr;
use std::path::PathBuf;

use hyper::Method;
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use weft_engine::{Clock, Config, Engine, Role, Stopped};
use weft_gateway::{CallerEntry, Callers, Gateway, GatewayConfig, GatewayError, Limits};

use crate::wire::{Call, Connection, Got, Raw, soon};

const CALLERS: [(&str, Role); 6] = [
    ("shop", Role::Service),
    ("other-shop", Role::Service),
    ("agent-7", Role::Agent),
    ("chief-1", Role::Supervisor),
    ("authority", Role::Regulator),
    ("ops", Role::Operator),
];

/// The token of a caller.
pub(crate) fn token(caller: &str) -> String {
    format!("token-of-{caller}-b1946ac92492d2347c6235b4d2611184")
}

pub(crate) fn callers() -> Callers {
    let entries = CALLERS.map(|(name, role)| CallerEntry {
        name: name.to_owned(),
        role,
        token_sha256: Sha256::digest(token(name)).into(),
    });
    Callers::new(entries.to_vec()).expect("valid")
}

/// Directories of one host.
pub(crate) struct Site(TempDir);

impl Site {
    pub(crate) fn new() -> Site {
        crate::log::capture();
        let dir = tempfile::tempdir().expect("a directory");
        for name in ["policies/disclosures", "plugins"] {
            std::fs::create_dir_all(dir.path().join(name)).expect("made");
        }
        for (name, text) in crate::traffic::POLICIES {
            std::fs::write(dir.path().join("policies").join(name), text).expect("written");
        }
        Site(dir)
    }

    pub(crate) fn config(&self) -> Config {
        let below = |name| self.0.path().join(name);
        Config {
            workers: 2,
            ..Config::new(below("data"), below("policies"), below("plugins"))
        }
    }

    pub(crate) fn engine(&self, config: Config) -> Engine {
        Engine::start(config, Clock::System, &|_| {}).unwrap_or_else(|e| panic!("{e}"))
    }
}

/// A host that serves.
pub(crate) struct House {
    pub(crate) engine: Engine,
    pub(crate) address: SocketAddr,
    site: Site,
    stop: oneshot::Sender<()>,
    serving: JoinSet<Result<Stopped, GatewayError>>,
}

impl House {
    pub(crate) async fn new() -> House {
        House::with(Limits::default()).await
    }

    pub(crate) async fn with(limits: Limits) -> House {
        let site = Site::new();
        let config = site.config();
        House::on(site, config, limits).await
    }

    pub(crate) async fn on(site: Site, config: Config, limits: Limits) -> House {
        let engine = site.engine(config);
        let config = GatewayConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            callers: callers(),
            limits,
        };
        let gateway = Gateway::bind(engine.clone(), config).await.expect("bound");
        let address = gateway.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let mut serving = JoinSet::new();
        serving.spawn(gateway.serve(async {
            let _ = stopped.await;
        }));
        House {
            engine,
            address,
            site,
            stop,
            serving,
        }
    }

    /// Where the audit log lies.
    pub(crate) fn audit(&self) -> PathBuf {
        self.site.0.path().join("data/audit")
    }

    /// Changes a file of policies; nobody has read it again yet.
    pub(crate) fn change_policy(&self, name: &str, from: &str, to: &str) {
        let path = self.site.config().policies_dir.join(name);
        let text = std::fs::read_to_string(&path).expect("readable");
        assert!(text.contains(from), "no `{from}` in {name}");
        std::fs::write(path, text.replacen(from, to, 1)).expect("written");
    }

    pub(crate) async fn open(&self) -> Connection {
        Connection::open(self.address).await.expect("a connection")
    }

    pub(crate) async fn raw(&self) -> Raw {
        Raw::open(self.address).await
    }

    /// One request on a connection of its own.
    pub(crate) async fn send(&self, call: Call) -> Got {
        let mut connection = self.open().await;
        soon(connection.send(call)).await.expect("an answer")
    }

    pub(crate) async fn get(&self, path: &str, caller: &str) -> Got {
        self.send(Call::new(Method::GET, path).by(caller)).await
    }

    /// What an operator scrapes.
    pub(crate) async fn metrics(&self) -> String {
        self.get("/metrics", "ops").await.text()
    }

    /// Tells the host to stop; it may take its time.
    pub(crate) fn begin_to_stop(self) -> Stopping {
        self.stop.send(()).expect("it serves");
        Stopping {
            site: self.site,
            serving: self.serving,
        }
    }
}

/// A host that was told to stop.
pub(crate) struct Stopping {
    site: Site,
    serving: JoinSet<Result<Stopped, GatewayError>>,
}

impl Stopping {
    pub(crate) async fn stopped(mut self) -> Site {
        let served = soon(self.serving.join_next()).await.expect("it serves");
        let stopped = served.expect("no panic").expect("a good end");
        assert!(matches!(stopped, Stopped::Whole), "{stopped:?}");
        self.site
    }
}
