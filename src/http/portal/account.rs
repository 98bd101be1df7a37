//! The methods and sessions of the person who looks.

use crate::base::clock::Millis;
use crate::base::date::{shown, shown_moment, vietnam_date};
use crate::base::id::SignOnId;
use crate::http::extract::account::Account;
use crate::http::extract::body;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::account::{AccountPage, Done, MethodRow, Methods, SessionRow};
use crate::http::view::error::ErrorWords;
use crate::model::device::Device;
use crate::protocol::parameters::Parameters;
use crate::service::account::{self, Overview};
use crate::service::logout::sessions::{self, Session, SessionError};
use crate::service::{Failure, Services};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

const HERE: &str = "/account/methods";

/// `GET /account/methods`, `GET /account/sessions`
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let account = match visit.account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    let done = Parameters::decode(query.unwrap_or_default().as_bytes()).get("done").and_then(Done::from_word);
    match view(&visit, &account, done).await {
        Ok(page) => visit.page(StatusCode::OK, &page, None),
        Err(failure) => page::failed(&visit, &failure),
    }
}

/// `POST /account/sessions`: ends one session, or all but this one.
pub async fn end_session(visit: Visit, headers: HeaderMap, body: Body) -> Response {
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
    let services = visit.app.services.clone();
    let ended = match form.get("session") {
        Some(id) => end_one(&services, &visit, &account, id).await,
        None => end_others(&services, &visit, &account).await,
    };
    match ended {
        Ok(()) => visit.see_other(&format!("{HERE}?done={}", Done::SessionEnded.word())),
        // It is over already, or was never theirs: the list shows what there is.
        Err(SessionError::UnknownSession | SessionError::UnknownPerson) => visit.see_other(HERE),
        Err(SessionError::Failure(failure)) => page::failed(&visit, &failure),
    }
}

async fn end_one(services: &Services, visit: &Visit, account: &Account, id: &str) -> Result<(), SessionError> {
    let id = SignOnId(id.to_owned());
    sessions::end_own(services, &account.sign_on.person, &id, &visit.origin).await?;
    Ok(())
}

async fn end_others(services: &Services, visit: &Visit, account: &Account) -> Result<(), SessionError> {
    for session in sessions::list_of(services, &account.sign_on.person).await? {
        if session.id != account.sign_on.id {
            sessions::end_own(services, &account.sign_on.person, &session.id, &visit.origin).await?;
        }
    }
    Ok(())
}

async fn view(visit: &Visit, account: &Account, done: Option<Done>) -> Result<AccountPage, Failure> {
    let services = &visit.app.services;
    let overview = account::overview(services, &account.sign_on.person).await?;
    let open = sessions::list_of(services, &account.sign_on.person).await?;
    Ok(AccountPage {
        chrome: visit.chrome(),
        full_name: account.person.person.full_name.clone(),
        methods: methods(&overview),
        sessions: open.into_iter().map(|session| row(session, &account.sign_on.id)).collect(),
        done,
    })
}

fn day(at: Millis) -> String {
    shown(vietnam_date(at))
}

fn methods(overview: &Overview) -> Methods {
    Methods {
        password_since: overview.password_set_at.map(day),
        passkeys: overview
            .passkeys
            .iter()
            .map(|passkey| MethodRow {
                name: passkey.name.clone(),
                since: day(passkey.added_at),
                used: passkey.used_at.map(shown_moment),
            })
            .collect(),
        app: overview.app.map(|(since, used)| MethodRow { name: String::new(), since: day(since), used: used.map(shown_moment) }),
        codes: overview.recovery_codes.map(|(since, left)| (day(since), left)),
    }
}

fn row(session: Session, present: &SignOnId) -> SessionRow {
    SessionRow {
        device: Device::from_words(&session.device),
        systems: session.systems,
        used: shown_moment(Millis(session.last_seen_at)),
        since: shown_moment(Millis(session.started_at)),
        is_this: session.id == *present,
        id: session.id.0,
    }
}
