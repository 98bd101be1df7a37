//! The row of a person in the list: what of a person is searched and shown there.

use super::words::{sort_key, words_of};
use crate::base::date::iso;
use crate::base::id::UnitId;
use crate::base::text::fold;
use crate::model::authority::belonging;
use crate::model::person::Person;
use crate::model::position::{Position, PositionKind};
use crate::store::people_index::{Entry, InUnit, IndexRow, Ready, Ways};
use std::collections::{BTreeMap, BTreeSet};
use time::Date;

/// Whether an account can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It can.
    Active,
    /// Nobody has given it a password or a passkey yet.
    New,
    /// Its owner said that something was not them: nothing of it changes until somebody has seen them.
    Held,
    /// It cannot.
    Disabled,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Active, Self::New, Self::Held, Self::Disabled];

    /// The word as it is kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::New => "new",
            Self::Held => "held",
            Self::Disabled => "disabled",
        }
    }

    /// Reads [`State::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// The strongest thing that somebody signs in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    /// A passkey.
    Passkey,
    /// A password, and codes of an app.
    App,
    /// A password alone.
    Password,
    /// Nothing.
    Nothing,
}

impl Factor {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Passkey, Self::App, Self::Password, Self::Nothing];

    /// The word as it is kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passkey => "passkey",
            Self::App => "app",
            Self::Password => "password",
            Self::Nothing => "nothing",
        }
    }

    /// Reads [`Factor::word`] back.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| factor.word() == word)
    }
}

/// The word by which a state is posted.
pub fn state_mark(state: State) -> String {
    format!("#s:{}", state.word())
}

/// The word by which a factor is posted.
pub fn factor_mark(factor: Factor) -> String {
    format!("#f:{}", factor.word())
}

/// The word by which a kind of employment is posted.
pub fn kind_mark(kind: PositionKind) -> String {
    format!("#k:{}", kind.as_str())
}

/// Somebody as they are now. `number` is theirs already, or a new one.
pub fn of(person: &Person, ways: &Ways, number: i64, today: Date) -> Entry {
    let belongs = belonging(person, today);
    let held: Vec<&Position> = person.positions_on(today).into_iter().filter(|held| held.delegated_by.is_none()).collect();
    let main = held.first().copied().or_else(|| last_of(&belongs));
    let (state, factor) = (state_of(ways), factor_of(ways));
    let mut words = words_of(&person.full_name);
    for position in &belongs {
        words.extend(words_of(&position.title));
        words.insert(kind_mark(position.kind));
    }
    // Nearly everybody is active: that is told by the other marks that are not there.
    if state != State::Active {
        words.insert(state_mark(state));
    }
    words.insert(factor_mark(factor));
    let mut units: BTreeMap<UnitId, InUnit> =
        person.positions.iter().map(|position| (position.unit.clone(), InUnit::default())).collect();
    for position in &belongs {
        units.entry(position.unit.clone()).or_default().belongs = true;
    }
    for position in &held {
        units.entry(position.unit.clone()).or_default().ready = ready_of(ways);
    }
    let unit = main.map(|position| &position.unit);
    let (key_one, key_two) = sort_key(&person.full_name);
    let row = IndexRow {
        number,
        person_id: person.id.0.clone(),
        key_one,
        key_two,
        full_name: person.full_name.clone(),
        username: ways.username.clone(),
        username_folded: ways.username_folded.clone(),
        employee_code: fold(person.employee_code.as_deref().unwrap_or_default()),
        words: spaced(&words),
        title: main.map(|position| position.title.clone()).unwrap_or_default(),
        kind: main.map(|position| position.kind.as_str().to_owned()).unwrap_or_default(),
        unit_id: unit.map(|unit| unit.0.clone()),
        former_unit_id: former(person, unit, today),
        posts: i64::try_from(held.len()).unwrap_or(i64::MAX),
        state: state.word().to_owned(),
        factor: factor.word().to_owned(),
        due_on: due_on(person, today).map(iso),
    };
    Entry { row, units }
}

fn spaced(words: &BTreeSet<String>) -> String {
    format!(" {} ", words.iter().map(String::as_str).collect::<Vec<_>>().join(" "))
}

fn last_of<'a>(belongs: &[&'a Position]) -> Option<&'a Position> {
    belongs.iter().copied().max_by_key(|position| (position.primary, position.valid_from))
}

fn state_of(ways: &Ways) -> State {
    if ways.disabled_at.is_some() {
        State::Disabled
    } else if ways.changes_locked_at.is_some() {
        State::Held
    } else if ways.passwords == 0 && ways.passkeys == 0 {
        State::New
    } else {
        State::Active
    }
}

fn factor_of(ways: &Ways) -> Factor {
    if ways.passkeys > 0 {
        Factor::Passkey
    } else if ways.apps > 0 && ways.passwords > 0 {
        Factor::App
    } else if ways.passwords > 0 {
        Factor::Password
    } else {
        Factor::Nothing
    }
}

/// How far somebody has come who may sign in.
fn ready_of(ways: &Ways) -> Option<Ready> {
    let ready = Ready { enrolled: ways.passkeys > 0 || ways.own_passwords > 0, strong: ways.passkeys > 0 || ways.apps > 0 };
    ways.disabled_at.is_none().then_some(ready)
}

/// The unit of the last post that ended, where that is another one than now.
fn former(person: &Person, unit: Option<&UnitId>, today: Date) -> Option<String> {
    let over = person.positions.iter().filter(|position| position.valid_to.is_some_and(|last| last < today));
    let last = over.filter(|position| Some(&position.unit) != unit).max_by_key(|position| position.valid_to)?;
    Some(last.unit.0.clone())
}

/// The next day on which a post begins, or the day after one ends.
fn due_on(person: &Person, today: Date) -> Option<Date> {
    let begins = person.positions.iter().map(|position| position.valid_from);
    let ends = person.positions.iter().filter_map(|position| position.valid_to?.next_day());
    begins.chain(ends).filter(|day| *day > today).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;
    use crate::base::id::{PersonId, PositionId};
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 22);

    fn ways(passwords: i64, apps: i64, passkeys: i64) -> Ways {
        Ways {
            id: "p".to_owned(),
            username: "Kim.NT".to_owned(),
            username_folded: "kim.nt".to_owned(),
            disabled_at: None,
            changes_locked_at: None,
            passwords,
            own_passwords: passwords,
            apps,
            passkeys,
        }
    }

    fn position(unit: &str, title: &str, from: Date, to: Option<Date>) -> Position {
        Position {
            id: PositionId(format!("{unit}{title}")),
            unit: UnitId(unit.to_owned()),
            department: String::new(),
            title: title.to_owned(),
            kind: PositionKind::CongChuc,
            primary: true,
            decision_no: String::new(),
            delegated_by: None,
            follows: None,
            valid_from: from,
            valid_to: to,
        }
    }

    fn person(positions: Vec<Position>) -> Person {
        Person {
            id: PersonId("p".to_owned()),
            username: "Kim.NT".to_owned(),
            full_name: "Nguyễn Thị Kim".to_owned(),
            date_of_birth: None,
            email: None,
            phone: None,
            employee_code: Some("CB-01".to_owned()),
            claims: BTreeMap::new(),
            disabled_at: None,
            updated_at: Millis(0),
            positions,
            roles: Vec::new(),
            has_personal_number: false,
            beside: crate::model::behind::Beside::default(),
        }
    }

    #[test]
    fn a_row_says_where_somebody_belongs_and_where_they_were() {
        let old = position("old", "Văn thư", date!(2020 - 01 - 01), Some(date!(2025 - 06 - 30)));
        let new = position("new", "Chuyên viên", date!(2025 - 07 - 01), None);
        let entry = of(&person(vec![old, new]), &ways(1, 0, 0), 7, TODAY);

        assert_eq!(entry.row.words, " #f:password #k:cong_chuc chuyen kim nguyen thi vien ");
        assert_eq!((entry.row.title.as_str(), entry.row.posts), ("Chuyên viên", 1));
        assert_eq!((entry.row.unit_id.as_deref(), entry.row.former_unit_id.as_deref()), (Some("new"), Some("old")));
        assert_eq!(entry.row.employee_code, "cb-01");
        let units: Vec<(&str, InUnit)> = entry.units.iter().map(|(unit, known)| (unit.as_str(), *known)).collect();
        let ready = Some(Ready { enrolled: true, strong: false });
        assert_eq!(units, [("new", InUnit { belongs: true, ready }), ("old", InUnit::default())]);
        assert_eq!(entry.row.due_on, None);
    }

    #[test]
    fn a_row_is_made_again_when_a_post_begins_or_is_over() {
        let ends = position("a", "x", date!(2020 - 01 - 01), Some(date!(2026 - 12 - 31)));
        let begins = position("b", "y", date!(2026 - 12 - 01), None);
        let due = |positions| of(&person(positions), &ways(1, 0, 0), 1, TODAY).row.due_on;
        assert_eq!(due(vec![ends.clone()]).as_deref(), Some("2027-01-01"));
        assert_eq!(due(vec![ends, begins]).as_deref(), Some("2026-12-01"));
        assert_eq!(due(Vec::new()), None);
    }

    #[test]
    fn how_far_somebody_has_come_counts_where_they_hold_a_post_today_and_may_sign_in() {
        let held = position("a", "x", date!(2020 - 01 - 01), None);
        let ahead = position("b", "y", date!(2027 - 01 - 01), None);
        let table = [
            (ways(1, 0, 0), Some(Ready { enrolled: true, strong: false })),
            (Ways { own_passwords: 0, ..ways(1, 1, 0) }, Some(Ready { enrolled: false, strong: true })),
            (ways(0, 0, 1), Some(Ready { enrolled: true, strong: true })),
            (ways(0, 0, 0), Some(Ready::default())),
            (Ways { disabled_at: Some(1), ..ways(1, 1, 1) }, None),
        ];
        for (ways, expected) in table {
            let units = of(&person(vec![held.clone(), ahead.clone()]), &ways, 1, TODAY).units;
            let ready: Vec<Option<Ready>> = units.values().map(|known| known.ready).collect();
            assert_eq!(ready, [expected, None], "{ways:?}");
        }
    }

    #[test]
    fn whoever_holds_nothing_any_more_is_shown_by_their_last_post() {
        let over = position("old", "Kế toán", date!(2020 - 01 - 01), Some(date!(2025 - 06 - 30)));
        let row = of(&person(vec![over]), &ways(1, 1, 0), 1, TODAY).row;
        assert_eq!(
            (row.title.as_str(), row.unit_id.as_deref(), row.former_unit_id, row.posts),
            ("Kế toán", Some("old"), None, 0)
        );
    }

    #[test]
    fn what_somebody_signs_in_with_is_told_by_the_strongest_of_it() {
        let table = [
            (ways(0, 0, 0), Factor::Nothing, State::New),
            (ways(1, 0, 0), Factor::Password, State::Active),
            (ways(1, 1, 0), Factor::App, State::Active),
            (ways(0, 0, 1), Factor::Passkey, State::Active),
            (Ways { disabled_at: Some(1), changes_locked_at: Some(1), ..ways(0, 0, 0) }, Factor::Nothing, State::Disabled),
            (Ways { changes_locked_at: Some(1), ..ways(1, 0, 0) }, Factor::Password, State::Held),
        ];
        for (ways, factor, state) in table {
            assert_eq!((factor_of(&ways), state_of(&ways)), (factor, state), "{ways:?}");
        }
        for state in State::ALL {
            assert_eq!(State::from_word(state.word()), Some(state));
        }
        for factor in Factor::ALL {
            assert_eq!(Factor::from_word(factor.word()), Some(factor));
        }
    }
}
