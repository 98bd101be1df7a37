//! What an official does, as steps that a story is told with.

use crate::support::App;
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
    browser.go("#rp-enter").await;
}

/// The name page, and where the name is from, in a browser that does not know it: the city's own, which is chosen there.
pub(crate) async fn give_username(browser: &Browser, username: &str) {
    type_username(browser, username).await;
    if browser.page().await.as_deref() == Some("place") {
        browser.go("#place-submit").await;
    }
}

/// The name page; what comes next is the story's.
pub(crate) async fn type_username(browser: &Browser, username: &str) {
    browser.arrives_at("signin").await;
    assert!(!browser.has("input[type='password']").await, "one question a page");
    browser.write("input[name='username']", username).await;
    browser.go("#signin-submit").await;
}

/// The password page.
pub(crate) async fn give_password(browser: &Browser, password: &str) {
    browser.arrives_at("password").await;
    browser.write("input[name='password']", password).await;
    browser.go("#signin-submit").await;
}

/// The page that asks for a code.
pub(crate) async fn give_code(browser: &Browser, code: &str) {
    browser.arrives_at("second-factor").await;
    browser.write("input[name='code']", code).await;
    browser.go("#signin-submit").await;
}

/// Enters a system by name and password.
pub(crate) async fn sign_in(browser: &Browser, demo: &Demo, system: &str, username: &str) {
    ask_to_enter(browser, system).await;
    give_username(browser, username).await;
    give_password(browser, &demo.password).await;
}

/// Comes to the portal's door and gives a name and the sample password; what comes next is the story's.
pub(crate) async fn knock(browser: &Browser, demo: &Demo, username: &str) {
    browser.visit(&format!("{}/signin", demo.issuer)).await;
    give_username(browser, username).await;
    give_password(browser, &demo.password).await;
}

/// Enters the portal by name and password.
pub(crate) async fn enter_portal(browser: &Browser, demo: &Demo, username: &str) {
    knock(browser, demo, username).await;
    browser.arrives_at("portal").await;
}

/// Goes to a page of the own account.
pub(crate) async fn open(browser: &Browser, demo: &Demo, path: &str, page: &str) {
    browser.visit(&format!("{}{path}", demo.issuer)).await;
    browser.arrives_at(page).await;
}

/// Adds an authenticator app on the page of the own account.
pub(crate) async fn add_app(browser: &Browser, demo: &Demo) -> App {
    open(browser, demo, "/account/methods/totp", "totp").await;
    let app = App::with_key(&browser.text("#totp-secret").await);
    browser.write("#code", &app.code().await).await;
    browser.go("#totp-submit").await;
    browser.sees("#totp-remove").await;
    app
}

/// Makes a sheet of recovery codes and takes the codes from it.
pub(crate) async fn make_recovery_codes(browser: &Browser, demo: &Demo) -> Vec<String> {
    open(browser, demo, "/account/methods/recovery-codes", "recovery-codes").await;
    browser.go("#recovery-make").await;
    codes_on_the_sheet(browser).await
}

/// The codes of the sheet that is shown.
pub(crate) async fn codes_on_the_sheet(browser: &Browser) -> Vec<String> {
    let sheet = browser.text("ol.codes").await;
    let codes: Vec<String> = sheet.split_whitespace().map(str::to_owned).collect();
    assert_eq!(codes.len(), 10, "{sheet}");
    codes
}

/// The walk of somebody who must have a second factor: who they are, an app, a printed sheet, and on to what waited.
pub(crate) async fn take_the_walk(browser: &Browser) -> (App, Vec<String>) {
    if browser.arrives_at_one_of(&["welcome-who", "welcome-factor"]).await == "welcome-who" {
        browser.go("#welcome-right").await;
    }
    browser.look_at("welcome-factor", "held").await;
    assert!(!browser.has("#welcome-skip").await, "what must be there is not skipped");
    browser.go("#welcome-app").await;
    browser.arrives_at("welcome-app").await;
    let app = App::with_key(&browser.text("#totp-secret").await);
    browser.write("#code", &app.code().await).await;
    browser.go("#totp-submit").await;
    browser.arrives_at("welcome-codes").await;
    browser.go("#welcome-codes-make").await;
    browser.arrives_at("welcome-sheet").await;
    let codes = codes_on_the_sheet(browser).await;
    browser.go("#recovery-done").await;
    browser.arrives_at("welcome-done").await;
    browser.go("#welcome-onward").await;
    (app, codes)
}

/// Chooses another password on the page of the own account.
pub(crate) async fn change_password(browser: &Browser, demo: &Demo, current: &str, new: &str) {
    open(browser, demo, "/account/methods/password", "change-password").await;
    browser.write("#current", current).await;
    browser.write("#password", new).await;
    browser.go("#change-password-submit").await;
    browser.arrives_at("methods").await;
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
    let radio = label.attr("for").await.expect("an answer").expect("the label is of a field");
    browser.tick(&format!("#{radio}")).await;
    if remember {
        browser.tick("#remember").await;
    }
    browser.go("#position-submit").await;
}

/// Signs out at a system, and is led back there.
pub(crate) async fn sign_out(browser: &Browser) {
    browser.go("#rp-logout").await;
    browser.arrives_at("rp-signed-out").await;
}

/// Signs out at the portal.
pub(crate) async fn leave_portal(browser: &Browser, demo: &Demo) {
    open(browser, demo, "/", "portal").await;
    browser.go("#portal-signout").await;
    browser.arrives_at("logout").await;
    browser.go("#logout-confirm").await;
    browser.arrives_at("signed-out").await;
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
    browser.go("#rp-stamp").await;
    let number = browser.text("#rp-dossier").await;
    let mut parts = number.rsplitn(3, '-').map(str::to_owned);
    let of_day = parts.next().unwrap_or_default();
    let day = parts.next().unwrap_or_default();
    (parts.next().unwrap_or_default(), day, of_day)
}
