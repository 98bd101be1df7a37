//! Signing out here and, through the provider, everywhere (RP-Initiated Logout 1.0 §2).

use super::pages;
use super::party::Party;
use super::session::cookie;
use super::session::set_cookie;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use openidconnect::ClientId;
use openidconnect::CsrfToken;
use openidconnect::LogoutRequest;
use openidconnect::PostLogoutRedirectUrl;
use std::sync::Arc;

/// `POST /logout`: ends the own session first, then asks the provider to end the sign-on.
pub(super) async fn post(State(party): State<Arc<Party>>, headers: HeaderMap) -> Response {
    if !is_own_form(&party, &headers) {
        return pages::foreign_form(&party);
    }
    let name = party.config.kind.session_cookie();
    let session = cookie(&headers, name).and_then(|id| party.sessions.close(&id));
    let forget = [(header::SET_COOKIE, set_cookie(&party.config, name, ""))];
    let Some(session) = session else {
        return (StatusCode::SEE_OTHER, forget, [(header::LOCATION, "/".to_owned())]).into_response();
    };

    let provider = match party.provider().await {
        Ok(provider) => provider,
        Err(error) => return (forget, pages::trouble(&party, &error)).into_response(),
    };
    let back = PostLogoutRedirectUrl::new(party.config.post_logout_redirect_uri());
    let target = match (provider.end_session.clone(), back) {
        (Some(end_session), Ok(back)) => LogoutRequest::from(end_session)
            .set_id_token_hint(&session.id_token)
            .set_client_id(ClientId::new(party.config.client_id.clone()))
            .set_post_logout_redirect_uri(back)
            .set_state(CsrfToken::new_random())
            .http_get_url()
            .to_string(),
        // A provider without the endpoint leaves only the own session to end.
        _ => "/".to_owned(),
    };
    (StatusCode::SEE_OTHER, forget, [(header::LOCATION, target)]).into_response()
}

/// Whether a form came from one of our own pages.
///
/// `SameSite=Lax` does not tell the ports of one host apart, the origin does.
pub(super) fn is_own_form(party: &Party, headers: &HeaderMap) -> bool {
    match headers.get(header::ORIGIN) {
        None => true,
        Some(origin) => origin.to_str().is_ok_and(|origin| origin == party.config.base_url),
    }
}
