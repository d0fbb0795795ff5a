//! The door: bytes in, requests out.

use std::sync::Arc;

use weft_dictionary::Dictionary;
use weft_vault::Vault;
use zeroize::Zeroizing;

use crate::dropped::Names;
use crate::facts::{Derivations, Facts};
use crate::iso::Plan;
use crate::json::{self, Words};
use crate::message::{Envelope, MediaType, Message};
use crate::problem::{Problem, ProblemCode};
use crate::tree::Section;
use crate::{iso, limits};

/// Reads requests with one dictionary, and puts their sensitive values into one vault.
pub struct Intake {
    dictionary: Arc<Dictionary>,
    vault: Arc<Vault>,
    derivations: Derivations,
    tree: Section,
    names: Names,
    plan: Plan,
}

impl Intake {
    /// Compiles the dictionary for reading.
    pub fn new(dictionary: Arc<Dictionary>, vault: Arc<Vault>) -> Intake {
        Intake {
            derivations: Derivations::of(&dictionary),
            tree: Section::of(&dictionary),
            names: Names::of(&dictionary),
            plan: Plan::of(&dictionary),
            dictionary,
            vault,
        }
    }

    /// Reads a body. What it holds that is sensitive has become tokens when this returns, and the body is
    /// wiped. Nothing is on the disk: new tokens go into the vault with [`Request::new_tokens`], and when a
    /// problem is returned, nothing is kept.
    ///
    /// [`Request::new_tokens`]: crate::Request::new_tokens
    pub fn read(&self, media: MediaType, body: Zeroizing<Vec<u8>>) -> Result<Message, Problem> {
        if body.len() > limits::MAX_BODY_BYTES {
            let most = limits::MAX_BODY_BYTES;
            return Err(Problem::new(
                ProblemCode::BodyTooLarge,
                format!("a body has at most {most} bytes"),
            )
            .help("send fewer transactions in one message"));
        }
        match media {
            MediaType::Json => {
                let words = Words {
                    dictionary: &self.dictionary,
                    names: &self.names,
                };
                let request = json::read(words, &self.tree, self.facts(), &body)?;
                Ok(Message {
                    envelope: Envelope::Json,
                    requests: vec![request],
                })
            }
            MediaType::Xml => iso::read(&self.dictionary, &self.plan, || self.facts(), &body),
        }
    }

    fn facts(&self) -> Facts<'_> {
        Facts::new(&self.dictionary, &self.vault, &self.derivations)
    }
}
