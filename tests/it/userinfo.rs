//! Userinfo: the claims behind an access token that came in one proper way (OpenID Connect Core §5.3, RFC 6750).

use crate::support::requests::{FORM, USERINFO, send};
use crate::support::{Answer, TestApp};
use motlan::crypto::jwt::verify_with_jwks;
use motlan::crypto::keyring::TokenType;
use motlan::model::signing_key::Algorithm;
use serde_json::{Value, json};
use std::collections::BTreeMap;

async fn access_token(app: &TestApp, scope: &str) -> String {
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    app.tokens(&tthc, &kim, &[("scope", scope)]).await["access_token"].as_str().expect("a token").to_owned()
}

/// The attributes of a Bearer challenge; each may stand there once.
fn bearer_challenge(answer: &Answer) -> BTreeMap<String, String> {
    let header = answer.header("www-authenticate").expect("a challenge");
    let attributes = header.strip_prefix("Bearer ").unwrap_or_else(|| panic!("not a Bearer challenge: {header}"));
    let mut found = BTreeMap::new();
    for attribute in attributes.split("\", ").map(|attribute| attribute.trim_end_matches('"')) {
        let (name, value) = attribute.split_once("=\"").unwrap_or_else(|| panic!("{header}"));
        assert!(found.insert(name.to_owned(), value.to_owned()).is_none(), "{name} stands twice: {header}");
    }
    found
}

/// A challenge without an error, and no claims.
fn assert_bare(answer: &Answer, case: &str) {
    assert_eq!(answer.status, 401, "{case}");
    assert_eq!(bearer_challenge(answer).keys().collect::<Vec<_>>(), ["realm"], "{case}: no error when no token came");
    assert!(!answer.body.contains("sub"), "{case}: {}", answer.body);
}

/// An access token of ours in form, with one claim changed.
fn signed_with(app: &TestApp, token: &str, name: &str, value: Value, typ: TokenType) -> String {
    let mut claims = app.claims(token);
    claims[name] = value;
    let signer = app.services().keyring.signer(Algorithm::Es256, app.services().clock.now()).expect("a key");
    signer.sign(typ, claims.to_string().as_bytes()).expect("signed")
}

#[tokio::test]
async fn get_post_header_and_post_body_are_the_same() {
    let app = TestApp::start().await;
    let token = access_token(&app, "openid profile").await;
    let (bearer, lower, upper) = (format!("Bearer {token}"), format!("bearer {token}"), format!("BEARER {token}"));

    let by_get = send(&app, "GET", USERINFO, &[("authorization", &bearer)], "").await;
    let others = [
        send(&app, "POST", USERINFO, &[("authorization", &bearer)], "").await,
        send(&app, "POST", USERINFO, &[("content-type", FORM)], &format!("access_token={token}")).await,
        send(&app, "GET", USERINFO, &[("authorization", &lower)], "").await,
        send(&app, "GET", USERINFO, &[("authorization", &upper)], "").await,
    ];

    assert_eq!(by_get.status, 200);
    assert!(by_get.json()["name"].is_string());
    for answer in others {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json(), by_get.json());
    }
}

#[tokio::test]
async fn the_answer_is_json_with_sub_and_only_claims_that_have_a_value() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let tokens = app.tokens(&tthc, &kim, &[("scope", "openid profile email phone address unit position positions roles")]).await;

    let answer = app.userinfo(tokens["access_token"].as_str().expect("a token")).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let claims = answer.json();
    assert_eq!(claims["sub"], app.claims(tokens["id_token"].as_str().expect("an ID token"))["sub"]);
    for (name, value) in claims.as_object().expect("claims") {
        let empty = value.is_null() || *value == json!("") || *value == json!([]) || *value == json!({});
        assert!(!empty, "{name} is left out rather than empty");
    }
    for absent in ["address", "unit", "position", "positions", "roles"] {
        assert!(claims.get(absent).is_none(), "kim has no {absent}");
    }
}

#[tokio::test]
async fn a_missing_token_gets_a_bare_challenge() {
    let app = TestApp::start().await;

    let answers = [
        ("GET", send(&app, "GET", USERINFO, &[], "").await),
        ("POST", send(&app, "POST", USERINFO, &[("content-type", FORM)], "").await),
        ("an empty parameter", send(&app, "POST", USERINFO, &[("content-type", FORM)], "access_token=").await),
        ("another scheme", send(&app, "GET", USERINFO, &[("authorization", "Basic a2ltOmtpbQ==")], "").await),
    ];

    for (case, answer) in answers {
        assert_bare(&answer, case);
    }
}

#[tokio::test]
async fn a_bad_expired_or_revoked_token_is_invalid_token() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let code = app.code(&tthc, &kim, &[]).await;
    let tokens = app.redeem(&tthc, &code).await.json();
    let good = tokens["access_token"].as_str().expect("a token").to_owned();
    let id_token = tokens["id_token"].as_str().expect("an ID token").to_owned();
    let (dot, _) = good.match_indices('.').nth(1).expect("three parts");
    let mut altered = good.clone();
    altered.replace_range(dot + 1..dot + 2, if good[dot + 1..].starts_with('A') { "B" } else { "A" });
    let bad = [
        ("garbage", "abc".to_owned()),
        ("three parts of garbage", "a.b.c".to_owned()),
        ("altered", altered),
        ("an ID token", id_token),
        ("for another audience", signed_with(&app, &good, "aud", json!("https://api.example"), TokenType::Access)),
        ("of another issuer", signed_with(&app, &good, "iss", json!("https://other.example"), TokenType::Access)),
        ("of another type", signed_with(&app, &good, "jti", app.claims(&good)["jti"].clone(), TokenType::Logout)),
        ("of no grant", signed_with(&app, &good, "jti", json!("nothing.x"), TokenType::Access)),
    ];

    for (case, token) in bad {
        let answer = app.userinfo(&token).await;
        assert_eq!(answer.status, 401, "{case}");
        assert_eq!(bearer_challenge(&answer).get("error").map(String::as_str), Some("invalid_token"), "{case}");
        assert!(!answer.body.contains("sub"), "{case}");
    }
    assert_eq!(app.userinfo(&good).await.status, 200, "the good one is not harmed by the bad ones");

    assert_eq!(app.redeem(&tthc, &code).await.status, 400, "a second use of the code revokes");
    let revoked = app.userinfo(&good).await;
    assert_eq!((revoked.status, bearer_challenge(&revoked)["error"].as_str()), (401, "invalid_token"));
}

#[tokio::test]
async fn a_token_ends_at_its_end() {
    let app = TestApp::start().await;
    let token = access_token(&app, "openid").await;

    app.advance_seconds(299);
    let before = app.userinfo(&token).await;
    app.advance_seconds(1);
    let after = app.userinfo(&token).await;

    assert_eq!(before.status, 200);
    assert_eq!((after.status, bearer_challenge(&after)["error"].as_str()), (401, "invalid_token"));
}

#[tokio::test]
async fn a_token_without_openid_is_insufficient_scope() {
    let app = TestApp::start().await;
    let token = access_token(&app, "profile").await;

    let answer = app.userinfo(&token).await;

    assert_eq!(answer.status, 403);
    let challenge = bearer_challenge(&answer);
    assert_eq!(challenge["error"], "insufficient_scope");
    assert_eq!(challenge["scope"], "openid");
    assert!(!answer.body.contains("kim"), "{}", answer.body);
}

#[tokio::test]
async fn a_token_counts_once_in_the_header_or_a_posted_form_and_nowhere_else() {
    let app = TestApp::start().await;
    let token = access_token(&app, "openid").await;
    let bearer = format!("Bearer {token}");
    let form = format!("access_token={token}");
    let in_query = format!("{USERINFO}?{form}");
    let multipart = format!("--x\r\ncontent-disposition: form-data; name=\"access_token\"\r\n\r\n{token}\r\n--x--\r\n");
    let json_body = json!({ "access_token": token }).to_string();

    let twice = [
        ("header and body", send(&app, "POST", USERINFO, &[("authorization", &bearer), ("content-type", FORM)], &form).await),
        ("two in the body", send(&app, "POST", USERINFO, &[("content-type", FORM)], &format!("{form}&{form}")).await),
        ("two headers", send(&app, "GET", USERINFO, &[("authorization", &bearer), ("authorization", &bearer)], "").await),
        ("a header without a token", send(&app, "GET", USERINFO, &[("authorization", "Bearer")], "").await),
    ];
    let nowhere = [
        ("GET query", send(&app, "GET", &in_query, &[], "").await),
        ("POST query", send(&app, "POST", &in_query, &[("content-type", FORM)], "").await),
        ("GET with a body", send(&app, "GET", USERINFO, &[("content-type", FORM)], &form).await),
        ("JSON", send(&app, "POST", USERINFO, &[("content-type", "application/json")], &json_body).await),
        ("multipart", send(&app, "POST", USERINFO, &[("content-type", "multipart/form-data; boundary=x")], &multipart).await),
        ("no media type", send(&app, "POST", USERINFO, &[], &form).await),
    ];

    for (case, answer) in twice {
        assert_eq!(answer.status, 400, "{case}");
        assert_eq!(bearer_challenge(&answer)["error"], "invalid_request", "{case}");
    }
    for (case, answer) in nowhere {
        assert_bare(&answer, case);
    }
}

#[tokio::test]
async fn registered_origins_may_read_it_and_others_may_not() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let spa = app.client("spa", |settings| settings.allowed_origins = vec!["https://spa.example".to_owned()]).await;
    let bearer = format!("Bearer {}", app.tokens(&spa, &kim, &[]).await["access_token"].as_str().expect("a token"));

    let preflight_headers = [("origin", "https://spa.example"), ("access-control-request-method", "GET")];
    let preflight = send(&app, "OPTIONS", USERINFO, &preflight_headers, "").await;
    let registered = send(&app, "GET", USERINFO, &[("authorization", &bearer), ("origin", "https://spa.example")], "").await;
    assert_eq!(preflight.header("access-control-allow-origin"), Some("https://spa.example"));
    assert_eq!(registered.header("access-control-allow-origin"), Some("https://spa.example"));
    for answer in [&preflight, &registered] {
        assert!(answer.header("vary").is_some_and(|vary| vary.to_lowercase().contains("origin")));
        assert_eq!(answer.header("access-control-allow-credentials"), None, "cookies are never lent");
    }

    for foreign in ["https://evil.example", "https://spa.example.evil.example", "http://spa.example", "null"] {
        let answer = send(&app, "GET", USERINFO, &[("authorization", &bearer), ("origin", foreign)], "").await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{foreign} may not read the answer");
    }
}

#[tokio::test]
async fn a_client_that_registered_for_it_gets_its_claims_signed() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let keys = app.get("/oauth2/jwks").await.json();

    for algorithm in Algorithm::ALL {
        let id = algorithm.as_str().to_lowercase();
        let client = app.client(&id, |settings| settings.userinfo_alg = Some(algorithm)).await;
        let tokens = app.tokens(&client, &kim, &[("scope", "openid profile")]).await;
        let answer = app.userinfo(tokens["access_token"].as_str().expect("a token")).await;

        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/jwt")), "{id}");
        let verified = verify_with_jwks(&keys, &answer.body, &[algorithm]).expect("signed with a key of ours");
        let claims = Value::Object(verified.claims);
        assert_eq!((&claims["iss"], &claims["aud"]), (&json!(app.issuer()), &json!(client.id)), "{id}");
        assert_eq!(claims["sub"], app.claims(tokens["id_token"].as_str().expect("a token"))["sub"], "{id}");
        assert_eq!(claims["preferred_username"], "kim", "{id}");

        // It has an ID token's type and is none: nobody is named by it.
        let mut browser = app.browser();
        assert!(browser.sign_in(&kim, &app.authorize_path(&client, &[])).await.param("code").is_some());
        let hinted = app.authorize_path(&client, &[("prompt", "none"), ("id_token_hint", &answer.body)]);
        assert_eq!(browser.get(&hinted).await.param("error").as_deref(), Some("login_required"), "{id}");
    }
}
