//! One's own passkeys: listed, added, renamed, removed.

use crate::base::date::{shown, shown_moment, vietnam_date};
use crate::base::words::{fill, words};
use crate::http::extract::account::Account;
use crate::http::extract::body;
use crate::http::extract::cookies::Cookie;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::signin::passkey::answer_options;
use crate::http::view::error::ErrorWords;
use crate::http::view::passkeys::{Limits, PasskeyLine, Passkeys, PasskeysDone, PasskeysProblem, RemovePasskey, RenamePasskey};
use crate::protocol::parameters::Parameters;
use crate::service::passkeys::enrol::{self, EnrolError, Made};
use crate::service::passkeys::{self, LONGEST, NameError, Passkey, RenameError};
use axum::body::Body;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

const HERE: &str = "/account/methods/passkeys";
const LIMITS: Limits = Limits { passkeys: enrol::MOST, letters: LONGEST };

/// `GET /account/methods/passkeys`: the list; with `rename=` or `remove=`, the question about one of them.
pub async fn get(visit: Visit, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::decode(query.unwrap_or_default().as_bytes());
    let account = match visit.fresh_account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    let keys = match passkeys::list(&visit.app.services, &account.person.person.id).await {
        Ok(keys) => keys,
        Err(failure) => return page::failed(&visit, &failure),
    };
    let named = |parameter: &str| parameters.get(parameter).map(|id| keys.iter().find(|key| key.id == id));
    match (named("rename"), named("remove")) {
        (Some(Some(key)), _) => show_rename(&visit, &key.id, &key.name, None),
        (None, Some(Some(key))) => visit.page(StatusCode::OK, &RemovePasskey { chrome: visit.chrome(), key: line(key) }, None),
        // It was removed meanwhile, in another window.
        (Some(None), _) | (None, Some(None)) => visit.see_other(HERE),
        (None, None) => {
            let done = parameters.get("done").and_then(PasskeysDone::from_word);
            show(&visit, &keys, String::new(), done, None)
        }
    }
}

/// `POST /account/methods/passkeys`
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let (form, account) = match read(&mut visit, &headers, body).await {
        Ok(read) => read,
        Err(response) => return response,
    };
    match form.get("act") {
        Some("add") => add(&visit, &account, &form).await,
        Some("rename") => rename(&visit, &account, &form).await,
        Some("remove") => remove(&visit, &account, &form).await,
        _ => page::show(&visit, ErrorWords::BadRequest, None, "act is add, rename or remove"),
    }
}

/// `POST /account/methods/passkeys/options`
pub async fn options(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    if let Err(response) = own_form(&mut visit, &headers, body).await {
        return response;
    }
    // Whoever walks from an old account to a passkey asks here too.
    let account = match visit.enrolling_account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    let begun = enrol::begin(&visit.app.services, &account.person, visit.browser(), &visit.origin).await;
    answer_options(&visit, begun)
}

/// A form of this page, from somebody who has just signed in.
async fn read(visit: &mut Visit, headers: &HeaderMap, body: Body) -> Result<(Parameters, Account), Response> {
    let form = own_form(visit, headers, body).await?;
    Ok((form, visit.fresh_account().await?))
}

async fn own_form(visit: &mut Visit, headers: &HeaderMap, body: Body) -> Result<Parameters, Response> {
    visit.here = HERE.to_owned();
    let form = match body::page_form(headers, body).await.map(Parameters::checked) {
        Ok(Ok(form)) => form,
        Ok(Err(fault)) => return Err(page::show(visit, ErrorWords::BadRequest, None, &fault.to_string())),
        Err(problem) => return Err(page::unread(visit, problem)),
    };
    if !visit.is_own_form(&form) {
        return Err(page::show(visit, ErrorWords::Forbidden, None, "the form does not come from this browser"));
    }
    Ok(form)
}

async fn add(visit: &Visit, account: &Account, form: &Parameters) -> Response {
    let services = &visit.app.services;
    let typed = form.get("name").unwrap_or_default();
    let today = shown(vietnam_date(services.clock.now()));
    let unnamed = fill(&words(visit.locale).passkeys_default_name, &[("date", &today)]);
    let made = |name| Made {
        name,
        credential: form.get("credential").unwrap_or_default(),
        browser: visit.browser(),
        origin: &visit.origin,
    };
    let person = &account.person.person.id;
    let before = account.before();
    let added = match enrol::finish(services, &before, &made(typed)).await {
        // Nothing of it can be seen: the day will do.
        Err(EnrolError::Name(NameError::Empty)) => enrol::finish(services, &before, &made(&unnamed)).await,
        added => added,
    };
    let problem = match added {
        Ok(raised) => {
            let mut response = see_list(visit, PasskeysDone::Added);
            if let Some(raised) = raised {
                visit.set_cookie(&mut response, Cookie::SignOn, &raised.cookie, None);
            }
            return response;
        }
        Err(EnrolError::Failure(failure)) => return page::failed(visit, &failure),
        Err(EnrolError::Refused | EnrolError::Off) => PasskeysProblem::Refused,
        Err(EnrolError::Full) => PasskeysProblem::Full,
        Err(EnrolError::Name(error)) => problem_of(error),
    };
    match passkeys::list(services, person).await {
        Ok(keys) => show(visit, &keys, kept(typed), None, Some(problem)),
        Err(failure) => page::failed(visit, &failure),
    }
}

async fn rename(visit: &Visit, account: &Account, form: &Parameters) -> Response {
    let (id, typed) = (form.get("passkey").unwrap_or_default(), form.get("name").unwrap_or_default());
    match passkeys::rename(&visit.app.services, &account.person.person.id, id, typed).await {
        Ok(true) => see_list(visit, PasskeysDone::Renamed),
        Ok(false) => visit.see_other(HERE),
        Err(RenameError::Name(error)) => show_rename(visit, id, &kept(typed), Some(problem_of(error))),
        Err(RenameError::Failure(failure)) => page::failed(visit, &failure),
    }
}

async fn remove(visit: &Visit, account: &Account, form: &Parameters) -> Response {
    let id = form.get("passkey").unwrap_or_default();
    match passkeys::remove(&visit.app.services, &account.person.person.id, id, &visit.origin).await {
        Ok(true) => see_list(visit, PasskeysDone::Removed),
        Ok(false) => visit.see_other(HERE),
        Err(failure) => page::failed(visit, &failure),
    }
}

fn problem_of(error: NameError) -> PasskeysProblem {
    match error {
        NameError::Empty => PasskeysProblem::NameEmpty,
        NameError::TooLong => PasskeysProblem::NameTooLong,
    }
}

/// What was typed, for the form that comes back; only so much of it as a form can hold again.
fn kept(typed: &str) -> String {
    typed.chars().take(2 * LONGEST).collect()
}

fn see_list(visit: &Visit, done: PasskeysDone) -> Response {
    visit.see_other(&format!("{HERE}?done={}", done.word()))
}

fn show(visit: &Visit, keys: &[Passkey], name: String, done: Option<PasskeysDone>, problem: Option<PasskeysProblem>) -> Response {
    let page = Passkeys {
        chrome: visit.chrome(),
        keys: keys.iter().map(line).collect(),
        on: passkeys::are_on(&visit.app.services),
        limits: LIMITS,
        name,
        done,
        problem,
    };
    visit.page(status_of(problem), &page, None)
}

fn show_rename(visit: &Visit, id: &str, name: &str, problem: Option<PasskeysProblem>) -> Response {
    let page = RenamePasskey { chrome: visit.chrome(), id: id.to_owned(), name: name.to_owned(), limits: LIMITS, problem };
    visit.page(status_of(problem), &page, None)
}

fn status_of(problem: Option<PasskeysProblem>) -> StatusCode {
    if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK }
}

fn line(key: &Passkey) -> PasskeyLine {
    PasskeyLine {
        id: key.id.clone(),
        name: key.name.clone(),
        made: shown(vietnam_date(key.created_at)),
        used: key.used_at.map(shown_moment),
    }
}
