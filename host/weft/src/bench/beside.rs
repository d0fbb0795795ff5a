//! What assistance does to payments: both at once, and payments alone, in turn in one run, since machines are noisy.

use std::time::Duration;

use super::host::Access;
use super::load::{Load, Measured, Pace};
use super::{Bench, WARM_UP};
use crate::exit::Failed;
use crate::output;

/// How often each is measured, in turn.
const ROUNDS: usize = 3;
/// Connections of a flood: each sends its next request as soon as the last is answered or refused.
const FLOOD_CONNECTIONS: u16 = 256;

/// What comes beside the payments.
#[derive(Debug, Clone, Copy)]
enum Beside {
    Nothing,
    Assistance(Pace),
}

pub(super) async fn measure(args: &Bench, access: &Access, rate: u32) -> Result<(), Failed> {
    let length = Duration::from_secs(args.seconds.into());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    output::line(&format!(
        "Payments alone, beside {rate} requests for assistance a second, and beside a flood of them on \
         {FLOOD_CONNECTIONS} connections, in turn, {ROUNDS} times {} s each.\nHost and load share {cores} cores. Latency in \
         milliseconds, from the time at which a request was due.\n",
        args.seconds
    ));
    let mut payments = Load::new(access, 0, args.connections, args.seed);
    let mut assistance = payments.beside(args.connections);
    let mut flood = payments.beside(FLOOD_CONNECTIONS);
    output::step("warming up for 2 seconds");
    payments.run(Pace::PerSecond(args.rate[0]), WARM_UP).await?;
    let conditions = [
        ("alone", Beside::Nothing),
        (
            "beside assistance",
            Beside::Assistance(Pace::PerSecond(rate)),
        ),
        ("beside a flood", Beside::Assistance(Pace::AsFastAsAnswered)),
    ];
    let mut lost = 0;
    for payments_rate in &args.rate {
        let pace = Pace::PerSecond(*payments_rate);
        let mut all: Vec<(Option<Measured>, Option<Measured>)> =
            conditions.iter().map(|_| (None, None)).collect();
        for _ in 0..ROUNDS {
            for ((_, beside), (of_payments, of_assistance)) in conditions.iter().zip(&mut all) {
                let (paid, asked) = match beside {
                    Beside::Nothing => (payments.run(pace, length).await?, None),
                    Beside::Assistance(pace_beside) => {
                        let other = match pace_beside {
                            Pace::PerSecond(_) => &mut assistance,
                            Pace::AsFastAsAnswered => &mut flood,
                        };
                        let both = tokio::try_join!(
                            payments.run(pace, length),
                            other.run(*pace_beside, length)
                        )?;
                        (both.0, Some(both.1))
                    }
                };
                add(of_payments, Some(paid))?;
                add(of_assistance, asked)?;
            }
        }
        output::line(&format!("{:<34}{}", "", Measured::HEADER));
        for ((name, _), (of_payments, of_assistance)) in conditions.iter().zip(&all) {
            for (what, measured) in [("payments", of_payments), ("  assistance", of_assistance)] {
                if let Some(measured) = measured {
                    output::line(&format!("{:<34}{measured}", format!("{what} {name}")));
                }
            }
        }
        output::line(&told(&all));
        let problems = all.iter().filter_map(|(paid, _)| paid.as_ref());
        lost += problems.map(Measured::not_decided).sum::<u64>();
    }
    match lost {
        0 => Ok(()),
        n => Err(Failed::because(format!(
            "{n} payments were answered with a problem; the column `problems` says beside what, the host's metric \
             weft_problems_total says why"
        ))),
    }
}

fn add(sum: &mut Option<Measured>, more: Option<Measured>) -> Result<(), Failed> {
    *sum = match (sum.take(), more) {
        (Some(sum), Some(more)) => Some(sum.and(more)?),
        (sum, more) => sum.or(more),
    };
    Ok(())
}

/// What came to the latencies of payments.
fn told(all: &[(Option<Measured>, Option<Measured>)]) -> String {
    let of_payments: Vec<&Measured> = all.iter().filter_map(|(paid, _)| paid.as_ref()).collect();
    let [alone, beside, flood] = of_payments.as_slice() else {
        return String::new();
    };
    let mut text = String::new();
    for (name, with) in [("assistance", beside), ("a flood", flood)] {
        let added = |quantile| with.latency(quantile) - alone.latency(quantile);
        let times = |quantile| with.latency(quantile) / alone.latency(quantile);
        text.push_str(&format!(
            "\n  beside {name} payments take {:+.2} ms at the median ({:.2} times) and {:+.2} ms at the 99th percentile ({:.2} times)",
            added(0.5),
            times(0.5),
            added(0.99),
            times(0.99)
        ));
    }
    text.push('\n');
    text
}
