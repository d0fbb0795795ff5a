//! Where the device is, and how it got there.
//!
//! Travel is rated by speed, from the place of the account's last payment to this one, and only over a
//! distance at which the host's coarse places (a tenth of a degree) cannot be the reason. A country other
//! than the payer's is a weak hint: people travel. Countries on the policy's list are the policy's word.
//! A payment that should say where it is made, or where its payer and payee are, is [`unknown`](super::unknown) there.

use weft_sdk::Need;

use super::{Signal, Strength};
use crate::input::{Fact, Input, known};
use crate::settings::Weights;
use crate::why::Why;

/// Points for a way that nobody travels in that time.
pub(crate) fn travel(input: &Input, weights: &Weights) -> Option<Signal> {
    let facts: [&dyn Fact; 2] = [&input.travel_speed, &input.travel_distance];
    let strength = Strength::from_facts(&facts, || {
        let (Some(speed), Some(distance)) =
            (known(&input.travel_speed), known(&input.travel_distance))
        else {
            return Strength::NONE;
        };
        if *distance <= weights.travel_distance_km {
            return Strength::NONE;
        }
        let (from, full) = (weights.travel_from_km_h, weights.travel_full_km_h);
        Strength::ramp((*speed).into(), from.into(), full.into())
    });
    let evidence = [Input::TRAVEL_SPEED, Input::TRAVEL_DISTANCE];
    Signal::new(
        Why::ImpossibleTravel,
        weights.travel_points,
        strength,
        evidence,
    )
}

/// Points when the device is in none of the countries that the payer is known to belong to.
pub(crate) fn abroad(input: &Input, weights: &Weights) -> Option<Signal> {
    let home = [
        &input.payer_country,
        &input.payer_account_country,
        &input.issuer_country,
    ];
    let facts: [&dyn Fact; 4] = [&input.location_country, home[0], home[1], home[2]];
    let strength = Strength::from_facts(&facts, || {
        let mut home = home.into_iter().filter_map(known).peekable();
        match known(&input.location_country) {
            Some(here) if home.peek().is_some() => {
                Strength::of(home.all(|country| !country.eq_ignore_ascii_case(here)))
            }
            _ => Strength::NONE,
        }
    });
    let evidence = [
        Input::LOCATION_COUNTRY,
        Input::PAYER_COUNTRY,
        Input::PAYER_ACCOUNT_COUNTRY,
        Input::ISSUER_COUNTRY,
    ];
    Signal::new(Why::DeviceAbroad, weights.abroad_points, strength, evidence)
}

/// Whether a country of the payer is known.
pub(crate) fn has_home(input: &Input) -> bool {
    let countries = [
        &input.payer_country,
        &input.payer_account_country,
        &input.issuer_country,
    ];
    countries.iter().any(|country| !country.is_absent())
}

/// Whether the policy watches countries.
pub(crate) fn is_watching(weights: &Weights) -> bool {
    !weights.watched_countries.is_empty()
}

/// Points when the payee or the device is in a country that the policy watches.
pub(crate) fn watched(input: &Input, weights: &Weights) -> Option<Signal> {
    if !is_watching(weights) {
        return None;
    }
    let places = [
        &input.payee_country,
        &input.payee_account_country,
        &input.location_country,
    ];
    let facts: [&dyn Fact; 3] = [places[0], places[1], places[2]];
    let is_watched = |place: &Need<String>| {
        known(place).is_some_and(|country| {
            weights
                .watched_countries
                .iter()
                .any(|w| w.eq_ignore_ascii_case(country))
        })
    };
    let strength =
        Strength::from_facts(&facts, || Strength::of(places.into_iter().any(is_watched)));
    let evidence = [
        Input::PAYEE_COUNTRY,
        Input::PAYEE_ACCOUNT_COUNTRY,
        Input::LOCATION_COUNTRY,
    ];
    Signal::new(
        Why::CountryWatched,
        weights.watched_points,
        strength,
        evidence,
    )
}
