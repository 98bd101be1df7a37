//! Passwords of administrators end; other people's do not.

use crate::support::requests::sent_back_with;
use crate::support::{Browser, Official, TestApp, TestClient, stage};
use motlan::model::admin_scope::AdminRole;
use motlan::service::Origin;
use motlan::service::administrators::{self, Grant};

const DAY: i64 = 86_400;
const NEW: &str = "Sông-Sài-Gòn-chảy-êm-2026";

async fn make_administrator(app: &TestApp, official: &Official) {
    let grant = Grant {
        username: &official.username,
        role: AdminRole::Auditor,
        unit: None,
        client: None,
        valid_from: None,
        valid_to: None,
        actor: "os:test",
        origin: &Origin::command_line(),
    };
    administrators::grant(app.services(), &grant).await.expect("granted");
}

/// Where the first sign-in of a day leads, by the page's name.
async fn comes_to(app: &TestApp, official: &Official, client: &TestClient) -> (Browser, String) {
    let mut browser = app.browser();
    let answer = browser.sign_in(official, &app.authorize_path(client, &[])).await;
    let page = answer.page().unwrap_or("the system").to_owned();
    (browser, page)
}

#[tokio::test]
async fn an_administrator_chooses_another_password_when_its_days_are_over() {
    let app = stage(|config| config.password_policy.administrators_days = 90).await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let tthc = app.client("tthc", |_| {}).await;
    make_administrator(&app, &kim).await;

    app.advance_seconds(90 * DAY);
    app.sync().await;
    assert_eq!(comes_to(&app, &kim, &tthc).await.1, "welcome-who", "on the last day: the second factor is what is missing");
    app.advance_seconds(DAY);
    app.sync().await;
    let (mut browser, page) = comes_to(&app, &kim, &tthc).await;
    assert_eq!(page, "new-password", "the day after");
    assert_eq!(comes_to(&app, &minh, &tthc).await.1, "the system", "nobody else's password ends");

    let silent = browser.get(&app.authorize_path(&tthc, &[("prompt", "none")])).await;
    sent_back_with(&silent, "interaction_required", "in silence");
}

#[tokio::test]
async fn a_new_password_ends_the_matter_for_as_many_days_again() {
    let app = stage(|config| config.password_policy.administrators_days = 90).await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    make_administrator(&app, &kim).await;
    app.advance_seconds(91 * DAY);
    app.sync().await;
    let mut browser = app.browser();
    let page = browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;
    assert_eq!(page.page(), Some("new-password"));
    assert!(page.body.contains("đã hết hạn"), "{}", page.body);

    let fields = [("csrf", page.hidden("csrf")), ("request", page.hidden("request")), ("password", NEW.to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = browser.post("/signin/new-password", &fields).await;

    assert!(answer.location().starts_with("/welcome?request="), "{} {}", answer.status, answer.body);
    let kim = Official { password: NEW.to_owned(), ..kim };
    app.advance_seconds(89 * DAY);
    app.sync().await;
    assert_eq!(comes_to(&app, &kim, &tthc).await.1, "welcome-who");
}

#[tokio::test]
async fn no_password_ends_where_the_setting_says_so() {
    let app = stage(|config| config.password_policy.administrators_days = 0).await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    make_administrator(&app, &kim).await;

    app.advance_seconds(4_000 * DAY);
    app.sync().await;

    assert_eq!(comes_to(&app, &kim, &tthc).await.1, "welcome-who");
}
