//! Who worked in a unit on a day, and who administered it: by the posts and scopes of that day, of the people who are the
//! reader's today. What changed since does not change the day.

use crate::rights_scene::{Admin, CITY, SAI_GON, TAN_DINH, admin, appoint, everywhere, owner_of, within};
use crate::support::people::{bring, person, row};
use crate::support::records::{count_of, rows_of};
use crate::support::{Answer, TestApp};
use motlan::app::cli::CliError;
use motlan::app::cli::unit::{PeopleArgs, people_described};
use motlan::model::admin_scope::AdminRole;
use motlan::service::{Origin, administrators};
use serde_json::Value;
use std::collections::BTreeSet;
use time::Date;
use time::macros::date;

const DAY: i64 = 86_400;
const ADMINISTRATORS: &str = "/admin/administrators";
/// The last day of the wards before.
const EVE: Date = date!(2025 - 06 - 30);
/// The last day on which mai was in the ward after hers.
const LAST: Date = date!(2026 - 03 - 31);
const NEXT: Date = date!(2026 - 04 - 01);
const TODAY: Date = date!(2026 - 11 - 22);

/// Mai was in a ward that is gone, then in the one after it, and is in another one; yen is in the second.
async fn town() -> TestApp {
    let app = TestApp::with_registry().await;
    let mai = "mai,Nguyễn Thị Mai,,,,,";
    let rows = format!(
        "{mai},{SAI_GON},,Văn thư,cong_chuc,true,1/QĐ,2021-04-01,2025-06-30\n\
         {mai},{SAI_GON},,Kế toán,cong_chuc,true,2/QĐ,2025-07-01,2026-03-31\n\
         {mai},{TAN_DINH},,Trưởng phòng,cong_chuc,true,3/QĐ,2026-04-01,\n\
         yen,Đặng Lê Yến,,,,,,{SAI_GON},,Thủ quỹ,cong_chuc,true,4/QĐ,2025-07-01,\n"
    );
    assert_eq!(bring(&app, &rows).await.rows_bad, 0);
    app
}

/// Where the people of the unit are listed that a code meant on a day.
fn people_of(app: &TestApp, code: &str, on: Date) -> String {
    let registry = app.services().known.registry();
    let unit = registry.look_up("gso", code, on).one().expect("a unit");
    format!("/admin/units/{}/people", unit.id)
}

/// Of some user names those that a page lists.
fn listed<'a>(page: &Answer, names: &[&'a str]) -> Vec<&'a str> {
    names.iter().copied().filter(|name| page.body.contains(&format!("<bdi>{name}</bdi>"))).collect()
}

async fn opened(who: &mut Admin, path: &str) -> Answer {
    let page = who.browser.get(path).await;
    assert_eq!((page.status, page.page()), (200, Some("admin-unit-people")), "{path}: {}", page.body);
    page
}

#[tokio::test]
async fn whoever_worked_in_a_unit_on_a_day_is_listed_to_those_who_look_after_them_today() {
    let app = town().await;
    let mut readers = [
        admin(&app, "root", &[], everywhere(AdminRole::Directory)).await,
        admin(&app, "quan", &[], within(AdminRole::Unit, SAI_GON)).await,
        admin(&app, "dinh", &[], within(AdminRole::HelpDesk, TAN_DINH)).await,
    ];
    let [old, new, other] = [(SAI_GON, EVE), (SAI_GON, TODAY), (TAN_DINH, TODAY)].map(|(code, on)| people_of(&app, code, on));
    let table: [(&str, &str, [&[&str]; 3]); 8] = [
        (&old, "", [&["mai"], &[], &["mai"]]),
        (&old, "?on=2021-03-31", [&[], &[], &[]]),
        (&new, "?on=2025-06-30", [&[], &[], &[]]),
        (&new, "?on=31/03/2026", [&["mai", "yen"], &["yen"], &["mai"]]),
        (&new, "?on=2026-04-01", [&["yen"], &["yen"], &[]]),
        (&new, "", [&["yen"], &["yen"], &[]]),
        (&other, "?on=2026-03-31", [&[], &[], &[]]),
        (&other, "?on=2026-04-01", [&["mai"], &[], &["mai"]]),
    ];

    let mut shown = 0;
    for (path, query, expected) in table {
        for (reader, expected) in readers.iter_mut().zip(expected) {
            let page = opened(reader, &format!("{path}{query}")).await;
            let name = &reader.official.username;
            assert_eq!(listed(&page, &["mai", "yen"]), expected, "{path}{query}: {name}: {}", page.body);
            shown += usize::from(!expected.is_empty());
        }
    }
    let told = rows_of(&app, "people.listed").await;
    assert_eq!(told.len(), shown, "on record when anybody was shown");
    assert!(told.iter().all(|row| row.detail.contains("\"filters\":[\"unit\",\"day\"]")), "{}", told[0].detail);
}

#[tokio::test]
async fn the_list_of_a_day_says_so_names_the_unit_as_it_was_called_and_leads_on_to_the_same_day() {
    let app = town().await;
    app.client("tthc", |_| {}).await;
    let mai = person(&app, "mai").await.expect("a person").id;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::Auditor)).await;
    let mut owner = admin(&app, "owner", &[], owner_of("tthc")).await;
    let (old, new) = (people_of(&app, SAI_GON, EVE), people_of(&app, SAI_GON, TODAY));

    let gone = opened(&mut root, &old).await;
    assert!(gone.body.contains("Phường Bến Nghé") && gone.body.contains("id=\"unit-people-then\""), "{}", gone.body);
    assert!(gone.body.contains("30/06/2025") && gone.body.contains("value=\"2025-06-30\""), "its last day");
    assert!(gone.body.contains(&format!("href=\"/admin/people/{mai}?on=2025-06-30\"")), "{}", gone.body);
    assert!(gone.body.contains("Văn thư") && !gone.body.contains("Kế toán"), "the post there, and no other");
    let then = opened(&mut root, &format!("{new}?on=2026-03-31")).await;
    assert!(then.body.contains(&format!("<a href=\"{new}\">")), "the way back to today: {}", then.body);
    let now = opened(&mut root, &new).await;
    assert!(!now.body.contains("id=\"unit-people-then\"") && !now.body.contains("Kế toán"), "{}", now.body);

    let unit = new.trim_end_matches("/people");
    for (query, link) in [("", new.clone()), ("?on=2026-03-31", format!("{new}?on=2026-03-31"))] {
        let page = root.browser.get(&format!("{unit}{query}")).await;
        assert!(page.body.contains(&format!("id=\"unit-people-on\" href=\"{link}\"")), "{query}: {}", page.body);
    }
    let of_owner = owner.browser.get(unit).await;
    assert!(of_owner.status == 200 && !of_owner.body.contains("unit-people-on"), "{}", of_owner.body);
    assert_eq!(owner.browser.get(&new).await.status, 404, "whoever finds nobody finds nobody here");

    let before = count_of(&app, "people.listed").await;
    let wrong = root.browser.get(&format!("{new}?on=31/02/2026")).await;
    assert_eq!((wrong.status, wrong.page()), (422, Some("admin-unit-people")));
    assert!(wrong.body.contains("href=\"#on\"") && wrong.body.contains("value=\"31/02/2026\""), "what was typed stays");
    assert_eq!((listed(&wrong, &["mai", "yen"]), count_of(&app, "people.listed").await), (vec![], before), "nobody is shown");
    assert_eq!(root.browser.get("/admin/units/khong-co/people").await.status, 404);
}

#[tokio::test]
async fn a_long_list_of_a_day_goes_on_until_everybody_was_told_once() {
    let app = TestApp::with_registry().await;
    let rows = (0..60).map(|n| row(&format!("nguoi{n:02}"), "Nguyễn Văn An", "", SAI_GON, "Chuyên viên"));
    assert_eq!(bring(&app, &rows.collect::<String>()).await.rows_bad, 0);
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::Directory)).await;
    let names: Vec<String> = (0..60).map(|n| format!("nguoi{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();

    let first = opened(&mut root, &format!("{}?on=2026-01-15", people_of(&app, SAI_GON, TODAY))).await;
    let (before, _) = first.body.split_once("\" rel=\"next\"").expect("a next page");
    let next = before.rsplit_once("href=\"").expect("its address").1.replace("&#38;", "&");
    assert!(next.contains("on=2026-01-15&after="), "{next}");
    let second = opened(&mut root, &next).await;

    let told = [listed(&first, &names), listed(&second, &names)];
    assert_eq!([told[0].len(), told[1].len()], [50, 10]);
    assert_eq!(told.concat().into_iter().collect::<BTreeSet<_>>().len(), 60, "each once");
    assert!(!second.body.contains("rel=\"next\"") && second.body.contains("rel=\"prev\""), "{}", second.body);
}

#[tokio::test]
async fn an_operator_is_told_the_people_of_a_unit_by_the_code_of_the_day() {
    let app = town().await;
    let asked =
        async |code: &str, on: Option<Date>| people_described(app.services(), &PeopleArgs { code: code.to_owned(), on }).await;
    let table: [(Option<Date>, &str, &[&str]); 4] = [
        (Some(EVE), "Phường Bến Nghé", &["mai"]),
        (Some(LAST), "Phường Sài Gòn", &["mai", "yen"]),
        (Some(NEXT), "Phường Sài Gòn", &["yen"]),
        (None, "Phường Sài Gòn", &["yen"]),
    ];

    for (on, unit, expected) in table {
        let told = asked(SAI_GON, on).await.expect("an answer");
        let people = told["people"].as_array().expect("people");
        let names: BTreeSet<&str> = people.iter().filter_map(|one| one["username"].as_str()).collect();
        assert_eq!((told["unit"]["name"].as_str(), names), (Some(unit), expected.iter().copied().collect()), "{on:?}");
        let posts: Vec<&Value> = people.iter().flat_map(|one| one["positions"].as_array().expect("posts")).collect();
        assert_eq!(posts.len(), expected.len(), "{on:?}: the posts there, and no other");
    }
    let refused = asked("99999", Some(EVE)).await;
    assert!(matches!(refused, Err(CliError::Refused(_))), "{refused:?}");
}

async fn next_day(app: &TestApp) {
    app.advance_seconds(DAY);
    app.sync().await;
}

#[tokio::test]
async fn administrators_of_a_day_are_those_who_were_it_also_when_their_role_was_taken_back_since() {
    let app = TestApp::with_registry().await;
    for name in ["quan", "lan"] {
        app.official(name).await;
    }
    let quan = appoint(&app, "quan", within(AdminRole::Unit, SAI_GON)).await;
    next_day(&app).await;
    appoint(&app, "lan", within(AdminRole::Unit, TAN_DINH)).await;
    next_day(&app).await;
    administrators::revoke(app.services(), &quan.id, "os:test", &Origin::command_line()).await.expect("taken back");
    let mut readers = [
        admin(&app, "root", &[], everywhere(AdminRole::System)).await,
        admin(&app, "city", &[], within(AdminRole::Unit, CITY)).await,
        admin(&app, "phuong", &[], within(AdminRole::Unit, SAI_GON)).await,
    ];
    let both: &[&str] = &["quan", "lan"];
    let table: [(&str, [&[&str]; 3]); 5] = [
        ("?on=2026-11-21", [&[], &[], &[]]),
        ("?on=2026-11-22", [&["quan"], &["quan"], &["quan"]]),
        ("?on=23/11/2026", [both, both, &["quan"]]),
        ("?on=2026-11-24", [&["lan"], &["lan"], &[]]),
        ("", [&["lan"], &["lan"], &[]]),
    ];

    for (query, expected) in table {
        let is_past = !query.is_empty() && !query.ends_with("24");
        for (reader, expected) in readers.iter_mut().zip(expected) {
            let name = reader.official.username.clone();
            let page = reader.browser.get(&format!("{ADMINISTRATORS}{query}")).await;
            assert_eq!((page.status, page.page()), (200, Some("admin-administrators")), "{query}: {name}");
            assert_eq!(listed(&page, both), expected, "{query}: {name}: {}", page.body);
            assert_eq!(page.body.contains("id=\"administrators-then\""), is_past, "{query}: {name}");
            assert!(!is_past || !page.body.contains("btn small danger"), "{query}: {name}: taking back is of now");
            let file = reader.browser.get(&format!("{ADMINISTRATORS}/export{query}")).await;
            let taken: Vec<&str> = both.iter().copied().filter(|name| file.body.contains(&format!("\"{name}\""))).collect();
            assert_eq!(taken, expected, "{query}: {name}: {}", file.body);
        }
    }
    let wrong = readers[0].browser.get(&format!("{ADMINISTRATORS}?on=hom-qua")).await;
    assert_eq!((wrong.status, listed(&wrong, both)), (422, vec![]), "{}", wrong.body);
    assert!(wrong.body.contains("href=\"#on\"") && wrong.body.contains("value=\"hom-qua\""), "what was typed stays");
    let exports = count_of(&app, "administrators.exported").await;
    assert_eq!(readers[0].browser.get(&format!("{ADMINISTRATORS}/export?on=hom-qua")).await.status, 303);
    assert_eq!(count_of(&app, "administrators.exported").await, exports, "no file of no day");
}

#[tokio::test]
async fn an_operator_is_told_the_administrators_of_a_day_of_everybody_or_of_one() {
    let app = TestApp::with_registry().await;
    for name in ["quan", "lan"] {
        app.official(name).await;
    }
    let quan = appoint(&app, "quan", within(AdminRole::Unit, SAI_GON)).await;
    appoint(&app, "lan", within(AdminRole::Unit, TAN_DINH)).await;
    next_day(&app).await;
    administrators::revoke(app.services(), &quan.id, "os:test", &Origin::command_line()).await.expect("taken back");
    let table: [(Option<&str>, Date, &[&str]); 5] = [
        (None, date!(2026 - 11 - 21), &[]),
        (None, TODAY, &["lan", "quan"]),
        (Some("quan"), TODAY, &["quan"]),
        (None, date!(2026 - 11 - 23), &["lan"]),
        (Some("quan"), date!(2026 - 11 - 23), &[]),
    ];

    for (username, on, expected) in table {
        let all = administrators::list_on(app.services(), username, on).await.expect("roles");
        assert_eq!(all.iter().map(|one| one.username.as_str()).collect::<Vec<_>>(), expected, "{username:?} {on}");
    }
}
