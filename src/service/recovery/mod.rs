//! Ways back for people who cannot sign in: by a link sent to their own
//! address, or by a code that an administrator tells them in person.
//!
//! Both lead to a new password. Opening a link uses nothing up, and neither does
//! typing a code: a [`Ticket`] remembers, in this browser only, that it was
//! done. The new password, the use of the way back, the end of every session
//! and the record are one act ([`finish`]); which of two callers comes back is
//! decided by the one statement that uses the way up.
//!
//! Nobody learns here whether a name exists: what is answered, and how long it
//! takes, is the same. Who may hand out codes is for `model::admin_scope` to say.

mod code;
mod finish;
mod link;
mod secret;
mod ticket;

pub use code::{CodeError, Issue, IssueError, Issued, issue, redeem};
pub use finish::{Done, FinishError, New, finish, who};
pub use link::{Invitation, Invite, InviteError, LINK_MINUTES, Landing, admit, invite, look, refused, reserve_proof, send};
pub use secret::{CODE_HOURS, INVITATION_HOURS};
pub use ticket::{Proven, Ticket};

use crate::base::date::vietnam_date;
use crate::service::Services;
use crate::service::known::KnownPerson;
use crate::store::recoveries::Kind;

/// Whether a way back counts only together with a second proof. The code of an administrator who has seen the person
/// asks for none; a mailbox alone never opens the account of somebody who has more, or who is more.
fn needs_proof(services: &Services, kind: Kind, known: &KnownPerson) -> bool {
    let has_second = known.methods.second_factor();
    match kind {
        Kind::Link => has_second || known.is_administrator(vietnam_date(services.clock.now())),
        Kind::Invitation => has_second,
        Kind::InvitationAnew | Kind::Code | Kind::CodeAnew => false,
    }
}

/// Whether the second factors go: they were lost.
fn takes_factors(kind: Kind) -> bool {
    match kind {
        Kind::InvitationAnew | Kind::CodeAnew => true,
        Kind::Link | Kind::Invitation | Kind::Code => false,
    }
}

/// Whether somebody has seen the person, so that methods may be changed again after "this was not me".
fn unlocks_changes(kind: Kind) -> bool {
    match kind {
        Kind::Invitation | Kind::InvitationAnew | Kind::Code | Kind::CodeAnew => true,
        Kind::Link => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_somebody_made_for_the_person_unlocks_and_only_what_was_asked_for_takes_away() {
        let table = [
            (Kind::Link, false, false),
            (Kind::Invitation, true, false),
            (Kind::InvitationAnew, true, true),
            (Kind::Code, true, false),
            (Kind::CodeAnew, true, true),
        ];
        for (kind, unlocks, takes) in table {
            assert_eq!((unlocks_changes(kind), takes_factors(kind)), (unlocks, takes), "{kind:?}");
        }
    }
}
