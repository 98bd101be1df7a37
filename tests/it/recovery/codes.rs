//! Codes of an administrator: once, for their own person, on both sides of the record.

use super::scene::{
    CODE, HOUR, NEW, OTHER, administrator, appoint, choose, detail, disown, fill, is_refused, issue, link_of, methods, opens,
    origin, told, type_code,
};
use crate::rights_scene::{admin, everywhere};
use crate::support::people::set_password;
use crate::support::phones::enrol;
use crate::support::post::stage_with_post;
use crate::support::records::{count_of, rows_of};
use crate::support::{Official, TestApp};
use motlan::model::admin_scope::AdminRole;
use motlan::model::notice::NoticeKind;
use motlan::service::{administrators, devices, notices, recovery, throttle};

#[tokio::test]
async fn a_code_brings_somebody_back_once_and_takes_away_only_what_was_ticked() {
    let (app, _post) = stage_with_post().await;
    let root = administrator(&app).await;
    let kim = app.official("kim").await;
    let (mut own, _) = enrol(&app, &kim).await;

    let issued = issue(&app, &root, "Kim", false).await;
    assert_eq!(own.get("/account/methods").await.status, 200, "making a code changes nothing yet");
    let mut browser = app.browser();
    let typed = issued.code.to_lowercase().replace('-', " ");
    let answer = type_code(&mut browser, "kim", &typed).await;
    let page = browser.follow(answer).await;
    assert_eq!(page.page(), Some("recover-password"), "{}", page.body);
    let done = choose(&mut browser, &page, NEW).await;
    assert_eq!(browser.follow(done).await.page(), Some("portal"), "the home page, as a stranger's");
    let account = browser.get("/account/methods").await;
    assert!(account.location().starts_with("/signin/second-factor"), "the app is still asked for");
    assert!(methods(&app, &kim).await.totp);
    assert!(devices::list(app.services(), &kim.id).await.expect("devices").is_empty(), "every device is new again");
    assert!(is_refused(&app, "kim", &issued.code).await, "once");

    let issued = issue(&app, &root, "kim", true).await;
    assert!(methods(&app, &kim).await.totp, "until the code is used");
    let mut browser = app.browser();
    let answer = type_code(&mut browser, "kim", &issued.code).await;
    let page = browser.follow(answer).await;
    let done = choose(&mut browser, &page, OTHER).await;
    assert_eq!((done.status, done.location()), (303, "/welcome"));
    let methods = methods(&app, &kim).await;
    assert_eq!((methods.totp, methods.passkeys, methods.recovery_codes), (false, 0, 0));
    assert_eq!(browser.get("/account/methods").await.status, 200, "signed on by the password alone");

    let used = rows_of(&app, "recovery.used").await;
    for side in [&kim.id, &root.id] {
        let of_side = used.iter().filter(|row| row.person_id.as_deref() == Some(side.as_str())).count();
        assert_eq!(of_side, 2, "on both sides, each time");
    }
}

#[tokio::test]
async fn a_code_ends_after_a_hundred_tries_a_day_and_its_successor() {
    let (app, _post) = stage_with_post().await;
    let root = administrator(&app).await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);

    let first = issue(&app, &root, "kim", false).await;
    let second = issue(&app, &root, "kim", false).await;
    assert!(is_refused(&app, "kim", &first.code).await, "there is one at a time");
    assert!(is_refused(&app, &minh.username, &second.code).await, "it is kim's");
    assert!(is_refused(&app, "nobody", &second.code).await);
    assert!(is_refused(&app, "kim", "").await && is_refused(&app, "", &second.code).await);
    for _ in 0..98 {
        let tried = recovery::redeem(app.services(), "kim", "ABCDE-FGH23", "browser", &origin()).await;
        assert!(matches!(tried, Err(recovery::CodeError::Wrong)));
    }
    assert!(!is_refused(&app, "kim", &second.code).await, "ninety-nine wrong ones, and then the right one");
    assert!(!is_refused(&app, "kim", &second.code).await, "typing it uses nothing up");
    assert!(is_refused(&app, "kim", "ABCDE-FGH23").await);
    assert!(is_refused(&app, "kim", &second.code).await, "a hundred");

    let third = issue(&app, &root, "kim", false).await;
    app.advance_seconds(24 * HOUR - 1);
    assert!(!is_refused(&app, "kim", &third.code).await);
    app.advance_seconds(1);
    assert!(is_refused(&app, "kim", &third.code).await, "a day");
    assert!(opens(&app, &kim, &kim.password).await, "nothing changed by any of it");
    let failed = rows_of(&app, "recovery.failed").await;
    assert!(failed.iter().any(|row| row.person_id.is_none()), "also for names that nobody has");
}

#[tokio::test]
async fn codes_are_not_tried_for_ever_from_one_network() {
    let app = TestApp::start().await;
    let services = app.services();

    for _ in 0..1_000 {
        let tried = recovery::redeem(services, "nobody", "ABCDE-FGH23", "browser", &origin()).await;
        assert!(matches!(tried, Err(recovery::CodeError::Wrong)));
    }
    let stopped = recovery::redeem(services, "nobody", "ABCDE-FGH23", "browser", &origin()).await;

    assert!(matches!(stopped, Err(recovery::CodeError::TooMany { .. })));
    assert_eq!(count_of(&app, "recovery.failed").await, 1_000, "nor are the records filled");
    app.advance_seconds(901);
    let later = recovery::redeem(services, "nobody", "ABCDE-FGH23", "browser", &origin()).await;
    assert!(matches!(later, Err(recovery::CodeError::Wrong)));
}

#[tokio::test]
async fn strangers_who_locked_a_name_keep_nobody_from_coming_back() {
    let (app, _post) = stage_with_post().await;
    let root = administrator(&app).await;
    let kim = app.official("kim").await;
    let mut stranger = app.browser();
    for _ in 0..8 {
        let guess = Official { password: "sai mật khẩu rồi 1".to_owned(), ..kim.clone() };
        stranger.sign_in(&guess, "/signin").await;
        app.advance_seconds(60);
    }
    assert!(!opens(&app, &kim, &kim.password).await, "the name is locked");

    let issued = issue(&app, &root, "kim", false).await;
    let mut browser = app.browser();
    let answer = type_code(&mut browser, "kim", &issued.code).await;
    let page = browser.follow(answer).await;
    assert_eq!(choose(&mut browser, &page, NEW).await.status, 303);

    assert!(opens(&app, &kim, NEW).await, "and what strangers failed at counts no more");
    assert_eq!(throttle::locked_until(app.services(), "kim").await.expect("an answer"), None);
}

#[tokio::test]
async fn whoever_says_that_it_was_not_them_stops_every_way_back_until_somebody_has_seen_them() {
    let (app, post) = stage_with_post().await;
    let root = administrator(&app).await;
    let kim = app.official("kim").await;
    let link = link_of(&app, &post, "kim").await;
    let tricked = issue(&app, &root, "kim", true).await;
    assert_eq!(told(&app, &kim.id).await, [NoticeKind::RecoveryCodeIssued]);
    app.advance_seconds(60);

    disown(&app, &kim.id).await;
    assert_eq!(app.get(&link).await.status, 410, "the mailbox may be somebody else's");
    assert!(is_refused(&app, "kim", &tricked.code).await, "nor does the code count that they did not ask for");
    recovery::send(app.services(), "kim", &origin()).await.expect("done");
    assert_eq!(count_of(&app, "recovery.link_sent").await, 1, "no new link is sent");

    app.advance_seconds(60);
    let tricked_again = issue(&app, &root, "kim", false).await;
    app.advance_seconds(60);
    disown(&app, &kim.id).await;
    assert!(is_refused(&app, "kim", &tricked_again.code).await, "they may say it again");

    app.advance_seconds(60);
    let seen = issue(&app, &root, "kim", false).await;
    assert!(seen.anew, "what is in the account may be somebody else's");
    let mut browser = app.browser();
    let answer = type_code(&mut browser, "kim", &seen.code).await;
    let page = browser.follow(answer).await;
    assert_eq!(choose(&mut browser, &page, NEW).await.status, 303);
    let mut tx = app.services().store.write().await.expect("a unit of work");
    notices::hold_changeable(&mut tx, &kim.id).await.expect("changes are open again");
}

#[tokio::test]
async fn what_an_intruder_left_in_an_account_goes_with_whatever_opens_it_again() {
    let (app, _post) = stage_with_post().await;
    let root = administrator(&app).await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    for official in [&kim, &minh] {
        enrol(&app, official).await;
        disown(&app, &official.id).await;
        assert!(methods(&app, official).await.totp);
    }

    let issued = issue(&app, &root, "kim", false).await;
    let mut browser = app.browser();
    let answer = type_code(&mut browser, "kim", &issued.code).await;
    let page = browser.follow(answer).await;
    let done = choose(&mut browser, &page, NEW).await;
    set_password(&app, "minh", OTHER).await.expect("set");

    assert_eq!((done.status, done.location()), (303, "/welcome"));
    for official in [&kim, &minh] {
        assert!(!methods(&app, official).await.totp, "{}", official.username);
    }
    let made = rows_of(&app, "recovery.code_issued").await;
    assert!(made.len() == 2 && made.iter().all(|row| detail(row)["takes_factors"] == true), "and that is on record");
    let set = rows_of(&app, "password.set").await;
    let last = detail(set.last().expect("a password"));
    assert_eq!((&last["changes_unlocked"], &last["apps_removed"]), (&true.into(), &1.into()));
    assert!(devices::list(app.services(), &minh.id).await.expect("devices").is_empty());
}

#[tokio::test]
async fn the_desk_is_on_record_with_whom_it_looked_at_and_as_what_it_helped() {
    let (app, _post) = stage_with_post().await;
    let kim = app.official("kim").await;
    let mut desk = admin(&app, "desk", &[], everywhere(AdminRole::HelpDesk)).await;

    for username in ["nobody", "desk"] {
        let page = desk.browser.get(&format!("/admin/recovery?look=1&username={username}")).await;
        assert_eq!((page.status, page.page()), (422, Some("admin-recovery")), "{}", page.body);
    }
    assert_eq!(count_of(&app, "person.viewed").await, 0, "nobody was seen");
    let page = desk.browser.get("/admin/recovery?look=1&username=kim").await;
    assert_eq!((page.status, page.page()), (200, Some("admin-recovery")), "{}", page.body);
    let seen = rows_of(&app, "person.viewed").await;
    assert_eq!(seen.len(), 1);
    assert_eq!((&detail(&seen[0])["part"], &detail(&seen[0])["acting_as"]), (&"recovery".into(), &"help-desk".into()));
    let (by, of) = (seen[0].actor.as_deref(), seen[0].person_id.as_deref());
    assert_eq!((by, of), (Some(desk.official.id.as_str()), Some(kim.id.as_str())));

    let opened = desk.post("/admin/recovery", &[("username", "kim"), ("act", "unlock")]).await;
    assert_eq!(opened.status, 303, "{}", opened.body);
    let made = desk.post("/admin/recovery", &[("username", "kim"), ("act", "issue"), ("seen", "1")]).await;
    assert_eq!(made.status, 200, "{}", made.body);
    for event in ["sign_in.unlocked", "recovery.code_issued"] {
        let rows = rows_of(&app, event).await;
        assert_eq!(rows.len(), 2, "{event}: on both sides");
        assert!(rows.iter().all(|row| detail(row)["acting_as"] == "help-desk"), "{rows:?}");
    }
}

#[tokio::test]
async fn a_code_is_worth_as_much_as_the_right_of_whoever_made_it() {
    let (app, _post) = stage_with_post().await;
    let root = administrator(&app).await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let (of_kim, of_minh) = (issue(&app, &root, "kim", false).await, issue(&app, &root, "minh", true).await);
    let (mut first, mut second) = (app.browser(), app.browser());
    let typed = type_code(&mut first, "kim", &of_kim.code).await;
    let page_of_kim = first.follow(typed).await;
    let typed = type_code(&mut second, "minh", &of_minh.code).await;
    let page_of_minh = second.follow(typed).await;

    appoint(&app, &kim).await;
    let late = choose(&mut first, &page_of_kim, NEW).await;
    assert_eq!((late.status, late.page()), (410, Some("recover-over")), "who they are now is guarded better");
    assert!(is_refused(&app, "kim", &of_kim.code).await);
    for granted in administrators::list(app.services(), Some("root")).await.expect("roles") {
        administrators::revoke(app.services(), &granted.scope.id, "os:test", &origin()).await.expect("revoked");
    }
    let late = choose(&mut second, &page_of_minh, NEW).await;

    assert_eq!((late.status, late.page()), (410, Some("recover-over")), "nobody is let in by whoever was dismissed");
    assert_eq!(count_of(&app, "recovery.used").await, 0);
    assert!(opens(&app, &minh, &minh.password).await && !opens(&app, &minh, NEW).await);
}

#[tokio::test]
async fn whoever_was_on_the_way_to_a_system_goes_on_to_it() {
    let (app, _post) = stage_with_post().await;
    let root = administrator(&app).await;
    app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let issued = issue(&app, &root, "kim", false).await;
    let mut browser = app.browser();
    let asked = browser.get(&app.authorize_path(&tthc, &[("prompt", "login")])).await;
    let request = browser.follow(asked).await.hidden("request");

    let page = browser.get(&format!("{CODE}?request={request}")).await;
    let answer = fill(&mut browser, CODE, &page, &[("username", "kim"), ("code", &issued.code)]).await;
    let page = browser.follow(answer).await;
    let done = choose(&mut browser, &page, NEW).await;
    assert!(done.location().starts_with("/signin/continue?request="), "{}", done.location());
    let arrived = browser.follow(done).await;

    assert!(arrived.param("code").is_some(), "{} {}", arrived.status, arrived.body);
}
