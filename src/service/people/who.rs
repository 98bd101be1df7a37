//! Who did something, as far as the reader may know: a name within their bounds, an id beyond.

use crate::base::date::vietnam_date;
use crate::base::id::{PersonId, is_uuid};
use crate::model::authority::{Extent, sees};
use crate::model::person::Person;
use crate::service::{Failure, Services};
use crate::store::persons;
use std::collections::HashMap;

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// The person whom it is about.
    Oneself,
    /// Somebody whose name the reader may know.
    Person {
        /// Their id.
        id: PersonId,
        /// Their name.
        name: String,
    },
    /// Somebody beyond the reader's bounds.
    Beyond(PersonId),
    /// Somebody at the command line, a job or a client, by their word.
    Other(String),
    /// Nobody knows.
    Unknown,
}

/// Which names a reader may know.
pub(super) enum Known<'a> {
    /// Whoever lies in this extent.
    Within(&'a Extent),
    /// Everybody: whoever edits the same person is told who else does.
    All,
}

/// Names that were looked up.
pub(super) struct Names<'a> {
    services: &'a Services,
    known: Known<'a>,
    found: HashMap<String, Who>,
}

impl<'a> Names<'a> {
    pub(super) fn new(services: &'a Services, known: Known<'a>) -> Self {
        Self { services, known, found: HashMap::new() }
    }

    /// Who stands behind an actor's word.
    pub(super) async fn of(&mut self, actor: Option<&str>, about: &PersonId) -> Result<Who, Failure> {
        let Some(actor) = actor.filter(|actor| !actor.is_empty()) else { return Ok(Who::Unknown) };
        if actor == about.as_str() {
            return Ok(Who::Oneself);
        }
        if !is_uuid(actor) {
            return Ok(Who::Other(actor.to_owned()));
        }
        if let Some(who) = self.found.get(actor) {
            return Ok(who.clone());
        }
        let id = PersonId(actor.to_owned());
        let person = persons::find(&mut self.services.store.read().await?, &id).await?;
        let today = vietnam_date(self.services.clock.now());
        let may = |person: &Person| match &self.known {
            Known::All => true,
            Known::Within(extent) => sees(extent, person, today),
        };
        let who = match person.filter(|person| may(person)) {
            Some(person) => Who::Person { id, name: person.full_name },
            None => Who::Beyond(id),
        };
        self.found.insert(actor.to_owned(), who.clone());
        Ok(who)
    }
}
