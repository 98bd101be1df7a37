//! What somebody typed of a person or of a position, checked field by field.
//!
//! A field that was not named is not there, and changes nothing; one that was named and left empty takes away.

use super::LONGEST_REASON;
use crate::base::date::parse;
use crate::base::id::UnitId;
use crate::base::text::{has_control, nfc};
use crate::model::authority::Extent;
use crate::model::position::PositionKind;
use crate::model::registry::{LookUp, Registry};
use crate::model::unit::Certainty;
use crate::model::unit_code::reference;
use crate::store::persons::Facts;
use time::Date;

pub use super::field::{Field, Problem, Why};

/// Nobody who works was born before.
const FIRST_YEAR: i32 = 1900;

/// What was typed of a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FactsTold {
    /// Full name.
    pub full_name: Option<String>,
    /// Date of birth.
    pub date_of_birth: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Number in the staff list.
    pub employee_code: Option<String>,
}

/// What was typed of a position.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PositionTold {
    /// The unit's id, as the list of units sends it.
    pub unit: String,
    /// Or its code on the first day: for units that are gone.
    pub unit_code: String,
    /// The department within the unit.
    pub department: String,
    /// The title.
    pub title: String,
    /// The kind of employment.
    pub kind: String,
    /// The main post.
    pub primary: bool,
    /// The decision.
    pub decision_no: String,
    /// First day.
    pub valid_from: String,
    /// Last day.
    pub valid_to: String,
}

/// A position without mistakes of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checked {
    pub(super) unit: UnitId,
    pub(super) department: String,
    pub(super) title: String,
    pub(super) kind: PositionKind,
    pub(super) primary: bool,
    pub(super) decision_no: String,
    pub(super) valid_from: Date,
    pub(super) valid_to: Option<Date>,
}

/// Collects what is wrong.
#[derive(Default)]
pub(super) struct Check {
    pub(super) problems: Vec<Problem>,
}

impl Check {
    pub(super) fn wrong(&mut self, field: Field, why: Why) {
        self.problems.push(Problem::new(field, why));
    }

    /// A text of at most so many characters.
    pub(super) fn text(&mut self, typed: &str, field: Field, longest: usize) -> String {
        let value = nfc(typed);
        if has_control(&value) {
            self.wrong(field, Why::Control);
        } else if value.chars().count() > longest {
            self.wrong(field, Why::TooLong(longest));
        }
        value
    }

    /// The same, which must be there.
    pub(super) fn needed(&mut self, typed: &str, field: Field, longest: usize) -> String {
        let value = self.text(typed, field, longest);
        if value.is_empty() {
            self.wrong(field, Why::Missing);
        }
        value
    }

    /// A day; none when nothing was typed or it is wrong.
    pub(super) fn day(&mut self, typed: &str, field: Field) -> Option<Date> {
        if typed.trim().is_empty() {
            return None;
        }
        let day = parse(typed);
        if day.is_none() {
            self.wrong(field, Why::NotADate);
        }
        day
    }

    /// Why something is done.
    pub(super) fn reason(&mut self, typed: &str) -> String {
        self.text(typed, Field::Reason, LONGEST_REASON)
    }

    /// What was collected, or that all is well.
    pub(super) fn done<T>(self, value: T) -> Result<T, Vec<Problem>> {
        if self.problems.is_empty() { Ok(value) } else { Err(self.problems) }
    }

    fn born(&mut self, typed: &str, today: Date) -> Option<Date> {
        let born = self.day(typed, Field::DateOfBirth)?;
        if born > today || born.year() < FIRST_YEAR {
            self.wrong(Field::DateOfBirth, Why::Impossible);
        }
        Some(born)
    }

    fn email(&mut self, typed: &str) -> Option<String> {
        let value = some(self.text(typed, Field::Email, 254))?;
        if !is_address(&value) {
            self.wrong(Field::Email, Why::NotAnAddress);
        }
        Some(value)
    }

    fn phone(&mut self, typed: &str) -> Option<String> {
        let value = some(self.text(typed, Field::Phone, 32))?;
        let digits = value.chars().any(|letter| letter.is_ascii_digit());
        if !digits || !value.chars().all(|letter| letter.is_ascii_digit() || "+-(). ".contains(letter)) {
            self.wrong(Field::Phone, Why::NotAPhone);
        }
        Some(value)
    }
}

/// Nothing instead of an empty text.
pub(super) fn some(value: String) -> Option<String> {
    (!value.is_empty()).then_some(value)
}

/// An addr-spec of atoms (RFC 5322 §3.4.1), as files of people may hold it.
fn is_address(text: &str) -> bool {
    let atom = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte))
    };
    text.split_once('@')
        .is_some_and(|(local, domain)| domain.contains('.') && local.split('.').all(atom) && domain.split('.').all(atom))
}

/// What is known, changed by what was named; and which fields that changes.
pub(super) fn facts(told: &FactsTold, known: &Facts, today: Date) -> Result<(Facts, Vec<Field>), Vec<Problem>> {
    let mut check = Check::default();
    let mut facts = known.clone();
    let mut changed = Vec::new();
    if let Some(typed) = told.full_name.as_ref().filter(|typed| nfc(typed) != known.full_name) {
        facts.full_name = check.needed(typed, Field::FullName, 200);
        changed.push(Field::FullName);
    }
    if let Some(typed) = &told.date_of_birth {
        facts.date_of_birth = check.born(typed, today);
        if facts.date_of_birth != known.date_of_birth {
            changed.push(Field::DateOfBirth);
        }
    }
    let unlike = |typed: &String, known: &Option<String>| some(nfc(typed)) != *known;
    if let Some(typed) = told.email.as_ref().filter(|typed| unlike(typed, &known.email)) {
        facts.email = check.email(typed);
        changed.push(Field::Email);
    }
    if let Some(typed) = told.phone.as_ref().filter(|typed| unlike(typed, &known.phone)) {
        facts.phone = check.phone(typed);
        changed.push(Field::Phone);
    }
    if let Some(typed) = told.employee_code.as_ref().filter(|typed| unlike(typed, &known.employee_code)) {
        facts.employee_code = some(check.text(typed, Field::EmployeeCode, 64));
        changed.push(Field::EmployeeCode);
    }
    check.done((facts, changed))
}

/// A position as it was typed, in a unit that the administrator looks after.
pub(super) fn position(told: &PositionTold, registry: &Registry, extent: &Extent) -> Result<Checked, Vec<Problem>> {
    let mut check = Check::default();
    let department = check.text(&told.department, Field::Department, 200);
    let title = check.needed(&told.title, Field::Title, 200);
    let decision_no = check.text(&told.decision_no, Field::DecisionNo, 100);
    let kind = PositionKind::parse(&told.kind);
    if kind.is_none() {
        check.wrong(Field::Kind, if told.kind.is_empty() { Why::Missing } else { Why::UnknownKind });
    }
    if told.valid_from.trim().is_empty() {
        check.wrong(Field::ValidFrom, Why::Missing);
    }
    let valid_from = check.day(&told.valid_from, Field::ValidFrom);
    let valid_to = check.day(&told.valid_to, Field::ValidTo);
    if valid_from.zip(valid_to).is_some_and(|(first, last)| last < first) {
        check.wrong(Field::ValidTo, Why::Order);
    }
    let unit = match valid_from.map(|first| unit(told, registry, extent, first)) {
        Some(Ok(unit)) => Some(unit),
        Some(Err(why)) => {
            check.wrong(Field::Unit, why);
            None
        }
        None => None,
    };
    // What is missing was told above.
    let (Some(unit), Some(kind), Some(valid_from)) = (unit, kind, valid_from) else { return Err(check.problems) };
    check.done(Checked { unit, department, title, kind, primary: told.primary, decision_no, valid_from, valid_to })
}

fn unit(told: &PositionTold, registry: &Registry, extent: &Extent, first: Date) -> Result<UnitId, Why> {
    let found = if told.unit.is_empty() {
        if told.unit_code.trim().is_empty() {
            return Err(Why::Missing);
        }
        let (scheme, code) = reference(told.unit_code.trim());
        match registry.look_up(scheme, code, first) {
            LookUp::One(unit) => unit,
            LookUp::Candidates(_) | LookUp::None => return Err(Why::UnknownUnit),
        }
    } else {
        registry.unit(&UnitId(told.unit.clone())).ok_or(Why::UnknownUnit)?
    };
    if !extent.holds(&found.id) {
        return Err(Why::OutsideUnit);
    }
    if found.span.holds_on(first) == Certainty::No {
        return Err(Why::UnitNotThere);
    }
    Ok(found.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::unit::{Span, Unit, UnitKind};
    use std::collections::{BTreeMap, BTreeSet};
    use time::macros::date;

    const TODAY: Date = date!(2026 - 11 - 22);

    fn known() -> Facts {
        Facts {
            full_name: "Nguyễn Thị Kim".to_owned(),
            date_of_birth: Some(date!(1986 - 08 - 05)),
            personal_number: Some(vec![1]),
            email: Some("kim@vi-du.vn".to_owned()),
            phone: Some("0900 000 000".to_owned()),
            employee_code: Some("NV1".to_owned()),
            claims: BTreeMap::from([("nickname".to_owned(), "Kim".to_owned())]),
        }
    }

    #[test]
    fn what_is_not_named_stays() {
        let told = FactsTold { phone: Some(String::new()), email: Some("kim.moi@vi-du.vn".to_owned()), ..FactsTold::default() };

        let (facts, changed) = facts(&told, &known(), TODAY).expect("no mistakes");

        assert_eq!(changed, [Field::Email, Field::Phone]);
        assert_eq!((facts.email.as_deref(), facts.phone), (Some("kim.moi@vi-du.vn"), None));
        assert_eq!((facts.full_name, facts.employee_code), (known().full_name, known().employee_code));
        assert_eq!((facts.personal_number, facts.claims), (known().personal_number, known().claims));
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        let all = |text: &str| Some(text.to_owned());
        let table = [
            (FactsTold { full_name: all("  "), ..FactsTold::default() }, Field::FullName, Why::Missing),
            (FactsTold { full_name: all("Kim\u{7}"), ..FactsTold::default() }, Field::FullName, Why::Control),
            (FactsTold { full_name: all(&"a".repeat(201)), ..FactsTold::default() }, Field::FullName, Why::TooLong(200)),
            (FactsTold { date_of_birth: all("5/8/1986"), ..FactsTold::default() }, Field::DateOfBirth, Why::NotADate),
            (FactsTold { date_of_birth: all("23/11/2026"), ..FactsTold::default() }, Field::DateOfBirth, Why::Impossible),
            (FactsTold { date_of_birth: all("31/12/1899"), ..FactsTold::default() }, Field::DateOfBirth, Why::Impossible),
            (FactsTold { email: all("kim@vi-du"), ..FactsTold::default() }, Field::Email, Why::NotAnAddress),
            (FactsTold { email: all("kim, minh@vi-du.vn"), ..FactsTold::default() }, Field::Email, Why::NotAnAddress),
            (FactsTold { phone: all("số chín"), ..FactsTold::default() }, Field::Phone, Why::NotAPhone),
            (FactsTold { employee_code: all(&"1".repeat(65)), ..FactsTold::default() }, Field::EmployeeCode, Why::TooLong(64)),
        ];
        for (told, field, why) in table {
            assert_eq!(facts(&told, &known(), TODAY).err(), Some(vec![Problem::new(field, why)]), "{told:?}");
        }
    }

    fn registry() -> Registry {
        let unit = |id: &str, span| Unit {
            id: UnitId(id.to_owned()),
            kind: UnitKind::Phuong,
            span,
            codes: Vec::new(),
            names: Vec::new(),
            parents: Vec::new(),
        };
        let units = vec![
            unit("a", Span::since(date!(2025 - 07 - 01))),
            unit("b", Span::since(date!(2025 - 07 - 01))),
            unit("old", Span::until(date!(2025 - 06 - 30))),
        ];
        Registry::new(1, units, Vec::new())
    }

    #[test]
    fn a_position_lies_in_a_unit_that_is_there_and_looked_after() {
        let own = Extent::Units(BTreeSet::from([UnitId("a".to_owned()), UnitId("old".to_owned())]));
        let typed = |unit: &str, from: &str, to: &str| PositionTold {
            unit: unit.to_owned(),
            title: "Chuyên viên".to_owned(),
            kind: "cong_chuc".to_owned(),
            valid_from: from.to_owned(),
            valid_to: to.to_owned(),
            ..PositionTold::default()
        };
        let table = [
            (typed("a", "01/07/2025", ""), None),
            (typed("a", "2025-07-01", "2025-07-01"), None),
            (typed("a", "2025-07-02", "2025-07-01"), Some((Field::ValidTo, Why::Order))),
            (typed("a", "", ""), Some((Field::ValidFrom, Why::Missing))),
            (typed("a", "mai", ""), Some((Field::ValidFrom, Why::NotADate))),
            (typed("b", "2025-07-01", ""), Some((Field::Unit, Why::OutsideUnit))),
            (typed("old", "2025-07-01", ""), Some((Field::Unit, Why::UnitNotThere))),
            (typed("old", "2025-06-30", ""), None),
            (typed("c", "2025-07-01", ""), Some((Field::Unit, Why::UnknownUnit))),
            (typed("", "2025-07-01", ""), Some((Field::Unit, Why::Missing))),
            (
                PositionTold { unit_code: "99999".to_owned(), ..typed("", "2025-07-01", "") },
                Some((Field::Unit, Why::UnknownUnit)),
            ),
            (PositionTold { title: String::new(), ..typed("a", "2025-07-01", "") }, Some((Field::Title, Why::Missing))),
            (PositionTold { kind: "boss".to_owned(), ..typed("a", "2025-07-01", "") }, Some((Field::Kind, Why::UnknownKind))),
        ];
        for (told, expected) in table {
            let problems = position(&told, &registry(), &own).err();
            assert_eq!(problems, expected.map(|(field, why)| vec![Problem::new(field, why)]), "{told:?}");
        }
        assert!(position(&typed("b", "2025-07-01", ""), &registry(), &Extent::City).is_ok());
    }
}
