//! Checking a client by a real sign-in of the administrator who asks.
//!
//! The POST begins the sign-in and answers 303 to wherever it leads: straight
//! to the callback for whoever is signed on, or to the pages of a sign-in. The
//! callback takes the answer out of the address at once, redeems the code in
//! this process, and goes on to the page that shows what came of it.

use super::{address, editor, seen};
use crate::http::admin::{Desk, absent, enter, own_form};
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::signin;
use crate::http::view::console::Section;
use crate::http::view::console::client_check::ClientCheck;
use crate::model::authority::EditClients;
use crate::model::client::is_client_id;
use crate::protocol::parameters::Parameters;
use crate::service::Failure;
use crate::service::authority::OneClient;
use crate::service::authorization::check::{self, Check};
use crate::service::clients::findings;
use crate::service::grants::authorization_code::{self, CodeRequest};
use crate::service::grants::{GrantError, TokenWish};
use crate::service::selfcheck::{self, At, Issued, Report};
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// `GET /admin/clients/{id}/check`; `run` names what came of a sign-in.
pub async fn get(visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    show(&visit, &desk, &id, parameters.get("run"), StatusCode::OK).await
}

/// `POST /admin/clients/{id}/check`: begins a sign-in; with `anew`, one that asks for everything once more.
pub async fn post(mut visit: Visit, Path(id): Path<String>, headers: HeaderMap, body: Body) -> Response {
    if !is_client_id(&id) {
        return absent(&visit);
    }
    visit.here = format!("{}/check", address(&id));
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = editor(&desk, &id) else { return absent(&visit) };
    let services = &visit.app.services;
    let at = At { sign_on: &desk.account.sign_on, browser: visit.browser() };
    let asked = match selfcheck::begin(services, &proof, at).await {
        Ok(Some(asked)) => asked,
        // There is nothing to sign in to; the page says so.
        Ok(None) => return show(&visit, &desk, &id, None, StatusCode::UNPROCESSABLE_ENTITY).await,
        Err(failure) => return page::failed(&visit, &failure),
    };
    let check = Check {
        state: &asked.state,
        nonce: &asked.nonce,
        challenge: &asked.challenge,
        scopes: &asked.scopes,
        anew: form.get("anew").is_some(),
    };
    let visitor = visit.visitor(Some(desk.account.sign_on.clone()));
    match check::begin(services, &proof, check, &visitor).await {
        Ok(outcome) => signin::answer(&visit, outcome),
        Err(error) => page::authorization(&visit, &error),
    }
}

/// `GET /admin/clients/{id}/check/callback`: where the answer of a check comes, and no other answer counts.
pub async fn callback(mut visit: Visit, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    if !is_client_id(&id) {
        return absent(&visit);
    }
    // What stands in this address is used up now: nobody is led back to it.
    visit.here = format!("{}/check", address(&id));
    let desk = match enter(&visit).await {
        Ok(desk) => desk,
        Err(response) => return response,
    };
    let Some(proof) = editor(&desk, &id) else { return absent(&visit) };
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    match finish(&visit, &desk, &proof, &parameters).await {
        Ok(Some(run)) => visit.see_other(&format!("{}?run={run}", visit.here)),
        Ok(None) => show(&visit, &desk, &id, Some(""), StatusCode::GONE).await,
        Err(failure) => page::failed(&visit, &failure),
    }
}

/// Takes the answer to its end; answers where the report is. Nothing for an answer that nobody here waits for.
async fn finish(
    visit: &Visit,
    desk: &Desk,
    proof: &OneClient<EditClients>,
    parameters: &Parameters,
) -> Result<Option<String>, Failure> {
    let services = &visit.app.services;
    let at = At { sign_on: &desk.account.sign_on, browser: visit.browser() };
    let brought = selfcheck::read(services, parameters);
    let Some(begun) = selfcheck::take(services, proof, at, &brought).await? else { return Ok(None) };
    let Some(client) = selfcheck::client(services, proof).await? else { return Ok(None) };
    let (report, code) = selfcheck::answered(services, &client, &begun, &brought);
    let Some(code) = code else { return selfcheck::keep(services, proof, &begun, &report).await.map(Some) };
    let request = CodeRequest {
        code,
        redirect_uri: Some(client.check_address(&services.settings.issuer)),
        code_verifier: Some(begun.verifier.clone()),
        wish: TokenWish::default(),
    };
    let sender = selfcheck::sender(&client, &begun);
    let report: Report = match authorization_code::redeem(services, &client, &request, &sender, &visit.origin).await {
        Ok(tokens) => {
            let issued = Issued { client: &client, begun: &begun, tokens: &tokens };
            selfcheck::judge(services, proof, issued, report).await?
        }
        Err(GrantError::Failure(failure)) => return Err(failure),
        Err(error) => selfcheck::not_redeemed(report, error.to_string()),
    };
    selfcheck::keep(services, proof, &begun, &report).await.map(Some)
}

async fn show(visit: &Visit, desk: &Desk, id: &str, run: Option<&str>, status: StatusCode) -> Response {
    let (proof, found) = match seen(visit, desk, id).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let services = &visit.app.services;
    let report = match run {
        Some(run) => selfcheck::find(services, &proof, &desk.account.sign_on, run).await,
        None => Ok(None),
    };
    let (report, findings) = match (report, findings::of(services, &proof, &found.client).await) {
        (Ok(report), Ok(findings)) => (report, findings),
        (Err(failure), _) | (_, Err(failure)) => return page::failed(visit, &failure),
    };
    let page = ClientCheck {
        chrome: visit.chrome(),
        console: desk.console(Section::Clients),
        id: id.to_owned(),
        name: found.client.name.clone(),
        findings,
        can_run: selfcheck::can_be_run(&found.client) && found.client.disabled_at.is_none(),
        may_run: editor(desk, id).is_some(),
        gone: run.is_some() && report.is_none(),
        report,
    };
    visit.page(status, &page, None)
}
