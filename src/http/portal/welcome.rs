//! The walk that first-timers are taken on: who you are, a passkey or an app, recovery codes, done.
//!
//! Each step has an address of its own, so that the browser's back button leads
//! to the step before; a step that is not open yet, or that is behind, shows the
//! one that stands next. What waits for the person (`request=`) is carried along.

use super::totp::own_form;
use crate::base::date::{shown, shown_moment, vietnam_date};
use crate::base::words::{fill, words};
use crate::http::extract::account::Account;
use crate::http::extract::cookies::Cookie;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::signin::position::former_units;
use crate::http::view::error::ErrorWords;
use crate::http::view::qr::Drawing;
use crate::http::view::totp::TotpError;
use crate::http::view::welcome::{
    Walk, WelcomeApp, WelcomeCodes, WelcomeDone, WelcomeFactor, WelcomePost, WelcomeSheet, WelcomeWho,
};
use crate::model::client::Client;
use crate::model::methods::{Duty, TWO_FACTORS};
use crate::protocol::parameters::Parameters;
use crate::service::account::profile;
use crate::service::authorization::{demanded_level, waiting};
use crate::service::passkeys;
use crate::service::passkeys::enrol::{self, EnrolError as PasskeyError, Made};
use crate::service::policies::{Asked, demands};
use crate::service::second_factor::recovery::{self, SheetError};
use crate::service::second_factor::totp::{self, App, EnrolError, Label, Offer};
use crate::service::sign_on::Started;
use crate::service::welcome::{self, Need, State, Step};
use crate::service::{Failure, Services};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use std::sync::Arc;

const PATH: &str = "/welcome";
/// Where people say what is wrong about them.
const REPORT: &str = "/account/report";
/// The page within the step of the second factor that adds an app.
const APP: &str = "app";

/// What waits for the person.
struct WaitingFor {
    id: String,
    /// The system that asked; nobody did for a page of our own.
    client: Option<Arc<Client>>,
    /// The level that the request demands, if any.
    demanded: Option<i64>,
}

/// Somebody on the walk.
struct Walker {
    account: Account,
    state: State,
    waiting: Option<WaitingFor>,
    /// What is demanded of this person.
    need: Need,
    /// They came through an old account and have no password here: an app alone would let them in nowhere.
    without_password: bool,
}

impl Walker {
    /// What is demanded is not there yet.
    fn is_held(&self) -> bool {
        self.need.is_lacking(&self.account.person.methods)
    }

    /// An app would do.
    fn takes_app(&self) -> bool {
        self.need != Need::Passkey && !self.without_password
    }

    /// The way as it is seen from a step.
    fn walk(&self, visit: &Visit, here: Step) -> Walk {
        let named = |waiting: &WaitingFor| {
            let name = waiting.client.as_ref().map(|client| client.name.clone()).unwrap_or_default();
            (waiting.id.clone(), name)
        };
        let password = self.account.person.methods.password_set_at.is_some();
        Walk::new(&visit.chrome(), here, self.waiting.as_ref().map(named), self.is_held(), password)
    }

    /// 303 to a step.
    fn to(&self, visit: &Visit, step: &str) -> Response {
        visit.see_other(&self.walk(visit, Step::Who).at(step))
    }
}

/// `GET /welcome`: the step that `step=` names if it is open, else the one that stands next.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let walker = match arrive(&visit, &parameters, false).await {
        Ok(walker) => walker,
        Err(response) => return response,
    };
    let asked = parameters.get("step");
    let step = if asked == Some(Step::Who.word()) { Step::Who } else { walker.state.step };
    // What changes methods wants a sign-in of a moment ago, before anything is typed in vain.
    if matches!(step, Step::Factor | Step::Codes)
        && let Err(response) = visit.enrolling_account().await
    {
        return response;
    }
    match step {
        Step::Who => who(&visit, &walker).await,
        Step::Factor if asked == Some(APP) && walker.takes_app() => app(&visit, &walker, None).await,
        Step::Factor => factor(&visit, &walker, parameters.get("mend").is_some(), false),
        Step::Codes => {
            let page = WelcomeCodes { chrome: visit.chrome(), walk: walker.walk(&visit, Step::Codes) };
            visit.page(StatusCode::OK, &page, None)
        }
        Step::Done => done(&visit, &walker),
    }
}

/// `POST /welcome`: one act of the step that stands next.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    PATH.clone_into(&mut visit.here);
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    if let Some(request) = form.get("request").filter(|id| is_token(id)) {
        visit.here = format!("{PATH}?request={request}");
    }
    let changes_methods = matches!(form.get("act"), Some("passkey" | "app" | "codes"));
    let walker = match arrive(&visit, &form, changes_methods).await {
        Ok(walker) => walker,
        Err(response) => return response,
    };
    match (form.get("act"), walker.state.step) {
        (Some("right"), _) => see(&visit, &walker, true).await,
        (Some("wrong"), _) => see(&visit, &walker, false).await,
        (Some("skip"), _) => skip(&visit, &walker).await,
        (Some("passkey"), Step::Factor) => add_passkey(&visit, &walker, &form).await,
        (Some("app"), Step::Factor) if walker.takes_app() => add_app(&visit, &walker, &form).await,
        (Some("codes"), Step::Codes) => make_codes(&visit, &walker).await,
        // Another window was quicker, or the page is an old one: nothing is done twice.
        (Some("passkey" | "app" | "codes"), step) => walker.to(&visit, step.word()),
        (Some(_) | None, _) => {
            page::show(&visit, ErrorWords::BadRequest, None, "act is right, wrong, skip, passkey, app or codes")
        }
    }
}

/// Who walks, how far they came, and what waits for them.
async fn arrive(visit: &Visit, parameters: &Parameters, fresh: bool) -> Result<Walker, Response> {
    let account = if fresh { visit.enrolling_account().await? } else { visit.walking_account().await? };
    let services = &visit.app.services;
    look(visit, services, account, parameters).await.map_err(|failure| page::failed(visit, &failure))
}

async fn look(visit: &Visit, services: &Services, account: Account, parameters: &Parameters) -> Result<Walker, Failure> {
    let waiting = waiting_for(visit, services, parameters).await?;
    let client = waiting.as_ref().and_then(|waiting| waiting.client.as_ref()).map(|client| client.id.as_str());
    let today = vietnam_date(services.clock.now());
    let asked = Asked { person: Some(&account.person), client, address: &visit.origin.address };
    let demands = demands(services, &asked).await?;
    let asked = waiting.as_ref().and_then(|waiting| waiting.demanded);
    let two = demands.level.max(asked.unwrap_or_default()) >= TWO_FACTORS
        || account.person.duty(&account.sign_on, today) == Duty::TwoFactors;
    let need = match (demands.passkey, two) {
        (true, _) => Need::Passkey,
        (false, true) => Need::SecondFactor,
        (false, false) => Need::Nothing,
    };
    let state = welcome::state_of(services, &account.person, need).await?;
    let methods = &account.person.methods;
    let own_password = methods.password_set_at.is_some() && !methods.must_change_password;
    let without_password = account.sign_on.legacy.is_some() && !own_password;
    Ok(Walker { account, state, waiting, need, without_password })
}

/// The request that the walk goes on with, while it waits. Once it is over, the portal is where one goes on.
async fn waiting_for(visit: &Visit, services: &Services, parameters: &Parameters) -> Result<Option<WaitingFor>, Failure> {
    let Some(id) = parameters.get("request").filter(|id| is_token(id)) else { return Ok(None) };
    let Some(pending) = waiting::find(services, id, visit.browser()).await? else { return Ok(None) };
    let client = match &pending.request {
        Some(request) => services.client(&request.client_id).await?,
        None => None,
    };
    let demanded =
        pending.request.as_ref().zip(client.as_deref()).and_then(|(request, client)| demanded_level(services, client, request));
    Ok(Some(WaitingFor { id: id.to_owned(), client, demanded }))
}

/// The form of the ids that waiting requests have.
fn is_token(id: &str) -> bool {
    id.len() == 43 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

async fn who(visit: &Visit, walker: &Walker) -> Response {
    let services = &visit.app.services;
    let person = &walker.account.person.person;
    let today = vietnam_date(services.clock.now());
    let registry = &walker.account.person.units;
    let posts = person
        .positions_on(today)
        .into_iter()
        .map(|position| {
            let unit = registry.unit(&position.unit);
            WelcomePost {
                title: position.title.clone(),
                department: position.department.clone(),
                unit_name: unit.map(|unit| registry.name_on(unit, today).to_owned()).unwrap_or_default(),
                unit_since: unit.and_then(|unit| unit.span.from).map(shown),
                former_units: unit.map(|unit| former_units(registry, unit)).unwrap_or_default(),
            }
        })
        .collect();
    let personal_number = match masked_number(services, walker).await {
        Ok(number) => number,
        Err(failure) => return page::failed(visit, &failure),
    };
    let page = WelcomeWho {
        chrome: visit.chrome(),
        walk: walker.walk(visit, Step::Who),
        full_name: person.full_name.clone(),
        username: person.username.clone(),
        date_of_birth: person.date_of_birth.map(shown),
        personal_number,
        posts,
    };
    visit.page(StatusCode::OK, &page, None)
}

/// The first and the last digits of the personal number.
async fn masked_number(services: &Services, walker: &Walker) -> Result<Option<String>, Failure> {
    let person = &walker.account.person.person;
    if !person.has_personal_number {
        return Ok(None);
    }
    Ok(profile::look(services, &person.id).await?.personal_number.map(|fact| fact.value))
}

/// What is seen is right, or is not: either way the walk goes on, and work does too.
async fn see(visit: &Visit, walker: &Walker, right: bool) -> Response {
    let services = &visit.app.services;
    let person = &walker.account.sign_on.person;
    if let Err(failure) = welcome::see(services, person, right, &visit.origin).await {
        return page::failed(visit, &failure);
    }
    match (right, walker.is_held()) {
        // No other page opens before the second factor is there: that step tells where to report afterwards.
        (false, true) => walker.to(visit, "factor&mend=1"),
        (false, false) => visit.see_other(REPORT),
        (true, _) => match welcome::state_of(services, &walker.account.person, walker.need).await {
            Ok(state) => walker.to(visit, state.step.word()),
            Err(failure) => page::failed(visit, &failure),
        },
    }
}

async fn skip(visit: &Visit, walker: &Walker) -> Response {
    match welcome::finish(&visit.app.services, &walker.account.sign_on.person).await {
        // Whoever must have a second factor sees that step again.
        Ok(()) => walker.to(visit, Step::Done.word()),
        Err(failure) => page::failed(visit, &failure),
    }
}

fn factor(visit: &Visit, walker: &Walker, to_mend: bool, refused: bool) -> Response {
    let shared = walker.account.sign_on.manner.shared;
    let page = WelcomeFactor {
        chrome: visit.chrome(),
        walk: walker.walk(visit, Step::Factor),
        // On a computer of many a passkey would stay behind, unless it lies on a phone or a security key.
        passkeys: passkeys::are_on(&visit.app.services) && (!shared || !walker.takes_app()),
        app: walker.takes_app(),
        shared,
        to_mend,
        refused,
    };
    let status = if refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    visit.page(status, &page, None)
}

async fn add_passkey(visit: &Visit, walker: &Walker, form: &Parameters) -> Response {
    let services = &visit.app.services;
    let today = shown(vietnam_date(services.clock.now()));
    let name = fill(&words(visit.locale).passkeys_default_name, &[("date", &today)]);
    let credential = form.get("credential").unwrap_or_default();
    let made = Made { name: &name, credential, browser: visit.browser(), origin: &visit.origin };
    match enrol::finish(services, &walker.account.before(), &made).await {
        Ok(raised) => raise(visit, walker.to(visit, Step::Codes.word()), raised.as_ref()),
        Err(PasskeyError::Failure(failure)) => page::failed(visit, &failure),
        Err(PasskeyError::Refused | PasskeyError::Off | PasskeyError::Full | PasskeyError::Name(_)) => {
            factor(visit, walker, false, true)
        }
    }
}

/// The sign-on has another cookie since it has another factor.
fn raise(visit: &Visit, mut response: Response, raised: Option<&Started>) -> Response {
    if let Some(raised) = raised {
        visit.set_cookie(&mut response, Cookie::SignOn, &raised.cookie, None);
    }
    response
}

async fn app(visit: &Visit, walker: &Walker, error: Option<TotpError>) -> Response {
    let person = &walker.account.person.person;
    let label = Label { issuer: &words(visit.locale).product, account: &person.username };
    match totp::look(&visit.app.services, &walker.account.before(), label).await {
        Ok(App::Offered(offer)) => offered(visit, walker, offer, error),
        // It was added in another window.
        Ok(App::Enrolled { .. }) => walker.to(visit, Step::Codes.word()),
        Err(failure) => page::failed(visit, &failure),
    }
}

fn offered(visit: &Visit, walker: &Walker, offer: Offer, error: Option<TotpError>) -> Response {
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = WelcomeApp {
        chrome: visit.chrome(),
        walk: walker.walk(visit, Step::Factor),
        username: walker.account.person.person.username.clone(),
        drawing: Drawing::of(&offer.uri),
        secret: offer.secret,
        uri: offer.uri,
        error,
    };
    visit.page(status, &page, None)
}

async fn add_app(visit: &Visit, walker: &Walker, form: &Parameters) -> Response {
    let Some(code) = form.get("code") else { return app(visit, walker, Some(TotpError::Empty)).await };
    match totp::confirm(&visit.app.services, &walker.account.before(), code, &visit.origin).await {
        Ok(started) => raise(visit, walker.to(visit, Step::Codes.word()), Some(&started)),
        // Whatever there is now is shown.
        Err(EnrolError::NotOffered) => walker.to(visit, APP),
        Err(EnrolError::Wrong) => app(visit, walker, Some(TotpError::Wrong)).await,
        Err(EnrolError::Astray) => app(visit, walker, Some(TotpError::Astray)).await,
        Err(EnrolError::Failure(failure)) => page::failed(visit, &failure),
    }
}

/// Answers with the codes themselves, since no other page ever shows them.
async fn make_codes(visit: &Visit, walker: &Walker) -> Response {
    let services = &visit.app.services;
    let sheet = match recovery::make(services, &walker.account.person, &visit.origin).await {
        Ok(sheet) => sheet,
        Err(SheetError::NoSecondFactor) => return walker.to(visit, Step::Factor.word()),
        Err(SheetError::Failure(failure)) => return page::failed(visit, &failure),
    };
    if let Err(failure) = welcome::finish(services, &walker.account.sign_on.person).await {
        // The codes count already and are shown nowhere else: the walk ends another time.
        tracing::warn!(error = %failure, "the end of a first-time walk was not noted");
    }
    let page = WelcomeSheet {
        chrome: visit.chrome(),
        walk: walker.walk(visit, Step::Codes),
        username: walker.account.person.person.username.clone(),
        issuer: services.settings.issuer.clone(),
        made_at: shown_moment(sheet.made_at),
        codes: sheet.codes,
    };
    visit.page(StatusCode::OK, &page, None)
}

fn done(visit: &Visit, walker: &Walker) -> Response {
    let methods = &walker.account.person.methods;
    let page = WelcomeDone {
        chrome: visit.chrome(),
        walk: walker.walk(visit, Step::Done),
        passkey: methods.passkeys > 0,
        app: methods.totp,
        codes: methods.recovery_codes > 0,
    };
    visit.page(StatusCode::OK, &page, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_of_our_own_form_is_carried_along() {
        let id = "a".repeat(43);
        let table = [(id.as_str(), true), ("", false), ("r1", false), ("\"><script>", false)];
        for (id, expected) in table {
            assert_eq!(is_token(id), expected, "{id}");
        }
        assert!(!is_token(&"&".repeat(43)) && !is_token(&"a".repeat(44)));
    }
}
