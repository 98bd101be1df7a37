//! Two persons who are one: looking for the other one, merging, undoing it, and the list of merges.
//!
//! Every page and act is over both of them: whoever may not decide about one of the two finds nobody there.

pub mod list;
pub mod one;
mod sentences;
pub mod undo;

use crate::base::id::PersonId;
use crate::http::admin::{Desk, absent};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::model::authority::ReviewLegacy;
use crate::service::authority::One;
use axum::response::Response;

/// A proof over one of the two, or the answer that nobody is there.
async fn proof(visit: &Visit, desk: &Desk, id: &str) -> Result<One<ReviewLegacy>, Response> {
    let found = desk.authority.one::<ReviewLegacy>(&visit.app.services, &PersonId(id.to_owned())).await;
    found.map_err(|failure| page::failed(visit, &failure))?.ok_or_else(|| absent(visit))
}
