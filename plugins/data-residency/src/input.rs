//! The facts: where payer and payee are, and where this host is.

use weft_sdk::prelude::*;

use crate::side::Side;

/// Countries of both sides, and the region. No country is required by itself: any of a side's will do.
#[derive(Debug, Clone, PartialEq, Needs)]
pub struct Input {
    /// Where this host processes and stores.
    #[need("processing.region", purpose = "data-residency")]
    pub region: String,
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
    pub(crate) const COUNTRIES: [Evidence; 8] = [
        Input::REGION,
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
        Side::of(
            [
                &self.payer_country,
                &self.payer_account_country,
                &self.issuer_country,
            ],
            &self.payer_bank,
        )
    }

    /// Who is paid.
    pub(crate) fn payee(&self) -> Side {
        Side::of(
            [&self.payee_country, &self.payee_account_country],
            &self.payee_bank,
        )
    }
}
