//! Whoever takes the last post away ends the access: nobody does that to many alone, by whichever door it comes, and a
//! file that is taken back gives back what it took; the job goes over many files at once, and misses nobody.

use crate::rights_scene::{Admin, SAI_GON, TAN_DINH, admin, appoint, everywhere, within};
use crate::support::TestApp;
use crate::support::imports::{checked, id_of, press, undo, work};
use crate::support::people::{bring, person, row};
use crate::support::records::{count_of, rows_of};
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority::DisablePeople;
use motlan::service::approvals::{self, Dangerous};
use motlan::service::directory;
use motlan::service::lifecycle::{self, Memory};
use motlan::service::provisioning::imports::look;
use motlan::store::{change_sets, imports, lifecycles};
use std::iter::once;

const APPROVE: [(&str, &str); 1] = [("act", "approve")];

fn name(number: usize) -> String {
    format!("nguoi{number:02}")
}

/// The ward with some specialists, and who looks after it.
async fn stage(people: usize) -> (TestApp, Admin) {
    let app = TestApp::with_registry().await;
    let rows: String = (0..people).map(|n| row(&name(n), &format!("Lê Thị Số {n}"), "", SAI_GON, "Kế toán")).collect();
    assert_eq!(bring(&app, &rows).await.rows_bad, 0);
    directory::catch_up(app.services()).await.expect("listed");
    let unit = admin(&app, "unit", &[], within(AdminRole::Unit, SAI_GON)).await;
    (app, unit)
}

/// A list of people who retired a while ago.
fn retired(numbers: impl Iterator<Item = usize>) -> String {
    let rows: Vec<String> = numbers.map(|n| format!("{},nghi_huu,{n}/QĐ,2026-01-05\n", name(n))).collect();
    format!("username,action,decision_no,valid_from\n{}", rows.concat())
}

/// The job, until nothing is left to do.
async fn days_go_by(app: &TestApp) {
    let mut memory = Memory::default();
    while lifecycle::run(app.services(), &mut memory, "a node").await.expect("the job runs") {}
    app.sync().await;
}

async fn state_of(app: &TestApp, address: &str) -> &'static str {
    let mut conn = app.services().store.read().await.expect("a connection");
    imports::find(&mut conn, id_of(address)).await.expect("an answer").expect("the file").state.word()
}

async fn disabled(app: &TestApp) -> usize {
    count_of(app, "person.disabled").await
}

/// Presses apply; the word of what came of it.
async fn apply(app: &TestApp, by: &mut Admin, address: &str) -> String {
    let pressed = press(&mut by.browser, address, &[("act", "apply")]).await;
    assert_eq!(pressed.status, 303, "{}", pressed.body);
    work(app).await;
    pressed.location().rsplit('=').next().expect("a word").to_owned()
}

#[tokio::test]
async fn a_file_that_retires_many_ends_nobodys_access_before_a_second_person_decides() {
    let (app, mut unit) = stage(21).await;
    let mut second = admin(&app, "second", &[], everywhere(AdminRole::Directory)).await;
    let address = checked(&app, &mut unit.browser, "decisions", &retired(0..21)).await;
    let page = unit.browser.get(&address).await;
    assert!(page.body.contains("import-leaving") && !page.body.contains("import-waits"), "{}", page.body);

    assert_eq!(apply(&app, &mut unit, &address).await, "asked");
    days_go_by(&app).await;
    assert_eq!((state_of(&app, &address).await, disabled(&app).await), ("checked", 0));
    assert!(unit.browser.get(&address).await.body.contains("import-waits"));
    let request = approvals::list_open(app.services()).await.expect("requests").pop().expect("one");
    assert_eq!((request.act, request.subject.as_str()), (Dangerous::DisableMany, id_of(&address)));
    let here = format!("/admin/approvals/{}", request.id);
    let own = unit.post(&here, &APPROVE).await;
    assert_eq!((own.status, state_of(&app, &address).await), (422, "checked"), "{}", own.body);

    let done = second.post(&here, &APPROVE).await;
    assert_eq!(done.status, 303, "{}", done.body);
    work(&app).await;
    days_go_by(&app).await;
    assert_eq!((state_of(&app, &address).await, disabled(&app).await), ("applied", 21));
    let record = rows_of(&app, "people.imported").await.pop().expect("a record");
    assert_eq!(record.actor.as_deref(), Some(unit.official.id.as_str()), "as whoever asked, within their bounds");
    let again = second.post(&here, &APPROVE).await;
    assert_eq!(again.status, 409, "{}", again.body);
}

#[tokio::test]
async fn a_file_that_was_checked_anew_is_not_what_a_second_person_was_asked_for() {
    let (app, mut unit) = stage(21).await;
    let mut second = admin(&app, "second", &[], everywhere(AdminRole::Directory)).await;
    let address = checked(&app, &mut unit.browser, "decisions", &retired(0..21)).await;
    assert_eq!(apply(&app, &mut unit, &address).await, "asked");
    let request = approvals::list_open(app.services()).await.expect("requests").pop().expect("one");
    app.advance_seconds(5);
    press(&mut unit.browser, &address, &[("act", "check")]).await;
    work(&app).await;

    let refused = second.post(&format!("/admin/approvals/{}", request.id), &APPROVE).await;
    work(&app).await;
    days_go_by(&app).await;
    assert_eq!((refused.status, state_of(&app, &address).await), (409, "checked"), "{}", refused.body);
    assert_eq!(disabled(&app).await, 0);
}

#[tokio::test]
async fn whoever_looks_after_one_of_two_wards_sees_and_decides_nothing_of_the_other() {
    let app = TestApp::with_registry().await;
    let rows: String = (0..21).map(|n| row(&name(n), &format!("Lê Thị Số {n}"), "", TAN_DINH, "Kế toán")).collect();
    assert_eq!(bring(&app, &rows).await.rows_bad, 0);
    directory::catch_up(app.services()).await.expect("listed");
    let mut both = admin(&app, "both", &[], within(AdminRole::Unit, SAI_GON)).await;
    appoint(&app, "both", within(AdminRole::Unit, TAN_DINH)).await;
    let mut neighbour = admin(&app, "neighbour", &[], within(AdminRole::Unit, SAI_GON)).await;
    let mut second = admin(&app, "second", &[], everywhere(AdminRole::Directory)).await;
    let address = checked(&app, &mut both.browser, "decisions", &retired(0..21)).await;
    assert_eq!(apply(&app, &mut both, &address).await, "asked");
    let request = approvals::list_open(app.services()).await.expect("requests").pop().expect("one");
    let here = format!("/admin/approvals/{}", request.id);

    let page = neighbour.browser.get(&here).await;
    assert!(page.status == 404 && !page.body.contains("Lê Thị Số"), "{}", page.body);
    assert!(!neighbour.browser.get("/admin/approvals").await.body.contains(&request.id));
    assert_eq!(neighbour.post(&here, &APPROVE).await.status, 404);
    let authority = neighbour.authority(&app).await;
    let proof = authority.people::<DisablePeople>().expect("bounds");
    assert!(look::ending(app.services(), &proof, &request).await.expect("an answer").is_empty());
    assert_eq!((state_of(&app, &address).await, count_of(&app, "import.viewed").await), ("checked", 0));

    assert!(second.browser.get(&here).await.body.contains("Lê Thị Số"));
    assert_eq!(second.post(&here, &APPROVE).await.status, 303, "whoever looks after both");
}

#[tokio::test]
async fn twenty_go_alone_and_nobody_more_on_that_day() {
    let (app, mut unit) = stage(22).await;
    let twenty = checked(&app, &mut unit.browser, "decisions", &retired(0..20)).await;
    assert_eq!(apply(&app, &mut unit, &twenty).await, "applying");
    days_go_by(&app).await;
    assert_eq!((state_of(&app, &twenty).await, disabled(&app).await), ("applied", 20));

    let one = checked(&app, &mut unit.browser, "decisions", &retired(20..21)).await;
    assert_eq!(apply(&app, &mut unit, &one).await, "asked");
    let kept = person(&app, &name(21)).await.expect("a person");
    let post = format!("/admin/people/{}/positions/{}", kept.id.as_str(), kept.positions[0].id);
    let seen = unit.browser.get(&post).await.hidden("seen");
    let fields = [("seen", seen.as_str()), ("act", "end"), ("last_day", "05/01/2026"), ("decision", "QĐ 9")];
    let refused = unit.post(&post, &fields).await;
    days_go_by(&app).await;
    assert_eq!((refused.status, disabled(&app).await), (422, 20), "{}", refused.body);
    assert_eq!(state_of(&app, &one).await, "checked");
    assert!(person(&app, &name(21)).await.expect("a person").positions[0].valid_to.is_none());
}

#[tokio::test]
async fn two_files_that_were_begun_at_once_are_counted_one_after_the_other() {
    let (app, mut unit) = stage(22).await;
    let first = checked(&app, &mut unit.browser, "decisions", &retired(0..11)).await;
    let second = checked(&app, &mut unit.browser, "decisions", &retired(11..22)).await;
    for address in [&first, &second] {
        let pressed = press(&mut unit.browser, address, &[("act", "apply")]).await;
        assert!(pressed.location().ends_with("done=applying"), "{}", pressed.location());
    }
    work(&app).await;
    days_go_by(&app).await;
    let mut states = [state_of(&app, &first).await, state_of(&app, &second).await];
    states.sort_unstable();
    assert_eq!((states, disabled(&app).await), (["applied", "checked"], 11));
}

#[tokio::test]
async fn a_file_that_is_taken_back_gives_the_accounts_back() {
    let (app, mut unit) = stage(3).await;
    let address = checked(&app, &mut unit.browser, "decisions", &retired(0..2)).await;
    assert_eq!(apply(&app, &mut unit, &address).await, "applying");
    days_go_by(&app).await;
    assert_eq!(disabled(&app).await, 2);

    undo(&app, &mut unit.browser, &address).await;
    days_go_by(&app).await;
    for number in 0..2 {
        let back = person(&app, &name(number)).await.expect("a person");
        assert!(back.disabled_at.is_none() && back.positions[0].valid_to.is_none(), "{}", back.username);
    }
    assert_eq!((disabled(&app).await, count_of(&app, "person.enabled").await), (2, 2));
    let record = rows_of(&app, "person.enabled").await.pop().expect("a record");
    assert!(record.detail.contains(id_of(&address)), "{}", record.detail);
}

#[tokio::test]
async fn taking_a_file_back_ends_no_more_access_than_one_person_ends_alone() {
    let (app, mut unit) = stage(21).await;
    let told = "username,unit_code,department,title,kind,primary,decision_no,valid_from,valid_to\n";
    let post = |n: usize, title: &str, last: &str| {
        let primary = title == "Kế toán";
        format!("{},{SAI_GON},Văn phòng,{title},cong_chuc,{primary},1/QĐ,2025-07-01,{last}\n", name(n))
    };
    let posts = |title: &str, last: &str| {
        let rows: Vec<String> = (0..21).map(|n| post(n, title, last)).collect();
        format!("{told}{}", rows.concat())
    };
    let second_posts = checked(&app, &mut unit.browser, "positions", &posts("Ủy viên", "")).await;
    assert_eq!(apply(&app, &mut unit, &second_posts).await, "applying");
    app.advance_seconds(1);
    let ends = checked(&app, &mut unit.browser, "positions", &posts("Kế toán", "2026-01-04")).await;
    assert_eq!(apply(&app, &mut unit, &ends).await, "applying", "everybody holds another post");
    assert_eq!((state_of(&app, &second_posts).await, state_of(&app, &ends).await), ("applied", "applied"));
    app.advance_seconds(1);

    let page = undo(&app, &mut unit.browser, &second_posts).await;
    days_go_by(&app).await;
    assert_eq!((state_of(&app, &second_posts).await, disabled(&app).await), ("applied", 0));
    assert!(page.body.contains("import-trouble"), "{}", page.body);
    undo(&app, &mut unit.browser, &ends).await;
    undo(&app, &mut unit.browser, &second_posts).await;
    days_go_by(&app).await;
    assert_eq!((state_of(&app, &second_posts).await, disabled(&app).await), ("undone", 0));
}

/// Brings people in of whom every fifth has left by then.
async fn come(app: &TestApp, numbers: impl Iterator<Item = usize>) {
    let line = |number: usize| {
        let post = row(&name(number), &format!("Lê Thị Số {number}"), "", SAI_GON, "Kế toán");
        if number.is_multiple_of(5) { post.replace("2025-07-01,\n", "2025-07-01,2026-11-01\n") } else { post }
    };
    let rows: String = numbers.map(line).collect();
    assert_eq!(bring(app, &rows).await.rows_bad, 0);
}

#[tokio::test]
async fn one_step_goes_over_many_small_files_and_what_is_more_than_a_step_is_taken_up_where_it_was_left() {
    let app = TestApp::with_registry().await;
    days_go_by(&app).await;
    for number in 0..10 {
        come(&app, once(number)).await;
    }
    lifecycle::run(app.services(), &mut Memory::default(), "a node").await.expect("the job runs");
    assert_eq!(disabled(&app).await, 2, "by one step");
    let mut conn = app.services().store.read().await.expect("a connection");
    let version = change_sets::people_version(&mut conn).await.expect("a version");
    assert_eq!(lifecycles::cursor(&mut conn).await.expect("a cursor").version, version, "all ten files");
    drop(conn);

    // Two files that fill three halves of a step each.
    come(&app, 10..310).await;
    come(&app, 310..610).await;
    days_go_by(&app).await;
    assert_eq!(disabled(&app).await, 122, "nobody between two steps is missed");
    for (number, is_out) in [(205, true), (210, true), (211, false), (405, true), (605, true), (609, false)] {
        let known = person(&app, &name(number)).await.expect("a person");
        assert_eq!(known.disabled_at.is_some(), is_out, "{number}");
    }
}
