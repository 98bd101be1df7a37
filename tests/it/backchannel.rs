//! Back-channel logout: every system of a sign-on is told once, surely, and nobody waits for a slow one.

use crate::support::flows::enter;
use crate::support::records::{outbox, sid_of};
use crate::support::{Browser, TestApp, TestClient};
use motlan::base::id::SignOnId;
use motlan::crypto::jwt::verify_with_jwks;
use motlan::model::signing_key::Algorithm;
use motlan::protocol::logout_token::EVENT;
use motlan::service::logout::{self, Left};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::net::TcpListener;

const HOME: &str = "https://own.example/";
/// Seconds until the next try, as promised to operators of relying parties.
const WAITS: [i64; 8] = [2, 5, 15, 60, 300, 1_800, 7_200, 21_600];

/// A system that is told of sign-outs at an address.
async fn told_at(app: &TestApp, id: &str, address: String) -> TestClient {
    app.client(id, |settings| settings.backchannel_logout_uri = Some(address)).await
}

/// Signs out of a browser without delivering anything yet.
async fn sign_out(browser: &mut Browser, id_token: &str) {
    let answer = browser.get(&format!("/oauth2/logout?id_token_hint={id_token}&post_logout_redirect_uri={HOME}")).await;
    assert_eq!((answer.status, answer.location()), (303, HOME));
}

/// The logout token of a delivery's body.
fn token_of(body: &str) -> String {
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let [(name, token)] = fields.as_slice() else { panic!("one field: {body}") };
    assert_eq!(name, "logout_token");
    token.clone()
}

/// Someone in a browser, out of whom a system is to be told at `address`; answers what was left behind.
async fn left(app: &TestApp, address: String) -> SignOnId {
    let kim = app.official("kim").await;
    let own = app.client("own", |_| {}).await;
    let told = told_at(app, "told", address).await;
    let mut browser = app.browser();
    let (claims, id_token) = enter(app, &mut browser, &kim, &own).await;
    enter(app, &mut browser, &kim, &told).await;
    sign_out(&mut browser, &id_token).await;
    sid_of(&claims)
}

#[tokio::test]
async fn every_client_of_the_sign_on_is_told_once() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let receiver = app.receiver().await;
    let own = app.client("own", |_| {}).await;
    let a = told_at(&app, "a", receiver.url("/a")).await;
    let b = told_at(&app, "b", receiver.url("/b")).await;
    told_at(&app, "never-entered", receiver.url("/c")).await;
    let mut browser = app.browser();
    let (claims, id_token) = enter(&app, &mut browser, &kim, &own).await;
    for client in [&a, &b, &a] {
        enter(&app, &mut browser, &kim, client).await;
    }

    sign_out(&mut browser, &id_token).await;
    sign_out(&mut browser, &id_token).await;

    let waiting: Vec<String> = outbox(&app, &sid_of(&claims)).await.into_iter().map(|delivery| delivery.client_id).collect();
    assert_eq!(waiting, ["a", "b"], "own has no address, and one was never entered");
    assert!(receiver.received().is_empty(), "the person does not wait for the systems");
    app.deliver_logouts().await;
    app.deliver_logouts().await;
    let paths: BTreeSet<String> = receiver.received().into_iter().map(|(path, _)| path).collect();
    assert_eq!(paths, BTreeSet::from(["/a".to_owned(), "/b".to_owned()]));
    assert_eq!(receiver.received().len(), 2, "each is told once");
}

#[tokio::test]
async fn a_logout_token_has_its_claims_type_and_signature_and_no_nonce() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let receiver = app.receiver().await;
    let set = app.get("/oauth2/jwks").await.json();
    let own = app.client("own", |_| {}).await;
    let mut browser = app.browser();
    let (_, id_token) = enter(&app, &mut browser, &kim, &own).await;
    let mut entered = Vec::new();
    for (id, algorithm) in [("rs", Algorithm::Rs256), ("es", Algorithm::Es256), ("ed", Algorithm::EdDsa)] {
        let address = receiver.url(&format!("/{id}"));
        let client = app
            .client(id, |settings| {
                settings.id_token_alg = algorithm;
                settings.backchannel_logout_uri = Some(address);
            })
            .await;
        let (claims, _) = enter(&app, &mut browser, &kim, &client).await;
        entered.push((id, algorithm, claims));
    }

    sign_out(&mut browser, &id_token).await;
    app.deliver_logouts().await;

    let received = receiver.received();
    let mut numbers = BTreeSet::new();
    for (id, algorithm, of_id_token) in entered {
        let (_, body) =
            received.iter().find(|(path, _)| *path == format!("/{id}")).unwrap_or_else(|| panic!("{id} was not told"));
        let token = token_of(body);
        let (header, claims) = (app.header(&token), app.claims(&token));
        assert_eq!(header["typ"], "logout+jwt");
        assert_eq!(header["alg"], algorithm.as_str());
        assert!(verify_with_jwks(&set, &token, &Algorithm::ALL).is_ok(), "{id}");
        let names: BTreeSet<&str> = claims.as_object().expect("claims").keys().map(String::as_str).collect();
        assert_eq!(names, BTreeSet::from(["iss", "aud", "iat", "exp", "jti", "events", "sub", "sid"]), "never a nonce");
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!(app.issuer()), &json!(id)));
        assert_eq!((&claims["sub"], &claims["sid"]), (&of_id_token["sub"], &of_id_token["sid"]));
        assert_eq!(claims["events"], json!({ EVENT: {} }));
        let lifetime = claims["exp"].as_i64().expect("seconds") - claims["iat"].as_i64().expect("seconds");
        assert!((1..=120).contains(&lifetime), "{lifetime} s");
        assert!(numbers.insert(claims["jti"].to_string()), "every token has its own number");
    }
}

#[tokio::test]
async fn it_is_posted_as_a_form_and_200_or_204_is_a_receipt() {
    for status in [200, 204] {
        let app = TestApp::start().await;
        let receiver = app.receiver().await;
        receiver.answer_with(status);
        let sid = left(&app, receiver.url("/out?tenant=1")).await;
        assert_eq!(outbox(&app, &sid).await[0].delivered_at, None);

        app.deliver_logouts().await;
        app.advance_seconds(86_400);
        app.deliver_logouts().await;

        let received = receiver.received();
        let [(path, body)] = received.as_slice() else { panic!("{status}: told once: {received:?}") };
        assert!(path.starts_with("/out"), "{path}");
        assert!(!token_of(body).is_empty());
        let delivery = outbox(&app, &sid).await.remove(0);
        assert!(delivery.delivered_at.is_some() && delivery.dead_at.is_none(), "{status}");
        assert_eq!(delivery.attempts, 1, "{status}");
    }
}

#[tokio::test]
async fn a_failed_delivery_is_tried_again_and_then_given_up() {
    for status in [500, 400, 302] {
        let app = TestApp::start().await;
        let receiver = app.receiver().await;
        receiver.answer_with(status);
        let sid = left(&app, receiver.url("/out")).await;
        app.deliver_logouts().await;

        for (tries, wait) in WAITS.into_iter().enumerate() {
            assert_eq!(receiver.received().len(), tries + 1, "{status}");
            app.advance_seconds(wait - 1);
            app.deliver_logouts().await;
            assert_eq!(receiver.received().len(), tries + 1, "{status}: not before {wait} s");
            assert_eq!(outbox(&app, &sid).await[0].dead_at, None, "{status}: not given up yet");
            app.advance_seconds(1);
            app.deliver_logouts().await;
        }

        let delivery = outbox(&app, &sid).await.remove(0);
        assert!(delivery.dead_at.is_some() && delivery.delivered_at.is_none(), "{status}: a dead letter");
        app.advance_seconds(86_400);
        app.deliver_logouts().await;
        let tokens: BTreeSet<String> = receiver.received().iter().map(|(_, body)| token_of(body)).collect();
        assert_eq!(tokens.len(), WAITS.len() + 1, "{status}: every try has a token of its own, and none comes after the last");
    }
}

#[tokio::test]
async fn a_delivery_that_failed_at_first_arrives_later() {
    let app = TestApp::start().await;
    let receiver = app.receiver().await;
    receiver.answer_with(503);
    let sid = left(&app, receiver.url("/out")).await;
    app.deliver_logouts().await;

    receiver.answer_with(200);
    app.advance_seconds(WAITS[0]);
    app.deliver_logouts().await;

    let delivery = outbox(&app, &sid).await.remove(0);
    assert!(delivery.delivered_at.is_some());
    assert_eq!(delivery.attempts, 2);
}

#[tokio::test]
async fn a_slow_client_holds_up_nobody() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let receiver = app.receiver().await;
    // It takes connections and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}/out", silent.local_addr().expect("an address"));
    let own = app.client("own", |_| {}).await;
    let slow = told_at(&app, "a-slow-one", address).await;
    let quick = told_at(&app, "quick", receiver.url("/out")).await;
    let mut browser = app.browser();
    let (claims, id_token) = enter(&app, &mut browser, &kim, &own).await;
    for client in [&slow, &quick] {
        enter(&app, &mut browser, &kim, client).await;
    }

    let out = tokio::time::timeout(Duration::from_secs(4), sign_out(&mut browser, &id_token)).await;
    assert!(out.is_ok(), "the person does not wait for the systems");
    let delivered = tokio::time::timeout(Duration::from_secs(25), app.deliver_logouts()).await;

    assert!(delivered.is_ok(), "a silent system is given up on in time");
    assert_eq!(receiver.received().len(), 1, "the quick one was told");
    let deliveries = outbox(&app, &sid_of(&claims)).await;
    let [slow, quick] = deliveries.as_slice() else { panic!("two deliveries: {deliveries:?}") };
    assert!(slow.delivered_at.is_none() && slow.attempts == 1, "{slow:?}");
    assert!(quick.delivered_at.is_some(), "{quick:?}");
    drop(silent);
}

#[tokio::test]
async fn sid_is_one_per_sign_on_and_in_every_id_token() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let receiver = app.receiver().await;
    let own = app.client("own", |_| {}).await;
    let told = told_at(&app, "told", receiver.url("/out")).await;
    let mut browser = app.browser();

    let (first, id_token) = enter(&app, &mut browser, &kim, &own).await;
    let (second, _) = enter(&app, &mut browser, &kim, &told).await;
    let (elsewhere, _) = enter(&app, &mut app.browser(), &kim, &own).await;
    sign_out(&mut browser, &id_token).await;
    app.deliver_logouts().await;
    let (after, _) = enter(&app, &mut browser, &kim, &own).await;

    let sid = first["sid"].as_str().expect("a sid");
    assert_eq!(second["sid"], sid);
    assert_eq!(app.claims(&token_of(&receiver.received()[0].1))["sid"], sid);
    assert_ne!(elsewhere["sid"], sid, "another browser, another sign-on");
    assert_ne!(after["sid"], sid, "after sign-out a new one");
}

#[tokio::test]
async fn each_system_that_was_entered_is_told_of_with_how_it_was_left() {
    let app = TestApp::start().await;
    let kim = app.official("kim.nt").await;
    let own = app.client("own", |settings| settings.post_logout_redirect_uris = vec![HOME.to_owned()]).await;
    let (hears, refuses) = (app.receiver().await, app.receiver().await);
    refuses.answer_with(500);
    let mut browser = app.browser();
    let (claims, id_token) = enter(&app, &mut browser, &kim, &own).await;
    for client in [told_at(&app, "hears", hears.url("/out")).await, told_at(&app, "refuses", refuses.url("/out")).await] {
        enter(&app, &mut browser, &kim, &client).await;
    }
    sign_out(&mut browser, &id_token).await;
    let sid = sid_of(&claims);
    let left = async || {
        let systems = logout::systems(app.services(), &sid).await.expect("an answer");
        systems.into_iter().collect::<BTreeMap<String, Left>>()
    };
    let expected = |hears: Left, refuses: Left| {
        let named = [("own", Left::Manual), ("hears", hears), ("refuses", refuses)];
        named.map(|(id, left)| (format!("Hệ thống {id}"), left)).into_iter().collect::<BTreeMap<String, Left>>()
    };

    assert_eq!(left().await, expected(Left::Waiting, Left::Waiting));
    app.deliver_logouts().await;
    assert_eq!(left().await, expected(Left::Done, Left::Waiting));
    for wait in WAITS {
        app.advance_seconds(wait);
        app.deliver_logouts().await;
    }
    assert_eq!(left().await, expected(Left::Done, Left::Manual), "nobody tries any more: the person must");
}
