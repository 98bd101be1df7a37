//! Promises about Proof Key for Code Exchange (RFC 7636, RFC 9700 §2.1.1).

use crate::support::flows::{signed_on_as, visit};
use crate::support::records::was_redeemed;
use crate::support::requests::refused_with;
use crate::support::{Answer, CHALLENGE, TestApp, TestClient, VERIFIER};
use motlan::base::digest::{base64url, sha256};
use motlan::model::client::{AuthMethod, ClientSettings, ClientType};
use motlan::store::clients;

/// Takes the challenge out of an authorization request.
const NO_CHALLENGE: [(&str, &str); 2] = [("code_challenge", ""), ("code_challenge_method", "")];

fn public_of(application_type: ClientType) -> impl Fn(&mut ClientSettings) {
    move |settings| {
        settings.application_type = application_type;
        settings.auth_method = AuthMethod::None;
    }
}

/// Redeems a code with a verifier, or without one.
async fn redeem_with(app: &TestApp, client: &TestClient, code: &str, verifier: Option<&str>) -> Answer {
    let mut form = vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", client.redirect_uri.as_str())];
    form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
    app.token(client, &form).await
}

/// The code stays what it was, and nothing comes that looks like a token.
#[track_caller]
fn no_grant(answer: &Answer, case: &str) {
    refused_with(answer, "invalid_grant", case);
    assert!(!answer.body.contains("_token"), "{case}: {}", answer.body);
}

#[tokio::test]
async fn a_public_client_without_a_challenge_is_refused() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;

    for (id, application_type) in [("phone", ClientType::Native), ("page", ClientType::Spa)] {
        let client = app.client(id, public_of(application_type)).await;
        // Switching the demand off changes nothing for a client without credentials.
        let careless = app
            .client(&format!("{id}-2"), move |settings| {
                public_of(application_type)(settings);
                settings.require_pkce = false;
            })
            .await;

        for client in [&client, &careless] {
            let answer = visit(&mut browser, &app.authorize_path(client, &NO_CHALLENGE)).await;

            assert_eq!(answer.status, 303, "{}", client.id);
            assert_eq!(answer.param("error").as_deref(), Some("invalid_request"), "{}", client.id);
            assert_eq!(answer.param("state").as_deref(), Some("st"), "{}", client.id);
            assert_eq!(answer.param("code"), None, "{}", client.id);
        }
        let with_challenge = visit(&mut browser, &app.authorize_path(&client, &[])).await;
        assert!(with_challenge.param("code").is_some(), "{id}");
        let mut conn = app.services().store.read().await.expect("a connection");
        let stored = clients::find(&mut conn, id).await.expect("an answer").expect("a client");
        assert_eq!(stored.settings.application_type, application_type, "{id}");
        assert!(stored.is_public() && stored.secrets.is_empty(), "{id}");
    }
}

#[tokio::test]
async fn a_confidential_client_needs_a_challenge_unless_it_is_switched_off() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let strict = app.client("tthc", |_| {}).await;
    let lenient = app.client("cu", |settings| settings.require_pkce = false).await;
    let mut browser = signed_on_as(&app, &strict, &kim).await;

    let refused = visit(&mut browser, &app.authorize_path(&strict, &NO_CHALLENGE)).await;
    let without = visit(&mut browser, &app.authorize_path(&lenient, &NO_CHALLENGE)).await;
    let with = visit(&mut browser, &app.authorize_path(&lenient, &[])).await;
    let code = without.param("code").expect("a code");
    let enforced = with.param("code").expect("a code");
    let redeemed = redeem_with(&app, &lenient, &code, None).await;
    let downgraded = redeem_with(&app, &lenient, &enforced, None).await;

    assert_eq!(refused.param("error").as_deref(), Some("invalid_request"));
    assert_eq!(refused.param("code"), None);
    assert_eq!(redeemed.status, 200, "{}", redeemed.body);
    no_grant(&downgraded, "no verifier");
    assert!(!was_redeemed(&app, &lenient, &enforced).await, "a challenge that was sent is enforced");
}

#[tokio::test]
async fn plain_and_unknown_methods_are_refused() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let lenient = app.client("cu", |settings| settings.require_pkce = false).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let long = "x".repeat(44);
    let table = [
        (VERIFIER, "plain"),
        (CHALLENGE, "plain"),
        (CHALLENGE, ""),
        (CHALLENGE, "S512"),
        (CHALLENGE, "s256"),
        (CHALLENGE, "S256 plain"),
        ("", "S256"),
        (&CHALLENGE[1..], "S256"),
        (long.as_str(), "S256"),
        ("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw+cM", "S256"),
    ];

    for (challenge, method) in table {
        for client in [&tthc, &lenient] {
            let wishes = [("code_challenge", challenge), ("code_challenge_method", method)];
            let answer = visit(&mut browser, &app.authorize_path(client, &wishes)).await;

            assert_eq!(answer.status, 303, "{} {challenge} {method}", client.id);
            assert_eq!(answer.param("error").as_deref(), Some("invalid_request"), "{} {challenge} {method}", client.id);
            assert_eq!(answer.param("code"), None, "{} {challenge} {method}", client.id);
        }
    }
}

#[tokio::test]
async fn a_wrong_or_missing_verifier_is_invalid_grant() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let phone = app.client("phone", public_of(ClientType::Native)).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let swapped: String = VERIFIER
        .chars()
        .map(|letter| if letter.is_ascii_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() })
        .collect();
    let (long, other) = (format!("{VERIFIER}{}", "x".repeat(100)), "x".repeat(43));
    let wrong = [None, Some(""), Some("abc"), Some(CHALLENGE), Some(swapped.as_str()), Some(other.as_str()), Some(long.as_str())];

    for client in [&tthc, &phone] {
        for verifier in wrong {
            let answer = visit(&mut browser, &app.authorize_path(client, &[])).await;
            let code = answer.param("code").expect("a code");

            let refused = redeem_with(&app, client, &code, verifier).await;

            no_grant(&refused, &client.id);
            assert!(!was_redeemed(&app, client, &code).await, "{} {verifier:?}", client.id);
        }
    }
}

#[tokio::test]
async fn a_verifier_without_a_challenge_is_refused() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let lenient = app.client("cu", |settings| settings.require_pkce = false).await;
    let code = app.code(&lenient, &kim, &NO_CHALLENGE).await;

    let refused = redeem_with(&app, &lenient, &code, Some(VERIFIER)).await;

    no_grant(&refused, "a verifier without a challenge");
    assert!(!was_redeemed(&app, &lenient, &code).await);
}

#[tokio::test]
async fn a_right_verifier_redeems_its_own_code_only() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let verifiers = [VERIFIER.to_owned(), "b".repeat(43), "c-._~".repeat(25)];
    let mut codes = Vec::new();
    for verifier in &verifiers {
        let challenge = base64url(&sha256(verifier.as_bytes()));
        let answer = visit(&mut browser, &app.authorize_path(&tthc, &[("code_challenge", &challenge)])).await;
        codes.push(answer.param("code").expect("a code"));
    }

    for (number, code) in codes.iter().enumerate() {
        let next = &verifiers[(number + 1) % verifiers.len()];
        let swapped = redeem_with(&app, &tthc, code, Some(next)).await;
        no_grant(&swapped, next);
        assert!(!was_redeemed(&app, &tthc, code).await, "{next}");
    }
    for verifier in &verifiers {
        let challenge = base64url(&sha256(verifier.as_bytes()));
        let answer = visit(&mut browser, &app.authorize_path(&tthc, &[("code_challenge", &challenge)])).await;
        let code = answer.param("code").expect("a code");

        let own = redeem_with(&app, &tthc, &code, Some(verifier)).await;

        assert_eq!(own.status, 200, "{verifier}: {}", own.body);
        assert!(own.json()["access_token"].is_string(), "{verifier}");
        assert!(was_redeemed(&app, &tthc, &code).await, "{verifier}");
    }
}
