//! Where a person is signed on, for whoever may read their history or helps them; and the end of one session or of all,
//! by whoever helps them.

use super::person::{head, may, one};
use crate::base::date::shown_moment;
use crate::base::id::{PersonId, SignOnId};
use crate::http::admin::{enter, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::console::Section;
use crate::http::view::console::parts::Said;
use crate::http::view::console::person::Tab;
use crate::http::view::console::person_tabs::{PersonSessions, SessionLine, SessionSeen};
use crate::http::view::error::ErrorWords;
use crate::http::view::place::Place;
use crate::model::authority::{HelpPeople, ReadAudit, ReadHistory};
use crate::protocol::parameters::Parameters;
use crate::service::people::sessions::{self, Open, Reader, Seen};
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `GET /admin/people/{id}/sessions`
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    show(&visit, &id, query).await.unwrap_or_else(|answer| answer)
}

/// `POST /admin/people/{id}/sessions`: `act` is `one`, with `session`, or `all`.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    visit.here = format!("/admin/people/{id}/sessions");
    end(&visit, &id, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn show(visit: &Visit, id: &str, query: Option<String>) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let services = &visit.app.services;
    let failed = |failure| errors::failed(visit, &failure);
    // Whoever looks after everybody's records sees those of everybody; others only of people whom they help.
    let history = match desk.authority.city::<ReadAudit>() {
        Some(_) => desk.authority.one::<ReadHistory>(services, &PersonId(id.to_owned())).await.map_err(failed)?,
        None => None,
    };
    let (person, listed) = if let Some(proof) = &history {
        (proof.person().clone(), sessions::list(services, Reader::History(proof)).await)
    } else {
        let proof = one::<HelpPeople>(visit, &desk, id).await?;
        (proof.person().clone(), sessions::list(services, Reader::Helper(&proof)).await)
    };
    let open = listed.map_err(failed)?;
    let may = may(visit, &desk, &person.id).await?;
    let t = visit.chrome().t();
    let said = match Parameters::decode(query.unwrap_or_default().as_bytes()).get("done") {
        Some("one") => Some(t.account_session_ended.clone()),
        Some("all") => Some(t.console_person_done_sessions.clone()),
        _ => None,
    };
    let view = PersonSessions {
        chrome: visit.chrome(),
        console: desk.console(Section::People),
        head: head(visit, &person, may, Tab::Sessions, Some(open.len())),
        said: said.map(|text| Said { kind: "ok", text }),
        sessions: open.into_iter().map(|open| line(visit, open)).collect(),
    };
    Ok(visit.page(StatusCode::OK, &view, None))
}

fn line(visit: &Visit, open: Open) -> SessionLine {
    let offices = &visit.app.services.settings.offices;
    let seen = |seen: Seen| SessionSeen {
        place: Place { office: offices.name_of(&seen.address).map(str::to_owned), address: seen.address },
        systems: seen.systems.join(", "),
        used: shown_moment(seen.used),
        since: shown_moment(seen.since),
    };
    SessionLine { id: open.id.0, device: open.device, seen: open.seen.map(seen) }
}

async fn end(visit: &Visit, id: &str, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let proof = one::<HelpPeople>(visit, &desk, id).await?;
    let form = own_form(visit, headers, body).await?;
    let services = &visit.app.services;
    let done = match (form.get("act"), form.get("session")) {
        (Some("one"), Some(session)) => sessions::end_one(services, &proof, &SignOnId(session.to_owned())).await.map(|_| "one"),
        (Some("all"), _) => sessions::end_every(services, &proof).await.map(|_| "all"),
        _ => return Err(errors::show(visit, ErrorWords::BadRequest, None, "act is one, with a session, or all")),
    };
    let word = done.map_err(|failure| errors::failed(visit, &failure))?;
    Ok(visit.see_other(&format!("/admin/people/{id}/sessions?done={word}")))
}
