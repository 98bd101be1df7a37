//! Promises about resource indicators (RFC 8707): which API a token is for, and what it may do there.

use crate::support::clients::public;
use crate::support::flows::{code_form, signed_on};
use crate::support::records::{count_of, was_redeemed};
use crate::support::requests::{post, refused_with, text};
use crate::support::resources::{API, add_api, add_resource, machine, reaching};
use crate::support::{Answer, Browser, TestApp, TestClient, encode};
use motlan::model::client::ClientSettings;
use motlan::service::provisioning::roles;
use motlan::service::{Origin, forget};
use motlan::store::changes::Kind;
use motlan::store::resources;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const OTHER: &str = "https://api.example/cong-van";
const FOREIGN: &str = "https://api.example/mat";
const SCOPES: (&str, &str) = ("scope", "openid profile ho_so.doc cong_van.doc offline_access");

/// An authorization request with resources beside the changes.
fn path(app: &TestApp, client: &TestClient, changes: &[(&str, &str)], resources: &[&str]) -> String {
    let named: Vec<(&str, &str)> = resources.iter().map(|resource| ("resource", *resource)).collect();
    format!("{}&{}", app.authorize_path(client, changes), encode(&named))
}

/// A client that may ask for two APIs.
fn reaching_both(settings: &mut ClientSettings) {
    reaching(settings);
    settings.resources.push(OTHER.to_owned());
    settings.scopes.push("cong_van.doc".to_owned());
}

/// Two APIs for a client with a secret and for one without, one that neither may ask for, and somebody signed on.
async fn scene() -> (TestApp, Browser, [TestClient; 2]) {
    let app = TestApp::start().await;
    add_api(&app).await;
    add_resource(&app, json!({"identifier": OTHER, "name": "Công văn", "scopes": ["cong_van.doc"], "servers": ["kho"]})).await;
    add_resource(&app, json!({"identifier": FOREIGN, "name": "Mật", "scopes": ["mat.doc"]})).await;
    let tthc = app.client("tthc", reaching_both).await;
    let phone = app
        .client("phone", |settings| {
            public(settings);
            reaching_both(settings);
        })
        .await;
    let browser = signed_on(&app, &tthc).await;
    (app, browser, [tthc, phone])
}

async fn code_for(
    app: &TestApp,
    browser: &mut Browser,
    client: &TestClient,
    changes: &[(&str, &str)],
    resources: &[&str],
) -> String {
    let answer = browser.get(&path(app, client, changes, resources)).await;
    answer.param("code").unwrap_or_else(|| panic!("{} {:?}", answer.status, answer.header("location")))
}

async fn redeem(app: &TestApp, client: &TestClient, code: &str, resources: &[&str]) -> Answer {
    let mut fields = code_form(client, code);
    fields.extend(resources.iter().map(|resource| ("resource", *resource)));
    post(app, client, "/oauth2/token", &fields, &[]).await
}

async fn refresh(app: &TestApp, client: &TestClient, token: &str, resources: &[&str]) -> Answer {
    let mut fields = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
    fields.extend(resources.iter().map(|resource| ("resource", *resource)));
    post(app, client, "/oauth2/token", &fields, &[]).await
}

/// The audience of the access token, and what it may do there.
fn reach(app: &TestApp, tokens: &Value) -> (BTreeSet<String>, BTreeSet<String>) {
    let claims = app.claims(text(tokens, "access_token"));
    assert_eq!(tokens["scope"], claims["scope"], "the client is told what its token may do");
    let audience = match &claims["aud"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        name => BTreeSet::from([name.as_str().expect("a name").to_owned()]),
    };
    (audience, text(&claims, "scope").split(' ').map(str::to_owned).collect())
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn a_token_is_for_the_resource_that_was_asked_and_has_only_its_scopes() {
    let (app, mut browser, clients) = scene().await;

    for client in &clients {
        let code = code_for(&app, &mut browser, client, &[SCOPES], &[API]).await;
        let tokens = redeem(&app, client, &code, &[]).await.json();

        assert_eq!(reach(&app, &tokens), (set(&[API]), set(&["ho_so.doc"])), "{}", client.id);
        assert_eq!(app.claims(text(&tokens, "access_token"))["aud"], API, "one audience stands alone");
        assert!(tokens["id_token"].is_string(), "who signed in is told to the client in any case");
        assert_eq!(app.userinfo(text(&tokens, "access_token")).await.status, 401, "userinfo is not that API");
    }
}

#[tokio::test]
async fn of_what_was_granted_each_token_takes_a_part_and_the_rest_stays() {
    let (app, mut browser, clients) = scene().await;

    for client in &clients {
        let code = code_for(&app, &mut browser, client, &[SCOPES], &[API, OTHER]).await;
        let first = redeem(&app, client, &code, &[API]).await.json();
        let mut token = text(&first, "refresh_token").to_owned();
        let mut seen = vec![reach(&app, &first)];
        let asked: [&[&str]; 4] = [&[OTHER], &[API], &[API, OTHER], &[]];
        for resources in asked {
            let answer = refresh(&app, client, &token, resources).await;
            assert_eq!(answer.status, 200, "{resources:?}: {}", answer.body);
            let tokens = answer.json();
            seen.push(reach(&app, &tokens));
            if let Some(next) = tokens["refresh_token"].as_str() {
                next.clone_into(&mut token);
            }
        }

        let both = (set(&[API, OTHER]), set(&["ho_so.doc", "cong_van.doc"]));
        let (of_api, of_other) = ((set(&[API]), set(&["ho_so.doc"])), (set(&[OTHER]), set(&["cong_van.doc"])));
        assert_eq!(seen, [of_api.clone(), of_other, of_api, both.clone(), both], "{}", client.id);
    }
}

#[tokio::test]
async fn a_resource_that_was_not_granted_is_invalid_target_and_spends_nothing() {
    let (app, mut browser, clients) = scene().await;

    for client in &clients {
        let code = code_for(&app, &mut browser, client, &[SCOPES], &[API]).await;
        let bad: [&[&str]; 6] =
            [&[OTHER], &[API, OTHER], &[FOREIGN], &["https://api.example/nothing"], &["ho-so"], &["https://api.example/ho-so#a"]];
        for resources in bad {
            refused_with(&redeem(&app, client, &code, resources).await, "invalid_target", &format!("{resources:?}"));
            assert!(!was_redeemed(&app, client, &code).await, "{resources:?}");
        }
        let tokens = redeem(&app, client, &code, &[API]).await;
        assert_eq!(tokens.status, 200, "{}", tokens.body);
        let tokens = tokens.json();
        let token = text(&tokens, "refresh_token");
        for resources in [[OTHER], [FOREIGN], ["x y"]] {
            refused_with(&refresh(&app, client, token, &resources).await, "invalid_target", &format!("{resources:?}"));
        }
        assert_eq!(refresh(&app, client, token, &[]).await.status, 200, "those tries used up nothing");
    }
    assert_eq!(count_of(&app, "refresh_token.reused").await, 0);
    assert_eq!(count_of(&app, "token.refreshed").await, 2);
}

#[tokio::test]
async fn a_request_for_a_bad_resource_gets_no_code() {
    let (app, mut browser, clients) = scene().await;
    let many: Vec<String> = (0..11).map(|number| format!("https://api.example/{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let bad: [&[&str]; 9] = [
        &[FOREIGN],
        &[API, FOREIGN],
        &["https://api.example/nothing"],
        &["https://api.example/HO-SO"],
        &["https://api.example/ho-so#part"],
        &["/ho-so"],
        &["api.example"],
        &["https://api.example/h\u{1ed3}"],
        &many,
    ];

    for client in &clients {
        for resources in bad {
            let answer = browser.get(&path(&app, client, &[SCOPES], resources)).await;

            assert_eq!(
                answer.param("error").as_deref(),
                Some("invalid_target"),
                "{resources:?}: {:?}",
                answer.header("location")
            );
            assert_eq!(answer.param("state").as_deref(), Some("st"), "{resources:?}");
            assert_eq!(answer.param("code"), None, "{resources:?}");
        }
    }
}

#[tokio::test]
async fn the_parameter_may_come_several_times_and_no_other_may() {
    let (app, mut browser, [tthc, _]) = scene().await;

    let code = code_for(&app, &mut browser, &tthc, &[SCOPES], &[API, API, OTHER]).await;
    let twice = redeem(&app, &tthc, &code, &[API, API]).await;
    assert_eq!(reach(&app, &twice.json()), (set(&[API]), set(&["ho_so.doc"])), "the same one counts once");

    let repeated = format!("{}&scope=openid", path(&app, &tthc, &[SCOPES], &[API]));
    let repeated = browser.get(&repeated).await;
    assert_eq!(repeated.param("error").as_deref(), Some("invalid_request"));
    assert_eq!(repeated.param("code"), None);
}

#[tokio::test]
async fn without_a_resource_the_scopes_say_which() {
    let (app, mut browser, clients) = scene().await;
    let issuer = app.issuer();
    let table: [(&str, &[&str]); 4] =
        [("openid profile", &[issuer]), ("ho_so.doc", &[API]), ("cong_van.doc", &[OTHER]), ("openid ho_so.doc", &[issuer, API])];

    for client in &clients {
        for (scope, audience) in table {
            let code = code_for(&app, &mut browser, client, &[("scope", scope)], &[]).await;
            let tokens = redeem(&app, client, &code, &[]).await.json();

            let scopes: Vec<&str> = scope.split(' ').collect();
            assert_eq!(reach(&app, &tokens), (set(audience), set(&scopes)), "{scope}");
            let expected = if scope.contains("openid") { 200 } else { 401 };
            assert_eq!(app.userinfo(text(&tokens, "access_token")).await.status, expected, "{scope}");
        }
    }
}

#[tokio::test]
async fn the_provider_itself_can_be_asked_for_at_the_token_endpoint() {
    let (app, mut browser, [tthc, _]) = scene().await;
    let code = code_for(&app, &mut browser, &tthc, &[SCOPES], &[]).await;

    let tokens = redeem(&app, &tthc, &code, &[app.issuer()]).await.json();

    let own = set(&["openid", "profile", "offline_access"]);
    assert_eq!(reach(&app, &tokens), (set(&[app.issuer()]), own), "scopes of APIs mean nothing to the provider");
    assert_eq!(app.userinfo(text(&tokens, "access_token")).await.status, 200);
}

#[tokio::test]
async fn a_token_tells_the_roles_of_the_client_that_its_api_belongs_to() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let document = json!({"identifier": OTHER, "name": "Công văn", "scopes": ["cong_van.doc"], "roles_of": "van-ban"});
    add_resource(&app, document).await;
    app.client("van-ban", |settings| settings.roles = vec!["van_thu".to_owned()]).await;
    let tthc = app
        .client("tthc", |settings| {
            reaching_both(settings);
            settings.roles = vec!["reviewer".to_owned()];
        })
        .await;
    let mut browser = signed_on(&app, &tthc).await;
    let origin = Origin::command_line();
    for (client_id, role) in [("van-ban", "van_thu"), ("tthc", "reviewer")] {
        let request = roles::Request { username: "kim", client_id, role, position: None, actor: "test", origin: &origin };
        assert!(roles::grant(app.services(), &request).await.expect("granted"));
    }
    app.sync().await;
    let mut roles_in = Vec::new();
    let asked: [&[&str]; 3] = [&[OTHER], &[API], &[API, OTHER]];
    for resources in asked {
        let code = code_for(&app, &mut browser, &tthc, &[SCOPES], resources).await;
        let tokens = redeem(&app, &tthc, &code, &[]).await.json();
        roles_in.push(app.claims(text(&tokens, "access_token")).get("roles").cloned());
    }

    assert_eq!(roles_in, [Some(json!(["van_thu"])), None, None], "of one API, and never of the asking client");
}

#[tokio::test]
async fn an_api_that_wants_opaque_tokens_gets_them_and_is_told_the_rest() {
    let app = TestApp::start().await;
    add_api(&app).await;
    let opaque = json!({
        "identifier": OTHER, "name": "Công văn", "scopes": ["cong_van.doc"], "servers": ["kho"], "token_format": "opaque",
    });
    add_resource(&app, opaque).await;
    let kho = app.client("kho", |_| {}).await;
    let tthc = app.client("tthc", reaching_both).await;
    let mut browser = signed_on(&app, &tthc).await;
    let code = code_for(&app, &mut browser, &tthc, &[SCOPES], &[API, OTHER]).await;
    let jwt = redeem(&app, &tthc, &code, &[API]).await.json();
    let sealed = refresh(&app, &tthc, text(&jwt, "refresh_token"), &[OTHER]).await.json();

    let told = post(&app, &kho, "/oauth2/introspect", &[("token", text(&sealed, "access_token"))], &[]).await.json();

    assert_eq!(text(&jwt, "access_token").split('.').count(), 3);
    assert!(!text(&sealed, "access_token").contains('.'), "{sealed}");
    assert_eq!((&told["active"], &told["aud"], &told["scope"]), (&json!(true), &json!(OTHER), &json!("cong_van.doc")));
    assert_eq!(told["username"], "kim");
}

#[tokio::test]
async fn a_resource_that_is_taken_away_is_out_of_reach_at_once() {
    let (app, mut browser, [tthc, _]) = scene().await;
    let lgsp = app.client("lgsp", machine).await;
    let code = code_for(&app, &mut browser, &tthc, &[SCOPES], &[API, OTHER]).await;
    let tokens = redeem(&app, &tthc, &code, &[]).await.json();
    let fields = [("grant_type", "client_credentials"), ("resource", API)];
    assert_eq!(post(&app, &lgsp, "/oauth2/token", &fields, &[]).await.status, 200);
    let services = app.services();
    let mut tx = services.store.write().await.expect("a unit of work");
    assert!(resources::remove(&mut tx, API).await.expect("an answer"));
    forget(&mut tx, services, Kind::Resources, API).await.expect("told");
    tx.commit().await.expect("committed");
    app.sync().await;

    let machine = post(&app, &lgsp, "/oauth2/token", &fields, &[]).await;
    let person = refresh(&app, &tthc, text(&tokens, "refresh_token"), &[API]).await;
    let other = refresh(&app, &tthc, text(&tokens, "refresh_token"), &[OTHER]).await;

    refused_with(&machine, "invalid_target", "a machine");
    refused_with(&person, "invalid_target", "a person");
    assert_eq!(other.status, 200, "{}", other.body);
}
