//! Accounts of old systems: where they come from, how they come in, whose they
//! are, and to which unit they belong now.
//!
//! Here belongs what is done with all of them at once. What makes two accounts
//! one person is decided in `model::matching`, and what the old systems themselves
//! answer comes through `outbound`.

pub mod arrivals;
pub mod confirm;
pub mod directories;
pub mod federation;
pub mod files;
pub mod home;
pub mod import;
pub mod matching;
pub mod merge;
pub mod retirement;
pub mod review;
pub mod sign_in;
pub mod sources;
mod taken_away;
pub mod units;
pub mod wrapping;
