//! A re-organization at the console: what it would do, to units, in a drawing, to one person; and who still has to be decided of.

use crate::console_steps::SYSTEM;
use crate::console_steps::appoint;
use crate::console_steps::comes_as;
use crate::console_steps::employ;
use crate::console_steps::file_named;
use crate::console_steps::grant_to_unit;
use crate::console_steps::open_person;
use crate::steps::open;
use crate::support::Browser;
use crate::support::Demo;
use crate::support::Stage;
use crate::support::Way;
use motlan::base::clock::Clock as _;
use motlan::base::clock::SystemClock;
use motlan::base::date::vietnam_date;
use std::time::Instant;
use tempfile::TempDir;

/// Two wards of the demo go into new ones: one whole, one divided.
const PLAN: &str = r#"name = "sap-xep-mau"
title = "Sắp xếp hai phường"
effective = 2027-01-01

[instrument]
number = "12/NQ-HĐND"
date = 2026-10-01
issuer = "Hội đồng nhân dân Thành phố"

+++
step,unit,kind,name,code,parent,into,relation
create,+90001,phuong,Phường Thử Một,,79,,
create,+90002,phuong,Phường Thử Hai,,79,,
merge,26743,,,,,+90001,
divide,27664,,,,,+90001,
divide,27664,,,,,+90002,
"#;

pub(crate) async fn a_plan_is_looked_at_from_the_whole_down_to_one_person(stage: &Stage) {
    let demo = &stage.demo;
    let folder = TempDir::new().expect("a folder");
    let plan = file_named(&folder, "sap-xep-mau.plan", PLAN);
    for (way, (administrator, moved)) in Way::BOTH.into_iter().zip([("xem.pa.mot", "doi.cho.mot"), ("xem.pa.hai", "doi.cho.hai")])
    {
        employ(demo, &folder, administrator, "26740");
        employ(demo, &folder, moved, "27664");
        demo.motlan(&["reorg", "preview", &plan.display().to_string(), "--by", "soan"], "");
        let (browser, _) = comes_as(stage, way, administrator, SYSTEM).await;
        open(browser, demo, "/admin/plans", "admin-plans").await;
        browser.look_at("admin-plans", "").await;
        open(browser, demo, "/admin/plans/sap-xep-mau", "admin-plan").await;
        what_it_does_is_computed(browser).await;
        browser.sees("#plan-counts").await;
        browser.look_at("admin-plan", "").await;
        let after = browser.text("#units").await;
        assert!(after.contains("Phường Thử Một") && after.contains("Phường Thử Hai"), "{after}");
        browser.go("#units tbody tr:last-child th a").await;
        what_it_does_is_computed(browser).await;
        browser.look_at("admin-plan-unit", "").await;
        assert!(browser.has("svg.flow, .flow svg").await, "there is a drawing");
        open(browser, demo, &format!("/admin/plans/sap-xep-mau/person?username={moved}"), "admin-plan-person").await;
        browser.look_at("admin-plan-person", "").await;
        open(browser, demo, "/admin/plans/sap-xep-mau/worklist", "admin-plan-worklist").await;
        browser.look_at("admin-plan-worklist", "").await;
        let waiting = browser.text("main").await;
        assert!(waiting.contains("Trần Thị Thử Nghiệm"), "{waiting}");
        open(browser, demo, "/admin/plans/sap-xep-mau/rules", "admin-plan-rules").await;
        browser.look_at("admin-plan-rules", "").await;
    }
}

/// Follows the link of a page that waits, as often as it says so: it does not show itself anew.
async fn what_it_does_is_computed(browser: &Browser) {
    for _ in 0..100 {
        if !browser.has("#plan-refresh").await {
            return;
        }
        browser.go("#plan-refresh").await;
    }
}

/// A unit that goes whole into a new one today, who works there, and who takes that back.
struct TakenBack {
    plan: &'static str,
    unit: &'static str,
    name: &'static str,
    begun: &'static str,
    administrator: &'static str,
    moved: &'static str,
}

const TAKEN_BACK: [TakenBack; 2] = [
    TakenBack {
        plan: "hoan-tac-mot",
        unit: "26737",
        name: "Phường Tân Định",
        begun: "90041",
        administrator: "lui.pa.mot",
        moved: "theo.pa.mot",
    },
    TakenBack {
        plan: "hoan-tac-hai",
        unit: "26728",
        name: "Xã Châu Pha",
        begun: "90042",
        administrator: "lui.pa.hai",
        moved: "theo.pa.hai",
    },
];

impl TakenBack {
    fn plan(&self) -> String {
        let Self { plan, unit, begun, .. } = self;
        let today = vietnam_date(SystemClock.now());
        format!(
            "name = \"{plan}\"\ntitle = \"Đổi một đơn vị\"\neffective = {today}\n\n[instrument]\nnumber = \"14/NQ-HĐND\"\n\
             date = 2026-10-01\nissuer = \"Hội đồng nhân dân Thành phố\"\n\n+++\n\
             step,unit,kind,name,code,parent,into,relation\n\
             create,+{begun},phuong,Phường Thử {begun},,79,,\nmerge,{unit},,,,,+{begun},\n"
        )
    }

    fn page(&self) -> String {
        format!("/admin/plans/{}", self.plan)
    }
}

pub(crate) async fn a_plan_is_applied_and_taken_back_once_it_is_seen_what_was_given_since(stage: &Stage) {
    let demo = &stage.demo;
    let folder = TempDir::new().expect("a folder");
    for (way, cast) in Way::BOTH.into_iter().zip(TAKEN_BACK) {
        employ(demo, &folder, cast.administrator, "26740");
        employ(demo, &folder, cast.moved, cast.unit);
        let plan = file_named(&folder, &format!("{}.plan", cast.plan), &cast.plan());
        demo.motlan(&["reorg", "preview", &plan.display().to_string(), "--by", "soan"], "");
        let (browser, _) = comes_as(stage, way, cast.administrator, SYSTEM).await;
        open(browser, demo, &cast.page(), "admin-plan").await;
        what_it_does_is_computed(browser).await;
        browser.go("#plan-approve").await;
        browser.sees("main[data-page='admin-plan'] .note[role='status']").await;
        it_comes_by_itself(browser, demo, &cast).await;
        browser.look_at("admin-plan", "applied").await;
        appoint(demo, cast.moved, &["unit", "--unit", cast.begun]);
        let role = grant_to_unit(demo, "tthc", "lanh-dao", cast.begun);
        what_was_given_since_is_told_and_ends(browser, demo, &cast).await;
        let given = demo.motlan(&["grant", "list", "--json"], "");
        assert!(!given.contains(&role), "the role of the unit that is no more has ended: {given}");
    }
}

/// Its day has come: a job applies what is approved within moments, so whoever does not see that yet looks again.
async fn it_comes_by_itself(browser: &Browser, demo: &Demo, cast: &TakenBack) {
    let end = Instant::now() + Browser::PAGE_DEADLINE;
    loop {
        open(browser, demo, &cast.page(), "admin-plan").await;
        if browser.has("#plan-back-see").await {
            return;
        }
        assert!(Instant::now() < end, "{} is not applied", cast.plan);
        tokio::time::sleep(Browser::LOOK_AGAIN).await;
    }
}

async fn what_was_given_since_is_told_and_ends(browser: &Browser, demo: &Demo, cast: &TakenBack) {
    open(browser, demo, &cast.page(), "admin-plan").await;
    browser.go("#plan-back-see").await;
    browser.arrives_at("admin-plan-since").await;
    let since = browser.text("#plan-since-lines").await;
    assert!(since.contains(cast.moved) && since.contains("lanh-dao"), "{since}");
    browser.look_at("admin-plan-since", "").await;
    browser.write("#reason", "Nhầm danh sách đơn vị").await;
    browser.go("#plan-rollback").await;
    browser.sees("main[data-page='admin-plan-since'] .summary[role='alert']").await;
    browser.look_at("admin-plan-since", "not-accepted").await;
    browser.mark("#accept-edits").await;
    browser.go("#plan-rollback").await;
    browser.sees("main[data-page='admin-plan'] .note[role='status']").await;
    browser.look_at("admin-plan", "taken-back").await;
    open_person(browser, demo, cast.moved).await;
    let now = browser.text("ol.timeline li.now").await;
    assert!(now.contains(cast.name), "they work where they did: {now}");
}
