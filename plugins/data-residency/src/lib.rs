//! data-residency.
