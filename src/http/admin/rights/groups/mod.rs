//! Roles that groups have: everybody with a post in a unit, or with one title there. The list, giving one, who has one, taking
//! one back.

pub mod add;
pub mod list;
pub mod one;
pub mod people;
mod units;

use crate::base::date::{shown, vietnam_date};
use crate::base::id::{PersonId, UnitId};
use crate::http::admin::Desk;
use crate::http::admin::names::{Names, days};
use crate::http::view::console::administrators::State;
use crate::http::view::console::rights::{GroupLine, GroupName, GroupProblem};
use crate::model::authority::ReadPeople;
use crate::model::entitlement::{GroupGrant, standing_for};
use crate::model::group_reach::{Lies, lies};
use crate::model::unit::Certainty;
use crate::service::Failure;
use crate::service::provisioning::group_roles::{GroupRoleError, Line};
use time::Date;

pub use crate::http::view::console::rights::GROUPS as HERE;

/// Who gave some of them.
fn givers(lines: &[Line]) -> Vec<PersonId> {
    lines.iter().map(|line| PersonId(line.granted_by.clone())).collect()
}

/// A role of a group, as it is shown.
fn line(desk: &Desk, names: &Names, line: &Line, may_end: bool) -> GroupLine {
    let grant = &line.grant;
    let (first, last) = days(grant.valid_from, grant.valid_to);
    let today = desk.authority.today();
    let state = match (grant.in_force_on(today), grant.is_over_on(today)) {
        (true, _) => State::Now,
        (false, true) => State::Over,
        (false, false) => State::Later,
    };
    GroupLine {
        id: grant.id.clone(),
        client_id: grant.client_id.clone(),
        client_name: line.client_name.clone(),
        role: grant.role.clone(),
        whom: whom(desk, grant),
        unit_over: is_over(desk, &grant.unit),
        condition: grant.condition,
        first,
        last,
        state,
        reason: line.reason.clone(),
        by: names.shown(&line.granted_by),
        at: shown(vietnam_date(line.granted_at)),
        people: people_of(desk, grant),
        may_end,
    }
}

/// A role of a group that counted on another day than today: who has it now, and taking it back, are of now.
fn line_on(desk: &Desk, names: &Names, found: &Line, on: Date) -> GroupLine {
    GroupLine {
        whom: whom_on(desk, &found.grant, on),
        unit_over: is_over_on(desk, &found.grant.unit, on),
        state: State::Now,
        people: String::new(),
        ..line(desk, names, found, false)
    }
}

/// For whom a role is, by the names of today.
pub fn whom(desk: &Desk, grant: &GroupGrant) -> GroupName {
    whom_on(desk, grant, desk.authority.today())
}

/// The same by the names of a day.
pub(super) fn whom_on(desk: &Desk, grant: &GroupGrant, on: Date) -> GroupName {
    let unit = units::name_on(desk, standing_on(desk, &grant.unit, on), on);
    GroupName { unit, below: grant.below, title: grant.title.clone() }
}

/// The unit that stands for another on a day: often itself.
fn standing_on<'a>(desk: &'a Desk, unit: &'a UnitId, on: Date) -> &'a UnitId {
    standing_for(desk.authority.registry(), unit, on).pop().unwrap_or(unit)
}

/// Where those are listed who have a role; empty for whoever may not know who they are.
pub fn people_of(desk: &Desk, grant: &GroupGrant) -> String {
    let (registry, today) = (desk.authority.registry(), desk.authority.today());
    let readers = desk.authority.people::<ReadPeople>();
    let is_theirs = readers.is_some_and(|readers| lies(grant, readers.extent(), registry, today) != Lies::Beyond);
    if is_theirs { format!("{HERE}/{}/people", grant.id) } else { String::new() }
}

/// Whether a unit is gone, and none stands for it.
pub(super) fn is_over(desk: &Desk, unit: &UnitId) -> bool {
    is_over_on(desk, unit, desk.authority.today())
}

/// The same on a day.
pub(super) fn is_over_on(desk: &Desk, unit: &UnitId, on: Date) -> bool {
    let Some(unit) = desk.authority.registry().unit(standing_on(desk, unit, on)) else { return true };
    let is_to_come = unit.span.from.is_some_and(|first| on < first);
    !is_to_come && unit.span.holds_on(on) == Certainty::No
}

/// What is said about an error; what nobody can mend by typing is a failure.
fn problem(error: GroupRoleError) -> Result<GroupProblem, Failure> {
    Ok(match error {
        GroupRoleError::UnknownClient | GroupRoleError::Undeclared(_) | GroupRoleError::NotTheirs => GroupProblem::Right,
        GroupRoleError::UnknownUnit => GroupProblem::UnitNotTheirs,
        GroupRoleError::UnitEnded(_) => GroupProblem::UnitEnded,
        GroupRoleError::Level => GroupProblem::Level,
        GroupRoleError::Days => GroupProblem::Days,
        GroupRoleError::NoReason | GroupRoleError::LongReason => GroupProblem::Reason,
        GroupRoleError::LongTitle => GroupProblem::Title,
        GroupRoleError::OwnAccount => GroupProblem::Own,
        GroupRoleError::Held => GroupProblem::Held,
        GroupRoleError::Failure(failure) => return Err(failure),
    })
}
