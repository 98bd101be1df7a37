//! The seats of departments at the console: whoever may make rules gives them by a file, whole or not at all, and makes rules
//! that go by them; whoever only looks sees both.

use crate::rights_scene::{admin, everywhere, within};
use crate::support::people::{bring, row};
use crate::support::plans::{FIRST, NAME, register, town, town_plan, unit};
use crate::support::records::count_of;
use crate::support::{Answer, Browser, TestApp};
use motlan::model::admin_scope::AdminRole;
use motlan::service::reorganization::{SeatRow, choices, seats};

const RULES: &str = "/admin/plans/sap-xep/rules";
const ADDRESS: &str = "12 đường A, Khu phố 3";

/// The town with an official in the ward that is divided.
async fn scene() -> TestApp {
    let app = town().await;
    assert_eq!(bring(&app, &row("an", "Nguyễn Văn An", "", "10003", "Chuyên viên")).await.rows_bad, 0);
    app.sync().await;
    register(&app, &town_plan()).await.expect("a plan");
    app
}

async fn known(app: &TestApp) -> Vec<SeatRow> {
    seats::list(app.services(), NAME).await.expect("seats")
}

/// Sends a file of seats; none when there is nothing in it.
async fn send(app: &TestApp, browser: &mut Browser, text: &str) -> Answer {
    let csrf = browser.get("/signin/recover").await.hidden("csrf");
    let name = if text.is_empty() { "" } else { "seats.csv" };
    let body = format!(
        "--xyz\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n\
         --xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{text}\r\n--xyz--\r\n"
    );
    let jar = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let request = http::Request::post(format!("{RULES}/seats"));
    let request = request.header("content-type", "multipart/form-data; boundary=xyz").header("cookie", jar);
    app.request(request.body(body).expect("a request")).await
}

#[tokio::test]
async fn seats_are_given_by_whoever_makes_rules_and_a_rule_goes_by_them() {
    let app = scene().await;
    let mut keeper = admin(&app, "danh-ba", &[], everywhere(AdminRole::Directory)).await;
    let mut auditor = admin(&app, "kiem-toan", &[], everywhere(AdminRole::Auditor)).await;
    let mut own = admin(&app, "ba", &[], within(AdminRole::Unit, "10003")).await;
    let good = format!("from_unit,department,address\n10003,Văn phòng,\"{ADDRESS}\"\n");
    for admin in [&mut auditor, &mut own] {
        assert_eq!(send(&app, &mut admin.browser, &good).await.status, 404);
    }
    assert_eq!((known(&app).await, count_of(&app, "plan.seats_read").await), (Vec::new(), 0));

    let page = keeper.browser.get(RULES).await;
    assert!(page.body.contains("id=\"seats-none\"") && page.body.contains("id=\"seats-read\""), "{}", page.body);
    let done = send(&app, &mut keeper.browser, &good).await;
    assert_eq!((done.status, done.location()), (303, "/admin/plans/sap-xep/rules?done=seats"), "{}", done.body);
    let told = known(&app).await;
    assert_eq!((told.len(), told[0].address.as_str(), &told[0].by), (1, ADDRESS, &keeper.official.id.0));
    let seen = auditor.browser.get(RULES).await;
    assert!(seen.body.contains(ADDRESS) && seen.body.contains("id=\"seats-lines\""), "{}", seen.body);
    assert!(!seen.body.contains("id=\"seats-read\"") && !seen.body.contains("id=\"seat\""), "who only looks gives nothing");

    let from = unit(&app, "10003", FIRST).await.0;
    let rule = [("act", "add"), ("from", from.as_str()), ("to", "20002"), ("decision_no", "8/QĐ"), ("seat", "khu phố 3")];
    assert_eq!(keeper.post(RULES, &rule).await.location(), "/admin/plans/sap-xep/rules?done=added");
    let made = choices::rules(app.services(), NAME).await.expect("rules");
    assert_eq!((made.len(), made[0].seat.as_deref()), (1, Some("khu phố 3")));
    let seen = auditor.browser.get(RULES).await;
    assert!(seen.body.contains("khu phố 3"), "{}", seen.body);
    let list = auditor.browser.get("/admin/plans/sap-xep/worklist").await;
    assert!(list.body.contains("id=\"worklist-none\""), "the rule tells of everybody: {}", list.body);
}

#[tokio::test]
async fn a_file_that_is_not_there_or_has_mistakes_changes_nothing_and_all_of_them_are_told() {
    let app = scene().await;
    let mut keeper = admin(&app, "danh-ba", &[], everywhere(AdminRole::Directory)).await;
    let header = "from_unit,department,address";
    let table = [
        ("no file", String::new(), 0),
        ("no row", format!("{header}\n"), 1),
        ("a column is missing", format!("from_unit,address\n10003,{ADDRESS}\n"), 1),
        ("a unit that is not divided", format!("{header}\n10003,,Khu phố 1\n10001,,Khu phố 1\n"), 1),
        ("two mistakes", format!("{header}\n10003,,Khu phố 1\n10001,,Khu phố 1\n10003,Văn phòng,\n"), 2),
    ];
    for (case, text, mistakes) in table {
        let answer = send(&app, &mut keeper.browser, &text).await;
        assert_eq!((answer.status, answer.page()), (422, Some("admin-plan-rules")), "{case}: {}", answer.body);
        assert!(answer.body.contains("<li><a href=\"#seats-file\">"), "{case}: {}", answer.body);
        let told = answer.body.split("id=\"seats-mistakes\"").nth(1).unwrap_or_default();
        assert_eq!(told.matches("<th scope=\"row\"").count(), mistakes, "{case}: {told}");
        assert!(known(&app).await.is_empty(), "{case}");
    }
    assert_eq!(count_of(&app, "plan.seats_read").await, 0);
    let from = unit(&app, "10003", FIRST).await.0;
    let rule = [("act", "add"), ("from", from.as_str()), ("to", "20002"), ("decision_no", "8/QĐ"), ("seat", "-")];
    let kept = keeper.post(RULES, &rule).await;
    assert_eq!(kept.status, 422);
    assert!(kept.body.contains("<li><a href=\"#from\">") && kept.body.contains("name=\"seat\" value=\"-\""), "{}", kept.body);
    assert!(choices::rules(app.services(), NAME).await.expect("rules").is_empty());
}
