//! What policies say about rows is what the reference interpreter of CEL says, over generated expressions
//! and rows.
//!
//! Both get the same meaning, written for each: `expressions` makes the two texts side by side, `rows` the two
//! rows. Where the languages differ on purpose, the reference's text spells out what ours means:
//!
//! | ours | the reference is asked |
//! |---|---|
//! | a missing fact makes what rests on it missing | a key that is not in a map: an error that `&&` and `\|\|` absorb alike |
//! | amounts have a currency; two currencies have no order and no sum | minor units, and an error where the currencies differ |
//! | decimals are exact | whole ten-thousandths |
//! | instants and lengths of time are milliseconds, never negative | integers, and an error where a difference is negative |
//! | `math.abs`, `math.least`, `math.greatest`, parts of instants | the arithmetic that they stand for |
//!
//! The reference knows one kind of error. So what it cannot say is either missing or failed with us; that a
//! failure wins over a missing fact is tested elsewhere.
//!
//! `WEFT_SEED=7 WEFT_EXPRESSIONS=100000 cargo test --release -p weft-policy --test differential` looks further.

mod expressions;
mod rows;

use std::fmt::Write as _;

use expressions::Expression;
use rows::{DICTIONARY, Rows};
use weft_dictionary::Dictionary;
use weft_policy::{Policy, PolicySet};

/// Expressions, unless the environment says how many.
const EXPRESSIONS: usize = 8_000;
/// Rows that each expression is asked about: half of them lack facts of the other half.
const ROWS: usize = 16;
/// Expressions of one policy: each makes two rules, itself and its opposite.
const A_POLICY: usize = 25;
/// Policies of one set.
const A_SET: usize = 20;
const THREADS: usize = 2;
/// The reference recurses where it parses and where it evaluates.
const STACK_BYTES: usize = 256 << 20;
const PIPELINE: &str = "\
version: 1
stages: [{name: decision, title: t}]
operations: [{name: payment.authorize, title: t, kind: payment, no_policy: hold}]
";

/// How often what was said.
#[derive(Debug, Default)]
struct Tally {
    yes: usize,
    no: usize,
    neither: usize,
    /// Decided although facts were missing.
    despite_gaps: usize,
}

fn of_environment(name: &str, default: usize) -> usize {
    let given = std::env::var(name).ok();
    given.map_or(default, |n| {
        n.parse().unwrap_or_else(|_| panic!("{name} is a number"))
    })
}

#[test]
fn policies_say_what_the_reference_says() {
    let seed = of_environment("WEFT_SEED", 1);
    let expressions = of_environment("WEFT_EXPRESSIONS", EXPRESSIONS);
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|number| {
                let seed = (seed * THREADS + number) as u64;
                let work = move || compare(seed, expressions / THREADS);
                let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
                thread.spawn_scoped(scope, work).expect("a thread")
            })
            .collect();
        threads
            .into_iter()
            .map(|t| t.join().expect("no panic"))
            .collect()
    });
    let sum = |part: fn(&Tally) -> usize| tallies.iter().map(part).sum::<usize>();
    let (yes, no, neither) = (sum(|t| t.yes), sum(|t| t.no), sum(|t| t.neither));
    let all = yes + no + neither;
    assert_eq!(
        all,
        expressions / (THREADS * A_POLICY) * THREADS * A_POLICY * ROWS
    );
    // What is always true, always false, or never decided would show nothing.
    for (what, count) in [("true", yes), ("false", no), ("neither", neither)] {
        assert!(count * 10 > all, "only {count} of {all} are {what}");
    }
    assert!(
        sum(|t| t.despite_gaps) * 50 > all,
        "hardly anything is decided without a fact"
    );
}

fn compare(seed: u64, expressions: usize) -> Tally {
    let mut random = fastrand::Rng::with_seed(seed);
    let dictionary = Dictionary::parse("dictionary.yaml", DICTIONARY).expect("valid");
    let rows = Rows::new(&dictionary, &mut random);
    let mut tally = Tally::default();
    let mut left = expressions / A_POLICY;
    while left > 0 {
        let policies = left.min(A_SET);
        left -= policies;
        let expressions: Vec<Vec<Expression>> = (0..policies)
            .map(|_| {
                (0..A_POLICY)
                    .map(|_| Expression::any(&mut random))
                    .collect()
            })
            .collect();
        let set = load(&dictionary, &expressions);
        for (policy, expressions) in set.policies().iter().zip(&expressions) {
            let programs: Vec<cel::Program> = expressions
                .iter()
                .map(|e| {
                    cel::Program::compile(&e.reference)
                        .unwrap_or_else(|why| panic!("{why}: {}", e.reference))
                })
                .collect();
            for _ in 0..ROWS / 2 {
                let (whole, partial) = rows.any(&mut random);
                let of_whole = said(policy, &whole.row);
                let of_partial = said(policy, &partial.row);
                for (number, expression) in expressions.iter().enumerate() {
                    let at = Place { seed, expression };
                    at.check(of_whole[number], &programs[number], whole);
                    at.check(of_partial[number], &programs[number], partial);
                    at.check_stays(of_partial[number], of_whole[number], partial);
                    tally.count(of_whole[number], false);
                    tally.count(of_partial[number], partial.has_gaps);
                }
            }
        }
    }
    tally
}

impl Tally {
    fn count(&mut self, said: Option<bool>, has_gaps: bool) {
        match said {
            Some(true) => self.yes += 1,
            Some(false) => self.no += 1,
            None => self.neither += 1,
        }
        if has_gaps && said.is_some() {
            self.despite_gaps += 1;
        }
    }
}

/// Where a difference was found, to find it again.
struct Place<'a> {
    seed: u64,
    expression: &'a Expression,
}

impl Place<'_> {
    fn check(&self, ours: Option<bool>, program: &cel::Program, row: &rows::Both) {
        let reference = match program.execute(&row.context) {
            Ok(cel::Value::Bool(truth)) => Some(truth),
            Ok(other) => panic!("{other:?}: {}", self.expression.reference),
            Err(_) => None,
        };
        assert!(
            ours == reference,
            "seed {}: ours says {ours:?}, the reference {reference:?}\nours: {}\nreference: {}\nrow: {:?}",
            self.seed,
            self.expression.ours,
            self.expression.reference,
            row.row
        );
    }

    /// What was decided without a fact stays so when the fact comes, unless the rule asks whether it is there.
    fn check_stays(&self, partial: Option<bool>, whole: Option<bool>, row: &rows::Both) {
        if partial.is_some() && !self.expression.ours.contains("has(") {
            assert!(
                partial == whole,
                "seed {}: {partial:?} became {whole:?} by more facts\n{}\nrow: {:?}",
                self.seed,
                self.expression.ours,
                row.row
            );
        }
    }
}

/// For each expression of a policy: true, false, or neither.
fn said(policy: &Policy, row: &weft_dictionary::Row) -> Vec<Option<bool>> {
    let mut said = vec![None; A_POLICY];
    for rule in policy.evaluate(row).fired {
        let (truth, number) = rule.split_at(1);
        let number: usize = number.parse().expect("a number");
        assert!(said[number].is_none(), "a rule and its opposite fire");
        said[number] = Some(truth == "y");
    }
    said
}

/// One policy for each list of expressions. Drafts: no limit counts their cost together.
fn load(dictionary: &Dictionary, expressions: &[Vec<Expression>]) -> PolicySet {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("pipeline.yaml"), PIPELINE).expect("written");
    for (number, expressions) in expressions.iter().enumerate() {
        let mut text = format!(
            "apiVersion: weft/v1\nkind: Policy\nmetadata:\n  id: test.p{number}\n  title: t\n  owner: o\n  \
             sources: [{{title: s, reference: r, verified: true}}]\n  effective: {{from: 2026-01-01T00:00:00Z}}\n  \
             status: draft\nstage: decision\non: [payment.authorize]\nreasons: [{{code: because, title: t}}]\n\
             on_missing: hold\non_error: hold\nmessages: {{customer: c, agent: a, auditor: u}}\nrules:\n"
        );
        for (number, expression) in expressions.iter().enumerate() {
            let ours = &expression.ours;
            for (id, when) in [("y", ours.clone()), ("n", format!("!({ours})"))] {
                let _ = writeln!(
                    text,
                    "  - {{id: {id}{number}, when: \"{when}\", verdict: deny, reason: because}}"
                );
            }
        }
        std::fs::write(dir.path().join(format!("p{number:04}.yaml")), text).expect("written");
    }
    PolicySet::load_for_review(dir.path(), dictionary)
        .unwrap_or_else(|problems| panic!("{problems}"))
}
