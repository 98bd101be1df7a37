//! Delegation (ủy quyền): the powers of a post, handed to another person for a time and by a decision.
//!
//! Whoever acts for somebody stays who they are: they get a post of their own that says for whom, lasts no longer than the
//! one it stands for, and counts only while its owner holds that ([`crate::service::known`] looks each time). What was lent
//! is lent to nobody else, and a post has one at a time who acts in it.

mod end;
mod give;
mod list;
mod wish;

pub use end::{end, end_given};
pub use give::give;
pub use list::{Line, Standing, list, list_given, own_posts};
pub use wish::{GiveError, LONGEST_DECISION, MOST_DAYS, Problem, Recipient, Seen, Wish, look};

use crate::base::clock::Millis;
use crate::base::id::PersonId;
use crate::service::{Failure, Origin, Services, forget};
use crate::store::changes::Kind;
use crate::store::{StoreError, Tx};

/// What sets of changes say of their origin.
const ORIGIN: &str = "delegation";
/// Times that sets of other people may be first.
const TURNS: usize = 32;

/// Who hands something over or takes it back, and from where.
#[derive(Debug, Clone, Copy)]
pub struct By<'a> {
    /// Who.
    pub person: &'a PersonId,
    /// From where.
    pub origin: &'a Origin,
}

/// Tells every node, in the transaction of the act, that two people are others now.
async fn tell_nodes(tx: &mut Tx, services: &Services, people: [&PersonId; 2]) -> Result<(), StoreError> {
    for person in people {
        forget(tx, services, Kind::Person, person.as_str()).await?;
    }
    Ok(())
}

/// Forgets two people on this node, after the commit.
fn forget_here(services: &Services, people: [&PersonId; 2], now: Millis) {
    for person in people {
        services.known.forget(Kind::Person, person.as_str(), now);
    }
}

/// Somebody else was first so often that nothing could be done.
fn overtaken() -> Failure {
    StoreError::Stale.into()
}
