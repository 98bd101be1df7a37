//! The first time: from a password that somebody else chose to an account of one's own.

use crate::steps::codes_on_the_sheet;
use crate::steps::enter_portal;
use crate::steps::give_password;
use crate::steps::give_username;
use crate::steps::open;
use crate::support::App;
use crate::support::Browser;
use crate::support::Stage;
use crate::support::Way;

const TEMPORARY: &str = "Tam-thoi-den-mai-2025";
const OWN: &str = "Cầu-vồng-bảy-sắc-2025";

pub(crate) async fn a_newcomer_walks_from_a_temporary_password_to_a_printed_sheet(stage: &Stage) {
    let demo = &stage.demo;
    for (way, username) in Way::BOTH.into_iter().zip(["khoa.dm", "phuongthao.mt"]) {
        demo.set_temporary_password(username, TEMPORARY);
        let browser = stage.begin(way).await;
        browser.has_a_device().await;
        browser.visit(&format!("{}/signin", demo.issuer)).await;
        give_username(browser, username).await;
        give_password(browser, TEMPORARY).await;
        a_password_of_their_own(browser).await;

        browser.arrives_at("portal").await;
        browser.look_at("portal", "newcomer").await;
        browser.go("#portal-walk a").await;
        browser.look_at("welcome-who", "").await;
        browser.photograph("welcome-who", &[]).await;
        browser.go("#welcome-right").await;
        browser.look_at("welcome-factor", "").await;
        browser.photograph("welcome-factor", &[]).await;
        browser.go("#welcome-app").await;
        browser.look_at("welcome-app", "").await;
        a_second_factor(browser).await;

        browser.look_at("welcome-codes", "").await;
        browser.go("#welcome-codes-make").await;
        browser.look_at("welcome-sheet", "").await;
        codes_on_the_sheet(browser).await;
        browser.go("#recovery-done").await;
        browser.look_at("welcome-done", "").await;
        browser.go("#welcome-onward").await;
        browser.arrives_at("portal").await;
        assert!(!browser.has("#portal-walk").await, "the walk is over");
    }
}

async fn a_password_of_their_own(browser: &Browser) {
    browser.look_at("new-password", "").await;
    browser.photograph("new-password", &[]).await;
    browser.write("#password", "ngan").await;
    browser.go("#new-password-submit").await;
    browser.sees("main[data-page='new-password'] .summary[role='alert']").await;
    browser.look_at("new-password", "refused").await;
    browser.write("#password", OWN).await;
    browser.go("#new-password-submit").await;
}

/// A passkey at the desk, an app on the phone.
async fn a_second_factor(browser: &Browser) {
    if browser.language() == Way::AT_A_DESK.language {
        browser.go("#welcome-back").await;
        browser.arrives_at("welcome-factor").await;
        browser.go("#passkey-add").await;
        return;
    }
    browser.write("#code", "000000").await;
    browser.go("#totp-submit").await;
    browser.sees("main[data-page='welcome-app'] .summary[role='alert']").await;
    let app = App::with_key(&browser.text("#totp-secret").await);
    browser.write("#code", &app.code().await).await;
    browser.go("#totp-submit").await;
}

pub(crate) async fn a_walk_that_was_left_goes_on_where_it_stood(stage: &Stage) {
    let demo = &stage.demo;
    let browser = stage.begin(Way::AT_A_DESK).await;
    enter_portal(browser, demo, "yennhi.ct").await;
    browser.go("#portal-walk a").await;
    browser.arrives_at("welcome-who").await;
    browser.go("#welcome-right").await;
    browser.arrives_at("welcome-factor").await;
    browser.go("#welcome-leave").await;
    browser.arrives_at("portal").await;

    browser.go("#portal-walk a").await;
    browser.arrives_at("welcome-factor").await;
    browser.goes_back().await;
    browser.arrives_at("portal").await;
    open(browser, demo, "/welcome?step=who", "welcome-who").await;
    browser.go("#welcome-wrong").await;
    browser.arrives_at("report").await;
    open(browser, demo, "/welcome", "welcome-factor").await;
    browser.go("#welcome-skip").await;
    browser.arrives_at("welcome-done").await;
    browser.look_at("welcome-done", "skipped").await;
}
