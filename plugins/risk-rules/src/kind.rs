//! What a payment of its kind has.
//!
//! The kind is what method and entry mode leave possible: one that is not said may be any. So nothing is gained by
//! leaving them out, and a fact that no payment of this kind has is not missed.
//!
//! | kind | its facts |
//! |---|---|
//! | a card or wallet from a device of the payer | card, device with its place, payee's account |
//! | a card or wallet at a terminal | card, terminal |
//! | a credit transfer | payer's account, device with its place, payee's account |
//! | a direct debit, which the payee starts | payer's account, payee's account |
//!
//! A fact beyond this table can only add points: who leaves it out is judged by the rest.

use crate::input::{Input, known};
use crate::settings::Weights;

/// The methods that move money by a card, of which the entry mode says how it was read.
const CARD_METHODS: [&str; 2] = ["card", "wallet"];

/// The facts that a payment of its kind has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The payer's account. With a card, the card tells who pays.
    pub(crate) account: bool,
    /// The card.
    pub(crate) card: bool,
    /// The device, and where it is.
    pub(crate) device: bool,
    /// The payee's account.
    pub(crate) payee: bool,
    /// The terminal.
    pub(crate) terminal: bool,
}

impl Expected {
    pub(crate) fn of(input: &Input, weights: &Weights) -> Expected {
        let Some(method) = known(&input.method) else {
            return Expected::ANY;
        };
        let has_device = weights.device_methods.contains(method);
        if !CARD_METHODS.contains(&method.as_str()) {
            return Expected {
                account: true,
                card: false,
                device: has_device,
                payee: true,
                terminal: false,
            };
        }
        let mode = known(&input.entry_mode);
        let may_be = |modes: &[String]| mode.is_none_or(|mode| modes.contains(mode));
        let is_at_terminal = mode.is_some_and(|mode| weights.terminal_modes.contains(mode));
        Expected {
            account: false,
            card: true,
            device: has_device && may_be(&weights.device_modes),
            payee: !is_at_terminal,
            terminal: may_be(&weights.terminal_modes),
        }
    }

    const ANY: Expected = Expected {
        account: true,
        card: true,
        device: true,
        payee: true,
        terminal: true,
    };
}
