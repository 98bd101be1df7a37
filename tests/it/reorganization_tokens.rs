//! What is told of units while a plan is applied: the unit and the version of the registry beside it are of one state, on
//! every node, in sign-ons, codes and refresh tokens that began before it.

use crate::support::flows::{id_claims, signed_on_with_tokens};
use crate::support::plans::{FIRST, NAME, applied, apply, approve, approved, digests, go_to, rollback, town, town_plan};
use crate::support::requests::text as field;
use crate::support::{Official, TestApp, TestClient};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const SCOPE: &str = "openid unit position";

/// A client that is told the unit in the ID token too.
async fn client(app: &TestApp, id: &str) -> TestClient {
    app.client(id, |settings| settings.id_token_claims = vec!["unit".to_owned(), "position".to_owned()]).await
}

/// The name of the unit, and the version of the registry.
#[track_caller]
fn told(claims: &Value) -> (&str, i64) {
    let unit = &claims["unit"];
    (field(unit, "name"), unit["registry_version"].as_i64().unwrap_or_else(|| panic!("no version: {claims}")))
}

/// What the ID token and userinfo tell of a new sign-in.
async fn both(app: &TestApp, client: &TestClient, official: &Official) -> [Value; 2] {
    let tokens = app.tokens(client, official, &[("scope", SCOPE)]).await;
    let userinfo = app.userinfo(field(&tokens, "access_token")).await;
    assert_eq!(userinfo.status, 200, "{}", userinfo.body);
    [app.claims(field(&tokens, "id_token")), userinfo.json()]
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
    approved(&app, &town_plan()).await;
    second.sync().await;
    // One of the two is in the second node's memory.
    both(&second, &tthc, &officials[0]).await;
    apply(&app, NAME).await.expect("applied");

    let mut seen: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for _ in 0..2 {
        for node in [&app, &second] {
            for official in &officials {
                for claims in both(node, &tthc, official).await {
                    let (unit, version) = told(&claims);
                    seen.entry(version).or_default().insert(unit.to_owned());
                }
            }
        }
        second.sync().await;
    }
    for (version, units) in &seen {
        let fits = |unit: &String| (unit == "Phường Sông Một") == (*version == 2);
        assert!(units.iter().all(fits), "version {version} was told with {units:?}");
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
    approved(&app, &town_plan()).await;
    let (mut browser, _) = signed_on_with_tokens(&app, &tthc, &kim).await;
    let ask = app.authorize_path(&tthc, &[("scope", SCOPE), ("prompt", "none")]);
    let mut seen: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
    for _ in 0..3 {
        let work = tokio::spawn({
            let app = app.clone();
            async move { apply(&app, NAME).await.is_ok() }
        });
        while !work.is_finished() {
            let answer = browser.get(&ask).await;
            let claims = id_claims(&app, &tthc, &answer).await;
            let (unit, version) = told(&claims);
            seen.entry(version).or_default().insert(unit.to_owned());
        }
        assert!(work.await.expect("an answer"), "it is applied beside them");
        let after = browser.get(&ask).await;
        assert_eq!(told(&id_claims(&app, &tthc, &after).await).0, "Phường Sông Một");
        rollback(&app, NAME, false).await.expect("taken back");
        approve(&app, NAME, true).await.expect("an approval");
    }
    for (version, units) in &seen {
        let wanted = if version % 2 == 1 { "Phường Một" } else { "Phường Sông Một" };
        assert_eq!(units.iter().map(String::as_str).collect::<Vec<_>>(), [wanted], "version {version}");
    }
}
