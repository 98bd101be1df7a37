//! A plan among many hands: of all who apply it at once one does, what a killed process left is taken up or given up, people
//! who come meanwhile go along, and what is due is applied once.

use crate::reorganization_sweep::killed as job_is_killed;
use crate::support::TestApp;
use crate::support::people::{HEADER, How, bring, bring_as, person, row};
use crate::support::plans::{
    APPROVER, Digests, FIRST, NAME, applied, apply, approve, approved, by, digests, go_to, register, registry, rollback, text,
    town, town_plan, units_of,
};
use crate::support::races::{RUNNERS, together};
use crate::support::records::{count_of, rows_of};
use crate::support::registry::bring as bring_units;
use motlan::base::date::vietnam_date;
use motlan::model::unit::Certainty;
use motlan::service::Services;
use motlan::service::registry::files::Source;
use motlan::service::reorganization::{self, Applied, Part, ReorganizationError, RunState};
use motlan::store::plan_runs::{self, Run};
use serde_json::Value;
use std::fmt::Write as _;
use time::macros::date;
use tokio::sync::Notify;

/// More than two short writes bring in.
const MANY: usize = 700;

/// The town with many officials in the wards that become one.
async fn crowd() -> TestApp {
    let app = town().await;
    let mut people = HEADER.to_owned();
    for number in 0..MANY {
        let unit = ["10001", "10002"][number % 2];
        writeln!(people, "cb{number},Lê Thị Số {number},,,,,,{unit},Văn phòng,Kế toán,cong_chuc,true,1/QĐ,2025-07-01,")
            .expect("text");
    }
    let report = bring_as(app.services(), people.as_bytes(), How::default()).await.expect("a report");
    assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
    app
}

async fn attempt(services: Services) -> Result<Applied, ReorganizationError> {
    reorganization::apply(&services, NAME, None, false, &by(APPROVER), &|_, _| {}).await
}

/// Applies the plan and is killed after the first people are staged.
pub async fn killed(app: &TestApp) {
    let begun = Notify::new();
    let progress = |done: i64, of: i64| {
        if done > 0 && done < of {
            begun.notify_one();
        }
    };
    let by = by(APPROVER);
    let work = reorganization::apply(app.services(), NAME, None, false, &by, &progress);
    tokio::select! {
        biased;
        () = begun.notified() => {}
        done = work => panic!("it came to its end before it was killed: {done:?}"),
    }
}

/// The runs of the plan, newest first.
async fn runs(app: &TestApp) -> Vec<Run> {
    let mut conn = app.services().store.read().await.expect("a connection");
    plan_runs::list_of(&mut conn, NAME).await.expect("runs")
}

async fn states(app: &TestApp) -> Vec<RunState> {
    runs(app).await.into_iter().map(|run| run.state).collect()
}

/// What the same comes to where nobody is killed.
async fn undisturbed() -> Digests {
    let app = crowd().await;
    applied(&app, &town_plan()).await;
    digests(&app).await
}

#[tokio::test]
async fn of_all_who_apply_a_plan_at_once_one_does() {
    let app = town().await;
    bring(&app, &row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên")).await;
    let second = app.second_node().await;
    approved(&app, &town_plan()).await;
    let nodes = [Some(app.clone()), second].into_iter().flatten().collect::<Vec<_>>();
    let services = nodes.iter().cycle().take(RUNNERS).map(|node| node.services().clone());

    let done = together(services.map(attempt)).await;

    let (won, lost): (Vec<_>, Vec<_>) = done.into_iter().partition(Result::is_ok);
    assert_eq!(won.len(), 1, "{lost:?}");
    let in_the_way = |error: &Result<Applied, ReorganizationError>| {
        matches!(error, Err(ReorganizationError::Busy | ReorganizationError::Already))
    };
    assert!(lost.iter().all(in_the_way), "{lost:?}");
    assert_eq!(count_of(&app, "plan.applied").await, 1);
    assert_eq!(states(&app).await, [RunState::Applied]);
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Một"]);
}

#[tokio::test]
async fn of_all_who_take_a_plan_back_at_once_one_does() {
    let app = town().await;
    bring(&app, &row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên")).await;
    let before = digests(&app).await;
    applied(&app, &town_plan()).await;
    let back = |services: Services| async move {
        reorganization::rollback(&services, NAME, None, false, "thử", &by(APPROVER)).await.is_ok()
    };
    let done = together((0..8).map(|_| back(app.services().clone()))).await;

    assert_eq!(done.into_iter().filter(|done| *done).count(), 1);
    assert_eq!(count_of(&app, "plan.rolled_back").await, 1);
    app.sync().await;
    assert_eq!(digests(&app).await, before);
}

#[tokio::test]
async fn one_plan_of_the_city_is_applied_at_a_time() {
    let app = crowd().await;
    approved(&app, &town_plan()).await;
    let other = text("doi-ten", FIRST, &["rename,10006,,Xã Sáu Mới,,,,"]);
    approved(&app, &other).await;
    killed(&app).await;
    let before = digests(&app).await;

    assert!(matches!(apply(&app, "doi-ten").await, Err(ReorganizationError::Busy)));
    assert!(matches!(apply(&app, NAME).await, Err(ReorganizationError::Busy)), "somebody may still work on it");
    assert_eq!((digests(&app).await, count_of(&app, "plan.applied").await), (before, 0));
}

#[tokio::test]
async fn what_a_killed_process_left_counts_for_nothing_and_is_taken_up_where_it_was_left() {
    let app = crowd().await;
    let before = digests(&app).await;
    approved(&app, &town_plan()).await;
    killed(&app).await;
    let left = runs(&app).await.remove(0);
    assert_eq!(left.state, RunState::Staging);
    assert!(!left.cursor.as_str().is_empty(), "some were staged");
    assert_eq!(digests(&app).await, before, "nothing of it counts");
    assert_eq!(units_of(&app, "cb0", FIRST).await, ["Phường Một"]);

    app.advance_seconds(61);
    app.sync().await;
    let done = apply(&app, NAME).await.expect("taken up");

    assert_eq!(done.run, left.id, "the same run");
    assert_eq!(done.people, i64::try_from(MANY).expect("a number"));
    assert_eq!(digests(&app).await, undisturbed().await);
    assert_eq!((count_of(&app, "plan.applied").await, states(&app).await), (1, vec![RunState::Applied]));
    rollback(&app, NAME, false).await.expect("taken back");
    assert_eq!(digests(&app).await, before);
}

#[tokio::test]
async fn what_a_killed_process_left_is_taken_up_though_the_clock_was_set_back_since() {
    let expected = undisturbed().await;
    for by_itself in [true, false] {
        let case = if by_itself { "by itself" } else { "by hand" };
        let app = crowd().await;
        let before = digests(&app).await;
        approved(&app, &town_plan()).await;
        if by_itself {
            job_is_killed(&app).await;
        } else {
            killed(&app).await;
        }
        let left = runs(&app).await.remove(0);
        assert_eq!((left.state, digests(&app).await), (RunState::Staging, before.clone()), "{case}");

        // Still on the day of the plan.
        app.advance_seconds(-7_200);
        app.sync().await;
        if by_itself {
            assert!(reorganization::due(app.services(), "two").await.expect("the job runs"), "another node does not wait");
            app.sync().await;
        } else {
            apply(&app, NAME).await.expect("taken up");
        }

        let run = runs(&app).await.remove(0);
        assert_eq!((run.id, run.state), (left.id, RunState::Applied), "{case}");
        assert_eq!((digests(&app).await, count_of(&app, "plan.applied").await), (expected.clone(), 1), "{case}");
        rollback(&app, NAME, false).await.expect("taken back");
        assert_eq!(digests(&app).await, before, "{case}");
    }
}

#[tokio::test]
async fn what_is_staged_on_its_day_does_not_count_when_the_clock_is_set_back_before_it_meanwhile() {
    let app = town().await;
    bring(&app, &row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên")).await;
    approved(&app, &town_plan()).await;
    let before = digests(&app).await;
    let progress = |done: i64, of: i64| {
        if done == of {
            app.advance_seconds(-86_400);
        }
    };

    let refused = reorganization::apply(app.services(), NAME, None, false, &by(APPROVER), &progress).await;

    assert!(matches!(refused, Err(ReorganizationError::NotYet { effective }) if effective == FIRST), "{refused:?}");
    app.sync().await;
    let run = runs(&app).await.remove(0);
    assert_eq!((run.state, run.people), (RunState::Abandoned, 1), "everybody was staged before");
    assert_eq!((digests(&app).await, count_of(&app, "plan.applied").await), (before, 0));
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Một"]);

    // The approval is not used up: it counts once its day is there.
    app.advance_seconds(86_401);
    app.sync().await;
    apply(&app, NAME).await.expect("applied");
    assert_eq!(states(&app).await, [RunState::Applied, RunState::Abandoned]);
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Một"]);
}

#[tokio::test]
async fn what_a_killed_process_left_is_given_up_when_the_units_are_others_by_now() {
    let app = crowd().await;
    approved(&app, &town_plan()).await;
    killed(&app).await;
    let codes = "gso_code,scheme,code,valid_from,valid_to\n10004,agency,H29.99.1,2025-07-01,\n";
    let source = Source { name: "codes.csv".to_owned(), bytes: codes.as_bytes().to_vec() };
    bring_units(app.services(), &[source], false).await.expect("a code");
    let before = digests(&app).await;
    app.advance_seconds(61);
    app.sync().await;

    let refused = apply(&app, NAME).await;
    assert!(matches!(refused, Err(ReorganizationError::Stale { what: Part::Registry })), "{refused:?}");
    assert_eq!((digests(&app).await, states(&app).await), (before, vec![RunState::Abandoned]));
    assert_eq!(count_of(&app, "plan.applied").await, 0);

    // It stands in nobody's way.
    approve(&app, NAME, false).await.expect("an approval");
    apply(&app, NAME).await.expect("applied");
    assert_eq!(states(&app).await, [RunState::Applied, RunState::Abandoned]);
}

/// Everybody with a post is in a unit that is there.
async fn nobody_is_left_behind(app: &TestApp, names: impl IntoIterator<Item = String>) {
    let registry = registry(app).await;
    let today = vietnam_date(app.services().clock.now());
    for name in names {
        let known = person(app, &name).await.expect("a person");
        let held = known.positions_on(today);
        assert_eq!(held.len(), 1, "{name}");
        let unit = registry.unit(&held[0].unit).expect("a unit");
        assert_eq!(unit.span.holds_on(today), Certainty::Yes, "{name} is in a unit that is gone");
    }
}

#[tokio::test]
async fn people_who_come_after_the_approval_go_along_when_the_day_comes() {
    let app = crowd().await;
    register(&app, &town_plan()).await.expect("a plan");
    approve(&app, NAME, false).await.expect("an approval");
    // Before the day, and while the work of the day was under way on a node that was killed.
    bring(&app, &row("som", "Nguyễn Văn Sớm", "", "10001", "Văn thư")).await;
    assert!(!reorganization::due(app.services(), "one").await.expect("an answer"), "its day has not come");
    go_to(&app, FIRST).await;
    job_is_killed(&app).await;
    let rows = [row("tre", "Nguyễn Văn Trễ", "", "10002", "Văn thư"), row("khac", "Lê Thị Khác", "", "10004", "Văn thư")];
    bring(&app, &rows.concat()).await;
    assert_eq!(units_of(&app, "som", FIRST).await, ["Phường Một"], "nothing of it counts yet");

    // The lease and the run of the killed node are over after a while.
    app.advance_seconds(600);
    app.sync().await;
    while reorganization::due(app.services(), "two").await.expect("the job runs") {}
    app.sync().await;

    assert_eq!(states(&app).await.first(), Some(&RunState::Applied));
    let names = (0..MANY).map(|number| format!("cb{number}")).chain(["som", "tre", "khac"].map(str::to_owned));
    nobody_is_left_behind(&app, names).await;
    let detail: Value = serde_json::from_str(&rows_of(&app, "plan.applied").await[0].detail).expect("JSON");
    assert_eq!((&detail["scheduled"], &detail["changed_since"]), (&Value::Bool(true), &Value::from(2)), "{detail}");
}

#[tokio::test]
async fn what_is_due_is_applied_once_however_many_look() {
    let app = town().await;
    bring(&app, &row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên")).await;
    let second = app.second_node().await.unwrap_or_else(|| app.clone());
    register(&app, &town_plan()).await.expect("a plan");
    approve(&app, NAME, false).await.expect("an approval");
    let later = text("doi-ten", date!(2027 - 02 - 01), &["rename,10006,,Xã Sáu Mới,,,,"]);
    register(&app, &later).await.expect("a plan");
    approve(&app, "doi-ten", false).await.expect("an approval");
    let before = digests(&app).await;
    assert!(!reorganization::due(app.services(), "one").await.expect("an answer"));
    assert_eq!(digests(&app).await, before, "not before its day");
    go_to(&app, FIRST).await;

    let look = |services: Services, holder: String| async move { reorganization::due(&services, &holder).await.is_ok() };
    let nodes = [&app, &second].into_iter().cycle().take(8).enumerate();
    let looks = nodes.map(|(number, node)| look(node.services().clone(), format!("node {number}"))).collect::<Vec<_>>();
    assert!(together(looks).await.into_iter().all(|fine| fine));
    app.sync().await;

    assert_eq!(count_of(&app, "plan.applied").await, 1, "the other's day has not come");
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Một"]);
    assert_eq!(rows_of(&app, "plan.applied").await[0].actor.as_deref(), Some("job:reorganization"));
}

#[tokio::test]
async fn a_plan_that_waits_for_people_is_told_once_and_left() {
    let app = town().await;
    bring(&app, &row("an", "Nguyễn Văn An", "", "10003", "Chuyên viên")).await;
    approve_strictly(&app).await;
    let before = digests(&app).await;
    for _ in 0..3 {
        while reorganization::due(app.services(), "one").await.expect("the job runs") {}
        app.advance_seconds(120);
        app.sync().await;
    }

    assert_eq!((count_of(&app, "plan.waits").await, count_of(&app, "plan.applied").await), (1, 0));
    assert_eq!(digests(&app).await, before);
    let detail: Value = serde_json::from_str(&rows_of(&app, "plan.waits").await[0].detail).expect("JSON");
    assert_eq!(detail["why"], "open");
    reorganization::apply(app.services(), NAME, None, true, &by(APPROVER), &|_, _| {}).await.expect("somebody accepts it");
}

/// Approves the town's plan, but not that anybody's post ends, and goes to its day.
async fn approve_strictly(app: &TestApp) {
    register(app, &town_plan()).await.expect("a plan");
    approve(app, NAME, false).await.expect("an approval");
    go_to(app, FIRST).await;
}
