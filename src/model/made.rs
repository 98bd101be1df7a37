//! People for tests: of whom only what a test is about is said.

use super::behind::Beside;
use super::person::Person;
use super::position::Position;
use crate::base::clock::Millis;
use crate::base::id::PersonId;
use std::collections::BTreeMap;

/// Somebody with these posts, of whom nothing else is known.
pub(crate) fn person(positions: Vec<Position>) -> Person {
    Person {
        id: PersonId("p".to_owned()),
        username: "kim".to_owned(),
        full_name: "Kim".to_owned(),
        date_of_birth: None,
        email: None,
        phone: None,
        employee_code: None,
        claims: BTreeMap::new(),
        disabled_at: None,
        updated_at: Millis(0),
        positions,
        roles: Vec::new(),
        has_personal_number: false,
        beside: Beside::default(),
    }
}
