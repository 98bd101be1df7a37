//! What OAuth gives is kept by no cache and no cookie, leads to no other site, and ends with its client, its secret or
//! the password behind it (RFC 6749, RFC 6750, RFC 8252, RFC 9700).

use crate::support::TestApp;
use crate::support::clients::public;
use crate::support::flows::{OFFLINE, signed_on_as, visit};
use crate::support::people::set_password;
use crate::support::records::was_redeemed;
use crate::support::requests::{refused_with, text};
use motlan::service::clients::register;
use secrecy::ExposeSecret as _;

#[tokio::test]
async fn an_answer_to_a_refresh_is_not_kept_either() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;

    for client in [app.client("tthc", |_| {}).await, app.client("phone", public).await] {
        let tokens = app.tokens(&client, &kim, &OFFLINE).await;

        let answer = app.refresh(&client, text(&tokens, "refresh_token")).await;

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
        let refreshed = app.refresh(&client, text(&tokens, "refresh_token")).await;
        let after = app.userinfo(text(&tokens, "access_token")).await;

        refused_with(&redeemed, "invalid_client", &client.id);
        refused_with(&refreshed, "invalid_client", &client.id);
        assert_eq!((before.status, after.status), (200, 401), "{}", client.id);
        assert!(!was_redeemed(&app, &client, &code).await, "{}", client.id);
    }
    assert_eq!(app.refresh(&other, text(&of_other, "refresh_token")).await.status, 200, "others go on");
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
        assert_eq!(app.refresh(client, token).await.status, 200, "both are good for the overlap");
    }
    app.advance_seconds(1);

    refused_with(&app.refresh(&old, token).await, "invalid_client", "the old secret");
    assert_eq!(app.refresh(&new, token).await.status, 200);
}

#[tokio::test]
async fn a_new_password_ends_what_the_one_before_opened() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let (tthc, phone) = (app.client("tthc", |_| {}).await, app.client("phone", public).await);
    let (of_tthc, of_phone) = (app.tokens(&tthc, &kim, &OFFLINE).await, app.tokens(&phone, &kim, &OFFLINE).await);
    let of_minh = app.tokens(&tthc, &minh, &OFFLINE).await;
    let code = app.code(&tthc, &kim, &[]).await;

    set_password(&app, &kim.username, "another long pass phrase 2").await.expect("a password");

    for (client, tokens) in [(&tthc, &of_tthc), (&phone, &of_phone)] {
        refused_with(&app.refresh(client, text(tokens, "refresh_token")).await, "invalid_grant", &client.id);
        assert_eq!(app.userinfo(text(tokens, "access_token")).await.status, 401, "{}", client.id);
    }
    refused_with(&app.redeem(&tthc, &code).await, "invalid_grant", "a code of before");
    assert!(!was_redeemed(&app, &tthc, &code).await);
    assert_eq!(app.refresh(&tthc, text(&of_minh, "refresh_token")).await.status, 200, "nobody else is touched");
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
async fn what_holds_a_code_or_claims_is_kept_by_no_cache_however_old() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
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
