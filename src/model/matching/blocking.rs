//! Who has to be looked at beside whom, without comparing everybody with everybody.
//!
//! Clusters meet in lists under what they share: a number; a name with a date
//! of birth; a name with a year, where one has the date and the other only
//! the number that tells the year; and a name alone, where one of both has
//! nothing else. The best standing is first in a list, so that one look tells
//! whether a cluster asks; only so many candidates are taken from each, and
//! the question says when there are more.

use super::clusters::Cluster;
use super::rules::Standing;
use crate::model::legacy_account::{Facts, NumberToken, swapped};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use time::Date;

/// So many candidates are looked at from each list.
const SCANNED: usize = 32;

/// By what an account is found, for those who keep many in records and fetch them by parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keys<'a> {
    /// The words of the name, folded and sorted; empty without a name.
    pub name: &'a str,
    /// The number, of twelve digits or of nine.
    pub number: Option<&'a NumberToken>,
}

/// The keys of an account or a person.
pub fn keys(facts: &Facts) -> Keys<'_> {
    Keys { name: facts.name.sorted(), number: facts.number.token() }
}

/// What two clusters share; the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tie {
    /// A number that did not join them.
    Number,
    /// Name and date of birth, day and month exchanged or not.
    Birth,
    /// Name and year of birth.
    Year,
    /// The name alone.
    Name,
}

/// Whom a cluster meets.
#[derive(Debug, Default)]
pub(super) struct Meeting {
    /// The strongest tie because of which it asks.
    pub(super) asks: Option<Tie>,
    /// The places of clusters to be looked at.
    pub(super) others: BTreeSet<usize>,
    /// True when there are more.
    pub(super) more: bool,
}

/// The places of clusters that share a year; those with a date are not of one day with each other here.
#[derive(Default)]
struct OfYear {
    dated: Vec<usize>,
    numbered: Vec<usize>,
}

/// The places of clusters that share a name.
#[derive(Default)]
struct OfName {
    all: Vec<usize>,
    bare: Vec<usize>,
}

/// All lists.
#[derive(Default)]
pub(super) struct Lists<'a> {
    numbers: HashMap<&'a NumberToken, Vec<usize>>,
    births: HashMap<(&'a str, Date), Vec<usize>>,
    years: HashMap<(&'a str, i32), OfYear>,
    names: HashMap<&'a str, OfName>,
}

/// Under what a cluster is found.
struct Facets<'a> {
    names: BTreeSet<&'a str>,
    dates: BTreeSet<Date>,
    /// Years that numbers tell.
    years: BTreeSet<i32>,
}

impl<'a> Facets<'a> {
    fn of(cluster: &Cluster<'a>) -> Self {
        let facts = || cluster.facts.iter().copied();
        Self {
            names: facts().map(|said| said.name.sorted()).filter(|name| !name.is_empty()).collect(),
            dates: facts().filter_map(|said| said.born).map(canonical).collect(),
            years: facts().filter_map(|said| said.number.birth_year()).collect(),
        }
    }

    fn named_dates(&self) -> Vec<(&'a str, Date)> {
        self.names.iter().flat_map(|name| self.dates.iter().map(move |date| (*name, *date))).collect()
    }

    /// Nothing but a name can be compared.
    fn is_bare(&self) -> bool {
        self.dates.is_empty() && self.years.is_empty()
    }
}

/// One date for both orders of day and month.
fn canonical(born: Date) -> Date {
    swapped(born).map_or(born, |other| born.min(other))
}

impl<'a> Lists<'a> {
    /// Puts clusters into lists, the best standing first.
    pub(super) fn of(clusters: &[Cluster<'a>]) -> Self {
        let mut lists = Self::default();
        for (place, cluster) in clusters.iter().enumerate() {
            lists.add(place, cluster);
        }
        let standing = |place: &usize| (Reverse(clusters[*place].standing), *place);
        let of_year = lists.years.values_mut().flat_map(|years| [&mut years.dated, &mut years.numbered]);
        let of_name = lists.names.values_mut().flat_map(|names| [&mut names.all, &mut names.bare]);
        for list in lists.numbers.values_mut().chain(lists.births.values_mut()).chain(of_year).chain(of_name) {
            list.sort_by_key(standing);
        }
        lists
    }

    fn add(&mut self, place: usize, cluster: &Cluster<'a>) {
        for token in cluster.facts.iter().filter_map(|said| said.number.token()) {
            push_once(self.numbers.entry(token).or_default(), place);
        }
        let facets = Facets::of(cluster);
        for name in facets.names.iter().copied() {
            for date in facets.dates.iter().copied() {
                push_once(self.births.entry((name, date)).or_default(), place);
                if facets.years.is_empty() {
                    push_once(&mut self.years.entry((name, date.year())).or_default().dated, place);
                }
            }
            if facets.dates.is_empty() {
                for year in facets.years.iter().copied() {
                    push_once(&mut self.years.entry((name, year)).or_default().numbered, place);
                }
            }
            let of_name = self.names.entry(name).or_default();
            push_once(&mut of_name.all, place);
            if facets.is_bare() {
                push_once(&mut of_name.bare, place);
            }
        }
    }

    /// Whom the cluster at a place meets, and whether it asks.
    pub(super) fn meet(&self, place: usize, clusters: &[Cluster<'a>]) -> Meeting {
        let own = clusters[place].standing;
        let mut meeting = Meeting::default();
        for (tie, list) in self.lists_of(&clusters[place]) {
            let mut others = list.iter().copied().filter(|other| *other != place);
            let Some(first) = others.next() else { continue };
            if asks(tie, own, clusters[first].standing) {
                meeting.asks = meeting.asks.or(Some(tie));
            }
            meeting.others.insert(first);
            meeting.others.extend(others.by_ref().take(SCANNED - 1));
            meeting.more |= others.next().is_some();
        }
        meeting
    }

    /// Who holds a number, for an account that is in no cluster.
    pub(super) fn holders(&self, number: &NumberToken) -> Meeting {
        let list = self.numbers.get(number).map(Vec::as_slice).unwrap_or_default();
        Meeting { asks: None, others: list.iter().copied().take(SCANNED).collect(), more: list.len() > SCANNED }
    }

    /// The lists in which a cluster finds others, the strongest ties first.
    fn lists_of<'s>(&'s self, cluster: &Cluster<'a>) -> Vec<(Tie, &'s [usize])> {
        let mut found: Vec<(Tie, &'s [usize])> = Vec::new();
        let mut add = |tie: Tie, list: Option<&'s Vec<usize>>| found.extend(list.map(|list| (tie, list.as_slice())));
        for token in cluster.open.iter().filter_map(|account| account.facts.number.token()) {
            add(Tie::Number, self.numbers.get(token));
        }
        let facets = Facets::of(cluster);
        let named_dates = facets.named_dates();
        for key in &named_dates {
            add(Tie::Birth, self.births.get(key));
        }
        if facets.years.is_empty() {
            for (name, date) in named_dates {
                add(Tie::Year, self.years.get(&(name, date.year())).map(|of_year| &of_year.numbered));
            }
        }
        for name in facets.names.iter().copied() {
            if facets.dates.is_empty() {
                for year in facets.years.iter().copied() {
                    add(Tie::Year, self.years.get(&(name, year)).map(|of_year| &of_year.dated));
                }
            }
            let of_name = self.names.get(name);
            add(Tie::Name, of_name.map(|of_name| if facets.is_bare() { &of_name.all } else { &of_name.bare }));
        }
        found
    }
}

/// A number that is shared and did not join is always a question.
fn asks(tie: Tie, own: Standing, other: Standing) -> bool {
    match tie {
        Tie::Number => true,
        Tie::Birth | Tie::Year | Tie::Name => own.asks(other),
    }
}

/// Clusters come one after another, so a place that is in a list is its last.
fn push_once(list: &mut Vec<usize>, place: usize) {
    if list.last() != Some(&place) {
        list.push(place);
    }
}
