//! Who looks after their own account: signed on, with everything that their sign-on needs.

use super::visit::Visit;
use crate::http::reject::page;
use crate::http::signin::address;
use crate::http::view::error::ErrorWords;
use crate::model::methods::{Duty, Missing};
use crate::model::sign_in_policy::Demands;
use crate::model::sign_on::SignOn;
use crate::service::authorization::{Step, waiting};
use crate::service::known::KnownPerson;
use crate::service::policies::{self, Asked};
use crate::service::sign_on::Before;
use crate::service::{Failure, notices};
use axum::response::Response;
use std::sync::Arc;

/// A change of methods wants a sign-in that is at most so old.
const FRESH_SECONDS: i64 = 600;
/// Why nobody is sent on.
const TOO_MANY: &str = "too many requests come from there";

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

/// How much of a sign-in a page asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wants {
    /// Everything that the person is asked for anywhere.
    All,
    /// All but the second factor that they still have to get: this page leads there.
    AllButEnrolment,
    /// A sign-in of the last minutes, by every factor that they have.
    Fresh,
}

impl Visit {
    /// The person of this browser; others are sent to sign in, or to what their sign-on lacks.
    pub async fn account(&self) -> Result<Account, Response> {
        self.account_that(Wants::All).await
    }

    /// Sends a person to sign in anew; they come back here.
    pub async fn sign_in_again(&self) -> Response {
        self.ask(Step::SignIn, None).await
    }

    /// The same on the pages that lead to a second factor.
    pub async fn walking_account(&self) -> Result<Account, Response> {
        self.account_that(Wants::AllButEnrolment).await
    }

    /// The same after a sign-in of the last ten minutes: what was left open on a desk changes nothing. Nor does
    /// anybody while changes are locked.
    pub async fn fresh_account(&self) -> Result<Account, Response> {
        let account = self.account_that(Wants::Fresh).await?;
        let services = &self.app.services;
        match notices::are_locked(services, &account.sign_on.person).await {
            Ok(false) => Ok(account),
            Ok(true) => Err(page::show(self, ErrorWords::ChangesLocked, None, "changes of this account are locked")),
            Err(failure) => Err(page::failed(self, &failure)),
        }
    }

    async fn account_that(&self, wants: Wants) -> Result<Account, Response> {
        let services = &self.app.services;
        let sign_on = self.sign_on().await.map_err(|failure| page::failed(self, &failure))?;
        let (Some(sign_on), Some(cookie)) = (sign_on, self.sign_on_cookie()) else {
            return Err(self.ask(Step::SignIn, None).await);
        };
        let person = services.person(&sign_on.person).await.map_err(|error| page::failed(self, &error.into()))?;
        let Some(person) = person else { return Err(self.ask(Step::SignIn, None).await) };
        if wants == Wants::Fresh && !sign_on.authenticated_within(FRESH_SECONDS, services.clock.now()) {
            return Err(self.ask(Step::SignIn, None).await);
        }
        let all = policies::missing(services, &person, &sign_on, &self.origin.address).await;
        let all = all.map_err(|error| page::failed(self, &error.into()))?;
        let missing = match wants {
            Wants::All => all,
            Wants::AllButEnrolment => all.filter(|missing| *missing != Missing::Enrolment),
            Wants::Fresh => match self.strongly_missing(&person, &sign_on).await {
                Ok(missing) => missing,
                Err(failure) => return Err(page::failed(self, &failure)),
            },
        };
        match missing {
            Some(missing) if wants == Wants::Fresh => Err(self.ask_strongly(Step::of(missing), &sign_on).await),
            Some(missing) => Err(self.ask(Step::of(missing), Some(&sign_on)).await),
            None => Ok(Account { sign_on, person, cookie: cookie.to_owned() }),
        }
    }

    /// What a sign-on lacks before anything of the account changes: a device that stands for the second factor does not
    /// count, nor does a code that came by e-mail. Whoever has a passkey shows it where rules ask for one.
    async fn strongly_missing(&self, person: &KnownPerson, sign_on: &SignOn) -> Result<Option<Missing>, Failure> {
        let asked = Asked { person: Some(person), client: None, address: &self.origin.address };
        let demands = policies::demands(&self.app.services, &asked).await?;
        let passkey = demands.passkey && person.methods.passkeys > 0;
        let demands = Demands { passkey, email_codes: false, ..demands };
        let missing = person.methods.missing(policies::reached(sign_on, &demands), Duty::Own);
        Ok(missing.map(|missing| if passkey && missing == Missing::SecondFactor { Missing::Passkey } else { missing }))
    }

    /// Sends a person to their second factor, where a code by e-mail is none.
    async fn ask_strongly(&self, step: Step, sign_on: &SignOn) -> Response {
        let services = &self.app.services;
        let begun = match waiting::begin_own(services, self.browser(), Some(sign_on), &self.here, &self.origin).await {
            Ok(Some(id)) => waiting::want_strong(services, &id, self.browser()).await.map(|()| Some(id)),
            Ok(None) => Ok(None),
            Err(failure) => Err(failure),
        };
        match begun {
            Ok(Some(id)) => self.see_other(&address(step, &id)),
            Ok(None) => page::show(self, ErrorWords::TooMany, None, TOO_MANY),
            Err(failure) => page::failed(self, &failure),
        }
    }

    /// Sends a person to a step of signing in; they come back here.
    async fn ask(&self, step: Step, sign_on: Option<&SignOn>) -> Response {
        match waiting::begin_own(&self.app.services, self.browser(), sign_on, &self.here, &self.origin).await {
            Ok(Some(id)) => self.see_other(&address(step, &id)),
            Ok(None) => page::show(self, ErrorWords::TooMany, None, TOO_MANY),
            Err(failure) => page::failed(self, &failure),
        }
    }
}
