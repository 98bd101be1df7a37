//! What people say is wrong about themselves is read and answered by those who look after them: once, and the person is
//! told that there is an answer.

use crate::rights_scene::{SAI_GON, TAN_DINH, admin, everywhere, within};
use crate::support::records::{count_of, rows_of};
use crate::support::{Official, TestApp};
use motlan::model::admin_scope::AdminRole;
use motlan::model::notice::NoticeKind;
use motlan::model::report::ReportAbout;
use motlan::service::account::reports;
use motlan::service::{Origin, notices};

const QUEUE: &str = "/admin/reports";

async fn report(app: &TestApp, official: &Official, words: &str) -> String {
    app.advance_seconds(1);
    let origin = Origin::command_line();
    reports::make(app.services(), &official.id, ReportAbout::Position, words, &origin).await.expect("taken in")
}

#[tokio::test]
async fn an_administrator_answers_their_own_people_once_and_the_person_is_told() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let minh = app.official_in("minh", &[TAN_DINH]).await;
    let of_kim = report(&app, &kim, "Chức vụ của tôi <b>sai</b>.").await;
    let of_minh = report(&app, &minh, "Phòng của tôi đã đổi.").await;
    let mut unit = admin(&app, "unit", &[SAI_GON], within(AdminRole::Unit, SAI_GON)).await;
    let mut other = admin(&app, "other", &[SAI_GON], within(AdminRole::Unit, SAI_GON)).await;

    let queue = unit.browser.get(QUEUE).await;
    assert_eq!((queue.status, queue.page()), (200, Some("admin-reports")), "{}", queue.body);
    assert!(queue.body.contains("Chức vụ của tôi &#60;b&#62;sai") && !queue.body.contains("Phòng của tôi"), "{}", queue.body);
    let outside = format!("{QUEUE}/{of_minh}");
    assert_eq!(unit.browser.get(&outside).await.status, 404);
    assert_eq!(unit.post(&outside, &[("answer", "Đã sửa.")]).await.status, 404);
    let here = format!("{QUEUE}/{of_kim}");
    let page = unit.browser.get(&here).await;
    assert_eq!((page.status, page.page()), (200, Some("admin-report")), "{}", page.body);
    let empty = unit.post(&here, &[("answer", " \r\n ")]).await;
    assert_eq!((empty.status, empty.page()), (422, Some("admin-report")));
    let long = unit.post(&here, &[("answer", "ấ".repeat(2_001).as_str())]).await;
    assert!(long.status == 422 && long.body.contains("ấấấ"), "what was typed stays");
    assert_eq!(count_of(&app, "report.answered").await, 0);

    let answered = unit.post(&here, &[("answer", "Đã sửa theo Quyết định 3/QĐ.")]).await;
    assert_eq!((answered.status, answered.location()), (303, "/admin/reports?done=answered"), "{}", answered.body);
    let late = other.post(&here, &[("answer", "Không sửa.")]).await;
    assert_eq!((late.status, late.page()), (422, Some("admin-report")), "{}", late.body);
    assert!(late.body.contains("Đã sửa theo Quyết định 3/QĐ."), "the first answer stands: {}", late.body);

    let own = reports::list(app.services(), &kim.id).await.expect("a list");
    assert_eq!(own[0].answer.as_deref(), Some("Đã sửa theo Quyết định 3/QĐ."));
    let told = notices::list(app.services(), &kim.id).await.expect("notices");
    assert!(told.iter().any(|notice| notice.kind == NoticeKind::ReportAnswered), "{told:?}");
    let rows = rows_of(&app, "report.answered").await;
    let [row] = rows.as_slice() else { panic!("one row: {rows:?}") };
    assert_eq!((row.actor.as_deref(), row.person_id.as_deref()), (Some(unit.official.id.as_str()), Some(kim.id.as_str())));
    assert!(row.detail.contains("acting_as") && !row.detail.contains("3/QĐ"), "{}", row.detail);
    assert!(!unit.browser.get(QUEUE).await.body.contains("Chức vụ của tôi"), "it waits no more");
    let past = unit.browser.get(&format!("{QUEUE}?state=answered")).await;
    assert!(past.body.contains("Chức vụ của tôi"), "{}", past.body);
}

#[tokio::test]
async fn whoever_reads_everything_answers_nobody_and_nobody_answers_themselves() {
    let app = TestApp::with_registry().await;
    let kim = app.official("kim").await;
    let of_kim = report(&app, &kim, "Ngày sinh sai.").await;
    let mut auditor = admin(&app, "reader", &[], everywhere(AdminRole::Auditor)).await;
    let mut desk = admin(&app, "desk", &[], everywhere(AdminRole::HelpDesk)).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let of_root = report(&app, &root.official, "Tên tôi sai.").await;
    let here = format!("{QUEUE}/{of_kim}");

    let page = auditor.browser.get(&here).await;
    assert!(page.status == 200 && !page.body.contains("id=\"report-answer\""), "{}", page.body);
    assert_eq!(auditor.post(&here, &[("answer", "Đã sửa.")]).await.status, 404);
    assert_eq!(desk.browser.get(QUEUE).await.status, 404);
    assert_eq!(desk.post(&here, &[("answer", "Đã sửa.")]).await.status, 404);
    assert_eq!(root.post(&format!("{QUEUE}/{of_root}"), &[("answer", "Đã sửa.")]).await.status, 404, "their own");
    assert_eq!(root.post(&format!("{QUEUE}/none"), &[("answer", "Đã sửa.")]).await.status, 404);
    assert_eq!(count_of(&app, "report.answered").await, 0);
    let told = notices::list(app.services(), &kim.id).await.expect("notices");
    assert!(told.iter().all(|notice| notice.kind != NoticeKind::ReportAnswered), "{told:?}");
    assert!(count_of(&app, "reports.looked").await == 0 && count_of(&app, "report.looked").await > 0);
}
