//! Bad input and lost parts: a clear refusal, never a crash, nothing given away.

use crate::support::flows::signed_on_as;
use crate::support::listener::Listener;
use crate::support::requests::{FORM, encoded, send};
use crate::support::{Answer, TestApp};
use motlan::service::clients::register;
use motlan::store::clients;
use serde_json::Value;

const PAGES: [&str; 7] =
    ["/signin", "/signin/password", "/signin/position", "/signin/refused", "/signin/consent", "/oauth2/logout", "/preferences"];

async fn post(app: &TestApp, path: &str, body: &str) -> Answer {
    send(app, "POST", path, &[("content-type", FORM)], body).await
}

/// A clear refusal: of the caller's making, with a number to read aloud when it is a page.
fn assert_clear(answer: &Answer, case: &str) {
    assert!((400..500).contains(&answer.status), "{case}: {}", answer.status);
    assert_eq!(answer.header("location"), None, "{case}");
    if answer.page().is_some() {
        assert_eq!(answer.page(), Some("error"), "{case}");
        assert!(!reference_of(answer).is_empty(), "{case}: a reference number");
    }
    assert_quiet(&answer.body, case);
}

/// The number that a person reads aloud.
fn reference_of(answer: &Answer) -> &str {
    let after = answer.body.split_once("id=\"reference\">").map_or("", |(_, after)| after);
    after.split('<').next().unwrap_or_default()
}

/// A page without the values of its inputs: random tokens spell any short word now and then.
fn without_values(body: &str) -> String {
    let mut parts = body.split("value=\"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| kept + part.split_once('"').map_or("", |(_, after)| after))
}

/// Nothing of what is inside.
fn assert_quiet(body: &str, case: &str) {
    let body = without_values(body).to_lowercase();
    for inside in
        ["sqlx", "sqlite", "postgres", "select ", "pool", "panicked", ".rs:", "src/", "/tmp/", "stack backtrace", "unwrap"]
    {
        assert!(!body.contains(inside), "{case}: {inside} in {body}");
    }
}

/// True for what `error` and `error_description` may hold (RFC 6749 §4.1.2.1 and §5.2).
fn is_allowed(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| matches!(letter, ' '..='!' | '#'..='[' | ']'..='~'))
}

#[tokio::test]
async fn codes_and_descriptions_use_allowed_characters_only() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let hostile = "\"\\é\r\n<b>\u{7f}";
    let named = encoded(hostile);
    let mut browser = app.browser();
    let mut told: Vec<(String, String, String)> = Vec::new();

    for name in [
        "response_type",
        "scope",
        "prompt",
        "max_age",
        "claims",
        "request",
        "request_uri",
        "registration",
        "code_challenge_method",
    ] {
        let answer = browser.get(&app.authorize_path(&tthc, &[(name, hostile)])).await;
        assert_eq!(answer.param("code"), None, "{name}");
        let error = answer.param("error").unwrap_or_else(|| panic!("{name}: {}", answer.status));
        told.push((name.to_owned(), error, answer.param("error_description").expect("a description")));
    }
    let repeated = browser.get(&format!("{}&{named}=1&{named}=2", app.authorize_path(&tthc, &[]))).await;
    told.push((
        "repeated".to_owned(),
        repeated.param("error").expect("an error"),
        repeated.param("error_description").expect("one"),
    ));
    let bodies = [
        format!("grant_type={named}&client_id={named}"),
        format!("{named}=1&{named}=2"),
        format!("grant_type=authorization_code&code={named}&client_id={named}&client_secret={named}"),
        format!("client_assertion={named}&client_assertion_type={named}"),
    ];
    for body in bodies {
        let answer = post(&app, "/oauth2/token", &body).await;
        let text = |name: &str| answer.json()[name].as_str().unwrap_or_else(|| panic!("{name} of {body}")).to_owned();
        told.push((body.clone(), text("error"), text("error_description")));
    }
    for (case, code, description) in told {
        assert!(is_allowed(&code) && code.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_'), "{case}: {code}");
        assert!(is_allowed(&description), "{case}: {description}");
    }

    let bearer = format!("Bearer {}", "x".repeat(40));
    for headers in [vec![("authorization", bearer.as_str())], vec![("authorization", "Bearer \"\\")], vec![]] {
        let answer = send(&app, "GET", "/oauth2/userinfo", &headers, "").await;
        let challenge = answer.header("www-authenticate").expect("a challenge");
        assert!(challenge.is_ascii() && !challenge.contains('\\'), "{challenge}");
        assert_eq!(challenge.matches('"').count() % 2, 0, "{challenge}");
    }
}

#[tokio::test]
async fn malformed_oversized_repeated_or_undecodable_parameters_are_4xx() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let code = app.code(&tthc, &kim, &[]).await;
    let authorize = app.authorize_path(&tthc, &[]);
    let (_, query) = authorize.split_once('?').expect("a query");
    let long = format!("x={}", "a".repeat(20_000));
    let many = (0..1_000).map(|number| format!("p{number}=1")).collect::<Vec<_>>().join("&");
    let huge = format!("x={}", "a".repeat(2 * 1024 * 1024));
    let faults =
        [("invalid UTF-8", "x=%ff%fe"), ("a NUL byte", "x=a%00b"), ("a long value", long.as_str()), ("many", many.as_str())];

    for (case, fault) in faults {
        assert_clear(&app.get(&format!("{authorize}&{fault}")).await, &format!("GET authorize: {case}"));
        assert_clear(&post(&app, "/oauth2/authorize", &format!("{query}&{fault}")).await, &format!("POST authorize: {case}"));
        assert_clear(&app.get(&format!("/oauth2/logout?{fault}")).await, &format!("GET logout: {case}"));
        for path in PAGES.iter().chain(&["/oauth2/userinfo", "/oauth2/token"]) {
            assert_clear(&post(&app, path, fault).await, &format!("{path}: {case}"));
        }
    }
    for path in PAGES.iter().chain(&["/oauth2/authorize", "/oauth2/token", "/oauth2/userinfo"]) {
        assert_clear(&post(&app, path, &huge).await, &format!("{path}: 2 MiB"));
        assert_clear(&post(&app, path, "x=1&x=2").await, &format!("{path}: repeated"));
        let json = send(&app, "POST", path, &[("content-type", "application/json")], "{\"x\":").await;
        assert_clear(&json, &format!("{path}: JSON"));
    }
    for repeated in ["client_id=tthc", "redirect_uri=https://tthc.example/callback"] {
        assert_clear(&app.get(&format!("{authorize}&{repeated}")).await, repeated);
    }

    let refused = post(&app, "/oauth2/token", "grant_type=a&grant_type=b").await;
    assert_eq!(refused.json()["error"], "invalid_request");
    let state = app.get(&format!("{authorize}&state=other")).await;
    assert_eq!(state.param("error").as_deref(), Some("invalid_request"), "a proven destination is told");
    assert_eq!((state.param("code"), state.param("state")), (None, None), "and a repeated state is not guessed");
    assert_eq!(app.redeem(&tthc, &code).await.status, 200, "what is in order is answered as before");
}

#[tokio::test]
async fn odd_cookies_and_headers_harm_nobody() {
    let app = TestApp::start().await;
    let huge = format!("__Host-motlan_sign_on={}", "a".repeat(64 * 1024));
    let table = [
        ("huge", huge.as_str()),
        ("twice", "__Host-motlan_sign_on=a; __Host-motlan_sign_on=b"),
        ("odd signs", "__Host-motlan_sign_on=%00\"'; __Host-motlan_prefs=....; =; ;;"),
        ("markup", "__Host-motlan_prefs=<script>.<b>.9; __Host-motlan_browser=<i>"),
    ];

    for (case, cookie) in table {
        let answer =
            send(&app, "GET", "/", &[("cookie", cookie), ("accept-language", "\"<x>;;q=a,"), ("origin", "<x>")], "").await;
        assert!(answer.status < 500, "{case}: {}", answer.status);
        assert!(!answer.body.contains("<script>.") && !answer.body.contains("aaaaaaaaaa"), "{case}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_that_is_too_large_is_cut_off() {
    let app = TestApp::start().await;
    let listener = Listener::of(&app, |_| {}).await;

    let cookie = "a".repeat(64 * 1024);
    let large = listener.ask(&format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncookie: b={cookie}\r\n\r\n")).await;
    let broken = listener.ask("GET / HTTP/9\r\n\0\0\r\n\r\n").await;
    let fine = listener.ask("GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;

    // Who still writes may see the connection end before the answer.
    assert!(large.is_empty() || large.starts_with("HTTP/1.1 431"), "{large}");
    assert!(broken.is_empty() || broken.starts_with("HTTP/1.1 400"), "{broken}");
    assert!(fine.starts_with("HTTP/1.1 200"), "the next one is answered: {fine}");
    listener.end().await;
}

#[tokio::test]
async fn hostile_values_are_shown_as_text_and_never_run() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let markup = "\"'><script>alert(1)</script>";
    let split = "a\r\nset-cookie: evil=1\r\n\r\n<b>";
    let mut conn = app.services().store.read().await.expect("a connection");
    let mut stored = clients::find(&mut conn, "tthc").await.expect("answered").expect("the client");
    drop(conn);
    stored.name = format!("TTHC {markup}");
    register::replace(app.services(), &stored, "test").await.expect("renamed");

    let mut browser = app.browser();
    let answer = browser.get(&app.authorize_path(&tthc, &[("login_hint", markup), ("ui_locales", markup)])).await;
    let name = browser.follow(answer).await;
    let (csrf, request) = (name.hidden("csrf"), name.hidden("request"));
    let sent = browser.post("/signin", &[("csrf", &csrf), ("request", &request), ("username", markup)]).await;
    let password = browser.follow(sent).await;
    let missing = app.get(&format!("/{}", encoded(markup))).await;
    let unknown = app.get(&format!("/oauth2/authorize?client_id={}", encoded(markup))).await;
    let logout = app.get(&format!("/oauth2/logout?post_logout_redirect_uri={0}&state={0}", encoded(markup))).await;
    let state =
        browser.get(&app.authorize_path(&tthc, &[("response_mode", "form_post"), ("prompt", "none"), ("state", markup)])).await;

    for (case, page) in [
        ("name", &name),
        ("password", &password),
        ("missing", &missing),
        ("client", &unknown),
        ("logout", &logout),
        ("state", &state),
    ] {
        assert!(page.page().is_some(), "{case}: {}", page.status);
        assert!(!page.body.contains("<script>alert") && !page.body.contains("'><"), "{case}");
    }
    assert_eq!(name.hidden("request"), request);
    assert!(name.body.contains("TTHC"), "the name of the client is shown, as text");
    assert!(state.form_post_fields().iter().any(|(name, value)| name == "state" && value == markup), "and comes back as it was");

    let arrived = browser.sign_in(&kim, &app.authorize_path(&tthc, &[("state", split)])).await;
    assert_eq!(arrived.param("state").as_deref(), Some(split));
    assert!(!arrived.location().contains(['\r', '\n', '<']), "{}", arrived.location());
    assert!(arrived.headers.get_all("set-cookie").iter().all(|value| !value.as_bytes().starts_with(b"evil")));
}

#[tokio::test]
async fn a_lost_store_is_told_without_details() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let partner = app.client("partner", |settings| settings.third_party = true).await;
    app.sync().await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let asked = browser.get(&app.authorize_path(&partner, &[])).await;
    assert!(asked.location().starts_with("/signin/consent"), "{}", asked.location());

    app.services().store.close().await;

    let page = app.get("/oauth2/authorize?client_id=never-seen&redirect_uri=https://x.example/").await;
    assert!(page.status >= 500 && page.error_page().is_some(), "{}", page.status);
    assert!(!reference_of(&page).is_empty(), "a number to read aloud");
    assert_quiet(&page.body, "page");
    let token = app.token(&tthc, &[("grant_type", "authorization_code"), ("code", "never-issued")]).await;
    assert_eq!(token.status, 503);
    assert_eq!(token.json()["error"], "temporarily_unavailable");
    assert!(token.header("retry-after").is_some());
    assert_quiet(&token.body, "token");

    // The client and its address are in memory: it can be told by redirect.
    let redirect = browser.get(&app.authorize_path(&partner, &[])).await;
    assert_eq!(redirect.status, 303, "a proven destination is told, not the person");
    assert!(redirect.location().starts_with("https://partner.example/callback?"), "{}", redirect.location());
    assert!(["server_error", "temporarily_unavailable"].contains(&redirect.param("error").expect("an error").as_str()));
    assert_eq!(redirect.param("code"), None);
    assert_eq!(redirect.param("state").as_deref(), Some("st"));
}

#[tokio::test]
async fn an_unknown_path_or_method_is_a_plain_4xx() {
    let app = TestApp::start().await;

    for path in [
        "/nowhere",
        "/oauth2",
        "/oauth2/token/",
        "/OAUTH2/token",
        "/.well-known/nothing",
        "/%00",
        "/%ff",
        "/assets/../Cargo.toml",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
    ] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_clear(&answer, path);
    }
    let table = [
        ("DELETE", "/oauth2/authorize"),
        ("PUT", "/oauth2/token"),
        ("GET", "/oauth2/token"),
        ("PATCH", "/oauth2/userinfo"),
        ("DELETE", "/oauth2/logout"),
        ("POST", "/oauth2/jwks"),
        ("POST", "/.well-known/openid-configuration"),
        ("PUT", "/signin"),
    ];
    for (method, path) in table {
        let answer = send(&app, method, path, &[], "").await;
        assert_eq!(answer.status, 405, "{method} {path}");
        let allowed = answer.header("allow").unwrap_or_else(|| panic!("{method} {path} names what is allowed"));
        assert!(!allowed.contains(method), "{method} {path}: {allowed}");
        assert_clear(&answer, path);
    }
}

#[tokio::test]
async fn a_token_error_is_json_and_says_no_more_than_it_must() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;

    let wrong = app.token(&tthc, &[("grant_type", "authorization_code"), ("code", "never-issued"), ("code_verifier", "x")]).await;
    let nobody = post(&app, "/oauth2/token", "grant_type=authorization_code&code=x&client_id=nobody&client_secret=x").await;
    let known = post(&app, "/oauth2/token", "grant_type=authorization_code&code=x&client_id=tthc&client_secret=x").await;

    assert_eq!(nobody.json(), known.json(), "whether a client exists is not told");
    for answer in [&wrong, &nobody] {
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let body: Value = answer.json();
        let names: Vec<&String> = body.as_object().expect("an object").keys().collect();
        assert_eq!(names, ["error", "error_description"]);
        assert_quiet(&answer.body, "token");
    }
}
