//! Whatever the check of the level of threat accepts: raising the level never makes the verdict milder, of one policy or of a set.
//!
//! `WEFT_SEED=7 WEFT_POLICIES=100000 cargo test --release -p weft-policy --test language generated` looks further.

use fastrand::Rng;
use weft_dictionary::{Currency, Dictionary, DurationMs, Money, Row, Timestamp, Value};
use weft_policy::{Applies, Policy};
use weft_verdict::Verdict;

use crate::fixture::{PIPELINE, dictionary, load_for_review as load, policy};

/// Policies, unless the environment says how many.
const POLICIES: usize = 4_000;
/// Sets of which some are accepted, likewise.
const SETS: usize = 1_500;
/// Policies of one set.
const A_SET: usize = 50;
/// Rows that each accepted policy is asked about, at all levels.
const ROWS: usize = 60;
const HOUR_MS: u64 = 3_600_000;

fn of_environment(name: &str, default: usize) -> usize {
    let given = std::env::var(name).ok();
    given.map_or(default, |n| n.parse().expect("a number"))
}

#[test]
fn raising_the_level_never_makes_a_generated_policy_milder() {
    let mut random = Rng::with_seed(of_environment("WEFT_SEED", 1) as u64);
    let all = of_environment("WEFT_POLICIES", POLICIES);
    let dictionary = dictionary();
    let (mut accepted, mut stricter) = (0, 0);
    for _ in 0..all / A_SET {
        let mut files = generated(&mut random, A_SET);
        // What policies are to each other is looked at elsewhere: here somebody always says something.
        files.insert(0, ("a.yaml".to_owned(), allows("true")));
        let sound = without_refused(&files);
        let set = load(&sound).unwrap_or_else(|problems| panic!("{problems}"));
        accepted += sound.len() - 1;
        let generated = set.policies().iter().zip(&sound).skip(1);
        for (policy, (_, text)) in generated {
            let becomes_stricter = (0..ROWS).filter(|_| {
                let row = any_row(&mut random, &dictionary);
                never_gets_milder(policy, text, &row, &dictionary)
            });
            stricter += usize::from(becomes_stricter.count() > 0);
        }
    }
    // What accepts nothing, or only what does not depend on the level, would show nothing.
    assert!(accepted * 10 > all, "only {accepted} of {all} are accepted");
    assert!(
        stricter * 20 > accepted,
        "only {stricter} of {accepted} get stricter"
    );
}

fn generated(random: &mut Rng, policies: usize) -> Vec<(String, String)> {
    let mut named = |number| (format!("p{number:02}.yaml"), any_policy(random, number));
    (0..policies).map(&mut named).collect()
}

fn allows(when: &str) -> String {
    policy(
        &format!("rules:\n  - {{id: r, when: \"{when}\", verdict: allow, reason: because}}\n"),
        "",
    )
}

/// The same of what all policies say together, and `no_policy` where none says anything.
#[test]
fn raising_the_level_never_makes_a_generated_set_milder() {
    let mut random = Rng::with_seed(of_environment("WEFT_SEED", 1) as u64);
    let dictionary = dictionary();
    let (mut accepted, mut comes) = (0, 0);
    for number in 0..of_environment("WEFT_SETS", SETS) {
        let no_policy = [Verdict::Hold, Verdict::Deny][number % 2];
        let pipeline = PIPELINE.replace(
            "no_policy: hold",
            &format!("no_policy: {}", no_policy.as_str()),
        );
        let mut files = generated(&mut random, 1 + number % 3);
        if random.bool() {
            let when = condition(&mut random, 2);
            files.push(("q.yaml".to_owned(), allows(&when)));
        }
        files.push(("pipeline.yaml".to_owned(), pipeline));
        let named = files.iter().map(|(name, text)| (&**name, &**text));
        let Ok(set) = load(&named.collect::<Vec<_>>()) else {
            continue;
        };
        accepted += 1;
        let said = |row: &Row| {
            set.policies()
                .iter()
                .map(|policy| verdict(policy, row))
                .max()
        };
        for _ in 0..ROWS {
            let row = any_row(&mut random, &dictionary);
            let verdicts = at_all_levels(&row, &dictionary).map(|row| said(&row));
            let decided = verdicts.map(|verdict| match verdict {
                Some(Verdict::Abstain) | None => no_policy,
                Some(verdict) => verdict,
            });
            let rises = decided.windows(2).all(|pair| pair[0] <= pair[1]);
            assert!(
                rises,
                "{decided:?} at the levels 0 to 3\n{files:#?}\nrow: {row:?}"
            );
            comes +=
                usize::from(verdicts[0] == Some(Verdict::Abstain) && verdicts[3] != verdicts[0]);
        }
    }
    assert!(
        accepted > 20 && comes > 20,
        "{accepted} accepted, {comes} times somebody comes to speak"
    );
}

/// The row at the levels 0 to 3.
fn at_all_levels(row: &Row, dictionary: &Dictionary) -> [Row; 4] {
    let field = dictionary
        .by_name("processing.threat_level")
        .expect("there");
    [0, 1, 2, 3].map(|level| {
        let mut row = row.clone();
        row.set(dictionary, field.id, Value::Integer(level))
            .expect("fits");
        row
    })
}

/// The files without those that are refused because of the level of threat; nothing else may be wrong.
fn without_refused(files: &[(String, String)]) -> Vec<(&str, &str)> {
    let all: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (&**name, &**text))
        .collect();
    let Err(said) = load(&all) else {
        return all;
    };
    let of_level = |line: &&str| line.contains("error[W0310]");
    let (refused, others): (Vec<&str>, Vec<&str>) = said
        .lines()
        .filter(|line| line.contains(": error["))
        .partition(of_level);
    assert!(others.is_empty(), "{others:#?}");
    let is_refused = |name: &str| refused.iter().any(|line| line.starts_with(name));
    all.into_iter()
        .filter(|(name, _)| !is_refused(name))
        .collect()
}

/// Whether some level is stricter than the one below it; none may be milder.
fn never_gets_milder(policy: &Policy, text: &str, row: &Row, dictionary: &Dictionary) -> bool {
    let verdicts = at_all_levels(row, dictionary).map(|row| verdict(policy, &row));
    for pair in verdicts.windows(2) {
        assert!(
            may_become(pair[0], pair[1]),
            "{verdicts:?} at the levels 0 to 3\n{text}\nrow: {row:?}"
        );
    }
    verdicts[0] != verdicts[3]
}

/// As the host counts it.
fn verdict(policy: &Policy, row: &Row) -> Verdict {
    match policy.matches(row) {
        Applies::No => return Verdict::Abstain,
        Applies::Missing(_) => return policy.on_missing(),
        Applies::Failed { missing, .. } if missing.is_empty() => return policy.on_error(),
        Applies::Failed { .. } => return policy.on_error().max(policy.on_missing()),
        Applies::Yes => {}
    }
    let outcome = policy.evaluate(row);
    let mut verdict = outcome.finding.verdict;
    if !outcome.missing.is_empty() {
        verdict = verdict.max(policy.on_missing());
    }
    if outcome.failure.is_some() {
        verdict = verdict.max(policy.on_error());
    }
    verdict
}

/// To say nothing is stricter than to allow, and milder than to challenge; what no policy speaks about is held,
/// so to flag it would be milder.
fn may_become(before: Verdict, after: Verdict) -> bool {
    match before {
        Verdict::Allow => true,
        Verdict::Abstain => after == Verdict::Abstain || after >= Verdict::Challenge,
        _ => after >= before,
    }
}

fn any_policy(random: &mut Rng, number: usize) -> String {
    let down = random.bool();
    let mut body = String::from("parameters:\n");
    for (name, kind, values) in [
        ("n", "integer", [2, 4, 6, 8].map(|n| n.to_string())),
        (
            "limit",
            "money",
            [5, 10, 20, 40].map(|n| format!("{n}.00 EUR")),
        ),
        (
            "wait",
            "duration",
            [12, 24, 48, 72].map(|n| format!("{n}h")),
        ),
    ] {
        let mut values = values;
        // Most go one way, some the other, some to and fro.
        match random.u8(..8) {
            0 => values.swap(1, 2),
            1 if !down => values.reverse(),
            2.. if down => values.reverse(),
            _ => {}
        }
        let [value, one, two, three] = values;
        let unit = if kind == "integer" {
            "unit: pieces, "
        } else {
            ""
        };
        body.push_str(&format!(
            "  - {{name: {name}, title: t, type: {kind}, {unit}value: {value}, at_threat: {{1: {one}, 2: {two}, 3: {three}}}}}\n"
        ));
    }
    if random.u8(..3) == 0 {
        let when = condition(random, 2);
        body.push_str(&format!(
            "match:\n  - {{name: m, expression: \"{when}\"}}\n"
        ));
    }
    body.push_str("rules:\n");
    for rule in 0..random.usize(1..3) {
        let verdict = random
            .choice(["allow", "flag", "challenge", "hold", "deny", "deny"])
            .expect("one");
        let when = condition(random, 3);
        body.push_str(&format!(
            "  - {{id: r{rule}, when: \"{when}\", verdict: {verdict}, reason: because}}\n"
        ));
    }
    let failure = |random: &mut Rng| if random.bool() { "hold" } else { "deny" };
    policy(&body, "")
        .replace("id: test.policy", &format!("id: test.p{number:02}"))
        .replace(
            "on_missing: hold",
            &format!("on_missing: {}", failure(random)),
        )
        .replace("on_error: hold", &format!("on_error: {}", failure(random)))
}

fn condition(random: &mut Rng, depth: usize) -> String {
    let inner = depth.saturating_sub(1);
    if depth == 0 || random.u8(..5) < 2 {
        return comparison(random, inner);
    }
    let mut part = || condition(random, inner);
    let (one, two, three) = (part(), part(), part());
    match random.u8(..10) {
        0..=2 => format!("({one} && {two})"),
        3..=5 => format!("({one} || {two})"),
        6 => format!("!{one}"),
        7 => format!("({one} {} {two})", if random.bool() { "==" } else { "!=" }),
        8 => format!("({one} ? {two} : {three})"),
        _ => comparison(random, inner),
    }
}

fn comparison(random: &mut Rng, depth: usize) -> String {
    let compared = if random.u8(..6) == 0 { "==" } else { "order" };
    let sign = match compared {
        "==" => random.choice(["==", "!="]),
        _ => random.choice(["<", "<=", ">", ">="]),
    };
    let sign = sign.expect("one");
    let level = random.u8(..4);
    match random.u8(..12) {
        0..=2 => format!(
            "({} {sign} {})",
            integer(random, depth),
            integer(random, depth)
        ),
        3..=6 => format!("({} {sign} {})", money(random, depth), money(random, depth)),
        7..=8 => format!(
            "({} {sign} {})",
            length(random, depth),
            length(random, depth)
        ),
        9 => format!("(processing.threat_level {sign} {level})"),
        10 => {
            let tests = [
                "payment.risky".to_owned(),
                "has(payment.count)".to_owned(),
                format!("(!has(payment.count) || payment.count {sign} parameters.n)"),
                format!("(has(payment.amount) && payment.amount {sign} parameters.limit)"),
                format!(
                    "(payment.count in [1, 3] || payment.count == 2 && payment.age {sign} parameters.wait)"
                ),
                format!("({} in [2, 4, 9])", integer(random, depth)),
                format!("(band({}) == '10 EUR to 100 EUR')", money(random, 0)),
                format!("(currency({}) == 'EUR')", money(random, depth)),
            ];
            random.choice(tests).expect("one")
        }
        _ => format!(
            "({} {sign} {})",
            instant(random, depth),
            instant(random, depth)
        ),
    }
}

fn integer(random: &mut Rng, depth: usize) -> String {
    if depth == 0 || random.bool() {
        let leaves = [
            "payment.count".to_owned(),
            "parameters.n".to_owned(),
            "processing.threat_level".to_owned(),
            random.i64(-4..12).to_string(),
        ];
        return random.choice(leaves).expect("one");
    }
    let mut part = || integer(random, depth - 1);
    let (one, two) = (part(), part());
    match random.u8(..9) {
        0 => format!("({one} + {two})"),
        1 => format!("({one} - {two})"),
        2 => format!("({one} * {two})"),
        3 => format!("(-({one}))"),
        4 => format!("math.abs({one})"),
        5 => format!("math.least({one}, {two})"),
        6 => format!("math.greatest({one}, {two})"),
        7 => format!("minor({})", money(random, depth - 1)),
        _ => format!("({} ? {one} : {two})", condition(random, depth - 1)),
    }
}

fn money(random: &mut Rng, depth: usize) -> String {
    if depth == 0 || random.bool() {
        let leaves = [
            "payment.amount".to_owned(),
            "payment.amount".to_owned(),
            "parameters.limit".to_owned(),
            format!("money('{}', 'EUR')", random.u8(..50)),
        ];
        return random.choice(leaves).expect("one");
    }
    let mut part = || money(random, depth - 1);
    let (one, two) = (part(), part());
    match random.u8(..7) {
        0 => format!("({one} + {two})"),
        1 => format!("({one} - {two})"),
        2 => format!("({one} * {})", integer(random, depth - 1)),
        3 => format!("math.least({one}, {two})"),
        4 => format!("math.greatest({one}, {two})"),
        5 => format!("math.abs({one})"),
        _ => format!("({} ? {one} : {two})", condition(random, depth - 1)),
    }
}

fn length(random: &mut Rng, depth: usize) -> String {
    if depth == 0 || random.bool() {
        let leaves = [
            "payment.age".to_owned(),
            "parameters.wait".to_owned(),
            format!("duration('{}h')", random.u8(1..80)),
        ];
        return random.choice(leaves).expect("one");
    }
    let mut part = || length(random, depth - 1);
    let (one, two) = (part(), part());
    match random.u8(..3) {
        0 => format!("({one} + {two})"),
        1 => format!("({one} - {two})"),
        _ => format!("({} ? {one} : {two})", condition(random, depth - 1)),
    }
}

fn instant(random: &mut Rng, depth: usize) -> String {
    let day = random.u8(1..29);
    let at = match random.bool() {
        true => "payment.at".to_owned(),
        false => format!("timestamp('2026-02-{day:02}T00:00:00Z')"),
    };
    match random.u8(..3) {
        0 => at,
        1 => format!("({at} + {})", length(random, depth)),
        _ => format!("({at} - {})", length(random, depth)),
    }
}

/// Small values near the thresholds; each fact may be missing or withheld, and some amounts are in another currency.
fn any_row(random: &mut Rng, dictionary: &Dictionary) -> Row {
    let mut row = Row::new(dictionary);
    let currency = if random.u8(..8) == 0 { "USD" } else { "EUR" };
    let money = Money {
        minor_units: random.i64(0..60) * 100 + random.i64(-1..2).max(0),
        currency: Currency::from_code(currency).expect("known"),
    };
    let day = random.u64(..28);
    let start = Timestamp::parse("2026-02-01T00:00:00Z").expect("an instant");
    for (name, value) in [
        ("payment.count", Value::Integer(random.i64(-6..14))),
        ("payment.amount", Value::Money(money)),
        (
            "payment.age",
            Value::Duration(DurationMs(random.u64(..90) * HOUR_MS)),
        ),
        (
            "payment.at",
            Value::Instant(Timestamp(start.0 + day * 24 * HOUR_MS)),
        ),
        ("payment.risky", Value::Boolean(random.bool())),
    ] {
        if random.u8(..6) > 0 {
            let field = dictionary.by_name(name).expect("a field");
            row.set(dictionary, field.id, value).expect("fits");
            if random.u8(..8) == 0 {
                row.withhold(field.id, "test");
            }
        }
    }
    row
}
