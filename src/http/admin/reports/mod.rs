//! What people say is wrong about themselves, and an answer for each.

pub mod export;
pub mod list;
pub mod one;

/// Where the list begins.
pub const HERE: &str = "/admin/reports";
