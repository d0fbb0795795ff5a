//! Who may call.
//!
//! A caller shows a bearer token, and the host knows its SHA-256. Tokens are random and long (the
//! command line makes them with 256 bits), so there is nothing to guess and a plain hash is right: the
//! slow hashes that passwords need would only make the host easy to overwhelm.

use std::collections::HashSet;
use std::fmt;

use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use weft_engine::{Caller, Role};

use crate::limits::{MAX_CALLERS, MAX_NAME_CHARS};

/// One caller, as configured.
#[derive(Clone, PartialEq, Eq)]
pub struct CallerEntry {
    /// Its name; in records, logs and metrics.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// SHA-256 of its bearer token.
    pub token_sha256: [u8; 32],
}

impl fmt::Debug for CallerEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallerEntry")
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// Why a list of callers cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallersError {
    /// Two callers have one name.
    #[error("the caller `{0}` stands twice; give each caller a name of its own")]
    NameTwice(String),
    /// Two callers have one token.
    #[error("the callers `{0}` and `{1}` have the same token; make a token for each")]
    TokenTwice(String, String),
    /// A name that would not do in records, logs and metrics.
    #[error(
        "caller number {0} has a name that cannot be used; a name has 1 to {MAX_NAME_CHARS} characters: letters, digits, `-`, `_` and `.`"
    )]
    Name(usize),
    /// Nobody can have the host's own role.
    #[error("the caller `{0}` has the role host, which is the host's own; give it another role")]
    HostRole(String),
    /// More than there may be.
    #[error("there are {0} callers, the limit is {MAX_CALLERS}; remove some")]
    TooMany(usize),
}

/// Who may call.
#[derive(Debug, Clone, Default)]
pub struct Callers {
    entries: Vec<CallerEntry>,
}

/// A caller's place in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CallerIndex(pub(crate) usize);

impl Callers {
    /// A list of callers, checked.
    pub fn new(entries: Vec<CallerEntry>) -> Result<Callers, CallersError> {
        if entries.len() > MAX_CALLERS {
            return Err(CallersError::TooMany(entries.len()));
        }
        let mut names = HashSet::new();
        for (at, entry) in entries.iter().enumerate() {
            if !is_name(&entry.name) {
                return Err(CallersError::Name(at + 1));
            }
            if entry.role == Role::Host {
                return Err(CallersError::HostRole(entry.name.clone()));
            }
            if !names.insert(&entry.name) {
                return Err(CallersError::NameTwice(entry.name.clone()));
            }
            let before = &entries[..at];
            if let Some(same) = before.iter().find(|e| e.token_sha256 == entry.token_sha256) {
                return Err(CallersError::TokenTwice(
                    same.name.clone(),
                    entry.name.clone(),
                ));
            }
        }
        Ok(Callers { entries })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nobody may call.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whose token this is. Every entry is compared, each in constant time.
    pub(crate) fn by_token(&self, token: &[u8]) -> Option<CallerIndex> {
        let shown: [u8; 32] = Sha256::digest(token).into();
        let (mut found, mut at) = (Choice::from(0), 0_u64);
        for (index, entry) in (0_u64..).zip(&self.entries) {
            let same = entry.token_sha256.ct_eq(&shown);
            at.conditional_assign(&index, same);
            found |= same;
        }
        bool::from(found).then(|| CallerIndex(usize::try_from(at).unwrap_or(usize::MAX)))
    }

    /// Whether a service is called so.
    pub(crate) fn has_service(&self, name: &str) -> bool {
        let is_it = |entry: &CallerEntry| entry.role == Role::Service && entry.name == name;
        self.entries.iter().any(is_it)
    }

    pub(crate) fn caller(&self, index: CallerIndex) -> Caller {
        let entry = &self.entries[index.0];
        Caller {
            id: entry.name.clone(),
            role: entry.role,
        }
    }
}

fn is_name(name: &str) -> bool {
    (1..=MAX_NAME_CHARS).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(name: &str, token: &[u8]) -> CallerEntry {
        CallerEntry {
            name: name.into(),
            role: Role::Service,
            token_sha256: Sha256::digest(token).into(),
        }
    }

    #[test]
    fn a_token_leads_to_its_caller() {
        let callers = Callers::new(vec![entry("a", b"one"), entry("b", b"two")]).expect("valid");
        let name = |token: &[u8]| callers.by_token(token).map(|at| callers.caller(at).id);
        assert_eq!(name(b"one").as_deref(), Some("a"));
        assert_eq!(name(b"two").as_deref(), Some("b"));
        assert_eq!(name(b"three"), None);
        assert_eq!(name(b""), None);
    }

    #[test]
    fn names_and_tokens_stand_once() {
        let twice = |a, b| Callers::new(vec![a, b]).expect_err("refused");
        assert_eq!(
            twice(entry("a", b"one"), entry("a", b"two")),
            CallersError::NameTwice("a".into())
        );
        assert_eq!(
            twice(entry("a", b"one"), entry("b", b"one")),
            CallersError::TokenTwice("a".into(), "b".into())
        );
    }

    #[test]
    fn what_would_not_do_in_records_is_refused() {
        let one = |e| Callers::new(vec![e]).expect_err("refused");
        assert_eq!(one(entry("", b"t")), CallersError::Name(1));
        assert_eq!(one(entry("two words", b"t")), CallersError::Name(1));
        let host = CallerEntry {
            role: Role::Host,
            ..entry("h", b"t")
        };
        assert_eq!(one(host), CallersError::HostRole("h".into()));
        let many = (0..=MAX_CALLERS)
            .map(|n| entry(&n.to_string(), &n.to_be_bytes()))
            .collect::<Vec<_>>();
        let refused = Callers::new(many).expect_err("refused");
        assert_eq!(refused, CallersError::TooMany(MAX_CALLERS + 1));
    }

    #[test]
    fn a_hash_is_not_printed() {
        let printed = format!("{:?}", entry("a", b"one"));
        assert_eq!(printed, "CallerEntry { name: \"a\", role: Service, .. }");
    }
}
