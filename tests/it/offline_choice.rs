//! Signing in while an old directory is away, as a setting of one's own: its people switch it on and off, where the directory
//! leaves it to them, and nobody switches it for another one.

use crate::legacy_subjects::{owned, source};
use crate::support::records::{count_of, rows_of};
use crate::support::{Answer, Browser, Official, TestApp};
use motlan::base::clock::Millis;
use motlan::model::legacy_account::AccountKey;
use motlan::model::legacy_source::{Settings, SourceKind};
use motlan::service::legacy::review::name_of;
use motlan::service::legacy::sources::{self, NewSource};
use motlan::store::legacy_accounts::credentials;
use motlan::store::legacy_verifiers::{self, Verifier};
use secrecy::SecretString;
use serde_json::Value;
use time::macros::date;

const LIST: &str = "/account/methods";
const SWITCH: &str = "/account/methods/offline";
const CHOSEN: &str = "legacy_account.offline_chosen";
const DIRECTORY: &str = "servers = [\"ldaps://thu-muc.example\"]\nbase = \"dc=vn\"\nreader_dn = \"cn=doc,dc=vn\"\n";

/// A directory that nobody asks here.
async fn directory(app: &TestApp, id: &str, more: &str) {
    let text = format!("{DIRECTORY}{more}[sync]\nevery_minutes = 60\n");
    let new = NewSource {
        id: id.to_owned(),
        name: Some(format!("Thư mục {id}")),
        province: Some("79".to_owned()),
        as_of: Some(date!(2025 - 06 - 30)),
        sunset_on: None,
        settings: Settings::from_toml(SourceKind::Ldap, &text).expect("settings"),
        secret: Some(SecretString::from("bi-mat")),
    };
    sources::add(app.services(), new, "os:test").await.expect("a source");
}

async fn signed_in(app: &TestApp, official: &Official) -> Browser {
    let mut browser = app.browser();
    assert_eq!(browser.sign_in(official, "/signin").await.page(), Some("portal"));
    browser
}

/// The accounts that a page offers to switch on, or off.
fn offered(page: &Answer, act: &str) -> Vec<String> {
    let mark = format!(" name=\"{act}\" value=\"");
    page.body.split(&mark).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

async fn press(browser: &mut Browser, act: &str, account: &str) -> Answer {
    let csrf = browser.get("/").await.hidden("csrf");
    browser.post(SWITCH, &[("csrf", &csrf), (act, account)]).await
}

fn called(source: &str) -> String {
    name_of(&AccountKey { source: source.to_owned(), legacy_id: "1".to_owned() })
}

async fn is_chosen(app: &TestApp, source: &str) -> bool {
    let mut conn = app.services().store.read().await.expect("a connection");
    legacy_verifiers::is_wanted(&mut conn, source, "1", false).await.expect("an answer")
}

/// What a good sign-in with the directory leaves behind.
async fn learn(app: &TestApp) {
    let services = app.services();
    let verifier = Verifier { legacy_id: "1".to_owned(), hash: "$argon2id$x".to_owned() };
    let mut tx = services.store.write().await.expect("a unit of work");
    legacy_verifiers::put(&mut tx, "sg", &verifier, services.clock.now()).await.expect("kept");
    tx.commit().await.expect("committed");
}

/// Whether anything is known of the account, whatever its owner chose.
async fn is_learnt(app: &TestApp) -> bool {
    let mut conn = app.services().store.read().await.expect("a connection");
    let names = ["sg.kim", "sg.kim"];
    let known = legacy_verifiers::list_usable(&mut conn, "sg", names, true, Millis(0)).await.expect("an answer");
    !known.is_empty()
}

#[tokio::test]
async fn an_owner_switches_it_on_and_off_and_what_was_learnt_is_forgotten() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    directory(&app, "sg", "offline_days = 7\n").await;
    owned(&app, "sg", "1", &kim).await;
    let mut browser = signed_in(&app, &kim).await;

    let page = browser.get(LIST).await;
    assert!(page.body.contains("Thư mục sg") && page.body.contains("tối đa 7 ngày"), "{}", page.body);
    assert_eq!((offered(&page, "on"), offered(&page, "off")), (vec![called("sg")], vec![]));
    let on = press(&mut browser, "on", &called("sg")).await;
    assert_eq!((on.status, on.location()), (303, "/account/methods?done=offline-on"), "{}", on.body);
    let page = browser.follow(on).await;
    assert!(page.body.contains("Đã cho phép."), "{}", page.body);
    assert_eq!((offered(&page, "on"), offered(&page, "off")), (vec![], vec![called("sg")]));
    assert!(is_chosen(&app, "sg").await);
    learn(&app).await;
    assert!(is_learnt(&app).await);

    // Records of one moment are in no order.
    app.advance_seconds(1);
    for _ in 0..2 {
        let off = press(&mut browser, "off", &called("sg")).await;
        assert_eq!((off.status, off.location()), (303, "/account/methods?done=offline-off"), "{}", off.body);
    }

    assert!(!is_chosen(&app, "sg").await && !is_learnt(&app).await);
    let rows = rows_of(&app, CHOSEN).await;
    let wants = |row: &motlan::store::audit::AuditRow| serde_json::from_str::<Value>(&row.detail).expect("JSON")["wants"].clone();
    assert_eq!(rows.iter().map(wants).collect::<Vec<_>>(), [true, false], "each once");
    assert!(rows.iter().all(|row| row.actor.as_deref() == Some(kim.id.as_str()) && row.person_id == row.actor));
}

#[tokio::test]
async fn it_is_offered_only_where_the_directory_leaves_it_to_its_people() {
    let app = TestApp::start().await;
    let (kim, lan) = (app.official("kim").await, app.official("lan").await);
    directory(&app, "khong", "").await;
    directory(&app, "moi", "offline_days = 7\noffline_for = \"everybody\"\n").await;
    source(&app, "bd", "74").await;
    directory(&app, "cu", "offline_days = 7\n").await;
    directory(&app, "lan", "offline_days = 7\n").await;
    for id in ["khong", "moi", "bd", "cu"] {
        owned(&app, id, "1", &kim).await;
    }
    owned(&app, "lan", "1", &lan).await;
    let services = app.services();
    let mut tx = services.store.write().await.expect("a unit of work");
    credentials::retire(&mut tx, "cu", &kim.id, services.clock.now()).await.expect("retired");
    tx.commit().await.expect("committed");
    let mut browser = signed_in(&app, &kim).await;

    let page = browser.get(LIST).await;
    assert!(page.status == 200 && !page.body.contains(SWITCH), "{}", page.body);
    for id in ["khong", "moi", "bd", "cu", "lan", "nothing"] {
        for act in ["on", "off"] {
            let answer = press(&mut browser, act, &called(id)).await;
            assert_eq!((answer.status, answer.location()), (303, LIST), "{act} {id}: {}", answer.body);
        }
        assert!(!is_chosen(&app, id).await, "{id}");
    }
    for odd in ["", "sg", "%", "c2c"] {
        assert_eq!(press(&mut browser, "on", odd).await.location(), LIST, "{odd}");
    }

    assert_eq!(count_of(&app, CHOSEN).await, 0);
}

#[tokio::test]
async fn it_is_switched_on_only_after_a_sign_in_of_a_moment_ago_and_off_at_any_time() {
    let app = TestApp::start().await;
    let kim = app.official("kim").await;
    directory(&app, "sg", "offline_days = 7\n").await;
    owned(&app, "sg", "1", &kim).await;
    let mut browser = signed_in(&app, &kim).await;
    press(&mut browser, "on", &called("sg")).await;
    app.advance_seconds(601);
    app.sync().await;

    let off = press(&mut browser, "off", &called("sg")).await;
    assert_eq!((off.status, off.location()), (303, "/account/methods?done=offline-off"), "{}", off.body);
    let on = press(&mut browser, "on", &called("sg")).await;
    assert!(on.status == 303 && on.location().starts_with("/signin?request="), "{} {}", on.status, on.body);
    let forged = browser.post(SWITCH, &[("csrf", "another"), ("off", &called("sg"))]).await;
    assert_eq!(forged.error_page(), Some("forbidden"), "{}", forged.body);

    assert!(!is_chosen(&app, "sg").await);
    assert_eq!(count_of(&app, CHOSEN).await, 2, "on and off");
}
