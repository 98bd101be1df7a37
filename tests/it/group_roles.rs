//! Roles by post: for a unit, for all under one, for a title; on their days, and as the sign-on is. After a re-organization
//! nobody gains them by a merger, where a unit is only another one by name they go on; a mover's tokens are worth nothing.

use crate::support::flows::{signed_on_with_tokens, tokens_of};
use crate::support::introspection::{ask, nothing};
use crate::support::people::{How, bring_as};
use crate::support::plans::{FIRST, LAST, applied, go_to, rollback, text, town, unit};
use crate::support::registry::bring;
use crate::support::requests::text as field;
use crate::support::{Answer, Browser, Official, START, TestApp, TestClient, stage};
use http::Request;
use motlan::app::config::OfficeNetworks;
use motlan::base::date::vietnam_date;
use motlan::http::extract::origin::Peer;
use motlan::model::client::Entry;
use motlan::model::entitlement::{Condition, GroupGrant};
use motlan::model::sign_on::Manner;
use motlan::service::registry::files::Source;
use motlan::service::sign_on::{self, Proof};
use motlan::service::{Origin, forget};
use motlan::store::changes::Kind;
use motlan::store::group_grants::{self, Stored};
use serde_json::{Value, json};
use std::net::SocketAddr;
use time::Date;
use time::macros::date;

const SIGN_ON: &str = "__Host-motlan_sign_on";
pub const ROLES: (&str, &str) = ("scope", "openid roles");
pub const HEAD: &str =
    "username,full_name,date_of_birth,email,phone,unit_code,department,title,kind,primary,decision_no,valid_from,valid_to\n";
const STEPS: [&str; 5] = [
    "create,+A,phuong,Phường Sông Một,20001,760,,",
    "create,+C,phuong,Phường Bốn Mới,20003,761,,",
    "merge,10001,,,,,+A,",
    "merge,10002,,,,,+A,",
    "merge,10004,,,,,+C,",
];

/// A system with two roles.
pub async fn client(app: &TestApp) -> TestClient {
    app.client("tthc", |settings| settings.roles = vec!["chair".to_owned(), "clerk".to_owned()]).await
}

/// A role of whoever works in the unit that has a code in 2026.
pub async fn group(app: &TestApp, role: &str, code: &str) -> GroupGrant {
    GroupGrant {
        id: format!("{role} of {code}"),
        client_id: "tthc".to_owned(),
        role: role.to_owned(),
        unit: unit(app, code, date!(2026 - 11 - 22)).await,
        below: false,
        title: None,
        condition: Condition::default(),
        given_on: date!(2026 - 11 - 22),
        valid_from: None,
        valid_to: None,
    }
}

/// Grants it; whether it was not there before.
pub async fn give(app: &TestApp, grant: &GroupGrant) -> bool {
    let services = app.services();
    let now = services.clock.now();
    let stored = Stored { grant: grant.clone(), reason: "QĐ 7".to_owned(), granted_at: now, granted_by: "os:test".to_owned() };
    let mut tx = services.store.write().await.expect("a unit of work");
    let added = group_grants::add(&mut tx, &stored).await.expect("an answer");
    forget(&mut tx, services, Kind::GroupGrants, "").await.expect("told");
    tx.commit().await.expect("committed");
    services.known.forget(Kind::GroupGrants, "", now);
    added
}

/// Takes one back; whether it was there.
pub async fn take_back(app: &TestApp, id: &str) -> bool {
    let services = app.services();
    let now = services.clock.now();
    let mut tx = services.store.write().await.expect("a unit of work");
    let taken = group_grants::mark_revoked(&mut tx, id, "os:test", now).await.expect("an answer");
    forget(&mut tx, services, Kind::GroupGrants, "").await.expect("told");
    tx.commit().await.expect("committed");
    services.known.forget(Kind::GroupGrants, "", now);
    taken
}

/// A line of a file of people: one post since a day, perhaps to another.
fn line(username: &str, (code, title): (&str, &str), last: &str) -> String {
    let person = format!("{username},Nguyễn Văn {username},1980-02-03,{username}@vi-du.vn,0900000000");
    format!("{person},{code},Văn phòng,{title},cong_chuc,true,1/QĐ,2025-07-01,{last}\n")
}

async fn titled(app: &TestApp, username: &str, code: &str, title: &str) -> Official {
    app.official_of(&format!("{HEAD}{}", line(username, (code, title), "")), username).await
}

/// The roles that userinfo tells by a token.
async fn told(app: &TestApp, tokens: &Value) -> Value {
    let answer = app.userinfo(field(tokens, "access_token")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["roles"].clone()
}

/// The roles that the client is told of after a new sign-in.
pub async fn roles_of(app: &TestApp, client: &TestClient, official: &Official) -> Value {
    told(app, &app.tokens(client, official, &[ROLES]).await).await
}

#[tokio::test]
async fn a_title_in_any_unit_under_a_unit_brings_a_role_and_a_unit_brings_its_own() {
    let app = town().await;
    let tthc = client(&app).await;
    let chair = titled(&app, "an", "10001", "Chủ tịch").await;
    let deputy = titled(&app, "binh", "10001", "Phó Chủ tịch").await;
    let clerk = app.official_in("kim", &["10001"]).await;
    let far = titled(&app, "xa", "10004", "Chủ tịch").await;
    let chairs = GroupGrant { below: true, title: Some("Chủ tịch".to_owned()), ..group(&app, "chair", "760").await };
    assert!(give(&app, &chairs).await);
    assert!(!give(&app, &GroupGrant { id: "again".to_owned(), ..chairs.clone() }).await, "once");
    let stricter = Condition { least_level: Some(2), office_only: false };
    let again = GroupGrant { id: "again".to_owned(), condition: stricter, ..chairs };
    assert!(!give(&app, &again).await, "what asks more would change nothing");
    assert!(give(&app, &group(&app, "clerk", "10001").await).await);

    let (both, one) = (json!(["chair", "clerk"]), json!(["clerk"]));
    let table = [(&chair, both), (&deputy, one.clone()), (&clerk, one), (&far, Value::Null)];
    for (official, expected) in table {
        assert_eq!(roles_of(&app, &tthc, official).await, expected, "{}", official.username);
    }
}

#[tokio::test]
async fn it_counts_on_its_days_and_is_gone_at_once_when_it_is_taken_back() {
    let app = town().await;
    let tthc = client(&app).await;
    let kim = app.official_in("kim", &["10001"]).await;
    let (first, last): (Date, Date) = (date!(2026 - 11 - 24), date!(2026 - 11 - 25));
    let grant = GroupGrant { valid_from: Some(first), valid_to: Some(last), ..group(&app, "clerk", "10001").await };
    assert!(give(&app, &grant).await);
    let before = roles_of(&app, &tthc, &kim).await;
    go_to(&app, first).await;
    let during = roles_of(&app, &tthc, &kim).await;
    go_to(&app, date!(2026 - 11 - 26)).await;
    let after = roles_of(&app, &tthc, &kim).await;
    assert_eq!((before, during, after), (Value::Null, json!(["clerk"]), Value::Null));

    let lasting = GroupGrant { id: "lasting".to_owned(), valid_from: None, valid_to: None, ..grant };
    assert!(give(&app, &lasting).await, "the other one is over");
    let tokens = app.tokens(&tthc, &kim, &[ROLES]).await;
    assert_eq!(told(&app, &tokens).await, json!(["clerk"]));
    assert!(take_back(&app, "lasting").await);
    assert!(!take_back(&app, "lasting").await, "once");
    assert_eq!(told(&app, &tokens).await, Value::Null, "without a second sign-in");
}

#[tokio::test]
async fn another_node_forgets_it_when_it_looks() {
    let app = town().await;
    let Some(second) = app.second_node().await else { return };
    let tthc = client(&app).await;
    let kim = app.official_in("kim", &["10001"]).await;
    second.sync().await;
    let tokens = second.tokens(&tthc, &kim, &[ROLES]).await;
    assert_eq!(told(&second, &tokens).await, Value::Null);
    assert!(give(&app, &group(&app, "clerk", "10001").await).await);
    second.sync().await;
    assert_eq!(told(&second, &tokens).await, json!(["clerk"]));
    assert!(take_back(&app, "clerk of 10001").await);
    second.sync().await;
    assert_eq!(told(&second, &tokens).await, Value::Null);
}

/// A browser whose sign-on has a level.
async fn signed_on_at(app: &TestApp, official: &Official, level: i64) -> Browser {
    signed_on_by(app, official, (level, if level > 1 { "pwd otp mfa" } else { "pwd" })).await
}

/// A browser whose sign-on reached a level by some methods.
async fn signed_on_by(app: &TestApp, official: &Official, (level, methods): (i64, &str)) -> Browser {
    let proof = Proof {
        person: official.id.clone(),
        level,
        methods: methods.to_owned(),
        password_since: Some(START),
        proved_at: None,
        manner: Manner::default(),
        legacy: None,
    };
    let started = sign_on::start(app.services(), proof, None, &Origin::command_line()).await.expect("a sign-on");
    let mut browser = app.browser();
    browser.cookies.insert(SIGN_ON.to_owned(), started.cookie);
    browser
}

#[tokio::test]
async fn a_role_that_asks_for_two_factors_counts_where_they_were_given_whatever_the_client_asked() {
    let app = town().await;
    let tthc = client(&app).await;
    let kim = app.official_in("kim", &["10001"]).await;
    let condition = Condition { least_level: Some(2), office_only: false };
    assert!(give(&app, &GroupGrant { condition, ..group(&app, "chair", "10001").await }).await);
    assert!(give(&app, &group(&app, "clerk", "10001").await).await);
    let table = [(1, "", json!(["clerk"])), (2, "", json!(["chair", "clerk"])), (2, "LoA1", json!(["chair", "clerk"]))];
    for (level, asked, expected) in table {
        let mut browser = signed_on_at(&app, &kim, level).await;
        let path = app.authorize_path(&tthc, &[ROLES, ("prompt", "none"), ("acr_values", asked)]);
        let arrived = browser.get(&path).await;
        let tokens = tokens_of(&app, &tthc, &arrived).await;
        assert_eq!(told(&app, &tokens).await, expected, "level {level}, {asked}");
    }
}

#[tokio::test]
async fn a_second_factor_that_no_rule_counts_opens_no_role_that_asks_for_two() {
    let app = town().await;
    let tthc = client(&app).await;
    let kim = app.official_in("kim", &["10001"]).await;
    let condition = Condition { least_level: Some(2), office_only: false };
    assert!(give(&app, &GroupGrant { condition, ..group(&app, "chair", "10001").await }).await);
    for (methods, expected) in [("pwd otp mfa", json!(["chair"])), ("pwd otp mca", Value::Null)] {
        let mut browser = signed_on_by(&app, &kim, (2, methods)).await;
        let arrived = browser.get(&app.authorize_path(&tthc, &[ROLES, ("prompt", "none")])).await;
        let tokens = tokens_of(&app, &tthc, &arrived).await;
        assert_eq!(told(&app, &tokens).await, expected, "{methods}");
    }
}

/// Asks for a page from somewhere, perhaps through a proxy that says for whom.
async fn get_from(app: &TestApp, browser: &Browser, (peer, behind): (&str, &str), path: &str) -> Answer {
    let jar = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let mut request = Request::get(path).header("cookie", jar);
    if !behind.is_empty() {
        request = request.header("x-forwarded-for", behind);
    }
    let mut request = request.body(String::new()).expect("a request");
    request.extensions_mut().insert(Peer(SocketAddr::new(peer.parse().expect("an address"), 4711)));
    app.request(request).await
}

#[tokio::test]
async fn a_role_for_offices_counts_in_what_was_asked_from_one_and_a_proxy_is_none() {
    let app = stage(|config| {
        let (name, networks) = ("Phường Một".to_owned(), "10.20.0.0/16".to_owned());
        config.site.office_networks = vec![OfficeNetworks { name, networks }];
        config.server.trusted_proxies = "10.20.9.9/32".to_owned();
    })
    .await;
    let rows = "gso_code,name,kind,parent_code,valid_from\n79,Thành phố Sông,thanh_pho_tw,,2020-01-01\n";
    let source = Source { name: "town.csv".to_owned(), bytes: rows.as_bytes().to_vec() };
    bring(app.services(), &[source], false).await.expect("the city is brought in");
    let tthc = client(&app).await;
    let kim = app.official_in("kim", &["79"]).await;
    let condition = Condition { least_level: None, office_only: true };
    assert!(give(&app, &GroupGrant { condition, ..group(&app, "clerk", "79").await }).await);
    let browser = signed_on_at(&app, &kim, 1).await;
    let table = [
        ("an office", ("10.20.3.4", ""), true),
        ("an office behind the proxy", ("10.20.9.9", "10.20.3.4"), true),
        ("somebody behind the proxy", ("10.20.9.9", "203.0.113.7"), false),
        ("nobody knows who behind the proxy", ("10.20.9.9", "unknown"), false),
        ("the proxy itself", ("10.20.9.9", ""), false),
        ("elsewhere, who says it is an office", ("203.0.113.7", "10.20.3.4"), false),
    ];
    for (case, from, counts) in table {
        let arrived = get_from(&app, &browser, from, &app.authorize_path(&tthc, &[ROLES, ("prompt", "none")])).await;
        let tokens = tokens_of(&app, &tthc, &arrived).await;
        let expected = if counts { json!(["clerk"]) } else { Value::Null };
        assert_eq!(told(&app, &tokens).await, expected, "{case}");
    }

    let stores = app
        .client("kho", |settings| {
            settings.roles = vec!["clerk".to_owned()];
            settings.entry = Entry::WithRole;
            settings.scopes.push("offline_access".to_owned());
        })
        .await;
    let of_stores =
        GroupGrant { id: "kho".to_owned(), client_id: "kho".to_owned(), condition, ..group(&app, "clerk", "79").await };
    assert!(give(&app, &of_stores).await);
    let asked = app.authorize_path(&stores, &[("scope", "openid roles offline_access"), ("prompt", "none")]);
    let tokens = tokens_of(&app, &stores, &get_from(&app, &browser, ("10.20.3.4", ""), &asked).await).await;
    assert_eq!(told(&app, &tokens).await, json!(["clerk"]), "for as long as the sign-on");
    assert_eq!(app.refresh(&stores, field(&tokens, "refresh_token")).await.status, 200);
    app.advance_seconds(app.services().settings.lifetimes.sign_on_seconds + 1);
    assert_eq!(app.refresh(&stores, field(&tokens, "refresh_token")).await.status, 400, "nothing outlives it");
}

#[tokio::test]
async fn a_plan_takes_roles_along_with_whoever_had_them_and_gives_them_to_nobody_else() {
    let app = town().await;
    go_to(&app, FIRST).await;
    let tthc = client(&app).await;
    let mut officials = Vec::new();
    for (username, code) in [("an", "10001"), ("binh", "10002"), ("chi", "10004")] {
        officials.push(app.official_in(username, &[code]).await);
    }
    assert!(give(&app, &group(&app, "clerk", "10001").await).await);
    assert!(give(&app, &group(&app, "chair", "10004").await).await);
    let before = app.tokens(&tthc, &officials[0], &[ROLES]).await;

    applied(&app, &text("sap-nhap", FIRST, &STEPS)).await;

    assert_eq!(told(&app, &before).await, json!(["clerk"]), "a token of before goes on");
    officials.push(app.official_of(&format!("{HEAD}{}", begun("moi", "20001")), "moi").await);
    officials.push(app.official_of(&format!("{HEAD}{}", begun("bon", "20003")), "bon").await);
    let expected = [json!(["clerk"]), Value::Null, json!(["chair"]), Value::Null, json!(["chair"])];
    for (official, expected) in officials.iter().zip(expected) {
        assert_eq!(roles_of(&app, &tthc, official).await, expected, "{}", official.username);
    }
}

/// A line of whoever began in a unit on the day of the plan.
pub fn begun(username: &str, code: &str) -> String {
    line(username, (code, "Chuyên viên"), "").replace("2025-07-01", "2027-01-01")
}

#[tokio::test]
async fn a_plan_that_is_taken_back_leaves_roles_as_they_were() {
    let app = town().await;
    let tthc = client(&app).await;
    let an = app.official_in("an", &["10001"]).await;
    let binh = app.official_in("binh", &["10002"]).await;
    assert!(give(&app, &group(&app, "clerk", "10001").await).await);
    applied(&app, &text("sap-nhap", FIRST, &STEPS)).await;
    rollback(&app, "sap-nhap", false).await.expect("taken back");
    assert_eq!(roles_of(&app, &tthc, &an).await, json!(["clerk"]));
    assert_eq!(roles_of(&app, &tthc, &binh).await, Value::Null);
}

#[tokio::test]
async fn the_tokens_of_a_mover_are_worth_nothing_and_the_new_post_has_none_of_the_old_roles() {
    let app = town().await;
    let tthc = client(&app).await;
    let mut kim = app.official_in("kim", &["10001", "10004"]).await;
    assert!(give(&app, &group(&app, "clerk", "10001").await).await);
    let asked = [("scope", "openid roles offline_access")];
    let tokens = app.tokens(&tthc, &kim, &asked).await;
    let (_, other) = signed_on_with_tokens(&app, &tthc, &app.official_in("lan", &["10001"]).await).await;
    assert_eq!(told(&app, &tokens).await, json!(["clerk"]));

    let today = vietnam_date(app.services().clock.now());
    assert!(today < LAST);
    let ended = format!("{HEAD}{}", line("kim", ("10001", "Chuyên viên"), &today.previous_day().expect("a day").to_string()));
    let report = bring_as(app.services(), ended.as_bytes(), How::default()).await.expect("a report");
    assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
    app.sync().await;

    assert_eq!(app.userinfo(field(&tokens, "access_token")).await.status, 401);
    nothing(&ask(&app, &tthc, field(&tokens, "access_token")).await, "the access token");
    nothing(&ask(&app, &tthc, field(&tokens, "refresh_token")).await, "the refresh token");
    assert_eq!(ask(&app, &tthc, field(&other, "access_token")).await.json()["active"], true, "a colleague's goes on");
    kim.positions.remove(0);
    assert_eq!(roles_of(&app, &tthc, &kim).await, Value::Null);
}
