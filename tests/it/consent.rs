//! Consent: asked before anything is given to a system that is not the city's own (OpenID Connect Core §3.1.2.4).

use crate::support::flows::{signed_on_elsewhere, visit};
use crate::support::phones::{asked, enrol};
use crate::support::records::count_of;
use crate::support::{Answer, Browser, Official, TestApp, TestClient};
use motlan::service::clients::register;
use motlan::store::{clients, consents, position_choices};

/// What the person is remembered to have agreed to.
async fn agreed(app: &TestApp, person: &Official, client: &TestClient) -> Option<String> {
    let mut conn = app.services().store.read().await.expect("a connection");
    consents::find(&mut conn, &person.id, &client.id).await.expect("answered")
}

/// Goes to a client and follows our own redirects, filling in nothing.
async fn go(app: &TestApp, browser: &mut Browser, client: &TestClient, extra: &[(&str, &str)]) -> Answer {
    visit(browser, &app.authorize_path(client, extra)).await
}

async fn decide(browser: &mut Browser, page: &Answer, decision: &str) -> Answer {
    assert_eq!(page.page(), Some("consent"));
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    browser.post("/signin/consent", &[("csrf", &csrf), ("request", &request), ("decision", decision)]).await
}

#[tokio::test]
async fn a_third_party_asks_before_anything_is_given() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let partner = app.client("partner", |settings| settings.third_party = true).await;

    let silent = go(&app, &mut browser, &partner, &[("prompt", "none")]).await;
    assert_eq!(silent.param("error").as_deref(), Some("consent_required"));
    assert_eq!(silent.param("code"), None);

    let asked = go(&app, &mut browser, &partner, &[]).await;
    assert_eq!(asked.page(), Some("consent"));
    assert_eq!(agreed(&app, &kim, &partner).await, None, "asking is not agreeing");
    let allowed = decide(&mut browser, &asked, "allow").await;
    let code = allowed.param("code").expect("a code");
    assert_eq!(app.redeem(&partner, &code).await.status, 200);
    assert_eq!(agreed(&app, &kim, &partner).await.as_deref(), Some("openid profile"));

    let again = go(&app, &mut browser, &partner, &[]).await;
    assert!(again.param("code").is_some(), "the same scopes are not asked for twice");
    let fewer = go(&app, &mut browser, &partner, &[("scope", "openid"), ("prompt", "none")]).await;
    assert!(fewer.param("code").is_some());
    let more = go(&app, &mut browser, &partner, &[("scope", "openid profile email")]).await;
    assert_eq!(more.page(), Some("consent"), "more scopes are");
    assert_eq!(count_of(&app, "consent.given").await, 1);
}

#[tokio::test]
async fn nothing_is_agreed_to_or_chosen_before_the_second_factor() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &["26740", "26737"]).await;
    enrol(&app, &kim).await;
    let partner = app.client("partner", |settings| settings.third_party = true).await;
    let (mut browser, page) = asked(&app, &kim, &app.authorize_path(&partner, &[])).await;
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));

    let second = kim.positions[1].as_str();
    for (path, field) in [("/signin/consent", ("decision", "allow")), ("/signin/position", ("position", second))] {
        let shown = visit(&mut browser, &format!("{path}?request={request}")).await;
        assert_eq!(shown.page(), Some("second-factor"), "{path}");
        let sent = browser.post(path, &[("csrf", &csrf), ("request", &request), field]).await;
        assert_eq!(browser.follow(sent).await.page(), Some("second-factor"), "{path}");
    }

    assert_eq!(agreed(&app, &kim, &partner).await, None);
    assert_eq!(count_of(&app, "consent.given").await, 0);
    let mut conn = app.services().store.read().await.expect("a connection");
    assert!(position_choices::list(&mut conn, &kim.id).await.expect("an answer").is_empty());
}

#[tokio::test]
async fn prompt_consent_always_asks() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let own = app.client("own-too", |_| {}).await;
    let partner = app.client("partner", |settings| settings.third_party = true).await;
    let asked = go(&app, &mut browser, &partner, &[]).await;
    decide(&mut browser, &asked, "allow").await;

    for client in [&own, &partner] {
        for round in 1..=2 {
            let page = go(&app, &mut browser, client, &[("prompt", "consent")]).await;
            assert_eq!(page.page(), Some("consent"), "{} round {round}", client.id);
            let allowed = decide(&mut browser, &page, "allow").await;
            assert!(allowed.param("code").is_some(), "{} round {round}", client.id);
        }
    }
}

#[tokio::test]
async fn the_page_names_the_client_and_what_it_gets() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;
    let partner = app.client("partner", |settings| settings.third_party = true).await;
    let mut conn = app.services().store.read().await.expect("a connection");
    let mut stored = clients::find(&mut conn, "partner").await.expect("answered").expect("the client");
    drop(conn);
    stored.name = "Bưu điện <b>Thành phố</b>".to_owned();
    register::replace(app.services(), &stored, "test").await.expect("renamed");
    let table = [
        ("vi", ["Mã nhận biết tài khoản", "Họ và tên", "Thư điện tử công vụ", "Giữ quyền truy cập"]),
        ("en", ["An identifier of the account", "Full name", "Official e-mail", "Continued access"]),
    ];

    for (language, lines) in table {
        let wish = [("scope", "openid profile email offline_access"), ("ui_locales", language)];
        let page = go(&app, &mut browser, &partner, &wish).await;
        assert_eq!(page.page(), Some("consent"));
        assert!(page.body.contains(&format!("<html lang=\"{language}\"")));
        assert!(page.body.contains("partner.example"), "{language}: the host that it goes to");
        assert!(page.body.contains("Bưu điện") && !page.body.contains("<b>Thành phố"), "{language}: the name, as text");
        for line in lines {
            assert!(page.body.contains(line), "{language}: {line}");
        }
        assert!(
            !page.body.contains("Số điện thoại</span>") && !page.body.contains("Phone number</span>"),
            "not what was not asked"
        );
    }

    let page = go(&app, &mut browser, &partner, &[]).await;
    let denied = decide(&mut browser, &page, "deny").await;

    assert_eq!(denied.param("error").as_deref(), Some("access_denied"));
    assert_eq!(denied.param("state").as_deref(), Some("st"));
    assert_eq!(denied.param("code"), None);
    assert_eq!(agreed(&app, &kim, &partner).await, None);
    assert!(!app.audit_events().await.contains(&"consent.given".to_owned()));
}
