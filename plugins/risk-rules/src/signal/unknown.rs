//! Facts that a payment of its kind has and this one does not name.
//!
//! Nobody can tell how often a device was met that is not named, nor what its account usually does. So each signal that rests
//! on such a fact counts as if it spoke in full, in the group to which it belongs: a group that is full already gets no
//! more. *Unknown* is not *new*: an account, card or payee that is named and was never met has a past of nothing.
//!
//! Method and entry mode say what is missed. Where they are not known themselves, what is missed for it has the points, and
//! they are named with none. So is the account of a payment that is compared with the past of its card.

use weft_sdk::Evidence;

use super::{Signal, Strength, place};
use crate::input::{Fact, Input, known};
use crate::kind::Expected;
use crate::settings::Weights;
use crate::why::Why;

/// What is not known of a payment although it should be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unknown<'a> {
    input: &'a Input,
    weights: &'a Weights,
    expected: Expected,
}

impl<'a> Unknown<'a> {
    pub(crate) fn of(input: &'a Input, weights: &'a Weights) -> Unknown<'a> {
        let expected = Expected::of(input, weights);
        Unknown {
            input,
            weights,
            expected,
        }
    }

    /// Whether there is nobody whose past could be looked at.
    pub(crate) fn is_payer(&self) -> bool {
        let input = self.input;
        let is_nobody =
            input.account.is_absent() && (self.expected.account || input.card.is_absent());
        is_nobody || (input.account_day.is_absent() && input.card_day.is_absent())
    }

    /// Whether there is nobody, or a remote payment names a card alone that was not seen before. In a shop a card may
    /// be new.
    pub(crate) fn is_payer_unproven(&self) -> bool {
        self.is_payer() || (self.input.is_without_past() && self.expected.device)
    }

    fn is_card(&self) -> bool {
        self.expected.card && (self.input.card.is_absent() || self.input.card_day.is_absent())
    }

    fn is_device(&self) -> bool {
        self.expected.device && (self.input.device.is_absent() || self.input.device_day.is_absent())
    }

    fn is_payee(&self) -> bool {
        self.expected.payee && (self.input.payee.is_absent() || self.input.payee_day.is_absent())
    }

    fn is_terminal(&self) -> bool {
        let input = self.input;
        self.expected.terminal && (input.terminal.is_absent() || input.terminal_day.is_absent())
    }

    /// Unusual or unproven: whichever is worse.
    pub(crate) fn amount(&self) -> [Option<Signal>; 1] {
        let weight = self.weights.amount_points.max(self.weights.unproven_points);
        [self.payer(self.is_payer(), weight)]
    }

    pub(crate) fn velocity(&self) -> [Option<Signal>; 3] {
        let weight = self.weights.velocity_points;
        [
            self.payer(self.is_payer(), weight),
            worst(self.is_card(), Why::CardUnknown, weight, [Input::CARD]),
            self.device(weight),
        ]
    }

    pub(crate) fn burst(&self) -> [Option<Signal>; 1] {
        [self.payer(self.is_payer(), self.weights.burst_points)]
    }

    pub(crate) fn novel_device(&self) -> [Option<Signal>; 2] {
        let weight = self.weights.device_points;
        let has_device = self.expected.device || !self.input.device.is_absent();
        [
            self.device(weight),
            self.payer(self.is_payer() && has_device, weight),
        ]
    }

    pub(crate) fn travel(&self) -> [Option<Signal>; 2] {
        let (input, weight) = (self.input, self.weights.travel_points);
        let is_unplaced = input.latitude.is_absent() || input.longitude.is_absent();
        let has_past = !input.account_age.is_absent();
        let has_place = self.expected.device || !is_unplaced;
        [
            self.place(self.expected.device && is_unplaced && has_past, weight),
            self.payer(self.is_payer() && has_place, weight),
        ]
    }

    /// Without a home nobody can tell whether the device is abroad.
    pub(crate) fn abroad(&self) -> [Option<Signal>; 1] {
        let no_country = self.input.location_country.is_absent();
        let is_missed = if no_country {
            self.expected.device
        } else {
            !place::has_home(self.input)
        };
        [self.place(is_missed, self.weights.abroad_points)]
    }

    /// The country of a payee's account goes with the account.
    pub(crate) fn watched(&self) -> [Option<Signal>; 2] {
        let weight = if place::is_watching(self.weights) {
            self.weights.watched_points
        } else {
            0
        };
        let no_place = self.expected.device && self.input.location_country.is_absent();
        [
            self.place(no_place || self.input.payee_country.is_absent(), weight),
            self.payee(weight),
        ]
    }

    pub(crate) fn new_payee(&self) -> [Option<Signal>; 2] {
        let (input, weight) = (self.input, self.weights.payee_points);
        let has_past = !input.account_age.is_absent();
        let has_payee = self.expected.payee || !input.payee.is_absent();
        [
            self.payee(weight).filter(|_| has_past),
            self.payer(self.is_payer() && has_payee, weight),
        ]
    }

    /// A merchant may get many payments.
    pub(crate) fn payee_burst(&self) -> [Option<Signal>; 1] {
        let is_private = self.input.payee_category.is_absent();
        let worst = self.payee(self.weights.payee_burst_points);
        [worst.filter(|_| is_private)]
    }

    pub(crate) fn terminal(&self) -> [Option<Signal>; 1] {
        let weight = self.weights.terminal_points;
        let evidence = [Input::TERMINAL];
        [worst(
            self.is_terminal(),
            Why::TerminalUnknown,
            weight,
            evidence,
        )]
    }

    /// What has no points of its own: what would say the kind, and the account where the past of the card gave some. An entry
    /// mode is of cards, and so of every payment that may be one of a card.
    pub(crate) fn named_only(&self, some_points: bool) -> impl Iterator<Item = Signal> {
        let input = self.input;
        let is_of_card = input.account.is_absent() && !self.is_payer_unproven() && some_points;
        let no_method = known(&input.method).is_none();
        let no_mode = self.expected.card && known(&input.entry_mode).is_none();
        let named = [
            (is_of_card, Why::AccountUnknown, Input::ACCOUNT),
            (no_method, Why::MethodUnknown, Input::METHOD),
            (no_mode, Why::EntryModeUnknown, Input::ENTRY_MODE),
        ];
        let named = named.into_iter().filter(|(is_missed, ..)| *is_missed);
        named.map(|(_, why, evidence)| Signal {
            why,
            points: 0,
            evidence: vec![evidence],
        })
    }

    fn payer(&self, is_missed: bool, weight: i64) -> Option<Signal> {
        worst(is_missed, Why::PayerUnknown, weight, Input::PAYER)
    }

    fn device(&self, weight: i64) -> Option<Signal> {
        worst(
            self.is_device(),
            Why::DeviceUnknown,
            weight,
            [Input::DEVICE],
        )
    }

    fn payee(&self, weight: i64) -> Option<Signal> {
        worst(self.is_payee(), Why::PayeeUnknown, weight, [Input::PAYEE])
    }

    /// The evidence is what is missing of the places and countries.
    fn place(&self, is_missed: bool, weight: i64) -> Option<Signal> {
        let input = self.input;
        let has_place = self.expected.device;
        let no_home = !place::has_home(input);
        let facts: [(bool, &dyn Fact, Evidence); 7] = [
            (has_place, &input.latitude, Input::LATITUDE),
            (has_place, &input.longitude, Input::LONGITUDE),
            (has_place, &input.location_country, Input::LOCATION_COUNTRY),
            (no_home, &input.payer_country, Input::PAYER_COUNTRY),
            (
                no_home,
                &input.payer_account_country,
                Input::PAYER_ACCOUNT_COUNTRY,
            ),
            (no_home, &input.issuer_country, Input::ISSUER_COUNTRY),
            (true, &input.payee_country, Input::PAYEE_COUNTRY),
        ];
        let missing = facts
            .into_iter()
            .filter(|(it_counts, fact, _)| *it_counts && fact.is_absent());
        let evidence = missing.map(|(_, _, evidence)| evidence);
        worst(is_missed, Why::LocationUnknown, weight, evidence)
    }
}

fn worst(
    is_missed: bool,
    why: Why,
    weight: i64,
    evidence: impl IntoIterator<Item = Evidence>,
) -> Option<Signal> {
    Signal::new(why, weight, Strength::of(is_missed), evidence)
}
