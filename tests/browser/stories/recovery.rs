//! Ways back for people who cannot sign in, and what to do when it was somebody else.

use crate::steps::add_app;
use crate::steps::change_password;
use crate::steps::enter_portal;
use crate::steps::give_password;
use crate::steps::give_username;
use crate::steps::knock;
use crate::steps::open;
use crate::steps::take_the_walk;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Stage;
use crate::support::Way;

const NEW: &str = "Trở-lại-sau-cơn-mưa-2025";
const CHANGED: &str = "Ai-đó-đã-đổi-chỗ-này-2025";

pub(crate) async fn an_administrator_in_person_gives_a_code_that_opens_the_account_anew(stage: &Stage) {
    let demo = &stage.demo;
    let people = [("hung.tv", "26740", "huong.ptt"), ("myduyen.dt", "26743", "phat.ht")];
    for (way, (administrator, unit, helped)) in Way::BOTH.into_iter().zip(people) {
        demo.motlan(&["admin", "grant", "--username", administrator, "--role", "unit", "--unit", unit], "");
        // Somebody whose phone is about to be lost.
        let browser = stage.begin(way).await;
        enter_portal(browser, demo, helped).await;
        add_app(browser, demo).await;

        stage.begin(way).await;
        knock(browser, demo, administrator).await;
        take_the_walk(browser).await;
        let code = at_the_desk(browser, demo, helped).await;

        stage.begin(way).await;
        open(browser, demo, "/signin", "signin").await;
        browser.go("#signin-recover").await;
        browser.look_at("recover", "").await;
        browser.photograph("recover", &[]).await;
        browser.go("#recover-code").await;
        browser.look_at("recover-code", "").await;
        browser.photograph("recover-code", &[]).await;
        types_a_code(browser, helped, "ABCDE-FGH23").await;
        browser.look_at("recover-code", "error").await;
        types_a_code(browser, helped, &code.to_lowercase()).await;
        chooses_a_password(browser).await;
        browser.arrives_at("welcome-who").await;
        browser.go("#welcome-right").await;
        // The second factors went with the phone, so new ones are offered.
        browser.arrives_at("welcome-factor").await;

        open(browser, demo, "/signin/recover/code", "recover-code").await;
        types_a_code(browser, helped, &code).await;
        browser.sees("main[data-page='recover-code'] .summary[role='alert']").await;
    }
}

/// What the administrator does while the person waits.
async fn at_the_desk(browser: &Browser, demo: &Demo, helped: &str) -> String {
    open(browser, demo, "/admin/recovery", "admin-recovery").await;
    browser.look_at("admin-recovery", "").await;
    // Of another unit.
    finds(browser, "saomai.lt").await;
    browser.sees("main[data-page='admin-recovery'] .summary[role='alert']").await;
    browser.look_at("admin-recovery", "not-theirs").await;
    finds(browser, helped).await;
    browser.look_at("admin-recovery", "found").await;
    browser.photograph("admin-recovery", &[]).await;
    browser.go("#admin-recovery-issue").await;
    browser.sees("main[data-page='admin-recovery'] .summary[role='alert']").await;
    browser.look_at("admin-recovery", "not-seen").await;
    browser.tick("#seen").await;
    browser.tick("#anew").await;
    browser.go("#admin-recovery-issue").await;
    browser.look_at("admin-recovery-code", "").await;
    let code = browser.text("#admin-code").await;
    browser.go("#admin-recovery-done").await;
    browser.arrives_at("admin-recovery").await;
    code
}

async fn finds(browser: &Browser, username: &str) {
    browser.write("#username", username).await;
    browser.go("#admin-recovery-find").await;
    browser.arrives_at("admin-recovery").await;
}

async fn types_a_code(browser: &Browser, username: &str, code: &str) {
    browser.write("#username", username).await;
    browser.write("#code", code).await;
    browser.go("#recover-submit").await;
}

async fn chooses_a_password(browser: &Browser) {
    browser.look_at("recover-password", "").await;
    browser.write("#password", "ngan").await;
    browser.go("#recover-submit").await;
    browser.sees("main[data-page='recover-password'] .summary[role='alert']").await;
    browser.look_at("recover-password", "refused").await;
    browser.write("#password", NEW).await;
    browser.go("#recover-submit").await;
}

pub(crate) async fn a_link_by_mail_leads_back_and_opening_it_uses_nothing_up(stage: &Stage) {
    let demo = &stage.demo;
    for (way, username) in Way::BOTH.into_iter().zip(["tuongvi.nt", "loc.pb"]) {
        let browser = stage.begin(way).await;
        enter_portal(browser, demo, username).await;
        let app = add_app(browser, demo).await;
        stage.begin(way).await;
        for name in ["khong-co-ai", username] {
            open(browser, demo, "/signin/recover", "recover").await;
            browser.write("#username", name).await;
            browser.go("#recover-submit").await;
            browser.arrives_at("recover-sent").await;
        }
        let link = demo.letter(username, |letter| letter.link_to("/signin/recover/link")).await;
        // A program that checks mail, and the person themselves, look more than once.
        for _ in 0..3 {
            browser.visit(&link).await;
            browser.arrives_at("recover-link").await;
        }
        browser.look_at("recover-link", "").await;
        browser.write("#code", "000000").await;
        browser.go("#recover-submit").await;
        browser.sees("main[data-page='recover-link'] .summary[role='alert']").await;
        browser.look_at("recover-link", "error").await;
        browser.write("#code", &app.code().await).await;
        browser.go("#recover-submit").await;
        browser.arrives_at("recover-password").await;
        browser.write("#password", NEW).await;
        browser.go("#recover-submit").await;
        browser.arrives_at("portal").await;
        assert!(browser.has("#portal-signout").await, "whoever came back is signed in");
        browser.visit(&link).await;
        browser.arrives_at("recover-over").await;
    }
}

pub(crate) async fn this_was_not_me_ends_every_session_and_locks_changes(stage: &Stage) {
    let demo = &stage.demo;
    for (way, username) in Way::BOTH.into_iter().zip(["haiyen.tt", "tuankiet.q"]) {
        let browser = stage.begin(way).await;
        enter_portal(browser, demo, username).await;
        change_password(browser, demo, &demo.password, CHANGED).await;
        let link = demo.letter(username, |letter| letter.link_to("/not-me")).await;
        open(browser, demo, "/", "portal").await;
        browser.go("#notices a[href*='/not-me']").await;
        browser.look_at("not-me", "from-the-portal").await;
        browser.go("#not-me-keep").await;
        browser.arrives_at("portal").await;

        // Opening it changes nothing, however often.
        for _ in 0..2 {
            browser.visit(&link).await;
            browser.arrives_at("not-me").await;
        }
        browser.look_at("not-me", "").await;
        browser.go("#not-me-confirm").await;
        browser.look_at("not-me-done", "").await;
        open(browser, demo, "/", "portal").await;
        assert!(browser.has("#portal-signin").await, "every session has ended");
        // It may be needed again: it asks, as before.
        browser.visit(&link).await;
        browser.arrives_at("not-me").await;

        browser.visit(&format!("{}/signin", demo.issuer)).await;
        give_username(browser, username).await;
        give_password(browser, CHANGED).await;
        browser.arrives_at("portal").await;
        open(browser, demo, "/account/methods", "methods").await;
        browser.sees("#methods-locked").await;
        browser.look_at("methods", "locked").await;
        browser.visit(&format!("{}/account/methods/totp", demo.issuer)).await;
        browser.sees("main[data-page]").await;
        assert!(!browser.has("#totp-submit").await, "nobody adds a method now");
    }
}
