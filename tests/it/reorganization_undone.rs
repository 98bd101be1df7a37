//! What somebody took back since a plan was applied is no edit of what the plan made of it: where a rollback leaves the same
//! with the plan and without it, nobody is asked whether that may stay. What differs is asked for. And an earlier plan, or an
//! earlier stage of one, goes back while a later one of other units stands: what is left is what the later one makes alone.

use crate::support::TestApp;
use crate::support::imports;
use crate::support::people::{HEADER, bring, person, row};
use crate::support::plans::{
    APPROVER, FIRST, NAME, applied, by, digests, go_to, posts, register, registry, rollback, text, town, town_plan, units_of,
};
use crate::support::records::count_of;
use motlan::base::id::PersonId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::position::Position;
use motlan::service::Origin;
use motlan::service::legacy::merge::{self, Pair};
use motlan::service::reorganization::{self, ReorganizationError};
use motlan::store::positions;
use time::Date;
use time::macros::date;

/// The day of a later plan.
const LATER: Date = date!(2027 - 02 - 01);
/// Two wards of the first district become one.
const OF_ONE: [&str; 3] = ["create,+A,phuong,Phường Sông Một,20001,760,,", "merge,10001,,,,,+A,", "merge,10002,,,,,+A,"];
/// Two wards of the second one do.
const OF_TWO: [&str; 3] = ["create,+B,phuong,Phường Sông Hai,20002,761,,", "merge,10004,,,,,+B,", "merge,10005,,,,,+B,"];

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

/// The town with officials in both districts, one of them with a post in each.
async fn two_districts() -> TestApp {
    let app = town().await;
    let people = [("an", "10001"), ("binh", "10002"), ("chi", "10004"), ("dung", "10005"), ("kiem", "10001")];
    let posts: String = people.map(|(name, unit)| row(name, &format!("Nguyễn Văn {name}"), "", unit, "Kế toán")).concat();
    let beside = row("kiem", "Nguyễn Văn kiem", "", "10004", "Văn thư").replace(",true,", ",false,");
    assert_eq!(bring(&app, &format!("{posts}{beside}")).await.rows_bad, 0);
    app
}

/// Only the wards of the second district are one.
async fn only_the_second_stands(app: &TestApp, on: Date) {
    for (name, units) in [
        ("an", vec!["Phường Một"]),
        ("binh", vec!["Phường Hai"]),
        ("chi", vec!["Phường Sông Hai"]),
        ("dung", vec!["Phường Sông Hai"]),
        ("kiem", vec!["Phường Một", "Phường Sông Hai"]),
    ] {
        assert_eq!(units_of(app, name, on).await, units, "{name}");
    }
}

#[tokio::test]
async fn an_earlier_plan_goes_back_while_a_later_one_of_other_units_stands() {
    let (app, alone) = (two_districts().await, two_districts().await);
    let before = digests(&app).await;
    assert_eq!(digests(&alone).await, before, "two towns of which the same is known");
    let later = text("quan-hai", LATER, &OF_TWO);
    applied(&app, &text("quan-mot", FIRST, &OF_ONE)).await;
    applied(&app, &later).await;
    applied(&alone, &later).await;
    let (both, wanted) = (digests(&app).await, digests(&alone).await);
    assert!(both.units != wanted.units && both.people != wanted.people);

    let back = rollback(&app, "quan-mot", false).await.expect("the later one touches none of its units");

    assert!(back.kept.is_empty(), "{:?}", back.kept);
    assert_eq!(digests(&app).await, wanted, "what the later one makes where the earlier one never was");
    only_the_second_stands(&app, LATER).await;
    rollback(&app, "quan-hai", false).await.expect("then the later one");
    assert_eq!((digests(&app).await, count_of(&app, "plan.rolled_back").await), (before, 2));
}

/// The same wards, as two stages of one plan of one day.
async fn staged(app: &TestApp) {
    let steps: Vec<&str> = OF_ONE.into_iter().chain(OF_TWO).collect();
    let stages = "[[stage]]\nname = \"mot\"\nunits = [\"+A\"]\n\n[[stage]]\nname = \"hai\"\nunits = [\"+B\"]\n\n+++";
    register(app, &text(NAME, FIRST, &steps).replacen("+++", stages, 1)).await.expect("a plan");
    go_to(app, FIRST).await;
}

/// Approves a stage as it is now, and applies it.
async fn apply_stage(app: &TestApp, stage: &str) {
    let services = app.services();
    let digest = reorganization::preview(services, NAME, Some(stage)).await.expect("a preview").digest;
    reorganization::approve(services, NAME, Some(stage), &digest, false, &by(APPROVER)).await.expect("an approval");
    reorganization::apply(services, NAME, Some(stage), false, &by(APPROVER), &|_, _| {}).await.expect("applied");
    app.sync().await;
}

/// Takes a stage back, of which nobody edited anything.
async fn take_stage_back(app: &TestApp, stage: &str) {
    let done = reorganization::rollback(app.services(), NAME, Some(stage), false, "thử", &by(APPROVER)).await;
    let kept = done.unwrap_or_else(|error| panic!("{stage}: {error}")).kept;
    assert!(kept.is_empty(), "{stage}: {kept:?}");
    app.sync().await;
}

#[tokio::test]
async fn an_earlier_stage_goes_back_while_a_later_one_of_other_units_stands() {
    let (app, alone) = (two_districts().await, two_districts().await);
    let before = digests(&app).await;
    for (place, stages) in [(&app, ["mot", "hai"].as_slice()), (&alone, ["hai"].as_slice())] {
        staged(place).await;
        for stage in stages {
            apply_stage(place, stage).await;
        }
    }
    let (both, wanted) = (digests(&app).await, digests(&alone).await);
    assert!(both.units != wanted.units && both.people != wanted.people);

    take_stage_back(&app, "mot").await;

    assert_eq!(digests(&app).await, wanted, "what the second stage makes where the first one never was");
    only_the_second_stands(&app, FIRST).await;
    // The first one comes again, and is the later one now.
    apply_stage(&app, "mot").await;
    assert_eq!(digests(&app).await, both);
    take_stage_back(&app, "hai").await;
    take_stage_back(&app, "mot").await;
    assert_eq!((digests(&app).await, count_of(&app, "plan.rolled_back").await), (before, 3));
}
