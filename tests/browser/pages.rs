//! A walk past every page, stopping at each to look at it closely.

use crate::ONE_POSITION;
use crate::TWO_POSITIONS;
use crate::steps::ask_to_enter;
use crate::steps::choose_position;
use crate::steps::give_password;
use crate::steps::give_username;
use crate::support::Browser;
use crate::support::Demo;

/// Where TTHC sends a browser that wants to enter; its state belongs to nobody.
pub(crate) async fn authorization_request(demo: &Demo) -> String {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
    let answer = client.expect("an HTTP client").get(format!("{}/login", demo.tthc)).send().await;
    let answer = answer.expect("TTHC answers");
    let location = answer.headers().get("location").expect("a redirect");
    location.to_str().expect("an address").to_owned()
}

/// Stops at all pages in one language.
pub(crate) async fn walk_past_all(browser: &Browser, demo: &Demo, language: &str) {
    before_signing_in(browser, demo, language).await;
    signing_in(browser, demo, language).await;
    signed_in(browser, demo, language).await;
    signing_out(browser, demo, language).await;
}

async fn before_signing_in(browser: &Browser, demo: &Demo, language: &str) {
    browser.visit(&format!("{}/", demo.issuer)).await;
    browser.arrives_at("portal").await;
    browser.speaks(language).await;
    browser.inspect("portal-nobody", language).await;

    browser.visit(&format!("{}/oauth2/authorize?client_id=khong-co&response_type=code", demo.issuer)).await;
    browser.arrives_at("error").await;
    browser.inspect("error", language).await;

    if language == "vi" {
        for (name, system) in [("tthc", &demo.tthc), ("van-ban", &demo.van_ban), ("hop", &demo.hop)] {
            browser.visit(&format!("{system}/")).await;
            browser.arrives_at("rp-signed-out").await;
            browser.inspect(&format!("demo-{name}-signed-out"), language).await;
        }
        browser.visit(&format!("{}/callback?state=khong-co", demo.tthc)).await;
        browser.arrives_at("rp-trouble").await;
        browser.inspect("demo-trouble", language).await;
    }
}

async fn signing_in(browser: &Browser, demo: &Demo, language: &str) {
    ask_to_enter(browser, &demo.tthc).await;
    browser.arrives_at("signin").await;
    browser.inspect("signin", language).await;
    browser.press("#signin-submit").await;
    browser.sees("main[data-page='signin'] .summary[role='alert']").await;
    browser.inspect("signin-error", language).await;

    give_username(browser, TWO_POSITIONS).await;
    browser.arrives_at("password").await;
    browser.inspect("password", language).await;
    give_password(browser, "sai-mat-khau").await;
    browser.sees("main[data-page='password'] .summary[role='alert']").await;
    browser.inspect("password-error", language).await;

    give_password(browser, &demo.password).await;
    browser.arrives_at("position").await;
    browser.inspect("position", language).await;
    choose_position(browser, "Phường Thủ Dầu Một", false).await;
    browser.arrives_at("rp-home").await;
}

async fn signed_in(browser: &Browser, demo: &Demo, language: &str) {
    if language == "vi" {
        browser.inspect("demo-tthc-home", language).await;
        for (name, system) in [("van-ban", &demo.van_ban), ("hop", &demo.hop)] {
            ask_to_enter(browser, system).await;
            if browser.arrives_at_one_of(&["position", "rp-home"]).await == "position" {
                choose_position(browser, "Phường Thủ Dầu Một", false).await;
            }
            browser.arrives_at("rp-home").await;
            browser.inspect(&format!("demo-{name}-home"), language).await;
        }
    }
    browser.visit(&format!("{}/", demo.issuer)).await;
    browser.arrives_at("portal").await;
    browser.inspect("portal", language).await;

    let request = authorization_request(demo).await;
    browser.visit(&format!("{request}&prompt=consent")).await;
    if browser.arrives_at_one_of(&["position", "consent"]).await == "position" {
        choose_position(browser, "Phường Thủ Dầu Một", false).await;
    }
    browser.arrives_at("consent").await;
    browser.inspect("consent", language).await;
}

async fn signing_out(browser: &Browser, demo: &Demo, language: &str) {
    browser.visit(&format!("{}/oauth2/logout", demo.issuer)).await;
    browser.arrives_at("logout").await;
    browser.inspect("logout", language).await;
    browser.press("#logout-confirm").await;
    browser.arrives_at("signed-out").await;
    browser.inspect("signed-out", language).await;

    // Someone else on the same computer is asked for their own name.
    ask_to_enter_again(browser, demo).await;
    give_username(browser, ONE_POSITION).await;
    give_password(browser, &demo.password).await;
    browser.arrives_at("rp-home").await;
    assert_eq!(browser.text("#rp-name").await, "Lê Quang Minh");
}

/// TTHC may hear a moment later that the sign-on has ended.
async fn ask_to_enter_again(browser: &Browser, demo: &Demo) {
    crate::steps::is_out_of(browser, &demo.tthc).await;
    ask_to_enter(browser, &demo.tthc).await;
}
