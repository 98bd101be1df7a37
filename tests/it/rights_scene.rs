//! The stage of the tests about rights: administrators who are signed on at the console, and what they send.

use crate::support::phones::{Phone, asked, enrol, give};
use crate::support::{Answer, Browser, Official, TestApp};
use motlan::base::id::PersonId;
use motlan::model::admin_scope::{AdminRole, AdminScope};
use motlan::service::Origin;
use motlan::service::administrators::{self, Grant};
use motlan::service::authority::{Authority, Doer, Entered};
use motlan::service::sign_on;
use motlan::store::admin_roles;

/// A ward, and another one.
pub const SAI_GON: &str = "26740";
pub const TAN_DINH: &str = "26737";
/// The city that both lie in.
pub const CITY: &str = "79";
/// The cookie of a sign-on.
const SIGN_ON: &str = "__Host-motlan_sign_on";

/// What somebody is made: a role, and what it is bound to.
#[derive(Clone, Copy)]
pub struct As<'a> {
    pub role: AdminRole,
    pub unit: Option<&'a str>,
    pub client: Option<&'a str>,
}

/// A role over the whole city.
pub fn everywhere(role: AdminRole) -> As<'static> {
    As { role, unit: None, client: None }
}

/// A role in a unit.
pub fn within(role: AdminRole, unit: &str) -> As<'_> {
    As { role, unit: Some(unit), client: None }
}

/// A role for a client.
pub fn owner_of(client: &str) -> As<'_> {
    As { role: AdminRole::Application, unit: None, client: Some(client) }
}

/// Gives a role at the command line.
pub async fn appoint(app: &TestApp, username: &str, to: As<'_>) -> AdminScope {
    let origin = Origin::command_line();
    let grant = Grant {
        username,
        role: to.role,
        unit: to.unit,
        client: to.client,
        valid_from: None,
        valid_to: None,
        actor: "os:test",
        origin: &origin,
    };
    administrators::grant(app.services(), &grant).await.expect("a role").expect("a new one")
}

/// An administrator at the console.
pub struct Admin {
    pub official: Official,
    pub browser: Browser,
    pub phone: Phone,
    pub scope: AdminScope,
}

/// Somebody with a second factor and a role, signed on a moment ago.
pub async fn admin(app: &TestApp, username: &str, units: &[&str], to: As<'_>) -> Admin {
    let official = app.official_in(username, units).await;
    let (browser, phone) = enrol(app, &official).await;
    let scope = appoint(app, username, to).await;
    Admin { official, browser, phone, scope }
}

impl Admin {
    /// Sends a form of the console.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        post(&mut self.browser, path, fields).await
    }

    /// Signs in once more: time went by.
    pub async fn again(&mut self, app: &TestApp) {
        app.advance_seconds(60);
        let (mut browser, page) = asked(app, &self.official, "/signin").await;
        let entered = give(&mut browser, &page, &self.phone.code(app), &[]).await;
        assert_eq!(entered.status, 303, "{}", entered.body);
        browser.follow(entered).await;
        app.advance_seconds(30);
        self.browser = browser;
    }

    /// What they may do, as a handler knows it.
    pub async fn authority(&self, app: &TestApp) -> Authority {
        let cookie = self.browser.cookies.get(SIGN_ON).expect("a sign-on");
        let sign_on = sign_on::find(app.services(), cookie).await.expect("an answer").expect("an open sign-on");
        match Authority::enter(app.services(), &sign_on, &Origin::command_line()).await.expect("an answer") {
            Entered::In(authority) => authority,
            Entered::Away | Entered::OneFactor | Entered::Nobody => panic!("{} is not let in", self.official.username),
        }
    }
}

/// Sends a form of the console with the token of the browser.
pub async fn post(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = browser.get("/signin/recover").await.hidden("csrf");
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend_from_slice(fields);
    browser.post(path, &all).await
}

/// What a record says of somebody who acts as a system administrator.
pub fn doer(person: &PersonId) -> Doer {
    Doer { person: person.clone(), acting_as: "system".to_owned(), origin: Origin::command_line() }
}

/// The administrative roles that somebody has.
pub async fn roles_of(app: &TestApp, official: &Official) -> Vec<AdminRole> {
    let mut conn = app.services().store.read().await.expect("a connection");
    let scopes = admin_roles::list(&mut conn, &official.id).await.expect("roles");
    scopes.into_iter().map(|scope| scope.role).collect()
}
