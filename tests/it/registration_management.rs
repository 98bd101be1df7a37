//! Clients look after what is theirs alone: they read it, change it as a whole, and remove themselves (RFC 7592).

use crate::support::races::together;
use crate::support::records::count_of;
use crate::support::registration::{
    PATH, call, code_answer, events, invitation, join, manage, place, redeem_as, refused, registered, to_put, unauthorized,
};
use crate::support::requests::text;
use crate::support::{TestApp, stage};
use motlan::model::client::{AuthMethod, Client, Profile};
use motlan::protocol::jws::Algorithm;
use motlan::service::clients::register;
use motlan::store::{client_logos, clients};
use serde_json::{Value, json};

#[tokio::test]
async fn an_assertion_is_signed_with_the_algorithm_that_was_registered() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let table = [("any", None, true), ("same", Some(Algorithm::Es256), true), ("other", Some(Algorithm::Ps256), false)];

    for (id, algorithm, fine) in table {
        let client = app.client_with_key(id, |settings| settings.token_endpoint_auth_alg = algorithm).await;
        let code = app.code(&client, &kim, &[]).await;
        let answer = app.redeem(&client, &code).await;

        assert_eq!(answer.status, if fine { 200 } else { 401 }, "{id}: {}", answer.body);
        if !fine {
            assert_eq!(answer.json()["error"], "invalid_client", "{id}");
        }
    }
}

#[tokio::test]
async fn a_client_reads_what_it_registered_and_nobody_else_does() {
    let app = TestApp::start().await;
    let own = registered(&app, &json!({ "contacts": ["kim@so-tay.example"], "client_name#en": "Handbook" })).await;
    let other = registered(&app, &json!({})).await;
    let city = app.client("tthc", |_| {}).await;
    let mut expected = own.clone();
    expected.as_object_mut().expect("members").remove("client_secret");

    let read = manage(&app, "GET", &own, "").await;

    assert_eq!((read.status, read.header("cache-control")), (200, Some("no-store")));
    assert_eq!(read.json(), expected, "all but the secret, which nobody here knows any more");
    let token = text(&own, "registration_access_token");
    let places = [place(&other), format!("{PATH}/{}", city.id), format!("{PATH}/nobody"), format!("{PATH}/%20")];
    let mut answers = vec![call(&app, "GET", &place(&own), Some("wrong"), "").await];
    for place in &places {
        for method in ["GET", "PUT", "DELETE"] {
            answers.push(call(&app, method, place, Some(token), "").await);
        }
    }
    for answer in &answers {
        unauthorized(answer, Some("invalid_token"));
        assert_eq!(answer.body, answers[0].body, "nobody learns which clients there are");
    }
    for method in ["GET", "PUT", "DELETE"] {
        unauthorized(&call(&app, method, &place(&own), None, "").await, None);
    }
    assert_eq!(manage(&app, "GET", &other, "").await.status, 200);
}

#[tokio::test]
async fn a_change_replaces_the_whole_registration() {
    let app = TestApp::start().await;
    let own = registered(&app, &json!({ "contacts": ["kim@so-tay.example"], "default_max_age": 600 })).await;
    let changes = json!({ "client_name": "Sổ tay mới", "contacts": null, "default_max_age": null, "scope": "openid" });

    let changed = manage(&app, "PUT", &own, &to_put(&own, &changes).to_string()).await;

    assert_eq!(changed.status, 200, "{}", changed.body);
    let information = changed.json();
    assert_eq!((text(&information, "client_name"), text(&information, "scope")), ("Sổ tay mới", "openid"));
    for gone in ["contacts", "default_max_age", "client_secret"] {
        assert_eq!(information[gone], Value::Null, "{gone}");
    }
    for kept in ["client_id", "client_id_issued_at", "registration_access_token", "registration_client_uri"] {
        assert_eq!(information[kept], own[kept], "{kept}");
    }
    assert_eq!(manage(&app, "GET", &own, "").await.json(), information);
    let client = app.services().client(text(&own, "client_id")).await.expect("an answer").expect("a client");
    assert_eq!((client.name.as_str(), client.settings.default_max_age), ("Sổ tay mới", None));
    assert!(events(&app).await.contains(&"client.changed".to_owned()));
}

#[tokio::test]
async fn a_change_that_is_not_the_clients_to_make_changes_nothing() {
    let app = TestApp::start().await;
    let own = registered(&app, &json!({})).await;
    let before = manage(&app, "GET", &own, "").await.json();
    let table = [
        ("client_id", json!("another")),
        ("client_id", json!(null)),
        ("client_secret", json!("of my own choice")),
        ("client_secret", json!(1)),
        ("registration_access_token", own["registration_access_token"].clone()),
        ("registration_client_uri", own["registration_client_uri"].clone()),
        ("client_secret_expires_at", json!(0)),
        ("client_id_issued_at", own["client_id_issued_at"].clone()),
        ("scope", json!("openid unit")),
        ("redirect_uris", json!(["http://so-tay.example/cb"])),
        ("grant_types", json!(["authorization_code", "client_credentials"])),
    ];

    for (member, value) in table {
        let body = to_put(&own, &json!({ member: value, "client_name": "Khác" })).to_string();
        refused(&manage(&app, "PUT", &own, &body).await, member);
    }

    assert_eq!(manage(&app, "GET", &own, "").await.json(), before);
    assert!(!app.audit_events().await.contains(&"client.changed".to_owned()));
    let good = to_put(&own, &json!({})).to_string();
    assert_eq!(manage(&app, "PUT", &own, &good).await.status, 200, "its present secret may come along");
}

#[tokio::test]
async fn a_secret_comes_and_goes_with_the_method_that_uses_it() {
    let app = TestApp::start().await;
    let own = registered(&app, &json!({})).await;
    let method = |name: &str| to_put(&own, &json!({ "token_endpoint_auth_method": name, "client_secret": null })).to_string();

    let public = manage(&app, "PUT", &own, &method("none")).await.json();
    let again = manage(&app, "PUT", &own, &method("client_secret_basic")).await.json();

    assert_eq!((&public["client_secret"], &public["client_secret_expires_at"]), (&Value::Null, &Value::Null));
    let fresh = text(&again, "client_secret");
    assert_ne!(fresh, text(&own, "client_secret"));
    assert_eq!(again["client_secret_expires_at"], 0);
    let arrived = code_answer(&app, &own, "kim", "openid").await.param("code").expect("a code");
    let with_old = redeem_as(&app, &own, text(&own, "client_secret"), &arrived).await;
    assert_eq!((with_old.status, with_old.json()["error"].as_str()), (401, Some("invalid_client")));
    assert_eq!(redeem_as(&app, &own, fresh, &arrived).await.status, 200);
}

#[tokio::test]
async fn a_client_that_removes_itself_is_refused_everywhere_from_then_on() {
    let app = TestApp::start().await;
    let own = registered(&app, &json!({})).await;
    let id = text(&own, "client_id").to_owned();
    let secret = text(&own, "client_secret").to_owned();
    let arrived = code_answer(&app, &own, "kim", "openid").await.param("code").expect("a code");
    let access = redeem_as(&app, &own, &secret, &arrived).await.json()["access_token"].as_str().expect("a token").to_owned();
    let unused = code_answer(&app, &own, "lan", "openid").await.param("code").expect("a code");
    assert_eq!(app.userinfo(&access).await.status, 200);

    let removed = manage(&app, "DELETE", &own, "").await;

    assert_eq!((removed.status, removed.body.as_str(), removed.header("cache-control")), (204, "", Some("no-store")));
    for method in ["GET", "PUT", "DELETE"] {
        unauthorized(&manage(&app, method, &own, "").await, Some("invalid_token"));
    }
    assert_eq!(app.userinfo(&access).await.status, 401);
    assert_eq!(redeem_as(&app, &own, &secret, &unused).await.json()["error"], "invalid_client");
    let asked = app.get(&format!("/oauth2/authorize?response_type=code&client_id={id}")).await;
    assert_eq!(asked.error_page(), Some("unknown_client"));
    let mut conn = app.services().store.read().await.expect("a connection");
    assert!(clients::find(&mut conn, &id).await.expect("an answer").is_some_and(|client| client.disabled_at.is_some()));
    assert!(client_logos::find(&mut conn, &id).await.expect("an answer").is_none());
    assert_eq!(count_of(&app, "client.removed").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_client_is_removed_once_however_often_it_asks_at_once() {
    let app = TestApp::start().await;
    let own = registered(&app, &json!({})).await;

    let tries = (0..16).map(|_| {
        let (app, own) = (app.clone(), own.clone());
        async move { manage(&app, "DELETE", &own, "").await }
    });
    let statuses: Vec<u16> = together(tries).await.iter().map(|answer| answer.status).collect();

    assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 15, "{statuses:?}");
    assert_eq!(count_of(&app, "client.removed").await, 1);
}

#[tokio::test]
async fn a_client_that_the_city_switched_off_looks_after_nothing() {
    let app = TestApp::start().await;
    let own = registered(&app, &json!({})).await;
    register::disable(app.services(), text(&own, "client_id"), "os:test").await.expect("switched off");

    for method in ["GET", "PUT", "DELETE"] {
        unauthorized(&manage(&app, method, &own, &to_put(&own, &json!({})).to_string()).await, Some("invalid_token"));
    }
}

#[tokio::test]
async fn a_profile_that_the_city_set_is_not_left_by_registering_anew() {
    let app = TestApp::start().await;
    let once = invitation(&app, 1).await;
    let own = join(&app, &once, &json!({})).await.json();
    let strict = |client: &mut Client| {
        client.settings.profile = Profile::Fapi2;
        client.settings.auth_method = AuthMethod::PrivateKeyJwt;
        client.settings.jwks_uri = Some("https://so-tay.example/jwks".to_owned());
        (client.settings.id_token_alg, client.settings.authorization_signed_response_alg) = (Algorithm::Es256, Algorithm::Es256);
        Ok(())
    };
    register::change(app.services(), text(&own, "client_id"), "os:test", strict).await.expect("changed");

    let back = manage(&app, "PUT", &own, &to_put(&own, &json!({})).to_string()).await;

    assert_eq!((back.status, back.json()["error"].as_str()), (400, Some("invalid_client_metadata")), "{}", back.body);
    let client = app.services().client(text(&own, "client_id")).await.expect("an answer").expect("a client");
    assert_eq!((client.settings.profile, client.settings.auth_method), (Profile::Fapi2, AuthMethod::PrivateKeyJwt));
}

#[tokio::test]
async fn a_secret_ends_when_the_policy_says() {
    let app = stage(|config| config.registration.client_secret_seconds = 3_600).await;
    let information = registered(&app, &json!({})).await;
    let told = information["client_secret_expires_at"].as_i64().expect("seconds");
    assert_eq!(told, app.now_seconds() + 3_600);

    for (seconds, error) in [(0, "invalid_grant"), (3_599, "invalid_grant"), (1, "invalid_client")] {
        app.advance_seconds(seconds);
        app.sync().await;
        let answer = redeem_as(&app, &information, text(&information, "client_secret"), "no-code").await;
        assert_eq!(answer.json()["error"], error, "{seconds} s later");
    }
    let read = manage(&app, "GET", &information, "").await.json();
    assert_eq!(read["client_secret_expires_at"], told);
    let forever = registered(&TestApp::start().await, &json!({})).await;
    assert_eq!(forever["client_secret_expires_at"], 0);
}

#[tokio::test]
async fn a_secret_that_ended_is_replaced_by_a_change_and_one_that_lives_is_kept() {
    let app = stage(|config| config.registration.client_secret_seconds = 3_600).await;
    let information = registered(&app, &json!({})).await;
    let same = to_put(&information, &json!({ "client_secret": null })).to_string();

    app.advance_seconds(3_599);
    app.sync().await;
    let alive = manage(&app, "PUT", &information, &same).await.json();
    app.advance_seconds(1);
    app.sync().await;
    let over = manage(&app, "PUT", &information, &same).await.json();

    assert_eq!(
        (&alive["client_secret"], &alive["client_secret_expires_at"]),
        (&Value::Null, &information["client_secret_expires_at"])
    );
    assert_ne!(text(&over, "client_secret"), text(&information, "client_secret"));
    assert_eq!(over["client_secret_expires_at"], app.now_seconds() + 3_600);
}
