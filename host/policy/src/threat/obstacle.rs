//! Why it is not known how a condition changes with the level of threat, and what to write instead.

/// What stands in the way of a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Obstacle {
    Equality,
    Opposed,
    Sign,
    Choice,
    NegativeTime,
    TooLarge,
    Function,
    Cases,
    Work,
}

impl Obstacle {
    /// What depends on the level, and how.
    pub(super) fn reason(self) -> &'static str {
        match self {
            Obstacle::Equality => "what depends on the level is compared for being equal",
            Obstacle::Opposed => "two parts that depend on the level work against each other",
            Obstacle::Sign => {
                "what depends on the level is multiplied by what may be negative, or loses its own sign"
            }
            Obstacle::Choice => {
                "a choice (`? :`) that depends on the level is between facts, or goes both ways"
            }
            Obstacle::NegativeTime => {
                "a difference of times that depends on the level may be negative, which is a failure"
            }
            Obstacle::TooLarge => "a number that depends on the level may become too large",
            Obstacle::Function => "a function is asked about what depends on the level",
            Obstacle::Cases => "too many facts, each named more than once, may be there or not",
            Obstacle::Work => "the search for proofs of all policies ended at its bound before",
        }
    }

    /// What to write instead.
    pub(super) fn remedy(self) -> &'static str {
        match self {
            Obstacle::Equality => {
                "compare with <, <=, > or >=, or write a rule for each case with `&&` and `||`"
            }
            Obstacle::Opposed => "let one side of the comparison depend on the level",
            Obstacle::Sign => {
                "take the factor with `math.greatest(factor, 0)`, or compare a fact directly with the parameter"
            }
            Obstacle::Choice => {
                "choose between conditions with `&&` and `||` instead of between values"
            }
            Obstacle::NegativeTime => {
                "write it as a sum on the other side: `a < b + c` for `a - b < c`"
            }
            Obstacle::TooLarge => {
                "use smaller factors, or compare a fact directly with the parameter"
            }
            Obstacle::Function => "compare a fact directly with the parameter",
            Obstacle::Cases => {
                "name each fact once, or write several policies with fewer facts each"
            }
            Obstacle::Work => {
                "write what depends on the level more plainly, here and in the policies before"
            }
        }
    }
}
