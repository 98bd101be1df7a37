//! Jobs that go through sets of changes one after another see all of those that a plan's undoing makes one version of:
//! nobody is listed in a unit that is gone, or stays in without a post.

use crate::reorganization_sweep::{id_of, is_disabled, leave, sweep, tell};
use crate::support::TestApp;
use crate::support::people::{bring, row};
use crate::support::plans::{FIRST, LAST, NAME, applied, posts, rollback, town, town_plan, unit};
use crate::support::records::count_of;
use motlan::base::id::{PositionId, UnitId};
use motlan::model::position::Position;
use motlan::service::directory;
use motlan::store::{change_sets, people_index};
use std::collections::BTreeSet;

/// The units to which the list of people says that somebody belongs.
async fn listed(app: &TestApp, username: &str) -> BTreeSet<UnitId> {
    directory::catch_up(app.services()).await.expect("listed");
    let id = id_of(app, username).await;
    let mut conn = app.services().store.read().await.expect("a connection");
    let mut entries = people_index::list_entries(&mut conn, std::slice::from_ref(&id)).await.expect("rows");
    let entry = entries.remove(id.as_str()).expect("a row");
    entry.units.into_iter().filter(|(_, known)| known.belongs).map(|(unit, _)| unit).collect()
}

#[tokio::test]
async fn whoever_was_told_of_late_is_listed_where_they_are_once_a_plan_is_taken_back() {
    let app = town().await;
    let people = [("kim", "Lê Thị Kim"), ("lan", "Vũ Thị Lan")].map(|(name, full)| row(name, full, "", "10004", "Kế toán"));
    assert_eq!(bring(&app, &people.concat()).await.rows_bad, 0);
    let (ended, stays) = (unit(&app, "10001", LAST).await, unit(&app, "10004", LAST).await);
    applied(&app, &town_plan()).await;
    let merged = unit(&app, "20001", FIRST).await;
    // Each is told of in sets of their own: the rollback takes two of them back beside the plan's.
    for username in ["kim", "lan"] {
        let held = posts(&app, username).await.remove(0);
        let late = Position { id: PositionId(format!("late-{username}")), unit: ended.clone(), primary: false, ..held };
        tell(&app, &[(id_of(&app, username).await, late)]).await;
        sweep(&app).await;
        assert_eq!(listed(&app, username).await, BTreeSet::from([merged.clone(), stays.clone()]), "{username} goes along");
    }

    rollback(&app, NAME, false).await.expect("nobody edited anything");

    for username in ["kim", "lan"] {
        assert_eq!(listed(&app, username).await, BTreeSet::from([ended.clone(), stays.clone()]), "{username}");
    }
}

#[tokio::test]
async fn whoever_is_without_a_post_because_a_plan_was_taken_back_has_left() {
    let app = town().await;
    assert_eq!(bring(&app, &row("an", "Nguyễn Văn An", "", "10001", "Kế toán")).await.rows_bad, 0);
    applied(&app, &town_plan()).await;
    let told = row("moi", "Vũ Thị Mới", "", "20001", "Văn thư").replace("2025-07-01", "2027-01-01");
    assert_eq!(bring(&app, &told).await.rows_bad, 0);
    leave(&app).await;
    assert_eq!(count_of(&app, "person.disabled").await, 0, "everybody has a post");

    rollback(&app, NAME, true).await.expect("taken back");
    leave(&app).await;

    assert!(is_disabled(&app, "moi").await, "their one post was in a unit that is gone");
    assert!(!is_disabled(&app, "an").await, "they are in the post of before");
    assert_eq!(count_of(&app, "person.disabled").await, 1);
}

#[tokio::test]
async fn every_set_of_a_version_comes_once_and_in_one_order() {
    let app = town().await;
    let people = row("kim", "Lê Thị Kim", "", "10004", "Kế toán");
    assert_eq!(bring(&app, &people).await.rows_bad, 0);
    let ended = unit(&app, "10001", LAST).await;
    applied(&app, &town_plan()).await;
    let late = Position { id: PositionId("late".to_owned()), unit: ended, primary: false, ..posts(&app, "kim").await.remove(0) };
    tell(&app, &[(id_of(&app, "kim").await, late)]).await;
    sweep(&app).await;
    let mut conn = app.services().store.read().await.expect("a connection");
    let before = change_sets::people_version(&mut conn).await.expect("a version");
    drop(conn);
    rollback(&app, NAME, false).await.expect("nobody edited anything");

    let mut conn = app.services().store.read().await.expect("a connection");
    let version = change_sets::people_version(&mut conn).await.expect("a version");
    assert_eq!(version, before + 1);
    let mut seen = Vec::new();
    let mut at: (i64, Option<String>) = (before, None);
    while let Some(set) = change_sets::find_told_after(&mut conn, at.0, at.1.as_deref()).await.expect("an answer") {
        assert_eq!(set.version, version, "one version of all of them");
        at = (set.version, Some(set.id.0.clone()));
        seen.push(set.id.0);
    }
    // The plan's own, the one of whoever came late, and what stays.
    assert_eq!((seen.len(), seen.is_sorted()), (3, true), "{seen:?}");
    let after = change_sets::find_told_after(&mut conn, version, None).await.expect("an answer");
    assert_eq!(after, None, "all of the version was gone through");
}
