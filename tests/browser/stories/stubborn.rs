//! What browsers and people do that no page asked for.

use super::ONE_POSITION;
use crate::steps::codes_on_the_sheet;
use crate::steps::enter_portal;
use crate::steps::give_code;
use crate::steps::give_password;
use crate::steps::give_username;
use crate::steps::knock;
use crate::steps::leave_portal;
use crate::steps::open;
use crate::support::App;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Party;
use crate::support::Stage;
use crate::support::Way;
use serde_json::json;

const WINDOWS: usize = 10;
const TEMPORARY: &str = "Tam-thoi-den-mai-2025";
const OWN: &str = "Cầu-vồng-bảy-sắc-2025";
const NEW: &str = "Trở-lại-sau-cơn-mưa-2025";

pub(crate) async fn the_back_button_harms_nothing(stage: &Stage) {
    let demo = &stage.demo;
    let browser = stage.begin(Way::AT_A_DESK).await;
    browser.visit(&format!("{}/signin", demo.issuer)).await;
    give_username(browser, "tam.nv").await;
    browser.arrives_at("password").await;
    browser.goes_back().await;
    give_username(browser, "tam.nv").await;
    give_password(browser, &demo.password).await;
    browser.arrives_at("portal").await;

    goes_back_to_what_is_over(browser, "password", async || give_password(browser, &demo.password).await, "error").await;
    is_told_kindly(browser, demo).await;

    browser.go("#portal-signout").await;
    browser.go("#logout-confirm").await;
    browser.arrives_at("signed-out").await;
    browser.goes_back().await;
    browser.goes_back().await;
    browser.arrives_at("portal").await;
    browser.sees("#portal-signin").await;
    assert!(!browser.has("#portal-signout").await, "the back button shows nobody's account again");
}

/// Goes back to a step that is over. A browser that kept its page sends it once more; either way `now` is what comes.
async fn goes_back_to_what_is_over(browser: &Browser, step: &str, once_more: impl AsyncFnOnce(), now: &str) {
    browser.goes_back().await;
    if browser.arrives_at_one_of(&[step, now]).await == step {
        once_more().await;
    }
    browser.arrives_at(now).await;
}

/// The sign-in is over: the page says so, has a number to read aloud and a way on, and whoever signed in still is.
async fn is_told_kindly(browser: &Browser, demo: &Demo) {
    browser.sees("main[data-page='error'][data-error='expired'] #reference").await;
    assert!(browser.has("main a[href='/']").await, "there is a way on");
    open(browser, demo, "/", "portal").await;
    browser.sees("#portal-signout").await;
}

pub(crate) async fn the_back_button_uses_nothing_twice(stage: &Stage) {
    let (demo, username) = (&stage.demo, "sang.hv");
    demo.set_temporary_password(username, TEMPORARY);
    let browser = stage.begin(Way::AT_A_DESK).await;
    browser.visit(&format!("{}/signin", demo.issuer)).await;
    give_username(browser, username).await;
    give_password(browser, TEMPORARY).await;
    back_from_a_new_password(browser, demo).await;
    let codes = back_on_the_walk(browser, demo).await;
    leave_portal(browser, demo).await;
    back_from_the_second_factor(browser, demo, username, &codes[0]).await;
    leave_portal(browser, demo).await;
    back_on_the_way_back(browser, demo, username, &codes[1]).await;
}

async fn back_from_a_new_password(browser: &Browser, demo: &Demo) {
    browser.arrives_at("new-password").await;
    browser.goes_back().await;
    give_password(browser, TEMPORARY).await;
    browser.arrives_at("new-password").await;
    sends(browser, "#password", OWN, "#new-password-submit").await;
    browser.arrives_at("portal").await;
    let once_more = async || sends(browser, "#password", OWN, "#new-password-submit").await;
    goes_back_to_what_is_over(browser, "new-password", once_more, "error").await;
    is_told_kindly(browser, demo).await;
}

/// Who they are, an app, a printed sheet: none of them is made twice. Answers the codes of the sheet.
async fn back_on_the_walk(browser: &Browser, demo: &Demo) -> Vec<String> {
    open(browser, demo, "/welcome?step=who", "welcome-who").await;
    browser.go("#welcome-right").await;
    browser.arrives_at("welcome-factor").await;
    browser.goes_back().await;
    browser.arrives_at("welcome-who").await;
    browser.go("#welcome-right").await;
    browser.arrives_at("welcome-factor").await;

    browser.go("#welcome-app").await;
    browser.arrives_at("welcome-app").await;
    let key = browser.text("#totp-secret").await;
    browser.goes_back().await;
    browser.arrives_at("welcome-factor").await;
    browser.go("#welcome-app").await;
    browser.arrives_at("welcome-app").await;
    assert_eq!(browser.text("#totp-secret").await, key, "the app that scanned it stays right");
    let app = App::with_key(&key);
    sends(browser, "#code", &app.code().await, "#totp-submit").await;
    browser.arrives_at("welcome-codes").await;
    let once_more = async || sends(browser, "#code", &app.same_code(), "#totp-submit").await;
    goes_back_to_what_is_over(browser, "welcome-app", once_more, "welcome-codes").await;

    browser.go("#welcome-codes-make").await;
    browser.arrives_at("welcome-sheet").await;
    let codes = codes_on_the_sheet(browser).await;
    let once_more = async || browser.go("#welcome-codes-make").await;
    goes_back_to_what_is_over(browser, "welcome-codes", once_more, "welcome-done").await;
    browser.go("#welcome-onward").await;
    browser.arrives_at("portal").await;
    codes
}

/// The code is one of the sheet: the back button on the walk made no other.
async fn back_from_the_second_factor(browser: &Browser, demo: &Demo, username: &str, code: &str) {
    browser.visit(&format!("{}/signin", demo.issuer)).await;
    give_username(browser, username).await;
    give_password(browser, OWN).await;
    browser.arrives_at("second-factor").await;
    browser.goes_back().await;
    give_password(browser, OWN).await;
    give_code(browser, code).await;
    browser.arrives_at("portal").await;
    goes_back_to_what_is_over(browser, "second-factor", async || give_code(browser, code).await, "error").await;
    is_told_kindly(browser, demo).await;
}

async fn back_on_the_way_back(browser: &Browser, demo: &Demo, username: &str, code: &str) {
    open(browser, demo, "/signin/recover", "recover").await;
    sends(browser, "#username", username, "#recover-submit").await;
    browser.arrives_at("recover-sent").await;
    browser.goes_back().await;
    browser.arrives_at("recover").await;
    let link = demo.letter(username, |letter| letter.link_to("/signin/recover/link")).await;
    browser.visit(&link).await;
    browser.arrives_at("recover-link").await;
    sends(browser, "#code", code, "#recover-submit").await;
    browser.arrives_at("recover-password").await;
    // What was proven stays proven.
    browser.goes_back().await;
    browser.arrives_at("recover-link").await;
    browser.goes_forward().await;
    browser.arrives_at("recover-password").await;
    sends(browser, "#password", NEW, "#recover-submit").await;
    browser.arrives_at("portal").await;

    let once_more = async || sends(browser, "#password", NEW, "#recover-submit").await;
    goes_back_to_what_is_over(browser, "recover-password", once_more, "recover-over").await;
    browser.sees("#recover-again").await;
    open(browser, demo, "/", "portal").await;
    browser.sees("#portal-signout").await;
}

/// Fills in the one field of a page, and sends it.
async fn sends(browser: &Browser, field: &str, words: &str, submit: &str) {
    browser.write(field, words).await;
    browser.go(submit).await;
}

pub(crate) async fn ten_windows_at_once_all_arrive(stage: &Stage) {
    let demo = &stage.demo;
    let party = Party::open(demo, "thu-nhieu-cua-so", &[]);
    let browser = stage.begin(Way { hands: Way::ON_A_PHONE.hands, ..Way::AT_A_DESK }).await;
    let first = browser.driver.window().await.expect("a window");
    let mut windows = vec![first.clone()];
    for _ in 1..WINDOWS {
        windows.push(browser.driver.new_tab().await.expect("another tab"));
    }
    for window in &windows {
        browser.driver.switch_to_window(window.clone()).await.expect("the tab");
        browser.visit(&party.request(&[])).await;
        give_username(browser, "beba.vt").await;
        browser.arrives_at("password").await;
    }
    for window in &windows {
        browser.driver.switch_to_window(window.clone()).await.expect("the tab");
        give_password(browser, &demo.password).await;
        browser.arrives_at("party").await;
        assert!(party.claims().await["sub"].is_string());
    }
    for window in &windows[1..] {
        browser.driver.switch_to_window(window.clone()).await.expect("the tab");
        browser.driver.close_window().await.expect("the tab closes");
    }
    browser.driver.switch_to_window(first).await.expect("the first tab");
}

pub(crate) async fn cookies_that_vanish_in_the_middle_lead_to_a_kind_page(stage: &Stage) {
    let demo = &stage.demo;
    let browser = stage.begin(Way::AT_A_DESK).await;
    browser.visit(&format!("{}/signin", demo.issuer)).await;
    give_username(browser, "lananh.dt").await;
    browser.arrives_at("password").await;
    browser.forget_cookies().await;
    browser.write("#password", &demo.password).await;
    browser.go("#signin-submit").await;
    browser.look_at("error", "cookies-gone").await;
    assert!(browser.has("#reference").await, "it has a number to read aloud");

    enter_portal(browser, demo, "lananh.dt").await;
    open(browser, demo, "/account/methods/password", "change-password").await;
    browser.write("#current", &demo.password).await;
    browser.write("#password", "Không-ai-đổi-được-2025").await;
    browser.forget_cookies().await;
    browser.go("#change-password-submit").await;
    let page = browser.page().await.unwrap_or_default();
    assert!(matches!(page.as_str(), "error" | "signin"), "{page}");
    // The password is what it was.
    enter_portal(browser, demo, "lananh.dt").await;
}

pub(crate) async fn strange_names_meet_a_kind_page(stage: &Stage) {
    let demo = &stage.demo;
    let browser = stage.begin(Way::AT_A_DESK).await;
    let (too_long, long) = ("dai".repeat(100), "mười nghìn chữ ".repeat(700));
    let names = [
        "🙂🇻🇳",
        "\u{202e}qil.hnim",
        "אבג minh.lq",
        "minh.lq\u{200b}",
        "' OR 1=1 --",
        "<script>alert(1)</script>",
        "a b",
        &too_long,
        &long,
    ];
    for name in names {
        browser.visit(&format!("{}/signin", demo.issuer)).await;
        browser.arrives_at("signin").await;
        let fill = "document.querySelector('#username').value = arguments[0]";
        browser.look_up_with(fill, vec![json!(name)]).await;
        browser.go("#signin-submit").await;
        match browser.arrives_at_one_of(&["signin", "password", "error"]).await.as_str() {
            "password" => it_is_refused_like_any_other(browser).await,
            "signin" => browser.look_at("signin", "no-name").await,
            _ => browser.look_at("error", "too-much").await,
        }
    }

    browser.visit(&format!("{}/signin", demo.issuer)).await;
    give_username(browser, "אבג.דהו.một-tên-dài-không-có-chỗ-nào-để-xuống-dòng-cả").await;
    browser.look_at("password", "strange-name").await;
    knock(browser, demo, ONE_POSITION).await;
    browser.arrives_at("portal").await;
}

async fn it_is_refused_like_any_other(browser: &Browser) {
    give_password(browser, "khong-phai-mat-khau").await;
    browser.sees("main[data-page='password'] .summary[role='alert']").await;
}
