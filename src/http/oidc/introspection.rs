//! Introspection endpoint (RFC 7662 §2), whose answer may be signed (RFC 9701).

use crate::http::App;
use crate::http::extract::client::{Entered, enter};
use crate::http::reject::oauth::OAuthRejection;
use crate::model::client::Client;
use crate::protocol::error::{ErrorCode, OAuthError};
use crate::protocol::introspection::SIGNED_MEDIA_TYPE;
use crate::service::Services;
use crate::service::tokens::introspect::{introspect, signed};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

/// `POST /oauth2/introspect`
pub async fn post(State(app): State<App>, request: Request) -> Response {
    match answer(&app, request).await {
        Ok(response) => response,
        Err(rejection) => rejection.into_response(),
    }
}

async fn answer(app: &App, request: Request) -> Result<Response, OAuthRejection> {
    let Entered { parameters, client, headers, .. } = enter(app, request, "/oauth2/introspect").await?;
    if client.is_public() {
        // Anybody can say the id of a public client: nothing is told on its word (RFC 7662 §2.1).
        return Err(OAuthError::new(ErrorCode::InvalidClient, "introspection is for clients that prove themselves").into());
    }
    let token = parameters.get("token").ok_or_else(|| OAuthError::invalid_request("token is missing"))?;
    let found = introspect(&app.services, &client, token, parameters.get("token_type_hint")).await?;
    let (media_type, body) = if wants_signed(&headers, &client) {
        (SIGNED_MEDIA_TYPE, sign(&app.services, &client, &found)?)
    } else {
        ("application/json", serde_json::to_string(&found).unwrap_or_default())
    };
    Ok(([(CONTENT_TYPE, media_type), (CACHE_CONTROL, "no-store")], body).into_response())
}

fn sign(
    services: &Services,
    client: &Client,
    found: &crate::protocol::introspection::Introspection,
) -> Result<String, OAuthRejection> {
    Ok(signed(services, client, found)?)
}

/// True when the caller asks for it, or is registered for it and does not ask for plain JSON (RFC 9701 §4).
fn wants_signed(headers: &HeaderMap, client: &Client) -> bool {
    let accepted: Vec<&str> = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|one| one.split(';').next().unwrap_or_default().trim())
        .collect();
    let asks = |kind: &str| accepted.iter().any(|accepted| accepted.eq_ignore_ascii_case(kind));
    asks(SIGNED_MEDIA_TYPE)
        || client.signs_messages()
        || (client.settings.introspection_alg.is_some() && !asks("application/json"))
}
