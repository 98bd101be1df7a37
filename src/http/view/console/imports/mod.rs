//! Files that administrators bring: the list of them, and one with what its rows do.

mod list;
mod one;
mod rows;
mod words;

pub use list::{FileLine, ImportsPage, Sending};
pub use one::{Done, ImportPage};
pub use rows::{KeptLine, RowLine, ShownPost, effect_address, kept_rows, row_pages, row_rows};
pub use words::column_name;

pub(super) use words::kind_name;

/// Where the list is.
pub(super) const HERE: &str = "/admin/imports";
