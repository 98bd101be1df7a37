//! Comparing a staged set anew with what other sets applied meanwhile.
//!
//! A staged row tells a whole person: the columns of its file, and for the
//! others what was known when it was staged. Applied as it is, it would take
//! back what another set said in those other columns. So it is completed again
//! by what is known now, as if the file had been read after the other one.
//!
//! What was taken back meanwhile is known no more, and does not come back with
//! the staged row. A person who left the bounds of the file meanwhile, and one of
//! whom a decision was read under other circumstances, stop it.

use super::change_set::ChangeSetError;
use super::person_facts::Facts;
use super::person_stage::{Known, Stage};
use crate::base::id::{PersonId, PositionId};
use crate::model::position::Position;
use crate::store::{Tx, change_sets, persons, positions};

/// People of one short write.
const BATCH: i64 = 250;

/// What the set holds now.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub(super) persons_new: u64,
    pub(super) persons_changed: u64,
    pub(super) positions: u64,
    /// User names of people to whom the other set gave another personal number, whom it moved out of the bounds, or of
    /// whom a decision was read before they changed.
    pub(super) contradicted: Vec<String>,
}

/// What becomes of the staged facts of a person.
#[derive(Debug, PartialEq, Eq)]
enum Facet {
    /// They are right as they are.
    Stays,
    /// They are known already.
    Known,
    /// They are these.
    Becomes(Box<Facts>),
    /// They name another personal number.
    Contradicts,
}

/// What one short write takes back and stages again.
#[derive(Default)]
struct Renewal {
    people: Vec<PersonId>,
    facts: Vec<(PersonId, persons::Facts)>,
    positions: Vec<PositionId>,
    held: Vec<(PersonId, Position)>,
    contradicted: Vec<PersonId>,
}

impl Stage<'_> {
    /// Compares what is staged with all that is applied now.
    pub(super) async fn settle(&self) -> Result<Settled, ChangeSetError> {
        let store = &self.services.store;
        // Read first: whatever is applied after it is found at the next try.
        let version = change_sets::people_version(&mut store.read().await?).await?;
        let mut contradicted = Vec::new();
        let mut after = PersonId(String::new());
        loop {
            let people = change_sets::list_overtaken(&mut store.read().await?, self.change_set, &after, BATCH).await?;
            let Some(last) = people.last() else { break };
            after = last.clone();
            contradicted.extend(self.settle_some(&people).await?);
        }
        let mut tx = store.write().await?;
        if !change_sets::mark_compared(&mut tx, self.change_set, version).await? {
            return Err(ChangeSetError::GivenUp);
        }
        let (new, changed, held) = change_sets::count_rows(&mut tx, self.change_set).await?;
        let contradicted = persons::list_usernames(&mut tx, &contradicted).await?;
        tx.commit().await?;
        let count = |rows: i64| u64::try_from(rows).unwrap_or_default();
        Ok(Settled { persons_new: count(new), persons_changed: count(changed), positions: count(held), contradicted })
    }

    /// Compares some people; answers those whom the set contradicts.
    async fn settle_some(&self, people: &[PersonId]) -> Result<Vec<PersonId>, ChangeSetError> {
        let mut tx = self.services.store.write().await?;
        if !change_sets::mark_touched(&mut tx, self.change_set, self.services.clock.now()).await? {
            return Err(ChangeSetError::GivenUp);
        }
        let mut known = self.known(&mut tx, people, &[]).await?;
        let mut renewal = Renewal::default();
        for person in people {
            let Some(of_person) = known.remove(person) else { continue };
            // Positions alone bring nobody back who was taken away meanwhile.
            let is_gone = of_person.applied.is_none() && of_person.staged.is_none();
            if self.decides || is_gone || !self.may_still(person, &of_person) {
                renewal.contradicted.push(person.clone());
                continue;
            }
            self.renew(&mut tx, person, of_person, &mut renewal).await?;
        }
        persons::remove_facts(&mut tx, self.change_set, &renewal.people).await?;
        persons::add_facts(&mut tx, self.change_set, &renewal.facts).await?;
        positions::remove(&mut tx, self.change_set, &renewal.positions).await?;
        positions::add(&mut tx, self.change_set, &renewal.held).await?;
        tx.commit().await?;
        Ok(renewal.contradicted)
    }

    /// Whether the bounds of the file still reach somebody.
    fn may_still(&self, person: &PersonId, known: &Known) -> bool {
        known.applied.is_none() || self.bounds.is_none_or(|bounds| bounds.reaches(person, known.positions.values()))
    }

    async fn renew(&self, tx: &mut Tx, person: &PersonId, mut known: Known, renewal: &mut Renewal) -> Result<(), ChangeSetError> {
        if let Some(staged) = known.staged.take() {
            match compared(&staged, known.applied.as_ref(), self.columns) {
                Facet::Stays => {}
                Facet::Known => renewal.people.push(person.clone()),
                Facet::Becomes(facts) => {
                    renewal.people.push(person.clone());
                    renewal.facts.push((person.clone(), facts.sealed(person, &self.services.envelope)));
                }
                Facet::Contradicts => {
                    // The number may be somebody else's: it must not stay with this person.
                    if let Some(number) = &staged.personal_number {
                        let digest = self.services.secrets.personal_number_digest(number.expose());
                        persons::remove_number(tx, self.change_set, &digest).await?;
                    }
                    renewal.contradicted.push(person.clone());
                }
            }
        }
        for (id, staged) in &known.staged_positions {
            let Some(applied) = known.positions.get(id) else { continue };
            // Its unit may have ended meanwhile.
            let position = known.told_again(staged.clone(), applied);
            if position == *applied {
                renewal.positions.push(id.clone());
            } else if self.beyond(&position, Some(applied), &known).is_some() {
                // What was ended meanwhile is not theirs to open again.
                renewal.contradicted.push(person.clone());
            } else if position != *staged {
                renewal.positions.push(id.clone());
                renewal.held.push((person.clone(), position));
            }
        }
        Ok(())
    }
}

/// What staged facts become beside what is applied now.
fn compared(staged: &Facts, applied: Option<&Facts>, columns: &[String]) -> Facet {
    let Some(applied) = applied else {
        // Nothing is known, or nothing any more: only what the file itself says is left.
        let mut told = staged.clone().completed_by(&Facts::default(), columns);
        if !columns.iter().any(|column| column == "personal_number") {
            told.personal_number = None;
        }
        return if told == *staged { Facet::Stays } else { Facet::Becomes(Box::new(told)) };
    };
    let told = staged.clone().completed_by(applied, columns);
    if applied.personal_number.is_some() && told.personal_number != applied.personal_number {
        Facet::Contradicts
    } else if told == *applied {
        Facet::Known
    } else if told == *staged {
        Facet::Stays
    } else {
        Facet::Becomes(Box::new(told))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(phone: &str, email: &str, nickname: Option<&str>) -> Facts {
        let claims = nickname.map(|name| ("nickname".to_owned(), name.to_owned())).into_iter().collect();
        let full_name = "Nguyễn Thị Kim".to_owned();
        Facts { full_name, phone: Some(phone.to_owned()), email: Some(email.to_owned()), claims, ..Facts::default() }
    }

    #[test]
    fn columns_that_a_file_does_not_have_are_those_of_the_other_set() {
        let columns = ["full_name".to_owned(), "phone".to_owned()];
        let staged = facts("new", "old", Some("old"));
        let table = [
            (None, Facet::Becomes(Box::new(Facts { email: None, ..facts("new", "", None) }))),
            (Some(facts("old", "old", Some("old"))), Facet::Stays),
            (Some(facts("new", "other", None)), Facet::Known),
            (Some(facts("old", "other", None)), Facet::Becomes(Box::new(facts("new", "other", None)))),
            (Some(facts("old", "old", Some("other"))), Facet::Becomes(Box::new(facts("new", "old", Some("other"))))),
        ];
        for (applied, expected) in table {
            assert_eq!(compared(&staged, applied.as_ref(), &columns), expected);
        }
    }
}
