//! Secrets: a new one beside the old one, and the end of the old one.

use super::{address, editor, seen};
use crate::http::admin::{Desk, absent, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::clients::{ClientRotate, ClientSecret};
use crate::model::client::is_client_id;
use crate::protocol::parameters::Parameters;
use crate::service::clients::console;
use crate::service::clients::register::RegisterError;
use crate::service::clients::snippets::Framework;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use secrecy::ExposeSecret as _;

/// Hours that both secrets count.
const OVERLAPS: [i64; 5] = [0, 1, 24, 72, 168];
/// Enough to restart a system on every machine.
const USUAL: i64 = 24;

/// `GET /admin/clients/{id}/secret`
pub async fn get(visit: Visit, Path(id): Path<String>) -> Response {
    let desk = match enter_fresh(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    if editor(&desk, &id).is_none() {
        return absent(&visit);
    }
    let (_, found) = match seen(&visit, &desk, &id).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    if !found.client.settings.auth_method.uses_secret() {
        return absent(&visit);
    }
    let page = ClientRotate {
        chrome: visit.chrome(),
        console: desk.console(Section::Clients),
        id,
        name: found.client.name,
        hours: OVERLAPS,
        usual: USUAL,
    };
    visit.page(StatusCode::OK, &page, None)
}

/// `POST /admin/clients/{id}/secret`: `act` = `rotate` answers with the secret itself, since no other page ever shows
/// it; answers are not stored by default. `end` ends the overlap.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    if !is_client_id(&id) {
        return absent(&visit);
    }
    visit.here = format!("{}/secret", address(&id));
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let desk = match enter_fresh(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    match form.get("act") {
        Some("rotate") => rotate(&visit, &desk, &id, &form).await,
        Some("end") => end(&visit, &desk, &id).await,
        _ => visit.see_other(&visit.here),
    }
}

async fn rotate(visit: &Visit, desk: &Desk, id: &str, form: &Parameters) -> Response {
    let Some(proof) = editor(desk, id) else { return absent(visit) };
    let (_, found) = match seen(visit, desk, id).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let asked = form.get("overlap").and_then(|hours| hours.parse().ok());
    let hours = asked.filter(|hours| OVERLAPS.contains(hours)).unwrap_or(USUAL);
    match console::rotate_secret(&visit.app.services, &proof, hours).await {
        Ok(secret) => {
            let page = ClientSecret {
                chrome: visit.chrome(),
                console: desk.console(Section::Clients),
                id: id.to_owned(),
                name: found.client.name,
                secret: Some(secret.expose_secret().to_owned()),
                added: false,
                framework: Framework::default().word(),
            };
            visit.page(StatusCode::OK, &page, None)
        }
        Err(error) => refused(visit, error),
    }
}

async fn end(visit: &Visit, desk: &Desk, id: &str) -> Response {
    let Some(proof) = editor(desk, id) else { return absent(visit) };
    match console::end_overlap(&visit.app.services, &proof).await {
        Ok(true) => visit.see_other(&format!("{}?done=overlap", address(id))),
        Ok(false) => visit.see_other(&address(id)),
        Err(error) => refused(visit, error),
    }
}

fn refused(visit: &Visit, error: RegisterError) -> Response {
    match error {
        RegisterError::Failure(failure) => page::failed(visit, &failure),
        // It proves itself by something else, or is not there any more.
        RegisterError::Refused(_) | RegisterError::Taken | RegisterError::Unknown | RegisterError::Stale => absent(visit),
    }
}
