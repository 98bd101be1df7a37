//! Rules by the address of the seat: departments of a divided unit go where they sit. What is told of seats is approved with
//! the rules that go by it, by somebody else than told it; and a file with a mistake changes nothing.

use crate::support::TestApp;
use crate::support::people::{bring, person, row};
use crate::support::plans::{
    APPROVER, AUTHOR, FIRST, LAST, NAME, STEPS, applied, apply, approve, by, digests, go_to, posts, preview, register, rollback,
    text, town, town_plan, unit, units_of,
};
use crate::support::records::{count_of, rows_of};
use motlan::base::id::{ChangeSetId, PositionId};
use motlan::model::position::Position;
use motlan::service::forget;
use motlan::service::reorganization::choices::{self, NewRule};
use motlan::service::reorganization::seats::{self, SeatsRead};
use motlan::service::reorganization::{self, Part, ReorganizationError, SeatRow, worklist};
use motlan::store::changes::Kind;
use motlan::store::{change_sets, positions};
use serde_json::Value;

const HEADER: &str = "from_unit,department,address\n";
/// The department of justice sits elsewhere than its ward.
const SEATS: &str = "10003,,\"1 đường Lớn, Khu phố 30\"\n10003 Phường Ba,phong tu phap,\"12 đường A, Khu phố 3\"\n";

/// An official of a department of the ward that is divided.
fn official(username: &str, full_name: &str, department: &str) -> String {
    row(username, full_name, "", "10003", "Chuyên viên").replace(",Văn phòng,", &format!(",{department},"))
}

/// The town with officials in three departments of the ward that is divided: one of them sits elsewhere than the ward.
async fn scene() -> TestApp {
    let app = town().await;
    let people = [
        official("an", "Nguyễn Văn An", "Phòng Tư pháp"),
        official("binh", "Lê Thị Bình", "Phòng Tài chính"),
        official("chi", "Trần Thị Chi", "Văn phòng"),
        row("kim", "Lê Thị Kim", "", "10004", "Kế toán"),
    ];
    assert_eq!(bring(&app, &people.concat()).await.rows_bad, 0);
    register(&app, &town_plan()).await.expect("a plan");
    app
}

/// Reads a file of seats.
async fn read(app: &TestApp, rows: &str, actor: &str) -> Result<SeatsRead, ReorganizationError> {
    let rows = seats::rows_of(format!("{HEADER}{rows}").as_bytes()).expect("a sheet");
    seats::read(app.services(), NAME, &rows, &by(actor)).await
}

/// A rule for whoever sits somewhere in the ward that is divided.
fn sitting<'a>(words: &'a str, to: &'a str) -> NewRule<'a> {
    NewRule { from: "10003", department: None, title: None, seat: Some(words), to, decision_no: "8/QĐ" }
}

async fn add(app: &TestApp, words: &str, to: &str) -> String {
    choices::add_rule(app.services(), NAME, &sitting(words, to), &by(AUTHOR)).await.expect("a rule")
}

/// Who waits for a decision.
async fn waiting(app: &TestApp) -> Vec<String> {
    let items = worklist::worklist(app.services(), NAME, None, "", 100).await.expect("a list");
    let mut names: Vec<String> = items.into_iter().map(|item| item.username).collect();
    names.sort();
    names
}

/// What is known of seats: department and address.
async fn known(app: &TestApp) -> Vec<(String, String)> {
    let all: Vec<SeatRow> = seats::list(app.services(), NAME).await.expect("seats");
    all.into_iter().map(|seat| (seat.department, seat.address)).collect()
}

/// Tells a post as a set does that is applied now, whatever ended before.
async fn tell(app: &TestApp, username: &str, post: Position) {
    let services = app.services();
    let now = services.clock.now();
    let owner = person(app, username).await.expect("a person").id;
    let set = ChangeSetId::new(now, &*services.entropy);
    let mut tx = services.store.write().await.expect("a unit of work");
    change_sets::add(&mut tx, &set, "file", "os:test", now).await.expect("a set");
    positions::add(&mut tx, &set, &[(owner, post)]).await.expect("staged");
    assert!(change_sets::replace_people_version(&mut tx, &set, now).await.expect("an answer"));
    assert!(change_sets::mark_applied(&mut tx, &set, now).await.expect("an answer"));
    forget(&mut tx, services, Kind::People, "").await.expect("told");
    tx.commit().await.expect("committed");
    app.sync().await;
}

#[tokio::test]
async fn departments_go_where_they_sit_and_others_where_their_unit_does() {
    let app = scene().await;
    assert_eq!(waiting(&app).await, ["an", "binh", "chi"]);
    add(&app, "khu pho 3", "20002").await;
    assert_eq!(waiting(&app).await, ["an", "binh", "chi"], "nobody told yet where anybody sits");

    let told = read(&app, SEATS, AUTHOR).await.expect("read");
    assert_eq!(told, SeatsRead { units: 1, seats: 2 });
    assert_eq!(waiting(&app).await, ["binh", "chi"], "Khu phố 30 is another quarter");
    add(&app, "Khu phố 30", "20001").await;
    assert!(waiting(&app).await.is_empty());
    let rows = rows_of(&app, "plan.seats_read").await;
    assert_eq!((rows.len(), rows[0].actor.as_deref()), (1, Some(AUTHOR)));
    let detail: Value = serde_json::from_str(&rows[0].detail).expect("JSON");
    assert_eq!(["units", "seats"].map(|figure| detail[figure].as_i64()), [Some(1), Some(2)], "{detail}");

    let before = digests(&app).await;
    assert_eq!(applied(&app, &town_plan()).await.open, 0);
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Ba"]);
    for name in ["binh", "chi"] {
        assert_eq!(units_of(&app, name, FIRST).await, ["Phường Sông Một"], "{name}");
    }
    let late = read(&app, SEATS, AUTHOR).await;
    assert!(matches!(late, Err(ReorganizationError::Already)), "{late:?}");
    assert_eq!(count_of(&app, "plan.seats_read").await, 1);
    rollback(&app, NAME, false).await.expect("taken back");
    assert_eq!(digests(&app).await, before);
    assert!(waiting(&app).await.is_empty(), "rules and seats stay");
}

#[tokio::test]
async fn whoever_comes_late_goes_by_the_same_seats() {
    let app = scene().await;
    add(&app, "Khu phố 3", "20002").await;
    read(&app, SEATS, AUTHOR).await.expect("read");
    let (divided, kim) = (unit(&app, "10003", LAST).await, posts(&app, "kim").await.remove(0));
    applied(&app, &town_plan()).await;
    let late = |id: &str, department: &str| Position {
        id: PositionId(id.to_owned()),
        unit: divided.clone(),
        department: department.to_owned(),
        primary: false,
        ..kim.clone()
    };
    tell(&app, "kim", late("sits-there", "Phòng Tư Pháp")).await;
    tell(&app, "binh", late("sits-elsewhere", "Phòng Tài chính")).await;

    while reorganization::due(app.services(), "one").await.expect("the job runs") {}
    app.sync().await;

    let mut units = units_of(&app, "kim", FIRST).await;
    units.sort();
    assert_eq!(units, ["Phường Bốn", "Phường Sông Ba"]);
    assert!(units_of(&app, "binh", FIRST).await.is_empty(), "of this one no rule tells");
    assert_eq!(waiting(&app).await, ["binh", "binh", "chi"]);
}

#[tokio::test]
async fn seats_that_a_rule_goes_by_are_approved_with_it_and_no_others_are() {
    let app = scene().await;
    let digest = preview(&app, NAME).await.digest;
    read(&app, SEATS, AUTHOR).await.expect("read");
    assert_eq!(preview(&app, NAME).await.digest, digest, "no rule goes by them");
    add(&app, "Khu phố 3", "20002").await;
    let by_seat = preview(&app, NAME).await.digest;
    assert_ne!(by_seat, digest);
    read(&app, SEATS, AUTHOR).await.expect("read again");
    assert_eq!(preview(&app, NAME).await.digest, by_seat, "they are the same");

    approve(&app, NAME, true).await.expect("an approval");
    // Everybody still goes where they went.
    read(&app, &SEATS.replace("12 đường A", "14 đường A"), AUTHOR).await.expect("read");
    go_to(&app, FIRST).await;
    let before = digests(&app).await;
    let stale = apply(&app, NAME).await;
    assert!(matches!(stale, Err(ReorganizationError::Stale { what: Part::Plan })), "{stale:?}");
    assert_eq!((digests(&app).await, count_of(&app, "plan.applied").await), (before, 0));

    approve(&app, NAME, true).await.expect("an approval");
    assert_eq!(apply(&app, NAME).await.expect("applied").open, 2);
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Ba"]);
}

#[tokio::test]
async fn whoever_told_seats_that_a_rule_goes_by_does_not_approve_that() {
    let app = scene().await;
    read(&app, SEATS, APPROVER).await.expect("read");
    approve(&app, NAME, true).await.expect("nothing rests on these seats");
    let id = add(&app, "Khu phố 3", "20002").await;
    let refused = approve(&app, NAME, true).await;
    assert!(matches!(refused, Err(ReorganizationError::Said)), "{refused:?}");
    assert_eq!(count_of(&app, "plan.approved").await, 1);

    assert!(choices::remove_rule(app.services(), NAME, &id, &by(AUTHOR)).await.expect("an answer"));
    approve(&app, NAME, true).await.expect("nothing rests on them again");
    add(&app, "Khu phố 3", "20002").await;
    read(&app, SEATS, AUTHOR).await.expect("told by another");
    approve(&app, NAME, true).await.expect("nothing of it rests on their own word");
    assert_eq!(count_of(&app, "plan.approved").await, 3);
}

#[tokio::test]
async fn a_file_takes_the_place_of_the_seats_of_the_units_that_it_names_and_of_no_others() {
    let app = town().await;
    let mut steps: Vec<&str> = STEPS.to_vec();
    steps.retain(|step| !step.starts_with("merge,10002"));
    steps.extend(["divide,10002,,,,,+A,", "divide,10002,,,,,+B,"]);
    register(&app, &text(NAME, FIRST, &steps)).await.expect("a plan");
    let told = read(&app, &format!("{SEATS}10002,,Khu phố 2\n"), AUTHOR).await.expect("read");
    assert_eq!(told, SeatsRead { units: 2, seats: 3 });

    let told = read(&app, "10003,Văn phòng,Khu phố 7\n", AUTHOR).await.expect("read");
    assert_eq!(told, SeatsRead { units: 1, seats: 1 });
    let mut left = known(&app).await;
    left.sort();
    let expected = [("", "Khu phố 2"), ("Văn phòng", "Khu phố 7")];
    assert_eq!(left, expected.map(|(department, address)| (department.to_owned(), address.to_owned())));
}

#[tokio::test]
async fn a_file_with_a_mistake_changes_no_seat_and_a_rule_names_words() {
    let app = scene().await;
    read(&app, SEATS, AUTHOR).await.expect("read");
    let before = known(&app).await;
    let table = [
        ("a unit that is not divided", "10001,,Khu phố 1", "from_unit"),
        ("a unit that is not there", "99999,,Khu phố 1", "from_unit"),
        ("a unit that begins", "20001,,Khu phố 1", "from_unit"),
        ("no address", "10003,Văn phòng,", "address"),
        ("another address of one department", "10003,PHÒNG  Y TẾ,Khu phố 2", "department"),
    ];
    for (case, wrong, column) in table {
        match read(&app, &format!("10003,Phòng Y tế,Khu phố 1\n{wrong}\n"), AUTHOR).await {
            Err(ReorganizationError::BadChoice(all)) => {
                let places: Vec<(u64, &str)> = all.iter().map(|error| (error.line, error.column.as_str())).collect();
                assert_eq!(places, [(3, column)], "{case}");
            }
            other => panic!("{case}: {other:?}"),
        }
        assert_eq!(known(&app).await, before, "{case}");
    }
    assert_eq!(count_of(&app, "plan.seats_read").await, 1);

    let refused = choices::add_rule(app.services(), NAME, &sitting(" -, ", "20002"), &by(AUTHOR)).await;
    assert!(matches!(&refused, Err(ReorganizationError::BadChoice(all)) if all[0].column == "seat"), "{refused:?}");
    assert!(choices::rules(app.services(), NAME).await.expect("rules").is_empty());
    add(&app, " Khu phố 3 ", "20002").await;
    let made = choices::rules(app.services(), NAME).await.expect("rules").remove(0);
    assert_eq!((made.seat.as_deref(), made.seats.len()), (Some("Khu phố 3"), 2));
}
