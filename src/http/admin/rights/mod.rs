//! Who can enter what, and why: the question, one person, one client, and what ought to be looked at.

pub mod client;
pub mod export;
pub mod groups;
mod held;
pub mod index;
pub mod lists;
pub mod person;
mod typed;

use super::names::{Names, days, unit_name, unit_name_on};
use super::{Desk, absent};
use crate::base::date::{shown, vietnam_date};
use crate::base::id::PersonId;
use crate::http::extract::visit::Visit;
use crate::http::view::console::rights::{GroupWhy, RightLine, Why};
use crate::model::authority::ReadPeople;
use crate::service::authority::People;
use crate::service::entitlements::{GroupHeld, GroupRight, Line, Lines, OfPerson, Right};
use axum::response::Response;
use time::Date;

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

/// Who gave what a list shows.
fn givers_of_list(found: &Lines) -> Vec<PersonId> {
    let to_groups = found.groups.iter().map(|held| PersonId(held.granted_by.clone()));
    givers(found.lines.iter().map(|line| &line.right)).into_iter().chain(to_groups).collect()
}

/// Who gave all that somebody has.
fn givers_of(found: &OfPerson) -> Vec<PersonId> {
    let by_groups = found.groups.iter().map(|right| PersonId(right.granted_by.clone()));
    givers(found.rights.iter()).into_iter().chain(by_groups).collect()
}

/// One role, with whether it counts and why it was given.
fn why(desk: &Desk, names: &Names, right: &Right) -> Why {
    why_on(desk, names, right, desk.authority.today())
}

/// The same by the names of a day.
fn why_on(desk: &Desk, names: &Names, right: &Right, on: Date) -> Why {
    let granted = &right.granted;
    let (first, last) = days(granted.terms.valid_from, granted.terms.valid_to);
    Why {
        id: granted.id.clone(),
        client_id: granted.grant.client_id.clone(),
        client_name: right.client_name.clone(),
        role: granted.grant.role.clone(),
        post: right.position.as_ref().map(|post| (post.title.clone(), unit_name_on(desk, &post.unit, on))),
        condition: granted.grant.condition,
        standing: right.standing,
        first,
        last,
        reason: granted.terms.reason.clone(),
        by: names.shown(&granted.granted_by),
        at: shown(vietnam_date(granted.granted_at)),
        used: granted.used_at.map(|at| shown(vietnam_date(at))),
    }
}

/// A role by a post, with for whom it is and whether it counts.
fn group_why(desk: &Desk, names: &Names, right: &GroupRight) -> GroupWhy {
    let held = GroupHeld {
        grant: right.grant.clone(),
        reason: right.reason.clone(),
        granted_by: right.granted_by.clone(),
        granted_at: right.granted_at,
        client_name: right.client_name.clone(),
        standing: right.standing,
        reach: None,
    };
    let of_group = held::why(desk, names, &held);
    let post = right.position.as_ref().map(|post| (post.title.clone(), unit_name(desk, &post.unit)));
    GroupWhy { why: Why { post, ..of_group.why }, ..of_group }
}

/// A line of a list.
fn line(desk: &Desk, names: &Names, line: &Line) -> RightLine {
    line_on(desk, names, line, desk.authority.today())
}

/// The same by the names of a day.
fn line_on(desk: &Desk, names: &Names, line: &Line, on: Date) -> RightLine {
    let units: Vec<String> = line.units.iter().map(|unit| unit_name_on(desk, unit, on)).collect();
    RightLine {
        person: line.right.granted.person.0.clone(),
        full_name: line.full_name.clone(),
        username: line.right.granted.username.clone(),
        units: units.join(", "),
        why: why_on(desk, names, &line.right, on),
    }
}
