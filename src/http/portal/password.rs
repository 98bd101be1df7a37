//! Changing one's own password.

use crate::base::date::shown_time;
use crate::http::extract::account::Account;
use crate::http::extract::body;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::change_password::{ChangePassword, CurrentProblem};
use crate::http::view::error::ErrorWords;
use crate::http::view::password_rules::{PasswordRules, Tried};
use crate::protocol::parameters::Parameters;
use crate::service::passwords::{ChangeError, Unfit, change};
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

/// The page that lists all methods; it tells what was done.
const METHODS: &str = "/account/methods";
const DONE: &str = "/account/methods?done=password";

/// `GET /account/methods/password`
pub async fn get(visit: Visit) -> Response {
    match visit.fresh_account().await {
        Ok(account) => show(&visit, &account, StatusCode::OK, None, None),
        Err(response) => response,
    }
}

/// `POST /account/methods/password`
pub async fn post(visit: Visit, headers: HeaderMap, body: Body) -> Response {
    let form = match body::page_form(&headers, body).await.map(Parameters::checked) {
        Ok(Ok(form)) => form,
        Ok(Err(fault)) => return page::show(&visit, ErrorWords::BadRequest, None, &fault.to_string()),
        Err(problem) => return page::unread(&visit, problem),
    };
    if !visit.is_own_form(&form) {
        return page::show(&visit, ErrorWords::Forbidden, None, "the form does not come from this browser");
    }
    let account = match visit.fresh_account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    let (Some(current), Some(new)) = (form.owned("current"), form.owned("password")) else {
        let current = form.get("current").is_none().then_some(CurrentProblem::Empty);
        let tried = form.get("password").is_none().then(|| Tried { empty: true, ..Tried::default() });
        return show(&visit, &account, StatusCode::UNPROCESSABLE_ENTITY, current, tried);
    };
    let changed = change(&visit.app.services, &account.sign_on, current.into(), new.into(), &visit.origin).await;
    match changed {
        Ok(_) => visit.see_other(DONE),
        Err(error) => refused(&visit, &account, error),
    }
}

fn refused(visit: &Visit, account: &Account, error: ChangeError) -> Response {
    match error {
        ChangeError::Unfit(Unfit { wrong_current, complaints, used_before }) => {
            let current = wrong_current.then_some(CurrentProblem::Wrong);
            let tried = Some(Tried { complaints, used_before, ..Tried::default() });
            show(visit, account, StatusCode::UNPROCESSABLE_ENTITY, current, tried)
        }
        ChangeError::Locked { until } => {
            let current = Some(CurrentProblem::Locked { until: shown_time(until) });
            let wait = page::seconds_until(until, visit.app.services.clock.now());
            page::with_wait(show(visit, account, StatusCode::TOO_MANY_REQUESTS, current, None), Some(wait))
        }
        ChangeError::Busy { seconds } => {
            let tried = Some(Tried { busy: Some(seconds), ..Tried::default() });
            page::with_wait(show(visit, account, StatusCode::SERVICE_UNAVAILABLE, None, tried), Some(seconds.into()))
        }
        ChangeError::Overtaken => show(visit, account, StatusCode::CONFLICT, Some(CurrentProblem::ChangedElsewhere), None),
        ChangeError::NoPassword => visit.see_other(METHODS),
        ChangeError::Failure(failure) => page::failed(visit, &failure),
    }
}

fn show(visit: &Visit, account: &Account, status: StatusCode, current: Option<CurrentProblem>, tried: Option<Tried>) -> Response {
    let page = ChangePassword {
        chrome: visit.chrome(),
        username: account.person.person.username.clone(),
        current,
        rules: PasswordRules { policy: visit.app.services.settings.password_policy, tried },
    };
    visit.page(status, &page, None)
}
