//! Promises about introspection that is answered by a signed JWT (RFC 9701).

use crate::support::introspection::{PATH, Scene, ask, nothing};
use crate::support::requests::{post, text};
use crate::support::resources::{API, add_api};
use crate::support::{Answer, TestApp};
use motlan::model::signing_key::Algorithm;
use serde_json::{Value, json};

const SIGNED: &str = "application/token-introspection+jwt";

/// A signed answer, verified with the keys that the provider shows.
async fn verified(app: &TestApp, answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), Some(SIGNED));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    app.verified(&answer.body).await
}

#[tokio::test]
async fn a_signed_answer_is_for_its_asker_and_is_no_token() {
    let scene = Scene::set().await;
    let Scene { app, kho, stranger, .. } = &scene;
    let tokens = scene.tokens().await;
    let fields = [("token", text(&tokens, "access_token"))];

    let plain = post(app, kho, PATH, &fields, &[]).await;
    let answer = post(app, kho, PATH, &fields, &[("accept", SIGNED)]).await;
    let among_others = post(app, kho, PATH, &fields, &[("accept", "text/html, application/token-introspection+jwt;q=0.9")]).await;
    let not_theirs = post(app, stranger, PATH, &fields, &[("accept", SIGNED)]).await;
    let claims = verified(app, &answer).await;
    let header = app.header(&answer.body);
    let nothing_told = verified(app, &not_theirs).await;

    assert_eq!(header["typ"], "token-introspection+jwt");
    assert_ne!(header["alg"], "none");
    let mut names: Vec<&String> = claims.as_object().expect("members").keys().collect();
    names.sort();
    assert_eq!(names, ["aud", "iat", "iss", "token_introspection"], "no sub and no exp, so that it opens nothing");
    assert_eq!(
        (&claims["iss"], &claims["aud"], &claims["iat"]),
        (&json!(app.issuer()), &json!("kho"), &json!(app.now_seconds()))
    );
    assert_eq!(claims["token_introspection"], plain.json());
    assert_eq!(claims["token_introspection"]["iss"], app.issuer());
    assert!(claims["token_introspection"]["aud"].as_array().is_some_and(|names| names.iter().any(|name| name == API)));
    assert_eq!(verified(app, &among_others).await["token_introspection"]["active"], true);
    assert_eq!(nothing_told["aud"], "khach");
    assert_eq!(nothing_told["token_introspection"], json!({ "active": false }));
    assert_eq!(app.userinfo(&answer.body).await.status, 401, "it is no access token");
    nothing(&ask(app, kho, &answer.body).await, "nor a token to ask about");
}

#[tokio::test]
async fn answers_are_signed_as_registered() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let kim = app.official("kim").await;
    for algorithm in Algorithm::ALL {
        let id = format!("kho-{}", algorithm.as_str().to_lowercase());
        let kho = app.client(&id, |settings| settings.introspection_alg = Some(algorithm)).await;
        let tokens = app.tokens(&kho, &kim, &[]).await;
        let fields = [("token", text(&tokens, "access_token"))];

        let unasked = post(&app, &kho, PATH, &fields, &[]).await;
        let asked = post(&app, &kho, PATH, &fields, &[("accept", SIGNED)]).await;
        let plain = post(&app, &kho, PATH, &fields, &[("accept", "application/json")]).await;

        for answer in [&unasked, &asked] {
            assert_eq!(verified(&app, answer).await["token_introspection"]["active"], true, "{id}");
            assert_eq!(app.header(&answer.body)["alg"], algorithm.as_str());
        }
        assert_eq!(plain.json()["active"], true, "who wants JSON gets it: {}", plain.body);
    }
    let announced =
        app.get("/.well-known/openid-configuration").await.json()["introspection_signing_alg_values_supported"].clone();
    assert_eq!(announced, json!(Algorithm::ALL.map(Algorithm::as_str)));
}

#[tokio::test]
async fn without_a_registered_algorithm_a_signed_answer_is_rs256() {
    let scene = Scene::set().await;
    let tokens = scene.tokens().await;
    let fields = [("token", text(&tokens, "access_token"))];

    let answer = post(&scene.app, &scene.kho, PATH, &fields, &[("accept", SIGNED)]).await;

    assert_eq!(verified(&scene.app, &answer).await["token_introspection"]["active"], true);
    assert_eq!(scene.app.header(&answer.body)["alg"], "RS256");
}
