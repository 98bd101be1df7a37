//! A re-organization at the console: what it would do, to units, in a drawing, to one person; and who still has to be decided of.

use crate::console_steps::SYSTEM;
use crate::console_steps::comes_as;
use crate::console_steps::employ;
use crate::console_steps::file_named;
use crate::steps::open;
use crate::support::Stage;
use crate::support::Way;
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
        browser.sees("#plan-counts").await;
        browser.look_at("admin-plan", "").await;
        let after = browser.text("#units").await;
        assert!(after.contains("Phường Thử Một") && after.contains("Phường Thử Hai"), "{after}");
        browser.go("#units tbody tr:last-child th a").await;
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
