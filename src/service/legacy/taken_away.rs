//! What ends with accounts that are taken from somebody, or that open nothing any more: what was entered through them, and
//! what was learnt of their passwords. It ends in the transaction that says so, whoever says it: a file, a directory, an
//! arrival or matching.

use crate::base::id::PersonId;
use crate::service::Services;
use crate::service::sign_on::ending::{By, Ended, end_limited};
use crate::store::legacy_accounts::credentials;
use crate::store::{StoreError, Tx, legacy_verifiers};
use std::collections::{BTreeMap, BTreeSet};

/// Accounts that were taken from whoever had them, or were locked.
#[derive(Debug, Default)]
pub(super) struct TakenAway {
    /// Accounts, by source.
    accounts: BTreeMap<String, BTreeSet<String>>,
    /// Sources, by who had an account of theirs.
    people: BTreeMap<PersonId, BTreeSet<String>>,
}

impl TakenAway {
    /// One more of them, and who had it.
    pub(super) fn add(&mut self, (source, legacy_id): (&str, &str), was: &PersonId) {
        self.accounts.entry(source.to_owned()).or_default().insert(legacy_id.to_owned());
        self.people.entry(was.clone()).or_default().insert(source.to_owned());
    }

    /// Ends it all, once the accounts are written: whoever signs in by one of them meanwhile waits for this, or has ended
    /// with it. What ended counts once that is committed; [`tell`] follows.
    pub(super) async fn end(&self, tx: &mut Tx, services: &Services, by: By<'_>) -> Result<Vec<Ended>, StoreError> {
        for (source, ids) in &self.accounts {
            let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
            legacy_verifiers::remove(tx, source, &ids).await?;
        }
        let people: Vec<PersonId> = self.people.keys().cloned().collect();
        // An access token may outlive its sign-on.
        let since = services.clock.now().plus_seconds(-services.settings.lifetimes.access_token_seconds);
        let signed_on: BTreeSet<PersonId> = credentials::list_signed_on(tx, &people, since).await?.into_iter().collect();
        let mut ended = Vec::new();
        for (person, sources) in self.people.iter().filter(|(person, _)| signed_on.contains(*person)) {
            let sources: Vec<String> = sources.iter().cloned().collect();
            ended.push(end_limited(tx, services, person, (sources.as_slice(), None), by).await?);
        }
        Ok(ended)
    }
}

/// After the commit: this node forgets what ended.
pub(super) fn tell(services: &Services, ended: &[Ended]) {
    for ended in ended {
        ended.tell(services);
    }
}
