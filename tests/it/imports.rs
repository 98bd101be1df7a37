//! What files at the console promise: each row is looked at before it counts, nobody reaches beyond their bounds, and
//! what a killed process left is finished by another one, once.

use crate::support::TestApp;
use crate::support::imports::{IMPORTS, administrator, apply, appoint, bring, checked, id_of, press, send, send_with, work};
use crate::support::people::{HEADER, people, person, row};
use crate::support::records::count_of;
use motlan::base::id::PersonId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::import::Kept;
use motlan::service::Origin;
use motlan::service::administrators;
use motlan::service::provisioning::imports::run;
use motlan::store::import_rows::KeptRow;
use motlan::store::import_work::{self, Far, Held};
use motlan::store::{import_rows, imports};
use time::macros::date;

const SAI_GON: &str = "26740";
const TAN_DINH: &str = "26737";
const SYSTEM: (AdminRole, Option<&str>) = (AdminRole::System, None);
const OF_SAI_GON: (AdminRole, Option<&str>) = (AdminRole::Unit, Some(SAI_GON));
/// What is said of every row outside the bounds.
const OUTSIDE: &str = "ngoài phạm vi quản trị";

fn file(rows: &[String]) -> String {
    format!("{HEADER}{}", rows.concat())
}

/// Line, effect and message of every row.
async fn rows_of(app: &TestApp, address: &str) -> Vec<(i64, &'static str, String)> {
    let mut conn = app.services().store.read().await.expect("a connection");
    let rows = import_rows::list(&mut conn, id_of(address), None, (0, 1_000)).await.expect("rows");
    rows.into_iter().map(|row| (row.line, row.effect.word(), row.message_vi)).collect()
}

async fn state_of(app: &TestApp, address: &str) -> &'static str {
    let mut conn = app.services().store.read().await.expect("a connection");
    imports::find(&mut conn, id_of(address)).await.expect("an answer").expect("the file").state.word()
}

#[tokio::test]
async fn nothing_counts_before_it_was_looked_at_and_applied() {
    let app = TestApp::with_registry().await;
    let (_, mut root) = administrator(&app, "root", &[], SYSTEM).await;
    let before = people(&app).await;
    let text = file(&[
        row("kim.nt", "Nguyễn Thị Kim", "074186098092", SAI_GON, "Chuyên viên"),
        row("minh.lq", "Lê Quang Minh", "", "99999", "Chuyên viên"),
    ]);

    let sent = send(&app, &mut root, "people", &text).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let address = sent.location().to_owned();
    let page = root.get(&address).await;
    assert!(page.body.contains("<progress"), "{}", page.body);
    work(&app).await;

    let page = root.get(&address).await;
    assert_eq!((page.status, page.page()), (200, Some("admin-import")), "{}", page.body);
    assert!(page.body.contains("Nguyễn Thị Kim") && page.body.contains("99999"), "{}", page.body);
    assert!(!page.body.contains("074186098092"), "a personal number is not shown whole");
    assert_eq!(people(&app).await, before);
    let refused = press(&mut root, &address, &[("act", "apply")]).await;
    assert!(refused.location().ends_with("done=not-now"), "mistakes have to be accepted");

    let page = apply(&app, &mut root, &address).await;
    assert!(page.body.contains("import-undo-ask"), "{}", page.body);
    let kim = person(&app, "kim.nt").await.expect("the person");
    assert_eq!((people(&app).await, kim.positions.len()), (before + 1, 1));
    assert!(person(&app, "minh.lq").await.is_none());
    // The scene was set by imports at the command line; one more is this one.
    let detail = crate::support::records::rows_of(&app, "people.imported").await.pop().expect("a record").detail;
    assert!(detail.contains(id_of(&address)) && !detail.contains("074186098092"), "{detail}");
}

#[tokio::test]
async fn a_row_outside_the_bounds_is_a_mistake_that_tells_nothing() {
    let app = TestApp::with_registry().await;
    let (_, mut root) = administrator(&app, "root", &[], SYSTEM).await;
    let others = file(&[
        row("lan.tv", "Trần Văn Lan", "079086000001", TAN_DINH, "Chuyên viên"),
        row("own.nv", "Nguyễn Văn Own", "", SAI_GON, "Chuyên viên"),
    ]);
    bring(&app, &mut root, "people", &others).await;
    app.official_in("above", &[SAI_GON]).await;
    appoint(&app, "above", (AdminRole::HelpDesk, None)).await;
    let (_, mut unit) = administrator(&app, "unit", &[SAI_GON], OF_SAI_GON).await;
    let known = people(&app).await;

    let text = file(&[
        row("moi.nv", "Nguyễn Văn Mới", "", SAI_GON, "Chuyên viên"),
        row("khac.nv", "Nguyễn Văn Khác", "", TAN_DINH, "Chuyên viên"),
        row("lan.tv", "Trần Văn Lan", "079086000001", SAI_GON, "Chuyên viên"),
        row("lan.tv2", "Trần Văn Lan", "079086000001", SAI_GON, "Chuyên viên"),
        row("above", "Nguyễn Văn above", "", SAI_GON, "Chủ tịch"),
        row("unit", "Nguyễn Văn unit", "", SAI_GON, "Chủ tịch"),
        row("own.nv", "Nguyễn Văn Own", "", SAI_GON, "Trưởng phòng"),
        "vo.danh,Vô Danh,1986-08-05,,a@vi-du.vn,0900000000,NV1,,,,,,,,\n".to_owned(),
    ]);
    let address = checked(&app, &mut unit, "people", &text).await;

    let rows = rows_of(&app, &address).await;
    let effects: Vec<(i64, &str)> = rows.iter().map(|(line, effect, _)| (*line, *effect)).collect();
    assert_eq!(
        effects,
        [(2, "new_person"), (3, "bad"), (4, "bad"), (5, "bad"), (6, "bad"), (7, "bad"), (8, "new_position"), (9, "bad"),]
    );
    let told: Vec<&str> = rows[1..5].iter().map(|(_, _, message)| message.as_str()).collect();
    assert!(told.iter().all(|message| *message == told[0] && message.contains(OUTSIDE)), "{told:?}");

    apply(&app, &mut unit, &address).await;
    assert_eq!(people(&app).await, known + 1, "the one row within");
    let lan = person(&app, "lan.tv").await.expect("still there");
    assert_eq!(lan.positions.len(), 1);
    assert!(person(&app, "khac.nv").await.is_none() && person(&app, "vo.danh").await.is_none());
}

#[tokio::test]
async fn rows_about_people_who_are_there_say_the_same_of_strangers_and_of_nobody() {
    let app = TestApp::with_registry().await;
    app.official_in("lan", &[TAN_DINH]).await;
    app.client("tthc", |settings| settings.roles = vec!["tiep_nhan".to_owned()]).await;
    let (_, mut unit) = administrator(&app, "unit", &[SAI_GON], OF_SAI_GON).await;
    let table = [
        (
            "positions",
            "username,unit_code,title,kind,valid_from\nlan,26740,CV,cong_chuc,2026-12-01\nnobody,26740,CV,cong_chuc,2026-12-01\n",
        ),
        ("decisions", "username,action,decision_no,valid_from\nlan,nghi_huu,1/QĐ,2026-12-01\nnobody,nghi_huu,1/QĐ,2026-12-01\n"),
        ("grants", "username,client_id,role\nlan,tthc,tiep_nhan\nnobody,tthc,tiep_nhan\n"),
    ];
    for (kind, text) in table {
        let address = checked(&app, &mut unit, kind, text).await;
        let rows = rows_of(&app, &address).await;
        assert_eq!(rows.len(), 2, "{kind}");
        assert_eq!((rows[0].1, &rows[0].2), ("bad", &rows[1].2), "{kind}");
        let pressed = press(&mut unit, &address, &[("act", "apply"), ("accept_good", "1")]).await;
        assert_eq!(pressed.status, 303, "{kind}");
        work(&app).await;
    }
    let lan = person(&app, "lan").await.expect("the person");
    assert_eq!((lan.positions.len(), lan.positions[0].valid_to, lan.roles.len()), (1, None, 0));
    assert_eq!(count_of(&app, "role.granted").await, 0);
}

#[tokio::test]
async fn columns_are_said_once_for_a_header() {
    let app = TestApp::with_registry().await;
    let (_, mut root) = administrator(&app, "root", &[], SYSTEM).await;
    let text = "STT,Account,Họ và tên\n1,kim.nt,Nguyễn Thị Kim\n";

    let address = checked(&app, &mut root, "people", text).await;
    let page = root.get(&address).await;
    assert_eq!(page.page(), Some("admin-import-columns"), "{}", page.body);
    let missing = press(&mut root, &address, &[("act", "columns"), ("column.full_name", "Họ và tên")]).await;
    assert_eq!((missing.status, missing.page()), (422, Some("admin-import-columns")), "{}", missing.body);
    let said =
        [("act", "columns"), ("column.username", "Account"), ("column.full_name", "Họ và tên"), ("column.disabled_at", "STT")];
    assert_eq!(press(&mut root, &address, &said).await.status, 303);
    work(&app).await;
    assert_eq!(rows_of(&app, &address).await, [(2, "new_person", String::new())]);

    let again = checked(&app, &mut root, "people", &text.replace("kim.nt,Nguyễn Thị Kim", "minh.lq,Lê Quang Minh")).await;
    assert_eq!(state_of(&app, &again).await, "checked", "nobody is asked twice");
}

#[tokio::test]
async fn a_file_is_applied_once_whoever_presses_and_however_often() {
    let app = TestApp::with_registry().await;
    let (_, mut root) = administrator(&app, "root", &[], SYSTEM).await;
    let address = checked(&app, &mut root, "people", &file(&[row("kim.nt", "Nguyễn Thị Kim", "", SAI_GON, "CV")])).await;
    let imported = count_of(&app, "people.imported").await;

    let first = press(&mut root, &address, &[("act", "apply")]).await;
    let second = press(&mut root, &address, &[("act", "apply")]).await;

    assert!(first.location().ends_with("done=applying") && second.location().ends_with("done=not-now"));
    work(&app).await;
    assert_eq!(count_of(&app, "people.imported").await, imported + 1);
    assert!(press(&mut root, &address, &[("act", "discard")]).await.location().ends_with("done=not-now"));
    assert!(person(&app, "kim.nt").await.is_some());
}

#[tokio::test]
async fn work_of_a_dead_process_is_taken_over_and_its_late_word_counts_for_nothing() {
    let app = TestApp::with_registry().await;
    let (_, mut root) = administrator(&app, "root", &[], SYSTEM).await;
    let address = checked(&app, &mut root, "people", &file(&[row("kim.nt", "Nguyễn Thị Kim", "", SAI_GON, "CV")])).await;
    press(&mut root, &address, &[("act", "apply")]).await;
    let services = app.services();
    let now = services.clock.now();
    let mut tx = services.store.write().await.expect("a unit of work");
    let claimed = import_work::claim(&mut tx, "dead", now.plus_seconds(60), now).await.expect("an answer");
    tx.commit().await.expect("committed");
    assert_eq!(claimed.expect("a file").id, id_of(&address));

    assert!(!run::run(services, "alive").await.expect("an answer"), "held by the other one still");
    assert!(person(&app, "kim.nt").await.is_none());
    app.advance_seconds(61);
    assert!(run::run(services, "alive").await.expect("an answer"));
    app.sync().await;

    assert!(person(&app, "kim.nt").await.is_some());
    let held = Held { id: id_of(&address), holder: "dead" };
    let mut tx = services.store.write().await.expect("a unit of work");
    assert!(!import_work::mark_far(&mut tx, held, Far::default(), now).await.expect("an answer"));
    assert!(!import_work::mark_applied(&mut tx, held, (Far::default(), "{}"), None, now).await.expect("an answer"));
    drop(tx);
    assert_eq!(state_of(&app, &address).await, "applied");
}

#[tokio::test]
async fn a_role_that_was_taken_back_meanwhile_applies_nothing() {
    let app = TestApp::with_registry().await;
    let unit = app.official_in("unit", &[SAI_GON]).await;
    let (mut browser, _) = crate::support::phones::enrol(&app, &unit).await;
    let role = appoint(&app, "unit", OF_SAI_GON).await;
    let address = checked(&app, &mut browser, "people", &file(&[row("kim.nt", "Nguyễn Thị Kim", "", SAI_GON, "CV")])).await;
    press(&mut browser, &address, &[("act", "apply")]).await;

    administrators::revoke(app.services(), &role, "os:test", &Origin::command_line()).await.expect("revoked");
    app.sync().await;
    work(&app).await;

    assert_eq!(state_of(&app, &address).await, "failed");
    assert!(person(&app, "kim.nt").await.is_none());
}

#[tokio::test]
async fn data_that_changed_after_the_look_is_looked_at_again() {
    let app = TestApp::with_registry().await;
    let (_, mut root) = administrator(&app, "root", &[], SYSTEM).await;
    let own = file(&[row("kim.nt", "Nguyễn Thị Kim", "074186098092", SAI_GON, "CV")]);
    let address = checked(&app, &mut root, "people", &own).await;
    bring(&app, &mut root, "people", &file(&[row("khac.nt", "Nguyễn Thị Khác", "074186098092", SAI_GON, "CV")])).await;

    press(&mut root, &address, &[("act", "apply")]).await;
    work(&app).await;

    assert_eq!(state_of(&app, &address).await, "checked");
    assert!(person(&app, "kim.nt").await.is_none());
    assert!(root.get(&address).await.body.contains("import-trouble"));
}

#[tokio::test]
async fn decisions_move_appoint_and_retire_people_from_their_day_on() {
    let app = TestApp::with_registry().await;
    for username in ["move", "appoint", "retire"] {
        app.official_in(username, &[SAI_GON]).await;
    }
    let (_, mut root) = administrator(&app, "root", &[], SYSTEM).await;
    let text = "Tên đăng nhập,Hình thức,Số quyết định,Từ ngày,Mã đơn vị,Chức danh\n\
                move,Điều động,11/QĐ,01/12/2026,26737,\n\
                appoint,Bổ nhiệm,12/QĐ,01/12/2026,,Phó Chủ tịch\n\
                retire,Nghỉ hưu,13/QĐ,01/12/2026,,\n\
                move,Thuyên chuyển,14/QĐ,01/12/2026,,\n\
                retire,Nghỉ hưu,,01/12/2026,,\n\
                nobody,Nghỉ hưu,15/QĐ,01/12/2026,,\n";

    let address = bring(&app, &mut root, "decisions", text).await;

    let effects: Vec<&str> = rows_of(&app, &address).await.into_iter().map(|(_, effect, _)| effect).collect();
    assert_eq!(effects, ["new_position", "new_position", "ended_position", "bad", "bad", "bad"]);
    let moved = person(&app, "move").await.expect("a person");
    let (before, after) = (moved.positions_on(date!(2026 - 11 - 30)), moved.positions_on(date!(2026 - 12 - 01)));
    assert_eq!((before.len(), after.len(), after[0].decision_no.as_str()), (1, 1, "11/QĐ"));
    assert_ne!(before[0].unit, after[0].unit);
    let appointed = person(&app, "appoint").await.expect("a person");
    assert_eq!(appointed.positions_on(date!(2026 - 12 - 01))[0].title, "Phó Chủ tịch");
    let retired = person(&app, "retire").await.expect("a person");
    assert!(retired.positions_on(date!(2026 - 12 - 01)).is_empty());

    let again = bring(&app, &mut root, "decisions", text).await;
    let effects: Vec<&str> = rows_of(&app, &again).await.into_iter().map(|(_, effect, _)| effect).collect();
    assert_eq!(effects[..3], ["unchanged", "unchanged", "unchanged"], "a list that comes twice changes nothing");
}

#[tokio::test]
async fn grants_of_a_file_count_once_and_end_with_it() {
    let app = TestApp::with_registry().await;
    app.official_in("kim", &[SAI_GON]).await;
    app.client("tthc", |settings| settings.roles = vec!["tiep_nhan".to_owned()]).await;
    let (_, mut root) = administrator(&app, "root", &[], SYSTEM).await;
    let text = "username,client_id,role,unit_code,reason\n\
                kim,tthc,tiep_nhan,26740,Phân công\n\
                kim,tthc,tiep_nhan,26740,Phân công\n\
                kim,tthc,giam_doc,26740,Phân công\n\
                kim,nothing,tiep_nhan,,Phân công\n";
    let address = checked(&app, &mut root, "grants", text).await;
    assert_eq!(count_of(&app, "role.granted").await, 0);

    apply(&app, &mut root, &address).await;

    let effects: Vec<&str> = rows_of(&app, &address).await.into_iter().map(|(_, effect, _)| effect).collect();
    assert_eq!(effects, ["granted", "unchanged", "bad", "bad"]);
    let kim = person(&app, "kim").await.expect("a person");
    assert_eq!((kim.roles.len(), count_of(&app, "role.granted").await), (1, 1));
    assert_eq!(kim.roles[0].position.as_ref(), kim.positions.first().map(|position| &position.id));

    crate::support::imports::undo(&app, &mut root, &address).await;
    assert!(person(&app, "kim").await.expect("a person").roles.is_empty());
}

#[tokio::test]
async fn another_administrators_file_is_not_there() {
    let app = TestApp::with_registry().await;
    let (_, mut root) = administrator(&app, "root", &[], SYSTEM).await;
    let (_, mut unit) = administrator(&app, "unit", &[SAI_GON], OF_SAI_GON).await;
    let (_, mut auditor) = administrator(&app, "reader", &[], (AdminRole::Auditor, None)).await;
    let address = checked(&app, &mut root, "people", &file(&[row("kim.nt", "Nguyễn Thị Kim", "", SAI_GON, "CV")])).await;
    let own = checked(&app, &mut unit, "people", &file(&[row("minh.lq", "Lê Quang Minh", "", SAI_GON, "CV")])).await;

    for path in [address.clone(), format!("{address}/all.csv"), format!("{address}/undo")] {
        assert_eq!(unit.get(&path).await.status, 404, "{path}");
    }
    for act in ["apply", "check", "discard", "undo", "columns"] {
        assert_eq!(press(&mut unit, &address, &[("act", act)]).await.status, 404, "{act}");
    }
    assert!(!unit.get(IMPORTS).await.body.contains(id_of(&address)));
    assert_eq!(root.get(&own).await.status, 200, "whoever looks after the city sees every file");
    assert_eq!(count_of(&app, "import.viewed").await, 1);

    let list = auditor.get(IMPORTS).await;
    assert!(
        list.status == 200 && list.body.contains(id_of(&address)) && !list.body.contains("imports-send-submit"),
        "{}",
        list.body
    );
    let page = auditor.get(&address).await;
    assert!(page.status == 200 && page.body.contains("kim.nt") && !page.body.contains("import-apply"), "{}", page.body);
    assert_eq!(auditor.get(&format!("{address}/all.csv")).await.status, 200);
    assert_eq!(auditor.get(&format!("{address}/undo")).await.error_page(), Some("no_access"));
    for act in ["apply", "check", "discard", "undo", "columns"] {
        assert_eq!(press(&mut auditor, &address, &[("act", act)]).await.error_page(), Some("no_access"), "{act}");
    }
    assert_eq!(state_of(&app, &address).await, "checked");
}

#[tokio::test]
async fn a_form_of_another_site_sends_no_file_and_lists_are_safe_to_open() {
    let app = TestApp::with_registry().await;
    let (_, mut root) = administrator(&app, "root", &[], SYSTEM).await;
    let text = file(&[row("kim.nt", "\"=HYPERLINK(\"\"https://a.example\"\")\"", "", "99999", "CV")]);

    let forged = send_with(&app, &root, &[("csrf", "forged"), ("kind", "people")], &text).await;
    assert_eq!(forged.status, 403);
    let none = send(&app, &mut root, "payroll", &text).await;
    assert_eq!((none.status, none.page()), (422, Some("admin-imports")));
    assert_eq!(count_of(&app, "import.uploaded").await, 0);

    let address = checked(&app, &mut root, "people", &text).await;
    let list = root.get(&format!("{address}/bad.csv")).await;
    assert_eq!(list.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(list.body.starts_with('\u{feff}') && list.body.contains("\"'=HYPERLINK("), "{}", list.body);
    assert_eq!(count_of(&app, "import.taken_away").await, 1);
    let template = root.get("/admin/imports/templates/decisions.csv").await;
    assert!(template.body.contains("\"username\",\"full_name\",\"action\""), "{}", template.body);
    assert_eq!(root.get("/admin/imports/templates/payroll.csv").await.status, 404);
}

#[tokio::test]
async fn a_role_that_is_taken_back_while_a_file_is_worked_on_lets_nothing_of_it_count() {
    let app = TestApp::with_registry().await;
    let (_, mut root) = administrator(&app, "root", &[], SYSTEM).await;
    administrator(&app, "other", &[], SYSTEM).await;
    let before = people(&app).await;
    let imported = count_of(&app, "people.imported").await;
    let rows: Vec<String> =
        (0..3_000).map(|n| row(&format!("nguoi{n:04}"), &format!("Lê Thị Số {n}"), "", SAI_GON, "CV")).collect();
    let address = checked(&app, &mut root, "people", &file(&rows)).await;
    let role = administrators::list(app.services(), Some("root")).await.expect("roles").pop().expect("a role").scope.id;
    let pressed = press(&mut root, &address, &[("act", "apply")]).await;
    assert_eq!(pressed.location(), format!("{address}?done=applying"));

    let services = app.services().clone();
    let working = tokio::spawn(async move { run::run(&services, "node").await });
    // It has begun, with the rights of before.
    loop {
        let mut conn = app.services().store.read().await.expect("a connection");
        let import = imports::find(&mut conn, id_of(&address)).await.expect("an answer").expect("the file");
        if import.change_set.is_some() {
            break;
        }
        drop(conn);
        tokio::task::yield_now().await;
    }
    administrators::revoke(app.services(), &role, "os:test", &Origin::command_line()).await.expect("revoked");
    assert!(working.await.expect("it ends").expect("the work goes on"));

    assert_eq!((state_of(&app, &address).await, people(&app).await), ("failed", before));
    assert_eq!(count_of(&app, "people.imported").await, imported);
    let mut conn = app.services().store.read().await.expect("a connection");
    let import = imports::find(&mut conn, id_of(&address)).await.expect("an answer").expect("the file");
    assert!(import.problem_vi.contains("không còn quyền"), "whoever asks is told why: {}", import.problem_vi);
}

#[tokio::test]
async fn a_long_list_is_given_whole_as_text_and_not_as_a_workbook() {
    const MANY: usize = 20_001;
    let app = TestApp::with_registry().await;
    let (_, mut root) = administrator(&app, "root", &[], SYSTEM).await;
    let address = checked(&app, &mut root, "people", &file(&[row("kim.nt", "Nguyễn Thị Kim", "", SAI_GON, "CV")])).await;
    let kept = |n: usize| KeptRow {
        person: PersonId(format!("{n:05}")),
        what: Kept::Fact,
        subject: "phone".to_owned(),
        username: format!("nguoi{n:05}"),
        full_name: String::new(),
    };
    let rows: Vec<KeptRow> = (0..MANY).map(kept).collect();
    let mut tx = app.services().store.write().await.expect("a unit of work");
    import_rows::add_kept(&mut tx, id_of(&address), &rows).await.expect("added");
    tx.commit().await.expect("committed");

    let workbook = root.get(&format!("{address}/kept.xlsx")).await;
    assert_eq!((workbook.status, workbook.location()), (303, format!("{address}/kept.csv").as_str()));
    assert_eq!(count_of(&app, "import.taken_away").await, 0);
    let list = root.get(&format!("{address}/kept.csv")).await;
    assert_eq!((list.status, list.body.lines().count(), list.body.matches('\u{feff}').count()), (200, MANY + 1, 1));
    assert!(list.body.contains("nguoi00000") && list.body.contains("nguoi20000"));
    let small = root.get(&format!("{address}/all.xlsx")).await;
    assert_eq!(small.status, 200, "a short one is made a workbook of");
}
