//! The requests: the same numbers give the same payments, so two runs send the same.

use fastrand::Rng;
use hyper::body::Bytes;
use serde_json::json;

/// Customers; each has an account, a card, a device and a town.
const CUSTOMERS: u64 = 10_000;
/// Payees.
const PAYEES: u64 = 1_000;
/// How many requests earlier the payment was that support is asked about.
const ASKED_LATER: u64 = 500;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Payment,
    Assistance,
}

/// One request.
pub(crate) struct Made {
    pub(crate) kind: Kind,
    pub(crate) body: Bytes,
}

/// Makes requests.
pub(crate) struct Traffic {
    seed: u64,
    /// Of 100.
    assist: u64,
    /// Two runs against one host must not send the same payments twice.
    run: String,
}

impl Traffic {
    pub(crate) fn new(seed: u64, assist: u32) -> Traffic {
        Traffic {
            seed,
            assist: assist.into(),
            run: format!("{:08x}", Rng::new().u32(..)),
        }
    }

    /// The request with this number.
    pub(crate) fn request(&self, number: u64) -> Made {
        // Only of payments that were sent long enough ago is anything asked.
        if self.kind(number) == Kind::Assistance
            && let Some(about) = self.payment_before(number)
        {
            return Made {
                kind: Kind::Assistance,
                body: self.assistance(number, about),
            };
        }
        Made {
            kind: Kind::Payment,
            body: self.payment(number),
        }
    }

    /// Assistance about one of the payments of which so many were sent; before there are enough, about one that is not known.
    pub(crate) fn request_about(&self, number: u64, sent: u64) -> Made {
        let latest = sent.saturating_sub(ASKED_LATER);
        let about = latest.saturating_sub(number % ASKED_LATER);
        Made {
            kind: Kind::Assistance,
            body: self.assistance(number, about),
        }
    }

    fn kind(&self, number: u64) -> Kind {
        if number % 100 < self.assist {
            Kind::Assistance
        } else {
            Kind::Payment
        }
    }

    fn payment_before(&self, number: u64) -> Option<u64> {
        let latest = number.checked_sub(ASKED_LATER)?;
        (0..=latest)
            .rev()
            .take(100)
            .find(|n| self.kind(*n) == Kind::Payment)
    }

    fn id(&self, number: u64) -> String {
        format!("bench-{}-{number}", self.run)
    }

    fn assistance(&self, number: u64, about: u64) -> Bytes {
        let body = json!({
            "operation": "assist.failed_payment",
            "payment": {"id": self.id(about)},
            "case": {"id": format!("bench-case-{number}"), "contact": "chat"},
        });
        Bytes::from(body.to_string())
    }

    fn payment(&self, number: u64) -> Bytes {
        let mut rng = Rng::with_seed(self.seed.wrapping_mul(0x9e37_79b9).wrapping_add(number));
        let customer = rng.u64(..CUSTOMERS);
        // A customer pays a few payees again and again, and sometimes a new one.
        let payee = if rng.u8(..) < 230 {
            customer.wrapping_mul(7).wrapping_add(rng.u64(..5)) % PAYEES
        } else {
            rng.u64(..PAYEES)
        };
        let cents = 100
            + rng.u64(..2_000)
            + if rng.u8(..) < 10 {
                rng.u64(..50_000)
            } else {
                0
            };
        let body = json!({
            "operation": "payment.authorize",
            "payment": {
                "id": self.id(number),
                "amount": {"value": format!("{}.{:02}", cents / 100, cents % 100), "currency": "EUR"},
                "method": "card",
            },
            "payer": {
                "name": format!("Customer {customer}"),
                "account": format!("7700{customer:010}"),
                "country": "BE",
                "city": "Gent",
            },
            "payee": {
                "name": format!("Payee {payee}"),
                "account": format!("8800{payee:010}"),
                "country": "BE",
                "category": "5411",
            },
            "instrument": {
                "pan": card(customer),
                "expiry": "2030-12",
                "cvv": "123",
                "issuer_country": "BE",
                "entry_mode": "ecommerce",
            },
            "device": {
                "id": format!("bench-device-{customer}"),
                "platform": "android",
                "rooted": false,
                "malware": false,
            },
            "location": {"country": "BE", "city": "Gent", "latitude": "51.05", "longitude": "3.72"},
        });
        Bytes::from(body.to_string())
    }
}

/// A card number of the test range 411111 with a right check digit (ISO/IEC 7812-1, annex B).
fn card(customer: u64) -> String {
    let body = format!("411111{customer:09}");
    let sum: u32 = body
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, digit)| {
            let digit = u32::from(digit - b'0');
            match i % 2 {
                0 if digit > 4 => digit * 2 - 9,
                0 => digit * 2,
                _ => digit,
            }
        })
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_is_right() {
        // The well-known test number of this range, and its neighbour.
        assert_eq!(card(111_111_111), "4111111111111111");
        assert_eq!(card(111_111_112), "4111111111111129");
    }

    #[test]
    fn the_same_number_is_the_same_payment() {
        let traffic = Traffic::new(1, 5);
        assert_eq!(traffic.request(700).body, traffic.request(700).body);
        assert_ne!(traffic.payment(701), traffic.payment(702));
    }

    #[test]
    fn support_is_asked_about_payments_that_were_sent() {
        let traffic = Traffic::new(1, 5);
        let asked = (0..2_000)
            .filter(|n| traffic.request(*n).kind == Kind::Assistance)
            .collect::<Vec<_>>();
        assert_eq!(
            asked.len(),
            70,
            "five of each hundred, once there are payments to ask about"
        );
        for number in asked {
            let about = traffic.payment_before(number).expect("there is one");
            assert_eq!(traffic.request(about).kind, Kind::Payment);
        }
    }
}
