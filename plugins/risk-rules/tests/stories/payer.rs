//! Ines, whose past the tests know.

use risk_rules::risk_rules::Plugin;
use weft_sdk::test::{self, Evaluation};
use weft_sdk::{Decimal, Duration, Finding, Instant, Money, Value};

/// Noon, UTC.
pub(crate) const NOON: Instant = Instant(1_767_268_800_000);
pub(crate) const HOUR_MS: u64 = 3_600_000;
pub(crate) const DAY_MS: u64 = 24 * HOUR_MS;

pub(crate) fn days(days: u64) -> Duration {
    Duration(days * DAY_MS)
}

pub(crate) fn eur(cents: i64) -> Money {
    Money::cents(cents, "EUR")
}

/// A payment of an account that was seen for a year, of 25 euros, with its own device, to a known payee.
pub(crate) fn usual() -> Evaluation<Plugin> {
    test::of::<Plugin>()
        .at(NOON)
        .need("payment.amount", eur(25_00))
        .need("payment.method", "card")
        .need("instrument.entry_mode", "ecommerce")
        .need("payer.account", true)
        .need("instrument.pan", true)
        .need("device.id", true)
        .need("location.latitude", true)
        .need("location.longitude", true)
        .need("payee.account", true)
        .need("payee.terminal", true)
        .need("payee.category", true)
        .need("payer.country", "BE")
        .need("payer.account_country", "BE")
        .need("instrument.issuer_country", "BE")
        .need("payee.country", "BE")
        .need("payee.account_country", "BE")
        .need("location.country", "BE")
        .need("behaviour.account.count_1h", 0)
        .need("behaviour.account.count_24h", 1)
        .need("behaviour.account.payees_24h", 1)
        .need("behaviour.account.sum_24h", eur(20_00))
        .need("behaviour.account.sum_30d", eur(600_00))
        .need("behaviour.account.median_30d", eur(20_00))
        .need("behaviour.account.amount_deviation_30d", decimal("0.8"))
        .need("behaviour.account.age", days(365))
        .need("behaviour.account.travel_speed", 3)
        .need("behaviour.account.travel_distance", 11)
        .need("behaviour.card.count_1h", 0)
        .need("behaviour.card.count_24h", 1)
        .need("behaviour.device.count_24h", 1)
        .need("behaviour.device.age", days(300))
        .need("behaviour.account_device.age", days(300))
        .need("behaviour.account_payee.age", days(200))
        .need("behaviour.payee.count_24h", 4)
        .need("behaviour.terminal.count_24h", 4)
}

/// A card payment of an account that was never seen before.
pub(crate) fn first() -> Evaluation<Plugin> {
    test::of::<Plugin>()
        .at(NOON)
        .need("payment.amount", eur(25_00))
        .need("payment.method", "card")
        .need("instrument.entry_mode", "ecommerce")
        .need("payer.account", true)
        .need("instrument.pan", true)
        .need("device.id", true)
        .need("location.latitude", true)
        .need("location.longitude", true)
        .need("payee.account", true)
        .need("payee.terminal", true)
        .need("payee.category", true)
        .need("payer.country", "BE")
        .need("instrument.issuer_country", "BE")
        .need("payee.country", "BE")
        .need("location.country", "BE")
        .need("behaviour.account.count_1h", 0)
        .need("behaviour.account.count_24h", 0)
        .need("behaviour.account.payees_24h", 0)
        .need("behaviour.account.sum_24h", eur(0))
        .need("behaviour.account.sum_30d", eur(0))
        .need("behaviour.card.count_1h", 0)
        .need("behaviour.card.count_24h", 0)
        .need("behaviour.device.count_24h", 0)
        .need("behaviour.payee.count_24h", 0)
        .need("behaviour.terminal.count_24h", 0)
}

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().expect("a decimal")
}

/// The score of an evaluation.
pub(crate) fn score(finding: &Finding) -> u16 {
    finding.risk.expect("every finding has a score")
}

/// The payment with another fact, and its score.
pub(crate) fn score_with(field: &str, value: impl Into<Value>) -> u16 {
    score(&usual().need(field, value).evaluate())
}
