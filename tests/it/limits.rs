//! Slow, broken and greedy callers: every wait ends, every refusal has its right form, and operators see numbers.

use crate::support::listener::{GET, GET_ONCE, Listener, SHORT, rest, soon};
use crate::support::requests::{FORM, send};
use crate::support::{Answer, Official, TestApp};
use axum::Router;
use axum::routing::get;
use http::Request;
use metrics_exporter_prometheus::PrometheusBuilder;
use motlan::service::clients::register;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// More than the systems on both sides keep for a connection.
const BIG: usize = 32 * 1024 * 1024;

fn fine() -> Router {
    Router::new().route("/", get(|| async { "fine" }))
}

fn posting(path: &str, length: usize, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {FORM}\r\ncontent-length: {length}\r\n\r\n{body}")
}

fn posting_chunks(path: &str, chunks: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {FORM}\r\ntransfer-encoding: chunked\r\n\r\n{chunks}")
}

/// A refusal of this status in the form of its endpoint.
fn assert_form(answer: &str, path: &str, status: u16) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
    match path {
        "/oauth2/token" => assert!(answer.contains("\"error\":\"invalid_request\""), "{path}: {answer}"),
        "/oauth2/userinfo" => assert!(answer.contains("error=\"invalid_request\""), "{path}: {answer}"),
        _ => assert!(answer.contains("data-error=\""), "{path}: a page: {answer}"),
    }
}

const READERS: [&str; 7] =
    ["/oauth2/token", "/oauth2/userinfo", "/oauth2/authorize", "/oauth2/logout", "/signin", "/signin/consent", "/preferences"];

#[tokio::test]
async fn a_peer_that_stops_reading_is_dropped_and_one_that_reads_gets_everything() {
    let router = Router::new().route("/", get(|| async { vec![b'x'; BIG] }));
    let stage = Listener::start(router, |limits| limits.answer = SHORT).await;

    let mut reader = stage.connect().await;
    reader.write_all(GET_ONCE.as_bytes()).await.expect("sent");
    assert!(rest(&mut reader).await.len() > BIG, "head and body");

    let mut sleeper = stage.connect().await;
    sleeper.write_all(GET_ONCE.as_bytes()).await.expect("sent");
    let mut first = [0; 12];
    soon(sleeper.read_exact(&mut first)).await.expect("a first piece");
    assert_eq!(&first, b"HTTP/1.1 200");
    stage.end().await;
    assert!(rest(&mut sleeper).await.len() < BIG, "the end waits for what is in flight: it was dropped unfinished");
}

#[tokio::test]
async fn a_head_that_does_not_come_and_an_idle_connection_are_closed() {
    let stage = Listener::start(fine(), |limits| limits.head = SHORT).await;

    let silent = stage.ask("").await;
    let half = stage.trickle("GET / HTTP/1.1\r\nhost: x\r\nx-slow: ").await;
    let idle = stage.ask(GET).await;

    assert_eq!(silent, "");
    assert!(!half.contains("fine"), "{half}");
    assert!(idle.starts_with("HTTP/1.1 200") && idle.ends_with("fine"), "answered, and then closed: {idle}");
}

#[tokio::test]
async fn a_body_that_trickles_is_408() {
    let app = TestApp::start().await;
    let stage = Listener::of(&app, |limits| limits.body = SHORT).await;

    for path in READERS {
        let answer = stage.trickle(&posting(path, 10_000, "x=")).await;
        assert_form(&answer, path, 408);
        assert!(answer.contains("connection: close"), "{path}: {answer}");
    }
    let head = "POST /oauth2/token HTTP/1.1\r\nhost: x\r\nconnection: close";
    let whole = stage.ask(&format!("{head}\r\ncontent-type: {FORM}\r\ncontent-length: 3\r\n\r\nx=1")).await;
    assert!(whole.starts_with("HTTP/1.1 401 "), "what comes in time is read: {whole}");
}

#[tokio::test]
async fn a_body_in_pieces_is_read_whole_and_its_faults_are_told_in_words() {
    let app = TestApp::start().await;
    let stage = Listener::of(&app, |limits| limits.body = SHORT).await;

    let once = |request: &str| request.replace("host: x", "host: x\r\nconnection: close");
    let (begin, more) = ("grant_type=x&client_id=nobody&more=".to_owned(), "&rest=".to_owned());
    let pieces = [begin, "a".repeat(9_000), more, "a".repeat(9_000), String::new()];
    let chunks = pieces.map(|piece| format!("{:x}\r\n{piece}\r\n", piece.len())).concat();
    let whole = stage.ask(&once(&posting_chunks("/oauth2/token", &chunks))).await;
    assert!(whole.starts_with("HTTP/1.1 401 "), "18 kB of a client: {whole}");

    let table = [
        (stage.ask(&posting("/oauth2/token", 1024 * 1024 + 1, "")).await, "the body is too large"),
        (stage.ask_and_end(&posting("/oauth2/token", 100, "x=1")).await, "the body broke off"),
        (stage.trickle(&posting("/oauth2/token", 10_000, "x=")).await, "the body did not come in time"),
        (
            stage.ask(&once(&posting("/oauth2/token", 0, "")).replace(FORM, "text/plain")).await,
            "the body is not application/x-www-form-urlencoded",
        ),
    ];
    for (answer, words) in table {
        assert!(answer.contains(words), "{words}: {answer}");
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_400() {
    let app = TestApp::start().await;
    let stage = Listener::of(&app, |_| {}).await;

    for path in READERS {
        assert_form(&stage.ask_and_end(&posting(path, 100, "x=1")).await, path, 400);
        assert_form(&stage.ask(&posting_chunks(path, "3\r\nx=1\r\nzz\r\n")).await, path, 400);
    }
    assert!(app.audit_events().await.iter().all(|event| !event.starts_with("sign_in.")));
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413_and_a_page_takes_16_kib() {
    let app = TestApp::start().await;
    let stage = Listener::of(&app, |_| {}).await;
    let chunk = format!("4001\r\n{}\r\n", "x".repeat(0x4001));

    for path in READERS {
        assert_form(&stage.ask(&posting(path, 1024 * 1024 + 1, "")).await, path, 413);
    }
    for path in ["/signin", "/signin/password", "/signin/position", "/signin/refused", "/signin/consent", "/preferences"] {
        assert_form(&stage.ask(&posting(path, 16 * 1024 + 1, "")).await, path, 413);
        assert_form(&stage.ask(&posting_chunks(path, &chunk)).await, path, 413);
        let most = format!("x={}", "a".repeat(16 * 1024 - 2));
        let read = app.request(Request::post(path).header("content-type", FORM).body(most).expect("a request")).await;
        assert_eq!(read.status, 403, "{path}: read, and not a form of ours");
    }
    let long = format!("grant_type=x&client_id=nobody&more={0}&rest={0}", "a".repeat(15_000));
    let read = app.request(Request::post("/oauth2/token").header("content-type", FORM).body(long).expect("a request")).await;
    assert_eq!(read.status, 401, "clients may send more than pages do");
}

#[tokio::test]
async fn an_address_has_so_many_connections_and_the_next_is_closed_at_once() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let numbers = recorder.handle();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let stage = Listener::start(fine(), |limits| {
        limits.exempt.clear();
        limits.connections_per_address = 2;
    })
    .await;

    let (first, second) = (stage.served().await, stage.served().await);
    let third = stage.ask(GET_ONCE).await;
    assert_eq!(third, "");
    assert!(numbers.render().lines().any(|line| line == "motlan_connections_open 2"), "{}", numbers.render());

    drop(first);
    // The place is free once the server has seen the end.
    soon(async { while stage.ask(GET_ONCE).await.is_empty() {} }).await;

    drop(second);
    stage.end().await;
    let text = numbers.render();
    assert!(text.contains("motlan_connections_refused_total{limit=\"address\"}"), "{text}");
    assert!(!text.contains("limit=\"all\""), "{text}");
    assert!(text.lines().any(|line| line == "motlan_connections_open 0"), "{text}");
}

#[tokio::test]
async fn a_proxy_has_no_limit_of_its_own_but_the_listener_has() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let numbers = recorder.handle();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let stage = Listener::start(fine(), |limits| {
        limits.connections_per_address = 1;
        limits.connections = 3;
    })
    .await;

    let open = [stage.served().await, stage.served().await, stage.served().await];
    let next = stage.ask(GET_ONCE).await;

    assert_eq!(next, "");
    drop(open);
    stage.end().await;
    let text = numbers.render();
    assert!(text.lines().any(|line| line == "motlan_connections_refused_total{limit=\"all\"} 1"), "{text}");
    assert!(!text.contains("limit=\"address\""), "{text}");
}

/// Refusals of the endpoints that scripts call, asked from one origin.
async fn refusals(app: &TestApp, origin: &str) -> Vec<(u16, Answer)> {
    let huge = format!("x={}", "a".repeat(1024 * 1024));
    let table = [
        (400, "POST", "/oauth2/token", vec![("content-type", "application/json")], "{}"),
        (400, "POST", "/oauth2/token", vec![("content-type", FORM)], "x=1&x=2"),
        (401, "POST", "/oauth2/token", vec![("content-type", FORM)], "grant_type=authorization_code&client_id=nobody"),
        (401, "POST", "/oauth2/token", vec![("content-type", FORM)], "client_id=spa&client_secret=wrong"),
        (413, "POST", "/oauth2/token", vec![("content-type", FORM)], huge.as_str()),
        (405, "DELETE", "/oauth2/token", vec![], ""),
        (401, "GET", "/oauth2/userinfo", vec![], ""),
        (401, "GET", "/oauth2/userinfo", vec![("authorization", "Bearer x.y.z")], ""),
        (400, "GET", "/oauth2/userinfo", vec![("authorization", "Bearer")], ""),
        (413, "POST", "/oauth2/userinfo", vec![("content-type", FORM)], huge.as_str()),
    ];
    let mut answers = Vec::new();
    for (status, method, path, mut headers, body) in table {
        headers.push(("origin", origin));
        answers.push((status, send(app, method, path, &headers, body).await));
    }
    answers
}

#[tokio::test]
async fn a_browser_client_can_read_why_it_was_refused() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let spa = app.client("spa", |settings| settings.allowed_origins = vec!["https://spa.example".to_owned()]).await;
    app.client("other", |settings| settings.allowed_origins = vec!["https://other.example".to_owned()]).await;
    let token = app.tokens(&spa, &kim, &[]).await["access_token"].as_str().expect("a token").to_owned();
    let bearer = format!("Bearer {token}");

    for origin in ["https://spa.example", "https://other.example"] {
        for (status, answer) in refusals(&app, origin).await {
            assert_eq!(answer.status, status, "{}", answer.body);
            assert_eq!(answer.header("access-control-allow-origin"), Some(origin), "{status}");
            let exposed = answer.header("access-control-expose-headers").expect("what else may be read");
            assert!(exposed.contains("www-authenticate") && exposed.contains("retry-after"), "{exposed}");
            assert!(answer.header("vary").is_some_and(|vary| vary.contains("origin")));
            assert_eq!(answer.header("access-control-allow-credentials"), None, "cookies are never lent");
        }
    }
    for origin in ["https://evil.example", "https://spa.example.evil.example", "null", "https://tthc.example"] {
        for (status, answer) in refusals(&app, origin).await {
            assert_eq!(answer.status, status, "{origin}: it is refused all the same");
            assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}: {status}");
        }
    }
    let foreign = [("authorization", bearer.as_str()), ("origin", "https://other.example")];
    let claims = send(&app, "GET", "/oauth2/userinfo", &foreign, "").await;
    assert_eq!((claims.status, claims.header("access-control-allow-origin")), (200, None), "only its own client's origin");

    register::disable(app.services(), "spa", "test").await.expect("disabled");
    for (_, answer) in refusals(&app, "https://spa.example").await {
        assert_eq!(answer.header("access-control-allow-origin"), None, "an origin goes with its client");
    }

    app.services().store.close().await;
    let body = "grant_type=authorization_code&code=x&client_id=never-seen&client_secret=x";
    let lost = send(&app, "POST", "/oauth2/token", &[("content-type", FORM), ("origin", "https://other.example")], body).await;
    assert_eq!((lost.status, lost.header("access-control-allow-origin")), (503, Some("https://other.example")));
}

#[tokio::test]
async fn operators_see_sign_ins_tokens_deliveries_and_store_errors_in_numbers() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let numbers = recorder.handle();
    let _counting = metrics::set_default_local_recorder(&recorder);
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mistaken = Official { password: "not the password".to_owned(), ..kim.clone() };
    let receiver = app.receiver().await;
    let address = receiver.url("/out");
    let tthc = app.client("tthc", |settings| settings.backchannel_logout_uri = Some(address)).await;

    assert_eq!(app.browser().sign_in(&mistaken, &app.authorize_path(&tthc, &[])).await.status, 422);
    let mut browser = app.browser();
    let code = browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await.param("code").expect("a code");
    let tokens = app.redeem(&tthc, &code).await.json();
    let hint = tokens["id_token"].as_str().expect("an ID token");
    browser.get(&format!("/oauth2/logout?id_token_hint={hint}&post_logout_redirect_uri=https://tthc.example/")).await;
    app.deliver_logouts().await;
    assert_eq!(receiver.received().len(), 1);
    app.services().store.close().await;
    app.get("/oauth2/authorize?client_id=never-seen&redirect_uri=https://x.example/").await;

    let text = numbers.render();
    for line in [
        "motlan_sign_ins_total{outcome=\"ok\"} 1",
        "motlan_sign_ins_total{outcome=\"wrong\"} 1",
        "motlan_tokens_issued_total{grant_type=\"authorization_code\"} 1",
        "motlan_logout_deliveries_total{outcome=\"ok\"} 1",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    assert!(text.contains("motlan_store_errors_total{kind=\"unavailable\"}"), "{text}");
    for absent in ["refresh_token", "outcome=\"throttled\"", "outcome=\"dead\"", "kim", "tthc"] {
        assert!(!text.contains(absent), "{absent} in {text}");
    }
}

#[tokio::test]
async fn one_network_begins_only_so_many_requests_in_a_minute() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let path = app.authorize_path(&tthc, &[]);

    for _ in 0..3_000 {
        assert_eq!(app.get(&path).await.param("error"), None);
    }
    let refused = app.get(&path).await;
    let own = [app.get("/signin").await, app.get("/account/methods").await];
    app.advance_seconds(61);
    let later = app.get(&path).await;

    for page in own {
        assert_eq!((page.status, page.error_page()), (429, Some("too_many")), "pages of our own begin requests too");
    }
    assert_eq!(app.get("/signin").await.status, 303);
    assert_eq!(refused.param("error").as_deref(), Some("temporarily_unavailable"));
    assert_eq!((later.status, later.param("error")), (303, None));
}
