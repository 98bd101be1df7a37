//! Filters that a reader keeps under a name.

use super::filter::Filter;
use super::list::{Sent, show};
use crate::http::admin::{absent, enter, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page as errors;
use crate::http::view::console::people::ListProblem;
use crate::model::authority::ReadPeople;
use crate::protocol::parameters::Parameters;
use crate::service::directory::views::{self, ViewError};
use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::Response;

/// `POST /admin/people/views`: `act` = `keep` with `name` and `query`, or `remove` with `id`.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    super::HERE.clone_into(&mut visit.here);
    change(&visit, &headers, body).await.unwrap_or_else(|answer| answer)
}

async fn change(visit: &Visit, headers: &HeaderMap, body: Body) -> Result<Response, Response> {
    let desk = enter(visit).await?;
    let Some(proof) = desk.authority.people::<ReadPeople>() else { return Err(absent(visit)) };
    let form = own_form(visit, headers, body).await?;
    let services = &visit.app.services;
    let filter = Filter::read(&Parameters::decode(form.get("query").unwrap_or_default().as_bytes()));
    let back = |done: &str| {
        let address = filter.address(None);
        let joint = if address.contains('?') { '&' } else { '?' };
        format!("{address}{joint}done={done}")
    };
    if form.get("act") == Some("remove") {
        let id = form.get("id").unwrap_or_default();
        let removed = views::remove(services, &proof, id).await.map_err(|failure| errors::failed(visit, &failure))?;
        return if removed { Ok(visit.see_other(&back("removed"))) } else { Err(absent(visit)) };
    }
    let name = form.get("name").unwrap_or_default();
    let problem = match views::save(services, &proof, name, &filter.written(None)).await {
        Ok(()) => return Ok(visit.see_other(&back("kept"))),
        Err(ViewError::Name) => ListProblem::NoName,
        Err(ViewError::Full) => ListProblem::ViewsFull,
        Err(ViewError::Failure(failure)) => return Err(errors::failed(visit, &failure)),
    };
    let sent = Sent { problem: Some(problem), view_name: name.to_owned(), ..Sent::default() };
    show(visit, &desk, &filter, &sent).await
}
