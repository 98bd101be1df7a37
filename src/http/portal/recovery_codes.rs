//! The account's recovery codes: how many are left, and a new sheet, shown once.

use super::totp::own_form;
use crate::base::date::shown_moment;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::recovery_codes::{PresentSheet, RecoveryCodes, RecoverySheet};
use crate::service::second_factor::recovery::{self, CODES, SheetError};
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

const PATH: &str = "/account/methods/recovery-codes";

/// `GET /account/methods/recovery-codes`
pub async fn get(visit: Visit) -> Response {
    let account = match visit.fresh_account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    let sheet = match recovery::look(&visit.app.services, &account.sign_on.person).await {
        Ok(sheet) => sheet,
        Err(failure) => return page::failed(&visit, &failure),
    };
    let page = RecoveryCodes {
        chrome: visit.chrome(),
        present: sheet.map(|sheet| PresentSheet { made_at: shown_moment(sheet.made_at), left: sheet.left }),
        all: CODES,
        possible: account.person.methods.second_factor(),
    };
    visit.page(StatusCode::OK, &page, None)
}

/// `POST /account/methods/recovery-codes`: answers with the codes themselves,
/// since no other page ever shows them. Answers are not stored by default.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    PATH.clone_into(&mut visit.here);
    if let Err(response) = own_form(&visit, &headers, body).await {
        return response;
    }
    let account = match visit.fresh_account().await {
        Ok(account) => account,
        Err(response) => return response,
    };
    match recovery::make(&visit.app.services, &account.person, &visit.origin).await {
        Ok(sheet) => {
            let page = RecoverySheet {
                chrome: visit.chrome(),
                username: account.person.person.username.clone(),
                issuer: visit.app.services.settings.issuer.clone(),
                made_at: shown_moment(sheet.made_at),
                codes: sheet.codes,
            };
            visit.page(StatusCode::OK, &page, None)
        }
        // The page says what has to come first.
        Err(SheetError::NoSecondFactor) => visit.see_other(PATH),
        Err(SheetError::Failure(failure)) => page::failed(&visit, &failure),
    }
}
