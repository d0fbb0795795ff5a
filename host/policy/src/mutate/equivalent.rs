//! Comparisons that come out the same.

use weft_dictionary::Dictionary;

use crate::cel::measured::{Facts, Ranges};
use crate::cel::node::Node;
use crate::limits::MAX_SOLVER_STEPS;
use crate::solve::{Answer, Goal, Mode, Solver};

/// Whether it is proven that two comparisons of the same facts come out the same in every row. They miss the same facts;
/// of what can fail nothing is claimed.
pub(super) fn are_same(one: &Node, two: &Node, dictionary: &Dictionary) -> bool {
    let facts = Facts::Any;
    let ranges = Ranges { dictionary, facts };
    if ranges.can_fail(one) || ranges.can_fail(two) {
        return false;
    }
    let solver = Solver::new(MAX_SOLVER_STEPS);
    let never = |one, two| {
        let goals = [(one, Mode::True), (two, Mode::False)].map(|(node, mode)| Goal {
            node,
            mode,
            dictionary,
        });
        // An example need not be confirmed to show that nothing is proven.
        matches!(solver.ask(&goals, &|_| true), Answer::Never(_))
    };
    never(one, two) && never(two, one)
}
