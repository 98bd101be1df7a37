//! The worklist of a plan as a workbook: it goes out at the console to whoever may decide, with their own people alone, and comes
//! back filled in there or at the command line, whole or not at all. A list that is too long for a workbook is given as text.

use crate::rights_scene::{Admin, admin, everywhere, within};
use crate::support::people::{bring, person, row};
use crate::support::plans::{FIRST, NAME, STEPS, applied, apply, approve, go_to, register, text, town, units_of};
use crate::support::records::count_of;
use crate::support::{Answer, Browser, TestApp};
use axum::body::{Body, to_bytes};
use clap::Parser;
use http::Request;
use motlan::app::cli::reorg::{self, ReorgCommand};
use motlan::app::cli::{CliError, Output};
use motlan::base::id::PositionId;
use motlan::base::xlsx;
use motlan::http::routes::public;
use motlan::http::{App, Site};
use motlan::model::admin_scope::AdminRole;
use motlan::model::plan;
use motlan::service::reorganization::worklist::COLUMNS;
use motlan::service::reorganization::{DecisionRow, choices};
use motlan::service::sheet::{Row, Sheet};
use motlan::store::plan_open::{self, OpenRow};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::sync::Arc;
use tower::ServiceExt as _;

const LIST: &str = "/admin/plans/sap-xep/worklist";
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Between the parts of a form: no workbook has it.
const MARK: &str = "mark-of-the-form-of-these-tests";
/// In the ward that the town's plan divides.
const AN: &str = "Nguyễn Văn An";
const BINH: &str = "Lê Thị Bình";
/// In the other one that is divided here.
const DUNG: &str = "Phạm Thị Dung";
/// More posts than are made a workbook of.
const MANY: usize = 20_001;

/// What is typed into the row of somebody: a unit, and the number of a decision.
type Typed<'t> = (&'t str, &'t str, &'t str);

/// The town's plan, and a second ward that is divided.
fn plan_text() -> String {
    let more = [
        "create,+C,phuong,Phường Sông Sáu,20003,761,,",
        "create,+D,phuong,Phường Sông Bảy,20004,761,,",
        "divide,10004,,,,,+C,",
        "divide,10004,,,,,+D,",
    ];
    text(NAME, FIRST, &[STEPS.as_slice(), more.as_slice()].concat())
}

/// The town with officials in both wards that are divided, and in one that goes whole.
async fn scene() -> TestApp {
    let app = town().await;
    let people = [
        row("an", AN, "", "10003", "Chuyên viên"),
        row("binh", BINH, "", "10003", "Kế toán"),
        row("dung", DUNG, "", "10004", "Kế toán"),
        row("chi", "Trần Thị Chi", "", "10001", "Kế toán"),
    ];
    assert_eq!(bring(&app, &people.concat()).await.rows_bad, 0);
    app.sync().await;
    register(&app, &plan_text()).await.expect("a plan");
    app
}

async fn of_unit(app: &TestApp, username: &str, code: &str) -> Admin {
    admin(app, username, &[], within(AdminRole::Unit, code)).await
}

/// Sends a request to the provider; the answer, and its bytes as they came.
async fn ask(app: &TestApp, request: Request<Body>) -> (Answer, Vec<u8>) {
    let site = Site { secure: true, ..Site::default() };
    let router = public(App { services: app.services().clone(), site: Arc::new(site), looks: Arc::default() });
    let (parts, body) = router.oneshot(request).await.expect("an answer").into_parts();
    let bytes = to_bytes(body, usize::MAX).await.expect("a body").to_vec();
    let body = String::from_utf8_lossy(&bytes).into_owned();
    (Answer { status: parts.status.as_u16(), headers: parts.headers, body }, bytes)
}

/// The cookies of a browser, as it sends them.
fn jar(browser: &Browser) -> String {
    browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

/// Takes the list away in the form of a workbook.
async fn taken(app: &TestApp, browser: &Browser) -> (Answer, Vec<u8>) {
    let request = Request::get(format!("{LIST}/export?form=xlsx")).header("cookie", jar(browser));
    ask(app, request.body(Body::empty()).expect("a request")).await
}

/// The same where it is a workbook: its bytes.
async fn book_of(app: &TestApp, browser: &Browser) -> Vec<u8> {
    let (answer, bytes) = taken(app, browser).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some(WORKBOOK)), "{}", answer.body);
    let named = format!("attachment; filename=\"cho-quyet-dinh-{NAME}.xlsx\"");
    assert_eq!(answer.header("content-disposition"), Some(named.as_str()));
    assert!(bytes.starts_with(b"PK"), "a workbook is an archive");
    bytes
}

/// Sends a workbook back.
async fn send(app: &TestApp, browser: &mut Browser, act: &str, book: &[u8]) -> Answer {
    let csrf = browser.get("/signin/recover").await.hidden("csrf");
    let mut body: Vec<u8> = Vec::new();
    for (name, value) in [("csrf", csrf.as_str()), ("act", act)] {
        write!(body, "--{MARK}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").expect("memory");
    }
    let head = "Content-Disposition: form-data; name=\"file\"; filename=\"cho-quyet-dinh.xlsx\"";
    write!(body, "--{MARK}\r\n{head}\r\nContent-Type: {WORKBOOK}\r\n\r\n").expect("memory");
    body.extend_from_slice(book);
    write!(body, "\r\n--{MARK}--\r\n").expect("memory");
    let request = Request::post(format!("{LIST}/sheet")).header("cookie", jar(browser));
    let request = request.header("content-type", format!("multipart/form-data; boundary={MARK}"));
    ask(app, request.body(Body::from(body)).expect("a request")).await.0
}

/// The rows of a file, a workbook or text.
fn read(bytes: &[u8]) -> Vec<Row> {
    let mut sheet = Sheet::open(bytes).expect("a sheet");
    assert_eq!(sheet.columns(), COLUMNS);
    let mut rows = Vec::new();
    while let Some(row) = sheet.next_row().expect("a row") {
        rows.push(row.expect("a good row"));
    }
    rows
}

/// Whose rows they are.
fn names(rows: &[Row]) -> BTreeSet<&str> {
    rows.iter().map(|row| row.get("full_name")).collect()
}

/// A workbook with these rows, into some of which somebody typed.
fn filled(rows: &[Row], typed: &[Typed<'_>]) -> Vec<u8> {
    let mut cells = vec![COLUMNS.map(str::to_owned).to_vec()];
    for row in rows {
        let own = typed.iter().find(|(name, ..)| *name == row.get("full_name"));
        let cell = |column: &str| match (column, own) {
            ("chosen_unit", Some((_, unit, _))) => *unit,
            ("decision_no", Some((_, _, number))) => *number,
            _ => row.get(column),
        };
        cells.push(COLUMNS.map(|column| cell(column).to_owned()).to_vec());
    }
    xlsx::workbook(&cells).expect("a workbook")
}

async fn decisions(app: &TestApp) -> Vec<DecisionRow> {
    choices::decisions(app.services(), NAME).await.expect("decisions")
}

/// Nothing was decided, and no record says so.
async fn assert_untouched(app: &TestApp, case: &str) {
    assert!(decisions(app).await.is_empty(), "{case}");
    assert_eq!(count_of(app, "plan.decided").await, 0, "{case}");
}

/// The units that a plan begins, by their keys.
fn begun(key: &str) -> String {
    plan::read(&plan_text()).expect("a plan").unit_id(key).0
}

/// That An goes to one unit and Bình to the other, each by a decision of somebody, and nobody else anywhere.
async fn assert_both_decided(app: &TestApp, by: &str) {
    let mut expected = BTreeSet::new();
    for (username, key, number) in [("an", "B", "7/QĐ"), ("binh", "A", "8/QĐ")] {
        let known = person(app, username).await.expect("a person");
        let post = known.positions[0].id.0.clone();
        expected.insert((known.id.0, post, begun(key), number.to_owned()));
    }
    let kept = decisions(app).await;
    assert!(kept.iter().all(|row| row.by == by && row.source == "sheet"), "{kept:?}");
    let said = kept.into_iter().map(|row| (row.person.0, row.position.0, row.unit.0, row.decision_no));
    assert_eq!(said.collect::<BTreeSet<_>>(), expected);
}

/// What is typed of both.
const BOTH: [Typed<'static>; 2] = [(AN, "20002", "7/QĐ"), (BINH, "20001 Phường Sông Một", "8/QĐ")];

#[tokio::test]
async fn a_workbook_that_goes_out_at_the_console_comes_back_filled_in_and_its_decisions_count() {
    let app = scene().await;
    let mut own = of_unit(&app, "ba", "10003").await;
    assert!(own.browser.get(LIST).await.body.contains("/worklist/export?form=xlsx"), "the page leads to it");

    let rows = read(&book_of(&app, &own.browser).await);
    assert_eq!((rows.len(), names(&rows)), (2, BTreeSet::from([AN, BINH])));
    assert_eq!(count_of(&app, "people.exported").await, 1);
    for row in &rows {
        assert_eq!((row.get("from_unit"), row.get("chosen_unit"), row.get("decision_no")), ("10003 Phường Ba", "", ""));
        let candidates = row.get("candidate_units");
        assert!(candidates.contains("20001 Phường Sông Một") && candidates.contains("20002 Phường Sông Ba"), "{candidates}");
    }

    let book = filled(&rows, &BOTH);
    let checked = send(&app, &mut own.browser, "check", &book).await;
    assert_eq!((checked.status, checked.location()), (303, format!("{LIST}?checked=2").as_str()), "{}", checked.body);
    assert_untouched(&app, "it was only checked").await;

    let done = send(&app, &mut own.browser, "decide", &book).await;
    assert_eq!((done.status, done.location()), (303, format!("{LIST}?decided=2").as_str()), "{}", done.body);
    assert_both_decided(&app, own.official.id.as_str()).await;
    assert!(read(&book_of(&app, &own.browser).await).is_empty(), "nobody of theirs waits any more");

    approve(&app, NAME, true).await.expect("an approval");
    go_to(&app, FIRST).await;
    assert_eq!(apply(&app, NAME).await.expect("applied").open, 1, "whoever is in the other ward waits");
    assert_eq!(units_of(&app, "an", FIRST).await, ["Phường Sông Ba"]);
    assert_eq!(units_of(&app, "binh", FIRST).await, ["Phường Sông Một"]);
}

#[tokio::test]
async fn a_workbook_holds_the_people_of_whoever_takes_it_and_decides_about_nobody_else() {
    let app = scene().await;
    let (mut own, mut other) = (of_unit(&app, "ba", "10003").await, of_unit(&app, "bon", "10004").await);
    let whole = of_unit(&app, "mot", "10001").await;
    let keeper = admin(&app, "danh-ba", &[], everywhere(AdminRole::Directory)).await;
    let auditor = admin(&app, "kiem-toan", &[], everywhere(AdminRole::Auditor)).await;
    let help = admin(&app, "ho-tro", &[], everywhere(AdminRole::HelpDesk)).await;
    let table: [(&str, &Admin, &[&str]); 5] = [
        ("one ward", &own, &[AN, BINH]),
        ("the other one", &other, &[DUNG]),
        ("a ward that goes whole", &whole, &[]),
        ("the city", &keeper, &[AN, BINH, DUNG]),
        ("the city, only to look", &auditor, &[AN, BINH, DUNG]),
    ];
    for (case, admin, expected) in table {
        let rows = read(&book_of(&app, &admin.browser).await);
        let expected: BTreeSet<&str> = expected.iter().copied().collect();
        assert_eq!((rows.len(), names(&rows)), (expected.len(), expected), "{case}");
    }
    let exported = count_of(&app, "people.exported").await;
    let (refused, bytes) = taken(&app, &help.browser).await;
    assert_eq!((refused.status, bytes.starts_with(b"PK")), (404, false), "{}", refused.body);
    assert!(!refused.body.contains(AN) && !refused.body.contains(DUNG), "{}", refused.body);
    assert_eq!(count_of(&app, "people.exported").await, exported, "nothing was taken away");

    let all = read(&book_of(&app, &keeper.browser).await);
    let theirs_too = filled(&all, &[BOTH[0], (DUNG, "20003", "9/QĐ")]);
    let elsewhere = filled(&all, &[BOTH[0], (BINH, "20003", "8/QĐ")]);
    let broken = filled(&all, &BOTH);
    for (case, book) in [
        ("one of another ward", theirs_too.as_slice()),
        ("a unit that is no candidate", elsewhere.as_slice()),
        ("nothing is chosen", filled(&all, &[]).as_slice()),
        ("a workbook that is cut off", &broken[..broken.len() / 2]),
    ] {
        let refused = send(&app, &mut own.browser, "decide", book).await;
        assert_eq!((refused.status, refused.page()), (422, Some("admin-plan-worklist")), "{case}: {}", refused.body);
        assert!(!refused.body.contains(DUNG), "{case}: {}", refused.body);
        assert_untouched(&app, case).await;
    }
    let refused = send(&app, &mut other.browser, "decide", &filled(&all, &BOTH)).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_untouched(&app, "an administrator of another ward").await;
}

/// What is typed after the name of the program.
#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: ReorgCommand,
}

/// Previews the plan at the command line with a file of decisions.
async fn preview_with(app: &TestApp, book: &[u8]) -> Result<(), CliError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("cho-quyet-dinh.xlsx");
    std::fs::write(&path, book).expect("a file");
    let words = ["reorg", "preview", NAME, "--decisions", path.to_str().expect("a path"), "--by", "soan"];
    let line = Line::try_parse_from(words).unwrap_or_else(|error| panic!("{error}"));
    Box::pin(reorg::run(line.command, app.services(), &mut Output { json: true })).await
}

#[tokio::test]
async fn the_same_workbook_is_read_at_the_command_line() {
    let app = scene().await;
    let keeper = admin(&app, "danh-ba", &[], everywhere(AdminRole::Directory)).await;
    let all = read(&book_of(&app, &keeper.browser).await);
    let book = filled(&all, &BOTH);

    let elsewhere = filled(&all, &[BOTH[0], (DUNG, "20001", "9/QĐ")]);
    for (case, wrong) in [("a unit that is no candidate", elsewhere.as_slice()), ("it is cut off", &book[..book.len() / 2])] {
        let refused = preview_with(&app, wrong).await;
        assert!(matches!(refused, Err(CliError::Refused(_) | CliError::Refusals(..))), "{case}: {refused:?}");
        assert_untouched(&app, case).await;
    }
    preview_with(&app, &book).await.expect("read");

    assert_both_decided(&app, "os:soan").await;
    let rows = read(&book_of(&app, &keeper.browser).await);
    assert_eq!(names(&rows), BTreeSet::from([DUNG]), "of her nobody said anything");
}

#[tokio::test]
async fn a_list_that_is_too_long_for_a_workbook_is_given_whole_as_text() {
    let app = scene().await;
    let done = applied(&app, &plan_text()).await;
    assert_eq!(done.open, 3);
    let services = app.services();
    let mut tx = services.store.write().await.expect("a unit of work");
    let one = plan_open::list(&mut tx, &done.run, None, "", 1).await.expect("an answer").remove(0);
    let more: Vec<OpenRow> =
        (0..MANY).map(|number| OpenRow { position: PositionId(format!("{number:05}")), ..one.clone() }).collect();
    plan_open::add(&mut tx, &done.run, &more).await.expect("added");
    tx.commit().await.expect("committed");
    let keeper = admin(&app, "danh-ba", &[], everywhere(AdminRole::Directory)).await;

    let (answer, bytes) = taken(&app, &keeper.browser).await;

    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/csv; charset=utf-8")));
    let named = format!("attachment; filename=\"cho-quyet-dinh-{NAME}.csv\"");
    assert_eq!(answer.header("content-disposition"), Some(named.as_str()));
    let rows = read(&bytes);
    let posts: BTreeSet<&str> = rows.iter().map(|row| row.get("position_id")).collect();
    assert_eq!((rows.len(), posts.len()), (MANY + 3, MANY + 3), "nobody is left out or told twice");
    assert!(more.iter().all(|open| posts.contains(open.position.as_str())));
    assert_eq!(names(&rows), BTreeSet::from([AN, BINH, DUNG]));
}
