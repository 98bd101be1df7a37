//! One client: what it is, what can be said of it, and whether it is on.

use super::{address, editor, keeper, line, seen};
use crate::base::date::{shown, shown_moment};
use crate::http::admin::{Desk, absent, enter, enter_fresh, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::console::Section;
use crate::http::view::console::clients::{ClientDone, ClientPage, SecretLine};
use crate::model::client::{AccessTokenFormat, Client, UnitIdentifier, is_client_id};
use crate::protocol::parameters::Parameters;
use crate::service::clients::console::{self, SecretSpan, Seen};
use crate::service::clients::findings;
use crate::service::clients::register::RegisterError;
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// No reason is longer.
const LONGEST: usize = 400;

/// `GET /admin/clients/{id}`
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let done = parameters.get("done").and_then(ClientDone::from_word);
    show(&visit, &desk, &id, done, false).await
}

/// `POST /admin/clients/{id}/status`: `act` = `off` or `on`, with a reason.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    if !is_client_id(&id) {
        return absent(&visit);
    }
    visit.here = address(&id);
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let desk = match enter_fresh(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let (Some(proof), Some(whole)) = (editor(&desk, &id), keeper(&desk)) else { return absent(&visit) };
    let on = match form.get("act") {
        Some("on") => true,
        Some("off") => false,
        _ => return visit.see_other(&visit.here),
    };
    let reason: String = form.get("reason").unwrap_or_default().trim().chars().take(LONGEST).collect();
    if reason.is_empty() {
        return show(&visit, &desk, &id, None, true).await;
    }
    match console::switch(&visit.app.services, &proof, &whole, on, &reason).await {
        Ok(true) => visit.see_other(&format!("{}?done={}", visit.here, if on { "on" } else { "off" })),
        Ok(false) => visit.see_other(&visit.here),
        Err(RegisterError::Failure(failure)) => page::failed(&visit, &failure),
        Err(RegisterError::Refused(_) | RegisterError::Taken | RegisterError::Unknown | RegisterError::Stale) => absent(&visit),
    }
}

async fn show(visit: &Visit, desk: &Desk, id: &str, done: Option<ClientDone>, reason_missing: bool) -> Response {
    let (proof, found) = match seen(visit, desk, id).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let findings = match findings::of(&visit.app.services, &proof, &found.client).await {
        Ok(findings) => findings,
        Err(failure) => return page::failed(visit, &failure),
    };
    let page = ClientPage {
        chrome: visit.chrome(),
        console: desk.console(Section::Clients),
        line: line(&found.client),
        facts: facts(&found.client),
        findings,
        secrets: secrets(&found),
        may_edit: editor(desk, id).is_some(),
        may_switch: keeper(desk).is_some(),
        done,
        reason_missing,
    };
    let status = if reason_missing { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    visit.page(status, &page, None)
}

fn secrets(found: &Seen) -> Option<Vec<SecretLine>> {
    let line = |span: &SecretSpan| SecretLine { made: shown_moment(span.created_at), ends: span.expires_at.map(shown_moment) };
    found.client.settings.auth_method.uses_secret().then(|| found.secrets.iter().map(line).collect())
}

/// The registration by the names of the protocol, which developers know.
fn facts(client: &Client) -> Vec<(&'static str, String)> {
    let settings = &client.settings;
    let flag = |on: bool| if on { "true".to_owned() } else { String::new() };
    let one = |value: &Option<String>| value.clone().unwrap_or_default();
    let day = |last: Option<time::Date>| last.map(shown).unwrap_or_default();
    let unit_identifier = match settings.unit_identifier {
        UnitIdentifier::New => "",
        UnitIdentifier::Legacy => "legacy",
        UnitIdentifier::Both => "both",
    };
    let format = match settings.access_token {
        AccessTokenFormat::Jwt => "jwt",
        AccessTokenFormat::Opaque => "opaque",
    };
    let all = vec![
        ("redirect_uris", settings.redirect_uris.join(" ")),
        ("post_logout_redirect_uris", settings.post_logout_redirect_uris.join(" ")),
        ("backchannel_logout_uri", one(&settings.backchannel_logout_uri)),
        ("frontchannel_logout_uri", one(&settings.frontchannel_logout_uri)),
        ("initiate_login_uri", one(&settings.initiate_login_uri)),
        ("home_uri", one(&settings.home_uri)),
        ("description", settings.description.clone()),
        ("contacts", settings.contacts.join(", ")),
        ("grant_types", settings.grant_types.join(" ")),
        ("response_types", settings.response_types.join(", ")),
        ("scope", settings.scopes.join(" ")),
        ("roles", settings.roles.join(", ")),
        ("token_endpoint_auth_method", settings.auth_method.as_str().to_owned()),
        ("jwks_uri", one(&settings.jwks_uri)),
        ("id_token_signed_response_alg", settings.id_token_alg.as_str().to_owned()),
        ("id_token_claims", settings.id_token_claims.join(" ")),
        ("access_token", format.to_owned()),
        ("subject_type", settings.subject_type.to_string()),
        ("subject_until", day(settings.subject_until)),
        ("unit_code_scheme", settings.unit_code_scheme.clone()),
        ("unit_identifier", unit_identifier.to_owned()),
        ("unit_identifier_until", day(settings.unit_identifier_until)),
        ("legacy_sources", settings.legacy_sources.join(" ")),
        ("resources", settings.resources.join(" ")),
        ("minimum_level", settings.minimum_level.map(|level| level.to_string()).unwrap_or_default()),
        ("entry", if settings.entry.is_anyone() { String::new() } else { settings.entry.as_str().to_owned() }),
        ("entry_contact", one(&settings.entry_contact)),
        ("told_of_moves", flag(settings.told_of_moves)),
        ("consent", flag(client.asks_consent())),
        ("pkce", flag(client.demands_pkce())),
        ("pushed_authorization_requests", flag(client.demands_pushed_requests())),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}
