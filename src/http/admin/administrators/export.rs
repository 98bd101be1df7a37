//! The list as a file, by the same filter.

use super::{HERE, Wanted, lines, seen};
use crate::base::date::iso;
use crate::base::words::Words;
use crate::http::admin::day::Day;
use crate::http::admin::enter;
use crate::http::admin::units::attachment;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::administrators::{RoleLine, State, role_name};
use crate::model::admin_scope::AdminRole;
use crate::protocol::parameters::Parameters;
use crate::service::audit::{self, Event};
use axum::extract::RawQuery;
use axum::response::Response;
use serde_json::json;

/// `GET /admin/administrators/export`
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    // Whoever has to sign in first comes back to the page, and not to a file.
    HERE.clone_into(&mut visit.here);
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    taken(&visit, &parameters).await.unwrap_or_else(|answer| answer)
}

async fn taken(visit: &Visit, parameters: &Parameters) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let today = desk.authority.today();
    let day = Day::asked(parameters, today);
    let on = day.other_than(today);
    let (by, mut all) = seen(visit, &desk, on).await?;
    if day.is_wrong() {
        return Ok(visit.see_other(HERE));
    }
    let wanted = Wanted::read(parameters, on);
    wanted.keep(&mut all);
    // What was typed may be a name: only that it narrowed the list is kept.
    let (role, words) = (wanted.role.map(AdminRole::word), !wanted.q.is_empty());
    let detail = json!({ "role": role, "words": words, "on": on.map(iso), "roles": all.len() });
    let event = Event::by(&by, "administrators.exported", None, None, detail);
    audit::looked(&visit.app.services, event).await.map_err(|failure| page::failed(visit, &failure))?;
    let t = visit.chrome().t();
    let mut rows = vec![header(t)];
    rows.extend(lines(visit, &desk, &all, on).await?.into_iter().map(|line| cells(t, line)));
    Ok(attachment(&format!("quan-tri-{}.csv", iso(day.on())), &rows))
}

fn header(t: &'static Words) -> Vec<String> {
    let names = [
        &t.admin_recovery_name,
        &t.admin_recovery_username,
        &t.console_administrators_role,
        &t.console_administrators_bound,
        &t.console_rights_from,
        &t.console_rights_to,
        &t.console_administrators_why,
        &t.console_administrators_by,
        &t.console_clients_state,
    ];
    names.map(Clone::clone).to_vec()
}

fn cells(t: &'static Words, line: RoleLine) -> Vec<String> {
    let state = match line.state {
        State::Now => &t.console_administrators_now,
        State::Later => &t.console_administrators_later,
        State::Over => &t.console_administrators_over,
    };
    let role = role_name(t, line.role).to_owned();
    vec![line.full_name, line.username, role, line.bound, line.first, line.last, line.reason, line.by, state.clone()]
}
