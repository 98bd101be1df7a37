//! A source that is closed, by hand or by its day: what was entered through it is worth nothing at once, ends like any
//! sign-on soon after, and stays so when the source is opened again.

use super::scene::{HASH, OLD, SOURCE, Scene, bring, come, decide, row, say_right, scene, source};
use crate::federation::{self, START, claims_of_an};
use crate::rights_scene::{admin, everywhere};
use crate::support::flows::{OFFLINE, tokens_of, visit};
use crate::support::introspection::{ask, nothing};
use crate::support::records::{count_of, has_ended, outbox, rows_of, sign_on_of};
use crate::support::requests::text;
use crate::support::{Browser, TestApp, TestClient};
use motlan::base::digest::sha256;
use motlan::base::id::{PersonId, SignOnId};
use motlan::model::admin_scope::AdminRole;
use motlan::model::device::Device;
use motlan::model::legacy_source::LegacySource;
use motlan::model::sign_on::{Manner, SignOn};
use motlan::service::legacy::sources;
use motlan::service::legacy::sources::closing::{self, Memory};
use motlan::store::sign_ons;
use serde_json::Value;
use time::Date;
use time::macros::date;

/// The day of the stage.
const TODAY: Date = date!(2026 - 11 - 22);

async fn change(app: &TestApp, change: impl FnOnce(&mut LegacySource)) {
    let changed = sources::change(app.services(), SOURCE, "os:test", None, |source| {
        change(source);
        Ok(())
    });
    changed.await.expect("changed");
}

async fn stop(app: &TestApp) {
    let now = app.services().clock.now();
    change(app, |source| source.stopped_at = Some(now)).await;
}

async fn resume(app: &TestApp) {
    change(app, |source| source.stopped_at = None).await;
}

/// All that the job does about it.
async fn end_all(app: &TestApp) {
    let mut memory = Memory::default();
    while closing::run(app.services(), &mut memory, "this").await.expect("ended") {}
}

/// A browser that came through the old account, and what the system got for it.
async fn entered(scene: &Scene, client: &TestClient) -> (Browser, Value) {
    let mut browser = scene.app.browser();
    let arrived = come(&mut browser, &scene.app.authorize_path(client, &OFFLINE), r"bd\kim.cu", OLD).await;
    let tokens = tokens_of(&scene.app, client, &arrived).await;
    (browser, tokens)
}

/// Neither the browser nor the tokens open anything.
async fn is_over(scene: &Scene, client: &TestClient, (browser, tokens): (&mut Browser, &Value), case: &str) {
    let app = &scene.app;
    let silent = browser.get(&app.authorize_path(client, &[("prompt", "none")])).await;
    assert_eq!(silent.param("error").as_deref(), Some("login_required"), "{case}");
    assert_eq!(app.refresh(client, text(tokens, "refresh_token")).await.status, 400, "{case}");
    let access = text(tokens, "access_token");
    assert_eq!(app.userinfo(access).await.status, 401, "{case}");
    nothing(&ask(app, client, access).await, case);
    nothing(&ask(app, client, text(tokens, "refresh_token")).await, case);
}

#[tokio::test]
async fn what_came_through_a_source_is_worth_nothing_as_soon_as_it_is_stopped() {
    let scene = scene().await;
    let (app, van_ban) = (&scene.app, &scene.van_ban);
    let (mut browser, tokens) = entered(&scene, van_ban).await;
    let own = app.tokens(van_ban, &scene.kim, &OFFLINE).await;
    assert_eq!(app.refresh(van_ban, text(&tokens, "refresh_token")).await.status, 200);
    assert_eq!(app.userinfo(text(&tokens, "access_token")).await.status, 200);
    assert_eq!(ask(app, van_ban, text(&tokens, "access_token")).await.json()["active"], true);

    stop(app).await;

    is_over(&scene, van_ban, (&mut browser, &tokens), "nobody has ended anything yet").await;
    assert!(!scene.opens().await);
    assert_eq!(app.userinfo(text(&own, "access_token")).await.status, 200, "what is one's own goes on");
    assert_eq!(ask(app, van_ban, text(&own, "access_token")).await.json()["active"], true);
    assert_eq!(app.refresh(van_ban, text(&own, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn a_source_that_is_opened_again_brings_nothing_of_it_back() {
    let scene = scene().await;
    let (app, van_ban) = (&scene.app, &scene.van_ban);
    let (mut browser, tokens) = entered(&scene, van_ban).await;
    let mut root = admin(app, "root", &[], everywhere(AdminRole::System)).await;

    for (act, reason) in [("stop", "QĐ 12"), ("resume", "QĐ 13")] {
        let done = root.post("/admin/sources/bd/status", &[("act", act), ("reason", reason)]).await;
        assert_eq!(done.status, 303, "{act}: {}", done.body);
    }

    is_over(&scene, van_ban, (&mut browser, &tokens), "before the job came by").await;
    app.advance_seconds(1);
    let (mut again, fresh) = entered(&scene, van_ban).await;
    end_all(app).await;
    is_over(&scene, van_ban, (&mut browser, &tokens), "after it").await;
    assert!(has_ended(app, &sign_on_of(app, &tokens)).await);
    assert!(!has_ended(app, &sign_on_of(app, &fresh)).await, "who came since stays");
    let silent = again.get(&app.authorize_path(van_ban, &[("prompt", "none")])).await;
    assert!(silent.param("code").is_some(), "{:?}", silent.header("location"));
    assert_eq!(app.userinfo(text(&fresh, "access_token")).await.status, 200);
    assert_eq!(app.refresh(van_ban, text(&fresh, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn what_a_closed_source_had_let_in_ends_and_its_systems_are_told() {
    let scene = scene().await;
    let app = &scene.app;
    let receiver = app.receiver().await;
    let address = receiver.url("/out");
    let told = |settings: &mut motlan::model::client::ClientSettings| {
        settings.legacy_sources = vec![SOURCE.to_owned()];
        settings.grant_types.push("refresh_token".to_owned());
        settings.backchannel_logout_uri = Some(address);
    };
    let cong_van = app.client("cong-van", told).await;
    let (_, tokens) = entered(&scene, &cong_van).await;
    let own = app.tokens(&cong_van, &scene.kim, &OFFLINE).await;
    let (old, lasting) = (sign_on_of(app, &tokens), sign_on_of(app, &own));
    end_all(app).await;
    assert!(!has_ended(app, &old).await, "nothing is closed");

    stop(app).await;
    end_all(app).await;

    assert!(has_ended(app, &old).await && !has_ended(app, &lasting).await);
    assert_eq!((outbox(app, &old).await.len(), outbox(app, &lasting).await.len()), (1, 0));
    app.deliver_logouts().await;
    assert_eq!(receiver.received().len(), 1);
    let rows = rows_of(app, "legacy_source.sign_ons_ended").await;
    assert_eq!(rows.len(), 1);
    assert!(rows[0].detail.contains("\"source\":\"bd\"") && rows[0].detail.contains("\"sign_ons\":1"), "{}", rows[0].detail);
    let ended = rows_of(app, "sign_out").await;
    assert_eq!(ended.len(), 1);
    assert_eq!((ended[0].actor.as_deref(), ended[0].person_id.as_deref()), (Some("system:closing"), Some(scene.kim.id.as_str())));
}

#[tokio::test]
async fn a_source_is_over_with_its_last_day_and_a_later_day_revives_nothing() {
    let scene = scene().await;
    let (app, van_ban) = (&scene.app, &scene.van_ban);
    change(app, |source| source.sunset_on = Some(TODAY)).await;
    // Two minutes before midnight.
    app.advance_seconds(15 * 3_600 + 58 * 60);
    app.sync().await;
    let (mut browser, tokens) = entered(&scene, van_ban).await;
    assert_eq!(app.userinfo(text(&tokens, "access_token")).await.status, 200);
    end_all(app).await;
    assert!(!has_ended(app, &sign_on_of(app, &tokens)).await, "the last day counts");

    app.advance_seconds(4 * 60);
    app.sync().await;

    is_over(&scene, van_ban, (&mut browser, &tokens), "at midnight").await;
    change(app, |source| source.sunset_on = Some(date!(2026 - 12 - 31))).await;
    is_over(&scene, van_ban, (&mut browser, &tokens), "it is open again").await;
    change(app, |source| source.sunset_on = Some(TODAY)).await;
    end_all(app).await;
    assert!(has_ended(app, &sign_on_of(app, &tokens)).await);
}

/// A sign-on through a source, and its id.
async fn begun(app: &TestApp, person: &PersonId, number: usize, source: Option<&str>) -> SignOnId {
    let now = app.services().clock.now();
    let sign_on = SignOn {
        id: SignOnId(format!("phien-{number:03}")),
        person: person.clone(),
        started_at: now,
        authenticated_at: now,
        last_seen_at: now,
        ends_at: now.plus_seconds(3_600),
        level: 1,
        methods: "pwd".to_owned(),
        device: Device::default(),
        manner: Manner::default(),
        legacy: source.map(str::to_owned),
        legacy_id: source.map(|_| "7".to_owned()),
        ended_at: None,
    };
    let mut tx = app.services().store.write().await.expect("a unit of work");
    sign_ons::add(&mut tx, &sign_on, &sha256(sign_on.id.0.as_bytes()), "203.0.113.7").await.expect("a sign-on");
    tx.commit().await.expect("committed");
    sign_on.id
}

#[tokio::test]
async fn many_end_some_at_a_time_on_the_one_node_whose_turn_it_is() {
    const MANY: usize = 120;
    let scene = scene().await;
    let (app, kim) = (&scene.app, &scene.kim.id);
    source(app, "vt").await;
    for number in 0..MANY {
        begun(app, kim, number, Some(SOURCE)).await;
    }
    let others = [begun(app, kim, 900, Some("vt")).await, begun(app, kim, 901, None).await];
    let (mut mine, mut theirs) = (Memory::default(), Memory::default());
    let services = app.services();
    assert!(!closing::run(services, &mut mine, "this").await.expect("an answer"), "nothing is closed");

    stop(app).await;
    assert!(!closing::run(services, &mut theirs, "another").await.expect("an answer"), "it is not their turn");
    assert_eq!(count_of(app, "sign_out").await, 0);
    let mut before = 0;
    while closing::run(services, &mut mine, "this").await.expect("an answer") {
        let ended = count_of(app, "sign_out").await;
        assert!((1..=200).contains(&(ended - before)), "{before} to {ended}");
        before = ended;
    }

    assert_eq!(before, MANY);
    assert!(count_of(app, "legacy_source.sign_ons_ended").await > 1, "others have their turn between");
    for other in &others {
        assert!(!has_ended(app, other).await, "{other:?}");
    }
    app.advance_seconds(61);
    assert!(!closing::run(services, &mut mine, "this").await.expect("an answer"), "and that is all");
}

#[tokio::test]
async fn a_source_that_is_removed_leaves_no_sign_on_behind() {
    let scene = scene().await;
    let app = &scene.app;
    source(app, "vt").await;
    let id = begun(app, &scene.kim.id, 1, Some("vt")).await;

    sources::remove(app.services(), "vt", "os:test").await.expect("removed");

    assert!(has_ended(app, &id).await);
    assert!(scene.opens().await, "another source stays as it is");
}

#[tokio::test]
async fn offline_access_that_rests_on_a_source_which_stays_ends_with_it_too() {
    let (app, upstream, _) = federation::scene("lasting = true\n").await;
    let tthc = app.client("tthc", |settings| settings.grant_types.push("refresh_token".to_owned())).await;
    let mut claims = claims_of_an();
    // Long before all that follows: there they type no password each time.
    claims["auth_time"] = (app.now_seconds() - 60).into();
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let mut browser = app.browser();
        let page = upstream.sign_in(&app, &mut browser, START, &claims).await;
        if page.page() == Some("confirm") {
            say_right(&mut browser, &page).await;
        }
        let arrived = visit(&mut browser, &app.authorize_path(&tthc, &OFFLINE)).await;
        let given = tokens_of(&app, &tthc, &arrived).await;
        assert_eq!(app.refresh(&tthc, text(&given, "refresh_token")).await.status, 200);
        tokens.push(given);
        if tokens.len() == 1 {
            stop(&app).await;
            end_all(&app).await;
            resume(&app).await;
            app.advance_seconds(5);
        }
    }

    end_all(&app).await;

    assert_eq!(app.refresh(&tthc, text(&tokens[0], "refresh_token")).await.status, 400);
    assert_eq!(app.refresh(&tthc, text(&tokens[1], "refresh_token")).await.status, 200, "what was given since stays");
    assert_eq!(app.userinfo(text(&tokens[1], "access_token")).await.status, 200);
}

#[tokio::test]
async fn a_second_account_of_the_same_source_is_closed_with_it() {
    let scene = scene().await;
    let app = &scene.app;
    bring(app, &row("8", "kim.hai", HASH, "active")).await;
    decide(app, "8", "linked", Some(&scene.kim.id)).await;
    let mut browser = app.browser();
    let arrived = come(&mut browser, &scene.van_ban_path(&[]), r"bd\kim.hai", OLD).await;
    let tokens = tokens_of(app, &scene.van_ban, &arrived).await;

    stop(app).await;
    end_all(app).await;

    assert!(has_ended(app, &sign_on_of(app, &tokens)).await);
}
