//! Accounts and persons that are one by strong agreement.
//!
//! All who hold one number are looked at together. They are one when each
//! agrees with each; else none of them is joined, whoever came first: with A
//! like B, B like C, and A against C, nobody can say which pair is right.

use super::KnownPerson;
use super::evidence::{Comparison, NumberAgreement};
use super::rules::{Rule, Standing};
use crate::base::id::PersonId;
use crate::model::legacy_account::{Facts, LegacyAccount, NumberToken, Settled};
use std::collections::BTreeMap;

/// More holders of one number than this are not compared each with each, and not joined.
const MAX_HOLDERS: usize = 32;

/// One person, as far as matching knows.
#[derive(Debug)]
pub(super) struct Cluster<'a> {
    /// Who, when the directory knows them.
    pub(super) person: Option<&'a PersonId>,
    /// All that is said of them.
    pub(super) facts: Vec<&'a Facts>,
    /// The accounts that are to be decided, by their keys.
    pub(super) open: Vec<&'a LegacyAccount>,
    /// The sources of all their accounts, once an account.
    pub(super) sources: Vec<&'a str>,
    /// Why the number of its one account does not join it to others who hold it.
    pub(super) doubt: Option<Rule>,
    /// On what they stand.
    pub(super) standing: Standing,
}

impl<'a> Cluster<'a> {
    fn new(person: Option<&'a PersonId>, doubt: Option<Rule>) -> Self {
        Self { person, facts: Vec::new(), open: Vec::new(), sources: Vec::new(), doubt, standing: Standing::Bare }
    }

    fn alone(account: &'a LegacyAccount, doubt: Option<Rule>) -> Self {
        let mut cluster = Self::new(None, doubt);
        cluster.take(account);
        cluster
    }

    fn take(&mut self, account: &'a LegacyAccount) {
        self.tell(account);
        self.open.push(account);
    }

    fn tell(&mut self, account: &'a LegacyAccount) {
        self.facts.push(&account.facts);
        self.sources.push(account.key.source.as_str());
    }

    fn stands_on(&self) -> Standing {
        if self.person.is_some() {
            Standing::Known
        } else if self.open.len() > 1 {
            Standing::Confirmed
        } else if self.facts.iter().any(|facts| facts.number.twelve().is_some()) {
            Standing::Number
        } else if self.facts.iter().any(|facts| facts.born.is_some() || facts.number.nine().is_some()) {
            Standing::SomeFact
        } else {
            Standing::Bare
        }
    }
}

/// Who holds one number.
#[derive(Default)]
struct Holders<'a> {
    /// Persons, by the places of their clusters.
    known: Vec<usize>,
    /// Accounts that are to be decided.
    open: Vec<&'a LegacyAccount>,
}

/// Joins what agrees strongly. `accounts` are sorted by their keys; those without a name, and those that a human
/// rejected, are in no cluster.
pub(super) fn gather<'a>(persons: &'a [KnownPerson], accounts: &[&'a LegacyAccount]) -> Vec<Cluster<'a>> {
    let mut clusters = known(persons, accounts);
    let mut holders: BTreeMap<&'a NumberToken, Holders<'a>> = BTreeMap::new();
    for (place, cluster) in clusters.iter().enumerate() {
        for token in cluster.facts.iter().filter_map(|facts| facts.number.twelve()) {
            let known = &mut holders.entry(token).or_default().known;
            if known.last() != Some(&place) {
                known.push(place);
            }
        }
    }
    let open = accounts.iter().copied().filter(|account| account.settled.is_none() && !account.facts.name.is_empty());
    for account in open {
        match account.facts.number.twelve() {
            Some(token) => holders.entry(token).or_default().open.push(account),
            None => clusters.push(Cluster::alone(account, None)),
        }
    }
    for group in holders.into_values().filter(|group| !group.open.is_empty()) {
        if let Some(rules) = doubts(&group, &clusters) {
            let alone = group.open.into_iter().zip(rules).map(|(account, rule)| Cluster::alone(account, Some(rule)));
            clusters.extend(alone);
            continue;
        }
        let place = group.known.first().copied().unwrap_or(clusters.len());
        if place == clusters.len() {
            clusters.push(Cluster::new(None, None));
        }
        for account in group.open {
            clusters[place].take(account);
        }
    }
    for cluster in &mut clusters {
        cluster.standing = cluster.stands_on();
    }
    clusters
}

/// The persons of the directory with the accounts that a human linked to them. Whatever these say, they are one.
fn known<'a>(persons: &'a [KnownPerson], accounts: &[&'a LegacyAccount]) -> Vec<Cluster<'a>> {
    let mut known: BTreeMap<&'a PersonId, Cluster<'a>> = BTreeMap::new();
    for person in persons {
        let cluster = known.entry(&person.id).or_insert_with(|| Cluster::new(Some(&person.id), None));
        cluster.facts.push(&person.facts);
    }
    for account in accounts.iter().copied() {
        if let Some(Settled::Linked(person)) = &account.settled {
            known.entry(person).or_insert_with(|| Cluster::new(Some(person), None)).tell(account);
        }
    }
    known.into_values().collect()
}

/// Why the holders of one number are not one: a rule for each open account. Nothing when they are.
fn doubts(group: &Holders<'_>, clusters: &[Cluster<'_>]) -> Option<Vec<Rule>> {
    let told: usize = group.known.iter().map(|place| clusters[*place].facts.len()).sum();
    if group.open.len() + told > MAX_HOLDERS {
        return Some(vec![Rule::NumberTooCommon; group.open.len()]);
    }
    if group.known.len() > 1 {
        return Some(vec![Rule::NumberShared; group.open.len()]);
    }
    let person = group.known.first().map(|place| clusters[*place].facts.as_slice()).unwrap_or_default();
    let found: Vec<Contradiction> = (0..group.open.len())
        .map(|place| {
            let others = group.open.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, other)| &other.facts);
            Contradiction::of(&group.open[place].facts, others, person)
        })
        .collect();
    if found.iter().any(|contradiction| contradiction.any()) {
        return Some(found.into_iter().map(Contradiction::rule).collect());
    }
    None
}

/// In what somebody is against the other holders of their number.
#[derive(Debug, Clone, Copy, Default)]
struct Contradiction {
    name: bool,
    birth: bool,
    number: bool,
}

impl Contradiction {
    /// `person` is all that is said of the person who holds the number, if any: some of it must agree in the name, and
    /// none of it may contradict, another valid number neither.
    fn of<'f>(facts: &Facts, others: impl Iterator<Item = &'f Facts>, person: &[&'f Facts]) -> Self {
        let mut found = Self::default();
        for other in others.chain(person.iter().copied()) {
            let seen = Comparison::of(facts, other);
            found.name |= seen.name_contradicts();
            found.birth |= seen.birth_contradicts();
            found.number |= seen.number == NumberAgreement::Differs;
        }
        found.name |= !person.is_empty() && !person.iter().any(|said| Comparison::of(facts, said).name_agrees());
        found
    }

    fn any(self) -> bool {
        self.name || self.birth || self.number
    }

    /// Whoever contradicts nobody, and is among people who do, cannot be told apart from them either.
    fn rule(self) -> Rule {
        match (self.name, self.birth) {
            (true, false) => Rule::NameDiffers,
            (false, true) => Rule::BirthContradicts,
            (true, true) | (false, false) => Rule::NumberShared,
        }
    }
}
