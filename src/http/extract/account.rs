//! Who looks after their own account: signed on, with everything that their sign-on needs.

use super::visit::Visit;
use crate::http::reject::page;
use crate::http::signin::address;
use crate::model::sign_on::SignOn;
use crate::service::authorization::{Step, waiting};
use crate::service::known::KnownPerson;
use crate::service::sign_on::Before;
use axum::response::Response;
use std::sync::Arc;

/// A change of methods wants a sign-in that is at most so old.
const FRESH_SECONDS: i64 = 600;

/// A person on the pages of their own account.
pub struct Account {
    /// Their sign-on.
    pub sign_on: Arc<SignOn>,
    /// Who they are.
    pub person: Arc<KnownPerson>,
    cookie: String,
}

impl Account {
    /// The sign-on with the cookie that found it.
    pub fn before(&self) -> Before<'_> {
        Before { sign_on: &self.sign_on, cookie: &self.cookie }
    }
}

impl Visit {
    /// The person of this browser; others are sent to sign in, or to what their sign-on lacks.
    pub async fn account(&self) -> Result<Account, Response> {
        let services = &self.app.services;
        let sign_on = self.sign_on().await.map_err(|failure| page::failed(self, &failure))?;
        let (Some(sign_on), Some(cookie)) = (sign_on, self.sign_on_cookie()) else {
            return Err(self.ask(Step::SignIn, None).await);
        };
        let person = services.person(&sign_on.person).await.map_err(|error| page::failed(self, &error.into()))?;
        let Some(person) = person else { return Err(self.ask(Step::SignIn, None).await) };
        if let Some(missing) = person.methods.missing(sign_on.level) {
            return Err(self.ask(Step::of(missing), Some(&sign_on)).await);
        }
        Ok(Account { sign_on, person, cookie: cookie.to_owned() })
    }

    /// The same after a sign-in of the last ten minutes: what was left open on a desk changes nothing.
    pub async fn fresh_account(&self) -> Result<Account, Response> {
        let account = self.account().await?;
        if account.sign_on.authenticated_within(FRESH_SECONDS, self.app.services.clock.now()) {
            Ok(account)
        } else {
            Err(self.ask(Step::SignIn, None).await)
        }
    }

    /// Sends a person to a step of signing in; they come back here.
    async fn ask(&self, step: Step, sign_on: Option<&SignOn>) -> Response {
        match waiting::begin_own(&self.app.services, self.browser(), sign_on, &self.here).await {
            Ok(id) => self.see_other(&address(step, &id)),
            Err(failure) => page::failed(self, &failure),
        }
    }
}
