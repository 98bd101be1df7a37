//! The roles of a person in each system, with the reason for each, what each of their posts brings them, and what they
//! administer: as of today, or of another day.

use super::on_day;
use super::person::{head, may, one, titled, unit_name, unit_on};
use crate::base::clock::Millis;
use crate::base::date::{shown, shown_moment, vietnam_date};
use crate::base::id::{PersonId, PositionId};
use crate::base::words::fill;
use crate::http::admin::day::Day;
use crate::http::admin::names::{Names, bound_name_on};
use crate::http::admin::rights::groups::whom;
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Section;
use crate::http::view::console::administrators::role_name;
use crate::http::view::console::person::{Tab, giver_said, who_said};
use crate::http::view::console::person_tabs::{PersonRoles, PostRoleLine, PostRoles, RoleLine, RolesIn, ScopeLine};
use crate::http::view::console::rights::{GroupName, conditions_said};
use crate::model::authority::{Appoint, ReadPeople, ReadRuntime};
use crate::model::entitlement::{GroupGrant, standing_for};
use crate::model::person::Person;
use crate::model::position::Position;
use crate::protocol::parameters::Parameters;
use crate::service::administrators::{Granted, appoint};
use crate::service::authority::One;
use crate::service::people::post_roles::{OfPost, PostRole, Way};
use crate::service::people::roles::{self, Role};
use crate::service::people::who::Who;
use axum::extract::{Path, RawQuery};
use axum::response::Response;
use time::Date;

/// `GET /admin/people/{id}/roles`
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    show(&visit, &id, query).await.unwrap_or_else(|answer| answer)
}

async fn show(visit: &Visit, id: &str, query: Option<String>) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let proof = one::<ReadPeople>(visit, &desk, id).await?;
    let Some(readers) = desk.authority.people::<ReadPeople>() else { return Err(absent(visit)) };
    let today = desk.authority.today();
    let asked = Day::asked(&Parameters::decode(query.unwrap_or_default().as_bytes()), today);
    let other_day = asked.other_than(today);
    let held = roles::list(&visit.app.services, &proof, &readers, other_day).await;
    let held = held.map_err(|failure| errors::failed(visit, &failure))?;
    let Some(held) = held else { return Err(absent(visit)) };
    let person = proof.person();
    let may = may(visit, &desk, &person.id).await?;
    let on = held.then.day.on;
    let in_client = |client: roles::InClient| RolesIn {
        client_id: client.client_id,
        name: client.name,
        roles: client.roles.into_iter().map(|role| line(visit, (person, on), role)).collect(),
    };
    let head = head(visit, person, may, Tab::Roles, None);
    let scopes = scopes(visit, &desk, &proof, on).await?;
    let status = asked.status();
    let view = PersonRoles {
        chrome: visit.chrome(),
        console: desk.console(Section::People),
        head: if other_day.is_some() { on_day::head(visit, head, &held.then) } else { head },
        day: asked.on_page(format!("/admin/people/{}/roles", person.id), today),
        clients: held.clients.into_iter().map(in_client).collect(),
        posts: held.posts.iter().map(|of_post| post_roles(visit, (&desk, other_day), of_post)).collect(),
        scopes,
    };
    Ok(visit.page(status, &view, None))
}

/// What the person of a proof administers on a day, as far as the reader may know.
async fn scopes(visit: &Visit, desk: &Desk, proof: &One<ReadPeople>, on: Date) -> Result<Vec<ScopeLine>, Response> {
    let services = &visit.app.services;
    let found = if let Some(all) = desk.authority.city::<ReadRuntime>() {
        appoint::list_all(services, &all, Some(on)).await
    } else if let Some(within) = desk.authority.people::<Appoint>() {
        appoint::list_within(services, &within, Some(on)).await
    } else {
        return Ok(Vec::new());
    };
    let mut found = found.map_err(|failure| errors::failed(visit, &failure))?;
    found.retain(|granted| granted.person == proof.person().id);
    let givers: Vec<PersonId> = found.iter().map(|granted| PersonId(granted.granted_by.clone())).collect();
    let names = Names::of(visit, desk, &givers).await?;
    Ok(found.iter().map(|granted| scope(visit, (desk, on), &names, granted)).collect())
}

fn scope(visit: &Visit, (desk, on): (&Desk, Date), names: &Names, granted: &Granted) -> ScopeLine {
    let chrome = visit.chrome();
    let t = chrome.t();
    let scope = &granted.scope;
    let given = [("name", names.shown(&granted.granted_by)), ("date", shown(vietnam_date(granted.granted_at)))];
    ScopeLine {
        role: role_name(t, scope.role),
        bound: bound_name_on(desk, scope, on),
        reason: granted.reason.clone(),
        given: fill(&t.console_person_role_given_by, &given.each_ref().map(|(name, said)| (*name, said.as_str()))),
        days: days(&chrome, Some(scope.valid_from), scope.valid_to),
    }
}

/// The post in which a role counts on a day, or the one that it was given for.
fn post_on<'a>((person, on): (&'a Person, Date), id: &PositionId) -> Option<&'a Position> {
    person.acting_on(id, on).or_else(|| person.positions.iter().find(|held| held.id == *id))
}

fn line(visit: &Visit, whose: (&Person, Date), role: Role) -> RoleLine {
    let chrome = visit.chrome();
    let t = chrome.t();
    let post = role.position.as_ref().map(|id| match post_on(whose, id) {
        Some(held) => fill(&t.console_person_role_post, &[("post", &titled(held))]),
        None => t.console_person_role_post_gone.clone(),
    });
    RoleLine {
        role: role.role,
        post: post.unwrap_or_default(),
        reason: role.reason,
        given: given(&chrome, &role.by, role.granted_at),
        days: days(&chrome, role.valid_from, role.valid_to),
        used: role.used_at.map(shown_moment).unwrap_or_default(),
    }
}

/// On which days a role counts.
fn days(chrome: &Chrome, first: Option<Date>, last: Option<Date>) -> String {
    let t = chrome.t();
    match (first, last) {
        (None, None) => String::new(),
        (Some(from), None) => fill(&t.portal_since, &[("date", &shown(from))]),
        (None, Some(to)) => fill(&t.console_person_until, &[("date", &shown(to))]),
        (Some(from), Some(to)) => fill(&t.portal_since_until, &[("since", &shown(from)), ("until", &shown(to))]),
    }
}

/// Who gave a role, and when.
fn given(chrome: &Chrome, by: &Who, at: Millis) -> String {
    let (name, date) = (who_said(chrome, by), shown(vietnam_date(at)));
    fill(&chrome.t().console_person_role_given_by, &[("name", &name), ("date", &date)])
}

/// What one of their posts brings them.
fn post_roles(visit: &Visit, (desk, other_day): (&Desk, Option<Date>), of_post: &OfPost) -> PostRoles {
    let chrome = visit.chrome();
    let unit = unit_name(desk.authority.registry(), &of_post.post, other_day.unwrap_or_else(|| desk.authority.today()));
    let acts_for = of_post.acts_for.as_ref();
    let for_whom = |who: &Who| fill(&chrome.t().console_person_post_for, &[("name", &giver_said(&chrome, who))]);
    PostRoles {
        post: format!("{}, {unit}", titled(&of_post.post)),
        acts_for: acts_for.map(for_whom).unwrap_or_default(),
        roles: of_post.roles.iter().map(|role| post_role(&chrome, (desk, other_day), role)).collect(),
    }
}

fn post_role(chrome: &Chrome, (desk, other_day): (&Desk, Option<Date>), role: &PostRole) -> PostRoleLine {
    let t = chrome.t();
    let (way, reason, given, days) = match &role.way {
        Way::Lent => (t.console_person_post_lent.clone(), String::new(), String::new(), String::new()),
        Way::Group(group) => (
            other_day.map_or_else(|| whom(desk, &group.grant), |on| whom_on(desk, &group.grant, on)).in_words(t),
            group.reason.clone(),
            given(chrome, &group.by, group.granted_at),
            days(chrome, group.grant.valid_from, group.grant.valid_to),
        ),
    };
    PostRoleLine {
        client_id: role.client_id.clone(),
        client_name: role.client_name.clone(),
        role: role.role.clone(),
        conditions: conditions_said(t, role.condition),
        way,
        reason,
        given,
        days,
    }
}

/// For whom a role is, by the names of a day.
fn whom_on(desk: &Desk, grant: &GroupGrant, on: Date) -> GroupName {
    let registry = desk.authority.registry();
    let unit = registry.unit(standing_for(registry, &grant.unit, on).pop().unwrap_or(&grant.unit));
    GroupName {
        unit: unit.map_or_else(|| grant.unit.0.clone(), |unit| unit_on(registry, unit, on)),
        below: grant.below,
        title: grant.title.clone(),
    }
}
