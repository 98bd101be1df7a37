//! Promises about a plan's pages while it is applied and afterwards: what it came to is still told when it counts, part by
//! part; how far it is stands in figures and nothing moves by itself; and the drawing of a district shows what lay in it.

use crate::reorganization_races::killed;
use crate::reorganization_rights::grant;
use crate::rights_scene::{Admin, admin, appoint, everywhere, within};
use crate::support::people::{bring, row};
use crate::support::plans::{
    APPROVER, AUTHOR, FIRST, NAME, STEPS, apply, approve, by, register, rollback, text, town, town_plan, unit,
};
use crate::support::registry::{LAST_DAY, all_files, bring as bring_units};
use crate::support::{Answer, Browser, TestApp};
use motlan::base::date::first_moment;
use motlan::base::id::{ChangeSetId, PersonId};
use motlan::model::admin_scope::AdminRole;
use motlan::model::client::UnitIdentifier;
use motlan::service::reorganization::choices::{NewRule, add_rule};
use motlan::service::reorganization::{self, Ahead, SHIPPED, Tally, due_with};
use motlan::store::plan_figures;
use motlan::store::plan_runs::{self, Far, Held, NewRun};
use time::Date;
use time::macros::date;

/// The plan counts from a day on that is over already, so that it may be applied at once.
const DAY: Date = date!(2026 - 11 - 01);
const EVE: Date = date!(2026 - 10 - 31);
/// More than two short writes stage.
const MANY: i64 = 500;

fn page_of(name: &str) -> String {
    format!("/admin/plans/{name}")
}

fn person(username: &str, unit: &str, title: &str) -> String {
    row(username, &format!("Nguyễn Văn {username}"), "", unit, title)
}

/// A town with people in units that go whole, are divided and stay; with a role, an administrator and a system that the plan
/// concerns, and a rule by which some of those of the divided ward go on.
async fn scene(plan: &str) -> (TestApp, Admin) {
    let app = town().await;
    let rows = [
        person("an", "10001", "Kế toán"),
        person("binh", "10002", "Kế toán"),
        person("chi", "10003", "Kế toán"),
        person("lan", "10003", "Văn thư"),
    ];
    assert_eq!(bring(&app, &rows.concat()).await.rows_bad, 0);
    let tthc = app
        .client("tthc", |settings| {
            settings.roles = vec!["duyet".to_owned()];
            settings.unit_identifier = UnitIdentifier::Both;
        })
        .await;
    let held = app.official_in("tron", &["10001"]).await;
    grant(&app, &held.username, &tthc, Some(held.positions[0].clone())).await;
    appoint(&app, "an", within(AdminRole::Unit, "10001")).await;
    let reader = admin(&app, "xem", &[], everywhere(AdminRole::Directory)).await;
    register(&app, plan).await.expect("a plan");
    let rule =
        NewRule { from: "10003", department: None, title: Some("Kế toán"), seat: None, to: "20002", decision_no: "1/QĐ" };
    add_rule(app.services(), NAME, &rule, &by(AUTHOR)).await.expect("a rule");
    (app, reader)
}

/// What stands between two marks of a page; nothing where the first is not there.
fn between<'b>(body: &'b str, from: &str, to: &str) -> &'b str {
    let rest = body.split_once(from).map(|(_, rest)| rest).unwrap_or_default();
    rest.split_once(to).map_or(rest, |(part, _)| part)
}

/// The figures of a page, in their order.
fn figures(body: &str) -> Vec<String> {
    let all = body.split("<p class=\"big num\">").skip(1);
    all.map(|rest| rest.split('<').next().unwrap_or_default().to_owned()).collect()
}

/// People of a unit, and those of whom nobody has said where they go; empty where that is not known.
fn people_of(body: &str, unit: &str) -> Vec<String> {
    let row = between(body, &format!("\">{unit}</a> <span class=\"num\">"), "</tr>");
    let cells = row.split("<td class=\"r num\">").skip(1);
    cells.map(|rest| rest.split('<').next().unwrap_or_default().to_owned()).collect()
}

/// A page, once what the plan does is computed.
async fn looked_at(browser: &mut Browser, path: &str) -> Answer {
    for _ in 0..2_000 {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert!(!answer.body.contains("http-equiv=\"refresh\""), "{path}: nothing moves by itself");
        if !answer.body.contains("id=\"plan-refresh\"") {
            return answer;
        }
    }
    panic!("{path} was never computed");
}

#[tokio::test]
async fn what_a_plan_came_to_is_told_as_it_was_shown_once_it_counts_and_no_more_when_it_is_taken_back() {
    let (app, mut reader) = scene(&text(NAME, DAY, &STEPS)).await;
    let page = page_of(NAME);
    let divided = format!("{page}/units/{}", unit(&app, "10003", EVE).await);
    let before = looked_at(&mut reader.browser, &page).await.body;
    let drawn = looked_at(&mut reader.browser, &divided).await.body;
    assert_eq!(figures(&before), ["3", "2", "1", "5", "5", "1", "1"]);
    assert_eq!(people_of(&before, "Phường Một"), ["2", "0"]);
    assert_eq!(people_of(&before, "Phường Ba"), ["2", "1"]);
    assert!(before.contains("Kết quả tính lúc") && !before.contains("ghi lại khi áp dụng"), "{before}");

    approve(&app, NAME, true).await.expect("an approval");
    apply(&app, NAME).await.expect("applied");

    let after = looked_at(&mut reader.browser, &page).await.body;
    assert_eq!(figures(&after), figures(&before));
    let parts = [
        ("the units", "id=\"units\"", "</table>"),
        ("the roles", "id=\"plan-roles\"", "</section>"),
        ("the scopes", "id=\"plan-scopes\"", "</section>"),
        ("the systems", "id=\"plan-clients\"", "</section>"),
    ];
    for (case, from, to) in parts {
        let told = between(&before, from, to);
        assert!(!told.is_empty(), "{case}: {before}");
        assert_eq!(between(&after, from, to), told, "{case}");
    }
    assert!(after.contains("Số liệu ghi lại khi áp dụng (Toàn bộ phương án)"), "{after}");
    let again = looked_at(&mut reader.browser, &divided).await.body;
    for (case, from, to) in [("the table", "id=\"flows\"", "</table>"), ("the drawing", "<svg class=\"flow wide\"", "</svg>")] {
        assert_eq!(between(&again, from, to), between(&drawn, from, to), "{case}");
    }
    assert!(again.contains("ghi lại khi áp dụng"), "{again}");

    rollback(&app, NAME, false).await.expect("taken back");
    let back = looked_at(&mut reader.browser, &page).await.body;
    assert!(!back.contains("ghi lại khi áp dụng") && back.contains("Kết quả tính lúc"), "{back}");
    assert_eq!(between(&back, "id=\"units\"", "</table>"), between(&before, "id=\"units\"", "</table>"));
}

/// The town's plan in two stages.
fn staged() -> String {
    let stages = "[[stage]]\nname = \"mot\"\nunits = [\"+C\"]\n\n[[stage]]\nname = \"hai\"\nunits = [\"+A\", \"+B\"]\n\n+++";
    let more = ["create,+C,phuong,Phường Sông Sáu,20003,761,,", "merge,10004,,,,,+C,"];
    let steps = [STEPS.as_slice(), more.as_slice()].concat();
    text(NAME, DAY, &steps).replacen("+++", stages, 1)
}

async fn apply_stage(app: &TestApp, stage: &str) {
    let services = app.services();
    let digest = reorganization::preview(services, NAME, Some(stage)).await.expect("a preview").digest;
    reorganization::approve(services, NAME, Some(stage), &digest, true, &by(APPROVER)).await.expect("an approval");
    reorganization::apply(services, NAME, Some(stage), false, &by(APPROVER), &|_, _| {}).await.expect("applied");
    app.sync().await;
}

#[tokio::test]
async fn of_a_plan_in_stages_those_that_count_are_told_and_the_others_stay_unknown_until_they_do() {
    let (app, mut reader) = scene(&staged()).await;
    assert_eq!(bring(&app, &person("dung", "10004", "Kế toán")).await.rows_bad, 0);
    let page = page_of(NAME);

    apply_stage(&app, "mot").await;
    let whole = looked_at(&mut reader.browser, &page).await.body;
    assert_eq!(people_of(&whole, "Phường Bốn"), ["1", "0"]);
    assert!(people_of(&whole, "Phường Một").is_empty(), "nobody has counted it: {whole}");
    assert_eq!(figures(&whole), ["1", "1", "0", "1", "1", "0", "0"]);
    assert!(whole.contains("ghi lại khi áp dụng") && !whole.contains("(Toàn bộ phương án)"), "{whole}");
    let other = looked_at(&mut reader.browser, &format!("{page}?stage=hai")).await.body;
    assert_eq!(people_of(&other, "Phường Một"), ["2", "0"], "it is looked at as before");
    assert!(!other.contains("ghi lại khi áp dụng"), "{other}");

    apply_stage(&app, "hai").await;
    let whole = looked_at(&mut reader.browser, &page).await.body;
    for (name, expected) in [("Phường Bốn", ["1", "0"]), ("Phường Một", ["2", "0"]), ("Phường Ba", ["2", "1"])] {
        assert_eq!(people_of(&whole, name), expected, "{name}");
    }
    let own = looked_at(&mut reader.browser, &format!("{page}?stage=mot")).await.body;
    assert_eq!(people_of(&own, "Phường Bốn"), ["1", "0"]);
    assert_eq!(figures(&own), ["1", "1", "0", "1", "1", "0", "0"], "a stage is told alone");
}

/// What is kept with the newest run of the town's plan.
async fn kept(app: &TestApp) -> Tally {
    let mut conn = app.services().store.read().await.expect("a connection");
    let run = plan_runs::list_of(&mut conn, NAME).await.expect("runs").remove(0);
    let figures = plan_figures::find(&mut conn, &run.id).await.expect("an answer").expect("figures");
    figures.tally.expect("it was gone through")
}

#[tokio::test]
async fn whoever_comes_while_a_plan_waits_for_its_moment_is_among_those_who_are_told_of_afterwards() {
    let app = town().await;
    assert_eq!(bring(&app, &person("an", "10001", "Kế toán")).await.rows_bad, 0);
    register(&app, &town_plan()).await.expect("a plan");
    approve(&app, NAME, false).await.expect("an approval");
    let (one, two) = (unit(&app, "10001", EVE).await, unit(&app, "10002", EVE).await);
    let told = |tally: &Tally| [&one, &two].map(|unit| tally.people_of(unit).map(|of| of.people));
    app.advance_seconds(first_moment(FIRST).seconds() - 500 - app.now_seconds());
    app.sync().await;
    let mut ahead = Ahead::default();
    assert!(!Box::pin(due_with(app.services(), "one", &mut ahead)).await.expect("the job runs"), "nothing is done yet");
    assert_eq!(told(&kept(&app).await), [Some(1), Some(0)]);

    assert_eq!(bring(&app, &person("tre", "10002", "Văn thư")).await.rows_bad, 0);
    app.advance_seconds(first_moment(FIRST).seconds() - app.now_seconds());
    app.sync().await;
    assert!(Box::pin(due_with(app.services(), "one", &mut ahead)).await.expect("the job runs"));
    assert_eq!(told(&kept(&app).await), [Some(1), Some(1)]);
}

#[tokio::test]
async fn how_far_a_plan_is_stands_in_figures_and_the_page_waits_to_be_asked_again() {
    let (app, mut reader) = scene(&text(NAME, DAY, &STEPS)).await;
    let page = page_of(NAME);
    let (set, services) = (ChangeSetId("s1".to_owned()), app.services());
    let run = NewRun {
        id: "r1",
        plan: NAME,
        stage: "",
        approval: "a1",
        digest: "",
        change_set: &set,
        registry_before: 1,
        by: APPROVER,
        holder: "h1",
    };
    let (held, other) = (Held { id: "r1", holder: "h1" }, Held { id: "r1", holder: "h2" });
    let mut tx = services.store.write().await.expect("a unit of work");
    assert!(plan_runs::add(&mut tx, &run, services.clock.now()).await.expect("an answer"));
    let far = Far { cursor: &PersonId(String::new()), people: 1, posts: 1 };
    assert!(plan_runs::mark_touched(&mut tx, held, far, services.clock.now()).await.expect("an answer"));
    tx.commit().await.expect("committed");
    let unknown = reader.browser.get(&page).await.body;
    assert!(unknown.contains("id=\"plan-progress\"") && !unknown.contains("<progress"), "a bar that says nothing: {unknown}");

    let mut tx = services.store.write().await.expect("a unit of work");
    assert!(!plan_figures::begin(&mut tx, other, 9).await.expect("an answer"), "another process holds it");
    assert!(plan_figures::begin(&mut tx, held, 3).await.expect("an answer"));
    tx.commit().await.expect("committed");
    let body = reader.browser.get(&page).await.body;
    assert!(body.contains("max=\"3\" value=\"1\""), "{body}");
    assert!(body.contains("1 trên 3 người, 33,3%"), "{body}");
    assert!(body.contains("id=\"plan-refresh\"") && !body.contains("http-equiv=\"refresh\""), "{body}");
    assert!(!body.contains("id=\"plan-approve\""), "{body}");
}

#[tokio::test]
async fn while_a_plan_is_applied_its_page_tells_how_many_of_all_its_people_are_prepared() {
    let app = town().await;
    let people: String = (0..MANY).map(|number| person(&format!("cb{number}"), "10001", "Kế toán")).collect();
    assert_eq!(bring(&app, &people).await.rows_bad, 0);
    let mut reader = admin(&app, "xem", &[], everywhere(AdminRole::Directory)).await;
    register(&app, &text(NAME, DAY, &STEPS)).await.expect("a plan");
    approve(&app, NAME, false).await.expect("an approval");
    killed(&app).await;
    let mut conn = app.services().store.read().await.expect("a connection");
    let left = plan_runs::list_of(&mut conn, NAME).await.expect("runs").remove(0);
    drop(conn);
    assert!(left.people > 0 && left.people < MANY, "some are staged: {left:?}");

    let page = page_of(NAME);
    let body = reader.browser.get(&page).await.body;
    assert!(body.contains(&format!("max=\"{MANY}\" value=\"{}\"", left.people)), "{body}");
    assert!(body.contains(&format!("đã chuẩn bị {} trên {MANY} người, ", left.people)), "{body}");
    assert!(body.contains("id=\"plan-refresh\"") && !body.contains("ghi lại khi áp dụng"), "nothing counts yet: {body}");

    app.advance_seconds(61);
    app.sync().await;
    let done = apply(&app, NAME).await.expect("taken up");
    assert_eq!((done.run, done.people), (left.id, MANY));
    let body = looked_at(&mut reader.browser, &page).await.body;
    assert!(!body.contains("<progress") && body.contains("ghi lại khi áp dụng"), "{body}");
}

#[tokio::test]
async fn a_district_is_drawn_with_the_communes_that_lay_in_it_and_its_own_office() {
    let app = TestApp::start().await;
    bring_units(app.services(), &all_files(), true).await.expect("the units of before");
    let people = ["760", "769", "26734", "26737"].map(|code| person(&format!("cb.{code}"), code, "Chuyên viên"));
    assert_eq!(bring(&app, &people.concat().replace("2025-07-01", "2025-06-30")).await.rows_bad, 0);
    app.sync().await;
    let (name, plan) = SHIPPED[0];
    register(&app, plan).await.expect("the shipped plan");
    let mut reader = admin(&app, "xem", &[], everywhere(AdminRole::Directory)).await;
    let page = page_of(name);
    let rows = |body: &str| between(body, "id=\"flows\"", "</table>").matches("<th scope=\"row\"").count();

    let one = format!("{page}/units/{}", unit(&app, "760", LAST_DAY).await);
    let body = looked_at(&mut reader.browser, &one).await.body;
    let table = between(&body, "id=\"flows\"", "</table>");
    // The office to four wards and to nobody yet; seven communes whole; three that are divided, of one of which somebody waits.
    assert_eq!(rows(&body), 5 + 7 + 3 * 2 + 1, "{table}");
    assert_eq!(body.matches("<path class=\"ribbon").count(), 2 * rows(&body), "a wide drawing and a narrow one");
    let own = table.split("<th scope=\"row\"").nth(1).unwrap_or_default();
    assert!(own.contains(">Quận 1</a>"), "the office comes first: {own}");
    let communes = [
        "Phường Tân Định",
        "Phường Đa Kao",
        "Phường Bến Nghé",
        "Phường Bến Thành",
        "Phường Nguyễn Thái Bình",
        "Phường Phạm Ngũ Lão",
        "Phường Cầu Ông Lãnh",
        "Phường Cô Giang",
        "Phường Nguyễn Cư Trinh",
        "Phường Cầu Kho",
    ];
    for commune in communes {
        assert!(table.contains(&format!("\">{commune}</a>")), "{commune}: {table}");
    }
    assert!(!table.contains("Phường Thảo Điền"), "it lay in another district: {table}");

    let large = format!("{page}/units/{}", unit(&app, "769", LAST_DAY).await);
    let body = looked_at(&mut reader.browser, &large).await.body;
    assert_eq!((rows(&body), body.contains("Còn 1 dòng nữa")), (50, true), "{body}");
    let commune = format!("{page}/units/{}", unit(&app, "26737", LAST_DAY).await);
    assert_eq!(rows(&looked_at(&mut reader.browser, &commune).await.body), 3, "a commune shows its own people alone");
}
