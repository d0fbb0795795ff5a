//! Where the time of a decision goes, from the host's own metrics.

use std::collections::BTreeMap;
use std::fmt;

use super::host::Access;
use crate::client::{Client, Question};
use crate::exit::Failed;

/// Sums of the metric `weft_stage_seconds`, by stage, and of `weft_decision_seconds`.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Shares {
    stages: BTreeMap<String, f64>,
    whole: f64,
    decisions: f64,
}

impl Shares {
    /// What the host has counted so far; `None` where nobody may ask it.
    pub(crate) async fn read(access: &Access) -> Result<Option<Shares>, Failed> {
        let Some(token) = &access.operator else {
            return Ok(None);
        };
        let mut client = Client::connect(access.address).await?;
        let answer = client.ask(Question::get("/metrics", Some(token))).await?;
        if !answer.status.is_success() {
            return Err(Failed::because(format!(
                "the host's metrics cannot be read, it answers {}; is WEFT_OPERATOR the token of an operator?",
                answer.status
            )));
        }
        Ok(Some(Shares::of(&String::from_utf8_lossy(&answer.body))))
    }

    fn of(text: &str) -> Shares {
        let mut shares = Shares::default();
        for line in text.lines() {
            let Some((name, value)) = line.rsplit_once(' ') else {
                continue;
            };
            let Ok(value) = value.parse::<f64>() else {
                continue;
            };
            if name == "weft_decision_seconds_sum" {
                shares.whole = value;
            } else if name == "weft_decision_seconds_count" {
                shares.decisions = value;
            } else if let Some(stage) = label(name, "weft_stage_seconds_sum", "stage") {
                shares.stages.insert(stage.to_owned(), value);
            }
        }
        shares
    }

    /// What came after `before`.
    pub(crate) fn since(&self, before: &Shares) -> Shares {
        let earlier = |stage: &String| before.stages.get(stage).copied().unwrap_or(0.0);
        Shares {
            stages: self
                .stages
                .iter()
                .map(|(stage, sum)| (stage.clone(), sum - earlier(stage)))
                .collect(),
            whole: self.whole - before.whole,
            decisions: self.decisions - before.decisions,
        }
    }
}

/// A label's value in `name{label="value"}`.
fn label<'a>(line: &'a str, name: &str, label: &str) -> Option<&'a str> {
    let labels = line.strip_prefix(name)?.strip_prefix('{')?;
    let (_, value) = labels.split_once(&format!("{label}=\""))?;
    value.split_once('"').map(|(value, _)| value)
}

impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = |sum: f64| 1e6 * sum / self.decisions.max(1.0);
        let share = |sum: f64| 100.0 * sum / self.whole.max(1e-9);
        writeln!(
            f,
            "\nWhere the time of a request goes inside the host, mean over all rates:"
        )?;
        writeln!(f, "  {:<14} {:>10}  share", "part", "µs")?;
        let mut rest = self.whole;
        for (stage, sum) in &self.stages {
            writeln!(
                f,
                "  {stage:<14} {:>10.1}  {:>4.1}%",
                each(*sum),
                share(*sum)
            )?;
            rest -= sum;
        }
        writeln!(
            f,
            "  {:<14} {:>10.1}  {:>4.1}%",
            "the rest",
            each(rest),
            share(rest)
        )?;
        write!(
            f,
            "  {:<14} {:>10.1}  of {} requests",
            "together",
            each(self.whole),
            self.decisions
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# TYPE weft_stage_seconds histogram\n\
        weft_stage_seconds_sum{stage=\"record\"} 2.5\n\
        weft_stage_seconds_count{stage=\"record\"} 10\n\
        weft_decision_seconds_sum 4.0\n\
        weft_decision_seconds_count 10\n";

    #[test]
    fn sums_are_read_by_stage() {
        let shares = Shares::of(TEXT);
        assert_eq!(shares.stages.get("record"), Some(&2.5));
        assert_eq!((shares.whole, shares.decisions), (4.0, 10.0));
    }

    #[test]
    fn only_what_came_since_counts() {
        let shares = Shares::of(TEXT);
        let none = shares.since(&shares);
        assert_eq!(none.stages.get("record"), Some(&0.0));
        assert_eq!(none.decisions, 0.0);
    }
}
