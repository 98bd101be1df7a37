//! All old systems.

use super::{editor, line, reader};
use crate::http::admin::{absent, enter};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::sources::SourcesPage;
use crate::service::legacy::sources::console;
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /admin/sources`
pub async fn get(visit: Visit) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = reader(&desk) else { return absent(&visit) };
    let all = match console::list(&visit.app.services, &proof).await {
        Ok(all) => all,
        Err(failure) => return page::failed(&visit, &failure),
    };
    let page = SourcesPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Sources),
        lines: all.iter().map(|source| line(&visit, source)).collect(),
        may_add: editor(&desk).is_some(),
    };
    visit.page(StatusCode::OK, &page, None)
}
