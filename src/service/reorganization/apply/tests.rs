//! When a run is left.

use super::*;

fn touched(at: Millis) -> Run {
    Run {
        id: "run".to_owned(),
        plan: "sap-xep".to_owned(),
        stage: String::new(),
        approval: "approval".to_owned(),
        digest: String::new(),
        change_set: ChangeSetId("set".to_owned()),
        state: RunState::Staging,
        cursor: PersonId(String::new()),
        started_at: at,
        started_by: "os:duyet".to_owned(),
        touched_at: at,
        holder: "one".to_owned(),
        people: 0,
        posts: 0,
        open: 0,
        registry_before: 1,
        registry_after: None,
        applied_at: None,
        swept: 0,
        undo_set: None,
        undone_at: None,
        undone_by: None,
        reason: String::new(),
    }
}

#[test]
fn a_run_is_left_after_a_minute_and_also_when_the_clock_was_set_back_by_one() {
    let table = [
        ("touched just now", 0, false),
        ("almost a minute ago", 59_999, false),
        ("a minute ago", 60_000, true),
        ("hours ago", 7_200_000, true),
        ("by a clock that is ahead by less than a minute", -59_999, false),
        ("the clock was set back by a minute", -60_000, true),
        ("by hours", -7_200_000, true),
    ];
    let run = touched(Millis(1_800_000_000_000));
    for (case, later, expected) in table {
        assert_eq!(is_left(&run, Millis(run.touched_at.0 + later)), expected, "{case}");
    }
}
