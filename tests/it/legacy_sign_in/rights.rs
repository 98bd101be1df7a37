//! Whoever administers, or will: no old system, not even one that stays, adds a way to sign in for them. That would make
//! its password one of an administrator.

use super::scene::{SIGN_ON, found_right, lan, say_right, send};
use crate::federation::{self, START, claims_of_an};
use crate::passkeys::authenticator::Device;
use crate::support::TestApp;
use crate::support::flows::visit;
use crate::support::people::set_password;
use crate::support::phones;
use crate::support::records::count_of;
use motlan::base::id::PersonId;
use motlan::model::admin_scope::AdminRole;
use motlan::service::Origin;
use motlan::service::administrators::{self, Grant};
use motlan::service::legacy::confirm;
use motlan::service::passkeys::enrol::{self, EnrolError, Made};
use motlan::service::passwords::{self, ChangeError};
use motlan::service::second_factor::totp;
use motlan::service::sign_on::{self, Before};
use motlan::store::passkeys;
use serde_json::{Value, json};
use time::Date;
use time::macros::date;

const BROWSER: &str = "mot-trinh-duyet";
const OWN_WAY: &str = "/signin/own-way";
const PASSKEYS: &str = "/account/methods/passkeys";
const PASSWORD: &str = "mật khẩu rất dài 1";
const NEW: &str = "Con mèo trèo cây cau 7!";

/// Makes somebody an administrator, from today or another day on.
async fn appoint(app: &TestApp, username: &str, valid_from: Option<Date>) {
    let origin = Origin::command_line();
    let grant = Grant {
        username,
        role: AdminRole::Auditor,
        unit: None,
        client: None,
        valid_from,
        valid_to: None,
        actor: "os:test",
        origin: &origin,
    };
    administrators::grant(app.services(), &grant).await.expect("granted").expect("new");
}

/// What the provider says of An, who has typed the password there just now.
fn just_now(app: &TestApp) -> Value {
    let mut claims = claims_of_an();
    claims["auth_time"] = json!(app.now_seconds());
    claims
}

async fn passkeys_of(app: &TestApp, person: &PersonId) -> i64 {
    let mut conn = app.services().store.read().await.expect("a connection");
    passkeys::count(&mut conn, person).await.expect("a count")
}

#[tokio::test]
async fn the_password_of_a_directory_leads_no_administrator_to_a_passkey() {
    let (app, lan) = lan().await;
    appoint(&app, "lan", None).await;
    let (mut browser, _) = found_right(&app, "1").await;
    let asked = visit(&mut browser, "/").await;
    let who = say_right(&mut browser, &asked).await;
    assert_eq!(who.page(), Some("welcome-who"), "{}", who.body);

    let right = send(&mut browser, &who, "/welcome", &[("act", "right")]).await;
    let factor = browser.follow(right).await;
    let csrf = who.hidden("csrf");
    let options = browser.post(&format!("{PASSKEYS}/options"), &[("csrf", &csrf)]).await;
    let added = browser.post("/welcome", &[("csrf", &csrf), ("act", "passkey"), ("credential", "{}")]).await;

    assert_eq!((factor.status, factor.page()), (200, Some("own-way")), "{}", factor.body);
    assert!(factor.body.contains("own-way-code") && !factor.body.contains("own-way-begin"), "an administrator's code opens it");
    for answer in [&options, &added] {
        assert_eq!((answer.status, answer.location()), (303, OWN_WAY), "{}", answer.body);
    }
    assert_eq!((passkeys_of(&app, &lan).await, count_of(&app, "method.added").await), (0, 0));
    let console = browser.get("/admin").await;
    assert_eq!((console.status, console.error_page()), (403, Some("no_access")));
}

#[tokio::test]
async fn nor_does_another_provider_even_one_that_stays_and_even_before_the_role_begins() {
    let soon = Some(date!(2026 - 12 - 01));
    for (more, from) in [("", None), ("", soon), ("lasting = true\n", None), ("lasting = true\n", soon)] {
        let (app, upstream, an) = federation::scene(more).await;
        appoint(&app, "an", from).await;
        let mut browser = app.browser();
        let asked = upstream.sign_in(&app, &mut browser, START, &just_now(&app)).await;
        let arrived = say_right(&mut browser, &asked).await;
        let csrf = arrived.hidden("csrf");

        let shown = visit(&mut browser, PASSKEYS).await;
        let options = browser.post(&format!("{PASSKEYS}/options"), &[("csrf", &csrf)]).await;

        assert_eq!((shown.status, shown.page()), (200, Some("own-way")), "{more}{from:?}: {}", shown.body);
        assert!(!shown.body.contains("own-way-begin"), "{more}{from:?}");
        assert_eq!((options.status, options.location()), (303, OWN_WAY), "{more}{from:?}: {}", options.body);
        assert_eq!(passkeys_of(&app, &an).await, 0);
    }
}

#[tokio::test]
async fn a_role_that_is_given_while_the_page_is_open_counts_when_the_passkey_comes() {
    for is_appointed in [false, true] {
        let (app, lan) = lan().await;
        let (services, origin) = (app.services(), Origin::command_line());
        let (_, started) = found_right(&app, "1").await;
        assert!(confirm::confirm(services, &started.sign_on, false, &origin).await.expect("an answer"));
        let known = services.person(&lan).await.expect("an answer").expect("Lan");
        let options = enrol::begin(services, &known, BROWSER, &origin).await.expect("options");
        let credential = Device::new().make(&options);

        if is_appointed {
            appoint(&app, "lan", None).await;
        }
        let before = Before { sign_on: &started.sign_on, cookie: &started.cookie };
        let made = Made { name: "máy", credential: &credential, browser: BROWSER, origin: &origin };
        let added = enrol::finish(services, &before, &made).await;

        if is_appointed {
            assert!(matches!(added, Err(EnrolError::Refused)));
            assert_eq!((passkeys_of(&app, &lan).await, count_of(&app, "method.added").await), (0, 0));
            assert_eq!(count_of(&app, "legacy_account.retired").await, 0, "what they came by stays as it was");
        } else {
            assert!(added.is_ok_and(|started| started.is_some_and(|started| started.sign_on.legacy.is_none())));
            assert_eq!((passkeys_of(&app, &lan).await, count_of(&app, "legacy_account.retired").await), (1, 1));
        }
    }
}

#[tokio::test]
async fn it_counts_as_well_when_an_app_or_another_password_comes() {
    let (app, upstream, an) = federation::scene("lasting = true\n").await;
    set_password(&app, "an", PASSWORD).await.expect("a password");
    let (services, origin) = (app.services(), Origin::command_line());
    let mut browser = app.browser();
    let asked = upstream.sign_in(&app, &mut browser, START, &just_now(&app)).await;
    say_right(&mut browser, &asked).await;
    let phone = phones::read(&browser.get("/account/methods/totp").await);
    let cookie = browser.cookies.get(SIGN_ON).cloned().expect("a sign-on");
    let sign_on = sign_on::find(services, &cookie).await.expect("an answer").expect("the sign-on");

    appoint(&app, "an", None).await;
    let before = Before { sign_on: &sign_on, cookie: &cookie };
    let added = totp::confirm(services, &before, &phone.code(&app), &origin).await;
    let changed = passwords::change(services, &sign_on, PASSWORD.into(), NEW.into(), &origin).await;

    assert!(matches!(added, Err(totp::EnrolError::NotOffered)));
    assert!(matches!(changed, Err(ChangeError::NoPassword)));
    assert_eq!((count_of(&app, "method.added").await, count_of(&app, "password.changed").await), (0, 0));
    let methods = services.person(&an).await.expect("an answer").expect("An").methods;
    assert!(!methods.totp && methods.password_set_at.is_some());
}
