//! What a whole run stands on: who is in the directory by other means than matching, and which e-mail addresses are
//! several people's. It is read once, a page at a time, and kept as hashes. For a few accounts only what is theirs is read.

use super::posts::Places;
use crate::base::date::vietnam_date;
use crate::base::id::PersonId;
use crate::model::legacy_account::{AccountKey, Facts, FoldedName, Number};
use crate::service::{Failure, Services};
use crate::store::{StoreError, legacy_matching, legacy_reviews, legacy_sources};
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// People that are looked at together.
const PEOPLE: i64 = 500;
/// E-mail addresses that are looked at together.
const EMAILS: i64 = 5_000;
/// E-mail addresses of one statement that asks about each.
const ASKED: usize = 500;

/// What a run stands on.
pub(super) struct Ground {
    /// Hashes of names with whoever has them, sorted. Two names of one hash cost a look, and nothing else.
    names: Vec<(u64, PersonId)>,
    shared: HashSet<u64>,
    /// By what positions are made.
    pub(super) places: Places,
}

impl Ground {
    /// Reads it.
    pub(super) async fn survey(services: &Services) -> Result<Self, Failure> {
        let mut emails = Emails::default();
        let names = known_names(services, &mut emails).await?;
        let mut after = AccountKey { source: String::new(), legacy_id: String::new() };
        loop {
            let page = legacy_matching::list_emails(&mut services.store.read().await?, &after, EMAILS).await?;
            let Some((last, _, _)) = page.last() else { break };
            after = last.clone();
            for (_, name, email) in &page {
                emails.note(name, email);
            }
        }
        Ok(Self { names, shared: emails.shared, places: places(services).await? })
    }

    /// The same for a few accounts: nobody is found by a name, and only of their addresses it is known whose they are.
    pub(super) async fn of_few(services: &Services, emails: &[String]) -> Result<Self, Failure> {
        let keys: Vec<String> = emails.iter().filter_map(|email| email_key(email)).collect();
        let mut found = Emails::default();
        for (name, email) in legacy_reviews::list_email_names(&mut services.store.read().await?, &keys).await? {
            found.note(FoldedName::read(&name).sorted(), &email);
        }
        Ok(Self { names: Vec::new(), shared: found.shared, places: places(services).await? })
    }

    /// The same for the accounts of one name, of which these are all addresses, in the form in which they are compared:
    /// nobody is found by a name.
    pub(super) async fn of_name(services: &Services, name: &str, emails: &[String]) -> Result<Self, Failure> {
        let mut shared = HashSet::new();
        for chunk in emails.chunks(ASKED) {
            let found = legacy_matching::list_shared_emails(&mut services.store.read().await?, name, chunk).await?;
            shared.extend(found.iter().map(|email| hash(email)));
        }
        Ok(Self { names: Vec::new(), shared, places: places(services).await? })
    }

    /// Who may have a name, in its sorted form.
    pub(super) fn named(&self, sorted: &str) -> impl Iterator<Item = &PersonId> {
        let wanted = hash(sorted);
        let from = self.names.partition_point(|(name, _)| *name < wanted);
        self.names[from..].iter().take_while(move |(name, _)| *name == wanted).map(|(_, person)| person)
    }

    /// True for an e-mail address that accounts of several names have: it is nobody's own.
    pub(super) fn is_shared(&self, email: &str) -> bool {
        email_key(email).is_none_or(|key| self.shared.contains(&hash(&key)))
    }
}

async fn places(services: &Services) -> Result<Places, StoreError> {
    let sources = legacy_sources::list(&mut services.store.read().await?).await?;
    Ok(Places {
        registry: services.known.registry(),
        as_of: sources.into_iter().map(|source| (source.id, source.as_of)).collect(),
        today: vietnam_date(services.clock.now()),
    })
}

async fn known_names(services: &Services, emails: &mut Emails) -> Result<Vec<(u64, PersonId)>, Failure> {
    let mut names = Vec::new();
    let mut after = String::new();
    loop {
        let mut conn = services.store.read().await?;
        let ids = legacy_matching::list_person_ids(&mut conn, &after, PEOPLE).await?;
        let Some(last) = ids.last() else { break };
        after.clone_from(&last.0);
        // The newest comes last.
        let newest: HashMap<String, legacy_matching::PersonRow> =
            legacy_matching::list_persons(&mut conn, &ids).await?.into_iter().map(|row| (row.id.clone(), row)).collect();
        for row in newest.into_values().filter(|row| row.made == 0 || row.adopted != 0) {
            let name = FoldedName::read(&row.full_name);
            emails.note(name.sorted(), row.email.as_deref().unwrap_or_default());
            if !name.is_empty() {
                names.push((hash(name.sorted()), PersonId(row.id)));
            }
        }
    }
    names.sort();
    Ok(names)
}

/// Which addresses occur beside several names, by hashes.
#[derive(Default)]
struct Emails {
    first: HashMap<u64, u64>,
    shared: HashSet<u64>,
}

impl Emails {
    fn note(&mut self, name: &str, email: &str) {
        let Some(key) = email_key(email) else { return };
        let (email, name) = (hash(&key), hash(name));
        if *self.first.entry(email).or_insert(name) != name {
            self.shared.insert(email);
        }
    }
}

/// An address in the form in which it is compared.
fn email_key(email: &str) -> Option<String> {
    Facts::new("", None, Number::Missing).with_contacts(email, "").email
}

/// The same for the same text in this process; it is never stored.
fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_beside_two_names_is_nobodys_own() {
        let mut emails = Emails::default();
        for (name, email) in [("an nguyen", "vp@bd.vn"), ("an nguyen", " VP@bd.vn"), ("binh le", "binh@bd.vn"), ("cam le", "")] {
            emails.note(name, email);
        }
        assert!(emails.shared.is_empty());

        emails.note("binh le", "vp@BD.vn");
        assert_eq!(emails.shared, HashSet::from([hash("vp@bd.vn")]));
    }
}
