//! Expressions, written for policies and for the reference side by side.

use weft_dictionary::{DurationMs, Timestamp};

use crate::rows::{CITIES, CODES, COUNTRIES, CURRENCIES, DAY_MS, NOON_MS};

/// How deep expressions are nested.
const DEPTH: u8 = 5;
/// Longer ones are made again: policies have a limit, and both of a rule and its opposite have to keep it.
const MAX_CHARS: usize = 900;
/// What the reference cannot compute.
const ERROR: &str = "1 / 0";

/// A condition with the same meaning in both languages.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    pub(crate) ours: String,
    pub(crate) reference: String,
}

/// An amount: for the reference its minor units, and its currency.
struct Amount {
    ours: String,
    units: String,
    currency: String,
}

impl Expression {
    pub(crate) fn any(random: &mut fastrand::Rng) -> Expression {
        loop {
            let expression = Maker { random }.condition(DEPTH);
            if expression.ours.chars().count() <= MAX_CHARS {
                return expression;
            }
        }
    }
}

/// Both texts by one pattern each; `{}` are the parts.
fn both(ours: &str, reference: &str, parts: &[&Expression]) -> Expression {
    let fill = |pattern: &str, part: fn(&Expression) -> &str| {
        let mut text = String::new();
        let mut parts = parts.iter().cycle();
        for (number, between) in pattern.split("{}").enumerate() {
            if number > 0 {
                text.push_str(part(parts.next().expect("a part")));
            }
            text.push_str(between);
        }
        text
    };
    Expression {
        ours: fill(ours, |p| &p.ours),
        reference: fill(reference, |p| &p.reference),
    }
}

fn same(pattern: &str, parts: &[&Expression]) -> Expression {
    both(pattern, pattern, parts)
}

struct Maker<'a> {
    random: &'a mut fastrand::Rng,
}

impl Maker<'_> {
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.random.usize(..from.len())]
    }

    fn order(&mut self) -> &'static str {
        self.pick(&["==", "!=", "<", "<=", ">", ">="])
    }

    fn equality(&mut self) -> &'static str {
        self.pick(&["==", "!="])
    }

    fn condition(&mut self, depth: u8) -> Expression {
        if depth == 0 {
            return self.plain(0);
        }
        let below = depth - 1;
        match self.random.u8(..10) {
            0..=2 => same(
                "({} && {})",
                &[&self.condition(below), &self.condition(below)],
            ),
            3..=5 => same(
                "({} || {})",
                &[&self.condition(below), &self.condition(below)],
            ),
            6 => same("!{}", &[&self.condition(below)]),
            7 => self.choice(below, Self::condition),
            _ => self.plain(depth.min(2)),
        }
    }

    fn choice(&mut self, depth: u8, branch: fn(&mut Self, u8) -> Expression) -> Expression {
        let condition = self.condition(depth.min(1));
        let branches = [branch(self, depth), branch(self, depth)];
        same("({} ? {} : {})", &[&condition, &branches[0], &branches[1]])
    }

    /// A condition that is no logic.
    fn plain(&mut self, depth: u8) -> Expression {
        match self.random.u8(..14) {
            0 => same(self.pick(&["true", "false"]), &[]),
            1 => same("payment.risky", &[]),
            2 => {
                let field = self.pick(&[
                    "payment.count",
                    "payer.city",
                    "payment.risky",
                    "payment.codes",
                ]);
                same(&format!("has({field})"), &[])
            }
            3 | 4 => self.compared(Self::integer, depth),
            5 => self.compared(Self::decimal, depth),
            6 => self.compared(Self::instant, depth),
            7 => self.compared(Self::length, depth),
            8 | 9 => self.compared_amounts(depth),
            10 => {
                let operator = self.equality();
                let texts = [self.text(depth), self.text(depth)];
                same(&format!("({{}} {operator} {{}})"), &[&texts[0], &texts[1]])
            }
            11 if self.random.bool() => self.coded(),
            11 => {
                let list = self.text_list();
                same(&format!("({{}} in [{list}])"), &[&self.text(depth)])
            }
            12 => match self.random.bool() {
                true => same("({} in payment.codes)", &[&self.text(depth)]),
                false => {
                    let list: Vec<String> = (0..self.random.usize(1..12))
                        .map(|_| self.random.i64(-9..20).to_string())
                        .collect();
                    same(
                        &format!("({{}} in [{}])", list.join(", ")),
                        &[&self.integer(depth)],
                    )
                }
            },
            _ => {
                let test = self.pick(&["startsWith", "endsWith", "contains"]);
                let part = self.pick(&["", "G", "ent", "è", "EU", "e"]);
                same(&format!("{{}}.{test}('{part}')"), &[&self.text(depth)])
            }
        }
    }

    /// A country or a currency, and a word of its list.
    fn coded(&mut self) -> Expression {
        let operator = self.equality();
        let (country, currency) = (self.pick(&COUNTRIES), self.pick(&CURRENCIES));
        let compared = match self.random.bool() {
            true => same("payer.country", &[]),
            false => both("currency(payment.amount)", "payment.amount_currency", &[]),
        };
        let word = if compared.ours == "payer.country" {
            country
        } else {
            currency
        };
        match self.random.bool() {
            true => same(&format!("({{}} {operator} '{word}')"), &[&compared]),
            false => same(&format!("({{}} in ['{word}'])"), &[&compared]),
        }
    }

    fn text_list(&mut self) -> String {
        let known = [
            COUNTRIES.as_slice(),
            CITIES.as_slice(),
            CURRENCIES.as_slice(),
        ]
        .concat();
        let count = self.random.usize(1..14);
        let texts: Vec<String> = (0..count)
            .map(|_| format!("'{}'", self.pick(&known)))
            .collect();
        texts.join(", ")
    }

    fn compared(&mut self, value: fn(&mut Self, u8) -> Expression, depth: u8) -> Expression {
        let operator = self.order();
        let values = [value(self, depth), value(self, depth)];
        same(
            &format!("({{}} {operator} {{}})"),
            &[&values[0], &values[1]],
        )
    }

    fn integer(&mut self, depth: u8) -> Expression {
        if depth == 0 || self.random.u8(..3) == 0 {
            return match self.random.u8(..8) {
                0..=2 => same("payment.count", &[]),
                3..=6 => same(&self.random.i64(0..25).to_string(), &[]),
                // Nearly too large for anything.
                _ => same("9223372036854775800", &[]),
            };
        }
        let below = depth - 1;
        match self.random.u8(..9) {
            0 | 1 => {
                let operator = self.pick(&["+", "-", "*"]);
                let values = [self.integer(below), self.integer(below)];
                same(
                    &format!("({{}} {operator} {{}})"),
                    &[&values[0], &values[1]],
                )
            }
            2 => same("(-{})", &[&self.integer(below)]),
            3 => same("size({})", &[&self.text(below)]),
            4 => same("size(payment.codes)", &[]),
            5 => self.choice(below, Self::integer),
            6 => self.extreme(below, Self::integer),
            7 => match self.random.bool() {
                true => both(
                    "math.abs({})",
                    "({} < 0 ? -{} : {})",
                    &[&self.integer(below)],
                ),
                false => {
                    let amount = self.amount(below);
                    let parts = [&Expression {
                        ours: amount.ours,
                        reference: amount.units,
                    }];
                    both("minor({})", "{}", &parts)
                }
            },
            _ => self.part_of_time(below),
        }
    }

    fn extreme(&mut self, depth: u8, value: fn(&mut Self, u8) -> Expression) -> Expression {
        let (one, two) = (value(self, depth), value(self, depth));
        // The reference evaluates a branch only: what is an error in the other has to be one, too.
        match self.random.bool() {
            true => both("math.least({}, {})", "({} <= {} ? {} : {})", &[&one, &two]),
            false => both(
                "math.greatest({}, {})",
                "({} >= {} ? {} : {})",
                &[&one, &two],
            ),
        }
    }

    fn part_of_time(&mut self, depth: u8) -> Expression {
        if self.random.bool() {
            let (function, arithmetic) = self.pick(&[
                ("getHours", "({} / 3600000 % 24)"),
                ("getMinutes", "({} / 60000 % 60)"),
                ("getSeconds", "({} / 1000 % 60)"),
                ("getMilliseconds", "({} % 1000)"),
                ("getDayOfWeek", "(({} / 86400000 + 4) % 7)"),
            ]);
            return both(
                &format!("{{}}.{function}()"),
                arithmetic,
                &[&self.instant(depth)],
            );
        }
        let (function, arithmetic) = self.pick(&[
            ("getHours", "({} / 3600000)"),
            ("getMinutes", "({} / 60000)"),
            ("getSeconds", "({} / 1000)"),
            ("getMilliseconds", "({} % 1000)"),
        ]);
        both(
            &format!("{{}}.{function}()"),
            arithmetic,
            &[&self.length(depth)],
        )
    }

    /// Exact decimals; the reference has ten-thousandths.
    fn decimal(&mut self, depth: u8) -> Expression {
        if depth == 0 || self.random.u8(..3) == 0 {
            if self.random.bool() {
                return same("payment.rate", &[]);
            }
            let scaled = self.random.i64(-30_000..30_000);
            let sign = if scaled < 0 { "-" } else { "" };
            let (whole, part) = (scaled.abs() / 10_000, scaled.abs() % 10_000);
            return Expression {
                ours: format!("decimal('{sign}{whole}.{part:04}')"),
                reference: format!("({scaled})"),
            };
        }
        let below = depth - 1;
        match self.random.u8(..7) {
            0 | 1 => {
                let operator = self.pick(&["+", "-"]);
                let values = [self.decimal(below), self.decimal(below)];
                same(
                    &format!("({{}} {operator} {{}})"),
                    &[&values[0], &values[1]],
                )
            }
            2 => {
                let times = self.random.i64(0..9);
                same(&format!("({{}} * {times})"), &[&self.decimal(below)])
            }
            // A whole number beside a decimal.
            3 => both(
                "({} + payment.count)",
                "({} + payment.count * 10000)",
                &[&self.decimal(below)],
            ),
            4 => both(
                "math.abs({})",
                "({} < 0 ? -{} : {})",
                &[&self.decimal(below)],
            ),
            5 => self.extreme(below, Self::decimal),
            _ => self.choice(below, Self::decimal),
        }
    }

    fn instant(&mut self, depth: u8) -> Expression {
        if depth == 0 || self.random.u8(..3) == 0 {
            if self.random.bool() {
                return same("payment.at", &[]);
            }
            let at = NOON_MS + self.random.u64(..3 * DAY_MS);
            return Expression {
                ours: format!("timestamp('{}')", Timestamp(at)),
                reference: at.to_string(),
            };
        }
        let below = depth - 1;
        match self.random.u8(..3) {
            0 => same("({} + {})", &[&self.instant(below), &self.length(below)]),
            1 => self.difference(below, Self::instant, Self::length),
            _ => self.choice(below, Self::instant),
        }
    }

    fn length(&mut self, depth: u8) -> Expression {
        if depth == 0 || self.random.u8(..3) == 0 {
            if self.random.bool() {
                return same("payment.age", &[]);
            }
            let length = self.random.u64(..72) * 3_600_000 + self.random.u64(..2) * 1_234;
            return Expression {
                ours: format!("duration('{}')", DurationMs(length)),
                reference: length.to_string(),
            };
        }
        let below = depth - 1;
        match self.random.u8(..4) {
            0 => same("({} + {})", &[&self.length(below), &self.length(below)]),
            1 => self.difference(below, Self::length, Self::length),
            2 => self.difference(below, Self::instant, Self::instant),
            _ => self.choice(below, Self::length),
        }
    }

    /// What would be negative cannot be computed.
    fn difference(
        &mut self,
        depth: u8,
        from: fn(&mut Self, u8) -> Expression,
        what: fn(&mut Self, u8) -> Expression,
    ) -> Expression {
        let (from, what) = (from(self, depth), what(self, depth));
        let reference = format!("({{}} < {{}} ? {ERROR} : {{}} - {{}})");
        both("({} - {})", &reference, &[&from, &what])
    }

    fn text(&mut self, depth: u8) -> Expression {
        if depth > 0 && self.random.u8(..5) == 0 {
            return self.choice(depth - 1, Self::text);
        }
        match self.random.u8(..5) {
            // What is known to be a country or a currency is compared with nothing else.
            0 => same("(payment.risky ? payer.country : payer.city)", &[]),
            1 => same("payer.city", &[]),
            2 => both(
                "(payment.risky ? currency(payment.amount) : payer.city)",
                "(payment.risky ? payment.amount_currency : payer.city)",
                &[],
            ),
            3 => same(&format!("'{}'", self.pick(&CODES)), &[]),
            _ => same(&format!("'{}'", self.pick(&CITIES)), &[]),
        }
    }

    fn compared_amounts(&mut self, depth: u8) -> Expression {
        let operator = self.order();
        let (one, two) = (self.amount(depth), self.amount(depth));
        Expression {
            ours: format!("({} {operator} {})", one.ours, two.ours),
            reference: format!(
                "({} == {} ? {} {operator} {} : {ERROR} == 0)",
                one.currency, two.currency, one.units, two.units
            ),
        }
    }

    /// An amount in one of two currencies, so that they meet.
    fn amount(&mut self, depth: u8) -> Amount {
        if depth == 0 || self.random.u8(..3) == 0 {
            return self.plain_amount();
        }
        let below = depth - 1;
        match self.random.u8(..3) {
            0 => {
                let operator = self.pick(&["+", "-"]);
                let (one, two) = (self.amount(below), self.amount(below));
                Amount {
                    ours: format!("({} {operator} {})", one.ours, two.ours),
                    units: format!(
                        "({} == {} ? {} {operator} {} : {ERROR})",
                        one.currency, two.currency, one.units, two.units
                    ),
                    currency: one.currency,
                }
            }
            1 => {
                let (money, times) = (self.amount(below), self.integer(0));
                Amount {
                    ours: format!("({} * {})", money.ours, times.ours),
                    units: format!("({} * {})", money.units, times.reference),
                    currency: money.currency,
                }
            }
            _ => {
                let money = self.amount(below);
                Amount {
                    ours: format!("math.abs({})", money.ours),
                    units: format!("({0} < 0 ? -{0} : {0})", money.units),
                    currency: money.currency,
                }
            }
        }
    }

    fn plain_amount(&mut self) -> Amount {
        let field = |name: &str| Amount {
            ours: format!("payment.{name}"),
            units: format!("payment.{name}_units"),
            currency: format!("payment.{name}_currency"),
        };
        match self.random.u8(..4) {
            0 | 1 => field("amount"),
            2 => field("fee"),
            // Constants of one currency only: two that differ are refused when they are loaded.
            _ => {
                let units = self.random.i64(0..2_000);
                Amount {
                    ours: format!("money('{}.{:02}', 'EUR')", units / 100, units % 100),
                    units: units.to_string(),
                    currency: "'EUR'".into(),
                }
            }
        }
    }
}
