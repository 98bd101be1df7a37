//! What came to the kept person between a merge and its undo: what came by an account that goes back does not stay with
//! them, whoever was merged is let in as before, and what else came stays and is told.

use super::{NUMBER, Two, accounts_of, document, merged, pair, rematch, undo};
use crate::federation::{START, sign_on_of, source};
use crate::legacy_subjects;
use crate::passkeys::authenticator::Device;
use crate::rights_scene::{admin, everywhere};
use crate::support::flows::{id_claims, visit};
use crate::support::people::{bring, person};
use crate::support::phones::enrol;
use crate::support::records::{count_of, rows_of};
use crate::support::upstream::Upstream;
use crate::support::{Answer, Browser, Official, TestApp, TestClient};
use motlan::base::digest::sha256;
use motlan::base::id::PersonId;
use motlan::model::admin_scope::AdminRole;
use motlan::model::client::SubjectType;
use motlan::service::Origin;
use motlan::service::legacy::import;
use motlan::service::legacy::merge::{Done, Later, Method, Pair, Undone};
use motlan::store::legacy_accounts::passwords;
use motlan::store::recoveries::{self, Kind, Recovery};
use motlan::store::{devices, methods, passkeys, person_merges};
use serde_json::json;
use std::io::Cursor;

const OPTIONS: &str = "/account/methods/passkeys/options";

/// Somebody who has not come in yet, and another one who has nothing but an account at an old provider.
struct Met {
    app: TestApp,
    upstream: Upstream,
    kept: Official,
    merged: Official,
}

impl Met {
    async fn set() -> Self {
        let (app, upstream) = (TestApp::with_registry().await, Upstream::start().await);
        source(&app, &upstream, "").await;
        let people = format!("kim.nt,Nguyễn Thị Kim,,,,,,,,,,,,,\nkim.moi,Nguyễn Thị Kim,1986-08-05,{NUMBER},,,,,,,,,,,\n");
        let report = bring(&app, &people).await;
        assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
        let origin = Origin::command_line();
        let request = import::Request {
            source: "bd",
            encoding: None,
            accept_good: false,
            dry_run: false,
            actor: "os:test",
            origin: &origin,
        };
        let header = "legacy_id,username,full_name,date_of_birth,personal_number,email\n";
        let text = format!("{header}bd-1,kim,Nguyễn Thị Kim,05/08/1986,{NUMBER},\n");
        let report = import::import(app.services(), Cursor::new(text), &request, |_| {}).await.expect("a report");
        assert_eq!(report.rows_bad, 0, "{:?}", report.errors);
        rematch(&app).await;
        let (kept, merged) = (without_password(&app, "kim.nt").await, without_password(&app, "kim.moi").await);
        assert_eq!((accounts_of(&app, &kept.id).await, accounts_of(&app, &merged.id).await), (0, 1));
        Self { app, upstream, kept, merged }
    }

    fn pair(&self) -> Pair {
        pair(&self.kept, &self.merged)
    }

    async fn merge(&self) -> Done {
        let done = merged(&self.app, &self.pair()).await.expect("a merge");
        self.app.advance_seconds(60);
        done
    }

    async fn undo(&self, done: &Done) -> Undone {
        self.app.advance_seconds(60);
        undo(&self.app, &self.pair(), &done.id).await.expect("undone")
    }

    async fn documents(&self) -> (String, String) {
        (document(&self.app, &self.kept).await, document(&self.app, &self.merged).await)
    }

    /// Whoever the account is of comes by it, and says that it is them when they are asked.
    async fn come(&self) -> Browser {
        let mut browser = self.app.browser();
        let claims = json!({ "sub": "bd-1", "auth_time": self.app.now_seconds() });
        let page = self.upstream.sign_in(&self.app, &mut browser, START, &claims).await;
        if page.page() == Some("confirm") {
            let right = send(&mut browser, &page, "/signin/confirm", &[("act", "right")]).await;
            browser.follow(right).await;
        }
        browser
    }

    /// As whom a browser is signed on.
    async fn who(&self, browser: &Browser) -> Option<PersonId> {
        sign_on_of(&self.app, browser).await.map(|sign_on| sign_on.person)
    }

    async fn passkeys_of(&self, official: &Official) -> usize {
        let mut conn = self.app.services().store.read().await.expect("a connection");
        passkeys::list(&mut conn, &official.id).await.expect("passkeys").len()
    }

    /// An invitation of the kept one, by what is kept of its secret.
    async fn invite(&self, name: &str) -> Vec<u8> {
        let services = self.app.services();
        let now = services.clock.now();
        let digest = sha256(name.as_bytes()).to_vec();
        let recovery = Recovery {
            id: name.to_owned(),
            person: self.kept.id.clone(),
            kind: Kind::Invitation,
            digest: digest.clone(),
            issued_by: "os:test".to_owned(),
            issued_at: now,
            expires_at: now.plus_seconds(86_400),
        };
        let mut tx = services.store.write().await.expect("a unit of work");
        recoveries::add(&mut tx, &recovery).await.expect("an invitation");
        tx.commit().await.expect("committed");
        digest
    }

    async fn counts(&self, invitation: &[u8]) -> bool {
        let services = self.app.services();
        let mut conn = services.store.read().await.expect("a connection");
        recoveries::find_by_digest(&mut conn, invitation, services.clock.now()).await.expect("an answer").is_some()
    }
}

async fn without_password(app: &TestApp, username: &str) -> Official {
    let found = person(app, username).await.expect("a person");
    Official { id: found.id, username: username.to_owned(), password: String::new(), positions: Vec::new() }
}

/// Sends a form of a page.
async fn send(browser: &mut Browser, page: &Answer, to: &str, fields: &[(&str, &str)]) -> Answer {
    let (csrf, request) = (page.hidden("csrf"), page.hidden("request"));
    let known = [("csrf", csrf.as_str()), ("request", request.as_str())];
    browser.post(to, &[&known[..], fields].concat()).await
}

/// Walks to a passkey and makes one.
async fn make_passkey(browser: &mut Browser) {
    let who = visit(browser, "/welcome").await;
    let right = send(browser, &who, "/welcome", &[("act", "right")]).await;
    let factor = browser.follow(right).await;
    assert_eq!(factor.page(), Some("welcome-factor"), "{}", factor.body);
    let options = browser.post(OPTIONS, &[("csrf", &factor.hidden("csrf"))]).await;
    assert_eq!(options.status, 200, "{}", options.body);
    let credential = Device::new().make(&options.json());
    let made = send(browser, &factor, "/welcome", &[("act", "passkey"), ("credential", &credential)]).await;
    assert_eq!(made.status, 303, "{}", made.body);
    browser.follow(made).await;
}

/// An account of the kept one's own, with a password that an export brought.
async fn own_account(met: &Met) {
    legacy_subjects::source(&met.app, "vt", "77").await;
    legacy_subjects::owned(&met.app, "vt", "9", &met.kept).await;
    let services = met.app.services();
    let kept = passwords::Password {
        legacy_id: "9".to_owned(),
        state: passwords::SEALED,
        scheme: "sha1".to_owned(),
        sealed: Some(vec![1]),
    };
    let mut tx = services.store.write().await.expect("a unit of work");
    passwords::set(&mut tx, "vt", &[kept], services.clock.now()).await.expect("a password");
    tx.commit().await.expect("committed");
}

/// A system that keeps what the old one called people.
async fn van_ban(app: &TestApp) -> TestClient {
    app.client("van-ban", |settings| {
        settings.subject_type = SubjectType::Legacy(vec!["bd".to_owned()]);
        settings.legacy_sources = vec!["bd".to_owned()];
    })
    .await
}

/// What a system calls whoever a browser is signed on as.
async fn called(app: &TestApp, client: &TestClient, browser: &mut Browser) -> String {
    let answer = browser.get(&app.authorize_path(client, &[("prompt", "none")])).await;
    id_claims(app, client, &answer).await["sub"].as_str().expect("a subject").to_owned()
}

async fn subject_of(app: &TestApp, official: &Official) -> Vec<String> {
    let mut conn = app.services().store.read().await.expect("a connection");
    let rows = person_merges::list_subjects(&mut conn, &official.id).await.expect("subjects");
    rows.into_iter().map(|row| row.sub).collect()
}

#[tokio::test]
async fn what_was_made_by_an_account_that_goes_back_goes_and_both_are_whole_again_byte_by_byte() {
    let met = Met::set().await;
    let app = &met.app;
    own_account(&met).await;
    let client = van_ban(app).await;
    assert_eq!(called(app, &client, &mut met.come().await).await, "bd-1");
    let early = met.invite("early").await;
    let before = met.documents().await;
    app.advance_seconds(60);
    let done = met.merge().await;
    let late = met.invite("late").await;

    let mut browser = met.come().await;
    assert_eq!(met.who(&browser).await.as_ref(), Some(&met.kept.id), "they come in as whoever was kept");
    assert_eq!(called(app, &client, &mut browser).await, "bd-1");
    make_passkey(&mut browser).await;
    assert_eq!(met.passkeys_of(&met.kept).await, 1);
    assert_eq!(count_of(app, "legacy_account.retired").await, 1, "and what was theirs is retired");
    let undone = met.undo(&done).await;

    assert_eq!(met.documents().await, before);
    assert_eq!((met.passkeys_of(&met.kept).await, met.passkeys_of(&met.merged).await), (0, 0));
    assert!(met.who(&browser).await.is_none(), "nobody is signed on by it");
    let mut conn = app.services().store.read().await.expect("a connection");
    assert!(devices::list(&mut conn, &met.kept.id, 10).await.expect("devices").is_empty());
    drop(conn);
    assert!(met.counts(&early).await, "what was given out before is the kept one's");
    assert!(!met.counts(&late).await, "what was given out since may be the other one's");
    let (source, legacy_id) = ("vt".to_owned(), "9".to_owned());
    assert_eq!(undone.stayed.len(), 2, "{:?}", undone.stayed);
    assert!(matches!(undone.stayed[0], Later::MethodRemoved { method: Method::Passkey, .. }), "{:?}", undone.stayed);
    assert_eq!(undone.stayed[1], Later::PasswordGone { source, legacy_id }, "what was deleted does not come back");
    let removed = rows_of(app, "method.removed").await;
    assert_eq!(removed.len(), 1);
    assert_eq!(removed[0].person_id.as_deref(), Some(met.kept.id.as_str()));

    let mut again = met.come().await;
    assert_eq!(met.who(&again).await.as_ref(), Some(&met.merged.id), "the account leads to whom it led");
    make_passkey(&mut again).await;
    assert_eq!((met.passkeys_of(&met.kept).await, met.passkeys_of(&met.merged).await), (0, 1));
}

#[tokio::test]
async fn what_a_system_came_to_call_somebody_by_an_account_goes_back_with_it_and_the_page_says_so() {
    let met = Met::set().await;
    let app = &met.app;
    let client = van_ban(app).await;
    let done = met.merge().await;
    let mut browser = met.come().await;
    assert_eq!(called(app, &client, &mut browser).await, "bd-1");
    make_passkey(&mut browser).await;
    let mut keeper = admin(app, "quan-tri", &[], everywhere(AdminRole::System)).await;
    let away = format!("/admin/people/{}/unmerge", met.merged.id);

    let page = keeper.browser.get(&away).await;
    assert_eq!((page.status, page.page()), (200, Some("admin-merge-undo")), "{}", page.body);
    let tells = |body: &str| body.contains("client:van-ban") && body.contains("bd/bd-1") && body.contains("(passkey)");
    assert!(tells(&page.body) && page.body.contains("id=\"used\""), "{}", page.body);
    assert_eq!(subject_of(app, &met.kept).await, ["bd-1"], "looking changes nothing");
    let undone = keeper.post(&away, &[("reason", "Nhầm người")]).await;
    assert_eq!((undone.status, undone.location()), (303, "/admin/merges?done=undone"), "{}", undone.body);
    app.sync().await;

    let merges = keeper.browser.get("/admin/merges").await;
    assert!(tells(&merges.body) && !merges.body.contains(&away), "{}", merges.body);
    assert!(subject_of(app, &met.kept).await.is_empty());
    assert_eq!(subject_of(app, &met.merged).await, ["bd-1"]);
    assert_eq!(called(app, &client, &mut met.come().await).await, "bd-1", "of whom it is");
    let record = rows_of(app, "person.merge_undone").await.pop().expect("a record");
    assert!(record.detail.contains("subject_returned") && record.detail.contains("method_removed"), "{}", record.detail);
    assert!(record.detail.contains(&done.id), "{}", record.detail);
}

#[tokio::test]
async fn what_was_added_while_no_account_that_goes_back_was_used_stays_and_is_told() {
    let two = Two::set().await;
    let app = &two.app;
    let done = two.merge().await;
    app.advance_seconds(60);
    let (browser, _) = enrol(app, &two.kept).await;

    let undone = two.undo(&done.id).await.expect("undone");

    let told = |later: &Later| matches!(later, Later::Method { method: Method::App, .. });
    assert!(undone.stayed.iter().any(told), "{:?}", undone.stayed);
    assert!(!undone.stayed.iter().any(Later::is_taken), "{:?}", undone.stayed);
    let mut conn = app.services().store.read().await.expect("a connection");
    assert!(methods::find(&mut conn, &two.kept.id).await.expect("methods").totp, "a human decides whose it is");
    drop(conn);
    assert_eq!(count_of(app, "method.removed").await, 0);
    assert!(sign_on_of(app, &browser).await.is_none(), "but they sign in anew");
}
