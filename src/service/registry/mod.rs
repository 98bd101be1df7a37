//! The unit registry: bringing files in, and looking units up as of a date.
//!
//! Here belong the import and what is shown of a unit. What a look-up answers
//! is decided in `model::registry`; changes of units over time come from
//! re-organization plans, not from here.

pub mod believed;
mod code_change;
pub mod code_file;
mod corrected;
pub mod document;
pub mod draft;
pub mod files;
pub mod import;
pub mod people_digest;
mod rows_codes;
mod rows_successions;
mod rows_units;
