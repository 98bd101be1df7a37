//! Figures: what is on record is counted once, by the hour, and read by whoever may; and nodes say that they are there.

use crate::support::phones::enrol;
use crate::support::{Browser, TestApp};
use motlan::base::date::vietnam_date;
use motlan::model::admin_scope::AdminRole;
use motlan::service::Origin;
use motlan::service::administrators::{self, Grant};
use motlan::service::figures::count;
use motlan::service::figures::nodes::{self, Node};
use motlan::service::trail::chain;
use motlan::store::figures;

const SAI_GON: &str = "26740";
const HOUR_MS: i64 = 3_600_000;

async fn give(app: &TestApp, username: &str, role: AdminRole, unit: Option<&str>) {
    let origin = Origin::command_line();
    let grant = Grant { username, role, unit, client: None, valid_from: None, valid_to: None, actor: "os:test", origin: &origin };
    administrators::grant(app.services(), &grant).await.expect("a role").expect("a new one");
}

/// Somebody at the console.
async fn administrator(app: &TestApp, username: &str, role: AdminRole, unit: Option<&str>) -> Browser {
    let official = app.official(username).await;
    let (browser, _) = enrol(app, &official).await;
    give(app, username, role, unit).await;
    browser
}

/// Lines up what is on record by now, and counts it.
async fn counted(app: &TestApp) -> u64 {
    app.advance_seconds(61);
    chain::run(app.services(), "test").await.expect("the chain grows");
    count::run(app.services(), "test").await.expect("counted")
}

/// What was counted of a kind, whenever.
async fn counts(app: &TestApp, kind: &str) -> Vec<(String, i64)> {
    let mut conn = app.services().store.read().await.expect("a connection");
    figures::list_by_name(&mut conn, kind, (1, i64::MAX), 100).await.expect("counts")
}

/// A form of the sign-in pages, with a wrong password.
async fn fail(app: &TestApp, username: &str) {
    let mut browser = app.browser();
    let page = browser.get("/signin").await;
    let page = browser.follow(page).await;
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let known = [("csrf", csrf.as_str()), ("request", request.as_str())];
    browser.post("/signin", &[known[0], known[1], ("username", username)]).await;
    let refused = browser.post("/signin/password", &[known[0], known[1], ("password", "wrong")]).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
}

#[tokio::test]
async fn what_is_on_record_is_counted_once_by_hour_method_unit_and_system() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    let lan = app.official("lan").await;
    let tthc = app.client("tthc", |_| {}).await;
    app.tokens(&tthc, &kim, &[]).await;
    app.tokens(&tthc, &kim, &[]).await;
    app.browser().sign_in(&lan, "/signin").await;
    fail(&app, "lan").await;

    assert!(counted(&app).await > 0);

    let unit = {
        let registry = app.services().known.registry();
        let today = vietnam_date(app.services().clock.now());
        crate::support::registry::gso(&registry, SAI_GON, today).id.0.clone()
    };
    assert_eq!(counts(&app, "sign_in").await, [(String::new(), 3)]);
    assert_eq!(counts(&app, "method").await, [("password".to_owned(), 3)]);
    assert_eq!(counts(&app, "unit").await, [(unit, 2), (String::new(), 1)]);
    assert_eq!(counts(&app, "entry").await, [("tthc".to_owned(), 2)]);
    assert_eq!(counts(&app, "failure").await, [("first".to_owned(), 1)]);
    let mut conn = app.services().store.read().await.expect("a connection");
    let hours = figures::list_by_hour(&mut conn, "sign_in", 1, i64::MAX).await.expect("counts");
    drop(conn);
    assert_eq!(hours, [(crate::support::START.0 / HOUR_MS, 3)]);

    assert_eq!(counted(&app).await, 0, "once");
    assert_eq!(counts(&app, "sign_in").await, [(String::new(), 3)]);
}

#[tokio::test]
async fn two_that_count_at_once_count_nothing_twice() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    for _ in 0..3 {
        app.browser().sign_in(&kim, "/signin").await;
    }
    app.advance_seconds(61);
    chain::run(app.services(), "test").await.expect("the chain grows");

    // The lease of the first is over before the second begins, as when a node stands still.
    let (one, other) = tokio::join!(count::run(app.services(), "one"), async {
        app.advance_seconds(61);
        count::run(app.services(), "other").await
    });

    assert!(one.expect("an answer") + other.expect("an answer") > 0);
    assert_eq!(counts(&app, "sign_in").await, [(String::new(), 3)]);
}

#[tokio::test]
async fn the_cursor_moves_only_from_where_it_was_found() {
    let app = TestApp::start().await;
    let mut tx = app.services().store.write().await.expect("a unit of work");

    assert!(figures::move_cursor(&mut tx, 0, 7).await.expect("an answer"));
    assert!(!figures::move_cursor(&mut tx, 0, 9).await.expect("an answer"), "somebody was faster");
    assert_eq!(figures::cursor(&mut tx).await.expect("an answer"), 7);
}

#[tokio::test]
async fn the_first_page_shows_figures_with_a_table_behind_each_chart() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    app.tokens(&app.client("tthc", |_| {}).await, &kim, &[]).await;
    let mut root = administrator(&app, "root", AdminRole::System, None).await;

    let before = root.get("/admin").await;
    assert_eq!((before.status, before.page()), (200, Some("admin-overview")), "{}", before.body);
    counted(&app).await;
    let page = root.get("/admin").await;

    assert_eq!(page.body.matches("<details class=\"table\">").count(), 4);
    for said in ["Phường Sài Gòn", "Hệ thống tthc", "Chỉ mật khẩu", "Mật khẩu và mã OTP"] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    for span in ["today", "week", "month", "nothing"] {
        let page = root.get(&format!("/admin?span={span}")).await;
        assert_eq!((page.status, page.page()), (200, Some("admin-overview")), "{span}");
    }
}

#[tokio::test]
async fn whoever_reads_no_figures_begins_where_they_may() {
    let app = TestApp::with_registry().await;
    let mut desk = administrator(&app, "lan", AdminRole::HelpDesk, Some(SAI_GON)).await;
    let mut auditor = administrator(&app, "minh", AdminRole::Auditor, None).await;

    let sent = desk.get("/admin").await;
    assert_eq!((sent.status, sent.location()), (303, "/admin/people"));
    assert_eq!(auditor.get("/admin").await.page(), Some("admin-overview"));
    let refused = desk.get("/admin/nodes").await;
    assert_eq!((refused.status, refused.error_page()), (404, Some("not_found")));
}

#[tokio::test]
async fn nodes_are_seen_until_they_fall_silent_and_forgotten_after_a_week() {
    let app = TestApp::start().await;
    let mut root = administrator(&app, "root", AdminRole::System, None).await;
    let (one, other) = (Node::new(app.services(), "may-1", "0.0.0.0:8443"), Node::new(app.services(), "may-2", "[::]:8443"));
    for node in [&one, &other, &one] {
        nodes::beat(app.services(), node).await.expect("said");
    }

    let page = root.get("/admin/nodes").await;
    assert_eq!((page.status, page.page()), (200, Some("admin-nodes")), "{}", page.body);
    assert_eq!((page.body.matches("may-1").count(), page.body.matches("may-2").count()), (1, 1));
    assert_eq!(page.body.matches("Đang chạy").count(), 2);
    app.advance_seconds(91);
    nodes::beat(app.services(), &other).await.expect("said");
    let page = root.get("/admin/nodes").await;
    assert_eq!((page.body.matches("Đang chạy").count(), page.body.matches("Không thấy báo").count()), (1, 1));

    app.advance_seconds(7 * 86_400);
    nodes::beat(app.services(), &other).await.expect("said");
    let mut conn = app.services().store.read().await.expect("a connection");
    let left = motlan::store::nodes::list(&mut conn, 10).await.expect("nodes");
    assert_eq!(left.iter().map(|node| node.name.as_str()).collect::<Vec<_>>(), ["may-2"]);
}
