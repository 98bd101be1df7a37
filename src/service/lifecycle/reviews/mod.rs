//! Rounds of access reviews: once a quarter units say of every right of their people, and of every role that was given to a
//! group of them, whether it is still needed.
//!
//! What there is to answer is written down when a round begins, so that a round is about one day. An answer is one
//! conditional statement: of two who answer at once one does. What is not answered is listed and stays as it is. A right
//! itself is taken back by the room that gives such rights; here is kept that it was asked for, and what came of it.

mod answer;
mod groups;
mod listing;
mod remind;
mod report;

pub use answer::{MOST, Place, begin_removal, end_removal, keep};
pub use groups::OfGroup;
pub use listing::{begin, begin_due, step};
pub use report::{Line, Lines, OfUnit, PAGE, Sums, Taking, find, list, of_unit, take_away};

pub use crate::store::access_reviews::{Item, Review};
