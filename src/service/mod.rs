//! What motlan can do, in words of the domain: free of HTTP, of SQL and of pages.
//!
//! Two steps: the corridor that capabilities share ([`audit`], [`known`],
//! [`sign_on`], [`tokens`]) and the capabilities themselves, which never import
//! each other. A capability takes time, randomness and records from
//! [`Services`] once, at its top, and hands values down.

pub mod approvals;
pub mod audit;
pub mod authority;
pub mod client_keys;
pub mod devices;
pub mod directory;
pub mod figures;
pub mod gone_on;
pub mod group_reach;
pub mod known;
pub mod leases;
pub mod mails;
pub mod notices;
pub mod old_accounts;
pub mod old_subjects;
pub mod onboarding;
pub mod people;
pub mod policies;
pub mod retention;
pub mod sectors;
pub mod selfcheck;
pub mod sender;
pub mod sheet;
pub mod sign_on;
pub mod then;
pub mod throttle;
pub mod tokens;
pub mod withheld;

pub mod account;
pub mod administrators;
pub mod authorization;
pub mod clients;
pub mod delegation;
pub mod entitlements;
pub mod grants;
pub mod keys;
pub mod legacy;
pub mod lifecycle;
pub mod login;
pub mod logout;
pub mod movers;
pub mod passkeys;
pub mod passwords;
pub mod provisioning;
pub mod readiness;
pub mod recovery;
pub mod registration;
pub mod registry;
pub mod reorganization;
pub mod second_factor;
pub mod trail;
pub mod welcome;

pub use throttle::Throttle;

use crate::base::clock::Clock;
use crate::base::digest::hmac_sha256;
use crate::base::entropy::Entropy;
use crate::base::id::{PersonId, uuid_v7};
use crate::crypto::envelope::{Envelope, Unopened};
use crate::crypto::keyring::{KeyError, Keyring};
use crate::crypto::passkey::Passkeys;
use crate::crypto::password::{HashError, HashPool};
use crate::model::client::Client;
use crate::model::device::Device;
use crate::model::lifecycle::Lifecycle;
use crate::model::lifetimes::Lifetimes;
use crate::model::offices::Offices;
use crate::model::password_policy::PasswordPolicy;
use crate::model::signing_key::Rotation;
use crate::outbound::http::HttpClient;
use crate::outbound::mail::Sink;
use crate::outbound::syslog::Syslog;
use crate::protocol::client_metadata::Policy;
use crate::store::changes::{self, Change, Kind};
use crate::store::group::GroupWriter;
use crate::store::{AsEx, Store, StoreError};
use crate::transient::{Transient, TransientError};
use known::KnownPerson;
use std::sync::Arc;
use tokio::sync::Notify;
use zeroize::Zeroizing;

/// Where a request came from, for audit.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Address of the caller.
    pub address: String,
    /// The request's number, as logged.
    pub request_id: String,
    /// What it was made with.
    pub device: Device,
}

impl Origin {
    /// A person at the machine's own keyboard.
    pub fn command_line() -> Self {
        Self { address: "command-line".to_owned(), request_id: String::new(), device: Device::default() }
    }
}

/// A part that every capability leans on does not work.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The short-term memory.
    #[error(transparent)]
    Transient(#[from] TransientError),
    /// A signing key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A sealed value.
    #[error(transparent)]
    Unopened(#[from] Unopened),
    /// The password pool.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// Somebody did so much of one thing that they have to wait.
    #[error("too much of this was done or asked for of late")]
    TooMany,
    /// A workbook that cannot be written.
    #[error(transparent)]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
}

impl Failure {
    /// True for what mends itself: the caller may try again.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Store(StoreError::Unavailable(_) | StoreError::Stale) | Self::Transient(_) | Self::Hash(_) | Self::TooMany => {
                true
            }
            Self::Store(StoreError::Corrupt(_)) | Self::Key(_) | Self::Unopened(_) | Self::Workbook(_) => false,
        }
    }
}

/// Settings that capabilities read.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The issuer: every address and token begins with it.
    pub issuer: String,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// What becomes of accounts by themselves.
    pub lifecycle: Lifecycle,
    /// How keys follow each other.
    pub rotation: Rotation,
    /// When failed sign-ins must wait.
    pub throttle: Throttle,
    /// What new passwords must be.
    pub password_policy: PasswordPolicy,
    /// Tokens may come from the authorization endpoint itself (OpenID Connect Core §3.2).
    pub implicit_flow: bool,
    /// Every client pushes its requests first (RFC 9126 §5).
    pub require_pushed_requests: bool,
    /// The host name at which callers are asked for a certificate, when it is another than the issuer's (RFC 8705 §5).
    pub certificate_host: Option<String>,
    /// Who may register clients, and with what.
    pub registration: Policy,
    /// DPoP proofs hold a nonce of ours (RFC 9449 §8).
    pub dpop_nonces: bool,
    /// Whole months of records that stay in the database.
    pub audit_keep_months: i64,
    /// Where older months, and what this node remembers of the records, lie; absent: nothing is moved.
    pub audit_dir: Option<std::path::PathBuf>,
    /// The city's own networks by name.
    pub offices: Offices,
}

impl Settings {
    /// Where callers are asked for a certificate, when that is another host than the issuer's: same listener, same port.
    pub fn certificate_origin(&self) -> Option<String> {
        let mut url = url::Url::parse(&self.issuer).ok()?;
        url.set_host(Some(self.certificate_host.as_deref()?)).ok()?;
        Some(url.origin().ascii_serialization())
    }
}

/// Keys for keyed hashes, each derived for one purpose.
pub struct Secrets {
    personal_number: Zeroizing<[u8; 32]>,
    audit: Zeroizing<[u8; 32]>,
    csrf: Zeroizing<[u8; 32]>,
    dpop_nonce: Zeroizing<[u8; 32]>,
}

impl Secrets {
    /// Derives them from the key-encryption key.
    pub fn derive(envelope: &Envelope) -> Result<Self, Unopened> {
        Ok(Self {
            personal_number: envelope.derive("personal number look-up 1")?,
            audit: envelope.derive("audit 1")?,
            csrf: envelope.derive("csrf 1")?,
            dpop_nonce: envelope.derive("dpop nonce 1")?,
        })
    }

    /// The look-up hash of a personal number.
    pub fn personal_number_digest(&self, number: &str) -> [u8; 32] {
        hmac_sha256(self.personal_number.as_ref(), number.as_bytes())
    }

    /// Shows that a record was written by this installation.
    pub fn record_mac(&self, record: &[u8]) -> [u8; 32] {
        hmac_sha256(self.audit.as_ref(), record)
    }

    /// What shows that a DPoP nonce is ours.
    pub fn dpop_nonce(&self, slot: i64) -> [u8; 32] {
        hmac_sha256(self.dpop_nonce.as_ref(), &slot.to_be_bytes())
    }

    /// The form token of a browser.
    pub fn form_token(&self, browser: &str) -> [u8; 32] {
        hmac_sha256(self.csrf.as_ref(), browser.as_bytes())
    }
}

/// Everything that capabilities need.
pub struct Inner {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Durable records.
    pub store: Store,
    /// Group commit of the silent path.
    pub writer: GroupWriter,
    /// Short-term memory.
    pub transient: Transient,
    /// Signing keys.
    pub keyring: Keyring,
    /// Sealing at rest.
    pub envelope: Envelope,
    /// Keyed hashes.
    pub secrets: Secrets,
    /// Password hashing.
    pub hasher: HashPool,
    /// Passkeys; absent where the issuer's address is made of digits.
    pub passkeys: Option<Passkeys>,
    /// What this node remembers of clients' keys.
    pub client_keys: client_keys::ClientKeys,
    /// What this node remembers of the store.
    pub known: known::Known,
    /// The way out.
    pub outbound: HttpClient,
    /// Settings.
    pub settings: Settings,
    /// The way out of mail.
    pub mail: Sink,
    /// The way of records to a collector.
    pub syslog: Syslog,
    /// Rings when a logout token waits to be delivered.
    pub deliveries: Notify,
    /// Rings when a mail waits to be sent.
    pub letters: Notify,
}

/// A handle to everything that capabilities need.
#[derive(Clone)]
pub struct Services(Arc<Inner>);

impl Services {
    /// Wraps the parts.
    pub fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// A registered client that was not switched off.
    pub async fn client(&self, id: &str) -> Result<Option<Arc<Client>>, StoreError> {
        self.known.client(&self.store, id, self.clock.now()).await
    }

    /// A person who was not disabled, with what they chose.
    pub async fn person(&self, id: &PersonId) -> Result<Option<Arc<KnownPerson>>, StoreError> {
        self.known.person(&self.store, id, self.clock.now()).await
    }
}

impl std::ops::Deref for Services {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// Tells every node, in the transaction of the act, to forget something; this
/// node forgets when [`known::Known::forget`] is called after the commit.
pub async fn forget(tx: &mut impl AsEx, services: &Services, kind: Kind, subject: &str) -> Result<(), StoreError> {
    let now = services.clock.now();
    let change = Change { id: uuid_v7(now, services.entropy.as_ref()), kind, subject: subject.to_owned(), at: now };
    changes::add(tx, &change).await
}
