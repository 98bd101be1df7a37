//! Of a unit after which nothing comes nobody is dropped: its people wait, and somebody says into which unit in force they go,
//! before the plan is applied or after it. What was decided can be seen and taken back, and what came late is gone with a
//! rollback.

use crate::reorganization_sweep::{is_disabled, leave, sweep, tell};
use crate::support::TestApp;
use crate::support::people::{bring, person, row};
use crate::support::plans::{
    APPROVER, AUTHOR, FIRST, LAST, NAME, applied, apply, approve, by, digests, go_to, posts, preview, register, rollback, text,
    town, unit, units_of,
};
use crate::support::records::count_of;
use motlan::base::id::PositionId;
use motlan::model::position::Position;
use motlan::service::reorganization::choices::{self, NewRule};
use motlan::service::reorganization::worklist::{self, Item};
use motlan::service::reorganization::{self, Part, ReorganizationError, decided};
use motlan::service::sheet::{Row, Sheet};
use std::collections::BTreeSet;
use time::macros::date;

/// A commune ends, and nothing comes after it; a ward is only called otherwise.
const STEPS: [&str; 2] = ["dissolve,10006,,,,,,", "rename,10005,,Phường Năm Mới,,,,"];

fn plan() -> String {
    text(NAME, FIRST, &STEPS)
}

/// Two people in the commune that ends, and one elsewhere.
async fn scene() -> TestApp {
    let app = town().await;
    let people = [
        row("kim", "Lê Thị Kim", "", "10006", "Kế toán"),
        row("lan", "Vũ Thị Lan", "", "10006", "Văn thư"),
        row("an", "Nguyễn Văn An", "", "10004", "Kế toán"),
    ];
    assert_eq!(bring(&app, &people.concat()).await.rows_bad, 0);
    register(&app, &plan()).await.expect("a plan");
    app
}

async fn waiting(app: &TestApp) -> Vec<Item> {
    let mut items = worklist::worklist(app.services(), NAME, None, "", 100).await.expect("a list");
    items.sort_by(|one, other| one.username.cmp(&other.username));
    items
}

async fn names(app: &TestApp) -> Vec<String> {
    waiting(app).await.into_iter().map(|item| item.username).collect()
}

async fn post_of(app: &TestApp, username: &str) -> PositionId {
    posts(app, username).await.into_iter().find(|post| post.follows.is_none()).expect("a post").id
}

/// The rows of a list that sends somebody from the commune into a unit.
async fn sheet(app: &TestApp, username: &str, chosen: &str) -> Vec<Row> {
    let id = person(app, username).await.expect("a person").id;
    let text = format!("person_id,from_unit,chosen_unit,decision_no\n{id},10006,{chosen},7/QĐ\n");
    let mut sheet = Sheet::open(text.as_bytes()).expect("a sheet");
    let mut rows = Vec::new();
    while let Some(row) = sheet.next_row().expect("a row") {
        rows.push(row.expect("a good row"));
    }
    rows
}

#[tokio::test]
async fn people_of_a_unit_after_which_nothing_comes_are_open_counted_and_to_be_accepted() {
    let app = scene().await;
    let told = preview(&app, NAME).await;
    assert_eq!((told.open_people, told.open_count, told.people), (2, 2, 2));
    assert!(told.open.iter().all(|post| post.candidates.is_empty()), "any unit in force");
    let ended: Vec<(&str, i64, i64)> = told.by_unit.iter().map(|unit| (unit.gso.as_str(), unit.people, unit.open)).collect();
    assert_eq!(ended, [("10006", 2, 2)]);
    let items = waiting(&app).await;
    assert_eq!(items.iter().map(|item| item.username.as_str()).collect::<Vec<_>>(), ["kim", "lan"]);
    assert!(items.iter().all(|item| item.candidates.is_empty() && item.candidate_units.contains("any unit in force")));
    approve(&app, NAME, false).await.expect("an approval");
    go_to(&app, FIRST).await;
    let before = digests(&app).await;

    let open = apply(&app, NAME).await;
    assert!(matches!(open, Err(ReorganizationError::Open { people: 2 })), "{open:?}");
    assert_eq!((digests(&app).await, count_of(&app, "plan.applied").await), (before.clone(), 0));

    approve(&app, NAME, true).await.expect("an approval");
    assert_eq!(apply(&app, NAME).await.expect("applied").open, 2);
    leave(&app).await;
    for name in ["kim", "lan"] {
        assert!(units_of(&app, name, FIRST).await.is_empty(), "{name} is nowhere by itself");
        assert!(!is_disabled(&app, name).await, "{name} waits, and has not left");
    }
    assert_eq!(names(&app).await, ["kim", "lan"]);
    rollback(&app, NAME, false).await.expect("taken back");
    assert_eq!(digests(&app).await, before);
}

#[tokio::test]
async fn they_go_into_any_unit_in_force_by_a_list_a_rule_or_a_decision_and_into_no_other_one() {
    let app = scene().await;
    let services = app.services();
    for (case, chosen) in [("the unit itself", "10006"), ("nobody's code", "99999")] {
        let refused = choices::read_sheet(services, NAME, &sheet(&app, "kim", chosen).await, &by(AUTHOR)).await;
        assert!(matches!(refused, Err(ReorganizationError::BadChoice(_))), "{case}: {refused:?}");
        assert!(choices::decisions(services, NAME).await.expect("decisions").is_empty(), "{case}");
    }
    approve(&app, NAME, true).await.expect("an approval");
    assert_eq!(choices::read_sheet(services, NAME, &sheet(&app, "kim", "10004").await, &by(AUTHOR)).await.expect("read"), 1);
    let rule = NewRule { from: "10006", department: None, title: Some("van thu"), seat: None, to: "10005", decision_no: "8/QĐ" };
    choices::add_rule(services, NAME, &rule, &by(AUTHOR)).await.expect("a rule");
    assert!(names(&app).await.is_empty());
    go_to(&app, FIRST).await;
    let stale = apply(&app, NAME).await;
    assert!(matches!(stale, Err(ReorganizationError::Stale { what: Part::Plan })), "what is said changes what is approved");

    let (kim, one, four) = (post_of(&app, "kim").await, unit(&app, "10001", FIRST).await, unit(&app, "10004", FIRST).await);
    choices::decide(services, NAME, &kim, &one, "9/QĐ", &by(APPROVER)).await.expect("decided otherwise");
    let refused = approve(&app, NAME, false).await;
    assert!(matches!(refused, Err(ReorganizationError::Said)), "{refused:?}");
    choices::decide(services, NAME, &kim, &four, "9/QĐ", &by(AUTHOR)).await.expect("decided by another");
    approve(&app, NAME, false).await.expect("an approval");
    apply(&app, NAME).await.expect("applied");
    assert_eq!(units_of(&app, "kim", FIRST).await, ["Phường Bốn"]);
    assert_eq!(units_of(&app, "lan", FIRST).await, ["Phường Năm Mới"]);
}

#[tokio::test]
async fn whoever_waits_is_placed_after_the_plan_and_a_rollback_forgets_that_it_was_said() {
    let app = scene().await;
    let services = app.services();
    let before = digests(&app).await;
    applied(&app, &plan()).await;
    let kim = post_of(&app, "kim").await;
    let over = unit(&app, "10006", LAST).await;
    let refused = choices::decide(services, NAME, &kim, &over, "7/QĐ", &by(APPROVER)).await;
    assert!(matches!(refused, Err(ReorganizationError::BadChoice(_))), "{refused:?}");
    assert_eq!(choices::read_sheet(services, NAME, &sheet(&app, "kim", "10004").await, &by(APPROVER)).await.expect("read"), 1);
    app.sync().await;
    assert_eq!(units_of(&app, "kim", FIRST).await, ["Phường Bốn"]);
    assert_eq!(names(&app).await, ["lan"]);
    let lines = decided::list(services, NAME).await.expect("decisions");
    let told: Vec<(&str, bool)> = lines.iter().map(|line| (line.decided.username.as_str(), line.decided.counts)).collect();
    assert_eq!(told, [("kim", true)]);
    let refused = decided::remove(services, NAME, std::slice::from_ref(&kim), &by(AUTHOR)).await;
    assert!(matches!(refused, Err(ReorganizationError::BadChoice(_))), "{refused:?}");
    assert_eq!(units_of(&app, "kim", FIRST).await, ["Phường Bốn"]);
    assert_eq!(count_of(&app, "plan.decision_removed").await, 0);

    rollback(&app, NAME, false).await.expect("taken back");
    assert_eq!(digests(&app).await, before);
    assert!(choices::decisions(services, NAME).await.expect("decisions").is_empty(), "it went with the plan");
    assert_eq!(names(&app).await, ["kim", "lan"]);
    applied(&app, &plan()).await;
    assert!(units_of(&app, "kim", FIRST).await.is_empty(), "nobody has said it again");
}

#[tokio::test]
async fn a_plan_stays_as_long_as_a_later_one_ends_the_unit_that_somebody_sent_its_people_to() {
    let app = scene().await;
    let before = digests(&app).await;
    applied(&app, &plan()).await;
    let rows = sheet(&app, "kim", "10004").await;
    assert_eq!(choices::read_sheet(app.services(), NAME, &rows, &by(APPROVER)).await.expect("read"), 1);
    app.sync().await;
    applied(&app, &text("nhap-sau", date!(2027 - 02 - 01), &["merge,10004,,,,,10005,"])).await;
    let between = digests(&app).await;

    let refused = rollback(&app, NAME, true).await;
    assert!(matches!(&refused, Err(ReorganizationError::LaterPlan { name }) if name == "nhap-sau"), "{refused:?}");
    assert_eq!(digests(&app).await, between);

    rollback(&app, "nhap-sau", false).await.expect("the later one first");
    rollback(&app, NAME, false).await.expect("taken back");
    assert_eq!(digests(&app).await, before);
}

#[tokio::test]
async fn whoever_is_told_into_such_a_unit_later_waits_or_goes_by_its_rules() {
    let app = scene().await;
    let services = app.services();
    let rule = NewRule { from: "10006", department: None, title: Some("van thu"), seat: None, to: "10005", decision_no: "8/QĐ" };
    choices::add_rule(services, NAME, &rule, &by(AUTHOR)).await.expect("a rule");
    let ended = unit(&app, "10006", LAST).await;
    let an = posts(&app, "an").await.remove(0);
    applied(&app, &plan()).await;
    let late = |id: &str, title: &str| Position {
        id: PositionId(id.to_owned()),
        unit: ended.clone(),
        title: title.to_owned(),
        primary: false,
        ..an.clone()
    };
    let id = person(&app, "an").await.expect("a person").id;
    tell(&app, &[(id.clone(), late("clerk", "Văn thư")), (id, late("driver", "Lái xe"))]).await;

    sweep(&app).await;

    let units: BTreeSet<String> = units_of(&app, "an", FIRST).await.into_iter().collect();
    assert_eq!(units, BTreeSet::from(["Phường Bốn".to_owned(), "Phường Năm Mới".to_owned()]));
    let items = waiting(&app).await;
    let open: Vec<&str> = items.iter().filter(|item| item.username == "an").map(|item| item.position.as_str()).collect();
    assert_eq!(open, ["driver"]);
}

#[tokio::test]
async fn a_decision_is_taken_back_before_the_plan_is_applied_and_the_post_waits_again() {
    let app = scene().await;
    let services = app.services();
    let (kim, lan) = (post_of(&app, "kim").await, post_of(&app, "lan").await);
    let four = unit(&app, "10004", LAST).await;
    for post in [&kim, &lan] {
        choices::decide(services, NAME, post, &four, "7/QĐ", &by(AUTHOR)).await.expect("decided");
    }
    approve(&app, NAME, false).await.expect("an approval");
    let nobodys = PositionId("0199c0de-0000-7000-8000-000000000001".to_owned());
    let refused = decided::remove(services, NAME, &[kim.clone(), nobodys], &by(AUTHOR)).await;
    assert!(matches!(refused, Err(ReorganizationError::BadChoice(_))), "{refused:?}");
    assert_eq!((choices::decisions(services, NAME).await.expect("decisions").len(), names(&app).await.len()), (2, 0));

    assert_eq!(decided::remove(services, NAME, &[kim.clone(), kim], &by(AUTHOR)).await.expect("taken back"), 1);
    let left = decided::list(services, NAME).await.expect("decisions");
    assert_eq!(left.iter().map(|line| line.decided.username.as_str()).collect::<Vec<_>>(), ["lan"]);
    assert_eq!((names(&app).await, count_of(&app, "plan.decision_removed").await), (vec!["kim".to_owned()], 1));
    go_to(&app, FIRST).await;
    let stale = apply(&app, NAME).await;
    assert!(matches!(stale, Err(ReorganizationError::Stale { what: Part::Plan })), "{stale:?}");
}

#[tokio::test]
async fn the_list_of_a_whole_plan_holds_what_one_stage_left_and_what_others_leave_open() {
    let app = town().await;
    let people = [row("chi", "Trần Thị Chi", "", "10003", "Kế toán"), row("kim", "Lê Thị Kim", "", "10006", "Kế toán")];
    assert_eq!(bring(&app, &people.concat()).await.rows_bad, 0);
    let steps = [
        "create,+A,phuong,Phường Sông Một,20001,760,,",
        "create,+B,phuong,Phường Sông Ba,20002,760,,",
        "divide,10003,,,,,+A,",
        "divide,10003,,,,,+B,",
        "dissolve,10006,,,,,,",
    ];
    let stage = "\n[[stage]]\nname = \"mot\"\nunits = [\"+A\", \"+B\"]\n\n+++\n";
    register(&app, &text(NAME, FIRST, &steps).replace("\n+++\n", stage)).await.expect("a plan");
    let services = app.services();
    let list = async |stage: Option<&'static str>, most: i64| {
        let (mut all, mut after) = (Vec::new(), String::new());
        loop {
            let page = worklist::worklist(services, NAME, stage, &after, most).await.expect("a list");
            let Some(last) = page.last() else { break };
            after = last.key().to_owned();
            all.extend(page.into_iter().map(|item| item.username));
        }
        all.sort();
        all
    };
    assert_eq!(list(None, 1).await, ["chi", "kim"]);
    let digest = reorganization::preview(services, NAME, Some("mot")).await.expect("a preview").digest;
    reorganization::approve(services, NAME, Some("mot"), &digest, true, &by(APPROVER)).await.expect("an approval");
    go_to(&app, FIRST).await;
    reorganization::apply(services, NAME, Some("mot"), false, &by(APPROVER), &|_, _| {}).await.expect("applied");
    app.sync().await;

    for most in [1, 100] {
        assert_eq!(list(None, most).await, ["chi", "kim"], "{most} at a time");
        assert_eq!(list(Some("mot"), most).await, ["chi"], "{most} at a time");
        assert_eq!(list(Some("rest"), most).await, ["kim"], "{most} at a time");
    }
    let rest = reorganization::preview(services, NAME, Some("rest")).await.expect("a preview");
    assert!(rest.open.iter().all(|post| post.candidates.is_empty()) && rest.open_count == 1);
}
