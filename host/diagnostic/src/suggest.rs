//! "Did you mean", where names are looked up.

/// Names that differ more than this are not alike enough to suggest (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.8;

/// The candidate most like `name`, if any is alike enough.
pub fn did_you_mean<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|c| (strsim::jaro_winkler(name, c), c))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, c)| c)
}

/// Whether two names are the same but for one slip: a letter too much, too few or another one, or two in the wrong order.
pub fn is_slip_of(name: &str, other: &str) -> bool {
    strsim::osa_distance(name, other) <= 1
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, is_slip_of};

    #[test]
    fn one_slip_is_a_slip_and_two_are_another_name() {
        for name in ["malware", "malwere", "mlaware", "malwares", "malwar"] {
            assert!(is_slip_of(name, "malware"), "{name}");
        }
        for name in ["malwears", "male", ""] {
            assert!(!is_slip_of(name, "malware"), "{name}");
        }
    }

    #[test]
    fn the_nearest_name_is_suggested_and_a_far_one_is_not() {
        let names = ["payment.amount", "payment.id", "device.id"];
        assert_eq!(
            did_you_mean("payment.amuont", names),
            Some("payment.amount")
        );
        assert_eq!(did_you_mean("zzz", names), None);
    }
}
