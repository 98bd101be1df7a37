//! Goes on with a request that came by a cross-site POST: now with cookies.

use super::{go_on, load};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::protocol::parameters::Parameters;
use crate::service::authorization::waiting;
use axum::extract::RawQuery;
use axum::response::Response;

/// `GET /signin/continue`
pub async fn get(mut visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let id = parameters.owned("request").unwrap_or_default();
    if let Err(failure) = waiting::adopt(&visit.app.services, &id, visit.browser()).await {
        return page::failed(&visit, &failure);
    }
    let waiting = match load(&mut visit, &parameters).await {
        Ok(waiting) => waiting,
        Err(response) => return response,
    };
    match visit.sign_on().await {
        Ok(sign_on) => go_on(&visit, waiting, sign_on).await,
        Err(failure) => page::failed(&visit, &failure),
    }
}
