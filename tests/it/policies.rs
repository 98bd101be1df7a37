//! Rules about sign-ins: which factors, how long, for which systems, roles and networks.

use crate::support::flows::{code_of, signed_on_as, visit};
use crate::support::records::{count_of, rows_of};
use crate::support::requests::sent_back_with;
use crate::support::{Official, TestApp, TestClient};
use motlan::model::sign_in_policy::SignInPolicy;
use motlan::service::policies::{self, Effect, PolicyError};

fn rule(name: &str, change: impl FnOnce(&mut SignInPolicy)) -> SignInPolicy {
    let mut rule = SignInPolicy { name: name.to_owned(), citation: "NĐ 85/2016/NĐ-CP".to_owned(), ..SignInPolicy::default() };
    change(&mut rule);
    rule
}

async fn lay(app: &TestApp, rules: &[SignInPolicy]) -> Vec<(String, Effect)> {
    policies::apply(app.services(), rules, false, "os:root").await.expect("rules that can be")
}

async fn stage() -> (TestApp, Official, TestClient, TestClient) {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let van_ban = app.client("van-ban", |_| {}).await;
    (app, kim, tthc, van_ban)
}

#[tokio::test]
async fn a_rule_for_one_system_leads_to_a_second_factor_there_and_nowhere_else() {
    let (app, kim, tthc, van_ban) = stage().await;
    let mut browser = signed_on_as(&app, &van_ban, &kim).await;
    lay(&app, &[rule("tthc-two", |rule| (rule.clients, rule.level) = (vec!["tthc".to_owned()], Some(2)))]).await;

    let there = browser.get(&app.authorize_path(&tthc, &[])).await;
    let silent = browser.get(&app.authorize_path(&tthc, &[("prompt", "none")])).await;

    assert!(there.location().starts_with("/welcome?request="), "{}", there.location());
    sent_back_with(&silent, "interaction_required", "in silence");
    assert!(!code_of(&app, &mut browser, &van_ban, &[]).await.is_empty(), "the other system asks for nothing more");
    assert_eq!(count_of(&app, "token.issued").await, 0);
}

#[tokio::test]
async fn a_rule_counts_from_its_first_day_to_its_last() {
    let (app, kim, tthc, _) = stage().await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;
    lay(
        &app,
        &[rule("tomorrow", |rule| {
            rule.level = Some(2);
            (rule.valid_from, rule.valid_to) = (Some("2026-11-23".to_owned()), Some("2026-11-23".to_owned()));
        })],
    )
    .await;

    assert!(!code_of(&app, &mut browser, &tthc, &[]).await.is_empty(), "the day before");
    app.advance_seconds(86_400);
    app.sync().await;
    let mut browser = signed_on_later(&app, &kim).await;
    let on_the_day = browser.get(&app.authorize_path(&tthc, &[])).await;
    assert!(on_the_day.location().starts_with("/welcome?request="), "{}", on_the_day.location());
    app.advance_seconds(86_400);
    app.sync().await;
    let mut browser = signed_on_later(&app, &kim).await;
    assert!(!code_of(&app, &mut browser, &tthc, &[]).await.is_empty(), "the day after");
}

/// Signed on at the portal, whatever that leads to.
async fn signed_on_later(app: &TestApp, official: &Official) -> crate::support::Browser {
    let mut browser = app.browser();
    browser.sign_in(official, "/signin").await;
    browser
}

#[tokio::test]
async fn a_sign_on_lasts_no_longer_than_the_rules_say() {
    let (app, kim, tthc, _) = stage().await;
    lay(&app, &[rule("short", |rule| (rule.sign_on_seconds, rule.idle_seconds) = (Some(3_600), Some(600)))]).await;
    let mut idle = signed_on_as(&app, &tthc, &kim).await;
    let mut busy = signed_on_as(&app, &tthc, &kim).await;

    for _ in 0..6 {
        app.advance_seconds(590);
        app.sync().await;
        assert!(!code_of(&app, &mut busy, &tthc, &[]).await.is_empty());
    }
    app.advance_seconds(70);
    app.sync().await;

    for (case, browser) in [("too old", &mut busy), ("idle", &mut idle)] {
        let answer = browser.get(&app.authorize_path(&tthc, &[("prompt", "none")])).await;
        sent_back_with(&answer, "login_required", case);
    }
}

#[tokio::test]
async fn a_system_may_want_a_fresher_sign_in_than_others() {
    let (app, kim, tthc, van_ban) = stage().await;
    lay(&app, &[rule("fresh", |rule| (rule.clients, rule.max_age_seconds) = (vec!["tthc".to_owned()], Some(300)))]).await;
    let mut browser = signed_on_as(&app, &tthc, &kim).await;

    app.advance_seconds(301);
    app.sync().await;

    let answer = browser.get(&app.authorize_path(&tthc, &[("max_age", "86400"), ("prompt", "none")])).await;
    sent_back_with(&answer, "login_required", "a longer wish does not help");
    assert!(!code_of(&app, &mut browser, &van_ban, &[]).await.is_empty());
}

#[tokio::test]
async fn a_file_is_laid_over_the_rules_as_a_whole_and_told_once() {
    let (app, ..) = stage().await;
    let (one, two) = (rule("one", |rule| rule.level = Some(1)), rule("two", |rule| rule.remember_days = Some(7)));
    let named = |effects: &[(&str, Effect)]| -> Vec<(String, Effect)> {
        effects.iter().map(|(name, effect)| ((*name).to_owned(), *effect)).collect()
    };

    assert_eq!(lay(&app, &[one.clone(), two.clone()]).await, named(&[("one", Effect::Added), ("two", Effect::Added)]));
    assert_eq!(lay(&app, &[one.clone(), two.clone()]).await, named(&[("one", Effect::Unchanged), ("two", Effect::Unchanged)]));
    let changed = rule("one", |rule| rule.level = Some(2));
    let tried = policies::apply(app.services(), std::slice::from_ref(&changed), true, "os:root").await.expect("rules");
    assert_eq!(tried, named(&[("one", Effect::Changed), ("two", Effect::Removed)]));
    assert_eq!(policies::list(app.services()).await.expect("rules"), [one, two], "a dry run changes nothing");
    assert_eq!(lay(&app, std::slice::from_ref(&changed)).await, named(&[("one", Effect::Changed), ("two", Effect::Removed)]));
    assert_eq!(policies::list(app.services()).await.expect("rules"), [changed]);
    assert_eq!(rows_of(&app, "policies.applied").await.len(), 2);
}

#[tokio::test]
async fn one_bad_rule_leaves_all_as_they_were() {
    let (app, ..) = stage().await;
    let (good, bad) = (rule("good", |rule| rule.level = Some(2)), rule("bad", |rule| rule.level = Some(9)));

    let refused = policies::apply(app.services(), &[good.clone(), bad], false, "os:root").await;
    let twice = policies::apply(app.services(), &[good.clone(), good], false, "os:root").await;

    assert!(matches!(refused, Err(PolicyError::Refused(reason)) if reason.contains("bad: level")));
    assert!(matches!(twice, Err(PolicyError::Refused(reason)) if reason.contains("one name")));
    assert!(policies::list(app.services()).await.expect("rules").is_empty());
    assert_eq!(count_of(&app, "policies.applied").await, 0);
}

#[tokio::test]
async fn every_node_knows_a_new_rule_within_its_next_look() {
    let Some((here, there)) = TestApp::two_nodes().await else { return };
    let kim = here.official("kim").await;
    let tthc = here.client("tthc", |_| {}).await;
    there.sync().await;
    let mut browser = signed_on_as(&there, &tthc, &kim).await;

    lay(&here, &[rule("two", |rule| rule.level = Some(2))]).await;
    there.sync().await;

    let answer = visit(&mut browser, &there.authorize_path(&tthc, &[])).await;
    assert_eq!(answer.page(), Some("welcome-who"));
}
