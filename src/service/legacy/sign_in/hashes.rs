//! A password against an exported hash: as it came, wrapped, or rewritten since.
//!
//! A name that nobody has is checked against the hash of somebody else of the
//! same source, always the same one for the same name: it takes as long as the
//! others do, and what comes of it is thrown away. Whose it is spreads over all
//! accounts, and nobody outside can tell: the point is a keyed hash of the name.

use super::{SignInError, Try, Verdict};
use crate::base::digest::{hex, hmac_sha256};
use crate::base::text::fold;
use crate::crypto::password::legacy::{LegacyHash, Strength, Wrapped};
use crate::model::password_policy::fits;
use crate::service::{Failure, Services};
use crate::store::StoreError;
use crate::store::legacy_accounts::passwords::{self, Kept, Old, SEALED, STRONG, UNKNOWN, WRAPPED};
use secrecy::{ExposeSecret as _, SecretString};

/// The scheme of a hash of ours.
const OWN_SCHEME: &str = "argon2id";
/// Letters of the point at which somebody else's hash is looked for.
const POINT: usize = 8;
/// What the key of these points is for.
const DECOYS: &str = "decoys of old accounts 1";

/// What was kept of a password that proved right, and is kept in a better way from now on.
pub(super) struct Replacing(Kept);

/// A hash that can be checked.
enum Stored {
    /// One of ours.
    Own(String),
    /// As the old system made it.
    Legacy(LegacyHash),
    /// Argon2id over that.
    Wrapped(Wrapped),
}

/// To what a sealed hash belongs: one that is moved to another account does not open.
pub(in crate::service::legacy) fn associated(source: &str, legacy_id: &str) -> String {
    format!("legacy_password/{source}/{legacy_id}")
}

impl Try<'_> {
    /// Whether the password is that of the account.
    pub(super) async fn check_hash(&self) -> Result<Verdict, SignInError> {
        let own = match &self.account {
            Some(account) => self.kept(&account.legacy_id).await?.map(|kept| (account.legacy_id.clone(), kept)),
            None => None,
        };
        let counts = own.is_some();
        let found = match own {
            Some(own) => Some(own),
            None => self.decoy().await?,
        };
        let stored = found.as_ref().and_then(|(legacy_id, kept)| readable(self.services, &self.source.id, legacy_id, kept));
        let right = self.verify(stored).await?;
        Ok(match found {
            Some((legacy_id, kept)) if right && counts => {
                let is_old = kept.state == SEALED || kept.state == WRAPPED;
                Verdict::Right { legacy_id, offline: false, replacing: is_old.then_some(Replacing(kept)) }
            }
            Some(_) | None => Verdict::Wrong,
        })
    }

    /// What is kept of an account's password, if it can open anything.
    async fn kept(&self, legacy_id: &str) -> Result<Option<Kept>, StoreError> {
        let kept = passwords::find(&mut self.services.store.read().await?, &self.source.id, legacy_id).await?;
        Ok(kept.filter(|kept| kept.retired_at.is_none() && kept.state != UNKNOWN))
    }

    /// The hash of somebody else, the same for the same name.
    async fn decoy(&self) -> Result<Option<(String, Kept)>, Failure> {
        let key = self.services.envelope.derive(DECOYS)?;
        let name = format!("{}\n{}", self.source.id, fold(&self.name));
        let point: String = hex(&hmac_sha256(key.as_ref(), name.as_bytes())).chars().take(POINT).collect();
        let mut conn = self.services.store.read().await?;
        match passwords::find_decoy(&mut conn, &self.source.id, &point).await? {
            Some(found) => Ok(Some(found)),
            None => Ok(passwords::find_decoy(&mut conn, &self.source.id, "").await?),
        }
    }

    /// Takes its time for whatever there is.
    async fn verify(&self, stored: Option<Stored>) -> Result<bool, SignInError> {
        let acceptable = fits(self.password.expose_secret());
        // A password that is too long for any hash is wrong, after the usual time.
        let candidate = if acceptable { self.password.clone() } else { SecretString::from("") };
        let right = match stored {
            None => self.hasher.verify(candidate, None).await?,
            Some(Stored::Own(hash)) => self.hasher.verify(candidate, Some(hash)).await?,
            Some(Stored::Wrapped(wrapped)) => self.hasher.verify_wrapped(candidate, wrapped).await?,
            Some(Stored::Legacy(hash)) => {
                let quick = hash.scheme().strength() == Strength::Weak;
                let right = self.hasher.verify_legacy(candidate.clone(), hash).await?;
                if quick {
                    // As long as it will take once it is wrapped.
                    self.hasher.verify(candidate, None).await?;
                }
                right
            }
        };
        Ok(right && acceptable)
    }

    /// Keeps a hash of the password itself instead of what was there. A failure here costs nothing: the next sign-in
    /// tries again.
    pub(super) async fn rewrite(&self, legacy_id: &str, replacing: &Replacing) {
        let source = self.source.id.as_str();
        let Ok(hash) = self.hasher.hash(self.password.clone()).await else { return };
        let sealed = self.services.envelope.seal(hash.as_bytes(), associated(source, legacy_id).as_bytes());
        let Ok(mut tx) = self.services.store.write().await else { return };
        let old = Old { source, legacy_id, kept: &replacing.0 };
        let now = self.services.clock.now();
        if matches!(passwords::rewrite(&mut tx, &old, OWN_SCHEME, &sealed, now).await, Ok(true)) {
            let _ = tx.commit().await;
        }
    }
}

/// The hash that is kept, in a form that can be checked. What cannot be read opens nothing, and is told in the log.
fn readable(services: &Services, source: &str, legacy_id: &str, kept: &Kept) -> Option<Stored> {
    let read = read(services, source, legacy_id, kept);
    if let Err(failure) = &read {
        tracing::error!(legacy.source = source, error = %failure, "the password of an old account cannot be read");
    }
    read.ok().flatten()
}

fn read(services: &Services, source: &str, legacy_id: &str, kept: &Kept) -> Result<Option<Stored>, Failure> {
    let corrupt = |column: &str| Failure::from(StoreError::Corrupt(format!("legacy_passwords.{column}")));
    match (kept.state.as_str(), &kept.sealed, &kept.wrapped) {
        (SEALED | STRONG, Some(sealed), _) => {
            let opened = services.envelope.open(sealed, associated(source, legacy_id).as_bytes())?;
            let text = std::str::from_utf8(&opened).map_err(|_| corrupt("sealed"))?;
            if let Ok(hash) = LegacyHash::decode(text) {
                return Ok(Some(Stored::Legacy(hash)));
            }
            Ok(Some(Stored::Own(text.to_owned())))
        }
        (WRAPPED, _, Some(text)) => Ok(Some(Stored::Wrapped(Wrapped::decode(text).map_err(|_| corrupt("wrapped"))?))),
        _ => Ok(None),
    }
}
