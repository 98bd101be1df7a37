//! Client registration endpoint (RFC 7591 §3) and client configuration
//! endpoint (RFC 7592 §2). Tokens come in the Authorization header only.

use crate::http::App;
use crate::http::extract::{body, origin};
use crate::http::reject::registration::RegistrationRejection;
use crate::service::registration::manage::{self, Own};
use crate::service::registration::{parse, register};
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value};

/// The largest document.
const MAX_DOCUMENT: usize = 64 * 1024;

/// `POST /oauth2/register`
pub async fn post(State(app): State<App>, request: Request) -> Result<Response, RegistrationRejection> {
    let (parts, body) = request.into_parts();
    let admitted = register::admit(&app.services, bearer(&parts.headers)?).await?;
    let document = document(&parts.headers, body).await?;
    let origin = origin::of(&app.site, &parts);
    let information = register::register(&app.services, &admitted, &document, &origin).await?;
    Ok(answer(StatusCode::CREATED, &information))
}

/// `GET /oauth2/register/{client_id}`
pub async fn get(
    State(app): State<App>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, RegistrationRejection> {
    let own = enter(&app, &client_id, &headers).await?;
    Ok(answer(StatusCode::OK, &manage::read(&app.services, &own)))
}

/// `PUT /oauth2/register/{client_id}`
pub async fn put(
    State(app): State<App>,
    Path(client_id): Path<String>,
    request: Request,
) -> Result<Response, RegistrationRejection> {
    let (parts, body) = request.into_parts();
    let own = enter(&app, &client_id, &parts.headers).await?;
    let document = document(&parts.headers, body).await?;
    let origin = origin::of(&app.site, &parts);
    let information = manage::replace(&app.services, &own, &document, &origin).await?;
    Ok(answer(StatusCode::OK, &information))
}

/// `DELETE /oauth2/register/{client_id}`
pub async fn delete(
    State(app): State<App>,
    Path(client_id): Path<String>,
    request: Request,
) -> Result<Response, RegistrationRejection> {
    let (parts, _) = request.into_parts();
    let own = enter(&app, &client_id, &parts.headers).await?;
    manage::remove(&app.services, &own, &origin::of(&app.site, &parts)).await?;
    Ok((StatusCode::NO_CONTENT, [(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")]).into_response())
}

/// The client whose registration this is.
async fn enter(app: &App, client_id: &str, headers: &HeaderMap) -> Result<Own, RegistrationRejection> {
    Ok(manage::enter(&app.services, client_id, bearer(headers)?).await?)
}

/// The token of `Authorization: Bearer` (RFC 6750 §2.1); a header that came twice or cannot be read is a bad request (§3.1).
fn bearer(headers: &HeaderMap) -> Result<&str, RegistrationRejection> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let Some(header) = all.next() else { return Err(RegistrationRejection::NoToken) };
    if all.next().is_some() {
        return Err(RegistrationRejection::BadHeader);
    }
    let parted = header.to_str().ok().and_then(|text| text.split_once(' '));
    let (scheme, token) = parted.ok_or(RegistrationRejection::BadHeader)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token.trim()) } else { Err(RegistrationRejection::NoToken) }
}

/// The document of a body of at most 64 KiB.
async fn document(headers: &HeaderMap, body: Body) -> Result<Map<String, Value>, RegistrationRejection> {
    if !is_json(headers) {
        return Err(RegistrationRejection::Body(StatusCode::BAD_REQUEST, "the body is not application/json"));
    }
    Ok(parse(&body::bytes(body, MAX_DOCUMENT).await?)?)
}

/// True for the media type of JSON, whatever its parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

fn answer(status: StatusCode, information: &Value) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];
    (status, headers, information.to_string()).into_response()
}
