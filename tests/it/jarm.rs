//! Promises about answers as signed JWTs (JWT Secured Authorization Response Mode for OAuth 2.0, JARM).

use crate::support::flows::{signed_on_as, visit};
use crate::support::keys::fragment;
use crate::support::requests::names;
use crate::support::{Answer, TestApp, TestClient, stage};
use motlan::crypto::jwt::verify_with_jwks;
use motlan::model::client::ClientSettings;
use motlan::model::signing_key::Algorithm;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Each mode with the part of the answer that it uses.
const MODES: [(&str, Place); 4] =
    [("jwt", Place::Query), ("query.jwt", Place::Query), ("fragment.jwt", Place::Fragment), ("form_post.jwt", Place::Form)];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Query,
    Fragment,
    Form,
}

/// The parameters of an answer, which stand in one part of it and nowhere else.
#[track_caller]
fn parameters(answer: &Answer, client: &TestClient, place: Place) -> BTreeMap<String, String> {
    if place == Place::Form {
        assert_eq!((answer.status, answer.page(), answer.header("location")), (200, Some("form-post"), None));
        assert!(answer.body.contains(&format!("action=\"{}\"", client.redirect_uri)), "{}", answer.body);
        return answer.form_post_fields().into_iter().collect();
    }
    assert_eq!(answer.status, 303, "{}", answer.body);
    let location = url::Url::parse(answer.location()).expect("an address");
    assert!(answer.location().starts_with(&client.redirect_uri), "{location}");
    assert_eq!(location.query().is_some(), place == Place::Query, "{location}");
    assert_eq!(location.fragment().is_some(), place == Place::Fragment, "{location}");
    if place == Place::Fragment { fragment(answer) } else { location.query_pairs().into_owned().collect() }
}

/// The one parameter of a signed answer.
#[track_caller]
fn response(answer: &Answer, client: &TestClient, place: Place) -> String {
    let parameters = parameters(answer, client, place);
    let names: Vec<&str> = parameters.keys().map(String::as_str).collect();
    assert_eq!(names, ["response"], "everything is inside");
    parameters["response"].clone()
}

#[tokio::test]
async fn each_mode_carries_one_signed_parameter() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;

    for (mode, place) in MODES {
        let answer = visit(&mut browser, &app.authorize_path(&tthc, &[("response_mode", mode), ("state", "trạng thái")])).await;

        let claims = app.verified(&response(&answer, &tthc, place)).await;
        assert_eq!(names(&claims), BTreeSet::from(["iss", "aud", "iat", "exp", "code", "state"]), "{mode}");
        assert_eq!(claims["iss"], app.issuer(), "{mode}");
        assert_eq!(claims["aud"], "tthc", "{mode}");
        assert_eq!(claims["state"], "trạng thái", "{mode}");
        assert_eq!(claims["iat"], app.now_seconds(), "{mode}");
        let lifetime = claims["exp"].as_i64().expect("a number") - app.now_seconds();
        assert!((1..=600).contains(&lifetime), "{mode}: {lifetime} s");
        let code = claims["code"].as_str().expect("a code");
        assert!(!answer.body.contains(code) && answer.header("location").is_none_or(|to| !to.contains(code)), "{mode}");
        assert_eq!(app.redeem(&tthc, code).await.status, 200, "{mode}");
    }
    let without = visit(&mut browser, &app.authorize_path(&tthc, &[("response_mode", "jwt"), ("state", "")])).await;
    let claims = app.verified(&response(&without, &tthc, Place::Query)).await;
    assert_eq!(names(&claims), BTreeSet::from(["iss", "aud", "iat", "exp", "code"]), "no state was sent");
}

#[tokio::test]
async fn errors_are_signed_too() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let strange = app.client("la", |settings| settings.third_party = true).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let table = [
        (&tthc, "scope", "nonsense", "invalid_scope"),
        (&tthc, "prompt", "none login", "invalid_request"),
        (&tthc, "max_age", "-1", "invalid_request"),
        (&tthc, "code_challenge_method", "plain", "invalid_request"),
        (&tthc, "request", "x", "invalid_request_object"),
        (&tthc, "request_uri", "https://tthc.example/r.jwt", "invalid_request_uri"),
        (&strange, "prompt", "none", "consent_required"),
    ];

    for (mode, place) in MODES {
        for (client, name, value, expected) in table {
            let case = format!("{mode} {name}={value}");
            let answer = visit(&mut browser, &app.authorize_path(client, &[("response_mode", mode), (name, value)])).await;

            let claims = app.verified(&response(&answer, client, place)).await;
            let expected_names = ["iss", "aud", "iat", "exp", "error", "error_description", "state"];
            assert_eq!(names(&claims), BTreeSet::from(expected_names), "{case}");
            assert_eq!(claims["error"], expected, "{case}");
            assert_eq!((&claims["aud"], &claims["state"]), (&json!(client.id), &json!("st")), "{case}");
        }
        let nobody = app.browser().get(&app.authorize_path(&tthc, &[("response_mode", mode), ("prompt", "none")])).await;
        assert_eq!(app.verified(&response(&nobody, &tthc, place)).await["error"], "login_required", "{mode}");
    }
}

#[tokio::test]
async fn a_person_who_cancels_is_told_in_a_signed_answer() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = app.browser();
    let page = visit(&mut browser, &app.authorize_path(&tthc, &[("response_mode", "jwt")])).await;
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));

    let cancelled =
        browser.post("/signin", &[("csrf", csrf.as_str()), ("request", request.as_str()), ("decision", "deny")]).await;

    let claims = app.verified(&response(&cancelled, &tthc, Place::Query)).await;
    assert_eq!((&claims["error"], &claims["state"]), (&json!("access_denied"), &json!("st")));
    assert!(claims.get("code").is_none());
}

#[tokio::test]
async fn an_answer_is_signed_with_the_clients_algorithm_and_no_other() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let set = app.get("/oauth2/jwks").await.json();

    for (id, algorithm) in
        [("rs", Algorithm::Rs256), ("ps", Algorithm::Ps256), ("es", Algorithm::Es256), ("ed", Algorithm::EdDsa)]
    {
        let client = app.client(id, |settings| settings.authorization_signed_response_alg = algorithm).await;
        let answer = app.browser().sign_in(&kim, &app.authorize_path(&client, &[("response_mode", "jwt")])).await;

        let token = response(&answer, &client, Place::Query);
        let header = app.header(&token);
        assert_eq!(header["alg"], algorithm.as_str());
        assert_eq!(names(&header), BTreeSet::from(["alg", "typ", "kid"]), "no key and no address of one");
        let keys = set["keys"].as_array().expect("keys");
        assert!(keys.iter().any(|key| key["kid"] == header["kid"] && key["alg"] == header["alg"]), "{id}");
        assert_eq!(verify_with_jwks(&set, &token, &[algorithm]).expect("good").claims["aud"], id);
        let others: Vec<Algorithm> = Algorithm::ALL.into_iter().filter(|other| *other != algorithm).collect();
        assert!(verify_with_jwks(&set, &token, &others).is_err(), "{id}");
    }
    for name in ["none", "HS256", "RS512", ""] {
        let settings = serde_json::from_value::<ClientSettings>(json!({ "authorization_signed_response_alg": name }));
        assert!(settings.is_err(), "{name} cannot be registered");
    }
}

#[tokio::test]
async fn a_signed_answer_passes_for_no_other_token() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let answer = visit(&mut browser, &app.authorize_path(&tthc, &[("response_mode", "jwt")])).await;
    let token = response(&answer, &tthc, Place::Query);

    let as_hint = visit(&mut browser, &app.authorize_path(&tthc, &[("id_token_hint", &token), ("prompt", "none")])).await;
    let as_request = visit(&mut browser, &app.authorize_path(&tthc, &[("request", &token)])).await;
    let as_access_token = app.userinfo(&token).await;

    assert_eq!(as_hint.param("error").as_deref(), Some("login_required"));
    assert_eq!(as_request.param("error").as_deref(), Some("invalid_request_object"));
    for refused in [&as_hint, &as_request] {
        assert_eq!(refused.param("code"), None);
    }
    assert_eq!(as_access_token.status, 401);
    assert!(!as_access_token.body.contains("kim"), "{}", as_access_token.body);
}

#[tokio::test]
async fn a_mode_that_is_not_offered_is_a_page() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;

    for mode in ["JWT", "jwt.query", "query.jws", "web_message.jwt", ".jwt", "query.jwt.jwt"] {
        let answer = visit(&mut browser, &app.authorize_path(&tthc, &[("response_mode", mode)])).await;

        assert_eq!((answer.status, answer.error_page()), (400, Some("bad_request")), "{mode}");
        assert_eq!(answer.header("location"), None, "{mode}");
    }
}

#[tokio::test]
async fn tokens_in_a_signed_answer_travel_in_the_fragment_or_a_form_only() {
    let app = stage(|config| config.flows.implicit = true).await;
    let kim = app.official("kim").await;
    let tthc = app
        .client("tthc", |settings| {
            settings.grant_types = vec!["authorization_code".to_owned(), "implicit".to_owned()];
            settings.response_types = vec!["code".to_owned(), "id_token token".to_owned()];
        })
        .await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let path = |mode: &str| app.authorize_path(&tthc, &[("response_type", "id_token token"), ("response_mode", mode)]);

    for (mode, place) in [("jwt", Place::Fragment), ("fragment.jwt", Place::Fragment), ("form_post.jwt", Place::Form)] {
        let answer = visit(&mut browser, &path(mode)).await;

        let claims = app.verified(&response(&answer, &tthc, place)).await;
        let text = |name: &str| claims[name].as_str().unwrap_or_else(|| panic!("{mode}: {name}: {claims}")).to_owned();
        assert_eq!(text("token_type"), "Bearer", "{mode}");
        assert!(claims["expires_in"].is_i64(), "{mode}: numbers stay numbers (JARM §2.1): {claims}");
        assert_eq!(app.userinfo(&text("access_token")).await.status, 200, "{mode}");
        assert_eq!(app.verified(&text("id_token")).await["nonce"], "nn", "{mode}");
    }
    let in_the_query = visit(&mut browser, &path("query.jwt")).await;
    assert_eq!((in_the_query.status, in_the_query.error_page()), (400, Some("bad_request")));
    assert_eq!(in_the_query.header("location"), None);
}

#[tokio::test]
async fn discovery_lists_the_modes_and_the_algorithms() {
    let app = TestApp::start().await;

    let metadata = app.get("/.well-known/openid-configuration").await.json();

    let modes = metadata["response_modes_supported"].as_array().expect("a list");
    for (mode, _) in MODES {
        assert!(modes.contains(&json!(mode)), "{mode}");
    }
    assert_eq!(metadata["authorization_signing_alg_values_supported"], json!(["RS256", "PS256", "ES256", "EdDSA"]));
    for name in ["authorization_encryption_alg_values_supported", "authorization_encryption_enc_values_supported"] {
        assert!(metadata.get(name).is_none(), "{name}");
    }
}
