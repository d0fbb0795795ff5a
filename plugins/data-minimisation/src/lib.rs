//! data-minimisation.
