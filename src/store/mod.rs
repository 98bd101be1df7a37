//! Durable records. The only room that knows SQL.
//!
//! A capability opens one unit of work with [`Store::read`] or
//! [`Store::write`] and passes it to functions of the table modules. Those
//! functions never open or commit anything, so any of them can share a
//! transaction with any other. One SQL text serves SQLite and PostgreSQL:
//! `sql!` sends it to whichever engine the connection belongs to. Here is
//! stored and found, never decided.

pub mod access_reviews;
pub mod address_changes;
pub mod admin_roles;
pub mod alarms;
pub mod approvals;
pub mod audit;
pub mod audit_chain;
pub mod audit_file;
pub mod audit_seals;
pub mod audit_search;
pub mod audit_stream;
pub mod change_locks;
pub mod change_sets;
pub mod changes;
pub mod client_logos;
pub mod client_registrations;
pub mod client_secrets;
pub mod clients;
pub mod code_files;
pub mod consents;
pub mod delegations;
pub mod devices;
pub mod earlier_sign_ons;
pub mod erasures;
pub mod figures;
pub mod grants;
pub mod group;
pub mod group_grants;
pub mod group_holders;
pub mod import_grants;
pub mod import_mappings;
pub mod import_rows;
pub mod import_work;
pub mod imports;
pub mod initial_access_tokens;
pub mod job_leases;
pub mod ldap_syncs;
pub mod leavings;
pub mod legacy_accounts;
pub mod legacy_arrivals;
pub mod legacy_files;
pub mod legacy_imports;
pub mod legacy_matching;
pub mod legacy_reviews;
pub mod legacy_sources;
pub mod legacy_units;
pub mod legacy_uses;
pub mod legacy_verifiers;
pub mod lifecycles;
pub mod logout_deliveries;
pub mod logout_receipts;
pub mod mails;
pub mod methods;
pub mod moved_grants;
pub mod nodes;
pub mod notices;
pub mod onboarding_gifts;
pub mod onboardings;
pub mod passkeys;
pub mod password_history;
pub mod passwords;
pub mod people_bulks;
pub mod people_digest;
pub mod people_index;
pub mod people_search;
pub mod people_views;
pub mod person_merges;
pub mod person_names;
pub mod person_versions;
pub mod persons;
pub mod plan_choices;
pub mod plan_counts;
pub mod plan_figures;
pub mod plan_late;
pub mod plan_open;
pub mod plan_readiness;
pub mod plan_runs;
pub mod plan_seats;
pub mod plan_undoing;
pub mod plan_waits;
pub mod plans;
pub mod policies;
pub mod position_choices;
pub mod positions;
pub mod positions_in_units;
pub mod provenance;
pub mod recoveries;
pub mod recovery_codes;
pub mod refresh_tokens;
pub mod registry_corrections;
pub mod registry_edits;
pub mod reports;
pub mod resources;
pub mod right_uses;
pub mod role_grants;
pub mod sign_on_places;
pub mod sign_ons;
pub mod signing_keys;
pub mod subjects;
pub mod totp_secrets;
pub mod unit_people;
pub mod unit_templates;
pub mod units;
pub mod upstream_sign_ons;
pub mod welcomes;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};
use std::str::FromStr as _;
use std::time::Duration;

/// Runs one body with the native connection `$c` of either engine; inside it
/// `Engine` names the engine's type, for query builders.
macro_rules! sql {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $crate::store::AsEx::ex($conn) {
            $crate::store::Ex::Sqlite($c) => {
                #[allow(dead_code, reason = "only bodies that build a query name it")]
                type Engine = sqlx::Sqlite;
                $body
            }
            $crate::store::Ex::Pg($c) => {
                #[allow(dead_code, reason = "only bodies that build a query name it")]
                type Engine = sqlx::Postgres;
                $body
            }
        }
    };
}
pub(crate) use sql;

static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// How many readers an embedded database has beside its one writer.
const SQLITE_READERS: u32 = 4;
/// Pages that the writer keeps in mind, in KiB: what tells of many people at once comes back to the same ones again and again.
const SQLITE_CACHE_KIB: u32 = 65_536;
/// The journal is brought home when it has so many pages (of 4 KiB). Each time costs a write of every page that was touched:
/// at SQLite's own 1,000, moving everybody through a merger takes a third longer.
const SQLITE_JOURNAL_PAGES: u32 = 10_000;
/// How long a caller waits for a connection before it is told that the store is busy.
const ACQUIRE_SECONDS: u64 = 5;

/// What can go wrong with records.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Someone else changed the record first, or it is already there.
    #[error("the record was changed by someone else")]
    Stale,
    /// The database is away, full or overloaded.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// A stored value cannot be read back: a defect or a foreign hand. Says which
    /// table and column, never what is in it: errors are logged.
    #[error("a stored record cannot be read: {0}")]
    Corrupt(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        let (kind, failed) = match &error {
            sqlx::Error::Database(inner) if inner.is_unique_violation() || is_overtaken(inner.as_ref()) => return Self::Stale,
            // The column's name only: a value may be somebody's.
            sqlx::Error::ColumnDecode { index, .. } => ("corrupt", Self::Corrupt(format!("column {index}"))),
            sqlx::Error::Decode(_) => ("corrupt", Self::Corrupt("a column".to_owned())),
            _ => ("unavailable", Self::Unavailable(error.to_string())),
        };
        metrics::counter!("motlan_store_errors_total", "kind" => kind).increment(1);
        failed
    }
}

/// PostgreSQL gave the unit of work up for another one: two waited for each other (40P01), or could not be put in an order
/// (40001). Whoever begins it anew comes through.
fn is_overtaken(error: &dyn sqlx::error::DatabaseError) -> bool {
    error.code().is_some_and(|code| matches!(code.as_ref(), "40P01" | "40001"))
}

impl From<serde_json::Error> for StoreError {
    fn from(_: serde_json::Error) -> Self {
        Self::Corrupt("a column of JSON".to_owned())
    }
}

/// The database of this installation.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    /// One writer and several readers on one file.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
    },
    Pg(PgPool),
}

/// A connection to read with.
pub enum Conn {
    /// Of the embedded database.
    Sqlite(PoolConnection<Sqlite>),
    /// Of PostgreSQL.
    Pg(PoolConnection<Postgres>),
}

/// A unit of work: nothing of it counts until [`Tx::commit`].
pub enum Tx {
    /// Of the embedded database.
    Sqlite(Transaction<'static, Sqlite>),
    /// Of PostgreSQL.
    Pg(Transaction<'static, Postgres>),
}

/// The native connection behind a [`Conn`] or a [`Tx`].
pub enum Ex<'a> {
    /// Of the embedded database.
    Sqlite(&'a mut SqliteConnection),
    /// Of PostgreSQL.
    Pg(&'a mut PgConnection),
}

/// Whatever a statement can be sent to.
pub trait AsEx: Send {
    /// The native connection.
    fn ex(&mut self) -> Ex<'_>;
}

impl AsEx for Conn {
    fn ex(&mut self) -> Ex<'_> {
        match self {
            Self::Sqlite(conn) => Ex::Sqlite(conn),
            Self::Pg(conn) => Ex::Pg(conn),
        }
    }
}

impl AsEx for Tx {
    fn ex(&mut self) -> Ex<'_> {
        match self {
            Self::Sqlite(tx) => Ex::Sqlite(tx),
            Self::Pg(tx) => Ex::Pg(tx),
        }
    }
}

impl Tx {
    /// Makes the unit of work durable.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Pg(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

impl Store {
    /// Opens `sqlite://PATH` (made when absent) or `postgres://…`.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") { Self::open_sqlite(url).await } else { Self::open_postgres(url, &[]).await }
    }

    /// The same for one command, which may fill tables that were empty when it began: PostgreSQL looks anew for each
    /// statement how to carry it out, and does not go by what it found best for an empty table.
    pub async fn open_for_command(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            return Self::open_sqlite(url).await;
        }
        Self::open_postgres(url, &[("plan_cache_mode", "force_custom_plan")]).await
    }

    async fn open_sqlite(url: &str) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(ACQUIRE_SECONDS));
        let writer = options
            .clone()
            .pragma("cache_size", format!("-{SQLITE_CACHE_KIB}"))
            .pragma("wal_autocheckpoint", SQLITE_JOURNAL_PAGES.to_string());
        // The writer opens first: it makes the file and its journal.
        let write = pool_of_sqlite(1).connect_with(writer).await?;
        let read = pool_of_sqlite(SQLITE_READERS).connect_lazy_with(options.read_only(true));
        Ok(Self { engine: Engine::Sqlite { read, write } })
    }

    async fn open_postgres(url: &str, settings: &[(&str, &str)]) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)?.application_name("motlan").options(settings.iter().copied()).options([
            // Compiling a statement takes longer than any of ours runs.
            ("jit", "off"),
            ("statement_timeout", "30s"),
            ("lock_timeout", "5s"),
            ("idle_in_transaction_session_timeout", "30s"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .acquire_timeout(Duration::from_secs(ACQUIRE_SECONDS))
            .test_before_acquire(false)
            .connect_with(options)
            .await?;
        Ok(Self { engine: Engine::Pg(pool) })
    }

    /// Brings the schema to this version; doing it again changes nothing.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite { write, .. } => MIGRATOR.run(write).await,
            Engine::Pg(pool) => MIGRATOR.run(pool).await,
        }
        .map_err(|error| StoreError::Unavailable(format!("the schema could not be brought up to date: {error}")))
    }

    /// A connection to read with.
    pub async fn read(&self) -> Result<Conn, StoreError> {
        Ok(match &self.engine {
            Engine::Sqlite { read, .. } => Conn::Sqlite(read.acquire().await?),
            Engine::Pg(pool) => Conn::Pg(pool.acquire().await?),
        })
    }

    /// Begins a unit of work.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        Ok(match &self.engine {
            Engine::Sqlite { write, .. } => Tx::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Engine::Pg(pool) => Tx::Pg(pool.begin().await?),
        })
    }

    /// The engine's name, for messages.
    pub fn engine_name(&self) -> &'static str {
        match &self.engine {
            Engine::Sqlite { .. } => "SQLite",
            Engine::Pg(_) => "PostgreSQL",
        }
    }

    /// Closes every connection after its work.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Engine::Pg(pool) => pool.close().await,
        }
    }
}

fn pool_of_sqlite(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(ACQUIRE_SECONDS))
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
}
