//! The stage of these tests: what a person, a helper and a stranger do.

use crate::support::phones::enrol;
use crate::support::post::Post;
use crate::support::{Answer, Browser, Official, TestApp};
use motlan::base::id::{PersonId, SignOnId};
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority::HelpPeople;
use motlan::model::device::Device;
use motlan::model::methods::{Methods, TWO_FACTORS};
use motlan::model::notice::NoticeKind;
use motlan::model::sign_on::{Manner, SignOn};
use motlan::service::Origin;
use motlan::service::administrators::{self, Grant, help};
use motlan::service::authority::{Authority, Entered, One};
use motlan::service::notices::{self, Which};
use motlan::service::recovery::{self, Issue, Issued};
use motlan::store::audit::AuditRow;
use serde_json::Value;

/// The first page of the way back.
pub const START: &str = "/signin/recover";
/// Where codes are typed.
pub const CODE: &str = "/signin/recover/code";
/// A password that will do.
pub const NEW: &str = "Con mèo trèo cây cau 7!";
/// Another one.
pub const OTHER: &str = "Con chuột đi chợ đường xa 9?";
/// The cookie of a sign-on.
pub const SIGN_ON: &str = "__Host-motlan_sign_on";
/// What the letter with a link says, and no other.
pub const LINK: &str = "/signin/recover/link?token=";
/// In seconds.
pub const HOUR: i64 = 3_600;

/// From the keyboard of the machine.
pub fn origin() -> Origin {
    Origin::command_line()
}

/// Sends a form with what its page put into it.
pub async fn fill(browser: &mut Browser, path: &str, page: &Answer, fields: &[(&str, &str)]) -> Answer {
    let hidden = ["csrf", "request", "token", "ticket"].map(|name| (name, page.hidden(name)));
    let mut all: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.extend_from_slice(fields);
    browser.post(path, &all).await
}

/// Asks for a link as a person does, and waits for what is done beside the answer.
pub async fn ask(app: &TestApp, username: &str) -> Answer {
    let mut browser = app.browser();
    let page = browser.get(START).await;
    assert_eq!((page.status, page.page()), (200, Some("recover")), "{}", page.body);
    fill(&mut browser, START, &page, &[("username", username)]).await
}

/// The link that was sent to somebody.
pub async fn link_of(app: &TestApp, post: &Post, username: &str) -> String {
    // So that it is the newest of all letters.
    app.advance_seconds(1);
    recovery::send(app.services(), username, &origin()).await.expect("done");
    post.letter(app, LINK).await.link(app)
}

/// The page of the new password, in this browser.
pub async fn opened(browser: &mut Browser, link: &str) -> Answer {
    let answer = browser.get(link).await;
    let page = browser.follow(answer).await;
    assert_eq!((page.status, page.page()), (200, Some("recover-password")), "{}", page.body);
    page
}

/// Sends a new password.
pub async fn choose(browser: &mut Browser, page: &Answer, password: &str) -> Answer {
    fill(browser, "/signin/recover/password", page, &[("password", password)]).await
}

/// Whether a password opens an account.
pub async fn opens(app: &TestApp, official: &Official, password: &str) -> bool {
    let official = Official { password: password.to_owned(), ..official.clone() };
    app.browser().sign_in(&official, "/signin").await.page() == Some("portal")
}

/// An administrator of everything, with a second factor.
pub async fn administrator(app: &TestApp) -> Official {
    let root = app.official("root").await;
    enrol(app, &root).await;
    appoint(app, &root).await;
    root
}

/// Makes somebody an administrator of everything.
pub async fn appoint(app: &TestApp, official: &Official) {
    let origin = origin();
    let grant = Grant {
        username: &official.username,
        role: AdminRole::System,
        unit: None,
        client: None,
        valid_from: None,
        valid_to: None,
        actor: "os:test",
        origin: &origin,
    };
    administrators::grant(app.services(), &grant).await.expect("granted").expect("new");
}

/// The right of an administrator, signed on with two factors a moment ago, to help somebody.
pub async fn right(app: &TestApp, helper: &Official, username: &str) -> Option<One<HelpPeople>> {
    let services = app.services();
    let now = services.clock.now();
    let sign_on = SignOn {
        id: SignOnId("of-a-helper".to_owned()),
        person: helper.id.clone(),
        started_at: now,
        authenticated_at: now,
        last_seen_at: now,
        ends_at: now.plus_seconds(HOUR),
        level: TWO_FACTORS,
        methods: "pwd otp".to_owned(),
        device: Device::default(),
        manner: Manner::default(),
        legacy: None,
        legacy_id: None,
        ended_at: None,
    };
    let entered = Authority::enter(services, &sign_on, &origin()).await.expect("an answer");
    let Entered::In(authority) = entered else { return None };
    help::who(services, &authority, username).await.expect("an answer")
}

/// A code for somebody.
pub async fn issue(app: &TestApp, helper: &Official, username: &str, anew: bool) -> Issued {
    let proof = right(app, helper, username).await.expect("a right");
    recovery::issue(app.services(), &Issue { proof: &proof, anew }).await.expect("a code")
}

/// Types a code; answers where that leads.
pub async fn type_code(browser: &mut Browser, username: &str, code: &str) -> Answer {
    let page = browser.get(CODE).await;
    assert_eq!((page.status, page.page()), (200, Some("recover-code")), "{}", page.body);
    let answer = fill(browser, CODE, &page, &[("username", username), ("code", code)]).await;
    assert!(!browser.cookies.contains_key(SIGN_ON), "a code alone signs nobody on");
    answer
}

/// Whether a code leads nowhere.
pub async fn is_refused(app: &TestApp, username: &str, code: &str) -> bool {
    let answer = type_code(&mut app.browser(), username, code).await;
    assert!(matches!((answer.status, answer.page()), (422, Some("recover-code")) | (303, None)), "{}", answer.status);
    answer.status == 422
}

/// The rest of a record.
pub fn detail(row: &AuditRow) -> Value {
    serde_json::from_str(&row.detail).expect("JSON")
}

/// What somebody is told of.
pub async fn told(app: &TestApp, person: &PersonId) -> Vec<NoticeKind> {
    let notices = notices::list(app.services(), person).await.expect("notices");
    notices.into_iter().map(|notice| notice.kind).collect()
}

/// This was not them: the newest of what they were told.
pub async fn disown(app: &TestApp, person: &PersonId) {
    let newest = notices::list(app.services(), person).await.expect("notices").remove(0);
    let which = Which::Own { person, id: &newest.id };
    assert!(notices::disown(app.services(), which, &origin()).await.expect("an answer"));
}

/// What somebody can sign in with.
pub async fn methods(app: &TestApp, official: &Official) -> Methods {
    app.services().person(&official.id).await.expect("an answer").expect("a person").methods
}
