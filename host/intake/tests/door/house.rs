//! A door with the project's own dictionary and a vault in a directory of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use weft_dictionary::{Dictionary, Value};
use weft_intake::{Intake, MediaType, Message, Problem, Request};
use weft_vault::{Keys, Vault};
use zeroize::Zeroizing;

pub(crate) struct House {
    pub(crate) dictionary: Arc<Dictionary>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) intake: Intake,
    _dir: tempfile::TempDir,
}

/// The checkout's own directory.
pub(crate) fn checkout() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Reference data that lies beside the checkout, where it is there.
pub(crate) fn reference(path: &str) -> Option<PathBuf> {
    let path = checkout().join("../shared/data/iso20022").join(path);
    path.exists().then_some(path)
}

/// Checks a message against its schema; says so where that cannot be done.
pub(crate) fn check_schema(name: &str, message: &str) {
    crate::valid::check_schema(&checkout(), name, message);
}

/// Says on the test's output that something was left out.
#[allow(clippy::print_stderr)]
pub(crate) fn left_out(what: &str) {
    eprintln!("left out: {what}");
}

impl House {
    pub(crate) fn new() -> House {
        House::with_dictionary(|text| text)
    }

    /// With the project's own dictionary, changed.
    pub(crate) fn with_dictionary(change: impl FnOnce(String) -> String) -> House {
        let dir = tempfile::tempdir().expect("a directory");
        let path = checkout().join("policies/dictionary.yaml");
        let text = std::fs::read_to_string(path).expect("the project's own dictionary");
        let path = dir.path().join("dictionary.yaml");
        std::fs::write(&path, change(text)).expect("written");
        let dictionary = Arc::new(Dictionary::load(&path).expect("a dictionary"));
        let keys = Keys::open_or_create(&dir.path().join("keys.weft")).expect("keys");
        let vault = Vault::open(&dir.path().join("vault"), &keys, "eu", "acme").expect("a vault");
        let vault = Arc::new(vault);
        House {
            intake: Intake::new(Arc::clone(&dictionary), Arc::clone(&vault)),
            dictionary,
            vault,
            _dir: dir,
        }
    }

    pub(crate) fn read(&self, media: MediaType, body: &str) -> Result<Message, Problem> {
        self.intake
            .read(media, Zeroizing::new(body.as_bytes().to_vec()))
    }

    pub(crate) fn json(&self, body: &str) -> Request {
        let read = self.read(MediaType::Json, body);
        let mut message = read.unwrap_or_else(|problem| panic!("{problem}"));
        message.requests.pop().expect("one request")
    }

    pub(crate) fn refused(&self, media: MediaType, body: &str) -> Problem {
        match self.read(media, body) {
            Ok(_) => panic!("this was read: {body}"),
            Err(problem) => problem,
        }
    }

    /// A fact as replies and records have it.
    pub(crate) fn fact(&self, request: &Request, name: &str) -> Option<serde_json::Value> {
        let field = self.dictionary.by_name(name).expect("a field");
        request.row.get(field.id).map(Value::to_json)
    }

    /// What stands behind a token.
    pub(crate) fn behind(&self, request: &mut Request, name: &str) -> String {
        let mut kept = Vec::new();
        for row in request.new_tokens.drain(..) {
            self.vault.keep(row, &mut kept).expect("taken");
        }
        for durable in kept {
            durable.wait().expect("durable");
        }
        let field = self.dictionary.by_name(name).expect("a field");
        match request.row.get(field.id) {
            Some(Value::Token(token)) => {
                let secret = self.vault.detokenise(token).expect("a known token");
                secret.expose(str::to_owned)
            }
            _ => panic!("{name} is no token"),
        }
    }
}
