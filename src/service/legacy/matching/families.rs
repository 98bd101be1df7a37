//! What has to be written of a page: only what is another than before, with what belongs together in one family.

use super::evidence::Seen;
use super::ground::Ground;
use super::newcomers::{self, Newcomer};
use super::owners;
use super::posts::Post;
use super::scene::{Account, Scene, Stand, Told};
use crate::base::id::PersonId;
use crate::model::legacy_account::{AccountKey, Settled};
use crate::model::matching::{Candidate, Decision, Evidence, Kind, Review, Rule, Whom, decide_all};
use crate::service::Services;
use crate::store::StoreError;
use std::collections::{BTreeMap, HashSet};

/// Whose an account becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    /// Nobody's: it is a question, or a thing of nobody.
    Nobody,
    /// Somebody's who is there.
    Person(PersonId),
    /// The newcomer's of its family.
    Newcomer,
}

/// Another decision about an account.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) key: AccountKey,
    pub(super) row_digest: Vec<u8>,
    /// What was decided before.
    pub(super) before: String,
    /// Whose it was, as it was written, whatever was decided.
    pub(super) was: Option<PersonId>,
    pub(super) decision: &'static str,
    pub(super) rule: &'static str,
    pub(super) evidence: String,
    pub(super) owner: Owner,
}

/// What is written together.
#[derive(Debug, Default)]
pub(super) struct Family {
    /// Other decisions.
    pub(super) changes: Vec<Change>,
    /// Somebody who is made.
    pub(super) newcomer: Option<Newcomer>,
    /// Whose the positions are, when it is nobody new.
    pub(super) person: Option<PersonId>,
    /// Positions in the units of the accounts.
    pub(super) posts: Vec<Post>,
}

impl Family {
    /// True when there is nothing to write.
    pub(super) fn is_idle(&self) -> bool {
        self.changes.is_empty() && self.newcomer.is_none() && self.posts.is_empty()
    }

    /// How much there is to write.
    pub(super) fn weight(&self) -> usize {
        self.changes.len().max(1)
    }
}

/// Decides a scene, and draws up what that changes.
pub(super) fn draw(services: &Services, ground: &Ground, scene: &Scene) -> Result<Vec<Family>, StoreError> {
    let mut drawing = Drawing { services, ground, scene, used: HashSet::new(), families: Vec::new() };
    let mut households: BTreeMap<AccountKey, Vec<(AccountKey, Decision)>> = BTreeMap::new();
    for (key, decision) in decide_all(&scene.block()) {
        let Some(account) = scene.accounts.get(&key).filter(|_| scene.seeds.contains(&key)) else { continue };
        match scene.stand(account) {
            Stand::Held => continue,
            Stand::Settled(settled) => {
                drawing.settled(account, &settled);
                continue;
            }
            Stand::Open => {}
        }
        match &decision.kind {
            Kind::Create => households.entry(key.clone()).or_default().push((key, decision)),
            Kind::Link(Whom::Account(first)) => households.entry(first.clone()).or_default().push((key, decision)),
            Kind::Link(Whom::Person(person)) => drawing.known(account, &decision, person)?,
            Kind::Review(_) | Kind::Reject => drawing.alone(account, &decision)?,
        }
    }
    for (first, members) in households {
        // Whoever makes a person has a name, and so have all who are joined to them: they are of one page.
        if members.first().is_some_and(|(key, _)| *key == first) {
            drawing.household(&members)?;
        }
    }
    Ok(drawing.families)
}

/// A page that is being drawn up.
struct Drawing<'a> {
    services: &'a Services,
    ground: &'a Ground,
    scene: &'a Scene,
    /// Persons to whom a household leads already.
    used: HashSet<PersonId>,
    families: Vec<Family>,
}

impl Drawing<'_> {
    /// An account that came to be certainly somebody's, whoever said so, whose unit may have been decided since. Only who
    /// was made of accounts gets positions from them.
    fn settled(&mut self, account: &Account, settled: &Settled) {
        let is_made = |person: &PersonId| self.scene.persons.get(person).is_some_and(|told| told.made);
        match settled {
            Settled::Linked(person) if is_made(person) => {
                let family = Family { person: Some(person.clone()), posts: self.posts(&[account]), ..Family::default() };
                self.families.push(family);
            }
            Settled::Linked(_) | Settled::Rejected => {}
        }
    }

    /// An account of somebody whom the directory knows. Only whom matching made gets positions from accounts.
    fn known(&mut self, account: &Account, decision: &Decision, person: &PersonId) -> Result<(), StoreError> {
        let is_made = self.scene.persons.get(person).is_some_and(|told| told.made);
        let posts = if is_made { self.posts(&[account]) } else { Vec::new() };
        let changes = self.change(account, decision, Owner::Person(person.clone()))?.into_iter().collect();
        self.families.push(Family { changes, person: Some(person.clone()), posts, newcomer: None });
        Ok(())
    }

    /// An account that is nobody's.
    fn alone(&mut self, account: &Account, decision: &Decision) -> Result<(), StoreError> {
        let changes = self.change(account, decision, Owner::Nobody)?.into_iter().collect();
        self.families.push(Family { changes, ..Family::default() });
        Ok(())
    }

    /// Accounts that are one person, who may have been made before.
    fn household(&mut self, members: &[(AccountKey, Decision)]) -> Result<(), StoreError> {
        let scene = self.scene;
        let accounts: Vec<&Account> = members.iter().filter_map(|(key, _)| scene.accounts.get(key)).collect();
        let existing = owners::find(&accounts, scene, &self.used);
        if existing.is_none() && accounts.iter().any(|account| self.number_is_taken(account)) {
            for (account, (_, decision)) in accounts.iter().zip(members) {
                self.alone(account, &self.asked_about_holder(account, decision))?;
            }
            return Ok(());
        }
        let owner = existing.clone().map_or(Owner::Newcomer, Owner::Person);
        let mut changes = Vec::new();
        for (account, (_, decision)) in accounts.iter().zip(members) {
            changes.extend(self.change(account, decision, owner.clone())?);
        }
        let mut posts = self.posts(&accounts);
        let newcomer = match existing {
            Some(_) => None,
            None => newcomers::of(self.services, self.ground, &accounts)?,
        };
        if newcomer.is_some()
            && let Some(first) = posts.first_mut()
        {
            first.primary = true;
        }
        self.used.extend(existing.clone());
        self.families.push(Family { changes, newcomer, person: existing, posts });
        Ok(())
    }

    /// Somebody has the number who is not known by it: their account says another by now, or what tells of them does
    /// not count yet.
    fn number_is_taken(&self, account: &Account) -> bool {
        account.facts.number.twelve().is_some_and(|token| self.scene.numbers.contains_key(token))
    }

    /// The question whether an account is of whoever has its number.
    fn asked_about_holder(&self, account: &Account, decision: &Decision) -> Decision {
        let holder = account.facts.number.twelve().and_then(|token| self.scene.numbers.get(token));
        let holder = holder.and_then(|person| self.scene.resolve(person));
        let candidates = holder
            .map(|(person, _)| Candidate { whom: Whom::Person(person.clone()), evidence: vec![Evidence::NumberSame] })
            .into_iter()
            .collect();
        Decision {
            kind: Kind::Review(Review { candidates, more: false }),
            rule: Rule::NumberShared,
            evidence: decision.evidence.clone(),
        }
    }

    /// The positions that accounts give, one a unit.
    fn posts(&self, accounts: &[&Account]) -> Vec<Post> {
        let mut posts: Vec<Post> = Vec::new();
        for post in accounts.iter().filter_map(|account| self.ground.places.post(account)) {
            if posts.iter().all(|other| other.unit != post.unit) {
                posts.push(post);
            }
        }
        posts
    }

    /// What is to be written of a decision; nothing when all of it is there.
    fn change(&self, account: &Account, decision: &Decision, owner: Owner) -> Result<Option<Change>, StoreError> {
        let row = &account.row;
        let mut seen = Seen::of(decision);
        if owner == Owner::Nobody {
            seen.before = self.made_before(account);
        }
        let evidence = seen.text()?;
        let (word, rule) = (decision.kind.word(), decision.rule.word());
        let is_same_owner = match &owner {
            Owner::Nobody => row.person_id.is_none(),
            Owner::Person(person) => row.person_id.as_deref() == Some(person.as_str()),
            Owner::Newcomer => false,
        };
        if is_same_owner && row.decision == word && row.rule == rule && row.evidence == evidence {
            return Ok(None);
        }
        Ok(Some(Change {
            key: row.key(),
            row_digest: row.row_digest.clone(),
            before: row.decision.clone(),
            was: row.person_id.clone().map(PersonId),
            decision: word,
            rule,
            evidence,
            owner,
        }))
    }

    /// The person whom matching made for an account that is nobody's now.
    fn made_before(&self, account: &Account) -> Option<PersonId> {
        let row = &account.row;
        let person = row.person_id.clone().map(PersonId).or_else(|| Seen::read(&row.evidence).before)?;
        let is_made = self.scene.persons.get(&person).is_some_and(Told::is_only_made);
        is_made.then_some(person)
    }
}
