//! A host on directories of its own, whose clock is told what time it is.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::SigningKey;
use serde_json::{Value as Json, json};
use tempfile::TempDir;
use weft_audit::{DecisionRecord, EventRecord, Record};
use weft_dictionary::Timestamp;
use weft_engine::{
    Ask, Caller, Clock, Config, DecisionView, Engine, RelyingParty, Reply, Role, ServiceKey,
    StartError,
};
use weft_intake::{MediaType, Problem};
use zeroize::Zeroizing;

use crate::policies::{PolicyFile, replies, to_auditors, to_customers};

/// 2026-06-01T12:00:00Z.
const NOON: u64 = 1_780_315_200_000;

/// Of the platform's site, for which customers' passkeys sign.
pub(crate) const ORIGIN: &str = "https://pay.example";

/// With what the platform's own authentication service signs.
pub(crate) fn service_secret() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn service_key() -> String {
    BASE64URL_NOPAD.encode(service_secret().verifying_key().as_bytes())
}

/// Directories of one host.
pub(crate) struct Site {
    dir: TempDir,
}

/// A host that runs on a site.
pub(crate) struct House {
    pub(crate) site: Site,
    pub(crate) engine: Arc<Engine>,
    now: AtomicU64,
}

pub(crate) fn service() -> Caller {
    caller("platform", Role::Service)
}

pub(crate) fn agent() -> Caller {
    caller("agent-7", Role::Agent)
}

pub(crate) fn caller(id: &str, role: Role) -> Caller {
    Caller {
        id: id.to_owned(),
        role,
    }
}

/// A card payment of so many euros, with every kind of value in it.
pub(crate) fn payment(id: &str, euros: &str) -> Json {
    json!({
        "operation": "payment.authorize",
        "payment": {"id": id, "amount": {"value": euros, "currency": "EUR"}, "method": "card",
                    "remittance": "for the yellow bicycle"},
        "payer": {"name": "Ines Peeters", "account": "BE68 5390 0754 7034", "country": "BE", "city": "Gentbrugge",
                  "street": "Veldstraat 12", "postcode": "9050", "phone": "+32470123456",
                  "email": "ines.peeters@example.org", "birth_date": "1984-07-23"},
        "payee": {"name": "Groenten Van Damme", "account": "DE89 3704 0044 0532 0130 00", "country": "DE"},
        "instrument": {"pan": "4111 1111 1111 1111", "expiry": "2028-09", "cvv": "737", "issuer_country": "BE"},
        "device": {"id": "d3b07384-android-7f2a", "ip": "203.0.113.77", "rooted": false},
        "location": {"country": "BE", "city": "Destelbergen", "latitude": "51.0543", "longitude": "3.7174"}
    })
}

/// A request for assistance about a payment, within a case.
pub(crate) fn ask(operation: &str, payment: &str) -> Json {
    json!({"operation": operation, "payment": {"id": payment}, "case": {"id": "case-1042"}})
}

/// The customer's answer to a challenge.
pub(crate) fn answer(payment: &str, challenge: &str, response: &str) -> Json {
    json!({"operation": "assist.verify_identity", "payment": {"id": payment},
           "challenge": {"id": challenge, "response": response}})
}

impl Site {
    pub(crate) fn new(policies: &[PolicyFile]) -> Site {
        let dir = tempfile::tempdir().expect("a directory");
        let site = Site { dir };
        fs::create_dir(site.policies_dir()).expect("made");
        fs::create_dir(site.plugins_dir()).expect("made");
        for file in ["dictionary.yaml", "pipeline.yaml"] {
            let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
            fs::copy(own.join(file), site.policies_dir().join(file)).expect("the project's own");
        }
        for policy in policies {
            site.write_policy(policy);
        }
        site.write_disclosure("replies", &replies());
        site.write_disclosure("customers", &to_customers());
        site.write_disclosure("auditors", &to_auditors());
        site
    }

    /// Puts in one of the project's own policies, by its path below `policies`.
    pub(crate) fn write_own(&self, path: &str) {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../policies");
        let to = self.policies_dir().join(path);
        fs::create_dir_all(to.parent().expect("a directory")).expect("made");
        fs::copy(own.join(path), to).expect("the project's own");
    }

    pub(crate) fn write_disclosure(&self, name: &str, text: &str) {
        let dir = self.policies_dir().join("disclosures");
        fs::create_dir_all(&dir).expect("made");
        fs::write(dir.join(format!("{name}.yaml")), text).expect("written");
    }

    pub(crate) fn write_policy(&self, policy: &PolicyFile) {
        fs::write(self.policies_dir().join(policy.file_name()), policy.text()).expect("written");
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub(crate) fn policies_dir(&self) -> PathBuf {
        self.dir.path().join("policies")
    }

    pub(crate) fn plugins_dir(&self) -> PathBuf {
        self.dir.path().join("plugins")
    }

    pub(crate) fn config(&self) -> Config {
        Config {
            workers: 2,
            passkeys: Some(RelyingParty {
                id: "pay.example".to_owned(),
                origins: vec![ORIGIN.to_owned()],
            }),
            out_of_band: ServiceKey::parse(&service_key()),
            ..Config::new(self.data_dir(), self.policies_dir(), self.plugins_dir())
        }
    }

    pub(crate) fn start(self) -> House {
        let config = self.config();
        self.start_with(config).unwrap_or_else(|e| panic!("{e}"))
    }

    pub(crate) fn start_with(self, config: Config) -> Result<House, StartError> {
        let engine = Engine::start(config, Clock::history(), &|_| {})?;
        engine.clock().advance(Timestamp(NOON));
        Ok(House {
            site: self,
            engine: Arc::new(engine),
            now: AtomicU64::new(NOON),
        })
    }

    /// A copy of the directories as they are now: what a host finds that was killed now.
    pub(crate) fn copy(&self) -> Site {
        let copy = Site {
            dir: tempfile::tempdir().expect("a directory"),
        };
        copy_dir(self.dir.path(), copy.dir.path());
        copy
    }
}

pub(crate) fn copy_dir(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&target).expect("made");
            let rights = fs::metadata(entry.path()).expect("there").permissions();
            fs::set_permissions(&target, rights).expect("its own");
            copy_dir(&entry.path(), &target);
        } else {
            match fs::copy(entry.path(), target) {
                // The host put another in its place meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                copied => assert!(copied.is_ok(), "{copied:?}"),
            }
        }
    }
}

impl House {
    pub(crate) fn new(policies: &[PolicyFile]) -> House {
        Site::new(policies).start()
    }

    /// Stops the host; what it leaves.
    pub(crate) async fn stop(self) -> Site {
        self.engine.stop().await;
        self.leave()
    }

    /// The directories, with no host on them any more.
    pub(crate) fn leave(self) -> Site {
        self.site
    }

    /// Stops the host and starts another on the same directories, at the same time of day.
    pub(crate) async fn restart(self) -> House {
        let now = self.now();
        let house = self.stop().await.start();
        house.now.store(now.0, Ordering::Relaxed);
        house.engine.clock().advance(now);
        house
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.now.load(Ordering::Relaxed))
    }

    /// Lets time pass.
    pub(crate) fn pass_minutes(&self, minutes: u64) {
        self.now.fetch_add(minutes * 60_000, Ordering::Relaxed);
        self.engine.clock().advance(self.now());
    }

    pub(crate) async fn decide(&self, caller: &Caller, body: &Json) -> Result<Reply, Problem> {
        self.decide_with_key(caller, body, None).await
    }

    pub(crate) async fn decide_with_key(
        &self,
        caller: &Caller,
        body: &Json,
        key: Option<&str>,
    ) -> Result<Reply, Problem> {
        let ask = Ask {
            media: MediaType::Json,
            body: Zeroizing::new(serde_json::to_vec(body).expect("JSON")),
            idempotency_key: key.map(str::to_owned),
            trace: None,
            at: Some(self.now()),
        };
        self.engine.decide(caller, ask).await
    }

    /// The only decision about a request that is decided.
    pub(crate) async fn decided(&self, caller: &Caller, body: &Json) -> DecisionView {
        let reply = self
            .decide(caller, body)
            .await
            .unwrap_or_else(|p| panic!("{p}"));
        let [view] = reply.decisions.as_slice() else {
            panic!("{} decisions", reply.decisions.len())
        };
        view.clone()
    }

    /// Why a request is not decided.
    pub(crate) async fn refused(&self, caller: &Caller, body: &Json) -> Problem {
        match self.decide(caller, body).await {
            Ok(reply) => panic!("decided: {}", String::from_utf8_lossy(&reply.body)),
            Err(problem) => problem,
        }
    }

    /// A payment that is held or challenged: its view, the challenge's id, the response.
    pub(crate) async fn waiting(&self, id: &str, euros: &str) -> (DecisionView, String, String) {
        let view = self.decided(&service(), &payment(id, euros)).await;
        let challenge = view.challenge.clone().expect("a challenge");
        let response = challenge.response.expect("the service gets the response");
        (view, challenge.id, response)
    }

    /// A held payment that the customer has approved.
    pub(crate) async fn approved(&self, id: &str) {
        let (_, challenge, response) = self.waiting(id, "1890.00").await;
        let view = self
            .decided(&service(), &answer(id, &challenge, &response))
            .await;
        assert!(view.verdict.is_granted(), "{view:?}");
    }

    /// The records about a payment, oldest first.
    pub(crate) fn chain(&self, payment: &str) -> Vec<DecisionRecord> {
        let chain = self.engine.log().by_transaction(payment).expect("the log");
        chain.into_iter().map(|stored| stored.record).collect()
    }

    /// How often a payment itself was decided.
    pub(crate) fn times_decided(&self, payment: &str) -> usize {
        let chain = self.chain(payment);
        let own = chain.iter().filter(|r| r.operation == "payment.authorize");
        own.count()
    }

    pub(crate) fn record(&self, view: &DecisionView) -> DecisionRecord {
        match self.engine.log().get(view.log.index) {
            Ok(Some(Record::Decision(record))) => *record,
            other => panic!("{other:?}"),
        }
    }
}

/// Codes of a view's reasons.
pub(crate) fn codes(view: &DecisionView) -> Vec<&str> {
    view.reasons.iter().map(|r| r.code.as_str()).collect()
}

/// The payment's state in a view.
pub(crate) fn state(view: &DecisionView) -> Option<&str> {
    view.payment.as_ref().map(|p| p.state)
}

/// How many decisions are in the log.
pub(crate) fn decisions(house: &House) -> usize {
    let mut count = 0;
    let see = |_, record| count += usize::from(matches!(record, Record::Decision(_)));
    house.engine.log().replay(0, see).expect("readable");
    count
}

/// The events of this name in the log, oldest first.
pub(crate) fn events(house: &House, name: &str) -> Vec<EventRecord> {
    let mut found = Vec::new();
    let see = |_, record| {
        if let Record::Event(event) = record
            && event.event == name
        {
            found.push(event);
        }
    };
    house.engine.log().replay(0, see).expect("readable");
    found
}
