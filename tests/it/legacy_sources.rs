//! Promises about legacy sources: registered in order, read as of the right day, their secrets kept, and never removed
//! while somebody has an account of them.

use crate::support::TestApp;
use crate::support::people::house;
use crate::support::records::{count_of, rows_of};
use crate::support::sites::Site;
use http::header::CONTENT_TYPE;
use motlan::base::id::PersonId;
use motlan::model::legacy_account::AccountKey;
use motlan::model::legacy_source::{HashSettings, LegacySource, Settings, SourceKind};
use motlan::service::legacy::sources::{self, NewSource, SourceError, Tested};
use motlan::store::legacy_accounts::passwords::{self, Password, SEALED};
use motlan::store::legacy_accounts::{self, Given};
use motlan::store::legacy_matching::{self, Decided};
use secrecy::SecretString;
use serde_json::json;
use time::macros::date;

const ACTOR: &str = "os:test";
const LAST: time::Date = date!(2025 - 06 - 30);
const DIRECTORY: &str = "servers = [\"ldaps://thu-muc.example\"]\nbase = \"dc=vn\"\nreader_dn = \"cn=doc,dc=vn\"\n";

/// An export of the former province 77.
fn export(id: &str) -> NewSource {
    NewSource {
        id: id.to_owned(),
        name: None,
        province: Some("77".to_owned()),
        as_of: Some(LAST),
        sunset_on: None,
        settings: Settings::Hashes(HashSettings::default()),
        secret: None,
    }
}

/// A source with a file of settings and a secret.
fn with_file(id: &str, kind: SourceKind, text: &str, secret: Option<&str>) -> NewSource {
    let settings = Settings::from_toml(kind, text).expect("settings");
    NewSource { settings, secret: secret.map(SecretString::from), ..export(id) }
}

fn upstream(issuer: &str) -> String {
    format!("issuer = \"{issuer}\"\nclient_id = \"motlan\"\n")
}

async fn add(app: &TestApp, new: NewSource) -> Result<LegacySource, SourceError> {
    sources::add(app.services(), new, ACTOR).await
}

async fn known(app: &TestApp) -> Vec<LegacySource> {
    sources::list(app.services()).await.expect("sources")
}

async fn secret_of(app: &TestApp, id: &str) -> Option<String> {
    let secret = sources::secret(app.services(), id).await.expect("a secret that opens");
    secret.map(|bytes| String::from_utf8(bytes.to_vec()).expect("text"))
}

/// What was audited about sources, by name: the clock stands still, so rows have no order of their own.
async fn told(app: &TestApp) -> Vec<String> {
    let mut told: Vec<String> =
        app.audit_events().await.into_iter().filter(|event| event.starts_with("legacy_source.")).collect();
    told.sort();
    told
}

fn is_refused<T: std::fmt::Debug>(answer: &Result<T, SourceError>, words: &str) -> bool {
    matches!(answer, Err(SourceError::Refused(reason)) if reason.contains(words))
}

fn given(legacy_id: &str) -> Given {
    Given {
        legacy_id: legacy_id.to_owned(),
        username: format!("vt.{legacy_id}"),
        username_folded: format!("vt.{legacy_id}"),
        full_name: "Nguyễn Thị Kim".to_owned(),
        name_sorted: "kim nguyen thi".to_owned(),
        date_of_birth: None,
        born_text: String::new(),
        number_kind: "missing".to_owned(),
        number_born: None,
        number_digest: None,
        number_sealed: None,
        email: String::new(),
        phone: String::new(),
        unit_code: String::new(),
        unit_name: String::new(),
        district_name: String::new(),
        title: String::new(),
        status: String::new(),
        last_login_at: String::new(),
        row_digest: legacy_id.as_bytes().to_vec(),
    }
}

/// Accounts of a source with their passwords; the first of them is somebody's when `owned`.
async fn bring_accounts(app: &TestApp, source: &str, ids: &[&str], owned: bool) {
    let now = app.services().clock.now();
    let mut tx = app.services().store.write().await.expect("a unit of work");
    let accounts: Vec<Given> = ids.iter().map(|id| given(id)).collect();
    legacy_accounts::add(&mut tx, source, "import", now, &accounts).await.expect("accounts");
    let password = |id: &&str| Password {
        legacy_id: (*id).to_owned(),
        state: SEALED,
        scheme: "md5".to_owned(),
        sealed: Some(b"sealed".to_vec()),
    };
    let all: Vec<Password> = ids.iter().map(password).collect();
    passwords::set(&mut tx, source, &all, now).await.expect("passwords");
    if owned {
        let decided = Decided {
            key: AccountKey { source: source.to_owned(), legacy_id: ids[0].to_owned() },
            row_digest: ids[0].as_bytes().to_vec(),
            before: String::new(),
            was: None,
            decision: "linked",
            rule: "numbers_equal",
            evidence: "{}".to_owned(),
            person: Some(PersonId("kim".to_owned())),
        };
        assert_eq!(legacy_matching::decide(&mut tx, &[decided], now).await.expect("decided"), 1);
    }
    tx.commit().await.expect("committed");
}

async fn accounts_of(app: &TestApp, source: &str) -> i64 {
    legacy_accounts::count(&mut app.services().store.read().await.expect("a connection"), source).await.expect("a count")
}

#[tokio::test]
async fn a_source_is_read_as_of_the_last_day_of_its_province() {
    let app = house().await;
    for code in ["74", "77", "79"] {
        let id = format!("tinh-{code}");
        let new = NewSource { as_of: None, province: Some(code.to_owned()), ..export(&id) };

        let source = add(&app, new).await.expect("added");

        assert_eq!(source.as_of, LAST, "{code}");
        assert_eq!(sources::find(app.services(), &id).await.expect("an answer"), Some(source));
    }
    let unknown = add(&app, NewSource { as_of: None, province: Some("01".to_owned()), ..export("ha-noi") }).await;
    let nowhere = add(&app, NewSource { as_of: None, province: None, ..export("dau-do") }).await;
    let text = upstream("https://vneid.example");
    let country = NewSource { as_of: None, province: None, ..with_file("vneid", SourceKind::Oidc, &text, Some("s")) };
    let country = add(&app, country).await.expect("an upstream provider brings no units that would need a day");

    assert!(is_refused(&unknown, "no former province 01"), "{unknown:?}");
    assert!(is_refused(&nowhere, "--as-of"), "{nowhere:?}");
    assert_eq!(country.as_of, date!(2026 - 11 - 22));
    assert_eq!(known(&app).await.len(), 4);
}

#[tokio::test]
async fn a_source_is_added_changed_and_removed_and_each_is_on_record() {
    let app = TestApp::start().await;
    assert!(known(&app).await.is_empty());

    let added = add(&app, NewSource { name: Some("Bà Rịa - Vũng Tàu".to_owned()), ..export("vt") }).await.expect("added");
    assert_eq!(known(&app).await, std::slice::from_ref(&added));
    let change = |source: &mut LegacySource| {
        source.sunset_on = Some(date!(2026 - 12 - 31));
        (source.id, source.kind) = ("khac".to_owned(), SourceKind::Oidc);
        Ok(())
    };
    let changed = sources::change(app.services(), "vt", ACTOR, None, change).await.expect("changed");
    let expected = LegacySource { sunset_on: Some(date!(2026 - 12 - 31)), version: 2, ..added };
    assert_eq!(changed, expected, "what it is called by and its kind stay");
    assert_eq!(known(&app).await, std::slice::from_ref(&changed));
    let same = sources::change(app.services(), "vt", ACTOR, None, |_| Ok(())).await.expect("nothing to change");
    assert_eq!(same, changed);
    assert_eq!(told(&app).await, ["legacy_source.added", "legacy_source.changed"]);
    sources::remove(app.services(), "vt", ACTOR).await.expect("removed");

    assert!(known(&app).await.is_empty());
    let all = ["legacy_source.added", "legacy_source.changed", "legacy_source.changed", "legacy_source.removed"];
    assert_eq!(told(&app).await, all, "it is stopped before it goes");
    let rows = rows_of(&app, "legacy_source.added").await;
    assert_eq!(rows[0].actor.as_deref(), Some(ACTOR));
    assert!(rows[0].detail.contains("\"as_of\":\"2025-06-30\""), "{}", rows[0].detail);
}

#[tokio::test]
async fn another_node_goes_by_a_change_as_soon_as_it_looks() {
    let Some((app, other)) = TestApp::two_nodes().await else { return };
    assert!(known(&other).await.is_empty());

    let source = add(&app, export("vt")).await.expect("added");
    other.sync().await;

    assert_eq!(known(&other).await, [source]);
}

#[tokio::test]
async fn what_cannot_be_a_source_is_refused_with_a_reason_and_leaves_nothing() {
    let app = TestApp::start().await;
    let declared = |text: &str| with_file("vt", SourceKind::Hashes, text, None);
    let table = [
        (export("VT"), "the id"),
        (NewSource { name: Some(String::new()), ..export("vt") }, "the name"),
        (NewSource { province: Some("770".to_owned()), ..export("vt") }, "the province"),
        (NewSource { sunset_on: Some(date!(2025 - 01 - 01)), ..export("vt") }, "last day"),
        (declared("declared = \"md5(md5(password))\"\n"), "md5(salt+password)"),
        (declared("encoding = \"latin1\"\n"), "windows-1258"),
        (NewSource { secret: Some(SecretString::from("s")), ..export("vt") }, "no secret"),
        (with_file("vt", SourceKind::Oidc, "", Some("s")), "issuer"),
        (with_file("vt", SourceKind::Oidc, &upstream("https://sso.example"), None), "--secret-file"),
        (with_file("vt", SourceKind::Oidc, &upstream("https://sso.example"), Some("")), "the secret has"),
        (with_file("vt", SourceKind::Ldap, DIRECTORY, None), "--secret-file"),
    ];
    for (new, words) in table {
        let refused = add(&app, new).await;

        assert!(is_refused(&refused, words), "{words}: {refused:?}");
    }
    assert!(known(&app).await.is_empty());
    assert!(told(&app).await.is_empty());
}

#[tokio::test]
async fn an_id_is_given_once_and_what_is_not_there_is_neither_changed_nor_removed() {
    let app = TestApp::start().await;
    let first = add(&app, export("vt")).await.expect("added");

    let again = add(&app, NewSource { name: Some("Khác".to_owned()), ..export("vt") }).await;
    let changed = sources::change(app.services(), "bd", ACTOR, None, |_| Ok(())).await;
    let removed = sources::remove(app.services(), "bd", ACTOR).await;
    let tested = sources::try_out(app.services(), "bd").await;

    assert!(matches!(again, Err(SourceError::Taken)), "{again:?}");
    assert!(matches!(changed, Err(SourceError::Unknown)), "{changed:?}");
    assert!(matches!(removed, Err(SourceError::Unknown)), "{removed:?}");
    assert!(matches!(tested, Err(SourceError::Unknown)), "{tested:?}");
    assert_eq!(known(&app).await, [first]);
    assert_eq!(told(&app).await, ["legacy_source.added"]);
}

#[tokio::test]
async fn the_secret_of_a_source_is_kept_until_another_is_given_and_told_nowhere() {
    let app = TestApp::start().await;
    let secret = "mat-khau-cua-nguon";
    add(&app, with_file("sg", SourceKind::Ldap, DIRECTORY, Some(secret))).await.expect("added");
    add(&app, export("vt")).await.expect("added");
    assert_eq!(secret_of(&app, "sg").await.as_deref(), Some(secret));
    assert_eq!(secret_of(&app, "vt").await, None);

    let rename = |source: &mut LegacySource| {
        source.name = "Thư mục cũ".to_owned();
        Ok(())
    };
    sources::change(app.services(), "sg", ACTOR, None, rename).await.expect("changed");
    assert_eq!(secret_of(&app, "sg").await.as_deref(), Some(secret), "another name needs no other secret");
    let other = SecretString::from("mat-khau-moi");
    sources::change(app.services(), "sg", ACTOR, Some(&other), |_| Ok(())).await.expect("changed");

    assert_eq!(secret_of(&app, "sg").await.as_deref(), Some("mat-khau-moi"));
    for event in ["legacy_source.added", "legacy_source.changed"] {
        for row in rows_of(&app, event).await {
            assert!(!row.detail.contains(secret) && !row.detail.contains("mat-khau-moi"), "{}", row.detail);
        }
    }
}

#[tokio::test]
async fn a_change_that_cannot_be_changes_nothing() {
    let app = TestApp::start().await;
    let before = add(&app, export("vt")).await.expect("added");
    let directory = |source: &mut LegacySource| -> Result<(), String> {
        source.settings = Settings::from_toml(SourceKind::Ldap, DIRECTORY)?;
        Ok(())
    };

    let other_kind = sources::change(app.services(), "vt", ACTOR, None, directory).await;
    let own_reason = sources::change(app.services(), "vt", ACTOR, None, |_| Err("the file cannot be read".to_owned())).await;

    assert!(is_refused(&other_kind, "of the kind ldap"), "{other_kind:?}");
    assert!(is_refused(&own_reason, "cannot be read"), "{own_reason:?}");
    assert_eq!(known(&app).await, [before]);
    assert_eq!(count_of(&app, "legacy_source.changed").await, 0);
}

#[tokio::test]
async fn a_source_stays_while_somebody_has_an_account_of_it() {
    let app = TestApp::start().await;
    let before = add(&app, export("vt")).await.expect("added");
    bring_accounts(&app, "vt", &["1", "2", "3"], true).await;

    let refused = sources::remove(app.services(), "vt", ACTOR).await;

    assert!(is_refused(&refused, "1 accounts of vt belong to people"), "{refused:?}");
    assert_eq!(known(&app).await, [before], "it is not even stopped");
    assert_eq!(accounts_of(&app, "vt").await, 3);
    assert_eq!(told(&app).await, ["legacy_source.added"]);
}

#[tokio::test]
async fn a_source_goes_with_all_that_was_nobodys_and_leaves_others_alone() {
    let app = TestApp::start().await;
    for id in ["vt", "bd"] {
        add(&app, export(id)).await.expect("added");
    }
    let ids: Vec<String> = (0..501).map(|number| format!("{number:04}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    bring_accounts(&app, "vt", &ids, false).await;
    bring_accounts(&app, "bd", &["1"], true).await;

    let gone = sources::remove(app.services(), "vt", ACTOR).await.expect("removed");

    assert_eq!(gone, 501);
    assert_eq!((accounts_of(&app, "vt").await, accounts_of(&app, "bd").await), (0, 1));
    assert_eq!(known(&app).await.into_iter().map(|source| source.id).collect::<Vec<_>>(), ["bd"]);
    add(&app, export("vt")).await.expect("its id is free again");
    let left = sources::try_out(app.services(), "vt").await.expect("tried out");
    assert_eq!(left, Tested::Stored { accounts: vec![], passwords: vec![] }, "no password is left behind");
}

#[tokio::test]
async fn trying_an_export_out_tells_what_is_stored_of_it() {
    let app = TestApp::start().await;
    add(&app, export("vt")).await.expect("added");
    bring_accounts(&app, "vt", &["1", "2", "3"], true).await;

    let tested = sources::try_out(app.services(), "vt").await.expect("tried out");

    let accounts = vec![(String::new(), 2), ("linked".to_owned(), 1)];
    let passwords = vec![("md5".to_owned(), SEALED.to_owned(), 3)];
    assert_eq!(tested, Tested::Stored { accounts, passwords });
}

#[tokio::test]
async fn trying_a_provider_out_asks_it_who_it_is() {
    let app = TestApp::start().await;
    let site = Site::start().await;
    let issuer = site.url("");
    let metadata = |issuer: &str| {
        let (begin, redeem) = (site.url("/begin"), site.url("/redeem"));
        let keys = site.url("/keys");
        json!({ "issuer": issuer, "authorization_endpoint": begin, "token_endpoint": redeem, "jwks_uri": keys }).to_string()
    };
    let kind = [(CONTENT_TYPE, "application/json")];
    let at = "/.well-known/openid-configuration";
    add(&app, with_file("bd", SourceKind::Oidc, &upstream(&issuer), Some("s"))).await.expect("added");

    let away = sources::try_out(app.services(), "bd").await;
    site.answer(at, 200, &kind, metadata("https://khac.example"));
    let liar = sources::try_out(app.services(), "bd").await;
    site.answer(at, 200, &kind, metadata(&issuer));
    site.answer("/keys", 200, &kind, "{\"keys\":[]}");
    let keyless = sources::try_out(app.services(), "bd").await;
    site.answer("/keys", 200, &kind, "{\"keys\":[{\"kty\":\"RSA\"}]}");
    let fine = sources::try_out(app.services(), "bd").await.expect("it answers");

    assert!(is_refused(&away, "404"), "{away:?}");
    assert!(is_refused(&liar, "khac.example"), "{liar:?}");
    assert!(is_refused(&keyless, "no keys"), "{keyless:?}");
    assert_eq!(fine, Tested::Answers { keys: 1 });
    assert_eq!(told(&app).await, ["legacy_source.added"]);
}

#[tokio::test]
async fn trying_a_directory_out_says_that_only_its_settings_were_checked() {
    let app = TestApp::start().await;
    add(&app, with_file("sg", SourceKind::Ldap, DIRECTORY, Some("s"))).await.expect("added");

    assert_eq!(sources::try_out(app.services(), "sg").await.expect("tried out"), Tested::SettingsOnly);
}
