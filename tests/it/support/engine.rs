//! A database for one test: a SQLite file, or a PostgreSQL database made from a
//! template, with a Redis prefix of its own.

use motlan::app::config::Config;
use motlan::store::Store;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, Executor as _, PgConnection, SqliteConnection};
use std::path::Path;
use std::str::FromStr as _;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use tempfile::TempDir;
use tokio::sync::OnceCell;

const EMPTY: &str = "TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'";

static TEMPLATE: OnceCell<()> = OnceCell::const_new();
static NUMBER: AtomicU32 = AtomicU32::new(0);
/// Databases of tests that are over: a thousand of them fill a disk.
static OVER: Mutex<Vec<String>> = Mutex::new(Vec::new());

pub(super) struct Engine {
    dir: TempDir,
    shared: Option<Shared>,
}

struct Shared {
    name: String,
    database: String,
    redis: String,
    prefix: String,
}

impl Engine {
    pub(super) async fn fresh() -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let shared = match std::env::var("MOTLAN_TEST_ENGINE").as_deref() {
            Ok("postgres") => Some(Shared::fresh().await),
            Ok("sqlite") | Err(_) => None,
            Ok(other) => panic!("MOTLAN_TEST_ENGINE is sqlite or postgres, not {other}"),
        };
        Self { dir, shared }
    }

    /// A database at an earlier version of the schema, with these rows in it; they are
    /// asked whether the engine is the shared one.
    pub(super) async fn at_version(version: i64, rows: fn(bool) -> String) -> Self {
        let mut engine = Self { dir: tempfile::tempdir().expect("a directory"), shared: None };
        if std::env::var("MOTLAN_TEST_ENGINE").as_deref() == Ok("postgres") {
            engine.shared = Some(Shared::empty().await);
        }
        let mut config = Config::default();
        engine.write_to(&mut config);
        let url = config.database_url().expose_secret().to_owned();
        let all = Migrator::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")).await.expect("migrations");
        let migrations = all.iter().filter(|migration| migration.version <= version).cloned().collect();
        let earlier = Migrator { migrations, ..Migrator::DEFAULT };
        let rows = sqlx::AssertSqlSafe(rows(engine.is_shared()));
        if engine.is_shared() {
            let mut conn = PgConnection::connect(&url).await.expect("PostgreSQL answers");
            earlier.run(&mut conn).await.expect("the earlier schema");
            sqlx::raw_sql(rows).execute(&mut conn).await.expect("the rows of before");
        } else {
            let options = SqliteConnectOptions::from_str(&url).expect("an address").create_if_missing(true);
            let mut conn = SqliteConnection::connect_with(&options).await.expect("SQLite opens");
            earlier.run(&mut conn).await.expect("the earlier schema");
            sqlx::raw_sql(rows).execute(&mut conn).await.expect("the rows of before");
            conn.close().await.expect("closed");
        }
        engine
    }

    pub(super) fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    pub(super) fn write_to(&self, config: &mut Config) {
        config.data_dir = Some(self.dir.path().to_path_buf());
        if let Some(shared) = &self.shared {
            config.database.url = Some(SecretString::from(shared.database.clone()));
            config.redis.url = Some(SecretString::from(shared.redis.clone()));
            config.redis.prefix = Some(shared.prefix.clone());
        }
    }
}

impl Shared {
    async fn fresh() -> Self {
        let admin = admin();
        let template = format!("motlan_template_{}", std::process::id());
        TEMPLATE.get_or_init(|| make_template(&admin, &template)).await;
        Self::made(&admin, &format!("TEMPLATE {template}")).await
    }

    async fn empty() -> Self {
        Self::made(&admin(), EMPTY).await
    }

    async fn made(admin: &str, how: &str) -> Self {
        let redis = std::env::var("MOTLAN_TEST_REDIS_URL").expect("MOTLAN_TEST_REDIS_URL names a Redis");
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("motlan_test_{}_{number}", std::process::id());
        drop_what_is_over(admin).await;
        create(admin, &format!("CREATE DATABASE {name} {how}")).await;
        Self { database: with_database(admin, &name), redis, prefix: format!("{name}:"), name }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        OVER.lock().unwrap_or_else(PoisonError::into_inner).push(std::mem::take(&mut self.name));
    }
}

/// Drops a database or two of earlier tests; whatever still holds one is cut off.
async fn drop_what_is_over(admin: &str) {
    let over: Vec<String> = {
        let mut names = OVER.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = names.len().saturating_sub(2);
        names.split_off(kept)
    };
    if over.is_empty() {
        return;
    }
    let mut conn = PgConnection::connect(admin).await.expect("PostgreSQL answers");
    for name in over {
        let statement = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        conn.execute(sqlx::AssertSqlSafe(statement)).await.expect("a database that is over is dropped");
    }
}

fn admin() -> String {
    std::env::var("MOTLAN_TEST_POSTGRES_URL").expect("MOTLAN_TEST_POSTGRES_URL names a PostgreSQL")
}

async fn make_template(admin: &str, template: &str) {
    create(admin, &format!("CREATE DATABASE {template} {EMPTY}")).await;
    let store = Store::open(&with_database(admin, template)).await.expect("the template opens");
    store.migrate().await.expect("the template migrates");
    store.close().await;
}

async fn create(admin: &str, statement: &str) {
    let mut conn = PgConnection::connect(admin).await.expect("PostgreSQL answers");
    // Two tests may copy the template at the same moment; PostgreSQL lets one at a time.
    for _ in 0..200 {
        match conn.execute(sqlx::AssertSqlSafe(statement.to_owned())).await {
            Ok(_) => return,
            Err(error) if error.to_string().contains("being accessed") => tokio::task::yield_now().await,
            Err(error) => panic!("{statement}: {error}"),
        }
    }
    panic!("{statement}: the template stays busy");
}

fn with_database(admin: &str, name: &str) -> String {
    let mut url = url::Url::parse(admin).expect("an address");
    url.set_path(name);
    url.to_string()
}
