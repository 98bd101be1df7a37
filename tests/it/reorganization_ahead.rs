//! What is approved for a day is staged minutes before that begins, and counts from its first moment on: not before, once, and
//! out of everybody's way. An approval that fits no more is told as such; what may be mended until the day only then.

use crate::support::TestApp;
use crate::support::imports::appoint;
use crate::support::people::{bring, row};
use crate::support::plans::{
    APPROVER, AUTHOR, FIRST, NAME, applied, apply, approve, by, digests, go_to, preview, register, rollback, text, town,
    town_plan, units_of,
};
use crate::support::records::{count_of, rows_of};
use motlan::base::date::first_moment;
use motlan::model::admin_scope::AdminRole;
use motlan::service::administrators;
use motlan::service::reorganization::choices::{NewRule, add_rule};
use motlan::service::reorganization::{
    self, Ahead, Part, Readiness, ReorganizationError, RunState, StageStatus, due_with, fell, people_since, status,
};
use motlan::store::plan_runs::{self, Run};
use serde_json::Value;
use std::time::Duration;
use time::macros::date;

/// It is staged so many seconds before, and no earlier.
const AHEAD: i64 = 600;

/// The town, with its plan approved, and nobody in the ward that is divided.
async fn scene() -> TestApp {
    let app = town().await;
    bring(&app, &row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên")).await;
    register(&app, &town_plan()).await.expect("a plan");
    approve(&app, NAME, false).await.expect("an approval");
    app
}

/// Goes to so many seconds before the first moment of the town's plan.
pub async fn go_before(app: &TestApp, seconds: i64) {
    app.advance_seconds(first_moment(FIRST).seconds() - seconds - app.now_seconds());
    app.sync().await;
}

/// One beat of the job.
pub async fn beat(app: &TestApp, holder: &str, ahead: &mut Ahead) -> bool {
    let done = Box::pin(due_with(app.services(), holder, ahead)).await.expect("the job runs");
    app.sync().await;
    done
}

/// The same scene, with the plan staged ahead by the first node.
async fn staged() -> (TestApp, Ahead) {
    let app = scene().await;
    go_before(&app, AHEAD - 100).await;
    let mut ahead = Ahead::default();
    assert!(!beat(&app, "one", &mut ahead).await, "nothing is done yet");
    assert_eq!(states(&app).await, [RunState::Staging]);
    (app, ahead)
}

/// The runs of the town's plan, newest first.
async fn runs(app: &TestApp) -> Vec<Run> {
    let mut conn = app.services().store.read().await.expect("a connection");
    plan_runs::list_of(&mut conn, NAME).await.expect("runs")
}

async fn states(app: &TestApp) -> Vec<RunState> {
    runs(app).await.into_iter().map(|run| run.state).collect()
}

/// How the whole plan stands.
async fn standing(app: &TestApp) -> StageStatus {
    status(app.services(), NAME).await.expect("a plan").stages.remove(0)
}

/// Why the approval of the town's plan waits, and how often that was told.
async fn told(app: &TestApp) -> (Option<String>, usize) {
    let waits = standing(app).await.approval.and_then(|approval| approval.waits_why);
    (waits, count_of(app, "plan.waits").await)
}

/// Somebody of whom nobody says where they go comes into the ward that is divided, for good or until a day.
async fn comes(app: &TestApp, until: &str) {
    let post = row("mo", "Nguyễn Văn Mở", "", "10003", "Kế toán").replace("2025-07-01,\n", &format!("2025-07-01,{until}\n"));
    assert_eq!(bring(app, &post).await.rows_bad, 0);
}

async fn rule(app: &TestApp, actor: &str) -> Result<String, ReorganizationError> {
    let rule =
        NewRule { from: "10003", department: None, title: Some("Kế toán"), seat: None, to: "20001", decision_no: "1/QĐ" };
    add_rule(app.services(), NAME, &rule, &by(actor)).await
}

#[tokio::test]
async fn a_plan_is_staged_minutes_before_its_day_and_counts_from_its_first_moment_on() {
    let app = scene().await;
    let mut ahead = Ahead::default();
    go_before(&app, AHEAD + 1).await;
    assert!(!beat(&app, "one", &mut ahead).await);
    assert!(states(&app).await.is_empty(), "not earlier than minutes before");

    go_before(&app, AHEAD).await;
    let before = digests(&app).await;
    assert!(!beat(&app, "one", &mut ahead).await);
    let staged = runs(&app).await.remove(0);
    assert_eq!((staged.state, staged.people), (RunState::Staging, 1));
    assert_eq!((digests(&app).await, units_of(&app, "an", FIRST).await), (before, vec!["Phường Một".to_owned()]));
    assert_eq!(standing(&app).await.readiness, Readiness::Staged);
    assert!(matches!(apply(&app, NAME).await, Err(ReorganizationError::NotYet { .. })), "nobody applies it before");

    // Somebody comes while it waits, and goes along.
    bring(&app, &row("tre", "Nguyễn Văn Trễ", "", "10002", "Văn thư")).await;
    go_before(&app, 1).await;
    let before = digests(&app).await;
    assert!(!beat(&app, "one", &mut ahead).await);
    assert_eq!((digests(&app).await, states(&app).await), (before, vec![RunState::Staging]), "not a second before");
    let now = app.services().clock.now();
    assert_eq!(ahead.rest(now, Duration::from_secs(2)), Duration::from_secs(1), "the job looks at the very moment");

    go_before(&app, 0).await;
    assert!(beat(&app, "one", &mut ahead).await);
    let run = runs(&app).await.remove(0);
    assert_eq!((run.id, run.state, run.people), (staged.id, RunState::Applied, 2));
    assert_eq!(run.applied_at, Some(first_moment(FIRST)));
    for name in ["an", "tre"] {
        assert_eq!(units_of(&app, name, FIRST).await, ["Phường Sông Một"], "{name}");
    }
    let detail: Value = serde_json::from_str(&rows_of(&app, "plan.applied").await[0].detail).expect("JSON");
    assert_eq!((&detail["scheduled"], &detail["changed_since"]), (&Value::Bool(true), &Value::from(1)), "{detail}");
    assert!(!beat(&app, "one", &mut ahead).await);
    assert_eq!(count_of(&app, "plan.applied").await, 1);
}

#[tokio::test]
async fn what_a_killed_node_had_staged_ahead_is_taken_up_by_another_one() {
    let (app, mut first) = staged().await;
    let mut second = Ahead::default();
    let left = runs(&app).await.remove(0);
    assert!(!beat(&app, "two", &mut second).await);
    assert_eq!(runs(&app).await, std::slice::from_ref(&left), "somebody may still hold it");

    app.advance_seconds(61);
    assert!(!beat(&app, "two", &mut second).await);
    let taken = runs(&app).await.remove(0);
    assert_eq!((&taken.id, taken.state, taken.holder.as_str()), (&left.id, RunState::Staging, "two"));
    assert!(!beat(&app, "one", &mut first).await, "whoever wakes up holds it no more");
    assert_eq!(runs(&app).await, [taken]);

    go_before(&app, 20).await;
    assert!(!beat(&app, "two", &mut second).await);
    go_before(&app, 0).await;
    assert!(!beat(&app, "one", &mut first).await, "the other one was there a moment ago");
    assert!(beat(&app, "two", &mut second).await);
    app.advance_seconds(61);
    for (holder, ahead) in [("one", &mut first), ("two", &mut second)] {
        while beat(&app, holder, ahead).await {}
    }
    assert_eq!((states(&app).await, count_of(&app, "plan.applied").await), (vec![RunState::Applied], 1));
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Một"]);
}

#[tokio::test]
async fn a_node_that_forgot_what_it_staged_applies_it_at_the_moment_all_the_same() {
    let (app, ahead) = staged().await;
    drop(ahead);
    let id = runs(&app).await.remove(0).id;
    go_before(&app, 0).await;
    assert!(beat(&app, "one", &mut Ahead::default()).await);
    let run = runs(&app).await.remove(0);
    assert_eq!((run.id, run.state), (id, RunState::Applied));
}

#[tokio::test]
async fn when_the_clock_is_set_back_it_waits_and_stays_alive() {
    let (app, mut ahead) = staged().await;
    let before = digests(&app).await;
    app.advance_seconds(-7_200);
    for _ in 0..3 {
        assert!(!beat(&app, "one", &mut ahead).await);
        assert_eq!(runs(&app).await[0].touched_at, app.services().clock.now(), "the work goes on");
        app.advance_seconds(30);
    }
    assert_eq!((digests(&app).await, states(&app).await), (before, vec![RunState::Staging]));
    assert_eq!((count_of(&app, "plan.applied").await, count_of(&app, "plan.waits").await), (0, 0));

    go_before(&app, 0).await;
    assert!(beat(&app, "one", &mut ahead).await);
    assert_eq!(states(&app).await, [RunState::Applied]);
}

#[tokio::test]
async fn what_a_killed_node_had_staged_ahead_is_taken_up_though_the_clock_was_set_back_since() {
    let (app, first) = staged().await;
    let before = digests(&app).await;
    let left = runs(&app).await.remove(0);
    drop(first);
    app.advance_seconds(-7_200);
    let mut second = Ahead::default();
    assert!(!beat(&app, "two", &mut second).await, "nothing is done yet");
    let taken = runs(&app).await.remove(0);
    assert_eq!((&taken.id, taken.state, taken.holder.as_str()), (&left.id, RunState::Staging, "two"));
    assert_eq!((taken.touched_at, digests(&app).await), (app.services().clock.now(), before));

    go_before(&app, 0).await;
    assert!(beat(&app, "two", &mut second).await);
    assert_eq!((states(&app).await, count_of(&app, "plan.applied").await), (vec![RunState::Applied], 1));
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Một"]);
}

#[tokio::test]
async fn whoever_withdraws_a_plan_that_is_staged_ahead_has_it_withdrawn() {
    let (app, mut ahead) = staged().await;
    let before = digests(&app).await;
    reorganization::withdraw(app.services(), NAME, &by(APPROVER)).await.expect("withdrawn");
    assert_eq!(states(&app).await, [RunState::Abandoned]);
    for seconds in [100, 0] {
        go_before(&app, seconds).await;
        beat(&app, "one", &mut ahead).await;
    }
    assert_eq!((digests(&app).await, states(&app).await), (before, vec![RunState::Abandoned]));
    assert_eq!((count_of(&app, "plan.applied").await, count_of(&app, "plan.waits").await), (0, 0));
}

#[tokio::test]
async fn whoever_approves_anew_has_that_staged_in_its_place() {
    let (app, mut ahead) = staged().await;
    let anew = approve(&app, NAME, true).await.expect("an approval");
    assert_eq!(states(&app).await, [RunState::Abandoned]);
    app.advance_seconds(2);
    assert!(!beat(&app, "one", &mut ahead).await);
    assert_eq!(states(&app).await, [RunState::Staging, RunState::Abandoned]);
    go_before(&app, 0).await;
    assert!(beat(&app, "one", &mut ahead).await);
    let run = runs(&app).await.remove(0);
    assert_eq!((run.state, run.approval), (RunState::Applied, anew.id));
}

#[tokio::test]
async fn what_else_is_due_or_taken_back_does_not_wait_and_what_rested_on_the_units_before_is_told() {
    let other = text("doi-ten", date!(2026 - 12 - 01), &["rename,10006,,Xã Sáu Mới,,,,"]);
    for case in ["by hand", "by itself", "taken back"] {
        let app = town().await;
        bring(&app, &row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên")).await;
        if case == "taken back" {
            applied(&app, &other).await;
        }
        register(&app, &town_plan()).await.expect("a plan");
        approve(&app, NAME, false).await.expect("an approval");
        go_before(&app, AHEAD - 100).await;
        let mut ahead = Ahead::default();
        assert!(!beat(&app, "one", &mut ahead).await, "{case}");
        assert_eq!(states(&app).await, [RunState::Staging], "{case}");
        if case == "taken back" {
            rollback(&app, "doi-ten", false).await.expect(case);
        } else {
            register(&app, &other).await.expect("a plan");
            approve(&app, "doi-ten", false).await.expect("an approval");
            if case == "by hand" {
                apply(&app, "doi-ten").await.expect(case);
            } else {
                assert!(beat(&app, "one", &mut ahead).await, "{case}");
            }
        }
        assert_eq!(states(&app).await, [RunState::Abandoned], "{case}");
        let before = (digests(&app).await, count_of(&app, "plan.applied").await);
        while beat(&app, "one", &mut ahead).await {}

        let waits = standing(&app).await.approval.and_then(|approval| approval.waits_why);
        assert_eq!((waits.as_deref(), count_of(&app, "plan.waits").await), (Some("registry"), 1), "{case}");
        go_before(&app, 0).await;
        while beat(&app, "one", &mut ahead).await {}
        assert_eq!((digests(&app).await, count_of(&app, "plan.applied").await), before, "{case}");
        assert!(states(&app).await.into_iter().all(|state| state == RunState::Abandoned), "{case}");
    }
}

#[tokio::test]
async fn while_it_is_staged_nobody_says_otherwise_where_people_go_or_replaces_its_text() {
    let (app, mut ahead) = staged().await;
    let refused = rule(&app, "os:noi").await;
    assert!(matches!(refused, Err(ReorganizationError::Coming)), "{refused:?}");
    let replaced = register(&app, &text(NAME, FIRST, &["rename,10005,,Phường Năm Mới,,,,"])).await;
    assert!(matches!(replaced, Err(ReorganizationError::NameTaken)), "{replaced:?}");
    assert_eq!((count_of(&app, "plan.rule_added").await, states(&app).await), (0, vec![RunState::Staging]));
    go_before(&app, 0).await;
    assert!(beat(&app, "one", &mut ahead).await);
    assert_eq!(states(&app).await, [RunState::Applied]);
}

#[tokio::test]
async fn an_approval_that_fits_no_more_is_told_by_what_changed() {
    let app = scene().await;
    let services = app.services();
    assert_eq!((standing(&app).await.changed, fell(services, NAME).await.expect("an answer")), (None, Vec::new()));
    // People who changed go along, and are told.
    bring(&app, &row("tre", "Nguyễn Văn Trễ", "", "10002", "Văn thư")).await;
    let known = status(services, NAME).await.expect("a plan");
    let since = people_since(services, &known).await.expect("an answer");
    assert_eq!(since.iter().map(|since| (since.people, since.is_all)).collect::<Vec<_>>(), [(1, true)]);
    let digest = preview(&app, NAME).await.digest;
    assert_eq!((known.stages[0].changed, known.stages[0].differs_from(&digest)), (None, Some(Part::People)));
    assert_eq!(known.stages[0].readiness, Readiness::NotYet);

    rule(&app, "os:noi").await.expect("a rule");
    let stands = standing(&app).await;
    assert_eq!((stands.changed, stands.readiness), (Some(Part::Plan), Readiness::Outdated));
    let told: Vec<(Option<String>, String, Part)> =
        fell(services, NAME).await.expect("an answer").into_iter().map(|one| (one.stage, one.by, one.part)).collect();
    assert_eq!(told, [(None, APPROVER.to_owned(), Part::Plan)]);

    // The job says so minutes before the day, and leaves it.
    let before = digests(&app).await;
    go_before(&app, AHEAD - 1).await;
    let mut ahead = Ahead::default();
    while beat(&app, "one", &mut ahead).await {}
    let approval = standing(&app).await.approval.expect("it waits");
    assert_eq!((approval.waits_why.as_deref(), count_of(&app, "plan.waits").await), (Some("plan"), 1));
    go_to(&app, FIRST).await;
    while beat(&app, "one", &mut ahead).await {}
    assert_eq!((digests(&app).await, states(&app).await), (before, vec![RunState::Abandoned]));
}

#[tokio::test]
async fn what_may_be_mended_until_the_day_is_tried_once_ahead_and_told_on_the_day_only() {
    for (word, is_mended) in [("open", true), ("open", false), ("scopes", true), ("scopes", false)] {
        let case = format!("{word}, mended: {is_mended}");
        let app = scene().await;
        let role = if word == "open" {
            comes(&app, "").await;
            None
        } else {
            Some(appoint(&app, "an", (AdminRole::Unit, Some("10001"))).await)
        };
        go_before(&app, AHEAD - 100).await;
        let before = digests(&app).await;
        let mut ahead = Ahead::default();
        for holder in ["one", "one", "two"] {
            assert!(!beat(&app, holder, &mut ahead).await, "{case}");
            app.advance_seconds(61);
        }
        let tried: Vec<(RunState, String)> = runs(&app).await.into_iter().map(|run| (run.state, run.reason)).collect();
        assert_eq!(tried, [(RunState::Abandoned, word.to_owned())], "{case}: not with every beat, nor on every node");
        assert_eq!((told(&app).await, digests(&app).await), ((None, 0), before), "{case}: it may still be mended");

        match (is_mended, &role) {
            (true, Some(role)) => {
                administrators::revoke(app.services(), role, "os:test", by("os:test").origin).await.expect("taken back");
            }
            (true, None) => comes(&app, "2026-12-15").await,
            (false, _) => {}
        }
        go_before(&app, 0).await;
        let unmended = digests(&app).await;
        assert!(beat(&app, "one", &mut ahead).await, "{case}");
        let last = if is_mended { RunState::Applied } else { RunState::Abandoned };
        assert_eq!(states(&app).await, [last, RunState::Abandoned], "{case}");
        let expected = if is_mended { (None, 0) } else { (Some(word.to_owned()), 1) };
        assert_eq!(told(&app).await, expected, "{case}");
        assert_eq!(digests(&app).await == unmended, !is_mended, "{case}");
        assert!(!beat(&app, "one", &mut ahead).await, "{case}: once");
    }
}

#[tokio::test]
async fn that_posts_end_open_is_for_whoever_might_have_approved_it() {
    let app = town().await;
    bring(&app, &row("an", "Nguyễn Văn An", "", "10003", "Chuyên viên")).await;
    register(&app, &town_plan()).await.expect("a plan");
    rule(&app, "os:noi").await.expect("a rule");
    approve(&app, NAME, false).await.expect("an approval");
    go_to(&app, FIRST).await;
    let before = digests(&app).await;
    let accepted = async |actor: &str| {
        let done = reorganization::apply(app.services(), NAME, None, true, &by(actor), &|_, _| {}).await;
        app.sync().await;
        done
    };

    for actor in [AUTHOR, "os:noi"] {
        let refused = accepted(actor).await;
        assert!(matches!(refused, Err(ReorganizationError::OpenOfOwn { people: 1 })), "{actor}: {refused:?}");
        assert_eq!((digests(&app).await, count_of(&app, "plan.applied").await), (before.clone(), 0), "{actor}");
    }
    assert!(matches!(apply(&app, NAME).await, Err(ReorganizationError::Open { people: 1 })));
    assert_eq!(accepted("os:khac").await.expect("somebody else accepts it").open, 1);
}
