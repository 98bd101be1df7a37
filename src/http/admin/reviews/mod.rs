//! Rounds of access reviews: the rounds, one of them with its units, and one unit with the rights to answer for.

pub mod export;
pub mod list;
mod removal;
pub mod round;
pub mod unit;

use super::Desk;
use super::names::unit_name;
use crate::base::date::shown;
use crate::base::id::UnitId;
use crate::base::words::Words;
use crate::http::view::console::reviews::{Figures, Round};
use crate::model::access_review::NO_UNIT;
use crate::service::lifecycle::reviews::{Review, Sums};

/// Where it begins.
pub const HERE: &str = "/admin/reviews";

/// The name of a unit today; in words where people hold no post.
fn named(desk: &Desk, t: &'static Words, unit: &UnitId) -> String {
    if unit.as_str() == NO_UNIT { t.console_reviews_no_unit.clone() } else { unit_name(desk, unit) }
}

fn figures(sums: &Sums) -> Figures {
    Figures { all: sums.all, kept: sums.kept, removed: sums.removed, objected: sums.objected, open: sums.open() }
}

fn round(review: &Review) -> Round {
    Round {
        id: review.id.clone(),
        quarter: review.quarter.clone(),
        begun: shown(review.begun_on),
        due: shown(review.due_on),
        is_listed: review.listed_at.is_some(),
        is_open: review.closed_at.is_none(),
    }
}
