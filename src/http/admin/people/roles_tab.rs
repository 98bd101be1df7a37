//! The roles of a person in each system, with the reason for each.

use super::person::{head, may, one, titled};
use crate::base::date::{shown, shown_moment, vietnam_date};
use crate::base::id::PositionId;
use crate::base::words::fill;
use crate::http::admin::{absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::console::Section;
use crate::http::view::console::person::{Tab, who_said};
use crate::http::view::console::person_tabs::{PersonRoles, RoleLine, RolesIn};
use crate::model::authority::ReadPeople;
use crate::model::person::Person;
use crate::model::position::Position;
use crate::service::people::roles::{self, Role};
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;

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
        clients: held.into_iter().map(in_client).collect(),
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
    let days = match (role.valid_from, role.valid_to) {
        (None, None) => String::new(),
        (Some(from), None) => fill(&t.portal_since, &[("date", &shown(from))]),
        (None, Some(to)) => fill(&t.console_person_until, &[("date", &shown(to))]),
        (Some(from), Some(to)) => fill(&t.portal_since_until, &[("since", &shown(from)), ("until", &shown(to))]),
    };
    let given = [("name", who_said(&chrome, &role.by)), ("date", shown(vietnam_date(role.granted_at)))];
    RoleLine {
        role: role.role,
        post: post.unwrap_or_default(),
        reason: role.reason,
        given: fill(&t.console_person_role_given_by, &given.each_ref().map(|(name, value)| (*name, value.as_str()))),
        days,
        used: role.used_at.map(shown_moment).unwrap_or_default(),
    }
}
