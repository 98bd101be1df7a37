//! The console: pages for administrators. Every page asks for two factors and a sign-in of the last minutes, and says
//! nothing about what lies outside its reader's scope.

pub mod recovery;

use crate::http::extract::account::Account;
use crate::http::extract::visit::Visit;
use crate::http::reject::page;
use crate::http::view::error::ErrorWords;
use crate::model::methods::TWO_FACTORS;
use crate::service::administrators::help;
use axum::response::Response;

/// Whoever may help anybody, by two factors given in the last ten minutes: so nothing stands open that was left for a
/// quarter of an hour.
async fn helper(visit: &Visit) -> Result<Account, Response> {
    let account = visit.account().await?;
    if !help::helps_anybody(&visit.app.services, &account.person) {
        return Err(page::show(visit, ErrorWords::NoAccess, None, "this account helps nobody back in"));
    }
    let account = visit.fresh_account().await?;
    if account.sign_on.level < TWO_FACTORS {
        return Err(page::show(visit, ErrorWords::NoAccess, None, "two factors are asked for here"));
    }
    Ok(account)
}
