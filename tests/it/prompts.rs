//! Promises about what a request may ask of the person: prompts, ages, hints, levels and languages (OpenID Connect Core §3.1.2.1).

use crate::support::flows::{enter, id_claims, visit};
use crate::support::requests::{sent_back_with, text};
use crate::support::{Answer, Browser, Official, TestApp, TestClient};
use motlan::base::digest::base64url;
use motlan::service::{Origin, logout};
use motlan::store::sign_ons;
use serde_json::Value;

/// A browser in which somebody is signed on already, and the claims of the ID token of that.
async fn signed_on_with_claims(app: &TestApp, client: &TestClient, official: &Official) -> (Browser, Value) {
    let mut browser = app.browser();
    let (claims, _) = enter(app, &mut browser, official, client).await;
    (browser, claims)
}

/// Chooses a position on its page.
async fn choose(browser: &mut Browser, page: &Answer, position: &str) -> Answer {
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let fields = [("csrf", csrf.as_str()), ("request", request.as_str()), ("position", position)];
    browser.post("/signin/position", &fields).await
}

#[tokio::test]
async fn prompt_none_never_shows_a_page() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &["26740", "26743"]).await;
    let tthc = app.client("tthc", |_| {}).await;
    let documents = app.client("van-ban", |_| {}).await;
    let stranger = app.client("khach", |settings| settings.third_party = true).await;
    let hint = text(&app.tokens(&tthc, &kim, &[]).await, "id_token").to_owned();
    let (mut browser, _) = signed_on_with_claims(&app, &tthc, &kim).await;
    let mut fresh = app.browser();
    let silent = |client: &TestClient, name: &str, value: &str| app.authorize_path(client, &[("prompt", "none"), (name, value)]);

    let nobody = fresh.get(&silent(&tthc, "state", "st")).await;
    let nobody_hinted = fresh.get(&silent(&tthc, "id_token_hint", &hint)).await;
    let agreed = browser.get(&silent(&tthc, "state", "st")).await;
    let hinted = browser.get(&silent(&tthc, "id_token_hint", &hint)).await;
    let no_position = browser.get(&silent(&documents, "scope", "openid position")).await;
    let chosen = silent(&stranger, "position", kim.positions[0].as_str());
    let no_consent = browser.get(&chosen).await;
    app.advance_seconds(120);
    let too_old = browser.get(&silent(&tthc, "max_age", "60")).await;

    sent_back_with(&nobody, "login_required", "nobody");
    sent_back_with(&nobody_hinted, "login_required", "nobody hinted");
    assert!(agreed.param("code").is_some(), "{}", agreed.location());
    assert!(hinted.param("code").is_some(), "{}", hinted.location());
    sent_back_with(&no_position, "interaction_required", "no position");
    sent_back_with(&no_consent, "consent_required", "no consent");
    sent_back_with(&too_old, "login_required", "too old");
}

#[tokio::test]
async fn prompt_login_asks_for_the_password_again() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, before) = signed_on_with_claims(&app, &tthc, &kim).await;
    app.advance_seconds(60);
    let path = app.authorize_path(&tthc, &[("prompt", "login")]);

    let page = visit(&mut browser, &path).await;
    let answer = browser.sign_in(&kim, &path).await;
    let after = id_claims(&app, &tthc, &answer).await;

    assert_eq!((page.status, page.page()), (200, Some("signin")), "a good cookie is not enough");
    assert_eq!(after["sub"], before["sub"]);
    assert_eq!(after["auth_time"], before["auth_time"].as_i64().expect("a number") + 60);
}

#[tokio::test]
async fn prompt_select_account_offers_another_account() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let minh = app.official("minh").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, first) = signed_on_with_claims(&app, &tthc, &kim).await;
    let path = app.authorize_path(&tthc, &[("prompt", "select_account")]);

    let page = visit(&mut browser, &path).await;
    let changed = browser.sign_in(&minh, &path).await;
    let second = id_claims(&app, &tthc, &changed).await;
    let silent = browser.get(&app.authorize_path(&tthc, &[("prompt", "none")])).await;
    let third = id_claims(&app, &tthc, &silent).await;

    assert_eq!((page.status, page.page()), (200, Some("signin")));
    assert_ne!(second["sub"], first["sub"]);
    assert_ne!(second["sid"], first["sid"]);
    assert_eq!(third["sub"], second["sub"], "the browser is minh's from now on");
}

#[tokio::test]
async fn prompt_select_account_lets_whoever_holds_a_position_choose_without_a_password() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &["26740"]).await;
    let minh = app.official_in("minh", &["26737"]).await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, first) = signed_on_with_claims(&app, &tthc, &kim).await;
    let path = app.authorize_path(&tthc, &[("prompt", "select_account")]);

    let page = visit(&mut browser, &path).await;
    assert_eq!((page.status, page.page()), (200, Some("position")), "with only one too: {}", page.body);
    assert!(page.body.contains("id=\"position-other\"") && page.body.contains("Nguyễn Văn kim"), "{}", page.body);
    let chosen = choose(&mut browser, &page, kim.positions[0].as_str()).await;
    let same = id_claims(&app, &tthc, &chosen).await;
    assert_eq!((&same["sub"], &same["sid"]), (&first["sub"], &first["sid"]), "nobody signed in anew");

    let page = visit(&mut browser, &path).await;
    assert_eq!(page.page(), Some("position"), "asked each time");
    let other = format!("/signin?request={}", page.hidden("request"));
    let name = browser.get(&other).await;
    assert_eq!(name.page(), Some("signin"), "{}", name.body);
    let changed = browser.sign_in(&minh, &other).await;
    let second = id_claims(&app, &tthc, &changed).await;
    assert_ne!(second["sub"], first["sub"]);
    assert_ne!(second["sid"], first["sid"]);
}

#[tokio::test]
async fn prompt_select_account_asks_although_a_position_was_remembered() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &["26740", "26743"]).await;
    let tthc = app.client("tthc", |settings| settings.id_token_claims = vec!["position".to_owned()]).await;
    let wide = |prompt: &str| app.authorize_path(&tthc, &[("scope", "openid position"), ("prompt", prompt)]);
    let mut browser = app.browser();
    let entered = browser.sign_in(&kim, &wide("")).await;
    let before = id_claims(&app, &tthc, &entered).await;

    let page = visit(&mut browser, &wide("select_account")).await;
    let unknown = choose(&mut browser, &page, "unknown").await;
    let chosen = choose(&mut browser, &page, kim.positions[1].as_str()).await;
    let after = id_claims(&app, &tthc, &chosen).await;
    let later = id_claims(&app, &tthc, &browser.get(&wide("none")).await).await;

    assert_eq!(page.page(), Some("position"), "{}", page.body);
    assert_eq!((unknown.status, unknown.page()), (422, Some("position")));
    assert_eq!(before["position"]["id"], kim.positions[0].as_str(), "{before}");
    assert_eq!(after["position"]["id"], kim.positions[1].as_str(), "{after}");
    assert_eq!(after["sid"], before["sid"], "without a password");
    assert_eq!(later["position"]["id"], kim.positions[1].as_str(), "the newer choice counts");
}

#[tokio::test]
async fn max_age_asks_for_a_fresh_sign_in() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, _) = signed_on_with_claims(&app, &tthc, &kim).await;
    app.advance_seconds(120);
    let now = app.services().clock.now().seconds();

    for (max_age, fresh_enough) in
        [("60", false), ("119", false), ("0", false), ("120", true), ("300", true), ("4294967295", true)]
    {
        let answer = visit(&mut browser, &app.authorize_path(&tthc, &[("max_age", max_age)])).await;

        assert_eq!(answer.page(), (!fresh_enough).then_some("signin"), "{max_age}");
        if fresh_enough {
            assert_eq!(id_claims(&app, &tthc, &answer).await["auth_time"], now - 120, "{max_age}");
        }
    }
    for max_age in ["-1", "abc", "1.5", "4294967296"] {
        let answer = visit(&mut browser, &app.authorize_path(&tthc, &[("max_age", max_age)])).await;

        sent_back_with(&answer, "invalid_request", max_age);
    }
    let again = browser.sign_in(&kim, &app.authorize_path(&tthc, &[("max_age", "0")])).await;
    assert_eq!(id_claims(&app, &tthc, &again).await["auth_time"], now, "a sign-in for the request satisfies it");
}

#[tokio::test]
async fn display_and_ui_locales_shape_the_page_and_are_never_an_error() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let long = "xx ".repeat(2_000);
    let table = [
        ("display", "page", "vi"),
        ("display", "popup", "vi"),
        ("display", "touch", "vi"),
        ("display", "wap", "vi"),
        ("display", "nonsense", "vi"),
        ("ui_locales", "vi", "vi"),
        ("ui_locales", "en", "en"),
        ("ui_locales", "en-GB", "en"),
        ("ui_locales", "xx en", "en"),
        ("ui_locales", "xx vi-VN en", "vi"),
        ("ui_locales", "xx", "vi"),
        ("ui_locales", long.as_str(), "vi"),
        ("claims_locales", "en fr", "vi"),
    ];

    for (name, value, language) in table {
        let answer = visit(&mut app.browser(), &app.authorize_path(&tthc, &[(name, value)])).await;

        assert_eq!((answer.status, answer.page()), (200, Some("signin")), "{name}={value}");
        assert!(answer.body.contains(&format!("<html lang=\"{language}\"")), "{name}={value}");
    }
}

#[tokio::test]
async fn login_hint_fills_in_the_name_and_proves_nothing() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let hostile = "\"><script>alert(1)</script>";
    let mut browser = app.browser();

    let known = visit(&mut browser, &app.authorize_path(&tthc, &[("login_hint", &kim.username)])).await;
    let unknown = visit(&mut browser, &app.authorize_path(&tthc, &[("login_hint", "khong-ai")])).await;
    let markup = visit(&mut browser, &app.authorize_path(&tthc, &[("login_hint", hostile)])).await;
    let (csrf, request) = (known.hidden("csrf"), known.hidden("request"));
    let name = [("csrf", csrf.as_str()), ("request", request.as_str()), ("username", kim.username.as_str())];
    let step = browser.post("/signin", &name).await;
    let step = browser.follow(step).await;

    for (answer, value) in [(&known, kim.username.as_str()), (&unknown, "khong-ai")] {
        assert_eq!((answer.status, answer.page()), (200, Some("signin")), "{value}");
        assert!(answer.body.contains(&format!("value=\"{value}\"")), "{value}");
    }
    assert_eq!((markup.status, markup.page()), (200, Some("signin")));
    assert!(!markup.body.contains(hostile), "{}", markup.body);
    assert_eq!(step.page(), Some("password"), "the password is asked for all the same");
    assert!(!app.audit_events().await.contains(&"sign_in.succeeded".to_owned()));
}

#[tokio::test]
async fn acr_values_are_voluntary() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, _) = signed_on_with_claims(&app, &tthc, &kim).await;
    let level = |number: u8| format!("{}/acr/{number}", app.issuer());
    let table = [
        (level(4), level(1)),
        (level(1), level(1)),
        ("LoA4 LoA3".to_owned(), "LoA1".to_owned()),
        ("LoA2 LoA1".to_owned(), "LoA1".to_owned()),
        ("urn:somewhere:else".to_owned(), level(1)),
        (String::new(), level(1)),
    ];

    for (asked, expected) in table {
        let answer = visit(&mut browser, &app.authorize_path(&tthc, &[("acr_values", &asked)])).await;

        assert_eq!(id_claims(&app, &tthc, &answer).await["acr"], expected, "{asked}");
    }
}

#[tokio::test]
async fn an_id_token_hint_of_ours_names_the_person_even_when_expired() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let minh = app.official("minh").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut of_kim, claims) = signed_on_with_claims(&app, &tthc, &kim).await;
    let hint = text(&app.tokens(&tthc, &kim, &[]).await, "id_token").to_owned();
    let silent = app.authorize_path(&tthc, &[("id_token_hint", &hint), ("prompt", "none")]);
    let with_pages = app.authorize_path(&tthc, &[("id_token_hint", &hint)]);

    let while_fresh = of_kim.get(&silent).await;
    app.advance_seconds(600);
    let after_its_end = of_kim.get(&silent).await;
    let (mut of_minh, _) = signed_on_with_claims(&app, &tthc, &minh).await;
    let someone_else = of_minh.get(&silent).await;
    let page = visit(&mut of_minh, &with_pages).await;
    let still_someone_else = of_minh.sign_in(&minh, &with_pages).await;
    let finished_by_kim = of_minh.sign_in(&kim, &with_pages).await;

    assert!(while_fresh.param("code").is_some(), "{}", while_fresh.location());
    assert!(after_its_end.param("code").is_some(), "{}", after_its_end.location());
    sent_back_with(&someone_else, "login_required", "someone else");
    assert_eq!((page.status, page.page()), (200, Some("signin")));
    sent_back_with(&still_someone_else, "login_required", "still someone else");
    assert_eq!(id_claims(&app, &tthc, &finished_by_kim).await["sub"], claims["sub"]);
}

/// A logout token for a client: somebody signs in, and is signed out everywhere.
async fn logout_token(app: &TestApp, official: &Official) -> String {
    let receiver = app.receiver().await;
    let address = receiver.url("/backchannel-logout");
    let client = app.client("nghe", |settings| settings.backchannel_logout_uri = Some(address.clone())).await;
    app.tokens(&client, official, &[]).await;
    let services = app.services();
    let mut conn = services.store.read().await.expect("a connection");
    let open = sign_ons::list_open(&mut conn, &official.id, services.clock.now()).await.expect("sign-ons");
    drop(conn);
    for sign_on in open {
        logout::end(services, &sign_on, "os:test", &Origin::command_line()).await.expect("signed out");
    }
    app.deliver_logouts().await;
    let received = receiver.received();
    let body = received.first().expect("a delivery").1.clone();
    body.split('&').find_map(|pair| pair.strip_prefix("logout_token=")).expect("a token").to_owned()
}

#[tokio::test]
async fn an_id_token_hint_that_was_not_issued_here_is_refused() {
    let app = TestApp::start().await;
    let elsewhere = TestApp::start().await;
    let kim = app.official("kim").await;
    let their_kim = elsewhere.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let documents = app.client("van-ban", |_| {}).await;
    let their_tthc = elsewhere.client("tthc", |_| {}).await;
    let of_logout = logout_token(&app, &kim).await;
    let tokens = app.tokens(&tthc, &kim, &[]).await;
    let good = text(&tokens, "id_token");
    let (signed, _) = good.rsplit_once('.').expect("a signature");
    let payload = signed.split_once('.').expect("a payload").1;
    let foreign = elsewhere.tokens(&their_tthc, &their_kim, &[]).await;
    let of_another_client = app.tokens(&documents, &kim, &[]).await;
    let (mut browser, _) = signed_on_with_claims(&app, &tthc, &kim).await;
    let hints = [
        text(&foreign, "id_token").to_owned(),
        format!("{signed}.{}", base64url(&[7; 256])),
        format!("{}.{payload}.", base64url(b"{\"alg\":\"none\",\"typ\":\"JWT\"}")),
        text(&tokens, "access_token").to_owned(),
        text(&of_another_client, "id_token").to_owned(),
        of_logout,
        "nonsense".to_owned(),
    ];

    let control = browser.get(&app.authorize_path(&tthc, &[("id_token_hint", good), ("prompt", "none")])).await;
    for hint in &hints {
        let silent = browser.get(&app.authorize_path(&tthc, &[("id_token_hint", hint), ("prompt", "none")])).await;
        let with_pages = visit(&mut browser, &app.authorize_path(&tthc, &[("id_token_hint", hint)])).await;

        sent_back_with(&silent, "login_required", hint);
        assert_eq!(with_pages.header("location").and_then(|_| with_pages.param("code")), None, "{hint}");
    }
    let path = app.authorize_path(&tthc, &[("id_token_hint", &hints[0])]);
    let after_signing_in = browser.sign_in(&kim, &path).await;

    assert!(control.param("code").is_some(), "{}", control.location());
    sent_back_with(&after_signing_in, "login_required", "after signing in");
}

#[tokio::test]
async fn nobody_is_asked_for_a_password_in_vain() {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    let essential = |values: &str| format!("{{\"id_token\":{{\"acr\":{{\"essential\":true{values}}}}}}}");
    let mut fresh = app.browser();

    let hinted = visit(&mut fresh, &app.authorize_path(&tthc, &[("id_token_hint", "x.y.z")])).await;
    let too_high = visit(&mut fresh, &app.authorize_path(&tthc, &[("claims", &essential(",\"values\":[\"LoA4\"]"))])).await;
    let any_level = visit(&mut fresh, &app.authorize_path(&tthc, &[("claims", &essential(""))])).await;
    let no_level = visit(&mut fresh, &app.authorize_path(&tthc, &[("claims", &essential(",\"values\":[]"))])).await;

    sent_back_with(&hinted, "login_required", "hinted");
    sent_back_with(&too_high, "unmet_authentication_requirements", "too high");
    assert_eq!((any_level.page(), no_level.page()), (Some("signin"), Some("signin")));
}

#[tokio::test]
async fn max_age_zero_asks_although_the_sign_in_was_this_very_moment() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, _) = signed_on_with_claims(&app, &tthc, &kim).await;

    let zero = visit(&mut browser, &app.authorize_path(&tthc, &[("max_age", "0")])).await;
    let one = visit(&mut browser, &app.authorize_path(&tthc, &[("max_age", "1")])).await;

    assert_eq!(zero.page(), Some("signin"));
    assert!(one.param("code").is_some(), "{}", one.location());
}

#[tokio::test]
async fn nobody_acts_in_a_position_that_they_do_not_hold() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &["26740", "26743"]).await;
    let minh = app.official_in("minh", &["26737", "26740"]).await;
    let tthc = app.client("tthc", |_| {}).await;
    let documents = app.client("van-ban", |_| {}).await;
    let (mut browser, _) = signed_on_with_claims(&app, &tthc, &kim).await;
    let asked = |position: &str| app.authorize_path(&documents, &[("position", position)]);

    for foreign in [minh.positions[0].as_str(), "unknown"] {
        let answer = visit(&mut browser, &asked(foreign)).await;
        assert_eq!(answer.page(), Some("position"), "{foreign}");
    }
    let own = visit(&mut browser, &asked(kim.positions[1].as_str())).await;
    assert!(own.param("code").is_some(), "{}", own.location());
}

#[tokio::test]
async fn the_position_that_was_chosen_is_the_one_acted_in() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &["26740", "26743"]).await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = app.browser();

    let answer = browser.sign_in(&kim, &app.authorize_path(&tthc, &[("scope", "openid position")])).await;
    let tokens = app.redeem(&tthc, &answer.param("code").expect("a code")).await.json();
    let claims = app.userinfo(text(&tokens, "access_token")).await.json();

    assert_eq!(claims["position"]["id"], kim.positions[0].as_str(), "{claims}");
}
