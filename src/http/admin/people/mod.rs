//! People: the list with its filters, acts on many, and the pages about one person.

pub mod add;
pub mod bulk;
pub mod delegations;
pub mod edit;
pub mod erase;
pub mod export;
mod filter;
pub mod history;
pub mod list;
pub mod number;
mod on_day;
pub mod person;
pub mod positions;
pub mod roles_tab;
pub mod sessions;
pub mod status;
mod units;
pub mod views;

/// The list.
const HERE: &str = "/admin/people";
