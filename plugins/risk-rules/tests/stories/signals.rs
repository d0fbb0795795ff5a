//! Each signal: where it begins, where it is full, and what it makes of what is missing.

use crate::payer::{DAY_MS, HOUR_MS, NOON, days, decimal, eur, first, score, score_with, usual};
use weft_sdk::{Duration, Instant, Money, Value, Verdict};

#[test]
fn the_usual_payment_has_no_points() {
    let finding = usual().evaluate();
    assert_eq!(finding.verdict, Verdict::Allow);
    assert_eq!(finding.risk, Some(0));
    assert_eq!(finding.codes(), Vec::<&str>::new());
    assert_eq!(finding.obligations, []);
}

#[test]
fn an_amount_is_unusual_by_the_accounts_own_spread() {
    let rated = |deviation: &str| {
        let payment = usual().need("payment.amount", eur(900_00));
        score(
            &payment
                .need("behaviour.account.amount_deviation_30d", decimal(deviation))
                .evaluate(),
        )
    };
    assert_eq!(
        [rated("3"), rated("4.5"), rated("6"), rated("170.5")],
        [0, 125, 250, 250]
    );
    assert_eq!(rated("-9"), 0, "less than usual");
    assert_eq!(
        rated("79228162514264337593543950335"),
        250,
        "the largest decimal"
    );
}

#[test]
fn an_account_that_always_pays_the_same_may_pay_a_little_more() {
    let rent = |cents| {
        usual()
            .need("payment.amount", eur(cents))
            .need("behaviour.account.median_30d", eur(500_00))
            .need("behaviour.account.amount_deviation_30d", decimal("40"))
            .evaluate()
    };
    assert_eq!(rent(999_99).codes(), Vec::<&str>::new());
    assert_eq!(rent(1_000_00).codes(), ["amount-unusual"]);
}

#[test]
fn an_absent_baseline_is_not_a_zero() {
    let small = first().evaluate();
    assert_eq!((small.verdict, small.risk), (Verdict::Allow, Some(0)));
    let pays = |cents| score(&first().need("payment.amount", eur(cents)).evaluate());
    assert_eq!(pays(250_00), 0, "at the limit");
    assert_eq!(pays(625_00), 125);
    assert_eq!(pays(1_000_00), 250, "four times the limit");
    let large = first().need("payment.amount", eur(90_000_00)).evaluate();
    assert_eq!(
        (large.verdict, large.codes()),
        (Verdict::Flag, vec!["amount-unproven"])
    );
}

#[test]
fn a_limit_holds_in_its_own_currency_only() {
    let pays = |minor_units, currency: &str, exponent| {
        let currency = currency.to_owned();
        let amount = Money {
            minor_units,
            currency,
            exponent,
        };
        first().need("payment.amount", amount).evaluate().codes()
    };
    assert_eq!(pays(20_000_00, "INR", 2), Vec::<&str>::new());
    assert_eq!(pays(21_000_00, "INR", 2), ["amount-unproven"]);
    assert_eq!(
        pays(1, "JPY", 0),
        ["amount-unproven"],
        "a currency without a limit has no small amounts"
    );
}

#[test]
fn a_policy_gives_limits_by_currency() {
    let limits = vec!["BHD 90.000".to_owned(), "JPY 30000".to_owned()];
    let pays = |minor_units, currency: &str, exponent| {
        let currency = currency.to_owned();
        let amount = Money {
            minor_units,
            currency,
            exponent,
        };
        let payment = first().setting("unproven_limits", limits.clone());
        score(&payment.need("payment.amount", amount).evaluate())
    };
    assert_eq!([pays(30_000, "JPY", 0), pays(120_000, "JPY", 0)], [0, 250]);
    assert_eq!([pays(90_000, "BHD", 3), pays(360_000, "BHD", 3)], [0, 250]);
    assert_eq!(
        pays(1, "EUR", 2),
        250,
        "the policy's limits replace the plugin's"
    );
}

#[test]
fn many_payments_in_an_hour_or_a_day() {
    assert_eq!(
        score_with("behaviour.account.count_1h", 9),
        0,
        "ten with this one"
    );
    assert_eq!(score_with("behaviour.account.count_1h", 19), 100);
    assert_eq!(score_with("behaviour.account.count_1h", 29), 200);
    assert_eq!(score_with("behaviour.account.count_24h", 24), 0);
    assert_eq!(score_with("behaviour.account.count_24h", 74), 200);
    assert_eq!(score_with("behaviour.card.count_24h", 49), 100);
    assert_eq!(score_with("behaviour.device.count_24h", 4_096), 200);
    assert_eq!(score_with("behaviour.account.payees_24h", i64::MAX), 200);
}

#[test]
fn an_account_its_card_and_its_device_are_not_counted_twice() {
    let finding = usual()
        .need("behaviour.account.count_1h", 19)
        .need("behaviour.card.count_1h", 29)
        .need("behaviour.device.count_24h", 49)
        .evaluate();
    assert_eq!(finding.codes(), ["velocity-card"]);
    assert_eq!(finding.risk, Some(200));
}

#[test]
fn several_payments_that_add_up_to_many_usual_days() {
    // 600 euros in thirty days: a usual day is 20 euros.
    let day = |before: i64, cents| {
        usual()
            .need("behaviour.account.count_24h", before)
            .need("behaviour.account.sum_24h", eur(cents))
            .evaluate()
    };
    assert_eq!(day(2, 75_00).codes(), Vec::<&str>::new(), "five usual days");
    assert_eq!(score(&day(2, 175_00)), 100, "ten");
    assert_eq!(score(&day(2, 275_00)), 200, "fifteen");
    assert_eq!(day(2, 275_00).codes(), ["spending-burst"]);
    assert_eq!(score(&day(1, 275_00)), 0, "two payments are not several");
}

#[test]
fn an_account_without_a_week_of_past_has_no_usual_day() {
    let young = |age: u64| {
        let payment = usual()
            .need("behaviour.account.count_24h", 5)
            .need("behaviour.account.sum_24h", eur(575_00))
            .need("behaviour.account.sum_30d", eur(600_00))
            .need("behaviour.account_device.age", days(age))
            .need("behaviour.account_payee.age", days(age));
        payment.need("behaviour.account.age", days(age)).evaluate()
    };
    assert_eq!(young(6).codes(), Vec::<&str>::new());
    assert_eq!(
        young(7).codes(),
        ["spending-burst"],
        "seven usual days, of which one is 86 euros"
    );
    assert_eq!(score(&young(30)), 200);
}

#[test]
fn a_sum_in_another_currency_cannot_calm_anybody() {
    let finding = usual()
        .need("behaviour.account.count_24h", 5)
        .need("behaviour.account.sum_24h", Money::cents(1, "USD"))
        .evaluate();
    assert_eq!(finding.codes(), ["spending-burst"]);
    let finding = usual()
        .need("payment.amount", eur(900_00))
        .need("behaviour.account.median_30d", Money::cents(900_00, "USD"))
        .need("behaviour.account.amount_deviation_30d", decimal("12"))
        .evaluate();
    assert_eq!(finding.codes(), ["amount-unusual"]);
}

#[test]
fn a_device_is_new_young_or_known() {
    let age = |ms| score_with("behaviour.account_device.age", Duration(ms));
    let new = usual()
        .need("behaviour.account_device.age", Value::Absent)
        .evaluate();
    assert_eq!(new.codes(), ["device-new"]);
    assert_eq!(score(&new), 150);
    assert_eq!([age(0), age(DAY_MS - 1), age(DAY_MS)], [75, 75, 0]);
}

#[test]
fn to_a_new_account_every_device_and_payee_is_new_and_that_says_nothing() {
    assert_eq!(first().evaluate().codes(), Vec::<&str>::new());
    let after_an_hour = usual()
        .need("behaviour.account.age", Duration(HOUR_MS))
        .need("behaviour.account_device.age", Duration(HOUR_MS))
        .need("behaviour.account_payee.age", Duration(HOUR_MS))
        .evaluate();
    assert_eq!(after_an_hour.codes(), Vec::<&str>::new());
    let with_a_second_device = usual()
        .need("behaviour.account.age", Duration(HOUR_MS))
        .need("behaviour.account_device.age", Value::Absent)
        .need("behaviour.account_payee.age", Duration(HOUR_MS))
        .evaluate();
    assert_eq!(with_a_second_device.codes(), ["device-new"]);
}

#[test]
fn nothing_is_gained_by_leaving_the_device_out() {
    let without = || {
        usual()
            .need("device.id", Value::Absent)
            .need("behaviour.account_device.age", Value::Absent)
            .need("behaviour.device.age", Value::Absent)
            .need("behaviour.device.count_24h", Value::Absent)
    };
    let remote = without().evaluate();
    assert_eq!(remote.codes(), ["device-unknown"]);
    assert_eq!(score(&remote), 350, "new, and used often");
    let in_a_shop = without().need("instrument.entry_mode", "chip").evaluate();
    assert_eq!(in_a_shop.codes(), Vec::<&str>::new());
    let says_nothing = without().need("instrument.entry_mode", Value::Absent);
    assert_eq!(
        says_nothing.evaluate().codes(),
        ["device-unknown", "entry-mode-unknown"],
        "a card that does not say how it was read"
    );
    let transfer = || without().need("instrument.entry_mode", Value::Absent);
    let by_a_bank = transfer()
        .need("payment.method", "credit_transfer")
        .evaluate();
    assert_eq!(by_a_bank.codes(), ["device-unknown"]);
    let by_the_payee = transfer().need("payment.method", "direct_debit").evaluate();
    assert_eq!(
        by_the_payee.codes(),
        Vec::<&str>::new(),
        "a direct debit has no device of the payer"
    );
    let by_whatever = transfer().need("payment.method", Value::Absent).evaluate();
    assert_eq!(
        by_whatever.codes(),
        ["device-unknown", "method-unknown", "entry-mode-unknown"]
    );
}

#[test]
fn a_card_alone_is_asked_whether_the_host_knows_the_device() {
    let alone = || first().need("payer.account", Value::Absent);
    assert_eq!(alone().evaluate().codes(), ["payer-unknown", "device-new"]);
    let known = alone().need("behaviour.device.age", days(1)).evaluate();
    assert_eq!(known.codes(), ["payer-unknown"]);
    assert_eq!(known.verdict, Verdict::Hold, "remote, and nobody's");
    let in_a_shop = alone()
        .need("instrument.entry_mode", "chip")
        .need("behaviour.device.age", days(1));
    assert_eq!(in_a_shop.evaluate().codes(), Vec::<&str>::new());
}

#[test]
fn nobody_travels_faster_than_an_aeroplane() {
    let way = |km_h: i64, km: i64| {
        let payment = usual().need("behaviour.account.travel_speed", km_h);
        score(
            &payment
                .need("behaviour.account.travel_distance", km)
                .evaluate(),
        )
    };
    assert_eq!(way(700, 1_700), 0);
    assert_eq!(way(850, 1_700), 125);
    assert_eq!(way(1_000, 1_700), 250);
    assert_eq!(way(5_000_000, 1_700), 250);
    assert_eq!(
        way(5_000_000, 100),
        0,
        "so near that a coarse place may be the reason"
    );
    assert_eq!(way(5_000_000, 101), 250);
}

#[test]
fn abroad_is_none_of_the_payers_own_countries() {
    let here = |country: &str| usual().need("location.country", country).evaluate().codes();
    assert_eq!(here("PT"), ["device-abroad"]);
    assert_eq!(
        here("be"),
        Vec::<&str>::new(),
        "lower case is the same country"
    );
    let two_homes = usual()
        .need("payer.account_country", "PT")
        .need("location.country", "PT");
    assert_eq!(two_homes.evaluate().codes(), Vec::<&str>::new());
    let nowhere = usual()
        .need("location.country", "PT")
        .need("payer.country", Value::Absent)
        .need("payer.account_country", Value::Absent)
        .need("instrument.issuer_country", Value::Absent);
    assert_eq!(
        nowhere.evaluate().codes(),
        ["location-unknown"],
        "without a home anywhere may be abroad"
    );
}

#[test]
fn nothing_is_gained_by_leaving_the_place_out() {
    let without = || {
        usual()
            .need("location.latitude", Value::Absent)
            .need("location.longitude", Value::Absent)
            .need("location.country", Value::Absent)
            .need("behaviour.account.travel_speed", Value::Absent)
            .need("behaviour.account.travel_distance", Value::Absent)
    };
    let remote = without().evaluate();
    assert_eq!(
        (remote.codes(), score(&remote)),
        (vec!["location-unknown"], 300)
    );
    let half = usual()
        .need("location.longitude", Value::Absent)
        .need("behaviour.account.travel_speed", Value::Absent)
        .need("behaviour.account.travel_distance", Value::Absent);
    assert_eq!(score(&half.evaluate()), 250, "half a place is none");
    let kept_back = || Value::Withheld("redacted".to_owned());
    let withheld = usual()
        .need("location.latitude", kept_back())
        .need("location.longitude", kept_back());
    assert_eq!(score(&withheld.evaluate()), 0, "it is there, and was rated");
    for mode in ["chip", "contactless"] {
        let in_a_shop = without().need("instrument.entry_mode", mode).evaluate();
        assert_eq!(in_a_shop.codes(), Vec::<&str>::new(), "{mode}");
    }
    let watching = without().setting("watched_countries", vec!["KY".to_owned()]);
    assert_eq!(score(&watching.evaluate()), 450, "it may be there");
    let first = first()
        .need("location.latitude", Value::Absent)
        .need("location.longitude", Value::Absent);
    assert_eq!(
        first.evaluate().codes(),
        Vec::<&str>::new(),
        "no way without a past"
    );
}

#[test]
fn a_policy_may_watch_countries() {
    let watching = |list: &[&str]| {
        let list: Vec<String> = list.iter().map(|c| (*c).to_owned()).collect();
        usual()
            .setting("watched_countries", list)
            .need("payee.account_country", "KY")
            .evaluate()
            .codes()
    };
    assert_eq!(watching(&[]), Vec::<&str>::new());
    assert_eq!(watching(&["PA"]), Vec::<&str>::new());
    assert_eq!(watching(&["PA", "ky"]), ["country-watched"]);
}

#[test]
fn a_payee_is_new_to_an_account_with_a_past() {
    let new = usual()
        .need("behaviour.account_payee.age", Value::Absent)
        .evaluate();
    assert_eq!((new.codes(), score(&new)), (vec!["payee-new"], 80));
    assert_eq!(
        score_with("behaviour.account_payee.age", Duration(HOUR_MS)),
        40
    );
    let not_named = || {
        usual()
            .need("payee.account", Value::Absent)
            .need("behaviour.account_payee.age", Value::Absent)
            .need("behaviour.payee.count_24h", Value::Absent)
    };
    let remote = not_named().evaluate();
    assert_eq!(
        (remote.codes(), score(&remote)),
        (vec!["payee-unknown"], 80)
    );
    let private = not_named().need("payee.category", Value::Absent);
    assert_eq!(score(&private.evaluate()), 230, "new, and paid by many");
    let at_a_terminal = not_named().need("instrument.entry_mode", "contactless");
    assert_eq!(at_a_terminal.evaluate().codes(), Vec::<&str>::new());
}

#[test]
fn many_payments_to_a_person_are_not_many_to_a_shop() {
    let payee = |before: i64| usual().need("behaviour.payee.count_24h", before);
    assert_eq!(payee(10_000).evaluate().codes(), Vec::<&str>::new());
    let person = |before| {
        payee(before)
            .need("payee.category", Value::Absent)
            .evaluate()
    };
    assert_eq!(score(&person(19)), 0);
    assert_eq!(score(&person(39)), 75);
    assert_eq!(person(59).codes(), ["payee-burst"]);
}

#[test]
fn a_terminal_bursts_above_what_a_busy_one_takes() {
    assert_eq!(score_with("behaviour.terminal.count_24h", 499), 0);
    assert_eq!(score_with("behaviour.terminal.count_24h", 1_999), 100);
}

#[test]
fn a_new_sim_card_or_password() {
    let since = |field: &str, ms: u64| score_with(field, Instant(NOON.0 - ms));
    assert_eq!(since("payer.sim_changed_at", 72 * HOUR_MS - 1), 200);
    assert_eq!(since("payer.sim_changed_at", 72 * HOUR_MS), 0);
    assert_eq!(since("payer.credentials_changed_at", 0), 200);
    assert_eq!(
        score_with("payer.sim_changed_at", Instant(NOON.0 + DAY_MS)),
        200,
        "a clock that is wrong"
    );
    let both = usual()
        .need("payer.sim_changed_at", NOON)
        .need("payer.credentials_changed_at", NOON)
        .evaluate();
    assert_eq!((both.codes(), score(&both)), (vec!["sim-changed"], 200));
}

#[test]
fn night_is_a_hint_and_may_reach_over_midnight() {
    let at = |hour: u64, from: i64, until: i64| {
        let payment = usual().at(Instant(NOON.0 - 12 * HOUR_MS + hour * HOUR_MS));
        score(
            &payment
                .setting("night_from", from)
                .setting("night_until", until)
                .evaluate(),
        )
    };
    assert_eq!(
        [at(0, 0, 5), at(4, 0, 5), at(5, 0, 5), at(23, 0, 5)],
        [30, 30, 0, 0]
    );
    assert_eq!(
        [at(22, 22, 4), at(3, 22, 4), at(4, 22, 4), at(12, 22, 4)],
        [30, 30, 0, 0]
    );
    assert_eq!([at(7, 7, 7), at(0, 7, 7)], [0, 0], "no night");
}

#[test]
fn nothing_is_gained_by_leaving_the_card_or_the_terminal_out() {
    let no_card = || {
        usual()
            .need("instrument.pan", Value::Absent)
            .need("behaviour.card.count_1h", Value::Absent)
            .need("behaviour.card.count_24h", Value::Absent)
    };
    let remote = no_card().evaluate();
    assert_eq!(
        (remote.codes(), score(&remote)),
        (vec!["card-unknown"], 200)
    );
    let busy = no_card().need("behaviour.account.count_1h", 29).evaluate();
    assert_eq!(busy.codes(), ["velocity-account", "card-unknown"]);
    assert_eq!(
        score(&busy),
        200,
        "one group, which is full; the card is named all the same"
    );
    let transfer = no_card().need("payment.method", "credit_transfer");
    assert_eq!(transfer.evaluate().codes(), Vec::<&str>::new());

    let no_terminal = |mode: &str| {
        usual()
            .need("instrument.entry_mode", mode)
            .need("payee.terminal", Value::Absent)
            .need("behaviour.terminal.count_24h", Value::Absent)
            .evaluate()
    };
    for mode in ["chip", "contactless", "magstripe", "keyed"] {
        let found = no_terminal(mode);
        assert_eq!(
            (found.codes(), score(&found)),
            (vec!["terminal-unknown"], 100)
        );
    }
    assert_eq!(no_terminal("ecommerce").codes(), Vec::<&str>::new());
}

/// It was never met, which is known.
#[test]
fn what_is_new_is_not_unknown() {
    let found = first().need("instrument.entry_mode", "chip").evaluate();
    assert_eq!((found.codes(), score(&found)), (Vec::new(), 0));
}

/// What is missed for it has the points, and it is named beside them.
#[test]
fn a_kind_that_is_not_said_is_named() {
    let no_terminal = || {
        usual()
            .need("payee.terminal", Value::Absent)
            .need("behaviour.terminal.count_24h", Value::Absent)
    };
    let found = no_terminal()
        .need("instrument.entry_mode", Value::Absent)
        .evaluate();
    assert_eq!(
        (found.codes(), score(&found)),
        (vec!["terminal-unknown", "entry-mode-unknown"], 100)
    );
    let found = no_terminal()
        .need("payment.method", Value::Withheld("redacted".to_owned()))
        .evaluate();
    assert_eq!(
        (found.codes(), score(&found)),
        (vec!["terminal-unknown", "method-unknown"], 100)
    );
    let transfer = usual()
        .need("payment.method", "credit_transfer")
        .need("instrument.entry_mode", Value::Absent);
    assert_eq!(transfer.evaluate().codes(), Vec::<&str>::new());
}

/// The past of the card takes its place, which is told where it gave points.
#[test]
fn an_account_that_is_not_named_is_told_where_the_card_speaks_for_it() {
    let alone = || usual().need("payer.account", Value::Absent);
    assert_eq!(alone().evaluate().codes(), Vec::<&str>::new());
    let busy = alone().need("behaviour.account.count_1h", 29).evaluate();
    assert_eq!(busy.codes(), ["velocity-account", "account-unknown"]);
    assert_eq!(score(&busy), 200);
}
