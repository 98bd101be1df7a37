//! The personal number: in part for whoever sees the person, whole for a reason that is recorded before it is shown.

use super::told::{Check, Field, Problem, Why};
use crate::base::id::{ChangeSetId, PersonId};
use crate::model::authority::ReadPersonalNumber;
use crate::model::personal_number::PersonalNumber;
use crate::service::audit::{self, Event};
use crate::service::authority::One;
use crate::service::{Failure, Services};
use crate::store::{Conn, persons};
use serde_json::json;

/// Why the number was not shown.
#[derive(Debug, thiserror::Error)]
pub enum NumberError {
    /// The reason is missing or cannot be taken.
    #[error("the reason cannot be taken")]
    Wrong(Problem),
    /// None is known.
    #[error("no personal number is known")]
    Absent,
    /// Something failed.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl From<crate::store::StoreError> for NumberError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// The whole number. Who looked, and why, is on record before it is read.
pub async fn show(services: &Services, proof: &One<ReadPersonalNumber>, reason: &str) -> Result<PersonalNumber, NumberError> {
    let mut check = Check::default();
    let reason = check.reason(reason);
    if reason.is_empty() {
        check.wrong(Field::Reason, Why::Missing);
    }
    if let Some(problem) = check.problems.first() {
        return Err(NumberError::Wrong(*problem));
    }
    let person = &proof.person().id;
    audit::looked(services, Event::by(&proof.by, "person.number_shown", Some(person), None, json!({ "reason": reason }))).await?;
    let mut conn = services.store.read().await?;
    opened(&mut conn, services, person).await?.ok_or(NumberError::Absent)
}

/// The number of a person, opened. It leaves this room masked, or through [`show`].
pub(super) async fn opened(conn: &mut Conn, services: &Services, person: &PersonId) -> Result<Option<PersonalNumber>, Failure> {
    // No set has this name: what is applied counts, and nothing that is staged.
    let none = ChangeSetId(String::new());
    let versions = persons::list_facts(conn, &none, std::slice::from_ref(person)).await?;
    let Some(sealed) = versions.last().and_then(|newest| newest.facts.personal_number.as_ref()) else { return Ok(None) };
    let associated = format!("person_facts.personal_number {person}");
    let digits = services.envelope.open(sealed, associated.as_bytes())?;
    Ok(std::str::from_utf8(&digits).ok().and_then(PersonalNumber::parse))
}
