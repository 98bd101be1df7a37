//! What a file says of a person beside their positions, and how it compares
//! with what is known.

use crate::base::date::shown;
use crate::base::id::PersonId;
use crate::base::text::fold;
use crate::crypto::envelope::Envelope;
use crate::model::person::FURTHER_CLAIMS;
use crate::model::personal_number::PersonalNumber;
use crate::model::same_person::{Alike, agree};
use crate::store::StoreError;
use crate::store::persons;
use std::collections::BTreeMap;
use time::Date;

/// What is said of a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Facts {
    pub(super) full_name: String,
    pub(super) date_of_birth: Option<Date>,
    pub(super) personal_number: Option<PersonalNumber>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) employee_code: Option<String>,
    pub(super) claims: BTreeMap<String, String>,
}

/// The columns that say something of the person.
pub(super) const PERSONAL: [&str; 6] = ["full_name", "date_of_birth", "personal_number", "email", "phone", "employee_code"];

/// A sealed number opens for its person only.
fn associated(person: &PersonId) -> Vec<u8> {
    format!("person_facts.personal_number {person}").into_bytes()
}

impl Facts {
    /// What is stored, with the number opened.
    pub(super) fn opened(stored: persons::Facts, person: &PersonId, envelope: &Envelope) -> Result<Self, StoreError> {
        let personal_number = match stored.personal_number {
            None => None,
            Some(sealed) => {
                let unreadable = |_| StoreError::Corrupt("person_facts.personal_number".to_owned());
                let opened = envelope.open(&sealed, &associated(person)).map_err(unreadable)?;
                std::str::from_utf8(&opened).ok().and_then(PersonalNumber::parse)
            }
        };
        Ok(Self {
            full_name: stored.full_name,
            date_of_birth: stored.date_of_birth,
            personal_number,
            email: stored.email,
            phone: stored.phone,
            employee_code: stored.employee_code,
            claims: stored.claims,
        })
    }

    /// As stored, with the number sealed.
    pub(super) fn sealed(self, person: &PersonId, envelope: &Envelope) -> persons::Facts {
        let seal = |number: &PersonalNumber| envelope.seal(number.expose().as_bytes(), &associated(person));
        persons::Facts {
            personal_number: self.personal_number.as_ref().map(seal),
            full_name: self.full_name,
            date_of_birth: self.date_of_birth,
            email: self.email,
            phone: self.phone,
            employee_code: self.employee_code,
            claims: self.claims,
        }
    }

    /// The first of the columns in which the two differ.
    pub(super) fn difference(&self, other: &Self, columns: &[String]) -> Option<String> {
        columns.iter().find(|column| !self.agrees_in(other, column)).cloned()
    }

    /// All columns that say something of a person.
    pub(super) fn columns() -> impl Iterator<Item = &'static str> {
        PERSONAL.into_iter().chain(FURTHER_CLAIMS)
    }

    /// What a column says, for a reader; a personal number is masked.
    pub(super) fn shown(&self, column: &str) -> String {
        let said = match column {
            "full_name" => Some(self.full_name.clone()),
            "date_of_birth" => self.date_of_birth.map(shown),
            "personal_number" => self.personal_number.as_ref().map(PersonalNumber::masked),
            "email" => self.email.clone(),
            "phone" => self.phone.clone(),
            "employee_code" => self.employee_code.clone(),
            claim => self.claims.get(claim).cloned(),
        };
        said.unwrap_or_default()
    }

    /// Says in a column what another telling says.
    fn say_as(&mut self, other: &Self, column: &str) {
        match column {
            "full_name" => self.full_name.clone_from(&other.full_name),
            "date_of_birth" => self.date_of_birth = other.date_of_birth,
            "personal_number" => self.personal_number.clone_from(&other.personal_number),
            "email" => self.email.clone_from(&other.email),
            "phone" => self.phone.clone_from(&other.phone),
            "employee_code" => self.employee_code.clone_from(&other.employee_code),
            claim => {
                match other.claims.get(claim) {
                    Some(value) => self.claims.insert(claim.to_owned(), value.clone()),
                    None => self.claims.remove(claim),
                };
            }
        }
    }

    /// What is known when one telling is taken back from what is known now: what it changed and nobody changed since is
    /// as it was before. The columns that somebody changed since are told beside it, and stay.
    pub(super) fn without(&self, told: &Self, before: &Self) -> (Self, Vec<&'static str>) {
        let mut rest = self.clone();
        let mut kept = Vec::new();
        for column in Self::columns().filter(|column| !told.agrees_in(before, column)) {
            if self.agrees_in(told, column) {
                rest.say_as(before, column);
            } else {
                kept.push(column);
            }
        }
        (rest, kept)
    }

    /// Whether this may be the person of whom another telling was taken back, who keeps the user name for ever. One of
    /// number and date of birth may have been a slip; without either, the name has to be the same.
    pub(super) fn may_be_same(&self, earlier: &Self) -> bool {
        let alike = Alike {
            number: agree(self.personal_number.as_ref(), earlier.personal_number.as_ref()),
            birth: agree(self.date_of_birth.as_ref(), earlier.date_of_birth.as_ref()),
            name: fold(&self.full_name) == fold(&earlier.full_name),
        };
        alike.may_be_same()
    }

    pub(super) fn agrees_in(&self, other: &Self, column: &str) -> bool {
        match column {
            "full_name" => self.full_name == other.full_name,
            "date_of_birth" => self.date_of_birth == other.date_of_birth,
            "personal_number" => self.personal_number == other.personal_number,
            "email" => self.email == other.email,
            "phone" => self.phone == other.phone,
            "employee_code" => self.employee_code == other.employee_code,
            claim => self.claims.get(claim) == other.claims.get(claim),
        }
    }

    /// What the file says, and for the columns that it does not have, what is
    /// known. A personal number is never taken away by an empty cell. What was
    /// completed before may be completed again by what is known later.
    pub(super) fn completed_by(mut self, known: &Self, columns: &[String]) -> Self {
        let has = |column: &str| columns.iter().any(|name| name == column);
        if !has("date_of_birth") {
            self.date_of_birth = known.date_of_birth;
        }
        if self.personal_number.is_none() {
            self.personal_number.clone_from(&known.personal_number);
        }
        if !has("email") {
            self.email.clone_from(&known.email);
        }
        if !has("phone") {
            self.phone.clone_from(&known.phone);
        }
        if !has("employee_code") {
            self.employee_code.clone_from(&known.employee_code);
        }
        for claim in FURTHER_CLAIMS.into_iter().filter(|claim| !has(claim)) {
            match known.claims.get(claim) {
                Some(value) => self.claims.insert(claim.to_owned(), value.clone()),
                None => self.claims.remove(claim),
            };
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn facts(phone: Option<&str>, email: Option<&str>) -> Facts {
        let text = |value: Option<&str>| value.map(str::to_owned);
        Facts { full_name: "Kim".to_owned(), phone: text(phone), email: text(email), ..Facts::default() }
    }

    #[test]
    fn what_nobody_changed_since_is_as_before_and_the_rest_is_told() {
        let before = facts(Some("1"), None);
        let told = facts(Some("2"), Some("a"));
        let table = [
            (facts(Some("2"), Some("a")), facts(Some("1"), None), vec![]),
            (facts(Some("2"), Some("b")), facts(Some("1"), Some("b")), vec!["email"]),
            (facts(Some("3"), Some("a")), facts(Some("3"), None), vec!["phone"]),
            (facts(None, Some("b")), facts(None, Some("b")), vec!["email", "phone"]),
        ];
        for (now, rest, kept) in table {
            assert_eq!(now.without(&told, &before), (rest, kept), "{now:?}");
        }
    }

    #[test]
    fn a_user_name_goes_back_to_the_same_person_only() {
        let person = |name: &str, number: Option<&str>, born| Facts {
            full_name: name.to_owned(),
            personal_number: number.and_then(PersonalNumber::parse),
            date_of_birth: born,
            ..Facts::default()
        };
        let (one, two) = (Some("074186098092"), Some("074186098093"));
        let (day, other_day) = (Some(date!(1986 - 08 - 05)), Some(date!(1986 - 05 - 08)));
        let earlier = person("Nguyễn Thị Kim", one, day);
        let table = [
            (person("Nguyễn Thị Kìm", one, other_day), true),
            (person("Nguyễn Thị Kim", two, day), true),
            (person("Trần Thị Lệ", two, day), false),
            (person("Nguyễn Thị Kim", two, other_day), false),
            (person("Nguyễn Thị Kim", two, None), false),
            (person("Nguyễn Thị Kim", None, other_day), true),
            (person("Trần Thị Lệ", None, other_day), false),
            (person("Trần Thị Lệ", None, None), false),
            (person("Nguyễn Thị Kim", None, None), true),
        ];
        for (told, expected) in table {
            assert_eq!(told.may_be_same(&earlier), expected, "{told:?}");
        }
    }
}
