//! What a policy may set: weights, where each signal begins and where it is full, and what a score leads to.

use std::collections::BTreeSet;

use weft_sdk::prelude::*;

/// The score that no payment reaches: for thresholds that are not wanted.
const NEVER: i64 = 1_001;

/// Points, thresholds and limits. Durations are in the form of policy files (`24h`).
#[derive(Debug, Clone, PartialEq, Settings)]
#[settings(check = relations)]
pub struct Weights {
    /// The score at which a payment is flagged; 1001 is never.
    #[setting(default = 250, min = 0, max = 1_001, unit = "points")]
    pub flag_at: i64,
    /// The score at which the customer has to approve; 1001 is never.
    #[setting(default = 400, min = 0, max = 1_001, unit = "points")]
    pub challenge_at: i64,
    /// The score at which a payment waits; 1001 is never.
    #[setting(default = 600, min = 0, max = 1_001, unit = "points")]
    pub hold_at: i64,
    /// The score at which a payment is refused, whatever the customer approves; 1001 is never.
    #[setting(default = 950, min = 0, max = 1_001, unit = "points")]
    pub deny_at: i64,
    /// How the customer approves a payment that is challenged or waits.
    #[setting(default = "app-approval", one_of = ["app-approval"])]
    pub step_up: String,
    /// The mildest verdict on a payment of which neither the payer's account nor a card is known: there is no past to compare with.
    #[setting(default = "hold", one_of = ["challenge", "hold", "deny"])]
    pub unknown_payer: String,

    /// Points for an amount far above the account's usual one.
    #[setting(default = 250, min = 0, max = 1_000, unit = "points")]
    pub amount_points: i64,
    /// Robust deviations from the usual amount at which points begin.
    #[setting(default = 3, min = 0, max = 1_000, unit = "deviations")]
    pub amount_from: i64,
    /// Robust deviations at which they are full.
    #[setting(default = 6, min = 1, max = 10_000, unit = "deviations")]
    pub amount_full: i64,
    /// The amount must be so many times the usual one as well: some accounts hardly deviate.
    #[setting(default = 2, min = 1, max = 1_000, unit = "times the usual amount")]
    pub amount_times: i64,
    /// Points for an amount above the limit of its currency when the account has no baseline yet.
    #[setting(default = 250, min = 0, max = 1_000, unit = "points")]
    pub unproven_points: i64,
    /// They are full at so many times the limit.
    #[setting(default = 4, min = 1, max = 1_000, unit = "times the limit")]
    pub unproven_times: i64,
    /// The amounts up to which an account without a baseline pays without points, one a currency. In a currency
    /// that is not listed every amount gets them.
    #[setting(default = ["EUR 250.00", "GBP 220.00", "INR 20000.00", "SGD 350.00", "USD 250.00"])]
    pub unproven_limits: Vec<String>,

    /// Points for many payments of account, card or device, or to many payees; the strongest counts.
    #[setting(default = 200, min = 0, max = 1_000, unit = "points")]
    pub velocity_points: i64,
    /// Payments of an account or card in an hour, this one included, above which points begin.
    #[setting(default = 10, min = 0, max = 100_000, unit = "payments an hour")]
    pub hourly_from: i64,
    /// Payments in an hour at which they are full.
    #[setting(default = 30, min = 1, max = 100_000, unit = "payments an hour")]
    pub hourly_full: i64,
    /// Payments of an account or card in a day above which points begin.
    #[setting(default = 25, min = 0, max = 100_000, unit = "payments a day")]
    pub daily_from: i64,
    /// Payments in a day at which they are full.
    #[setting(default = 75, min = 1, max = 100_000, unit = "payments a day")]
    pub daily_full: i64,
    /// Payments from a device in a day above which points begin.
    #[setting(default = 25, min = 0, max = 100_000, unit = "payments a day")]
    pub device_daily_from: i64,
    /// Payments from a device in a day at which they are full.
    #[setting(default = 75, min = 1, max = 100_000, unit = "payments a day")]
    pub device_daily_full: i64,
    /// Different payees of an account in a day above which points begin.
    #[setting(default = 8, min = 0, max = 100_000, unit = "payees a day")]
    pub payees_from: i64,
    /// Different payees in a day at which they are full.
    #[setting(default = 20, min = 1, max = 100_000, unit = "payees a day")]
    pub payees_full: i64,
    /// Points when several payments of a day add up to many usual days.
    #[setting(default = 200, min = 0, max = 1_000, unit = "points")]
    pub burst_points: i64,
    /// Several are so many payments, this one included.
    #[setting(default = 3, min = 2, max = 1_000, unit = "payments")]
    pub burst_payments: i64,
    /// Usual days at which points begin.
    #[setting(default = 5, min = 1, max = 10_000, unit = "usual days")]
    pub burst_from: i64,
    /// Usual days at which they are full.
    #[setting(default = 15, min = 2, max = 100_000, unit = "usual days")]
    pub burst_full: i64,

    /// Points for a device that the account has not used before.
    #[setting(default = 150, min = 0, max = 1_000, unit = "points")]
    pub device_points: i64,
    /// How long a device is young to an account; a young one gets half the points.
    #[setting(default = "24h", min = "0s", max = "90d")]
    pub device_settles: Duration,
    /// Entry modes in which a card or wallet is used from a device of the payer, which the payment has to name.
    #[setting(default = ["ecommerce", "wallet"])]
    pub device_modes: Vec<String>,
    /// Payment methods that come from a device of the payer; of a card or wallet the entry mode decides, where it is given.
    #[setting(default = ["card", "credit_transfer", "wallet"])]
    pub device_methods: Vec<String>,
    /// Entry modes in which a card or wallet is used at a terminal, which the payment has to name.
    #[setting(default = ["chip", "contactless", "keyed", "magstripe"])]
    pub terminal_modes: Vec<String>,

    /// Points for a way that nobody travels in that time.
    #[setting(default = 250, min = 0, max = 1_000, unit = "points")]
    pub travel_points: i64,
    /// Kilometres up to which no way is impossible; places are coarse, so at least 16.
    #[setting(default = 100, min = 16, max = 20_016, unit = "km")]
    pub travel_distance_km: i64,
    /// Kilometres an hour at which points begin.
    #[setting(default = 700, min = 1, max = 100_000, unit = "km/h")]
    pub travel_from_km_h: i64,
    /// Kilometres an hour at which they are full.
    #[setting(default = 1_000, min = 2, max = 100_000, unit = "km/h")]
    pub travel_full_km_h: i64,
    /// Points for a device in another country than the payer's.
    #[setting(default = 50, min = 0, max = 1_000, unit = "points")]
    pub abroad_points: i64,
    /// Points for a payee or device in a country of the list below.
    #[setting(default = 150, min = 0, max = 1_000, unit = "points")]
    pub watched_points: i64,
    /// Countries that the policy watches, ISO 3166-1 alpha-2.
    #[setting(default = [])]
    pub watched_countries: Vec<String>,

    /// Points for a payee that the account has not paid before.
    #[setting(default = 80, min = 0, max = 1_000, unit = "points")]
    pub payee_points: i64,
    /// How long a payee is young to an account; a young one gets half the points.
    #[setting(default = "24h", min = "0s", max = "90d")]
    pub payee_settles: Duration,
    /// Points for many payments to a payee without a merchant category.
    #[setting(default = 150, min = 0, max = 1_000, unit = "points")]
    pub payee_burst_points: i64,
    /// Payments to such a payee in a day above which points begin.
    #[setting(default = 20, min = 0, max = 1_000_000, unit = "payments a day")]
    pub payee_daily_from: i64,
    /// Payments to such a payee in a day at which they are full.
    #[setting(default = 60, min = 1, max = 1_000_000, unit = "payments a day")]
    pub payee_daily_full: i64,
    /// Points for many payments at one terminal.
    #[setting(default = 100, min = 0, max = 1_000, unit = "points")]
    pub terminal_points: i64,
    /// Payments at a terminal in a day above which points begin.
    #[setting(default = 500, min = 0, max = 1_000_000, unit = "payments a day")]
    pub terminal_daily_from: i64,
    /// Payments at a terminal in a day at which they are full.
    #[setting(default = 2_000, min = 1, max = 1_000_000, unit = "payments a day")]
    pub terminal_daily_full: i64,

    /// Points for a SIM card or credentials that changed a short time ago.
    #[setting(default = 200, min = 0, max = 1_000, unit = "points")]
    pub takeover_points: i64,
    /// How long ago is a short time.
    #[setting(default = "72h", min = "0s", max = "90d")]
    pub takeover_window: Duration,

    /// Points for a payment at night.
    #[setting(default = 30, min = 0, max = 1_000, unit = "points")]
    pub night_points: i64,
    /// The hour at which night begins, UTC.
    #[setting(default = 0, min = 0, max = 23, unit = "o'clock UTC")]
    pub night_from: i64,
    /// The hour at which night ends, UTC. The same hour twice: no night.
    #[setting(default = 5, min = 0, max = 23, unit = "o'clock UTC")]
    pub night_until: i64,
}

/// The limit in the currency of an amount, in its minor unit.
pub(crate) fn limit_for(limits: &[String], amount: &Money) -> Option<i64> {
    limits
        .iter()
        .filter_map(|limit| limit.split_once(' '))
        .find(|(currency, _)| *currency == amount.currency)
        .and_then(|(_, limit)| minor_units(limit.trim(), amount.exponent))
}

/// A decimal in minor units; what is less than one unit is dropped, which makes a limit no higher.
fn minor_units(text: &str, exponent: u8) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || text.ends_with('.') {
        return None;
    }
    let padded = fraction
        .bytes()
        .chain(std::iter::repeat(b'0'))
        .take(exponent.into());
    whole.bytes().chain(padded).try_fold(0_i64, |sum, digit| {
        sum.checked_mul(10)?.checked_add(i64::from(digit - b'0'))
    })
}

/// What the manifest's ranges cannot say.
fn relations(weights: &Weights) -> Vec<Problem> {
    let mut problems = threshold_problems(weights);
    problems.extend(ramp_problems(weights));
    problems.extend(limits_problems(&weights.unproven_limits));
    problems.extend(country_problems(&weights.watched_countries));
    problems
}

/// The severer the verdict, the higher its score; and some score stops a payment.
fn threshold_problems(w: &Weights) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, at, milder, milder_at) in [
        ("challenge_at", w.challenge_at, "flag_at", w.flag_at),
        ("hold_at", w.hold_at, "challenge_at", w.challenge_at),
        ("deny_at", w.deny_at, "hold_at", w.hold_at),
    ] {
        if at < milder_at {
            let message = format!(
                "a severer verdict at a lower score: {at} is less than {milder} ({milder_at})"
            );
            problems.push(problem(name, message));
        }
    }
    if w.flag_at == 0 {
        problems.push(problem(
            "flag_at",
            "every payment would be flagged; begin at 1",
        ));
    }
    if w.challenge_at == NEVER && w.hold_at == NEVER && w.deny_at == NEVER {
        problems.push(problem(
            "challenge_at",
            "no score would stop a payment; set one of the thresholds",
        ));
    }
    problems
}

/// Points begin before they are full.
fn ramp_problems(w: &Weights) -> Vec<Problem> {
    let ramps = [
        ("amount_from", w.amount_from, "amount_full", w.amount_full),
        ("hourly_from", w.hourly_from, "hourly_full", w.hourly_full),
        ("daily_from", w.daily_from, "daily_full", w.daily_full),
        (
            "device_daily_from",
            w.device_daily_from,
            "device_daily_full",
            w.device_daily_full,
        ),
        ("payees_from", w.payees_from, "payees_full", w.payees_full),
        ("burst_from", w.burst_from, "burst_full", w.burst_full),
        (
            "travel_from_km_h",
            w.travel_from_km_h,
            "travel_full_km_h",
            w.travel_full_km_h,
        ),
        (
            "payee_daily_from",
            w.payee_daily_from,
            "payee_daily_full",
            w.payee_daily_full,
        ),
        (
            "terminal_daily_from",
            w.terminal_daily_from,
            "terminal_daily_full",
            w.terminal_daily_full,
        ),
    ];
    ramps
        .into_iter()
        .filter(|(_, from, _, full)| from >= full)
        .map(|(begin, from, name, full)| {
            problem(
                name,
                format!("points are full at {full}, before they begin at {begin} ({from})"),
            )
        })
        .collect()
}

fn problem(path: &str, message: impl Into<String>) -> Problem {
    Problem {
        path: path.to_owned(),
        message: message.into(),
    }
}

fn limits_problems(limits: &[String]) -> Vec<Problem> {
    let is_code = |code: &str| code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase());
    let is_limit = |text: &String| {
        text.split_once(' ').is_some_and(|(currency, limit)| {
            is_code(currency) && minor_units(limit.trim(), 0).is_some()
        })
    };
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, limit) in limits.iter().enumerate() {
        let number = index + 1;
        if !is_limit(limit) {
            let message =
                format!("limit {number} is not a currency and an amount, such as EUR 250.00");
            problems.push(problem("unproven_limits", message));
        } else if !seen.insert(limit.get(..3)) {
            problems.push(problem(
                "unproven_limits",
                format!("limit {number} is a second one for its currency"),
            ));
        }
    }
    problems
}

fn country_problems(countries: &[String]) -> impl Iterator<Item = Problem> {
    let is_code = |code: &str| code.len() == 2 && code.bytes().all(|b| b.is_ascii_alphabetic());
    countries
        .iter()
        .filter(move |code| !is_code(code))
        .map(|_| Problem {
            path: "watched_countries".to_owned(),
            message: "a country is two letters, such as BE".to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_in_the_currencys_own_minor_unit() {
        assert_eq!(minor_units("250.00", 2), Some(25_000));
        assert_eq!(minor_units("250", 2), Some(25_000));
        assert_eq!(minor_units("30000", 0), Some(30_000));
        assert_eq!(
            minor_units("1.2345", 3),
            Some(1_234),
            "never above what is written"
        );
        assert_eq!(minor_units("0.5", 0), Some(0));
        for bad in ["", ".", "1.", "-1", "1,5", "1e3", "9223372036854775808"] {
            assert_eq!(minor_units(bad, 0), None, "{bad:?}");
        }
    }
}
