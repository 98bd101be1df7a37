//! Signing keys: seen by whoever reads what runs, changed by two people.

use super::{enter, enter_fresh, own_form};
use crate::base::clock::Millis;
use crate::base::date::shown_moment;
use crate::http::admin::Desk;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::keys::{KeyRow, KeysPage, KeysProblem, Spans, WaitingRow};
use crate::http::view::error::ErrorWords;
use crate::model::authority::{ReadRuntime, RotateKeys};
use crate::protocol::parameters::Parameters;
use crate::service::approvals::{Approval, Dangerous};
use crate::service::keys::{self, Algorithms, KeyLine};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

const HERE: &str = "/admin/keys";
/// No reason is longer.
const LONGEST: usize = 400;

/// What was typed, and what is wrong with it.
#[derive(Default)]
struct Typed {
    dropping: Option<String>,
    reason: String,
    problem: Option<KeysProblem>,
}

/// `GET /admin/keys`; with `drop`, asks why a key is to count no more.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    show(&visit, &desk, Typed { dropping: parameters.owned("drop"), ..Typed::default() }).await
}

/// `POST /admin/keys`: `act` = `rotate` or `drop` asks a second person; nothing happens to a key here.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    HERE.clone_into(&mut visit.here);
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let desk = match enter_fresh(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = desk.authority.city::<RotateKeys>() else { return nobody(&visit) };
    let services = &visit.app.services;
    let reason: String = form.get("reason").unwrap_or_default().trim().chars().take(LONGEST).collect();
    let dropping = form.owned("kid").filter(|_| form.get("act") == Some("drop"));
    let wrong = |problem: KeysProblem| Typed { dropping: dropping.clone(), reason: reason.clone(), problem: Some(problem) };
    if reason.is_empty() {
        return show(&visit, &desk, wrong(KeysProblem::NoReason)).await;
    }
    let asked = match (form.get("act"), &dropping) {
        (Some("drop"), Some(kid)) => keys::ask_revocation(services, &proof, kid, &reason).await,
        (Some("rotate"), _) => match form.get("algorithm").and_then(Algorithms::from_word) {
            Some(algorithms) => {
                let at_once = form.get("at_once").is_some();
                keys::ask_rotation(services, &proof, &algorithms, at_once, &reason).await.map(Some)
            }
            None => Ok(None),
        },
        _ => return visit.see_other(HERE),
    };
    match asked {
        Ok(Some(request)) => visit.see_other(&format!("/admin/approvals/{request}")),
        Ok(None) => show(&visit, &desk, wrong(KeysProblem::NoSuch)).await,
        Err(failure) => page::failed(&visit, &failure),
    }
}

fn nobody(visit: &Visit) -> Response {
    page::show(visit, ErrorWords::NoAccess, None, "this account does not look after what runs")
}

async fn show(visit: &Visit, desk: &Desk, typed: Typed) -> Response {
    let Some(proof) = desk.authority.city::<ReadRuntime>() else { return nobody(visit) };
    let overview = match keys::overview(&visit.app.services, &proof).await {
        Ok(overview) => overview,
        Err(failure) => return page::failed(visit, &failure),
    };
    let may_change = desk.authority.city::<RotateKeys>().is_some();
    let known = |kid: &String| overview.keys.iter().any(|key| key.kid == *kid && key.revoked_at.is_none());
    let dropping = typed.dropping.filter(|kid| may_change && known(kid));
    let fine = typed.problem.is_none();
    let page = KeysPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Keys),
        keys: overview.keys.into_iter().rev().map(row).collect(),
        spans: Spans {
            active_days: overview.rotation.active_days,
            announce_hours: overview.rotation.announce_hours,
            keep_days: overview.rotation.keep_days,
        },
        waiting: overview.waiting.into_iter().map(waiting).collect(),
        may_change,
        dropping,
        reason: typed.reason,
        problem: typed.problem,
    };
    visit.page(if fine { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY }, &page, None)
}

fn row(key: KeyLine) -> KeyRow {
    let moment = |at: i64| shown_moment(Millis(at));
    KeyRow {
        kid: key.kid,
        algorithm: key.algorithm,
        state: key.state,
        announced: moment(key.announced_at),
        active: moment(key.active_at),
        retiring: key.retiring_at.map(moment),
        gone: key.revoked_at.or(key.gone_at).map(moment),
    }
}

fn waiting(request: Approval) -> WaitingRow {
    WaitingRow {
        id: request.id,
        revokes: request.act == Dangerous::RevokeKey,
        subject: request.subject,
        reason: request.reason,
        at: shown_moment(request.requested_at),
    }
}
