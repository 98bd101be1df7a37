//! Somebody goes on running the service, whoever ends whose access at once; and nobody at the console touches the account
//! for the worst day.

use crate::person_edits::{opened, send};
use crate::rights_scene::{Admin, admin, everywhere, post};
use crate::support::phones::enrol;
use crate::support::races::{rounds, together};
use crate::support::records::count_of;
use crate::support::{Answer, TestApp};
use motlan::model::admin_scope::AdminRole;
use motlan::service::{Origin, administrators, directory};

const BULK: &str = "/admin/people/bulk";
const DISABLE: [(&str, &str); 2] = [("act", "disable"), ("reason", "Quyết định 12/QĐ")];

async fn is_enabled(app: &TestApp, of: &Admin) -> bool {
    app.services().person(&of.official.id).await.expect("an answer").is_some()
}

fn status_of(of: &Admin) -> String {
    format!("/admin/people/{}/status", of.official.id)
}

/// Nothing was done, and the form says why.
#[track_caller]
fn refused(answer: &Answer, why: &str) {
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert!(answer.body.contains(why), "{}", answer.body);
}

#[tokio::test]
async fn of_two_who_disable_each_other_at_once_one_goes_on() {
    for _ in 0..rounds() {
        let app = TestApp::start().await;
        let first = admin(&app, "first", &[], everywhere(AdminRole::System)).await;
        let second = admin(&app, "second", &[], everywhere(AdminRole::System)).await;
        let pressing = [(&first, &second), (&second, &first)].map(|(by, of)| {
            let (mut browser, here) = (by.browser.clone(), status_of(of));
            async move { post(&mut browser, &here, &DISABLE).await.status }
        });

        let answers = together(pressing).await;

        app.sync().await;
        assert!(answers.iter().all(|status| *status < 500), "{answers:?}");
        let left = [is_enabled(&app, &first).await, is_enabled(&app, &second).await];
        assert_eq!(left.into_iter().filter(|enabled| *enabled).count(), 1, "{answers:?}");
        assert_eq!(count_of(&app, "person.disabled").await, 1);
    }
}

#[tokio::test]
async fn the_account_for_the_worst_day_disables_all_of_them_but_the_last() {
    let app = TestApp::start().await;
    let first = admin(&app, "first", &[], everywhere(AdminRole::System)).await;
    let second = admin(&app, "second", &[], everywhere(AdminRole::System)).await;
    let glass = app.official("khan-cap").await;
    let (mut glass, _) = enrol(&app, &glass).await;
    let given =
        administrators::break_glass(app.services(), "khan-cap", "Phong bì số 1", "os:test", &Origin::command_line()).await;
    assert!(given.expect("a role").is_some());

    let done = post(&mut glass, &status_of(&second), &DISABLE).await;
    assert_eq!(done.status, 303, "{}", done.body);
    refused(&post(&mut glass, &status_of(&first), &DISABLE).await, "quản trị viên hệ thống cuối cùng");

    app.sync().await;
    assert!(is_enabled(&app, &first).await && !is_enabled(&app, &second).await, "the envelope does not count");
    assert_eq!(count_of(&app, "person.disabled").await, 1);
}

#[tokio::test]
async fn nobody_at_the_console_changes_or_disables_the_account_for_the_worst_day() {
    let app = TestApp::start().await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    admin(&app, "other", &[], everywhere(AdminRole::System)).await;
    let glass = app.official("khan-cap").await;
    let given =
        administrators::break_glass(app.services(), "khan-cap", "Phong bì số 1", "os:test", &Origin::command_line()).await;
    assert!(given.expect("a role").is_some());
    directory::catch_up(app.services()).await.expect("listed");
    let why = "Chỉ thay đổi được bằng dòng lệnh";

    refused(&root.post(&format!("/admin/people/{}/status", glass.id), &DISABLE).await, why);
    let here = format!("/admin/people/{}/edit", glass.id);
    let form = opened(&mut root.browser, &here).await;
    refused(&send(&mut root.browser, &here, &form, &[("email", "ke-khac@vi-du.vn")]).await, why);
    let ticked = format!("p.{}", glass.id);
    let chosen = root.post(BULK, &[("act", "disable"), (ticked.as_str(), "1")]).await;
    assert_eq!(chosen.status, 303, "{}", chosen.body);
    let page = chosen.location().to_owned();
    root.post(&page, &[("act", "begin"), ("reason", "QĐ 9/QĐ-UBND")]).await;

    app.sync().await;
    let known = app.services().person(&glass.id).await.expect("an answer").expect("may sign in");
    assert_ne!(known.person.email.as_deref(), Some("ke-khac@vi-du.vn"));
    assert_eq!((count_of(&app, "person.disabled").await, count_of(&app, "person.edited").await), (0, 0));
}
