//! An auditor reads everything, takes it away, and changes nothing.

use crate::console_steps::comes_as;
use crate::console_steps::count_of;
use crate::steps::open;
use crate::support::Stage;
use crate::support::Way;

pub(crate) async fn an_auditor_searches_the_records_and_takes_them_away(stage: &Stage) {
    let demo = &stage.demo;
    for (way, username) in Way::BOTH.into_iter().zip(["thuydung.lt", "phuoc.nh"]) {
        let (browser, _) = comes_as(stage, way, username, &["auditor"]).await;
        open(browser, demo, "/admin/audit", "admin-audit").await;
        browser.look_at("admin-audit", "").await;
        browser.write("#who", "khong.co.ai").await;
        browser.go("#audit-find").await;
        browser.sees("main[data-page='admin-audit'] [aria-invalid='true']").await;
        browser.look_at("admin-audit", "error").await;
        open(browser, demo, &format!("/admin/audit?who={username}"), "admin-audit").await;
        assert!(count_of(browser, "table.list tbody tr").await > 0, "what they did themselves is there too");
        browser.look_at("admin-audit", "found").await;
        let file = browser.file_behind("a[href*='format=csv']").await;
        let lines: Vec<&str> = file.lines().collect();
        assert!(lines.len() > 1, "a header, and what was found: {file}");
        assert!(!file.contains(&demo.password), "no secret is in it");
        open(browser, demo, &format!("/admin/audit?who={username}"), "admin-audit").await;
        browser.go("table.list tbody th a").await;
        browser.look_at("admin-audit-entry", "").await;

        // Whoever reads everything may still change nothing.
        for path in ["/admin/clients/new", "/admin/people/new", "/admin/onboarding/new", "/admin/administrators/new"] {
            browser.visit(&format!("{}{path}", demo.issuer)).await;
            browser.arrives_at("error").await;
        }
        for (path, page) in [("/admin", "admin-overview"), ("/admin/keys", "admin-keys"), ("/admin/nodes", "admin-nodes")] {
            open(browser, demo, path, page).await;
            browser.look_at(page, "auditor").await;
        }
    }
}
