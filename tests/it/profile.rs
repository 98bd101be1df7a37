//! Who am I here: one's own data with its sources and one's posts through time; and what one can say when something of it is
//! wrong.

use crate::support::people::{HEADER, row};
use crate::support::records::rows_of;
use crate::support::{Answer, Browser, Official, TestApp};
use motlan::model::report::{Report, ReportAbout};
use motlan::service::account::reports::{self, LONGEST, MOST_AN_HOUR};

const NUMBER: &str = "079186098092";
const FORM: &str = "/account/report";

async fn at_home(app: &TestApp, official: &Official) -> Browser {
    let mut browser = app.browser();
    let arrived = browser.sign_in(official, "/signin").await;
    assert_eq!(arrived.page(), Some("portal"), "{} {}", arrived.status, arrived.body);
    browser
}

/// An official with a personal number and one post in Phường Sài Gòn.
async fn tuyet(app: &TestApp) -> Official {
    let rows = row("tuyet", "Nguyễn Thị Ánh Tuyết", NUMBER, "26740", "Chuyên viên");
    app.official_of(&format!("{HEADER}{rows}"), "tuyet").await
}

#[tokio::test]
async fn a_person_sees_what_is_known_of_them_with_its_source_and_never_the_whole_number() {
    let app = TestApp::with_registry().await;
    let tuyet = tuyet(&app).await;

    let page = at_home(&app, &tuyet).await.get("/account").await;

    assert_eq!((page.status, page.page()), (200, Some("profile")));
    for known in [
        "Nguyễn Thị Ánh Tuyết",
        "tuyet",
        "05/08/1986",
        "079••••••092",
        "tuyet@vi-du.vn",
        "0900000000",
        "NV1",
        "Chuyên viên, Văn phòng",
        "Phường Sài Gòn",
        "công chức",
        "1/QĐ",
        "Từ 01/07/2025",
        "Danh sách nhân sự nhập từ tệp, ngày 22/11/2026",
        "Mã thống kê",
    ] {
        assert!(page.body.contains(known), "{known}: {}", page.body);
    }
    assert!(!page.body.contains(NUMBER) && !page.body.contains("186098"), "no digit that the mask hides");
}

#[tokio::test]
async fn what_changed_names_the_day_of_its_change_and_the_rest_the_day_on_which_it_came() {
    let app = TestApp::with_registry().await;
    let tuyet = tuyet(&app).await;
    app.advance_seconds(30 * 86_400);
    app.sync().await;
    let again = row("tuyet", "Nguyễn Thị Ánh Tuyết", NUMBER, "26740", "Chuyên viên").replace("0900000000", "0911111111");
    crate::support::people::bring(&app, &again).await;
    app.sync().await;

    let page = at_home(&app, &tuyet).await.get("/account").await;

    let source_of = |value: &str| {
        let behind = page.body.split_once(value).unwrap_or_else(|| panic!("{value}: {}", page.body)).1;
        behind.split("</dd>").next().unwrap_or_default().to_owned()
    };
    assert!(source_of(">0911111111<").contains("ngày 22/12/2026"), "{}", source_of(">0911111111<"));
    assert!(source_of(">tuyet@vi-du.vn<").contains("ngày 22/11/2026"), "{}", source_of(">tuyet@vi-du.vn<"));
    assert!(source_of(">079••••••092<").contains("ngày 22/11/2026"), "sealed anew, and still the same number");
    assert!(!page.body.contains("0900000000"));
}

#[tokio::test]
async fn posts_that_are_over_stay_in_sight_under_the_name_that_their_unit_had() {
    let app = TestApp::with_registry().await;
    let header = "username,full_name,unit_code,department,title,kind,primary,decision_no,valid_from,valid_to\n";
    let people = format!(
        "{header}\
         kim,Nguyễn Kim,25747,Văn phòng,Chuyên viên,cong_chuc,true,1/QĐ,2020-01-01,2025-06-30\n\
         kim,Nguyễn Kim,25747,Văn phòng,Phó Chánh Văn phòng,cong_chuc,true,2/QĐ,2025-07-01,\n\
         kim,Nguyễn Kim,26740,Văn phòng,Tổ phó,cong_chuc,false,3/QĐ,2027-01-01,2027-12-31\n"
    );
    let kim = app.official_of(&people, "kim").await;

    let page = at_home(&app, &kim).await.get("/account").await;

    let place = |text: &str| page.body.find(text).unwrap_or_else(|| panic!("{text}: {}", page.body));
    let order = ["Phó Chánh Văn phòng, Văn phòng", "Tổ phó, Văn phòng", "Chuyên viên, Văn phòng"].map(place);
    assert!(order.is_sorted(), "held, to come, over: {order:?}");
    assert!(place("Phường Thủ Dầu Một") < place("Từ 01/01/2020 đến 30/06/2025"));
    let over = &page.body[order[2]..];
    assert!(over.contains("Phường Phú Cường"), "25747 was another ward then: {over}");
    assert!(over.contains("Đã thôi giữ") && page.body.contains("Sắp giữ") && page.body.contains("Đang giữ"));
}

#[tokio::test]
async fn a_stranger_is_asked_to_sign_in_and_comes_back_to_the_profile() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = app.browser();

    for path in ["/account", FORM] {
        let asked = app.get(path).await;
        assert_eq!(asked.status, 303);
        assert!(asked.location().starts_with("/signin?"), "{}", asked.location());
    }
    let arrived = browser.sign_in(&kim, "/account").await;
    assert_eq!(arrived.page(), Some("profile"));
}

async fn send(browser: &mut Browser, about: &str, words: &str) -> Answer {
    let csrf = browser.get(FORM).await.hidden("csrf");
    browser.post(FORM, &[("csrf", &csrf), ("about", about), ("words", words)]).await
}

async fn kept(app: &TestApp, official: &Official) -> Vec<Report> {
    reports::list(app.services(), &official.id).await.expect("an answer")
}

#[tokio::test]
async fn a_report_is_kept_as_typed_and_shown_to_its_author_alone() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let mut browser = at_home(&app, &kim).await;
    let words = "  Ngày sinh <b>sai</b>: \u{202e}đúng là 1/2/1990 🙂\r\nCảm ơn.  ";

    let sent = send(&mut browser, "identity", words).await;

    assert_eq!((sent.status, sent.location()), (303, "/account/report?done=sent"));
    let reports = kept(&app, &kim).await;
    let [report] = reports.as_slice() else { panic!("one report: {reports:?}") };
    assert_eq!((report.about, report.answered_at), (ReportAbout::Identity, None));
    assert_eq!(report.words, words.replace("\r\n", "\n"), "a line end is one character; the rest is as typed");
    let page = browser.get(sent.location()).await;
    assert!(page.body.contains("Đã nhận báo cáo.") && page.body.contains("Đang chờ trả lời"), "{}", page.body);
    assert!(page.body.contains("&#60;b&#62;sai&#60;/b&#62;") && !page.body.contains("<b>sai"), "{}", page.body);
    assert!(browser.get("/account").await.body.contains("Đang chờ trả lời: 1 báo cáo."));

    let rows = rows_of(&app, "report.made").await;
    let [row] = rows.as_slice() else { panic!("one row: {rows:?}") };
    assert_eq!((row.person_id.as_deref(), row.actor.as_deref()), (Some(kim.id.as_str()), Some(kim.id.as_str())));
    assert!(
        row.detail.contains("identity") && !row.detail.contains("sai"),
        "what was said may name other people: {}",
        row.detail
    );

    let other = at_home(&app, &minh).await.get(FORM).await;
    assert!(!other.body.contains("&#60;b&#62;sai"), "nobody reads the reports of others");
    assert!(kept(&app, &minh).await.is_empty());
}

#[tokio::test]
async fn a_report_that_cannot_be_taken_in_keeps_what_was_typed_and_leaves_nothing_behind() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = at_home(&app, &kim).await;
    let most = LONGEST.to_string();
    let long = "ệ".repeat(LONGEST + 1);
    let huge = "ệ".repeat(10_000);

    let table = [
        ("", "sai", "#about-1", "Chọn thông tin chưa đúng."),
        ("weather", "sai", "#about-1", "Chọn thông tin chưa đúng."),
        ("contact", "", "#words", "Nhập nội dung cần báo."),
        ("contact", " \r\n\t ", "#words", "Nhập nội dung cần báo."),
        ("contact", long.as_str(), "#words", most.as_str()),
        ("contact", huge.as_str(), "#words", most.as_str()),
    ];
    for (about, words, target, told) in table {
        let answer = send(&mut browser, about, words).await;

        assert_eq!((answer.status, answer.page()), (422, Some("report")), "{told}");
        assert!(answer.body.contains("<title>Lỗi: ") && answer.body.contains(told), "{told}: {}", answer.body);
        assert!(answer.body.contains(&format!("<a href=\"{target}\">")), "{told}");
        assert!(words.len() > 16_384 || answer.body.contains(&format!("\n{words}</textarea>")), "what was typed stays: {told}");
    }
    let foreign = browser.post(FORM, &[("csrf", "another"), ("about", "contact"), ("words", "sai")]).await;
    assert_eq!((foreign.status, foreign.error_page()), (403, Some("forbidden")));

    assert!(kept(&app, &kim).await.is_empty());
    assert!(rows_of(&app, "report.made").await.is_empty());
    let exact = "ệ".repeat(LONGEST);
    assert_eq!(send(&mut browser, "contact", &exact).await.status, 303, "the longest one, and no try before it counted");
}

#[tokio::test]
async fn whoever_reports_all_the_time_is_asked_to_wait_and_loses_nothing() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let mut browser = at_home(&app, &kim).await;
    let most = usize::try_from(MOST_AN_HOUR).expect("a few");
    for number in 0..most {
        assert_eq!(send(&mut browser, "other", &format!("lần {number}")).await.status, 303);
    }

    let refused = send(&mut browser, "other", "một lần nữa").await;

    assert_eq!((refused.status, refused.page()), (429, Some("report")));
    assert!(refused.body.contains("\nmột lần nữa</textarea>") && refused.body.contains("Gửi lại sau"), "{}", refused.body);
    assert_eq!(kept(&app, &kim).await.len(), most);
    assert_eq!(rows_of(&app, "report.made").await.len(), most);
    assert_eq!(send(&mut at_home(&app, &minh).await, "other", "của người khác").await.status, 303, "others go on");

    app.advance_seconds(3_601);
    app.sync().await;
    assert_eq!(send(&mut browser, "other", "một lần nữa").await.status, 303);
    let newest = kept(&app, &kim).await.into_iter().next().expect("a report");
    assert_eq!(newest.words, "một lần nữa", "the newest stands first");
}

#[tokio::test]
async fn a_link_may_say_what_is_wrong_beforehand() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = at_home(&app, &kim).await;

    let chosen = browser.get("/account/report?about=unit").await;
    let nothing = browser.get("/account/report?about=weather").await;

    assert!(chosen.body.contains("value=\"unit\" checked>"), "{}", chosen.body);
    assert!(!nothing.body.contains("checked>"));
}
