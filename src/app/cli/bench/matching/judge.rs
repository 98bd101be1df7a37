//! What was decided, beside what had to be: wrong links, wrong units, and how many of each class were answered rightly.

use super::class::Class;
use super::places::{Answer, Kind};
use crate::base::csv;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

/// Of whatever has one right answer, so many of a hundred have to get it.
const AT_LEAST: usize = 99;
/// Mistakes that are told one by one.
const TOLD: usize = 10;

/// What is known of an account.
pub(super) struct Known {
    pub(super) truth: u64,
    pub(super) class: Class,
    pub(super) kind: Kind,
    pub(super) answer: Answer,
}

/// How many of a class there are, and what became of them.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize)]
struct Share {
    accounts: usize,
    linked: usize,
    created: usize,
    asked: usize,
    /// Rejected, or not decided.
    other: usize,
}

/// How many say their unit in one way, and what became of that.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize)]
struct UnitShare {
    accounts: usize,
    mapped: usize,
    asked: usize,
    unknown: usize,
    wrong: usize,
    /// Answered as they had to be.
    right: usize,
}

/// One decision, as a report tells it.
struct Reported {
    key: String,
    decision: String,
    rule: String,
    person: String,
    unit_decision: String,
    unit: String,
}

/// All accounts, and what is found out about them.
#[derive(Default)]
pub(super) struct Judge {
    known: HashMap<String, Known>,
    /// Whose account was seen first of each person.
    owners: HashMap<String, (u64, String)>,
    shares: BTreeMap<Class, Share>,
    units: BTreeMap<Kind, UnitShare>,
    wrong_links: usize,
    wrong_units: usize,
    told: Vec<String>,
    /// They are to be written down.
    keeps_decisions: bool,
    decisions: Vec<Reported>,
}

fn key(source: &str, legacy_id: &str) -> String {
    format!("{source}/{legacy_id}")
}

/// At least so much of a whole; nothing of nothing is enough.
fn is_enough(part: usize, whole: usize) -> bool {
    part * 100 >= whole * AT_LEAST
}

impl Judge {
    /// Knows nothing yet; keeps the decisions when they are to be written down.
    pub(super) fn new(keeps_decisions: bool) -> Self {
        Self { keeps_decisions, ..Self::default() }
    }

    /// Takes in what is known of an account.
    pub(super) fn know(&mut self, source: &str, legacy_id: &str, known: Known) {
        self.known.insert(key(source, legacy_id), known);
    }

    /// How many accounts there are.
    pub(super) fn accounts(&self) -> usize {
        self.known.len()
    }

    /// Looks at a line of a report.
    pub(super) fn look(&mut self, line: [String; 9]) {
        let [source, legacy_id, decision, person, rule, unit_decision, _, unit, _] = line;
        let key = key(&source, &legacy_id);
        let Some(known) = self.known.get(&key) else {
            self.told.push(format!("{key} is in no file"));
            return;
        };
        let share = self.shares.entry(known.class).or_default();
        share.accounts += 1;
        *match decision.as_str() {
            "linked" => &mut share.linked,
            "created" => &mut share.created,
            "review" => &mut share.asked,
            _ => &mut share.other,
        } += 1;
        if !person.is_empty() && matches!(decision.as_str(), "linked" | "created") {
            let (truth, first) = self.owners.entry(person.clone()).or_insert_with(|| (known.truth, key.clone()));
            if *truth != known.truth {
                self.wrong_links += 1;
                tell(&mut self.told, || format!("{key} was joined with {first}, which is another's"));
            }
        }
        let shares = self.units.entry(known.kind).or_default();
        shares.accounts += 1;
        let is_mapped = unit_decision == "mapped";
        *match unit_decision.as_str() {
            "mapped" => &mut shares.mapped,
            "review" => &mut shares.asked,
            _ => &mut shares.unknown,
        } += 1;
        let (is_right, may_be) = match &known.answer {
            Answer::Unit(meant) => (is_mapped && **meant == *unit, **meant == *unit),
            Answer::Asks => (unit_decision == "review", false),
            Answer::Unknown => (unit_decision == "unknown", false),
            Answer::AtMost(meant) => {
                let is_meant = meant.as_deref() == Some(unit.as_str());
                (!is_mapped || is_meant, is_meant)
            }
        };
        shares.right += usize::from(is_right);
        if is_mapped && !may_be {
            shares.wrong += 1;
            self.wrong_units += 1;
            let kind = known.kind.told();
            tell(&mut self.told, || format!("{key} ({kind}) was put into {unit}, and not {:?}", known.answer));
        }
        if self.keeps_decisions {
            self.decisions.push(Reported { key, decision, rule, person, unit_decision, unit });
        }
    }

    /// The promises that were not kept, each in a sentence.
    pub(super) fn missed(&self) -> Vec<String> {
        let mut missed = Vec::new();
        let mut must = |holds: bool, sentence: String| {
            if !holds {
                missed.push(sentence);
            }
        };
        let looked_at: usize = self.shares.values().map(|share| share.accounts).sum();
        must(looked_at == self.known.len(), format!("{looked_at} of {} accounts were there", self.known.len()));
        must(self.wrong_links == 0, format!("{} wrong links", self.wrong_links));
        must(self.wrong_units == 0, format!("{} wrong units", self.wrong_units));
        for (class, share) in &self.shares {
            let Share { accounts, linked, created, asked, other } = share;
            let told = class.told();
            let right = match class {
                // Whoever is the first of a person makes it; the others are linked to it.
                Class::Joined => linked + created,
                Class::Alone | Class::Unasked => *created,
                Class::Disputed | Class::Alike | Class::Asking => *asked,
                Class::Crowded => created + asked,
            };
            must(is_enough(right, *accounts), format!("{told}: only {right} of {accounts} were answered so"));
            must(*other == 0, format!("{told}: {other} were rejected, or not decided"));
            match class {
                Class::Joined => must(linked * 2 >= *accounts, format!("{told}: only {linked} of {accounts} were linked")),
                Class::Alone | Class::Unasked => {}
                Class::Disputed | Class::Alike | Class::Asking | Class::Crowded => {
                    must(*linked == 0, format!("{told}: {linked} were linked"));
                }
            }
        }
        for (kind, share) in &self.units {
            let UnitShare { accounts, right, .. } = share;
            must(is_enough(*right, *accounts), format!("{}: only {right} of {accounts} were answered so", kind.told()));
        }
        missed
    }

    /// The same for people, as two Markdown tables.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            "| class | accounts | linked | created | asked | share asked |".to_owned(),
            "| --- | ---: | ---: | ---: | ---: | ---: |".to_owned(),
        ];
        for (class, share) in &self.shares {
            let Share { accounts, linked, created, asked, other: _ } = share;
            let told = class.told();
            lines.push(format!("| {told} | {accounts} | {linked} | {created} | {asked} | {} |", percent(*asked, *accounts)));
        }
        let asked: usize = self.shares.values().map(|share| share.asked).sum();
        let all = self.known.len();
        lines.push(format!("| all | {all} | | | {asked} | {} |", percent(asked, all)));
        lines.push(String::new());
        lines.push("| what is said of the unit | accounts | mapped | asked | unknown | wrong |".to_owned());
        lines.push("| --- | ---: | ---: | ---: | ---: | ---: |".to_owned());
        for (kind, share) in &self.units {
            let UnitShare { accounts, mapped, asked, unknown, wrong, right: _ } = share;
            lines.push(format!("| {} | {accounts} | {mapped} | {asked} | {unknown} | {wrong} |", kind.told()));
        }
        lines.push(String::new());
        let Self { wrong_links, wrong_units, owners, .. } = self;
        lines.push(format!("wrong links: {wrong_links}; wrong units: {wrong_units}; people: {}", owners.len()));
        lines.extend(self.told.iter().cloned());
        lines
    }

    /// The same for scripts.
    pub(super) fn document(&self) -> Value {
        let classes: BTreeMap<String, &Share> = self.shares.iter().map(|(class, share)| (format!("{class:?}"), share)).collect();
        let units: BTreeMap<String, &UnitShare> = self.units.iter().map(|(kind, share)| (format!("{kind:?}"), share)).collect();
        json!({
            "accounts": self.known.len(),
            "people": self.owners.len(),
            "wrong_links": self.wrong_links,
            "wrong_units": self.wrong_units,
            "classes": classes,
            "units": units,
            "told": self.told,
        })
    }

    /// Every decision, sorted by account. A person is told by their first account: ids are others in every database.
    pub(super) fn write_decisions(&mut self, file: &mut impl Write) -> io::Result<()> {
        self.decisions.sort_by(|one, other| one.key.cmp(&other.key));
        let mut firsts: HashMap<&str, &str> = HashMap::new();
        for one in &self.decisions {
            firsts.entry(&one.person).or_insert(&one.key);
        }
        for one in &self.decisions {
            let Reported { key, decision, rule, person, unit_decision, unit } = one;
            let person = if person.is_empty() { "" } else { firsts.get(person.as_str()).copied().unwrap_or_default() };
            file.write_all(csv::line(&[key, decision, rule, person, unit_decision, unit]).as_bytes())?;
        }
        file.flush()
    }
}

fn tell(told: &mut Vec<String>, sentence: impl FnOnce() -> String) {
    if told.len() < TOLD {
        told.push(sentence());
    }
}

fn percent(part: usize, whole: usize) -> String {
    let hundredths = part * 10_000 / whole.max(1);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    fn line(id: &str, decision: &str, person: &str, unit_decision: &str, unit: &str) -> [String; 9] {
        ["bd", id, decision, person, "rule", unit_decision, "", unit, ""].map(str::to_owned)
    }

    fn known(truth: u64, class: Class, answer: Answer) -> Known {
        Known { truth, class, kind: Kind::Code, answer }
    }

    /// Two accounts of one person, and one of another.
    fn judge() -> Judge {
        let mut judge = Judge::new(true);
        judge.know("bd", "1", known(1, Class::Joined, Answer::Unit(Arc::from("26740"))));
        judge.know("bd", "2", known(1, Class::Joined, Answer::Asks));
        judge.know("bd", "3", known(2, Class::Alone, Answer::Unknown));
        judge
    }

    #[test]
    fn nothing_is_missed_when_all_is_as_it_has_to_be() {
        let mut judge = judge();
        judge.look(line("2", "linked", "p", "review", ""));
        judge.look(line("1", "created", "p", "mapped", "26740"));
        judge.look(line("3", "created", "q", "unknown", ""));
        assert_eq!(judge.missed(), Vec::<String>::new());

        let mut file = Vec::new();
        judge.write_decisions(&mut file).expect("written");
        let text = String::from_utf8(file).expect("a text");
        let owners: Vec<&str> = text.lines().filter_map(|line| line.split(',').nth(3)).collect();
        assert_eq!(owners, ["\"bd/1\"", "\"bd/1\"", "\"bd/3\""]);
    }

    #[test]
    fn wrong_links_wrong_units_and_missing_accounts_are_told() {
        let mut judge = judge();
        judge.look(line("1", "created", "p", "mapped", "26743"));
        judge.look(line("3", "linked", "p", "unknown", ""));
        let missed = judge.missed();
        for sentence in ["2 of 3 accounts were there", "1 wrong links", "1 wrong units"] {
            assert!(missed.iter().any(|told| told == sentence), "{sentence}: {missed:?}");
        }
        assert_eq!(judge.told.len(), 2, "{:?}", judge.told);
    }

    #[test]
    fn a_question_that_was_answered_with_a_unit_is_a_wrong_unit() {
        let mut judge = judge();
        judge.look(line("2", "linked", "p", "mapped", "26740"));
        assert_eq!(judge.wrong_units, 1);
    }
}
