//! Promises about introspection (RFC 7662); `introspection_signed.rs` has those of answers that are signed JWTs.

use crate::support::clients::public;
use crate::support::flows::{code_of, redeem, refresh, signed_on, signed_on_as};
use crate::support::introspection::{FOR_API, PATH, Scene, ask, nothing};
use crate::support::people::lock;
use crate::support::proofs::{ProofKey, bound};
use crate::support::requests::{post, refused_with, text};
use crate::support::resources::{API, add_api, add_resource, reaching};
use crate::support::{TestApp, TestClient, form_request, stage};
use motlan::base::digest::from_base64url;
use motlan::model::client::{AccessTokenFormat, AuthMethod, ClientSettings};
use motlan::service::Origin;
use motlan::service::clients::register;
use motlan::service::provisioning::roles;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

#[tokio::test]
async fn an_active_token_tells_what_it_is_and_what_it_may_do() {
    let scene = Scene::set().await;
    let tokens = scene.tokens().await;
    let token = text(&tokens, "access_token");
    let claims = scene.app.claims(token);

    let answer = ask(&scene.app, &scene.kho, token).await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.header("content-type").is_some_and(|value| value.starts_with("application/json")));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let told = answer.json();
    assert_eq!(told["active"], true);
    for same in ["scope", "client_id", "exp", "iat", "sub", "aud", "iss", "jti", "acr", "auth_time"] {
        assert_eq!(told[same], claims[same], "{same}");
    }
    assert_eq!((&told["username"], &told["token_type"]), (&json!("kim"), &json!("Bearer")));
    assert!(told.as_object().expect("members").values().all(|value| !value.is_null()), "{told}");
    assert_eq!(told.get("cnf"), None);
}

#[tokio::test]
async fn only_the_owner_and_who_speaks_for_the_resource_are_told_anything() {
    let scene = Scene::set().await;
    let tokens = scene.tokens().await;
    let of_us = scene.app.tokens(&scene.tthc, &scene.kim, &[("scope", "openid")]).await;

    let owner = ask(&scene.app, &scene.tthc, text(&tokens, "access_token")).await;
    let server = ask(&scene.app, &scene.kho, text(&tokens, "access_token")).await;
    let stranger = ask(&scene.app, &scene.stranger, text(&tokens, "access_token")).await;
    let owner_again = ask(&scene.app, &scene.tthc, text(&of_us, "access_token")).await;
    let elsewhere = ask(&scene.app, &scene.kho, text(&of_us, "access_token")).await;

    assert_eq!((&owner.json()["active"], &server.json()["active"]), (&json!(true), &json!(true)));
    nothing(&stranger, "a stranger");
    assert_eq!(owner_again.json()["active"], true);
    nothing(&elsewhere, "a token that is not for the API");
}

#[tokio::test]
async fn a_refresh_token_is_told_to_its_owner_alone() {
    let scene = Scene::set().await;
    let phone = scene.app.client("phone", public).await;
    let tokens = scene.tokens().await;
    let token = text(&tokens, "refresh_token");
    let of_phone = scene.app.tokens(&phone, &scene.kim, &[("scope", "openid offline_access")]).await;

    let owner = ask(&scene.app, &scene.tthc, token).await.json();
    let server = ask(&scene.app, &scene.kho, token).await;
    let stranger = ask(&scene.app, &scene.stranger, token).await;
    let of_a_public_client = ask(&scene.app, &scene.kho, text(&of_phone, "refresh_token")).await;

    assert_eq!(owner["active"], true);
    assert_eq!(owner["client_id"], "tthc");
    assert_eq!(owner["iss"], scene.app.issuer());
    assert_eq!(owner.get("token_type"), None, "it is no access token: {owner}");
    assert!(owner["exp"].as_i64() > Some(scene.app.now_seconds()));
    for answer in [&server, &stranger, &of_a_public_client] {
        nothing(answer, "not the owner");
    }
}

#[tokio::test]
async fn a_refresh_token_of_a_session_tells_all_it_stands_for_and_ends_with_the_session() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |settings| settings.refresh_with_sign_on = true).await;
    let mut browser = app.browser();
    let entered = browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;
    let tokens = app.redeem(&tthc, &entered.param("code").expect("a code")).await.json();
    let issued = app.now_seconds();
    app.advance_seconds(60);

    let told = ask(&app, &tthc, text(&tokens, "refresh_token")).await.json();
    let signed_out = browser.get(&format!("/oauth2/logout?id_token_hint={}", text(&tokens, "id_token"))).await;
    let after = ask(&app, &tthc, text(&tokens, "refresh_token")).await;

    let claims = app.claims(text(&tokens, "id_token"));
    assert_eq!((&told["active"], &told["sub"], &told["iat"]), (&json!(true), &claims["sub"], &json!(issued)));
    assert_eq!((&told["username"], &told["scope"]), (&json!("kim"), &json!("openid profile")));
    assert_eq!(signed_out.page(), Some("signed-out"));
    nothing(&after, "the session is over");
}

#[tokio::test]
async fn a_sign_on_that_ends_by_itself_ends_the_tokens_of_its_session_and_not_those_for_offline_access() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let session = app.client("van-ban", |settings| settings.refresh_with_sign_on = true).await;
    let offline = app.client("tthc", |_| {}).await;
    let of_session = app.tokens(&session, &kim, &[]).await;
    let of_offline = app.tokens(&offline, &kim, &[("scope", "openid offline_access")]).await;

    app.advance_seconds(app.services().settings.lifetimes.idle_seconds + 1);
    app.sync().await;

    nothing(&ask(&app, &session, text(&of_session, "refresh_token")).await, "its session is over");
    assert_eq!(ask(&app, &offline, text(&of_offline, "refresh_token")).await.json()["active"], true);
}

#[tokio::test]
async fn a_hint_never_hides_a_token() {
    let scene = Scene::set().await;
    let tokens = scene.tokens().await;

    for token in [text(&tokens, "access_token"), text(&tokens, "refresh_token")] {
        for hint in ["access_token", "refresh_token", "id_token", "saml2", ""] {
            let fields = [("token", token), ("token_type_hint", hint)];
            let told = post(&scene.app, &scene.tthc, PATH, &fields, &[]).await;
            assert_eq!(told.json()["active"], true, "{hint}: {}", told.body);
        }
    }
}

#[tokio::test]
async fn a_token_that_is_worth_nothing_is_inactive_and_nothing_else() {
    let scene = Scene::set().await;
    let Scene { app, kim, tthc, kho, .. } = &scene;
    let elsewhere = TestApp::start().await;
    let minh = elsewhere.official("minh").await;
    let foreign = elsewhere.client("tthc", |_| {}).await;
    let foreign = elsewhere.tokens(&foreign, &minh, &[]).await;
    let tokens = scene.tokens().await;
    let token = text(&tokens, "access_token");
    let parts: Vec<&str> = token.split('.').collect();
    let [head, body, signature] = parts.as_slice() else { panic!("{token}") };
    let swapped = text(&tokens, "id_token").split('.').nth(2).expect("a signature");
    let worthless = [
        ("not a token", "x".to_owned()),
        ("no letters of a token", "\u{1ebf} \u{0111}".to_owned()),
        ("an ID token", text(&tokens, "id_token").to_owned()),
        ("another signature", format!("{head}.{body}.{swapped}")),
        ("no signature", format!("{head}.{body}.")),
        ("another provider's", text(&foreign, "access_token").to_owned()),
        ("a part of a refresh token", text(&tokens, "refresh_token")[1..].to_owned()),
        ("a whole and more", format!("{token}{signature}")),
    ];

    for (case, worthless) in &worthless {
        for asker in [tthc, kho] {
            nothing(&ask(app, asker, worthless).await, case);
        }
    }

    let code = app.code(tthc, kim, &FOR_API).await;
    let of_code = app.redeem(tthc, &code).await.json();
    assert_eq!(ask(app, kho, text(&of_code, "access_token")).await.json()["active"], true);
    assert_eq!(app.redeem(tthc, &code).await.status, 400, "a second use revokes what the first issued");
    nothing(&ask(app, kho, text(&of_code, "access_token")).await, "revoked");
    nothing(&ask(app, tthc, text(&of_code, "refresh_token")).await, "revoked with it");

    assert_eq!(ask(app, kho, token).await.json()["active"], true);
    app.advance_seconds(300);
    nothing(&ask(app, kho, token).await, "expired");
    assert_eq!(ask(app, tthc, text(&tokens, "refresh_token")).await.json()["active"], true);
    app.advance_seconds(app.services().settings.lifetimes.refresh_token_seconds);
    nothing(&ask(app, tthc, text(&tokens, "refresh_token")).await, "expired later");
}

#[tokio::test]
async fn a_replaced_refresh_token_is_inactive_and_its_successor_is_not() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let phone = app.client("phone", public).await;
    let tokens = app.tokens(&phone, &kim, &[("scope", "openid offline_access")]).await;
    let first = text(&tokens, "refresh_token");
    let next = refresh(&app, &phone, first, None).await.json();
    // A public client may not ask; its registration changes, its tokens stay.
    register::change(app.services(), "phone", "os:test", |client| {
        client.settings = ClientSettings {
            redirect_uris: client.settings.redirect_uris.clone(),
            scopes: client.settings.scopes.clone(),
            ..ClientSettings::default()
        };
        Ok(())
    })
    .await
    .expect("changed");
    let secret = register::rotate_secret(app.services(), "phone", 0, "os:test").await.expect("a secret");
    app.sync().await;
    let mut confidential = phone.clone();
    confidential.secret = Some(secret.expose_secret().to_owned());
    confidential.auth = AuthMethod::ClientSecretBasic;

    nothing(&ask(&app, &confidential, first).await, "replaced");
    assert_eq!(ask(&app, &confidential, text(&next, "refresh_token")).await.json()["active"], true);
}

#[tokio::test]
async fn tokens_of_a_locked_person_and_of_a_disabled_client_are_inactive() {
    let scene = Scene::set().await;
    let Scene { app, kim, tthc, kho, .. } = &scene;
    let minh = app.official("minh").await;
    let (of_kim, of_minh) = (scene.tokens().await, app.tokens(tthc, &minh, &FOR_API).await);
    assert_eq!(ask(app, kho, text(&of_kim, "access_token")).await.json()["active"], true);
    lock(app, kim).await;

    nothing(&ask(app, kho, text(&of_kim, "access_token")).await, "a locked person");
    nothing(&ask(app, tthc, text(&of_kim, "refresh_token")).await, "a locked person");
    assert_eq!(ask(app, kho, text(&of_minh, "access_token")).await.json()["active"], true);
    register::disable(app.services(), "tthc", "os:test").await.expect("disabled");
    app.sync().await;
    nothing(&ask(app, kho, text(&of_minh, "access_token")).await, "a disabled client");
}

#[tokio::test]
async fn only_clients_that_prove_themselves_may_ask_by_a_posted_form() {
    let scene = Scene::set().await;
    let Scene { app, tthc, .. } = &scene;
    let phone = app.client("phone", public).await;
    let tokens = scene.tokens().await;
    let token = text(&tokens, "access_token");
    let mut wrong = tthc.clone();
    wrong.secret = Some("x".repeat(43));
    let twice = [("token", token), ("token", token)];
    let in_query = format!("{PATH}?token={token}");
    let mut by_get = form_request(&in_query, &[]);
    *by_get.method_mut() = http::Method::GET;

    for (case, answer) in [
        ("nobody", app.post(PATH, &[("token", token)]).await),
        ("by its name only", app.post(PATH, &[("token", token), ("client_id", "tthc")]).await),
        ("a wrong secret", ask(app, &wrong, token).await),
        ("a public client", ask(app, &phone, token).await),
    ] {
        refused_with(&answer, "invalid_client", case);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{case}");
    }
    for (case, answer) in [
        ("no token", post(app, tthc, PATH, &[("token_type_hint", "access_token")], &[]).await),
        ("an empty token", post(app, tthc, PATH, &[("token", "")], &[]).await),
        ("two tokens", post(app, tthc, PATH, &twice, &[]).await),
        ("in the query", post(app, tthc, &in_query, &[], &[]).await),
    ] {
        refused_with(&answer, "invalid_request", case);
    }
    assert_eq!(app.request(by_get).await.status, 405, "a token in an address would be logged");
}

#[tokio::test]
async fn an_opaque_token_is_told_like_any_other() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let kim = app.official("kim").await;
    let tthc = app
        .client("tthc", |settings| {
            reaching(settings);
            settings.access_token = AccessTokenFormat::Opaque;
        })
        .await;
    let kho = app.client("kho", |_| {}).await;
    let tokens = app.tokens(&tthc, &kim, &FOR_API).await;
    let token = text(&tokens, "access_token");
    let (front, back) = token.split_at(token.len() - 6);
    let changed = format!("{front}{}", if back == "AAAAAA" { "BBBBBB" } else { "AAAAAA" });

    let told = ask(&app, &kho, token).await.json();

    let sealed = from_base64url(token.strip_prefix("mlat_").expect("an opaque token")).expect("base64url");
    let tells = |told: &str| sealed.windows(told.len()).any(|some| some == told.as_bytes());
    assert!(!token.contains('.') && !tells(kim.id.as_str()) && !tells("\"client_id\""), "{token}");
    assert_eq!(told["active"], true);
    assert_eq!((&told["client_id"], &told["username"]), (&json!("tthc"), &json!("kim")));
    assert!(told["aud"].as_array().is_some_and(|names| names.iter().any(|name| name == API)), "{told}");
    nothing(&ask(&app, &kho, &changed).await, "changed");
    nothing(&ask(&app, &kho, &token[..token.len() - 4]).await, "cut off");
    app.advance_seconds(300);
    nothing(&ask(&app, &kho, token).await, "expired");
}

#[tokio::test]
async fn a_bound_token_tells_its_key() {
    let scene = Scene::set().await;
    let Scene { app, tthc, .. } = &scene;
    let key = ProofKey::es256();
    let mut browser = signed_on_as(app, tthc, &scene.kim).await;
    let tokens = bound(app, &mut browser, tthc, &key).await;

    let told = ask(app, tthc, text(&tokens, "access_token")).await.json();

    assert_eq!((&told["active"], &told["token_type"]), (&json!(true), &json!("DPoP")));
    assert_eq!(told["cnf"], json!({ "jkt": key.jkt() }));
}

#[tokio::test]
async fn the_roles_that_count_now_are_told_whatever_counted_when_the_token_was_issued() {
    let app = TestApp::start().await;
    let scopes = ["ho_so.doc", "ho_so.ghi"];
    let api = json!({"identifier": API, "name": "Hồ sơ", "scopes": scopes, "roles_of": "kho", "servers": ["kho"]});
    add_resource(&app, api).await;
    let kim = app.official("kim").await;
    let declared = |settings: &mut ClientSettings| settings.roles = vec!["doc".to_owned(), "duyet".to_owned()];
    let kho = app.client("kho", declared).await;
    let tthc = app
        .client("tthc", |settings| {
            reaching(settings);
            declared(settings);
        })
        .await;
    let origin = Origin::command_line();
    let role = |client_id: &'static str, role: &'static str| roles::Request {
        username: "kim",
        client_id,
        role,
        position: None,
        actor: "os:test",
        origin: &origin,
    };
    let granted = async |of: &roles::Request<'_>| assert!(roles::grant(app.services(), of).await.expect("an answer"));
    granted(&role("kho", "doc")).await;
    granted(&role("tthc", "duyet")).await;
    app.sync().await;
    let for_api = app.tokens(&tthc, &kim, &FOR_API).await;
    let own = app.tokens(&tthc, &kim, &[("scope", "openid roles")]).await;
    let bare = app.tokens(&tthc, &kim, &[("scope", "openid")]).await;
    let told = async |asker: &TestClient, tokens: &Value| ask(&app, asker, text(tokens, "access_token")).await.json();

    for asker in [&kho, &tthc] {
        assert_eq!(told(asker, &for_api).await["roles"], json!(["doc"]), "of the client that the API belongs to");
    }
    assert_eq!(told(&tthc, &own).await["roles"], json!(["duyet"]), "of its own");
    assert_eq!(told(&tthc, &bare).await.get("roles"), None, "nobody granted that it is told");

    granted(&role("kho", "duyet")).await;
    assert!(roles::revoke(app.services(), &role("kho", "doc")).await.expect("an answer"));
    assert!(roles::revoke(app.services(), &role("tthc", "duyet")).await.expect("an answer"));
    app.sync().await;

    assert_eq!(told(&kho, &for_api).await["roles"], json!(["duyet"]), "what counts now");
    let bereft = told(&tthc, &own).await;
    assert_eq!((&bereft["active"], bereft.get("roles")), (&json!(true), None), "the token goes on without any: {bereft}");
}

#[tokio::test]
async fn asking_spends_nothing_and_needs_no_proof_of_the_tokens_key() {
    let app = stage(|config| config.dpop.nonces = true).await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on(&app, &tthc).await;
    let code = code_of(&app, &mut browser, &tthc, &[("scope", "openid offline_access")]).await;
    let tokens = redeem(&app, &tthc, &code, None).await.json();
    let before = app.audit_events().await;

    for _ in 0..3 {
        assert_eq!(ask(&app, &tthc, text(&tokens, "access_token")).await.json()["active"], true);
        assert_eq!(ask(&app, &tthc, text(&tokens, "refresh_token")).await.json()["active"], true);
    }

    assert_eq!(app.audit_events().await, before);
    assert_eq!(refresh(&app, &tthc, text(&tokens, "refresh_token"), None).await.status, 200);
}
