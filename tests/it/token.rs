//! Promises of the token endpoint about requests, answers and codes (RFC 6749 §3.2, §4.1.3 and §5, OpenID Connect Core §3.1.3).

use crate::support::clients::public;
use crate::support::flows::code_form;
use crate::support::races::{at_once, rounds};
use crate::support::records::{count_of, was_redeemed};
use crate::support::requests::{FORM, TOKEN, basic, refused_with, send, text};
use crate::support::{Answer, TestApp, TestClient, VERIFIER, encode};
use std::sync::Arc;

/// A request with the client's own authentication, exactly as written.
async fn send_as(app: &TestApp, client: &TestClient, method: &str, path: &str, media_type: &str, body: String) -> Answer {
    // Generated secrets have letters that need no encoding.
    let header = basic(&client.id, client.secret.as_deref().expect("a secret"));
    send(app, method, path, &[("authorization", header.as_str()), ("content-type", media_type)], &body).await
}

async fn post_form(app: &TestApp, client: &TestClient, body: &str) -> Answer {
    send_as(app, client, "POST", TOKEN, FORM, body.to_owned()).await
}

#[tokio::test]
async fn only_a_posted_form_is_accepted() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let code = app.code(&tthc, &kim, &[]).await;
    let form = encode(&code_form(&tthc, &code));
    let in_query = format!("/oauth2/token?{form}");
    let form_type = "application/x-www-form-urlencoded";
    let json = serde_json::json!({
        "grant_type": "authorization_code", "code": code, "redirect_uri": tthc.redirect_uri, "code_verifier": VERIFIER,
    });
    let multipart = "--b\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nauthorization_code\r\n--b--\r\n";

    let refused = [
        (405, send_as(&app, &tthc, "GET", &in_query, form_type, String::new()).await),
        (405, send_as(&app, &tthc, "PUT", "/oauth2/token", form_type, form.clone()).await),
        (405, send_as(&app, &tthc, "DELETE", &in_query, form_type, String::new()).await),
        (400, send_as(&app, &tthc, "POST", &in_query, form_type, String::new()).await),
        (400, send_as(&app, &tthc, "POST", "/oauth2/token", "application/json", json.to_string()).await),
        (400, send_as(&app, &tthc, "POST", "/oauth2/token", "multipart/form-data; boundary=b", multipart.to_owned()).await),
        (400, send_as(&app, &tthc, "POST", "/oauth2/token", "text/plain", form.clone()).await),
    ];
    let spent = was_redeemed(&app, &tthc, &code).await;
    let proper = post_form(&app, &tthc, &form).await;

    for (status, answer) in &refused {
        assert_eq!(answer.status, *status, "{}", answer.body);
        assert!(!answer.body.contains("access_token"), "{}", answer.body);
        if *status == 400 {
            assert_eq!(answer.json()["error"], "invalid_request", "{}", answer.body);
        }
    }
    assert!(!spent);
    assert_eq!(proper.status, 200, "{}", proper.body);
}

#[tokio::test]
async fn the_answer_is_json_that_nobody_stores_and_tells_type_and_lifetime() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;

    for (scope, refreshable) in [("openid profile", false), ("openid offline_access", true)] {
        let code = app.code(&tthc, &kim, &[("scope", scope)]).await;
        let answer = app.redeem(&tthc, &code).await;

        assert_eq!(answer.status, 200);
        assert!(answer.header("content-type").is_some_and(|value| value.starts_with("application/json")));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("pragma"), Some("no-cache"));
        let tokens = answer.json();
        let members = tokens.as_object().expect("an object");
        assert_eq!(tokens["token_type"], "Bearer");
        assert!(tokens["expires_in"].as_i64().is_some_and(|seconds| (30..=300).contains(&seconds)), "{tokens}");
        assert!(tokens["access_token"].is_string() && tokens["id_token"].is_string());
        assert_eq!(members.contains_key("refresh_token"), refreshable, "{scope}");
        assert!(members.values().all(|value| !value.is_null()), "{tokens}");
    }
}

#[tokio::test]
async fn a_code_of_another_client_is_invalid_grant() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let owner = app.client("tthc", |_| {}).await;
    let phone = app.client("phone", public).await;
    let strangers = [app.client("van-ban", |_| {}).await, app.client("app", public).await];

    for owner in [&owner, &phone] {
        let code = app.code(owner, &kim, &[]).await;
        let form = code_form(owner, &code);
        for stranger in &strangers {
            refused_with(&app.token(stranger, &form).await, "invalid_grant", &stranger.id);
            assert!(!was_redeemed(&app, stranger, &code).await, "{}", stranger.id);
        }

        let own = app.redeem(owner, &code).await;
        refused_with(&app.token(&strangers[0], &form).await, "invalid_grant", "a stranger, afterwards");

        assert_eq!(own.status, 200, "{}", own.body);
        let userinfo = app.userinfo(text(&own.json(), "access_token")).await;
        assert_eq!(userinfo.status, 200, "a stranger's try revokes nothing");
    }
}

#[tokio::test]
async fn a_code_ends_after_sixty_seconds() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;

    for (seconds, fine) in [(0, true), (59, true), (60, false), (61, false), (3_600, false)] {
        let code = app.code(&tthc, &kim, &[]).await;
        app.advance_seconds(seconds);

        let answer = app.redeem(&tthc, &code).await;

        if fine {
            assert_eq!(answer.status, 200, "{seconds}: {}", answer.body);
        } else {
            refused_with(&answer, "invalid_grant", &seconds.to_string());
        }
        assert_eq!(was_redeemed(&app, &tthc, &code).await, fine, "{seconds}");
    }
}

#[tokio::test]
async fn a_second_use_revokes_what_the_first_issued() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;

    for (place, seconds_later) in [0, 30, 120].into_iter().enumerate() {
        let code = app.code(&tthc, &kim, &[("scope", "openid offline_access")]).await;
        let tokens = app.redeem(&tthc, &code).await.json();
        let before = app.userinfo(text(&tokens, "access_token")).await;
        app.advance_seconds(seconds_later);

        let second = app.redeem(&tthc, &code).await;

        assert_eq!(before.status, 200);
        refused_with(&second, "invalid_grant", "a second use");
        let after = app.userinfo(text(&tokens, "access_token")).await;
        assert_eq!(after.status, 401, "{seconds_later}");
        refused_with(&app.refresh(&tthc, text(&tokens, "refresh_token")).await, "invalid_grant", "what the first use gave");
        assert_eq!(count_of(&app, "code.reused").await, place + 1);
    }
}

/// One round of the race: everyone redeems the same code at the same moment.
async fn race_for_a_code(app: &TestApp, client: &Arc<TestClient>, code: String) {
    let answers = at_once(|| {
        let (app, client, code) = (app.clone(), client.clone(), code.clone());
        async move { app.redeem(&client, &code).await }
    })
    .await;
    let mut successes = Vec::new();
    for answer in answers {
        if answer.status == 200 { successes.push(answer.json()) } else { refused_with(&answer, "invalid_grant", "too late") }
    }

    let [tokens] = successes.as_slice() else { panic!("{} redemptions succeeded", successes.len()) };
    let userinfo = app.userinfo(text(tokens, "access_token")).await;
    assert_eq!(userinfo.status, 401, "what the one success got is revoked");
    refused_with(&app.refresh(client, text(tokens, "refresh_token")).await, "invalid_grant", "what the one success got");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_redemptions_of_one_code_give_one_success_and_then_revocation() {
    let rounds = rounds();
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = Arc::new(app.client("tthc", |_| {}).await);
    let path = app.authorize_path(&tthc, &[("scope", "openid offline_access")]);
    let mut browser = app.browser();
    browser.sign_in(&kim, &path).await;

    for _ in 0..rounds {
        let answer = browser.get(&path).await;
        let code = answer.param("code").expect("a code");
        race_for_a_code(&app, &tthc, code).await;
    }

    assert_eq!(count_of(&app, "code.reused").await, rounds, "one record a round, however many came too late");
}

#[tokio::test]
async fn the_redirect_uri_of_the_request_must_be_repeated() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let (first, second) = ("https://tthc.example/callback", "https://tthc.example/other");
    let tthc = app.client("tthc", |settings| settings.redirect_uris = vec![first.to_owned(), second.to_owned()]).await;

    for (redirect_uri, fine) in [("", false), (second, false), ("https://tthc.example/callback/", false), (first, true)] {
        let code = app.code(&tthc, &kim, &[("redirect_uri", first)]).await;
        let mut form = vec![("grant_type", "authorization_code"), ("code", code.as_str()), ("code_verifier", VERIFIER)];
        form.extend((!redirect_uri.is_empty()).then_some(("redirect_uri", redirect_uri)));

        let answer = app.token(&tthc, &form).await;

        if fine {
            assert_eq!(answer.status, 200, "{}", answer.body);
        } else {
            refused_with(&answer, "invalid_grant", redirect_uri);
        }
        assert_eq!(was_redeemed(&app, &tthc, &code).await, fine, "{redirect_uri}");
    }
}

#[tokio::test]
async fn empty_and_unknown_parameters_are_ignored_and_repeated_ones_refused() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let code = app.code(&tthc, &kim, &[]).await;
    let form = encode(&code_form(&tthc, &code));

    for twice in [format!("code={code}"), "grant_type=authorization_code".to_owned(), "grant_type=refresh_token".to_owned()] {
        refused_with(&post_form(&app, &tthc, &format!("{form}&{twice}")).await, "invalid_request", &twice);
        assert!(!was_redeemed(&app, &tthc, &code).await, "{twice}");
    }
    let answer = post_form(&app, &tthc, &format!("{form}&foo=bar&scope=&client_secret=&refresh_token=&code=")).await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["scope"], "openid profile");
}

#[tokio::test]
async fn a_grant_type_that_is_not_offered_or_not_allowed_is_refused() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app
        .client("tthc", |settings| {
            settings.grant_types = vec!["authorization_code".to_owned()];
            settings.scopes = vec!["openid".to_owned()];
        })
        .await;
    let refresh_only = app.client("cu", |settings| settings.grant_types = vec!["refresh_token".to_owned()]).await;
    let code = app.code(&tthc, &kim, &[("scope", "openid")]).await;
    let table = [
        (&tthc, "password", "unsupported_grant_type"),
        (&tthc, "client_credentials", "unauthorized_client"),
        (&tthc, "implicit", "unsupported_grant_type"),
        (&tthc, "urn:ietf:params:oauth:grant-type:jwt-bearer", "unsupported_grant_type"),
        (&tthc, "AUTHORIZATION_CODE", "unsupported_grant_type"),
        (&tthc, "", "invalid_request"),
        (&tthc, "refresh_token", "unauthorized_client"),
        (&refresh_only, "authorization_code", "unauthorized_client"),
    ];

    for (client, grant_type, expected) in table {
        let grant_type = url::form_urlencoded::byte_serialize(grant_type.as_bytes()).collect::<String>();
        let rest = format!("username={}&password=x&refresh_token=x&code={code}&code_verifier={VERIFIER}", kim.username);
        let answer = post_form(&app, client, &format!("grant_type={grant_type}&{rest}")).await;

        refused_with(&answer, expected, &grant_type);
    }
    assert!(!was_redeemed(&app, &tthc, &code).await);
}

#[tokio::test]
async fn an_error_is_json_with_a_registered_code() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let tokens = app.tokens(&tthc, &kim, &[("scope", "openid offline_access")]).await;
    let wider = format!("grant_type=refresh_token&scope=openid+email&refresh_token={}", text(&tokens, "refresh_token"));
    let answers = [
        ("invalid_request", post_form(&app, &tthc, "").await),
        ("invalid_request", post_form(&app, &tthc, "grant_type=authorization_code").await),
        ("invalid_request", post_form(&app, &tthc, "grant_type=refresh_token").await),
        ("invalid_request", post_form(&app, &tthc, "grant_type=%ff").await),
        ("unsupported_grant_type", post_form(&app, &tthc, "grant_type=password").await),
        ("invalid_grant", post_form(&app, &tthc, "grant_type=authorization_code&code=x").await),
        ("invalid_grant", post_form(&app, &tthc, "grant_type=refresh_token&refresh_token=%22x%5C").await),
        ("invalid_scope", post_form(&app, &tthc, &wider).await),
        ("invalid_client", app.post("/oauth2/token", &[("grant_type", "authorization_code"), ("client_id", "nobody")]).await),
    ];

    for (expected, answer) in &answers {
        refused_with(answer, expected, expected);
        assert!(answer.header("content-type").is_some_and(|value| value.starts_with("application/json")), "{expected}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{expected}");
        let body = answer.json();
        let members: Vec<&str> = body.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(members, ["error", "error_description"], "{expected}");
        let description = text(&body, "error_description");
        assert!(description.chars().all(|letter| matches!(letter, ' '..='!' | '#'..='[' | ']'..='~')), "{description}");
    }
}
