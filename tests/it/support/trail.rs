//! The trail of records in tests, and a foreign hand in it.

use super::TestApp;
use motlan::model::audit_entry::{BEGINNING, Digest, Kind, link};
use motlan::service::trail::export::{self, Format, Wanted};
use motlan::service::trail::lines::{EntryLine, Line, read};
use motlan::service::trail::report::Report;
use motlan::service::trail::rows::{of_audit, of_grant};
use motlan::service::trail::seal::{self, PublicKey};
use motlan::service::trail::{chain, verify};
use motlan::store::audit_chain::{self, StoredPlace};
use motlan::store::{Conn, Tx};
use sqlx::AssertSqlSafe;
use std::collections::HashMap;
use tempfile::TempDir;

/// What is remembered and put back.
const TABLES: [&str; 6] = ["audit", "grants", "audit_chain", "audit_seals", "audit_keys", "audit_segments"];

/// Lines records up; answers how many got their places.
pub async fn run(app: &TestApp, holder: &str) -> u64 {
    chain::run(app.services(), holder).await.expect("the chain grows")
}

/// Goes through the database.
pub async fn own(app: &TestApp) -> Report {
    verify::own(app.services(), None).await.expect("an answer")
}

/// The keys that seals are checked with.
pub async fn keys(app: &TestApp) -> Vec<PublicKey> {
    let services = app.services();
    let mut conn = services.store.read().await.expect("a connection");
    seal::trusted(&mut conn, &services.envelope).await.expect("keys")
}

/// Everything as JSON lines.
pub async fn exported(app: &TestApp) -> String {
    let mut bytes = Vec::<u8>::new();
    let wanted = Wanted { format: Format::Jsonl, from: None, to: None };
    export::write(app.services(), &wanted, &mut bytes).await.expect("written");
    String::from_utf8(bytes).expect("text")
}

/// Acts and sign-ons under two seals, and a folder.
pub async fn scene() -> (TestApp, TempDir) {
    let app = TestApp::start().await;
    let tthc = app.client("tthc", |_| {}).await;
    for names in [["kim", "lan"], ["minh", "nga"]] {
        for name in names {
            let official = app.official(name).await;
            app.tokens(&tthc, &official, &[]).await;
        }
        app.advance_seconds(60);
        assert!(run(&app, "one").await >= 6);
    }
    (app, tempfile::tempdir().expect("a folder"))
}

/// An export in which an entry says something else, with all digests and links after it done again.
pub fn forged(text: &str, seq: i64) -> String {
    let mut before: Digest = BEGINNING;
    let mut out = String::new();
    for line in text.lines() {
        let Some(Line::Entry(told)) = read(line) else {
            out.push_str(line);
            out.push('\n');
            continue;
        };
        let (mut entry, mut place) = told.read().expect("an entry");
        if place.seq == seq {
            entry.actor = Some("somebody".to_owned());
        }
        place.digest = entry.digest();
        place.link = link(&before, place.seq, &place.digest);
        before = place.link;
        out.push_str(&serde_json::to_string(&EntryLine::of(&entry, &place)).expect("a line"));
        out.push('\n');
    }
    out
}

/// Somebody who can write to the database and has no key.
pub struct Hand<'a> {
    app: &'a TestApp,
}

impl<'a> Hand<'a> {
    /// In the database of this stage.
    pub fn of(app: &'a TestApp) -> Self {
        Self { app }
    }

    /// True on PostgreSQL.
    pub fn is_shared(&self) -> bool {
        self.app.services().store.engine_name() == "PostgreSQL"
    }

    /// Does something.
    pub async fn execute(&self, statement: &str) {
        let sql = AssertSqlSafe(statement.to_owned());
        let mut tx = self.app.services().store.write().await.expect("a unit of work");
        let done = match &mut tx {
            Tx::Sqlite(tx) => sqlx::query(sql).execute(&mut **tx).await.map(|done| done.rows_affected()),
            Tx::Pg(tx) => sqlx::query(sql).execute(&mut **tx).await.map(|done| done.rows_affected()),
        };
        done.unwrap_or_else(|error| panic!("{statement}: {error}"));
        tx.commit().await.expect("committed");
    }

    /// Does something outside of a transaction.
    pub async fn execute_alone(&self, statement: &str) {
        let sql = AssertSqlSafe(statement.to_owned());
        let mut conn = self.app.services().store.read().await.expect("a connection");
        let done = match &mut conn {
            Conn::Sqlite(conn) => sqlx::query(sql).execute(&mut **conn).await.map(|done| done.rows_affected()),
            Conn::Pg(conn) => sqlx::query(sql).execute(&mut **conn).await.map(|done| done.rows_affected()),
        };
        done.unwrap_or_else(|error| panic!("{statement}: {error}"));
    }

    /// Keeps a copy of everything.
    pub async fn remember(&self) {
        for table in TABLES {
            self.execute(&format!("DROP TABLE IF EXISTS kept_{table}")).await;
            self.execute(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await;
        }
    }

    /// Makes everything as it was when it was remembered.
    pub async fn put_back(&self) {
        for table in TABLES {
            self.execute(&format!("DELETE FROM {table}")).await;
            self.execute(&format!("INSERT INTO {table} SELECT * FROM kept_{table}")).await;
        }
    }

    /// All places, in order.
    pub async fn places(&self) -> Vec<StoredPlace> {
        let mut conn = self.app.services().store.read().await.expect("a connection");
        audit_chain::list_after(&mut conn, i64::MIN, i64::MAX, 10_000).await.expect("places")
    }

    /// The first place of a kind from a number on, with others behind it.
    pub async fn place(&self, kind: Kind, from: i64) -> StoredPlace {
        let places = self.places().await;
        let last = places.last().expect("a place").seq;
        let mut fitting = places.into_iter().filter(|place| place.kind == kind.as_str() && place.seq >= from);
        fitting.find(|place| place.seq < last).expect("a place of that kind")
    }

    /// The highest number.
    pub async fn last(&self) -> i64 {
        self.places().await.last().map_or(0, |place| place.seq)
    }

    /// Does every digest and every link again, as the rows are now.
    pub async fn do_the_sums_again(&self) {
        let places = self.places().await;
        let mut conn = self.app.services().store.read().await.expect("a connection");
        let audits = audit_chain::audit_rows(&mut conn, i64::MIN, i64::MAX).await.expect("rows");
        let grants = audit_chain::grant_rows(&mut conn, i64::MIN, i64::MAX).await.expect("rows");
        drop(conn);
        let entries = audits.iter().map(of_audit).chain(grants.iter().map(of_grant));
        let digests: HashMap<(String, String), Digest> =
            entries.map(|entry| ((entry.kind.as_str().to_owned(), entry.id.clone()), entry.digest())).collect();
        let mut before = BEGINNING;
        let mut tx = self.app.services().store.write().await.expect("a unit of work");
        for place in places {
            let digest = digests[&(place.kind.clone(), place.row_id.clone())];
            before = link(&before, place.seq, &digest);
            let statement = "UPDATE audit_chain SET digest = $1, link = $2 WHERE seq = $3";
            let (digest, link) = (digest.to_vec(), before.to_vec());
            match &mut tx {
                Tx::Sqlite(tx) => {
                    let query = sqlx::query(statement).bind(digest).bind(link).bind(place.seq);
                    query.execute(&mut **tx).await.map(|done| done.rows_affected())
                }
                Tx::Pg(tx) => {
                    let query = sqlx::query(statement).bind(digest).bind(link).bind(place.seq);
                    query.execute(&mut **tx).await.map(|done| done.rows_affected())
                }
            }
            .expect("written");
        }
        tx.commit().await.expect("committed");
    }
}
