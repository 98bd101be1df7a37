//! Accounts of old systems at the console: the worklist, one account with whoever it may be of beside it, decisions about
//! many, units in question, and files that are brought in.

mod account;
mod batch;
mod import;
mod list;
mod sayings;
mod words;

pub use account::{AccountPage, DecisionLine, Problem, ShownSide};
pub use batch::{BatchPage, BatchProblem};
pub use import::{FilePage, FilesPage, Refused};
pub use list::{ListLine, ListPage};
pub use sayings::{SayingLine, SayingPage, SayingsListPage};

/// The worklist.
pub const HERE: &str = "/admin/legacy";
/// Units in question.
pub const SAYINGS: &str = "/admin/legacy/sayings";
/// Files.
pub const IMPORT: &str = "/admin/legacy/import";
