//! Files that administrators bring at the console: sending one, the work behind it, and what is pressed.

use super::phones::enrol;
use super::{Answer, Browser, Official, TestApp};
use http::Request;
use motlan::model::admin_scope::AdminRole;
use motlan::service::Origin;
use motlan::service::administrators::{self, Grant};
use motlan::service::provisioning::imports::run;
use std::fmt::Write as _;

/// The list of files.
pub const IMPORTS: &str = "/admin/imports";

/// Somebody in a unit, with a second factor and a role, signed on a moment ago.
pub async fn administrator(
    app: &TestApp,
    username: &str,
    units: &[&str],
    role: (AdminRole, Option<&str>),
) -> (Official, Browser) {
    let official = app.official_in(username, units).await;
    let (browser, _) = enrol(app, &official).await;
    appoint(app, username, role).await;
    (official, browser)
}

/// Gives somebody a role; its identity, to take it back.
pub async fn appoint(app: &TestApp, username: &str, (role, unit): (AdminRole, Option<&str>)) -> String {
    let origin = Origin::command_line();
    let grant = Grant { username, role, unit, client: None, valid_from: None, valid_to: None, actor: "os:test", origin: &origin };
    administrators::grant(app.services(), &grant).await.expect("granted").expect("new").id
}

/// Sends a file, as a browser sends a form with one.
pub async fn send(app: &TestApp, browser: &mut Browser, kind: &str, text: &str) -> Answer {
    let csrf = browser.get(IMPORTS).await.hidden("csrf");
    send_with(app, browser, &[("csrf", &csrf), ("kind", kind)], text).await
}

/// The same with other fields beside it.
pub async fn send_with(app: &TestApp, browser: &Browser, fields: &[(&str, &str)], text: &str) -> Answer {
    let mut body = String::new();
    for (name, value) in fields {
        write!(body, "--xyz\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").expect("text");
    }
    body.push_str(
        "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"danh-sach.csv\"\r\nContent-Type: text/csv\r\n\r\n",
    );
    body.push_str(text);
    body.push_str("\r\n--xyz--\r\n");
    let jar = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
    let request = Request::post(IMPORTS).header("content-type", "multipart/form-data; boundary=xyz").header("cookie", jar);
    app.request(request.body(body).expect("a request")).await
}

/// Does all that waits.
pub async fn work(app: &TestApp) {
    while run::run(app.services(), "node").await.expect("the work goes on") {}
    app.sync().await;
}

/// Sends a file and has it checked; its address.
pub async fn checked(app: &TestApp, browser: &mut Browser, kind: &str, text: &str) -> String {
    let sent = send(app, browser, kind, text).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let address = sent.location().to_owned();
    work(app).await;
    address
}

/// Presses a button of a file's page.
pub async fn press(browser: &mut Browser, address: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = browser.get(IMPORTS).await.hidden("csrf");
    let all = [&[("csrf", csrf.as_str())][..], fields].concat();
    browser.post(address, &all).await
}

/// Applies a file that was checked, good rows only; what its page says then.
pub async fn apply(app: &TestApp, browser: &mut Browser, address: &str) -> Answer {
    let pressed = press(browser, address, &[("act", "apply"), ("accept_good", "1")]).await;
    assert_eq!((pressed.status, pressed.location()), (303, format!("{address}?done=applying").as_str()));
    work(app).await;
    browser.get(address).await
}

/// Sends, checks and applies a file; its address.
pub async fn bring(app: &TestApp, browser: &mut Browser, kind: &str, text: &str) -> String {
    let address = checked(app, browser, kind, text).await;
    let page = apply(app, browser, &address).await;
    assert!(page.body.contains("import-applied"), "{}", page.body);
    address
}

/// Takes a file back; what its page says then.
pub async fn undo(app: &TestApp, browser: &mut Browser, address: &str) -> Answer {
    let pressed = press(browser, address, &[("act", "undo")]).await;
    assert_eq!((pressed.status, pressed.location()), (303, format!("{address}?done=undoing").as_str()));
    work(app).await;
    browser.get(address).await
}

/// The id of a file.
pub fn id_of(address: &str) -> &str {
    address.rsplit('/').next().expect("an id")
}
