//! What else a plan is told to do before it is approved: which roles of groups go on with their units and which do not, which
//! systems live on codes of before in whatever way, and what somebody loses with a post after which none comes.

use crate::legacy_subjects::source;
use crate::rights_scene::{admin, everywhere};
use crate::support::TestApp;
use crate::support::people::{bring, row};
use crate::support::plans::{FIRST, LAST, NAME, applied, apply, approve, go_to, preview, register, text, town, unit};
use crate::support::records::rows_of;
use crate::support::registry::bring as bring_units;
use crate::support::trail::Hand;
use motlan::base::date::vietnam_date;
use motlan::model::admin_scope::AdminRole;
use motlan::model::client::UnitIdentifier;
use motlan::model::entitlement::{Condition, GroupGrant};
use motlan::service::registry::files::Source;
use motlan::service::reorganization::{Concern, Former, Prepared, prepared, status};
use motlan::store::plan_figures::{self, GroupsOf};
use motlan::store::{group_grants, plan_runs};
use time::Date;
use time::macros::date;

/// Two wards that become one, a third that is divided, and a fourth that goes on alone.
const STEPS: [&str; 8] = [
    "create,+A,phuong,Phường Sông Một,20001,760,,",
    "create,+B,phuong,Phường Sông Ba,20002,760,,",
    "create,+D,phuong,Phường Sông Bốn,20004,761,,",
    "merge,10001,,,,,+A,",
    "merge,10002,,,,,+A,",
    "divide,10003,,,,,+A,",
    "divide,10003,,,,,+B,",
    "merge,10004,,,,,+D,",
];

/// A day that is over already, so that a plan may be applied at once.
const PAST: Date = date!(2026 - 11 - 01);
const EVE: Date = date!(2026 - 10 - 31);

/// The town with a system that has roles.
async fn scene() -> TestApp {
    let app = town().await;
    app.client("tthc", |settings| settings.roles = vec!["duyet".to_owned(), "xem".to_owned()]).await;
    app
}

/// A role for whoever is in a ward.
async fn group(app: &TestApp, (id, role): (&str, &str), (ward, on): (&str, Date), valid_to: Option<Date>) {
    let services = app.services();
    let now = services.clock.now();
    let grant = GroupGrant {
        id: id.to_owned(),
        client_id: "tthc".to_owned(),
        role: role.to_owned(),
        unit: unit(app, ward, on).await,
        below: false,
        title: None,
        condition: Condition::default(),
        given_on: vietnam_date(now),
        valid_from: None,
        valid_to,
    };
    let stored =
        group_grants::Stored { grant, reason: "Quyết định".to_owned(), granted_at: now, granted_by: "os:test".to_owned() };
    let mut tx = services.store.write().await.expect("a unit of work");
    assert!(group_grants::add(&mut tx, &stored).await.expect("added"));
    tx.commit().await.expect("committed");
}

fn of(role: &str, go_on: i64, end: i64) -> GroupsOf {
    GroupsOf { client: "tthc".to_owned(), role: role.to_owned(), go_on, end }
}

/// What stands between two marks of a page; nothing where the first is not there.
fn between<'b>(body: &'b str, from: &str, to: &str) -> &'b str {
    let rest = body.split_once(from).map(|(_, rest)| rest).unwrap_or_default();
    rest.split_once(to).map_or(rest, |(part, _)| part)
}

#[tokio::test]
async fn roles_of_groups_are_told_by_client_and_role_with_how_many_go_on_and_how_many_do_not() {
    let app = scene().await;
    assert_eq!(bring(&app, &row("an", "Nguyễn Văn An", "", "10001", "Kế toán")).await.rows_bad, 0);
    register(&app, &text(NAME, FIRST, &STEPS)).await.expect("a plan");
    let none = preview(&app, NAME).await;
    assert!(none.groups.is_empty(), "{:?}", none.groups);

    for (id, role, ward, valid_to) in [
        ("gop", "duyet", "10001", None),
        ("chia", "duyet", "10003", None),
        ("rieng", "duyet", "10004", None),
        ("rieng-xem", "xem", "10004", Some(date!(2027 - 12 - 31))),
        ("het", "duyet", "10002", Some(date!(2026 - 12 - 15))),
        ("o-lai", "duyet", "10005", None),
    ] {
        group(&app, (id, role), (ward, LAST), valid_to).await;
    }
    let told = preview(&app, NAME).await;
    let expected = [of("duyet", 1, 2), of("xem", 1, 0)];
    assert_eq!(told.groups, expected);
    assert_eq!(told.digest, none.digest, "what is approved does not rest on them");

    let mut reader = admin(&app, "doc", &[], everywhere(AdminRole::Directory)).await;
    let body = reader.browser.get(&format!("/admin/plans/{NAME}")).await.body;
    let table = between(&body, "id=\"plan-group-roles\"", "</section>");
    for (role, go_on, end) in [("duyet", 1, 2), ("xem", 1, 0)] {
        let cells = format!("<td>{role}</td><td class=\"r num\">{go_on}</td><td class=\"r num\">{end}</td>");
        assert!(table.contains(&cells), "{role}: {body}");
    }

    approve(&app, NAME, true).await.expect("an approval");
    go_to(&app, FIRST).await;
    apply(&app, NAME).await.expect("applied");
    let mut conn = app.services().store.read().await.expect("a connection");
    let run = plan_runs::list_of(&mut conn, NAME).await.expect("runs").remove(0);
    let figures = plan_figures::find(&mut conn, &run.id).await.expect("an answer").expect("figures");
    assert_eq!(figures.tally.expect("it was gone through").groups, expected, "it is still told once it counts");
}

#[tokio::test]
async fn a_role_of_a_group_for_which_another_unit_stands_by_now_is_told_with_that_one() {
    let app = scene().await;
    group(&app, ("rieng", "duyet"), ("10004", EVE), None).await;
    let first = ["create,+C,phuong,Phường Sông Sáu,20003,761,,", "merge,10004,,,,,+C,"];
    applied(&app, &text("lan-mot", PAST, &first)).await;

    let alone = ["create,+E,phuong,Phường Sông Bảy,20005,761,,", "merge,20003,,,,,+E,"];
    register(&app, &text("lan-hai", FIRST, &alone)).await.expect("a plan");
    register(&app, &text("lan-ba", FIRST, &["merge,20003,,,,,10005,"])).await.expect("a plan");
    register(&app, &text("lan-tu", FIRST, &["merge,10001,,,,,10002,"])).await.expect("a plan");
    let table = [("lan-hai", vec![of("duyet", 1, 0)]), ("lan-ba", vec![of("duyet", 0, 1)]), ("lan-tu", Vec::new())];
    for (name, expected) in table {
        assert_eq!(preview(&app, name).await.groups, expected, "{name}");
    }
}

/// Brings in agency codes.
async fn codes(app: &TestApp, rows: &str) {
    let text = format!("gso_code,scheme,code,valid_from,valid_to\n{rows}");
    let source = Source { name: "ma.csv".to_owned(), bytes: text.into_bytes() };
    bring_units(app.services(), &[source], false).await.expect("codes");
    app.sync().await;
}

/// Which systems a plan is told to concern, and in which way.
async fn systems(app: &TestApp, name: &str) -> Vec<(String, String)> {
    let told = preview(app, name).await.clients;
    let mut all: Vec<(String, String)> = told.into_iter().map(|(id, _, way)| (id, way)).collect();
    // Engines do not agree on the order of texts.
    all.sort_unstable();
    all
}

fn ways(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|&(id, way)| (id.to_owned(), way.to_owned())).collect()
}

/// How far the plan is prepared.
async fn far(app: &TestApp) -> Prepared {
    let known = status(app.services(), NAME).await.expect("a plan");
    prepared(app.services(), &known).await.expect("told").remove(0)
}

/// What had better be looked at before of each system.
fn leaning(prepared: &Prepared) -> Vec<(&str, &str, Option<Date>)> {
    let mut all: Vec<(&str, &str, Option<Date>)> =
        prepared.clients.iter().map(|client| (client.id.as_str(), client.what.word(), client.until)).collect();
    all.sort_unstable();
    all
}

/// Systems that live on codes of before in each way, and such as do not.
async fn scene_of_systems() -> TestApp {
    let app = town().await;
    source(&app, "bd", "74").await;
    codes(&app, "10001,agency,H29.1,2026-11-22,\n10005,agency,H29.5,2026-11-22,\n").await;
    let old = || vec!["bd".to_owned()];
    app.client("thuong", |_| {}).await;
    app.client("co-goc", |settings| settings.legacy_sources = old()).await;
    app.client("khong-xin", |settings| {
        settings.legacy_sources = old();
        settings.scopes.retain(|scope| scope != "legacy");
    })
    .await;
    app.client("ca-hai", |settings| {
        settings.legacy_sources = old();
        settings.unit_identifier = UnitIdentifier::Both;
    })
    .await;
    app.client("ma-co-quan", |settings| settings.unit_code_scheme = "agency".to_owned()).await;
    app.client("ma-la", |settings| settings.unit_code_scheme = "bhxh".to_owned()).await;
    register(&app, &text(NAME, FIRST, &STEPS)).await.expect("a plan");
    app
}

#[tokio::test]
async fn a_system_that_is_told_old_accounts_or_a_code_that_units_after_have_none_of_is_among_those_that_use_old_codes() {
    let app = scene_of_systems().await;
    let all = [("ca-hai", "both"), ("ca-hai", "identities"), ("co-goc", "identities"), ("ma-co-quan", "codes")];
    assert_eq!(systems(&app, NAME).await, ways(&all));
    register(&app, &text("khac", FIRST, &["merge,10001,,,,,10005,"])).await.expect("a plan");
    assert_eq!(systems(&app, "khac").await, ways(&all[..3]), "the unit after has a code of the kind");

    let told = far(&app).await;
    let (units, accounts, codes) = (Former::Units.word(), Former::Identities.word(), Former::Codes.word());
    let endless = [("ca-hai", accounts, None), ("ca-hai", units, None), ("co-goc", accounts, None), ("ma-co-quan", codes, None)];
    assert_eq!(leaning(&told), endless);
    assert_eq!(told.concerns(), [Concern::Clients(4)]);

    let set = async |day: &str| Hand::of(&app).execute(&format!("UPDATE legacy_sources SET sunset_on = '{day}'")).await;
    set("2026-12-31").await;
    let short = [
        ("ca-hai", accounts, Some(LAST)),
        ("ca-hai", units, None),
        ("co-goc", accounts, Some(LAST)),
        ("ma-co-quan", codes, None),
    ];
    assert_eq!(leaning(&far(&app).await), short, "their day comes before the plan's");
    set("2027-06-30").await;
    let rest = [("ca-hai", units, None), ("ma-co-quan", codes, None)];
    assert_eq!(leaning(&far(&app).await), rest, "their day comes later");
    assert_eq!(systems(&app, NAME).await, ways(&all), "they are still told them");
    set("2026-11-21").await;
    assert_eq!(systems(&app, NAME).await, ways(&[all[0], all[3]]), "nobody is told them any more");
}

#[tokio::test]
async fn the_page_of_a_plan_says_in_which_way_each_system_uses_old_codes() {
    let app = scene_of_systems().await;
    let mut reader = admin(&app, "doc", &[], everywhere(AdminRole::Directory)).await;

    let body = reader.browser.get(&format!("/admin/plans/{NAME}")).await.body;

    let told = between(&body, "id=\"plan-clients\"", "</section>");
    let table = [
        ("ca-hai", "nhận cả mã cũ và mã mới"),
        ("ca-hai", "nhận mã đơn vị cũ trong các tài khoản cũ đã liên kết"),
        ("co-goc", "nhận mã đơn vị cũ trong các tài khoản cũ đã liên kết"),
        ("ma-co-quan", "dùng loại mã mà đơn vị sau sắp xếp chưa có"),
    ];
    for (id, way) in table {
        assert!(told.contains(&format!("<bdi>{id}</bdi>: {way}</p>")), "{id}, {way}: {body}");
    }
    for id in ["thuong", "khong-xin", "ma-la"] {
        assert!(!told.contains(&format!("<bdi>{id}</bdi>")), "{id}: {told}");
    }
}

#[tokio::test]
async fn whoever_has_no_post_afterwards_is_told_the_roles_of_groups_that_end_with_it_and_nobody_else_is() {
    let app = scene().await;
    let people = [("an", "10001"), ("chi", "10003"), ("dung", "10005")];
    let person = |(name, ward): (&str, &str)| row(name, &format!("Nguyễn Văn {name}"), "", ward, "Kế toán");
    assert_eq!(bring(&app, &people.map(person).concat()).await.rows_bad, 0);
    for (id, role, ward, valid_to) in [
        ("gop", "duyet", "10001", None),
        ("chia", "duyet", "10003", None),
        ("chia-het", "xem", "10003", Some(LAST)),
        ("o-lai", "duyet", "10005", None),
    ] {
        group(&app, (id, role), (ward, LAST), valid_to).await;
    }
    register(&app, &text(NAME, FIRST, &STEPS)).await.expect("a plan");
    let mut reader = admin(&app, "doc", &[], everywhere(AdminRole::Directory)).await;

    let ending = "tthc: duyet (theo nhóm, kết thúc cùng vị trí)";
    for (username, is_told) in [("an", false), ("chi", true), ("dung", false)] {
        let body = reader.browser.get(&format!("/admin/plans/{NAME}/person?username={username}")).await.body;
        assert!(body.contains(&format!("<bdi class=\"sub\">{username}</bdi>")), "{username}: {body}");
        assert_eq!(body.contains(ending), is_told, "{username}: {body}");
        assert!(!body.contains("tthc: xem"), "its days are over by then: {body}");
    }
    let looked = rows_of(&app, "person.viewed").await;
    assert_eq!(looked.len(), 3, "who was looked at is on record");
    assert!(looked.iter().all(|row| row.person_id.is_some() && row.detail.contains("\"part\":\"plan\"")), "{looked:?}");
}
