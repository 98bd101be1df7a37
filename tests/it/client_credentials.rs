//! Promises about clients that speak for themselves (RFC 6749 §4.4), and what their tokens say (RFC 9068).

use crate::support::clients::public;
use crate::support::records::count_of;
use crate::support::requests::{post, refused_with, scopes, text, userinfo_refused};
use crate::support::resources::{API, add_api, add_resource, machine, reaching};
use crate::support::{Answer, TestApp, TestClient};
use motlan::crypto::jwt::verify_with_jwks;
use motlan::model::signing_key::Algorithm;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const OTHER: &str = "https://api.example/cong-van";

async fn ask(app: &TestApp, client: &TestClient, more: &[(&str, &str)]) -> Answer {
    let fields = [more, &[("grant_type", "client_credentials")]].concat();
    post(app, client, "/oauth2/token", &fields, &[]).await
}

async fn issued(app: &TestApp, client: &TestClient, more: &[(&str, &str)]) -> Value {
    let answer = ask(app, client, more).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// The API of hồ sơ, another of công văn, and a machine that may ask for both.
async fn scene() -> (TestApp, TestClient) {
    let app = TestApp::start().await;
    add_api(&app).await;
    add_resource(&app, json!({"identifier": OTHER, "name": "Công văn", "scopes": ["cong_van.doc"]})).await;
    add_resource(&app, json!({"identifier": "https://api.example/mat", "name": "Mật", "scopes": ["mat.doc"]})).await;
    let lgsp = app
        .client("lgsp", |settings| {
            machine(settings);
            settings.resources.push(OTHER.to_owned());
            settings.scopes.push("cong_van.doc".to_owned());
        })
        .await;
    (app, lgsp)
}

#[tokio::test]
async fn a_client_that_proves_itself_gets_a_token_and_nothing_else() {
    let (app, lgsp) = scene().await;

    let answer = ask(&app, &lgsp, &[("scope", "ho_so.doc"), ("resource", API)]).await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let tokens = answer.json();
    let members: BTreeSet<&str> = tokens.as_object().expect("members").keys().map(String::as_str).collect();
    assert_eq!(members, BTreeSet::from(["access_token", "token_type", "expires_in", "scope"]), "no refresh and no ID token");
    assert_eq!((&tokens["token_type"], &tokens["scope"]), (&json!("Bearer"), &json!("ho_so.doc")));
    assert!(tokens["expires_in"].as_i64().is_some_and(|seconds| (30..=300).contains(&seconds)));
    assert_eq!(count_of(&app, "token.issued").await, 1);
}

#[tokio::test]
async fn the_token_is_a_signed_jwt_about_the_client() {
    let (app, lgsp) = scene().await;
    let tokens = issued(&app, &lgsp, &[("scope", "ho_so.doc"), ("resource", API)]).await;
    let again = issued(&app, &lgsp, &[("scope", "ho_so.doc"), ("resource", API)]).await;
    let token = text(&tokens, "access_token");
    let set = app.get("/oauth2/jwks").await.json();
    let now = app.now_seconds();

    let claims = Value::Object(verify_with_jwks(&set, token, &Algorithm::ALL).expect("a good signature").claims);

    let header = app.header(token);
    assert_eq!(header["typ"], "at+jwt");
    assert_ne!(header["alg"], "none");
    let names: BTreeSet<&str> = claims.as_object().expect("claims").keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope"]), "nobody signed in");
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(app.issuer()), &json!(API)));
    assert_eq!((&claims["sub"], &claims["client_id"]), (&json!("lgsp"), &json!("lgsp")));
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(now), &json!(now + 300)));
    assert_eq!(claims["scope"], "ho_so.doc");
    assert_ne!(claims["jti"], app.claims(text(&again, "access_token"))["jti"]);
}

#[tokio::test]
async fn a_token_is_signed_with_the_clients_algorithm() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let set = app.get("/oauth2/jwks").await.json();

    for algorithm in Algorithm::ALL {
        let id = format!("may-{}", algorithm.as_str().to_lowercase());
        let client = app
            .client(&id, |settings| {
                machine(settings);
                settings.access_token_alg = algorithm;
            })
            .await;
        let tokens = issued(&app, &client, &[]).await;
        let token = text(&tokens, "access_token");

        assert_eq!(app.header(token)["alg"], algorithm.as_str());
        assert!(verify_with_jwks(&set, token, &[algorithm]).is_ok(), "{id}");
    }
}

#[tokio::test]
async fn a_token_of_a_person_tells_when_and_how_they_signed_in() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", reaching).await;
    let tokens = app.tokens(&tthc, &kim, &[("scope", "openid ho_so.doc offline_access")]).await;
    let first = app.claims(text(&tokens, "access_token"));
    let id_token = app.claims(text(&tokens, "id_token"));
    app.advance_seconds(100);
    let form = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    let refreshed = app.token(&tthc, &form).await.json();
    let second = app.claims(text(&refreshed, "access_token"));

    assert_eq!((&first["sub"], &first["client_id"]), (&id_token["sub"], &json!("tthc")));
    for same in ["sub", "auth_time", "acr", "client_id", "aud", "scope"] {
        assert_eq!(second[same], first[same], "{same}");
    }
    assert_eq!(first["auth_time"], id_token["auth_time"]);
    assert!(second["iat"].as_i64() > first["iat"].as_i64() && second["jti"] != first["jti"]);
}

#[tokio::test]
async fn without_a_scope_it_gets_all_that_it_may_have() {
    let (app, lgsp) = scene().await;

    let of_one = issued(&app, &lgsp, &[("resource", API)]).await;
    let of_other = issued(&app, &lgsp, &[("resource", OTHER)]).await;

    assert_eq!(scopes(&of_one), BTreeSet::from(["ho_so.doc", "ho_so.ghi"]));
    assert_eq!(scopes(&of_other), BTreeSet::from(["cong_van.doc"]));
}

#[tokio::test]
async fn the_audience_is_what_was_asked_or_what_the_scopes_mean() {
    let (app, lgsp) = scene().await;
    let table: [(&[(&str, &str)], Value, &str); 5] = [
        (&[("scope", "ho_so.doc")], json!(API), "ho_so.doc"),
        (&[("scope", "cong_van.doc")], json!(OTHER), "cong_van.doc"),
        (&[("scope", "ho_so.doc ho_so.ghi"), ("resource", API)], json!(API), "ho_so.doc ho_so.ghi"),
        (&[("scope", "ho_so.doc cong_van.doc"), ("resource", OTHER)], json!(OTHER), "cong_van.doc"),
        (
            &[("scope", "ho_so.doc cong_van.doc"), ("resource", API), ("resource", OTHER)],
            json!([API, OTHER]),
            "cong_van.doc ho_so.doc",
        ),
    ];

    for (asked, audience, scope) in table {
        let tokens = issued(&app, &lgsp, asked).await;
        let claims = app.claims(text(&tokens, "access_token"));
        assert_eq!(claims["aud"], audience, "{asked:?}");
        assert_eq!((&claims["scope"], &tokens["scope"]), (&json!(scope), &json!(scope)), "{asked:?}");
    }
}

#[tokio::test]
async fn scopes_that_it_may_not_have_and_scopes_about_people_are_refused() {
    let (app, lgsp) = scene().await;

    for scope in ["openid", "profile", "ho_so.doc openid", "offline_access", "roles", "mat.doc", "ho_so.doc nothing", "ho\"so"] {
        let answer = ask(&app, &lgsp, &[("scope", scope)]).await;
        refused_with(&answer, "invalid_scope", scope);
    }
    assert_eq!(count_of(&app, "token.issued").await, 0);
}

#[tokio::test]
async fn a_resource_that_is_unknown_malformed_or_not_its_own_is_refused() {
    let (app, lgsp) = scene().await;

    for resource in [
        "https://api.example/mat",
        "https://api.example/nothing",
        "https://api.example/ho-so/",
        "/ho-so",
        "https://api.example/ho-so#a",
    ] {
        let answer = ask(&app, &lgsp, &[("resource", resource)]).await;
        refused_with(&answer, "invalid_target", resource);
        let beside = ask(&app, &lgsp, &[("resource", API), ("resource", resource)]).await;
        refused_with(&beside, "invalid_target", resource);
    }
    assert_eq!(count_of(&app, "token.issued").await, 0);
}

#[tokio::test]
async fn only_clients_that_are_registered_for_it_and_prove_themselves_may_use_it() {
    let (app, lgsp) = scene().await;
    let tthc = app.client("tthc", |_| {}).await;
    let phone = app.client("phone", public).await;
    let mut wrong = lgsp.clone();
    wrong.secret = Some("x".repeat(43));

    refused_with(&ask(&app, &tthc, &[]).await, "unauthorized_client", "not registered for it");
    refused_with(&ask(&app, &phone, &[]).await, "unauthorized_client", "a public client");
    refused_with(&ask(&app, &wrong, &[]).await, "invalid_client", "a wrong secret");
    let named = [("grant_type", "client_credentials"), ("client_id", "lgsp")];
    refused_with(&app.post("/oauth2/token", &named).await, "invalid_client", "by its name only");
    let code = [("grant_type", "authorization_code"), ("code", "x")];
    refused_with(&post(&app, &lgsp, "/oauth2/token", &code, &[]).await, "unauthorized_client", "a person's grant");
    assert_eq!(count_of(&app, "token.issued").await, 0);
}

#[tokio::test]
async fn its_token_opens_no_userinfo() {
    let (app, lgsp) = scene().await;
    let alone = app
        .client("mot-minh", |settings| {
            machine(settings);
            settings.resources.clear();
            settings.scopes.clear();
        })
        .await;
    let tokens = issued(&app, &lgsp, &[]).await;

    let of_api = app.userinfo(text(&tokens, "access_token")).await;
    userinfo_refused(&of_api, "Bearer", "invalid_token", "a token for an API");

    let answer = ask(&app, &alone, &[]).await;
    if answer.status == 200 {
        let tokens = answer.json();
        assert_eq!(app.claims(text(&tokens, "access_token"))["aud"], app.issuer(), "there is always an audience");
        assert_ne!(tokens["scope"], "", "no scope is no member (RFC 6749 section 3.3)");
        let refused = app.userinfo(text(&tokens, "access_token")).await;
        assert!([401, 403].contains(&refused.status), "{}", refused.body);
        assert!(!refused.body.contains("sub"), "{}", refused.body);
    } else {
        refused_with(&answer, "invalid_scope", "nothing that it could be for");
    }
}

#[tokio::test]
async fn a_resource_may_want_tokens_that_only_the_provider_reads() {
    let app = TestApp::start().await;
    let document = json!({
        "identifier": API, "name": "Hồ sơ", "scopes": ["ho_so.doc", "ho_so.ghi"], "servers": ["kho"], "token_format": "opaque",
    });
    add_resource(&app, document).await;
    let lgsp = app.client("lgsp", machine).await;
    let kho = app.client("kho", |_| {}).await;
    let tokens = issued(&app, &lgsp, &[("scope", "ho_so.doc")]).await;
    let token = text(&tokens, "access_token");

    let told = post(&app, &kho, "/oauth2/introspect", &[("token", token)], &[]).await.json();

    assert!(!token.contains('.'), "{token}");
    assert_eq!((&told["active"], &told["sub"], &told["client_id"]), (&json!(true), &json!("lgsp"), &json!("lgsp")));
    assert_eq!((&told["aud"], &told["scope"]), (&json!(API), &json!("ho_so.doc")));
    assert_eq!((told.get("username"), told.get("auth_time")), (None, None), "no person is behind it");
}
