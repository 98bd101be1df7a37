//! What is dangerous takes two people, and neither lets their own request happen.

use crate::console_steps::SYSTEM;
use crate::console_steps::comes_again;
use crate::console_steps::comes_as;
use crate::console_steps::path_here;
use crate::steps::open;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Stage;
use crate::support::Way;

pub(crate) async fn two_administrators_let_each_others_request_happen(stage: &Stage) {
    let demo = &stage.demo;
    let people = [("long.vd", "viet.lq", "kieuoanh.tt"), ("tram.nn", "chithien.l", "cattuong.vt")];
    for (way, (first, second, subject)) in Way::BOTH.into_iter().zip(people) {
        let (browser, app) = comes_as(stage, way, first, SYSTEM).await;
        open(browser, demo, "/admin/administrators", "admin-administrators").await;
        browser.look_at("admin-administrators", "").await;
        browser.go("#administrators-new").await;
        browser.look_at("admin-appoint", "").await;
        browser.go("#appoint-submit").await;
        browser.sees("main[data-page='admin-appoint'] .summary[role='alert']").await;
        browser.look_at("admin-appoint", "error").await;
        let auditor = asks(browser, demo, subject, "auditor").await;
        assert!(!browser.has("#approval-approve").await, "nobody lets their own request happen");
        browser.sees("#approval-withdraw").await;
        browser.look_at("admin-approval", "own").await;

        let (browser, _) = comes_as(stage, way, second, SYSTEM).await;
        let desk = asks(browser, demo, subject, "help-desk").await;
        open(browser, demo, "/admin/approvals", "admin-approvals").await;
        browser.look_at("admin-approvals", "").await;
        browser.go(&format!("a[href='{auditor}']")).await;
        browser.look_at("admin-approval", "to-decide").await;
        browser.go("#approval-refuse").await;
        browser.sees("main[data-page='admin-approval'] .summary[role='alert']").await;
        browser.look_at("admin-approval", "error").await;
        happens(browser, demo, &auditor).await;

        let browser = comes_again(stage, way, first, &app).await;
        happens(browser, demo, &desk).await;
        open(browser, demo, &format!("/admin/administrators?q={subject}"), "admin-administrators").await;
        let roles = browser.text("table.list tbody").await;
        assert!(roles.contains(subject), "{roles}");
        browser.look_at("admin-administrators", "two-roles").await;
        browser.go("table.list tbody a.danger").await;
        browser.look_at("admin-administrator-end", "").await;
        browser.go("#administrator-end").await;
        browser.sees("main[data-page='admin-administrator-end'] .summary[role='alert']").await;
        browser.look_at("admin-administrator-end", "error").await;
    }
}

/// Asks that somebody gets a role; the path of the request.
async fn asks(browser: &Browser, demo: &Demo, username: &str, role: &str) -> String {
    open(browser, demo, "/admin/administrators/new", "admin-appoint").await;
    browser.write("#username", username).await;
    browser.choose("#role", role).await;
    browser.write("#reason", "Quyết định 30/QĐ-MAU").await;
    browser.go("#appoint-submit").await;
    browser.arrives_at("admin-approval").await;
    path_here(browser).await
}

async fn happens(browser: &Browser, demo: &Demo, request: &str) {
    open(browser, demo, request, "admin-approval").await;
    browser.go("#approval-approve").await;
    browser.sees("main[data-page] .note[role='status']").await;
    open(browser, demo, request, "admin-approval").await;
    assert!(!browser.has("#approval-approve").await, "it happens once");
    browser.look_at("admin-approval", "decided").await;
}
