//! A directory from its first sign-in to its last, over the pages: in, away and back, and then a better way in. While it is
//! away what is typed counts as everywhere, and strangers keep nobody out of a device of their own.

use crate::directories_hostile::{Asked, Does, Fake, READER, RIGHT, SECRET, bound, done, entry_of, page_end, read, source_of};
use crate::legacy_review::official;
use crate::legacy_sign_in::scene::{send, walk};
use crate::passkeys::authenticator::Device;
use crate::support::flows::{tokens_of, visit};
use crate::support::records::{count_of, rows_of};
use crate::support::requests::text;
use crate::support::{Answer, Browser, TestApp, TestClient};
use motlan::base::id::PersonId;
use motlan::model::legacy_account::AccountKey;
use motlan::model::legacy_source::LegacySource;
use motlan::service::Origin;
use motlan::service::legacy::directories::sync::Outcome;
use motlan::service::legacy::sign_in::{self, SignInError};
use motlan::store::legacy_accounts;
use motlan::store::legacy_matching::{self, Decided};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const NAME: &str = r"sg\kim";
/// By its filter a reading is told from a search.
const SETTINGS: &str = "offline_days = 7\n[sync]\nevery_minutes = 60\nfilter = \"(objectClass=inetOrgPerson)\"\n";

struct Scene {
    app: TestApp,
    fake: Fake,
    is_away: Arc<AtomicBool>,
    source: LegacySource,
    van_ban: TestClient,
    lan: PersonId,
}

fn holds(all: &[u8], word: &str) -> bool {
    all.windows(word.len()).any(|part| part == word.as_bytes())
}

/// A directory with one account, which is that of Lan, who has no way to sign in of her own; and a system of its province.
async fn scene() -> Scene {
    let app = TestApp::start().await;
    let is_away: Arc<AtomicBool> = Arc::default();
    let away = is_away.clone();
    let fake = Fake::start(move |id, asked| {
        if away.load(Ordering::SeqCst) {
            return Does::Closes;
        }
        let lan = || entry_of(id, "kim", "Nguyễn Thị Lan");
        match asked {
            Asked::Bind { name, password } => {
                let is_right = (name == READER && password == SECRET) || (name == "uid=kim,dc=vn" && password == RIGHT);
                bound(id, if is_right { 0 } else { 49 })
            }
            Asked::Search { filter_and_all, .. } if holds(filter_and_all, "inetOrgPerson") => {
                Does::Says([lan(), page_end(id, "")].concat())
            }
            Asked::Search { filter_and_all, .. } if holds(filter_and_all, "kim") => Does::Says([lan(), done(id, 0)].concat()),
            Asked::Search { .. } => Does::Says(done(id, 0)),
            Asked::Other => Does::Closes,
        }
    })
    .await;
    let source = source_of(&app, &fake, SETTINGS).await;
    assert_eq!(read(&app).await.told.outcome, Outcome::Done);
    let lan = official(&app, "lan", "Nguyễn Thị Lan", "").await;
    link(&app, &lan).await;
    let van_ban = app.client("van-ban", |settings| settings.legacy_sources = vec!["sg".to_owned()]).await;
    Scene { app, fake, is_away, source, van_ban, lan }
}

async fn link(app: &TestApp, person: &PersonId) {
    let services = app.services();
    let mut conn = services.store.read().await.expect("a connection");
    let stored = legacy_accounts::list(&mut conn, "sg", &["kim"]).await.expect("an answer").pop().expect("the account");
    drop(conn);
    let decided = Decided {
        key: AccountKey { source: "sg".to_owned(), legacy_id: "kim".to_owned() },
        row_digest: stored.given.row_digest,
        before: stored.decision,
        was: stored.person_id,
        decision: "linked",
        rule: "by_hand",
        evidence: "[]".to_owned(),
        person: Some(person.clone()),
    };
    let mut tx = services.store.write().await.expect("a unit of work");
    assert_eq!(legacy_matching::decide(&mut tx, &[decided], services.clock.now()).await.expect("decided"), 1);
    tx.commit().await.expect("committed");
}

impl Scene {
    async fn come(&self, browser: &mut Browser, password: &str) -> Answer {
        walk(browser, &self.app.authorize_path(&self.van_ban, &[]), NAME, password).await
    }

    /// Says that it is her, and that she wants to come in while the directory is away.
    async fn confirm(&self, browser: &mut Browser, asked: &Answer) -> Answer {
        assert_eq!((asked.status, asked.page()), (200, Some("confirm")), "{}", asked.body);
        let said = send(browser, asked, "/signin/confirm", &[("act", "right"), ("offline", "on")]).await;
        browser.follow(said).await
    }

    /// Comes in twice: at the second time the password is learnt.
    async fn learnt(&self) -> Browser {
        let mut browser = self.app.browser();
        let asked = self.come(&mut browser, RIGHT).await;
        assert!(self.confirm(&mut browser, &asked).await.param("code").is_some());
        assert!(self.come(&mut self.app.browser(), RIGHT).await.param("code").is_some());
        browser
    }

    fn go_away(&self) {
        self.is_away.store(true, Ordering::SeqCst);
        // Connections that were made before end too.
        self.app.advance_seconds(16);
    }

    fn come_back(&self) {
        self.is_away.store(false, Ordering::SeqCst);
        self.app.advance_seconds(16);
    }
}

#[tokio::test]
async fn an_official_comes_in_by_a_directory_without_it_and_at_last_by_a_way_of_their_own() {
    let scene = scene().await;
    let first = scene.learnt().await;
    drop(first);

    scene.go_away();
    let mut browser = scene.app.browser();
    let arrived = scene.come(&mut browser, RIGHT).await;
    assert!(arrived.param("code").is_some(), "{} {}", arrived.status, arrived.body);
    let tokens = tokens_of(&scene.app, &scene.van_ban, &arrived).await;
    let claims = scene.app.claims(text(&tokens, "id_token"));
    assert!(text(&claims, "acr").ends_with('1'), "{claims}");
    let factor = visit(&mut browser, "/welcome?step=factor").await;
    assert_ne!(factor.page(), Some("welcome-factor"), "what was learnt gives nobody a way to sign in");
    let failed = count_of(&scene.app, "sign_in.failed").await;
    let wrong = scene.come(&mut scene.app.browser(), "sai").await;
    assert_eq!((wrong.status, wrong.page()), (503, Some("password")), "told as an outage");
    assert_eq!(count_of(&scene.app, "sign_in.failed").await, failed + 1, "and counted");

    scene.come_back();
    let mut browser = scene.app.browser();
    assert!(scene.come(&mut browser, RIGHT).await.param("code").is_some());
    let who = visit(&mut browser, "/welcome").await;
    assert_eq!(who.page(), Some("welcome-who"), "{} {}", who.status, who.body);
    let right = send(&mut browser, &who, "/welcome", &[("act", "right")]).await;
    let factor = browser.follow(right).await;
    assert_eq!(factor.page(), Some("welcome-factor"), "{} {}", factor.status, factor.body);
    let csrf = factor.hidden("csrf");
    let options = browser.post("/account/methods/passkeys/options", &[("csrf", &csrf)]).await;
    let credential = Device::new().make(&options.json());
    let made = browser.post("/welcome", &[("csrf", &csrf), ("act", "passkey"), ("credential", &credential)]).await;
    assert_eq!(made.status, 303, "{}", made.body);

    let retired = rows_of(&scene.app, "legacy_account.retired").await;
    assert_eq!(retired.len(), 1);
    assert_eq!(retired[0].person_id.as_deref(), Some(scene.lan.as_str()));
    let dead = scene.come(&mut scene.app.browser(), RIGHT).await;
    assert_eq!((dead.status, dead.page()), (422, Some("password")), "the old password opens nothing");
    scene.go_away();
    let dead = scene.come(&mut scene.app.browser(), RIGHT).await;
    assert!(dead.param("code").is_none(), "and nothing of it was kept");
}

#[tokio::test]
async fn what_is_typed_while_a_directory_is_away_counts_and_strangers_keep_nobody_out() {
    let scene = scene().await;
    let mut own = scene.learnt().await;
    let origin = Origin::command_line();
    scene.go_away();
    let passed_on = scene.fake.passwords();

    for turn in 0..4 {
        let tried = sign_in::password(scene.app.services(), &scene.source, "kim", "sai".into(), None, &origin).await;
        assert!(matches!(tried, Err(SignInError::Down)), "{turn}");
        scene.app.advance_seconds(5);
    }

    // Two are held against what was learnt; then nothing is, and that is no failure.
    assert_eq!(count_of(&scene.app, "sign_in.failed").await, 2);
    let stranger = scene.come(&mut scene.app.browser(), RIGHT).await;
    assert_eq!((stranger.status, stranger.page()), (503, Some("password")), "nothing more is looked at for strangers");
    // The password is asked for again, in a browser in which she has come in before.
    let anew = scene.app.authorize_path(&scene.van_ban, &[("prompt", "login")]);
    let arrived = walk(&mut own, &anew, NAME, RIGHT).await;
    assert!(arrived.param("code").is_some(), "{} {}", arrived.status, arrived.body);
    assert_eq!(scene.fake.passwords(), passed_on, "the directory heard nothing");

    scene.come_back();
    assert!(scene.come(&mut scene.app.browser(), RIGHT).await.param("code").is_some(), "the name is not locked");
}
