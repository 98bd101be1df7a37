//! Promises about clients of the FAPI 2.0 Security Profile; `fapi_signing.rs` has those of Message Signing.

use crate::support::clients::offer;
use crate::support::flows::{code_form, signed_on_elsewhere};
use crate::support::keys::{Party, borrowed, code_of_pushed, path_of, unsigned};
use crate::support::proofs::ProofKey;
use crate::support::records::was_redeemed;
use crate::support::requests::{PAR, TOKEN, refused_with, text, userinfo_request};
use crate::support::{Answer, Browser, TestApp, stage};
use http::Request;
use motlan::model::client::{AuthMethod, ClientSettings, ClientType, Profile, RequestObjectAlg};
use motlan::model::signing_key::Algorithm;
use motlan::service::clients::register::RegisterError;
use serde_json::{Value, json};

const ALLOWED: [Algorithm; 3] = [Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];

fn fapi(settings: &mut ClientSettings) {
    settings.profile = Profile::Fapi2;
}

/// A code for a client that pushes.
async fn pushed_code(app: &TestApp, browser: &mut Browser, party: &Party, changes: &[(&str, &str)]) -> String {
    let pushed = party.push(app, changes).await;
    code_of_pushed(browser, &party.client, &pushed).await
}

/// Userinfo with a bound token and its proof.
async fn userinfo(app: &TestApp, scheme: &str, token: &str, proof: Option<&str>) -> Answer {
    let headers: Vec<(&str, &str)> = proof.iter().map(|proof| ("dpop", *proof)).collect();
    app.request(userinfo_request(scheme, token, &headers)).await
}

/// Tries to register a client of the profile, with keys.
async fn registered(app: &TestApp, id: String, change: impl FnOnce(&mut ClientSettings)) -> Result<(), RegisterError> {
    let mut settings = ClientSettings {
        auth_method: AuthMethod::PrivateKeyJwt,
        redirect_uris: vec!["https://a.example/cb".to_owned()],
        jwks: Some(json!({ "keys": [ProofKey::of(Algorithm::Es256).registered_jwk()] })),
        profile: Profile::Fapi2,
        ..ClientSettings::default()
    };
    change(&mut settings);
    offer(app, &id, settings).await.map(|_| ())
}

#[tokio::test]
async fn what_the_profile_does_not_know_cannot_be_registered() {
    let app = TestApp::start().await;
    let table: [(&str, fn(&mut ClientSettings), bool); 16] = [
        ("as it is", |_| {}, true),
        ("message signing", |settings| settings.profile = Profile::Fapi2MessageSigning, true),
        ("PS256", |settings| settings.id_token_alg = Algorithm::Ps256, true),
        ("a secret", |settings| settings.auth_method = AuthMethod::ClientSecretBasic, false),
        ("a secret in the body", |settings| settings.auth_method = AuthMethod::ClientSecretPost, false),
        ("a public client", |settings| settings.auth_method = AuthMethod::None, false),
        ("ID tokens in RS256", |settings| settings.id_token_alg = Algorithm::Rs256, false),
        ("access tokens in RS256", |settings| settings.access_token_alg = Algorithm::Rs256, false),
        ("answers in RS256", |settings| settings.authorization_signed_response_alg = Algorithm::Rs256, false),
        ("userinfo in RS256", |settings| settings.userinfo_alg = Some(Algorithm::Rs256), false),
        ("introspection in RS256", |settings| settings.introspection_alg = Some(Algorithm::Rs256), false),
        ("assertions in RS256", |settings| settings.token_endpoint_auth_alg = Some(Algorithm::Rs256), false),
        ("requests in RS256", |settings| settings.request_object_alg = Some(RequestObjectAlg::Signed(Algorithm::Rs256)), false),
        ("unsigned requests", |settings| settings.request_object_alg = Some(RequestObjectAlg::None), false),
        (
            "the implicit flow",
            |settings| {
                settings.grant_types.push("implicit".to_owned());
                settings.response_types.push("id_token".to_owned());
            },
            false,
        ),
        ("answers over http", |settings| settings.redirect_uris = vec!["http://localhost:3000/cb".to_owned()], false),
    ];

    for (number, (case, change, fine)) in table.into_iter().enumerate() {
        let added = registered(&app, format!("client-{number}"), change).await;

        let refused = matches!(added, Err(RegisterError::Refused(_)));
        assert_eq!((added.is_ok(), refused), (fine, !fine), "{case}");
    }
    let native = registered(&app, "native".to_owned(), |settings| {
        settings.application_type = ClientType::Native;
        settings.redirect_uris = vec!["http://127.0.0.1/cb".to_owned()];
    });
    assert!(native.await.is_ok(), "a native application listens on loopback (RFC 8252 section 7.3)");
}

#[tokio::test]
async fn only_pushed_requests_are_answered() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, fapi).await;
    let object = khoa.request_object(&app, |_, _| {});
    let fields = app.asked(&khoa.client, &[]);

    let plain = browser.get(&app.authorize_path(&khoa.client, &[])).await;
    let posted = browser.post("/oauth2/authorize", &borrowed(&fields)).await;
    let signed = browser.get(&app.authorize_path(&khoa.client, &[("request", &object)])).await;
    let unproven = app.post(PAR, &borrowed(&fields)).await;
    let pushed = khoa.push(&app, &[]).await;
    let arrived = browser.get(&path_of(&khoa.client, &pushed)).await;

    for answer in [&plain, &posted, &signed] {
        assert_eq!(answer.param("error").as_deref(), Some("invalid_request"), "{}", answer.body);
        assert_eq!((answer.param("code"), answer.param("iss").as_deref()), (None, Some(app.issuer())));
    }
    refused_with(&unproven, "invalid_client", "without authentication");
    assert!(pushed.json()["expires_in"].as_i64().is_some_and(|seconds| seconds < 600));
    assert_eq!(arrived.status, 303, "never 307, which would send a form on");
    assert!(arrived.param("code").is_some(), "{}", arrived.body);
    assert_eq!(arrived.param("iss").as_deref(), Some(app.issuer()));
}

#[tokio::test]
async fn a_pushed_request_needs_pkce_an_address_and_the_code_flow() {
    let app = stage(|config| config.flows.implicit = true).await;
    let khoa = app
        .party("khoa", Algorithm::Es256, |settings| {
            fapi(settings);
            settings.require_pkce = false;
        })
        .await;
    let table: [(&str, &[(&str, &str)], &str); 8] = [
        ("no challenge", &[("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
        ("plain", &[("code_challenge_method", "plain")], "invalid_request"),
        ("plain by default", &[("code_challenge_method", "")], "invalid_request"),
        ("no address", &[("redirect_uri", "")], "invalid_request"),
        ("another address", &[("redirect_uri", "https://evil.example/")], "invalid_request"),
        ("an ID token", &[("response_type", "id_token")], "unauthorized_client"),
        ("both tokens", &[("response_type", "id_token token")], "unauthorized_client"),
        ("a hybrid", &[("response_type", "code id_token")], "unsupported_response_type"),
    ];

    for (case, changes, expected) in table {
        refused_with(&khoa.push(&app, changes).await, expected, case);
    }
    assert_eq!(khoa.push(&app, &[]).await.status, 201);
}

#[tokio::test]
async fn an_assertion_is_for_the_issuer_as_one_string() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, fapi).await;
    let code = pushed_code(&app, &mut browser, &khoa, &[]).await;
    let (asked, form) = (app.asked(&khoa.client, &[]), code_form(&khoa.client, &code));
    let at = |path: &str| format!("{}{path}", app.issuer());
    let table = [
        json!([app.issuer()]),
        json!([app.issuer(), "https://elsewhere.example"]),
        json!(at("/oauth2/token")),
        json!(at("/oauth2/par")),
        json!(at("/")),
        Value::Null,
    ];

    for audience in table {
        for (path, fields) in [(PAR, borrowed(&asked)), (TOKEN, form.clone())] {
            let assertion = khoa.assertion(&app, |claims| claims["aud"] = audience.clone());
            let proof = khoa.key.proof(&app, "POST", path, |_, _| {});
            let answer = khoa.post_with(&app, path, &fields, &assertion, Some(&proof)).await;

            refused_with(&answer, "invalid_client", &format!("{path} {audience}"));
        }
    }
    assert!(!was_redeemed(&app, &khoa.client, &code).await);
    assert_eq!(khoa.push(&app, &[]).await.status, 201);
    assert_eq!(khoa.redeem(&app, &code, Some(&khoa.key)).await.status, 200);
}

#[tokio::test]
async fn only_strong_algorithms_are_accepted_of_the_client() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let weak = app.party("yeu", Algorithm::Rs256, fapi).await;
    let asked = app.asked(&weak.client, &[]);

    refused_with(&weak.push(&app, &[]).await, "invalid_client", "an assertion in RS256");
    let none = unsigned(&app.claims(&weak.assertion(&app, |_| {})));
    refused_with(
        &weak.post_with(&app, PAR, &borrowed(&asked), &none, None).await,
        "invalid_client",
        "an assertion that is unsigned",
    );
    for algorithm in ALLOWED {
        let party = app.party(&algorithm.as_str().to_lowercase(), algorithm, fapi).await;
        let code = pushed_code(&app, &mut browser, &party, &[]).await;
        let by_weak_key = party.redeem(&app, &code, Some(&ProofKey::of(Algorithm::Rs256))).await;
        let spent = was_redeemed(&app, &party.client, &code).await;
        let tokens = party.redeem(&app, &code, Some(&ProofKey::of(algorithm))).await;

        refused_with(&by_weak_key, "invalid_dpop_proof", algorithm.as_str());
        assert!(!spent, "{}", algorithm.as_str());
        assert_eq!(tokens.status, 200, "{}: {}", algorithm.as_str(), tokens.body);
    }
}

#[tokio::test]
async fn what_is_signed_for_the_client_is_signed_with_strong_algorithms() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;

    for algorithm in ALLOWED {
        let party = app
            .party(&algorithm.as_str().to_lowercase(), Algorithm::Es256, |settings| {
                fapi(settings);
                settings.id_token_alg = algorithm;
                settings.access_token_alg = algorithm;
            })
            .await;
        let code = pushed_code(&app, &mut browser, &party, &[("nonce", &"n".repeat(64))]).await;
        let tokens = party.redeem(&app, &code, Some(&party.key)).await.json();

        for name in ["id_token", "access_token"] {
            assert_eq!(app.header(text(&tokens, name))["alg"], algorithm.as_str(), "{name}");
            app.verified(text(&tokens, name)).await;
        }
        assert_eq!(app.claims(text(&tokens, "id_token"))["nonce"], "n".repeat(64), "64 letters are always taken");
    }
}

#[tokio::test]
async fn tokens_are_bound_to_their_sender() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, fapi).await;
    let code = pushed_code(&app, &mut browser, &khoa, &[]).await;
    let (key, other) = (ProofKey::of(Algorithm::Es256), ProofKey::of(Algorithm::EdDsa));

    let without = khoa.redeem(&app, &code, None).await;
    let spent = was_redeemed(&app, &khoa.client, &code).await;
    let tokens = khoa.redeem(&app, &code, Some(&key)).await;

    refused_with(&without, "invalid_request", "no proof");
    assert!(!spent);
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let tokens = tokens.json();
    let token = text(&tokens, "access_token");
    assert_eq!(tokens["token_type"], "DPoP");
    assert_eq!(app.claims(token)["cnf"], json!({ "jkt": key.jkt() }));
    let proof = |key: &ProofKey| key.for_userinfo(&app, token);
    let bearer = userinfo(&app, "Bearer", token, None).await;
    let bearer_with_proof = userinfo(&app, "Bearer", token, Some(&proof(&key))).await;
    let bare = userinfo(&app, "DPoP", token, None).await;
    let with_another = userinfo(&app, "DPoP", token, Some(&proof(&other))).await;
    let good = userinfo(&app, "DPoP", token, Some(&proof(&key))).await;
    for answer in [&bearer, &bearer_with_proof, &bare, &with_another] {
        assert_eq!(answer.status, 401, "{}", answer.body);
        assert!(!answer.body.contains("kim"), "{}", answer.body);
    }
    assert_eq!(good.status, 200, "{}", good.body);
}

#[tokio::test]
async fn a_token_in_the_query_is_nothing_and_none_ever_stands_there() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, fapi).await;
    let pushed = khoa.push(&app, &[]).await;
    let arrived = browser.get(&path_of(&khoa.client, &pushed)).await;
    let code = arrived.param("code").expect("a code");
    let tokens = khoa.redeem(&app, &code, Some(&khoa.key)).await.json();
    let token = text(&tokens, "access_token");
    let proof = khoa.key.for_userinfo(&app, token);

    let request = Request::get(format!("/oauth2/userinfo?access_token={token}")).header("dpop", proof);
    let in_query = app.request(request.body(String::new()).expect("a request")).await;

    assert_eq!(in_query.status, 401);
    assert!(!in_query.body.contains("kim"), "{}", in_query.body);
    assert!(!arrived.location().contains("token"), "{}", arrived.location());
    let answer = pushed.json();
    let random = text(&answer, "request_uri").strip_prefix("urn:ietf:params:oauth:request_uri:").expect("a URN");
    for secret in [code.as_str(), random, text(&tokens, "access_token").rsplit('.').next().expect("a signature")] {
        assert!(secret.len() >= 22, "128 bits at least: {secret}");
    }
}

#[tokio::test]
async fn a_refresh_token_stays_and_new_tokens_may_have_another_key() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, fapi).await;
    let code = pushed_code(&app, &mut browser, &khoa, &[("scope", "openid offline_access")]).await;
    let first = khoa.redeem(&app, &code, Some(&ProofKey::of(Algorithm::Es256))).await.json();
    let refresh_token = text(&first, "refresh_token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];

    for _ in 0..3 {
        let key = ProofKey::of(Algorithm::Es256);
        let without = khoa.post(&app, TOKEN, &form, None).await;
        let answer = khoa.post(&app, TOKEN, &form, Some(&key.for_token(&app))).await;

        refused_with(&without, "invalid_request", "no proof");
        assert_eq!(answer.status, 200, "{}", answer.body);
        let tokens = answer.json();
        assert!(tokens.get("refresh_token").is_none_or(|again| again == refresh_token), "it is not replaced");
        assert_eq!(app.claims(text(&tokens, "access_token"))["cnf"]["jkt"], key.jkt());
        app.advance_seconds(60);
    }
}

#[tokio::test]
async fn a_code_is_good_for_a_minute_and_for_one_use() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, fapi).await;
    let late = pushed_code(&app, &mut browser, &khoa, &[]).await;
    app.advance_seconds(60);
    let too_late = khoa.redeem(&app, &late, Some(&khoa.key)).await;
    let code = pushed_code(&app, &mut browser, &khoa, &[]).await;
    let tokens = khoa.redeem(&app, &code, Some(&khoa.key)).await.json();

    let again = khoa.redeem(&app, &code, Some(&khoa.key)).await;

    refused_with(&too_late, "invalid_grant", "after a minute");
    assert!(!was_redeemed(&app, &khoa.client, &late).await);
    refused_with(&again, "invalid_grant", "a second time");
    let token = text(&tokens, "access_token");
    let proof = khoa.key.for_userinfo(&app, token);
    assert_eq!(userinfo(&app, "DPoP", token, Some(&proof)).await.status, 401, "what the first use gave is revoked");
}
