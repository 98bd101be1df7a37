//! What a plan leaves of rights: a role of a post goes along with it, an administrator of a unit goes on in its successor,
//! and nobody gains anything.

use crate::support::imports::appoint;
use crate::support::plans::{FIRST, LAST, NAME, applied, preview, register, rollback, text, town, town_plan, unit};
use crate::support::records::count_of;
use crate::support::requests::text as field;
use crate::support::{Official, TestApp, TestClient};
use motlan::base::id::PositionId;
use motlan::model::admin_scope::{AdminRole, AdminScope};
use motlan::service::Origin;
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
async fn an_administrator_goes_on_over_what_they_had_and_every_other_one_is_appointed_anew() {
    let app = town().await;
    let steps = [
        "create,+A,phuong,Phường Sông Một,20001,760,,",
        "create,+C,phuong,Phường Sông Bốn,20004,761,,",
        "create,+D,phuong,Phường Sông Ba,20002,760,,",
        "create,+E,phuong,Phường Sông Năm,20003,760,,",
        "merge,10001,,,,,+A,",
        "merge,10002,,,,,+A,",
        "merge,10004,,,,,+C,",
        "divide,10003,,,,,+D,",
        "divide,10003,,,,,+E,",
        "merge,10006,,,,,10005,",
    ];
    let plan = text(NAME, FIRST, &steps);
    let table: [(&str, &[&str], &[&str]); 6] = [
        // Whose, over which units, over which ones then.
        ("tron", &["10004"], &["20004"]),
        ("mot", &["10001"], &[]),
        ("cahai", &["10001", "10002"], &["20001"]),
        ("chia", &["10003"], &[]),
        ("vao", &["10006"], &[]),
        ("ngoai", &["10005"], &["10005"]),
    ];
    let (mut officials, mut before) = (Vec::new(), Vec::new());
    for (username, units, _) in table {
        let official = app.official_in(username, &units[..1]).await;
        for unit in units {
            appoint(&app, username, (AdminRole::Unit, Some(*unit))).await;
        }
        before.push(scopes(&app, &official).await);
        officials.push(official);
    }
    register(&app, &plan).await.expect("a plan");
    let told = preview(&app, NAME).await;
    assert_eq!((told.scopes.len(), told.scopes_anew()), (6, 3));
    let mut anew: Vec<&str> = told.scopes.iter().filter(|(_, _, moved)| moved.anew).map(|(_, name, _)| name.as_str()).collect();
    anew.sort_unstable();
    assert_eq!(anew, ["chia", "mot", "vao"]);

    applied(&app, &plan).await;

    let on = |scopes: &[AdminScope], day: Date| {
        let counting = scopes.iter().filter(|scope| scope.in_force_on(day));
        counting.map(|scope| (scope.role, scope.unit.clone())).collect::<Vec<_>>()
    };
    for ((official, was), (username, _, then)) in officials.iter().zip(&before).zip(table) {
        let now = scopes(&app, official).await;
        let mut expected = Vec::new();
        for code in then {
            expected.push((AdminRole::Unit, Some(unit(&app, code, FIRST).await)));
        }
        assert_eq!(on(&now, FIRST), expected, "{username}");
        let (mut now, mut was) = (on(&now, LAST), on(was, LAST));
        now.sort();
        was.sort();
        assert_eq!(now, was, "{username}: as it was");
    }
    let back = rollback(&app, NAME, false).await.expect("taken back");
    assert_eq!(back.scopes_left, 0);
    for (official, was) in officials.iter().zip(&before) {
        assert_eq!(scopes(&app, official).await, *was, "{}", official.username);
    }
}

#[tokio::test]
async fn a_unit_that_is_laid_under_a_new_one_from_elsewhere_is_nobodys_by_that() {
    let app = town().await;
    app.official_in("kim", &["760"]).await;
    appoint(&app, "kim", (AdminRole::Unit, Some("760"))).await;
    let own = [
        "create,+Q,quan,Quận Ba,770,79,,",
        "merge,760,,,,,+Q,",
        "move,10001,,,,+Q,,",
        "move,10002,,,,+Q,,",
        "create,+A,phuong,Phường Sông Ba,20003,+Q,,",
        "merge,10003,,,,,+A,",
    ];
    let table = [
        ("rieng", Vec::new(), true),
        ("chuyen-den", vec!["move,10004,,,,+Q,,"], false),
        ("gop-den", vec!["divide,10004,,,,,+A,", "divide,10004,,,,,10005,"], false),
    ];
    for (name, more, goes_on) in table {
        let steps: Vec<&str> = own.iter().copied().chain(more).collect();
        register(&app, &text(name, FIRST, &steps)).await.expect("a plan");
        let told = preview(&app, name).await;
        let told: Vec<(&str, bool, bool)> =
            told.scopes.iter().map(|(_, user, moved)| (user.as_str(), moved.begun.is_some(), moved.anew)).collect();
        assert_eq!(told, [("kim", goes_on, !goes_on)], "{name}");
    }
}
