//! Who a person is here, and where each thing that is known of them came from.

use crate::base::id::{PersonId, PositionId};
use crate::model::personal_number::PersonalNumber;
use crate::service::{Failure, Services};
use crate::store::provenance::{self, Told};
use std::collections::BTreeMap;
use time::Date;

pub use crate::store::provenance::Source;

/// Something that is known, and what told it first as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact<T> {
    /// What is known.
    pub value: T,
    /// Where it came from.
    pub source: Source,
}

/// What is known of a person beside their name of old: each with its source.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    /// Full name.
    pub full_name: Option<Fact<String>>,
    /// Date of birth.
    pub date_of_birth: Option<Fact<Date>>,
    /// The personal number, its first and last digits only.
    pub personal_number: Option<Fact<String>>,
    /// E-mail address.
    pub email: Option<Fact<String>>,
    /// Telephone number.
    pub phone: Option<Fact<String>>,
    /// Number in the staff list.
    pub employee_code: Option<Fact<String>>,
    /// Where each position came from.
    pub positions: BTreeMap<PositionId, Source>,
}

/// Reads it.
pub async fn look(services: &Services, person: &PersonId) -> Result<Profile, Failure> {
    let mut conn = services.store.read().await?;
    let told = provenance::list_told(&mut conn, person).await?;
    let positions = provenance::list_positions(&mut conn, person).await?;
    drop(conn);
    let numbers = told.iter().map(|told| opened(services, person, told)).collect::<Result<Vec<_>, _>>()?;
    let sources: Vec<&Source> = told.iter().map(|told| &told.source).collect();
    let texts = |value: fn(&Told) -> Option<&String>| since(&sources, told.iter().map(|told| value(told).cloned()).collect());
    let number = since(&sources, numbers);
    Ok(Profile {
        full_name: texts(|told| Some(&told.full_name)),
        date_of_birth: since(&sources, told.iter().map(|told| told.date_of_birth).collect()),
        personal_number: number.map(|fact| Fact { value: fact.value.masked(), source: fact.source }),
        email: texts(|told| told.email.as_ref()),
        phone: texts(|told| told.phone.as_ref()),
        employee_code: texts(|told| told.employee_code.as_ref()),
        positions,
    })
}

/// A sealed number opens for its person only, under the name that the import gave it.
fn opened(services: &Services, person: &PersonId, told: &Told) -> Result<Option<PersonalNumber>, Failure> {
    let Some(sealed) = &told.personal_number else { return Ok(None) };
    let associated = format!("person_facts.personal_number {person}");
    let digits = services.envelope.open(sealed, associated.as_bytes())?;
    Ok(std::str::from_utf8(&digits).ok().and_then(PersonalNumber::parse))
}

/// The last value, and the source of the first of those that said so without a break.
fn since<T: PartialEq>(sources: &[&Source], mut values: Vec<Option<T>>) -> Option<Fact<T>> {
    let last = values.pop()??;
    let same = values.iter().rev().take_while(|value| value.as_ref() == Some(&last)).count();
    let source = sources.get(values.len() - same)?;
    Some(Fact { value: last, source: (*source).clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Millis;

    #[test]
    fn a_value_is_as_old_as_the_first_that_said_so_without_a_break() {
        let all: Vec<Source> = (1..=4).map(|at| Source { origin: "file".to_owned(), applied_at: Millis(at) }).collect();
        let sources: Vec<&Source> = all.iter().collect();
        let table = [
            ("said once", vec![Some("a")], Some(("a", 1))),
            ("said again", vec![Some("a"), Some("a"), Some("a")], Some(("a", 1))),
            ("changed", vec![Some("a"), Some("b"), Some("b")], Some(("b", 2))),
            ("changed back", vec![Some("a"), Some("b"), Some("a")], Some(("a", 3))),
            ("came later", vec![None, None, Some("a"), Some("a")], Some(("a", 3))),
            ("taken away", vec![Some("a"), None], None),
            ("never said", vec![None, None], None),
            ("nothing told", vec![], None),
        ];
        for (case, values, expected) in table {
            let found = since(&sources[..values.len()], values).map(|fact| (fact.value, fact.source.applied_at.0));
            assert_eq!(found, expected, "{case}");
        }
    }
}
