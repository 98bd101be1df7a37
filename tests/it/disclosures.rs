//! What was told to which system, on which ground, and the end of an agreement.

use crate::support::flows::{OFFLINE, signed_on_as, tokens_of, visit};
use crate::support::records::{count_of, rows_of, was_redeemed};
use crate::support::requests::text;
use crate::support::{Answer, Browser, Official, TestApp, TestClient};
use motlan::store::consents;
use serde_json::{Value, json};

const PAGE: &str = "/account/disclosures";

async fn partner(app: &TestApp) -> TestClient {
    app.client("partner", |settings| settings.third_party = true).await
}

/// What the person is remembered to have agreed to.
async fn agreed(app: &TestApp, person: &Official, client: &TestClient) -> Option<String> {
    let mut conn = app.services().store.read().await.expect("a connection");
    consents::find(&mut conn, &person.id, &client.id).await.expect("answered")
}

/// Enters a system, and agrees where it asks.
async fn entered(app: &TestApp, browser: &mut Browser, person: &Official, client: &TestClient, wish: &[(&str, &str)]) -> Value {
    let arrived = browser.sign_in(person, &app.authorize_path(client, wish)).await;
    tokens_of(app, client, &arrived).await
}

/// Asks first, and then takes the agreement back.
async fn withdraw(browser: &mut Browser, client: &TestClient) -> Answer {
    let question = browser.get(&format!("{PAGE}?withdraw={}", client.id)).await;
    assert_eq!(question.page(), Some("disclosure-withdraw"), "{}", question.body);
    browser.post(PAGE, &[("csrf", &question.hidden("csrf")), ("client", &question.hidden("client"))]).await
}

/// The part of the page about one system.
fn card<'p>(page: &'p Answer, client: &TestClient) -> &'p str {
    let name = format!("Hệ thống {}</bdi></h2>", client.id);
    let (_, rest) = page.body.split_once(&name).unwrap_or_else(|| panic!("{name} is not there: {}", page.body));
    rest.split("</section>").next().unwrap_or_default()
}

#[tokio::test]
async fn every_system_is_listed_with_what_it_was_told_when_and_why() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let (own, partner) = (app.client("own", |_| {}).await, partner(&app).await);
    let mut browser = app.browser();
    entered(&app, &mut browser, &kim, &own, &[("scope", "openid unit")]).await;
    entered(&app, &mut browser, &kim, &partner, &[]).await;
    app.advance_seconds(3 * 86_400);
    let claims = [("scope", "openid"), ("claims", r#"{"userinfo":{"email":null}}"#)];
    entered(&app, &mut browser, &kim, &own, &claims).await;

    let page = browser.get(PAGE).await;

    assert_eq!((page.status, page.page()), (200, Some("disclosures")));
    let told = card(&page, &own);
    for shown in ["Theo quyết định của Thành phố", "Lần đầu 22/11/2026, lần cuối 08:00, 25/11/2026", "Thư điện tử công vụ"]
    {
        assert!(told.contains(shown), "{shown}: {told}");
    }
    assert!(!told.contains("Số điện thoại") && !told.contains("withdraw="), "{told}");
    let told = card(&page, &partner);
    for shown in ["Theo sự đồng ý ngày 22/11/2026", "Họ và tên"] {
        assert!(told.contains(shown), "{shown}: {told}");
    }
    assert!(!told.contains("Thư điện tử"), "{told}");
    let first = page.body.find("Hệ thống own").expect("own");
    assert!(first < page.body.find("Hệ thống partner").expect("partner"), "what was told last comes first");

    let minh = app.official("minh").await;
    let mut other = app.browser();
    other.sign_in(&minh, "/signin").await;
    assert!(!other.get(PAGE).await.body.contains("Hệ thống own"), "nobody else's");
}

#[tokio::test]
async fn taking_an_agreement_back_ends_everything_that_the_system_still_had() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let (own, partner) = (app.client("own", |_| {}).await, partner(&app).await);
    let mut browser = app.browser();
    let of_own = entered(&app, &mut browser, &kim, &own, &OFFLINE).await;
    let old = entered(&app, &mut browser, &kim, &partner, &OFFLINE).await;
    app.advance_seconds(3_600);
    let new = entered(&app, &mut browser, &kim, &partner, &[]).await;
    assert_eq!(app.userinfo(text(&new, "access_token")).await.status, 200);
    browser.get(&format!("{PAGE}?withdraw=partner")).await;
    assert!(agreed(&app, &kim, &partner).await.is_some(), "asking takes nothing back");

    let sent = withdraw(&mut browser, &partner).await;

    assert_eq!((sent.status, sent.location()), (303, "/account/disclosures?done=withdrawn"));
    assert_eq!(agreed(&app, &kim, &partner).await, None);
    assert_eq!(app.userinfo(text(&new, "access_token")).await.status, 401);
    let refused = app.refresh(&partner, text(&old, "refresh_token")).await;
    assert_eq!((refused.status, &refused.json()["error"]), (400, &json!("invalid_grant")));
    assert_eq!(app.refresh(&own, text(&of_own, "refresh_token")).await.status, 200, "the other systems keep theirs");
    assert_eq!(count_of(&app, "sign_out").await, 0, "and the person stays signed on");

    let [row] = &rows_of(&app, "consent.withdrawn").await[..] else { panic!("one record") };
    assert_eq!((row.actor.as_deref(), row.person_id.as_deref()), (Some(kim.id.as_str()), Some(kim.id.as_str())));
    assert_eq!(row.client_id.as_deref(), Some("partner"));
    let detail: Value = serde_json::from_str(&row.detail).expect("JSON");
    assert_eq!(detail["grants_revoked"], 2);

    let page = browser.follow(sent).await;
    assert!(card(&page, &partner).contains("Đã rút lại đồng ý"), "what was told is not forgotten");
    let silent = browser.get(&app.authorize_path(&partner, &[("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("consent_required"));
    assert_eq!(visit(&mut browser, &app.authorize_path(&partner, &[])).await.page(), Some("consent"), "it is asked for anew");
}

#[tokio::test]
async fn a_code_from_before_is_worth_nothing_afterwards() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let partner = partner(&app).await;
    let mut browser = signed_on_as(&app, &partner, &kim).await;
    let code = browser.get(&app.authorize_path(&partner, &[])).await.param("code").expect("a code");

    withdraw(&mut browser, &partner).await;

    let answer = app.redeem(&partner, &code).await;
    assert_eq!((answer.status, &answer.json()["error"]), (400, &json!("invalid_grant")));
    assert!(!was_redeemed(&app, &partner, &code).await);
}

#[tokio::test]
async fn what_the_city_decided_is_not_the_persons_to_take_back() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let own = app.client("own", |_| {}).await;
    let mut browser = app.browser();
    // Asked all the same, because the system wished it: that makes it no ground.
    let tokens = entered(&app, &mut browser, &kim, &own, &[("prompt", "consent")]).await;
    let csrf = browser.get(PAGE).await.hidden("csrf");
    assert_eq!(browser.get(&format!("{PAGE}?withdraw=own")).await.status, 303);

    for client in ["own", "nobody", ""] {
        let sent = browser.post(PAGE, &[("csrf", &csrf), ("client", client)]).await;
        let refused = sent.status == 400 && client.is_empty();
        assert!(refused || sent.location() == PAGE, "{client}: {}", sent.status);
    }

    assert_eq!(app.userinfo(text(&tokens, "access_token")).await.status, 200);
    assert_eq!(count_of(&app, "consent.withdrawn").await, 0);
}

#[tokio::test]
async fn nobody_takes_back_for_another_and_no_foreign_form_does() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let partner = partner(&app).await;
    let mut of_kim = signed_on_as(&app, &partner, &kim).await;
    let mut of_minh = app.browser();
    of_minh.sign_in(&minh, "/signin").await;
    let csrf = of_minh.get(PAGE).await.hidden("csrf");

    let sent = of_minh.post(PAGE, &[("csrf", &csrf), ("client", "partner")]).await;
    let foreign = of_kim.post(PAGE, &[("csrf", &csrf), ("client", "partner")]).await;
    let nobody = app.browser().get(PAGE).await;

    assert_eq!((sent.status, sent.location()), (303, PAGE));
    assert_eq!((foreign.status, nobody.status), (403, 303));
    assert!(agreed(&app, &kim, &partner).await.is_some());
    assert_eq!(count_of(&app, "consent.withdrawn").await, 0);
}

#[tokio::test]
async fn two_windows_take_it_back_once() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let partner = partner(&app).await;
    let mut browser = signed_on_as(&app, &partner, &kim).await;
    let csrf = browser.get(PAGE).await.hidden("csrf");
    let (mut one, mut other) = (browser.clone(), browser.clone());
    let fields = [("csrf", csrf.as_str()), ("client", "partner")];

    let (first, second) = tokio::join!(one.post(PAGE, &fields), other.post(PAGE, &fields));

    assert_eq!((first.status, second.status), (303, 303));
    assert_eq!(count_of(&app, "consent.withdrawn").await, 1);
}
