//! The bounds of one finding.

/// Reasons in one finding.
pub const MAX_REASONS: usize = 16;
/// Obligations in one finding.
pub const MAX_OBLIGATIONS: usize = 32;
/// Arguments of one obligation.
pub const MAX_ARGUMENTS: usize = 64;
/// The highest risk score.
pub const MAX_RISK: u16 = 1_000;
