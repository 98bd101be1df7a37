//! The scene: an export of an old province, one of its accounts linked to an official, and two systems.

use crate::legacy_review::official;
use crate::support::{Answer, Browser, Official, TestApp, TestClient};
use motlan::base::id::PersonId;
use motlan::model::client::ClientSettings;
use motlan::model::legacy_account::AccountKey;
use motlan::model::legacy_source::{BindBy, HashSettings, LdapSettings, LegacySource, Settings};
use motlan::service::Origin;
use motlan::service::legacy::import::{self, Request};
use motlan::service::legacy::sources::{self, NewSource};
use motlan::service::old_accounts::{self, Leads, Said};
use motlan::service::sign_on::{self, Started};
use motlan::store::legacy_accounts;
use motlan::store::legacy_accounts::credentials::{self, Credential};
use motlan::store::legacy_accounts::passwords::{self, Kept};
use motlan::store::legacy_matching::{self, Decided};
use std::io::Cursor;
use time::macros::date;

pub const SOURCE: &str = "bd";
/// A directory of another one.
pub const DIRECTORY: &str = "sg";
pub const SIGN_ON: &str = "__Host-motlan_sign_on";
/// The old password, composed (NFC).
pub const OLD: &str = "M\u{1ead}t kh\u{1ea9}u c\u{169} 1";
/// The same, as some keyboards send it (NFD).
pub const APART: &str = "Ma\u{323}\u{302}t kha\u{302}\u{309}u cu\u{303} 1";
/// SHA-1 of the composed one, in the notation of LDAP (made with Python's hashlib).
pub const HASH: &str = "{SHA}6XyNnvPOAhHZJVuVHoDe+UGK290=";
const HEADER: &str = "legacy_id,username,full_name,date_of_birth,personal_number,email,phone,unit_code,unit_name,district_name,\
                      title,password_hash,status,last_login_at\n";

pub struct Scene {
    pub app: TestApp,
    /// Whose account `kim.cu` is.
    pub kim: Official,
    /// A system of the old province.
    pub van_ban: TestClient,
    /// A system of the city.
    pub tthc: TestClient,
}

pub async fn scene() -> Scene {
    let app = TestApp::start().await;
    source(&app, SOURCE).await;
    let kim = app.official("kim").await;
    bring(&app, &row("7", "kim.cu", HASH, "active")).await;
    decide(&app, "7", "linked", Some(&kim.id)).await;
    let of_the_old_province = |settings: &mut ClientSettings| {
        settings.legacy_sources = vec![SOURCE.to_owned()];
        settings.grant_types.push("refresh_token".to_owned());
    };
    let van_ban = app.client("van-ban", of_the_old_province).await;
    let tthc = app.client("tthc", |_| {}).await;
    Scene { app, kim, van_ban, tthc }
}

/// An export of accounts.
pub async fn source(app: &TestApp, id: &str) -> LegacySource {
    source_of(app, id, Settings::Hashes(HashSettings::default())).await
}

async fn source_of(app: &TestApp, id: &str, settings: Settings) -> LegacySource {
    let source = NewSource {
        id: id.to_owned(),
        name: Some(format!("Hệ thống cũ {id}")),
        province: Some("74".to_owned()),
        as_of: Some(date!(2025 - 06 - 30)),
        sunset_on: None,
        settings,
        secret: None,
    };
    sources::add(app.services(), source, "os:test").await.expect("a source")
}

/// A directory with the account `1` of Lan, who has no way to sign in of her own.
pub async fn lan() -> (TestApp, PersonId) {
    let app = TestApp::start().await;
    let settings = LdapSettings {
        servers: vec!["ldaps://127.0.0.1:1".to_owned()],
        base: "dc=vn".to_owned(),
        bind: BindBy::Template,
        dn_template: "uid={username},dc=vn".to_owned(),
        ..LdapSettings::default()
    };
    source_of(&app, DIRECTORY, Settings::Ldap(Box::new(settings))).await;
    let lan = official(&app, "lan", "Nguyễn Thị Lan", "").await;
    bring_into(&app, DIRECTORY, &row("1", "lan.cu", "", "active")).await;
    decide_in(&app, DIRECTORY, "1", "linked", Some(&lan)).await;
    (app, lan)
}

/// A browser, and the sign-on in it, of whoever the directory has just found right: nobody is asked over the network.
pub async fn found_right(app: &TestApp, id: &str) -> (Browser, Started) {
    let (services, origin) = (app.services(), Origin::command_line());
    let source = sources::find(services, DIRECTORY).await.expect("an answer").expect("the directory");
    let said = Said { level: 1, methods: "pwd".to_owned(), lasting: false, proved_at: None };
    let leads = old_accounts::lead(services, &source, id, said, &origin).await.expect("an answer");
    let Leads::Person(proof) = leads else { panic!("the account leads to nobody") };
    let started = sign_on::start(services, proof, None, &origin).await.expect("a sign-on");
    let mut browser = app.browser();
    browser.cookies.insert(SIGN_ON.to_owned(), started.cookie.clone());
    (browser, started)
}

pub fn row(id: &str, username: &str, hash: &str, status: &str) -> String {
    format!("{id},{username},Nguyễn Văn Kim,1980-02-03,,,,,Phường Phú Cường,Thủ Dầu Một,Chuyên viên,{hash},{status},\n")
}

pub async fn bring(app: &TestApp, rows: &str) {
    bring_into(app, SOURCE, rows).await;
}

async fn bring_into(app: &TestApp, source: &str, rows: &str) {
    let origin = Origin::command_line();
    let request = Request { source, encoding: None, accept_good: false, dry_run: false, actor: "os:test", origin: &origin };
    let text = Cursor::new(format!("{HEADER}{rows}"));
    let report = import::import(app.services(), text, &request, |_| {}).await.expect("a report");
    assert_eq!(report.rows_bad, 0);
}

/// What matching decides of an account of which nothing is decided yet.
pub async fn decide(app: &TestApp, id: &str, decision: &'static str, person: Option<&PersonId>) {
    decide_in(app, SOURCE, id, decision, person).await;
}

async fn decide_in(app: &TestApp, source: &str, id: &str, decision: &'static str, person: Option<&PersonId>) {
    let services = app.services();
    let mut conn = services.store.read().await.expect("a connection");
    let stored = legacy_accounts::list(&mut conn, source, &[id]).await.expect("an answer").pop().expect("the account");
    drop(conn);
    let decided = Decided {
        key: AccountKey { source: source.to_owned(), legacy_id: id.to_owned() },
        row_digest: stored.given.row_digest,
        before: String::new(),
        was: stored.person_id,
        decision,
        rule: "strong",
        evidence: "{}".to_owned(),
        person: person.cloned(),
    };
    let mut tx = services.store.write().await.expect("a unit of work");
    assert_eq!(legacy_matching::decide(&mut tx, &[decided], services.clock.now()).await.expect("decided"), 1);
    tx.commit().await.expect("committed");
}

pub async fn account(app: &TestApp, id: &str) -> Credential {
    let mut conn = app.services().store.read().await.expect("a connection");
    credentials::find(&mut conn, SOURCE, id).await.expect("an answer").expect("the account")
}

pub async fn kept(app: &TestApp, id: &str) -> Kept {
    let mut conn = app.services().store.read().await.expect("a connection");
    passwords::find(&mut conn, SOURCE, id).await.expect("an answer").expect("a password")
}

/// Sends the form of a page.
pub async fn send(browser: &mut Browser, page: &Answer, to: &str, fields: &[(&str, &str)]) -> Answer {
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let mut all = vec![("csrf", csrf.as_str()), ("request", request.as_str())];
    all.extend(fields);
    browser.post(to, &all).await
}

/// Walks the pages as somebody with an old account, says "this is me", and stops where nothing is asked any more.
pub async fn come(browser: &mut Browser, path: &str, username: &str, password: &str) -> Answer {
    let mut answer = walk(browser, path, username, password).await;
    if answer.page() == Some("confirm") {
        answer = send(browser, &answer, "/signin/confirm", &[("act", "right")]).await;
        answer = browser.follow(answer).await;
    }
    answer
}

/// The same up to the page that asks whether it is them.
pub async fn walk(browser: &mut Browser, path: &str, username: &str, password: &str) -> Answer {
    let mut answer = browser.get(path).await;
    for _ in 0..8 {
        answer = browser.follow(answer).await;
        let (to, field) = match answer.page() {
            Some("signin") => ("/signin", ("username", username)),
            Some("place") => ("/signin/place", ("place", SOURCE)),
            Some("password") => ("/signin/password", ("password", password)),
            _ => return answer,
        };
        answer = send(browser, &answer, to, &[field]).await;
        if answer.status != 303 {
            return answer;
        }
    }
    browser.follow(answer).await
}

/// Says on the page that asks that it is them, and goes where that leads.
pub async fn say_right(browser: &mut Browser, asked: &Answer) -> Answer {
    assert_eq!((asked.status, asked.page()), (200, Some("confirm")), "{}", asked.body);
    let said = send(browser, asked, "/signin/confirm", &[("act", "right")]).await;
    browser.follow(said).await
}

impl Scene {
    /// A browser that came through the old account into the system of the old province.
    pub async fn come_in(&self) -> (Browser, Answer) {
        let mut browser = self.app.browser();
        let arrived = come(&mut browser, &self.van_ban_path(&[]), r"bd\kim.cu", OLD).await;
        assert!(arrived.param("code").is_some(), "{} {:?} {}", arrived.status, arrived.header("location"), arrived.body);
        (browser, arrived)
    }

    pub fn van_ban_path(&self, changes: &[(&str, &str)]) -> String {
        self.app.authorize_path(&self.van_ban, changes)
    }

    pub fn tthc_path(&self, changes: &[(&str, &str)]) -> String {
        self.app.authorize_path(&self.tthc, changes)
    }

    /// Whether the old password still opens what it opened.
    pub async fn opens(&self) -> bool {
        let mut browser = self.app.browser();
        come(&mut browser, &self.van_ban_path(&[]), r"bd\kim.cu", OLD).await.param("code").is_some()
    }
}
