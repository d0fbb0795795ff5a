//! Findings combine to one.

use std::collections::BTreeSet;

use crate::{Finding, Obligation, Reason};

/// The most severe verdict, the highest risk, all reasons and all obligations, each once, in order.
/// With no findings: nothing to say.
pub fn combine<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Finding {
    let mut verdict = crate::Verdict::Abstain;
    let mut risk = None;
    let mut reasons: BTreeSet<Reason> = BTreeSet::new();
    let mut obligations: BTreeSet<Obligation> = BTreeSet::new();
    for finding in findings {
        verdict = verdict.max(finding.verdict);
        risk = risk.max(finding.risk);
        reasons.extend(finding.reasons.iter().cloned());
        obligations.extend(finding.obligations.iter().cloned());
    }
    Finding {
        verdict,
        risk,
        reasons: reasons.into_iter().collect(),
        obligations: obligations.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::combine;
    use crate::{Finding, Obligation, ObligationKind, Reason, Verdict};

    fn finding() -> impl Strategy<Value = Finding> {
        (
            prop::sample::select(Verdict::ALL.to_vec()),
            prop::option::of(0u16..=1000),
            prop::collection::vec("[a-c]", 0..4),
            prop::collection::vec(prop::sample::select(ObligationKind::ALL.to_vec()), 0..3),
        )
            .prop_map(|(verdict, risk, codes, kinds)| Finding {
                verdict,
                risk,
                reasons: codes
                    .into_iter()
                    .map(|code| Reason {
                        code,
                        fields: vec![],
                    })
                    .collect(),
                obligations: kinds
                    .into_iter()
                    .map(|kind| Obligation {
                        kind,
                        arguments: [].into(),
                    })
                    .collect(),
            })
    }

    proptest! {
        #[test]
        fn combine_is_commutative_associative_idempotent(a in finding(), b in finding(), c in finding()) {
            prop_assert_eq!(combine([&a, &b]), combine([&b, &a]));
            prop_assert_eq!(combine([&combine([&a, &b]), &c]), combine([&a, &combine([&b, &c])]));
            let once = combine([&a]);
            prop_assert_eq!(&combine([&once, &once]), &once);
            prop_assert_eq!(&combine([&once, &Finding::abstain()]), &once);
        }

        #[test]
        fn one_more_finding_never_makes_a_decision_milder(a in finding(), b in finding()) {
            let both = combine([&a, &b]);
            prop_assert!(both.verdict >= a.verdict && both.risk >= a.risk);
            prop_assert!(a.reasons.iter().all(|r| both.reasons.contains(r)));
            prop_assert!(a.obligations.iter().all(|o| both.obligations.contains(o)));
        }
    }
}
