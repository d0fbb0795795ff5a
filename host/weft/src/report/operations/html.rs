//! The report as one HTML document.

use maud::{Markup, html};

use super::numbers::{Day, Numbers};
use super::text::{duration, lines, period, share};
use crate::document::{Width, document};

const TITLE: &str = "How payments and assistance went";
/// Pixels of the picture.
const WIDTH: usize = 900;
const HEIGHT: usize = 120;

pub(super) fn render(numbers: &Numbers) -> String {
    let parts = html! {
        h1 { (TITLE) }
        p.lead { "Made from the audit log, which was verified before: " (period(numbers)) "." }
        @for (name, told) in lines(numbers) {
            h2.flow { (name) }
            table.compact {
                tbody { @for (what, how) in told { tr { td style="width: 24rem" { (what.trim_start()) } td { (how) } } } }
            }
        }
        h2.flow { "Day by day (UTC)" }
        (picture("Payments", &numbers.days, |day| day.payments))
        (picture("Requests for assistance", &numbers.days, |day| day.requests))
        (days(&numbers.days))
        h2.flow { "What the numbers mean" }
        p.note {
            "Counted are payments that were first decided, requests that were made, disputes that were opened and cases that \
             were resolved within the time. Success is approved of approved and denied; what waits is in neither. A payment was \
             fraudulent if it was recalled, or disputed and given back; legitimate if the customer proved that they were the \
             payer, and it was neither; of all others nobody knows, and they are in no share. A case is resolved when nothing \
             of it waits any more, neither a payment that it is about nor a request within it. Intervals are Wilson's of 95 %."
        }
    };
    document(TITLE, Width::Tables, &parts)
}

/// One bar a day.
fn picture(title: &str, days: &[Day], of: impl Fn(&Day) -> u64) -> Markup {
    let most = days.iter().map(&of).max().unwrap_or(0).max(1);
    let step = (WIDTH / days.len().max(1)).clamp(1, 40);
    let width = step * days.len().max(1);
    let height = |day: &Day| usize::try_from(of(day) * HEIGHT as u64 / most).unwrap_or(HEIGHT);
    html! {
        h4 { (title) ", at most " (most) " a day" }
        svg width=(width) height=(HEIGHT) viewBox={ "0 0 " (width) " " (HEIGHT) } role="img" aria-label=(title) {
            @for (n, day) in days.iter().enumerate() {
                rect x=(n * step) y=(HEIGHT - height(day)) width=(step.saturating_sub(1).max(1)) height=(height(day)) fill="#55606a" {
                    title { (day.day) ": " (of(day)) }
                }
            }
        }
    }
}

fn days(days: &[Day]) -> Markup {
    html! {
        table.compact {
            thead { tr {
                th { "Day" } th.number { "Payments" } th { "Success rate" } th.number { "Requests" }
                th.number { "Cases resolved" } th.number { "Mean time to resolution" }
            } }
            tbody {
                @for day in days {
                    tr {
                        td { (day.day) } td.number { (day.payments) } td { (share(&day.success)) }
                        td.number { (day.requests) } td.number { (day.cases_resolved) }
                        td.number { @if let Some(mean) = day.mean_resolution_s { (duration(mean)) } }
                    }
                }
            }
        }
    }
}
