//! How a search is answered: which of its conditions is read in the order of names, and which are asked of each posting.
//!
//! Each condition knows how many people it may hold for, from counts that are kept beside the postings. The narrowest
//! one is read; the others are probed. So the cost of a page follows the narrowest condition, never the city.

use super::bounds::{Meant, named};
use super::entry::{Factor, State, factor_mark, kind_mark, state_mark};
use crate::base::id::UnitId;
use crate::model::authority::Extent;
use crate::model::position::PositionKind;
use crate::model::registry::Registry;
use crate::store::people_search::{self, Key, Source, Test};
use crate::store::{AsEx, StoreError};
use std::collections::{BTreeSet, HashMap};

/// Postings that are merged at a time.
const MOST_BRANCHES: usize = 60;
/// Known words that are looked at for one typed word.
const MOST_WORDS: i64 = 1_001;
/// So few postings may be sorted on the way.
const FEW: i64 = 2_000;
/// User names that begin alike, up to which they join what is found by words.
const FEW_NAMES: i64 = 500;
/// So many words are probed one by one; more are looked for in the row.
const PROBED: usize = 6;

/// Which accounts are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateFilter {
    /// All that are not disabled.
    Enabled,
    /// Those in one state.
    Is(State),
}

/// What they sign in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorFilter {
    /// No second factor: a password alone, or nothing.
    Weak,
    /// This is the strongest.
    Is(Factor),
}

/// A place between two people of a list, as addresses carry it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The person beside it.
    pub key: Key,
    /// The list goes on before that person, not after.
    pub before: bool,
    /// How many people lie before the place, as far as it was counted.
    pub skipped: i64,
}

impl Place {
    /// As addresses carry it.
    pub fn write(&self) -> String {
        let way = if self.before { 'b' } else { 'a' };
        format!("{way}.{}.{}.{}.{}", self.key.one, self.key.two, self.key.number, self.skipped)
    }

    /// Reads [`Place::write`] back; what nobody handed out is nowhere.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let before = match parts.next()? {
            "a" => false,
            "b" => true,
            _ => return None,
        };
        let mut number = || parts.next()?.parse::<i64>().ok().filter(|number| *number >= 0);
        let place = Self { key: Key { one: number()?, two: number()?, number: number()? }, before, skipped: number()? };
        parts.next().is_none().then_some(place)
    }
}

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Words as [`super::typed`] reads them: each begins a word of a name, title or unit, a user name, or a number of the
    /// staff list.
    pub words: Vec<String>,
    /// In this unit, and all under it.
    pub unit: Option<UnitId>,
    /// In this kind of employment.
    pub kind: Option<PositionKind>,
    /// In these states.
    pub state: Option<StateFilter>,
    /// With these factors.
    pub factor: Option<FactorFilter>,
    /// From the end of the alphabet.
    pub reversed: bool,
    /// Where to begin; from the beginning when `None`.
    pub place: Option<Place>,
}

impl Query {
    /// Whether it narrows anything down.
    pub fn is_filter(&self) -> bool {
        let Self { words, unit, kind, state, factor, reversed: _, place: _ } = self;
        !words.is_empty() || unit.is_some() || kind.is_some() || state.is_some() || factor.is_some()
    }
}

/// One thing that a search asks for.
#[derive(Debug, Clone)]
struct Condition {
    /// Where those are read for whom it holds; nothing where there are too many places.
    sources: Option<Vec<Source>>,
    /// For how many it holds at most.
    weight: i64,
    /// The same, asked of one posting.
    test: Test,
}

/// How a search is read.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// What is read.
    pub(super) sources: Vec<Source>,
    /// How many that are at most.
    pub(super) weight: i64,
    /// What is asked of each.
    pub(super) tests: Vec<Test>,
}

/// What is known before anything is read.
pub(super) struct Ground<'a> {
    pub(super) registry: &'a Registry,
    pub(super) extent: &'a Extent,
    /// The units of the filter.
    pub(super) meant: Option<Meant>,
}

/// Plans a search; nothing when nobody can be found by it.
pub(super) async fn plan(conn: &mut impl AsEx, query: &Query, ground: &Ground<'_>) -> Result<Option<Plan>, StoreError> {
    let mut conditions = Vec::new();
    for units in unit_sets(ground) {
        conditions.push(of_units(conn, &units).await?);
    }
    for marks in marks(query) {
        conditions.push(of_marks(conn, marks).await?);
    }
    for (word, units) in query.words.iter().zip(named(ground.registry, &query.words)) {
        let Some(condition) = of_word(conn, word, units).await? else { return Ok(None) };
        conditions.push(condition);
    }
    if conditions.iter().any(|condition| condition.weight == 0) {
        return Ok(None);
    }
    let everybody = people_search::counts(conn, &["all".to_owned()]).await?.remove("all").unwrap_or_default();
    if everybody == 0 {
        return Ok(None);
    }
    let mut plan = narrowest(conditions, everybody);
    plan.tests.extend(without(query));
    Ok(Some(plan))
}

/// The narrowest condition is read; all others are asked.
fn narrowest(conditions: Vec<Condition>, everybody: i64) -> Plan {
    let readable = conditions.iter().enumerate().filter_map(|(place, condition)| Some((place, condition.sources.as_ref()?)));
    // Many postings that together hold for most people are dearer to merge than everybody is to read.
    let worth = readable.filter(|(place, sources)| sources.len() <= 8 || conditions[*place].weight < everybody / 3);
    let chosen = worth.min_by_key(|(place, _)| conditions[*place].weight).map(|(place, _)| place);
    let mut plan = Plan { sources: vec![Source::Everyone], weight: everybody, tests: Vec::new() };
    for (place, condition) in conditions.into_iter().enumerate() {
        match condition.sources {
            Some(sources) if Some(place) == chosen => {
                plan.sources = sources;
                plan.weight = condition.weight.min(everybody);
            }
            Some(_) | None => plan.tests.push(condition.test),
        }
    }
    plan
}

/// The units that somebody has to belong to: of the filter, of the bounds, or both at once.
fn unit_sets(ground: &Ground<'_>) -> Vec<Meant> {
    let bounds = match ground.extent {
        Extent::City => None,
        Extent::Units(units) => Some(units),
    };
    match (&ground.meant, bounds) {
        (None, None) => Vec::new(),
        (None, Some(units)) => vec![Meant { units: units.clone(), once: false }],
        (Some(meant), None) => vec![meant.clone()],
        // Whoever once was in a unit is found by whoever looks after them now.
        (Some(meant), Some(units)) if meant.once => vec![meant.clone(), Meant { units: units.clone(), once: false }],
        (Some(meant), Some(units)) => {
            let both: BTreeSet<UnitId> = meant.units.intersection(units).cloned().collect();
            vec![Meant { units: both, once: false }]
        }
    }
}

async fn of_units(conn: &mut impl AsEx, meant: &Meant) -> Result<Condition, StoreError> {
    let subject = |unit: &UnitId, belongs: bool| format!("{}{unit}", if belongs { "u:" } else { "p:" });
    let ways: &[bool] = if meant.once { &[true, false] } else { &[true] };
    let each = || meant.units.iter().flat_map(move |unit| ways.iter().map(move |belongs| (unit, *belongs)));
    let subjects: Vec<String> = each().map(|(unit, belongs)| subject(unit, belongs)).collect();
    let counts = people_search::counts(conn, &subjects).await?;
    let sources: Vec<Source> = each()
        .filter(|(unit, belongs)| counts.contains_key(&subject(unit, *belongs)))
        .map(|(unit, belongs)| Source::Unit(unit.clone(), belongs))
        .collect();
    // Only units with people are probed.
    let units = sources.iter().filter_map(|source| if let Source::Unit(unit, _) = source { Some(unit.clone()) } else { None });
    let units: BTreeSet<UnitId> = units.collect();
    Ok(Condition {
        weight: counts.values().sum(),
        test: Test::Units { units: units.into_iter().collect(), once: meant.once },
        sources: (sources.len() <= MOST_BRANCHES).then_some(sources),
    })
}

/// Marks of which each person has at most one; a list for each filter.
fn marks(query: &Query) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    all.extend(query.kind.map(|kind| vec![kind_mark(kind)]));
    match query.state {
        Some(StateFilter::Is(state)) if state != State::Active => all.push(vec![state_mark(state)]),
        Some(StateFilter::Is(_) | StateFilter::Enabled) | None => {}
    }
    match query.factor {
        Some(FactorFilter::Weak) => all.push(vec![factor_mark(Factor::Password), factor_mark(Factor::Nothing)]),
        Some(FactorFilter::Is(factor)) => all.push(vec![factor_mark(factor)]),
        None => {}
    }
    all
}

/// Marks that people must not have.
fn without(query: &Query) -> Option<Test> {
    let marks: Vec<String> = match query.state? {
        StateFilter::Enabled => vec![state_mark(State::Disabled)],
        StateFilter::Is(State::Active) => [State::New, State::Held, State::Disabled].map(state_mark).to_vec(),
        StateFilter::Is(State::New | State::Held | State::Disabled) => return None,
    };
    Some(Test::NotWords(marks))
}

async fn of_marks(conn: &mut impl AsEx, marks: Vec<String>) -> Result<Condition, StoreError> {
    let subjects: Vec<String> = marks.iter().map(|mark| format!("w:{mark}")).collect();
    let counts = people_search::counts(conn, &subjects).await?;
    Ok(Condition {
        weight: counts.values().sum(),
        sources: Some(marks.iter().cloned().map(Source::Word).collect()),
        test: Test::Words(marks),
    })
}

/// What a typed word may be; nothing when nobody has anything that begins so.
async fn of_word(conn: &mut impl AsEx, word: &str, named: Vec<UnitId>) -> Result<Option<Condition>, StoreError> {
    if word.chars().count() == 1 {
        // One letter is a word of its own: Ý, or nothing yet.
        let counts = people_search::counts(conn, &[format!("w:{word}")]).await?;
        let weight: i64 = counts.values().sum();
        let one = vec![word.to_owned()];
        let condition =
            Condition { sources: Some(one.iter().cloned().map(Source::Word).collect()), weight, test: Test::Words(one) };
        return Ok((weight > 0).then_some(condition));
    }
    let known = people_search::vocabulary(conn, word, MOST_WORDS).await?;
    let units = with_people(conn, named).await?;
    let (usernames, codes) = people_search::count_named(conn, word, FEW_NAMES + 1).await?;
    Ok(joined(word, &known, &units, (usernames, codes)))
}

/// The units to which anybody belongs, with how many that are.
async fn with_people(conn: &mut impl AsEx, units: Vec<UnitId>) -> Result<HashMap<UnitId, i64>, StoreError> {
    let subjects: Vec<String> = units.iter().map(|unit| format!("u:{unit}")).collect();
    let mut counts = people_search::counts(conn, &subjects).await?;
    Ok(units.into_iter().filter_map(|unit| Some((unit.clone(), counts.remove(&format!("u:{unit}"))?))).collect())
}

/// Everything that a typed word may be, as one condition.
fn joined(word: &str, known: &[(String, i64)], units: &HashMap<UnitId, i64>, names: (i64, i64)) -> Option<Condition> {
    let (mut sources, mut tests, mut weight, mut readable) = (Vec::new(), Vec::new(), 0_i64, true);
    if !known.is_empty() {
        let people: i64 = known.iter().map(|(_, people)| people).sum();
        let all_known = i64::try_from(known.len()).is_ok_and(|count| count < MOST_WORDS);
        weight += people;
        if known.len() <= MOST_BRANCHES {
            sources.extend(known.iter().map(|(word, _)| Source::Word(word.clone())));
        } else if all_known && people <= FEW {
            sources.push(Source::WordsFrom(word.to_owned()));
        } else {
            readable = false;
        }
        let probed = known.len() <= PROBED;
        tests.push(if probed {
            Test::Words(known.iter().map(|(word, _)| word.clone()).collect())
        } else {
            Test::WordFrom(word.to_owned())
        });
    }
    if !units.is_empty() {
        weight += units.values().sum::<i64>();
        let ordered: BTreeSet<&UnitId> = units.keys().collect();
        sources.extend(ordered.iter().map(|unit| Source::Unit((*unit).clone(), true)));
        tests.push(Test::Units { units: ordered.into_iter().cloned().collect(), once: false });
    }
    let (usernames, codes) = names;
    let many = usernames > FEW_NAMES || codes > FEW_NAMES;
    // So many user names that begin alike join when more is typed, unless there is nothing else.
    if (usernames + codes > 0) && (!many || tests.is_empty()) {
        weight += usernames + codes;
        readable &= !many;
        sources.push(Source::Usernames(word.to_owned()));
        sources.push(Source::Codes(word.to_owned()));
        tests.push(Test::NamedFrom(word.to_owned()));
    }
    readable &= sources.len() <= MOST_BRANCHES + 2;
    let test = if tests.len() == 1 { tests.pop()? } else { Test::Any(tests) };
    (weight > 0).then_some(Condition { sources: readable.then_some(sources), weight, test })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(words: &[(&str, i64)]) -> Vec<(String, i64)> {
        words.iter().map(|(word, people)| ((*word).to_owned(), *people)).collect()
    }

    fn condition(word: &str, people: i64) -> Condition {
        joined(word, &known(&[(word, people)]), &HashMap::new(), (0, 0)).expect("a condition")
    }

    #[test]
    fn the_narrowest_condition_is_read_and_the_others_are_asked() {
        let plan = narrowest(vec![condition("nguyen", 400_000), condition("yen", 25_000)], 1_000_000);
        assert_eq!(plan.sources, [Source::Word("yen".to_owned())]);
        assert_eq!(plan.tests, [Test::Words(vec!["nguyen".to_owned()])]);

        let plan = narrowest(vec![condition("nguyen", 400_000)], 1_000_000);
        assert_eq!((plan.sources, plan.tests), (vec![Source::Word("nguyen".to_owned())], Vec::new()));

        let plan = narrowest(Vec::new(), 5);
        assert_eq!((plan.sources, plan.weight), (vec![Source::Everyone], 5));
    }

    #[test]
    fn a_beginning_of_very_many_words_is_asked_of_everybody() {
        let words: Vec<(String, i64)> = (0..100).map(|n| (format!("th{n}"), 9_000)).collect();
        let many = joined("th", &words, &HashMap::new(), (0, 0)).expect("a condition");
        assert!(many.sources.is_none());
        assert_eq!(narrowest(vec![many], 1_000_000).sources, [Source::Everyone]);

        let rare: Vec<(String, i64)> = (0..100).map(|n| (format!("zx{n}"), 2)).collect();
        let rare = joined("zx", &rare, &HashMap::new(), (0, 0)).expect("a condition");
        assert_eq!(rare.sources, Some(vec![Source::WordsFrom("zx".to_owned())]));
    }

    #[test]
    fn user_names_join_where_they_are_few_or_nothing_else_is_there() {
        let few = joined("minh", &known(&[("minh", 9)]), &HashMap::new(), (3, 0)).expect("a condition");
        assert!(few.sources.expect("sources").contains(&Source::Usernames("minh".to_owned())));
        let many = joined("minh", &known(&[("minh", 9)]), &HashMap::new(), (501, 0)).expect("a condition");
        assert_eq!(many.sources, Some(vec![Source::Word("minh".to_owned())]));
        let alone = joined("can.bo", &[], &HashMap::new(), (501, 0)).expect("a condition");
        assert_eq!((alone.sources, alone.test), (None, Test::NamedFrom("can.bo".to_owned())));
        assert!(joined("xyz", &[], &HashMap::new(), (0, 0)).is_none());
    }

    #[test]
    fn places_read_back_and_nothing_else_is_one() {
        let place = Place { key: Key { one: 5, two: 0, number: 17 }, before: true, skipped: 50 };
        assert_eq!(Place::read(&place.write()), Some(place));
        for other in ["", "a", "a.1.2.3", "c.1.2.3.4", "a.1.2.3.4.5", "a.-1.2.3.4", "a.x.2.3.4"] {
            assert_eq!(Place::read(other), None, "{other}");
        }
    }
}
