//! Answers that another site posts: kept for a moment, few of them, and led on to our own page and to no other.

use super::{START, claims_of_an, scene, sign_on_of};
use crate::support::TestApp;

const BACK: &str = "/signin/federation/bd/callback";

#[tokio::test]
async fn of_one_sign_in_three_answers_are_kept_in_a_minute() {
    let (app, upstream, an) = scene("form_post = true\n").await;
    let (mut browser, mut other) = (app.browser(), app.browser());
    let sent = upstream.sent(&mut browser, START).await;
    let elsewhere = upstream.sent(&mut other, START).await;
    let code = upstream.code(&app, &sent, &claims_of_an());
    let fields = [("state", sent.get("state")), ("code", code.as_str()), ("iss", upstream.issuer.as_str())];

    let mut handles = Vec::new();
    for _ in 0..5 {
        let posted = app.post(BACK, &fields).await;
        assert_eq!(posted.status, 303);
        handles.push(posted.param("answer").expect("a handle, or none"));
    }

    assert!(handles[..3].iter().all(|handle| !handle.is_empty()), "{handles:?}");
    assert!(handles[3..].iter().all(String::is_empty), "{handles:?}");
    let posted = app.post(BACK, &[("state", elsewhere.get("state")), ("code", "c")]).await;
    assert_ne!(posted.param("answer").as_deref(), Some(""), "those of another sign-in are kept");
    let answer = browser.get(&format!("{BACK}?answer={}", handles[2])).await;
    browser.follow(answer).await;
    assert_eq!(sign_on_of(&app, &browser).await.map(|sign_on| sign_on.person), Some(an), "and whoever it is comes in");
}

#[tokio::test]
async fn no_address_is_made_of_what_can_be_no_source() {
    let app = TestApp::start().await;
    let fields = [("state", "s"), ("code", "c")];
    for source in ["bd%3Fanswer=x%23", "..", "..%2F..%2Fke-gian", "%2F%2Fke-gian.example", "BD", "b%20d", "b%C3%A1"] {
        let posted = app.post(&format!("/signin/federation/{source}/callback"), &fields).await;

        assert_eq!((posted.status, posted.header("location")), (404, None), "{source}");
    }
    let unknown = app.post("/signin/federation/khong-co/callback", &fields).await;
    assert_eq!((unknown.status, unknown.location()), (303, "/signin/federation/khong-co/callback?answer="));
}
