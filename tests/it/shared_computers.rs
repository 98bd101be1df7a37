//! A computer that others use too: its sign-on ends soon when nobody uses it, and nothing is remembered there.

use crate::support::phones::{asked, enrol, give};
use crate::support::{Answer, Browser, Official, TestApp};
use motlan::service::devices;
use motlan::store::position_choices;

const DEVICE: &str = "__Host-motlan_device";
const BOX: &str = "name=\"shared\"";

/// Fills in the name and the password, with the box ticked on either page; answers what comes after the password.
async fn sign_in(browser: &mut Browser, official: &Official, path: &str, (first, second): (bool, bool)) -> Answer {
    let begun = browser.get(path).await;
    let page = browser.follow(begun).await;
    assert!(page.body.contains(BOX), "{}", page.body);
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let fields = |name, value, ticked: bool| {
        let mut fields = vec![("csrf", csrf.as_str()), ("request", request.as_str()), (name, value)];
        fields.extend(ticked.then_some(("shared", "on")));
        fields
    };
    let sent = browser.post("/signin", &fields("username", official.username.as_str(), first)).await;
    let page = browser.follow(sent).await;
    let ticked = page.body.split_once(BOX).expect("the box").1.split('>').next().expect("its tag").contains("checked");
    assert_eq!(ticked, first, "what was ticked stays so");
    browser.post("/signin/password", &fields("password", official.password.as_str(), second)).await
}

async fn is_in(app: &TestApp, browser: &mut Browser, client: &crate::support::TestClient) -> bool {
    browser.get(&app.authorize_path(client, &[("prompt", "none")])).await.param("code").is_some()
}

#[tokio::test]
async fn a_sign_on_there_ends_after_a_quarter_of_an_hour_without_use() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let path = app.authorize_path(&tthc, &[]);
    let (mut early, mut late, mut usual) = (app.browser(), app.browser(), app.browser());
    for (browser, ticks) in [(&mut early, (true, true)), (&mut late, (false, true)), (&mut usual, (true, false))] {
        assert!(sign_in(browser, &kim, &path, ticks).await.param("code").is_some(), "{ticks:?}");
    }

    app.advance_seconds(899);
    app.sync().await;
    assert!(is_in(&app, &mut early, &tthc).await);
    app.advance_seconds(1);
    app.sync().await;
    assert!(!is_in(&app, &mut late, &tthc).await, "the box of the second page counts");
    assert!(is_in(&app, &mut usual, &tthc).await, "and is taken back there");
}

#[tokio::test]
async fn its_device_is_not_noted_and_stands_for_nothing() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let (_, phone) = enrol(&app, &kim).await;
    let mut browser = app.browser();

    let sent = sign_in(&mut browser, &kim, "/signin", (true, true)).await;
    let page = browser.follow(sent).await;
    assert_eq!(page.page(), Some("second-factor"));
    assert!(!page.body.contains("name=\"remember\""), "nothing to tick");
    let given = give(&mut browser, &page, &phone.code(&app), &[("remember", "on")]).await;
    assert_eq!(browser.follow(given).await.page(), Some("portal"));
    assert!(!browser.cookies.contains_key(DEVICE));
    let known = devices::list(app.services(), &kim.id).await.expect("an answer");
    assert_eq!(known.len(), 1, "where the app was added");

    // One's own, remembered device, lent for a day.
    app.advance_seconds(30);
    let (mut own, page) = asked(&app, &kim, "/signin").await;
    assert_eq!(give(&mut own, &page, &phone.code(&app), &[("remember", "on")]).await.status, 303);
    let value = own.cookies[DEVICE].clone();
    let sent = sign_in(&mut own, &kim, "/signin", (true, true)).await;
    assert_eq!(own.follow(sent).await.page(), Some("second-factor"));
    assert_eq!(own.cookies[DEVICE], value);
}

#[tokio::test]
async fn no_position_is_remembered_there() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &["26740", "26737"]).await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = app.browser();
    let path = app.authorize_path(&tthc, &[("scope", "openid position")]);

    let sent = sign_in(&mut browser, &kim, &path, (true, true)).await;
    let page = browser.follow(sent).await;
    assert_eq!(page.page(), Some("position"));
    assert!(!page.body.contains("name=\"remember\""), "nothing to tick");
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let position = kim.positions[1].0.clone();
    let fields = [("csrf", csrf.as_str()), ("request", request.as_str()), ("position", position.as_str()), ("remember", "on")];
    assert!(browser.post("/signin/position", &fields).await.param("code").is_some());

    let mut conn = app.services().store.read().await.expect("a connection");
    let choices = position_choices::list(&mut conn, &kim.id).await.expect("an answer");
    assert!(!choices.is_empty() && choices.iter().all(|choice| choice.sign_on.is_some()), "for this sign-on only");
}
