//! A day of a unit's administrator: why somebody may enter, a number that changed, a post that ends, and finding people.

use crate::console_steps::appoint;
use crate::console_steps::comes_as;
use crate::console_steps::count_of;
use crate::console_steps::open_person;
use crate::steps::open;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Stage;
use crate::support::Way;

/// Whoever is asked about, in the ward of Thủ Dầu Một.
const SHE: &str = "anhtuyet.nt";
const HER_UNIT: &str = "25747";
/// Far enough away that nobody's present posts change.
const LAST_DAY: &str = "31/12/2099";

pub(crate) async fn a_unit_administrator_says_why_somebody_may_enter_and_keeps_the_unit_right(stage: &Stage) {
    let demo = &stage.demo;
    let people = [("huy.bq", "25777", "thanh.vv"), ("tung.pt", "26898", "bichngoc.ct")];
    for (way, (administrator, unit, other)) in Way::BOTH.into_iter().zip(people) {
        appoint(demo, administrator, &["unit", "--unit", unit]);
        let (browser, _) = comes_as(stage, way, administrator, &["unit", "--unit", HER_UNIT]).await;
        why_she_may_enter(browser, demo).await;
        a_number_is_changed(browser, demo, other).await;
        a_post_is_ended(browser, demo, other).await;
        people_are_found(browser, demo, other).await;
    }
}

async fn why_she_may_enter(browser: &Browser, demo: &Demo) {
    open(browser, demo, "/admin/rights", "admin-rights").await;
    browser.look_at("admin-rights", "").await;
    // Of another unit.
    browser.write("#username", "con.hv").await;
    browser.go("#rights-ask").await;
    browser.sees("main[data-page='admin-rights'] .summary[role='alert']").await;
    browser.look_at("admin-rights", "not-theirs").await;
    assert!(!browser.has("#verdict").await, "nothing is told of others");
    browser.write("#username", SHE).await;
    browser.choose("#client", "tthc").await;
    browser.go("#rights-ask").await;
    let verdict = browser.text("#verdict").await;
    assert!(verdict.contains("Nguyễn Thị Ánh Tuyết"), "{verdict}");
    let why = browser.text("section[aria-labelledby='answer']").await;
    assert!(why.contains("tiep-nhan"), "the role that lets her in is named: {why}");
    browser.look_at("admin-rights", "answer").await;
    browser.go("section[aria-labelledby='answer'] .head a").await;
    browser.look_at("admin-rights-person", "").await;
}

async fn a_number_is_changed(browser: &Browser, demo: &Demo, username: &str) {
    let here = open_person(browser, demo, username).await;
    browser.look_at("admin-person", "").await;
    browser.go("#person-edit").await;
    browser.look_at("admin-person-edit", "").await;
    browser.write("#phone", "không phải số").await;
    browser.go("#person-save").await;
    browser.sees("main[data-page='admin-person-edit'] [aria-invalid='true']").await;
    browser.look_at("admin-person-edit", "error").await;
    browser.write("#phone", "0912345678").await;
    browser.go("#person-save").await;
    browser.sees("main[data-page='admin-person'] .note[role='status']").await;
    browser.look_at("admin-person", "saved").await;
    let known = browser.text("section[aria-labelledby='known']").await;
    assert!(known.contains("678") && !known.contains("345"), "a number is shown in part: {known}");
    open(browser, demo, &format!("{here}/history"), "admin-person-history").await;
    browser.look_at("admin-person-history", "").await;
}

async fn a_post_is_ended(browser: &Browser, demo: &Demo, username: &str) {
    let here = open_person(browser, demo, username).await;
    browser.go("ol.timeline li.now a").await;
    browser.look_at("admin-person-position-change", "").await;
    browser.go("#position-end").await;
    browser.sees("main[data-page='admin-person-position-change'] [aria-invalid='true']").await;
    browser.look_at("admin-person-position-change", "error").await;
    browser.write("#last_day", LAST_DAY).await;
    browser.write("#decision", "20/QĐ-MAU").await;
    browser.go("#position-end").await;
    browser.sees("main[data-page='admin-person'] .note[role='status']").await;
    browser.look_at("admin-person", "ended").await;
    let line = browser.text("ol.timeline").await;
    assert!(line.contains(LAST_DAY), "its last day is shown: {line}");
    open(browser, demo, &format!("{here}/positions"), "admin-person-position").await;
    browser.look_at("admin-person-position", "").await;
}

/// While one types, and with the button where no script runs; marks and capitals do not matter either way.
async fn people_are_found(browser: &Browser, demo: &Demo, other: &str) {
    open(browser, demo, "/admin/people", "admin-people").await;
    browser.look_at("admin-people", "").await;
    browser.write("#q", "anh tuyet").await;
    browser.comes_to_say(".chips", "anh tuyet").await;
    browser.comes_to_say("table.list tbody", SHE).await;
    assert_eq!(count_of(browser, "table.list tbody tr").await, 1, "{}", browser.text("table.list").await);
    browser.look_at("admin-people", "while-typing").await;
    browser.sees("#view-name").await;

    browser.runs_scripts(false).await;
    open(browser, demo, "/admin/people", "admin-people").await;
    browser.write("#q", "ANH TUYET").await;
    browser.go("#people-filter").await;
    browser.arrives_at("admin-people").await;
    assert!(browser.text("table.list tbody").await.contains(SHE));
    browser.write("#q", "ho van con").await;
    browser.go("#people-filter").await;
    browser.arrives_at("admin-people").await;
    assert!(!browser.has("table.list tbody tr").await, "nobody of another unit is found");
    browser.write("#q", other).await;
    browser.go("#people-filter").await;
    browser.go("table.list tbody th a").await;
    browser.arrives_at("admin-person").await;
    browser.runs_scripts(true).await;
}
