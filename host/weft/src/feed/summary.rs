//! What came of a feed.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use weft_verdict::Verdict;

/// Problems shown with their line; the rest is counted.
const SHOWN: usize = 5;

/// Counts of one feed.
#[derive(Default)]
pub(crate) struct Summary {
    verdicts: BTreeMap<Verdict, Count>,
    problems: BTreeMap<&'static str, u64>,
    first_problems: Vec<String>,
    labelled: bool,
    expired: usize,
    took: Duration,
}

#[derive(Default, Clone, Copy)]
struct Count {
    all: u64,
    fraud: u64,
}

impl Summary {
    pub(crate) fn decided(&mut self, verdict: Verdict, fraud: Option<bool>) {
        let count = self.verdicts.entry(verdict).or_default();
        count.all += 1;
        count.fraud += u64::from(fraud == Some(true));
        self.labelled |= fraud.is_some();
    }

    pub(crate) fn refused(&mut self, line: u64, problem: &weft_intake::Problem) {
        *self.problems.entry(problem.code()).or_default() += 1;
        if self.first_problems.len() < SHOWN {
            self.first_problems.push(format!("line {line}: {problem}"));
        }
    }

    pub(crate) fn unreadable(&mut self, line: u64, why: &str) {
        *self.problems.entry("unreadable-line").or_default() += 1;
        if self.first_problems.len() < SHOWN {
            self.first_problems.push(format!("line {line}: {why}"));
        }
    }

    pub(crate) fn expired(&mut self, payments: usize) {
        self.expired += payments;
    }

    pub(crate) fn took(&mut self, took: Duration) {
        self.took = took;
    }

    pub(crate) fn decisions(&self) -> u64 {
        self.verdicts.values().map(|c| c.all).sum()
    }

    pub(crate) fn refusals(&self) -> u64 {
        self.problems.values().sum()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.decisions();
        let seconds = self.took.as_secs_f64().max(1e-9);
        #[allow(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = all as f64 / seconds;
        writeln!(
            f,
            "{all} payments decided in {seconds:.1} s ({rate:.0} a second)"
        )?;
        writeln!(f)?;
        let label = if self.labelled {
            "   of these fraud"
        } else {
            ""
        };
        writeln!(f, "  verdict      decisions   share{label}")?;
        for (verdict, count) in &self.verdicts {
            #[allow(clippy::cast_precision_loss, reason = "a share for people")]
            let share = 100.0 * count.all as f64 / all.max(1) as f64;
            write!(
                f,
                "  {:<10} {:>11}  {share:>5.1}%",
                verdict.as_str(),
                count.all
            )?;
            if self.labelled {
                write!(f, "  {:>14}", count.fraud)?;
            }
            writeln!(f)?;
        }
        if self.expired > 0 {
            writeln!(
                f,
                "\n{} payments that waited were refused when their hold expired",
                self.expired
            )?;
        }
        if !self.problems.is_empty() {
            writeln!(
                f,
                "\n{} lines were refused without a decision:",
                self.refusals()
            )?;
            for (code, count) in &self.problems {
                writeln!(f, "  {code:<20} {count}")?;
            }
            for line in &self.first_problems {
                writeln!(f, "  {line}")?;
            }
        }
        Ok(())
    }
}
