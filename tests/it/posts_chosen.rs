//! Promises about the post in which somebody acts: the page that asks comes only where it matters, what a system names and
//! nobody holds is never replaced without a word, nobody acts for another person unasked, and what is chosen for one sign-on
//! takes nothing from what is remembered.

use crate::support::flows::{signed_on_elsewhere, visit};
use crate::support::plans::town;
use crate::support::requests::{sent_back_with, text};
use crate::support::{Answer, Browser, Official, TestApp, TestClient};
use motlan::base::date::{iso, vietnam_date};
use motlan::base::id::PositionId;
use motlan::model::client::Entry;
use motlan::service::Origin;
use motlan::service::delegation::{self, Wish};
use motlan::service::provisioning::roles;
use serde_json::Value;

const WIDE: (&str, &str) = ("scope", "openid position");
const SILENT: (&str, &str) = ("prompt", "none");
const UNHELD: &str = "id=\"position-unheld\"";
const KEPT_OUT: &str = "chưa vào được hệ thống này";

/// The post that a system is told of.
async fn told(app: &TestApp, client: &TestClient, answer: &Answer) -> Option<String> {
    let code = answer.param("code").unwrap_or_else(|| panic!("no code: {} {}", answer.status, answer.body));
    let tokens: Value = app.redeem(client, &code).await.json();
    let claims = app.userinfo(text(&tokens, "access_token")).await.json();
    claims["position"]["id"].as_str().map(str::to_owned)
}

/// Chooses on the page; for good where that is ticked.
async fn choose(browser: &mut Browser, page: &Answer, position: &PositionId, for_good: bool) -> Answer {
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let mut fields = vec![("csrf", csrf.as_str()), ("request", request.as_str()), ("position", position.as_str())];
    if for_good {
        fields.push(("remember", "on"));
    }
    browser.post("/signin/position", &fields).await
}

/// A post of one person is handed to another from today on; answers the post of the other.
pub async fn hand_over(app: &TestApp, giver: &Official, taker: &Official) -> PositionId {
    let services = app.services();
    let origin = Origin::command_line();
    let today = vietnam_date(services.clock.now());
    let wish = Wish {
        position: giver.positions[0].0.clone(),
        to: taker.username.clone(),
        valid_from: iso(today),
        valid_to: iso(today.next_day().expect("a day")),
        decision_no: "7/QĐ-UBND".to_owned(),
    };
    let known = services.person(&giver.id).await.expect("an answer").expect("a person");
    let by = delegation::By { person: &giver.id, origin: &origin };
    let lent = delegation::give(services, by, &known, &wish).await.expect("handed over");
    app.sync().await;
    lent
}

#[tokio::test]
async fn a_post_that_a_system_names_and_nobody_holds_is_asked_about_and_nothing_takes_its_place() {
    let app = TestApp::with_registry().await;
    let one = app.official_in("mot", &["26740"]).await;
    let two = app.official_in("hai", &["26740", "26743"]).await;
    let tthc = app.client("tthc", |_| {}).await;

    for official in [&one, &two] {
        let mut browser = app.browser();
        let arrived = browser.sign_in(official, &app.authorize_path(&tthc, &[])).await;
        assert!(arrived.param("code").is_some(), "{}", arrived.body);
        let page = visit(&mut browser, &app.authorize_path(&tthc, &[WIDE, ("prompt", "select_account")])).await;
        let remembered = choose(&mut browser, &page, &official.positions[0], true).await;
        assert_eq!(told(&app, &tthc, &remembered).await.as_deref(), Some(official.positions[0].as_str()));

        for unheld in ["unknown", "0199a1b2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"] {
            let named = ("position", unheld);
            for scope in [WIDE, ("scope", "openid")] {
                let silent = browser.get(&app.authorize_path(&tthc, &[scope, SILENT, named])).await;
                sent_back_with(&silent, "interaction_required", unheld);
            }
            let page = visit(&mut browser, &app.authorize_path(&tthc, &[WIDE, named])).await;
            assert_eq!((page.status, page.page()), (200, Some("position")), "{}", page.body);
            assert!(page.body.contains(UNHELD), "{}", page.body);
            let chosen = choose(&mut browser, &page, &official.positions[0], false).await;
            assert_eq!(told(&app, &tthc, &chosen).await.as_deref(), Some(official.positions[0].as_str()));
        }
        let held = [WIDE, SILENT, ("position", official.positions[0].as_str())];
        assert!(browser.get(&app.authorize_path(&tthc, &held)).await.param("code").is_some(), "their own is not asked about");
    }
}

#[tokio::test]
async fn the_page_comes_only_where_an_answer_depends_on_the_post() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &["26740", "26743"]).await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;

    for scope in ["openid", "openid profile email", "openid positions"] {
        let answer = visit(&mut browser, &app.authorize_path(&tthc, &[("scope", scope)])).await;
        assert!(answer.param("code").is_some(), "{scope}: {}", answer.body);
        assert_eq!(told(&app, &tthc, &answer).await, None, "{scope}");
    }
    for scope in ["openid unit", "openid position", "openid roles"] {
        let page = visit(&mut browser, &app.authorize_path(&tthc, &[("scope", scope)])).await;
        assert_eq!(page.page(), Some("position"), "{scope}: {}", page.body);
        assert!(!page.body.contains(UNHELD) && !page.body.contains(KEPT_OUT), "{scope}: {}", page.body);
        let silent = browser.get(&app.authorize_path(&tthc, &[("scope", scope), SILENT])).await;
        sent_back_with(&silent, "interaction_required", scope);
    }
}

#[tokio::test]
async fn a_post_by_which_nobody_enters_is_marked_and_not_offered_first() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &["26740", "26743"]).await;
    let (first, second) = (&kim.positions[0], &kim.positions[1]);
    let tthc = app
        .client("tthc", |settings| {
            settings.roles = vec!["duyet".to_owned()];
            settings.entry = Entry::WithRole;
        })
        .await;
    let origin = Origin::command_line();
    let request = roles::Request {
        username: "kim",
        client_id: "tthc",
        role: "duyet",
        position: Some(second.clone()),
        actor: "os:test",
        origin: &origin,
    };
    assert!(roles::grant(app.services(), &request).await.expect("granted"));
    app.sync().await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;

    let page = visit(&mut browser, &app.authorize_path(&tthc, &[("scope", "openid")])).await;

    assert_eq!(page.page(), Some("position"), "{}", page.body);
    assert_eq!(page.body.matches(KEPT_OUT).count(), 1, "{}", page.body);
    let place = |position: &PositionId| page.body.find(position.as_str()).expect("it is on the page");
    assert!(place(second) < place(first), "what opens the system comes first");
    let offered = page.body.split("<input type=\"radio\"").nth(1).and_then(|rest| rest.split('>').next()).expect("a post");
    assert!(offered.contains("checked") && offered.contains(second.as_str()), "{offered}");
    let chosen = choose(&mut browser, &page, second, false).await;
    assert!(chosen.param("code").is_some(), "{}", chosen.body);
}

#[tokio::test]
async fn whoever_was_handed_a_post_goes_on_in_silence_in_the_one_of_their_own() {
    let app = town().await;
    let chair = app.official_in("chutich", &["10001"]).await;
    let deputy = app.official_in("pho", &["10004"]).await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_on_elsewhere(&app, &deputy).await;
    let silent = app.authorize_path(&tthc, &[WIDE, SILENT]);
    let own = deputy.positions[0].as_str();
    assert_eq!(told(&app, &tthc, &browser.get(&silent).await).await.as_deref(), Some(own));

    let lent = hand_over(&app, &chair, &deputy).await;

    assert_eq!(told(&app, &tthc, &browser.get(&silent).await).await.as_deref(), Some(own), "as before");
    let page = visit(&mut browser, &app.authorize_path(&tthc, &[WIDE])).await;
    assert_eq!(page.page(), Some("position"), "a person is asked: {}", page.body);
    let place = |position: &str| page.body.find(position).expect("it is on the page");
    assert!(place(own) < place(lent.as_str()), "their own comes first");
    let chosen = choose(&mut browser, &page, &lent, false).await;
    assert_eq!(told(&app, &tthc, &chosen).await.as_deref(), Some(lent.as_str()));
    assert_eq!(told(&app, &tthc, &browser.get(&silent).await).await.as_deref(), Some(lent.as_str()), "what they chose goes on");
}

#[tokio::test]
async fn what_is_chosen_for_one_sign_on_takes_nothing_from_what_is_remembered() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &["26740", "26743"]).await;
    let (first, second) = (&kim.positions[0], &kim.positions[1]);
    let tthc = app.client("tthc", |_| {}).await;
    let (wide, silent) = (app.authorize_path(&tthc, &[WIDE]), app.authorize_path(&tthc, &[WIDE, SILENT]));
    let mut desk = signed_on_elsewhere(&app, &kim).await;
    let page = visit(&mut desk, &wide).await;
    choose(&mut desk, &page, first, true).await;

    app.advance_seconds(60);
    app.sync().await;
    let own = app.client("own-too", |_| {}).await;
    let mut counter = app.browser();
    counter.sign_in(&kim, &app.authorize_path(&own, &[])).await;
    assert_eq!(told(&app, &tthc, &counter.get(&silent).await).await.as_deref(), Some(first.as_str()), "it is remembered");
    let page = visit(&mut counter, &app.authorize_path(&tthc, &[WIDE, ("prompt", "select_account")])).await;
    choose(&mut counter, &page, second, false).await;

    assert_eq!(told(&app, &tthc, &counter.get(&silent).await).await.as_deref(), Some(second.as_str()), "while they are there");
    assert_eq!(told(&app, &tthc, &desk.get(&silent).await).await.as_deref(), Some(first.as_str()), "and nowhere else");
    let mut later = app.browser();
    later.sign_in(&kim, &app.authorize_path(&own, &[])).await;
    assert_eq!(told(&app, &tthc, &later.get(&silent).await).await.as_deref(), Some(first.as_str()), "nor afterwards");
}
