//! Where a payment's data may be processed and kept.
//!
//! One policy is one country's law. Its settings are a list of **corridors**: from payers somewhere to
//! payees somewhere. The first corridor that a payment is in says where its data may be *kept*, where it may
//! be *processed* without being kept, and in which region a *copy* has to be. The host says in which region
//! it runs; from the two follows one of these answers:
//!
//! | this region | answer |
//! |---|---|
//! | may keep the data | nothing; `limit` with `copy_in` when a copy has to be elsewhere |
//! | may process it | nothing against it; `limit` with the hours after which it is deleted here |
//! | neither | `deny`, and `route` with the region to which the payment is sent instead |
//!
//! Payer and payee are where *any* of their known countries is: of residence, of the account, of the card,
//! of the bank. A side is elsewhere only if everything is known of it that a payment of its kind has: with
//! a card, the country of residence and that of the card's issuer; between accounts, where the account is. When
//! one of them is missing and the other side does not exclude the corridor, it is not excluded; if it would
//! object, the payment waits or is refused (`when_unknown`), and does not go on because a country was left
//! out. With `when_unknown: deny`, leaving out any of them never gives a milder verdict. If the corridor
//! would only ask for a copy, the payment is flagged, for somebody to look.
//!
//! Whatever else is known, a bank with a card, a residence between accounts, makes a side belong there, too, and
//! is not needed: who leaves it out is judged by the rest.
//!
//! | module | what is there |
//! |---|---|
//! | `input` | the facts: countries and the region |
//! | [`corridors`] | the settings, as they stand in a policy file, and their check |
//! | `side` | whether a payer or payee is in a list of countries |

pub mod corridors;
mod input;
mod side;

use weft_sdk::prelude::*;

pub use corridors::Law;
pub use input::Input;

use corridors::{Corridor, Place};
use side::{Is, Side};

/// Why a payment may not be processed here, or not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Reasons)]
pub enum Why {
    /// The region may neither keep nor process it.
    #[reason("The payment's data may not be processed in this region")]
    NotProcessedHere,
    /// The region may process it, and must not keep it.
    #[reason("The payment's data may be processed in this region, and not be kept here")]
    NotKeptHere,
    /// The region may keep it, and a copy has to be elsewhere.
    #[reason("A copy of the payment's data has to be kept in another region")]
    CopyElsewhere,
    /// A copy has to be elsewhere, if a side of which no country is known is in the corridor.
    #[reason(
        "Not all countries of the payment are known, so that a copy might have to be kept elsewhere"
    )]
    CopyUnknown,
    /// A country is missing that would exclude a corridor.
    #[reason(
        "Not all countries of the payment are known, so that its data might have to be elsewhere"
    )]
    CountryUnknown,
}

/// Asks one law about one payment.
#[policy(operations = ["payment.authorize", "assist.*"], obligations = ["route", "limit"], reasons = Why)]
pub fn data_residency(_: &Context, law: &Law, input: &Input) -> Finding {
    let payer = input.payer();
    let payee = input.payee();
    let mut finding = Finding::abstain();
    for corridor in &law.corridors.0 {
        match is_in(law, corridor, &payer, &payee) {
            Is::Not => {}
            Is::In => return answer(finding, corridor, input),
            // Nothing against it here, wherever the payment is.
            Is::Unknown if corridor.place_of(&input.region) == Place::Keep => {
                finding = perhaps_kept(finding, corridor, input);
            }
            Is::Unknown => return unknown(law),
        }
    }
    finding
}

/// Whether the payment is in a corridor.
fn is_in(law: &Law, corridor: &Corridor, payer: &Side, payee: &Side) -> Is {
    let groups = &law.groups.0;
    payer
        .is_in(&corridor.payer, groups)
        .and(payee.is_in(&corridor.payee, groups))
}

fn answer(finding: Finding, corridor: &Corridor, input: &Input) -> Finding {
    match corridor.place_of(&input.region) {
        Place::Keep => kept(finding, corridor, input),
        Place::Process => processed(finding, corridor),
        Place::Nowhere => refused(corridor),
    }
}

fn kept(finding: Finding, corridor: &Corridor, input: &Input) -> Finding {
    match corridor.copy_needed(&input.region) {
        None => finding,
        Some(region) => finding
            .because(Why::CopyElsewhere, Input::COUNTRIES)
            .oblige("limit", [("copy_in", region)]),
    }
}

/// A copy that may be due is not made of every payment: that would carry data to where it need not be.
fn perhaps_kept(mut finding: Finding, corridor: &Corridor, input: &Input) -> Finding {
    if corridor.copy_needed(&input.region).is_none() {
        return finding;
    }
    finding.verdict = finding.verdict.max(Verdict::Flag);
    finding.because(Why::CopyUnknown, Input::COUNTRIES)
}

fn processed(finding: Finding, corridor: &Corridor) -> Finding {
    let hours = corridor.delete_after_h.to_string();
    let mut limit = vec![("retention_h", hours.as_str())];
    limit.extend(
        corridor
            .send_to
            .as_deref()
            .map(|region| ("keep_in", region)),
    );
    finding
        .because(Why::NotKeptHere, Input::COUNTRIES)
        .oblige("limit", limit)
}

/// Alone: a copy that an earlier corridor may have asked for is none of what is not here.
fn refused(corridor: &Corridor) -> Finding {
    let mut finding = Finding::abstain();
    finding.verdict = Verdict::Deny;
    finding = finding.because(Why::NotProcessedHere, Input::COUNTRIES);
    match &corridor.send_to {
        Some(region) => finding.oblige("route", [("region", region.as_str())]),
        None => finding,
    }
}

fn unknown(law: &Law) -> Finding {
    let mut finding = Finding::abstain();
    finding.verdict = if law.when_unknown == "hold" {
        Verdict::Hold
    } else {
        Verdict::Deny
    };
    finding.because(Why::CountryUnknown, Input::COUNTRIES)
}
