//! What OpenID Connect says beside the large promises: cancelled prompts, named subjects, what an answer holds, claims
//! that add up, hints of other sign-ons (Core §2 to §12, RP-Initiated Logout §2, Back-Channel Logout §2).

use crate::support::{Answer, Browser, Official, TestApp, TestClient, VERIFIER, encode, form_request};
use axum::Router;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use http::Request;
use motlan::base::digest::{base64url, sha256, sha512};
use motlan::base::id::SignOnId;
use motlan::crypto::jwt::verify_with_jwks;
use motlan::crypto::keyring::TokenType;
use motlan::model::client::{AuthMethod, ClientSettings, ClientType};
use motlan::model::signing_key::Algorithm;
use motlan::protocol::client_assertion::TYPE;
use motlan::service::Origin;
use motlan::service::provisioning::person_import;
use motlan::store::sign_ons;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

const HOME: &str = "https://tthc.example/";

fn text<'v>(tokens: &'v Value, name: &str) -> &'v str {
    tokens[name].as_str().unwrap_or_else(|| panic!("{name} is no text: {tokens}"))
}

fn names(claims: &Value) -> BTreeSet<&str> {
    claims.as_object().expect("claims").keys().map(String::as_str).collect()
}

/// What comes at the end of our own redirects.
async fn visit(browser: &mut Browser, path: &str) -> Answer {
    let answer = browser.get(path).await;
    browser.follow(answer).await
}

/// Sends a page's form with one field filled in, and follows our own redirects.
async fn fill(browser: &mut Browser, page: &Answer, to: &str, field: (&str, &str)) -> Answer {
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let answer = browser.post(to, &[("csrf", csrf.as_str()), ("request", request.as_str()), field]).await;
    browser.follow(answer).await
}

/// A browser in which somebody is signed on, and what the client got for it.
async fn signed_on(app: &TestApp, client: &TestClient, person: &Official) -> (Browser, Value) {
    let mut browser = app.browser();
    let arrived = browser.sign_in(person, &app.authorize_path(client, &[])).await;
    let tokens = app.redeem(client, &arrived.param("code").expect("a code")).await.json();
    (browser, tokens)
}

/// The `sub` by which a client knows a person.
async fn sub_of(app: &TestApp, client: &TestClient, person: &Official) -> String {
    let tokens = app.tokens(client, person, &[]).await;
    let claims = app.claims(text(&tokens, "id_token"));
    text(&claims, "sub").to_owned()
}

/// The claims of the ID token and of userinfo.
async fn told(app: &TestApp, client: &TestClient, person: &Official, wish: &[(&str, &str)]) -> (Value, Value) {
    let tokens = app.tokens(client, person, wish).await;
    let userinfo = app.userinfo(text(&tokens, "access_token")).await;
    assert_eq!(userinfo.status, 200);
    (app.claims(text(&tokens, "id_token")), userinfo.json())
}

/// True while the sign-on behind some tokens lasts.
async fn is_open(app: &TestApp, tokens: &Value) -> bool {
    let claims = app.claims(text(tokens, "id_token"));
    let sid = SignOnId(text(&claims, "sid").to_owned());
    let mut conn = app.services().store.read().await.expect("a connection");
    sign_ons::find(&mut conn, &sid).await.expect("answered").expect("the sign-on").ended_at.is_none()
}

/// An ID token over any claims, signed with a key of this provider.
fn signed_here(app: &TestApp, claims: &Value) -> String {
    let services = app.services();
    let signer = services.keyring.signer(Algorithm::Es256, services.clock.now()).expect("a key");
    signer.sign(TokenType::Id, claims.to_string().as_bytes()).expect("signed")
}

fn logout_path(fields: &[(&str, &str)]) -> String {
    format!("/oauth2/logout?{}", encode(fields))
}

#[track_caller]
fn refused_with(answer: &Answer, error: &str) {
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(answer.param("error").as_deref(), Some(error), "{}", answer.location());
    assert_eq!(answer.param("state").as_deref(), Some("st"));
    assert_eq!(answer.param("code"), None);
}

#[tokio::test]
async fn a_prompt_that_the_person_does_not_follow_is_an_error() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, tokens) = signed_on(&app, &tthc, &kim).await;
    let table =
        [("login", "signin", "/signin"), ("select_account", "signin", "/signin"), ("consent", "consent", "/signin/consent")];

    for (prompt, page, form) in table {
        let asked = visit(&mut browser, &app.authorize_path(&tthc, &[("prompt", prompt)])).await;
        assert_eq!(asked.page(), Some(page), "{prompt}");
        let denied = fill(&mut browser, &asked, form, ("decision", "deny")).await;
        refused_with(&denied, "access_denied");
    }
    let silent = browser.get(&app.authorize_path(&tthc, &[("prompt", "none")])).await;
    let at_once = browser.get(&app.authorize_path(&tthc, &[("prompt", "none"), ("max_age", "0")])).await;

    assert!(silent.param("code").is_some() && is_open(&app, &tokens).await, "the sign-on before is as it was");
    refused_with(&at_once, "login_required");
}

#[tokio::test]
async fn prompts_that_come_together_are_all_followed() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;

    for prompt in ["login consent", "consent login", "consent select_account login"] {
        let (mut browser, _) = signed_on(&app, &tthc, &kim).await;
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
    let (mut browser, _) = signed_on(&app, &tthc, &kim).await;
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
            refused_with(&answer, "login_required");
        }
    }
}

#[tokio::test]
async fn a_response_mode_that_is_not_offered_is_a_page_and_no_answer() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, _) = signed_on(&app, &tthc, &kim).await;

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
    let (mut browser, _) = signed_on(&app, &tthc, &kim).await;
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
async fn every_id_token_is_tied_to_its_access_token_also_after_a_refresh() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let set = app.get("/oauth2/jwks").await.json();
    let wish = [("scope", "openid profile offline_access"), ("claims", r#"{"id_token":{"name":null}}"#)];

    for (id, algorithm) in [("rs", Algorithm::Rs256), ("es", Algorithm::Es256), ("ed", Algorithm::EdDsa)] {
        let client = app.client(id, |settings| settings.id_token_alg = algorithm).await;
        let first = app.tokens(&client, &kim, &wish).await;
        let form = [("grant_type", "refresh_token"), ("refresh_token", text(&first, "refresh_token"))];
        let second = app.token(&client, &form).await.json();

        assert_ne!(first["access_token"], second["access_token"], "{id}");
        for tokens in [&first, &second] {
            let (access_token, id_token) = (text(tokens, "access_token").as_bytes(), text(tokens, "id_token"));
            let half = match algorithm {
                Algorithm::Rs256 | Algorithm::Ps256 | Algorithm::Es256 => base64url(&sha256(access_token)[..16]),
                Algorithm::EdDsa => base64url(&sha512(access_token)[..32]),
            };
            let claims = app.claims(id_token);
            assert_eq!(claims["at_hash"], half, "{id}");
            assert!(claims["name"].is_string(), "{id}: what was asked for at first counts for a refresh");
            assert_eq!(app.header(id_token)["alg"], algorithm.as_str());
            assert!(verify_with_jwks(&set, id_token, &Algorithm::ALL).is_ok(), "{id}");
        }
    }
}

#[tokio::test]
async fn claims_asked_by_name_come_beside_those_that_come_anyway() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let claims = r#"{"userinfo":{"email":null},"id_token":{"email":null}}"#;

    let (plain_id_token, plain_userinfo) = told(&app, &tthc, &kim, &[("scope", "openid profile")]).await;
    let (id_token, userinfo) = told(&app, &tthc, &kim, &[("scope", "openid profile"), ("claims", claims)]).await;

    for (plain, asked) in [(&plain_id_token, &id_token), (&plain_userinfo, &userinfo)] {
        let mut expected = names(plain);
        assert!(expected.insert("email"), "{plain}");
        assert_eq!(names(asked), expected);
    }
}

#[tokio::test]
async fn claims_are_told_without_language_tags_and_no_number_counts_as_proven() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;

    for locales in ["vi", "VI", "vi-VN", "en", ""] {
        let wish = [("scope", "openid profile email phone"), ("claims_locales", locales)];
        let (_, userinfo) = told(&app, &tthc, &kim, &wish).await;

        assert!(userinfo["name"].is_string(), "{locales}: {userinfo}");
        assert!(names(&userinfo).iter().all(|name| !name.contains('#')), "{locales}: {userinfo}");
        assert!(userinfo["phone_number"].is_string(), "{userinfo}");
        assert_eq!(userinfo["phone_number_verified"], json!(false), "only a number in the form of E.164 could be proven");
    }
}

#[tokio::test]
async fn an_essential_acr_of_a_single_value_is_met_or_fails() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let own = format!("{}/acr/1", app.issuer());

    for (value, fine) in [("LoA1", true), (own.as_str(), true), ("LoA2", false), ("loa1", false), ("urn:else:high", false)] {
        let claims = json!({"id_token": {"acr": {"essential": true, "value": value}}}).to_string();
        let answer = app.browser().sign_in(&kim, &app.authorize_path(&tthc, &[("claims", &claims)])).await;

        if fine {
            let tokens = app.redeem(&tthc, &answer.param("code").expect("a code")).await.json();
            assert_eq!(app.claims(text(&tokens, "id_token"))["acr"], value);
        } else {
            refused_with(&answer, "unmet_authentication_requirements");
        }
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
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", khoa.redirect_uri.as_str()),
        ("code_verifier", VERIFIER),
        ("client_assertion_type", TYPE),
        ("client_assertion", assertion.as_str()),
    ];

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
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", page.redirect_uri.as_str()),
            ("code_verifier", VERIFIER),
            ("client_id", "page"),
        ];
        let mut request = form_request("/oauth2/token", &form);
        request.headers_mut().insert("origin", origin.parse().expect("a header"));
        let answer = app.request(request).await;

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
        refused_with(&too_much, "consent_required");
        assert!(with["refresh_token"].is_string(), "{id}: {with}");
        assert!(later.param("code").is_some(), "{id}: what was agreed to once holds");
    }
}

#[tokio::test]
async fn a_hint_of_another_issuer_is_not_believed_though_our_key_signed_it() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, tokens) = signed_on(&app, &tthc, &kim).await;
    let mut claims = app.claims(text(&tokens, "id_token"));
    let own = signed_here(&app, &claims);
    claims["iss"] = json!("https://before.example");
    let foreign = signed_here(&app, &claims);

    let control = browser.get(&app.authorize_path(&tthc, &[("id_token_hint", &own), ("prompt", "none")])).await;
    let silent = browser.get(&app.authorize_path(&tthc, &[("id_token_hint", &foreign), ("prompt", "none")])).await;
    let leaving = browser.get(&logout_path(&[("id_token_hint", &foreign), ("post_logout_redirect_uri", HOME)])).await;

    assert!(control.param("code").is_some(), "{}", control.location());
    refused_with(&silent, "login_required");
    assert_eq!((leaving.status, leaving.page()), (200, Some("logout")), "the person is asked");
    assert!(is_open(&app, &tokens).await, "nobody is signed out unasked");
}

#[tokio::test]
async fn a_hint_of_the_same_persons_other_sign_on_asks_first() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, of_before) = signed_on(&app, &tthc, &kim).await;
    let (_, elsewhere) = signed_on(&app, &tthc, &kim).await;
    let leave = |tokens: &Value| logout_path(&[("id_token_hint", text(tokens, "id_token")), ("post_logout_redirect_uri", HOME)]);

    let by_another = browser.get(&leave(&elsewhere)).await;
    assert_eq!(by_another.page(), Some("logout"), "another browser's hint");
    assert!(is_open(&app, &of_before).await && is_open(&app, &elsewhere).await);
    let by_its_own = browser.get(&leave(&of_before)).await;
    assert_eq!((by_its_own.status, by_its_own.location()), (303, HOME));

    let arrived = browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;
    let now = app.redeem(&tthc, &arrived.param("code").expect("a code")).await.json();
    let stale = browser.get(&leave(&of_before)).await;

    assert_eq!(stale.page(), Some("logout"), "a hint of a sign-on that is over");
    assert!(is_open(&app, &now).await && is_open(&app, &elsewhere).await);
}

#[tokio::test]
async fn who_does_not_confirm_stays_signed_on() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, tokens) = signed_on(&app, &tthc, &kim).await;

    for decision in ["deny", "no", "Confirm"] {
        let page = browser.get(&logout_path(&[("client_id", "tthc"), ("post_logout_redirect_uri", HOME)])).await;
        assert_eq!(page.page(), Some("logout"));
        let csrf = page.hidden("csrf");
        let form = [("csrf", csrf.as_str()), ("client_id", "tthc"), ("post_logout_redirect_uri", HOME), ("decision", decision)];
        let answer = browser.post("/oauth2/logout", &form).await;

        assert_eq!(answer.header("location"), None, "{decision}");
        assert!(is_open(&app, &tokens).await, "{decision}");
    }
    let silent = browser.get(&app.authorize_path(&tthc, &[("prompt", "none")])).await;
    assert!(silent.param("code").is_some(), "{}", silent.location());
}

#[tokio::test]
async fn the_system_that_asks_is_told_as_well_by_a_posted_form_to_its_whole_address() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    // Method, address, media type and body of what came.
    let kept: Arc<Mutex<Vec<[String; 4]>>> = Arc::default();
    let witness = kept.clone();
    let router = Router::new().fallback(move |method: Method, uri: Uri, headers: HeaderMap, body: String| {
        let media_type = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        witness.lock().expect("the list").push([method.to_string(), uri.to_string(), media_type, body]);
        std::future::ready(StatusCode::OK)
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("http://{}/out?tenant=1&b=c%20d", listener.local_addr().expect("an address"));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let tthc = app.client("tthc", |settings| settings.backchannel_logout_uri = Some(address)).await;
    let (mut browser, tokens) = signed_on(&app, &tthc, &kim).await;

    let hint = text(&tokens, "id_token");
    let left = browser.get(&logout_path(&[("id_token_hint", hint), ("post_logout_redirect_uri", HOME)])).await;
    app.deliver_logouts().await;

    assert_eq!(left.location(), HOME);
    let received = kept.lock().expect("the list").clone();
    let [[method, uri, media_type, body]] = received.as_slice() else { panic!("told once: {received:?}") };
    assert_eq!((method.as_str(), uri.as_str()), ("POST", "/out?tenant=1&b=c%20d"));
    assert_eq!(media_type, "application/x-www-form-urlencoded");
    let token = body.strip_prefix("logout_token=").expect("the one field");
    let sid = app.claims(token)["sid"].clone();
    assert_eq!(sid, app.claims(hint)["sid"]);
    assert!(sid.as_str().is_some_and(|sid| sid.bytes().all(|byte| (0x20..=0x7e).contains(&byte))), "{sid}");
    serving.abort();
}

#[tokio::test]
async fn an_e_mail_address_is_an_addr_spec() {
    let app = TestApp::start().await;
    let origin = Origin::command_line();
    let table = [
        ("kim@tphcm.example", true),
        ("kim.nguyen+tthc@so-ban.tphcm.example", true),
        ("o'kim_1@tphcm.example", true),
        ("kim", false),
        ("kim@tphcm", false),
        ("@tphcm.example", false),
        ("kim@@tphcm.example", false),
        (".kim@tphcm.example", false),
        ("kim.@tphcm.example", false),
        ("kim..nguyen@tphcm.example", false),
        ("kim,minh@tphcm.example", false),
        ("<kim@tphcm.example>", false),
        ("kim(1)@tphcm.example", false),
        ("kim;@tphcm.example", false),
        ("kím@tphcm.example", false),
        ("kim@tphcm..example", false),
    ];

    for (number, (email, fine)) in table.into_iter().enumerate() {
        let file = format!("username,full_name,email\nai.{number:02},Nguyễn Văn Kim,\"{email}\"\n");
        let request = person_import::Request { accept_good: false, dry_run: true, actor: "os:test", origin: &origin };
        let report = person_import::import(app.services(), file.as_bytes(), &request, |_| {}).await.expect("a report");

        assert_eq!(report.rows_bad, u64::from(!fine), "{email}: {:?}", report.errors);
    }
}
