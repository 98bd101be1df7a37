//! ID tokens that are not what they should be, keys that change, and clocks that differ (OpenID Connect Core §3.1.3.7 and
//! §10.1.1).

use super::{SECRET, START, claims_of_an, scene, sign_on_of};
use crate::federation_attacks::refused;
use crate::support::keys::unsigned;
use crate::support::proofs::ProofKey;
use crate::support::upstream::Upstream;
use crate::support::{Answer, Browser, TestApp};
use motlan::base::digest::base64url;
use motlan::crypto::own_assertion::sign_with_secret;
use serde_json::{Value, json};

/// What makes a token of the claims that would be right.
type Made = fn(&Upstream, &Value) -> String;

/// What comes of an ID token that An brings in a new browser.
async fn brought(app: &TestApp, upstream: &Upstream, made: Made) -> (Browser, Answer) {
    let mut browser = app.browser();
    let sent = upstream.sent(&mut browser, START).await;
    let token = made(upstream, &upstream.claims(app, &sent, &claims_of_an()));
    let code = upstream.code_for(app, &sent, &token);
    let answer = browser.get(&upstream.back(&sent, &[("code", &code)])).await;
    let answer = browser.follow(answer).await;
    (browser, answer)
}

/// As it should be.
fn right(upstream: &Upstream, claims: &Value) -> String {
    upstream.signed(&json!({ "typ": "JWT" }), claims)
}

/// Under a name of a key that nobody shows.
fn under_an_unknown_name(upstream: &Upstream, claims: &Value) -> String {
    upstream.signed(&json!({ "kid": "khong-ai-biet" }), claims)
}

fn without(claims: &Value, name: &str) -> Value {
    let mut claims = claims.clone();
    claims.as_object_mut().expect("members").remove(name);
    claims
}

#[tokio::test]
async fn a_token_that_the_provider_did_not_sign_as_agreed_is_refused() {
    let (app, upstream, _) = scene("").await;
    let table: [(&str, Made); 14] = [
        ("not signed", |_, claims| unsigned(claims)),
        ("the secret that both know", |_, claims| sign_with_secret(SECRET.as_bytes(), claims).expect("signed")),
        ("the public key as a secret", |upstream, claims| {
            sign_with_secret(upstream.key().jwk().to_string().as_bytes(), claims).expect("signed")
        }),
        ("another's key under the same name", |upstream, claims| {
            ProofKey::es256().sign(&json!({ "alg": "ES256", "kid": upstream.key().jkt() }), claims)
        }),
        ("another's key without a name", |_, claims| ProofKey::es256().sign(&json!({ "alg": "ES256" }), claims)),
        ("a key that it brings along", |_, claims| {
            let key = ProofKey::es256();
            key.sign(&json!({ "alg": "ES256", "jwk": key.jwk() }), claims)
        }),
        ("a name that nobody knows", under_an_unknown_name),
        ("another algorithm than its key's", |upstream, claims| upstream.signed(&json!({ "alg": "RS256" }), claims)),
        ("an extension that nobody knows", |upstream, claims| upstream.signed(&json!({ "crit": ["exp"] }), claims)),
        ("a logout token", |upstream, claims| upstream.signed(&json!({ "typ": "logout+jwt" }), claims)),
        ("an access token", |upstream, claims| upstream.signed(&json!({ "typ": "at+jwt" }), claims)),
        ("changed since", |upstream, claims| {
            let signed = right(upstream, claims);
            let (start, signature) = signed.rsplit_once('.').expect("three parts");
            let (header, _) = start.split_once('.').expect("three parts");
            let mut other = claims.clone();
            other["sub"] = json!("bd-9");
            format!("{header}.{}.{signature}", base64url(other.to_string().as_bytes()))
        }),
        ("no end", |upstream, claims| right(upstream, &without(claims, "exp"))),
        ("no audience", |upstream, claims| right(upstream, &without(claims, "aud"))),
    ];
    for (case, made) in table {
        let (browser, answer) = brought(&app, &upstream, made).await;
        assert_eq!(answer.error_page(), Some("federation_refused"), "{case}");
        refused(&app, &browser, &answer, "federation_refused").await;
    }

    let (browser, answer) = brought(&app, &upstream, right).await;

    assert!(sign_on_of(&app, &browser).await.is_some(), "what is right is let in: {}", answer.body);
}

#[tokio::test]
async fn an_unknown_name_of_a_key_has_the_keys_fetched_once_in_ten_seconds() {
    let (app, upstream, _) = scene("").await;
    brought(&app, &upstream, right).await;
    assert_eq!(upstream.keys_asked(), 1);
    for (later, asked) in [(30, 2), (9, 2), (1, 3)] {
        app.advance_seconds(later);
        for _ in 0..3 {
            let (browser, answer) = brought(&app, &upstream, under_an_unknown_name).await;
            assert_eq!(answer.error_page(), Some("federation_refused"));
            assert!(sign_on_of(&app, &browser).await.is_none());
        }
        assert_eq!(upstream.keys_asked(), asked, "{later} seconds later");
    }

    let (browser, _) = brought(&app, &upstream, right).await;

    assert!(sign_on_of(&app, &browser).await.is_some(), "nobody else is kept out by it");
    assert_eq!(upstream.keys_asked(), 3);
}

#[tokio::test]
async fn a_key_that_went_verifies_nothing_once_its_successor_was_seen() {
    let (app, upstream, _) = scene("").await;
    let mut thief = app.browser();
    let sent = upstream.sent(&mut thief, START).await;
    let old = right(&upstream, &upstream.claims(&app, &sent, &claims_of_an()));
    brought(&app, &upstream, right).await;
    upstream.rotates();
    app.advance_seconds(30);

    let (browser, answer) = brought(&app, &upstream, right).await;
    let code = upstream.code_for(&app, &sent, &old);
    let late = thief.get(&upstream.back(&sent, &[("code", &code)])).await;

    assert!(sign_on_of(&app, &browser).await.is_some(), "under the new key: {}", answer.body);
    assert_eq!(late.error_page(), Some("federation_refused"));
    assert!(sign_on_of(&app, &thief).await.is_none());
}

#[tokio::test]
async fn clocks_may_differ_by_what_is_set_and_no_more() {
    for (more, skew) in [("", 60), ("clock_skew_seconds = 0\n", 0)] {
        let (app, upstream, _) = scene(more).await;
        let now = app.now_seconds();
        let table = [
            (now + skew, now + 300, true),
            (now + skew + 1, now + 300, false),
            (now - skew, now + 300, true),
            (now - skew - 1, now + 300, false),
            (now, now - skew + 1, true),
            (now, now - skew, false),
        ];
        for (issued, ends, fine) in table {
            let mut browser = app.browser();
            let mut claims = claims_of_an();
            (claims["iat"], claims["exp"]) = (json!(issued), json!(ends));

            let answer = upstream.sign_in(&app, &mut browser, START, &claims).await;

            let case = format!("{skew}: issued {}, ends {}", issued - now, ends - now);
            assert_eq!(sign_on_of(&app, &browser).await.is_some(), fine, "{case}");
            assert_eq!(answer.error_page() == Some("federation_clock"), !fine, "{case}: {:?}", answer.error_page());
        }
    }
}
