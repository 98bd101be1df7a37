//! Roles of a client as of another day than today: whether they counted on it, and what is said of them.

use super::{Right, Standing};
use crate::model::as_of::AsOf;
use crate::model::client::Client;
use crate::model::person::Person;
use crate::store::role_grants::GrantedRole;

/// Whether a role that somebody had on a day counted: the post that it is bound to was held, and its owner might sign in.
pub(super) fn counted(granted: &GrantedRole, person: &Person, day: AsOf) -> bool {
    let is_held = granted.grant.position.as_ref().is_none_or(|post| person.acting_on(post, day.on).is_some());
    is_held && !day.had_come(person.disabled_at)
}

/// A role as it is told of another day; of today as it is. When it was last used is of today.
pub(super) fn told(mut right: Right, all: &[Client], then: Option<AsOf>) -> Right {
    let Some(day) = then else { return right };
    right.granted.used_at = None;
    if day.is_over() {
        let client = all.iter().find(|client| client.id == right.granted.grant.client_id);
        right.standing = standing(client, day);
    }
    right
}

/// Whether a role that was given let its owner in on a day that is over. What its client declared then is not known.
pub(super) fn standing(client: Option<&Client>, day: AsOf) -> Standing {
    let is_off = client.is_some_and(|client| day.had_come(client.disabled_at));
    if is_off { Standing::ClientOff } else { Standing::Counts }
}
