//! Promises about pushed authorization requests (RFC 9126): pushed by a client that proves itself, used by its browser once.

use crate::support::keys::{borrowed, path_of};
use crate::support::proofs::{PAR, ProofKey, TOKEN, code_form, rounds, stage, was_redeemed};
use crate::support::{Answer, Browser, Official, TestApp, TestClient, encode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use motlan::model::client::{AuthMethod, Client, ClientType};
use motlan::model::signing_key::Algorithm;
use motlan::service::clients::register;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::Barrier;

/// A browser in which somebody is signed on already.
async fn signed_on(app: &TestApp, client: &TestClient, official: &Official) -> Browser {
    let mut browser = app.browser();
    let answer = browser.sign_in(official, &app.authorize_path(client, &[])).await;
    assert!(answer.param("code").is_some(), "the first sign-in ends at the client");
    browser
}

/// What comes at the end of our own redirects.
async fn visit(browser: &mut Browser, path: &str) -> Answer {
    let answer = browser.get(path).await;
    browser.follow(answer).await
}

fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")))
}

/// A request to the endpoint, exactly as written.
async fn send(app: &TestApp, method: &str, authorization: &str, media_type: &str, body: String) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(PAR)
        .header("authorization", authorization)
        .header("content-type", media_type)
        .body(body)
        .expect("a request");
    app.request(request).await
}

#[track_caller]
fn refused_with(answer: &Answer, error: &str, case: &str) {
    assert_eq!(answer.status, if error == "invalid_client" { 401 } else { 400 }, "{case}: {}", answer.body);
    assert_eq!(answer.json()["error"], error, "{case}: {}", answer.body);
    assert!(answer.json().get("request_uri").is_none(), "{case}: {}", answer.body);
    assert!(answer.header("content-type").is_some_and(|value| value.starts_with("application/json")), "{case}");
    assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")), "{case}");
}

/// Not even an error goes to an address that came along and is not the client's.
#[track_caller]
fn ends_on_a_page(answer: &Answer, error: &str, case: &str) {
    assert_eq!((answer.status, answer.error_page()), (400, Some(error)), "{case}");
    assert_eq!(answer.header("location"), None, "{case}");
}

#[tokio::test]
async fn a_pushed_request_is_answered_by_a_reference_that_leads_to_a_code() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let asked = [("state", "pushed"), ("nonce", "nonce pushed"), ("scope", "openid email")];

    let pushed = app.push(&tthc, &asked).await;
    let another = app.push(&tthc, &asked).await;
    let arrived = app.browser().sign_in(&kim, &path_of(&tthc, &pushed)).await;

    assert_eq!(pushed.status, 201, "{}", pushed.body);
    assert_eq!(pushed.header("content-type"), Some("application/json"));
    let control = pushed.header("cache-control").expect("a header");
    assert!(control.contains("no-cache") && control.contains("no-store"), "{control}");
    let answer = pushed.json();
    let members: BTreeSet<&str> = answer.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(members, BTreeSet::from(["request_uri", "expires_in"]));
    assert!(answer["expires_in"].as_i64().is_some_and(|seconds| (5..600).contains(&seconds)), "{answer}");
    let reference = answer["request_uri"].as_str().expect("a text");
    let random = reference.strip_prefix("urn:ietf:params:oauth:request_uri:").expect("a URN");
    assert!(random.len() >= 43, "256 bits in base64url: {random}");
    assert_ne!(another.json()["request_uri"], answer["request_uri"]);
    assert!(arrived.location().starts_with("https://tthc.example/callback?"), "{}", arrived.location());
    assert_eq!(arrived.param("state").as_deref(), Some("pushed"));
    assert_eq!(arrived.param("iss").as_deref(), Some(app.issuer()));
    let tokens = app.redeem(&tthc, &arrived.param("code").expect("a code")).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!(tokens.json()["scope"], "email openid");
    let claims = app.claims(tokens.json()["id_token"].as_str().expect("an ID token"));
    assert_eq!(claims["nonce"], "nonce pushed");
}

#[tokio::test]
async fn only_what_was_pushed_counts() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let beside = [
        ("response_type", "token"),
        ("redirect_uri", "https://evil.example/"),
        ("state", "beside"),
        ("scope", "openid email phone"),
        ("nonce", "beside"),
        ("prompt", "none"),
        ("response_mode", "form_post"),
        ("code_challenge", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("claims", "{"),
    ];
    let path = path_of(&tthc, &app.push(&tthc, &[("scope", "openid profile")]).await);

    let with_an_object = app.get(&format!("{path}&request=eyJhbGciOiJub25lIn0.e30.")).await;
    let arrived = app.browser().sign_in(&kim, &format!("{path}&{}", encode(&beside))).await;

    ends_on_a_page(&with_an_object, "bad_request", "a request object beside it");
    assert!(arrived.location().starts_with("https://tthc.example/callback?"), "{}", arrived.location());
    assert_eq!(arrived.param("state").as_deref(), Some("st"));
    let tokens = app.redeem(&tthc, &arrived.param("code").expect("a code")).await;
    assert_eq!(tokens.status, 200, "the challenge is the pushed one: {}", tokens.body);
    assert_eq!(tokens.json()["scope"], "openid profile");
}

#[tokio::test]
async fn a_client_proves_itself_as_at_the_token_endpoint() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let documents = app.client("van-ban", |settings| settings.auth_method = AuthMethod::ClientSecretPost).await;
    let phone = app
        .client("phone", |settings| {
            settings.application_type = ClientType::Native;
            settings.auth_method = AuthMethod::None;
        })
        .await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let (own, posted) = (tthc.secret.clone().expect("a secret"), documents.secret.clone().expect("a secret"));
    let ask = |client: &TestClient| app.asked(client, &[]);
    let form = |fields: &[(String, String)], more: &[(&str, &str)]| encode(&[borrowed(fields).as_slice(), more].concat());
    let form_type = "application/x-www-form-urlencoded";
    let used = khoa.assertion(&app, |_| {});
    let khoa_asks = ask(&khoa.client);

    let good = [
        send(&app, "POST", &basic("tthc", &own), form_type, form(&ask(&tthc), &[])).await,
        app.post(PAR, &[borrowed(&ask(&documents)).as_slice(), &[("client_secret", posted.as_str())]].concat()).await,
        app.post(PAR, &borrowed(&ask(&phone))).await,
        khoa.post_with(&app, PAR, &borrowed(&khoa_asks), &used, None).await,
    ];
    let unproven = [
        ("only its name", app.post(PAR, &borrowed(&ask(&tthc))).await),
        ("a wrong secret", send(&app, "POST", &basic("tthc", &"x".repeat(43)), form_type, form(&ask(&tthc), &[])).await),
        ("another method", app.post(PAR, &[borrowed(&ask(&tthc)).as_slice(), &[("client_secret", own.as_str())]].concat()).await),
        ("another's secret", send(&app, "POST", &basic("van-ban", &own), form_type, form(&ask(&documents), &[])).await),
        ("only the name of one with a key", app.post(PAR, &borrowed(&khoa_asks)).await),
        ("a used assertion", khoa.post_with(&app, PAR, &borrowed(&khoa_asks), &used, None).await),
        ("nobody", app.post(PAR, &borrowed(&app.asked(&tthc, &[("client_id", "nobody")]))).await),
        ("no name at all", app.post(PAR, &borrowed(&app.asked(&tthc, &[("client_id", "")]))).await),
        ("in the query", app.post(&format!("{PAR}?client_secret={posted}"), &borrowed(&ask(&documents))).await),
    ];
    let twice = send(&app, "POST", &basic("tthc", &own), form_type, form(&ask(&tthc), &[("client_secret", &own)])).await;
    let another = send(&app, "POST", &basic("tthc", &own), form_type, form(&ask(&documents), &[])).await;

    for answer in &good {
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    for (case, answer) in &unproven {
        refused_with(answer, "invalid_client", case);
    }
    refused_with(&twice, "invalid_request", "two methods");
    refused_with(&another, "invalid_request", "a name that is not the one that authenticates");
}

#[tokio::test]
async fn an_assertion_may_name_the_issuer_the_token_endpoint_or_this_endpoint() {
    let app = TestApp::start().await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let fields = app.asked(&khoa.client, &[]);
    let at = |path: &str| format!("{}{path}", app.issuer());
    let table = [
        (json!(app.issuer()), true),
        (json!(at("/oauth2/token")), true),
        (json!(at("/oauth2/par")), true),
        (json!([at("/oauth2/par")]), true),
        (json!(["https://elsewhere.example", app.issuer()]), true),
        (json!(at("/oauth2/authorize")), false),
        (json!(at("/")), false),
        (json!("https://elsewhere.example/oauth2/par"), false),
        (json!([]), false),
        (Value::Null, false),
    ];

    for (audience, fine) in table {
        let assertion = khoa.assertion(&app, |claims| claims["aud"] = audience.clone());
        let answer = khoa.post_with(&app, PAR, &borrowed(&fields), &assertion, None).await;

        if fine {
            assert_eq!(answer.status, 201, "{audience}: {}", answer.body);
        } else {
            refused_with(&answer, "invalid_client", &audience.to_string());
        }
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_at_once_and_no_reference_is_given() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let without_codes = app
        .client("an", |settings| {
            settings.grant_types = vec!["implicit".to_owned()];
            settings.response_types = vec!["id_token".to_owned()];
        })
        .await;
    let long = "n".repeat(1_025);
    let table = [
        (&tthc, "response_type", "", "invalid_request"),
        (&tthc, "response_type", "token", "unsupported_response_type"),
        (&tthc, "redirect_uri", "", "invalid_request"),
        (&tthc, "redirect_uri", "https://evil.example/", "invalid_request"),
        (&tthc, "redirect_uri", "https://tthc.example/callback/", "invalid_request"),
        (&tthc, "response_mode", "web_message", "invalid_request"),
        (&tthc, "scope", "", "invalid_scope"),
        (&tthc, "scope", "nonsense", "invalid_scope"),
        (&tthc, "prompt", "none login", "invalid_request"),
        (&tthc, "max_age", "-1", "invalid_request"),
        (&tthc, "claims", "{", "invalid_request"),
        (&tthc, "nonce", long.as_str(), "invalid_request"),
        (&tthc, "code_challenge", "short", "invalid_request"),
        (&tthc, "code_challenge_method", "plain", "invalid_request"),
        (&tthc, "registration", "{}", "registration_not_supported"),
        (&tthc, "resource", "https://nowhere.example", "invalid_target"),
        (&tthc, "authorization_details", r#"[{"type":"x"}]"#, "invalid_authorization_details"),
        (&tthc, "request_uri", "urn:ietf:params:oauth:request_uri:abc", "invalid_request"),
        (&tthc, "request_uri", "https://tthc.example/request.jwt", "invalid_request"),
        (&tthc, "request", "eyJhbGciOiJub25lIn0.e30.", "invalid_request_object"),
        (&without_codes, "state", "st", "unauthorized_client"),
    ];

    for (client, name, value, expected) in table {
        let answer = app.push(client, &[(name, value)]).await;

        refused_with(&answer, expected, &format!("{name}={value}"));
    }
    let without_proof = app.push(&tthc, &[("code_challenge", ""), ("code_challenge_method", "")]).await;
    refused_with(&without_proof, "invalid_request", "PKCE is demanded");
    let secret = tthc.secret.as_deref().expect("a secret");
    let form = encode(&borrowed(&app.asked(&tthc, &[])));
    for more in ["scope=openid", "state=another", "redirect_uri=https%3A%2F%2Ftthc.example%2Fcallback", "x=%ff"] {
        let body = format!("{form}&{more}");
        let answer = send(&app, "POST", &basic("tthc", secret), "application/x-www-form-urlencoded", body).await;

        refused_with(&answer, "invalid_request", more);
    }
    // Nobody is there to be asked, so nothing about a person is refused here.
    assert_eq!(app.push(&tthc, &[("prompt", "none")]).await.status, 201);
}

#[tokio::test]
async fn only_a_posted_form_of_a_size_is_taken() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let header = basic("tthc", tthc.secret.as_deref().expect("a secret"));
    let form = encode(&borrowed(&app.asked(&tthc, &[])));
    let form_type = "application/x-www-form-urlencoded";
    let large = format!("{form}&x={}", "x".repeat(1024 * 1024));
    let table = [
        (405, "GET", form_type, String::new()),
        (405, "PUT", form_type, form.clone()),
        (405, "DELETE", form_type, String::new()),
        (400, "POST", "application/json", json!({ "client_id": "tthc" }).to_string()),
        (400, "POST", "text/plain", form.clone()),
        (413, "POST", form_type, large),
        (201, "POST", form_type, form),
    ];

    for (status, method, media_type, body) in table {
        let answer = send(&app, method, &header, media_type, body).await;

        assert_eq!(answer.status, status, "{method} {media_type}: {}", answer.body);
        assert_eq!(answer.body.contains("request_uri:"), status == 201, "{method} {media_type}");
        if status == 400 {
            assert_eq!(answer.json()["error"], "invalid_request", "{media_type}");
        }
    }
}

#[tokio::test]
async fn a_reference_is_for_the_client_that_pushed_and_for_nobody_else() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let other = app.client("van-ban", |_| {}).await;
    let mut browser = signed_on(&app, &tthc, &kim).await;
    let pushed = app.push(&tthc, &[]).await;
    let path = path_of(&tthc, &pushed);
    let theirs = path_of(&other, &pushed);
    let reference = pushed.json()["request_uri"].as_str().expect("a text").to_owned();
    let (changed, _) = reference.split_at(reference.len() - 1);
    let prefix = "urn:ietf:params:oauth:request_uri:";
    let at = |uri: &str| format!("/oauth2/authorize?{}", encode(&[("client_id", "tthc"), ("request_uri", uri)]));
    let own_address = "&state=beside&redirect_uri=https%3A%2F%2Fvan-ban.example%2Fcallback";

    ends_on_a_page(&browser.get(&theirs).await, "bad_request", "another client");
    let with_its_address = browser.get(&format!("{theirs}&redirect_uri=https%3A%2F%2Ftthc.example%2Fcallback")).await;
    ends_on_a_page(&with_its_address, "bad_request", "another client, and the address of the first");
    for (case, uri) in [
        ("a letter less", changed.to_owned()),
        ("a letter more", format!("{reference}a")),
        ("guessed", format!("{prefix}{}", "A".repeat(43))),
        ("empty", prefix.to_owned()),
    ] {
        ends_on_a_page(&browser.get(&at(&uri)).await, "bad_request", case);
    }
    let nameless = browser.get(&format!("/oauth2/authorize?{}", encode(&[("request_uri", &reference)]))).await;
    ends_on_a_page(&nameless, "unknown_client", "no client");
    let told = browser.get(&format!("{theirs}{own_address}")).await;

    assert!(told.location().starts_with("https://van-ban.example/callback?"), "{}", told.location());
    assert_eq!(told.param("error").as_deref(), Some("invalid_request_uri"));
    assert_eq!(told.param("state").as_deref(), Some("beside"));
    assert_eq!(told.param("code"), None);
    assert!(browser.get(&path).await.param("code").is_some(), "none of those tries used it up");
}

#[tokio::test]
async fn a_reference_ends_when_it_was_said_to() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc, &kim).await;

    for (seconds, fine) in [(0, true), (59, true), (60, false), (61, false), (600, false)] {
        let pushed = app.push(&tthc, &[]).await;
        assert_eq!(pushed.json()["expires_in"], 60);
        app.advance_seconds(seconds);

        let answer = browser.get(&path_of(&tthc, &pushed)).await;

        assert_eq!(answer.param("code").is_some(), fine, "{seconds}");
        if !fine {
            ends_on_a_page(&answer, "bad_request", &seconds.to_string());
        }
    }
}

#[tokio::test]
async fn a_page_may_be_loaded_again_and_the_answer_comes_once() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let path = path_of(&tthc, &app.push(&tthc, &[]).await);
    let mut browser = app.browser();

    for _ in 0..3 {
        assert_eq!(visit(&mut browser, &path).await.page(), Some("signin"), "a look uses nothing up");
    }
    let arrived = browser.sign_in(&kim, &path).await;
    let again = browser.get(&path).await;
    let elsewhere = app.browser().get(&path).await;

    let code = arrived.param("code").expect("a code");
    ends_on_a_page(&again, "bad_request", "the same browser");
    ends_on_a_page(&elsewhere, "bad_request", "another browser");
    assert_eq!(app.redeem(&tthc, &code).await.status, 200, "a second look takes nothing from the first answer");
}

#[tokio::test]
async fn two_pages_of_one_request_give_one_code_however_long_the_second_waits() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let lan = app.official("lan").await;
    let tthc = app.client("tthc", |_| {}).await;
    let path = path_of(&tthc, &app.push(&tthc, &[]).await);
    let mut slow = app.browser();
    let page = visit(&mut slow, &path).await;
    let waiting = format!("/signin?request={}", page.hidden("request"));

    let first = app.browser().sign_in(&kim, &path).await;
    app.advance_seconds(600);
    let second = slow.sign_in(&lan, &waiting).await;

    assert_eq!(page.page(), Some("signin"));
    assert!(first.param("code").is_some());
    assert_eq!(second.param("error").as_deref(), Some("invalid_request_uri"), "{}", second.body);
    assert_eq!(second.param("state").as_deref(), Some("st"));
    assert_eq!(second.param("code"), None);
}

/// One round of the race: a signed-on browser follows the same reference 64 times at the same moment.
async fn race_for_an_answer(browser: &Browser, path: &str) -> String {
    const RUNNERS: usize = 64;
    let start = Arc::new(Barrier::new(RUNNERS));
    let path: Arc<str> = path.into();
    let mut runners = Vec::with_capacity(RUNNERS);
    for _ in 0..RUNNERS {
        let (mut browser, path, start) = (browser.clone(), path.clone(), start.clone());
        runners.push(tokio::spawn(async move {
            start.wait().await;
            browser.get(&path).await
        }));
    }
    let mut codes = Vec::new();
    for runner in runners {
        let answer = runner.await.expect("an answer");
        match answer.param("code") {
            Some(code) => codes.push(code),
            None => assert_eq!(answer.param("error").as_deref(), Some("invalid_request_uri"), "{}", answer.body),
        }
    }
    assert_eq!(codes.len(), 1, "{} codes for one pushed request", codes.len());
    codes.swap_remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_uses_of_one_pushed_request_give_one_code() {
    let rounds = rounds();
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let browser = signed_on(&app, &tthc, &kim).await;

    for _ in 0..rounds {
        // The address beside it, so that each refusal is told by its name.
        let path = path_of(&tthc, &app.push(&tthc, &[]).await);
        let path = format!("{path}&redirect_uri=https%3A%2F%2Ftthc.example%2Fcallback");
        let code = race_for_an_answer(&browser, &path).await;

        assert_eq!(app.redeem(&tthc, &code).await.status, 200, "the one code is good");
    }
}

#[tokio::test]
async fn a_client_that_must_push_is_answered_only_then() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |settings| settings.require_pushed_requests = true).await;
    let khoa = app.party("khoa", Algorithm::Es256, |settings| settings.require_pushed_requests = true).await;
    let metadata = app.get("/.well-known/openid-configuration").await.json();
    let mut browser = app.browser();
    let arrived = browser.sign_in(&kim, &path_of(&tthc, &app.push(&tthc, &[]).await)).await;
    let object = khoa.request_object(&app, |_, _| {});
    let signed = app.authorize_path(&khoa.client, &[("request", &object)]);

    for path in [app.authorize_path(&tthc, &[]), app.authorize_path(&tthc, &[("request_uri", "https://a.example/r")]), signed] {
        let answer = browser.get(&path).await;

        let error = answer.param("error").expect("an error");
        assert!(["invalid_request", "invalid_request_uri"].contains(&error.as_str()), "{error}");
        assert_eq!(answer.param("code"), None, "{path}");
    }
    assert_eq!(browser.get(&app.authorize_path(&tthc, &[])).await.param("error").as_deref(), Some("invalid_request"));
    assert!(arrived.param("code").is_some());
    assert_eq!(metadata["pushed_authorization_request_endpoint"], format!("{}{PAR}", app.issuer()));
    assert_eq!(metadata["require_pushed_authorization_requests"], false, "others need not");
}

#[tokio::test]
async fn a_reference_may_come_by_post() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc, &kim).await;
    let reference = app.push(&tthc, &[]).await.json()["request_uri"].as_str().expect("a text").to_owned();
    let fields = [("client_id", "tthc"), ("request_uri", reference.as_str())];

    let held = browser.post("/oauth2/authorize", &fields).await;
    let arrived = browser.follow(held).await;
    let again = browser.post("/oauth2/authorize", &fields).await;

    let code = arrived.param("code").expect("a code");
    ends_on_a_page(&again, "bad_request", "a second time");
    assert_eq!(app.redeem(&tthc, &code).await.status, 200);
}

/// Gives a client another address.
fn move_to(address: &'static str) -> impl FnMut(&mut Client) -> Result<(), String> {
    move |client| {
        client.settings.redirect_uris = vec![address.to_owned()];
        Ok(())
    }
}

#[tokio::test]
async fn the_registration_counts_when_the_browser_comes() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc, &kim).await;
    let path = path_of(&tthc, &app.push(&tthc, &[("scope", "openid email")]).await);

    register::change(app.services(), "tthc", "os:test", move_to("https://moved.example/callback")).await.expect("changed");
    ends_on_a_page(&browser.get(&path).await, "unregistered_redirect_uri", "the address was taken away");
    register::change(app.services(), "tthc", "os:test", move_to("https://tthc.example/callback")).await.expect("changed");
    let arrived = browser.get(&path).await;
    let later = path_of(&tthc, &app.push(&tthc, &[]).await);
    register::disable(app.services(), "tthc", "os:test").await.expect("switched off");

    assert!(arrived.param("code").is_some(), "the refusal used nothing up");
    ends_on_a_page(&browser.get(&later).await, "unknown_client", "the client was switched off");
}

#[tokio::test]
async fn a_key_that_was_proven_while_pushing_binds_the_code() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc, &kim).await;
    let (key, other) = (ProofKey::of(Algorithm::Es256), ProofKey::of(Algorithm::Es256));
    let named = [("dpop_jkt", key.jkt())];
    let by_proof = (app.asked(&tthc, &[]), Some(key.proof(&app, "POST", PAR, |_, _| {})));
    let by_both = (app.asked(&tthc, &named), Some(key.proof(&app, "POST", PAR, |_, _| {})));
    let by_name = (app.asked(&tthc, &named), None);

    for (fields, proof) in [by_proof, by_both, by_name] {
        let pushed = app.post_as(&tthc, PAR, &borrowed(&fields), proof.as_deref()).await;
        let code = browser.get(&path_of(&tthc, &pushed)).await.param("code").expect("a code");
        let form = code_form(&tthc, &code);
        let without = app.post_as(&tthc, TOKEN, &form, None).await;
        let with_another = app.post_as(&tthc, TOKEN, &form, Some(&other.for_token(&app))).await;
        let spent = was_redeemed(&app, &tthc, &code).await;
        let with_it = app.post_as(&tthc, TOKEN, &form, Some(&key.for_token(&app))).await;

        for answer in [&without, &with_another] {
            assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_grant")), "{}", answer.body);
        }
        assert!(!spent, "a try with the wrong key spends nothing");
        assert_eq!(with_it.status, 200, "{}", with_it.body);
        assert_eq!(with_it.json()["token_type"], "DPoP");
        let claims = app.claims(with_it.json()["access_token"].as_str().expect("a token"));
        assert_eq!(claims["cnf"]["jkt"], key.jkt());
    }
}

#[tokio::test]
async fn a_proof_that_is_not_for_this_request_is_refused() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let (key, other) = (ProofKey::of(Algorithm::Es256), ProofKey::of(Algorithm::Es256));
    let plain = app.asked(&tthc, &[]);
    let bound = app.asked(&tthc, &[("dpop_jkt", other.jkt())]);
    let once = key.proof(&app, "POST", PAR, |_, _| {});
    let used = app.post_as(&tthc, PAR, &borrowed(&plain), Some(&once)).await;
    let table = [
        ("for the token endpoint", &plain, key.for_token(&app)),
        ("for another method", &plain, key.proof(&app, "GET", PAR, |_, _| {})),
        ("used before", &plain, once),
        ("of another key than the one named", &bound, key.proof(&app, "POST", PAR, |_, _| {})),
        ("no proof", &plain, "x".to_owned()),
    ];

    assert_eq!(used.status, 201, "{}", used.body);
    for (case, fields, proof) in table {
        let answer = app.post_as(&tthc, PAR, &borrowed(fields), Some(&proof)).await;

        refused_with(&answer, "invalid_dpop_proof", case);
    }
}

#[tokio::test]
async fn a_request_object_may_be_pushed_and_nothing_beside_it_counts() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let khoa = app.party("khoa", Algorithm::Es256, |_| {}).await;
    let stranger = app.party("khac", Algorithm::Es256, |_| {}).await;
    let object = khoa.request_object(&app, |header, _| header["typ"] = json!("JWT"));
    let fields =
        [("client_id", "khoa"), ("request", object.as_str()), ("state", "beside"), ("scope", "openid email"), ("prompt", "none")];

    let pushed = khoa.post(&app, PAR, &fields, None).await;
    let arrived = app.browser().sign_in(&kim, &path_of(&khoa.client, &pushed)).await;

    assert_eq!(arrived.param("state").as_deref(), Some("inside"));
    let tokens = khoa.redeem(&app, &arrived.param("code").expect("a code"), None).await;
    assert_eq!(tokens.status, 200, "{}", tokens.body);
    assert_eq!(tokens.json()["scope"], "openid profile");
    let of_another = stranger.request_object(&app, |_, _| {});
    let for_another = khoa.request_object(&app, |_, claims| claims["client_id"] = json!("khac"));
    let incomplete = khoa.request_object(&app, |_, claims| {
        claims.as_object_mut().expect("claims").remove("redirect_uri");
    });
    let table = [
        ("another client's", &of_another, "invalid_request_object"),
        ("in another's name", &for_another, "invalid_request_object"),
        ("without an address, which stands beside it", &incomplete, "invalid_request"),
    ];
    for (case, object, expected) in table {
        let beside = ("redirect_uri", "https://khoa.example/callback");
        let answer = khoa.post(&app, PAR, &[("client_id", "khoa"), ("request", object), beside], None).await;

        refused_with(&answer, expected, case);
    }
}

#[tokio::test]
async fn a_client_that_must_sign_pushes_nothing_else() {
    let app = TestApp::start().await;
    let khoa = app.party("khoa", Algorithm::Ps256, |settings| settings.require_signed_request_object = true).await;

    let plain = khoa.push(&app, &[]).await;
    let object = khoa.request_object(&app, |_, _| {});
    let signed = khoa.post(&app, PAR, &[("client_id", "khoa"), ("request", &object)], None).await;

    refused_with(&plain, "invalid_request", "unsigned");
    assert_eq!(signed.status, 201, "{}", signed.body);
}

#[tokio::test]
async fn a_request_pushed_on_one_node_is_used_once_on_any() {
    let first = TestApp::start().await;
    let Some(second) = first.second_node().await else {
        println!("skipped: SQLite serves one process; the PostgreSQL run proves this");
        return;
    };
    let kim = first.official("kim").await;
    let tthc = first.client("tthc", |_| {}).await;
    let mut here = signed_on(&first, &tthc, &kim).await;
    let mut there = second.browser();
    there.cookies.clone_from(&here.cookies);
    let path = path_of(&tthc, &first.push(&tthc, &[]).await);

    let arrived = there.get(&path).await;
    let again = here.get(&path).await;

    assert!(arrived.param("code").is_some(), "{}", arrived.body);
    ends_on_a_page(&again, "bad_request", "used on the other node");
}

#[tokio::test]
async fn where_everybody_must_push_no_request_comes_in_the_open() {
    let app = stage(|config| config.flows.require_pushed = true).await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = app.browser();

    let open = browser.get(&app.authorize_path(&tthc, &[])).await;
    let pushed = app.push(&tthc, &[]).await;
    let begun = visit(&mut browser, &path_of(&tthc, &pushed)).await;

    assert_eq!((open.param("error").as_deref(), open.param("code")), (Some("invalid_request"), None));
    assert_eq!((pushed.status, begun.page()), (201, Some("signin")));
    let document = app.get("/.well-known/openid-configuration").await.json();
    assert_eq!(document["require_pushed_authorization_requests"], true);
}
