//! Who can enter what, and why: the question, one person, one client, and what ought to be looked at.

pub mod client;
pub mod export;
pub mod index;
pub mod lists;
pub mod person;
mod typed;

use super::names::{Names, days, unit_name};
use super::{Desk, absent};
use crate::base::date::{shown, vietnam_date};
use crate::base::id::PersonId;
use crate::http::extract::visit::Visit;
use crate::http::view::console::rights::{RightLine, Why};
use crate::model::authority::ReadPeople;
use crate::service::authority::People;
use crate::service::entitlements::{Line, Right};
use axum::response::Response;

/// Where it begins.
pub const HERE: &str = "/admin/rights";

/// Whoever reads people within their bounds.
#[expect(clippy::result_large_err, reason = "the refusal is the answer, made once a request")]
fn reader(visit: &Visit, desk: &Desk) -> Result<People<ReadPeople>, Response> {
    desk.authority.people::<ReadPeople>().ok_or_else(|| absent(visit))
}

/// Who gave some roles.
fn givers<'a>(rights: impl Iterator<Item = &'a Right>) -> Vec<PersonId> {
    rights.map(|right| PersonId(right.granted.granted_by.clone())).collect()
}

/// One role, with whether it counts and why it was given.
fn why(desk: &Desk, names: &Names, right: &Right) -> Why {
    let granted = &right.granted;
    let (first, last) = days(granted.terms.valid_from, granted.terms.valid_to);
    Why {
        id: granted.id.clone(),
        client_id: granted.grant.client_id.clone(),
        client_name: right.client_name.clone(),
        role: granted.grant.role.clone(),
        post: right.position.as_ref().map(|post| (post.title.clone(), unit_name(desk, &post.unit))),
        standing: right.standing,
        first,
        last,
        reason: granted.terms.reason.clone(),
        by: names.shown(&granted.granted_by),
        at: shown(vietnam_date(granted.granted_at)),
        used: granted.used_at.map(|at| shown(vietnam_date(at))),
    }
}

/// A line of a list.
fn line(desk: &Desk, names: &Names, line: &Line) -> RightLine {
    let units: Vec<String> = line.units.iter().map(|unit| unit_name(desk, unit)).collect();
    RightLine {
        person: line.right.granted.person.0.clone(),
        full_name: line.full_name.clone(),
        username: line.right.granted.username.clone(),
        units: units.join(", "),
        why: why(desk, names, &line.right),
    }
}
