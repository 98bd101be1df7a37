//! Promises about notices: people are told of every change, and when they say "this was not me" it stops.

use crate::support::people::set_password;
use crate::support::post::{Post, stage_with_post};
use crate::support::{Answer, Browser, Official, TestApp, encode};
use motlan::model::notice::NoticeKind;
use motlan::service::notices::{self, Notice, Which};
use motlan::service::{Origin, retention};
use motlan::store::{StoreError, audit};
use serde_json::Value;

const CHANGE: &str = "/account/methods/password";
const NEW: &str = "Con mèo trèo cây cau 7!";
const CHANGED: &str = "Đã đổi mật khẩu";
const DAY: i64 = 86_400;

async fn signed_in(app: &TestApp, official: &Official) -> Browser {
    let mut browser = app.browser();
    let arrived = browser.sign_in(official, "/signin").await;
    assert_eq!(arrived.page(), Some("portal"), "{} {}", arrived.status, arrived.body);
    browser
}

/// Somebody who has just changed their password.
async fn changed(app: &TestApp) -> (Official, Browser) {
    let kim = app.official("kim").await;
    let mut browser = signed_in(app, &kim).await;
    let page = browser.get(CHANGE).await;
    let fields = [("csrf", page.hidden("csrf")), ("current", kim.password.clone()), ("password", NEW.to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(browser.post(CHANGE, &fields).await.status, 303);
    (Official { password: NEW.to_owned(), ..kim }, browser)
}

async fn told(app: &TestApp, official: &Official) -> Vec<Notice> {
    notices::list(app.services(), &official.id).await.expect("notices")
}

async fn kinds(app: &TestApp, official: &Official) -> Vec<NoticeKind> {
    told(app, official).await.into_iter().map(|notice| notice.kind).collect()
}

async fn is_locked(app: &TestApp, official: &Official) -> bool {
    let mut tx = app.services().store.write().await.expect("a unit of work");
    match notices::hold_changeable(&mut tx, &official.id).await {
        Ok(()) => false,
        Err(StoreError::Stale) => true,
        Err(error) => panic!("{error}"),
    }
}

async fn disowned(app: &TestApp) -> Vec<Value> {
    let mut conn = app.services().store.read().await.expect("a connection");
    let rows = audit::list_after(&mut conn, "", 10_000).await.expect("audit rows");
    let rows = rows.into_iter().filter(|row| row.event == "account.disowned");
    rows.map(|row| serde_json::from_str(&row.detail).expect("JSON")).collect()
}

/// Whether the browser's sign-on still opens the own account.
async fn is_open(browser: &mut Browser) -> bool {
    browser.get("/account/methods").await.status == 200
}

async fn confirm(browser: &mut Browser, page: &Answer) -> Answer {
    assert_eq!((page.status, page.page()), (200, Some("not-me")), "{}", page.body);
    let (csrf, token) = (page.hidden("csrf"), page.hidden("token"));
    browser.post("/not-me", &[("csrf", &csrf), ("token", &token)]).await
}

#[tokio::test]
async fn a_change_is_told_on_the_portal_and_by_mail_and_the_link_only_asks() {
    let (app, post) = stage_with_post().await;
    let (kim, mut browser) = changed(&app).await;

    let [notice] = told(&app, &kim).await.try_into().expect("one notice");
    assert_eq!(notice.kind, NoticeKind::PasswordChanged);
    let letter = post.letter(&app, CHANGED).await;
    assert_eq!(letter.to(), "kim@vi-du.vn");
    let link = letter.link(&app);
    assert!(letter.html().contains(&format!("href=\"{}{link}\"", app.issuer())), "{}", letter.html());

    let mut scanner = app.browser();
    for _ in 0..3 {
        let page = scanner.get(&link).await;
        assert_eq!((page.status, page.page()), (200, Some("not-me")));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    }

    assert!(is_open(&mut browser).await, "opening a link ends nothing");
    assert!(!is_locked(&app, &kim).await && disowned(&app).await.is_empty());
    assert_eq!(told(&app, &kim).await, [notice]);
}

#[tokio::test]
async fn this_was_not_me_ends_everything_and_locks_changes_once() {
    let (app, post) = stage_with_post().await;
    let (kim, mut browser) = changed(&app).await;
    let link = post.letter(&app, CHANGED).await.link(&app);
    let mut elsewhere = app.browser();
    let page = elsewhere.get(&link).await;

    let done = confirm(&mut elsewhere, &page).await;
    let again = confirm(&mut elsewhere, &page).await;

    for answer in [done, again] {
        assert_eq!((answer.status, answer.location()), (303, "/not-me?done=1"));
    }
    assert_eq!(elsewhere.get("/not-me?done=1").await.page(), Some("not-me-done"));
    assert!(!is_open(&mut browser).await, "every session is over");
    assert!(is_locked(&app, &kim).await);
    let [row] = disowned(&app).await.try_into().expect("one row");
    assert_eq!((&row["kind"], &row["by"], &row["sign_ons_ended"]), (&"password-changed".into(), &"link".into(), &1.into()));

    let mut back = signed_in(&app, &kim).await;
    let refused = back.get(CHANGE).await;
    assert_eq!((refused.status, refused.error_page()), (403, Some("changes_locked")), "{}", refused.body);
    let before = kinds(&app, &kim).await;
    let refused =
        back.post(CHANGE, &[("csrf", &refused.hidden("csrf")), ("current", NEW), ("password", "Một câu khác 8 chữ.")]).await;
    assert_eq!(refused.status, 403);
    assert_eq!(kinds(&app, &kim).await, before, "nothing was changed");
}

#[tokio::test]
async fn an_administrator_who_sets_a_password_unlocks_changes_and_the_person_is_told() {
    let (app, post) = stage_with_post().await;
    let (kim, _) = changed(&app).await;
    let [notice] = told(&app, &kim).await.try_into().expect("one notice");
    let which = Which::Own { person: &kim.id, id: &notice.id };
    assert!(notices::disown(app.services(), which, &Origin::command_line()).await.expect("an answer"));
    assert!(is_locked(&app, &kim).await);

    set_password(&app, "kim", "Một mật khẩu khác 9").await.expect("a password");

    assert!(!is_locked(&app, &kim).await);
    assert_eq!(kinds(&app, &kim).await, [NoticeKind::PasswordReset]);
    let text = post.letter(&app, "Quản trị viên đã đặt lại mật khẩu").await.text();
    assert!(!text.contains("command-line"), "{text}");
    assert!(notices::disown(app.services(), which, &Origin::command_line()).await.expect("an answer"));
    assert!(!is_locked(&app, &kim).await, "what was said before is not said again");
}

#[tokio::test]
async fn a_first_password_is_no_change_that_anybody_is_told_of() {
    let (app, post) = stage_with_post().await;
    let kim = app.official("kim").await;

    assert!(told(&app, &kim).await.is_empty());
    assert!(post.letters(&app).await.is_empty());
}

#[tokio::test]
async fn a_link_that_is_wrong_or_old_does_nothing_and_says_so_kindly() {
    let (app, post) = stage_with_post().await;
    let (kim, mut browser) = changed(&app).await;
    let link = post.letter(&app, CHANGED).await.link(&app);
    let (cut, long) = (&link[..link.len() - 1], format!("/not-me?token={}", "x".repeat(10_000)));
    let strange = format!("/not-me?{}", encode(&[("token", "\u{202e}👩\u{200d}👧 ' OR 1=1 --")]));
    let mut elsewhere = app.browser();

    for path in ["/not-me", "/not-me?token=", cut, long.as_str(), strange.as_str()] {
        let page = elsewhere.get(path).await;
        assert_eq!((page.status, page.page()), (404, Some("not-me-gone")), "{path}");
    }
    let page = elsewhere.get(&link).await;
    let (csrf, token) = (page.hidden("csrf"), page.hidden("token"));
    let wrong = elsewhere.post("/not-me", &[("csrf", &csrf), ("token", &format!("{token}x"))]).await;
    assert_eq!((wrong.status, wrong.page()), (404, Some("not-me-gone")));
    for forged in [vec![("token", token.as_str())], vec![("csrf", "x"), ("token", token.as_str())]] {
        assert_eq!(elsewhere.post("/not-me", &forged).await.status, 403);
    }
    assert!(is_open(&mut browser).await);

    app.advance_seconds(30 * DAY);
    let late = elsewhere.post("/not-me", &[("csrf", &csrf), ("token", &token)]).await;
    assert_eq!((late.status, late.page()), (404, Some("not-me-gone")));
    assert!(!is_locked(&app, &kim).await && disowned(&app).await.is_empty());
}

#[tokio::test]
async fn it_was_me_puts_notices_away_but_takes_no_link_away() {
    let (app, post) = stage_with_post().await;
    let (kim, mut browser) = changed(&app).await;
    let link = post.letter(&app, CHANGED).await.link(&app);
    let [notice] = told(&app, &kim).await.try_into().expect("one notice");
    let csrf = browser.get("/account/methods").await.hidden("csrf");

    let seen = browser.post("/account/notices", &[("csrf", &csrf), ("notice", &notice.id), ("act", "mine")]).await;

    assert_eq!((seen.status, seen.location()), (303, "/"));
    assert!(told(&app, &kim).await.is_empty());
    // Whoever sat in the account may have said so.
    let mut elsewhere = app.browser();
    let page = elsewhere.get(&link).await;
    assert_eq!(confirm(&mut elsewhere, &page).await.status, 303);
    assert!(is_locked(&app, &kim).await && !is_open(&mut browser).await);
}

#[tokio::test]
async fn what_came_after_the_page_was_shown_is_not_put_away_with_it() {
    let (app, _post) = stage_with_post().await;
    let (kim, mut browser) = changed(&app).await;
    let [shown] = told(&app, &kim).await.try_into().expect("one notice");
    let csrf = browser.get("/account/methods").await.hidden("csrf");
    app.advance_seconds(1);
    let mut tx = app.services().store.write().await.expect("a unit of work");
    let origin = Origin::command_line();
    notices::tell(&mut tx, app.services(), &kim.id, NoticeKind::PasskeyAdded, &origin).await.expect("told");
    tx.commit().await.expect("committed");

    browser.post("/account/notices", &[("csrf", &csrf), ("notice", &shown.id), ("act", "mine")]).await;

    assert_eq!(kinds(&app, &kim).await, [NoticeKind::PasskeyAdded]);
}

#[tokio::test]
async fn the_portal_asks_before_it_believes_that_it_was_somebody_else() {
    let (app, _post) = stage_with_post().await;
    let (kim, mut browser) = changed(&app).await;
    let [notice] = told(&app, &kim).await.try_into().expect("one notice");

    let page = browser.get(&format!("/not-me?notice={}", notice.id)).await;
    assert_eq!((page.status, page.page()), (200, Some("not-me")));
    assert!(is_open(&mut browser).await, "asked, not done");
    let fields = [("csrf", page.hidden("csrf")), ("notice", page.hidden("notice")), ("act", page.hidden("act"))];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let done = browser.post("/account/notices", &fields).await;

    assert_eq!((done.status, done.location()), (303, "/not-me?done=1"));
    assert!(!is_open(&mut browser).await && is_locked(&app, &kim).await);
    assert_eq!(disowned(&app).await[0]["by"], "portal");
}

#[tokio::test]
async fn nobody_speaks_for_anybody_else() {
    let (app, _post) = stage_with_post().await;
    let (kim, _) = changed(&app).await;
    let [notice] = told(&app, &kim).await.try_into().expect("one notice");
    let an = app.official("an").await;
    let mut stranger = signed_in(&app, &an).await;
    let csrf = stranger.get("/account/methods").await.hidden("csrf");

    let page = stranger.get(&format!("/not-me?notice={}", notice.id)).await;
    assert_eq!((page.status, page.page()), (404, Some("not-me-gone")));
    for act in ["mine", "not-mine", "other"] {
        stranger.post("/account/notices", &[("csrf", &csrf), ("notice", &notice.id), ("act", act)]).await;
    }
    let mut nobody = app.browser();
    let asked = nobody.get(&format!("/not-me?notice={}", notice.id)).await;
    assert!(asked.location().starts_with("/signin"), "{}", asked.location());

    assert_eq!(kinds(&app, &kim).await, [NoticeKind::PasswordChanged]);
    assert!(!is_locked(&app, &kim).await && !is_locked(&app, &an).await && disowned(&app).await.is_empty());
}

#[tokio::test]
async fn a_form_of_another_site_says_nothing() {
    let (app, _post) = stage_with_post().await;
    let (kim, mut browser) = changed(&app).await;
    let [notice] = told(&app, &kim).await.try_into().expect("one notice");

    for act in ["mine", "not-mine"] {
        let refused = browser.post("/account/notices", &[("csrf", "x"), ("notice", &notice.id), ("act", act)]).await;
        assert_eq!(refused.status, 403);
    }

    assert_eq!(told(&app, &kim).await, [notice]);
    assert!(is_open(&mut browser).await);
}

/// Somebody of a file, whose password is set twice.
async fn reset(app: &TestApp, header: &str, row: &str, username: &str) -> Official {
    let person = app.official_of(&format!("{header}\n{row}\n"), username).await;
    set_password(app, username, "Một mật khẩu khác 9").await.expect("a password");
    person
}

#[tokio::test]
async fn people_are_told_in_their_language_and_without_an_address_on_the_portal_only() {
    let (app, post) = stage_with_post().await;
    let header = "username,full_name,email,locale";

    let none = reset(&app, header, "khong,Nguyễn Văn Không,,", "khong").await;
    assert!(post.letters(&app).await.is_empty());
    assert_eq!(kinds(&app, &none).await, [NoticeKind::PasswordReset]);
    reset(&app, header, "jane,Jane Doe,jane@vi-du.vn,en-GB", "jane").await;
    let letter = post.letter(&app, "Password reset by an administrator").await;

    assert_eq!(letter.to(), "jane@vi-du.vn");
    assert!(letter.text().starts_with("Dear Jane Doe,"), "{}", letter.text());
}

#[tokio::test]
async fn a_change_that_fails_tells_nobody() {
    let (app, post) = stage_with_post().await;
    let kim = app.official("kim").await;
    let mut browser = signed_in(&app, &kim).await;
    let page = browser.get(CHANGE).await;
    let fields = [("csrf", page.hidden("csrf")), ("current", "sai".to_owned()), ("password", NEW.to_owned())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));

    assert_eq!(browser.post(CHANGE, &fields).await.status, 422);

    assert!(told(&app, &kim).await.is_empty() && nothing_came(&app, &post).await);
}

#[tokio::test]
async fn a_notice_is_kept_for_more_than_a_year_and_then_no_longer() {
    let (app, _post) = stage_with_post().await;
    let (kim, _) = changed(&app).await;

    app.advance_seconds(366 * DAY);
    retention::remove_old(app.services(), "node").await.expect("removed");
    assert_eq!(kinds(&app, &kim).await, [NoticeKind::PasswordChanged]);
    app.advance_seconds(40 * DAY);
    retention::remove_old(app.services(), "node").await.expect("removed");

    assert!(told(&app, &kim).await.is_empty());
}

async fn nothing_came(app: &TestApp, post: &Post) -> bool {
    post.letters(app).await.is_empty()
}
