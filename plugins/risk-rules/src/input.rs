//! What the score is made of.
//!
//! All but the amount may be missing: a card payment has no account, a direct debit no device. A fact
//! that is *absent* is one that the payment does not have; a fact that is *withheld* is there, and a policy
//! keeps it from this plugin. What each signal makes of the two stands with the signal.

use weft_sdk::Evidence;
use weft_sdk::prelude::*;

/// The facts and features of one payment. Accounts, cards and devices themselves are not among them: that
/// they are there is enough.
#[derive(Debug, Clone, PartialEq, Needs)]
pub struct Input {
    /// What is paid.
    #[need("payment.amount", purpose = "fraud-prevention")]
    pub amount: Money,
    /// How the money moves.
    #[need("payment.method", purpose = "fraud-prevention")]
    pub method: Need<String>,
    /// How the card's data reached the terminal or page.
    #[need("instrument.entry_mode", purpose = "fraud-prevention")]
    pub entry_mode: Need<String>,
    /// Whether the payment names the payer's account. Without one, the features of the account below are those of
    /// its card.
    #[need("payer.account", purpose = "fraud-prevention", treatment = "present")]
    pub account: Need<bool>,
    /// Whether the payment names its card.
    #[need("instrument.pan", purpose = "fraud-prevention", treatment = "present")]
    pub card: Need<bool>,
    /// Whether the device is known at all.
    #[need("device.id", purpose = "fraud-prevention", treatment = "present")]
    pub device: Need<bool>,
    /// Whether the payee's account is known at all.
    #[need("payee.account", purpose = "fraud-prevention", treatment = "present")]
    pub payee: Need<bool>,
    /// Whether the payment names the terminal.
    #[need("payee.terminal", purpose = "fraud-prevention", treatment = "present")]
    pub terminal: Need<bool>,
    /// Whether the payee has a merchant category.
    #[need("payee.category", purpose = "fraud-prevention", treatment = "present")]
    pub payee_category: Need<bool>,
    /// Where the payer lives.
    #[need("payer.country", purpose = "fraud-prevention")]
    pub payer_country: Need<String>,
    /// Where the payer's account is.
    #[need("payer.account_country", purpose = "fraud-prevention")]
    pub payer_account_country: Need<String>,
    /// Where the card was issued.
    #[need("instrument.issuer_country", purpose = "fraud-prevention")]
    pub issuer_country: Need<String>,
    /// Where the payee lives.
    #[need("payee.country", purpose = "fraud-prevention")]
    pub payee_country: Need<String>,
    /// Where the payee's account is.
    #[need("payee.account_country", purpose = "fraud-prevention")]
    pub payee_account_country: Need<String>,
    /// Where the device is.
    #[need("location.country", purpose = "fraud-prevention")]
    pub location_country: Need<String>,
    /// Whether the payment says where the device is, north and south.
    #[need(
        "location.latitude",
        purpose = "fraud-prevention",
        treatment = "present"
    )]
    pub latitude: Need<bool>,
    /// Whether it says where the device is, east and west.
    #[need(
        "location.longitude",
        purpose = "fraud-prevention",
        treatment = "present"
    )]
    pub longitude: Need<bool>,
    /// When the payer's SIM card was exchanged.
    #[need("payer.sim_changed_at", purpose = "fraud-prevention")]
    pub sim_changed_at: Need<Instant>,
    /// When the payer's password, factor or contact details changed.
    #[need("payer.credentials_changed_at", purpose = "fraud-prevention")]
    pub credentials_changed_at: Need<Instant>,
    /// Payments of the account in an hour.
    #[need("behaviour.account.count_1h", purpose = "fraud-prevention")]
    pub account_hour: Need<i64>,
    /// Payments of the account in a day.
    #[need("behaviour.account.count_24h", purpose = "fraud-prevention")]
    pub account_day: Need<i64>,
    /// Payees of the account in a day.
    #[need("behaviour.account.payees_24h", purpose = "fraud-prevention")]
    pub account_payees: Need<i64>,
    /// Sum of the account in a day.
    #[need("behaviour.account.sum_24h", purpose = "fraud-prevention")]
    pub account_day_sum: Need<Money>,
    /// Sum of the account in thirty days.
    #[need("behaviour.account.sum_30d", purpose = "fraud-prevention")]
    pub account_month_sum: Need<Money>,
    /// Usual amount of the account; absent without a baseline.
    #[need("behaviour.account.median_30d", purpose = "fraud-prevention")]
    pub usual_amount: Need<Money>,
    /// Deviation from the usual amount; absent without a baseline.
    #[need("behaviour.account.amount_deviation_30d", purpose = "fraud-prevention")]
    pub deviation: Need<Decimal>,
    /// Time since the account was first seen; absent when it never was.
    #[need("behaviour.account.age", purpose = "fraud-prevention")]
    pub account_age: Need<Duration>,
    /// Kilometres an hour from the account's last payment.
    #[need("behaviour.account.travel_speed", purpose = "fraud-prevention")]
    pub travel_speed: Need<i64>,
    /// Kilometres from the account's last payment.
    #[need("behaviour.account.travel_distance", purpose = "fraud-prevention")]
    pub travel_distance: Need<i64>,
    /// Payments of the card in an hour.
    #[need("behaviour.card.count_1h", purpose = "fraud-prevention")]
    pub card_hour: Need<i64>,
    /// Payments of the card in a day.
    #[need("behaviour.card.count_24h", purpose = "fraud-prevention")]
    pub card_day: Need<i64>,
    /// Payments of the device in a day.
    #[need("behaviour.device.count_24h", purpose = "fraud-prevention")]
    pub device_day: Need<i64>,
    /// Time since this host first saw the device; absent when it never did.
    #[need("behaviour.device.age", purpose = "fraud-prevention")]
    pub device_age: Need<Duration>,
    /// Time since the account first used the device; absent when it never did.
    #[need("behaviour.account_device.age", purpose = "fraud-prevention")]
    pub account_device_age: Need<Duration>,
    /// Time since the account first paid the payee; absent when it never did.
    #[need("behaviour.account_payee.age", purpose = "fraud-prevention")]
    pub account_payee_age: Need<Duration>,
    /// Payments to the payee in a day.
    #[need("behaviour.payee.count_24h", purpose = "fraud-prevention")]
    pub payee_day: Need<i64>,
    /// Payments at the terminal in a day.
    #[need("behaviour.terminal.count_24h", purpose = "fraud-prevention")]
    pub terminal_day: Need<i64>,
}

/// What signals ask of a fact, whatever its kind.
pub(crate) trait Fact {
    /// Whether a policy keeps it from this plugin.
    fn is_withheld(&self) -> bool;
    /// Whether the payment does not have it.
    fn is_absent(&self) -> bool;
}

impl<T> Fact for Need<T> {
    fn is_withheld(&self) -> bool {
        matches!(self, Need::Withheld(_))
    }

    fn is_absent(&self) -> bool {
        matches!(self, Need::Absent)
    }
}

impl Input {
    /// What says whose past a payment is compared with.
    pub(crate) const PAYER: [Evidence; 5] = [
        Input::ACCOUNT,
        Input::CARD,
        Input::ACCOUNT_AGE,
        Input::ACCOUNT_DAY,
        Input::CARD_DAY,
    ];

    /// Whether the payment names no account, and its card has no past that could stand in.
    pub(crate) fn is_without_past(&self) -> bool {
        known(&self.account).is_none() && known(&self.account_age).is_none()
    }
}

/// The value of a fact that is there.
pub(crate) fn known<T>(fact: &Need<T>) -> Option<&T> {
    match fact {
        Need::Present(value) => Some(value),
        Need::Absent | Need::Withheld(_) => None,
    }
}
