//! Somebody as of a day: the posts, roles and scopes of that day, by the names of that day; what was given since, or taken
//! back by then, is not of it; and what was believed of it at a moment can still be told. And whoever may not know what
//! somebody administers is not told it of any day.

use crate::group_roles::{HEAD, client, give, group, take_back};
use crate::person_edits::{SAI_GON, TAN_DINH, about, administrator, opened};
use crate::posts_chosen::hand_over;
use crate::rights_scene::{admin, appoint, within};
use crate::support::imports;
use crate::support::people::{HEADER, person as by_name, row};
use crate::support::plans::{NAME, apply, approve, go_to, register, rollback, town, town_plan};
use crate::support::{Official, TestApp};
use motlan::app::cli::{CliError, grant, person};
use motlan::base::clock::Millis;
use motlan::base::date::first_moment;
use motlan::base::id::PositionId;
use motlan::model::admin_scope::{AdminRole, AdminScope};
use motlan::service::provisioning::roles;
use motlan::service::{Origin, administrators};
use motlan::store::admin_roles;
use serde_json::{Value, json};
use time::Date;
use time::macros::date;

const DAY: i64 = 86_400;
/// The day on which the stage begins, and the one after.
const FIRST: Date = date!(2026 - 11 - 22);
const SECOND: Date = date!(2026 - 11 - 23);

/// Somebody who was in a ward that is gone, is in the one after it to the end of the first day, and in another one then.
async fn mover(app: &TestApp) -> Official {
    let who = "mai,Nguyễn Thị Mai,1980-02-03,mai@vi-du.vn,0900000000";
    let rows = format!(
        "{HEAD}{who},{SAI_GON},,Văn thư,cong_chuc,true,1/QĐ,2021-04-01,2025-06-30\n\
         {who},{SAI_GON},,Kế toán,cong_chuc,true,2/QĐ,2025-07-01,2026-11-22\n\
         {who},{TAN_DINH},,Trưởng phòng,cong_chuc,true,3/QĐ,2026-11-23,\n"
    );
    app.official_of(&rows, "mai").await
}

/// Gives somebody a role of their own, or takes it back.
async fn own_role(app: &TestApp, username: &str, position: Option<PositionId>, gives: bool) -> bool {
    let origin = Origin::command_line();
    let request = roles::Request { username, client_id: "tthc", role: "clerk", position, actor: "os:test", origin: &origin };
    let done = if gives { roles::grant(app.services(), &request).await } else { roles::revoke(app.services(), &request).await };
    done.expect("an answer")
}

async fn next_day(app: &TestApp) {
    app.advance_seconds(DAY);
    app.sync().await;
}

async fn on(app: &TestApp, username: &str, day: Date) -> Value {
    person::described_on(app.services(), username, day).await.expect("a person")
}

/// A moment after all that happened, and before all that comes.
async fn moment(app: &TestApp) -> Millis {
    app.advance_seconds(60);
    let at = app.services().clock.now();
    app.advance_seconds(60);
    app.sync().await;
    at
}

async fn believed(app: &TestApp, username: &str, day: Date, at: Millis) -> Value {
    person::described_believed(app.services(), username, Some(day), at).await.expect("a person")
}

/// The words under a key of each.
fn each<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    list.as_array().expect("a list").iter().map(|one| one[key].as_str().unwrap_or_default()).collect()
}

#[tokio::test]
async fn whoever_moved_is_in_the_old_unit_with_its_role_the_day_before_and_in_the_new_one_with_its_own_after() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    let mai = mover(&app).await;
    assert!(give(&app, &group(&app, "chair", SAI_GON).await).await);
    assert!(give(&app, &group(&app, "clerk", TAN_DINH).await).await);
    next_day(&app).await;
    assert!(take_back(&app, "chair of 26740").await);
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    let places = ["Phường Bến Nghé, Quận 1", "Phường Sài Gòn", "Phường Tân Định"];
    let table = [
        ("2025-06-30", "30/06/2025", places[0], None),
        ("2026-11-22", "22/11/2026", places[1], Some("chair")),
        ("2026-11-24", "24/11/2026", places[2], Some("clerk")),
    ];

    for (day, said, place, role) in table {
        let page = opened(&mut root, &about(&mai, &format!("?on={day}"))).await;
        assert_eq!(page.page(), Some("admin-person"), "{day}");
        for other in places {
            assert_eq!(page.body.contains(other), other == place, "{day}: {other}: {}", page.body);
        }
        let tab = opened(&mut root, &about(&mai, &format!("/roles?on={day}"))).await;
        for other in ["chair", "clerk"] {
            assert_eq!(tab.body.contains(&format!("<bdi>{other}</bdi>")), Some(other) == role, "{day}: {other}: {}", tab.body);
        }
        for (page, own) in [(&page, ""), (&tab, "/roles")] {
            assert!(page.body.contains("id=\"person-as-of\"") && page.body.contains(said), "{day}: {}", page.body);
            assert!(page.body.contains(&format!("href=\"{}\"", about(&mai, own))), "{day}: the way back to today");
            for link in ["", "/roles"] {
                assert!(page.body.contains(&format!("href=\"{}?on={day}\"", about(&mai, link))), "{day}: {link} of the same day");
            }
            for act in ["person-edit", "person-status", "person-position", "person-recovery"] {
                assert!(!page.body.contains(&format!("id=\"{act}\"")), "{day}: {act} is of now");
            }
        }
    }
    for address in ["", "?on=", "?on=2026-11-23"] {
        let page = opened(&mut root, &about(&mai, address)).await;
        assert!(!page.body.contains("person-as-of") && page.body.contains("id=\"person-position\""), "{address}: today");
        assert!(page.body.contains(places[1]) && page.body.contains(places[2]), "{address}: all posts through time");
    }
}

#[tokio::test]
async fn a_role_of_a_post_is_not_of_a_day_on_which_that_was_over_nor_any_of_whoever_was_disabled() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    mover(&app).await;
    let known = by_name(&app, "mai").await.expect("she is there");
    let accountant = known.positions.into_iter().find(|post| post.title == "Kế toán").expect("a post").id;
    assert!(own_role(&app, "mai", Some(accountant), true).await);
    next_day(&app).await;
    app.advance_seconds(DAY);
    app.sync().await;
    for (day, expected) in [(FIRST, vec!["clerk"]), (SECOND, vec![])] {
        let told = on(&app, "mai", day).await;
        assert_eq!(each(&told["roles"], "role"), expected, "{day}: {told}");
    }
}

#[tokio::test]
async fn a_day_on_which_nothing_was_held_says_so_and_what_is_no_day_is_named_at_its_field() {
    let app = TestApp::with_registry().await;
    let mai = mover(&app).await;
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;

    let before = opened(&mut root, &about(&mai, "?on=2020-01-01")).await;
    assert!(before.body.contains("Không giữ chức vụ nào vào ngày này."), "{}", before.body);
    assert!(!before.body.contains("Văn thư") && !before.body.contains("Kế toán"), "{}", before.body);
    let none = opened(&mut root, &about(&mai, "/roles?on=2020-01-01")).await;
    assert!(none.body.contains("Không có vai trò nào trong hệ thống thành phần vào ngày này."), "{}", none.body);
    for (page, name) in [("", "admin-person"), ("/roles", "admin-person-roles")] {
        for typed in ["31/02/2026", "hom-qua"] {
            let refused = root.get(&about(&mai, &format!("{page}?on={typed}"))).await;
            assert_eq!((refused.status, refused.page()), (422, Some(name)), "{typed}: {}", refused.body);
            assert!(refused.body.contains("Ngày không hợp lệ") && refused.body.contains("id=\"on-problem\""), "{typed}");
            assert!(refused.body.contains(&format!("value=\"{typed}\"")), "what was typed stays: {}", refused.body);
        }
    }
}

#[tokio::test]
async fn the_command_line_tells_what_counted_on_a_day_also_when_it_was_taken_back_since() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    mover(&app).await;
    assert!(give(&app, &group(&app, "chair", SAI_GON).await).await);
    assert!(own_role(&app, "mai", None, true).await);
    let scope = appoint(&app, "mai", within(AdminRole::HelpDesk, SAI_GON)).await;
    next_day(&app).await;
    assert!(take_back(&app, "chair of 26740").await && own_role(&app, "mai", None, false).await);
    administrators::revoke(app.services(), &scope.id, "os:test", &Origin::command_line()).await.expect("revoked");
    assert!(give(&app, &group(&app, "clerk", TAN_DINH).await).await);
    let table = [
        (date!(2026 - 11 - 21), vec!["Kế toán"], vec![], vec![], vec![]),
        (FIRST, vec!["Kế toán"], vec!["clerk"], vec!["chair"], vec!["help-desk"]),
        (SECOND, vec!["Trưởng phòng"], vec![], vec!["clerk"], vec![]),
    ];

    for (day, posts, own, groups, scopes) in table {
        let told = on(&app, "MAI", day).await;
        assert_eq!(each(&told["positions"], "title"), posts, "{day}");
        assert_eq!(each(&told["roles"], "role"), own, "{day}");
        assert_eq!(each(&told["group_roles"], "role"), groups, "{day}");
        assert_eq!(each(&told["admin_roles"], "role"), scopes, "{day}");
        let listed = grant::listed(app.services(), Some("tthc"), Some(day)).await.expect("a list");
        assert_eq!(each(&listed, "role"), groups, "{day}: the roles of groups");
        let others = grant::listed(app.services(), Some("khac"), Some(day)).await.expect("a list");
        assert_eq!(others, json!([]), "{day}: of another client");
    }
    let earlier = on(&app, "mai", date!(2025 - 06 - 30)).await;
    assert_eq!(earlier["positions"][0]["unit"]["name"], "Phường Bến Nghé", "by the name of that day");
    let nobody = person::described_on(app.services(), "khong.co", FIRST).await;
    assert!(matches!(nobody, Err(CliError::Refused(_))), "{nobody:?}");
}

#[tokio::test]
async fn what_somebody_administers_is_told_to_whoever_appoints_there_and_to_nobody_else() {
    let app = TestApp::with_registry().await;
    let lan = app.official_in("lan", &[SAI_GON]).await;
    let scope = appoint(&app, "lan", within(AdminRole::HelpDesk, SAI_GON)).await;
    next_day(&app).await;
    administrators::revoke(app.services(), &scope.id, "os:test", &Origin::command_line()).await.expect("revoked");
    let (_, mut root) = administrator(&app, "root", AdminRole::System, None).await;
    let (_, mut quan) = administrator(&app, "quan", AdminRole::Unit, Some(SAI_GON)).await;
    let (_, mut truc) = administrator(&app, "truc", AdminRole::HelpDesk, None).await;
    let table = [("system", &mut root, true), ("unit", &mut quan, true), ("help desk", &mut truc, false)];

    for (role, browser, knows) in table {
        let then = opened(browser, &about(&lan, "/roles?on=2026-11-22")).await;
        assert_eq!(then.body.contains("id=\"scopes\""), knows, "{role}: {}", then.body);
        let now = opened(browser, &about(&lan, "/roles")).await;
        assert!(!now.body.contains("id=\"scopes\""), "{role}: it was taken back: {}", now.body);
    }
}

#[tokio::test]
async fn a_post_that_was_handed_over_is_of_the_days_before_its_end_with_the_roles_that_it_lent() {
    let app = town().await;
    client(&app).await;
    let chair = app.official_in("chutich", &["10001"]).await;
    let deputy = app.official_in("pho", &["10004"]).await;
    assert!(own_role(&app, "chutich", Some(chair.positions[0].clone()), true).await);
    let lent = hand_over(&app, &chair, &deputy).await;
    let at = moment(&app).await;
    next_day(&app).await;
    let mut keeper = admin(&app, "giu", &["10001"], within(AdminRole::Unit, "10001")).await;
    let path = format!("/admin/people/{}/delegations", chair.id);
    assert_eq!(keeper.post(&path, &[("delegation", lent.as_str())]).await.status, 303);
    app.sync().await;

    let (before, after) = (on(&app, "pho", FIRST).await, on(&app, "pho", SECOND).await);
    assert_eq!(each(&before["roles"], "position"), [lent.as_str()], "{before}");
    assert!(each(&before["positions"], "id").contains(&lent.as_str()), "{before}");
    assert_eq!(each(&after["roles"], "position"), Vec::<&str>::new(), "{after}");
    assert!(!each(&after["positions"], "id").contains(&lent.as_str()), "{after}");
    let expected = believed(&app, "pho", SECOND, at).await;
    assert_eq!(each(&expected["roles"], "position"), [lent.as_str()], "nobody had ended it: {expected}");
    assert!(each(&expected["positions"], "id").contains(&lent.as_str()), "{expected}");
}

/// Writes a role of an administrator as of now.
async fn write_scope(app: &TestApp, whose: &Official, scope: AdminScope) {
    let services = app.services();
    let mut tx = services.store.write().await.expect("a unit of work");
    let by = ("os:test", services.clock.now());
    assert!(admin_roles::add(&mut tx, &whose.id, &scope, by).await.expect("an answer"));
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn a_role_that_is_given_later_counts_on_no_earlier_day_unless_it_goes_on_from_another() {
    let app = TestApp::with_registry().await;
    let lan = app.official_in("lan", &[SAI_GON]).await;
    let scope = |id: &str, role, valid_from, valid_to| AdminScope {
        id: id.to_owned(),
        role,
        unit: None,
        client: None,
        valid_from,
        valid_to,
    };
    write_scope(&app, &lan, scope("old", AdminRole::HelpDesk, FIRST, Some(FIRST))).await;
    next_day(&app).await;
    next_day(&app).await;
    write_scope(&app, &lan, scope("goes on", AdminRole::HelpDesk, SECOND, None)).await;
    write_scope(&app, &lan, scope("late", AdminRole::Directory, SECOND, None)).await;

    let third = date!(2026 - 11 - 24);
    let table = [(FIRST, vec!["help-desk"]), (SECOND, vec!["help-desk"]), (third, vec!["help-desk", "directory"])];
    for (day, expected) in table {
        let told = on(&app, "lan", day).await;
        let mut roles = each(&told["admin_roles"], "role");
        roles.sort_by_key(|role| *role == "directory");
        assert_eq!(roles, expected, "{day}");
    }
}

#[tokio::test]
async fn a_post_that_was_told_otherwise_later_and_again_as_before_is_told_as_it_was_believed_at_each_moment() {
    let app = TestApp::with_registry().await;
    let (_, mut root) = imports::administrator(&app, "root", &[], (AdminRole::System, None)).await;
    let clerk = row("kim.nt", "Nguyễn Thị Kim", "", SAI_GON, "Văn thư");
    let ended = clerk.replace("2025-07-01,", "2025-07-01,2025-12-31");
    let moved = row("kim.nt", "Nguyễn Thị Kim", "", TAN_DINH, "Kế toán").replace("2025-07-01", "2026-01-01");
    let unknown = moment(&app).await;
    imports::bring(&app, &mut root, "people", &format!("{HEADER}{clerk}")).await;
    let first = moment(&app).await;
    let address = imports::bring(&app, &mut root, "people", &format!("{HEADER}{ended}{moved}")).await;
    let corrected = moment(&app).await;
    imports::undo(&app, &mut root, &address).await;
    let undone = moment(&app).await;

    let (early, late) = (date!(2025 - 12 - 31), date!(2026 - 01 - 01));
    let table = [
        ("before she came", unknown, [vec![], vec![]]),
        ("as first told", first, [vec!["Văn thư"], vec!["Văn thư"]]),
        ("as corrected", corrected, [vec!["Văn thư"], vec!["Kế toán"]]),
        ("the correction was taken back", undone, [vec!["Văn thư"], vec!["Văn thư"]]),
    ];
    for (case, at, expected) in table {
        for (day, posts) in [early, late].into_iter().zip(expected) {
            let told = believed(&app, "kim.nt", day, at).await;
            assert_eq!(each(&told["positions"], "title"), posts, "{case}: {day}");
            assert_eq!((&told["believed_at"], &told["admin_roles"]), (&json!(at.0), &Value::Null), "{case}: {day}");
        }
    }
    let ends = |told: &Value| told["positions"][0]["valid_to"].clone();
    assert_eq!(ends(&believed(&app, "kim.nt", early, first).await), Value::Null);
    assert_eq!(ends(&believed(&app, "kim.nt", early, corrected).await), "2025-12-31");
    let now = on(&app, "kim.nt", late).await;
    assert_eq!((each(&now["positions"], "title"), now.get("believed_at")), (vec!["Văn thư"], None));
}

#[tokio::test]
async fn a_role_is_believed_from_when_it_was_given_until_it_was_taken_back() {
    let app = TestApp::with_registry().await;
    client(&app).await;
    mover(&app).await;
    let before = moment(&app).await;
    assert!(own_role(&app, "mai", None, true).await && give(&app, &group(&app, "chair", SAI_GON).await).await);
    let given = moment(&app).await;
    assert!(own_role(&app, "mai", None, false).await && take_back(&app, "chair of 26740").await);
    let taken = moment(&app).await;
    assert!(own_role(&app, "mai", None, true).await);
    next_day(&app).await;
    assert!(own_role(&app, "mai", None, false).await);
    let later = moment(&app).await;

    let table = [
        ("not given yet", before, FIRST, vec![], vec![]),
        ("given", given, FIRST, vec!["clerk"], vec!["chair"]),
        ("taken back on the day", taken, FIRST, vec![], vec![]),
        ("given again, and taken back after the day", later, FIRST, vec!["clerk"], vec![]),
        ("taken back on this day", later, SECOND, vec![], vec![]),
    ];
    for (case, at, day, own, groups) in table {
        let told = believed(&app, "mai", day, at).await;
        assert_eq!(each(&told["roles"], "role"), own, "{case}: {told}");
        assert_eq!(each(&told["group_roles"], "role"), groups, "{case}: {told}");
    }
}

#[tokio::test]
async fn a_plan_that_was_applied_late_and_taken_back_is_believed_in_between_only() {
    let app = town().await;
    app.official_in("lan", &["10001"]).await;
    register(&app, &town_plan()).await.expect("a plan");
    approve(&app, NAME, true).await.expect("an approval");
    go_to(&app, date!(2027 - 01 - 04)).await;
    let before = moment(&app).await;
    apply(&app, NAME).await.expect("applied");
    let between = moment(&app).await;
    rollback(&app, NAME, false).await.expect("taken back");
    let after = moment(&app).await;

    let day = date!(2027 - 01 - 03);
    for (at, ward) in [(before, "Phường Một"), (between, "Phường Sông Một"), (after, "Phường Một")] {
        let told = believed(&app, "lan", day, at).await;
        assert_eq!(each(&told["positions"], "title").len(), 1, "{ward}: {told}");
        assert_eq!(told["positions"][0]["unit"]["name"], ward, "{told}");
    }
}

#[tokio::test]
async fn nothing_is_told_as_of_a_moment_to_come_nor_of_whom_nobody_knows() {
    let app = TestApp::with_registry().await;
    mover(&app).await;
    let midnight = first_moment(SECOND);
    for (day, ahead) in [(Some(FIRST), midnight), (None, Millis(midnight.0 + DAY * 1_000))] {
        let refused = person::described_believed(app.services(), "mai", day, ahead).await;
        let is_told_why = matches!(&refused, Err(CliError::Refused(text)) if text.contains("has not come yet"));
        assert!(is_told_why, "{ahead:?}: {refused:?}");
    }
    let tonight = Millis(midnight.0 - 1);
    let nobody = person::described_believed(app.services(), "khong.co", None, tonight).await;
    assert!(matches!(&nobody, Err(CliError::Refused(text)) if text.contains("khong.co")), "{nobody:?}");

    let today = person::described_believed(app.services(), "mai", None, tonight).await.expect("a person");
    assert_eq!((&today["on"], each(&today["positions"], "title")), (&json!("2026-11-22"), vec!["Kế toán"]));
}
