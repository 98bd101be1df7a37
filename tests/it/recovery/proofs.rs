//! What is asked for beside a link: a mailbox alone never opens the account of somebody who has more, or who is more.

use super::scene::{HOUR, NEW, appoint, choose, detail, fill, link_of, methods, opened, origin};
use crate::passkeys::scene::Scene;
use crate::support::phones::{self, Phone, enrol};
use crate::support::post::{Post, stage_with_post};
use crate::support::records::{count_of, rows_of};
use crate::support::{Answer, Browser, Official, TestApp};
use motlan::service::recovery::{self, Invite};

/// Somebody with an app whose link was just opened.
async fn asked_for_more(app: &TestApp, post: &Post) -> (Official, Phone, String, Browser, Answer) {
    let kim = app.official("kim").await;
    let (_, phone) = enrol(app, &kim).await;
    let link = link_of(app, post, "kim").await;
    let mut browser = app.browser();
    let page = browser.get(&link).await;
    assert_eq!((page.status, page.page()), (200, Some("recover-link")), "{}", page.body);
    (kim, phone, link, browser, page)
}

#[tokio::test]
async fn a_mailbox_alone_does_not_open_the_account_of_somebody_with_a_second_factor() {
    let (app, post) = stage_with_post().await;
    let (kim, phone, _, mut browser, page) = asked_for_more(&app, &post).await;
    let proof = "/signin/recover/link";

    assert_eq!(fill(&mut browser, proof, &page, &[]).await.status, 422);
    let wrong = fill(&mut browser, proof, &page, &[("code", &phone.wrong(&app))]).await;
    assert_eq!((wrong.status, wrong.page()), (422, Some("recover-link")));
    assert_eq!(count_of(&app, "recovery.failed").await, 1);
    let right = fill(&mut browser, proof, &page, &[("code", &phone.code(&app))]).await;
    let page = browser.follow(right).await;
    assert_eq!(page.page(), Some("recover-password"), "{}", page.body);
    let done = choose(&mut browser, &page, NEW).await;

    assert_eq!(browser.follow(done).await.page(), Some("portal"), "two factors were shown");
    assert!(methods(&app, &kim).await.totp, "the app is still there");
    let rows = rows_of(&app, "sign_in.succeeded").await;
    let last = detail(rows.last().expect("a sign-in"));
    assert_eq!((&last["level"], &last["methods"]), (&2.into(), &"pwd otp".into()));
}

#[tokio::test]
async fn guessing_beside_a_link_ends_it_and_leaves_the_account_as_it_was() {
    let (app, post) = stage_with_post().await;
    let (kim, phone, link, mut browser, page) = asked_for_more(&app, &post).await;
    let proof = "/signin/recover/link";

    for _ in 0..5 {
        assert_eq!(fill(&mut browser, proof, &page, &[("code", &phone.wrong(&app))]).await.status, 422);
    }
    let right = fill(&mut browser, proof, &page, &[("code", &phone.code(&app))]).await;
    assert_eq!((right.status, right.page()), (429, Some("recover-link")), "the right one is not looked at any more");
    let again = fill(&mut app.browser(), proof, &page, &[("code", &phone.code(&app))]).await;
    assert_eq!(again.status, 403, "a form of another browser");

    let fresh = link_of(&app, &post, "kim").await;
    assert_ne!(fresh, link);
    let page = browser.get(&fresh).await;
    for _ in 0..4 {
        assert_eq!(fill(&mut browser, proof, &page, &[("code", &phone.wrong(&app))]).await.status, 422);
    }
    let stopped = fill(&mut browser, proof, &page, &[("code", &phone.wrong(&app))]).await;
    assert_eq!(stopped.status, 429, "ten in a day, with however many links");
    assert_eq!(count_of(&app, "recovery.used").await, 0);
    app.advance_seconds(30);
    let (mut own, step) = phones::asked(&app, &kim, "/signin").await;
    let entered = phones::give(&mut own, &step, &phone.code(&app), &[]).await;
    assert_eq!(own.follow(entered).await.page(), Some("portal"), "the owner's own front door is open");
}

#[tokio::test]
async fn a_passkey_of_somebody_else_proves_nothing_beside_a_link() {
    let scene = Scene::set().await;
    let app = &scene.app;
    let mut own = scene.device_of(&scene.kim).await;
    let mut of_minh = scene.device_of(&scene.minh).await;
    let origin = origin();
    let invite = Invite { username: "kim", email: None, anew: false, actor: "os:test", origin: &origin };
    let link = recovery::invite(app.services(), &invite).await.expect("a link").link;
    let link = link.strip_prefix(app.issuer()).expect("ours").to_owned();
    let mut browser = app.browser();
    let page = browser.get(&link).await;
    assert_eq!(page.page(), Some("recover-link"), "{}", page.body);
    assert!(page.body.contains("data-options=\"/signin/recover/link/options\""));

    for (device, expected) in [(&mut of_minh, 422), (&mut own, 303)] {
        let options = fill(&mut browser, "/signin/recover/link/options", &page, &[]).await;
        assert_eq!(options.status, 200, "{}", options.body);
        let credential = device.show(&options.json());
        let answer = fill(&mut browser, "/signin/recover/link/passkey", &page, &[("credential", &credential)]).await;
        assert_eq!(answer.status, expected, "{}", answer.body);
        if expected == 303 {
            assert_eq!(browser.follow(answer).await.page(), Some("recover-password"));
        }
    }
}

#[tokio::test]
async fn an_administrator_without_a_second_factor_gets_no_link() {
    let (app, post) = stage_with_post().await;
    let kim = app.official("kim").await;
    let early = link_of(&app, &post, "kim").await;
    appoint(&app, &kim).await;

    recovery::send(app.services(), "kim", &origin()).await.expect("done");

    assert_eq!(count_of(&app, "recovery.link_sent").await, 1, "only the one of before");
    let landing = app.get(&early).await;
    assert_eq!((landing.status, landing.page()), (410, Some("recover-over")), "which was for whom they were before");
}

#[tokio::test]
async fn an_invitation_lets_a_first_administrator_in_and_leads_on_to_a_second_factor() {
    let (app, post) = stage_with_post().await;
    let kim = app.official("kim").await;
    appoint(&app, &kim).await;
    let origin = origin();
    let invite = Invite { username: "kim", email: Some("le.tan@vi-du.vn"), anew: false, actor: "os:test", origin: &origin };
    let before = recovery::invite(app.services(), &invite).await.expect("invited");
    let invited = recovery::invite(app.services(), &invite).await.expect("invited again");

    let letters = post.letters(&app).await;
    assert_eq!(letters.len(), 2);
    assert!(letters.iter().all(|letter| letter.to() == "le.tan@vi-du.vn"));
    let path = |link: &str| link.strip_prefix("https://id.example").expect("ours").to_owned();
    assert_eq!(app.get(&path(&before.link)).await.status, 410, "the newest counts");
    app.advance_seconds(72 * HOUR - 60);
    let mut browser = app.browser();
    let page = opened(&mut browser, &path(&invited.link)).await;
    let done = choose(&mut browser, &page, NEW).await;

    assert_eq!((done.status, done.location()), (303, "/welcome"));
    let rows = rows_of(&app, "recovery.invited").await;
    assert!(rows.iter().all(|row| row.actor.as_deref() == Some("os:test")), "who made it is on record");
    for (username, email) in [("nobody", None), ("kim", Some("no address"))] {
        let refused = recovery::invite(app.services(), &Invite { username, email, ..invite }).await;
        assert!(refused.is_err(), "{username}");
    }
}
