//! Authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2).

use crate::http::extract::body;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::signin;
use crate::protocol::parameters::Parameters;
use crate::service::authorization::{self, waiting};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::HeaderMap;
use axum::response::Response;

/// `GET /oauth2/authorize`
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let sign_on = match visit.sign_on().await {
        Ok(sign_on) => sign_on,
        Err(failure) => return page::failed(&visit, &failure),
    };
    visit.wish_locale(parameters.get("ui_locales"));
    match authorization::begin(&visit.app.services, &parameters, &visit.visitor(sign_on)).await {
        Ok(outcome) => signin::answer(&visit, outcome),
        Err(error) => page::authorization(&visit, &error),
    }
}

/// `POST /oauth2/authorize`: from another site it brings no cookies, so the
/// request is kept and answered by a redirect that does.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    visit.here = "/".to_owned();
    let parameters = match body::form(&headers, body).await {
        Ok(parameters) => parameters,
        Err(problem) => return page::unread(&visit, problem),
    };
    match waiting::hold(&visit.app.services, &parameters, &visit.origin).await {
        Ok(Ok(id)) => visit.see_other(&format!("/signin/continue?request={id}")),
        Ok(Err(outcome)) => signin::answer(&visit, outcome),
        Err(error) => page::authorization(&visit, &error),
    }
}
