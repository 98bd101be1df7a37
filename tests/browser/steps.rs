//! What an official does, as steps that a story is told with.

use crate::support::Browser;
use crate::support::Demo;
use std::time::Duration;
use thirtyfour::prelude::By;
use tokio::time::Instant;

/// How long a sign-out may take to reach every system: it is delivered behind the scenes.
const SIGN_OUT_DEADLINE: Duration = Duration::from_secs(30);

/// Opens a system, where nobody is signed in, and asks to enter.
pub(crate) async fn ask_to_enter(browser: &Browser, system: &str) {
    browser.visit(&format!("{system}/")).await;
    browser.arrives_at("rp-signed-out").await;
    browser.press("#rp-enter").await;
}

/// The name page.
pub(crate) async fn give_username(browser: &Browser, username: &str) {
    browser.arrives_at("signin").await;
    assert!(!browser.has("input[type='password']").await, "one question a page");
    browser.write("input[name='username']", username).await;
    browser.press("#signin-submit").await;
}

/// The password page.
pub(crate) async fn give_password(browser: &Browser, password: &str) {
    browser.arrives_at("password").await;
    browser.write("input[name='password']", password).await;
    browser.press("#signin-submit").await;
}

/// Enters a system by name and password.
pub(crate) async fn sign_in(browser: &Browser, demo: &Demo, system: &str, username: &str) {
    ask_to_enter(browser, system).await;
    give_username(browser, username).await;
    give_password(browser, &demo.password).await;
}

/// Enters a system without being asked anything at all.
pub(crate) async fn enter_silently(browser: &Browser, system: &str) {
    ask_to_enter(browser, system).await;
    let page = browser.arrives_at_one_of(&["rp-home", "signin", "password", "position", "consent", "error"]).await;
    assert_eq!(page, "rp-home", "{system} asked something");
    assert!(!browser.has("input[type='password']").await);
}

/// On the position page, chooses the position in a unit.
pub(crate) async fn choose_position(browser: &Browser, unit: &str, remember: bool) {
    browser.arrives_at("position").await;
    let label = By::XPath(format!("//label[contains(., '{unit}')]"));
    let label = browser.driver.find(label).await.unwrap_or_else(|error| panic!("no position in {unit}: {error}"));
    label.click().await.expect("the position is chosen");
    if remember {
        browser.press("input[name='remember']").await;
    }
    browser.press("#position-submit").await;
}

/// Signs out where the browser is, and is led back there.
pub(crate) async fn sign_out(browser: &Browser) {
    browser.press("#rp-logout").await;
    browser.arrives_at("rp-signed-out").await;
}

/// Waits until a system has heard that the sign-on has ended.
pub(crate) async fn is_out_of(browser: &Browser, system: &str) {
    let end = Instant::now() + SIGN_OUT_DEADLINE;
    loop {
        browser.visit(&format!("{system}/")).await;
        if browser.arrives_at_one_of(&["rp-home", "rp-signed-out"]).await == "rp-signed-out" {
            return;
        }
        assert!(Instant::now() < end, "{system} is still entered after signing out");
    }
}

/// The number on the stamp of a sample dossier, taken apart: agency code, day, number of the day.
pub(crate) async fn stamp_dossier(browser: &Browser) -> (String, String, String) {
    browser.press("#rp-stamp").await;
    let number = browser.text("#rp-dossier").await;
    let mut parts = number.rsplitn(3, '-').map(str::to_owned);
    let of_day = parts.next().unwrap_or_default();
    let day = parts.next().unwrap_or_default();
    (parts.next().unwrap_or_default(), day, of_day)
}
