//! Which second factor counts where: a rule may want a passkey, a trusted device and a mailbox open no change of the
//! account, and what was proven before a password changed begins nothing after it.

use crate::passkeys::authenticator::Device;
use crate::passkeys::scene::{PAGE, SECOND, Scene, Waiting};
use crate::support::flows::code_of;
use crate::support::phones::{asked, enrol, give};
use crate::support::requests::sent_back_with;
use crate::support::{Browser, Official, START, TestApp};
use motlan::model::sign_in_policy::SignInPolicy;
use motlan::model::sign_on::Manner;
use motlan::service::sign_on::{self, Proof};
use motlan::service::{Failure, Origin, policies};
use motlan::store::StoreError;

const APP: &str = "/account/methods/totp";

async fn lay(app: &TestApp, change: impl FnOnce(&mut SignInPolicy)) {
    let mut rule = SignInPolicy { name: "rule".to_owned(), citation: "Công văn 1/VP".to_owned(), ..SignInPolicy::default() };
    change(&mut rule);
    policies::apply(app.services(), &[rule], false, "os:test").await.expect("a rule");
    app.sync().await;
}

/// Somebody with a passkey and an app, in a browser where they gave the app's code.
async fn by_app(scene: &Scene) -> (Device, Browser) {
    let mut device = scene.device_of(&scene.kim).await;
    let mut first = scene.with(&mut device).await;
    let page = first.get(APP).await;
    let phone = crate::support::phones::read(&page);
    let added = first.post(APP, &[("csrf", &page.hidden("csrf")), ("code", &phone.code(&scene.app))]).await;
    assert_eq!(added.status, 303, "{}", added.body);
    scene.app.advance_seconds(30);
    let (mut browser, page) = asked(&scene.app, &scene.kim, "/signin").await;
    let entered = give(&mut browser, &page, &phone.code(&scene.app), &[]).await;
    assert_eq!(entered.status, 303, "{}", entered.body);
    (device, browser)
}

#[tokio::test]
async fn where_a_rule_wants_a_passkey_the_code_of_an_app_is_one_factor_and_the_passkey_is_asked_for_once() {
    let scene = Scene::set().await;
    let van_ban = scene.app.client("van-ban", |_| {}).await;
    let (mut device, mut browser) = by_app(&scene).await;
    lay(&scene.app, |rule| (rule.clients, rule.passkey) = (vec!["tthc".to_owned()], Some(true))).await;

    let asked = browser.get(&scene.app.authorize_path(&scene.tthc, &[])).await;
    assert!(asked.location().starts_with(&format!("{SECOND}?request=")), "{}", asked.location());
    let silent = browser.get(&scene.app.authorize_path(&scene.tthc, &[("prompt", "none")])).await;
    sent_back_with(&silent, "login_required", "in silence");
    assert!(!code_of(&scene.app, &mut browser, &van_ban, &[]).await.is_empty(), "the app does elsewhere");

    let page = browser.follow(asked).await;
    let waiting = Waiting { csrf: page.hidden("csrf"), request: page.hidden("request") };
    let options = waiting.options(&mut browser, SECOND).await;
    let entered = waiting.answer(&mut browser, SECOND, &device.show(&options)).await;
    assert!(entered.param("code").is_some(), "{} {}", entered.status, entered.body);
    assert!(!code_of(&scene.app, &mut browser, &scene.tthc, &[]).await.is_empty(), "and is asked for no more");
}

#[tokio::test]
async fn where_a_rule_wants_a_passkey_everywhere_nothing_of_the_account_opens_without_it() {
    let scene = Scene::set().await;
    let (_, mut browser) = by_app(&scene).await;
    lay(&scene.app, |rule| rule.passkey = Some(true)).await;

    for path in ["/account", "/account/methods", PAGE, APP, "/account/methods/password"] {
        let answer = browser.get(path).await;
        assert!(answer.header("location").is_some_and(|to| to.starts_with(SECOND)), "{path}: {}", answer.status);
    }
}

#[tokio::test]
async fn whoever_has_an_app_and_no_passkey_is_led_to_one_where_a_rule_wants_it() {
    let scene = Scene::set().await;
    let tthc = &scene.tthc;
    let (mut browser, _) = enrol(&scene.app, &scene.kim).await;
    lay(&scene.app, |rule| rule.passkey = Some(true)).await;

    let system = browser.get(&scene.app.authorize_path(tthc, &[])).await;
    let own = browser.get("/account/methods").await;

    for answer in [&system, &own] {
        assert!(answer.location().starts_with("/welcome?request="), "{}", answer.location());
    }
    assert_eq!(browser.follow(system).await.page(), Some("welcome-who"));
}

#[tokio::test]
async fn a_device_that_is_trusted_no_more_is_asked_again_at_once() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, phone) = enrol(&app, &kim).await;
    browser.get("/oauth2/logout").await;
    let (mut browser, page) = asked(&app, &kim, "/signin").await;
    give(&mut browser, &page, &phone.code(&app), &[("remember", "on")]).await;
    browser.cookies.remove("__Host-motlan_sign_on");
    browser.sign_in(&kim, "/signin").await;
    assert!(!code_of(&app, &mut browser, &tthc, &[]).await.is_empty(), "the device stands for the second factor");

    lay(&app, |rule| rule.remember_days = Some(0)).await;

    let answer = browser.get(&app.authorize_path(&tthc, &[])).await;
    assert!(answer.location().starts_with("/signin/second-factor?request="), "{}", answer.location());
    assert!(browser.get("/account").await.location().starts_with("/signin/second-factor?request="));
}

#[tokio::test]
async fn a_code_alone_does_not_make_fresh_what_was_proven_hours_ago() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let (_, phone) = enrol(&app, &kim).await;
    let (mut browser, page) = asked(&app, &kim, "/signin").await;
    app.advance_seconds(1_200);
    app.sync().await;
    give(&mut browser, &page, &phone.code(&app), &[]).await;

    assert_eq!(browser.get("/account").await.page(), Some("profile"), "both factors were given");
    let change = browser.get("/account/methods/password").await;
    assert!(change.location().starts_with("/signin?request="), "{}", change.location());
}

/// A proof of a password as it was then.
fn proof(official: &Official) -> Proof {
    let (methods, manner) = ("pwd".to_owned(), Manner::default());
    let person = official.id.clone();
    Proof { person, level: 1, methods, password_since: Some(START), proved_at: None, manner, legacy: None }
}

#[tokio::test]
async fn what_was_proven_before_a_password_changed_begins_no_sign_on_after_it() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let origin = Origin::command_line();
    assert!(sign_on::start(app.services(), proof(&kim), None, &origin).await.is_ok());
    app.advance_seconds(1);

    crate::support::people::set_password(&app, "kim", "Khác-Hẳn-Ngày-Xưa-2026").await.expect("set");

    let late = sign_on::start(app.services(), proof(&kim), None, &origin).await;
    assert!(matches!(late, Err(Failure::Store(StoreError::Stale))), "begun with what counts no more");
}

#[tokio::test]
async fn a_computer_of_many_stays_one_when_its_person_signs_in_again() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = app.browser();
    let first = browser.get("/signin").await;
    let page = browser.follow(first).await;
    let form = |page: &crate::support::Answer| (page.hidden("csrf"), page.hidden("request"));
    let (csrf, request) = form(&page);
    let named =
        browser.post("/signin", &[("csrf", &csrf), ("request", &request), ("username", &kim.username), ("shared", "on")]).await;
    browser.follow(named).await;
    let fields = [("csrf", csrf.as_str()), ("request", request.as_str()), ("password", kim.password.as_str()), ("shared", "on")];
    browser.post("/signin/password", &fields).await;
    assert!(browser.get("/").await.body.contains("btn primary big"), "signing out is large");

    browser.sign_in(&kim, "/signin").await;

    assert!(browser.get("/").await.body.contains("btn primary big"), "and stays so");
    assert!(!browser.cookies.contains_key("__Host-motlan_device"), "nothing is kept there");
    app.advance_seconds(901);
    app.sync().await;
    assert!(browser.get("/").await.body.contains("portal-signin"), "it ends after a quarter of an hour");
}
