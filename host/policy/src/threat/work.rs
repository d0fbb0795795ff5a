//! How much is done to prove it of a set, so that no set of files keeps the host from starting.

use std::cell::Cell;

use crate::cel::node::Node;
use crate::limits::{MAX_THREAT_STEPS, MAX_TRIAL_STEPS};

/// How many parts of expressions are looked at within one step of the solver.
const SOLVER_STEP: u64 = 10;

/// What may still be done for the policies of one set.
pub(crate) struct Work {
    /// Parts of expressions that proofs may look at.
    proof: Cell<u64>,
    /// Steps of policies that are asked about rows which may show what is wrong.
    trials: Cell<u64>,
}

impl Work {
    pub(crate) fn new() -> Work {
        Work {
            proof: Cell::new(MAX_THREAT_STEPS),
            trials: Cell::new(MAX_TRIAL_STEPS),
        }
    }

    /// Whether an expression may still be looked at in a proof.
    pub(super) fn looks_at(&self, node: &Node) -> bool {
        spend(&self.proof, node.size() as u64)
    }

    /// Whether so much more may be done in a proof.
    pub(super) fn proves(&self, steps: u64) -> bool {
        spend(&self.proof, steps)
    }

    /// So many steps of the solver were taken for a proof.
    pub(super) fn solved(&self, steps: u64) {
        spend(&self.proof, steps.saturating_mul(SOLVER_STEP));
    }

    /// Whether a policy that takes so many steps may still be asked about a row.
    pub(super) fn tries(&self, steps: u64) -> bool {
        spend(&self.trials, steps)
    }
}

fn spend(left: &Cell<u64>, steps: u64) -> bool {
    let enough = left.get() >= steps;
    left.set(left.get().saturating_sub(steps));
    enough
}
