//! Promises about revocation (RFC 7009): a client gives a token back, and what goes with it.

use crate::support::clients::public;
use crate::support::flows::refresh;
use crate::support::records::count_of;
use crate::support::requests::{form, post, refused_with, text};
use crate::support::resources::{add_api, machine, reaching};
use crate::support::{Answer, Official, TestApp, TestClient};
use http::Request;
use motlan::model::client::{AccessTokenFormat, AuthMethod, ClientType};
use serde_json::{Value, json};

const PATH: &str = "/oauth2/revoke";
const INTROSPECT: &str = "/oauth2/introspect";
const OFFLINE: [(&str, &str); 1] = [("scope", "openid offline_access")];

async fn give_back(app: &TestApp, client: &TestClient, token: &str) -> Answer {
    post(app, client, PATH, &[("token", token)], &[]).await
}

/// What a revocation answers, whether there was anything to revoke or not.
#[track_caller]
fn done(answer: &Answer, case: &str) {
    assert_eq!(answer.status, 200, "{case}: {}", answer.body);
    assert!(answer.body.is_empty(), "{case}: {}", answer.body);
}

async fn works(app: &TestApp, tokens: &Value) -> bool {
    app.userinfo(text(tokens, "access_token")).await.status == 200
}

async fn is_active(app: &TestApp, client: &TestClient, token: &str) -> bool {
    post(app, client, INTROSPECT, &[("token", token)], &[]).await.json()["active"] == true
}

/// An official, a client with a secret and one without.
async fn scene(app: &TestApp) -> (Official, TestClient, TestClient) {
    (app.official("kim").await, app.client("tthc", |_| {}).await, app.client("phone", public).await)
}

#[tokio::test]
async fn a_refresh_token_takes_along_what_came_of_its_grant() {
    let app = TestApp::start().await;
    let (kim, tthc, phone) = scene(&app).await;

    for (place, client) in [&tthc, &phone].into_iter().enumerate() {
        let tokens = app.tokens(client, &kim, &OFFLINE).await;
        let others = app.tokens(client, &kim, &OFFLINE).await;
        let refreshed = refresh(&app, client, text(&tokens, "refresh_token"), None).await.json();
        let current = refreshed["refresh_token"].as_str().unwrap_or(text(&tokens, "refresh_token"));
        assert!(works(&app, &tokens).await && works(&app, &refreshed).await);

        let answer = give_back(&app, client, current).await;

        done(&answer, &client.id);
        assert!(!works(&app, &tokens).await && !works(&app, &refreshed).await, "{}", client.id);
        refused_with(&refresh(&app, client, current, None).await, "invalid_grant", &client.id);
        assert!(works(&app, &others).await, "another grant is another matter");
        assert_eq!(refresh(&app, client, text(&others, "refresh_token"), None).await.status, 200);
        assert_eq!(count_of(&app, "token.revoked").await, place + 1);
    }
    assert_eq!(count_of(&app, "refresh_token.reused").await, 0);
}

#[tokio::test]
async fn a_replaced_refresh_token_ends_the_family_too() {
    let app = TestApp::start().await;
    let (kim, _, phone) = scene(&app).await;
    let tokens = app.tokens(&phone, &kim, &OFFLINE).await;
    let next = refresh(&app, &phone, text(&tokens, "refresh_token"), None).await.json();

    let answer = give_back(&app, &phone, text(&tokens, "refresh_token")).await;

    done(&answer, "the one before");
    assert!(!works(&app, &next).await);
    refused_with(&refresh(&app, &phone, text(&next, "refresh_token"), None).await, "invalid_grant", "its successor");
}

#[tokio::test]
async fn an_access_token_goes_alone() {
    let app = TestApp::start().await;
    let (kim, tthc, phone) = scene(&app).await;

    for client in [&tthc, &phone] {
        let tokens = app.tokens(client, &kim, &OFFLINE).await;
        let refreshed = refresh(&app, client, text(&tokens, "refresh_token"), None).await.json();
        let current = refreshed["refresh_token"].as_str().unwrap_or(text(&tokens, "refresh_token"));

        done(&give_back(&app, client, text(&tokens, "access_token")).await, &client.id);

        assert!(!works(&app, &tokens).await, "{}", client.id);
        assert!(works(&app, &refreshed).await, "{}", client.id);
        assert_eq!(refresh(&app, client, current, None).await.status, 200, "{}", client.id);
    }
}

#[tokio::test]
async fn tokens_of_every_kind_can_be_given_back() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let kim = app.official("kim").await;
    let opaque = app
        .client("mo", |settings| {
            reaching(settings);
            settings.access_token = AccessTokenFormat::Opaque;
        })
        .await;
    let lgsp = app.client("lgsp", machine).await;
    let of_person = app.tokens(&opaque, &kim, &[("scope", "openid ho_so.doc")]).await;
    let issued = app.token(&lgsp, &[("grant_type", "client_credentials")]).await.json();
    let again = app.token(&lgsp, &[("grant_type", "client_credentials")]).await.json();

    for (client, tokens) in [(&opaque, &of_person), (&lgsp, &issued)] {
        let token = text(tokens, "access_token");
        assert!(is_active(&app, client, token).await, "{}", client.id);

        done(&give_back(&app, client, token).await, &client.id);

        assert!(!is_active(&app, client, token).await, "{}", client.id);
    }
    assert!(is_active(&app, &lgsp, text(&again, "access_token")).await, "each by itself");
}

#[tokio::test]
async fn a_token_that_is_worth_nothing_is_no_error() {
    let app = TestApp::start().await;
    let (kim, tthc, phone) = scene(&app).await;

    for client in [&tthc, &phone] {
        let tokens = app.tokens(client, &kim, &OFFLINE).await;
        let expired = app.tokens(client, &kim, &[]).await;
        app.advance_seconds(300);
        done(&give_back(&app, client, text(&tokens, "refresh_token")).await, "the first time");
        let before = app.audit_events().await;

        for (case, token) in [
            ("again", text(&tokens, "refresh_token")),
            ("expired", text(&expired, "access_token")),
            ("an ID token", text(&tokens, "id_token")),
            ("no token", "x"),
            ("no letters of a token", "\u{1ebf}\u{0111}"),
        ] {
            done(&give_back(&app, client, token).await, case);
        }
        assert_eq!(app.audit_events().await, before, "nothing happened");
    }
}

#[tokio::test]
async fn a_hint_says_where_to_begin_and_nothing_else() {
    let app = TestApp::start().await;
    let (kim, tthc, _) = scene(&app).await;

    for hint in ["access_token", "refresh_token", "id_token", "nonsense", ""] {
        for kind in ["access_token", "refresh_token"] {
            let tokens = app.tokens(&tthc, &kim, &OFFLINE).await;
            let fields = [("token", text(&tokens, kind)), ("token_type_hint", hint)];

            let answer = post(&app, &tthc, PATH, &fields, &[]).await;

            done(&answer, &format!("{hint} {kind}"));
            assert!(!works(&app, &tokens).await, "{hint} {kind}");
        }
    }
}

#[tokio::test]
async fn nobody_gives_back_tokens_of_others() {
    let app = TestApp::start().await;
    let (kim, tthc, phone) = scene(&app).await;
    let other_phone = app.client("phone-khac", public).await;
    let other = app.client("van-ban", |_| {}).await;

    for owner in [&tthc, &phone] {
        let tokens = app.tokens(owner, &kim, &OFFLINE).await;
        for stranger in [&other, &other_phone] {
            for kind in ["access_token", "refresh_token"] {
                let answer = give_back(&app, stranger, text(&tokens, kind)).await;
                refused_with(&answer, "unauthorized_client", &format!("{} {} {kind}", owner.id, stranger.id));
            }
        }
        assert!(works(&app, &tokens).await, "{}", owner.id);
        assert_eq!(refresh(&app, owner, text(&tokens, "refresh_token"), None).await.status, 200, "{}", owner.id);
    }
    assert_eq!(count_of(&app, "token.revoked").await, 0);
}

#[tokio::test]
async fn a_client_must_prove_itself_and_post_one_token() {
    let app = TestApp::start().await;
    let (kim, tthc, _) = scene(&app).await;
    let tokens = app.tokens(&tthc, &kim, &OFFLINE).await;
    let token = text(&tokens, "refresh_token");
    let mut wrong = tthc.clone();
    wrong.secret = Some("x".repeat(43));
    let in_query = format!("{PATH}?token={token}");
    let mut by_get = form(&app, &tthc, &in_query, &[], &[]);
    *by_get.method_mut() = http::Method::GET;
    let json_body = json!({ "token": token }).to_string();
    let mut as_json = form(&app, &tthc, PATH, &[], &[]);
    as_json.headers_mut().insert("content-type", "application/json".parse().expect("a header"));
    *as_json.body_mut() = json_body;

    for (case, error, answer) in [
        ("nobody", "invalid_client", app.post(PATH, &[("token", token)]).await),
        ("by its name only", "invalid_client", app.post(PATH, &[("token", token), ("client_id", "tthc")]).await),
        ("a wrong secret", "invalid_client", give_back(&app, &wrong, token).await),
        ("no token", "invalid_request", post(&app, &tthc, PATH, &[], &[]).await),
        ("two tokens", "invalid_request", post(&app, &tthc, PATH, &[("token", token), ("token", token)], &[]).await),
        ("in the query", "invalid_request", post(&app, &tthc, &in_query, &[], &[]).await),
        ("as JSON", "invalid_request", app.request(as_json).await),
    ] {
        refused_with(&answer, error, case);
    }
    assert_eq!(app.request(by_get).await.status, 405);
    assert!(works(&app, &tokens).await);
    assert_eq!(refresh(&app, &tthc, token, None).await.status, 200);
    assert_eq!(count_of(&app, "token.revoked").await, 0);
}

#[tokio::test]
async fn what_was_given_back_is_refused_on_the_other_node_once_it_looked() {
    let Some((app, second)) = TestApp::two_nodes().await else { return };
    let (kim, tthc, _) = scene(&app).await;
    let (alone, family) = (app.tokens(&tthc, &kim, &OFFLINE).await, app.tokens(&tthc, &kim, &OFFLINE).await);
    assert!(works(&second, &alone).await && works(&second, &family).await);

    done(&give_back(&app, &tthc, text(&alone, "access_token")).await, "an access token");
    done(&give_back(&app, &tthc, text(&family, "refresh_token")).await, "a refresh token");
    second.sync().await;
    let later = app.second_node().await.expect("a node that starts later");

    for node in [&second, &later] {
        assert!(!works(node, &alone).await && !works(node, &family).await);
        refused_with(&refresh(node, &tthc, text(&family, "refresh_token"), None).await, "invalid_grant", "the family");
        assert_eq!(refresh(node, &tthc, text(&alone, "refresh_token"), None).await.status, 200, "it went alone");
    }
}

#[tokio::test]
async fn scripts_of_the_client_may_call_it() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let page = app
        .client("page", |settings| {
            settings.application_type = ClientType::Spa;
            settings.auth_method = AuthMethod::None;
        })
        .await;
    let tokens = app.tokens(&page, &kim, &OFFLINE).await;
    let origin = ("origin", "https://page.example");
    let preflight = Request::options(PATH).header(origin.0, origin.1).header("access-control-request-method", "POST");

    let preflight = app.request(preflight.body(String::new()).expect("a request")).await;
    let foreign = post(&app, &page, PATH, &[("token", "x")], &[("origin", "https://evil.example")]).await;
    let own = post(&app, &page, PATH, &[("token", text(&tokens, "refresh_token"))], &[origin]).await;

    assert_eq!(preflight.header("access-control-allow-origin"), Some(origin.1));
    assert_eq!(foreign.header("access-control-allow-origin"), None);
    done(&own, "a script");
    assert_eq!(own.header("access-control-allow-origin"), Some(origin.1));
    assert!(!works(&app, &tokens).await);
}

#[tokio::test]
async fn it_is_announced() {
    let app = TestApp::start().await;
    let document = app.get("/.well-known/openid-configuration").await.json();

    assert_eq!(document["revocation_endpoint"], format!("{}{PATH}", app.issuer()));
    assert_eq!(document["introspection_endpoint"], format!("{}{INTROSPECT}", app.issuer()));
    let methods = document["revocation_endpoint_auth_methods_supported"].as_array().expect("a list");
    assert!(methods.iter().any(|method| method == "none"), "public clients give back theirs");
    let asking = document["introspection_endpoint_auth_methods_supported"].as_array().expect("a list");
    assert!(asking.iter().all(|method| method != "none"), "but may not ask");
}
