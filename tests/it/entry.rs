//! Promises about who may enter a system at all: only with a role there, in the position acted in, and as one signed in.

use crate::support::flows::{OFFLINE, signed_on_elsewhere, visit};
use crate::support::imports::appoint;
use crate::support::records::{count_of, rows_of, was_redeemed};
use crate::support::requests::{refused_with, sent_back_with, text};
use crate::support::{Answer, Browser, Official, TestApp, TestClient};
use motlan::base::id::PositionId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::client::{ClientSettings, Entry};
use motlan::model::entitlement::Condition;
use motlan::model::role::RoleGrant;
use motlan::service::provisioning::roles;
use motlan::service::{Origin, forget};
use motlan::store::changes::Kind;
use motlan::store::role_grants;

const ROLE: &str = "duyet";
const SAI_GON: &str = "26740";
const TAN_DINH: &str = "26737";
const CONTACT: &str = "Tổ hỗ trợ, 0274 3822 000";

fn kept(settings: &mut ClientSettings) {
    settings.roles = vec![ROLE.to_owned()];
    settings.entry = Entry::WithRole;
    settings.entry_contact = Some(CONTACT.to_owned());
}

async fn give(app: &TestApp, official: &Official, client: &TestClient, (position, condition): (Option<PositionId>, Condition)) {
    let services = app.services();
    let grant = RoleGrant { client_id: client.id.clone(), role: ROLE.to_owned(), position, condition };
    let id = format!("{} {}", official.username, client.id);
    let mut tx = services.store.write().await.expect("a unit of work");
    let by = ("os:test", services.clock.now());
    assert!(role_grants::add(&mut tx, &id, &official.id, &grant, by).await.expect("an answer"), "granted");
    forget(&mut tx, services, Kind::Person, official.id.as_str()).await.expect("told");
    tx.commit().await.expect("committed");
    app.sync().await;
}

async fn take(app: &TestApp, official: &Official, client: &TestClient) {
    let origin = Origin::command_line();
    let (username, client_id) = (official.username.as_str(), client.id.as_str());
    let request = roles::Request { username, client_id, role: ROLE, position: None, actor: "os:test", origin: &origin };
    assert!(roles::revoke(app.services(), &request).await.expect("an answer"), "taken back");
    app.sync().await;
}

/// Presses a button of a page of the sign-in.
async fn press(browser: &mut Browser, page: &Answer, to: &str, field: (&str, &str)) -> Answer {
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    browser.post(to, &[("csrf", csrf.as_str()), ("request", request.as_str()), field]).await
}

fn is_kept_out(page: &Answer, case: &str) {
    let shown = (page.status, page.page(), page.error_page());
    assert_eq!(shown, (200, Some("refused"), Some("not_entitled")), "{case}: {}", page.body);
    assert_eq!(page.header("location"), None, "{case}");
}

#[tokio::test]
async fn whoever_has_no_role_reads_whom_to_ask_and_enters_once_they_have_one() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &[SAI_GON]).await;
    app.official_in("chi", &[SAI_GON]).await;
    app.official_in("xa", &[TAN_DINH]).await;
    appoint(&app, "chi", (AdminRole::Unit, Some(SAI_GON))).await;
    appoint(&app, "xa", (AdminRole::Unit, Some(TAN_DINH))).await;
    let tthc = app.client("tthc", kept).await;
    let mut browser = app.browser();

    let page = browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;
    is_kept_out(&page, "no role");
    for said in [CONTACT, "Nguyễn Văn chi", "chi@vi-du.vn", "Hệ thống tthc", "Chuyên viên"] {
        assert!(page.body.contains(said), "{said}: {}", page.body);
    }
    for unsaid in ["xa@vi-du.vn", "refused-raise", "refused-position"] {
        assert!(!page.body.contains(unsaid), "{unsaid}: {}", page.body);
    }
    let here = format!("/signin/refused?request={}", page.hidden("request"));
    is_kept_out(&browser.get(&here).await, "loaded again");
    let silent = browser.get(&app.authorize_path(&tthc, &[("prompt", "none")])).await;
    sent_back_with(&silent, "access_denied", "in silence");
    let rows = rows_of(&app, "entry.refused").await;
    assert_eq!(rows.len(), 1, "once for a page that is shown");
    assert_eq!((rows[0].person_id.as_deref(), rows[0].client_id.as_deref()), (Some(kim.id.as_str()), Some("tthc")));

    give(&app, &kim, &tthc, (None, Condition::default())).await;
    let entered = browser.get(&here).await;
    assert!(entered.param("code").is_some(), "{} {}", entered.status, entered.body);
    assert_eq!(count_of(&app, "entry.refused").await, 1);
}

#[tokio::test]
async fn back_to_the_system_is_a_refusal_and_nothing_can_be_pressed_open() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", kept).await;
    let mut browser = signed_on_elsewhere(&app, &kim).await;

    let page = visit(&mut browser, &app.authorize_path(&tthc, &[])).await;
    is_kept_out(&page, "no role and no position");
    let nothing = press(&mut browser, &page, "/signin/refused", ("act", "enter")).await;
    assert!(nothing.location().starts_with("/signin/refused?request="), "{}", nothing.location());
    let agreed = press(&mut browser, &page, "/signin/consent", ("decision", "allow")).await;
    is_kept_out(&browser.follow(agreed).await, "agreeing opens nothing");
    let denied = press(&mut browser, &page, "/signin/refused", ("decision", "deny")).await;
    sent_back_with(&denied, "access_denied", "cancelled");
    let over = browser.get(&format!("/signin/refused?request={}", page.hidden("request"))).await;
    assert_eq!(over.page(), Some("error"), "the request is over");
}

#[tokio::test]
async fn a_role_of_one_position_opens_in_that_one_and_another_can_be_chosen() {
    let app = TestApp::with_registry().await;
    let kim = app.official_in("kim", &[SAI_GON, TAN_DINH]).await;
    let tthc = app.client("tthc", kept).await;
    give(&app, &kim, &tthc, (Some(kim.positions[1].clone()), Condition::default())).await;
    let mut browser = app.browser();

    let page = browser.sign_in(&kim, &app.authorize_path(&tthc, &[])).await;
    is_kept_out(&page, "in the first");
    assert!(page.body.contains("id=\"refused-position\""), "{}", page.body);
    let choices = browser.get(&format!("/signin/position?request={}", page.hidden("request"))).await;
    assert_eq!(choices.page(), Some("position"), "{}", choices.body);
    assert!(!choices.body.contains("position-other"), "nobody asked for another account");
    let chosen = press(&mut browser, &choices, "/signin/position", ("position", kim.positions[1].as_str())).await;
    assert!(chosen.param("code").is_some(), "{} {}", chosen.status, chosen.location());
}

#[tokio::test]
async fn a_role_that_asks_for_more_says_what_and_offers_a_second_factor_where_that_helps() {
    let app = TestApp::start().await;
    let level = Condition { least_level: Some(2), office_only: false };
    let office = Condition { least_level: None, office_only: true };
    let both = Condition { least_level: Some(2), office_only: true };
    for (name, condition, helps) in [("muc", level, true), ("mang", office, false), ("ca-hai", both, false)] {
        let official = app.official(name).await;
        let client = app.client(name, kept).await;
        give(&app, &official, &client, (None, condition)).await;
        let mut browser = app.browser();

        let page = browser.sign_in(&official, &app.authorize_path(&client, &[])).await;

        is_kept_out(&page, name);
        assert_eq!(page.body.contains("id=\"refused-raise\""), helps, "{name}: {}", page.body);
        assert_eq!(page.body.contains("hai lớp"), condition.least_level.is_some(), "{name}: {}", page.body);
        assert_eq!(page.body.contains("mạng của cơ quan"), condition.office_only, "{name}: {}", page.body);
        if helps {
            let raised = press(&mut browser, &page, "/signin/refused", ("act", "raise")).await;
            assert!(raised.location().starts_with("/welcome?request="), "they have no factor yet: {}", raised.location());
        }
        let silent = browser.get(&app.authorize_path(&client, &[("prompt", "none")])).await;
        sent_back_with(&silent, "access_denied", name);
    }
}

#[tokio::test]
async fn what_was_given_before_the_role_ended_is_worth_nothing_after_it() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let tthc = app.client("tthc", kept).await;
    let open = app.client("mo", |settings| settings.roles = vec![ROLE.to_owned()]).await;
    for official in [&kim, &minh] {
        give(&app, official, &tthc, (None, Condition::default())).await;
    }
    give(&app, &kim, &open, (None, Condition::default())).await;
    let tokens = app.tokens(&tthc, &kim, &OFFLINE).await;
    let of_minh = app.tokens(&tthc, &minh, &OFFLINE).await;
    let of_open = app.tokens(&open, &kim, &OFFLINE).await;
    let code = app.code(&tthc, &kim, &[]).await;
    assert_eq!(app.refresh(&tthc, text(&tokens, "refresh_token")).await.status, 200);

    take(&app, &kim, &tthc).await;
    take(&app, &kim, &open).await;

    refused_with(&app.refresh(&tthc, text(&tokens, "refresh_token")).await, "invalid_grant", "a refresh");
    refused_with(&app.redeem(&tthc, &code).await, "invalid_grant", "a code");
    assert!(!was_redeemed(&app, &tthc, &code).await);
    assert_eq!(app.refresh(&tthc, text(&of_minh, "refresh_token")).await.status, 200, "somebody else's role");
    assert_eq!(app.refresh(&open, text(&of_open, "refresh_token")).await.status, 200, "that one keeps nobody out");
}
