//! Promises of the authorization endpoint about requests and refusals (RFC 6749 §3.1 and §4.1, OpenID Connect Core §3.1.2).

use crate::support::TestApp;
use crate::support::flows::{signed_on_as, visit};
use motlan::model::client::ClientSettings;
use url::form_urlencoded;

fn only_profile(settings: &mut ClientSettings) {
    settings.scopes = vec!["openid".to_owned(), "profile".to_owned()];
}

#[tokio::test]
async fn get_and_post_are_the_same_request() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let path = app.authorize_path(&tthc, &[]);
    let query = path.split_once('?').expect("a query").1.to_owned();
    let fields: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();

    let by_get = visit(&mut browser, &path).await;
    let held = browser.post("/oauth2/authorize", &fields).await;
    let status_of_post = held.status;
    let by_post = browser.follow(held).await;
    let in_the_wrong_place = browser.post(&path, &[]).await;

    assert_eq!(status_of_post, 303, "a POST is answered by a redirect that brings the cookie");
    for answer in [&by_get, &by_post] {
        assert_eq!(answer.status, 303);
        assert!(answer.location().starts_with("https://tthc.example/callback?"), "{}", answer.location());
        assert_eq!(answer.param("state").as_deref(), Some("st"));
    }
    let codes = [by_get.param("code").expect("a code"), by_post.param("code").expect("a code")];
    assert_ne!(codes[0], codes[1]);
    for code in codes {
        assert_eq!(app.redeem(&tthc, &code).await.status, 200);
    }
    assert_eq!(in_the_wrong_place.status, 400);
    assert_eq!(in_the_wrong_place.header("location"), None);
}

#[tokio::test]
async fn without_the_openid_scope_no_id_token_is_issued() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let code = app.code(&tthc, &kim, &[("scope", "profile")]).await;

    let answer = app.redeem(&tthc, &code).await;

    assert_eq!(answer.status, 200);
    let tokens = answer.json();
    assert_eq!(tokens["scope"], "profile");
    assert_eq!(tokens.get("id_token"), None);
    let access_token = tokens["access_token"].as_str().expect("an access token");
    let userinfo = app.userinfo(access_token).await;
    assert_eq!(userinfo.status, 403);
    assert!(!userinfo.body.contains("kim"), "{}", userinfo.body);
}

#[tokio::test]
async fn unknown_scopes_are_ignored_and_the_granted_ones_are_told() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", only_profile).await;

    let tokens = app.tokens(&tthc, &kim, &[("scope", "openid nonsense admin profile email offline_access")]).await;

    assert_eq!(tokens["scope"], "openid profile");
    let access_token = tokens["access_token"].as_str().expect("an access token");
    assert_eq!(app.claims(access_token)["scope"], "openid profile");
    assert_eq!(tokens.get("refresh_token"), None);
}

#[tokio::test]
async fn only_the_response_type_code_is_accepted() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let table = [
        ("", "invalid_request"),
        ("token", "unsupported_response_type"),
        ("code token", "unsupported_response_type"),
        ("code id_token", "unsupported_response_type"),
        ("code id_token token", "unsupported_response_type"),
        ("CODE", "unsupported_response_type"),
        ("none", "unsupported_response_type"),
    ];

    for (response_type, expected) in table {
        let answer = visit(&mut browser, &app.authorize_path(&tthc, &[("response_type", response_type)])).await;

        assert_eq!(answer.status, 303, "{response_type}");
        assert_eq!(answer.param("error").as_deref(), Some(expected), "{response_type}");
        assert_eq!(answer.param("state").as_deref(), Some("st"), "{response_type}");
        let location = answer.location();
        for forbidden in ["#", "code=", "access_token=", "id_token="] {
            assert!(!location.contains(forbidden), "{response_type}: {location}");
        }
    }
}

#[tokio::test]
async fn errors_of_a_proven_destination_go_back_to_it() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let without_codes = app.client("cu", |settings| settings.grant_types = vec!["refresh_token".to_owned()]).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let long = "n".repeat(1_025);
    let table = [
        (&tthc, "response_type", "", "invalid_request"),
        (&tthc, "response_type", "token", "unsupported_response_type"),
        (&tthc, "scope", "", "invalid_scope"),
        (&tthc, "scope", "open\"id", "invalid_scope"),
        (&tthc, "scope", "nonsense", "invalid_scope"),
        (&tthc, "prompt", "none login", "invalid_request"),
        (&tthc, "prompt", "create", "invalid_request"),
        (&tthc, "max_age", "-1", "invalid_request"),
        (&tthc, "claims", "{", "invalid_request"),
        (&tthc, "nonce", long.as_str(), "invalid_request"),
        (&tthc, "code_challenge_method", "plain", "invalid_request"),
        (&without_codes, "state", "st", "unauthorized_client"),
    ];

    for (client, name, value, expected) in table {
        let by_query = visit(&mut browser, &app.authorize_path(client, &[(name, value)])).await;
        let by_form = visit(&mut browser, &app.authorize_path(client, &[(name, value), ("response_mode", "form_post")])).await;

        assert_eq!(by_query.status, 303, "{name}={value}");
        assert!(by_query.location().starts_with(&client.redirect_uri), "{name}={value}: {}", by_query.location());
        assert_eq!(by_query.param("error").as_deref(), Some(expected), "{name}={value}");
        assert_eq!(by_query.param("state").as_deref(), Some("st"), "{name}={value}");
        assert_eq!(by_query.param("iss").as_deref(), Some(app.issuer()), "{name}={value}");
        assert_eq!(by_query.param("code"), None, "{name}={value}");
        assert_eq!(by_form.page(), Some("form-post"), "{name}={value}");
        assert_eq!(by_form.hidden("error"), expected, "{name}={value}");
        assert_eq!(by_form.hidden("state"), "st", "{name}={value}");
        assert_eq!(by_form.hidden("iss"), app.issuer(), "{name}={value}");
        assert!(!by_form.body.contains("name=\"code\""), "{name}={value}");
    }
}

#[tokio::test]
async fn a_person_who_cancels_is_told_to_the_client_and_gets_no_sign_on() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = app.browser();
    let page = visit(&mut browser, &app.authorize_path(&tthc, &[])).await;
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let fields = [("csrf", csrf.as_str()), ("request", request.as_str()), ("decision", "deny")];

    let cancelled = browser.post("/signin", &fields).await;
    let again = browser.get(&format!("/signin?request={request}")).await;

    assert_eq!(cancelled.status, 303);
    assert_eq!(cancelled.param("error").as_deref(), Some("access_denied"));
    assert_eq!(cancelled.param("state").as_deref(), Some("st"));
    assert_eq!(cancelled.param("code"), None);
    assert_eq!(again.page(), Some("error"), "an answered request waits no longer");
    assert!(!app.audit_events().await.contains(&"sign_in.succeeded".to_owned()));
}

#[tokio::test]
async fn repeated_parameters_are_refused_and_a_repeated_state_does_not_come_back() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let path = app.authorize_path(&tthc, &[]);

    let scope_twice = visit(&mut browser, &format!("{path}&scope=openid")).await;
    let state_twice = visit(&mut browser, &format!("{path}&state=another")).await;
    let address_twice = visit(&mut browser, &format!("{path}&redirect_uri=https%3A%2F%2Fevil.example%2F")).await;

    assert_eq!(scope_twice.param("error").as_deref(), Some("invalid_request"));
    assert_eq!(scope_twice.param("state").as_deref(), Some("st"));
    assert_eq!(state_twice.param("error").as_deref(), Some("invalid_request"));
    assert_eq!(state_twice.param("state"), None);
    assert_eq!(address_twice.status, 400);
    assert_eq!(address_twice.header("location"), None);
}

#[tokio::test]
async fn unknown_and_empty_parameters_are_ignored() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let extra = "&foo=bar&audience=a&audience=b&prompt=&max_age=&claims=&id_token_hint=&request=&request_uri=&response_mode=";

    let answer = visit(&mut browser, &format!("{}{extra}", app.authorize_path(&tthc, &[]))).await;

    assert_eq!(answer.param("error"), None);
    assert!(!answer.location().contains("foo"), "{}", answer.location());
    let code = answer.param("code").expect("a code");
    assert_eq!(app.redeem(&tthc, &code).await.status, 200);
}

#[tokio::test]
async fn client_metadata_in_a_request_are_refused_by_their_own_error() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;

    let answer = visit(&mut browser, &app.authorize_path(&tthc, &[("registration", "{}")])).await;

    assert_eq!(answer.param("error").as_deref(), Some("registration_not_supported"));
    assert_eq!((answer.param("state").as_deref(), answer.param("code")), (Some("st"), None));
}

#[tokio::test]
async fn the_answer_is_not_stored_not_referred_and_not_read_across_origins() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |settings| settings.allowed_origins = vec!["https://tthc.example".to_owned()]).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let path = app.authorize_path(&tthc, &[]);
    let from_a_script = |method: &str, path: &str| {
        http::Request::builder()
            .method(method)
            .uri(path)
            .header("origin", "https://tthc.example")
            .header("access-control-request-method", "GET")
            .body(String::new())
            .expect("a request")
    };

    let answers = [
        visit(&mut browser, &path).await,
        browser.get(&app.authorize_path(&tthc, &[("prompt", "login")])).await,
        visit(&mut browser, &app.authorize_path(&tthc, &[("prompt", "login")])).await,
        visit(&mut browser, &app.authorize_path(&tthc, &[("redirect_uri", "https://evil.example/")])).await,
        app.request(from_a_script("GET", &path)).await,
        app.request(from_a_script("OPTIONS", &path)).await,
    ];

    for answer in &answers {
        assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")), "{}", answer.status);
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{}", answer.status);
        for allowance in ["access-control-allow-origin", "access-control-allow-methods", "access-control-allow-credentials"] {
            assert_eq!(answer.header(allowance), None, "{}", answer.status);
        }
    }
    assert!(answers[0].param("code").is_some());
    assert!(!answers[0].location().contains("_token"), "{}", answers[0].location());
}
