//! Roles of groups as rows of the lists of who holds what.

use super::groups::{self, is_over, is_over_on, people_of, whom_on};
use crate::base::date::{shown, vietnam_date};
use crate::http::admin::Desk;
use crate::http::admin::names::{Names, days};
use crate::http::view::console::rights::{GroupHeldLine, GroupWhy, Why};
use crate::service::entitlements::GroupHeld;
use std::collections::BTreeSet;
use time::Date;

/// A role of a group, with whether it counts and why it was given.
pub(super) fn why(desk: &Desk, names: &Names, held: &GroupHeld) -> GroupWhy {
    why_on(desk, names, held, desk.authority.today())
}

/// The same by the names of a day.
pub(super) fn why_on(desk: &Desk, names: &Names, held: &GroupHeld, on: Date) -> GroupWhy {
    let grant = &held.grant;
    let (first, last) = days(grant.valid_from, grant.valid_to);
    let why = Why {
        id: grant.id.clone(),
        client_id: grant.client_id.clone(),
        client_name: held.client_name.clone(),
        role: grant.role.clone(),
        post: None,
        condition: grant.condition,
        standing: held.standing,
        first,
        last,
        reason: held.reason.clone(),
        by: names.shown(&held.granted_by),
        at: shown(vietnam_date(held.granted_at)),
        used: None,
    };
    GroupWhy { whom: whom_on(desk, grant, on), why }
}

/// A row of a list; `ends` are those that the reader may take back.
pub(super) fn line(desk: &Desk, names: &Names, held: &GroupHeld, ends: &BTreeSet<String>) -> GroupHeldLine {
    let grant = &held.grant;
    let may_end = ends.contains(&grant.id);
    GroupHeldLine {
        group: why(desk, names, held),
        unit_over: is_over(desk, &grant.unit),
        reach: held.reach,
        people: people_of(desk, grant),
        end: if may_end { format!("{}/{}", groups::HERE, grant.id) } else { String::new() },
    }
}

/// A row of the list of another day: who has the role today, and taking it back, are of now.
pub(super) fn line_on(desk: &Desk, names: &Names, held: &GroupHeld, on: Date) -> GroupHeldLine {
    GroupHeldLine {
        group: why_on(desk, names, held, on),
        unit_over: is_over_on(desk, &held.grant.unit, on),
        reach: held.reach,
        people: String::new(),
        end: String::new(),
    }
}
