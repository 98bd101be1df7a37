//! A passkey beside a password.

use super::scene::{FIRST, SECOND, Scene, TWO_FACTORS, Waiting};
use crate::support::{Browser, Official};
use motlan::base::digest::base64url;
use serde_json::json;

/// A browser whose sign-on by password waits for a second factor.
async fn below_the_level(scene: &Scene, person: &Official) -> (Browser, Waiting) {
    let mut browser = scene.app.browser();
    let waiting = scene.begin(&mut browser, &[("claims", TWO_FACTORS)]).await;
    waiting.post(&mut browser, "/signin", &[("username", &person.username)]).await;
    let answer = waiting.post(&mut browser, "/signin/password", &[("password", &person.password)]).await;
    assert!(answer.location().starts_with("/signin/second-factor"), "{}", answer.location());
    (browser, waiting)
}

#[tokio::test]
async fn a_passkey_beside_a_password_is_the_second_level() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;
    let (mut browser, waiting) = below_the_level(&scene, &scene.kim).await;
    let page = browser.get(&format!("{SECOND}?request={}", waiting.request)).await;
    assert_eq!((page.status, page.page()), (200, Some("second-factor-passkey")));

    let options = waiting.options(&mut browser, SECOND).await;
    assert_eq!(options["allowCredentials"], json!([{ "type": "public-key", "id": base64url(&device.id) }]));
    // Told which passkey it must be, a device may leave out whose it is.
    let credential = device.show_so(&options, |said| said.handle = None);
    let answer = waiting.answer(&mut browser, SECOND, &credential).await;

    let answer = browser.follow(answer).await;
    let claims = scene.id_token(&answer).await;
    assert_eq!((&claims["acr"], &claims["amr"]), (&json!("LoA2"), &json!(["pwd", "hwk"])));
    let again = waiting.answer(&mut browser, SECOND, &credential).await;
    assert_eq!(again.error_page(), Some("expired"), "the request was answered");
}

#[tokio::test]
async fn a_passkey_of_somebody_else_is_no_second_factor() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;
    let mut of_minh = scene.device_of(&scene.minh).await;
    let (mut browser, waiting) = below_the_level(&scene, &scene.kim).await;
    let handle = device.handle.clone();

    let options = waiting.options(&mut browser, SECOND).await;
    let theirs = of_minh.show(&options);
    let options = waiting.options(&mut browser, SECOND).await;
    let disguised = of_minh.show_so(&options, |said| said.handle = Some(handle));
    let options = waiting.options(&mut browser, SECOND).await;
    let nameless = of_minh.show_so(&options, |said| said.handle = None);
    let options = waiting.options(&mut browser, SECOND).await;
    let unverified = device.show_so(&options, |said| said.verified = false);
    let options = waiting.options(&mut browser, FIRST).await;
    let for_signing_in = device.show(&options);
    let wish = [("claims", TWO_FACTORS), ("prompt", "none")];
    for credential in [theirs, disguised, nameless, unverified, for_signing_in] {
        let answer = waiting.answer(&mut browser, SECOND, &credential).await;
        assert_eq!((answer.status, answer.page()), (422, Some("second-factor-passkey")), "{}", answer.body);
        let silent = browser.get(&scene.app.authorize_path(&scene.tthc, &wish)).await;
        assert_eq!(silent.param("code"), None, "the sign-on is where it was");
    }

    let failed = scene.rows_of("second_factor.failed").await;
    assert_eq!(failed.len(), 5);
    assert!(failed.iter().all(|row| row.person_id.as_deref() == Some(scene.kim.id.as_str())), "it is kim who is signed on");
    let credential = device.show(&waiting.options(&mut browser, SECOND).await);
    let answer = waiting.answer(&mut browser, SECOND, &credential).await;
    assert!(browser.follow(answer).await.param("code").is_some(), "one's own still counts");
}

#[tokio::test]
async fn a_challenge_for_the_second_factor_signs_nobody_in() {
    let scene = Scene::set().await;
    let mut device = scene.device_of(&scene.kim).await;
    let (mut browser, waiting) = below_the_level(&scene, &scene.kim).await;
    let credential = device.show(&waiting.options(&mut browser, SECOND).await);
    let before = scene.sign_ins().await;

    let answer = waiting.answer(&mut browser, FIRST, &credential).await;

    assert_eq!((answer.status, answer.page()), (422, Some("signin")));
    assert_eq!(scene.sign_ins().await, before);
}

#[tokio::test]
async fn whoever_has_no_passkey_is_asked_for_none() {
    let scene = Scene::set().await;
    let mut browser = scene.with_password(&scene.kim).await;
    let waiting = scene.begin(&mut browser, &[("prompt", "login")]).await;

    let page = browser.get(&format!("{SECOND}?request={}", waiting.request)).await;
    let options = waiting.post(&mut browser, &format!("{SECOND}/options"), &[]).await;

    assert_eq!((page.status, page.location()), (303, format!("/signin/second-factor?request={}", waiting.request).as_str()));
    assert_eq!(options.status, 404);
    assert_eq!(scene.app.browser().get(SECOND).await.error_page(), Some("expired"));
}
