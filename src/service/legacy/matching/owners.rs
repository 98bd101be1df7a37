//! Which person the accounts of one household lead to, when matching made one for any of them before.

use super::evidence::Seen;
use super::scene::{Account, Scene, Told};
use crate::base::id::PersonId;
use crate::model::legacy_account::{AccountKey, Facts};
use crate::model::same_person::agree;
use std::collections::{BTreeSet, HashSet};

/// The person whom earlier decisions made for some of these accounts; each person is one household's only.
///
/// Whoever made a person keeps them. Whoever was joined to them has them when the maker does not; and a row that says
/// something else by now only when nobody else leads to that person and it can still be they: sources give their keys
/// out again, and the next owner of a key is not the one before.
pub(super) fn find(members: &[&Account], scene: &Scene, used: &HashSet<PersonId>) -> Option<PersonId> {
    let keys: BTreeSet<AccountKey> = members.iter().map(|account| account.row.key()).collect();
    let is_free = |person: &PersonId, strict: Claim| {
        let is_made = scene.persons.get(person).is_some_and(Told::is_only_made);
        let others = scene.owned.get(person).map(Vec::as_slice).unwrap_or_default();
        let mut others = others.iter().filter(|(key, _)| !keys.contains(key));
        is_made && !used.contains(person) && !others.any(|(_, made)| *made || strict == Claim::Any)
    };
    let of_word = |word: &'static str| {
        members.iter().filter(move |account| account.row.decision == word).filter_map(|account| account.row.person_id.clone())
    };
    let made = of_word("created").map(PersonId).find(|person| is_free(person, Claim::Made));
    let joined = || of_word("linked").map(PersonId).find(|person| is_free(person, Claim::Made));
    let by_row = || members.iter().find_map(|account| earlier(account, scene).filter(|person| is_free(person, Claim::Any)));
    let by_number = || members.iter().find_map(|account| numbered(account, scene).filter(|person| is_free(person, Claim::Any)));
    made.or_else(joined).or_else(by_row).or_else(by_number)
}

/// Which accounts of others keep a person from being taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// The one that made them.
    Made,
    /// Any that leads to them.
    Any,
}

/// Whom a row led to before it changed, or before it became a question.
fn earlier(account: &Account, scene: &Scene) -> Option<PersonId> {
    let row = &account.row;
    if let Some(before) = Seen::read(&row.evidence).before {
        return Some(before);
    }
    let person = row.person_id.clone().map(PersonId).filter(|_| row.decision.is_empty())?;
    let told = scene.persons.get(&person)?;
    may_still_be(&told.facts, &account.facts).then_some(person)
}

/// Who has the number in the directory, and the name.
fn numbered(account: &Account, scene: &Scene) -> Option<PersonId> {
    let person = scene.numbers.get(account.facts.number.twelve()?)?;
    let told = scene.persons.get(person)?;
    let is_one = told.facts.name.sorted() == account.facts.name.sorted()
        && agree(told.facts.number.twelve(), account.facts.number.twelve()) == Some(true)
        && agree(told.facts.born.as_ref(), account.facts.born.as_ref()) != Some(false);
    is_one.then(|| person.clone())
}

/// Whether what a row says by now may be of the person whom it made: one of number, name and date of birth may have been
/// a mistake, and a name alone is not enough where anything else was known.
fn may_still_be(told: &Facts, now: &Facts) -> bool {
    let is_unchanged = told.name.shown() == now.name.shown();
    if is_unchanged && told.born == now.born && told.number.twelve() == now.number.twelve() {
        return true;
    }
    let name = told.name.sorted() == now.name.sorted();
    let number = agree(told.number.twelve(), now.number.twelve());
    let birth = agree(told.born.as_ref(), now.born.as_ref());
    match (number, birth) {
        (Some(true), Some(true) | None) => true,
        (Some(true), Some(false)) | (Some(false) | None, Some(true)) => name,
        (Some(false) | None, Some(false) | None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::legacy_account::{Number, NumberToken};
    use time::Date;
    use time::macros::date;

    fn facts(name: &str, born: Option<Date>, number: Option<u8>) -> Facts {
        let number = number.map_or(Number::Missing, |byte| Number::Twelve { token: NumberToken([byte; 32]), born: 1986 });
        Facts::new(name, born, number)
    }

    #[test]
    fn a_corrected_row_leads_to_the_same_person_and_the_next_owner_of_its_key_does_not() {
        let (day, other_day) = (Some(date!(1986 - 03 - 14)), Some(date!(1990 - 12 - 01)));
        let told = facts("Nguyễn Văn An", day, Some(1));
        let table = [
            (facts("Nguyen Van An", day, Some(1)), true),
            (facts("Nguyễn Văn Ân Em", day, Some(1)), true),
            (facts("Nguyễn Văn Ân Em", None, Some(1)), true),
            (facts("Nguyễn Văn An", other_day, Some(1)), true),
            (facts("Nguyễn Văn An", day, Some(2)), true),
            (facts("Nguyễn Văn An", day, None), true),
            (facts("Nguyễn Văn An", None, None), false),
            (facts("Nguyễn Văn An", other_day, Some(2)), false),
            (facts("Trần Thị Bé", day, Some(2)), false),
            (facts("Trần Thị Bé", other_day, Some(1)), false),
            (facts("Trần Thị Bé", other_day, Some(2)), false),
        ];
        for (now, expected) in table {
            assert_eq!(may_still_be(&told, &now), expected, "{now:?}");
        }

        let bare = facts("Nguyễn Văn An", None, None);
        assert!(may_still_be(&bare, &bare), "its telephone number is another");
        assert!(!may_still_be(&bare, &facts("Nguyễn Văn Ân", None, None)));
    }
}
