//! RP-initiated logout: asked unless a hint proves who is meant, back only to a registered address.

use crate::support::clients::offer;
use crate::support::flows::{enter, logout_path};
use crate::support::records::{count_of, has_ended, is_registered, sid_of};
use crate::support::{Answer, Browser, Official, TestApp, TestClient};
use motlan::base::id::SignOnId;
use motlan::crypto::keyring::{self, TokenType};
use motlan::model::client::ClientSettings;
use motlan::model::signing_key::Algorithm;
use serde_json::json;

const HOME: &str = "https://tthc.example/";

/// Someone who is signed on, and the ID token that their system holds.
struct SignedOn {
    browser: Browser,
    id_token: String,
    sid: SignOnId,
}

impl SignedOn {
    async fn of(app: &TestApp, person: &Official, client: &TestClient) -> Self {
        let mut browser = app.browser();
        let (claims, id_token) = enter(app, &mut browser, person, client).await;
        Self { browser, id_token, sid: sid_of(&claims) }
    }
}

/// Sends the confirmation page's form as a browser would.
async fn confirm(browser: &mut Browser, page: &Answer) -> Answer {
    assert_eq!(page.page(), Some("logout"));
    let mut fields = vec![("csrf".to_owned(), page.hidden("csrf")), ("decision".to_owned(), "confirm".to_owned())];
    for name in ["id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales", "logout_hint"] {
        if page.body.contains(&format!("name=\"{name}\"")) {
            fields.push((name.to_owned(), page.hidden(name)));
        }
    }
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post("/oauth2/logout", &fields).await
}

/// A page that refuses, sends nobody anywhere and ends nothing.
async fn assert_refused(app: &TestApp, answer: &Answer, sid: &SignOnId, case: &str) {
    assert_eq!(answer.status, 400, "{case}");
    assert_eq!(answer.error_page(), Some("logout_refused"), "{case}");
    assert_eq!(answer.header("location"), None, "{case}");
    assert!(!has_ended(app, sid).await, "{case}: nobody is signed out");
    assert!(!app.audit_events().await.contains(&"sign_out".to_owned()), "{case}");
}

#[tokio::test]
async fn a_valid_hint_signs_out_by_get_and_post_even_when_expired() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;

    for (method, age_seconds) in [("GET", 0), ("POST", 0), ("GET", 3_600), ("POST", 3_600)] {
        let SignedOn { mut browser, id_token, sid } = SignedOn::of(&app, &kim, &tthc).await;
        app.advance_seconds(age_seconds);
        let fields = [("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", HOME)];

        let answer = if method == "GET" {
            browser.get(&logout_path(&fields)).await
        } else {
            let answer = browser.post("/oauth2/logout", &fields).await;
            browser.follow(answer).await
        };

        assert_eq!(answer.status, 303, "{method} after {age_seconds} s");
        assert_eq!(answer.location(), HOME, "{method} after {age_seconds} s");
        assert!(has_ended(&app, &sid).await, "{method} after {age_seconds} s");
    }
}

#[tokio::test]
async fn without_a_valid_hint_the_person_is_asked_in_the_language_wanted() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let tthc = app.client("tthc", |_| {}).await;
    let SignedOn { mut browser, sid, .. } = SignedOn::of(&app, &kim, &tthc).await;
    let mut other = SignedOn::of(&app, &minh, &tthc).await;
    let of_another = [("id_token_hint", other.id_token.as_str())];
    let table: [(&str, &[(&str, &str)], &str); 4] = [
        ("no hint", &[], "vi"),
        ("English", &[("ui_locales", "en")], "en"),
        ("an unknown language", &[("ui_locales", "xx")], "vi"),
        ("a hint of another sign-on", &of_another, "vi"),
    ];

    for (case, fields, language) in table {
        let page = browser.get(&logout_path(fields)).await;
        assert_eq!((page.status, page.page()), (200, Some("logout")), "{case}");
        assert!(page.body.contains(&format!("<html lang=\"{language}\"")), "{case}");
        assert!(!has_ended(&app, &sid).await, "{case}: asking ends nothing");
    }
    let page = browser.get(&logout_path(&[])).await;
    let foreign = other.browser.get(&logout_path(&[])).await.hidden("csrf");
    for (case, csrf) in [("without csrf", ""), ("with another browser's", foreign.as_str())] {
        let answer = browser.post("/oauth2/logout", &[("csrf", csrf), ("decision", "confirm")]).await;
        assert_eq!(answer.error_page(), Some("forbidden"), "{case}");
        assert!(!has_ended(&app, &sid).await, "{case}");
    }
    let answer = confirm(&mut browser, &page).await;
    let signed_out = browser.follow(answer).await;

    assert_eq!(signed_out.page(), Some("signed-out"));
    assert!(has_ended(&app, &sid).await);
    assert!(!has_ended(&app, &other.sid).await, "only this browser is signed out");
}

#[tokio::test]
async fn a_hint_that_is_not_ours_is_not_used_and_one_that_contradicts_client_id_is_refused() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    app.client("vanban", |_| {}).await;
    let tokens = app.tokens(&tthc, &kim, &[]).await;
    let SignedOn { mut browser, id_token, sid } = SignedOn::of(&app, &kim, &tthc).await;
    let claims = app.claims(&id_token).to_string();
    let foreign = {
        let key = keyring::generate(Algorithm::Es256).expect("a key");
        let schedule = app.services().keyring.all()[0].schedule;
        let jwk = key.public_jwk.to_string();
        let signer = keyring::SigningKey::read(&key.kid, Algorithm::Es256, &key.private, &jwk, schedule).expect("a key");
        signer.sign(TokenType::Id, claims.as_bytes()).expect("signed")
    };
    let logout_token = {
        let signer = app.services().keyring.signer(Algorithm::Es256, app.services().clock.now()).expect("a key");
        signer.sign(TokenType::Logout, claims.as_bytes()).expect("signed")
    };
    let (head, _) = id_token.rsplit_once('.').expect("a signature");
    let access_token = tokens["access_token"].as_str().expect("a token");
    let table = [
        ("garbage", vec![("id_token_hint", "abc")]),
        ("unsigned", vec![("id_token_hint", head)]),
        ("a foreign key", vec![("id_token_hint", foreign.as_str())]),
        ("an access token", vec![("id_token_hint", access_token)]),
        ("a logout token", vec![("id_token_hint", logout_token.as_str())]),
    ];
    let contradictions = [
        ("of another client", vec![("id_token_hint", id_token.as_str()), ("client_id", "vanban")]),
        ("of no client", vec![("id_token_hint", id_token.as_str()), ("client_id", "nobody")]),
    ];

    for (case, mut fields) in contradictions {
        fields.push(("post_logout_redirect_uri", HOME));
        let answer = browser.get(&logout_path(&fields)).await;
        assert_refused(&app, &answer, &sid, case).await;
    }
    for (case, mut fields) in table {
        fields.push(("post_logout_redirect_uri", HOME));
        let asked = browser.get(&logout_path(&fields)).await;
        assert_eq!((asked.status, asked.page()), (200, Some("logout")), "{case}: the person is asked");
        assert!(!has_ended(&app, &sid).await, "{case}: nobody is signed out unasked");
    }
    let asked = browser.get(&logout_path(&[("id_token_hint", "abc"), ("post_logout_redirect_uri", HOME)])).await;
    let left = confirm(&mut browser, &asked).await;
    assert_eq!((left.header("location"), left.page()), (None, Some("signed-out")), "sent nowhere on the strength of a bad hint");
    assert!(has_ended(&app, &sid).await);
}

#[tokio::test]
async fn a_client_id_without_a_hint_asks_and_then_returns() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let SignedOn { mut browser, sid, .. } = SignedOn::of(&app, &kim, &tthc).await;

    let unknown = browser.get(&logout_path(&[("client_id", "nobody"), ("post_logout_redirect_uri", HOME)])).await;
    assert_refused(&app, &unknown, &sid, "an unknown client").await;

    let page = browser.get(&logout_path(&[("client_id", "tthc"), ("post_logout_redirect_uri", HOME), ("state", "a b")])).await;
    assert!(!has_ended(&app, &sid).await);
    let answer = confirm(&mut browser, &page).await;

    assert_eq!(answer.status, 303);
    assert_eq!(answer.location(), "https://tthc.example/?state=a+b");
    assert!(has_ended(&app, &sid).await);
}

#[tokio::test]
async fn only_a_registered_address_is_returned_to_exactly() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    app.client("vanban", |_| {}).await;
    let SignedOn { mut browser, id_token, sid } = SignedOn::of(&app, &kim, &tthc).await;
    let near_misses = [
        "https://tthc.example",
        "https://tthc.example/?x=1",
        "https://tthc.example/bye",
        "https://TTHC.example/",
        "https://tthc.example:443/",
        "https://tthc.example.evil.example/",
        "https://user@tthc.example/",
        "http://tthc.example/",
        "https://tthc.example/callback",
        "https://vanban.example/",
        "//tthc.example/",
        "/",
        "javascript:alert(1)",
    ];

    for address in near_misses {
        let answer = browser.get(&logout_path(&[("id_token_hint", &id_token), ("post_logout_redirect_uri", address)])).await;
        assert_refused(&app, &answer, &sid, address).await;
    }
    let unproven = browser.get(&logout_path(&[("post_logout_redirect_uri", HOME)])).await;
    assert_refused(&app, &unproven, &sid, "neither hint nor client_id").await;

    let answer = browser.get(&logout_path(&[("id_token_hint", &id_token), ("post_logout_redirect_uri", HOME)])).await;
    assert_eq!(answer.location(), HOME);
}

#[tokio::test]
async fn addresses_are_checked_when_they_are_registered() {
    let app = TestApp::start().await;
    let table = [
        ("https://new.example/bye", true),
        ("https://new.example/bye?x=1", true),
        ("http://localhost:3000/bye", true),
        ("http://127.0.0.1/bye", true),
        ("/bye", false),
        ("new.example/bye", false),
        ("https://new.example/bye#top", false),
        ("http://new.example/bye", false),
        ("https://*.example/bye", false),
        ("https://user:word@new.example/", false),
        ("javascript:alert(1)", false),
        ("data:text/html,bye", false),
        ("vn.gov.example:/bye", false),
    ];

    for (number, (address, fine)) in table.into_iter().enumerate() {
        for kind in ["post-logout", "back-channel"] {
            let mut settings =
                ClientSettings { redirect_uris: vec!["https://new.example/callback".to_owned()], ..ClientSettings::default() };
            if kind == "post-logout" {
                settings.post_logout_redirect_uris = vec![address.to_owned()];
            } else {
                settings.backchannel_logout_uri = Some(address.to_owned());
            }
            let id = format!("new-{number}-{kind}");

            let added = offer(&app, &id, settings).await;

            assert_eq!(added.is_ok(), fine, "{kind} {address}");
            assert_eq!(is_registered(&app, &id).await, fine, "{kind} {address}: nothing is stored of what is refused");
        }
    }
}

#[tokio::test]
async fn state_comes_back_and_nothing_else() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let with_query = "https://tthc.example/bye?from=motlan".to_owned();
    let registered = vec![HOME.to_owned(), with_query.clone()];
    let tthc = app.client("tthc", |settings| settings.post_logout_redirect_uris = registered).await;
    let odd = "a b&c=d+%25 \"một lần\" #";
    let encoded: String = url::form_urlencoded::byte_serialize(odd.as_bytes()).collect();
    let table = [
        (HOME, "", HOME.to_owned()),
        (HOME, odd, format!("{HOME}?state={encoded}")),
        (with_query.as_str(), "", with_query.clone()),
        (with_query.as_str(), odd, format!("{with_query}&state={encoded}")),
    ];

    for (address, state, expected) in table {
        let SignedOn { mut browser, id_token, .. } = SignedOn::of(&app, &kim, &tthc).await;
        let fields = [("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", address), ("state", state)];
        let answer = browser.get(&logout_path(&fields)).await;
        assert_eq!((answer.status, answer.location()), (303, expected.as_str()));
    }
}

#[tokio::test]
async fn unknown_parameters_and_a_missing_sign_on_are_no_error() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let SignedOn { mut browser, id_token, sid } = SignedOn::of(&app, &kim, &tthc).await;
    let fields =
        [("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", HOME), ("logout_hint", "kim"), ("foo", "bar")];

    let first = browser.get(&logout_path(&fields)).await;
    let again = browser.get(&logout_path(&fields)).await;
    let stranger = app.browser().get(&logout_path(&fields)).await;
    let nobody = app.browser().get(&logout_path(&[("foo", "bar")])).await;

    for answer in [&first, &again, &stranger] {
        assert_eq!((answer.status, answer.location()), (303, HOME));
    }
    assert_eq!((nobody.status, nobody.page()), (200, Some("signed-out")));
    assert!(has_ended(&app, &sid).await);
    assert_eq!(count_of(&app, "sign_out").await, 1, "one act, one record");
}

#[tokio::test]
async fn sign_out_ends_the_sign_on_its_cookie_and_its_tokens() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app
        .client("tthc", |settings| {
            settings.refresh_with_sign_on = true;
            settings.grant_types = vec!["authorization_code".to_owned(), "refresh_token".to_owned()];
        })
        .await;
    let mut browser = app.browser();
    let arrived = browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;
    let tokens = app.redeem(&tthc, &arrived.param("code").expect("a code")).await.json();
    let pending = browser.get(&app.authorize_path(&tthc, &[])).await.param("code").expect("a second code");
    let word = |name: &str| tokens[name].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned();
    let refresh = [("grant_type", "refresh_token".to_owned()), ("refresh_token", word("refresh_token"))];
    let refresh: Vec<(&str, &str)> = refresh.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(app.token(&tthc, &refresh).await.status, 200);
    let cookies = browser.cookies.clone();

    let left = browser.get(&logout_path(&[("id_token_hint", &word("id_token")), ("post_logout_redirect_uri", HOME)])).await;
    assert_eq!(left.location(), HOME);

    // Whoever kept the cookie's value has nothing.
    browser.cookies = cookies;
    let silent = browser.get(&app.authorize_path(&tthc, &[("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("login_required"));
    assert_eq!(silent.param("code"), None);
    assert_eq!(app.userinfo(&word("access_token")).await.status, 401);
    for (case, answer) in [("refresh", app.token(&tthc, &refresh).await), ("a pending code", app.redeem(&tthc, &pending).await)] {
        assert_eq!(answer.status, 400, "{case}");
        assert_eq!(answer.json()["error"], json!("invalid_grant"), "{case}");
    }
}
