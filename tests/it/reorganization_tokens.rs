//! What is told of units while a plan is applied: the unit, the post in it, the roles and the version of the registry beside
//! them are of one state, on every node, in sign-ons, codes and refresh tokens that began before it.

use crate::reorganization_rights::grant;
use crate::support::clients::words;
use crate::support::flows::{id_claims, signed_on_with_tokens, tokens_of};
use crate::support::plans::{FIRST, NAME, applied, apply, approve, approved, digests, go_to, rollback, town, town_plan};
use crate::support::requests::text as field;
use crate::support::{Official, TestApp, TestClient};
use motlan::model::client::ClientSettings;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const SCOPE: &str = "openid unit position roles";
/// What one of them has who was given the role of a post.
const ROLES: &str = r#"["duyet"]"#;

/// A client that is told the unit, the post and the roles in the ID token too.
async fn client(app: &TestApp, id: &str) -> TestClient {
    let change = |settings: &mut ClientSettings| {
        settings.id_token_claims = words(&["unit", "position", "roles"]);
        settings.roles = words(&["duyet"]);
    };
    app.client(id, change).await
}

/// Gives the role of their post.
async fn with_role(app: &TestApp, client: &TestClient, official: &Official) {
    grant(app, &official.username, client, Some(official.positions[0].clone())).await;
}

/// The name of the unit, and the version of the registry.
#[track_caller]
fn told(claims: &Value) -> (&str, i64) {
    let unit = &claims["unit"];
    (field(unit, "name"), unit["registry_version"].as_i64().unwrap_or_else(|| panic!("no version: {claims}")))
}

/// The name of the unit, the id of the post and the roles.
type Place = (String, String, String);

/// The version of the registry, and where somebody is: the post lies in the unit beside it.
#[track_caller]
fn place(claims: &Value) -> (i64, Place) {
    let ((unit, version), post) = (told(claims), &claims["position"]);
    assert_eq!(post["unit"]["id"], claims["unit"]["id"], "the post is in another unit: {claims}");
    (version, (unit.to_owned(), field(post, "id").to_owned(), claims["roles"].to_string()))
}

/// What the ID token and userinfo tell of a new sign-in.
async fn both(app: &TestApp, client: &TestClient, official: &Official) -> [Value; 2] {
    let tokens = app.tokens(client, official, &[("scope", SCOPE)]).await;
    both_of(app, &tokens).await
}

/// The same of tokens that came.
async fn both_of(app: &TestApp, tokens: &Value) -> [Value; 2] {
    let userinfo = app.userinfo(field(tokens, "access_token")).await;
    assert_eq!(userinfo.status, 200, "{}", userinfo.body);
    [app.claims(field(tokens, "id_token")), userinfo.json()]
}

#[tokio::test]
async fn a_token_tells_the_unit_and_the_registry_of_one_state_before_and_after() {
    let app = town().await;
    let tthc = client(&app, "tthc").await;
    let kim = app.official_in("kim", &["10001"]).await;
    approved(&app, &town_plan()).await;
    for claims in both(&app, &tthc, &kim).await {
        assert_eq!(told(&claims), ("Phường Một", 1), "approved is not applied");
    }

    apply(&app, NAME).await.expect("applied");
    for claims in both(&app, &tthc, &kim).await {
        assert_eq!(told(&claims), ("Phường Sông Một", 2));
        assert_eq!(claims["position"]["unit"]["id"], claims["unit"]["id"]);
        for told in ["position", "unit"] {
            assert_eq!(field(&claims[told], "valid_from"), "2027-01-01", "{told}");
        }
    }
    rollback(&app, NAME, false).await.expect("taken back");
    for claims in both(&app, &tthc, &kim).await {
        assert_eq!(told(&claims), ("Phường Một", 3));
    }
}

#[tokio::test]
async fn whoever_is_signed_on_goes_on_in_the_new_unit_without_being_asked() {
    let app = town().await;
    let tthc = client(&app, "tthc").await;
    // Two posts: the person chose one of them, and that one goes on.
    let kim = app.official_in("kim", &["10001", "10004"]).await;
    approved(&app, &town_plan()).await;
    let mut browser = app.browser();
    let entered = browser.sign_in(&kim, &app.authorize_path(&tthc, &[("scope", SCOPE)])).await;
    assert!(entered.param("code").is_some(), "{}", entered.body);
    let ask = app.authorize_path(&tthc, &[("scope", SCOPE), ("prompt", "none")]);
    let before = browser.get(&ask).await;
    let code = browser.get(&ask).await.param("code").expect("a code that is redeemed later");
    assert_eq!(told(&id_claims(&app, &tthc, &before).await), ("Phường Một", 1));

    apply(&app, NAME).await.expect("applied");

    let late = app.redeem(&tthc, &code).await;
    assert_eq!(late.status, 200, "{}", late.body);
    assert_eq!(told(&app.claims(field(&late.json(), "id_token"))), ("Phường Sông Một", 2), "a code of before");
    let silent = browser.get(&ask).await;
    assert!(silent.param("code").is_some(), "{} {:?}", silent.status, silent.header("location"));
    assert_eq!(told(&id_claims(&app, &tthc, &silent).await), ("Phường Sông Một", 2));
}

#[tokio::test]
async fn a_refresh_token_of_before_brings_the_unit_of_after() {
    let app = town().await;
    let tthc = client(&app, "tthc").await;
    go_to(&app, FIRST).await;
    let kim = app.official_in("kim", &["10001"]).await;
    let tokens = app.tokens(&tthc, &kim, &[("scope", "openid unit offline_access")]).await;
    assert_eq!(told(&app.userinfo(field(&tokens, "access_token")).await.json()), ("Phường Một", 1));

    applied(&app, &town_plan()).await;

    assert_eq!(told(&app.userinfo(field(&tokens, "access_token")).await.json()), ("Phường Sông Một", 2));
    let renewed = app.refresh(&tthc, field(&tokens, "refresh_token")).await;
    assert_eq!(renewed.status, 200, "{}", renewed.body);
    let access = renewed.json();
    assert_eq!(told(&app.userinfo(field(&access, "access_token")).await.json()), ("Phường Sông Một", 2));
}

#[tokio::test]
async fn a_node_that_has_not_looked_yet_tells_no_half_of_it() {
    let app = town().await;
    let Some(second) = app.second_node().await else { return };
    let tthc = client(&app, "tthc").await;
    let officials = [app.official_in("kim", &["10001"]).await, app.official_in("lan", &["10002"]).await];
    for official in &officials {
        with_role(&app, &tthc, official).await;
    }
    approved(&app, &town_plan()).await;
    second.sync().await;
    // One of the two is in the second node's memory.
    both(&second, &tthc, &officials[0]).await;
    apply(&app, NAME).await.expect("applied");

    let mut seen: BTreeMap<(i64, &str), BTreeSet<Place>> = BTreeMap::new();
    for _ in 0..2 {
        for node in [&app, &second] {
            for official in &officials {
                for claims in both(node, &tthc, official).await {
                    let (version, place) = place(&claims);
                    seen.entry((version, official.username.as_str())).or_default().insert(place);
                }
            }
        }
        second.sync().await;
    }
    for ((version, name), places) in &seen {
        let fits = |(unit, _, roles): &Place| (unit == "Phường Sông Một") == (*version == 2) && roles == ROLES;
        assert!(places.iter().all(fits) && places.len() == 1, "{name}: version {version} was told with {places:?}");
    }
    for official in &officials {
        for claims in both(&second, &tthc, official).await {
            assert_eq!(told(&claims), ("Phường Sông Một", 2), "once it looked");
        }
    }
    assert_eq!(digests(&app).await, digests(&second).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_are_asked_for_while_it_is_applied_are_of_one_state_each() {
    let app = town().await;
    let tthc = client(&app, "tthc").await;
    let kim = app.official_in("kim", &["10001"]).await;
    with_role(&app, &tthc, &kim).await;
    approved(&app, &town_plan()).await;
    let (mut browser, _) = signed_on_with_tokens(&app, &tthc, &kim).await;
    let ask = app.authorize_path(&tthc, &[("scope", SCOPE), ("prompt", "none")]);
    let mut seen: BTreeMap<i64, BTreeSet<Place>> = BTreeMap::new();
    for _ in 0..3 {
        let work = tokio::spawn({
            let app = app.clone();
            async move { apply(&app, NAME).await.is_ok() }
        });
        while !work.is_finished() {
            let answer = browser.get(&ask).await;
            for claims in both_of(&app, &tokens_of(&app, &tthc, &answer).await).await {
                let (version, place) = place(&claims);
                seen.entry(version).or_default().insert(place);
            }
        }
        assert!(work.await.expect("an answer"), "it is applied beside them");
        let after = browser.get(&ask).await;
        assert_eq!(told(&id_claims(&app, &tthc, &after).await).0, "Phường Sông Một");
        rollback(&app, NAME, false).await.expect("taken back");
        approve(&app, NAME, true).await.expect("an approval");
    }
    for (version, places) in &seen {
        let wanted = if version % 2 == 1 { "Phường Một" } else { "Phường Sông Một" };
        let told = places.iter().map(|(unit, _, roles)| (unit.as_str(), roles.as_str())).collect::<Vec<_>>();
        assert_eq!(told, [(wanted, ROLES)], "version {version}: {places:?}");
    }
}
