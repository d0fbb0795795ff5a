//! Whether customers who were helped go on paying, beside others who paid as often before.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use super::gather::{Gathered, Payment};
use super::statistics::Share;

const DAY_MS: u64 = 86_400_000;
/// Days before a contact whose payments say how active somebody was, and days after it in which one payment is enough.
const DAYS: u64 = 30;
/// Parts of all customers, by how active they were, within which they are compared.
const DECILES: usize = 10;

/// See the module.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Retention {
    /// Contacts after which somebody paid again, on days 2 to 30.
    pub(super) contacted: Share,
    /// The same days of customers who were never in contact, each contact beside those of its decile of prior activity.
    pub(super) others: Share,
    /// Contacts of which 30 days are not over.
    pub(super) too_recent: u64,
}

/// What a day's view of all customers says of one.
struct Seen {
    decile: usize,
    pays_again: bool,
}

pub(super) fn of(all: &Gathered) -> Retention {
    let mut by_payer: HashMap<u32, Vec<u64>> = HashMap::new();
    for payment in all.payments.iter().filter(|payment| payment.captured) {
        if let Some(payer) = payment.payer {
            by_payer.entry(payer).or_default().push(day(payment));
        }
    }
    let in_contact: HashSet<u32> = all.contacts.iter().map(|contact| contact.payer).collect();
    let mut by_day: BTreeMap<u64, HashSet<u32>> = BTreeMap::new();
    let mut too_recent = 0;
    for contact in all
        .contacts
        .iter()
        .filter(|contact| all.is_within(contact.at))
    {
        match contact.at.0 + DAYS * DAY_MS <= all.end.0 {
            true => {
                by_day
                    .entry(contact.at.0 / DAY_MS)
                    .or_default()
                    .insert(contact.payer);
            }
            false => too_recent += 1,
        }
    }
    let (mut retained, mut contacts) = (0, 0);
    let (mut others_retained, mut others) = (0, 0);
    for (day, contacted) in by_day {
        let seen = seen_on(day, &by_payer);
        let mut beside = [(0_u64, 0_u64); DECILES];
        for (_, one) in seen.iter().filter(|(payer, _)| !in_contact.contains(payer)) {
            beside[one.decile].0 += u64::from(one.pays_again);
            beside[one.decile].1 += 1;
        }
        for payer in contacted {
            contacts += 1;
            if let Some(one) = seen.get(&payer) {
                retained += u64::from(one.pays_again);
                others_retained += beside[one.decile].0;
                others += beside[one.decile].1;
            }
        }
    }
    Retention {
        contacted: Share::new(retained, contacts),
        others: Share::new(others_retained, others),
        too_recent,
    }
}

/// All customers as they were on a day: how active before, and whether they pay again.
fn seen_on(day: u64, by_payer: &HashMap<u32, Vec<u64>>) -> HashMap<u32, Seen> {
    let before = day.saturating_sub(DAYS)..day;
    let after = day + 2..=day + DAYS;
    let mut active: Vec<(usize, u32)> = by_payer
        .iter()
        .map(|(payer, days)| (days.iter().filter(|d| before.contains(d)).count(), *payer))
        .collect();
    active.sort_unstable();
    let customers = active.len();
    let seen = |(place, (_, payer)): (usize, (usize, u32))| {
        let one = Seen {
            decile: place * DECILES / customers,
            pays_again: by_payer[&payer].iter().any(|d| after.contains(d)),
        };
        (payer, one)
    };
    active.into_iter().enumerate().map(seen).collect()
}

fn day(payment: &Payment) -> u64 {
    payment.at.0 / DAY_MS
}
