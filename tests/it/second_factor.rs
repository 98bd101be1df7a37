//! The second factor: codes of an app and codes of a printed sheet. Each counts once, a wrong one tells nothing,
//! guessing has to wait, and nobody without it comes near what it protects (RFC 6238, NĐ 69/2024).

use crate::support::{Answer, Browser, Official, TestApp, TestClient, stage};
use motlan::base::clock::Millis;
use motlan::base::digest::sha256;
use motlan::base::locale::Locale;
use motlan::base::words::words;
use motlan::crypto::totp::{Secret, step_at};
use motlan::service::Origin;
use motlan::service::provisioning::password;
use motlan::service::second_factor::recovery::{self, CODES, SheetError};
use motlan::service::second_factor::totp::{self, App, EnrolError, Label};
use motlan::service::second_factor::{self, SecondFactorError};
use motlan::service::sign_on::{self, Before};
use motlan::store::audit::AuditRow;
use motlan::store::{audit, passwords, recovery_codes, totp_secrets};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Barrier;

const SIGN_ON: &str = "__Host-motlan_sign_on";
const STEP: &str = "/signin/second-factor";
const APP: &str = "/account/methods/totp";
const SHEET: &str = "/account/methods/recovery-codes";
/// The wait after the last failure before a name is locked.
const LONGEST_DELAY: i64 = 4;
/// So many come at once.
const CROWD: usize = 64;
const LABEL: Label<'static> = Label { issuer: "Đăng nhập một lần", account: "kim" };

/// An authenticator app on somebody's phone.
struct Phone {
    secret: Secret,
    key: String,
}

impl Phone {
    /// Takes the key that a page shows.
    fn scan(page: &Answer) -> Self {
        let shown = page.body.split_once("id=\"totp-secret\">").unwrap_or_else(|| panic!("no key: {}", page.body)).1;
        Self::of(&shown.chars().take_while(|letter| *letter != '<').filter(|letter| *letter != ' ').collect::<String>())
    }

    fn of(key: &str) -> Self {
        Self { secret: Secret::from_bytes(&from_base32(key)).expect("a secret"), key: key.to_owned() }
    }

    /// The code of so many steps after the present one, or before it.
    fn code(&self, app: &TestApp, away: i64) -> String {
        self.secret.code(step_at(Millis(app.now_seconds() * 1_000)) + away)
    }

    /// A code of no step that is near.
    fn wrong(&self, app: &TestApp) -> String {
        let near: Vec<String> = (-25..=25).map(|away| self.code(app, away)).collect();
        (0..1_000_000_u32).map(|number| format!("{number:06}")).find(|code| !near.contains(code)).expect("a code")
    }
}

fn from_base32(text: &str) -> Vec<u8> {
    let (mut bits, mut count, mut bytes) = (0_usize, 0_u32, Vec::new());
    for letter in text.chars() {
        let value = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(letter).expect("base32");
        bits = (bits << 5) | value;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count).expect("eight bits"));
            bits &= (1 << count) - 1;
        }
    }
    bytes
}

/// Somebody who came to the portal in a browser of their own.
async fn signed_in(app: &TestApp, official: &Official) -> Browser {
    let mut browser = app.browser();
    let arrived = browser.sign_in(official, "/signin").await;
    assert_eq!(arrived.page(), Some("portal"), "{} {}", arrived.status, arrived.body);
    browser
}

/// The same with an app that was just added. The step of its first code is over.
async fn enrol(app: &TestApp, official: &Official) -> (Browser, Phone) {
    let mut browser = signed_in(app, official).await;
    let page = browser.get(APP).await;
    let phone = Phone::scan(&page);
    let sent = browser.post(APP, &[("csrf", &page.hidden("csrf")), ("code", &phone.code(app, 0))]).await;
    assert_eq!((sent.status, sent.location()), (303, APP));
    app.advance_seconds(30);
    (browser, phone)
}

/// A new browser in which the password was right, and the page that asks for more.
async fn asked(app: &TestApp, official: &Official, path: &str) -> (Browser, Answer) {
    let mut browser = app.browser();
    let page = browser.sign_in(official, path).await;
    assert_eq!((page.status, page.page()), (200, Some("second-factor")), "{}", page.body);
    (browser, page)
}

async fn give(browser: &mut Browser, page: &Answer, code: &str) -> Answer {
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    browser.post(STEP, &[("csrf", &csrf), ("request", &request), ("code", code)]).await
}

/// Whether a code opens the way to a client, in a new browser.
async fn opens(app: &TestApp, official: &Official, client: &TestClient, code: &str) -> bool {
    let (mut browser, page) = asked(app, official, &app.authorize_path(client, &[])).await;
    let answer = give(&mut browser, &page, code).await;
    let came = answer.param("code").is_some();
    assert_eq!((answer.status, answer.page()), if came { (303, None) } else { (422, Some("second-factor")) });
    came
}

/// What comes at the end of our own redirects.
async fn visit(browser: &mut Browser, path: &str) -> Answer {
    let answer = browser.get(path).await;
    browser.follow(answer).await
}

/// Makes a sheet and takes the codes from the page.
async fn make_sheet(browser: &mut Browser) -> (Answer, Vec<String>) {
    let page = browser.get(SHEET).await;
    let made = browser.post(SHEET, &[("csrf", &page.hidden("csrf"))]).await;
    let codes = made.body.split("<li><code>").skip(1).filter_map(|rest| Some(rest.split_once('<')?.0.to_owned())).collect();
    (made, codes)
}

async fn has_app(app: &TestApp, official: &Official) -> bool {
    app.services().person(&official.id).await.expect("an answer").expect("a person").methods.totp
}

async fn left(app: &TestApp, official: &Official) -> Option<i64> {
    recovery::look(app.services(), &official.id).await.expect("an answer").map(|sheet| sheet.left)
}

async fn rows(app: &TestApp) -> Vec<AuditRow> {
    let mut conn = app.services().store.read().await.expect("a connection");
    audit::list_after(&mut conn, "", 10_000).await.expect("audit rows")
}

async fn count(app: &TestApp, event: &str) -> usize {
    app.audit_events().await.iter().filter(|found| *found == event).count()
}

/// How many of a crowd that does the same at the same moment are let through.
async fn crowd<F>(act: impl Fn() -> F) -> usize
where
    F: Future<Output = bool> + Send + 'static,
{
    let start = Arc::new(Barrier::new(CROWD));
    let mut callers = Vec::new();
    for _ in 0..CROWD {
        let (start, act) = (start.clone(), act());
        callers.push(tokio::spawn(async move {
            start.wait().await;
            act.await
        }));
    }
    let mut through = 0;
    for caller in callers {
        through += usize::from(caller.await.expect("no panic"));
    }
    through
}

/// A crowd gives one code on one sign-on.
async fn crowd_gives(app: &TestApp, browser: &Browser, code: &str) -> usize {
    let cookie = browser.cookies[SIGN_ON].clone();
    let sign_on = sign_on::find(app.services(), &cookie).await.expect("an answer").expect("a sign-on");
    crowd(|| {
        let (services, sign_on, cookie, code) = (app.services().clone(), sign_on.clone(), cookie.clone(), code.to_owned());
        async move {
            let before = Before { sign_on: &sign_on, cookie: &cookie };
            second_factor::verify(&services, &before, &code, None, &Origin::command_line()).await.is_ok()
        }
    })
    .await
}

#[tokio::test]
async fn an_app_is_added_by_a_right_code_and_by_nothing_else() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut browser = signed_in(&app, &kim).await;
    let vi = words(Locale::Vi);

    let page = browser.get(APP).await;
    let phone = Phone::scan(&page);
    let csrf = page.hidden("csrf");
    let again = browser.get(APP).await;
    assert_eq!((page.status, page.page()), (200, Some("totp")));
    assert!(page.body.contains("<svg class=\"qr\"") && page.body.contains(&format!("secret={}", phone.key)));
    assert_eq!(Phone::scan(&again).key, phone.key, "the page may be loaded again");
    let table = [
        ("nothing", String::new(), &vi.second_factor_empty),
        ("no code", "abc".to_owned(), &vi.second_factor_wrong),
        ("no code of this key", phone.wrong(&app), &vi.second_factor_wrong),
        ("a slow clock", phone.code(&app, -2), &vi.totp_astray),
        ("a clock two minutes fast", phone.code(&app, 4), &vi.totp_astray),
    ];
    for (case, code, told) in table {
        let refused = browser.post(APP, &[("csrf", &csrf), ("code", &code)]).await;
        assert_eq!((refused.status, refused.page()), (422, Some("totp")), "{case}");
        assert!(refused.body.contains(told.as_str()), "{case}");
        assert_eq!(Phone::scan(&refused).key, phone.key, "{case}: what was scanned may still be confirmed");
    }
    assert!(!has_app(&app, &kim).await);
    assert_eq!(count(&app, "method.added").await, 0);

    let spaced = phone.code(&app, 0);
    let sent = browser.post(APP, &[("csrf", &csrf), ("code", &format!("{} {}", &spaced[..3], &spaced[3..]))]).await;
    let shown = browser.follow(sent).await;
    assert_eq!((shown.status, shown.page()), (200, Some("totp")));
    assert!(shown.body.contains(vi.totp_in_use.as_str()), "whoever added it has proven both factors and goes on");
    assert!(!shown.body.contains(&phone.key) && !shown.body.contains("totp-secret"), "the key is never shown again");
    assert!(has_app(&app, &kim).await);
    assert_eq!((count(&app, "method.added").await, count(&app, "sign_in.raised").await), (1, 1));

    app.advance_seconds(30);
    let more = browser.post(APP, &[("csrf", &csrf), ("code", &phone.code(&app, 0))]).await;
    assert_eq!((more.status, more.location()), (303, APP), "there is nothing left to confirm");
    assert_eq!(count(&app, "method.added").await, 1);
}

#[tokio::test]
async fn an_app_in_use_is_not_replaced_and_an_offer_ends_with_its_sign_in() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let (browser, phone) = enrol(&app, &kim).await;
    let mut conn = app.services().store.read().await.expect("a connection");
    let before = totp_secrets::find(&mut conn, &kim.id).await.expect("an answer").expect("an app");
    drop(conn);

    app.advance_seconds(3_600);
    let cookie = browser.cookies[SIGN_ON].clone();
    let sign_on = sign_on::find(app.services(), &cookie).await.expect("an answer").expect("a sign-on");
    let on = Before { sign_on: &sign_on, cookie: &cookie };
    let looked = totp::look(app.services(), &on, LABEL).await.expect("an answer");
    assert!(matches!(looked, App::Enrolled { .. }));
    let now = Millis(app.now_seconds() * 1_000);
    let mut tx = app.services().store.write().await.expect("a transaction");
    assert!(!totp_secrets::add(&mut tx, &kim.id, b"another", step_at(now), now).await.expect("an answer"));
    tx.commit().await.expect("committed");
    let mut conn = app.services().store.read().await.expect("a connection");
    let after = totp_secrets::find(&mut conn, &kim.id).await.expect("an answer").expect("an app");
    drop(conn);
    assert_eq!((before.secret, before.confirmed_at), (after.secret, after.confirmed_at));
    let twice = totp::confirm(app.services(), &on, &phone.code(&app, 0), &Origin::command_line()).await;
    assert!(matches!(twice, Err(EnrolError::NotOffered)));

    let mut of_minh = signed_in(&app, &minh).await;
    let page = of_minh.get(APP).await;
    let first = Phone::scan(&page);
    app.advance_seconds(601);
    let late = of_minh.post(APP, &[("csrf", &page.hidden("csrf")), ("code", &first.code(&app, 0))]).await;
    assert_eq!(of_minh.follow(late).await.page(), Some("signin"), "what was left open changes nothing");
    let arrived = of_minh.sign_in(&minh, APP).await;
    assert_ne!(Phone::scan(&arrived).key, first.key, "after another sign-in another key is offered");
    let refused = of_minh.post(APP, &[("csrf", &arrived.hidden("csrf")), ("code", &first.code(&app, 0))]).await;
    assert_eq!((refused.status, refused.page()), (422, Some("totp")));
    assert!(!has_app(&app, &minh).await);
}

#[tokio::test]
async fn whoever_knew_the_password_before_has_not_seen_the_key_that_its_owner_adds() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let mut stranger = signed_in(&app, &kim).await;
    let seen = Phone::scan(&stranger.get(APP).await);

    let (_, phone) = enrol(&app, &kim).await;

    assert_ne!(phone.key, seen.key);
    let (mut asked_in, page) = asked(&app, &kim, "/signin").await;
    assert_eq!(give(&mut asked_in, &page, &seen.code(&app, 0)).await.status, 422, "what a stranger was offered opens nothing");
    app.advance_seconds(30);
    assert_eq!(give(&mut asked_in, &page, &phone.code(&app, 0)).await.status, 303);
    assert_eq!(count(&app, "method.added").await, 1);
}

#[tokio::test]
async fn a_client_that_demands_two_factors_leads_to_the_code_and_its_token_tells_of_both() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let strict = app.client("strict", |settings| settings.minimum_level = Some(2)).await;
    let open = app.client("open", |_| {}).await;
    // Signed on by a password, before there was an app.
    let mut browser = app.browser();
    let first = browser.sign_in(&kim, &app.authorize_path(&open, &[])).await;
    let first = app.redeem(&open, &first.param("code").expect("a code")).await.json();
    let first = app.claims(first["id_token"].as_str().expect("an ID token"));
    let (_, phone) = enrol(&app, &kim).await;

    let silent = browser.get(&app.authorize_path(&strict, &[("prompt", "none")])).await;
    let page = visit(&mut browser, &app.authorize_path(&strict, &[])).await;
    let old = browser.cookies[SIGN_ON].clone();
    let arrived = give(&mut browser, &page, &phone.code(&app, 0)).await;
    let tokens = app.redeem(&strict, &arrived.param("code").expect("a code")).await.json();
    let claims = app.claims(tokens["id_token"].as_str().expect("an ID token"));

    assert_eq!(silent.param("error").as_deref(), Some("login_required"));
    assert_eq!((page.status, page.page()), (200, Some("second-factor")), "no password is asked for again");
    assert!(page.body.contains("kim") && page.body.contains("autocomplete=\"one-time-code\""), "{}", page.body);
    assert_eq!((&first["acr"], &first["amr"]), (&json!(format!("{}/acr/1", app.issuer())), &json!(["pwd"])));
    assert_eq!(claims["acr"], json!(format!("{}/acr/2", app.issuer())));
    assert_eq!(claims["amr"], json!(["pwd", "otp"]));
    assert_eq!(claims["sid"], first["sid"], "the same sign-on, with one factor more");
    assert_ne!(browser.cookies[SIGN_ON], old, "under a cookie that nobody knew before");
    let again = browser.get(&app.authorize_path(&strict, &[("prompt", "none")])).await;
    assert!(again.param("code").is_some(), "once is enough");
    let done = browser.get(&format!("{STEP}?request={}", page.hidden("request"))).await;
    assert_ne!(done.page(), Some("second-factor"), "what was answered is not asked again");
}

#[tokio::test]
async fn a_code_is_good_once_and_none_before_it_is_good_after_it() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let mut browser = signed_in(&app, &kim).await;
    let page = browser.get(APP).await;
    let phone = Phone::scan(&page);
    let first = phone.code(&app, 0);
    browser.post(APP, &[("csrf", &page.hidden("csrf")), ("code", &first)]).await;

    assert!(!opens(&app, &kim, &tthc, &first).await, "the code that added the app is used up");
    app.advance_seconds(300);
    let (code, before) = (phone.code(&app, 0), phone.code(&app, -1));
    assert!(opens(&app, &kim, &tthc, &code).await);
    assert!(!opens(&app, &kim, &tthc, &code).await);
    assert!(!opens(&app, &kim, &tthc, &before).await, "nobody used it, and it is too late for it");
    app.advance_seconds(30);
    assert!(opens(&app, &kim, &tthc, &phone.code(&app, 0)).await);
    assert_eq!(count(&app, "second_factor.failed").await, 3);
}

#[tokio::test]
async fn a_code_of_one_step_early_or_late_is_good_and_of_two_is_not() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (_, phone) = enrol(&app, &kim).await;
    app.advance_seconds(600);

    for (away, good) in [(-2, false), (2, false), (-20, false), (-1, true), (0, true), (1, true)] {
        assert_eq!(opens(&app, &kim, &tthc, &phone.code(&app, away)).await, good, "{away}");
        if !good {
            app.advance_seconds(LONGEST_DELAY);
        }
    }
    let (mut browser, page) = asked(&app, &kim, "/signin").await;
    let refused = give(&mut browser, &page, &phone.code(&app, 4)).await;
    let told = &words(Locale::Vi).second_factor_clock;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains(told.as_str()), "a wrong clock is one of the reasons");
    assert!(!page.body.contains(told.as_str()));
    let (mut other, page) = asked(&app, &kim, "/signin").await;
    let guessed = give(&mut other, &page, &phone.wrong(&app)).await;
    assert!(guessed.body.contains(told.as_str()), "and is named to whoever is wrong: it tells nothing of the code");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_crowd_with_one_code_of_an_app_exactly_one_comes_in() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let (_, phone) = enrol(&app, &kim).await;
    let (browser, _) = asked(&app, &kim, "/signin").await;

    assert_eq!(crowd_gives(&app, &browser, &phone.code(&app, 0)).await, 1);

    app.advance_seconds(30);
    let mut conn = app.services().store.read().await.expect("a connection");
    let sealed = totp_secrets::find(&mut conn, &kim.id).await.expect("an answer").expect("an app").secret;
    drop(conn);
    let now = Millis(app.now_seconds() * 1_000);
    let taken = crowd(|| {
        let (services, person, sealed) = (app.services().clone(), kim.id.clone(), sealed.clone());
        async move {
            let mut tx = services.store.write().await.expect("a transaction");
            let taken = totp_secrets::mark_used(&mut tx, &person, &sealed, step_at(now), now).await.expect("an answer");
            tx.commit().await.expect("committed");
            taken
        }
    })
    .await;
    assert_eq!(taken, 1, "also where nothing throttles: the record decides");
}

#[tokio::test]
async fn a_sheet_is_shown_once_and_each_of_its_codes_is_good_once() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, _) = enrol(&app, &kim).await;
    enrol(&app, &minh).await;

    let (made, codes) = make_sheet(&mut browser).await;
    let looked = browser.get(SHEET).await;
    assert_eq!((made.status, made.page()), (200, Some("recovery-codes")));
    assert_eq!(made.header("cache-control"), Some("no-store"));
    assert_eq!(codes.len(), CODES);
    assert!(codes.iter().all(|code| code.len() == 11 && code.as_bytes()[5] == b'-'), "{codes:?}");
    assert!(codes.iter().all(|code| made.body.matches(code.as_str()).count() == 2), "to be read, and to be copied");
    assert!(codes.iter().all(|code| !looked.body.contains(code.as_str())), "and never again");
    assert_eq!(left(&app, &kim).await, Some(10));

    assert!(opens(&app, &kim, &tthc, &codes[0]).await);
    assert!(!opens(&app, &kim, &tthc, &codes[0]).await, "it was used");
    let typed = codes[1].to_lowercase().replace('-', " ");
    assert!(opens(&app, &kim, &tthc, &format!("  {typed} ")).await, "however it is typed");
    assert!(!opens(&app, &minh, &tthc, &codes[2]).await, "it is nobody else's");
    assert!(opens(&app, &kim, &tthc, &codes[2].replace('-', "")).await, "and still good for its owner");
    assert_eq!(left(&app, &kim).await, Some(7));
    // The clock stands still, so rows have no order of their own.
    let mut used: Vec<Value> = rows(&app)
        .await
        .iter()
        .filter(|row| row.event == "recovery_code.used")
        .map(|row| serde_json::from_str(&row.detail).expect("JSON"))
        .collect();
    used.sort_by_key(|detail| detail["left"].as_i64());
    assert_eq!(used, [json!({ "left": 7 }), json!({ "left": 8 }), json!({ "left": 9 })]);
}

#[tokio::test]
async fn a_new_sheet_makes_the_old_one_worthless() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, _) = enrol(&app, &kim).await;
    let vi = words(Locale::Vi);

    let first_page = browser.get(SHEET).await;
    let (_, old) = make_sheet(&mut browser).await;
    let second_page = browser.get(SHEET).await;
    let (_, new) = make_sheet(&mut browser).await;

    assert!(!first_page.body.contains(vi.recovery_warning.as_str()));
    assert!(second_page.body.contains(vi.recovery_warning.as_str()), "who makes another is told what becomes of the first");
    assert!(old.iter().all(|code| !new.contains(code)));
    assert_eq!(left(&app, &kim).await, Some(10), "looking at the page made none");
    assert!(!opens(&app, &kim, &tthc, &old[0]).await);
    assert!(opens(&app, &kim, &tthc, &new[0]).await);
    assert_eq!(count(&app, "recovery_codes.made").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_crowd_with_one_recovery_code_exactly_one_comes_in_and_one_sheet_is_left_of_many() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let (mut browser, _) = enrol(&app, &kim).await;
    let (_, codes) = make_sheet(&mut browser).await;
    let (asked_in, _) = asked(&app, &kim, "/signin").await;

    assert_eq!(crowd_gives(&app, &asked_in, &codes[3]).await, 1);
    assert_eq!(left(&app, &kim).await, Some(9));

    let known = app.services().person(&kim.id).await.expect("an answer").expect("a person");
    let made = crowd(|| {
        let (services, known) = (app.services().clone(), known.clone());
        async move { recovery::make(&services, &known, &Origin::command_line()).await.is_ok() }
    })
    .await;
    assert_eq!(made, CROWD, "one after the other");
    assert_eq!(left(&app, &kim).await, Some(10), "the codes of the last sheet and no others");
}

#[tokio::test]
async fn a_sheet_is_made_only_for_whoever_has_a_second_factor_and_has_given_it() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let mut of_minh = signed_in(&app, &minh).await;

    let page = of_minh.get(SHEET).await;
    let sent = of_minh.post(SHEET, &[("csrf", &page.hidden("csrf"))]).await;
    assert!(page.body.contains(words(Locale::Vi).recovery_first.as_str()) && !page.body.contains("recovery-make"));
    assert_eq!((sent.status, sent.location()), (303, SHEET), "a code alone would be no second factor");
    let known = app.services().person(&minh.id).await.expect("an answer").expect("a person");
    let made = recovery::make(app.services(), &known, &Origin::command_line()).await;
    assert!(matches!(made, Err(SheetError::NoSecondFactor)));

    // A browser with the password alone: of before there was an app, and of after.
    let mut early = signed_in(&app, &kim).await;
    let csrf = early.get("/").await.hidden("csrf");
    enrol(&app, &kim).await;
    let (mut late, page) = asked(&app, &kim, "/signin").await;
    for (browser, csrf) in [(&mut early, csrf), (&mut late, page.hidden("csrf"))] {
        for (path, fields) in [(SHEET, vec![]), (APP, vec![("decision", "remove")]), (APP, vec![("code", "000000")])] {
            let fields = [vec![("csrf", csrf.as_str())], fields].concat();
            let sent = browser.post(path, &fields).await;
            assert_eq!((sent.status, sent.page()), (303, None), "{path}");
            assert_eq!(browser.follow(sent).await.page(), Some("second-factor"), "{path}");
            assert_eq!(visit(browser, path).await.page(), Some("second-factor"), "{path}");
        }
    }
    assert_eq!((left(&app, &kim).await, left(&app, &minh).await), (None, None));
    assert!(has_app(&app, &kim).await);
    assert_eq!((count(&app, "recovery_codes.made").await, count(&app, "method.removed").await), (0, 0));
}

#[tokio::test]
async fn wrong_codes_are_throttled_with_the_limits_of_passwords() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let tthc = app.client("tthc", |_| {}).await;
    let (mut of_kim, phone) = enrol(&app, &kim).await;
    let (_, other_phone) = enrol(&app, &minh).await;
    let (_, codes) = make_sheet(&mut of_kim).await;
    let limits = app.services().settings.throttle;

    let (mut browser, page) = asked(&app, &kim, &app.authorize_path(&tthc, &[])).await;
    for guess in 0..limits.failures {
        app.advance_seconds(LONGEST_DELAY);
        let code = if guess % 2 == 0 { phone.wrong(&app) } else { "ABCDE-FGH23".to_owned() };
        let refused = give(&mut browser, &page, &code).await;
        assert_eq!((refused.status, refused.page()), (422, Some("second-factor")), "{guess}");
    }
    for code in [phone.code(&app, 0), codes[0].clone()] {
        let refused = give(&mut browser, &page, &code).await;
        assert_eq!((refused.status, refused.page()), (429, Some("second-factor")), "also a right one");
    }
    assert_eq!(left(&app, &kim).await, Some(10), "what was not looked at is not used up");
    let password = app.browser().sign_in(&kim, "/signin").await;
    assert_eq!((password.status, password.page()), (429, Some("password")), "the same limits");
    assert!(opens(&app, &minh, &tthc, &other_phone.code(&app, 0)).await, "colleagues go on");
    assert_eq!(count(&app, "second_factor.failed").await, 5);
    assert_eq!(count(&app, "sign_in.throttled").await, 1);

    app.advance_seconds(limits.lock_seconds + 1);
    assert!(opens(&app, &kim, &tthc, &phone.code(&app, 0)).await, "after the wait");
}

#[tokio::test]
async fn a_right_password_does_not_give_wrong_codes_a_new_start() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let (_, phone) = enrol(&app, &kim).await;
    let limits = app.services().settings.throttle;

    for guess in 0..limits.failures {
        app.advance_seconds(LONGEST_DELAY);
        let (mut browser, page) = asked(&app, &kim, "/signin").await;
        assert_eq!(give(&mut browser, &page, &phone.wrong(&app)).await.status, 422, "{guess}");
    }
    let stopped = app.browser().sign_in(&kim, "/signin").await;

    assert_eq!(stopped.status, 429, "who knows the password guesses no more codes than anybody");
}

#[tokio::test]
async fn wrong_used_and_never_added_are_answered_alike() {
    let app = stage(|config| config.throttle.delay_seconds = 0).await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let partner = app.client("partner", |settings| settings.third_party = true).await;
    let path = app.authorize_path(&partner, &[]);
    let (_, phone) = enrol(&app, &kim).await;
    let used = phone.code(&app, 0);
    let (mut browser, page) = asked(&app, &kim, &path).await;
    assert_eq!(give(&mut browser, &page, &used).await.status, 303);

    let mut answers = Vec::new();
    for code in [used, phone.wrong(&app), phone.code(&app, -3), "ABCDE-FGH23".to_owned()] {
        let (mut browser, page) = asked(&app, &kim, &path).await;
        answers.push(give(&mut browser, &page, &code).await);
    }
    // Nobody is led here without a second factor; who comes all the same learns nothing.
    let mut of_minh = signed_in(&app, &minh).await;
    let page = visit(&mut of_minh, &path).await;
    assert_eq!(page.page(), Some("consent"));
    for code in ["123456", "ABCDE-FGH23"] {
        answers.push(give(&mut of_minh, &page, code).await);
    }

    let bare = |answer: &Answer| {
        let (csrf, request) = (answer.hidden("csrf"), answer.hidden("request"));
        answer.body.replace(&csrf, "").replace(&request, "").replace("kim", "").replace("minh", "")
    };
    for answer in &answers {
        assert_eq!((answer.status, answer.page()), (422, Some("second-factor")));
        assert_eq!(bare(answer), bare(&answers[0]));
    }
    assert_eq!(count(&app, "second_factor.failed").await, answers.len());
    let failed: Vec<AuditRow> = rows(&app).await.into_iter().filter(|row| row.event == "second_factor.failed").collect();
    assert!(failed.iter().all(|row| row.detail == "{}"), "nothing that was typed is kept");
    let of_kim = failed.iter().filter(|row| row.person_id.as_deref() == Some(kim.id.as_str()));
    assert_eq!(of_kim.count(), 4, "whose it was is on record");
}

#[tokio::test]
async fn a_form_without_its_csrf_value_changes_no_method_and_gives_no_factor() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let (mut of_kim, phone) = enrol(&app, &kim).await;
    let mut of_minh = signed_in(&app, &minh).await;
    let offered = Phone::scan(&of_minh.get(APP).await);
    let (mut asked_in, page) = asked(&app, &kim, "/signin").await;
    let foreign = of_minh.get("/").await.hidden("csrf");
    let events = app.audit_events().await;

    for csrf in ["", foreign.as_str()] {
        let request = page.hidden("request");
        let code = phone.code(&app, 0);
        let given = asked_in.post(STEP, &[("csrf", csrf), ("request", &request), ("code", &code)]).await;
        let removed = of_kim.post(APP, &[("csrf", csrf), ("decision", "remove")]).await;
        let made = of_kim.post(SHEET, &[("csrf", csrf)]).await;
        for answer in [given, removed, made] {
            assert_eq!((answer.status, answer.error_page()), (403, Some("forbidden")), "{csrf}");
        }
    }
    let own = of_kim.get("/").await.hidden("csrf");
    let added = of_minh.post(APP, &[("csrf", &own), ("code", &offered.code(&app, 0))]).await;

    assert_eq!((added.status, added.error_page()), (403, Some("forbidden")));
    assert_eq!(app.audit_events().await, events, "nothing happened");
    assert!(has_app(&app, &kim).await && !has_app(&app, &minh).await);
    assert_eq!(left(&app, &kim).await, None);
    let right = give(&mut asked_in, &page, &phone.code(&app, 0)).await;
    assert_eq!(right.status, 303, "the code was not used up");
}

#[tokio::test]
async fn nobody_adds_an_app_for_somebody_else() {
    let app = TestApp::start().await;
    let (kim, minh) = (app.official("kim").await, app.official("minh").await);
    let (mut of_kim, mut of_minh) = (signed_in(&app, &kim).await, signed_in(&app, &minh).await);
    let phone = Phone::scan(&of_kim.get(APP).await);
    let page = of_minh.get(APP).await;

    assert_ne!(Phone::scan(&page).key, phone.key);
    let code = phone.code(&app, 0);
    let fields =
        [("csrf", page.hidden("csrf")), ("code", code), ("person", kim.id.to_string()), ("username", kim.username.clone())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let refused = of_minh.post(APP, &fields).await;
    assert_eq!((refused.status, refused.page()), (422, Some("totp")));
    assert!(!has_app(&app, &kim).await && !has_app(&app, &minh).await);

    // A sealed secret that another hand put into somebody's row opens nothing.
    let of_minh_sealed = app.services().envelope.seal(&[7; 20], format!("totp_secrets {}", minh.id).as_bytes());
    let now = Millis(app.now_seconds() * 1_000);
    let mut tx = app.services().store.write().await.expect("a transaction");
    assert!(totp_secrets::add(&mut tx, &kim.id, &of_minh_sealed, 0, now).await.expect("an answer"));
    tx.commit().await.expect("committed");
    let own = Secret::from_bytes(&[7; 20]).expect("a secret").code(step_at(now));
    assert!(second_factor::take_own(app.services(), &kim.id, &own, &Origin::command_line()).await.is_err());

    let mut nobody = app.browser();
    for path in [APP, SHEET] {
        assert_eq!(visit(&mut nobody, path).await.page(), Some("signin"), "{path}");
        let csrf = nobody.get("/").await.hidden("csrf");
        let sent = nobody.post(path, &[("csrf", &csrf), ("code", "000000")]).await;
        assert_eq!(nobody.follow(sent).await.page(), Some("signin"), "{path}");
    }
    assert_eq!((count(&app, "method.added").await, count(&app, "recovery_codes.made").await), (0, 0));
}

#[tokio::test]
async fn an_app_is_removed_behind_a_page_that_asks_and_its_codes_are_dead() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, phone) = enrol(&app, &kim).await;
    let cookie = browser.cookies[SIGN_ON].clone();
    let (mut early, page) = asked(&app, &kim, "/signin").await;

    let in_use = browser.get(APP).await;
    let question = browser.get(&format!("{APP}?remove=yes")).await;
    assert!(in_use.body.contains(&format!("{APP}?remove=yes")));
    assert!(question.body.contains("value=\"remove\"") && has_app(&app, &kim).await, "asking removes nothing");
    let sent = browser.post(APP, &[("csrf", &question.hidden("csrf")), ("decision", "remove")]).await;
    assert_eq!(sent.status, 303);
    assert!(sent.location().starts_with("/account/methods?"), "{}", sent.location());
    assert!(!has_app(&app, &kim).await);
    assert_eq!((count(&app, "method.removed").await, count(&app, "sign_out").await), (1, 0), "no session ends by it");
    assert_eq!(browser.cookies[SIGN_ON], cookie);

    let late = give(&mut early, &page, &phone.code(&app, 0)).await;
    assert_eq!(late.status, 422, "a code of an app that is gone");
    let free = app.browser().sign_in(&kim, &app.authorize_path(&tthc, &[])).await;
    assert!(free.param("code").is_some(), "there is nothing more to ask for");
    let next = Phone::scan(&browser.get(APP).await);
    assert_ne!(next.key, phone.key, "another app gets a key of its own");
}

#[tokio::test]
async fn a_change_of_methods_wants_a_fresh_sign_in() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let (mut browser, _) = enrol(&app, &kim).await;
    let csrf = browser.get(APP).await.hidden("csrf");

    app.advance_seconds(601);
    for (path, fields) in [(SHEET, vec![]), (APP, vec![("decision", "remove")])] {
        let sent = browser.post(path, &[vec![("csrf", csrf.as_str())], fields].concat()).await;
        assert_eq!(browser.follow(sent).await.page(), Some("signin"), "{path}");
    }

    assert!(has_app(&app, &kim).await);
    assert_eq!((left(&app, &kim).await, count(&app, "method.removed").await), (None, 0));
}

#[tokio::test]
async fn neither_keys_nor_codes_are_in_the_records_as_they_are() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (mut browser, phone) = enrol(&app, &kim).await;
    let (_, codes) = make_sheet(&mut browser).await;
    let given = phone.code(&app, 0);
    assert!(opens(&app, &kim, &tthc, &given).await && opens(&app, &kim, &tthc, &codes[0]).await);

    let mut conn = app.services().store.read().await.expect("a connection");
    let sealed = totp_secrets::find(&mut conn, &kim.id).await.expect("an answer").expect("an app").secret;
    drop(conn);
    let holds = |bytes: &[u8]| sealed.windows(bytes.len()).any(|window| window == bytes);
    assert!(!holds(phone.secret.bytes()) && !holds(phone.key.as_bytes()));
    let plain = codes[1].replace('-', "");
    let now = Millis(app.now_seconds() * 1_000);
    let guesses = [
        plain.as_bytes().to_vec(),
        codes[1].as_bytes().to_vec(),
        sha256(plain.as_bytes()).to_vec(),
        sha256(format!("{}{plain}", kim.id).as_bytes()).to_vec(),
        sha256(format!("{}\n{plain}", kim.id).as_bytes()).to_vec(),
    ];
    for kept in guesses {
        let mut tx = app.services().store.write().await.expect("a transaction");
        assert!(!recovery_codes::mark_used(&mut tx, &kim.id, &kept, now).await.expect("an answer"));
    }
    let secret = [vec![phone.key, given], codes.iter().map(|code| code.replace('-', "")).collect(), codes].concat();
    for row in rows(&app).await {
        assert!(secret.iter().all(|secret| !row.detail.contains(secret.as_str())), "{}", row.event);
    }
}

#[tokio::test]
async fn the_step_is_for_whoever_is_signed_on_and_can_be_cancelled() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let tthc = app.client("tthc", |_| {}).await;
    let (_, phone) = enrol(&app, &kim).await;

    let mut nobody = app.browser();
    let first = visit(&mut nobody, &app.authorize_path(&tthc, &[])).await;
    let led = give(&mut nobody, &first, &phone.code(&app, 0)).await;
    assert_eq!(nobody.follow(led).await.page(), Some("signin"), "the password comes first");

    let (mut browser, page) = asked(&app, &kim, &app.authorize_path(&tthc, &[])).await;
    let empty = give(&mut browser, &page, "").await;
    assert_eq!((empty.status, empty.page()), (422, Some("second-factor")));
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let denied = browser.post(STEP, &[("csrf", &csrf), ("request", &request), ("decision", "deny")]).await;
    assert_eq!(denied.param("error").as_deref(), Some("access_denied"));
    assert_eq!(denied.param("code"), None);
    let over = give(&mut browser, &page, &phone.code(&app, 0)).await;
    assert_eq!(over.error_page(), Some("expired"));
    assert_eq!(count(&app, "second_factor.failed").await, 0);
}

#[tokio::test]
async fn a_code_for_a_sign_on_that_has_ended_raises_nothing() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let (_, phone) = enrol(&app, &kim).await;
    let (browser, _) = asked(&app, &kim, "/signin").await;
    let cookie = browser.cookies[SIGN_ON].clone();
    let sign_on = sign_on::find(app.services(), &cookie).await.expect("an answer").expect("a sign-on");
    let origin = Origin::command_line();
    assert!(sign_on::ending::end(app.services(), &sign_on, "os:test", &origin).await.expect("an answer"));
    let raised = count(&app, "sign_in.raised").await;

    let before = Before { sign_on: &sign_on, cookie: &cookie };
    let tried = second_factor::verify(app.services(), &before, &phone.code(&app, 0), None, &origin).await;

    assert!(matches!(tried, Err(SecondFactorError::Failure(_))));
    assert_eq!(count(&app, "sign_in.raised").await, raised);
    assert!(sign_on::find(app.services(), &cookie).await.expect("an answer").is_none());
}

#[tokio::test]
async fn a_temporary_password_alone_does_not_choose_the_next_one() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    let (_, phone) = enrol(&app, &kim).await;
    let origin = Origin::command_line();
    let request =
        password::Request {
            username: "kim", password: "tạm thời 1".into(), temporary: true, actor: "os:test", origin: &origin
        };
    password::set(app.services(), request).await.expect("a temporary password");
    app.sync().await;
    let thief = Official { password: "tạm thời 1".to_owned(), ..kim.clone() };
    let stored = async || {
        let mut conn = app.services().store.read().await.expect("a connection");
        passwords::find(&mut conn, &kim.id).await.expect("an answer").expect("a password").hash
    };
    let before = stored().await;

    let (mut browser, page) = asked(&app, &thief, "/signin").await;
    let fields = [("csrf", page.hidden("csrf")), ("request", page.hidden("request"))];
    let [csrf, waiting] = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let chosen = browser.post("/signin/new-password", &[csrf, waiting, ("password", "Con mèo trèo cây cau 7")]).await;

    assert_eq!((chosen.status, chosen.location().starts_with(STEP)), (303, true), "{}", chosen.location());
    assert_eq!(stored().await, before, "nothing was changed");
    let given = give(&mut browser, &page, &phone.code(&app, 0)).await;
    assert!(given.location().starts_with("/signin/new-password"), "{}: with both it is asked for", given.location());
}
