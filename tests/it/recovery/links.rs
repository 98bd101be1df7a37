//! Links by e-mail: sent to whoever has the name and to nobody else, good once, and used up by a new password only.

use super::scene::{CODE, HOUR, NEW, OTHER, SIGN_ON, START, ask, choose, detail, fill, link_of, opened, opens, origin, told};
use crate::support::TestApp;
use crate::support::people::{lock, set_password};
use crate::support::post::stage_with_post;
use crate::support::races::at_once;
use crate::support::records::{count_of, rows_of};
use motlan::model::notice::NoticeKind;
use motlan::service::Origin;
use motlan::service::recovery::{self, FinishError, New, Ticket};

#[tokio::test]
async fn a_link_leads_to_a_new_password_and_everybody_else_is_out() {
    let (app, post) = stage_with_post().await;
    let kim = app.official("kim").await;
    let mut elsewhere = app.browser();
    assert_eq!(elsewhere.sign_in(&kim, "/signin").await.page(), Some("portal"));

    let link = link_of(&app, &post, "kim").await;
    let mut browser = app.browser();
    let page = opened(&mut browser, &link).await;
    let weak = choose(&mut browser, &page, "ngắn").await;
    assert_eq!((weak.status, weak.page()), (422, Some("recover-password")), "nothing is used up by what does not do");
    let used = choose(&mut browser, &weak, &kim.password).await;
    assert_eq!(used.status, 422, "the one before is not taken again");
    let done = choose(&mut browser, &used, NEW).await;

    assert_eq!((done.status, done.location()), (303, "/"), "{}", done.body);
    assert_eq!(browser.follow(done).await.page(), Some("portal"));
    assert!(browser.cookies.contains_key(SIGN_ON));
    let account = browser.get("/account/methods").await;
    assert_eq!(account.status, 200, "signed on");
    assert_eq!(elsewhere.get("/account/methods").await.status, 303, "every other sign-on ended");
    assert!(!opens(&app, &kim, &kim.password).await && opens(&app, &kim, NEW).await);
    assert!(told(&app, &kim.id).await.contains(&NoticeKind::RecoveryUsed));
    let rows = rows_of(&app, "recovery.used").await;
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].person_id.as_deref(), &detail(&rows[0])["kind"]), (Some(kim.id.as_str()), &"link".into()));
}

#[tokio::test]
async fn a_link_counts_once_and_opening_it_uses_nothing_up() {
    let (app, post) = stage_with_post().await;
    let kim = app.official("kim").await;
    let link = link_of(&app, &post, "kim").await;

    for _ in 0..8 {
        // A program that checks mail: without cookies, and with whatever it finds.
        assert_eq!(app.get(&link).await.status, 303);
    }
    let (mut first, mut second) = (app.browser(), app.browser());
    let (one, two) = (opened(&mut first, &link).await, opened(&mut second, &link).await);
    assert_eq!(choose(&mut first, &one, NEW).await.status, 303);
    let late = choose(&mut second, &two, OTHER).await;
    let again = app.get(&link).await;

    assert_eq!((late.status, late.page()), (410, Some("recover-over")), "{}", late.body);
    assert_eq!((again.status, again.page()), (410, Some("recover-over")));
    assert!(!second.cookies.contains_key(SIGN_ON));
    assert!(opens(&app, &kim, NEW).await && !opens(&app, &kim, OTHER).await);
    assert_eq!(count_of(&app, "recovery.used").await, 1);
}

#[tokio::test]
async fn of_a_crowd_with_one_link_one_comes_back() {
    let (app, post) = stage_with_post().await;
    app.official("kim").await;
    let link = link_of(&app, &post, "kim").await;
    // The ticket that a page of this browser holds.
    let mut browser = app.browser();
    let text = opened(&mut browser, &link).await.hidden("ticket");
    let cookie = browser.cookies["__Host-motlan_browser"].clone();
    let services = app.services().clone();
    let ticket = Ticket::open(&services, &cookie, &text).expect("an answer").expect("a ticket");

    let outcomes = at_once(|| {
        let (services, ticket) = (services.clone(), ticket.clone());
        async move {
            loop {
                let new = New { password: NEW.into(), shared: false };
                match recovery::finish(&services, &ticket, new, &Origin::command_line()).await {
                    // The pool is small and the crowd is large: they come again, as people do.
                    Err(FinishError::Busy { .. }) => tokio::task::yield_now().await,
                    Ok(_) => return true,
                    Err(FinishError::Over | FinishError::Unfit { .. }) => return false,
                    Err(FinishError::Failure(failure)) => panic!("{failure}"),
                }
            }
        }
    })
    .await;

    assert_eq!(outcomes.into_iter().filter(|through| *through).count(), 1);
    assert_eq!(count_of(&app, "recovery.used").await, 1);
}

#[tokio::test]
async fn every_name_gets_the_same_answer_and_only_the_right_mailbox_a_letter() {
    let (app, post) = stage_with_post().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    lock(&app, &minh).await;
    let nowhere = "username,full_name,unit_code,department,title,kind,primary,decision_no,valid_from,valid_to\n\
                   lan,Nguyễn Thị Lan,,,,,,,,\n";
    app.official_of(nowhere, "lan").await;

    let mut answers = Vec::new();
    for name in ["kim", "minh", "lan", "nobody", "KIM", "kim; DROP", "\u{202e}mik", "🙂"] {
        let answer = ask(&app, name).await;
        answers.push((answer.status, answer.location().to_owned(), answer.body));
    }
    answers.dedup();
    assert_eq!(answers, [(303, format!("{START}?sent=1"), String::new())]);
    let sent = app.get(&format!("{START}?sent=1")).await;
    assert_eq!((sent.status, sent.page()), (200, Some("recover-sent")));

    // What is done beside the answers is asked for here, so that it is over when it is counted.
    for name in ["minh", "lan", "nobody", "🙂"] {
        recovery::send(app.services(), name, &origin()).await.expect("done");
    }
    recovery::send(app.services(), "Kim", &origin()).await.expect("done");
    let letters = post.letters(&app).await;
    assert!(!letters.is_empty() && letters.iter().all(|letter| letter.to() == "kim@vi-du.vn"), "{letters:?}");
    let rows = rows_of(&app, "recovery.link_sent").await;
    assert!(rows.iter().all(|row| row.person_id.as_deref() == Some(kim.id.as_str())));
}

#[tokio::test]
async fn what_can_be_no_name_is_told_kindly() {
    let (app, _post) = stage_with_post().await;
    for (name, told) in [("", "Nhập tên đăng nhập."), (&*"a".repeat(10_000), ""), ("a\u{7}b", "")] {
        let answer = ask(&app, name).await;
        assert_eq!((answer.status, answer.page()), (422, Some("recover")), "{name:.20}");
        assert!(answer.body.contains(told) && answer.body.contains("class=\"summary\""));
    }
}

#[tokio::test]
async fn without_mail_there_is_the_administrator() {
    let app = TestApp::start().await;
    app.official("kim").await;

    let page = app.get(START).await;
    recovery::send(app.services(), "kim", &origin()).await.expect("done");

    assert_eq!((page.status, page.page()), (200, Some("recover")));
    assert!(!page.body.contains("recover-submit") && page.body.contains(CODE));
    assert_eq!(count_of(&app, "recovery.link_sent").await, 0);
}

#[tokio::test]
async fn nobody_fills_a_mailbox_and_no_network_asks_for_ever() {
    let (app, post) = stage_with_post().await;
    app.official("kim").await;

    for _ in 0..5 {
        recovery::send(app.services(), "kim", &origin()).await.expect("done");
    }
    assert_eq!(post.letters(&app).await.len(), 3);
    app.advance_seconds(30 * 60);
    recovery::send(app.services(), "kim", &origin()).await.expect("done");
    assert_eq!(post.letters(&app).await.len(), 4, "once none of them counts there is room again");

    for _ in 0..100 {
        assert!(recovery::admit(app.services(), &origin()).await.expect("an answer"));
    }
    assert!(!recovery::admit(app.services(), &origin()).await.expect("an answer"));
    app.advance_seconds(HOUR + 1);
    assert!(recovery::admit(app.services(), &origin()).await.expect("an answer"));
}

#[tokio::test]
async fn a_link_ends_with_its_time_and_with_what_makes_it_needless() {
    let (app, post) = stage_with_post().await;
    let kim = app.official("kim").await;
    let is_over = async |link: &str| app.get(link).await.status == 410;

    let late = link_of(&app, &post, "kim").await;
    app.advance_seconds(30 * 60 - 1);
    assert!(!is_over(&late).await);
    app.advance_seconds(1);
    assert!(is_over(&late).await, "half an hour");

    let link = link_of(&app, &post, "kim").await;
    app.advance_seconds(1);
    set_password(&app, "kim", NEW).await.expect("set");
    assert!(is_over(&link).await, "the password is another by now");

    app.advance_seconds(HOUR + 1);
    let link = link_of(&app, &post, "kim").await;
    app.advance_seconds(1);
    lock(&app, &kim).await;
    assert!(is_over(&link).await, "a locked person does not come back by mail");

    for nonsense in ["", "a", &"a".repeat(43), &"a".repeat(4_000)] {
        assert!(is_over(&format!("/signin/recover/link?token={nonsense}")).await, "{nonsense:.10}");
    }
}

#[tokio::test]
async fn a_ticket_is_for_one_browser_and_twenty_minutes() {
    let (app, post) = stage_with_post().await;
    let kim = app.official("kim").await;
    let link = link_of(&app, &post, "kim").await;
    let mut browser = app.browser();
    let page = opened(&mut browser, &link).await;
    let ticket = page.hidden("ticket");

    let mut thief = app.browser();
    let stolen = thief.get(&format!("/signin/recover/password?ticket={ticket}")).await;
    assert_eq!((stolen.status, stolen.page()), (410, Some("recover-over")));
    let csrf = thief.get(START).await.hidden("csrf");
    let fields = [("csrf", csrf.as_str()), ("ticket", ticket.as_str()), ("password", NEW)];
    assert_eq!(thief.post("/signin/recover/password", &fields).await.status, 410);
    let raised = ticket.replace(".none.", ".otp.");
    assert_eq!(browser.get(&format!("/signin/recover/password?ticket={raised}")).await.status, 410, "it is signed");

    app.advance_seconds(20 * 60);
    let late = choose(&mut browser, &page, NEW).await;
    assert_eq!((late.status, late.page()), (410, Some("recover-over")));
    assert!(opens(&app, &kim, &kim.password).await, "nothing changed");
    let page = opened(&mut browser, &link).await;
    assert_eq!(choose(&mut browser, &page, NEW).await.status, 303, "the link itself still counts");
}

#[tokio::test]
async fn on_a_shared_computer_the_new_sign_on_is_a_short_one() {
    let (app, post) = stage_with_post().await;
    app.official("kim").await;
    let link = link_of(&app, &post, "kim").await;
    let mut browser = app.browser();
    let page = opened(&mut browser, &link).await;

    let done = fill(&mut browser, "/signin/recover/password", &page, &[("password", NEW), ("shared", "1")]).await;

    assert_eq!(done.status, 303);
    app.advance_seconds(899);
    assert_eq!(browser.get("/account/methods").await.status, 200);
    app.advance_seconds(901);
    assert_eq!(browser.get("/account/methods").await.status, 303);
}
