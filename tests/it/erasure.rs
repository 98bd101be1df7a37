//! Removing what is known of a person: two people, a long wait, everything or nothing; and the records stay readable.

use crate::rights_scene::{Admin, admin, everywhere, within};
use crate::support::TestApp;
use crate::support::people::{HEADER, bring, person, places};
use crate::support::records::{count_of, rows_of};
use motlan::base::id::PersonId;
use motlan::model::admin_scope::AdminRole;
use motlan::service::lifecycle::erase::NAMELESS;
use motlan::service::provisioning::status;
use motlan::service::{Origin, audit};
use motlan::store::{methods, persons};

const DAY: i64 = 86_400;
const NUMBER: &str = "079186098092";
const ROW: &str = "kim.nt,Nguyễn Thị Kim,1986-08-05,079186098092,kim.nt@vi-du.vn,0900111222,NV1,26740,Văn phòng,Chuyên viên,cong_chuc,true,1/QĐ,2025-07-01,\n";

fn page(id: &PersonId) -> String {
    format!("/admin/people/{id}/erase")
}

const ASK: [(&str, &str); 2] = [("reason", "Theo yêu cầu của người đã nghỉ hưu"), ("sure", "1")];

async fn disable(app: &TestApp) {
    let origin = Origin::command_line();
    let request = status::Request { username: "kim.nt", actor: "os:test", origin: &origin };
    assert!(status::disable(app.services(), &request).await.expect("an answer").is_some());
    app.sync().await;
}

async fn enable(app: &TestApp) -> bool {
    let origin = Origin::command_line();
    let request = status::Request { username: "kim.nt", actor: "os:test", origin: &origin };
    let enabled = status::enable(app.services(), &request).await.expect("an answer");
    app.sync().await;
    enabled
}

/// Asks a second person; answers where the request is.
async fn ask(by: &mut Admin, id: &PersonId) -> String {
    let sent = by.post(&page(id), &ASK).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let (here, said) = sent.location().split_once('?').expect("a line");
    assert_eq!(said, "done=asked");
    here.to_owned()
}

#[tokio::test]
async fn what_is_known_goes_after_a_year_by_two_people_and_the_records_stay_readable() {
    let app = TestApp::with_registry().await;
    let kim = app.official_of(&format!("{HEADER}{ROW}"), "kim.nt").await;
    app.browser().sign_in(&kim, "/signin").await;
    disable(&app).await;
    app.advance_seconds(365 * DAY);
    let mut first = admin(&app, "first", &[], everywhere(AdminRole::System)).await;
    let mut second = admin(&app, "second", &[], everywhere(AdminRole::System)).await;

    let seen = first.browser.get(&page(&kim.id)).await;
    assert_eq!((seen.status, seen.page()), (200, Some("admin-erase")), "{}", seen.body);
    assert!(seen.body.contains("erase-ask") && !seen.body.contains(NUMBER), "{}", seen.body);
    for (fields, case) in [(&ASK[..1], "not ticked"), (&ASK[1..], "no reason")] {
        let refused = first.post(&page(&kim.id), fields).await;
        assert_eq!((refused.status, refused.page()), (422, Some("admin-erase")), "{case}: {}", refused.body);
    }
    assert_eq!(count_of(&app, "approval.requested").await, 0);
    let here = ask(&mut first, &kim.id).await;
    assert_eq!(first.post(&here, &[("act", "approve")]).await.status, 422, "one's own");
    assert_eq!(person(&app, "kim.nt").await.expect("a person").full_name, "Nguyễn Thị Kim");
    let records = app.audit_events().await.len();

    let done = second.post(&here, &[("act", "approve")]).await;
    assert_eq!(done.status, 303, "{}", done.body);

    let left = person(&app, "kim.nt").await.expect("whoever had the name");
    assert_eq!((left.id.as_str(), left.full_name.as_str()), (kim.id.as_str(), NAMELESS));
    assert_eq!((left.email, left.phone, left.employee_code, left.date_of_birth), (None, None, None, None));
    assert!(!left.has_personal_number && left.disabled_at.is_some() && left.claims.is_empty());
    assert_eq!(left.positions.len(), 1, "the posts are the city's history");
    let mut conn = app.services().store.read().await.expect("a connection");
    let ways = methods::find(&mut conn, &kim.id).await.expect("methods");
    assert!(ways.password_set_at.is_none() && ways.passkeys == 0);
    drop(conn);
    assert!(app.audit_events().await.len() > records, "nothing of the records went");
    let row = rows_of(&app, "person.erased").await.pop().expect("a row");
    assert_eq!((row.actor.as_deref(), row.person_id.as_deref()), (Some(second.official.id.as_str()), Some(kim.id.as_str())));
    assert!(row.detail.contains(first.official.id.as_str()), "{}", row.detail);
    for row in rows_of(&app, "sign_in.succeeded").await.iter().chain(&rows_of(&app, "person.disabled").await) {
        assert!(audit::verify(app.services(), row), "{}", row.event);
    }
    assert_eq!(second.post(&here, &[("act", "approve")]).await.status, 409, "once");
    let again = first.browser.get(&page(&kim.id)).await;
    assert!(again.status == 200 && !again.body.contains("erase-ask"), "{}", again.body);

    assert!(!enable(&app).await, "nobody is let in under a name of which nothing is known");
    let taken =
        bring(&app, "kim.nt,Trần Kim,1990-01-01,,kim2@vi-du.vn,0900000000,,26740,Văn phòng,CV,cong_chuc,true,1/QĐ,2025-07-01,\n")
            .await;
    assert_eq!(places(&taken), [(2, "username")], "the name stays taken for ever");
    let number = bring(&app, &ROW.replace("kim.nt", "kim.moi")).await;
    assert_eq!(number.rows_bad, 0, "and the number is free: {:?}", number.errors);
}

#[tokio::test]
async fn nothing_goes_before_its_time_or_by_whoever_may_not() {
    let app = TestApp::with_registry().await;
    let kim = app.official_of(&format!("{HEADER}{ROW}"), "kim.nt").await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let refused = root.post(&page(&kim.id), &ASK).await;
    assert_eq!(refused.status, 422, "in use: {}", refused.body);
    disable(&app).await;
    app.advance_seconds(364 * DAY);
    let mut later = admin(&app, "later", &[], everywhere(AdminRole::System)).await;
    let refused = later.post(&page(&kim.id), &ASK).await;
    assert_eq!(refused.status, 422, "a day too early: {}", refused.body);

    app.advance_seconds(DAY);
    for (name, role) in [("keeper", AdminRole::Directory), ("reader", AdminRole::Auditor), ("desk", AdminRole::HelpDesk)] {
        let mut other = admin(&app, name, &[], everywhere(role)).await;
        assert_eq!(other.browser.get(&page(&kim.id)).await.status, 404, "{name}");
        assert_eq!(other.post(&page(&kim.id), &ASK).await.status, 404, "{name}");
    }
    let mut unit = admin(&app, "unit", &["26740"], within(AdminRole::Unit, "26740")).await;
    assert_eq!(unit.post(&page(&kim.id), &ASK).await.status, 404);
    assert_eq!((count_of(&app, "approval.requested").await, count_of(&app, "person.erased").await), (0, 0));
    assert_eq!(person(&app, "kim.nt").await.expect("a person").full_name, "Nguyễn Thị Kim");
}

#[tokio::test]
async fn whoever_was_let_in_again_meanwhile_keeps_everything() {
    let app = TestApp::with_registry().await;
    let kim = app.official_of(&format!("{HEADER}{ROW}"), "kim.nt").await;
    disable(&app).await;
    app.advance_seconds(365 * DAY);
    let mut first = admin(&app, "first", &[], everywhere(AdminRole::System)).await;
    let mut second = admin(&app, "second", &[], everywhere(AdminRole::System)).await;
    let here = ask(&mut first, &kim.id).await;
    assert!(enable(&app).await);

    let late = second.post(&here, &[("act", "approve")]).await;

    assert_eq!(late.status, 409, "{}", late.body);
    assert_eq!((count_of(&app, "approval.taken").await, count_of(&app, "person.erased").await), (0, 0), "nothing half-done");
    let kept = person(&app, "kim.nt").await.expect("a person");
    assert!(kept.has_personal_number && kept.email.is_some() && kept.full_name == "Nguyễn Thị Kim");
    let found = persons::find(&mut app.services().store.read().await.expect("a connection"), &kim.id).await;
    assert!(found.expect("an answer").expect("a person").disabled_at.is_none());
}
