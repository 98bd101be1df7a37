//! Once a quarter a unit says who keeps what they may enter.

use crate::console_steps::DIRECTORY;
use crate::console_steps::comes_as;
use crate::console_steps::count_of;
use crate::console_steps::employ;
use crate::console_steps::path_here;
use crate::steps::open;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Stage;
use crate::support::Way;
use serde_json::Value;
use tempfile::TempDir;

/// Who keeps the directory, who holds rights in the unit, the unit, and who answers for it.
type Cast = (&'static str, [&'static str; 2], &'static str, &'static str);

const CASTS: [Cast; 2] = [
    ("ra.soat.mot", ["giu.quyen.mot", "giu.quyen.hai"], "27478", "tra.loi.mot"),
    ("ra.soat.hai", ["giu.quyen.ba", "giu.quyen.bon"], "27637", "tra.loi.hai"),
];

pub(crate) async fn a_unit_answers_for_its_rights(stage: &Stage) {
    let demo = &stage.demo;
    let folder = TempDir::new().expect("a folder");
    // What a unit may give it may take back.
    demo.motlan(&["client", "set", "--id", "tthc", "--unit-granted-role", "tiep-nhan"], "");
    // A round is listed once, so that everybody is there before it begins.
    for (keeper, holders, unit, answers) in CASTS {
        for username in [keeper, answers].into_iter().chain(holders) {
            employ(demo, &folder, username, unit);
        }
        for username in holders {
            // In the position there: what is given beyond a unit is not the unit's to take back.
            let shown: Value = serde_json::from_str(&demo.motlan(&["person", "show", username, "--json"], "")).expect("JSON");
            let position = shown["positions"][0]["id"].as_str().expect("a position");
            demo.motlan(&["person", "grant", username, "--client", "tthc", "--role", "tiep-nhan", "--position", position], "");
        }
    }
    for (way, (keeper, _, _, _)) in Way::BOTH.into_iter().zip(CASTS) {
        let (browser, _) = comes_as(stage, way, keeper, DIRECTORY).await;
        open(browser, demo, "/admin/reviews", "admin-reviews").await;
        browser.look_at("admin-reviews", "").await;
        if browser.has("#review-begin").await {
            browser.go("#review-begin").await;
        } else {
            browser.go("table.list tbody th a").await;
        }
        browser.arrives_at("admin-review").await;
        browser.asks_until("section[aria-labelledby='units'] tbody tr").await;
        browser.look_at("admin-review", "").await;
    }
    for (way, (_, holders, unit, answers)) in Way::BOTH.into_iter().zip(CASTS) {
        let (browser, _) = comes_as(stage, way, answers, &["unit", "--unit", unit]).await;
        open(browser, demo, "/admin/reviews", "admin-reviews").await;
        browser.go("table.list tbody th a").await;
        browser.arrives_at("admin-review").await;
        let round = path_here(browser).await;
        browser.go("section[aria-labelledby='units'] tbody th a").await;
        answers_are_given(browser, demo, holders).await;
        let report = browser_file(browser, demo, &round).await;
        assert!(holders.iter().all(|username| report.contains(username)), "{report}");
    }
}

/// One right stays, the other is taken back with a reason.
async fn answers_are_given(browser: &Browser, demo: &Demo, [kept, removed]: [&str; 2]) {
    browser.look_at("admin-review-unit", "").await;
    let here = path_here(browser).await;
    browser.go("#review-keep").await;
    browser.sees("main[data-page='admin-review-unit'] .summary[role='alert']").await;
    browser.look_at("admin-review-unit", "error").await;
    let before = count_of(browser, "input[name^='mark_']").await;
    browser.mark(&box_of(browser, kept).await).await;
    browser.go("#review-keep").await;
    browser.sees("main[data-page='admin-review-unit'] .note[role='status']").await;
    // Without what was said of the first, so that what is said of the second is seen.
    open(browser, demo, &here, "admin-review-unit").await;

    browser.mark(&box_of(browser, removed).await).await;
    browser.write("#reason", "Đã chuyển công tác").await;
    browser.go("#review-remove").await;
    browser.sees("main[data-page='admin-review-unit'] .note[role='status']").await;
    open(browser, demo, &here, "admin-review-unit").await;
    let rights = browser.text("#rights").await;
    assert_eq!(count_of(browser, "input[name^='mark_']").await + 2, before, "each right is answered once: {rights}");
    browser.look_at("admin-review-unit", "answered").await;
}

/// The box in the row of somebody.
async fn box_of(browser: &Browser, username: &str) -> String {
    let of = "return [...document.querySelectorAll('#rights tbody tr')].filter((e) => e.textContent.includes(arguments[0])) \
              .flatMap((e) => [...e.querySelectorAll('input[type=checkbox]')]).map((e) => e.name)[0] ?? null";
    let name = browser.look_up_with(of, vec![username.into()]).await;
    let name = name.as_str().unwrap_or_else(|| panic!("nothing is asked about {username}"));
    format!("input[name='{name}']")
}

/// The report of a round, as a file.
async fn browser_file(browser: &Browser, demo: &Demo, round: &str) -> String {
    open(browser, demo, round, "admin-review").await;
    browser.look_at("admin-review", "answered").await;
    browser.file_behind("#review-export").await
}
