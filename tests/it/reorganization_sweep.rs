//! What a plan leaves to do: whoever is told into a unit that it ended goes along later, by the same rules; accounts that it
//! shut come back with it; rights in what goes do not come to life again; and what one stage left open is decided while
//! another one does not fit yet.

use crate::support::TestApp;
use crate::support::imports::appoint;
use crate::support::people::{HEADER, How, bring, bring_as, person, row};
use crate::support::plans::{
    APPROVER, FIRST, LAST, NAME, STEPS, applied, apply, approve, approved, by, digests, go_to, posts, register, registry,
    rollback, text, town, town_plan, unit, units_of,
};
use crate::support::records::{count_of, rows_of};
use crate::support::registry::bring as bring_units;
use motlan::base::id::{ChangeSetId, PersonId, PositionId};
use motlan::model::admin_scope::{AdminRole, AdminScope};
use motlan::model::position::Position;
use motlan::model::unit::Certainty;
use motlan::service::forget;
use motlan::service::lifecycle::{self, Memory};
use motlan::service::registry::files::Source;
use motlan::service::reorganization::worklist::{self, Item};
use motlan::service::reorganization::{self, Part, ReorganizationError, Right, RunState, choices};
use motlan::store::changes::Kind;
use motlan::store::plan_runs::{self, Run};
use motlan::store::{admin_roles, change_sets, positions};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, channel};
use time::macros::date;

/// More than two short writes bring in.
const MANY: usize = 700;

/// The job, until nothing is left to do.
pub async fn sweep(app: &TestApp) {
    while reorganization::due(app.services(), "one").await.expect("the job runs") {}
    app.sync().await;
}

/// The job of those who leave, until nothing is left to do.
pub async fn leave(app: &TestApp) {
    let mut memory = Memory::default();
    while lifecycle::run(app.services(), &mut memory, "a node").await.expect("the job runs") {}
    app.sync().await;
}

pub async fn id_of(app: &TestApp, username: &str) -> PersonId {
    person(app, username).await.expect("a person").id
}

/// Tells posts of people as a set does that is applied now, whatever ended before.
pub async fn tell(app: &TestApp, told: &[(PersonId, Position)]) {
    let services = app.services();
    let now = services.clock.now();
    let set = ChangeSetId::new(now, &*services.entropy);
    let mut tx = services.store.write().await.expect("a unit of work");
    change_sets::add(&mut tx, &set, "file", "os:test", now).await.expect("a set");
    positions::add(&mut tx, &set, told).await.expect("staged");
    assert!(change_sets::replace_people_version(&mut tx, &set, now).await.expect("an answer"));
    assert!(change_sets::mark_applied(&mut tx, &set, now).await.expect("an answer"));
    forget(&mut tx, services, Kind::People, "").await.expect("told");
    tx.commit().await.expect("committed");
    app.sync().await;
}

/// The names of the units in which somebody is on the day, in the order of names.
async fn sorted(app: &TestApp, username: &str) -> Vec<String> {
    let mut units = units_of(app, username, FIRST).await;
    units.sort();
    units
}

async fn waiting(app: &TestApp) -> Vec<Item> {
    let mut items = worklist::worklist(app.services(), NAME, None, "", 100).await.expect("a list");
    items.sort_by(|one, other| one.username.cmp(&other.username));
    items
}

pub async fn is_disabled(app: &TestApp, username: &str) -> bool {
    person(app, username).await.expect("a person").disabled_at.is_some()
}

/// The newest run of the plan.
async fn newest(app: &TestApp) -> Run {
    let mut conn = app.services().store.read().await.expect("a connection");
    plan_runs::list_of(&mut conn, NAME).await.expect("runs").remove(0)
}

/// Text whose second part comes when somebody says so.
struct Halting {
    parts: [io::Cursor<Vec<u8>>; 2],
    go_on: Receiver<()>,
    begun: Option<tokio::sync::oneshot::Sender<()>>,
}

impl Read for Halting {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.parts[0].read(into)?;
        if read > 0 || into.is_empty() {
            return Ok(read);
        }
        if let Some(begun) = self.begun.take() {
            let _ = begun.send(());
            // What waits on this thread, such as a connection on its way back, goes on elsewhere.
            tokio::task::block_in_place(|| self.go_on.recv()).map_err(io::Error::other)?;
        }
        self.parts[1].read(into)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_import_that_was_begun_before_a_plan_and_ends_after_it_leaves_nobody_in_a_unit_that_is_gone() {
    let app = town().await;
    bring(&app, &row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên")).await;
    approved(&app, &town_plan()).await;
    let (say, go_on) = channel();
    let (begun, is_begun) = tokio::sync::oneshot::channel();
    let known = row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên").replace("1/QĐ", "2/QĐ");
    let new = row("moi", "Trần Thị Mới", "", "10002", "Văn thư");
    let parts = [format!("{HEADER}{known}"), new].map(|part| io::Cursor::new(part.into_bytes()));
    let services = app.services().clone();
    let file = Halting { parts, go_on, begun: Some(begun) };
    let import = tokio::spawn(async move { bring_as(&services, file, How { accept_good: true, dry_run: false }).await });
    is_begun.await.expect("it reads the file, and knows the units of before");

    apply(&app, NAME).await.expect("applied");
    say.send(()).expect("the import waits");
    // It may be refused, or come to its end.
    drop(import.await.expect("it does not break off"));
    app.sync().await;
    sweep(&app).await;

    let registry = registry(&app).await;
    for name in ["an", "moi"] {
        let known = person(&app, name).await;
        assert!(known.is_some() || name != "an", "who was there is there");
        for held in known.iter().flat_map(|known| known.positions_on(FIRST)) {
            let unit = registry.unit(&held.unit).expect("a unit");
            assert_eq!(unit.span.holds_on(FIRST), Certainty::Yes, "{name} is in a unit that is gone");
        }
    }
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Một"], "once, and nowhere else");
}

#[tokio::test]
async fn whoever_is_told_into_a_unit_after_it_ended_goes_along_and_a_rollback_takes_that_back() {
    let app = town().await;
    let people = [row("an", "Nguyễn Văn An", "", "10001", "Chuyên viên"), row("kim", "Lê Thị Kim", "", "10004", "Kế toán")];
    assert_eq!(bring(&app, &people.concat()).await.rows_bad, 0);
    let (whole, divided) = (unit(&app, "10001", LAST).await, unit(&app, "10003", LAST).await);
    let (an, kim) = (posts(&app, "an").await.remove(0), posts(&app, "kim").await.remove(0));
    applied(&app, &town_plan()).await;
    sweep(&app).await;
    assert_eq!(count_of(&app, "plan.latecomers").await, 0, "nobody is late yet");
    let late = |id: &str, unit| Position { id: PositionId(id.to_owned()), unit, primary: false, ..kim.clone() };
    let told = [
        (id_of(&app, "an").await, Position { title: "Kế toán".to_owned(), ..an.clone() }),
        (id_of(&app, "kim").await, late("whole", whole)),
        (id_of(&app, "kim").await, late("divided", divided)),
    ];
    tell(&app, &told).await;
    assert_eq!(sorted(&app, "an").await, ["Phường Một", "Phường Sông Một"], "moved and not moved");

    sweep(&app).await;

    assert_eq!(sorted(&app, "an").await, ["Phường Sông Một"]);
    assert_eq!(sorted(&app, "kim").await, ["Phường Bốn", "Phường Sông Một"]);
    let rows = rows_of(&app, "plan.latecomers").await;
    assert_eq!(rows.len(), 1);
    let detail: Value = serde_json::from_str(&rows[0].detail).expect("JSON");
    assert_eq!(["people", "posts", "open"].map(|figure| detail[figure].as_i64()), [Some(2), Some(3), Some(1)], "{detail}");
    let open = waiting(&app).await.remove(0);
    assert_eq!((open.username.as_str(), open.position.as_str()), ("kim", "divided"));
    let to = unit(&app, "20002", FIRST).await;
    choices::decide(app.services(), NAME, &open.position, &to, "9/QĐ", &by(APPROVER)).await.expect("decided");
    app.sync().await;
    assert_eq!(sorted(&app, "kim").await, ["Phường Bốn", "Phường Sông Ba", "Phường Sông Một"]);
    sweep(&app).await;
    assert_eq!(count_of(&app, "plan.latecomers").await, 1, "once");

    rollback(&app, NAME, false).await.expect("nobody edited anything");
    assert_eq!(sorted(&app, "kim").await, ["Phường Ba", "Phường Bốn", "Phường Một"], "as they were told");
    assert_eq!(sorted(&app, "an").await, ["Phường Một"]);
    sweep(&app).await;
    assert_eq!((count_of(&app, "plan.latecomers").await, sorted(&app, "an").await), (1, vec!["Phường Một".to_owned()]));
}

#[tokio::test]
async fn accounts_that_were_shut_after_a_plan_ended_a_post_come_back_with_the_rollback() {
    let app = town().await;
    let retired = row("lan", "Vũ Thị Lan", "", "10006", "Văn thư").replace(",2025-07-01,\n", ",2025-07-01,2027-01-15\n");
    let people = [row("kim", "Lê Thị Kim", "", "10006", "Kế toán"), row("an", "Nguyễn Văn An", "", "10004", "Kế toán"), retired];
    assert_eq!(bring(&app, &people.concat()).await.rows_bad, 0);
    leave(&app).await;
    let elsewhere = unit(&app, "10004", LAST).await;
    let beside = posts(&app, "kim").await.remove(0);
    let before = units_of(&app, "kim", LAST).await;
    applied(&app, &text(NAME, FIRST, &["dissolve,10006,,,,,,"])).await;
    leave(&app).await;
    for name in ["an", "kim", "lan"] {
        assert!(!is_disabled(&app, name).await, "{name}: nobody who waits for a decision has left");
    }
    // Somebody says where they are, for some days, and these are over.
    app.advance_seconds(60);
    let for_days = |id: &str| Position {
        id: PositionId(id.to_owned()),
        unit: elsewhere.clone(),
        primary: false,
        valid_from: FIRST,
        valid_to: Some(FIRST),
        ..beside.clone()
    };
    tell(&app, &[(id_of(&app, "kim").await, for_days("kim")), (id_of(&app, "lan").await, for_days("lan"))]).await;
    go_to(&app, date!(2027 - 01 - 05)).await;
    leave(&app).await;
    assert!(is_disabled(&app, "kim").await && is_disabled(&app, "lan").await, "their last post is over");
    assert!(!is_disabled(&app, "an").await);

    go_to(&app, date!(2027 - 02 - 01)).await;
    let back = rollback(&app, NAME, false).await.expect("taken back");

    assert_eq!((back.accounts, units_of(&app, "kim", date!(2027 - 02 - 01)).await), (1, before));
    assert!(!is_disabled(&app, "kim").await);
    assert!(is_disabled(&app, "lan").await, "her post would be over by now all the same");
    let rows = rows_of(&app, "person.enabled").await;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].actor.as_deref(), rows[0].person_id.clone()), (Some(APPROVER), Some(id_of(&app, "kim").await.0)));
    leave(&app).await;
    sweep(&app).await;
    assert!(!is_disabled(&app, "kim").await, "nor are they shut out again");
    assert_eq!(count_of(&app, "person.enabled").await, 1);
}

/// What somebody administers.
async fn scopes(app: &TestApp, username: &str) -> Vec<AdminScope> {
    let id = id_of(app, username).await;
    let mut conn = app.services().store.read().await.expect("a connection");
    admin_roles::list(&mut conn, &id).await.expect("scopes")
}

#[tokio::test]
async fn a_right_that_was_given_since_in_a_unit_that_goes_ends_and_does_not_come_back_with_the_plan() {
    let app = town().await;
    app.official_in("kim", &["10004"]).await;
    applied(&app, &town_plan()).await;
    appoint(&app, "kim", (AdminRole::Unit, Some("20001"))).await;
    let given = scopes(&app, "kim").await;
    assert_eq!(given.len(), 1);
    let known = digests(&app).await;

    let refused = rollback(&app, NAME, false).await;
    assert!(matches!(refused, Err(ReorganizationError::EditsSince { people: 1 })), "{refused:?}");
    assert_eq!((scopes(&app, "kim").await, digests(&app).await), (given, known), "nothing is changed");

    let back = rollback(&app, NAME, true).await.expect("taken back");
    let ended: Vec<(&str, &Right)> = back.rights.iter().map(|given| (given.username.as_str(), &given.right)).collect();
    let right = Right::Administers { role: AdminRole::Unit, unit: "Phường Sông Một".to_owned() };
    assert_eq!((back.rights_ended, ended), (1, vec![("kim", &right)]));
    assert!(back.kept.is_empty(), "nothing of hers is left as it is: {:?}", back.kept);
    assert!(scopes(&app, "kim").await.is_empty());
    applied(&app, &town_plan()).await;
    assert!(scopes(&app, "kim").await.is_empty(), "nobody has given it again");
}

#[tokio::test]
async fn what_one_stage_left_open_is_decided_while_another_stage_does_not_fit_yet() {
    let app = town().await;
    bring(&app, &row("an", "Nguyễn Văn An", "", "10003", "Chuyên viên")).await;
    let mut steps = STEPS.to_vec();
    steps.push("attach,10004,,,H29.99.1,,,");
    let stage = "\n[[stage]]\nname = \"mot\"\nunits = [\"+A\", \"+B\"]\n\n+++\n";
    register(&app, &text(NAME, FIRST, &steps).replace("\n+++\n", stage)).await.expect("a plan");
    let services = app.services();
    let digest = reorganization::preview(services, NAME, Some("mot")).await.expect("a preview").digest;
    reorganization::approve(services, NAME, Some("mot"), &digest, true, &by(APPROVER)).await.expect("an approval");
    go_to(&app, FIRST).await;
    reorganization::apply(services, NAME, Some("mot"), false, &by(APPROVER), &|_, _| {}).await.expect("applied");
    let codes = "gso_code,scheme,code,valid_from,valid_to\n10005,agency,H29.99.1,2025-07-01,\n";
    let source = Source { name: "codes.csv".to_owned(), bytes: codes.as_bytes().to_vec() };
    bring_units(services, &[source], false).await.expect("somebody else has the code");
    app.sync().await;
    let rest = reorganization::preview(services, NAME, Some("rest")).await;
    assert!(matches!(rest, Err(ReorganizationError::Wrong(_))), "{rest:?}");

    let open = waiting(&app).await.remove(0);
    let to = unit(&app, "20002", FIRST).await;
    choices::decide(services, NAME, &open.position, &to, "9/QĐ", &by(APPROVER)).await.expect("decided");

    app.sync().await;
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Ba"]);
    assert!(waiting(&app).await.is_empty());
}

/// Looks what is due, and is killed after the first people are staged.
pub async fn killed(app: &TestApp) {
    let services = app.services();
    let seen = async {
        loop {
            let busy = plan_runs::find_busy(&mut services.store.read().await.expect("a connection")).await.expect("an answer");
            if busy.is_some_and(|run| !run.cursor.as_str().is_empty()) {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        () = seen => {}
        done = reorganization::due(services, "one") => panic!("it came to its end before it was killed: {done:?}"),
    }
}

#[tokio::test]
async fn what_is_left_by_itself_and_refused_to_somebody_is_tried_again_by_itself() {
    let app = town().await;
    let mut people = HEADER.to_owned();
    for number in 0..MANY {
        writeln!(people, "cb{number},Lê Thị Số {number},,,,,,10001,Văn phòng,Kế toán,cong_chuc,true,1/QĐ,2025-07-01,")
            .expect("text");
    }
    let report = bring_as(app.services(), people.as_bytes(), How::default()).await.expect("a report");
    assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
    register(&app, &town_plan()).await.expect("a plan");
    approve(&app, NAME, false).await.expect("an approval");
    go_to(&app, FIRST).await;
    killed(&app).await;
    bring(&app, &row("tre", "Nguyễn Văn Trễ", "", "10002", "Văn thư")).await;
    app.advance_seconds(61);
    app.sync().await;

    let refused = apply(&app, NAME).await;
    assert!(matches!(refused, Err(ReorganizationError::Stale { what: Part::People })), "{refused:?}");
    assert_eq!((newest(&app).await.state, count_of(&app, "plan.applied").await), (RunState::Abandoned, 0));
    // The lease of the node that was killed is over after a while.
    app.advance_seconds(600);
    while reorganization::due(app.services(), "two").await.expect("the job runs") {}
    app.sync().await;

    assert_eq!(newest(&app).await.state, RunState::Applied);
    assert_eq!((count_of(&app, "plan.applied").await, count_of(&app, "plan.waits").await), (1, 0));
    for name in ["cb0", "tre"] {
        assert_eq!(units_of(&app, name, FIRST).await, ["Phường Sông Một"], "{name}");
    }
}
