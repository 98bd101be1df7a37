//! Levels and recentness: what is missing is asked for, and what nobody reaches is refused where the
//! client is (OpenID Connect Core §3.1.2.1 and §5.5.1.1, RFC 9470).

use crate::support::flows::{id_claims, tokens_of, visit};
use crate::support::records::count_of;
use crate::support::requests::{sent_back_with, text};
use crate::support::{Browser, Official, START, TestApp, TestClient};
use motlan::base::id::SignOnId;
use motlan::model::sign_on::Manner;
use motlan::service::Origin;
use motlan::service::sign_on::{self, Proof};
use motlan::service::tokens::introspect::introspect;
use serde_json::json;

const SIGN_ON: &str = "__Host-motlan_sign_on";
const ESSENTIAL: &str = r#"{"id_token":{"acr":{"essential":true,"values":["LoA4","LoA1"]}}}"#;
const BEYOND: &str = r#"{"id_token":{"acr":{"essential":true,"value":"LoA4"}}}"#;

/// A browser whose sign-on is below every level, and that sign-on.
async fn weakly_signed_on(app: &TestApp, official: &Official) -> (Browser, SignOnId) {
    let proof = Proof {
        person: official.id.clone(),
        level: 0,
        methods: "pwd".to_owned(),
        password_since: Some(START),
        proved_at: None,
        manner: Manner::default(),
        legacy: None,
    };
    let started = sign_on::start(app.services(), proof, None, &Origin::command_line()).await.expect("a sign-on");
    let mut browser = app.browser();
    browser.cookies.insert(SIGN_ON.to_owned(), started.cookie);
    (browser, started.sign_on.id)
}

#[tokio::test]
async fn a_level_that_nobody_reaches_is_refused_at_once_and_nobody_is_asked() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let open = app.client("open", |_| {}).await;
    let strict = app.client("strict", |settings| settings.minimum_level = Some(4)).await;
    let mut of_kim = app.browser();
    of_kim.sign_in(&kim, &app.authorize_path(&open, &[])).await;
    let before = count_of(&app, "sign_in.succeeded").await;
    let table: [(&str, &TestClient, Vec<(&str, &str)>); 7] = [
        ("the client demands it", &strict, vec![]),
        ("the client demands it, in silence", &strict, vec![("prompt", "none")]),
        ("the client demands it, whatever the request says", &strict, vec![("acr_values", "LoA1"), ("prompt", "login")]),
        ("the client demands more than the request", &strict, vec![("claims", ESSENTIAL)]),
        ("the request demands it", &open, vec![("claims", BEYOND)]),
        ("the request demands it, in silence", &open, vec![("claims", BEYOND), ("prompt", "none")]),
        ("the request demands it beside a wish", &open, vec![("claims", BEYOND), ("acr_values", "LoA1")]),
    ];

    for (case, client, wish) in table {
        for mut browser in [app.browser(), of_kim.clone()] {
            let answer = visit(&mut browser, &app.authorize_path(client, &wish)).await;

            sent_back_with(&answer, "unmet_authentication_requirements", case);
            assert!(answer.location().starts_with(&client.redirect_uri), "{case}");
        }
    }
    assert_eq!(count_of(&app, "sign_in.succeeded").await, before, "nobody typed a password in vain");
    assert!(visit(&mut of_kim, &app.authorize_path(&open, &[])).await.param("code").is_some(), "the sign-on is unharmed");
}

#[tokio::test]
async fn a_sign_on_below_what_is_demanded_is_made_anew() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let open = app.client("open", |_| {}).await;
    let strict = app.client("strict", |settings| settings.minimum_level = Some(1)).await;
    let own = format!("{}/acr/1", app.issuer());
    let table: [(&TestClient, Vec<(&str, &str)>, &str); 3] = [
        (&strict, vec![], own.as_str()),
        (&strict, vec![("acr_values", "LoA1")], "LoA1"),
        (&open, vec![("claims", ESSENTIAL)], "LoA1"),
    ];

    for (client, wish, acr) in table {
        let (mut browser, weak) = weakly_signed_on(&app, &kim).await;
        app.advance_seconds(30);
        let path = app.authorize_path(client, &wish);
        let in_silence = app.authorize_path(client, &[wish.as_slice(), &[("prompt", "none")]].concat());
        let before = count_of(&app, "sign_in.succeeded").await;

        let silent = browser.get(&in_silence).await;
        let page = visit(&mut browser, &path).await;
        let arrived = browser.sign_in(&kim, &path).await;
        let claims = id_claims(&app, client, &arrived).await;
        let silent_now = browser.get(&in_silence).await;

        sent_back_with(&silent, "login_required", acr);
        assert_eq!((page.status, page.page()), (200, Some("signin")), "{acr}: a good cookie is not enough");
        assert_eq!((&claims["acr"], &claims["auth_time"]), (&json!(acr), &json!(app.now_seconds())));
        assert_eq!(claims["sid"], weak.0, "the systems that were entered stay entered");
        assert_eq!(id_claims(&app, client, &silent_now).await["acr"], acr, "once is enough");
        assert_eq!(count_of(&app, "sign_in.succeeded").await, before + 1);
    }
}

#[tokio::test]
async fn a_wish_is_tried_for_once_never_in_silence_and_never_claimed_unreached() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let open = app.client("open", |_| {}).await;
    let (mut browser, _) = weakly_signed_on(&app, &kim).await;
    let wish = [("acr_values", "LoA4 LoA1")];
    let path = app.authorize_path(&open, &wish);

    let nothing_asked = visit(&mut browser, &app.authorize_path(&open, &[])).await;
    let beyond = visit(&mut browser, &app.authorize_path(&open, &[("acr_values", "LoA4")])).await;
    let silent = browser.get(&app.authorize_path(&open, &[wish[0], ("prompt", "none")])).await;
    let page = visit(&mut browser, &path).await;
    let arrived = browser.sign_in(&kim, &path).await;

    assert!(nothing_asked.param("code").is_some(), "no level is asked for, so none is missing");
    let reached = id_claims(&app, &open, &beyond).await;
    assert!(reached["acr"] != "LoA4", "what nobody reaches is nobody's trouble, and never claimed: {reached}");
    let reached = id_claims(&app, &open, &silent).await;
    assert!(reached["acr"] != "LoA1" && reached["acr"] != "LoA4", "what was reached is told: {reached}");
    assert_eq!((page.status, page.page()), (200, Some("signin")));
    assert_eq!(id_claims(&app, &open, &arrived).await["acr"], "LoA1");
}

#[tokio::test]
async fn a_registration_speaks_where_its_request_is_silent() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let client = app
        .client("kin", |settings| {
            settings.default_max_age = Some(60);
            settings.default_acr_values = vec!["LoA1".to_owned()];
            settings.require_auth_time = true;
        })
        .await;
    let mut browser = app.browser();
    let own = format!("{}/acr/1", app.issuer());

    let first = browser.sign_in(&kim, &app.authorize_path(&client, &[])).await;
    let first = id_claims(&app, &client, &first).await;
    let began = app.now_seconds();
    app.advance_seconds(61);
    let silent = browser.get(&app.authorize_path(&client, &[("prompt", "none")])).await;
    let page = visit(&mut browser, &app.authorize_path(&client, &[])).await;
    let longer = visit(&mut browser, &app.authorize_path(&client, &[("max_age", "300"), ("acr_values", &own)])).await;
    let longer = id_claims(&app, &client, &longer).await;
    let claims = format!(r#"{{"id_token":{{"acr":{{"value":"{own}"}}}}}}"#);
    let by_claim = visit(&mut browser, &app.authorize_path(&client, &[("max_age", "300"), ("claims", &claims)])).await;
    let by_claim = id_claims(&app, &client, &by_claim).await;

    assert_eq!((&first["acr"], &first["auth_time"]), (&json!("LoA1"), &json!(began)));
    sent_back_with(&silent, "login_required", "older than default_max_age");
    assert_eq!((page.status, page.page()), (200, Some("signin")));
    assert_eq!((&longer["acr"], &longer["auth_time"]), (&json!(own), &json!(began)), "the request goes before");
    assert_eq!(by_claim["acr"], own.as_str(), "whichever way it asks");
}

#[tokio::test]
async fn a_token_tells_of_the_sign_in_behind_it_until_a_newer_one_is_asked_for() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let client = app.client("kin", |settings| settings.refresh_with_sign_on = true).await;
    let mut browser = app.browser();
    let wish = [("acr_values", "LoA1"), ("max_age", "60")];
    let path = app.authorize_path(&client, &wish);

    let first = browser.sign_in(&kim, &path).await;
    let first = tokens_of(&app, &client, &first).await;
    let began = app.now_seconds();
    app.advance_seconds(120);
    let refreshed = app.refresh(&client, text(&first, "refresh_token")).await.json();
    let page = visit(&mut browser, &path).await;
    let stepped_up = browser.sign_in(&kim, &path).await;
    let stepped_up = tokens_of(&app, &client, &stepped_up).await;

    assert_eq!((page.status, page.page()), (200, Some("signin")));
    let caller = app.services().client("kin").await.expect("an answer").expect("a client");
    for (case, tokens, auth_time) in
        [("at first", &first, began), ("refreshed", &refreshed, began), ("stepped up", &stepped_up, began + 120)]
    {
        for name in ["access_token", "id_token"] {
            let claims = app.claims(text(tokens, name));
            assert_eq!((&claims["acr"], &claims["auth_time"]), (&json!("LoA1"), &json!(auth_time)), "{case}: {name}");
        }
        let told = introspect(app.services(), &caller, text(tokens, "access_token"), None).await.expect("an answer");
        assert_eq!((told.active, told.acr.as_deref(), told.auth_time), (true, Some("LoA1"), Some(auth_time)), "{case}");
    }
}

#[tokio::test]
async fn whoever_has_no_second_factor_is_led_to_one_where_two_are_demanded() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let strict = app.client("strict", |settings| settings.minimum_level = Some(2)).await;
    let open = app.client("open", |_| {}).await;
    let two = r#"{"id_token":{"acr":{"essential":true,"value":"LoA2"}}}"#;
    let table: [(&str, &TestClient, Vec<(&str, &str)>); 3] = [
        ("the client demands it", &strict, vec![]),
        ("the request demands it", &open, vec![("claims", two)]),
        ("both, in a sign-in made for it", &strict, vec![("claims", two), ("prompt", "login")]),
    ];

    for (case, client, wish) in table {
        let mut browser = app.browser();
        let page = browser.sign_in(&kim, &app.authorize_path(client, &wish)).await;
        assert_eq!(page.page(), Some("welcome-who"), "{case}");

        let silent: Vec<(&str, &str)> = wish.into_iter().filter(|(name, _)| *name != "prompt").collect();
        let silent = [silent, vec![("prompt", "none")]].concat();
        let answer = browser.get(&app.authorize_path(client, &silent)).await;
        sent_back_with(&answer, "interaction_required", case);
    }
    assert_eq!(count_of(&app, "token.issued").await, 0);
}
