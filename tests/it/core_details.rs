//! What OpenID Connect says beside the large promises: cancelled prompts, named subjects, what an answer holds, what
//! an older agreement covers (Core §3 to §12); `claims_details.rs` and `logout_details.rs` have more.

use crate::support::flows::{code_form, signed_on_with_tokens, sub_of, visit};
use crate::support::records::{has_ended, sign_on_of};
use crate::support::requests::{TOKEN, post, sent_back_with};
use crate::support::{Answer, Browser, TestApp};
use http::Request;
use motlan::model::client::{AuthMethod, ClientSettings, ClientType};
use motlan::protocol::client_assertion::TYPE;
use serde_json::json;
use std::collections::BTreeSet;

/// Sends a page's form with one field filled in, and follows our own redirects.
async fn fill(browser: &mut Browser, page: &Answer, to: &str, field: (&str, &str)) -> Answer {
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let answer = browser.post(to, &[("csrf", csrf.as_str()), ("request", request.as_str()), field]).await;
    browser.follow(answer).await
}

#[tokio::test]
async fn a_prompt_that_the_person_does_not_follow_is_an_error() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, tokens) = signed_on_with_tokens(&app, &tthc, &kim).await;
    let table =
        [("login", "signin", "/signin"), ("select_account", "signin", "/signin"), ("consent", "consent", "/signin/consent")];

    for (prompt, page, form) in table {
        let asked = visit(&mut browser, &app.authorize_path(&tthc, &[("prompt", prompt)])).await;
        assert_eq!(asked.page(), Some(page), "{prompt}");
        let denied = fill(&mut browser, &asked, form, ("decision", "deny")).await;
        sent_back_with(&denied, "access_denied", prompt);
    }
    let silent = browser.get(&app.authorize_path(&tthc, &[("prompt", "none")])).await;
    let at_once = browser.get(&app.authorize_path(&tthc, &[("prompt", "none"), ("max_age", "0")])).await;

    let ended = has_ended(&app, &sign_on_of(&app, &tokens)).await;
    assert!(silent.param("code").is_some() && !ended, "the sign-on before is as it was");
    sent_back_with(&at_once, "login_required", "at once");
}

#[tokio::test]
async fn prompts_that_come_together_are_all_followed() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;

    for prompt in ["login consent", "consent login", "consent select_account login"] {
        let (mut browser, _) = signed_on_with_tokens(&app, &tthc, &kim).await;
        let name = visit(&mut browser, &app.authorize_path(&tthc, &[("prompt", prompt)])).await;
        let password = fill(&mut browser, &name, "/signin", ("username", &kim.username)).await;
        let consent = fill(&mut browser, &password, "/signin/password", ("password", &kim.password)).await;
        let arrived = fill(&mut browser, &consent, "/signin/consent", ("decision", "allow")).await;

        let pages = [name.page(), password.page(), consent.page()];
        assert_eq!(pages, [Some("signin"), Some("password"), Some("consent")], "{prompt}");
        assert!(arrived.param("code").is_some(), "{prompt}");
    }
}

#[tokio::test]
async fn a_subject_that_is_named_anywhere_binds_the_answer() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let tthc = app.client("tthc", |_| {}).await;
    let (of_kim, of_minh) = (sub_of(&app, &tthc, &kim).await, sub_of(&app, &tthc, &minh).await);
    let (mut browser, _) = signed_on_with_tokens(&app, &tthc, &kim).await;
    let table = [
        (json!({"id_token": {"sub": {"value": of_kim}}, "userinfo": {"sub": null}}), true),
        (json!({"id_token": {"sub": {"values": [of_minh, of_kim]}}}), true),
        (json!({"id_token": {"sub": {"essential": true}}}), true),
        (json!({"userinfo": {"sub": {"value": of_minh}}}), false),
        (json!({"id_token": {"sub": null}, "userinfo": {"sub": {"value": of_minh}}}), false),
        (json!({"id_token": {"sub": {"value": of_kim}}, "userinfo": {"sub": {"value": of_minh}}}), false),
        (json!({"id_token": {"sub": {"values": [of_minh]}}}), false),
        (json!({"id_token": {"sub": {"value": format!("{of_kim} ")}}}), false),
        (json!({"id_token": {"sub": {"value": 7}}}), false),
    ];

    for (claims, fine) in table {
        let path = app.authorize_path(&tthc, &[("claims", &claims.to_string()), ("prompt", "none")]);
        let answer = browser.get(&path).await;

        assert_eq!(answer.param("code").is_some(), fine, "{claims}");
        if !fine {
            sent_back_with(&answer, "login_required", &claims.to_string());
        }
    }
}

#[tokio::test]
async fn a_response_mode_that_is_not_offered_is_a_page_and_no_answer() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, _) = signed_on_with_tokens(&app, &tthc, &kim).await;

    for mode in ["web_message", "jws", "QUERY", "nonsense"] {
        let answer = browser.get(&app.authorize_path(&tthc, &[("response_mode", mode)])).await;

        assert_eq!((answer.status, answer.error_page()), (400, Some("bad_request")), "{mode}");
        assert_eq!(answer.header("location"), None, "{mode}: nobody knows how an answer would travel");
    }
}

#[tokio::test]
async fn an_answer_holds_its_own_parameters_and_nothing_else() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, _) = signed_on_with_tokens(&app, &tthc, &kim).await;
    let of_success = BTreeSet::from(["code", "iss", "state"].map(str::to_owned));
    let of_error = BTreeSet::from(["error", "error_description", "iss", "state"].map(str::to_owned));
    let table = [
        ("display", "page", &of_success),
        ("prompt", "create", &of_error),
        ("scope", "nonsense", &of_error),
        ("max_age", "-1", &of_error),
        ("claims", "{", &of_error),
        ("request", "x", &of_error),
    ];

    for (name, value, expected) in table {
        let by_query = browser.get(&app.authorize_path(&tthc, &[(name, value)])).await;
        let by_form = browser.get(&app.authorize_path(&tthc, &[(name, value), ("response_mode", "form_post")])).await;

        let (_, query) = by_query.location().split_once('?').expect("a query");
        let in_query: BTreeSet<String> =
            url::form_urlencoded::parse(query.as_bytes()).map(|(found, _)| found.into_owned()).collect();
        let in_form: BTreeSet<String> = by_form.form_post_fields().into_iter().map(|(found, _)| found).collect();
        assert_eq!((&in_query, &in_form), (expected, expected), "{name}={value}");
    }
}

#[tokio::test]
async fn further_claims_of_an_assertion_are_ignored() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let khoa = app.client_with_key("khoa", |_| {}).await;
    let code = app.code(&khoa, &kim, &[]).await;
    let assertion = app.assertion(&khoa, |claims| {
        claims["colour"] = json!("red");
        claims["client_id"] = json!("somebody-else");
        claims["scope"] = json!({"everything": true});
    });
    let mut form = code_form(&khoa, &code);
    form.extend([("client_assertion_type", TYPE), ("client_assertion", assertion.as_str())]);

    let answer = app.post("/oauth2/token", &form).await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["scope"], "openid profile");
}

#[tokio::test]
async fn keys_and_metadata_may_be_kept_for_a_while() {
    let app = TestApp::start().await;

    for path in ["/oauth2/jwks", "/.well-known/openid-configuration"] {
        let answer = app.get(path).await;

        let said = answer.header("cache-control").unwrap_or_else(|| panic!("{path} says nothing about caches"));
        let seconds: i64 = said.split("max-age=").nth(1).and_then(|rest| rest.split(',').next()?.parse().ok()).expect("seconds");
        assert!((1..=3_600).contains(&seconds), "{path}: {said}");
    }
}

#[tokio::test]
async fn the_token_endpoint_may_be_read_by_scripts_of_the_client_only() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let page = app
        .client("page", |settings| {
            settings.application_type = ClientType::Spa;
            settings.auth_method = AuthMethod::None;
        })
        .await;
    let preflight = Request::options("/oauth2/token")
        .header("origin", "https://page.example")
        .header("access-control-request-method", "POST")
        .body(String::new())
        .expect("a request");

    let allowed = app.request(preflight).await;
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://page.example"));
    assert!(allowed.header("access-control-allow-methods").is_some_and(|methods| methods.contains("POST")));
    for (origin, fine) in [("https://page.example", true), ("https://evil.example", false), ("null", false)] {
        let code = app.code(&page, &kim, &[]).await;
        let answer = post(&app, &page, TOKEN, &code_form(&page, &code), &[("origin", origin)]).await;

        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("access-control-allow-origin"), fine.then_some(origin), "{origin}");
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
}

/// A system that is not the city's own.
fn stranger(settings: &mut ClientSettings, application_type: ClientType) {
    settings.third_party = true;
    settings.application_type = application_type;
    if application_type == ClientType::Native {
        settings.auth_method = AuthMethod::None;
    }
}

#[tokio::test]
async fn an_older_agreement_without_offline_access_does_not_cover_it() {
    const OFFLINE: &str = "openid profile offline_access";
    let app = TestApp::start().await;
    let kim = app.official("kim").await;

    for (id, application_type) in [("khach", ClientType::Web), ("may", ClientType::Native)] {
        let partner = app.client(id, |settings| stranger(settings, application_type)).await;
        let mut browser = app.browser();
        let agreed = browser.sign_in(&kim, &app.authorize_path(&partner, &[("scope", "openid profile")])).await;
        let silent = app.authorize_path(&partner, &[("scope", OFFLINE), ("prompt", "none")]);

        let without = app.redeem(&partner, &agreed.param("code").expect("a code")).await.json();
        let too_much = browser.get(&silent).await;
        let asked = browser.sign_in(&kim, &app.authorize_path(&partner, &[("scope", OFFLINE), ("prompt", "consent")])).await;
        let with = app.redeem(&partner, &asked.param("code").expect("a code")).await.json();
        let later = browser.get(&silent).await;

        assert_eq!(without.get("refresh_token"), None, "{id}");
        sent_back_with(&too_much, "consent_required", id);
        assert!(with["refresh_token"].is_string(), "{id}: {with}");
        assert!(later.param("code").is_some(), "{id}: what was agreed to once holds");
    }
}
