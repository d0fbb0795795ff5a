//! Rules and payments that every engine is asked about. The generator is seeded: each run asks the same.

use std::fmt::Write as _;

/// What is asked for.
pub(crate) const OPERATION: &str = "payment.authorize";
/// How many rules the sets have.
pub(crate) const SIZES: [usize; 4] = [1, 20, 100, 1_000];
/// How many payments are decided, one after the other.
const PAYMENTS: usize = 200;
/// Rules of one policy file.
const RULES_A_POLICY: usize = 20;
/// Countries of payers and payees.
pub(crate) const COUNTRIES: [&str; 8] = ["BE", "NL", "DE", "FR", "LU", "ES", "IT", "PT"];
/// Channels of payments.
pub(crate) const CHANNELS: [&str; 4] = ["web", "app", "terminal", "desk"];

/// The facts of one payment.
#[derive(Debug, Clone)]
pub(crate) struct Payment {
    /// In cents of EUR.
    pub(crate) amount_minor: i64,
    /// Payments of the last hour.
    pub(crate) count: i64,
    /// Whether a device is new.
    pub(crate) new_device: bool,
    /// Of the payer's account.
    pub(crate) payer: &'static str,
    /// Of the payee's account.
    pub(crate) payee: &'static str,
    /// Where the payment comes from.
    pub(crate) channel: &'static str,
    /// How old the account is, in hours.
    pub(crate) age_hours: i64,
}

/// One rule: five shapes, as policies have them.
#[derive(Debug, Clone)]
pub(crate) enum Rule {
    /// A large amount from one of two countries.
    Corridor {
        /// From this amount on, in euro.
        euro: i64,
        /// The payer's country is one of these.
        payers: [&'static str; 2],
    },
    /// Many payments from a new device.
    Velocity {
        /// More than this.
        count: i64,
    },
    /// An amount to a country.
    Destination {
        /// The payee's country.
        payee: &'static str,
        /// More than this, in euro.
        euro: i64,
    },
    /// Many payments that do not come from these channels.
    Channel {
        /// The channels.
        channels: [&'static str; 2],
        /// From this number on.
        count: i64,
    },
    /// A young account and a large amount, or very many payments.
    Young {
        /// Younger than this.
        hours: i64,
        /// More than this, in euro.
        euro: i64,
        /// More than this.
        count: i64,
    },
}

/// Rules, always the same for the same size.
pub(crate) fn rules(size: usize) -> Vec<Rule> {
    let mut random = fastrand::Rng::with_seed(7);
    let country = |random: &mut fastrand::Rng| COUNTRIES[random.usize(..COUNTRIES.len())];
    (0..size)
        .map(|number| match number % 5 {
            0 => Rule::Corridor {
                euro: random.i64(200..5_000),
                payers: [country(&mut random), country(&mut random)],
            },
            1 => Rule::Velocity {
                count: random.i64(5..30),
            },
            2 => Rule::Destination {
                payee: country(&mut random),
                euro: random.i64(200..5_000),
            },
            3 => Rule::Channel {
                channels: [CHANNELS[random.usize(..4)], CHANNELS[random.usize(..4)]],
                count: random.i64(5..30),
            },
            _ => Rule::Young {
                hours: random.i64(1..200),
                euro: random.i64(200..5_000),
                count: random.i64(20..40),
            },
        })
        .collect()
}

/// Payments, always the same.
pub(crate) fn payments() -> Vec<Payment> {
    let mut random = fastrand::Rng::with_seed(11);
    (0..PAYMENTS)
        .map(|_| Payment {
            // Most payments are small.
            amount_minor: random.i64(100..20_000) * if random.u8(..8) == 0 { 30 } else { 1 },
            count: random.i64(0..12) + if random.u8(..8) == 0 { 15 } else { 0 },
            new_device: random.u8(..5) == 0,
            payer: COUNTRIES[random.usize(..COUNTRIES.len())],
            payee: COUNTRIES[random.usize(..COUNTRIES.len())],
            channel: CHANNELS[random.usize(..CHANNELS.len())],
            age_hours: random.i64(1..5_000),
        })
        .collect()
}

impl Rule {
    /// Whether it fires, by plain Rust: what every engine has to agree with.
    pub(crate) fn fires(&self, p: &Payment) -> bool {
        match self {
            Rule::Corridor { euro, payers } => {
                p.amount_minor >= euro * 100 && payers.contains(&p.payer)
            }
            Rule::Velocity { count } => p.count > *count && p.new_device,
            Rule::Destination { payee, euro } => p.payee == *payee && p.amount_minor > euro * 100,
            Rule::Channel { channels, count } => {
                !channels.contains(&p.channel) && p.count >= *count
            }
            Rule::Young { hours, euro, count } => {
                (p.age_hours < *hours && p.amount_minor > euro * 100) || p.count > *count
            }
        }
    }

    /// As a policy of Weft has it.
    fn weft(&self) -> String {
        match self {
            Rule::Corridor {
                euro,
                payers: [a, b],
            } => {
                format!(
                    "payment.amount >= money('{euro}', 'EUR') && payer.country in ['{a}', '{b}']"
                )
            }
            Rule::Velocity { count } => format!("payment.count > {count} && session.new_device"),
            Rule::Destination { payee, euro } => {
                format!("payee.country == '{payee}' && payment.amount > money('{euro}', 'EUR')")
            }
            Rule::Channel {
                channels: [a, b],
                count,
            } => {
                format!("!(session.channel in ['{a}', '{b}']) && payment.count >= {count}")
            }
            Rule::Young { hours, euro, count } => format!(
                "(payer.age < duration('{hours}h') && payment.amount > money('{euro}', 'EUR')) || payment.count > {count}"
            ),
        }
    }
}

/// The fields.
pub(crate) const DICTIONARY: &str = "\
version: 1
sections: {payment: Payment, payer: Payer, payee: Payee, session: Session}
fields:
  - {name: payment.amount, kind: money, class: operational, title: t, meaning: m}
  - {name: payment.count, kind: integer, class: operational, title: t, meaning: m}
  - {name: payer.country, kind: country, class: operational, title: t, meaning: m}
  - {name: payer.age, kind: duration, class: operational, title: t, meaning: m}
  - {name: payee.country, kind: country, class: operational, title: t, meaning: m}
  - {name: session.channel, kind: text, class: personal, title: t, meaning: m}
  - {name: session.new_device, kind: boolean, class: operational, title: t, meaning: m}
";

const PIPELINE: &str = "\
version: 1
stages: [{name: decision, title: t}]
operations: [{name: payment.authorize, title: t, kind: payment, no_policy: hold}]
";

/// What the policies of a set are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum About {
    /// Every payment.
    Everything,
    /// Payments to one country, each policy another.
    OneCountry,
}

impl About {
    /// The country to which a payment has to go for a rule to be asked, if there is one.
    pub(crate) fn country(self, rule: usize) -> Option<&'static str> {
        match self {
            About::Everything => None,
            About::OneCountry => Some(COUNTRIES[rule / RULES_A_POLICY % COUNTRIES.len()]),
        }
    }
}

/// The files of a policy directory with these rules. Rule `r7` is the eighth.
pub(crate) fn policy_files(rules: &[Rule], about: About) -> Vec<(String, String)> {
    let mut files = vec![("pipeline.yaml".to_owned(), PIPELINE.to_owned())];
    for (part, rules) in rules.chunks(RULES_A_POLICY).enumerate() {
        let mut text = format!(
            "apiVersion: weft/v1\nkind: Policy\nmetadata:\n  id: bench.p{part}\n  title: t\n  owner: o\n  \
             sources: [{{title: s, reference: r, verified: true}}]\n  effective: {{from: 2026-01-01T00:00:00Z}}\n  \
             status: enforced\nstage: decision\non: [payment.authorize]\nreasons: [{{code: because, title: t}}]\n\
             on_missing: hold\non_error: hold\nmessages: {{customer: c, agent: a, auditor: u}}\n"
        );
        if let Some(country) = about.country(part * RULES_A_POLICY) {
            let _ = writeln!(
                text,
                "match: [{{name: destination, expression: \"payee.country == '{country}'\"}}]"
            );
        }
        text.push_str("rules:\n");
        for (at, rule) in rules.iter().enumerate() {
            let number = part * RULES_A_POLICY + at;
            let when = rule.weft();
            let _ = writeln!(
                text,
                "  - {{id: r{number}, when: \"{when}\", verdict: deny, reason: because}}"
            );
        }
        files.push((format!("p{part:03}.yaml"), text));
    }
    files
}
