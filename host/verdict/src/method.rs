//! How customers prove who they are.

use serde::{Deserialize, Serialize};

/// How the customer proves who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The customer approves in the platform's own app, where they are authenticated.
    AppApproval,
}

impl Method {
    /// All methods.
    pub const ALL: [Method; 1] = [Method::AppApproval];

    /// The word used in files, replies and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::AppApproval => "app-approval",
        }
    }

    /// The method of that name.
    pub fn from_name(name: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|m| m.as_str() == name)
    }
}
