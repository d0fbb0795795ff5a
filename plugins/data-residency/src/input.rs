//! The facts: where payer and payee are, how the money moves, and where this host is.
//!
//! What has to be known of a side before it counts as known to be elsewhere:
//!
//! | method | payer | payee |
//! |---|---|---|
//! | card, wallet | country, issuer of the card | country |
//! | credit transfer, direct debit | place of the account | place of the account |
//! | not said | country, issuer, place of the account | country, place of the account |
//!
//! The place of an account is its own country or that of its bank. A transfer runs between accounts, and most
//! messages name no country of residence (in pacs.008 the postal address is optional): one that is named only
//! adds a country to its side.

use weft_sdk::prelude::*;

use crate::side::Side;

/// Methods that move money between accounts, without a card.
const BETWEEN_ACCOUNTS: [&str; 2] = ["credit_transfer", "direct_debit"];

/// Countries of both sides, and the region. No country is required for an answer: what is missing is unknown.
#[derive(Debug, Clone, PartialEq, Needs)]
pub struct Input {
    /// Where this host processes and stores.
    #[need("processing.region", purpose = "data-residency")]
    pub region: String,
    /// How the money moves: what has to be known of a side depends on it.
    #[need("payment.method", purpose = "data-residency")]
    pub method: Option<String>,
    /// Where the payer lives.
    #[need("payer.country", purpose = "data-residency")]
    pub payer_country: Option<String>,
    /// Where the payer's account is.
    #[need("payer.account_country", purpose = "data-residency")]
    pub payer_account_country: Option<String>,
    /// The payer's bank, whose code names its country.
    #[need("payer.bank", purpose = "data-residency")]
    pub payer_bank: Option<String>,
    /// Where the card was issued.
    #[need("instrument.issuer_country", purpose = "data-residency")]
    pub issuer_country: Option<String>,
    /// Where the payee lives.
    #[need("payee.country", purpose = "data-residency")]
    pub payee_country: Option<String>,
    /// Where the payee's account is.
    #[need("payee.account_country", purpose = "data-residency")]
    pub payee_account_country: Option<String>,
    /// The payee's bank, whose code names its country.
    #[need("payee.bank", purpose = "data-residency")]
    pub payee_bank: Option<String>,
}

impl Input {
    /// What the answers rest on.
    pub(crate) const COUNTRIES: [Evidence; 9] = [
        Input::REGION,
        Input::METHOD,
        Input::PAYER_COUNTRY,
        Input::PAYER_ACCOUNT_COUNTRY,
        Input::PAYER_BANK,
        Input::ISSUER_COUNTRY,
        Input::PAYEE_COUNTRY,
        Input::PAYEE_ACCOUNT_COUNTRY,
        Input::PAYEE_BANK,
    ];

    /// Who pays. The card belongs to the payer.
    pub(crate) fn payer(&self) -> Side {
        let side = self.resident(&self.payer_country);
        let side = if self.is_between_accounts() {
            side.with(&self.issuer_country)
        } else {
            side.with_needed(&self.issuer_country)
        };
        side.with_account(
            &self.payer_account_country,
            &self.payer_bank,
            self.needs_accounts(),
        )
    }

    /// Who is paid.
    pub(crate) fn payee(&self) -> Side {
        self.resident(&self.payee_country).with_account(
            &self.payee_account_country,
            &self.payee_bank,
            self.needs_accounts(),
        )
    }

    /// Where somebody lives. Between accounts, the accounts say where the payment is.
    fn resident(&self, country: &Option<String>) -> Side {
        if self.is_between_accounts() {
            Side::default().with(country)
        } else {
            Side::default().with_needed(country)
        }
    }

    fn is_between_accounts(&self) -> bool {
        let method = self.method.as_deref();
        method.is_some_and(|method| BETWEEN_ACCOUNTS.contains(&method))
    }

    /// A payment that does not say how it is made may be made between accounts.
    fn needs_accounts(&self) -> bool {
        self.method.is_none() || self.is_between_accounts()
    }
}
