//! Who holds a role, whole: groups stand in the lists as rows of their own, counted and listed within the reader's bounds, and
//! a person's page says what each of their posts brings them.

use crate::rights_scene::{Admin, CITY, SAI_GON, TAN_DINH, admin, doer, everywhere, owner_of, post, within};
use crate::support::people::lock;
use crate::support::plans::{LAST, applied, town, town_plan, unit};
use crate::support::records::{count_of, rows_of};
use crate::support::{Answer, TestApp};
use motlan::base::date::parse;
use motlan::base::id::UnitId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority::ReadPeople;
use motlan::model::entitlement::Condition;
use motlan::service::Origin;
use motlan::service::entitlements::{self, List};
use motlan::service::provisioning::group_roles::{self, Giver, Seeing, Wish};
use motlan::service::provisioning::roles;
use std::collections::BTreeSet;
use time::Date;
use time::macros::date;

const DAY: i64 = 86_400;
/// The day on which these tests begin.
const TODAY: Date = date!(2026 - 11 - 22);
const OF_CLIENT: &str = "/admin/rights/clients/tthc";

async fn client(app: &TestApp) {
    app.client("tthc", |settings| {
        settings.roles = vec!["lanh-dao".to_owned(), "tiep-nhan".to_owned()];
        settings.unit_granted_roles = vec!["tiep-nhan".to_owned()];
    })
    .await;
}

fn wish(role: &str, unit: &UnitId) -> Wish {
    Wish {
        client_id: "tthc".to_owned(),
        role: role.to_owned(),
        unit: unit.clone(),
        below: false,
        title: None,
        condition: Condition::default(),
        valid_from: None,
        valid_to: None,
        reason: "Quyết định 7/QĐ".to_owned(),
    }
}

/// Gives it at the command line; its id.
async fn give(app: &TestApp, wish: &Wish) -> String {
    let giver = Giver::Operator { actor: "os:test".to_owned(), origin: Origin::command_line() };
    group_roles::add(app.services(), &giver, wish).await.expect("given")
}

/// A page that is there.
async fn opened(by: &mut Admin, path: &str, name: &str) -> Answer {
    let page = by.browser.get(path).await;
    assert_eq!((page.status, page.page()), (200, Some(name)), "{path}: {}", page.body);
    page
}

/// The row of a group that has a role.
fn row<'a>(page: &'a Answer, role: &str) -> Option<&'a str> {
    let cell = format!("<td>{role}<");
    let bare = format!("<td>{role}</td>");
    let is_of_group = |row: &&str| row.contains("Mọi chức vụ trong") && (row.contains(&cell) || row.contains(&bare));
    page.body.split("<tr>").find(is_of_group)
}

/// How many the row says that there are.
fn reached(page: &Answer, role: &str) -> Option<String> {
    let (before, _) = row(page, role)?.split_once(" người")?;
    before.rsplit('>').next().map(str::to_owned)
}

#[tokio::test]
async fn groups_stand_in_the_list_of_a_client_with_how_many_have_the_role_now_within_the_readers_bounds() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    for username in ["kim", "lan"] {
        app.official_in(username, &[SAI_GON]).await;
    }
    let gone = app.official_in("nghi", &[SAI_GON]).await;
    lock(&app, &gone).await;
    app.official_in("minh", &[TAN_DINH]).await;
    let (city, ward) = (unit(&app, CITY, TODAY).await, unit(&app, SAI_GON, TODAY).await);
    let condition = Condition { least_level: Some(2), office_only: true };
    let leaders = give(&app, &Wish { below: true, condition, ..wish("lanh-dao", &city) }).await;
    let clerks = give(&app, &wish("tiep-nhan", &ward)).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let mut own = admin(&app, "own", &[], within(AdminRole::Unit, SAI_GON)).await;
    let mut other = admin(&app, "other", &[], within(AdminRole::Unit, TAN_DINH)).await;
    let mut owner = admin(&app, "owner", &[], owner_of("tthc")).await;

    let told = |text: &str| Some(text.to_owned());
    let table = [
        ("root", &mut root, told("3"), told("2"), [true, true]),
        ("own", &mut own, told("2"), told("2"), [false, true]),
        ("other", &mut other, told("1"), None, [false, false]),
        ("owner", &mut owner, told("3"), told("2"), [true, true]),
    ];
    for (case, by, of_city, of_ward, ends) in table {
        let page = opened(by, OF_CLIENT, "admin-rights-client").await;
        assert_eq!((reached(&page, "lanh-dao"), reached(&page, "tiep-nhan")), (of_city, of_ward), "{case}: {}", page.body);
        let row = row(&page, "lanh-dao").expect("a row");
        for said in ["Chỉ khi xác thực hai lớp", "Chỉ từ mạng cơ quan", "Quyết định 7/QĐ"] {
            assert!(row.contains(said), "{case}: {said}: {row}");
        }
        let leads = |to: &str| page.body.contains(&format!("href=\"/admin/rights/groups/{to}\""));
        assert_eq!(leads(&format!("{leaders}/people")), case != "owner", "{case}: who they are is for whoever reads people");
        assert_eq!([leads(&leaders), leads(&clerks)], ends, "{case}: taking back");
        assert!(!page.body.contains("Nguyễn Văn kim"), "{case}: nobody was given it alone");
    }
    let narrowed = opened(&mut root, &format!("{OF_CLIENT}?role=tiep-nhan"), "admin-rights-client").await;
    assert!(row(&narrowed, "lanh-dao").is_none() && row(&narrowed, "tiep-nhan").is_some(), "{}", narrowed.body);
    assert!(narrowed.body.contains("lanh-dao (0 người, 1 nhóm)"), "{}", narrowed.body);
    assert_eq!(count_of(&app, "rights.listed").await, 5, "each look is on record");
}

#[tokio::test]
async fn behind_the_number_are_the_people_whom_the_reader_may_see_and_the_files_say_the_same() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    app.official_in("kim", &[SAI_GON]).await;
    app.official_in("minh", &[TAN_DINH]).await;
    let (city, ward) = (unit(&app, CITY, TODAY).await, unit(&app, SAI_GON, TODAY).await);
    let leaders = give(&app, &Wish { below: true, ..wish("lanh-dao", &city) }).await;
    let clerks = give(&app, &wish("tiep-nhan", &ward)).await;
    let mut own = admin(&app, "own", &[], within(AdminRole::Unit, SAI_GON)).await;
    let mut other = admin(&app, "other", &[], within(AdminRole::Unit, TAN_DINH)).await;
    let mut owner = admin(&app, "owner", &[], owner_of("tthc")).await;
    let people = |id: &str| format!("/admin/rights/groups/{id}/people");
    let file_of = |id: &str| format!("/admin/rights/export.csv?list=group&id={id}");

    let page = opened(&mut own, &people(&leaders), "admin-rights-group-people").await;
    assert!(page.body.contains("Nguyễn Văn kim") && !page.body.contains("Nguyễn Văn minh"), "{}", page.body);
    let page = opened(&mut other, &people(&leaders), "admin-rights-group-people").await;
    assert!(page.body.contains("Nguyễn Văn minh") && !page.body.contains("Nguyễn Văn kim"), "{}", page.body);
    let listed = rows_of(&app, "rights.listed").await;
    assert_eq!(listed.len(), 2);
    assert!(listed.iter().all(|row| row.detail.contains(&leaders) && row.client_id.as_deref() == Some("tthc")));

    for (by, id) in [(&mut other, &clerks), (&mut owner, &leaders)] {
        for path in [people(id), file_of(id)] {
            assert_eq!(by.browser.get(&path).await.status, 404, "{path}");
        }
    }
    assert_eq!((count_of(&app, "rights.listed").await, count_of(&app, "rights.exported").await), (2, 0));

    let file = own.browser.get(&file_of(&leaders)).await;
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(file.body.contains("\"kim\"") && file.body.contains("Mọi chức vụ trong"), "{}", file.body);
    assert!(!file.body.contains("minh"), "{}", file.body);
    let list = other.browser.get("/admin/rights/export.csv?list=client&id=tthc").await;
    let line = list.body.lines().find(|line| line.contains("\"lanh-dao\"")).unwrap_or_else(|| panic!("{}", list.body));
    assert!(line.ends_with(",\"1\"") && line.contains("Mọi chức vụ trong"), "{line}");
    assert!(!list.body.contains("tiep-nhan"), "{}", list.body);
    assert_eq!(count_of(&app, "rights.exported").await, 2);
}

#[tokio::test]
async fn roles_of_groups_that_end_soon_and_that_nobody_has_are_listed_within_bounds() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    app.official_in("kim", &[SAI_GON]).await;
    let ward = unit(&app, SAI_GON, TODAY).await;
    let ends = |day: &str| Wish { valid_to: parse(day), ..wish("tiep-nhan", &ward) };
    give(&app, &ends("2026-12-10")).await;
    give(&app, &Wish { title: Some("Chuyên viên".to_owned()), ..ends("2027-02-01") }).await;
    give(&app, &Wish { title: Some("Trưởng ban".to_owned()), ..wish("lanh-dao", &ward) }).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let mut own = admin(&app, "own", &[], within(AdminRole::Unit, SAI_GON)).await;
    let mut other = admin(&app, "other", &[], within(AdminRole::Unit, TAN_DINH)).await;
    let rows = |page: &Answer| page.body.matches(", trong Phường").count() + page.body.matches("Mọi chức vụ trong").count();

    for (by, expected) in [(&mut root, true), (&mut own, true), (&mut other, false)] {
        let page = opened(by, "/admin/rights/expiring", "admin-rights-list").await;
        assert_eq!(row(&page, "tiep-nhan").is_some(), expected, "{}", page.body);
        assert!(!page.body.contains("Chuyên viên, trong"), "a later one: {}", page.body);
        assert_eq!(rows(&opened(by, "/admin/rights/unused", "admin-rights-list").await), 0, "they are new");
    }
    app.advance_seconds(31 * DAY);
    for (by, expected) in [(&mut root, true), (&mut own, true), (&mut other, false)] {
        by.again(&app).await;
        let page = opened(by, "/admin/rights/unused", "admin-rights-list").await;
        assert_eq!(page.body.contains("Trưởng ban, trong"), expected, "{}", page.body);
        assert!(!page.body.contains("Chuyên viên, trong"), "kim has it: {}", page.body);
        let page = opened(by, "/admin/rights/expiring", "admin-rights-list").await;
        assert_eq!(row(&page, "tiep-nhan"), None, "what is over ends no more: {}", page.body);
    }
    let file = own.browser.get("/admin/rights/export.csv?list=unused").await;
    assert!(file.body.lines().any(|line| line.contains("Trưởng ban, trong") && line.ends_with(",\"0\"")), "{}", file.body);
}

#[tokio::test]
async fn after_a_merger_the_new_unit_is_told_of_what_its_people_kept_and_of_nothing_else() {
    let app = town().await;
    app.sync().await;
    client(&app).await;
    app.official_in("mot", &["10001"]).await;
    app.official_in("hai", &["10002"]).await;
    let kept = give(&app, &wish("lanh-dao", &unit(&app, "10001", LAST).await)).await;
    let idle = give(&app, &wish("tiep-nhan", &unit(&app, "10003", LAST).await)).await;
    applied(&app, &town_plan()).await;
    let mut merged = admin(&app, "moi", &[], within(AdminRole::Unit, "20001")).await;
    let mut away = admin(&app, "xa", &[], within(AdminRole::Unit, "10004")).await;

    let page = opened(&mut merged, OF_CLIENT, "admin-rights-client").await;
    assert_eq!(reached(&page, "lanh-dao").as_deref(), Some("1"), "{}", page.body);
    assert!(row(&page, "tiep-nhan").is_none(), "nobody came with it: {}", page.body);
    let page = opened(&mut merged, &format!("/admin/rights/groups/{kept}/people"), "admin-rights-group-people").await;
    assert!(page.body.contains("Nguyễn Văn mot") && !page.body.contains("Nguyễn Văn hai"), "{}", page.body);
    assert_eq!(merged.browser.get(&format!("/admin/rights/groups/{idle}/people")).await.status, 404);

    let page = opened(&mut away, OF_CLIENT, "admin-rights-client").await;
    assert!(row(&page, "lanh-dao").is_none() && row(&page, "tiep-nhan").is_none(), "{}", page.body);
    assert_eq!(away.browser.get(&format!("/admin/rights/groups/{kept}/people")).await.status, 404);
}

#[tokio::test]
async fn many_groups_take_several_pages_and_people_come_behind_the_last_of_them() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    app.official_in("kim", &[SAI_GON]).await;
    let ward = unit(&app, SAI_GON, TODAY).await;
    for place in 0..51 {
        give(&app, &Wish { title: Some(format!("Chức danh {place}")), ..wish("lanh-dao", &ward) }).await;
    }
    let origin = Origin::command_line();
    let request = roles::Request {
        username: "kim",
        client_id: "tthc",
        role: "lanh-dao",
        position: None,
        actor: "os:test",
        origin: &origin,
    };
    assert!(roles::grant(app.services(), &request).await.expect("granted"));
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let rows = |page: &Answer| page.body.matches("<th scope=\"row\">Chức danh ").count();

    let first = opened(&mut root, OF_CLIENT, "admin-rights-client").await;
    assert_eq!((rows(&first), first.body.contains("Nguyễn Văn kim")), (50, false), "{}", first.body);
    let next = first.body.split("<a href=\"").find(|link| link.contains("rel=\"next\"")).and_then(|link| link.split('"').next());
    let next = next.unwrap_or_else(|| panic!("no next page: {}", first.body)).replace("&amp;", "&").replace("&#38;", "&");
    let second = opened(&mut root, &next, "admin-rights-client").await;
    assert_eq!((rows(&second), second.body.contains("Nguyễn Văn kim")), (1, true), "{}", second.body);
    assert!(!second.body.contains("rel=\"next\""), "{}", second.body);
    let file = root.browser.get("/admin/rights/export.csv?list=client&id=tthc").await;
    assert_eq!((file.body.matches("Chức danh ").count(), file.body.matches("\"kim\"").count()), (51, 1), "{}", file.body);
}

#[tokio::test]
async fn a_role_that_ends_or_begins_while_a_list_is_taken_away_hides_none_of_the_others_and_doubles_none() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    let ward = unit(&app, SAI_GON, TODAY).await;
    let mut ids = Vec::new();
    for place in 0..53 {
        ids.push(give(&app, &Wish { title: Some(format!("Chức danh {place}")), ..wish("lanh-dao", &ward) }).await);
    }
    let root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let list = List::Client { id: "tthc", role: None, on: None };
    let taking = entitlements::take_away(app.services(), &doer(&root.official.id), list, None).await;
    let mut taking = taking.expect("begun");
    let first = taking.piece().await.expect("an answer").expect("some");
    let mut told: Vec<String> = first.groups.iter().map(|held| held.grant.id.clone()).collect();
    assert_eq!(told.len(), 50);

    let giver = Giver::Operator { actor: "os:test".to_owned(), origin: Origin::command_line() };
    for id in [&told[0], &told[10], &told[49]] {
        assert!(group_roles::revoke(app.services(), &giver, id, None).await.expect("taken back"));
    }
    ids.push(give(&app, &wish("tiep-nhan", &ward)).await);
    while let Some(more) = taking.piece().await.expect("an answer") {
        told.extend(more.groups.into_iter().map(|held| held.grant.id));
    }

    told.sort();
    ids.sort();
    assert_eq!(told, ids, "each of them once");
}

#[tokio::test]
async fn who_looks_after_all_for_whom_a_role_counts_is_led_from_the_list_to_take_it_back_also_when_its_unit_is_gone() {
    let app = town().await;
    app.sync().await;
    client(&app).await;
    app.official_in("mot", &["10001"]).await;
    let (left, other) = (unit(&app, "10001", LAST).await, unit(&app, "10002", LAST).await);
    let theirs = give(&app, &wish("tiep-nhan", &left)).await;
    let above = give(&app, &wish("lanh-dao", &left)).await;
    let idle = give(&app, &wish("tiep-nhan", &other)).await;
    applied(&app, &town_plan()).await;
    let mut merged = admin(&app, "moi", &[], within(AdminRole::Unit, "20001")).await;

    let page = opened(&mut merged, OF_CLIENT, "admin-rights-client").await;
    let leads = |to: &str| page.body.contains(&format!("href=\"/admin/rights/groups/{to}\""));
    assert_eq!([leads(&theirs), leads(&above), leads(&idle)], [true, false, false], "{}", page.body);

    let authority = merged.authority(&app).await;
    let proof = authority.people::<ReadPeople>().expect("a proof");
    let table = [
        ("what the page shows", vec![&theirs, &idle], vec![&theirs]),
        ("what the client does not leave to units", vec![&above], vec![&above]),
        ("nothing", vec![], vec![]),
    ];
    for (case, asked, expected) in table {
        let asked: BTreeSet<String> = asked.into_iter().cloned().collect();
        let some = group_roles::some(app.services(), &Seeing::People(&proof), ("tthc", &asked)).await.expect("some");
        assert_eq!(some.iter().map(|line| &line.grant.id).collect::<Vec<_>>(), expected, "{case}");
        let elsewhere = group_roles::some(app.services(), &Seeing::People(&proof), ("khac", &asked)).await.expect("none");
        assert!(elsewhere.is_empty(), "{case}: of another client");
    }
}

#[tokio::test]
async fn a_persons_page_says_what_each_of_their_posts_brings_by_which_group_or_whose_delegation_and_what_it_asks() {
    let app = town().await;
    app.sync().await;
    client(&app).await;
    let chair = app.official_in("chutich", &["10001"]).await;
    let deputy = app.official_in("pho", &["10004"]).await;
    let condition = Condition { least_level: Some(2), office_only: false };
    give(&app, &Wish { condition, ..wish("lanh-dao", &unit(&app, "10001", LAST).await) }).await;
    let origin = Origin::command_line();
    let of_post = roles::Request {
        username: "chutich",
        client_id: "tthc",
        role: "tiep-nhan",
        position: Some(chair.positions[0].clone()),
        actor: "os:test",
        origin: &origin,
    };
    assert!(roles::grant(app.services(), &of_post).await.expect("granted"));
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let of_deputy = format!("/admin/people/{}/roles", deputy.id);
    let of_chair = format!("/admin/people/{}/roles", chair.id);
    let by_group = ["Mọi chức vụ trong Phường Một", "Chỉ khi xác thực hai lớp", "Quyết định 7/QĐ", "lanh-dao"];

    let page = opened(&mut root, &of_chair, "admin-person-roles").await;
    assert!(by_group.iter().all(|said| page.body.contains(said)), "{}", page.body);
    assert!(!page.body.contains("Theo ủy quyền của"), "{}", page.body);
    let page = opened(&mut root, &of_deputy, "admin-person-roles").await;
    assert!(!page.body.contains("lanh-dao") && !page.body.contains("tiep-nhan"), "{}", page.body);

    let mut at_home = app.browser();
    at_home.sign_in(&chair, "/signin").await;
    let position = chair.positions[0].0.as_str();
    let days = [("valid_from", "2026-11-22"), ("valid_to", "2027-06-30")];
    let whom = [("act", "give"), ("position", position), ("to", "pho"), ("decision_no", "7/QĐ-UBND")];
    let given = post(&mut at_home, "/account/delegations", &[&whom[..], &days[..]].concat()).await;
    assert_eq!((given.status, given.location()), (303, "/account/delegations?done=given"), "{}", given.body);
    app.sync().await;

    let page = opened(&mut root, &of_deputy, "admin-person-roles").await;
    let lent = ["Theo ủy quyền của Nguyễn Văn chutich", "Ủy quyền: vai trò của người ủy quyền", "tiep-nhan"];
    assert!(by_group.iter().chain(&lent).all(|said| page.body.contains(said)), "{}", page.body);
    lock(&app, &chair).await;
    for path in [&of_deputy, &of_chair] {
        let page = opened(&mut root, path, "admin-person-roles").await;
        assert!(!page.body.contains("Mọi chức vụ trong"), "what it rests on is gone: {}", page.body);
    }
}
