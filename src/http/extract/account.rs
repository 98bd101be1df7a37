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
use crate::service::old_accounts::{self, EnrolProof};
use crate::service::policies::{self, Asked};
use crate::service::sign_on::Before;
use crate::service::{Failure, notices};
use axum::response::Response;
use std::sync::Arc;

/// A change of methods wants a sign-in that is at most so old.
const FRESH_SECONDS: i64 = 600;
/// Where people read what they need before their account opens.
const OWN_WAY: &str = "/signin/own-way";
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
    /// Everything, and an old account will do: who one is here.
    Own,
    /// A sign-in of the last minutes, and as much as a new way to sign in asks for.
    Enrol,
}

impl Visit {
    /// The person of this browser; others are sent to sign in, or to what their sign-on lacks.
    pub async fn account(&self) -> Result<Account, Response> {
        self.account_that(Wants::All).await
    }

    /// The same on the few pages that whoever came through an old account sees too.
    pub async fn own_account(&self) -> Result<Account, Response> {
        self.account_that(Wants::Own).await
    }

    /// Sends a person to sign in anew; they come back here.
    pub async fn sign_in_again(&self) -> Response {
        self.ask(Step::SignIn, None).await
    }

    /// Sends whoever came through an old account of which they have not said that it is theirs to that question, or to the
    /// factor that comes before it. It costs nothing for anybody else.
    pub async fn claimed(&self, sign_on: &SignOn, missing: Option<Missing>) -> Result<(), Response> {
        match old_accounts::unconfirmed(&self.app.services, sign_on).await {
            Ok(None) => Ok(()),
            Ok(Some(_)) => {
                let step = match missing {
                    Some(missing @ (Missing::SecondFactor | Missing::Passkey)) => Step::of(missing),
                    Some(Missing::NewPassword | Missing::Enrolment) | None => Step::Confirm,
                };
                Err(self.ask(step, Some(sign_on)).await)
            }
            Err(error) => Err(page::failed(self, &error.into())),
        }
    }

    /// The same on the pages that lead to a second factor.
    pub async fn walking_account(&self) -> Result<Account, Response> {
        self.account_that(Wants::AllButEnrolment).await
    }

    /// The same after a sign-in of the last ten minutes: what was left open on a desk changes nothing. Nor does
    /// anybody while changes are locked.
    pub async fn fresh_account(&self) -> Result<Account, Response> {
        let account = self.account_that(Wants::Fresh).await?;
        self.unlocked(account).await
    }

    /// The same where a new way to sign in is added: an old account of the strongest kind will do.
    pub async fn enrolling_account(&self) -> Result<Account, Response> {
        let account = self.account_that(Wants::Enrol).await?;
        self.unlocked(account).await
    }

    async fn unlocked(&self, account: Account) -> Result<Account, Response> {
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
        let fresh = matches!(wants, Wants::Fresh | Wants::Enrol);
        if fresh && !sign_on.authenticated_within(FRESH_SECONDS, services.clock.now()) {
            return Err(self.ask(Step::SignIn, None).await);
        }
        let all = policies::missing(services, &person, &sign_on, &self.origin.address).await;
        let all = all.map_err(|error| page::failed(self, &error.into()))?;
        // From here on things of somebody's are shown and changed: first they say that it is them.
        self.claimed(&sign_on, all).await?;
        match self.may(wants, &sign_on).await {
            Ok(true) => {}
            Ok(false) => return Err(self.see_other(OWN_WAY)),
            Err(failure) => return Err(page::failed(self, &failure)),
        }
        let missing = match wants {
            Wants::All | Wants::Own => all,
            Wants::AllButEnrolment => all.filter(|missing| *missing != Missing::Enrolment),
            Wants::Fresh | Wants::Enrol => match self.strongly_missing(&person, &sign_on).await {
                Ok(missing) => missing,
                Err(failure) => return Err(page::failed(self, &failure)),
            },
        };
        match missing {
            Some(missing) if fresh => Err(self.ask_strongly(Step::of(missing), &sign_on).await),
            Some(missing) => Err(self.ask(Step::of(missing), Some(&sign_on)).await),
            None => Ok(Account { sign_on, person, cookie: cookie.to_owned() }),
        }
    }

    /// Whether a page opens for a sign-on that came through an old account. It sees who its person is here, and walks
    /// to a better way in; nothing else of the account is read or changed by it. One that stays reads everything, and
    /// changes nothing where its person administers.
    async fn may(&self, wants: Wants, sign_on: &SignOn) -> Result<bool, Failure> {
        let services = &self.app.services;
        Ok(match wants {
            Wants::Own | Wants::AllButEnrolment => true,
            Wants::All => !old_accounts::is_limited(services, sign_on).await?,
            Wants::Fresh => !old_accounts::wants_own_way(services, sign_on).await?,
            Wants::Enrol => old_accounts::may_enrol(services, sign_on).await? == EnrolProof::Enough,
        })
    }

    /// What a sign-on lacks before anything of the account changes: a device that stands for the second factor does not
    /// count, nor does a code that came by e-mail. Whoever has a passkey shows it where rules ask for one.
    async fn strongly_missing(&self, person: &KnownPerson, sign_on: &SignOn) -> Result<Option<Missing>, Failure> {
        let asked = Asked { person: Some(person), client: None, address: &self.origin.address };
        let demands = policies::demands(&self.app.services, &asked).await?;
        let passkey = demands.passkey && person.methods.passkeys > 0;
        let demands = Demands { passkey, email_codes: false, ..demands };
        let missing = person.methods.missing(policies::reached(sign_on, &demands), Duty::Own);
        // Whoever came through an old account did not type the password that has to be replaced.
        let missing = missing.filter(|missing| *missing != Missing::NewPassword || sign_on.legacy.is_none());
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
