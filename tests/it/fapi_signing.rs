//! Promises about clients of FAPI 2.0 Message Signing: what they sign, and what is signed for them.

use crate::support::TestApp;
use crate::support::flows::signed_on_elsewhere;
use crate::support::keys::{Party, path_of, request_claims, unsigned};
use crate::support::proofs::ProofKey;
use crate::support::requests::{PAR, refused_with, text};
use motlan::model::client::{AuthMethod, ClientSettings, Profile};
use motlan::model::signing_key::Algorithm;
use serde_json::{Value, json};

fn signing(settings: &mut ClientSettings) {
    settings.profile = Profile::Fapi2MessageSigning;
}

#[tokio::test]
async fn clocks_may_differ_by_ten_seconds_and_not_by_more_than_a_minute() {
    let app = TestApp::start().await;
    let khoa = app.party("khoa", Algorithm::Es256, signing).await;
    let now = app.now_seconds();

    for (ahead, fine) in [(0, true), (10, true), (61, false)] {
        for name in ["iat", "nbf"] {
            let moment = json!(now + ahead);
            let assertion = khoa.assertion(&app, |claims| claims[name] = moment.clone());
            let sound = khoa.request_object(&app, |_, claims| claims["response_mode"] = json!("jwt"));
            let early = khoa.request_object(&app, |_, claims| {
                claims["response_mode"] = json!("jwt");
                claims[name] = moment.clone();
            });
            let by_assertion = khoa.post_with(&app, PAR, &[("client_id", "khoa"), ("request", &sound)], &assertion, None).await;
            let by_object = khoa.post(&app, PAR, &[("client_id", "khoa"), ("request", &early)], None).await;

            if fine {
                assert_eq!((by_assertion.status, by_object.status), (201, 201), "{name} {ahead}");
            } else {
                refused_with(&by_assertion, "invalid_client", &format!("assertion: {name} {ahead}"));
                refused_with(&by_object, "invalid_request_object", &format!("request object: {name} {ahead}"));
            }
        }
    }
}

#[tokio::test]
async fn signed_requests_say_who_asks_whom_and_when_for_an_hour_at_most() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Ps256, signing).await;
    let now = app.now_seconds();
    let object = |change: &dyn Fn(&mut Value)| {
        khoa.request_object(&app, |_, claims| {
            claims["response_mode"] = json!("jwt");
            change(claims);
        })
    };
    let without = |name: &'static str| {
        move |claims: &mut Value| {
            claims.as_object_mut().expect("claims").remove(name);
        }
    };
    let from_to = |nbf: i64, exp: i64| {
        move |claims: &mut Value| {
            claims["nbf"] = json!(nbf);
            claims["exp"] = json!(exp);
        }
    };
    let table = [
        ("as it is", object(&|_| {}), true),
        ("for us and another", object(&|claims| claims["aud"] = json!([app.issuer(), "https://elsewhere.example"])), true),
        ("for an hour", object(&from_to(now, now + 3_600)), true),
        ("an hour old", object(&from_to(now - 3_600, now)), false),
        ("nearly an hour old", object(&from_to(now - 3_599, now + 1)), true),
        ("more than an hour old", object(&from_to(now - 3_601, now + 60)), false),
        ("for more than an hour", object(&from_to(now, now + 3_601)), false),
        ("no beginning", object(&without("nbf")), false),
        ("no end", object(&without("exp")), false),
        ("for nobody", object(&without("aud")), false),
        ("for an endpoint", object(&|claims| claims["aud"] = json!(format!("{}{PAR}", app.issuer()))), false),
        ("from nobody", object(&without("iss")), false),
        ("in nobody's name", object(&without("client_id")), false),
    ];

    for (case, object, fine) in table {
        let answer = khoa.post(&app, PAR, &[("client_id", "khoa"), ("request", &object)], None).await;

        if fine {
            assert_eq!(answer.status, 201, "{case}: {}", answer.body);
            let arrived = browser.get(&path_of(&khoa.client, &answer)).await;
            assert!(arrived.param("response").is_some(), "{case}: {}", arrived.body);
        } else {
            refused_with(&answer, "invalid_request_object", case);
        }
    }
}

#[tokio::test]
async fn requests_that_are_not_signed_well_are_not_taken() {
    let app = TestApp::start().await;
    let khoa = app.party("khoa", Algorithm::Es256, signing).await;
    let weak = ProofKey::of(Algorithm::Rs256);
    let jwks = json!({ "keys": [khoa.key.registered_jwk(), weak.registered_jwk()] });
    let two = app
        .client("hai", |settings| {
            signing(settings);
            settings.auth_method = AuthMethod::PrivateKeyJwt;
            settings.jwks = Some(jwks);
        })
        .await;
    let in_rs256 = Party::new(&two, Algorithm::Rs256, &weak);
    let two = Party::new(&two, Algorithm::Es256, &khoa.key);
    let mut claims = request_claims(&app, &two.client);
    claims["response_mode"] = json!("jwt");
    let not_signed = unsigned(&claims);
    let by_weak_key = in_rs256.request_object(&app, |_, claims| claims["response_mode"] = json!("jwt"));
    let answered_openly = two.request_object(&app, |_, _| {});

    refused_with(&khoa.push(&app, &[("response_mode", "jwt")]).await, "invalid_request", "no request object");
    for (case, object, expected) in [
        ("unsigned", &not_signed, "invalid_request_object"),
        ("RS256", &by_weak_key, "invalid_request_object"),
        ("an answer that is not signed", &answered_openly, "invalid_request"),
    ] {
        let answer = two.post(&app, PAR, &[("client_id", "hai"), ("request", object)], None).await;

        refused_with(&answer, expected, case);
    }
}

/// Where the browser goes with a signed request that was pushed.
async fn signed_path(app: &TestApp, party: &Party, prompt: &str) -> String {
    let object = party.request_object(app, |_, claims| {
        claims["response_mode"] = json!("jwt");
        claims["prompt"] = json!(prompt);
    });
    let fields = [("client_id", party.client.id.as_str()), ("request", object.as_str())];
    path_of(&party.client, &party.post(app, PAR, &fields, None).await)
}

#[tokio::test]
async fn answers_and_errors_are_signed_and_iss_stands_inside_only() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let khoa = app.party("khoa", Algorithm::Es256, signing).await;

    let arrived = browser.get(&signed_path(&app, &khoa, "none").await).await;
    let refused = app.browser().get(&signed_path(&app, &khoa, "none").await).await;

    for answer in [&arrived, &refused] {
        for name in ["code", "error", "state", "iss"] {
            assert_eq!(answer.param(name), None, "{name} stands inside: {}", answer.location());
        }
    }
    let claims = app.verified(&arrived.param("response").expect("a signed answer")).await;
    assert_eq!((&claims["iss"], &claims["aud"], &claims["state"]), (&json!(app.issuer()), &json!("khoa"), &json!("inside")));
    let tokens = khoa.redeem(&app, text(&claims, "code"), Some(&khoa.key)).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    let claims = app.verified(&refused.param("response").expect("a signed answer")).await;
    assert_eq!((&claims["error"], &claims["aud"]), (&json!("login_required"), &json!("khoa")));
    assert!(claims.get("code").is_none());
}
