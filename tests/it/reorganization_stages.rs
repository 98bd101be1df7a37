//! What was approved of one stage of a plan goes on counting when another one is applied first, as long as nobody else had a
//! hand in the units, in what is said of where people go, or in the people: then it needs a new approval, and nothing is done.

use crate::support::TestApp;
use crate::support::people::{bring, row};
use crate::support::plans::{APPROVER, AUTHOR, FIRST, NAME, by, digests, go_to, register, registry, text, town, units_of};
use crate::support::records::count_of;
use crate::support::registry::bring as bring_units;
use motlan::base::date::first_moment;
use motlan::service::registry::files::Source;
use motlan::service::reorganization::choices::{self, NewRule};
use motlan::service::reorganization::{
    self, Ahead, Applied, Approval, Part, Readiness, ReorganizationError, RunState, StageStatus, due_with, status,
};
use motlan::store::plan_runs;

/// Two wards become one in the first stage; in the second a third one is divided.
const STEPS: [&str; 7] = [
    "create,+A,phuong,Phường Sông Một,20001,760,,",
    "create,+B,phuong,Phường Sông Hai,20002,760,,",
    "create,+C,phuong,Phường Sông Ba,20003,760,,",
    "merge,10001,,,,,+A,",
    "merge,10002,,,,,+A,",
    "divide,10003,,,,,+B,",
    "divide,10003,,,,,+C,",
];

/// Somebody in each stage, and somebody with a post in both; both stages are registered, and a rule says where people go.
async fn staged() -> TestApp {
    let app = town().await;
    let people = [("an", "10001"), ("binh", "10002"), ("chi", "10003"), ("kiem", "10001")];
    let posts: String = people.map(|(name, unit)| row(name, &format!("Nguyễn Văn {name}"), "", unit, "Kế toán")).concat();
    let beside = row("kiem", "Nguyễn Văn kiem", "", "10003", "Văn thư").replace(",true,", ",false,");
    assert_eq!(bring(&app, &format!("{posts}{beside}")).await.rows_bad, 0);
    let stages = "[[stage]]\nname = \"mot\"\nunits = [\"+A\"]\n\n[[stage]]\nname = \"hai\"\nunits = [\"+B\", \"+C\"]\n\n+++";
    register(&app, &text(NAME, FIRST, &STEPS).replacen("+++", stages, 1)).await.expect("a plan");
    rule(&app, None, "20002").await;
    app
}

/// Says where people of the divided ward go.
async fn rule(app: &TestApp, title: Option<&str>, to: &str) {
    let rule = NewRule { from: "10003", department: None, title, seat: None, to, decision_no: "7/QĐ" };
    choices::add_rule(app.services(), NAME, &rule, &by(AUTHOR)).await.expect("a rule");
}

/// Approves a stage as it is now.
async fn approve(app: &TestApp, stage: &str) -> Approval {
    let services = app.services();
    let digest = reorganization::preview(services, NAME, Some(stage)).await.expect("a preview").digest;
    reorganization::approve(services, NAME, Some(stage), &digest, false, &by(APPROVER)).await.expect("an approval")
}

async fn apply(app: &TestApp, stage: &str) -> Result<Applied, ReorganizationError> {
    let done = reorganization::apply(app.services(), NAME, Some(stage), false, &by(APPROVER), &|_, _| {}).await;
    app.sync().await;
    done
}

async fn rollback(app: &TestApp, stage: &str) {
    reorganization::rollback(app.services(), NAME, Some(stage), false, "thử", &by(APPROVER)).await.expect("taken back");
    app.sync().await;
}

async fn standing(app: &TestApp, stage: &str) -> StageStatus {
    let known = status(app.services(), NAME).await.expect("a plan");
    known.stages.into_iter().find(|known| known.stage.as_deref() == Some(stage)).expect("a stage")
}

/// Both are approved, their day has come, and the first one is applied.
async fn first_applied() -> TestApp {
    let app = staged().await;
    approve(&app, "mot").await;
    approve(&app, "hai").await;
    go_to(&app, FIRST).await;
    assert_eq!(apply(&app, "mot").await.expect("applied").people, 3);
    app
}

#[tokio::test]
async fn what_was_approved_of_a_stage_goes_on_counting_when_another_one_is_applied_first() {
    let app = staged().await;
    let before = digests(&app).await;
    approve(&app, "mot").await;
    let approval = approve(&app, "hai").await;
    go_to(&app, FIRST).await;
    assert_eq!(apply(&app, "mot").await.expect("applied").people, 3);

    let hai = standing(&app, "hai").await;
    assert_eq!((hai.readiness, hai.approval.as_ref()), (Readiness::Ready, Some(&approval)));
    assert_eq!(apply(&app, "hai").await.expect("applied").people, 2);

    for (name, units) in
        [("an", vec!["Phường Sông Một"]), ("chi", vec!["Phường Sông Hai"]), ("kiem", vec!["Phường Sông Một", "Phường Sông Hai"])]
    {
        assert_eq!(units_of(&app, name, FIRST).await, units, "{name}");
    }
    let run = standing(&app, "hai").await.run.expect("a run");
    assert_eq!((run.digest.as_str(), run.approval.as_str()), (approval.digest.as_str(), approval.id.as_str()));
    let both = digests(&app).await;

    rollback(&app, "hai").await;
    rollback(&app, "mot").await;
    assert_eq!(digests(&app).await, before);
    // The other way round, and each by an approval of its own moment, it comes to the same.
    for stage in ["hai", "mot"] {
        approve(&app, stage).await;
        apply(&app, stage).await.expect("applied");
    }
    assert_eq!(digests(&app).await, both);
}

#[tokio::test]
async fn stages_that_are_approved_for_one_day_come_by_themselves_one_after_another() {
    let app = staged().await;
    approve(&app, "mot").await;
    approve(&app, "hai").await;
    go_to(&app, FIRST).await;

    while reorganization::due(app.services(), "one").await.expect("the job runs") {}
    app.sync().await;

    for stage in ["mot", "hai"] {
        assert_eq!(standing(&app, stage).await.readiness, Readiness::Applied, "{stage}");
    }
    assert_eq!((count_of(&app, "plan.applied").await, count_of(&app, "plan.waits").await), (2, 0));
    assert_eq!(units_of(&app, "chi", FIRST).await, ["Phường Sông Hai"]);
}

#[tokio::test]
async fn of_stages_that_are_approved_for_one_day_the_largest_is_staged_ahead_and_the_other_comes_right_after_it() {
    let app = staged().await;
    // The smaller one is approved first.
    approve(&app, "hai").await;
    app.advance_seconds(1);
    approve(&app, "mot").await;
    let mut ahead = Ahead::default();
    let before = digests(&app).await;
    let mut beat_at = async |seconds: i64| {
        app.advance_seconds(first_moment(FIRST).seconds() - seconds - app.now_seconds());
        app.sync().await;
        let done = Box::pin(due_with(app.services(), "one", &mut ahead)).await.expect("the job runs");
        app.sync().await;
        done
    };

    assert!(!beat_at(500).await);
    assert!(!beat_at(1).await);
    assert_eq!(standing(&app, "mot").await.readiness, Readiness::Staged);
    let hai = standing(&app, "hai").await;
    assert_eq!((hai.readiness, hai.run), (Readiness::NotYet, None));
    assert_eq!((digests(&app).await, count_of(&app, "plan.applied").await), (before, 0), "not before the day");

    assert!(beat_at(0).await);
    for stage in ["mot", "hai"] {
        let run = standing(&app, stage).await.run.expect("a run");
        assert_eq!((run.state, run.applied_at.is_some()), (RunState::Applied, true), "{stage}: in one beat");
    }
    assert_eq!((count_of(&app, "plan.applied").await, count_of(&app, "plan.waits").await), (2, 0));
    for (name, unit) in [("an", "Phường Sông Một"), ("chi", "Phường Sông Hai")] {
        assert_eq!(units_of(&app, name, FIRST).await, [unit], "{name}");
    }
    assert!(!beat_at(-5).await, "nothing is left");
}

/// The second stage is refused, and nothing of it counts.
async fn refused(app: &TestApp, what: Part, readiness: Readiness) {
    let before = digests(app).await;
    assert_eq!(standing(app, "hai").await.readiness, readiness);
    let error = apply(app, "hai").await;
    assert!(matches!(&error, Err(ReorganizationError::Stale { what: found }) if *found == what), "{error:?}");
    assert_eq!(digests(app).await, before);
    assert_eq!(units_of(app, "chi", FIRST).await, ["Phường Ba"]);
    let runs = plan_runs::list_of(&mut app.services().store.read().await.expect("a connection"), NAME).await.expect("runs");
    assert!(runs.iter().all(|run| run.stage != "hai" || run.state == RunState::Abandoned), "{runs:?}");
}

#[tokio::test]
async fn whoever_else_changed_the_units_since_asks_for_a_new_approval() {
    let app = first_applied().await;
    let code = "gso_code,scheme,code,valid_from,valid_to\n10006,agency,H29.9,2027-01-01,\n";
    let source = Source { name: "ma.csv".to_owned(), bytes: code.as_bytes().to_vec() };
    bring_units(app.services(), &[source], false).await.expect("a code");
    app.sync().await;
    refused(&app, Part::Registry, Readiness::RegistryChanged).await;

    approve(&app, "hai").await;
    assert_eq!(standing(&app, "hai").await.readiness, Readiness::Ready);
    apply(&app, "hai").await.expect("what was approved anew");
}

#[tokio::test]
async fn a_stage_that_was_rolled_back_meanwhile_asks_for_a_new_approval_of_the_other() {
    let app = first_applied().await;
    rollback(&app, "mot").await;
    assert!(registry(&app).await.look_up("gso", "20001", FIRST).one().is_none());
    refused(&app, Part::Registry, Readiness::RegistryChanged).await;
}

#[tokio::test]
async fn another_word_of_where_people_go_asks_for_a_new_approval() {
    let app = first_applied().await;
    rule(&app, Some("Kế toán"), "20003").await;
    refused(&app, Part::Registry, Readiness::RegistryChanged).await;
}

#[tokio::test]
async fn somebody_who_came_into_the_second_stage_since_asks_for_a_new_approval() {
    let app = first_applied().await;
    assert_eq!(bring(&app, &row("moi", "Trần Thị Mới", "", "10003", "Văn thư")).await.rows_bad, 0);
    refused(&app, Part::People, Readiness::Ready).await;
}
