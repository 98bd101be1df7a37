//! "Is this you?": nobody passes the question by, nothing that would serve a stranger is shown before it, and it is about
//! the account that was used.

use super::scene::{HASH, OLD, SIGN_ON, Scene, account, bring, decide, found_right, lan, row, say_right, scene, send, walk};
use crate::passkeys::authenticator::Device;
use crate::support::flows::visit;
use crate::support::phones::enrol as add_app;
use crate::support::records::count_of;
use motlan::service::Origin;
use motlan::service::legacy::{confirm, home, sign_in};
use motlan::service::old_accounts::{self, EnrolProof, Leads};
use motlan::service::passkeys::enrol::{self, EnrolError, Made};
use motlan::service::sign_on::{self, Before};
use motlan::store::legacy_accounts::credentials;

const BROWSER: &str = "mot-trinh-duyet";

/// A second account of kim in the same system.
async fn with_two_accounts() -> Scene {
    let scene = scene().await;
    bring(&scene.app, &row("8", "kim.hai", HASH, "active")).await;
    decide(&scene.app, "8", "linked", Some(&scene.kim.id)).await;
    scene
}

#[tokio::test]
async fn no_page_of_the_account_opens_before_the_question_is_answered() {
    let scene = scene().await;
    let mut browser = scene.app.browser();
    let asked = walk(&mut browser, &scene.van_ban_path(&[]), r"bd\kim.cu", OLD).await;
    assert_eq!((asked.status, asked.page()), (200, Some("confirm")));
    let events = scene.app.audit_events().await;

    for path in ["/", "/account", "/account/methods", "/account/report", "/welcome", "/welcome?step=who"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.body);
        assert!(answer.location().starts_with("/signin/confirm?request="), "{path}: {}", answer.location());
    }
    let csrf = asked.hidden("csrf");
    for (path, act) in [("/welcome", "wrong"), ("/welcome", "passkey"), ("/account/methods/passkeys/options", "")] {
        let answer = browser.post(path, &[("csrf", &csrf), ("act", act)]).await;
        assert!(answer.location().starts_with("/signin/confirm?request="), "{path} {act}: {}", answer.location());
    }

    assert_eq!(scene.app.audit_events().await, events, "nothing happened");
    assert!(account(&scene.app, "7").await.confirmed_at.is_none());
    let question = visit(&mut browser, "/account").await;
    let right = send(&mut browser, &question, "/signin/confirm", &[("act", "right")]).await;
    assert_eq!((right.status, right.location()), (303, "/account"), "they come where they wanted to");
    assert_eq!(visit(&mut browser, "/account").await.page(), Some("profile"));
}

#[tokio::test]
async fn the_question_comes_after_the_factor_that_the_person_has() {
    let scene = scene().await;
    let (_, phone) = add_app(&scene.app, &scene.kim).await;
    // An account that turned up later: those before were retired when they got their app.
    bring(&scene.app, &row("8", "kim.hai", HASH, "active")).await;
    decide(&scene.app, "8", "linked", Some(&scene.kim.id)).await;
    scene.app.advance_seconds(60);
    let mut browser = scene.app.browser();
    let page = walk(&mut browser, "/signin", r"bd\kim.hai", OLD).await;
    assert_eq!(page.page(), Some("second-factor"), "{}", page.body);
    let request = page.hidden("request");

    let direct = browser.get(&format!("/signin/confirm?request={request}")).await;
    let fields = [("csrf", page.hidden("csrf")), ("request", request.clone()), ("act", "right".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let said = browser.post("/signin/confirm", &fields).await;
    let account_page = browser.get("/account").await;

    let step = format!("/signin/second-factor?request={request}");
    assert_eq!((direct.status, direct.location()), (303, step.as_str()));
    assert_eq!((said.status, said.location()), (303, step.as_str()));
    assert!(account_page.location().starts_with("/signin/second-factor?request="), "{}", account_page.location());
    assert_eq!(count_of(&scene.app, "legacy_account.confirmed").await, 0);
    let given = send(&mut browser, &page, "/signin/second-factor", &[("code", &phone.code(&scene.app))]).await;
    let asked = browser.follow(given).await;
    assert_eq!(say_right(&mut browser, &asked).await.page(), Some("portal"));
}

#[tokio::test]
async fn whoever_was_not_asked_yet_adds_no_way_to_sign_in() {
    let (app, lan) = lan().await;
    let (services, origin) = (app.services(), Origin::command_line());
    let (_, started) = found_right(&app, "1").await;
    let before = Before { sign_on: &started.sign_on, cookie: &started.cookie };
    let known = services.person(&lan).await.expect("an answer").expect("Lan");

    for is_confirmed in [false, true] {
        if is_confirmed {
            assert!(confirm::confirm(services, &started.sign_on, false, &origin).await.expect("an answer"));
        }
        let mut device = Device::new();
        let options = enrol::begin(services, &known, BROWSER, &origin).await.expect("options");
        let credential = device.make(&options);
        let proof = old_accounts::may_enrol(services, &started.sign_on).await.expect("an answer");
        let made = Made { name: "máy", credential: &credential, browser: BROWSER, origin: &origin };
        let added = enrol::finish(services, &before, &made).await;

        if is_confirmed {
            assert_eq!(proof, EnrolProof::Enough);
            assert!(added.is_ok(), "what the directory said is enough");
        } else {
            assert_eq!(proof, EnrolProof::More { mail: false });
            assert!(matches!(added, Err(EnrolError::Refused)));
        }
        assert_eq!(count_of(&app, "method.added").await, usize::from(is_confirmed));
    }
}

#[tokio::test]
async fn of_several_accounts_the_question_is_about_the_one_that_was_used() {
    let scene = with_two_accounts().await;
    let mut browser = scene.app.browser();
    let first = walk(&mut browser, &scene.van_ban_path(&[]), r"bd\kim.cu", OLD).await;
    scene.app.advance_seconds(60);
    // The other one is used later, elsewhere.
    let second = walk(&mut scene.app.browser(), &scene.van_ban_path(&[]), r"bd\kim.hai", OLD).await;
    assert_eq!((first.page(), second.page()), (Some("confirm"), Some("confirm")));

    let asked = browser.get(&format!("/signin/confirm?request={}", first.hidden("request"))).await;
    let cookie = browser.cookies.get(SIGN_ON).cloned().expect("a sign-on");
    let sign_on = sign_on::find(scene.app.services(), &cookie).await.expect("an answer").expect("the sign-on");
    let wrong = send(&mut browser, &asked, "/signin/confirm", &[("act", "wrong")]).await;

    assert!(asked.body.contains("kim.cu") && !asked.body.contains("kim.hai"), "{}", asked.body);
    assert_eq!((sign_on.legacy.as_deref(), sign_on.legacy_id.as_deref()), (Some("bd"), Some("7")));
    assert_eq!(browser.follow(wrong).await.page(), Some("disputed"));
    let (seven, eight) = (account(&scene.app, "7").await, account(&scene.app, "8").await);
    assert_eq!((seven.decision.as_str(), seven.person_id), ("review", None));
    assert_eq!((eight.decision.as_str(), eight.person_id.as_deref()), ("linked", Some(scene.kim.id.as_str())));
}

#[tokio::test]
async fn another_account_of_the_person_does_not_stand_in_for_the_one_that_was_taken_away() {
    let scene = with_two_accounts().await;
    let (services, origin) = (scene.app.services(), Origin::command_line());
    let source = home::place(services, "bd").await.expect("an answer").expect("the source");
    let leads = sign_in::password(services, &source, "kim.cu", OLD.into(), None, &origin).await;
    let Ok(Leads::Person(proof)) = leads else { panic!("the old password is right") };

    let used = account(&scene.app, "7").await;
    let mut tx = services.store.write().await.expect("a unit of work");
    assert!(credentials::dispute(&mut tx, &used, &scene.kim.id, services.clock.now()).await.expect("an answer"));
    tx.commit().await.expect("committed");

    assert!(sign_on::start(services, proof, None, &origin).await.is_err());
    assert_eq!(count_of(&scene.app, "sign_in.succeeded").await, 0);
}
