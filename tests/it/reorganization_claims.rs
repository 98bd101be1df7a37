//! What systems are told of units after plans: the units of before the first of them, by the position somebody acts in; and the
//! unit that ended, of whoever has not been told yet where they work.

use crate::group_roles::{give, group};
use crate::reorganization_rights::grant;
use crate::support::plans::{FIRST, NAME, applied, rollback, text, town, town_plan};
use crate::support::requests::text as field;
use crate::support::{Official, TestApp, TestClient};
use motlan::base::date::vietnam_date;
use motlan::base::id::PositionId;
use motlan::model::client::{ClientSettings, UnitIdentifier};
use motlan::model::position::Position;
use motlan::service::Origin;
use motlan::service::delegation::{self, By, Wish};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use time::Date;
use time::macros::date;

const SCOPE: (&str, &str) = ("scope", "openid unit position roles");
const SECOND: Date = date!(2027 - 06 - 01);
const STEPS: [&str; 3] = ["create,+A,phuong,Phường Sông Một,20001,760,,", "merge,10001,,,,,+A,", "merge,10002,,,,,+A,"];
const LATER: [&str; 3] = ["create,+D,phuong,Phường Sông Lớn,20004,760,,", "merge,20001,,,,,+D,", "merge,10003,,,,,+D,"];

/// What userinfo tells a client of somebody, as they act in a post.
async fn told(app: &TestApp, client: &TestClient, official: &Official) -> Value {
    let tokens = app.tokens(client, official, &[SCOPE]).await;
    let answer = app.userinfo(field(&tokens, "access_token")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// The roles that the ID token and userinfo tell a client of somebody.
async fn roles_told(app: &TestApp, client: &TestClient, official: &Official) -> [Option<Value>; 2] {
    let tokens = app.tokens(client, official, &[SCOPE]).await;
    let userinfo = app.userinfo(field(&tokens, "access_token")).await;
    assert_eq!(userinfo.status, 200, "{}", userinfo.body);
    [app.claims(field(&tokens, "id_token")), userinfo.json()].map(|claims| claims.get("roles").cloned())
}

/// An official as they act in the post that goes on from one of theirs since some days.
fn since(official: &Official, place: usize, days: &[Date]) -> Official {
    let post = days.iter().fold(official.positions[place].clone(), |post, day| Position::following_id(&post, *day));
    Official { positions: vec![post], ..official.clone() }
}

fn name(claims: &Value) -> Option<&str> {
    claims.get("legacy_unit").and_then(|unit| unit["name"].as_str())
}

#[tokio::test]
async fn after_a_second_plan_the_units_of_before_the_first_one_are_told_still() {
    let app = town().await;
    let both = app.client("ca-hai", |settings| settings.unit_identifier = UnitIdentifier::Both).await;
    let legacy = app.client("van-ban", |settings| settings.unit_identifier = UnitIdentifier::Legacy).await;
    let kim = app.official_in("kim", &["10001"]).await;
    let an = app.official_in("an", &["10002", "10003"]).await;
    applied(&app, &text("mot", FIRST, &STEPS)).await;
    applied(&app, &text("hai", SECOND, &LATER)).await;

    let units = told(&app, &both, &kim).await["legacy_units"].clone();
    let names: BTreeSet<&str> = units.as_array().expect("a list").iter().map(|unit| field(unit, "name")).collect();
    assert_eq!(names, BTreeSet::from(["Phường Một", "Phường Hai", "Phường Ba"]), "and not the one between");
    assert_eq!(name(&told(&app, &legacy, &kim).await), Some("Phường Một"));
    for (acting, expected) in [(since(&an, 0, &[FIRST, SECOND]), "Phường Hai"), (since(&an, 1, &[SECOND]), "Phường Ba")] {
        let claims = told(&app, &legacy, &acting).await;
        assert_eq!(claims["position"]["id"], json!(acting.positions[0]), "{expected}");
        assert_eq!(name(&claims), Some(expected), "by the post in which they act: {claims}");
    }
}

/// The post in which somebody acts for another one.
async fn lent(app: &TestApp, official: &Official) -> PositionId {
    let services = app.services();
    let today = vietnam_date(services.clock.now());
    let known = services.person(&official.id).await.expect("an answer").expect("a person");
    let post = known.person.positions_on(today).into_iter().find(|post| post.delegated_by.is_some()).expect("a post");
    post.id.clone()
}

#[tokio::test]
async fn whoever_acts_for_another_comes_from_where_that_one_came_from() {
    let app = town().await;
    let legacy = app.client("van-ban", |settings| settings.unit_identifier = UnitIdentifier::Legacy).await;
    let (kim, minh) = (app.official_in("kim", &["10001"]).await, app.official_in("minh", &["10002"]).await);
    applied(&app, &text("mot", FIRST, &STEPS)).await;
    let services = app.services();
    let giver = services.person(&kim.id).await.expect("an answer").expect("a person");
    let wish = Wish {
        position: since(&kim, 0, &[FIRST]).positions[0].0.clone(),
        to: minh.username.clone(),
        valid_from: "2027-01-01".to_owned(),
        valid_to: "2027-06-30".to_owned(),
        decision_no: "7/QĐ".to_owned(),
    };
    let origin = Origin::command_line();
    delegation::give(services, By { person: &kim.id, origin: &origin }, &giver, &wish).await.expect("handed over");
    app.sync().await;

    let for_kim = Official { positions: vec![lent(&app, &minh).await], ..minh.clone() };
    assert_eq!(name(&told(&app, &legacy, &for_kim).await), Some("Phường Một"), "of the one for whom they act");
    let own = since(&minh, 0, &[FIRST]);
    assert_eq!(name(&told(&app, &legacy, &own).await), Some("Phường Hai"), "what was lent is not where they were");
}

#[tokio::test]
async fn whoever_waits_for_a_new_unit_signs_in_and_is_told_the_old_one_as_ended() {
    let app = town().await;
    let settings = |settings: &mut ClientSettings| {
        settings.roles = vec!["clerk".to_owned(), "duyet".to_owned()];
        settings.id_token_claims = vec!["roles".to_owned()];
    };
    let tthc = app.client("tthc", settings).await;
    let kim = app.official_in("kim", &["10003"]).await;
    // One role of her post, and one of whoever works in the unit.
    grant(&app, &kim.username, &tthc, Some(kim.positions[0].clone())).await;
    assert!(give(&app, &group(&app, "clerk", "10003").await).await);
    let held = Some(json!(["clerk", "duyet"]));
    assert_eq!(roles_told(&app, &tthc, &kim).await, [held.clone(), held.clone()]);
    let before = told(&app, &tthc, &kim).await;
    assert_eq!((before["unit"]["name"].as_str(), before["unit"].get("valid_to")), (Some("Phường Ba"), None));

    let done = applied(&app, &town_plan()).await;
    assert_eq!(done.open, 1, "nobody said where she goes");

    let nowhere = Official { positions: Vec::new(), ..kim.clone() };
    let after = told(&app, &tthc, &nowhere).await;
    let unit = &after["unit"];
    assert_eq!((unit["name"].as_str(), unit["valid_to"].as_str()), (Some("Phường Ba"), Some("2026-12-31")), "{after}");
    assert_eq!((&unit["id"], &unit["codes"]), (&before["unit"]["id"], &before["unit"]["codes"]));
    assert_eq!(unit["path"], before["unit"]["path"]);
    for claim in ["position", "roles", "unit_code", "unit_name"] {
        assert_eq!(after.get(claim), None, "{claim}");
    }
    assert_eq!(roles_told(&app, &tthc, &nowhere).await, [None, None], "her post is over, and nobody works in the unit");
    let mut browser = app.browser();
    let arrived = browser.sign_in(&nowhere, "/signin").await;
    for page in [arrived, browser.get("/account").await] {
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(page.body.contains("Phường Ba, đã kết thúc ngày 31/12/2026"), "{}", page.body);
    }

    rollback(&app, NAME, false).await.expect("taken back");
    let again = told(&app, &tthc, &kim).await;
    assert_eq!((again["unit"]["name"].as_str(), again["unit"].get("valid_to")), (Some("Phường Ba"), None));
    assert_eq!(again["position"]["id"], json!(kim.positions[0]));
    assert_eq!(roles_told(&app, &tthc, &kim).await, [held.clone(), held]);
}
