//! What a plan leaves of rights: a role of a post goes along with it, an administrator of a unit goes on in its successor,
//! and nobody gains anything.

use crate::support::plans::{FIRST, LAST, NAME, applied, rollback, town, town_plan, unit};
use crate::support::records::count_of;
use crate::support::requests::text as field;
use crate::support::{Official, TestApp, TestClient};
use motlan::base::id::PositionId;
use motlan::model::admin_scope::{AdminRole, AdminScope};
use motlan::service::Origin;
use motlan::service::administrators::{self, Grant};
use motlan::service::provisioning::roles;
use motlan::store::admin_roles;
use serde_json::{Value, json};
use time::Date;

/// Gives the role of these tests.
pub async fn grant(app: &TestApp, username: &str, client: &TestClient, position: Option<PositionId>) {
    let origin = Origin::command_line();
    let client_id = client.id.as_str();
    let request = roles::Request { username, client_id, role: "duyet", position, actor: "os:test", origin: &origin };
    assert!(roles::grant(app.services(), &request).await.expect("granted"));
    app.sync().await;
}

/// The roles that the client is told of.
async fn told(app: &TestApp, client: &TestClient, official: &Official) -> Value {
    let tokens = app.tokens(client, official, &[("scope", "openid roles")]).await;
    app.userinfo(field(&tokens, "access_token")).await.json()["roles"].clone()
}

#[tokio::test]
async fn a_role_of_a_post_goes_along_where_the_post_goes_and_nowhere_else() {
    let app = town().await;
    let tthc = app.client("tthc", |settings| settings.roles = vec!["duyet".to_owned()]).await;
    let whole = app.official_in("tron", &["10001"]).await;
    let divided = app.official_in("chia", &["10003"]).await;
    let unbound = app.official_in("rieng", &["10003"]).await;
    for (official, bound) in [(&whole, true), (&divided, true), (&unbound, false)] {
        grant(&app, &official.username, &tthc, bound.then(|| official.positions[0].clone())).await;
        assert_eq!(told(&app, &tthc, official).await, json!(["duyet"]), "{}", official.username);
    }

    applied(&app, &town_plan()).await;

    assert_eq!(told(&app, &tthc, &whole).await, json!(["duyet"]), "the post goes on, and so does what was given to it");
    assert_eq!(told(&app, &tthc, &divided).await, Value::Null, "their post is over");
    assert_eq!(told(&app, &tthc, &unbound).await, json!(["duyet"]), "it was never bound to a post");
    rollback(&app, NAME, false).await.expect("taken back");
    assert_eq!(told(&app, &tthc, &divided).await, json!(["duyet"]));
    assert_eq!(count_of(&app, "role.granted").await + count_of(&app, "role.revoked").await, 3, "no role was touched");
}

/// What somebody administers.
async fn scopes(app: &TestApp, official: &Official) -> Vec<AdminScope> {
    let mut conn = app.services().store.read().await.expect("a connection");
    admin_roles::list(&mut conn, &official.id).await.expect("scopes")
}

#[tokio::test]
async fn an_administrator_of_a_unit_goes_on_in_its_successor_and_of_a_divided_one_in_none() {
    let app = town().await;
    let origin = Origin::command_line();
    let table = [("tron", "10001"), ("chia", "10003"), ("ngoai", "10004")];
    let mut officials = Vec::new();
    for (username, unit) in table {
        officials.push(app.official_in(username, &[unit]).await);
        let role = AdminRole::Unit;
        let (valid_from, valid_to, unit) = (None, None, Some(unit));
        let grant = Grant { username, role, unit, client: None, valid_from, valid_to, actor: "os:test", origin: &origin };
        administrators::grant(app.services(), &grant).await.expect("granted").expect("new");
    }
    let [whole, divided, other] = officials.as_slice() else { panic!("three") };
    let before = [scopes(&app, whole).await, scopes(&app, divided).await, scopes(&app, other).await];
    let successor = {
        applied(&app, &town_plan()).await;
        unit(&app, "20001", FIRST).await
    };

    let on = |scopes: Vec<AdminScope>, day: Date| {
        scopes.into_iter().filter(|scope| scope.in_force_on(day)).map(|scope| (scope.role, scope.unit)).collect::<Vec<_>>()
    };
    assert_eq!(on(scopes(&app, whole).await, FIRST), [(AdminRole::Unit, Some(successor))]);
    assert_eq!(on(scopes(&app, whole).await, LAST), on(before[0].clone(), LAST), "as it was");
    assert!(on(scopes(&app, divided).await, FIRST).is_empty(), "nobody gains anything");
    assert_eq!(on(scopes(&app, divided).await, LAST), on(before[1].clone(), LAST));
    assert_eq!(scopes(&app, other).await, before[2]);

    let back = rollback(&app, NAME, false).await.expect("taken back");
    assert_eq!(back.scopes_left, 0);
    for (official, was) in [whole, divided, other].into_iter().zip(&before) {
        assert_eq!(scopes(&app, official).await, *was, "{}", official.username);
    }
}
