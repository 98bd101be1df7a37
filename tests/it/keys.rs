//! Signing keys: announced before use, kept after, dropped at once when they must (OpenID Connect Core §10.1.1).

use crate::support::TestApp;
use motlan::base::digest::from_base64url;
use motlan::crypto::jwt::verify_with_jwks;
use motlan::model::signing_key::Algorithm;
use motlan::service::keys;
use serde_json::Value;
use std::collections::BTreeSet;

const DAY_SECONDS: i64 = 86_400;

async fn jwks(app: &TestApp) -> Value {
    app.get("/oauth2/jwks").await.json()
}

fn kids(jwks: &Value) -> BTreeSet<String> {
    jwks["keys"].as_array().expect("keys").iter().map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect()
}

fn kid_of(app: &TestApp, token: &Value) -> String {
    app.header(token.as_str().expect("a token"))["kid"].as_str().expect("a kid").to_owned()
}

fn length(key: &Value, member: &str) -> usize {
    from_base64url(key[member].as_str().expect("a member")).expect("base64url").len()
}

#[tokio::test]
async fn the_set_holds_public_keys_with_kid_alg_and_use() {
    let app = TestApp::start().await;

    let answer = app.get("/oauth2/jwks").await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let set = answer.json();
    let keys = set["keys"].as_array().expect("keys");
    assert_eq!(kids(&set).len(), keys.len(), "every kid is its own");
    for key in keys {
        assert_eq!(key["use"], "sig");
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "x5c", "x5u"] {
            assert!(key.get(private).is_none(), "{private}");
        }
    }
    let of = |alg: &str| keys.iter().find(|key| key["alg"] == alg).unwrap_or_else(|| panic!("a key for {alg}"));
    let (rsa, p256, ed25519) = (of("RS256"), of("ES256"), of("EdDSA"));
    assert_eq!((rsa["kty"].as_str(), length(rsa, "n")), (Some("RSA"), 256));
    assert_eq!((p256["crv"].as_str(), length(p256, "x"), length(p256, "y")), (Some("P-256"), 32, 32));
    assert_eq!((ed25519["crv"].as_str(), length(ed25519, "x")), (Some("Ed25519"), 32));
}

#[tokio::test]
async fn a_new_key_is_announced_before_use_and_kept_after() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |settings| settings.id_token_alg = Algorithm::Es256).await;
    let before = kids(&jwks(&app).await);
    let old = kid_of(&app, &app.tokens(&tthc, &kim, &[]).await["id_token"]);

    keys::rotate(app.services(), &[Algorithm::Es256], false, "test").await.expect("rotated");

    let announced = kids(&jwks(&app).await);
    let fresh: Vec<&String> = announced.difference(&before).collect();
    let [fresh] = fresh.as_slice() else { panic!("one new key is announced: {fresh:?}") };
    assert!(before.is_subset(&announced));
    assert_eq!(kid_of(&app, &app.tokens(&tthc, &kim, &[]).await["id_token"]), old, "announced, not used yet");

    app.advance_seconds(DAY_SECONDS - 60);
    let last = app.tokens(&tthc, &kim, &[]).await;
    assert_eq!(kid_of(&app, &last["id_token"]), old);
    app.advance_seconds(60);
    let first = app.tokens(&tthc, &kim, &[]).await;

    assert_eq!(kid_of(&app, &first["id_token"]), **fresh);
    assert_eq!(kid_of(&app, &first["access_token"]), **fresh);
    let set = jwks(&app).await;
    assert!(
        verify_with_jwks(&set, last["id_token"].as_str().expect("a token"), &Algorithm::ALL).is_ok(),
        "the old key still verifies"
    );
    assert_eq!(app.userinfo(last["access_token"].as_str().expect("a token")).await.status, 200);

    app.advance_seconds(30 * DAY_SECONDS);
    let later = kids(&jwks(&app).await);
    assert!(!later.contains(&old) && later.contains(*fresh), "{later:?}");
}

#[tokio::test]
async fn a_revoked_key_is_gone_from_the_set_at_once() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |settings| settings.id_token_alg = Algorithm::Es256).await;
    let tokens = app.tokens(&tthc, &kim, &[]).await;
    let access_token = tokens["access_token"].as_str().expect("a token");
    let kid = kid_of(&app, &tokens["access_token"]);
    assert_eq!(app.userinfo(access_token).await.status, 200);

    assert!(keys::revoke(app.services(), &kid, "test").await.expect("answered"));

    let set = jwks(&app).await;
    assert!(!kids(&set).contains(&kid));
    assert_eq!(app.userinfo(access_token).await.status, 401);
    let fresh = app.tokens(&tthc, &kim, &[]).await;
    assert_ne!(kid_of(&app, &fresh["id_token"]), kid);
    assert!(verify_with_jwks(&set, fresh["id_token"].as_str().expect("a token"), &Algorithm::ALL).is_ok());
    assert!(app.audit_events().await.contains(&"key.revoked".to_owned()));
    assert!(!keys::revoke(app.services(), &kid, "test").await.expect("answered"), "a key is revoked once");
}
