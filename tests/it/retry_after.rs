//! Whoever has to wait is told for how long, wherever a page or its script is turned away (RFC 6585 §4).

use crate::passkeys::scene::{FIRST, Scene};
use crate::support::phones::enrol;
use crate::support::post::stage_with_post;
use crate::support::records::count_of;
use crate::support::{Answer, TestApp};
use motlan::model::admin_scope::AdminRole;
use motlan::service::Origin;
use motlan::service::administrators::{self, Grant};
use motlan::service::recovery::{self, Invite};
use motlan::transient::attempts;

/// Where every browser of the stage comes from.
const NETWORK: &str = "unknown";
const CHANGE: &str = "/account/methods/password";
const REPORT: &str = "/account/report";

/// So many tries that are counted under a name.
async fn fill(app: &TestApp, bucket: &str, name: &str, window_seconds: i64, tries: usize) {
    let services = app.services();
    for _ in 0..tries {
        attempts::add(&services.transient, bucket, name, window_seconds * 1_000, services.clock.now()).await.expect("counted");
    }
}

#[track_caller]
fn waits(answer: &Answer, seconds: &str) {
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some(seconds)), "{}", answer.body);
}

#[tokio::test]
async fn a_network_that_asks_too_often_for_a_way_back_is_told_when_to_come_again() {
    let (app, _post) = stage_with_post().await;
    app.official("kim").await;
    fill(&app, "recovery-network", NETWORK, 3_600, 101).await;
    fill(&app, "recovery-code", NETWORK, 900, 1_001).await;
    app.advance_seconds(20);
    let mut browser = app.browser();
    let csrf = browser.get("/signin/recover").await.hidden("csrf");

    let link = browser.post("/signin/recover", &[("csrf", &csrf), ("username", "kim")]).await;
    let fields = [("csrf", csrf.as_str()), ("username", "kim"), ("code", "ABCDE-FGH23")];
    let code = browser.post("/signin/recover/code", &fields).await;

    assert_eq!(link.error_page(), Some("too_many"));
    waits(&link, "3600");
    assert_eq!(code.page(), Some("recover-code"));
    waits(&code, "880");
    assert_eq!((count_of(&app, "recovery.link_sent").await, count_of(&app, "recovery.failed").await), (0, 0));
    app.advance_seconds(880);
    assert_eq!(browser.post("/signin/recover/code", &fields).await.status, 422, "after the wait it is looked at again");
}

#[tokio::test]
async fn requests_and_challenges_of_one_network_are_counted_by_the_minute() {
    let scene = Scene::set().await;
    let mut browser = scene.app.browser();
    let waiting = scene.begin(&mut browser, &[]).await;
    fill(&scene.app, "waiting", NETWORK, 60, 3_001).await;
    fill(&scene.app, "passkey-challenges", NETWORK, 60, 6_001).await;

    let options = waiting.post(&mut browser, &format!("{FIRST}/options"), &[]).await;
    let request = scene.app.get("/signin").await;

    waits(&options, "60");
    assert_eq!((request.error_page(), request.header("location")), (Some("too_many"), None));
    waits(&request, "60");
    scene.app.advance_seconds(61);
    assert_eq!(waiting.post(&mut browser, &format!("{FIRST}/options"), &[]).await.status, 200);
}

#[tokio::test]
async fn whoever_guesses_the_present_password_is_told_how_long_it_is_not_looked_at() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = app.browser();
    assert_eq!(browser.sign_in(&kim, "/signin").await.page(), Some("portal"));
    let csrf = browser.get(CHANGE).await.hidden("csrf");
    let limits = app.services().settings.throttle;
    let guess = [("csrf", csrf.as_str()), ("current", "không phải mật khẩu"), ("password", "Con mèo trèo cây cau 7!")];
    for _ in 0..limits.failures {
        app.advance_seconds(4);
        assert_eq!(browser.post(CHANGE, &guess).await.status, 422);
    }

    let locked = browser.post(CHANGE, &guess).await;

    assert_eq!((locked.status, locked.page()), (429, Some("change-password")));
    let wait: i64 = locked.header("retry-after").expect("when to come back").parse().expect("seconds");
    assert!((1..=limits.window_seconds).contains(&wait), "{wait}");
    assert_eq!(count_of(&app, "password.changed").await, 0);
}

#[tokio::test]
async fn whoever_reports_too_often_is_told_when_there_is_room_again() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = app.browser();
    assert_eq!(browser.sign_in(&kim, "/signin").await.page(), Some("portal"));
    fill(&app, "report", kim.id.as_str(), 3_600, 5).await;
    app.advance_seconds(100);
    let csrf = browser.get(REPORT).await.hidden("csrf");
    let fields = [("csrf", csrf.as_str()), ("about", "other"), ("words", "sai")];

    let refused = browser.post(REPORT, &fields).await;

    assert_eq!(refused.page(), Some("report"));
    waits(&refused, "3500");
    assert_eq!(count_of(&app, "report.made").await, 0);
    let empty = browser.post(REPORT, &[("csrf", &csrf), ("about", "other"), ("words", "")]).await;
    assert_eq!((empty.status, empty.header("retry-after")), (422, None), "what can be mended at once waits for nothing");
    app.advance_seconds(3_500);
    assert_eq!(browser.post(REPORT, &fields).await.status, 303);
}

#[tokio::test]
async fn an_administrator_who_made_too_many_codes_is_told_so_with_a_wait() {
    let app = TestApp::start().await;
    app.official("kim").await;
    let root = app.official("root").await;
    let (mut browser, _) = enrol(&app, &root).await;
    let origin = Origin::command_line();
    let grant = Grant {
        username: "root",
        role: AdminRole::System,
        unit: None,
        client: None,
        valid_from: None,
        valid_to: None,
        actor: "os:test",
        origin: &origin,
    };
    administrators::grant(app.services(), &grant).await.expect("granted").expect("new");
    fill(&app, "recovery-issuer", root.id.as_str(), 3_600, 30).await;
    let csrf = browser.get("/signin/recover").await.hidden("csrf");

    let fields = [("csrf", csrf.as_str()), ("username", "kim"), ("act", "issue"), ("seen", "1")];
    let refused = browser.post("/admin/recovery", &fields).await;

    assert_eq!(refused.page(), Some("admin-recovery"));
    waits(&refused, "3600");
    assert_eq!(count_of(&app, "recovery.code_issued").await, 0);
}

#[tokio::test]
async fn whoever_guesses_beside_a_link_is_told_that_it_is_for_a_day() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let (_, phone) = enrol(&app, &kim).await;
    let origin = Origin::command_line();
    let invite = Invite { username: "kim", email: None, anew: false, actor: "os:test", origin: &origin };
    let link = recovery::invite(app.services(), &invite).await.expect("a link").link;
    let mut browser = app.browser();
    let page = browser.get(link.strip_prefix(app.issuer()).expect("ours")).await;
    assert_eq!(page.page(), Some("recover-link"), "{}", page.body);
    fill(&app, "recovery-proof", kim.id.as_str(), 86_400, 10).await;

    let (csrf, token, code) = (page.hidden("csrf"), page.hidden("token"), phone.code(&app));
    let refused = browser.post("/signin/recover/link", &[("csrf", &csrf), ("token", &token), ("code", &code)]).await;

    assert_eq!(refused.page(), Some("recover-link"));
    waits(&refused, "86400");
    assert_eq!(count_of(&app, "recovery.used").await, 0);
}
