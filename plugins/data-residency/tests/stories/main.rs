//! The plugin as a policy meets it: laws as they stand in policy files, payments, and where hosts are.

mod laws;
mod left_out;
mod settings;
