//! A walk past every page of the console that needs no story of its own, stopping at each to look at it closely.

use super::TWO_POSITIONS;
use crate::console_steps::SYSTEM;
use crate::console_steps::comes_as;
use crate::console_steps::employ;
use crate::console_steps::file_named;
use crate::console_steps::open_list_with;
use crate::console_steps::open_person;
use crate::steps::enter_portal;
use crate::steps::open;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Stage;
use crate::support::Way;
use tempfile::TempDir;

/// Address, page, and what tells it from the same page elsewhere.
type Row = (&'static str, &'static str, &'static str);

const FOR_WHOEVER_RUNS_IT: [Row; 12] = [
    ("/admin", "admin-overview", ""),
    ("/admin/units", "admin-units", ""),
    ("/admin/units?on=2025-06-30&q=phu+cuong", "admin-units", "before"),
    ("/admin/units/codes", "admin-unit-codes", ""),
    ("/admin/keys", "admin-keys", ""),
    ("/admin/nodes", "admin-nodes", ""),
    ("/admin/receipts", "admin-receipts", ""),
    ("/admin/rights/clients/tthc", "admin-rights-client", ""),
    ("/admin/rights/expiring", "admin-rights-list", "expiring"),
    ("/admin/rights/unused", "admin-rights-list", "unused"),
    ("/admin/rights/groups", "admin-rights-groups", ""),
    ("/admin/people/new", "admin-person-new", ""),
];

/// The pages of one person.
const OF_SOMEBODY: [Row; 6] = [
    ("/positions", "admin-person-position", "new"),
    ("/roles", "admin-person-roles", ""),
    ("/sessions", "admin-person-sessions", "system"),
    ("/history", "admin-person-history", "system"),
    ("/status", "admin-person-status", ""),
    ("/erase", "admin-erase", ""),
];

pub(crate) async fn every_other_page_of_the_console_is_for_everybody(stage: &Stage) {
    let demo = &stage.demo;
    let folder = TempDir::new().expect("a folder");
    let people = [("xem.het.mot", "bao.loi.mot"), ("xem.het.hai", "bao.loi.hai")];
    for (way, (administrator, reporter)) in Way::BOTH.into_iter().zip(people) {
        for username in [administrator, reporter] {
            employ(demo, &folder, username, "27664");
        }
        let browser = stage.begin(way).await;
        enter_portal(browser, demo, reporter).await;
        something_is_reported(browser, demo).await;

        let (browser, _) = comes_as(stage, way, administrator, SYSTEM).await;
        for (path, page, state) in FOR_WHOEVER_RUNS_IT {
            open(browser, demo, path, page).await;
            browser.look_at(page, state).await;
        }
        a_group_is_given_a_role(browser, demo).await;
        the_report_is_opened(browser, demo).await;
        somebody_is_looked_at(browser, demo, reporter).await;
        many_are_chosen(browser, demo, reporter).await;
        a_unit_and_its_codes(browser, demo, &folder).await;
    }
}

/// And it is taken back again.
async fn a_group_is_given_a_role(browser: &Browser, demo: &Demo) {
    open(browser, demo, "/admin/rights/groups/new", "admin-rights-group-new").await;
    browser.look_at("admin-rights-group-new", "").await;
    browser.choose("#right", "tthc tiep-nhan").await;
    browser.write("#unit", "binh").await;
    browser.write("#reason", "20/QĐ-MAU").await;
    browser.go("#groups-preview").await;
    browser.sees("main[data-page='admin-rights-group-new'] [aria-invalid='true']").await;
    browser.look_at("admin-rights-group-new", "several").await;
    browser.write("#unit", "25747").await;
    browser.go("#groups-preview").await;
    browser.arrives_at("admin-rights-group-preview").await;
    browser.look_at("admin-rights-group-preview", "").await;
    browser.go("#groups-give").await;
    browser.sees("main[data-page='admin-rights-groups'] .note.ok[role='status']").await;
    browser.look_at("admin-rights-groups", "given").await;
    browser.go("main table.list a[href$='/people']").await;
    browser.arrives_at("admin-rights-group-people").await;
    browser.look_at("admin-rights-group-people", "").await;
    open(browser, demo, "/admin/rights/clients/tthc", "admin-rights-client").await;
    browser.look_at("admin-rights-client", "groups").await;
    open(browser, demo, "/admin/rights/groups", "admin-rights-groups").await;
    browser.go("main table.list a.danger").await;
    browser.arrives_at("admin-rights-group-end").await;
    browser.look_at("admin-rights-group-end", "").await;
    browser.write("#reason", "21/QĐ-MAU").await;
    browser.go("#groups-end").await;
    browser.sees("main[data-page='admin-rights-groups'] .note.ok[role='status']").await;
}

async fn something_is_reported(browser: &Browser, demo: &Demo) {
    open(browser, demo, "/account/report", "report").await;
    browser.tick("#about-1").await;
    browser.write("#words", "Ngày sinh ghi sai.").await;
    browser.go("#report-submit").await;
    browser.sees("main[data-page='report'] .note.ok[role='status']").await;
}

async fn the_report_is_opened(browser: &Browser, demo: &Demo) {
    open(browser, demo, "/admin/reports", "admin-reports").await;
    browser.look_at("admin-reports", "").await;
    browser.go("main a[href^='/admin/reports/']:not([href*='export'])").await;
    browser.look_at("admin-report", "").await;
}

async fn somebody_is_looked_at(browser: &Browser, demo: &Demo, username: &str) {
    let here = open_person(browser, demo, username).await;
    browser.look_at("admin-person", "system").await;
    for (path, page, state) in OF_SOMEBODY {
        open(browser, demo, &format!("{here}{path}"), page).await;
        browser.look_at(page, state).await;
    }
    // Somebody of whom a personal number is known.
    let here = open_person(browser, demo, TWO_POSITIONS).await;
    open(browser, demo, &format!("{here}/number"), "admin-person-number").await;
    browser.look_at("admin-person-number", "").await;
    browser.go("#person-number-show").await;
    browser.sees("main[data-page='admin-person-number'] [aria-invalid='true']").await;
    browser.look_at("admin-person-number", "error").await;
}

/// The preview of an act on several people; nothing of it happens.
async fn many_are_chosen(browser: &Browser, demo: &Demo, username: &str) {
    open_list_with(browser, demo, username).await;
    browser.go("#people-preview").await;
    browser.sees("main[data-page='admin-people'] .summary[role='alert']").await;
    browser.look_at("admin-people", "error").await;
    browser.choose("#act", "disable").await;
    browser.mark("table.list tbody input[type='checkbox']").await;
    browser.go("#people-preview").await;
    browser.look_at("admin-people-bulk", "").await;
    browser.go("#people-bulk-begin").await;
    browser.sees("main[data-page='admin-people-bulk'] .summary[role='alert']").await;
    browser.look_at("admin-people-bulk", "error").await;
}

async fn a_unit_and_its_codes(browser: &Browser, demo: &Demo, folder: &TempDir) {
    open(browser, demo, "/admin/units?q=25768", "admin-units").await;
    browser.go("main a[href^='/admin/units/']:not([href*='codes']):not([href*='export'])").await;
    browser.look_at("admin-unit", "").await;
    browser.go("#unit-people-on").await;
    browser.look_at("admin-unit-people", "").await;
    let codes = "gso_code,scheme,code,valid_from,valid_to\n25768,agency,H29.MAU.900,2025-07-01,\n";
    open(browser, demo, "/admin/units/codes", "admin-unit-codes").await;
    browser.attach("#file", &file_named(folder, "ma-co-quan.csv", codes)).await;
    browser.go("#codes-check").await;
    browser.look_at("admin-unit-code-file", "").await;
}
