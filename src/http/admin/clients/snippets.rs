//! Settings to paste.

use super::seen;
use crate::http::admin::enter;
use crate::http::extract::visit::Visit;
use crate::http::view::console::Section;
use crate::http::view::console::client_new::ClientSnippets;
use crate::protocol::parameters::Parameters;
use crate::service::clients::snippets::Framework;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::Response;

/// `GET /admin/clients/{id}/settings`; `for` names the library.
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let (_, found) = match seen(&visit, &desk, &id).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let framework = parameters.get("for").and_then(Framework::from_word).unwrap_or(Framework::Spring);
    let issuer = &visit.app.services.settings.issuer;
    let page = ClientSnippets {
        chrome: visit.chrome(),
        console: desk.console(Section::Clients),
        id,
        name: found.client.name.clone(),
        framework,
        text: framework.text(&found.client, issuer),
        misfits: framework.misfits(&found.client),
    };
    visit.page(StatusCode::OK, &page, None)
}
