//! One's own sessions and devices: seen with their places, ended one by one or all at once, and by nobody else.

use crate::support::flows::{OFFLINE, signed_on_as, signed_on_with_tokens, tokens_of, visit};
use crate::support::records::{count_of, has_ended, sign_on_of};
use crate::support::requests::text;
use crate::support::{Answer, Browser, Official, TestApp, form_request, stage};
use motlan::app::config::OfficeNetworks;
use motlan::http::extract::origin::Peer;
use motlan::service::devices;
use std::net::SocketAddr;

const LIST: &str = "/account/methods";
const SESSIONS: &str = "/account/sessions";

/// A form from somewhere in particular; the browser keeps what comes back.
async fn post_from(app: &TestApp, browser: &mut Browser, address: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
    let jar = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let mut request = form_request(path, fields);
    request.headers_mut().insert("cookie", jar.parse().expect("a header"));
    request.extensions_mut().insert(Peer(SocketAddr::new(address.parse().expect("an address"), 4711)));
    let answer = app.request(request).await;
    for header in answer.headers.get_all("set-cookie") {
        let pair = header.to_str().expect("text").split(';').next().unwrap_or_default();
        if let Some((name, value)) = pair.split_once('=') {
            browser.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
    answer
}

/// Somebody who signs in from somewhere in particular.
async fn signed_in_from(app: &TestApp, official: &Official, address: &str) -> Browser {
    let mut browser = app.browser();
    let page = visit(&mut browser, "/signin").await;
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let fields = [("csrf", csrf.as_str()), ("request", request.as_str()), ("username", official.username.as_str())];
    let named = browser.post("/signin", &fields).await;
    let page = browser.follow(named).await;
    assert_eq!(page.page(), Some("password"), "{}", page.body);
    let fields = [("csrf", csrf.as_str()), ("request", request.as_str()), ("password", official.password.as_str())];
    let sent = post_from(app, &mut browser, address, "/signin/password", &fields).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    browser
}

/// Somebody who came to the portal.
async fn signed_in(app: &TestApp, official: &Official) -> Browser {
    let mut browser = app.browser();
    assert_eq!(browser.sign_in(official, "/signin").await.page(), Some("portal"));
    browser
}

/// The values of the buttons of one name.
fn buttons(page: &Answer, name: &str) -> Vec<String> {
    let mark = format!(" name=\"{name}\" value=\"");
    page.body.split(&mark).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

async fn is_in(browser: &mut Browser) -> bool {
    browser.get(LIST).await.status == 200
}

#[tokio::test]
async fn a_session_shows_its_office_and_the_systems_that_it_entered() {
    let app = stage(|config| {
        let office = |name: &str, networks: &str| OfficeNetworks { name: name.to_owned(), networks: networks.to_owned() };
        config.site.office_networks = vec![office("Phường Thủ Dầu Một", "10.20.0.0/16"), office("Thành phố", "10.0.0.0/8")];
    })
    .await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_in_from(&app, &kim, "10.20.3.4").await;
    let arrived = browser.get(&app.authorize_path(&tthc, &[])).await;
    tokens_of(&app, &tthc, &arrived).await;
    signed_in_from(&app, &kim, "10.99.0.1").await;
    signed_in_from(&app, &kim, "203.0.113.7").await;

    let page = browser.get(LIST).await;

    assert_eq!((page.status, page.page()), (200, Some("methods")));
    for shown in ["Phường Thủ Dầu Một, 10.20.3.4", "Thành phố, 10.99.0.1", "203.0.113.7", "Hệ thống tthc", "Phiên hiện tại"]
    {
        assert!(page.body.contains(shown), "{shown}");
    }
    assert_eq!(buttons(&page, "session").len(), 2, "the present one has no button");
    assert!(page.body.contains("<strong>Yếu</strong>"), "a password alone");
}

#[tokio::test]
async fn one_session_ends_and_the_others_go_on() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let (mut here, mut there) = (signed_in(&app, &kim).await, signed_in(&app, &kim).await);
    let page = here.get(LIST).await;
    let [other] = &buttons(&page, "session")[..] else { panic!("one button: {}", page.body) };

    let ended = here.post(SESSIONS, &[("csrf", &page.hidden("csrf")), ("session", other)]).await;

    assert_eq!((ended.status, ended.location()), (303, "/account/methods?done=session"));
    assert!(here.follow(ended).await.body.contains("Đã đăng xuất."));
    assert!(is_in(&mut here).await && !is_in(&mut there).await);
    assert_eq!(count_of(&app, "sign_out").await, 1);
    let again = here.post(SESSIONS, &[("csrf", &page.hidden("csrf")), ("session", other)]).await;
    assert_eq!(again.status, 303);
    assert_eq!(count_of(&app, "sign_out").await, 1, "it ends once");
}

#[tokio::test]
async fn all_others_end_at_once_with_what_they_gave_for_longer() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut app_on_a_phone = app.browser();
    let arrived = app_on_a_phone.sign_in(&kim, &app.authorize_path(&tthc, &OFFLINE)).await;
    let gone = tokens_of(&app, &tthc, &arrived).await;
    let (mut here, kept) = signed_on_with_tokens(&app, &tthc, &kim).await;

    let question = here.get("/account/sessions?end=all").await;
    assert_eq!(question.page(), Some("sessions-end"));
    assert_eq!(count_of(&app, "sign_out").await, 0, "asking ends nothing");
    let ended = here.post(SESSIONS, &[("csrf", &question.hidden("csrf")), ("act", "others")]).await;

    assert_eq!(ended.location(), "/account/methods?done=others");
    assert!(is_in(&mut here).await && !is_in(&mut app_on_a_phone).await);
    assert_eq!(app.refresh(&tthc, text(&gone, "refresh_token")).await.status, 400);
    assert_eq!(app.userinfo(text(&kept, "access_token")).await.status, 200);
    assert_eq!(count_of(&app, "sign_out").await, 1);
}

#[tokio::test]
async fn all_devices_means_this_one_too_and_the_page_after_tells_how_each_system_was_left() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut here, tokens) = signed_on_with_tokens(&app, &tthc, &kim).await;
    let mut there = signed_in(&app, &kim).await;
    let minh = app.official("minh").await;
    let mut stranger = signed_in(&app, &minh).await;
    let question = here.get("/account/sessions?end=all").await;

    let left = here.post(SESSIONS, &[("csrf", &question.hidden("csrf")), ("act", "all")]).await;

    assert_eq!((left.status, left.page()), (200, Some("signed-out")));
    assert!(left.body.contains("Hệ thống tthc"));
    assert!(has_ended(&app, &sign_on_of(&app, &tokens)).await);
    assert!(!is_in(&mut here).await && !is_in(&mut there).await);
    assert_eq!(app.userinfo(text(&tokens, "access_token")).await.status, 401);
    assert!(is_in(&mut stranger).await, "nobody else's");
}

#[tokio::test]
async fn nobody_ends_or_forgets_what_is_another_persons() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let (mut of_kim, mut of_minh) = (signed_in(&app, &kim).await, signed_in(&app, &minh).await);
    signed_in(&app, &kim).await;
    let page = of_kim.get(LIST).await;
    let session = buttons(&page, "session").pop().expect("a session");
    let device = buttons(&page, "device").pop().expect("a device");
    let csrf = of_minh.get(LIST).await.hidden("csrf");

    for field in [("session", session.as_str()), ("device", device.as_str()), ("session", "none"), ("device", "none")] {
        let sent = of_minh.post(SESSIONS, &[("csrf", &csrf), field]).await;
        assert_eq!((sent.status, sent.location()), (303, LIST), "{field:?}");
    }

    assert_eq!(buttons(&of_kim.get(LIST).await, "session"), [session]);
    assert_eq!((count_of(&app, "sign_out").await, count_of(&app, "device.forgotten").await), (0, 0));
    assert_eq!(devices::list(app.services(), &kim.id).await.expect("devices").len(), 2);
}

#[tokio::test]
async fn a_form_that_is_not_ours_ends_nothing() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let (mut here, mut there) = (signed_in(&app, &kim).await, signed_in(&app, &kim).await);
    let csrf = here.get(LIST).await.hidden("csrf");

    for (fields, status) in [(vec![("act", "all")], 403), (vec![("csrf", "x"), ("act", "others")], 403)] {
        assert_eq!(here.post(SESSIONS, &fields).await.status, status, "{fields:?}");
    }
    for fields in [vec![], vec![("act", "")], vec![("act", "everything")]] {
        let sent = here.post(SESSIONS, &[vec![("csrf", csrf.as_str())], fields].concat()).await;
        assert_eq!(sent.status, 400, "{}", sent.body);
    }

    assert!(is_in(&mut here).await && is_in(&mut there).await);
    assert_eq!(count_of(&app, "sign_out").await, 0);
    assert_eq!(app.browser().get("/account/sessions?end=all").await.status, 303, "and nobody else is asked");
}

#[tokio::test]
async fn a_device_is_forgotten_by_its_owner_and_stays_signed_on() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    let page = browser.get(LIST).await;
    let [device] = &buttons(&page, "device")[..] else { panic!("one device: {}", page.body) };

    let sent = browser.post(SESSIONS, &[("csrf", &page.hidden("csrf")), ("device", device)]).await;

    assert_eq!(sent.location(), "/account/methods?done=device");
    assert!(buttons(&browser.follow(sent).await, "device").is_empty());
    assert_eq!((count_of(&app, "device.forgotten").await, count_of(&app, "sign_out").await), (1, 0));
}
