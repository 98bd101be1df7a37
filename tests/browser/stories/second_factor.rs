//! Something beside the password: an app, a printed sheet, a device that is trusted, a code by mail.

use crate::steps::add_app;
use crate::steps::enter_portal;
use crate::steps::give_code;
use crate::steps::give_password;
use crate::steps::give_username;
use crate::steps::knock;
use crate::steps::leave_portal;
use crate::steps::make_recovery_codes;
use crate::steps::open;
use crate::support::App;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Letter;
use crate::support::Party;
use crate::support::Stage;
use crate::support::Way;

const NO_CODE: &str = "000000";

pub(crate) async fn an_app_is_added_and_asked_for_and_a_printed_code_stands_in_once(stage: &Stage) {
    let demo = &stage.demo;
    for (way, username) in Way::BOTH.into_iter().zip(["kimngan.bt", "hongnhung.dt"]) {
        let browser = stage.begin(way).await;
        enter_portal(browser, demo, username).await;
        open(browser, demo, "/account/methods/recovery-codes", "recovery-codes").await;
        browser.look_at("recovery-codes", "not-yet").await;
        let app = an_app_is_added(browser, demo).await;
        let codes = make_recovery_codes(browser, demo).await;
        browser.look_at("recovery-codes", "sheet").await;
        browser.go("#recovery-done").await;
        browser.arrives_at("methods").await;
        open(browser, demo, "/account/methods/recovery-codes", "recovery-codes").await;
        browser.look_at("recovery-codes", "").await;
        leave_portal(browser, demo).await;

        the_app_is_asked_for(browser, demo, username, &app).await;
        leave_portal(browser, demo).await;
        knock(browser, demo, username).await;
        give_code(browser, &codes[0]).await;
        browser.arrives_at("portal").await;
        leave_portal(browser, demo).await;
        knock(browser, demo, username).await;
        give_code(browser, &codes[0]).await;
        browser.sees("main[data-page='second-factor'] .summary[role='alert']").await;
        give_code(browser, &codes[1]).await;
        browser.arrives_at("portal").await;

        open(browser, demo, "/account/methods/totp", "totp").await;
        browser.go("#totp-remove").await;
        browser.look_at("totp", "remove").await;
        browser.go("#totp-remove-confirm").await;
        leave_portal(browser, demo).await;
        enter_portal(browser, demo, username).await;
    }
}

/// Adds an app; a wrong code first, which adds nothing.
async fn an_app_is_added(browser: &Browser, demo: &Demo) -> App {
    open(browser, demo, "/account/methods/totp", "totp").await;
    browser.look_at("totp", "").await;
    browser.photograph("totp", &["#totp-secret"]).await;
    browser.write("#code", NO_CODE).await;
    browser.go("#totp-submit").await;
    browser.sees("main[data-page='totp'] .summary[role='alert']").await;
    browser.look_at("totp", "error").await;
    let app = add_app(browser, demo).await;
    browser.look_at("totp", "in-use").await;
    app
}

async fn the_app_is_asked_for(browser: &Browser, demo: &Demo, username: &str, app: &App) {
    knock(browser, demo, username).await;
    browser.look_at("second-factor", "").await;
    browser.photograph("second-factor", &[]).await;
    give_code(browser, &app.same_code()).await;
    browser.sees("main[data-page='second-factor'] .summary[role='alert']").await;
    browser.look_at("second-factor", "error").await;
    give_code(browser, &app.code().await).await;
    browser.arrives_at("portal").await;
}

pub(crate) async fn a_device_that_is_remembered_is_not_asked_again_until_it_is_forgotten(stage: &Stage) {
    let demo = &stage.demo;
    let (browser, username) = (stage.begin(Way::AT_A_DESK).await, "camtu.pt");
    enter_portal(browser, demo, username).await;
    let app = add_app(browser, demo).await;
    leave_portal(browser, demo).await;

    knock(browser, demo, username).await;
    browser.arrives_at("second-factor").await;
    browser.tick("#remember").await;
    give_code(browser, &app.code().await).await;
    browser.arrives_at("portal").await;
    leave_portal(browser, demo).await;

    enter_portal(browser, demo, username).await;
    open(browser, demo, "/account/methods", "methods").await;
    browser.look_at("methods", "remembered").await;
    browser.go("button[name='device']").await;
    // What is signed on goes on.
    browser.arrives_at("methods").await;
    assert!(!browser.has("button[name='device']").await, "the device is forgotten");
    leave_portal(browser, demo).await;
    knock(browser, demo, username).await;
    browser.arrives_at("second-factor").await;
}

pub(crate) async fn a_code_by_mail_stands_in_where_a_rule_allows_it(stage: &Stage) {
    let demo = &stage.demo;
    let party = Party::open(demo, "thu-ma-thu", &[]);
    demo.lay_down_rules(
        "[[policy]]\nname = \"ma-qua-thu\"\ncitation = \"Quy che mau\"\nclients = [\"thu-ma-thu\"]\nlevel = 2\nemail_codes = true\n",
    );
    for (way, username) in Way::BOTH.into_iter().zip(["truong.dx", "thutrang.ht"]) {
        let browser = stage.begin(way).await;
        enter_portal(browser, demo, username).await;
        add_app(browser, demo).await;
        browser.forget_cookies().await;
        browser.visit(&party.request(&[])).await;
        give_username(browser, username).await;
        give_password(browser, &demo.password).await;
        browser.look_at("second-factor", "by-mail").await;
        browser.go("#second-factor-email").await;
        browser.look_at("second-factor", "mail-sent").await;
        let code = demo.letter(username, Letter::code).await;
        give_code(browser, &code).await;
        browser.arrives_at("party").await;
        let claims = party.claims().await;
        let methods = claims["amr"].to_string();
        assert!(methods.contains("mca"), "what was really done is told: {claims}");
    }
}
