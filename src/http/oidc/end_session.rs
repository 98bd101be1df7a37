//! End-session endpoint (OpenID Connect RP-Initiated Logout 1.0 §2), and the page
//! that asks systems in the browser (OpenID Connect Front-Channel Logout 1.0 §3).

use crate::base::date::shown_moment;
use crate::base::id::SignOnId;
use crate::http::extract::body;
use crate::http::extract::cookies::Cookie;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use crate::http::view::logout::ConfirmLogout;
use crate::http::view::signed_out::{LeftState, SignedOut, SignedOutSystem};
use crate::model::sign_on::SignOn;
use crate::protocol::parameters::Parameters;
use crate::protocol::redirect_uri::origin_or_scheme;
use crate::service::Services;
use crate::service::legacy::federation;
use crate::service::logout::request::{LogoutRefusal, LogoutRequest, read};
use crate::service::logout::{self, Left};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use std::collections::BTreeSet;
use std::time::Duration;

/// What a logout request may carry.
const NAMES: [&str; 6] = ["id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales", "logout_hint"];
/// The signed-out page looks this often whether the systems have answered.
const RECEIPT_LOOKS: u32 = 10;
/// How often it looks.
const RECEIPT_LOOK_MS: u64 = 150;

/// `GET /oauth2/logout`
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    handle(visit, parameters, false).await
}

/// `POST /oauth2/logout`: from a client, or from our own confirmation page.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    visit.here = "/".to_owned();
    let parameters = match body::form(&headers, body).await {
        Ok(parameters) => parameters,
        Err(problem) => return page::unread(&visit, problem),
    };
    if parameters.get("decision").is_some() && !visit.is_own_form(&parameters) {
        return page::show(&visit, ErrorWords::Forbidden, None, "the form does not come from this browser");
    }
    if parameters.get("decision").is_none() && visit.sign_on_cookie().is_none() && parameters.fault().is_none() {
        // From another site, or nobody is signed on: come again by a redirect that brings the cookie.
        let fields: Vec<(&str, &str)> = NAMES.iter().filter_map(|name| Some((*name, parameters.get(name)?))).collect();
        return visit.see_other(&crate::protocol::response_mode::with_query("/oauth2/logout", &fields));
    }
    let confirmed = parameters.get("decision") == Some("confirm");
    handle(visit, parameters, confirmed).await
}

async fn handle(mut visit: Visit, parameters: Parameters, confirmed: bool) -> Response {
    visit.wish_locale(parameters.get("ui_locales"));
    let parameters = match parameters.checked() {
        Ok(parameters) => parameters,
        Err(fault) => return page::show(&visit, ErrorWords::BadRequest, None, &fault.to_string()),
    };
    let sign_on = match visit.sign_on().await {
        Ok(sign_on) => sign_on,
        Err(failure) => return page::failed(&visit, &failure),
    };
    let request = match read(&visit.app.services, &parameters, sign_on.as_deref()).await {
        Ok(request) => request,
        Err(LogoutRefusal::Failure(failure)) => return page::failed(&visit, &failure),
        Err(refusal) => return page::show(&visit, ErrorWords::LogoutRefused, None, &refusal.to_string()),
    };
    match sign_on {
        Some(sign_on) if request.confirm && !confirmed => ask(&visit, &parameters, &sign_on, &request).await,
        sign_on => leave(&visit, sign_on.as_deref(), request).await,
    }
}

async fn ask(visit: &Visit, parameters: &Parameters, sign_on: &SignOn, request: &LogoutRequest) -> Response {
    let services = &visit.app.services;
    let (person, systems) = match (services.person(&sign_on.person).await, logout::systems(services, &sign_on.id).await) {
        (Ok(person), Ok(systems)) => (person, systems),
        (Err(error), _) => return page::failed(visit, &error.into()),
        (_, Err(failure)) => return page::failed(visit, &failure),
    };
    let page = ConfirmLogout {
        chrome: visit.chrome(),
        hidden: NAMES.iter().filter_map(|name| Some(((*name).to_owned(), parameters.owned(name)?))).collect(),
        full_name: person.map(|known| known.person.full_name.clone()).unwrap_or_default(),
        systems: systems.into_iter().map(|(name, _)| name).collect(),
    };
    let leads_to = request.return_to.as_deref().map(origin_or_scheme);
    visit.page(StatusCode::OK, &page, leads_to.as_deref())
}

/// The page after everything of a person was ended elsewhere: how each system of this sign-on was left.
pub async fn left(visit: &Visit, sign_on: &SignOn) -> Response {
    leave(visit, Some(sign_on), LogoutRequest { client: None, return_to: None, confirm: false }).await
}

async fn leave(visit: &Visit, sign_on: Option<&SignOn>, request: LogoutRequest) -> Response {
    let services = &visit.app.services;
    let mut frames = Vec::new();
    if let Some(sign_on) = sign_on {
        if let Err(failure) = logout::end(services, sign_on, &sign_on.person.0, &visit.origin).await {
            return page::failed(visit, &failure);
        }
        frames = frames_of(visit, &sign_on.id).await;
    }
    let continue_to = match (request.return_to, request.client) {
        // Systems that the browser asks are asked on a page, which then leads on.
        (Some(address), Some(client)) if !frames.is_empty() => Some((address, client.name.clone())),
        (Some(address), _) => return without_cookie(visit, visit.see_other(&address)),
        (None, _) => upstream(visit, sign_on).await,
    };
    let systems = match sign_on {
        None => Vec::new(),
        Some(sign_on) if continue_to.is_none() => receipts(services, &sign_on.id).await,
        // Whoever is led on does not wait for answers first.
        Some(sign_on) => logout::systems(services, &sign_on.id).await.unwrap_or_default(),
    };
    let page = SignedOut {
        chrome: visit.chrome(),
        at: shown_moment(services.clock.now()),
        systems: systems.into_iter().map(|(name, left)| SignedOutSystem { name, state: state_of(left) }).collect(),
        continue_to,
        frames,
    };
    let response = visit.page(StatusCode::OK, &page, None);
    without_cookie(visit, with_frames(response, &page.frames))
}

/// The system that a sign-on came from, where the person signs out there too. The sign-out itself is done: without it it is
/// only less.
async fn upstream(visit: &Visit, sign_on: Option<&SignOn>) -> Option<(String, String)> {
    let found = federation::logout::leads_to(&visit.app.services, &sign_on?.id).await;
    found.unwrap_or_else(|error| {
        tracing::warn!(request.id = %visit.origin.request_id, %error, "nobody is led to sign out of another provider");
        None
    })
}

/// The addresses to load. The sign-out itself is done: without them it is only less.
async fn frames_of(visit: &Visit, sign_on: &SignOnId) -> Vec<String> {
    match logout::frames(&visit.app.services, sign_on).await {
        Ok(frames) => frames,
        Err(error) => {
            tracing::warn!(request.id = %visit.origin.request_id, %error, "no system is asked to sign out by the browser");
            Vec::new()
        }
    }
}

/// The page may hold frames of these addresses' origins, and of no others.
fn with_frames(mut response: Response, frames: &[String]) -> Response {
    if frames.is_empty() {
        return response;
    }
    let origins: BTreeSet<String> = frames.iter().map(|address| origin_or_scheme(address)).collect();
    let allowed = origins.into_iter().collect::<Vec<_>>().join(" ");
    let policy = response.headers().get(CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok());
    let policy = policy.map(|policy| HeaderValue::from_str(&format!("{policy}; frame-src {allowed}")));
    if let Some(Ok(policy)) = policy {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The systems of a sign-on, once each has answered or a moment has passed.
async fn receipts(services: &Services, sign_on: &SignOnId) -> Vec<(String, Left)> {
    let mut systems = Vec::new();
    for _ in 0..RECEIPT_LOOKS {
        systems = logout::systems(services, sign_on).await.unwrap_or_default();
        if systems.iter().all(|(_, left)| *left != Left::Waiting) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(RECEIPT_LOOK_MS)).await;
    }
    systems
}

/// The cookie's value is dead; the browser forgets it too.
fn without_cookie(visit: &Visit, mut response: Response) -> Response {
    if visit.sign_on_cookie().is_some() {
        visit.set_cookie(&mut response, Cookie::SignOn, "", Some(0));
    }
    response
}

fn state_of(left: Left) -> LeftState {
    match left {
        Left::Done => LeftState::Done,
        Left::Waiting => LeftState::Waiting,
        Left::Asked => LeftState::Asked,
        Left::Manual => LeftState::Manual,
    }
}
