//! Two nodes on one PostgreSQL and one Redis behave as one. On SQLite there is
//! one process, so these promises are proven by the other run of the suite.

use crate::support::TestApp;
use motlan::base::digest::sha256;
use motlan::service::logout;
use motlan::store::sign_ons;

#[tokio::test]
async fn a_sign_in_on_one_node_is_silent_on_the_other_and_its_code_is_redeemed_on_either() {
    let Some((first, second)) = TestApp::two_nodes().await else { return };
    let kim = first.official("kim").await;
    let tthc = first.client("tthc", |_| {}).await;
    let mut browser = first.browser();
    browser.sign_in(&kim, &first.authorize_path(&tthc, &[])).await;

    let mut there = second.browser();
    there.cookies.clone_from(&browser.cookies);
    let silent = there.get(&second.authorize_path(&tthc, &[("prompt", "none")])).await;
    let code = silent.param("code").expect("a code");
    let redeemed = first.redeem(&tthc, &code).await;
    let again = second.redeem(&tthc, &code).await;

    assert_eq!(redeemed.status, 200, "{}", redeemed.body);
    assert_eq!(again.json()["error"], "invalid_grant");
    second.sync().await;
    first.sync().await;
    let access = redeemed.json()["access_token"].as_str().expect("a token").to_owned();
    assert_eq!(first.userinfo(&access).await.status, 401, "the second use revoked what the first issued");
}

#[tokio::test]
async fn what_ends_on_one_node_is_refused_on_the_other_once_it_looked() {
    let Some((first, second)) = TestApp::two_nodes().await else { return };
    let kim = first.official("kim").await;
    let tthc = first.client("tthc", |_| {}).await;
    let mut browser = first.browser();
    let entered = browser.sign_in(&kim, &first.authorize_path(&tthc, &[])).await;
    let tokens = first.redeem(&tthc, &entered.param("code").expect("a code")).await.json();
    let access = tokens["access_token"].as_str().expect("a token").to_owned();
    let mut there = second.browser();
    there.cookies.clone_from(&browser.cookies);
    second.sync().await;
    assert!(there.get(&second.authorize_path(&tthc, &[("prompt", "none")])).await.param("code").is_some());
    assert_eq!(second.userinfo(&access).await.status, 200);

    let cookie = sha256(browser.cookies["__Host-motlan_sign_on"].as_bytes());
    let sign_on = sign_ons::find_by_cookie(&mut first.services().store.read().await.expect("a connection"), &cookie).await;
    let origin = motlan::service::Origin::command_line();
    let ended = logout::end(first.services(), &sign_on.expect("an answer").expect("a sign-on"), "os:test", &origin).await;
    assert!(ended.expect("an answer"));
    second.sync().await;

    let silent = there.get(&second.authorize_path(&tthc, &[("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("login_required"));
    assert_eq!(second.userinfo(&access).await.status, 401);
}

#[tokio::test]
async fn a_node_that_cannot_look_for_a_second_trusts_its_memory_no_more() {
    let Some((first, second)) = TestApp::two_nodes().await else { return };
    let kim = first.official("kim").await;
    let tthc = first.client("tthc", |_| {}).await;
    let mut browser = first.browser();
    browser.sign_in(&kim, &first.authorize_path(&tthc, &[])).await;
    let mut there = second.browser();
    there.cookies.clone_from(&browser.cookies);
    second.sync().await;
    assert!(there.get(&second.authorize_path(&tthc, &[("prompt", "none")])).await.param("code").is_some());

    let mut out = first.browser();
    out.cookies.clone_from(&browser.cookies);
    let page = out.get("/oauth2/logout").await;
    out.post("/oauth2/logout", &[("csrf", &page.hidden("csrf")), ("decision", "confirm")]).await;
    // The second node has not looked since; a moment later it asks the store itself.
    second.advance_seconds(2);

    let silent = there.get(&second.authorize_path(&tthc, &[("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn keys_made_on_one_node_verify_on_the_other() {
    let Some((first, second)) = TestApp::two_nodes().await else { return };

    let shown = |app: &TestApp| {
        let app = app.clone();
        async move { app.get("/oauth2/jwks").await.json() }
    };
    assert_eq!(shown(&first).await, shown(&second).await);

    motlan::service::keys::rotate(first.services(), &motlan::model::signing_key::Algorithm::ALL, false, "os:test")
        .await
        .expect("a rotation");
    second.sync().await;

    assert_eq!(shown(&first).await["keys"].as_array().map(Vec::len), Some(8));
    assert_eq!(shown(&first).await, shown(&second).await, "announced on both before use");
}
