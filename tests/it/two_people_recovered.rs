//! Whoever lets an administrator back into their account could be in it themselves: the two are no two people. And nobody
//! at the console comes into the account that needs no second person.

use crate::recovery::scene::{issue, right};
use crate::rights_scene::{Admin, admin, everywhere, roles_of};
use crate::support::phones::{asked, enrol, read};
use crate::support::records::count_of;
use crate::support::{Answer, Browser, Official, TestApp};
use crate::two_people::{APPROVE, apply, ask, is_open, preview, scopes_of, template, ward};
use motlan::model::admin_scope::AdminRole;
use motlan::model::authority::RotateKeys;
use motlan::service::administrators;
use motlan::service::keys::{self, Algorithms};
use motlan::service::recovery::{self, Issue, IssueError};
use motlan::service::{Origin, approvals};
use motlan::store::approvals::RECOVERED_SECONDS;

const CODE: &str = "/signin/recover/code";
const PASSWORD: &str = "/signin/recover/password";
const APP: &str = "/account/methods/totp";
/// A password that will do.
const NEW: &str = "Con mèo trèo cây cau 7!";
const GLASS: &str = "khan-cap";
/// Why the two are no two people, in words.
const NO_SECOND: &str = "một trong hai người đã mở lại tài khoản cho người kia";
const AUDITOR: [(&str, &str); 3] = [("username", "kim"), ("role", "auditor"), ("reason", "Quyết định 12/QĐ")];

/// Sends a form with what its page put into it.
async fn fill(browser: &mut Browser, path: &str, page: &Answer, fields: &[(&str, &str)]) -> Answer {
    let hidden = ["csrf", "request", "ticket"].map(|name| (name, page.hidden(name)));
    let mut all: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (*name, value.as_str())).collect();
    all.extend_from_slice(fields);
    browser.post(path, &all).await
}

/// A code of somebody who helps, typed in a browser; and the page of the new password.
async fn typed(app: &TestApp, helper: &Official, username: &str) -> (Browser, Answer) {
    let issued = issue(app, helper, username, true).await;
    let mut browser = app.browser();
    let page = browser.get(CODE).await;
    let sent = fill(&mut browser, CODE, &page, &[("username", username), ("code", &issued.code)]).await;
    let page = browser.follow(sent).await;
    assert_eq!((page.status, page.page()), (200, Some("recover-password")), "{}", page.body);
    (browser, page)
}

/// What whoever resets an account makes of it who keeps the code: a password and an app of their own.
async fn take_over(app: &TestApp, helper: &Official, of: Admin) -> Admin {
    let (mut browser, page) = typed(app, helper, &of.official.username).await;
    let done = fill(&mut browser, PASSWORD, &page, &[("password", NEW)]).await;
    assert_eq!(done.status, 303, "{}", done.body);
    let page = browser.get(APP).await;
    let phone = read(&page);
    let sent = browser.post(APP, &[("csrf", &page.hidden("csrf")), ("code", &phone.code(app))]).await;
    assert_eq!((sent.status, sent.location()), (303, APP), "{}", sent.body);
    app.advance_seconds(30);
    let official = Official { password: NEW.to_owned(), ..of.official };
    Admin { official, browser, phone, scope: of.scope }
}

/// Three who run the service, each by themselves.
async fn three(app: &TestApp) -> [Admin; 3] {
    let first = admin(app, "first", &[], everywhere(AdminRole::System)).await;
    let second = admin(app, "second", &[], everywhere(AdminRole::System)).await;
    let third = admin(app, "third", &[], everywhere(AdminRole::System)).await;
    [first, second, third]
}

/// An answer that says why the two are no two people, and nothing else.
#[track_caller]
fn says_no_second(answer: &Answer) {
    assert_eq!((answer.status, answer.page()), (409, Some("admin-approval")), "{}", answer.body);
    assert!(answer.body.contains(NO_SECOND) && !answer.body.contains("đã quá hạn"), "{}", answer.body);
}

/// Applies a run with the digest that somebody else sees: the page of whoever may not apply it has no button.
async fn apply_unseen(by: &mut Admin, other: &mut Admin, run: &str) -> Answer {
    assert!(!by.browser.get(run).await.body.contains("id=\"run-apply\""), "what does not work is not offered");
    let digest = other.browser.get(run).await.hidden("digest");
    by.post(run, &[("act", "apply"), ("digest", &digest)]).await
}

/// Nothing came of a request: it waits, nobody got the role, nothing was taken.
async fn nothing_came_of(app: &TestApp, here: &str, kim: &Official) {
    assert!(is_open(app, here).await);
    assert_eq!((roles_of(app, kim).await, count_of(app, "approval.taken").await), (vec![], 0));
}

#[tokio::test]
async fn an_account_that_the_asker_opened_is_no_second_person_for_a_month() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let [mut first, second, mut third] = three(&app).await;
    let here = ask(&mut first, &AUDITOR).await;
    let mut taken = take_over(&app, &first.official, second).await;

    let page = taken.browser.get(&here).await;
    assert_eq!(page.status, 200, "it is an administrator's account");
    assert!(page.body.contains(NO_SECOND) && page.body.contains("id=\"approval-refuse\""), "{}", page.body);
    assert!(!page.body.contains("id=\"approval-approve\""), "what does not work is not offered");
    let refused = taken.post(&here, &APPROVE).await;
    says_no_second(&refused);
    nothing_came_of(&app, &here, &kim).await;

    // The same for whatever takes two people.
    let services = app.services();
    let of_first = first.authority(&app).await.city::<RotateKeys>().expect("a proof");
    let of_taken = taken.authority(&app).await.city::<RotateKeys>().expect("a proof");
    let algorithms = Algorithms::from_word("ES256").expect("a choice");
    let before = keys::list(services).await.expect("keys").len();
    let request = keys::ask_rotation(services, &of_first, &algorithms, true, "Lộ khóa").await.expect("a request");
    assert!(!keys::rotate_approved(services, &of_taken, &request).await.expect("an answer"));
    assert_eq!(keys::list(services).await.expect("keys").len(), before);
    nothing_came_of(&app, &here, &kim).await;

    let done = third.post(&here, &APPROVE).await;
    assert_eq!(done.status, 303, "another one lets it happen: {}", done.body);
    assert_eq!(roles_of(&app, &kim).await, [AdminRole::Auditor]);

    let lan = app.official("lan").await;
    app.advance_seconds(RECOVERED_SECONDS);
    first.again(&app).await;
    taken.again(&app).await;
    let here = ask(&mut first, &[("username", "lan"), ("role", "auditor"), ("reason", "x")]).await;
    let done = taken.post(&here, &APPROVE).await;
    assert_eq!(done.status, 303, "after a month it is theirs again: {}", done.body);
    assert_eq!(roles_of(&app, &lan).await, [AdminRole::Auditor]);
}

#[tokio::test]
async fn nor_does_anybody_approve_what_an_account_asks_that_they_opened() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let [mut first, second, mut third] = three(&app).await;
    let mut taken = take_over(&app, &first.official, second).await;

    let here = ask(&mut taken, &AUDITOR).await;
    let refused = first.post(&here, &APPROVE).await;

    says_no_second(&refused);
    nothing_came_of(&app, &here, &kim).await;
    assert_eq!(third.post(&here, &APPROVE).await.status, 303);
    assert_eq!(roles_of(&app, &kim).await, [AdminRole::Auditor]);
}

#[tokio::test]
async fn two_accounts_that_one_person_opened_are_no_two_people() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let [first, second, third] = three(&app).await;
    let mut one = take_over(&app, &first.official, second).await;
    let mut other = take_over(&app, &first.official, third).await;

    let here = ask(&mut one, &AUDITOR).await;
    let refused = other.post(&here, &APPROVE).await;

    says_no_second(&refused);
    nothing_came_of(&app, &here, &kim).await;
}

#[tokio::test]
async fn nor_are_two_accounts_that_were_opened_one_through_the_other() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let [mut first, second, third] = three(&app).await;
    let mut fourth = admin(&app, "fourth", &[], everywhere(AdminRole::System)).await;
    let between = take_over(&app, &first.official, second).await;
    let mut last = take_over(&app, &between.official, third).await;

    let here = ask(&mut first, &AUDITOR).await;
    says_no_second(&last.post(&here, &APPROVE).await);
    nothing_came_of(&app, &here, &kim).await;
    assert_eq!(first.post(&here, &[("act", "withdraw")]).await.status, 303);

    let back = ask(&mut last, &AUDITOR).await;
    says_no_second(&first.post(&back, &APPROVE).await);
    nothing_came_of(&app, &back, &kim).await;

    assert_eq!(fourth.post(&back, &APPROVE).await.status, 303, "whoever stands outside of all that is one");
    assert_eq!(roles_of(&app, &kim).await, [AdminRole::Auditor]);
}

#[tokio::test]
async fn a_run_that_makes_administrators_is_not_applied_by_an_account_that_its_maker_opened() {
    let (app, chi) = ward().await;
    let [mut first, second, mut third] = three(&app).await;
    template(&mut first).await;
    let run = preview(&app, &mut first).await;
    let mut taken = take_over(&app, &first.official, second).await;

    let refused = apply_unseen(&mut taken, &mut third, &run).await;

    assert_eq!((refused.status, refused.location()), (303, format!("{run}?done=no-second-person").as_str()), "{}", refused.body);
    assert!(taken.browser.get(refused.location()).await.body.contains(NO_SECOND));
    assert!(scopes_of(&app, &chi).await.is_empty());
    assert_eq!((count_of(&app, "onboarding.applied").await, count_of(&app, "role.granted").await), (0, 0));
}

#[tokio::test]
async fn nor_by_whoever_opened_the_account_of_its_maker() {
    let (app, chi) = ward().await;
    let [mut first, second, mut third] = three(&app).await;
    template(&mut first).await;
    let mut taken = take_over(&app, &first.official, second).await;
    let run = preview(&app, &mut taken).await;

    let refused = apply_unseen(&mut first, &mut third, &run).await;

    assert_eq!((refused.status, refused.location()), (303, format!("{run}?done=no-second-person").as_str()), "{}", refused.body);
    assert!(first.browser.get(refused.location()).await.body.contains(NO_SECOND));
    assert!(scopes_of(&app, &chi).await.is_empty());
    assert_eq!((count_of(&app, "onboarding.applied").await, count_of(&app, "role.granted").await), (0, 0));
    assert_eq!(apply(&mut third, &run).await.location(), format!("{run}?done=applied"));
    assert_eq!(scopes_of(&app, &chi).await.len(), 1);
}

/// Whether the code that was typed before leads to a new password.
async fn comes_back(browser: &mut Browser, page: &Answer) -> bool {
    let done = fill(browser, PASSWORD, page, &[("password", NEW)]).await;
    if done.status == 303 {
        return true;
    }
    assert_eq!((done.status, done.page()), (410, Some("recover-over")), "{}", done.body);
    false
}

#[tokio::test]
async fn nobody_at_the_console_opens_the_account_for_the_worst_day() {
    let app = TestApp::start().await;
    let glass = app.official(GLASS).await;
    enrol(&app, &glass).await;
    let mut root = admin(&app, "root", &[], everywhere(AdminRole::System)).await;
    let services = app.services();
    let origin = Origin::command_line();
    let (mut early, page) = typed(&app, &root.official, GLASS).await;
    let issued = count_of(&app, "recovery.code_issued").await;
    let given = administrators::break_glass(services, GLASS, "Phong bì số 1", "os:test", &origin).await;
    let scope = given.expect("a role").expect("a new one");

    for anew in [false, true] {
        let mut fields = vec![("username", GLASS), ("act", "issue"), ("seen", "1")];
        if anew {
            fields.push(("anew", "1"));
        }
        let refused = root.post("/admin/recovery", &fields).await;
        assert_eq!((refused.status, refused.page()), (422, Some("admin-recovery")), "{}", refused.body);
        assert!(!refused.body.contains("id=\"admin-code\""));
        let proof = right(&app, &root.official, GLASS).await.expect("a right");
        let issue = Issue { proof: &proof, anew };
        assert!(matches!(recovery::issue(services, &issue).await, Err(IssueError::NotTheirs)));
    }
    assert!(!comes_back(&mut early, &page).await, "nor by a code of the days before");

    assert_eq!((count_of(&app, "recovery.code_issued").await, count_of(&app, "recovery.used").await), (issued, 0));
    let known = services.person(&glass.id).await.expect("an answer").expect("a person");
    assert!(known.methods.totp, "its second factor is in the envelope still");
    asked(&app, &glass, "/signin").await;
    assert!(approvals::decides_alone(services, &glass.id).await.expect("an answer"));

    administrators::revoke(services, &scope.id, "os:test", &origin).await.expect("revoked");
    let (mut late, page) = typed(&app, &root.official, GLASS).await;
    assert!(comes_back(&mut late, &page).await, "an account like others by then");
}
