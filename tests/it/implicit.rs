//! Promises about tokens from the authorization endpoint itself: switched off unless asked for
//! (OpenID Connect Core §3.2, OAuth 2.0 Multiple Response Type Encoding Practices).

use crate::support::clients::{offer, words};
use crate::support::flows::{signed_on_as, visit};
use crate::support::keys::fragment;
use crate::support::records::is_registered;
use crate::support::{Answer, TestApp, TestClient, stage};
use motlan::base::digest::{base64url, sha256, sha512};
use motlan::model::client::{AuthMethod, ClientSettings, ClientType};
use motlan::model::signing_key::Algorithm;
use motlan::service::clients::register::RegisterError;
use serde_json::json;
use std::collections::BTreeSet;

const KINDS: [&str; 2] = ["id_token", "id_token token"];

/// Any flow that there is.
fn both_flows(settings: &mut ClientSettings) {
    settings.grant_types = words(&["authorization_code", "implicit"]);
    settings.response_types = words(&["code", "id_token", "id_token token"]);
}

async fn with_implicit_flow() -> TestApp {
    stage(|config| config.flows.implicit = true).await
}

/// An error in the fragment, and not a trace of a token.
#[track_caller]
fn refused_in_the_fragment(answer: &Answer, client: &TestClient, expected: &str, case: &str) {
    let fields = fragment(answer);
    let named = |name: &str| fields.get(name).map(String::as_str);
    assert_eq!(answer.status, 303, "{case}: {}", answer.body);
    assert!(answer.location().starts_with(&format!("{}#", client.redirect_uri)), "{case}: {}", answer.location());
    assert_eq!(
        (named("error"), named("state"), named("iss")),
        (Some(expected), Some("st"), Some("https://id.example")),
        "{case}"
    );
    for name in ["id_token", "access_token", "code"] {
        assert_eq!(named(name), None, "{case}");
    }
}

#[tokio::test]
async fn tokens_come_from_the_token_endpoint_only_unless_the_flow_is_switched_on() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", both_flows).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let metadata = app.get("/.well-known/openid-configuration").await.json();

    for kind in KINDS {
        let answer = visit(&mut browser, &app.authorize_path(&tthc, &[("response_type", kind)])).await;

        refused_in_the_fragment(&answer, &tthc, "unsupported_response_type", kind);
    }
    assert_eq!(metadata["response_types_supported"], json!(["code"]));
    assert!(!metadata["grant_types_supported"].as_array().expect("a list").contains(&json!("implicit")));
}

#[tokio::test]
async fn discovery_lists_the_flow_once_it_is_switched_on() {
    let app = with_implicit_flow().await;

    let metadata = app.get("/.well-known/openid-configuration").await.json();

    assert_eq!(metadata["response_types_supported"], json!(["code", "id_token", "id_token token"]));
    for (list, word) in [("grant_types_supported", "implicit"), ("response_modes_supported", "fragment")] {
        assert!(metadata[list].as_array().expect("a list").contains(&json!(word)), "{word}");
    }
}

#[tokio::test]
async fn an_id_token_alone_comes_in_the_fragment_and_tells_what_userinfo_would() {
    let app = with_implicit_flow().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", both_flows).await;
    let changes = [("response_type", "id_token"), ("scope", "openid email offline_access")];

    let answer = app.browser().sign_in(&kim, &app.authorize_path(&tthc, &changes)).await;

    let fields = fragment(&answer);
    let names: BTreeSet<&str> = fields.keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["id_token", "state", "iss"]), "no access token, no code, no refresh token");
    assert!(answer.location().starts_with("https://tthc.example/callback#"), "{}", answer.location());
    assert_eq!((fields["state"].as_str(), fields["iss"].as_str()), ("st", app.issuer()));
    let claims = app.verified(&fields["id_token"]).await;
    assert_eq!((&claims["iss"], &claims["aud"], &claims["nonce"]), (&json!(app.issuer()), &json!("tthc"), &json!("nn")));
    assert_eq!(claims["email"], "kim@vi-du.vn", "no access token would fetch it (Core §5.4)");
    assert!(claims.get("at_hash").is_none() && claims.get("c_hash").is_none());
    assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
}

#[tokio::test]
async fn an_access_token_beside_the_id_token_is_bound_to_it() {
    let app = with_implicit_flow().await;
    let kim = app.official("kim").await;

    for (id, algorithm) in
        [("rs", Algorithm::Rs256), ("ps", Algorithm::Ps256), ("es", Algorithm::Es256), ("ed", Algorithm::EdDsa)]
    {
        let client = app
            .client(id, |settings| {
                both_flows(settings);
                settings.id_token_alg = algorithm;
            })
            .await;
        let changes = [("response_type", "token id_token"), ("scope", "openid email offline_access")];
        let answer = app.browser().sign_in(&kim, &app.authorize_path(&client, &changes)).await;

        let fields = fragment(&answer);
        let names: BTreeSet<&str> = fields.keys().map(String::as_str).collect();
        let expected = ["access_token", "token_type", "expires_in", "scope", "id_token", "state", "iss"];
        assert_eq!(names, BTreeSet::from(expected), "{id}: nothing that could be refreshed");
        assert_eq!((fields["token_type"].as_str(), fields["scope"].as_str()), ("Bearer", "email openid"), "{id}");
        assert!(fields["expires_in"].parse::<i64>().is_ok_and(|seconds| (30..=300).contains(&seconds)), "{id}");
        assert_eq!(app.header(&fields["id_token"])["alg"], algorithm.as_str());
        let claims = app.verified(&fields["id_token"]).await;
        let half = if algorithm == Algorithm::EdDsa {
            base64url(&sha512(fields["access_token"].as_bytes())[..32])
        } else {
            base64url(&sha256(fields["access_token"].as_bytes())[..16])
        };
        assert_eq!(claims["at_hash"], json!(half), "{id}");
        assert_eq!(claims["nonce"], "nn", "{id}");
        assert!(claims.get("email").is_none(), "{id}: userinfo tells it");
        let userinfo = app.userinfo(&fields["access_token"]).await;
        assert_eq!((userinfo.status, &userinfo.json()["sub"]), (200, &claims["sub"]), "{id}");
    }
}

#[tokio::test]
async fn the_answer_may_come_by_form_and_never_in_the_query() {
    let app = with_implicit_flow().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", both_flows).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;

    for kind in KINDS {
        let path = |mode: &str, prompt: &str| {
            app.authorize_path(&tthc, &[("response_type", kind), ("response_mode", mode), ("prompt", prompt)])
        };
        let by_fragment = visit(&mut browser, &path("fragment", "")).await;
        let by_form = visit(&mut browser, &path("form_post", "")).await;
        let error_by_form = visit(&mut browser, &path("form_post", "create")).await;
        let by_query = visit(&mut browser, &path("query", "")).await;
        let error_by_query = visit(&mut browser, &path("query", "create")).await;

        assert!(fragment(&by_fragment).contains_key("id_token"), "{kind}");
        for (form, field) in [(&by_form, "id_token"), (&error_by_form, "error")] {
            assert_eq!((form.status, form.page(), form.header("location")), (200, Some("form-post"), None), "{kind}");
            assert!(form.body.contains("action=\"https://tthc.example/callback\""), "{kind}");
            assert!(!form.hidden(field).is_empty() && form.hidden("state") == "st", "{kind}: {}", form.body);
        }
        assert_eq!(by_form.hidden("access_token").is_empty(), kind == "id_token", "{kind}");
        for answer in [&by_query, &error_by_query] {
            assert_eq!((answer.status, answer.error_page()), (400, Some("bad_request")), "{kind}");
            assert_eq!(answer.header("location"), None, "{kind}");
        }
    }
}

#[tokio::test]
async fn errors_of_this_flow_stand_in_the_fragment() {
    let app = with_implicit_flow().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", both_flows).await;
    let only_codes = app.client("ma", |_| {}).await;
    let only_id = app
        .client("danh", |settings| {
            settings.grant_types = words(&["implicit"]);
            settings.response_types = words(&["id_token"]);
        })
        .await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let both = "id_token token";
    let table = [
        (&tthc, "id_token", "nonce", "", "invalid_request"),
        (&tthc, both, "nonce", "", "invalid_request"),
        (&tthc, both, "scope", "profile email", "invalid_scope"),
        (&tthc, "id_token", "scope", "", "invalid_scope"),
        (&tthc, both, "prompt", "none login", "invalid_request"),
        (&tthc, both, "max_age", "x", "invalid_request"),
        (&tthc, both, "resource", "https://nowhere.example", "invalid_target"),
        (&only_codes, "id_token", "ui_locales", "vi", "unauthorized_client"),
        (&only_id, both, "ui_locales", "vi", "unauthorized_client"),
    ];

    for (client, kind, name, value, expected) in table {
        let answer = visit(&mut browser, &app.authorize_path(client, &[("response_type", kind), (name, value)])).await;

        refused_in_the_fragment(&answer, client, expected, &format!("{} {kind} {name}={value}", client.id));
    }
    let silent = app.browser().get(&app.authorize_path(&tthc, &[("response_type", both), ("prompt", "none")])).await;
    refused_in_the_fragment(&silent, &tthc, "login_required", "nobody is signed on");
    let code = visit(&mut browser, &app.authorize_path(&only_id, &[])).await;
    assert_eq!(code.param("error").as_deref(), Some("unauthorized_client"), "and no code for one that gets ID tokens only");
    for kind in ["token", "none", "code id_token", "code token", "code id_token token", "id_token id_token"] {
        let answer = visit(&mut browser, &app.authorize_path(&tthc, &[("response_type", kind)])).await;

        assert_eq!(answer.param("error").as_deref(), Some("unsupported_response_type"), "{kind}");
        assert!(!answer.location().contains("token="), "{kind}: {}", answer.location());
    }
}

#[tokio::test]
async fn a_person_who_cancels_is_told_in_the_fragment() {
    let app = with_implicit_flow().await;
    let tthc = app.client("tthc", both_flows).await;
    let mut browser = app.browser();
    let page = visit(&mut browser, &app.authorize_path(&tthc, &[("response_type", "id_token token")])).await;
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));

    let cancelled =
        browser.post("/signin", &[("csrf", csrf.as_str()), ("request", request.as_str()), ("decision", "deny")]).await;

    refused_in_the_fragment(&cancelled, &tthc, "access_denied", "cancelled");
}

#[tokio::test]
async fn people_sign_in_and_agree_as_in_the_code_flow() {
    let app = with_implicit_flow().await;
    let kim = app.official("kim").await;
    let strange = app
        .client("la", |settings| {
            both_flows(settings);
            settings.third_party = true;
        })
        .await;
    let path = app.authorize_path(&strange, &[("response_type", "id_token token")]);
    let mut browser = app.browser();

    let page = visit(&mut browser, &path).await;
    let before = app.audit_events().await;
    let answer = browser.sign_in(&kim, &path).await;
    let again = visit(&mut browser, &app.authorize_path(&strange, &[("response_type", "id_token"), ("prompt", "none")])).await;
    let later = visit(&mut browser, &app.authorize_path(&strange, &[("response_type", "id_token"), ("prompt", "login")])).await;

    assert_eq!(page.page(), Some("signin"));
    assert!(!before.contains(&"consent.given".to_owned()));
    assert!(fragment(&answer).contains_key("access_token"), "{}", answer.body);
    assert!(app.audit_events().await.contains(&"consent.given".to_owned()));
    assert!(fragment(&again).contains_key("id_token"), "what was agreed counts");
    assert_eq!(later.page(), Some("signin"));
}

#[tokio::test]
async fn what_was_issued_ends_with_the_sign_on() {
    let app = with_implicit_flow().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", both_flows).await;
    let mut browser = app.browser();
    let changes = [("response_type", "id_token token"), ("scope", "openid offline_access")];
    let answer = browser.sign_in(&kim, &app.authorize_path(&tthc, &changes)).await;
    let fields = fragment(&answer);
    let before = app.userinfo(&fields["access_token"]).await;

    let out = browser
        .get(&format!("/oauth2/logout?id_token_hint={}&post_logout_redirect_uri=https://tthc.example/", fields["id_token"]))
        .await;
    app.sync().await;

    assert_eq!((before.status, out.status), (200, 303), "{}", out.body);
    assert_eq!(app.userinfo(&fields["access_token"]).await.status, 401);
    let form = [("grant_type", "refresh_token"), ("refresh_token", fields["access_token"].as_str())];
    assert_eq!(app.token(&tthc, &form).await.json()["error"], "invalid_grant");
}

#[tokio::test]
async fn tokens_that_must_be_bound_do_not_come_this_way() {
    let app = with_implicit_flow().await;
    let kim = app.official("kim").await;
    let bound = app
        .client("buoc", |settings| {
            both_flows(settings);
            settings.dpop_bound_access_tokens = true;
        })
        .await;
    let mut browser = signed_on_as(&app, &bound, &kim).await;

    let with_access = visit(&mut browser, &app.authorize_path(&bound, &[("response_type", "id_token token")])).await;
    let id_only = visit(&mut browser, &app.authorize_path(&bound, &[("response_type", "id_token")])).await;

    refused_in_the_fragment(&with_access, &bound, "unauthorized_client", "a bearer token in a browser");
    assert!(fragment(&id_only).contains_key("id_token"));
}

#[tokio::test]
async fn a_client_of_this_flow_is_registered_for_it_and_answered_over_https() {
    let app = with_implicit_flow().await;
    let https: &[&str] = &["https://a.example/cb"];
    let loopback: &[&str] = &["http://127.0.0.1/cb", "http://localhost/cb"];
    let table: [(&str, ClientType, &[&str], &[&str], &[&str], bool); 6] = [
        ("the grant and the response type", ClientType::Spa, https, &["implicit"], &["id_token"], true),
        ("a response type without its grant", ClientType::Spa, https, &["authorization_code"], &["code", "id_token"], false),
        ("no such response type", ClientType::Spa, https, &["implicit"], &["token"], false),
        ("a web application on loopback", ClientType::Web, &["http://localhost:3000/cb"], &["implicit"], &["id_token"], false),
        ("a browser application on loopback", ClientType::Spa, &["http://127.0.0.1/cb"], &["implicit"], &["id_token"], false),
        ("a native one on loopback", ClientType::Native, loopback, &["implicit"], &["id_token token"], true),
    ];

    for (number, (case, application_type, redirect_uris, grant_types, response_types, fine)) in table.into_iter().enumerate() {
        let settings = ClientSettings {
            application_type,
            auth_method: AuthMethod::None,
            redirect_uris: words(redirect_uris),
            grant_types: words(grant_types),
            response_types: words(response_types),
            ..ClientSettings::default()
        };
        let id = format!("client-{number}");

        let added = offer(&app, &id, settings).await;

        let refused = matches!(added, Err(RegisterError::Refused(_)));
        assert_eq!((added.is_ok(), refused), (fine, !fine), "{case}");
        assert_eq!(is_registered(&app, &id).await, fine, "{case}");
    }
}

#[tokio::test]
async fn a_redirect_uri_is_compared_as_in_the_code_flow() {
    let app = with_implicit_flow().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", both_flows).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;

    for address in ["", "https://evil.example/", "https://tthc.example/callback/", "https://tthc.example/callback#x"] {
        let changes = [("response_type", "id_token token"), ("redirect_uri", address)];
        let answer = visit(&mut browser, &app.authorize_path(&tthc, &changes)).await;

        assert_eq!((answer.status, answer.error_page()), (400, Some("unregistered_redirect_uri")), "{address}");
        assert_eq!(answer.header("location"), None, "{address}");
    }
}
