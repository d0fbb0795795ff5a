//! risk-rules.
