//! What is told of how far a plan and its stages are prepared: who moves and has come, whose old accounts wait, who lives on
//! what was before, what ends; for how long what was counted is kept; and that of several plans that are approved for one day
//! the later needs a new approval.

use crate::legacy_subjects::{account, keeping, link, source};
use crate::rights_scene::{admin, everywhere};
use crate::support::TestApp;
use crate::support::imports::appoint;
use crate::support::people::{bring, person, row};
use crate::support::plans::{APPROVER, AUTHOR, FIRST, LAST, NAME, apply, by, go_to, register, text, town, town_plan, unit};
use crate::support::registry::bring as bring_units;
use crate::support::trail::Hand;
use motlan::base::date::vietnam_date;
use motlan::base::id::{PersonId, UnitId};
use motlan::model::admin_scope::AdminRole;
use motlan::model::client::UnitIdentifier;
use motlan::model::entitlement::{Condition, GroupGrant};
use motlan::service::registry::files::Source;
use motlan::service::reorganization::choices::{self, NewRule};
use motlan::service::reorganization::{
    self, Accounts, Beside, Concern, Former, People, Prepared, Readiness, SHIPPED, prepared, same_day, status, withdraw,
};
use motlan::store::{group_grants, lifecycles};
use time::Date;
use time::macros::date;

/// A month and a day.
const LONG: i64 = 31 * 86_400;
/// So long figures are kept that rest on what has no version, in seconds.
const KEPT: i64 = 600;

/// Two wards that become one, and a third that goes on alone; a stage for each.
const STEPS: [&str; 5] = [
    "create,+A,phuong,Phường Sông Một,20001,760,,",
    "create,+D,phuong,Phường Sông Bốn,20004,761,,",
    "merge,10001,,,,,+A,",
    "merge,10002,,,,,+A,",
    "merge,10004,,,,,+D,",
];

fn staged() -> String {
    let stages = "[[stage]]\nname = \"mot\"\nunits = [\"+A\"]\n\n[[stage]]\nname = \"hai\"\nunits = [\"+D\"]\n\n+++";
    text(NAME, FIRST, &STEPS).replacen("+++", stages, 1)
}

/// One official in each of four wards.
async fn town_of_four() -> TestApp {
    let app = town().await;
    let people = [("an", "10001"), ("binh", "10002"), ("chi", "10003"), ("dung", "10004")];
    let person = |(name, unit): (&str, &str)| row(name, &format!("Nguyễn Văn {name}"), "", unit, "Kế toán");
    assert_eq!(bring(&app, &people.map(person).concat()).await.rows_bad, 0);
    app
}

async fn told(app: &TestApp) -> Vec<Prepared> {
    let known = status(app.services(), NAME).await.expect("a plan");
    prepared(app.services(), &known).await.expect("told")
}

async fn id(app: &TestApp, username: &str) -> PersonId {
    person(app, username).await.expect("a person").id
}

/// An account of an old system in a ward, and whose it is.
async fn old_account(app: &TestApp, (legacy_id, ward): (&str, &str), owner: Option<&str>) {
    account(app, "bd", legacy_id).await;
    let unit = unit(app, ward, LAST).await;
    Hand::of(app).execute(&format!("UPDATE legacy_accounts SET unit_id = '{unit}' WHERE legacy_id = '{legacy_id}'")).await;
    if let Some(owner) = owner {
        link(app, "bd", legacy_id, (None, &id(app, owner).await)).await;
    }
}

async fn signed_in(app: &TestApp, username: &str) {
    let (services, person) = (app.services(), id(app, username).await);
    let mut tx = services.store.write().await.expect("a unit of work");
    lifecycles::mark_signed_in(&mut tx, &person, services.clock.now()).await.expect("noted");
    tx.commit().await.expect("committed");
}

/// Approves a stage, or a whole plan, as it is now.
async fn approve(app: &TestApp, name: &str, stage: Option<&str>) {
    let services = app.services();
    let digest = reorganization::preview(services, name, stage).await.expect("a preview").digest;
    reorganization::approve(services, name, stage, &digest, false, &by(APPROVER)).await.expect("an approval");
}

#[tokio::test]
async fn whoever_moves_is_counted_with_how_far_they_have_come() {
    let app = town_of_four().await;
    source(&app, "bd", "74").await;
    for (account, owner) in
        [(("1", "10001"), Some("an")), (("2", "10002"), Some("binh")), (("3", "10001"), None), (("4", "10004"), None)]
    {
        old_account(&app, account, owner).await;
    }
    signed_in(&app, "an").await;
    signed_in(&app, "dung").await;
    register(&app, &town_plan()).await.expect("a plan");

    let all = told(&app).await;
    let [whole] = all.as_slice() else { panic!("one plan without stages: {all:?}") };
    assert_eq!(whole.people, People { all: 3, owners: 2, arrived: 1, recent: 1 });
    assert_eq!(whole.accounts, Accounts { all: 3, linked: 2, waiting: 1 }, "not the one of a ward that stays");
    assert_eq!(whole.concerns(), [Concern::Undecided(1), Concern::Waiting(1), Concern::Away(1)]);

    app.advance_seconds(LONG);
    assert_eq!(told(&app).await[0].people, People { all: 3, owners: 2, arrived: 1, recent: 0 }, "a month later");
    Hand::of(&app).execute("UPDATE persons SET disabled_at = 1 WHERE username = 'binh'").await;
    app.advance_seconds(KEPT);
    assert_eq!(told(&app).await[0].people, People { all: 2, owners: 1, arrived: 1, recent: 0 }, "who may not sign in");
}

#[tokio::test]
async fn figures_are_kept_while_nothing_changed_and_for_ten_minutes_at_most() {
    let app = town_of_four().await;
    register(&app, &town_plan()).await.expect("a plan");
    let counted_at = app.services().clock.now();
    let figures = async || {
        let all = told(&app).await;
        (all[0].people.all, all[0].accounts.all, all[0].undecided)
    };
    let forge = async || Hand::of(&app).execute("UPDATE plan_counts SET people = 90, accounts = 91, undecided = 92").await;
    assert_eq!(figures().await, (3, 0, 1));

    forge().await;
    app.advance_seconds(KEPT - 1);
    assert_eq!(figures().await, (90, 91, 92), "they are as they were counted");
    assert_eq!(told(&app).await[0].counted_at, counted_at);
    app.advance_seconds(1);
    assert_eq!(figures().await, (3, 0, 92), "whose posts are undecided follows from what has not changed");
    assert_eq!(told(&app).await[0].counted_at, app.services().clock.now());

    forge().await;
    let rule = NewRule { from: "10003", department: None, title: None, seat: None, to: "20002", decision_no: "7/QĐ" };
    choices::add_rule(app.services(), NAME, &rule, &by(AUTHOR)).await.expect("a rule");
    assert_eq!(figures().await, (3, 0, 0), "somebody said where they go");
    forge().await;
    assert_eq!(bring(&app, &row("giang", "Đỗ Giang", "", "10001", "Văn thư")).await.rows_bad, 0);
    assert_eq!(figures().await, (4, 0, 0), "somebody came");
    forge().await;
    let code = "gso_code,scheme,code,valid_from,valid_to\n10006,agency,H29.9,2026-11-22,\n";
    let source = Source { name: "ma.csv".to_owned(), bytes: code.as_bytes().to_vec() };
    bring_units(app.services(), &[source], false).await.expect("a code");
    app.sync().await;
    assert_eq!(figures().await, (4, 0, 0), "the units are others");
}

#[tokio::test]
async fn a_post_that_is_over_before_the_day_or_was_taken_elsewhere_moves_nobody() {
    let app = town_of_four().await;
    register(&app, &town_plan()).await.expect("a plan");
    assert_eq!(told(&app).await[0].people.all, 3);
    let over = row("an", "Nguyễn Văn an", "", "10001", "Kế toán").replace("2025-07-01,\n", "2025-07-01,2026-12-15\n");
    assert_eq!(bring(&app, &over).await.rows_bad, 0);
    assert_eq!(told(&app).await[0].people.all, 2, "an older version of the post does not count");
}

#[tokio::test]
async fn a_system_that_lives_on_what_was_before_is_named_unless_its_day_comes_later() {
    let app = town_of_four().await;
    source(&app, "bd", "74").await;
    app.client("moi", |_| {}).await;
    app.client("ca-hai", |settings| settings.unit_identifier = UnitIdentifier::Both).await;
    app.client("het", |settings| {
        settings.unit_identifier = UnitIdentifier::Legacy;
        settings.unit_identifier_until = Some(LAST);
    })
    .await;
    app.client("du", |settings| {
        settings.unit_identifier = UnitIdentifier::Both;
        settings.unit_identifier_until = Some(date!(2027 - 06 - 30));
    })
    .await;
    app.client("ten-cu", |settings| settings.subject_type = keeping(&["bd"])).await;
    register(&app, &text(NAME, FIRST, &STEPS)).await.expect("a plan");

    let all = told(&app).await;
    let found: Vec<(&str, Former, Option<Date>)> =
        all[0].clients.iter().map(|client| (client.id.as_str(), client.what, client.until)).collect();
    let expected = [("ca-hai", Former::Units, None), ("het", Former::Units, Some(LAST)), ("ten-cu", Former::Subjects, None)];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for one in expected {
        assert!(found.contains(&one), "{one:?}: {found:?}");
    }
    assert_eq!(all[0].concerns(), [Concern::Clients(3)]);
}

/// A role for whoever is in a ward.
async fn group(app: &TestApp, id: &str, unit: UnitId, valid_to: Option<Date>) {
    let services = app.services();
    let grant = GroupGrant {
        id: id.to_owned(),
        client_id: "tthc".to_owned(),
        role: "duyet".to_owned(),
        unit,
        below: false,
        title: None,
        condition: Condition::default(),
        given_on: vietnam_date(services.clock.now()),
        valid_from: None,
        valid_to,
    };
    let stored = group_grants::Stored {
        grant,
        reason: "Quyết định".to_owned(),
        granted_at: services.clock.now(),
        granted_by: "os:test".to_owned(),
    };
    let mut tx = services.store.write().await.expect("a unit of work");
    assert!(group_grants::add(&mut tx, &stored).await.expect("added"));
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn what_ends_with_its_unit_is_told_and_what_goes_on_is_not() {
    let app = town_of_four().await;
    app.client("tthc", |settings| settings.roles = vec!["duyet".to_owned()]).await;
    for (id, ward, valid_to) in [
        ("gop", "10001", None),
        ("xong", "10002", Some(date!(2026 - 12 - 15))),
        ("rieng", "10004", None),
        ("o-lai", "10005", None),
    ] {
        group(&app, id, unit(&app, ward, LAST).await, valid_to).await;
    }
    appoint(&app, "an", (AdminRole::Unit, Some("10001"))).await;
    appoint(&app, "dung", (AdminRole::Unit, Some("10004"))).await;
    register(&app, &staged()).await.expect("a plan");

    let all = told(&app).await;
    let ended = |prepared: &Prepared| prepared.groups.iter().map(|grant| grant.id.clone()).collect::<Vec<_>>();
    let stages: Vec<Option<&str>> = all.iter().map(|prepared| prepared.stage.as_deref()).collect();
    assert_eq!(stages, [None, Some("mot"), Some("hai")]);
    assert_eq!((ended(&all[0]), all[0].scopes), (vec!["gop".to_owned()], 1));
    assert_eq!(all[0].concerns(), [Concern::Groups(1), Concern::Scopes(1)]);
    assert_eq!((ended(&all[1]), all[1].scopes, all[1].people.all), (vec!["gop".to_owned()], 1, 2));
    assert_eq!((ended(&all[2]), all[2].scopes, all[2].people.all), (Vec::new(), 0, 1));
    assert!(all[2].concerns().is_empty(), "the ward that goes on alone takes all along");
}

#[tokio::test]
async fn of_two_plans_that_are_approved_for_one_day_each_is_told_of_the_other_and_the_later_needs_a_new_approval() {
    let app = town_of_four().await;
    let services = app.services();
    register(&app, &staged()).await.expect("a plan");
    for (name, day) in [("khac", FIRST), ("muon", date!(2027 - 02 - 01)), ("som", date!(2026 - 12 - 01))] {
        register(&app, &text(name, day, &["rename,10006,,Xã Sáu Mới,,,,"])).await.expect("a plan");
    }
    approve(&app, NAME, Some("mot")).await;

    let mot = vec![Beside { plan: NAME.to_owned(), stage: Some("mot".to_owned()) }];
    let table = [(NAME, Vec::new()), ("khac", mot.clone()), ("muon", mot), ("som", Vec::new())];
    for (name, expected) in table {
        assert_eq!(same_day(services, name).await.expect("told"), expected, "{name}");
    }

    approve(&app, NAME, Some("hai")).await;
    assert!(told(&app).await.iter().all(|prepared| prepared.beside.is_empty()), "stages leave each other's units alone");
    approve(&app, "khac", None).await;
    assert!(told(&app).await.iter().all(|prepared| prepared.concerns().contains(&Concern::Beside(1))));
    go_to(&app, FIRST).await;
    apply(&app, "khac").await.expect("applied");

    let known = status(services, NAME).await.expect("a plan");
    for stage in ["mot", "hai"] {
        let found = known.stages.iter().find(|known| known.stage.as_deref() == Some(stage)).expect("a stage");
        assert_eq!(found.readiness, Readiness::RegistryChanged, "{stage}");
    }
    approve(&app, NAME, Some("mot")).await;
    reorganization::apply(services, NAME, Some("mot"), false, &by(APPROVER), &|_, _| {}).await.expect("applied");
    let stages: Vec<Option<String>> = told(&app).await.into_iter().map(|prepared| prepared.stage).collect();
    assert_eq!(stages, [Some("hai".to_owned())], "what counts is not prepared any more");
}

#[tokio::test]
async fn of_a_plan_that_is_withdrawn_nothing_is_told() {
    let app = town_of_four().await;
    register(&app, &town_plan()).await.expect("a plan");
    withdraw(app.services(), NAME, &by(APPROVER)).await.expect("withdrawn");
    assert!(told(&app).await.is_empty());
}

#[tokio::test]
async fn the_page_of_a_plan_tells_of_each_stage_and_warns_whoever_approves() {
    let app = town_of_four().await;
    register(&app, &staged()).await.expect("a plan");
    let mut approver = admin(&app, "duyet", &[], everywhere(AdminRole::Directory)).await;
    let page = format!("/admin/plans/{NAME}");

    let alone = approver.browser.get(&format!("{page}?stage=hai")).await;
    assert_eq!((alone.status, alone.page()), (200, Some("admin-plan")), "{}", alone.body);
    assert!(alone.body.contains("plan-prepared-1") && !alone.body.contains("plan-prepared-2"), "{}", alone.body);
    assert!(!alone.body.contains("plan-beside"), "nothing else is approved: {}", alone.body);
    let whole = approver.browser.get(&page).await;
    assert!(whole.body.contains("plan-prepared-3") && !whole.body.contains("plan-prepared-4"), "{}", whole.body);

    register(&app, &text("khac", FIRST, &["rename,10006,,Xã Sáu Mới,,,,"])).await.expect("a plan");
    approve(&app, "khac", None).await;
    let warned = approver.browser.get(&format!("{page}?stage=hai")).await;
    assert!(warned.body.contains("plan-beside") && warned.body.contains("khac ("), "{}", warned.body);
}

#[tokio::test]
async fn the_whole_table_of_a_plan_is_on_one_page_for_whoever_asks() {
    let app = town_of_four().await;
    let (name, text) = SHIPPED[0];
    register(&app, text).await.expect("the shipped plan");
    let mut reader = admin(&app, "xem", &[], everywhere(AdminRole::Directory)).await;
    let rows = |body: &str| body.matches("<tr><th scope=\"row\" lang=\"vi\">").count();

    let first = reader.browser.get(&format!("/admin/plans/{name}")).await;
    assert!(rows(&first.body) <= 50 && first.body.contains("plan-whole"), "{}", first.body);
    let whole = reader.browser.get(&format!("/admin/plans/{name}?whole=1")).await;
    assert!(rows(&whole.body) > 400, "{}", rows(&whole.body));
    assert!(!whole.body.contains("plan-whole") && !whole.body.contains("rel=\"next\""));
}
