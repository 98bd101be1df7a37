//! Front-channel logout: the signed-out page loads each system of the sign-on in a frame, and nothing else may.

use crate::support::clients::offer;
use crate::support::flows::{enter, logout_path};
use crate::support::records::{has_ended, is_registered, sid_of};
use crate::support::{Answer, TestApp, TestClient};
use motlan::model::client::ClientSettings;
use motlan::service::clients::register;

const HOME: &str = "https://own.example/";
/// The policy of every page, before anything is allowed to be framed.
const POLICY: &str = "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// A system that is loaded in a frame when somebody leaves.
async fn framed(app: &TestApp, id: &str) -> TestClient {
    app.client(id, |settings| settings.frontchannel_logout_uri = Some(format!("https://{id}.example/out"))).await
}

/// The addresses of a page's frames.
fn frames_of(page: &Answer) -> Vec<String> {
    let source = |rest: &str| rest.split('"').next().unwrap_or_default().replace("&#38;", "&");
    page.body.split("<iframe src=\"").skip(1).map(source).collect()
}

fn policy_of(answer: &Answer) -> &str {
    answer.header("content-security-policy").expect("a policy")
}

/// Where somebody leaves with a hint.
fn path_out(id_token: &str, more: &[(&str, &str)]) -> String {
    logout_path(&[more, &[("id_token_hint", id_token)]].concat())
}

#[tokio::test]
async fn every_client_of_the_sign_on_is_loaded_in_a_frame_once() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let own = app.client("own", |_| {}).await;
    let (a, b) = (framed(&app, "a").await, framed(&app, "b").await);
    framed(&app, "never-entered").await;
    let mut browser = app.browser();
    let (claims, id_token) = enter(&app, &mut browser, &kim, &own).await;
    for client in [&a, &b, &a] {
        enter(&app, &mut browser, &kim, client).await;
    }
    let elsewhere = framed(&app, "elsewhere").await;
    enter(&app, &mut app.browser(), &kim, &elsewhere).await;

    let page = browser.get(&path_out(&id_token, &[])).await;
    let again = browser.get(&path_out(&id_token, &[])).await;

    assert_eq!((page.status, page.page()), (200, Some("signed-out")));
    assert_eq!(frames_of(&page), ["https://a.example/out", "https://b.example/out"]);
    assert!(has_ended(&app, &sid_of(&claims)).await);
    assert_eq!((again.page(), frames_of(&again)), (Some("signed-out"), Vec::new()), "once is enough");
    assert_eq!(policy_of(&again), POLICY);
}

#[tokio::test]
async fn a_frame_names_issuer_and_session_for_a_client_that_needs_them_and_keeps_its_query() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let plain = framed(&app, "plain").await;
    let named = app
        .client("named", |settings| {
            settings.frontchannel_logout_uri = Some("https://named.example/out?tenant=1&x=a%20b".to_owned());
            settings.frontchannel_logout_session_required = true;
        })
        .await;
    let mut browser = app.browser();
    let (claims, id_token) = enter(&app, &mut browser, &kim, &plain).await;
    let (of_named, _) = enter(&app, &mut browser, &kim, &named).await;

    let page = browser.get(&path_out(&id_token, &[])).await;

    let sid = claims["sid"].as_str().expect("a sid");
    assert_eq!(of_named["sid"], sid, "the client knows this session by the same name");
    let issuer: String = url::form_urlencoded::byte_serialize(app.issuer().as_bytes()).collect();
    let with_both = format!("https://named.example/out?tenant=1&x=a%20b&iss={issuer}&sid={sid}");
    assert_eq!(frames_of(&page), [with_both, "https://plain.example/out".to_owned()]);
}

#[tokio::test]
async fn only_the_signed_out_page_may_hold_frames_and_only_of_these_origins() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let own = app.client("own", |_| {}).await;
    let a = framed(&app, "a").await;
    let port = app
        .client("port", |settings| {
            settings.redirect_uris = vec!["https://port.example:8443/callback".to_owned()];
            settings.frontchannel_logout_uri = Some("https://port.example:8443/out?x=1".to_owned());
        })
        .await;
    let mut browser = app.browser();
    let (_, id_token) = enter(&app, &mut browser, &kim, &own).await;
    enter(&app, &mut browser, &kim, &a).await;
    enter(&app, &mut browser, &kim, &port).await;

    let portal = browser.get("/").await;
    let asked = browser.get("/oauth2/logout").await;
    let page = browser.get(&path_out(&id_token, &[])).await;

    for (name, other) in [("portal", &portal), ("logout", &asked)] {
        assert_eq!((other.page(), frames_of(other)), (Some(name), Vec::new()));
        assert!(!policy_of(other).contains("frame-src"), "{name}");
    }
    assert_eq!(policy_of(&page), format!("{POLICY}; frame-src https://a.example https://port.example:8443"));
    assert_eq!(page.header("x-frame-options"), Some("DENY"), "nobody frames the page itself");
    assert_eq!(page.body.matches("<iframe ").count(), 2);
    assert_eq!(page.body.matches(" sandbox=\"allow-same-origin allow-scripts allow-forms\" hidden>").count(), 2);
}

#[tokio::test]
async fn the_page_leads_on_after_a_moment_and_only_when_it_has_frames() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let own = app.client("own", |_| {}).await;
    let a = framed(&app, "a").await;
    let back = [("post_logout_redirect_uri", HOME), ("state", "s&t"), ("ui_locales", "en")];

    let mut without = app.browser();
    let (_, id_token) = enter(&app, &mut without, &kim, &own).await;
    let straight = without.get(&path_out(&id_token, &back)).await;
    let mut browser = app.browser();
    let (claims, id_token) = enter(&app, &mut browser, &kim, &own).await;
    enter(&app, &mut browser, &kim, &a).await;
    let page = browser.get(&path_out(&id_token, &back)).await;
    let again = browser.get(&path_out(&id_token, &back)).await;

    let address = "https://own.example/?state=s%26t";
    assert_eq!((straight.status, straight.location()), (303, address), "as ever when nothing is to be loaded");
    assert_eq!((page.status, page.page(), page.header("location")), (200, Some("signed-out"), None));
    assert_eq!(frames_of(&page), ["https://a.example/out"]);
    assert!(page.body.contains(&format!("<meta http-equiv=\"refresh\" content=\"2; url={address}\">")), "{}", page.body);
    assert!(page.body.contains(&format!("id=\"logout-continue\" href=\"{address}\"")), "{}", page.body);
    assert!(page.body.contains("This page will lead back to Hệ thống own in a few seconds."));
    assert!(!page.body.contains("<script"), "it works without");
    assert!(has_ended(&app, &sid_of(&claims)).await);
    let forgotten = page.headers.get_all("set-cookie").iter().any(|cookie| {
        cookie.to_str().is_ok_and(|cookie| cookie.starts_with("__Host-motlan_sign_on=;") && cookie.contains("Max-Age=0"))
    });
    assert!(forgotten, "the browser forgets the sign-on");
    assert_eq!((again.status, again.location()), (303, address), "nothing is left to load");
}

#[tokio::test]
async fn the_page_stays_when_it_leads_nowhere() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let a = framed(&app, "a").await;
    let mut browser = app.browser();
    let (claims, _) = enter(&app, &mut browser, &kim, &a).await;

    let asked = browser.get("/oauth2/logout").await;
    assert_eq!((asked.page(), frames_of(&asked)), (Some("logout"), Vec::new()), "asking loads nothing");
    assert!(!has_ended(&app, &sid_of(&claims)).await);
    let page = browser.post("/oauth2/logout", &[("csrf", &asked.hidden("csrf")), ("decision", "confirm")]).await;

    assert_eq!(page.page(), Some("signed-out"));
    assert_eq!(frames_of(&page), ["https://a.example/out"]);
    assert!(!page.body.contains("http-equiv=\"refresh\""));
    assert!(has_ended(&app, &sid_of(&claims)).await);
}

#[tokio::test]
async fn a_refused_request_loads_nothing() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let a = framed(&app, "a").await;
    let mut browser = app.browser();
    let (claims, id_token) = enter(&app, &mut browser, &kim, &a).await;

    let refused = browser.get(&path_out(&id_token, &[("post_logout_redirect_uri", "https://evil.example/")])).await;

    assert_eq!((refused.status, refused.error_page()), (400, Some("logout_refused")));
    assert_eq!(frames_of(&refused), Vec::<String>::new());
    assert!(!policy_of(&refused).contains("frame-src"));
    assert!(!has_ended(&app, &sid_of(&claims)).await);
}

#[tokio::test]
async fn a_client_that_was_refused_since_is_not_loaded() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let own = app.client("own", |_| {}).await;
    let a = framed(&app, "a").await;
    let mut browser = app.browser();
    let (_, id_token) = enter(&app, &mut browser, &kim, &own).await;
    enter(&app, &mut browser, &kim, &a).await;
    register::disable(app.services(), "a", "os:test").await.expect("refused");

    let page = browser.get(&path_out(&id_token, &[])).await;

    assert_eq!((page.page(), frames_of(&page)), (Some("signed-out"), Vec::new()));
    assert_eq!(policy_of(&page), POLICY);
}

#[tokio::test]
async fn the_page_says_that_a_system_was_asked_and_never_that_it_answered() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let receiver = app.receiver().await;
    let own = app.client("own", |_| {}).await;
    let a = framed(&app, "a").await;
    let address = receiver.url("/out");
    let both = app
        .client("both", |settings| {
            settings.frontchannel_logout_uri = Some("https://both.example/out".to_owned());
            settings.backchannel_logout_uri = Some(address);
        })
        .await;
    let mut browser = app.browser();
    let (_, id_token) = enter(&app, &mut browser, &kim, &own).await;
    enter(&app, &mut browser, &kim, &a).await;
    enter(&app, &mut browser, &kim, &both).await;

    let page = browser.get(&path_out(&id_token, &[("post_logout_redirect_uri", HOME), ("ui_locales", "en")])).await;
    app.deliver_logouts().await;

    let line_of = |name: &str| {
        let (_, rest) = page.body.split_once(&format!(">{name}</span>")).unwrap_or_else(|| panic!("{name} is listed"));
        rest.split("</li>").next().unwrap_or_default().to_owned()
    };
    assert!(line_of("Hệ thống a").contains("Asked to sign out"));
    assert!(line_of("Hệ thống a").contains("This browser passed the request on."));
    assert!(line_of("Hệ thống both").contains("Waiting for an answer"), "the surer way is the one that counts");
    assert!(line_of("Hệ thống own").contains("Sign out yourself"));
    assert_eq!(frames_of(&page), ["https://a.example/out", "https://both.example/out"]);
    assert_eq!(receiver.received().len(), 1, "a client may be told both ways");
}

#[tokio::test]
async fn the_address_is_checked_when_it_is_registered() {
    let app = TestApp::start().await;
    let table = [
        ("https://new.example/out", true),
        ("https://new.example/out?tenant=1", true),
        ("https://new.example:443/out", true),
        ("https://other.example:8443/out", true),
        ("http://localhost:3000/out", true),
        ("https://new.example/out#top", false),
        ("https://new.example:8443/out", false),
        ("https://sub.new.example/out", false),
        ("https://other.example/out", false),
        ("http://localhost:3001/out", false),
        ("http://new.example/out", false),
        ("https://elsewhere.example/out", false),
        ("https://user:word@new.example/out", false),
        ("https://new.example/out?iss=x", false),
        ("https://new.example/out?a=1&sid=x", false),
        ("/out", false),
        ("javascript:alert(1)", false),
    ];

    for (number, (address, fine)) in table.into_iter().enumerate() {
        let origins = ["https://new.example", "https://other.example:8443", "http://localhost:3000"];
        let settings = ClientSettings {
            redirect_uris: origins.iter().map(|origin| format!("{origin}/callback")).collect(),
            frontchannel_logout_uri: Some(address.to_owned()),
            ..ClientSettings::default()
        };
        let id = format!("new-{number}");

        let added = offer(&app, &id, settings).await;

        assert_eq!(added.is_ok(), fine, "{address}");
        assert_eq!(is_registered(&app, &id).await, fine, "{address}: nothing is stored of what is refused");
    }
}

#[tokio::test]
async fn discovery_says_that_it_is_offered_with_sessions() {
    let app = TestApp::start().await;

    let document = app.get("/.well-known/openid-configuration").await.json();

    for member in ["frontchannel_logout_supported", "frontchannel_logout_session_supported"] {
        assert_eq!(document[member], true, "{member}");
    }
}
