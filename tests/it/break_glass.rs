//! An account for the day on which nobody else can come in: it needs no second person, and everybody who runs the
//! service hears of all that it does.

use crate::rights_scene::{Admin, admin, everywhere, roles_of};
use crate::support::phones::enrol;
use crate::support::post::{Letter, stage_with_post};
use crate::support::records::{count_of, rows_of};
use crate::support::{Official, TestApp};
use motlan::model::admin_scope::AdminRole;
use motlan::service::Origin;
use motlan::service::administrators::{self, AdminError, alarm};

const GLASS: &str = "khan-cap";
/// Where the letter of an alarm leads, and no other.
const LINK: &str = "https://id.example/admin/administrators";

/// The account, with its second factor, out of its envelope: signed on a moment ago.
async fn out_of_the_envelope(app: &TestApp) -> Admin {
    let official = app.official(GLASS).await;
    let (_, phone) = enrol(app, &official).await;
    let origin = Origin::command_line();
    let given = administrators::break_glass(app.services(), GLASS, "Phong bì số 1", "os:test", &origin).await;
    let scope = given.expect("a role").expect("a new one");
    let mut admin = Admin { official, browser: app.browser(), phone, scope };
    admin.again(app).await;
    admin
}

async fn raise(app: &TestApp) -> usize {
    alarm::run(app.services()).await.expect("alarms")
}

#[tokio::test]
async fn it_decides_alone_and_its_records_say_so() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut glass = out_of_the_envelope(&app).await;

    let fields = [("username", "kim"), ("role", "system"), ("reason", "Mất cả hai quản trị viên")];
    let given = glass.post("/admin/administrators/new", &fields).await;

    assert_eq!((given.status, given.location()), (303, "/admin/administrators?done=given"), "{}", given.body);
    assert_eq!(roles_of(&app, &kim).await, [AdminRole::System]);
    let taken = rows_of(&app, "approval.taken").await.pop().expect("a row");
    assert!(taken.detail.contains("\"alone\":true"), "{}", taken.detail);
}

#[tokio::test]
async fn everybody_who_runs_the_service_hears_of_each_sign_in_and_act_once() {
    let (app, post) = stage_with_post().await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let mut reader = admin(&app, "reader", &[], everywhere(AdminRole::Auditor)).await;
    root.browser.get("/admin/administrators").await;
    assert_eq!(raise(&app).await, 0, "others raise nothing");
    assert!(!root.browser.get("/admin/administrators").await.body.contains("id=\"alarm\""));
    let before = post.letters(&app).await.len();

    let mut glass = out_of_the_envelope(&app).await;
    let heard = raise(&app).await;
    assert!(heard > 0, "the sign-in");
    assert_eq!(raise(&app).await, 0, "once");
    glass.browser.get("/admin/reports").await;
    assert_eq!(raise(&app).await, 1, "and what it looks at");

    let letters = post.letters(&app).await;
    let to: Vec<&str> = letters.iter().skip(before).filter(|letter| letter.text().contains(LINK)).map(Letter::to).collect();
    assert_eq!(to.len(), 2, "{to:?}");
    assert!(to.iter().all(|to| to.contains("root@vi-du.vn")), "{to:?}");
    let alarms = rows_of(&app, "break_glass.alarm").await;
    assert_eq!(alarms.len(), 2);
    assert!(alarms.iter().all(|row| row.person_id.as_deref() == Some(glass.official.id.as_str())));
    assert!(alarms.iter().any(|row| row.detail.contains("sign_in.succeeded")), "{alarms:?}");

    let page = root.browser.get("/admin/administrators").await;
    assert!(page.body.contains("id=\"alarm\"") && page.body.contains(GLASS), "{}", page.body);
    assert!(glass.browser.get("/admin/administrators").await.body.contains("id=\"alarm\""), "the account itself is told");
    assert!(!reader.browser.get("/admin/administrators").await.body.contains("id=\"alarm\""));
    app.advance_seconds(86_400);
    root.again(&app).await;
    assert!(!root.browser.get("/admin/administrators").await.body.contains("id=\"alarm\""), "a day later no more");
}

#[tokio::test]
async fn two_who_look_at_the_same_moment_tell_once() {
    let (app, post) = stage_with_post().await;
    admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let before = post.letters(&app).await.len();
    out_of_the_envelope(&app).await;

    let (one, other) = tokio::join!(raise(&app), raise(&app));

    assert!((one > 0) != (other > 0), "{one} {other}");
    assert_eq!((count_of(&app, "break_glass.alarm").await, raise(&app).await), (1, 0));
    let letters = post.letters(&app).await;
    assert_eq!(letters.iter().skip(before).filter(|letter| letter.text().contains(LINK)).count(), 1);
}

#[tokio::test]
async fn whoever_it_dismisses_or_disables_before_anybody_is_told_hears_of_it() {
    let (app, post) = stage_with_post().await;
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let other = admin(&app, "other", &[], everywhere(AdminRole::System)).await;
    app.official("kim").await;
    let mut glass = out_of_the_envelope(&app).await;
    assert!(raise(&app).await > 0, "the sign-in");
    app.advance_seconds(120);
    let before = post.letters(&app).await.len();

    let fields = [("username", "kim"), ("role", "system"), ("reason", "Quyết định 12/QĐ")];
    let given = glass.post("/admin/administrators/new", &fields).await;
    assert_eq!((given.status, given.location()), (303, "/admin/administrators?done=given"), "{}", given.body);
    let page = format!("/admin/administrators/{}", root.scope.id);
    let ended = glass.post(&page, &[("reason", "Quyết định 13/QĐ")]).await;
    assert_eq!((ended.status, ended.location()), (303, "/admin/administrators?done=ended"), "{}", ended.body);
    let page = format!("/admin/people/{}/status", other.official.id.as_str());
    let disabled = glass.post(&page, &[("act", "disable"), ("reason", "Quyết định 14/QĐ")]).await;
    assert_eq!(disabled.status, 303, "{}", disabled.body);
    assert!(roles_of(&app, &root.official).await.is_empty());
    assert!(raise(&app).await > 2);

    let letters = post.letters(&app).await;
    let to: Vec<&str> = letters.iter().skip(before).filter(|letter| letter.text().contains(LINK)).map(Letter::to).collect();
    assert_eq!(to.len(), 3, "{to:?}");
    for name in ["kim", "root", "other"] {
        assert!(to.iter().any(|to| to.contains(&format!("{name}@vi-du.vn"))), "{name}: {to:?}");
    }
    app.advance_seconds(120);
    let before = letters.len();
    glass.browser.get("/admin/reports").await;
    assert_eq!(raise(&app).await, 1);
    let letters = post.letters(&app).await;
    assert_eq!(letters.iter().skip(before).filter(|letter| letter.text().contains(LINK)).count(), 1, "they run it no more");
}

#[tokio::test]
async fn what_it_did_is_told_when_its_role_is_taken_back_at_once_and_no_later_thing() {
    let (app, post) = stage_with_post().await;
    admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let before = post.letters(&app).await.len();
    let mut glass = out_of_the_envelope(&app).await;

    let origin = Origin::command_line();
    administrators::revoke(app.services(), &glass.scope.id, "os:test", &origin).await.expect("revoked");
    assert!(raise(&app).await > 0, "the sign-in");
    assert_eq!(raise(&app).await, 0, "once");

    let alarm = rows_of(&app, "break_glass.alarm").await.pop().expect("a row");
    assert!(alarm.detail.contains("sign_in.succeeded"), "{}", alarm.detail);
    let letters = post.letters(&app).await;
    let to: Vec<&str> = letters.iter().skip(before).filter(|letter| letter.text().contains(LINK)).map(Letter::to).collect();
    assert!(to.len() == 1 && to[0].contains("root@vi-du.vn"), "{to:?}");
    app.advance_seconds(60);
    glass.again(&app).await;
    assert_eq!(raise(&app).await, 0, "an account like others by then");
}

#[tokio::test]
async fn it_is_made_for_somebody_who_is_there_once_and_taken_back_like_any_role() {
    let app = TestApp::start().await;
    let glass: Official = app.official(GLASS).await;
    let origin = Origin::command_line();
    let services = app.services();
    let make = async |username: &str| administrators::break_glass(services, username, "x", "os:test", &origin).await;

    assert!(matches!(make("nobody").await, Err(AdminError::UnknownPerson)));
    let scope = make(GLASS).await.expect("a role").expect("a new one");
    assert!(make(GLASS).await.expect("an answer").is_none());
    let all = administrators::list(services, Some(GLASS)).await.expect("roles");
    assert!(all.len() == 1 && all[0].break_glass && all[0].reason == "x");
    administrators::revoke(services, &scope.id, "os:test", &origin).await.expect("revoked");

    assert!(roles_of(&app, &glass).await.is_empty());
    assert_eq!(raise(&app).await, 0);
    assert_eq!((count_of(&app, "admin_role.granted").await, count_of(&app, "admin_role.revoked").await), (1, 1));
}
