//! A plan that is broken off between two of its steps: what was written before counts as a whole or not at all, and whoever goes
//! on comes to the same as where nothing was broken off. Each database is as a process leaves it that is killed there.

use crate::reorganization_ahead::{beat, go_before};
use crate::reorganization_sweep::{id_of, is_disabled, leave, sweep, tell};
use crate::support::TestApp;
use crate::support::people::{bring, person, row};
use crate::support::plans::{
    APPROVER, FIRST, LAST, NAME, applied, apply, approve, digests, go_to, posts, register, rollback, text, town, town_plan, unit,
    units_of,
};
use crate::support::records::{count_of, rows_of};
use crate::support::trail::Hand;
use motlan::base::id::PositionId;
use motlan::model::position::Position;
use motlan::service::reorganization::{self, Ahead, Kept, Readiness, ReorganizationError, RunState, status};
use motlan::store::plan_figures::{self, Figures};
use motlan::store::plan_runs::{self, Held, Run};
use time::macros::date;

/// Who does by itself what is left to do.
const JOB: &str = "job:reorganization";

/// The town with somebody in each of the wards that become one.
async fn scene() -> TestApp {
    let app = town().await;
    let rows = [row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên"), row("binh", "Lê Thị Bình", "", "10002", "Kế toán")];
    assert_eq!(bring(&app, &rows.concat()).await.rows_bad, 0);
    app
}

/// The scene, with everybody staged by one node and compared with what was approved, and nothing that counts.
async fn compared() -> (TestApp, Ahead) {
    let app = scene().await;
    register(&app, &town_plan()).await.expect("a plan");
    approve(&app, NAME, false).await.expect("an approval");
    go_before(&app, 500).await;
    let mut ahead = Ahead::default();
    assert!(!beat(&app, "one", &mut ahead).await, "nothing is done yet");
    (app, ahead)
}

/// The newest run of the plan.
async fn newest(app: &TestApp) -> Run {
    let mut conn = app.services().store.read().await.expect("a connection");
    plan_runs::list_of(&mut conn, NAME).await.expect("runs").remove(0)
}

/// What is kept with a run.
async fn figures(app: &TestApp, run: &Run) -> Figures {
    let mut conn = app.services().store.read().await.expect("a connection");
    plan_figures::find(&mut conn, &run.id).await.expect("an answer").expect("figures")
}

/// How many runs were taken back of whose people some may still be shut out.
async fn unrestored(app: &TestApp) -> usize {
    let mut conn = app.services().store.read().await.expect("a connection");
    plan_runs::list_unrestored(&mut conn).await.expect("runs").len()
}

#[tokio::test]
async fn what_was_compared_and_does_not_count_yet_is_taken_up_and_comes_to_the_same() {
    let undisturbed = scene().await;
    applied(&undisturbed, &town_plan()).await;
    let expected = digests(&undisturbed).await;
    for by_itself in [true, false] {
        let case = if by_itself { "by itself" } else { "by hand" };
        let (app, ahead) = compared().await;
        let before = digests(&app).await;
        let left = newest(&app).await;
        assert_eq!((left.state, left.people), (RunState::Staging, 2), "{case}");
        // Its process is killed.
        drop(ahead);
        go_to(&app, FIRST).await;
        assert_eq!((digests(&app).await, count_of(&app, "plan.applied").await), (before.clone(), 0), "{case}");
        assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Một"], "{case}");

        if by_itself {
            assert!(beat(&app, "two", &mut Ahead::default()).await);
        } else {
            apply(&app, NAME).await.expect("taken up");
        }

        let run = newest(&app).await;
        assert_eq!((run.id, run.state, run.people), (left.id, RunState::Applied, 2), "{case}: the same run");
        assert_eq!((digests(&app).await, count_of(&app, "plan.applied").await), (expected.clone(), 1), "{case}");
        rollback(&app, NAME, false).await.expect("taken back");
        assert_eq!(digests(&app).await, before, "{case}");
    }
}

#[tokio::test]
async fn what_counts_with_the_figures_of_before_is_whole_done_once_and_taken_back_whole() {
    let (app, mut ahead) = compared().await;
    let counted = figures(&app, &newest(&app).await).await;
    bring(&app, &row("tre", "Nguyễn Văn Trễ", "", "10002", "Văn thư")).await;
    let before = digests(&app).await;
    go_before(&app, 0).await;
    assert!(beat(&app, "one", &mut ahead).await);
    let run = newest(&app).await;
    assert_ne!(figures(&app, &run).await.tally, counted.tally, "somebody came, so they were kept again");
    let after = digests(&app).await;
    // Killed between the two, its process leaves them as they were.
    let tally = counted.tally.clone().expect("everybody was staged");
    let mut tx = app.services().store.write().await.expect("a unit of work");
    assert!(plan_figures::keep(&mut tx, Held { id: &run.id, holder: "one" }, &tally).await.expect("an answer"));
    tx.commit().await.expect("committed");
    drop(ahead);
    app.advance_seconds(61);

    assert!(!beat(&app, "two", &mut Ahead::default()).await, "nothing is left to do");
    assert!(matches!(apply(&app, NAME).await, Err(ReorganizationError::Already)));
    assert_eq!((digests(&app).await, count_of(&app, "plan.applied").await), (after, 1));
    for name in ["an", "binh", "tre"] {
        assert_eq!(units_of(&app, name, FIRST).await, ["Phường Sông Một"], "{name}");
    }
    let known = status(app.services(), NAME).await.expect("a plan");
    assert_eq!(known.stages[0].readiness, Readiness::Applied);
    let told = reorganization::kept(app.services(), &known, &known.stages[0]).await.expect("an answer");
    assert_eq!(told, Kept { applied: vec![None], people: counted.people, tally: counted.tally }, "as they are kept");
    rollback(&app, NAME, false).await.expect("taken back");
    assert_eq!(digests(&app).await, before);
}

/// The town after a plan that cost somebody her last post, and with it her account.
async fn shut_out() -> TestApp {
    let app = town().await;
    assert_eq!(bring(&app, &row("kim", "Lê Thị Kim", "", "10006", "Kế toán")).await.rows_bad, 0);
    leave(&app).await;
    let (elsewhere, old) = (unit(&app, "10004", LAST).await, posts(&app, "kim").await.remove(0));
    applied(&app, &text(NAME, FIRST, &["dissolve,10006,,,,,,"])).await;
    // Somebody says where she is, for a day, and that is over.
    app.advance_seconds(60);
    let id = PositionId("kim".to_owned());
    let post = Position { id, unit: elsewhere, primary: false, valid_from: FIRST, valid_to: Some(FIRST), ..old };
    tell(&app, &[(id_of(&app, "kim").await, post)]).await;
    go_to(&app, date!(2027 - 01 - 05)).await;
    leave(&app).await;
    assert!(is_disabled(&app, "kim").await, "her last post is over");
    app
}

#[tokio::test]
async fn accounts_that_a_rollback_did_not_come_to_give_back_are_given_back_by_the_job() {
    let app = shut_out().await;
    let (kim, shut_at) = (id_of(&app, "kim").await, person(&app, "kim").await.and_then(|kim| kim.disabled_at));
    let shut_at = shut_at.expect("she may not sign in").0;
    go_to(&app, date!(2027 - 02 - 01)).await;
    assert_eq!(rollback(&app, NAME, false).await.expect("taken back").accounts, 1);
    assert_eq!((is_disabled(&app, "kim").await, unrestored(&app).await), (false, 0));
    let done = digests(&app).await;
    // Killed right after its commit, it leaves everything else as it was.
    let hand = Hand::of(&app);
    hand.execute(&format!("UPDATE persons SET disabled_at = {shut_at} WHERE id = '{}'", kim.as_str())).await;
    hand.execute(&format!("UPDATE lifecycles SET enabled_at = NULL WHERE person_id = '{}'", kim.as_str())).await;
    hand.execute("UPDATE plan_runs SET restored_at = NULL WHERE state = 'undone'").await;
    app.advance_seconds(61);
    app.sync().await;
    assert_eq!((is_disabled(&app, "kim").await, unrestored(&app).await), (true, 1));

    sweep(&app).await;

    assert_eq!((is_disabled(&app, "kim").await, unrestored(&app).await), (false, 0));
    assert_eq!((digests(&app).await, newest(&app).await.state), (done, RunState::Undone));
    let rows = rows_of(&app, "person.enabled").await;
    let told: Vec<(Option<&str>, bool)> =
        rows.iter().map(|row| (row.actor.as_deref(), row.person_id.as_deref() == Some(kim.as_str()))).collect();
    assert_eq!(told, [(Some(APPROVER), true), (Some(JOB), true)]);
    leave(&app).await;
    sweep(&app).await;
    assert!(!is_disabled(&app, "kim").await, "nor is she shut out again");
    assert_eq!((count_of(&app, "person.enabled").await, count_of(&app, "plan.rolled_back").await), (2, 1));
}
