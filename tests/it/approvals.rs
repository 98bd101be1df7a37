//! Dangerous acts take two people: nobody approves what they asked for, nobody asks for more than they hold, and a
//! request happens once, or not at all.

use crate::rights_scene::{Admin, CITY, SAI_GON, TAN_DINH, admin, appoint, doer, everywhere, post, roles_of, within};
use crate::support::TestApp;
use crate::support::people::lock;
use crate::support::races::together;
use crate::support::records::{count_of, rows_of};
use motlan::base::id::PersonId;
use motlan::model::admin_scope::AdminRole;
use motlan::service::approvals::{self, Approved, Dangerous, Decision, OPEN_SECONDS};
use motlan::service::{Origin, administrators};
use serde_json::json;

const NEW: &str = "/admin/administrators/new";

/// Asks that somebody gets a role; answers the request's id.
async fn ask(by: &mut Admin, fields: &[(&str, &str)]) -> String {
    let sent = by.post(NEW, fields).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let (path, said) = sent.location().split_once('?').expect("a line");
    assert_eq!(said, "done=asked");
    path.strip_prefix("/admin/approvals/").expect("a request").to_owned()
}

const AUDITOR: [(&str, &str); 3] = [("username", "kim"), ("role", "auditor"), ("reason", "Quyết định 12/QĐ")];

/// Takes a request as its act does.
async fn take(app: &TestApp, id: &str, act: Dangerous, by: &PersonId) -> Option<Approved> {
    let services = app.services();
    let mut tx = services.store.write().await.expect("a unit of work");
    let taken = approvals::take(&mut tx, services, id, act, &doer(by)).await.expect("an answer");
    tx.commit().await.expect("committed");
    taken
}

async fn decision(app: &TestApp, id: &str) -> Option<Decision> {
    let found = approvals::find(app.services(), id).await.expect("an answer").expect("a request");
    found.decision.map(|(decision, _)| decision)
}

#[tokio::test]
async fn an_administrator_is_made_by_two_people_and_nobody_approves_what_they_asked_for() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut first = admin(&app, "first", &[], everywhere(AdminRole::System)).await;
    let mut second = admin(&app, "second", &[], everywhere(AdminRole::System)).await;

    let id = ask(&mut first, &AUDITOR).await;
    let here = format!("/admin/approvals/{id}");
    let own = first.browser.get(&here).await;
    assert_eq!((own.status, own.page()), (200, Some("admin-approval")), "{}", own.body);
    assert!(!own.body.contains("approval-approve") && own.body.contains("approval-withdraw"), "{}", own.body);
    let refused = first.post(&here, &[("act", "approve")]).await;
    assert_eq!((refused.status, refused.page()), (422, Some("admin-approval")), "{}", refused.body);
    let refused = first.post(&here, &[("act", "refuse"), ("reason", "x")]).await;
    assert_eq!(refused.status, 422, "nor do they refuse it");
    assert_eq!((roles_of(&app, &kim).await, count_of(&app, "approval.taken").await), (vec![], 0));

    let seen = second.browser.get(&here).await;
    for said in ["Quyết định 12/QĐ", "Nguyễn Văn kim", "Nguyễn Văn first", "approval-approve"] {
        assert!(seen.body.contains(said), "{said}: {}", seen.body);
    }
    let done = second.post(&here, &[("act", "approve")]).await;
    assert_eq!((done.status, done.location()), (303, format!("{here}?done=approved").as_str()), "{}", done.body);

    assert_eq!(roles_of(&app, &kim).await, [AdminRole::Auditor]);
    let granted = rows_of(&app, "admin_role.granted").await;
    let granted = granted.into_iter().find(|row| row.person_id.as_deref() == Some(kim.id.as_str())).expect("a row");
    assert_eq!(granted.actor.as_deref(), Some(second.official.id.as_str()));
    assert!(granted.detail.contains(first.official.id.as_str()) && granted.detail.contains("12/QĐ"), "{}", granted.detail);
    let late = second.post(&here, &[("act", "approve")]).await;
    assert_eq!(late.status, 409, "once: {}", late.body);
    assert_eq!(roles_of(&app, &kim).await.len(), 1);
}

#[tokio::test]
async fn of_many_who_approve_at_the_same_moment_one_does() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut first = admin(&app, "first", &[], everywhere(AdminRole::System)).await;
    let second = admin(&app, "second", &[], everywhere(AdminRole::System)).await;
    let third = admin(&app, "third", &[], everywhere(AdminRole::System)).await;
    let id = ask(&mut first, &AUDITOR).await;
    let granted = count_of(&app, "admin_role.granted").await;

    let pressing = (0..8).map(|place| {
        let mut browser = if place % 2 == 0 { second.browser.clone() } else { third.browser.clone() };
        let here = format!("/admin/approvals/{id}");
        async move { post(&mut browser, &here, &[("act", "approve")]).await.status }
    });
    let mut answers = together(pressing).await;

    answers.sort_unstable();
    assert_eq!(answers, [303, 409, 409, 409, 409, 409, 409, 409]);
    assert_eq!(roles_of(&app, &kim).await, [AdminRole::Auditor]);
    assert_eq!((count_of(&app, "approval.taken").await, count_of(&app, "admin_role.granted").await), (1, granted + 1));
}

#[tokio::test]
async fn a_request_is_taken_once_by_another_within_a_week_and_for_its_own_act() {
    let app = TestApp::start().await;
    let (first, second) = (app.official("first").await, app.official("second").await);
    for username in ["first", "second"] {
        appoint(&app, username, everywhere(AdminRole::System)).await;
    }
    let services = app.services();
    let payload = json!({ "algorithms": ["ES256"] });
    let ask = async || {
        let by = doer(&first.id);
        approvals::ask(services, Dangerous::RotateKeys, "ES256", &payload, "Lộ khóa", &by).await.expect("a request")
    };

    let id = ask().await;
    assert_eq!(ask().await, id, "the same is asked for once");
    let other = approvals::ask(services, Dangerous::RotateKeys, "RS256", &payload, "Lộ khóa", &doer(&second.id)).await;
    assert_ne!(other.expect("a request"), id);
    assert_eq!(count_of(&app, "approval.requested").await, 2);
    assert_eq!(take(&app, &id, Dangerous::RotateKeys, &first.id).await, None, "one's own");
    assert_eq!(take(&app, &id, Dangerous::RevokeKey, &second.id).await, None, "another act");
    assert_eq!(take(&app, "none", Dangerous::RotateKeys, &second.id).await, None);
    {
        let mut tx = services.store.write().await.expect("a unit of work");
        let taken = approvals::take(&mut tx, services, &id, Dangerous::RotateKeys, &doer(&second.id)).await;
        assert!(taken.expect("an answer").is_some());
    }
    assert_eq!(decision(&app, &id).await, None, "what failed afterwards took nothing");
    let taken = take(&app, &id, Dangerous::RotateKeys, &second.id).await.expect("taken");
    assert_eq!((taken.subject.as_str(), &taken.payload, &taken.requested_by), ("ES256", &payload, &first.id));
    assert_eq!(take(&app, &id, Dangerous::RotateKeys, &second.id).await, None, "once");
    assert_eq!(count_of(&app, "approval.taken").await, 1);

    let id = ask().await;
    app.advance_seconds(OPEN_SECONDS - 1);
    assert_eq!(ask().await, id, "still open");
    app.advance_seconds(1);
    assert_eq!(take(&app, &id, Dangerous::RotateKeys, &second.id).await, None, "over");
    let again = ask().await;
    assert_ne!(again, id, "it may be asked again");
    assert_eq!(decision(&app, &id).await, Some(Decision::Over));
    assert!(take(&app, &again, Dangerous::RotateKeys, &second.id).await.is_some());
}

#[tokio::test]
async fn a_request_of_somebody_who_may_no_more_lets_nothing_happen() {
    let app = TestApp::start().await;
    let (first, second) = (app.official("first").await, app.official("second").await);
    let scope = appoint(&app, "first", everywhere(AdminRole::System)).await;
    appoint(&app, "second", everywhere(AdminRole::System)).await;
    let services = app.services();
    let ask = async |by: &PersonId, subject: &str| {
        approvals::ask(services, Dangerous::RevokeKey, subject, &json!({}), "x", &doer(by)).await.expect("a request")
    };
    let dismissed = ask(&first.id, "one").await;
    administrators::revoke(services, &scope.id, "os:test", &Origin::command_line()).await.expect("revoked");

    assert_eq!(take(&app, &dismissed, Dangerous::RevokeKey, &second.id).await, None, "dismissed");
    assert!(approvals::list_open(services).await.expect("a list").is_empty(), "nor does it wait for anybody");
    let anew = ask(&second.id, "one").await;
    assert_ne!(anew, dismissed, "somebody else may ask for the same");

    let back = appoint(&app, "first", everywhere(AdminRole::System)).await;
    let locked = ask(&first.id, "two").await;
    lock(&app, &first).await;
    assert_eq!(take(&app, &locked, Dangerous::RevokeKey, &second.id).await, None, "locked out");
    assert_eq!((count_of(&app, "approval.taken").await, back.role), (0, AdminRole::System));
}

#[tokio::test]
async fn whoever_may_not_decide_any_more_lets_nothing_happen() {
    let app = TestApp::start().await;
    let (first, second) = (app.official("first").await, app.official("second").await);
    appoint(&app, "first", everywhere(AdminRole::System)).await;
    let scope = appoint(&app, "second", everywhere(AdminRole::System)).await;
    let services = app.services();
    let asked = approvals::ask(services, Dangerous::RevokeKey, "one", &json!({}), "x", &doer(&first.id)).await;
    let id = asked.expect("a request");
    administrators::revoke(services, &scope.id, "os:test", &Origin::command_line()).await.expect("revoked");

    assert_eq!(take(&app, &id, Dangerous::RevokeKey, &second.id).await, None, "dismissed since the page was read");
    appoint(&app, "second", everywhere(AdminRole::System)).await;
    lock(&app, &second).await;
    assert_eq!(take(&app, &id, Dangerous::RevokeKey, &second.id).await, None, "locked out");
    assert_eq!((decision(&app, &id).await, count_of(&app, "approval.taken").await), (None, 0));
}

#[tokio::test]
async fn what_changed_since_it_was_asked_stops_it_and_says_so() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut first = admin(&app, "first", &[], everywhere(AdminRole::System)).await;
    let mut second = admin(&app, "second", &[], everywhere(AdminRole::System)).await;
    let id = ask(&mut first, &AUDITOR).await;
    let here = format!("/admin/approvals/{id}");

    appoint(&app, "kim", everywhere(AdminRole::Auditor)).await;
    let already = second.post(&here, &[("act", "approve")]).await;
    assert_eq!((already.status, already.page()), (409, Some("admin-approval")), "{}", already.body);
    assert_eq!((roles_of(&app, &kim).await.len(), decision(&app, &id).await), (1, None), "nothing half-done");
    let refused = second.post(&here, &[("act", "refuse"), ("reason", "")]).await;
    assert_eq!(refused.status, 422, "a refusal says why");
    let refused = second.post(&here, &[("act", "refuse"), ("reason", "Đã có vai trò")]).await;
    assert_eq!(refused.status, 303, "{}", refused.body);
    assert_eq!(decision(&app, &id).await, Some(Decision::Refused));
    assert_eq!(first.post(&here, &[("act", "withdraw")]).await.status, 409, "too late");

    app.official("lan").await;
    let lan = [("username", "lan"), ("role", "auditor"), ("reason", "x")];
    let id = ask(&mut first, &lan).await;
    let here = format!("/admin/approvals/{id}");
    assert_eq!(second.post(&here, &[("act", "withdraw")]).await.status, 404, "only who asked");
    assert_eq!(first.post(&here, &[("act", "withdraw")]).await.status, 303);
    assert_eq!(second.post(&here, &[("act", "approve")]).await.status, 409);
    assert_eq!(decision(&app, &id).await, Some(Decision::Withdrawn));
    assert_eq!((count_of(&app, "approval.taken").await, count_of(&app, "approval.withdrawn").await), (0, 1));
}

#[tokio::test]
async fn nobody_asks_for_more_than_they_hold_or_for_whom_they_do_not_look_after() {
    let app = TestApp::with_registry().await;
    app.official_in("kim", &[SAI_GON]).await;
    app.official_in("minh", &[TAN_DINH]).await;
    let unit = admin(&app, "unit", &[SAI_GON], within(AdminRole::Unit, SAI_GON)).await;
    let city = admin(&app, "city", &[], within(AdminRole::Unit, CITY)).await;
    let directory = admin(&app, "keeper", &[], within(AdminRole::Directory, SAI_GON)).await;
    let mut auditor = admin(&app, "reader", &[], everywhere(AdminRole::Auditor)).await;
    let mut admins = [unit, city, directory];
    let asked = |role: &'static str, unit: &'static str, username: &'static str| {
        [("username", username), ("role", role), ("unit", unit), ("reason", "x")]
    };

    let table = [
        (0, asked("unit", SAI_GON, "kim"), "their own unit"),
        (1, asked("system", "", "kim"), "the service"),
        (1, asked("unit", CITY, "kim"), "beside themselves"),
        (1, asked("help-desk", SAI_GON, "kim"), "what units do not give"),
        (2, asked("unit", TAN_DINH, "kim"), "outside their bounds"),
        (2, asked("help-desk", "", "kim"), "the whole city"),
        (2, asked("unit", SAI_GON, "minh"), "to somebody of another unit"),
        (1, asked("unit", SAI_GON, "city"), "to themselves"),
    ];
    for (by, fields, case) in table {
        let refused = admins[by].post(NEW, &fields).await;
        assert_eq!((refused.status, refused.page()), (422, Some("admin-appoint")), "{case}: {}", refused.body);
        assert!(refused.body.contains("value=\"x\""), "{case}: what was typed stays");
    }
    let [mut unit, mut city, mut directory] = admins;
    assert_eq!(auditor.post(NEW, &asked("auditor", "", "kim")).await.status, 404);
    assert_eq!(count_of(&app, "approval.requested").await, 0);

    let id = ask(&mut city, &asked("unit", SAI_GON, "kim")).await;
    let here = format!("/admin/approvals/{id}");
    assert_eq!(unit.browser.get(&here).await.status, 404, "what they could not decide they do not see");
    assert_eq!(unit.post(&here, &[("act", "approve")]).await.status, 404);
    assert_eq!(auditor.browser.get(&here).await.status, 200, "whoever reads everything does");
    assert_eq!(auditor.post(&here, &[("act", "approve")]).await.status, 404);
    assert_eq!(directory.post(&here, &[("act", "approve")]).await.status, 303);
    assert_eq!(count_of(&app, "approval.taken").await, 1);
}

#[tokio::test]
async fn a_role_is_taken_back_by_one_who_stands_above_but_never_the_last_that_runs_the_service() {
    let app = TestApp::with_registry().await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let mut unit = admin(&app, "unit", &[SAI_GON], within(AdminRole::Unit, SAI_GON)).await;
    let mut city = admin(&app, "city", &[], within(AdminRole::Unit, CITY)).await;
    let page = |of: &Admin| format!("/admin/administrators/{}", of.scope.id);
    let (of_root, of_unit, of_city) = (page(&root), page(&unit), page(&city));

    for above in [&of_root, &of_city, &of_unit] {
        assert_eq!(unit.browser.get(above).await.status, 404);
        assert_eq!(unit.post(above, &[("reason", "x")]).await.status, 404);
    }
    assert_eq!(root.post(&of_root, &[("reason", "x")]).await.status, 404, "nor one's own");
    assert_eq!(city.post(&of_unit, &[("reason", "")]).await.status, 422, "a reason is asked for");
    assert_eq!(count_of(&app, "admin_role.revoked").await, 0);
    assert_eq!(city.post(&of_unit, &[("reason", "Chuyển công tác")]).await.status, 303);
    assert_eq!(unit.browser.get("/admin/administrators").await.error_page(), Some("no_access"), "at once");

    let origin = Origin::command_line();
    let mut glass = admin(&app, "glass", &[], everywhere(AdminRole::System)).await;
    administrators::revoke(app.services(), &glass.scope.id, "os:test", &origin).await.expect("revoked");
    administrators::break_glass(app.services(), "glass", "envelope", "os:test", &origin).await.expect("a role");
    let last = glass.post(&of_root, &[("reason", "x")]).await;
    assert_eq!((last.status, last.page()), (422, Some("admin-administrator-end")), "{}", last.body);
    assert_eq!(roles_of(&app, &root.official).await, [AdminRole::System], "the account for the worst day is no other one");
}
