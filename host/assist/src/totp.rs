//! Codes by the time (RFC 6238): HMAC-SHA-1, six digits, thirty seconds, as authenticator apps have them.

use std::ops::RangeInclusive;

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;
use weft_dictionary::Timestamp;

/// RFC 6238, 5.2: the default.
const STEP_MS: u64 = 30_000;
/// RFC 4226, 5.3: six digits at least.
const DIGITS: usize = 6;
/// Steps before and after the host's own whose code is taken, too: clocks differ, and people type (RFC 6238, 5.2).
const WINDOW: u64 = 1;

/// The time step whose code this is, of those around now. All are compared, in the same time.
pub fn step_of(secret: &[u8], code: &[u8], now: Timestamp) -> Option<u64> {
    let mut found = None;
    for step in around(now) {
        if bool::from(code_of(secret, step).as_bytes().ct_eq(code)) {
            found = Some(step);
        }
    }
    found
}

/// The time step that it is.
pub fn step_at(now: Timestamp) -> u64 {
    now.0 / STEP_MS
}

fn around(now: Timestamp) -> RangeInclusive<u64> {
    let step = step_at(now);
    step.saturating_sub(WINDOW)..=step.saturating_add(WINDOW)
}

/// The code of a time step: RFC 4226, 5.3.
fn code_of(secret: &[u8], step: u64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret)
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(&step.to_be_bytes());
    let hash: [u8; 20] = mac.finalize().into_bytes().into();
    let offset = usize::from(hash[19] & 0xf);
    let cut = [
        hash[offset],
        hash[offset + 1],
        hash[offset + 2],
        hash[offset + 3],
    ];
    let number = u32::from_be_bytes(cut) & 0x7fff_ffff;
    format!("{:0DIGITS$}", number % 10_u32.pow(DIGITS as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of the RFCs' test vectors.
    const SECRET: &[u8] = b"12345678901234567890";

    /// RFC 4226, appendix D.
    #[test]
    fn the_codes_are_those_of_the_rfc() {
        let codes = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (step, code) in (0..).zip(codes) {
            assert_eq!(code_of(SECRET, step), code, "{step}");
        }
    }

    /// RFC 6238, appendix B, SHA-1: the last six of its eight digits.
    #[test]
    fn the_times_are_those_of_the_rfc() {
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let now = Timestamp(seconds * 1_000);
            let step = step_of(SECRET, code.as_bytes(), now);
            assert_eq!(step, Some(seconds / 30), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_taken_one_step_early_or_late_and_no_further() {
        let code = code_of(SECRET, 1_000);
        let taken = |step: u64| step_of(SECRET, code.as_bytes(), Timestamp(step * STEP_MS));
        assert_eq!([999, 1_000, 1_001].map(taken), [Some(1_000); 3]);
        assert_eq!([998, 1_002].map(taken), [None; 2]);
        for wrong in ["", "00000", "0000000", &code[1..]] {
            assert_eq!(
                step_of(SECRET, wrong.as_bytes(), Timestamp(1_000 * STEP_MS)),
                None
            );
        }
        assert_eq!(
            step_of(
                b"another secret of 20",
                code.as_bytes(),
                Timestamp(1_000 * STEP_MS)
            ),
            None
        );
    }
}
