//! By when a dispute has to be answered.
//!
//! The due dates are those of Regulation E (12 CFR 1005.11(c)) and of Article 73(1) of Directive (EU) 2015/2366, whichever
//! is earlier. A business day is any from Monday to Friday in UTC. Public holidays are not left out: what is due is so
//! never due later than by a law that leaves them out.

use weft_dictionary::Timestamp;

use crate::Dispute;
use crate::limits::{
    ANSWER_DAYS, ANSWER_DAYS_EXTENDED, CREDIT_BUSINESS_DAYS, UNAUTHORISED_BUSINESS_DAYS,
};

const DAY_MS: u64 = 24 * 3_600_000;
/// The reason of a dispute about a payment that the customer did not make.
const UNAUTHORISED: &str = "unauthorised";

impl Dispute {
    /// By when it is answered, or its amount given back provisionally: the end of that day.
    pub fn credit_due_at(&self) -> Timestamp {
        let business_days = match self.reason.as_str() {
            UNAUTHORISED => UNAUTHORISED_BUSINESS_DAYS,
            _ => CREDIT_BUSINESS_DAYS,
        };
        let mut day = self.notice_day();
        for _ in 0..business_days {
            day += 1;
            while is_weekend(day) {
                day += 1;
            }
        }
        end_of(day)
    }

    /// By when it is answered if its amount was given back provisionally: the end of that day.
    pub fn answer_due_at(&self, extended: bool) -> Timestamp {
        let days = match extended {
            true => ANSWER_DAYS_EXTENDED,
            false => ANSWER_DAYS,
        };
        end_of(self.notice_day().saturating_add(days))
    }

    /// Days from 1970-01-01 to that of the notice.
    fn notice_day(&self) -> u64 {
        self.notice_at.0 / DAY_MS
    }
}

fn end_of(day: u64) -> Timestamp {
    Timestamp(day.saturating_add(1).saturating_mul(DAY_MS))
}

/// 1970-01-01 was a Thursday.
fn is_weekend(day: u64) -> bool {
    matches!(day % 7, 2 | 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dispute(reason: &str, notice_at: &str) -> Dispute {
        Dispute {
            id: "D-1".to_owned(),
            reason: reason.to_owned(),
            notice_at: at(notice_at),
            by: "noor".to_owned(),
        }
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("an instant")
    }

    #[test]
    fn ten_business_days_are_two_weeks_and_one_is_not_a_weekend() {
        // 2026-06-01 is a Monday, 2026-06-05 a Friday, the next two days a weekend.
        for (notice, ten, one) in [
            ("2026-06-01T00:00:00Z", "2026-06-16", "2026-06-03"),
            ("2026-06-01T23:59:59Z", "2026-06-16", "2026-06-03"),
            ("2026-06-05T12:00:00Z", "2026-06-20", "2026-06-09"),
            ("2026-06-06T12:00:00Z", "2026-06-20", "2026-06-09"),
            ("2026-06-07T12:00:00Z", "2026-06-20", "2026-06-09"),
        ] {
            let end = |day: &str| at(&format!("{day}T00:00:00Z"));
            assert_eq!(dispute("amount", notice).credit_due_at(), end(ten));
            assert_eq!(dispute("unauthorised", notice).credit_due_at(), end(one));
        }
    }

    #[test]
    fn the_longer_period_is_twice_the_shorter() {
        let dispute = dispute("amount", "2026-06-01T12:00:00Z");
        let due = |extended| dispute.answer_due_at(extended);
        assert_eq!(due(false), at("2026-07-17T00:00:00Z"));
        assert_eq!(due(true), at("2026-08-31T00:00:00Z"));
    }
}
