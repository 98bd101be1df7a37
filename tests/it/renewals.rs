//! Promises about what goes on: a renewal gives no more than a client may have now, keeps its session awake,
//! and its end is on record with whose it was.

use crate::support::proofs::{API, add_resource, code_form, post, reaching, refresh, text};
use crate::support::{TestApp, TestClient};
use motlan::base::id::SignOnId;
use motlan::model::client::{Client, ClientSettings};
use motlan::service::clients::register;
use motlan::store::{audit, sign_ons};
use serde_json::{Value, json};

/// Changes a client, and lets the node notice.
async fn change(app: &TestApp, change: fn(&mut ClientSettings)) {
    let apply = |client: &mut Client| {
        change(&mut client.settings);
        Ok(())
    };
    register::change(app.services(), "tthc", "os:test", apply).await.expect("changed");
    app.sync().await;
}

#[tokio::test]
async fn details_that_were_taken_from_a_client_are_not_renewed() {
    let app = TestApp::start().await;
    let kinds = json!({ "ho_so": { "required": [], "optional": [] }, "bien_nhan": { "required": [], "optional": [] } });
    add_resource(&app, json!({ "identifier": API, "name": "Hồ sơ", "scopes": ["ho_so.doc", "ho_so.ghi"], "details": kinds }))
        .await;
    let tthc = app
        .client("tthc", |settings| {
            reaching(settings);
            settings.authorization_details_types = vec!["ho_so".to_owned(), "bien_nhan".to_owned()];
        })
        .await;
    let kim = app.official("kim").await;
    let details = json!([{ "type": "ho_so" }, { "type": "bien_nhan" }]).to_string();
    let changes = [("scope", "openid ho_so.doc offline_access"), ("authorization_details", details.as_str())];
    let code = app.code(&tthc, &kim, &changes).await;
    let tokens = post(&app, &tthc, "/oauth2/token", &code_form(&tthc, &code), &[]).await.json();
    assert_eq!(tokens["authorization_details"], json!([{ "type": "ho_so" }, { "type": "bien_nhan" }]));

    change(&app, |settings| settings.authorization_details_types = vec!["ho_so".to_owned()]).await;
    let renewed = refresh(&app, &tthc, text(&tokens, "refresh_token"), None).await.json();

    assert_eq!(renewed["authorization_details"], json!([{ "type": "ho_so" }]), "{renewed}");
    let claims = app.claims(text(&renewed, "access_token"));
    assert_eq!(claims["authorization_details"], json!([{ "type": "ho_so" }]));
}

/// When the sign-on was last used, once that note is on record or surely will not be.
async fn last_seen(app: &TestApp, sid: &Value, wanted: i64) -> i64 {
    let id = SignOnId(sid.as_str().expect("a sid").to_owned());
    let mut seen = 0;
    for _ in 0..2_000 {
        let mut conn = app.services().store.read().await.expect("a connection");
        seen = sign_ons::find(&mut conn, &id).await.expect("an answer").expect("the sign-on").last_seen_at.seconds();
        if seen == wanted {
            break;
        }
        drop(conn);
        tokio::task::yield_now().await;
    }
    seen
}

#[tokio::test]
async fn a_system_that_is_worked_in_keeps_the_session_awake() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |settings| settings.refresh_with_sign_on = true).await;
    let tokens = app.tokens(&tthc, &kim, &[]).await;
    let sid = app.claims(text(&tokens, "id_token"))["sid"].clone();
    let idle = app.services().settings.lifetimes.idle_seconds;

    for _ in 0..2 {
        app.advance_seconds(idle - 10);
        app.sync().await;
        let renewed = refresh(&app, &tthc, text(&tokens, "refresh_token"), None).await;
        assert_eq!(renewed.status, 200, "{}", renewed.body);
        assert_eq!(last_seen(&app, &sid, app.now_seconds()).await, app.now_seconds(), "refreshing is using");
    }
}

#[tokio::test]
async fn a_revoked_refresh_token_is_on_record_with_whose_it_was() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc: TestClient = app.client("tthc", |_| {}).await;
    let tokens = app.tokens(&tthc, &kim, &[("scope", "openid offline_access")]).await;
    let fields = [("token", text(&tokens, "refresh_token"))];

    assert_eq!(post(&app, &tthc, "/oauth2/revoke", &fields, &[]).await.status, 200);

    let mut conn = app.services().store.read().await.expect("a connection");
    let rows = audit::list_after(&mut conn, "", 1_000).await.expect("audit rows");
    let row = rows.into_iter().find(|row| row.event == "token.revoked").expect("a record");
    assert_eq!((row.person_id.as_deref(), row.client_id.as_deref()), (Some(kim.id.as_str()), Some("tthc")));
}
