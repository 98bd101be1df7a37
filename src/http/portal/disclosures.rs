//! What was told about oneself to which system, and taking an agreement back.

use crate::base::clock::Millis;
use crate::base::date::{shown, shown_moment, vietnam_date};
use crate::http::extract::body;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::disclosures::{Disclosures, GroundLine, SystemCard, Withdraw};
use crate::http::view::error::ErrorWords;
use crate::protocol::parameters::Parameters;
use crate::service::account::disclosures::{self, Disclosure, Ground};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

const HERE: &str = "/account/disclosures";

/// `GET /account/disclosures`; with `withdraw=` the question before an agreement is taken back.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let account = match visit.account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    let asked = Parameters::decode(query.unwrap_or_default().as_bytes());
    let found = match disclosures::list(&visit.app.services, &account.sign_on.person).await {
        Ok(found) => found,
        Err(failure) => return page::failed(&visit, &failure),
    };
    if let Some(client) = asked.get("withdraw") {
        let standing = |one: &&Disclosure| one.client_id == client && matches!(one.ground, Ground::Consent { .. });
        return match found.iter().find(standing) {
            Some(one) => visit.page(StatusCode::OK, &Withdraw { chrome: visit.chrome(), system: card(one) }, None),
            // It was taken back meanwhile, in another window.
            None => visit.see_other(HERE),
        };
    }
    let page = Disclosures {
        chrome: visit.chrome(),
        systems: found.iter().map(card).collect(),
        withdrawn: asked.get("done") == Some("withdrawn"),
    };
    visit.page(StatusCode::OK, &page, None)
}

/// `POST /account/disclosures`: takes an agreement back.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    HERE.clone_into(&mut visit.here);
    let account = match visit.account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    let form = match body::page_form(&headers, body).await.map(Parameters::checked) {
        Ok(Ok(form)) => form,
        Ok(Err(fault)) => return page::show(&visit, ErrorWords::BadRequest, None, &fault.to_string()),
        Err(problem) => return page::unread(&visit, problem),
    };
    if !visit.is_own_form(&form) {
        return page::show(&visit, ErrorWords::Forbidden, None, "the form does not come from this browser");
    }
    let Some(client) = form.get("client") else {
        return page::show(&visit, ErrorWords::BadRequest, None, "client is missing");
    };
    match disclosures::withdraw(&visit.app.services, &account.sign_on.person, client, &visit.origin).await {
        Ok(true) => visit.see_other(&format!("{HERE}?done=withdrawn")),
        Ok(false) => visit.see_other(HERE),
        Err(failure) => page::failed(&visit, &failure),
    }
}

fn card(one: &Disclosure) -> SystemCard {
    let day = |at: Millis| shown(vietnam_date(at));
    SystemCard {
        id: one.client_id.clone(),
        name: one.name.clone(),
        scopes: one.scopes.clone(),
        ground: match one.ground {
            Ground::City => GroundLine::City,
            Ground::Consent { since } => GroundLine::Consent { since: day(since) },
            Ground::Withdrawn => GroundLine::Withdrawn,
        },
        told: one.told.map(|(first, last)| (day(first), shown_moment(last))),
    }
}
