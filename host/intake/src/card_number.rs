//! Card numbers where none belong.
//!
//! A field that is not tokenised is recorded as it came, in a log from which nothing can be deleted. A
//! card number in it would stay for ever, so it is refused at the door. Identifiers are full of digits,
//! too, and one of ten passes the check digit by chance; so a number counts only if it stands alone, has a
//! length and a beginning that a card scheme has given out, and passes:
//!
//! - digits in the groups in which cards show them (`4111 1111 1111 1111`, `3782-822463-10005`), or
//! - 15 or 16 digits in one piece.
//!
//! What that costs identifiers is measured by the tests: UUIDs, ULIDs, numbers that count up and times in
//! milli- and microseconds are never refused; random numbers of 16 digits are with a probability of 3 %,
//! and those that somebody lets begin like a scheme's cards with one of 10 %.

use crate::canonical::luhn;

/// Digits of a group, as cards show them.
const GROUPS: [&[usize]; 4] = [&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4], &[4, 4, 4, 4, 3]];
/// Digits of the longest card number (ISO/IEC 7812-1).
const MAX_DIGITS: usize = 19;

/// Whether a card number stands in the text.
pub(crate) fn is_in(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && !is_separator(c))
        .any(is_in_piece)
}

fn is_separator(c: char) -> bool {
    matches!(c, ' ' | '-')
}

/// Looks at each place in a piece at which a number can begin.
fn is_in_piece(piece: &str) -> bool {
    let groups: Vec<&str> = piece.split(is_separator).collect();
    (0..groups.len()).any(|from| is_whole(groups[from]) || is_grouped(&groups[from..]))
}

fn is_whole(group: &str) -> bool {
    matches!(group.len(), 15 | 16) && is_card(group)
}

fn is_grouped(groups: &[&str]) -> bool {
    GROUPS.iter().any(|lengths| {
        let fits = lengths.len() <= groups.len()
            && lengths
                .iter()
                .zip(groups)
                .all(|(length, group)| *length == group.len());
        fits && is_card(&zeroize::Zeroizing::new(groups[..lengths.len()].concat()))
    })
}

fn is_card(digits: &str) -> bool {
    digits.len() <= MAX_DIGITS
        && digits.bytes().all(|b| b.is_ascii_digit())
        && is_given_out(digits)
        && luhn(digits)
}

/// Whether a scheme has numbers that begin like this and are as long (issuer identification numbers of
/// the large schemes).
fn is_given_out(digits: &str) -> bool {
    let first = |n: usize| digits[..n].parse::<u32>().unwrap_or_default();
    match (digits.len(), first(1), first(2), first(4)) {
        // American Express.
        (15, _, 34 | 37, _) => true,
        // Diners Club.
        (14, _, 36 | 38 | 39, _) | (14, _, _, 3_000..=3_059) => true,
        // Visa.
        (16 | 19, 4, _, _) => true,
        // Mastercard.
        (16, _, 51..=55, _) | (16, _, _, 2_221..=2_720) => true,
        // Mir.
        (16, _, _, 2_200..=2_204) => true,
        // JCB.
        (16, _, _, 3_528..=3_589) => true,
        // Discover, UnionPay, RuPay, Verve.
        (16 | 19, _, 50 | 60 | 62 | 64 | 65 | 81 | 82, _) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_found_wherever_they_stand_alone() {
        for text in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "378282246310005",
            "3782 822463 10005",
            "3056 930902 5904",
            "5555555555554444",
            "2223003122003222",
            "6011111111111117",
            "3530111333300000",
            "6250 9470 0000 0014",
            "order:4111111111111111",
            "pay/4111111111111111/1",
            "retry 2 of 4111 1111 1111 1111 today",
            "2-4111111111111111",
        ] {
            assert!(is_in(text), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_let_in() {
        for text in [
            "",
            "p-1",
            "4111111111111112",        // the check digit is wrong
            "p4111111111111111",       // a letter says that it is an identifier
            "4111111111111",           // no length of today's cards
            "9111111111111111",        // no scheme
            "41111111111111111111111", // too long
            "550e8400-e29b-41d4-a716-446655440000",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "1780315200000",
            "1780315200000000",
            "2026-06-01 1200 0000",
            "٤١١١١١١١١١١١١١١١",
        ] {
            assert!(!is_in(text), "{text}");
        }
    }

    /// How many of so many identifiers are refused.
    fn refused(count: u64, identifier: impl Fn(u64) -> String) -> usize {
        (0..count).filter(|n| is_in(&identifier(*n))).count()
    }

    /// Splitmix64: numbers that look random, the same on every machine.
    fn random(n: u64) -> u64 {
        let mut z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    #[test]
    fn identifiers_pass() {
        let uuid = |n: u64| {
            let (a, b) = (random(2 * n), random(2 * n + 1));
            let (b, c, d) = (b & 0xffff, (b >> 16) & 0xffff, b >> 32);
            format!(
                "{:08x}-{:04x}-4{:03x}-{:04x}-{c:04x}{d:08x}",
                a >> 32,
                (a >> 16) & 0xffff,
                a & 0xfff,
                b
            )
        };
        let ulid = |n: u64| {
            let alphabet = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
            let digit = |place: u64| alphabet[(random(26 * n + place) % 32) as usize] as char;
            (0..26).map(digit).collect()
        };
        assert_eq!(refused(100_000, uuid), 0, "UUIDs");
        assert_eq!(refused(100_000, ulid), 0, "ULIDs");
        assert_eq!(refused(100_000, |n| n.to_string()), 0, "counting from 0");
        assert_eq!(
            refused(100_000, |n| format!("{n:016}")),
            0,
            "counting, filled up with zeros"
        );
        assert_eq!(
            refused(100_000, |n| (1_000_000_000_000_000 + n).to_string()),
            0,
            "counting from 10^15"
        );
        assert_eq!(
            refused(100_000, |n| (1_780_315_200_000_000 + n).to_string()),
            0,
            "microseconds"
        );
        assert_eq!(
            refused(100_000, |n| (1_900_000_000_000_000_000
                + random(n) % 1_000_000)
                .to_string()),
            0,
            "snowflakes"
        );
        let of_16 = |n| format!("{:016}", random(n) % 10_000_000_000_000_000);
        let random_numbers = refused(100_000, of_16);
        assert!(
            (2_000..4_000).contains(&random_numbers),
            "random numbers of 16 digits: {random_numbers}"
        );
        let like_visa = refused(100_000, |n| (4_000_000_000_000_000 + n).to_string());
        assert_eq!(
            like_visa, 10_000,
            "numbers that begin like a scheme's cards"
        );
    }
}
