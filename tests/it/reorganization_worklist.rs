//! Who is in a unit that was divided goes nowhere by itself: a rule or a decision says where, each with who said it, before
//! the plan is applied or after it; and what does not fit is refused as a whole.

use crate::support::TestApp;
use crate::support::people::{bring, row};
use crate::support::plans::{
    APPROVER, AUTHOR, Digests, FIRST, INSTRUMENT, LAST, NAME, applied, apply, approve, by, digests, go_to, posts, preview,
    register, rollback, town, town_plan, unit, units_of,
};
use crate::support::records::{count_of, rows_of};
use motlan::base::id::PositionId;
use motlan::model::position::Position;
use motlan::service::reorganization::choices::{self, NewRule};
use motlan::service::reorganization::worklist::{self, Item};
use motlan::service::reorganization::{Part, ReorganizationError, decided};
use motlan::service::sheet::{Row, Sheet};

/// The town with officials: two in the ward that is divided, one in one that is not.
async fn scene() -> TestApp {
    let app = town().await;
    let people = [
        row("an", "Nguyễn Văn An", "", "10003", "Chuyên viên"),
        row("binh", "Lê Thị Bình", "", "10003", "Kế toán"),
        row("chi", "Trần Thị Chi", "", "10001", "Kế toán"),
    ];
    assert_eq!(bring(&app, &people.concat()).await.rows_bad, 0);
    register(&app, &town_plan()).await.expect("a plan");
    app
}

/// The rows of a sheet.
fn read(text: &str) -> Vec<Row> {
    let mut sheet = Sheet::open(text.as_bytes()).expect("a sheet");
    let mut rows = Vec::new();
    while let Some(row) = sheet.next_row().expect("a row") {
        rows.push(row.expect("a good row"));
    }
    rows
}

/// Who waits.
async fn waiting(app: &TestApp) -> Vec<Item> {
    let mut items = worklist::worklist(app.services(), NAME, None, "", 100).await.expect("a list");
    items.sort_by(|one, other| one.username.cmp(&other.username));
    items
}

async fn names(app: &TestApp) -> Vec<String> {
    waiting(app).await.into_iter().map(|item| item.username).collect()
}

/// The list as it is handed out, with units chosen for some.
async fn filled(app: &TestApp, chosen: &[(&str, &str, &str)]) -> String {
    let mut text = format!("{}\n", worklist::COLUMNS.join(","));
    for item in waiting(app).await {
        let mut cells = item.cells();
        assert_eq!((&cells[4], &cells[5]), (&String::new(), &String::new()), "nobody is chosen for");
        if let Some((_, unit, number)) = chosen.iter().find(|(name, ..)| *name == item.username) {
            (cells[4], cells[5]) = ((*unit).to_owned(), (*number).to_owned());
        }
        text += &cells.map(|cell| format!("\"{cell}\"")).join(",");
        text.push('\n');
    }
    text
}

/// The post of somebody that goes on from another one.
async fn following(app: &TestApp, username: &str) -> Option<Position> {
    posts(app, username).await.into_iter().find(|post| post.follows.is_some())
}

async fn post_of(app: &TestApp, username: &str) -> PositionId {
    posts(app, username).await.into_iter().find(|post| post.follows.is_none()).expect("a post").id
}

#[tokio::test]
async fn a_plan_waits_for_those_who_go_nowhere_unless_it_is_told_to_go_on() {
    let app = scene().await;
    assert_eq!(names(&app).await, ["an", "binh"]);
    let items = waiting(&app).await;
    assert!(items[0].from_unit.contains("10003") && items[0].candidate_units.contains("20001"), "{:?}", items[0].cells());
    approve(&app, NAME, false).await.expect("an approval");
    go_to(&app, FIRST).await;
    let before = digests(&app).await;

    let open = apply(&app, NAME).await;
    assert!(matches!(open, Err(ReorganizationError::Open { people: 2 })), "{open:?}");
    assert_eq!((digests(&app).await, count_of(&app, "plan.applied").await), (before.clone(), 0));

    approve(&app, NAME, true).await.expect("an approval");
    let done = apply(&app, NAME).await.expect("applied");
    assert_eq!(done.open, 2);
    for name in ["an", "binh"] {
        assert_eq!(units_of(&app, name, LAST).await, ["Phường Ba"], "{name}");
        assert!(units_of(&app, name, FIRST).await.is_empty(), "{name} is in no unit that nobody chose");
    }
    assert_eq!(names(&app).await, ["an", "binh"], "they are on the list");
    rollback(&app, NAME, false).await.expect("taken back");
    assert_eq!(digests(&app).await, before);
}

#[tokio::test]
async fn a_sheet_of_decisions_places_people_and_each_decision_says_who_made_it() {
    let app = scene().await;
    let services = app.services();
    let text = filled(&app, &[("an", "20002", "7/QĐ")]).await;
    let read_rows = read(&text);
    assert_eq!(choices::first_unread(services, NAME, &read_rows).await.expect("an answer"), Some(2));
    assert_eq!(choices::read_sheet(services, NAME, &read_rows, &by(AUTHOR)).await.expect("read"), 1);
    assert_eq!(choices::read_sheet(services, NAME, &read_rows, &by(AUTHOR)).await.expect("read again"), 1);
    assert_eq!(choices::first_unread(services, NAME, &read_rows).await.expect("an answer"), None);
    let kept = choices::decisions(services, NAME).await.expect("decisions");
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].decision_no.as_str(), kept[0].by.as_str(), kept[0].source.as_str()), ("7/QĐ", AUTHOR, "sheet"));
    let told = preview(&app, NAME).await;
    assert_eq!((told.decided, told.open_people), (1, 1));
    assert_eq!(names(&app).await, ["binh"]);

    applied(&app, &town_plan()).await;

    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Ba"]);
    let post = following(&app, "an").await.expect("a post");
    assert_eq!((post.decision_no.as_str(), post.unit), ("7/QĐ", unit(&app, "20002", FIRST).await));
    assert_eq!(units_of(&app, "binh", FIRST).await, Vec::<String>::new());
    assert!(!rows_of(&app, "plan.decided").await.is_empty());
}

#[tokio::test]
async fn a_sheet_with_mistakes_decides_nothing_and_tells_all_of_them() {
    let app = scene().await;
    let services = app.services();
    let items = waiting(&app).await;
    let (an, binh) = (&items[0].person, &items[1].person);
    let good = format!("{an},Nguyễn Văn An,10003,,20001,7/QĐ\n");
    let table = [
        ("a unit that is no candidate", format!("{binh},Lê Thị Bình,10003,,10004,7/QĐ\n")),
        ("a unit that is not there", format!("{binh},Lê Thị Bình,10003,,99999,7/QĐ\n")),
        ("no number of a decision", format!("{binh},Lê Thị Bình,10003,,20001,\n")),
        ("nobody", "0199c0de-0000-7000-8000-000000000001,Ai,10003,,20001,7/QĐ\n".to_owned()),
        ("a unit that the person is not in", format!("{binh},Lê Thị Bình,10001,,20001,7/QĐ\n")),
    ];
    // A list of before posts had columns of their own is read too.
    let header = worklist::COLUMNS[..6].join(",");
    for (case, wrong) in &table {
        let rows = read(&format!("{header}\n{good}{wrong}"));
        match choices::read_sheet(services, NAME, &rows, &by(APPROVER)).await {
            Err(ReorganizationError::BadChoice(all)) => {
                assert_eq!(all.iter().map(|error| error.line).collect::<Vec<_>>(), [3], "{case}: {all:?}");
                assert!(all.iter().all(|error| !error.message_vi.is_empty() && !error.message_en.is_empty()), "{case}");
            }
            other => panic!("{case}: {other:?}"),
        }
        assert!(choices::decisions(services, NAME).await.expect("decisions").is_empty(), "{case}");
    }
    assert_eq!(count_of(&app, "plan.decided").await, 0);
    assert_eq!(names(&app).await, ["an", "binh"]);
}

#[tokio::test]
async fn a_rule_places_whom_it_means_and_a_decision_comes_before_it() {
    let app = scene().await;
    let services = app.services();
    let rule = NewRule { from: "10003", department: None, title: Some("ke toan"), seat: None, to: "20002", decision_no: "8/QĐ" };
    let id = choices::add_rule(services, NAME, &rule, &by(AUTHOR)).await.expect("a rule");
    assert_eq!(names(&app).await, ["an"], "the title is compared whatever its marks");
    let everybody = NewRule { title: None, to: "20001", decision_no: "9/QĐ", ..rule };
    choices::add_rule(services, NAME, &everybody, &by(AUTHOR)).await.expect("a rule");
    assert!(names(&app).await.is_empty());
    let elsewhere = NewRule { from: "10003", department: None, title: None, seat: None, to: "10004", decision_no: "9/QĐ" };
    let refused = choices::add_rule(services, NAME, &elsewhere, &by(AUTHOR)).await;
    assert!(matches!(refused, Err(ReorganizationError::BadChoice(_))), "{refused:?}");
    assert_eq!((choices::rules(services, NAME).await.expect("rules").len(), count_of(&app, "plan.rule_added").await), (2, 2));

    applied(&app, &town_plan()).await;
    let placed = async |name: &str| following(&app, name).await.map(|post| (post.unit, post.decision_no)).expect("a post");
    let (one, three) = (unit(&app, "20001", FIRST).await, unit(&app, "20002", FIRST).await);
    assert_eq!(placed("binh").await, (three.clone(), "8/QĐ".to_owned()), "the first rule that fits");
    assert_eq!(placed("an").await, (one.clone(), "9/QĐ".to_owned()));
    assert_eq!(placed("chi").await, (one.clone(), INSTRUMENT.to_owned()), "no rule is about other units");
    rollback(&app, NAME, false).await.expect("taken back");

    let binh = post_of(&app, "binh").await;
    choices::decide(services, NAME, &binh, &one, "10/QĐ", &by(AUTHOR)).await.expect("decided");
    assert!(choices::remove_rule(services, NAME, &id, &by(AUTHOR)).await.expect("an answer"));
    assert!(!choices::remove_rule(services, NAME, &id, &by(AUTHOR)).await.expect("an answer"), "once");
    approve(&app, NAME, false).await.expect("an approval");
    apply(&app, NAME).await.expect("applied");
    assert_eq!(placed("binh").await, (one, "10/QĐ".to_owned()));
}

#[tokio::test]
async fn what_is_decided_after_an_approval_has_to_be_approved() {
    let app = scene().await;
    approve(&app, NAME, true).await.expect("an approval");
    let an = post_of(&app, "an").await;
    let candidates = waiting(&app).await.remove(0).candidates;
    choices::decide(app.services(), NAME, &an, &candidates[0], "7/QĐ", &by(AUTHOR)).await.expect("decided");
    go_to(&app, FIRST).await;
    let before = digests(&app).await;

    let stale = apply(&app, NAME).await;
    assert!(matches!(stale, Err(ReorganizationError::Stale { what: Part::Plan })), "{stale:?}");
    assert_eq!((digests(&app).await, count_of(&app, "plan.applied").await), (before, 0));
    approve(&app, NAME, true).await.expect("an approval");
    assert_eq!(apply(&app, NAME).await.expect("applied").open, 1);
}

#[tokio::test]
async fn whoever_says_where_people_go_does_not_approve_that() {
    let app = scene().await;
    let services = app.services();
    let an = post_of(&app, "an").await;
    let candidates = waiting(&app).await.remove(0).candidates;
    choices::decide(services, NAME, &an, &candidates[0], "7/QĐ", &by(APPROVER)).await.expect("decided");
    let refused = approve(&app, NAME, true).await;
    assert!(matches!(refused, Err(ReorganizationError::Said)), "{refused:?}");

    choices::decide(services, NAME, &an, &candidates[0], "7/QĐ", &by(AUTHOR)).await.expect("decided by another");
    let rule = NewRule { from: "10003", department: None, title: None, seat: None, to: "20002", decision_no: "9/QĐ" };
    let id = choices::add_rule(services, NAME, &rule, &by(APPROVER)).await.expect("a rule");
    let refused = approve(&app, NAME, true).await;
    assert!(matches!(refused, Err(ReorganizationError::Said)), "{refused:?}");
    assert_eq!(count_of(&app, "plan.approved").await, 0);

    assert!(choices::remove_rule(services, NAME, &id, &by(AUTHOR)).await.expect("an answer"));
    approve(&app, NAME, true).await.expect("nothing of it rests on their own word");
}

#[tokio::test]
async fn rows_may_say_the_same_and_a_row_may_name_one_post() {
    let app = town().await;
    let services = app.services();
    let beside = row("an", "Nguyễn Văn An", "", "10003", "Thủ quỹ").replace(",true,", ",false,");
    let rows = [row("an", "Nguyễn Văn An", "", "10003", "Chuyên viên"), beside];
    assert_eq!(bring(&app, &rows.concat()).await.rows_bad, 0);
    register(&app, &town_plan()).await.expect("a plan");
    let items = waiting(&app).await;
    assert_eq!(items.len(), 2);
    let told: Vec<[String; 3]> = items.iter().map(|item| [6, 7, 8].map(|place| item.cells()[place].clone())).collect();
    let known = posts(&app, "an").await;
    for [position, department, title] in &told {
        let post = known.iter().find(|post| post.id.as_str() == position).expect("a post of theirs");
        assert_eq!((department, title), (&post.department, &post.title));
    }
    assert_ne!(told[0], told[1], "two posts of one person are told apart");
    let (person, one) = (&items[0].person, &items[0].position);
    let header = "person_id,from_unit,chosen_unit,decision_no,position_id";
    let sheet = |rows: &[(&str, &str)]| {
        let rows = rows.iter().map(|(unit, post)| format!("{person},10003,{unit},7/QĐ,{post}\n"));
        read(&format!("{header}\n{}", rows.collect::<String>()))
    };

    let nobodys = PositionId("0199c0de-0000-7000-8000-000000000001".to_owned());
    for wrong in [[("20001", ""), ("20002", "")], [("20001", one.as_str()), ("20001", nobodys.as_str())]] {
        match choices::read_sheet(services, NAME, &sheet(&wrong), &by(AUTHOR)).await {
            Err(ReorganizationError::BadChoice(all)) => {
                assert_eq!(all.iter().map(|error| error.line).collect::<Vec<_>>(), [3], "{all:?}");
            }
            other => panic!("{wrong:?}: {other:?}"),
        }
    }
    assert!(choices::decisions(services, NAME).await.expect("decisions").is_empty());
    assert_eq!(count_of(&app, "plan.decided").await, 0);

    let named = sheet(&[("20002", one.as_str())]);
    assert_eq!(choices::read_sheet(services, NAME, &named, &by(AUTHOR)).await.expect("read"), 1);
    let kept = choices::decisions(services, NAME).await.expect("decisions");
    assert_eq!(kept.iter().map(|row| &row.position).collect::<Vec<_>>(), [one]);
    let both = sheet(&[("20001", ""), ("20001", "")]);
    assert_eq!(choices::read_sheet(services, NAME, &both, &by(AUTHOR)).await.expect("read"), 2);
    let kept = choices::decisions(services, NAME).await.expect("decisions");
    assert_eq!((kept.len(), kept.iter().all(|row| row.unit == kept[0].unit)), (2, true));
    assert!(names(&app).await.is_empty());
}

#[tokio::test]
async fn whoever_waits_after_the_plan_is_placed_at_once_and_goes_back_with_it() {
    let app = scene().await;
    let services = app.services();
    let before: Digests = digests(&app).await;
    applied(&app, &town_plan()).await;
    let (an, old) = (post_of(&app, "an").await, unit(&app, "10004", FIRST).await);
    let refused = choices::decide(services, NAME, &an, &old, "7/QĐ", &by(APPROVER)).await;
    assert!(matches!(refused, Err(ReorganizationError::BadChoice(_))), "{refused:?}");
    assert!(following(&app, "an").await.is_none());

    let three = unit(&app, "20002", FIRST).await;
    choices::decide(services, NAME, &an, &three, "7/QĐ", &by(APPROVER)).await.expect("decided");
    app.sync().await;
    let post = following(&app, "an").await.expect("placed");
    assert_eq!((post.unit, post.decision_no.as_str(), post.valid_from, post.follows), (three, "7/QĐ", FIRST, Some(an)));
    assert_eq!(names(&app).await, ["binh"]);
    let rows = filled(&app, &[("binh", "20001", "8/QĐ")]).await;
    assert_eq!(choices::read_sheet(services, NAME, &read(&rows), &by(APPROVER)).await.expect("read"), 1);
    assert!(names(&app).await.is_empty());
    assert_eq!(choices::read_sheet(services, NAME, &read(&rows), &by(APPROVER)).await.expect("it may be read again"), 0);
    assert_eq!(choices::first_unread(services, NAME, &read(&rows)).await.expect("an answer"), None);
    let other = read(&rows.replace("\"20001\"", "\"20002\""));
    let refused = choices::read_sheet(services, NAME, &other, &by(APPROVER)).await;
    assert!(matches!(&refused, Err(ReorganizationError::BadChoice(all)) if all.len() == 1), "{refused:?}");
    assert_eq!(choices::first_unread(services, NAME, &other).await.expect("an answer"), Some(2));
    assert_eq!(units_of(&app, "binh", FIRST).await, ["Phường Sông Một"]);

    rollback(&app, NAME, false).await.expect("taken back");
    assert_eq!(digests(&app).await, before, "with what was decided later");
    assert!(following(&app, "an").await.is_none() && following(&app, "binh").await.is_none());
}

/// Somebody else than whoever looks at plans here.
const OTHER: &str = "os:khac";

#[tokio::test]
async fn whoever_undoes_what_others_said_does_not_approve_what_is_left() {
    for case in ["a rule removed", "a decision taken back", "a decision replaced, and that taken back"] {
        let app = scene().await;
        let services = app.services();
        let (an, candidates) = (post_of(&app, "an").await, waiting(&app).await.remove(0).candidates);
        let (one, other) = (candidates[0].clone(), candidates[1].clone());
        let rule = NewRule { from: "10003", department: None, title: None, seat: None, to: "20001", decision_no: "8/QĐ" };
        match case {
            "a rule removed" => {
                let id = choices::add_rule(services, NAME, &rule, &by(OTHER)).await.expect("a rule");
                assert!(choices::remove_rule(services, NAME, &id, &by(APPROVER)).await.expect("an answer"), "{case}");
            }
            "a decision taken back" => {
                choices::decide(services, NAME, &an, &one, "9/QĐ", &by(OTHER)).await.expect("decided");
                decided::remove(services, NAME, std::slice::from_ref(&an), &by(APPROVER)).await.expect("taken back");
            }
            _ => {
                choices::decide(services, NAME, &an, &one, "9/QĐ", &by(OTHER)).await.expect("decided");
                choices::decide(services, NAME, &an, &other, "9/QĐ", &by(APPROVER)).await.expect("decided otherwise");
                decided::remove(services, NAME, std::slice::from_ref(&an), &by(APPROVER)).await.expect("taken back");
            }
        }
        assert!(choices::decisions(services, NAME).await.expect("decisions").is_empty(), "{case}: nothing of it stands");
        let refused = approve(&app, NAME, true).await;
        assert!(matches!(refused, Err(ReorganizationError::Said)), "{case}: {refused:?}");
        assert_eq!(count_of(&app, "plan.approved").await, 0, "{case}");

        if case != "a rule removed" {
            choices::decide(services, NAME, &an, &one, "9/QĐ", &by(OTHER)).await.expect("decided again");
            approve(&app, NAME, true).await.expect("what counts of that post is the word of another");
        }
    }
}

#[tokio::test]
async fn whoever_takes_their_own_word_back_may_approve() {
    let app = scene().await;
    let (services, an) = (app.services(), post_of(&app, "an").await);
    let one = waiting(&app).await.remove(0).candidates.remove(0);
    let rule = NewRule { from: "10003", department: None, title: None, seat: None, to: "20001", decision_no: "8/QĐ" };
    let id = choices::add_rule(services, NAME, &rule, &by(APPROVER)).await.expect("a rule");
    assert!(choices::remove_rule(services, NAME, &id, &by(APPROVER)).await.expect("an answer"));
    choices::decide(services, NAME, &an, &one, "9/QĐ", &by(APPROVER)).await.expect("decided");
    decided::remove(services, NAME, std::slice::from_ref(&an), &by(APPROVER)).await.expect("taken back");
    approve(&app, NAME, true).await.expect("nothing rests on their word, and nothing of others is gone");
}
