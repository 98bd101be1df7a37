//! Before a plan is taken back it is told by person what was changed since and would stay, and which rights would end; that
//! changes nothing, and the undoing does the same.

use crate::rights_scene::{admin, everywhere};
use crate::support::TestApp;
use crate::support::imports::appoint;
use crate::support::people::{bring, row};
use crate::support::plans::{FIRST, NAME, applied, digests, rollback, town, town_plan, unit};
use crate::support::records::{count_of, rows_of};
use motlan::app::cli::person;
use motlan::base::id::PersonId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::entitlement::Condition;
use motlan::service::Origin;
use motlan::service::provisioning::group_roles::{self, Giver, Wish};
use motlan::service::reorganization::{self, PostFact, PostValue, ReorganizationError, Right, Since};
use motlan::store::{change_sets, person_names, plan_runs, plan_undoing};
use time::macros::date;

async fn since(app: &TestApp) -> Since {
    reorganization::since(app.services(), NAME, None).await.expect("told")
}

/// The town's plan is applied, and somebody tells of a post in what it brought, gives a right there, and a role to a group.
async fn changed() -> TestApp {
    let app = town().await;
    let rows = [row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên"), row("binh", "Lê Thị Bình", "", "10002", "Kế toán")];
    bring(&app, &rows.concat()).await;
    app.official_in("kim", &["10004"]).await;
    app.client("tthc", |settings| settings.roles = vec!["tiep-nhan".to_owned()]).await;
    applied(&app, &town_plan()).await;
    let told = row("an", "Nguyễn Văn An", "", "20001", "Chuyên viên").replace("1/QĐ,2025-07-01,", "99/QĐ,2027-01-01,2027-12-31");
    assert_eq!(bring(&app, &told).await.rows_bad, 0);
    appoint(&app, "kim", (AdminRole::Unit, Some("20001"))).await;
    let wish = Wish {
        client_id: "tthc".to_owned(),
        role: "tiep-nhan".to_owned(),
        unit: unit(&app, "20001", FIRST).await,
        below: false,
        title: None,
        condition: Condition::default(),
        valid_from: None,
        valid_to: None,
        reason: "Quyết định 7/QĐ".to_owned(),
    };
    let giver = Giver::Operator { actor: "os:test".to_owned(), origin: Origin::command_line() };
    group_roles::add(app.services(), &giver, &wish).await.expect("given");
    app.sync().await;
    app
}

#[tokio::test]
async fn what_would_stay_and_what_would_end_is_told_by_person_before_anything_is_decided() {
    let app = changed().await;
    let before = (digests(&app).await, app.audit_events().await);

    let told = since(&app).await;

    assert_eq!((digests(&app).await, app.audit_events().await), before, "nothing is written");
    assert!(told.asks());
    let names: Vec<&str> = told.people.iter().map(|one| one.username.as_str()).collect();
    assert_eq!(names, ["an", "kim"], "of whom nothing was changed since nothing is told");
    let [an, kim] = told.people.as_slice() else { panic!("two: {told:?}") };
    let last = (PostFact::LastDay, PostValue::Day(None), PostValue::Day(Some(date!(2027 - 12 - 31))));
    assert!(an.posts.iter().flat_map(|post| &post.changed).any(|fact| *fact == last), "{an:?}");
    assert!(an.posts.iter().all(|post| post.left.as_deref() == Some("Phường Một")) && an.rights.is_empty(), "{an:?}");
    assert_eq!(an.full_name, "Nguyễn Văn An");
    let right = Right::Administers { role: AdminRole::Unit, unit: "Phường Sông Một".to_owned() };
    assert_eq!((kim.posts.len(), kim.rights.as_slice(), kim.scope_stays), (0, &[right][..], false));
    let groups: Vec<(&str, &str)> = told.group_roles.iter().map(|(grant, unit)| (grant.role.as_str(), unit.as_str())).collect();
    assert_eq!(groups, [("tiep-nhan", "Phường Sông Một")]);
    let rows = told.rows();
    assert!(rows.iter().any(|row| row[0] == "kim" && row[2] == "administrator" && row[9] == "ends"), "{rows:?}");

    let refused = rollback(&app, NAME, false).await;
    assert!(matches!(refused, Err(ReorganizationError::GroupRolesSince { roles: 1, people: 2 })), "{refused:?}");
    let back = rollback(&app, NAME, true).await.expect("taken back");
    assert_eq!(back.kept.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["an"], "as it was told");
    assert_eq!(back.rights.iter().map(|given| given.username.as_str()).collect::<Vec<_>>(), ["kim"]);
    for event in ["admin_role.revoked", "group_role.revoked"] {
        let told = rows_of(&app, event).await;
        assert_eq!(told.len(), 1, "{event}: whoever loses something finds it on record");
        assert!(told[0].detail.contains(&format!("\"plan\":\"{NAME}\"")), "{event}: {}", told[0].detail);
    }
    let over = reorganization::since(app.services(), NAME, None).await;
    assert!(matches!(over, Err(ReorganizationError::NotApplied)), "{over:?}");
}

/// The user names of some people, in order.
async fn names(app: &TestApp, people: &[PersonId]) -> Vec<String> {
    let mut conn = app.services().store.read().await.expect("a connection");
    let names = person_names::names_of(&mut conn, people).await.expect("names");
    let mut names: Vec<String> = names.into_values().collect();
    names.sort();
    names
}

/// Everybody who was changed since the plan; those of them whom the undoing has to read; the same, found one by one; and those
/// of whom a post is told of which the plan told too.
async fn told_since(app: &TestApp) -> [Vec<PersonId>; 4] {
    let gone = [unit(app, "20001", FIRST).await, unit(app, "20002", FIRST).await];
    let mut conn = app.services().store.read().await.expect("a connection");
    let run = plan_runs::find_live(&mut conn, NAME, "").await.expect("an answer").expect("a run");
    let version = plan_undoing::version_of(&mut conn, &run.change_set).await.expect("an answer").expect("a version");
    let nobody = PersonId(String::new());
    let changed = change_sets::list_changed_since(&mut conn, version, &nobody, 100).await.expect("people");
    let (all, none) = ((run.id.as_str(), &run.change_set, &gone[..]), (run.id.as_str(), &run.change_set, &gone[..0]));
    let found = plan_undoing::list_told_since(&mut conn, all, &nobody, 100).await.expect("people");
    let of_its_posts = plan_undoing::list_told_since(&mut conn, none, &nobody, 100).await.expect("people");
    let mut paged: Vec<PersonId> = Vec::new();
    loop {
        let after = paged.last().unwrap_or(&nobody).clone();
        let page = plan_undoing::list_told_since(&mut conn, all, &after, 1).await.expect("people");
        assert!(page.len() <= 1 && paged.len() < 10, "{page:?}: {paged:?}");
        if page.is_empty() {
            return [changed, found, paged, of_its_posts];
        }
        paged.extend(page);
    }
}

#[tokio::test]
async fn of_all_who_were_changed_since_only_those_are_read_of_whom_the_undoing_may_have_something_to_keep() {
    let app = town().await;
    let rows = [row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên"), row("binh", "Lê Thị Bình", "", "10002", "Kế toán")];
    bring(&app, &rows.concat()).await;
    applied(&app, &town_plan()).await;
    let told = row("an", "Nguyễn Văn An", "", "20001", "Chuyên viên").replace("1/QĐ,2025-07-01,", "99/QĐ,2027-01-01,2027-12-31");
    // Of her post nothing is told; of the others one begins in what the plan brought, and one elsewhere.
    let phone = rows[1].replace("0900000000", "0911111111");
    let new = row("moi", "Phạm Thị Mới", "", "20001", "Văn thư").replace("2025-07-01", "2027-01-01");
    let away = row("xa", "Trần Văn Xa", "", "10004", "Văn thư");
    let report = bring(&app, &[told, phone, new, away].concat()).await;
    assert_eq!(report.rows_bad, 0, "{:?}", report.errors);

    let [changed, found, paged, of_its_posts] = told_since(&app).await;

    assert_eq!(names(&app, &changed).await, ["an", "binh", "moi", "xa"]);
    assert_eq!((names(&app, &found).await, &paged), (vec!["an".to_owned(), "moi".to_owned()], &found));
    assert_eq!(names(&app, &of_its_posts).await, ["an"]);
    let told = since(&app).await;
    assert_eq!(told.people.iter().map(|one| one.username.as_str()).collect::<Vec<_>>(), ["an", "moi"]);
    let back = rollback(&app, NAME, true).await.expect("taken back");
    let names_of = |people: &[(PersonId, String)]| people.iter().map(|(_, name)| name.clone()).collect::<Vec<_>>();
    assert_eq!((names_of(&back.kept), names_of(&back.ended)), (vec!["an".to_owned()], vec!["moi".to_owned()]));
}

#[tokio::test]
async fn a_post_that_loses_its_unit_is_told_to_end_and_is_shown_no_more() {
    let app = town().await;
    bring(&app, &row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên")).await;
    applied(&app, &town_plan()).await;
    let new = row("moi", "Phạm Thị Mới", "", "20001", "Văn thư").replace("2025-07-01", "2027-01-01");
    assert_eq!(bring(&app, &new).await.rows_bad, 0);

    let told = since(&app).await;
    let [moi] = told.people.as_slice() else { panic!("one: {told:?}") };
    let ending: Vec<_> = moi.posts.iter().map(|post| (post.title.as_str(), post.left.as_deref(), post.ends)).collect();
    assert_eq!(ending, [("Văn thư", None, true)]);
    assert!(told.rows().iter().all(|row| row[0] == "moi" && row[9] == "ends"), "{:?}", told.rows());
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let here = format!("/admin/plans/{NAME}/rollback");
    let vietnamese = root.browser.get(&here).await;
    assert!(vietnamese.body.contains("đơn vị không còn sau khi hoàn tác"), "{}", vietnamese.body);

    let refused = rollback(&app, NAME, false).await;
    assert!(matches!(refused, Err(ReorganizationError::EditsSince { people: 1 })), "{refused:?}");
    let back = rollback(&app, NAME, true).await.expect("taken back");
    assert_eq!((back.kept.len(), back.ended.len(), back.ended[0].1.as_str()), (0, 1, "moi"), "nothing of hers stays");
    let rows = rows_of(&app, "plan.rolled_back").await;
    let detail = &rows[0].detail;
    assert!(detail.contains("\"people_kept\":0") && detail.contains("\"people_with_posts_ended\":1"), "{detail}");
    let shown = person::described(app.services(), "moi").await.expect("a person");
    assert_eq!(shown["positions"], serde_json::json!([]), "it has no unit to be shown in");
}

#[tokio::test]
async fn where_nobody_changed_anything_nothing_is_told() {
    let app = town().await;
    bring(&app, &row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên")).await;
    applied(&app, &town_plan()).await;
    // Whoever comes after the plan, in a unit that it left alone, is nothing that it would undo.
    bring(&app, &row("binh", "Lê Thị Bình", "", "10004", "Kế toán")).await;

    let told = since(&app).await;

    assert_eq!(told, Since::default());
    assert!(!told.asks() && told.rows().is_empty());
}

#[tokio::test]
async fn the_console_lists_it_with_a_file_and_shows_it_where_a_rollback_is_refused() {
    let app = changed().await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let mut auditor = admin(&app, "kiem-toan", &[], everywhere(AdminRole::Auditor)).await;
    let here = format!("/admin/plans/{NAME}/rollback");

    let page = root.browser.get(&here).await;
    assert_eq!((page.status, page.page()), (200, Some("admin-plan-since")), "{}", page.body);
    for told in ["Nguyễn Văn An", "kim", "31/12/2027", "tiep-nhan tại tthc", "Phường Sông Một", "id=\"accept-edits\""]
    {
        assert!(page.body.contains(told), "{told}: {}", page.body);
    }
    assert!(!page.body.contains("Lê Thị Bình"), "of her nothing was changed: {}", page.body);
    let file = root.browser.get(&format!("{here}?file=csv")).await;
    assert!(file.body.contains("\"99/QĐ\"") && file.body.contains("\"group_role\""), "{}", file.body);
    for event in ["people.listed", "people.exported"] {
        let told = rows_of(&app, event).await;
        assert_eq!(told.len(), 1, "{event}: who was shown whom is on record");
        assert!(told[0].detail.contains(&format!("\"plan\":\"{NAME}\"")), "{event}: {}", told[0].detail);
    }
    assert_eq!(auditor.browser.get(&here).await.status, 404, "it is for whoever may take it back");

    let refused = root.post(&here, &[("reason", "Bãi bỏ")]).await;
    assert_eq!((refused.status, refused.page()), (409, Some("admin-plan-since")), "{}", refused.body);
    assert!(refused.body.contains("Nguyễn Văn An") && refused.body.contains("Bãi bỏ"), "{}", refused.body);
    assert_eq!(count_of(&app, "plan.rolled_back").await, 0);
}
