//! A walk past every page that needs no story of its own, stopping at each to look at it closely.

use super::ONE_POSITION;
use super::TWO_POSITIONS;
use crate::steps::ask_to_enter;
use crate::steps::change_password;
use crate::steps::choose_position;
use crate::steps::enter_portal;
use crate::steps::give_password;
use crate::steps::give_username;
use crate::steps::is_out_of;
use crate::steps::open;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Stage;
use crate::support::Way;

/// Address, page, and what tells it from the same page elsewhere.
type Row = (&'static str, &'static str, &'static str);

/// Nobody is signed in.
const FOR_ANYBODY: [Row; 11] = [
    ("/", "portal", "nobody"),
    ("/privacy", "privacy", "nobody"),
    ("/help", "help", "nobody"),
    ("/help/connect", "help-guide", "developers"),
    ("/help/one-time-code", "help-guide", "administrators"),
    ("/signin/recover?sent=1", "recover-sent", ""),
    ("/signin/recover/link?token=khong-co", "recover-over", ""),
    ("/not-me?token=khong-co", "not-me-gone", "unknown"),
    ("/khong-co", "error", "missing"),
    ("/oauth2/authorize?client_id=khong-co&response_type=code", "error", "unknown-client"),
    ("/oauth2/logout", "signed-out", "nobody"),
];

/// Somebody is signed in.
const FOR_ONESELF: [Row; 12] = [
    ("/", "portal", ""),
    ("/?q=khong-co-he-thong-nao", "portal", "search-none"),
    ("/account", "profile", ""),
    ("/account/report", "report", ""),
    ("/account/history", "history", ""),
    ("/account/disclosures", "disclosures", ""),
    ("/account/delegations", "delegations", ""),
    ("/account/methods/password", "change-password", ""),
    ("/account/sessions?end=all", "sessions-end", "only-this"),
    ("/privacy", "privacy", ""),
    ("/help", "help", ""),
    ("/help/sign-in", "help-guide", ""),
];

/// Where TTHC sends a browser that wants to enter; its state belongs to nobody.
pub(crate) async fn authorization_request(demo: &Demo) -> String {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
    let answer = client.expect("an HTTP client").get(format!("{}/login", demo.tthc)).send().await;
    let answer = answer.expect("TTHC answers");
    let location = answer.headers().get("location").expect("a redirect");
    location.to_str().expect("an address").to_owned()
}

async fn look_at_all(browser: &Browser, demo: &Demo, rows: &[Row]) {
    for (path, page, state) in rows {
        browser.visit(&format!("{}{path}", demo.issuer)).await;
        browser.look_at(page, state).await;
    }
}

pub(crate) async fn every_page_that_anybody_may_open_is_for_everybody(stage: &Stage) {
    let demo = &stage.demo;
    for way in Way::BOTH {
        let browser = stage.begin(way).await;
        look_at_all(browser, demo, &FOR_ANYBODY).await;
    }
    let browser = stage.begin(Way::AT_A_DESK).await;
    for (name, system) in [("tthc", &demo.tthc), ("van-ban", &demo.van_ban), ("hop", &demo.hop)] {
        browser.visit(&format!("{system}/")).await;
        browser.look_at("rp-signed-out", name).await;
    }
    browser.visit(&format!("{}/callback?state=khong-co", demo.tthc)).await;
    browser.look_at("rp-trouble", "").await;
}

pub(crate) async fn every_page_of_the_sign_in_is_for_everybody(stage: &Stage) {
    let demo = &stage.demo;
    for way in Way::BOTH {
        let browser = stage.begin(way).await;
        browser.visit(&format!("{}/signin", demo.issuer)).await;
        browser.look_at("signin", "").await;
        browser.photograph("signin", &[]).await;
        browser.go("#signin-submit").await;
        browser.sees("main[data-page='signin'] .summary[role='alert']").await;
        browser.look_at("signin", "error").await;

        // Another story has this person's position remembered for the first system.
        ask_to_enter(browser, &demo.van_ban).await;
        browser.look_at("signin", "for-a-system").await;
        give_username(browser, TWO_POSITIONS).await;
        browser.look_at("password", "").await;
        browser.photograph("password", &[]).await;
        the_password_is_shown_and_hidden(browser).await;
        give_password(browser, "sai-mat-khau").await;
        browser.sees("main[data-page='password'] .summary[role='alert']").await;
        browser.look_at("password", "error").await;
        give_password(browser, &demo.password).await;
        browser.look_at("position", "").await;
        browser.photograph("position", &[]).await;
        choose_position(browser, "Phường Thủ Dầu Một", false).await;
        browser.arrives_at("rp-home").await;
        inside_the_systems(browser, demo).await;
        asking_for_consent(browser, demo).await;
        signing_out(browser, demo).await;
    }
}

/// The button is a help of its own, and what was typed stays.
async fn the_password_is_shown_and_hidden(browser: &Browser) {
    browser.write("#password", "Thử xem").await;
    browser.press("button.reveal").await;
    browser.sees("#password[type='text']").await;
    assert_eq!(browser.value("#password").await, "Thử xem");
    browser.press("button.reveal").await;
    browser.sees("#password[type='password']").await;
}

/// The sample systems speak one language only.
async fn inside_the_systems(browser: &Browser, demo: &Demo) {
    let looks = browser.language() == "vi";
    if looks {
        browser.look_at("rp-home", "van-ban").await;
    }
    for (name, system) in [("tthc", &demo.tthc), ("hop", &demo.hop)] {
        ask_to_enter(browser, system).await;
        if browser.arrives_at_one_of(&["position", "rp-home"]).await == "position" {
            choose_position(browser, "Phường Thủ Dầu Một", false).await;
        }
        browser.arrives_at("rp-home").await;
        if looks {
            browser.look_at("rp-home", name).await;
        }
    }
}

async fn asking_for_consent(browser: &Browser, demo: &Demo) {
    let request = authorization_request(demo).await;
    browser.visit(&format!("{request}&prompt=consent")).await;
    if browser.arrives_at_one_of(&["position", "consent"]).await == "position" {
        choose_position(browser, "Phường Thủ Dầu Một", false).await;
    }
    browser.look_at("consent", "").await;

    // Its script would send it at once.
    browser.runs_scripts(false).await;
    let request = authorization_request(demo).await;
    browser.visit(&format!("{request}&response_mode=form_post")).await;
    browser.arrives_at("form-post").await;
    browser.runs_scripts(true).await;
    browser.look_at("form-post", "").await;
}

async fn signing_out(browser: &Browser, demo: &Demo) {
    browser.visit(&format!("{}/oauth2/logout", demo.issuer)).await;
    browser.look_at("logout", "").await;
    browser.go("#logout-confirm").await;
    browser.look_at("signed-out", "").await;
    browser.photograph("signed-out", &[".tag"]).await;

    // Someone else on the same computer is asked for their own name.
    is_out_of(browser, &demo.tthc).await;
    ask_to_enter(browser, &demo.tthc).await;
    give_username(browser, ONE_POSITION).await;
    give_password(browser, &demo.password).await;
    browser.arrives_at("rp-home").await;
    assert_eq!(browser.text("#rp-name").await, "Lê Quang Minh");
}

pub(crate) async fn every_page_of_the_own_account_is_for_everybody(stage: &Stage) {
    let demo = &stage.demo;
    for (way, username) in Way::BOTH.into_iter().zip(["minhthu.tt", "thanhcong.p"]) {
        let browser = stage.begin(way).await;
        enter_portal(browser, demo, username).await;
        look_at_all(browser, demo, &FOR_ONESELF).await;
        open(browser, demo, "/account/methods", "methods").await;
        browser.look_at("methods", "").await;
        a_password_is_changed(browser, demo).await;
    }
}

async fn a_password_is_changed(browser: &Browser, demo: &Demo) {
    open(browser, demo, "/account/methods/password", "change-password").await;
    browser.write("#current", &demo.password).await;
    browser.write("#password", &demo.password).await;
    browser.go("#change-password-submit").await;
    browser.sees("main[data-page='change-password'] .summary[role='alert']").await;
    browser.look_at("change-password", "refused").await;
    change_password(browser, demo, &demo.password, "Mười-ngón-tay-thơm-2025").await;
    open(browser, demo, "/", "portal").await;
    browser.sees("#notices").await;
    browser.look_at("portal", "notices").await;
    browser.go("#notices-mine").await;
    browser.arrives_at("portal").await;
    assert!(!browser.has("#notices").await, "what was seen is not told again");
}
