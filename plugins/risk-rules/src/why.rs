//! What adds points.

use weft_sdk::prelude::*;

/// The signals, each a reason of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Reasons)]
pub enum Why {
    /// See [`crate::signal::amount`].
    #[reason("The amount is far above what the account usually pays")]
    AmountUnusual,
    /// See [`crate::signal::amount`].
    #[reason("The amount is high for an account of which little is known")]
    AmountUnproven,
    /// See [`crate::signal::velocity`].
    #[reason("Many payments of the account in a short time")]
    VelocityAccount,
    /// See [`crate::signal::velocity`].
    #[reason("Many payments of the card in a short time")]
    VelocityCard,
    /// See [`crate::signal::velocity`].
    #[reason("Many payments from the device in a day")]
    VelocityDevice,
    /// See [`crate::signal::velocity`].
    #[reason("Many different payees of the account in a day")]
    ManyPayees,
    /// See [`crate::signal::velocity`].
    #[reason("Several payments in a day add up to much more than usual")]
    SpendingBurst,
    /// See [`crate::signal::device`].
    #[reason("The account has not used this device before, or only just")]
    DeviceNew,
    /// See [`crate::signal::unknown`].
    #[reason("The payment does not say from which device it comes")]
    DeviceUnknown,
    /// See [`crate::signal::place`].
    #[reason("Nobody travels that fast from the place of the last payment")]
    ImpossibleTravel,
    /// See [`crate::signal::place`].
    #[reason("The device is in another country than the payer's")]
    DeviceAbroad,
    /// See [`crate::signal::place`].
    #[reason("A country of the payment is on the policy's list")]
    CountryWatched,
    /// See [`crate::signal::unknown`].
    #[reason("The payment does not say where it is made, or where payer or payee are")]
    LocationUnknown,
    /// See [`crate::signal::payee`].
    #[reason("The account has not paid this payee before, or only just")]
    PayeeNew,
    /// See [`crate::signal::payee`].
    #[reason("A payee who is no merchant gets many payments in a day")]
    PayeeBurst,
    /// See [`crate::signal::payee`].
    #[reason("The terminal takes unusually many payments in a day")]
    TerminalBurst,
    /// See [`crate::signal::takeover`].
    #[reason("The payer's SIM card was exchanged a short time ago")]
    SimChanged,
    /// See [`crate::signal::takeover`].
    #[reason("The payer's credentials or contact details changed a short time ago")]
    CredentialsChanged,
    /// See [`crate::signal::night`].
    #[reason("The payment is made at night")]
    Night,
    /// See [`crate::signal::unknown`].
    #[reason("The payment does not name its card")]
    CardUnknown,
    /// See [`crate::signal::unknown`].
    #[reason("The payment does not name the payee's account")]
    PayeeUnknown,
    /// See [`crate::signal::unknown`].
    #[reason("The payment does not name the terminal")]
    TerminalUnknown,
    /// See [`crate::signal::unknown`].
    #[reason("Neither the account nor the card of the payer is known")]
    PayerUnknown,
    /// See [`crate::signal::unknown`].
    #[reason(
        "The payment does not name the payer's account, so the past of its card was looked at"
    )]
    AccountUnknown,
    /// See [`crate::signal::unknown`].
    #[reason("The payment method is not known, so it may be any")]
    MethodUnknown,
    /// See [`crate::signal::unknown`].
    #[reason("How the card was read is not known, so it may be any way")]
    EntryModeUnknown,
}

impl Why {
    /// Whether it names what the payment does not say.
    pub(crate) fn is_unknown(self) -> bool {
        matches!(
            self,
            Why::DeviceUnknown
                | Why::LocationUnknown
                | Why::CardUnknown
                | Why::PayeeUnknown
                | Why::TerminalUnknown
                | Why::PayerUnknown
                | Why::AccountUnknown
                | Why::MethodUnknown
                | Why::EntryModeUnknown
        )
    }
}
