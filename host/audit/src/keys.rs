//! Under which keys a record is found in the store.
//!
//! All keys are in one tree, because sled's batches are atomic within one tree only. Numbers are big-endian, so
//! that order of bytes is order of records.
//!
//! | key | value |
//! |---|---|
//! | `f` | the form of these keys |
//! | `w` | the watermark: how many records are applied |
//! | `l`, index | leaf hash, decision id |
//! | `d`, `t`, `c` or `a`, length of id, id, index | nothing: a decision with this id, or about this transaction, case, account |
//! | `D`, `T` or `C`, length of id, id, index | nothing: an event about it |
//! | `b`, which word, length of word, word, block | which records of a full block say it; see `blocks` |
//! | `s`, block | the first and the last millisecond of a full block |

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::merkle::Hash;

pub(crate) const WATERMARK: &[u8] = b"w";
/// Before the index, in the keys of leaf hashes.
pub(crate) const LEAF: &[u8] = b"l";
pub(crate) const FORM: &[u8] = b"f";
/// A store of another form is filled again.
pub(crate) const THIS_FORM: &[u8] = b"2";
const SPAN: &[u8] = b"s";

/// The fields whose tokens name an account or a card.
pub(crate) const ACCOUNTS: [&str; 3] = ["payer.account", "payee.account", "instrument.pan"];

/// What links records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Link {
    Decision,
    Transaction,
    Case,
    Account,
}

/// What a record says, in words of which there are few.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Word {
    /// Who asked.
    Caller,
    Plugin,
    Policy,
    Verdict,
    /// The operation, or the event.
    What,
}

/// What is indexed of a record: read from its bytes without the rest.
#[derive(Debug, Deserialize)]
pub(crate) struct Indexed<'a> {
    at: u64,
    #[serde(borrow, default)]
    decision: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    transaction: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    case: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    operation: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    event: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    caller: Option<Caller<'a>>,
    #[serde(borrow, default)]
    facts: Facts<'a>,
    #[serde(borrow, default)]
    findings: Vec<Finding<'a>>,
    #[serde(borrow, default)]
    outcome: Option<Outcome<'a>>,
    #[serde(borrow, default)]
    detail: Detail<'a>,
}

#[derive(Debug, Deserialize)]
struct Caller<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
}

/// See [`ACCOUNTS`].
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Facts<'a> {
    #[serde(borrow, rename = "payer.account")]
    payer: Said<'a>,
    #[serde(borrow, rename = "payee.account")]
    payee: Said<'a>,
    #[serde(borrow, rename = "instrument.pan")]
    card: Said<'a>,
}

#[derive(Debug, Deserialize)]
struct Finding<'a> {
    #[serde(borrow)]
    policy: Cow<'a, str>,
    #[serde(borrow, default)]
    plugin: Option<Plugin<'a>>,
}

#[derive(Debug, Deserialize)]
struct Plugin<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

#[derive(Debug, Deserialize)]
struct Outcome<'a> {
    #[serde(borrow)]
    verdict: Cow<'a, str>,
}

/// Of an event.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Detail<'a> {
    #[serde(borrow)]
    id: Said<'a>,
    #[serde(borrow)]
    emergency: Said<'a>,
    #[serde(borrow)]
    transaction: Said<'a>,
    #[serde(borrow)]
    case: Said<'a>,
    #[serde(borrow)]
    by: Said<'a>,
}

/// A text, or something else, which is not indexed.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Said<'a> {
    Text(#[serde(borrow)] Cow<'a, str>),
    Other(IgnoredAny),
}

impl Default for Said<'_> {
    fn default() -> Self {
        Said::Other(IgnoredAny)
    }
}

impl Said<'_> {
    fn text(&self) -> Option<&str> {
        match self {
            Said::Text(text) => Some(text),
            Said::Other(_) => None,
        }
    }
}

impl<'a> Indexed<'a> {
    pub(crate) fn of(record: &'a [u8]) -> Result<Indexed<'a>, serde_json::Error> {
        serde_json::from_slice(record)
    }

    /// When it happened, in milliseconds.
    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    /// Keys and values of record `index`, whose hash in the tree is `hash`.
    pub(crate) fn entries(&self, index: u64, hash: &Hash) -> Vec<(Vec<u8>, Vec<u8>)> {
        let known = [
            hash.as_slice(),
            self.decision.as_deref().unwrap_or_default().as_bytes(),
        ]
        .concat();
        let mut links: Vec<Vec<u8>> = Vec::with_capacity(8);
        let mut link = |link, of_event, id: Option<&str>| {
            links.extend(id.map(|id| [link_prefix(link, of_event, id), number(index)].concat()));
        };
        link(Link::Decision, false, self.decision.as_deref());
        link(Link::Transaction, false, self.transaction.as_deref());
        link(Link::Case, false, self.case.as_deref());
        for account in [&self.facts.payer, &self.facts.payee, &self.facts.card] {
            link(Link::Account, false, account.text());
        }
        link(Link::Decision, true, self.detail.id.text());
        link(Link::Decision, true, self.detail.emergency.text());
        link(Link::Transaction, true, self.detail.transaction.text());
        link(Link::Case, true, self.detail.case.text());
        links.sort_unstable();
        links.dedup();
        let nothing = links.into_iter().map(|key| (key, Vec::new()));
        std::iter::once((leaf(index), known))
            .chain(nothing)
            .collect()
    }

    /// What it says.
    pub(crate) fn words(&self) -> impl Iterator<Item = (Word, &str)> {
        let caller = self.caller.as_ref().map(|caller| caller.id.as_ref());
        let plugins = self.findings.iter().filter_map(|one| one.plugin.as_ref());
        let verdict = self
            .outcome
            .as_ref()
            .map(|outcome| outcome.verdict.as_ref());
        let what = self.operation.as_deref().or(self.event.as_deref());
        let callers = caller.or(self.detail.by.text()).into_iter();
        (callers.map(|caller| (Word::Caller, caller)))
            .chain(plugins.map(|plugin| (Word::Plugin, plugin.name.as_ref())))
            .chain(
                self.findings
                    .iter()
                    .map(|one| (Word::Policy, one.policy.as_ref())),
            )
            .chain(verdict.map(|verdict| (Word::Verdict, verdict)))
            .chain(what.map(|what| (Word::What, what)))
    }
}

/// What the store keeps of a record to know it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) hash: Hash,
    /// Its decision's id; empty for an event.
    pub(crate) decision: String,
}

impl Known {
    /// From the value at [`leaf`].
    pub(crate) fn of(value: &[u8]) -> Option<Known> {
        let (hash, decision) = value.split_first_chunk()?;
        Some(Known {
            hash: *hash,
            decision: String::from_utf8(decision.to_vec()).ok()?,
        })
    }
}

pub(crate) fn leaf(index: u64) -> Vec<u8> {
    [LEAF, &index.to_be_bytes()].concat()
}

/// Before the index, in the keys of what an id links.
pub(crate) fn link_prefix(link: Link, of_event: bool, id: &str) -> Vec<u8> {
    let tag = match link {
        Link::Decision => b'd',
        Link::Transaction => b't',
        Link::Case => b'c',
        Link::Account => b'a',
    };
    let tag = if of_event {
        tag.to_ascii_uppercase()
    } else {
        tag
    };
    named(&[tag], id)
}

/// Before the block, in the keys of a word.
pub(crate) fn word_prefix(word: Word, said: &str) -> Vec<u8> {
    let tag = match word {
        Word::Caller => b'c',
        Word::Plugin => b'p',
        Word::Policy => b'o',
        Word::Verdict => b'v',
        Word::What => b'w',
    };
    named(&[b'b', tag], said)
}

/// Before the block, in the keys of when it was.
pub(crate) fn span_prefix() -> Vec<u8> {
    SPAN.to_vec()
}

/// Texts of another length have other keys, so none begins like another.
fn named(tag: &[u8], text: &str) -> Vec<u8> {
    let len = u32::try_from(text.len()).unwrap_or(u32::MAX).to_be_bytes();
    [tag, &len, text.as_bytes()].concat()
}

/// An index or a block, at the end of a key.
pub(crate) fn number(number: u64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

/// The index or block at the end of a key.
pub(crate) fn number_of(bytes: &[u8]) -> Option<u64> {
    bytes.last_chunk().map(|eight| u64::from_be_bytes(*eight))
}
