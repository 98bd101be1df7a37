//! Help: all guides, and one of them step by step. Open to everybody, and
//! shown in full also while the records do not answer.

use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use crate::http::view::guides;
use crate::http::view::help::{Help, HelpGuide};
use crate::service::authorization::offered;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;

/// `GET /help`
pub async fn get(visit: Visit) -> Response {
    let signed_on = is_signed_on(&visit).await;
    visit.page(StatusCode::OK, &Help { chrome: visit.chrome(), signed_on }, None)
}

/// `GET /help/{guide}`
pub async fn guide(mut visit: Visit, Path(id): Path<String>) -> Response {
    let Some((audience, guide)) = guides::find(visit.locale, &id) else {
        visit.here = "/help".to_owned();
        return page::show(&visit, ErrorWords::NotFound, None, "");
    };
    let signed_on = is_signed_on(&visit).await;
    let shows = guide.section.iter().any(|section| section.shows == Some(guides::Shows::Addresses));
    let page = HelpGuide {
        chrome: visit.chrome(),
        signed_on,
        audience,
        guide,
        issuer: visit.app.services.settings.issuer.clone(),
        addresses: if shows { addresses(&visit).await } else { Vec::new() },
    };
    visit.page(StatusCode::OK, &page, None)
}

/// Whether the portal's tabs lead anywhere for this browser. A failure is no reason to show no help.
async fn is_signed_on(visit: &Visit) -> bool {
    visit.sign_on().await.is_ok_and(|sign_on| sign_on.is_some())
}

/// Where everything is, as the metadata says.
async fn addresses(visit: &Visit) -> Vec<(String, String)> {
    let services = &visit.app.services;
    let issuer = &services.settings.issuer;
    let mut rows = vec![
        ("issuer".to_owned(), issuer.clone()),
        ("discovery".to_owned(), format!("{issuer}/.well-known/openid-configuration")),
    ];
    // Without records the two above still lead to all others.
    if let Ok(Value::Object(metadata)) = offered::metadata(services).await {
        let named = |(name, value): (&String, &Value)| {
            let is_address = name.ends_with("_endpoint") || name == "jwks_uri";
            Some((name.clone(), value.as_str().filter(|_| is_address)?.to_owned()))
        };
        rows.extend(metadata.iter().filter_map(named));
    }
    rows
}
