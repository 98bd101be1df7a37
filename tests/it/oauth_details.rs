//! Details of OAuth that a broader promise would let slip: parameters to the letter, answers that repeat nothing,
//! refusals that say why, and what ends with a client or a password (RFC 6749, RFC 6750, RFC 7636, RFC 8252, RFC 9700).

use crate::support::{Answer, Browser, CHALLENGE, Official, TestApp, TestClient, VERIFIER};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use motlan::base::digest::{base64url, sha256};
use motlan::model::client::{AuthMethod, Client, ClientSettings, ClientType};
use motlan::service::Origin;
use motlan::service::clients::register::{self, RegisterError};
use motlan::service::provisioning::password;
use motlan::store::{clients, grants};
use motlan::transient::authorization_codes;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use std::collections::BTreeSet;
use url::form_urlencoded;

const OFFLINE: [(&str, &str); 1] = [("scope", "openid profile offline_access")];

fn public(settings: &mut ClientSettings) {
    settings.application_type = ClientType::Native;
    settings.auth_method = AuthMethod::None;
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn text<'v>(tokens: &'v Value, name: &str) -> &'v str {
    tokens[name].as_str().expect("a text")
}

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

async fn refresh(app: &TestApp, client: &TestClient, refresh_token: &str) -> Answer {
    app.token(client, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
}

async fn redeem_with(app: &TestApp, client: &TestClient, code: &str, redirect_uri: &str, verifier: &str) -> Answer {
    let form =
        [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirect_uri), ("code_verifier", verifier)];
    app.token(client, &form).await
}

async fn was_redeemed(app: &TestApp, client: &TestClient, code: &str) -> bool {
    let mut conn = app.services().store.read().await.expect("a connection");
    grants::was_redeemed(&mut conn, &authorization_codes::digest(code), &client.id).await.expect("an answer")
}

#[track_caller]
fn refused_with(answer: &Answer, error: &str) {
    assert_eq!(answer.status, if error == "invalid_client" { 401 } else { 400 }, "{}", answer.body);
    assert_eq!(answer.json()["error"], error, "{}", answer.body);
    assert!(!answer.body.contains("access_token\":"), "{}", answer.body);
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
    let mut browser = signed_on(&app, &tthc, &kim).await;
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
            refused_with(&app.token(&tthc, &fields).await, expected);
        }
    }
    let spent = was_redeemed(&app, &tthc, &code).await;
    for nameless in [("CLIENT_ID", phone.id.as_str()), ("client_id", "")] {
        let fields = [("grant_type", "authorization_code"), ("code", "x"), nameless];
        refused_with(&app.post("/oauth2/token", &fields).await, "invalid_client");
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
    refused_with(&refused, "invalid_scope");
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
async fn an_answer_to_a_refresh_is_not_kept_either() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;

    for client in [app.client("tthc", |_| {}).await, app.client("phone", public).await] {
        let tokens = app.tokens(&client, &kim, &OFFLINE).await;

        let answer = refresh(&app, &client, text(&tokens, "refresh_token")).await;

        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.header("content-type"), Some("application/json"), "{}", client.id);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{}", client.id);
        assert_eq!(answer.header("pragma"), Some("no-cache"), "{}", client.id);
        let fresh = answer.json();
        assert_eq!(fresh["token_type"], "Bearer", "{}", client.id);
        assert!(fresh["access_token"].is_string() && fresh["expires_in"].is_i64(), "{fresh}");
    }
}

#[tokio::test]
async fn a_verifier_of_another_form_is_refused_although_its_digest_fits() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc, &kim).await;
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

        let answer = redeem_with(&app, &tthc, &code, &tthc.redirect_uri, &verifier).await;

        if fine {
            assert_eq!(answer.status, 200, "{verifier}: {}", answer.body);
        } else {
            refused_with(&answer, "invalid_grant");
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
async fn a_client_that_was_switched_off_gets_nothing_more() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let other = app.client("van-ban", |_| {}).await;
    let of_other = app.tokens(&other, &kim, &OFFLINE).await;

    for client in [app.client("tthc", |_| {}).await, app.client("phone", public).await] {
        let tokens = app.tokens(&client, &kim, &OFFLINE).await;
        let code = app.code(&client, &kim, &[]).await;
        let before = app.userinfo(text(&tokens, "access_token")).await;
        register::disable(app.services(), &client.id, "os:test").await.expect("switched off");

        let redeemed = app.redeem(&client, &code).await;
        let refreshed = refresh(&app, &client, text(&tokens, "refresh_token")).await;
        let after = app.userinfo(text(&tokens, "access_token")).await;

        refused_with(&redeemed, "invalid_client");
        refused_with(&refreshed, "invalid_client");
        assert_eq!((before.status, after.status), (200, 401), "{}", client.id);
        assert!(!was_redeemed(&app, &client, &code).await, "{}", client.id);
    }
    assert_eq!(refresh(&app, &other, text(&of_other, "refresh_token")).await.status, 200, "others go on");
}

#[tokio::test]
async fn a_stolen_refresh_token_is_worth_nothing_once_the_secret_was_changed() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let old = app.client("tthc", |_| {}).await;
    let tokens = app.tokens(&old, &kim, &OFFLINE).await;
    let token = text(&tokens, "refresh_token");
    let secret = register::rotate_secret(app.services(), "tthc", 60, "os:test").await.expect("a secret");
    let mut new = old.clone();
    new.secret = Some(secret.expose_secret().to_owned());

    app.advance_seconds(59);
    for client in [&old, &new] {
        assert_eq!(refresh(&app, client, token).await.status, 200, "both are good for the overlap");
    }
    app.advance_seconds(1);

    refused_with(&refresh(&app, &old, token).await, "invalid_client");
    assert_eq!(refresh(&app, &new, token).await.status, 200);
}

#[tokio::test]
async fn a_new_password_ends_what_the_one_before_opened() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let (tthc, phone) = (app.client("tthc", |_| {}).await, app.client("phone", public).await);
    let (of_tthc, of_phone) = (app.tokens(&tthc, &kim, &OFFLINE).await, app.tokens(&phone, &kim, &OFFLINE).await);
    let of_minh = app.tokens(&tthc, &minh, &OFFLINE).await;
    let code = app.code(&tthc, &kim, &[]).await;
    let origin = Origin::command_line();
    let request = password::Request {
        username: &kim.username,
        password: "another long pass phrase 2".into(),
        temporary: false,
        actor: "os:test",
        origin: &origin,
    };

    password::set(app.services(), request).await.expect("a password");

    for (client, tokens) in [(&tthc, &of_tthc), (&phone, &of_phone)] {
        refused_with(&refresh(&app, client, text(tokens, "refresh_token")).await, "invalid_grant");
        assert_eq!(app.userinfo(text(tokens, "access_token")).await.status, 401, "{}", client.id);
    }
    refused_with(&app.redeem(&tthc, &code).await, "invalid_grant");
    assert!(!was_redeemed(&app, &tthc, &code).await);
    assert_eq!(refresh(&app, &tthc, text(&of_minh, "refresh_token")).await.status, 200, "nobody else is touched");
}

#[tokio::test]
async fn no_cookie_holds_a_code_or_token_and_none_goes_out_in_the_clear() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = app.browser();
    let arrived = browser.sign_in(&kim, &app.authorize_path(&tthc, &OFFLINE)).await;
    let code = arrived.param("code").expect("a code");

    let redeemed = app.redeem(&tthc, &code).await;
    let tokens = redeemed.json();
    let userinfo = app.userinfo(text(&tokens, "access_token")).await;
    let form = [("foo", "bar"), ("access_token", text(&tokens, "access_token"))];
    let posted = app.post("/oauth2/userinfo", &form).await;

    for answer in [&redeemed, &userinfo, &posted] {
        assert_eq!((answer.status, answer.header("set-cookie")), (200, None), "{}", answer.body);
    }
    assert_eq!(posted.json(), userinfo.json(), "a posted token may stand among other parameters");
    let secrets = [code.as_str(), text(&tokens, "access_token"), text(&tokens, "refresh_token"), text(&tokens, "id_token")];
    assert!(!browser.cookies.is_empty());
    for (name, value) in &browser.cookies {
        assert!(name.starts_with("__Host-"), "{name}: a browser sends it over TLS only");
        assert!(secrets.iter().all(|secret| !value.contains(secret)), "{name}");
    }
    let everywhere = [app.get("/").await, app.get("/oauth2/authorize").await, arrived, redeemed, userinfo];
    for answer in everywhere {
        let demand = answer.header("strict-transport-security").unwrap_or_default();
        assert!(demand.starts_with("max-age=") && !demand.starts_with("max-age=0"), "{} {demand}", answer.status);
    }
}

#[tokio::test]
async fn pages_of_a_sign_in_lead_to_no_other_site() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let partner = app.client("partner", |settings| settings.third_party = true).await;
    let mut browser = app.browser();
    let mut page = visit(&mut browser, &app.authorize_path(&partner, &[])).await;
    let steps = [
        ("signin", "/signin", ("username", kim.username.as_str())),
        ("password", "/signin/password", ("password", kim.password.as_str())),
        ("consent", "/signin/consent", ("decision", "allow")),
    ];

    for (step, to, field) in steps {
        assert_eq!(page.page(), Some(step));
        for attribute in [" href=\"", " action=\"", " src=\""] {
            for address in page.body.split(attribute).skip(1).filter_map(|rest| rest.split('"').next()) {
                assert!(address.starts_with(['/', '#']) && !address.starts_with("//"), "{step}:{attribute}{address}");
            }
        }
        let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
        let sent = browser.post(to, &[("csrf", csrf.as_str()), ("request", request.as_str()), field]).await;
        page = browser.follow(sent).await;
    }
    assert!(page.param("code").is_some(), "only the answer leaves");
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
    let mut browser = signed_on(&app, &phone, &kim).await;
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

        refused_with(&redeem_with(&app, &phone, &code, kinds[2], VERIFIER).await, "invalid_grant");
        let own = redeem_with(&app, &phone, &code, address, VERIFIER).await;

        assert_eq!(own.status, 200, "{address}: {}", own.body);
    }
}

#[tokio::test]
async fn a_third_party_that_cannot_be_proven_is_asked_about_each_time() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let table = [("vn.example.khach:/back", false), ("http://127.0.0.1/back", false), ("https://khach.example/callback", true)];
    let guest = app
        .client("khach", |settings| {
            public(settings);
            settings.third_party = true;
            settings.redirect_uris = table.map(|(address, _)| address.to_owned()).to_vec();
        })
        .await;

    for (address, proven) in table {
        let wish = ("redirect_uri", address);
        let mut browser = app.browser();
        let agreed = browser.sign_in(&kim, &app.authorize_path(&guest, &[wish])).await;
        let again = visit(&mut browser, &app.authorize_path(&guest, &[wish])).await;
        let silent = browser.get(&app.authorize_path(&guest, &[wish, ("prompt", "none")])).await;

        assert!(agreed.param("code").is_some(), "{address}");
        assert_eq!(again.param("code").is_some(), proven, "{address}");
        assert_eq!(again.page(), (!proven).then_some("consent"), "{address}");
        assert_eq!(silent.param("error").as_deref(), (!proven).then_some("consent_required"), "{address}");
        assert_eq!(silent.param("code").is_some(), proven, "{address}");
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
    let good = format!("Basic {}", STANDARD.encode(format!("tthc:{secret}")));
    let wrong = format!("Basic {}", STANDARD.encode("tthc:wrong"));

    for headers in [[&good, &wrong], [&wrong, &good], [&good, &good]] {
        let request = http::Request::post("/oauth2/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("authorization", headers[0])
            .header("authorization", headers[1])
            .body(format!("{body}&code_verifier={VERIFIER}"))
            .expect("a request");

        refused_with(&app.request(request).await, "invalid_request");
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
        let client = Client { id: id.clone(), name: "Thử".to_owned(), settings, secrets: vec![], disabled_at: None };

        let added = register::add(app.services(), &client, "os:test").await;

        let refused = matches!(added, Err(RegisterError::Refused(_)));
        assert_eq!((added.is_ok(), refused), (fine, !fine), "{query}");
        let mut conn = app.services().store.read().await.expect("a connection");
        assert_eq!(clients::find(&mut conn, &id).await.expect("an answer").is_some(), fine, "{query}");
    }
}

#[tokio::test]
async fn what_holds_a_code_or_claims_is_kept_by_no_cache_however_old() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc, &kim).await;
    let tokens = app.tokens(&tthc, &kim, &[]).await;

    let answers = [
        ("redirect", browser.get(&app.authorize_path(&tthc, &[])).await),
        ("form", browser.get(&app.authorize_path(&tthc, &[("response_mode", "form_post")])).await),
        ("claims", app.userinfo(text(&tokens, "access_token")).await),
    ];

    for (case, answer) in answers {
        assert!(answer.status < 400, "{case}: {}", answer.body);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{case}");
        assert_eq!(answer.header("pragma"), Some("no-cache"), "{case}");
    }
}
