//! Details of OAuth that a broader promise would let slip: parameters to the letter, answers that repeat nothing,
//! refusals that say why (RFC 6749, RFC 7636, RFC 8252, RFC 9700).

use crate::support::clients::{offer, public};
use crate::support::flows::{signed_on_as, visit};
use crate::support::records::{is_registered, was_redeemed};
use crate::support::requests::{basic, encoded, refused_with, text};
use crate::support::{Answer, CHALLENGE, TestApp, TestClient, VERIFIER};
use motlan::base::digest::{base64url, sha256};
use motlan::model::client::ClientSettings;
use motlan::service::clients::register::RegisterError;
use std::collections::BTreeSet;
use url::form_urlencoded;

async fn redeem_at(app: &TestApp, client: &TestClient, code: &str, redirect_uri: &str, verifier: &str) -> Answer {
    let form =
        [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri), ("code_verifier", verifier)];
    app.token(client, &form).await
}

/// The names of an answer's parameters, as often as they stand there, in order.
fn fields_of(answer: &Answer) -> Vec<String> {
    let mut names: Vec<String> = match answer.header("location") {
        Some(location) => {
            let query = location.split_once('?').map_or("", |(_, query)| query);
            form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned()).collect()
        }
        None => answer.form_post_fields().into_iter().map(|(name, _)| name).collect(),
    };
    names.sort();
    names
}

#[tokio::test]
async fn a_parameter_in_other_letters_or_without_a_value_is_not_there() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let spoilt = |name: &str, value: &str| {
        let rest = app.authorize_path(&tthc, &[(name, "")]);
        [format!("{rest}&{}={}", name.to_ascii_uppercase(), encoded(value)), format!("{rest}&{name}=")]
    };
    let told = [
        ("response_type", "code", "invalid_request"),
        ("scope", "openid", "invalid_scope"),
        ("code_challenge", CHALLENGE, "invalid_request"),
    ];

    for (name, value, expected) in told {
        for path in spoilt(name, value) {
            let answer = browser.get(&path).await;

            assert_eq!(answer.param("error").as_deref(), Some(expected), "{path}");
            assert_eq!(answer.param("code"), None, "{path}");
        }
    }
    for (name, value) in [("client_id", "tthc"), ("redirect_uri", tthc.redirect_uri.as_str())] {
        for path in spoilt(name, value) {
            let answer = browser.get(&path).await;

            assert_eq!((answer.status, answer.header("location")), (400, None), "{path}");
        }
    }
    for path in spoilt("state", "st") {
        let answer = browser.get(&path).await;

        assert!(answer.param("code").is_some(), "{path}");
        assert_eq!(answer.param("state"), None, "{path}");
    }
}

#[tokio::test]
async fn a_token_parameter_in_other_letters_or_without_a_value_is_not_there() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let phone = app.client("phone", public).await;
    let code = app.code(&tthc, &kim, &[]).await;
    let form = [
        ("grant_type", "authorization_code", "invalid_request"),
        ("code", code.as_str(), "invalid_request"),
        ("redirect_uri", tthc.redirect_uri.as_str(), "invalid_grant"),
        ("code_verifier", VERIFIER, "invalid_grant"),
    ];

    for (spoilt, value, expected) in form {
        let upper = spoilt.to_ascii_uppercase();
        for instead in [(upper.as_str(), value), (spoilt, "")] {
            let rest = form.iter().filter(|(name, ..)| *name != spoilt).map(|&(name, value, _)| (name, value));
            let fields: Vec<(&str, &str)> = rest.chain([instead]).collect();
            refused_with(&app.token(&tthc, &fields).await, expected, instead.0);
        }
    }
    let spent = was_redeemed(&app, &tthc, &code).await;
    for nameless in [("CLIENT_ID", phone.id.as_str()), ("client_id", "")] {
        let fields = [("grant_type", "authorization_code"), ("code", "x"), nameless];
        refused_with(&app.post("/oauth2/token", &fields).await, "invalid_client", nameless.0);
    }

    assert!(!spent);
    assert_eq!(app.redeem(&tthc, &code).await.status, 200, "none of those tries spent it");
}

#[tokio::test]
async fn scopes_differ_by_their_case() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;

    let tokens = app.tokens(&tthc, &kim, &[("scope", "openid Profile EMAIL offline_access")]).await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token")), ("scope", "OpenID")];
    let refused = app.token(&tthc, &form).await;

    let granted: BTreeSet<&str> = text(&tokens, "scope").split(' ').collect();
    assert_eq!(granted, BTreeSet::from(["offline_access", "openid"]));
    let claims = app.userinfo(text(&tokens, "access_token")).await.json();
    assert_eq!((claims.get("name"), claims.get("email")), (None, None));
    refused_with(&refused, "invalid_scope", "openid in other letters");
}

#[tokio::test]
async fn each_parameter_of_an_answer_stands_once_and_no_other_beside_it() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;

    for mode in ["query", "form_post"] {
        let wish = ("response_mode", mode);
        let mut browser = app.browser();
        let granted = browser.sign_in(&kim, &app.authorize_path(&tthc, &[wish])).await;
        let refused = browser.get(&app.authorize_path(&tthc, &[wish, ("prompt", "create")])).await;

        assert_eq!(fields_of(&granted), ["code", "iss", "state"], "{mode}: {}", granted.body);
        assert_eq!(fields_of(&refused), ["error", "error_description", "iss", "state"], "{mode}");
        assert!(!granted.body.contains(&kim.password), "{mode}: what was typed stays here");
        let code = granted.param("code").unwrap_or_else(|| granted.hidden("code"));
        let tokens = app.redeem(&tthc, &code).await;
        assert_eq!(tokens.status, 200, "{mode}: {}", tokens.body);
        for name in tokens.json().as_object().expect("an object").keys() {
            assert_eq!(tokens.body.matches(&format!("\"{name}\":")).count(), 1, "{mode}: {name}");
        }
    }
}

#[tokio::test]
async fn a_verifier_of_another_form_is_refused_although_its_digest_fits() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let most = "a".repeat(43);
    let table = [
        ("a".repeat(42), false),
        (most.clone(), true),
        ("~".repeat(128), true),
        ("a".repeat(129), false),
        (format!("{most}+"), false),
        (format!("{most}="), false),
        (format!("{most} "), false),
        (format!("{most}/"), false),
        (format!("{most}\u{1ebf}"), false),
    ];

    for (verifier, fine) in table {
        let challenge = base64url(&sha256(verifier.as_bytes()));
        let answer = browser.get(&app.authorize_path(&tthc, &[("code_challenge", &challenge)])).await;
        let code = answer.param("code").expect("a code");

        let answer = redeem_at(&app, &tthc, &code, &tthc.redirect_uri, &verifier).await;

        if fine {
            assert_eq!(answer.status, 200, "{verifier}: {}", answer.body);
        } else {
            refused_with(&answer, "invalid_grant", &verifier);
        }
        assert_eq!(was_redeemed(&app, &tthc, &code).await, fine, "{verifier}");
    }
}

#[tokio::test]
async fn a_refused_challenge_is_told_with_the_reason() {
    let app = TestApp::start().await;
    let phone = app.client("phone", public).await;
    let table = [
        ("", "", "code_challenge is required"),
        (CHALLENGE, "plain", "not supported"),
        (CHALLENGE, "", "not supported"),
        (CHALLENGE, "S512", "not supported"),
        ("short", "S256", "code_challenge is not"),
    ];

    for (challenge, method, words) in table {
        let wishes = [("code_challenge", challenge), ("code_challenge_method", method)];
        let answer = app.get(&app.authorize_path(&phone, &wishes)).await;

        assert_eq!(answer.param("error").as_deref(), Some("invalid_request"), "{challenge} {method}");
        let told = answer.param("error_description").expect("a description");
        assert!(told.contains(words), "{challenge} {method}: {told}");
    }
}

#[tokio::test]
async fn a_native_client_has_three_kinds_of_address_and_each_is_compared_completely() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let kinds = ["vn.gov.example.app:/back", "https://phone.example/callback", "http://127.0.0.1/back"];
    let phone = app
        .client("phone", |settings| {
            public(settings);
            settings.redirect_uris = kinds.map(str::to_owned).to_vec();
        })
        .await;
    let mut browser = signed_on_as(&app, &phone, &kim).await;
    let near_misses = [
        "vn.gov.example.app:/",
        "vn.gov.example.app:/back/",
        "vn.gov.example.app:/back2",
        "vn.gov.example.app:/Back",
        "vn.gov.example.app:/back?x=1",
        "vn.gov.example.app://back",
        "vn.gov.example.app2:/back",
        "VN.gov.example.app:/back",
        "https://phone.example:8443/callback",
        "https://phone.example/callback/",
        "http://phone.example/callback",
    ];

    for address in near_misses {
        let answer = visit(&mut browser, &app.authorize_path(&phone, &[("redirect_uri", address)])).await;

        assert_eq!((answer.status, answer.header("location")), (400, None), "{address}");
        assert_eq!(answer.error_page(), Some("unregistered_redirect_uri"), "{address}");
    }
    for address in [kinds[0], kinds[1], "http://127.0.0.1:51004/back"] {
        let answer = visit(&mut browser, &app.authorize_path(&phone, &[("redirect_uri", address)])).await;
        let code = answer.param("code").unwrap_or_else(|| panic!("{address}: no code"));

        refused_with(&redeem_at(&app, &phone, &code, kinds[2], VERIFIER).await, "invalid_grant", address);
        let own = redeem_at(&app, &phone, &code, address, VERIFIER).await;

        assert_eq!(own.status, 200, "{address}: {}", own.body);
    }
}

#[tokio::test]
async fn a_second_authorization_header_is_refused() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let code = app.code(&tthc, &kim, &[]).await;
    let body = format!("grant_type=authorization_code&code={code}&redirect_uri={}", encoded(&tthc.redirect_uri));
    let secret = tthc.secret.clone().expect("a secret");
    let (good, wrong) = (basic("tthc", &secret), basic("tthc", "wrong"));

    for headers in [[&good, &wrong], [&wrong, &good], [&good, &good]] {
        let request = http::Request::post("/oauth2/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", headers[0])
            .header("authorization", headers[1])
            .body(format!("{body}&code_verifier={VERIFIER}"))
            .expect("a request");

        refused_with(&app.request(request).await, "invalid_request", "two headers");
        assert!(!was_redeemed(&app, &tthc, &code).await);
    }
    assert_eq!(app.redeem(&tthc, &code).await.status, 200, "none of those tries spent it");
}

#[tokio::test]
async fn a_redirect_uri_holds_no_parameter_of_an_answer() {
    let app = TestApp::start().await;
    let table = [
        ("code=x", false),
        ("a=b&state=x", false),
        ("iss=https%3A%2F%2Fevil.example", false),
        ("error=x", false),
        ("error_description=x", false),
        ("error_uri=x", false),
        ("%73tate=x", false),
        ("state", false),
        ("statement=x&State=x&a=code", true),
    ];

    for (number, (query, fine)) in table.into_iter().enumerate() {
        let redirect_uris = vec![format!("https://app.example/callback?{query}")];
        let settings = ClientSettings { redirect_uris, ..ClientSettings::default() };
        let id = format!("client-{number}");

        let added = offer(&app, &id, settings).await;

        let refused = matches!(added, Err(RegisterError::Refused(_)));
        assert_eq!((added.is_ok(), refused), (fine, !fine), "{query}");
        assert_eq!(is_registered(&app, &id).await, fine, "{query}");
    }
}
