//! Where roles of groups end: with a unit that a plan's undoing takes away, with the delegation by which somebody would have
//! one; and of several that are given at once and say nearly the same, one counts.

use crate::rights_scene::{CITY, SAI_GON, TAN_DINH};
use crate::support::people::lock;
use crate::support::plans::{APPROVER, FIRST, NAME, applied, digests, rollback, town, town_plan, unit};
use crate::support::races::together;
use crate::support::records::{count_of, rows_of};
use crate::support::requests::text;
use crate::support::{Official, TestApp, TestClient};
use motlan::base::date::parse;
use motlan::base::id::UnitId;
use motlan::model::entitlement::Condition;
use motlan::service::provisioning::group_roles::{self, Giver, GroupRoleError, Seeing, Wish};
use motlan::service::reorganization::ReorganizationError;
use motlan::service::{Origin, Services, delegation};
use motlan::store::group_grants;
use serde_json::{Value, json};
use time::Date;
use time::macros::date;

/// The day on which these tests begin.
const TODAY: Date = date!(2026 - 11 - 22);
/// So many give nearly the same at once.
const GIVERS: usize = 8;
const ROUNDS: usize = 3;

async fn client(app: &TestApp) -> TestClient {
    app.client("tthc", |settings| settings.roles = vec!["tiep-nhan".to_owned()]).await
}

fn operator() -> Giver {
    Giver::Operator { actor: "os:test".to_owned(), origin: Origin::command_line() }
}

fn wish(unit: &UnitId) -> Wish {
    Wish {
        client_id: "tthc".to_owned(),
        role: "tiep-nhan".to_owned(),
        unit: unit.clone(),
        below: false,
        title: None,
        condition: Condition::default(),
        valid_from: None,
        valid_to: None,
        reason: "Quyết định 7/QĐ".to_owned(),
    }
}

async fn give(app: &TestApp, wish: &Wish) -> String {
    group_roles::add(app.services(), &operator(), wish).await.expect("given")
}

/// The units of all roles of groups.
async fn given(app: &TestApp) -> Vec<UnitId> {
    let lines = group_roles::list(app.services(), &Seeing::Operator, None).await.expect("a list");
    lines.into_iter().map(|line| line.grant.unit).collect()
}

/// The roles that the client is told of.
async fn told(app: &TestApp, client: &TestClient, official: &Official) -> Value {
    let tokens = app.tokens(client, official, &[("scope", "openid roles")]).await;
    app.userinfo(text(&tokens, "access_token")).await.json()["roles"].clone()
}

#[tokio::test]
async fn what_was_given_in_a_unit_that_goes_ends_when_that_is_accepted_and_does_not_come_back_with_the_plan() {
    let app = town().await;
    app.sync().await;
    let tthc = client(&app).await;
    let an = app.official_in("an", &["10001"]).await;
    let stays = unit(&app, "10004", TODAY).await;
    give(&app, &wish(&stays)).await;
    assert_eq!(told(&app, &tthc, &an).await, Value::Null);
    let before = digests(&app).await;
    applied(&app, &town_plan()).await;
    let merged = unit(&app, "20001", FIRST).await;
    let id = give(&app, &wish(&merged)).await;
    assert_eq!(told(&app, &tthc, &an).await, json!(["tiep-nhan"]));
    let after = digests(&app).await;

    let refused = rollback(&app, NAME, false).await;

    assert!(matches!(refused, Err(ReorganizationError::GroupRolesSince { roles: 1, people: 0 })), "{refused:?}");
    assert_eq!(digests(&app).await, after, "nothing is changed");
    assert_eq!((count_of(&app, "plan.rolled_back").await, count_of(&app, "group_role.revoked").await), (0, 0));
    assert_eq!(told(&app, &tthc, &an).await, json!(["tiep-nhan"]));

    let back = rollback(&app, NAME, true).await.expect("taken back");

    let ended = back.group_roles_ended.iter().map(|(grant, unit)| (grant.id.as_str(), unit.as_str()));
    assert_eq!(ended.collect::<Vec<_>>(), [(id.as_str(), "Phường Sông Một")]);
    assert_eq!((back.rights_ended, back.kept.len(), digests(&app).await), (0, 0, before));
    let rows = rows_of(&app, "group_role.revoked").await;
    let [row] = rows.as_slice() else { panic!("one row: {rows:?}") };
    assert_eq!((row.client_id.as_deref(), row.actor.as_deref()), (Some("tthc"), Some(APPROVER)));
    assert!(row.detail.contains(&id) && row.detail.contains(NAME) && row.detail.contains("bãi bỏ"), "{}", row.detail);
    let rows = rows_of(&app, "plan.rolled_back").await;
    let detail: Value = serde_json::from_str(&rows[0].detail).expect("JSON");
    assert_eq!(detail["group_roles_ended"], 1, "{detail}");
    assert_eq!((given(&app).await, told(&app, &tthc, &an).await), (vec![stays.clone()], Value::Null));

    applied(&app, &town_plan()).await;
    assert_eq!(unit(&app, "20001", FIRST).await, merged, "the same unit is there again");
    assert_eq!((given(&app).await, told(&app, &tthc, &an).await), (vec![stays], Value::Null), "nobody gave it anew");
    give(&app, &wish(&merged)).await;
    assert_eq!(told(&app, &tthc, &an).await, json!(["tiep-nhan"]), "but anybody may");
}

#[tokio::test]
async fn where_a_unit_was_taken_away_nothing_is_given_in_it_also_on_a_node_that_has_not_heard_of_it() {
    let app = town().await;
    app.sync().await;
    client(&app).await;
    applied(&app, &town_plan()).await;
    let (merged, stays) = (unit(&app, "20001", FIRST).await, unit(&app, "10004", FIRST).await);
    let second = app.second_node().await;
    rollback(&app, NAME, false).await.expect("taken back");

    let behind = second.as_ref().unwrap_or(&app);
    let refused = group_roles::add(behind.services(), &operator(), &wish(&merged)).await;

    assert!(matches!(refused, Err(GroupRoleError::UnknownUnit)), "{refused:?}");
    assert_eq!((given(&app).await.len(), count_of(&app, "group_role.granted").await), (0, 0));
    let mut tx = app.services().store.write().await.expect("a unit of work");
    let mut held = Vec::new();
    for unit in [&merged, &stays] {
        held.push(group_grants::hold_unit(&mut tx, unit).await.expect("an answer"));
    }
    assert_eq!(held, [false, true]);
}

/// Gives a role to a group; whether nobody else had.
async fn attempt(services: Services, wish: Wish) -> bool {
    match group_roles::add(&services, &operator(), &wish).await {
        Ok(_) => true,
        Err(GroupRoleError::Held) => false,
        Err(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn of_all_who_give_nearly_the_same_at_once_one_does() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    let ward = unit(&app, SAI_GON, TODAY).await;
    for round in 0..ROUNDS {
        let asked = |number: usize| Wish {
            title: Some(format!("Chức danh {round}")),
            valid_to: parse(&format!("2027-06-{:02}", number + 1)),
            ..wish(&ward)
        };
        let attempts: Vec<_> = (0..GIVERS).map(|number| attempt(app.services().clone(), asked(number))).collect();

        let done = together(attempts).await;

        assert_eq!(done.into_iter().filter(|given| *given).count(), 1, "round {round}: their days overlap");
    }
    assert_eq!((given(&app).await.len(), count_of(&app, "group_role.granted").await), (ROUNDS, ROUNDS));
}

/// The user names of those who would have a role.
async fn reached(app: &TestApp, wish: &Wish) -> Vec<String> {
    let reach = group_roles::look(app.services(), &operator(), wish).await.expect("a look");
    let names: Vec<String> = reach.names.into_iter().map(|(username, ..)| username).collect();
    assert_eq!((usize::try_from(reach.people).expect("a number"), reach.at_most), (names.len(), false));
    names
}

#[tokio::test]
async fn whoever_acts_for_somebody_would_have_a_role_only_while_that_counts() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    let chair = app.official_in("kim", &[SAI_GON]).await;
    app.official_in("lan", &[TAN_DINH]).await;
    let (ward, other) = (unit(&app, SAI_GON, TODAY).await, unit(&app, TAN_DINH, TODAY).await);
    let everybody = Wish { below: true, ..wish(&unit(&app, CITY, TODAY).await) };
    assert_eq!(reached(&app, &wish(&ward)).await, ["kim"]);
    let services = app.services();
    let known = services.person(&chair.id).await.expect("an answer").expect("a person");
    let origin = Origin::command_line();
    let handed = delegation::Wish {
        position: chair.positions[0].0.clone(),
        to: "lan".to_owned(),
        valid_from: "2026-11-22".to_owned(),
        valid_to: "2027-06-30".to_owned(),
        decision_no: "7/QĐ-UBND".to_owned(),
    };
    let by = delegation::By { person: &chair.id, origin: &origin };

    delegation::give(services, by, &known, &handed).await.expect("handed over");
    app.sync().await;
    assert_eq!(reached(&app, &wish(&ward)).await, ["kim", "lan"]);

    lock(&app, &chair).await;
    assert!(reached(&app, &wish(&ward)).await.is_empty(), "what was handed over rests on nothing any more");
    for (case, asked) in [("their own unit", wish(&other)), ("a unit above both", everybody)] {
        assert_eq!(reached(&app, &asked).await, ["lan"], "{case}: by their own post");
    }
}
