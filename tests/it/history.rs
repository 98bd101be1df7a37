//! The history of one's own sign-ins: all that happened to the account, newest first, for nobody else.

use crate::support::flows::{signed_on_as, visit};
use crate::support::{Answer, Browser, Official, TestApp};
use motlan::service::Origin;
use motlan::service::audit::{self, Event};
use motlan::service::clients::register;
use motlan::store::clients;
use serde_json::json;
use std::collections::BTreeSet;

const PAGE: &str = "/account/history";
const FILE: &str = "/account/history.csv";

async fn signed_in(app: &TestApp, official: &Official) -> Browser {
    let mut browser = app.browser();
    assert_eq!(browser.sign_in(official, "/signin").await.page(), Some("portal"));
    browser
}

/// Somebody who knows a name and no password.
async fn guess(app: &TestApp, official: &Official) {
    let mut browser = app.browser();
    let page = visit(&mut browser, "/signin").await;
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    browser.post("/signin", &[("csrf", &csrf), ("request", &request), ("username", &official.username)]).await;
    let sent = browser.post("/signin/password", &[("csrf", &csrf), ("request", &request), ("password", "guessed")]).await;
    assert_eq!(sent.status, 422, "{}", sent.body);
}

/// What the lines of a page say, in order.
fn lines(page: &Answer) -> Vec<String> {
    let heads = page.body.split("role=\"rowheader\"").skip(1);
    heads.filter_map(|head| head.split_once("</svg><span>")?.1.split_once("</span>").map(|(line, _)| line.to_owned())).collect()
}

/// The systems that the lines of a page name.
fn systems(page: &Answer) -> Vec<String> {
    page.body.split("<bdi>").skip(1).filter_map(|rest| rest.split_once("</bdi>").map(|(name, _)| name.to_owned())).collect()
}

/// Records of systems that nobody registered, all at the same moment.
async fn records(app: &TestApp, official: &Official, count: usize) {
    let origin = Origin::command_line();
    let mut tx = app.services().store.write().await.expect("a unit of work");
    for number in 0..count {
        let client = format!("c{number}");
        let event = Event {
            event: "consent.given",
            actor: official.id.0.clone(),
            person: Some(&official.id),
            client: Some(&client),
            origin: &origin,
            detail: json!({}),
        };
        audit::record(&mut tx, app.services(), event).await.expect("a record");
    }
    tx.commit().await.expect("committed");
}

#[tokio::test]
async fn sign_ins_and_failures_are_listed_newest_first_and_for_their_person_alone() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    app.advance_seconds(60);
    let mut browser = signed_in(&app, &kim).await;
    app.advance_seconds(60);
    guess(&app, &kim).await;
    app.advance_seconds(60);
    let mut other = signed_in(&app, &minh).await;

    let page = browser.get(PAGE).await;

    assert_eq!((page.status, page.page()), (200, Some("history")));
    let found = lines(&page);
    let expected = ["Đăng nhập không thành công", "Đăng nhập", "Quản trị viên cấp lại mật khẩu"];
    assert_eq!(found, expected);
    assert!(page.body.contains("Bằng mật khẩu"));
    assert!(page.body.contains("08:02, 22/11/2026"), "in Vietnam time");
    let of_minh = lines(&other.get(PAGE).await);
    assert_eq!(of_minh, ["Đăng nhập", "Quản trị viên cấp lại mật khẩu"]);
}

#[tokio::test]
async fn older_entries_are_a_link_away_and_none_is_missed_or_shown_twice() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_in(&app, &kim).await;
    app.advance_seconds(1);
    records(&app, &kim, 60).await;
    let (mut path, mut seen, mut pages) = (PAGE.to_owned(), Vec::new(), Vec::new());

    loop {
        let page = browser.get(&path).await;
        pages.push(lines(&page).len());
        seen.extend(systems(&page));
        let Some((_, rest)) = page.body.split_once("id=\"history-older\" href=\"") else { break };
        path = rest.split('"').next().expect("an address").to_owned();
    }

    assert_eq!(pages, [20, 20, 20, 2], "sixty, the sign-in and the password");
    assert_eq!(seen.len(), 60);
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>().len(), 60);
    for made_up in ["", "5", "x.y", "9999999999999999999999.a", "'%20OR%201=1--"] {
        let page = browser.get(&format!("{PAGE}?before={made_up}")).await;
        assert_eq!((page.status, lines(&page).len()), (200, 20), "{made_up}");
    }
}

#[tokio::test]
async fn the_file_holds_the_same_and_no_formula() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let partner = app.client("partner", |settings| settings.third_party = true).await;
    let mut conn = app.services().store.read().await.expect("a connection");
    let mut stored = clients::find(&mut conn, "partner").await.expect("answered").expect("the client");
    drop(conn);
    stored.name = "=HYPERLINK(\"http://x\")".to_owned();
    register::replace(app.services(), &stored, "test").await.expect("renamed");
    let mut browser = signed_on_as(&app, &partner, &kim).await;

    let file = browser.get(FILE).await;

    assert_eq!((file.status, file.header("content-type")), (200, Some("text/csv; charset=utf-8")));
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"lich-su-dang-nhap-2026-11-22.csv\""));
    assert_eq!(file.header("cache-control"), Some("no-store"));
    assert!(file.body.starts_with("\u{feff}\"Thời điểm\",\"Sự việc\""), "{}", file.body);
    assert!(file.body.contains("\"Đồng ý chia sẻ thông tin\",\"\",\"'=HYPERLINK(\"\"http://x\"\")\""), "{}", file.body);
    assert!(!file.body.contains("\"="), "{}", file.body);
    assert_eq!(file.body.lines().count(), 1 + lines(&browser.get(PAGE).await).len());

    records(&app, &kim, 1_001).await;
    assert!(browser.get(FILE).await.body.lines().count() > 1_001, "all of it, however many pages there are");
}

#[tokio::test]
async fn whoever_is_not_signed_on_gets_neither() {
    let app = TestApp::start().await;
    app.official("kim").await;

    for path in [PAGE, FILE] {
        let mut browser = app.browser();
        let sent = browser.get(path).await;
        assert_eq!(sent.status, 303, "{path}");
        assert_eq!(browser.follow(sent).await.page(), Some("signin"), "{path}");
    }
}
