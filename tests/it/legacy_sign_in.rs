//! What signing in with accounts of old systems promises: the way of old names and passwords, systems of one's own
//! source and no other, a look at who one is, and nothing more once there is a better way in.

mod closing;
mod confirming;
mod enrolment;
mod former_units;
mod known_devices;
mod passwords;
mod rights;
pub mod scene;
mod taken_away;

use crate::support::flows::{OFFLINE, tokens_of, visit};
use crate::support::phones::enrol;
use crate::support::records::{count_of, rows_of};
use crate::support::requests::text;
use motlan::model::admin_scope::AdminRole;
use motlan::service::Origin;
use motlan::service::administrators::{self, Grant};
use scene::{HASH, OLD, SIGN_ON, account, bring, come, decide, row, scene, send, walk};

#[tokio::test]
async fn an_old_account_enters_the_systems_of_its_source_at_level_1() {
    let scene = scene().await;

    let (_, arrived) = scene.come_in().await;

    let tokens = tokens_of(&scene.app, &scene.van_ban, &arrived).await;
    let claims = scene.app.claims(text(&tokens, "id_token"));
    assert!(text(&claims, "acr").ends_with('1'), "{claims}");
    let used = rows_of(&scene.app, "legacy_account.used").await;
    assert_eq!(used.len(), 1);
    assert_eq!(used[0].person_id.as_deref(), Some(scene.kim.id.as_str()));
    assert!(account(&scene.app, "7").await.first_used_at.is_some());
}

#[tokio::test]
async fn a_stolen_weak_password_opens_no_other_system() {
    let scene = scene().await;
    let (mut browser, _) = scene.come_in().await;

    let shown = visit(&mut browser, &scene.tthc_path(&[])).await;
    let silent = browser.get(&scene.tthc_path(&[("prompt", "none")])).await;
    let mut elsewhere = scene.app.browser();
    let directly = come(&mut elsewhere, &scene.tthc_path(&[]), r"bd\kim.cu", OLD).await;

    assert_eq!((shown.status, shown.page()), (200, Some("own-way")), "{}", shown.body);
    assert_eq!(silent.param("error").as_deref(), Some("interaction_required"));
    assert_eq!((directly.param("code"), directly.page()), (None, Some("own-way")));
    let still = browser.get(&scene.van_ban_path(&[("prompt", "none")])).await;
    assert!(still.param("code").is_some(), "its own system stays open");
}

#[tokio::test]
async fn whoever_signs_in_their_own_way_after_it_enters_everything() {
    let scene = scene().await;
    let (mut browser, _) = scene.come_in().await;
    let gate = browser.get(&scene.tthc_path(&[])).await;
    assert!(gate.location().starts_with("/signin/own-way?"), "{}", gate.location());
    let request = gate.param("request").expect("a waiting request");
    // The browser remembers the old place; the person says that they mean the city's own account.
    let page = browser.get(&format!("/signin?request={request}")).await;
    let named = send(&mut browser, &page, "/signin", &[("username", "kim")]).await;
    browser.follow(named).await;
    let page = browser.get(&format!("/signin/place?request={request}")).await;
    let placed = send(&mut browser, &page, "/signin/place", &[("place", "_city")]).await;
    let page = browser.follow(placed).await;

    let entered = send(&mut browser, &page, "/signin/password", &[("password", &scene.kim.password)]).await;
    let entered = browser.follow(entered).await;

    assert!(entered.param("code").is_some(), "{} {}", entered.status, entered.body);
}

#[tokio::test]
async fn an_old_account_makes_nobody_an_administrator() {
    let scene = scene().await;
    let origin = Origin::command_line();
    let grant = Grant {
        username: "kim",
        role: AdminRole::System,
        unit: None,
        client: None,
        valid_from: None,
        valid_to: None,
        actor: "os:test",
        origin: &origin,
    };
    let (_, phone) = enrol(&scene.app, &scene.kim).await;
    administrators::grant(scene.app.services(), &grant).await.expect("granted").expect("new");
    // An account that turned up later: those before were retired when they got their app.
    bring(&scene.app, &row("8", "quan.cu", HASH, "active")).await;
    decide(&scene.app, "8", "linked", Some(&scene.kim.id)).await;
    scene.app.advance_seconds(60);
    // The second factor of the administrator on top of the old password.
    let mut browser = scene.app.browser();
    let page = walk(&mut browser, &scene.van_ban_path(&[]), r"bd\quan.cu", OLD).await;
    assert_eq!(page.page(), Some("second-factor"), "{}", page.body);
    let given = send(&mut browser, &page, "/signin/second-factor", &[("code", &phone.code(&scene.app))]).await;
    assert_eq!(browser.follow(given).await.page(), Some("confirm"));

    for path in ["/admin", "/admin/people", "/admin/keys"] {
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.error_page()), (403, Some("no_access")), "{path}");
    }
}

#[tokio::test]
async fn an_old_account_reads_and_changes_nothing_of_the_account() {
    let scene = scene().await;
    let (mut browser, _) = scene.come_in().await;
    let own = browser.get("/account").await;
    assert_eq!((own.status, own.page()), (200, Some("profile")));
    let events = scene.app.audit_events().await;

    for path in [
        "/account/methods",
        "/account/methods/password",
        "/account/methods/passkeys",
        "/account/methods/totp",
        "/account/sessions",
        "/account/history",
        "/account/history.csv",
        "/account/disclosures",
        "/account/delegations",
        "/account/delegations?give=1",
    ] {
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.location()), (303, "/signin/own-way"), "{path}");
    }
    let csrf = own.hidden("csrf");
    let acts = [
        ("/account/sessions", ("act", "all")),
        ("/account/delegations", ("act", "give")),
        ("/account/methods/passkeys", ("act", "add")),
        ("/account/methods/totp", ("act", "add")),
        ("/account/methods/offline", ("on", "YmQvNw")),
        ("/account/methods/offline", ("off", "YmQvNw")),
    ];
    for (path, act) in acts {
        let answer = browser.post(path, &[("csrf", &csrf), act]).await;
        assert_eq!((answer.status, answer.location()), (303, "/signin/own-way"), "{path}");
    }

    assert_eq!(scene.app.audit_events().await, events, "nothing happened");
    assert!(browser.get(&scene.van_ban_path(&[("prompt", "none")])).await.param("code").is_some(), "still signed on");
}

#[tokio::test]
async fn the_person_is_shown_once_who_the_system_believes_they_are() {
    let scene = scene().await;
    let mut browser = scene.app.browser();
    let asked = walk(&mut browser, &scene.van_ban_path(&[]), r"bd\kim.cu", OLD).await;
    assert_eq!((asked.status, asked.page()), (200, Some("confirm")));
    assert!(asked.body.contains("kim.cu") && asked.body.contains("Phường Phú Cường, Thủ Dầu Một"));
    assert!(!asked.body.contains("03/02/1980"), "nothing that would serve a stranger");
    let silent = browser.get(&scene.van_ban_path(&[("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("interaction_required"), "nobody passes it by");

    let right = send(&mut browser, &asked, "/signin/confirm", &[("act", "right")]).await;
    let right = browser.follow(right).await;

    assert!(right.param("code").is_some(), "{}", right.body);
    assert_eq!(count_of(&scene.app, "legacy_account.confirmed").await, 1);
    let again = walk(&mut scene.app.browser(), &scene.van_ban_path(&[]), r"bd\kim.cu", OLD).await;
    assert!(again.param("code").is_some(), "asked once for the account");
}

#[tokio::test]
async fn whoever_says_that_it_is_not_them_is_signed_out_and_a_human_decides() {
    let scene = scene().await;
    let mut browser = scene.app.browser();
    let asked = walk(&mut browser, &scene.van_ban_path(&[]), r"bd\kim.cu", OLD).await;

    let wrong = send(&mut browser, &asked, "/signin/confirm", &[("act", "wrong")]).await;
    let told = browser.follow(wrong).await;

    assert_eq!((told.status, told.page()), (200, Some("disputed")));
    let disputed = account(&scene.app, "7").await;
    assert_eq!((disputed.decision.as_str(), disputed.person_id), ("review", None));
    assert_eq!(count_of(&scene.app, "legacy_account.disputed").await, 1);
    let silent = browser.get(&scene.van_ban_path(&[("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("login_required"), "the sign-on has ended");
    let again = come(&mut scene.app.browser(), &scene.van_ban_path(&[]), r"bd\kim.cu", OLD).await;
    assert_eq!((again.status, again.page()), (403, Some("old-account")));
}

#[tokio::test]
async fn an_account_that_is_not_decided_opens_nothing_and_says_so_to_whoever_has_its_password() {
    let scene = scene().await;
    bring(&scene.app, &row("8", "an.cu", HASH, "active")).await;
    let mut browser = scene.app.browser();

    let right = come(&mut browser, &scene.van_ban_path(&[]), r"bd\an.cu", OLD).await;
    let wrong = come(&mut scene.app.browser(), &scene.van_ban_path(&[]), r"bd\an.cu", "sai").await;

    assert_eq!((right.status, right.page()), (403, Some("old-account")));
    assert_eq!((wrong.status, wrong.page()), (422, Some("password")));
    assert!(!browser.cookies.contains_key(SIGN_ON), "nobody is signed on");
    assert_eq!(count_of(&scene.app, "sign_in.succeeded").await, 0);
}

#[tokio::test]
async fn an_account_that_was_locked_or_rejected_is_as_wrong_as_an_unknown_name() {
    let scene = scene().await;
    bring(&scene.app, &(row("8", "khoa.cu", HASH, "disabled") + &row("9", "bo.cu", HASH, "active"))).await;
    decide(&scene.app, "8", "linked", Some(&scene.kim.id)).await;
    decide(&scene.app, "9", "rejected", None).await;

    for name in [r"bd\khoa.cu", r"bd\bo.cu", r"bd\khong-co"] {
        let answer = come(&mut scene.app.browser(), &scene.van_ban_path(&[]), name, OLD).await;
        assert_eq!((answer.status, answer.page()), (422, Some("password")), "{name}");
    }
    assert_eq!(count_of(&scene.app, "sign_in.succeeded").await, 0);
}

#[tokio::test]
async fn offline_access_through_an_old_account_lives_no_longer_than_the_sign_on() {
    let scene = scene().await;
    let arrived = come(&mut scene.app.browser(), &scene.van_ban_path(&OFFLINE), r"bd\kim.cu", OLD).await;
    let tokens = tokens_of(&scene.app, &scene.van_ban, &arrived).await;
    let own = scene.app.tokens(&scene.van_ban, &scene.kim, &OFFLINE).await;

    // Offline access of one's own outlives the sign-on; what came through an old account does not.
    scene.app.advance_seconds(9 * 3_600);

    assert_eq!(scene.app.refresh(&scene.van_ban, text(&tokens, "refresh_token")).await.status, 400);
    assert_eq!(scene.app.refresh(&scene.van_ban, text(&own, "refresh_token")).await.status, 200);
}
