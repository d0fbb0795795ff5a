//! Data classes of fields, and the treatments by which readers get them.

use serde::{Deserialize, Serialize};

/// How sensitive a field is. Decides what the host does with it at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Known to anyone: a currency, a country.
    Public,
    /// Needed to run the payment, says nothing about a person: a channel, a status.
    Operational,
    /// About a person, but not enough to find or to harm them: a city, a coarse position.
    Personal,
    /// Identifies or locates a person: name, street, phone, account number. A token at the door.
    Sensitive,
    /// Cardholder data by PCI DSS: the primary account number. A token at the door.
    Cardholder,
    /// Sensitive authentication data by PCI DSS 3.3.1 (CVV, PIN, track). Never stored, never
    /// handed on; exists in memory only while the request is parsed.
    Secret,
}

impl Class {
    /// Whether the vault takes the value at the door and leaves a token.
    pub fn is_tokenised(self) -> bool {
        matches!(self, Class::Sensitive | Class::Cardholder)
    }

    /// The most that any reader may be shown without the vault.
    pub fn ceiling(self) -> Treatment {
        match self {
            Class::Public | Class::Operational | Class::Personal => Treatment::Clear,
            Class::Sensitive | Class::Cardholder => Treatment::Token,
            Class::Secret => Treatment::Absent,
        }
    }

    /// The word used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Class::Public => "public",
            Class::Operational => "operational",
            Class::Personal => "personal",
            Class::Sensitive => "sensitive",
            Class::Cardholder => "cardholder",
            Class::Secret => "secret",
        }
    }
}

/// How a reader gets a field, from nothing to everything. The order is the order of disclosure, so
/// the stricter of two treatments is their minimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Treatment {
    /// The field is not there at all.
    Absent,
    /// Only whether it is there.
    Present,
    /// A range instead of the value.
    Band,
    /// The value with most of it covered.
    Masked,
    /// The token.
    Token,
    /// The value as the row holds it.
    Clear,
}

impl Treatment {
    /// All treatments, strictest first.
    pub const ALL: [Treatment; 6] = [
        Treatment::Absent,
        Treatment::Present,
        Treatment::Band,
        Treatment::Masked,
        Treatment::Token,
        Treatment::Clear,
    ];

    /// The word used in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Treatment::Absent => "absent",
            Treatment::Present => "present",
            Treatment::Band => "band",
            Treatment::Masked => "masked",
            Treatment::Token => "token",
            Treatment::Clear => "clear",
        }
    }

    /// The treatment of that name.
    pub fn from_name(name: &str) -> Option<Treatment> {
        Treatment::ALL.into_iter().find(|t| t.as_str() == name)
    }
}
