//! What a file says of a person beside their positions, and how it compares
//! with what is known.

use crate::base::id::PersonId;
use crate::crypto::envelope::Envelope;
use crate::model::person::FURTHER_CLAIMS;
use crate::model::personal_number::PersonalNumber;
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

    fn agrees_in(&self, other: &Self, column: &str) -> bool {
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
