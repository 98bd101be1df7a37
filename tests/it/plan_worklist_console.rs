//! The worklist and the rules of a plan at the console: administrators of units see and decide about their own people and
//! nobody else, and what is refused leaves nothing behind.

use crate::rights_scene::{Admin, admin, everywhere, within};
use crate::support::people::{bring, person, row};
use crate::support::plans::{
    AUTHOR, FIRST, NAME, applied, apply, approve, by, go_to, posts, register, text, town, town_plan, unit, units_of,
};
use crate::support::records::{count_of, rows_of};
use crate::support::{Answer, Browser, TestApp};
use motlan::model::admin_scope::AdminRole;
use motlan::model::plan;
use motlan::service::reorganization::{DecisionRow, choices, withdraw};
use std::fmt::Write as _;

const LIST: &str = "/admin/plans/sap-xep/worklist";
const RULES: &str = "/admin/plans/sap-xep/rules";
const DECIDED: &str = "/admin/plans/sap-xep/worklist/decided";
/// What only whoever sees the divided ward reads.
const AN: &str = "Nguyễn Văn An";
const BINH: &str = "Lê Thị Bình";
/// Nobody has this id.
const NOBODY: &str = "0190f3c4-0000-7000-8000-000000000000";

/// The town with officials: two in the ward that is divided, one in one that is not.
async fn scene() -> TestApp {
    let app = town().await;
    let people = [
        row("an", AN, "", "10003", "Chuyên viên"),
        row("binh", BINH, "", "10003", "Kế toán"),
        row("chi", "Trần Thị Chi", "", "10001", "Kế toán"),
    ];
    assert_eq!(bring(&app, &people.concat()).await.rows_bad, 0);
    app.sync().await;
    register(&app, &town_plan()).await.expect("a plan");
    app
}

async fn of_unit(app: &TestApp, username: &str, code: &str) -> Admin {
    admin(app, username, &[], within(AdminRole::Unit, code)).await
}

/// What a form sends for the first post of somebody.
async fn tick(app: &TestApp, username: &str) -> String {
    let person = person(app, username).await.expect("a person");
    let post = posts(app, username).await.into_iter().find(|post| post.follows.is_none()).expect("a post");
    format!("p.{}.{}", person.id, post.id)
}

/// The units that a plan begins, by their keys.
fn begun(key: &str) -> String {
    plan::read(&town_plan()).expect("a plan").unit_id(key).0
}

async fn decisions(app: &TestApp) -> Vec<DecisionRow> {
    choices::decisions(app.services(), NAME).await.expect("decisions")
}

/// Nothing was decided, and no record says so.
async fn assert_untouched(app: &TestApp, case: &str) {
    assert!(decisions(app).await.is_empty(), "{case}");
    assert_eq!(count_of(app, "plan.decided").await, 0, "{case}");
}

/// Sends a file of decisions.
async fn send(app: &TestApp, browser: &mut Browser, act: &str, rows: &str) -> Answer {
    let csrf = browser.get("/signin/recover").await.hidden("csrf");
    let mut body = String::new();
    for (name, value) in [("csrf", csrf.as_str()), ("act", act)] {
        write!(body, "--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").expect("text");
    }
    body.push_str("--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n");
    body.push_str("person_id,full_name,from_unit,candidate_units,chosen_unit,decision_no\n");
    body.push_str(rows);
    body.push_str("\r\n--xyz--\r\n");
    let jar = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let request = http::Request::post(format!("{LIST}/sheet"));
    let request = request.header("content-type", "multipart/form-data; boundary=xyz").header("cookie", jar);
    app.request(request.body(body).expect("a request")).await
}

/// The table of mistakes that a file was refused with.
fn mistakes_of(refused: &Answer) -> &str {
    let table = refused.body.split("id=\"sheet-mistakes\"").nth(1).expect("a table of mistakes");
    table.split("</table>").next().unwrap_or_default()
}

#[tokio::test]
async fn an_administrator_of_a_divided_unit_decides_about_its_people_and_no_other_one_does() {
    let app = scene().await;
    let (mut own, mut other) = (of_unit(&app, "ba", "10003").await, of_unit(&app, "mot", "10001").await);
    let (an, to) = (tick(&app, "an").await, begun("B"));

    let seen = own.browser.get(LIST).await;
    assert_eq!((seen.status, seen.page()), (200, Some("admin-plan-worklist")), "{}", seen.body);
    assert!(seen.body.contains(AN) && seen.body.contains(BINH) && !seen.body.contains("Trần Thị Chi"));
    assert!(seen.body.contains(&an) && seen.body.contains("10003 Phường Ba"));
    let hidden = other.browser.get(LIST).await;
    assert_eq!(hidden.status, 200);
    assert!(!hidden.body.contains(AN) && !hidden.body.contains(&an) && hidden.body.contains("id=\"worklist-none\""));
    let listed: Vec<_> = rows_of(&app, "people.listed").await.into_iter().filter_map(|row| row.actor).collect();
    assert_eq!(listed, [own.official.id.0.clone()], "whoever was shown nobody saw nobody");

    let refused = other.post(LIST, &[(&an, "on"), ("unit", &to), ("decision_no", "7/QĐ")]).await;
    assert_eq!((refused.status, refused.page()), (422, Some("admin-plan-worklist")));
    assert!(!refused.body.contains(AN));
    assert_untouched(&app, "another unit").await;

    let done = own.post(LIST, &[(&an, "on"), ("unit", &to), ("decision_no", "7/QĐ")]).await;
    assert_eq!((done.status, done.location()), (303, "/admin/plans/sap-xep/worklist?decided=1"), "{}", done.body);
    let kept = decisions(&app).await;
    assert_eq!(kept.len(), 1);
    assert_eq!((&kept[0].unit.0, kept[0].decision_no.as_str(), &kept[0].by), (&to, "7/QĐ", &own.official.id.0));
    let after = own.browser.get(done.location()).await;
    assert!(!after.body.contains(AN) && after.body.contains(BINH), "what was decided is off the list");
}

#[tokio::test]
async fn a_form_that_is_not_whole_or_does_not_fit_decides_nothing_and_keeps_what_was_typed() {
    let app = scene().await;
    let mut own = of_unit(&app, "ba", "10003").await;
    let (an, binh, chi, to) = (tick(&app, "an").await, tick(&app, "binh").await, tick(&app, "chi").await, begun("A"));
    let elsewhere = unit(&app, "10004", FIRST).await.0;
    let table: [(&str, &[(&str, &str)], &str); 6] = [
        ("nobody is ticked", &[("unit", &to), ("decision_no", "7/QĐ")], "worklist"),
        ("no unit", &[(&an, "on"), ("decision_no", "7/QĐ")], "unit"),
        ("no number", &[(&an, "on"), ("unit", &to)], "decision-no"),
        ("a unit that is no candidate", &[(&an, "on"), ("unit", &elsewhere), ("decision_no", "7/QĐ")], "worklist"),
        ("one of another unit", &[(&an, "on"), (&chi, "on"), ("unit", &to), ("decision_no", "7/QĐ")], "worklist"),
        ("no post at all", &[("p.x.y", "on"), ("unit", &to), ("decision_no", "7/QĐ")], "worklist"),
    ];
    for (case, fields, place) in table {
        let answer = own.post(LIST, fields).await;
        assert_eq!(answer.status, 422, "{case}");
        assert!(answer.body.contains(&format!("<li><a href=\"#{place}\">")), "{case}: {}", answer.body);
        assert_untouched(&app, case).await;
    }
    let kept = own.post(LIST, &[(&binh, "on"), ("decision_no", "12/QĐ")]).await;
    assert!(kept.body.contains("value=\"12/QĐ\""));
    assert_eq!(kept.body.matches(" checked>").count(), 1, "the tick stays");
}

#[tokio::test]
async fn nobody_decides_about_a_post_of_their_own_and_a_unit_not_about_other_administrators() {
    let app = scene().await;
    let mut own = admin(&app, "ba", &["10003"], within(AdminRole::Unit, "10003")).await;
    let mut above = admin(&app, "danh-ba", &["10003"], everywhere(AdminRole::Directory)).await;
    let (mine, theirs, to) = (tick(&app, "ba").await, tick(&app, "danh-ba").await, begun("A"));

    let page = own.browser.get(LIST).await;
    assert!(page.body.contains(&format!("/admin/people/{}\"", own.official.id)), "{}", page.body);
    assert!(!page.body.contains(&mine) && !page.body.contains(&theirs));
    let taken = own.browser.get(&format!("{LIST}/export?form=csv")).await;
    assert!(taken.body.contains(AN) && taken.body.contains(BINH), "{}", taken.body);
    for other in [&own.official.id.0, &above.official.id.0] {
        assert!(
            page.body.contains(other) && !taken.body.contains(other),
            "a file with such a row would be refused: {}",
            taken.body
        );
    }
    for (case, post) in [("their own", &mine), ("an administrator's", &theirs)] {
        let refused = own.post(LIST, &[(post, "on"), ("unit", &to), ("decision_no", "7/QĐ")]).await;
        assert_eq!(refused.status, 422, "{case}");
        assert_untouched(&app, case).await;
    }
    let refused = above.post(LIST, &[(&theirs, "on"), ("unit", &to), ("decision_no", "7/QĐ")]).await;
    assert_eq!(refused.status, 422);
    assert_untouched(&app, "their own, over the whole city").await;
    let done = above.post(LIST, &[(&mine, "on"), ("unit", &to), ("decision_no", "7/QĐ")]).await;
    assert_eq!((done.status, decisions(&app).await.len()), (303, 1));
}

#[tokio::test]
async fn once_the_unit_ended_its_people_are_for_those_who_look_after_a_unit_that_they_may_go_to() {
    let app = scene().await;
    applied(&app, &town_plan()).await;
    let (mut own, mut other) = (of_unit(&app, "song-ba", "20002").await, of_unit(&app, "bon", "10004").await);
    let (one, three) = (unit(&app, "20001", FIRST).await.0, unit(&app, "20002", FIRST).await.0);
    let an = tick(&app, "an").await;

    let hidden = other.browser.get(LIST).await;
    assert!(hidden.status == 200 && !hidden.body.contains(AN));
    let seen = own.browser.get(LIST).await;
    assert!(seen.body.contains(AN) && seen.body.contains(&format!("<option value=\"{three}\"")), "{}", seen.body);
    assert!(!seen.body.contains(&format!("<option value=\"{one}\"")), "they let nobody go on elsewhere");
    for (case, admin, to) in [("another unit", &mut other, &three), ("elsewhere", &mut own, &one)] {
        let refused = admin.post(LIST, &[(&an, "on"), ("unit", to), ("decision_no", "7/QĐ")]).await;
        assert_eq!(refused.status, 422, "{case}");
        assert_untouched(&app, case).await;
        assert!(units_of(&app, "an", FIRST).await.is_empty(), "{case}");
    }

    let done = own.post(LIST, &[(&an, "on"), ("unit", &three), ("decision_no", "7/QĐ")]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    app.sync().await;
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Ba"]);
    let twice = own.post(LIST, &[(&an, "on"), ("unit", &three), ("decision_no", "8/QĐ")]).await;
    assert_eq!((twice.status, decisions(&app).await.len()), (422, 1), "it was decided");
}

#[tokio::test]
async fn what_was_decided_is_seen_within_bounds_and_taken_back_by_whoever_may_decide() {
    let app = scene().await;
    let (mut own, mut other) = (of_unit(&app, "ba", "10003").await, of_unit(&app, "mot", "10001").await);
    let mut auditor = admin(&app, "kiem-toan", &[], everywhere(AdminRole::Auditor)).await;
    let (an, binh, to) = (tick(&app, "an").await, tick(&app, "binh").await, begun("B"));
    let both = [(an.as_str(), "on"), (binh.as_str(), "on"), ("unit", to.as_str()), ("decision_no", "7/QĐ")];
    assert_eq!(own.post(LIST, &both).await.status, 303);

    let seen = own.browser.get(DECIDED).await;
    assert_eq!((seen.status, seen.page()), (200, Some("admin-plan-decided")), "{}", seen.body);
    assert!(seen.body.contains(AN) && seen.body.contains(BINH) && seen.body.contains(&an), "{}", seen.body);
    assert!(seen.body.contains("7/QĐ") && seen.body.contains("20002 Phường Sông Ba"), "{}", seen.body);
    let looked = auditor.browser.get(DECIDED).await;
    assert!(looked.body.contains(AN) && !looked.body.contains("type=\"checkbox\""), "{}", looked.body);
    let hidden = other.browser.get(DECIDED).await;
    assert!(hidden.status == 200 && !hidden.body.contains(AN) && hidden.body.contains("id=\"decided-none\""));

    assert_eq!(auditor.post(DECIDED, &[(&an, "on")]).await.status, 404);
    for (admin, fields) in [(&mut other, &[(an.as_str(), "on")][..]), (&mut own, &[][..])] {
        let refused = admin.post(DECIDED, fields).await;
        assert_eq!((refused.status, refused.page()), (422, Some("admin-plan-decided")), "{}", refused.body);
    }
    assert_eq!((decisions(&app).await.len(), count_of(&app, "plan.decision_removed").await), (2, 0));

    let back = own.post(DECIDED, &[(&an, "on")]).await;
    assert_eq!((back.status, back.location()), (303, "/admin/plans/sap-xep/worklist/decided?taken-back=1"), "{}", back.body);
    let left = decisions(&app).await;
    assert_eq!((left.len(), count_of(&app, "plan.decision_removed").await), (1, 1));
    let list = own.browser.get(LIST).await;
    assert!(list.body.contains(AN) && !list.body.contains(BINH), "who was taken back waits again");
    let twice = own.post(DECIDED, &[(&an, "on")]).await;
    assert_eq!((twice.status, decisions(&app).await.len()), (422, 1), "once");

    applied(&app, &town_plan()).await;
    let mut keeper = admin(&app, "danh-ba", &[], everywhere(AdminRole::Directory)).await;
    let counting = keeper.browser.get(DECIDED).await;
    assert!(counting.body.contains(BINH) && !counting.body.contains(&binh), "what counts has no box: {}", counting.body);
    let refused = keeper.post(DECIDED, &[(&binh, "on")]).await;
    assert_eq!((refused.status, decisions(&app).await.len()), (422, 1));
    assert_eq!(units_of(&app, "binh", FIRST).await, ["Phường Sông Ba"]);
    assert_eq!(count_of(&app, "plan.decision_removed").await, 1);
}

#[tokio::test]
async fn people_of_a_unit_after_which_nothing_comes_go_where_the_administrator_looks_after_somebody() {
    let app = town().await;
    assert_eq!(bring(&app, &row("kim", "Lê Thị Kim", "", "10006", "Kế toán")).await.rows_bad, 0);
    app.sync().await;
    register(&app, &text(NAME, FIRST, &["dissolve,10006,,,,,,"])).await.expect("a plan");
    // Xã Sáu and Phường Bốn lie in one district, Phường Một in another.
    let (mut own, mut above) = (of_unit(&app, "sau", "10006").await, of_unit(&app, "hai", "761").await);
    let mut other = of_unit(&app, "mot", "10001").await;
    let kim = tick(&app, "kim").await;

    let seen = above.browser.get(LIST).await;
    assert!(seen.body.contains(&kim) && seen.body.contains("value=\"10004 Phường Bốn\""), "{}", seen.body);
    assert!(!seen.body.contains("value=\"10001 Phường Một\"") && !seen.body.contains("value=\"10006"), "{}", seen.body);
    let alone = own.browser.get(LIST).await;
    assert!(alone.body.contains("Lê Thị Kim") && !alone.body.contains(&kim), "nothing of theirs is left to choose");
    assert!(!other.browser.get(LIST).await.body.contains("Lê Thị Kim"));
    let form = |unit| [(kim.as_str(), "on"), ("named", unit), ("decision_no", "7/QĐ")];
    for (case, unit) in [
        ("out of bounds", "10001"),
        ("the unit that ends", "10006"),
        ("no unit", "nowhere"),
        ("two units have these words", "phuong"),
    ] {
        assert_eq!(above.post(LIST, &form(unit)).await.status, 422, "{case}");
        assert_untouched(&app, case).await;
    }
    for (case, admin, unit) in [("nothing of theirs is left", &mut own, "10004"), ("another unit", &mut other, "10001")] {
        assert_eq!(admin.post(LIST, &form(unit)).await.status, 422, "{case}");
        assert_untouched(&app, case).await;
    }

    let done = above.post(LIST, &form("phuong bon")).await;
    assert_eq!((done.status, decisions(&app).await.len()), (303, 1), "{}", done.body);
    approve(&app, NAME, false).await.expect("nobody is open");
    go_to(&app, FIRST).await;
    apply(&app, NAME).await.expect("applied");
    assert_eq!(units_of(&app, "kim", FIRST).await, ["Phường Bốn"]);
}

#[tokio::test]
async fn the_list_goes_out_as_a_file_and_comes_back_whole_or_not_at_all() {
    let app = scene().await;
    let (mut own, mut other) = (of_unit(&app, "ba", "10003").await, of_unit(&app, "mot", "10001").await);
    let an = person(&app, "an").await.expect("a person").id;
    let binh = person(&app, "binh").await.expect("a person").id;

    let taken = own.browser.get(&format!("{LIST}/export?form=csv")).await;
    assert_eq!(taken.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(taken.body.contains(&an.0) && taken.body.contains("\"10003 Phường Ba\""), "{}", taken.body);
    assert!(taken.body.contains("20001 Phường Sông Một") && taken.body.contains("20002 Phường Sông Ba"), "{}", taken.body);
    assert_eq!(taken.body.lines().count(), 3);
    let header = taken.body.lines().next().unwrap_or_default();
    let columns = header.replace('"', "");
    assert!(columns.ends_with("chosen_unit,decision_no,position_id,department,title"), "{header}");
    let post = posts(&app, "an").await.remove(0);
    assert!(taken.body.contains(post.id.as_str()) && taken.body.contains(&post.title), "{}", taken.body);
    let narrowed = own.browser.get(&format!("{LIST}/export?form=csv&title=ke+toan")).await;
    assert!(narrowed.body.contains(&binh.0) && !narrowed.body.contains(&an.0), "{}", narrowed.body);
    assert_eq!(other.browser.get(&format!("{LIST}/export?form=csv")).await.body.lines().count(), 1, "only the header");
    assert_eq!(count_of(&app, "people.exported").await, 3);

    let good = format!("{an},{AN},10003,,20002,7/QĐ\n");
    let mistakes = format!("{good}{binh},{BINH},10003,,10004,7/QĐ\n{binh},{BINH},10001,,20001,\n");
    let refused = send(&app, &mut own.browser, "decide", &mistakes).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    let told = mistakes_of(&refused);
    assert_eq!(told.matches("<th scope=\"row\"").count(), 2, "{told}");
    let outside = send(&app, &mut other.browser, "decide", &good).await;
    assert_eq!(outside.status, 422);
    let nothing = send(&app, &mut own.browser, "decide", &format!("{an},{AN},10003,,,\n")).await;
    assert_eq!(nothing.status, 422);
    let checked = send(&app, &mut own.browser, "check", &good).await;
    assert_eq!((checked.status, checked.location()), (303, "/admin/plans/sap-xep/worklist?checked=1"), "{}", checked.body);
    assert_untouched(&app, "mistakes, another unit, nothing chosen, only checked").await;

    let done = send(&app, &mut own.browser, "decide", &good).await;
    assert_eq!((done.status, done.location()), (303, "/admin/plans/sap-xep/worklist?decided=1"), "{}", done.body);
    let kept = decisions(&app).await;
    assert_eq!((kept.len(), &kept[0].person, kept[0].source.as_str()), (1, &an, "sheet"));
}

#[tokio::test]
async fn a_row_of_what_was_decided_already_is_taken_within_bounds_and_is_of_nobody_outside_of_them() {
    let app = scene().await;
    let (mut own, mut other) = (of_unit(&app, "ba", "10003").await, of_unit(&app, "mot", "10001").await);
    let an = person(&app, "an").await.expect("a person").id;
    let binh = person(&app, "binh").await.expect("a person").id;
    let cells = format!("{AN},10003,,20002,7/QĐ\n");
    let (said, of_nobody) = (format!("{an},{cells}"), format!("{NOBODY},{cells}"));
    let refused = async |app: &TestApp, admin: &mut Admin, case: &str| {
        let told = send(app, &mut admin.browser, "decide", &said).await;
        let nobody = send(app, &mut admin.browser, "decide", &of_nobody).await;
        assert_eq!((told.status, nobody.status), (422, 422), "{case}");
        assert_eq!(mistakes_of(&told), mistakes_of(&nobody), "{case}");
        assert_eq!(decisions(app).await.len(), 1, "{case}");
    };

    for case in ["decided", "decided already"] {
        let done = send(&app, &mut own.browser, "decide", &said).await;
        assert_eq!((done.status, decisions(&app).await.len()), (303, 1), "{case}: {}", done.body);
    }
    refused(&app, &mut other, "another unit").await;

    applied(&app, &town_plan()).await;
    let (mut own, mut other) = (of_unit(&app, "song-ba", "20002").await, of_unit(&app, "bon", "10004").await);
    refused(&app, &mut other, "another unit, once the plan counts").await;
    let both = format!("{said}{binh},{BINH},10003,,20002,8/QĐ\n");
    let done = send(&app, &mut own.browser, "decide", &both).await;
    assert_eq!((done.status, done.location()), (303, "/admin/plans/sap-xep/worklist?decided=1"), "{}", done.body);
    let rows = decisions(&app).await;
    let mut kept: Vec<_> = rows.iter().map(|row| (row.decision_no.as_str(), &row.person)).collect();
    kept.sort_unstable();
    assert_eq!(kept, [("7/QĐ", &an), ("8/QĐ", &binh)]);
}

#[tokio::test]
async fn rules_are_read_by_whoever_reads_plans_and_changed_by_whoever_writes_them() {
    let app = scene().await;
    let mut keeper = admin(&app, "danh-ba", &[], everywhere(AdminRole::Directory)).await;
    let mut auditor = admin(&app, "kiem-toan", &[], everywhere(AdminRole::Auditor)).await;
    let mut own = of_unit(&app, "ba", "10003").await;
    let from = unit(&app, "10003", FIRST).await.0;
    let rule = [("act", "add"), ("from", from.as_str()), ("title", "ke toan"), ("to", "20002"), ("decision_no", "8/QĐ")];
    let rules = async || choices::rules(app.services(), NAME).await.expect("rules");

    for admin in [&mut auditor, &mut own] {
        assert_eq!(admin.post(RULES, &rule).await.status, 404);
    }
    assert_eq!(own.browser.get(RULES).await.status, 404);
    let wrong = keeper.post(RULES, &[("act", "add"), ("from", &from), ("to", "10004"), ("decision_no", "8/QĐ")]).await;
    assert_eq!((wrong.status, wrong.page()), (422, Some("admin-plan-rules")));
    assert_eq!((rules().await.len(), count_of(&app, "plan.rule_added").await), (0, 0));

    assert_eq!(keeper.post(RULES, &rule).await.location(), "/admin/plans/sap-xep/rules?done=added");
    let made = rules().await;
    assert_eq!((made.len(), &made[0].by, &made[0].from.0), (1, &keeper.official.id.0, &from));
    let seen = auditor.browser.get(RULES).await;
    assert!(seen.body.contains("8/QĐ") && seen.body.contains("10003 Phường Ba"), "{}", seen.body);
    assert!(!seen.body.contains("id=\"rule-add\"") && !seen.body.contains("value=\"remove\""));
    let list = auditor.browser.get(LIST).await;
    assert!(list.body.contains(AN) && !list.body.contains(BINH), "the rule tells of her");
    assert!(!list.body.contains("type=\"checkbox\"") && !list.body.contains("id=\"worklist-decide\""));

    let remove = [("act", "remove"), ("id", made[0].id.as_str())];
    for admin in [&mut auditor, &mut own] {
        assert_eq!(admin.post(RULES, &remove).await.status, 404);
        assert_eq!(rules().await.len(), 1);
    }
    assert_eq!(keeper.post(RULES, &remove).await.location(), "/admin/plans/sap-xep/rules?done=removed");
    assert!(rules().await.is_empty());
    assert_eq!(keeper.post(RULES, &remove).await.location(), "/admin/plans/sap-xep/rules?done=was-removed");
    assert_eq!(count_of(&app, "plan.rule_removed").await, 1);
}

#[tokio::test]
async fn an_auditor_decides_nothing_and_a_plan_that_is_not_there_has_no_list() {
    let app = scene().await;
    let mut auditor = admin(&app, "kiem-toan", &[], everywhere(AdminRole::Auditor)).await;
    let mut help = admin(&app, "ho-tro", &[], everywhere(AdminRole::HelpDesk)).await;
    let (an, to) = (tick(&app, "an").await, begun("A"));
    for admin in [&mut auditor, &mut help] {
        assert_eq!(admin.post(LIST, &[(&an, "on"), ("unit", &to), ("decision_no", "7/QĐ")]).await.status, 404);
        assert_eq!(send(&app, &mut admin.browser, "decide", "").await.status, 404);
    }
    assert_untouched(&app, "whoever only looks").await;
    for path in [LIST, DECIDED, RULES, "/admin/plans/sap-xep/worklist/export"] {
        assert_eq!(help.browser.get(path).await.status, 404, "{path}");
        assert_eq!(auditor.browser.get(path).await.status, 200, "{path}");
    }
    let whole = auditor.browser.get(&format!("{LIST}/export?form=csv")).await;
    assert!(whole.body.contains(AN) && whole.body.contains(BINH), "whoever only looks takes all: {}", whole.body);
    assert_eq!(auditor.browser.get("/admin/plans/khong-co/worklist").await.status, 404);
    withdraw(app.services(), NAME, &by(AUTHOR)).await.expect("withdrawn");
    assert_eq!(auditor.browser.get(LIST).await.status, 404);
}

#[tokio::test]
async fn a_long_list_is_turned_page_by_page_and_nobody_is_left_out_or_told_twice() {
    let app = town().await;
    let mut people = String::new();
    for number in 0..120 {
        let (username, title) = (format!("nguoi.{number}"), if number % 3 == 0 { "Kế toán" } else { "Chuyên viên" });
        people.push_str(&row(&username, &format!("Lê Văn Người {number}"), "", "10003", title));
    }
    assert_eq!(bring(&app, &people).await.rows_bad, 0);
    app.sync().await;
    register(&app, &town_plan()).await.expect("a plan");
    let mut own = of_unit(&app, "ba", "10003").await;
    let ticks = |body: &str| -> Vec<String> {
        let parts = body.split("name=\"p.").skip(1);
        parts.map(|rest| rest.split('"').next().unwrap_or_default().to_owned()).collect()
    };
    for applies in [false, true] {
        if applies {
            approve(&app, NAME, true).await.expect("an approval");
            go_to(&app, FIRST).await;
            apply(&app, NAME).await.expect("applied");
            own = of_unit(&app, "song-ba", "20002").await;
        }
        let (mut seen, mut sizes) = (Vec::new(), Vec::new());
        let mut next = Some(format!("{LIST}?title=chuyen"));
        while let Some(path) = next {
            let page = own.browser.get(&path).await;
            assert_eq!(page.status, 200, "{path}");
            let some = ticks(&page.body);
            sizes.push(some.len());
            seen.extend(some);
            next = following(&page.body);
        }
        assert_eq!((sizes.iter().sum::<usize>(), sizes.iter().max()), (80, Some(&50)), "{sizes:?}");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 80, "nobody twice");
        let none = own.browser.get(&format!("{LIST}?of=10001")).await;
        assert!(ticks(&none.body).is_empty(), "of another unit");
    }
}

/// Where the next page begins.
fn following(body: &str) -> Option<String> {
    let link = body.split("<a href=\"").find(|part| part.split('>').next().is_some_and(|tag| tag.ends_with("rel=\"next\"")))?;
    Some(link.split('"').next().unwrap_or_default().replace("&#38;", "&"))
}

#[tokio::test]
async fn the_pages_speak_both_languages() {
    let app = scene().await;
    let mut keeper = admin(&app, "danh-ba", &[], everywhere(AdminRole::Directory)).await;
    let table = [
        (LIST, "vi", "Danh sách chờ quyết định"),
        (LIST, "en", "Posts that wait for a decision"),
        (DECIDED, "vi", "Đã quyết định"),
        (DECIDED, "en", "What was decided"),
        (RULES, "vi", "Quy tắc chọn đơn vị mới"),
        (RULES, "en", "Rules for new units"),
    ];
    for (path, language, heading) in table {
        keeper.browser.cookies.insert("__Host-motlan_prefs".to_owned(), format!("{language}.."));
        let page = keeper.browser.get(path).await;
        assert!(page.body.contains(&format!("<h1>{heading}</h1>")), "{path} {language}");
        assert!(page.body.contains(&format!("<html lang=\"{language}\"")), "{path} {language}");
    }
    let refused = keeper.post(LIST, &[("unit", "x")]).await;
    assert!(refused.body.contains("Choose at least one post on the list."), "{}", refused.body);
}
