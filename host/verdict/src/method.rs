//! How customers prove who they are.

use serde::{Deserialize, Serialize};

/// How the customer proves who they are; the methods that show less of who approves what come first. What asks for one is
/// content with a stronger one. Which of them counts when (after a change of SIM card, say) is for policies to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// A code of six digits that the customer's device computes from a shared secret and the time (RFC 6238). It is made
    /// for no amount and no payee, and can be read out.
    Totp,
    /// The customer approves to the platform's own authentication service, which signs what was approved. It may reach the
    /// customer by their number.
    OutOfBand,
    /// The customer approves in the platform's own app, where they are authenticated. The host takes the service's word.
    AppApproval,
    /// The customer's authenticator signs what was approved, for the platform's own site or app only (WebAuthn Level 3).
    Passkey,
}

impl Method {
    /// All methods, the weakest first.
    pub const ALL: [Method; 4] = [
        Method::Totp,
        Method::OutOfBand,
        Method::AppApproval,
        Method::Passkey,
    ];

    /// The word used in files, replies and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Totp => "totp",
            Method::AppApproval => "app-approval",
            Method::OutOfBand => "out-of-band",
            Method::Passkey => "passkey",
        }
    }

    /// The method of that name.
    pub fn from_name(name: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|m| m.as_str() == name)
    }

    /// Whether who asks for `asked` is content with this.
    pub fn satisfies(self, asked: Method) -> bool {
        self >= asked
    }

    /// Whether what the customer gives is made for one amount and one payee (RTS 2018/389, Article 5(1)(b)).
    pub fn is_dynamically_linked(self) -> bool {
        self != Method::Totp
    }

    /// Whether it takes a factor that was enrolled before.
    pub fn takes_factor(self) -> bool {
        matches!(self, Method::Totp | Method::Passkey)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R12: what is weaker than what was asked for is never taken in its place.
    #[test]
    fn a_method_stands_for_itself_and_for_weaker_ones() {
        for (place, method) in Method::ALL.into_iter().enumerate() {
            assert_eq!(Method::from_name(method.as_str()), Some(method));
            for (other, asked) in Method::ALL.into_iter().enumerate() {
                assert_eq!(
                    method.satisfies(asked),
                    place >= other,
                    "{method:?} {asked:?}"
                );
            }
        }
    }
}
