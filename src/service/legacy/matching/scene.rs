//! The accounts of a page, and everybody who has to be looked at beside them.
//!
//! That is everybody of the same names, whoever has the number of one of these, the persons among them with the accounts
//! that are certainly theirs, and whoever has one of those numbers in turn. More of them change no decision.

use super::gather::Gatherer;
use super::ground::Ground;
use super::posts::born;
use crate::base::id::PersonId;
use crate::model::legacy_account::{AccountKey, AccountStatus, Facts, LegacyAccount, Number, NumberToken, Settled};
use crate::model::matching::{Block, KnownPerson};
use crate::service::{Failure, Services};
use crate::store::StoreError;
use crate::store::legacy_matching::{self, AccountRow};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A person who is another since a merge is followed this far.
const MERGES: usize = 8;
/// While somebody waits: accounts of a name, and people of whom something was told under it.
const MOST_OF_NAME: u16 = 3_000;
/// While somebody waits: accounts and people in all.
const MOST_TOGETHER: usize = 12_000;

/// Some accounts in the order in which a run comes to them.
#[derive(Debug, Clone)]
pub(super) enum Page {
    /// Those with a name after one and up to another.
    Named {
        /// After this name.
        after: String,
        /// Up to this one.
        until: String,
    },
    /// Those without a name.
    Nameless {
        /// After this account.
        after: AccountKey,
        /// So many.
        most: i64,
    },
}

/// An account with what is compared of it.
pub(super) struct Account {
    /// As it is stored.
    pub(super) row: AccountRow,
    /// As it is compared.
    pub(super) facts: Facts,
}

/// What may be decided of an account.
pub(super) enum Stand {
    /// Everything.
    Open,
    /// Nothing: a human decided, or its owner has come to use it.
    Settled(Settled),
    /// Nothing, and it tells nothing of others either: a human looks at it, or its owner is no more.
    Held,
}

/// A person with what is compared of them.
pub(super) struct Told {
    /// Who they are since two were found to be one.
    pub(super) stands_for: PersonId,
    /// Matching made them.
    pub(super) made: bool,
    /// Something else vouches for them by now.
    pub(super) adopted: bool,
    /// What is compared of them.
    pub(super) facts: Facts,
}

impl Told {
    /// A person whom accounts are compared with. Whoever stands on their accounts alone is found through these.
    pub(super) fn is_known(&self) -> bool {
        !self.made || self.adopted
    }

    /// True for whoever stands on their accounts alone.
    pub(super) fn is_only_made(&self) -> bool {
        self.made && !self.adopted
    }
}

/// Everybody who is looked at together.
#[derive(Default)]
pub(super) struct Scene {
    /// The accounts of the page.
    pub(super) seeds: BTreeSet<AccountKey>,
    /// These, and all others that are looked at.
    pub(super) accounts: BTreeMap<AccountKey, Account>,
    /// The persons whom any of them has to do with.
    pub(super) persons: BTreeMap<PersonId, Told>,
    /// Whose account is what, and whether it made them.
    pub(super) owned: HashMap<PersonId, Vec<(AccountKey, bool)>>,
    /// Whose the numbers are in the directory.
    pub(super) numbers: HashMap<NumberToken, PersonId>,
}

impl Scene {
    /// Reads the accounts of a page, but for those of some names, and everybody beside them.
    pub(super) async fn load(
        services: &Services,
        ground: &Ground,
        source: &str,
        (page, but): (&Page, &[String]),
    ) -> Result<Self, Failure> {
        let mut conn = services.store.read().await?;
        let rows = match page {
            Page::Named { after, until } => {
                legacy_matching::list_named(&mut conn, source, (after.as_str(), until.as_str()), but).await?
            }
            Page::Nameless { after, most } => legacy_matching::list_nameless(&mut conn, source, after, *most).await?,
        };
        let mut gatherer = Gatherer::new(services, usize::MAX);
        let mut names = BTreeSet::new();
        for row in rows {
            names.extend(gatherer.seed(row)?);
        }
        for name in &names {
            for person in ground.named(name) {
                gatherer.want_person(person);
            }
        }
        while gatherer.go_on(&mut conn).await? {}
        Ok(gatherer.scene)
    }

    /// Reads the accounts of one name, in its sorted form, and everybody beside them, while somebody waits; nothing when
    /// these are too many to be looked at meanwhile.
    pub(super) async fn of_name(services: &Services, name: &str) -> Result<Option<Self>, Failure> {
        let mut conn = services.store.read().await?;
        let (first, most) = (AccountKey { source: String::new(), legacy_id: String::new() }, i64::from(MOST_OF_NAME) + 1);
        let rows = legacy_matching::list_of_name(&mut conn, name, &first, most).await?;
        let people = legacy_matching::list_people_named(&mut conn, name, most).await?;
        if rows.len().max(people.len()) > usize::from(MOST_OF_NAME) {
            return Ok(None);
        }
        let mut gatherer = Gatherer::new(services, MOST_TOGETHER);
        for row in rows {
            gatherer.seed(row)?;
        }
        gatherer.want_named(&mut conn, name, &people).await?;
        while gatherer.go_on(&mut conn).await? {
            if gatherer.is_full() {
                return Ok(None);
            }
        }
        Ok(Some(gatherer.scene))
    }

    /// The e-mail addresses of the accounts of the page, in the form in which they are compared.
    pub(super) fn emails(&self) -> Vec<String> {
        let seeds = self.seeds.iter().filter_map(|key| self.accounts.get(key));
        let emails: BTreeSet<&String> = seeds.filter_map(|account| account.facts.email.as_ref()).collect();
        emails.into_iter().cloned().collect()
    }

    /// Who a person is since two were found to be one; nobody when they are no more.
    pub(super) fn resolve(&self, person: &PersonId) -> Option<(&PersonId, &Told)> {
        let mut found = self.persons.get_key_value(person)?;
        for _ in 0..MERGES {
            if found.1.stands_for == *found.0 {
                return Some(found);
            }
            found = self.persons.get_key_value(&found.1.stands_for)?;
        }
        None
    }

    /// What may be decided of an account.
    pub(super) fn stand(&self, account: &Account) -> Stand {
        let row = &account.row;
        let owner = row.person_id.clone().map(PersonId);
        let found = owner.as_ref().and_then(|owner| self.resolve(owner));
        let is_owned = is_owned(row);
        if row.decided_by.is_some() {
            return match found {
                Some((person, _)) if is_owned => Stand::Settled(Settled::Linked(person.clone())),
                Some(_) | None if row.decision == "rejected" => Stand::Settled(Settled::Rejected),
                Some(_) | None => Stand::Held,
            };
        }
        match found {
            Some((person, told)) if is_owned && (row.is_used != 0 || (told.made && told.adopted)) => {
                Stand::Settled(Settled::Linked(person.clone()))
            }
            None if is_owned && owner.is_some() => Stand::Held,
            Some(_) | None => Stand::Open,
        }
    }

    /// All of it, to be decided.
    pub(super) fn block(&self) -> Block {
        let known = self.persons.iter().filter(|(_, told)| told.is_known());
        let persons = known.filter_map(|(id, told)| {
            let (person, _) = self.resolve(id)?;
            Some(KnownPerson { id: person.clone(), facts: told.facts.clone() })
        });
        let accounts = self.accounts.iter().filter_map(|(key, account)| {
            let settled = match self.stand(account) {
                Stand::Open => None,
                Stand::Settled(settled) => Some(settled),
                Stand::Held => return None,
            };
            let status = AccountStatus::read(&account.row.status);
            Some(LegacyAccount { key: key.clone(), facts: account.facts.clone(), status, settled })
        });
        Block { persons: persons.collect(), accounts: accounts.collect() }
    }
}

/// True for an account that is somebody's.
pub(super) fn is_owned(row: &AccountRow) -> bool {
    is_owned_word(&row.decision)
}

/// True for the words of decisions by which an account is somebody's.
pub(super) fn is_owned_word(decision: &str) -> bool {
    matches!(decision, "linked" | "created")
}

pub(super) fn token(digest: &[u8]) -> Option<NumberToken> {
    <[u8; 32]>::try_from(digest).ok().map(NumberToken)
}

/// What is compared of an account.
pub(super) fn facts_of_account(row: &AccountRow) -> Result<Facts, StoreError> {
    let unreadable = || StoreError::Corrupt("legacy_accounts.number_kind".to_owned());
    let known = row.number_digest.as_deref().and_then(token);
    let number = match (row.number_kind.as_str(), known) {
        ("missing", _) => Number::Missing,
        ("malformed", _) => Number::Malformed,
        ("nine", Some(token)) => Number::Nine(token),
        ("twelve", Some(token)) => {
            let born = row.number_born.and_then(|year| i32::try_from(year).ok()).ok_or_else(unreadable)?;
            Number::Twelve { token, born }
        }
        _ => return Err(unreadable()),
    };
    Ok(Facts::new(&row.full_name, born(row.date_of_birth.as_deref()), number).with_contacts(&row.email, &row.phone))
}
