//! Addresses that do not exist, and methods that an address does not take.

use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use axum::response::Response;

/// Any address that the table of routes does not know.
pub async fn any(mut visit: Visit) -> Response {
    visit.here = "/".to_owned();
    page::show(&visit, ErrorWords::NotFound, None, "")
}

/// A method that the address does not take.
pub async fn wrong_method(mut visit: Visit) -> Response {
    visit.here = "/".to_owned();
    page::show(&visit, ErrorWords::MethodNotAllowed, None, "")
}
