//! Receipts of sign-outs: what was not delivered is seen, and tried again when somebody says so.

use crate::clients_console::{administrator, send};
use crate::support::flows::enter;
use crate::support::records::{outbox, rows_of, sid_of};
use crate::support::{Official, Receiver, TestApp};
use motlan::base::id::SignOnId;
use motlan::model::admin_scope::AdminRole;
use motlan::service::clients::register;

const HOME: &str = "https://own.example/";
const PAGE: &str = "/admin/receipts";
/// Longer than any wait between two tries.
const LONG: i64 = 21_601;

/// Somebody signed out of a system that does not answer, until it was given up.
pub async fn given_up(app: &TestApp, kim: &Official, receiver: &Receiver) -> SignOnId {
    receiver.answer_with(500);
    let own = app.client("own", |_| {}).await;
    let told = app.client("told", |settings| settings.backchannel_logout_uri = Some(receiver.url("/out"))).await;
    let mut browser = app.browser();
    let (claims, id_token) = enter(app, &mut browser, kim, &own).await;
    enter(app, &mut browser, kim, &told).await;
    browser.get(&format!("/oauth2/logout?id_token_hint={id_token}&post_logout_redirect_uri={HOME}")).await;
    let sid = sid_of(&claims);
    for _ in 0..9 {
        app.deliver_logouts().await;
        app.advance_seconds(LONG);
    }
    assert!(outbox(app, &sid).await[0].dead_at.is_some());
    sid
}

#[tokio::test]
async fn a_dead_letter_is_seen_and_sent_again_to_where_the_system_is_now() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let receiver = app.receiver().await;
    let sid = given_up(&app, &kim, &receiver).await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    let (_, mut auditor) = administrator(&app, "auditor", AdminRole::Auditor, None).await;
    let receipt = outbox(&app, &sid).await.remove(0);

    let page = auditor.get(&format!("{PAGE}?outcome=dead")).await;
    assert_eq!((page.status, page.page()), (200, Some("admin-receipts")), "{}", page.body);
    assert!(page.body.contains("Hệ thống told") && !page.body.contains("value=\"again\""), "{}", page.body);
    assert!(!auditor.get(&format!("{PAGE}?outcome=delivered")).await.body.contains("/out"));
    let fields = [("act", "again"), ("receipt", receipt.id.as_str())];
    assert_eq!(send(&mut auditor, PAGE, &fields).await.status, 403);
    assert!(outbox(&app, &sid).await[0].dead_at.is_some(), "whoever reads sends nothing");

    receiver.answer_with(200);
    let moved = |client: &mut motlan::model::client::Client| {
        client.settings.backchannel_logout_uri = Some(receiver.url("/moi"));
        Ok(())
    };
    register::change(app.services(), "told", "os:test", moved).await.expect("changed");
    let again = send(&mut root, PAGE, &fields).await;
    assert_eq!((again.status, again.location()), (303, "/admin/receipts?outcome=waiting&done=1"), "{}", again.body);
    app.deliver_logouts().await;
    assert!(outbox(&app, &sid).await[0].delivered_at.is_some());
    assert_eq!(receiver.received().last().map(|(path, _)| path.clone()), Some("/moi".to_owned()));
    let twice = send(&mut root, PAGE, &fields).await;
    assert_eq!(twice.location(), "/admin/receipts?outcome=waiting&done=0", "what was delivered is not sent again");
    let rows = rows_of(&app, "logout.retried").await;
    assert_eq!((rows.len(), rows[0].client_id.as_deref()), (1, Some("told")));
}

#[tokio::test]
async fn all_dead_letters_of_one_system_are_sent_again_and_no_others() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let receiver = app.receiver().await;
    let sid = given_up(&app, &kim, &receiver).await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    receiver.answer_with(204);

    let other = send(&mut root, PAGE, &[("act", "all"), ("client", "own")]).await;
    assert_eq!(other.location(), "/admin/receipts?outcome=waiting&done=0");
    assert!(outbox(&app, &sid).await[0].dead_at.is_some());
    let all = send(&mut root, PAGE, &[("act", "all"), ("client", "told")]).await;
    assert_eq!(all.location(), "/admin/receipts?outcome=waiting&done=1");
    app.deliver_logouts().await;

    let page = root.get(&format!("{PAGE}?outcome=delivered&client=told")).await;
    assert!(page.body.contains("204"), "{}", page.body);
    assert!(outbox(&app, &sid).await[0].delivered_at.is_some());
}
