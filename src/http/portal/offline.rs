//! Signing in while an old directory is away: switched on and off by whoever has an account there.

use super::totp::own_form;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::methods::Done;
use crate::service::legacy::confirm;
use crate::service::legacy::review::key_of;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::response::Response;

const LIST: &str = "/account/methods";

/// `POST /account/methods/offline`: `on` or `off`, each with the account that is meant.
pub async fn post(mut visit: Visit, headers: HeaderMap, body: Body) -> Response {
    LIST.clone_into(&mut visit.here);
    let form = match own_form(&visit, &headers, body).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let wants = form.get("on").is_some();
    // What opens more wants a sign-in of a moment ago; what opens less is done at once.
    let account = if wants { visit.fresh_account().await } else { visit.account().await };
    let account = match account {
        Ok(account) => account,
        Err(response) => return response,
    };
    let named = if wants { form.get("on") } else { form.get("off") };
    let Some(key) = named.and_then(key_of) else { return visit.see_other(LIST) };
    let done = if wants { Done::OfflineOn } else { Done::OfflineOff };
    match confirm::choose_offline(&visit.app.services, &account.sign_on.person, &key, wants, &visit.origin).await {
        Ok(true) => visit.see_other(&format!("{LIST}?done={}", done.word())),
        // It was never theirs to choose, or is no longer: the list shows what there is.
        Ok(false) => visit.see_other(LIST),
        Err(failure) => page::failed(&visit, &failure),
    }
}
