//! The privacy notice: what is kept of people, what for, for how long, and what they may ask.

use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::privacy::Privacy;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /privacy`: for everybody, signed on or not.
pub async fn get(visit: Visit) -> Response {
    match visit.sign_on().await {
        Ok(sign_on) => {
            let page = Privacy { signed_on: sign_on.is_some(), chrome: visit.chrome() };
            visit.page(StatusCode::OK, &page, None)
        }
        Err(failure) => page::failed(&visit, &failure),
    }
}
