//! What browsers and people do that no page asked for.

use super::ONE_POSITION;
use crate::steps::enter_portal;
use crate::steps::give_password;
use crate::steps::give_username;
use crate::steps::knock;
use crate::steps::open;
use crate::support::Browser;
use crate::support::Party;
use crate::support::Stage;
use crate::support::Way;
use serde_json::json;

const WINDOWS: usize = 10;

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

    // Back to the password, which is typed once more: nothing is refused, nothing is lost.
    browser.goes_back().await;
    if browser.arrives_at_one_of(&["password", "portal", "signin", "error"]).await == "password" {
        give_password(browser, &demo.password).await;
        browser.arrives_at_one_of(&["portal", "signin", "error"]).await;
    }
    open(browser, demo, "/", "portal").await;
    assert!(browser.has("#portal-signout").await, "who signed in is still there");

    browser.go("#portal-signout").await;
    browser.go("#logout-confirm").await;
    browser.arrives_at("signed-out").await;
    browser.goes_back().await;
    browser.goes_back().await;
    let page = browser.arrives_at_one_of(&["portal", "logout", "signin"]).await;
    assert!(page != "portal" || browser.has("#portal-signin").await, "the back button shows nobody's account again");
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
