//! Promises about where answers go and how they travel: clients, redirect URIs, state, response modes and `iss`
//! (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9207, RFC 9700 §2.1, Form Post Response Mode 1.0).

use crate::support::clients::{offer, public, words};
use crate::support::flows::{signed_on_as, visit};
use crate::support::records::is_registered;
use crate::support::{Answer, TestApp, VERIFIER};
use motlan::model::client::{AuthMethod, ClientSettings, ClientType};
use motlan::service::clients::register::{self, RegisterError};

/// The sources of `form-action` in the policy of a page.
fn form_action(answer: &Answer) -> Vec<String> {
    let policy = answer.header("content-security-policy").expect("a policy");
    let directive = policy.split(';').map(str::trim).find_map(|part| part.strip_prefix("form-action "));
    directive.expect("form-action").split(' ').map(str::to_owned).collect()
}

#[tokio::test]
async fn an_unknown_client_is_a_page_and_never_a_redirect() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let off = app.client("cu", |_| {}).await;
    register::disable(app.services(), &off.id, "os:test").await.expect("switched off");
    let paths = [
        app.authorize_path(&tthc, &[("client_id", "nobody")]),
        app.authorize_path(&tthc, &[("client_id", "")]),
        app.authorize_path(&tthc, &[("client_id", "TTHC")]),
        app.authorize_path(&tthc, &[("client_id", "nobody"), ("prompt", "none")]),
        app.authorize_path(&tthc, &[("client_id", "nobody"), ("response_mode", "form_post")]),
        app.authorize_path(&off, &[]),
    ];

    for path in paths {
        let answer = app.get(&path).await;

        assert_eq!(answer.status, 400, "{path}");
        assert_eq!(answer.page(), Some("error"), "{path}");
        assert_eq!(answer.error_page(), Some("unknown_client"), "{path}");
        assert_eq!(answer.header("location"), None, "{path}");
        assert!(!answer.body.contains("=\"https://tthc.example"), "{path}");
    }
}

#[tokio::test]
async fn a_redirect_uri_must_equal_a_registered_one_exactly() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let registered = ["https://tthc.example/callback", "https://tthc.example/other?tenant=1", "https://tthc.example/k%E1%BA%BFt"];
    let tthc = app.client("tthc", |settings| settings.redirect_uris = words(&registered)).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let near_misses = [
        "",
        "https://tthc.example/Callback",
        "https://TTHC.example/callback",
        "HTTPS://tthc.example/callback",
        "http://tthc.example/callback",
        "https://tthc.example/callback/",
        "https://tthc.example/callback/more",
        "https://tthc.example/callback?",
        "https://tthc.example/callback?x=1",
        "https://tthc.example/callback#x",
        "https://tthc.example/callback ",
        "https://tthc.example/call",
        "https://tthc.example/%63allback",
        "https://tthc.example/x/../callback",
        "https://tthc.example:443/callback",
        "https://tthc.example:8443/callback",
        "https://kim@tthc.example/callback",
        "https://tthc.example@evil.example/callback",
        "https://tthc.example.evil.example/callback",
        "https://evil.example/callback",
        "https://*.example/callback",
        "https://tthc.example/other",
        "https://tthc.example/other?tenant=2",
        "https://tthc.example/k%e1%ba%bft",
        "https://tthc.example/k\u{1ebf}t",
        "https://tthc.example/ke%CC%82%CC%81t",
        "/callback",
        "javascript:alert(1)",
    ];

    for address in near_misses {
        let answer = visit(&mut browser, &app.authorize_path(&tthc, &[("redirect_uri", address)])).await;

        assert_eq!(answer.status, 400, "{address}");
        assert_eq!(answer.error_page(), Some("unregistered_redirect_uri"), "{address}");
        assert_eq!(answer.header("location"), None, "{address}");
    }
    for address in registered {
        let answer = visit(&mut browser, &app.authorize_path(&tthc, &[("redirect_uri", address)])).await;

        assert!(answer.location().starts_with(address), "{address}: {}", answer.location());
        assert!(answer.param("code").is_some(), "{address}");
    }
}

#[tokio::test]
async fn redirect_uris_are_checked_when_they_are_registered() {
    use ClientType::{Native, Spa, Web};
    let app = TestApp::start().await;
    let table: [(ClientType, &[&str], bool); 18] = [
        (Web, &["https://app.example/callback"], true),
        (Web, &["https://app.example/callback?tenant=1"], true),
        (Web, &["http://localhost:3000/callback"], true),
        (Spa, &["https://app.example/"], true),
        (Native, &["vn.gov.example.app:/back"], true),
        (Native, &["http://127.0.0.1/callback", "http://[::1]/callback"], true),
        (Web, &[], false),
        (Spa, &[], false),
        (Web, &["/callback"], false),
        (Web, &["http://app.example/callback"], false),
        (Native, &["http://app.example/callback"], false),
        (Web, &["https://app.example/callback#x"], false),
        (Web, &["https://*.example/callback"], false),
        (Web, &["https://app.example/callback", "javascript:alert(1)"], false),
        (Native, &["data:text/html,x"], false),
        (Web, &["vn.gov.example.app:/back"], false),
        (Native, &["myapp:/back"], false),
        // An answer goes back in a header, and an address is ASCII (RFC 3986 §2).
        (Web, &["https://app.example/k\u{1ebf}t-qu\u{1ea3}"], false),
    ];

    for (number, (application_type, redirect_uris, fine)) in table.into_iter().enumerate() {
        let auth_method = if application_type == Web { AuthMethod::ClientSecretBasic } else { AuthMethod::None };
        let settings =
            ClientSettings { application_type, auth_method, redirect_uris: words(redirect_uris), ..ClientSettings::default() };
        let id = format!("client-{number}");

        let added = offer(&app, &id, settings).await;

        let refused = matches!(added, Err(RegisterError::Refused(_)));
        assert_eq!((added.is_ok(), refused), (fine, !fine), "{redirect_uris:?}");
        assert_eq!(is_registered(&app, &id).await, fine, "{redirect_uris:?}");
    }
}

#[tokio::test]
async fn a_native_client_may_use_a_scheme_of_its_own() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let phone = app
        .client("phone", |settings| {
            public(settings);
            settings.redirect_uris = words(&["vn.gov.example.app:/back"]);
        })
        .await;
    let path = app.authorize_path(&phone, &[("redirect_uri", "vn.gov.example.app:/back")]);
    let mut browser = app.browser();

    let page = visit(&mut browser, &path).await;
    let answer = browser.sign_in(&kim, &path).await;

    assert_eq!(form_action(&page), ["'self'", "vn.gov.example.app:"]);
    assert_eq!(answer.status, 303);
    assert!(answer.location().starts_with("vn.gov.example.app:/back?"), "{}", answer.location());
    let code = answer.param("code").expect("a code");
    assert_eq!(app.redeem(&phone, &code).await.status, 200);
}

#[tokio::test]
async fn loopback_ports_are_free_for_native_clients_only() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let addresses = ["http://127.0.0.1/cb", "http://[::1]/cb", "http://localhost/cb"];
    let tool = app
        .client("tool", |settings| {
            public(settings);
            settings.redirect_uris = words(&addresses);
        })
        .await;
    let web = app.client("web", |settings| settings.redirect_uris = words(&addresses)).await;
    let mut browser = signed_on_as(&app, &web, &kim).await;
    let table = [
        (&tool, "http://127.0.0.1:51004/cb", true),
        (&tool, "http://127.0.0.1:1/cb", true),
        (&tool, "http://[::1]:51004/cb", true),
        (&tool, "http://127.0.0.1/cb", true),
        (&tool, "http://localhost/cb", true),
        (&tool, "http://localhost:51004/cb", false),
        (&tool, "http://127.0.0.1:51004/other", false),
        (&tool, "http://127.0.0.1:51004/cb?x=1", false),
        (&tool, "http://127.0.0.1:51004/cb/", false),
        (&tool, "https://127.0.0.1:51004/cb", false),
        (&tool, "http://127.0.0.2:51004/cb", false),
        (&tool, "http://127.0.0.1:99999/cb", false),
        (&tool, "http://127.0.0.1:51004@evil.example/cb", false),
        (&tool, "http://127.0.0.1.evil.example:51004/cb", false),
        (&web, "http://127.0.0.1/cb", true),
        (&web, "http://127.0.0.1:51004/cb", false),
    ];

    for (client, address, fine) in table {
        let answer = visit(&mut browser, &app.authorize_path(client, &[("redirect_uri", address)])).await;

        let location = answer.header("location");
        assert_eq!(
            location.is_some_and(|location| location.starts_with(&format!("{address}?"))),
            fine,
            "{} {address}",
            client.id
        );
        assert_eq!(answer.status, if fine { 303 } else { 400 }, "{} {address}", client.id);
        let Some(code) = location.and_then(|_| answer.param("code")) else { continue };
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", address),
            ("code_verifier", VERIFIER),
        ];
        assert_eq!(app.token(client, &form).await.status, 200, "{} {address}", client.id);
    }
}

#[tokio::test]
async fn state_comes_back_unchanged_and_the_query_of_the_address_stays() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let address = "https://tthc.example/callback?a=b&c=d%20e";
    let tthc = app.client("tthc", |settings| settings.redirect_uris = words(&[address])).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let long = "s".repeat(2_048);
    let states =
        ["a", "a b", "a+b", "a%2Bb", "100%", "a&error=x#y", "\"><script>", "trạng thái: đã duyệt", "{\"a\":1}", long.as_str()];

    for state in states {
        for prompt in ["", "create"] {
            let path = app.authorize_path(&tthc, &[("redirect_uri", address), ("state", state), ("prompt", prompt)]);
            let answer = visit(&mut browser, &path).await;

            assert!(answer.location().starts_with(&format!("{address}&")), "{}", answer.location());
            assert!(!answer.location().contains('#'), "{}", answer.location());
            assert_eq!(answer.param("state").as_deref(), Some(state));
            assert_eq!(answer.param("code").is_some(), prompt.is_empty(), "{state}");
            assert_eq!(answer.param("error").is_some(), !prompt.is_empty(), "{state}");
        }
    }
    let without = visit(&mut browser, &app.authorize_path(&tthc, &[("redirect_uri", address), ("state", "")])).await;
    assert!(without.param("code").is_some());
    assert_eq!(without.param("state"), None);
}

#[tokio::test]
async fn the_response_mode_asked_for_is_used_and_others_are_refused() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;

    for mode in ["", "query"] {
        let answer = visit(&mut browser, &app.authorize_path(&tthc, &[("response_mode", mode)])).await;

        assert!(answer.location().starts_with("https://tthc.example/callback?"), "{mode}: {}", answer.location());
        assert!(answer.param("code").is_some(), "{mode}");
        assert!(!answer.location().contains('#'), "{mode}");
    }
    let by_form = visit(&mut browser, &app.authorize_path(&tthc, &[("response_mode", "form_post")])).await;
    assert_eq!((by_form.status, by_form.page()), (200, Some("form-post")));
    assert_eq!(by_form.header("location"), None);
    assert_eq!(app.redeem(&tthc, &by_form.hidden("code")).await.status, 200);
    for mode in ["web_message", "jws", "QUERY", "nonsense"] {
        let answer = visit(&mut browser, &app.authorize_path(&tthc, &[("response_mode", mode)])).await;

        assert_eq!((answer.status, answer.error_page()), (400, Some("bad_request")), "{mode}");
        assert_eq!(answer.header("location"), None, "{mode}");
    }
}

#[tokio::test]
async fn form_post_works_without_a_script() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let hostile = "\"><script>alert(1)</script>";

    for prompt in ["", "create"] {
        let wishes = [("response_mode", "form_post"), ("state", hostile), ("prompt", prompt)];
        let answer = visit(&mut browser, &app.authorize_path(&tthc, &wishes)).await;

        assert_eq!((answer.status, answer.page()), (200, Some("form-post")));
        assert!(answer.body.contains("action=\"https://tthc.example/callback\""), "{}", answer.body);
        assert!(answer.body.contains("method=\"post\"") && answer.body.contains("<button"), "{}", answer.body);
        assert_eq!(answer.body.contains("name=\"code\""), prompt.is_empty());
        assert_eq!(answer.body.contains("name=\"error\""), !prompt.is_empty());
        assert!(answer.body.contains("name=\"state\"") && !answer.body.contains(hostile), "{}", answer.body);
        assert!(answer.body.split("<script").skip(1).all(|script| script.starts_with(" src=\"/")), "{}", answer.body);
        assert!(!answer.body.contains(" onload=") && !answer.body.contains(" style="), "{}", answer.body);
        assert_eq!(form_action(&answer), ["'self'", "https://tthc.example"]);
        assert!(!answer.header("content-security-policy").unwrap_or_default().contains("unsafe"));
        assert!(answer.header("cache-control").is_some_and(|value| value.contains("no-store")));
    }
}

#[tokio::test]
async fn every_answer_carries_iss() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let metadata = app.get("/.well-known/openid-configuration").await.json();

    for prompt in ["", "create", "none login"] {
        let by_query = visit(&mut browser, &app.authorize_path(&tthc, &[("prompt", prompt)])).await;
        let by_form =
            visit(&mut browser, &app.authorize_path(&tthc, &[("prompt", prompt), ("response_mode", "form_post")])).await;

        assert!(by_query.location().contains("iss=https%3A%2F%2Fid.example"), "{}", by_query.location());
        assert_eq!(by_query.param("iss").as_deref(), Some(app.issuer()), "{prompt}");
        assert_eq!(by_form.hidden("iss"), app.issuer(), "{prompt}");
    }
    assert_eq!(metadata["issuer"], app.issuer());
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
}
