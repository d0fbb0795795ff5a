//! What the detector misses, and what it finds where nothing is, by kind and by disguise, over strings made from a seed:
//!
//! ```text
//! cargo run --release -p weft-redact --example measure -- [SEED]
//! ```

use std::io::Write;
use std::time::Instant;

use weft_redact::Reading;

mod cases;

/// Strings of each kind of leak in each disguise, and of each harmless kind.
const EACH: (usize, usize) = (250, 1_000);

fn main() -> std::io::Result<()> {
    let seed = std::env::args().nth(1).and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or(cases::SEED);
    let all = cases::all(seed, EACH.0, EACH.1);
    let leaks = all.iter().filter(|case| case.leak.is_some()).count();
    let bytes: usize = all.iter().map(|case| case.text.len()).sum();
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{} strings from seed {seed}: {leaks} with a leak, {} without",
        all.len(),
        all.len() - leaks
    )?;
    let lines = cases::side_by_side(seed, EACH.1);
    for (leaks, what) in [
        (true, "numbers over two lines: missed"),
        (false, "two harmless lines: alarms"),
    ] {
        let (wrong, pairs) = cases::judge_pairs(&lines, leaks);
        writeln!(out, "{what} {wrong} of {pairs}")?;
    }
    for reading in [Reading::Prose, Reading::Field] {
        let started = Instant::now();
        let table = cases::judge(&all, reading);
        let seconds = started.elapsed().as_secs_f64();
        writeln!(
            out,
            "\n{reading:?}: {:.1} MB a second\n",
            bytes as f64 / seconds / 1e6
        )?;
        print(&mut out, &table)?;
    }
    let identifiers = cases::of_identifiers(seed, EACH.0, EACH.1);
    let bytes: usize = identifiers.iter().map(|case| case.text.len()).sum();
    let started = Instant::now();
    let table = cases::judge_identifiers(&identifiers);
    let seconds = started.elapsed().as_secs_f64();
    writeln!(
        out,
        "\nIdentifiers, {} strings: {:.1} MB a second\n",
        identifiers.len(),
        bytes as f64 / seconds / 1e6
    )?;
    print(&mut out, &table)
}

fn print(out: &mut impl Write, table: &cases::Table) -> std::io::Result<()> {
    writeln!(
        out,
        "{:<40} {:<22} {:>7} {:>7}",
        "leaks", "disguise", "strings", "missed"
    )?;
    for ((name, disguise), tally) in table
        .iter()
        .filter(|((_, disguise), _)| !disguise.is_empty())
    {
        writeln!(
            out,
            "{name:<40} {disguise:<22} {:>7} {:>7}",
            tally.strings, tally.wrong
        )?;
    }
    writeln!(
        out,
        "\n{:<40} {:<22} {:>7} {:>7}",
        "harmless", "", "strings", "alarms"
    )?;
    for ((name, _), tally) in table
        .iter()
        .filter(|((_, disguise), _)| disguise.is_empty())
    {
        writeln!(
            out,
            "{name:<40} {:<22} {:>7} {:>7}",
            "", tally.strings, tally.wrong
        )?;
    }
    let sum = |harmless: bool| {
        let of = table
            .iter()
            .filter(|((_, disguise), _)| disguise.is_empty() == harmless);
        of.fold((0, 0), |sum, (_, tally)| {
            (sum.0 + tally.wrong, sum.1 + tally.strings)
        })
    };
    let ((missed, leaks), (alarms, harmless)) = (sum(false), sum(true));
    writeln!(
        out,
        "\nmissed {missed} of {leaks}; false alarms {alarms} of {harmless}"
    )
}
