//! The roles of a person in each system, with the reason for each; and what each of their posts brings them.

use super::person::{head, may, one, titled, unit_name};
use crate::base::clock::Millis;
use crate::base::date::{shown, shown_moment, vietnam_date};
use crate::base::id::PositionId;
use crate::base::words::fill;
use crate::http::admin::rights::groups::whom;
use crate::http::admin::{Desk, absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::chrome::Chrome;
use crate::http::view::console::Section;
use crate::http::view::console::person::{Tab, who_said};
use crate::http::view::console::person_tabs::{PersonRoles, PostRoleLine, PostRoles, RoleLine, RolesIn};
use crate::http::view::console::rights::conditions_said;
use crate::model::authority::ReadPeople;
use crate::model::person::Person;
use crate::model::position::Position;
use crate::service::people::post_roles::{OfPost, PostRole, Way};
use crate::service::people::roles::{self, Role};
use crate::service::people::who::Who;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use time::Date;

/// `GET /admin/people/{id}/roles`
pub async fn get(visit: Visit, Path(id): Path<String>) -> Response {
    show(&visit, &id).await.unwrap_or_else(|answer| answer)
}

async fn show(visit: &Visit, id: &str) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let proof = one::<ReadPeople>(visit, &desk, id).await?;
    let Some(readers) = desk.authority.people::<ReadPeople>() else { return Err(absent(visit)) };
    let held = roles::list(&visit.app.services, &proof, &readers).await.map_err(|failure| errors::failed(visit, &failure))?;
    let person = proof.person();
    let may = may(visit, &desk, &person.id).await?;
    let in_client = |client: roles::InClient| RolesIn {
        client_id: client.client_id,
        name: client.name,
        roles: client.roles.into_iter().map(|role| line(visit, person, role)).collect(),
    };
    let view = PersonRoles {
        chrome: visit.chrome(),
        console: desk.console(Section::People),
        head: head(visit, person, may, Tab::Roles, None),
        clients: held.clients.into_iter().map(in_client).collect(),
        posts: held.posts.iter().map(|of_post| post_roles(visit, &desk, of_post)).collect(),
    };
    Ok(visit.page(StatusCode::OK, &view, None))
}

/// The post in which a role counts today, or the one that it was given for.
fn on_today<'a>(visit: &Visit, person: &'a Person, id: &PositionId) -> Option<&'a Position> {
    let today = vietnam_date(visit.app.services.clock.now());
    person.acting_on(id, today).or_else(|| person.positions.iter().find(|held| held.id == *id))
}

fn line(visit: &Visit, person: &Person, role: Role) -> RoleLine {
    let chrome = visit.chrome();
    let t = chrome.t();
    let post = role.position.as_ref().map(|id| match on_today(visit, person, id) {
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
fn post_roles(visit: &Visit, desk: &Desk, of_post: &OfPost) -> PostRoles {
    let chrome = visit.chrome();
    let unit = unit_name(desk.authority.registry(), &of_post.post, desk.authority.today());
    let acts_for = of_post.acts_for.as_ref();
    let for_whom = |who: &Who| fill(&chrome.t().console_person_post_for, &[("name", &who_said(&chrome, who))]);
    PostRoles {
        post: format!("{}, {unit}", titled(&of_post.post)),
        acts_for: acts_for.map(for_whom).unwrap_or_default(),
        roles: of_post.roles.iter().map(|role| post_role(&chrome, desk, role)).collect(),
    }
}

fn post_role(chrome: &Chrome, desk: &Desk, role: &PostRole) -> PostRoleLine {
    let t = chrome.t();
    let (way, reason, given, days) = match &role.way {
        Way::Lent => (t.console_person_post_lent.clone(), String::new(), String::new(), String::new()),
        Way::Group(group) => (
            whom(desk, &group.grant).in_words(t),
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
