//! Guessing has to wait, and nobody else has to: not on a device that they used before, not for a colleague's mistakes,
//! not for what strangers do to their name.

use crate::support::records::{count_of, rows_of};
use crate::support::{Answer, Browser, Official, TestApp, stage};
use motlan::base::locale::Locale;
use motlan::base::words::words;
use motlan::model::device::Device;
use motlan::service::login::{self, LoginError};
use motlan::service::throttle::{self, Limit};
use motlan::service::{Origin, Services};
use motlan::transient::attempts;

/// The wait after the last failure before a name is locked.
const LONGEST_DELAY: i64 = 4;
const HALF_A_DAY: i64 = 43_200;

/// Tries a password from an address, on a device that nobody knows.
async fn try_from(services: &Services, address: &str, name: &str, password: &str) -> Result<(), LoginError> {
    let origin = Origin { address: address.to_owned(), request_id: "r".to_owned(), device: Device::default() };
    login::password(services, name, password.to_owned().into(), None, &origin).await.map(|_| ())
}

async fn wrong_from(services: &Services, address: &str, name: &str) {
    let tried = try_from(services, address, name, "not the password").await;
    assert!(matches!(tried, Err(LoginError::Wrong)), "{name} from {address}: {tried:?}");
}

#[track_caller]
fn is_refused(tried: &Result<(), LoginError>, limit: Limit, seconds: i64) {
    match tried {
        Err(LoginError::Locked { limit: found, seconds: wait, .. }) => assert_eq!((*found, *wait), (limit, seconds)),
        other => panic!("not refused: {other:?}"),
    }
}

/// Sends a name and a password by hand; answers what comes after the password.
async fn attempt(browser: &mut Browser, name: &str, password: &str) -> Answer {
    let begun = browser.get("/signin").await;
    let page = browser.follow(begun).await;
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let step = [("csrf", csrf.as_str()), ("request", request.as_str())];
    browser.post("/signin", &[step[0], step[1], ("username", name)]).await;
    browser.post("/signin/password", &[step[0], step[1], ("password", password)]).await
}

/// Strangers fail until the name is locked for them.
async fn locked_by_strangers(app: &TestApp, official: &Official) {
    for _ in 0..app.services().settings.throttle.failures {
        let answer = attempt(&mut app.browser(), &official.username, "not the password").await;
        assert_eq!((answer.status, answer.page()), (422, Some("password")));
        app.advance_seconds(LONGEST_DELAY);
    }
    let answer = attempt(&mut app.browser(), &official.username, "not the password").await;
    assert_eq!((answer.status, answer.page()), (429, Some("password")));
}

#[tokio::test]
async fn each_failure_lengthens_the_wait_and_the_fifth_locks_the_name_for_half_a_day() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;

    for name in [kim.username.as_str(), "nobody.here"] {
        // The first mistake costs nothing.
        wrong_from(app.services(), "203.0.113.7", name).await;
        for wait in [0, 1, 2, 4] {
            if wait > 0 {
                let early = try_from(app.services(), "198.51.100.9", name, &kim.password).await;
                is_refused(&early, Limit::Name, wait);
                app.advance_seconds(wait);
            }
            wrong_from(app.services(), "203.0.113.7", name).await;
        }
        let refused = try_from(app.services(), "198.51.100.9", name, &kim.password).await;
        is_refused(&refused, Limit::Name, HALF_A_DAY);
    }
    assert_eq!(count_of(&app, "sign_in.failed").await, 10, "what came too early was not looked at");
}

#[tokio::test]
async fn a_locked_name_is_open_for_nobody_until_its_time_and_then_for_its_owner() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    for place in 0..5 {
        wrong_from(app.services(), &format!("203.0.{place}.7"), "kim").await;
        app.advance_seconds(LONGEST_DELAY);
    }

    let right = try_from(app.services(), "192.0.2.1", "kim", &kim.password).await;
    is_refused(&right, Limit::Name, HALF_A_DAY - LONGEST_DELAY);
    assert_eq!(count_of(&app, "sign_in.failed").await, 5);
    let rows = rows_of(&app, "sign_in.throttled").await;
    assert_eq!(rows.len(), 1, "one record of the lock");
    let row = &rows[0];
    assert_eq!(row.person_id.as_deref(), Some(kim.id.as_str()));
    assert!(row.detail.contains("\"limit\":\"name\""), "{}", row.detail);

    app.advance_seconds(HALF_A_DAY - 2 * LONGEST_DELAY);
    assert!(try_from(app.services(), "192.0.2.1", "kim", &kim.password).await.is_err());
    app.advance_seconds(LONGEST_DELAY);
    assert!(try_from(app.services(), "192.0.2.1", "kim", &kim.password).await.is_ok());
    assert_eq!(count_of(&app, "sign_in.throttled").await, 1, "who waited is not told of again");
}

#[tokio::test]
async fn a_success_forgets_the_failures_before_it() {
    let app = stage(|config| config.throttle.delay_seconds = 0).await;
    let kim = app.official("kim").await;

    for _ in 0..3 {
        for _ in 0..4 {
            wrong_from(app.services(), "203.0.113.7", "kim").await;
        }
        assert!(try_from(app.services(), "203.0.113.7", "kim", &kim.password).await.is_ok());
    }
    assert_eq!(count_of(&app, "sign_in.throttled").await, 0);
}

#[tokio::test]
async fn strangers_keep_nobody_out_of_a_device_that_they_used_before() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut own = app.browser();
    assert_eq!(own.sign_in(&kim, "/signin").await.page(), Some("portal"));
    let again = app.authorize_path(&tthc, &[("prompt", "login")]);

    locked_by_strangers(&app, &kim).await;

    assert!(own.sign_in(&kim, &again).await.param("code").is_some(), "on the own device");
    let elsewhere = app.browser().sign_in(&kim, &again).await;
    assert_eq!((elsewhere.status, elsewhere.page()), (429, Some("password")), "on a new one");
    let t = words(Locale::Vi);
    let told = t.password_locked.replace("{until}", "20:00");
    assert_eq!(elsewhere.body.matches(&told).count(), 2, "{}", elsewhere.body);
    let wait: i64 = elsewhere.header("retry-after").expect("when to come back").parse().expect("seconds");
    assert!((HALF_A_DAY - 60..=HALF_A_DAY).contains(&wait), "{wait}");

    // Somebody else's cookie, or one of nobody's, opens no side door.
    let minh = app.official("minh").await;
    let mut of_minh = app.browser();
    of_minh.sign_in(&minh, "/signin").await;
    let mut forged = app.browser();
    forged.cookies.insert("__Host-motlan_device".to_owned(), "A".repeat(43));
    for browser in [&mut of_minh, &mut forged] {
        assert_eq!(attempt(browser, "kim", &kim.password).await.status, 429);
    }
}

#[tokio::test]
async fn on_a_device_of_their_own_people_have_a_count_of_their_own() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut own = app.browser();
    own.sign_in(&kim, "/signin").await;

    for _ in 0..5 {
        assert_eq!(attempt(&mut own, "kim", "not the password").await.status, 422);
        app.advance_seconds(LONGEST_DELAY);
    }
    let stopped = attempt(&mut own, "kim", &kim.password).await;
    assert_eq!((stopped.status, stopped.page()), (429, Some("password")));
    let vi = words(Locale::Vi);
    assert!(stopped.body.contains(vi.wait_device.split('{').next().expect("a beginning")), "{}", stopped.body);
    assert_eq!(attempt(&mut app.browser(), "kim", &kim.password).await.status, 303, "the name is open elsewhere");

    app.advance_seconds(app.services().settings.throttle.window_seconds);
    assert_eq!(attempt(&mut own, "kim", &kim.password).await.status, 303, "after a quarter of an hour");
}

#[tokio::test]
async fn one_colleague_locks_out_no_office() {
    const OFFICE: &str = "203.0.113.7";
    let app = stage(|config| {
        config.throttle.delay_seconds = 0;
        config.throttle.failures_per_address = 6;
    })
    .await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);

    for _ in 0..5 {
        wrong_from(app.services(), OFFICE, "kim").await;
    }
    for _ in 0..20 {
        let refused = try_from(app.services(), OFFICE, "kim", &kim.password).await;
        is_refused(&refused, Limit::Name, HALF_A_DAY);
    }

    assert!(try_from(app.services(), OFFICE, "minh", &minh.password).await.is_ok());
    assert_eq!(count_of(&app, "sign_in.failed").await, 5, "what is refused is no failure of the address");
}

#[tokio::test]
async fn many_names_from_one_address_or_network_wait_and_devices_used_before_do_not() {
    let app = stage(|config| {
        config.throttle.failures_per_address = 3;
        config.throttle.failures_per_network = 5;
    })
    .await;
    let kim = app.official("kim").await;
    let services = app.services();

    for guess in 0..3 {
        wrong_from(services, "203.0.113.7", &format!("guess.{guess}")).await;
    }
    let refused = try_from(services, "203.0.113.7", "kim", &kim.password).await;
    is_refused(&refused, Limit::Address, 900);
    for guess in 3..5 {
        wrong_from(services, "203.0.113.8", &format!("guess.{guess}")).await;
    }
    let refused = try_from(services, "203.0.113.200", "kim", &kim.password).await;
    is_refused(&refused, Limit::Network, 900);
    assert!(try_from(services, "203.0.114.7", "kim", &kim.password).await.is_ok(), "the next network");
    let people: Vec<Option<String>> = rows_of(&app, "sign_in.throttled").await.into_iter().map(|row| row.person_id).collect();
    assert_eq!(people, [None, None], "an address is nobody's");

    // All requests of these browsers come from one address.
    let mut own = app.browser();
    own.sign_in(&kim, "/signin").await;
    for guess in 5..8 {
        attempt(&mut app.browser(), &format!("guess.{guess}"), "not the password").await;
    }
    let stranger = attempt(&mut app.browser(), "kim", &kim.password).await;
    assert_eq!(stranger.status, 429);
    let vi = words(Locale::Vi);
    assert!(stranger.body.contains(vi.wait_network.split('{').next().expect("a beginning")), "{}", stranger.body);
    assert_eq!(stranger.header("retry-after"), Some("900"));
    assert_eq!(attempt(&mut own, "kim", &kim.password).await.status, 303);
}

#[tokio::test]
async fn a_short_wait_is_told_in_seconds_and_counts_for_nothing() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    for _ in 0..2 {
        attempt(&mut app.browser(), "kim", "not the password").await;
    }

    let early = attempt(&mut app.browser(), "kim", &kim.password).await;
    assert_eq!((early.status, early.header("retry-after")), (429, Some("1")));
    let told = words(Locale::Vi).wait_moment.replace("{seconds}", "1");
    assert_eq!(early.body.matches(&told).count(), 2, "{}", early.body);
    assert_eq!((count_of(&app, "sign_in.failed").await, count_of(&app, "sign_in.throttled").await), (2, 0));

    app.advance_seconds(1);
    assert_eq!(attempt(&mut app.browser(), "kim", &kim.password).await.status, 303);
}

#[tokio::test]
async fn a_name_is_unlocked_at_once_and_the_next_lock_is_told_again() {
    let app = stage(|config| config.throttle.delay_seconds = 0).await;
    let kim = app.official("kim").await;
    let services = app.services();
    assert_eq!(throttle::locked_until(services, "kim").await.expect("an answer"), None);

    for round in 1..=2 {
        for _ in 0..5 {
            wrong_from(services, "203.0.113.7", "kim").await;
        }
        let until = throttle::locked_until(services, "kim").await.expect("an answer");
        assert_eq!(until, Some(services.clock.now().plus_seconds(HALF_A_DAY)));
        assert_eq!(count_of(&app, "sign_in.throttled").await, round);
        throttle::unlock(services, "kim").await.expect("unlocked");
        assert_eq!(throttle::locked_until(services, "kim").await.expect("an answer"), None);
    }
    assert!(try_from(services, "203.0.113.7", "kim", &kim.password).await.is_ok());
}

#[tokio::test]
async fn nodes_count_together() {
    let Some((first, second)) = TestApp::two_nodes().await else { return };
    let kim = first.official("kim").await;

    for node in [&first, &second, &first, &second, &first] {
        wrong_from(node.services(), "203.0.113.7", "kim").await;
        first.advance_seconds(LONGEST_DELAY);
    }

    let refused = try_from(second.services(), "203.0.113.7", "kim", &kim.password).await;
    is_refused(&refused, Limit::Name, HALF_A_DAY - LONGEST_DELAY);
}

#[tokio::test]
async fn a_try_that_was_given_back_leaves_nothing_behind() {
    let app = TestApp::start().await;
    let services = app.services();
    let now = services.clock.now();
    let until = now.plus_seconds(60);
    let so_far = async || attempts::so_far(&services.transient, "test", "kim", now).await.expect("an answer");

    for _ in 0..2 {
        attempts::add(&services.transient, "test", "kim", 60_000, now).await.expect("counted");
    }
    attempts::take_back(&services.transient, "test", "kim", now).await.expect("taken back");
    assert_eq!(so_far().await, Some((1, until)));
    for _ in 0..2 {
        attempts::take_back(&services.transient, "test", "kim", now).await.expect("taken back");
        assert_eq!(so_far().await, None);
    }
    let (counted, _) = attempts::add(&services.transient, "test", "kim", 60_000, now).await.expect("counted");
    assert_eq!(counted, 1);
}
