//! What people say is wrong is read by those who keep the directory, oldest first, and answered once: the author reads the
//! answer beside the report.

use crate::support::records::rows_of;
use crate::support::{Browser, Official, TestApp};
use motlan::base::id::PersonId;
use motlan::model::report::ReportAbout;
use motlan::service::Origin;
use motlan::service::account::reports::{self, AnswerError, Answering, LONGEST};

const FORM: &str = "/account/report";

async fn report(app: &TestApp, official: &Official, words: &str) -> String {
    // So that each has a moment of its own.
    app.advance_seconds(1);
    let origin = Origin::command_line();
    reports::make(app.services(), &official.id, ReportAbout::Unit, words, &origin).await.expect("taken in")
}

async fn answer(app: &TestApp, id: &str, answer: &str) -> Result<PersonId, AnswerError> {
    let origin = Origin::command_line();
    reports::answer(app.services(), &Answering { id, answer, actor: "os:lan", origin: &origin }).await
}

/// Who waits for an answer, and what they said.
async fn open(app: &TestApp) -> Vec<(String, String)> {
    let open = reports::list_open(app.services()).await.expect("a list");
    open.into_iter().map(|waiting| (waiting.username, waiting.report.words)).collect()
}

async fn at_home(app: &TestApp, official: &Official) -> Browser {
    let mut browser = app.browser();
    assert_eq!(browser.sign_in(official, "/signin").await.page(), Some("portal"));
    browser
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(username, words)| ((*username).to_owned(), (*words).to_owned())).collect()
}

#[tokio::test]
async fn an_answer_is_read_by_the_author_alone_and_the_report_waits_no_more() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let first = report(&app, &kim, "Đơn vị của tôi đã đổi tên.").await;
    report(&app, &minh, "Tôi đã chuyển phòng.").await;
    report(&app, &kim, "Còn một điều nữa.").await;
    assert_eq!(
        open(&app).await,
        pairs(&[("kim", "Đơn vị của tôi đã đổi tên."), ("minh", "Tôi đã chuyển phòng."), ("kim", "Còn một điều nữa.")])
    );

    let person = answer(&app, &first, "Đã sửa <b>tên</b>.\r\nCảm ơn.\n").await.expect("answered");

    assert_eq!(person, kim.id);
    assert_eq!(open(&app).await, pairs(&[("minh", "Tôi đã chuyển phòng."), ("kim", "Còn một điều nữa.")]));
    let page = at_home(&app, &kim).await.get(FORM).await;
    assert_eq!((page.status, page.page()), (200, Some("report")));
    assert!(page.body.contains("Đã sửa &#60;b&#62;tên&#60;/b&#62;.\nCảm ơn.</p>"), "{}", page.body);
    assert!(page.body.contains("Đã trả lời") && page.body.contains("Đang chờ trả lời"), "one of two: {}", page.body);
    let other = at_home(&app, &minh).await.get(FORM).await;
    assert!(!other.body.contains("Đã sửa"), "nobody reads the answers to others");

    let rows = rows_of(&app, "report.answered").await;
    let [row] = rows.as_slice() else { panic!("one row: {rows:?}") };
    assert_eq!((row.person_id.as_deref(), row.actor.as_deref()), (Some(kim.id.as_str()), Some("os:lan")));
    assert!(row.detail.contains(&first) && !row.detail.contains("sửa"), "what was said stands in the report: {}", row.detail);
}

#[tokio::test]
async fn the_first_answer_stands() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let id = report(&app, &kim, "Sai ngày sinh.").await;
    answer(&app, &id, "Đã sửa.").await.expect("answered");

    let again = answer(&app, &id, "Không sửa được.").await;

    assert!(matches!(again, Err(AnswerError::Answered)), "{again:?}");
    let kept = reports::list(app.services(), &kim.id).await.expect("a list");
    assert_eq!(kept[0].answer.as_deref(), Some("Đã sửa."));
    assert_eq!(rows_of(&app, "report.answered").await.len(), 1);
}

#[tokio::test]
async fn of_two_who_answer_at_once_one_is_heard() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let id = report(&app, &kim, "Sai ngày sinh.").await;

    let (one, other) = tokio::join!(answer(&app, &id, "Đã sửa."), answer(&app, &id, "Không sửa được."));

    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1, "{one:?} {other:?}");
    let told = if one.is_ok() { "Đã sửa." } else { "Không sửa được." };
    let kept = reports::list(app.services(), &kim.id).await.expect("a list");
    assert_eq!(kept[0].answer.as_deref(), Some(told));
    assert_eq!(rows_of(&app, "report.answered").await.len(), 1);
}

#[tokio::test]
async fn what_is_no_answer_leaves_the_report_waiting() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let id = report(&app, &kim, "Sai ngày sinh.").await;

    for empty in ["", " \r\n\t "] {
        assert!(matches!(answer(&app, &id, empty).await, Err(AnswerError::Empty)), "{empty:?}");
    }
    assert!(matches!(answer(&app, &id, &"ệ".repeat(LONGEST + 1)).await, Err(AnswerError::TooLong)));
    for unreadable in ["\u{1b}[2J xong", "xong\0xong"] {
        assert!(matches!(answer(&app, &id, unreadable).await, Err(AnswerError::Unreadable)), "{unreadable:?}");
    }
    for unknown in ["", "no-such", "'; DROP TABLE reports; --"] {
        assert!(matches!(answer(&app, unknown, "Đã sửa.").await, Err(AnswerError::Unknown)), "{unknown}");
    }

    assert_eq!(open(&app).await, pairs(&[("kim", "Sai ngày sinh.")]));
    assert!(rows_of(&app, "report.answered").await.is_empty());
    answer(&app, &id, &"ệ".repeat(LONGEST)).await.expect("the longest one");
}
