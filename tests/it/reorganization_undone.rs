//! What somebody took back since a plan was applied is no edit of what the plan made of it: where a rollback leaves the same
//! with the plan and without it, nobody is asked whether that may stay. What differs is asked for.

use crate::support::TestApp;
use crate::support::imports;
use crate::support::people::{HEADER, bring, person, row};
use crate::support::plans::{FIRST, NAME, applied, digests, go_to, posts, registry, rollback, town, town_plan, units_of};
use crate::support::records::count_of;
use motlan::base::id::PersonId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::position::Position;
use motlan::service::Origin;
use motlan::service::legacy::merge::{self, Pair};
use motlan::service::reorganization::ReorganizationError;
use motlan::store::positions;

/// Somebody whose ward goes whole into another one, as a file tells them.
fn an() -> String {
    row("an", "Nguyễn Văn An", "", "10001", "Kế toán")
}

async fn all_posts_of(app: &TestApp, id: &PersonId) -> Vec<Position> {
    let mut conn = app.services().store.read().await.expect("a connection");
    positions::list(&mut conn, id).await.expect("posts").0
}

#[tokio::test]
async fn a_file_that_was_taken_back_since_is_no_edit_and_leaves_nothing_after_a_rollback() {
    let app = town().await;
    go_to(&app, FIRST).await;
    let (_, mut root) = imports::administrator(&app, "root", &[], (AdminRole::System, None)).await;
    let before = digests(&app).await;
    let address = imports::bring(&app, &mut root, "people", &format!("{HEADER}{}", an())).await;
    let id = person(&app, "an").await.expect("a person").id;
    applied(&app, &town_plan()).await;
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Một"]);
    imports::undo(&app, &mut root, &address).await;

    let back = rollback(&app, NAME, false).await.expect("nobody edited anything");

    assert!(back.kept.is_empty(), "{:?}", back.kept);
    assert_eq!(digests(&app).await, before);
    assert!(person(&app, "an").await.is_none());
    let left = all_posts_of(&app, &id).await;
    assert!(!left.is_empty() && left.iter().all(|post| !post.was_ever_held()), "{left:?}");
    let registry = registry(&app).await;
    assert!(left.iter().all(|post| registry.unit(&post.unit).is_some()), "none is left in a unit that is gone: {left:?}");
}

#[tokio::test]
async fn a_file_that_changed_a_post_and_was_taken_back_since_leaves_the_post_of_before() {
    let app = town().await;
    bring(&app, &an()).await;
    go_to(&app, FIRST).await;
    let (_, mut root) = imports::administrator(&app, "root", &[], (AdminRole::System, None)).await;
    let (before, post) = (digests(&app).await, posts(&app, "an").await);
    let told = an().replace("1/QĐ", "2/QĐ");
    let address = imports::bring(&app, &mut root, "people", &format!("{HEADER}{told}")).await;
    assert_eq!(posts(&app, "an").await[0].decision_no, "2/QĐ");
    applied(&app, &town_plan()).await;
    imports::undo(&app, &mut root, &address).await;
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Một"]);

    let back = rollback(&app, NAME, false).await.expect("nobody edited anything");

    assert!(back.kept.is_empty(), "{:?}", back.kept);
    let held: Vec<Position> = posts(&app, "an").await.into_iter().filter(Position::was_ever_held).collect();
    assert_eq!(held, post);
    assert_eq!(digests(&app).await.units, before.units);
}

#[tokio::test]
async fn a_merge_that_was_undone_since_is_no_edit_either() {
    let app = town().await;
    let (kept, merged) = (app.official_in("giu", &["10004"]).await, app.official_in("nhap", &["10001"]).await);
    let before = digests(&app).await;
    let pair = Pair::at_command_line(kept.id.clone(), merged.id.clone(), "os:test", &Origin::command_line());
    let done = merge::merge(app.services(), &pair, "Cùng một người", None).await.expect("merged");
    applied(&app, &town_plan()).await;
    merge::undo(app.services(), &pair, &done.id, "Nhầm người").await.expect("undone");

    let back = rollback(&app, NAME, false).await.expect("nobody edited anything");

    assert!(back.kept.is_empty(), "{:?}", back.kept);
    assert_eq!(units_of(&app, "giu", FIRST).await, ["Phường Bốn"]);
    assert_eq!(units_of(&app, "nhap", FIRST).await, ["Phường Một"]);
    assert_eq!(digests(&app).await.units, before.units);
}

#[tokio::test]
async fn what_was_taken_back_beside_a_change_of_somebody_else_is_asked_for_as_before() {
    let app = town().await;
    go_to(&app, FIRST).await;
    let (_, mut root) = imports::administrator(&app, "root", &[], (AdminRole::System, None)).await;
    bring(&app, &row("binh", "Lê Thị Bình", "", "10002", "Văn thư")).await;
    let address = imports::bring(&app, &mut root, "people", &format!("{HEADER}{}", an())).await;
    applied(&app, &town_plan()).await;
    imports::undo(&app, &mut root, &address).await;
    let told = row("binh", "Lê Thị Bình", "", "20001", "Văn thư").replace("1/QĐ,2025-07-01,", "9/QĐ,2027-01-01,2027-06-30");
    assert_eq!(bring(&app, &told).await.rows_bad, 0);
    let known = digests(&app).await;

    let refused = rollback(&app, NAME, false).await;
    assert!(matches!(refused, Err(ReorganizationError::EditsSince { people: 1 })), "{refused:?}");
    assert_eq!((digests(&app).await, count_of(&app, "plan.rolled_back").await), (known, 0));

    let back = rollback(&app, NAME, true).await.expect("taken back");
    assert_eq!(back.kept.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["binh"]);
}
