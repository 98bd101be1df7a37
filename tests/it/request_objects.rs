//! Promises about requests as JWTs (RFC 9101, OpenID Connect Core §6): what is inside counts, and what is wrong with it is
//! told; `request_object_forgeries.rs` has those that are refused, `request_uris.rs` those that are fetched.

use crate::support::clients::public;
use crate::support::flows::signed_on_elsewhere;
use crate::support::keys::{Party, borrowed, by_value, with};
use crate::support::proofs::ProofKey;
use crate::support::{TestApp, encode};
use motlan::model::client::AuthMethod;
use motlan::model::signing_key::Algorithm;
use serde_json::{Value, json};

fn without(name: &'static str) -> impl Fn(&mut Value, &mut Value) {
    move |_, claims| {
        claims.as_object_mut().expect("claims").remove(name);
    }
}

#[tokio::test]
async fn a_signed_request_is_taken_in_every_algorithm() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;

    for (id, algorithm) in
        [("rs", Algorithm::Rs256), ("ps", Algorithm::Ps256), ("es", Algorithm::Es256), ("ed", Algorithm::EdDsa)]
    {
        let party = app.party(id, algorithm, |_| {}).await;
        let object = party.request_object(&app, |_, _| {});
        let nameless = party.request_object(&app, |header, claims| {
            header.as_object_mut().expect("a header").remove("kid");
            claims["aud"] = json!(["https://elsewhere.example", app.issuer()]);
        });
        for object in [&object, &nameless] {
            let arrived = browser.get(&by_value(&party.client, object, &[])).await;

            assert_eq!(arrived.param("state").as_deref(), Some("inside"), "{id}: {}", arrived.body);
            let tokens = party.redeem(&app, &arrived.param("code").expect("a code"), None).await;
            assert_eq!(tokens.status, 200, "{id}: {}", tokens.body);
            let claims = app.claims(tokens.json()["id_token"].as_str().expect("an ID token"));
            assert_eq!(claims["nonce"], "nonce inside", "{id}");
        }
    }
}

#[tokio::test]
async fn what_is_inside_wins() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let beside = [
        ("response_type", "code"),
        ("redirect_uri", "https://evil.example/"),
        ("scope", "openid email phone"),
        ("state", "beside"),
        ("nonce", "beside"),
        ("code_challenge", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("code_challenge_method", "S256"),
        ("response_mode", "query"),
    ];

    for kind in ["oauth-authz-req+jwt", "JWT", ""] {
        let object = khoa.request_object(&app, |header, _| match kind {
            "" => drop(header.as_object_mut().expect("a header").remove("typ")),
            kind => header["typ"] = json!(kind),
        });
        let arrived = browser.get(&by_value(&khoa.client, &object, &beside)).await;

        assert!(arrived.location().starts_with("https://khoa.example/callback?"), "{kind}: {}", arrived.location());
        assert_eq!(arrived.param("state").as_deref(), Some("inside"), "{kind}");
        let tokens = khoa.redeem(&app, &arrived.param("code").expect("a code"), None).await;
        assert_eq!(tokens.status, 200, "{kind}: the challenge is the one inside: {}", tokens.body);
        assert_eq!(tokens.json()["scope"], "openid profile", "{kind}");
        let claims = app.claims(tokens.json()["id_token"].as_str().expect("an ID token"));
        assert_eq!(claims["nonce"], "nonce inside", "{kind}");
    }
}

#[tokio::test]
async fn an_object_that_says_what_it_is_stands_alone_and_others_are_completed() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let strict = app.party("chat", Algorithm::Es256, |settings| settings.require_signed_request_object = true).await;
    let table = [(&khoa, "oauth-authz-req+jwt", None), (&khoa, "JWT", Some("beside")), (&strict, "JWT", None)];

    for (party, kind, state) in table {
        let object = party.request_object(&app, |header, claims| {
            header["typ"] = json!(kind);
            without("state")(header, claims);
        });
        let arrived = browser.get(&by_value(&party.client, &object, &[("state", "beside")])).await;

        assert_eq!(arrived.param("state").as_deref(), state, "{} {kind}", party.client.id);
        assert!(arrived.param("code").is_some(), "{} {kind}", party.client.id);
    }
    // Core §6.1: the parameters that OAuth demands stand beside it, the rest inside.
    let core = khoa.request_object(&app, |header, claims| {
        header["typ"] = json!("JWT");
        *claims =
            json!({ "iss": "khoa", "aud": app.issuer(), "nonce": "nonce inside", "claims": { "id_token": { "acr": null } } });
    });
    let arrived = browser.get(&app.authorize_path(&khoa.client, &[("request", &core)])).await;
    let tokens = khoa.redeem(&app, &arrived.param("code").expect("a code"), None).await.json();
    assert_eq!(arrived.param("state").as_deref(), Some("st"));
    assert_eq!(app.claims(tokens["id_token"].as_str().expect("an ID token"))["nonce"], "nonce inside");
}

#[tokio::test]
async fn what_stands_in_both_places_must_not_contradict() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    app.party("khac", Algorithm::Es256, |_| {}).await;
    let object = khoa.request_object(&app, |header, _| header["typ"] = json!("JWT"));
    let beside = |kind: &'static str| [("redirect_uri", "https://khoa.example/callback"), ("response_type", kind)];

    let same = browser.get(&by_value(&khoa.client, &object, &beside("code"))).await;
    let another_kind = browser.get(&by_value(&khoa.client, &object, &beside("token"))).await;
    let fields = [("client_id", "khac"), ("request", object.as_str()), ("redirect_uri", "https://khac.example/callback")];
    let another_client = browser.get(&format!("/oauth2/authorize?{}", encode(&fields))).await;

    assert!(same.param("code").is_some(), "{}", same.body);
    assert_eq!(another_kind.param("error").as_deref(), Some("invalid_request"));
    assert_eq!(another_client.param("error").as_deref(), Some("invalid_request_object"));
    for answer in [&another_kind, &another_client] {
        assert_eq!(answer.param("code"), None);
    }
}

#[tokio::test]
async fn keys_of_one_name_are_told_apart_by_their_kind() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let keys = [Algorithm::EdDsa, Algorithm::Es256].map(|algorithm| (algorithm, ProofKey::of(algorithm)));
    let named = keys.each_ref().map(|(_, key)| {
        let mut jwk = key.registered_jwk();
        jwk["kid"] = json!("same");
        jwk
    });
    let client = app
        .client("khoa", |settings| {
            settings.auth_method = AuthMethod::PrivateKeyJwt;
            settings.jwks = Some(json!({ "keys": named }));
        })
        .await;

    for (algorithm, key) in &keys {
        let party = Party::new(&client, *algorithm, key);
        let object = party.request_object(&app, |header, _| header["kid"] = json!("same"));
        let arrived = browser.get(&by_value(&client, &object, &[])).await;

        assert!(arrived.param("code").is_some(), "{}: {}", algorithm.as_str(), arrived.body);
    }
}

#[tokio::test]
async fn a_client_that_must_sign_is_answered_only_then() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::EdDsa, |settings| settings.require_signed_request_object = true).await;

    let plain = browser.get(&app.authorize_path(&khoa.client, &[])).await;
    let held = browser.post("/oauth2/authorize", &borrowed(&app.asked(&khoa.client, &[]))).await;
    let signed = browser.get(&by_value(&khoa.client, &khoa.request_object(&app, |_, _| {}), &[])).await;

    for answer in [&plain, &held] {
        assert_eq!(answer.param("error").as_deref(), Some("invalid_request"), "{}", answer.body);
        assert_eq!((answer.param("code"), answer.param("state").as_deref()), (None, Some("st")));
    }
    assert!(signed.param("code").is_some(), "{}", signed.body);
}

#[tokio::test]
async fn what_is_wrong_with_the_request_inside_is_told_where_the_request_says() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let beside = [("redirect_uri", "https://khoa.example/callback"), ("state", "beside")];
    let table = [
        ("response_type", json!("token"), "unsupported_response_type"),
        ("scope", json!("nonsense"), "invalid_scope"),
        ("prompt", json!("none login"), "invalid_request"),
        ("max_age", json!(-1), "invalid_request"),
        ("claims", json!("{"), "invalid_request"),
        ("code_challenge_method", json!("plain"), "invalid_request"),
        ("code_challenge", Value::Null, "invalid_request"),
    ];

    for (name, value, expected) in table {
        let object = khoa.request_object(&app, with(name, value));
        let answer = browser.get(&by_value(&khoa.client, &object, &beside)).await;

        assert_eq!(answer.param("error").as_deref(), Some(expected), "{name}");
        assert_eq!(answer.param("state").as_deref(), Some("inside"), "{name}");
        assert_eq!(answer.param("code"), None, "{name}");
    }
    for address in [json!("https://evil.example/"), json!("https://khoa.example/callback/"), Value::Null] {
        let object = khoa.request_object(&app, with("redirect_uri", address.clone()));
        let answer = browser.get(&by_value(&khoa.client, &object, &beside)).await;

        assert_eq!((answer.status, answer.error_page()), (400, Some("unregistered_redirect_uri")), "{address}");
        assert_eq!(answer.header("location"), None, "{address}: the address beside it does not count");
    }
}

#[tokio::test]
async fn an_object_may_come_by_post_and_ask_by_numbers_and_lists() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let object = khoa.request_object(&app, |_, claims| {
        claims["max_age"] = json!(3_600);
        claims["claims"] = json!({ "id_token": { "email": { "essential": true } } });
        claims["scope"] = json!("openid email");
        claims["unknown"] = json!(true);
    });

    let held = browser.post("/oauth2/authorize", &[("client_id", "khoa"), ("request", &object)]).await;
    let arrived = browser.follow(held).await;

    let tokens = khoa.redeem(&app, &arrived.param("code").expect("a code"), None).await.json();
    let claims = app.claims(tokens["id_token"].as_str().expect("an ID token"));
    assert_eq!(claims["email"], "kim@vi-du.vn");
    app.advance_seconds(3_601);
    let later = khoa.request_object(&app, with("max_age", json!(3_600)));
    let silent = khoa.request_object(&app, |_, claims| {
        claims["max_age"] = json!(3_600);
        claims["prompt"] = json!("none");
    });
    assert_eq!(browser.get(&by_value(&khoa.client, &silent, &[])).await.param("error").as_deref(), Some("login_required"));
    let page = browser.get(&by_value(&khoa.client, &later, &[])).await;
    assert_eq!(browser.follow(page).await.page(), Some("signin"));
}

#[tokio::test]
async fn a_public_client_may_sign_too() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let key = ProofKey::of(Algorithm::Es256);
    let jwks = json!({ "keys": [key.registered_jwk()] });
    let client = app
        .client("phone", |settings| {
            public(settings);
            settings.jwks = Some(jwks);
        })
        .await;
    let phone = Party::new(&client, Algorithm::Es256, &key);

    let arrived = browser.get(&by_value(&phone.client, &phone.request_object(&app, |_, _| {}), &[])).await;

    assert_eq!(app.redeem(&phone.client, &arrived.param("code").expect("a code")).await.status, 200);
}

#[tokio::test]
async fn discovery_says_what_request_objects_may_be() {
    let app = TestApp::start().await;

    let metadata = app.get("/.well-known/openid-configuration").await.json();

    assert_eq!(metadata["request_parameter_supported"], true);
    assert_eq!(metadata["request_uri_parameter_supported"], true);
    assert_eq!(metadata["require_request_uri_registration"], true, "absent would mean that any address is fetched");
    assert_eq!(metadata["require_signed_request_object"], false);
    let algorithms = metadata["request_object_signing_alg_values_supported"].as_array().expect("a list");
    for name in ["none", "RS256", "PS256", "ES256", "EdDSA"] {
        assert!(algorithms.contains(&json!(name)), "{name}");
    }
    assert_eq!(algorithms.len(), 5);
    assert!(metadata.get("request_object_encryption_alg_values_supported").is_none());
}
