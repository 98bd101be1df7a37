//! The lists of rights as of a day: who held a role of a system, and which roles groups had, of what is the reader's today. What
//! changed since does not change the day, and what is done is done of today.

use crate::group_roles::{client, give, group, take_back};
use crate::rights_scene::{Admin, SAI_GON, TAN_DINH, admin, everywhere, owner_of, within};
use crate::support::people::lock;
use crate::support::records::{count_of, rows_of};
use crate::support::{Answer, TestApp};
use motlan::app::cli::grant;
use motlan::model::admin_scope::AdminRole;
use motlan::model::entitlement::GroupGrant;
use motlan::service::Origin;
use motlan::service::provisioning::roles;
use time::Date;
use time::macros::date;

const DAY: i64 = 86_400;
const GROUPS: &str = "/admin/rights/groups";
const OF_CLIENT: &str = "/admin/rights/clients/tthc";
const EXPORT: &str = "/admin/rights/export.csv?list=client&id=tthc";
/// Roles of groups: what a row of a list says of each.
const CHAIRS: (&str, &str) = ("Phường Sài Gòn", "chair");
const CLERKS: (&str, &str) = ("Phường Sài Gòn", "clerk");
const OTHERS: (&str, &str) = ("Phường Tân Định", "clerk");

/// Rows that are looked for.
type Rows = &'static [(&'static str, &'static str)];

async fn next_day(app: &TestApp) {
    app.advance_seconds(DAY);
    app.sync().await;
}

/// Gives somebody a role of their own, or takes it back.
async fn own_role(app: &TestApp, username: &str, gives: bool) {
    let origin = Origin::command_line();
    let (client_id, role, actor) = ("tthc", "clerk", "os:test");
    let request = roles::Request { username, client_id, role, position: None, actor, origin: &origin };
    let done = if gives { roles::grant(app.services(), &request).await } else { roles::revoke(app.services(), &request).await };
    assert!(done.expect("an answer"), "{username}");
}

/// On the first day two roles of groups are given; on the second one of them is taken back and another one given; then a day
/// goes by.
async fn three_days() -> TestApp {
    let app = TestApp::with_registry().await;
    client(&app).await;
    assert!(give(&app, &group(&app, "chair", SAI_GON).await).await);
    assert!(give(&app, &group(&app, "clerk", TAN_DINH).await).await);
    next_day(&app).await;
    assert!(take_back(&app, "chair of 26740").await);
    assert!(give(&app, &group(&app, "clerk", SAI_GON).await).await);
    next_day(&app).await;
    app
}

/// Of the three roles those that have a row on a page.
fn rows(page: &Answer) -> Vec<(&'static str, &'static str)> {
    let rows: Vec<&str> = page.body.split("<tr><th scope=\"row\">").skip(1).filter_map(|row| row.split("</tr>").next()).collect();
    let is_there = |(unit, role): &(&str, &str)| {
        let begins = format!("<td>{role}");
        rows.iter().any(|row| row.contains(*unit) && row.contains(&begins))
    };
    [CHAIRS, CLERKS, OTHERS].into_iter().filter(is_there).collect()
}

/// Of some user names those that a page lists.
fn named<'a>(page: &Answer, names: &[&'a str]) -> Vec<&'a str> {
    names.iter().copied().filter(|name| page.body.contains(&format!("<bdi>{name}</bdi>"))).collect()
}

async fn opened(who: &mut Admin, path: &str, name: &str) -> Answer {
    let page = who.browser.get(path).await;
    assert_eq!((page.status, page.page()), (200, Some(name)), "{path}: {}", page.body);
    page
}

fn next(page: &Answer) -> String {
    let next = page.body.split("<a href=\"").find(|link| link.contains("rel=\"next\"")).and_then(|link| link.split('"').next());
    next.unwrap_or_else(|| panic!("no next page: {}", page.body)).replace("&amp;", "&").replace("&#38;", "&")
}

#[tokio::test]
async fn roles_of_groups_of_a_day_are_those_that_counted_on_it_also_when_they_were_taken_back_since() {
    let app = three_days().await;
    app.client("khac", |_| {}).await;
    let mut readers = [
        admin(&app, "root", &[], everywhere(AdminRole::System)).await,
        admin(&app, "quan", &[], within(AdminRole::Unit, SAI_GON)).await,
        admin(&app, "owner", &[], owner_of("tthc")).await,
        admin(&app, "khac", &[], owner_of("khac")).await,
    ];
    let table: [(&str, Date, [Rows; 4]); 5] = [
        ("?on=2026-11-21", date!(2026 - 11 - 21), [&[], &[], &[], &[]]),
        ("?on=2026-11-22", date!(2026 - 11 - 22), [&[CHAIRS, OTHERS], &[CHAIRS], &[CHAIRS, OTHERS], &[]]),
        ("?on=23/11/2026", date!(2026 - 11 - 23), [&[CLERKS, OTHERS], &[CLERKS], &[CLERKS, OTHERS], &[]]),
        ("?on=2026-11-24", date!(2026 - 11 - 24), [&[CLERKS, OTHERS], &[CLERKS], &[CLERKS, OTHERS], &[]]),
        ("", date!(2026 - 11 - 24), [&[CLERKS, OTHERS], &[CLERKS], &[CLERKS, OTHERS], &[]]),
    ];

    for (query, day, expected) in table {
        let is_past = !query.is_empty() && !query.ends_with("24");
        for (reader, expected) in readers.iter_mut().zip(expected) {
            let name = reader.official.username.clone();
            let page = opened(reader, &format!("{GROUPS}{query}"), "admin-rights-groups").await;
            assert_eq!(rows(&page), expected, "{query}: {name}: {}", page.body);
            assert_eq!(page.body.contains("id=\"groups-then\""), is_past, "{query}: {name}");
            let leads_on = page.body.split(&format!("href=\"{GROUPS}/")).skip(1).any(|link| !link.starts_with("new"));
            assert!(!is_past || !leads_on, "{query}: {name}: who has it, and taking it back, are of now");
        }
        let told = grant::listed(app.services(), None, Some(day)).await.expect("a list");
        assert_eq!(told.as_array().map(Vec::len), Some(expected[0].len()), "{query}: the command line says the same");
    }
    let now = opened(&mut readers[0], GROUPS, "admin-rights-groups").await;
    assert!(now.body.contains("btn small danger"), "today it may be taken back: {}", now.body);
    let then = opened(&mut readers[0], &format!("{GROUPS}?client=tthc&on=2026-11-22"), "admin-rights-groups").await;
    assert!(then.body.contains("href=\"/admin/rights/clients/tthc?on=2026-11-22\""), "on to the same day: {}", then.body);
    assert!(then.body.contains("<a href=\"/admin/rights/groups?client=tthc\">"), "the way back to today: {}", then.body);
    let other = opened(&mut readers[0], &format!("{GROUPS}?client=khac&on=2026-11-22"), "admin-rights-groups").await;
    assert!(rows(&other).is_empty(), "of another client: {}", other.body);
    assert!(other.body.contains("Không có vai trò nào theo nhóm có hiệu lực vào ngày này."), "{}", other.body);
}

#[tokio::test]
async fn whoever_held_a_role_on_a_day_is_listed_to_those_who_look_after_them_today() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let minh = app.official_in("minh", &[TAN_DINH]).await;
    own_role(&app, "kim", true).await;
    own_role(&app, "minh", true).await;
    next_day(&app).await;
    own_role(&app, "kim", false).await;
    next_day(&app).await;
    lock(&app, &minh).await;
    next_day(&app).await;
    let mut readers = [
        admin(&app, "root", &[], everywhere(AdminRole::System)).await,
        admin(&app, "quan", &[], within(AdminRole::Unit, SAI_GON)).await,
        admin(&app, "owner", &[], owner_of("tthc")).await,
    ];
    let both: &[&str] = &["kim", "minh"];
    let table: [(&str, [&[&str]; 3]); 5] = [
        ("on=2026-11-21", [&[], &[], &[]]),
        ("on=2026-11-22", [both, &["kim"], both]),
        ("on=23/11/2026", [&["minh"], &[], &["minh"]]),
        ("on=2026-11-24", [&[], &[], &[]]),
        ("on=2026-11-22&role=chair", [&[], &[], &[]]),
    ];

    let mut shown = 0;
    for (query, expected) in table {
        for (reader, expected) in readers.iter_mut().zip(expected) {
            let name = reader.official.username.clone();
            let page = opened(reader, &format!("{OF_CLIENT}?{query}"), "admin-rights-client").await;
            assert_eq!(named(&page, both), expected, "{query}: {name}: {}", page.body);
            assert!(page.body.contains("id=\"rights-then\""), "{query}: {name}");
            assert!(!page.body.contains("name=\"act\""), "{query}: {name}: giving and taking back are of now");
            shown += usize::from(!expected.is_empty());
        }
    }
    let looked = rows_of(&app, "rights.listed").await;
    assert_eq!(looked.len(), shown, "on record when anybody was shown");
    for day in ["2026-11-22", "2026-11-23"] {
        assert!(looked.iter().any(|row| row.detail.contains(&format!("\"on\":\"{day}\""))), "and of which day: {day}");
    }
    let then = opened(&mut readers[0], &format!("{OF_CLIENT}?on=2026-11-22"), "admin-rights-client").await;
    assert!(then.body.contains(&format!("href=\"/admin/people/{}/roles?on=2026-11-22\"", kim.id)), "{}", then.body);
    let now = opened(&mut readers[0], OF_CLIENT, "admin-rights-client").await;
    assert_eq!(named(&now, both), ["minh"], "today also what does not count: {}", now.body);
    assert!(now.body.contains("name=\"act\"") && !now.body.contains("id=\"rights-then\""), "{}", now.body);

    let file = readers[1].browser.get(&format!("{EXPORT}&on=2026-11-22")).await;
    assert!(file.body.contains("\"kim\"") && !file.body.contains("\"minh\""), "the file is of the same day: {}", file.body);
    assert!(!readers[1].browser.get(EXPORT).await.body.contains("\"kim\""), "and the one of today is of today");
    let taken = rows_of(&app, "rights.exported").await;
    let of_the_day = taken.iter().filter(|row| row.detail.contains("\"on\":\"2026-11-22\"")).count();
    assert_eq!((taken.len(), of_the_day), (2, 1), "both on record, with their day");
}

#[tokio::test]
async fn roles_of_groups_stand_among_those_who_held_a_role_on_a_day() {
    let app = three_days().await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let mut quan = admin(&app, "quan", &[], within(AdminRole::Unit, SAI_GON)).await;
    let first = format!("{OF_CLIENT}?on=2026-11-22");
    for (reader, expected) in [(&mut root, vec![CHAIRS, OTHERS]), (&mut quan, vec![CHAIRS])] {
        let page = opened(reader, &first, "admin-rights-client").await;
        assert_eq!(rows(&page), expected, "{}", page.body);
        assert!(!page.body.contains("btn small danger"), "{}", page.body);
    }
    let now = opened(&mut root, OF_CLIENT, "admin-rights-client").await;
    assert_eq!(rows(&now), [CLERKS, OTHERS], "{}", now.body);
}

#[tokio::test]
async fn a_day_to_come_is_told_as_things_stand_and_what_is_no_day_shows_nothing() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    app.client("khac", |_| {}).await;
    let later = GroupGrant { valid_from: Some(date!(2026 - 12 - 01)), ..group(&app, "chair", SAI_GON).await };
    assert!(give(&app, &later).await);
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let pages = [(GROUPS, "admin-rights-groups"), (OF_CLIENT, "admin-rights-client")];

    for (path, name) in pages {
        for (day, expected) in [("2026-11-30", vec![]), ("2026-12-01", vec![CHAIRS])] {
            let page = opened(&mut root, &format!("{path}?on={day}"), name).await;
            assert_eq!(rows(&page), expected, "{path}: {day}: {}", page.body);
        }
    }
    let (listed, exported) = (count_of(&app, "rights.listed").await, count_of(&app, "rights.exported").await);
    for (path, name) in pages {
        for typed in ["31/02/2026", "hom-qua"] {
            let wrong = root.browser.get(&format!("{path}?on={typed}")).await;
            assert_eq!((wrong.status, wrong.page()), (422, Some(name)), "{path}: {typed}: {}", wrong.body);
            assert!(wrong.body.contains("href=\"#on\"") && wrong.body.contains("id=\"on-problem\""), "{path}: {typed}");
            assert!(wrong.body.contains(&format!("value=\"{typed}\"")), "what was typed stays: {}", wrong.body);
            assert!(rows(&wrong).is_empty(), "{path}: {typed}: {}", wrong.body);
        }
    }
    assert_eq!(root.browser.get(&format!("{EXPORT}&on=hom-qua")).await.status, 303);
    let after = (count_of(&app, "rights.listed").await, count_of(&app, "rights.exported").await);
    assert_eq!(after, (listed, exported), "nobody was shown, and there is no file of no day");
    let mut other = admin(&app, "khac", &[], owner_of("khac")).await;
    assert_eq!(other.browser.get(&format!("{OF_CLIENT}?on=hom-qua")).await.status, 404, "what is not theirs is not there");
}

#[tokio::test]
async fn a_long_list_of_a_day_goes_on_with_the_same_day() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    let one = group(&app, "chair", SAI_GON).await;
    for place in 0..51 {
        let titled = GroupGrant { id: format!("g{place:02}"), title: Some(format!("Chức danh {place}")), ..one.clone() };
        assert!(give(&app, &titled).await);
    }
    next_day(&app).await;
    assert!(take_back(&app, "g50").await);
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let counted = |page: &Answer| page.body.matches("<th scope=\"row\">Chức danh ").count();

    for (path, name) in [(GROUPS, "admin-rights-groups"), (OF_CLIENT, "admin-rights-client")] {
        let first = opened(&mut root, &format!("{path}?on=2026-11-22"), name).await;
        let onward = next(&first);
        assert!(onward.contains("on=2026-11-22"), "{onward}");
        let second = opened(&mut root, &onward, name).await;
        assert_eq!((counted(&first), counted(&second)), (50, 1), "{path}: {}", second.body);
        assert!(second.body.contains("Chức danh 50") && !second.body.contains("rel=\"next\""), "{path}: {}", second.body);
    }
}
