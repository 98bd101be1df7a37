//! The help desk lets somebody back in who lost their phone, and sees no more of them than it needs.

use crate::console_steps::comes_as;
use crate::console_steps::employ;
use crate::console_steps::open_person;
use crate::steps::add_app;
use crate::steps::enter_portal;
use crate::steps::open;
use crate::support::Stage;
use crate::support::Way;
use tempfile::TempDir;

const NEW: &str = "Nắng-sớm-bên-sông-2025";

pub(crate) async fn the_help_desk_lets_somebody_back_in(stage: &Stage) {
    let demo = &stage.demo;
    let folder = TempDir::new().expect("a folder");
    let people = [("ban.ho.tro.mot", "26732", "con.hv"), ("ban.ho.tro.hai", "26725", "duc.tm")];
    for (way, (desk, unit, helped)) in Way::BOTH.into_iter().zip(people) {
        let browser = stage.begin(way).await;
        enter_portal(browser, demo, helped).await;
        add_app(browser, demo).await;

        employ(demo, &folder, desk, unit);
        let (browser, _) = comes_as(stage, way, desk, &["help-desk", "--unit", unit]).await;
        let here = open_person(browser, demo, helped).await;
        assert!(!browser.has("#person-edit").await, "the help desk changes nothing about people");
        browser.look_at("admin-person", "help-desk").await;
        open(browser, demo, &format!("{here}/sessions"), "admin-person-sessions").await;
        browser.look_at("admin-person-sessions", "").await;
        browser.go("#person-end-all").await;
        browser.sees("main[data-page='admin-person-sessions'] .note[role='status']").await;
        assert!(!browser.has("#person-end-all").await, "whoever found the phone is signed out");
        browser.visit(&format!("{}{here}/edit", demo.issuer)).await;
        browser.arrives_at("error").await;

        open(browser, demo, &here, "admin-person").await;
        browser.go("#person-recovery").await;
        browser.arrives_at("admin-recovery").await;
        browser.tick("#seen").await;
        browser.tick("#anew").await;
        browser.go("#admin-recovery-issue").await;
        browser.arrives_at("admin-recovery-code").await;
        let code = browser.text("#admin-code").await;

        let browser = stage.begin(way).await;
        open(browser, demo, "/signin/recover/code", "recover-code").await;
        browser.write("#username", helped).await;
        browser.write("#code", &code).await;
        browser.go("#recover-submit").await;
        browser.arrives_at("recover-password").await;
        browser.write("#password", NEW).await;
        browser.go("#recover-submit").await;
        browser.arrives_at("welcome-who").await;
        browser.go("#welcome-right").await;
        browser.arrives_at("welcome-factor").await;
    }
}
