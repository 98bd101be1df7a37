//! From clusters and meetings to one decision an account.

use super::blocking::{Lists, Meeting, Tie};
use super::clusters::{Cluster, gather};
use super::evidence::{Comparison, own};
use super::rules::Rule;
use super::{Block, Candidate, Decision, Evidence, Kind, KnownPerson, Review, Whom};
use crate::model::legacy_account::{AccountKey, Facts, LegacyAccount, Settled};
use std::cmp::Reverse;
use std::collections::HashMap;

/// More candidates than this help nobody to choose.
const MAX_CANDIDATES: usize = 10;

/// What becomes of one account, when these persons are all who may be its owner and no other account is in question.
pub fn decide(account: &LegacyAccount, candidates: &[KnownPerson]) -> Decision {
    Stage::set(candidates, &[account]).decision(account)
}

/// What becomes of each account of a block, sorted by their keys. The order of the block does not count.
pub fn decide_all(block: &Block) -> Vec<(AccountKey, Decision)> {
    let mut accounts: Vec<&LegacyAccount> = block.accounts.iter().collect();
    accounts.sort_by(|one, other| one.key.cmp(&other.key));
    let stage = Stage::set(&block.persons, &accounts);
    accounts.into_iter().map(|account| (account.key.clone(), stage.decision(account))).collect()
}

/// Everybody of a block in their places.
struct Stage<'a> {
    clusters: Vec<Cluster<'a>>,
    lists: Lists<'a>,
    places: HashMap<&'a AccountKey, usize>,
}

/// A candidate with what they are ranked by.
struct Ranked<'s, 'a> {
    cluster: &'s Cluster<'a>,
    seen: Comparison,
    whom: Whom,
}

impl<'a> Stage<'a> {
    fn set(persons: &'a [KnownPerson], accounts: &[&'a LegacyAccount]) -> Self {
        let clusters = gather(persons, accounts);
        let lists = Lists::of(&clusters);
        let mut places = HashMap::new();
        for (place, cluster) in clusters.iter().enumerate() {
            places.extend(cluster.open.iter().map(|account| (&account.key, place)));
        }
        Self { clusters, lists, places }
    }

    fn decision(&self, account: &LegacyAccount) -> Decision {
        match &account.settled {
            Some(Settled::Linked(person)) => return by_hand(Kind::Link(Whom::Person(person.clone()))),
            Some(Settled::Rejected) => return by_hand(Kind::Reject),
            None => {}
        }
        let Some(place) = self.places.get(&account.key).copied() else { return self.nameless(account) };
        let cluster = &self.clusters[place];
        let meeting = self.lists.meet(place, &self.clusters);
        match (cluster.doubt, meeting.asks) {
            (None, None) => accepted(account, cluster),
            (Some(rule), _) => review(account, rule, &self.ranked(account, &meeting), meeting.more),
            (None, Some(tie)) => {
                let ranked = self.ranked(account, &meeting);
                review(account, rule_of(tie, account, ranked.first()), &ranked, meeting.more)
            }
        }
    }

    /// Without a name nobody can be made; a number may tell a human who is meant.
    fn nameless(&self, account: &LegacyAccount) -> Decision {
        match account.facts.number.twelve() {
            Some(number) => {
                let meeting = self.lists.holders(number);
                review(account, Rule::NameMissing, &self.ranked(account, &meeting), meeting.more)
            }
            None => Decision { kind: Kind::Reject, rule: Rule::NameMissing, evidence: own(&account.facts) },
        }
    }

    /// Whom an account meets, the likeliest first.
    fn ranked(&self, account: &LegacyAccount, meeting: &Meeting) -> Vec<Ranked<'_, 'a>> {
        let of = |place: &usize| {
            let cluster = &self.clusters[*place];
            let whom = match (cluster.person, cluster.open.first()) {
                (Some(person), _) => Whom::Person(person.clone()),
                (None, Some(first)) => Whom::Account(first.key.clone()),
                (None, None) => return None,
            };
            Some(Ranked { cluster, seen: likest(&account.facts, cluster)?, whom })
        };
        let mut ranked: Vec<Ranked<'_, 'a>> = meeting.others.iter().filter_map(of).collect();
        ranked
            .sort_by(|one, other| (Reverse(one.seen.likeness()), &one.whom).cmp(&(Reverse(other.seen.likeness()), &other.whom)));
        ranked
    }
}

fn by_hand(kind: Kind) -> Decision {
    Decision { kind, rule: Rule::ByHand, evidence: Vec::new() }
}

/// How the facts agree with what is most like them of all that is said of somebody else, or by other accounts.
fn likest(facts: &Facts, cluster: &Cluster<'_>) -> Option<Comparison> {
    let others = cluster.facts.iter().filter(|said| !std::ptr::eq(**said, facts));
    others.map(|said| Comparison::of(facts, said)).max_by_key(|seen| seen.likeness())
}

/// Links the account of a cluster that nothing speaks against, or makes a person of it.
fn accepted(account: &LegacyAccount, cluster: &Cluster<'_>) -> Decision {
    let Some(seen) = likest(&account.facts, cluster) else {
        return Decision { kind: Kind::Create, rule: Rule::NoCounterpart, evidence: own(&account.facts) };
    };
    let kind = match (cluster.person, cluster.open.first()) {
        (Some(person), _) => Kind::Link(Whom::Person(person.clone())),
        (None, Some(first)) if first.key != account.key => Kind::Link(Whom::Account(first.key.clone())),
        (None, Some(_) | None) => Kind::Create,
    };
    let mut evidence = seen.evidence();
    let of_source = cluster.sources.iter().filter(|source| **source == account.key.source).count();
    evidence.extend((of_source > 1).then_some(Evidence::SourceSame));
    evidence.extend(own(&account.facts));
    Decision { kind, rule: Rule::StrongNumberName, evidence }
}

/// Why an account asks, by its strongest tie and the likeliest candidate.
fn rule_of(tie: Tie, account: &LegacyAccount, likeliest: Option<&Ranked<'_, '_>>) -> Rule {
    let seen = likeliest.map(|candidate| candidate.seen);
    match tie {
        Tie::Number if seen.is_some_and(|seen| seen.name_contradicts() || seen.birth_contradicts()) => Rule::NumberShared,
        Tie::Number => Rule::NineDigits,
        Tie::Birth if likeliest.is_some_and(|candidate| candidate.has_another_number(account)) => Rule::NumberDiffers,
        Tie::Birth if likeliest.is_some_and(|candidate| candidate.has_source(account)) => Rule::TwoOfOneSource,
        Tie::Birth | Tie::Year => Rule::NoNumberAgreement,
        Tie::Name => Rule::NameOnly,
    }
}

impl Ranked<'_, '_> {
    /// Both have a valid number; were it one, they would be one or in doubt.
    fn has_another_number(&self, account: &LegacyAccount) -> bool {
        let any = self.cluster.facts.iter().any(|said| said.number.twelve().is_some());
        any && account.facts.number.twelve().is_some()
    }

    fn has_source(&self, account: &LegacyAccount) -> bool {
        self.cluster.sources.contains(&account.key.source.as_str())
    }

    fn candidate(&self, account: &LegacyAccount) -> Candidate {
        let mut evidence = self.seen.evidence();
        evidence.extend(self.has_source(account).then_some(Evidence::SourceSame));
        Candidate { whom: self.whom.clone(), evidence }
    }
}

fn review(account: &LegacyAccount, rule: Rule, ranked: &[Ranked<'_, '_>], more: bool) -> Decision {
    let candidates: Vec<Candidate> = ranked.iter().take(MAX_CANDIDATES).map(|candidate| candidate.candidate(account)).collect();
    let mut evidence = candidates.first().map(|first| first.evidence.clone()).unwrap_or_default();
    evidence.extend(own(&account.facts));
    let more = more || ranked.len() > MAX_CANDIDATES;
    Decision { kind: Kind::Review(Review { candidates, more }), rule, evidence }
}
