//! Promises about who is meant when a system ends a sign-on: the hint and `client_id` name one client (RP-Initiated Logout §2).

use crate::support::TestApp;

const OWN: &str = "https://tthc.example/";
const OTHER: &str = "https://vanban.example/";

#[tokio::test]
async fn a_hint_and_a_client_id_name_one_client_or_nobody_is_signed_out() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    app.client("vanban", |_| {}).await;
    let mut browser = app.browser();
    let arrived = browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;
    let tokens = app.redeem(&tthc, &arrived.param("code").expect("a code")).await.json();
    let hint = tokens["id_token"].as_str().expect("an ID Token").to_owned();
    let silent = app.authorize_path(&tthc, &[("prompt", "none")]);

    for rest in ["", &format!("&post_logout_redirect_uri={OTHER}"), &format!("&post_logout_redirect_uri={OWN}")] {
        let answer = browser.get(&format!("/oauth2/logout?id_token_hint={hint}&client_id=vanban{rest}")).await;
        assert_eq!((answer.status, answer.error_page()), (400, Some("logout_refused")), "{rest}");
        assert!(browser.get(&silent).await.param("code").is_some(), "{rest}: still signed on");
    }
    let answer = browser.get(&format!("/oauth2/logout?id_token_hint={hint}&client_id=tthc&post_logout_redirect_uri={OWN}")).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some(OWN)));
    assert_eq!(browser.get(&silent).await.param("error").as_deref(), Some("login_required"));
}
