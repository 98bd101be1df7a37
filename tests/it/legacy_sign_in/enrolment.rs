//! A better way in: what has to be proven before it, and that old accounts open nothing after it.

use super::scene::{HASH, OLD, SIGN_ON, Scene, account, bring, come, decide, kept, row, scene, send};
use crate::legacy_review::official;
use crate::support::Browser;
use crate::support::flows::{tokens_of, visit};
use crate::support::phones::enrol;
use crate::support::records::{count_of, has_ended, rows_of, sign_on_of};
use motlan::service::old_accounts::{self, EnrolProof};
use motlan::service::passwords;
use motlan::service::sign_on::{self, Started};
use motlan::service::{Origin, login};

const NEW: &str = "Con mèo trèo cây cau 7!";

/// The sign-on of kim's own password.
async fn own_sign_on(scene: &Scene) -> Started {
    let services = scene.app.services();
    let origin = Origin::command_line();
    let Ok(proof) = login::password(services, "kim", scene.kim.password.as_str().into(), None, &origin).await else {
        panic!("the own password opens")
    };
    sign_on::start(services, proof, None, &origin).await.expect("a sign-on")
}

#[tokio::test]
async fn a_password_of_ones_own_retires_every_old_account() {
    let scene = scene().await;
    let (mut browser, arrived) = scene.come_in().await;
    let tokens = tokens_of(&scene.app, &scene.van_ban, &arrived).await;
    let old = sign_on_of(&scene.app, &tokens);
    let own = own_sign_on(&scene).await;

    let current = scene.kim.password.as_str();
    passwords::change(scene.app.services(), &own.sign_on, current.into(), NEW.into(), &Origin::command_line())
        .await
        .expect("changed");

    assert!(has_ended(&scene.app, &old).await, "what it opened is over");
    let silent = browser.get(&scene.van_ban_path(&[("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("login_required"));
    assert!(!scene.opens().await, "the old password opens nothing any more");
    let gone = kept(&scene.app, "7").await;
    assert!(gone.retired_at.is_some() && gone.sealed.is_none() && gone.wrapped.is_none(), "nor is it kept");
    assert!(account(&scene.app, "7").await.retired_at.is_some());
    let retired = rows_of(&scene.app, "legacy_account.retired").await;
    assert_eq!(retired.len(), 1);
    assert_eq!(retired[0].person_id.as_deref(), Some(scene.kim.id.as_str()));
}

#[tokio::test]
async fn an_app_beside_ones_own_password_retires_them_too() {
    let scene = scene().await;
    let (_, arrived) = scene.come_in().await;
    let tokens = tokens_of(&scene.app, &scene.van_ban, &arrived).await;

    enrol(&scene.app, &scene.kim).await;

    assert!(has_ended(&scene.app, &sign_on_of(&scene.app, &tokens)).await);
    assert!(!scene.opens().await);
    assert_eq!(count_of(&scene.app, "legacy_account.retired").await, 1);
}

#[tokio::test]
async fn a_file_that_comes_after_does_not_bring_a_retired_password_back() {
    let scene = scene().await;
    enrol(&scene.app, &scene.kim).await;
    bring(&scene.app, &row("7", "kim.cu", "{SHA}t3EvurpF/PY7BKgQRcvw+2EzZnk=", "active")).await;

    for password in [OLD, "M\u{1ead}t kh\u{1ea9}u c\u{169} 2"] {
        let mut browser = scene.app.browser();
        let answer = come(&mut browser, &scene.van_ban_path(&[]), r"bd\kim.cu", password).await;
        assert_eq!((answer.status, answer.page()), (422, Some("password")));
        scene.app.advance_seconds(5);
    }
}

#[tokio::test]
async fn what_was_proven_before_a_retirement_begins_nothing_after_it() {
    let scene = scene().await;
    let services = scene.app.services();
    let origin = Origin::command_line();
    let source = motlan::service::legacy::home::place(services, "bd").await.expect("an answer").expect("the source");
    let leads = motlan::service::legacy::sign_in::password(services, &source, "kim.cu", OLD.into(), None, &origin).await;
    let Ok(old_accounts::Leads::Person(proof)) = leads else { panic!("the old password is right") };
    enrol(&scene.app, &scene.kim).await;

    assert!(sign_on::start(services, proof, None, &origin).await.is_err());
}

#[tokio::test]
async fn an_exported_hash_is_never_enough_to_add_a_way_to_sign_in() {
    let scene = scene().await;
    let (mut browser, _) = scene.come_in().await;
    let events = scene.app.audit_events().await;

    let factor = visit(&mut browser, "/welcome?step=factor").await;
    let who = visit(&mut browser, "/welcome?step=who").await;
    let added = browser.post("/welcome", &[("csrf", &who.hidden("csrf")), ("act", "app"), ("code", "123456")]).await;
    let options = browser.post("/account/methods/passkeys/options", &[("csrf", &who.hidden("csrf"))]).await;

    assert_ne!(factor.page(), Some("welcome-factor"));
    assert_eq!((added.status, added.location()), (303, "/signin/own-way"));
    assert_eq!((options.status, options.location()), (303, "/signin/own-way"));
    assert_eq!(scene.app.audit_events().await, events, "nothing was added");
    let cookie = browser.cookies.get(SIGN_ON).expect("a sign-on");
    let sign_on = sign_on::find(scene.app.services(), cookie).await.expect("an answer").expect("the sign-on");
    let proof = old_accounts::may_enrol(scene.app.services(), &sign_on).await.expect("an answer");
    assert_eq!(proof, EnrolProof::More { mail: false }, "no mail goes out in this house");
}

#[tokio::test]
async fn a_temporary_password_is_not_replaced_by_whoever_has_an_old_one() {
    let scene = scene().await;
    let origin = Origin::command_line();
    let request = motlan::service::provisioning::password::Request {
        username: "kim",
        password: "mật khẩu tạm thời 3".into(),
        temporary: true,
        actor: "os:test",
        origin: &origin,
    };
    motlan::service::provisioning::password::set(scene.app.services(), request).await.expect("a password");
    let (mut browser, _) = scene.come_in().await;
    let page = browser.get(&scene.tthc_path(&[])).await;
    let request = page.param("request").expect("a waiting request");
    let shown = browser.follow(page).await;
    let csrf = if shown.hidden("csrf").is_empty() { browser.get("/").await.hidden("csrf") } else { shown.hidden("csrf") };

    let fields = [("csrf", csrf.as_str()), ("request", request.as_str()), ("password", NEW)];
    let answer = browser.post("/signin/new-password", &fields).await;

    assert_eq!(answer.status, 303);
    assert!(answer.location().starts_with("/signin"), "{}", answer.location());
    assert_eq!(count_of(&scene.app, "password.changed").await, 0);
}

/// The end of the first-time walk of whoever wants nothing more.
async fn end_of_the_walk(browser: &mut Browser) -> String {
    let who = visit(browser, "/welcome?step=who").await;
    assert_eq!(who.page(), Some("welcome-who"), "{}", who.body);
    send(browser, &who, "/welcome", &[("act", "right")]).await;
    let skipped = send(browser, &who, "/welcome", &[("act", "skip")]).await;
    let done = browser.follow(skipped).await;
    assert_eq!(done.page(), Some("welcome-done"), "{}", done.body);
    done.body
}

#[tokio::test]
async fn whoever_has_no_password_here_is_not_told_that_it_is_in_use() {
    let scene = scene().await;
    let lan = official(&scene.app, "lan", "Nguyễn Thị Lan", "").await;
    bring(&scene.app, &row("9", "lan.cu", HASH, "active")).await;
    decide(&scene.app, "9", "linked", Some(&lan)).await;
    let mut hers = scene.app.browser();
    let arrived = come(&mut hers, &scene.van_ban_path(&[]), r"bd\lan.cu", OLD).await;
    assert!(arrived.param("code").is_some(), "{} {}", arrived.status, arrived.body);
    let (mut his, _) = scene.come_in().await;

    let (without, with) = (end_of_the_walk(&mut hers).await, end_of_the_walk(&mut his).await);

    assert!(!without.contains("Đang dùng"), "{without}");
    assert_eq!(with.matches("Đang dùng").count(), 1, "the password alone: {with}");
}
