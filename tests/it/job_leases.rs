//! The lease of a job: one node holds it within its time, and a clock that was set back keeps nobody from it.

use crate::support::TestApp;
use motlan::service::leases::{self, Turn};

async fn take(app: &TestApp, lease: &str, seconds: i64, holder: &str) -> bool {
    leases::take(app.services(), lease, seconds, holder).await.expect("an answer")
}

async fn is_mine(app: &TestApp, turn: &mut Turn, holder: &str) -> bool {
    turn.is_mine(app.services(), "job", holder).await.expect("an answer")
}

#[tokio::test]
async fn a_lease_is_taken_over_when_its_time_is_over_or_lies_further_ahead_than_anybody_asks_for() {
    let app = TestApp::start().await;
    // By how much the clock differs from the one by which the first node took it for a minute; whether the second one gets it.
    let table = [
        ("at once", 0, false),
        ("in its last second", 59, false),
        ("at its end", 60, true),
        ("on a node whose clock is seconds behind", -5, false),
        ("on a node whose clock is minutes behind", -900, false),
        ("set back by more than clocks differ", -901, true),
        ("set back by an hour", -3_600, true),
        ("set back by days", -259_200, true),
    ];
    for (case, seconds, expected) in table {
        assert!(take(&app, case, 60, "one").await, "{case}");
        app.advance_seconds(seconds);
        assert_eq!(take(&app, case, 60, "two").await, expected, "{case}");
        assert_eq!(take(&app, case, 60, "one").await, !expected, "{case}: one of them holds it, and the other one does not");
        app.advance_seconds(-seconds);
    }
}

#[tokio::test]
async fn whoever_asks_for_less_time_takes_nothing_from_whoever_asked_for_more() {
    let app = TestApp::start().await;
    for (seconds, asked) in [(600, 0), (300, 5)] {
        let lease = format!("held for {seconds}");
        assert!(take(&app, &lease, seconds, "one").await, "{lease}");
        assert!(!take(&app, &lease, asked, "two").await, "{lease}");
        app.advance_seconds(seconds - 1);
        assert!(!take(&app, &lease, asked, "two").await, "{lease}: nor was it shortened");
    }
}

#[tokio::test]
async fn what_a_node_remembers_of_a_lease_does_not_outlive_a_clock_that_is_set_back() {
    let app = TestApp::start().await;
    let (mut one, mut two) = (Turn::default(), Turn::default());
    assert!(is_mine(&app, &mut one, "one").await);
    assert!(!is_mine(&app, &mut two, "two").await);

    app.advance_seconds(-3_600);
    assert!(is_mine(&app, &mut two, "two").await, "it does not wait until the clock has caught up");
    assert!(!is_mine(&app, &mut one, "one").await, "two nodes do not do the same");
    app.advance_seconds(61);
    assert!(is_mine(&app, &mut one, "one").await, "it was not renewed");
    assert!(!is_mine(&app, &mut two, "two").await);
}
